//! What the commission decided, as the book has it. In: measures that wait or are in force, the book. Out: the events that they do not know yet. Never: a decision that is not on record.

use super::Room;
use crate::problem::Answer;
use sakimori_authority::statement::Basis;
use sakimori_custody::ids::{AuthorityId, Name};
use sakimori_custody::time::Seconds;
use sakimori_liaison::measure::Held;
use sakimori_oversight::Book;
use sakimori_oversight::book::{Authority, Outcome, UrgentEnd};
use sakimori_respond::plan::Digest;
use sakimori_respond::plan::life::{Decision, Event, Stage};

impl Room {
    /// Events that are on record and not in the lives yet, of those that are not over.
    ///
    /// # Errors
    /// What the log says.
    pub(super) async fn learned(&self, held: Vec<Held>) -> Answer<Vec<(Held, Event)>> {
        let waits = |one: &Held| !matches!(one.state().stage(), Stage::Ended | Stage::Reported);
        let held: Vec<Held> = held.into_iter().filter(waits).collect();
        if held.is_empty() {
            return Ok(Vec::new());
        }
        let now = self.now();
        self.in_book(move |book| {
            let found = held.into_iter().filter_map(|one| {
                let event = learned_of(&one, book, now)?;
                Some((one, event))
            });
            found.collect()
        })
        .await
    }
}

fn decision(id: AuthorityId, authority: &Authority, votes: &[Name]) -> Decision {
    let statement = &authority.statement;
    Decision {
        authority: id,
        text: Digest(statement.pack),
        votes: votes.to_vec(),
        not_before: statement.not_before,
        not_after: statement.not_after,
    }
}

/// What a sitting decided of a text.
fn decided(text: Digest, book: &Book) -> Option<Decision> {
    let mut all = book.authority_list().iter();
    all.find_map(|(id, authority)| {
        let same = authority.statement.pack == text.0 && authority.revoked.is_none();
        match &authority.statement.decided {
            Basis::Sitting(sitting) if same => Some(decision(*id, authority, &sitting.votes_for)),
            _ => None,
        }
    })
}

/// Whether the commission refused every request for a text.
fn refused(text: Digest, book: &Book) -> bool {
    let of = |request: &&sakimori_oversight::book::Request| {
        let draft = request.draft.as_ref();
        draft.is_some_and(|draft| draft.pack == text.0)
    };
    let mut any = false;
    let all = book.request_list().values().filter(of).all(|request| {
        any = true;
        matches!(request.outcome, Some((_, Outcome::Refused(_))))
    });
    any && all
}

/// Who voted for the ruling of an entry.
fn voters(book: &Book, index: u64) -> Option<&[Name]> {
    let ruled = book.ruling_list().get(&index)?;
    Some(&ruled.ruling.sitting.votes_for)
}

fn learned_of(held: &Held, book: &Book, now: Seconds) -> Option<Event> {
    let state = held.state();
    let stage = state.stage();
    // First: what the life may refuse, as a renewal, comes again each round and holds no revocation up.
    if stage.is_decided() && state.urgent() != Some(false) {
        let authority = state.authority().and_then(|id| book.authority(id));
        if authority.is_some_and(|authority| authority.revoked.is_some()) {
            return Some(Event::Revoke);
        }
    }
    if matches!(stage, Stage::Asked | Stage::Questioned) {
        let found = state.text().and_then(|text| decided(text, book));
        if let Some(decision) = found {
            return Some(Event::Approve(decision));
        }
    }
    if stage.is_decided()
        && let Some(text) = state.renewal()
    {
        // What begins later is learned when it begins: until then the approval before it holds.
        let begun = |one: &Decision| one.not_before <= now;
        let goes_on = stage != Stage::Suspended;
        if let Some(decision) = decided(text, book).filter(|one| goes_on && begun(one)) {
            return Some(Event::Renew(decision));
        }
        if refused(text, book) {
            let words = "the commission refused to renew it".to_owned();
            return Some(Event::Refuse { words });
        }
    }
    if matches!(stage, Stage::Asked | Stage::Questioned)
        && let Some(event) = before_decision(held, book)
    {
        return Some(event);
    }
    let id = state.authority()?;
    let authority = book.authority(id)?;
    let in_force = stage.is_decided();
    let urgent = book
        .urgent_list()
        .get(&id)
        .and_then(|urgent| urgent.end.as_ref());
    match urgent {
        Some(UrgentEnd::Refused(..) | UrgentEnd::Lapsed(..)) if in_force => {
            let words = "the commission did not ratify it".to_owned();
            return Some(Event::Refuse { words });
        }
        Some(UrgentEnd::Ratified(index, _)) if in_force && state.urgent() == Some(false) => {
            let votes = voters(book, *index)?;
            return Some(Event::Ratify(decision(id, authority, votes)));
        }
        _ => {}
    }
    (in_force && authority.revoked.is_some()).then_some(Event::Revoke)
}

/// What the commission said before it decided, or that it refused.
fn before_decision(held: &Held, book: &Book) -> Option<Event> {
    let state = held.state();
    let text = state.text()?;
    let mut requests = book.request_list().values();
    let request = requests.find(|request| {
        let draft = request.draft.as_ref();
        draft.is_some_and(|draft| draft.pack == text.0)
    })?;
    if let Some((_, Outcome::Refused(_))) = &request.outcome {
        let words = "the commission refused the request".to_owned();
        return Some(Event::Refuse { words });
    }
    let open: Vec<String> = request
        .open_questions()
        .map(|post| post.index.to_string())
        .collect();
    let known = state.questions();
    let new = open.iter().find(|id| !known.contains(*id));
    if let Some(id) = new {
        return Some(Event::Question { id: id.clone() });
    }
    let answered = known.iter().find(|id| !open.contains(id));
    answered.map(|id| Event::Answer { id: id.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sakimori_authority::TrustRoot;
    use sakimori_oversight::Judged;
    use sakimori_testkit::folder::Plan;
    use sakimori_testkit::history::Story;

    #[test]
    fn who_ratified_is_who_voted_for_it_and_nobody_else_of_the_commission() {
        let folder = Plan::default().build().folder;
        let mut book = Book::new(TrustRoot::open(&folder.trust_root).unwrap());
        for one in Story::good().up_to("ratified").write() {
            let (entry, at) = (&one.entry, one.entry.envelope.time);
            let judged = book.judge(one.index, &entry.leaf, &entry.stored, Judged::at(at));
            judged.unwrap();
        }
        let ends = book.urgent_list().values().filter_map(|one| one.end);
        let mut ratified = ends.filter_map(|end| match end {
            UrgentEnd::Ratified(index, _) => Some(index),
            _ => None,
        });
        let index = ratified.next().unwrap();
        let votes = voters(&book, index).unwrap();
        let votes: Vec<&str> = votes.iter().map(Name::as_str).collect();
        assert_eq!(votes, ["m1", "m2", "m5"], "m4 voted against it");
        assert!(book.root(book.newest()).members.len() > votes.len());
        assert_eq!(voters(&book, index - 1), None);
    }
}
