//! A new node: keys of commission, office, log and sensors, the trust root that names them and the first schedule. In: names, the time. Out: files. Never: a node made over another.
//!
//! In a real country each key is made on its owner's machine and only the verifier keys come together; here all parts lie below one folder, in the folder of their owner.

use crate::error::ControlError;
use crate::host::Host;
use crate::journal::{Deed, Journal};
use crate::layout::Node;
use crate::sensor::state;
use crate::witness::{self, Outside};
use crate::{files, keys};
use sakimori_authority::Sitting;
use sakimori_authority::root::{Draft, OfficerRole, Role, TrustRoot};
use sakimori_authority::schedule::{self, Schedule, japan};
use sakimori_authority::statement::Kind;
use sakimori_custody::entry::EntryType;
use sakimori_custody::ids::{Name, SensorId};
use sakimori_tlog::key::{KeyKind, NoteSigner, VerifierKey};
use sakimori_tlog::note::Note;
use std::fs;
use std::path::PathBuf;

/// Who the parties are.
#[derive(Clone, Debug)]
pub struct Parties {
    /// Name of the commission.
    pub commission: String,
    /// Name of the office.
    pub office: String,
    /// Name of the carrier whose sensors they are.
    pub carrier: String,
    /// Origin of the log.
    pub log: String,
    /// Sensors.
    pub sensors: Vec<SensorId>,
    /// Outside witnesses of the log, and how many of them have to cosign.
    pub witnesses: (Vec<Outside>, usize),
    /// Whether the mirror has an ML-DSA-44 key too, whose cosignature is asked for as well.
    pub post_quantum: bool,
}

impl Parties {
    /// Parties under `example`, with these sensors.
    pub fn example(sensors: Vec<SensorId>) -> Self {
        let name = |who: &str| format!("{who}.example");
        Self {
            commission: name("commission"),
            office: name("office"),
            carrier: name("carrier"),
            log: name("log"),
            sensors,
            witnesses: (Vec::new(), 0),
            post_quantum: false,
        }
    }
}

/// Members of a commission of five (Act 42/2025 arts. 46–62: chair and four members).
const MEMBERS: [(&str, Role); 5] = [
    ("m1", Role::Chair),
    ("m2", Role::Deputy),
    ("m3", Role::Member),
    ("m4", Role::Member),
    ("m5", Role::Member),
];

/// Officers of the office: who asks, who holds it against the law, who answers for its use.
const OFFICERS: [(&str, OfficerRole); 3] = [
    ("o1", OfficerRole::Requester),
    ("o2", OfficerRole::LegalOfficer),
    ("o3", OfficerRole::Supervisor),
];

/// Votes for that a kind needs on top of the majority.
const FLOORS: [(Kind, u64); 4] = [
    (Kind::Acquisition, 2),
    (Kind::Measure, 3),
    (Kind::Reidentification, 3),
    (Kind::Disclosure, 3),
];

/// Key file of a member of the commission.
pub fn member_key(node: &Node, member: &str) -> PathBuf {
    node.commission().join(format!("members/{member}.key"))
}

/// Key file of an officer of the office.
pub fn officer_key(node: &Node, officer: &str) -> PathBuf {
    node.folder().join(format!("office/officers/{officer}.key"))
}

/// Key file of the carrier's own counter beside a sensor.
pub fn counter_key(node: &Node, sensor: &SensorId) -> PathBuf {
    node.folder().join(format!("carrier/{sensor}.key"))
}

/// Key file of the commission's process: `lease`, `mirror`, `secretariat` or `share`.
pub fn commission_key(node: &Node, name: &str) -> PathBuf {
    node.commission().join(format!("keys/{name}.key"))
}

/// Makes a node. Nothing is in the log yet: see [`enter_trust_root`].
///
/// # Errors
/// [`ControlError::Usage`] where there is a node already; [`ControlError::File`].
pub fn create(node: &Node, parties: &Parties, host: &Host) -> Result<TrustRoot, ControlError> {
    create_under(node, parties, host, japan)
}

