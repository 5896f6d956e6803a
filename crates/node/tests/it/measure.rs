//! Measures at a running office: proposed, decided, put in force, taken back; complaints of strangers. In: two nodes, an actuator that writes down what it is told. Out: verdicts. Never: an address
//! beyond loopback.
//!
//! The actuator here is the test's own: it puts nothing in force, and signs that it did. The actuator program is another package's, which tests of this one are not given; an office and that program are driven
//! together in `crates/sakimori/tests/it/response`.

mod away;
mod bus;
mod known;
mod log;
mod many;
mod notices;
mod playbook;
mod readings;
mod renewal;
mod safety;

use crate::nation::{Caller, Nation, join, options};
use crate::uses::who;
use axum::Router;
use axum::extract::{Path as Place, State};
use axum::routing::{get, post, put};
use sakimori_access::{Access, NewPerson, NewRole, Role as R};
use sakimori_authority::measure::{Deed, family};
use sakimori_control::office;
use sakimori_control::setup::officer_key;
use sakimori_control::tls::Identity;
use sakimori_control::{Host, keys};
use sakimori_custody::ids::hex;
use sakimori_custody::time::{DAY_SECONDS, Seconds};
use sakimori_node::metrics::Metrics;
use sakimori_node::server::{serve, tls};
use sakimori_node::{Role, with_access};
use sakimori_respond::consumer::Sakimori;
use sakimori_respond::consumer::receipt::{Line, Receipt, Standing};
use sakimori_respond::openc2::{Command, Language, Slpf};
use sakimori_respond::plan::complaint::reference_of;
use sakimori_respond::plan::observe::Observation;
use sakimori_respond::plan::sworn::observations_text;
use sakimori_respond::safety::Class;
use sakimori_respond::safety::list::Draft;
use sakimori_testkit::folder::signer;
use sakimori_tlog::key::{KeyKind, VerifierKey};
use sakimori_tlog::note::Note;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const TARGET: &str = "198.51.100.7/32";
pub(crate) const ID: &str = "7ea50000000000000000000000000001";
/// Who observes targets.
const OBSERVERS: [&str; 2] = ["analyst-1", "analyst-2"];
const SITTING: &str = "present=m1+m2+m3&presiding=m1&for=m1+m2+m3&against=none&recused=none";

/// Commands a minute that the actuator says it takes.
const RATE: u64 = 300;
/// Longest wait for a round and what follows from it: names are looked up every half a minute where no answer is younger than a quarter, and on a busy machine all of it takes its time.
const WAIT_MAX: Duration = Duration::from_mins(2);

fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let host = Host::system();
    let begun = host.counted_ms();
    while u128::from(host.counted_ms() - begun) < WAIT_MAX.as_millis() {
        if let Some(found) = look() {
            return found;
        }
        let (_keep, wait) = std::sync::mpsc::channel::<()>();
        // Nobody sends: it is the pause between two looks.
        let _ = wait.recv_timeout(Duration::from_millis(100));
    }
    panic!("{what}: it does not happen");
}

/// Officers who carry out.
fn officers(folder: &Path, host: &Host) {
    let now = host.seconds();
    let enter = async |access: &Access| {
        let admin = who("admin");
        for id in ["e-01", "e-02"] {
            let new = NewPerson {
                id: id.to_owned(),
                name: format!("Person {id}"),
                organisation: "office".to_owned(),
            };
            access.add_person(&admin, &new, now).await.unwrap();
            let grant = NewRole {
                person: id.to_owned(),
                role: R::Responder,
                until: now.plus(86_400),
            };
            access.grant_role(&admin, &grant, now).await.unwrap();
        }
    };
    with_access(&options(Role::Office, folder), host, enter).unwrap();
}

