//! A nation whose papers carry marked strings, and who calls it. In: a started office. Out: callers by name, values for the places of a path. Never: an expectation.

use crate::nation::{Caller, Nation, options, request};
use crate::uses::{beside, who};
use sakimori_access::{Access, Act, NewCredential, NewPerson, NewRole, Role as R};
use sakimori_control::Host;
use sakimori_control::tls::May;
use sakimori_cooperate::form::write_report;
use sakimori_cooperate::report::{CommonForm, Kind, Need, ReportDocument, Stage, fields_of};
use sakimori_custody::time::Seconds;
use sakimori_liaison::measure::{Lists, Looked, Measures};
use sakimori_node::{Role, with_access};
use sakimori_respond::plan::complaint::Complaint;
use sakimori_respond::plan::{Plan, Terms};
use sakimori_respond::safety::Protected;
use sakimori_store::{Change, Paper};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// Operators that have everything, and one that has nothing.
pub(crate) const OPERATORS: [&str; 2] = ["acme", "borea"];

/// What a mark is, in every text that carries it: `qz-OWNER-KIND-qz`.
pub(crate) fn mark(owner: &str, kind: &str) -> String {
    format!("qz-{owner}-{kind}-qz")
}

/// Callers by the column that they stand in.
pub(crate) struct House {
    pub(crate) nation: Nation,
    pub(crate) callers: BTreeMap<&'static str, Caller>,
    /// Values for `{…}` of paths: for each name all that are tried.
    pub(crate) places: BTreeMap<&'static str, Vec<String>>,
}

/// Column, id and role of those who are entered beside the others.
const PEOPLE: [(&str, &str, Option<R>); 5] = [
    ("analyst", "a1", Some(R::Analyst)),
    ("responder", "r1", Some(R::Responder)),
    ("auditor", "u1", Some(R::Auditor)),
    ("ministry-officer", "y1", Some(R::MinistryOfficer)),
    ("no-role", "n1", None),
];

const SCOPES: [(&str, Act); 5] = [
    ("machine-log", Act::ReadLog),
    ("machine-metrics", Act::ReadMetrics),
    ("machine-request", Act::ReadRequest),
    ("machine-relay", Act::RelayNotes),
    ("machine-shared", Act::ReadShared),
];

fn weakness_house(folder: &Path) {
    let home = folder.join("office/weaknesses");
    std::fs::create_dir_all(&home).unwrap();
    let house = json!({
        "name": "Office", "namespace": "https://office.example", "authority": "Article 42 of the law.", "contact": "weakness@office.example",
        "security_contact": "mailto:weakness@office.example", "root": "https://office.example", "licence": "CC-BY-4.0", "aggregators": true,
        "assigner": { "id": "6ba7b810-9dad-41d1-80b4-00c04fd430c8", "name": "office" },
    });
    std::fs::write(home.join("house.json"), house.to_string()).unwrap();
    std::fs::write(home.join("openpgp.asc"), crate::weakness::armoured()).unwrap();
}

fn enter_people(folder: &Path, host: &Host) {
    let now = host.seconds();
    let enter = async |access: &Access| {
        let admin = who("admin");
        for (_, id, role) in PEOPLE {
            if id != "a1" {
                let new = NewPerson {
                    id: id.to_owned(),
                    name: format!("Person {id}"),
                    // A ministry's officer is of a ministry.
                    organisation: if id == "y1" { "mlit" } else { "office" }.to_owned(),
                };
                access.add_person(&admin, &new, now).await.unwrap();
            }
            let Some(role) = role else { continue };
            let grant = NewRole {
                person: id.to_owned(),
                role,
                until: now.plus(86_400),
            };
            access.grant_role(&admin, &grant, now).await.unwrap();
        }
    };
    with_access(&options(Role::Office, folder), host, enter).unwrap();
}

fn good(said: &crate::nation::Said) -> Value {
    assert!((200..300).contains(&said.status), "{}", said.text());
    said.json()
}

