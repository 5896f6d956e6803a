//! The receipt of a report. In: a case, the report's bytes, a time, the office's key. Out: a signed note; from a stranger's note, whether it is one for these bytes.
//! Never: a word of the report: its hash stands for it.
//!
//! A signed note in the form of formats, section 10, first line `sakimori/receipt/v1`. Anyone who has the office's public key verifies it, offline.

use sakimori_custody::ids::{Name, hex, unhex};
use sakimori_custody::time::Seconds;
use sakimori_tlog::key::{NoteSigner, VerifierKey};
use sakimori_tlog::note::{Note, NoteError};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

const HEADER: &str = "sakimori/receipt/v1";
/// Longest receipt in bytes, its signature included: five lines and one signature.
const RECEIPT_BYTES_MAX: usize = 4096;

/// What a receipt says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Id of the case.
    pub case: Name,
    /// The operator.
    pub operator: Name,
    /// SHA-256 of the report's bytes as they were received.
    pub report: [u8; 32],
    /// When they were received.
    pub time: Seconds,
}

/// Why a receipt proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// Too long.
    #[error("the receipt is longer than {RECEIPT_BYTES_MAX} bytes")]
    TooLong,
    /// No note, or not signed by the office.
    #[error("the receipt is no note that the office signed")]
    Note(#[source] NoteError),
    /// The text breaks its grammar.
    #[error("line {0} of the receipt is not what stands there")]
    Line(usize),
    /// It is for other bytes.
    #[error("the receipt is for other bytes than this report's")]
    OtherReport,
}

impl Receipt {
    /// The receipt of a report's bytes.
    pub fn of(report: &[u8], case: Name, operator: Name, time: Seconds) -> Self {
        Self {
            case,
            operator,
            report: Sha256::digest(report).into(),
            time,
        }
    }

    /// Signs it with the office's key; `None` never happens for a receipt that was made here.
    pub fn sign(&self, office: &NoteSigner) -> Option<Vec<u8>> {
        let note = Note::sign(&self.to_string(), &[office], self.time.0)?;
        Some(note.to_bytes())
    }

    /// Reads a signed receipt and checks the office's signature.
    ///
    /// # Errors
    /// [`ReceiptError`]: it proves nothing.
    pub fn check(bytes: &[u8], office: &VerifierKey) -> Result<Self, ReceiptError> {
        if bytes.len() > RECEIPT_BYTES_MAX {
            return Err(ReceiptError::TooLong);
        }
        let note = Note::parse(bytes).map_err(ReceiptError::Note)?;
        note.verify(std::slice::from_ref(office))
            .map_err(ReceiptError::Note)?;
        note.text().parse()
    }

    /// As [`Receipt::check`], and that it is for these bytes.
    ///
    /// # Errors
    /// [`ReceiptError`]: it proves nothing about them.
    pub fn check_report(
        bytes: &[u8],
        report: &[u8],
        office: &VerifierKey,
    ) -> Result<Self, ReceiptError> {
        let receipt = Self::check(bytes, office)?;
        let hash: [u8; 32] = Sha256::digest(report).into();
        if receipt.report == hash {
            Ok(receipt)
        } else {
            Err(ReceiptError::OtherReport)
        }
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{HEADER}\ncase: {}\noperator: {}\nreport: sha256:{}\ntime: {}\n",
            self.case,
            self.operator,
            hex(&self.report),
            self.time
        )
    }
}

impl FromStr for Receipt {
    type Err = ReceiptError;

    fn from_str(text: &str) -> Result<Self, ReceiptError> {
        let mut lines = text.split('\n');
        let mut at = 0;
        let mut next = |start: &str| {
            at += 1;
            let line = lines.next().and_then(|line| line.strip_prefix(start));
            line.ok_or(ReceiptError::Line(at)).map(|rest| (at, rest))
        };
        let (_, rest) = next(HEADER)?;
        if !rest.is_empty() {
            return Err(ReceiptError::Line(1));
        }
        let (line, case) = next("case: ")?;
        let case = case.parse().map_err(|_| ReceiptError::Line(line))?;
        let (line, operator) = next("operator: ")?;
        let operator = operator.parse().map_err(|_| ReceiptError::Line(line))?;
        let (line, report) = next("report: sha256:")?;
        let report = unhex(report).ok_or(ReceiptError::Line(line))?;
        let (line, time) = next("time: ")?;
        let time = time.parse().map_err(|_| ReceiptError::Line(line))?;
        let (line, end) = next("")?;
        if !end.is_empty() || lines.next().is_some() {
            return Err(ReceiptError::Line(line));
        }
        Ok(Self {
            case,
            operator,
            report,
            time,
        })
    }
}
