//! Log entries: the envelope that becomes a leaf, and the body that it commits to. In: what an author did, a salt, the author's key. Out:
//! deterministic CBOR and the stored form of the body. Never: a body in the tree, a clock, randomness of its own.
//!
//! `docs/reference/formats.md` section 7; RFC 8949 §4.2.1 for the encoding.

mod body;
mod cbor;

pub use body::{BodyError, Salt, Seal, StoredBody};
pub use cbor::CborError;

use crate::commitment::mac;
use crate::ids::StreamId;
use crate::record::coded;
use crate::time::Seconds;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

/// Longest envelope in bytes; entry bundles carry 16-bit lengths, ours are far below.
pub const ENVELOPE_BYTES_MAX: usize = 1024;
/// Longest body in bytes.
pub const BODY_BYTES_MAX: usize = 1 << 20;
/// Most counters of an entry.
pub const COUNTERS_MAX: usize = 16;
/// Counters of what closes a query; what opens one has no index of an opening entry.
const QUERY_CLOSED_COUNTERS: usize = 3;
/// What an entry's signature covers before the envelope.
const SIGNED_PREFIX: &[u8] = b"sakimori/entry/v1\n";

coded! {
    /// What kind of act an entry records.
    EntryType: u8 {
        /// A version of the trust root.
        TrustRoot = 1 "trust-root",
        /// A version of the schedule of legal numbers.
        Schedule = 2 "schedule",
        /// A release of the software that sensors may run.
        Software = 3 "software",
        /// A person's roles or clearance were granted or ended.
        Access = 4 "access",
        /// A request to the commission.
        Request = 10 "request",
        /// A statement with its sitting.
        Decision = 11 "decision",
        /// A lease.
        Activation = 12 "activation",
        /// The commission asks about a request.
        Question = 13 "question",
        /// The office answers a question.
        Answer = 14 "answer",
        /// What a sitting decided beside granting an authority.
        Ruling = 15 "ruling",
        /// An authority was suspended, or goes on.
        Suspension = 16 "suspension",
        /// An urgent act of two officers.
        Urgent = 17 "urgent",
        /// An urgent act was refused or not ratified in time; what it brought is destroyed.
        Lapse = 18 "lapse",
        /// A measure as two officers propose it: its whole text, before anybody decides on it.
        Proposal = 19 "proposal",
        /// A sensor started.
        Start = 20 "start",
        /// A sensor stopped.
        Stop = 21 "stop",
        /// Counters and commitment of a window.
        Receipt = 22 "receipt",
        /// Windows that were staged and void.
        Gap = 23 "gap",
        /// The sealed process, the input or a cap failed.
        Fault = 24 "fault",
        /// A start that was refused.
        Refusal = 25 "refusal",
        /// The state of a running sensor, as it acknowledges it.
        Effective = 26 "effective",
        /// What the carrier's own counter says.
        Carrier = 27 "carrier",
        /// A bucket was destroyed.
        Deletion = 30 "deletion",
        /// A holder destroyed its share.
        Attestation = 31 "attestation",
        /// Buckets that may not be disseminated any more.
        Purge = 33 "purge",
        /// The commission asks to open a random part of a bucket.
        Challenge = 34 "challenge",
        /// What was opened for a challenge, or that it is gone.
        Response = 35 "response",
        /// Selected records were looked at.
        Query = 40 "query",
        /// A behaviour was found.
        Finding = 41 "finding",
        /// Records were handed out, under a mark.
        Export = 42 "export",
        /// A sealed identifier is about to be shown, once.
        Reidentification = 43 "reidentification",
        /// A rule of misuse opened a case.
        Misuse = 44 "misuse",
        /// A product left, or was refused, at the release gate.
        Release = 45 "release",
        /// An act of a measure: a dispatch, an effect, an end, a kill switch, a hit of the safety engine, a report.
        Measure = 46 "measure",
        /// An inspection was opened, found something, or was closed.
        Inspection = 50 "inspection",
        /// A notice of the commission.
        Notice = 52 "notice",
        /// A demand of the commission.
        Demand = 53 "demand",
        /// A recommendation of the commission.
        Recommendation = 54 "recommendation",
        /// What was replied to a notice, demand or recommendation.
        Reply = 55 "reply",
        /// The yearly report.
        Report = 60 "report",
    }
}

