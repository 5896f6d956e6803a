//! The split: what the parser cannot do, and what the helper does not understand.

use crate::roles::ATTEMPTS;
use crate::world::{World, effect, running, until};
use sakimori_actuator::host::wire::{
    Answer, Ask, HEAD_BYTES, Of, Outcome, QUESTION_BYTES, Question,
};
use sakimori_actuator::substrate::Substrate;
use sakimori_respond::engine::Deed;
use sakimori_respond::host::HostTarget;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// This program as another user, who need not come through the folders above it: it is started by the descriptor beside the command.
fn as_user(user: u32) -> (File, Command) {
    let program = File::open(std::env::current_exe().unwrap()).unwrap();
    let mut command = Command::new(format!("/proc/self/fd/{}", program.as_raw_fd()));
    command.uid(user).gid(user);
    (program, command)
}

pub(crate) fn confined() {
    let run = |what: &str| {
        let (_program, mut command) = as_user(61_734);
        command
            .args(["role-try", what])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap()
    };
    assert!(run("nothing").success());
    for what in ATTEMPTS {
        assert_eq!(run(what).signal(), Some(31), "{what}");
    }
    // The one that runs.
    let world = World::new();
    let known = running("role-parser");
    let mut host = world.host();
    let parsers = running("role-parser");
    let parser = parsers.iter().find(|pid| !known.contains(pid)).unwrap();
    let status = std::fs::read_to_string(format!("/proc/{parser}/status")).unwrap();
    let has = |line: &str| status.lines().any(|found| found == line);
    for line in [
        "Uid:\t61734\t61734\t61734\t61734",
        "Gid:\t61734\t61734\t61734\t61734",
        "Groups:\t ",
        "NoNewPrivs:\t1",
        "Seccomp:\t2",
        "CapEff:\t0000000000000000",
        "Threads:\t1",
    ] {
        assert!(has(line), "{line:?} is not in {status}");
    }
    // What this program was itself started with it hands on; the filter lets nothing be read or written there.
    let descriptors = |of: &str| {
        let all = std::fs::read_dir(format!("/proc/{of}/fd"))
            .unwrap()
            .flatten();
        let names = all.map(|entry| entry.file_name().into_string().unwrap());
        names.collect::<std::collections::BTreeSet<_>>()
    };
    let mut plain = Command::new(sakimori_testkit::in_path("sleep").unwrap())
        .arg("600")
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    assert!(descriptors(&parser.to_string()).is_subset(&descriptors(&plain.id().to_string())));
    plain.kill().unwrap();
    plain.wait().unwrap();
    assert_eq!(host.look().unwrap(), []);
}

pub(crate) fn root() {
    let own = std::env::current_exe().unwrap();
    let done = Command::new(own)
        .args(["role-try", "nothing"])
        .status()
        .unwrap();
    assert_eq!(done.code(), Some(3));
}

/// A helper without a parser.
fn bare(world: &World) -> (UnixStream, Child) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let launch = world.launch();
    let (program, args) = launch.helper.split_first().unwrap();
    let child = Command::new(program)
        .args(args)
        .stdin(OwnedFd::from(theirs))
        .spawn()
        .unwrap();
    ours.set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    (ours, child)
}

fn answer(stream: &mut UnixStream) -> Answer {
    let mut head = [0; HEAD_BYTES];
    stream.read_exact(&mut head).unwrap();
    Answer::decode_head(&head).unwrap().0
}

