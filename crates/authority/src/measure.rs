//! The measure: what exactly is done against which targets, by whose actuators, until when at most. In: a note that two officers of the office signed, which a statement of the commission names by its hash. Out: typed fields, a
//! verdict on signatures, people and route. Never: an effect that the text does not spell out; a deed without a name in the closed list.
//!
//! Police Duties Act art. 6-2, SDF Act art. 81-3 as the project reads them (`docs/reference/formats.md` section 10.10): an executor with a designation acts on a superior's order; abroad, or where the place is not known, national officers
//! alone and after consultation with the Foreign Minister; the defence route rests on an order of the Prime Minister.

mod carrier;
mod spot;

pub use carrier::{CARRIERS, Carrier};
pub use spot::{Spot, spots};

use crate::grammar::{GrammarError, Lines, hash, number, optional_hash};
use crate::root::TrustRoot;
use crate::statement::Basis;
use crate::text_hash;
use sakimori_custody::coverage::Coverage;
use sakimori_custody::ids::{AuthorityId, Name, hex};
use sakimori_custody::record::{Country, coded};
use sakimori_tlog::key::VerifierKey;
use sakimori_tlog::note::{Note, NoteError};
use spot::net;
use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

const HEADER: &str = "sakimori/measure/v1";
/// Longest text of a measure in bytes: with its signatures it has to fit into the body of an entry.
pub const MEASURE_BYTES_MAX: usize = (1 << 20) - (64 << 10);
/// Most effects of one measure.
pub const EFFECTS_MAX: usize = 2_000;
/// Most actuators of one measure.
pub const ACTUATORS_MAX: usize = 64;
/// Longest time that one effect, or one approval, lasts: seven days.
pub const SECONDS_MAX: u64 = 7 * 86_400;
/// Most renewals.
pub const RENEWALS_MAX: u64 = 52;
/// Longest target in bytes.
pub const TARGET_BYTES_MAX: usize = 1024;
/// Longest line of words in bytes.
const WORDS_BYTES_MAX: usize = 512;

coded! {
    /// What may be done: a closed list. Nothing else has a name, so nothing else can be approved.
    Deed: u8 {
        /// Packets to and from it are dropped.
        Block = 1 "block",
        /// Its name is answered as if there were none.
        NoAnswer = 2 "no-answer",
        /// Its name leads to a sinkhole.
        Sinkhole = 3 "sinkhole",
        /// Routes to it lead nowhere.
        BlackHole = 4 "black-hole",
        /// Routers drop its flows by rule.
        FlowRule = 5 "flow-rule",
        /// A process is frozen.
        Freeze = 6 "freeze",
        /// A frozen process is stopped.
        Stop = 7 "stop",
        /// A file is put away, to be brought back bit for bit.
        Quarantine = 8 "quarantine",
        /// A host speaks to its management alone.
        Isolate = 9 "isolate",
        /// Whoever is responsible is told.
        Notify = 10 "notify",
    }
}

coded! {
    /// On which law a measure rests.
    Route: u8 {
        /// Police Duties Act art. 6-2.
        Police = 1 "police",
        /// SDF Act art. 81-3, on an order of the Prime Minister.
        Defence = 2 "defence",
    }
}

coded! {
    /// Where the executor serves.
    Body: u8 {
        /// The national police.
        National = 1 "national",
        /// The police of a prefecture.
        Prefectural = 2 "prefectural",
        /// The defence forces.
        Defence = 3 "defence",
    }
}

/// An actuator that may act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actuator {
    /// Its name, as the statement's `sensors` line has it.
    pub name: Name,
    /// The key that signs its reports.
    pub key: VerifierKey,
}

/// One effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectLine {
    /// What is done.
    pub deed: Deed,
    /// By whose actuator.
    pub actuator: Name,
    /// Where the target is.
    pub country: Country,
    /// Who lawfully controls it.
    pub controller: Name,
    /// With what, exactly: printable ASCII without a space, in the form of the actuator's room.
    pub target: String,
}

