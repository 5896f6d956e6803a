//! Falls: of the agent behind each of its steps, of the helper, of everything.

use crate::files::{Whole, rich};
use crate::world::{Planted, World, asked, effect, now, sha256, signal, target_of, until};
use rustix::process::Signal;
use sakimori_actuator::host::clock::{Clock, KernelClock, Moment};
use sakimori_actuator::host::works::Works;
use sakimori_actuator::substrate::{Fault, Substrate};
use sakimori_custody::time::Seconds;
use sakimori_respond::engine::Deed;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

/// More steps than any act has.
const STEPS_MAX: usize = 20;

/// Does something in a process that falls behind a step; says whether it fell.
fn fall(world: &World, step: usize, what: &str, target: &str) -> bool {
    let own = std::env::current_exe().unwrap();
    let args = [
        "role-fall",
        world.folder().to_str().unwrap(),
        &step.to_string(),
        what,
        target,
    ];
    let done = Command::new(own).args(args).status().unwrap();
    assert!(
        done.success() || done.signal() == Some(9),
        "{what} {step}: {done}"
    );
    !done.success()
}

fn next(world: &World) -> Works {
    world
        .works(Box::new(KernelClock), Box::new(|_| {}))
        .unwrap()
}

/// What is held after a fall: in force and shown, or not in force and not shown.
fn is_whole(works: &mut Works, in_force: bool, deed: Deed, context: &str) {
    let shown = works
        .look()
        .unwrap()
        .iter()
        .any(|found| found.key.deed == deed);
    assert_eq!(shown, in_force, "{context}");
}

pub(crate) fn process() {
    let mut steps = Vec::new();
    for what in ["apply", "remove", "stop"] {
        for step in 0..STEPS_MAX {
            let mut world = World::new();
            let planted: Planted = world.plant();
            world.open_policy("");
            let target = planted.target();
            if what != "apply" {
                next(&world)
                    .apply(&asked(&effect(7, Deed::Freeze, &target, 600)))
                    .unwrap();
            }
            let fell = fall(&world, step, what, &target);
            let context = format!("{what}, fall behind step {step}");
            let mut works = next(&world);
            if world.has_ended() {
                assert_eq!(what, "stop", "{context}");
                is_whole(&mut works, true, Deed::Stop, &context);
            } else {
                is_whole(&mut works, planted.is_frozen(), Deed::Freeze, &context);
                is_whole(&mut works, false, Deed::Stop, &context);
                // What was begun can be done again.
                works
                    .apply(&asked(&effect(7, Deed::Freeze, &target, 600)))
                    .unwrap();
                assert!(planted.is_frozen(), "{context}");
            }
            works.release().unwrap();
            assert!(works.is_idle() && !planted.is_frozen(), "{context}");
            if !fell {
                steps.push((what, step));
                break;
            }
        }
    }
    println!("falls of a process: {steps:?}");
    assert_eq!(steps.len(), 3);
    assert!(steps.iter().all(|(_, steps)| *steps >= 3), "{steps:?}");
}

pub(crate) fn file() {
    let mut steps = Vec::new();
    for what in ["apply", "remove"] {
        for step in 0..STEPS_MAX {
            let world = World::new();
            world.open_policy("");
            let path = world.file("implant", b"evil");
            rich(&path);
            let as_it_was = Whole::of(&path);
            let target = target_of(sha256(b"evil"), &path);
            if what == "remove" {
                next(&world)
                    .apply(&asked(&effect(7, Deed::Quarantine, &target, 600)))
                    .unwrap();
            }
            let fell = fall(&world, step, what, &target);
            let context = format!("{what}, fall behind step {step}");
            let mut works = next(&world);
            let away = !path.exists();
            assert_eq!(world.stored(), usize::from(away), "{context}");
            is_whole(&mut works, away, Deed::Quarantine, &context);
            if !away {
                assert_eq!(Whole::of(&path), as_it_was, "{context}");
            }
            works
                .apply(&asked(&effect(7, Deed::Quarantine, &target, 600)))
                .unwrap();
            assert!(!path.exists(), "{context}");
            works.release().unwrap();
            assert_eq!(Whole::of(&path), as_it_was, "{context}");
            assert!(works.is_idle(), "{context}");
            if !fell {
                steps.push((what, step));
                break;
            }
        }
    }
    println!("falls of a file: {steps:?}");
    assert_eq!(steps.len(), 2);
    assert!(steps.iter().all(|(_, steps)| *steps >= 4), "{steps:?}");
}

