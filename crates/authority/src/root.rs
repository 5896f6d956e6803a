//! The trust root: who the commission is, which keys log, mirror, office and sensors have. In: a signed note. Out: keys by role. Never: a version that the one
//! before did not sign over to.

use crate::grammar::{GrammarError, Lines};
use crate::limits::NOTE_BYTES_MAX;
use crate::statement::Kind;
use crate::text_hash;
use sakimori_custody::ids::{Name, SensorId};
use sakimori_custody::record::coded;
use sakimori_custody::time::Seconds;
use sakimori_tlog::key::{KeyKind, VerifierKey};
use sakimori_tlog::note::{Note, NoteError, Verified};
use sakimori_tlog::policy::Policy;
use std::fmt;

const HEADER: &str = "sakimori/trust-root/v1";

coded! {
    /// Role in the commission.
    Role: u8 {
        /// Presides.
        Chair = 1 "chair",
        /// Presides where the chair cannot; fixed in advance.
        Deputy = 2 "deputy",
        /// Votes.
        Member = 3 "member",
    }
}

coded! {
    /// Role of an officer of the office, in the requests that it makes.
    OfficerRole: u8 {
        /// Asks.
        Requester = 1 "requester",
        /// Holds the request against the law.
        LegalOfficer = 2 "legal-officer",
        /// Answers for those who use what was selected.
        Supervisor = 3 "supervisor",
    }
}

/// A member of the commission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Short name, as sitting lines use it.
    pub id: Name,
    /// Role.
    pub role: Role,
    /// Key that signs statements; its name is `<commission>/<id>`.
    pub key: VerifierKey,
}

/// An officer of the office.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Officer {
    /// Short name, as requests and urgent statements use it; no member has it.
    pub id: Name,
    /// Role.
    pub role: OfficerRole,
    /// Key that signs; its name is the office's up to its first `/`, then `/<id>`.
    pub key: VerifierKey,
}

/// A version of the trust root whose signatures were checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustRoot {
    /// Counted from 1.
    pub version: u64,
    /// In force from.
    pub not_before: Seconds,
    /// Name of the commission; its keys' names begin with it.
    pub commission: String,
    /// Members.
    pub members: Vec<Member>,
    /// Votes for that a kind needs on top of the majority.
    pub floors: Vec<(Kind, u64)>,
    /// Key of leases.
    pub lease_key: VerifierKey,
    /// Key of the commission's mirror.
    pub mirror: VerifierKey,
    /// Key of the commission's secretariat, which signs the commission's own entries.
    pub secretariat: VerifierKey,
    /// Key of the office's share holder.
    pub office_holder: VerifierKey,
    /// Key of the commission's share holder.
    pub commission_holder: VerifierKey,
    /// Key of the office.
    pub office: VerifierKey,
    /// Officers of the office.
    pub officers: Vec<Officer>,
    /// Keys of sensors.
    pub sensors: Vec<(SensorId, VerifierKey)>,
    /// Keys of the carrier's own counters, by the sensor that they stand beside.
    pub counters: Vec<(SensorId, VerifierKey)>,
    /// Whose signatures make a checkpoint good.
    pub policy: Policy,
    policy_lines: Vec<String>,
    previous: Option<[u8; 32]>,
    hash: [u8; 32],
}