/// What somebody stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct People {
    /// Officer who proposed it.
    pub proposed: Name,
    /// Officer who reviewed it.
    pub reviewed: Name,
    /// The designated officer who carries it out.
    pub executor: Name,
    /// Where the executor serves.
    pub body: Body,
    /// Who ordered the executor.
    pub superior: Name,
}

/// How it is rolled out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RollOut {
    /// Seconds between a stage and the next one.
    pub soak: u64,
    /// Most effects in force at a time.
    pub most: u64,
    /// Longest time of one effect in seconds.
    pub seconds: u64,
    /// How often the measure may be renewed.
    pub renewals: u64,
}

/// A measure as read; its signatures are checked by [`Measure::check`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    /// Its id: 128 random bits, the same in every revision.
    pub id: AuthorityId,
    /// Counted from 1; a later text has a larger one.
    pub revision: u64,
    /// SHA-256 of the dossier.
    pub dossier: [u8; 32],
    /// SHA-256 of the playbook that it follows, where it follows one.
    pub plan: Option<[u8; 32]>,
    /// On which law it rests.
    pub route: Route,
    /// SHA-256 of the Prime Minister's order; the defence route has one and no other.
    pub order: Option<[u8; 32]>,
    /// SHA-256 of the record of the consultation with the Foreign Minister.
    pub consultation: Option<[u8; 32]>,
    /// Who stands for what.
    pub people: People,
    /// 1, or 2 where more people have to agree.
    pub level: u64,
    /// The estimate of who else is met: at least and at most so many.
    pub collateral: (u64, u64),
    /// Version and SHA-256 of the protected lists that it was judged by.
    pub lists: (u64, [u8; 32]),
    /// How it is rolled out.
    pub roll_out: RollOut,
    /// What shows that it works, fixed in advance.
    pub success: String,
    /// What ends it early.
    pub stop: String,
    /// Who may act.
    pub actuators: Vec<Actuator>,
    /// What is done, exactly.
    pub effects: Vec<EffectLine>,
    /// Version of the trust root.
    pub root: u64,
}

/// Why a measure is none. Its writer acts on it; an actuator does nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MeasureError {
    /// No note.
    #[error("the measure is no signed note")]
    Note(#[source] NoteError),
    /// The text breaks its grammar.
    #[error("the measure is malformed")]
    Grammar(#[source] GrammarError),
    /// It names another version of the trust root.
    #[error("the measure is for version {found} of the trust root, this is {known}")]
    OtherRoot {
        /// Version known.
        known: u64,
        /// Version named.
        found: u64,
    },
    /// An officer who is named is none.
    #[error("`{0}` is no officer of the office")]
    NoOfficer(Name),
    /// An officer who is named has not signed.
    #[error("the officer `{0}` has not signed the measure")]
    Unsigned(Name),
    /// The route and its people do not fit.
    #[error(transparent)]
    Route(#[from] RouteError),
}

/// Why a measure cannot take the route that it names.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// One person in two places that take two.
    #[error("`{0}` stands in two places that take two people")]
    OnePerson(Name),
    /// The defence route without an order, or an order without it.
    #[error("the defence route has an order of the Prime Minister, and no other has")]
    Order,
    /// An executor of another body.
    #[error("an executor of the {0} cannot take this route")]
    Body(Body),
    /// Abroad or unknown, by a prefecture.
    #[error("`{0}` is abroad or nobody knows where; the police of a prefecture cannot act there")]
    PrefectureAbroad(String),
    /// Abroad or unknown, without consultation.
    #[error(
        "`{0}` is abroad or nobody knows where, and there is no record of a consultation with the Foreign Minister"
    )]
    NoConsultation(String),
}

