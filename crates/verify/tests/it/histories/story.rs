//! Good histories: one seed, one story of a commission and an office. In: a seed. Out: a log in which everything is as it has to be. Never: two stories of one seed.

mod founding;
mod measures;
mod releases;
mod uses;

use super::world::{Act, Left, World, hex, key, kind};
use sakimori_custody::time::Seconds;
use sakimori_tlog::merkle::{Hash, leaf_hash};
use sakimori_tlog::tile::root_of;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// 2027-04-01T00:00:00Z.
pub(crate) const BEGIN: u64 = 1_806_537_600;
const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;
const NONE: Hash = [0; 32];

/// Streams of authors.
mod stream {
    pub(super) const NOTES: u8 = 0xc0;
    pub(super) const OFFICE: u8 = 0x0f;
    pub(super) const SECRETARIAT: u8 = 0x5e;
    pub(super) const ANSWERS: u8 = 0x0a;
    /// Runs and refusals have each their own from here on.
    pub(super) const RUNS: u8 = 0x10;
    pub(super) const COUNTER: u8 = 0xca;
}

/// A window's records, for a challenge.
#[derive(Clone, Debug)]
struct Covered {
    stream: u8,
    first: u64,
    leaves: Vec<Hash>,
    bucket: String,
}

/// An authority that was decided.
#[derive(Clone, Debug)]
struct Granted {
    id: [u8; 16],
    hash: Hash,
    index: u64,
    keep: u64,
    agreement: bool,
    match_ppm: u64,
    /// Serials of suspensions by commission, office, party.
    serials: [u64; 3],
}

/// What the story has come to.
pub(crate) struct Story {
    pub(crate) world: World,
    root: u64,
    root_text: String,
    mirror: &'static str,
    schedule: Option<Hash>,
    schedule_text: String,
    software: Option<Hash>,
    access: bool,
    runs: u8,
    buckets: Vec<(String, u64, u64)>,
    covered: Vec<Covered>,
    windows: Vec<(u64, u64, u64)>,
    counts: Vec<(u64, usize, usize)>,
}

/// Time as notes write it.
pub(crate) fn at(time: u64) -> String {
    Seconds(time).to_string()
}

fn sha256(text: &str) -> Hash {
    Sha256::digest(text).into()
}

/// The mirror of a story, and how it is signed for.
pub(crate) fn checkpoint_signers(story: &Story) -> [&'static str; 2] {
    ["log", story.mirror]
}

impl Story {
    /// Tells the story of a seed.
    pub(crate) fn tell(seed: u64, twist: Option<super::world::Twist>) -> Self {
        let world = World::new(seed, BEGIN + HOUR, twist);
        let mut story = Self {
            world,
            root: 1,
            root_text: String::new(),
            mirror: "mirror",
            schedule: None,
            schedule_text: String::new(),
            software: None,
            access: false,
            runs: stream::RUNS,
            buckets: Vec::new(),
            covered: Vec::new(),
            windows: Vec::new(),
            counts: Vec::new(),
        };
        story.all();
        story
    }

    fn all(&mut self) {
        self.mirror = if self.world.rng.of_100(30) {
            "mirror6"
        } else {
            "mirror"
        };
        self.trust_root();
        if self.world.rng.of_100(80) {
            self.schedule();
        }
        if self.world.rng.of_100(50) {
            self.release();
        }
        if self.world.rng.of_100(60) {
            self.people();
        }
        let mut granted = Vec::new();
        for _ in 0..=self.world.rng.below(2) {
            granted.push(self.authority());
        }
        for one in &mut granted {
            self.acquire(one);
        }
        if self.world.rng.of_100(35) && self.schedule.is_some() {
            self.urgency();
        }
        if self.world.rng.of_100(30) {
            self.rotate();
        }
        self.uses(&granted);
        self.rulings(&granted);
        self.lets_go();
        self.measures();
        self.oversight(&granted);
        self.ends(&granted);
        if self.world.rng.of_100(40) {
            self.report();
        }
    }