/// Why a trust root is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustRootError {
    /// No signed note.
    #[error("the trust root is no signed note")]
    Note(#[source] NoteError),
    /// The text breaks its grammar.
    #[error("the trust root is malformed")]
    Grammar(#[source] GrammarError),
    /// Members did not sign.
    #[error("the trust root lacks the signature of {0}")]
    Unsigned(String),
    /// Somebody of the office's is a member too.
    #[error("`{0}` is of the office and a member of the commission: who asks never decides")]
    RequesterDecides(String),
    /// It does not follow the version that is known.
    #[error("version {found} does not follow version {known}")]
    Chain {
        /// Version that is trusted.
        known: u64,
        /// Version offered.
        found: u64,
    },
}

impl TrustRoot {
    /// Opens version 1: every member that it lists must have signed.
    ///
    /// # Errors
    /// [`TrustRootError`]: nothing may be trusted on its word.
    pub fn open(bytes: &[u8]) -> Result<Self, TrustRootError> {
        let (root, signers) = Self::read(bytes)?;
        let missing = root.members.iter().find(|m| !signers.contains(&m.key));
        match (missing, root.version) {
            (Some(member), _) => Err(TrustRootError::Unsigned(member.key.name().to_owned())),
            (None, 1) if root.previous.is_none() => Ok(root),
            (None, found) => Err(TrustRootError::Chain { known: 0, found }),
        }
    }

    /// Opens a root of any version that was accepted before and kept since: its text is read again, its signatures were checked then.
    ///
    /// # Errors
    /// [`TrustRootError`]: what was kept is damaged.
    pub fn remembered(bytes: &[u8]) -> Result<Self, TrustRootError> {
        Self::read(bytes).map(|(root, _)| root)
    }

    /// Reads a text that nobody has signed yet: what it would be once it is signed.
    ///
    /// # Errors
    /// [`TrustRootError`]: no signatures would make it a trust root.
    pub fn drafted(text: &str) -> Result<Self, TrustRootError> {
        let root = Self::parse(text).map_err(TrustRootError::Grammar)?;
        match root.of_both() {
            Some(name) => Err(TrustRootError::RequesterDecides(name)),
            None => Ok(root),
        }
    }

    /// Whether every key that an organisation's processes sign with is the one of the version before, and the witness policy with them: the log's, the mirror's, the secretariat's, of leases, of both
    /// share holders, the office's. People, sensors and counters may be others.
    pub fn keeps_keys_of(&self, before: &Self) -> bool {
        let keys = |root: &Self| {
            [
                root.lease_key.clone(),
                root.mirror.clone(),
                root.secretariat.clone(),
                root.office_holder.clone(),
                root.commission_holder.clone(),
                root.office.clone(),
            ]
        };
        self.commission == before.commission
            && keys(self) == keys(before)
            && self.policy_lines == before.policy_lines
    }

    /// Opens the version after this one: a majority of the old and of the new members, chair or deputy among each, must have signed.
    ///
    /// # Errors
    /// [`TrustRootError`]: this version stays in force.
    pub fn succeed(&self, bytes: &[u8]) -> Result<Self, TrustRootError> {
        let (root, mut signers) = Self::read(bytes)?;
        let chain = TrustRootError::Chain {
            known: self.version,
            found: root.version,
        };
        if root.version != self.version + 1 || root.previous != Some(self.hash) {
            return Err(chain);
        }
        let note = Note::parse(bytes).map_err(TrustRootError::Note)?;
        let old: Vec<VerifierKey> = self.members.iter().map(|m| m.key.clone()).collect();
        signers.extend(
            note.verify(&old)
                .unwrap_or_default()
                .into_iter()
                .map(|v| v.key),
        );
        for members in [&self.members, &root.members] {
            let signed: Vec<&Member> = members
                .iter()
                .filter(|m| signers.contains(&m.key))
                .collect();
            let led = signed.iter().any(|m| m.role != Role::Member);
            if !led || signed.len() * 2 <= members.len() {
                return Err(TrustRootError::Unsigned(
                    "a majority of the members".to_owned(),
                ));
            }
        }
        Ok(root)
    }

    /// Reads text and signatures by its own members.
    fn read(bytes: &[u8]) -> Result<(Self, Vec<VerifierKey>), TrustRootError> {
        let note = Note::parse(bytes).map_err(TrustRootError::Note)?;
        let root = Self::drafted(note.text())?;
        let keys: Vec<VerifierKey> = root.members.iter().map(|m| m.key.clone()).collect();
        let verified = note.verify(&keys).map_err(TrustRootError::Note)?;
        Ok((root, verified.into_iter().map(|v| v.key).collect()))
    }

    fn parse(text: &str) -> Result<Self, GrammarError> {
        let mut lines = Lines::new(text, HEADER, NOTE_BYTES_MAX)?;
        let version = lines.number("version")?;
        let not_before = lines.parse("not-before")?;
        let commission = lines.value("commission")?.to_owned();
        let members = members(&mut lines, &commission)?;
        let floors = floors(&mut lines)?;
        let lease_key = lines.parse("lease-key")?;
        let mirror: VerifierKey = lines.parse("mirror")?;
        if mirror.kind() == KeyKind::Ed25519 {
            return Err(lines.fail("the mirror's key is no cosigner's"));
        }
        let secretariat = plain_key(
            &mut lines,
            "secretariat",
            &format!("{commission}/secretariat"),
        )?;
        let (office_holder, commission_holder) = (
            holder(&mut lines, "office")?,
            holder(&mut lines, "commission")?,
        );
        let office: VerifierKey = lines.parse("office")?;
        let officers = officers(&mut lines, &office)?;
        let sensors = keys_of_sensors(&mut lines, "sensor")?;
        let counters = keys_of_sensors(&mut lines, "counter")?;
        let beside = |id: &SensorId| sensors.iter().any(|(known, _)| known == id);
        if !counters.iter().all(|(id, _)| beside(id)) {
            return Err(lines.fail("a counter stands beside no sensor"));
        }
        let (policy_lines, policy) = policy(&mut lines)?;
        let previous = match lines.value("previous")? {
            "none" => None,
            text => Some(crate::grammar::hash(text).ok_or_else(|| lines.fail("no SHA-256"))?),
        };
        lines.end()?;
        let root = Self {
            version,
            not_before,
            commission,
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
            policy_lines,
            previous,
            hash: text_hash(text),
        };
        if root.shares_a_key() {
            return Err(lines.fail("a public key stands twice"));
        }
        Ok(root)
    }

    /// Somebody of the office's who is a member too, by id or by key.
    fn of_both(&self) -> Option<String> {
        let member =
            |key: &VerifierKey| self.members.iter().any(|m| m.key.public() == key.public());
        let officer = self
            .officers
            .iter()
            .find(|officer| self.member(&officer.id).is_some() || member(&officer.key));
        let of_office = officer.map(|officer| &officer.key);
        of_office
            .or_else(|| Some(&self.office).filter(|key| member(key)))
            .map(|key| key.name().to_owned())
    }

    /// Whether a public key stands twice: one key under two names would be one person in two offices. Keys of the office's people among the members' are told by
    /// [`TrustRoot::of_both`].
    fn shares_a_key(&self) -> bool {
        let keys = self.single_keys();
        let shared = keys.iter().enumerate().any(|(at, key)| {
            let after = keys.get(at + 1..).unwrap_or_default();
            after.iter().any(|other| other.public() == key.public())
        });
        shared && self.of_both().is_none()
    }

    /// Keys that have one holder and one use each.
    fn single_keys(&self) -> Vec<&VerifierKey> {
        let single = [
            &self.secretariat,
            &self.lease_key,
            &self.office_holder,
            &self.commission_holder,
            &self.office,
        ];
        let members = self.members.iter().map(|member| &member.key);
        let officers = self.officers.iter().map(|officer| &officer.key);
        let at_sensors = self
            .sensors
            .iter()
            .chain(&self.counters)
            .map(|(_, key)| key);
        single
            .into_iter()
            .chain(members)
            .chain(officers)
            .chain(at_sensors)
            .collect()
    }

    /// The text of a root with these parts: what the members sign.
    pub fn draft(draft: &Draft<'_>) -> String {
        use fmt::Write;
        let mut text = format!(
            "{HEADER}\nversion: 1\nnot-before: {}\ncommission: {}\n",
            draft.not_before, draft.commission
        );
        for (id, role, key) in draft.members {
            let _ = writeln!(text, "member: {id} {role} {key}");
        }
        for (kind, votes) in draft.floors {
            let _ = writeln!(text, "floor: {kind} {votes}");
        }
        let _ = write!(
            text,
            "lease-key: {}\nmirror: {}\nsecretariat: {}\nshare-holder: office {}\nshare-holder: commission {}\noffice: {}\n",
            draft.lease_key,
            draft.mirror,
            draft.secretariat,
            draft.office_holder,
            draft.commission_holder,
            draft.office
        );
        for (id, role, key) in draft.officers {
            let _ = writeln!(text, "officer: {id} {role} {key}");
        }
        for (id, key) in draft.sensors {
            let _ = writeln!(text, "sensor: {id} {key}");
        }
        for (id, key) in draft.counters {
            let _ = writeln!(text, "counter: {id} {key}");
        }
        let _ = write!(
            text,
            "policy: log {}\npolicy: witness mirror {}\npolicy: quorum mirror\nprevious: none\n",
            draft.log, draft.mirror
        );
        text
    }

    /// SHA-256 of the text.
    pub const fn hash(&self) -> [u8; 32] {
        self.hash
    }

    /// The member of a short name.
    pub fn member(&self, id: &Name) -> Option<&Member> {
        self.members.iter().find(|m| m.id == *id)
    }

    /// The key of a sensor.
    pub fn sensor(&self, id: &SensorId) -> Option<&VerifierKey> {
        self.sensors
            .iter()
            .find(|(known, _)| known == id)
            .map(|(_, key)| key)
    }

    /// The officer of a short name.
    pub fn officer(&self, id: &Name) -> Option<&Officer> {
        self.officers.iter().find(|officer| officer.id == *id)
    }

    /// The key of the carrier's counter beside a sensor.
    pub fn counter(&self, id: &SensorId) -> Option<&VerifierKey> {
        self.counters
            .iter()
            .find(|(known, _)| known == id)
            .map(|(_, key)| key)
    }

    /// Keys of chair and deputy, who may act alone where a note asks for one of them.
    pub fn leaders(&self) -> Vec<VerifierKey> {
        self.members
            .iter()
            .filter(|member| member.role != Role::Member)
            .map(|member| member.key.clone())
            .collect()
    }

    /// Votes for that a kind needs on top of the majority.
    pub fn floor(&self, kind: Kind) -> u64 {
        self.floors
            .iter()
            .find(|(known, _)| *known == kind)
            .map_or(0, |(_, votes)| *votes)
    }

    /// The lines of the witness policy.
    pub fn policy_lines(&self) -> &[String] {
        &self.policy_lines
    }
}

/// Parts of a first trust root.
#[derive(Clone, Copy, Debug)]
pub struct Draft<'a> {
    /// In force from.
    pub not_before: Seconds,
    /// Name of the commission.
    pub commission: &'a str,
    /// Members: short name, role, key.
    pub members: &'a [(Name, Role, VerifierKey)],
    /// Votes for by kind.
    pub floors: &'a [(Kind, u64)],
    /// Key of leases.
    pub lease_key: &'a VerifierKey,
    /// Key of the mirror.
    pub mirror: &'a VerifierKey,
    /// Key of the secretariat.
    pub secretariat: &'a VerifierKey,
    /// Key of the office's share holder.
    pub office_holder: &'a VerifierKey,
    /// Key of the commission's share holder.
    pub commission_holder: &'a VerifierKey,
    /// Key of the office.
    pub office: &'a VerifierKey,
    /// Officers: short name, role, key.
    pub officers: &'a [(Name, OfficerRole, VerifierKey)],
    /// Sensors with their keys.
    pub sensors: &'a [(SensorId, VerifierKey)],
    /// Counters with their keys, by sensor.
    pub counters: &'a [(SensorId, VerifierKey)],
    /// Key of the log.
    pub log: &'a VerifierKey,
}