impl Measure {
    /// Reads the text of a measure.
    ///
    /// # Errors
    /// [`GrammarError`] names the line.
    pub fn parse(text: &str) -> Result<Self, GrammarError> {
        let mut lines = Lines::new(text, HEADER, MEASURE_BYTES_MAX)?;
        let measure = Self {
            id: lines.parse("id")?,
            revision: lines.count("revision")?,
            dossier: lines.hash("dossier")?,
            plan: lines.optional_hash("plan")?,
            route: named(&mut lines, "route", Route::from_name)?,
            order: lines.optional_hash("order")?,
            consultation: lines.optional_hash("consultation")?,
            people: people(&mut lines)?,
            level: bounded(&mut lines, "level", 1, 2)?,
            collateral: collateral(&mut lines)?,
            lists: lists(&mut lines)?,
            roll_out: roll_out(&mut lines)?,
            success: lines.text("success", WORDS_BYTES_MAX)?,
            stop: lines.text("stop", WORDS_BYTES_MAX)?,
            actuators: actuators(&mut lines)?,
            effects: effects(&mut lines)?,
            root: lines.number("root")?,
        };
        let known = |name: &Name| measure.actuators.iter().any(|one| one.name == *name);
        if let Some(other) = measure.effects.iter().find(|line| !known(&line.actuator)) {
            return Err(lines.fail(format!("no actuator is named `{}`", other.actuator)));
        }
        lines.end()?;
        Ok(measure)
    }

    /// Reads a signed measure and checks that the officers whom it names signed it.
    ///
    /// # Errors
    /// [`MeasureError`]: it is none.
    pub fn check(bytes: &[u8], root: &TrustRoot) -> Result<(Self, Note), MeasureError> {
        let note = Note::parse(bytes).map_err(MeasureError::Note)?;
        let measure = Self::parse(note.text()).map_err(MeasureError::Grammar)?;
        if measure.root != root.version {
            return Err(MeasureError::OtherRoot {
                known: root.version,
                found: measure.root,
            });
        }
        for name in [&measure.people.proposed, &measure.people.reviewed] {
            let officer = root.officer(name);
            let officer = officer.ok_or_else(|| MeasureError::NoOfficer(name.clone()))?;
            let signed = note.verify(std::slice::from_ref(&officer.key));
            signed.map_err(|_| MeasureError::Unsigned(name.clone()))?;
        }
        Ok((measure, note))
    }

    /// Whether people and route fit each other and the places of the targets.
    ///
    /// # Errors
    /// [`RouteError`] names what does not.
    pub fn route(&self, home: &[Country]) -> Result<(), RouteError> {
        let People {
            proposed,
            reviewed,
            executor,
            body,
            superior,
        } = &self.people;
        // Who proposes does not review; who carries out was ordered by another and has not reviewed.
        if proposed == reviewed {
            return Err(RouteError::OnePerson(proposed.clone()));
        }
        if executor == superior || executor == reviewed {
            return Err(RouteError::OnePerson(executor.clone()));
        }
        if (self.route == Route::Defence) != self.order.is_some() {
            return Err(RouteError::Order);
        }
        if self.route == Route::Police && *body == Body::Defence {
            return Err(RouteError::Body(*body));
        }
        // The defence forces act jointly with the police; those of a prefecture are not among them.
        if self.route == Route::Defence && *body == Body::Prefectural {
            return Err(RouteError::Body(*body));
        }
        let abroad = self
            .effects
            .iter()
            .find(|line| !home.contains(&line.country));
        let Some(abroad) = abroad else { return Ok(()) };
        if *body == Body::Prefectural {
            return Err(RouteError::PrefectureAbroad(abroad.target.clone()));
        }
        if self.consultation.is_none() {
            return Err(RouteError::NoConsultation(abroad.target.clone()));
        }
        Ok(())
    }

    /// Whether it was decided as its level asks. At level 2 many others may be met: everybody who sits votes for it, and two officers are not enough.
    pub fn is_decided_by(&self, decided: &Basis) -> bool {
        is_enough(self.level, decided)
    }

    /// SHA-256 of the text, as the statement names it.
    pub fn hash(&self) -> [u8; 32] {
        text_hash(&self.to_string())
    }

    /// What all revisions of a measure share: SHA-256 of header and id.
    pub fn family(&self) -> [u8; 32] {
        family(self.id)
    }

