//! Measures the log: durable appends by batch size with tiles, checkpoints and a mirror that is fed; the time from an append to its published checkpoint; reading
//! all of it again; proofs; memory.
//!
//! ```text
//! cargo run --release -p sakimori-ledger --example load -- DIR
//! ```
//!
//! In: a folder on the disk to be measured; it is filled. Out: one line `NAME VALUE` for each figure. Never: part of the product. `cargo xtask bench log` runs it and
//! makes the table of `docs/performance.md`.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement reads the clock and tells"
)]

use sakimori_custody::entry::{Act, Chain, EntryType, Salt};
use sakimori_custody::ids::StreamId;
use sakimori_custody::time::Seconds;
use sakimori_ledger::Record;
use sakimori_ledger::client::Client;
use sakimori_ledger::disk::{Folder, Source};
use sakimori_ledger::feed::{Feed, FeedError};
use sakimori_ledger::http::{HttpPeer, router, serve};
use sakimori_ledger::mirror::{ApproveAll, Mirror, MirrorParts};
use sakimori_ledger::reader::LogReader;
use sakimori_ledger::service::{Config, MirrorLink, Service};
use sakimori_ledger::writer::{Stores, Writer};
use sakimori_tlog::checkpoint::Checkpoint;
use sakimori_tlog::key::{KeyKind, NoteSigner, VerifierKey};
use sakimori_tlog::merkle::{self, Frontier};
use sakimori_tlog::note::Note;
use sakimori_tlog::policy::Policy;
use sakimori_tlog::proof::TlogProof;
use sakimori_tlog::tile;
use std::error::Error;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

type Outcome<T> = Result<T, Box<dyn Error>>;
type Make = fn(&mut Chain) -> Record;
type Sent<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// How often a checkpoint is signed while appends go on.
const INTERVAL: Duration = Duration::from_millis(200);
const NOW: Seconds = Seconds(1_806_537_661);

fn signer(name: &str, kind: KeyKind) -> Outcome<NoteSigner> {
    Ok(NoteSigner::from_seed(name, kind, &[1; 32])?)
}

fn log_signer() -> Outcome<NoteSigner> {
    signer("log.example", KeyKind::Ed25519)
}

/// An entry of 256 bytes and a short body of its own.
fn next(chain: &mut Chain) -> Record {
    let mut salt = [0; 32];
    salt[..8].copy_from_slice(&chain.next.to_be_bytes());
    salt[8..16].copy_from_slice(&chain.stream.0);
    with_salt(chain, salt)
}

/// An entry of 256 bytes whose body all others have too, so that the log keeps one: what other logs, which have no bodies, are measured with.
fn bare(chain: &mut Chain) -> Record {
    with_salt(chain, [1; 32])
}

fn with_salt(chain: &mut Chain, salt: [u8; 32]) -> Record {
    let act = Act {
        kind: EntryType::Receipt,
        time: NOW,
        authority: [9; 32],
        counters: vec![u64::MAX; 13],
        body: b"{}".to_vec(),
    };
    let entry = chain.entry(act, Salt(salt), None);
    Record {
        entry: entry.leaf,
        body: entry.stored,
    }
}

fn told(name: &str, value: impl std::fmt::Display) {
    println!("{name} {value}");
}

/// A mirror behind HTTP on loopback, in a thread of its own; its address and key.
fn mirror(dir: &Path) -> Outcome<(String, VerifierKey)> {
    let mirror = Mirror::open(MirrorParts {
        log: Box::new(Folder::new(&dir.join("mirror"))?),
        wal: Box::new(Folder::new(&dir.join("mirror-wal"))?),
        log_key: log_signer()?.verifier().clone(),
        signer: signer("commission.example/mirror", KeyKind::Cosigner)?,
        approve: Box::new(ApproveAll),
    })?;
    let key = mirror.key().clone();
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = format!("http://{}", listener.local_addr()?);
    let routes = router(Arc::new(Mutex::new(mirror)), Arc::new(|| NOW));
    thread::spawn(move || serve(listener, routes, std::future::pending()));
    Ok((address, key))
}

/// Brings each checkpoint to the mirror; ends when nobody signs any more.
fn feed(dir: &Path, address: &str, key: VerifierKey, notes: &Receiver<Note>) -> Sent<u64> {
    let mut feed = Feed::new(vec![key]);
    let mut peer = HttpPeer::new(address);
    let mut size = 0;
    for note in notes {
        let mut reader = LogReader::new(Folder::new(&dir.join("log"))?, 0);
        let cosigned = loop {
            match feed.offer(&mut peer, &mut reader, &note) {
                // As in the service: what took too long goes on where it was.
                Err(FeedError::Away(_)) => {}
                other => break other?,
            }
        };
        size = Checkpoint::parse(cosigned.text())?.size;
    }
    Ok(size)
}

