//! What the office reads by itself: a resolver that we play, beside an actuator of the test's own that says what it was told is in force and counts nothing. In: a measure in force. Out: verdicts and ends of rounds alone.
//! Never: a file of readings; a resolver beyond loopback.

use super::safety::with_name;
use super::*;
use std::collections::BTreeSet;
use std::net::UdpSocket;

/// A resolver: every name has the address 192.0.2.80, but for those that are taken away. It says nothing where it is told to be silent.
struct Resolver {
    gone: Arc<Mutex<BTreeSet<String>>>,
    silent: Arc<AtomicBool>,
    address: std::net::SocketAddr,
    over: Arc<AtomicBool>,
}

/// Header, question and, for an A question about a name that is there, one answer (RFC 1035 section 4).
fn answer(question: &[u8], gone: &BTreeSet<String>) -> Option<Vec<u8>> {
    let mut name = Vec::new();
    let mut at = 12;
    loop {
        let length = usize::from(*question.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        name.push(String::from_utf8_lossy(question.get(at..at + length)?).to_lowercase());
        at += length;
    }
    let kind = u16::from_be_bytes([*question.get(at)?, *question.get(at + 1)?]);
    let end = at + 4;
    let there = !gone.contains(&name.join("."));
    let one = u8::from(there && kind == 1);
    let mut out = question.get(..2)?.to_vec();
    out.extend([
        0x81,
        if there { 0x80 } else { 0x83 },
        0,
        1,
        0,
        one,
        0,
        0,
        0,
        0,
    ]);
    out.extend(question.get(12..end)?);
    if one == 1 {
        out.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 192, 0, 2, 80]);
    }
    Some(out)
}

impl Resolver {
    fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let wait = Some(Duration::from_millis(100));
        socket.set_read_timeout(wait).unwrap();
        let resolver = Self {
            gone: Arc::default(),
            silent: Arc::default(),
            address: socket.local_addr().unwrap(),
            over: Arc::default(),
        };
        let (gone, silent, over) = (
            Arc::clone(&resolver.gone),
            Arc::clone(&resolver.silent),
            Arc::clone(&resolver.over),
        );
        std::thread::spawn(move || {
            let mut bytes = [0; 1500];
            while !over.load(Ordering::Relaxed) {
                let Ok((length, from)) = socket.recv_from(&mut bytes) else {
                    continue;
                };
                let said = answer(&bytes[..length], &gone.lock().unwrap());
                if let Some(said) = said.filter(|_| !silent.load(Ordering::Relaxed)) {
                    // Whoever asked may have gone.
                    let _ = socket.send_to(&said, from);
                }
            }
        });
        resolver
    }

    fn take_away(&self, name: &str) {
        self.gone.lock().unwrap().insert(name.to_owned());
    }
}

