//! Feeds of events: a manifest, a list of hashes, and a file for each event. In: those texts. Out: what there is and what is new. Never: a network; who fetches hands the
//! bytes in.
//!
//! draft-dulaunoy-misp-core-format section on manifests; MISP's feed format.

mod make;

pub use make::{Made, Reach, hashes, make};

use super::limits;
use super::read::{MispError, missing, optional, too_many, wrong};
use super::tag::Tag;
use crate::json;
use sakimori_custody::time::Seconds;
use std::collections::{BTreeMap, BTreeSet};

/// What a manifest says of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The event's identifier: its file is `UUID.json`.
    pub uuid: String,
    /// Its title.
    pub info: String,
    /// When it last changed.
    pub timestamp: Option<Seconds>,
    /// Who made it.
    pub made_by: Option<String>,
    /// Its tags.
    pub tags: Vec<Tag>,
}

/// Reads `manifest.json`.
///
/// # Errors
/// [`MispError`] for the first thing that is wrong.
pub fn read_manifest(bytes: &[u8]) -> Result<Vec<Listed>, MispError> {
    let root = json::read_bytes(bytes, limits::TEXT)?;
    if !root.is_object() {
        return Err(MispError::NotEvent {
            found: "a manifest is an object with one member for each event",
        });
    }
    let members = root.members();
    if members.len() > limits::MANIFEST_MAX {
        return Err(too_many("", "events", limits::MANIFEST_MAX));
    }
    let each = members.iter().map(|member| {
        let place = format!("/{}", member.name);
        if !super::id::is_uuid(&member.name) {
            return Err(wrong(&place, "name", "the UUID of an event"));
        }
        let timestamp = optional(&member.value, "timestamp");
        let timestamp = timestamp
            .map(|text| {
                text.parse()
                    .map_err(|_| wrong(&place, "timestamp", "a time in seconds"))
            })
            .transpose()?;
        let info = optional(&member.value, "info");
        let made_by = member.value.get("Orgc").and_then(|by| optional(by, "name"));
        let tags = member.value.get("Tag").map_or(&[][..], json::Node::items);
        let tags = tags.iter().filter_map(|tag| {
            Some(Tag {
                name: optional(tag, "name")?,
                colour: optional(tag, "colour"),
            })
        });
        Ok(Listed {
            uuid: member.name.to_string(),
            info: info.ok_or_else(|| missing(&place, "info"))?,
            timestamp: timestamp.map(Seconds),
            made_by,
            tags: tags.collect(),
        })
    });
    each.collect()
}

/// The events of a manifest that are new or newer than what is known: `known` gives the time of an event that is here.
pub fn to_fetch(manifest: &[Listed], known: impl Fn(&str) -> Option<Seconds>) -> Vec<&Listed> {
    let newer = |listed: &&Listed| {
        let here = known(&listed.uuid);
        here.is_none() || listed.timestamp > here
    };
    manifest.iter().filter(newer).collect()
}

/// A line of `hashes.csv`: the MD5 of a value and the event that has it. It says whether an event has a value without showing the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hashed {
    /// MD5 of the value, in small hexadecimal digits.
    pub md5: String,
    /// The event.
    pub event: String,
}

/// Reads `hashes.csv`.
///
/// # Errors
/// [`MispError::Wrong`] with the line.
pub fn read_hashes(bytes: &[u8]) -> Result<Vec<Hashed>, MispError> {
    let text =
        std::str::from_utf8(bytes).map_err(|_| MispError::NotEvent { found: "not UTF-8" })?;
    let mut out = Vec::new();
    let lines = text.lines().enumerate();
    for (at, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let place = format!("line {}", at + 1);
        if out.len() == limits::HASHES_MAX {
            return Err(too_many(&place, "hashes", limits::HASHES_MAX));
        }
        let (md5, event) = line
            .trim()
            .split_once(',')
            .ok_or_else(|| wrong(&place, "line", "a hash, a comma and an event"))?;
        let is_hash = md5.len() == 32 && md5.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_hash {
            return Err(wrong(&place, "hash", "32 hexadecimal digits"));
        }
        if !super::id::is_uuid(event) {
            return Err(wrong(&place, "event", "a UUID"));
        }
        out.push(Hashed {
            md5: md5.to_ascii_lowercase(),
            event: event.to_owned(),
        });
    }
    Ok(out)
}

