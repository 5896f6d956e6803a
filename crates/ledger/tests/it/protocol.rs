//! The mirror's answers, case by case, as c2sp.org/tlog-witness and tlog-mirror have them.

use crate::maker::{Author, NOW, kinds, log_signer, mirror_signer, sealed_garbage};
use crate::sim::{SimDisk, World};
use sakimori_custody::entry::{EntryType, Envelope};
use sakimori_custody::time::Seconds;
use sakimori_ledger::mirror::{Approve, ApproveAll, Mirror, MirrorParts, Reply};
use sakimori_ledger::reader::LogReader;
use sakimori_ledger::request::{
    ADD_BODIES, ADD_CHECKPOINT, ADD_ENTRIES, AddCheckpoint, AddEntries, MirrorInfo, Package,
    TYPE_MIRROR_INFO, TYPE_SIZE, bodies_head, package_at, push_body,
};
use sakimori_ledger::writer::{AppendError, Stores, Writer};
use sakimori_ledger::{Record, Refusal};
use sakimori_tlog::checkpoint::Checkpoint;
use sakimori_tlog::key::{KeyKind, NoteSigner};
use sakimori_tlog::merkle;
use sakimori_tlog::note::Note;
use std::sync::{Arc, Mutex};

/// A log and what it signed, and a mirror that has none of it.
struct Scene {
    log: Arc<Mutex<World>>,
    writer: Writer,
    author: Author,
    records: Vec<Record>,
    notes: Vec<(u64, Note)>,
    world: Arc<Mutex<World>>,
    mirror: Mirror,
}

fn mirror(world: &Arc<Mutex<World>>, approve: Box<dyn Approve>) -> Mirror {
    let parts = MirrorParts {
        log: Box::new(SimDisk::new(world, "mirror")),
        wal: Box::new(SimDisk::new(world, "wal")),
        log_key: log_signer().verifier().clone(),
        signer: mirror_signer(),
        approve,
    };
    Mirror::open(parts).unwrap()
}

fn scene(approve: Box<dyn Approve>) -> Scene {
    let log = World::default().shared();
    let disk = |root| Box::new(SimDisk::new(&log, root));
    let stores = Stores {
        log: disk("log"),
        wal: disk("wal"),
        signed: disk("signed"),
    };
    let world = World::default().shared();
    Scene {
        writer: Writer::open(stores, log_signer()).unwrap(),
        author: Author::new(1),
        records: Vec::new(),
        notes: Vec::new(),
        mirror: mirror(&world, approve),
        world,
        log,
    }
}

impl Scene {
    fn grow(&mut self, count: usize) -> Note {
        let batch = self.author.batch(count);
        self.grow_by(batch)
    }

    fn grow_by(&mut self, batch: Vec<Record>) -> Note {
        self.records.extend(batch.clone());
        assert!(self.writer.append(batch).iter().all(Result::is_ok));
        let note = self.writer.checkpoint().unwrap().unwrap().clone();
        self.notes.push((self.writer.size(), note.clone()));
        note
    }

    fn reader(&self) -> LogReader<SimDisk> {
        LogReader::new(SimDisk::new(&self.log, "log"), self.writer.size())
    }

    fn offer(&mut self, old: u64, note: &Note) -> Reply {
        let size = Checkpoint::parse(note.text()).unwrap().size;
        let proof = merkle::consistency_proof(&mut self.reader(), old, size).unwrap();
        self.offer_proof(old, proof, &note.to_bytes())
    }

    fn offer_proof(&mut self, old: u64, proof: Vec<merkle::Hash>, note: &[u8]) -> Reply {
        let request = AddCheckpoint {
            old,
            proof,
            note: note.to_vec(),
        };
        let reply = self.mirror.post(ADD_CHECKPOINT, &request.encode(), NOW);
        reply.unwrap()
    }

    fn bodies(&mut self) -> Reply {
        self.bodies_as(|record| record.body.clone())
    }

    /// Brings other bytes for the body of each entry.
    fn bodies_as(&mut self, body: impl Fn(&Record) -> Vec<u8>) -> Reply {
        let state = MirrorInfo::decode(&self.entries(0, 0, 0).body).unwrap();
        let from = state.next / 256 * 256;
        let upload = self.upload(from, state.size, 9);
        let mut request = bodies_head(crate::maker::ORIGIN, &upload);
        for record in &self.records[from as usize..state.size as usize] {
            push_body(&mut request, &commitment(record), &body(record));
        }
        self.mirror.post(ADD_BODIES, &request, NOW).unwrap()
    }

