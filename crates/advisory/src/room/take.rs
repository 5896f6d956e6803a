//! One more event. In: a case, an event. Out: the case after it, or why it cannot be. Never: an event in the past of the last one, a maker's word by another, an hour that moves once
//! the case is public.

use super::event::{Act, Actor, Content, Event, Notifier};
use super::maker::{Link, Maker, Notice, Request, Said, Told, Word};
use super::{Approval, Draft, FieldError, HourChange, Letter, Room, plain};
use crate::limits::{CONTENT_BYTES_MAX, EVENTS_MAX, MAKERS_MAX};
use crate::publish::case::MakerState;
use sakimori_custody::time::Seconds;

/// Why an event is not taken: who sent it has to do something else first, or otherwise.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("case {case}: {what}")]
pub struct Refused {
    /// The case.
    pub case: String,
    /// What is wrong.
    pub what: String,
}

impl Refused {
    pub(super) fn new(case: &str, what: impl Into<String>) -> Self {
        Self {
            case: case.to_owned(),
            what: what.into(),
        }
    }
}

pub(super) type Step = Result<(), String>;

pub(super) fn need(good: bool, what: &str) -> Step {
    if good { Ok(()) } else { Err(what.to_owned()) }
}

impl From<FieldError> for String {
    fn from(error: FieldError) -> Self {
        error.to_string()
    }
}

impl Room {
    /// The case after an event.
    ///
    /// # Errors
    /// [`Refused`]; the case is as it was.
    pub fn take(&self, event: &Event) -> Result<Self, Refused> {
        let mut room = self.clone();
        match room.step(event) {
            Ok(()) => Ok(room),
            Err(what) => Err(Refused::new(&self.id, what)),
        }
    }

    fn step(&mut self, event: &Event) -> Step {
        need(event.at >= self.last, "the event lies before the last one")?;
        need(
            self.events < EVENTS_MAX,
            "it has as many events as a case may have",
        )?;
        may_do(&event.by, &event.act)?;
        let reopens = matches!(event.act, Act::Reopened { .. });
        need(self.closed.is_none() || reopens, "it is closed")?;
        match &event.act {
            Act::Received { .. } => return Err("a case begins once".to_owned()),
            Act::Joined { report } => {
                need(
                    !self.reports.contains(report),
                    "the report is in it already",
                )?;
                self.reports.push(report.clone());
            }
            Act::Triaged(triage) => self.triage = Some((event.at, (**triage).clone())),
            act if act.maker().is_some() => self.of_maker(event)?,
            act if act.coordinator().is_some() => self.of_coordinator(event)?,
            Act::HourSet { .. } | Act::Leaked { .. } => self.hour_of(event)?,
            Act::Drafted(_) | Act::Approved { .. } | Act::Withdrawn { .. } => {
                self.content_of(event)?;
            }
            Act::ReporterTold { text } | Act::ReporterSaid { text } => {
                let said = Said {
                    at: event.at,
                    text: plain::text("text", text)?,
                };
                self.letters.push(Letter {
                    by: event.by.clone(),
                    said,
                });
            }
            Act::Closed { why } => {
                let text = plain::text("why", why)?;
                // What has not gone out by now does not go out at an hour that comes later.
                self.withdraw(event.at);
                self.closed = Some(Said { at: event.at, text });
            }
            Act::Reopened { why } => {
                plain::text("why", why)?;
                need(self.closed.is_some(), "it is not closed")?;
                self.closed = None;
            }
            // All acts of makers and coordinators were taken above.
            _ => return Err("the event is not known".to_owned()),
        }
        self.last = event.at;
        self.events += 1;
        Ok(())
    }

