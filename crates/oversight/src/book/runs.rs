//! Runs of sensors: start, receipts, stop, and what explains their end. In: entries of types 20 to 27. Out: who ran under what, what was read and selected, where each record is
//! covered. Never: a window out of its place, a packet that appears or vanishes.

use super::{Book, Seen, Taken, void};
use crate::body::{self, Receipt as ReceiptBody};
use crate::book::authorities::Acknowledged;
use crate::book::roots::Who;
use crate::limits::LATE_SECONDS_MAX;
use crate::refused::{Code, Refused, hold};
use sakimori_authority::statement::Statement;
use sakimori_custody::ids::{AuthorityId, BucketId, RecordId, SensorId, StreamId};
use sakimori_custody::time::Seconds;
use std::collections::BTreeMap;

/// Packets and records, summed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Sums {
    /// Windows.
    pub windows: u64,
    /// Packets read.
    pub read: u64,
    /// Packets selected.
    pub selected: u64,
    /// Packets discarded.
    pub discarded: u64,
    /// Packets in error.
    pub errors: u64,
    /// Records.
    pub records: u64,
}

impl Sums {
    pub(crate) const fn add(&mut self, other: &Self) {
        self.windows = self.windows.saturating_add(other.windows);
        self.read = self.read.saturating_add(other.read);
        self.selected = self.selected.saturating_add(other.selected);
        self.discarded = self.discarded.saturating_add(other.discarded);
        self.errors = self.errors.saturating_add(other.errors);
        self.records = self.records.saturating_add(other.records);
    }
}

/// A receipt that covers records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covered {
    /// Index of the receipt.
    pub index: u64,
    /// Number of its first record in the stream.
    pub first: u64,
    /// How many.
    pub records: u64,
    /// Where they are kept.
    pub bucket: BucketId,
    /// Root over them.
    pub commitment: [u8; 32],
}

/// A window's span with the packets read up to its end, for the carrier's counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    start_ms: u64,
    end_ms: u64,
    read_before: u64,
    read: u64,
    selected: u64,
    held: u64,
}

/// What a window says of packets that were selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// From when, ms.
    pub start_ms: u64,
    /// Until when, ms, exclusive.
    pub end_ms: u64,
    /// Packets of records that were decided in it and selected.
    pub selected: u64,
    /// Packets that wait at its end for their record to be decided.
    pub held: u64,
}

/// How a run stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Index of the entry.
    pub index: u64,
    /// When.
    pub time: Seconds,
    /// Status, section 6.
    pub status: u64,
    /// Why, in words.
    pub reason: String,
    /// When it ended by the sensor's own account.
    pub ended: Seconds,
}

/// A run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its stream.
    pub stream: StreamId,
    /// Index of its start.
    pub index: u64,
    /// When it started.
    pub time: Seconds,
    /// Which sensor.
    pub sensor: SensorId,
    /// Under which authority.
    pub authority: AuthorityId,
    /// Under which lease it started.
    pub lease: AuthorityId,
    /// What its receipts add up to.
    pub sums: Sums,
    /// Packets that its last window holds.
    pub held: u64,
    /// Receipts that cover records, in order.
    pub covered: Vec<Covered>,
    /// Its stop.
    pub stop: Option<Stop>,
    /// A later entry that explains its end.
    pub explained: Option<u64>,
    /// Time of its last entry.
    pub last: Seconds,
    commitment: [u8; 32],
    spans: Vec<Span>,
}

impl Run {
    /// The receipt that covers a record of this run.
    pub fn covering(&self, number: u64) -> Option<&Covered> {
        let at = self
            .covered
            .partition_point(|covered| covered.first <= number)
            .checked_sub(1)?;
        self.covered
            .get(at)
            .filter(|covered| number - covered.first < covered.records)
    }

    /// Its windows in their order, each from where the one before ended.
    pub fn windows(&self) -> impl DoubleEndedIterator<Item = Window> + '_ {
        self.spans.iter().map(|span| Window {
            start_ms: span.start_ms,
            end_ms: span.end_ms,
            selected: span.selected,
            held: span.held,
        })
    }

    /// Packets read in windows that fill a span without a hole; `None` where they do not.
    fn read_in(&self, start_ms: u64, end_ms: u64) -> Option<u64> {
        let first = self.spans.partition_point(|span| span.start_ms < start_ms);
        let first = self.spans.get(first)?;
        let last = self
            .spans
            .partition_point(|span| span.end_ms <= end_ms)
            .checked_sub(1)?;
        let last = self.spans.get(last)?;
        // Windows of a run begin where the one before ended, so that the first and the last say all.
        let whole = first.start_ms == start_ms && last.end_ms == end_ms;
        whole.then(|| {
            last.read_before
                .saturating_add(last.read)
                .saturating_sub(first.read_before)
        })
    }
}

