//! The ledger's process: one writer, one feed, connections. In: a configuration, the log's key, a peer. Out: a socket that answers, a folder that is published.
//! Never: two writers on one log; an answer that promises more than the disk has.

mod connection;
mod witnesses;
mod workers;

use crate::address::Reached;
use crate::disk::{Folder, Source};
use crate::feed::{Feed, Peer};
use crate::limits::{CHECKPOINT_BYTES_MAX, WITNESS_KEYS_MAX};
use crate::queue::Queue;
use crate::store::OpenError;
use crate::writer::{Admit, Stores, Writer, own_checkpoint};
use sakimori_tlog::checkpoint::Checkpoint;
use sakimori_tlog::key::{NoteSigner, VerifierKey};
use sakimori_tlog::note::Note;
use sakimori_tlog::policy::Policy;
use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

/// Name of the published checkpoint.
const CHECKPOINT: &str = "checkpoint";

/// Where the ledger keeps its things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The folder that everybody may read: checkpoint, tiles, bodies.
    pub log: PathBuf,
    /// The writer's own: lock and write-ahead log.
    pub state: PathBuf,
    /// The last signed checkpoint; best on another device.
    pub signed: PathBuf,
    /// The socket, made with mode 0600.
    pub socket: PathBuf,
}

impl Config {
    /// The layout of `docs/reference/formats.md` section 13 below one folder.
    pub fn below(dir: &Path) -> Self {
        let state = dir.join("ledger");
        Self {
            log: dir.join("log"),
            signed: state.join("signed"),
            socket: state.join("ledger.sock"),
            state,
        }
    }
}

/// A mirror to be fed.
pub struct MirrorLink {
    /// How it is reached.
    pub peer: Box<dyn Peer>,
    /// Keys with which it may cosign.
    pub keys: Vec<VerifierKey>,
}

/// An outside witness, which sees checkpoints alone.
pub struct WitnessLink {
    /// What it is called where something is told about it.
    pub name: String,
    /// How it is reached.
    pub peer: Box<dyn Peer>,
    /// Keys with which it may cosign.
    pub keys: Vec<VerifierKey>,
}

/// Who works with the log beside its authors.
#[derive(Default)]
pub struct Links {
    /// The mirror; without one the log's own signature is published.
    pub mirror: Option<MirrorLink>,
    /// Outside witnesses.
    pub witnesses: Vec<WitnessLink>,
    /// Whose cosignatures a checkpoint has before it is published; without one the mirror's are enough. Those of others are added when they come.
    pub policy: Option<Policy>,
    /// The node's look at each entry before it is sequenced.
    pub admit: Option<Box<dyn Admit>>,
}

impl From<Option<MirrorLink>> for Links {
    fn from(mirror: Option<MirrorLink>) -> Self {
        Self {
            mirror,
            ..Self::default()
        }
    }
}