fn nation(settings: Option<(&Value, u16)>) -> Nation {
    let host = Host::system();
    Nation::with(None, host.clone(), |folder| {
        officers(folder, &host);
        if let Some((said, port)) = settings {
            let mail = json!({"closed": true, "mail": {"host": "127.0.0.1", "port": port, "tls": "none", "from": "office@example.org"}});
            std::fs::write(folder.join("office/alerts.json"), mail.to_string()).unwrap();
            std::fs::write(folder.join("office/measures.json"), said.to_string()).unwrap();
        }
    })
}

fn good(said: &crate::nation::Said) -> Value {
    assert!((200..300).contains(&said.status), "{}", said.text());
    said.json()
}

/// Lists of a version that office and chair signed.
fn lists(nation: &Nation, version: u64, own: &str) -> Value {
    let mut draft = Draft::default();
    draft.addition("own-systems", Class::Never, own).unwrap();
    let now = nation.host.seconds();
    let built = draft
        .finish(version, now, now.plus(30 * DAY_SECONDS), 1)
        .unwrap();
    let office = keys::read(&nation.office_node().office_key("office")).unwrap();
    let chair = nation.role(Role::Commission).join("members/m1.key");
    let chair = keys::read(&chair).unwrap();
    let note = Note::sign(&built.lists.to_string(), &[&office, &chair], 0).unwrap();
    let [note, lists] =
        [note.to_bytes(), built.file.clone()].map(|b| String::from_utf8(b).unwrap());
    json!({"note": note, "lists": lists})
}

/// A plan that keeps every rule.
pub(crate) fn plan(now: Seconds) -> Value {
    let at = |before: u64| Seconds(now.0 - before).to_string();
    let hash = |text: &str| hex(&Sha256::digest(text));
    let fact = |high: u64| json!({"low": 0, "high": high, "source": "s-01", "at": at(3600)});
    let seen = |source: &str, observer: &str| {
        json!({
            "target": TARGET, "source": source, "observer": observer, "at": at(60), "provenance": hash(source),
            "seen": {"owner": "EXAMPLE-NET", "system": 64500, "country": "GB", "certificate": null, "ptr": null},
        })
    };
    json!({
        "form": "sakimori/plan/v1", "id": ID,
        "dossier": {
            "form": "sakimori/dossier/v1",
            "evidence": [{
                "id": "finding-1", "what": "beacons", "class": "selected", "sha256": hash("finding"), "taken": at(3600),
                "source": {"finding": {"sensor": "s-01", "finding": "1"}}, "need": "it shows which server commands", "consent": null,
            }],
            "withheld": [], "harm": "pumps of a water works stand still", "imminence": "commands come each minute",
            "necessity": "nothing milder reaches the server",
            "alternatives": [
                {"kind": "vendor-fix", "what": "the pumps' control", "tried": null, "cannot": "the maker has given up the product"},
                {"kind": "abuse-notice", "what": "abuse contact of the registry", "cannot": null,
                 "tried": {"at": at(2 * DAY_SECONDS), "ticket": "SKM-1", "result": {"up": {"seen": at(3600)}}, "words": "no answer in two days"}},
                {"kind": "carrier-block", "what": "the carrier's own terms", "tried": null, "cannot": "its terms have no such block"},
            ],
            "proportionality": "one target for an hour", "scope": "block one address",
            "success": format!("packets to {TARGET} < 1 per 300 s by sensor s-01"),
            "stop": "name hospital.example does not resolve for 60 s at resolver r-1",
            "others": "nobody else is on it", "international": {"sha256": hash("sheet"), "signed": "lawyer", "at": at(3600)},
        },
        "chain": {
            "proposed": "o1", "reviewed": "o2",
            "executor": {"officer": "e-01", "body": "national", "number": "D-17", "from": at(3600), "until": now.plus(100 * DAY_SECONDS).to_string(), "revoked": null},
            "superior": {"by": "o3", "office": "Commissioner-General", "at": at(3600), "sha256": hash("order")},
            "defence": null, "consultation": {"number": "FM-9", "sha256": hash("foreign minister"), "at": at(3600)},
        },
        "playbook": null,
        "aims": [{"deed": "block", "actuator": "edge-1", "country": "GB", "controller": "carrier-a", "target": TARGET}],
        "observations": [seen("registry", "analyst-1"), seen("s-01", "analyst-2")],
        "facts": [{"target": TARGET, "names": fact(1), "clients": fact(2), "other_ppm": fact(500), "is": [], "looked": at(3600), "countries": []}],
        "not_before": now.to_string(), "not_after": now.plus(DAY_SECONDS).to_string(),
        "soak_seconds": 0, "effect_seconds": 3600, "most": 10, "renewals": 0,
    })
}

