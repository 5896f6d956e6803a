//! The feed against peers that fail, lie and forget.

use crate::maker::{Author, NOW, log_signer, mirror_signer};
use crate::sim::{SimDisk, World};
use sakimori_custody::time::Seconds;
use sakimori_ledger::disk::Source;
use sakimori_ledger::feed::{Feed, FeedError, Peer};
use sakimori_ledger::http::{LocalPeer, SharedMirror};
use sakimori_ledger::mirror::{Approve, ApproveAll, Mirror, MirrorParts, Reply};
use sakimori_ledger::reader::LogReader;
use sakimori_ledger::request::{ADD_CHECKPOINT, ADD_ENTRIES, TYPE_MIRROR_INFO, TYPE_SIZE};
use sakimori_ledger::writer::{Stores, Writer};
use sakimori_tlog::key::{KeyKind, NoteSigner};
use sakimori_tlog::note::Note;
use std::io;
use std::sync::{Arc, Mutex};

/// A log of some entries with one checkpoint after each batch.
pub(crate) fn log(batches: &[usize]) -> (Arc<Mutex<World>>, Vec<Note>) {
    let world = World::default().shared();
    let disk = |root| Box::new(SimDisk::new(&world, root));
    let stores = Stores {
        log: disk("log"),
        wal: disk("wal"),
        signed: disk("signed"),
    };
    let mut writer = Writer::open(stores, log_signer()).unwrap();
    let mut author = Author::new(1);
    let notes = batches
        .iter()
        .map(|&count| {
            assert!(writer.append(author.batch(count)).iter().all(Result::is_ok));
            writer.checkpoint().unwrap().unwrap().clone()
        })
        .collect();
    (world, notes)
}

fn mirror() -> SharedMirror {
    let world = World::default().shared();
    let parts = MirrorParts {
        log: Box::new(SimDisk::new(&world, "mirror")),
        wal: Box::new(SimDisk::new(&world, "wal")),
        log_key: log_signer().verifier().clone(),
        signer: mirror_signer(),
        approve: Box::new(ApproveAll),
    };
    Arc::new(Mutex::new(Mirror::open(parts).unwrap()))
}

fn feed() -> Feed {
    Feed::new(vec![mirror_signer().verifier().clone()])
}

fn offer(
    world: &Arc<Mutex<World>>,
    feed: &mut Feed,
    peer: &mut dyn Peer,
    note: &Note,
) -> Result<Note, FeedError> {
    let mut reader = LogReader::new(SimDisk::new(world, "log"), 0);
    feed.offer(peer, &mut reader, note)
}

/// Loses one request, or the answer to it.
struct Flaky {
    inner: LocalPeer,
    calls: u64,
    lost: (u64, bool),
}

