//! Outside witnesses: their answers, what they keep, two branches of a log, and the log that is fed to several of them.

use crate::maker::{Author, NOW, log_signer, mirror_signer, post_quantum};
use crate::service::{Commission, WAIT};
use crate::sim::{Fault, SimDisk, World};
use sakimori_custody::time::Seconds;
use sakimori_ledger::client::{Client, ClientError};
use sakimori_ledger::feed::{FeedError, Peer, WitnessFeed};
use sakimori_ledger::http::{HttpPeer, LocalPeer, SharedWitness, serve, witness_router};
use sakimori_ledger::mirror::{ApproveAll, Reply};
use sakimori_ledger::reader::LogReader;
use sakimori_ledger::request::{ADD_CHECKPOINT, AddCheckpoint, TYPE_SIZE};
use sakimori_ledger::service::{Config, Links, Service, WitnessLink};
use sakimori_ledger::socket::Problem;
use sakimori_ledger::witness::{Witness, WitnessParts};
use sakimori_ledger::writer::{Stores, Writer};
use sakimori_tlog::PostQuantumCosigner;
use sakimori_tlog::checkpoint::Checkpoint;
use sakimori_tlog::key::{KeyKind, NoteSigner, VerifierKey};
use sakimori_tlog::merkle;
use sakimori_tlog::note::Note;
use sakimori_tlog::policy::Policy;
use sakimori_tlog::proof::TlogProof;
use std::io;
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

const ROOT: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

fn signer(number: u8) -> NoteSigner {
    let name = format!("w{number}.example");
    NoteSigner::from_seed(&name, KeyKind::Cosigner, &[40 + number; 32]).unwrap()
}

fn second(number: u8) -> PostQuantumCosigner {
    PostQuantumCosigner::from_seed(&format!("w{number}.example"), &[80 + number; 32]).unwrap()
}

fn other_log() -> NoteSigner {
    NoteSigner::from_seed("other.example/log", KeyKind::Ed25519, &[9; 32]).unwrap()
}

fn parts(world: &Arc<Mutex<World>>, number: u8) -> WitnessParts {
    WitnessParts {
        disk: Box::new(SimDisk::new(world, "witness")),
        logs: vec![
            log_signer().verifier().clone(),
            other_log().verifier().clone(),
        ],
        signer: signer(number),
        post_quantum: None,
    }
}

fn witness(world: &Arc<Mutex<World>>, number: u8) -> Witness {
    Witness::open(parts(world, number)).unwrap()
}

/// A log that signs after each batch, by its authors; the same authors and batches make the same log.
struct Branch {
    world: Arc<Mutex<World>>,
    notes: Vec<Note>,
}

fn branch(batches: &[(u64, usize)]) -> Branch {
    let world = World::default().shared();
    let disk = |root| Box::new(SimDisk::new(&world, root));
    let stores = Stores {
        log: disk("log"),
        wal: disk("wal"),
        signed: disk("signed"),
    };
    let mut writer = Writer::open(stores, log_signer()).unwrap();
    let notes = batches.iter().map(|&(author, count)| {
        let batch = Author::new(author).batch(count);
        assert!(writer.append(batch).iter().all(Result::is_ok));
        writer.checkpoint().unwrap().unwrap().clone()
    });
    let notes = notes.collect();
    Branch { world, notes }
}

impl Branch {
    /// The request that moves a witness from `old` to a checkpoint of this branch.
    fn request(&self, old: u64, note: &Note) -> Vec<u8> {
        let size = size_of(note);
        let mut reader = LogReader::new(SimDisk::new(&self.world, "log"), size);
        let proof = merkle::consistency_proof(&mut reader, old.min(size), size).unwrap();
        let note = note.to_bytes();
        AddCheckpoint { old, proof, note }.encode()
    }
}

fn size_of(note: &Note) -> u64 {
    Checkpoint::parse(note.text()).unwrap().size
}

fn known(reply: &Reply) -> (u16, String) {
    assert_eq!(reply.content_type, TYPE_SIZE);
    (reply.status, String::from_utf8(reply.body.clone()).unwrap())
}

