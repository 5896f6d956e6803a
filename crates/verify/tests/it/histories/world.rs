//! A log that is made entry by entry, by encoders of its own: what the verifiers read is written from the page of the formats alone. In: acts in their order. Out: a log's files.
//!
//! A twist changes one of them before it is signed, so that all that comes behind it refers to the changed one.

use hmac::{Hmac, KeyInit, Mac};
use sakimori_tlog::PostQuantumCosigner;
use sakimori_tlog::key::{KeyKind, NoteSigner};
use sakimori_tlog::merkle::{Hash, leaf_hash};
use sakimori_tlog::note::Note;
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, OnceLock};

use crate::maker::Made;

/// Types of entries, by what the page calls them.
pub(crate) mod kind {
    pub(crate) const TRUST_ROOT: u64 = 1;
    pub(crate) const SCHEDULE: u64 = 2;
    pub(crate) const SOFTWARE: u64 = 3;
    pub(crate) const ACCESS: u64 = 4;
    pub(crate) const REQUEST: u64 = 10;
    pub(crate) const DECISION: u64 = 11;
    pub(crate) const ACTIVATION: u64 = 12;
    pub(crate) const QUESTION: u64 = 13;
    pub(crate) const ANSWER: u64 = 14;
    pub(crate) const RULING: u64 = 15;
    pub(crate) const SUSPENSION: u64 = 16;
    pub(crate) const URGENT: u64 = 17;
    pub(crate) const LAPSE: u64 = 18;
    pub(crate) const PROPOSAL: u64 = 19;
    pub(crate) const START: u64 = 20;
    pub(crate) const STOP: u64 = 21;
    pub(crate) const RECEIPT: u64 = 22;
    pub(crate) const GAP: u64 = 23;
    pub(crate) const FAULT: u64 = 24;
    pub(crate) const REFUSAL: u64 = 25;
    pub(crate) const EFFECTIVE: u64 = 26;
    pub(crate) const CARRIER: u64 = 27;
    pub(crate) const DELETION: u64 = 30;
    pub(crate) const ATTESTATION: u64 = 31;
    pub(crate) const PURGE: u64 = 33;
    pub(crate) const CHALLENGE: u64 = 34;
    pub(crate) const RESPONSE: u64 = 35;
    pub(crate) const QUERY: u64 = 40;
    pub(crate) const FINDING: u64 = 41;
    pub(crate) const EXPORT: u64 = 42;
    pub(crate) const REIDENTIFICATION: u64 = 43;
    pub(crate) const MISUSE: u64 = 44;
    pub(crate) const RELEASE: u64 = 45;
    pub(crate) const MEASURE: u64 = 46;
    pub(crate) const INSPECTION: u64 = 50;
    pub(crate) const NOTICE: u64 = 52;
    pub(crate) const DEMAND: u64 = 53;
    pub(crate) const RECOMMENDATION: u64 = 54;
    pub(crate) const REPLY: u64 = 55;
    pub(crate) const REPORT: u64 = 60;
    /// All of them.
    pub(crate) const ALL: [u64; 40] = [
        1, 2, 3, 4, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 30, 31,
        33, 34, 35, 40, 41, 42, 43, 44, 45, 46, 50, 52, 53, 54, 55, 60,
    ];
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A stream of numbers from a seed (`splitmix64`).
#[derive(Clone, Debug)]
pub(crate) struct Rng(pub(crate) u64);

impl Rng {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// True in so many of a hundred cases.
    pub(crate) fn of_100(&mut self, cases: u64) -> bool {
        self.below(100) < cases
    }

    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.next() as u8)
    }
}

/// The throwaway key of somebody; with `!` before the name a stranger's key of that name.
pub(crate) fn key(who: &str) -> Arc<NoteSigner> {
    static KEYS: OnceLock<Mutex<BTreeMap<String, Arc<NoteSigner>>>> = OnceLock::new();
    let mut keys = KEYS.get_or_init(Mutex::default).lock().unwrap();
    let make = || {
        let plain = who.trim_start_matches('!');
        let name = match plain {
            "log" => "log.example".to_owned(),
            "party" | "suspend" => format!("party.example/{plain}"),
            who if who.starts_with('o') => format!("office.example/{who}"),
            who if who.starts_with("s-") || who.starts_with("c-") => {
                format!("carrier.example/{who}")
            }
            who => format!("commission.example/{who}"),
        };
        let kind = match plain {
            "mirror" => KeyKind::Cosigner,
            _ => KeyKind::Ed25519,
        };
        let seed: [u8; 32] = Sha256::digest(format!("a throwaway key of {who}")).into();
        Arc::new(NoteSigner::from_seed(&name, kind, &seed).unwrap())
    };
    keys.entry(who.to_owned()).or_insert_with(make).clone()
}

thread_local! {
    static POST_QUANTUM: RefCell<BTreeMap<String, PostQuantumCosigner>> = const { RefCell::new(BTreeMap::new()) };
}

