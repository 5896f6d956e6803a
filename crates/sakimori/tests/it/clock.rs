//! A node in this process, with a clock that the test moves. In: an authority's length and retention. Out: commission, ledger and office that believe the clock. Never: the machine's time.

use crate::captures::{ABROAD, border};
use crate::node::{SITTING, sensor};
use sakimori_authority::Statement;
use sakimori_authority::schedule::{self, Schedule};
use sakimori_authority::statement::{Basis, Caps};
use sakimori_control::sensor::{Input, Plan, Report, Watch};
use sakimori_control::setup::{self, Parties, member_key};
use sakimori_control::{ControlError, Host, Node, commission, keys, office};
use sakimori_custody::record::Direction;
use sakimori_custody::time::{DAY_SECONDS, Millis, Seconds};
use sakimori_select::Pack;
use sakimori_sensor::supervisor::{Program, Progress, Totals};
use sakimori_tlog::note::Note;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// 2027-04-01T03:00:00Z, when the tests begin.
pub(crate) const BEGIN: u64 = 1_806_548_400;

/// A clock that stands still until it is moved.
#[derive(Clone)]
pub(crate) struct Clock(Arc<AtomicU64>);

impl Clock {
    pub(crate) fn at(seconds: u64) -> Self {
        Self(Arc::new(AtomicU64::new(seconds * 1000)))
    }

    pub(crate) fn pass(&self, seconds: u64) {
        self.0.fetch_add(seconds * 1000, Ordering::Relaxed);
    }

    /// Somebody sets it back.
    pub(crate) fn back(&self, seconds: u64) {
        self.0.fetch_sub(seconds * 1000, Ordering::Relaxed);
    }

    /// A machine with this clock, and randomness of its own.
    pub(crate) fn host(&self) -> Host {
        let (clock, machine) = (self.clone(), Host::system());
        Host::new(
            Arc::new(move || Millis(clock.0.load(Ordering::Relaxed))),
            Arc::new(move |place| machine.source()(place)),
        )
    }
}

/// Nobody watches.
pub(crate) struct Nobody;

impl Progress for Nobody {
    fn progress(&mut self, _: &Totals) {}
}

impl Watch for Nobody {
    fn begins(&mut self, _: &str, _: Option<u64>) {}
    fn ends(&mut self) {}
}

/// What runs beside the test.
pub(crate) struct World<L> {
    pub(crate) node: Node,
    pub(crate) clock: Clock,
    pub(crate) host: Host,
    pub(crate) ledger: Option<L>,
    pub(crate) commission: Option<commission::Running>,
    pub(crate) folder: tempfile::TempDir,
}

pub(crate) fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// The ledger of a node.
pub(crate) fn ledger(
    node: &Node,
    commission: &commission::Running,
    host: &Host,
) -> impl Sized + use<> {
    let address = format!("http://{}", commission.address);
    sakimori_control::ledger::start(node, &address, host).unwrap()
}

/// A node whose commission and ledger run at [`BEGIN`], under Japan's schedule.
pub(crate) fn world() -> World<impl Sized> {
    world_under(schedule::japan)
}

/// As [`world`], under another schedule.
pub(crate) fn world_under(schedule: fn(&schedule::Draft) -> Schedule) -> World<impl Sized> {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::at(BEGIN);
    let (node, host) = (Node::at(folder.path().join("node")), clock.host());
    let sensors = vec![sensor(), "s-02".parse().unwrap()];
    setup::create_under(&node, &Parties::example(sensors), &host, schedule).unwrap();
    let commission = commission::start(&node.commission(), loopback(), &host).unwrap();
    let ledger = ledger(&node, &commission, &host);
    setup::enter_trust_root(&node, &host).unwrap();
    World {
        node,
        clock,
        host,
        ledger: Some(ledger),
        commission: Some(commission),
        folder,
    }
}

