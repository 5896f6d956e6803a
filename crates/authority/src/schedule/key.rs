//! The keys of the schedule, in the order in which its lines stand. In: nothing. Out: names. Never: a key that stands twice.

use crate::statement::Kind;
use sakimori_custody::record::{Direction, coded};

coded! {
    /// A value of the schedule.
    Key: u8 {
        /// Longest authority that allows out-out, months.
        PeriodOutOut = 1 "period.out-out",
        /// Longest authority that allows out-in, months.
        PeriodOutIn = 2 "period.out-in",
        /// Longest authority that allows in-out, months.
        PeriodInOut = 3 "period.in-out",
        /// Longest agreement, months.
        PeriodAgreement = 4 "period.agreement",
        /// Longest retention, days.
        RetentionDays = 5 "retention.days",
        /// Largest cap of packets selected per million read.
        CapMatchPpm = 6 "cap.match-ppm",
        /// Largest cap of records a day.
        CapDayRecords = 7 "cap.day-records",
        /// Largest expected share of traffic, per million.
        CapSharePpm = 8 "cap.share-ppm",
        /// Votes for that an acquisition needs.
        FloorAcquisition = 9 "floor.acquisition",
        /// Votes for that a measure needs.
        FloorMeasure = 10 "floor.measure",
        /// Votes for that a re-identification needs.
        FloorReidentification = 11 "floor.reidentification",
        /// Votes for that a disclosure needs.
        FloorDisclosure = 12 "floor.disclosure",
        /// Whether an agreement needs a ruling of the commission too.
        AgreementSitting = 13 "agreement.sitting",
        /// How long an urgent acquisition lasts, or off.
        UrgentAcquisition = 14 "urgent.acquisition",
        /// How long an urgent measure lasts, or off.
        UrgentMeasure = 15 "urgent.measure",
        /// Most urgent acts of a calendar month.
        UrgentMonth = 16 "urgent.month",
        /// Largest cap of an urgent act, packets selected per million read.
        UrgentMatchPpm = 17 "urgent.match-ppm",
        /// Largest cap of an urgent act, records a day.
        UrgentDayRecords = 18 "urgent.day-records",
        /// Days for the answer to a question.
        DeadlineQuestion = 19 "deadline.question",
        /// Days for the reply to a notice.
        DeadlineNotice = 20 "deadline.notice",
        /// Days for the reply to a demand.
        DeadlineDemand = 21 "deadline.demand",
        /// Days for the reply to a recommendation.
        DeadlineRecommendation = 22 "deadline.recommendation",
        /// How far receipts may differ from the carrier's counter, per million.
        CarrierTolerancePpm = 23 "carrier.tolerance-ppm",
        /// Home countries.
        HomeCountries = 24 "home-countries",
        /// Fields of the mechanical record.
        MechanicalFields = 25 "mechanical-fields",
        /// Identifiers that leave the seal as tag and sealed blob.
        IdentifyFields = 26 "identify.fields",
        /// Days after which the keys of tags change.
        IdentifyEpoch = 27 "identify.epoch",
        /// Those to whom an export may go.
        ReleaseRecipients = 28 "release.recipients",
        /// Rows that one actor may see in a day.
        BudgetRows = 29 "budget.rows",
        /// Exports that one actor may make in a day.
        BudgetExports = 30 "budget.exports",
        /// Working hours.
        Hours = 31 "hours",
    }
}

impl Key {
    /// Whether a change of the value needs a consultation (Act 42/2025 art. 76).
    pub const fn needs_consultation(self) -> bool {
        matches!(
            self,
            Self::MechanicalFields
                | Self::IdentifyFields
                | Self::IdentifyEpoch
                | Self::ReleaseRecipients
        )
    }
}

impl Key {
    /// The period of a direction.
    pub const fn period(direction: Direction) -> Self {
        match direction {
            Direction::OutOut => Self::PeriodOutOut,
            Direction::OutIn => Self::PeriodOutIn,
            Direction::InOut => Self::PeriodInOut,
        }
    }

    /// The votes that a kind needs; an agreement needs none.
    pub const fn floor(kind: Kind) -> Option<Self> {
        match kind {
            Kind::Acquisition => Some(Self::FloorAcquisition),
            Kind::Agreement => None,
            Kind::Measure => Some(Self::FloorMeasure),
            Kind::Reidentification => Some(Self::FloorReidentification),
            Kind::Disclosure => Some(Self::FloorDisclosure),
        }
    }

    /// The hours of an urgent act of a kind; of a kind that is never urgent, those of an acquisition.
    pub const fn urgent(kind: Kind) -> Self {
        match kind {
            Kind::Measure => Self::UrgentMeasure,
            Kind::Acquisition | Kind::Agreement | Kind::Reidentification | Kind::Disclosure => {
                Self::UrgentAcquisition
            }
        }
    }
}