impl EntryType {
    /// How many counters an entry of this type may carry (`docs/reference/formats.md` section 7). An envelope with another number reads as one; rooms that hold rules refuse it.
    pub const fn counters(self) -> &'static [usize] {
        match self {
            Self::Software
            | Self::Access
            | Self::Request
            | Self::Decision
            | Self::Ruling
            | Self::Urgent
            | Self::Attestation
            | Self::Inspection => &[0],
            Self::TrustRoot
            | Self::Schedule
            | Self::Activation
            | Self::Question
            | Self::Answer
            | Self::Suspension
            | Self::Lapse
            | Self::Proposal
            | Self::Measure
            | Self::Refusal
            | Self::Purge
            | Self::Challenge
            | Self::Reidentification
            | Self::Misuse
            | Self::Notice
            | Self::Demand
            | Self::Recommendation
            | Self::Reply => &[1],
            Self::Gap
            | Self::Deletion
            | Self::Response
            | Self::Finding
            | Self::Export
            | Self::Release => &[2],
            Self::Query => &[2, QUERY_CLOSED_COUNTERS],
            Self::Fault | Self::Effective => &[3],
            Self::Start | Self::Carrier => &[4],
            Self::Stop => &[6],
            Self::Report => &[10],
            Self::Receipt => &[13],
        }
    }
}

/// The envelope of an entry; field for field the map of section 7.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// What kind of act.
    pub kind: EntryType,
    /// The author's stream.
    pub stream: StreamId,
    /// Place in the stream, from 0.
    pub sequence: u64,
    /// Leaf hash of the stream's entry before; zero for the first.
    pub previous: [u8; 32],
    /// When, floored to a minute.
    pub time: Seconds,
    /// SHA-256 of the statement's note text; zero if none.
    pub authority: [u8; 32],
    /// Commitment to the body.
    pub body: [u8; 32],
    /// Size class of the body.
    pub size_class: u8,
    /// Numbers by type, at most [`COUNTERS_MAX`].
    pub counters: Vec<u64>,
    /// Key id of the author; zero if unsigned.
    pub signer: [u8; 4],
    /// Signature of the author, if signed.
    pub signature: Option<[u8; 64]>,
}

/// An author's key with the id by which the trust root names it.
#[derive(Debug)]
pub struct Author<'k> {
    /// Id of the verifier key.
    pub id: [u8; 4],
    /// The key itself.
    pub key: &'k SigningKey,
}

/// What an author wants on record; the chain and the commitment are added by [`Chain::entry`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// What kind of act.
    pub kind: EntryType,
    /// When.
    pub time: Seconds,
    /// SHA-256 of the statement's note text; zero if none.
    pub authority: [u8; 32],
    /// Numbers by type.
    pub counters: Vec<u64>,
    /// The body.
    pub body: Vec<u8>,
}

/// An entry ready for the log: the leaf and the stored body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The envelope, readable.
    pub envelope: Envelope,
    /// The envelope as the log's leaf.
    pub leaf: Vec<u8>,
    /// The body as it is stored beside the tree.
    pub stored: Vec<u8>,
}

/// The next place in an author's stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The stream.
    pub stream: StreamId,
    /// Sequence of the next entry.
    pub next: u64,
    /// Leaf hash of the last entry; zero before the first.
    pub previous: [u8; 32],
}

impl Chain {
    /// A stream that has no entry yet.
    pub const fn new(stream: StreamId) -> Self {
        Self {
            stream,
            next: 0,
            previous: [0; 32],
        }
    }

    /// Makes the next entry of the stream, with its body open, and moves on.
    pub fn entry(&mut self, act: Act, salt: Salt, author: Option<&Author<'_>>) -> Entry {
        let commitment = commit(&salt, &act.body);
        let stored = StoredBody::Open {
            salt,
            body: act.body.clone(),
        }
        .encode();
        self.link(act, commitment, stored, author)
    }

    /// As [`Chain::entry`], with the body sealed under a bucket's key. `nonce` is 24 random bytes, used once.
    pub fn sealed_entry(
        &mut self,
        act: Act,
        salt: Salt,
        seal: &Seal<'_>,
        author: Option<&Author<'_>>,
    ) -> Entry {
        let commitment = commit(&salt, &act.body);
        let stored = seal.close(&salt, &commitment, &act.body).encode();
        self.link(act, commitment, stored, author)
    }

