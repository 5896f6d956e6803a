//! Measures: what was proposed on record, and what was done under it. In: entries of types 19 and 46. Out: the text that a statement names, acts in order, whether an urgent measure is the first of its month against
//! its targets. Never: a dispatch under a measure that nobody decided, that ended, or whose text nobody could read before.

use super::authorities::{Authority, told};
use super::{Book, Seen, Taken, UrgentEnd, void};
use crate::body::{self, MeasureBody};
use crate::calendar::{Month, utc};
use crate::refused::{Code, Refused, hold};
use sakimori_authority::measure::{Deed, Measure, Route, Spot, is_enough, spots};
use sakimori_authority::statement::{Kind, Statement};
use sakimori_authority::text_hash;
use sakimori_custody::ids::{AuthorityId, Name, SensorId};
use sakimori_custody::record::coded;
use sakimori_custody::time::Seconds;
use std::collections::BTreeMap;

coded! {
    /// What was done under a measure.
    MeasureAct: u8 {
        /// A step was sent to an actuator.
        Dispatch = 1 "dispatch",
        /// An actuator says what took effect.
        Effect = 2 "effect",
        /// Effects ended.
        End = 3 "end",
        /// Somebody took all of it back with the kill switch.
        Kill = 4 "kill",
        /// The safety engine stopped something.
        Safety = 5 "safety",
        /// What came of it was reported.
        Report = 6 "report",
        /// Somebody holds its dispatch; what is in force stays until its end.
        Hold = 7 "hold",
        /// Somebody lets its dispatch go on.
        Free = 8 "free",
    }
}

/// A measure on record, as two officers proposed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposed {
    /// Index of the first entry that has this text.
    pub index: u64,
    /// When.
    pub time: Seconds,
    /// Id of the measure.
    pub id: AuthorityId,
    /// Its revision.
    pub revision: u64,
    /// Its level.
    pub level: u64,
    /// On which law it rests.
    pub route: Route,
    /// How often it may be renewed.
    pub renewals: u64,
    /// SHA-256 of the plan behind it.
    pub plan: [u8; 32],
    /// Effects by deed.
    pub effects: BTreeMap<Deed, u64>,
    /// What it is against.
    spots: Vec<Spot>,
}

/// An act on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acted {
    /// Index of its entry.
    pub index: u64,
    /// When.
    pub time: Seconds,
    /// What.
    pub act: MeasureAct,
    /// The statement that approves it.
    pub authority: AuthorityId,
    /// By which actuator; `None` where it is about all of them.
    pub actuator: Option<SensorId>,
    /// Of which step.
    pub step: u64,
    /// In words.
    pub detail: String,
    /// Whether it came out of order: a step behind a later one, or an effect of what was not dispatched.
    pub out_of_order: bool,
}

/// All measures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Measures {
    proposed: BTreeMap<[u8; 32], Proposed>,
    acts: Vec<Acted>,
    /// The last step that was dispatched, by statement and actuator.
    last: BTreeMap<(AuthorityId, SensorId), u64>,
    /// Steps that were dispatched.
    sent: std::collections::BTreeSet<(AuthorityId, SensorId, u64)>,
    /// Hashes of the urgent measures of a month.
    urgent: BTreeMap<Month, Vec<[u8; 32]>>,
}

impl Measures {
    /// The measure of a statement, where its text was on record before it.
    pub(crate) fn of(&self, authority: &Authority) -> Option<&Proposed> {
        let proposed = self.proposed.get(&authority.statement.pack)?;
        (proposed.index < authority.index).then_some(proposed)
    }

    /// Whether an urgent measure is the first of its month against each of its targets, so far as any of them can be told.
    pub(crate) fn once(&self, month: Month, text: &[u8; 32]) -> Result<(), Refused> {
        let new = self.proposed.get(text);
        let new = new.ok_or_else(|| {
            Refused::new(Code::UrgentTarget, "its text was not on record before it")
        })?;
        match self.met(month, &new.spots) {
            Some((met, other)) => {
                let what = format!("{met:?}, as in measure {}", other.id);
                Err(Refused::new(Code::UrgentTarget, what))
            }
            None => Ok(()),
        }
    }