impl House {
    pub(crate) fn open() -> Self {
        let host = Host::system();
        let nation = Nation::with(None, host.clone(), |folder| {
            enter_people(folder, &host);
            weakness_house(folder);
        });
        let mut callers = people(&nation);
        machines(&nation, &mut callers);
        let (office, address) = (nation.role(Role::Office), nation.office.address.to_string());
        for name in ["acme", "borea", "cosmo"] {
            let peer = Caller::peer(&office, &address, name, &[May::Report]);
            callers.insert(column(name, "node"), peer);
        }
        let all_but = May::ALL.into_iter().filter(|may| *may != May::Report);
        let all_but: Vec<May> = all_but.collect();
        callers.insert(
            "other-node",
            Caller::peer(&office, &address, "far", &all_but),
        );
        callers.insert("nobody", nation.stranger(Role::Office));
        let mut house = Self {
            nation,
            callers,
            places: BTreeMap::new(),
        };
        house.seed();
        house
    }

    pub(crate) fn by(&self, name: &str) -> &Caller {
        &self.callers[name]
    }

    fn seed(&mut self) {
        let mut places: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
        let mut add = |name, value: &str| places.entry(name).or_default().push(value.to_owned());
        let papers: Vec<Change> = OPERATORS.iter().flat_map(|owner| kept(owner)).collect();
        beside(&self.nation, async |access| {
            access.store().apply(&papers).await.unwrap();
        });
        for owner in OPERATORS {
            let case = format!("{owner}-c");
            add("operator", owner);
            add("case", &case);
            self.reported(owner, &case, &mut add);
            self.written(owner);
            self.submitted(owner);
        }
        self.given();
        self.measured(&mut add);
        self.weakness(&mut add);
        let mut draft = request(&self.nation.host);
        draft["facts"] = json!(mark("office", "draft"));
        let draft = json!({"version": 0, "request": draft});
        let draft = self.by("requester").put_json("/v1/drafts/d-1", &draft);
        good(&draft);
        let mut asked = request(&self.nation.host);
        asked["facts"] = json!(mark("office", "request"));
        let asked = good(&self.by("requester").post_json("/v1/requests", &asked));
        add("request", asked["request"].as_str().unwrap());
        add("id", "d-1");
        self.places = places;
    }