    fn link(
        &mut self,
        act: Act,
        body: [u8; 32],
        stored: Vec<u8>,
        author: Option<&Author<'_>>,
    ) -> Entry {
        let mut envelope = Envelope {
            kind: act.kind,
            stream: self.stream,
            sequence: self.next,
            previous: self.previous,
            time: act.time.minute(),
            authority: act.authority,
            body,
            size_class: size_class(act.body.len()),
            counters: act.counters,
            signer: [0; 4],
            signature: None,
        };
        if let Some(author) = author {
            envelope.sign(author);
        }
        let leaf = envelope.encode();
        self.next += 1;
        self.previous = sakimori_tlog::merkle::leaf_hash(&leaf);
        Entry {
            envelope,
            leaf,
            stored,
        }
    }
}

/// The commitment to a body: HMAC-SHA-256 under its salt.
pub fn commit(salt: &Salt, body: &[u8]) -> [u8; 32] {
    mac(&salt.0, &[body])
}

/// Smallest n ≥ 8 with 2^n ≥ `len`.
pub fn size_class(len: usize) -> u8 {
    len.max(256).next_power_of_two().ilog2() as u8
}

impl Envelope {
    /// Deterministic CBOR, the leaf of the log.
    pub fn encode(&self) -> Vec<u8> {
        cbor::encode(self)
    }

    /// Reads a leaf; only what [`Envelope::encode`] would write is accepted.
    ///
    /// # Errors
    /// [`CborError`] names the key at which the bytes leave the one form.
    pub fn decode(bytes: &[u8]) -> Result<Self, CborError> {
        cbor::decode(bytes)
    }

    /// Whether the body may be sealed: that of a finding, and of what closes a query. All others are open, so that everybody can hold them against
    /// their commitment.
    pub const fn may_be_sealed(&self) -> bool {
        match self.kind {
            EntryType::Finding => true,
            EntryType::Query => self.counters.len() == QUERY_CLOSED_COUNTERS,
            _ => false,
        }
    }

    /// Whether the envelope carries as many counters as its type has.
    pub fn counters_fit(&self) -> bool {
        self.kind.counters().contains(&self.counters.len())
    }

    fn sign(&mut self, author: &Author<'_>) {
        self.signer = author.id;
        self.signature = None;
        self.signature = Some(author.key.sign(&self.signed_bytes()).to_bytes());
    }

    /// Whether the envelope carries a good signature by this key and id.
    pub fn signed_by(&self, id: [u8; 4], key: &VerifyingKey) -> bool {
        let Some(signature) = self.signature else {
            return false;
        };
        let unsigned = Self {
            signature: None,
            ..self.clone()
        };
        self.signer == id
            && key
                .verify_strict(&unsigned.signed_bytes(), &Signature::from_bytes(&signature))
                .is_ok()
    }

