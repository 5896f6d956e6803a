//! Runs of sensors: start, a receipt for every window, stop. In: entries of sensors, what was decided and leased. Out: problems. Never: a window that is missing without being
//! told (invariants I1 to I3).
//!
//! Authority and lease bound the wall clock, which is the entry's time; a window's own times are those of packets.

use super::authority::{Authorities, Barred};
use super::carriers::Carriers;
use super::receipt::Receipt;
use super::roots::Roots;
use super::schedules::Schedules;
use super::{Seen, told};
use crate::code::{Code, Subject};
use crate::fields::Fields;
use crate::limits::{FUSE_PACKETS, LATE_SECONDS_MAX, RECORD_BYTES};
use crate::notes::{Bucket, Statement};
use crate::report::{Place, Sink};
use crate::time::{DAY_SECONDS, Time, read_time};
use crate::unhex;
use sakimori_tlog::merkle::{Hash, leaf_hash, verify_inclusion};
use std::collections::BTreeMap;

/// A status of a stop that says that the sealed process failed.
const STATUS_FAULT: u64 = 100;

/// What of a cap was broken, and where.
#[derive(Debug)]
struct Broken {
    place: Place,
    what: String,
}

/// What a run says of its own failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    Other,
    /// It was ended because a cap was exceeded.
    Cap,
}

#[derive(Debug)]
struct Run {
    index: u64,
    sensor: String,
    statement: Hash,
    /// Whether its start was one that may be; otherwise that was told, and is not told again with every receipt.
    admitted: bool,
    windows: u64,
    held: u64,
    end_ms: Option<u64>,
    /// Until when a gap entry explains that there is no window, packet time.
    explained_ms: Option<u64>,
    read: u64,
    selected: u64,
    discarded: u64,
    errors: u64,
    records: u64,
    broken: Option<Broken>,
    fault: Option<Fault>,
    stopped: bool,
    explained: bool,
}

/// The records of a window.
#[derive(Debug)]
struct Committed {
    records: u64,
    bucket: Bucket,
    root: Hash,
}

/// All runs.
#[derive(Debug, Default)]
pub(super) struct Runs {
    by_stream: BTreeMap<[u8; 8], Run>,
    /// Records by statement, sensor and day, for the cap.
    day_records: BTreeMap<(Hash, String, u64), u64>,
    carriers: Carriers,
    /// What commits to the records of each window, by stream and the window's first record.
    committed: BTreeMap<([u8; 8], u64), Committed>,
    /// Receipts so far.
    pub(super) receipts: u64,
}

/// The body of a start.
struct Started {
    authority: [u8; 16],
    sensor: String,
    statement: Hash,
    pack: Hash,
    lease: [u8; 16],
    time: u64,
    limits: u64,
    schedule: Option<Hash>,
    software: Option<Hash>,
}

fn read_start(body: &[u8]) -> Result<Started, String> {
    let keys = [
        "authority",
        "sensor",
        "statement_sha256",
        "pack_sha256",
        "schedule_sha256",
        "software_sha256",
        "lease_id",
        "input",
        "started",
        "limits",
    ];
    let fields = Fields::read(body, &keys)?;
    fields.text("input")?;
    // Where none is on record there is nothing to name.
    let hash = |key: &str| match fields.text(key)? {
        "" => Ok(None),
        _ => fields.parsed(key, unhex).map(Some),
    };
    Ok(Started {
        authority: fields.parsed("authority", unhex)?,
        sensor: fields.text("sensor")?.to_owned(),
        statement: fields.parsed("statement_sha256", unhex)?,
        pack: fields.parsed("pack_sha256", unhex)?,
        lease: fields.parsed("lease_id", unhex)?,
        time: fields.parsed("started", read_time)?,
        limits: fields.number("limits")?,
        schedule: hash("schedule_sha256")?,
        software: hash("software_sha256")?,
    })
}

