//! Requests to the commission, with their questions and answers. In: entries of types 10, 13, 14. Out: threads, due times, who asked for what. Never: an answer without its question.

use super::{Book, Seen, Taken, void};
use crate::body::{self, all_said};
use crate::refused::{Code, Refused, hold};
use sakimori_authority::Statement;
use sakimori_custody::ids::{AuthorityId, Name, hex};
use sakimori_custody::time::Seconds;
use sakimori_tlog::merkle::Hash;
use std::collections::BTreeMap;

/// A question or an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// Index of its entry.
    pub index: u64,
    /// When.
    pub time: Seconds,
    /// Who.
    pub from: Name,
    /// What.
    pub text: String,
    /// Until when an answer is due; `None` for an answer.
    pub due: Option<Seconds>,
    /// Index of the answer to this question, or of the question to this answer.
    pub other: Option<u64>,
}

/// How a request was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// By a statement that is in force on record.
    Granted(AuthorityId),
    /// By a ruling, with its index.
    Refused(u64),
    /// By a ruling that allows what it asked for, with its index.
    Ruled(u64),
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Index of its entry.
    pub index: u64,
    /// Leaf hash of its entry: how statements and rulings name it.
    pub leaf: Hash,
    /// When.
    pub time: Seconds,
    /// What kind of decision it asks for.
    pub kind: String,
    /// Which officer asked; `None` in logs of offices without officers.
    pub requester: Option<Name>,
    /// Facts.
    pub facts: String,
    /// Why it is necessary.
    pub necessity: String,
    /// Which alternatives were ruled out.
    pub alternatives: String,
    /// Which share of traffic is expected, per million.
    pub expected_share_ppm: u64,
    /// What it means for the rights of people.
    pub rights: String,
    /// The authority that it would renew.
    pub replaces: Option<AuthorityId>,
    /// The text that is asked for, where it is a statement.
    pub draft: Option<Statement>,
    /// The text as it was sent.
    pub text: String,
    /// Questions and answers in order.
    pub thread: Vec<Post>,
    /// How it ended.
    pub outcome: Option<(Seconds, Outcome)>,
    /// Whether it says all that a request has to say, by whom it has to be said.
    pub complete: Result<(), Refused>,
}

impl Request {
    /// Questions that wait for their answer.
    pub fn open_questions(&self) -> impl Iterator<Item = &Post> {
        self.thread
            .iter()
            .filter(|post| post.due.is_some() && post.other.is_none())
    }

    /// The article that its draft names, whether that is a statement or not.
    pub fn basis(&self) -> Option<&str> {
        self.line("basis: ")
    }

    /// The authority that its draft names, whether that is a statement or not: what was decided stands for itself, and a request only has to be the one for it.
    pub fn asks_for(&self) -> Option<AuthorityId> {
        self.line("id: ")?.parse().ok()
    }

    fn line(&self, key: &str) -> Option<&str> {
        self.text
            .split('\n')
            .find_map(|line| line.strip_prefix(key))
    }

    /// Seconds that the request waited for the commission until `now`: while a question is open the clock is stopped.
    pub fn waited(&self, now: Seconds) -> u64 {
        let end = self.outcome.map_or(now, |(time, _)| time.min(now));
        let mut stopped: Vec<(u64, u64)> = self
            .thread
            .iter()
            .filter(|post| post.due.is_some())
            .map(|question| {
                let answered = question.other.and_then(|index| self.post(index));
                (question.time.0, answered.map_or(end.0, |post| post.time.0))
            })
            .collect();
        stopped.sort_unstable();
        let (mut paused, mut to) = (0, self.time.0);
        for (begin, until) in stopped {
            let (begin, until) = (begin.max(to), until.min(end.0));
            paused += until.saturating_sub(begin);
            to = to.max(until);
        }
        end.0.saturating_sub(self.time.0).saturating_sub(paused)
    }

    fn post(&self, index: u64) -> Option<&Post> {
        self.thread.iter().find(|post| post.index == index)
    }
}

/// All requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Requests {
    pub(crate) all: BTreeMap<u64, Request>,
    by_leaf: BTreeMap<Hash, u64>,
    /// Index of a question, and of its request.
    questions: BTreeMap<u64, u64>,
}

impl Requests {
    pub(crate) fn by_leaf(&self, leaf: &Hash) -> Option<&Request> {
        self.all.get(self.by_leaf.get(leaf)?)
    }

    pub(crate) fn by_leaf_mut(&mut self, leaf: &Hash) -> Option<&mut Request> {
        self.all.get_mut(self.by_leaf.get(leaf)?)
    }
}

