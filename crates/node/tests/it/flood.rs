//! Junk by the ten thousand at a running office's node, with good callers beside. In: how many (`SAKIMORI_JUNK`), a seed (`SAKIMORI_SEED`). Out: verdicts: nothing is answered with a fault,
//! every good report is there, nothing is stored by halves, the store and the memory stay bounded, good callers wait no more than so many times as long as before. Never: junk that a test
//! chose to be refused; a benchmark.

use crate::nation::{Caller, Nation, Said};
use crate::report::document;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};
use sakimori_control::Host;
use sakimori_control::tls::May;
use sakimori_liaison::report::WAITING_MAX;
use sakimori_node::Role;
use sakimori_store::View;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

/// How many pieces of junk the test suite sends.
const JUNK: u64 = 600;
/// Callers that send junk of reports, each as an operator's node of its own.
const BAD: usize = 4;
/// Callers that send good reports, and how many each.
const GOOD: usize = 2;
const GOOD_EACH: u64 = 150;
/// Good reports before the junk, for each of the good callers.
const BEFORE_EACH: u64 = 25;
/// Times as long as before that 95 of 100 good reports may take while the junk comes, and what they may take in any case, in milliseconds: both on whatever machine this is, which serves
/// the callers with junk too.
const TIMES_MAX: u64 = 20;
const WAIT_MS: u64 = 2000;
/// Longest junk, bytes.
const LONG: usize = 60_000;
/// Most that the process may have grown by, KiB: node and callers are one process here.
const MEMORY_KIB: u64 = 512 << 10;
/// Most bytes of the store: what operators may have waiting, with room for versions and audit lines.
const STORE_BYTES: u64 = 256 << 20;
/// Most reports of weaknesses that may wait for a reader.
const WEAKNESSES: u64 = 500;

fn number(name: &str, usual: u64) -> u64 {
    let told = std::env::var(name).ok();
    told.and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// What was answered, by status.
type Answers = BTreeMap<u16, u64>;

/// A case that was taken, by operator and name.
type Taken = BTreeSet<(String, String)>;

/// A piece of junk or of something half good.
fn junk(rng: &mut ChaCha20Rng, operator: &str) -> Vec<u8> {
    let draw = |rng: &mut ChaCha20Rng, most: u64| rng.next_u64() % most;
    let case = format!("j-{}", draw(rng, 100_000));
    let mut said = document(operator, &case);
    match draw(rng, 12) {
        0 => {
            let mut bytes = vec![0; draw(rng, 2000) as usize];
            rng.fill_bytes(&mut bytes);
            return bytes;
        }
        1 => return "[".repeat(draw(rng, LONG as u64) as usize).into_bytes(),
        2 => {
            let text = said.to_string();
            return text.replacen('{', "{\"case\":\"x\",", 1).into_bytes();
        }
        3 => {
            let mut bytes = said.to_string().into_bytes();
            let at = draw(rng, bytes.len() as u64) as usize;
            bytes.truncate(at);
            return bytes;
        }
        4 => {
            let mut bytes = said.to_string().into_bytes();
            let at = draw(rng, bytes.len() as u64) as usize;
            if let Some(byte) = bytes.get_mut(at) {
                *byte = rng.next_u32() as u8;
            }
            return bytes;
        }
        5 => said["fields"]["operator.sector"] = json!("moon"),
        6 => said["fields"]["operator.name"] = json!("長".repeat(draw(rng, 20_000) as usize)),
        7 => said["operator"] = json!("good-0"),
        8 => said["recognised_at"] = json!("2999-01-01T00:00:00Z"),
        9 => said["fields"]["=cmd|' /C calc'!A0"] = json!("<script>alert(1)</script>"),
        10 => said["filer"] = json!("soc-7"),
        // Good as far as the node can know: it is bounded by what may wait for an acknowledgement.
        _ => {}
    }
    said.to_string().into_bytes()
}

/// A piece of junk for the form that is open to everybody.
fn weakness(rng: &mut ChaCha20Rng) -> Vec<u8> {
    match rng.next_u64() % 4 {
        0 => b"{".to_vec(),
        1 => json!({"product": "x", "text": "y".repeat(LONG)})
            .to_string()
            .into_bytes(),
        2 => json!({"product": 7}).to_string().into_bytes(),
        // Each of its own text: the same text twice is one report.
        _ => json!({"product": "x", "text": format!("y {}", rng.next_u64())})
            .to_string()
            .into_bytes(),
    }
}

/// Resident memory of this process, KiB: now, and the most it ever was.
fn memory() -> (u64, u64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let of = |key: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(key));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        number.unwrap_or_default()
    };
    (of("VmRSS:"), of("VmHWM:"))
}

