//! The authority statement: what is allowed, to whom, within which bounds, and who decided it. In: a signed note. Out: typed fields, a verdict on its signatures.
//! Never: a field that the text does not show to the members who sign it.

use crate::grammar::{GrammarError, Lines, hash, join, number};
use crate::limits::{CONDITIONS_BYTES_MAX, RETENTION_DAYS_MAX, STATEMENT_BYTES_MAX};
use crate::root::{OfficerRole, TrustRoot};
use crate::sitting::{Sitting, SittingError, UndecidedError, signers};
use crate::text_hash;
use sakimori_custody::coverage::Coverage;
use sakimori_custody::ids::{AuthorityId, Name, SensorId, hex, unhex};
use sakimori_custody::record::{Direction, coded};
use sakimori_custody::time::Seconds;
use sakimori_tlog::key::VerifierKey;
use sakimori_tlog::note::{Note, NoteError};
use std::fmt;

const HEADER: &str = "sakimori/authority/v1";

coded! {
    /// What a statement allows.
    Kind: u8 {
        /// Acquisition approved by the commission.
        Acquisition = 1 "acquisition",
        /// Acquisition by agreement of office and party.
        Agreement = 2 "agreement",
        /// A measure.
        Measure = 3 "measure",
        /// Re-identification.
        Reidentification = 4 "reidentification",
        /// Disclosure.
        Disclosure = 5 "disclosure",
    }
}

impl Kind {
    /// Whether sensors run under it. Measures, disclosures and re-identifications are decided and on record, and no sensor acts on them.
    pub const fn lets_sensors_run(self) -> bool {
        matches!(self, Self::Acquisition | Self::Agreement)
    }

    /// Whether leases and authority folders are given for it: to sensors, or to the actuators of a measure.
    pub const fn is_leased(self) -> bool {
        self.lets_sensors_run() || matches!(self, Self::Measure)
    }
}

/// Bounds that the supervisor enforces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Most packets selected, per million read.
    pub match_ppm: u64,
    /// Most bytes that leave the seal per record.
    pub flow_bytes: u64,
    /// Most records per day.
    pub day_records: u64,
}

/// Who stands behind a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Basis {
    /// A sitting of the commission.
    Sitting(Sitting),
    /// Office and party.
    Agreement {
        /// The party's name.
        party: Name,
        /// The key that it signs with.
        key: Box<VerifierKey>,
        /// The key that suspends.
        suspend_key: Box<VerifierKey>,
    },
    /// Two officers of the office, before the commission could sit.
    Urgent {
        /// Who decided; they have different roles.
        officers: [Name; 2],
    },
}

/// A statement as read; its signatures are checked by [`Statement::check`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Its id.
    pub id: AuthorityId,
    /// What it allows.
    pub kind: Kind,
    /// Code of the article.
    pub basis: String,
    /// Leaf hash of the request.
    pub request: [u8; 32],
    /// First second.
    pub not_before: Seconds,
    /// Last second.
    pub not_after: Seconds,
    /// Sensors that may run under it.
    pub sensors: Vec<SensorId>,
    /// Directions that may be selected.
    pub directions: Vec<Direction>,
    /// Hash of the pack.
    pub pack: [u8; 32],
    /// What the pack covers.
    pub coverage: Coverage,
    /// Bounds.
    pub caps: Caps,
    /// Days that records are kept.
    pub keep_days: u64,
    /// Conditions, or `none`.
    pub conditions: String,
    /// The statement that this one replaces.
    pub replaces: Option<AuthorityId>,
    /// Version of the trust root.
    pub root: u64,
    /// Who decided.
    pub decided: Basis,
}

