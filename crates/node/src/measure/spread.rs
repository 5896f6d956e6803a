//! The newest protected lists at actuators whose owners take them from the office. In: the bundle in use, the register. Out: the bundle, brought once to each; what each says. Never: an older bundle; a bundle that is brought again to an actuator
//! that said no to it.

use super::actuator::Wire;
use super::{LISTS_FILE, LISTS_NOTE, Room, kept};
use crate::problem::{Answer, Code, Problem};
use base64::Engine;
use sakimori_control::error::told;
use sakimori_control::files;
use sakimori_custody::ids::hex;
use sakimori_liaison::measure::register;
use sakimori_respond::safety::list::Bundle;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::JoinSet;
use utoipa::ToSchema;

/// What an actuator says of the lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ListsStanding {
    /// Of which version.
    pub version: u64,
    /// `taken`; `refused`, which is not tried again; `waits`, which is.
    pub state: &'static str,
    /// Its words.
    pub words: String,
}

/// What each actuator said last.
#[derive(Clone, Default)]
pub(crate) struct Spread(Arc<Mutex<BTreeMap<String, ListsStanding>>>);

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

fn ready(bundle: &Bundle, folder: &Path) -> Answer<Ready> {
    let read = |name: &str| {
        let bytes = files::read_present(&folder.join(name));
        bytes.map_err(|e| Problem::hidden(Code::Fault, told(&e)))
    };
    let base64 = base64::engine::general_purpose::STANDARD;
    let (note, file) = (read(LISTS_NOTE)?, read(LISTS_FILE)?);
    let (note, file) = (base64.encode(note), base64.encode(file));
    Ok(Ready {
        version: bundle.lists.version,
        sha256: hex(&bundle.digest),
        body: serde_json::json!({"note": note, "file": file}).to_string(),
    })
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
    pub(crate) fn standing(&self) -> BTreeMap<String, ListsStanding> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Room {
    /// Brings the protected lists in use to each actuator of the register that has not said yes or no to them, beside each other. Gives what each said last.
    ///
    /// # Errors
    /// [`Code::Refused`]: there are no lists, or they have ended; what the store or the folder says.
    pub async fn bring_lists(&self) -> Answer<BTreeMap<String, ListsStanding>> {
        let register = register(&*self.store).await.map_err(|e| kept(&e))?;
        if register.actuators.is_empty() {
            return Ok(BTreeMap::new());
        }
        let (bundle, _) = self.protected()?;
        let version = bundle.lists.version;
        let before = self.spread.standing();
        let waits = |name: &String| {
            let done = before.get(name);
            done.is_none_or(|one| one.version != version || one.state == "waits")
        };
        let left: Vec<_> = register
            .actuators
            .iter()
            .filter(|entry| waits(&entry.name))
            .map(|entry| (entry.name.clone(), entry.peer.clone()))
            .collect();
        if left.is_empty() {
            return Ok(before);
        }
        let (bundle, folder) = (self.bundle.clone(), self.folder.clone());
        let read = move || bundle.map(|bundle| ready(&bundle, &folder)).transpose();
        let read = tokio::task::spawn_blocking(read).await;
        let read = read.map_err(|e| Problem::hidden(Code::Fault, e))??;
        let Some(ready) = read.map(Arc::new) else {
            return Ok(before);
        };
        let mut calls = JoinSet::new();
        for (name, peer) in left {
            let (folder, ready) = (self.folder.clone(), Arc::clone(&ready));
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
            tracing::info!(actuator = name, version, state, words, "protected lists");
            let standing = ListsStanding {
                version,
                state,
                words,
            };
            let mut all = self.spread.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.insert(name, standing);
        }
        let mut all = self.spread.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|name, _| register.actuator(name).is_some());
        Ok(all.clone())
    }
}
