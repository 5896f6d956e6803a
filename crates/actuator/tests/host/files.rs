//! Files: put away, brought back, raced.

use crate::world::{USER, World, effect, file_target, now, sha256, target_of};
use sakimori_actuator::host::works::Works;
use sakimori_actuator::substrate::{Fault, Substrate};
use sakimori_respond::engine::Deed;
use std::collections::BTreeMap;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

/// All of a file but the time at which its inode changed, which cannot be set.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Whole {
    content: Vec<u8>,
    numbers: [u64; 6],
    times: [i64; 4],
    attributes: BTreeMap<String, Vec<u8>>,
}

impl Whole {
    pub(crate) fn of(path: &Path) -> Self {
        let known = std::fs::symlink_metadata(path).unwrap();
        let file = rustix::fs::open(
            path,
            rustix::fs::OFlags::RDONLY | rustix::fs::OFlags::NOATIME,
            rustix::fs::Mode::empty(),
        )
        .unwrap();
        let mut names = vec![0; 65_536];
        let many = rustix::fs::flistxattr(&file, names.as_mut_slice()).unwrap();
        names.truncate(many);
        let names = names.split(|b| *b == 0).filter(|name| !name.is_empty());
        let attributes = names.map(|name| {
            let name = String::from_utf8(name.to_vec()).unwrap();
            let mut value = vec![0; 65_536];
            let many = rustix::fs::fgetxattr(&file, name.as_str(), value.as_mut_slice()).unwrap();
            value.truncate(many);
            (name, value)
        });
        let attributes = attributes.collect();
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut std::fs::File::from(file), &mut content).unwrap();
        Self {
            content,
            numbers: [
                known.dev(),
                known.ino(),
                known.nlink(),
                known.mode().into(),
                known.uid().into(),
                known.gid().into(),
            ],
            times: [
                known.atime(),
                known.atime_nsec(),
                known.mtime(),
                known.mtime_nsec(),
            ],
            attributes,
        }
    }
}

/// A file with all that a file can have.
pub(crate) fn rich(path: &Path) {
    let set = |name: &str, value: &[u8]| {
        let file = std::fs::File::open(path).unwrap();
        rustix::fs::fsetxattr(file, name, value, rustix::fs::XattrFlags::empty()).unwrap();
    };
    chown(path, Some(USER), Some(61_799)).unwrap();
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o6751)).unwrap();
    set("user.note", b"one\0two");
    set("user.empty", b"");
    set("trusted.mark", &[0xff; 300]);
    set("security.sakimori", b"label");
    // CAP_NET_RAW, effective and permitted (VFS_CAP_REVISION_2), for a program that anybody may start.
    set(
        "security.capability",
        &[
            1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        ],
    );
    // An access list: owner rwx, user 1 rw, group r-x, mask rwx, others --x (posix_acl_xattr.h, version 2).
    let entry = |tag: u16, rights: u16, id: u32| {
        [
            &tag.to_le_bytes()[..],
            &rights.to_le_bytes()[..],
            &id.to_le_bytes()[..],
        ]
        .concat()
    };
    let none = u32::MAX;
    let list = [
        2u32.to_le_bytes().to_vec(),
        entry(1, 7, none),
        entry(2, 6, 1),
        entry(4, 5, none),
        entry(16, 7, none),
        entry(32, 1, none),
    ]
    .concat();
    set("system.posix_acl_access", &list);
    let time = |tv_sec, tv_nsec| rustix::fs::Timespec { tv_sec, tv_nsec };
    let times = rustix::fs::Timestamps {
        last_access: time(1_000_000_007, 123_456_789),
        last_modification: time(-5, 987_654_321),
    };
    rustix::fs::futimens(std::fs::File::open(path).unwrap(), &times).unwrap();
}

