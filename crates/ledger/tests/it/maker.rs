//! What the tests put on record: entries of made-up streams, keys, and the tree that should come of them.

use sakimori_custody::entry::{Act, Chain, EntryType, Salt, StoredBody};
use sakimori_custody::ids::StreamId;
use sakimori_custody::time::Seconds;
use sakimori_ledger::Record;
use sakimori_tlog::PostQuantumCosigner;
use sakimori_tlog::key::{KeyKind, NoteSigner};
use sakimori_tlog::merkle::{Frontier, Hash};

pub(crate) const ORIGIN: &str = "log.example/test";
pub(crate) const NOW: Seconds = Seconds(1_806_537_661);

pub(crate) fn log_signer() -> NoteSigner {
    NoteSigner::from_seed(ORIGIN, KeyKind::Ed25519, &[1; 32]).unwrap()
}

pub(crate) fn mirror_signer() -> NoteSigner {
    NoteSigner::from_seed("commission.example/mirror", KeyKind::Cosigner, &[2; 32]).unwrap()
}

pub(crate) fn post_quantum() -> PostQuantumCosigner {
    PostQuantumCosigner::from_seed("commission.example/mirror", &[3; 32]).unwrap()
}

/// An author who writes one stream.
#[derive(Clone)]
pub(crate) struct Author {
    chain: Chain,
}

impl Author {
    pub(crate) fn new(stream: u64) -> Self {
        Self {
            chain: Chain::new(StreamId(stream.to_be_bytes())),
        }
    }

    pub(crate) fn at(chain: Chain) -> Self {
        Self { chain }
    }

    pub(crate) fn stream(&self) -> StreamId {
        self.chain.stream
    }

    pub(crate) fn next(&mut self) -> Record {
        let sequence = self.chain.next;
        self.next_with(format!("{{\"reason\":\"entry {sequence}\"}}").into_bytes())
    }

    /// An entry with a body of one's own.
    pub(crate) fn next_with(&mut self, body: Vec<u8>) -> Record {
        let counters = vec![self.chain.next];
        self.next_of(EntryType::Gap, counters, body)
    }

    /// An entry of a kind of one's own, with its body open.
    pub(crate) fn next_of(&mut self, kind: EntryType, counters: Vec<u64>, body: Vec<u8>) -> Record {
        let sequence = self.chain.next;
        let mut salt = [7; 32];
        salt[..8].copy_from_slice(&sequence.to_be_bytes());
        salt[8..16].copy_from_slice(&self.chain.stream.0);
        let act = Act {
            kind,
            time: NOW,
            authority: [0; 32],
            counters,
            body,
        };
        let entry = self.chain.entry(act, Salt(salt), None);
        Record {
            entry: entry.leaf,
            body: entry.stored,
        }
    }

    pub(crate) fn batch(&mut self, count: usize) -> Vec<Record> {
        (0..count).map(|_| self.next()).collect()
    }
}

/// What stands in for any body, as far as anybody knows who has no key.
pub(crate) fn sealed_garbage() -> Vec<u8> {
    let sealed = StoredBody::Sealed {
        bucket: "000102030405060708090a0b0c0d0e0f/s-01/2027-04-01"
            .parse()
            .unwrap(),
        nonce: [0; 24],
        ciphertext: vec![0; 48],
    };
    sealed.encode()
}

/// Every kind of entry, and whether its body may be sealed.
pub(crate) fn kinds() -> Vec<(EntryType, Vec<u64>, bool)> {
    let one = |kind: &EntryType| (*kind, vec![0], *kind == EntryType::Finding);
    let mut kinds: Vec<_> = EntryType::ALL.iter().map(one).collect();
    kinds.push((EntryType::Query, vec![0, 1], false));
    kinds.push((EntryType::Query, vec![3, 1, 7], true));
    kinds
}

/// Root of the first `size` entries.
pub(crate) fn root_of(entries: &[Vec<u8>], size: u64) -> Hash {
    let mut tree = Frontier::default();
    for entry in &entries[..size as usize] {
        tree.push_entry(entry);
    }
    tree.root()
}