fn lines_of(reply: &Reply, text: &str, keys: &[VerifierKey]) -> usize {
    assert_eq!(reply.status, 200, "{reply:?}");
    let mut note = Note::sign(text, &[], 0).unwrap();
    note.add_lines(std::str::from_utf8(&reply.body).unwrap())
        .unwrap();
    let verified = note.verify(keys).unwrap();
    assert!(verified.iter().all(|v| v.time == Some(NOW.0)));
    assert_eq!(verified.len(), note.signatures().len());
    verified.len()
}

#[test]
fn a_checkpoint_is_answered_case_by_case_as_the_specification_has_it() {
    let log = branch(&[(1, 3), (2, 4)]);
    let (first, latest) = (&log.notes[0], &log.notes[1]);
    let world = World::default().shared();
    let mut witness = Witness::open(WitnessParts {
        post_quantum: Some(second(1)),
        ..parts(&world, 1)
    })
    .unwrap();
    let keys = witness.keys();
    let mut add = |body: &[u8]| witness.add_checkpoint(body, NOW);
    let offered = |old, proof, note: Vec<u8>| AddCheckpoint { old, proof, note }.encode();
    let stranger = NoteSigner::from_seed("log.example/test", KeyKind::Ed25519, &[77; 32]).unwrap();
    let unknown = Note::sign(&format!("x.example\n0\n{ROOT}\n"), &[&stranger], 0).unwrap();
    let unsigned = Note::sign(first.text(), &[&stranger], 0).unwrap();
    for (why, body, status) in [
        ("no request", b"nonsense".to_vec(), 400),
        ("no note", offered(0, vec![], b"a\n".to_vec()), 400),
        (
            "64 hashes",
            offered(0, vec![[0; 32]; 64], first.to_bytes()),
            400,
        ),
        ("old above new", offered(9, vec![], first.to_bytes()), 400),
        ("unknown log", offered(0, vec![], unknown.to_bytes()), 404),
        ("no known key", offered(0, vec![], unsigned.to_bytes()), 403),
        (
            "a proof from 0",
            offered(0, vec![[0; 32]], first.to_bytes()),
            422,
        ),
    ] {
        assert_eq!(add(&body).status, status, "{why}");
    }
    let early = offered(2, vec![[0; 32]], first.to_bytes());
    assert_eq!(known(&add(&early)), (409, "0\n".into()));
    // A line by a key that nobody knows is passed over.
    let mut dressed = first.clone();
    dressed.add(&stranger, 0);
    let reply = add(&offered(0, vec![], dressed.to_bytes()));
    assert_eq!(lines_of(&reply, first.text(), &keys), 2, "both kinds");
    let again = add(&log.request(3, first));
    assert_eq!(lines_of(&again, first.text(), &keys), 2, "the same again");
    let behind = add(&log.request(0, latest));
    assert_eq!(known(&behind), (409, "3\n".into()));
    assert_eq!(add(&offered(3, vec![], latest.to_bytes())).status, 422);
    let reply = add(&log.request(3, latest));
    assert_eq!(lines_of(&reply, latest.text(), &keys), 2);
    assert_eq!(known(&add(&log.request(0, first))), (409, "7\n".into()));
    let mut forged = Checkpoint::parse(latest.text()).unwrap();
    forged.root = [5; 32];
    let forged = Note::sign(&forged.to_string(), &[&log_signer()], 0).unwrap();
    let reply = add(&offered(7, vec![], forged.to_bytes()));
    assert_eq!(known(&reply), (409, "7\n".into()), "same size, other root");
    let mut bad = latest.to_bytes();
    let at = bad.len() - 20;
    bad[at] = if bad[at] == b'A' { b'B' } else { b'A' };
    assert_eq!(add(&offered(7, vec![], bad)).status, 403, "a bad signature");
    // Another log has its own place, whatever the first is at.
    let empty = format!("other.example/log\n0\n{ROOT}\n");
    let empty = Note::sign(&empty, &[&other_log()], 0).unwrap();
    let reply = add(&offered(0, vec![], empty.to_bytes()));
    assert_eq!(lines_of(&reply, empty.text(), &keys), 2);
    assert_eq!(witness.size("log.example/test"), 7);
}

