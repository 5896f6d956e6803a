//! The writer and the mirror on a disk that fails at every call, before and after it takes effect, and loses power.

use crate::maker::{Author, NOW, log_signer, mirror_signer, root_of};
use crate::sim::{Fault, SimDisk, World};
use sakimori_custody::entry::Envelope;
use sakimori_custody::time::Seconds;
use sakimori_ledger::feed::{Feed, FeedError};
use sakimori_ledger::http::{Clock, LocalPeer, SharedMirror};
use sakimori_ledger::mirror::{ApproveAll, Mirror, MirrorParts};
use sakimori_ledger::reader::LogReader;
use sakimori_ledger::repair::{RepairError, repair};
use sakimori_ledger::writer::{CheckpointError, Stores, Writer};
use sakimori_ledger::{OpenError, Record};
use sakimori_tlog::checkpoint::Checkpoint;
use sakimori_tlog::note::Note;
use std::sync::{Arc, Mutex};

fn stores(world: &Arc<Mutex<World>>) -> Stores {
    Stores {
        log: Box::new(SimDisk::new(world, "log")),
        wal: Box::new(SimDisk::new(world, "wal")),
        signed: Box::new(SimDisk::new(world, "signed")),
    }
}

/// Whether the write-ahead log of a prepared log is begun anew at each checkpoint, or never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rotation {
    Always,
    Never,
}

impl Rotation {
    fn bytes(self) -> u64 {
        match self {
            Self::Always => 0,
            Self::Never => u64::MAX,
        }
    }
}

/// A log of 254 entries, the last bundle almost full.
fn prepared(rotation: Rotation) -> (World, Author, Vec<Record>) {
    let world = World::default().shared();
    let mut author = Author::new(1);
    let mut writer = Writer::open(stores(&world), log_signer()).unwrap();
    writer.rotate_at(rotation.bytes());
    let batch = author.batch(254);
    assert!(writer.append(batch.clone()).iter().all(Result::is_ok));
    writer.checkpoint().unwrap();
    let world = world.lock().unwrap().restarted(None);
    (world, author, batch)
}

/// What a run of the writer promised before it ended.
#[derive(Default)]
struct Promised {
    /// Entries offered, in order.
    offered: Vec<Record>,
    /// How many of them were acknowledged.
    acknowledged: usize,
    /// Checkpoints that were given out.
    signed: Vec<Checkpoint>,
    finished: bool,
}

/// Appends and signs three times; ends at the first failure, after which nothing may work.
fn run(
    world: &Arc<Mutex<World>>,
    mut author: Author,
    before: &[Record],
    rotation: Rotation,
) -> Promised {
    let mut promised = Promised {
        offered: before.to_vec(),
        acknowledged: before.len(),
        ..Promised::default()
    };
    let Ok(mut writer) = Writer::open(stores(world), log_signer()) else {
        return promised;
    };
    writer.rotate_at(rotation.bytes());
    for count in [1, 3, 2] {
        let batch = author.batch(count);
        promised.offered.extend(batch.clone());
        let first = promised.acknowledged as u64;
        for (at, placed) in writer.append(batch).into_iter().enumerate() {
            match placed {
                Ok(index) => assert_eq!(index, first + at as u64),
                Err(_) => return stopped(writer, author, promised),
            }
        }
        promised.acknowledged += count;
        match writer.checkpoint().map(Option::<&Note>::cloned) {
            Ok(note) => {
                let checkpoint = Checkpoint::parse(note.unwrap().text()).unwrap();
                promised.signed.push(checkpoint);
            }
            Err(_) => return stopped(writer, author, promised),
        }
    }
    promised.finished = true;
    promised
}

fn stopped(mut writer: Writer, mut author: Author, promised: Promised) -> Promised {
    assert!(writer.is_stopped());
    assert!(writer.append(author.batch(1))[0].is_err());
    assert!(writer.checkpoint().is_err());
    promised
}

