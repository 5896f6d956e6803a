//! kill −9 of the writer's process at random points: no acknowledged entry is lost, no checkpoint is taken back.
//!
//! `SAKIMORI_KILLS` sets the number of kills (20 where it is not set).

use crate::maker::{Author, log_signer, root_of};
use crate::service::{Commission, WAIT};
use sakimori_ledger::client::Client;
use sakimori_ledger::mirror::ApproveAll;
use sakimori_ledger::service::{Config, Service};
use sakimori_tlog::checkpoint::Checkpoint;
use sakimori_tlog::note::Note;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

const DIR: &str = "SAKIMORI_KILL_DIR";
const MIRROR: &str = "SAKIMORI_KILL_MIRROR";

/// The process that is killed. As a test of its own it has nothing to do.
#[test]
fn a_writer_for_the_test_of_kills() {
    let (Ok(dir), Ok(mirror)) = (std::env::var(DIR), std::env::var(MIRROR)) else {
        return;
    };
    let link = crate::service::link(mirror.parse().unwrap());
    let config = Config::below(Path::new(&dir));
    let service = Service::start(config, log_signer(), Some(link)).unwrap();
    println!("ready");
    panic!("stopped by itself: {}", service.wait());
}

fn spawn(dir: &Path, mirror: &str) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "kill::a_writer_for_the_test_of_kills",
            "--nocapture",
        ])
        .env(DIR, dir)
        .env(MIRROR, mirror)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let ready = lines
        .map_while(Result::ok)
        .any(|line| line.ends_with("ready"));
    assert!(ready, "the writer did not start");
    child
}

/// Appends until the writer is gone; what it says was acknowledged.
fn storm(socket: &Path, stream: u64, acknowledged: &std::sync::mpsc::Sender<(u64, Vec<u8>)>) {
    let Ok(mut client) = Client::connect(socket) else {
        return;
    };
    let author = Author::new(stream);
    let Ok(tip) = client.tip(author.stream()) else {
        return;
    };
    let mut author = tip.map_or(author, |tip| {
        Author::at(tip.chain(sakimori_custody::ids::StreamId(stream.to_be_bytes())))
    });
    loop {
        let record = author.next();
        match client.append_stored(&record.entry, &record.body) {
            Ok(index) => acknowledged.send((index, record.entry)).unwrap(),
            Err(_) => return,
        }
    }
}

/// Waits for some acknowledgements and then a moment that differs each time.
fn strike(child: &mut Child, news: &Receiver<(u64, Vec<u8>)>, round: u64) -> Vec<(u64, Vec<u8>)> {
    let mut heard = Vec::new();
    let mixed = round.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    for _ in 0..mixed % 40 {
        heard.push(news.recv_timeout(WAIT).unwrap());
    }
    let moment = Duration::from_micros(mixed % 9_000);
    heard.extend(news.recv_timeout(moment).ok());
    child.kill().unwrap();
    child.wait().unwrap();
    heard
}

#[test]
fn a_writer_that_is_killed_at_any_moment_loses_nothing_it_acknowledged() {
    let kills: u64 = std::env::var("SAKIMORI_KILLS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(20);
    let dir = tempfile::tempdir().unwrap();
    let commission = Commission::start(dir.path(), Box::new(ApproveAll));
    let socket = Config::below(dir.path()).socket;
    let (mut acknowledged, mut published) = (Vec::new(), Vec::new());
    for round in 0..kills {
        let mut child = spawn(dir.path(), &commission.address.to_string());
        let (tell, news) = channel();
        let authors: Vec<_> = (0..3)
            .map(|stream| {
                let (socket, tell) = (socket.clone(), tell.clone());
                thread::spawn(move || storm(&socket, stream, &tell))
            })
            .collect();
        drop(tell);
        acknowledged.extend(strike(&mut child, &news, round));
        for author in authors {
            author.join().unwrap();
        }
        acknowledged.extend(news.try_iter());
        if let Ok(bytes) = std::fs::read(dir.path().join("log/checkpoint")) {
            let note = Note::parse(&bytes).unwrap();
            published.push(Checkpoint::parse(note.text()).unwrap());
        }
    }
    let service = Service::start(
        Config::below(dir.path()),
        log_signer(),
        Some(commission.link()),
    )
    .unwrap();
    let mut client = Client::connect(&socket).unwrap();
    let last = acknowledged.iter().map(|(index, _)| *index).max().unwrap();
    client.proof(last, WAIT).unwrap();
    let mut entries = Vec::new();
    loop {
        let page = client.entries(entries.len() as u64, 1000).unwrap();
        if page.is_empty() {
            break;
        }
        entries.extend(page);
    }
    for (index, entry) in &acknowledged {
        assert_eq!(entries[*index as usize], *entry, "entry {index}");
    }
    for checkpoint in &published {
        assert_eq!(root_of(&entries, checkpoint.size), checkpoint.root);
    }
    assert!(acknowledged.len() as u64 > kills, "{}", acknowledged.len());
    service.stop();
}
