//! The part that runs as root. In: questions of fixed length from one descriptor, the owner's policy, the time. Out: four deeds, undone at their end, and answers. Never: a text to be parsed but the owner's policy and its own records; a
//! question that is half understood; a deed of a fifth kind.
//!
//! A thread of its own ends what is over, whoever asks or hangs. When nobody can ask any more the helper goes on for what is in force, until the last of it has ended or a next helper takes the turn.

use super::clock::{Clock, KernelClock};
use super::limits::{TICK, TURN_WAIT};
use super::wire::{Answer, Ask, Item, Of, Outcome, QUESTION_BYTES, Question};
use super::works::{AfterStep, Asked, Works};
use super::{Settings, never, now, process, record, words};
use crate::substrate::{Fault, Met};
use rustix::event::{Timespec, poll};
use rustix::fs::{FlockOperation, Mode, OFlags, flock};
use sakimori_respond::host::HostTarget;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What both threads share.
struct Shared {
    works: Mutex<Works>,
    /// Told when an end can have come nearer.
    sooner: Condvar,
    clock: KernelClock,
}

impl Shared {
    fn works(&self) -> MutexGuard<'_, Works> {
        // What a thread that panicked left is in the records, and each turn undoes what is not whole.
        self.works.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The stream that this process was started with as descriptor 0.
///
/// # Errors
/// The system gives no second descriptor of it.
pub fn stream() -> std::io::Result<UnixStream> {
    Ok(UnixStream::from(
        std::io::stdin().as_fd().try_clone_to_owned()?,
    ))
}

/// Serves the parser behind descriptor 0: all that the helper's process does.
///
/// # Errors
/// As [`serve`].
pub fn run(settings: Settings) -> Result<(), Fault> {
    let stream = stream().map_err(|e| now(format!("there is no stream to the parser: {e}")))?;
    serve(stream, settings, Box::new(|_| {}))
}

/// Serves the parser at the other end of a stream until it is closed, then what is in force until its end.
///
/// # Errors
/// [`Fault`]: nothing could be done or is held, for folders or records are not as they must be, or another helper does not give up its turn.
pub fn serve(mut stream: UnixStream, settings: Settings, after: AfterStep) -> Result<(), Fault> {
    let no_more = rustix::thread::set_no_new_privs(true);
    no_more.map_err(|e| now(format!("new privileges cannot be given up: {e}")))?;
    record::private(&settings.state)?;
    let turn = lock_file(&settings)?;
    take_turn(&turn)?;
    let clock = KernelClock;
    let works = Works::open(settings, Box::new(clock), after)?;
    let shared = Arc::new(Shared {
        works: Mutex::new(works),
        sooner: Condvar::new(),
        clock,
    });
    let timer = Arc::clone(&shared);
    let spawned = std::thread::Builder::new()
        .name("ends".to_owned())
        .spawn(move || run_timer(&timer));
    spawned.map_err(|e| now(format!("the timer cannot be started: {e}")))?;
    let mut question = vec![0; QUESTION_BYTES];
    while stream.read_exact(&mut question).is_ok() {
        let read = Question::decode(&question);
        let malformed = read.is_err();
        let answer = match read {
            Ok(question) => answer(&shared, &question),
            Err(e) => Answer::plain(Outcome::Malformed, words(e.to_string().as_bytes())),
        };
        if stream.write_all(&answer.encode()).is_err() || malformed {
            break;
        }
    }
    // This process can have other descriptors of it, as the one that it was started with.
    drop(stream.shutdown(std::net::Shutdown::Both));
    guard(&shared, &turn);
    Ok(())
}

fn lock_file(settings: &Settings) -> Result<File, Fault> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let opened = rustix::fs::open(settings.state.join("turn"), flags, Mode::RUSR | Mode::WUSR);
    opened
        .map(File::from)
        .map_err(|e| now(format!("the turn cannot be taken: {e}")))
}

/// Waits for the turn: one helper at a time changes this host.
fn take_turn(turn: &File) -> Result<(), Fault> {
    let step = Duration::from_millis(10);
    for _ in 0..TURN_WAIT.as_millis() / step.as_millis() {
        if flock(turn, FlockOperation::NonBlockingLockExclusive).is_ok() {
            return Ok(());
        }
        pass(step);
    }
    Err(now("another helper does not give up its turn"))
}