    /// What an urgent measure of a month was against already, and which.
    fn met<'s>(&self, month: Month, new: &'s [Spot]) -> Option<(&'s Spot, &Proposed)> {
        let before = self.urgent.get(&month).into_iter().flatten();
        let mut before = before.filter_map(|hash| self.proposed.get(hash));
        before.find_map(|other| {
            let met = new.iter().find(|spot| other.meets(spot))?;
            Some((met, other))
        })
    }

    /// Whether a statement was decided as the level of its measure asks. Of a text that is not on record nothing is known, and nothing is done under it.
    pub(crate) fn is_enough(&self, statement: &Statement) -> bool {
        let text = self.proposed.get(&statement.pack);
        text.is_none_or(|text| is_enough(text.level, &statement.decided))
    }

    /// Remembers an urgent measure; the hash of anything else is that of no measure.
    pub(crate) fn urged(&mut self, month: Month, text: &[u8; 32]) {
        if self.proposed.contains_key(text) {
            self.urgent.entry(month).or_default().push(*text);
        }
    }

    /// Acts that came out of order.
    pub(crate) fn out_of_order(&self) -> impl Iterator<Item = &Acted> {
        self.acts.iter().filter(|acted| acted.out_of_order)
    }

    /// Whether an act of a step comes out of order; remembers what is dispatched.
    fn order(&mut self, act: MeasureAct, of: (AuthorityId, SensorId), step: u64) -> bool {
        match act {
            MeasureAct::Dispatch => {
                let last = self.last.entry(of.clone()).or_insert(0);
                let behind = step <= *last;
                *last = step.max(*last);
                self.sent.insert((of.0, of.1, step));
                behind
            }
            MeasureAct::Effect | MeasureAct::Safety => !self.sent.contains(&(of.0, of.1, step)),
            MeasureAct::End
            | MeasureAct::Kill
            | MeasureAct::Report
            | MeasureAct::Hold
            | MeasureAct::Free => false,
        }
    }
}

fn counted(measure: &Measure) -> BTreeMap<Deed, u64> {
    let mut counts = BTreeMap::new();
    for line in &measure.effects {
        *counts.entry(line.deed).or_default() += 1;
    }
    counts
}

impl Proposed {
    fn meets(&self, spot: &Spot) -> bool {
        self.spots.iter().any(|own| own.meets(spot))
    }
}

impl Book {
    /// Two officers propose a measure.
    pub(crate) fn proposal(&mut self, seen: &Seen<'_>) -> Taken {
        let (measure, hash) = match self.proposes(seen) {
            Ok(proposed) => proposed,
            Err(why) => return void(why),
        };
        let proposed = Proposed {
            index: seen.index,
            time: seen.time,
            id: measure.id,
            revision: measure.revision,
            level: measure.level,
            route: measure.route,
            renewals: measure.roll_out.renewals,
            plan: measure.dossier,
            effects: counted(&measure),
            spots: spots(measure.effects.iter().map(|line| &*line.target)),
        };
        self.measures.proposed.entry(hash).or_insert(proposed);
        Taken::InForce
    }

    fn proposes(&self, seen: &Seen<'_>) -> Result<(Measure, [u8; 32]), Refused> {
        let bytes = seen.open()?;
        let (measure, note) = self
            .under(seen, |root| Measure::check(bytes, root))
            .map_err(|e| Refused::new(Code::ProposalBad, told(&e)))?;
        if measure.revision != seen.counter(0) {
            let what = "its entry counts another revision";
            return Err(Refused::new(Code::ProposalBad, what));
        }
        Ok((measure, text_hash(note.text())))
    }