/// A process that starts on what is left finds every promise kept, and goes on.
fn keeps(world: World, promised: &Promised, told: &str) {
    let world = world.shared();
    let mut writer = Writer::open(stores(&world), log_signer())
        .unwrap_or_else(|error| panic!("{told}: {error:?}"));
    let mut author = Author::new(9);
    assert!(
        writer.append(author.batch(2)).iter().all(Result::is_ok),
        "{told}"
    );
    let note = writer.checkpoint().unwrap().unwrap().clone();
    let checkpoint = Checkpoint::parse(note.text()).unwrap();
    let size = checkpoint.size;
    assert!(size as usize >= promised.acknowledged + 2, "{told}");
    let mut reader = LogReader::new(SimDisk::new(&world, "log"), size);
    let entries = reader.entries(0..size).unwrap();
    let acknowledged = &promised.offered[..promised.acknowledged];
    for (record, entry) in acknowledged.iter().zip(&entries) {
        assert_eq!(record.entry, *entry, "{told}");
        let commitment = Envelope::decode(entry).unwrap().body;
        let body = reader.body(&commitment).unwrap();
        assert_eq!(body.as_ref(), Some(&record.body), "{told}");
    }
    assert_eq!(reader.root(size).unwrap(), checkpoint.root, "{told}");
    assert_eq!(root_of(&entries, size), checkpoint.root, "{told}");
    for old in &promised.signed {
        assert_eq!(root_of(&entries, old.size), old.root, "{told}: a fork");
    }
}

/// Number of power cuts after each failure; a campaign sets more.
fn power_cuts() -> u64 {
    let set = std::env::var("SAKIMORI_POWER_CUTS").ok();
    set.and_then(|text| text.parse().ok()).unwrap_or(2)
}

/// Every pair of failing calls: one in a writer's life, one in the next life on what the first left.
mod pairs {
    use super::*;

    /// Where a call fails, and how.
    type At = (u64, Fault);

    /// How many pairs are tried, and the first of them: a campaign sets both, and goes on where it was.
    fn share() -> (u64, u64) {
        let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
        let count = number("SAKIMORI_FAULT_PAIRS").unwrap_or(150);
        let seed: u64 = number("SAKIMORI_SEED").unwrap_or(1);
        (count, seed.saturating_sub(1) * count)
    }

    fn at(number: u64) -> At {
        let faults = [Fault::Before, Fault::After];
        (number / 2, faults[(number % 2) as usize])
    }

    /// The first life, which ends at its fault, and what it leaves: to the next process, or after a power cut.
    fn first(begun: &Begun, fault: u64) -> (World, Promised) {
        let world = begun.world.restarted(Some(at(fault))).shared();
        let promised = run(&world, begun.author.clone(), &begun.before, begun.rotation);
        let left = world.lock().unwrap();
        if fault.is_multiple_of(3) {
            (left.restarted(None), promised)
        } else {
            (left.after_power_cut(fault), promised)
        }
    }

    /// The second life: opens, appends, signs, until its fault. What it promises is added.
    fn second(begun: &Begun, left: &World, plan: Option<At>, promised: &mut Promised) -> World {
        let world = left.restarted(plan).shared();
        if let Ok(mut writer) = Writer::open(stores(&world), log_signer()) {
            writer.rotate_at(begun.rotation.bytes());
            let batch = Author::new(7).batch(2);
            let placed = writer.append(batch.clone());
            if placed.iter().all(Result::is_ok) {
                let from = placed[0].clone().unwrap() as usize;
                assert!(
                    from >= promised.acknowledged,
                    "an acknowledged entry is gone"
                );
                // What was offered and not acknowledged may be there or not; it is not held against the writer.
                promised.offered.truncate(promised.acknowledged);
                if from == promised.acknowledged {
                    promised.offered.extend(batch);
                    promised.acknowledged += 2;
                }
            }
            if let Ok(Some(note)) = writer.checkpoint() {
                let checkpoint = Checkpoint::parse(note.text()).unwrap();
                promised.signed.push(checkpoint);
            }
        }
        let left = world.lock().unwrap();
        left.restarted(None)
    }

