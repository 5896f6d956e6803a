//! Why an entry is refused, or is an entry on which nothing rests, and what is told. In: nothing. Out: stable codes with their rule and one sentence each. Never: a code that comes
//! to mean something else.
//!
//! The rules are those of `docs/reference/formats.md` section 18.

use std::fmt;

/// Makes an enum of codes with rule, name and sentence from one table.
macro_rules! codes {
    ($(#[$doc:meta])* $kind:ident { $($variant:ident $rule:literal $name:literal $sentence:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "each variant's sentence is its documentation")]
        pub enum $kind { $($variant,)+ }
        impl $kind {
            /// Every code, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];
            /// The rule of section 18 that it belongs to; `form` for what every entry has to be.
            pub const fn rule(self) -> &'static str { match self { $(Self::$variant => $rule,)+ } }
            /// The stable name.
            pub const fn name(self) -> &'static str { match self { $(Self::$variant => $name,)+ } }
            /// One sentence for people, without its full stop.
            pub const fn sentence(self) -> &'static str { match self { $(Self::$variant => $sentence,)+ } }
        }
        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(self.name()) }
        }
        impl serde::Serialize for $kind {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> { to.serialize_str(self.name()) }
        }
    };
}

codes! {
    /// Why an entry is not taken, or rests on nothing.
    Code {
        EntryForm "form" "entry-form" "an entry is no envelope",
        EntryOrder "form" "entry-order" "an entry is not the next of the log",
        EntryCounters "form" "entry-counters" "an entry has not the counters of its type",
        EntryMinute "form" "entry-minute" "the time of an entry is no whole minute",
        EntryAhead "form" "entry-ahead" "an entry is ahead of the time of its cosignature",
        EntryBack "form" "entry-back" "an entry is earlier than the one before it in its stream",
        EntryBehind "form" "entry-behind" "an entry is more than an hour behind the one before it",
        EntryUnsigned "form" "entry-unsigned" "an entry is not signed by somebody who may write it",
        EntrySigned "form" "entry-signed" "an entry is signed whose body is the signed note",
        StreamChain "form" "stream-chain" "an entry does not go on where its stream ends",
        StreamAuthor "form" "stream-author" "a second author writes in a stream",
        StreamFlood "form" "stream-flood" "a stream begins where the log has as many as it may have",
        BodyForm "form" "body-form" "a stored body is missing, of no known form, or sealed where it has to be open",
        BodyWrong "form" "body-wrong" "a body is not the one that its entry commits to",
        BodySize "form" "body-size" "a body is not of the size class that its entry names",
        BodyFields "form" "body-fields" "a body has not the fields of its type",

        AuthorityNone "I1" "authority-none" "a sensor acted under a statement that is not in force on record",
        AuthorityKind "I1" "authority-kind" "a sensor acted under a statement whose kind lets no sensor run",
        AuthorityTime "I1" "authority-time" "a sensor acted before its authority began or after it ended",
        AuthoritySensor "I1" "authority-sensor" "a sensor acted that the statement does not name",
        AuthorityRevoked "I1" "authority-revoked" "a sensor acted under an authority that was revoked",
        AuthoritySuspended "I1" "authority-suspended" "a sensor acted under an authority that is suspended",
        UrgentEnded "I8" "urgent-ended" "a sensor acted under an urgent statement that ended without ratification",
        LeaseNone "I1" "lease-none" "a sensor acted without a lease on record that is in force",
        StartBody "I1" "start-body" "a start names another authority, sensor, pack, lease or limit than is on record",
        StartUnsealed "I1" "start-unsealed" "a run was not sealed by the filter of system calls",
        EffectiveLease "I1" "effective-lease" "a sensor acknowledges a state under a lease that is not on record",
        RunTwice "I1" "run-twice" "a run was started before in this stream",
        RunNone "I1" "run-none" "an entry of a run stands in a stream without a start",
        RunStopped "I1" "run-stopped" "a run goes on after its stop",
        RunOther "I1" "run-other" "an entry of a run is of another authority than its start",
        ReceiptBucket "I1" "receipt-bucket" "a receipt names a bucket of another authority, sensor or day",
        CapDay "I1" "cap-day" "the records of a sensor and day exceed the cap of the statement",
        BucketGone "I1" "bucket-gone" "a receipt puts records into a bucket that was deleted",

        WindowGap "I2" "window-gap" "the windows of a run do not follow each other",
        WindowHeld "I2" "window-held" "a window does not begin with the packets that the one before it held",
        WindowTime "I2" "window-time" "a window does not begin where the one before it ended",
        NotConserved "I3" "not-conserved" "packets appear or vanish in a window",
        ReceiptBody "I3" "receipt-body" "a receipt's body and its counters differ",
        ReceiptRecords "I3" "receipt-records" "the records of a window are not counted, numbered or committed to as they have to be",
        StopTotals "I3" "stop-totals" "a stop's totals are not the sums of its receipts",
        StopFault "I2" "stop-fault" "a run stopped by a fault, and no fault stands before in its stream",

        QueryFields "I5" "query-fields" "a query says no actor, purpose, case, authority or buckets",
        QueryAuthority "I5" "query-authority" "a query is under no authority on record, or names another than its envelope",
        QueryBucket "I5" "query-bucket" "a query names a bucket of another authority",
        QueryEnded "I5" "query-ended" "a query names a bucket that was deleted or lapsed, or whose end has come",
        QueryRole "I5" "query-role" "the actor of a query is no analyst then",
        QueryClearance "I5" "query-clearance" "the actor of a query has no clearance of class `selected` then",
        QueryBudget "I5" "query-budget" "the actor of a query has drawn the rows that the schedule allows in a day",
        QueryUnopened "I5" "query-unopened" "a query is closed that is not open",

        ExportFields "I6" "export-fields" "an export leaves a field open",
        ExportRecipient "I6" "export-recipient" "an export goes to a recipient that the schedule does not name",
        ExportPurged "I6" "export-purged" "an export holds a bucket that is on the purge list",
        ExportRole "I6" "export-role" "the actor of an export is no analyst then",
        ExportClearance "I6" "export-clearance" "the actor of an export has no clearance of class `selected` then",
        ExportBudget "I6" "export-budget" "the actor of an export has made the exports that the schedule allows in a day",

        ReidentificationRuling "I7" "reidentification-ruling" "a re-identification rests on no ruling that allows one",
        ReidentificationRecord "I7" "reidentification-record" "a re-identification is of another record or field than was allowed",
        ReidentificationUsed "I7" "reidentification-used" "a ruling allows one showing and was used",
        ReidentificationVoter "I7" "reidentification-voter" "who re-identifies voted on it",
        ReidentificationRole "I7" "reidentification-role" "who re-identifies is neither analyst nor supervisor, or has no clearance of class `selected` then",

        UrgentOff "I8" "urgent-off" "the schedule in force allows no urgent act of this kind",
        UrgentCaps "I8" "urgent-caps" "an urgent statement has larger caps than the schedule allows",
        UrgentMonth "I8" "urgent-month" "there were as many urgent acts in this month as the schedule allows",
        UrgentHours "I8" "urgent-hours" "an urgent statement lasts longer than the schedule allows",
        UrgentTarget "I8" "urgent-target" "an urgent measure is against what another urgent measure of the month was against, or its text is not on record",
        LapseUnknown "I8" "lapse-unknown" "a lapse is of no urgent act that is open",
        LapseEarly "I8" "lapse-early" "an urgent act lapses for silence before its deadline",

        RootChain "I9" "root-chain" "a trust root is not the pinned one or does not follow the one in force",
        StatementBad "I9" "statement-bad" "a statement has not the form and signatures that its kind needs, or the sitting did not decide for it",
        StatementTwice "I9" "statement-twice" "an authority's id was used before",
        StatementEnded "I9" "statement-ended" "a statement was entered after its own end",
        RequestUnknown "I9" "request-unknown" "a statement answers no request on record",
        RequestDraft "I9" "request-draft" "a statement is not the one that its request asked for",
        RequestFields "I9" "request-fields" "a request leaves facts, necessity, alternatives or rights open",
        RequestShare "I9" "request-share" "a request expects a larger share of traffic than the schedule lets anybody ask for",
        RequesterMember "I9" "requester-member" "who asked is a member of the commission, or no officer",
        BeyondSchedule "I9" "beyond-schedule" "a statement goes beyond the period, caps or retention of the schedule",
        BelowFloor "I9" "below-floor" "fewer votes for than the schedule needs for this kind",
        SittingMissing "I9" "sitting-missing" "an agreement lacks the ruling that the schedule asks for",
        RulingBad "I9" "ruling-bad" "a ruling has not the form and signatures that it needs, or the sitting did not decide for it",
        RulingTwice "I9" "ruling-twice" "a ruling's id was used before",
        RulingAbout "I9" "ruling-about" "a ruling is about nothing on record that it could decide",
        SuspensionBad "I9" "suspension-bad" "a suspension has not the form and signature of one who may suspend",
        SuspensionSerial "I9" "suspension-serial" "a suspension's serial is not the next of its author",
        ScheduleBad "I9" "schedule-bad" "a schedule has not the form and signatures that it needs",
        ScheduleChain "I9" "schedule-chain" "a schedule does not follow the one before it",
        ScheduleConsultation "I9" "schedule-consultation" "a change of mechanical fields, identifiers or release names no consultation",
        SoftwareBad "I9" "software-bad" "a release of software has not the form and signatures that it needs",

        ReportDiffers "I10" "report-differs" "a report's counters are not those that the log gives for its year",

        LeaseBad "I11" "lease-bad" "a lease is not one of the commission for a statement and sensor on record",
        LeaseEarly "I11" "lease-early" "a lease was given on a log that did not hold the decision",
        LeaseAhead "I11" "lease-ahead" "a lease was given on a log larger than the one it stands in",
        LeaseLong "I11" "lease-long" "a lease lasts longer than a day or than its statement, or lies in the future",
        LeaseTwice "I11" "lease-twice" "a lease's id was used before",

        StartSoftware "I12" "start-software" "a start names software that is not in force",
        StartSchedule "I12" "start-schedule" "a start names another schedule than the one in force",

        ReleaseFields "I13" "release-fields" "a release leaves a field open, or contradicts its counters",
        ReleaseClass "I13" "release-class" "a product went to somebody who may not be given its class, or cannot have become of that class",
        ReleaseCondition "I13" "release-condition" "a product went to somebody without what the law asks for beside",
        ReleaseTlp "I13" "release-tlp" "a product is marked looser than its class, or went to the public and is not marked clear",

        ProposalBad "I14" "proposal-bad" "a measure has not the form and the signatures of its two officers",
        MeasureAuthority "I14" "measure-authority" "an act of a measure is under no measure in force on record",
        MeasureText "I14" "measure-text" "an act is of another measure or revision than was proposed on record and decided",
        MeasureActuator "I14" "measure-actuator" "an act names an actuator that the statement does not name, or none where one has to be named",
        MeasureBarred "I14" "measure-barred" "a measure is dispatched before it begins, after it ended, while it is suspended, or without a lease",

        AccessTwo "people" "access-two" "a clearance was not granted by two other persons",
        QuestionRequest "threads" "question-request" "a question is about no request that is open",
        AnswerQuestion "threads" "answer-question" "an answer is to no question that is open",
        InspectionOrder "threads" "inspection-order" "an inspection is opened twice, or found or closed without being open",
        StopUnknown "threads" "stop-unknown" "a demand stops an authority that is not on record",
        ReplyUnknown "threads" "reply-unknown" "a reply is to no notice, demand or recommendation that is open",
        ResponseUnknown "I4" "response-unknown" "a response is to no challenge that is open, or does not lead to the receipt's commitment",
        PurgeUnknown "threads" "purge-unknown" "a purge list names a bucket that no run wrote",
    }
}

