//! A log of four entries in memory: trust root, request, decision, activation. In: bodies. Out: entries, checkpoint, proof. Never: a signature.

use super::{HOUR, signer};
use sakimori_custody::entry::{Act, Author, Chain, Entry, EntryType, Salt};
use sakimori_custody::ids::{StreamId, hex};
use sakimori_custody::time::Seconds;
use sakimori_tlog::checkpoint::Checkpoint;
use sakimori_tlog::merkle::{Frontier, Hash, HashReader, inclusion_proof, leaf_hash, node_hash};
use sakimori_tlog::note::Note;
use sakimori_tlog::proof::TlogProof;
use std::convert::Infallible;

/// Index of the decision.
const DECISION: u64 = 2;

/// A request as an office writes it.
const REQUEST: &[u8] =
    br#"{"kind":"acquisition","requester":"o1","facts":"sample","necessity":"sample","alternatives":"none","expected_share_ppm":200,"rights":"sample","replaces":null,"draft":"sakimori/authority/v1\nid: 5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a\nkind: acquisition\nbasis: act42-17\n"}"#;

pub(super) struct Log {
    begin: u64,
    leaves: Vec<Hash>,
    commission: Chain,
}

impl Log {
    /// A log with its trust root and a request.
    pub(super) fn new(trust_root: &[u8], begin: u64) -> Self {
        let mut log = Self {
            begin,
            leaves: Vec::new(),
            commission: Chain::new(StreamId([0xc0; 8])),
        };
        log.act(EntryType::TrustRoot, [0; 32], vec![1], trust_root);
        let office = signer("office");
        let author = Author {
            id: office.verifier().id(),
            key: office.ed25519(),
        };
        let request = act(begin, EntryType::Request, [0; 32], Vec::new(), REQUEST);
        let entry = Chain::new(StreamId([0x0f; 8])).entry(request, Salt([1; 32]), Some(&author));
        log.leaves.push(leaf_hash(&entry.leaf));
        log
    }

    /// Leaf hash of the request.
    pub(super) fn request_hash(&self) -> String {
        self.leaves
            .get(1)
            .map_or_else(String::new, |leaf| hex(leaf))
    }

    pub(super) fn decision(&mut self, kind: EntryType, authority: [u8; 32], note: &[u8]) -> Entry {
        self.act(kind, authority, Vec::new(), note)
    }

    pub(super) fn activation(&mut self, authority: [u8; 32], note: &[u8]) {
        self.act(
            EntryType::Activation,
            authority,
            vec![self.begin + 13 * HOUR],
            note,
        );
    }

    fn act(
        &mut self,
        kind: EntryType,
        authority: [u8; 32],
        counters: Vec<u64>,
        body: &[u8],
    ) -> Entry {
        let salt = Salt([self.leaves.len() as u8; 32]);
        let act = act(self.begin, kind, authority, counters, body);
        let entry = self.commission.entry(act, salt, None);
        self.leaves.push(leaf_hash(&entry.leaf));
        entry
    }

    pub(super) fn checkpoint(&self) -> Checkpoint {
        let mut frontier = Frontier::default();
        for &leaf in &self.leaves {
            frontier.push(leaf);
        }
        Checkpoint {
            origin: "log.example".to_owned(),
            size: frontier.size(),
            root: frontier.root(),
            extensions: Vec::new(),
        }
    }

    /// The proof of the decision under a signed checkpoint.
    pub(super) fn proof(&mut self, checkpoint: Note) -> TlogProof {
        let size = self.leaves.len() as u64;
        let Ok(hashes) = inclusion_proof(self, DECISION, size);
        TlogProof {
            extra: None,
            index: DECISION,
            hashes,
            checkpoint,
        }
    }
}

impl HashReader for Log {
    type Error = Infallible;

    fn hash(&mut self, level: u8, place: u64) -> Result<Hash, Infallible> {
        if level == 0 {
            return Ok(self.leaves.get(place as usize).copied().unwrap_or_default());
        }
        let left = self.hash(level - 1, 2 * place)?;
        Ok(node_hash(&left, &self.hash(level - 1, 2 * place + 1)?))
    }
}

fn act(time: u64, kind: EntryType, authority: [u8; 32], counters: Vec<u64>, body: &[u8]) -> Act {
    Act {
        kind,
        time: Seconds(time),
        authority,
        counters,
        body: body.to_vec(),
    }
}
