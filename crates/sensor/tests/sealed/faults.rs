//! Runs that go wrong: killed and misbehaving processes, a log and a store that fail, caps, descriptors.

use crate::captures::minutes;
use crate::children::{FAULTS, NEVER_SEALED};
use crate::identifiers::asking;
use crate::office::{
    Call, Clock, Journal, PACK, Run, admitted, children, config, disguised, input, now, plan,
    this_program,
};
use crate::run::{Told, pipeline, stream};
use crate::runs::{END, NOW};
use sakimori_custody::entry::{EntryType, Envelope};
use sakimori_custody::identifier::IdentifierField::User;
use sakimori_custody::window::EndStatus;
use sakimori_sensor::limits::FLOWS_MAX;
use sakimori_sensor::supervisor::{Program, SuperviseError};
use sakimori_testkit::folder::Part;
use std::io::{Cursor, Write};
use std::os::fd::OwnedFd;

fn run(admitted: &sakimori_authority::gate::Admitted, program: Program, input: OwnedFd) -> Run<'_> {
    Run {
        admitted,
        program,
        config: config(false),
        input,
        clock: Clock::real(NOW),
    }
}

pub(crate) fn killed() {
    let admitted = admitted(&plan());
    // Behind the n-th entry the process is killed, while it waits for more input.
    for after in [1, 2, 4] {
        let count = std::cell::Cell::new(0);
        let journal = Journal::after(move |entry| {
            count.set(count.get() + 1);
            if count.get() == after {
                assert!(matches!(
                    entry.envelope.kind,
                    EntryType::Start | EntryType::Effective | EntryType::Receipt
                ));
                for id in children() {
                    let id = rustix::process::Pid::from_raw(id).unwrap();
                    rustix::process::kill_process(id, rustix::process::Signal::KILL).unwrap();
                }
            }
        });
        let (reader, mut writer) = std::io::pipe().unwrap();
        writer.write_all(&minutes(8)).unwrap();
        let endless = Run {
            config: config(true),
            clock: Clock::steps(NOW, 10_000, u64::MAX),
            ..run(&admitted, this_program(), reader.into())
        };
        let outcome = endless.supervise(&journal).unwrap();
        drop(writer);
        assert_eq!(
            (outcome.status, outcome.fault),
            (EndStatus::Fault, Some("process-died"))
        );
        let (kind, detail) = journal.fault().unwrap();
        assert_eq!(kind, "process-died");
        assert!(detail.starts_with("signal 9; "), "{detail}");
        journal.check();
        let kinds = journal.kinds();
        assert_eq!(
            kinds[kinds.len() - 3..],
            [EntryType::Fault, EntryType::Effective, EntryType::Stop]
        );
    }
}

/// The supervisor sleeps at each of its looks at the clock in turn, until the last millisecond in which receipts are signed and the one behind it.
pub(crate) fn woke_late() {
    let admitted = admitted(&plan());
    let capture = minutes(6);
    let told = Told::of(&stream(
        Cursor::new(capture.clone()),
        pipeline(PACK, &[], FLOWS_MAX),
    ));
    let run_to = |looks: u64, to: u64| {
        let journal = Journal::default();
        let outcome = Run {
            clock: Clock::leaps(looks, NOW, to),
            ..run(&admitted, this_program(), input(&capture))
        }
        .supervise(&journal);
        journal.check();
        (journal, outcome)
    };
    let (mut late, mut looks, mut not_started) = (0, 0, 0);
    loop {
        let (journal, outcome) = run_to(looks, END + 60_001);
        let entries = journal.entries();
        let Ok(outcome) = outcome else {
            // Too late even for the start: it is not told as one.
            assert!(!entries.iter().any(|e| e.0 == EntryType::Start));
            (not_started, looks) = (not_started + 1, looks + 1);
            continue;
        };
        let mut receipts = entries.iter().filter(|e| e.0 == EntryType::Receipt);
        assert!(
            receipts.all(|e| e.1.time.0 == NOW / 1000),
            "a receipt is signed too late, asleep at look {looks}"
        );
        if outcome.fault.is_none() {
            // The sleep came behind the last receipt.
            assert_eq!(journal.published().len(), told.records.len());
            break;
        }
        assert_eq!(outcome.fault, Some("woke-late"), "look {looks}");
        assert_eq!(journal.fault().unwrap().0, "woke-late");
        assert_eq!(journal.stop_reason().as_deref(), Some("woke-late"));
        (late, looks) = (late + 1, looks + 1);
    }
    assert!(
        late > 6 && not_started > 0,
        "{late} and {not_started} looks"
    );
    let (journal, outcome) = run_to(looks - 1, END + 60_000);
    let outcome = outcome.unwrap();
    assert_eq!((outcome.fault, journal.fault()), (None, None));
    let in_time = |entry: &(EntryType, Envelope, _)| {
        entry.0 == EntryType::Receipt && entry.1.time.0 == (END + 60_000) / 1000
    };
    assert!(journal.entries().iter().any(in_time));
}

