//! Runs that go as they should: order, ends, idle windows, midnight, damage.

use crate::captures::{MINUTE_PACKETS, header, minutes, record};
use crate::office::{
    Clock, Journal, PACK, Run, admitted, children, config, input, now, plan, this_program,
};
use crate::run::{Told, pipeline, stream};
use sakimori_custody::entry::EntryType;
use sakimori_custody::window::EndStatus;
use sakimori_sensor::limits::FLOWS_MAX;
use sakimori_sensor::supervisor::Ending;
use sakimori_testkit::folder::{BEGIN, HOUR, Part};
use std::fmt::Write as _;
use std::io::{Cursor, Write};

/// Two hours behind the beginning, ms.
pub(crate) const NOW: u64 = (BEGIN + 2 * HOUR) * 1000;

/// The last millisecond of the lease, which ends at 13:00:00.
pub(crate) const END: u64 = (BEGIN + 13 * HOUR) * 1000 + 999;

pub(crate) fn in_commit_order() {
    let capture = minutes(40);
    let admitted = admitted(&plan());
    let journal = Journal::default();
    let run = Run {
        admitted: &admitted,
        program: this_program(),
        config: config(false),
        input: input(&capture),
        clock: Clock::real(NOW),
    };
    let outcome = run.supervise(&journal).unwrap();
    assert_eq!((outcome.status, outcome.fault), (EndStatus::Complete, None));
    assert_eq!(outcome.offset, capture.len() as u64);
    let t = outcome.totals;
    assert_eq!(
        (t.read, t.selected, t.discarded, t.errors),
        (40 * MINUTE_PACKETS, 40 * MINUTE_PACKETS, 0, 0)
    );
    let receipts = journal.check();
    assert_eq!(receipts, t.windows);
    assert!(receipts > 32, "more than go to the log together");
    let kinds = journal.kinds();
    assert_eq!(kinds[..2], [EntryType::Start, EntryType::Effective]);
    assert_eq!(
        kinds[kinds.len() - 2..],
        [EntryType::Effective, EntryType::Stop]
    );
    assert!(
        kinds[2..kinds.len() - 2]
            .iter()
            .all(|kind| *kind == EntryType::Receipt)
    );
    let (_, start, body) = &journal.entries()[0];
    assert_eq!(
        (start.counters[1], body["input"].as_str()),
        (1, Some("file"))
    );
    assert_eq!(journal.stop_reason().as_deref(), Some("complete"));
    // What was published is what the pipeline writes.
    let told = Told::of(&stream(
        Cursor::new(capture),
        pipeline(PACK, &[], FLOWS_MAX),
    ));
    let published: Vec<_> = journal
        .published()
        .into_iter()
        .map(|(_, record)| record)
        .collect();
    assert_eq!(published, told.records);
}

pub(crate) fn expiry() {
    let admitted = admitted(&plan());
    let journal = Journal::default();
    let (reader, mut writer) = std::io::pipe().unwrap();
    // An input that never ends: packets as fast as they are taken.
    let endless = std::thread::spawn(move || {
        let packet = record(0, true, 17, &[7, 0, 8, 0, 0, 9, 0, 0, 1]);
        let many = packet.repeat(100);
        let _ = writer.write_all(&header());
        while writer.write_all(&many).is_ok() {}
    });
    let run = Run {
        admitted: &admitted,
        program: this_program(),
        config: config(true),
        input: reader.into(),
        clock: Clock::real(END - 1500),
    };
    let begun = now();
    let outcome = run.supervise(&journal).unwrap();
    let took = begun.elapsed().as_millis();
    endless.join().unwrap();
    assert!(
        (1500..2500).contains(&took),
        "stopped after {took} ms, the authority ended after 1500"
    );
    assert_eq!((outcome.status, outcome.fault), (EndStatus::Stopped, None));
    assert!(outcome.totals.read > 0);
    journal.check();
    assert_eq!(journal.stop_reason().as_deref(), Some("expired"));
    assert_eq!(outcome.ending, Some(Ending::Expired));
}

pub(crate) fn expiry_without_supervisor() {
    let admitted = admitted(&plan());
    // The log does not answer the start until the process is gone.
    let journal = Journal::after(|entry| {
        if entry.envelope.kind == EntryType::Start {
            let begun = now();
            while living_children() > 0 {
                assert!(begun.elapsed().as_secs() < 7, "the process lives on");
                std::thread::yield_now();
            }
        }
    });
    let (reader, writer) = std::io::pipe().unwrap();
    let run = Run {
        admitted: &admitted,
        program: this_program(),
        config: config(true),
        input: reader.into(),
        clock: Clock::real(END - 500),
    };
    let outcome = run.supervise(&journal).unwrap();
    drop(writer);
    assert_eq!(outcome.fault, Some("process-died"));
    let (_, detail) = journal.fault().unwrap();
    assert!(detail.starts_with("signal 14; "), "{detail}");
}

