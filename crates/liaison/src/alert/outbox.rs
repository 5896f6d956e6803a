//! Messages that wait. In: letters, a transport, a clock, random numbers. Out: each letter tried until it arrives or is too old, and what came of it. Never: a letter that is
//! lost when the process dies, at whatever step; a letter that goes out under two names.
//!
//! Every step of [`Outbox`] is a version of the letter's paper, written before the act that follows it. Two workers do not try one letter at a time: the store takes one of
//! their versions. Who died while trying is found out when the attempt's time is over; the letter goes out again under its name, by which the receiver knows it.

use super::Timing;
use super::ways::{SecretKey, ways};
use crate::asset::Act;
use crate::error::LiaisonError;
use crate::paper::{self, Document, Written};
use sakimori_custody::time::Seconds;
use sakimori_exchange::alert::{BODY_BYTES_MAX, Failure, Outbox, OutboxState, SignedHeaders, sign};
use sakimori_store::{Change, Papers, Store, StoreError, View};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Longest word of a receiver that is kept, characters.
const WHY_CHARS_MAX: usize = 300;

/// By which way a letter goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// HTTPS, signed.
    Webhook,
    /// Mail.
    Mail,
}

/// A letter that is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Its name, the same for every attempt.
    pub id: String,
    /// By which way.
    pub channel: Channel,
    /// Where it goes.
    pub to: String,
    /// Its subject, of a mail.
    pub subject: String,
    /// What it says.
    pub body: String,
    /// The headers of a webhook.
    pub headers: Option<SignedHeaders>,
}

impl Letter {
    pub(super) fn webhook(id: &str, to: &str, body: String) -> Self {
        Self {
            id: id.to_owned(),
            channel: Channel::Webhook,
            to: to.to_owned(),
            subject: String::new(),
            body,
            headers: None,
        }
    }

    pub(crate) fn mail(id: &str, to: &str, subject: String, body: String) -> Self {
        Self {
            id: id.to_owned(),
            channel: Channel::Mail,
            to: to.to_owned(),
            subject,
            body,
            headers: None,
        }
    }
}

/// A letter as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// By which way.
    pub channel: Channel,
    /// Where it goes.
    pub to: String,
    /// Its subject, of a mail.
    pub subject: String,
    /// What it says.
    pub body: String,
    /// When it was put in.
    pub made: u64,
    /// Attempts so far.
    pub attempts: u32,
    /// The time of its state: from when it is due, until when somebody tries, when it arrived or was given up.
    pub time: u64,
    /// What the last attempt said, where it failed.
    pub why: String,
}

impl Document for Message {
    const KIND: &'static str = "alert-message";
}

const WAITING: &str = "waiting";
const TRYING: &str = "trying";
const DELIVERED: &str = "delivered";
const GIVEN_UP: &str = "given-up";

/// Sends letters. It is handed in: this room has no socket.
pub trait Transport: Sync {
    /// Sends one letter and waits until its receiver has taken it.
    ///
    /// # Errors
    /// [`Failure`]: whether another attempt may help.
    fn send(&self, letter: &Letter) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// What a round of work did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Letters that arrived.
    pub delivered: u64,
    /// Letters that are tried again later.
    pub later: u64,
    /// Letters that were given up.
    pub given_up: u64,
}

/// The change that puts a letter in.
pub(crate) fn message(act: &Act<'_>, letter: Letter) -> Result<Change, LiaisonError> {
    if letter.body.len() > BODY_BYTES_MAX {
        return Err(LiaisonError::Refused {
            field: format!("message `{}`", letter.id),
            rule: format!("is longer than {BODY_BYTES_MAX} bytes"),
        });
    }
    let said = Message {
        channel: letter.channel,
        to: letter.to,
        subject: letter.subject,
        body: letter.body,
        made: act.at.0,
        attempts: 0,
        time: act.at.0,
        why: String::new(),
    };
    paper::first(
        act.owner,
        &letter.id,
        &said,
        act.standing(WAITING, Some(act.at.0)),
    )
}

/// The rules' message of a paper.
fn ruled(kept: &Written<Message>) -> sakimori_exchange::alert::Message {
    let said = &kept.said;
    let time = Seconds(said.time);
    sakimori_exchange::alert::Message {
        id: kept.id.clone(),
        to: said.to.clone(),
        body: said.body.clone().into_bytes(),
        made: Seconds(said.made),
        attempts: said.attempts,
        state: match kept.state.as_str() {
            TRYING => OutboxState::Trying { until: time },
            DELIVERED => OutboxState::Delivered { at: time },
            GIVEN_UP => OutboxState::GivenUp {
                at: time,
                why: said.why.clone(),
            },
            _ => OutboxState::Waiting { due: time },
        },
    }
}

