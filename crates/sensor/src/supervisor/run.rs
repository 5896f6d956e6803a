//! One run over one input: start, windows, stop. In: a job and its means. Out: an [`Outcome`]. Never: a record that is published before its receipt is in the log, nor a sealed
//! process that outlives the run.

use super::account::{Outcome, Totals, receipt, receipt_counters};
use super::orders::{Ending, Order, Orders, State};
use super::process::{Brought, Program, Sealed};
use super::watch::{VIOLATED, Watch};
use super::{Progress, Random, RecordStore, Recorder, SuperviseError, WallClock};
use crate::child::{ChildConfig, ChildIdentify};
use sakimori_authority::gate::Admitted;
use sakimori_authority::lease::Lease;
use sakimori_custody::commitment::WindowCommitment;
use sakimori_custody::entry::{Act, Author, Chain, Entry, EntryType, Salt};
use sakimori_custody::epoch::EpochId;
use sakimori_custody::frame::{Frame, Ready};
use sakimori_custody::identifier::{Identifier, IdentifierField, IdentifiersCommitment};
use sakimori_custody::ids::{BucketId, RecordId, StreamId, hex};
use sakimori_custody::keys::CommitKey;
use sakimori_custody::record::MechanicalRecord;
use sakimori_custody::time::{Millis, Seconds};
use sakimori_custody::window::{EndFrame, EndStatus, WINDOW_MS, WindowCounters};
use sakimori_detect::finding::Findings;
use sakimori_tlog::key::NoteSigner;
use serde_json::json;
use std::io;
use std::os::fd::OwnedFd;

/// Windows whose receipts go to the log together.
const WINDOWS_TOGETHER: usize = 32;
/// Records that wait for their receipt together.
const RECORDS_TOGETHER: usize = 20_000;
/// Longest wait for a frame before clocks are looked at, ms.
const LOOK_MS: u64 = 200;
/// Longest wait for a process to say that it is sealed, ms.
const READY_MS: u64 = 10_000;
/// How long behind the end of the authority receipts are still signed, ms: the commission's register takes none that are 120 s behind it.
const LATE_MS: u64 = 60_000;
/// What ends a run that wakes up behind that.
const WOKE_LATE: &str = "woke-late";
/// How long a process that was told to stop may finish, ms.
const GRACE_MS: u64 = 2_000;

/// What is to be done.
pub struct Job<'j> {
    /// The evidence that it may be done.
    pub admitted: &'j Admitted,
    /// The sensor's key.
    pub signer: &'j NoteSigner,
    /// The program that becomes the sealed process.
    pub program: &'j Program,
    /// Its configuration.
    pub config: ChildConfig,
    /// The input.
    pub input: OwnedFd,
    /// What kind of input, for the start entry: `file`, `directory`, `stdin`.
    pub input_kind: &'static str,
    /// The stream of this run.
    pub stream: StreamId,
    /// SHA-256 of the schedule's text and of this program's file, where they are on record.
    pub on_record: OnRecord,
}

/// What a start names besides its authority.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OnRecord {
    /// SHA-256 of the text of the schedule that is in force.
    pub schedule: Option<[u8; 32]>,
    /// SHA-256 of the program file that becomes supervisor and sealed process.
    pub software: Option<[u8; 32]>,
}

impl Job<'_> {
    /// The epoch of its identifiers.
    fn epoch(&self) -> Option<EpochId> {
        self.config.identify.as_ref().and_then(epoch_of)
    }

    /// Fields of which the process may write identifiers.
    fn fields(&self) -> Vec<IdentifierField> {
        let identify = self.config.identify.as_ref();
        identify.and_then(ChildIdentify::fields).unwrap_or_default()
    }
}

/// A window that waits for its receipt.
struct Waiting {
    counters: WindowCounters,
    records: Vec<(RecordId, MechanicalRecord)>,
    identifiers: Vec<(RecordId, Identifier)>,
}

