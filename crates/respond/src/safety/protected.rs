//! The protected things, ready to be asked. In: entries with their class and list. Out: every entry that a prefix or name runs into, from above and from below. Never: an entry that is left out
//! because it cannot be read: then there is no list.

use super::Class;
use super::name::Name;
use super::net::{cut, host, last, shown, unwrapped, within};
use sakimori_custody::record::coded;
use sakimori_exchange::warning::{Meaning, WarningList};
use sakimori_select::Prefix;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Most entries of all lists.
const ENTRIES_MAX: usize = 4_000_000;

coded! {
    /// What of a name is protected.
    Reach: u8 {
        /// The name and all below it.
        Below = 1 "below",
        /// The name alone: what lies below it belongs to others (a registry, a provider of names).
        Only = 2 "only",
    }
}
coded! {
    /// How a target runs into an entry.
    How: u8 {
        /// They are the same.
        Same = 1 "same",
        /// The target lies in what is protected.
        Inside = 2 "inside",
        /// What is protected lies in the target.
        Around = 3 "around",
    }
}

/// An entry that a target runs into.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// How far it is protected.
    pub class: Class,
    /// The list that says so.
    pub list: String,
    /// The entry, as it is read.
    pub entry: String,
    /// How they meet.
    pub how: How,
    /// What of the target it was: the target itself, an address that a name has now, an address that another carries.
    pub met: String,
}

/// Why lists cannot be used. Who keeps them acts on it; until then the lists before are used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProtectedError {
    /// A list whose entries are parts of values or expressions: nothing can be compared both ways with them.
    #[error("the list `{0}` is made of parts of values; a protected list has prefixes and names")]
    Parts(String),
    /// Too many entries.
    #[error("the lists have more than {ENTRIES_MAX} entries")]
    TooMany,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    class: Class,
    list: u32,
    reach: Reach,
}

/// Lists while they are put together.
#[derive(Debug, Default)]
pub struct Building {
    lists: Vec<String>,
    nets: BTreeMap<(u128, u8), Vec<Entry>>,
    names: BTreeMap<String, Vec<Entry>>,
    count: usize,
}

/// All protected things. A question costs some microseconds and the entries that it finds.
#[derive(Debug, Default)]
pub struct Protected {
    lists: Vec<String>,
    nets: BTreeMap<(u128, u8), Vec<Entry>>,
    lengths: BTreeSet<u8>,
    /// Names by their labels from the end, so that what lies below a name stands together.
    names: BTreeMap<String, Vec<Entry>>,
}

/// A name's labels from the last to the first, each with a mark behind it that no label has.
fn turned(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 1);
    for label in name.rsplit('.') {
        out.push_str(label);
        out.push('\u{1}');
    }
    out
}

