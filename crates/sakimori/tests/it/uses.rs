//! Who sees data at the office: cases, machines, and the three uses, at the command line and through the node that is served. In: people whom administrators entered. Out: verdicts. Never: an
//! actor who is nobody's account where accounts are kept.

use crate::captures::border;
use crate::clock::border_pack;
use crate::node::TestNode;
use crate::program::{Ran, run, sakimori};
use crate::serve::{Served, certificate, join};
use sakimori_access::COOKIE;
use sakimori_control::tls::{Agents, Identity};
use sakimori_control::{Node, files};
use sakimori_custody::entry::EntryType;
use sakimori_node::{Options, Role, with_access};
use sakimori_store::{Change, Session};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// A command about people, cases or machines of an office's node.
fn of_office(dir: &Path, command: &str, by: &str, words: &[&str]) -> Ran {
    let mut whole = sakimori([command, "--role", "office", "--node"]);
    whole.arg(dir).args(["--as", by]).args(words);
    run(&mut whole)
}

/// The people of an office: an administrator, a legal officer, a supervisor, an analyst with nothing but the role.
fn people(dir: &Path) {
    let named = |id, first: bool| {
        let act = if first { "first" } else { "add" };
        let words = [act, id, "--full-name", "A. B.", "--organisation", "office"];
        of_office(dir, "person", "root-1", &words).yes();
    };
    named("root-1", true);
    for (id, role) in [
        ("l.ito", "legal-officer"),
        ("k.sato", "supervisor"),
        ("a.tanaka", "analyst"),
    ] {
        named(id, false);
        of_office(dir, "person", "root-1", &["role", id, role]).yes();
    }
}

/// Clears the analyst by two others.
fn clear(dir: &Path) {
    let propose = ["clearance", "a.tanaka", "--class", "selected"];
    let grant = of_office(dir, "person", "l.ito", &propose).yes().out;
    let confirm = ["clearance", "a.tanaka", "--confirm", grant.trim()];
    of_office(dir, "person", "k.sato", &confirm).yes();
}

fn case(dir: &Path, by: &str, words: &[&str]) -> Ran {
    of_office(dir, "case", by, words)
}

#[test]
fn cases_are_opened_filled_and_closed_by_a_supervisor_alone() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    people(dir);
    let open = ["open", "case-1", "--title", "The relay abroad"];
    for other in ["", "root-1", "l.ito", "a.tanaka", "nobody"] {
        let ran = case(dir, other, &open).ended(1);
        assert!(ran.err.contains("refused: no-"), "{other}: {ran:?}");
    }
    case(dir, "k.sato", &open).yes();
    case(dir, "k.sato", &open).ended(1);
    case(dir, "k.sato", &["add", "case-1", "a.tanaka"]).yes();
    // Nobody lets himself in, and only people are in cases.
    let oneself = case(dir, "k.sato", &["add", "case-1", "k.sato"]).ended(1);
    assert!(oneself.err.contains("oneself"), "{oneself:?}");
    case(dir, "k.sato", &["add", "case-1", "nobody"]).ended(1);
    let list = case(dir, "", &["list"]).yes().out;
    for word in ["case-1", "open", "a.tanaka", "The relay abroad"] {
        assert!(list.contains(word), "{word}: {list}");
    }
    case(dir, "k.sato", &["remove", "case-1", "a.tanaka"]).yes();
    assert!(!case(dir, "", &["list"]).yes().out.contains("a.tanaka"));
    case(dir, "k.sato", &["close", "case-1"]).yes();
    assert!(case(dir, "", &["list"]).yes().out.contains("closed"));
    case(dir, "k.sato", &["close", "case-1"]).ended(1);
    // Each act is a line of the node's record, with who did it.
    let acts = audited(dir);
    for act in ["open-case", "add-member", "remove-member", "close-case"] {
        let found = acts
            .iter()
            .find(|(by, one, _)| one == act && by == "k.sato");
        assert_eq!(found.unwrap().2, "case-1", "{act}");
    }
}

fn options(dir: &Path) -> Options {
    Options {
        role: Role::Office,
        node: Node::at(dir),
        listen: ([127, 0, 0, 1], 0).into(),
        store: None,
        name: None,
        provider: None,
    }
}

/// Lines of the office's own record: who, act, object.
fn audited(dir: &Path) -> Vec<(String, String, String)> {
    let host = sakimori_control::Host::system();
    let read = async |access: &sakimori_access::Access| access.store().audit(0).await.unwrap();
    let lines = with_access(&options(dir), &host, read).unwrap();
    let line = |one: sakimori_store::Audited| (one.by, one.act, one.object);
    lines.into_iter().map(line).collect()
}

