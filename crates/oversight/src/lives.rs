//! Lives of measures as the log shows them, and the figures of a year. In: the book, a time. Out: data with leaf indices; counts. Never: a word of the office that is not on record; a target or a name in the figures.

use crate::book::{Acted, Book, MeasureAct, Proposed, UrgentEnd};
use crate::calendar::japan;
use crate::limits::REPORT_DAYS_MAX;
use crate::projections::{AuthorityRow, AuthorityState};
use sakimori_authority::measure::Route;
use sakimori_custody::ids::{AuthorityId, hex};
use sakimori_custody::time::{DAY_SECONDS, Seconds};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A text of a measure, and what was decided of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RevisionRow {
    /// SHA-256 of the text.
    pub text: String,
    /// Index of the entry that has it.
    pub index: u64,
    /// When.
    pub time: String,
    /// Its revision.
    pub revision: u64,
    /// Its level.
    pub level: u64,
    /// Its route.
    pub route: String,
    /// SHA-256 of the plan behind it.
    pub plan: String,
    /// Effects by deed.
    pub effects: BTreeMap<String, u64>,
    /// Index of the request, where there is one.
    pub request: Option<u64>,
    /// Leaf hash of the request.
    pub request_leaf: Option<String>,
    /// The authority that names it, where one is on record.
    pub authority: Option<AuthorityRow>,
    /// What became of it, where it was urgent: `open`, `ratified`, `refused`, `lapsed`.
    pub urgent: Option<&'static str>,
}

/// Something that was done under a measure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ActRow {
    /// Index of its entry.
    pub index: u64,
    /// When.
    pub time: String,
    /// What.
    pub act: String,
    /// The authority that it rests on.
    pub authority: String,
    /// By which actuator; absent where it is about all of them.
    pub actuator: Option<String>,
    /// Of which step.
    pub step: u64,
    /// In words.
    pub detail: String,
    /// Whether it came out of order.
    pub out_of_order: bool,
}

/// A measure as the log shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LifeRow {
    /// Its id.
    pub measure: String,
    /// State of the newest authority; absent where nothing is decided.
    pub state: Option<AuthorityState>,
    /// How often it was renewed.
    pub renewals: u64,
    /// How often its first text allows that.
    pub renewals_most: u64,
    /// Its texts, in order.
    pub revisions: Vec<RevisionRow>,
    /// When something of it was dispatched first.
    pub dispatched: Option<String>,
    /// What was done, in order.
    pub acts: Vec<ActRow>,
    /// By when its report is due, where something was dispatched and none is there.
    pub report_due: Option<String>,
    /// Whether that time is past.
    pub report_late: bool,
}

/// Figures of the measures whose first text was on record in a year of Japan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MeasureFigures {
    /// The year.
    pub year: u64,
    /// Measures.
    pub proposed: u64,
    /// Of these decided by a sitting, or by two officers.
    pub decided: u64,
    /// Requests that a ruling refused.
    pub refused: u64,
    /// Decided by two officers.
    pub urgent: u64,
    /// Of these ratified.
    pub ratified: u64,
    /// Of these refused, or met by silence.
    pub unratified: u64,
    /// Decided, on the police route.
    pub police: u64,
    /// Decided, on the defence route.
    pub defence: u64,
    /// Decided, at level 2.
    pub level_2: u64,
    /// Of which something was dispatched.
    pub dispatched: u64,
    /// Effects that were approved first, by deed.
    pub effects: BTreeMap<String, u64>,
    /// Renewals.
    pub renewals: u64,
    /// Measures of which the newest authority was revoked.
    pub revoked: u64,
    /// Suspended now.
    pub suspended: u64,
    /// In force now.
    pub open: u64,
    /// Uses of the kill switch.
    pub kills: u64,
    /// Stops of the safety engine.
    pub safety: u64,
    /// Reported.
    pub reported: u64,
    /// Reports that are late.
    pub reports_late: u64,
    /// Acts out of order.
    pub out_of_order: u64,
}

/// What the book knows of one measure.
#[derive(Default)]
struct Parts<'b> {
    texts: Vec<([u8; 32], &'b Proposed)>,
    acts: Vec<&'b Acted>,
}