impl Building {
    /// The number of a list, made where it is new.
    fn list(&mut self, list: &str) -> u32 {
        let found = self.lists.iter().position(|known| known == list);
        let at = found.unwrap_or_else(|| {
            self.lists.push(list.to_owned());
            self.lists.len() - 1
        });
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    fn counted(&mut self) -> Result<(), ProtectedError> {
        self.count += 1;
        if self.count > ENTRIES_MAX {
            Err(ProtectedError::TooMany)
        } else {
            Ok(())
        }
    }

    /// Adds a prefix. What it carries of IPv4 is protected too.
    ///
    /// # Errors
    /// [`ProtectedError::TooMany`].
    pub fn net(&mut self, list: &str, class: Class, prefix: Prefix) -> Result<(), ProtectedError> {
        let list = self.list(list);
        let entry = Entry {
            class,
            list,
            reach: Reach::Below,
        };
        // A prefix that is so wide that it holds whole carriers protects itself alone: `::/0` is not all of IPv4 for who lists it.
        let all = unwrapped(prefix);
        for one in all
            .into_iter()
            .filter(|one| one.bits > 96 || *one == cut(prefix.first, prefix.bits))
        {
            self.counted()?;
            self.nets
                .entry((one.first, one.bits))
                .or_default()
                .push(entry);
        }
        Ok(())
    }

    /// Adds a name.
    ///
    /// # Errors
    /// [`ProtectedError::TooMany`].
    pub fn name(
        &mut self,
        list: &str,
        class: Class,
        reach: Reach,
        name: &Name,
    ) -> Result<(), ProtectedError> {
        let list = self.list(list);
        self.counted()?;
        let entry = Entry { class, list, reach };
        self.names
            .entry(turned(name.as_str()))
            .or_default()
            .push(entry);
        Ok(())
    }

    /// Adds a warning list: prefixes, or names with what of them is meant. Its version stands behind its name. Gives the entries that are neither: lists that people keep have such, and who puts
    /// a bundle together has to see them before it is signed.
    ///
    /// # Errors
    /// [`ProtectedError`].
    pub fn warning_list(
        &mut self,
        from: &WarningList,
        class: Class,
        reach: Reach,
    ) -> Result<Vec<String>, ProtectedError> {
        let list = format!("{} ({})", from.name, from.version);
        if matches!(from.meaning, Meaning::Part | Meaning::Expression) {
            return Err(ProtectedError::Parts(list));
        }
        let mut left = Vec::new();
        for text in &from.entries {
            match entry(text) {
                Some(Read::Net(prefix)) => self.net(&list, class, prefix)?,
                Some(Read::Name(name, marked)) => {
                    let reach = if marked || from.meaning == Meaning::Hostname {
                        Reach::Below
                    } else {
                        reach
                    };
                    self.name(&list, class, reach, &name)?;
                }
                None => left.push(text.clone()),
            }
        }
        Ok(left)
    }

    /// Makes them ready.
    pub fn done(self) -> Protected {
        let lengths = self.nets.keys().map(|(_, bits)| *bits).collect();
        Protected {
            lists: self.lists,
            nets: self.nets,
            lengths,
            names: self.names,
        }
    }
}

pub(super) enum Read {
    Net(Prefix),
    /// A name, and whether its form says that all below it is meant.
    Name(Name, bool),
}

/// An entry of a list: address, prefix (bits behind its length are dropped, as list keepers leave them), name.
pub(super) fn entry(text: &str) -> Option<Read> {
    let text = text.trim();
    let (address, bits) = text.split_once('/').unwrap_or((text, ""));
    if let Ok(address) = address.parse::<IpAddr>() {
        let whole = host(address);
        let more = if address.is_ipv4() { 96 } else { 0 };
        let bits: u8 = if bits.is_empty() {
            whole.bits
        } else {
            bits.parse::<u8>().ok()?.checked_add(more)?
        };
        return (bits <= 128).then(|| Read::Net(cut(whole.first, bits)));
    }
    let bare = text.strip_prefix("*.").or_else(|| text.strip_prefix('.'));
    let name = Name::parse(bare.unwrap_or(text)).ok()?;
    Some(Read::Name(name, bare.is_some()))
}

impl Protected {
    /// How many entries there are.
    pub fn len(&self) -> usize {
        let nets: usize = self.nets.values().map(Vec::len).sum();
        nets + self.names.values().map(Vec::len).sum::<usize>()
    }

    /// Whether nothing is protected: then nothing may be asked.
    pub fn is_empty(&self) -> bool {
        self.nets.is_empty() && self.names.is_empty()
    }

    fn add(&self, out: &mut BTreeSet<Hit>, entries: &[Entry], shown: &str, how: How, met: &str) {
        for entry in entries {
            let list = self
                .lists
                .get(entry.list as usize)
                .cloned()
                .unwrap_or_default();
            out.insert(Hit {
                class: entry.class,
                list,
                entry: shown.to_owned(),
                how,
                met: met.to_owned(),
            });
        }
    }

    /// Every entry that a prefix runs into. `most` bounds how many lie in it that are told: the strongest class is told in any case.
    pub(super) fn net(&self, prefix: Prefix, out: &mut BTreeSet<Hit>) {
        for one in unwrapped(prefix) {
            let met = shown(one);
            for bits in self.lengths.iter().filter(|bits| **bits <= one.bits) {
                let outer = cut(one.first, *bits);
                if let Some(entries) = self.nets.get(&(outer.first, outer.bits)) {
                    let how = if outer == one { How::Same } else { How::Inside };
                    self.add(out, entries, &shown(outer), how, &met);
                }
            }
            for ((first, bits), entries) in self.nets.range((one.first, 0)..=(last(one), 128)) {
                let inner = Prefix {
                    first: *first,
                    bits: *bits,
                };
                if inner != one && within(inner, one) {
                    self.add(out, entries, &shown(inner), How::Around, &met);
                }
            }
        }
    }

    /// Every entry that a name runs into; `below` says whether all below it is meant too.
    pub(super) fn name(&self, name: &Name, below: bool, out: &mut BTreeSet<Hit>) {
        for (at, above) in name.ancestors().enumerate() {
            let Some(entries) = self.names.get(&turned(above)) else {
                continue;
            };
            let how = if at == 0 { How::Same } else { How::Inside };
            let meant: Vec<Entry> = entries
                .iter()
                .copied()
                .filter(|entry| at == 0 || entry.reach == Reach::Below)
                .collect();
            self.add(out, &meant, above, how, name.as_str());
        }
        if !below {
            return;
        }
        let begins = turned(name.as_str());
        let inside = self
            .names
            .range(begins.clone()..)
            .take_while(|(key, _)| key.starts_with(&begins));
        for (key, entries) in inside.filter(|(key, _)| **key != begins) {
            let labels: Vec<&str> = key.trim_end_matches('\u{1}').rsplit('\u{1}').collect();
            self.add(out, entries, &labels.join("."), How::Around, name.as_str());
        }
    }
}
