//! Warning lists: what is well known and must not be taken for an indicator by mistake (MISP warning lists). In: lists, indicators. Out: the lists that name an indicator,
//! the narrowest entry first. Never: a decision; a hit is a reason to look, and a list may be wrong.

mod look;

pub use look::{LISTS_MAX, ListFile, Named};

use crate::json::{self, JsonError, Limits};
use crate::list::What;
use crate::list::{Ranges, Suffixes, address_number, prefix};
use regex::{Regex, RegexBuilder};
use sakimori_select::Prefix;
use std::collections::BTreeMap;

/// Most entries of one list: the largest known has a million.
pub const ENTRIES_MAX: usize = 2_000_000;
/// Most entries of a list whose entries are parts of values: each look-up tries all of them.
pub const PARTS_MAX: usize = 10_000;
/// Most expressions of one list.
pub const EXPRESSIONS_MAX: usize = 1000;
/// Most bytes that a compiled expression may take.
pub const EXPRESSION_BYTES_MAX: usize = 1 << 20;
/// Bounds of a list's text.
const TEXT: Limits = Limits {
    bytes_max: 128 << 20,
    depth_max: 8,
    values_max: 1 << 22,
};

/// How entries are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Prefixes and addresses.
    Cidr,
    /// The whole value.
    Whole,
    /// A part of the value.
    Part,
    /// A name and everything below it.
    Hostname,
    /// A regular expression.
    Expression,
}

/// Why a list cannot be read. Its maker acts on it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WarningError {
    /// No JSON.
    #[error("the warning list cannot be read")]
    Json(#[from] JsonError),
    /// A member is missing or wrong.
    #[error("the warning list has no `{0}` that can be read")]
    Member(&'static str),
    /// An entry is wrong.
    #[error("entry {at} of the warning list `{list}` {what}")]
    Entry {
        /// The list.
        list: String,
        /// The entry, from 0.
        at: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// Too many entries.
    #[error("the warning list has more entries than are read")]
    TooMany,
}

/// A warning list.
#[derive(Clone, Debug)]
pub struct WarningList {
    /// Its name: the reason of a hit.
    pub name: String,
    /// What it holds.
    pub description: String,
    /// Its version.
    pub version: u64,
    /// How its entries are meant.
    pub meaning: Meaning,
    /// Types of attributes that it is about; none: all.
    pub attributes: Vec<String>,
    /// Its entries.
    pub entries: Vec<String>,
}

impl WarningList {
    /// Reads a list.
    ///
    /// # Errors
    /// [`WarningError`].
    pub fn read(bytes: &[u8]) -> Result<Self, WarningError> {
        let root = json::read_bytes(bytes, TEXT)?;
        let text = |name: &'static str| root.text_of(name).ok_or(WarningError::Member(name));
        let texts = |name: &'static str| -> Result<Vec<String>, WarningError> {
            let items = root.get(name).ok_or(WarningError::Member(name))?.items();
            let each = items.iter().map(|item| item.as_str().map(str::to_owned));
            each.collect::<Option<_>>()
                .ok_or(WarningError::Member(name))
        };
        let meaning = match text("type")? {
            "cidr" => Meaning::Cidr,
            "string" => Meaning::Whole,
            "substring" => Meaning::Part,
            "hostname" => Meaning::Hostname,
            "regex" => Meaning::Expression,
            _ => return Err(WarningError::Member("type")),
        };
        let entries = texts("list")?;
        if entries.len() > ENTRIES_MAX {
            return Err(WarningError::TooMany);
        }
        let version = root.get("version").and_then(json::Node::as_i64);
        Ok(Self {
            name: text("name")?.to_owned(),
            description: text("description").unwrap_or_default().to_owned(),
            version: version.and_then(|v| u64::try_from(v).ok()).unwrap_or(0),
            meaning,
            attributes: texts("matching_attributes").unwrap_or_default(),
            entries,
        })
    }
}

/// A list that names an indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit<'w> {
    /// The list's name: the reason.
    pub list: &'w str,
    /// The entry.
    pub entry: &'w str,
}

/// All lists, ready for look-ups: about a microsecond for an address or name.
#[derive(Debug, Default)]
pub struct Warnings {
    lists: Vec<WarningList>,
    ranges: Ranges,
    whole: BTreeMap<String, Vec<(u32, u32)>>,
    suffixes: Suffixes,
    parts: Vec<(u32, u32, String)>,
    expressions: Vec<(u32, u32, Regex)>,
}