fn taken_of(said: &Said, operator: &str, taken: &mut Taken) {
    if said.status == 200 {
        let case = said.json()["case"].as_str().unwrap().to_owned();
        taken.insert((operator.to_owned(), case));
    }
}

/// How much junk is left, after how much of it good callers file the next report, and how they are told.
struct Pace<'a> {
    left: &'a AtomicU64,
    step: u64,
    told: Vec<Sender<()>>,
}

impl Pace<'_> {
    /// Takes one piece; `false` where none is left.
    fn one(&self) -> bool {
        let less = |left: u64| left.checked_sub(1);
        let was = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        if was.is_ok_and(|was| was.is_multiple_of(self.step)) {
            for good in &self.told {
                // Who has filed all of its reports listens no more.
                let _ = good.send(());
            }
        }
        was.is_ok()
    }
}

/// A way to a node from another address of loopback: what comes in goes there from that address.
fn from_address(
    runtime: &tokio::runtime::Runtime,
    source: Ipv4Addr,
    node: SocketAddr,
) -> SocketAddr {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let listener = runtime
        .block_on(tokio::net::TcpListener::bind(any))
        .unwrap();
    let at = listener.local_addr().unwrap();
    runtime.spawn(async move {
        while let Ok((mut one, _)) = listener.accept().await {
            tokio::spawn(async move {
                let socket = tokio::net::TcpSocket::new_v4().unwrap();
                socket.bind(SocketAddr::from((source, 0))).unwrap();
                // An end that has gone has gone.
                if let Ok(mut other) = socket.connect(node).await {
                    let _ = tokio::io::copy_bidirectional(&mut one, &mut other).await;
                }
            });
        }
    });
    at
}

/// One caller with junk until all of it is sent.
fn bad(
    (caller, stranger): (&Caller, &Caller),
    operator: &str,
    (pace, seed): (Pace<'_>, u64),
) -> (Answers, Taken) {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let (mut answers, mut taken) = (Answers::new(), Taken::new());
    while pace.one() {
        let said = if rng.next_u32().is_multiple_of(8) {
            let body = weakness(&mut rng);
            stranger.post("/v1/weakness-reports", "application/json", &body)
        } else {
            let body = junk(&mut rng, operator);
            let said = caller.post("/v1/reports", "application/json", &body);
            taken_of(&said, operator, &mut taken);
            said
        };
        assert!(said.status < 500, "{} {}", said.status, said.text());
        *answers.entry(said.status).or_default() += 1;
    }
    (answers, taken)
}

/// One caller with good reports, evenly while the junk comes; how many milliseconds each took.
fn good(
    caller: &Caller,
    operator: &str,
    (host, turn): (&Host, Option<&Receiver<()>>),
) -> (Taken, Vec<u64>) {
    let (mut taken, mut took) = (Taken::new(), Vec::new());
    let (kind, each) = match turn {
        Some(_) => ('c', GOOD_EACH),
        None => ('q', BEFORE_EACH),
    };
    for number in 0..each {
        // Once the junk is over, what is left is filed at once.
        let _ = turn.map(Receiver::recv);
        let body = document(operator, &format!("{kind}-{number}"));
        let begun = host.counted_ms();
        let said = caller.post_json("/v1/reports", &body);
        took.push(host.counted_ms().saturating_sub(begun));
        assert_eq!(said.status, 200, "{}", said.text());
        taken_of(&said, operator, &mut taken);
    }
    (taken, took)
}

/// Every case at the office, page by page, with how many versions it says it has.
fn listed(officer: &Caller) -> BTreeMap<(String, String), u64> {
    let (mut all, mut from) = (BTreeMap::new(), String::new());
    loop {
        let page = officer.get(&format!("/v1/reports?from={from}"));
        assert_eq!(page.status, 200, "{}", page.text());
        let page = page.json();
        for case in page["cases"].as_array().unwrap() {
            let text = |key: &str| case[key].as_str().unwrap().to_owned();
            let received = case["received"].as_u64().unwrap();
            all.insert((text("operator"), text("case")), received);
        }
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut from),
            None => return all,
        }
    }
}

