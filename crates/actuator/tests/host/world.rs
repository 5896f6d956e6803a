//! A small world of its own for each test: folders, a policy, a planted program, helper and parser. In: what the test allows. Out: the agent on it. Never: something left behind: all is ended and
//! removed when it is dropped.

use sakimori_actuator::host::clock::{Clock, KernelClock, Moment};
use sakimori_actuator::host::works::{AfterStep, Asked, Works};
use sakimori_actuator::host::{Host, Launch, Settings};
use sakimori_actuator::substrate::Fault;
use sakimori_custody::ids::hex;
use sakimori_custody::time::Seconds;
use sakimori_respond::engine::{Deed, Effect, Key};
use sakimori_respond::host::HostTarget;
use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A user who owns nothing on this machine.
pub(crate) const USER: u32 = 61_733;
/// The parser's user.
const PARSER: u32 = 61_734;

/// Whether this machine lets a test do what it must; says what is missing.
pub(crate) fn is_ready(test: &str) -> bool {
    if !rustix::process::geteuid().is_root() {
        sakimori_testkit::skip(test, "only root freezes, moves and isolates");
        return false;
    }
    ["nft", "ip", "unshare"]
        .iter()
        .all(|program| sakimori_testkit::program(test, program).is_some())
}

/// What every helper below a folder is told.
pub(crate) fn settings_below(folder: &Path, nft: &[&str]) -> Settings {
    let nft = if nft.is_empty() { &["nft"] } else { nft };
    Settings {
        policy: folder.join("policy"),
        state: folder.join("state"),
        stores: vec![folder.join("store")],
        nft: nft.iter().map(OsString::from).collect(),
    }
}

/// The world.
pub(crate) struct World {
    folder: tempfile::TempDir,
    planted: Vec<Child>,
    nft: Vec<String>,
}

impl World {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let world = Self {
            folder,
            planted: Vec::new(),
            nft: Vec::new(),
        };
        std::fs::create_dir(world.path("srv")).unwrap();
        chown(world.path("srv"), Some(USER), Some(USER)).unwrap();
        world
    }

    /// One whose packet filter is that of a namespace.
    pub(crate) fn in_namespace(name: &str) -> Self {
        let nft = ["ip", "netns", "exec", name, "nft"]
            .map(str::to_owned)
            .to_vec();
        let mut world = Self::new();
        world.nft = nft;
        world
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes the policy, whole at once as an owner's editor does.
    pub(crate) fn policy(&self, lines: &str) {
        let beside = self.path("policy.new");
        std::fs::write(&beside, format!("sakimori/host-policy/v1\n{lines}")).unwrap();
        std::fs::rename(beside, self.path("policy")).unwrap();
    }

    /// A policy that allows every deed with what is planted here.
    pub(crate) fn open_policy(&self, more: &str) {
        let srv = self.path("srv");
        let lines = format!(
            "allow: freeze\nallow: stop\nallow: quarantine\npath: {}\nuser: {USER}\n{more}",
            srv.display()
        );
        self.policy(&lines);
    }

    pub(crate) fn launch(&self) -> Launch {
        let own = std::env::current_exe().unwrap().into_os_string();
        let mut helper = vec![own.clone(), "role-helper".into(), self.folder.path().into()];
        helper.extend(self.nft.iter().map(OsString::from));
        Launch {
            helper,
            parser: vec![own, "role-parser".into()],
            user: PARSER,
            group: PARSER,
        }
    }

    pub(crate) fn host(&self) -> Host {
        Host::start(self.launch()).unwrap()
    }

    /// The agent's works in this process, without helper and parser.
    pub(crate) fn works(&self, clock: Box<dyn Clock>, after: AfterStep) -> Result<Works, Fault> {
        Works::open(settings_below(self.folder(), &[]), clock, after)
    }

    /// Puts a program of the user's in place.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        let path = self.path("srv").join(name);
        if !path.exists() {
            std::fs::copy(sakimori_testkit::in_path("sleep").unwrap(), &path).unwrap();
            chown(&path, Some(USER), Some(USER)).unwrap();
        }
        path
    }

    /// Plants a process of the user's, which sleeps.
    pub(crate) fn plant(&mut self) -> Planted {
        let path = self.program("miner");
        let child = Command::new(&path)
            .arg("600")
            .uid(USER)
            .gid(USER)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let planted = Planted::of(child.id());
        // Between fork and exec it runs this program.
        until("the planted program runs", || {
            std::fs::read_link(format!("/proc/{}/exe", planted.pid)).is_ok_and(|link| link == path)
        });
        self.planted.push(child);
        Planted::of(planted.pid)
    }

    /// The exit of the process that was planted last.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.planted
            .last_mut()
            .unwrap()
            .try_wait()
            .unwrap()
            .is_some()
    }

    /// Plants a file of the user's.
    pub(crate) fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.path("srv").join(name);
        std::fs::write(&path, content).unwrap();
        chown(&path, Some(USER), Some(USER)).unwrap();
        path
    }

    /// Files in the store.
    pub(crate) fn stored(&self) -> usize {
        std::fs::read_dir(self.path("store")).map_or(0, Iterator::count)
    }

    /// Numbers of the helpers that run for this world.
    pub(crate) fn helpers(&self) -> Vec<u32> {
        running(&format!("role-helper\0{}", self.folder.path().display()))
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for child in &mut self.planted {
            child.kill().ok();
            child.wait().ok();
        }
        for pid in self.helpers() {
            signal(pid, rustix::process::Signal::KILL);
        }
        // A file that a test left fixed cannot be removed.
        let clear = Command::new("chattr")
            .args(["-R", "-i"])
            .arg(self.folder.path())
            .stderr(Stdio::null())
            .status();
        clear.ok();
    }
}

