//! The names of what can be wrong. They are a contract with programs: a name is never used for something else. The table in
//! `docs/reference/verifier.md` is held to this list by a test.

use std::fmt;

macro_rules! subjects {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)+) => {
        /// What is checked.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Subject { $($(#[$doc])* $variant,)+ }
        impl Subject {
            /// All of them, in the order of a report.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];
            /// The words for it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }
    };
}

subjects! {
    /// Signatures of log, mirror and witnesses.
    Checkpoint = "checkpoints signed by the log and its quorum",
    /// Files of the tree.
    Tree = "files of the tree",
    /// Envelopes.
    Entries = "entries in their one form",
    /// Signatures of authors.
    Signatures = "entries signed by whom they have to be",
    /// Chains of streams.
    Streams = "streams without a gap",
    /// Bodies.
    Bodies = "bodies that are the ones committed to",
    /// Trust roots.
    TrustRoots = "trust roots",
    /// Statements and sittings.
    Decisions = "decisions",
    /// Leases.
    Leases = "leases",
    /// Runs of sensors.
    Runs = "runs of sensors",
    /// Windows.
    Receipts = "windows in which no packet appeared or vanished",
    /// Queries.
    Queries = "queries opened and closed",
    /// Findings.
    Findings = "findings",
    /// Refusals.
    Refusals = "refusals",
    /// Deletions.
    Buckets = "buckets deleted in time, or not due",
    /// The mirror.
    Mirror = "files and bodies that the mirror has too",
    /// Proof files.
    Proofs = "proof files",
}

macro_rules! codes {
    ($($subject:ident { $($variant:ident = $name:literal $meaning:literal,)+ })+) => {
        /// What is wrong; see [`Code::meaning`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Code { $($(#[doc = $meaning] $variant,)+)+ }
        impl Code {
            /// All of them, by subject.
            pub const ALL: &[Self] = &[$($(Self::$variant,)+)+];
            /// The stable name.
            pub const fn name(self) -> &'static str {
                match self { $($(Self::$variant => $name,)+)+ }
            }
            /// What it means, in general.
            pub const fn meaning(self) -> &'static str {
                match self { $($(Self::$variant => $meaning,)+)+ }
            }
            /// The check that failed.
            pub const fn subject(self) -> Subject {
                match self { $($(Self::$variant => Subject::$subject,)+)+ }
            }
        }
    };
}

