//! Whether the attack went on elsewhere. In: sightings that findings gave: who was seen with which endpoint, since when. Out: endpoints that came after the measure began and have the same victims.
//! Never: an endpoint that was known before, or that the measure aims at.

use super::judge::Share;
use super::{Aimed, OBSERVATIONS_MAX};
use crate::plan::form;
use crate::safety::Target;
use sakimori_custody::time::Seconds;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Most new endpoints that are told of one target.
const MOVED_MAX: usize = 16;

/// A victim with an endpoint, as a finding has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// What was recognised: the behaviour and its selector. Two endpoints are compared within one kind.
    pub kind: String,
    /// Who was attacked.
    pub victim: String,
    /// With what: an address or name.
    pub endpoint: String,
    /// When the pair was first seen.
    pub first: Seconds,
}

/// A new endpoint of the same victims.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moved {
    /// The endpoint.
    pub endpoint: String,
    /// When any victim was first seen with it.
    #[serde(with = "form::text")]
    pub first: Seconds,
    /// Victims that the target had before.
    pub of: usize,
    /// Victims that both have.
    pub victims: usize,
}

impl fmt::Display for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} has {} of {} since {}",
            self.endpoint, self.victims, self.of, self.first
        )
    }
}

/// Victims of an endpoint within one kind, and its first sighting.
#[derive(Default)]
struct Seen<'s> {
    first: Option<Seconds>,
    victims: BTreeSet<&'s str>,
}

/// One form of an endpoint; the text of one that has none.
type Form = Result<Target, String>;

fn form(text: &str) -> Form {
    Target::parse(text).map_err(|_| text.to_owned())
}

/// Whether an endpoint lies in a target that is more than one address or name.
fn lies_in(endpoint: &Form, target: &Form) -> bool {
    match (endpoint, target) {
        (Ok(Target::Net(inner)), Ok(Target::Net(outer))) => {
            let mask = u128::MAX
                .checked_shl(128 - u32::from(outer.bits))
                .unwrap_or(0);
            inner.bits >= outer.bits && inner.first & mask == outer.first
        }
        (Ok(Target::Name { name: inner, .. }), Ok(Target::Name { name, below: true })) => {
            name.holds(inner)
        }
        _ => false,
    }
}

/// The targets of a measure, to be asked which of them an endpoint lies in.
struct Targets<'a> {
    exact: BTreeMap<Form, Vec<&'a str>>,
    wide: Vec<(&'a str, Form)>,
}

impl<'a> Targets<'a> {
    fn new(aimed: &[&'a Aimed]) -> Self {
        let (mut exact, mut wide) = (BTreeMap::<Form, Vec<&str>>::new(), Vec::new());
        for aimed in aimed {
            let (text, form) = (aimed.target.as_str(), form(&aimed.target));
            match &form {
                Ok(Target::Name { below: true, .. }) => wide.push((text, form)),
                Ok(Target::Net(prefix)) if prefix.bits < 128 => wide.push((text, form)),
                _ => exact.entry(form).or_default().push(text),
            }
        }
        Self { exact, wide }
    }

    fn holding(&self, endpoint: &str) -> Vec<&'a str> {
        let form = form(endpoint);
        let mut out = self.exact.get(&form).cloned().unwrap_or_default();
        let wide = self.wide.iter().filter(|(_, wide)| lies_in(&form, wide));
        out.extend(wide.map(|(text, _)| *text));
        out
    }
}

/// New endpoints of each target.
pub(super) fn moved<'a>(
    share: Share,
    aimed: &[&'a Aimed],
    begin: Seconds,
    at: Seconds,
    sightings: &[Sighting],
) -> BTreeMap<&'a str, Vec<Moved>> {
    let sightings = sightings.get(..OBSERVATIONS_MAX).unwrap_or(sightings);
    let mut seen: BTreeMap<(&str, &str), Seen<'_>> = BTreeMap::new();
    for sighting in sightings.iter().filter(|sighting| sighting.first <= at) {
        let key = (sighting.endpoint.as_str(), sighting.kind.as_str());
        let seen = seen.entry(key).or_default();
        let first = seen.first.unwrap_or(sighting.first).min(sighting.first);
        seen.first = Some(first);
        seen.victims.insert(&sighting.victim);
    }
    let targets = Targets::new(aimed);
    // Of each target the victims that it had before, and of each victim the targets.
    let mut victims: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for sighting in sightings.iter().filter(|sighting| sighting.first < begin) {
        for target in targets.holding(&sighting.endpoint) {
            let own = victims.entry((target, sighting.kind.as_str())).or_default();
            own.insert(&sighting.victim);
        }
    }
    let mut of: BTreeMap<(&str, &str), Vec<&'a str>> = BTreeMap::new();
    for ((target, kind), own) in &victims {
        for victim in own {
            of.entry((kind, victim)).or_default().push(target);
        }
    }
    let mut out: BTreeMap<&str, Vec<Moved>> = BTreeMap::new();
    for ((endpoint, kind), seen) in &seen {
        let Some(first) = seen.first.filter(|first| *first >= begin) else {
            continue;
        };
        if !targets.holding(endpoint).is_empty() {
            continue;
        }
        let mut both: BTreeMap<&'a str, usize> = BTreeMap::new();
        for victim in &seen.victims {
            for target in of.get(&(*kind, *victim)).into_iter().flatten() {
                *both.entry(target).or_default() += 1;
            }
        }
        for (target, both) in both {
            let had = victims.get(&(target, *kind)).map_or(0, BTreeSet::len);
            let enough = both as u64 * 100 >= share.percent * had as u64;
            let list = out.entry(target).or_default();
            if enough && both >= share.min && list.len() < MOVED_MAX {
                list.push(Moved {
                    endpoint: (*endpoint).to_owned(),
                    first,
                    of: had,
                    victims: both,
                });
            }
        }
    }
    out
}
