//! A sealed process that tries to get out: every system call number, in every form that the processor has, and a list of escapes with arguments that would work outside.
//! In: the seal. Out: which attempts ended with death. Each attempt has a process of its own, sealed first.
#![expect(
    unsafe_code,
    reason = "system calls by number, with arguments that no safe interface would pass"
)]

use sakimori_sensor::seal::{allowed_calls, seal};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode, ExitStatus, Stdio};

/// First argument of a process that attempts something.
pub(crate) const ARGUMENT: &str = "hostile";
/// Exit code of a process that could not be sealed.
const NOT_SEALED: u8 = 77;
/// Numbers that are tried: past the last one of today's kernels.
const NUMBERS: std::ops::RangeInclusive<i64> = 0..=600;
/// The bit of the x32 form of a call.
const X32: i64 = 0x4000_0000;

/// Calls that the kernel shows to no filter since Linux 6.14 (`seccomp_uprobe_exception`): uretprobe and uprobe, which code that the kernel itself put into a traced process makes.
/// From anywhere else they fail, or end the process with a signal of their own.
#[cfg(target_arch = "x86_64")]
const SHOWN_TO_NO_FILTER: [i64; 2] = [335, 336];
#[cfg(not(target_arch = "x86_64"))]
const SHOWN_TO_NO_FILTER: [i64; 0] = [];

/// Six arguments of a call.
type Arguments = [usize; 6];

/// A call by its number.
fn call(number: i64, a: Arguments) -> i64 {
    // SAFETY: in a sealed process that ends behind this call. The kernel kills it, or the call is one of the allowed list: those read or write at most the memory that the arguments
    // name, which is static or null, or return memory; unmapping and moving are tried at address 0 and fail.
    unsafe { libc::syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]) }
}

/// A call through the gate of 32-bit programs, without arguments.
#[cfg(target_arch = "x86_64")]
fn call_ia32(number: i64) -> i64 {
    let result: i32;
    // SAFETY: as above; the register that the compiler keeps for itself is put back.
    unsafe {
        std::arch::asm!(
            "push rbx", "xor ebx, ebx", "int 0x80", "pop rbx",
            inlateout("eax") number as i32 => result,
            in("ecx") 0, in("edx") 0, in("esi") 0, in("edi") 0,
        );
    }
    i64::from(result)
}

#[cfg(not(target_arch = "x86_64"))]
fn call_ia32(number: i64) -> i64 {
    call(i64::MAX - number, [0; 6])
}

/// Seals this process and makes the attempt that the arguments name.
pub(crate) fn attempt(mut args: impl Iterator<Item = OsString>) -> ExitCode {
    let mut word = || {
        args.next()
            .and_then(|word| word.into_string().ok())
            .unwrap()
    };
    let (kind, number) = (word(), word().parse::<i64>().unwrap());
    let escape = usize::try_from(number)
        .ok()
        .and_then(|at| escapes().get(at).copied());
    by_default_at_faults();
    if seal(0).is_err() {
        return ExitCode::from(NOT_SEALED);
    }
    // No memory is taken and nothing is printed from here on.
    let result = match (kind.as_str(), escape) {
        ("plain", _) => call(number, plain(number)),
        // A second form, for calls that are allowed for some descriptors only.
        ("other", _) => call(number, other(number)),
        ("x32", _) => call(number | X32, [0; 6]),
        ("ia32", _) => call_ia32(number),
        (_, Some((_, number, arguments))) => call(number, arguments),
        _ => 0,
    };
    ExitCode::from(u8::from(result != -1))
}

/// Lets a memory fault end the process; the standard library's handler would make a call of its own first, and die of that.
fn by_default_at_faults() {
    // SAFETY: the default action runs no code of this process.
    unsafe { libc::signal(libc::SIGSEGV, libc::SIG_DFL) };
}

/// Arguments with which a call would do nothing or fail at once.
fn plain(number: i64) -> Arguments {
    static AT_ONCE: [u64; 2] = [0; 2];
    match number {
        libc::SYS_ppoll => [0, 0, AT_ONCE.as_ptr().addr(), 0, 0, 0],
        libc::SYS_mmap => [
            0,
            4096,
            3,
            (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS).cast_unsigned() as usize,
            usize::MAX,
            0,
        ],
        _ => [0; 6],
    }
}

