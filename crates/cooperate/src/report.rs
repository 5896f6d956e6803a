//! An incident report: one case with its stages. In: documents of an operator or its filer, a time, the schedule. Out: versions in order, field errors, clocks. Never: a
//! second time of recognition, a version that is changed or taken back.
//!
//! Act 42/2025 art. 5; Order 4/2026 art. 4. What an operator reports is operator-report information: it goes to minister and Cabinet Office, and into no public notice.

mod case;
mod document;
mod fields;
mod labels;

pub use case::{Case, CaseError, Delegation, Version};
pub use document::{FORMAT, ReportDocument};
pub use fields::{FIELDS, FIELDS_VERSION, FieldSpec, Kind, Need, fields_of};
pub use labels::label;

use serde::{Deserialize, Serialize};

/// Which common form is used. JSON: `"ddos"`, `"ransomware"`, `"other"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CommonForm {
    /// Denial of service.
    Ddos,
    /// Ransomware.
    Ransomware,
    /// Anything else.
    Other,
}

impl CommonForm {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Ddos, Self::Ransomware, Self::Other];

    /// The stable id.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Ddos => "ddos",
            Self::Ransomware => "ransomware",
            Self::Other => "other",
        }
    }
}

/// Where a report stands. JSON: `"prompt"`, `"full"`, `"correction"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Promptly after recognition.
    Prompt,
    /// Within 30 days.
    Full,
    /// Behind one of these.
    Correction,
}

impl Stage {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Prompt, Self::Full, Self::Correction];

    /// The stable id.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Prompt => "prompt",
            Self::Full => "full",
            Self::Correction => "correction",
        }
    }
}
