//! What a partner gives, in the node's own store. In: a partner that this node knows, its collection, a collection here that nobody is given. Out: objects that are judged and kept, the
//! cursor behind them, a line of the record. Never: an object of others in a collection that is read by others without the release gate; an object that STIX calls an error.

use super::polled::{self, Register};
use super::{Keeper, Page, Ran, RunError, Source, run};
use crate::taxii::config::{self, is_uuid};
use crate::taxii::file;
use crate::taxii::ungated::Ungated;
use sakimori_access::Access;
use sakimori_control::error::told;
use sakimori_control::tls::Agents;
use sakimori_control::{ControlError, Host, files};
use sakimori_custody::ids::hex;
use sakimori_exchange::stix::Object;
use sakimori_exchange::taxii::{Caller, Post, Rights, SeesAll};
use sakimori_liaison::poll::{Cursor, Poll};
use sakimori_liaison::share::Shared;
use sakimori_store::Change;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

/// Longest wait for a page.
const PAGE_WAIT: Duration = Duration::from_mins(2);
/// Objects that are added in one transaction.
const STEP: usize = 1000;

/// What is polled, and where it goes.
#[derive(Clone, Debug)]
pub struct Errand {
    /// The partner's name among this node's peers.
    pub partner: String,
    /// Path of its collection, `/…/collections/ID/`.
    pub path: String,
    /// The value of `Authorization`, where no certificate is enough.
    pub authorization: Option<String>,
    /// The collection here, a UUID that `taxii.json` does not name.
    pub into: String,
    /// Who has it done.
    pub by: String,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// What the run did.
    pub ran: Ran,
    /// Objects that are here now, those that were here before too.
    pub kept: u64,
    /// Objects that were refused, each with its reason.
    pub refused: Vec<String>,
}

/// Most refusals that are told one by one; the rest are counted in `objects` less `kept`.
const TOLD_MAX: usize = 1000;

/// Polls a partner's collection into one of this node.
///
/// # Errors
/// [`ControlError::Usage`] where the errand cannot be; or what the partner or the store did not let go on, in words; [`ControlError::File`] and [`ControlError::Document`] for this node's own files.
pub async fn collect(
    access: &Access,
    folder: &Path,
    host: &Host,
    errand: Errand,
) -> Result<Collected, ControlError> {
    let agents = Agents::open(folder)?;
    let peer = agents.peer(&errand.partner)?;
    let agent = agents.agent(peer, PAGE_WAIT)?;
    errand.fits(folder)?;
    let source = Source {
        collection: format!("{}{}", peer.url.trim_end_matches('/'), errand.path),
        authorization: errand.authorization.clone(),
    };
    let store = Arc::clone(access.store());
    let shared = Shared::new(
        Arc::clone(&store),
        Handle::current(),
        Arc::new(|e| tracing::error!(cause = told(e), "the store of collections")),
    );
    let place = hex(&Sha256::digest(format!(
        "{}\n{}",
        source.collection, errand.into
    )));
    let mut filing = Filing {
        shared,
        runtime: Handle::current(),
        into: errand.into.clone(),
        cursor: folder.join(format!("taxii/poll/{place}.json")),
        host: host.clone(),
        done: Collected::default(),
    };
    let cursor = filing.begun()?;
    let source_of = format!("the partner {}", errand.partner);
    Ungated::at(folder).note(&errand.into, &source_of)?;
    let now = host.millis().0.saturating_mul(1000);
    let ran = tokio::task::spawn_blocking(move || {
        let mut poll = Poll::resume(cursor, now);
        let ran = run(&agent, &source, &mut poll, &mut filing);
        (ran, filing.done)
    });
    let (ran, mut done) = ran
        .await
        .map_err(|e| ControlError::Usage(format!("the run fell: {e}")))?;
    let words = match &ran {
        Ok(ran) => format!("{} objects, {} kept", ran.objects, done.kept),
        Err(e) => format!("{} kept, then {}", done.kept, told(e)),
    };
    let noted = noted(folder, host, &errand, (&ran, &done));
    let audit = Change::Audit {
        at: host.seconds().0,
        by: errand.by,
        act: "polled".to_owned(),
        object: format!("{} {}", errand.partner, errand.path),
        detail: words,
    };
    let recorded = store.apply(&[audit]).await;
    done.ran = ran.map_err(|e| failed(&e))?;
    noted?;
    recorded.map_err(|e| ControlError::Usage(format!("the store: {}", told(&e))))?;
    Ok(done)
}

