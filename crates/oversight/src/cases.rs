//! The case behind a request: its life by `authority::lifecycle`, told from the book. In: a request, a time. Out: a case. Never: a state of its own; what the log shows and the life of a case
//! does not allow is passed over.

use crate::book::{Authority, Book, By, Outcome, Request, UrgentEnd};
use sakimori_authority::lifecycle::{Case, Event, Subject};
use sakimori_authority::ruling::Matter;
use sakimori_custody::time::Seconds;

/// A case, and what may have happened to it.
struct Told(Case);

impl Told {
    /// What the life of a case does not allow did not happen to it.
    fn tell(&mut self, event: Event) {
        if let Ok(next) = self.0.next(event) {
            self.0 = next;
        }
    }
}

impl Book {
    /// The case of a request at a time; `None` where its draft is no statement and nothing says what it asks for.
    pub fn case(&self, request: &Request, now: Seconds) -> Option<Case> {
        let mut case = Told(Case::new(self.subject(request)?));
        case.tell(Event::Submit);
        for post in &request.thread {
            case.tell(if post.due.is_some() {
                Event::Question
            } else {
                Event::Answer
            });
        }
        match request.outcome {
            None => {}
            Some((_, Outcome::Refused(_))) => case.tell(Event::Refuse),
            Some((_, Outcome::Ruled(index))) => {
                case.tell(Event::Approve { conditions: false });
                if self.ruling_used(index).is_some() {
                    case.tell(Event::Use);
                }
            }
            Some((_, Outcome::Granted(id))) => {
                if let Some(authority) = self.authority(id) {
                    self.live(&mut case, authority, request, now);
                }
            }
        }
        Some(case.0)
    }

    fn subject(&self, request: &Request) -> Option<Subject> {
        if let Some(draft) = &request.draft {
            return Some(draft.subject());
        }
        match request.outcome {
            Some((_, Outcome::Ruled(index))) => {
                let ruled = self.ruling_list().get(&index)?;
                let shows = matches!(ruled.ruling.matter, Matter::RecordReidentified { .. });
                shows.then_some(Subject::Reidentification)
            }
            _ if request.kind == "reidentification" => Some(Subject::Reidentification),
            _ => None,
        }
    }

    /// What became of a statement.
    fn live(&self, case: &mut Told, authority: &Authority, request: &Request, now: Seconds) {
        let statement = &authority.statement;
        if authority.urgent {
            case.tell(Event::Invoke);
            let end = self.urgent_list().get(&statement.id).and_then(|u| u.end);
            match end {
                Some(UrgentEnd::Ratified(..)) => case.tell(Event::Ratify),
                Some(UrgentEnd::Refused(..)) => case.tell(Event::Refuse),
                Some(UrgentEnd::Lapsed(..)) => case.tell(Event::Lapse),
                None => {}
            }
        } else if !authority.waits {
            let asked = request.draft.as_ref().map(|draft| &draft.conditions);
            let conditions = asked != Some(&statement.conditions);
            case.tell(Event::Approve { conditions });
        }
        let leased = |sensor| authority.is_leased(sensor, now);
        if statement.sensors.iter().any(leased) {
            case.tell(Event::Activate);
        }
        for (by, stopped) in &authority.stops {
            if stopped.suspends {
                case.tell(Event::Suspend(*by));
            }
        }
        if authority.demand.is_some() {
            // A demand is the commission's own word.
            case.tell(Event::Suspend(By::Commission));
        }
        if authority.revoked.is_some() {
            case.tell(Event::Revoke);
        }
        if now > statement.not_after {
            case.tell(Event::Expire);
        }
    }
}
