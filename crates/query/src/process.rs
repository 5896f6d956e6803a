//! What the process gives up. In: the request's limits and folders. Out: a process that holds what it has opened and reaches nothing else. Never: a way back; a core
//! file, a written file, a connection, another program.

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetError, Scope, path_beneath_rules,
};
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, Signal, set_dumpable_behavior,
    set_parent_process_death_signal, setrlimit,
};
use sakimori_lake::session::Limits;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch, apply_filter};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use crate::limits::ADDRESS_EXTRA_BYTES;

/// The newest Landlock that is asked for; older systems give what they have.
const LANDLOCK: ABI = ABI::V6;

/// System calls by which a process reaches something new.
const REACHING: &[i64] = &[
    libc::SYS_openat,
    libc::SYS_openat2,
    libc::SYS_open_by_handle_at,
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_connect,
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_io_uring_setup,
    libc::SYS_memfd_create,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_open,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_creat,
];

/// Why a process could not be closed; it ends without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the system refuses to {0}")]
pub(crate) struct ProcessError(
    &'static str,
    #[source] Box<dyn std::error::Error + Send + Sync>,
);

fn refused<E: std::error::Error + Send + Sync + 'static>(
    what: &'static str,
) -> impl FnOnce(E) -> ProcessError {
    move |e| ProcessError(what, Box::new(e))
}

/// Before a key comes in: no core file, no other process that looks in, no new privileges, no file written, no life beyond the caller's thread.
pub(crate) fn keep_to_itself() -> Result<(), ProcessError> {
    let end = set_parent_process_death_signal(Some(Signal::KILL));
    end.map_err(refused("end with the caller"))?;
    limit(Resource::Core, 0)?;
    limit(Resource::Fsize, 0)?;
    rustix::thread::set_no_new_privs(true).map_err(refused("give up new privileges"))?;
    let hidden = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    hidden.map_err(refused("hide the memory of the process"))
}

/// Once the request is known: memory, and of all files those below the named folders. As many descriptors as the system gives.
pub(crate) fn keep_within<'p>(
    limits: Limits,
    folders: impl Iterator<Item = &'p Path>,
) -> Result<(), ProcessError> {
    limit(Resource::Data, limits.memory_bytes)?;
    limit(
        Resource::As,
        limits.memory_bytes.saturating_add(ADDRESS_EXTRA_BYTES),
    )?;
    let descriptors = rustix::process::getrlimit(Resource::Nofile).maximum;
    let most = Rlimit {
        current: descriptors,
        maximum: descriptors,
    };
    setrlimit(Resource::Nofile, most).map_err(refused("open many files"))?;
    restrict(folders).map_err(refused("close the file system"))
}

/// Once everything is open: no file, no network, no program. Threads that begin later are bound too.
pub(crate) fn close() -> Result<(), ProcessError> {
    restrict(std::iter::empty()).map_err(refused("close the file system"))?;
    let program = || -> Result<BpfProgram, seccompiler::BackendError> {
        let rules: BTreeMap<_, _> = REACHING.iter().map(|call| (*call, Vec::new())).collect();
        let denied = SeccompAction::Errno(libc::EACCES as u32);
        let arch = TargetArch::try_from(std::env::consts::ARCH)?;
        SeccompFilter::new(rules, SeccompAction::Allow, denied, arch)?.try_into()
    };
    let program = program().map_err(refused("build a system call filter"))?;
    apply_filter(&program).map_err(refused("load a system call filter"))
}

/// Leaves reading below `folders`, and no other file, port or scope that this system knows to close.
fn restrict<'p>(folders: impl Iterator<Item = &'p Path>) -> Result<(), RulesetError> {
    let reading = AccessFs::from_read(LANDLOCK);
    Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(LANDLOCK))?
        .handle_access(AccessNet::from_all(LANDLOCK))?
        .scope(Scope::from_all(LANDLOCK))?
        .create()?
        .add_rules(path_beneath_rules(folders, reading))?
        .restrict_self()?;
    Ok(())
}

fn limit(resource: Resource, most: u64) -> Result<(), ProcessError> {
    let bound = Rlimit {
        current: Some(most),
        maximum: Some(most),
    };
    let set = setrlimit(resource, bound).map_err(io::Error::from);
    set.map_err(refused("set the limits of the process"))
}
