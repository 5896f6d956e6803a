//! Processes: frozen, gone on, stopped, refused.

use crate::world::{
    Planted, USER, World, effect, measure, never, now, pass, running, signal, until,
};
use rustix::process::Signal;
use sakimori_actuator::substrate::{Fault, Substrate};
use sakimori_respond::engine::Deed;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

pub(crate) fn fresh() {
    let mut world = World::new();
    let planted = world.plant();
    let file = world.file("implant", b"evil");
    let mut host = world.host();
    let file_target = crate::world::file_target(&file);
    let all = [
        (Deed::Freeze, planted.target()),
        (Deed::Stop, planted.target()),
        (Deed::Quarantine, file_target),
        (Deed::Isolate, "host:web-1".to_owned()),
    ];
    let refused = |host: &mut dyn Substrate, words: &str| {
        for (deed, target) in &all {
            assert!(never(host.rehearse(*deed, target)).contains(words));
            assert!(never(host.before(&effect(1, *deed, target, 60))).contains(words));
            assert!(never(host.apply(&effect(1, *deed, target, 60))).contains(words));
        }
    };
    refused(&mut host, "cannot be read: nothing is allowed");
    world.policy("");
    refused(&mut host, "does not allow this deed");
    world.policy("allow: everything\n");
    refused(&mut host, "line 2 of the policy is not understood");
    assert!(!planted.is_frozen());
    assert!(file.exists());
    assert_eq!(host.look().unwrap(), []);
    world.open_policy("");
    host.apply(&effect(1, Deed::Freeze, &planted.target(), 60))
        .unwrap();
    assert!(planted.is_frozen());
}

pub(crate) fn policy_of_others() {
    let mut world = World::new();
    let planted = world.plant();
    world.open_policy("");
    let mut host = world.host();
    let policy = world.path("policy");
    let freeze = effect(1, Deed::Freeze, &planted.target(), 60);
    for mode in [0o666, 0o622, 0o620] {
        std::fs::set_permissions(&policy, PermissionsExt::from_mode(mode)).unwrap();
        assert!(
            never(host.apply(&freeze)).contains("not the owner's alone"),
            "{mode:o}"
        );
    }
    std::fs::set_permissions(&policy, PermissionsExt::from_mode(0o644)).unwrap();
    std::os::unix::fs::chown(&policy, Some(USER), None).unwrap();
    assert!(never(host.apply(&freeze)).contains("not the owner's alone"));
    std::os::unix::fs::chown(&policy, Some(0), None).unwrap();
    std::fs::set_permissions(world.folder(), PermissionsExt::from_mode(0o777)).unwrap();
    assert!(never(host.apply(&freeze)).contains("not the owner's alone"));
    std::fs::set_permissions(world.folder(), PermissionsExt::from_mode(0o755)).unwrap();
    let real = world.path("real");
    std::fs::rename(&policy, &real).unwrap();
    std::os::unix::fs::symlink(&real, &policy).unwrap();
    assert!(never(host.apply(&freeze)).contains("cannot be read"));
    assert!(!planted.is_frozen());
}

pub(crate) fn frozen() {
    let mut world = World::new();
    let planted = world.plant();
    world.open_policy("");
    let mut host = world.host();
    host.rehearse(Deed::Freeze, &planted.target()).unwrap();
    assert!(!planted.is_frozen());
    let freeze = effect(1, Deed::Freeze, &planted.target(), 2);
    let before = host.before(&freeze).unwrap();
    assert!(
        before.starts_with(&format!("state=stopped user={USER}"))
            || before.starts_with(&format!("state=running user={USER}")),
        "{before}"
    );
    assert!(
        before.starts_with("state=running") && before.contains("cgroup="),
        "{before}"
    );
    let began = now().boot_ms;
    host.apply(&freeze).unwrap();
    assert!(planted.is_frozen());
    println!(
        "freeze, from apply to the state that was read back: {} ms",
        now().boot_ms - began
    );
    let seen = host.look().unwrap();
    assert_eq!(seen.len(), 1);
    assert_eq!((&seen[0].key, seen[0].until), (&freeze.key, freeze.until));
    assert_eq!(host.met().unwrap()[0].1.times, 0);
    // Nobody asks any more: the helper's own timer ends it.
    until("it goes on at its end", || !planted.is_frozen());
    let lasted = now().boot_ms - began;
    println!("a freeze of 2 s lasted {lasted} ms");
    assert!((1_900..6_000).contains(&lasted), "{lasted}");
    until("it is not shown", || host.look().unwrap().is_empty());
    host.apply(&effect(1, Deed::Freeze, &planted.target(), 600))
        .unwrap();
    let began = now().boot_ms;
    host.remove(&freeze.key, Some(&before)).unwrap();
    assert!(!planted.is_frozen());
    println!("freeze, release: {} ms", now().boot_ms - began);
    host.remove(&freeze.key, None).unwrap();
}

