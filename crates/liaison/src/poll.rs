//! Polling a partner's TAXII 2.1 server: what is asked next, and what an answer means. In: a cursor, answers as they came, the time. Out: requests, pages of objects, a cursor that is kept once
//! the page is. Never: a socket, a clock; a position that moves before what lies behind it is kept; an answer of a length or number without a bound.
//!
//! Nothing is lost, whatever the partner's server is like:
//! - `added_after` moves only once a round of pages has come to its end, and then to some minutes before the last date of the round (never later than when the round began by our own clock): objects of one date, or that became visible
//!   late or meanwhile, come again, and adding them twice adds them once;
//! - within a round the filters stay and `next` leads on; where a server has `more` and no `next`, the next page begins just before the last date;
//! - each version of an object is asked for, not the latest alone.
//!
//! A [`Cursor`] is kept after every page, so that a stop costs one page. What the partner gives is judged by whoever takes it.

use sakimori_custody::time::Seconds;
use sakimori_exchange::stix::{ContainerError, Envelope, Object, Refused, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt::Write;

/// The media type of requests and answers.
pub const MEDIA_TYPE: &str = "application/taxii+json;version=2.1";
/// Longest body of an answer in bytes; the transport reads no more.
pub const BODY_BYTES_MAX: usize = 64 << 20;
/// Objects that are asked for at a time; a server may give fewer.
pub const PAGE: usize = 1000;
/// Most objects of an answer: a server that passes over `limit` is borne with up to here.
pub const OBJECTS_MAX: usize = 50_000;
/// Most pages of a run; the next run goes on.
pub const PAGES_MAX: u32 = 10_000;
/// Most pages in a row without an object that say that there is more.
pub const EMPTY_MAX: u32 = 16;
/// Longest `next` in bytes.
pub const NEXT_BYTES_MAX: usize = 4096;
/// Longest wait that a partner can ask for, in seconds.
pub const WAIT_SECONDS_MAX: u64 = 3600;
/// Wait where a partner that is busy names none, in seconds.
const WAIT_SECONDS_USUAL: u64 = 60;
/// How far before the last date the next round begins, in microseconds: longer than a transaction of a server takes.
const OVERLAP_MICROS: u64 = 300 * 1_000_000;

/// How far a collection was read. Kept as JSON; the empty one begins at the beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cursor {
    /// What was added later is still to come, in microseconds since 1970; none: everything.
    #[serde(default)]
    added_after: Option<u64>,
    /// A round that has begun and is not at its end.
    #[serde(default)]
    round: Option<Round>,
}

/// Pages with the same filters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Round {
    /// When its first page was asked for, by our clock.
    began: u64,
    /// Where the next page begins, as the server named it.
    #[serde(default)]
    next: Option<String>,
    /// Where it begins by date, for a server that names no place.
    #[serde(default)]
    from: Option<u64>,
    /// The latest date that was seen.
    #[serde(default)]
    last: Option<u64>,
}

/// An answer as it came.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`
    pub content_type: Option<&'a str>,
    /// `X-TAXII-Date-Added-Last`
    pub last: Option<&'a str>,
    /// `Retry-After`
    pub retry_after: Option<&'a str>,
    /// The body, expanded; one byte more than [`BODY_BYTES_MAX`] where it is longer.
    pub body: &'a [u8],
}

/// What is to be done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// `GET` of the collection's `objects/` with this query and [`MEDIA_TYPE`] as `Accept`.
    Get(String),
    /// Nothing is left, for now.
    Done,
    /// There is more, and this run has had its share; the next goes on.
    Later,
}

/// What an answer was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Objects. Once they are kept [`Poll::kept`] moves the cursor.
    Page {
        /// Objects as they were sent.
        objects: Vec<Object>,
        /// What is no object, with its place.
        refused: Vec<Refused>,
    },
    /// The partner is busy: the same request after so many seconds.
    Wait(u64),
    /// The place is no more: the round begins anew.
    Again,
}

