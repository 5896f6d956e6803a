//! A small log with everything in it, made of plain values that a test can change before they are signed and entered.

use sakimori_custody::entry::{Act, Author, Chain, EntryType, Salt, Seal, StoredBody};
use sakimori_custody::ids::{BucketId, StreamId, hex};
use sakimori_custody::keys::BucketKey;
use sakimori_custody::time::Seconds;
use sakimori_testkit::folder::{BEGIN, HOUR, Plan, Sample, signer};
use sakimori_tlog::checkpoint::Checkpoint;
use sakimori_tlog::merkle::{Frontier, Hash, HashReader, inclusion_proof, leaf_hash};
use sakimori_tlog::note::Note;
use sakimori_tlog::proof::TlogProof;
use sakimori_tlog::tile::{TILE_WIDTH, new_tiles, push_entry, root_of};
use sakimori_verify::{Options, Report};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// The stream of the commission's notes.
pub(crate) const NOTES: u8 = 0xc0;
/// The stream of the office.
pub(crate) const OFFICE: u8 = 0x0f;
/// The stream of the sensor's run.
pub(crate) const RUN: u8 = 0x51;
/// The bucket of the run.
pub(crate) const BUCKET: &str = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a/s-01/2027-04-01";
/// When the run starts.
pub(crate) const START: u64 = BEGIN + 2 * HOUR;
/// When the bucket has expired.
pub(crate) const EXPIRED: u64 = BEGIN + 90 * 24 * HOUR;
/// When the mirror cosigned.
pub(crate) const COSIGNED: u64 = EXPIRED + HOUR;

/// An entry before it is signed and chained.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    pub(crate) stream: u8,
    pub(crate) who: Option<&'static str>,
    pub(crate) kind: EntryType,
    pub(crate) time: u64,
    pub(crate) authority: [u8; 32],
    pub(crate) counters: Vec<u64>,
    pub(crate) body: Vec<u8>,
    pub(crate) sealed: bool,
}

impl Planned {
    pub(crate) fn new(stream: u8, who: Option<&'static str>, kind: EntryType, body: &[u8]) -> Self {
        Self {
            stream,
            who,
            kind,
            time: BEGIN,
            authority: [0; 32],
            counters: Vec::new(),
            body: body.to_vec(),
            sealed: false,
        }
    }

    pub(crate) fn at(mut self, time: u64) -> Self {
        self.time = time;
        self
    }

    pub(crate) fn under(mut self, authority: [u8; 32]) -> Self {
        self.authority = authority;
        self
    }

    pub(crate) fn counting(mut self, counters: &[u64]) -> Self {
        self.counters = counters.to_vec();
        self
    }

    pub(crate) fn sealed(mut self) -> Self {
        self.sealed = true;
        self
    }

    /// Changes the JSON of the body.
    pub(crate) fn edit(&mut self, edit: impl FnOnce(&mut Value)) {
        let mut value = serde_json::from_slice(&self.body).unwrap();
        edit(&mut value);
        self.body = value.to_string().into_bytes();
    }
}

/// An entry as it is in the log.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) leaf: Vec<u8>,
    pub(crate) stored: Vec<u8>,
    pub(crate) commitment: [u8; 32],
}

/// A receipt's window: what it holds at the end follows from the rest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) index: u64,
    pub(crate) held_before: u64,
    pub(crate) read: u64,
    pub(crate) selected: u64,
    pub(crate) domestic: u64,
    pub(crate) first: u64,
    pub(crate) records: u64,
}

/// Packet time at which the capture begins: years before the run.
const CAPTURED: u64 = 1_500_000_000_000;

pub(crate) fn receipt(window: &Window, authority: [u8; 32]) -> Planned {
    let Window {
        index,
        held_before,
        read,
        selected,
        domestic,
        first,
        records,
    } = *window;
    let held_after = held_before + read - selected - domestic;
    let (start, end) = (CAPTURED + index * 60_000, CAPTURED + (index + 1) * 60_000);
    let flows_closed = records + 7;
    let first = (records > 0).then(|| format!("{}-{first}", hex(&[RUN; 8])));
    let commitment = if records > 0 {
        "ab".repeat(32)
    } else {
        String::new()
    };
    let body = json!({
        "window": {
            "index": index, "start_ms": start, "end_ms": end, "held_before": held_before, "read": read, "selected": selected,
            "domestic": domestic, "not_ip": 0, "direction": 0, "not_selected": 0, "shed": 0, "link": 0, "truncated": 0,
            "malformed": 0, "record": 0, "held_after": held_after, "bytes_read": read * 100, "flows_opened": 9,
            "flows_closed": flows_closed, "flows_selected": records, "records": records, "events": 1, "flows_evicted": 0,
            "pairs_evicted": 0, "flows_open": 2, "identifiers": 0, "identifiers_shed": 0,
        },
        "bucket": BUCKET, "first_record": first, "records": records, "commitment": commitment, "identifiers": 0, "identifiers_commitment": "",
    });
    let counters = [
        index,
        start,
        end,
        held_before,
        read,
        selected,
        domestic,
        0,
        held_after,
        records,
        1,
        flows_closed,
        records,
    ];
    Planned::new(
        RUN,
        Some("s-01"),
        EntryType::Receipt,
        body.to_string().as_bytes(),
    )
    .at(START + 60 + index)
    .under(authority)
    .counting(&counters)
}

