//! kill −9 of a bucket's writer at random points: no published window is lost, none is there twice, none that the log does not have is seen.
//!
//! `SAKIMORI_KILLS` sets the number of kills (25 where it is not set), `SAKIMORI_SEED` their moments.

use crate::fixture::*;
use sakimori_custody::commitment::WindowCommitment;
use sakimori_custody::ids::StreamId;
use sakimori_lake::{BucketWriter, LakeError, StagedWindow, WindowId};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

const DIR: &str = "SAKIMORI_LAKE_KILL_DIR";
const ROUND: &str = "SAKIMORI_LAKE_KILL_ROUND";
/// Windows of one round: more than a process gets done before it is killed.
const WINDOWS: u64 = 400;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

fn window_of(round: u64, index: u64) -> WindowId {
    WindowId {
        stream: StreamId(round.to_be_bytes()),
        index,
    }
}

/// What a window of a round holds, for whoever looks.
fn records_of(round: u64, index: u64) -> Records {
    let mut records = records(0, 8 * index, 1 + index % 4);
    for (id, _) in &mut records {
        id.stream = StreamId(round.to_be_bytes());
    }
    records
}

/// Every third window is void: the log has no receipt of it.
const fn is_void(index: u64) -> bool {
    index % 3 == 2
}

/// A word that reached whoever watches, before the next step.
fn tell(word: &str, index: u64) {
    println!("\n{word} {index}");
    std::io::stdout().flush().unwrap();
}

/// The process that is killed: stages, has the receipt logged, publishes, hour after hour. As a test of its own it has nothing to do.
#[test]
fn a_writer_for_the_test_of_kills() {
    let (Ok(dir), Some(round)) = (std::env::var(DIR), number(ROUND)) else {
        return;
    };
    let house = House::below(Path::new(&dir));
    let mut writer = house.try_writer().unwrap();
    tell("ready", round);
    for index in 0..WINDOWS {
        let (id, records) = (window_of(round, index), records_of(round, index));
        let staged = StagedWindow {
            id,
            records: &records,
        };
        writer.stage(&staged).unwrap();
        if is_void(index) {
            writer.void(id).unwrap();
            continue;
        }
        // Whoever reads this is the log.
        tell("logged", index);
        // Another hour now and then: files are written and the spool turned over.
        writer.publish(id, at(index / 8 % 24, 0)).unwrap();
        tell("published", index);
        if index % 16 == 15 {
            drop(writer);
            house
                .lake
                .compact(&house.bucket, &house.key(), at(1, 0))
                .unwrap();
            writer = house.try_writer().unwrap();
        }
    }
}

/// A writer's process and the lines that it says.
fn spawn(dir: &Path, round: u64) -> (Child, BufReader<ChildStdout>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "kill::a_writer_for_the_test_of_kills",
            "--nocapture",
        ])
        .env(DIR, dir)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap());
    (child, lines)
}

/// What the log heard of a round: whether each window that has a receipt was told to be published.
type Heard = BTreeMap<u64, bool>;

/// Listens for so many words and a moment more, kills, and hears what was still said.
fn strike(dir: &Path, round: u64, seed: u64) -> Heard {
    let (mut child, lines) = spawn(dir, round);
    let mixed = (round + 1)
        .wrapping_mul(seed)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        >> 33;
    let (mut heard, mut words) = (Heard::new(), 0);
    let mut wanted = Some(mixed % 90);
    for line in lines.lines().map_while(Result::ok) {
        let mut parts = line.split(' ');
        let (word, index) = (
            parts.next(),
            parts.next().and_then(|text| text.parse().ok()),
        );
        match (word, index) {
            (Some("logged"), Some(index)) => {
                heard.entry(index).or_insert(false);
            }
            (Some("published"), Some(index)) => {
                heard.insert(index, true);
            }
            (Some("ready"), _) => {}
            _ => continue,
        }
        words += 1;
        if wanted.is_some_and(|wanted| words > wanted) {
            wanted = None;
            // A moment that differs each time; there is nothing to wait for but the clock.
            let (_keep, never) = std::sync::mpsc::channel::<()>();
            let _ = never.recv_timeout(Duration::from_micros(mixed / 90 % 3_000));
            child.kill().unwrap();
        }
    }
    let ended = child.wait().unwrap();
    assert!(ended.code().is_none(), "it was not killed: {ended}");
    heard
}

/// Does with each window in doubt what the log says; what was published is in doubt no more.
fn resolve(writer: &mut BucketWriter, round: u64, heard: &Heard) -> Result<(), LakeError> {
    for id in writer.unresolved() {
        assert_eq!(
            id.stream,
            StreamId(round.to_be_bytes()),
            "an earlier round is settled"
        );
        match heard.get(&id.index) {
            Some(true) => panic!("{id} was published"),
            Some(false) => writer.publish(id, at(23, 0)).map(drop)?,
            None => writer.void(id).map(drop)?,
        }
    }
    Ok(())
}

#[test]
fn a_bucket_s_writer_that_is_killed_at_any_moment_loses_no_published_window() {
    let kills = number("SAKIMORI_KILLS").unwrap_or(25);
    let seed = number("SAKIMORI_SEED").unwrap_or(1);
    let (mut house, mut told, mut doubt) = (House::new(), 0, 0);
    let mut whole: Vec<(WindowId, Records)> = Vec::new();
    for round in 0..kills {
        // A bucket does not grow without end in a long campaign.
        if round % 50 == 0 {
            (house, whole) = (House::new(), Vec::new());
        }
        let heard = strike(house.folder.path(), round, seed);
        let mut writer = house.try_writer().unwrap();
        let published = heard.values().filter(|published| **published).count();
        (told, doubt) = (told + published, doubt + writer.unresolved().len());
        // What is seen before the log is asked: all that was published, and nothing that is in doubt.
        let waiting = writer.unresolved();
        let windows = heard
            .keys()
            .map(|index| (window_of(round, *index), records_of(round, *index)));
        whole.extend(windows);
        let seen = |id: &WindowId| !waiting.contains(id);
        let listed = whole.iter().filter(|(id, _)| seen(id));
        let listed: Vec<_> = listed.map(|(id, records)| (*id, records)).collect();
        assert_eq!(house.rows(), expected(&listed), "round {round}");
        resolve(&mut writer, round, &heard).unwrap();
        drop(writer);
        let listed: Vec<_> = whole.iter().map(|(id, records)| (*id, records)).collect();
        assert_eq!(house.rows(), expected(&listed), "round {round}");
        committed(&house, &whole, round);
    }
    assert!(told as u64 > kills, "{told}");
    println!(
        "CAMPAIGN {told} windows published, {doubt} in doubt after their kill, 0 lost, 0 twice"
    );
}

/// The commitment of a window that the round's number picks is that of its receipt.
fn committed(house: &House, whole: &[(WindowId, Records)], round: u64) {
    let Some((id, records)) = whole.get(round as usize * 7919 % whole.len().max(1)) else {
        return;
    };
    let key = house.key().commit();
    let mut wanted = WindowCommitment::new(&key);
    for (id, record) in records {
        wanted.add(*id, &record.encode());
    }
    assert_eq!(
        house.commitment(*id),
        wanted.finish(),
        "round {round}: {id}"
    );
}