impl Book {
    /// The office asks.
    pub(crate) fn request(&mut self, seen: &Seen<'_>) -> Result<Taken, Refused> {
        let body: body::Request = body::read(seen.open()?)?;
        let complete = self.complete(&body, seen.latest());
        let draft = Statement::parse(&body.draft).ok();
        let request = Request {
            index: seen.index,
            leaf: seen.leaf,
            time: seen.time,
            kind: if body.kind.is_empty() {
                draft
                    .as_ref()
                    .map(|draft| draft.kind.to_string())
                    .unwrap_or_default()
            } else {
                body.kind
            },
            requester: body.requester,
            facts: body.facts,
            necessity: body.necessity,
            alternatives: body.alternatives,
            expected_share_ppm: body.expected_share_ppm,
            rights: body.rights,
            replaces: body.replaces,
            draft,
            text: body.draft,
            thread: Vec::new(),
            outcome: None,
            complete: complete.clone(),
        };
        if let Some(basis) = request.basis().map(str::to_owned) {
            self.month(seen.time).request(&basis);
        }
        self.requests.by_leaf.insert(seen.leaf, seen.index);
        self.requests.all.insert(seen.index, request);
        Ok(complete.map_or_else(void, |()| Taken::InForce))
    }

    /// Whether a request says all it has to, by somebody who may ask. Where the trust root names no officers, the office asks as one.
    fn complete(&self, body: &body::Request, at: Seconds) -> Result<(), Refused> {
        let root = self.root(at);
        if let Some(who) = &body.requester
            && root.member(who).is_some()
        {
            return Err(Refused::new(Code::RequesterMember, format!("`{who}`")));
        }
        let texts = [body.facts.as_str(), &body.necessity, &body.alternatives];
        hold(all_said(&texts), Code::RequestFields)?;
        self.schedules.may_ask(body.expected_share_ppm, at)?;
        if root.officers.is_empty() {
            return Ok(());
        }
        hold(all_said(&[&body.rights]), Code::RequestFields)?;
        let officer = body.requester.as_ref().and_then(|id| root.officer(id));
        hold(officer.is_some(), Code::RequesterMember)
    }

    /// The commission asks back.
    pub(crate) fn question(&mut self, seen: &Seen<'_>) -> Result<Taken, Refused> {
        let body: body::Post = body::read(seen.open()?)?;
        hold(all_said(&[&body.text]), Code::BodyFields)?;
        let request = self.requests.by_leaf_mut(&body.request);
        let request = request
            .filter(|request| request.outcome.is_none())
            .ok_or_else(|| Refused::new(Code::QuestionRequest, hex(&body.request)))?;
        request.thread.push(Post {
            index: seen.index,
            time: seen.time,
            from: body.from,
            text: body.text,
            due: Some(Seconds(seen.counter(0))),
            other: None,
        });
        let of = request.index;
        self.requests.questions.insert(seen.index, of);
        Ok(Taken::InForce)
    }

    /// The office answers.
    pub(crate) fn answer(&mut self, seen: &Seen<'_>) -> Result<Taken, Refused> {
        let body: body::Post = body::read(seen.open()?)?;
        hold(all_said(&[&body.text]), Code::BodyFields)?;
        let question = seen.counter(0);
        let unknown = || Refused::new(Code::AnswerQuestion, format!("entry {question}"));
        let of = self
            .requests
            .questions
            .get(&question)
            .copied()
            .ok_or_else(unknown)?;
        let request = self.requests.all.get_mut(&of).ok_or_else(unknown)?;
        let asked = request
            .thread
            .iter_mut()
            .find(|post| post.index == question && post.other.is_none());
        let asked = asked
            .filter(|_| request.leaf == body.request)
            .ok_or_else(unknown)?;
        asked.other = Some(seen.index);
        request.thread.push(Post {
            index: seen.index,
            time: seen.time,
            from: body.from,
            text: body.text,
            due: None,
            other: Some(question),
        });
        Ok(Taken::InForce)
    }

    /// Requests by the index of their entry.
    pub const fn request_list(&self) -> &BTreeMap<u64, Request> {
        &self.requests.all
    }

    /// The request that a statement or a ruling names.
    pub fn request_of(&self, leaf: &Hash) -> Option<&Request> {
        self.requests.by_leaf(leaf)
    }

    /// Behaviours that were found are counted; their bodies are sealed.
    pub(crate) fn finding(&mut self, seen: &Seen<'_>) -> Result<Taken, Refused> {
        if seen.body.is_some() {
            return Err(Refused::new(Code::BodyForm, "a finding lies open"));
        }
        hold(seen.counter(0) <= 1000, Code::BodyFields)?;
        let authority = self.authorities.id_of(&seen.envelope.authority);
        let counts = self.month(seen.time);
        counts.findings += 1;
        if let Some(id) = authority {
            counts.of(id).findings += 1;
        }
        Ok(Taken::InForce)
    }
}