#[test]
#[expect(clippy::too_many_lines, reason = "one machine's life")]
fn a_machine_s_token_is_shown_once_and_ends_with_its_day_itself_or_its_machine() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    people(dir);
    let machine = |by: &str, words: &[&str]| of_office(dir, "machine", by, words);
    let add = [
        "add",
        "m-1",
        "--full-name",
        "Monitor",
        "--organisation",
        "office",
    ];
    machine("k.sato", &add).ended(1);
    machine("root-1", &add).yes();
    let token = [
        "token",
        "m-1",
        "--scope",
        "read-metrics",
        "--scope",
        "read-log",
    ];
    machine("a.tanaka", &token).ended(1);
    let issued = machine("root-1", &token).yes();
    let secret = issued.out.trim().to_owned();
    assert!(
        secret.starts_with("sak_") && secret.len() > 30,
        "{issued:?}"
    );
    let id = issued.last_line().split(' ').nth(1).unwrap().to_owned();
    // What decides, signs or sees data is no machine's, and nothing is without an end.
    for words in [
        &["token", "m-1", "--scope", "query"][..],
        &["token", "m-1", "--scope", "read-log", "--days", "91"],
        &["token", "m-1", "--scope", "read-log", "--days", "0"],
        &["token", "m-2", "--scope", "read-log"],
    ] {
        machine("root-1", words).ended(1);
    }
    machine("root-1", &["token", "m-1"]).ended(2);
    machine("root-1", &["token", "m-1", "--scope", "fly"]).ended(2);

    let (file, sha256) = certificate("office", dir);
    let enter = ["certificate", "m-1", "--scope", "read-log", "--file", &file];
    let shown = machine("root-1", &enter).yes().out;
    assert_eq!(shown.trim(), sha256);
    let twice = machine("root-1", &enter).ended(1);
    assert!(twice.err.contains("belongs to somebody"), "{twice:?}");
    let list = machine("", &["list"]).yes().out;
    assert!(!list.contains(&secret), "a list shows no token");
    for word in [&id, &sha256, "read-log read-metrics", "in force"] {
        assert!(list.contains(word), "{word}: {list}");
    }
    machine("k.sato", &["end", "--token", &id]).ended(1);
    machine("root-1", &["end", "--token", &id]).yes();
    machine("root-1", &["end", "--certificate", &sha256]).yes();
    machine("root-1", &["end"]).ended(2);
    let states = |list: &str| list.matches(" ended ").count();
    assert_eq!(states(&machine("", &["list"]).yes().out), 2);
    machine("root-1", &["end", "m-1"]).yes();
    assert_eq!(states(&machine("", &["list"]).yes().out), 3);
    machine("root-1", &token).ended(1);
    for file in sakimori_testkit::files_below(dir) {
        let bytes = files::read(&file).unwrap().unwrap_or_default();
        let kept = bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
        assert!(!kept, "{} has the token", file.display());
    }
    let acts = audited(dir);
    for act in [
        "add-machine",
        "issue-token",
        "add-certificate",
        "end-token",
        "end-certificate",
        "end-machine",
    ] {
        assert!(
            acts.iter().any(|(by, one, _)| one == act && by == "root-1"),
            "{act}"
        );
    }
}

/// The three uses at the command line; each refused with exit code 1 for these reasons, and without an entry.
fn refused(node: &TestNode, reasons: &str) {
    let before = node.entries().len();
    let out = node.beside("out.csv");
    let [file, ruling] = [&out, &node.beside("ruling.note")].map(|p| p.display().to_string());
    for words in [
        &["query", "--purpose", "a look"][..],
        &[
            "export",
            "make",
            "--purpose",
            "a look",
            "--recipient",
            "nobody",
            "--as",
            "state-agency",
            "--basis",
            "Act 42/2025 art. 38(1)",
            "--rights",
            "Records of the case alone.",
            "--out",
            &file,
        ],
        &[
            "reidentify",
            "--record",
            "0303030303030303-0",
            "--field",
            "user",
            "--ruling",
            &ruling,
        ],
    ] {
        let words = [words, &["--case", "case-1", "--actor", "a.tanaka"]].concat();
        let ran = run(&mut node.command(&words)).ended(1);
        assert!(ran.err.contains(&format!("refused: {reasons}")), "{ran:?}");
        assert_eq!(ran.out, "");
    }
    assert!(!out.exists());
    assert_eq!(node.entries().len(), before, "{reasons}");
}

fn looks(node: &TestNode) -> Ran {
    let words = [
        "query",
        "--purpose",
        "a look",
        "--case",
        "case-1",
        "--actor",
        "a.tanaka",
        "--format",
        "json",
    ];
    run(&mut node.command(&words))
}

/// Records in a node that keeps no people yet.
fn recorded() -> (TestNode, String) {
    let node = TestNode::running();
    let statement = node.decided(&border_pack(), &node.draft());
    let capture = node.beside("day.pcap");
    border(&capture, 30, 3).unwrap();
    node.sensor(&[], &capture).yes();
    (node, statement.id.to_string())
}

