//! A feed becomes alerts. In: a feed's bytes, the reader's grade, registrations. Out: alerts of those whose things it names, messages that wait for them. Never: a feed that
//! counts twice, also where the process dies in the middle of it and the feed is brought again.

use super::Timing;
use super::feed::{FeedForm, sightings};
use super::outbox::{Letter, message};
use super::record::{AlertPaper, TRIES_MAX, ThreadPaper, alert, id_of};
use super::registration::register;
use super::ways::{Ways, ways};
use crate::asset::Act;
use crate::error::LiaisonError;
use crate::paper::{self, Document, Written};
use crate::warned::Warned;
use sakimori_custody::ids::hex;
use sakimori_custody::time::Seconds;
use sakimori_exchange::alert::{Again, Alert, Match, Register};
use sakimori_exchange::feed::{Grade, Sighting};
use sakimori_exchange::list::What;
use sakimori_store::{Change, Store, StoreError};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// A feed as it was brought.
#[derive(Clone, Copy, Debug)]
pub struct Feed<'a> {
    /// The file's name.
    pub name: &'a str,
    /// Its form.
    pub form: FeedForm,
    /// The reader's grade of who sent it.
    pub grade: Grade,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// What a feed gave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intake {
    /// Sightings in it.
    pub sightings: u64,
    /// Sightings that name a registered thing, counted once for each owner.
    pub matched: u64,
    /// Alerts that it opened.
    pub opened: u64,
    /// Sightings of what was known: nobody is told again.
    pub again: u64,
    /// Sightings that an answer keeps silent.
    pub muted: u64,
    /// Whether the same feed was taken before; nothing was counted again then.
    pub before: bool,
}

/// A feed that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeedPaper {
    /// The file's name.
    pub name: String,
    /// Its form.
    pub form: String,
    /// The reader's grade.
    pub grade: String,
    /// What it gave; of a feed that was brought again after a fall, what was left of it then.
    pub intake: Intake,
}

impl Document for FeedPaper {
    const KIND: &'static str = "feed";
}

/// Sightings of one feed that belong to one alert.
struct Group<'s> {
    owner: String,
    key: [u8; 32],
    asset: What,
    registration: u64,
    sightings: Vec<&'s Sighting>,
}

/// Takes a feed; `act.owner` is the office. All of a feed is read before anything is written, and each alert is written with the messages that it makes in one transaction.
/// A feed that was cut off by a fall is brought again, and goes on where it stopped.
///
/// # Errors
/// [`LiaisonError::Refused`] where the feed cannot be read: nothing of it is taken; what the store says.
pub async fn take(
    store: &(impl Store + ?Sized),
    act: Act<'_>,
    feed: Feed<'_>,
    timing: &Timing,
) -> Result<Intake, LiaisonError> {
    taken(store, act, feed, timing, (None, &Warned::default())).await
}

/// As [`take`], at a node with warning lists: an alert about something that a list names is marked with the reason, and made all the same.
///
/// # Errors
/// As [`take`].
pub async fn take_warned(
    store: &(impl Store + ?Sized),
    act: Act<'_>,
    feed: Feed<'_>,
    timing: &Timing,
    warned: &Warned,
) -> Result<Intake, LiaisonError> {
    taken(store, act, feed, timing, (None, warned)).await
}

/// As [`take`], for these owners alone: a sighting that the release gate let go for one is none of another's.
///
/// # Errors
/// As [`take`].
pub async fn take_for(
    store: &(impl Store + ?Sized),
    act: Act<'_>,
    feed: Feed<'_>,
    timing: &Timing,
    owners: &BTreeSet<String>,
) -> Result<Intake, LiaisonError> {
    taken(store, act, feed, timing, (Some(owners), &Warned::default())).await
}