    /// The packages of an upload, at most `packages`.
    fn upload(&self, start: u64, end: u64, packages: usize) -> Vec<u8> {
        let head = AddEntries {
            origin: crate::maker::ORIGIN.into(),
            start,
            end,
            ticket: Vec::new(),
        };
        let (mut request, mut at) = (head.encode(), start);
        let mut reader = self.reader();
        for _ in 0..packages {
            if at == end {
                break;
            }
            let range = package_at(at, end);
            let package = Package {
                entries: reader.entries(range.entries.clone()).unwrap(),
                proof: merkle::subtree_proof(&mut reader, range.subtree, end).unwrap(),
            };
            package.push(&mut request);
            at = range.entries.end;
        }
        request
    }

    fn entries(&mut self, start: u64, end: u64, packages: usize) -> Reply {
        let request = self.upload(start, end, packages);
        self.mirror.post(ADD_ENTRIES, &request, NOW).unwrap()
    }
}

fn commitment(record: &Record) -> [u8; 32] {
    Envelope::decode(&record.entry).unwrap().body
}

fn info(reply: &Reply) -> (u16, u64, u64) {
    assert_eq!(reply.content_type, TYPE_MIRROR_INFO);
    let info = MirrorInfo::decode(&reply.body).unwrap();
    (reply.status, info.size, info.next)
}

fn size(reply: &Reply) -> (u16, String) {
    assert_eq!(reply.content_type, TYPE_SIZE);
    (reply.status, String::from_utf8(reply.body.clone()).unwrap())
}

#[test]
fn checkpoints_are_answered_as_a_witness_answers_them() {
    let mut scene = scene(Box::new(ApproveAll));
    let (first, second) = (scene.grow(3), scene.grow(4));
    let stranger = NoteSigner::from_seed("other.example", KeyKind::Ed25519, &[9; 32]).unwrap();
    let unknown = Note::sign(
        "other.example\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        &[&stranger],
        0,
    );
    let unsigned = Note::sign(second.text(), &[&stranger], 0).unwrap();
    assert_eq!(scene.offer_proof(0, Vec::new(), b"nonsense").status, 400);
    assert_eq!(scene.offer(0, &unknown.unwrap()).status, 404);
    assert_eq!(scene.offer(0, &unsigned).status, 403);
    assert_eq!(
        scene
            .offer_proof(0, vec![[0; 32]], &first.to_bytes())
            .status,
        422
    );
    assert_eq!(
        size(&scene.offer_proof(2, Vec::new(), &first.to_bytes())),
        (409, "0\n".into())
    );
    assert_eq!(
        scene.offer_proof(9, Vec::new(), &first.to_bytes()).status,
        400
    );
    let accepted = scene.offer(0, &first);
    assert_eq!((accepted.status, accepted.body.len()), (200, 0));
    assert_eq!(scene.offer(3, &first).status, 200, "the same again");
    assert_eq!(
        size(&scene.offer_proof(0, Vec::new(), &second.to_bytes())),
        (409, "3\n".into())
    );
    assert_eq!(
        scene.offer_proof(3, Vec::new(), &second.to_bytes()).status,
        422
    );
    assert_eq!(scene.offer(3, &second).status, 200);
    // The slower of two requests does not take the mirror back.
    assert_eq!(size(&scene.offer(0, &first)), (409, "7\n".into()));
    let mut forged = Checkpoint::parse(second.text()).unwrap();
    forged.root = [5; 32];
    let forged = Note::sign(&forged.to_string(), &[&log_signer()], 0).unwrap();
    assert_eq!(
        size(&scene.offer_proof(7, Vec::new(), &forged.to_bytes())),
        (409, "7\n".into())
    );
}

