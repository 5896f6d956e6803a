//! What an office's node does for measures beside its rounds, at its own pace. In: names of measures, the protected lists. Out: names looked up anew; the newest lists at actuators whose owners take them. Never: a round that waits for a resolver, or
//! for an actuator that reads a long bundle.

use super::rounds::{line, open, told};
use crate::app::Shared;
use crate::limits::{LISTS_ROUND, NAMES_ROUND};
use crate::problem::Answer;
use std::time::Duration;
use tokio::time::MissedTickBehavior;

/// Never ends by itself.
pub(super) async fn rounds(app: &Shared) {
    tokio::join!(
        again(app, NAMES_ROUND, true),
        again(app, LISTS_ROUND, false)
    );
}

async fn again(app: &Shared, every: Duration, names: bool) {
    let mut tick = tokio::time::interval(every);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let done = if names {
            look(app).await
        } else {
            bring(app).await
        };
        if let Err(problem) = done {
            told(app, "", "trouble", &line(&problem)).await;
        }
    }
}

/// Brings the newest lists to actuators, where any are in use.
async fn bring(app: &Shared) -> Answer<()> {
    match open(app).await? {
        Some(room) if room.protected().is_ok() => room.bring_lists().await.map(|_| ()),
        _ => Ok(()),
    }
}

/// Names of measures that are before the commission, or decided, are looked up anew. Where one that is decided leads elsewhere since, a person is called, once; nothing is taken back: whoever has the name says where it leads.
async fn look(app: &Shared) -> Answer<()> {
    let Some(room) = open(app).await? else {
        return Ok(());
    };
    if room.protected().is_err() {
        return Ok(());
    }
    let all = room.names_of_now(NAMES_ROUND.as_secs() / 2).await?;
    for one in all.iter().filter(|one| one.state().stage().is_decided()) {
        let id = one.state().plan().id.to_string();
        for words in room.looks(one).await? {
            told(app, &id, "caution", &words).await;
        }
    }
    Ok(())
}