impl Drop for Resolver {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

/// The name that is not answered; the address beside it is one of which no resolver tells.
const NAME: &str = "bad.example";

/// A measure in force whose goals ask a resolver.
fn in_force(desk: &Desk, resolver: &Resolver) {
    let admin = desk.by("admin");
    let mut register = good(&desk.by("e-01").get("/v1/measure-register"));
    register["resolvers"] = json!([{"name": "r-1", "address": resolver.address.to_string()}]);
    good(&admin.put_json("/v1/measure-register", &register));
    let mut plan = with_name(desk.nation.host.seconds(), NAME);
    plan["dossier"]["success"] = json!("name bad.example does not resolve for 3 s at resolver r-1");
    plan["dossier"]["stop"] =
        json!("name hospital.example does not resolve for 3 s at resolver r-1");
    desk.approved_as(&plan);
    desk.dispatched();
    desk.comes_to("in-force");
}

fn shown(desk: &Desk) -> Value {
    good(&desk.by("e-01").get(&format!("/v1/measures/{ID}")))
}

/// What a list of verdicts has of a target.
fn row(verdict: &Value, target: &str) -> Option<Value> {
    let mut rows = verdict["targets"].as_array()?.iter();
    rows.find(|row| row["target"] == target).cloned()
}

/// The verdict on a target, where rounds came to one.
fn verdict_on(desk: &Desk, target: &str) -> Option<String> {
    let row = row(&shown(desk)["verdict"], target)?;
    row["verdict"].as_str().map(str::to_owned)
}

fn verdict(desk: &Desk) -> Option<String> {
    verdict_on(desk, NAME)
}

#[test]
fn a_measure_is_judged_and_ends_by_what_the_office_reads_itself() {
    let resolver = Resolver::start();
    let desk = Desk::open(None);
    in_force(&desk, &resolver);
    // The name still resolves: that is what a round says, and on record.
    until("a verdict", || (verdict(&desk)? == "none").then_some(()));
    let said = shown(&desk)["verdict"].clone();
    let own = row(&said, NAME).unwrap();
    assert_eq!(own["before"], 1, "{own}");
    assert!(!own["readings"].as_array().unwrap().is_empty(), "{own}");
    // What the resolver says of the name is nothing of the address.
    let other = row(&said, TARGET).unwrap();
    assert_eq!(other["verdict"], "unknown", "{other}");
    assert_eq!(
        (&other["by"], &other["readings"]),
        (&json!(""), &json!([])),
        "{other}"
    );
    let page = desk.by("e-01").get(&format!("/measures/{ID}")).text();
    assert!(page.contains("bad.example does not resolve"), "{page}");
    elsewhere(&desk);
    resolver.take_away(NAME);
    desk.comes_to("ended");
    let said = shown(&desk);
    assert_eq!(said["state"]["end"], "success", "{said}");
    assert_eq!(verdict(&desk).as_deref(), Some("effective"), "{said}");
    let other = verdict_on(&desk, TARGET);
    assert_eq!(other.as_deref(), Some("unknown"), "{said}");
    let figures = good(&desk.by("e-01").get("/v1/measure-figures"));
    assert_eq!(figures["targets_effective"], 1, "{figures}");
    assert_eq!(figures["targets_unknown"], 1, "{figures}");
    // An end does not wait for the log: what it owes comes behind it.
    until("both verdicts are on record", || {
        let acts = acts_on_record(&desk);
        let has = |word: &str| acts.iter().any(|act| act.contains(word));
        (has("verdict none") && has("verdict effective")).then_some(())
    });
}

/// Sightings of others, beside the office's own findings, show where an attack went: with half of the victims, behind the begin, at the end of a window. What others observed of the address judges it, and a provider's word is none of that.
fn elsewhere(desk: &Desk) {
    let begin = shown(desk)["verdict"]["begin"].clone();
    let begin: Seconds = begin.as_str().unwrap().parse().unwrap();
    let sighted = |victim: u64, endpoint: &str, first: Seconds| json!({"kind": "beacon 1", "victim": format!("203.0.113.{victim}"), "endpoint": endpoint, "first": first.to_string()});
    let before = Seconds(begin.0 - 60);
    let judged = |body: &Value| {
        desk.by("e-01")
            .post_json(&format!("/v1/measures/{ID}/verdict"), body)
    };
    let asked = |moved: u64| {
        let mut all: Vec<Value> = (1..=4)
            .map(|v| sighted(v, "198.51.100.7", before))
            .collect();
        all.extend((1..=moved).map(|v| sighted(v, "198.51.100.99", begin)));
        // One for each window that may be over.
        let observed: Vec<Value> = (1..=20)
            .map(|window| {
                json!({
                    "target": TARGET, "by": "r-1", "from": begin.to_string(), "until": begin.plus(9 * window).to_string(), "answer": "as-approved",
                })
            })
            .collect();
        let said = judged(&json!({"sighted": all, "observed": observed}));
        row(&good(&said)["verdict"], TARGET).unwrap()
    };
    let few = asked(1);
    assert_eq!(
        (&few["verdict"], &few["moved"]),
        (&json!("effective"), &json!([])),
        "{few}"
    );
    let half = asked(2);
    assert_eq!(half["verdict"], "displaced", "{half}");
    assert_eq!(half["moved"].as_array().unwrap().len(), 1, "{half}");
    let (from, until) = (begin.to_string(), begin.plus(9).to_string());
    let word = json!({"observed": [{
        "target": TARGET, "by": "carrier-a", "from": from, "until": until, "word": "down",
    }]});
    let refused = judged(&word);
    assert_eq!(refused.code(), "refused");
    let words = refused.text();
    assert!(words.contains("no criterion counts"), "{words}");
}

#[test]
fn what_ends_a_measure_early_is_read_by_the_office_too() {
    let resolver = Resolver::start();
    let desk = Desk::open(None);
    in_force(&desk, &resolver);
    resolver.take_away("hospital.example");
    desk.comes_to("ended");
    let said = shown(&desk);
    assert_eq!(said["state"]["end"], "stop", "{said}");
}

#[test]
fn a_resolver_that_says_nothing_ends_nothing_and_proves_nothing() {
    let resolver = Resolver::start();
    resolver.silent.store(true, Ordering::Relaxed);
    resolver.take_away(NAME);
    resolver.take_away("hospital.example");
    let desk = Desk::open(None);
    in_force(&desk, &resolver);
    let found = until("a verdict", || verdict(&desk));
    assert_eq!(found, "unknown", "{}", shown(&desk)["verdict"]);
    assert_eq!(desk.stage(), "in-force");
}

/// What the actuator says of all that it was told.
fn all_is(desk: &Desk, standing: Standing) {
    let mut lines = desk.actuator.heard.lines.lock().unwrap();
    for line in lines.values_mut() {
        line.standing = standing;
    }
}

/// Calls of persons with these words.
fn pages(desk: &Desk, words: &str) -> usize {
    let alarms = good(&desk.by("e-01").get("/v1/measure-alarms"));
    let all = alarms.as_array().unwrap().iter();
    all.filter(|one| one["kind"] == "page" && one["words"].as_str().unwrap().contains(words))
        .count()
}

#[test]
fn a_person_is_called_once_where_looks_miss_what_is_in_force() {
    let resolver = Resolver::start();
    let desk = Desk::open(None);
    in_force(&desk, &resolver);
    let words = "not in force at `edge-1`, by 3 looks in a row";
    assert_eq!(pages(&desk, words), 0);
    all_is(&desk, Standing::Ended);
    until("a person is called", || {
        (pages(&desk, words) == 1).then_some(())
    });
    let (target, name) = (format!("block {TARGET}"), format!("no-answer {NAME}"));
    assert_eq!((pages(&desk, &target), pages(&desk, &name)), (1, 1));
    assert_eq!(desk.stage(), "in-force", "a person decides");
    // Found again, it is as it was.
    all_is(&desk, Standing::InForce);
    until("it is judged as in force", || {
        let row = row(&shown(&desk)["verdict"], NAME)?;
        (row["not_in_force"] == json!([])).then_some(())
    });
    assert_eq!(pages(&desk, words), 1);
}

#[test]
fn what_is_lost_while_it_soaks_stops_the_roll_out() {
    let resolver = Resolver::start();
    let desk = Desk::open(None);
    let admin = desk.by("admin");
    let mut register = good(&desk.by("e-01").get("/v1/measure-register"));
    register["resolvers"] = json!([{"name": "r-1", "address": resolver.address.to_string()}]);
    good(&admin.put_json("/v1/measure-register", &register));
    let mut plan = with_name(desk.nation.host.seconds(), NAME);
    plan["dossier"]["stop"] =
        json!("name hospital.example does not resolve for 3 s at resolver r-1");
    plan["soak_seconds"] = json!(1800);
    desk.approved_as(&plan);
    desk.dispatched();
    until("the first effect is there", || {
        let there = shown(&desk)["state"]["effects"][0]["at"] == "there";
        there.then_some(())
    });
    assert_eq!(desk.stage(), "dispatching");
    all_is(&desk, Standing::Refused);
    desk.comes_to("suspended");
    until("a person is called", || {
        let words = format!("{TARGET} is not in force any more");
        (pages(&desk, &words) == 1).then_some(())
    });
    let heard = desk.actuator.heard();
    let denies = heard.iter().filter(|word| *word == "deny").count();
    assert_eq!(
        denies, 1,
        "the second effect was never commanded: {heard:?}"
    );
    assert!(heard.contains(&"allow".to_owned()), "{heard:?}");
}

/// Words of the measure's acts in the log.
fn acts_on_record(desk: &Desk) -> Vec<String> {
    let node = desk.nation.office_node();
    let mut log = sakimori_control::journal::Log::connect(&node.ledger().socket).unwrap();
    let book = office::book(&node, &mut log).unwrap();
    let acts = book.measure_acts().iter();
    acts.map(|act| act.detail.clone()).collect()
}