impl Runs {
    /// A sensor starts.
    pub(super) fn start(
        &mut self,
        seen: &Seen<'_>,
        signer: Option<&str>,
        (authorities, roots, schedules): (&Authorities, &Roots, &Schedules),
        sink: &mut Sink,
    ) {
        if self.by_stream.contains_key(&seen.envelope.stream) {
            return sink.bad(
                Code::RunStart,
                seen.place(),
                "the run of this stream was started before",
            );
        }
        let started = told(seen.open().map(read_start), &seen.place(), sink);
        let sensor = started
            .as_ref()
            .map(|s| s.sensor.clone())
            .or(signer.map(str::to_owned));
        let mut admitted = false;
        if let Some(started) = &started {
            let wrong = start_problem(seen, started, signer, authorities, roots);
            admitted = wrong.is_none();
            if let Some((code, what)) = wrong {
                sink.bad(code, seen.place(), what);
            }
            if !schedules.may_run(started.software.as_ref(), seen) {
                sink.bad(
                    Code::RunSoftware,
                    seen.place(),
                    "the software that it names is not in force",
                );
            }
            if !schedules.is_in_force(started.schedule.as_ref(), seen) {
                sink.bad(
                    Code::RunSchedule,
                    seen.place(),
                    "the schedule that it names is not the one in force",
                );
            }
        }
        if seen.counter(1) != 1 {
            sink.bad(
                Code::RunSeal,
                seen.place(),
                "it ran without the filter of system calls",
            );
        }
        let run = Run {
            index: seen.index,
            sensor: sensor.unwrap_or_default(),
            statement: seen.envelope.authority,
            admitted,
            windows: 0,
            held: 0,
            end_ms: None,
            explained_ms: None,
            read: 0,
            selected: 0,
            discarded: 0,
            errors: 0,
            records: 0,
            broken: None,
            fault: None,
            stopped: false,
            explained: false,
        };
        self.by_stream.insert(seen.envelope.stream, run);
    }

