//! How many entries a second are verified, of a log in memory: the tree alone (every hash), and everything (signatures, streams, bodies).
//!
//! `cargo run --release -p sakimori-verify --example throughput -- [ENTRIES]`; the log lies in `/dev/shm`. `xtask bench` is the place for comparisons.

#![expect(clippy::print_stdout, reason = "an example speaks to who runs it")]
#![expect(
    clippy::disallowed_methods,
    reason = "the core reads no clock; what measures it does"
)]

use sakimori_custody::entry::{Act, Author, Chain, Entry, EntryType, Salt};
use sakimori_custody::ids::{StreamId, hex};
use sakimori_custody::time::Seconds;
use sakimori_testkit::folder::{BEGIN, Plan, signer};
use sakimori_tlog::checkpoint::Checkpoint;
use sakimori_tlog::key::NoteSigner;
use sakimori_tlog::merkle::{Frontier, Hash, leaf_hash};
use sakimori_tlog::note::Note;
use sakimori_tlog::tile::{TILE_WIDTH, Tile, push_entry, root_of};
use sakimori_verify::{Options, verify};
use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let count = std::env::args()
        .nth(1)
        .map_or(Ok(256_000), |text| text.parse())?;
    let dir = tempfile::tempdir_in("/dev/shm")?;
    let bytes = make(dir.path(), count)?;
    println!(
        "{count} entries, {} bytes an entry on average",
        bytes / count
    );
    let key = signer("log").verifier().clone();
    for (what, log_key) in [("tree alone", Some(key)), ("everything", None)] {
        let options = Options {
            log_key,
            ..Options::default()
        };
        let begun = Instant::now();
        let report = verify(dir.path(), &options, &mut |_, _| {})?;
        let seconds = begun.elapsed().as_secs_f64();
        println!(
            "{what}: {:.0} entries a second, {} problems",
            count as f64 / seconds,
            report.problems.len()
        );
    }
    Ok(())
}

/// Writes a trust root and refusals by one sensor; returns the bytes of all entries.
fn make(dir: &Path, count: u64) -> Result<u64, Box<dyn Error>> {
    let mut notes = Chain::new(StreamId([1; 8]));
    let mut refusals = Chain::new(StreamId([2; 8]));
    let sensor = signer("s-01");
    let mut frontier = Frontier::default();
    let mut rows: Vec<(Vec<Hash>, u64)> = vec![(Vec::new(), 0); 4];
    let (mut bundle, mut bytes) = (Vec::new(), 0);
    for at in 0..count {
        let entry = if at == 0 {
            trust_root(&mut notes)
        } else {
            refusal(&mut refusals, &sensor)
        };
        // One body for all refusals: what is measured is the reading of it, not the making of files.
        if at < 2 {
            let name = hex(&entry.envelope.body);
            let (first, _) = name.split_at_checked(2).unwrap_or_default();
            let folder = dir.join("bodies").join(first);
            fs::create_dir_all(&folder)?;
            fs::write(folder.join(&name), &entry.stored)?;
        }
        bytes += entry.leaf.len() as u64;
        push_entry(&mut bundle, &entry.leaf);
        let leaf = leaf_hash(&entry.leaf);
        frontier.push(leaf);
        if push(dir, &mut rows, leaf, false)? {
            let full = std::mem::take(&mut bundle);
            put(dir, None, (at / TILE_WIDTH, 256), &full)?;
        }
    }
    let width = (count % TILE_WIDTH) as u16;
    if width > 0 {
        put(dir, None, (count / TILE_WIDTH, width), &bundle)?;
    }
    for (level, (row, index)) in (0u8..).zip(&rows) {
        if !row.is_empty() {
            put(dir, Some(level), (*index, row.len() as u16), &row.concat())?;
        }
    }
    sign(dir, &frontier)?;
    Ok(bytes)
}

fn sign(dir: &Path, tree: &Frontier) -> Result<(), Box<dyn Error>> {
    let checkpoint = Checkpoint {
        origin: "log.example".to_owned(),
        size: tree.size(),
        root: tree.root(),
        extensions: Vec::new(),
    };
    let signers = [&signer("log"), &signer("mirror")];
    let note = Note::sign(&checkpoint.to_string(), &signers, BEGIN).ok_or("no checkpoint")?;
    fs::write(dir.join("checkpoint"), note.to_bytes())?;
    Ok(())
}

fn trust_root(stream: &mut Chain) -> Entry {
    let act = Act {
        kind: EntryType::TrustRoot,
        time: Seconds(BEGIN),
        authority: [0; 32],
        counters: vec![1],
        body: Plan::default().build().folder.trust_root,
    };
    stream.entry(act, Salt([0; 32]), None)
}

fn refusal(stream: &mut Chain, sensor: &NoteSigner) -> Entry {
    let body = br#"{"code":24,"name":"other-sensor","sensor":"s-01","authority":"","detail":""}"#;
    let act = Act {
        kind: EntryType::Refusal,
        time: Seconds(BEGIN),
        authority: [0; 32],
        counters: vec![24],
        body: body.to_vec(),
    };
    let author = Author {
        id: sensor.verifier().id(),
        key: sensor.ed25519(),
    };
    stream.entry(act, Salt([1; 32]), Some(&author))
}

/// Puts a leaf into its row, and full rows into files; says whether the row of leaves was full.
fn push(
    dir: &Path,
    rows: &mut [(Vec<Hash>, u64)],
    hash: Hash,
    filled: bool,
) -> Result<bool, Box<dyn Error>> {
    let level = 4 - rows.len();
    let Some(((row, index), above)) = rows.split_first_mut() else {
        return Ok(filled);
    };
    row.push(hash);
    if (row.len() as u64) < TILE_WIDTH {
        return Ok(filled);
    }
    put(dir, Some(level as u8), (*index, 256), &row.concat())?;
    *index += 1;
    let root = root_of(&std::mem::take(row));
    push(dir, above, root, true)
}

fn put(
    dir: &Path,
    level: Option<u8>,
    (index, width): (u64, u16),
    bytes: &[u8],
) -> std::io::Result<()> {
    let tile = Tile {
        level,
        index,
        width,
    };
    let path = dir.join(tile.path());
    fs::create_dir_all(path.parent().unwrap_or(dir))?;
    fs::write(path, bytes)
}