/// What a carrier's counter said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carrier {
    /// Index of the entry.
    pub index: u64,
    /// Which sensor it stands beside.
    pub sensor: SensorId,
    /// From when, ms.
    pub start_ms: u64,
    /// Until when, ms.
    pub end_ms: u64,
    /// Packets.
    pub packets: u64,
    /// Bytes.
    pub bytes: u64,
    /// How far receipts may differ from it, by the schedule in force at its entry.
    pub tolerance_ppm: u64,
}

/// A gap that was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Index of the entry.
    pub index: u64,
    /// When.
    pub time: Seconds,
    /// The sensor.
    pub sensor: SensorId,
    /// From when, ms.
    pub from_ms: u64,
    /// Until when, ms.
    pub to_ms: u64,
    /// Why.
    pub reason: String,
}

/// A fault that was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Index of the entry.
    pub index: u64,
    /// When.
    pub time: Seconds,
    /// The stream that it stands in.
    pub stream: StreamId,
    /// The sensor.
    pub sensor: SensorId,
    /// What kind.
    pub kind: String,
    /// What, in words.
    pub detail: String,
}

/// A start that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Index of the entry.
    pub index: u64,
    /// When.
    pub time: Seconds,
    /// The sensor.
    pub sensor: SensorId,
    /// Number of the refusal.
    pub code: u64,
    /// Its name.
    pub name: String,
    /// The authority of the folder, where it could be read.
    pub authority: Option<AuthorityId>,
}

/// All runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Runs {
    pub(crate) all: BTreeMap<StreamId, Run>,
    by_sensor: BTreeMap<SensorId, Vec<StreamId>>,
    pub(crate) carriers: Vec<Carrier>,
    pub(crate) gaps: Vec<Gap>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) refusals: Vec<Refusal>,
}

impl Runs {
    /// Packets that a sensor says it read in a span, where windows of one of its runs fill it.
    pub(crate) fn read_in(&self, sensor: &SensorId, start_ms: u64, end_ms: u64) -> Option<u64> {
        let streams = self.by_sensor.get(sensor)?;
        // The counter is entered soon after its span: the newest run comes first.
        streams
            .iter()
            .rev()
            .find_map(|stream| self.all.get(stream)?.read_in(start_ms, end_ms))
    }
}

fn sensor_of<'a>(seen: &'a Seen<'_>) -> Result<&'a SensorId, Refused> {
    match &seen.who {
        Who::Sensor(sensor) | Who::Counter(sensor) => Ok(sensor),
        _ => Err(Code::EntryUnsigned.into()),
    }
}

/// Status of a stop by a fault.
const FAULT: u64 = 100;

impl Book {
    /// A sensor starts.
    pub(crate) fn start(&mut self, seen: &Seen<'_>) -> Result<Taken, Refused> {
        let sensor = sensor_of(seen)?.clone();
        let stream = seen.envelope.stream;
        hold(!self.runs.all.contains_key(&stream), Code::RunTwice)?;
        let id = self.may_act(seen, &sensor)?;
        hold(seen.counter(1) == 1, Code::StartUnsealed)?;
        let body: body::Start = body::read(seen.open()?)?;
        let authority = self
            .authorities
            .get(id)
            .ok_or_else(|| Refused::from(Code::AuthorityNone))?;
        let statement = &authority.statement;
        let same = body.authority == id
            && body.sensor == sensor
            && body.statement_sha256 == seen.envelope.authority
            && body.pack_sha256 == statement.pack
            && body.limits == statement.caps.match_ppm
            && body.started <= seen.latest()
            && authority.has_lease(&sensor, body.lease_id, seen.time);
        hold(same, Code::StartBody)?;
        self.start_versions(&body, seen)?;
        let run = Run {
            stream,
            index: seen.index,
            time: seen.time,
            sensor: sensor.clone(),
            authority: id,
            lease: body.lease_id,
            sums: Sums::default(),
            held: 0,
            covered: Vec::new(),
            stop: None,
            explained: None,
            last: seen.time,
            commitment: seen.envelope.authority,
            spans: Vec::new(),
        };
        self.runs.all.insert(stream, run);
        self.runs.by_sensor.entry(sensor).or_default().push(stream);
        self.month(seen.time).of(id).starts += 1;
        Ok(Taken::InForce)
    }

