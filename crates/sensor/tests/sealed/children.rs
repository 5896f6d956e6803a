//! What the supervisor may have started: the sealed process, or one that took its place and misbehaves.

use crate::captures;
use sakimori_custody::frame::{Frame, Ready};
use sakimori_custody::identifier::Identifier;
use sakimori_custody::identifier::IdentifierField::{self, SourceMail, User};
use sakimori_custody::record::{Country, Direction, MechanicalRecord};
use sakimori_custody::window::{EndFrame, EndStatus, WindowCounters};
use std::io::{Cursor, Read, Write};
use std::os::fd::AsFd;
use std::process::ExitCode;

/// Names under which this program misbehaves, and the fault that the log tells.
pub(crate) const FAULTS: &[(&str, &str)] = &[
    ("writes-garbage", "seal-violated"),
    ("is-ready-twice", "seal-violated"),
    ("writes-another-direction", "seal-violated"),
    ("counts-other-records", "seal-violated"),
    ("counts-other-packets", "seal-violated"),
    ("skips-a-window", "seal-violated"),
    ("forgets-what-it-held", "seal-violated"),
    ("goes-back-in-time", "seal-violated"),
    ("counts-more-than-there-can-be", "seal-violated"),
    ("adds-up-to-more-than-there-can-be", "seal-violated"),
    (
        "writes-an-identifier-that-nobody-asked-for",
        "seal-violated",
    ),
    ("writes-an-identifier-of-another-record", "seal-violated"),
    ("writes-more-identifiers-than-a-record-has", "seal-violated"),
    ("counts-other-identifiers", "seal-violated"),
    ("ends-with-other-sums", "seal-violated"),
    ("ends-holding-packets", "seal-violated"),
    ("goes-on-behind-the-end", "seal-violated"),
    ("ends-in-a-frame", "seal-violated"),
    ("stays-behind-the-end", "stop-ignored"),
    ("ends-without-an-end", "process-died"),
    ("aborts", "process-died"),
    ("panics", "panic"),
];

/// Names under which it never says that it is sealed.
pub(crate) const NEVER_SEALED: &[&str] = &[
    "is-not-sealed",
    "says-nothing-and-ends",
    "begins-with-a-record",
];

/// The sealed process, or the one that the name tells.
pub(crate) fn become_one(name: &str) -> ExitCode {
    let known = FAULTS.iter().any(|row| row.0 == name) || NEVER_SEALED.contains(&name);
    match name {
        "reads-no-configuration" => forever(),
        "ignores-the-stop" => {
            configured();
            say(&[ready(true)]);
            forever()
        }
        "writes-records-without-end" => {
            configured();
            say(&[ready(true)]);
            let mut many = Vec::new();
            for _ in 0..300 {
                Frame::Record(record()).encode(&mut many);
            }
            while std::io::stdout().write_all(&many).is_ok() {}
            ExitCode::SUCCESS
        }
        _ if known => {
            configured();
            misbehave(name)
        }
        _ => sakimori_sensor::child::run(),
    }
}

/// Takes in the configuration, so that the supervisor goes on.
fn configured() {
    let mut control = std::fs::File::from(std::io::stderr().as_fd().try_clone_to_owned().unwrap());
    // Until when it may live, and how long its configuration is.
    let mut numbers = [0; 12];
    control.read_exact(&mut numbers).unwrap();
    let length = numbers.last_chunk().unwrap();
    let mut text = vec![0; u32::from_le_bytes(*length) as usize];
    control.read_exact(&mut text).unwrap();
}

#[expect(
    clippy::disallowed_methods,
    reason = "a process that hangs does nothing else"
)]
fn forever() -> ExitCode {
    loop {
        std::thread::sleep(std::time::Duration::from_mins(1));
    }
}

fn say(frames: &[Frame]) {
    let mut bytes = Vec::new();
    for frame in frames {
        frame.encode(&mut bytes);
    }
    raw(&bytes);
}

fn raw(bytes: &[u8]) {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).unwrap();
}

fn ready(seccomp: bool) -> Frame {
    Frame::Ready(Ready {
        landlock: 0,
        seccomp,
        network_namespace: false,
        map_version: 20_260_617,
    })
}

/// A record of one packet, as the pipeline writes it.
fn record() -> MechanicalRecord {
    let pipeline = crate::run::pipeline(crate::office::PACK, &[], 64);
    let file = [
        captures::header(),
        captures::record(0, true, 132, &[0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0]),
    ]
    .concat();
    let told = crate::run::Told::of(&crate::run::stream(Cursor::new(file), pipeline));
    let record = told.records[0];
    assert_eq!((record.packets(), record.direction), (1, Direction::InOut));
    assert_eq!(record.destination_country, Country::new(*b"US").unwrap());
    record
}