/// What an actuator was told, in its order: `approval`, `deny`, `allow`.
#[derive(Default)]
struct Heard {
    words: Mutex<Vec<String>>,
    /// Files of the approval that came last.
    files: Mutex<Value>,
    /// Effects, as its receipts have them.
    lines: Mutex<BTreeMap<String, Line>>,
    /// The protected lists that were brought last.
    lists: Mutex<Value>,
    /// What its dry run says of an approval.
    faults: Mutex<Vec<Value>>,
    /// Whether it says that nothing of it is in force, whatever is.
    denies: AtomicBool,
    /// Whether it keeps its answers to commands back.
    holds: AtomicBool,
    serial: AtomicU64,
}

impl Heard {
    /// A receipt that its key signs.
    fn receipt(&self, command: &str, lines: Vec<Line>) -> String {
        let receipt = Receipt {
            actuator: "edge-1".parse().unwrap(),
            time: Host::system().seconds(),
            run: 1,
            serial: self.serial.fetch_add(1, Ordering::Relaxed),
            is_stopped: false,
            gaps: 0,
            command: command.to_owned(),
            effects: lines,
        };
        let note = Note::sign(&receipt.to_string(), &[&signer("edge-1")], 0).unwrap();
        String::from_utf8(note.to_bytes()).unwrap()
    }
}

/// Stands for an actuator: it does nothing but write down what it is told, and says that it did it.
struct Actuator {
    heard: Arc<Heard>,
    _stop: tokio::sync::watch::Sender<bool>,
}

async fn approved(
    State(heard): State<Arc<Heard>>,
    Place(_id): Place<String>,
    body: axum::body::Bytes,
) -> String {
    heard.words.lock().unwrap().push("approval".to_owned());
    *heard.files.lock().unwrap() = serde_json::from_slice(&body).unwrap();
    let faults = heard.faults.lock().unwrap().clone();
    json!({"rehearsed": true, "faults": faults}).to_string()
}

async fn listed(State(heard): State<Arc<Heard>>, body: axum::body::Bytes) -> &'static str {
    *heard.lists.lock().unwrap() = serde_json::from_slice(&body).unwrap();
    "{}"
}

async fn commanded(State(heard): State<Arc<Heard>>, body: axum::body::Bytes) -> String {
    commanded_by(&heard, &body, "")
}

/// Whether a consumer would take a command as one of the language, read by what an actuator reads it by.
fn readable(body: &[u8]) -> Result<(), String> {
    let own = Sakimori { deeds: Deed::ALL };
    let language = Language {
        profiles: &[&own, &Slpf],
        others: false,
    };
    let read = Command::read(body, &language);
    read.map(|_| ()).map_err(|fault| fault.to_string())
}