    /// I12: software and schedule that are in force, once there are such.
    fn start_versions(&self, body: &body::Start, seen: &Seen<'_>) -> Result<(), Refused> {
        let (software, at) = (&self.schedules, seen.latest());
        let good = |hash: &[u8; 32]| software.release_in_force(hash, at);
        if software.any_release(at) && !body.software_sha256.as_ref().is_some_and(good) {
            return Err(Code::StartSoftware.into());
        }
        let schedule = body.schedule_sha256.as_ref();
        hold(software.is_in_force(schedule, seen), Code::StartSchedule)
    }

    /// A window is accounted for.
    pub(crate) fn receipt(&mut self, seen: &Seen<'_>) -> Result<Taken, Refused> {
        let sensor = sensor_of(seen)?.clone();
        let run = self.run_of(seen, &sensor)?;
        let id = self.may_act(seen, &sensor)?;
        let body: ReceiptBody = body::read(seen.open()?)?;
        let counters = body.window.counters();
        let same = counters.is_some_and(|c| c.as_slice() == seen.envelope.counters.as_slice());
        hold(same, Code::ReceiptBody)?;
        follows(run, &body)?;
        let first = records(run, &body)?;
        let statement = self
            .authorities
            .get(id)
            .map(|authority| &authority.statement)
            .ok_or_else(|| Refused::from(Code::AuthorityNone))?;
        self.receipt_bucket(seen, &sensor, statement, &body)?;
        self.day_cap(statement, &body)?;
        let sums = Sums {
            windows: 1,
            read: body.window.read,
            selected: body.window.selected,
            discarded: seen.counter(6),
            errors: seen.counter(7),
            records: body.records,
        };
        self.buckets.fill(&body.bucket, seen, &sums, statement);
        self.authorities.count(id, &sums);
        self.month(seen.time).of(id).sums.add(&sums);
        if let Some(run) = self.runs.all.get_mut(&seen.envelope.stream) {
            take_window(run, seen, body, &sums, first);
        }
        Ok(Taken::InForce)
    }

    /// The run that an entry goes on with.
    fn run_of(&self, seen: &Seen<'_>, sensor: &SensorId) -> Result<&Run, Refused> {
        let run = self.runs.all.get(&seen.envelope.stream);
        let run = run.ok_or_else(|| Refused::from(Code::RunNone))?;
        hold(run.stop.is_none(), Code::RunStopped)?;
        let same = run.sensor == *sensor && run.commitment == seen.envelope.authority;
        hold(same, Code::RunOther)?;
        Ok(run)
    }

    fn receipt_bucket(
        &self,
        seen: &Seen<'_>,
        sensor: &SensorId,
        statement: &Statement,
        body: &ReceiptBody,
    ) -> Result<(), Refused> {
        let bucket = &body.bucket;
        let moment_ago = Seconds(seen.time.0.saturating_sub(LATE_SECONDS_MAX));
        let day = (moment_ago.day()..=seen.time.day()).contains(&bucket.day);
        if bucket.authority != statement.id || bucket.sensor != *sensor || !day {
            return Err(Refused::new(Code::ReceiptBucket, bucket));
        }
        let gone = self.buckets.is_deleted(bucket, statement);
        hold(!gone || body.records == 0, Code::BucketGone)
    }

    fn day_cap(&self, statement: &Statement, body: &ReceiptBody) -> Result<(), Refused> {
        let there = self.buckets.get(&body.bucket).map_or(0, |b| b.records);
        let sum = there.saturating_add(body.records);
        if body.records > 0 && sum > statement.caps.day_records {
            let most = statement.caps.day_records;
            return Err(Refused::new(
                Code::CapDay,
                format!("{sum} records where {most} are allowed"),
            ));
        }
        Ok(())
    }