struct Run<'r> {
    job: &'r Job<'r>,
    chain: Chain,
    recorder: &'r mut dyn Recorder,
    store: &'r mut dyn RecordStore,
    clock: &'r dyn WallClock,
    random: &'r mut dyn Random,
    orders: &'r mut dyn Orders,
    /// The lease under which the run is now, and the last millisecond of it or of the authority.
    lease: Lease,
    last_ms: u64,
    /// The bucket of the windows that wait, and its key.
    bucket: Option<(BucketId, CommitKey)>,
    buckets: Vec<BucketId>,
    waiting: Vec<Waiting>,
    open: Vec<(RecordId, MechanicalRecord)>,
    open_identifiers: Vec<(RecordId, Identifier)>,
    next_record: u64,
    watch: Watch,
    /// The epoch of the identifiers.
    epoch: Option<EpochId>,
    /// Sums of the windows whose receipts are in the log.
    recorded: Totals,
    findings: Findings,
    /// Whether the start is in the log.
    started: bool,
    /// Whether it is too late for receipts.
    late: bool,
    /// How the process ended, where that is known.
    exit: String,
}

/// The means of a run.
pub struct Means<'m> {
    /// The log.
    pub recorder: &'m mut dyn Recorder,
    /// The store.
    pub store: &'m mut dyn RecordStore,
    /// The clock.
    pub clock: &'m dyn WallClock,
    /// Randomness.
    pub random: &'m mut dyn Random,
    /// News from outside.
    pub orders: &'m mut dyn Orders,
    /// Who is told.
    pub progress: &'m mut dyn Progress,
}

/// Runs the sealed process over one input, under the authority that admitted it.
///
/// # Errors
/// [`SuperviseError`]: the log or the store failed, or nothing could be started; whatever was read since the last receipt is gone and, where the log still answers,
/// told as a fault.
pub fn supervise(job: &Job<'_>, means: Means<'_>) -> Result<Outcome, SuperviseError> {
    let Means {
        recorder,
        store,
        clock,
        random,
        orders,
        progress,
    } = means;
    let mut run = Run {
        chain: Chain::new(job.stream),
        job,
        recorder,
        store,
        clock,
        random,
        orders,
        lease: job.admitted.lease().clone(),
        last_ms: last_ms(job.admitted),
        bucket: None,
        buckets: Vec::new(),
        waiting: Vec::new(),
        open: Vec::new(),
        open_identifiers: Vec::new(),
        next_record: 0,
        watch: Watch::new(job.admitted.caps(), job.admitted.directions(), job.fields()),
        epoch: job.epoch(),
        recorded: Totals::default(),
        findings: Findings::default(),
        started: false,
        late: false,
        exit: "no process".to_owned(),
    };
    match run.whole(progress) {
        Ok(ended) => Ok(run.outcome(&ended)),
        Err(error) => {
            run.fail(&error);
            Err(error)
        }
    }
}

/// How the frames ended.
#[derive(Default)]
struct Ended {
    end: Option<EndFrame>,
    fault: Option<&'static str>,
    ending: Option<Ending>,
}

impl Ended {
    fn fault(name: &'static str) -> Self {
        Self {
            fault: Some(name),
            ..Self::default()
        }
    }

    fn status(&self) -> EndStatus {
        self.end.as_ref().map_or(EndStatus::Fault, |end| end.status)
    }

    fn offset(&self) -> u64 {
        self.end.as_ref().map_or(0, |end| end.offset)
    }

    /// What the fault entry says; `None` where the input was read as far as it was to be.
    fn kind(&self) -> Option<&'static str> {
        let told = match self.status() {
            EndStatus::Fault => Some("panic"),
            status @ (EndStatus::CutShort
            | EndStatus::Malformed
            | EndStatus::NotACapture
            | EndStatus::Limit) => Some(status.name()),
            EndStatus::Complete | EndStatus::Stopped => None,
        };
        self.fault.or(told)
    }
}

/// When the process is next told something.
struct Clocks {
    next_tick: u64,
    next_look: u64,
    stopped: Option<(u64, Ending)>,
}

