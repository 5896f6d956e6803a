//! The owner's socket: the kill switch and all else that works without the platform. In: one line of JSON for each connection. Out: one line of JSON. Never: somebody who is not the owner of the socket.

use crate::approvals::BUNDLE_BYTES_MAX;
use crate::runner::{Ask, Handle, Told, Under};
use sakimori_custody::ids::AuthorityId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

/// Longest wait for the owner's line, and for the runner.
const WAIT: Duration = Duration::from_secs(30);
/// Most connections at a time.
const CONNECTIONS_MAX: usize = 16;

/// What the owner says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Word {
    /// Everything is released, nothing new begins.
    Stop,
    /// It goes on; with a measure, that measure does.
    Free {
        /// The measure's id.
        measure: Option<String>,
    },
    /// One measure is released, and nothing of it begins.
    Release {
        /// The measure's id.
        measure: String,
    },
    /// Nothing new begins; what is in force stays.
    Hold,
    /// New effects are taken again.
    FreeHold,
    /// All of an authority is released, and nothing of it begins.
    ReleaseAll {
        /// Its text, as [`Under`] has it.
        under: String,
    },
    /// All of an authority goes on.
    FreeAll {
        /// Its text, as [`Under`] has it.
        under: String,
    },
    /// How it stands.
    Show,
    /// A signed receipt of all effects.
    Effects,
    /// An approval, as it would be sent.
    Approve {
        /// JSON of the set of files.
        bundle: String,
    },
}

/// What is said to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// As in HTTP.
    pub status: u16,
    /// The words.
    pub body: Value,
}

/// Listens on a socket that only its owner opens.
///
/// # Errors
/// The system's.
pub fn listen(path: &Path, handle: Handle) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    let count = Arc::new(AtomicUsize::new(0));
    std::thread::Builder::new()
        .name("owner".to_owned())
        .spawn(move || {
            for stream in listener.incoming().flatten() {
                if count.fetch_add(1, Ordering::SeqCst) >= CONNECTIONS_MAX {
                    count.fetch_sub(1, Ordering::SeqCst);
                    continue;
                }
                let (handle, own) = (handle.clone(), Arc::clone(&count));
                let talking = std::thread::Builder::new().spawn(move || {
                    if let Err(error) = talk(stream, &handle) {
                        tracing::warn!(%error, "the owner's connection broke");
                    }
                    own.fetch_sub(1, Ordering::SeqCst);
                });
                if talking.is_err() {
                    count.fetch_sub(1, Ordering::SeqCst);
                }
            }
        })?;
    Ok(())
}

fn talk(mut stream: UnixStream, handle: &Handle) -> io::Result<()> {
    stream.set_read_timeout(Some(WAIT))?;
    stream.set_write_timeout(Some(WAIT))?;
    let mut line = String::new();
    let most = BUNDLE_BYTES_MAX as u64 * 2;
    BufReader::new((&stream).take(most)).read_line(&mut line)?;
    let reply = match serde_json::from_str::<Word>(&line) {
        Ok(word) => ask(word, handle),
        Err(error) => said(400, &error.to_string()),
    };
    let mut text = serde_json::to_string(&reply).map_err(io::Error::other)?;
    text.push('\n');
    stream.write_all(text.as_bytes())
}

fn said(status: u16, words: &str) -> Reply {
    Reply {
        status,
        body: json!({"detail": words}),
    }
}

fn ask(word: Word, handle: &Handle) -> Reply {
    let (send, receive) = sync_channel(1);
    // Who has gone away is not waited for.
    let answer = Box::new(move |told: Told| drop(send.send(told)));
    let id = |text: &str| text.parse::<AuthorityId>().ok();
    let no_id = || said(400, "the measure's id is 32 hexadecimal digits");
    let asked = match word {
        Word::Stop => Ask::Stop(answer),
        Word::Free { measure: None } => Ask::Free(None, answer),
        Word::Free {
            measure: Some(text),
        } => match id(&text) {
            Some(id) => Ask::Free(Some(id), answer),
            None => return no_id(),
        },
        Word::Release { measure } => match id(&measure) {
            Some(id) => Ask::Release(id, answer),
            None => return no_id(),
        },
        Word::Hold => Ask::Hold(true, answer),
        Word::FreeHold => Ask::Hold(false, answer),
        Word::ReleaseAll { under } => match under.parse::<Under>() {
            Ok(under) => Ask::ReleaseAll(under, answer),
            Err(error) => return said(400, &error.to_string()),
        },
        Word::FreeAll { under } => match under.parse::<Under>() {
            Ok(under) => Ask::FreeAll(under, answer),
            Err(error) => return said(400, &error.to_string()),
        },
        Word::Show => Ask::Show(answer),
        Word::Effects => Ask::Effects(Box::new(move |note| {
            answer(Told {
                status: 200,
                body: json!(note),
            });
        })),
        Word::Approve { bundle } => Ask::Approve {
            id: None,
            bundle: bundle.into_bytes(),
            answer,
        },
    };
    handle.ask(asked);
    match receive.recv_timeout(WAIT) {
        Ok(Told { status, body }) => Reply { status, body },
        Err(_) => said(503, "the actuator does not answer"),
    }
}

/// Says a word to a running actuator.
///
/// # Errors
/// The system's: it does not run, or this is not its owner.
pub fn say(path: &Path, word: &Word) -> io::Result<Reply> {
    let mut stream = UnixStream::connect(path)?;
    stream.set_read_timeout(Some(WAIT + WAIT))?;
    stream.set_write_timeout(Some(WAIT))?;
    let mut text = serde_json::to_string(word).map_err(io::Error::other)?;
    text.push('\n');
    stream.write_all(text.as_bytes())?;
    let mut line = String::new();
    BufReader::new(stream.take(64 << 20)).read_line(&mut line)?;
    serde_json::from_str(&line).map_err(io::Error::other)
}
