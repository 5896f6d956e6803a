//! News for a sensor that runs: a lease that was renewed, a suspension, a revocation, a stop; and a supervisor that hangs, which hears none of them.

use crate::captures::{header, record};
use crate::office::{Clock, Journal, Run, admitted, children, config, now, plan, this_program};
use crate::runs::{END, NOW};
use sakimori_authority::gate::Admitted;
use sakimori_custody::entry::EntryType;
use sakimori_custody::window::EndStatus;
use sakimori_sensor::supervisor::{Ending, NoOrders, Order, Orders};
use sakimori_testkit::folder::{Part, Plan};
use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader, PipeReader, Write};
use std::process::{Command, ExitCode, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// First argument of a process that hangs, before whether its lease was renewed.
pub(crate) const ARGUMENT: &str = "hangs";

/// Each piece of news once it is due, in its order.
struct Timetable(Vec<(Instant, Option<Order>)>);

impl Timetable {
    fn of<const N: usize>(news: [(u64, Order); N]) -> Self {
        let begun = now();
        let due = |(ms, order)| (begun + Duration::from_millis(ms), Some(order));
        Self(news.into_iter().map(due).collect())
    }
}

impl Orders for Timetable {
    fn look(&mut self) -> Option<Order> {
        let due = |(at, order): &&mut (Instant, Option<Order>)| order.is_some() && now() >= *at;
        self.0.iter_mut().find(due)?.1.take()
    }
}

/// Packets as fast as they are taken, without end.
fn endless() -> (PipeReader, JoinHandle<()>) {
    let (reader, mut writer) = std::io::pipe().unwrap();
    let thread = std::thread::spawn(move || {
        let packet = record(0, true, 17, &[7, 0, 8, 0, 0, 9, 0, 0, 1]);
        let many = packet.repeat(100);
        let _ = writer.write_all(&header());
        while writer.write_all(&many).is_ok() {}
    });
    (reader, thread)
}

/// The same statement under a lease with another last second.
fn leased_until(time: &str) -> Admitted {
    let ends = "not-after: 2027-04-01T13:00:00Z";
    let plan: Plan = plan().edit(Part::Lease, ends, &format!("not-after: {time}"));
    admitted(&plan)
}

/// The states that the sensor acknowledged, with their leases' last seconds and reasons.
fn states(journal: &Journal) -> Vec<(u64, u64, String)> {
    let entries = journal.entries().into_iter();
    let effective = entries.filter(|entry| entry.0 == EntryType::Effective);
    let told = effective.map(|(_, envelope, body)| {
        let counters = &envelope.counters;
        let reason = body["reason"].as_str().unwrap().to_owned();
        (counters[0], counters[1], reason)
    });
    told.collect()
}

pub(crate) fn renewed() {
    let admitted = admitted(&plan());
    let (reader, thread) = endless();
    let journal = Journal::default();
    let begun = now();
    // The lease ends behind one second; it is renewed by two before. What comes behind the end that counts is no renewal.
    let mut news = Timetable::of([
        (
            300,
            Order::Renewed(Box::new(leased_until("2027-04-01T13:00:02Z"))),
        ),
        (
            700,
            Order::Renewed(Box::new(leased_until("2027-04-01T12:00:00Z"))),
        ),
    ]);
    let run = Run {
        admitted: &admitted,
        program: this_program(),
        config: config(true),
        input: reader.into(),
        clock: Clock::real(END - 1000),
    };
    let outcome = run.ordered(&journal, &mut news).unwrap();
    let took = begun.elapsed().as_millis();
    thread.join().unwrap();
    assert!(
        (3000..4500).contains(&took),
        "ended after {took} ms, not 3000"
    );
    let ended = (outcome.status, outcome.fault, outcome.ending);
    assert_eq!(ended, (EndStatus::Stopped, None, Some(Ending::Expired)));
    journal.check();
    let first = END / 1000;
    let told = [
        (1, first, "started".to_owned()),
        (2, first + 2, "renewed".to_owned()),
        (4, first + 2, "expired".to_owned()),
    ];
    assert_eq!(states(&journal), told);
}

/// What the log says of an end that came from outside, and how long after the order it came.
fn ended_by(ending: Ending) -> (Journal, u128) {
    let admitted = admitted(&plan());
    let (reader, thread) = endless();
    let journal = Journal::default();
    let begun = now();
    let mut news = Timetable::of([(400, Order::End(ending))]);
    let run = Run {
        admitted: &admitted,
        program: this_program(),
        config: config(true),
        input: reader.into(),
        clock: Clock::real(NOW),
    };
    let outcome = run.ordered(&journal, &mut news).unwrap();
    let took = begun.elapsed().as_millis();
    thread.join().unwrap();
    let ended = (outcome.status, outcome.fault, outcome.ending);
    assert_eq!(ended, (EndStatus::Stopped, None, Some(ending)));
    assert!(outcome.totals.read > 0, "what was read is accounted for");
    assert_eq!(journal.stop_reason().as_deref(), Some(ending.name()));
    assert!(journal.check() > 0, "the last window has its receipt");
    (journal, took - 400)
}

pub(crate) fn ended() {
    for (ending, state) in [
        (Ending::Suspended, 3),
        (Ending::Revoked, 4),
        (Ending::Stopped, 4),
    ] {
        let (journal, took) = ended_by(ending);
        println!("{}: {took} ms", ending.name());
        assert!(took < 2000, "{}: {took} ms", ending.name());
        let name = ending.name().to_owned();
        let lease = END / 1000;
        let told = [(1, lease, "started".to_owned()), (state, lease, name)];
        assert_eq!(states(&journal), told);
        // Acknowledged behind the last receipt, when nothing is read any more, and before the stop.
        let kinds = journal.kinds();
        let last = [EntryType::Receipt, EntryType::Effective, EntryType::Stop];
        assert_eq!(kinds[kinds.len() - 3..], last);
    }
}

pub(crate) fn another_statement() {
    let admitted = admitted(&plan());
    let other = plan().edit(Part::Statement, "keep 90d", "keep 30d");
    let ends = "not-after: 2027-04-01T13:00:00Z";
    let other = other.edit(Part::Lease, ends, "not-after: 2027-04-01T14:00:00Z");
    let mut news = Timetable::of([(0, Order::Renewed(Box::new(crate::office::admitted(&other))))]);
    let (reader, thread) = endless();
    let journal = Journal::default();
    let run = Run {
        admitted: &admitted,
        program: this_program(),
        config: config(true),
        input: reader.into(),
        clock: Clock::real(END - 700),
    };
    let outcome = run.ordered(&journal, &mut news).unwrap();
    thread.join().unwrap();
    assert_eq!(outcome.ending, Some(Ending::Expired));
    assert_eq!(states(&journal).len(), 2);
}

/// Becomes a supervisor whose lease ends behind two seconds, or was renewed by two at once. It says when it has started, and so on.
pub(crate) fn hanging(mut args: impl Iterator<Item = OsString>) -> ExitCode {
    let admitted = admitted(&plan());
    let renewed = args.next().unwrap() == "renewed";
    let mut news = Timetable::of([(
        0,
        Order::Renewed(Box::new(leased_until("2027-04-01T13:00:02Z"))),
    )]);
    let (reader, _thread) = endless();
    let journal = Journal::after(|entry| {
        if entry.envelope.kind == EntryType::Effective {
            println!("state {}", children()[0]);
        }
    });
    let run = Run {
        admitted: &admitted,
        program: this_program(),
        config: config(true),
        input: reader.into(),
        clock: Clock::real(END - 2000),
    };
    let orders: &mut dyn Orders = if renewed { &mut news } else { &mut NoOrders };
    let outcome = run.ordered(&journal, orders);
    ExitCode::from(u8::from(outcome.is_err()))
}

/// Whether a process has not ended; one that nobody has waited for yet has.
fn lives(id: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let state = stat.rsplit(") ").next().unwrap_or_default();
    !state.is_empty() && !state.starts_with('Z')
}

#[expect(
    clippy::disallowed_methods,
    reason = "it waits for a process that nobody waits for"
)]
pub(crate) fn hung() {
    for (kind, states, ends) in [("plain", 1, 2000..5500), ("renewed", 2, 4000..7500)] {
        let begun = now();
        let mut supervisor = Command::new(std::env::current_exe().unwrap())
            .args([ARGUMENT, kind])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out: File = std::os::fd::OwnedFd::from(supervisor.stdout.take().unwrap()).into();
        let lines: Vec<String> = BufReader::new(out)
            .lines()
            .take(states)
            .map(Result::unwrap)
            .collect();
        let sealed = lines[states - 1].strip_prefix("state ").unwrap();
        // From here on the supervisor does nothing at all.
        let id = rustix::process::Pid::from_raw(supervisor.id().cast_signed()).unwrap();
        std::thread::sleep(Duration::from_millis(300));
        rustix::process::kill_process(id, rustix::process::Signal::STOP).unwrap();
        while lives(sealed) {
            assert!(
                begun.elapsed().as_secs() < 20,
                "the sealed process lives on"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        let took = begun.elapsed().as_millis();
        supervisor.kill().unwrap();
        supervisor.wait().unwrap();
        println!(
            "{kind}: the sealed process was gone {} ms behind the end of the lease",
            took - ends.start
        );
        assert!(ends.contains(&took), "{kind}: {took} ms");
    }
}
