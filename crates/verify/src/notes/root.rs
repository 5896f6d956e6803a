//! The trust root, section 10.1. In: a signed note. Out: keys by role, and who signed. Never: a version that the one before did not sign over to.

use super::grammar::{Broken, Lines, number, sha256};
use super::{is_name, text_hash};
use crate::limits::NOTE_TEXT_BYTES_MAX;
use crate::time::read_time;
use sakimori_tlog::key::{KeyKind, VerifierKey};
use sakimori_tlog::merkle::Hash;
use sakimori_tlog::note::{Note, Verified};
use sakimori_tlog::policy::Policy;

const HEADER: &str = "sakimori/trust-root/v1";

/// A member of the commission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) id: String,
    /// Chair or deputy.
    pub(crate) leads: bool,
    pub(crate) key: VerifierKey,
    role: String,
}

/// A trust root as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TrustRoot {
    pub(crate) version: u64,
    pub(crate) not_before: u64,
    pub(crate) members: Vec<Member>,
    floors: Vec<(String, u64)>,
    pub(crate) lease_key: VerifierKey,
    pub(crate) mirror: VerifierKey,
    pub(crate) office_holder: VerifierKey,
    pub(crate) commission_holder: VerifierKey,
    pub(crate) office: VerifierKey,
    pub(crate) sensors: Vec<(String, VerifierKey)>,
    pub(crate) policy: Policy,
    previous: Option<Hash>,
    /// SHA-256 of its text.
    pub(crate) hash: Hash,
    note: Note,
}

/// Why a trust root is not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RootError {
    /// No note, or not of its grammar.
    Malformed(String),
    /// Signatures are missing or bad.
    Unsigned(String),
    /// It does not follow.
    Chain(String),
}

impl TrustRoot {
    /// Reads a note; who signed it is asked by [`TrustRoot::is_first`] and [`TrustRoot::follows`].
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, RootError> {
        let note = Note::parse(bytes).map_err(|error| RootError::Malformed(error.to_string()))?;
        let text = note.text().to_owned();
        Self::parse(&text, note).map_err(|broken| RootError::Malformed(broken.to_string()))
    }

    fn parse(text: &str, note: Note) -> Result<Self, Broken> {
        let mut lines = Lines::of(text, HEADER, NOTE_TEXT_BYTES_MAX)?;
        let version = lines.parsed("version", number)?;
        let not_before = lines.parsed("not-before", read_time)?;
        let commission = lines.value("commission")?;
        let members = lines.repeated("member", |line| member(line, commission))?;
        is_commission(&members).map_err(|what| lines.broken(what))?;
        let floors = lines.repeated("floor", floor)?;
        if repeats(floors.iter().map(|(kind, _)| kind)) {
            return Err(lines.broken("a kind has two floors"));
        }
        let lease_key = lines.parsed("lease-key", key)?;
        let mirror = lines.parsed("mirror", |text| {
            key(text).filter(|k| k.kind() != KeyKind::Ed25519)
        })?;
        let office_holder =
            lines.parsed("share-holder", |line| key(line.strip_prefix("office ")?))?;
        let commission_holder =
            lines.parsed(
                "share-holder",
                |line| key(line.strip_prefix("commission ")?),
            )?;
        let office = lines.parsed("office", key)?;
        let sensors = lines.repeated("sensor", |line| {
            let (id, text) = line.split_once(' ')?;
            is_name(id)
                .then(|| Some((id.to_owned(), key(text)?)))
                .flatten()
        })?;
        if repeats(sensors.iter().map(|(id, _)| id)) {
            return Err(lines.broken("a sensor stands twice"));
        }
        let policy = lines.repeated("policy", Some)?.join("\n");
        let policy =
            Policy::parse(&(policy + "\n")).map_err(|error| lines.broken(error.to_string()))?;
        if speaks_for_itself(&policy) {
            return Err(lines.broken("the policy asks for no witness"));
        }
        let previous = lines.parsed("previous", |text| match text {
            "none" => Some(None),
            hash => sha256(hash).map(Some),
        })?;
        lines.end()?;
        Ok(Self {
            version,
            not_before,
            members,
            floors,
            lease_key,
            mirror,
            office_holder,
            commission_holder,
            office,
            sensors,
            policy,
            previous,
            hash: text_hash(text),
            note,
        })
    }

    /// Whether it is a version 1 that every member signed.
    pub(crate) fn is_first(&self) -> Result<(), RootError> {
        if self.version != 1 || self.previous.is_some() {
            let what = format!("version {} cannot be the first", self.version);
            return Err(RootError::Chain(what));
        }
        let signed = self.signers(&self.members)?;
        match self
            .members
            .iter()
            .find(|member| !signed.contains(&member.key))
        {
            Some(member) => Err(RootError::Unsigned(format!(
                "`{}` has not signed",
                member.key.name()
            ))),
            None => Ok(()),
        }
    }

