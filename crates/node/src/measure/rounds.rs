//! The rounds of measures at a running office. In: the office's store, folder and book, again and again. Out: what is due, done; people told; notices that are owed, drafted and sent. Never: a round that ends the node; a revocation that waits
//! for the protected lists.
//!
//! 1. Changed authority folders go to the actuators first.
//! 2. `Room::due` does the rest, without protected lists what ends alone. Beside it what is in force is looked at, each measure at the pace of its goals; what was read is judged, and ends what it ends.
//! 3. Whom that names is told: once for each page, duty and trouble.

use super::desk::Settings;
use super::notice::{Post, draft_owed, send_notice};
use super::{LISTS_NOTE, Room, Stepped, Told};
use crate::app::Shared;
use crate::limits::MEASURE_ROUND;
use crate::part::{Part, Role};
use crate::problem::{Answer, Problem};
use sakimori_custody::ids::hex;
use sakimori_liaison::measure::{Held, any, kept_evidence, lives, post};
use sakimori_respond::plan::life::{Duty, Event, To};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::MissedTickBehavior;

/// Never ends by itself. Looks at what is in force go beside the rounds: an actuator that does not answer holds up no end.
pub(crate) async fn rounds(app: Shared) {
    if app.role == Role::Office {
        tokio::join!(
            again(&app, MEASURE_ROUND, true),
            again(&app, MEASURE_ROUND, false),
            super::beside::rounds(&app)
        );
    }
}

/// Does a round, or a look, again and again. What keeps it waiting is told once.
async fn again(app: &Shared, every: Duration, whole: bool) {
    let mut tick = tokio::time::interval(every);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut before = String::new();
    loop {
        tick.tick().await;
        let done = if whole {
            add(&app.measures.rounds, 1);
            round(app).await
        } else {
            look(app).await
        };
        let Err(problem) = done else {
            before.clear();
            continue;
        };
        add(&app.measures.failed, 1);
        let now = line(&problem);
        if now != before {
            tracing::warn!(cause = now, "measures wait");
            let words = format!("measures wait: {now}");
            told(app, "", "trouble", &words).await;
        }
        before = now;
    }
}

/// The room of now; none where no protected lists are in use and no measure is there that could end.
pub(super) async fn open(app: &Shared) -> Answer<Option<Room>> {
    let Part::Office(office) = &app.part else {
        return Ok(None);
    };
    let in_use = app.folder.join(LISTS_NOTE).exists();
    if !in_use && !any(&*app.store).await.map_err(|e| super::kept(&e))? {
        return Ok(None);
    }
    let (node, host, store) = (
        office.node().clone(),
        app.host.clone(),
        Arc::clone(&app.store),
    );
    let room = app
        .blocking(move |app| Room::beside(&app.measures, &node, &host, store, app.folder.clone()));
    Ok(Some(room.await?))
}

/// What is due of evidence, then a look: what fails of the one keeps the other not waiting.
async fn look(app: &Shared) -> Answer<()> {
    let erased = erase(app).await;
    let looked = watch(app).await;
    erased.and(looked)
}

async fn erase(app: &Shared) -> Answer<()> {
    let pieces = kept_evidence(&*app.store).await;
    if !pieces.map_err(|e| super::kept(&e))?.is_empty()
        && let Some(room) = open(app).await?
    {
        room.erase_due("node").await?;
    }
    Ok(())
}

async fn watch(app: &Shared) -> Answer<()> {
    // A room reads the log: where nothing is decided there is nothing to look at.
    let (all, _) = lives(&*app.store).await.map_err(|e| super::kept(&e))?;
    if !all.iter().any(|one| one.state().stage().is_decided()) {
        return Ok(());
    }
    let Some(room) = open(app).await? else {
        return Ok(());
    };
    let looked = room.look_at_all("node", true).await;
    let learned = room.learn_features("node").await;
    let said = of_now(app).await?;
    for stepped in room.read_and_judged().await? {
        // As in a round: what cannot be told of one keeps no other waiting.
        if let Err(problem) = follow(app, &room, &said, &stepped).await {
            let id = stepped.held.state().plan().id.to_string();
            told(app, &id, "trouble", &line(&problem)).await;
        }
    }
    looked.and(learned)
}

fn add(count: &AtomicU64, more: u64) {
    count.fetch_add(more, Ordering::Relaxed);
}

pub(super) fn line(problem: &Problem) -> String {
    let cause = problem.cause.as_deref().unwrap_or_default();
    let line = format!("{} {} {cause}", problem.code.word(), problem.detail);
    line.trim_end().to_owned()
}

async fn round(app: &Shared) -> Answer<()> {
    let Part::Office(office) = &app.part else {
        return Ok(());
    };
    let node = office.node();
    let now = app.host.seconds();
    // What cannot be brought keeps nothing else waiting.
    let brought = app.measures.brought.clone();
    match brought.bring(&*app.store, node, &app.folder, now).await {
        Ok((given, trouble)) => {
            add(&app.measures.given, given as u64);
            if given > 0 {
                tracing::info!(given, "approvals were brought to actuators");
            }
            for words in trouble {
                told(app, "", "trouble", &words).await;
            }
        }
        Err(problem) => told(app, "", "trouble", &line(&problem)).await,
    }
    let Some(room) = open(app).await? else {
        return Ok(());
    };
    if let Err(problem) = room.protected() {
        let words = format!("nothing new begins: {}", line(&problem));
        told(app, "", "trouble", &words).await;
    }
    let said = of_now(app).await?;
    let came = room.due().await?;
    for words in &came.trouble {
        told(app, "", "trouble", words).await;
    }
    for stepped in came.steps {
        // A notice that cannot be drafted keeps no other measure waiting.
        if let Err(problem) = follow(app, &room, &said, &stepped).await {
            let id = stepped.held.state().plan().id.to_string();
            told(app, &id, "trouble", &line(&problem)).await;
        }
    }
    Ok(())
}