codes! {
    Checkpoint {
        CheckpointMissing = "checkpoint-missing" "there is no checkpoint",
        CheckpointMalformed = "checkpoint-malformed" "the checkpoint is not a signed note of its form",
        CheckpointLog = "checkpoint-log" "no log of the trust root signed the checkpoint",
        CheckpointMirror = "checkpoint-mirror" "the commission's mirror did not cosign the checkpoint",
        CheckpointQuorum = "checkpoint-quorum" "the witnesses who cosigned are no quorum of the trust root",
        CheckpointTime = "checkpoint-time" "the cosignature lies in the future",
    }
    Tree {
        FileMissing = "file-missing" "a file is missing that a log of this size has",
        FileForm = "file-form" "a file is no regular file, too long, or not of its form",
        TileWrong = "tile-wrong" "a tile has another hash than the entries make",
        EntryWrong = "entry-wrong" "an entry is not the one that its hash in the tree says",
        FilesDiffer = "files-differ" "two files tell of different entries and nothing says which is right",
        RootWrong = "root-wrong" "the entries lead to another root than the checkpoint's",
        Stray = "stray" "a file that no log has",
    }
    Entries {
        EntryForm = "entry-form" "an entry is not an envelope in its one encoding",
        EntryTime = "entry-time" "the time of an entry is no whole minute, or goes back within its stream",
        EntryCounters = "entry-counters" "an entry has not the counters of its type",
        EntryAuthority = "entry-authority" "an entry names an authority that was not decided before it",
    }
    Signatures {
        EntrySignature = "entry-signature" "the signature of an entry is missing, bad, or there where none may be",
        EntrySigner = "entry-signer" "an entry is signed by a key that may not sign entries of its type",
    }
    Streams {
        StreamGap = "stream-gap" "an entry's sequence is not the next of its stream",
        StreamChain = "stream-chain" "an entry does not name the entry before it in its stream",
        StreamAuthor = "stream-author" "a second author writes in a stream",
        StreamFlood = "stream-flood" "there are more streams than the verifier follows",
    }
    Bodies {
        BodyMissing = "body-missing" "the body of an entry is missing",
        BodyForm = "body-form" "a stored body is of no known form, or open where it has to be sealed, or sealed where it has to be open",
        BodyWrong = "body-wrong" "a body is not the one that its entry commits to",
        BodySize = "body-size" "a body is not of the size class that its entry names",
        BodyFields = "body-fields" "a body has not the fields of its type, or they contradict the envelope",
    }
    TrustRoots {
        TrustRootMissing = "trust-root-missing" "there is no trust root to verify with",
        TrustRootMalformed = "trust-root-malformed" "a trust root is no signed note of its grammar",
        TrustRootUnsigned = "trust-root-unsigned" "those who have to sign a trust root did not",
        TrustRootChain = "trust-root-chain" "a trust root does not follow the one before it",
        TrustRootOther = "trust-root-other" "the log does not have the trust root that was given",
        TrustRootKeys = "trust-root-keys" "two parties that have to be apart have the same key",
    }
    Decisions {
        DecisionMalformed = "decision-malformed" "a decision is no signed statement of its grammar",
        DecisionRoot = "decision-root" "a statement names a trust root that was not in the log before it",
        DecisionRequest = "decision-request" "a statement answers no request that was in the log before it",
        DecisionTwice = "decision-twice" "an authority was decided before",
        DecisionSignature = "decision-signature" "those who have to sign a statement did not, or others did",
        DecisionSitting = "decision-sitting" "the sitting did not decide for the statement",
        DecisionTime = "decision-time" "a statement was entered after its own end",
    }
    Leases {
        LeaseMalformed = "lease-malformed" "a lease is no signed note of its grammar",
        LeaseUnsigned = "lease-unsigned" "a lease is not signed by the commission's lease key",
        LeaseStatement = "lease-statement" "a lease is for no statement or sensor that was decided before it",
        LeaseEarly = "lease-early" "a lease was given on a log that had not got the decision",
        LeaseAhead = "lease-ahead" "a lease was given on a log larger than the one that it stands in",
        LeaseTime = "lease-time" "a lease lasts too long or lies in the future",
        LeaseTwice = "lease-twice" "a lease's id was used before",
    }
    Runs {
        RunStart = "run-start" "a sensor's entry stands where no run was started, or a run is started twice",
        RunAuthority = "run-authority" "a run is under no statement that was decided for its sensor",
        RunPack = "run-pack" "a run used another pack than was decided",
        RunLease = "run-lease" "a run is under no lease of its statement and sensor that was in the log before it",
        RunTime = "run-time" "a run acted before its authority began or after authority or lease ended",
        RunSeal = "run-seal" "a run was not sealed",
        RunAfterStop = "run-after-stop" "a run went on after its stop",
        RunTotals = "run-totals" "a stop's totals are not the sums of its receipts",
        RunHeld = "run-held" "a run that ended well holds packets back",
        RunFault = "run-fault" "a run failed and has no fault entry",
        RunOpen = "run-open" "a run has neither stop nor an explanation by a later entry of its sensor",
    }
    Receipts {
        ReceiptMissing = "receipt-missing" "a window has no receipt",
        Conservation = "conservation" "packets appeared or vanished in a window",
        ReceiptHeld = "receipt-held" "a window does not hold what the one before it left",
        ReceiptTime = "receipt-time" "a window does not begin where the one before it ended",
        ReceiptRecords = "receipt-records" "the records of a window are not counted, numbered or committed to as they have to be",
        ReceiptBucket = "receipt-bucket" "a receipt names a bucket of another authority, sensor or day",
        CapExceeded = "cap-exceeded" "a cap was exceeded and the run went on as if it was not",
    }
    Queries {
        QueryUnopened = "query-unopened" "a query was closed that was not opened",
        QueryOpen = "query-open" "a query was opened and not closed",
        QueryFields = "query-fields" "a query names no purpose, case or actor",
    }
    Findings {
        FindingRecords = "finding-records" "a finding's numbers are none of a finding",
        FindingFile = "finding-file" "the files of a finding do not belong together",
    }
    Refusals {
        RefusalFields = "refusal-fields" "a refusal names another code or sensor than its envelope",
    }
    Buckets {
        DeletionMissing = "deletion-missing" "a bucket expired and has no deletion entry",
        DeletionUnknown = "deletion-unknown" "a bucket was deleted that no run wrote",
        DeletionRecords = "deletion-records" "a deletion tells of another number of records than the receipts",
        DeletionRevived = "deletion-revived" "a receipt puts records into a bucket that was deleted before",
        Attestation = "attestation" "an attestation is no note of a share holder about a bucket",
    }
    Mirror {
        MirrorFork = "mirror-fork" "log and mirror tell different histories",
        MirrorAhead = "mirror-ahead" "the mirror has entries that the log has not: the log was rolled back",
        MirrorBody = "mirror-body" "log and mirror have different bodies under one commitment",
    }
    Proofs {
        ProofMalformed = "proof-malformed" "a proof file is not of its form",
        ProofWrong = "proof-wrong" "a proof does not show its entry to be in the log",
        ProofEntry = "proof-entry" "the entry beside a proof is missing, or not the log's",
        ProofCheckpoint = "proof-checkpoint" "the checkpoint in a proof is not of this log's history",
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
