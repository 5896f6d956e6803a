//! What the law asks of a register. In: entries, what is said of the operator, the schedule of duties, a time. Out: for each entry scope, duty and clock, each with its
//! sentences. Never: "outside" while an answer is unsure; a clock that starts later than the law's.

use super::{Entry, Head, Profile, Register};
use crate::error::LiaisonError;
use sakimori_cooperate::asset::{ComputerClass, Duty, Need, judge};
use sakimori_cooperate::calendar::{CalendarError, Date, Deadline};
use sakimori_cooperate::clock::{Due, Times, What, Who};
use sakimori_cooperate::notice::{Changed, change, due};
use sakimori_cooperate::scope::{self, ComputerType, Questions, Scope, SubTypes};
use sakimori_cooperate::{Answer, Terms};
use sakimori_custody::time::Seconds;
use serde::Serialize;

/// What is to be told of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tell {
    /// Nothing: no notice is needed, or a filing takes its place.
    Nothing,
    /// It was told, and is as it was told.
    Told,
    /// It is to be told.
    New,
    /// It is another than what was told.
    Changed,
    /// It was told, and is not used any more.
    Removed,
}

impl Tell {
    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Told => "told",
            Self::New => "new",
            Self::Changed => "changed",
            Self::Removed => "removed",
        }
    }
}

/// An entry with what the law asks of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Asked<'r> {
    /// The entry.
    pub entry: &'r Entry,
    /// Whether its computer is in scope.
    pub scope: Scope,
    /// Whether it is told of.
    pub duty: Duty,
    /// What is to be told now.
    pub tell: Tell,
    /// What is different from what was told.
    pub changed: Vec<Changed>,
    /// The clock, where something is to be told.
    pub due: Option<Due>,
}

/// How many entries stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// In scope, by answers or by the list's class.
    pub in_scope: usize,
    /// Open questions stand before the verdict.
    pub to_ask: usize,
    /// Outside.
    pub outside: usize,
    /// To be told as new.
    pub new: usize,
    /// To be told as changed or removed.
    pub changed: usize,
    /// Told.
    pub told: usize,
    /// In need of no notice.
    pub nothing: usize,
    /// Whose day is over.
    pub overdue: usize,
}

/// The questions of an entry: what was answered, or what the class that its list says implies. What the list leaves open is unsure.
fn questions(entry: &Entry) -> Questions {
    if let Some(questions) = entry.questions {
        return questions;
    }
    let mut implied = Questions {
        operator: Answer::Yes,
        ..Questions::default()
    };
    match entry.asset.class {
        ComputerClass::TypeOne => implied.equipment = Answer::Yes,
        ComputerClass::TypeThree => implied.preparation = Answer::Yes,
        ComputerClass::TypeTwo(sub_type) => {
            implied.connected = Answer::Yes;
            implied.sub_types.set(sub_type, Answer::Yes);
        }
    }
    implied
}

/// Whether the computer of an entry is in scope.
pub fn scope(entry: &Entry, terms: &Terms) -> Scope {
    scope::judge(&questions(entry), terms)
}

/// The class that answers which are sure bear out, the strictest of them; nothing where none does.
pub(super) fn class_of(questions: &Questions, terms: &Terms) -> Option<ComputerClass> {
    let sure = |answer: Answer| {
        if answer == Answer::Yes {
            answer
        } else {
            Answer::No
        }
    };
    let mut sub_types = SubTypes::all(Answer::No);
    for each in scope::SubType::ALL {
        sub_types.set(each, sure(questions.sub_types.of(each)));
    }
    let scope = scope::judge(
        &Questions {
            operator: sure(questions.operator),
            equipment: sure(questions.equipment),
            connected: sure(questions.connected),
            sub_types,
            preparation: sure(questions.preparation),
        },
        terms,
    );
    if scope.types.contains(&ComputerType::One) {
        return Some(ComputerClass::TypeOne);
    }
    let core = &terms.core_sub_types.value;
    let strictest = scope.sub_types.iter().find(|each| core.contains(each));
    if let Some(sub_type) = strictest.or(scope.sub_types.first()) {
        return Some(ComputerClass::TypeTwo(*sub_type));
    }
    let three = scope.types.contains(&ComputerType::Three);
    three.then_some(ComputerClass::TypeThree)
}

/// What is different from what was told.
fn differences(entry: &Entry) -> Vec<Changed> {
    let Some(told) = &entry.told else {
        return Vec::new();
    };
    if !entry.is_in_use() {
        return vec![Changed::Removed];
    }
    let now = entry.item();
    [
        (Changed::Equipment, told.equipment != now.equipment),
        (Changed::Class, told.class != now.class),
        (Changed::Product, told.product != now.product),
        (Changed::Maker, told.maker != now.maker),
    ]
    .into_iter()
    .filter_map(|(what, differs)| differs.then_some(what))
    .collect()
}