/// Why the ledger does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The log is not whole, or in use.
    #[error("the log in `{0}` cannot be opened")]
    Open(PathBuf, #[source] OpenError),
    /// Outside witnesses have more keys than a checkpoint has room for.
    #[error("outside witnesses have at most {WITNESS_KEYS_MAX} keys together")]
    Witnesses,
    /// A file or the socket cannot be made.
    #[error("`{0}` cannot be made")]
    Io(PathBuf, #[source] io::Error),
}

/// A published checkpoint.
#[derive(Clone, Debug)]
struct Published {
    note: Note,
    size: u64,
}

/// What an outside witness gave last.
#[derive(Debug, Default)]
struct Witnessed {
    name: String,
    /// Its cosignatures of the checkpoint of this size.
    given: Option<Published>,
    /// Its last trouble.
    trouble: String,
}

#[derive(Default)]
struct State {
    /// The newest signed checkpoint, which the feed brings to mirror and witnesses next.
    signed: Option<Published>,
    /// The one that they are at.
    offered: Option<Published>,
    /// What each outside witness gave last.
    witnessed: Vec<Witnessed>,
    /// What everybody may see.
    published: Option<Published>,
    /// Number of durable entries.
    durable: u64,
    /// Whether the feed waits for a checkpoint.
    feed_idle: bool,
    /// The mirror's last trouble.
    trouble: String,
    /// Why nothing more is written.
    stopped: Option<String>,
    closing: bool,
    connections: Vec<(u64, UnixStream)>,
}

struct Shared {
    config: Config,
    queue: Queue,
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stop(&self, reason: String) {
        self.lock().stopped.get_or_insert(reason);
        self.changed.notify_all();
    }
}

/// A running ledger. Dropping it stops it.
pub struct Service {
    shared: Arc<Shared>,
    /// Writer and feed.
    threads: Vec<JoinHandle<()>>,
    /// The one who accepts connections.
    door: Option<JoinHandle<()>>,
    /// Held as long as the service runs.
    _lock: File,
}

impl Service {
    /// Opens the log, takes the lock and listens.
    ///
    /// # Errors
    /// [`StartError`]; nothing was changed but that folders were made.
    ///
    /// # Cost
    /// Reads and hashes the whole log.
    pub fn start(
        config: Config,
        signer: NoteSigner,
        links: impl Into<Links>,
    ) -> Result<Self, StartError> {
        let links: Links = links.into();
        let keys = links.witnesses.iter().map(|witness| witness.keys.len());
        if keys.sum::<usize>() > WITNESS_KEYS_MAX {
            return Err(StartError::Witnesses);
        }
        let made = |path: &Path| {
            Folder::new(path).map_err(|error| StartError::Io(path.to_path_buf(), error))
        };
        let open = |error| StartError::Open(config.log.clone(), error);
        let wal = made(&config.state)?;
        let lock = lock(&config.state.join("lock"))?;
        let stores = Stores {
            log: Box::new(made(&config.log)?),
            wal: Box::new(wal),
            signed: Box::new(made(&config.signed)?),
        };
        let published = load_published(&made(&config.log)?, signer.verifier()).map_err(open)?;
        let writer = open_writer(stores, signer, links.admit, published.as_ref()).map_err(open)?;
        let publisher = made(&config.log)?;
        let feed_folder = made(&config.log)?;
        let listener = listen(&config.socket)?;
        let named = |link: &WitnessLink| Witnessed {
            name: link.name.clone(),
            ..Witnessed::default()
        };
        let state = State {
            published,
            witnessed: links.witnesses.iter().map(named).collect(),
            durable: writer.size(),
            feed_idle: true,
            trouble: "the mirror has not answered yet".to_owned(),
            ..State::default()
        };
        let shared = Arc::new(Shared {
            config,
            queue: Queue::default(),
            state: Mutex::new(state),
            changed: Condvar::new(),
        });
        shared.queue.sign();
        let feed = workers::FeedWorker {
            link: links.mirror.map(|link| (Feed::new(link.keys), link.peer)),
            policy: links.policy,
            folder: feed_folder,
            publisher,
        };
        let (for_writer, for_feed, for_door) = (
            Arc::clone(&shared),
            Arc::clone(&shared),
            Arc::clone(&shared),
        );
        let threads = vec![
            thread::spawn(move || workers::write(&for_writer, writer)),
            thread::spawn(move || feed.run(&for_feed)),
        ];
        for (number, link) in links.witnesses.into_iter().enumerate() {
            let folder = made(&shared.config.log)?;
            let worker = witnesses::WitnessWorker::new(number, link, folder);
            let shared = Arc::clone(&shared);
            // Nobody waits for it at the end: it only reads, and what it is still told then is of no use.
            thread::spawn(move || worker.run(&shared));
        }
        let door = thread::spawn(move || connection::accept(&for_door, &listener));
        Ok(Self {
            shared,
            threads,
            door: Some(door),
            _lock: lock,
        })
    }

    /// Why nothing more is written; `None` while all is well.
    pub fn stopped(&self) -> Option<String> {
        self.shared.lock().stopped.clone()
    }

    /// Waits until the ledger has stopped by itself, and says why.
    pub fn wait(&self) -> String {
        let running = |state: &mut State| state.stopped.is_none() && !state.closing;
        let waited = self.shared.changed.wait_while(self.shared.lock(), running);
        let state = waited.unwrap_or_else(PoisonError::into_inner);
        state.stopped.clone().unwrap_or_default()
    }

    /// Stops taking entries, writes what waits, and ends.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.shared.queue.close();
        {
            let mut state = self.shared.lock();
            state.closing = true;
            for (_, stream) in &state.connections {
                // A connection that is gone already needs no goodbye.
                let _ = stream.shutdown(std::net::Shutdown::Read);
            }
        }
        self.shared.changed.notify_all();
        // The door waits in `accept`; a visitor wakes it. Where the socket is gone, it is left waiting.
        let woken = Reached::at(&self.shared.config.socket)
            .is_ok_and(|reached| UnixStream::connect(reached.path()).is_ok());
        let door = self.door.take().filter(|_| woken);
        for thread in self.threads.drain(..).chain(door) {
            // A thread that ended in a panic has nothing more to finish.
            let _ = thread.join();
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if self.door.is_some() {
            self.end();
        }
    }
}

/// The writer, which has signed at least for what is published.
fn open_writer(
    stores: Stores,
    signer: NoteSigner,
    admit: Option<Box<dyn Admit>>,
    published: Option<&Published>,
) -> Result<Writer, OpenError> {
    let mut writer = Writer::open(stores, signer)?;
    if let Some(admit) = admit {
        writer.admit_with(admit)?;
    }
    let (have, signed) = (writer.signed_size(), published.map_or(0, |p| p.size));
    if signed > have {
        return Err(OpenError::Short { have, signed });
    }
    Ok(writer)
}

fn lock(path: &Path) -> Result<File, StartError> {
    let io = |error| StartError::Io(path.to_path_buf(), error);
    // Whoever may open a lock may hold it.
    let file = File::options()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => {
            Err(StartError::Open(path.to_path_buf(), OpenError::Locked))
        }
        Err(fs::TryLockError::Error(error)) => Err(io(error)),
    }
}

/// Binds beside the name and moves the socket there, so that it has its mode before it has its name.
fn listen(path: &Path) -> Result<UnixListener, StartError> {
    let io = |error| StartError::Io(path.to_path_buf(), error);
    let fresh = path.with_extension("new");
    for old in [path, &fresh] {
        match fs::remove_file(old) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io(error)),
            _ => {}
        }
    }
    let reached = Reached::at(&fresh).map_err(io)?;
    let listener = UnixListener::bind(reached.path()).map_err(io)?;
    fs::set_permissions(&fresh, Permissions::from_mode(0o600)).map_err(io)?;
    fs::rename(&fresh, path).map_err(io)?;
    Ok(listener)
}

fn load_published(log: &Folder, key: &VerifierKey) -> Result<Option<Published>, OpenError> {
    let read = log.read(CHECKPOINT, CHECKPOINT_BYTES_MAX);
    let Some(bytes) = read.map_err(|error| OpenError::Io(CHECKPOINT.to_owned(), error))? else {
        return Ok(None);
    };
    let (note, Checkpoint { size, .. }) =
        own_checkpoint(&bytes, key).ok_or_else(|| OpenError::Checkpoint(CHECKPOINT.to_owned()))?;
    Ok(Some(Published { note, size }))
}