fn windows() -> [Window; 3] {
    let window = |index, held_before, read, selected, domestic, first, records| Window {
        index,
        held_before,
        read,
        selected,
        domestic,
        first,
        records,
    };
    [
        window(0, 0, 60_000, 5, 59_000, 0, 2),
        window(1, 995, 40_000, 0, 40_095, 2, 0),
        window(2, 900, 100, 3, 997, 2, 1),
    ]
}

/// SHA-256 of a note's text.
pub(crate) fn text_hash(note: &[u8]) -> [u8; 32] {
    Sha256::digest(Note::parse(note).unwrap().text()).into()
}

/// The body of a request as the testkit's statement answers it.
const REQUEST: &[u8] =
    br#"{"kind":"acquisition","requester":"o1","facts":"sample","necessity":"sample","alternatives":"none","expected_share_ppm":200,"rights":"sample","replaces":null,"draft":"sakimori/authority/v1\nid: 5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a\nkind: acquisition\nbasis: act42-17\n"}"#;

pub(crate) fn start(sample: &Sample) -> Planned {
    let authority = text_hash(&sample.folder.statement);
    let body = json!({
        "authority": hex(&[0x5a; 16]), "sensor": "s-01", "statement_sha256": hex(&authority),
        "pack_sha256": hex(&text_hash(&sample.folder.pack)), "schedule_sha256": "", "software_sha256": "", "lease_id": hex(&[0x1e; 16]), "input": "file",
        "started": Seconds(START).to_string(), "limits": 200,
    });
    Planned::new(
        RUN,
        Some("s-01"),
        EntryType::Start,
        body.to_string().as_bytes(),
    )
    .at(START)
    .under(authority)
    .counting(&[7, 1, 1, 20_260_101])
}

pub(crate) fn stop(authority: [u8; 32]) -> Planned {
    let body = json!({"reason": "complete", "ended": Seconds(START + 180).to_string()});
    Planned::new(
        RUN,
        Some("s-01"),
        EntryType::Stop,
        body.to_string().as_bytes(),
    )
    .at(START + 180)
    .under(authority)
    .counting(&[0, 3, 100_100, 8, 100_092, 0])
}

pub(crate) fn deletion() -> Planned {
    let body = json!({
        "bucket": BUCKET, "reason": "expired", "objects": 1, "records": 3, "office_share": "destroyed",
        "commission_attestation": ATTESTED_LAST,
    });
    Planned::new(
        OFFICE,
        Some("office"),
        EntryType::Deletion,
        body.to_string().as_bytes(),
    )
    .at(EXPIRED + 120)
    .counting(&[1, 3])
}

pub(crate) fn attestation(who: &str) -> Planned {
    let text = format!(
        "sakimori/share-destroyed/v1\nbucket: {BUCKET}\nholder: commission\ndestroyed: {}\n",
        Seconds(EXPIRED + 30)
    );
    let note = Note::sign(&text, &[&signer(who)], 0).unwrap();
    Planned::new(NOTES, None, EntryType::Attestation, &note.to_bytes()).at(EXPIRED + 60)
}

/// The counter by which what closes a query names what opened it; [`make`] puts the index of the last one there.
pub(crate) const OPENED_LAST: u64 = u64::MAX;

/// The text by which a deletion names its attestation; [`make`] puts the leaf hash of the last one there.
pub(crate) const ATTESTED_LAST: &str = "the last attestation";

/// What opens a query, or with rows what closes it, sealed.
pub(crate) fn query(rows: Option<u64>, authority: [u8; 32]) -> Planned {
    let body = json!({
        "actor": "a.sato", "purpose": "look at the beacon", "case": "case-7", "authority": hex(&[0x5a; 16]), "kind": "pair",
        "buckets": [BUCKET], "rows": rows.unwrap_or(0), "outcome": if rows.is_some() { "answered" } else { "opened" },
    });
    let planned = Planned::new(
        OFFICE,
        Some("office"),
        EntryType::Query,
        body.to_string().as_bytes(),
    );
    let planned = planned.at(START + 240).under(authority);
    match rows {
        Some(rows) => planned.counting(&[rows, 1, OPENED_LAST]).sealed(),
        None => planned.counting(&[0, 1]),
    }
}