/// Appends batch by batch, signs every 200 ms, and has a mirror follow.
fn throughput(dir: &Path, name: &str, make: Make, batch: usize, rounds: usize) -> Outcome<()> {
    let dir = dir.join(format!("{name}-{batch}"));
    let disk = |name: &str| Folder::new(&dir.join(name)).map(Box::new);
    let stores = Stores {
        log: disk("log")?,
        wal: disk("wal")?,
        signed: disk("signed")?,
    };
    let mut writer = Writer::open(stores, log_signer()?)?;
    let mut chain = Chain::new(StreamId([1; 8]));
    let batches: Vec<Vec<Record>> = (0..rounds)
        .map(|_| (0..batch).map(|_| make(&mut chain)).collect())
        .collect();
    let (address, key) = mirror(&dir)?;
    // One checkpoint may wait while another is at the mirror, as in the service.
    let (send, notes) = sync_channel(1);
    let feeder = {
        let dir = dir.clone();
        thread::spawn(move || feed(&dir, &address, key, &notes))
    };
    let begun = Instant::now();
    let mut signed = begun;
    for records in batches {
        for placed in writer.append(records) {
            placed?;
        }
        if signed.elapsed() >= INTERVAL || writer.is_long() {
            let note = writer.checkpoint()?.ok_or("nothing to sign")?.clone();
            // A mirror that is busy gets the next one.
            let _ = send.try_send(note);
            signed = Instant::now();
        }
    }
    let note = writer.checkpoint()?.ok_or("nothing to sign")?.clone();
    let appended = begun.elapsed();
    // Where the feed fell, it says why when it is joined.
    let _ = send.send(note);
    drop(send);
    let mirrored = feeder.join().map_err(|_| "the feed fell")?;
    let size = mirrored.map_err(|e| format!("the feed: {e}"))?;
    let followed = begun.elapsed();
    if size != writer.size() {
        return Err("the mirror has not all".into());
    }
    let per_second = |took: Duration| ((batch * rounds) as f64 / took.as_secs_f64()).round();
    told(&format!("{name}.append.{batch}"), per_second(appended));
    told(&format!("{name}.mirrored.{batch}"), per_second(followed));
    Ok(())
}

fn at(times: &mut [Duration], share: usize) -> f64 {
    times.sort_unstable();
    let index = (times.len() * share / 100).min(times.len().saturating_sub(1));
    times.get(index).map_or(0.0, |t| t.as_secs_f64() * 1e3)
}

/// One author adds an entry at random moments, 200 ms apart in the mean, and waits for the proof; the same while others add all the time.
fn latency(dir: &Path, name: &str, rounds: u32, others: u64) -> Outcome<()> {
    let (address, key) = mirror(dir)?;
    let config = Config::below(dir);
    let socket = config.socket.clone();
    let link = MirrorLink {
        peer: Box::new(HttpPeer::new(&address)),
        keys: vec![key],
    };
    let service = Service::start(config, log_signer()?, Some(link))?;
    let done = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let crowd: Vec<_> = (0..others)
        .map(|number| {
            let (socket, done) = (socket.clone(), Arc::clone(&done));
            thread::spawn(move || crowd(&socket, number, &done))
        })
        .collect();
    let mut client = Client::connect(&socket)?;
    let mut chain = Chain::new(StreamId([2; 8]));
    let (mut durable, mut published) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let record = next(&mut chain);
        let pause = 100 + u64::from(round.wrapping_mul(2_654_435_761) >> 24) * 200 / 256;
        thread::sleep(Duration::from_millis(pause));
        let begun = Instant::now();
        let index = client.append_stored(&record.entry, &record.body)?;
        durable.push(begun.elapsed());
        client.proof(index, Duration::from_secs(10))?;
        published.push(begun.elapsed());
    }
    done.store(true, std::sync::atomic::Ordering::SeqCst);
    let mut added = 0;
    for one in crowd {
        let one = one.join().map_err(|_| "an author fell")?;
        added += one.map_err(|e| format!("an author: {e}"))?;
    }
    service.stop();
    told(&format!("{name}.others"), added);
    for (what, times) in [("durable", &mut durable), ("published", &mut published)] {
        told(
            &format!("{name}.{what}.p50"),
            format!("{:.1}", at(times, 50)),
        );
        told(
            &format!("{name}.{what}.p99"),
            format!("{:.1}", at(times, 99)),
        );
    }
    Ok(())
}

