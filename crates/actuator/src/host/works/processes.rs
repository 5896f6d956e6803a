//! Freezing and stopping. In: a process by number, start and hash. Out: stopped for a while, gone on, or ended. Never: a stop of what is not frozen; a stop without a copy of the program in the store.

use super::{Asked, Works, word};
use crate::host::file::Store;
use crate::host::guard::{Census, Forbidden};
use crate::host::policy::Policy;
use crate::host::process::{Found, Gone, Held, Known};
use crate::host::record::{Object, ProcessBefore, Stage};
use crate::host::{never, now};
use crate::substrate::Fault;
use sakimori_respond::engine::Deed;
use std::os::unix::ffi::OsStrExt;

/// Number, start and hash.
type Identity<'h> = (u32, u64, &'h [u8; 32]);

/// Whether a deed is in force: a process that has ended does nothing any more, so that holds for either.
pub(super) fn is_in_force(deed: Deed, pid: u32, start: u64) -> bool {
    match Held::open(pid, start) {
        Ok(Found::There(held)) => deed == Deed::Freeze && held.is_stopped(),
        Ok(Found::Ended) => true,
        Err(_) => false,
    }
}

fn has_ended((pid, start, _): Identity<'_>) -> bool {
    matches!(Held::open(pid, start), Ok(Found::Ended))
}

fn guard(pid: u32) -> Result<(), Fault> {
    if pid <= 1 {
        return Err(never(Forbidden::Init.to_string()));
    }
    let census =
        Census::read().map_err(|e| now(format!("the processes cannot be counted: {e}")))?;
    census
        .judge(pid)
        .map_err(|e| never(format!("process {pid} is never touched: {e}")))
}

/// Holds the process of an identity, and proves that it runs the program that is meant.
fn held((pid, start, hash): Identity<'_>) -> Result<(Held, Known), Fault> {
    let Found::There(held) = Held::open(pid, start)? else {
        return Err(never(
            "no process with this number was started then, or it has ended",
        ));
    };
    let known = held.known()?;
    same_program(&held, hash)?;
    Ok((held, known))
}

fn same_program(held: &Held, hash: &[u8; 32]) -> Result<(), Fault> {
    if held.hash(None)? == *hash {
        Ok(())
    } else {
        Err(never(
            "the process runs another program than the one that is meant",
        ))
    }
}

impl Works {
    /// Judges a process, without a change, and tells what it is.
    pub(super) fn judge_process(
        &self,
        policy: &Policy,
        deed: Deed,
        text: &str,
        identity: Identity<'_>,
    ) -> Result<String, Fault> {
        let known = self
            .objects
            .get(text)
            .filter(|object| object.stage == Stage::Done);
        // What is asked for again of a process that has ended meanwhile: nothing of it runs.
        if known.is_some_and(|object| object.holds_deed(deed)) && has_ended(identity) {
            return Ok("it has ended".to_owned());
        }
        let frozen = known.is_some_and(|object| object.holds_deed(Deed::Freeze));
        guard(identity.0)?;
        let (held, known) = held(identity)?;
        policy
            .covers(&known.program, known.user)
            .map_err(|e| never(e.to_string()))?;
        let state = if known.stopped { "stopped" } else { "running" };
        let mut said = format!(
            "state={state} user={} program={} cgroup={}",
            known.user,
            word(known.program.as_os_str().as_bytes()),
            word(&known.cgroup)
        );
        if deed == Deed::Stop {
            if !frozen || !held.is_stopped() {
                return Err(never(
                    "a process is stopped for good only after it was frozen",
                ));
            }
            said = format!("irreversible; a copy of the program is kept; {said}");
        }
        Ok(said)
    }