pub(crate) fn failing_calls() {
    let admitted = admitted(&plan());
    let capture = minutes(40);
    let (mut call, mut logs, mut stores) = (0, 0, 0);
    loop {
        let journal = Journal::failing_at(call);
        let outcome = run(&admitted, this_program(), input(&capture)).supervise(&journal);
        journal.check();
        if !journal.failed() {
            assert!(outcome.is_ok());
            break;
        }
        let kinds = journal.kinds();
        match outcome {
            Err(SuperviseError::Recorder(_)) => {
                logs += 1;
                assert!(!kinds.contains(&EntryType::Stop) && !kinds.contains(&EntryType::Fault));
            }
            Err(SuperviseError::Store(_)) => {
                stores += 1;
                assert_eq!(journal.fault().unwrap().0, "store-failed");
                let started = kinds.contains(&EntryType::Start);
                assert_eq!(kinds.contains(&EntryType::Stop), started, "{kinds:?}");
            }
            other => panic!("call {call}: {other:?}"),
        }
        call += 1;
    }
    assert!(
        logs >= 4 && stores > 40,
        "{logs} failures of the log, {stores} of the store"
    );
}

pub(crate) fn misbehaviour() {
    let admitted = admitted(&plan());
    let folder = tempfile::tempdir().unwrap();
    for (name, fault) in FAULTS {
        let journal = Journal::default();
        let program = Program(disguised(&folder, name));
        let run = Run {
            config: asking(&[User]),
            ..run(&admitted, program, input(b""))
        };
        let outcome = run.supervise(&journal).unwrap();
        assert_eq!(
            (outcome.status, outcome.fault),
            (EndStatus::Fault, Some(*fault)),
            "{name}"
        );
        assert_eq!(journal.fault().unwrap().0, *fault, "{name}");
        assert_eq!(journal.stop_reason().as_deref(), Some(*fault), "{name}");
        // The good window that came first has its receipt; nothing of what came behind it is published.
        assert!((1..=2).contains(&journal.check()), "{name}");
        assert_eq!(journal.published().len(), 1, "{name}");
    }
    for name in NEVER_SEALED {
        let journal = Journal::default();
        let program = Program(disguised(&folder, name));
        let outcome = run(&admitted, program, input(b"")).supervise(&journal);
        assert!(matches!(outcome, Err(SuperviseError::Seal)), "{name}");
        assert_eq!(journal.kinds(), [EntryType::Fault], "{name}");
        assert_eq!(journal.fault().unwrap().0, "not-sealed");
    }
    ignores_the_stop(&folder);
    reads_no_configuration(&folder);
}

fn ignores_the_stop(folder: &tempfile::TempDir) {
    let admitted = admitted(&plan());
    let journal = Journal::default();
    let begun = now();
    let outcome = Run {
        clock: Clock::real(END - 100),
        ..run(
            &admitted,
            Program(disguised(folder, "ignores-the-stop")),
            input(b""),
        )
    }
    .supervise(&journal)
    .unwrap();
    assert_eq!(outcome.fault, Some("stop-ignored"));
    assert!(begun.elapsed().as_secs() < 5);
}

fn reads_no_configuration(folder: &tempfile::TempDir) {
    let admitted = admitted(&plan());
    let journal = Journal::default();
    let mut run = run(
        &admitted,
        Program(disguised(folder, "reads-no-configuration")),
        input(b""),
    );
    run.config.pack = "#".repeat(1 << 20);
    let outcome = run.supervise(&journal);
    assert!(matches!(outcome, Err(SuperviseError::Start(_))));
    assert_eq!(journal.fault().unwrap().0, "not-started");
}

