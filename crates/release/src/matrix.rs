//! Who may be given which class: the one table. In: a class and a kind of recipient. Out: what the law says of the pair, with its article and its words. Never: an
//! answer by rule where the table has one; what the table does not have is refused.
//!
//! Act 42/2025 arts. 38 to 42, 45 and 72. "yes" is [`Rule::Allow`], a condition is [`Rule::AllowWith`], "controlled" [`Rule::Controlled`], "needed part"
//! [`Rule::Minimised`]; "via products", "–", ✗ and an empty cell are [`Rule::Refuse`].

use crate::condition::ConditionKind as K;
use crate::recipient::RecipientKind;
use sakimori_custody::class::Class;

/// What is to be done with a pair of class and recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// It does not go there.
    Refuse,
    /// It may.
    Allow,
    /// It may, with each of these conditions about the recipient.
    AllowWith(&'static [K]),
    /// It may, where the recipient undertook the handling of controlled information.
    Controlled,
    /// The needed part of it may: what is not needed is taken out first.
    Minimised,
    /// It may, where it is the recipient's own.
    Own,
}

impl Rule {
    /// The conditions that have to be there.
    pub const fn conditions(self) -> &'static [K] {
        match self {
            Self::AllowWith(kinds) => kinds,
            Self::Controlled => &[K::ControlledHandling],
            Self::Refuse | Self::Allow | Self::Minimised | Self::Own => &[],
        }
    }

    /// The word in documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Allow => "allow",
            Self::AllowWith(_) => "allow with",
            Self::Controlled => "controlled",
            Self::Minimised => "minimised",
            Self::Own => "its own",
        }
    }
}

/// A cell of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// What is to be done.
    pub rule: Rule,
    /// Article of Act 42/2025; `K` where nobody verified it.
    pub article: &'static str,
    /// The words of the table of the law; empty where it has none.
    pub text: &'static str,
}

/// A line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The class.
    pub class: Class,
    /// In the order of [`RecipientKind::COLUMNS`].
    pub cells: [Cell; 9],
}

const fn cell(rule: Rule, article: &'static str, text: &'static str) -> Cell {
    Cell {
        rule,
        article,
        text,
    }
}

/// The articles of the columns.
pub const ARTICLES: [&str; 9] = [
    "38(1)", "38(2)", "38(4)", "39", "40", "41", "42(1)", "45(3)", "72",
];

/// A line that goes to nobody.
const fn nobody(class: Class, text: &'static str) -> Row {
    Row {
        class,
        cells: [
            cell(Rule::Refuse, ARTICLES[0], text),
            cell(Rule::Refuse, ARTICLES[1], text),
            cell(Rule::Refuse, ARTICLES[2], text),
            cell(Rule::Refuse, ARTICLES[3], text),
            cell(Rule::Refuse, ARTICLES[4], text),
            cell(Rule::Refuse, ARTICLES[5], text),
            cell(Rule::Refuse, ARTICLES[6], text),
            cell(Rule::Refuse, ARTICLES[7], text),
            cell(Rule::Refuse, ARTICLES[8], text),
        ],
    }
}