    /// Whether it follows `old`: a majority of the members of each, chair or deputy among them, signed it.
    pub(crate) fn follows(&self, old: &Self) -> Result<(), RootError> {
        if self.version != old.version + 1 || self.previous != Some(old.hash) {
            let what = format!(
                "version {} does not follow version {}",
                self.version, old.version
            );
            return Err(RootError::Chain(what));
        }
        for (whose, members) in [("old", &old.members), ("new", &self.members)] {
            let signed = self.signers(members)?;
            let signed: Vec<&Member> = members.iter().filter(|m| signed.contains(&m.key)).collect();
            if signed.len() * 2 <= members.len() || !signed.iter().any(|member| member.leads) {
                let what =
                    format!("no majority of the {whose} members with chair or deputy has signed");
                return Err(RootError::Unsigned(what));
            }
        }
        Ok(())
    }

    fn signers(&self, members: &[Member]) -> Result<Vec<VerifierKey>, RootError> {
        let keys: Vec<VerifierKey> = members.iter().map(|member| member.key.clone()).collect();
        let verified = self.note.verify(&keys);
        let verified = verified.map_err(|error| RootError::Unsigned(error.to_string()))?;
        Ok(verified.into_iter().map(|v| v.key).collect())
    }

    pub(crate) fn member(&self, id: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.id == id)
    }

    /// Votes for that a kind needs on top of the majority.
    pub(crate) fn floor(&self, kind: &str) -> u64 {
        self.floors
            .iter()
            .find(|(known, _)| known == kind)
            .map_or(0, |(_, votes)| *votes)
    }

    /// Two parties that have to be apart and have one key: nobody may decide and act, or decide and keep the log.
    pub(crate) fn shared_key(&self) -> Option<(String, String)> {
        let others = [
            &self.lease_key,
            &self.mirror,
            &self.office_holder,
            &self.commission_holder,
            &self.office,
        ];
        let others = others
            .into_iter()
            .chain(self.sensors.iter().map(|(_, key)| key));
        let others: Vec<&VerifierKey> = others.chain(self.policy.logs()).collect();
        let mut pairs = self
            .members
            .iter()
            .flat_map(|m| others.iter().map(move |other| (&m.key, *other)));
        let office = |key: &&VerifierKey| key.public() == self.office.public();
        let of_commission = [&self.lease_key, &self.mirror, &self.commission_holder];
        let shared = pairs.find(|(a, b)| a.public() == b.public());
        let shared = shared.or_else(|| {
            of_commission
                .into_iter()
                .find(office)
                .map(|key| (key, &self.office))
        });
        let shared = shared.or_else(|| {
            let same = self.office_holder.public() == self.commission_holder.public();
            same.then_some((&self.office_holder, &self.commission_holder))
        });
        shared.map(|(a, b)| (a.name().to_owned(), b.name().to_owned()))
    }
}

fn key(text: &str) -> Option<VerifierKey> {
    text.parse().ok()
}

fn member(line: &str, commission: &str) -> Option<Member> {
    let [id, role, text] = line.split(' ').collect::<Vec<_>>().try_into().ok()?;
    let key = key(text)?;
    let named = is_name(id) && key.name() == format!("{commission}/{id}");
    let known = matches!(role, "chair" | "deputy" | "member");
    (named && known && key.kind() == KeyKind::Ed25519).then(|| Member {
        id: id.to_owned(),
        leads: role != "member",
        key,
        role: role.to_owned(),
    })
}

fn is_commission(members: &[Member]) -> Result<(), &'static str> {
    let count = |role: &str| members.iter().filter(|member| member.role == role).count();
    if count("chair") != 1 || count("deputy") != 1 || members.len() < 3 {
        return Err("a commission has one chair, one deputy and at least one member more");
    }
    if repeats(members.iter().map(|m| &m.id)) || repeats(members.iter().map(|m| m.key.public())) {
        return Err("a member or key stands twice");
    }
    Ok(())
}

fn floor(line: &str) -> Option<(String, u64)> {
    let (kind, votes) = line.split_once(' ')?;
    let known = super::statement::KINDS.contains(&kind);
    known
        .then(|| Some((kind.to_owned(), number(votes)?)))
        .flatten()
}

fn repeats<T: Ord>(items: impl Iterator<Item = T>) -> bool {
    let mut items: Vec<T> = items.collect();
    items.sort();
    items
        .windows(2)
        .any(|pair| matches!(pair, [a, b] if a == b))
}

/// Whether the logs' signatures alone would meet the policy.
fn speaks_for_itself(policy: &Policy) -> bool {
    let alone = policy.logs().iter().map(|key| Verified {
        key: key.clone(),
        time: None,
    });
    policy.met_by(&alone.collect::<Vec<_>>())
}