/// Why a statement is not in force.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// No note.
    #[error("the statement is no signed note")]
    Note(#[source] NoteError),
    /// The text breaks its grammar.
    #[error("the statement is malformed")]
    Grammar(#[source] GrammarError),
    /// A signature by a known key is bad.
    #[error("the signature of `{0}` is bad")]
    Bad(String),
    /// Nobody whom the trust root knows has signed.
    #[error("nobody whom the trust root knows has signed the statement")]
    Foreign,
    /// Somebody who was present has not signed.
    #[error("`{0}` was present and has not signed")]
    Short(String),
    /// A member signed whom the sitting does not call present.
    #[error("`{0}` has signed and is not called present")]
    NotPresent(String),
    /// The sitting did not decide for it.
    #[error("the sitting did not decide")]
    Sitting(#[source] SittingError),
    /// The agreement lacks the signature of the office.
    #[error("the office has not signed the agreement")]
    OfficeUnsigned,
    /// The agreement lacks the signature of the party.
    #[error("the party has not signed the agreement")]
    PartyUnsigned,
    /// An urgent statement names somebody who is no officer.
    #[error("`{0}` is no officer of the office")]
    NoOfficer(Name),
    /// The two officers of an urgent statement have one role.
    #[error("both officers have the role `{0}`; an urgent act takes two roles")]
    OneRole(OfficerRole),
    /// An officer has not signed the urgent statement.
    #[error("the officer `{0}` has not signed")]
    OfficerUnsigned(Name),
    /// It names another version of the trust root.
    #[error("the statement is for version {found} of the trust root, this is {known}")]
    OtherRoot {
        /// Version known.
        known: u64,
        /// Version named.
        found: u64,
    },
}

impl Statement {
    /// Reads the text of a statement.
    ///
    /// # Errors
    /// [`GrammarError`] names the line.
    pub fn parse(text: &str) -> Result<Self, GrammarError> {
        let mut lines = Lines::new(text, HEADER, STATEMENT_BYTES_MAX)?;
        let id = lines.parse("id")?;
        let kind = lines.value("kind")?;
        let kind = Kind::from_name(kind).ok_or_else(|| lines.fail("no such kind"))?;
        let basis: Name = lines.parse("basis")?;
        let request = unhex(lines.value("request")?).ok_or_else(|| lines.fail("no leaf hash"))?;
        let (not_before, not_after) = (lines.parse("not-before")?, lines.parse("not-after")?);
        if not_before >= not_after {
            return Err(lines.fail("it ends before it begins"));
        }
        let sensors = lines.list("sensors")?;
        let directions = directions(&mut lines)?;
        let (pack, coverage) = selectors(&mut lines)?;
        let caps = caps(&mut lines)?;
        let keep_days = retention(&mut lines)?;
        let conditions = lines.value("conditions")?;
        if conditions.len() > CONDITIONS_BYTES_MAX {
            return Err(lines.fail(format!("longer than {CONDITIONS_BYTES_MAX} bytes")));
        }
        let replaces = match lines.value("replaces")? {
            "none" => None,
            text => Some(text.parse().map_err(|_| lines.fail("no authority id"))?),
        };
        let root = lines.number("root")?;
        let decided = match kind {
            Kind::Agreement => agreement(&mut lines)?,
            Kind::Acquisition | Kind::Measure => match urgent(&mut lines)? {
                Some(urgent) => urgent,
                None => Basis::Sitting(Sitting::read(&mut lines)?),
            },
            Kind::Reidentification | Kind::Disclosure => Basis::Sitting(Sitting::read(&mut lines)?),
        };
        lines.end()?;
        Ok(Self {
            id,
            kind,
            basis: basis.to_string(),
            request,
            not_before,
            not_after,
            sensors,
            directions,
            pack,
            coverage,
            caps,
            keep_days,
            conditions: conditions.to_owned(),
            replaces,
            root,
            decided,
        })
    }

    /// Reads a signed statement and checks that the right people signed and that they decided for it.
    ///
    /// # Errors
    /// [`StatementError`]: it is not in force.
    pub fn check(bytes: &[u8], root: &TrustRoot) -> Result<(Self, Note), StatementError> {
        let note = Note::parse(bytes).map_err(StatementError::Note)?;
        let statement = Self::parse(note.text()).map_err(StatementError::Grammar)?;
        if statement.root != root.version {
            return Err(StatementError::OtherRoot {
                known: root.version,
                found: statement.root,
            });
        }
        match &statement.decided {
            Basis::Sitting(sitting) => sitting.decided(&note, root, statement.kind)?,
            Basis::Urgent { officers } => urgent_officers(&note, root, officers)?,
            Basis::Agreement { key, .. } => {
                let signed = signers(&note, &[root.office.clone(), (**key).clone()])?;
                if !signed.contains(&root.office) {
                    return Err(StatementError::OfficeUnsigned);
                }
                // One key under two names is one party, however many signatures it makes.
                if !signed.contains(key) || key.public() == root.office.public() {
                    return Err(StatementError::PartyUnsigned);
                }
            }
        }
        Ok((statement, note))
    }

    /// SHA-256 of the text: the authority commitment of log entries.
    pub fn commitment(&self) -> [u8; 32] {
        text_hash(&self.to_string())
    }

    /// People who decided for it, for display: members who voted for, or office and party.
    pub fn approvers(&self) -> Vec<String> {
        match &self.decided {
            Basis::Sitting(sitting) => sitting.votes_for.iter().map(Name::to_string).collect(),
            Basis::Agreement { party, .. } => vec!["office".to_owned(), party.to_string()],
            Basis::Urgent { officers } => officers.iter().map(Name::to_string).collect(),
        }
    }

    /// Whether two officers decided it before the commission could sit.
    pub const fn is_urgent(&self) -> bool {
        matches!(self.decided, Basis::Urgent { .. })
    }

    /// The key by which the party of an agreement suspends it.
    pub const fn suspend_key(&self) -> Option<&VerifierKey> {
        match &self.decided {
            Basis::Agreement { suspend_key, .. } => Some(suspend_key),
            Basis::Sitting(_) | Basis::Urgent { .. } => None,
        }
    }
}

impl From<UndecidedError> for StatementError {
    fn from(error: UndecidedError) -> Self {
        match error {
            UndecidedError::Bad(name) => Self::Bad(name),
            UndecidedError::Foreign => Self::Foreign,
            UndecidedError::Short(name) => Self::Short(name),
            UndecidedError::NotPresent(name) => Self::NotPresent(name),
            UndecidedError::Sitting(error) => Self::Sitting(error),
        }
    }
}

/// Two officers of different roles, both known, both signed.
fn urgent_officers(
    note: &Note,
    root: &TrustRoot,
    officers: &[Name; 2],
) -> Result<(), StatementError> {
    let known = |name: &Name| {
        root.officer(name)
            .ok_or_else(|| StatementError::NoOfficer(name.clone()))
    };
    let (first, second) = (known(&officers[0])?, known(&officers[1])?);
    if first.role == second.role {
        return Err(StatementError::OneRole(first.role));
    }
    let signed = signers(note, &[first.key.clone(), second.key.clone()])?;
    match [first, second]
        .into_iter()
        .find(|o| !signed.contains(&o.key))
    {
        Some(officer) => Err(StatementError::OfficerUnsigned(officer.id.clone())),
        None => Ok(()),
    }
}

fn directions(lines: &mut Lines<'_>) -> Result<Vec<Direction>, GrammarError> {
    let names: Vec<Name> = lines.list("directions")?;
    let known = |name: &Name| Direction::from_name(name.as_str());
    let list: Option<Vec<Direction>> = names.iter().map(known).collect();
    list.filter(|l| !l.is_empty())
        .ok_or_else(|| lines.fail("no directions that can be selected"))
}

fn selectors(lines: &mut Lines<'_>) -> Result<([u8; 32], Coverage), GrammarError> {
    let words: Vec<&str> = lines.value("selectors")?.split(' ').collect();
    let read = || {
        let [
            pack,
            "count",
            c,
            "v4",
            v4,
            "v6-48",
            v6,
            "domains",
            d,
            "ja4",
            j,
            "behaviours",
            b,
        ] = words.as_slice()
        else {
            return None;
        };
        let coverage = Coverage {
            count: number(c)?,
            v4: number(v4)?,
            v6_48: number(v6)?,
            domains: number(d)?,
            ja4: number(j)?,
            behaviours: number(b)?,
        };
        Some((hash(pack)?, coverage))
    };
    read().ok_or_else(|| {
        lines.fail("not `sha256:… count … v4 … v6-48 … domains … ja4 … behaviours …`")
    })
}

fn caps(lines: &mut Lines<'_>) -> Result<Caps, GrammarError> {
    let words: Vec<&str> = lines.value("caps")?.split(' ').collect();
    let read = || {
        let [
            "match-ppm",
            ppm,
            "flow-bytes",
            bytes,
            "day-records",
            records,
        ] = words.as_slice()
        else {
            return None;
        };
        let caps = Caps {
            match_ppm: number(ppm)?,
            flow_bytes: number(bytes)?,
            day_records: number(records)?,
        };
        let some = caps.match_ppm >= 1 && caps.day_records >= 1;
        (some && caps.match_ppm <= 1_000_000).then_some(caps)
    };
    read().ok_or_else(|| lines.fail("not `match-ppm … flow-bytes … day-records …`"))
}

fn retention(lines: &mut Lines<'_>) -> Result<u64, GrammarError> {
    let text = lines.value("retention")?;
    let days = text
        .strip_prefix("bucket 1d keep ")
        .and_then(|t| number(t.strip_suffix('d')?));
    let days = days.filter(|days| (1..=RETENTION_DAYS_MAX).contains(days));
    days.ok_or_else(|| {
        lines.fail(format!(
            "not `bucket 1d keep Nd` of 1 to {RETENTION_DAYS_MAX} days"
        ))
    })
}

/// The line of an urgent statement, where it stands.
fn urgent(lines: &mut Lines<'_>) -> Result<Option<Basis>, GrammarError> {
    let Some(line) = lines.next_if("urgent") else {
        return Ok(None);
    };
    let officers = line.split_once(' ').and_then(|(first, second)| {
        let officers: [Name; 2] = [first.parse().ok()?, second.parse().ok()?];
        (officers[0] != officers[1]).then_some(officers)
    });
    officers
        .map(|officers| Some(Basis::Urgent { officers }))
        .ok_or_else(|| lines.fail("not two officers"))
}

fn agreement(lines: &mut Lines<'_>) -> Result<Basis, GrammarError> {
    let line = lines.value("party")?;
    let party = line
        .split_once(' ')
        .and_then(|(name, key)| Some((name.parse().ok()?, key.parse().ok()?)));
    let (party, key) = party.ok_or_else(|| lines.fail("no party with its key"))?;
    let suspend_key = lines.parse("suspend-key")?;
    Ok(Basis::Agreement {
        party,
        key: Box::new(key),
        suspend_key: Box::new(suspend_key),
    })
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let replaces = self
            .replaces
            .map_or_else(|| "none".to_owned(), |id| id.to_string());
        writeln!(
            f,
            "{HEADER}\nid: {}\nkind: {}\nbasis: {}",
            self.id, self.kind, self.basis
        )?;
        writeln!(f, "request: {}", hex(&self.request))?;
        writeln!(
            f,
            "not-before: {}\nnot-after: {}",
            self.not_before, self.not_after
        )?;
        writeln!(f, "sensors: {}", join(&self.sensors))?;
        writeln!(f, "directions: {}", join(&self.directions))?;
        writeln!(f, "selectors: sha256:{} {}", hex(&self.pack), self.coverage)?;
        let Caps {
            match_ppm,
            flow_bytes,
            day_records,
        } = self.caps;
        writeln!(
            f,
            "caps: match-ppm {match_ppm} flow-bytes {flow_bytes} day-records {day_records}"
        )?;
        writeln!(f, "retention: bucket 1d keep {}d", self.keep_days)?;
        writeln!(
            f,
            "conditions: {}\nreplaces: {replaces}\nroot: {}",
            self.conditions, self.root
        )?;
        match &self.decided {
            Basis::Sitting(sitting) => sitting.fmt(f),
            Basis::Agreement {
                party,
                key,
                suspend_key,
            } => {
                writeln!(f, "party: {party} {key}\nsuspend-key: {suspend_key}")
            }
            Basis::Urgent { officers } => writeln!(f, "urgent: {}", join(officers)),
        }
    }
}