codes! {
    /// What cannot be refused, because it is an omission or shows later.
    Told {
        BucketOverdue "I4" "bucket-overdue" "a bucket's end is more than a day past and it has no deletion with the commission's attestation",
        DeletionUnattested "I4" "deletion-unattested" "a deletion names no attestation of the commission that is on record",
        DeletionRecords "I4" "deletion-records" "a deletion tells of another number of records than the receipts",
        DeletionUnknown "I4" "deletion-unknown" "a bucket was deleted that no run wrote",
        CarrierDiffers "I3" "carrier-differs" "receipts differ from the carrier's counter by more than the tolerance",
        RunSilent "I2" "run-silent" "a run has neither stop nor a later entry that explains its end, and no receipt for an hour",
        RunHeld "I2" "run-held" "a run that ended well holds packets back",
        QueryOpen "I5" "query-open" "a query was opened and not closed",
        UrgentOpen "I8" "urgent-open" "an urgent act is an hour past its deadline and was neither ratified, refused nor lapsed",
        UrgentDestroy "I8" "urgent-destroy" "an urgent act was refused and an hour later nothing says that its buckets are destroyed",
        CosignedLate "form" "cosigned-late" "an entry was cosigned more than an hour behind its own time",
        MeasureSequence "I14" "measure-sequence" "a step of a measure is dispatched behind a later one, or takes effect without having been dispatched",
        MeasureUnreported "threads" "measure-unreported" "a measure ended more than 30 days ago, and nothing says what came of it",
        QuestionOverdue "threads" "question-overdue" "a question to the office is past its due time",
        NoticeOverdue "threads" "notice-overdue" "a notice is past its due time without a reply",
        DemandOverdue "threads" "demand-overdue" "a demand is past its due time without a reply",
        RecommendationOverdue "threads" "recommendation-overdue" "a recommendation is past its due time without a reply",
        ChallengeOpen "threads" "challenge-open" "a challenge has no response for a day",
        ResponseGone "threads" "response-gone" "a challenged bucket is said to be gone and no attested deletion of it is on record",
    }
}