    /// How much it covers, as the statement's `selectors` line counts it: effects, and distinct targets by their kind.
    pub fn coverage(&self) -> Coverage {
        let targets: BTreeSet<&str> = self
            .effects
            .iter()
            .map(|line| line.target.as_str())
            .collect();
        let mut coverage = Coverage {
            count: self.effects.len() as u64,
            ..Coverage::default()
        };
        for target in targets {
            match net(target) {
                Some((IpAddr::V4(_), bits)) => {
                    let more = 1u64 << 32u8.saturating_sub(bits);
                    coverage.v4 = coverage.v4.saturating_add(more);
                }
                Some((IpAddr::V6(_), bits)) => {
                    let more = 1u64 << 48u8.saturating_sub(bits);
                    coverage.v6_48 = coverage.v6_48.saturating_add(more);
                }
                // What holds a colon is a thing of a host.
                None => coverage.domains += u64::from(!target.contains(':')),
            }
        }
        coverage
    }

    /// Names of its actuators, as the statement lists them.
    pub fn names(&self) -> Vec<Name> {
        self.actuators.iter().map(|one| one.name.clone()).collect()
    }
}

/// Whether a decision is one that a measure of a level takes.
pub fn is_enough(level: u64, decided: &Basis) -> bool {
    level < 2 || matches!(decided, Basis::Sitting(sitting) if sitting.is_of_all())
}

/// What all revisions of the measure with this id share.
pub fn family(id: AuthorityId) -> [u8; 32] {
    text_hash(&format!("{HEADER}\nid: {id}\n"))
}