    fn signed_bytes(&self) -> Vec<u8> {
        [SIGNED_PREFIX, &self.encode()].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn act(body: &[u8]) -> Act {
        Act {
            kind: EntryType::Receipt,
            time: Seconds(1_806_537_661),
            authority: [9; 32],
            counters: vec![0, 23, 24, 255, 256, 65_536, u64::MAX],
            body: body.to_vec(),
        }
    }

    #[test]
    fn a_stream_is_a_chain_of_signed_leaves() {
        let key = SigningKey::from_bytes(&[5; 32]);
        let author = Author {
            id: [1, 2, 3, 4],
            key: &key,
        };
        let mut chain = Chain::new(StreamId([8; 8]));
        let first = chain.entry(act(b"one"), Salt([1; 32]), Some(&author));
        let second = chain.entry(act(b"two"), Salt([2; 32]), None);
        assert_eq!(Envelope::decode(&first.leaf), Ok(first.envelope.clone()));
        assert_eq!(first.envelope.time, Seconds(1_806_537_660));
        assert!(first.envelope.signed_by([1, 2, 3, 4], &key.verifying_key()));
        assert!(!first.envelope.signed_by([1, 2, 3, 5], &key.verifying_key()));
        assert_eq!(
            second.envelope.previous,
            sakimori_tlog::merkle::leaf_hash(&first.leaf)
        );
        assert_eq!(second.envelope.sequence, 1);
        assert!(!second.envelope.signed_by([0; 4], &key.verifying_key()));
        let mut forged = first.envelope.clone();
        forged.counters[0] = 1;
        assert!(!forged.signed_by([1, 2, 3, 4], &key.verifying_key()));
    }

    #[test]
    fn only_findings_and_what_closes_a_query_may_be_sealed() {
        for kind in EntryType::ALL {
            for count in 0..=COUNTERS_MAX {
                let act = Act {
                    kind: *kind,
                    counters: vec![0; count],
                    ..act(b"")
                };
                let entry = Chain::new(StreamId([8; 8])).entry(act, Salt([1; 32]), None);
                let sealed = match kind {
                    EntryType::Finding => true,
                    EntryType::Query => count == 3,
                    _ => false,
                };
                assert_eq!(entry.envelope.may_be_sealed(), sealed, "{kind:?} {count}");
            }
        }
    }

    #[test]
    fn each_type_has_its_number_of_counters() {
        use EntryType::*;
        // The column of the page.
        let page: [(&[usize], &[EntryType]); 9] = [
            (
                &[0],
                &[
                    Software,
                    Access,
                    Request,
                    Decision,
                    Ruling,
                    Urgent,
                    Attestation,
                    Inspection,
                ],
            ),
            (
                &[1],
                &[
                    TrustRoot,
                    Schedule,
                    Activation,
                    Question,
                    Answer,
                    Suspension,
                    Lapse,
                    Proposal,
                    Measure,
                    Refusal,
                    Purge,
                    Challenge,
                    Reidentification,
                    Misuse,
                    Notice,
                    Demand,
                    Recommendation,
                    Reply,
                ],
            ),
            (&[2], &[Gap, Deletion, Response, Finding, Export, Release]),
            (&[2, 3], &[Query]),
            (&[3], &[Fault, Effective]),
            (&[4], &[Start, Carrier]),
            (&[6], &[Stop]),
            (&[10], &[Report]),
            (&[13], &[Receipt]),
        ];
        let listed: usize = page.iter().map(|(_, kinds)| kinds.len()).sum();
        assert_eq!(listed, EntryType::ALL.len());
        let rows = page
            .iter()
            .flat_map(|(counts, kinds)| kinds.iter().map(move |kind| (kind, counts)));
        for (kind, counts) in rows {
            for count in 0..=COUNTERS_MAX {
                let act = Act {
                    kind: *kind,
                    counters: vec![0; count],
                    ..act(b"")
                };
                let entry = Chain::new(StreamId([8; 8])).entry(act, Salt([1; 32]), None);
                let fits = counts.contains(&count);
                assert_eq!(entry.envelope.counters_fit(), fits, "{kind} {count}");
            }
        }
        let most = EntryType::ALL.iter().flat_map(|kind| kind.counters()).max();
        assert!(most.is_some_and(|most| *most <= COUNTERS_MAX));
    }

    #[test]
    fn an_envelope_stays_between_its_sizes() {
        let key = SigningKey::from_bytes(&[5; 32]);
        let author = Author {
            id: [1, 2, 3, 4],
            key: &key,
        };
        let mut big = act(b"");
        big.counters = vec![u64::MAX; COUNTERS_MAX];
        let leaf = Chain::new(StreamId([8; 8]))
            .entry(big, Salt([1; 32]), Some(&author))
            .leaf;
        assert!(leaf.len() <= ENVELOPE_BYTES_MAX, "{}", leaf.len());
        assert_eq!(size_class(0), 8);
        assert_eq!(size_class(257), 9);
    }

    proptest::proptest! {
        #[test]
        fn any_change_of_a_leaf_is_another_entry_or_an_error(at in 0usize..300, byte: u8) {
            let key = SigningKey::from_bytes(&[5; 32]);
            let author = Author { id: [1, 2, 3, 4], key: &key };
            let entry = Chain::new(StreamId([8; 8])).entry(act(b"x"), Salt([1; 32]), Some(&author));
            let mut bytes = entry.leaf.clone();
            let at = at % bytes.len();
            bytes[at] = byte;
            if let Ok(read) = Envelope::decode(&bytes) {
                proptest::prop_assert_eq!(read.encode(), bytes);
            }
        }
    }
}