/// What selects the traffic of [`border`].
pub(crate) fn border_pack() -> Pack {
    let [a, b, c] = ABROAD;
    let source = format!(
        "sakimori/pack/v1\nid: a\nissued: 2027-04-01T00:00:00Z\npurpose: a test\n\
         selector: 1 prefix {a}.{b}.{c}.0/24\nselector: 2 behaviour beacon connections-min=20 score-min=800\n"
    );
    Pack::parse_source(&source).unwrap()
}

impl<L> World<L> {
    /// The commission runs again at an address. A process that another test starts can have its lock for a moment longer than the one that ended.
    #[expect(
        clippy::disallowed_methods,
        reason = "the system tells nobody when it lets a file go"
    )]
    pub(crate) fn commission_again(&mut self, address: SocketAddr) {
        let folder = self.node.commission();
        let mut tries = 0..100;
        self.commission = loop {
            match commission::start(&folder, address, &self.host) {
                Ok(running) => break Some(running),
                Err(ControlError::Usage(words)) if tries.next().is_some() => {
                    assert!(words.ends_with("runs already"), "{words}");
                    std::thread::sleep(std::time::Duration::from_millis(50));
                }
                Err(error) => panic!("{error}"),
            }
        };
    }

    /// An authority of sensor s-01 for so many days, whose records are kept for `keep_days`.
    pub(crate) fn decided(&self, days: u64, keep_days: u64) -> Statement {
        let pack = border_pack();
        let sitting = office::sitting(&SITTING, "m1", &["m1", "m2"], &["m4"], &[]).unwrap();
        let now = self.host.seconds();
        let draft = office::Draft {
            kind: sakimori_authority::statement::Kind::Acquisition,
            basis: "act42-17".parse().unwrap(),
            not_before: now,
            not_after: now.plus(days * DAY_SECONDS),
            sensors: vec![sensor()],
            directions: Direction::ALL.to_vec(),
            caps: Caps {
                match_ppm: 1_000_000,
                flow_bytes: 176,
                day_records: 100_000,
            },
            keep_days,
            conditions: "none".to_owned(),
            replaces: None,
            decided: Some(Basis::Sitting(sitting)),
        };
        let reasons = office::Reasons {
            requester: "o1".parse().unwrap(),
            rights: "only mechanical fields leave".to_owned(),
            expected_share_ppm: 1000,
            facts: "a test".to_owned(),
            necessity: "it has to be shown".to_owned(),
            alternatives: "none".to_owned(),
        };
        let statement = office::draft(&self.node, &self.host, &pack, &draft, &reasons).unwrap();
        let mut note = Note::sign(&statement.to_string(), &[], 0).unwrap();
        for member in SITTING {
            note.add(&keys::read(&member_key(&self.node, member)).unwrap(), 0);
        }
        office::submit(&self.node, &self.host, &note.to_bytes()).unwrap();
        statement
    }

    /// Runs sensor s-01 over a capture of ten minutes, thirty records.
    pub(crate) fn run(&self, statement: &Statement) -> Result<Report, ControlError> {
        self.watched(statement, (10, 3), &mut Nobody)
    }

    /// Runs it over so many minutes with so many connections in each.
    pub(crate) fn watched(
        &self,
        statement: &Statement,
        (minutes, flows): (u32, u32),
        watch: &mut dyn Watch,
    ) -> Result<Report, ControlError> {
        let capture = self.folder.path().join("some-minutes.pcap");
        border(&capture, minutes, flows).unwrap();
        let plan = Plan {
            stop: Arc::default(),
            sensor: sensor(),
            authority: self.node.authority(statement.id, &sensor()),
            inputs: vec![Input::named(capture.to_str().unwrap())],
            home_country: "JP".to_owned(),
            home_prefixes: Vec::new(),
            directions: Vec::new(),
            program: Program(env!("CARGO_BIN_EXE_sakimori").into()),
        };
        sakimori_control::sensor::run(&self.node, &plan, &self.host, watch)
    }

    pub(crate) fn now(&self) -> Seconds {
        self.host.seconds()
    }
}

impl<L> Drop for World<L> {
    fn drop(&mut self) {
        self.ledger = None;
        self.commission = None;
    }
}