impl Peer for Flaky {
    fn post(&mut self, path: &str, content_type: &str, body: &[u8]) -> io::Result<Reply> {
        let call = self.calls;
        self.calls += 1;
        let lost = |answered| call == self.lost.0 && answered == self.lost.1;
        if lost(false) {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        let reply = self.inner.post(path, content_type, body);
        if lost(true) {
            return Err(io::ErrorKind::TimedOut.into());
        }
        reply
    }
}

#[test]
fn any_request_or_answer_that_is_lost_is_made_up_for() {
    let (world, notes) = log(&[3, 300, 2]);
    for call in 0..9 {
        for answered in [false, true] {
            let copy = mirror();
            let mut peer = Flaky {
                inner: LocalPeer::new(Arc::clone(&copy), Arc::new(|| NOW)),
                calls: 0,
                lost: (call, answered),
            };
            let (mut feed, mut away) = (feed(), 0);
            for note in &notes {
                while let Err(error) = offer(&world, &mut feed, &mut peer, note) {
                    assert!(matches!(error, FeedError::Away(_)), "{error:?}");
                    away += 1;
                }
            }
            assert_eq!(away, 1, "call {call}, {answered}");
            assert_eq!(copy.lock().unwrap().size(), 305);
        }
    }
}

#[test]
fn a_mirror_that_begins_again_from_nothing_is_given_everything_again() {
    let (world, notes) = log(&[3, 300]);
    let mut feed = feed();
    let mut first = LocalPeer::new(mirror(), Arc::new(|| NOW));
    offer(&world, &mut feed, &mut first, &notes[0]).unwrap();
    let empty = mirror();
    let mut second = LocalPeer::new(Arc::clone(&empty), Arc::new(|| NOW));
    offer(&world, &mut feed, &mut second, &notes[1]).unwrap();
    assert_eq!(empty.lock().unwrap().size(), 303);
}

/// Cuts the first upload of entries short and is gone then.
struct Cut(LocalPeer, bool);

impl Peer for Cut {
    fn post(&mut self, path: &str, content_type: &str, body: &[u8]) -> io::Result<Reply> {
        if self.1 {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        self.1 = path == ADD_ENTRIES;
        let sent = if self.1 {
            body.len() * 9 / 10
        } else {
            body.len()
        };
        self.0.post(path, content_type, &body[..sent])
    }
}

/// Notes what it is shown, and how.
struct Noting(Arc<Mutex<Vec<(&'static str, u64)>>>);

impl Approve for Noting {
    fn restore(&mut self, index: u64, _entry: &[u8]) {
        self.0.lock().unwrap().push(("restored", index));
    }

    fn approve(
        &mut self,
        index: u64,
        _entry: &[u8],
        _body: &[u8],
        now: Seconds,
    ) -> Result<(), String> {
        assert_eq!(now, NOW);
        self.0.lock().unwrap().push(("approved", index));
        Ok(())
    }
}

#[test]
fn a_long_upload_is_settled_on_the_way_and_approved_before_it_is_cosigned() {
    const ROTATE: u64 = 20_000;
    let (world, notes) = log(&[3, 2000]);
    let copy = World::default().shared();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let open = || {
        let parts = MirrorParts {
            log: Box::new(SimDisk::new(&copy, "mirror")),
            wal: Box::new(SimDisk::new(&copy, "wal")),
            log_key: log_signer().verifier().clone(),
            signer: mirror_signer(),
            approve: Box::new(Noting(Arc::clone(&seen))),
        };
        let mut mirror = Mirror::open(parts).unwrap();
        mirror.rotate_at(ROTATE);
        Arc::new(Mutex::new(mirror))
    };
    let peer = |mirror: &SharedMirror| LocalPeer::new(Arc::clone(mirror), Arc::new(|| NOW));
    let mirror = open();
    offer(&world, &mut feed(), &mut peer(&mirror), &notes[0]).unwrap();
    let cut = offer(
        &world,
        &mut feed(),
        &mut Cut(peer(&mirror), false),
        &notes[1],
    );
    assert!(matches!(cut, Err(FeedError::Away(_))));
    let wal = SimDisk::new(&copy, "wal")
        .read("wal", usize::MAX - 1)
        .unwrap();
    let package: usize = 256 * 1000;
    assert!(wal.unwrap().len() < ROTATE as usize + package);
    assert_eq!(mirror.lock().unwrap().size(), 3, "nothing more is cosigned");
    drop(mirror);
    seen.lock().unwrap().clear();
    let mirror = open();
    let cosigned = offer(&world, &mut feed(), &mut peer(&mirror), &notes[1]);
    assert!(cosigned.is_ok(), "{cosigned:?}");
    let restored = (0..3).map(|index| ("restored", index));
    let approved = (3..2003).map(|index| ("approved", index));
    let wanted: Vec<_> = restored.chain(approved).collect();
    assert_eq!(*seen.lock().unwrap(), wanted);
}

#[test]
fn a_log_that_was_taken_back_is_told_so_by_its_mirror() {
    let (world, notes) = log(&[3, 4]);
    let mut peer = LocalPeer::new(mirror(), Arc::new(|| NOW));
    offer(&world, &mut feed(), &mut peer, &notes[1]).unwrap();
    let taken_back = offer(&world, &mut feed(), &mut peer, &notes[0]);
    assert!(matches!(
        taken_back,
        Err(FeedError::Ahead { mirror: 7, log: 3 })
    ));
}

/// Answers by a rule.
struct Liar(fn(&str) -> Reply);

impl Peer for Liar {
    fn post(&mut self, path: &str, _content_type: &str, _body: &[u8]) -> io::Result<Reply> {
        Ok((self.0)(path))
    }
}

fn cosigned_by(signer: &NoteSigner) -> Reply {
    let (_, notes) = log(&[3]);
    let mut note = Note::sign(notes[0].text(), &[], 0).unwrap();
    note.add(signer, NOW.0);
    Reply::text(200, "text/plain", note.signature_lines())
}

#[test]
fn no_lie_of_a_mirror_makes_a_cosignature() {
    type Lie = fn(&str) -> Reply;
    let (world, notes) = log(&[3]);
    let lies: [(&str, Lie); 8] = [
        ("nothing", |_| Reply::text(200, "text/plain", "")),
        ("no lines", |_| Reply::text(200, "text/plain", "hello\n")),
        ("a stranger's key", |_| {
            let name = mirror_signer().verifier().name().to_owned();
            cosigned_by(&NoteSigner::from_seed(&name, KeyKind::Cosigner, &[9; 32]).unwrap())
        }),
        ("another text", |_| {
            let signer = mirror_signer();
            let text = "log.example/test\n9\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
            let mut note = Note::sign(text, &[], 0).unwrap();
            note.add(&signer, NOW.0);
            Reply::text(200, "text/plain", note.signature_lines())
        }),
        ("a size beyond the log", |_| {
            Reply::text(409, TYPE_SIZE, "18446744073709551615\n")
        }),
        ("sizes that change", |_| Reply::text(409, TYPE_SIZE, "1\n")),
        ("conflict without end", |path| match path {
            ADD_CHECKPOINT => Reply::text(200, "text/plain", ""),
            _ => Reply::text(409, TYPE_MIRROR_INFO, "3\n1\n\n"),
        }),
        ("progress without end", |path| match path {
            ADD_CHECKPOINT => Reply::text(200, "text/plain", ""),
            _ => Reply::text(202, TYPE_MIRROR_INFO, "3\n2\n\n"),
        }),
    ];
    for (name, lie) in lies {
        let outcome = offer(&world, &mut feed(), &mut Liar(lie), &notes[0]);
        assert!(outcome.is_err(), "{name}");
    }
    let good = offer(
        &world,
        &mut feed(),
        &mut Liar(|_| cosigned_by(&mirror_signer())),
        &notes[0],
    );
    assert!(good.is_ok(), "the same path with the right key");
}