    /// A measure that is drafted, and a complaint of a stranger.
    fn measured(&self, add: &mut impl FnMut(&'static str, &str)) {
        let now = self.nation.host.seconds();
        let mut plan = crate::measure::plan(now);
        plan["dossier"]["harm"] = json!(mark("office", "measure"));
        let plan = Plan::read(plan.to_string().as_bytes()).unwrap();
        let complaint = Complaint::take("192.0.2.9", &mark("office", "complaint"), [7; 16], now);
        let complaint = complaint.unwrap();
        add("measure", crate::measure::ID);
        add("reference", &complaint.reference);
        let terms = Terms::proposed(Vec::new());
        let (nothing, protected) = (BTreeMap::new(), Protected::default());
        beside(&self.nation, async |access| {
            let measures = Measures {
                store: &**access.store(),
                terms: &terms,
                lists: Lists {
                    protected: &protected,
                    version: 1,
                    sha256: [0; 32],
                },
                seen: &nothing,
                now,
                by: "o1",
            };
            let stranger = Looked { stranger: true };
            let officer = "o1".parse().unwrap();
            measures.draft(plan, &officer).await.unwrap();
            measures.complain(complaint, &stranger).await.unwrap();
        });
    }

    fn reported(&self, owner: &str, case: &str, add: &mut impl FnMut(&'static str, &str)) {
        let now = self.nation.host.seconds();
        let document = document(owner, case, now);
        let node = self.by(column(owner, "node"));
        let said = node.post("/v1/reports", "application/json", &write_report(&document));
        good(&said);
        let file = mark(owner, "file");
        let path = format!("/v1/reports/{case}/attachments?name=a.txt");
        let said = good(&node.post(&path, "application/octet-stream", file.as_bytes()));
        add("sha256", said["sha256"].as_str().unwrap());
        let words = json!({"subject": mark(owner, "ticket"), "text": mark(owner, "ticket")});
        good(&node.post_json("/v1/tickets", &words));
        let thing = format!("{}.example.jp", mark(owner, "registration"));
        let claim = json!({"thing": thing, "method": "dns-txt"});
        good(&node.post_json("/v1/registrations", &claim));
    }

    fn written(&self, owner: &str) {
        let officer = self.by("legal-officer");
        let advice = json!({"id": format!("g-{owner}"), "subject": mark(owner, "guidance"), "lines": [mark(owner, "guidance")], "answer_by": "2027-10-31"});
        good(&officer.post_json(&format!("/v1/operators/{owner}/guidance"), &advice));
        let letter = json!({"id": format!("l-{owner}"), "kind": "order", "subject": mark(owner, "order"), "text": mark(owner, "order"), "reply_by": "2027-10-31"});
        good(&officer.post_json(&format!("/v1/operators/{owner}/orders"), &letter));
        let invited = officer.post_json("/v1/council/members", &json!({"member": owner}));
        assert_eq!(invited.status, 204, "{}", invited.text());
        let node = self.by(column(owner, "node"));
        good(&node.post_json("/v1/council/consent", &json!({"by": "h.abe"})));
        let material = json!({"member": owner, "subject": mark(owner, "material"), "text": mark(owner, "material"), "reply_by": self.nation.host.seconds().plus(86_400).to_string()});
        good(&officer.post_json("/v1/council/materials", &material));
    }

    /// What waits at the council stays with its submitter.
    fn submitted(&self, owner: &str) {
        let waits = json!({"class": "integrated-controlled", "words": mark(owner, "submission"), "tlp": "amber+strict", "pap": "amber"});
        let node = self.by(column(owner, "node"));
        good(&node.post_json("/v1/council/submissions", &waits));
    }

    /// A copy of the council and a product for the second operator.
    fn given(&self) {
        let copy = json!({"class": "integrated-controlled", "words": mark("borea", "council-copy"), "tlp": "amber+strict", "pap": "amber"});
        let said = good(
            &self
                .by("legal-officer")
                .post_json("/v1/council/submissions", &copy),
        );
        let path = format!(
            "/v1/council/submissions/office/{}/release",
            said["id"].as_str().unwrap()
        );
        let release = json!({"members": ["borea"], "basis": "Act 42/2025 art. 45", "rights": "None of a party."});
        good(&self.by("supervisor").post_json(&path, &release));
        let product = json!({
            "from": {"operator": "acme", "case": "acme-c"}, "indicators": [], "words": "qz-2-product-qz", "tlp": "amber", "pap": "amber",
            "recipients": ["operator/borea"], "basis": "Act 42/2025 art. 40", "rights": "None of a party.",
        });
        good(&self.by("supervisor").post_json("/v1/products", &product));
    }

    fn weakness(&self, add: &mut impl FnMut(&'static str, &str)) {
        let report = json!({ "product": "EX-100", "text": mark("office", "weakness") });
        let taken = good(&self.by("nobody").post_json("/v1/weakness-reports", &report));
        let report = taken["report"].as_str().unwrap();
        add("report", report);
        add(
            "secret",
            "0000000000000000000000000000000000000000000000000000000000000000",
        );
        let opened = self
            .by("supervisor")
            .post_json("/v1/weaknesses", &json!({ "report": report }));
        add("case", good(&opened)["case"].as_str().unwrap());
    }
}

/// A prompt report whose every line is a mark.
pub(crate) fn document(owner: &str, case: &str, now: Seconds) -> ReportDocument {
    let mut document = ReportDocument {
        format: "sakimori/report/v1".to_owned(),
        fields_version: 1,
        case: case.parse().unwrap(),
        operator: owner.parse().unwrap(),
        filer: owner.parse().unwrap(),
        form: CommonForm::Ransomware,
        stage: Stage::Prompt,
        recognised_at: now,
        reason: String::new(),
        fields: BTreeMap::new(),
    };
    for field in fields_of(document.form) {
        let value = match field.kind {
            Kind::Line | Kind::Text => mark(owner, "report"),
            Kind::Time => "2026-10-01T02:00:00Z".to_owned(),
            Kind::Number(_) => "13".to_owned(),
            Kind::Choice(words) | Kind::Choices(words) => words[0].to_owned(),
        };
        let value = match field.prompt {
            Need::Known => Some(value),
            Need::Told => None,
            Need::Free => continue,
        };
        document.fields.insert(field.key.to_owned(), value);
    }
    document
}

/// The column of an operator's node or machine.
pub(crate) fn column(owner: &str, what: &str) -> &'static str {
    match (owner, what) {
        ("acme", "node") => "node-a",
        ("borea", "node") => "node-b",
        ("cosmo", "node") => "node-c",
        ("acme", _) => "machine-a",
        _ => "machine-b",
    }
}

fn people(nation: &Nation) -> BTreeMap<&'static str, Caller> {
    let known = [
        ("requester", "o1"),
        ("legal-officer", "o2"),
        ("supervisor", "o3"),
        ("administrator", "admin"),
    ];
    let more = PEOPLE.iter().map(|(column, id, _)| (*column, *id));
    let known = known.map(|(column, id)| (column, nation.person(Role::Office, id)));
    let more = more.map(|(column, id)| (column, nation.again(Role::Office, id)));
    known.into_iter().chain(more).collect()
}

fn machines(nation: &Nation, callers: &mut BTreeMap<&'static str, Caller>) {
    let files = OPERATORS.map(|owner| (column(owner, "machine"), owner, Act::FileReport));
    let others = SCOPES.map(|(column, scope)| (column, "acme", scope));
    let all: Vec<_> = files.into_iter().chain(others).collect();
    let now = nation.host.seconds();
    let tokens = beside(nation, async |access| {
        let admin = who("admin");
        let mut tokens = Vec::new();
        for (column, organisation, scope) in &all {
            let named = (*column, "A machine", *organisation);
            access.add_machine(&admin, named, now).await.unwrap();
            let new = NewCredential {
                machine: (*column).to_owned(),
                scopes: [*scope].into(),
                until: now.plus(3600),
            };
            let issued = access.issue_token(&admin, &new, now).await.unwrap();
            tokens.push((*column, issued.token.to_string()));
        }
        tokens
    });
    for (column, token) in tokens {
        let mut machine = nation.stranger(Role::Office);
        let bearer = format!("Bearer {token}");
        machine.headers.push(("authorization".to_owned(), bearer));
        callers.insert(column, machine);
    }
}

/// Papers that are written beside the interface.
fn kept(owner: &str) -> Vec<Change> {
    let paper = |kind: &str, body: &Value| {
        Change::AddPaper(Paper {
            kind: kind.to_owned(),
            owner: owner.to_owned(),
            id: format!("k-{owner}"),
            version: 1,
            state: "taken".to_owned(),
            due: None,
            at: 1_790_000_000,
            by: owner.to_owned(),
            body: body.to_string(),
        })
    };
    let notice = json!({
        "kind": "asset", "sector": "water", "changed": [], "hash": "", "items": 1, "lines": 1, "name": mark(owner, "notice"),
    });
    let alert = json!({
        "asset": mark(owner, "alert"), "what": "192.0.2.1", "kind": "exposure", "about": mark(owner, "alert"), "grade": "B2", "sources": ["x"],
        "unverified": false, "first": 1, "last": 1, "count": 1, "fields": [], "fields_cut": 0, "answers": [], "feeds": [],
    });
    let question = json!({
        // What the advisory says is no secret; what the operator registered is.
        "advisory": ["https://maker.example", "EX-1"], "title": "An advisory", "rows": [{
            "number": 1, "product": ["Maker", "Product"], "version": mark(owner, "match"), "outcome": "affected", "doubts": [],
            "claim": ["maker", "product", ""], "range": "<3", "answer": null,
        }],
    });
    vec![
        paper("taken-notice", &notice),
        paper("alert", &alert),
        paper("match", &question),
    ]
}
