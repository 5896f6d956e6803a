//! What is due and what is late. In: clocks of assets, reports, guidance, orders, tickets and of the office itself; a time. Out: one list, the latest first. Never: a
//! clock that stops because nobody looks.

use crate::calendar::{CalendarError, Date, Deadline, Start, deadline};
use crate::rules::{Marks, Reason, Rule, marks};
use crate::terms::Terms;
use sakimori_custody::time::Seconds;
use serde::Serialize;

/// Who has to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Who {
    /// The operator.
    Operator,
    /// The office.
    Office,
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// The asset notice.
    AssetNotice,
    /// The change notice.
    ChangeNotice,
    /// The report "promptly": a soft target.
    PromptReport,
    /// The full report.
    FullReport,
    /// The answer to a guidance.
    Guidance,
    /// The answer to an order, a demand or an opinion.
    Order,
    /// The office's acknowledgement.
    Acknowledgement,
    /// The office's answer to a ticket.
    Ticket,
    /// Something that the office has set itself to do in a case.
    Task,
    /// The next look at what an operator says that it owns.
    Registration,
    /// An alert on its way to an operator.
    Alert,
    /// The next step in a case of a weakness.
    Weakness,
}

impl What {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::AssetNotice,
        Self::ChangeNotice,
        Self::PromptReport,
        Self::FullReport,
        Self::Guidance,
        Self::Order,
        Self::Acknowledgement,
        Self::Ticket,
        Self::Task,
        Self::Registration,
        Self::Alert,
        Self::Weakness,
    ];

    /// Its word, as in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::AssetNotice => "asset-notice",
            Self::ChangeNotice => "change-notice",
            Self::PromptReport => "prompt-report",
            Self::FullReport => "full-report",
            Self::Guidance => "guidance",
            Self::Order => "order",
            Self::Acknowledgement => "acknowledgement",
            Self::Ticket => "ticket",
            Self::Task => "task",
            Self::Registration => "registration",
            Self::Alert => "alert",
            Self::Weakness => "weakness",
        }
    }

    /// In English.
    pub const fn en(self) -> &'static str {
        match self {
            Self::AssetNotice => "asset notice",
            Self::ChangeNotice => "change notice",
            Self::PromptReport => "prompt report",
            Self::FullReport => "full report",
            Self::Guidance => "answer to guidance",
            Self::Order => "reply to a letter",
            Self::Acknowledgement => "acknowledgement by the office",
            Self::Ticket => "answer to a ticket",
            Self::Task => "task of the office",
            Self::Registration => "proof of control",
            Self::Alert => "alert to be delivered",
            Self::Weakness => "step in a case of a weakness",
        }
    }

    /// In Japanese.
    pub const fn ja(self) -> &'static str {
        match self {
            Self::AssetNotice => "届出",
            Self::ChangeNotice => "変更届出",
            Self::PromptReport => "速報",
            Self::FullReport => "詳報",
            Self::Guidance => "指導・助言への回答",
            Self::Order => "命令等への回答",
            Self::Acknowledgement => "内閣府による受領の通知",
            Self::Ticket => "問合せへの回答",
            Self::Task => "内閣府の作業",
            Self::Registration => "管理の確認",
            Self::Alert => "早期警戒の送付",
            Self::Weakness => "脆弱性の案件の次の段階",
        }
    }
}

/// Where a clock stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It runs.
    Running,
    /// A soft target has passed.
    TargetPassed,
    /// It is over: shown in red.
    Overdue,
    /// Done in time.
    Done,
    /// Done, and late.
    DoneLate,
}

/// One clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Due {
    /// Whose object it is, by its name: a case, a letter, a ticket.
    pub about: String,
    /// Who has to act.
    pub who: Who,
    /// What is due.
    pub what: What,
    /// The last day in time.
    pub last: Date,
    /// Where it stands.
    pub state: State,
    /// Whether it is a soft target, which nobody breaks.
    pub soft: bool,
    /// Days behind the last day, 0 where it is not over; of a thing done, by how much it was late.
    pub days_late: u32,
    /// The sentences that decide.
    pub reasons: Vec<Reason>,
}

