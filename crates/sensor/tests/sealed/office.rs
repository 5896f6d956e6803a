//! The supervisor's means, in memory: a log and a store that keep a journal of every call and fail at the one they are told to, and a clock.

use sakimori_authority::gate::{Admitted, Ask, Folder, SensorState, admit, trust};
use sakimori_custody::commitment::WindowCommitment;
use sakimori_custody::coverage::Coverage;
use sakimori_custody::entry::{Entry, EntryType, Envelope, StoredBody};
use sakimori_custody::identifier::Identifier;
use sakimori_custody::ids::{BucketId, RecordId, StreamId, hex};
use sakimori_custody::keys::CommitKey;
use sakimori_custody::record::{Direction, MechanicalRecord};
use sakimori_custody::time::{Millis, Seconds};
use sakimori_sensor::child::{ChildConfig, ChildIdentify};
use sakimori_sensor::supervisor::{
    Job, Means, NoOrders, OnRecord, Opened, Orders, Outcome, Program, Progress, Random,
    RecordStore, Recorder, RecorderError, StoreError, SuperviseError, Totals, WallClock, supervise,
};
use sakimori_testkit::folder::{Part, Plan, signer};
use sakimori_tlog::merkle::leaf_hash;
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::OwnedFd;
use std::path::PathBuf;

/// The stream of every run here.
pub(crate) const STREAM: StreamId = StreamId([5; 8]);
/// Everything leaves.
pub(crate) const PACK: &str = "sakimori/pack/v1\nid: all-1\nissued: 2027-04-01T00:00:00Z\npurpose: every record\nselector: 1 prefix ::/0\n";

/// A call that the supervisor made.
pub(crate) enum Call {
    Bucket,
    Stage(BucketId, u64, Vec<(RecordId, MechanicalRecord)>),
    Record(Vec<Entry>),
    Publish(BucketId, u64),
    Identifiers(BucketId, u64, Vec<(RecordId, Identifier)>),
}

/// What a test does behind an entry.
type Act = Box<dyn Fn(&Entry)>;

/// What happened, and where the next failure is.
#[derive(Default)]
pub(crate) struct Journal {
    calls: RefCell<Vec<Call>>,
    /// What the store gives when an epoch is over.
    pub(crate) next: RefCell<Option<ChildIdentify>>,
    made: Cell<usize>,
    fail_at: Option<usize>,
    /// Records that a bucket has from earlier runs.
    pub(crate) before: Cell<u64>,
    /// Called behind each entry that is recorded.
    after: Option<Act>,
}

impl Journal {
    pub(crate) fn failing_at(call: usize) -> Self {
        Self {
            fail_at: Some(call),
            ..Self::default()
        }
    }

    pub(crate) fn after(act: impl Fn(&Entry) + 'static) -> Self {
        Self {
            after: Some(Box::new(act)),
            ..Self::default()
        }
    }

