//! Measures the ledger: durable appends per second by batch size, and the time from an append to its proof with a mirror on loopback.
//!
//! ```text
//! cargo run --release -p sakimori-ledger --example load -- DIR
//! ```
//!
//! In: a folder on the disk to be measured; it is filled. Out: a table. Never: part of the product.

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
use sakimori_ledger::disk::Folder;
use sakimori_ledger::http::{HttpPeer, router, serve};
use sakimori_ledger::mirror::{ApproveAll, Mirror, MirrorParts};
use sakimori_ledger::service::{Config, MirrorLink, Service};
use sakimori_ledger::writer::{Stores, Writer};
use sakimori_tlog::key::{KeyKind, NoteSigner};
use std::error::Error;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn signer(name: &str, kind: KeyKind) -> Outcome<NoteSigner> {
    Ok(NoteSigner::from_seed(name, kind, &[1; 32])?)
}

fn next(chain: &mut Chain) -> Record {
    let mut salt = [0; 32];
    salt[..8].copy_from_slice(&chain.next.to_be_bytes());
    salt[8..16].copy_from_slice(&chain.stream.0);
    let act = Act {
        kind: EntryType::Receipt,
        time: Seconds(1_806_537_661),
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

fn throughput(dir: &Path, batch: usize, rounds: usize) -> Outcome<()> {
    let dir = dir.join(format!("batch-{batch}"));
    let disk = |name: &str| Folder::new(&dir.join(name)).map(Box::new);
    let stores = Stores {
        log: disk("log")?,
        wal: disk("wal")?,
        signed: disk("signed")?,
    };
    let mut writer = Writer::open(stores, signer("log.example", KeyKind::Ed25519)?)?;
    let mut chain = Chain::new(StreamId([1; 8]));
    let batches: Vec<Vec<Record>> = (0..rounds)
        .map(|_| (0..batch).map(|_| next(&mut chain)).collect())
        .collect();
    let begun = Instant::now();
    for records in batches {
        for placed in writer.append(records) {
            placed?;
        }
    }
    let appended = begun.elapsed();
    let begun = Instant::now();
    writer.checkpoint()?;
    let settled = begun.elapsed();
    let per_second = |took: Duration| (batch * rounds) as f64 / took.as_secs_f64();
    println!(
        "batch {batch:>5}: {:>9.0} durable appends/s; with files and checkpoint {:>8.0}/s",
        per_second(appended),
        per_second(appended + settled)
    );
    Ok(())
}

fn latency(dir: &Path, rounds: usize) -> Outcome<()> {
    let log = signer("log.example", KeyKind::Ed25519)?;
    let mirror = Mirror::open(MirrorParts {
        log: Box::new(Folder::new(&dir.join("mirror"))?),
        wal: Box::new(Folder::new(&dir.join("mirror-wal"))?),
        log_key: log.verifier().clone(),
        signer: signer("commission.example/mirror", KeyKind::Cosigner)?,
        approve: Box::new(ApproveAll),
    })?;
    let keys = vec![mirror.key().clone()];
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let peer = HttpPeer::new(&format!("http://{}", listener.local_addr()?));
    let clock = Arc::new(|| Seconds(1_806_537_661));
    let routes = router(Arc::new(Mutex::new(mirror)), clock);
    thread::spawn(move || serve(listener, routes, std::future::pending()));
    let config = Config::below(dir);
    let socket = config.socket.clone();
    let link = MirrorLink {
        peer: Box::new(peer),
        keys,
    };
    let service = Service::start(config, log, Some(link))?;
    let mut client = Client::connect(&socket)?;
    let mut chain = Chain::new(StreamId([2; 8]));
    let (mut durable, mut proven) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let record = next(&mut chain);
        let begun = Instant::now();
        let index = client.append_stored(&record.entry, &record.body)?;
        durable.push(begun.elapsed());
        client.proof(index, Duration::from_secs(10))?;
        proven.push(begun.elapsed());
    }
    service.stop();
    for (name, mut times) in [("append → index", durable), ("append → proof", proven)] {
        times.sort_unstable();
        let at = |share: usize| times.get(times.len() * share / 100).copied();
        println!("{name}: p50 {:?}, p99 {:?}", at(50), at(99));
    }
    Ok(())
}

fn main() -> Outcome<()> {
    let dir = PathBuf::from(std::env::args().nth(1).ok_or("name a folder")?);
    for (batch, rounds) in [(1, 200), (256, 40), (4096, 4)] {
        throughput(&dir, batch, rounds)?;
    }
    latency(&dir.join("service"), 200)
}