    /// The run of an entry, if it may go on.
    fn going<'r>(
        runs: &'r mut BTreeMap<[u8; 8], Run>,
        seen: &Seen<'_>,
        sink: &mut Sink,
    ) -> Option<&'r mut Run> {
        let Some(run) = runs.get_mut(&seen.envelope.stream) else {
            sink.bad(
                Code::RunStart,
                seen.place(),
                "no run was started in this stream",
            );
            return None;
        };
        if run.stopped {
            sink.bad(
                Code::RunAfterStop,
                seen.place(),
                "the run of this stream was stopped before",
            );
        }
        if run.statement != seen.envelope.authority {
            sink.bad(
                Code::RunAuthority,
                seen.place(),
                "it names another authority than the start of its run",
            );
        }
        Some(run)
    }

    /// A window is over.
    pub(super) fn receipt(
        &mut self,
        seen: &Seen<'_>,
        authorities: &Authorities,
        sink: &mut Sink,
    ) -> Option<Receipt> {
        let run = Self::going(&mut self.by_stream, seen, sink)?;
        let barred = authorities.bars(&run.statement, &run.sensor, None, seen);
        if let Some(barred) = barred.filter(|_| run.admitted) {
            let (code, what) = because(barred);
            sink.bad(code, seen.place(), what);
        }
        let receipt = Receipt::read(seen, sink)?;
        self.receipts += 1;
        if let Some(root) = receipt.commitment {
            let window = Committed {
                records: receipt.records,
                bucket: receipt.bucket.clone(),
                root,
            };
            self.committed
                .insert((seen.envelope.stream, run.records), window);
        }
        run.follow(seen, &receipt, sink);
        self.carriers.window(&run.sensor, &receipt);
        let statement = authorities.statement(&run.statement)?;
        run.bucket(seen, &receipt, statement, sink);
        let day = (run.statement, run.sensor.clone(), receipt.bucket.day);
        let records = self.day_records.entry(day).or_default();
        *records = records.saturating_add(receipt.records);
        let records = *records;
        run.caps(seen, &receipt, records, statement);
        Some(receipt)
    }

    /// The run is over.
    pub(super) fn stop(&mut self, seen: &Seen<'_>, sink: &mut Sink) {
        let Some(run) = Self::going(&mut self.by_stream, seen, sink) else {
            return;
        };
        let read = seen.open().map(|body| {
            let fields = Fields::read(body, &["reason", "ended"])?;
            fields.text("reason")?;
            fields.parsed("ended", read_time)
        });
        told(read, &seen.place(), sink);
        let status = seen.counter(0);
        if !matches!(status, 0..=5 | STATUS_FAULT) {
            sink.bad(
                Code::BodyFields,
                seen.place(),
                format!("there is no status {status}"),
            );
        }
        let sums = [
            run.windows,
            run.read,
            run.selected,
            run.discarded,
            run.errors,
        ];
        let told = seen.envelope.counters.get(1..).unwrap_or_default();
        if told != sums {
            let what = format!(
                "it tells of windows, packets read, selected, discarded, in error {told:?}, the receipts of {sums:?}"
            );
            sink.bad(Code::RunTotals, seen.place(), what);
        }
        if status == STATUS_FAULT && run.fault.is_none() {
            sink.bad(
                Code::RunFault,
                seen.place(),
                "the sealed process failed, and no fault was entered",
            );
        }
        if status != STATUS_FAULT && run.held != 0 {
            sink.bad(
                Code::RunHeld,
                seen.place(),
                format!("{} packets are held after the last window", run.held),
            );
        }
        run.stopped = true;
    }

    /// Windows that were staged and are void, or a run of the same sensor that was cut off.
    pub(super) fn gap(&mut self, seen: &Seen<'_>, signer: Option<&str>, sink: &mut Sink) {
        let read = seen.open().map(|body| {
            let fields = Fields::read(body, &["reason"])?;
            fields.text("reason").map(str::to_owned)
        });
        let Some(reason) = told(read, &seen.place(), sink) else {
            return;
        };
        let (from, to) = (seen.counter(0), seen.counter(1));
        if from > to {
            sink.bad(
                Code::BodyFields,
                seen.place(),
                "the gap ends before it begins",
            );
        }
        if let Some(run) = self.by_stream.get_mut(&seen.envelope.stream) {
            run.explained_ms = run.explained_ms.max(Some(to));
        }
        self.explain(seen, signer, &reason);
    }

    /// Something failed.
    pub(super) fn fault(&mut self, seen: &Seen<'_>, signer: Option<&str>, sink: &mut Sink) {
        let read = seen.open().map(|body| {
            let fields = Fields::read(body, &["kind", "detail"])?;
            Ok((
                fields.text("kind")?.to_owned(),
                fields.text("detail")?.to_owned(),
            ))
        });
        let Some((kind, detail)) = told(read, &seen.place(), sink) else {
            return;
        };
        if let Some(run) = self.by_stream.get_mut(&seen.envelope.stream) {
            let fault = if kind.starts_with("cap-") {
                Fault::Cap
            } else {
                Fault::Other
            };
            run.fault = run.fault.max(Some(fault));
        }
        self.explain(seen, signer, &format!("{kind} {detail}"));
    }

    /// Marks the earlier runs of this sensor that a text names by their streams.
    fn explain(&mut self, seen: &Seen<'_>, signer: Option<&str>, text: &str) {
        let words = text.split(|c: char| !c.is_ascii_hexdigit());
        for stream in words.filter_map(unhex::<8>) {
            if let Some(run) = self.by_stream.get_mut(&stream)
                && stream != seen.envelope.stream
                && Some(run.sensor.as_str()) == signer
            {
                run.explained = true;
            }
        }
    }

    /// The state of a run as the sensor acknowledges it.
    pub(super) fn effective(
        seen: &Seen<'_>,
        signer: Option<&str>,
        authorities: &Authorities,
        sink: &mut Sink,
    ) {
        let read = seen.open().map(|body| {
            let fields = Fields::read(body, &["state", "sensor", "lease_id", "reason"])?;
            fields.text("reason")?;
            let state = fields.parsed("state", |word| {
                let known = ["running", "renewed", "suspended", "ended"]
                    .iter()
                    .position(|state| *state == word);
                known.map(|at| at as u64 + 1)
            })?;
            if state != seen.counter(0) {
                return Err("the states of body and envelope differ".to_owned());
            }
            Ok((
                fields.text("sensor")?.to_owned(),
                fields.parsed("lease_id", unhex::<16>)?,
            ))
        });
        let Some((sensor, id)) = told(read, &seen.place(), sink) else {
            return;
        };
        let lease = authorities.lease(&id).filter(|lease| {
            let same = lease.sensor == sensor && lease.statement == seen.envelope.authority;
            same && [lease.not_after, lease.tree_size] == [seen.counter(1), seen.counter(2)]
        });
        if lease.is_none() || signer.is_some_and(|name| name != sensor) {
            let what = format!(
                "lease {} of {} is not on record as it says",
                crate::hex(&id),
                crate::quote(&sensor)
            );
            sink.bad(Code::RunEffective, seen.place(), what);
        } else {
            sink.good(Subject::Runs);
        }
    }

    /// Whether a receipt covers a record in a bucket.
    pub(super) fn wrote(&self, record: &str, bucket: &Bucket) -> bool {
        let named = record.split_once('-');
        let named = named.and_then(|(stream, n)| Some((unhex(stream)?, n.parse().ok()?)));
        named
            .and_then(|(stream, number)| self.window(stream, number))
            .is_some_and(|(_, window)| window.bucket == *bucket)
    }

    /// The window of a record: the record's place in it, and what commits to it.
    fn window(&self, stream: [u8; 8], number: u64) -> Option<(u64, &Committed)> {
        let (&(_, first), window) = self
            .committed
            .range((stream, 0)..=(stream, number))
            .next_back()?;
        let at = number.checked_sub(first)?;
        (at < window.records).then_some((at, window))
    }

    /// Whether a path leads from a record's leaf to the commitment of the receipt that covers it.
    pub(super) fn covers(
        &self,
        stream: [u8; 8],
        number: u64,
        bucket: &Bucket,
        leaf: &Hash,
        path: &[Hash],
    ) -> bool {
        self.window(stream, number).is_some_and(|(at, window)| {
            let leads = verify_inclusion(&leaf_hash(leaf), at, window.records, path, &window.root);
            window.bucket == *bucket && leads.is_ok()
        })
    }

    /// What the carrier's own counter says.
    pub(super) fn carrier(
        &mut self,
        seen: &Seen<'_>,
        signer: Option<&str>,
        schedules: &mut Schedules,
        sink: &mut Sink,
    ) {
        self.carriers.enter(seen, signer, schedules, sink);
    }

    /// Every run has to have ended, or to be within its time still.
    pub(super) fn finish(
        &self,
        now: Option<u64>,
        authorities: &Authorities,
        bundle: &dyn Fn(u64) -> String,
        sink: &mut Sink,
    ) {
        self.carriers.finish(sink);
        let mut open = 0u64;
        for (stream, run) in &self.by_stream {
            if let Some(Broken { place, what }) = &run.broken
                && run.fault != Some(Fault::Cap)
            {
                sink.bad(Code::CapExceeded, place.clone(), what.clone());
            }
            let over = run.stopped || run.fault.is_some() || run.explained;
            if over {
                sink.good(Subject::Runs);
            } else if now.is_some_and(|now| {
                let end = authorities.last_second(&run.statement, &run.sensor);
                run.admitted && now <= end.saturating_add(LATE_SECONDS_MAX)
            }) {
                open += 1;
            } else {
                let place = Place {
                    stream: Some(*stream),
                    ..Place::leaf(bundle(run.index), run.index)
                };
                let what = format!(
                    "the run of `{}` has neither stop nor fault, and no later entry of the sensor names it",
                    run.sensor
                );
                sink.bad(Code::RunOpen, place, what);
            }
        }
        if open > 0 {
            sink.note(format!(
                "{open} runs have not ended; their authority lasts on"
            ));
        }
    }
}

