//! The catalogue of weaknesses that are known to be exploited (CISA, KEV). In: its JSON. Out: entries by CVE id. Never: half a catalogue; the first entry that is wrong is
//! named and nothing is taken.

use crate::json::{self, JsonError};
use crate::limits::{CATALOGUE_BYTES_MAX, CATALOGUE_ROWS_MAX};
use sakimori_custody::time::Seconds;
use serde_json::Value;
use std::collections::BTreeMap;

/// The catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalogue {
    /// Its version, a date with dots.
    pub version: String,
    /// When it was released (RFC 3339).
    pub released: String,
    /// Entries by CVE id.
    pub entries: BTreeMap<String, Entry>,
}

impl Catalogue {
    /// The day on which it was released, from its first second; none where it does not begin with a day.
    pub fn day(&self) -> Option<Seconds> {
        day_of(&self.released)
    }
}

/// The first second of the day that a text begins with.
pub(crate) fn day_of(text: &str) -> Option<Seconds> {
    let day = text.get(..10)?;
    crate::time::read(&format!("{day}T00:00:00Z")).map(crate::time::Moment::second)
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Maker or project.
    pub maker: String,
    /// Product.
    pub product: String,
    /// What it is called.
    pub name: String,
    /// Day on which it was added, `YYYY-MM-DD`.
    pub added: String,
    /// Day by which agencies of the United States must have acted.
    pub due: String,
    /// What they must do.
    pub action: String,
    /// Whether ransomware is known to use it; no where the catalogue says "Unknown".
    pub ransomware: bool,
}

/// Why a catalogue is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KevError {
    /// Not JSON within the bounds.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// A member is missing or wrong.
    #[error("{place}: {what}")]
    Member {
        /// Entry and member.
        place: String,
        /// What is wrong.
        what: &'static str,
    },
}

fn refuse(place: impl Into<String>, what: &'static str) -> KevError {
    let place = place.into();
    KevError::Member { place, what }
}

/// Reads a catalogue.
///
/// # Errors
/// [`KevError`] with the entry, counted from 1.
pub fn read(bytes: &[u8]) -> Result<Catalogue, KevError> {
    let catalogue = json::read_up_to(bytes, CATALOGUE_BYTES_MAX)?;
    let text = |key: &str| {
        let text = json::text(&catalogue, key).map(str::to_owned);
        text.ok_or_else(|| refuse(key, "is missing"))
    };
    let mut entries = BTreeMap::new();
    let list = catalogue.get("vulnerabilities").and_then(Value::as_array);
    let list = list.ok_or_else(|| refuse("vulnerabilities", "is missing"))?;
    if list.len() > CATALOGUE_ROWS_MAX {
        return Err(refuse("vulnerabilities", "has more entries than are read"));
    }
    for (index, item) in list.iter().enumerate() {
        let place = |key: &str| format!("entry {}, {key}", index + 1);
        let (id, entry) = entry(item, &place)?;
        if entries.insert(id, entry).is_some() {
            return Err(refuse(place("cveID"), "stands twice"));
        }
    }
    let count = catalogue.get("count").and_then(Value::as_u64);
    if count != u64::try_from(entries.len()).ok() {
        return Err(refuse("count", "is not the number of entries"));
    }
    Ok(Catalogue {
        version: text("catalogVersion")?,
        released: text("dateReleased")?,
        entries,
    })
}

fn entry(item: &Value, place: &dyn Fn(&str) -> String) -> Result<(String, Entry), KevError> {
    let text = |key: &str| {
        let text = json::text(item, key).map(str::to_owned);
        text.ok_or_else(|| refuse(place(key), "is missing"))
    };
    let day = |key: &str| {
        let day = text(key)?;
        let good = crate::time::read(&format!("{day}T00:00:00Z")).is_some();
        good.then_some(day)
            .ok_or_else(|| refuse(place(key), "is no day"))
    };
    let id = text("cveID")?;
    if !crate::cve::is_id(&id) {
        return Err(refuse(place("cveID"), "is no CVE id"));
    }
    let entry = Entry {
        maker: text("vendorProject")?,
        product: text("product")?,
        name: text("vulnerabilityName")?,
        added: day("dateAdded")?,
        due: day("dueDate")?,
        action: text("requiredAction")?,
        ransomware: json::text(item, "knownRansomwareCampaignUse") == Some("Known"),
    };
    Ok((id, entry))
}