    struct Begun {
        world: World,
        author: Author,
        before: Vec<Record>,
        rotation: Rotation,
    }

    fn every_pair(rotation: Rotation) -> String {
        let (world, author, before) = prepared(Rotation::Always);
        let begun = Begun {
            world,
            author,
            before,
            rotation,
        };
        let probe = begun.world.clone().shared();
        assert!(run(&probe, begun.author.clone(), &begun.before, rotation).finished);
        let firsts = 2 * probe.lock().unwrap().calls();
        // How many pairs there are before those of each first fault.
        let mut pairs = vec![0];
        for fault in 0..firsts {
            let (left, promised) = first(&begun, fault);
            let calls = 2 * calls_of_second(&begun, &left, &promised);
            pairs.push(pairs[fault as usize] + calls);
        }
        let total = *pairs.last().unwrap();
        assert!(total > 10_000, "{total} pairs");
        let (count, from) = share();
        // A stride that has no divisor in common with the number of pairs meets each of them once.
        let stride = (7919..9000)
            .find(|stride| gcd(*stride, total) == 1)
            .unwrap();
        let mut both = 0;
        for number in from..from + count.min(total) {
            let pair = number % total * stride % total;
            let fault = pairs.partition_point(|before| *before <= pair) as u64 - 1;
            let plan = at(pair - pairs[fault as usize]);
            let (left, mut promised) = first(&begun, fault);
            let left = second(&begun, &left, Some(plan), &mut promised);
            let told = format!("{rotation:?}: {:?}, then {plan:?}", at(fault));
            keeps(left.restarted(None), &promised, &told);
            keeps(
                left.after_power_cut(pair),
                &promised,
                &format!("{told}, power cut"),
            );
            both += 1;
        }
        format!("{rotation:?}: {both} of {total} pairs, 0 acknowledged entries lost, 0 forks")
    }

    fn calls_of_second(begun: &Begun, left: &World, promised: &Promised) -> u64 {
        let world = left.restarted(None).shared();
        let mut writer = Writer::open(stores(&world), log_signer()).unwrap();
        writer.rotate_at(begun.rotation.bytes());
        assert!(
            writer
                .append(Author::new(7).batch(2))
                .iter()
                .all(Result::is_ok)
        );
        writer.checkpoint().unwrap();
        assert!(writer.size() as usize >= promised.acknowledged + 2);
        let world = world.lock().unwrap();
        world.calls()
    }

    fn gcd(a: u64, b: u64) -> u64 {
        if b == 0 { a } else { gcd(b, a % b) }
    }

    #[test]
    fn of_failing_calls_in_two_lives_lose_nothing_and_make_no_fork() {
        println!("{}", every_pair(Rotation::Never));
    }

    #[test]
    fn of_failing_calls_lose_nothing_where_the_write_ahead_log_begins_anew() {
        println!("{}", every_pair(Rotation::Always));
    }
}

fn every_call_fails(rotation: Rotation) {
    let (prepared, author, before) = prepared(Rotation::Always);
    let world = prepared.clone().shared();
    assert!(run(&world, author.clone(), &before, rotation).finished);
    let calls = world.lock().unwrap().calls();
    assert!(calls > 40, "{calls}");
    for at in 0..calls {
        for fault in [Fault::Before, Fault::After] {
            let world = prepared.restarted(Some((at, fault))).shared();
            let promised = run(&world, author.clone(), &before, rotation);
            let left = world.lock().unwrap().clone();
            let told = format!("{rotation:?}: call {at} fails {fault:?}");
            keeps(left.restarted(None), &promised, &told);
            for seed in 0..power_cuts() {
                let told = format!("{told}, power cut {seed}");
                keeps(left.after_power_cut(seed + 31 * at), &promised, &told);
            }
        }
    }
}

#[test]
fn a_writer_whose_disk_fails_at_any_call_stops_and_keeps_its_promises() {
    every_call_fails(Rotation::Never);
}