    /// A sensor stops.
    pub(crate) fn stop(&mut self, seen: &Seen<'_>) -> Result<Taken, Refused> {
        let sensor = sensor_of(seen)?.clone();
        let sums = self.run_of(seen, &sensor)?.sums;
        let body: body::Stop = body::read(seen.open()?)?;
        let told = [1, 2, 3, 4, 5].map(|at| seen.counter(at));
        let known = [
            sums.windows,
            sums.read,
            sums.selected,
            sums.discarded,
            sums.errors,
        ];
        hold(told == known, Code::StopTotals)?;
        hold(matches!(seen.counter(0), 0..=5 | FAULT), Code::BodyFields)?;
        if seen.counter(0) == FAULT {
            let mut faults = self.runs.faults.iter().rev();
            let told = faults.any(|fault| fault.stream == seen.envelope.stream);
            hold(told, Code::StopFault)?;
        }
        if let Some(run) = self.runs.all.get_mut(&seen.envelope.stream) {
            run.last = seen.time;
            run.stop = Some(Stop {
                index: seen.index,
                time: seen.time,
                status: seen.counter(0),
                reason: body.reason,
                ended: body.ended,
            });
        }
        Ok(Taken::InForce)
    }

    /// A gap is told; one that names the stream of a run explains its end.
    pub(crate) fn gap(&mut self, seen: &Seen<'_>) -> Result<Taken, Refused> {
        let sensor = sensor_of(seen)?.clone();
        let body: body::Gap = body::read(seen.open()?)?;
        hold(seen.counter(0) <= seen.counter(1), Code::BodyFields)?;
        let named = body
            .reason
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter_map(|word| word.parse::<StreamId>().ok());
        for stream in named {
            let run = self.runs.all.get_mut(&stream);
            if let Some(run) = run.filter(|run| run.sensor == sensor) {
                run.explained.get_or_insert(seen.index);
            }
        }
        self.runs.gaps.push(Gap {
            index: seen.index,
            time: seen.time,
            sensor,
            from_ms: seen.counter(0),
            to_ms: seen.counter(1),
            reason: body.reason,
        });
        self.month(seen.time).gaps += 1;
        Ok(Taken::InForce)
    }

    /// A fault is told.
    pub(crate) fn fault(&mut self, seen: &Seen<'_>) -> Result<Taken, Refused> {
        let sensor = sensor_of(seen)?.clone();
        let body: body::Fault = body::read(seen.open()?)?;
        let count = self.month(seen.time);
        *count.faults.entry(short(&body.kind)).or_default() += 1;
        self.runs.faults.push(Fault {
            index: seen.index,
            time: seen.time,
            stream: seen.envelope.stream,
            sensor,
            kind: body.kind,
            detail: body.detail,
        });
        Ok(Taken::InForce)
    }

    /// A start was refused.
    pub(crate) fn refusal(&mut self, seen: &Seen<'_>) -> Result<Taken, Refused> {
        let sensor = sensor_of(seen)?.clone();
        let body: body::Refusal = body::read(seen.open()?)?;
        let same = body.code == seen.counter(0) && body.sensor == sensor;
        hold(same, Code::BodyFields)?;
        let count = self.month(seen.time);
        *count.refusals.entry(short(&body.name)).or_default() += 1;
        self.runs.refusals.push(Refusal {
            index: seen.index,
            time: seen.time,
            sensor,
            code: body.code,
            name: body.name,
            authority: body.authority.parse().ok(),
        });
        Ok(Taken::InForce)
    }

    /// A sensor acknowledges the state that it is in.
    pub(crate) fn effective(&mut self, seen: &Seen<'_>) -> Result<Taken, Refused> {
        let sensor = sensor_of(seen)?.clone();
        let body: body::Effective = body::read(seen.open()?)?;
        let state = Acknowledged::state(seen.counter(0), &body.state)
            .ok_or_else(|| Refused::new(Code::BodyFields, "no such state"))?;
        hold(body.sensor == sensor, Code::BodyFields)?;
        let id = self.authorities.id_of(&seen.envelope.authority);
        let id = id.ok_or_else(|| Refused::from(Code::AuthorityNone))?;
        let lease = self
            .authorities
            .get(id)
            .and_then(|authority| authority.leases.get(&sensor))
            .and_then(|leases| leases.iter().rev().find(|lease| lease.id == body.lease_id));
        let named = [seen.counter(1), seen.counter(2)];
        if lease.map(|lease| [lease.not_after.0, lease.tree_size]) != Some(named) {
            return Ok(void(Code::EffectiveLease));
        }
        let said = Acknowledged {
            index: seen.index,
            time: seen.time,
            state,
            lease: body.lease_id,
            not_after: Seconds(seen.counter(1)),
            reason: body.reason,
        };
        self.authorities.acknowledge(id, sensor, said);
        Ok(Taken::InForce)
    }