#[test]
fn the_command_line_holds_who_acts_to_role_clearance_and_case_where_people_are_kept() {
    let (node, _) = recorded();
    let dir = node.dir().to_owned();
    // A node that keeps no people has nobody to hold.
    looks(&node).yes();
    people(&dir);
    of_office(&dir, "person", "root-1", &["list"]).yes();
    refused(&node, "no-clearance, not-in-case");
    case(&dir, "k.sato", &["open", "case-1", "--title", "T"]).yes();
    case(&dir, "k.sato", &["add", "case-1", "a.tanaka"]).yes();
    refused(&node, "no-clearance");
    clear(&dir);
    let seen = looks(&node).yes().json();
    assert!(!seen["rows"].as_array().unwrap().is_empty(), "{seen}");
    let nobody = [
        "query",
        "--purpose",
        "a look",
        "--case",
        "case-1",
        "--actor",
        "nobody",
    ];
    let ran = run(&mut node.command(&nobody)).ended(1);
    assert!(ran.err.contains("refused: no-account"), "{ran:?}");
    case(&dir, "k.sato", &["close", "case-1"]).yes();
    refused(&node, "not-in-case");
    of_office(&dir, "person", "root-1", &["end", "a.tanaka"]).yes();
    refused(&node, "no-account");
    // A store that was named and holds nobody lets nobody see anything.
    let empty = format!("sqlite:{}", node.beside("empty.sqlite").display());
    let mut named = node.command(&["query", "--purpose", "x", "--case", "case-1"]);
    let ran = run(named.args(["--store", &empty])).ended(1);
    assert!(ran.err.contains("refused: no-account"), "{ran:?}");
    let tried = audited(&dir);
    let tried = tried
        .iter()
        .filter(|(by, act, _)| by == "a.tanaka" && act == "refused");
    assert_eq!(tried.count(), 12, "each refusal is in the node's record");
}

/// An analyst who calls the office's node.
struct Analyst {
    agent: ureq::Agent,
    url: String,
}

impl Analyst {
    fn of(node: &TestNode, served: &Served) -> Self {
        let host = &node.host;
        let now = host.seconds();
        let session = Change::AddSession(Session {
            hash: Sha256::digest("session-of-the-analyst").into(),
            person: "a.tanaka".to_owned(),
            method: "passkey".to_owned(),
            created: now.0,
            expires: now.0 + 3600,
            idle_expires: now.0 + 3600,
            ended: None,
        });
        let enter = async |access: &sakimori_access::Access| {
            access.store().apply(&[session]).await.unwrap();
        };
        with_access(&options(node.dir()), host, enter).unwrap();
        let far = node.beside("far");
        let (_, sha256) = certificate("office", node.dir());
        let known = ["--sha256", &sha256, "--url", &served.url];
        join("operator", &far, "node", &known);
        let far = far.join("operator");
        Identity::open(&far, &["localhost".to_owned()]).unwrap();
        let agents = Agents::open(&far).unwrap();
        let wait = Duration::from_secs(40);
        let agent = agents.agent(agents.peer("node").unwrap(), wait).unwrap();
        let url = served.url.clone();
        Self { agent, url }
    }

    fn post(&self, path: &str, body: &Value) -> ureq::http::Response<ureq::Body> {
        let asked = self.agent.post(format!("{}{path}", self.url));
        let asked = asked.header("cookie", format!("{COOKIE}=session-of-the-analyst"));
        let asked = asked.header("content-type", "application/json");
        asked.send(body.to_string()).unwrap()
    }

    fn get(&self, path: &str) -> ureq::http::Response<ureq::Body> {
        let asked = self.agent.get(format!("{}{path}", self.url));
        let asked = asked.header("cookie", format!("{COOKIE}=session-of-the-analyst"));
        asked.call().unwrap()
    }
}

fn text(mut said: ureq::http::Response<ureq::Body>, status: u16) -> String {
    let text = said.body_mut().read_to_string().unwrap();
    assert_eq!(said.status().as_u16(), status, "{text}");
    text
}

