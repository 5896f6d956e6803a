//! The good story: a request with a question, a decision, a run, its use, its inspection, an urgent act that is ratified, the end of a bucket, the report. In: nothing. Out: steps.
//! Never: a step that a rule would refuse.

use super::texts::{
    FIRST, SECOND, SITTING, at, commitment, hour, json, leaf_of, lease, path_of, ruling, statement,
    suspension,
};
use super::{Count, Step, Story};
use crate::folder::{BEGIN, HOUR, Plan};
use sakimori_custody::entry::EntryType;
use sakimori_custody::ids::hex;
use sakimori_tlog::note::Note;

/// Streams: notes, office, secretariat, counter, and one for each run.
const NOTES: u8 = 0x01;
const OFFICE: u8 = 0x02;
const SECRETARIAT: u8 = 0x03;
const COUNTER: u8 = 0x04;
const RUN: u8 = 0x21;
const URGENT_RUN: u8 = 0x22;

/// SHA-256 of the pack that every statement names.
pub(super) fn pack() -> [u8; 32] {
    Plan::default().build().asked.pack_sha256
}

/// Text of a note of the sample folder.
fn text_of(note: &[u8]) -> String {
    Note::parse(note).map_or_else(|_| String::new(), |note| note.text().to_owned())
}

/// Gathers steps.
pub(super) struct Teller {
    steps: Vec<Step>,
    pub(super) time: u64,
    authority: &'static str,
}

impl Teller {
    /// Nothing told yet.
    pub(super) const fn at(time: u64) -> Self {
        Self {
            steps: Vec::new(),
            time,
            authority: "",
        }
    }

    /// What was told.
    pub(super) fn story(self) -> Story {
        Story { steps: self.steps }
    }

    /// The step whose statement what follows stands under; empty for none.
    pub(super) const fn under(&mut self, step: &'static str) {
        self.authority = step;
    }