/// Its answer to a command that came over a way.
fn commanded_by(heard: &Heard, body: &[u8], way: &str) -> String {
    if let Err(fault) = readable(body) {
        return json!({"status": 400, "status_text": fault}).to_string();
    }
    let command: Value = serde_json::from_slice(body).unwrap();
    let action = command["action"].as_str().unwrap().to_owned();
    // What it can do is asked beside everything, and is no command.
    if action == "query" {
        let said = json!({"versions": ["1.0"], "rate_limit": RATE});
        return json!({"status": 200, "results": said}).to_string();
    }
    let word = format!("{way} {action}").trim().to_owned();
    heard.words.lock().unwrap().push(word);
    while heard.holds.load(Ordering::Relaxed) {
        std::thread::yield_now();
    }
    if heard.denies.load(Ordering::Relaxed) {
        return json!({"status": 404}).to_string();
    }
    let own = &command["actuator"]["x-sakimori"];
    let target = &command["target"];
    let target = target["ipv4_net"]
        .as_str()
        .or(target["domain_name"].as_str());
    let target = target.unwrap();
    let begins = action == "deny";
    let line = Line {
        measure: family(own["measure"].as_str().unwrap().parse().unwrap()),
        deed: Deed::from_name(command["args"]["x-sakimori"]["deed"].as_str().unwrap()).unwrap(),
        standing: if begins {
            Standing::InForce
        } else {
            Standing::Ended
        },
        until: Seconds(command["args"]["stop_time"].as_u64().unwrap_or(0) / 1000),
        times: 0,
        bytes: 0,
        target: target.to_owned(),
    };
    let mut lines = heard.lines.lock().unwrap();
    lines.insert(target.to_owned(), line.clone());
    drop(lines);
    let receipt = heard.receipt(command["command_id"].as_str().unwrap(), vec![line]);
    json!({"status": 200, "results": {"x-sakimori": {"receipt": receipt}}}).to_string()
}

async fn effects(State(heard): State<Arc<Heard>>) -> String {
    let lines = heard.lines.lock().unwrap().values().cloned().collect();
    heard.receipt("", lines)
}

impl Actuator {
    fn start(nation: &Nation) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let identity = Identity::open(folder.path(), &["localhost".to_owned()]).unwrap();
        let config = tls(&identity).unwrap();
        let heard = Arc::new(Heard::default());
        let router = Router::new()
            .route("/v1/approvals/{id}", put(approved))
            .route("/.well-known/openc2", post(commanded))
            .route("/v1/effects", get(effects))
            .route("/v1/lists", put(listed))
            .with_state(Arc::clone(&heard));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (stop, mut stopped) = tokio::sync::watch::channel(false);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let until = async move {
                    // A sender that is dropped stops it too.
                    let _ = stopped.wait_for(|stop| *stop).await;
                };
                serve(
                    listener,
                    config,
                    router,
                    Arc::new(Metrics::default()),
                    until,
                )
                .await;
            });
        });
        join(
            &nation.role(Role::Office),
            "edge-1",
            folder.path(),
            &address,
            &[],
        );
        Self { heard, _stop: stop }
    }

    fn heard(&self) -> Vec<String> {
        self.heard.words.lock().unwrap().clone()
    }

    fn has(&self, file: &str) -> bool {
        !self.heard.files.lock().unwrap()["files"][file].is_null()
    }
}

struct Desk {
    nation: Nation,
    actuator: Actuator,
    people: BTreeMap<&'static str, Caller>,
}