pub(crate) fn stopped() {
    let mut world = World::new();
    let planted = world.plant();
    world.open_policy("");
    let mut host = world.host();
    let target = planted.target();
    let (freeze, stop) = (
        effect(1, Deed::Freeze, &target, 600),
        effect(1, Deed::Stop, &target, 600),
    );
    for _ in 0..2 {
        assert!(never(host.apply(&stop)).contains("only after it was frozen"));
    }
    // Stopped by another is not frozen by us.
    signal(planted.pid, Signal::STOP);
    until("it is stopped", || planted.is_frozen());
    assert!(never(host.apply(&stop)).contains("only after it was frozen"));
    signal(planted.pid, Signal::CONT);
    until("it goes on", || !planted.is_frozen());
    host.apply(&freeze).unwrap();
    let before = host.before(&stop).unwrap();
    assert!(
        before.starts_with("irreversible; a copy of the program is kept"),
        "{before}"
    );
    let began = now().boot_ms;
    host.apply(&stop).unwrap();
    assert!(world.has_ended());
    println!("stop, from apply to its end: {} ms", now().boot_ms - began);
    let deeds: Vec<Deed> = host
        .look()
        .unwrap()
        .iter()
        .map(|found| found.key.deed)
        .collect();
    assert_eq!(deeds, [Deed::Freeze, Deed::Stop]);
    host.apply(&stop).unwrap();
    let copy = std::fs::read_dir(world.path("store"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    assert_eq!(
        std::fs::read(&copy).unwrap(),
        std::fs::read(world.program("miner")).unwrap()
    );
    assert!(Command::new(&copy).status().is_err());
    host.remove(&freeze.key, None).unwrap();
    host.remove(&stop.key, None).unwrap();
    assert_eq!(host.look().unwrap(), []);
    assert!(never(host.apply(&freeze)).contains("there is no such process"));
}

pub(crate) fn protected() {
    let mut world = World::new();
    let planted = world.plant();
    let mut host = world.host();
    let freeze = effect(1, Deed::Freeze, &planted.target(), 600);
    let program = world.program("miner");
    let file = effect(
        1,
        Deed::Quarantine,
        &crate::world::file_target(&program),
        600,
    );
    for line in [
        format!("protect: {}\n", program.display()),
        format!("protect-user: {USER}\n"),
        format!("protect: {}\n", world.folder().display()),
    ] {
        world.open_policy(&line);
        assert!(
            never(host.apply(&freeze)).contains("protected list"),
            "{line}"
        );
        assert!(
            never(host.apply(&file)).contains("protected list"),
            "{line}"
        );
        assert!(
            never(host.rehearse(Deed::Freeze, &planted.target())).contains("protected list"),
            "{line}"
        );
    }
    assert!(!planted.is_frozen());
    assert!(program.exists());
}

pub(crate) fn never_touched() {
    let world = World::new();
    // An owner who allows everything.
    world.policy(&format!(
        "allow: freeze\nallow: stop\npath: /\nuser: 0\nuser: {USER}\n"
    ));
    let mut host = world.host();
    let mut refused = |pid: u32, words: &str| {
        let planted = Planted::of(pid);
        for deed in [Deed::Freeze, Deed::Stop] {
            let why = never(host.apply(&effect(1, deed, &planted.target(), 60)));
            assert!(why.contains(words), "{pid}: {why}");
        }
        assert!(!planted.is_frozen(), "{pid}");
    };
    refused(1, "first process");
    refused(2, "kernel");
    let kernel = std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let kernel: Vec<u32> = kernel
        .filter(|pid| {
            sakimori_actuator::host::guard::Stat::read(*pid).is_ok_and(|stat| stat.parent == 2)
        })
        .take(3)
        .collect();
    assert!(!kernel.is_empty());
    for pid in kernel {
        refused(pid, "kernel");
    }
    // The helper itself, this program, which started it, and who started this program.
    refused(world.helpers()[0], "this agent");
    refused(std::process::id(), "this agent");
    let parser = running("role-parser");
    refused(*parser.last().unwrap(), "this agent");
    let parent = rustix::process::getppid()
        .unwrap()
        .as_raw_nonzero()
        .get()
        .cast_unsigned();
    refused(parent, "");
    // A process at the place of the remote login's program, in a mount namespace of its own.
    let script =
        "mount -t tmpfs tmpfs /usr/sbin && cp /bin/sleep /usr/sbin/sshd && exec /usr/sbin/sshd 600";
    let child = Command::new("unshare")
        .args(["--mount", "sh", "-c", script])
        .stdin(Stdio::null())
        .spawn();
    let mut child = child.unwrap();
    let pid = child.id();
    until("the planted login runs", || {
        std::fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|link| link.ends_with("sshd"))
    });
    refused(pid, "remote login");
    child.kill().unwrap();
    child.wait().unwrap();
}

pub(crate) fn identity() {
    let mut world = World::new();
    let planted = world.plant();
    world.open_policy("");
    let mut host = world.host();
    let mut refused = |planted: &Planted, words: &str| {
        let why = never(host.apply(&effect(1, Deed::Freeze, &planted.target(), 60)));
        assert!(why.contains(words), "{why}");
    };
    let other = |change: fn(&mut Planted)| {
        let mut other = planted.clone();
        change(&mut other);
        other
    };
    refused(
        &other(|p| p.start += 1),
        "no process with this number was started then",
    );
    refused(
        &other(|p| p.start = 0),
        "no process with this number was started then",
    );
    refused(&other(|p| p.hash[31] ^= 1), "another program");
    refused(&other(|p| p.pid = 4_194_303), "");
    // A thread of this process that is not its first.
    let (tell, told) = std::sync::mpsc::channel();
    let (end, ended) = std::sync::mpsc::channel::<()>();
    let thread = std::thread::spawn(move || {
        tell.send(
            rustix::thread::gettid()
                .as_raw_nonzero()
                .get()
                .cast_unsigned(),
        )
        .unwrap();
        ended.recv().ok();
    });
    let tid = told.recv().unwrap();
    assert_ne!(tid, std::process::id());
    refused(&Planted::of(tid), "");
    drop(end);
    thread.join().unwrap();
    // Another user's process, and one elsewhere.
    world.policy(&format!(
        "allow: freeze\npath: {}\nuser: 1\n",
        world.path("srv").display()
    ));
    refused(&planted, "no user that the owner allows");
    world.policy(&format!(
        "allow: freeze\npath: {}\nuser: {USER}\n",
        world.path("elsewhere").display()
    ));
    refused(&planted, "not below a path");
    assert!(!planted.is_frozen());
}

pub(crate) fn exec_race() {
    let world = World::new();
    world.program("miner");
    // The user's own shell, which starts the program that is meant, and then another in its place.
    let shell = world.path("srv").join("shell");
    std::fs::copy(
        sakimori_testkit::in_path("dash")
            .or_else(|| sakimori_testkit::in_path("sh"))
            .unwrap(),
        &shell,
    )
    .unwrap();
    world.open_policy("");
    let mut host = world.host();
    let hash = Planted {
        pid: 0,
        start: 0,
        hash: crate::world::sha256(&std::fs::read(&shell).unwrap()),
    }
    .hash;
    let (mut held, mut refused) = (0, 0);
    for delay in 0..24 {
        let miner = world.path("srv").join("miner");
        let script = format!("read x; exec {} 600", miner.display());
        let mut child = Command::new(&shell)
            .args(["-c", &script])
            .uid(USER)
            .gid(USER)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let pid = child.id();
        until("the shell runs", || {
            std::fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|link| link == shell)
        });
        let planted = Planted {
            hash,
            ..Planted::of(pid)
        };
        let mut input = child.stdin.take().unwrap();
        let writer = std::thread::spawn(move || {
            pass(delay / 2);
            std::io::Write::write_all(&mut input, b"\n").ok();
            input
        });
        let freeze = effect(1, Deed::Freeze, &planted.target(), 60);
        let done = host.apply(&freeze);
        let input = writer.join().unwrap();
        if done.is_ok() {
            // What is held is what was meant, and stays it.
            assert!(planted.is_frozen());
            assert_eq!(
                std::fs::read_link(format!("/proc/{pid}/exe")).unwrap(),
                shell
            );
            host.remove(&freeze.key, None).unwrap();
            held += 1;
        } else {
            until("it is not left frozen", || !planted.is_frozen());
            assert_eq!(host.look().unwrap(), []);
            refused += 1;
        }
        drop(input);
        child.kill().unwrap();
        child.wait().unwrap();
    }
    println!("a program that starts another meanwhile: held {held} times, refused {refused} times");
    assert_eq!(held + refused, 24);
}