/// Why a sensor may not act at an entry.
const fn because(barred: Barred) -> (Code, &'static str) {
    match barred {
        Barred::Time => (
            Code::RunTime,
            "it was entered before its authority or lease began, or after they had ended",
        ),
        Barred::Waits => (
            Code::RunAuthority,
            "its agreement waits for a ruling of the commission",
        ),
        Barred::Suspended => (
            Code::RunSuspended,
            "it was entered while its authority was suspended",
        ),
    }
}

/// Why a run may not be, if it may not.
fn start_problem(
    seen: &Seen<'_>,
    started: &Started,
    signer: Option<&str>,
    authorities: &Authorities,
    roots: &Roots,
) -> Option<(Code, String)> {
    let sensor = started.sensor.as_str();
    let decided = authorities
        .in_force(&seen.envelope.authority)
        .map(|decided| &decided.statement)
        .filter(|statement| {
            let names = statement.id == started.authority && statement.hash == started.statement;
            let lets = statement.lets_sensors_run() && statement.flow_bytes >= RECORD_BYTES;
            names && lets && statement.sensors.iter().any(|s| s == sensor)
        });
    let Some(statement) = decided else {
        let what = format!(
            "no statement was decided under which {} may run as it says",
            crate::quote(sensor)
        );
        return Some((Code::RunAuthority, what));
    };
    if signer.is_some_and(|name| name != sensor) {
        return Some((
            Code::RunAuthority,
            format!(
                "it is signed by another sensor than {}",
                crate::quote(sensor)
            ),
        ));
    }
    if statement.pack != started.pack {
        let what = format!(
            "pack {} was used, {} was decided",
            crate::hex(&started.pack),
            crate::hex(&statement.pack)
        );
        return Some((Code::RunPack, what));
    }
    if statement.match_ppm != started.limits {
        let what = format!(
            "it ran with a limit of {}, {} was decided",
            started.limits, statement.match_ppm
        );
        return Some((Code::RunAuthority, what));
    }
    let lease = authorities.lease(&started.lease);
    let lease = lease.filter(|lease| lease.statement == statement.hash && lease.sensor == sensor);
    if lease.is_none() {
        let what = format!(
            "lease {} of this statement and sensor is not in the log before it",
            crate::hex(&started.lease)
        );
        return Some((Code::RunLease, what));
    }
    if let Some(barred) = authorities.bars(&statement.hash, sensor, Some(&started.lease), seen) {
        let (code, what) = because(barred);
        return Some((code, what.to_owned()));
    }
    let begin = roots
        .in_force(seen.latest())
        .map_or(0, |root| root.not_before);
    (seen.latest() < begin || started.time > seen.latest()).then(|| {
        let what = format!(
            "it started at {}, behind its own entry or before the trust root's begin at {}",
            Time(started.time),
            Time(begin)
        );
        (Code::RunTime, what)
    })
}