/// What the store has of each kind, read beside the running node.
fn kept(nation: &Nation) -> BTreeMap<&'static str, u64> {
    let path = nation.role(Role::Office).join("store.sqlite");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = sakimori_store::open(&format!("sqlite:{}", path.display())).await;
        let store = store.unwrap();
        let mut counts = BTreeMap::new();
        for kind in ["report", "report-case", "weakness-report"] {
            let states = store.states(View::All, kind).await.unwrap();
            counts.insert(kind, states.iter().map(|(_, count)| count).sum());
        }
        store.close().await;
        counts
    })
}

fn store_bytes(nation: &Nation) -> u64 {
    let folder = nation.role(Role::Office);
    let names = ["store.sqlite", "store.sqlite-wal"];
    let size = |name| std::fs::metadata(folder.join(name)).map_or(0, |found| found.len());
    names.map(size).iter().sum()
}

fn percentile(sorted: &[u64], of: usize) -> u64 {
    let at = (sorted.len() * of).div_ceil(100).saturating_sub(1);
    sorted.get(at).copied().unwrap_or_default()
}

/// Callers by name.
type Callers = Vec<(Caller, String)>;

/// What came of it all.
struct Flooded {
    answers: Answers,
    taken: Taken,
    /// Of the good callers, ascending.
    took_ms: Vec<u64>,
    lasted_ms: u64,
}

/// Sends the junk, and the good reports beside it.
fn flood(nation: &Nation, (bad_ones, good_ones): (&Callers, &Callers), count: u64) -> Flooded {
    let seed = number("SAKIMORI_SEED", 1);
    let office = nation.role(Role::Office);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    // Each from an address of its own: what is bounded by address is bounded for each of them.
    let stranger = |number: u8| {
        let source = Ipv4Addr::new(127, 0, 0, number + 2);
        let way = from_address(&runtime, source, nation.office.address);
        Caller::stranger(&office, &way.to_string())
    };
    let strangers: Vec<Caller> = (0..BAD as u8).map(stranger).collect();
    let left = AtomicU64::new(count);
    let (host, begun) = (&nation.host, nation.host.counted_ms());
    let (junked, filed) = std::thread::scope(|scope| {
        let (told, turns): (Vec<_>, Vec<_>) = (0..GOOD).map(|_| channel()).unzip();
        let callers = bad_ones.iter().zip(&strangers).zip(0_u64..);
        let bad: Vec<_> = callers
            .map(|(((caller, name), stranger), at)| {
                let pace = Pace {
                    left: &left,
                    step: (count / GOOD_EACH).max(1),
                    told: told.clone(),
                };
                let seed = seed.wrapping_mul(1000).wrapping_add(at);
                scope.spawn(move || bad((caller, stranger), name, (pace, seed)))
            })
            .collect();
        drop(told);
        let good: Vec<_> = good_ones
            .iter()
            .zip(turns)
            .map(|((caller, name), turn)| {
                scope.spawn(move || good(caller, name, (host, Some(&turn))))
            })
            .collect();
        let junked: Vec<_> = bad.into_iter().map(|t| t.join().unwrap()).collect();
        let filed: Vec<_> = good.into_iter().map(|t| t.join().unwrap()).collect();
        (junked, filed)
    });
    let mut all = Flooded {
        answers: Answers::new(),
        taken: Taken::new(),
        took_ms: Vec::new(),
        lasted_ms: host.counted_ms().saturating_sub(begun),
    };
    for (of_one, of_cases) in junked {
        for (status, number) in of_one {
            *all.answers.entry(status).or_default() += number;
        }
        all.taken.extend(of_cases);
    }
    for (of_cases, times) in filed {
        assert_eq!(of_cases.len() as u64, GOOD_EACH);
        all.taken.extend(of_cases);
        all.took_ms.extend(times);
    }
    all.took_ms.sort_unstable();
    all
}

/// Good reports while nobody sends junk, all of the good callers at once; how long each took, ascending.
fn quietly(nation: &Nation, good_ones: &Callers) -> (Taken, Vec<u64>) {
    let host = &nation.host;
    let filed: Vec<(Taken, Vec<u64>)> = std::thread::scope(|scope| {
        let all: Vec<_> = good_ones
            .iter()
            .map(|(caller, name)| scope.spawn(move || good(caller, name, (host, None))))
            .collect();
        all.into_iter().map(|t| t.join().unwrap()).collect()
    });
    let (mut taken, mut took) = (Taken::new(), Vec::new());
    for (of_cases, times) in filed {
        taken.extend(of_cases);
        took.extend(times);
    }
    took.sort_unstable();
    (taken, took)
}

