//! A small nation in two network namespaces: the office's node with its sensor in one, the commission's node in the other, one wire between them. In: people's calls, three members' keys. Out: a request, a
//! question, a decision, a run, an inspector's walk, a stop, a report; figures. Never: an address outside the namespaces that the test made itself; a folder that both have.

#![expect(
    clippy::print_stdout,
    reason = "it tells its figures to whoever runs it"
)]

use crate::captures::{ABROAD, border};
use crate::program::{Running, run, sakimori};
use sakimori_access::{
    Access, COOKIE, Class, NewClearance, NewPerson, NewRole, Principal, Role as R,
};
use sakimori_control::journal::Log;
use sakimori_control::tls::{Agents, Identity};
use sakimori_control::{Host, Node, keys};
use sakimori_custody::entry::EntryType;
use sakimori_node::{Options, Role, with_access};
use sakimori_store::{Change, Session};
use sakimori_tlog::note::Note;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const OFFICE: &str = "10.213.77.1";
const COMMISSION: &str = "10.213.77.2";
/// Says to the test that it is inside.
const INSIDE: &str = "SAKIMORI_TEST_NETNS";
const SITTING: &str = "present=m1+m2+m3&presiding=m1&for=m1+m2&against=m3&recused=none";

#[expect(clippy::disallowed_methods, reason = "it measures real processes")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "it waits for other processes")]
fn pause(ms: u64) {
    std::thread::sleep(Duration::from_millis(ms));
}

/// Two namespaces with one wire, gone with this value.
struct Wire {
    names: [String; 2],
}

fn ip(words: &str) -> bool {
    let ran = Command::new("ip").args(words.split(' ')).output();
    ran.is_ok_and(|ran| ran.status.success())
}

impl Wire {
    /// `None` where this system lets nobody make namespaces.
    fn lay() -> Option<Self> {
        let pid = std::process::id();
        let names = ["o", "c"].map(|side| format!("skm-{pid}-{side}"));
        let wire = Self { names };
        let [o, c] = &wire.names;
        let laid = ip(&format!("netns add {o}"))
            && ip(&format!("netns add {c}"))
            && ip(&format!(
                "link add so{pid} netns {o} type veth peer name sc{pid} netns {c}"
            ));
        let sides = [
            (o, format!("so{pid}"), OFFICE),
            (c, format!("sc{pid}"), COMMISSION),
        ];
        let up = laid
            && sides.iter().all(|(ns, link, address)| {
                ip(&format!("-n {ns} address add {address}/24 dev {link}"))
                    && ip(&format!("-n {ns} link set {link} up"))
                    && ip(&format!("-n {ns} link set lo up"))
            });
        up.then_some(wire)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        for name in &self.names {
            ip(&format!("netns delete {name}"));
        }
    }
}

/// A node that is served in a namespace.
struct Served {
    child: Child,
    url: String,
}

impl Served {
    fn start(namespace: Option<&str>, role: &str, dir: &Path, listen: &str) -> Self {
        let program = sakimori(["serve", "--role", role, "--listen", listen, "--node"]);
        let mut command = match namespace {
            None => program,
            Some(name) => {
                let mut inside = Command::new("ip");
                inside
                    .args(["netns", "exec", name])
                    .arg(program.get_program())
                    .args(program.get_args());
                inside
            }
        };
        let words = std::fs::File::create(dir.join(format!("{role}.log"))).unwrap();
        let mut child = command
            .arg(dir)
            .stdout(Stdio::piped())
            .stderr(words)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let url = line.trim().to_owned();
        let told = std::fs::read_to_string(dir.join(format!("{role}.log"))).unwrap();
        assert!(url.starts_with("https://10.213.77."), "{url}\n{told}");
        Self { child, url }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &pid]).status();
        let _ = self.child.wait();
    }
}