/// As [`create`], under the schedule of another country, such as [`fictional`](sakimori_authority::schedule::fictional).
///
/// # Errors
/// As [`create`].
pub fn create_under(
    node: &Node,
    parties: &Parties,
    host: &Host,
    schedule: fn(&schedule::Draft) -> Schedule,
) -> Result<TrustRoot, ControlError> {
    if node.trust_root().exists() {
        let folder = node.folder().display();
        return Err(ControlError::Usage(format!("{folder} is a node already")));
    }
    folders(node)?;
    let made = Made::create(node, parties, host)?;
    let note = made.trust_root(parties, host)?;
    let root = TrustRoot::open(&note.to_bytes());
    let root =
        root.map_err(|e| ControlError::document("the new trust root", crate::error::told(&e)))?;
    let bytes = note.to_bytes();
    for sensor in &parties.sensors {
        state::install(&node.sensor(sensor), &bytes)?;
    }
    files::write(
        &node.commission().join("trust-root.note"),
        &bytes,
        files::PUBLIC,
    )?;
    let schedule = made.schedule(&root, schedule)?;
    files::write(&first_schedule(node), &schedule, files::PUBLIC)?;
    // Last: a node is one once its trust root is there.
    files::write(&node.trust_root(), &bytes, files::PUBLIC)?;
    Ok(root)
}

/// The folders of a new node: its own can be entered by whoever may read the log, those of office, commission, sensors and ledger by their owner alone.
fn folders(node: &Node) -> Result<(), ControlError> {
    let folder = node.folder();
    fs::create_dir_all(folder).map_err(ControlError::file("create", folder))?;
    for name in ["office", "commission", "sensor", "lake", "ledger"] {
        files::create_private_folder(&folder.join(name))?;
    }
    Ok(())
}

/// The schedule that a new node begins with, as a note.
pub fn first_schedule(node: &Node) -> PathBuf {
    node.folder().join("schedule.note")
}

/// Puts the trust root on record as the log's first entry, and the first schedule as its second, where they are not yet. Returns the index of the trust root.
///
/// # Errors
/// [`ControlError::Ledger`].
pub fn enter_trust_root(node: &Node, host: &Host) -> Result<u64, ControlError> {
    let first = [
        (EntryType::TrustRoot, node.trust_root()),
        (EntryType::Schedule, first_schedule(node)),
    ];
    let mut journal = Journal::begin(&node.ledger().socket, None, host)?;
    let mut last = None;
    for (index, (kind, path)) in (0..).zip(first) {
        // After a fall an entry may be durable and not published: the list of entries would not show it.
        if journal.log.has(index)? {
            continue;
        }
        let deed = Deed {
            kind,
            authority: [0; 32],
            counters: vec![1],
            body: files::read_present(&path)?,
        };
        last = Some(journal.record(deed)?.0);
    }
    if let Some(last) = last {
        journal.log.proof(last)?;
    }
    Ok(0)
}

/// The keys of a new node.
struct Made {
    members: Vec<(Name, Role, NoteSigner)>,
    lease: VerifierKey,
    mirror: VerifierKey,
    /// The mirror's ML-DSA-44 key.
    second: Option<VerifierKey>,
    secretariat: VerifierKey,
    shares: [VerifierKey; 2],
    office: VerifierKey,
    officers: Vec<(Name, OfficerRole, VerifierKey)>,
    sensors: Vec<(SensorId, VerifierKey)>,
    counters: Vec<(SensorId, VerifierKey)>,
    log: VerifierKey,
    office_signer: NoteSigner,
}

impl Made {
    fn create(node: &Node, parties: &Parties, host: &Host) -> Result<Self, ControlError> {
        let key = |path: PathBuf, name: String, kind| keys::create(&path, &name, kind, host);
        let plain = |path, name| key(path, name, KeyKind::Ed25519).map(|k| k.verifier().clone());
        let (commission, office) = (&parties.commission, &parties.office);
        let mut members = Vec::new();
        for (id, role) in MEMBERS {
            let signer = key(
                member_key(node, id),
                format!("{commission}/{id}"),
                KeyKind::Ed25519,
            )?;
            let id = id
                .parse()
                .map_err(|e| ControlError::document("a member", e))?;
            members.push((id, role, signer));
        }
        let mut officers = Vec::new();
        for (id, role) in OFFICERS {
            let key = plain(officer_key(node, id), format!("{office}/{id}"))?;
            let id = id
                .parse()
                .map_err(|e| ControlError::document("an officer", e))?;
            officers.push((id, role, key));
        }
        let (mut sensors, mut counters) = (Vec::new(), Vec::new());
        for sensor in &parties.sensors {
            let path = node.sensor(sensor).join("sensor.key");
            sensors.push((
                sensor.clone(),
                plain(path, format!("{}/{sensor}", parties.carrier))?,
            ));
            let path = counter_key(node, sensor);
            counters.push((
                sensor.clone(),
                plain(path, format!("{}/{sensor}-counter", parties.carrier))?,
            ));
        }
        let mirror = key(
            commission_key(node, "mirror"),
            format!("{commission}/mirror"),
            KeyKind::Cosigner,
        )?;
        let office_signer = key(
            node.office_key("office"),
            format!("{office}/office"),
            KeyKind::Ed25519,
        )?;
        Ok(Self {
            second: second_key(node, parties, host)?,
            members,
            lease: plain(commission_key(node, "lease"), format!("{commission}/lease"))?,
            mirror: mirror.verifier().clone(),
            secretariat: plain(
                commission_key(node, "secretariat"),
                format!("{commission}/secretariat"),
            )?,
            shares: [
                plain(node.office_key("share"), format!("{office}/office-share"))?,
                plain(
                    commission_key(node, "share"),
                    format!("{commission}/commission-share"),
                )?,
            ],
            office: office_signer.verifier().clone(),
            office_signer,
            officers,
            sensors,
            counters,
            log: plain(node.log_key(), parties.log.clone())?,
        })
    }