pub(crate) fn caps() {
    let capture = minutes(1500);
    let caps = [
        ("match-ppm 200 ", "match-ppm 1000 ", "cap-match-ppm"),
        (
            "match-ppm 200 flow-bytes 176 day-records 2000000",
            "match-ppm 1000000 flow-bytes 176 day-records 1000",
            "cap-day-records",
        ),
    ];
    for (from, to, fault) in caps {
        let plan = sakimori_testkit::folder::Plan::default().edit(Part::Statement, from, to);
        let admitted = admitted(&plan);
        let journal = Journal::default();
        let outcome = run(&admitted, this_program(), input(&capture))
            .supervise(&journal)
            .unwrap();
        assert_eq!(outcome.fault, Some(fault));
        assert_eq!(journal.stop_reason().as_deref(), Some(fault));
        journal.check();
        let (published, t) = (journal.published().len(), outcome.totals);
        match fault {
            "cap-day-records" => assert!((900..=1000).contains(&published), "{published}"),
            // Nothing is judged before ten thousand packets.
            _ => assert!(t.read < 10_000 && t.read > 9900, "{t:?}"),
        }
    }
    earlier_runs_count();
    without_windows();
}

/// What earlier runs of the day have put into the bucket counts against the cap of the day.
fn earlier_runs_count() {
    let plan = sakimori_testkit::folder::Plan::default().edit(
        Part::Statement,
        "match-ppm 200 flow-bytes 176 day-records 2000000",
        "match-ppm 1000000 flow-bytes 176 day-records 1000",
    );
    let admitted = admitted(&plan);
    let journal = Journal::default();
    journal.before.set(600);
    let outcome = run(&admitted, this_program(), input(&minutes(1500)))
        .supervise(&journal)
        .unwrap();
    assert_eq!(outcome.fault, Some("cap-day-records"));
    let published = journal.published().len();
    assert!((300..=400).contains(&published), "{published}");
}

/// A process that never closes a window cannot fill the supervisor's memory.
fn without_windows() {
    let admitted = admitted(&plan());
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::default();
    let program = Program(disguised(&folder, "writes-records-without-end"));
    let outcome = run(&admitted, program, input(b""))
        .supervise(&journal)
        .unwrap();
    assert_eq!(outcome.fault, Some("cap-window-records"));
    assert_eq!((journal.published().len(), outcome.totals.read), (0, 0));
}

pub(crate) fn stray_descriptor() {
    let admitted = admitted(&plan());
    let stray = input(b"a file that every child would inherit");
    rustix::io::fcntl_setfd(&stray, rustix::io::FdFlags::empty()).unwrap();
    let journal = Journal::after(|entry| {
        // Behind the start the process is sealed. Only root may look.
        for id in children()
            .iter()
            .filter(|_| entry.envelope.kind == EntryType::Start)
        {
            if let Ok(list) = std::fs::read_dir(format!("/proc/{id}/fd")) {
                let names = list.flatten().map(|e| e.file_name().into_string().unwrap());
                let mut open: Vec<_> = names.collect();
                open.sort();
                assert_eq!(open, ["0", "1", "2"]);
            }
        }
    });
    // More frames than the pipe holds: the process is alive while it is looked at.
    let outcome = run(&admitted, this_program(), input(&minutes(600))).supervise(&journal);
    assert_eq!(outcome.unwrap().status, EndStatus::Complete);
    drop(stray);
}

pub(crate) fn no_program() {
    let admitted = admitted(&plan());
    let journal = Journal::default();
    let program = Program("/nowhere/at-all".into());
    let outcome = run(&admitted, program, input(b"")).supervise(&journal);
    assert!(matches!(outcome, Err(SuperviseError::Start(_))));
    assert_eq!(journal.kinds(), [EntryType::Fault]);
    assert!(!journal_has_records(&journal));
}

fn journal_has_records(journal: &Journal) -> bool {
    !journal.published().is_empty() || journal.calls_hold(|call| matches!(call, Call::Stage(..)))
}