/// People with roles, each with a session, entered before their node starts.
pub(crate) fn people(role: Role, dir: &Path, host: &Host, people: &[(&str, R)]) {
    let options = Options {
        role,
        node: Node::at(dir),
        listen: ([127, 0, 0, 1], 0).into(),
        store: None,
        name: None,
        provider: None,
    };
    let now = host.seconds();
    let until = now.plus(86_400);
    let person = |id: &str| NewPerson {
        id: id.to_owned(),
        name: format!("Person {id}"),
        organisation: role.word().to_owned(),
    };
    let enter = async |access: &Access| {
        let admin = person("admin");
        access
            .first_administrator(&admin, until, now)
            .await
            .unwrap();
        let by = Principal::Person {
            id: "admin".to_owned(),
        };
        for (id, role) in people {
            access.add_person(&by, &person(id), now).await.unwrap();
            let grant = NewRole {
                person: (*id).to_owned(),
                role: *role,
                until,
            };
            access.grant_role(&by, &grant, now).await.unwrap();
            let session = Change::AddSession(Session {
                hash: Sha256::digest(format!("session-of-{id}")).into(),
                person: (*id).to_owned(),
                method: "passkey".to_owned(),
                created: now.0,
                expires: until.0,
                idle_expires: until.0,
                ended: None,
            });
            access.store().apply(&[session]).await.unwrap();
        }
        if role == Role::Office {
            // Who looks at records is cleared by two others.
            let who = |id: &str| Principal::Person { id: id.to_owned() };
            let o3 = who("o3");
            let new = NewClearance {
                person: "a.tanaka".to_owned(),
                classes: BTreeSet::from([Class::Selected]),
                until,
            };
            let grant = access.propose_clearance(&who("o2"), &new, now).await;
            let grant = grant.unwrap();
            let confirmed = access.confirm_clearance(&o3, &grant, now);
            confirmed.await.unwrap();
            let opened = access.open_case(&o3, "case-1", "A relay abroad", now);
            opened.await.unwrap();
            let inside = access.add_member(&o3, "case-1", "a.tanaka", now);
            inside.await.unwrap();
        }
    };
    with_access(&options, host, enter).unwrap();
}

/// Waits until the office's node has entered what its people hold: the analyst's role and clearance.
fn cleared(office: &Path, host: &Host) {
    let begun = now();
    let analyst = "a.tanaka".parse().unwrap();
    loop {
        let node = Node::at(office);
        let mut log = Log::connect(&node.ledger().socket).unwrap();
        let book = sakimori_control::office::book(&node, &mut log).unwrap();
        let at = host.seconds();
        let known = book.has_people();
        if known && book.holds(&analyst, "analyst", at) && book.cleared(&analyst, "selected", at) {
            return;
        }
        let waited = begun.elapsed();
        assert!(
            waited < Duration::from_mins(1),
            "no access on record in 60 s"
        );
        pause(500);
    }
}

/// A person who calls a node.
pub(crate) struct Person<'a> {
    pub(crate) agent: &'a ureq::Agent,
    pub(crate) url: &'a str,
    pub(crate) id: &'a str,
}

impl Person<'_> {
    fn cookie(&self) -> String {
        format!("{COOKIE}=session-of-{}", self.id)
    }

    pub(crate) fn get(&self, path: &str) -> String {
        let asked = self
            .agent
            .get(format!("{}{path}", self.url))
            .header("cookie", self.cookie());
        let mut said = asked.call().unwrap();
        let text = said.body_mut().read_to_string().unwrap();
        assert_eq!(said.status().as_u16(), 200, "{path}: {text}");
        text
    }

    pub(crate) fn post(&self, path: &str, kind: &str, body: &[u8]) -> Value {
        let asked = self.agent.post(format!("{}{path}", self.url));
        let asked = asked
            .header("content-type", kind)
            .header("cookie", self.cookie());
        let mut said = asked.send(body).unwrap();
        let text = said.body_mut().read_to_string().unwrap();
        assert!(said.status().is_success(), "{path}: {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    pub(crate) fn json(&self, path: &str, body: &Value) -> Value {
        self.post(path, "application/json", body.to_string().as_bytes())
    }

    fn note(&self, path: &str, note: &Note) -> Value {
        self.post(path, "text/plain; charset=utf-8", &note.to_bytes())
    }
}

/// What a role's node calls the other, by the program's own commands.
fn join(role: &str, dir: &Path, name: &str, more: &[&str]) {
    let mut join = sakimori(["node", "join", "--role", role, "--name", name]);
    run(join.arg("--node").arg(dir).args(more)).yes();
}

pub(crate) fn fingerprint(role: &str, dir: &Path) -> String {
    let mut show = sakimori(["node", "show", "--format", "json", "--role", role]);
    let shown = run(show.arg("--node").arg(dir)).yes().json();
    shown["sha256"].as_str().unwrap().to_owned()
}

/// An agent of somebody who pins a node's certificate.
pub(crate) fn agent(far: &Path, sha256: &str, url: &str) -> ureq::Agent {
    join("operator", far, "node", &["--sha256", sha256, "--url", url]);
    let own = far.join("operator");
    Identity::open(&own, &["localhost".to_owned()]).unwrap();
    let agents = Agents::open(&own).unwrap();
    let wait = Duration::from_secs(40);
    agents.agent(agents.peer("node").unwrap(), wait).unwrap()
}