fn crowd(socket: &Path, number: u64, done: &std::sync::atomic::AtomicBool) -> Sent<u64> {
    let mut client = Client::connect(socket)?;
    let mut chain = Chain::new(StreamId((1000 + number).to_be_bytes()));
    while !done.load(std::sync::atomic::Ordering::SeqCst) {
        let record = next(&mut chain);
        client.append_stored(&record.entry, &record.body)?;
        thread::sleep(Duration::from_millis(5));
    }
    Ok(chain.next)
}

/// Reads a log as a verifier does: every bundle, every leaf hashed, the root compared.
fn verification(dir: &Path) -> Outcome<()> {
    let folder = Folder::new(&dir.join("bare-4096/log"))?;
    let signed = Folder::new(&dir.join("bare-4096/signed"))?;
    let bytes = signed.read("checkpoint.signed", 1 << 20)?;
    let note = Note::parse(&bytes.ok_or("no checkpoint")?)?;
    let checkpoint = Checkpoint::parse(note.text())?;
    let size = checkpoint.size;
    let mut bundles = Vec::new();
    let mut entries = 0;
    while entries < size {
        let bundle = tile::entries_at(entries, size).ok_or("no bundle")?;
        let bytes = folder.read(&bundle.path(), 4 << 20)?;
        bundles.push((bytes.ok_or("a bundle is missing")?, bundle.width));
        entries += u64::from(bundle.width);
    }
    let begun = Instant::now();
    let mut tree = Frontier::default();
    let mut length = 0;
    for (bytes, width) in &bundles {
        for entry in tile::entries(bytes, *width).ok_or("no bundle")? {
            length += entry.len();
            tree.push_entry(entry);
        }
    }
    let took = begun.elapsed();
    if tree.root() != checkpoint.root {
        return Err("another root".into());
    }
    told("verify", (size as f64 / took.as_secs_f64()).round());
    told("entry.bytes", length as u64 / size);
    proofs(&folder, &checkpoint)
}

/// A path of 20 hashes, and a whole proof under a policy that asks for log and mirror.
fn proofs(folder: &Folder, of: &Checkpoint) -> Outcome<()> {
    const ROUNDS: u32 = 20_000;
    let log = log_signer()?;
    let mirror = signer("commission.example/mirror", KeyKind::Cosigner)?;
    let text = format!(
        "log {}\nwitness m {}\nquorum m\n",
        log.verifier(),
        mirror.verifier()
    );
    let policy = Policy::parse(&text)?;
    let mut reader = LogReader::new(folder, of.size);
    let index = of.size / 3;
    let note = Note::sign(&of.to_string(), &[&log, &mirror], NOW.0).ok_or("no note")?;
    let proof = reader.proof(index, note)?;
    let entry = reader.entry(index)?;
    // A path of 20 hashes, whatever the log's size is.
    let leaf = merkle::leaf_hash(&entry);
    let path = vec![[7; 32]; 20];
    let begun = Instant::now();
    for round in 0..ROUNDS {
        let place = u64::from(round) << 5 | 3;
        let verdict = merkle::verify_inclusion(&leaf, place, 1 << 20, &path, &of.root);
        if verdict.is_ok() {
            return Err("a path that leads elsewhere was taken".into());
        }
    }
    told("path.us", format!("{:.2}", micros(begun, ROUNDS)));
    let bytes = proof.to_text();
    let begun = Instant::now();
    for _ in 0..ROUNDS / 20 {
        let read = TlogProof::parse(bytes.as_bytes())?;
        read.check(&entry)?;
        let verified = read.checkpoint.verify(&policy.keys())?;
        if !policy.met_by(&verified) {
            return Err("the policy is not met".into());
        }
    }
    told("proof.us", format!("{:.1}", micros(begun, ROUNDS / 20)));
    told("proof.bytes", bytes.len());
    told("proof.hashes", proof.hashes.len());
    Ok(())
}

fn micros(begun: Instant, rounds: u32) -> f64 {
    begun.elapsed().as_secs_f64() * 1e6 / f64::from(rounds)
}

/// Largest resident memory of this process in kB: log, mirror, feed and the measurement itself.
fn memory() -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|rest| rest.split_whitespace().next());
    Ok(number.ok_or("no VmHWM")?.parse()?)
}

fn main() -> Outcome<()> {
    let dir = PathBuf::from(std::env::args().nth(1).ok_or("name a folder")?);
    latency(&dir.join("service"), "alone", 100, 0)?;
    latency(&dir.join("crowd"), "crowd", 100, 4)?;
    // The services' memory, before the batches of the next part are laid out.
    told("memory.kb", memory()?);
    for (batch, rounds) in [(1, 1000), (256, 800), (4096, 120)] {
        throughput(&dir, "bare", bare, batch, rounds)?;
    }
    for (batch, rounds) in [(1, 1000), (256, 200), (4096, 20)] {
        throughput(&dir, "bodies", next, batch, rounds)?;
    }
    verification(&dir)
}
