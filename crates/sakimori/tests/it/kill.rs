//! kill −9 at random moments of a run. In: a seed. Out: verdicts on log and lake after each restart. Never: a moment that the seed and the machine's speed do not decide.
//!
//! `SAKIMORI_KILLS` says how many (8 by default; the campaign 1,000), `SAKIMORI_SEED` which.

use crate::captures::{ABROAD, border};
use crate::custody::agree;
use crate::node::{Logged, TestNode};
use crate::program::{Running, Service, sakimori};
use sakimori_control::sensor::state::Remembered;
use sakimori_custody::entry::EntryType;
use sakimori_custody::ids::StreamId;
use sakimori_select::Pack;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::channel;
use std::time::Duration;

/// Minutes, and so receipts, of the run that is killed.
const MINUTES: u32 = 720;
/// Kills on one node; more make its log long and the checks slow.
const KILLS_PER_NODE: u64 = 8;

/// Who is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Victim {
    Everybody,
    Sensor,
    Sealed,
    Ledger,
    Commission,
}

const VICTIMS: [Victim; 5] = [
    Victim::Everybody,
    Victim::Sensor,
    Victim::Sealed,
    Victim::Ledger,
    Victim::Commission,
];

/// `SplitMix64` (Steele, Lea, Flood 2014).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

fn number(name: &str, default: u64) -> u64 {
    let text = std::env::var(name).ok();
    text.map_or(default, |text| text.parse().unwrap())
}

/// A node with an authority over [`ABROAD`], a long capture and a short one.
struct Rig {
    node: TestNode,
    long: PathBuf,
    short: PathBuf,
    /// The log as it was after the last kill.
    log: Vec<Logged>,
    runs: BTreeSet<StreamId>,
}

/// How far a run was when somebody was killed.
struct Fallen {
    victim: Victim,
    stream: Option<StreamId>,
    /// Entries of the run that the ledger had acknowledged at least.
    acknowledged: u64,
    /// Whether it had not ended by itself before.
    struck: bool,
}

impl Rig {
    fn new() -> Self {
        let node = TestNode::running();
        let [a, b, c] = ABROAD;
        let source = format!(
            "sakimori/pack/v1\nid: kill-1\nissued: 2027-04-01T00:00:00Z\npurpose: a test\n\
             selector: 1 prefix {a}.{b}.{c}.0/24\nselector: 2 behaviour beacon connections-min=20 score-min=800\n"
        );
        node.decided(&Pack::parse_source(&source).unwrap(), &node.draft());
        let (long, short) = (node.beside("long.pcap"), node.beside("short.pcap"));
        border(&long, MINUTES, 4).unwrap();
        border(&short, 5, 2).unwrap();
        Self {
            node,
            long,
            short,
            log: Vec::new(),
            runs: BTreeSet::new(),
        }
    }

    fn run(&self, capture: &Path) -> Running {
        let mut command = sakimori(["sensor", "run", "--format", "json", "--dir"]);
        Running::start(command.arg(self.node.dir()).arg(capture))
    }

    /// The stream of the run that goes on now, once the sensor has noted it.
    fn stream(&self) -> Option<StreamId> {
        let folder = self.node.node.sensor(&crate::node::sensor());
        let state = Remembered::load(&folder).ok()?;
        let newest = state.open_runs().last().copied();
        newest.filter(|stream| !self.runs.contains(stream))
    }

    /// Waits until the run has so many entries in the log, and then a little, and kills.
    fn kill(&mut self, victim: Victim, entries: u64, then: Duration) -> Fallen {
        let mut run = self.run(&self.long.clone());
        let mut log = self.node.log();
        let (mut stream, mut acknowledged) = (None, 0);
        while run.goes_on(Duration::from_micros(200)) {
            stream = stream.or_else(|| self.stream());
            if let Some(stream) = stream
                && let Some(tip) = log.ask(|client| client.tip(stream)).unwrap()
            {
                acknowledged = tip.next;
            }
            if entries == 0 || acknowledged >= entries {
                break;
            }
        }
        let mut struck = run.goes_on(then);
        while victim == Victim::Sealed && struck && children(run.pid()).is_empty() {
            struck = run.goes_on(Duration::from_millis(1));
        }
        let sealed = children(run.pid());
        self.strike(victim, &run);
        // Restarted at once: a run that is not the victim may want them again.
        self.node.start();
        let ran = run.end();
        let codes: &[Option<i32>] = match victim {
            // Ended by the signal; or before it came.
            Victim::Everybody | Victim::Sensor => &[None, Some(0)],
            // A fault, or a process that could not be told what to do; or the end came before.
            Victim::Sealed | Victim::Ledger | Victim::Commission => &[Some(0), Some(1), Some(75)],
        };
        assert!(codes.contains(&ran.code), "{victim:?}: {ran:?}");
        for pid in sealed.into_iter().flatten() {
            ends(pid);
        }
        let stream = stream.or_else(|| self.stream());
        self.runs.extend(stream);
        Fallen {
            victim,
            stream,
            acknowledged,
            struck,
        }
    }

    fn strike(&mut self, victim: Victim, run: &Running) {
        let service = |s: &Option<Service>| s.as_ref().map(Service::pid);
        let (ledger, commission) = (service(&self.node.ledger), service(&self.node.commission));
        let pids: Vec<Option<u32>> = match victim {
            Victim::Everybody => vec![Some(run.pid()), ledger, commission],
            Victim::Sensor => vec![Some(run.pid())],
            Victim::Sealed => children(run.pid()),
            Victim::Ledger => vec![ledger],
            Victim::Commission => vec![commission],
        };
        let pids: Vec<String> = pids.iter().flatten().map(ToString::to_string).collect();
        // One that has ended in the meantime is no fault. All of them are this test's children.
        let _ = Command::new("sh")
            .arg("-c")
            .arg(format!("kill -9 {}", pids.join(" ")))
            .output()
            .unwrap();
        if matches!(victim, Victim::Everybody | Victim::Ledger) {
            self.node.ledger.take().unwrap().kill();
        }
        if matches!(victim, Victim::Everybody | Victim::Commission) {
            self.node.commission.take().unwrap().kill();
        }
    }

