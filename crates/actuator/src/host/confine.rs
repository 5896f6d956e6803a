//! What the process that reads the texts gives up before it reads the first. In: nothing. Out: the Landlock level that was reached. Never: a way back; a file, socket, process or signal after it; without the
//! system call filter nothing starts.
//!
//! It keeps two descriptors, 0 to who asks and 1 to the helper, and may read and write those. Two walls, as at the sensor's seal: Landlock knows files and ports, seccomp knows calls.

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, LandlockStatus, Ruleset,
    RulesetAttr, Scope,
};
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter,
};
use std::collections::BTreeMap;

/// Most address space of the process, bytes: one answer of the helper, and the program itself.
const ADDRESS_SPACE_BYTES: u64 = 512 << 20;

/// The calls that are left, beside reading and writing of the two descriptors and plain memory.
const CALLS: &[i64] = &[
    libc::SYS_futex,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// Why a process was not confined. It ends before it reads anything.
#[derive(Debug, thiserror::Error)]
pub enum ConfineError {
    /// A call of the preparation failed.
    #[error("the system refuses to {0}")]
    System(&'static str, #[source] std::io::Error),
    /// It runs as root.
    #[error("the parser runs as root, or with a group of root")]
    Root,
    /// It has more than one thread: the others would not be confined.
    #[error("the parser has more than one thread")]
    Threads,
    /// The system call filter could not be built or loaded.
    #[error("the system call filter cannot be loaded")]
    Filter(#[source] Box<dyn std::error::Error + Send + Sync>),
}

fn system(what: &'static str) -> impl FnOnce(rustix::io::Errno) -> ConfineError {
    move |errno| ConfineError::System(what, errno.into())
}

fn filter(error: impl std::error::Error + Send + Sync + 'static) -> ConfineError {
    ConfineError::Filter(Box::new(error))
}

/// Confines the calling process, which must have one thread and be no root, and says which level of Landlock it has; 0 for none.
///
/// # Errors
/// [`ConfineError`]: the process must end.
pub fn confine() -> Result<u8, ConfineError> {
    if rustix::process::geteuid().is_root() || rustix::process::getegid().is_root() {
        return Err(ConfineError::Root);
    }
    let threads = std::fs::read_dir("/proc/self/task")
        .map_err(|e| ConfineError::System("count threads", e))?;
    if threads.count() != 1 {
        return Err(ConfineError::Threads);
    }
    for (resource, most) in [
        (Resource::Core, 0),
        (Resource::Fsize, 0),
        (Resource::Nproc, 0),
        (Resource::As, ADDRESS_SPACE_BYTES),
    ] {
        let most = Some(most);
        let limit = Rlimit {
            current: most,
            maximum: most,
        };
        setrlimit(resource, limit).map_err(system("set its limits"))?;
    }
    rustix::thread::set_no_new_privs(true).map_err(system("give up new privileges"))?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(system("be not dumpable"))?;
    let level = deny_files_and_ports();
    let program = program()?;
    apply_filter(&program).map_err(filter)?;
    Ok(level)
}

/// Denies every file, port and scope that this kernel knows.
fn deny_files_and_ports() -> u8 {
    let abi = ABI::V6;
    let deny = || {
        Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(abi))?
            .handle_access(AccessNet::from_all(abi))?
            .scope(Scope::from_all(abi))?
            .create()?
            .restrict_self()
    };
    match deny().map(|status| status.landlock) {
        Ok(LandlockStatus::Available { effective_abi, .. }) => effective_abi as u8,
        Ok(_) | Err(_) => 0,
    }
}

fn program() -> Result<BpfProgram, ConfineError> {
    let when = |arg, op, value| SeccompCondition::new(arg, SeccompCmpArgLen::Dword, op, value);
    let rules = || -> Result<_, seccompiler::BackendError> {
        let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
            CALLS.iter().map(|call| (*call, Vec::new())).collect();
        for call in [libc::SYS_read, libc::SYS_write] {
            let either = [0, 1]
                .map(|fd| when(0, SeccompCmpOp::Eq, fd).and_then(|is| SeccompRule::new(vec![is])));
            rules.insert(call, either.into_iter().collect::<Result<_, _>>()?);
        }
        let plain = when(2, SeccompCmpOp::MaskedEq(libc::PROT_EXEC as u64), 0)?;
        let anonymous = libc::MAP_ANONYMOUS as u64;
        let no_file = when(3, SeccompCmpOp::MaskedEq(anonymous), anonymous)?;
        rules.insert(
            libc::SYS_mmap,
            vec![SeccompRule::new(vec![plain, no_file])?],
        );
        Ok(rules)
    };
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(filter)?;
    let whole = SeccompFilter::new(
        rules().map_err(filter)?,
        SeccompAction::KillProcess,
        SeccompAction::Allow,
        arch,
    );
    BpfProgram::try_from(whole.map_err(filter)?).map_err(filter)
}