/// A finding as its entry commits to it.
fn finding() -> Vec<u8> {
    let finding =
        json!({"behaviour": "beacon", "confidence": 0.8, "records": ["x"], "records_total": 1});
    finding.to_string().into_bytes()
}

/// Places of the entries in [`story`].
pub(crate) mod place {
    pub(crate) const TRUST_ROOT: usize = 0;
    pub(crate) const REQUEST: usize = 1;
    pub(crate) const DECISION: usize = 2;
    pub(crate) const ACTIVATION: usize = 3;
    pub(crate) const START: usize = 4;
    pub(crate) const RECEIPT: usize = 5;
    pub(crate) const STOP: usize = 8;
    pub(crate) const OPENED: usize = 9;
    pub(crate) const CLOSED: usize = 10;
    pub(crate) const FINDING: usize = 11;
    pub(crate) const ATTESTATION: usize = 12;
    pub(crate) const DELETION: usize = 13;
    pub(crate) const REFUSAL: usize = 14;
}

/// The entries of a good log, in order.
pub(crate) fn story(sample: &Sample) -> Vec<Planned> {
    let folder = &sample.folder;
    let authority = text_hash(&folder.statement);
    let refusal = json!({"code": 24, "name": "other-sensor", "sensor": "s-02", "authority": "", "detail": "no"});
    let mut story = vec![
        Planned::new(NOTES, None, EntryType::TrustRoot, &folder.trust_root).counting(&[1]),
        Planned::new(OFFICE, Some("office"), EntryType::Request, REQUEST),
        Planned::new(NOTES, None, EntryType::Decision, &folder.statement).under(authority),
        Planned::new(NOTES, None, EntryType::Activation, &folder.lease)
            .at(BEGIN + HOUR)
            .under(authority)
            .counting(&[BEGIN + 13 * HOUR]),
        start(sample),
    ];
    story.extend(windows().iter().map(|window| receipt(window, authority)));
    story.extend([
        stop(authority),
        query(None, authority),
        query(Some(3), authority),
        Planned::new(OFFICE, Some("office"), EntryType::Finding, &finding())
            .at(START + 300)
            .under(authority)
            .counting(&[800, 1])
            .sealed(),
        attestation("commission-share"),
        deletion(),
        Planned::new(
            0x52,
            Some("s-02"),
            EntryType::Refusal,
            refusal.to_string().as_bytes(),
        )
        .at(EXPIRED)
        .counting(&[24]),
    ]);
    story
}

/// Signs, chains and closes.
pub(crate) fn make(story: &[Planned]) -> Vec<Made> {
    let mut chains: BTreeMap<u8, Chain> = BTreeMap::new();
    let bucket: BucketId = BUCKET.parse().unwrap();
    let key = BucketKey::from_bytes([9; 32]);
    let mut opened = 0;
    let mut attested = String::new();
    let made = story.iter().enumerate().map(|(at, planned)| {
        let chain = chains
            .entry(planned.stream)
            .or_insert_with(|| Chain::new(StreamId([planned.stream; 8])));
        let signer = planned.who.map(signer);
        let author = signer.as_ref().map(|signer| Author {
            id: signer.verifier().id(),
            key: signer.ed25519(),
        });
        let act = Act {
            kind: planned.kind,
            time: Seconds(planned.time),
            authority: planned.authority,
            counters: planned
                .counters
                .iter()
                .map(|n| if *n == OPENED_LAST { opened } else { *n })
                .collect(),
            body: String::from_utf8_lossy(&planned.body)
                .replace(ATTESTED_LAST, &attested)
                .into_bytes(),
        };
        if planned.kind == EntryType::Query && planned.counters.len() == 2 {
            opened = at as u64;
        }
        let salt = Salt([at as u8; 32]);
        let entry = if planned.sealed {
            let seal = Seal {
                bucket: &bucket,
                key: &key,
                nonce: [at as u8; 24],
            };
            chain.sealed_entry(act, salt, &seal, author.as_ref())
        } else {
            chain.entry(act, salt, author.as_ref())
        };
        if planned.kind == EntryType::Attestation {
            attested = hex(&leaf_hash(&entry.leaf));
        }
        Made {
            commitment: entry.envelope.body,
            leaf: entry.leaf,
            stored: entry.stored,
        }
    });
    made.collect()
}

/// The first entries as a tree.
pub(crate) struct Tree(pub(crate) Vec<Hash>);

impl Tree {
    pub(crate) fn of(made: &[Made]) -> Self {
        Self(made.iter().map(|made| leaf_hash(&made.leaf)).collect())
    }