    /// The carrier's own counter speaks.
    pub(crate) fn carrier(&mut self, seen: &Seen<'_>) -> Result<Taken, Refused> {
        let sensor = sensor_of(seen)?.clone();
        let body: body::Carrier = body::read(seen.open()?)?;
        let span = seen.counter(0) < seen.counter(1);
        hold(body.sensor == sensor && span, Code::BodyFields)?;
        self.runs.carriers.push(Carrier {
            index: seen.index,
            sensor,
            start_ms: seen.counter(0),
            end_ms: seen.counter(1),
            packets: seen.counter(2),
            bytes: seen.counter(3),
            tolerance_ppm: self.schedules.tolerance_ppm(seen.latest()),
        });
        Ok(Taken::InForce)
    }

    /// Runs by their stream.
    pub const fn run_list(&self) -> &BTreeMap<StreamId, Run> {
        &self.runs.all
    }

    /// The receipt that covers a record.
    pub fn covering(&self, record: RecordId) -> Option<(&Run, &Covered)> {
        let run = self.runs.all.get(&record.stream)?;
        Some((run, run.covering(record.number)?))
    }

    /// Gaps, faults and refused starts, each in order.
    pub fn troubles(&self) -> (&[Gap], &[Fault], &[Refusal]) {
        (&self.runs.gaps, &self.runs.faults, &self.runs.refusals)
    }
}

/// A word of an entry as a key of sums.
fn short(text: &str) -> String {
    // BOUND: names of faults and refusals are fixed words; whatever else is said shares its first 48 characters.
    text.chars().take(48).collect()
}

/// I2 and I3: the window goes on where the one before ended, with what it held, and no packet appears or vanishes.
fn follows(run: &Run, body: &ReceiptBody) -> Result<(), Refused> {
    let w = &body.window;
    if w.index != run.sums.windows {
        return Err(Refused::new(
            Code::WindowGap,
            format!("window {} where {} is next", w.index, run.sums.windows),
        ));
    }
    hold(w.held_before == run.held, Code::WindowHeld)?;
    let ended = run
        .spans
        .last()
        .is_none_or(|span| span.end_ms == w.start_ms);
    hold(ended && w.start_ms <= w.end_ms, Code::WindowTime)?;
    let counters = w.counters().unwrap_or_default();
    let of = |places: &[usize]| -> u128 {
        places
            .iter()
            .filter_map(|at| counters.get(*at))
            .map(|n| u128::from(*n))
            .sum()
    };
    hold(of(&[3, 4]) == of(&[5, 6, 7, 8]), Code::NotConserved)
}

/// The records of a window are numbered on, counted once and committed to; gives the number of the first.
fn records(run: &Run, body: &ReceiptBody) -> Result<u64, Refused> {
    let w = &body.window;
    let next = run.sums.records;
    let counted = body.records == w.records
        && w.records == w.flows_selected
        && w.flows_selected <= w.flows_closed;
    let first = RecordId {
        stream: run.stream,
        number: next,
    };
    let named = if body.records == 0 {
        body.first_record.is_none() && body.commitment.is_none()
    } else {
        body.first_record == Some(first) && body.commitment.is_some()
    };
    let identified = body.identifiers == w.identifiers
        && body.identifiers_commitment.is_some() == (body.identifiers > 0)
        && (body.identifiers == 0 || body.records > 0);
    hold(counted && named && identified, Code::ReceiptRecords)?;
    Ok(next)
}

fn take_window(run: &mut Run, seen: &Seen<'_>, body: ReceiptBody, sums: &Sums, first: u64) {
    let w = &body.window;
    run.spans.push(Span {
        start_ms: w.start_ms,
        end_ms: w.end_ms,
        read_before: run.sums.read,
        read: w.read,
        selected: w.selected,
        held: w.held_after,
    });
    run.sums.add(sums);
    run.held = w.held_after;
    run.last = seen.time;
    if let Some(commitment) = body.commitment {
        run.covered.push(Covered {
            index: seen.index,
            first,
            records: body.records,
            bucket: body.bucket,
            commitment,
        });
    }
}