async fn taken(
    store: &(impl Store + ?Sized),
    act: Act<'_>,
    feed: Feed<'_>,
    timing: &Timing,
    (owners, warned): (Option<&BTreeSet<String>>, &Warned),
) -> Result<Intake, LiaisonError> {
    let id = feed_id(&feed);
    let kept = store.paper(act.owner, FeedPaper::KIND, &id).await?;
    let kept = kept.map(paper::read::<FeedPaper>).transpose()?;
    if let Some(kept) = kept.as_ref().filter(|kept| kept.state == "taken") {
        return Ok(Intake {
            before: true,
            ..kept.said.intake.clone()
        });
    }
    let sightings = sightings((feed.name, feed.form), feed.bytes, feed.grade, act.at)?;
    let register = register(store).await?;
    let mut intake = Intake {
        sightings: sightings.len() as u64,
        ..Intake::default()
    };
    let mut groups = grouped(&sightings, &register, act.at, &mut intake);
    if let Some(owners) = owners {
        groups.retain(|group| owners.contains(&group.owner));
        let left = groups.iter().map(|group| group.sightings.len() as u64);
        intake.matched = left.sum();
    }
    let unverified = !feed.form.is_verified();
    let mut paper = FeedPaper {
        name: feed.name.chars().take(200).collect(),
        form: feed.form.word().to_owned(),
        grade: feed.grade.to_string(),
        intake: intake.clone(),
    };
    let kept = match kept {
        Some(kept) => kept,
        None => begun(store, &act, &id, &paper).await?,
    };
    let mut known: BTreeMap<String, Option<Ways>> = BTreeMap::new();
    for group in groups {
        if !known.contains_key(&group.owner) {
            let own = ways(store, &group.owner).await?;
            known.insert(group.owner.clone(), own.map(|own| own.said));
        }
        let own = known.get(&group.owner).and_then(Option::as_ref);
        let from = From {
            feed: &id,
            unverified,
            own,
            timing,
            warned,
        };
        written(store, &act, group, from, &mut intake).await?;
    }
    paper.intake = intake.clone();
    let changes = [
        kept.next(&paper, act.standing("taken", None))?,
        act.audit(
            "take-feed",
            &paper.name,
            format!("{} alerts opened", intake.opened),
        ),
    ];
    store.apply(&changes).await?;
    Ok(intake)
}

/// Sightings by the alert that they belong to.
fn grouped<'s>(
    sightings: &'s [Sighting],
    register: &Register,
    now: Seconds,
    intake: &mut Intake,
) -> Vec<Group<'s>> {
    let mut groups: BTreeMap<(String, [u8; 32]), Group<'s>> = BTreeMap::new();
    for sighting in sightings {
        for found in register.matches(sighting, now) {
            intake.matched += 1;
            let key = Alert::key(found.owner, sighting);
            let group = groups
                .entry((found.owner.to_owned(), key))
                .or_insert_with(|| Group {
                    owner: found.owner.to_owned(),
                    key,
                    asset: found.asset.clone(),
                    registration: found.registration,
                    sightings: Vec::new(),
                });
            group.sightings.push(sighting);
        }
    }
    groups.into_values().collect()
}

fn feed_id(feed: &Feed<'_>) -> String {
    let mut hash = Sha256::new();
    hash.update(feed.form.word());
    hash.update([0]);
    hash.update(feed.bytes);
    hex(&<[u8; 32]>::from(hash.finalize()))
}

async fn begun(
    store: &(impl Store + ?Sized),
    act: &Act<'_>,
    id: &str,
    paper: &FeedPaper,
) -> Result<Written<FeedPaper>, LiaisonError> {
    let first = paper::first(act.owner, id, paper, act.standing("taking", None))?;
    store.apply(&[first]).await?;
    paper::newest(store, act.owner, id).await
}

/// What an alert is written from.
#[derive(Clone, Copy)]
struct From<'a> {
    feed: &'a str,
    unverified: bool,
    own: Option<&'a Ways>,
    timing: &'a Timing,
    warned: &'a Warned,
}

/// Writes what a group of sightings makes of its alert, with the messages about it.
async fn written(
    store: &(impl Store + ?Sized),
    act: &Act<'_>,
    mut group: Group<'_>,
    from: From<'_>,
    intake: &mut Intake,
) -> Result<(), LiaisonError> {
    group.sightings.sort_by_key(|sighting| sighting.when);
    let thread_id = hex(&group.key);
    let act = Act {
        owner: &group.owner,
        ..*act
    };
    let mut tries = 0;
    loop {
        let thread = store
            .paper(&group.owner, ThreadPaper::KIND, &thread_id)
            .await?;
        let thread = thread.map(paper::read::<ThreadPaper>).transpose()?;
        let open = match &thread {
            Some(thread) => {
                Some(paper::newest::<AlertPaper>(store, &group.owner, &thread.said.alert).await?)
            }
            None => None,
        };
        if open
            .as_ref()
            .is_some_and(|open| open.said.feeds.iter().any(|feed| feed == from.feed))
        {
            // Written before a fall.
            return Ok(());
        }
        let (changes, counted) = changes(&act, &group, thread.as_ref(), open, from)?;
        tries += 1;
        match store.apply(&changes).await {
            // An answer came between: it counts first.
            Err(StoreError::Stale { .. }) if tries < TRIES_MAX => {}
            Err(e) => return Err(e.into()),
            Ok(()) => {
                intake.opened += counted.opened;
                intake.again += counted.again;
                intake.muted += counted.muted;
                return Ok(());
            }
        }
    }
}