/// Lets time pass.
fn pass(time: Duration) {
    let mut none = [];
    let time = Timespec {
        tv_sec: 0,
        tv_nsec: time.subsec_nanos().into(),
    };
    // A signal can make it shorter; then the caller looks sooner.
    poll(&mut none, Some(&time)).ok();
}

/// Ends what is over at its time.
fn run_timer(shared: &Shared) {
    let mut works = shared.works();
    loop {
        let next = works.turn();
        let now = shared.clock.now().boot_ms;
        let wait = next.map_or(TICK, |next| {
            Duration::from_millis(next.saturating_sub(now).max(1)).min(TICK)
        });
        let waited = shared.sooner.wait_timeout(works, wait);
        works = waited.unwrap_or_else(PoisonError::into_inner).0;
    }
}

/// Nobody asks any more: what is in force is seen to its end, unless a next helper takes the turn.
fn guard(shared: &Shared, turn: &File) {
    loop {
        {
            let mut works = shared.works();
            if works.is_idle() {
                return;
            }
            works.turn();
            // Whoever waits for the turn gets it here, while the timer of this one is held.
            flock(turn, FlockOperation::Unlock).ok();
            pass(Duration::from_millis(50));
            if flock(turn, FlockOperation::NonBlockingLockExclusive).is_err() {
                // The timer of this one finds nothing to do any more.
                works.step_down();
                return;
            }
        }
        pass(TICK.min(Duration::from_millis(200)));
    }
}

fn answer(shared: &Shared, question: &Question) -> Answer {
    let done = act(shared, question);
    shared.sooner.notify_one();
    match done {
        Ok(answer) => answer,
        Err(Fault::Never { why, .. }) => Answer::plain(Outcome::Never, words(why.as_bytes())),
        Err(Fault::Now { why, .. }) => Answer::plain(Outcome::Now, words(why.as_bytes())),
    }
}

fn act(shared: &Shared, question: &Question) -> Result<Answer, Fault> {
    // Before anything is locked: this can take long where the program lies on a file system of the process itself.
    let (ask, of) = (question.ask, question.of.as_ref());
    if matches!(ask, Ask::Rehearse | Ask::Before | Ask::Apply)
        && let Some(HostTarget::Process { pid, .. }) = of.map(|of| &of.target)
    {
        process::is_readable(*pid)?;
    }
    let mut works = shared.works();
    let mut said = String::new();
    let mut items = Vec::new();
    match (ask, of) {
        (Ask::Rehearse, Some(of)) => drop(works.rehearse(of.deed, &of.target, None)?),
        (Ask::Before, Some(of)) => said = works.rehearse(of.deed, &of.target, Some(&of.measure))?,
        (Ask::Apply, Some(of)) => {
            let asked = Asked {
                key: of.key(),
                target: of.target.clone(),
                until: of.until,
                seconds: of.seconds,
            };
            works.apply(&asked)?;
        }
        (Ask::Remove, Some(of)) => {
            works.remove(&of.key())?;
            said = works.told();
        }
        (Ask::Release, None) => {
            works.release()?;
            said = works.told();
        }
        (Ask::Look, None) => {
            for found in works.look()? {
                items.extend(item(&found.key, found.until, Met::default()));
            }
        }
        (Ask::Met, None) => {
            for (key, met) in works.met() {
                items.extend(item(&key, sakimori_custody::time::Seconds(0), met));
            }
        }
        // Decoding lets no such question through.
        _ => return Err(never("such a question is none")),
    }
    Ok(Answer {
        outcome: Outcome::Done,
        words: words(said.as_bytes()),
        items,
    })
}

fn item(
    key: &sakimori_respond::engine::Key,
    until: sakimori_custody::time::Seconds,
    met: Met,
) -> Option<Item> {
    let of = Of {
        measure: key.measure,
        deed: key.deed,
        target: HostTarget::parse(&key.target).ok()?,
        until,
        seconds: 0,
    };
    Some(Item { of, met })
}
