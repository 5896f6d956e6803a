//! Is it to be reported? In: at most eight answers. Out: report, not, or report because somebody is unsure; the sentences. Never: "not" where an answer is unsure that
//! could make it a report.
//!
//! Act 42/2025 art. 5; Order 4/2026 art. 4.

use crate::Answer;
use crate::calendar::{Date, Start, window_end};
use crate::rules::{Marks, Reason, Rule, marks};
use crate::scope::{Scope, Verdict};
use crate::terms::Terms;
use serde::{Deserialize, Serialize};

/// What kind of machine it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Machine {
    /// A core machine: of type 1, or of a sub-type that the schedule lists.
    Core,
    /// Another machine in scope.
    Other,
    /// Outside.
    Outside,
    /// Not known: the strictest duty applies.
    #[default]
    Unsure,
}

impl From<&Scope> for Machine {
    fn from(scope: &Scope) -> Self {
        match (scope.verdict, scope.core) {
            (Verdict::Outside, _) => Self::Outside,
            (Verdict::Ask, _) => Self::Unsure,
            (Verdict::In, true) => Self::Core,
            (Verdict::In, false) => Self::Other,
        }
    }
}

/// The answer to question 2 on a day, of the day of designation and of the last change of scope, where there was one.
pub fn first_months(on: Date, designated: Date, changed: Option<Date>, terms: &Terms) -> Answer {
    let within = |begun: Date| {
        let last = window_end(Start::During(begun), terms.exclusion.value);
        begun <= on && on <= last
    };
    if within(designated) || changed.is_some_and(within) {
        Answer::Yes
    } else {
        Answer::No
    }
}

/// What malicious code did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// It ran.
    Run,
    /// It was received and did not run.
    Received,
    /// There was none.
    No,
    /// Not known.
    #[default]
    Unsure,
}

/// What came of an obstruction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Obstruction {
    /// It was completed.
    Completed,
    /// It was only attempted.
    Attempted,
    /// There was none.
    No,
    /// Not known.
    #[default]
    Unsure,
}

/// The eight questions; what is not answered is unsure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Questions {
    /// 1. Is the machine core, another in scope, or outside?
    pub machine: Machine,
    /// 2. Is it within 6 months of designation or a change of scope?
    pub first_months: Answer,
    /// 3. Was malicious code run, or received?
    pub code: Code,
    /// 4. Was someone else's credential entered?
    pub credential: Answer,
    /// 5. Was bypass information or a bypass command entered?
    pub bypass: Answer,
    /// 6. Were credentials stolen?
    pub theft: Answer,
    /// 7. Are there traces of one of these?
    pub trace: Answer,
    /// 8. Was obstruction completed, or only attempted?
    pub obstruction: Obstruction,
}

/// Whether it is reported. JSON: `"report"`, `"unsure-report"`, `"not"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Report.
    Report,
    /// Somebody is unsure: report.
    UnsureReport,
    /// No report.
    Not,
}

/// What the answers give.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trigger {
    /// Whether it is reported.
    pub outcome: Outcome,
    /// The sentences that decide.
    pub reasons: Vec<Reason>,
}

impl Trigger {
    /// Whether a report is due.
    pub const fn is_due(&self) -> bool {
        !matches!(self.outcome, Outcome::Not)
    }

    /// The marks of its sentences.
    pub fn marks(&self) -> Marks {
        marks(&self.reasons)
    }

    fn not(reason: impl Into<Reason>) -> Self {
        Self {
            outcome: Outcome::Not,
            reasons: vec![reason.into()],
        }
    }
}

/// Judges an incident.
pub fn judge(questions: &Questions, terms: &Terms) -> Trigger {
    if questions.machine == Machine::Outside {
        return Trigger::not(Rule::TriggerOutside);
    }
    let (mut yes, unsure) = acts(*questions);
    if yes.is_empty() && !unsure {
        return Trigger::not(silent(*questions));
    }
    if questions.first_months == Answer::Yes {
        let verified = terms.exclusion.source.verified;
        return Trigger::not(Reason::new(Rule::ExclusionFirstMonths, verified));
    }
    let open = questions.machine == Machine::Unsure || questions.first_months == Answer::Unsure;
    // What is unsure beside a sure trigger changes nothing.
    let outcome = if yes.is_empty() || open {
        yes.push(Rule::TriggerUnsure);
        Outcome::UnsureReport
    } else {
        Outcome::Report
    };
    Trigger {
        outcome,
        reasons: yes.into_iter().map(Reason::from).collect(),
    }
}

/// Sentences of what surely triggers, and whether something unsure could.
fn acts(questions: Questions) -> (Vec<Rule>, bool) {
    // A machine of which nobody knows what it is counts as core, the stricter.
    let core = questions.machine != Machine::Other;
    let mut yes = Vec::new();
    match questions.code {
        Code::Run => yes.push(Rule::TriggerEvent),
        Code::Received if core => yes.push(Rule::TriggerReceived),
        Code::Received | Code::No | Code::Unsure => {}
    }
    for (answer, rule) in [
        (questions.credential, Rule::TriggerCredential),
        (questions.bypass, Rule::TriggerBypass),
        (questions.theft, Rule::TriggerTheft),
    ] {
        if answer == Answer::Yes {
            yes.push(rule);
            if !core && !yes.contains(&Rule::TriggerOther) {
                yes.push(Rule::TriggerOther);
            }
        }
    }
    if questions.trace == Answer::Yes {
        yes.push(Rule::TriggerTrace);
    }
    let attempted = questions.obstruction == Obstruction::Attempted;
    if !core && attempted && questions.code == Code::Received {
        yes.push(Rule::TriggerAttemptWithCode);
    }
    match questions.obstruction {
        Obstruction::Completed => yes.push(Rule::TriggerObstruction),
        Obstruction::Attempted if core => yes.push(Rule::TriggerAttemptCore),
        Obstruction::Attempted | Obstruction::No | Obstruction::Unsure => {}
    }
    let answers = [
        questions.credential,
        questions.bypass,
        questions.theft,
        questions.trace,
    ];
    let unsure = answers.contains(&Answer::Unsure)
        || questions.code == Code::Unsure
        || questions.obstruction == Obstruction::Unsure;
    (yes, unsure)
}

/// Why nothing triggers.
const fn silent(questions: Questions) -> Rule {
    match (questions.obstruction, questions.code) {
        (Obstruction::Attempted, _) => Rule::ExclusionAttempt,
        (_, Code::Received) => Rule::TriggerReceivedOther,
        _ => Rule::TriggerNone,
    }
}
