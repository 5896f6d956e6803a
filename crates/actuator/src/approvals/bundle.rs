//! A set of files of an authority folder, as it is sent: JSON `{"files": {NAME: BASE64}}`. In: bytes, files. Out: a [`Folder`]. Never: a name that the folder does not have, so never a path.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sakimori_authority::gate::Folder;
use sakimori_authority::measure::MEASURE_BYTES_MAX;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Longest set in bytes, as it is sent.
pub const BUNDLE_BYTES_MAX: usize = 8 << 20;
/// Longest file in bytes: a measure with its signatures.
const FILE_BYTES_MAX: usize = MEASURE_BYTES_MAX + (1 << 16);

/// Names of the folder's files.
const NAMES: [&str; 13] = [
    "trust-root.note",
    "statement.note",
    "decision.entry",
    "decision.body",
    "decision.tlog-proof",
    "lease.note",
    "pack.note",
    "schedule.note",
    "software.note",
    "ruling.note",
    "suspension-commission.note",
    "suspension-office.note",
    "suspension-party.note",
];

/// Why bytes are no set of files. Their sender acts on it.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// Too long.
    #[error("more than {BUNDLE_BYTES_MAX} bytes, or a file of more than {FILE_BYTES_MAX}")]
    TooLong,
    /// Not the JSON.
    #[error("this is not {{\"files\": {{NAME: BASE64}}}}: {0}")]
    Json(#[from] serde_json::Error),
    /// A name that the folder does not have.
    #[error("an authority folder has no file `{0}`")]
    Name(String),
    /// Not base64.
    #[error("`{0}` is not base64 (RFC 4648 section 4)")]
    Base64(String),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    files: BTreeMap<String, String>,
}

/// A set of files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bundle {
    files: BTreeMap<String, Vec<u8>>,
}

impl Bundle {
    /// Names of the files that an authority folder has.
    pub const fn names() -> &'static [&'static str] {
        &NAMES
    }

    /// Of files.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn of(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Result<Self, BundleError> {
        let mut out = Self::default();
        for (name, bytes) in files {
            if !NAMES.contains(&name.as_str()) {
                return Err(BundleError::Name(name.chars().take(64).collect()));
            }
            if bytes.len() > FILE_BYTES_MAX {
                return Err(BundleError::TooLong);
            }
            out.files.insert(name, bytes);
        }
        Ok(out)
    }

    /// Reads what was sent.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, BundleError> {
        if bytes.len() > BUNDLE_BYTES_MAX {
            return Err(BundleError::TooLong);
        }
        let text: Text = serde_json::from_slice(bytes)?;
        let mut files = Vec::new();
        for (name, encoded) in text.files {
            let decoded = STANDARD.decode(encoded);
            let decoded =
                decoded.map_err(|_| BundleError::Base64(name.chars().take(64).collect()))?;
            files.push((name, decoded));
        }
        Self::of(files)
    }

    /// As it is sent.
    pub fn to_text(&self) -> String {
        let files = self.files.iter();
        let text = Text {
            files: files
                .map(|(name, bytes)| (name.clone(), STANDARD.encode(bytes)))
                .collect(),
        };
        // BOUND: texts always have a form.
        serde_json::to_string(&text).unwrap_or_default()
    }

    /// A file.
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(Vec::as_slice)
    }

    /// Names and bytes.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files
            .iter()
            .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
    }

    /// Another set laid over this one: what it has not stays.
    #[must_use]
    pub fn over(mut self, newer: Self) -> Self {
        self.files.extend(newer.files);
        self
    }

    /// The folder.
    pub fn folder(&self) -> Folder {
        let file = |name: &str| self.files.get(name).cloned();
        Folder {
            trust_root: file("trust-root.note"),
            statement: file("statement.note"),
            decision: file("decision.entry"),
            decision_body: file("decision.body"),
            proof: file("decision.tlog-proof"),
            lease: file("lease.note"),
            pack: file("pack.note"),
            schedule: file("schedule.note"),
            software: file("software.note"),
            ruling: file("ruling.note"),
            suspensions: [
                file("suspension-commission.note"),
                file("suspension-office.note"),
                file("suspension-party.note"),
            ],
        }
    }
}
