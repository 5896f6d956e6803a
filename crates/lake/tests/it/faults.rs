//! Writers, vaults, compaction and deletion on a disk that fails at every call, twice in a row, and loses power: what was promised is there, and nothing else.
//!
//! `SAKIMORI_FAULT_PAIRS` sets the number of pairs, from a million on all of each story; `SAKIMORI_SEED` which of them.

mod pairs;

use crate::fixture::*;
use crate::power::{Fault, Running, World, digest};
use sakimori_custody::commitment::WindowCommitment;
use sakimori_custody::identifier::{Identifier, IdentifierField, IdentifiersCommitment};
use sakimori_custody::ids::{BucketId, RecordId};
use sakimori_custody::keys::{BucketKey, Share};
use sakimori_custody::time::Seconds;
use sakimori_lake::{
    Act, Ask, BucketState, BucketWriter, Lake, LakeError, Retention, Row, ShareError, ShareVault,
    Span, StagedWindow, What, WindowId, bucket_key,
};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What a process does in its life, each with a bucket of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Story {
    /// A bucket that is there is written to.
    Written,
    /// A closed one is merged and kept longer.
    Closed,
    /// A new one is written to.
    New,
    /// One is destroyed with the office's share.
    Destroyed,
}

/// A whole life.
const WHOLE: &[Story] = &[Story::Written, Story::Closed, Story::New, Story::Destroyed];

const WRITTEN: &str = "01";
const NEW: &str = "02";
const CLOSED: &str = "03";
const DESTROYED: &str = "04";

impl Story {
    /// The day of its bucket.
    const fn day(self) -> &'static str {
        match self {
            Self::Written => WRITTEN,
            Self::New => NEW,
            Self::Closed => CLOSED,
            Self::Destroyed => DESTROYED,
        }
    }
}

fn bucket(day: &str) -> BucketId {
    let id = format!("000102030405060708090a0b0c0d0e0f/s-01/2027-04-{day}");
    id.parse().unwrap()
}

fn keep() -> Retention {
    Retention::days(90).unwrap()
}

/// A lake and both vaults, on the disk of a process.
struct Site {
    lake: Lake,
    office: ShareVault,
    commission: ShareVault,
}

impl Site {
    fn of(running: &Running) -> Self {
        let below = |name| running.folder.path().join(name);
        let watch = || running.watch.clone();
        Self {
            lake: Lake::watched(below("lake"), watch()),
            office: ShareVault::watched(below("office"), watch()),
            commission: ShareVault::watched(below("commission"), watch()),
        }
    }

    /// A bucket's key; a share that is not there is made of `life`.
    fn key(&self, bucket: &BucketId, life: u8) -> Result<BucketKey, LakeError> {
        let [office, commission] = self.shares(bucket, life)?;
        Ok(BucketKey::combine(&office, &commission, bucket))
    }

    /// The key of a bucket whose shares are there.
    fn known_key(&self, bucket: &BucketId) -> Result<BucketKey, LakeError> {
        bucket_key(&self.office, &self.commission, bucket).map_err(|e| match e {
            ShareError::Store(e) => e,
            other => panic!("{other}"),
        })
    }

    /// Both shares of a bucket's key.
    fn shares(&self, bucket: &BucketId, life: u8) -> Result<[Share; 2], LakeError> {
        let store = |e| match e {
            ShareError::Store(e) => e,
            other => panic!("{other}"),
        };
        let office = self.office.obtain(bucket, [life; 32]).map_err(store)?;
        let commission = self.commission.obtain(bucket, [life; 32]).map_err(store)?;
        Ok([office, commission])
    }
}

/// One identifier of a window's first record.
fn identifiers(records: &Records) -> Vec<(RecordId, Identifier)> {
    let first = records[0].0;
    let identifier = Identifier {
        record: first.number,
        field: IdentifierField::User,
        tag: [first.number as u8; 32],
        blob: [first.number as u8; 176],
    };
    vec![(first, identifier)]
}