#[test]
fn two_nodes_in_namespaces_of_their_own_decide_run_follow_stop_and_report() {
    if let Some(other) = std::env::var_os(INSIDE) {
        inside(other.to_str().unwrap());
        return;
    }
    let Some(wire) = Wire::lay() else {
        assert!(
            std::env::var_os("CI").is_none(),
            "namespaces cannot be made here"
        );
        println!(
            "SKIPPED two_nodes_in_namespaces_of_their_own_decide_run_follow_stop_and_report: no namespaces"
        );
        return;
    };
    let [office, commission] = &wire.names;
    let mut again = Command::new("ip");
    again
        .args(["netns", "exec", office])
        .arg(std::env::current_exe().unwrap());
    again.args([
        "--exact",
        "nation::two_nodes_in_namespaces_of_their_own_decide_run_follow_stop_and_report",
    ]);
    again.arg("--nocapture").env(INSIDE, commission);
    let status = again.status().unwrap();
    assert!(status.success(), "{status}");
}

/// The day itself, in the office's namespace.
#[expect(
    clippy::too_many_lines,
    reason = "one story, told from its beginning to its end"
)]
fn inside(far: &str) {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::system();
    let [office, commission] = ["office", "commission"].map(|name| folder.path().join(name));
    let mut init = sakimori(["init", "--dir"]);
    run(init.arg(&office).arg("--commission-dir").arg(&commission)).yes();
    people(
        Role::Office,
        &office,
        &host,
        &[
            ("o1", R::Requester),
            ("o2", R::LegalOfficer),
            ("o3", R::Supervisor),
            ("a.tanaka", R::Analyst),
        ],
    );
    let members = [
        ("m1", R::Chair),
        ("m2", R::Member),
        ("m3", R::Member),
        ("clerk", R::Secretariat),
    ];
    people(Role::Commission, &commission, &host, &members);
    let keys_of = [
        fingerprint("office", &office),
        fingerprint("commission", &commission),
    ];
    let (there, here) = (format!("{COMMISSION}:7443"), format!("{OFFICE}:7443"));
    let urls = [&here, &there].map(|address| format!("https://{address}"));
    join(
        "commission",
        &commission,
        "office",
        &["--sha256", &keys_of[0], "--url", &urls[0]],
    );
    join(
        "office",
        &office,
        "commission",
        &["--sha256", &keys_of[1], "--url", &urls[1]],
    );
    let watching = Served::start(Some(far), "commission", &commission, &there);
    let asking = Served::start(None, "office", &office, &here);
    let agents = [
        agent(&folder.path().join("far-o"), &keys_of[0], &asking.url),
        agent(&folder.path().join("far-c"), &keys_of[1], &watching.url),
    ];
    let at_office = |id| Person {
        agent: &agents[0],
        url: &asking.url,
        id,
    };
    let at_commission = |id| Person {
        agent: &agents[1],
        url: &watching.url,
        id,
    };

    // Asked for, asked about, answered, read, signed by three, in force.
    let [a, b, c] = ABROAD;
    let pack = format!(
        "sakimori/pack/v1\nid: nation-1\nissued: 2026-11-01T00:00:00Z\npurpose: signs of attack in border-crossing traffic\nselector: 1 prefix {a}.{b}.{c}.0/24\n"
    );
    let request = json!({
        "kind": "acquisition", "basis": "act42-17", "not_after": host.seconds().plus(20 * 86_400).to_string(),
        "sensors": ["s-01"], "directions": ["out-in", "in-out", "out-out"], "match_ppm": 1_000_000, "day_records": 1_000_000,
        "keep_days": 30, "facts": "A relay abroad is used.", "necessity": "Its owner cannot be found otherwise.",
        "alternatives": "The operator's own records hold no addresses.", "expected_share_ppm": 120,
        "rights": "Only traffic with the places abroad that the pack names.", "pack": pack,
    });
    let submitted = at_office("o1").json("/v1/requests", &request);
    let name = submitted["request"].as_str().unwrap().to_owned();
    let authority = submitted["authority"].as_str().unwrap().to_owned();
    let path = |rest: &str| format!("/v1/requests/{name}{rest}");
    let asked = at_commission("clerk").json(&path("/questions"), &json!({"text": "For how long?"}));
    let answer = json!({"question": asked["index"], "text": "Twenty days."});
    at_office("o2").json(&path("/answers"), &answer);
    let text = at_commission("m1").get(&path(&format!("/text?{SITTING}")));
    let mut decided = Value::Null;
    for member in ["m1", "m2", "m3"] {
        // Each signs on a machine of their own the text that they read.
        let (read, signed) = (
            folder.path().join("read.txt"),
            folder.path().join("signed.note"),
        );
        std::fs::write(&read, &text).unwrap();
        let mut sign = sakimori(["authority", "sign", "--key"]);
        sign.arg(commission.join(format!("commission/members/{member}.key")));
        run(sign.arg("--out").arg(&signed).arg(&read)).yes();
        let note = Note::parse(&std::fs::read(&signed).unwrap()).unwrap();
        decided = at_commission(member).note(&path("/signatures"), &note);
    }
    assert!(decided["decided_by"].is_u64(), "{decided}");

    cleared(&office, &host);
    let sensor = live(&office, folder.path());
    let record = recorded(&office);
    follow(&commission, &record, &authority);
    let took = stop(&at_commission("m1"), &commission, &authority, &host, sensor);
    println!(
        "two namespaces: the sensor was gone {took} ms after the chair's note was sent to the commission's node"
    );
    assert!(took < 5000, "{took} ms");
    report(&office, &commission, folder.path(), &host);
}

