//! An actuator is started of its configuration. In: a [`Config`]. Out: it runs until a signal ends it. Never: two of one folder.

use crate::approvals::Approvals;
use crate::config::Config;
use crate::drill::{Drill, FallingDisk};
use crate::journal::{Disk, FileDisk, Journal, JournalError};
use crate::lists::{Lists, ListsError};
use crate::memory::MemoryError;
use crate::runner::{Ask, Handle, Parts, Runner, StopFlag, Withheld};
use crate::substrate::Substrate;
use crate::time::{Clock, Time};
use crate::{bgp, bus, consumer, dns, files, host, local, packet};
use sakimori_custody::ids::Name;
use sakimori_tlog::key::NoteSigner;
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Why an actuator does not start. Its owner acts on it.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The system.
    #[error("{0}")]
    System(String, #[source] io::Error),
    /// Another one runs.
    #[error("another actuator runs in this folder")]
    Taken,
    /// The key.
    #[error("`{0}` is no key of receipts")]
    Key(String),
    /// No trust root.
    #[error("there is no trust root `{0}`")]
    NoRoot(String),
    /// Nothing to do.
    #[error("no substrate is configured: nothing could be put in force")]
    NoSubstrate,
    /// A substrate.
    #[error("a substrate cannot be set up: {0}")]
    Substrate(String),
    /// The memory.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The lists.
    #[error(transparent)]
    Lists(#[from] ListsError),
}

fn system(what: &str) -> impl FnOnce(io::Error) -> StartError + use<> {
    let what = what.to_owned();
    move |error| StartError::System(format!("{what}: {error}"), error)
}

/// Program and first words by which this program becomes its own helper.
#[derive(Clone, Debug)]
pub struct Own(pub Vec<OsString>);

/// What the configuration names.
struct Made {
    name: Name,
    runner: Runner,
    handle: Handle,
    /// Held for as long as it runs.
    _lock: File,
}

fn lock(folder: &Path) -> Result<File, StartError> {
    let mut options = OpenOptions::new();
    let options = options.create(true).write(true).truncate(false);
    let file = options
        .open(folder.join("lock"))
        .map_err(system("the folder's lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(StartError::Taken),
        Err(std::fs::TryLockError::Error(error)) => Err(system("the folder's lock")(error)),
    }
}

fn signer(path: &Path) -> Result<NoteSigner, StartError> {
    let wrong = || StartError::Key(path.display().to_string());
    let bytes = files::read(path, 4096).map_err(system("the key"))?;
    let bytes = Zeroizing::new(bytes.ok_or_else(wrong)?);
    let text = std::str::from_utf8(&bytes).map_err(|_| wrong())?;
    NoteSigner::from_text(text.trim()).map_err(|_| wrong())
}

/// Substrates of the configuration. `own` is how this program is called as its own helper.
fn substrates(
    config: &Config,
    at: &Path,
    own: &Own,
    clock: &Clock,
) -> Result<Vec<Box<dyn Substrate>>, StartError> {
    let failed = |why: &dyn std::fmt::Display| StartError::Substrate(why.to_string());
    let words = |verb: &str| {
        let mut words = own.0.clone();
        words.push(verb.into());
        words
    };
    let with_config = |verb: &str| {
        let mut words = words(verb);
        words.extend(["--config".into(), at.as_os_str().to_owned()]);
        words
    };
    let mut all: Vec<Box<dyn Substrate>> = Vec::new();
    if let Some(packet) = &config.packet {
        let started = packet::Nftables::start(packet).map_err(|e| failed(&e))?;
        all.push(Box::new(started));
    }
    if let Some(resolver) = config.resolver.clone() {
        let clock = Arc::new(dns::MachineClock);
        let opened = dns::Rpz::open(resolver, clock).map_err(|e| failed(&e))?;
        let mut guard = with_config("resolver-guard");
        guard.push("--while-needed".into());
        all.push(Box::new(opened.guarded(guard)));
    }
    if let Some(bgp) = config.bgp.clone() {
        let opened = bgp::Bgp::open(bgp, bgp::system()).map_err(|e| failed(&e))?;
        all.push(Box::new(opened));
    }
    if let Some(host) = &config.host {
        let started = host::Host::start(host::Launch {
            helper: with_config("host-helper"),
            parser: words("host-parser"),
            user: host.user,
            group: host.group,
        });
        all.push(Box::new(started.map_err(|e| failed(&e))?));
    }
    if let Some(drill) = &config.drill {
        all.push(Box::new(Drill::new(drill, clock.clone())));
    }
    if all.is_empty() {
        return Err(StartError::NoSubstrate);
    }
    Ok(all)
}

fn make(config: &Config, at: &Path, own: &Own) -> Result<Made, StartError> {
    let name = config
        .name()
        .ok_or_else(|| StartError::Key(config.name.clone()))?;
    files::folder(&config.folder).map_err(system("the actuator's folder"))?;
    let lock = lock(&config.folder)?;
    let signer = signer(&config.key)?;
    let root = files::read(&config.trust_root, 1 << 20).map_err(system("the trust root"))?;
    let root = root.ok_or_else(|| StartError::NoRoot(config.trust_root.display().to_string()))?;
    let drill = config.drill.as_ref();
    let clock = match drill.and_then(|drill| drill.clock.clone()) {
        Some(offset) => Clock::drill(offset),
        None => Clock::system(),
    };
    let approvals = Approvals::open(
        &config.folder,
        &root,
        name.clone(),
        signer.verifier().clone(),
    )?;
    let mut time = Time::begin(clock.clone(), approvals.time());
    let now = time.asked();
    let lists = Lists::open(
        config.lists.clone(),
        config.folder.join("lists.newest"),
        &approvals.root(),
        drill.is_some(),
        now,
    )?;
    let file = FileDisk::at(config.folder.join("journal"));
    let disk: Box<dyn Disk> = match drill.and_then(|drill| drill.fall.as_ref()) {
        Some(fall) => Box::new(FallingDisk::over(file, Some(fall))),
        None => Box::new(file),
    };
    let journal = Journal::open(disk)?;
    let flag = StopFlag::open(config.folder.join("stop")).map_err(system("the owner's stop"))?;
    let hold = StopFlag::open(config.folder.join("hold")).map_err(system("the owner's hold"))?;
    let withheld = Withheld::open(config.folder.join("released"))
        .map_err(system("what the owner released"))?;
    let mut run = [0; 8];
    getrandom::fill(&mut run).map_err(|e| system("randomness")(io::Error::other(e)))?;
    let substrates = substrates(config, at, own, &clock)?;
    let (runner, handle) = Runner::new(Parts {
        name: name.clone(),
        signer,
        bounds: config.bounds(),
        look_seconds: config.look_seconds,
        run: u64::from_be_bytes(run),
        time,
        journal,
        approvals,
        lists,
        flag,
        hold,
        withheld,
        substrates,
    })
    .map_err(system("a thread"))?;
    Ok(Made {
        name,
        runner,
        handle,
        _lock: lock,
    })
}

/// Runs an actuator, whose configuration was read `at` a path, until SIGTERM or SIGINT. What is in force stays so: its substrate's timers end it, or the next start goes on.
///
/// # Errors
/// [`StartError`].
pub fn run(config: &Config, at: &Path, own: &Own) -> Result<(), StartError> {
    let made = make(config, at, own)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(system("threads for the network"))?;
    let (name, handle) = (made.name.to_string(), made.handle);
    local::listen(&config.socket(), handle.clone()).map_err(system("the owner's socket"))?;
    let runner = made.runner;
    let thread = std::thread::Builder::new()
        .name("engine".to_owned())
        .spawn(move || runner.run())
        .map_err(system("the engine's thread"))?;
    if let Some(https) = config.https.clone() {
        // What is wrong with the certificate is told at once.
        crate::tls::server(&https).map_err(system("the certificate"))?;
        let listener = runtime
            .block_on(consumer::bind(&https))
            .map_err(system("HTTPS"))?;
        let address = listener.local_addr().map_err(system("HTTPS"))?;
        let listening = config.folder.join("listening");
        // A full disk keeps nobody from starting: what has to end does.
        if let Err(error) = files::write(&listening, format!("{address}\n").as_bytes()) {
            tracing::warn!(%error, "the file `listening` cannot be written");
        }
        tracing::info!(%address, "commands are taken over HTTPS");
        let (name, handle) = (name.clone(), handle.clone());
        runtime.spawn(async move {
            let Err(error) = consumer::serve(listener, https, name, handle).await;
            tracing::error!(%error, "HTTPS has ended");
        });
    }
    if let Some(nats) = config.nats.clone() {
        let handle = handle.clone();
        runtime.spawn(async move {
            if let Err(error) = bus::listen(nats, name, handle).await {
                tracing::error!(%error, "NATS has ended");
            }
        });
    }
    let ending = handle.clone();
    runtime.spawn(async move {
        signalled().await;
        ending.ask(Ask::End);
    });
    let ended = thread.join();
    // Connections are cut: the owner has ended it.
    runtime.shutdown_background();
    match ended {
        Ok(ended) => ended.map_err(system("the actuator's folder")),
        Err(_) => Err(system("the engine")(io::Error::other("it fell"))),
    }
}

async fn signalled() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) else {
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