pub(crate) fn two_measures() {
    let mut world = World::new();
    let planted = world.plant();
    world.open_policy("");
    let mut host = world.host();
    let first = effect(1, Deed::Freeze, &planted.target(), 600);
    let second = effect(2, Deed::Freeze, &planted.target(), 600);
    host.apply(&first).unwrap();
    host.apply(&second).unwrap();
    assert_eq!(host.look().unwrap().len(), 2);
    host.remove(&first.key, None).unwrap();
    assert!(planted.is_frozen());
    assert_eq!(host.look().unwrap()[0].key, second.key);
    host.remove(&second.key, None).unwrap();
    assert!(!planted.is_frozen());
}

pub(crate) fn stopped_before() {
    let mut world = World::new();
    let planted = world.plant();
    signal(planted.pid, Signal::STOP);
    until("it is stopped", || planted.is_frozen());
    world.open_policy("");
    let mut host = world.host();
    let freeze = effect(1, Deed::Freeze, &planted.target(), 600);
    assert!(host.before(&freeze).unwrap().starts_with("state=stopped"));
    host.apply(&freeze).unwrap();
    host.remove(&freeze.key, None).unwrap();
    assert!(planted.is_frozen());
    signal(planted.pid, Signal::CONT);
}

pub(crate) fn undone_by_others() {
    let mut world = World::new();
    let planted = world.plant();
    world.open_policy("");
    let mut host = world.host();
    let freeze = effect(1, Deed::Freeze, &planted.target(), 600);
    host.apply(&freeze).unwrap();
    signal(planted.pid, Signal::CONT);
    until("it goes on", || !planted.is_frozen());
    assert_eq!(host.look().unwrap(), []);
    host.apply(&freeze).unwrap();
    assert!(planted.is_frozen());
    assert_eq!(host.met().unwrap()[0].1.times, 1);
    // Who has ended does nothing any more: that holds.
    signal(planted.pid, Signal::KILL);
    until("it has ended", || world.has_ended());
    assert_eq!(host.look().unwrap().len(), 1);
    host.remove(&freeze.key, None).unwrap();
    assert_eq!(host.look().unwrap(), []);
}