impl Run {
    /// Whether the receipt is that of the next window, and holds what the one before left.
    fn follow(&mut self, seen: &Seen<'_>, receipt: &Receipt, sink: &mut Sink) {
        if receipt.index != self.windows {
            let what = format!(
                "it is the receipt of window {}, that of window {} is missing",
                receipt.index, self.windows
            );
            sink.bad(Code::ReceiptMissing, seen.place(), what);
        } else if receipt.held_before != self.held {
            let what = format!(
                "window {} begins with {} packets held, the one before it left {}",
                receipt.index, receipt.held_before, self.held
            );
            sink.bad(Code::ReceiptHeld, seen.place(), what);
        }
        let explained = self.explained_ms.is_some_and(|to| receipt.start_ms <= to);
        if self.end_ms.is_some_and(|end| receipt.start_ms != end) && !explained {
            let what = format!(
                "window {} begins at {} ms, the one before it ended at {} ms",
                receipt.index,
                receipt.start_ms,
                self.end_ms.unwrap_or(0)
            );
            sink.bad(Code::ReceiptTime, seen.place(), what);
        }
        if !receipt.numbers_on(seen.envelope.stream, self.records) {
            let what = format!(
                "the records of window {} are not numbered on from {}",
                receipt.index, self.records
            );
            sink.bad(Code::ReceiptRecords, seen.place(), what);
        }
        self.windows = receipt.index.saturating_add(1);
        self.held = receipt.held_after;
        self.end_ms = Some(receipt.end_ms);
        self.read = self.read.saturating_add(receipt.read);
        self.selected = self.selected.saturating_add(receipt.selected);
        self.discarded = self.discarded.saturating_add(receipt.discarded);
        self.errors = self.errors.saturating_add(receipt.errors);
        self.records = self.records.saturating_add(receipt.records);
    }

    /// Whether the records went into the bucket of their authority, sensor and day.
    fn bucket(&self, seen: &Seen<'_>, receipt: &Receipt, statement: &Statement, sink: &mut Sink) {
        let bucket = &receipt.bucket;
        // A receipt of what was read in time is written a moment later.
        let first = seen.envelope.time.saturating_sub(LATE_SECONDS_MAX);
        let days = [first, seen.envelope.time].map(|time| time / DAY_SECONDS);
        if bucket.authority != statement.id
            || bucket.sensor != self.sensor
            || !days.contains(&bucket.day)
        {
            let what = format!(
                "window {} is in bucket `{bucket}`, it was entered at {}",
                receipt.index,
                Time(seen.envelope.time)
            );
            sink.bad(Code::ReceiptBucket, seen.place(), what);
        }
    }

    /// Remembers the first cap that is broken; the run has to end with a fault that says so.
    fn caps(
        &mut self,
        seen: &Seen<'_>,
        receipt: &Receipt,
        day_records: u64,
        statement: &Statement,
    ) {
        let share = u128::from(self.selected) * 1_000_000;
        let allowed = u128::from(statement.match_ppm) * u128::from(self.read);
        let what = if day_records > statement.day_records {
            format!(
                "window {}: {day_records} records in a day, at most {} are allowed",
                receipt.index, statement.day_records
            )
        } else if self.read >= FUSE_PACKETS && share > allowed {
            format!(
                "window {}: {} of {} packets selected, at most {} per million are allowed",
                receipt.index, self.selected, self.read, statement.match_ppm
            )
        } else {
            return;
        };
        let place = seen.place();
        self.broken.get_or_insert(Broken { place, what });
    }
}