impl Desk {
    /// An office with lists, a register and an actuator.
    fn open(settings: Option<(&Value, u16)>) -> Self {
        let nation = nation(settings);
        let actuator = Actuator::start(&nation);
        let admin = nation.person(Role::Office, "admin");
        good(&admin.put_json("/v1/safety-lists", &lists(&nation, 1, "192.0.2.0/24\n")));
        let now = nation.host.seconds();
        let register = json!({
            "designations": [{"officer": "e-01", "body": "national", "number": "D-17", "from": Seconds(now.0 - 3600).to_string(), "until": now.plus(100 * DAY_SECONDS).to_string(), "revoked": null}],
            "actuators": [{"name": "edge-1", "controller": "carrier-a", "key": signer("edge-1").verifier().to_string(), "peer": "edge-1"}],
            "people": OBSERVERS.map(|name| json!({"name": name, "key": signer(name).verifier().to_string()})),
        });
        let officer = nation.person(Role::Office, "o1");
        let refused = officer.put_json("/v1/measure-register", &register);
        assert_eq!(refused.code(), "not-allowed");
        // An officer of the trust root is not a second person under another name.
        let officer = keys::read(&officer_key(&nation.office_node(), "o1")).unwrap();
        let public = officer.verifier().public();
        let other = VerifierKey::new("other", KeyKind::Ed25519, public).unwrap();
        let mut twice = register.clone();
        let again = json!({"name": "other", "key": other.to_string()});
        twice["people"].as_array_mut().unwrap().push(again);
        let refused = admin.put_json("/v1/measure-register", &twice);
        assert!(
            refused.text().contains("`o1` of the trust root"),
            "{}",
            refused.text()
        );
        good(&admin.put_json("/v1/measure-register", &register));
        let mut people = BTreeMap::new();
        for id in ["o1", "o2", "admin"] {
            people.insert(id, nation.person(Role::Office, id));
        }
        for id in ["e-01", "e-02"] {
            people.insert(id, nation.again(Role::Office, id));
        }
        Self {
            nation,
            actuator,
            people,
        }
    }

    fn by(&self, id: &str) -> &Caller {
        &self.people[id]
    }

    fn act(&self, id: &str, act: &Value) -> crate::nation::Said {
        self.by(id)
            .post_json(&format!("/v1/measures/{ID}/acts"), act)
    }

    fn stage(&self) -> String {
        let said = good(&self.by("e-01").get(&format!("/v1/measures/{ID}")));
        said["state"]["stage"].as_str().unwrap().to_owned()
    }

    fn comes_to(&self, stage: &str) {
        until(stage, || (self.stage() == stage).then_some(()));
    }

    /// Proposed, reviewed, signed, asked, decided by three; what the rounds of the node make of it.
    fn approved(&self) {
        self.approved_as(&plan(self.nation.host.seconds()));
    }

    /// The same with a plan of one's own.
    fn approved_as(&self, plan: &Value) {
        let officer = self.by("o1");
        let checked = good(&officer.post_json("/v1/measures/check", plan));
        assert_eq!(checked["good"], true, "{checked}");
        good(&officer.post_json("/v1/measures", plan));
        assert_eq!(self.stage(), "drafted");
        let own = self.act("o1", &json!({"act": "review"}));
        assert_eq!((own.status, own.code().as_str()), (422, "refused"));
        good(&self.act("o2", &json!({"act": "review"})));
        let text = officer.get(&format!("/v1/measures/{ID}/text"));
        assert_eq!(text.status, 200, "{}", text.text());
        let node = self.nation.office_node();
        let signers = ["o1", "o2"].map(|id| keys::read(&officer_key(&node, id)).unwrap());
        let alone = Note::sign(&text.text(), &[&signers[0]], 0).unwrap();
        let path = format!("/v1/measures/{ID}/ask");
        assert_eq!(officer.post_note(&path, &alone).code(), "refused");
        self.says_less(&text.text(), &path);
        let both = Note::sign(&text.text(), &[&signers[0], &signers[1]], 0).unwrap();
        let asked = good(&officer.post_note(&path, &both));
        assert_eq!(asked["state"]["stage"], "asked");
        self.decided();
        self.comes_to("approved");
    }

    /// A text in which fewer others are met than are estimated now is not before the commission, whoever signed it.
    fn says_less(&self, text: &str, path: &str) {
        let told = |line: &&str| line.starts_with("collateral: ");
        let line = text.lines().find(told).unwrap();
        let less = text.replace(line, "collateral: 0 0");
        assert_ne!(less, text);
        let node = self.nation.office_node();
        let signers = ["o1", "o2"].map(|id| keys::read(&officer_key(&node, id)).unwrap());
        let note = Note::sign(&less, &[&signers[0], &signers[1]], 0).unwrap();
        let refused = self.by("o1").post_note(path, &note);
        assert_eq!(refused.code(), "refused");
        let words = refused.text();
        assert!(words.contains("are estimated now"), "{words}");
    }

