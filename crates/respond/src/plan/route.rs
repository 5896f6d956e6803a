//! On which law, by whom, on whose order. In: designations, orders, records of consultation. Out: every rule that they break. Never: an executor who ordered himself, a designation that ended, a prefecture that acts abroad.
//!
//! Police Duties Act art. 6-2; SDF Act art. 81-3 on its three conditions; Act 42/2025 as the project reads it. A place that nobody knows counts as abroad.

use super::form::{self, Digest};
use super::read::Problem;
use sakimori_authority::measure::{Body, Route};
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use serde::{Deserialize, Serialize};

/// Who acts, on whose order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    /// Officer of the office who proposes.
    #[serde(with = "form::text")]
    pub proposed: Name,
    /// Officer of the office who is to review.
    #[serde(with = "form::text")]
    pub reviewed: Name,
    /// The executor's designation.
    pub executor: Designation,
    /// The order of the executor's superior.
    pub superior: Instruction,
    /// The order of the Prime Minister: the defence route has one, the police route none.
    pub defence: Option<DefenceOrder>,
    /// Record of the consultation with the Foreign Minister.
    pub consultation: Option<Consultation>,
}

impl Chain {
    /// On which law it rests.
    pub const fn route(&self) -> Route {
        if self.defence.is_some() {
            Route::Defence
        } else {
            Route::Police
        }
    }
}

/// That somebody is a designated officer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Designation {
    /// Who.
    #[serde(with = "form::text")]
    pub officer: Name,
    /// Where he serves.
    #[serde(with = "form::body")]
    pub body: Body,
    /// Number of the designation.
    pub number: String,
    /// First second.
    #[serde(with = "form::text")]
    pub from: Seconds,
    /// Last second.
    #[serde(with = "form::text")]
    pub until: Seconds,
    /// When it was taken back.
    #[serde(with = "form::text_option")]
    pub revoked: Option<Seconds>,
}

impl Designation {
    /// Whether it holds at a time.
    pub fn is_live(&self, at: Seconds) -> bool {
        self.from <= at && at <= self.until && self.revoked.is_none_or(|revoked| at < revoked)
    }
}

/// A superior's order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instruction {
    /// Who ordered it.
    #[serde(with = "form::text")]
    pub by: Name,
    /// In which office: the Commissioner-General, the chief of a prefecture.
    pub office: String,
    /// When.
    #[serde(with = "form::text")]
    pub at: Seconds,
    /// SHA-256 of the order.
    pub sha256: Digest,
}

/// The order of the Prime Minister for a communications protection measure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DefenceOrder {
    /// Its number.
    pub number: String,
    /// SHA-256 of it.
    pub sha256: Digest,
    /// First condition: the effect that would be grave.
    pub grave_effect: String,
    /// Second: why the capability of the defence forces cannot be done without.
    pub capability: String,
    /// Third: the request or consent of the National Public Safety Commission.
    pub public_safety: String,
    /// The police with whom it is done jointly.
    pub jointly: String,
    /// First second.
    #[serde(with = "form::text")]
    pub from: Seconds,
    /// Last second.
    #[serde(with = "form::text")]
    pub until: Seconds,
}

/// Record of a consultation with the Foreign Minister.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consultation {
    /// Its number.
    pub number: String,
    /// SHA-256 of the record.
    pub sha256: Digest,
    /// When.
    #[serde(with = "form::text")]
    pub at: Seconds,
}

impl Chain {
    /// Every rule that it breaks at a time. `abroad` names a target that is abroad or nobody knows where; `until` is the last second of the window.
    pub fn problems(
        &self,
        at: &str,
        abroad: Option<&str>,
        until: Seconds,
        now: Seconds,
        found: &mut Vec<Problem>,
    ) {
        let mut add = |place: &str, words: String| {
            found.push(Problem::new(format!("{at}/{place}"), words));
        };
        let executor = &self.executor;
        if self.proposed == self.reviewed {
            add(
                "reviewed",
                format!("`{}` proposes; another reviews", self.proposed),
            );
        }
        if self.superior.by == executor.officer {
            add(
                "superior/by",
                format!("`{}` cannot order himself", executor.officer),
            );
        }
        if executor.officer == self.reviewed {
            add(
                "executor/officer",
                format!("`{}` reviews; another carries out", self.reviewed),
            );
        }
        if self.superior.at > now {
            add("superior/at", "it is ordered in the future".to_owned());
        }
        if !executor.is_live(now) {
            add(
                "executor",
                format!(
                    "the designation {} of `{}` does not hold now",
                    executor.number, executor.officer
                ),
            );
        } else if executor.until < until {
            add(
                "executor/until",
                "the designation ends before the measure".to_owned(),
            );
        }
        if let Some(order) = &self.defence {
            order.problems(&format!("{at}/defence"), until, now, found);
            if executor.body == Body::Prefectural {
                let words = "the police of a prefecture do not act with the defence forces";
                found.push(Problem::new(format!("{at}/executor/body"), words));
            }
        } else if executor.body == Body::Defence {
            let words = "the defence forces act on an order of the Prime Minister alone";
            found.push(Problem::new(format!("{at}/defence"), words));
        }
        if let Some(target) = abroad {
            self.abroad(at, target, now, found);
        }
    }

    fn abroad(&self, at: &str, target: &str, now: Seconds, found: &mut Vec<Problem>) {
        if self.executor.body == Body::Prefectural {
            let words = format!(
                "{target} is abroad or nobody knows where: the police of a prefecture cannot act there"
            );
            found.push(Problem::new(format!("{at}/executor/body"), words));
        }
        match &self.consultation {
            None => {
                let words = format!(
                    "{target} is abroad or nobody knows where: the Foreign Minister has to be consulted first"
                );
                found.push(Problem::new(format!("{at}/consultation"), words));
            }
            Some(record) if record.at > now => {
                found.push(Problem::new(
                    format!("{at}/consultation/at"),
                    "it is held in the future",
                ));
            }
            Some(_) => {}
        }
    }
}

impl DefenceOrder {
    fn problems(&self, at: &str, until: Seconds, now: Seconds, found: &mut Vec<Problem>) {
        let conditions = [
            ("number", &self.number),
            ("grave_effect", &self.grave_effect),
            ("capability", &self.capability),
            ("public_safety", &self.public_safety),
            ("jointly", &self.jointly),
        ];
        for (place, text) in conditions {
            if text.trim().is_empty() {
                found.push(Problem::new(format!("{at}/{place}"), "nothing is said"));
            }
        }
        if now < self.from || self.until < until {
            found.push(Problem::new(
                format!("{at}/until"),
                "the order does not hold from now to the end of the measure",
            ));
        }
    }
}