fn named<T>(
    lines: &mut Lines<'_>,
    key: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<T, GrammarError> {
    let text = lines.value(key)?;
    read(text).ok_or_else(|| lines.fail(format!("`{text}` is no {key}")))
}

fn bounded(lines: &mut Lines<'_>, key: &str, least: u64, most: u64) -> Result<u64, GrammarError> {
    let found = lines.number(key)?;
    if (least..=most).contains(&found) {
        Ok(found)
    } else {
        Err(lines.fail(format!("`{key}` is {least} to {most}")))
    }
}

fn people(lines: &mut Lines<'_>) -> Result<People, GrammarError> {
    let (proposed, reviewed) = (lines.parse("proposed")?, lines.parse("reviewed")?);
    let executor = lines.value("executor")?.split_once(' ');
    let executor =
        executor.and_then(|(name, body)| Some((name.parse().ok()?, Body::from_name(body)?)));
    let (executor, body) = executor.ok_or_else(|| lines.fail("no executor with a body"))?;
    let superior = lines.parse("superior")?;
    Ok(People {
        proposed,
        reviewed,
        executor,
        body,
        superior,
    })
}

fn collateral(lines: &mut Lines<'_>) -> Result<(u64, u64), GrammarError> {
    let read = lines.value("collateral")?.split_once(' ');
    let read = read.and_then(|(low, high)| Some((number(low)?, number(high)?)));
    read.filter(|(low, high)| low <= high)
        .ok_or_else(|| lines.fail("no interval"))
}

fn lists(lines: &mut Lines<'_>) -> Result<(u64, [u8; 32]), GrammarError> {
    let read = lines.value("lists")?.split_once(' ');
    let read = read.and_then(|(version, text)| Some((number(version)?, hash(text)?)));
    read.ok_or_else(|| lines.fail("no version with its SHA-256"))
}

fn roll_out(lines: &mut Lines<'_>) -> Result<RollOut, GrammarError> {
    Ok(RollOut {
        soak: bounded(lines, "soak", 0, 86_400)?,
        most: bounded(lines, "most", 1, EFFECTS_MAX as u64)?,
        seconds: bounded(lines, "seconds", 1, SECONDS_MAX)?,
        renewals: bounded(lines, "renewals", 0, RENEWALS_MAX)?,
    })
}

fn actuators(lines: &mut Lines<'_>) -> Result<Vec<Actuator>, GrammarError> {
    let mut actuators: Vec<Actuator> = Vec::new();
    while let Some(line) = lines.next_if("actuator") {
        let read = line.split_once(' ');
        let read = read.and_then(|(name, key)| Some((name.parse().ok()?, key.parse().ok()?)));
        let (name, key) = read.ok_or_else(|| lines.fail("no actuator with its key"))?;
        if actuators.iter().any(|known| known.name == name) {
            return Err(lines.fail(format!("`{name}` stands twice")));
        }
        actuators.push(Actuator { name, key });
    }
    if actuators.is_empty() || actuators.len() > ACTUATORS_MAX {
        return Err(lines.fail(format!("1 to {ACTUATORS_MAX} actuators")));
    }
    Ok(actuators)
}

fn effects(lines: &mut Lines<'_>) -> Result<Vec<EffectLine>, GrammarError> {
    let mut effects: Vec<EffectLine> = Vec::new();
    let mut seen = BTreeSet::new();
    while let Some(line) = lines.next_if("effect") {
        let effect = effect(line)
            .ok_or_else(|| lines.fail("not `DEED ACTUATOR COUNTRY CONTROLLER TARGET`"))?;
        if !seen.insert((effect.deed, effect.actuator.clone(), effect.target.clone())) {
            return Err(lines.fail(format!("`{line}` stands twice")));
        }
        effects.push(effect);
    }
    if effects.is_empty() || effects.len() > EFFECTS_MAX {
        return Err(lines.fail(format!("1 to {EFFECTS_MAX} effects")));
    }
    Ok(effects)
}

fn effect(line: &str) -> Option<EffectLine> {
    let words: Vec<&str> = line.split(' ').collect();
    let [deed, actuator, country, controller, target] = words.as_slice() else {
        return None;
    };
    let country: [u8; 2] = country.as_bytes().try_into().ok()?;
    let well = !target.is_empty() && target.len() <= TARGET_BYTES_MAX;
    well.then_some(EffectLine {
        deed: Deed::from_name(deed)?,
        actuator: actuator.parse().ok()?,
        country: Country::new(country)?,
        controller: controller.parse().ok()?,
        target: (*target).to_owned(),
    })
}

impl fmt::Display for EffectLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            deed,
            actuator,
            country,
            controller,
            target,
        } = self;
        write!(f, "{deed} {actuator} {country} {controller} {target}")
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}\nid: {}\nrevision: {}", self.id, self.revision)?;
        writeln!(f, "dossier: sha256:{}", hex(&self.dossier))?;
        writeln!(f, "plan: {}", optional_hash(self.plan.as_ref()))?;
        writeln!(f, "route: {}", self.route)?;
        writeln!(f, "order: {}", optional_hash(self.order.as_ref()))?;
        let consultation = optional_hash(self.consultation.as_ref());
        writeln!(f, "consultation: {consultation}")?;
        let people = &self.people;
        writeln!(
            f,
            "proposed: {}\nreviewed: {}",
            people.proposed, people.reviewed
        )?;
        writeln!(f, "executor: {} {}", people.executor, people.body)?;
        writeln!(f, "superior: {}\nlevel: {}", people.superior, self.level)?;
        let (low, high) = self.collateral;
        writeln!(f, "collateral: {low} {high}")?;
        writeln!(f, "lists: {} sha256:{}", self.lists.0, hex(&self.lists.1))?;
        let RollOut {
            soak,
            most,
            seconds,
            renewals,
        } = self.roll_out;
        writeln!(
            f,
            "soak: {soak}\nmost: {most}\nseconds: {seconds}\nrenewals: {renewals}"
        )?;
        writeln!(f, "success: {}\nstop: {}", self.success, self.stop)?;
        for Actuator { name, key } in &self.actuators {
            writeln!(f, "actuator: {name} {key}")?;
        }
        for effect in &self.effects {
            writeln!(f, "effect: {effect}")?;
        }
        writeln!(f, "root: {}", self.root)
    }
}
