//! What pages and programs show: requests, authorities, urgent acts, inboxes. In: the book, a time. Out: data with leaf indices. Never: a wish shown as a state: what a sensor does is what
//! it acknowledged.

use crate::book::{
    Acknowledged, Authority, Book, Held, LetterKind, Outcome, Request, Urgent, UrgentEnd,
};
use crate::limits::LAPSE_SECONDS_MAX;
use sakimori_custody::ids::{AuthorityId, hex};
use sakimori_custody::time::Seconds;
use serde::Serialize;

/// State of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequestState {
    /// It waits for the commission.
    Submitted,
    /// It waits for an answer of the office.
    Questioned,
    /// A ruling refused it.
    Refused,
    /// A statement is in force on record and has not begun, or has no lease yet.
    Approved,
    /// As approved, and the statement names conditions.
    ApprovedWithConditions,
    /// A ruling allowed what it asked for.
    Ruled,
    /// A sensor may act under it.
    Active,
    /// It is suspended.
    Suspended,
    /// It has ended, or was revoked.
    Ended,
}

/// A question with its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ThreadRow {
    /// Leaf index of the question.
    pub question: u64,
    /// Who asked.
    pub from: String,
    /// What.
    pub text: String,
    /// When.
    pub asked: String,
    /// Until when an answer is due.
    pub due: String,
    /// Whether that time is past.
    pub overdue: bool,
    /// Leaf index, author, text and time of the answer.
    pub answer: Option<(u64, String, String, String)>,
}

/// A request as pages show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestRow {
    /// Leaf index.
    pub index: u64,
    /// Leaf hash, as statements name it.
    pub leaf: String,
    /// When it was made.
    pub time: String,
    /// What kind of decision it asks for.
    pub kind: String,
    /// Who asked.
    pub requester: Option<String>,
    /// The authority that its draft would make.
    pub authority: Option<String>,
    /// The article.
    pub basis: Option<String>,
    /// Facts.
    pub facts: String,
    /// Why it is necessary.
    pub necessity: String,
    /// Which alternatives were ruled out.
    pub alternatives: String,
    /// What it means for rights.
    pub rights: String,
    /// Expected share of traffic, per million.
    pub expected_share_ppm: u64,
    /// The authority that it would renew.
    pub replaces: Option<String>,
    /// The text that is asked for.
    pub draft: String,
    /// Its state.
    pub state: RequestState,
    /// Where its case stands, or how it ended, in the words of `authority::lifecycle`.
    pub case: Option<&'static str>,
    /// What keeps it from being decided, in words.
    pub incomplete: Option<String>,
    /// Questions and answers.
    pub thread: Vec<ThreadRow>,
    /// Seconds that it waited for the commission; the clock is stopped while a question is open.
    pub waited_seconds: u64,
    /// Whether the clock is stopped.
    pub stopped: bool,
    /// Leaf index of the decision or ruling.
    pub decided_by: Option<u64>,
}

/// What a sensor acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SensorRow {
    /// The sensor.
    pub sensor: String,
    /// The state that it acknowledged last; `None` where it never said one.
    pub state: Option<Held>,
    /// Leaf index of that entry.
    pub entry: Option<u64>,
    /// When it said so.
    pub time: Option<String>,
    /// Last second of the lease that it named.
    pub lease_until: Option<String>,
    /// Last second of the newest lease on record.
    pub leased_until: Option<String>,
    /// Whether the authority asks for another state than the one that was acknowledged.
    pub differs: bool,
}

/// State of an authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuthorityState {
    /// It has not begun.
    NotBegun,
    /// An agreement that waits for the commission.
    Waiting,
    /// It is in force.
    InForce,
    /// It is suspended.
    Suspended,
    /// It was revoked, or ended as an urgent act.
    Revoked,
    /// Its time is over.
    Ended,
}

/// An authority as pages show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuthorityRow {
    /// Its id.
    pub authority: String,
    /// Leaf index of its decision or urgent statement.
    pub decision: u64,
    /// Leaf index of its request.
    pub request: Option<u64>,
    /// What kind.
    pub kind: String,
    /// The article.
    pub basis: String,
    /// First second.
    pub from: String,
    /// Last second.
    pub until: String,
    /// Its state.
    pub state: AuthorityState,
    /// Whether two officers decided it.
    pub urgent: bool,
    /// Leaf index of the entry since which it is suspended, or that revoked it.
    pub since: Option<u64>,
    /// Who suspends it now.
    pub suspended_by: Vec<String>,
    /// The authority that it replaces.
    pub replaces: Option<String>,
    /// The authority that replaces it.
    pub renewed_by: Option<String>,
    /// Who decided for it.
    pub approvers: Vec<String>,
    /// Conditions.
    pub conditions: String,
    /// What its sensors acknowledge.
    pub sensors: Vec<SensorRow>,
    /// Packets read, selected; records.
    pub counts: [u64; 3],
}

