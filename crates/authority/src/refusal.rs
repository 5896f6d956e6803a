//! Refusals: every way to be unauthorised has one name, one number and one sentence. In: nothing. Out: what is logged and shown. Never: a reason that is used for two.

/// Makes the enum, its numbers, names and sentences from one table.
macro_rules! refusals {
    ($($variant:ident $code:literal $name:literal $sentence:literal,)+) => {
        /// Why a sensor does not start.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "each variant's sentence is its documentation")]
        pub enum Refusal { $($variant = $code,)+ }
        impl Refusal {
            /// Every refusal, in the order of its number.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];
            /// The name in documents and on the command line.
            pub const fn name(self) -> &'static str { match self { $(Self::$variant => $name,)+ } }
            /// One sentence for people, without its full stop.
            pub const fn sentence(self) -> &'static str { match self { $(Self::$variant => $sentence,)+ } }
        }
    };
}

refusals! {
    TrustRootMissing 1 "trust-root-missing" "there is no trust root",
    TrustRootMalformed 2 "trust-root-malformed" "the trust root is no signed note of its grammar",
    TrustRootUnsigned 3 "trust-root-unsigned" "members have not signed the trust root",
    TrustRootChain 4 "trust-root-chain" "the trust root is older than the known one or does not follow it",
    StatementMissing 5 "statement-missing" "there is no authority statement",
    StatementMalformed 6 "statement-malformed" "the statement breaks its grammar",
    SignatureBad 7 "signature-bad" "a signature on the statement is bad",
    SignatureShort 8 "signature-short" "somebody who was present has not signed the statement",
    ForeignSignature 9 "foreign-signature" "only keys that the trust root does not know have signed",
    Stranger 10 "stranger" "the sitting names somebody who is no member",
    NoChair 11 "no-chair" "neither chair nor deputy presided",
    PresidingAbsent 12 "presiding-absent" "who presided was absent or recused",
    TooFewPresent 13 "too-few-present" "fewer than two members were present besides the presiding one",
    RecusedVoted 14 "recused-voted" "a recused member voted",
    VotesImpossible 15 "votes-impossible" "a vote of somebody absent, or on both sides",
    NoMajority 16 "no-majority" "the votes are no majority",
    BelowFloor 17 "below-floor" "fewer votes than this kind needs",
    OfficeUnsigned 18 "office-unsigned" "the office has not signed the agreement",
    PartyUnsigned 19 "party-unsigned" "the party has not signed the agreement",
    OtherKind 20 "other-kind" "a statement of this kind lets no sensor run",
    OtherRoot 21 "other-root" "the statement is for another version of the trust root",
    NotYet 22 "not-yet" "the authority has not begun",
    Expired 23 "expired" "the authority has ended",
    OtherSensor 24 "other-sensor" "the statement does not name this sensor, or the trust root has no key of it",
    OtherDirection 25 "other-direction" "the sensor is set to a direction that the statement does not name",
    PackMissing 26 "pack-missing" "there is no selection pack",
    PackUnsigned 27 "pack-unsigned" "the pack is no note in canonical form signed by the office",
    OtherPack 28 "other-pack" "the pack is not the one that the statement names",
    OtherCoverage 29 "other-coverage" "the pack covers more or less than the statement says",
    CapsTooSmall 30 "caps-too-small" "a record is larger than the statement's flow-bytes cap",
    DecisionMissing 31 "decision-missing" "there is no log entry of the decision",
    DecisionMalformed 32 "decision-malformed" "the decision is no entry of its form",
    OtherDecision 33 "other-decision" "the decision in the log is not this statement",
    ProofMissing 34 "proof-missing" "there is no proof that the decision is in the log",
    ProofMalformed 35 "proof-malformed" "the proof is no tlog-proof file",
    ProofWrong 36 "proof-wrong" "the proof does not show the decision to be in the log",
    LogUnsigned 37 "log-unsigned" "the checkpoint is not signed by the log, or a signature on it is bad",
    MirrorMissing 38 "mirror-missing" "the commission's mirror or the quorum has not cosigned the checkpoint",
    StaleCheckpoint 39 "stale-checkpoint" "the mirror's cosignature is older than a day",
    FutureCheckpoint 40 "future-checkpoint" "the mirror's cosignature is from the future",
    LogRolledBack 41 "log-rolled-back" "the checkpoint is older than one that was seen, or of another log",
    NoLease 42 "no-lease" "there is no lease",
    LeaseMalformed 43 "lease-malformed" "the lease breaks its grammar",
    LeaseUnsigned 44 "lease-unsigned" "the lease is not signed by the commission's lease key",
    LeaseOtherAuthority 45 "lease-other-authority" "the lease is for another authority or statement",
    LeaseOtherSensor 46 "lease-other-sensor" "the lease is for another sensor",
    LeaseExpired 47 "lease-expired" "the lease has ended",
    LeaseTooLong 48 "lease-too-long" "the lease ends later than a day after the mirror's cosignature",
    LeaseBeforeDecision 49 "lease-before-decision" "the lease was given on a log that did not hold the decision",
    ClockBehind 50 "clock-behind" "the clock is behind a time that was seen before",
    LogUnavailable 51 "log-unavailable" "the log does not answer or cannot write",
    SealImpossible 52 "seal-impossible" "this system cannot seal the process",
    InputUnreadable 53 "input-unreadable" "the input cannot be opened",
    KeysUnavailable 54 "keys-unavailable" "a share of the bucket key cannot be had",
    SignerAbsent 55 "signer-absent" "a member has signed whom the sitting does not call present",
    TrustRootNotYet 56 "trust-root-not-yet" "the trust root has not begun",
    ScheduleMissing 57 "schedule-missing" "there is no schedule",
    ScheduleMalformed 58 "schedule-malformed" "the schedule breaks its grammar",
    ScheduleUnsigned 59 "schedule-unsigned" "the office or a sitting of the commission does not stand behind the schedule",
    ScheduleOtherRoot 60 "schedule-other-root" "the schedule is for another version of the trust root",
    ScheduleNotYet 61 "schedule-not-yet" "the schedule has not begun",
    ScheduleRolledBack 62 "schedule-rolled-back" "the schedule is older than the known one, or another text of its version",
    ScheduleChain 63 "schedule-chain" "the schedule does not follow the known one",
    ConsultationMissing 64 "consultation-missing" "the schedule changes what needs a consultation and names none",
    HomeCountryOther 65 "home-country-other" "the sensor's home country is not the schedule's",
    MechanicalFieldsOther 66 "mechanical-fields-other" "the schedule lists other mechanical fields than this software writes",
    PeriodTooLong 67 "period-too-long" "the authority lasts longer than the schedule allows",
    RetentionTooLong 68 "retention-too-long" "records would be kept longer than the schedule allows",
    CapsAboveSchedule 69 "caps-above-schedule" "a cap is larger than the schedule allows",
    FloorBelowSchedule 70 "floor-below-schedule" "fewer votes than the schedule asks for",
    AgreementNeedsSitting 71 "agreement-needs-sitting" "the schedule asks for a ruling on agreements, and there is none",
    UrgentOff 72 "urgent-off" "the schedule allows no urgent act of this kind",
    UrgentTooLong 73 "urgent-too-long" "the urgent act lasts longer than the schedule allows from its entry",
    UrgentCaps 74 "urgent-caps" "a cap of the urgent act is larger than the schedule allows",
    UrgentOfficers 75 "urgent-officers" "an urgent act is not signed by two known officers of different roles",
    RequesterDecides 76 "requester-decides" "somebody of the office's is a member of the commission too",
    RulingMalformed 77 "ruling-malformed" "the ruling breaks its grammar or is about another authority",
    RulingUnsigned 78 "ruling-unsigned" "a sitting of the commission does not stand behind the ruling",
    Revoked 79 "revoked" "the commission has revoked the authority",
    SuspensionMalformed 80 "suspension-malformed" "a suspension breaks its grammar or is about another authority",
    SuspensionUnsigned 81 "suspension-unsigned" "a suspension is not signed by whom it names",
    Suspended 82 "suspended" "the authority is suspended",
    SoftwareMissing 83 "software-missing" "there is no release of the software, though one was seen before",
    SoftwareMalformed 84 "software-malformed" "the release of the software breaks its grammar",
    SoftwareUnsigned 85 "software-unsigned" "the release is not signed by the office and the chair or deputy",
    SoftwareNotYet 86 "software-not-yet" "the release of the software has not begun",
    SoftwareUnlogged 87 "software-unlogged" "this program is not the one that was released",
    ClockAhead 88 "clock-ahead" "the clock is ahead of what can have passed, and no second source bears it out",
}