pub(crate) fn killed() {
    let mut world = World::new();
    let planted = world.plant();
    world.open_policy("");
    let mut host = world.host();
    let freeze = effect(1, Deed::Freeze, &planted.target(), 600);
    host.apply(&freeze).unwrap();
    signal(world.helpers()[0], Signal::KILL);
    until("the helper has ended", || world.helpers().is_empty());
    // It stays frozen: nothing but a next helper lets it go on.
    assert!(planted.is_frozen());
    assert!(host.look().is_err());
    let seen = host.look().unwrap();
    assert_eq!((seen.len(), &seen[0].key), (1, &freeze.key));
    host.remove(&freeze.key, None).unwrap();
    assert!(!planted.is_frozen());
    // What is over when the next one starts is undone at once.
    host.apply(&effect(1, Deed::Freeze, &planted.target(), 1))
        .unwrap();
    signal(world.helpers()[0], Signal::KILL);
    until("the helper has ended", || world.helpers().is_empty());
    crate::world::pass(1_100);
    assert!(planted.is_frozen());
    assert!(host.look().is_err());
    assert_eq!(host.look().unwrap(), []);
    assert!(!planted.is_frozen());
}

pub(crate) fn alone() {
    let mut world = World::new();
    let planted = world.plant();
    world.open_policy("");
    let path = world.file("implant", b"evil");
    rich(&path);
    let as_it_was = Whole::of(&path);
    let mut host = world.host();
    host.apply(&effect(1, Deed::Freeze, &planted.target(), 8))
        .unwrap();
    let file = effect(1, Deed::Quarantine, &target_of(sha256(b"evil"), &path), 8);
    host.apply(&file).unwrap();
    // The engine's process and the parser are gone; the helper goes on.
    drop(host);
    assert!(planted.is_frozen() && !path.exists());
    // A next engine takes over, and has all of it.
    let mut host = world.host();
    assert_eq!(host.look().unwrap().len(), 2);
    drop(host);
    until("it goes on at its end", || !planted.is_frozen());
    until("the file is back at its end", || path.exists());
    until("a helper that holds nothing ends", || {
        world
            .helpers()
            .iter()
            .all(|pid| Planted::of(*pid).state() == b'Z')
    });
    assert_eq!(Whole::of(&path), as_it_was);
}

/// A clock that a test sets.
struct Set(Moment);

impl Clock for Set {
    fn now(&self) -> Moment {
        self.0
    }
}

pub(crate) fn reboot() {
    let mut world = World::new();
    let planted = world.plant();
    world.open_policy("");
    let path = world.file("implant", b"evil");
    let target = target_of(sha256(b"evil"), &path);
    let began = now();
    let mut works = next(&world);
    works
        .apply(&asked(&effect(7, Deed::Freeze, &planted.target(), 600)))
        .unwrap();
    works
        .apply(&asked(&effect(7, Deed::Quarantine, &target, 600)))
        .unwrap();
    drop(works);
    // Another start: the records speak of a number that is none of this one.
    let records = std::fs::read_dir(world.path("state/records"))
        .unwrap()
        .flatten();
    let boot = sakimori_actuator::host::clock::boot_id().unwrap();
    for record in records {
        let text = std::fs::read_to_string(record.path()).unwrap();
        assert!(text.contains(&boot));
        std::fs::write(
            record.path(),
            text.replace(&boot, "00000000-0000-4000-8000-000000000000"),
        )
        .unwrap();
    }
    let at = |boot_ms: u64, wall: u64| {
        Box::new(Set(Moment {
            boot_ms,
            wall: Seconds(wall),
        }))
    };
    let look = |clock: Box<Set>| {
        let mut works = world.works(clock, Box::new(|_| {})).unwrap();
        works
            .look()
            .unwrap()
            .iter()
            .map(|found| found.key.deed)
            .collect::<Vec<_>>()
    };
    // The process has the same number by chance: it is not touched, and its record is gone.
    assert_eq!(look(at(5_000, began.wall.0 + 10)), [Deed::Quarantine]);
    assert!(planted.is_frozen());
    signal(planted.pid, Signal::CONT);
    // A clock that was set back does not make it longer than it was to last.
    let mut works = world.works(at(5_000, 0), Box::new(|_| {})).unwrap();
    assert!(works.turn().is_some_and(|end| end <= 605_000));
    drop(works);
    assert!(!path.exists());
    // At its end, or a day behind, it is back.
    assert_eq!(look(at(5_000, began.wall.0 + 86_400)), []);
    assert!(path.exists());
}