#[test]
fn a_writer_that_begins_its_write_ahead_log_anew_keeps_its_promises_too() {
    every_call_fails(Rotation::Always);
}

#[test]
fn a_second_failure_while_the_log_is_opened_again_loses_nothing() {
    let (prepared, author, before) = prepared(Rotation::Always);
    let world = prepared.clone().shared();
    run(&world, author.clone(), &before, Rotation::Never);
    let calls = world.lock().unwrap().calls();
    for at in (0..calls).step_by(3) {
        let world = prepared.restarted(Some((at, Fault::After))).shared();
        let promised = run(&world, author.clone(), &before, Rotation::Never);
        let left = world.lock().unwrap().after_power_cut(at);
        let probe = left.restarted(None).shared();
        Writer::open(stores(&probe), log_signer()).unwrap();
        let opening = probe.lock().unwrap().calls();
        for second in (0..opening).step_by(2) {
            let world = left.restarted(Some((second, Fault::Before))).shared();
            assert!(Writer::open(stores(&world), log_signer()).is_err());
            let left = world.lock().unwrap().after_power_cut(second);
            keeps(left, &promised, &format!("calls {at} and {second} fail"));
        }
    }
}

#[test]
fn a_bit_that_flips_on_disk_is_found_before_anything_is_signed() {
    let (prepared, mut author, _) = prepared(Rotation::Never);
    for (name, at) in [("wal/wal", 70), ("log/tile/0/000.p/254", 40)] {
        let mut world = prepared.clone();
        world.flip(name, at);
        let world = world.shared();
        // All of this log is still in the write-ahead log: a damaged tile is made again, a damaged record is a log too short.
        let opened = Writer::open(stores(&world), log_signer());
        assert_eq!(opened.is_ok(), name.starts_with("log/"), "{name}");
    }
    let world = prepared.clone().shared();
    let mut writer = Writer::open(stores(&world), log_signer()).unwrap();
    let end = world.lock().unwrap().file("wal/wal").unwrap().len();
    assert!(writer.append(author.batch(1))[0].is_ok());
    world.lock().unwrap().flip("wal/wal", end + 30);
    assert!(writer.checkpoint().is_err());
    assert!(writer.is_stopped());
}

#[test]
fn a_damaged_file_of_the_tree_keeps_the_log_from_being_opened() {
    let (world, ..) = prepared(Rotation::Always);
    let mut tried = 0;
    for name in world.names() {
        if !name.starts_with("log/tile") && !name.starts_with("wal/") {
            continue;
        }
        for at in [0, 33, world.file(&name).unwrap().len() - 1] {
            if world.file(&name).unwrap().len() <= at {
                continue;
            }
            let mut damaged = world.clone();
            damaged.flip(&name, at);
            let opened = Writer::open(stores(&damaged.shared()), log_signer());
            assert!(opened.is_err(), "{name} at {at}");
            tried += 1;
        }
        let mut damaged = world.clone();
        damaged.remove(&name);
        let opened = Writer::open(stores(&damaged.shared()), log_signer());
        assert!(opened.is_err(), "{name} is missing");
    }
    assert_eq!(tried, 9);
}

#[test]
fn what_only_the_page_cache_had_is_durable_before_it_is_signed() {
    let (prepared, mut author, before) = prepared(Rotation::Always);
    let world = prepared.clone().shared();
    Writer::open(stores(&world), log_signer()).unwrap();
    let opening = world.lock().unwrap().calls();
    let batch = author.batch(1);
    for at in opening..opening + 4 {
        // The look for an earlier body, the append, the sync: the process ends, the machine goes on.
        let world = prepared.restarted(Some((at, Fault::Before))).shared();
        let mut writer = Writer::open(stores(&world), log_signer()).unwrap();
        let acknowledged = writer.append(batch.clone())[0].is_ok();
        drop(writer);
        let world = world.lock().unwrap().restarted(None).shared();
        let mut writer = Writer::open(stores(&world), log_signer()).unwrap();
        let note = writer.checkpoint().unwrap().unwrap().clone();
        let promised = Promised {
            offered: [before.clone(), batch.clone()].concat(),
            acknowledged: before.len() + usize::from(acknowledged),
            signed: vec![Checkpoint::parse(note.text()).unwrap()],
            finished: false,
        };
        for seed in 0..8 {
            let left = world.lock().unwrap().after_power_cut(seed);
            keeps(left, &promised, &format!("call {at}, power cut {seed}"));
        }
    }
}