/// The settings of now, or those that could be read last.
pub(crate) async fn of_now(app: &Shared) -> Answer<Settings> {
    let now = app.host.seconds();
    app.blocking(move |app| Ok(app.measures.settings(&app.folder, now)))
        .await
}

/// Tells whom a step names, and keeps what came of it in the node's own log.
pub(crate) async fn follow(
    app: &Shared,
    room: &Room,
    said: &Settings,
    stepped: &Stepped,
) -> Answer<()> {
    let held = &stepped.held;
    let id = held.state().plan().id.to_string();
    if !stepped.records.is_empty() {
        let stage = held.state().stage().name();
        tracing::info!(
            measure = id,
            stage,
            records = stepped.records.len(),
            "a measure went on"
        );
    }
    for one in &stepped.told {
        match one {
            Told::Page(words) => {
                add(&app.measures.paged, 1);
                told(app, &id, "page", words).await;
            }
            Told::Trouble(words) => told(app, &id, "trouble", words).await,
            Told::Escalate(duty, to) => late(app, said, held, (duty, *to)).await,
            Told::Notice(duty) => {
                if let Err(problem) = owed(app, room, said, held, duty).await {
                    let words = format!("{duty}: {}", line(&problem));
                    told(app, &id, "trouble", &words).await;
                }
            }
        }
    }
    room.was_told(stepped).await
}

/// Notes an alarm and, where it is a new one, writes to whoever is set for it.
pub(super) async fn told(app: &Shared, measure: &str, kind: &str, words: &str) {
    let now = app.host.seconds();
    if !app.measures.alarm(now, measure, kind, words) {
        return;
    }
    tracing::warn!(measure, kind, words, "somebody is told");
    let line = format!("{kind}: {words}");
    let recorded = app.audit("node", "alarm", measure, &line).await;
    if let Err(problem) = recorded {
        tracing::error!(cause = problem.cause, "an alarm is not on record");
    }
    let said = match of_now(app).await {
        Ok(said) => said,
        Err(problem) => {
            tracing::error!(cause = problem.cause, "nobody is written to");
            return;
        }
    };
    let to = if matches!(kind, "page" | "caution") {
        &said.pages
    } else {
        &said.trouble
    };
    let subject = format!("Sakimori {kind}: measure {measure}");
    let name = format!("{kind} {measure} {now} {words}");
    write(app, to, &name, (&subject, words)).await;
}

/// A duty that is late, to whoever is next: once for each step.
async fn late(app: &Shared, said: &Settings, held: &Held, (duty, to): (&Duty, To)) {
    let (who, to) = match to {
        To::Superior => ("the superior", &said.superior),
        To::Head => ("the head of the office", &said.head),
        To::Commission => ("the commission", &said.commission),
    };
    let id = held.state().plan().id.to_string();
    let words = format!("{duty} is late; goes to {who}");
    let new = app.measures.alarm(app.host.seconds(), &id, "late", &words);
    if new {
        tracing::warn!(measure = id, words, "a duty is late");
        let subject = format!("Sakimori: late: {duty}, measure {id}");
        // The name has no time: after a start the same step is no second letter.
        write(app, to, &format!("late {id} {words}"), (&subject, &words)).await;
    }
}

async fn write(app: &Shared, to: &[String], name: &str, (subject, words): (&str, &str)) {
    for address in to {
        let hash = Sha256::digest(format!("{name} {address}"));
        let name = format!("measure-{}", hex(hash.get(..16).unwrap_or_default()));
        let body = format!("{words}\n\n{}\n", app.host.seconds());
        let now = app.host.seconds();
        let put = post(&*app.store, &name, address, (subject, &body), now).await;
        if let Err(e) = put {
            tracing::error!(cause = %e, "a letter was not put in");
        }
    }
}

/// A notice that is owed is drafted once. Where an address is set for whom it is owed to it is sent, and only then the duty is done; else a person sends it.
async fn owed(app: &Shared, room: &Room, said: &Settings, held: &Held, duty: &Duty) -> Answer<()> {
    let id = held.state().plan().id;
    let drafted = draft_owed(&*app.store, &app.host, said, held, duty).await?;
    if drafted.said.to.is_empty() {
        let words = format!("{duty} is owed, and no address is set; {}", drafted.id);
        told(app, &id.to_string(), "owed", &words).await;
        return Ok(());
    }
    if drafted.state == "drafted" {
        let post = app.blocking(|app| Post::open(&app.folder)).await?;
        let Ok(reference) = drafted.id.parse() else {
            return Ok(());
        };
        let sent = send_notice(&*app.store, &post, reference, None, &app.host, "node").await;
        if let Err(problem) = sent {
            let words = format!("{duty} does not leave: {}", line(&problem));
            told(app, &id.to_string(), "trouble", &words).await;
            return Ok(());
        }
        tracing::info!(measure = %id, notice = drafted.id, "a notice was sent");
    }
    let event = Event::Told { duty: duty.clone() };
    room.step(id, &event, "node").await?;
    Ok(())
}
