//! Measures: proposed by two officers, decided as any statement, and what is done under them (invariant I14). In: entries of types 19 and 46. Out: problems. Never: an act under a measure whose text stood nowhere before
//! it was decided.

use super::{Authorities, Decided};
use crate::code::{Code, Subject};
use crate::fields::Fields;
use crate::history::roots::Roots;
use crate::history::schedules::stale;
use crate::history::{Seen, told};
use crate::limits::SAID_BYTES_MAX;
use crate::notes::{Measure, Spot, Statement, is_name};
use crate::report::Sink;
use crate::time::month_of;
use crate::unhex;
use sakimori_tlog::merkle::Hash;
use std::collections::{BTreeMap, BTreeSet};

/// A measure in the log.
#[derive(Debug)]
struct Proposed {
    index: u64,
    revision: u64,
    level: u64,
    spots: BTreeSet<Spot>,
}

/// Who was told to do something: statement and actuator.
type Told = (Hash, String);

/// What was proposed and done.
#[derive(Debug, Default)]
pub(super) struct Measures {
    proposed: BTreeMap<Hash, Proposed>,
    /// The last step of each.
    last: BTreeMap<Told, u64>,
    sent: BTreeSet<(Told, u64)>,
}

struct Done {
    act: String,
    measure: Hash,
    revision: u64,
    actuator: Option<String>,
    step: u64,
}

impl Measures {
    /// The measure of a statement, where it stood in the log before an entry.
    fn before(&self, statement: &Statement, index: u64) -> Option<&Proposed> {
        let proposed = self.proposed.get(&statement.pack);
        proposed.filter(|proposed| proposed.index < index)
    }

    /// Whether an act comes out of order.
    fn order(&mut self, act: &str, of: Told, step: u64) -> bool {
        match act {
            "dispatch" => {
                let last = self.last.get(&of).copied().unwrap_or(0);
                self.last.insert(of.clone(), last.max(step));
                self.sent.insert((of, step));
                step <= last
            }
            "effect" | "safety" => !self.sent.contains(&(of, step)),
            _ => false,
        }
    }
}

impl Authorities {
    /// Two officers propose a measure.
    pub(in crate::history) fn propose(&mut self, seen: &Seen<'_>, roots: &Roots, sink: &mut Sink) {
        let Some(body) = seen.open() else {
            return;
        };
        let measure = match Measure::read(body) {
            Ok(measure) => measure,
            Err(what) => return sink.bad(Code::ProposalMalformed, seen.place(), what),
        };
        let counted = (measure.revision == seen.counter(0)).then_some(());
        let counted = counted.ok_or_else(|| {
            let (revision, said) = (measure.revision, seen.counter(0));
            format!("it is counted as revision {said}, its text says {revision}")
        });
        if told(Some(counted), &seen.place(), sink).is_none() {
            return;
        }
        let Some(root) = roots.named(measure.root, seen) else {
            return sink.bad(Code::ProposalRoot, seen.place(), stale(measure.root));
        };
        if let Err(what) = measure.signed(root) {
            return sink.bad(Code::ProposalSignature, seen.place(), what);
        }
        sink.good(Subject::Measures);
        let proposed = Proposed {
            index: seen.index,
            revision: measure.revision,
            level: measure.level,
            spots: measure.spots,
        };
        let known = self.measures.proposed.entry(measure.hash);
        known.or_insert(proposed);
    }

    /// Whether the text of a measure stood in the log before an entry; true of any other statement.
    pub(super) fn is_proposed(&self, statement: &Statement, index: u64) -> bool {
        statement.kind != "measure" || self.measures.before(statement, index).is_some()
    }

