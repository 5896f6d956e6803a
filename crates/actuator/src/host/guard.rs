//! What is never frozen or stopped, whatever an approval or the owner's policy says. In: a census of the processes of this host. Out: a refusal with its reason, or none. Never: a rule that a program gets
//! by its mere name: a name counts where the program lies with the system's own and only root can write it.
//!
//! Who runs as root can always hide behind such a name; so can who has the system's own program run its code. Against those the owner acts, not this agent.

use super::limits::{PARENTS_MAX, PROCESSES_MAX};
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Folders of the system's own programs.
const SYSTEM: [&str; 6] = ["/usr", "/bin", "/sbin", "/lib", "/lib64", "/nix/store"];
/// The first process and who manages services in its name; each also with a dash and more behind it.
const INIT: [&str; 4] = ["init", "systemd", "openrc", "runit"];
/// The owner's way in.
const LOGIN: [&str; 2] = ["sshd", "dropbear"];
/// Package managers: stopped in the middle they leave a system half installed.
const PACKAGES: [&str; 16] = [
    "dpkg",
    "apt",
    "apt-get",
    "aptitude",
    "unattended-upgr",
    "rpm",
    "rpmdb",
    "yum",
    "dnf",
    "dnf5",
    "zypper",
    "pacman",
    "apk",
    "snapd",
    "packagekitd",
    "rpm-ostree",
];
/// The flag of a kernel thread in field 9 of `/proc/PID/stat` (`PF_KTHREAD`, include/linux/sched.h).
const KERNEL_THREAD: u64 = 0x0020_0000;
/// The parent of all kernel threads.
const KTHREADD: u32 = 2;

/// What `/proc/PID/stat` says (`proc_pid_stat(5)`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stat {
    /// Its name, of at most 15 bytes, which it can change.
    pub name: String,
    /// Its state: `T` is stopped.
    pub state: u8,
    /// Its parent.
    pub parent: u32,
    /// Flags of the kernel.
    pub flags: u64,
    /// When it was started, in ticks since the machine was.
    pub start: u64,
}

impl Stat {
    /// Reads the one line of the file. A name can hold anything, also brackets: it ends with the last one.
    pub fn parse(text: &str) -> Option<Self> {
        let (head, rest) = text.rsplit_once(')')?;
        let (_, name) = head.split_once('(')?;
        let mut fields = rest.split_ascii_whitespace();
        let state = *fields.next()?.as_bytes().first()?;
        let parent = fields.next()?.parse().ok()?;
        // Fields 5 to 8 are passed over, then 10 to 21.
        let flags = fields.nth(4)?.parse().ok()?;
        let start = fields.nth(12)?.parse().ok()?;
        Some(Self {
            name: name.to_owned(),
            state,
            parent,
            flags,
            start,
        })
    }

    /// What the kernel says of a process now.
    ///
    /// # Errors
    /// It is not there.
    pub fn read(pid: u32) -> std::io::Result<Self> {
        let bytes = std::fs::read(format!("/proc/{pid}/stat"))?;
        Self::parse(&String::from_utf8_lossy(&bytes))
            .ok_or_else(|| std::io::ErrorKind::InvalidData.into())
    }
}

/// One process of the census.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its parent.
    pub parent: u32,
    /// Its name.
    pub name: String,
    /// Its user.
    pub user: u32,
    /// Whether it is the kernel's own.
    pub kernel: bool,
    /// The program that it runs, without the mark of one that was deleted.
    pub program: Option<PathBuf>,
    /// Device and inode of that program.
    pub file: Option<(u64, u64)>,
    /// Whether that program lies with the system's own, and root alone can write it.
    pub system: bool,
}

/// The processes of this host at one time.
#[derive(Clone, Debug, Default)]
pub struct Census {
    /// This process.
    pub own: u32,
    /// Device and inode of the program of this process.
    pub own_file: Option<(u64, u64)>,
    /// All processes by their numbers.
    pub processes: BTreeMap<u32, Process>,
}

/// Why a process is never touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    /// Not there.
    #[error("there is no such process")]
    Gone,
    /// PID 1, or a service manager.
    #[error("it is the first process or manages services")]
    Init,
    /// The kernel's.
    #[error("it is a thread of the kernel")]
    Kernel,
    /// The agent itself.
    #[error("it is this agent, or runs its program")]
    Agent,
    /// The owner's way in.
    #[error("it is the owner's remote login, or a shell of it")]
    Login,
    /// A package manager.
    #[error("it is a package manager")]
    Packages,
    /// Something protected runs below it.
    #[error("this agent, or another process that is never touched, runs below it")]
    Parent,
}