#[test]
fn a_bit_that_flips_on_its_way_to_the_disk_is_never_signed_for() {
    let (prepared, author, before) = prepared(Rotation::Always);
    let world = prepared.clone().shared();
    run(&world, author.clone(), &before, Rotation::Never);
    let calls = world.lock().unwrap().calls();
    let mut stopped = 0;
    for at in 0..calls {
        let world = prepared.restarted(Some((at, Fault::Flip))).shared();
        let promised = run(&world, author.clone(), &before, Rotation::Never);
        stopped += usize::from(!promised.finished);
        let offered = promised.offered.iter().map(|r| r.entry.clone());
        let offered: Vec<Vec<u8>> = offered.collect();
        for signed in &promised.signed {
            assert_eq!(root_of(&offered, signed.size), signed.root, "call {at}");
            let mut reader = LogReader::new(SimDisk::new(&world, "log"), signed.size);
            assert_eq!(reader.root(signed.size).unwrap(), signed.root, "call {at}");
            let entries = reader.entries(0..signed.size).unwrap();
            assert_eq!(entries, offered[..entries.len()], "call {at}");
        }
    }
    assert!(stopped > 20, "{stopped}");
}

#[test]
fn a_signed_checkpoint_that_another_replaced_stops_the_writer() {
    let (prepared, mut author, _) = prepared(Rotation::Always);
    let world = prepared.shared();
    let mut writer = Writer::open(stores(&world), log_signer()).unwrap();
    assert!(writer.append(author.batch(1))[0].is_ok());
    world.lock().unwrap().flip("signed/checkpoint.signed", 20);
    assert!(matches!(writer.checkpoint(), Err(CheckpointError::Raced)));
    assert!(writer.is_stopped());
}

#[test]
fn a_log_that_is_shorter_than_what_was_signed_is_not_opened() {
    let (old, author, before) = prepared(Rotation::Always);
    let world = old.clone().shared();
    run(&world, author, &before, Rotation::Never);
    // Yesterday's image of the log beside today's signed checkpoint.
    let mut image = old.clone();
    let today = world.lock().unwrap().clone();
    let signed = SimDisk::new(&today.clone().shared(), "signed");
    let bytes = sakimori_ledger::disk::Source::read(&signed, "checkpoint.signed", 9999);
    image = {
        let shared = image.shared();
        let mut disk = SimDisk::new(&shared, "signed");
        let bytes = bytes.unwrap().unwrap();
        sakimori_ledger::disk::Disk::commit(&mut disk, "checkpoint.signed", &bytes).unwrap();
        shared.lock().unwrap().clone()
    };
    let opened = Writer::open(stores(&image.shared()), log_signer());
    let short = OpenError::Short {
        have: 254,
        signed: 260,
    };
    assert_eq!(opened.err().unwrap().to_string(), short.to_string());
}

#[test]
fn two_writers_on_one_log_do_not_both_sign() {
    let (prepared, author, _) = prepared(Rotation::Always);
    let world = prepared.shared();
    let mut first = Writer::open(stores(&world), log_signer()).unwrap();
    let mut second = Writer::open(stores(&world), log_signer()).unwrap();
    assert!(first.append(author.clone().batch(1))[0].is_ok());
    assert!(first.checkpoint().is_ok());
    assert!(second.append(Author::new(3).batch(1))[0].is_ok());
    assert!(second.checkpoint().is_err());
}

fn clock() -> Clock {
    Arc::new(|| Seconds(NOW.0))
}

