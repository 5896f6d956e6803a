//! The whole service: socket, writer, feed, and a real mirror behind HTTP on loopback.

use crate::maker::{Author, NOW, ORIGIN, log_signer, mirror_signer};
use sakimori_custody::entry::{Entry, Envelope};
use sakimori_ledger::client::{Client, ClientError};
use sakimori_ledger::disk::Folder;
use sakimori_ledger::feed::Peer;
use sakimori_ledger::http::{HttpPeer, SharedMirror, router, serve};
use sakimori_ledger::limits::WAL_BYTES_ROTATE;
use sakimori_ledger::mirror::{Approve, ApproveAll, Mirror, MirrorParts, Reply};
use sakimori_ledger::service::{Config, Links, MirrorLink, Service, StartError};
use sakimori_ledger::socket::Problem;
use sakimori_ledger::writer::Admit;
use sakimori_ledger::{OpenError, Record, Refusal};
use sakimori_tlog::proof::TlogProof;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

pub(crate) const WAIT: Duration = Duration::from_secs(20);

/// A mirror in a thread of its own.
pub(crate) struct Commission {
    pub(crate) address: SocketAddr,
    pub(crate) mirror: SharedMirror,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Commission {
    pub(crate) fn start(dir: &Path, approve: Box<dyn Approve>) -> Self {
        let parts = MirrorParts {
            log: Box::new(Folder::new(&dir.join("mirror")).unwrap()),
            wal: Box::new(Folder::new(&dir.join("mirror-wal")).unwrap()),
            log_key: log_signer().verifier().clone(),
            signer: mirror_signer(),
            approve,
        };
        let mirror = Arc::new(Mutex::new(Mirror::open(parts).unwrap()));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let routes = router(Arc::clone(&mirror), Arc::new(|| NOW));
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let thread = thread::spawn(move || {
            serve(listener, routes, async {
                let _ = stopped.await;
            })
            .unwrap();
        });
        Self {
            address,
            mirror,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    pub(crate) fn link(&self) -> MirrorLink {
        link(self.address)
    }
}

pub(crate) fn link(address: SocketAddr) -> MirrorLink {
    MirrorLink {
        peer: Box::new(HttpPeer::new(&format!("http://{address}"))),
        keys: vec![mirror_signer().verifier().clone()],
    }
}

impl Drop for Commission {
    fn drop(&mut self) {
        if let (Some(stop), Some(thread)) = (self.stop.take(), self.thread.take()) {
            let _ = stop.send(());
            let _ = thread.join();
        }
    }
}

/// A record as its author has it.
fn entry(record: &Record) -> Entry {
    Entry {
        envelope: Envelope::decode(&record.entry).unwrap(),
        leaf: record.entry.clone(),
        stored: record.body.clone(),
    }
}

fn start(dir: &Path, link: Option<MirrorLink>) -> (Service, Client) {
    let config = Config::below(dir);
    let socket = config.socket.clone();
    let service = Service::start(config, log_signer(), link).unwrap();
    let client = Client::connect(&socket).unwrap();
    (service, client)
}

#[test]
fn an_entry_is_durable_then_proven_by_a_checkpoint_that_the_mirror_cosigned() {
    let dir = tempfile::tempdir().unwrap();
    let commission = Commission::start(dir.path(), Box::new(ApproveAll));
    let (service, mut client) = start(dir.path(), Some(commission.link()));
    let mut author = Author::new(5);
    let records = author.batch(5);
    for (index, record) in (0u64..).zip(&records) {
        let placed = client.append_stored(&record.entry, &record.body).unwrap();
        assert_eq!(placed, index);
        let proof = TlogProof::parse(client.proof(index, WAIT).unwrap().as_bytes()).unwrap();
        let checkpoint = proof.check(&record.entry).unwrap();
        assert_eq!(checkpoint.origin, ORIGIN);
        let keys = [
            log_signer().verifier().clone(),
            mirror_signer().verifier().clone(),
        ];
        let verified = proof.checkpoint.verify(&keys).unwrap();
        assert_eq!(verified.len(), 2);
        assert_eq!(verified[1].time, Some(NOW.0));
    }
    let again = client.append_stored(&records[4].entry, &records[4].body);
    assert_eq!(again.unwrap(), 4, "a second try has the same index");
    let several: Vec<_> = author.batch(3).iter().map(entry).collect();
    assert_eq!(client.append_all(&several).unwrap(), [5, 6, 7]);
    let gap = Author::new(6).batch(2).split_off(1);
    let refused = client.append_all(&[entry(&gap[0])]).unwrap_err();
    assert!(matches!(refused, ClientError::Problem(Problem::Refused(_))));
    client.proof(7, WAIT).unwrap();
    let entries = client.entries(1, 9).unwrap();
    assert_eq!(entries.len(), 7);
    assert_eq!(entries[0], records[1].entry);
    let envelope = Envelope::decode(&records[0].entry).unwrap();
    let body = client.body(&envelope.body).unwrap();
    assert_eq!(body.as_ref(), Some(&records[0].body));
    let held = commission.mirror.lock().unwrap();
    assert_eq!(held.reader().body(&envelope.body).unwrap(), body);
    drop(held);
    service.stop();
    let mirrored = std::fs::read(dir.path().join("mirror/checkpoint")).unwrap();
    let published = std::fs::read(dir.path().join("log/checkpoint")).unwrap();
    assert_eq!(mirrored, published);
}

#[test]
fn a_stream_goes_on_after_a_restart_and_nowhere_else() {
    let dir = tempfile::tempdir().unwrap();
    let commission = Commission::start(dir.path(), Box::new(ApproveAll));
    let mut author = Author::new(6);
    let first = author.batch(3);
    {
        let (service, mut client) = start(dir.path(), Some(commission.link()));
        assert_eq!(client.tip(author.stream()).unwrap(), None);
        for record in &first {
            client.append_stored(&record.entry, &record.body).unwrap();
        }
        service.stop();
    }
    let (service, mut client) = start(dir.path(), Some(commission.link()));
    let tip = client.tip(author.stream()).unwrap().unwrap();
    assert_eq!((tip.next, tip.index), (3, 2));
    let next = Author::at(tip.chain(author.stream())).next();
    assert_eq!(next, author.clone().next());
    author.batch(1);
    let skipped = author.next();
    match client.append_stored(&skipped.entry, &skipped.body) {
        Err(ClientError::Problem(Problem::Refused(Refusal::Sequence(Some(at))))) => {
            assert_eq!(at, tip);
        }
        other => panic!("{other:?}"),
    }
    for (entry, body, refusal) in [
        (b"no envelope".to_vec(), next.body.clone(), Refusal::Entry),
        (next.entry.clone(), first[0].body.clone(), Refusal::Body),
        (next.entry.clone(), Vec::new(), Refusal::Body),
    ] {
        match client.append_stored(&entry, &body) {
            Err(ClientError::Problem(Problem::Refused(why))) => assert_eq!(why, refusal),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(client.append_stored(&next.entry, &next.body).unwrap(), 3);
    assert!(client.proof(3, WAIT).is_ok());
    assert!(matches!(
        client.proof(4, WAIT),
        Err(ClientError::Problem(Problem::NoEntry))
    ));
    service.stop();
}

#[test]
fn after_a_start_with_all_published_new_entries_are_proven_too() {
    let dir = tempfile::tempdir().unwrap();
    let commission = Commission::start(dir.path(), Box::new(ApproveAll));
    let mut author = Author::new(9);
    for index in 0..3 {
        let (service, mut client) = start(dir.path(), Some(commission.link()));
        let record = author.batch(1).remove(0);
        let placed = client.append_stored(&record.entry, &record.body);
        assert_eq!(placed.unwrap(), index);
        client.proof(index, WAIT).unwrap();
        service.stop();
    }
}

#[test]
fn without_its_mirror_the_log_takes_entries_and_proves_none() {
    let dir = tempfile::tempdir().unwrap();
    let nobody = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let mut author = Author::new(7);
    {
        let (service, mut client) = start(dir.path(), Some(link(nobody)));
        for record in author.batch(3) {
            client.append_stored(&record.entry, &record.body).unwrap();
        }
        match client.proof(1, Duration::from_millis(300)) {
            Err(ClientError::Problem(Problem::Unproven(why))) => {
                assert!(why.contains("mirror"), "{why}");
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(client.checkpoint().unwrap(), None);
        assert_eq!(service.stopped(), None);
    }
    let commission = Commission::start(dir.path(), Box::new(ApproveAll));
    let (_service, mut client) = start(dir.path(), Some(commission.link()));
    assert!(client.proof(2, WAIT).is_ok(), "it catches up when it comes");
}

/// Answers nobody as long as its other end is held.
struct Hanging(Receiver<()>);

impl Peer for Hanging {
    fn post(&mut self, _path: &str, _content_type: &str, _body: &[u8]) -> io::Result<Reply> {
        let _ = self.0.recv();
        Err(io::ErrorKind::TimedOut.into())
    }
}

#[test]
fn a_mirror_that_hangs_does_not_make_the_write_ahead_log_grow() {
    let dir = tempfile::tempdir().unwrap();
    let (held, hanging) = channel();
    let link = MirrorLink {
        peer: Box::new(Hanging(hanging)),
        keys: vec![mirror_signer().verifier().clone()],
    };
    let (service, mut client) = start(dir.path(), Some(link));
    // Let go before the service, whose feed waits for it.
    let held = held;
    let mut author = Author::new(11);
    for _ in 0..30 {
        let record = author.next_with(vec![b' '; 1 << 20]);
        client.append_stored(&record.entry, &record.body).unwrap();
        let length = dir.path().join("ledger/wal").metadata().unwrap().len();
        assert!(length < WAL_BYTES_ROTATE + (2 << 20), "{length}");
    }
    drop(held);
    service.stop();
}

#[test]
fn one_log_has_one_writer() {
    let dir = tempfile::tempdir().unwrap();
    let (_service, _client) = start(dir.path(), None);
    let second = Service::start(Config::below(dir.path()), log_signer(), None);
    assert!(matches!(
        second.err(),
        Some(StartError::Open(_, OpenError::Locked))
    ));
}

#[test]
fn many_authors_at_once_each_have_their_chain() {
    let dir = tempfile::tempdir().unwrap();
    let commission = Commission::start(dir.path(), Box::new(ApproveAll));
    let (service, mut client) = start(dir.path(), Some(commission.link()));
    let socket = Config::below(dir.path()).socket;
    let authors: Vec<_> = (0..8u64)
        .map(|stream| {
            let socket = socket.clone();
            thread::spawn(move || {
                let mut client = Client::connect(&socket).unwrap();
                let mut author = Author::new(100 + stream);
                let places: Vec<u64> = (0..40)
                    .map(|_| author.next())
                    .map(|r| client.append_stored(&r.entry, &r.body).unwrap())
                    .collect();
                assert!(places.is_sorted());
                client.proof(places[39], WAIT).unwrap();
                places
            })
        })
        .collect();
    let mut all: Vec<u64> = authors
        .into_iter()
        .flat_map(|a| a.join().unwrap())
        .collect();
    all.sort_unstable();
    assert_eq!(all, (0..320).collect::<Vec<_>>());
    assert_eq!(client.entries(0, 1000).unwrap().len(), 320);
    service.stop();
}

#[test]
fn a_stranger_on_the_socket_does_no_harm() {
    let dir = tempfile::tempdir().unwrap();
    let (service, mut client) = start(dir.path(), None);
    let socket = Config::below(dir.path()).socket;
    let mode = std::os::unix::fs::PermissionsExt::mode(&socket.metadata().unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    for bytes in [
        &b"\xff\xff\xff\xff"[..],
        b"\x00",
        b"\x01\x00\x00\x00\x63",
        b"",
    ] {
        let mut stream = std::os::unix::net::UnixStream::connect(&socket).unwrap();
        stream.write_all(bytes).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap();
    }
    let record = Author::new(8).next();
    assert_eq!(
        client.append_stored(&record.entry, &record.body).unwrap(),
        0
    );
    service.stop();
}

#[test]
fn the_mirror_serves_its_copy_and_takes_packed_requests() {
    let dir = tempfile::tempdir().unwrap();
    let commission = Commission::start(dir.path(), Box::new(ApproveAll));
    let (service, mut client) = start(dir.path(), Some(commission.link()));
    let record = Author::new(9).next();
    client.append_stored(&record.entry, &record.body).unwrap();
    client.proof(0, WAIT).unwrap();
    let ask = |request: &[u8]| {
        let mut stream = TcpStream::connect(commission.address).unwrap();
        stream.write_all(request).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    };
    let hash = "bf2a7a2dfb1e7b7bd29cb9e7b3b3d2c3";
    assert!(ask(format!("GET /{hash}/checkpoint HTTP/1.0\r\n\r\n").as_bytes()).contains("404"));
    let origin = {
        use sha2::Digest;
        sakimori_custody::ids::hex(&sha2::Sha256::digest(ORIGIN))
    };
    let answer = ask(format!("GET /{origin}/checkpoint HTTP/1.0\r\n\r\n").as_bytes());
    assert!(
        answer.contains("200 OK") && answer.contains(ORIGIN),
        "{answer}"
    );
    for path in ["tile/0/000.p/1", "tile/entries/000.p/1"] {
        let answer = ask(format!("GET /{origin}/{path} HTTP/1.0\r\n\r\n").as_bytes());
        assert!(answer.contains("200 OK"), "{path}");
    }
    for path in [
        "../mirror-wal/wal",
        "pending/checkpoint",
        "tile/..%2f..%2fmirror-wal/wal",
    ] {
        let answer = ask(format!("GET /{origin}/{path} HTTP/1.0\r\n\r\n").as_bytes());
        assert!(answer.contains("404"), "{path}");
    }
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(b"old 0\n\nnonsense").unwrap();
    let packed = packed.finish().unwrap();
    let head = format!(
        "POST /add-checkpoint HTTP/1.0\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        packed.len()
    );
    let answer = ask(&[head.as_bytes(), &packed].concat());
    assert!(
        answer.contains("400") && answer.contains("malformed"),
        "{answer}"
    );
    service.stop();
}

/// Admits no entry whose body holds a word.
struct Strict(Arc<Mutex<Vec<Seen>>>);

/// What was seen, the index, and whether it was good.
type Seen = (&'static str, u64, bool);

impl Admit for Strict {
    fn restore(&mut self, index: u64, _entry: &[u8], body: Option<&[u8]>) {
        let told = ("restored", index, body.is_some());
        self.0.lock().unwrap().push(told);
    }

    fn admit(&mut self, index: u64, _entry: &[u8], body: &[u8]) -> Result<(), String> {
        let bad = body.windows(6).any(|word| word == b"forged");
        self.0.lock().unwrap().push(("asked", index, !bad));
        (!bad)
            .then_some(())
            .ok_or_else(|| "it is forged".to_owned())
    }
}

#[test]
fn an_entry_that_the_node_does_not_admit_is_refused_to_its_author_and_nothing_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let strict = || {
        let links = Links {
            admit: Some(Box::new(Strict(Arc::clone(&seen)))),
            ..Links::default()
        };
        Service::start(Config::below(dir.path()), log_signer(), links).unwrap()
    };
    let service = strict();
    let mut client = Client::connect(&Config::below(dir.path()).socket).unwrap();
    let mut author = Author::new(12);
    let good = author.next();
    let forged = author
        .clone()
        .next_with(b"{\"reason\":\"forged\"}".to_vec());
    let next = author.next();
    client.append_stored(&good.entry, &good.body).unwrap();
    let refused = client.append_stored(&forged.entry, &forged.body);
    match refused {
        Err(ClientError::Problem(Problem::Denied(why))) => assert_eq!(why, "it is forged"),
        other => panic!("{other:?}"),
    }
    // The place in the stream is free for a better one, which has the index that the refused one would have had.
    let placed = client.append_stored(&next.entry, &next.body);
    assert_eq!(placed.unwrap(), 1);
    service.stop();
    let asked = [("asked", 0, true), ("asked", 1, false), ("asked", 1, true)];
    assert_eq!(std::mem::take(&mut *seen.lock().unwrap()), asked);
    strict().stop();
    let restored = [("restored", 0, true), ("restored", 1, true)];
    assert_eq!(*seen.lock().unwrap(), restored);
}
