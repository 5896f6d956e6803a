//! What is due over all kinds of papers that have a date. In: the store, whose papers, which kinds, a time. Out: rows in the order of the clocks, the longest overdue first; counts. Never:
//! a kind that was not asked for; a paper of another owner.
//!
//! | kind | what its date is |
//! |---|---|
//! | `report-draft` | at the operator: the last day of the full report that was not filed |
//! | `report-case` | at the office: acknowledgement, full report, tasks; each a row |
//! | `guidance`, `letter`, `ticket` | the day of the answer |
//! | `taken-notice` | at the office: the acknowledgement of a notice |
//! | `asset-register` | at the operator: the first notice or change notice that was not filed |
//! | `registration` | the next look at what somebody says that it owns |
//! | `alert-message` | a letter of the early warning that has not arrived; late is what is a day behind |
//! | `weakness-case` | at the office: the next step, be it a reply or an hour |

use crate::alert::Message;
use crate::desk::Working;
use crate::error::LiaisonError;
use crate::notice::TakenNotice;
use crate::paper::{Document, read};
use crate::report::Draft;
use sakimori_cooperate::Terms;
use sakimori_cooperate::clock::{Due, State, What, Who};
use sakimori_cooperate::guidance::Guidance;
use sakimori_cooperate::order::Letter;
use sakimori_cooperate::ticket::Ticket;
use sakimori_custody::time::Seconds;
use sakimori_store::{Kept, Papers, View};
use serde::Serialize;

/// Most papers of a kind that one list looks at; what is behind is counted and not shown.
pub const SHOWN_MAX: usize = 1000;
/// How late a letter of the early warning may be before it counts, seconds: it is tried again and again for a day.
const MESSAGE_SECONDS: u64 = 24 * 3600;

/// A kind of paper that has a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// An operator's own report.
    ReportDraft,
    /// A case on the office's desk.
    ReportCase,
    /// Guidance.
    Guidance,
    /// An order, a demand or an opinion.
    Letter,
    /// A ticket.
    Ticket,
    /// A notice that the office took.
    TakenNotice,
    /// An operator's register of assets.
    AssetRegister,
    /// Something that an operator says it owns.
    Registration,
    /// A letter of the early warning.
    AlertMessage,
    /// A case of the vulnerability room.
    WeaknessCase,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::ReportDraft,
        Self::ReportCase,
        Self::Guidance,
        Self::Letter,
        Self::Ticket,
        Self::TakenNotice,
        Self::AssetRegister,
        Self::Registration,
        Self::AlertMessage,
        Self::WeaknessCase,
    ];

    /// The kind's word in the store.
    pub const fn word(self) -> &'static str {
        match self {
            Self::ReportDraft => Draft::KIND,
            Self::ReportCase => Working::KIND,
            Self::Guidance => Guidance::KIND,
            Self::Letter => Letter::KIND,
            Self::Ticket => Ticket::KIND,
            Self::TakenNotice => TakenNotice::KIND,
            Self::AssetRegister => "asset-register",
            Self::Registration => "registration",
            Self::AlertMessage => Message::KIND,
            Self::WeaknessCase => "weakness-case",
        }
    }

    /// Who acts and on what, where the paper itself does not say more.
    const fn usual(self) -> (Who, What) {
        match self {
            Self::ReportDraft => (Who::Operator, What::FullReport),
            Self::ReportCase | Self::TakenNotice => (Who::Office, What::Acknowledgement),
            Self::Guidance => (Who::Operator, What::Guidance),
            Self::Letter => (Who::Operator, What::Order),
            Self::Ticket => (Who::Office, What::Ticket),
            Self::AssetRegister => (Who::Operator, What::AssetNotice),
            Self::Registration => (Who::Office, What::Registration),
            Self::AlertMessage => (Who::Office, What::Alert),
            Self::WeaknessCase => (Who::Office, What::Weakness),
        }
    }
}

/// Something that is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// What kind of paper.
    pub kind: Kind,
    /// Whose it is.
    pub owner: String,
    /// Its id.
    pub id: String,
    /// Its clock.
    pub due: Due,
}

impl Row {
    /// Whether its last day is over and nothing came; of what breaks no rule, such as guidance without its answer, too.
    pub fn is_late(&self) -> bool {
        matches!(self.due.state, State::Overdue | State::TargetPassed)
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Whose.
    pub view: View<'a>,
    /// Which kinds.
    pub kinds: &'a [Kind],
    /// How many days ahead are shown too; 0 shows what is overdue.
    pub days: u64,
    /// Now.
    pub now: Seconds,
    /// The schedule of duties.
    pub terms: &'a Terms,
}

/// A list of what is due.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// Rows: those that are overdue first, the longest first; then what comes.
    pub rows: Vec<Row>,
    /// Whether some kind has more than [`SHOWN_MAX`].
    pub more: bool,
}

