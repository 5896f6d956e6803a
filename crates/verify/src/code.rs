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
    /// Schedules and software.
    Schedules = "schedules and software",
    /// Rulings.
    Rulings = "rulings",
    /// Suspensions.
    Suspensions = "suspensions",
    /// Urgent acts.
    Urgent = "urgent acts",
    /// Measures and what is done under them.
    Measures = "measures and acts under them",
    /// Leases.
    Leases = "leases",
    /// Runs of sensors.
    Runs = "runs of sensors",
    /// Windows.
    Receipts = "windows in which no packet appeared or vanished",
    /// Queries.
    Queries = "queries opened and closed",
    /// Roles, exports and re-identification.
    People = "acts of people who may do them",
    /// Questions, answers, notices, challenges.
    Letters = "questions, notices, challenges and what answers them",
    /// Yearly reports.
    Reports = "yearly reports",
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

/// How grave a problem is, `docs/reference/formats.md` section 18.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// An omission, or something that shows only later: no mirror could have refused it.
    Told,
    /// It stands as an entry, and nothing may rest on it.
    NotInForce,
    /// It may not be in a log.
    Refused,
}

impl Severity {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Told => "told",
            Self::NotInForce => "not-in-force",
            Self::Refused => "refused",
        }
    }
}

impl Code {
    /// How grave it is.
    pub const fn severity(self) -> Severity {
        match self {
            Self::UrgentUndecided
            | Self::CarrierDiffers
            | Self::RunOpen
            | Self::QueryOpen
            | Self::DeletionMissing
            | Self::DeletionLate
            | Self::DeletionUnknown
            | Self::DeletionRecords
            | Self::DeletionUnattested
            | Self::MeasureSequence => Severity::Told,
            Self::TrustRootMissing | Self::TrustRootOther | Self::LapseUrgent => Severity::Refused,
            Self::Attestation
            | Self::ProposalMalformed
            | Self::ProposalRoot
            | Self::ProposalSignature => Severity::NotInForce,
            code => match code.subject() {
                Subject::TrustRoots
                | Subject::Decisions
                | Subject::Schedules
                | Subject::Rulings
                | Subject::Suspensions
                | Subject::Urgent
                | Subject::Leases => Severity::NotInForce,
                _ => Severity::Refused,
            },
        }
    }
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
        EntryTime = "entry-time" "the time of an entry is no whole minute, goes back within its stream, or is not that of its neighbours or cosignature",
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
        StreamFlood = "stream-flood" "a stream begins where the log has as many as it may have",
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
        RequestIncomplete = "request-incomplete" "a request leaves facts, necessity, alternatives or rights open",
        RequestShare = "request-share" "a request expects a larger share of traffic than the schedule lets anybody ask for",
        DecisionMalformed = "decision-malformed" "a decision is no signed statement of its grammar",
        DecisionRoot = "decision-root" "a statement names a trust root that was not in force",
        DecisionRequest = "decision-request" "a statement answers no whole request for it that was in the log before it",
        DecisionRequester = "decision-requester" "a member of the commission, or nobody who may, asked for a statement",
        DecisionTwice = "decision-twice" "an authority was decided before",
        DecisionSignature = "decision-signature" "those who have to sign a statement did not, or others did",
        DecisionSitting = "decision-sitting" "the sitting did not decide for the statement",
        DecisionTime = "decision-time" "a statement was entered after its own end",
        DecisionSchedule = "decision-schedule" "a statement goes beyond the schedule that is in force",
    }
    Schedules {
        ScheduleMalformed = "schedule-malformed" "a schedule is no signed note of its grammar",
        ScheduleRoot = "schedule-root" "a schedule names a trust root that was not in force",
        ScheduleSignature = "schedule-signature" "those who have to sign a schedule did not, or others did",
        ScheduleSitting = "schedule-sitting" "the sitting did not decide for a schedule",
        ScheduleChain = "schedule-chain" "a schedule does not follow the one before it",
        ScheduleConsultation = "schedule-consultation" "a schedule changes what takes a consultation and names none",
        SoftwareMalformed = "software-malformed" "a release of software is no signed note of its grammar",
        SoftwareRoot = "software-root" "a release names a trust root that was not in force",
        SoftwareSignature = "software-signature" "those who have to sign a release did not",
    }
    Rulings {
        RulingMalformed = "ruling-malformed" "a ruling is no signed note of its grammar",
        RulingRoot = "ruling-root" "a ruling names a trust root that was not in force",
        RulingRequest = "ruling-request" "a ruling answers no request that was in the log before it",
        RulingSignature = "ruling-signature" "those who have to sign a ruling did not, or others did",
        RulingSitting = "ruling-sitting" "the sitting did not decide for a ruling",
        RulingAbout = "ruling-about" "a ruling is about what the log has not, or that cannot have its outcome",
        RulingTwice = "ruling-twice" "a ruling's id was used before",
    }
    Suspensions {
        SuspensionMalformed = "suspension-malformed" "a suspension is no signed note of its grammar",
        SuspensionRoot = "suspension-root" "a suspension names a trust root that was not in force",
        SuspensionAbout = "suspension-about" "a suspension is about no authority that was decided before it, or by nobody who may",
        SuspensionSignature = "suspension-signature" "a suspension is not signed by whom it says",
        SuspensionSerial = "suspension-serial" "a suspension's serial is not the next",
    }
    Urgent {
        UrgentMalformed = "urgent-malformed" "an urgent act is no signed statement of its grammar",
        UrgentRoot = "urgent-root" "an urgent statement names a trust root that was not in force",
        UrgentTwice = "urgent-twice" "an urgent statement has the id of another authority",
        UrgentSignature = "urgent-signature" "the officers have not signed an urgent statement",
        UrgentOfficers = "urgent-officers" "an urgent statement was not decided by two officers of different roles",
        UrgentSchedule = "urgent-schedule" "an urgent statement is more than the schedule in force allows",
        UrgentTarget = "urgent-target" "an urgent measure is against what another of the month was against, or its text was not in the log before it",
        UrgentUndecided = "urgent-undecided" "an urgent statement was neither ratified nor refused, and has not lapsed, an hour behind its deadline",
        LapseUrgent = "lapse-urgent" "a lapse is of no urgent statement that could lapse then",
    }
    Measures {
        ProposalMalformed = "proposal-malformed" "a measure is no signed note of its grammar",
        ProposalRoot = "proposal-root" "a measure names a trust root that was not in force",
        ProposalSignature = "proposal-signature" "the two officers whom a measure names have not signed it",
        MeasureAuthority = "measure-authority" "an act of a measure is under no measure in force that was decided before it",
        MeasureText = "measure-text" "an act is of another measure or revision than was proposed before the decision",
        MeasureActuator = "measure-actuator" "an act names an actuator that the statement does not name, or none where one has to be named",
        MeasureBarred = "measure-barred" "a measure was dispatched before it began, after it ended, while it was suspended, or without a lease",
        MeasureSequence = "measure-sequence" "a step of a measure was dispatched behind a later one, or took effect without having been dispatched",
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
        RunSuspended = "run-suspended" "a run went on while its authority was suspended",
        RunSoftware = "run-software" "a run used software that is not in force",
        RunSchedule = "run-schedule" "a run names another schedule than the one in force",
        RunEffective = "run-effective" "a sensor tells of a lease that is not on record as it says",
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
        CarrierDiffers = "carrier-differs" "the carrier counted other packets than the receipts, beyond the tolerance",
        CapExceeded = "cap-exceeded" "a cap was exceeded and the run went on as if it was not",
    }
    Queries {
        QueryUnopened = "query-unopened" "a query was closed that was not opened",
        QueryOpen = "query-open" "a query was opened and not closed",
        QueryFields = "query-fields" "a query names no purpose, case, authority or actor",
        QueryEnded = "query-ended" "a query names a bucket that was deleted or lapsed, or whose end has come",
        QueryActor = "query-actor" "who asked was no analyst then",
        QueryClearance = "query-clearance" "who asked had no clearance of class `selected` then",
        QueryBudget = "query-budget" "who asked had seen as many rows that day as the schedule in force gives",
    }
    People {
        AccessClearance = "access-clearance" "a clearance was not granted by two other persons",
        ExportFields = "export-fields" "an export does not say who handed out what, to whom, why and under which mark",
        ExportRecipient = "export-recipient" "an export went to a recipient that the schedule in force has not",
        ExportPurged = "export-purged" "an export has a bucket that may not be disseminated any more",
        ExportActor = "export-actor" "who exported was no analyst then",
        ExportClearance = "export-clearance" "who exported had no clearance of class `selected` then",
        ExportBudget = "export-budget" "who exported had exported as often that day as the schedule in force gives",
        ReidentificationRuling = "reidentification-ruling" "a re-identification names no ruling before it that allows it",
        ReidentificationTwice = "reidentification-twice" "a ruling was used before to show its record",
        ReidentificationActor = "reidentification-actor" "who is shown a record voted on the ruling that allows it",
        ReidentificationRole = "reidentification-role" "who is shown a record is neither analyst nor supervisor, or has no clearance of class `selected` then",
        ReleaseFields = "release-fields" "a release does not say who let what go to whom and why, or contradicts its counters",
        ReleaseClass = "release-class" "a product went to somebody who may not be given its class, or cannot have become of that class",
        ReleaseCondition = "release-condition" "a product went to somebody without what the law asks for beside",
        ReleaseTlp = "release-tlp" "a product is marked looser than its class, or went to the public and is not marked clear",
    }
    Letters {
        Reference = "reference" "an entry answers, closes or asks about another that is not in the log before it",
        ChallengeAnswer = "challenge-answer" "an answer to a challenge does not lead to the receipt of its record, or contradicts what was deleted and attested",
    }
    Reports {
        ReportCounters = "report-counters" "a yearly report has other numbers than the log gives",
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
        DeletionLate = "deletion-late" "a bucket was deleted more than a day behind its end",
        DeletionUnknown = "deletion-unknown" "a bucket was deleted that no run wrote",
        DeletionRecords = "deletion-records" "a deletion tells of another number of records than the receipts",
        DeletionUnattested = "deletion-unattested" "a deletion names no attestation for its bucket that was in the log before it",
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