impl Refusal {
    /// The number in log entries.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The refusal of a number.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|refusal| refusal.code() == code)
    }

    /// What to look at, and what to do, as the end of a sentence.
    pub const fn advice(self) -> &'static str {
        match self as u8 {
            1..=4 | 56 => {
                "`trust-root.note` has to be the one that the commission's members signed and that this sensor was installed with, or the next version of it"
            }
            5..=20 | 22 | 23 | 30 | 55 => {
                "`statement.note` has to be decided and signed anew; `sakimori authority show` says what is wrong with it"
            }
            21 => "the statement has to be decided again under the trust root that is in force",
            24 => {
                "take a sensor that the statement names, or have the statement decided for this one"
            }
            25 => "take directions that the statement names",
            26..=29 => {
                "`pack.note` has to be the pack that the statement names; `sakimori pack compile --dir` signs one"
            }
            31..=33 => {
                "`decision.entry` and `decision.body` have to be those of the log; `sakimori authority lease` writes them anew"
            }
            34..=41 => {
                "`decision.tlog-proof` has to be a fresh one of this log; `sakimori authority lease` writes it anew"
            }
            42..=49 => "`sakimori authority lease` gets a new `lease.note`",
            50 => "set the clock; a sensor never goes back in time",
            88 => "set the clock, or get a fresh proof with `sakimori authority lease`",
            51 => {
                "start the ledger with `sakimori ledger run`; the refusal is entered at the next start"
            }
            52 => "run on Linux with seccomp; nothing starts without it",
            57..=64 => {
                "`schedule.note` has to be the schedule in force, signed by the office and a sitting; `sakimori authority lease` writes it anew"
            }
            65 => "set the sensor to a home country of the schedule",
            66 => {
                "run the software that the schedule was made for, or have a schedule decided for this one"
            }
            67..=70 | 72..=75 => {
                "the statement has to be decided anew within the schedule; `sakimori authority show` says which value it passes"
            }
            71 => "`ruling.note` has to be a ruling that approves the agreement",
            76 => {
                "`trust-root.note` has to name officers who are no members; its next version has to be signed so"
            }
            77 | 78 => {
                "`ruling.note` has to be the commission's ruling about this authority, or none"
            }
            79 => "ask for a new authority; a revoked one never comes back",
            80 | 81 => {
                "`suspension-commission.note`, `suspension-office.note` and `suspension-party.note` have to be those of the log; `sakimori authority lease` writes them anew"
            }
            82 => "whoever suspended it has to let it go on; a later note of theirs does",
            83..=87 => {
                "run the program that the log holds a release of; `software.note` has to be that release"
            }
            53 => "name an input that can be opened",
            _ => {
                "start the commission with `sakimori commission run`, and look at the office's shares"
            }
        }
    }

    /// Whether the log itself is at fault, so that the refusal is kept locally and the exit code is 75.
    pub const fn is_log_fault(self) -> bool {
        matches!(self, Self::LogUnavailable)
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.sentence())
    }
}

impl std::error::Error for Refusal {}