fn mirror(world: &Arc<Mutex<World>>) -> Result<SharedMirror, OpenError> {
    let parts = MirrorParts {
        log: Box::new(SimDisk::new(world, "mirror")),
        wal: Box::new(SimDisk::new(world, "mirror-wal")),
        log_key: log_signer().verifier().clone(),
        signer: mirror_signer(),
        approve: Box::new(ApproveAll),
    };
    let mut mirror = Mirror::open(parts)?;
    mirror.rotate_at(0);
    Ok(Arc::new(Mutex::new(mirror)))
}

fn feed() -> Feed {
    Feed::new(vec![mirror_signer().verifier().clone()])
}

/// A log with three checkpoints, to be brought to a mirror one after the other.
fn three_checkpoints() -> (Arc<Mutex<World>>, Vec<Note>, Vec<Vec<u8>>) {
    let (world, mut author, before) = prepared(Rotation::Never);
    let mut entries: Vec<Vec<u8>> = before.into_iter().map(|r| r.entry).collect();
    let world = world.shared();
    let mut writer = Writer::open(stores(&world), log_signer()).unwrap();
    let mut notes = vec![writer.signed().unwrap().clone()];
    for count in [1, 20] {
        let batch = author.batch(count);
        entries.extend(batch.iter().map(|r| r.entry.clone()));
        assert!(writer.append(batch).iter().all(Result::is_ok));
        notes.push(writer.checkpoint().unwrap().unwrap().clone());
    }
    (world, notes, entries)
}

fn offer(
    log: &Arc<Mutex<World>>,
    mirror: &SharedMirror,
    feed: &mut Feed,
    note: &Note,
) -> Result<Note, FeedError> {
    let mut reader = LogReader::new(SimDisk::new(log, "log"), 0);
    let mut peer = LocalPeer::new(Arc::clone(mirror), clock());
    feed.offer(&mut peer, &mut reader, note)
}

#[test]
fn a_mirror_follows_the_log_and_holds_all_of_it() {
    let (log, notes, entries) = three_checkpoints();
    let world = World::default().shared();
    let copy = mirror(&world).unwrap();
    let mut feed = feed();
    for note in &notes {
        let cosigned = offer(&log, &copy, &mut feed, note).unwrap();
        assert_eq!(cosigned.signatures().len(), 2);
    }
    let mut held = copy.lock().unwrap();
    assert_eq!(held.size() as usize, entries.len());
    let (size, reader) = (held.size(), held.reader());
    assert_eq!(reader.entries(0..size).unwrap(), entries);
    let bodies = |world: &Arc<Mutex<World>>, root: &str| {
        let names = world.lock().unwrap().names();
        let below = format!("{root}/bodies/");
        names.iter().filter(|n| n.starts_with(&below)).count()
    };
    assert_eq!(bodies(&world, "mirror"), bodies(&log, "log"));
    drop(reader);
    assert!(held.get("/nothing/checkpoint").is_none());
}

#[test]
fn a_mirror_whose_disk_fails_at_any_call_never_loses_what_it_cosigned() {
    let (log, notes, entries) = three_checkpoints();
    let world = World::default().shared();
    let copy = mirror(&world).unwrap();
    offer(&log, &copy, &mut feed(), &notes[0]).unwrap();
    let begun = world.lock().unwrap().restarted(None);
    let calls = {
        let world = begun.clone().shared();
        let copy = mirror(&world).unwrap();
        offer(&log, &copy, &mut feed(), &notes[1]).unwrap();
        world.lock().unwrap().calls()
    };
    for at in 0..calls {
        for fault in [Fault::Before, Fault::After] {
            let world = begun.restarted(Some((at, fault))).shared();
            let first = mirror(&world).ok();
            let cosigned = first.and_then(|copy| offer(&log, &copy, &mut feed(), &notes[1]).ok());
            for seed in 0..power_cuts() {
                let told = format!("call {at} fails {fault:?}, power cut {seed}");
                let left = world.lock().unwrap().after_power_cut(seed).shared();
                let copy = mirror(&left).unwrap_or_else(|e| panic!("{told}: {e:?}"));
                let size = copy.lock().unwrap().size();
                assert!(cosigned.is_none() || size == 255, "{told}");
                let note = offer(&log, &copy, &mut feed(), &notes[2]);
                note.unwrap_or_else(|e| panic!("{told}: {e:?}"));
                let held = copy.lock().unwrap();
                let reader = held.reader();
                assert_eq!(reader.entries(0..held.size()).unwrap(), entries, "{told}");
            }
        }
    }
}