/// An alert that a feed touched.
struct Touched {
    alert: Alert,
    known: Option<Written<AlertPaper>>,
}

/// Folds sightings into alerts: the one that is open, and those that the sightings open behind it.
fn folded(
    group: &Group<'_>,
    open: Option<Written<AlertPaper>>,
    timing: &Timing,
) -> Result<(Vec<Touched>, Intake), LiaisonError> {
    let of = Match {
        registration: group.registration,
        owner: &group.owner,
        asset: &group.asset,
    };
    let mut counted = Intake::default();
    let mut touched: Vec<Touched> = Vec::new();
    if let Some(known) = open {
        touched.push(Touched {
            alert: alert(&known)?,
            known: Some(known),
        });
    }
    for sighting in &group.sightings {
        let again = match touched.last_mut() {
            Some(last) => last.alert.again(sighting, timing.windows),
            None => Again::New,
        };
        match again {
            Again::Same => counted.again += 1,
            Again::Muted => counted.muted += 1,
            // BOUND: a feed that opens one thing anew so often is not a day's; the rest of it counts as seen.
            Again::New if counted.opened == ALERTS_OF_ONE_MAX => counted.again += 1,
            Again::New => {
                counted.opened += 1;
                touched.push(Touched {
                    alert: Alert::open(&of, sighting),
                    known: None,
                });
            }
        }
    }
    Ok((touched, counted))
}

fn changes(
    act: &Act<'_>,
    group: &Group<'_>,
    thread: Option<&Written<ThreadPaper>>,
    open: Option<Written<AlertPaper>>,
    from: From<'_>,
) -> Result<(Vec<Change>, Intake), LiaisonError> {
    let unverified = from.unverified || open.as_ref().is_some_and(|open| open.said.unverified);
    let (touched, counted) = folded(group, open, from.timing)?;
    let mut changes = Vec::new();
    let mut last = None;
    for Touched { alert, known } in touched {
        let id = id_of(&alert);
        let before = known.as_ref().map(|known| known.said.feeds.as_slice());
        let said = AlertPaper {
            warnings: from.warned.marks(&alert.what),
            ..AlertPaper::of(&alert, feeds(before, from.feed), unverified)
        };
        let standing = act.standing(said.state(), None);
        if let Some(known) = known {
            changes.push(known.next(&said, standing)?);
        } else {
            changes.push(paper::first(act.owner, &id, &said, standing)?);
            changes.extend(told(act, &id, &said, from.own)?);
        }
        last = Some(id);
    }
    let changed = thread.map(|thread| thread.said.alert.as_str()) != last.as_deref();
    if let (Some(alert), true) = (last, changed) {
        let said = ThreadPaper { alert };
        let standing = act.standing("open", None);
        changes.push(match thread {
            Some(thread) => thread.next(&said, standing)?,
            None => paper::first(act.owner, &hex(&group.key), &said, standing)?,
        });
    }
    Ok((changes, counted))
}

/// The feeds that an alert was written from, with one more; the oldest go.
fn feeds(before: Option<&[String]>, feed: &str) -> Vec<String> {
    let before = before.unwrap_or_default();
    let kept = before
        .iter()
        .skip((before.len() + 1).saturating_sub(FEEDS_MAX));
    kept.cloned().chain([feed.to_owned()]).collect()
}

/// The message about a new alert, where its owner is told by webhook.
fn told(
    act: &Act<'_>,
    id: &str,
    said: &AlertPaper,
    own: Option<&Ways>,
) -> Result<Option<Change>, LiaisonError> {
    let Some(hook) = own.and_then(|own| own.webhook.as_ref()) else {
        return Ok(None);
    };
    let body = serde_json::json!({ "type": "alert", "alert": said.shown(id) }).to_string();
    let letter = Letter::webhook(&format!("alert-{id}"), &hook.url, body);
    message(act, letter).map(Some)
}

/// Feeds that an alert remembers: so many may be open at a time after falls.
const FEEDS_MAX: usize = 8;
/// Most alerts that one feed opens about one thing.
const ALERTS_OF_ONE_MAX: u64 = 64;
