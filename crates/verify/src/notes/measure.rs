//! The measure, section 10.10. In: a signed note. Out: what a log needs of it. Never: a line that is passed over.

use super::grammar::{Broken, Lines, number, sha256};
use super::root::TrustRoot;
use super::{is_name, text_hash};
use crate::limits::{
    ACTUATORS_MAX, EFFECTS_MAX, MEASURE_BYTES_MAX, MEASURE_SECONDS_MAX, REASON_BYTES_MAX,
    TARGET_BYTES_MAX,
};
use crate::unhex;
use sakimori_tlog::key::VerifierKey;
use sakimori_tlog::merkle::Hash;
use sakimori_tlog::note::Note;
use std::collections::BTreeSet;
use std::net::IpAddr;

const HEADER: &str = "sakimori/measure/v1";
const DEEDS: &str =
    "block no-answer sinkhole black-hole flow-rule freeze stop quarantine isolate notify";

/// Forms of IPv6 that carry an address of version 4: the bits that name the form, how many they are, where the address begins, whether its bits are turned over. RFC 4291 2.5.5, RFC 2765 2.1, RFC 6052 2.1, RFC 3056 2, RFC 4380 4.
const CARRIERS: [(u128, u32, u32, bool); 7] = [
    (0xffff << 32, 96, 96, false),
    (0, 96, 96, false),
    (0xffff_0000 << 32, 96, 96, false),
    (0x0064_ff9b << 96, 96, 96, false),
    (0x2002 << 112, 16, 16, false),
    (0x2001_0000 << 96, 32, 32, false),
    (0x2001_0000 << 96, 32, 96, true),
];

/// What a target is: addresses of version 6 or not, from one to another; a name in small letters, with all below it or alone; another text in small letters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Spot {
    Net(bool, u128, u128),
    Name(String, bool),
    Thing(String),
}

/// The addresses that share the first bits of one; of version 4 or 6 by how many bits there are.
fn span(address: u128, bits: u32, most: u32) -> Spot {
    let free = most - bits.min(most);
    let rest = 1u128.checked_shl(free).map_or(u128::MAX, |size| size - 1);
    Spot::Net(most == 128, address & !rest, address | rest)
}

impl Spot {
    fn of(target: &str) -> Vec<Self> {
        let text = target.to_ascii_lowercase();
        match Self::net(target) {
            Some(nets) => nets,
            None if text.contains(':') => vec![Self::Thing(text)],
            None => match text.strip_prefix("*.") {
                Some(name) => vec![Self::Name(name.to_owned(), true)],
                None => vec![Self::Name(text, false)],
            },
        }
    }

    fn net(target: &str) -> Option<Vec<Self>> {
        let (address, bits) = match target.split_once('/') {
            Some((address, bits)) => (address, Some(number(bits)?)),
            None => (target, None),
        };
        let (address, most) = match address.parse().ok()? {
            IpAddr::V4(v4) => (u128::from(u32::from(v4)), 32),
            IpAddr::V6(v6) => (u128::from(v6), 128),
        };
        let bits = u32::try_from(bits.unwrap_or(u64::from(most))).ok()?;
        if bits > most {
            return None;
        }
        let mut all = vec![span(address, bits, most)];
        for (form, length, at, turned) in CARRIERS.iter().filter(|_| most == 128) {
            let common = 128 - bits.min(*length);
            let differ = (address ^ form).checked_shr(common).unwrap_or(0);
            if differ != 0 {
                continue;
            }
            if bits < *length {
                all.push(span(0, 0, 32));
                continue;
            }
            let carried = (address >> (96 - at)) as u32;
            let carried = if *turned { !carried } else { carried };
            all.push(span(carried.into(), bits.saturating_sub(*at), 32));
        }
        Some(all)
    }

    /// Whether the two have anything in common.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        let below = |one: &str, name: &str| {
            one.strip_suffix(name)
                .is_some_and(|rest| rest.ends_with('.'))
        };
        match (self, other) {
            (Self::Net(six, first, last), Self::Net(others, begin, end)) => {
                six == others && first <= end && begin <= last
            }
            (Self::Name(one, all), Self::Name(two, all_two)) => {
                one == two || (*all && below(two, one)) || (*all_two && below(one, two))
            }
            (one, other) => one == other,
        }
    }
}

/// A measure as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Measure {
    pub(crate) revision: u64,
    pub(crate) level: u64,
    pub(crate) spots: BTreeSet<Spot>,
    pub(crate) root: u64,
    /// SHA-256 of its text.
    pub(crate) hash: Hash,
    officers: [String; 2],
    note: Note,
}