/// Notes how a run went.
fn noted(
    folder: &Path,
    host: &Host,
    errand: &Errand,
    (ran, done): (&Result<Ran, RunError>, &Collected),
) -> Result<(), ControlError> {
    let now = host.seconds().0;
    let source = polled::Source {
        partner: errand.partner.clone(),
        path: errand.path.clone(),
        at: now,
        by: errand.by.clone(),
        objects: ran.as_ref().map_or(0, |ran| ran.objects),
        kept: done.kept,
        refused: done.refused.clone(),
        failed: ran.as_ref().err().map(|e| told(e)),
        good: ran.is_ok().then_some(now),
    };
    Register::at(folder).note(&errand.into, source)
}

fn failed(error: &RunError) -> ControlError {
    ControlError::Usage(told(error))
}

impl Errand {
    /// Whether it can be: what others give goes to nobody without the gate.
    fn fits(&self, folder: &Path) -> Result<(), ControlError> {
        let wrong = |text: &str| Err(ControlError::Usage(text.to_owned()));
        if !is_uuid(&self.into) {
            return wrong("the collection here is a UUID in small letters");
        }
        let path = self.path.as_str();
        if !path.starts_with('/') || !path.ends_with('/') || path.contains(['?', '#']) {
            return wrong("the partner's collection is a path, /…/collections/ID/");
        }
        let path = file(folder);
        let Some(bytes) = files::read(&path)? else {
            return Ok(());
        };
        let text = String::from_utf8_lossy(&bytes);
        let plan = config::read(&text).map_err(|e| ControlError::Document {
            what: path.display().to_string(),
            problem: e.to_string(),
        })?;
        if plan.collection(&self.into).is_some() {
            return wrong(
                "taxii.json gives this collection to others: what a partner gives goes through the release gate first",
            );
        }
        Ok(())
    }
}

/// Keeps pages in a collection of the store, and the cursor in a file.
struct Filing {
    shared: Shared,
    runtime: Handle,
    into: String,
    cursor: PathBuf,
    host: Host,
    done: Collected,
}

impl Filing {
    fn begun(&self) -> Result<Cursor, ControlError> {
        let Some(bytes) = files::read(&self.cursor)? else {
            return Ok(Cursor::default());
        };
        serde_json::from_slice(&bytes).map_err(|e| ControlError::Document {
            what: self.cursor.display().to_string(),
            problem: e.to_string(),
        })
    }

    fn refuse(&mut self, text: String) {
        if self.done.refused.len() < TOLD_MAX {
            self.done.refused.push(text);
        }
    }
}

impl Keeper for Filing {
    fn keep(&mut self, page: Page<'_>) -> Result<(), String> {
        for bad in page.refused {
            let id = bad.id.as_deref().unwrap_or("an object without id");
            self.refuse(format!("{id}: {}", bad.error));
        }
        if page.objects.is_empty() {
            return Ok(());
        }
        let texts: Vec<&str> = page.objects.iter().map(Object::raw).collect();
        let envelope = format!("{{\"objects\":[{}]}}", texts.join(","));
        let caller = Caller {
            name: "",
            rights: Rights {
                read: false,
                write: true,
            },
            sight: &SeesAll,
        };
        let mut post = Post::begin(&caller, envelope.as_bytes()).map_err(|e| told(&e))?;
        let now = self.host.millis().0.saturating_mul(1000);
        while !post
            .step(&mut self.shared, &self.into, now, STEP)
            .map_err(|e| told(&e))?
        {}
        let status = post.status("", now);
        self.done.kept += status.successes.len() as u64;
        for bad in status.failures {
            self.refuse(format!(
                "{} {}: {}",
                bad.object.id, bad.object.version, bad.message
            ));
        }
        Ok(())
    }

    fn mark(&mut self, cursor: &Cursor) -> Result<(), String> {
        let bytes = serde_json::to_vec(cursor).map_err(|e| told(&e))?;
        files::write(&self.cursor, &bytes, files::PRIVATE).map_err(|e| told(&e))
    }

    fn wait(&mut self, seconds: u64) {
        let wait = tokio::time::sleep(Duration::from_secs(seconds));
        self.runtime.block_on(wait);
    }
}
