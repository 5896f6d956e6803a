//! People: who holds which roles and which clearance, when. In: entries of type 4. Out: answers for a person and a time. Never: a clearance that fewer than two others gave.

use super::{Book, Seen, Taken};
use crate::body::{self, Access};
use crate::refused::{Code, Refused, hold};
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use serde::Serialize;
use std::collections::BTreeMap;

/// Class of information that a clearance names for whoever looks at selected records.
const CLEARED: &str = "selected";

/// What a person was granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Index of its entry.
    pub index: u64,
    /// From when.
    pub from: Seconds,
    /// Its last second.
    pub until: Seconds,
    /// Roles.
    pub roles: Vec<Name>,
    /// Classes of information.
    pub clearance: Vec<Name>,
    /// Who granted it.
    pub by: Vec<Name>,
}

/// A person with all that was granted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// In the order of their entries.
    pub grants: Vec<Grant>,
    /// When access was ended, with the entries' indices.
    pub ended: Vec<(u64, Seconds)>,
}

impl Person {
    /// What stands on record, has not ended and lasts until a time.
    fn before(&self, at: Seconds) -> impl Iterator<Item = &Grant> {
        let ended = self.ended.last().map(|(index, _)| *index);
        self.grants
            .iter()
            .filter(move |grant| at <= grant.until && ended.is_none_or(|ended| ended < grant.index))
    }

    /// What is in force at a time. What ended a person's access ends all that was granted before it, at once.
    pub fn at(&self, at: Seconds) -> impl Iterator<Item = &Grant> {
        let ended = self
            .ended
            .iter()
            .filter(move |(_, time)| *time <= at)
            .map(|(index, _)| *index)
            .max();
        self.grants.iter().filter(move |grant| {
            grant.from <= at && at <= grant.until && ended.is_none_or(|ended| ended < grant.index)
        })
    }
}

/// What a person holds, as pages show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Holding {
    /// Who.
    pub person: String,
    /// Roles in force.
    pub roles: Vec<String>,
    /// Clearance in force.
    pub clearance: Vec<String>,
    /// The first of their ends.
    pub until: Option<String>,
    /// Leaf indices of the grants.
    pub entries: Vec<u64>,
}

/// All people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct People(pub(crate) BTreeMap<Name, Person>);

impl People {
    /// Whether any access entry is on record.
    pub(crate) fn any(&self) -> bool {
        !self.0.is_empty()
    }

    /// Whether a person holds one of these roles; yes where no access entry is on record.
    pub(crate) fn holds(&self, person: &Name, roles: &[&str], at: Seconds) -> bool {
        let role = |grant: &Grant| {
            let mut held = grant.roles.iter();
            held.any(|role| roles.contains(&role.as_str()))
        };
        !self.any() || self.0.get(person).is_some_and(|of| of.at(at).any(role))
    }

    /// Whether who acts holds one of these roles at an entry, and whether a clearance of class `selected`, by what stands on record before it; yes to both where no access entry does.
    pub(crate) fn may_see(&self, person: &Name, roles: &[&str], seen: &Seen<'_>) -> (bool, bool) {
        if !self.any() {
            return (true, true);
        }
        let grants = || {
            let of = self.0.get(person);
            of.into_iter().flat_map(|of| of.before(seen.time))
        };
        let role = |word: &Name| roles.contains(&word.as_str());
        let cleared = |word: &Name| word.as_str() == CLEARED;
        (
            grants().any(|grant| grant.roles.iter().any(role)),
            grants().any(|grant| grant.clearance.iter().any(cleared)),
        )
    }
}

impl Book {
    /// Access is granted or ended.
    pub(crate) fn access(&mut self, seen: &Seen<'_>) -> Result<Taken, Refused> {
        let body: Access = body::read(seen.open()?)?;
        let known = self.people.0.get(&body.person);
        match body.act.as_str() {
            "granted" => {
                let until = body
                    .until
                    .ok_or_else(|| Refused::new(Code::BodyFields, "a grant says no `until`"))?;
                hold(
                    !(body.roles.is_empty() && body.clearance.is_empty()),
                    Code::BodyFields,
                )?;
                let others = body.by.len() >= 2 && !body.by.contains(&body.person);
                hold(body.clearance.is_empty() || others, Code::AccessTwo)?;
                let grant = Grant {
                    index: seen.index,
                    from: seen.time,
                    until,
                    roles: body.roles,
                    clearance: body.clearance,
                    by: body.by,
                };
                self.people
                    .0
                    .entry(body.person)
                    .or_default()
                    .grants
                    .push(grant);
            }
            "ended" if known.is_some() => {
                self.people
                    .0
                    .entry(body.person)
                    .or_default()
                    .ended
                    .push((seen.index, seen.time));
            }
            "ended" => {
                return Err(Refused::new(
                    Code::BodyFields,
                    format!("nothing was granted to `{}`", body.person),
                ));
            }
            other => {
                return Err(Refused::new(
                    Code::BodyFields,
                    format!("`{other}` is no act of access"),
                ));
            }
        }
        Ok(Taken::InForce)
    }

    /// Whether any access entry is on record.
    pub fn has_people(&self) -> bool {
        self.people.any()
    }

    /// A person by name.
    pub fn person(&self, person: &Name) -> Option<&Person> {
        self.people.0.get(person)
    }

    /// Whether a person holds a role at a time. Where no access entry is on record, everybody does.
    pub fn holds(&self, person: &Name, role: &str, at: Seconds) -> bool {
        self.people.holds(person, &[role], at)
    }

    /// Whether a person's clearance holds a class at a time.
    pub fn cleared(&self, person: &Name, class: &str, at: Seconds) -> bool {
        let granted = |person: &Person| {
            person
                .at(at)
                .any(|grant| grant.clearance.iter().any(|known| known.as_str() == class))
        };
        self.people.0.get(person).is_some_and(granted)
    }

    /// Everybody who was ever granted something, with what is in force at a time.
    pub fn people(&self, at: Seconds) -> Vec<Holding> {
        let holding = |(name, person): (&Name, &Person)| {
            let all = |list: fn(&Grant) -> &Vec<Name>| {
                let mut words: Vec<String> = person
                    .at(at)
                    .flat_map(|grant| list(grant).iter().map(Name::to_string))
                    .collect();
                words.sort();
                words.dedup();
                words
            };
            Holding {
                person: name.to_string(),
                roles: all(|grant| &grant.roles),
                clearance: all(|grant| &grant.clearance),
                until: person
                    .at(at)
                    .map(|grant| grant.until)
                    .min()
                    .map(|until| until.to_string()),
                entries: person.at(at).map(|grant| grant.index).collect(),
            }
        };
        self.people.0.iter().map(holding).collect()
    }
}
