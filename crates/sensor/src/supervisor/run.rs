//! One run over one input: start, windows, stop. In: a job and its means. Out: an [`Outcome`]. Never: a record that is published before its receipt is in the log.

use super::account::{Outcome, Totals, receipt, receipt_counters};
use super::process::{Brought, Program, Sealed};
use super::{Progress, Random, RecordStore, Recorder, SuperviseError, WallClock};
use crate::child::ChildConfig;
use sakimori_authority::gate::Admitted;
use sakimori_custody::commitment::WindowCommitment;
use sakimori_custody::entry::{Act, Author, Chain, EntryType, Salt};
use sakimori_custody::frame::{Frame, Ready};
use sakimori_custody::ids::{BucketId, RecordId, StreamId, hex};
use sakimori_custody::keys::CommitKey;
use sakimori_custody::record::MechanicalRecord;
use sakimori_custody::time::Millis;
use sakimori_custody::window::{EndFrame, EndStatus, WINDOW_MS, WindowCounters};
use sakimori_detect::finding::Findings;
use sakimori_tlog::key::NoteSigner;
use serde_json::json;
use std::os::fd::OwnedFd;

/// Windows whose receipts go to the log together.
const WINDOWS_TOGETHER: usize = 32;
/// Records that wait for their receipt together.
const RECORDS_TOGETHER: usize = 20_000;
/// Longest wait for a frame before clocks are looked at, ms.
const LOOK_MS: u64 = 200;
/// How long a process that was told to stop may finish, ms.
const GRACE_MS: u64 = 3_000;
/// Packets before the share of selected ones is judged.
const FUSE_PACKETS: u64 = 10_000;

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
}

/// A window that waits for its receipt.
struct Waiting {
    counters: WindowCounters,
    records: Vec<(RecordId, MechanicalRecord)>,
}

struct Run<'r> {
    job: &'r Job<'r>,
    chain: Chain,
    recorder: &'r mut dyn Recorder,
    store: &'r mut dyn RecordStore,
    clock: &'r dyn WallClock,
    random: &'r mut dyn Random,
    key: Option<(BucketId, CommitKey)>,
    buckets: Vec<BucketId>,
    waiting: Vec<Waiting>,
    open: Vec<(RecordId, MechanicalRecord)>,
    next_record: u64,
    today: (u32, u64),
    totals: Totals,
    findings: Findings,
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
    /// Who is told.
    pub progress: &'m mut dyn Progress,
}

/// Runs the sealed process over one input, under the authority that admitted it.
///
/// # Errors
/// [`SuperviseError`]: the log or the store failed, or nothing could be started; whatever was read since the last receipt is gone and, where the log still answers,
/// told as a fault.
pub fn supervise(mut job: Job<'_>, means: Means<'_>) -> Result<Outcome, SuperviseError> {
    let none = rustix::stdio::stdin()
        .try_clone_to_owned()
        .map_err(SuperviseError::Start)?;
    let input = std::mem::replace(&mut job.input, none);
    let mut run = Run {
        chain: Chain::new(job.stream),
        job: &job,
        recorder: means.recorder,
        store: means.store,
        clock: means.clock,
        random: means.random,
        key: None,
        buckets: Vec::new(),
        waiting: Vec::new(),
        open: Vec::new(),
        next_record: 0,
        today: (0, 0),
        totals: Totals::default(),
        findings: Findings::default(),
    };
    let started = run.clock.now();
    run.bucket()?;
    let mut sealed =
        Sealed::start(job.program, input, &job.config).map_err(SuperviseError::Start)?;
    let ended = match run.ready(&mut sealed) {
        Some(ready) => {
            run.record_start(&ready, started)?;
            run.frames(&mut sealed, means.progress)
        }
        None => Err(SuperviseError::Seal),
    };
    sealed.kill();
    let code = sealed.wait();
    run.close(ended?, code)
}

/// How the frames ended.
struct Ended {
    end: Option<EndFrame>,
    fault: Option<&'static str>,
}

