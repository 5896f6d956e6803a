//! A policy zone as it was read, and what has to change in it. In: records, keys of effects. Out: what is held and how it stands, the names that have to be written anew. Never: a key that only memory knows:
//! each is a record of the zone itself, so that a fall loses none.
//!
//! Below `keys.sakimori.alt` each effect has a TXT record with measure, deed, target and end; `generation.sakimori.alt` counts the changes. Names below `alt` are in no DNS (RFC 9476), so nobody's question
//! is hit, but whoever asks a resolver for the generation learns which state of the zone it has. Whether it enforces it shows only a name that is new: BIND reads the records of names that it knows
//! from the new state at once, and learns new names later. So each state has a name of its own beside, `NUMBER.generation.sakimori.alt`.

use super::policy::{Answer, Entry, Reach, Rules, above, entries};
use sakimori_custody::time::Seconds;
use sakimori_respond::engine::{Deed, InForce, Key};
use sakimori_respond::plan::complaint::measure_reference;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Below it stand our own records.
pub(super) const OWN: &str = "sakimori.alt";
/// The name whose TXT record counts the changes.
pub(super) const GENERATION: &str = "generation.sakimori.alt";
/// The end of the names that each state has of its own.
const STATE: &str = ".generation.sakimori.alt";
/// The end of the names that carry keys.
const KEYS: &str = ".keys.sakimori.alt";
/// The first string of a key's record.
const MARK: &[u8] = b"sakimori-rpz-1";
/// The measure of what stands in the zone without a key.
pub const ORPHAN: [u8; 32] = [0; 32];

/// A record, as far as policies have any.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rr {
    A(Ipv4Addr),
    Aaaa(Ipv6Addr),
    /// The target, with its dot.
    Cname(String),
    Txt(Vec<Vec<u8>>),
    /// A type that no policy of ours has.
    Other(u16),
}

/// The records at one name.
pub(super) type Records = BTreeSet<Rr>;

/// A zone without its apex. Names are without the zone's own, in small letters.
#[derive(Clone, Debug, Default)]
pub(super) struct View {
    pub(super) serial: u32,
    pub(super) names: BTreeMap<String, Records>,
}

/// What makes records of answers.
#[derive(Clone, Debug, Default)]
pub(super) struct Means {
    pub(super) sinkhole: Vec<IpAddr>,
    pub(super) complaint: Option<String>,
    pub(super) exempt: BTreeSet<Reach>,
}

/// Names and what stands there afterwards; nothing where none does.
pub(super) type Change = BTreeMap<String, Records>;

/// The name of a key's record.
fn key_name(key: &Key) -> String {
    let mut hash = Sha256::new();
    hash.update(key.measure);
    hash.update([key.deed.code()]);
    hash.update(key.target.as_bytes());
    let mut name = hex(hash.finalize().get(..16).unwrap_or_default());
    name.push_str(KEYS);
    name
}

/// The name that a state of the zone has of its own.
pub(super) fn state_name(generation: u64) -> String {
    format!("{generation}{STATE}")
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        // Writing to a string cannot fail.
        write!(out, "{byte:02x}").ok();
        out
    })
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let small = text
        .bytes()
        .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if text.len() != 64 || !small {
        return None;
    }
    let mut out = [0; 32];
    for (at, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(out)
}

fn key_records(key: &Key, until: Seconds) -> Records {
    let strings = vec![
        MARK.to_vec(),
        hex(&key.measure).into_bytes(),
        key.deed.name().as_bytes().to_vec(),
        key.target.as_bytes().to_vec(),
        until.0.to_string().into_bytes(),
    ];
    [Rr::Txt(strings)].into()
}

/// The key that stands at a name, if it is one of ours.
fn read_key(name: &str, records: &Records) -> Option<(Key, Seconds)> {
    let mut records = records.iter();
    let (Some(Rr::Txt(strings)), None) = (records.next(), records.next()) else {
        return None;
    };
    let [mark, measure, deed, target, until] = strings.as_slice() else {
        return None;
    };
    let text = |bytes| std::str::from_utf8(bytes).ok();
    if mark != MARK {
        return None;
    }
    let key = Key {
        measure: unhex(text(measure)?)?,
        deed: Deed::from_name(text(deed)?)?,
        target: text(target)?.to_owned(),
    };
    let until = Seconds(text(until)?.parse().ok()?);
    let policy = matches!(key.deed, Deed::NoAnswer | Deed::Sinkhole);
    (policy && key_name(&key) == name).then_some((key, until))
}

impl Means {
    fn reference(measure: &[u8; 32]) -> String {
        measure_reference(measure)
    }

    /// What a deed answers.
    pub(super) fn answer(&self, key: &Key) -> Answer {
        if key.deed == Deed::Sinkhole {
            let reference = Self::reference(&key.measure);
            let words = self.complaint.as_ref();
            let words = words.map(|text| text.replace(super::config::REFERENCE, &reference));
            Answer::Sinkhole(words.into_iter().collect())
        } else {
            Answer::None
        }
    }