pub(crate) fn round_trip() {
    let world = World::new();
    world.open_policy("");
    let mut host = world.host();
    for (name, content) in [
        ("implant", b"evil".repeat(70_000)),
        ("empty", Vec::new()),
        ("a b%\u{3042}\n", b"x".to_vec()),
    ] {
        let path = world.file(name, &content);
        rich(&path);
        let as_it_was = Whole::of(&path);
        let put_away = effect(
            1,
            Deed::Quarantine,
            &file_target_without_trace(&path, &content),
            600,
        );
        let before = host.before(&put_away).unwrap();
        assert!(before.contains(&format!("user={USER}")), "{before}");
        let began = now().boot_ms;
        host.apply(&put_away).unwrap();
        println!(
            "quarantine, from apply to read back: {} ms",
            now().boot_ms - began
        );
        assert!(std::fs::symlink_metadata(&path).is_err());
        assert_eq!(world.stored(), 1);
        assert_eq!(host.look().unwrap()[0].key, put_away.key);
        host.apply(&put_away).unwrap();
        let began = now().boot_ms;
        host.remove(&put_away.key, None).unwrap();
        println!("quarantine, release: {} ms", now().boot_ms - began);
        assert_eq!(Whole::of(&path), as_it_was);
        assert_eq!(world.stored(), 0);
        assert_eq!(host.look().unwrap(), []);
        std::fs::remove_file(path).unwrap();
    }
}

/// The target of a file, without reading it: that would change the time of its last access.
fn file_target_without_trace(path: &Path, content: &[u8]) -> String {
    target_of(sha256(content), path)
}

pub(crate) fn harmless() {
    let world = World::new();
    world.open_policy("");
    let mut host = world.host();
    let path = world.program("implant");
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o777)).unwrap();
    let content = std::fs::read(&path).unwrap();
    let reading = std::fs::File::open(&path).unwrap();
    let writing = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    let through = format!("/proc/{}/fd/{}", std::process::id(), reading.as_raw_fd());
    let put_away = effect(1, Deed::Quarantine, &file_target(&path), 600);
    host.apply(&put_away).unwrap();
    let stored = std::fs::read_dir(world.path("store"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    // Also root, who may enter the store, cannot start it.
    for program in [stored.as_path(), Path::new(&through), path.as_path()] {
        let refused = Command::new(program).arg("0").status().unwrap_err().kind();
        assert!(
            matches!(
                refused,
                std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::NotFound
            ),
            "{refused}"
        );
    }
    // The writer had it open before.
    std::os::unix::fs::FileExt::write_at(&writing, b"changed", 0).unwrap_err();
    rustix::fs::fchmod(&writing, rustix::fs::Mode::from_raw_mode(0o777)).unwrap_err();
    std::fs::hard_link(&stored, world.path("second")).unwrap_err();
    assert_eq!(
        std::fs::metadata(world.path("store")).unwrap().mode() & 0o7777,
        0o700
    );
    drop(writing);
    host.remove(&put_away.key, None).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), content);
    assert!(Command::new(&path).arg("0").status().unwrap().success());
}

pub(crate) fn kinds() {
    let world = World::new();
    world.open_policy("");
    let mut host = world.host();
    let srv = world.path("srv");
    let victim = world.path("victim");
    std::fs::write(&victim, b"evil").unwrap();
    let real = world.file("real", b"evil");
    let hash = sha256(b"evil");
    symlink(&victim, srv.join("link")).unwrap();
    symlink("real", srv.join("inner")).unwrap();
    std::fs::create_dir(srv.join("folder")).unwrap();
    symlink(world.folder(), srv.join("out")).unwrap();
    symlink("folder", srv.join("in")).unwrap();
    std::fs::write(srv.join("folder/deep"), b"evil").unwrap();
    chown(srv.join("folder/deep"), Some(USER), Some(USER)).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        srv.join("pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o666),
        0,
    )
    .unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(srv.join("socket")).unwrap();
    let refused = |host: &mut dyn Substrate, path: &Path, words: &str| {
        let put_away = effect(1, Deed::Quarantine, &target_of(hash, path), 600);
        match host.apply(&put_away) {
            Err(Fault::Never { why, .. } | Fault::Now { why, .. }) => {
                assert!(why.contains(words), "{}: {why}", path.display());
            }
            Ok(()) => panic!("{}", path.display()),
        }
    };
    for name in ["link", "inner", "folder", "pipe", "socket"] {
        refused(&mut host, &srv.join(name), "no plain file");
    }
    for name in ["out/victim", "in/deep"] {
        refused(&mut host, &srv.join(name), "without a link");
    }
    refused(&mut host, &srv.join("nothing"), "");
    refused(&mut host, &victim, "not below a path");
    refused(&mut host, &world.path("policy"), "never put away");
    refused(&mut host, &world.path("state/turn"), "never put away");
    refused(&mut host, Path::new("/usr/sbin/nft"), "never put away");
    std::fs::hard_link(&real, srv.join("second")).unwrap();
    refused(&mut host, &real, "second name");
    std::fs::remove_file(srv.join("second")).unwrap();
    std::fs::write(&real, b"other").unwrap();
    refused(&mut host, &real, "other bytes");
    std::fs::write(&real, b"evil").unwrap();
    chown(&real, Some(0), None).unwrap();
    refused(&mut host, &real, "no user that the owner allows");
    assert_eq!(std::fs::read(&victim).unwrap(), b"evil");
    assert_eq!(world.stored(), 0);
    assert_eq!(host.look().unwrap(), []);
}

