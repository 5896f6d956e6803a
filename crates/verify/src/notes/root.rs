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

/// Somebody of the office who may ask, or act in urgency with another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Officer {
    pub(crate) id: String,
    pub(crate) role: String,
    pub(crate) key: VerifierKey,
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
    pub(crate) secretariat: VerifierKey,
    pub(crate) office_holder: VerifierKey,
    pub(crate) commission_holder: VerifierKey,
    pub(crate) office: VerifierKey,
    pub(crate) officers: Vec<Officer>,
    pub(crate) sensors: Vec<(String, VerifierKey)>,
    pub(crate) counters: Vec<(String, VerifierKey)>,
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
        let named = format!("{commission}/secretariat");
        let secretariat = lines.parsed("secretariat", |text| {
            ed25519(text).filter(|key| key.name() == named)
        })?;
        let mut holder =
            |who: &str| lines.parsed("share-holder", |line| key(line.strip_prefix(who)?));
        let (office_holder, commission_holder) = (holder("office ")?, holder("commission ")?);
        let office = lines.parsed("office", key)?;
        let (officers, sensors, counters) = keepers(&mut lines, &office, &members)?;
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
        let root = Self {
            version,
            not_before,
            members,
            floors,
            lease_key,
            mirror,
            secretariat,
            office_holder,
            commission_holder,
            office,
            officers,
            sensors,
            counters,
            policy,
            previous,
            hash: text_hash(text),
            note,
        };
        if let Some((one, other)) = root.twice() {
            return Err(Broken::at(
                1,
                &format!("`{one}` and `{other}` are the same key"),
            ));
        }
        Ok(root)
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

    pub(crate) fn officer(&self, id: &str) -> Option<&Officer> {
        self.officers.iter().find(|officer| officer.id == id)
    }

    /// The keys of chair and deputy.
    pub(crate) fn leads(&self) -> Vec<VerifierKey> {
        let leads = self.members.iter().filter(|member| member.leads);
        leads.map(|member| member.key.clone()).collect()
    }

    /// Votes for that a kind needs on top of the majority.
    pub(crate) fn floor(&self, kind: &str) -> u64 {
        self.floors
            .iter()
            .find(|(known, _)| known == kind)
            .map_or(0, |(_, votes)| *votes)
    }

    /// Two holders or uses that have one key.
    fn twice(&self) -> Option<(String, String)> {
        let people = self.members.iter().map(|member| &member.key);
        let people = people.chain(self.officers.iter().map(|officer| &officer.key));
        let apart: Vec<&VerifierKey> = people
            .chain([
                &self.secretariat,
                &self.lease_key,
                &self.office_holder,
                &self.commission_holder,
                &self.office,
            ])
            .chain(
                self.sensors
                    .iter()
                    .chain(&self.counters)
                    .map(|(_, key)| key),
            )
            .collect();
        let all = apart.iter().enumerate();
        let mut pairs =
            all.flat_map(|(at, one)| apart.iter().skip(at + 1).map(move |other| (*one, *other)));
        pairs.find(same).map(named)
    }

    /// A member or the office that keeps the log or its mirror too: nobody may decide or act, and keep what shows it.
    pub(crate) fn shared_key(&self) -> Option<(String, String)> {
        let keepers = self.policy.logs().iter().chain([&self.mirror]);
        let mut kept = keepers.flat_map(|keeper| {
            let members = self.members.iter().map(|member| &member.key);
            let office = (*keeper == self.mirror).then_some(&self.office);
            members.chain(office).map(move |key| (key, keeper))
        });
        kept.find(same).map(named)
    }
}

fn same(pair: &(&VerifierKey, &VerifierKey)) -> bool {
    pair.0.public() == pair.1.public()
}

fn named(pair: (&VerifierKey, &VerifierKey)) -> (String, String) {
    (pair.0.name().to_owned(), pair.1.name().to_owned())
}

fn key(text: &str) -> Option<VerifierKey> {
    text.parse().ok()
}

fn ed25519(text: &str) -> Option<VerifierKey> {
    key(text).filter(|key| key.kind() == KeyKind::Ed25519)
}

fn of_sensor(line: &str) -> Option<(String, VerifierKey)> {
    let (id, text) = line.split_once(' ')?;
    is_name(id)
        .then(|| Some((id.to_owned(), key(text)?)))
        .flatten()
}

fn officer(line: &str, of_office: &str) -> Option<Officer> {
    let [id, role, text] = line.split(' ').collect::<Vec<_>>().try_into().ok()?;
    let key = ed25519(text)?;
    let named = is_name(id) && key.name() == format!("{of_office}/{id}");
    let known = matches!(role, "requester" | "legal-officer" | "supervisor");
    (named && known).then(|| Officer {
        id: id.to_owned(),
        role: role.to_owned(),
        key,
    })
}

/// Officers, sensors with their keys, counters with theirs.
type Keepers = (
    Vec<Officer>,
    Vec<(String, VerifierKey)>,
    Vec<(String, VerifierKey)>,
);

fn keepers(
    lines: &mut Lines<'_>,
    office: &VerifierKey,
    members: &[Member],
) -> Result<Keepers, Broken> {
    let of_office = office.name().split('/').next().unwrap_or_default();
    let officers = lines.repeated("officer", |line| officer(line, of_office))?;
    let sensors = lines.repeated("sensor", of_sensor)?;
    let counters = lines.repeated("counter", of_sensor)?;
    if repeats(sensors.iter().map(|(id, _)| id)) || repeats(counters.iter().map(|(id, _)| id)) {
        return Err(lines.broken("a sensor stands twice"));
    }
    let beside = |id: &String| sensors.iter().any(|(known, _)| known == id);
    if !counters.iter().all(|(id, _)| beside(id)) {
        return Err(lines.broken("a counter stands beside no sensor"));
    }
    let ids = members
        .iter()
        .map(|m| &m.id)
        .chain(officers.iter().map(|o| &o.id));
    if repeats(ids) {
        return Err(lines.broken("a person stands twice"));
    }
    Ok((officers, sensors, counters))
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