/// The same for another descriptor. A wait without end stays one that ends at once.
fn other(number: i64) -> Arguments {
    match number {
        libc::SYS_ppoll => plain(number),
        _ => [1, 0, 0, 0, 0, 0],
    }
}

/// How an attempt ended.
fn try_one(kind: &str, number: i64) -> ExitStatus {
    let (told, control) = std::io::pipe().unwrap();
    let status = Command::new(std::env::current_exe().unwrap())
        .args([ARGUMENT, kind, &number.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::from(told))
        .status()
        .unwrap();
    drop(control);
    assert_ne!(
        status.code(),
        Some(i32::from(NOT_SEALED)),
        "the process could not be sealed"
    );
    status
}

fn is_killed(status: ExitStatus) -> bool {
    status.signal() == Some(libc::SIGSYS)
}

pub(crate) fn every_call() {
    let (mut passed, mut unseen, mut killed) = (BTreeSet::new(), BTreeSet::new(), 0);
    for number in NUMBERS {
        for kind in ["plain", "other"] {
            let status = try_one(kind, number);
            if is_killed(status) {
                killed += 1;
            } else if SHOWN_TO_NO_FILTER.contains(&number) {
                let failed = status.code() == Some(0) || status.signal() == Some(libc::SIGILL);
                assert!(failed, "call {number}: {status:?}");
                unseen.insert(number);
            } else {
                passed.insert(number);
            }
        }
        let x32 = try_one("x32", number);
        assert!(is_killed(x32), "x32 call {number}: {x32:?}");
        // Where the kernel has no gate for 32-bit programs the processor faults.
        let ia32 = try_one("ia32", number);
        assert!(
            is_killed(ia32) || ia32.signal() == Some(libc::SIGSEGV),
            "ia32 call {number}: {ia32:?}"
        );
    }
    let allowed: BTreeSet<i64> = allowed_calls().iter().map(|call| call.0).collect();
    assert_eq!(passed, allowed);
    println!(
        "{} numbers passed, the allowed ones; {unseen:?} fail by themselves; {killed} attempts killed, and every one in the other two forms",
        passed.len()
    );
}

pub(crate) fn every_escape() {
    let escapes = escapes();
    for (at, (name, _, _)) in escapes.iter().enumerate() {
        let status = try_one("escape", i64::try_from(at).unwrap());
        assert!(is_killed(status), "{name}: {status:?}");
    }
    println!("{} ways out, all closed", escapes.len());
}

/// Ways out by name, with the arguments with which they would work outside.
#[expect(clippy::too_many_lines, reason = "a table")]
fn escapes() -> Vec<(&'static str, i64, Arguments)> {
    static WORDS: [u64; 64] = [0; 64];
    let at = |text: &'static [u8]| text.as_ptr().addr();
    let (file, shell, word) = (
        at(b"/etc/passwd\0"),
        at(b"/bin/sh\0"),
        WORDS.as_ptr().addr(),
    );
    let text = at(b"content");
    let own_memory = at(b"/proc/self/mem\0");
    let here = usize::MAX - 99;
    assert_eq!(here.cast_signed(), libc::AT_FDCWD as isize);
    let anonymous = (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS).cast_unsigned() as usize;
    let constant = |value: i32| value.cast_unsigned() as usize;
    let (tcp, udp) = (constant(libc::SOCK_STREAM), constant(libc::SOCK_DGRAM));
    let parent = std::os::unix::process::parent_id() as usize;
    let mut escapes = vec![
        ("open a file", libc::SYS_openat, [here, file, 0, 0, 0, 0]),
        (
            "open its own memory",
            libc::SYS_openat,
            [here, own_memory, 2, 0, 0, 0],
        ),
        (
            "open a file, second form",
            libc::SYS_openat2,
            [here, file, word, 24, 0, 0],
        ),
        (
            "make a file",
            libc::SYS_openat,
            [here, at(b"/tmp/out\0"), 0o101, 0o600, 0, 0],
        ),
        (
            "open by handle",
            libc::SYS_open_by_handle_at,
            [here, word, 0, 0, 0, 0],
        ),
        ("socket: tcp", libc::SYS_socket, [2, tcp, 0, 0, 0, 0]),
        ("socket: udp", libc::SYS_socket, [2, udp, 0, 0, 0, 0]),
        (
            "socket: udp over ipv6",
            libc::SYS_socket,
            [10, udp, 0, 0, 0, 0],
        ),
        ("socket: unix", libc::SYS_socket, [1, tcp, 0, 0, 0, 0]),
        ("socket: netlink", libc::SYS_socket, [16, 3, 0, 0, 0, 0]),
        ("socket: packet", libc::SYS_socket, [17, 3, 0, 0, 0, 0]),
        ("socket: vsock", libc::SYS_socket, [40, tcp, 0, 0, 0, 0]),
        ("socket pair", libc::SYS_socketpair, [1, tcp, 0, word, 0, 0]),
        ("connect", libc::SYS_connect, [0, word, 16, 0, 0, 0]),
        ("bind", libc::SYS_bind, [0, word, 16, 0, 0, 0]),
        ("listen", libc::SYS_listen, [0, 1, 0, 0, 0, 0]),
        ("accept", libc::SYS_accept4, [0, 0, 0, 0, 0, 0]),
        ("send", libc::SYS_sendto, [1, text, 7, 0, 0, 0]),
        ("send a message", libc::SYS_sendmsg, [1, word, 0, 0, 0, 0]),
        ("send messages", libc::SYS_sendmmsg, [1, word, 1, 0, 0, 0]),
        ("receive", libc::SYS_recvfrom, [0, word, 1, 0, 0, 0]),
        (
            "clone",
            libc::SYS_clone,
            [constant(libc::SIGCHLD), 0, 0, 0, 0, 0],
        ),
        (
            "clone, third form",
            libc::SYS_clone3,
            [word, 88, 0, 0, 0, 0],
        ),
        ("a thread", libc::SYS_clone, [0x0001_0f00, word, 0, 0, 0, 0]),
        ("execute", libc::SYS_execve, [shell, 0, 0, 0, 0, 0]),
        (
            "execute, by descriptor",
            libc::SYS_execveat,
            [here, shell, 0, 0, 0, 0],
        ),
        ("trace", libc::SYS_ptrace, [0, 0, 0, 0, 0, 0]),
        (
            "trace the parent",
            libc::SYS_ptrace,
            [16, parent, 0, 0, 0, 0],
        ),
        ("a ring", libc::SYS_io_uring_setup, [1, word, 0, 0, 0, 0]),
        ("enter a ring", libc::SYS_io_uring_enter, [0, 1, 0, 0, 0, 0]),
        (
            "register a ring",
            libc::SYS_io_uring_register,
            [0, 0, 0, 0, 0, 0],
        ),
        (
            "asynchronous input",
            libc::SYS_io_setup,
            [1, word, 0, 0, 0, 0],
        ),
        (
            "executable memory",
            libc::SYS_mmap,
            [0, 4096, 7, anonymous, usize::MAX, 0],
        ),
        (
            "memory that can only be executed",
            libc::SYS_mmap,
            [0, 4096, 4, anonymous, usize::MAX, 0],
        ),
        (
            "memory of the input file, shared",
            libc::SYS_mmap,
            [0, 4096, 3, 1, 0, 0],
        ),
        ("memory of the pipe", libc::SYS_mmap, [0, 4096, 3, 1, 1, 0]),
        (
            "make memory executable",
            libc::SYS_mprotect,
            [word & !4095, 4096, 5, 0, 0, 0],
        ),
        (
            "make memory writable",
            libc::SYS_mprotect,
            [word & !4095, 4096, 3, 0, 0, 0],
        ),
        (
            "make memory executable, with a key",
            libc::SYS_pkey_mprotect,
            [word & !4095, 4096, 5, 0, 0, 0],
        ),
        (
            "remap a file",
            libc::SYS_remap_file_pages,
            [0, 4096, 0, 0, 0, 0],
        ),
        ("write to the input", libc::SYS_write, [0, text, 7, 0, 0, 0]),
        ("write to control", libc::SYS_write, [2, text, 7, 0, 0, 0]),
        (
            "write to another descriptor",
            libc::SYS_write,
            [3, text, 7, 0, 0, 0],
        ),
        (
            "write at a place",
            libc::SYS_pwrite64,
            [1, text, 7, 0, 0, 0],
        ),
        ("write pieces", libc::SYS_writev, [1, word, 1, 0, 0, 0]),
        (
            "write pieces at a place",
            libc::SYS_pwritev2,
            [1, word, 1, 0, 0, 0],
        ),
        ("read from the pipe", libc::SYS_read, [1, word, 0, 0, 0, 0]),
        (
            "read from another descriptor",
            libc::SYS_read,
            [3, word, 0, 0, 0, 0],
        ),
        ("read at a place", libc::SYS_pread64, [0, word, 0, 0, 0, 0]),
        (
            "input to output in the kernel",
            libc::SYS_sendfile,
            [1, 0, 0, 7, 0, 0],
        ),
        ("splice", libc::SYS_splice, [0, 0, 1, 0, 7, 0]),
        ("tee", libc::SYS_tee, [0, 1, 7, 0, 0, 0]),
        ("splice memory", libc::SYS_vmsplice, [1, word, 1, 0, 0, 0]),
        (
            "copy a range",
            libc::SYS_copy_file_range,
            [0, 0, 1, 0, 7, 0],
        ),
        ("a pipe", libc::SYS_pipe2, [word, 0, 0, 0, 0, 0]),
        ("a second descriptor", libc::SYS_dup, [0, 0, 0, 0, 0, 0]),
        (
            "a descriptor in another's place",
            libc::SYS_dup3,
            [0, 1, 0, 0, 0, 0],
        ),
        (
            "a second descriptor, by control",
            libc::SYS_fcntl,
            [0, 0, 0, 0, 0, 0],
        ),
        ("close", libc::SYS_close, [1, 0, 0, 0, 0, 0]),
        (
            "another's descriptor",
            libc::SYS_pidfd_getfd,
            [0, 0, 0, 0, 0, 0],
        ),
        (
            "a handle of the parent",
            libc::SYS_pidfd_open,
            [parent, 0, 0, 0, 0, 0],
        ),
        (
            "a file in memory",
            libc::SYS_memfd_create,
            [text, 0, 0, 0, 0, 0],
        ),
        ("secret memory", libc::SYS_memfd_secret, [0, 0, 0, 0, 0, 0]),
        ("be dumpable", libc::SYS_prctl, [4, 1, 0, 0, 0, 0]),
        (
            "another filter, by control",
            libc::SYS_prctl,
            [22, 2, word, 0, 0, 0],
        ),
        ("another filter", libc::SYS_seccomp, [1, 0, word, 0, 0, 0]),
        ("higher limits", libc::SYS_prlimit64, [0, 7, word, 0, 0, 0]),
        (
            "higher limits, old form",
            libc::SYS_setrlimit,
            [7, word, 0, 0, 0, 0],
        ),
        (
            "signal the parent",
            libc::SYS_kill,
            [parent, 15, 0, 0, 0, 0],
        ),
        (
            "signal a thread",
            libc::SYS_tgkill,
            [parent, parent, 15, 0, 0, 0],
        ),
        (
            "signal by handle",
            libc::SYS_pidfd_send_signal,
            [0, 15, 0, 0, 0, 0],
        ),
        (
            "signal with a value",
            libc::SYS_rt_sigqueueinfo,
            [parent, 15, word, 0, 0, 0],
        ),
        (
            "a handler of signals",
            libc::SYS_rt_sigaction,
            [31, word, 0, 8, 0, 0],
        ),
        (
            "shared memory",
            libc::SYS_shmget,
            [0, 4096, 0o1600, 0, 0, 0],
        ),
        ("attach shared memory", libc::SYS_shmat, [0, 0, 0, 0, 0, 0]),
        (
            "a queue of messages",
            libc::SYS_msgget,
            [0, 0o1600, 0, 0, 0, 0],
        ),
        (
            "a queue of messages, by name",
            libc::SYS_mq_open,
            [text, 0o102, 0o600, 0, 0, 0],
        ),
        ("a semaphore", libc::SYS_semget, [0, 1, 0o1600, 0, 0, 0]),
        (
            "faults in user space",
            libc::SYS_userfaultfd,
            [0, 0, 0, 0, 0, 0],
        ),
        (
            "a program in the kernel",
            libc::SYS_bpf,
            [0, word, 72, 0, 0, 0],
        ),
        ("a key", libc::SYS_add_key, [text, text, text, 7, 0, 0]),
        ("keys", libc::SYS_keyctl, [0, 0, 0, 0, 0, 0]),
        (
            "read another's memory",
            libc::SYS_process_vm_readv,
            [parent, word, 1, word, 1, 0],
        ),
        (
            "write another's memory",
            libc::SYS_process_vm_writev,
            [parent, word, 1, word, 1, 0],
        ),
        (
            "count events",
            libc::SYS_perf_event_open,
            [word, 0, 0, 0, 0, 0],
        ),
        (
            "push terminal input",
            libc::SYS_ioctl,
            [0, 0x5412, text, 0, 0, 0],
        ),
        (
            "ask for the terminal",
            libc::SYS_ioctl,
            [1, 0x5401, word, 0, 0, 0],
        ),
        (
            "other namespaces",
            libc::SYS_unshare,
            [0x1000_0000, 0, 0, 0, 0, 0],
        ),
        ("another's namespace", libc::SYS_setns, [0, 0, 0, 0, 0, 0]),
        ("mount", libc::SYS_mount, [file, file, 0, 0, 0, 0]),
        ("another root", libc::SYS_chroot, [file, 0, 0, 0, 0, 0]),
        ("another user", libc::SYS_setresuid, [0, 0, 0, 0, 0, 0]),
        ("capabilities", libc::SYS_capset, [word, word, 0, 0, 0, 0]),
        ("a link", libc::SYS_symlinkat, [text, here, text, 0, 0, 0]),
        (
            "look at a file",
            libc::SYS_statx,
            [here, file, 0, 0, word, 0],
        ),
        (
            "read a link",
            libc::SYS_readlinkat,
            [here, file, word, 8, 0, 0],
        ),
        ("watch files", libc::SYS_inotify_init1, [0, 0, 0, 0, 0, 0]),
        (
            "watch all files",
            libc::SYS_fanotify_init,
            [0, 0, 0, 0, 0, 0],
        ),
        ("a counter", libc::SYS_eventfd2, [0, 0, 0, 0, 0, 0]),
        ("a timer", libc::SYS_timerfd_create, [0, 0, 0, 0, 0, 0]),
        (
            "a timer with a signal",
            libc::SYS_timer_create,
            [0, word, word, 0, 0, 0],
        ),
        (
            "signals as input",
            libc::SYS_signalfd4,
            [usize::MAX, word, 8, 0, 0, 0],
        ),
        ("wait for many", libc::SYS_epoll_create1, [0, 0, 0, 0, 0, 0]),
        (
            "sleep: a channel of time",
            libc::SYS_nanosleep,
            [word, 0, 0, 0, 0, 0],
        ),
        (
            "affinity: a channel of load",
            libc::SYS_sched_setaffinity,
            [0, 8, word, 0, 0, 0],
        ),
        ("priority", libc::SYS_setpriority, [0, 0, 1, 0, 0, 0]),
        (
            "a name that others see",
            libc::SYS_prctl,
            [15, text, 0, 0, 0, 0],
        ),
        ("randomness", libc::SYS_getrandom, [word, 0, 0, 0, 0, 0]),
        (
            "wait for a child",
            libc::SYS_wait4,
            [usize::MAX, 0, 1, 0, 0, 0],
        ),
        (
            "load a module",
            libc::SYS_finit_module,
            [0, text, 0, 0, 0, 0],
        ),
        ("load a kernel", libc::SYS_kexec_load, [0, 0, 0, 0, 0, 0]),
        ("a negative number", -1, [0; 6]),
    ];
    #[cfg(target_arch = "x86_64")]
    escapes.extend([
        (
            "open a file, old form",
            libc::SYS_open,
            [file, 0, 0, 0, 0, 0],
        ),
        (
            "make a file, old form",
            libc::SYS_creat,
            [at(b"/tmp/out\0"), 0o600, 0, 0, 0, 0],
        ),
        ("fork", libc::SYS_fork, [0; 6]),
        ("fork, sharing memory", libc::SYS_vfork, [0; 6]),
        ("a pipe, old form", libc::SYS_pipe, [word, 0, 0, 0, 0, 0]),
        (
            "a descriptor in another's place, old form",
            libc::SYS_dup2,
            [0, 1, 0, 0, 0, 0],
        ),
        (
            "segment registers",
            libc::SYS_arch_prctl,
            [0x1002, 0, 0, 0, 0, 0],
        ),
        ("ports of the processor", libc::SYS_iopl, [3, 0, 0, 0, 0, 0]),
    ]);
    escapes
}