/// Does and undoes one quarantine many times while another thread changes what its path leads to. Says how often it was done and how often refused.
fn race(
    world: &World,
    works: &mut Works,
    target: &str,
    change: impl Fn() + Sync,
    check: impl Fn(),
) -> (u32, u32) {
    let (mut done, mut refused) = (0, 0);
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // Now with time between, now without: both outcomes come up.
            for round in 0_u64.. {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                change();
                if round % 64 < 32 {
                    crate::world::pass(round % 7);
                }
            }
        });
        for _ in 0..300 {
            let put_away = effect(1, Deed::Quarantine, target, 600);
            match works.apply(&crate::world::asked(&put_away)) {
                Ok(()) => {
                    done += 1;
                    assert_eq!(works.look().unwrap().len(), 1);
                }
                Err(_) => refused += 1,
            }
            check();
            // Its place can be taken for a moment; it stays in the store until then.
            crate::world::until("it is back", || {
                works.remove(&put_away.key).is_ok() && {
                    works.turn();
                    works.is_idle()
                }
            });
            check();
        }
        over.store(true, Ordering::Relaxed);
    });
    assert_eq!(world.stored(), 0);
    (done, refused)
}

fn in_process(world: &World) -> Works {
    world
        .works(
            Box::new(sakimori_actuator::host::clock::KernelClock),
            Box::new(|_| {}),
        )
        .unwrap()
}

pub(crate) fn swapped_file() {
    let world = World::new();
    world.open_policy("");
    let mut works = in_process(&world);
    let path = world.file("implant", b"evil");
    let target = file_target(&path);
    // The same bytes, the same user: the hash alone would not tell it apart.
    let victim = world.path("victim");
    std::fs::write(&victim, b"evil").unwrap();
    chown(&victim, Some(USER), Some(USER)).unwrap();
    let inode = std::fs::metadata(&victim).unwrap().ino();
    let (aside, other) = (
        world.path("srv").join("aside"),
        world.path("srv").join("other"),
    );
    symlink(&victim, &other).unwrap();
    let swap = || {
        // Each can fail while the agent has the file; then the next round goes on.
        if std::fs::rename(&path, &aside).is_ok() {
            std::fs::rename(&other, &path).ok();
            std::fs::rename(&path, &other).ok();
            rustix::fs::renameat_with(
                rustix::fs::CWD,
                &aside,
                rustix::fs::CWD,
                &path,
                rustix::fs::RenameFlags::NOREPLACE,
            )
            .ok();
        }
    };
    let check = || {
        let known = std::fs::symlink_metadata(&victim).unwrap();
        assert_eq!((known.ino(), known.uid(), known.nlink()), (inode, USER, 1));
    };
    let (done, refused) = race(&world, &mut works, &target, swap, check);
    println!("a file swapped for a link: put away {done} times, refused {refused} times");
    assert!(done > 0 && refused > 0);
    let left = [&path, &aside]
        .into_iter()
        .find(|path| std::fs::symlink_metadata(path).is_ok_and(|known| known.is_file()));
    assert_eq!(std::fs::read(left.unwrap()).unwrap(), b"evil");
}