/// Where a window belongs.
type At = (&'static str, WindowId);

/// What was promised, and what the log says.
#[derive(Clone, Default)]
struct Promised {
    /// Windows whose receipt is in the log: staging had returned.
    logged: BTreeMap<At, Records>,
    /// Windows that were published, as the writer said.
    published: BTreeSet<At>,
    /// Windows whose end the log never heard of.
    void: BTreeSet<At>,
    closed: bool,
    kept: Option<Seconds>,
    deleted: bool,
    /// The script came to its end.
    finished: bool,
}

impl Promised {
    /// A number that two promises share where they are the same; a window's id decides its records.
    fn digest(&self) -> u64 {
        let logged: Vec<&At> = self.logged.keys().collect();
        let ends = (self.closed, self.kept.map(|until| until.0), self.deleted);
        digest((logged, &self.published, &self.void, ends))
    }

    /// Stages a window with identifiers; when that returned the log has its receipt.
    fn stage(
        &mut self,
        writer: &mut BucketWriter,
        at: At,
        records: Records,
        in_log: bool,
    ) -> Result<(), LakeError> {
        self.void.insert(at);
        let (id, records_of) = (at.1, &records);
        writer.stage(&StagedWindow {
            id,
            records: records_of,
        })?;
        writer.stage_identifiers(id, &identifiers(&records))?;
        if in_log {
            self.void.remove(&at);
            self.logged.insert(at, records);
        }
        Ok(())
    }

    fn publish(
        &mut self,
        writer: &mut BucketWriter,
        at: At,
        now: Seconds,
    ) -> Result<(), LakeError> {
        writer.publish(at.1, now)?;
        self.published.insert(at);
        Ok(())
    }

    /// Does with each window in doubt what the log says.
    fn resolve(
        &mut self,
        writer: &mut BucketWriter,
        day: &'static str,
        now: Seconds,
    ) -> Result<(), LakeError> {
        for id in writer.unresolved() {
            let at = (day, id);
            assert!(!self.published.contains(&at), "{id} was published");
            if self.logged.contains_key(&at) {
                self.publish(writer, at, now)?;
            } else {
                writer.void(id)?;
            }
        }
        Ok(())
    }
}

/// Buckets of stories as earlier days left them: files of an hour, windows in the spool, one in doubt. The new one is not there.
fn prepared(stories: &[Story]) -> (World, Promised) {
    let running = World::default().run(None);
    let (site, mut promised) = (Site::of(&running), Promised::default());
    let there = [
        (1, Story::Written),
        (3, Story::Closed),
        (4, Story::Destroyed),
    ];
    for (seed, story) in there.into_iter().filter(|(_, of)| stories.contains(of)) {
        let day = story.day();
        let id = bucket(day);
        let key = site.key(&id, 1).unwrap();
        let mut writer = site
            .lake
            .writer(&id, key, keep(), at(0, 0), seeded(u64::from(seed)))
            .unwrap();
        for index in 0..3 {
            let place = (day, window(seed, index));
            let records = records(seed, 10 * index, 2);
            promised.stage(&mut writer, place, records, true).unwrap();
            promised.publish(&mut writer, place, at(1, index)).unwrap();
            // The files that are merged later are two.
            if index == 0 || story == Story::Closed && index == 1 {
                writer.flush().unwrap();
            }
        }
        if story == Story::Written {
            let place = (day, window(seed, 3));
            let records = records(seed, 30, 1);
            promised.stage(&mut writer, place, records, false).unwrap();
        }
    }
    (running.left().settled(), promised)
}

/// What nobody may do twice with a writer whose disk failed.
fn refused(writer: &mut BucketWriter, running: &Running) {
    let calls = running.seen().len();
    let records = records(9, 0, 1);
    let id = window(9, 0);
    let staged = writer.stage(&StagedWindow {
        id,
        records: &records,
    });
    assert!(matches!(staged, Err(LakeError::Broken(_))), "{staged:?}");
    assert!(matches!(writer.flush(), Err(LakeError::Broken(_))));
    assert_eq!(running.seen().len(), calls, "and asks nothing of the disk");
}

/// Writes to a bucket: resolves what is in doubt, then one window to its end, one void where that is wanted, one in doubt.
fn write(
    site: &Site,
    running: &Running,
    (day, key, voids): (&'static str, BucketKey, bool),
    life: u8,
    promised: &mut Promised,
) -> Result<(), LakeError> {
    let (id, now) = (bucket(day), at(2 + u64::from(life), 0));
    let random = seeded(100 + u64::from(life));
    let mut writer = site.lake.writer(&id, key, keep(), now, random)?;
    let mut steps = |writer: &mut BucketWriter| {
        promised.resolve(writer, day, now)?;
        let place = |n: u64| (day, window(20 + life, n));
        let some = |n: u64| records(20 + life, n * 10, 2);
        promised.stage(writer, place(0), some(0), true)?;
        promised.publish(writer, place(0), now)?;
        if voids {
            promised.stage(writer, place(1), some(1), false)?;
            writer.void(place(1).1)?;
        }
        promised.stage(writer, place(2), some(2), true)?;
        promised.stage(writer, place(3), some(3), false)
    };
    let done = steps(&mut writer);
    if done.is_err() {
        refused(&mut writer, running);
    }
    done
}

/// Closes a bucket, merges its files, keeps it longer.
fn close(
    site: &Site,
    key: impl Fn() -> Result<BucketKey, LakeError>,
    life: u8,
    promised: &mut Promised,
) -> Result<(), LakeError> {
    let (id, now) = (bucket(CLOSED), at(2, 0));
    let random = seeded(200 + u64::from(life));
    match site.lake.writer(&id, key()?, keep(), now, random) {
        Ok(mut writer) => {
            promised.resolve(&mut writer, CLOSED, now)?;
            writer.close()?;
            promised.closed = true;
        }
        // The life before came as far, and did not hear of it.
        Err(LakeError::Closed(_)) => {}
        Err(e) => return Err(e),
    }
    site.lake.compact(&id, &key()?, now)?;
    let until = at(24 * 365, 0);
    site.lake.keep_until(&id, until, now)?;
    promised.kept = Some(until);
    Ok(())
}

/// One life of the process: stories, one after the other, until the disk fails.
fn life(
    stories: &[Story],
    running: &Running,
    life: u8,
    promised: &mut Promised,
) -> Result<(), LakeError> {
    let site = Site::of(running);
    // A story alone leaves out what others have: shares are made for a new bucket, and the window that becomes void is one in doubt.
    let whole = stories.len() > 1;
    for story in stories {
        let key = || {
            let id = bucket(story.day());
            if whole || *story == Story::New {
                site.key(&id, 10 + life)
            } else {
                site.known_key(&id)
            }
        };
        match story {
            Story::Written | Story::New => {
                write(&site, running, (story.day(), key()?, whole), life, promised)?;
            }
            Story::Closed => close(&site, key, life, promised)?,
            Story::Destroyed => {
                let id = bucket(DESTROYED);
                site.lake.delete(&id, &site.office, at(23, 0))?;
                promised.deleted = true;
            }
        }
    }
    promised.finished = true;
    Ok(())
}

/// As [`life`]; an error names a file of the call that failed.
fn lives(stories: &[Story], running: &Running, number: u8, promised: &mut Promised, told: &str) {
    promised.finished = false;
    if let Err(error) = life(stories, running, number, promised) {
        let failed = running.failed();
        let failed = failed.unwrap_or_else(|| panic!("{told}: {error} without a fault"));
        let said = error.to_string();
        let named = |path: &Path| said.contains(&path.display().to_string());
        assert!(failed.iter().any(|path| named(path)), "{told}: {said}");
        assert!(matches!(error, LakeError::Io { .. }), "{told}: {error:?}");
    }
}

fn rows(site: &Site, id: &BucketId, key: &BucketKey) -> Vec<Row> {
    let ask = Ask {
        what: What::All,
        span: Span::ALL,
        limit: usize::MAX,
    };
    let access = access();
    let reader = site.lake.reader(id, key, &access, at(23, 59)).unwrap();
    released(reader.find(&ask).unwrap())
}

/// A process that starts on what is left, on a good disk, finds every promise of its stories kept, and goes on.
fn keeps(stories: &[Story], world: World, mut promised: Promised, told: &str) {
    let running = world.run(None);
    let site = Site::of(&running);
    for story in stories {
        let day = story.day();
        let id = bucket(day);
        match story {
            Story::Destroyed => gone(&site, &promised, told),
            Story::New if !promised.logged.keys().any(|(at, _)| *at == NEW) => {}
            Story::New | Story::Written | Story::Closed => {
                holds(&site, day, &id, &mut promised, told);
            }
        }
        if *story == Story::Closed {
            let closed = site.lake.bucket(&id).unwrap();
            let state = closed.state == BucketState::Closed;
            assert!(!promised.closed || state, "{told}");
            let kept = promised.kept.is_none_or(|until| closed.expires == until);
            assert!(kept, "{told}");
        }
    }
}

/// A bucket holds the windows that the log has, each once, and no other.
fn holds(site: &Site, day: &'static str, id: &BucketId, promised: &mut Promised, told: &str) {
    let shares = site.shares(id, 99).unwrap();
    let key = || BucketKey::combine(&shares[0], &shares[1], id);
    let of_day: Vec<_> = promised
        .logged
        .clone()
        .into_iter()
        .filter(|((at, _), _)| *at == day)
        .collect();
    let wanted = |which: &dyn Fn(&At) -> bool| {
        let windows = of_day.iter().filter(|(at, _)| which(at));
        expected(
            &windows
                .map(|((_, id), records)| (*id, records))
                .collect::<Vec<_>>(),
        )
    };
    let now = at(22, 0);
    match site.lake.writer(id, key(), keep(), now, seeded(7)) {
        Ok(mut writer) => {
            let waiting = writer.unresolved();
            // Where nothing waits they are looked at below.
            if !waiting.is_empty() {
                let there = |at: &At| !waiting.contains(&at.1);
                let told = format!("{told}: bucket {day} before the log was asked");
                assert_eq!(rows(site, id, &key()), wanted(&there), "{told}");
            }
            promised.resolve(&mut writer, day, now).unwrap();
            let mut go_on = || {
                let records = records(50, 0, 1);
                promised.stage(&mut writer, (day, window(50, 0)), records, false)?;
                writer.void(window(50, 0)).map(drop)
            };
            go_on().unwrap_or_else(|e| panic!("{told}: {e}"));
        }
        Err(LakeError::Closed(_)) => assert_eq!(day, CLOSED, "{told}"),
        Err(e) => panic!("{told}: bucket {day}: {e:?}"),
    }
    assert_eq!(
        rows(site, id, &key()),
        wanted(&|_| true),
        "{told}: bucket {day}"
    );
    let commit = key().commit();
    for (at, ((_, window), records)) in of_day.iter().enumerate() {
        let mut whole = IdentifiersCommitment::new(&commit);
        for (id, identifier) in identifiers(records) {
            whole.add(id, &identifier);
        }
        let kept = site.lake.identifiers_commitment(id, &key(), *window, now);
        assert_eq!(
            kept.unwrap(),
            whole.finish(),
            "{told}: identifiers of {window}"
        );
        // The rows are the same, so that one window stands for all.
        if at + 1 == of_day.len() {
            let mut whole = WindowCommitment::new(&commit);
            for (id, record) in records {
                whole.add(*id, &record.encode());
            }
            let kept = site.lake.commitment(id, &key(), *window, now).unwrap();
            assert_eq!(kept, whole.finish(), "{told}: {window}");
        }
    }
    for (_, window) in promised.void.iter().filter(|(at, _)| *at == day) {
        let kept = site.lake.identifiers_commitment(id, &key(), *window, now);
        assert_eq!(kept.unwrap(), None, "{told}: identifiers of void {window}");
    }
}

/// A bucket whose end was told stays at its end; one whose end was not told can be ended.
fn gone(site: &Site, promised: &Promised, told: &str) {
    let id = bucket(DESTROYED);
    let share = site.office.read(&id);
    if promised.deleted {
        let missing = matches!(share, Err(ShareError::Missing(_)));
        assert!(missing, "{told}: the share of a deleted bucket");
        assert_eq!(
            site.lake.bucket(&id).unwrap().state,
            BucketState::Deleted,
            "{told}"
        );
    }
    site.lake.delete(&id, &site.office, at(23, 1)).unwrap();
    let left = std::fs::read_dir(site.lake.folder(&id)).unwrap();
    let left: BTreeSet<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(
        left,
        BTreeSet::from(["bucket.json".into(), "lock".into()]),
        "{told}"
    );
    assert!(
        matches!(site.office.read(&id), Err(ShareError::Missing(_))),
        "{told}"
    );
}

/// Every way in which a call of a life fails.
fn faults(seen: &[Act]) -> Vec<(usize, Fault)> {
    let of = |(at, act): (usize, &Act)| Fault::of(*act).iter().map(move |f| (at, *f));
    seen.iter().enumerate().flat_map(of).collect()
}

/// How many of them are tried.
fn count() -> u64 {
    number("SAKIMORI_FAULT_PAIRS").unwrap_or(60)
}

/// One of so many places is tried, so that `count` are, or all.
fn stride(places: usize) -> usize {
    places / count().clamp(1, places as u64) as usize
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

#[test]
fn a_life_without_a_fault_comes_to_its_end_and_keeps_its_promises() {
    let (world, mut promised) = prepared(WHOLE);
    let running = world.run(None);
    lives(WHOLE, &running, 1, &mut promised, "no fault");
    assert!(promised.finished && promised.closed && promised.deleted);
    assert!(running.seen().len() > 200, "{}", running.seen().len());
    keeps(WHOLE, running.left(), promised.clone(), "no fault");
    for seed in 0..50 {
        keeps(
            WHOLE,
            running.left().after_power_cut(seed),
            promised.clone(),
            "a power cut alone",
        );
    }
}

#[test]
fn one_failing_call_of_the_lake_s_disk_loses_nothing_and_shows_nothing() {
    let (world, promised) = prepared(WHOLE);
    let probe = world.clone().run(None);
    lives(WHOLE, &probe, 1, &mut promised.clone(), "probe");
    let faults = faults(&probe.seen());
    for (at, plan) in faults
        .iter()
        .copied()
        .enumerate()
        .step_by(stride(faults.len()))
    {
        let told = format!("call {} fails {:?}", plan.0, plan.1);
        let running = world.clone().run(Some(plan));
        let mut promised = promised.clone();
        lives(WHOLE, &running, 1, &mut promised, &told);
        assert!(running.failed().is_some(), "{told}: the call was not made");
        let left = running.left();
        keeps(WHOLE, left.clone(), promised.clone(), &told);
        let seed = at as u64;
        keeps(
            WHOLE,
            left.after_power_cut(seed),
            promised.clone(),
            &format!("{told}, power cut {seed}"),
        );
        goes_on(left, promised, &told, seed);
    }
}

/// The next process goes on where the first one failed, and only then the power goes: it rested on nothing that was not on the disk.
fn goes_on(left: World, mut promised: Promised, told: &str, seed: u64) {
    let running = left.run(None);
    lives(WHOLE, &running, 2, &mut promised, told);
    assert!(promised.finished, "{told}");
    for seed in [3 * seed, 3 * seed + 1, 3 * seed + 2] {
        let left = running.left().after_power_cut(seed);
        let told = format!("{told}, a life, power cut {seed}");
        keeps(WHOLE, left, promised.clone(), &told);
    }
}

#[test]
fn pairs_of_failing_calls_of_the_lake_s_disk_lose_nothing_and_show_nothing() {
    pairs::of_each_story();
}

#[test]
fn lives_that_did_the_same_have_one_digest_and_others_do_not() {
    let stories = [Story::Closed];
    let (world, promised) = prepared(&stories);
    let left = |plan| {
        let running = world.clone().run(plan);
        lives(&stories, &running, 1, &mut promised.clone(), "a digest");
        (running.left(), running.seen())
    };
    let ((one, seen), (again, _)) = (left(None), left(None));
    assert_ne!(one.digest(), world.digest());
    assert_eq!(
        one.digest(),
        again.digest(),
        "merged files have drawn nonces"
    );
    for (at, act) in seen.iter().enumerate() {
        let digest = |fault| left(Some((at, fault))).0.digest();
        if matches!(act, Act::Create | Act::Write | Act::Rename) {
            assert_ne!(digest(Fault::Before), digest(Fault::After), "{act:?} {at}");
        }
    }
}

#[test]
fn pairs_of_failing_calls_across_stories_lose_nothing_and_show_nothing() {
    pairs::across_stories();
}

#[test]
fn a_window_of_several_parts_that_a_power_cut_tears_is_a_torn_end_and_no_damage() {
    let id = bucket(WRITTEN);
    let open = |running: &Running| {
        let site = Site::of(running);
        let key = site.key(&id, 1).unwrap();
        let writer = site.lake.writer(&id, key, keep(), at(1, 0), seeded(3));
        (site, writer.unwrap())
    };
    let running = World::default().run(None);
    let (_, mut writer) = open(&running);
    put(&mut writer, window(1, 0), &records(1, 0, 3), at(1, 0));
    drop(writer);
    let world = running.left().settled();
    let many = records(1, 10, 8_200);
    let staged = StagedWindow {
        id: window(1, 1),
        records: &many,
    };
    let probe = world.clone().run(None);
    let (_, mut writer) = open(&probe);
    let from = probe.seen().len();
    writer.stage(&staged).unwrap();
    let seen = probe.seen();
    assert!(seen.len() >= from + 4, "two parts, each written and synced");
    let of_stage = faults(&seen).into_iter().filter(|(at, _)| *at >= from);
    for (at, plan) in of_stage.map(Some).chain([None]).enumerate() {
        let running = world.clone().run(plan);
        let (_, mut writer) = open(&running);
        assert_eq!(writer.stage(&staged).is_ok(), plan.is_none(), "{plan:?}");
        drop(writer);
        for seed in 0..2 {
            let left = running.left().after_power_cut(10 * at as u64 + seed);
            let next = left.run(None);
            let (site, writer) = open(&next);
            let told = format!("{plan:?}, power cut {seed}");
            let waiting = writer.unresolved();
            assert!(plan.is_some() || waiting == [staged.id], "{told}");
            let key = site.key(&id, 9).unwrap();
            assert_eq!(rows(&site, &id, &key).len(), 3, "{told}");
        }
    }
}