#[test]
fn files_that_vanish_are_made_again_from_the_write_ahead_log() {
    let (world, ..) = prepared(Rotation::Never);
    for name in world.names() {
        if !name.starts_with("log/") {
            continue;
        }
        let mut damaged = world.clone();
        damaged.remove(&name);
        let shared = damaged.shared();
        Writer::open(stores(&shared), log_signer()).unwrap();
        let healed = shared.lock().unwrap().file(&name).cloned();
        assert_eq!(healed.as_ref(), world.file(&name), "{name}");
    }
}

#[test]
fn data_that_flips_after_it_was_sequenced_is_found_and_repaired_from_the_mirror() {
    let (log, notes, entries) = three_checkpoints();
    let copy = World::default().shared();
    let held = mirror(&copy).unwrap();
    let mut feed = feed();
    for note in &notes {
        offer(&log, &held, &mut feed, note).unwrap();
    }
    let checkpoint = Checkpoint::parse(notes[2].text()).unwrap();
    // A log whose write-ahead log has begun anew has nothing else to be made again from.
    let mut writer = Writer::open(stores(&log), log_signer()).unwrap();
    writer.rotate_at(0);
    assert!(writer.append(Author::new(2).batch(1))[0].is_ok());
    writer.checkpoint().unwrap();
    drop(writer);
    let settled = log.lock().unwrap().restarted(None);
    let whole = |world: &Arc<Mutex<World>>| {
        let mut reader = LogReader::new(SimDisk::new(world, "log"), checkpoint.size);
        let same = reader.entries(0..checkpoint.size).ok() == Some(entries.clone());
        same && reader.root(checkpoint.size).ok() == Some(checkpoint.root)
    };
    let mut tried = 0;
    let names: Vec<String> = settled.names();
    let damageable =
        |name: &&String| name.starts_with("log/tile") || name.starts_with("log/bodies/0");
    for name in names.iter().filter(damageable) {
        // The partial tiles of the size behind the checkpoint are the writer's alone.
        if name.contains(".p/") && !name.ends_with(&format!(".p/{}", checkpoint.size % 256)) {
            continue;
        }
        let mut damaged = settled.clone();
        damaged.flip(name, 20);
        let damaged = damaged.shared();
        let mut disk = SimDisk::new(&damaged, "log");
        let source = SimDisk::new(&copy, "mirror");
        let replaced = repair(&mut disk, &source, &checkpoint).unwrap();
        assert!(
            replaced.contains(&name.trim_start_matches("log/").to_owned()),
            "{name}: {replaced:?}"
        );
        assert!(whole(&damaged), "{name}");
        let now = damaged.lock().unwrap().file(name).cloned();
        assert_eq!(now.as_ref(), settled.file(name), "{name}");
        tried += 1;
    }
    assert!(tried >= 4, "{tried}");
    // A copy that is damaged itself, or of another log, repairs nothing.
    let mut other = copy.lock().unwrap().restarted(None);
    other.flip("mirror/tile/entries/000", 40);
    let other = other.shared();
    let before = settled.clone().shared();
    let mut disk = SimDisk::new(&before, "log");
    let verdict = repair(&mut disk, &SimDisk::new(&other, "mirror"), &checkpoint);
    assert!(matches!(verdict, Err(RepairError::Root)));
    for name in &names {
        assert_eq!(
            before.lock().unwrap().file(name),
            settled.file(name),
            "{name}"
        );
    }
}
