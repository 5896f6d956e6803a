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

/// What a target is: addresses of version 6 or not, from one to another, or a text in small letters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Spot {
    Net(bool, u128, u128),
    Text(String),
}

impl Spot {
    fn of(target: &str) -> Self {
        Self::net(target).unwrap_or_else(|| Self::Text(target.to_ascii_lowercase()))
    }

    fn net(target: &str) -> Option<Self> {
        let (address, bits) = match target.split_once('/') {
            Some((address, bits)) => (address, Some(number(bits)?)),
            None => (target, None),
        };
        let (six, address, most) = match address.parse().ok()? {
            IpAddr::V4(v4) => (false, u128::from(u32::from(v4)), 32),
            IpAddr::V6(v6) => (true, u128::from(v6), 128),
        };
        let free = u32::try_from(most - bits.unwrap_or(most).min(most)).ok()?;
        if bits.is_some_and(|bits| bits > most) {
            return None;
        }
        let within = 1u128.checked_shl(free).map_or(u128::MAX, |size| size - 1);
        Some(Self::Net(six, address & !within, address | within))
    }

    /// Whether the two have anything in common.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Net(six, first, last), Self::Net(others, begin, end)) => {
                six == others && first <= end && begin <= last
            }
            (one, other) => one == other,
        }
    }
}

/// A measure as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Measure {
    pub(crate) revision: u64,
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
        lines.parsed("level", |text| between(text, 1, 2))?;
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
        let spots = effects.iter().map(|(_, _, target)| Spot::of(target));
        let spots = spots.collect();
        let root = lines.parsed("root", number)?;
        lines.end()?;
        Ok(Self {
            revision,
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