    /// The act of a dispatch, with what two observers see now and signed.
    fn dispatch(&self) -> Value {
        let mut said = good(&self.by("e-01").get(&format!("/v1/measures/{ID}")));
        let now = self.nation.host.seconds().to_string();
        let all = said["plan"]["observations"].as_array_mut().unwrap();
        for one in all.iter_mut() {
            one["at"] = json!(now);
        }
        let all: Vec<Observation> = serde_json::from_value(json!(all)).unwrap();
        let notes = OBSERVERS.map(|observer| {
            let own = all.iter().filter(|one| one.observer.as_str() == observer);
            let own: Vec<Observation> = own.cloned().collect();
            let id = ID.parse().unwrap();
            let text = observations_text(id, &observer.parse().unwrap(), &own).unwrap();
            let note = Note::sign(&text, &[&signer(observer)], 0).unwrap();
            String::from_utf8(note.to_bytes()).unwrap()
        });
        json!({"act": "dispatch", "observations": notes})
    }

    /// By one person, or by two where it takes two.
    fn dispatched(&self) {
        let dispatch = self.dispatch();
        if good(&self.act("e-01", &dispatch))["waits"].is_string() {
            good(&self.act("e-02", &dispatch));
        }
    }

    /// Three members see the measure on the commission's page and sign.
    fn decided(&self) {
        let chair = self.nation.person(Role::Commission, "m1");
        let name = until("the request is there", || {
            let all = chair.get("/v1/requests").json();
            let name = all["requests"][0]["request"].as_str()?.to_owned();
            Some(name)
        });
        let page = chair.get(&format!("/requests/{name}")).text();
        let line = format!("effect: block edge-1 GB carrier-a {TARGET}");
        assert!(page.contains(&line), "{page}");
        let path = |rest: &str| format!("/v1/requests/{name}{rest}");
        let text = chair.get(&path(&format!("/text?{SITTING}"))).text();
        for member in ["m1", "m2", "m3"] {
            let caller = self.nation.person(Role::Commission, member);
            let said =
                caller.post_note(&path("/signatures"), &self.nation.signed(&text, &[member]));
            assert_eq!(said.status, 200, "{}", said.text());
        }
    }
}

/// A dispatch takes observations of now, each by whoever signed it.
fn observed_now_and_signed(desk: &Desk, dispatch: &Value) {
    // What the plan says of its targets is none of now, and who carries out observes in nobody's name.
    let bare = desk.act("e-01", &json!({"act": "dispatch"}));
    assert!(
        bare.text().contains("signed by its observer"),
        "{}",
        bare.text()
    );
    let mut forged = dispatch.clone();
    let note = forged["observations"][0].as_str().unwrap();
    let (text, _) = note.split_once("\n\n").unwrap();
    let own = Note::sign(&format!("{text}\n"), &[&signer("e-01")], 0).unwrap();
    forged["observations"][0] = json!(String::from_utf8(own.to_bytes()).unwrap());
    let forged = desk.act("e-01", &forged);
    assert!(
        forged.text().contains("`analyst-1` did not sign"),
        "{}",
        forged.text()
    );
    let mut old = dispatch.clone();
    let early = plan(desk.nation.host.seconds());
    let early: Vec<Observation> = serde_json::from_value(early["observations"].clone()).unwrap();
    let early = observations_text(ID.parse().unwrap(), &early[0].observer, &early[..1]).unwrap();
    let early = Note::sign(&early, &[&signer("analyst-1")], 0).unwrap();
    old["observations"][0] = json!(String::from_utf8(early.to_bytes()).unwrap());
    let old = desk.act("e-01", &old);
    assert!(
        old.text().contains("older than the decision"),
        "{}",
        old.text()
    );
}