/// Uses the mirror's key of the kind that is to outlast quantum computers: `mirror6`, or a stranger's of its name.
fn post_quantum<T>(who: &str, using: impl FnOnce(&PostQuantumCosigner) -> T) -> T {
    POST_QUANTUM.with_borrow_mut(|keys| {
        let seed: [u8; 32] = Sha256::digest(format!("a throwaway key of {who}")).into();
        let make = || PostQuantumCosigner::from_seed("commission.example/mirror", &seed).unwrap();
        using(keys.entry(who.to_owned()).or_insert_with(make))
    })
}

/// The text of somebody's public key.
pub(crate) fn vkey(who: &str) -> String {
    if who.ends_with("mirror6") {
        post_quantum(who, |key| key.verifier().to_string())
    } else {
        key(who).verifier().to_string()
    }
}

/// Signs a checkpoint, too.
pub(crate) fn cosign(note: &mut Note, who: &str, time: u64) {
    if who.ends_with("mirror6") {
        assert!(post_quantum(who, |key| note.cosign(key, time)));
    } else {
        note.add(&key(who), time);
    }
}

/// An act before it is signed.
#[derive(Clone, Debug)]
pub(crate) struct Act {
    pub(crate) kind: u64,
    pub(crate) stream: u8,
    /// Who signs the envelope.
    pub(crate) who: Option<String>,
    pub(crate) time: u64,
    pub(crate) authority: Hash,
    pub(crate) counters: Vec<u64>,
    pub(crate) body: Vec<u8>,
    /// The bucket that it is sealed for.
    pub(crate) sealed: Option<String>,
}

impl Act {
    /// Changes one text of the body for another.
    pub(crate) fn replace(&mut self, from: &str, to: &str) {
        self.body = String::from_utf8_lossy(&self.body)
            .replacen(from, to, 1)
            .into_bytes();
    }

    /// Changes the JSON of the body.
    pub(crate) fn json(&mut self, change: impl FnOnce(&mut serde_json::Value)) {
        if let Ok(mut value) = serde_json::from_slice(&self.body) {
            change(&mut value);
            self.body = value.to_string().into_bytes();
        }
    }
}

/// What a twist does to the thing it is about.
#[derive(Clone, Copy)]
pub(crate) enum Change {
    /// To an act, before it is signed.
    Act(fn(&mut Act, &mut Rng)),
    /// To the text of a note and to those who sign it, before they do.
    Note(fn(&mut String, &mut Vec<String>, &mut Rng)),
    /// It does not happen.
    Skip,
    /// It happens twice.
    Twice,
    /// Its entry says another place in its stream.
    Chain(fn(&mut u64, &mut Hash)),
    /// It is signed over other bytes than it is.
    Forge,
}

/// One thing that is otherwise.
#[derive(Clone, Copy)]
pub(crate) struct Twist {
    pub(crate) kind: u64,
    pub(crate) nth: usize,
    pub(crate) change: Change,
}

/// The log as it grows.
pub(crate) struct World {
    pub(crate) rng: Rng,
    pub(crate) now: u64,
    pub(crate) made: Vec<Made>,
    /// How many acts of each type there were.
    pub(crate) counts: BTreeMap<u64, usize>,
    chains: BTreeMap<u8, (u64, Hash)>,
    twist: Option<Twist>,
    noise: Rng,
}

/// What an act left in the log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Left {
    pub(crate) index: u64,
    pub(crate) leaf: Hash,
}

impl World {
    pub(crate) fn new(seed: u64, now: u64, twist: Option<Twist>) -> Self {
        Self {
            rng: Rng(seed),
            now,
            made: Vec::new(),
            counts: BTreeMap::new(),
            chains: BTreeMap::new(),
            twist,
            noise: Rng(seed ^ 0x5eed),
        }
    }

    /// Some minutes go by.
    pub(crate) fn wait(&mut self, minutes: u64) {
        self.now += 60 * minutes;
    }

    fn twisted(&self, kind: u64) -> Option<Change> {
        let nth = self.counts.get(&kind).copied().unwrap_or(0);
        self.twist
            .filter(|twist| twist.kind == kind && twist.nth == nth)
            .map(|twist| twist.change)
    }

    /// Signs a text that becomes the body of the next act of this type.
    pub(crate) fn note(&mut self, kind: u64, text: &str, signers: &[&str]) -> Vec<u8> {
        let (mut text, mut signers) = (
            text.to_owned(),
            signers.iter().map(ToString::to_string).collect::<Vec<_>>(),
        );
        if let Some(Change::Note(change)) = self.twisted(kind) {
            change(&mut text, &mut signers, &mut self.noise);
        }
        let keys: Vec<Arc<NoteSigner>> = signers.iter().map(|who| key(who)).collect();
        let keys: Vec<&NoteSigner> = keys.iter().map(AsRef::as_ref).collect();
        Note::sign(&text, &keys, self.now).unwrap().to_bytes()
    }