/// State of an urgent act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum UrgentState {
    /// It waits for the commission.
    Open,
    /// Its deadline is past and nobody has answered.
    PastDeadline,
    /// Ratified.
    Ratified,
    /// Refused.
    Refused,
    /// Lapsed.
    Lapsed,
}

/// An urgent act as pages show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UrgentRow {
    /// Its authority.
    pub authority: String,
    /// Leaf index.
    pub index: u64,
    /// When it was entered.
    pub time: String,
    /// The last second to ratify it.
    pub deadline: String,
    /// Seconds that are left.
    pub left_seconds: u64,
    /// Its state.
    pub state: UrgentState,
    /// Leaf index of the ruling or lapse.
    pub ended_by: Option<u64>,
    /// Buckets that are not destroyed.
    pub buckets: Vec<String>,
}

/// Who looks into an inbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Members of the commission.
    Member,
    /// The secretariat.
    Secretariat,
    /// Inspectors.
    Inspector,
    /// Officers of the office.
    Officer,
}

/// What waits for somebody.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Waiting {
    /// When it is due, Unix seconds; the most urgent first.
    pub due: Option<u64>,
    /// What, as a word: `request`, `urgent`, `question`, `notice`, `demand`, `recommendation`, `challenge`, `inspection`, `misuse`, `agreement`, `lapse`.
    pub what: &'static str,
    /// Leaf index.
    pub index: u64,
    /// In words.
    pub text: String,
}

impl Book {
    /// Requests in the order of their entries.
    pub fn requests(&self, now: Seconds) -> Vec<RequestRow> {
        self.requests
            .all
            .values()
            .map(|request| self.request_row(request, now))
            .collect()
    }

    fn request_row(&self, request: &Request, now: Seconds) -> RequestRow {
        let thread: Vec<ThreadRow> = request
            .thread
            .iter()
            .filter_map(|post| thread_row(request, post, now))
            .collect();
        let stopped = request.outcome.is_none() && request.open_questions().next().is_some();
        RequestRow {
            index: request.index,
            leaf: hex(&request.leaf),
            time: request.time.to_string(),
            kind: request.kind.clone(),
            requester: request.requester.as_ref().map(ToString::to_string),
            authority: request.draft.as_ref().map(|draft| draft.id.to_string()),
            basis: request.basis().map(str::to_owned),
            facts: request.facts.clone(),
            necessity: request.necessity.clone(),
            alternatives: request.alternatives.clone(),
            rights: request.rights.clone(),
            expected_share_ppm: request.expected_share_ppm,
            replaces: request.replaces.map(|id| id.to_string()),
            draft: request.text.clone(),
            state: self.request_state(request, now),
            case: self.case(request, now).map(|case| case.state().name()),
            incomplete: request.complete.as_ref().err().map(ToString::to_string),
            thread,
            waited_seconds: request.waited(now),
            stopped,
            decided_by: match request.outcome {
                None => None,
                Some((_, Outcome::Refused(index) | Outcome::Ruled(index))) => Some(index),
                Some((_, Outcome::Granted(id))) => self.authority(id).map(|a| a.index),
            },
        }
    }

    /// The state of a request at a time.
    pub fn request_state(&self, request: &Request, now: Seconds) -> RequestState {
        let id = match request.outcome {
            None if request.open_questions().next().is_some() => return RequestState::Questioned,
            None => return RequestState::Submitted,
            Some((_, Outcome::Refused(_))) => return RequestState::Refused,
            Some((_, Outcome::Ruled(_))) => return RequestState::Ruled,
            Some((_, Outcome::Granted(id))) => id,
        };
        let Some(authority) = self.authority(id) else {
            return RequestState::Submitted;
        };
        let statement = &authority.statement;
        let leased = || {
            let sensors = &statement.sensors;
            sensors
                .iter()
                .any(|sensor| authority.is_leased(sensor, now))
        };
        match self.authority_state(authority, now) {
            AuthorityState::Suspended => RequestState::Suspended,
            AuthorityState::Revoked | AuthorityState::Ended => RequestState::Ended,
            AuthorityState::InForce if leased() => RequestState::Active,
            _ if statement.conditions == "none" => RequestState::Approved,
            _ => RequestState::ApprovedWithConditions,
        }
    }