/// What is different in the outline.
pub(crate) fn outline_changes(head: &Head) -> Vec<Changed> {
    let (Some(told), Some(profile)) = (&head.told, &head.profile) else {
        return Vec::new();
    };
    let now = &profile.outline;
    let name = told.name != now.name;
    let rest = (&told.address, &told.representative, &told.contact)
        != (&now.address, &now.representative, &now.contact);
    [
        (Changed::OperatorName, name),
        (Changed::OperatorOutline, rest),
    ]
    .into_iter()
    .filter_map(|(what, differs)| differs.then_some(what))
    .collect()
}

fn one<'r>(
    entry: &'r Entry,
    profile: &Profile,
    terms: &Terms,
    now: Seconds,
) -> Result<Asked<'r>, CalendarError> {
    let scope = scope(entry, terms);
    let duty = judge(&entry.asset, &scope, &profile.filings, terms);
    let changed = differences(entry);
    let (tell, deadline) = told(entry, &duty, &changed, profile, terms)?;
    let what = match tell {
        Tell::New => What::AssetNotice,
        _ => What::ChangeNotice,
    };
    let clock = deadline.map(|deadline| {
        let times = Times {
            deadline: &deadline,
            done: None,
            now,
            soft: false,
        };
        Due::new(&entry.number.to_string(), (Who::Operator, what), times)
    });
    Ok(Asked {
        entry,
        scope,
        duty,
        tell,
        changed,
        due: clock,
    })
}

/// What is to be told of an entry, and by when.
fn told(
    entry: &Entry,
    duty: &Duty,
    changed: &[Changed],
    profile: &Profile,
    terms: &Terms,
) -> Result<(Tell, Option<Deadline>), CalendarError> {
    if entry.told.is_none() {
        if duty.need != Need::Notice || !entry.is_in_use() {
            return Ok((Tell::Nothing, None));
        }
        let deadline = due(entry.asset.introduced, profile.since, terms)?;
        return Ok((Tell::New, Some(deadline)));
    }
    if changed.is_empty() {
        return Ok((Tell::Told, None));
    }
    let on = entry.removed_on.or(entry.changed_on);
    let on = on.unwrap_or(entry.asset.introduced);
    let tell = if entry.is_in_use() {
        Tell::Changed
    } else {
        Tell::Removed
    };
    Ok((tell, change(changed, on, terms)?.due))
}

/// What the law asks of every entry, in the order of the register.
///
/// # Errors
/// [`LiaisonError::Missing`] until the operator's outline was said; [`LiaisonError::Refused`] where a day lies outside the years whose holidays are known.
pub fn asked<'r>(
    register: &'r Register,
    terms: &Terms,
    now: Seconds,
) -> Result<Vec<Asked<'r>>, LiaisonError> {
    let profile = register.profile()?;
    let each = register.entries.iter();
    each.map(|entry| {
        one(entry, &profile, terms, now).map_err(|e| LiaisonError::Refused {
            field: format!("entry {}", entry.number),
            rule: e.to_string(),
        })
    })
    .collect()
}

/// How many entries stand where.
pub fn summary(asked: &[Asked<'_>]) -> Summary {
    let mut out = Summary::default();
    for each in asked {
        let place = match each.scope.verdict {
            scope::Verdict::In => &mut out.in_scope,
            scope::Verdict::Ask => &mut out.to_ask,
            scope::Verdict::Outside => &mut out.outside,
        };
        *place += 1;
        let place = match each.tell {
            Tell::Nothing => &mut out.nothing,
            Tell::Told => &mut out.told,
            Tell::New => &mut out.new,
            Tell::Changed | Tell::Removed => &mut out.changed,
        };
        *place += 1;
        out.overdue += usize::from(each.due.as_ref().is_some_and(Due::is_overdue));
    }
    out
}

/// The last second of the first day by which something is to be told, for the store's list of what is due; nothing while no outline was said or a day is unknown.
pub(crate) fn due_of(head: &Head, entries: &[Entry], terms: &Terms) -> Option<u64> {
    let profile = head.profile.as_ref()?;
    let outline = outline_changes(head);
    let of_outline = head
        .outline_changed_on
        .and_then(|on| change(&outline, on, terms).ok()?.due);
    let of_entries = entries.iter().filter_map(|entry| {
        let scope = scope(entry, terms);
        let duty = judge(&entry.asset, &scope, &profile.filings, terms);
        told(entry, &duty, &differences(entry), profile, terms)
            .ok()?
            .1
    });
    let first: Option<Date> = of_entries.chain(of_outline).map(|d| d.last).min();
    first.map(|day| day.end().0)
}