fn members(lines: &mut Lines<'_>, commission: &str) -> Result<Vec<Member>, GrammarError> {
    let mut members: Vec<Member> = Vec::new();
    for line in lines.all("member") {
        let mut words = line.split(' ');
        let mut read = || {
            let id: Name = words.next()?.parse().ok()?;
            let role = Role::from_name(words.next()?)?;
            let key: VerifierKey = words.next()?.parse().ok()?;
            let named =
                key.name() == format!("{commission}/{id}") && key.kind() == KeyKind::Ed25519;
            (words.next().is_none() && named).then_some(Member { id, role, key })
        };
        let member = read().ok_or_else(|| lines.fail("no member with role and key"))?;
        if members
            .iter()
            .any(|m| m.id == member.id || m.key.public() == member.key.public())
        {
            return Err(lines.fail("a member or key stands twice"));
        }
        members.push(member);
    }
    let count = |role| members.iter().filter(|m| m.role == role).count();
    if count(Role::Chair) != 1 || count(Role::Deputy) != 1 || members.len() < 3 {
        return Err(
            lines.fail("a commission has one chair, one deputy and at least one member more")
        );
    }
    Ok(members)
}

fn floors(lines: &mut Lines<'_>) -> Result<Vec<(Kind, u64)>, GrammarError> {
    let mut floors: Vec<(Kind, u64)> = Vec::new();
    for line in lines.all("floor") {
        let floor = line.split_once(' ').and_then(|(kind, votes)| {
            Some((Kind::from_name(kind)?, crate::grammar::number(votes)?))
        });
        let floor = floor.ok_or_else(|| lines.fail("no floor of a kind"))?;
        if floors.iter().any(|(kind, _)| *kind == floor.0) {
            return Err(lines.fail("a kind has two floors"));
        }
        floors.push(floor);
    }
    Ok(floors)
}

