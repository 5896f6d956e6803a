//! Polling a partner over the wire. In: an agent that knows the partner's certificate, an address, a run of [`sakimori_liaison::poll`]. Out: objects to whoever keeps them, page by page, with the cursor
//! behind them. Never: a body beyond the bound, a wait that the partner alone decides, a cursor that is told before its page was kept.

mod collect;
pub mod polled;
mod timetable;

pub use collect::{Collected, Errand, collect};
pub use timetable::Timetable;
pub(crate) use timetable::tick;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sakimori_exchange::stix::{Object, Refused};
use sakimori_liaison::poll::{
    Answer, Ask, BODY_BYTES_MAX, Cursor, Heard, MEDIA_TYPE, Poll, PollError,
};
use std::io::Read;
use ureq::Agent;

/// Most waits of a run: a partner that stays busy is asked again by the next run.
const WAITS_MAX: u32 = 5;

/// Where a partner's collection is.
#[derive(Clone, Debug)]
pub struct Source {
    /// `https://…/collections/ID/`, with the slash.
    pub collection: String,
    /// The value of `Authorization`, where no certificate is enough.
    pub authorization: Option<String>,
}

/// The value of `Authorization`: Basic (RFC 7617) where there is a name, else a bearer token.
pub fn authorization(user: Option<&str>, secret: &str) -> String {
    match user {
        Some(user) => format!("Basic {}", STANDARD.encode(format!("{user}:{secret}"))),
        None => format!("Bearer {secret}"),
    }
}

/// Why a run ended before its end. What was kept is kept, and the cursor behind it.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// What the partner answers cannot be gone on with.
    #[error(transparent)]
    Poll(#[from] PollError),
    /// The partner does not answer; try again.
    #[error("the partner cannot be called")]
    Wire(#[source] Box<ureq::Error>),
    /// Its answer breaks off; try again.
    #[error("the partner's answer breaks off")]
    Body(#[source] std::io::Error),
    /// It is busy all the time; try again later.
    #[error("the partner is busy, and said so {WAITS_MAX} times")]
    Busy,
    /// What came cannot be kept here; the operator of this node acts.
    #[error("the page cannot be kept: {0}")]
    Keep(String),
}

/// A page that came.
#[derive(Clone, Copy, Debug)]
pub struct Page<'p> {
    /// Objects as they were sent.
    pub objects: &'p [Object],
    /// What is none.
    pub refused: &'p [Refused],
}

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// Pages.
    pub pages: u32,
    /// Objects that came, some of them again.
    pub objects: u64,
    /// What was no object.
    pub refused: u64,
    /// Whether the partner has more, which the next run goes on with.
    pub more: bool,
}

/// Who keeps what comes.
pub trait Keeper {
    /// Keeps a page.
    ///
    /// # Errors
    /// Why not; the run ends.
    fn keep(&mut self, page: Page<'_>) -> Result<(), String>;

    /// Keeps the cursor, which stands behind the page that was kept before.
    ///
    /// # Errors
    /// Why not; the run ends, and the page comes again.
    fn mark(&mut self, cursor: &Cursor) -> Result<(), String>;

    /// Waits so many seconds.
    fn wait(&mut self, seconds: u64);
}

/// Polls until nothing is left, or the run has had its share.
///
/// # Errors
/// [`RunError`].
pub fn run(
    agent: &Agent,
    source: &Source,
    poll: &mut Poll,
    keeper: &mut dyn Keeper,
) -> Result<Ran, RunError> {
    let (mut ran, mut waits) = (Ran::default(), 0);
    loop {
        let query = match poll.ask() {
            Ask::Get(query) => query,
            Ask::Done => return Ok(ran),
            Ask::Later => return Ok(Ran { more: true, ..ran }),
        };
        match ask(agent, source, &query, poll)? {
            Heard::Page { objects, refused } => {
                let page = Page {
                    objects: &objects,
                    refused: &refused,
                };
                keeper.keep(page).map_err(RunError::Keep)?;
                poll.kept();
                keeper.mark(poll.cursor()).map_err(RunError::Keep)?;
                ran.pages += 1;
                ran.objects += objects.len() as u64;
                ran.refused += refused.len() as u64;
            }
            Heard::Again => {}
            Heard::Wait(_) if waits >= WAITS_MAX => return Err(RunError::Busy),
            Heard::Wait(seconds) => {
                waits += 1;
                keeper.wait(seconds);
            }
        }
    }
}

fn ask(agent: &Agent, source: &Source, query: &str, poll: &mut Poll) -> Result<Heard, RunError> {
    // Brackets may not stand in an address as they are (RFC 3986 section 3.4).
    let query = query.replace('[', "%5B").replace(']', "%5D");
    let url = format!("{}objects/?{query}", source.collection);
    let mut request = agent.get(url).header("accept", MEDIA_TYPE);
    if let Some(authorization) = &source.authorization {
        request = request.header("authorization", authorization);
    }
    let answer = request.call().map_err(|e| RunError::Wire(Box::new(e)))?;
    let (parts, body) = answer.into_parts();
    let mut bytes = Vec::new();
    let most = BODY_BYTES_MAX as u64 + 1;
    let mut reader = body.into_reader().take(most);
    reader.read_to_end(&mut bytes).map_err(RunError::Body)?;
    let text = |name: &str| parts.headers.get(name).and_then(|v| v.to_str().ok());
    Ok(poll.hear(&Answer {
        status: parts.status.as_u16(),
        content_type: text("content-type"),
        last: text("x-taxii-date-added-last"),
        retry_after: text("retry-after"),
        body: &bytes,
    })?)
}