/// What is due in a view, over all kinds that were asked for.
///
/// # Errors
/// What the store says; [`LiaisonError::Unreadable`].
pub async fn due(store: &(impl Papers + ?Sized), asked: Asked<'_>) -> Result<List, LiaisonError> {
    let mut list = List::default();
    let until = asked
        .now
        .0
        .saturating_add(asked.days.saturating_mul(86_400));
    for &kind in asked.kinds {
        let (mut place, mut seen) = ((0, 0), 0);
        loop {
            let until = last_second(kind, until);
            let page = store
                .due_after(asked.view, kind.word(), until, place)
                .await?;
            let Some(last) = page.last() else { break };
            place = (last.paper.due.unwrap_or_default(), last.sequence);
            for kept in page {
                seen += 1;
                rows(kind, kept, &asked, &mut list.rows)?;
            }
            if seen >= SHOWN_MAX {
                list.more = true;
                break;
            }
        }
    }
    list.rows.sort_by(|a, b| {
        let late = b.is_late().cmp(&a.is_late());
        let order = a.due.order(&b.due);
        late.then(order)
            .then_with(|| (&a.owner, a.kind).cmp(&(&b.owner, b.kind)))
    });
    Ok(list)
}

/// The last second before a moment at which a paper of a kind may be dated to be in a list.
const fn last_second(kind: Kind, moment: u64) -> u64 {
    match kind {
        Kind::AlertMessage => moment.saturating_sub(MESSAGE_SECONDS + 1),
        _ => moment.saturating_sub(1),
    }
}

/// How many papers of each kind are overdue, everybody's.
///
/// # Errors
/// What the store says.
pub async fn overdue_counts(
    store: &(impl Papers + ?Sized),
    now: Seconds,
) -> Result<Vec<(Kind, u64)>, LiaisonError> {
    let mut counts = Vec::new();
    for kind in Kind::ALL {
        let until = last_second(kind, now.0);
        counts.push((kind, store.due_count(View::All, kind.word(), until).await?));
    }
    Ok(counts)
}

/// The rows of a paper: of a case its clocks that run, of others one.
fn rows(
    kind: Kind,
    kept: Kept,
    asked: &Asked<'_>,
    rows: &mut Vec<Row>,
) -> Result<(), LiaisonError> {
    let (now, owner, id) = (asked.now, kept.paper.owner.clone(), kept.paper.id.clone());
    let ends = Seconds(kept.paper.due.unwrap_or_default());
    let mut plain = Due::until(&id, kind.usual(), ends, now);
    let horizon = Seconds(now.0.saturating_add(asked.days.saturating_mul(86_400)));
    let open = |due: &Due| due.is_overdue() || (!due.soft && due.last.end() < horizon);
    let found = match kind {
        Kind::ReportCase => {
            let working = read::<Working>(kept)?.said;
            let clocks = working.clocks((&owner, &id), now, asked.terms)?;
            let done = |due: &Due| match due.what {
                What::Acknowledgement => working.acknowledged_at.is_some(),
                What::FullReport => working.full_at.is_some(),
                _ => true,
            };
            let running = clocks.into_iter().filter(|due| !done(due) && open(due));
            let tasks = working.tasks.iter().filter(|task| task.done_at.is_none());
            let tasks = tasks.filter_map(|task| {
                let what = (Who::Office, What::Task);
                Some(Due::until(&id, what, task.by?.end(), now)).filter(open)
            });
            running.chain(tasks).collect()
        }
        Kind::Guidance => vec![read::<Guidance>(kept)?.said.clock(now)],
        Kind::Letter => crate::order::clock_of(kept, now)?.into_iter().collect(),
        Kind::Ticket => {
            let clock = crate::ticket::clock_of(kept, now, asked.terms)?;
            clock.into_iter().collect()
        }
        Kind::ReportDraft => {
            let document = read::<Draft>(kept)?.said.document;
            let case = sakimori_cooperate::report::Case::open(
                document.case,
                document.operator,
                document.recognised_at,
            );
            let clocks = case.clocks(now, asked.terms)?.into_iter();
            clocks.filter(|due| due.what == What::FullReport).collect()
        }
        Kind::AlertMessage => {
            // Late is what is late by more than the time in which it is tried.
            plain.days_late = plain.days_late.max(1);
            vec![plain]
        }
        Kind::TakenNotice | Kind::AssetRegister | Kind::Registration | Kind::WeaknessCase => {
            vec![plain]
        }
    };
    rows.extend(found.into_iter().map(|mut due| {
        id.clone_into(&mut due.about);
        Row {
            kind,
            owner: owner.clone(),
            id: id.clone(),
            due,
        }
    }));
    Ok(())
}
