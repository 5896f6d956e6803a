//! The newest protected lists at actuators whose owners take them from the office. In: the bundle in use, the register. Out: the bundle, brought once to each; what each says. Never: an older bundle; a bundle that is brought again to an actuator
//! that said no to it.

use super::actuator::Wire;
use super::{LISTS_FILE, LISTS_NOTE, kept, lists_of};
use crate::app::Shared;
use crate::part::Part;
use crate::problem::{Answer, Code, Problem};
use base64::Engine;
use sakimori_control::error::told;
use sakimori_control::files;
use sakimori_custody::ids::hex;
use sakimori_liaison::measure::register;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::JoinSet;
use utoipa::ToSchema;

/// What an actuator says of the lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Standing {
    /// Of which version.
    pub(crate) version: u64,
    /// `taken`; `refused`, which is not tried again; `waits`, which is.
    pub(crate) state: &'static str,
    /// Its words.
    pub(crate) words: String,
}

/// What each actuator said last.
#[derive(Default)]
pub(crate) struct Spread(Mutex<BTreeMap<String, Standing>>);

/// Its answer to the question which lists it uses.
#[derive(Deserialize)]
struct Uses {
    version: Option<u64>,
    sha256: Option<String>,
}

/// A bundle, ready to be brought.
struct Ready {
    version: u64,
    sha256: String,
    body: String,
}

fn ready(app: &crate::app::App) -> Answer<Option<Ready>> {
    let Part::Office(office) = &app.part else {
        return Ok(None);
    };
    let (note, file) = (app.folder.join(LISTS_NOTE), app.folder.join(LISTS_FILE));
    if !note.exists() {
        return Ok(None);
    }
    let bundle = lists_of(office.node(), &app.host, &app.folder)?;
    let read = |path: &Path| {
        let bytes = files::read_present(path);
        bytes.map_err(|e| Problem::hidden(Code::Fault, told(&e)))
    };
    let base64 = base64::engine::general_purpose::STANDARD;
    let (note, file) = (base64.encode(read(&note)?), base64.encode(read(&file)?));
    Ok(Some(Ready {
        version: bundle.lists.version,
        sha256: hex(&bundle.digest),
        body: serde_json::json!({"note": note, "file": file}).to_string(),
    }))
}

/// Brings a bundle to one actuator, where it does not have it.
fn bring(wire: &Wire, ready: &Ready) -> (&'static str, String) {
    match wire.uses() {
        Ok((200, bytes)) => {
            let uses: Option<Uses> = serde_json::from_slice(&bytes).ok();
            if let Some(Uses {
                version: Some(version),
                sha256: Some(sha256),
            }) = uses
                && version == ready.version
                && sha256 == ready.sha256
            {
                return ("taken", String::new());
            }
        }
        // It has no such question, or does not answer it to the office; whether it takes lists it says itself.
        Ok(_) => {}
        Err(words) => return ("waits", words),
    }
    match wire.lists(&ready.body) {
        Ok((200, _)) => ("taken", String::new()),
        Ok((status @ (403 | 404 | 405 | 409), bytes)) => ("refused", said(status, &bytes)),
        Ok((status, bytes)) => ("waits", said(status, &bytes)),
        Err(words) => ("waits", words),
    }
}

fn said(status: u16, bytes: &[u8]) -> String {
    let words: String = String::from_utf8_lossy(bytes).chars().take(300).collect();
    format!("{status} {words}")
}

impl Spread {
    /// What each actuator said last.
    pub(crate) fn standing(&self) -> BTreeMap<String, Standing> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Brings the bundle in use to each actuator of the register that has not said yes or no to it, beside each other.
    ///
    /// # Errors
    /// What the store or the folder says; what an actuator says is in [`Spread::standing`].
    pub(super) async fn round(&self, app: &Shared) -> Answer<()> {
        let register = register(&*app.store).await.map_err(|e| kept(&e))?;
        if register.actuators.is_empty() {
            return Ok(());
        }
        let Some(ready) = app.blocking(ready).await? else {
            return Ok(());
        };
        let before = self.standing();
        let ready = Arc::new(ready);
        let mut calls = JoinSet::new();
        for entry in &register.actuators {
            let done = before.get(&entry.name);
            if done.is_some_and(|one| one.version == ready.version && one.state != "waits") {
                continue;
            }
            let (folder, peer, name) = (app.folder.clone(), entry.peer.clone(), entry.name.clone());
            let ready = Arc::clone(&ready);
            calls.spawn_blocking(move || {
                let (state, words) = match Wire::patient(&folder, &peer) {
                    Ok(wire) => bring(&wire, &ready),
                    Err(words) => ("waits", words),
                };
                (name, state, words)
            });
        }
        while let Some(called) = calls.join_next().await {
            let Ok((name, state, words)) = called else {
                continue;
            };
            tracing::info!(
                actuator = name,
                version = ready.version,
                state,
                words,
                "protected lists"
            );
            let version = ready.version;
            let standing = Standing {
                version,
                state,
                words,
            };
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.insert(name, standing);
        }
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|name, _| register.actuator(name).is_some());
        Ok(())
    }
}