/// Processes whose arguments hold a text.
pub(crate) fn running(text: &str) -> Vec<u32> {
    let own = std::process::id();
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let alive = |pid: &u32| {
        let said = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        *pid != own && String::from_utf8_lossy(&said).contains(text)
    };
    pids.filter(alive).collect()
}

pub(crate) fn signal(pid: u32, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_raw(pid.cast_signed()).unwrap();
    rustix::process::kill_process(pid, signal).ok();
}

/// A process as it was when it was planted.
#[derive(Clone, Debug)]
pub(crate) struct Planted {
    pub(crate) pid: u32,
    pub(crate) start: u64,
    pub(crate) hash: [u8; 32],
}

impl Planted {
    pub(crate) fn of(pid: u32) -> Self {
        let start = sakimori_actuator::host::guard::Stat::read(pid)
            .unwrap()
            .start;
        let program = std::fs::read(format!("/proc/{pid}/exe")).unwrap_or_default();
        Self {
            pid,
            start,
            hash: sha256(&program),
        }
    }

    pub(crate) fn target(&self) -> String {
        let Self { pid, start, hash } = *self;
        HostTarget::Process { pid, start, hash }.to_string()
    }

    pub(crate) fn state(&self) -> u8 {
        sakimori_actuator::host::guard::Stat::read(self.pid).map_or(b'-', |stat| stat.state)
    }

    pub(crate) fn is_frozen(&self) -> bool {
        self.state() == b'T'
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

pub(crate) fn file_target(path: &Path) -> String {
    let hash = sha256(&std::fs::read(path).unwrap());
    target_of(hash, path)
}

pub(crate) fn target_of(hash: [u8; 32], path: &Path) -> String {
    let path = path.as_os_str().as_bytes().to_vec();
    HostTarget::File { hash, path }.to_string()
}

pub(crate) fn now() -> Moment {
    KernelClock.now()
}

/// An effect of a measure for so many seconds from now.
pub(crate) fn effect(measure: u8, deed: Deed, target: &str, seconds: u64) -> Effect {
    Effect {
        key: Key {
            measure: [measure; 32],
            deed,
            target: target.to_owned(),
        },
        until: Seconds(now().wall.0 + seconds),
        seconds,
    }
}

pub(crate) fn asked(effect: &Effect) -> Asked {
    Asked {
        key: effect.key.clone(),
        target: HostTarget::parse(&effect.key.target).unwrap(),
        until: effect.until,
        seconds: effect.seconds,
    }
}

/// A refusal that no try changes, with its words.
pub(crate) fn never<T: std::fmt::Debug>(done: Result<T, Fault>) -> String {
    match done {
        Err(Fault::Never { why, .. }) => why,
        other => panic!("not refused: {other:?}"),
    }
}

/// Waits until something holds, and says after how many milliseconds it did.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) -> u64 {
    let began = now().boot_ms;
    loop {
        let passed = now().boot_ms - began;
        if holds() {
            return passed;
        }
        assert!(passed < 20_000, "not within 20 s: {what}");
        pass(5);
    }
}

/// Lets milliseconds pass.
pub(crate) fn pass(ms: u64) {
    let (_open, never) = std::sync::mpsc::channel::<()>();
    never.recv_timeout(Duration::from_millis(ms)).unwrap_err();
}

/// Falls of the agent behind its steps, in a process of their own.
pub(crate) struct Falls {
    folder: PathBuf,
}

impl Falls {
    pub(crate) fn below(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// Does or undoes something in this process, which falls behind a step; comes back where there are fewer steps.
    pub(crate) fn fall(&self, step: usize, what: &str, target: &str) -> bool {
        let clock = Box::new(KernelClock);
        let settings = settings_below(&self.folder, &[]);
        let deed = match target.split(':').next() {
            Some("file") => Deed::Quarantine,
            _ => Deed::Freeze,
        };
        let effect = effect(7, deed, target, 600);
        let mut works = Works::open(settings, clock, crate::roles::falling(step)).unwrap();
        match what {
            "apply" => works.apply(&asked(&effect)).unwrap(),
            "remove" => works.remove(&effect.key).unwrap(),
            "stop" => {
                let stop = Effect {
                    key: Key {
                        deed: Deed::Stop,
                        ..effect.key
                    },
                    ..effect
                };
                works.apply(&asked(&stop)).unwrap();
            }
            other => panic!("{other}"),
        }
        true
    }
}

pub(crate) fn measure(of: u8) -> String {
    hex(&[of; 32])
}