    /// Version 1, signed by every member.
    fn trust_root(&self, parties: &Parties, host: &Host) -> Result<Note, ControlError> {
        let members: Vec<(Name, Role, VerifierKey)> = self
            .members
            .iter()
            .map(|(id, role, key)| (id.clone(), *role, key.verifier().clone()))
            .collect();
        let text = TrustRoot::draft(&Draft {
            // Entries carry whole minutes: what begins with one leaves no minute in which two hold.
            not_before: host.seconds().minute(),
            commission: &parties.commission,
            members: &members,
            floors: &FLOORS,
            lease_key: &self.lease,
            mirror: &self.mirror,
            secretariat: &self.secretariat,
            office_holder: &self.shares[0],
            commission_holder: &self.shares[1],
            office: &self.office,
            officers: &self.officers,
            sensors: &self.sensors,
            counters: &self.counters,
            log: &self.log,
        });
        let text = self.with_policy(&text, parties);
        let signers: Vec<&NoteSigner> = self.members.iter().map(|(_, _, key)| key).collect();
        Note::sign(&text, &signers, 0).ok_or_else(|| {
            ControlError::document("the new trust root", "its text cannot be signed")
        })
    }

    /// Version 1 of the schedule, decided by all members and signed by the office too.
    fn schedule(
        &self,
        root: &TrustRoot,
        schedule: fn(&schedule::Draft) -> Schedule,
    ) -> Result<Vec<u8>, ControlError> {
        let present: Vec<Name> = root
            .members
            .iter()
            .map(|member| member.id.clone())
            .collect();
        let chair = root
            .members
            .iter()
            .find(|member| member.role == Role::Chair);
        let bad = |what: &str| ControlError::document("the new schedule", what);
        let chair = chair.ok_or_else(|| bad("there is no chair"))?;
        let schedule = schedule(&schedule::Draft {
            not_before: root.not_before,
            root: root.version,
            sitting: Sitting {
                presiding: chair.id.clone(),
                votes_for: present.clone(),
                votes_against: Vec::new(),
                recused: Vec::new(),
                present,
            },
        });
        let members = self.members.iter().map(|(_, _, key)| key);
        let signers: Vec<&NoteSigner> = std::iter::once(&self.office_signer)
            .chain(members)
            .collect();
        let note = Note::sign(&schedule.to_string(), &signers, 0)
            .ok_or_else(|| bad("its text cannot be signed"))?;
        let bytes = note.to_bytes();
        Schedule::check(&bytes, root).map_err(|e| bad(&crate::error::told(&e)))?;
        Ok(bytes)
    }

    /// The text with a policy that names outside witnesses and the mirror's second key, where there are any.
    fn with_policy(&self, text: &str, parties: &Parties) -> String {
        let (outside, needed) = &parties.witnesses;
        let mut mirror = vec![self.mirror.clone()];
        mirror.extend(self.second.clone());
        let lines = witness::policy_lines(&self.log, &mirror, outside, *needed);
        let policy = format!("policy: {}\n", lines.join("\npolicy: "));
        let (head, rest) = text.split_once("policy: ").unwrap_or((text, ""));
        let behind = rest.find("previous: ").and_then(|at| rest.get(at..));
        let behind = behind.unwrap_or_default();
        format!("{head}{policy}{behind}")
    }
}

/// The mirror's ML-DSA-44 key, where there is to be one.
fn second_key(
    node: &Node,
    parties: &Parties,
    host: &Host,
) -> Result<Option<VerifierKey>, ControlError> {
    if !parties.post_quantum {
        return Ok(None);
    }
    let name = format!("{}/mirror", parties.commission);
    let key = keys::create_post_quantum(&commission_key(node, "mirror-mldsa44"), &name, host)?;
    Ok(Some(key.verifier().clone()))
}

#[cfg(test)]
mod tests;