/// Why the file of an event is not the one that the feed lists. Whoever gives the feed acts on it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FeedError {
    /// The file is no event.
    #[error("it cannot be read")]
    Misp(#[from] MispError),
    /// It is none, or several.
    #[error("the file holds {0} events and not one")]
    Events(usize),
    /// It is another.
    #[error("it is another event than the manifest says")]
    Other,
    /// It is of another time.
    #[error("it is of another time than the manifest says")]
    Time,
    /// Its values are others.
    #[error(
        "its values are not those of the list of hashes: {missing} are not in it, {more} are not in the list"
    )]
    Hashes {
        /// Hashes of the list that no value has.
        missing: usize,
        /// Values that the list does not have.
        more: usize,
    },
}

/// The hashes of each event.
pub fn by_event(list: &[Hashed]) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut out: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for one in list {
        out.entry(&one.event).or_default().insert(&one.md5);
    }
    out
}

/// Compares the file of an event with what the manifest and the list of hashes say of it; `None` where the feed has no such list.
///
/// # Errors
/// [`FeedError`].
pub fn check(listed: &Listed, said: Option<&BTreeSet<&str>>, file: &[u8]) -> Result<(), FeedError> {
    let mut events = super::read::read(file)?;
    let count = events.len();
    let Some(event) = events.pop().filter(|_| count == 1) else {
        return Err(FeedError::Events(count));
    };
    if event.uuid.as_deref() != Some(&listed.uuid) {
        return Err(FeedError::Other);
    }
    if listed.timestamp.is_some() && event.timestamp != listed.timestamp {
        return Err(FeedError::Time);
    }
    let Some(said) = said else { return Ok(()) };
    let own = hashes(&event);
    let missing = said.iter().filter(|md5| !own.contains(**md5)).count();
    let more = own
        .iter()
        .filter(|md5| !said.contains(md5.as_str()))
        .count();
    if missing + more > 0 {
        return Err(FeedError::Hashes { missing, more });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "57c4445b-c548-4654-af0b-4be3950d210f";

    #[test]
    fn a_manifest_says_what_is_new() {
        let text = format!(
            "{{\"{ONE}\":{{\"info\":\"標的型\",\"timestamp\":\"1472480000\",\"Orgc\":{{\"name\":\"A\"}},\"Tag\":[{{\"name\":\"tlp:white\"}}]}}}}"
        );
        let manifest = read_manifest(text.as_bytes()).unwrap();
        assert_eq!(manifest[0].info, "標的型");
        assert_eq!(manifest[0].made_by.as_deref(), Some("A"));
        assert_eq!(to_fetch(&manifest, |_| None).len(), 1);
        assert_eq!(
            to_fetch(&manifest, |_| Some(Seconds(1_472_480_000))).len(),
            0
        );
        assert_eq!(
            to_fetch(&manifest, |_| Some(Seconds(1_472_479_999))).len(),
            1
        );
    }

    #[test]
    fn what_is_no_manifest_or_list_is_refused_with_its_place() {
        let bad = |text: &str| read_manifest(text.as_bytes()).unwrap_err().to_string();
        assert_eq!(bad("{\"x\":{}}"), "/x: `name` is not the UUID of an event");
        assert_eq!(
            bad(&format!("{{\"{ONE}\":{{}}}}")),
            format!("/{ONE}: `info` is missing")
        );
        let list = format!("b2a5abfeef9e36964281a31e17b57c97,{ONE}\n\nzz,{ONE}\n");
        let error = read_hashes(list.as_bytes()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "line 3: `hash` is not 32 hexadecimal digits"
        );
        let good = format!("B2A5ABFEEF9E36964281A31E17B57C97,{ONE}\n");
        let read = read_hashes(good.as_bytes()).unwrap();
        assert_eq!(read[0].md5, "b2a5abfeef9e36964281a31e17b57c97");
    }
}