impl Warnings {
    /// Makes lists ready.
    ///
    /// # Errors
    /// [`WarningError::Entry`] for the first entry that is wrong; a list is never used by halves.
    pub fn new(lists: Vec<WarningList>) -> Result<Self, WarningError> {
        let mut out = Self::default();
        let mut ranges: Vec<(Prefix, u32, u32)> = Vec::new();
        for (of, list) in (0u32..).zip(&lists) {
            let most = match list.meaning {
                Meaning::Expression => EXPRESSIONS_MAX,
                Meaning::Part => PARTS_MAX,
                _ => ENTRIES_MAX,
            };
            if list.entries.len() > most {
                return Err(WarningError::TooMany);
            }
            for (at, entry) in (0u32..).zip(&list.entries) {
                let wrong = |what: &'static str| WarningError::Entry {
                    list: list.name.clone(),
                    at: at as usize,
                    what,
                };
                match list.meaning {
                    Meaning::Cidr => ranges.push((range(entry).map_err(wrong)?, of, at)),
                    Meaning::Whole => {
                        let lower = entry.to_lowercase();
                        out.whole.entry(lower).or_default().push((of, at));
                    }
                    Meaning::Hostname => out.suffixes.add(entry, of, at),
                    Meaning::Part => out.parts.push((of, at, entry.to_lowercase())),
                    Meaning::Expression => {
                        let made = expression(entry);
                        let made =
                            made.ok_or_else(|| wrong("is no regular expression that is accepted"))?;
                        out.expressions.push((of, at, made));
                    }
                }
            }
        }
        out.ranges = Ranges::new(ranges);
        out.lists = lists;
        Ok(out)
    }

    /// The lists that name an indicator, the narrowest prefix first.
    pub fn hits(&self, what: &What) -> Vec<Hit<'_>> {
        let mut out = Vec::new();
        self.look(what, kinds(what), &mut out);
        if let Some(host) = what.host() {
            self.look(&host, kinds(what), &mut out);
        }
        out.dedup();
        out
    }

    fn look<'w>(&'w self, what: &What, kinds: &[&str], out: &mut Vec<Hit<'w>>) {
        let mut add = |(of, at): (u32, u32)| {
            let list = self.lists.get(of as usize);
            let Some((list, entry)) = list.and_then(|l| Some((l, l.entries.get(at as usize)?)))
            else {
                return;
            };
            let about = list.attributes.is_empty()
                || list.attributes.iter().any(|a| kinds.contains(&a.as_str()));
            if about {
                out.push(Hit {
                    list: &list.name,
                    entry,
                });
            }
        };
        match what {
            What::Address(address) => self.ranges.holding(address_number(*address), 128, &mut add),
            What::Prefix(prefix) => self.ranges.holding(prefix.first, prefix.bits, &mut add),
            What::Domain(name) => self.suffixes.holding(name, &mut add),
            _ => {}
        }
        let text = what.to_string().to_lowercase();
        if let Some(found) = self.whole.get(&text) {
            found.iter().copied().for_each(&mut add);
        }
        for (of, at, part) in &self.parts {
            if text.contains(part.as_str()) {
                add((*of, *at));
            }
        }
        for (of, at, expression) in &self.expressions {
            if expression.is_match(&text) {
                add((*of, *at));
            }
        }
    }
}

/// An entry of a list of prefixes: an address alone is one of all its bits.
fn range(entry: &str) -> Result<Prefix, &'static str> {
    if entry.contains('/') {
        return prefix(&entry.to_ascii_lowercase());
    }
    let address: std::net::IpAddr = entry.parse().map_err(|_| "is no address or prefix")?;
    Ok(Prefix {
        first: address_number(address),
        bits: 128,
    })
}

/// An expression, also between slashes with marks behind, as the lists have them.
fn expression(entry: &str) -> Option<Regex> {
    let (inner, marks) = entry
        .strip_prefix('/')
        .and_then(|rest| rest.rsplit_once('/'))
        .unwrap_or((entry, ""));
    RegexBuilder::new(inner)
        .case_insensitive(marks.contains('i'))
        .size_limit(EXPRESSION_BYTES_MAX)
        .build()
        .ok()
}

/// The types of attributes that an indicator could be.
const fn kinds(what: &What) -> &'static [&'static str] {
    match what {
        What::Address(_) | What::Prefix(_) => &[
            "ip-src",
            "ip-dst",
            "ip-src|port",
            "ip-dst|port",
            "domain|ip",
        ],
        What::Domain(_) => &["domain", "hostname", "domain|ip", "hostname|port"],
        What::Url(_) => &["url", "uri", "link", "hostname", "domain", "ip-dst"],
        What::Hash(..) => &[
            "md5",
            "sha1",
            "sha256",
            "sha512",
            "filename|md5",
            "filename|sha1",
            "filename|sha256",
        ],
        What::As(_) => &["AS"],
    }
}

#[cfg(test)]
mod tests;
