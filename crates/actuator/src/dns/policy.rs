//! What a response policy zone has to say, so that each measure has its effect and no other. In: rules on names, and the names that the owner exempts. Out: what stands at which name of the zone. Never: a
//! rule that another one hides.
//!
//! A resolver looks a name up in the zone as in any zone (RFC 4592 section 2.2.1): a name that stands there, or that others stand below, is not covered by a wildcard above it. `*.w.example` and
//! `c.b.w.example` together leave `b.w.example` and `x.b.w.example` alone, in Unbound and BIND alike. So each name that would hide a wildcard carries that wildcard's rule again, at itself and below.

use std::collections::{BTreeMap, BTreeSet};

/// What is answered for a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// There is no such name.
    None,
    /// The owner's sinkhole, with the words for who complains, one for each measure.
    Sinkhole(BTreeSet<String>),
    /// What there would be without us.
    Pass,
}

/// For which names something is answered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reach {
    /// The name.
    pub name: String,
    /// Whether all below it is meant too.
    pub below: bool,
}

impl Reach {
    /// Reads `bad.example` or `*.bad.example`, which has to be a name in its one form already.
    pub fn of(text: &str) -> Self {
        let bare = text.strip_prefix("*.");
        Self {
            name: bare.unwrap_or(text).to_owned(),
            below: bare.is_some(),
        }
    }

    /// Whether all that another one means is meant here.
    pub fn holds(&self, other: &Self) -> bool {
        if self.below {
            above(&other.name).any(|name| name == self.name)
        } else {
            !other.below && self.name == other.name
        }
    }
}

/// The rules of a zone: one answer for each reach.
pub type Rules = BTreeMap<Reach, Answer>;

/// What stands at a name of the zone, and the rule that it is there for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What is answered.
    pub answer: Answer,
    /// The rule.
    pub rule: Reach,
}

/// A name and all above it, the longest first.
pub fn above(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(name), |name| {
        name.split_once('.').map(|(_, above)| above)
    })
}

/// Rules with the owner's exemptions, which win.
#[derive(Clone, Debug, Default)]
struct Merged {
    exact: BTreeMap<String, (Answer, Reach)>,
    below: BTreeMap<String, (Answer, Reach)>,
}

impl Merged {
    fn new(rules: &Rules, exempt: &BTreeSet<Reach>) -> Self {
        let mut merged = Self::default();
        let held = rules
            .iter()
            .filter(|(reach, _)| !exempt.iter().any(|free| free.holds(reach)));
        for (reach, answer) in held {
            merged.put(reach, answer);
        }
        for reach in exempt {
            merged.put(reach, &Answer::Pass);
        }
        merged
    }

    fn put(&mut self, reach: &Reach, answer: &Answer) {
        let side = if reach.below {
            &mut self.below
        } else {
            &mut self.exact
        };
        side.insert(reach.name.clone(), (answer.clone(), reach.clone()));
    }

    fn covering(&self, name: &str) -> Option<&(Answer, Reach)> {
        above(name).find_map(|name| self.below.get(name))
    }
}

/// What stands at which name of the zone. Costs the number of rules times the labels of their names.
pub fn entries(rules: &Rules, exempt: &BTreeSet<Reach>) -> BTreeMap<String, Entry> {
    let merged = Merged::new(rules, exempt);
    let named: BTreeSet<&str> = merged
        .exact
        .keys()
        .chain(merged.below.keys())
        .flat_map(|name| above(name))
        .collect();
    let mut out = BTreeMap::new();
    let mut put = |name: String, found: &(Answer, Reach)| {
        let (answer, rule) = found.clone();
        out.insert(name, Entry { answer, rule });
    };
    for name in named {
        let covering = merged.covering(name);
        if let Some(found) = merged.exact.get(name).or(covering) {
            put(name.to_owned(), found);
        }
        if let Some(found) = covering {
            put(format!("*.{name}"), found);
        }
    }
    out
}
