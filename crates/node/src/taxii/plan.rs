//! What is shared with whom, as the file has it once it is checked. In: a machine, a time. Out: what it may do with which collection. Never: a name that stands in no file.

use sakimori_custody::class::Class;
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use sakimori_exchange::taxii::Rights;
use sakimori_release::{ConditionKind, RecipientKind, Tlp};
use std::collections::{BTreeMap, BTreeSet};

/// A machine that may call.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    /// What it is to the law.
    pub(super) kind: RecipientKind,
    /// The strictest marking that it is shown.
    pub(super) tlp: Tlp,
    /// Whether its program knows TLP 1 alone: what that has no word for is withheld.
    pub(super) tlp1_only: bool,
    /// The member of the council that it reads for, where it is of that kind.
    pub(super) member: Option<Name>,
}

/// A supervisor's approval of whatever is posted into a collection.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    /// The supervisor.
    pub(super) by: Name,
    /// Why, which is the basis of each release.
    pub(super) reason: String,
    /// How the rights of communication parties were considered.
    pub(super) rights: String,
    /// Its last second.
    pub(super) until: Seconds,
}

/// A condition of the law, for every reader.
#[derive(Clone, Debug)]
pub(super) struct Term {
    /// Its last second.
    pub(super) until: Seconds,
    /// Where it is found.
    pub(super) record: String,
}

/// A collection.
#[derive(Clone, Debug)]
pub(super) struct Collection {
    /// Its id, a UUID.
    pub(super) id: String,
    /// Another name in addresses.
    pub(super) alias: Option<String>,
    /// Name for people.
    pub(super) title: String,
    /// A sentence or two.
    pub(super) description: Option<String>,
    /// Of which class what is in it is.
    pub(super) class: Class,
    /// The strictest marking that may be in it, which is that of what has none.
    pub(super) tlp: Tlp,
    /// Who reads, and until when where a condition of the law ends.
    pub(super) readers: BTreeMap<String, Option<Seconds>>,
    /// Who writes.
    pub(super) writers: BTreeSet<String>,
    /// What the law asks for beside.
    pub(super) conditions: BTreeMap<ConditionKind, Term>,
    /// Whether posts wait for a supervisor.
    pub(super) inbox: bool,
    /// A supervisor's approval of all posts.
    pub(super) gate: Option<Standing>,
}

/// A root: collections of one audience.
#[derive(Clone, Debug)]
pub(super) struct Root {
    /// Its name in addresses.
    pub(super) name: String,
    /// Name for people.
    pub(super) title: String,
    /// A sentence or two.
    pub(super) description: Option<String>,
    /// Whether it is for who does not choose.
    pub(super) default: bool,
    /// What is in it.
    pub(super) collections: Vec<Collection>,
}

/// All of it.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// Name of the server for people.
    pub(super) title: String,
    /// A sentence or two.
    pub(super) description: Option<String>,
    /// Whom to write to.
    pub(super) contact: Option<String>,
    /// Longest body of a post in bytes, counted after decompression.
    pub(super) body_bytes_max: u64,
    /// Most requests of a machine in a minute.
    pub(super) requests_a_minute: u32,
    /// Markings that say nothing of who may see an object, such as terms of use.
    pub(super) statements: BTreeSet<String>,
    /// Who may call.
    pub(super) machines: BTreeMap<String, Machine>,
    /// Roots in their order.
    pub(super) roots: Vec<Root>,
}

/// A machine that has signed in, with what its token or certificate allows.
#[derive(Clone, Debug)]
pub(super) struct Who {
    /// Its id.
    pub(super) id: String,
    /// Whether it showed leave to read.
    pub(super) read: bool,
    /// Whether it showed leave to write.
    pub(super) write: bool,
}

impl Collection {
    /// What a machine may do with it now.
    pub(super) fn rights(&self, who: &Who, now: Seconds) -> Rights {
        let reads = |until: &Option<Seconds>| until.is_none_or(|until| now <= until);
        Rights {
            read: who.read && self.readers.get(&who.id).is_some_and(reads),
            write: who.write && self.writers.contains(&who.id),
        }
    }

    /// Whether somebody beside the writer reads it, now or at another time.
    pub(super) fn is_shared(&self, writer: &str) -> bool {
        self.readers.keys().any(|reader| reader != writer)
    }

    /// Who reads it now, by name.
    pub(super) fn reading(&self, now: Seconds) -> impl Iterator<Item = &str> {
        let reads = move |until: &Option<Seconds>| until.is_none_or(|until| now <= until);
        let readers = self.readers.iter();
        readers
            .filter(move |(_, until)| reads(until))
            .map(|(name, _)| name.as_str())
    }

    fn is_shown(&self, who: &Who, now: Seconds) -> bool {
        let rights = self.rights(who, now);
        rights.read || rights.write
    }
}

impl Root {
    /// Whether a machine may know of it: it has a right to a collection there.
    pub(super) fn is_shown(&self, who: &Who, now: Seconds) -> bool {
        self.collections.iter().any(|one| one.is_shown(who, now))
    }

    /// The collection of an id or alias that a machine may know of.
    pub(super) fn collection(&self, name: &str, who: &Who, now: Seconds) -> Option<&Collection> {
        let is = |one: &&Collection| one.id == name || one.alias.as_deref() == Some(name);
        let found = self.collections.iter().find(is)?;
        found.is_shown(who, now).then_some(found)
    }
}

impl Plan {
    /// Roots that a machine may know of.
    pub(super) fn roots<'p>(&'p self, who: &Who, now: Seconds) -> impl Iterator<Item = &'p Root> {
        self.roots
            .iter()
            .filter(move |root| root.is_shown(who, now))
    }

    /// The collection of an id, wherever it is.
    pub(super) fn collection(&self, id: &str) -> Option<&Collection> {
        let mut all = self.roots.iter().flat_map(|root| &root.collections);
        all.find(|one| one.id == id)
    }
}