    /// The state of an authority at a time.
    pub fn authority_state(&self, authority: &Authority, now: Seconds) -> AuthorityState {
        let statement = &authority.statement;
        let urgent_over =
            authority.urgent && !self.urgent_lets(statement.id, now) && now <= statement.not_after;
        if authority.revoked.is_some() || urgent_over {
            AuthorityState::Revoked
        } else if now > statement.not_after {
            AuthorityState::Ended
        } else if authority.waits {
            AuthorityState::Waiting
        } else if authority.suspended.is_some() {
            AuthorityState::Suspended
        } else if now < statement.not_before {
            AuthorityState::NotBegun
        } else {
            AuthorityState::InForce
        }
    }

    /// Authorities in the order of their decisions.
    pub fn authorities(&self, now: Seconds) -> Vec<AuthorityRow> {
        let mut rows: Vec<AuthorityRow> = self
            .authorities
            .all
            .values()
            .map(|authority| self.authority_row(authority, now))
            .collect();
        rows.sort_by_key(|row| row.decision);
        rows
    }

    pub(crate) fn authority_row(&self, authority: &Authority, now: Seconds) -> AuthorityRow {
        let s = &authority.statement;
        let state = self.authority_state(authority, now);
        let suspended_by = authority
            .stops
            .iter()
            .filter(|(_, stopped)| stopped.suspends)
            .map(|(by, _)| by.name().to_owned())
            .chain(authority.demand.map(|_| "demand".to_owned()))
            .collect();
        AuthorityRow {
            authority: s.id.to_string(),
            decision: authority.index,
            request: self.request_of(&s.request).map(|request| request.index),
            kind: s.kind.to_string(),
            basis: s.basis.clone(),
            from: s.not_before.to_string(),
            until: s.not_after.to_string(),
            state,
            urgent: authority.urgent,
            since: authority
                .revoked
                .or(authority.suspended)
                .map(|(index, _)| index),
            suspended_by,
            replaces: s.replaces.map(|id| id.to_string()),
            renewed_by: authority.renewed_by.map(|id| id.to_string()),
            approvers: s.approvers(),
            conditions: s.conditions.clone(),
            sensors: s
                .sensors
                .iter()
                .map(|sensor| {
                    let said = authority.acknowledged.get(sensor);
                    let leased = authority.leases.get(sensor).and_then(|all| all.last());
                    let leased = leased.map(|lease| lease.not_after);
                    sensor_row(sensor.to_string(), said, leased, state, now)
                })
                .collect(),
            counts: [
                authority.sums.read,
                authority.sums.selected,
                authority.sums.records,
            ],
        }
    }

    /// Urgent acts in the order of their entries.
    pub fn urgents(&self, now: Seconds) -> Vec<UrgentRow> {
        let mut rows: Vec<UrgentRow> = self
            .urgents
            .all
            .iter()
            .map(|(id, urgent)| self.urgent_row(*id, urgent, now))
            .collect();
        rows.sort_by_key(|row| row.index);
        rows
    }

    fn urgent_row(&self, id: AuthorityId, urgent: &Urgent, now: Seconds) -> UrgentRow {
        let (state, ended_by) = match urgent.end {
            None if now > urgent.deadline => (UrgentState::PastDeadline, None),
            None => (UrgentState::Open, None),
            Some(UrgentEnd::Ratified(index, _)) => (UrgentState::Ratified, Some(index)),
            Some(UrgentEnd::Refused(index, _)) => (UrgentState::Refused, Some(index)),
            Some(UrgentEnd::Lapsed(index, _)) => (UrgentState::Lapsed, Some(index)),
        };
        UrgentRow {
            authority: id.to_string(),
            index: urgent.index,
            time: urgent.time.to_string(),
            deadline: urgent.deadline.to_string(),
            left_seconds: urgent.deadline.0.saturating_sub(now.0),
            state,
            ended_by,
            buckets: self.left_of(id).iter().map(ToString::to_string).collect(),
        }
    }

    /// What waits for a reader, the most urgent first.
    pub fn inbox(&self, reader: Reader, now: Seconds) -> Vec<Waiting> {
        let mut list = Vec::new();
        match reader {
            Reader::Member => self.members_inbox(now, &mut list),
            Reader::Secretariat => self.secretariats_inbox(now, &mut list),
            Reader::Inspector => self.inspectors_inbox(&mut list),
            Reader::Officer => self.officers_inbox(&mut list),
        }
        // Without a due time last.
        list.sort_by_key(|waiting| (waiting.due.unwrap_or(u64::MAX), waiting.index));
        list
    }