#[test]
fn junk_by_the_thousand_holds_up_nobody_and_leaves_nothing_half_stored() {
    let count = number("SAKIMORI_JUNK", JUNK);
    let nation = Nation::start();
    let office = nation.role(Role::Office);
    let address = nation.office.address.to_string();
    let named = |kind: &str, many: usize| -> Callers {
        let names = (0..many).map(|number| format!("{kind}-{number}"));
        let peer = |name: &str| Caller::peer(&office, &address, name, &[May::Report]);
        names.map(|name| (peer(&name), name)).collect()
    };
    let (bad_ones, good_ones) = (named("bad", BAD), named("good", GOOD));
    let (before, _) = memory();
    let (first, quiet) = quietly(&nation, &good_ones);
    let mut all = flood(&nation, (&bad_ones, &good_ones), count);
    all.taken.extend(first);
    assert_eq!(
        all.answers.values().sum::<u64>(),
        count,
        "{:?}",
        all.answers
    );
    let cases = listed(&nation.person(Role::Office, "o3"));
    let seen: Taken = cases.keys().cloned().collect();
    assert_eq!(seen, all.taken, "what got a receipt, and nothing else");
    whole(&bad_ones, &cases);
    whole(&good_ones, &cases);
    for (_, name) in &bad_ones {
        let of_one = cases.keys().filter(|(operator, _)| operator == name);
        assert!(of_one.count() as u64 <= WAITING_MAX, "{name}");
    }
    let counts = kept(&nation);
    let number = all.taken.len() as u64;
    assert_eq!((counts["report"], counts["report-case"]), (number, number));
    assert!(counts["weakness-report"] <= WEAKNESSES);
    assert!(counts["weakness-report"] > 1, "each text is a report");
    let during = percentile(&all.took_ms, 95);
    let most_ms = WAIT_MS.max(TIMES_MAX * percentile(&quiet, 95));
    assert!(
        during <= most_ms,
        "95 of 100 good reports took up to {during} ms beside the junk, {most_ms} ms at most"
    );
    let (bytes, (after, most)) = (store_bytes(&nation), memory());
    assert!(bytes < STORE_BYTES, "the store has {bytes} bytes");
    let grown = most.saturating_sub(before);
    assert!(grown < MEMORY_KIB, "the process grew by {grown} KiB");
    told(
        (&all, &quiet),
        counts["weakness-report"],
        (bytes, [before, after, most]),
    );
}

/// The figures, for a campaign's row.
fn told((all, quiet): (&Flooded, &[u64]), weaknesses: u64, (bytes, memory): (u64, [u64; 3])) {
    let statuses = all.answers.iter();
    let statuses: Vec<String> = statuses
        .map(|(status, number)| format!("{number} × {status}"))
        .collect();
    let [before, after, most] = memory.map(|kib| kib >> 10);
    let told = format!(
        "CAMPAIGN debug build, {BAD} callers with junk: {}; {} cases taken, {weaknesses} weakness reports; {} good reports beside, p50 {} ms, p95 {} ms, before p50 {} ms, p95 {} ms; {} s; store {} KiB; memory of node and callers {before} MiB before, {after} after, {most} at most",
        statuses.join(", "),
        all.taken.len(),
        all.took_ms.len(),
        percentile(&all.took_ms, 50),
        percentile(&all.took_ms, 95),
        percentile(quiet, 50),
        percentile(quiet, 95),
        all.lasted_ms / 1000,
        bytes >> 10,
    );
    writeln!(std::io::stderr(), "{told}").ok();
}

/// Every case of a caller is there whole: as many versions as the list says, each with its document and receipt.
fn whole(callers: &[(Caller, String)], all: &BTreeMap<(String, String), u64>) {
    for (caller, name) in callers {
        for ((operator, case), received) in all {
            if operator != name {
                continue;
            }
            let said = caller.get(&format!("/v1/reports/{case}")).json();
            let versions = said["versions"].as_array().unwrap();
            assert_eq!(versions.len() as u64, *received, "{operator} {case}");
            let sound = |version: &Value| {
                version["document"]["case"] == **case
                    && version["receipt"]
                        .as_str()
                        .is_some_and(|note| note.contains(&format!("case: {case}\n")))
            };
            assert!(versions.iter().all(sound), "{operator} {case}: {said}");
        }
    }
}