    /// What must hold after falls and a run to the end.
    fn check(&mut self, fallen: &[Fallen]) -> usize {
        let run = self.run(&self.short).end().yes();
        assert_eq!(run.json()["packets"]["read"], 60);
        let entries = self.node.entries();
        for (old, new) in self.log.iter().zip(&entries) {
            assert_eq!(old.envelope, new.envelope, "entry {}", new.index);
        }
        assert!(entries.len() >= self.log.len());
        for Fallen {
            stream,
            acknowledged,
            ..
        } in fallen
        {
            let of_run = entries
                .iter()
                .filter(|e| Some(e.envelope.stream) == *stream);
            assert!(of_run.count() as u64 >= *acknowledged, "{stream:?}");
        }
        all_have_an_end(&entries);
        let records = agree(&self.node, &entries);
        let verified = self.node.verify().yes();
        assert_eq!(verified.json()["ok"], true);
        self.runs = entries.iter().map(|e| e.envelope.stream).collect();
        self.log = entries;
        records
    }
}

/// Every run that began has a stop, or a gap that names it.
fn all_have_an_end(entries: &[Logged]) {
    let of = |kind| entries.iter().filter(move |e| e.envelope.kind == kind);
    for start in of(EntryType::Start) {
        let stream = start.envelope.stream;
        let named = stream.to_string();
        let stopped = of(EntryType::Stop).any(|e| e.envelope.stream == stream);
        let told = of(EntryType::Gap).any(|e| e.body["reason"].to_string().contains(&named));
        assert!(stopped || told, "run {stream} has no end");
    }
}

/// Waits until a sealed process is gone: none outlives its supervisor.
fn ends(pid: u32) {
    let (_open, never) = channel::<()>();
    for _ in 0..10_000 {
        let line = std::fs::read_to_string(format!("/proc/{pid}/cmdline"));
        // A dead process that is not waited for yet has no line.
        if !line.is_ok_and(|line| line.contains("sealed-child")) {
            return;
        }
        let _ = never.recv_timeout(Duration::from_millis(1));
    }
    panic!("the sealed process {pid} goes on");
}

fn children(pid: u32) -> Vec<Option<u32>> {
    let list = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let list = list.unwrap_or_default();
    list.split_whitespace()
        .map(|pid| pid.parse().ok())
        .collect()
}

/// A fall, and one time of three another while the sensor makes the first one good.
fn falls(rig: &mut Rig, dice: &mut Dice, number: u64) -> Vec<Fallen> {
    let victim = VICTIMS[number as usize % VICTIMS.len()];
    // A start, a receipt for each minute, a stop. One kill of eight comes before the start, some come after the stop, when findings are written.
    let all = u64::from(MINUTES) + 2;
    let entries = match dice.below(8) {
        0 => 0,
        1 => all,
        _ => dice.below(all),
    };
    let then = Duration::from_micros(dice.below(50_000));
    let mut fallen = vec![rig.kill(victim, entries, then)];
    if dice.below(3) == 0 {
        let again = VICTIMS[dice.below(VICTIMS.len() as u64) as usize];
        let then = Duration::from_micros(dice.below(200_000));
        fallen.push(rig.kill(again, 0, then));
    }
    fallen
}

#[test]
fn no_kill_loses_a_receipt_or_leaves_a_record_without_one() {
    let (kills, seed) = (number("SAKIMORI_KILLS", 8), number("SAKIMORI_SEED", 1));
    let mut dice = Dice(seed);
    let mut done = 0;
    while done < kills {
        let mut rig = Rig::new();
        let end = kills.min(done + KILLS_PER_NODE);
        while done < end {
            let fallen = falls(&mut rig, &mut dice, done);
            let records = rig.check(&fallen);
            // A run that was over before is checked like the others and does not count.
            done += fallen.iter().filter(|f| f.struck).count() as u64;
            let who: Vec<_> = fallen.iter().map(|f| (f.victim, f.acknowledged)).collect();
            let all = rig.log.len();
            println!("{done} of {kills}: {who:?}; {records} records and {all} entries agree");
        }
    }
}

#[test]
fn row_13_a_sealed_process_that_falls_again_and_again_is_told_each_time_and_skips_no_window() {
    let mut rig = Rig::new();
    let mut fallen = Vec::new();
    for entries in [2, 60, 200] {
        fallen.push(rig.kill(Victim::Sealed, entries, Duration::ZERO));
    }
    rig.check(&fallen);
    assert!(
        fallen.iter().all(|fall| fall.struck),
        "they fell on the way"
    );
    for fall in &fallen {
        let of_run = |kind| {
            let entries = rig.log.iter();
            entries
                .filter(move |e| Some(e.envelope.stream) == fall.stream && e.envelope.kind == kind)
        };
        assert_eq!(of_run(EntryType::Fault).count(), 1, "{:?}", fall.stream);
        let windows: Vec<u64> = of_run(EntryType::Receipt)
            .map(|entry| entry.envelope.counters[0])
            .collect();
        assert!(windows.len() as u64 >= fall.acknowledged.saturating_sub(2));
        assert_eq!(windows, (0..windows.len() as u64).collect::<Vec<_>>());
    }
}