    fn hour_of(&mut self, event: &Event) -> Step {
        need(!self.is_public(event.at), "it is public already")?;
        let (hour, why, leaked) = match &event.act {
            Act::HourSet { hour, why } => {
                need(hour.at > event.at, "the hour is not ahead")?;
                (*hour, why, false)
            }
            Act::Leaked { why } => {
                let zone = self.hour().unwrap_or(super::Hour::utc(event.at));
                (zone.moved(event.at), why, true)
            }
            _ => return Err("the event is about no hour".to_owned()),
        };
        self.hours.push(HourChange {
            at: event.at,
            by: event.by.clone(),
            hour,
            why: plain::text("why", why)?,
            leaked,
            place: self.events,
        });
        Ok(())
    }

    fn content_of(&mut self, event: &Event) -> Step {
        let by = event.by.clone();
        match &event.act {
            Act::Drafted(content) => {
                bounded(content)?;
                self.draft = Some(Draft {
                    at: event.at,
                    by,
                    content: (**content).clone(),
                });
                Ok(())
            }
            Act::Approved { summary } => {
                let draft = self.draft.as_ref().ok_or("there is no draft")?;
                need(self.triage.is_some(), "it was not judged yet")?;
                self.approvals.push(Approval {
                    at: event.at,
                    by,
                    summary: plain::line("summary", summary)?,
                    content: draft.content.clone(),
                    place: self.events,
                });
                Ok(())
            }
            Act::Withdrawn { why } => {
                plain::text("why", why)?;
                need(self.withdraw(event.at), "nothing waits to go out")
            }
            _ => Err("the event is about no draft".to_owned()),
        }
    }

    /// Takes back what was approved and is not public yet; whether there was any.
    fn withdraw(&mut self, now: Seconds) -> bool {
        let out: Vec<usize> = self
            .releases()
            .iter()
            .filter(|(_, release)| *release <= now)
            .map(|(approval, _)| approval.place)
            .collect();
        let waits = self.releases().len() > out.len()
            || (self.hours.is_empty() && !self.approvals.is_empty());
        // What a later approval took the place of goes with it: it was never to go out.
        self.approvals
            .retain(|approval| out.contains(&approval.place));
        waits
    }

    fn of_maker(&mut self, event: &Event) -> Step {
        need(self.triage.is_some(), "it was not judged yet")?;
        let name = plain::line("maker", event.act.maker().unwrap_or_default())?;
        let written = event.act.maker() == Some(name.as_str());
        need(written, "the maker's name has spaces around it")?;
        if matches!(event.act, Act::MakerAdded { .. }) {
            need(
                !self.makers.contains_key(&name),
                "the maker is in it already",
            )?;
            need(
                self.makers.len() < MAKERS_MAX,
                "it has as many makers as a case may have",
            )?;
            let place = self.events;
            let maker = Maker {
                place,
                ..Maker::default()
            };
            self.makers.insert(name, maker);
            return Ok(());
        }
        if let Actor::Coordinator(by) = &event.by {
            let known = self.coordinators.contains_key(by);
            need(known, "the coordinator is not in it")?;
        }
        let place = self.events;
        let maker = self.makers.get_mut(&name).ok_or("the maker is not in it")?;
        maker.hear(event, place)
    }
}

impl Maker {
    fn hear(&mut self, event: &Event, place: usize) -> Step {
        let at = event.at;
        match &event.act {
            Act::MakerContact { mail, .. } => self.contact = Some(plain::mail("mail", mail)?),
            Act::Told {
                text, answer_by, ..
            } => {
                need(*answer_by > at, "the time to answer is not ahead")?;
                let (text, answer_by) = (plain::text("text", text)?, *answer_by);
                self.told.push(Told {
                    at,
                    text,
                    answer_by,
                    place,
                });
            }
            Act::Said { state, words, .. } => {
                need(*state != MakerState::Silent, "silence is no answer")?;
                let words = words.as_deref().map(|words| plain::text("words", words));
                let words = words.transpose()?;
                let by_office = matches!(event.by, Actor::Office(_));
                let through = match &event.by {
                    Actor::Coordinator(name) => Some(name.clone()),
                    _ => None,
                };
                self.said.push(Word {
                    at,
                    state: *state,
                    words,
                    by_office,
                    through,
                    place,
                });
            }
            Act::Notified {
                notifier,
                minister,
                urgency,
                text,
                ..
            } => self.notices.push(Notice {
                at,
                letter: self.next_letter(),
                notifier: *notifier,
                minister: plain::line("minister", minister)?,
                urgency: plain::text("urgency", urgency)?,
                text: plain::text("text", text)?,
            }),
            Act::LinkMade { hash, until, .. } => {
                self.links.push(Link::made(hash, (at, *until))?);
            }
            Act::LinksEnded { why, .. } => {
                plain::text("why", why)?;
                self.links.clear();
            }
            _ => self.requested(event)?,
        }
        Ok(())
    }

