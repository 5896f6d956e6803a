//! The system call filter: the list of what a sealed process may still ask of the kernel. In: nothing. Out: a loaded filter. Never: a call that opens, connects, starts, maps
//! executable memory, or writes anywhere but to the pipe.

use super::SealError;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter,
};
use std::collections::BTreeMap;

/// The calls and what each is needed for. (Linux 6.14 and later show two to no filter at all, `uretprobe` and `uprobe`; made by anything but the kernel's own code they fail.)
///
/// `read` only from 0 and 2, `write` only to 1, memory only without execution and without a file.
const CALLS: &[(i64, &str)] = &[
    (libc::SYS_read, "input and control"),
    (libc::SYS_write, "the pipe of frames"),
    (libc::SYS_ppoll, "waiting for input or control"),
    (libc::SYS_futex, "locks of the standard library"),
    (libc::SYS_mmap, "memory, neither executable nor of a file"),
    (libc::SYS_mremap, "growing memory"),
    (libc::SYS_munmap, "giving memory back"),
    (libc::SYS_madvise, "giving memory back"),
    (libc::SYS_brk, "memory"),
    (libc::SYS_rt_sigreturn, "return from a signal"),
    (libc::SYS_sigaltstack, "the standard library's own end"),
    (libc::SYS_restart_syscall, "waiting that was interrupted"),
    (
        libc::SYS_timer_settime,
        "the end of a lease that was renewed",
    ),
    (libc::SYS_exit, "the end"),
    (libc::SYS_exit_group, "the end"),
];

/// Numbers of the allowed calls with their reasons.
pub const fn allowed_calls() -> &'static [(i64, &'static str)] {
    CALLS
}

fn filtered(error: impl std::error::Error + Send + Sync + 'static) -> SealError {
    SealError::Filter(Box::new(error))
}

fn equals(arg: u8, value: u64) -> Result<SeccompRule, seccompiler::BackendError> {
    let is = SeccompCondition::new(arg, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value)?;
    SeccompRule::new(vec![is])
}

fn rules() -> Result<BTreeMap<i64, Vec<SeccompRule>>, seccompiler::BackendError> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        CALLS.iter().map(|&(call, _)| (call, Vec::new())).collect();
    rules.insert(libc::SYS_read, vec![equals(0, 0)?, equals(0, 2)?]);
    rules.insert(libc::SYS_write, vec![equals(0, 1)?]);
    let executable = SeccompCmpOp::MaskedEq(libc::PROT_EXEC as u64);
    let plain = SeccompCondition::new(2, SeccompCmpArgLen::Dword, executable, 0)?;
    // Of a file: what is written to shared memory of an input that happens to be open for writing would leave.
    let anonymous = libc::MAP_ANONYMOUS as u64;
    let mask = SeccompCmpOp::MaskedEq(anonymous);
    let no_file = SeccompCondition::new(3, SeccompCmpArgLen::Dword, mask, anonymous)?;
    rules.insert(
        libc::SYS_mmap,
        vec![SeccompRule::new(vec![plain, no_file])?],
    );
    Ok(rules)
}

/// Builds and loads the filter for this thread, the only one.
pub(super) fn load() -> Result<(), SealError> {
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(filtered)?;
    let rules = rules().map_err(filtered)?;
    let filter = SeccompFilter::new(
        rules,
        SeccompAction::KillProcess,
        SeccompAction::Allow,
        arch,
    )
    .map_err(filtered)?;
    let program = BpfProgram::try_from(filter).map_err(filtered)?;
    apply_filter(&program).map_err(filtered)
}