#[test]
#[expect(clippy::too_many_lines, reason = "one person's day")]
fn an_analyst_queries_exports_and_reads_findings_through_the_served_node() {
    let (mut node, authority) = recorded();
    let dir = node.dir().to_owned();
    people(&dir);
    clear(&dir);
    case(&dir, "k.sato", &["open", "case-1", "--title", "T"]).yes();
    case(&dir, "k.sato", &["add", "case-1", "a.tanaka"]).yes();
    let schedule = fs::read_to_string(dir.join("schedule.note")).unwrap();
    let named = |line: &str| {
        let names = line.strip_prefix("value: release.recipients = ")?;
        names.split(' ').next().map(str::to_owned)
    };
    let recipient = schedule.lines().find_map(named).unwrap();
    node.entries();
    node.stop();
    // The same folders, served: office and commission call each other over TLS.
    let (_, office) = certificate("office", &dir);
    join("commission", &dir, "office", &["--sha256", &office]);
    let watching = Served::start("commission", &dir, &[]);
    let (_, far) = certificate("commission", &dir);
    let known = ["--sha256", &far, "--url", &watching.url];
    join("office", &dir, "commission", &known);
    let asking = Served::start("office", &dir, &[]);
    let analyst = Analyst::of(&node, &asking);
    let question =
        json!({"purpose": "a look", "case": "case-1", "authority": authority, "what": "all"});
    // Until role and clearance are on record the log itself refuses; they come there within seconds.
    let mut seen = Value::Null;
    for _ in 0..200 {
        let mut said = analyst.post("/v1/queries", &question);
        seen = serde_json::from_str(&said.body_mut().read_to_string().unwrap()).unwrap();
        if said.status().as_u16() == 200 {
            break;
        }
        assert_eq!(seen["code"], "entry-refused", "{seen}");
    }
    let rows = seen["rows"].as_array().unwrap().len();
    assert!(rows > 10, "{seen}");

    let mut asked = question;
    asked["recipient"] = json!(recipient);
    asked["form"] = json!("csv");
    asked["as"] = json!("state-agency");
    asked["basis"] = json!("Act 42/2025 art. 38(1)");
    asked["rights"] = json!("Records of the case alone.");
    asked["conditions"] = json!([{"kind": "need", "recipient": recipient, "until": "2100-01-01T00:00:00Z", "reason": "it is theirs to act on"}]);
    let said = analyst.post("/v1/exports", &asked);
    let head = |name: &str| said.headers()[name].to_str().unwrap().to_owned();
    let entry: u64 = head("sakimori-entry").parse().unwrap();
    assert_eq!(head("sakimori-rows"), rows.to_string());
    assert_eq!(head("sakimori-more"), "false");
    let name = format!("attachment; filename=\"export-{entry}.csv\"");
    assert_eq!(head("content-disposition"), name);
    let file = text(said, 200);
    assert_eq!(file.lines().count(), rows + 1);
    let logged = node.entries_of(EntryType::Export);
    let one = logged.iter().find(|e| e.index == entry).unwrap();
    assert_eq!(
        (&one.body["actor"], &one.body["recipient"]),
        (&json!("a.tanaka"), &json!(recipient))
    );
    assert_eq!(
        one.body["sha256"],
        json!(sakimori_custody::ids::hex(&Sha256::digest(&file)))
    );
    // What came over the network names its export as a file does.
    let path = node.beside("came.csv");
    fs::write(&path, &file).unwrap();
    let trace = run(node
        .command(&["export", "trace", "--format", "json"])
        .arg(&path));
    assert_eq!(trace.yes().json()[0]["entry"], entry);

    let page = text(analyst.get("/v1/findings?case=case-1"), 200);
    let page: Value = serde_json::from_str(&page).unwrap();
    let all = page["findings"].as_array().unwrap();
    assert!(!all.is_empty(), "{page}");
    let last = all.last().unwrap()["index"].as_u64().unwrap();
    let rest = text(
        analyst.get(&format!("/v1/findings?case=case-1&from={}", last + 1)),
        200,
    );
    assert_eq!(
        serde_json::from_str::<Value>(&rest).unwrap()["findings"],
        json!([])
    );
    let reads = audited(&dir);
    let read = |(by, act, object): &&(String, String, String)| {
        (by.as_str(), act.as_str(), object.as_str()) == ("a.tanaka", "read", "read-findings")
    };
    assert_eq!(reads.iter().filter(read).count(), 2);
    // The case is closed: nothing more, at once, and nothing on record.
    let before = node.entries_of(EntryType::Query).len();
    case(&dir, "k.sato", &["close", "case-1"]).yes();
    for path in ["/v1/queries", "/v1/exports"] {
        let mut body = asked.clone();
        if path == "/v1/queries" {
            let of_query = ["purpose", "case", "authority", "what"];
            body.as_object_mut()
                .unwrap()
                .retain(|key, _| of_query.contains(&key.as_str()));
        }
        assert!(
            text(analyst.post(path, &body), 403).contains("not-in-case"),
            "{path}"
        );
    }
    assert!(text(analyst.get("/v1/findings?case=case-1"), 403).contains("not-in-case"));
    assert_eq!(node.entries_of(EntryType::Query).len(), before);
    for served in [asking, watching] {
        let (status, log) = served.terminate();
        assert_eq!(status.code(), Some(0), "{log}");
    }
}