    pub(super) fn freeze(&mut self, asked: &Asked, identity: Identity<'_>) -> Result<(), Fault> {
        let text = &asked.key.target;
        if self.objects.contains_key(text) && has_ended(identity) {
            return self.hold(asked, false);
        }
        let (held, known) = held(identity)?;
        if self.objects.contains_key(text) {
            let again = !held.is_stopped();
            if again {
                self.stop_for_a_while(&held, identity.2, false)?;
            }
            return self.hold(asked, again);
        }
        let object = Object {
            target: text.clone(),
            boot: self.boot.clone(),
            stage: Stage::Intended,
            holds: Vec::new(),
            process: Some(ProcessBefore {
                stopped: known.stopped,
                user: known.user,
                program: known.program.as_os_str().as_bytes().to_vec(),
                cgroup: known.cgroup.clone(),
                copy: None,
            }),
            file: None,
        };
        self.keep(object, "recorded")?;
        match self.stop_for_a_while(&held, identity.2, known.stopped) {
            Ok(()) => self.hold(asked, false),
            Err(fault) => {
                self.forget(text)?;
                Err(fault)
            }
        }
    }

    /// Stops a process, and proves that what is stopped runs the program that is meant: until it was stopped it could start another.
    fn stop_for_a_while(
        &mut self,
        held: &Held,
        hash: &[u8; 32],
        was_stopped: bool,
    ) -> Result<(), Fault> {
        let done = held.freeze();
        self.step("stopped");
        let done = done.and_then(|()| same_program(held, hash));
        if done.is_err() && !was_stopped {
            held.thaw()?;
        }
        done
    }

    pub(super) fn stop(&mut self, asked: &Asked, identity: Identity<'_>) -> Result<(), Fault> {
        let text = &asked.key.target;
        if has_ended(identity) {
            return self.hold(asked, false);
        }
        let (held, _) = held(identity)?;
        let Some(mut object) = self.objects.get(text).cloned() else {
            return Err(never(
                "a process is stopped for good only after it was frozen",
            ));
        };
        let store = self
            .stores
            .first()
            .ok_or_else(|| never("no store is set for the copy of the program"))?;
        let copy = copied(&held, store, &object.id(), identity.2)?;
        if let Some(before) = &mut object.process {
            before.copy = Some(copy);
        }
        self.keep(object, "copied")?;
        self.hold(asked, false)?;
        if !held.is_stopped() {
            self.remove(&asked.key)?;
            return Err(now(
                "somebody let the process go on; it is to be frozen first",
            ));
        }
        held.kill()?;
        self.step("ended");
        Ok(())
    }

    /// Lets a process go on, if it was not stopped by another before.
    pub(super) fn lift_process(&mut self, text: &str, pid: u32, start: u64) -> Result<(), Fault> {
        let Some(object) = self.objects.get(text) else {
            return Ok(());
        };
        let was_stopped = object.process.as_ref().is_some_and(|before| before.stopped);
        // Under another start of the machine the number means nothing.
        if object.boot == self.boot
            && let Found::There(held) = Held::open(pid, start)?
            && !was_stopped
            && held.thaw()? == Gone::StoppedByAnother
        {
            self.say(format!(
                "process {pid} was let go on and somebody else stops it again"
            ));
        }
        self.step("gone-on");
        Ok(())
    }

    /// After a fall: what was intended and not confirmed is undone, whether it was done or not; what is held stays held.
    pub(super) fn recover_process(&mut self, object: &Object) -> Result<(), Fault> {
        if object.stage == Stage::Done && object.boot == self.boot {
            return Ok(());
        }
        self.undo(&object.target)
    }
}

/// A copy of the program that a process runs, for evidence, durable.
fn copied(
    held: &Held,
    store: &Store,
    id: &str,
    hash: &[u8; 32],
) -> Result<std::path::PathBuf, Fault> {
    let (mut file, path) = store.copy(id)?;
    let is = held.hash(Some(&mut file))?;
    file.sync_all().and_then(|()| store.sync()).map_err(|e| {
        now(format!(
            "the copy of the program cannot be made durable: {e}"
        ))
    })?;
    if is == *hash {
        Ok(path)
    } else {
        Err(never(
            "the process runs another program than the one that is meant",
        ))
    }
}