impl Book {
    /// Measures by their ids, each with its texts and acts in order.
    fn parts(&self) -> BTreeMap<AuthorityId, Parts<'_>> {
        let mut all: BTreeMap<AuthorityId, Parts<'_>> = BTreeMap::new();
        for (hash, proposed) in self.measure_texts() {
            all.entry(proposed.id)
                .or_default()
                .texts
                .push((*hash, proposed));
        }
        for parts in all.values_mut() {
            parts.texts.sort_by_key(|(_, proposed)| proposed.index);
        }
        for acted in self.measure_acts() {
            let authority = self.authority(acted.authority);
            let of = authority.and_then(|authority| self.measure_of(authority));
            if let Some(parts) = of.and_then(|proposed| all.get_mut(&proposed.id)) {
                parts.acts.push(acted);
            }
        }
        all
    }

    /// Every measure on record, the oldest first.
    ///
    /// # Cost
    /// Looks at each text, act, authority and request once for each text.
    pub fn lives(&self, now: Seconds) -> Vec<LifeRow> {
        let unreported = self.unreported();
        let mut rows: Vec<(u64, LifeRow)> = self
            .parts()
            .iter()
            .map(|(id, parts)| {
                let first = parts.texts.first().map_or(0, |(_, text)| text.index);
                let end = unreported.get(id).map(|(_, end)| *end);
                (first, self.life_row(*id, parts, end, now))
            })
            .collect();
        rows.sort_by_key(|(first, _)| *first);
        rows.into_iter().map(|(_, row)| row).collect()
    }

    /// One measure; none where no text of it is on record.
    pub fn life(&self, id: AuthorityId, now: Seconds) -> Option<LifeRow> {
        let all = self.parts();
        let end = self.unreported().get(&id).map(|(_, end)| *end);
        all.get(&id).map(|parts| self.life_row(id, parts, end, now))
    }

    fn life_row(
        &self,
        id: AuthorityId,
        parts: &Parts<'_>,
        unreported: Option<Seconds>,
        now: Seconds,
    ) -> LifeRow {
        let revisions: Vec<RevisionRow> = parts
            .texts
            .iter()
            .map(|(hash, proposed)| self.revision_row(*hash, proposed, now))
            .collect();
        let due = unreported.map(|end| end.plus(REPORT_DAYS_MAX * DAY_SECONDS));
        let first = parts
            .acts
            .iter()
            .find(|acted| acted.act == MeasureAct::Dispatch);
        LifeRow {
            measure: id.to_string(),
            state: revisions
                .iter()
                .rev()
                .find_map(|row| row.authority.as_ref())
                .map(|row| row.state),
            renewals: renewals(&revisions),
            renewals_most: parts.texts.first().map_or(0, |(_, text)| text.renewals),
            dispatched: first.map(|acted| acted.time.to_string()),
            acts: parts.acts.iter().map(|acted| act_row(acted)).collect(),
            report_due: due.map(|due| due.to_string()),
            report_late: due.is_some_and(|due| now > due),
            revisions,
        }
    }

    fn revision_row(&self, hash: [u8; 32], proposed: &Proposed, now: Seconds) -> RevisionRow {
        let mut authorities = self.authority_list().values();
        // What was on record before its text names no text of it.
        let authority =
            authorities.find(|one| one.statement.pack == hash && self.measure_of(one).is_some());
        let mut requests = self.request_list().values();
        let request = requests.find(|request| {
            let draft = request.draft.as_ref();
            let decided = authority.is_some_and(|one| one.statement.request == request.leaf);
            decided || draft.is_some_and(|draft| draft.pack == hash)
        });
        let urgent = authority.and_then(|one| self.urgent_list().get(&one.statement.id));
        RevisionRow {
            text: hex(&hash),
            index: proposed.index,
            time: proposed.time.to_string(),
            revision: proposed.revision,
            level: proposed.level,
            route: proposed.route.to_string(),
            plan: hex(&proposed.plan),
            effects: proposed
                .effects
                .iter()
                .map(|(deed, count)| (deed.to_string(), *count))
                .collect(),
            request: request.map(|request| request.index),
            request_leaf: request.map(|request| hex(&request.leaf)),
            authority: authority.map(|one| self.authority_row(one, now)),
            urgent: urgent.map(|urgent| match urgent.end {
                None => "open",
                Some(UrgentEnd::Ratified(..)) => "ratified",
                Some(UrgentEnd::Refused(..)) => "refused",
                Some(UrgentEnd::Lapsed(..)) => "lapsed",
            }),
        }
    }

    /// Figures of a year of Japan, of the log alone, as they stand now.
    pub fn measure_figures(&self, year: u64, now: Seconds) -> MeasureFigures {
        let mut figures = MeasureFigures {
            year,
            ..MeasureFigures::default()
        };
        let unreported = self.unreported();
        for (id, parts) in self.parts() {
            let Some((_, first)) = parts.texts.first() else {
                continue;
            };
            if japan(first.time).year == year {
                let end = unreported.get(&id).map(|(_, end)| *end);
                let row = self.life_row(id, &parts, end, now);
                figures.add(first, &row);
                figures.refused += self.refused(&parts);
            }
        }
        figures
    }

    /// Requests of a measure that a ruling refused.
    fn refused(&self, parts: &Parts<'_>) -> u64 {
        let hashes: BTreeSet<[u8; 32]> = parts.texts.iter().map(|(hash, _)| *hash).collect();
        let requests = self.request_list().values();
        let refused = requests.filter(|request| {
            let draft = request.draft.as_ref();
            draft.is_some_and(|draft| hashes.contains(&draft.pack))
                && matches!(request.outcome, Some((_, crate::book::Outcome::Refused(_))))
        });
        refused.count() as u64
    }
}