    /// Something was done under a measure.
    pub(crate) fn measure_act(&mut self, seen: &Seen<'_>) -> Result<Taken, Refused> {
        let body: MeasureBody = body::read(seen.open()?)?;
        hold(body.step == seen.counter(0), Code::BodyFields)?;
        let act = MeasureAct::from_name(&body.act).ok_or(Code::BodyFields)?;
        let id = self.authorities.id_of(&seen.envelope.authority);
        let authority = id.and_then(|id| self.authorities.get(id));
        let authority = authority
            .filter(|authority| authority.statement.kind == Kind::Measure)
            .ok_or(Code::MeasureAuthority)?;
        let proposed = self.measures.of(authority);
        let same = proposed.is_some_and(|proposed| proposed.revision == body.revision)
            && authority.statement.pack == body.measure;
        hold(same, Code::MeasureText)?;
        let sensors = &authority.statement.sensors;
        let actuator = match &body.actuator {
            Some(name) => sensors.contains(name),
            None => !matches!(act, MeasureAct::Dispatch | MeasureAct::Effect),
        };
        hold(actuator, Code::MeasureActuator)?;
        let id = authority.statement.id;
        if act == MeasureAct::Dispatch
            && let Some(actuator) = &body.actuator
        {
            self.dispatches(authority, actuator, seen.time)
                .map_err(|why| Refused::new(Code::MeasureBarred, why))?;
        }
        let out_of_order = body
            .actuator
            .clone()
            .is_some_and(|actuator| self.measures.order(act, (id, actuator), body.step));
        self.measures.acts.push(Acted {
            index: seen.index,
            time: seen.time,
            act,
            authority: id,
            actuator: body.actuator,
            step: body.step,
            detail: body.detail,
            out_of_order,
        });
        Ok(Taken::InForce)
    }

    /// Whether something new may begin under a measure.
    fn dispatches(&self, of: &Authority, actuator: &Name, at: Seconds) -> Result<(), Refused> {
        if of.urgent && !self.urgents.lets(of.statement.id, at) {
            return Err(Refused::new(Code::UrgentEnded, of.statement.id));
        }
        of.stands(actuator, at)?;
        hold(of.is_leased(actuator, at), Code::LeaseNone)
    }

    /// Measures without a report behind their last dispatch: the entry of that dispatch, and when the measure ended or ends. Behind a stop of all of it nothing is in force any more.
    pub(crate) fn unreported(&self) -> BTreeMap<AuthorityId, (u64, Seconds)> {
        let mut open: BTreeMap<AuthorityId, (u64, Seconds)> = BTreeMap::new();
        for acted in &self.measures.acts {
            let authority = self.authorities.get(acted.authority);
            let Some((authority, proposed)) =
                authority.and_then(|a| Some((a, self.measures.of(a)?)))
            else {
                continue;
            };
            match acted.act {
                MeasureAct::Dispatch => {
                    let end = self.end_of(authority);
                    let known = open.entry(proposed.id).or_insert((acted.index, end));
                    *known = (acted.index, known.1.max(end));
                }
                MeasureAct::End | MeasureAct::Kill if acted.actuator.is_none() => {
                    if let Some((_, end)) = open.get_mut(&proposed.id) {
                        *end = (*end).min(acted.time);
                    }
                }
                MeasureAct::Report => {
                    open.remove(&proposed.id);
                }
                _ => {}
            }
        }
        open
    }

    /// The last second of what an authority allows.
    fn end_of(&self, authority: &Authority) -> Seconds {
        let urgent = self.urgents.all.get(&authority.statement.id);
        let urgent = urgent.and_then(|urgent| match urgent.end {
            Some(UrgentEnd::Ratified(..)) => None,
            Some(UrgentEnd::Refused(_, end) | UrgentEnd::Lapsed(_, end)) => {
                Some(end.min(urgent.deadline))
            }
            None => Some(urgent.deadline),
        });
        let revoked = authority.revoked.map(|(_, time)| time);
        let ends = [urgent, revoked].into_iter().flatten();
        ends.fold(authority.statement.not_after, Seconds::min)
    }

    /// The measure that a statement names, where its text was on record before it.
    pub fn measure_of(&self, authority: &Authority) -> Option<&Proposed> {
        self.measures.of(authority)
    }

    /// Texts of measures on record, by their hashes.
    pub fn measure_texts(&self) -> impl Iterator<Item = (&[u8; 32], &Proposed)> {
        self.measures.proposed.iter()
    }

    /// The measure of a text by its hash.
    pub fn measure_text(&self, text: &[u8; 32]) -> Option<&Proposed> {
        self.measures.proposed.get(text)
    }

    /// The measure of an urgent act of the same month that was against a target: another one against it is refused.
    pub fn urgent_against(&self, target: &str, at: Seconds) -> Option<&Proposed> {
        let spots = Spot::of(target);
        let met = self.measures.met(utc(at), &spots);
        met.map(|(_, other)| other)
    }

    /// What was done under measures, in order.
    pub fn measure_acts(&self) -> &[Acted] {
        &self.measures.acts
    }
}