    fn members_inbox(&self, now: Seconds, list: &mut Vec<Waiting>) {
        for request in self.requests.all.values() {
            let open = request.outcome.is_none() && request.open_questions().next().is_none();
            let urgent = request
                .draft
                .as_ref()
                .is_some_and(|draft| self.urgents.all.contains_key(&draft.id));
            if open && !urgent {
                list.push(waiting(None, "request", request.index, &request.necessity));
            }
        }
        for (id, urgent) in &self.urgents.all {
            if urgent.end.is_none() && now <= urgent.deadline.plus(LAPSE_SECONDS_MAX) {
                list.push(waiting(Some(urgent.deadline), "urgent", urgent.index, id));
            }
        }
        for (id, authority) in &self.authorities.all {
            if authority.waits {
                list.push(waiting(None, "agreement", authority.index, id));
            }
        }
    }

    fn secretariats_inbox(&self, now: Seconds, list: &mut Vec<Waiting>) {
        for (id, urgent) in &self.urgents.all {
            let due = match urgent.end {
                None if now > urgent.deadline => urgent.deadline,
                Some(UrgentEnd::Refused(_, time)) if urgent.lapse.is_none() => time,
                _ => continue,
            };
            let due = Some(due.plus(LAPSE_SECONDS_MAX));
            list.push(waiting(due, "lapse", urgent.index, id));
        }
        for misuse in &self.inspections.misuses {
            list.push(waiting(None, "misuse", misuse.index, &misuse.case));
        }
    }

    fn inspectors_inbox(&self, list: &mut Vec<Waiting>) {
        for (name, inspection) in &self.inspections.all {
            if inspection.closed.is_none() {
                list.push(waiting(None, "inspection", inspection.index, name));
            }
        }
        for misuse in &self.inspections.misuses {
            list.push(waiting(None, "misuse", misuse.index, &misuse.case));
        }
    }

    fn officers_inbox(&self, list: &mut Vec<Waiting>) {
        for request in self.requests.all.values() {
            if request.outcome.is_some() {
                continue;
            }
            for question in request.open_questions() {
                let due = question.due;
                list.push(waiting(due, "question", question.index, &question.text));
            }
        }
        for letter in self.inspections.letters.values() {
            if letter.reply.is_none() {
                let what = match letter.kind {
                    LetterKind::Notice => "notice",
                    LetterKind::Demand => "demand",
                    LetterKind::Recommendation => "recommendation",
                };
                let due = Some(letter.due);
                list.push(waiting(due, what, letter.index, &letter.subject));
            }
        }
        for challenge in self.buckets.challenges.values() {
            if challenge.response.is_none() {
                let due = Some(challenge.time.plus(crate::limits::CHALLENGE_SECONDS_MAX));
                list.push(waiting(
                    due,
                    "challenge",
                    challenge.index,
                    &challenge.bucket,
                ));
            }
        }
    }
}

fn waiting(due: Option<Seconds>, what: &'static str, index: u64, text: &impl ToString) -> Waiting {
    Waiting {
        due: due.map(|due| due.0),
        what,
        index,
        text: text.to_string(),
    }
}

fn thread_row(request: &Request, post: &crate::book::Post, now: Seconds) -> Option<ThreadRow> {
    let due = post.due?;
    let answer = post
        .other
        .and_then(|index| request.thread.iter().find(|post| post.index == index));
    Some(ThreadRow {
        question: post.index,
        from: post.from.to_string(),
        text: post.text.clone(),
        asked: post.time.to_string(),
        due: due.to_string(),
        overdue: answer.is_none() && now > due,
        answer: answer.map(|a| {
            (
                a.index,
                a.from.to_string(),
                a.text.clone(),
                a.time.to_string(),
            )
        }),
    })
}

/// What a sensor acknowledged, beside what the authority asks for: a sensor that says it runs differs from an authority that is not in force.
fn sensor_row(
    sensor: String,
    said: Option<&Acknowledged>,
    leased: Option<Seconds>,
    state: AuthorityState,
    now: Seconds,
) -> SensorRow {
    let runs = said.is_some_and(|said| matches!(said.state, Held::Running | Held::Renewed));
    let over = said.is_some_and(|said| now > said.not_after);
    SensorRow {
        sensor,
        state: said.map(|said| said.state),
        entry: said.map(|said| said.index),
        time: said.map(|said| said.time.to_string()),
        lease_until: said.map(|said| said.not_after.to_string()),
        leased_until: leased.map(|leased| leased.to_string()),
        differs: runs && (state != AuthorityState::InForce || over),
    }
}