    /// The records of an answer.
    fn records(&self, answer: &Answer) -> Records {
        match answer {
            Answer::None => [Rr::Cname(".".to_owned())].into(),
            Answer::Pass => [Rr::Cname("rpz-passthru.".to_owned())].into(),
            Answer::Sinkhole(words) => {
                let texts = words.iter().map(|words| {
                    // BOUND: one string of a TXT record.
                    let bytes = words.as_bytes();
                    Rr::Txt(vec![bytes.get(..255).unwrap_or(bytes).to_vec()])
                });
                let addresses = self.sinkhole.iter().map(|address| match address {
                    IpAddr::V4(address) => Rr::A(*address),
                    IpAddr::V6(address) => Rr::Aaaa(*address),
                });
                addresses.chain(texts).collect()
            }
        }
    }

    /// The rules that keys come to. Two measures on the same join: the words of both stand there.
    fn rules<'a>(&self, keys: impl Iterator<Item = &'a Key>) -> Rules {
        let mut rules = Rules::new();
        for key in keys {
            let answer = self.answer(key);
            let slot = rules.entry(Reach::of(&key.target));
            let slot = slot.or_insert_with(|| answer.clone());
            match (slot, answer) {
                (Answer::Sinkhole(words), Answer::Sinkhole(more)) => words.extend(more),
                // A name cannot be both; the stricter one stands where a zone says so.
                (slot, Answer::None) => *slot = Answer::None,
                _ => {}
            }
        }
        rules
    }

    /// What a zone has to say for keys.
    pub(super) fn wanted<'a>(
        &self,
        keys: impl Iterator<Item = &'a Key>,
    ) -> BTreeMap<String, (Records, Entry)> {
        entries(&self.rules(keys), &self.exempt)
            .into_iter()
            .map(|(name, entry)| (name, (self.records(&entry.answer), entry)))
            .collect()
    }
}

/// How one key stands.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    pub(super) key: Key,
    pub(super) until: Seconds,
    /// Whether everything that its rule needs stands in the zone, and nothing else below it.
    pub(super) whole: bool,
}

impl View {
    /// How often the zone was changed; nothing where it never was.
    pub(super) fn generation(&self) -> Option<u64> {
        let records = self.names.get(GENERATION)?;
        records.iter().find_map(|record| match record {
            Rr::Txt(strings) => std::str::from_utf8(strings.first()?).ok()?.parse().ok(),
            _ => None,
        })
    }

    /// Names of states, which the next change replaces.
    pub(super) fn states(&self) -> impl Iterator<Item = &String> {
        self.names.keys().filter(|name| name.ends_with(STATE))
    }

    /// The keys in it, with their ends.
    pub(super) fn keys(&self) -> BTreeMap<Key, Seconds> {
        self.names
            .iter()
            .filter(|(name, _)| name.ends_with(KEYS))
            .filter_map(|(name, records)| read_key(name, records))
            .collect()
    }

    fn is_own(&self, name: &str) -> bool {
        counts(name)
            || self
                .names
                .get(name)
                .is_some_and(|records| read_key(name, records).is_some())
    }

    fn at(&self, name: &str) -> Records {
        self.names.get(name).cloned().unwrap_or_default()
    }