    /// What is missing of a decision where its measure is of level 2: that everybody who sat voted for it.
    pub(super) fn lacks(&self, statement: &Statement) -> Option<&'static str> {
        let text = self.measures.proposed.get(&statement.pack);
        let text = text.filter(|_| statement.kind == "measure")?;
        (!statement.is_enough(text.level))
            .then_some("its measure is of level 2, which takes the votes of everybody who sits")
    }

    /// Whether an urgent measure is the first of its month against each of its targets; true of any other statement.
    pub(super) fn once(&self, statement: &Statement, seen: &Seen<'_>) -> Result<(), String> {
        if statement.kind != "measure" {
            return Ok(());
        }
        let new = self.measures.before(statement, seen.index);
        let new = new.ok_or("its text was not in the log before it")?;
        let month = month_of(seen.envelope.time);
        let same = |other: &&Decided| {
            let urgent = other.urgency.as_ref();
            other.in_force && urgent.is_some_and(|urgent| urgent.month() == month)
        };
        let others = self.statements.values().filter(same);
        let others = others.filter_map(|other| self.measures.proposed.get(&other.statement.pack));
        for other in others {
            let meets = |spot: &Spot| other.spots.iter().any(|own| own.meets(spot));
            if let Some(spot) = new.spots.iter().find(|spot| meets(spot)) {
                let index = other.index;
                return Err(format!(
                    "{spot:?} is met by the measure of entry {index} too"
                ));
            }
        }
        Ok(())
    }

    /// Something is done under a measure.
    pub(in crate::history) fn act(&mut self, seen: &Seen<'_>, sink: &mut Sink) {
        let Some(act) = told(
            seen.open().map(|body| read(body, seen)),
            &seen.place(),
            sink,
        ) else {
            return;
        };
        if let Err((code, what)) = self.may(&act, seen) {
            return sink.bad(code, seen.place(), what);
        }
        let hash = seen.envelope.authority;
        let Some(actuator) = act.actuator else {
            return sink.good(Subject::Measures);
        };
        if self.measures.order(&act.act, (hash, actuator), act.step) {
            let what = format!("the {} of step {}", act.act, act.step);
            sink.bad(Code::MeasureSequence, seen.place(), what);
        } else {
            sink.good(Subject::Measures);
        }
    }

    fn may(&self, act: &Done, seen: &Seen<'_>) -> Result<(), (Code, String)> {
        let hash = &seen.envelope.authority;
        let decided = self.in_force(hash);
        let decided = decided.filter(|decided| decided.statement.kind == "measure");
        let decided = decided.ok_or_else(|| {
            let what = format!(
                "no measure of the statement {} is in force",
                crate::hex(hash)
            );
            (Code::MeasureAuthority, what)
        })?;
        let statement = &decided.statement;
        let proposed = self.measures.before(statement, decided.index);
        let same = proposed.is_some_and(|proposed| proposed.revision == act.revision);
        if !same || statement.pack != act.measure {
            let what = format!(
                "revision {} of {} was not proposed before the decision",
                act.revision,
                crate::hex(&act.measure)
            );
            return Err((Code::MeasureText, what));
        }
        let Some(actuator) = &act.actuator else {
            let all = !matches!(act.act.as_str(), "dispatch" | "effect");
            let what = || (Code::MeasureActuator, format!("a {} of nobody", act.act));
            return all.then_some(()).ok_or_else(what);
        };
        if !statement.sensors.contains(actuator) {
            let what = format!("the statement does not name `{actuator}`");
            return Err((Code::MeasureActuator, what));
        }
        let barred = self.bars(hash, actuator, None, seen);
        match barred.filter(|_| act.act == "dispatch") {
            Some(barred) => Err((Code::MeasureBarred, format!("`{actuator}`: {barred:?}"))),
            None => Ok(()),
        }
    }
}

fn read(body: &[u8], seen: &Seen<'_>) -> Result<Done, String> {
    let keys = ["act", "measure", "revision", "actuator", "step", "detail"];
    let fields = Fields::read(body, &keys)?;
    let known = "dispatch effect end kill safety report hold free";
    let act = fields.parsed("act", |text| {
        known
            .split(' ')
            .any(|word| word == text)
            .then(|| text.to_owned())
    })?;
    let actuator = match fields.get("actuator") {
        crate::json::Json::Null => None,
        _ => Some(fields.parsed("actuator", |text| is_name(text).then(|| text.to_owned()))?),
    };
    if fields.text("detail")?.len() > SAID_BYTES_MAX {
        return Err("`detail` is too long".to_owned());
    }
    let step = fields.number("step")?;
    if step != seen.counter(0) {
        return Err("the step of body and envelope differ".to_owned());
    }
    Ok(Done {
        act,
        measure: fields.parsed("measure", unhex)?,
        revision: fields.number("revision")?,
        actuator,
        step,
    })
}