impl MeasureFigures {
    fn add(&mut self, first: &Proposed, row: &LifeRow) {
        self.proposed += 1;
        let urgent = row.revisions.iter().find_map(|one| one.urgent);
        self.urgent += u64::from(urgent.is_some());
        self.ratified += u64::from(urgent == Some("ratified"));
        self.unratified += u64::from(matches!(urgent, Some("refused" | "lapsed")));
        if let Some(state) = row.state {
            self.decided += 1;
            self.police += u64::from(first.route == Route::Police);
            self.defence += u64::from(first.route == Route::Defence);
            self.level_2 += u64::from(first.level > 1);
            self.revoked += u64::from(state == AuthorityState::Revoked);
            self.suspended += u64::from(state == AuthorityState::Suspended);
            self.open += u64::from(state == AuthorityState::InForce);
            for (deed, count) in &first.effects {
                *self.effects.entry(deed.to_string()).or_default() += count;
            }
        }
        self.renewals += row.renewals;
        self.dispatched += u64::from(row.dispatched.is_some());
        let of = |act: MeasureAct| row.acts.iter().filter(move |one| one.act == act.name());
        self.kills += of(MeasureAct::Kill).count() as u64;
        self.safety += of(MeasureAct::Safety).count() as u64;
        self.reported += u64::from(of(MeasureAct::Report).next().is_some());
        self.reports_late += u64::from(row.report_late);
        let out = row.acts.iter().filter(|one| one.out_of_order);
        self.out_of_order += out.count() as u64;
    }
}

/// Authorities of later texts that replace one of an earlier text. What two officers decided and the commission ratified is no renewal: it is the same authority.
fn renewals(revisions: &[RevisionRow]) -> u64 {
    let decided: Vec<&AuthorityRow> = revisions
        .iter()
        .filter_map(|row| row.authority.as_ref())
        .collect();
    let known = |id: &String| decided.iter().any(|one| one.authority == *id);
    let renewed = decided.iter().filter(|one| {
        let replaces = one.replaces.as_ref();
        replaces.is_some_and(known)
    });
    renewed.count() as u64
}

fn act_row(acted: &Acted) -> ActRow {
    ActRow {
        index: acted.index,
        time: acted.time.to_string(),
        act: acted.act.name().to_owned(),
        authority: acted.authority.to_string(),
        actuator: acted.actuator.as_ref().map(ToString::to_string),
        step: acted.step,
        detail: acted.detail.clone(),
        out_of_order: acted.out_of_order,
    }
}