    fn put(
        &mut self,
        kind: u64,
        stream: u8,
        who: Option<&str>,
        authority: Hash,
        counters: &[u64],
        body: Vec<u8>,
    ) -> Left {
        let act = Act {
            kind,
            stream,
            who: who.map(str::to_owned),
            time: self.world.now / 60 * 60,
            authority,
            counters: counters.to_vec(),
            body,
            sealed: None,
        };
        self.world.act(act)
    }

    fn office(&mut self, kind: u64, authority: Hash, counters: &[u64], body: &Value) -> Left {
        self.put(
            kind,
            stream::OFFICE,
            Some("office"),
            authority,
            counters,
            body.to_string().into_bytes(),
        )
    }

    fn secretariat(&mut self, kind: u64, counters: &[u64], body: &Value) -> Left {
        self.put(
            kind,
            stream::SECRETARIAT,
            Some("secretariat"),
            NONE,
            counters,
            body.to_string().into_bytes(),
        )
    }

    fn noted(
        &mut self,
        kind: u64,
        authority: Hash,
        counters: &[u64],
        text: &str,
        signers: &[&str],
    ) -> Left {
        let body = self.world.note(kind, text, signers);
        self.put(kind, stream::NOTES, None, authority, counters, body)
    }

    fn sitting(&mut self) -> (&'static str, &'static [&'static str]) {
        match self.world.rng.below(4) {
            0 => (
                "present: m1 m4 m5\npresiding: m1\nfor: m1 m4 m5\nagainst: none\nrecused: none\n",
                &["m1", "m4", "m5"],
            ),
            1 => (
                "present: m1 m2 m3 m4 m5\npresiding: m1\nfor: m1 m2 m5\nagainst: m4\nrecused: m3\n",
                &["m1", "m2", "m3", "m4", "m5"],
            ),
            2 => (
                "present: m2 m3 m4 m5\npresiding: m2\nfor: m2 m3 m4\nagainst: m5\nrecused: none\n",
                &["m2", "m3", "m4", "m5"],
            ),
            _ => (
                "present: m1 m2 m3 m4\npresiding: m1\nfor: m1 m2 m3\nagainst: none\nrecused: m4\n",
                &["m1", "m2", "m3", "m4"],
            ),
        }
    }

    fn count(&mut self, heading: usize, slot: usize) {
        self.counts.push((self.world.now / 60 * 60, heading, slot));
    }

    /// A request, perhaps with a question; gives id and leaf.
    fn request(&mut self, what: &str, basis: &str, tail: &str) -> ([u8; 16], Hash) {
        self.world.wait(2);
        let id = self.world.rng.bytes::<16>();
        let now = self.world.now / 60 * 60;
        let draft = self.text(&id, what, basis, NONE, (now, now + HOUR), (2, tail));
        let body = json!({
            "kind": what, "requester": "o1", "facts": "signs of attack", "necessity": "no other way", "alternatives": "none", "expected_share_ppm": 1000,
            "rights": "few are met", "replaces": null, "draft": draft,
        });
        let left = self.office(kind::REQUEST, NONE, &[], &body);
        if let Some((heading, _, _)) = headings(basis) {
            self.count(heading, 0);
        }
        if self.world.rng.of_100(30) {
            self.world.wait(4);
            let leaf = hex(&left.leaf);
            let asked = self.secretariat(
                kind::QUESTION,
                &[self.world.now + 7 * DAY],
                &json!({"request": leaf, "from": "m3", "text": "why so long?"}),
            );
            self.world.wait(9);
            let answer = json!({"request": leaf, "from": "o1", "text": "the attack goes on"})
                .to_string()
                .into_bytes();
            self.put(
                kind::ANSWER,
                stream::ANSWERS,
                Some("office"),
                NONE,
                &[asked.index],
                answer,
            );
        }
        (id, left.leaf)
    }

    fn statement(
        &mut self,
        kind: &str,
        basis: &str,
        keep: u64,
        lasts: u64,
        tail: &str,
    ) -> (String, [u8; 16]) {
        let (id, request) = self.request(kind, basis, tail);
        self.world.wait(3);
        let now = self.world.now / 60 * 60;
        let text = self.text(&id, kind, basis, request, (now, now + lasts), (keep, tail));
        (text, id)
    }

    /// The text of a statement.
    fn text(
        &self,
        id: &[u8; 16],
        kind: &str,
        basis: &str,
        request: Hash,
        (from, to): (u64, u64),
        (keep, tail): (u64, &str),
    ) -> String {
        format!(
            "sakimori/authority/v1\nid: {}\nkind: {kind}\nbasis: {basis}\nrequest: {}\nnot-before: {}\nnot-after: {}\nsensors: s-01 s-02\ndirections: out-in in-out\n\
             selectors: sha256:{} count 1 v4 1 v6-48 0 domains 0 ja4 0 behaviours 0\ncaps: match-ppm 100000 flow-bytes 176 day-records 1000\n\
             retention: bucket 1d keep {keep}d\nconditions: none\nreplaces: none\nroot: {}\n{tail}",
            hex(id),
            hex(&request),
            at(from),
            at(to),
            hex(&PACK),
            self.root
        )
    }

    fn authority(&mut self) -> Granted {
        let keep = 2 + self.world.rng.below(3);
        let agreement = self.world.rng.of_100(30);
        if agreement {
            let tail = format!(
                "party: party.example {}\nsuspend-key: {}\n",
                key("party").verifier(),
                key("suspend").verifier()
            );
            let (text, id) = self.statement("agreement", "act42-13", keep, 30 * DAY, &tail);
            let left = self.noted(
                kind::DECISION,
                sha256(&text),
                &[],
                &text,
                &["office", "party"],
            );
            let one = granted(left, &text, id, keep);
            if self.schedule.is_some() {
                self.rule(
                    "acquisition",
                    &format!("authority {}", hex(&id)),
                    "approved",
                );
            }
            return one;
        }
        let basis =
            ["act42-17", "act42-19", "act42-32", "act42-33"][self.world.rng.below(4) as usize];
        let (tail, present) = self.sitting();
        let (text, id) = self.statement("acquisition", basis, keep, 30 * DAY, tail);
        let left = self.noted(kind::DECISION, sha256(&text), &[], &text, present);
        if let Some((heading, _, decided)) = headings(basis) {
            self.count(heading, decided);
        }
        granted(left, &text, id, keep)
    }

    fn lease(&mut self, one: &Granted, sensor: &str, hours: u64) -> ([u8; 16], u64, u64) {
        let id = self.world.rng.bytes::<16>();
        let size = (one.index + 1).max(self.world.made.len() as u64);
        let end = self.world.now / 60 * 60 + hours * HOUR;
        let text = format!(
            "sakimori/lease/v1\nid: {}\nauthority: {}\nstatement: sha256:{}\nsensor: {sensor}\nissued: {}\nnot-after: {}\ntree-size: {size}\nroot: {}\n",
            hex(&id),
            hex(&one.id),
            hex(&one.hash),
            at(self.world.now),
            at(end),
            self.root
        );
        self.noted(kind::ACTIVATION, one.hash, &[end], &text, &["lease"]);
        (id, end, size)
    }

    /// Runs under an authority.
    fn acquire(&mut self, one: &mut Granted) {
        for _ in 0..=self.world.rng.below(2) {
            let sensor = if self.world.rng.of_100(60) {
                "s-01"
            } else {
                "s-02"
            };
            self.world.wait(2);
            self.run(one, sensor);
        }
        if self.world.rng.of_100(40) {
            self.suspend(one);
        }
        if self.world.rng.of_100(20) {
            let body = json!({"code": 24, "name": "other-sensor", "sensor": "s-02", "authority": "", "detail": "no"});
            self.runs += 1;
            self.put(
                kind::REFUSAL,
                self.runs,
                Some("s-02"),
                NONE,
                &[24],
                body.to_string().into_bytes(),
            );
        }
    }

    fn suspend(&mut self, one: &mut Granted) {
        let by = self.world.rng.below(if one.agreement { 3 } else { 2 }) as usize;
        let (name, signer) = [
            ("commission", "m2"),
            ("office", "office"),
            ("party", "suspend"),
        ][by];
        for act in ["suspend", "resume"] {
            self.world.wait(6);
            one.serials[by] += 1;
            let text = format!(
                "sakimori/suspension/v1\nauthority: {}\nby: {name}\nact: {act}\nserial: {}\ntime: {}\nreason: a word\nroot: {}\n",
                hex(&one.id),
                one.serials[by],
                at(self.world.now),
                self.root
            );
            self.noted(
                kind::SUSPENSION,
                one.hash,
                &[one.serials[by]],
                &text,
                &[signer],
            );
        }
        self.world.wait(2);
        self.run(one, "s-01");
    }

    fn effective(
        &mut self,
        stream: u8,
        sensor: &str,
        one: &Granted,
        state: u64,
        lease: ([u8; 16], u64, u64),
    ) {
        let word = ["running", "renewed", "suspended", "ended"][state as usize - 1];
        let body =
            json!({"state": word, "sensor": sensor, "lease_id": hex(&lease.0), "reason": word});
        self.put(
            kind::EFFECTIVE,
            stream,
            Some(sensor),
            one.hash,
            &[state, lease.1, lease.2],
            body.to_string().into_bytes(),
        );
    }

    fn run(&mut self, one: &Granted, sensor: &str) {
        let mut lease = self.lease(one, sensor, 2);
        self.world.wait(1);
        self.runs += 1;
        let stream = self.runs;
        let known = |hash: &Option<Hash>| hash.as_ref().map_or_else(String::new, |hash| hex(hash));
        let body = json!({
            "authority": hex(&one.id), "sensor": sensor, "statement_sha256": hex(&one.hash), "pack_sha256": hex(&PACK), "schedule_sha256": known(&self.schedule),
            "software_sha256": known(&self.software), "lease_id": hex(&lease.0), "input": "file", "started": at(self.world.now), "limits": one.match_ppm,
        });
        self.put(
            kind::START,
            stream,
            Some(sensor),
            one.hash,
            &[7, 1, 1, 20_260_101],
            body.to_string().into_bytes(),
        );
        self.effective(stream, sensor, one, 1, lease);
        let bucket = format!("{}/{sensor}/{}", hex(&one.id), &at(self.world.now)[..10]);
        let begin = 1_500_000_000_000 + u64::from(stream) * 10_000_000;
        let windows = 1 + self.world.rng.below(3);
        let (mut held, mut records, mut sums) = (0, 0, [0u64; 3]);
        for index in 0..windows {
            self.world.wait(1);
            if self.world.rng.of_100(15) {
                lease = self.lease(one, sensor, 2);
                self.effective(stream, sensor, one, 2, lease);
            }
            let counted = self.window(
                one,
                sensor,
                (stream, index, windows),
                (begin, held, records),
                &bucket,
            );
            held = counted[3];
            records += counted[4];
            for (sum, part) in sums.iter_mut().zip(counted) {
                *sum += part;
            }
        }
        self.world.wait(1);
        let [read, selected, discarded] = sums;
        let how = self.world.rng.below(20);
        if how == 0 {
            // The run is cut off; a later one of its sensor says so.
            self.runs += 1;
            let body = json!({"kind": "killed", "detail": format!("run {} was cut off", hex(&[stream; 8]))});
            self.put(
                kind::FAULT,
                self.runs,
                Some(sensor),
                one.hash,
                &[0, 0, 0],
                body.to_string().into_bytes(),
            );
        } else if how == 1 {
            self.runs += 1;
            let body = json!({"reason": format!("run {} was cut off", hex(&[stream; 8]))});
            self.put(
                kind::GAP,
                self.runs,
                Some(sensor),
                one.hash,
                &[begin, begin + 60_000],
                body.to_string().into_bytes(),
            );
        } else {
            self.effective(stream, sensor, one, 4, lease);
            let body = json!({"reason": "complete", "ended": at(self.world.now)});
            self.put(
                kind::STOP,
                stream,
                Some(sensor),
                one.hash,
                &[0, windows, read, selected, discarded, 0],
                body.to_string().into_bytes(),
            );
        }
        if sensor == "s-01" && self.world.rng.of_100(40) {
            let span = [begin, begin + windows * 60_000, read, read * 100];
            let counters = if self.schedule.is_some() {
                [span[0], span[1], span[2] + span[2] / 2000, span[3]]
            } else {
                span
            };
            self.put(
                kind::CARRIER,
                stream::COUNTER,
                Some("c-01"),
                NONE,
                &counters,
                json!({"sensor": "s-01"}).to_string().into_bytes(),
            );
        }
        self.windows.push((begin, begin + windows * 60_000, read));
        match self.buckets.iter_mut().find(|(name, ..)| *name == bucket) {
            Some(known) => known.1 += records,
            None => self.buckets.push((bucket, records, one.keep)),
        }
    }

    /// A receipt; gives packets read, selected, discarded, held after, and records.
    fn window(
        &mut self,
        one: &Granted,
        sensor: &str,
        (stream, index, windows): (u8, u64, u64),
        (begin, held, first): (u64, u64, u64),
        bucket: &str,
    ) -> [u64; 5] {
        let last = index + 1 == windows;
        let read = 1000 + self.world.rng.below(9000);
        let records = self.world.rng.below(5);
        let selected = records * 3;
        let after = if last { 0 } else { self.world.rng.below(50) };
        let discarded = held + read - selected - after;
        let (from, to) = (begin + index * 60_000, begin + (index + 1) * 60_000);
        let leaves: Vec<Hash> = (0..records).map(|_| self.world.rng.bytes::<32>()).collect();
        let hashes: Vec<Hash> = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
        let commitment = if records > 0 {
            hex(&root_of(&hashes))
        } else {
            String::new()
        };
        let named = (records > 0).then(|| format!("{}-{first}", hex(&[stream; 8])));
        let body = json!({
            "window": {
                "index": index, "start_ms": from, "end_ms": to, "held_before": held, "read": read, "selected": selected, "domestic": discarded, "not_ip": 0,
                "direction": 0, "not_selected": 0, "shed": 0, "link": 0, "truncated": 0, "malformed": 0, "record": 0, "held_after": after, "bytes_read": read * 100,
                "flows_opened": 9, "flows_closed": records + 7, "flows_selected": records, "records": records, "events": 1, "flows_evicted": 0,
                "pairs_evicted": 0, "flows_open": 2, "identifiers": 0, "identifiers_shed": 0,
            },
            "bucket": bucket, "first_record": named, "records": records, "commitment": commitment, "identifiers": 0, "identifiers_commitment": "",
        });
        let counters = [
            index,
            from,
            to,
            held,
            read,
            selected,
            discarded,
            0,
            after,
            records,
            1,
            records + 7,
            records,
        ];
        self.put(
            kind::RECEIPT,
            stream,
            Some(sensor),
            one.hash,
            &counters,
            body.to_string().into_bytes(),
        );
        if records > 0 {
            self.covered.push(Covered {
                stream,
                first,
                leaves,
                bucket: bucket.to_owned(),
            });
        }
        [read, selected, discarded, after, records]
    }

    /// An urgent act, with one of its four outcomes.
    fn urgency(&mut self) {
        let basis = ["act42-17", "police-6-2", "sdf-81-3"][self.world.rng.below(3) as usize];
        let (text, id) = self.statement("acquisition", basis, 3, 20 * HOUR, "urgent: o1 o2\n");
        let left = self.noted(kind::URGENT, sha256(&text), &[], &text, &["o1", "o2"]);
        let deadline = self.world.now / 60 * 60 + 24 * HOUR;
        if let Some((heading @ 5.., ..)) = headings(basis) {
            self.count(heading, 1);
        }
        let one = granted(left, &text, id, 3);
        self.world.wait(2);
        self.run(&one, "s-01");
        self.world.wait(7);
        let about = format!("urgent {}", hex(&id));
        let own: Vec<String> = self
            .buckets
            .iter()
            .map(|(name, ..)| name.clone())
            .filter(|name| name.starts_with(&hex(&id)))
            .collect();
        match self.world.rng.below(4) {
            0 => {
                self.rule("acquisition", &about, "ratified");
            }
            1 => {
                self.rule("acquisition", &about, "refused");
                self.world.wait(3);
                self.lapse(&id, "refused", &own);
            }
            2 => {
                self.world.now = deadline + 10 * 60;
                self.lapse(&id, "silence", &own);
            }
            _ => {
                self.world.now = deadline + 30 * 60;
                self.rule("acquisition", &about, "ratified");
            }
        }
    }

    fn lapse(&mut self, id: &[u8; 16], reason: &str, own: &[String]) {
        self.secretariat(
            kind::LAPSE,
            &[own.len() as u64],
            &json!({"urgent": hex(id), "reason": reason, "destroyed": own}),
        );
        for bucket in own {
            self.destroy(bucket);
        }
    }

    /// Both holders destroy their shares of a bucket.
    fn destroy(&mut self, bucket: &str) {
        let Some(at_place) = self.buckets.iter().position(|(name, ..)| name == bucket) else {
            return;
        };
        let (_, records, _) = self.buckets.remove(at_place);
        let text = format!(
            "sakimori/share-destroyed/v1\nbucket: {bucket}\nholder: commission\ndestroyed: {}\n",
            at(self.world.now)
        );
        let attested = self.noted(kind::ATTESTATION, NONE, &[], &text, &["commission-share"]);
        self.world.wait(1);
        let body = json!({
            "bucket": bucket, "reason": "expired", "objects": 1, "records": records, "office_share": "destroyed", "commission_attestation": hex(&attested.leaf),
        });
        self.office(kind::DELETION, NONE, &[1, records], &body);
    }

    fn rule(&mut self, of: &str, about: &str, outcome: &str) -> Left {
        self.world.wait(4);
        let id = self.world.rng.bytes::<16>();
        let (lines, present) = self.sitting();
        let text = format!(
            "sakimori/ruling/v1\nid: {}\nkind: {of}\nabout: {about}\noutcome: {outcome}\nrequest: {}\ntime: {}\nreason: as heard\nroot: {}\n{lines}",
            hex(&id),
            "0".repeat(64),
            at(self.world.now),
            self.root
        );
        self.noted(kind::RULING, NONE, &[], &text, present)
    }
}

/// An authority as it was entered.
fn granted(left: Left, text: &str, id: [u8; 16], keep: u64) -> Granted {
    Granted {
        id,
        hash: sha256(text),
        index: left.index,
        keep,
        agreement: text.contains("\nparty: "),
        match_ppm: 100_000,
        serials: [0; 3],
    }
}

/// The pack of all stories.
const PACK: Hash = [0xba; 32];

/// Heading of a basis in the yearly report, and the places of its requests and decisions there.
fn headings(basis: &str) -> Option<(usize, usize, usize)> {
    match basis {
        "act42-17" | "act42-19" => Some((0, 0, 1)),
        "act42-32" => Some((1, 0, 1)),
        "act42-33" => Some((2, 0, 1)),
        "police-6-2" => Some((5, 0, 2)),
        "sdf-81-3" => Some((7, 0, 2)),
        _ => None,
    }
}

/// First second of a bucket's day.
fn day_of(bucket: &str) -> u64 {
    let day = bucket.rsplit('/').next().unwrap();
    sakimori_verify::read_time(&format!("{day}T00:00:00Z")).unwrap()
}

/// The hashes from a leaf to the root of a small tree.
fn path(leaves: &[Hash], at: usize) -> Vec<Hash> {
    if leaves.len() < 2 {
        return Vec::new();
    }
    let half = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(half);
    let (mut below, beside) = if at < half {
        (path(left, at), right)
    } else {
        (path(right, at - half), left)
    };
    below.push(root_of(beside));
    below
}