/// Children that have not ended; those that were not waited for do not count.
fn living_children() -> usize {
    let lives = |id: &i32| {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        stat.rsplit(") ")
            .next()
            .is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
    };
    children().iter().filter(|id| lives(id)).count()
}

pub(crate) fn idle() {
    let admitted = admitted(&plan());
    let journal = Journal::default();
    let (reader, writer) = std::io::pipe().unwrap();
    let run = Run {
        admitted: &admitted,
        program: this_program(),
        config: config(true),
        input: reader.into(),
        // Ten seconds at each look, until the lease ends behind eleven minutes.
        clock: Clock::steps(END - 700_000, 10_000, END),
    };
    let outcome = run.supervise(&journal).unwrap();
    drop(writer);
    assert_eq!(
        (outcome.status, outcome.totals.read),
        (EndStatus::Stopped, 0)
    );
    let receipts = journal.check();
    assert!(receipts >= 9, "{receipts} receipts in ten minutes");
    assert!(
        journal.times_recorded() >= 9,
        "a receipt is in the log when its window is over"
    );
    for (kind, envelope, _) in journal.entries() {
        if kind == EntryType::Receipt && envelope.counters[0] + 1 < receipts {
            assert!(
                envelope.counters[2] - envelope.counters[1] <= 70_000,
                "{:?}",
                envelope.counters
            );
        }
    }
}

pub(crate) fn midnight() {
    let plan = plan().edit(
        Part::Lease,
        "not-after: 2027-04-01T13:00:00Z",
        "not-after: 2027-04-02T00:59:00Z",
    );
    let admitted = admitted(&plan);
    let journal = Journal::default();
    let run = Run {
        admitted: &admitted,
        program: this_program(),
        config: config(false),
        input: input(&minutes(120)),
        // A hundred looks before midnight, and a frame or an entry at each.
        clock: Clock::steps((BEGIN + 24 * HOUR) * 1000 - 100_000, 1000, u64::MAX),
    };
    let outcome = run.supervise(&journal).unwrap();
    assert_eq!(outcome.status, EndStatus::Complete);
    journal.check();
    let days: Vec<_> = outcome
        .buckets
        .iter()
        .map(|bucket| bucket.day.to_string())
        .collect();
    assert_eq!(days, ["2027-04-01", "2027-04-02"]);
    let windows = journal.days();
    assert!(
        windows.is_sorted_by_key(|(_, day)| day.clone()),
        "{windows:?}"
    );
    assert!(windows[0].1 == days[0] && windows[windows.len() - 1].1 == days[1]);
}

pub(crate) fn long_pack() {
    let mut pack = PACK.replace("selector: 1 prefix ::/0\n", "");
    for id in 1..=200_000u32 {
        let [_, b, c, d] = id.to_be_bytes();
        writeln!(pack, "selector: {id} address 17.{b}.{c}.{d}").unwrap();
    }
    assert!(pack.len() > 6 << 20);
    let admitted = admitted(&plan());
    let journal = Journal::default();
    let run = Run {
        admitted: &admitted,
        program: this_program(),
        config: sakimori_sensor::child::ChildConfig {
            pack,
            ..config(false)
        },
        input: input(&minutes(3)),
        clock: Clock::real(NOW),
    };
    let outcome = run.supervise(&journal).unwrap();
    assert_eq!(
        (outcome.totals.read, outcome.totals.selected),
        (3 * MINUTE_PACKETS, 0)
    );
}

pub(crate) fn damage() {
    let whole = minutes(2);
    let cut = &whole[..whole.len() - 3];
    let broken = [&whole[..], &[0xff; 16]].concat();
    let cases: [(&[u8], EndStatus, u64); 4] = [
        (cut, EndStatus::CutShort, 2 * MINUTE_PACKETS - 1),
        (&broken, EndStatus::Malformed, 2 * MINUTE_PACKETS),
        (b"no capture at all", EndStatus::NotACapture, 0),
        (b"", EndStatus::NotACapture, 0),
    ];
    for (bytes, status, read) in cases {
        let admitted = admitted(&plan());
        let journal = Journal::default();
        let run = Run {
            admitted: &admitted,
            program: this_program(),
            config: config(false),
            input: input(bytes),
            clock: Clock::real(NOW),
        };
        let outcome = run.supervise(&journal).unwrap();
        assert_eq!((outcome.status, outcome.totals.read), (status, read));
        assert_eq!(
            journal.fault().map(|fault| fault.0).as_deref(),
            Some(status.name())
        );
        assert_eq!(journal.stop_reason().as_deref(), Some(status.name()));
        let entries = journal.entries();
        let fault = entries
            .iter()
            .find(|entry| entry.0 == EntryType::Fault)
            .unwrap();
        assert_eq!(fault.1.counters[1..], [outcome.offset, read]);
        journal.check();
    }
}