    fn call(&self, call: Call) -> Result<(), &'static str> {
        let number = self.made.replace(self.made.get() + 1);
        if self.fail_at == Some(number) {
            return Err("told to fail");
        }
        if let (Call::Record(entries), Some(after)) = (&call, &self.after) {
            entries.iter().for_each(after);
        }
        self.calls.borrow_mut().push(call);
        Ok(())
    }

    pub(crate) fn calls(&self) -> std::cell::Ref<'_, Vec<Call>> {
        self.calls.borrow()
    }

    pub(crate) fn calls_hold(&self, wanted: impl Fn(&Call) -> bool) -> bool {
        self.calls.borrow().iter().any(wanted)
    }

    /// Whether the failure was reached.
    pub(crate) fn failed(&self) -> bool {
        self.fail_at.is_some_and(|at| self.made.get() > at)
    }

    /// The entries with their bodies.
    pub(crate) fn entries(&self) -> Vec<(EntryType, Envelope, Value)> {
        let calls = self.calls.borrow();
        let entries = calls.iter().filter_map(|call| match call {
            Call::Record(entries) => Some(entries),
            _ => None,
        });
        let open = |entry: &Entry| {
            let body = StoredBody::decode(&entry.stored)
                .unwrap()
                .open(&entry.envelope.body, None)
                .unwrap();
            (
                entry.envelope.kind,
                entry.envelope.clone(),
                serde_json::from_slice(&body).unwrap(),
            )
        };
        entries.flatten().map(open).collect()
    }

    /// How often entries were recorded, one or many at once.
    pub(crate) fn times_recorded(&self) -> usize {
        let calls = self.calls.borrow();
        let recorded = calls.iter().filter(|call| matches!(call, Call::Record(_)));
        recorded.count()
    }

    pub(crate) fn kinds(&self) -> Vec<EntryType> {
        self.entries().into_iter().map(|entry| entry.0).collect()
    }

    /// The fault's kind and detail, where one was recorded.
    pub(crate) fn fault(&self) -> Option<(String, String)> {
        let entries = self.entries();
        let (_, _, body) = entries.iter().find(|entry| entry.0 == EntryType::Fault)?;
        Some((
            body["kind"].as_str()?.to_owned(),
            body["detail"].as_str()?.to_owned(),
        ))
    }

    pub(crate) fn stop_reason(&self) -> Option<String> {
        let entries = self.entries();
        let (_, _, body) = entries.iter().find(|entry| entry.0 == EntryType::Stop)?;
        body["reason"].as_str().map(str::to_owned)
    }

    /// The records that were published.
    pub(crate) fn published(&self) -> Vec<(RecordId, MechanicalRecord)> {
        let calls = self.calls.borrow();
        let mut staged = BTreeMap::new();
        let mut out = Vec::new();
        for call in calls.iter() {
            match call {
                Call::Stage(_, window, records) => drop(staged.insert(*window, records.clone())),
                Call::Publish(_, window) => out.extend(staged.remove(window).unwrap()),
                _ => {}
            }
        }
        out
    }

    /// The commit order, as a model: a window is staged, then its receipt is recorded, then it is published; and the stream of entries is one chain. Returns the
    /// windows with receipts.
    pub(crate) fn check(&self) -> u64 {
        let (mut staged, mut received, mut published) = (BTreeMap::new(), 0, BTreeSet::new());
        let (mut next, mut previous, mut record, mut held) = (0, [0; 32], 0, 0);
        let key = signer("s-01");
        for call in self.calls.borrow().iter() {
            match call {
                Call::Bucket => {}
                Call::Stage(bucket, window, records) => {
                    assert!(
                        !records.is_empty() && *window >= received,
                        "window {window}"
                    );
                    assert!(
                        staged
                            .insert(*window, (bucket.clone(), records.clone()))
                            .is_none()
                    );
                }
                Call::Identifiers(bucket, window, identifiers) => {
                    // Behind their records, before their receipt.
                    let (of, records) = &staged[window];
                    assert!(of == bucket && *window >= received && !identifiers.is_empty());
                    let ids: BTreeSet<_> = records.iter().map(|(id, _)| *id).collect();
                    assert!(identifiers.iter().all(|(id, _)| ids.contains(id)));
                }
                Call::Record(entries) => {
                    for entry in entries {
                        let e = &entry.envelope;
                        assert_eq!((e.stream, e.sequence, e.previous), (STREAM, next, previous));
                        assert!(e.signed_by(key.verifier().id(), &key.ed25519().verifying_key()));
                        (next, previous) = (next + 1, leaf_hash(&entry.leaf));
                        if e.kind == EntryType::Receipt {
                            let body = StoredBody::decode(&entry.stored)
                                .unwrap()
                                .open(&e.body, None)
                                .unwrap();
                            let body: Value = serde_json::from_slice(&body).unwrap();
                            assert_eq!((e.counters[0], e.counters[3]), (received, held));
                            held = e.counters[8];
                            let nothing = (String::new(), Vec::new());
                            let (bucket, records) = staged
                                .get(&received)
                                .map_or(nothing, |(b, r)| (b.to_string(), r.clone()));
                            assert_eq!(body["records"], records.len());
                            assert!(records.is_empty() || body["bucket"] == bucket);
                            assert_eq!(
                                body["commitment"],
                                commitment(&records),
                                "window {received}"
                            );
                            for (id, _) in &records {
                                assert_eq!((id.stream, id.number), (STREAM, record));
                                record += 1;
                            }
                            received += 1;
                        }
                    }
                }
                Call::Publish(bucket, window) => {
                    assert!(
                        *window < received,
                        "window {window} is published before its receipt"
                    );
                    assert_eq!(staged.get(window).map(|(b, _)| b), Some(bucket));
                    assert!(published.insert(*window));
                }
            }
        }
        received
    }

    /// Days of the buckets of the staged windows, by window.
    pub(crate) fn days(&self) -> Vec<(u64, String)> {
        let calls = self.calls.borrow();
        let staged = calls.iter().filter_map(|call| match call {
            Call::Stage(bucket, window, _) => Some((*window, bucket.day.to_string())),
            _ => None,
        });
        staged.collect()
    }
}