    fn requested(&mut self, event: &Event) -> Step {
        let at = event.at;
        match &event.act {
            Act::Requested {
                minister,
                ground,
                text,
                reply_by,
                ..
            } => {
                need(*reply_by > at, "the time to reply is not ahead")?;
                self.requests.push(Request {
                    at,
                    letter: self.next_letter(),
                    minister: plain::line("minister", minister)?,
                    ground: plain::text("ground", ground)?,
                    text: plain::text("text", text)?,
                    reply_by: *reply_by,
                    reply: None,
                    withdrawn: None,
                });
                Ok(())
            }
            Act::Replied { request, text, .. } => {
                let text = plain::text("text", text)?;
                self.open(*request)?.reply = Some(Said { at, text });
                Ok(())
            }
            Act::RequestWithdrawn { request, why, .. } => {
                let text = plain::text("why", why)?;
                self.open(*request)?.withdrawn = Some(Said { at, text });
                Ok(())
            }
            _ => Err("the event is about no maker".to_owned()),
        }
    }

    /// A request that waits for an answer, by its number.
    fn open(&mut self, number: usize) -> Result<&mut Request, String> {
        let request = number
            .checked_sub(1)
            .and_then(|place| self.requests.get_mut(place));
        let request = request.ok_or("there is no such request")?;
        need(request.is_open(), "the request waits for no answer")?;
        Ok(request)
    }
}

impl Link {
    /// A link whose hash is one and whose end is ahead.
    pub(super) fn made(hash: &str, (at, until): (Seconds, Seconds)) -> Result<Self, String> {
        let hex = hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        need(hash.len() == 64 && hex, "a link's hash is not one")?;
        need(until > at, "the link's end is not ahead")?;
        let hash = hash.to_owned();
        Ok(Self { hash, until })
    }
}

/// A maker speaks for itself alone, a reporter for itself, a coordinator for itself and for makers that it reached; all else is the office's.
fn may_do(by: &Actor, act: &Act) -> Step {
    let good = match (by, act) {
        (Actor::Office(_), Act::ReporterSaid { .. } | Act::CoordinatorSaid { .. }) => false,
        (Actor::Coordinator(name), Act::CoordinatorSaid { coordinator, .. }) => name == coordinator,
        (Actor::Office(_), _)
        | (Actor::Coordinator(_), Act::Said { .. })
        | (Actor::Reporter, Act::ReporterSaid { .. }) => true,
        (Actor::Maker(name), Act::Said { maker, .. } | Act::Replied { maker, .. }) => name == maker,
        _ => false,
    };
    need(good, "it is not theirs to do")
}

fn bounded(content: &Content) -> Step {
    let bytes = serde_json::to_vec(content).map_err(|e| e.to_string())?;
    need(
        bytes.len() <= CONTENT_BYTES_MAX,
        "the draft is longer than 512 KiB",
    )?;
    plain::line("title", &content.title)?;
    plain::text("summary", &content.summary)?;
    need(!content.products.is_empty(), "the draft names no product")?;
    need(
        !content.weaknesses.is_empty(),
        "the draft names no weakness",
    )
}

impl Notifier {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::PrimeMinister => "the Prime Minister",
            Self::InfrastructureMinister => "the minister competent for the infrastructure",
        }
    }
}