#[test]
fn what_a_witness_cosigned_is_kept_before_the_answer_whatever_its_disk_does() {
    let log = branch(&[(1, 3), (2, 4)]);
    let fork = branch(&[(1, 3), (3, 5)]);
    let begun = World::default().shared();
    let mut first = witness(&begun, 1);
    assert_eq!(
        first
            .add_checkpoint(&log.request(0, &log.notes[0]), NOW)
            .status,
        200
    );
    let begun = begun.lock().unwrap().restarted(None);
    for at in 0..4 {
        for fault in [Fault::Before, Fault::After] {
            let world = begun.restarted(Some((at, fault))).shared();
            let Ok(mut witness) = Witness::open(parts(&world, 1)) else {
                continue;
            };
            let body = log.request(3, &log.notes[1]);
            let cosigned = witness.add_checkpoint(&body, NOW).status == 200;
            assert_eq!(cosigned, !witness.is_stopped(), "call {at} {fault:?}");
            if !cosigned {
                assert_eq!(
                    witness.add_checkpoint(&body, NOW).status,
                    500,
                    "it has stopped"
                );
            }
            for seed in 0..4 {
                let left = world.lock().unwrap().after_power_cut(seed).shared();
                let mut witness = Witness::open(parts(&left, 1)).unwrap();
                let have = witness.size("log.example/test");
                assert!(
                    have == 7 || (have == 3 && !cosigned),
                    "{at} {fault:?}: {have}"
                );
                let other = witness.add_checkpoint(&fork.request(have, &fork.notes[1]), NOW);
                assert_eq!(other.status == 200, have == 3, "a fork of what it cosigned");
            }
        }
    }
    let mut damaged = begun;
    let name = damaged.names().remove(0);
    damaged.flip(&name, 30);
    assert!(Witness::open(parts(&damaged.shared(), 1)).is_err());
}

/// All orders of the branches' two checkpoints in which each branch keeps its own order.
fn orders() -> Vec<Vec<usize>> {
    let all = (0u8..16).filter(|bits| bits.count_ones() == 2);
    all.map(|bits| (0..4).map(|at| usize::from(bits >> at & 1)).collect())
        .collect()
}

/// Runs the two branches against one witness in an order, with a restart before each step; returns which checkpoints it cosigned, by branch and number.
fn witnessed(branches: &[Branch; 2], order: &[usize]) -> Vec<(usize, usize)> {
    let mut world = World::default().shared();
    let (mut next, mut given) = ([0, 0], Vec::new());
    for (step, &which) in order.iter().enumerate() {
        world = {
            let left = world.lock().unwrap().after_power_cut(step as u64);
            left.shared()
        };
        let mut witness = witness(&world, 1);
        let at = next[which];
        next[which] += 1;
        let note = &branches[which].notes[1 + at];
        // As a client does: it believes the size that it is told.
        for _ in 0..2 {
            let have = witness.size("log.example/test");
            let body = branches[which].request(have, note);
            if witness.add_checkpoint(&body, NOW).status == 200 {
                given.push((which, at));
                break;
            }
        }
    }
    given
}

#[test]
fn row_06_no_two_branches_of_a_log_both_reach_the_quorum_of_three_witnesses() {
    // Both begin with the same three entries; then they part, at the same and at different sizes.
    let branches = [
        branch(&[(1, 3), (2, 1), (3, 2)]),
        branch(&[(1, 3), (4, 1), (5, 4)]),
    ];
    let given: Vec<_> = orders().iter().map(|o| witnessed(&branches, o)).collect();
    assert_eq!(given.len(), 6);
    let (mut tried, mut reached) = (0, [0, 0]);
    for a in &given {
        for b in &given {
            for c in &given {
                let quorum = |which: usize| {
                    (0..2).any(|at| {
                        let votes = [a, b, c].map(|v| usize::from(v.contains(&(which, at))));
                        votes.iter().sum::<usize>() >= 2
                    })
                };
                let both = [quorum(0), quorum(1)];
                assert!(both != [true, true], "{a:?} {b:?} {c:?}");
                for (which, met) in both.into_iter().enumerate() {
                    reached[which] += u32::from(met);
                }
                tried += 1;
            }
        }
    }
    assert_eq!(tried, 216);
    assert!(reached[0] > 50 && reached[1] > 50, "{reached:?}");
}