/// Why polling cannot go on. The cursor is where it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PollError {
    /// The partner does not know us, or gives us nothing. Our administrator and theirs act.
    #[error("the partner refuses with status {0}")]
    Refused(u16),
    /// Another status than TAXII has for this. The partner acts.
    #[error("the partner answers with status {0}")]
    Status(u16),
    /// Another media type.
    #[error("the answer is of the type `{0}` and not of TAXII 2.1")]
    Media(String),
    /// A body that is too long.
    #[error("the answer is longer than {BODY_BYTES_MAX} bytes")]
    TooLong,
    /// Too many objects.
    #[error("the answer has {0} objects, {OBJECTS_MAX} at most are taken")]
    TooMany(usize),
    /// No envelope.
    #[error("the answer is no envelope")]
    Body(#[source] ContainerError),
    /// No text.
    #[error("the answer is no UTF-8")]
    Utf8,
    /// A `next` that was there before: the pages go round in a circle.
    #[error("`next` repeats itself, or leads nowhere")]
    Circle,
    /// A `next` that is too long or empty.
    #[error("`next` has {0} bytes, 1 to {NEXT_BYTES_MAX} are taken")]
    Next(usize),
    /// More is said to be there again and again, and nothing comes.
    #[error("{EMPTY_MAX} pages in a row were empty and said that there is more")]
    Empty,
    /// More is said to be there, and neither a place nor a date leads on.
    #[error("there is more, and no `next` or later date that leads to it")]
    NoWayOn,
    /// A date that is none.
    #[error("`X-TAXII-Date-Added-Last` is no date")]
    Date,
    /// The place was given up twice.
    #[error("the partner does not know its own `next`")]
    Forgetful,
}

/// A run over one collection.
#[derive(Clone, Debug)]
pub struct Poll {
    cursor: Cursor,
    /// Where it goes once the page that was handed out is kept.
    after: Option<Cursor>,
    now_micros: u64,
    pages: u32,
    empty: u32,
    renewed: bool,
    /// Places of this run. BOUND: as many as pages.
    places: BTreeSet<String>,
    done: bool,
}

impl Poll {
    /// Goes on from a cursor.
    pub fn resume(cursor: Cursor, now_micros: u64) -> Self {
        let places = cursor.round.iter().filter_map(|round| round.next.clone());
        Self {
            places: places.collect(),
            cursor,
            after: None,
            now_micros,
            pages: 0,
            empty: 0,
            renewed: false,
            done: false,
        }
    }

    /// How far it is; to be kept with the objects of the page, or after them.
    pub const fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// What is to be done next.
    pub fn ask(&self) -> Ask {
        if self.done {
            return Ask::Done;
        }
        if self.pages >= PAGES_MAX {
            return Ask::Later;
        }
        let mut query = format!("limit={PAGE}&match[version]=all");
        let round = self.cursor.round.as_ref();
        let from = round
            .and_then(|round| round.from)
            .or(self.cursor.added_after);
        if let Some(from) = from {
            // Writing to a string does not fail.
            let _ = write!(query, "&added_after={}", date(from));
        }
        if let Some(next) = round.and_then(|round| round.next.as_deref()) {
            query.push_str("&next=");
            encode(&mut query, next);
        }
        Ask::Get(query)
    }

    /// Takes the answer to what was asked.
    ///
    /// # Errors
    /// [`PollError`]; the run is over, the cursor where it was.
    pub fn hear(&mut self, answer: &Answer<'_>) -> Result<Heard, PollError> {
        self.after = None;
        match answer.status {
            200 => {}
            400 | 404 | 410 if self.cursor.round.is_some() => return self.renew(),
            401 | 403 | 404 => return Err(PollError::Refused(answer.status)),
            429 | 503 => return Ok(Heard::Wait(wait(answer.retry_after))),
            other => return Err(PollError::Status(other)),
        }
        typed(answer.content_type)?;
        if answer.body.len() > BODY_BYTES_MAX {
            return Err(PollError::TooLong);
        }
        let text = std::str::from_utf8(answer.body).map_err(|_| PollError::Utf8)?;
        let envelope = Envelope::read(text).map_err(PollError::Body)?;
        let count = envelope.objects.len();
        if count > OBJECTS_MAX {
            return Err(PollError::TooMany(count));
        }
        let last = answer.last.map(micros).transpose()?;
        let after = self.moved(&envelope, last)?;
        self.pages += 1;
        self.empty = if count == 0 { self.empty + 1 } else { 0 };
        if self.empty >= EMPTY_MAX {
            return Err(PollError::Empty);
        }
        self.after = Some(after);
        let (mut objects, mut refused) = (Vec::new(), Vec::new());
        for object in envelope.objects {
            match object {
                Ok(object) => objects.push(object),
                Err(bad) => refused.push(bad),
            }
        }
        Ok(Heard::Page { objects, refused })
    }