impl Run<'_> {
    fn salt(&mut self) -> Salt {
        let mut salt = [0; 32];
        self.random.fill(&mut salt);
        Salt(salt)
    }

    fn entry(
        &mut self,
        kind: EntryType,
        counters: Vec<u64>,
        body: Vec<u8>,
    ) -> sakimori_custody::entry::Entry {
        let salt = self.salt();
        let author = Author {
            id: self.job.signer.verifier().id(),
            key: self.job.signer.ed25519(),
        };
        let act = Act {
            kind,
            time: self.clock.now().seconds(),
            authority: self.job.admitted.commitment(),
            counters,
            body,
        };
        self.chain.entry(act, salt, Some(&author))
    }

    fn record(
        &mut self,
        kind: EntryType,
        counters: Vec<u64>,
        body: &serde_json::Value,
    ) -> Result<(), SuperviseError> {
        let entry = self.entry(kind, counters, body.to_string().into_bytes());
        self.recorder.record(&[entry])?;
        Ok(())
    }

    /// The bucket of today, ready for writing.
    fn bucket(&mut self) -> Result<BucketId, SuperviseError> {
        let bucket = BucketId {
            authority: self.job.admitted.statement().id,
            sensor: self.job.admitted.lease().sensor.clone(),
            day: self.clock.now().seconds().day(),
        };
        if self.key.as_ref().is_none_or(|(known, _)| *known != bucket) {
            let key = self.store.bucket(&bucket)?;
            self.key = Some((bucket.clone(), key));
            self.buckets.push(bucket.clone());
        }
        Ok(bucket)
    }

    fn ready(&self, sealed: &mut Sealed) -> Option<Ready> {
        let begun = self.clock.now();
        while self.clock.now().0 < begun.0 + 30_000 {
            match sealed.next(LOOK_MS) {
                Ok(Brought::Frame(frame)) => match *frame {
                    Frame::Ready(ready) if ready.seccomp => return Some(ready),
                    _ => return None,
                },
                Ok(Brought::Nothing) => {}
                _ => return None,
            }
        }
        None
    }

    fn record_start(&mut self, ready: &Ready, started: Millis) -> Result<(), SuperviseError> {
        let admitted = self.job.admitted;
        let statement = admitted.statement();
        let body = json!({
            "authority": statement.id.to_string(),
            "sensor": admitted.lease().sensor.to_string(),
            "statement_sha256": hex(&admitted.commitment()),
            "pack_sha256": hex(&statement.pack),
            "lease_id": admitted.lease().id.to_string(),
            "input": self.job.input_kind,
            "started": started.seconds().to_string(),
            "limits": statement.caps.match_ppm,
        });
        let counters = vec![
            u64::from(ready.landlock),
            u64::from(ready.seccomp),
            u64::from(ready.network_namespace),
            ready.map_version,
        ];
        self.record(EntryType::Start, counters, &body)
    }

    /// Reads frames until the process ends or must be ended.
    fn frames(
        &mut self,
        sealed: &mut Sealed,
        progress: &mut dyn Progress,
    ) -> Result<Ended, SuperviseError> {
        let end_ms = self
            .job
            .admitted
            .end()
            .0
            .saturating_mul(1000)
            .saturating_add(999);
        let mut stopped: Option<(u64, Option<&'static str>)> = None;
        let mut next_tick = self.clock.now().0;
        let why =
            |stopped: &Option<(u64, Option<&'static str>)>| stopped.as_ref().and_then(|s| s.1);
        loop {
            let now = self.clock.now().0;
            if self.job.config.ticks && now >= next_tick {
                sealed.tick(now);
                next_tick = now - now % WINDOW_MS + WINDOW_MS;
            }
            if stopped.is_none() && now > end_ms {
                sealed.stop();
                stopped = Some((now, None));
            }
            if stopped.as_ref().is_some_and(|(at, _)| now > at + GRACE_MS) {
                return Ok(Ended {
                    end: None,
                    fault: why(&stopped).or(Some("stop-ignored")),
                });
            }
            let brought = sealed.next(LOOK_MS).map_err(SuperviseError::Start)?;
            let frame = match brought {
                Brought::Frame(frame) => *frame,
                Brought::Nothing => {
                    self.settle()?;
                    continue;
                }
                Brought::Closed => {
                    return Ok(Ended {
                        end: None,
                        fault: Some("process-died"),
                    });
                }
                Brought::Violation => {
                    return Ok(Ended {
                        end: None,
                        fault: Some("seal-violated"),
                    });
                }
            };
            match frame {
                Frame::Ready(_) => {
                    return Ok(Ended {
                        end: None,
                        fault: Some("seal-violated"),
                    });
                }
                Frame::Evidence(event) => self.findings.event(event),
                Frame::Record(record) => self.take(record),
                Frame::Window(window) => {
                    if let Err(fault) = self.window(window) {
                        if fault == "seal-violated" {
                            return Ok(Ended {
                                end: None,
                                fault: Some(fault),
                            });
                        }
                        sealed.stop();
                        stopped.get_or_insert((now, Some(fault)));
                    }
                    progress.progress(&self.totals);
                    if self.is_full() {
                        self.settle()?;
                    }
                }
                Frame::End(end) => {
                    return Ok(Ended {
                        end: Some(end),
                        fault: why(&stopped),
                    });
                }
            }
        }
    }

    fn take(&mut self, record: MechanicalRecord) {
        let id = RecordId {
            stream: self.job.stream,
            number: self.next_record,
        };
        self.next_record += 1;
        self.findings.record(id, &record);
        self.open.push((id, record));
    }

    /// Checks a window against what came before it and against the caps.
    fn window(&mut self, window: WindowCounters) -> Result<(), &'static str> {
        let records = std::mem::take(&mut self.open);
        let packets: u64 = records.iter().map(|(_, record)| record.packets()).sum();
        let held = self.waiting.last().map(|w| w.counters.held_after);
        let follows = held.is_none_or(|held| held == window.held_before);
        let directions = self.job.admitted.directions();
        let named = records
            .iter()
            .all(|(_, r)| directions.contains(&r.direction));
        let told = window.index == self.totals.windows
            && window.records == records.len() as u64
            && window.selected == packets;
        if !follows || !named || !told {
            return Err("seal-violated");
        }
        self.totals.add(&window);
        let day = self.clock.now().seconds().day().0;
        if self.today.0 != day {
            self.today = (day, 0);
        }
        self.today.1 += window.records;
        let caps = self.job.admitted.caps();
        self.waiting.push(Waiting {
            counters: window,
            records,
        });
        if self.today.1 > caps.day_records {
            return Err("cap-day-records");
        }
        let judged = self.totals.read >= FUSE_PACKETS;
        let share = u128::from(self.totals.selected) * 1_000_000;
        if judged && share > u128::from(caps.match_ppm) * u128::from(self.totals.read) {
            return Err("cap-match-ppm");
        }
        Ok(())
    }

    fn is_full(&self) -> bool {
        let records: usize = self.waiting.iter().map(|w| w.records.len()).sum();
        self.waiting.len() >= WINDOWS_TOGETHER || records >= RECORDS_TOGETHER
    }

    /// Stages, records and publishes the windows that wait.
    fn settle(&mut self) -> Result<(), SuperviseError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let bucket = self.bucket()?;
        let waiting = std::mem::take(&mut self.waiting);
        let mut entries = Vec::with_capacity(waiting.len());
        for window in &waiting {
            let at = (self.job.stream, window.counters.index);
            if !window.records.is_empty() {
                self.store.stage(&bucket, at, &window.records)?;
            }
            let commitment = self.commitment(&window.records);
            let first = window.records.first().map(|(id, _)| *id);
            let count = window.records.len();
            let body = receipt(&window.counters, &bucket, first, count, commitment);
            let counters = receipt_counters(&window.counters);
            entries.push(self.entry(EntryType::Receipt, counters, body));
        }
        self.recorder.record(&entries)?;
        for window in waiting.iter().filter(|w| !w.records.is_empty()) {
            self.store
                .publish(&bucket, (self.job.stream, window.counters.index))?;
        }
        Ok(())
    }

    fn commitment(&self, records: &[(RecordId, MechanicalRecord)]) -> Option<String> {
        let (_, key) = self.key.as_ref()?;
        let mut commitment = WindowCommitment::new(key);
        for (id, record) in records {
            commitment.add(*id, &record.encode());
        }
        commitment.finish().map(|root| hex(&root))
    }

    /// Puts the rest on record: receipts that wait, a fault where there was one, the stop.
    fn close(mut self, ended: Ended, code: Option<i32>) -> Result<Outcome, SuperviseError> {
        self.settle()?;
        let status = ended
            .end
            .as_ref()
            .map_or(EndStatus::Fault, |end| end.status);
        let offset = ended.end.as_ref().map_or(0, |end| end.offset);
        let damage = matches!(
            status,
            EndStatus::CutShort | EndStatus::Malformed | EndStatus::NotACapture | EndStatus::Limit
        );
        let kind = match (ended.fault, status) {
            (Some(fault), _) => Some(fault),
            (None, EndStatus::Fault) => Some("panic"),
            (None, other) => damage.then(|| other.name()),
        };
        if let Some(kind) = kind {
            let fault = ended.end.as_ref().map_or(0, |end| end.fault);
            let body = json!({
                "kind": kind,
                "detail": format!(
                    "exit code {}; {} records since the last receipt are gone",
                    code.map_or_else(|| "none".to_owned(), |c| c.to_string()),
                    self.open.len()
                ),
            });
            let read = ended
                .end
                .as_ref()
                .map_or(self.totals.read, |end| end.packets);
            self.record(EntryType::Fault, vec![fault, offset, read], &body)?;
        }
        let t = self.totals;
        let counters = vec![
            status.code(),
            t.windows,
            t.read,
            t.selected,
            t.discarded,
            t.errors,
        ];
        let reason = kind.unwrap_or(status.name());
        let body = json!({"reason": reason, "ended": self.clock.now().seconds().to_string()});
        self.record(EntryType::Stop, counters, &body)?;
        Ok(Outcome {
            totals: self.totals,
            status,
            offset,
            fault: kind,
            findings: self.findings.finish(),
            buckets: self.buckets,
        })
    }
}