pub(crate) fn swapped_folder() {
    let world = World::new();
    world.open_policy("");
    let mut works = in_process(&world);
    let (folder, aside, link) = (
        world.path("srv/a"),
        world.path("srv/b"),
        world.path("srv/link"),
    );
    std::fs::create_dir(&folder).unwrap();
    let path = world.file("a/implant", b"evil");
    let target = file_target(&path);
    let victims = world.path("victims");
    std::fs::create_dir(&victims).unwrap();
    let victim = victims.join("implant");
    std::fs::write(&victim, b"evil").unwrap();
    chown(&victim, Some(USER), Some(USER)).unwrap();
    let inode = std::fs::metadata(&victim).unwrap().ino();
    symlink(&victims, &link).unwrap();
    let swap = || {
        std::fs::rename(&folder, &aside).unwrap();
        std::fs::rename(&link, &folder).unwrap();
        std::fs::rename(&folder, &link).unwrap();
        std::fs::rename(&aside, &folder).unwrap();
    };
    let check = || {
        let known = std::fs::symlink_metadata(&victim).unwrap();
        assert_eq!((known.ino(), known.uid(), known.nlink()), (inode, USER, 1));
        assert_eq!(std::fs::read_dir(&victims).unwrap().count(), 1);
    };
    let (done, refused) = race(&world, &mut works, &target, swap, check);
    println!("a folder swapped for a link: put away {done} times, refused {refused} times");
    assert!(done > 0 && refused > 0);
    assert_eq!(std::fs::read(&path).unwrap(), b"evil");
}

pub(crate) fn taken() {
    let world = World::new();
    world.open_policy("");
    let mut host = world.host();
    let path = world.file("implant", b"evil");
    rich(&path);
    let as_it_was = Whole::of(&path);
    let put_away = effect(1, Deed::Quarantine, &target_of(sha256(b"evil"), &path), 600);
    // A program that had it open for writing goes on to have it so.
    let mut open = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    host.apply(&put_away).unwrap();
    let squat = |kind: &str| match kind {
        "file" => std::fs::write(&path, b"somebody's").unwrap(),
        "folder" => std::fs::create_dir(&path).unwrap(),
        _ => symlink(world.path("policy"), &path).unwrap(),
    };
    for kind in ["folder", "link", "file"] {
        squat(kind);
        for _ in 0..3 {
            let Err(Fault::Now { why, .. }) = host.remove(&put_away.key, None) else {
                panic!("{kind}: something was overwritten");
            };
            let store = world.path("store");
            for words in [&path, &store].map(|path| path.display().to_string()) {
                assert!(why.contains(&words), "{kind}: {why}");
            }
            assert!(why.contains("is not overwritten"), "{kind}: {why}");
            // Neither it nor a timer that tries again opens it to whoever had it open.
            assert!(std::io::Write::write_all(&mut open, b"changed").is_err());
        }
        // It is told as in force, so that whoever asked asks again.
        assert_eq!(host.look().unwrap()[0].key, put_away.key);
        match kind {
            "folder" => std::fs::remove_dir(&path).unwrap(),
            "link" => std::fs::remove_file(&path).unwrap(),
            _ => assert_eq!(std::fs::read(&path).unwrap(), b"somebody's"),
        }
        if kind != "file" {
            crate::world::until("the timer brings it back", || path.is_file());
            crate::world::until("it is not shown", || host.look().unwrap().is_empty());
            assert_eq!(Whole::of(&path), as_it_was);
            host.apply(&put_away).unwrap();
        }
    }
    drop(open);
    std::fs::remove_file(&path).unwrap();
    // Nobody has to ask again.
    crate::world::until("the timer brings it back", || path.exists());
    crate::world::until("it is not shown", || host.look().unwrap().is_empty());
    assert_eq!(Whole::of(&path), as_it_was);
}

pub(crate) fn two_measures() {
    let world = World::new();
    world.open_policy("");
    let mut host = world.host();
    let path = world.file("implant", b"evil");
    let target = file_target(&path);
    let (first, second) = (
        effect(1, Deed::Quarantine, &target, 600),
        effect(2, Deed::Quarantine, &target, 600),
    );
    host.apply(&first).unwrap();
    assert_eq!(host.before(&second).unwrap(), "it is put away already");
    host.apply(&second).unwrap();
    host.remove(&first.key, None).unwrap();
    assert!(!path.exists());
    host.remove(&second.key, None).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"evil");
}