fn commitment(records: &[(RecordId, MechanicalRecord)]) -> String {
    let key = CommitKey::from_bytes([9; 32]);
    let mut commitment = WindowCommitment::new(&key);
    for (id, record) in records {
        commitment.add(*id, &record.encode());
    }
    commitment
        .finish()
        .map_or_else(String::new, |root| hex(&root))
}

struct Log<'j>(&'j Journal);
struct Store<'j>(&'j Journal);

impl Recorder for Log<'_> {
    fn record(&mut self, entries: &[Entry]) -> Result<u64, RecorderError> {
        let call = self.0.call(Call::Record(entries.to_vec()));
        call.map(|()| 0).map_err(|e| RecorderError(e.to_owned()))
    }
}

impl RecordStore for Store<'_> {
    fn bucket(&mut self, _: &BucketId) -> Result<Opened, StoreError> {
        let call = self.0.call(Call::Bucket);
        call.map(|()| Opened {
            commit: CommitKey::from_bytes([9; 32]),
            records: self.0.before.get(),
        })
        .map_err(|e| StoreError(e.to_owned()))
    }

    fn stage(
        &mut self,
        bucket: &BucketId,
        window: (StreamId, u64),
        records: &[(RecordId, MechanicalRecord)],
    ) -> Result<(), StoreError> {
        let call = self
            .0
            .call(Call::Stage(bucket.clone(), window.1, records.to_vec()));
        call.map_err(|e| StoreError(e.to_owned()))
    }

    fn identifiers(
        &mut self,
        bucket: &BucketId,
        window: (StreamId, u64),
        identifiers: &[(RecordId, Identifier)],
    ) -> Result<(), StoreError> {
        let call = Call::Identifiers(bucket.clone(), window.1, identifiers.to_vec());
        self.0.call(call).map_err(|e| StoreError(e.to_owned()))
    }

    fn next_epoch(&mut self, _: StreamId) -> Option<ChildIdentify> {
        self.0.next.take()
    }

    fn publish(&mut self, bucket: &BucketId, window: (StreamId, u64)) -> Result<(), StoreError> {
        self.0
            .call(Call::Publish(bucket.clone(), window.1))
            .map_err(|e| StoreError(e.to_owned()))
    }
}

/// A clock: the time that passes here since it was made; or a step at each look until some time, and a tenth of a second from then on; or one time for some looks, and
/// another from then on.
pub(crate) enum Clock {
    Real(u64, std::time::Instant),
    Steps(Cell<u64>, u64, u64),
    Leaps(Cell<u64>, u64, u64),
}

#[expect(
    clippy::disallowed_methods,
    reason = "it measures how fast real processes are ended"
)]
pub(crate) fn now() -> std::time::Instant {
    std::time::Instant::now()
}

impl Clock {
    pub(crate) fn real(ms: u64) -> Self {
        Self::Real(ms, now())
    }

    pub(crate) fn steps(ms: u64, step: u64, until: u64) -> Self {
        Self::Steps(Cell::new(ms), step, until)
    }

    pub(crate) fn leaps(looks: u64, from: u64, to: u64) -> Self {
        Self::Leaps(Cell::new(looks), from, to)
    }
}

impl WallClock for Clock {
    fn now(&self) -> Millis {
        Millis(match self {
            Self::Real(ms, begun) => ms + begun.elapsed().as_millis() as u64,
            Self::Steps(at, step, until) => {
                let step = if at.get() <= *until { *step } else { 100 };
                at.set(at.get() + step);
                at.get()
            }
            Self::Leaps(looks, from, to) => match looks.get() {
                0 => *to,
                left => {
                    looks.set(left - 1);
                    *from
                }
            },
        })
    }
}

struct Counted(u8);

impl Random for Counted {
    fn fill(&mut self, place: &mut [u8]) {
        self.0 = self.0.wrapping_add(1);
        place.fill(self.0);
    }
}

struct Quiet;

impl Progress for Quiet {
    fn progress(&mut self, _: &Totals) {}
}

/// The plan of the authority, wide enough for a capture that is all selected; it ends at 13:00:00 on 2027-04-01.
pub(crate) fn plan() -> Plan {
    Plan::default().edit(Part::Statement, "match-ppm 200", "match-ppm 1000000")
}