impl Due {
    /// A clock at a time.
    pub fn new(about: &str, (who, what): (Who, What), times: Times<'_>) -> Self {
        let Times {
            deadline,
            done,
            now,
            soft,
        } = times;
        let last = deadline.last;
        let days_late = last.days_until(Date::of(done.unwrap_or(now)));
        let state = match (done, days_late, soft) {
            (Some(_), 0, _) => State::Done,
            (Some(_), _, _) => State::DoneLate,
            (None, 0, _) => State::Running,
            (None, _, true) => State::TargetPassed,
            (None, _, false) => State::Overdue,
        };
        Self {
            about: about.to_owned(),
            who,
            what,
            last,
            state,
            soft,
            days_late,
            reasons: deadline.reasons.clone(),
        }
    }

    /// A clock that ends at a second which its paper keeps: it is over behind that second, its days late are counted by days in Japan.
    pub fn until(about: &str, (who, what): (Who, What), ends: Seconds, now: Seconds) -> Self {
        let last = Date::of(ends);
        let over = ends < now;
        Self {
            about: about.to_owned(),
            who,
            what,
            last,
            state: if over { State::Overdue } else { State::Running },
            soft: false,
            days_late: if over {
                last.days_until(Date::of(now))
            } else {
                0
            },
            reasons: Vec::new(),
        }
    }

    /// The order of lists: the earliest last day first, equal ones by name.
    pub fn order(&self, other: &Self) -> std::cmp::Ordering {
        let by_day = self.last.cmp(&other.last);
        by_day
            .then_with(|| (self.about.as_str(), self.what).cmp(&(other.about.as_str(), other.what)))
    }

    /// Whether it is late and nothing came.
    pub fn is_overdue(&self) -> bool {
        self.state == State::Overdue
    }

    /// The marks of its sentences.
    pub fn marks(&self) -> Marks {
        marks(&self.reasons)
    }
}

/// The times of a clock.
#[derive(Clone, Copy, Debug)]
pub struct Times<'a> {
    /// Its deadline.
    pub deadline: &'a Deadline,
    /// When it was done, if it was.
    pub done: Option<Seconds>,
    /// Now.
    pub now: Seconds,
    /// Whether it is a soft target.
    pub soft: bool,
}

/// The office's clock behind something that it received.
///
/// # Errors
/// [`CalendarError`]: the deadline lies outside the years whose holidays are known.
pub fn acknowledgement(
    about: &str,
    received: Seconds,
    acknowledged: Option<Seconds>,
    now: Seconds,
    terms: &Terms,
) -> Result<Due, CalendarError> {
    let counted = deadline(
        Start::At(received),
        terms.acknowledges.value,
        terms.counting.verified,
    )?;
    let own = Reason::new(Rule::OfficeAnswers, terms.acknowledges.source.verified);
    let deadline = Deadline {
        reasons: [&[own], counted.reasons.as_slice()].concat(),
        ..counted
    };
    Ok(Due::new(
        about,
        (Who::Office, What::Acknowledgement),
        Times {
            deadline: &deadline,
            done: acknowledged,
            now,
            soft: false,
        },
    ))
}

/// A day that a letter sets by itself.
pub(crate) fn set_day(last: Date) -> Deadline {
    Deadline {
        last,
        counted: last,
        reasons: vec![Rule::AnswerDeadline.into()],
    }
}

/// What is overdue, the latest first, hard deadlines alone; equal ones by name.
pub fn overdue(clocks: impl IntoIterator<Item = Due>) -> Vec<Due> {
    let mut late: Vec<Due> = clocks.into_iter().filter(Due::is_overdue).collect();
    late.sort_by(Due::order);
    late
}