fn holder(lines: &mut Lines<'_>, who: &str) -> Result<VerifierKey, GrammarError> {
    let line = lines.value("share-holder")?;
    let key = line
        .strip_prefix(who)
        .and_then(|rest| rest.strip_prefix(' ')?.parse().ok());
    key.ok_or_else(|| lines.fail(format!("expected the share holder of the {who}")))
}

/// A key that signs texts, under the name that the page gives it.
fn plain_key(lines: &mut Lines<'_>, what: &str, name: &str) -> Result<VerifierKey, GrammarError> {
    let key: VerifierKey = lines.parse(what)?;
    if key.name() == name && key.kind() == KeyKind::Ed25519 {
        Ok(key)
    } else {
        Err(lines.fail(format!("no Ed25519 key of the name `{name}`")))
    }
}

fn officers(lines: &mut Lines<'_>, office: &VerifierKey) -> Result<Vec<Officer>, GrammarError> {
    let prefix = office.name().split('/').next().unwrap_or_default();
    let mut officers: Vec<Officer> = Vec::new();
    for line in lines.all("officer") {
        let mut words = line.split(' ');
        let mut read = || {
            let id: Name = words.next()?.parse().ok()?;
            let role = OfficerRole::from_name(words.next()?)?;
            let key: VerifierKey = words.next()?.parse().ok()?;
            let named = key.name() == format!("{prefix}/{id}") && key.kind() == KeyKind::Ed25519;
            (words.next().is_none() && named).then_some(Officer { id, role, key })
        };
        let officer = read().ok_or_else(|| lines.fail("no officer with role and key"))?;
        if officers.iter().any(|other| other.id == officer.id) {
            return Err(lines.fail("an officer's id stands twice"));
        }
        officers.push(officer);
    }
    Ok(officers)
}