/// A code with what the entry says.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Refused {
    /// Which rule, which code, which sentence.
    pub code: Code,
    /// The object and place, in words; may be empty.
    pub detail: String,
}

impl Refused {
    /// A code and the words for its object.
    pub fn new(code: Code, detail: impl fmt::Display) -> Self {
        // BOUND: a line of an answer; what an entry says may be a mebibyte.
        let detail = detail.to_string().chars().take(300).collect();
        Self { code, detail }
    }

    /// The rule of section 18.
    pub const fn rule(&self) -> &'static str {
        self.code.rule()
    }
}

impl From<Code> for Refused {
    fn from(code: Code) -> Self {
        Self {
            code,
            detail: String::new(),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.code.sentence(), self.code.name())?;
        if self.detail.is_empty() {
            return Ok(());
        }
        write!(f, ": {}", self.detail)
    }
}

impl std::error::Error for Refused {}

/// Refuses with a code unless something holds.
pub(crate) fn hold(holds: bool, code: Code) -> Result<(), Refused> {
    if holds { Ok(()) } else { Err(code.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_has_its_own_name_and_sentence() {
        let names: BTreeSet<&str> = Code::ALL
            .iter()
            .map(|c| c.name())
            .chain(Told::ALL.iter().map(|t| t.name()))
            .collect();
        let sentences: BTreeSet<&str> = Code::ALL
            .iter()
            .map(|c| c.sentence())
            .chain(Told::ALL.iter().map(|t| t.sentence()))
            .collect();
        let all = Code::ALL.len() + Told::ALL.len();
        assert_eq!((names.len(), sentences.len()), (all, all));
        for name in names {
            assert!(
                name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'),
                "{name}"
            );
        }
    }

    #[test]
    fn a_refusal_reads_as_a_sentence_with_its_code_and_a_bounded_detail() {
        let long = "x".repeat(1 << 20);
        let refused = Refused::new(Code::WindowGap, long);
        assert_eq!(refused.detail.len(), 300);
        assert_eq!(
            Refused::new(Code::WindowGap, "window 3").to_string(),
            "the windows of a run do not follow each other [window-gap]: window 3"
        );
        assert_eq!(Refused::from(Code::WindowGap).rule(), "I2");
    }
}
