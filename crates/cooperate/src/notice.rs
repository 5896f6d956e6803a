//! The asset notice and the change notice. In: entries, dates, the schedule. Out: the five items, the day by which they are due with the sentences; field errors. Never:
//! a notice without maker or product.
//!
//! Act 42/2025 art. 4; Order 4/2026 arts. 2 and 3.

use crate::FieldError;
use crate::asset::{Asset, ComputerClass};
use crate::calendar::{CalendarError, Date, Deadline, Start, deadline, window_end};
use crate::limits::LIST_ROWS_MAX;
use crate::plain::line;
use crate::rules::{Reason, Rule};
use crate::terms::Terms;
use serde::{Deserialize, Serialize};

/// The first item: who tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperatorOutline {
    /// The operator's name.
    pub name: String,
    /// Its address.
    pub address: String,
    /// Who represents it.
    pub representative: String,
    /// Whom to ask, and how.
    pub contact: String,
}

/// One line of a notice: the other four items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeItem {
    /// Class of the designated equipment.
    pub equipment: String,
    /// Class of the computer.
    pub class: ComputerClass,
    /// Product's name; a cloud service's name.
    pub product: String,
    /// Maker's name; a cloud service's provider.
    pub maker: String,
}

/// A notice of assets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssetNotice {
    /// Who tells.
    pub operator: OperatorOutline,
    /// What is told, without repeats.
    pub items: Vec<NoticeItem>,
}

impl AssetNotice {
    /// Drafts a notice of entries that need one. Products that differ in model, version or count alone are one line.
    ///
    /// # Errors
    /// All fields that break a rule; those of an entry begin with `items[N].`, N its place from 0 in `assets`.
    pub fn draft(operator: OperatorOutline, assets: &[Asset]) -> Result<Self, Vec<FieldError>> {
        let mut errors = operator.errors();
        if assets.is_empty() || assets.len() > LIST_ROWS_MAX {
            errors.push(FieldError::new(
                "items",
                Rule::NoticeItem,
                "has no entry, or more than 20000",
            ));
        }
        let mut items: Vec<NoticeItem> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for (at, asset) in assets.iter().enumerate() {
            errors.extend(asset.errors().into_iter().map(|error| FieldError {
                field: format!("items[{at}].{}", error.field),
                ..error
            }));
            let key = (&asset.equipment, asset.class, &asset.product, &asset.maker);
            if seen.insert(key) {
                items.push(NoticeItem {
                    equipment: asset.equipment.clone(),
                    class: asset.class,
                    product: asset.product.clone(),
                    maker: asset.maker.clone(),
                });
            }
        }
        if errors.is_empty() {
            Ok(Self { operator, items })
        } else {
            Err(errors)
        }
    }
}

impl OperatorOutline {
    /// What is wrong with it, field by field, each as `operator.…`; empty where nothing is.
    pub fn errors(&self) -> Vec<FieldError> {
        [
            line("operator.name", &self.name),
            line("operator.address", &self.address),
            line("operator.representative", &self.representative),
            line("operator.contact", &self.contact),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// When an operator and its computer came under the duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Since {
    /// When the operator was designated.
    pub designated: Date,
    /// When a change of scope brought the computer in, where one did.
    #[serde(default)]
    pub scope_changed: Option<Date>,
}

/// By when an entry that was introduced on a day is told of.
///
/// # Errors
/// [`CalendarError`]: the deadline lies outside the years whose holidays are known.
pub fn due(introduced: Date, since: Since, terms: &Terms) -> Result<Deadline, CalendarError> {
    let begins = terms.begins.value;
    let base = since
        .scope_changed
        .map_or(since.designated, |changed| changed.max(since.designated));
    // What came under the duty before the day on which it began, came under it that day.
    let from_start = base <= begins;
    let start = if from_start {
        Start::With(begins)
    } else {
        Start::During(base)
    };
    let window = window_end(start, terms.window.value);
    if introduced > window {
        let introduction = &terms.introduction;
        return timed(
            Start::During(introduced),
            introduction.value,
            &[Reason::new(
                Rule::NoticeIntroduction,
                introduction.source.verified,
            )],
            terms,
        );
    }
    let is_scope_change = !from_start && since.scope_changed == Some(base);
    let (period, rule) = if from_start {
        (&terms.in_use, Rule::NoticeInUse)
    } else if is_scope_change {
        (&terms.designation, Rule::NoticeScopeChange)
    } else {
        (&terms.designation, Rule::NoticeDesignation)
    };
    let mut reasons = vec![Reason::new(rule, period.source.verified)];
    if is_scope_change && introduced > base {
        reasons.push(Rule::NoticeScopeChangeWindow.into());
    }
    timed(start, period.value, &reasons, terms)
}

fn timed(
    start: Start,
    span: crate::calendar::Span,
    reasons: &[Reason],
    terms: &Terms,
) -> Result<Deadline, CalendarError> {
    let counted = deadline(start, span, terms.counting.verified)?;
    Ok(Deadline {
        reasons: [reasons, &counted.reasons].concat(),
        ..counted
    })
}

/// What changed behind a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Changed {
    /// The operator's own name.
    OperatorName,
    /// Another part of the operator's outline.
    OperatorOutline,
    /// Class of the equipment.
    Equipment,
    /// Class of the computer.
    Class,
    /// The product's name.
    Product,
    /// The maker's name.
    Maker,
    /// The product is not used any more.
    Removed,
    /// Model, version, count or location: not among the five items.
    Unlisted,
}

/// What a change asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChangeDuty {
    /// By when a change notice is due; none where none is needed.
    pub due: Option<Deadline>,
    /// The sentences that decide.
    pub reasons: Vec<Reason>,
}

/// A notice of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeNotice {
    /// What changed.
    pub changed: Vec<Changed>,
    /// When.
    pub on: Date,
    /// The notice as it stands now.
    pub notice: AssetNotice,
}

/// What changes of one day ask for: the strictest of them decides.
///
/// # Errors
/// [`CalendarError`]: the deadline lies outside the years whose holidays are known.
pub fn change(changed: &[Changed], on: Date, terms: &Terms) -> Result<ChangeDuty, CalendarError> {
    let minor = |each: &Changed| matches!(each, Changed::OperatorName | Changed::Unlisted);
    if changed.iter().all(minor) {
        let rule = |each: &Changed| match each {
            Changed::Unlisted => Rule::NoticeUnlisted,
            _ => Rule::NoticeOperatorName,
        };
        return Ok(ChangeDuty {
            due: None,
            reasons: changed.iter().map(|each| rule(each).into()).collect(),
        });
    }
    let period = &terms.change;
    let reason = Reason::new(Rule::NoticeChange, period.source.verified);
    let due = timed(Start::During(on), period.value, &[reason], terms)?;
    Ok(ChangeDuty {
        reasons: due.reasons.clone(),
        due: Some(due),
    })
}