pub(crate) fn release() {
    let mut world = World::new();
    let planted = world.plant();
    world.open_policy("");
    let path = world.file("implant", b"evil");
    rich(&path);
    let as_it_was = Whole::of(&path);
    let mut host = world.host();
    host.apply(&effect(1, Deed::Freeze, &planted.target(), 600))
        .unwrap();
    host.apply(&effect(2, Deed::Freeze, &planted.target(), 600))
        .unwrap();
    host.apply(&effect(
        1,
        Deed::Quarantine,
        &target_of(sha256(b"evil"), &path),
        600,
    ))
    .unwrap();
    let released = std::thread::spawn({
        let (planted, path) = (planted.clone(), path.clone());
        move || {
            until("both are as before", || {
                !planted.is_frozen() && path.exists()
            })
        }
    });
    let began = now().boot_ms;
    host.release().unwrap();
    let ms = now().boot_ms - began;
    let effect = released.join().unwrap();
    println!(
        "the owner's stop of a process and a file: released after {effect} ms, durable after {ms} ms"
    );
    assert!(!planted.is_frozen());
    assert_eq!(Whole::of(&path), as_it_was);
    assert_eq!(host.look().unwrap(), []);
    host.release().unwrap();
}

/// A small disk that is full; it is gone when this is dropped.
struct Full(std::path::PathBuf);

impl Full {
    fn at(path: &std::path::Path) -> Self {
        std::fs::create_dir(path).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=64k,mode=700", "tmpfs"])
            .arg(path)
            .status()
            .unwrap();
        assert!(mounted.success());
        Self(path.to_owned())
    }

    fn fill(&self) {
        let mut filler = std::fs::File::create(self.0.join("filler")).unwrap();
        while std::io::Write::write_all(&mut filler, &[7; 512]).is_ok() {}
    }
}

impl Drop for Full {
    fn drop(&mut self) {
        Command::new("umount").arg("-l").arg(&self.0).status().ok();
    }
}

pub(crate) fn full_disk() {
    let mut world = World::new();
    let planted = world.plant();
    world.open_policy("");
    let path = world.file("implant", b"evil");
    rich(&path);
    let as_it_was = Whole::of(&path);
    let disk = Full::at(&world.path("state"));
    let mut works = next(&world);
    let freeze = |measure, seconds| effect(measure, Deed::Freeze, &planted.target(), seconds);
    let put_away = effect(1, Deed::Quarantine, &target_of(sha256(b"evil"), &path), 600);
    works.apply(&asked(&freeze(1, 600))).unwrap();
    works.apply(&asked(&freeze(2, 600))).unwrap();
    works.apply(&asked(&put_away)).unwrap();
    disk.fill();
    // Nothing new begins, nothing lasts longer.
    let other = world.file("other", b"evil2");
    let more = effect(
        1,
        Deed::Quarantine,
        &target_of(sha256(b"evil2"), &other),
        600,
    );
    assert!(matches!(works.apply(&asked(&more)), Err(Fault::Now { .. })));
    assert!(matches!(
        works.apply(&asked(&freeze(3, 600))),
        Err(Fault::Now { .. })
    ));
    assert!(other.exists());
    assert_eq!(works.look().unwrap().len(), 3);
    // What is in force is taken back all the same.
    works.remove(&freeze(1, 0).key).unwrap();
    assert!(planted.is_frozen());
    works.remove(&freeze(2, 0).key).unwrap();
    assert!(!planted.is_frozen());
    works.remove(&put_away.key).unwrap();
    assert_eq!(Whole::of(&path), as_it_was);
    assert!(works.is_idle());
    drop(works);
    assert!(next(&world).is_idle());
    drop(disk);
}

pub(crate) fn damaged() {
    let mut world = World::new();
    let planted = world.plant();
    world.open_policy("");
    let path = world.file("implant", b"evil");
    let put_away = effect(1, Deed::Quarantine, &target_of(sha256(b"evil"), &path), 600);
    let mut works = next(&world);
    works
        .apply(&asked(&effect(1, Deed::Freeze, &planted.target(), 600)))
        .unwrap();
    works.apply(&asked(&put_away)).unwrap();
    drop(works);
    let named = |target: &str| {
        let name = sakimori_custody::ids::hex(&sha256(target.as_bytes()));
        world
            .path("state/records")
            .join(name)
            .with_extension("json")
    };
    let record = named(&planted.target());
    let whole = std::fs::read_to_string(&record).unwrap();
    for bad in [
        "",
        "{}",
        "null",
        whole.trim_end_matches('}'),
        &whole.replace("process:", "file:"),
        &whole.replace("\"holds\"", "\"hold\""),
    ] {
        std::fs::write(&record, bad).unwrap();
        let mut works = next(&world);
        let told = works.look().unwrap_err();
        assert!(
            told.to_string().contains(record.to_str().unwrap()),
            "{told}"
        );
        assert!(!path.exists());
    }
    let mut works = next(&world);
    works.remove(&put_away.key).unwrap();
    assert!(path.exists());
    std::fs::write(&record, whole).unwrap();
    let mut works = next(&world);
    works.release().unwrap();
    assert!(!planted.is_frozen());
}
