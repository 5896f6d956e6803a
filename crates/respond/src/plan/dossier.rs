//! The dossier: why a measure is needed, and that nothing milder does. In: what an officer wrote, evidence by its digest. Out: every rule that it breaks. Never: evidence of a class that may not be given to police or defence
//! (Act 42/2025 art. 38): what is left out for that is listed with its reason.

use super::form::{self, Digest};
use super::goal::Goal;
use super::read::Problem;
use sakimori_custody::class::Class;
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use sakimori_release::condition::ConditionKind;
use sakimori_release::matrix::{Rule, look_up};
use sakimori_release::recipient::RecipientKind;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Most pieces of evidence, and most that are withheld.
pub const EVIDENCE_MAX: usize = 1_000;
/// Most alternatives.
pub const ALTERNATIVES_MAX: usize = 100;
/// The first line of a dossier's form.
pub const FORM: &str = "sakimori/dossier/v1";

/// A dossier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dossier {
    /// [`FORM`].
    pub form: String,
    /// What shows the attack.
    pub evidence: Vec<Evidence>,
    /// What would show more, and may not be in it.
    pub withheld: Vec<Withheld>,
    /// Which harm to life, body or property there is or will be.
    pub harm: String,
    /// Why it is near.
    pub imminence: String,
    /// Why nothing milder does.
    pub necessity: String,
    /// What milder was tried, or why it cannot be.
    pub alternatives: Vec<Alternative>,
    /// Why what is done is not out of proportion.
    pub proportionality: String,
    /// What is in it and what is not.
    pub scope: String,
    /// What shows that it works.
    #[serde(with = "form::text")]
    pub success: Goal,
    /// What ends it early.
    #[serde(with = "form::text")]
    pub stop: Goal,
    /// Who else is met, in words: needed where more people have to agree.
    pub others: Option<String>,
    /// The sheet on international law; needed where a target is abroad or nobody knows where.
    pub international: Option<Sheet>,
}

/// A piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Its name in the dossier.
    #[serde(with = "form::text")]
    pub id: Name,
    /// What it is and shows.
    pub what: String,
    /// Which class of information it is.
    #[serde(with = "form::class")]
    pub class: Class,
    /// SHA-256 of it.
    pub sha256: Digest,
    /// When it was taken in.
    #[serde(with = "form::text")]
    pub taken: Seconds,
    /// Where it comes from.
    pub source: Source,
    /// Why police or defence need it, where the class asks for it (art. 38(2)).
    pub need: Option<String>,
    /// SHA-256 of the party's consent, where the class asks for it (art. 38(3)).
    pub consent: Option<Digest>,
}

/// Where a piece of evidence comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Source {
    /// A finding of a sensor.
    Finding {
        /// Which sensor.
        #[serde(with = "form::text")]
        sensor: Name,
        /// The finding's id.
        finding: String,
    },
    /// A report of an operator, by what was made of it.
    Report {
        /// Its reference.
        reference: String,
    },
    /// An advisory.
    Advisory {
        /// Its id.
        reference: String,
    },
}

/// Something that may not be in the dossier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withheld {
    /// Its name in the dossier.
    #[serde(with = "form::text")]
    pub id: Name,
    /// What kind of thing it is.
    pub what: String,
    /// Which class of information it is.
    #[serde(with = "form::class")]
    pub class: Class,
    /// Why it is not in it.
    pub reason: String,
}

/// Something milder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alternative {
    /// Which.
    pub kind: Milder,
    /// What exactly.
    pub what: String,
    /// That it was tried.
    pub tried: Option<Tried>,
    /// Why it cannot be tried.
    pub cannot: Option<String>,
}

/// What is milder than a measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Milder {
    /// The maker repairs what is weak.
    VendorFix,
    /// Whoever controls the target is told.
    AbuseNotice,
    /// A carrier stops it by its own terms.
    CarrierBlock,
    /// Something else.
    Other,
}

impl Milder {
    /// Those that each dossier has to speak of.
    pub const ASKED: [Self; 3] = [Self::VendorFix, Self::AbuseNotice, Self::CarrierBlock];

    /// Its word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::VendorFix => "vendor-fix",
            Self::AbuseNotice => "abuse-notice",
            Self::CarrierBlock => "carrier-block",
            Self::Other => "other",
        }
    }
}

/// That something milder was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tried {
    /// When.
    #[serde(with = "form::text")]
    pub at: Seconds,
    /// With which ticket; a notice has one.
    pub ticket: Option<String>,
    /// What came of it.
    pub result: Outcome,
    /// The same in words.
    pub words: String,
}

/// What came of something milder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Outcome {
    /// The target went down.
    Down {
        /// Seconds from the try until it was down.
        seconds: u64,
        /// Whether it came back.
        back: bool,
    },
    /// It did not help.
    Up {
        /// The target was still up at this time.
        #[serde(with = "form::text")]
        seen: Seconds,
    },
    /// It was refused.
    Refused,
}

/// The sheet on international law: it lies elsewhere, signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sheet {
    /// SHA-256 of the signed sheet.
    pub sha256: Digest,
    /// Who signed it.
    #[serde(with = "form::text")]
    pub signed: Name,
    /// When.
    #[serde(with = "form::text")]
    pub at: Seconds,
}