/// The table, in the order of [`Class::ALL`].
pub const MATRIX: [Row; 9] = [
    nobody(Class::Acquired, "✗"),
    Row {
        class: Class::Selected,
        cells: [
            cell(Rule::AllowWith(&[K::Need]), "38(1)", "if needed"),
            cell(Rule::AllowWith(&[K::Need]), "38(2)", "if needed"),
            cell(
                Rule::AllowWith(&[K::ProtectionAssessment]),
                "38(4)",
                "if protection adequate",
            ),
            cell(Rule::Refuse, "39", "✗"),
            cell(Rule::Refuse, "40", "✗"),
            cell(Rule::Refuse, "41", "✗"),
            cell(Rule::Refuse, "42(1)", "✗"),
            cell(Rule::Refuse, "45(3)", "✗"),
            cell(Rule::Refuse, "72", "✗"),
        ],
    },
    Row {
        class: Class::SelectedParty,
        cells: [
            cell(
                Rule::AllowWith(&[K::Need, K::PriorConsent]),
                "38(1), 38(3)",
                "+ prior party consent",
            ),
            cell(
                Rule::AllowWith(&[K::Need, K::PriorConsent]),
                "38(2), 38(3)",
                "+ consent",
            ),
            cell(
                Rule::AllowWith(&[K::ProtectionAssessment, K::PriorConsent]),
                "38(4), 38(3)",
                "+ consent",
            ),
            cell(Rule::Refuse, "39", "✗"),
            cell(Rule::Refuse, "40", "✗ (party gets its own result, 15 K)"),
            cell(Rule::Refuse, "41", "✗"),
            cell(Rule::Refuse, "42(1)", "✗"),
            cell(Rule::Refuse, "45(3)", "✗"),
            cell(Rule::Refuse, "72", "✗"),
        ],
    },
    nobody(Class::ReleasedSelected, "goes only into integrated"),
    Row {
        class: Class::Integrated,
        cells: [
            cell(Rule::Allow, "38(1)", "yes"),
            cell(Rule::Allow, "38(2)", "yes"),
            cell(Rule::Minimised, "38(4)", "needed part"),
            cell(Rule::Refuse, "39", "–"),
            cell(Rule::Refuse, "40", "–"),
            cell(Rule::Refuse, "41", "–"),
            cell(Rule::Refuse, "42(1)", "–"),
            cell(Rule::Refuse, "45(3)", "–"),
            cell(Rule::Refuse, "72", "–"),
        ],
    },
    nobody(
        Class::IntegratedProvision,
        "to nobody until split into controlled or public",
    ),
    Row {
        class: Class::IntegratedControlled,
        cells: [
            cell(Rule::Controlled, "38(1)", "controlled"),
            cell(Rule::Allow, "38(2)", "yes"),
            cell(Rule::Allow, "38(4)", "yes"),
            cell(
                Rule::AllowWith(&[K::EquivalentProtection]),
                "39",
                "if equivalent protection",
            ),
            cell(Rule::Refuse, "40", "✗"),
            cell(Rule::Refuse, "41", "✗"),
            cell(Rule::Refuse, "42(1)", "✗ if secret"),
            cell(Rule::Allow, "45(3)", "yes"),
            cell(Rule::Minimised, "72", "needed part"),
        ],
    },
    Row {
        class: Class::PublicNotice,
        cells: [
            cell(Rule::Allow, "38(1)", "yes"),
            cell(Rule::Allow, "38(2)", "yes"),
            cell(Rule::Allow, "38(4)", "yes"),
            cell(Rule::Allow, "39", "yes"),
            cell(Rule::Allow, "40", "yes → duty to endeavour 40(2)"),
            cell(Rule::Allow, "41", "may be published"),
            cell(
                Rule::AllowWith(&[K::FixMethod]),
                "42(1)",
                "yes + fix method",
            ),
            cell(Rule::Allow, "45(3)", "yes"),
            cell(Rule::Allow, "72", "yes"),
        ],
    },
    Row {
        class: Class::OperatorReport,
        cells: [
            cell(
                Rule::AllowWith(&[K::CompetentMinister]),
                "8",
                "competent minister + PM; secrecy (8)",
            ),
            cell(Rule::Refuse, "38(2)", "via products"),
            cell(Rule::Refuse, "38(4)", "via products"),
            cell(Rule::Refuse, "39", "via products"),
            cell(Rule::Refuse, "40", "–"),
            cell(Rule::Refuse, "41", "–"),
            cell(Rule::Refuse, "42(1)", "via products"),
            cell(Rule::Refuse, "45(3)", "via products"),
            cell(Rule::Refuse, "72", "–"),
        ],
    },
];

/// The reporter sees its own report.
const OWN_REPORT: Cell = cell(Rule::Own, "5", "the reporter sees its own");
/// A party gets its own result.
const OWN_RESULT: Cell = cell(Rule::Own, "15 K", "party gets its own result");
/// What is nobody's own.
const NOT_OWN: Cell = cell(Rule::Refuse, "", "");

/// What the law says of a pair.
pub fn look_up(class: Class, kind: RecipientKind) -> &'static Cell {
    static NONE: Cell = NOT_OWN;
    static ROWS: [Row; 9] = MATRIX;
    static OWN: [Cell; 2] = [OWN_REPORT, OWN_RESULT];
    match (kind, class) {
        (RecipientKind::Reporter, Class::OperatorReport) => &OWN[0],
        (RecipientKind::Party, Class::SelectedParty) => &OWN[1],
        (RecipientKind::Reporter | RecipientKind::Party, _) => &NONE,
        _ => {
            let row = ROWS.iter().find(|row| row.class == class);
            let cells = row.map_or(&[][..], |row| &row.cells);
            let mut columns = RecipientKind::COLUMNS.iter().zip(cells);
            columns
                .find(|(column, _)| **column == kind)
                .map_or(&NONE, |(_, cell)| cell)
        }
    }
}