#[test]
fn a_measure_lives_at_a_running_office_from_its_plan_to_its_release() {
    let desk = Desk::open(None);
    desk.approved();
    // The approval came to the actuator by the round alone, before anything was commanded.
    until("the approval", || {
        desk.actuator.has("statement.note").then_some(())
    });
    assert!(!desk.actuator.heard().contains(&"deny".to_owned()));
    // Level 2 takes two people, and each of them is signed in.
    let dispatch = desk.dispatch();
    assert_eq!(desk.act("o1", &dispatch).code(), "not-allowed");
    observed_now_and_signed(&desk, &dispatch);
    let first = good(&desk.act("e-01", &dispatch));
    if first["level"] == 2 {
        assert_eq!(first["stage"], "approved", "{first}");
        assert!(first["waits"].is_string(), "{first}");
        let twice = good(&desk.act("e-01", &dispatch));
        assert_eq!(twice["stage"], "approved", "one person is not two");
        good(&desk.act("e-02", &dispatch));
    }
    desk.comes_to("in-force");
    assert!(desk.actuator.heard().contains(&"deny".to_owned()));

    // People see it, with its clocks and a button for who carries it out.
    let responder = desk.by("e-01");
    let page = responder.get(&format!("/measures/{ID}")).text();
    for word in [
        TARGET,
        "pumps of a water works",
        "UNVERIFIED",
        "name=\"confirm\"",
    ] {
        assert!(page.contains(word), "{word} is not on {page}");
    }
    let reader = desk.by("o1").get(&format!("/measures/{ID}")).text();
    assert!(!reader.contains("name=\"confirm\""), "{reader}");
    assert!(responder.get("/measures").text().contains(ID));
    let metrics = desk.by("admin").get("/metrics").text();
    assert!(metrics.contains("sakimori_measures_open 1"), "{metrics}");

    // One person takes it back.
    let unconfirmed = responder.post(
        &format!("/measures/{ID}"),
        "application/x-www-form-urlencoded",
        b"form=x&act=release",
    );
    assert_eq!(unconfirmed.status, 403, "{}", unconfirmed.text());
    let released = good(&desk.act("e-02", &json!({"act": "release"})));
    assert_eq!(released["end"], "killed", "{released}");
    desk.comes_to("ended");
    assert!(desk.actuator.heard().contains(&"allow".to_owned()));
    let late = desk.act("e-01", &dispatch);
    assert_eq!(late.code(), "refused", "an end does not come back");
    until("the suspension", || {
        desk.actuator.has("suspension-office.note").then_some(())
    });
}

#[test]
fn a_list_that_comes_to_protect_a_target_suspends_the_measure_at_the_next_round() {
    let desk = Desk::open(None);
    desk.approved();
    let admin = desk.by("admin");
    let older = admin.put_json(
        "/v1/safety-lists",
        &lists(&desk.nation, 1, "203.0.113.0/24\n"),
    );
    assert_eq!(
        older.code(),
        "refused",
        "another bundle of the same version"
    );
    let newer = lists(&desk.nation, 2, "198.51.100.0/24\n");
    good(&admin.put_json("/v1/safety-lists", &newer));
    desk.comes_to("suspended");
    let alarms = until("somebody is called", || {
        let alarms = good(&desk.by("e-01").get("/v1/measure-alarms"));
        let page = alarms.as_array()?.iter().any(|one| one["kind"] == "page");
        page.then_some(alarms.clone())
    });
    assert!(alarms.to_string().contains(ID), "{alarms}");
}