    fn root(&self, size: usize) -> Hash {
        let mut frontier = Frontier::default();
        for leaf in &self.0[..size] {
            frontier.push(*leaf);
        }
        frontier.root()
    }

    /// A checkpoint of the first `size` entries.
    pub(crate) fn checkpoint(&self, size: usize, who: &[&str]) -> Note {
        let checkpoint = Checkpoint {
            origin: "log.example".to_owned(),
            size: size as u64,
            root: self.root(size),
            extensions: Vec::new(),
        };
        let mut note = Note::sign(&checkpoint.to_string(), &[], 0).unwrap();
        for who in who {
            note.add(&signer(who), COSIGNED);
        }
        note
    }
}

impl HashReader for Tree {
    type Error = Infallible;

    fn hash(&mut self, level: u8, place: u64) -> Result<Hash, Infallible> {
        let width = 1 << level;
        let first = place as usize * width;
        Ok(root_of(&self.0[first..first + width]))
    }
}

/// A folder in memory where the system has one: many small files are written.
pub(crate) fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        tempfile::tempdir_in(memory).unwrap()
    } else {
        tempfile::tempdir().unwrap()
    }
}

pub(crate) fn write(path: &Path, bytes: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// Writes a log's folder as its writer does: the tiles of each batch, the bodies, the checkpoint of the whole.
pub(crate) fn publish(dir: &Path, made: &[Made], batches: &[usize], who: &[&str]) {
    let tree = Tree::of(made);
    let mut old = 0;
    for &size in batches.iter().chain([&made.len()]) {
        for tile in new_tiles(old as u64, size as u64) {
            let span = 1usize << (8 * tile.level.unwrap_or(0));
            let first = (tile.index * TILE_WIDTH) as usize * span;
            let bytes = if let Some(_level) = tile.level {
                let hash = |at: usize| root_of(&tree.0[first + at * span..first + (at + 1) * span]);
                (0..usize::from(tile.width)).flat_map(hash).collect()
            } else {
                let mut bundle = Vec::new();
                for made in &made[first..first + usize::from(tile.width)] {
                    assert!(push_entry(&mut bundle, &made.leaf));
                }
                bundle
            };
            write(&dir.join(tile.path()), bytes);
        }
        old = size;
    }
    for made in made {
        let name = hex(&made.commitment);
        write(
            &dir.join("bodies").join(&name[..2]).join(&name),
            &made.stored,
        );
    }
    write(
        &dir.join("checkpoint"),
        tree.checkpoint(made.len(), who).to_bytes(),
    );
}

/// Writes a bundle: the log, the mirror's copy of it, the finding with its proof.
pub(crate) fn bundle(dir: &Path, made: &[Made]) {
    publish(&dir.join("log"), made, &[4, 9], &["log", "mirror"]);
    let mirror = dir.join("commission/mirror");
    publish(&mirror, made, &[4], &["log", "mirror"]);
    let mut tree = Tree::of(made);
    let size = made.len();
    write(
        &mirror.join("pending/checkpoint"),
        tree.checkpoint(size, &["log"]).to_bytes(),
    );
    if size > place::FINDING {
        let index = place::FINDING as u64;
        let Ok(hashes) = inclusion_proof(&mut tree, index, size as u64 - 2);
        let checkpoint = tree.checkpoint(size - 2, &["log", "mirror"]);
        let proof = TlogProof {
            extra: None,
            index,
            hashes,
            checkpoint,
        };
        let findings = dir.join("findings");
        write(&findings.join("1.tlog-proof"), proof.to_text());
        write(&findings.join("1.entry"), &made[place::FINDING].leaf);
        let body = finding();
        let salt = Salt([place::FINDING as u8; 32]);
        let pretty: Value = serde_json::from_slice(&body).unwrap();
        write(&findings.join("1.json"), format!("{pretty:#}\n"));
        write(
            &findings.join("1.body"),
            StoredBody::Open { salt, body }.encode(),
        );
    }
}

/// The good log.
pub(crate) fn good() -> Vec<Made> {
    make(&story(&Plan::default().build()))
}

/// A time at which the mirror's cosignature has been made and nothing else is due.
pub(crate) fn options() -> Options {
    Options {
        now: Some(COSIGNED + HOUR),
        ..Options::default()
    }
}

pub(crate) fn verify(target: &Path, options: &Options) -> Report {
    sakimori_verify::verify(target, options, &mut |_, _| {}).unwrap()
}

/// Codes of a report, each once.
pub(crate) fn codes(report: &Report) -> Vec<&'static str> {
    let mut codes: Vec<&str> = report
        .problems
        .iter()
        .map(|problem| problem.code.name())
        .collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}
