//! The figures of a schedule as people are shown them, and what is to be said of a draft. In: a schedule. Out: a row for each figure with its source; remarks. Never: a figure
//! without its mark.

use super::Terms;
use crate::routing::{Minister, Sector};

/// A figure or row of a schedule.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Figure {
    /// Its key: `report.full`, `route gas`, `bureau mlit 13`, `widely-used`.
    pub key: String,
    /// Its value, as the text writes it.
    pub value: String,
    /// Whether somebody held it against the law.
    pub verified: bool,
    /// Its source.
    pub source: String,
}

impl Figure {
    /// A line of a schedule's text behind its head.
    fn of(line: &str) -> Option<Self> {
        let mut parts = line.splitn(3, " | ");
        let (said, word, source) = (parts.next()?, parts.next()?, parts.next()?);
        let (kind, rest) = said.split_once(": ")?;
        let (key, value) = match (kind, rest.split_once(" = ")) {
            ("value", Some((key, value))) => (key.to_owned(), value),
            (kind, Some((key, value))) => (format!("{kind} {key}"), value),
            (kind, None) => (kind.to_owned(), rest),
        };
        Some(Self {
            key,
            value: value.to_owned(),
            verified: word == "verified",
            source: source.to_owned(),
        })
    }

    /// The mark that is shown beside it; empty where somebody verified it.
    pub const fn mark(&self) -> &'static str {
        if self.verified { "" } else { "UNVERIFIED" }
    }
}

impl Terms {
    /// Every figure and row, in the order of the text.
    pub fn figures(&self) -> Vec<Figure> {
        self.to_string().lines().filter_map(Figure::of).collect()
    }

    /// What the office should know before it signs: figures that nobody verified, sectors and ministers without a row, what does not follow the schedule that is known.
    pub fn remarks(&self, known: Option<&Self>) -> Vec<String> {
        let mut remarks = Vec::new();
        let unverified = self.figures().iter().filter(|each| !each.verified).count();
        if unverified > 0 {
            remarks.push(format!("{unverified} figures are UNVERIFIED"));
        }
        let unrouted: Vec<&str> = Sector::ALL
            .iter()
            .filter(|sector| !self.routes.iter().any(|row| row.value.sector == **sector))
            .map(|sector| sector.id())
            .collect();
        if !unrouted.is_empty() {
            let list = unrouted.join(", ");
            remarks.push(format!(
                "no route for {list}: their reports go to the Cabinet Office alone"
            ));
        }
        let without: Vec<&str> = Minister::ALL
            .iter()
            .filter(|minister| {
                let routed = self
                    .routes
                    .iter()
                    .any(|row| row.value.minister == **minister);
                let bureaus = self.bureaus.iter();
                routed
                    && !bureaus
                        .into_iter()
                        .any(|row| row.value.minister == **minister)
            })
            .map(|minister| minister.id())
            .collect();
        if !without.is_empty() {
            let list = without.join(", ");
            remarks.push(format!(
                "no bureau of {list}: their reports go to headquarters"
            ));
        }
        if self.core_sub_types.value.is_empty() {
            remarks.push(
                "no sub-type is core: nothing that was only received or attempted is reported"
                    .to_owned(),
            );
        }
        if let Some(known) = known
            && !self.succeeds(known)
        {
            remarks.push(format!(
                "version {} does not follow version {}, which is known",
                self.version, known.version
            ));
        }
        remarks
    }
}