/// Six complaints about the measure, the first of them named.
fn listed_from_both_ends(desk: &Desk, first: &str) {
    // Whichever end is flooded, the other is one page away, and each is about the measure.
    let listed = |query: &str| {
        good(
            &desk
                .by("e-01")
                .get(&format!("/v1/measure-complaints{query}")),
        )
    };
    let (oldest, newest) = (listed("?state=open"), listed("?state=open&newest=true"));
    assert_eq!(oldest["complaints"][0]["reference"], first);
    assert_eq!(newest["complaints"][5]["reference"], first);
    let all = oldest["complaints"].as_array().unwrap();
    assert!(all.iter().all(|one| one["measure"] == ID), "{oldest}");
    let behind = listed(&format!("?state=open&behind={}", oldest["next"]));
    assert_eq!(behind, json!({"complaints": [], "next": null}));
}

#[test]
fn a_stranger_complains_gets_a_reference_and_ends_nothing_by_junk() {
    let bare = nation(None);
    let stranger = bare.stranger(Role::Office);
    let words = json!({"target": "198.51.100.7", "words": "we are a bakery"});
    let none = stranger.post_json("/v1/complaints", &words);
    assert_eq!(none.code(), "not-implemented");
    assert_eq!(good(&stranger.get("/v1/complaint-register"))["received"], 0);
    drop(bare);

    let desk = Desk::open(None);
    desk.approved();
    desk.dispatched();
    desk.comes_to("in-force");
    let stranger = desk.nation.stranger(Role::Office);
    for bad in [
        json!({"target": "", "words": "x"}),
        json!({"target": "198.51.100.7", "words": " "}),
        json!({"target": "x".repeat(301), "words": "x"}),
        json!({"target": "a\nb", "words": "x"}),
    ] {
        assert_eq!(
            stranger.post_json("/v1/complaints", &bad).code(),
            "incomplete",
            "{bad}"
        );
    }
    let mut references = Vec::new();
    // Who was led to a sinkhole has a reference of the measure and need not know the target.
    let told = reference_of(ID.parse().unwrap());
    for target in [told.as_str(), TARGET, TARGET, TARGET, TARGET] {
        let words = json!({"target": target, "words": "junk"});
        let said = stranger.post_json("/v1/complaints", &words);
        assert_eq!(said.status, 201, "{}", said.text());
        references.push(said.json()["reference"].as_str().unwrap().to_owned());
    }
    assert_eq!(desk.stage(), "in-force", "a stranger alone ends nothing");
    let form = b"target=198.51.100.7%2F32&words=a%20bakery";
    let page = stranger.post("/complaints", "application/x-www-form-urlencoded", form);
    assert_eq!(page.status, 200, "{}", page.text());
    let over = stranger.post_json(
        "/v1/complaints",
        &json!({"target": TARGET, "words": "junk"}),
    );
    assert_eq!(over.code(), "too-many-requests");
    let path = format!("/v1/complaints/{}", references[0]);
    assert_eq!(good(&stranger.get(&path))["state"], "open");
    let other = stranger.get("/v1/complaints/00000000000000000000000000");
    assert_eq!(other.code(), "not-found");

    listed_from_both_ends(&desk, &references[0]);

    // A person decides: the first was junk, the second was right.
    let decide = |id: &str, upheld: bool, reference: &str| {
        let path = format!("/v1/measure-complaints/{reference}");
        let said = json!({"upheld": upheld, "answer": "We looked at it."});
        desk.by(id).post_json(&path, &said)
    };
    assert_eq!(decide("o1", false, &references[0]).code(), "not-allowed");
    good(&decide("e-01", false, &references[0]));
    assert_eq!(desk.stage(), "in-force");
    assert_eq!(decide("e-01", true, &references[0]).code(), "refused");
    good(&decide("e-01", true, &references[1]));
    desk.comes_to("ended");
    let answer = good(&stranger.get(&format!("/v1/complaints/{}", references[1])));
    assert_eq!(
        (&answer["state"], &answer["answer"]),
        (&json!("upheld"), &json!("We looked at it."))
    );
    let register = good(&stranger.get("/v1/complaint-register"));
    assert_eq!(
        register,
        json!({"received": 6, "open": 4, "dismissed": 1, "upheld": 1, "ended": 1})
    );
}