impl Measure {
    /// Reads a note; whether its officers signed it is asked by [`Measure::signed`].
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        let note = Note::parse(bytes).map_err(|error| error.to_string())?;
        let text = note.text().to_owned();
        Self::parse(&text, note).map_err(|broken| broken.to_string())
    }

    fn parse(text: &str, note: Note) -> Result<Self, Broken> {
        let mut lines = Lines::of(text, HEADER, MEASURE_BYTES_MAX)?;
        lines.parsed("id", unhex::<16>)?;
        let revision = lines.parsed("revision", |text| between(text, 1, u64::MAX))?;
        lines.parsed("dossier", sha256)?;
        lines.parsed("plan", optional)?;
        lines.parsed("route", |text| one_of(text, "police defence"))?;
        lines.parsed("order", optional)?;
        lines.parsed("consultation", optional)?;
        let proposed = lines.parsed("proposed", super::name)?;
        let reviewed = lines.parsed("reviewed", super::name)?;
        lines.parsed("executor", |text| {
            let (name, body) = text.split_once(' ')?;
            one_of(body, "national prefectural defence").filter(|()| is_name(name))
        })?;
        lines.parsed("superior", super::name)?;
        let level = lines.parsed("level", |text| between(text, 1, 2))?;
        lines.parsed("collateral", |text| {
            let (low, high) = text.split_once(' ')?;
            (number(low)? <= number(high)?).then_some(())
        })?;
        lines.parsed("lists", |text| {
            let (version, hash) = text.split_once(' ')?;
            number(version)?;
            sha256(hash)
        })?;
        lines.parsed("soak", |text| between(text, 0, 86_400))?;
        lines.parsed("most", |text| between(text, 1, EFFECTS_MAX))?;
        lines.parsed("seconds", |text| between(text, 1, MEASURE_SECONDS_MAX))?;
        lines.parsed("renewals", |text| between(text, 0, 52))?;
        let short = |text: &str| (text.len() <= REASON_BYTES_MAX).then_some(());
        lines.parsed("success", short)?;
        lines.parsed("stop", short)?;
        let actuators = lines.repeated("actuator", actuator)?;
        let named: BTreeSet<&str> = actuators.iter().map(|(name, _)| *name).collect();
        if named.len() != actuators.len() || !(1..=ACTUATORS_MAX).contains(&named.len()) {
            return Err(lines.broken("one to 64 actuators, each once"));
        }
        let effects = lines.repeated("effect", effect)?;
        let each: BTreeSet<&(&str, &str, &str)> = effects.iter().collect();
        if each.len() != effects.len() || !(1..=EFFECTS_MAX).contains(&(each.len() as u64)) {
            return Err(lines.broken("one to 2,000 effects, each once"));
        }
        if !effects
            .iter()
            .all(|(_, actuator, _)| named.contains(actuator))
        {
            return Err(lines.broken("an effect is of no actuator"));
        }
        let spots = effects.iter().flat_map(|(_, _, target)| Spot::of(target));
        let spots = spots.collect();
        let root = lines.parsed("root", number)?;
        lines.end()?;
        Ok(Self {
            revision,
            level,
            spots,
            root,
            hash: text_hash(text),
            officers: [proposed, reviewed],
            note,
        })
    }

    /// Whether both officers whom it names are officers and signed.
    pub(crate) fn signed(&self, root: &TrustRoot) -> Result<(), String> {
        for id in &self.officers {
            let officer = root.officer(id);
            let officer = officer.ok_or_else(|| format!("`{id}` is no officer"))?;
            let signed = self.note.verify(std::slice::from_ref(&officer.key));
            signed.map_err(|error| format!("`{id}`: {error}"))?;
        }
        Ok(())
    }
}

fn between(text: &str, least: u64, most: u64) -> Option<u64> {
    number(text).filter(|number| (least..=most).contains(number))
}

fn one_of(text: &str, words: &str) -> Option<()> {
    words.split(' ').any(|word| word == text).then_some(())
}

fn optional(text: &str) -> Option<()> {
    (text == "none" || sha256(text).is_some()).then_some(())
}

fn actuator(line: &str) -> Option<(&str, VerifierKey)> {
    let (name, key) = line.split_once(' ')?;
    is_name(name).then(|| Some((name, key.parse().ok()?)))?
}

/// Deed, actuator, target.
fn effect(line: &str) -> Option<(&str, &str, &str)> {
    let words: Vec<&str> = line.split(' ').collect();
    let [deed, actuator, country, controller, target] = words.as_slice() else {
        return None;
    };
    one_of(deed, DEEDS)?;
    let letters = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
    let well = is_name(actuator) && is_name(controller) && (letters || *country == "--");
    let bounded = (1..=TARGET_BYTES_MAX).contains(&target.len());
    (well && bounded).then_some((deed, actuator, target))
}
