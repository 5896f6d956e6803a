//! A bundle is put together. In: warning lists by the name of their folder, root hints, additions. Out: the text to be signed, the file that it binds, and what a person has to see before: entries
//! that could not be read, lists that are missing. Never: a list whose class nobody decided.

use super::classes::{ADDITIONS, Filed, WARNING_LISTS};
use super::note::{Listed, Lists};
use super::{Class, LISTS_MAX, is_name};
use crate::safety::Target;
use crate::safety::name::Name;
use crate::safety::protected::{Read, entry};
use sakimori_custody::time::Seconds;
use sakimori_exchange::json::quote;
use sakimori_exchange::warning::{Meaning, WarningList};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// The list that root hints become.
const ROOT_SERVERS: &str = "root-servers";

/// Where an entry that could not be read stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The list.
    pub list: String,
    /// The entry as it is written.
    pub entry: String,
}

/// Why a list is not taken into a bundle. Who builds it acts on it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Nobody decided how far its entries are protected.
    #[error("nobody decided how far the entries of list `{0}` are protected")]
    Unfiled(String),
    /// The name of an addition that is none.
    #[error("`{0}` is no name of an addition: one of the page's, or `office-…`, `owner-…`")]
    Name(String),
    /// An addition whose class the page fixes otherwise.
    #[error("additions `{name}` are {class}")]
    Fixed {
        /// The addition.
        name: String,
        /// Its class.
        class: Class,
    },
    /// The list came already.
    #[error("the list `{0}` comes twice")]
    Twice(String),
    /// A list of parts of values or of expressions.
    #[error("the list `{0}` is made of parts of values; a protected list has prefixes and names")]
    Parts(String),
    /// A line of an addition or of root hints that is no entry.
    #[error("line {line} of `{list}`: {what}")]
    Line {
        /// The list.
        list: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        what: String,
    },
    /// Version, times or count are out of bounds.
    #[error("the bundle cannot be: {0}")]
    Bounds(&'static str),
}

/// A bundle while it is put together.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    lists: BTreeMap<String, (Class, BTreeSet<String>)>,
    left: Vec<Source>,
    empty: Vec<String>,
}

/// A bundle that can be signed.
#[derive(Clone, Debug)]
pub struct Built {
    /// What the note says; its text is signed by the office and by the chair or the deputy of the commission.
    pub lists: Lists,
    /// The file that the note binds.
    pub file: Vec<u8>,
    /// Entries that are neither prefix nor name: a person looks at them before the text is signed.
    pub left: Vec<Source>,
    /// Lists that came without any entry.
    pub empty: Vec<String>,
    /// Additions that the page names and nobody made.
    pub lacking: Vec<&'static str>,
}

impl Draft {
    /// Takes a warning list by the name of its folder.
    ///
    /// # Errors
    /// [`BuildError`]: the bundle is as before.
    pub fn warning_list(&mut self, name: &str, list: &WarningList) -> Result<(), BuildError> {
        let filed = WARNING_LISTS.iter().find(|(known, _, _)| *known == name);
        let Some((_, filed, _)) = filed else {
            return Err(BuildError::Unfiled(name.to_owned()));
        };
        let Filed::As(class, reach) = *filed else {
            return Ok(());
        };
        if matches!(list.meaning, Meaning::Part | Meaning::Expression) {
            return Err(BuildError::Parts(name.to_owned()));
        }
        let mut entries = BTreeSet::new();
        let mut left = Vec::new();
        for text in &list.entries {
            match entry(text) {
                Some(Read::Net(prefix)) => {
                    entries.insert(Target::Net(prefix).to_string());
                }
                Some(Read::Name(name, marked)) => {
                    let hostname = list.meaning == Meaning::Hostname;
                    let below = marked || hostname || reach == crate::safety::Reach::Below;
                    entries.insert(Target::Name { name, below }.to_string());
                }
                None => left.push(Source {
                    list: name.to_owned(),
                    entry: text.clone(),
                }),
            }
        }
        self.put(name, class, entries)?;
        self.left.extend(left);
        Ok(())
    }

