//! The seal: what the process that parses hostile bytes gives up before it reads the first of them. In: nothing. Out: the level that was reached. Never: a way back; without
//! the system call filter nothing starts.
//!
//! The process has three descriptors and no others: 0 input, 1 the pipe of frames, 2 control (read only, so that no text can be written to it). Order: inherited descriptors
//! are closed and the rest is checked, limits set, no new privileges, not dumpable, empty namespaces where the system lets it, Landlock with everything denied, then seccomp with
//! a list of allowed calls whose default is to kill. Design 6.5 and 8.

mod filter;

pub use filter::allowed_calls;

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, LandlockStatus, Ruleset,
    RulesetAttr, Scope,
};
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use rustix::thread::UnshareFlags;
use sakimori_custody::frame::Ready;
use std::io;

/// Most address space of the sealed process, bytes: tables, a pack of a million selectors and 80 MB of detectors.
pub const ADDRESS_SPACE_BYTES: u64 = 700 << 20;

/// Why a process was not sealed. It ends before it reads anything.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// A descriptor besides the three.
    #[error("the process has a stray descriptor `{0}`")]
    Stray(String),
    /// A system call of the preparation failed.
    #[error("the system refuses to {0}")]
    System(&'static str, #[source] io::Error),
    /// The system call filter could not be built or loaded.
    #[error("the system call filter cannot be loaded")]
    Filter(#[source] Box<dyn std::error::Error + Send + Sync>),
}

fn system(what: &'static str) -> impl FnOnce(rustix::io::Errno) -> SealError {
    move |errno| SealError::System(what, errno.into())
}

/// The timer that ends this process, whatever its supervisor does then. It counts the time since the machine was started, its sleep included, so that no clock that is set moves it.
pub(crate) struct EndTimer(libc::timer_t);

impl EndTimer {
    /// Makes the timer, which has no time yet.
    #[expect(unsafe_code, reason = "timers have no safe form in rustix")]
    pub(crate) fn new() -> Option<Self> {
        let mut timer = std::ptr::null_mut();
        // SAFETY: it writes the id of the timer to a place of that type; without a second argument it raises the alarm signal, which has no handler here and ends the process.
        let made = unsafe {
            libc::timer_create(libc::CLOCK_BOOTTIME, std::ptr::null_mut(), &raw mut timer)
        };
        (made == 0).then_some(Self(timer))
    }

    /// Ends the process when the machine has been up so long, in ms; `false` where the system refuses.
    #[expect(unsafe_code, reason = "timers have no safe form in rustix")]
    pub(crate) fn end_at(&self, boot_ms: u64) -> bool {
        // A time of zero would take the timer off; one in the past ends the process at once.
        let boot_ms = boot_ms.clamp(1, i64::MAX as u64);
        let zero = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let when = libc::itimerspec {
            it_interval: zero,
            it_value: libc::timespec {
                tv_sec: (boot_ms / 1000).cast_signed(),
                tv_nsec: (boot_ms % 1000 * 1_000_000).cast_signed(),
            },
        };
        let at = libc::TIMER_ABSTIME;
        // SAFETY: the timer is this process's own; the times are read during the call, and no earlier ones are asked for.
        unsafe { libc::timer_settime(self.0, at, &raw const when, std::ptr::null_mut()) == 0 }
    }
}

/// Seals the calling process, which must have one thread, and says how far.
///
/// # Errors
/// [`SealError`]: the process must end.
pub fn seal(map_version: u64) -> Result<Ready, SealError> {
    close_inherited()?;
    only_three_descriptors()?;
    limits()?;
    rustix::thread::set_no_new_privs(true).map_err(system("give up new privileges"))?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(system("be not dumpable"))?;
    let network_namespace = leave_namespaces();
    let landlock = deny_files_and_ports();
    filter::load()?;
    Ok(Ready {
        landlock,
        seccomp: true,
        network_namespace,
        map_version,
    })
}

/// Closes whatever a shell or a service manager left open above the three: that is the environment's and no reason not to start.
#[expect(
    unsafe_code,
    reason = "closing a range of descriptors has no safe form"
)]
fn close_inherited() -> Result<(), SealError> {
    // SAFETY: the process has opened nothing itself yet that it goes on to use; no owner of a descriptor above 2 exists.
    let closed = unsafe { libc::close_range(3, libc::c_uint::MAX, 0) };
    if closed == 0 {
        Ok(())
    } else {
        Err(SealError::System(
            "close descriptors",
            io::Error::last_os_error(),
        ))
    }
}

fn only_three_descriptors() -> Result<(), SealError> {
    let list =
        std::fs::read_dir("/proc/self/fd").map_err(|e| SealError::System("list descriptors", e))?;
    for entry in list.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        // The listing itself is open while it is read, as a descriptor of this folder.
        let listing = std::fs::read_link(entry.path())
            .is_ok_and(|target| target.ends_with("fd") && target.starts_with("/proc"));
        if !matches!(name.as_str(), "0" | "1" | "2") && !listing {
            return Err(SealError::Stray(name));
        }
    }
    Ok(())
}

fn limits() -> Result<(), SealError> {
    let set = |resource, most| {
        setrlimit(
            resource,
            Rlimit {
                current: Some(most),
                maximum: Some(most),
            },
        )
        .map_err(system("set its limits"))
    };
    set(Resource::Core, 0)?;
    set(Resource::Fsize, 0)?;
    set(Resource::Nproc, 0)?;
    set(Resource::As, ADDRESS_SPACE_BYTES)?;
    // Last: Landlock needs one descriptor for a moment.
    set(Resource::Nofile, 4)
}

/// Enters empty namespaces; which ones a system gives to whom differs, so this is a second wall and its level is reported.
fn leave_namespaces() -> bool {
    let all = UnshareFlags::NEWNET | UnshareFlags::NEWIPC | UnshareFlags::NEWUTS;
    unshare(all) || unshare(UnshareFlags::NEWUSER | all)
}

#[expect(unsafe_code, reason = "unsharing has no safe form in rustix")]
fn unshare(flags: UnshareFlags) -> bool {
    // SAFETY: the process has one thread, and neither the file table nor the memory map is unshared.
    unsafe { rustix::thread::unshare_unsafe(flags) }.is_ok()
}

/// Denies every file, port and scope that this kernel knows; returns the ABI that is in force, 0 for none.
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
    match deny() {
        Ok(status) => match status.landlock {
            LandlockStatus::Available { effective_abi, .. } => effective_abi as u8,
            _ => 0,
        },
        Err(_) => 0,
    }
}