impl Run<'_> {
    fn whole(&mut self, progress: &mut dyn Progress) -> Result<Ended, SuperviseError> {
        let begun = self.clock.now();
        self.turn_bucket(begun)?;
        let job = self.job;
        let input = job.input.try_clone().map_err(SuperviseError::Start)?;
        let left = self.left_ms(begun);
        let mut sealed =
            Sealed::start(job.program, input, &job.config, left).map_err(SuperviseError::Start)?;
        let Some(ready) = ready(&mut sealed) else {
            self.exit = sealed.end();
            return Err(SuperviseError::Seal);
        };
        if self.in_time().is_none() {
            self.exit = sealed.end();
            let slept =
                io::Error::new(io::ErrorKind::TimedOut, "the authority has ended meanwhile");
            return Err(SuperviseError::Start(slept));
        }
        self.record_start(&ready, begun)?;
        let mut ended = self.frames(&mut sealed, progress)?;
        self.exit = sealed.end();
        self.settle()?;
        if self.late && ended.fault.is_none() {
            ended = Ended::fault(WOKE_LATE);
        }
        self.record_end(&ended)?;
        Ok(ended)
    }

    /// In how many milliseconds the process ends by itself, should the log, the store or whatever holds this supervisor up keep it past the end of the authority.
    const fn left_ms(&self, now: Millis) -> u64 {
        self.last_ms.saturating_sub(now.0) + 1 + GRACE_MS
    }

    /// Now, where receipts may still be signed. Once it is too late for one, it is for all that follow, whatever the clock says.
    fn in_time(&mut self) -> Option<Millis> {
        let now = self.clock.now();
        self.late |= now.0 > self.last_ms.saturating_add(LATE_MS);
        (!self.late).then_some(now)
    }

    fn entry(
        &mut self,
        kind: EntryType,
        time: Seconds,
        counters: Vec<u64>,
        body: Vec<u8>,
    ) -> Entry {
        let mut salt = [0; 32];
        self.random.fill(&mut salt);
        let author = Author {
            id: self.job.signer.verifier().id(),
            key: self.job.signer.ed25519(),
        };
        let act = Act {
            kind,
            time,
            authority: self.job.admitted.commitment(),
            counters,
            body,
        };
        self.chain.entry(act, Salt(salt), Some(&author))
    }

    /// Puts acts on record, all of them or none.
    fn record<const N: usize>(
        &mut self,
        acts: [(EntryType, Vec<u64>, serde_json::Value); N],
    ) -> Result<(), SuperviseError> {
        let now = self.clock.now().seconds();
        let entries = acts.map(|(kind, counters, body)| {
            self.entry(kind, now, counters, body.to_string().into_bytes())
        });
        self.recorder.record(&entries)?;
        Ok(())
    }

    /// The sensor's word on the state that it is in.
    fn effective(&self, state: State, reason: &str) -> (EntryType, Vec<u64>, serde_json::Value) {
        let lease = &self.lease;
        let counters = vec![state as u64, lease.not_after.0, lease.tree_size];
        let body = json!({
            "state": state.name(),
            "sensor": lease.sensor.to_string(),
            "lease_id": lease.id.to_string(),
            "reason": reason,
        });
        (EntryType::Effective, counters, body)
    }

    /// Makes the bucket of the day ready. What waits belongs to the day on which it came, and is settled first.
    fn turn_bucket(&mut self, now: Millis) -> Result<(), SuperviseError> {
        let day = now.seconds().day();
        if self
            .bucket
            .as_ref()
            .is_some_and(|(bucket, _)| bucket.day == day)
        {
            return Ok(());
        }
        self.settle()?;
        if self.late {
            return Ok(());
        }
        let bucket = BucketId {
            authority: self.job.admitted.statement().id,
            sensor: self.job.admitted.lease().sensor.clone(),
            day,
        };
        let opened = self.store.bucket(&bucket)?;
        self.watch.begin_day(day, opened.records);
        self.bucket = Some((bucket.clone(), opened.commit));
        self.buckets.push(bucket);
        Ok(())
    }

    fn record_start(&mut self, ready: &Ready, begun: Millis) -> Result<(), SuperviseError> {
        let admitted = self.job.admitted;
        let statement = admitted.statement();
        let body = json!({
            "authority": statement.id.to_string(),
            "sensor": admitted.lease().sensor.to_string(),
            "statement_sha256": hex(&admitted.commitment()),
            "pack_sha256": hex(&statement.pack),
            "schedule_sha256": self.job.on_record.schedule.map_or_else(String::new, |hash| hex(&hash)),
            "software_sha256": self.job.on_record.software.map_or_else(String::new, |hash| hex(&hash)),
            "lease_id": admitted.lease().id.to_string(),
            "input": self.job.input_kind,
            "started": begun.seconds().to_string(),
            "limits": statement.caps.match_ppm,
        });
        let counters = vec![
            u64::from(ready.landlock),
            u64::from(ready.seccomp),
            u64::from(ready.network_namespace),
            ready.map_version,
        ];
        let running = self.effective(State::Running, "started");
        self.record([(EntryType::Start, counters, body), running])?;
        self.started = true;
        Ok(())
    }

    /// Reads frames until the process ends or must be ended.
    fn frames(
        &mut self,
        sealed: &mut Sealed,
        progress: &mut dyn Progress,
    ) -> Result<Ended, SuperviseError> {
        let mut clocks = Clocks {
            next_tick: 0,
            next_look: 0,
            stopped: None,
        };
        loop {
            let Some(now) = self.in_time() else {
                return Ok(Ended::fault(WOKE_LATE));
            };
            if let Some(fault) = self.tell(sealed, &mut clocks, now)? {
                return Ok(Ended::fault(fault));
            }
            let ended = match sealed.next(LOOK_MS).map_err(SuperviseError::Start)? {
                Brought::Frame(frame) => self.frame(*frame, now, sealed, progress)?,
                Brought::Nothing => {
                    self.settle()?;
                    None
                }
                Brought::Closed => Some(Ended::fault("process-died")),
                Brought::Violation => Some(Ended::fault(VIOLATED)),
            };
            if let Some(ended) = ended {
                let ending = clocks.stopped.map(|(_, ending)| ending);
                return Ok(Ended { ending, ..ended });
            }
        }
    }

    /// Tells the process ticks and its end; names the fault of one that does not obey.
    fn tell(
        &mut self,
        sealed: &Sealed,
        clocks: &mut Clocks,
        now: Millis,
    ) -> Result<Option<&'static str>, SuperviseError> {
        if self.job.config.ticks && now.0 >= clocks.next_tick {
            sealed.tick(now.0);
            clocks.next_tick = now.0 - now.0 % WINDOW_MS + WINDOW_MS;
        }
        let mut ending = None;
        // A clock that was set back is no reason to look later.
        let due = now.0 >= clocks.next_look || now.0 + LOOK_MS < clocks.next_look;
        if clocks.stopped.is_none() && due {
            self.recorder.alive()?;
            ending = self.news(sealed, now)?;
            clocks.next_look = now.0 + LOOK_MS;
        }
        if clocks.stopped.is_none() {
            let expired = (now.0 > self.last_ms).then_some(Ending::Expired);
            let epoch = self.turn_epoch(sealed, now);
            if let Some(ending) = ending.or(expired).or(epoch) {
                sealed.stop();
                clocks.stopped = Some((now.0, ending));
            }
        }
        let overdue = clocks.stopped.is_some_and(|(at, _)| now.0 > at + GRACE_MS);
        Ok(overdue.then_some("stop-ignored"))
    }

    /// Goes over to the keys of the next epoch where the one of the identifiers is over: what is sealed from then on belongs to other keys. Without them the run ends.
    fn turn_epoch(&mut self, sealed: &Sealed, now: Millis) -> Option<Ending> {
        let over = self.epoch.filter(|epoch| now.seconds() >= epoch.end())?;
        let next = self.store.next_epoch(self.job.stream);
        let told = next.filter(|next| sealed.turn(next));
        self.epoch = told.as_ref().and_then(epoch_of);
        let holds = |epoch: EpochId| epoch.authority == over.authority && epoch.end() > over.end();
        (!self.epoch.is_some_and(holds)).then_some(Ending::EpochEnded)
    }

    /// Takes in what is new from outside; says why the run ends now, where it does.
    fn news(&mut self, sealed: &Sealed, now: Millis) -> Result<Option<Ending>, SuperviseError> {
        match self.orders.look() {
            None => Ok(None),
            Some(Order::End(ending)) => Ok(Some(ending)),
            Some(Order::Renewed(admitted)) => {
                let same = admitted.commitment() == self.job.admitted.commitment()
                    && admitted.lease().sensor == self.lease.sensor;
                // Another statement is another run; and what has ended is not renewed.
                if same && last_ms(&admitted) > self.last_ms && now.0 <= self.last_ms {
                    self.lease = admitted.lease().clone();
                    self.last_ms = last_ms(&admitted);
                    sealed.end_in(self.left_ms(now));
                    let renewed = self.effective(State::Renewed, "renewed");
                    self.record([renewed])?;
                }
                Ok(None)
            }
        }
    }

    /// Takes in one frame; says how the run ended where it did.
    fn frame(
        &mut self,
        frame: Frame,
        now: Millis,
        sealed: &mut Sealed,
        progress: &mut dyn Progress,
    ) -> Result<Option<Ended>, SuperviseError> {
        let day = now.seconds().day();
        let checked = match frame {
            Frame::Ready(_) => Err(VIOLATED),
            Frame::Evidence(event) => {
                self.watch.event();
                self.findings.event(event);
                Ok(())
            }
            Frame::Record(record) => {
                let checked = self.watch.record(&record, day);
                let id = RecordId {
                    stream: self.job.stream,
                    number: self.next_record,
                };
                self.next_record += 1;
                self.open.push((id, record));
                checked
            }
            Frame::Identifier(identifier) => {
                let checked = self.watch.identifier(&identifier);
                let id = RecordId {
                    stream: self.job.stream,
                    number: identifier.record,
                };
                self.open_identifiers.push((id, identifier));
                checked
            }
            Frame::Window(counters) => {
                self.turn_bucket(now)?;
                let checked = self.watch.window(&counters, day);
                if checked.is_ok() {
                    self.wait_for_receipt(counters)?;
                    progress.progress(self.watch.totals());
                }
                checked
            }
            Frame::End(end) => {
                return Ok(Some(
                    match self.watch.end(&end).and_then(|()| closes(sealed)) {
                        Ok(()) => Ended {
                            end: Some(end),
                            ..Ended::default()
                        },
                        Err(fault) => Ended::fault(fault),
                    },
                ));
            }
        };
        Ok(checked.err().map(Ended::fault))
    }

    fn wait_for_receipt(&mut self, counters: WindowCounters) -> Result<(), SuperviseError> {
        let records = std::mem::take(&mut self.open);
        for (id, record) in &records {
            self.findings.record(*id, record);
        }
        let identifiers = std::mem::take(&mut self.open_identifiers);
        self.waiting.push(Waiting {
            counters,
            records,
            identifiers,
        });
        let records: usize = self.waiting.iter().map(|w| w.records.len()).sum();
        if self.waiting.len() >= WINDOWS_TOGETHER || records >= RECORDS_TOGETHER {
            self.settle()?;
        }
        Ok(())
    }

    /// Stages, records and publishes the windows that wait. Nothing is signed before all of them are staged, so that a store that fails leaves no hole in the stream.
    /// Where it is too late they go on waiting and are gone at the end; a restart removes what was staged.
    fn settle(&mut self) -> Result<(), SuperviseError> {
        let Some((bucket, _)) = self.bucket.as_ref().filter(|_| !self.waiting.is_empty()) else {
            return Ok(());
        };
        let bucket = bucket.clone();
        if self.in_time().is_none() {
            return Ok(());
        }
        let stream = self.job.stream;
        for window in self.waiting.iter().filter(|w| !w.records.is_empty()) {
            let at = (stream, window.counters.index);
            self.store.stage(&bucket, at, &window.records)?;
            if !window.identifiers.is_empty() {
                self.store.identifiers(&bucket, at, &window.identifiers)?;
            }
        }
        // Staging may have been what was slept through.
        let Some(now) = self.in_time() else {
            return Ok(());
        };
        let waiting = std::mem::take(&mut self.waiting);
        let mut entries = Vec::with_capacity(waiting.len());
        for window in &waiting {
            let commitments = (
                self.commitment(&window.records),
                self.identifiers_commitment(&window.identifiers),
            );
            let first = window.records.first().map(|(id, _)| *id);
            let count = window.records.len();
            let body = receipt(&window.counters, &bucket, first, count, commitments);
            let counters = receipt_counters(&window.counters);
            entries.push(self.entry(EntryType::Receipt, now.seconds(), counters, body));
        }
        self.recorder.record(&entries)?;
        for window in &waiting {
            self.recorded.add(&window.counters);
        }
        for window in waiting.iter().filter(|w| !w.records.is_empty()) {
            self.store
                .publish(&bucket, (stream, window.counters.index))?;
        }
        Ok(())
    }

    fn commitment(&self, records: &[(RecordId, MechanicalRecord)]) -> Option<String> {
        let (_, key) = self.bucket.as_ref()?;
        let mut commitment = WindowCommitment::new(key);
        for (id, record) in records {
            commitment.add(*id, &record.encode());
        }
        commitment.finish().map(|root| hex(&root))
    }

    fn identifiers_commitment(&self, identifiers: &[(RecordId, Identifier)]) -> Option<String> {
        let (_, key) = self.bucket.as_ref()?;
        let mut commitment = IdentifiersCommitment::new(key);
        for (id, identifier) in identifiers {
            commitment.add(*id, identifier);
        }
        commitment.finish().map(|root| hex(&root))
    }

    /// Puts the end on record: a fault where there was one, the state that the sensor is in now, then the stop.
    fn record_end(&mut self, ended: &Ended) -> Result<(), SuperviseError> {
        let kind = ended.kind();
        let reason = match (kind, ended.ending) {
            (Some(kind), _) => kind,
            (None, Some(ending)) => ending.name(),
            (None, None) => ended.status().name(),
        };
        let state = match ended.ending {
            Some(Ending::Suspended) => State::Suspended,
            _ => State::Ended,
        };
        let state = self.effective(state, reason);
        let stop = self.stop(ended.status(), reason);
        match kind {
            None => self.record([state, stop]),
            Some(kind) => {
                let fault = self.fault(kind, ended);
                self.record([fault, state, stop])
            }
        }
    }

    fn fault(&self, kind: &str, ended: &Ended) -> (EntryType, Vec<u64>, serde_json::Value) {
        let waiting: usize = self.waiting.iter().map(|w| w.records.len()).sum();
        let gone = self.open.len() + waiting;
        let body = json!({
            "kind": kind,
            "detail": format!("{}; {gone} records since the last receipt are gone", self.exit),
        });
        let code = ended.end.as_ref().map_or(0, |end| end.fault);
        let read = self.watch.totals().read;
        (EntryType::Fault, vec![code, ended.offset(), read], body)
    }

    fn stop(&self, status: EndStatus, reason: &str) -> (EntryType, Vec<u64>, serde_json::Value) {
        let t = self.recorded;
        let counters = vec![
            status.code(),
            t.windows,
            t.read,
            t.selected,
            t.discarded,
            t.errors,
        ];
        let body = json!({"reason": reason, "ended": self.clock.now().seconds().to_string()});
        (EntryType::Stop, counters, body)
    }

    /// Tells the log of a failure, where the log is not what failed. An error of its own would say nothing more.
    fn fail(&mut self, error: &SuperviseError) {
        let kind = match error {
            SuperviseError::Recorder(_) => return,
            SuperviseError::Store(_) => "store-failed",
            SuperviseError::Seal => "not-sealed",
            SuperviseError::Start(_) if self.started => "pipe-failed",
            SuperviseError::Start(_) => "not-started",
        };
        let fault = self.fault(kind, &Ended::default());
        let _ = if self.started {
            let ended = self.effective(State::Ended, kind);
            let stop = self.stop(EndStatus::Fault, kind);
            self.record([fault, ended, stop])
        } else {
            self.record([fault])
        };
    }

    fn outcome(self, ended: &Ended) -> Outcome {
        // What is too late for a receipt is too late for a finding.
        let findings = if self.late {
            Vec::new()
        } else {
            self.findings.finish()
        };
        Outcome {
            totals: self.recorded,
            status: ended.status(),
            offset: ended.offset(),
            fault: ended.kind(),
            ending: ended.ending,
            findings,
            buckets: self.buckets,
        }
    }
}

fn epoch_of(identify: &ChildIdentify) -> Option<EpochId> {
    identify.epoch.parse().ok()
}

/// Last millisecond of the authority.
fn last_ms(admitted: &Admitted) -> u64 {
    admitted.end().0.saturating_mul(1000).saturating_add(999)
}

/// Waits for the process to say how far it is sealed; without the system call filter it may not run.
fn ready(sealed: &mut Sealed) -> Option<Ready> {
    match sealed.next(READY_MS) {
        Ok(Brought::Frame(frame)) => match *frame {
            Frame::Ready(ready) if ready.seccomp => Some(ready),
            _ => None,
        },
        _ => None,
    }
}

/// Nothing comes behind the end.
fn closes(sealed: &mut Sealed) -> Result<(), &'static str> {
    match sealed.next(GRACE_MS) {
        Ok(Brought::Closed) => Ok(()),
        Ok(Brought::Nothing) => Err("stop-ignored"),
        _ => Err(VIOLATED),
    }
}