/// The sensor on an endless input, once it has acknowledged that it runs.
fn live(office: &Path, folder: &Path) -> Running {
    let path = folder.join("packets.pcap");
    border(&path, 30, 3).unwrap();
    let capture = std::fs::read(&path).unwrap();
    let mut command = sakimori(["sensor", "run", "--format", "json", "--dir"]);
    let mut running = Running::start(command.arg(office).arg("-").stdin(Stdio::piped()));
    let mut input = running.input().unwrap();
    std::thread::spawn(move || {
        let (header, records) = capture.split_at(24);
        let mut fed = input.write_all(header);
        while fed.is_ok() {
            fed = input.write_all(records);
            pause(50);
        }
    });
    running
}

/// A record, as soon as one is published: its window is over a minute after the sensor began.
fn recorded(office: &Path) -> String {
    let begun = now();
    loop {
        assert!(
            begun.elapsed() < Duration::from_secs(150),
            "no record within 150 s"
        );
        let mut query = sakimori([
            "query",
            "--purpose",
            "a test",
            "--case",
            "case-1",
            "--actor",
            "a.tanaka",
            "--limit",
            "1",
            "--format",
            "json",
        ]);
        let answer = run(query.arg("--dir").arg(office)).yes().json();
        if let Some(record) = answer["rows"][0]["record"].as_str() {
            let took = begun.elapsed().as_millis();
            println!("two namespaces: the first record was there {took} ms after the sensor began");
            return record.to_owned();
        }
        pause(2000);
    }
}

/// The inspector's walk over the commission's own copy.
fn follow(commission: &Path, record: &str, authority: &str) {
    let mut follow = sakimori(["oversight", "follow", record, "--format", "json", "--dir"]);
    let way = run(follow.arg(commission)).yes().json();
    assert_eq!(way["authority"], authority);
    assert_eq!(way["steps"].as_array().unwrap().len(), 3);
}

/// The chair stops it from the commission's node; how long until the sensor's process is gone.
fn stop(
    chair: &Person<'_>,
    commission: &Path,
    authority: &str,
    host: &Host,
    sensor: Running,
) -> u128 {
    let text = format!(
        "sakimori/suspension/v1\nauthority: {authority}\nby: commission\nact: suspend\nserial: 1\ntime: {}\nreason: a test\nroot: 1\n",
        host.seconds()
    );
    let key = keys::read(&commission.join("commission/members/m1.key")).unwrap();
    let note = Note::sign(&text, &[&key], 0).unwrap();
    let since = now();
    chair.note("/v1/suspensions", &note);
    let ran = sensor.end();
    let took = since.elapsed().as_millis();
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.contains("suspended"), "{ran:?}");
    took
}

/// The year's report from the commission's copy is that of the office's log; both verify.
fn report(office: &Path, commission: &Path, folder: &Path, host: &Host) {
    let mut log = Log::connect(&Node::at(office).ledger().socket).unwrap();
    let mut kinds = Vec::new();
    log.each_durable_entry(|_, envelope, _| {
        kinds.push(envelope.kind);
        true
    })
    .unwrap();
    for kind in [
        EntryType::Question,
        EntryType::Answer,
        EntryType::Decision,
        EntryType::Suspension,
        EntryType::Effective,
        EntryType::Stop,
    ] {
        assert!(kinds.contains(&kind), "no {kind}");
    }
    let year = host
        .seconds()
        .plus(9 * 3600)
        .to_string()
        .chars()
        .take(4)
        .collect::<String>();
    let out: PathBuf = folder.join("report");
    let mut write = sakimori(["oversight", "report", "write", "--year", &year, "--out"]);
    run(write.arg(&out).arg("--dir").arg(commission)).yes();
    for end in ["ja.md", "en.md", "csv"] {
        let mut verify = sakimori(["oversight", "report", "verify", "--year", &year, "--dir"]);
        run(verify
            .arg(office)
            .arg(out.join(format!("report-{year}.{end}"))))
        .yes();
    }
    let mut verify = sakimori(["verify", "--mirror"]);
    run(verify
        .arg(commission.join("commission/mirror"))
        .arg(office.join("log")))
    .yes();
}