    /// Takes the hints that resolvers begin with (`named.root` of IANA): names and addresses of the root servers.
    ///
    /// # Errors
    /// [`BuildError::Line`], [`BuildError::Twice`]: the bundle is as before.
    pub fn root_hints(&mut self, text: &str) -> Result<(), BuildError> {
        let mut entries = BTreeSet::new();
        for (at, line) in text.lines().enumerate() {
            let wrong = |what: &str| BuildError::Line {
                list: ROOT_SERVERS.to_owned(),
                line: at + 1,
                what: what.to_owned(),
            };
            let plain = line.split(';').next().unwrap_or_default();
            let words: Vec<&str> = plain.split_ascii_whitespace().collect();
            let value = match words[..] {
                [] => continue,
                [_, _, "A" | "AAAA", value] => Target::parse(value)
                    .ok()
                    .filter(|target| matches!(target, Target::Net(_))),
                [".", _, "NS", value] => Name::parse(value)
                    .ok()
                    .map(|name| Target::Name { name, below: true }),
                _ => None,
            };
            let target = value.ok_or_else(|| wrong("is no root server or address of one"))?;
            entries.insert(target.to_string());
        }
        self.put(ROOT_SERVERS, Class::Never, entries)
    }

    /// Takes an addition of office or owner: one entry a line, what stands behind `#` is for people.
    ///
    /// # Errors
    /// [`BuildError`]: the bundle is as before; the line that is wrong is named.
    pub fn addition(&mut self, name: &str, class: Class, text: &str) -> Result<(), BuildError> {
        let known = ADDITIONS.iter().find(|addition| addition.name == name);
        let own = name.starts_with("office-") || name.starts_with("owner-");
        if !is_name(name) || !(own || known.is_some()) {
            return Err(BuildError::Name(name.to_owned()));
        }
        if let Some(known) = known.filter(|known| known.class != class) {
            return Err(BuildError::Fixed {
                name: name.to_owned(),
                class: known.class,
            });
        }
        let mut entries = BTreeSet::new();
        for (at, line) in text.lines().enumerate() {
            let plain = line.split('#').next().unwrap_or_default().trim();
            if plain.is_empty() {
                continue;
            }
            let target = Target::parse(plain).map_err(|e| BuildError::Line {
                list: name.to_owned(),
                line: at + 1,
                what: e.to_string(),
            })?;
            entries.insert(target.to_string());
        }
        self.put(name, class, entries)
    }

    fn put(
        &mut self,
        name: &str,
        class: Class,
        entries: BTreeSet<String>,
    ) -> Result<(), BuildError> {
        if self.lists.contains_key(name) || self.empty.iter().any(|known| known == name) {
            return Err(BuildError::Twice(name.to_owned()));
        }
        if entries.is_empty() {
            self.empty.push(name.to_owned());
        } else {
            self.lists.insert(name.to_owned(), (class, entries));
        }
        Ok(())
    }

    /// Makes text and file.
    ///
    /// # Errors
    /// [`BuildError::Bounds`].
    pub fn finish(
        self,
        version: u64,
        time: Seconds,
        not_after: Seconds,
        root: u64,
    ) -> Result<Built, BuildError> {
        let mut file = Vec::new();
        let mut lists = Vec::new();
        for (name, (class, entries)) in &self.lists {
            let mut line = String::from("{\"list\":");
            quote(&mut line, name);
            line.push_str(",\"class\":");
            quote(&mut line, class.name());
            line.push_str(",\"entries\":[");
            for (at, entry) in entries.iter().enumerate() {
                if at > 0 {
                    line.push(',');
                }
                quote(&mut line, entry);
            }
            line.push_str("]}\n");
            lists.push(Listed {
                name: name.clone(),
                class: *class,
                count: entries.len() as u64,
                sha256: Sha256::digest(&line).into(),
            });
            file.extend_from_slice(line.as_bytes());
        }
        let good = version > 0 && root > 0 && time <= not_after;
        if !good || not_after > super::last_end(time) {
            return Err(BuildError::Bounds("version, root and times"));
        }
        if lists.is_empty() || lists.len() > LISTS_MAX || file.len() > super::FILE_BYTES_MAX {
            return Err(BuildError::Bounds("how many lists, how many bytes"));
        }
        let lacking = ADDITIONS
            .iter()
            .map(|addition| addition.name)
            .filter(|name| !self.lists.contains_key(*name))
            .collect();
        Ok(Built {
            lists: Lists {
                version,
                time,
                not_after,
                root,
                lists,
            },
            file,
            left: self.left,
            empty: self.empty,
            lacking,
        })
    }
}