impl Census {
    /// Counts the processes that there are.
    ///
    /// # Errors
    /// The kernel does not show them.
    pub fn read() -> std::io::Result<Self> {
        let mut processes = BTreeMap::new();
        for entry in std::fs::read_dir("/proc")?.flatten().take(PROCESSES_MAX) {
            let pid = entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse().ok());
            // Who ends while he is counted is not counted.
            if let Some(pid) = pid
                && let Some(process) = Process::read(pid)
            {
                processes.insert(pid, process);
            }
        }
        let own = std::fs::metadata("/proc/self/exe")?;
        Ok(Self {
            own: std::process::id(),
            own_file: Some((own.dev(), own.ino())),
            processes,
        })
    }

    /// Judges a process.
    ///
    /// # Errors
    /// [`Forbidden`]: it is not touched.
    pub fn judge(&self, pid: u32) -> Result<(), Forbidden> {
        if let Some(why) = self.protected(pid) {
            return Err(why);
        }
        if !self.processes.contains_key(&pid) {
            return Err(Forbidden::Gone);
        }
        // Only what runs as root protects who started it: anybody can start a package manager.
        let roots = self
            .processes
            .iter()
            .filter(|(_, process)| process.user == 0);
        let mut below = roots
            .map(|(pid, _)| *pid)
            .filter(|pid| self.protected(*pid).is_some())
            .chain([self.own]);
        if below.any(|below| self.parents(below).any(|parent| parent == pid)) {
            return Err(Forbidden::Parent);
        }
        Ok(())
    }

    fn protected(&self, pid: u32) -> Option<Forbidden> {
        if pid <= 1 {
            return Some(Forbidden::Init);
        }
        if pid == KTHREADD && self.processes.get(&pid).is_some_and(|found| found.kernel) {
            return Some(Forbidden::Kernel);
        }
        let process = self.processes.get(&pid)?;
        if process.kernel {
            return Some(Forbidden::Kernel);
        }
        if pid == self.own || (process.file.is_some() && process.file == self.own_file) {
            return Some(Forbidden::Agent);
        }
        if process.is_one_of(&INIT) {
            return Some(Forbidden::Init);
        }
        if process.is_one_of(&LOGIN) {
            return Some(Forbidden::Login);
        }
        if process.is_one_of(&PACKAGES) {
            return Some(Forbidden::Packages);
        }
        let parent = self.processes.get(&process.parent);
        let shell = process.system && parent.is_some_and(|parent| parent.is_one_of(&LOGIN));
        shell.then_some(Forbidden::Login)
    }

    /// The parents of a process, the nearest first.
    fn parents(&self, pid: u32) -> impl Iterator<Item = u32> {
        let parent = |pid: &u32| self.processes.get(pid).map(|process| process.parent);
        std::iter::successors(parent(&pid), parent)
            .take_while(|pid| *pid > 0)
            .take(PARENTS_MAX)
    }
}

impl Process {
    /// Reads one process; nothing where it is gone.
    fn read(pid: u32) -> Option<Self> {
        let stat = Stat::read(pid).ok()?;
        let user = std::fs::metadata(format!("/proc/{pid}")).ok()?.uid();
        let program = program(pid);
        let known = program
            .as_ref()
            .and_then(|_| std::fs::metadata(format!("/proc/{pid}/exe")).ok());
        let kernel = stat.flags & KERNEL_THREAD != 0;
        let only_root = known
            .as_ref()
            .is_some_and(|known| known.uid() == 0 && known.mode() & 0o022 == 0);
        let placed = program
            .as_ref()
            .is_some_and(|program| SYSTEM.iter().any(|folder| program.starts_with(folder)));
        Some(Self {
            parent: stat.parent,
            name: stat.name,
            user,
            kernel,
            file: known.map(|known| (known.dev(), known.ino())),
            system: placed && only_root,
            program,
        })
    }

    fn is_one_of(&self, names: &[&str]) -> bool {
        let file = self
            .program
            .as_deref()
            .and_then(Path::file_name)
            .and_then(|name| name.to_str());
        let is = |found: &str| {
            names.iter().any(|name| {
                found
                    .strip_prefix(name)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
            })
        };
        // Package managers can be scripts: what runs them is an interpreter, and the process has their name.
        self.system && (file.is_some_and(is) || is(&self.name))
    }
}