    /// An act happens.
    pub(crate) fn act(&mut self, mut act: Act) -> Left {
        let change = self.twisted(act.kind);
        *self.counts.entry(act.kind).or_default() += 1;
        match change {
            Some(Change::Skip) => {
                return Left {
                    index: self.made.len() as u64,
                    leaf: [0x77; 32],
                };
            }
            Some(Change::Act(change)) => change(&mut act, &mut self.noise),
            Some(Change::Twice) => {
                self.enter(&act, None);
            }
            _ => {}
        }
        self.enter(&act, change)
    }

    fn enter(&mut self, act: &Act, change: Option<Change>) -> Left {
        let index = self.made.len() as u64;
        let (mut sequence, mut previous) = self
            .chains
            .get(&act.stream)
            .copied()
            .unwrap_or((0, [0; 32]));
        if let Some(Change::Chain(change)) = change {
            change(&mut sequence, &mut previous);
        }
        let salt = self.noise.bytes::<32>();
        let mut mac = Hmac::<Sha256>::new_from_slice(&salt).unwrap();
        mac.update(&act.body);
        let commitment: Hash = mac.finalize().into_bytes().into();
        let stored = stored(act, &salt, &mut self.noise);
        let signer = act.who.as_deref().map(key);
        let mut leaf = envelope(
            act,
            [previous, commitment],
            sequence,
            signer.as_ref().map(|key| key.verifier().id()),
        );
        if let Some(signer) = signer {
            let mut message = [b"sakimori/entry/v1\n", leaf.as_slice()].concat();
            if matches!(change, Some(Change::Forge)) {
                message.push(0);
            }
            let signature = ed25519_dalek::Signer::sign(signer.ed25519(), &message).to_bytes();
            leaf.pop();
            leaf.extend([0x58, 64]);
            leaf.extend(signature);
        }
        let hash = leaf_hash(&leaf);
        self.chains.insert(act.stream, (sequence + 1, hash));
        self.made.push(Made {
            leaf,
            stored,
            commitment,
        });
        Left { index, leaf: hash }
    }
}

/// A stored body, section 7: open, or bytes that look like a sealed one.
fn stored(act: &Act, salt: &[u8; 32], noise: &mut Rng) -> Vec<u8> {
    match &act.sealed {
        None => [salt.as_slice(), &[0], &act.body].concat(),
        Some(bucket) => {
            let sealed: Vec<u8> = (0..24 + 32 + 16 + act.body.len())
                .map(|_| noise.next() as u8)
                .collect();
            [
                [0; 32].as_slice(),
                &[1, bucket.len() as u8],
                bucket.as_bytes(),
                &sealed,
            ]
            .concat()
        }
    }
}

fn head(out: &mut Vec<u8>, major: u8, value: u64) {
    let major = major << 5;
    match value {
        0..24 => out.push(major | value as u8),
        24..0x100 => out.extend([major | 0x18, value as u8]),
        0x100..0x1_0000 => {
            out.push(major | 0x19);
            out.extend((value as u16).to_be_bytes());
        }
        0x1_0000..0x1_0000_0000 => {
            out.push(major | 0x1a);
            out.extend((value as u32).to_be_bytes());
        }
        _ => {
            out.push(major | 0x1b);
            out.extend(value.to_be_bytes());
        }
    }
}

/// The envelope with an empty signature.
fn envelope(
    act: &Act,
    [previous, commitment]: [Hash; 2],
    sequence: u64,
    signer: Option<[u8; 4]>,
) -> Vec<u8> {
    let mut out = Vec::new();
    let bytes = |out: &mut Vec<u8>, key: u64, value: &[u8]| {
        head(out, 0, key);
        head(out, 2, value.len() as u64);
        out.extend_from_slice(value);
    };
    let number = |out: &mut Vec<u8>, key: u64, value: u64| {
        head(out, 0, key);
        head(out, 0, value);
    };
    let class = (8..64)
        .find(|n| act.body.len() as u64 <= 1 << n)
        .unwrap_or(64);
    head(&mut out, 5, 12);
    number(&mut out, 0, 1);
    number(&mut out, 1, act.kind);
    bytes(&mut out, 2, &[act.stream; 8]);
    number(&mut out, 3, sequence);
    bytes(&mut out, 4, &previous);
    number(&mut out, 5, act.time);
    bytes(&mut out, 6, &act.authority);
    bytes(&mut out, 7, &commitment);
    number(&mut out, 8, class);
    head(&mut out, 0, 9);
    head(&mut out, 4, act.counters.len() as u64);
    for counter in &act.counters {
        head(&mut out, 0, *counter);
    }
    bytes(&mut out, 10, &signer.unwrap_or([0; 4]));
    bytes(&mut out, 11, &[]);
    out
}