#[test]
fn entries_are_answered_as_a_mirror_answers_them() {
    let mut scene = scene(Box::new(ApproveAll));
    assert_eq!(
        info(&scene.entries(0, 0, 0)),
        (409, 0, 0),
        "a question for its state"
    );
    let note = scene.grow(600);
    assert_eq!(scene.offer(0, &note).status, 200);
    assert_eq!(info(&scene.entries(0, 0, 0)), (409, 600, 0));
    assert_eq!(scene.entries(0, 600, 3).status, 422, "bodies are missing");
    assert_eq!(scene.bodies().status, 200);
    assert_eq!(scene.entries(0, 600, 0).status, 400);
    let wrong = scene.upload(0, 600, 1).replacen_last(1);
    assert_eq!(
        scene.mirror.post(ADD_ENTRIES, &wrong, NOW).unwrap().status,
        422
    );
    assert_eq!(
        info(&scene.entries(256, 600, 1)),
        (409, 600, 0),
        "beyond the next"
    );
    assert_eq!(info(&scene.entries(0, 600, 2)), (202, 600, 512));
    assert_eq!(
        info(&scene.entries(0, 600, 3)),
        (409, 600, 512),
        "too far below"
    );
    let done = scene.entries(512, 600, 1);
    assert_eq!(done.status, 200);
    let mut cosigned = note.clone();
    cosigned
        .add_lines(std::str::from_utf8(&done.body).unwrap())
        .unwrap();
    let verified = cosigned
        .verify(&[mirror_signer().verifier().clone()])
        .unwrap();
    assert_eq!(verified[0].time, Some(NOW.0));
    assert_eq!(scene.entries(600, 600, 0).status, 200, "the same again");
    // A bundle that is begun is brought again from its beginning or from where it ends.
    let note = scene.grow(10);
    assert_eq!(scene.offer(600, &note).status, 200);
    assert_eq!(scene.bodies().status, 200);
    assert_eq!(scene.entries(590, 610, 1).status, 200);
}

#[test]
fn a_mirror_remembers_after_a_power_cut_what_it_has_seen() {
    let mut scene = scene(Box::new(ApproveAll));
    let (first, second) = (scene.grow(3), scene.grow(4));
    assert_eq!(scene.offer(0, &second).status, 200);
    let left = scene.world.lock().unwrap().after_power_cut(0).shared();
    scene.mirror = mirror(&left, Box::new(ApproveAll));
    assert_eq!(
        size(&scene.offer_proof(0, Vec::new(), &first.to_bytes())),
        (409, "7\n".into())
    );
    assert_eq!(info(&scene.entries(0, 0, 0)), (409, 7, 0));
}

trait Spoil {
    fn replacen_last(self, from_end: usize) -> Self;
}

impl Spoil for Vec<u8> {
    fn replacen_last(mut self, from_end: usize) -> Self {
        let at = self.len() - from_end;
        self[at] ^= 1;
        self
    }
}

#[test]
fn any_byte_of_an_upload_that_changes_keeps_the_mirror_from_cosigning() {
    let mut scene = scene(Box::new(ApproveAll));
    let note = scene.grow(3);
    scene.offer(0, &note);
    scene.bodies();
    let good = scene.upload(0, 3, 1);
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        let reply = scene.mirror.post(ADD_ENTRIES, &bad, NOW).unwrap();
        assert_ne!(reply.status, 200, "byte {at}");
    }
    assert_eq!(scene.mirror.size(), 0);
    assert_eq!(
        scene.mirror.post(ADD_ENTRIES, &good, NOW).unwrap().status,
        200
    );
}

struct Suspicious(u64);

impl Approve for Suspicious {
    fn restore(&mut self, _index: u64, _entry: &[u8]) {}

    fn approve(
        &mut self,
        index: u64,
        entry: &[u8],
        body: &[u8],
        now: Seconds,
    ) -> Result<(), String> {
        assert_eq!(now, NOW, "the time of the cosignature");
        assert!(!entry.is_empty() && body.len() > 33);
        if index == self.0 {
            Err("no lease covers it".into())
        } else {
            Ok(())
        }
    }
}

#[test]
fn an_entry_that_the_commission_does_not_approve_is_not_cosigned() {
    let mut scene = scene(Box::new(Suspicious(4)));
    for (count, status) in [(4, 200), (2, 422)] {
        let old = scene.writer.size();
        let note = scene.grow(count);
        scene.offer(old, &note);
        scene.bodies();
        let reply = scene.entries(old, scene.writer.size(), 1);
        assert_eq!(reply.status, status);
    }
    assert_eq!(scene.mirror.size(), 4);
    let again = scene.entries(6, 6, 0);
    assert_eq!(again.body, b"entry 4: no lease covers it\n");
}

