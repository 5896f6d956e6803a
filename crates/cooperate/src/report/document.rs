//! One filing as a document. In: what a filer wrote. Out: the same, or every field that breaks a rule. Never: a field of another form, a value of another kind.

use super::fields::{FIELDS, FIELDS_VERSION, FieldSpec, Kind, Need, fields_of};
use super::{CommonForm, Stage};
use crate::FieldError;
use crate::limits::PROBLEMS_MAX;
use crate::plain::{line, text};
use crate::routing::{Route, route};
use crate::rules::Rule;
use crate::terms::Terms;
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The document's first field.
pub const FORMAT: &str = "sakimori/report/v1";

/// A filing: prompt report, full report or correction. JSON with exactly these fields; `fields` maps a field's key to its value, `null` where it is not known yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportDocument {
    /// [`FORMAT`].
    pub format: String,
    /// Version of the field list.
    pub fields_version: u64,
    /// Id of the case: `[a-z0-9][a-z0-9.-]{0,31}`, chosen by the operator.
    #[serde(with = "crate::text")]
    pub case: Name,
    /// The operator.
    #[serde(with = "crate::text")]
    pub operator: Name,
    /// Who files: the operator, or one to whom it delegated.
    #[serde(with = "crate::text")]
    pub filer: Name,
    /// The form.
    pub form: CommonForm,
    /// The stage.
    pub stage: Stage,
    /// When the operator recognised the event; the same in every document of a case.
    #[serde(with = "crate::text")]
    pub recognised_at: Seconds,
    /// Why a correction is made; empty in others.
    #[serde(default)]
    pub reason: String,
    /// The values.
    pub fields: BTreeMap<String, Option<String>>,
}

impl ReportDocument {
    /// The value of a field; none where it is missing or not known yet.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.fields.get(key)?.as_deref()
    }

    /// Where it goes, by its own sector and prefecture.
    pub fn route(&self, terms: &Terms) -> Route {
        let prefecture = self.value("operator.prefecture");
        let prefecture = prefecture.and_then(|text| text.parse().ok());
        let sector = self.value("operator.sector").unwrap_or_default();
        route(sector, prefecture, terms)
    }

    /// What is wrong with it, measured by what a stage needs; empty where nothing is. At most [`PROBLEMS_MAX`].
    pub fn errors(&self, needs: Stage, terms: &Terms) -> Vec<FieldError> {
        let fail = |field: &str, rule, what: &str| FieldError::new(field, rule, what);
        let mut errors = Vec::new();
        if self.format != FORMAT {
            errors.push(fail(
                "format",
                Rule::ReportForm,
                "is not sakimori/report/v1",
            ));
        }
        if self.fields_version != FIELDS_VERSION || terms.fields.value != FIELDS_VERSION {
            let what = "is not the version of the field list in force";
            errors.push(fail("fields_version", Rule::ReportForm, what));
        }
        match (self.stage, self.reason.is_empty()) {
            (Stage::Correction, _) => errors.extend(text("reason", &self.reason)),
            (_, true) => {}
            (_, false) => errors.push(fail(
                "reason",
                Rule::ReportStage,
                "stands in a filing that corrects nothing",
            )),
        }
        for key in self.fields.keys() {
            if !fields_of(self.form).any(|field| field.key == key) {
                let short: String = key.chars().take(80).collect();
                let what = if FIELDS.iter().any(|field| field.key == key) {
                    "is a field of another form"
                } else {
                    "is no field"
                };
                errors.push(fail(&format!("fields.{short}"), Rule::ReportForm, what));
            }
        }
        for field in fields_of(self.form) {
            errors.extend(self.field_error(field, needs));
        }
        errors.truncate(PROBLEMS_MAX);
        errors
    }

    fn field_error(&self, field: &FieldSpec, needs: Stage) -> Option<FieldError> {
        let name = format!("fields.{}", field.key);
        let need = match needs {
            Stage::Prompt => field.prompt,
            Stage::Full | Stage::Correction => field.full,
        };
        match (self.fields.get(field.key), need) {
            (Some(Some(value)), _) => value_error(&name, value, field.kind),
            (Some(None), Need::Known) => {
                let what = "is not known yet, which this stage does not take";
                Some(FieldError::new(name, Rule::ReportUnknown, what))
            }
            (None, Need::Known | Need::Told) => {
                Some(FieldError::new(name, Rule::ReportRequired, "is missing"))
            }
            (Some(None), _) | (None, Need::Free) => None,
        }
    }
}

fn value_error(name: &str, value: &str, kind: Kind) -> Option<FieldError> {
    let unless =
        |good: bool, what: String| (!good).then(|| FieldError::new(name, Rule::ReportValue, what));
    match kind {
        Kind::Line => line(name, value),
        Kind::Text => text(name, value),
        Kind::Time => unless(
            value.parse::<Seconds>().is_ok(),
            "is no time such as 2026-10-01T03:00:00Z".to_owned(),
        ),
        Kind::Number(most) => {
            let number = value.parse::<u64>().ok();
            let plain = number.is_some_and(|n| n <= most && n.to_string() == value);
            unless(plain, format!("is no whole number up to {most}"))
        }
        Kind::Choice(words) => unless(
            words.contains(&value),
            format!("is none of: {}", words.join(", ")),
        ),
        Kind::Choices(words) => {
            let place = |word: &str| words.iter().position(|known| *known == word);
            let places: Option<Vec<usize>> = value.split(' ').map(place).collect();
            let good = places.is_some_and(|places| places.is_sorted_by(|a, b| a < b));
            unless(
                good,
                format!("is not some of, in this order: {}", words.join(" ")),
            )
        }
    }
}