pub(crate) fn malformed() {
    let mut world = World::new();
    let planted = world.plant();
    world.open_policy("");
    let freeze = Question {
        ask: Ask::Apply,
        of: Some(Of {
            measure: [1; 32],
            deed: Deed::Freeze,
            target: HostTarget::parse(&planted.target()).unwrap(),
            until: effect(1, Deed::Freeze, "", 600).until,
            seconds: 600,
        }),
    };
    let good = freeze.encode();
    let changed = |at: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[at] = value;
        bytes
    };
    let hostile = [
        vec![0; QUESTION_BYTES],
        vec![0xff; QUESTION_BYTES],
        changed(0, b'X'),
        changed(4, 99),
        changed(5, Deed::Block.code()),
        changed(5, Deed::Quarantine.code()),
        changed(7, 1),
        changed(QUESTION_BYTES - 1, 1),
    ];
    for bytes in hostile {
        let (mut stream, mut helper) = bare(&world);
        stream.write_all(&bytes).unwrap();
        assert_eq!(answer(&mut stream).outcome, Outcome::Malformed);
        // Also a good one is not heard behind it.
        stream.write_all(&good).ok();
        assert_eq!(stream.read(&mut [0]).unwrap_or(0), 0);
        assert!(!planted.is_frozen());
        assert!(helper.wait().unwrap().success());
    }
    let (mut stream, mut helper) = bare(&world);
    stream.write_all(&good).unwrap();
    assert_eq!(answer(&mut stream).outcome, Outcome::Done);
    assert!(planted.is_frozen());
    let release = Question {
        ask: Ask::Release,
        of: None,
    };
    stream.write_all(&release.encode()).unwrap();
    assert_eq!(answer(&mut stream).outcome, Outcome::Done);
    assert!(!planted.is_frozen());
    drop(stream);
    assert!(helper.wait().unwrap().success());
}

pub(crate) fn half() {
    let mut world = World::new();
    let planted = world.plant();
    world.open_policy("");
    let (mut stream, mut helper) = bare(&world);
    let freeze = Question {
        ask: Ask::Apply,
        of: Some(Of {
            measure: [1; 32],
            deed: Deed::Freeze,
            target: HostTarget::parse(&planted.target()).unwrap(),
            until: effect(1, Deed::Freeze, "", 1).until,
            seconds: 1,
        }),
    };
    stream.write_all(&freeze.encode()).unwrap();
    assert_eq!(answer(&mut stream).outcome, Outcome::Done);
    assert!(planted.is_frozen());
    let look = Question {
        ask: Ask::Look,
        of: None,
    }
    .encode();
    stream.write_all(&look[..100]).unwrap();
    let ms = until("the end comes while half a question waits", || {
        !planted.is_frozen()
    });
    println!("an end of 1 s behind half a question: {ms} ms");
    stream.write_all(&look[100..]).unwrap();
    assert_eq!(answer(&mut stream).outcome, Outcome::Done);
    drop(stream);
    assert!(helper.wait().unwrap().success());
}

pub(crate) fn lines() {
    let world = World::new();
    let (to_helper, to_parser) = UnixStream::pair().unwrap();
    let (ours, to_engine) = UnixStream::pair().unwrap();
    let launch = world.launch();
    let (program, args) = launch.helper.split_first().unwrap();
    let mut helper = Command::new(program)
        .args(args)
        .stdin(OwnedFd::from(to_parser))
        .spawn()
        .unwrap();
    let (_program, mut command) = as_user(launch.user);
    command
        .args(&launch.parser[1..])
        .stdin(OwnedFd::from(to_engine))
        .stdout(OwnedFd::from(to_helper));
    let mut parser = command.spawn().unwrap();
    // It has our ends of both.
    drop(command);
    ours.set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let mut lines = BufReader::new(ours.try_clone().unwrap());
    let mut ask = |text: &[u8]| {
        let mut stream = &ours;
        stream.write_all(text).unwrap();
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        line
    };
    for bad in [
        &b"\n"[..],
        b"scan 192.0.2.0/24\n",
        b"\xff\xfe\n",
        b"apply freeze\n",
        b"rehearse freeze process:1:1:x\n",
        b"look \n",
    ] {
        assert!(ask(bad).starts_with("never "), "{bad:?}");
    }
    assert_eq!(ask(b"look\n"), "done \n");
    // A line without end ends the parser, not the helper.
    let mut stream = &ours;
    stream.write_all(&vec![b'a'; 40_000]).ok();
    assert!(!parser.wait().unwrap().success());
    assert!(helper.wait().unwrap().success());
}