#[test]
fn bodies_are_taken_only_for_entries_that_the_log_s_key_vouches_for() {
    let mut scene = scene(Box::new(ApproveAll));
    let note = scene.grow(2);
    let upload = scene.upload(0, 2, 1);
    let record = scene.records[0].clone();
    let other = scene.records[1].body.clone();
    let bodies = |upload: &[u8], named: &[u8; 32], body: &[u8]| {
        let mut request = bodies_head(crate::maker::ORIGIN, upload);
        push_body(&mut request, named, body);
        request
    };
    let good = bodies(&upload, &commitment(&record), &record.body);
    let mut post = |request: &[u8]| scene.mirror.post(ADD_BODIES, request, NOW).unwrap();
    assert_eq!(info(&post(&good)), (409, 0, 0), "nothing is signed for yet");
    let offer = AddCheckpoint {
        old: 0,
        proof: Vec::new(),
        note: note.to_bytes(),
    };
    scene.mirror.post(ADD_CHECKPOINT, &offer.encode(), NOW);
    let mut post = |request: &[u8]| scene.mirror.post(ADD_BODIES, request, NOW).unwrap();
    let stranger = Author::new(99).next();
    let mut forged = upload.clone();
    let at = forged.len() - 40;
    forged[at] ^= 1;
    let elsewhere = {
        let mut request = bodies_head("other.example", &upload);
        push_body(&mut request, &commitment(&record), &record.body);
        request
    };
    for (why, request, status) in [
        ("of no entry", bodies(&upload, &[0; 32], &record.body), 422),
        (
            "of an entry of nobody",
            bodies(&upload, &commitment(&stranger), &stranger.body),
            422,
        ),
        (
            "another entry's",
            bodies(&upload, &commitment(&record), &other),
            422,
        ),
        (
            "entries that lead elsewhere",
            bodies(&forged, &commitment(&record), &record.body),
            422,
        ),
        (
            "no entries",
            bodies(&upload[..40], &commitment(&record), &record.body),
            422,
        ),
        (
            "no head",
            bodies(b"", &commitment(&record), &record.body),
            400,
        ),
        ("cut short", good[..good.len() - 1].to_vec(), 400),
        ("another log", elsewhere, 404),
        ("good", good.clone(), 200),
    ] {
        assert_eq!(post(&request).status, status, "{why}");
    }
    assert!(scene.mirror.post("/other", b"", NOW).is_none());
}

#[test]
fn a_stranger_cannot_put_a_sealed_body_in_the_place_of_an_open_one() {
    for (kind, counters, sealable) in kinds() {
        let mut scene = scene(Box::new(ApproveAll));
        let record = scene
            .author
            .next_of(kind, counters.clone(), b"open".to_vec());
        let note = scene.grow_by(vec![record.clone()]);
        scene.offer(0, &note);
        let what = format!("{kind:?} {counters:?}");
        // Before the log brings it.
        assert_eq!(scene.bodies_as(|_| sealed_garbage()).status, 200);
        if !sealable {
            assert_eq!(scene.entries(0, 1, 1).status, 422, "{what}");
            let dropped = scene.entries(0, 1, 1).body;
            assert_eq!(dropped, b"the body of an entry is missing\n", "{what}");
            assert_eq!(scene.bodies_as(|_| sealed_garbage()).status, 200);
        }
        // And after.
        assert_eq!(scene.bodies().status, 200);
        assert_eq!(scene.bodies_as(|_| sealed_garbage()).status, 200);
        assert_eq!(scene.entries(0, 1, 1).status, 200, "{what}");
        let kept = scene.mirror.reader().body(&commitment(&record)).unwrap();
        assert_eq!(kept, Some(record.body), "{what}");
    }
}

#[test]
fn log_and_mirror_take_a_sealed_body_only_where_it_may_be_sealed() {
    for (kind, counters, sealable) in kinds() {
        let mut scene = scene(Box::new(ApproveAll));
        let what = format!("{kind:?} {counters:?}");
        let mut record = scene.author.next_of(kind, counters, b"open".to_vec());
        record.body = sealed_garbage();
        let taken = scene.writer.append(vec![record.clone()]);
        if sealable {
            assert_eq!(taken, [Ok(0)], "{what}");
            let note = scene.writer.checkpoint().unwrap().unwrap().clone();
            scene.records.push(record);
            scene.offer(0, &note);
            scene.bodies();
            assert_eq!(scene.entries(0, 1, 1).status, 200, "{what}");
        } else {
            assert_eq!(taken, [Err(AppendError::Refused(Refusal::Body))], "{what}");
        }
    }
}

#[test]
fn a_body_that_is_kept_sealed_is_not_taken_for_another_entry_that_has_to_be_open() {
    let mut scene = scene(Box::new(ApproveAll));
    let mut sealed = scene
        .author
        .next_of(EntryType::Finding, vec![0], b"open".to_vec());
    sealed.body = sealed_garbage();
    let mut envelope = Envelope::decode(&sealed.entry).unwrap();
    envelope.kind = EntryType::Gap;
    envelope.sequence += 1;
    envelope.previous = merkle::leaf_hash(&sealed.entry);
    let gap = Record {
        entry: envelope.encode(),
        body: sealed_garbage(),
    };
    let taken = scene.writer.append(vec![sealed, gap]);
    assert_eq!(taken, [Ok(0), Err(AppendError::Refused(Refusal::Body))]);
}