/// Writes what the rules made of a letter; the letter as it stands then. Nothing where another worker was faster.
async fn write(
    store: &(impl Store + ?Sized),
    kept: &Written<Message>,
    outbox: &Outbox,
    (by, at, why): (&str, Seconds, &str),
) -> Result<Option<Written<Message>>, LiaisonError> {
    let Some(ruled) = outbox.messages().next() else {
        return Ok(None);
    };
    let (state, time, due) = match &ruled.state {
        OutboxState::Waiting { due } => (WAITING, *due, Some(due.0)),
        OutboxState::Trying { until } => (TRYING, *until, Some(until.0)),
        OutboxState::Delivered { at } => (DELIVERED, *at, None),
        OutboxState::GivenUp { at, .. } => (GIVEN_UP, *at, None),
    };
    let said = Message {
        attempts: ruled.attempts,
        time: time.0,
        why: why.chars().take(WHY_CHARS_MAX).collect(),
        ..kept.said.clone()
    };
    let act = Act {
        owner: &kept.owner,
        by,
        at,
    };
    let change = kept.next(&said, act.standing(state, due))?;
    match store.apply(&[change]).await {
        Err(StoreError::Stale { .. }) => Ok(None),
        Err(e) => Err(e.into()),
        Ok(()) => Ok(Some(Written {
            version: kept.version + 1,
            state: state.to_owned(),
            due,
            said,
            ..kept.clone()
        })),
    }
}

/// One round: every letter that is due is tried once, the most urgent first, at most 100. A receiver that does not answer is not tried for its other letters in the same round,
/// so that it holds up nobody else.
///
/// # Errors
/// What the store says; a letter that was being tried then is due again when its attempt's time is over.
pub async fn work(
    store: &(impl Store + ?Sized),
    (by, key): (&str, &SecretKey),
    (clock, random): (&(impl Fn() -> Seconds + Sync), &(impl Fn() -> u32 + Sync)),
    timing: &Timing,
    transport: &impl Transport,
) -> Result<Sent, LiaisonError> {
    let mut sent = Sent::default();
    let mut silent: BTreeSet<String> = BTreeSet::new();
    for kept in store.due(View::All, Message::KIND, clock().0).await? {
        let kept: Written<Message> = paper::read(kept)?;
        if silent.contains(&kept.said.to) {
            continue;
        }
        let mut outbox = Outbox::restored([ruled(&kept)]);
        let now = clock();
        let Some(due) = outbox.take(now, timing.retry) else {
            continue;
        };
        let Some(kept) = write(store, &kept, &outbox, (by, now, &kept.said.why)).await? else {
            continue;
        };
        let outcome = match letter(store, &kept, key, clock()).await? {
            Ok(letter) => transport.send(&letter).await,
            Err(why) => Err(Failure::Never(why)),
        };
        let now = clock();
        let mut said = String::new();
        let done = match outcome {
            Ok(()) => outbox.delivered(&kept.id, now),
            Err(failure) => {
                silent.insert(kept.said.to.clone());
                let (Failure::Later(why) | Failure::Never(why)) = &failure;
                said.clone_from(why);
                let which = (kept.id.as_str(), due.attempt);
                outbox.failed(which, failure, now, timing.retry, random())
            }
        };
        // The message is in this outbox: it was put there above.
        let _ = done;
        let Some(kept) = write(store, &kept, &outbox, (by, now, &said)).await? else {
            continue;
        };
        match kept.state.as_str() {
            DELIVERED => sent.delivered += 1,
            GIVEN_UP => sent.given_up += 1,
            _ => sent.later += 1,
        }
    }
    Ok(sent)
}

/// The letter of a paper, signed where it goes by webhook.
async fn letter(
    store: &(impl Papers + ?Sized),
    kept: &Written<Message>,
    key: &SecretKey,
    now: Seconds,
) -> Result<Result<Letter, String>, LiaisonError> {
    let said = &kept.said;
    let mut letter = Letter {
        id: kept.id.clone(),
        channel: said.channel,
        to: said.to.clone(),
        subject: said.subject.clone(),
        body: said.body.clone(),
        headers: None,
    };
    if said.channel == Channel::Webhook {
        // The secret is that of the address as it is set now: one that was changed gets nothing under the old secret.
        let ways = ways(store, &kept.owner).await?;
        let hook = ways.and_then(|ways| ways.said.webhook);
        let Some(hook) = hook.filter(|hook| hook.url == said.to) else {
            return Ok(Err(
                "the operator has another webhook now, or none".to_owned()
            ));
        };
        let secret = key.secret(&kept.owner, hook.secret_number);
        match sign(&secret, &kept.id, now, said.body.as_bytes()) {
            Ok(headers) => letter.headers = Some(headers),
            Err(e) => return Ok(Err(e.to_string())),
        }
    }
    Ok(Ok(letter))
}

/// How many letters stand in each state, in a view.
///
/// # Errors
/// What the store says.
pub async fn waiting(
    store: &(impl Papers + ?Sized),
    view: View<'_>,
) -> Result<Vec<(String, u64)>, LiaisonError> {
    Ok(store.states(view, Message::KIND).await?)
}