    fn put(
        &mut self,
        name: &str,
        kind: EntryType,
        (by, stream): (&'static str, u8),
        counters: &[u64],
        body: String,
    ) -> &mut Step {
        self.steps.push(Step {
            name: name.to_owned(),
            kind,
            by,
            stream,
            time: self.time,
            authority: self.authority.to_owned(),
            counters: counters.iter().map(|n| Count::N(*n)).collect(),
            body,
            signers: Vec::new(),
            sealed: String::new(),
        });
        let last = self.steps.len() - 1;
        &mut self.steps[last]
    }

    pub(super) fn note(
        &mut self,
        name: &str,
        kind: EntryType,
        counters: &[u64],
        text: String,
        signers: &[&'static str],
    ) {
        self.put(name, kind, ("", NOTES), counters, text).signers = signers.to_vec();
    }

    pub(super) fn office(&mut self, name: &str, kind: EntryType, counters: &[u64], body: String) {
        self.put(name, kind, ("office", OFFICE), counters, body);
    }

    fn commission(&mut self, name: &str, kind: EntryType, counters: &[u64], body: String) {
        let by = ("secretariat", SECRETARIAT);
        self.put(name, kind, by, counters, body);
    }

    /// A counter that is the index of another step.
    fn points(&mut self, place: usize, to: &str) {
        if let Some(counter) = self
            .steps
            .last_mut()
            .and_then(|step| step.counters.get_mut(place))
        {
            *counter = Count::Index(to.to_owned());
        }
    }

    pub(super) fn request(&mut self, name: &str, draft: &str) {
        let body = format!(
            r#"{{"kind":"acquisition","requester":"o1","facts":"a relay was seen","necessity":"it cannot be seen otherwise","alternatives":"reports were asked for","expected_share_ppm":150,"rights":"no content leaves","replaces":null,"draft":"{}"}}"#,
            json(draft)
        );
        self.office(name, EntryType::Request, &[], body);
    }

    /// A start under the lease of this name.
    fn start(&mut self, name: &str, who: (&'static str, u8), authority: &str, lease: &str) {
        let body = format!(
            r#"{{"authority":"{authority}","sensor":"{}","statement_sha256":"{{sha:{}}}","pack_sha256":"{}","schedule_sha256":"{{sha:schedule}}","software_sha256":"{}","lease_id":"{lease}","input":"stdin","started":"{}","limits":200}}"#,
            who.0,
            self.authority,
            hex(&pack()),
            hex(&[0x50; 32]),
            at(self.time)
        );
        self.put(name, EntryType::Start, who, &[7, 1, 1, 20_270_301], body);
    }

    /// A receipt: window, held before, read, selected, discarded, errors, held after, first record, records.
    fn receipt(
        &mut self,
        name: &str,
        who: (&'static str, u8),
        authority: &str,
        numbers: [u64; 7],
        (first, records): (u8, u8),
    ) {
        let [window, before, read, selected, discarded, errors, after] = numbers;
        let start = BEGIN * 1000 + window * 60_000;
        let end = start + 60_000;
        let n = u64::from(records);
        let record = if records == 0 {
            "null".to_owned()
        } else {
            format!("\"{}-{first}\"", hex(&[who.1; 8]))
        };
        let root = if records == 0 {
            String::new()
        } else {
            commitment(first, records)
        };
        let day = at(self.time);
        let day = day.split('T').next().unwrap_or_default();
        let body = format!(
            r#"{{"window":{{"index":{window},"start_ms":{start},"end_ms":{end},"held_before":{before},"read":{read},"selected":{selected},"domestic":{discarded},"not_ip":0,"direction":0,"not_selected":0,"shed":0,"link":{errors},"truncated":0,"malformed":0,"record":0,"held_after":{after},"bytes_read":0,"flows_opened":0,"flows_closed":{n},"flows_selected":{n},"records":{n},"events":0,"flows_evicted":0,"pairs_evicted":0,"flows_open":0,"identifiers":0,"identifiers_shed":0}},"bucket":"{authority}/{}/{day}","first_record":{record},"records":{n},"commitment":"{root}","identifiers":0,"identifiers_commitment":""}}"#,
            who.0
        );
        let counters = [
            window, start, end, before, read, selected, discarded, errors, after, n, 0, n, n,
        ];
        self.put(name, EntryType::Receipt, who, &counters, body);
    }
}

/// Name of the bucket that a step's run fills.
fn bucket(authority: &str, sensor: &str) -> String {
    format!("{authority}/{sensor}/2027-04-01")
}

impl Story {
    /// The good one.
    pub fn good() -> Self {
        let mut teller = Teller::at(BEGIN);
        begin(&mut teller);
        decide(&mut teller);
        run(&mut teller);
        use_it(&mut teller);
        inspect(&mut teller);
        urgent(&mut teller);
        end(&mut teller);
        teller.story()
    }
}

pub(super) fn begin(t: &mut Teller) {
    let folder = Plan::urgent().build().folder;
    t.note(
        "root",
        EntryType::TrustRoot,
        &[1],
        text_of(&folder.trust_root),
        &["m1", "m2", "m3", "m4", "m5"],
    );
    t.note(
        "schedule",
        EntryType::Schedule,
        &[1],
        text_of(&folder.schedule),
        &["office", "m1", "m4", "m5"],
    );
    let software = format!(
        "sakimori/software/v1\nname: sakimori\nversion: 0.1.0\nsha256: {}\nnot-before: {}\nroot: 1\n",
        hex(&[0x50; 32]),
        at(BEGIN)
    );
    t.note(
        "software",
        EntryType::Software,
        &[],
        software,
        &["office", "m2"],
    );
    for (name, person, roles, clearance, by) in [
        (
            "access",
            "a.tanaka",
            r#""analyst""#,
            r#""selected""#,
            r#""o3","k.sato""#,
        ),
        (
            "access of a supervisor",
            "k.sato",
            r#""supervisor""#,
            r#""selected""#,
            r#""o3","m.suzuki""#,
        ),
    ] {
        let body = format!(
            r#"{{"person":"{person}","act":"granted","roles":[{roles}],"clearance":[{clearance}],"until":"2028-03-31T23:59:59Z","by":[{by}]}}"#
        );
        t.office(name, EntryType::Access, &[], body);
    }
}

fn decide(t: &mut Teller) {
    let until = [BEGIN, hour(24 * 90)];
    t.time = hour(1);
    let draft = statement(FIRST, &"0".repeat(64), until, 1000, SITTING);
    t.request("request", &draft);
    let post =
        |text: &str| format!(r#"{{"request":"{{leaf:request}}","from":"m4","text":"{text}"}}"#);
    let due = [hour(24 * 7)];
    t.commission("question", EntryType::Question, &due, post("which relay?"));
    t.time = hour(2);
    t.office(
        "answer",
        EntryType::Answer,
        &[0],
        post("the one of the report"),
    );
    t.points(0, "question");
    t.time = hour(3);
    t.authority = "decision";
    let text = statement(FIRST, "{leaf:request}", until, 1000, SITTING);
    t.note(
        "decision",
        EntryType::Decision,
        &[],
        text,
        &["m1", "m4", "m5"],
    );
    // A decision's own commitment is that of its text.
    t.time = hour(4);
    for (name, id, sensor) in [
        ("lease", 0x1e, "s-01"),
        ("lease of the other sensor", 0x1f, "s-02"),
    ] {
        let text = lease(&hex(&[id; 16]), FIRST, "decision", sensor, t.time);
        let not_after = t.time + 12 * HOUR;
        t.note(name, EntryType::Activation, &[not_after], text, &["lease"]);
    }
}

fn run(t: &mut Teller) {
    let who = ("s-01", RUN);
    t.time = hour(5);
    t.start("start", who, FIRST, &hex(&[0x1e; 16]));
    let state = |state: &str| {
        format!(
            r#"{{"state":"{state}","sensor":"s-01","lease_id":"{}","reason":"as asked"}}"#,
            hex(&[0x1e; 16])
        )
    };
    let lease_end = hour(16);
    t.put(
        "running",
        EntryType::Effective,
        who,
        &[1, lease_end, 0],
        state("running"),
    );
    t.points(2, "lease");
    t.time += 60;
    t.receipt("receipt 0", who, FIRST, [0, 0, 100, 20, 60, 1, 19], (0, 3));
    t.time += 60;
    t.receipt("receipt 1", who, FIRST, [1, 19, 0, 0, 0, 0, 19], (3, 0));
    t.time += 60;
    t.receipt("receipt 2", who, FIRST, [2, 19, 50, 10, 59, 0, 0], (3, 2));
    let span = [BEGIN * 1000, BEGIN * 1000 + 180_000, 150, 90_000];
    let body = r#"{"sensor":"s-01"}"#.to_owned();
    t.put(
        "carrier",
        EntryType::Carrier,
        ("counter-01", COUNTER),
        &span,
        body,
    );
    if let Some(step) = t.steps.last_mut() {
        step.by = "counter-01";
        step.authority = String::new();
    }
    t.time += 60;
    let stop = format!(r#"{{"reason":"complete","ended":"{}"}}"#, at(t.time));
    t.put("stop", EntryType::Stop, who, &[0, 3, 150, 30, 119, 1], stop);
    t.put(
        "ended",
        EntryType::Effective,
        who,
        &[4, lease_end, 0],
        state("ended"),
    );
    t.points(2, "lease");
    let refusal = r#"{"code":47,"name":"lease-expired","sensor":"s-01","authority":"","detail":"the lease has ended"}"#;
    t.put(
        "refusal",
        EntryType::Refusal,
        who,
        &[47],
        refusal.to_owned(),
    );
    let fault = r#"{"kind":"store-failed","detail":"the lake cannot be opened or written"}"#;
    t.put("fault", EntryType::Fault, who, &[0, 0, 0], fault.to_owned());
    let gap = r#"{"reason":"a window has no receipt and was dropped"}"#;
    let now = t.time * 1000;
    t.put("gap", EntryType::Gap, who, &[now, now], gap.to_owned());
}

fn use_it(t: &mut Teller) {
    let bucket = bucket(FIRST, "s-01");
    t.time = hour(6);
    let query = |rows: u64, outcome: &str| {
        format!(
            r#"{{"actor":"a.tanaka","purpose":"a beacon","case":"case-1","authority":"{FIRST}","kind":"rows","buckets":["{bucket}"],"rows":{rows},"outcome":"{outcome}"}}"#
        )
    };
    t.office("query", EntryType::Query, &[0, 1], query(0, "opened"));
    t.office(
        "answered",
        EntryType::Query,
        &[4, 1, 0],
        query(4, "answered"),
    );
    t.points(2, "query");
    let finding = format!(r#"{{"bucket":"{bucket}","sentence":"a beacon"}}"#);
    t.office("finding", EntryType::Finding, &[900, 4], finding);
    for step in &mut t.steps {
        if ["answered", "finding"].contains(&step.name.as_str()) {
            step.sealed.clone_from(&bucket);
        }
    }
    t.time = hour(7);
    let export = format!(
        r#"{{"actor":"a.tanaka","purpose":"a warning","case":"case-1","class":"selected","recipient":"npa","mark":"m-1","sha256":"{}","buckets":["{bucket}"]}}"#,
        hex(&[0xee; 32])
    );
    t.office("export", EntryType::Export, &[4, 700], export);
    let record = format!("{}-0", hex(&[RUN; 8]));
    let matter = format!("about: record {record} {bucket}\noutcome: reidentify user\n");
    let text = ruling(0x31, "reidentification", &matter, t.time);
    t.note(
        "ruling to show",
        EntryType::Ruling,
        &[],
        text,
        &["m1", "m2", "m4", "m5"],
    );
    let body =
        format!(r#"{{"actor":"k.sato","bucket":"{bucket}","record":"{record}","field":"user"}}"#);
    t.office("showing", EntryType::Reidentification, &[0], body);
    t.points(0, "ruling to show");
    let challenge = format!(
        r#"{{"bucket":"{bucket}","record":"{record}","nonce":"{}"}}"#,
        hex(&[9; 32])
    );
    let now = t.time;
    t.commission("challenge", EntryType::Challenge, &[now], challenge);
    let path = path_of(0).map(|hash| format!("\"{hash}\"")).join(",");
    let response = format!(
        r#"{{"bucket":"{bucket}","record":"{record}","outcome":"opened","leaf":"{}","path":[{path}],"share":0}}"#,
        hex(&leaf_of(0))
    );
    t.office("response", EntryType::Response, &[0, 1], response);
    t.points(0, "challenge");
    let purge = format!(r#"{{"buckets":["{bucket}"],"reason":"the party asked for it"}}"#);
    t.office("purge", EntryType::Purge, &[1], purge);
    let misuse = format!(
        r#"{{"rule":"off-hours","actor":"a.tanaka","case":"misuse-1","entries":[{{index:query}}],"evidence":"{}"}}"#,
        hex(&[3; 32])
    );
    t.commission("misuse", EntryType::Misuse, &[4], misuse);
}

fn inspect(t: &mut Teller) {
    t.time = hour(8);
    for act in ["opened", "finding", "closed"] {
        let body = format!(
            r#"{{"inspection":"insp-1","act":"{act}","inspector":"m3","subject":"the run of April","text":"as found"}}"#
        );
        t.commission(
            &format!("inspection {act}"),
            EntryType::Inspection,
            &[],
            body,
        );
    }
    let due = [hour(24 * 14)];
    for (name, kind) in [
        ("notice", EntryType::Notice),
        ("demand", EntryType::Demand),
        ("recommendation", EntryType::Recommendation),
    ] {
        let body = format!(
            r#"{{"id":"{name}-1","to":"office","subject":"a doubt","text":"look at it","about":null,"stop":null}}"#
        );
        t.commission(name, kind, &due, body);
        let reply = r#"{"from":"o3","text":"it was looked at"}"#.to_owned();
        t.office(
            &format!("reply to the {name}"),
            EntryType::Reply,
            &[0],
            reply,
        );
        t.points(0, name);
    }
    t.time = hour(9);
    let text = suspension("suspend", 1, t.time);
    t.note("suspended", EntryType::Suspension, &[1], text, &["m2"]);
    t.time = hour(10);
    let text = suspension("resume", 2, t.time);
    t.note("resumed", EntryType::Suspension, &[2], text, &["m1"]);
}

fn urgent(t: &mut Teller) {
    let until = [hour(11), hour(11 + 24)];
    t.time = hour(11);
    t.authority = "";
    let last = "urgent: o1 o3\n";
    let draft = statement(SECOND, &"0".repeat(64), until, 500, last);
    t.request("urgent request", &draft);
    t.authority = "urgent";
    let text = statement(SECOND, "{leaf:urgent request}", until, 500, last);
    t.note("urgent", EntryType::Urgent, &[], text, &["o1", "o3"]);
    let text = lease(&hex(&[0x2e; 16]), SECOND, "urgent", "s-02", t.time);
    let not_after = t.time + 12 * HOUR;
    t.note(
        "urgent lease",
        EntryType::Activation,
        &[not_after],
        text,
        &["lease"],
    );
    let who = ("s-02", URGENT_RUN);
    t.start("urgent start", who, SECOND, &hex(&[0x2e; 16]));
    t.time += 60;
    t.receipt(
        "urgent receipt",
        who,
        SECOND,
        [0, 0, 10, 5, 5, 0, 0],
        (0, 1),
    );
    let stop = format!(r#"{{"reason":"complete","ended":"{}"}}"#, at(t.time));
    t.put(
        "urgent stop",
        EntryType::Stop,
        who,
        &[0, 1, 10, 5, 5, 0],
        stop,
    );
    t.time = hour(20);
    t.authority = "";
    let matter = format!("about: urgent {SECOND}\noutcome: ratified\n");
    let text = ruling(0x32, "acquisition", &matter, t.time);
    t.note(
        "ratified",
        EntryType::Ruling,
        &[],
        text,
        &["m1", "m2", "m4", "m5"],
    );
    t.time = hour(21);
    let matter = format!(
        "about: bucket {}\noutcome: keep 100\n",
        bucket(SECOND, "s-02")
    );
    let text = ruling(0x33, "acquisition", &matter, t.time);
    t.note(
        "kept longer",
        EntryType::Ruling,
        &[],
        text,
        &["m1", "m2", "m4", "m5"],
    );
}

fn end(t: &mut Teller) {
    t.time = hour(24 * 90);
    t.authority = "";
    release(t);
    for (days, authority, of, sensor, records) in [
        (90, "decision", FIRST, "s-01", 5),
        (100, "urgent", SECOND, "s-02", 1),
    ] {
        t.time = hour(24 * days);
        t.authority = authority;
        let bucket = bucket(of, sensor);
        let attested = format!("attestation of {sensor}");
        let text = format!(
            "sakimori/share-destroyed/v1\nbucket: {bucket}\nholder: commission\ndestroyed: {}\n",
            at(t.time)
        );
        t.note(
            &attested,
            EntryType::Attestation,
            &[],
            text,
            &["commission-share"],
        );
        let body = format!(
            r#"{{"bucket":"{bucket}","reason":"expired","objects":1,"records":{records},"office_share":"destroyed","commission_attestation":"{{leaf:{attested}}}"}}"#
        );
        let name = format!("deletion of {sensor}");
        t.office(&name, EntryType::Deletion, &[1, records], body);
    }
    t.authority = "";
    // 2028-01-05 in Japan.
    t.time = hour(24 * 279);
    let body = format!(
        r#"{{"year":2027,"sha256":"{}","headings":[[2,1],[0,0],[0,0],[1,1],[1,1,1],[0,0,0],[0],[0,0,0],[0]]}}"#,
        hex(&[0; 32])
    );
    t.commission(
        "report",
        EntryType::Report,
        &[2027, 3, 0, 0, 2, 3, 0, 0, 0, 0],
        body,
    );
}

/// Controlled information for a foreign partner and the council, and what was refused to the public.
fn release(t: &mut Teller) {
    let finding = format!(
        "equivalent-protection/partner/k.sato/{}/{}",
        at(t.time - HOUR),
        at(t.time + HOUR)
    );
    let body = |recipients: &str, product: &str, outcome: &str| {
        format!(
            r#"{{"actor":"a.tanaka","class_from":["selected","operator-report"],"class_to":"integrated-controlled","recipients":[{recipients}],"basis":"act42-39","rights":"no party is named","conditions":["{finding}"],"transforms":["remove source"],"tlp":"amber+strict","pap":"amber","product_sha256":"{product}","outcome":"{outcome}"}}"#
        )
    };
    let partners = r#""foreign-government/partner","council/acme""#;
    let released = body(partners, &hex(&[0xdd; 32]), "released");
    t.office("release", EntryType::Release, &[0, 2], released);
    let refused = body(r#""public/site""#, "", "CLASS_VIOLATION");
    t.office("release refused", EntryType::Release, &[1, 1], refused);
}

#[cfg(test)]
mod tests {
    use super::*;
    use sakimori_tlog::merkle::{leaf_hash, node_hash};
    use std::collections::BTreeSet;

    #[test]
    fn the_stories_tell_of_every_type_but_a_lapse() {
        let steps = [Story::good().steps, Story::measured().steps].concat();
        let told: BTreeSet<EntryType> = steps.iter().map(|step| step.kind).collect();
        let missing: Vec<_> = EntryType::ALL
            .iter()
            .filter(|kind| !told.contains(kind))
            .collect();
        assert_eq!(missing, [&EntryType::Lapse]);
    }

    #[test]
    fn commitments_are_the_roots_over_their_records() {
        let leaf = |number: u8| leaf_hash(&leaf_of(number));
        let left = node_hash(&leaf(0), &leaf(1));
        assert_eq!(commitment(0, 3), hex(&node_hash(&left, &leaf(2))));
    }
}