    /// Names at which something stands that no key and no exemption asks for.
    fn strays<'a>(
        &'a self,
        wanted: &'a BTreeMap<String, (Records, Entry)>,
    ) -> impl Iterator<Item = (&'a String, &'a Records)> {
        self.names
            .iter()
            .filter(|(name, _)| !wanted.contains_key(*name) && !self.is_own(name))
    }

    /// How each key stands.
    pub(super) fn standing(&self, means: &Means) -> Vec<Standing> {
        let keys = self.keys();
        let wanted = means.wanted(keys.keys());
        let mut there: BTreeMap<&Reach, bool> = BTreeMap::new();
        for (name, (records, entry)) in &wanted {
            let same = self.names.get(name) == Some(records);
            *there.entry(&entry.rule).or_insert(true) &= same;
        }
        let answers: BTreeMap<&Reach, &Answer> = wanted
            .values()
            .map(|(_, entry)| (&entry.rule, &entry.answer))
            .collect();
        let holed: BTreeSet<Reach> = self
            .strays(&wanted)
            .flat_map(|(name, _)| above(name.trim_start_matches("*.")))
            .map(|name| Reach {
                name: name.to_owned(),
                below: true,
            })
            .collect();
        keys.iter()
            .map(|(key, until)| {
                let reach = Reach::of(&key.target);
                // Two deeds on the same cannot both stand.
                let answered = matches!(
                    (answers.get(&reach), key.deed),
                    (Some(Answer::None), Deed::NoAnswer)
                        | (Some(Answer::Sinkhole(_)), Deed::Sinkhole)
                );
                Standing {
                    key: key.clone(),
                    until: *until,
                    whole: answered && !holed.contains(&reach) && there.get(&reach) == Some(&true),
                }
            })
            .collect()
    }

    /// What stands in it without a key, as effects of no measure that ended long ago.
    pub(super) fn orphans(&self, means: &Means) -> Vec<InForce> {
        let keys = self.keys();
        let wanted = means.wanted(keys.keys());
        self.strays(&wanted)
            .map(|(name, records)| {
                let leads = records
                    .iter()
                    .any(|record| matches!(record, Rr::A(_) | Rr::Aaaa(_)));
                let deed = if leads {
                    Deed::Sinkhole
                } else {
                    Deed::NoAnswer
                };
                let key = Key {
                    measure: ORPHAN,
                    deed,
                    target: name.clone(),
                };
                InForce {
                    key,
                    until: Seconds(0),
                }
            })
            .collect()
    }

    /// What has to be written so that keys come in, or get another end, and keys go. Names of others are left as they stand, but for what was put below a key that comes in.
    pub(super) fn change(
        &self,
        means: &Means,
        come: &BTreeMap<Key, Seconds>,
        go: &BTreeSet<Key>,
    ) -> Change {
        let before = self.keys();
        let mut after = before.clone();
        after.retain(|key, _| !go.contains(key));
        after.extend(come.iter().map(|(key, until)| (key.clone(), *until)));
        let was = means.wanted(before.keys());
        let will = means.wanted(after.keys());
        let mut change = Change::new();
        for name in was.keys().chain(will.keys()) {
            let old = was.get(name);
            let new = will.get(name);
            let records = new.map(|(records, _)| records.clone()).unwrap_or_default();
            let of_key = |entry: Option<&(Records, Entry)>| {
                entry.is_some_and(|(_, entry)| {
                    entry.answer == Answer::Pass
                        || come.keys().any(|key| Reach::of(&key.target) == entry.rule)
                })
            };
            let moves = old.map(|(records, _)| records) != new.map(|(records, _)| records);
            if (moves || of_key(new)) && self.at(name) != records {
                change.insert(name.clone(), records);
            }
        }
        let reaches: Vec<Reach> = come.keys().map(|key| Reach::of(&key.target)).collect();
        let named: BTreeSet<&str> = go
            .iter()
            .filter(|key| key.measure == ORPHAN)
            .map(|key| key.target.as_str())
            .collect();
        for (name, _) in self.strays(&will) {
            let ordered = named.contains(name.as_str());
            let below = reaches
                .iter()
                .any(|reach| reach.below && holds(reach, name));
            if ordered || below {
                change.insert(name.clone(), Records::new());
            }
        }
        for key in go.iter().filter(|key| before.contains_key(*key)) {
            change.insert(key_name(key), Records::new());
        }
        for (key, until) in come {
            let records = key_records(key, *until);
            let name = key_name(key);
            if self.at(&name) != records {
                change.insert(name, records);
            }
        }
        change
    }

    /// What has to be written so that only the owner's exemptions stand.
    pub(super) fn cleared(&self, means: &Means) -> Change {
        let wanted = means.wanted(std::iter::empty());
        let mut change: Change = self
            .names
            .keys()
            .filter(|name| !counts(name) && !wanted.contains_key(*name))
            .map(|name| (name.clone(), Records::new()))
            .collect();
        for (name, (records, _)) in wanted {
            if self.at(&name) != records {
                change.insert(name, records);
            }
        }
        change
    }

    /// Whether nothing but exemptions stands in it.
    pub(super) fn is_clear(&self, means: &Means) -> bool {
        let wanted = means.wanted(std::iter::empty());
        self.names
            .keys()
            .all(|name| counts(name) || wanted.contains_key(name))
    }

    /// Whether another rule asks for something else at the same.
    pub(super) fn conflict(&self, key: &Key) -> Option<Key> {
        let same = |other: &&Key| other.target == key.target && other.deed != key.deed;
        self.keys().keys().find(same).cloned()
    }

    /// Whether a change stands.
    pub(super) fn shows(&self, change: &Change) -> bool {
        change
            .iter()
            .all(|(name, records)| self.names.get(name).cloned().unwrap_or_default() == *records)
    }
}

/// Whether a name is of the count of changes.
fn counts(name: &str) -> bool {
    name == GENERATION || name.ends_with(STATE)
}

/// Whether a name of the zone, a wildcard too, lies in what a reach means.
fn holds(reach: &Reach, name: &str) -> bool {
    reach.holds(&Reach::of(name))
}

/// The names of a change, policies before keys: what falls between leaves a policy without a key, which the next look shows, and never a key that hides one.
pub(super) fn in_order(change: &Change) -> impl Iterator<Item = (&String, &Records)> {
    let policies = change.iter().filter(|(name, _)| !name.ends_with(KEYS));
    policies.chain(change.iter().filter(|(name, _)| name.ends_with(KEYS)))
}

#[cfg(test)]
mod tests;