fn window(index: u64, held: (u64, u64), records: u64) -> WindowCounters {
    WindowCounters {
        index,
        start_ms: 60_000 * index,
        end_ms: 60_000 * (index + 1),
        held_before: held.0,
        read: records + held.1,
        selected: records,
        not_selected: held.0,
        held_after: held.1,
        records,
        flows_selected: records,
        ..WindowCounters::default()
    }
}

fn identifier(record: u64, field: IdentifierField) -> Frame {
    Frame::Identifier(Identifier {
        record,
        field,
        tag: [1; 32],
        blob: [2; 176],
    })
}

fn end(status: EndStatus, packets: u64, windows: u64, records: u64) -> Frame {
    Frame::End(EndFrame {
        status,
        offset: 7,
        packets,
        windows,
        records,
        events: 0,
        fault: u64::from(status == EndStatus::Fault),
    })
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn misbehave(name: &str) -> ExitCode {
    let good = [
        ready(true),
        Frame::Record(record()),
        Frame::Window(window(0, (0, 0), 1)),
    ];
    let ended = end(EndStatus::Complete, 1, 1, 1);
    let with = |frames: &[Frame]| say(&[&good, frames].concat());
    match name {
        "writes-garbage" => {
            with(&[]);
            raw(&[0xee; 4096]);
        }
        "is-ready-twice" => with(&[ready(true)]),
        "writes-another-direction" => {
            let other = MechanicalRecord {
                direction: Direction::OutOut,
                ..record()
            };
            with(&[Frame::Record(other)]);
        }
        "counts-other-records" => {
            with(&[Frame::Record(record()), Frame::Window(window(1, (0, 0), 2))]);
        }
        "counts-other-packets" => {
            let other = MechanicalRecord {
                packets_out: 7,
                ..record()
            };
            with(&[Frame::Record(other), Frame::Window(window(1, (0, 0), 1))]);
        }
        "skips-a-window" => with(&[Frame::Window(window(2, (0, 0), 0))]),
        "forgets-what-it-held" => {
            with(&[Frame::Window(window(1, (0, 5), 0))]);
            // Long enough that the receipt of what came before is in the log.
            pause();
            say(&[Frame::Window(window(2, (0, 0), 0))]);
        }
        "goes-back-in-time" => {
            let before = WindowCounters {
                start_ms: 59_000,
                ..window(1, (0, 0), 0)
            };
            with(&[Frame::Window(before)]);
        }
        "counts-more-than-there-can-be" => {
            let more = WindowCounters {
                bytes_read: (1 << 53) + 1,
                ..window(1, (0, 0), 0)
            };
            with(&[Frame::Window(more)]);
        }
        "adds-up-to-more-than-there-can-be" => {
            let half = |index| WindowCounters {
                flows_closed: 1 << 53,
                ..window(index, (0, 0), 0)
            };
            with(&[Frame::Window(half(1)), Frame::Window(half(2))]);
        }
        "writes-an-identifier-that-nobody-asked-for" => {
            with(&[Frame::Record(record()), identifier(1, SourceMail)]);
        }
        "writes-an-identifier-of-another-record" => {
            with(&[Frame::Record(record()), identifier(0, User)]);
        }
        "writes-more-identifiers-than-a-record-has" => {
            let many = [identifier(1, User); 17];
            with(&[&[Frame::Record(record())], many.as_slice()].concat());
        }
        "counts-other-identifiers" => with(&[
            Frame::Record(record()),
            identifier(1, User),
            Frame::Window(window(1, (0, 0), 1)),
        ]),
        "ends-with-other-sums" => with(&[end(EndStatus::Complete, 2, 1, 1)]),
        "ends-holding-packets" => with(&[
            Frame::Window(window(1, (0, 5), 0)),
            end(EndStatus::Complete, 6, 2, 1),
        ]),
        "goes-on-behind-the-end" => with(&[ended, Frame::Window(window(1, (0, 0), 0))]),
        "ends-in-a-frame" => {
            with(&[]);
            raw(&[1, 2, 3]);
        }
        "stays-behind-the-end" => {
            with(&[ended]);
            return forever();
        }
        "ends-without-an-end" => with(&[Frame::Record(record())]),
        "aborts" => {
            with(&[Frame::Record(record())]);
            std::process::abort();
        }
        "panics" => {
            with(&[Frame::Record(record()), end(EndStatus::Fault, 0, 0, 0)]);
            return ExitCode::from(101);
        }
        "is-not-sealed" => say(&[ready(false)]),
        "begins-with-a-record" => say(&[Frame::Record(record())]),
        _ => {}
    }
    ExitCode::SUCCESS
}

#[expect(
    clippy::disallowed_methods,
    reason = "what a supervisor does in the silence of a process is what is tested"
)]
fn pause() {
    std::thread::sleep(std::time::Duration::from_millis(600));
}