#[test]
fn a_log_restored_from_yesterday_s_image_is_refused_when_it_goes_on_otherwise() {
    let today = branch(&[(1, 3), (2, 4)]);
    // Log, write-ahead log and signed checkpoint of yesterday: the writer itself cannot know.
    let yesterday = branch(&[(1, 3)]);
    let other = branch(&[(1, 3), (9, 6)]);
    let world = World::default().shared();
    let shared = Arc::new(Mutex::new(witness(&world, 1)));
    let offer = |from: &Branch, note: &Note| {
        let mut feed = WitnessFeed::new(vec![signer(1).verifier().clone()]);
        let mut peer = LocalPeer::new(Arc::clone(&shared), Arc::new(|| NOW));
        let mut reader = LogReader::new(SimDisk::new(&from.world, "log"), 0);
        feed.offer(&mut peer, &mut reader, note)
    };
    assert_eq!(
        offer(&today, &today.notes[1]).unwrap().signatures().len(),
        1
    );
    let taken_back = offer(&yesterday, &yesterday.notes[0]);
    assert!(matches!(
        taken_back,
        Err(FeedError::Ahead { mirror: 7, log: 3 })
    ));
    let parted = offer(&other, &other.notes[1]);
    assert!(matches!(
        parted,
        Err(FeedError::Refused { status: 422, .. })
    ));
    assert!(offer(&today, &today.notes[1]).is_ok());
}