/// The path of the program that a process runs, without the mark of one that was deleted; nothing for the kernel's own.
pub fn program(pid: u32) -> Option<PathBuf> {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let link = std::fs::read_link(format!("/proc/{pid}/exe")).ok()?;
    let bytes = link.as_os_str().as_bytes();
    let plain = bytes.strip_suffix(b" (deleted)").unwrap_or(bytes);
    Some(PathBuf::from(std::ffi::OsString::from_vec(plain.to_vec())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(parent: u32, user: u32, program: &str, system: bool) -> Process {
        Process {
            parent,
            name: "x".to_owned(),
            user,
            kernel: false,
            program: Some(PathBuf::from(program)),
            file: Some((1, u64::from(parent) + 1000)),
            system,
        }
    }

    fn census() -> Census {
        let mut processes = BTreeMap::from([
            (1, process(0, 0, "/usr/lib/systemd/systemd", true)),
            (50, process(1, 0, "/usr/sbin/sshd", true)),
            (51, process(50, 0, "/usr/lib/openssh/sshd-session", true)),
            (52, process(51, 1000, "/usr/bin/bash", true)),
            (53, process(52, 0, "/usr/bin/sudo", true)),
            (54, process(53, 0, "/opt/sakimori", false)),
            (55, process(54, 65534, "/opt/sakimori", false)),
            (56, process(52, 1000, "/srv/miner", false)),
            (57, process(51, 1000, "/tmp/implant", false)),
            (60, process(1, 33, "/srv/www/sshd", false)),
            (61, process(60, 33, "/usr/bin/dpkg", true)),
            (70, process(1, 0, "/usr/bin/dash", true)),
            (71, process(70, 0, "/usr/bin/apt-get", true)),
            (72, process(1, 0, "/usr/bin/python3", true)),
            (
                73,
                process(1, 33, "/usr/lib/systemd/systemd-resolved", true),
            ),
        ]);
        let kernel = |parent, name: &str| Process {
            name: name.to_owned(),
            kernel: true,
            program: None,
            file: None,
            system: false,
            ..process(parent, 0, "/", false)
        };
        processes.insert(2, kernel(0, "kthreadd"));
        processes.insert(9, kernel(2, "kworker"));
        let agent = Some((7, 7));
        for pid in [54, 55] {
            if let Some(found) = processes.get_mut(&pid) {
                found.file = agent;
            }
        }
        if let Some(script) = processes.get_mut(&72) {
            script.name = "dnf".to_owned();
        }
        Census {
            own: 54,
            own_file: agent,
            processes,
        }
    }

    #[test]
    fn first_process_kernel_agent_login_and_packages_are_never_touched() {
        let census = census();
        for (pid, why) in [
            (0, Forbidden::Init),
            (1, Forbidden::Init),
            (73, Forbidden::Init),
            (2, Forbidden::Kernel),
            (9, Forbidden::Kernel),
            (54, Forbidden::Agent),
            (55, Forbidden::Agent),
            (50, Forbidden::Login),
            (51, Forbidden::Login),
            (52, Forbidden::Login),
            (61, Forbidden::Packages),
            (71, Forbidden::Packages),
            (72, Forbidden::Packages),
            (53, Forbidden::Parent),
            (70, Forbidden::Parent),
            (4000, Forbidden::Gone),
        ] {
            assert_eq!(census.judge(pid), Err(why), "{pid}");
        }
    }

    #[test]
    fn a_name_alone_protects_nobody_nor_does_a_package_manager_that_anybody_started() {
        let census = census();
        for pid in [56, 57, 60] {
            assert_eq!(census.judge(pid), Ok(()), "{pid}");
        }
    }

    #[test]
    fn a_loop_of_parents_ends() {
        let mut census = census();
        census
            .processes
            .insert(54, process(56, 0, "/opt/sakimori", false));
        census
            .processes
            .insert(56, process(54, 0, "/srv/miner", false));
        assert_eq!(census.judge(56), Err(Forbidden::Parent));
        assert_eq!(census.judge(60), Ok(()));
    }

    #[test]
    fn a_name_that_looks_like_fields_is_read_to_its_last_bracket() {
        let text = "7 (a) R 1 (b) ) T 3 7 7 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 4711 1 1 1\n";
        let stat = Stat::parse(text).unwrap();
        assert_eq!(
            (stat.state, stat.parent, stat.flags, stat.start),
            (b'T', 3, 4_194_304, 4711)
        );
        assert_eq!(stat.name, "a) R 1 (b) ");
        for bad in ["", "7 (a", "7 (a) ", "7 (a) T x", "7 (a) T 1 2 3"] {
            assert_eq!(Stat::parse(bad), None);
        }
    }

    #[test]
    fn this_machine_is_counted_and_its_first_process_refused() {
        let census = Census::read().unwrap();
        assert_eq!(census.judge(1), Err(Forbidden::Init));
        assert_eq!(census.judge(census.own), Err(Forbidden::Agent));
        let own = &census.processes[&census.own];
        assert_eq!(own.file, census.own_file);
    }
}