fn keys_of_sensors(
    lines: &mut Lines<'_>,
    what: &str,
) -> Result<Vec<(SensorId, VerifierKey)>, GrammarError> {
    let mut keys: Vec<(SensorId, VerifierKey)> = Vec::new();
    for line in lines.all(what) {
        let read = line
            .split_once(' ')
            .and_then(|(id, key)| Some((id.parse().ok()?, key.parse().ok()?)));
        let read: (SensorId, VerifierKey) =
            read.ok_or_else(|| lines.fail(format!("no {what} with its key")))?;
        if keys.iter().any(|(id, _)| *id == read.0) {
            return Err(lines.fail(format!("a {what} stands twice")));
        }
        keys.push(read);
    }
    Ok(keys)
}

/// The lines of the witness policy; one that the log alone meets is none.
fn policy(lines: &mut Lines<'_>) -> Result<(Vec<String>, Policy), GrammarError> {
    let policy_lines: Vec<String> = lines.all("policy").into_iter().map(str::to_owned).collect();
    let policy = Policy::parse(&(policy_lines.join("\n") + "\n"))
        .map_err(|e| lines.fail(format!("the policy is malformed: {e}")))?;
    let alone: Vec<Verified> = policy
        .logs()
        .iter()
        .map(|key| Verified {
            key: key.clone(),
            time: None,
        })
        .collect();
    if policy.met_by(&alone) {
        return Err(lines.fail("the policy lets the log speak for itself"));
    }
    Ok((policy_lines, policy))
}