/// A witness in a thread of its own.
struct Standing {
    prefix: String,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

fn standing(shared: SharedWitness) -> Standing {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let prefix = format!("http://{}", listener.local_addr().unwrap());
    let (routes, _failed) = witness_router(shared, Arc::new(|| NOW));
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let thread = thread::spawn(move || {
        serve(listener, routes, async {
            let _ = stopped.await;
        })
        .unwrap();
    });
    Standing {
        prefix,
        stop: Some(stop),
        thread: Some(thread),
    }
}

impl Drop for Standing {
    fn drop(&mut self) {
        if let (Some(stop), Some(thread)) = (self.stop.take(), self.thread.take()) {
            let _ = stop.send(());
            let _ = thread.join();
        }
    }
}

#[test]
fn of_two_requests_at_the_same_time_the_smaller_is_never_kept_last() {
    let log = Arc::new(branch(&[(1, 3), (2, 1), (3, 5)]));
    for _ in 0..20 {
        let world = World::default().shared();
        let shared = Arc::new(Mutex::new(witness(&world, 1)));
        shared
            .lock()
            .unwrap()
            .add_checkpoint(&log.request(0, &log.notes[0]), NOW);
        let standing = standing(Arc::clone(&shared));
        let racers: Vec<_> = [1, 2, 1, 2]
            .into_iter()
            .map(|which| {
                let body = log.request(3, &log.notes[which]);
                let mut peer = HttpPeer::new(&standing.prefix);
                thread::spawn(move || {
                    let reply = peer.post(ADD_CHECKPOINT, "text/plain", &body).unwrap();
                    (which, reply.status)
                })
            })
            .collect();
        let done: Vec<_> = racers.into_iter().map(|r| r.join().unwrap()).collect();
        let largest = done.iter().filter(|(_, status)| *status == 200);
        let largest = largest.map(|(which, _)| size_of(&log.notes[*which])).max();
        drop(standing);
        let left = world.lock().unwrap().after_power_cut(1).shared();
        assert_eq!(
            witness(&left, 1).size("log.example/test"),
            largest.unwrap(),
            "{done:?}"
        );
    }
}

fn policy(lines: &str, keys: &[(&str, &VerifierKey)]) -> Policy {
    let witnesses: Vec<String> = keys
        .iter()
        .map(|(name, key)| format!("witness {name} {key}\n"))
        .collect();
    let log = log_signer();
    let text = format!("log {}\n{}{lines}\n", log.verifier(), witnesses.concat());
    Policy::parse(&text).unwrap()
}

fn link(number: u8, peer: Box<dyn Peer>) -> WitnessLink {
    WitnessLink {
        name: format!("w{number}"),
        peer,
        keys: vec![signer(number).verifier().clone()],
    }
}

fn local(number: u8) -> Box<dyn Peer> {
    let world = World::default().shared();
    let shared = Arc::new(Mutex::new(witness(&world, number)));
    Box::new(LocalPeer::new(shared, Arc::new(|| Seconds(NOW.0))))
}

/// A witness that answers when it is let, and one that never does.
struct Slow(Box<dyn Peer>, Receiver<()>);

impl Peer for Slow {
    fn post(&mut self, path: &str, content_type: &str, body: &[u8]) -> io::Result<Reply> {
        let _ = self.1.recv();
        self.0.post(path, content_type, body)
    }
}

fn slow(number: u8) -> (Box<dyn Peer>, Sender<()>) {
    let (let_go, wait) = channel();
    (Box::new(Slow(local(number), wait)), let_go)
}

fn names(proof: &str) -> Vec<String> {
    let proof = TlogProof::parse(proof.as_bytes()).unwrap();
    let signatures = proof.checkpoint.signatures().iter();
    signatures.map(|s| s.name.clone()).collect()
}

#[test]
fn a_slow_or_dead_witness_holds_up_nobody_where_the_quorum_is_met_without_it() {
    let dir = tempfile::tempdir().unwrap();
    let commission = Commission::start(dir.path(), Box::new(ApproveAll));
    let (two, let_go) = slow(2);
    let (dead, _held) = slow(3);
    let signers = [mirror_signer(), signer(1), signer(2), signer(3)];
    let outside = signers[1..].iter().map(|s| s.verifier().clone()).collect();
    commission
        .mirror
        .lock()
        .unwrap()
        .keep_cosignatures_of(outside);
    let keys: Vec<_> = ["mirror", "w1", "w2", "w3"]
        .into_iter()
        .zip(signers.iter().map(NoteSigner::verifier))
        .collect();
    let lines = "group out any w1 w2 w3\ngroup whole all mirror out\nquorum whole";
    let policy = policy(lines, &keys);
    let links = Links {
        mirror: Some(commission.link()),
        witnesses: vec![link(1, local(1)), link(2, two), link(3, dead)],
        policy: Some(policy.clone()),
        admit: None,
    };
    let config = Config::below(dir.path());
    let socket = config.socket.clone();
    let service = Service::start(config, log_signer(), links).unwrap();
    let mut client = Client::connect(&socket).unwrap();
    let record = Author::new(1).next();
    client.append_stored(&record.entry, &record.body).unwrap();
    let text = client.proof(0, WAIT).unwrap();
    let log = log_signer().verifier().name().to_owned();
    assert_eq!(
        names(&text),
        [log.as_str(), "commission.example/mirror", "w1.example"]
    );
    let proof = TlogProof::parse(text.as_bytes()).unwrap();
    let verified = proof.checkpoint.verify(&policy.keys()).unwrap();
    assert!(policy.met_by(&verified), "the quorum stands in the proof");
    // A cosignature that comes later is added to what is published.
    let_go.send(()).unwrap();
    let mut whole = || names(&client.proof(0, WAIT).unwrap()).len() == 4;
    let begun = std::iter::repeat_n((), 200);
    let added = begun.into_iter().any(|()| {
        thread::park_timeout(Duration::from_millis(10));
        whole()
    });
    assert!(added, "the late cosignature is merged");
    service.stop();
    let mirrored = std::fs::read(dir.path().join("mirror/checkpoint")).unwrap();
    let published = std::fs::read(dir.path().join("log/checkpoint")).unwrap();
    let sorted = |bytes: &[u8]| {
        let note = Note::parse(bytes).unwrap();
        let mut names: Vec<_> = note.signatures().iter().map(|s| s.name.clone()).collect();
        names.sort();
        (note.text().to_owned(), names)
    };
    assert_eq!(
        sorted(&mirrored),
        sorted(&published),
        "the copy shows the quorum too"
    );
}

#[test]
fn without_its_quorum_a_checkpoint_is_not_published_and_the_missing_witness_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let commission = Commission::start(dir.path(), Box::new(ApproveAll));
    let (two, let_go) = slow(2);
    let signers = [mirror_signer(), signer(1), signer(2), signer(3)];
    let keys: Vec<_> = ["mirror", "w1", "w2", "w3"]
        .into_iter()
        .zip(signers.iter().map(NoteSigner::verifier))
        .collect();
    let lines = "group out 2 w1 w2 w3\ngroup whole all mirror out\nquorum whole";
    let links = Links {
        mirror: Some(commission.link()),
        witnesses: vec![link(1, local(1)), link(2, two)],
        policy: Some(policy(lines, &keys)),
        admit: None,
    };
    let config = Config::below(dir.path());
    let socket = config.socket.clone();
    let service = Service::start(config, log_signer(), links).unwrap();
    let mut client = Client::connect(&socket).unwrap();
    let record = Author::new(1).next();
    client.append_stored(&record.entry, &record.body).unwrap();
    match client.proof(0, Duration::from_millis(500)) {
        Err(ClientError::Problem(Problem::Unproven(why))) => {
            assert!(
                why.contains("quorum") && why.contains("witness w2"),
                "{why}"
            );
            assert!(!why.contains("w1"), "{why}");
        }
        other => panic!("{other:?}"),
    }
    assert!(!dir.path().join("log/checkpoint").exists());
    let_go.send(()).unwrap();
    assert_eq!(names(&client.proof(0, WAIT).unwrap()).len(), 4);
    service.stop();
}