/// What the table of the law says of evidence of a class in a dossier for police or defence.
///
/// # Errors
/// The words of the table, where it may not be in it.
pub fn permitted(class: Class) -> Result<&'static [ConditionKind], String> {
    let cell = look_up(class, RecipientKind::PoliceDefence);
    match cell.rule {
        Rule::Allow | Rule::AllowWith(_) => Ok(cell.rule.conditions()),
        rule => Err(format!(
            "`{class}` may not be in a dossier: {} (art. {}); list it as withheld",
            rule.name(),
            cell.article
        )),
    }
}

impl Dossier {
    /// Every rule that it breaks, with its place below `at`. `now` is the time by which nothing is later.
    pub fn problems(&self, at: &str, now: Seconds, found: &mut Vec<Problem>) {
        let mut add = |place: &str, words: String| {
            found.push(Problem::new(format!("{at}/{place}"), words));
        };
        if self.form != FORM {
            add("form", format!("not `{FORM}`"));
        }
        let texts = [
            ("harm", &self.harm),
            ("imminence", &self.imminence),
            ("necessity", &self.necessity),
            ("proportionality", &self.proportionality),
            ("scope", &self.scope),
        ];
        for (place, text) in texts {
            if text.trim().is_empty() {
                add(place, "nothing is said".to_owned());
            }
        }
        if self.evidence.is_empty() || self.evidence.len() > EVIDENCE_MAX {
            add("evidence", format!("1 to {EVIDENCE_MAX} pieces"));
        }
        if self.withheld.len() > EVIDENCE_MAX {
            add("withheld", format!("at most {EVIDENCE_MAX}"));
        }
        if self.success == self.stop {
            add("stop", "the same as what shows that it works".to_owned());
        }
        if let Some(sheet) = &self.international
            && sheet.at > now
        {
            add("international/at", "it is signed in the future".to_owned());
        }
        let mut ids = BTreeSet::new();
        for (number, one) in self.evidence.iter().enumerate() {
            let place = format!("{at}/evidence/{number}");
            if !ids.insert(&one.id) {
                found.push(Problem::new(format!("{place}/id"), "stands twice"));
            }
            one.problems(&place, now, found);
        }
        for (number, one) in self.withheld.iter().enumerate() {
            let place = format!("{at}/withheld/{number}");
            if !ids.insert(&one.id) {
                found.push(Problem::new(format!("{place}/id"), "stands twice"));
            }
            if one.reason.trim().is_empty() {
                found.push(Problem::new(format!("{place}/reason"), "no reason is said"));
            }
        }
        self.milder(at, now, found);
    }

    fn milder(&self, at: &str, now: Seconds, found: &mut Vec<Problem>) {
        if self.alternatives.len() > ALTERNATIVES_MAX {
            let words = format!("at most {ALTERNATIVES_MAX}");
            found.push(Problem::new(format!("{at}/alternatives"), words));
        }
        for asked in Milder::ASKED {
            if !self.alternatives.iter().any(|one| one.kind == asked) {
                let words = format!(
                    "nothing is said of `{}`: tried, or why it cannot be",
                    asked.name()
                );
                found.push(Problem::new(format!("{at}/alternatives"), words));
            }
        }
        for (number, one) in self.alternatives.iter().enumerate() {
            one.problems(&format!("{at}/alternatives/{number}"), now, found);
        }
    }
}

impl Evidence {
    /// Every rule that it breaks.
    pub fn problems(&self, at: &str, now: Seconds, found: &mut Vec<Problem>) {
        let mut add = |place: &str, words: String| {
            found.push(Problem::new(format!("{at}/{place}"), words));
        };
        if self.what.trim().is_empty() {
            add("what", "nothing is said".to_owned());
        }
        if self.taken > now {
            add("taken", "it is taken in the future".to_owned());
        }
        match permitted(self.class) {
            Err(words) => add("class", words),
            Ok(conditions) => {
                let need = self
                    .need
                    .as_deref()
                    .is_some_and(|need| !need.trim().is_empty());
                if conditions.contains(&ConditionKind::Need) && !need {
                    add(
                        "need",
                        format!(
                            "`{}` is given where it is needed: say why (art. 38(2))",
                            self.class
                        ),
                    );
                }
                if conditions.contains(&ConditionKind::PriorConsent) && self.consent.is_none() {
                    add(
                        "consent",
                        format!(
                            "`{}` is given with prior consent of the party alone (art. 38(3))",
                            self.class
                        ),
                    );
                }
            }
        }
    }
}

impl Alternative {
    fn problems(&self, at: &str, now: Seconds, found: &mut Vec<Problem>) {
        let mut add = |place: &str, words: &str| {
            found.push(Problem::new(format!("{at}{place}"), words));
        };
        let cannot = self.cannot.as_deref().map(str::trim);
        match (&self.tried, cannot) {
            (None, None | Some("")) => add("", "neither tried nor why it cannot be"),
            (Some(_), Some(_)) => add("/cannot", "it was tried; it can be"),
            (None, Some(_)) => {}
            (Some(tried), None) => {
                if tried.at > now {
                    add("/tried/at", "it is tried in the future");
                }
                let ticket = tried
                    .ticket
                    .as_deref()
                    .is_some_and(|text| !text.trim().is_empty());
                if self.kind == Milder::AbuseNotice && !ticket {
                    add("/tried/ticket", "a notice has a ticket");
                }
                match tried.result {
                    Outcome::Down { back: false, .. } => {
                        add("/tried/result", "it helped: no measure is needed");
                    }
                    Outcome::Up { seen } if seen < tried.at || seen > now => {
                        add("/tried/result/up/seen", "not between the try and now");
                    }
                    _ => {}
                }
            }
        }
    }
}