    /// Moves the cursor behind the page that was handed out, which is kept now.
    pub fn kept(&mut self) {
        if let Some(after) = self.after.take() {
            self.done = after.round.is_none();
            self.cursor = after;
        }
    }

    /// The same round from its beginning, once a run.
    fn renew(&mut self) -> Result<Heard, PollError> {
        if self.renewed {
            return Err(PollError::Forgetful);
        }
        self.renewed = true;
        self.cursor.round = None;
        self.places.clear();
        Ok(Heard::Again)
    }

    /// Where the cursor goes behind a page.
    fn moved(&mut self, envelope: &Envelope, last: Option<u64>) -> Result<Cursor, PollError> {
        let before = self.cursor.round.clone().unwrap_or(Round {
            began: self.now_micros,
            ..Round::default()
        });
        let latest = before.last.max(last);
        let added_after = self.cursor.added_after;
        if !envelope.more {
            // What became visible while the round went on may lie before its end; a date that lies ahead of us would hide what comes until then.
            let settled = latest.map(|at| at.min(before.began).saturating_sub(OVERLAP_MICROS));
            return Ok(Cursor {
                added_after: added_after.max(settled),
                round: None,
            });
        }
        let round = if let Some(next) = &envelope.next {
            if next.is_empty() || next.len() > NEXT_BYTES_MAX {
                return Err(PollError::Next(next.len()));
            }
            if !self.places.insert(next.clone()) {
                return Err(PollError::Circle);
            }
            Round {
                began: before.began,
                next: Some(next.clone()),
                from: before.from,
                last: latest,
            }
        } else {
            // Objects of the same date may lie behind the page: the next one begins a little before that date, and is a step on only where a later date was seen.
            let last = last.ok_or(PollError::NoWayOn)?;
            let from = last.saturating_sub(1);
            if Some(from) <= before.from.or(added_after) {
                return Err(PollError::NoWayOn);
            }
            Round {
                began: before.began,
                next: None,
                from: Some(from),
                last: latest,
            }
        };
        Ok(Cursor {
            added_after,
            round: Some(round),
        })
    }
}

/// Microseconds since 1970 as TAXII has them.
fn date(micros: u64) -> String {
    let whole = Seconds(micros / 1_000_000).to_string();
    let whole = whole.trim_end_matches('Z');
    format!("{whole}.{:06}Z", micros % 1_000_000)
}

fn micros(text: &str) -> Result<u64, PollError> {
    let at = Timestamp::parse_rfc3339(text.trim()).ok_or(PollError::Date)?;
    Ok(at.micros_floor())
}

fn wait(retry_after: Option<&str>) -> u64 {
    let seconds = retry_after.and_then(|text| text.trim().parse::<u64>().ok());
    seconds
        .unwrap_or(WAIT_SECONDS_USUAL)
        .clamp(1, WAIT_SECONDS_MAX)
}

/// Percent-encodes all but RFC 3986's unreserved.
fn encode(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

fn typed(content_type: Option<&str>) -> Result<(), PollError> {
    let given = content_type.unwrap_or_default();
    let mut parts = given
        .split(';')
        .map(|part| part.trim().to_ascii_lowercase());
    let kind = parts.next().unwrap_or_default();
    let version = parts.find_map(|part| {
        let value = part.strip_prefix("version=")?.trim_matches('"').to_owned();
        Some(value)
    });
    if kind == "application/taxii+json" && version.is_none_or(|version| version == "2.1") {
        return Ok(());
    }
    // BOUND: what is quoted of an answer is cut.
    Err(PollError::Media(given.chars().take(100).collect()))
}

#[cfg(test)]
mod tests;