#[test]
fn a_mirror_with_two_keys_cosigns_with_both_and_a_policy_may_ask_for_either() {
    let dir = tempfile::tempdir().unwrap();
    let commission = Commission::start(dir.path(), Box::new(ApproveAll));
    commission
        .mirror
        .lock()
        .unwrap()
        .cosign_with(post_quantum());
    let mut mirror = commission.link();
    mirror.keys.push(post_quantum().verifier().clone());
    let keys = [
        ("classic", mirror.keys[0].clone()),
        ("later", mirror.keys[1].clone()),
    ];
    let keys: Vec<_> = keys.iter().map(|(name, key)| (*name, key)).collect();
    let both = policy("group both all classic later\nquorum both", &keys);
    let links = Links {
        mirror: Some(mirror),
        policy: Some(both.clone()),
        ..Links::default()
    };
    let config = Config::below(dir.path());
    let socket = config.socket.clone();
    let service = Service::start(config, log_signer(), links).unwrap();
    let mut client = Client::connect(&socket).unwrap();
    let record = Author::new(1).next();
    client.append_stored(&record.entry, &record.body).unwrap();
    let text = client.proof(0, WAIT).unwrap();
    let proof = TlogProof::parse(text.as_bytes()).unwrap();
    proof.check(&record.entry).unwrap();
    assert!(text.len() > 3_300 && text.len() < 6_000, "{}", text.len());
    let policies = [
        both,
        policy("quorum classic", &keys),
        policy("quorum later", &keys),
    ];
    let met = |note: &Note| {
        policies
            .each_ref()
            .map(|p| p.met_by(&note.verify(&p.keys()).unwrap_or_default()))
    };
    assert_eq!(met(&proof.checkpoint), [true; 3]);
    let log = log_signer().verifier().clone();
    for (kept, verdict) in [(0, [false, true, false]), (1, [false, false, true])] {
        let mut cut = proof.checkpoint.clone();
        cut.keep_only(&[log.clone(), keys[kept].1.clone()]);
        assert_eq!(met(&cut), verdict);
    }
    // A changed time or name line breaks the second kind too.
    let changed = text.replacen("\n1\n", "\n2\n", 1);
    let changed = TlogProof::parse(changed.as_bytes()).unwrap();
    assert_eq!(met(&changed.checkpoint), [false; 3]);
    service.stop();
}