/// The admission that a plan gives.
pub(crate) fn admitted(plan: &Plan) -> Admitted {
    let sample = plan.build();
    let f = sample.folder;
    let folder = Folder {
        trust_root: Some(f.trust_root),
        statement: Some(f.statement),
        decision: Some(f.decision_entry),
        decision_body: Some(f.decision_body),
        proof: Some(f.decision_proof),
        lease: Some(f.lease),
        pack: Some(f.pack),
        schedule: Some(f.schedule),
        ..Folder::default()
    };
    let kept = sample.remembered;
    let state = SensorState {
        trust_root: Some(kept.trust_root),
        checkpoint: Some((kept.checkpoint_size, kept.checkpoint_root)),
        time: Seconds(kept.time),
        ..SensorState::default()
    };
    let asked = sample.asked;
    let c = asked.coverage;
    let coverage = Coverage {
        count: c.count,
        v4: c.v4,
        v6_48: c.v6_48,
        domains: c.domains,
        ja4: c.ja4,
        behaviours: c.behaviours,
    };
    let ask = Ask {
        sensor: asked.sensor.parse().unwrap(),
        directions: asked
            .directions
            .iter()
            .map(|d| Direction::from_name(d).unwrap())
            .collect(),
        home_country: asked.home_country.to_owned(),
        software: asked.software,
        pack: Ok((asked.pack_sha256, coverage)),
        now: Seconds(asked.now),
    };
    admit(&trust(&folder, &state).unwrap(), &folder, &state, &ask).unwrap()
}

/// The configuration of the sealed process.
pub(crate) fn config(ticks: bool) -> ChildConfig {
    ChildConfig {
        pack: PACK.to_owned(),
        home_country: "JP".to_owned(),
        home_prefixes: Vec::new(),
        directions: vec!["out-in".to_owned(), "in-out".to_owned()],
        seed: [1, 2],
        ticks,
        identify: None,
        nowhere: false,
    }
}

/// This program, which becomes the sealed process.
pub(crate) fn this_program() -> Program {
    Program(std::env::current_exe().unwrap())
}

/// A run.
pub(crate) struct Run<'r> {
    pub(crate) admitted: &'r Admitted,
    pub(crate) program: Program,
    pub(crate) config: ChildConfig,
    pub(crate) input: OwnedFd,
    pub(crate) clock: Clock,
}

impl Run<'_> {
    /// Supervises it without news, and sees that no process is left.
    pub(crate) fn supervise(self, journal: &Journal) -> Result<Outcome, SuperviseError> {
        self.ordered(journal, &mut NoOrders)
    }

    /// As [`Run::supervise`], with news.
    pub(crate) fn ordered(
        self,
        journal: &Journal,
        orders: &mut dyn Orders,
    ) -> Result<Outcome, SuperviseError> {
        let job = Job {
            admitted: self.admitted,
            signer: &signer("s-01"),
            program: &self.program,
            config: self.config,
            input: self.input,
            input_kind: "file",
            stream: STREAM,
            on_record: OnRecord::default(),
        };
        let means = Means {
            recorder: &mut Log(journal),
            store: &mut Store(journal),
            clock: &self.clock,
            random: &mut Counted(0),
            orders,
            progress: &mut Quiet,
        };
        let outcome = supervise(&job, means);
        assert_eq!(children(), Vec::<i32>::new(), "a process is left");
        outcome
    }
}

/// Processes whose parent this one is, those that were not waited for included.
pub(crate) fn children() -> Vec<i32> {
    let ours = std::process::id().to_string();
    let parent_is_ours = |stat: &str| {
        let fields = stat.rsplit(") ").next().unwrap_or_default();
        fields.split(' ').nth(1) == Some(ours.as_str())
    };
    let list = std::fs::read_dir("/proc").unwrap().flatten();
    let ids = list.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    ids.filter(|id| {
        std::fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|s| parent_is_ours(&s))
    })
    .collect()
}

/// A file with these bytes, open for reading, without a name.
pub(crate) fn input(bytes: &[u8]) -> OwnedFd {
    use std::io::{Seek, Write};
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.rewind().unwrap();
    file.into()
}

/// A folder with this program under another name, as which it misbehaves.
pub(crate) fn disguised(folder: &tempfile::TempDir, name: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::os::unix::fs::symlink(std::env::current_exe().unwrap(), &path).unwrap();
    path
}