pub(crate) fn stopped_again_and_again() {
    let mut world = World::new();
    let planted = world.plant();
    world.open_policy("");
    let mut host = world.host();
    let freeze = effect(1, Deed::Freeze, &planted.target(), 600);
    let (over, on) = (AtomicBool::new(false), AtomicBool::new(false));
    let pid = planted.pid;
    let (mut longest, mut still) = (0, 0);
    std::thread::scope(|scope| {
        // Somebody else who wants it stopped whatever happens.
        for _ in 0..3 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    if on.load(Ordering::Relaxed) {
                        signal(pid, Signal::STOP);
                    } else {
                        pass(1);
                    }
                }
            });
        }
        let rounds = || {
            for _ in 0..40 {
                host.apply(&freeze)?;
                on.store(true, Ordering::Relaxed);
                let began = now().boot_ms;
                host.remove(&freeze.key, None)?;
                longest = longest.max(now().boot_ms - began);
                // It is not ours any more: neither told as in force nor undone again and again.
                let seen = host.look()?;
                still += u64::from(planted.is_frozen());
                on.store(false, Ordering::Relaxed);
                pass(5);
                signal(pid, Signal::CONT);
                let went = (0..400).any(|_| {
                    pass(5);
                    !planted.is_frozen()
                });
                assert!(seen.is_empty() && went);
            }
            Ok::<(), Fault>(())
        };
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(rounds));
        over.store(true, Ordering::Relaxed);
        done.unwrap().unwrap();
    });
    println!(
        "release of a process that another stops again and again: {longest} ms at most, {still} of 40 times it stood still again at once"
    );
    assert!(longest < 3_000, "{longest}");
    assert!(still > 0, "nobody stopped it");
    pass(600);
    assert!(!planted.is_frozen(), "somebody of ours stops it again");
}

pub(crate) fn veto() {
    let mut world = World::new();
    let planted = world.plant();
    let mut host = world.host();
    let freeze = effect(5, Deed::Freeze, &planted.target(), 600);
    let protect = format!("protect: {}\n", world.path("srv").display());
    for line in [
        format!("veto: {}\n", planted.target()),
        format!("veto: {}\n", measure(5)),
        protect,
    ] {
        world.open_policy("");
        host.apply(&freeze).unwrap();
        assert!(planted.is_frozen());
        world.open_policy(&line);
        let ms = until("the veto lets it go on", || !planted.is_frozen());
        println!("from the owner's veto to the release: {ms} ms");
        assert!(never(host.apply(&freeze)).contains("owner"), "{line}");
        until("it is not shown", || host.look().unwrap().is_empty());
    }
    world.open_policy("");
    host.apply(&freeze).unwrap();
    std::fs::remove_file(world.path("policy")).unwrap();
    until("without a policy it goes on", || !planted.is_frozen());
}

pub(crate) fn again() {
    let mut world = World::new();
    let planted = world.plant();
    world.open_policy("");
    let mut host = world.host();
    host.apply(&effect(1, Deed::Freeze, &planted.target(), 600))
        .unwrap();
    let shorter = effect(1, Deed::Freeze, &planted.target(), 1);
    host.apply(&shorter).unwrap();
    let seen = host.look().unwrap();
    assert_eq!((seen.len(), seen[0].until), (1, shorter.until));
    assert_eq!(host.met().unwrap()[0].1.times, 0);
    until("it ends at the later word", || !planted.is_frozen());
}
