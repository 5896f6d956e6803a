//! A small network: an announcer, a router that hears it, a client and a server on either side of the router. Each is a namespace of its own, gone with the value.

use sakimori_actuator::bgp::{self, Bgp, Config};
use sakimori_actuator::substrate::Substrate;
use sakimori_custody::time::Seconds;
use sakimori_respond::engine::{Deed, Effect, Key};
use std::fs::File;
use std::net::{IpAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// The server's addresses: what is taken, and its neighbour.
pub(crate) const TARGET: &str = "198.51.100.7/32";
pub(crate) const TARGET6: &str = "2001:db8::7/128";
pub(crate) const NEIGHBOUR: &str = "198.51.100.8";
const SERVED: [&str; 3] = ["198.51.100.7", NEIGHBOUR, "2001:db8::7"];
const PORT: u16 = 7007;
pub(crate) const TAG: &str = "64512:21315:1";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speaks {
    Gobgp,
    Bird,
    Exabgp,
}

pub(crate) struct Lab {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) name: String,
    router: Child,
    ip: PathBuf,
    pub(crate) speaks: Speaks,
    pub(crate) exabgp: Option<PathBuf>,
}

/// Milliseconds that only count.
pub(crate) fn counted_ms() -> u64 {
    (bgp::system())().counted_ms
}

/// Waits until something holds; how long it took in milliseconds.
pub(crate) fn until(what: &str, ms_max: u64, mut holds: impl FnMut() -> bool) -> u64 {
    let begin = counted_ms();
    loop {
        if holds() {
            return counted_ms() - begin;
        }
        assert!(counted_ms() - begin < ms_max, "{what}: not in {ms_max} ms");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

fn said(command: &mut Command) -> String {
    let ran = command.stdin(Stdio::null()).output().unwrap();
    String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr)
}

fn killed(child: &mut Child) {
    child.kill().ok();
    child.wait().ok();
}

impl Lab {
    /// A network whose announcer is to be of a kind. Nothing where a program is missing, or nobody may make namespaces.
    pub(crate) fn new(test: &str, speaks: Speaks) -> Option<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let ip = sakimori_testkit::program(test, "ip")?;
        sakimori_testkit::program(test, "bird")?;
        sakimori_testkit::program(test, "setpriv")?;
        let exabgp = match speaks {
            Speaks::Gobgp => {
                sakimori_testkit::program(test, "gobgpd")?;
                sakimori_testkit::program(test, "gobgp")?;
                None
            }
            Speaks::Bird => None,
            Speaks::Exabgp => Some(sakimori_testkit::program(test, "exabgp")?),
        };
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("b{}x{number}", std::process::id());
        let folder = tempfile::tempdir().unwrap();
        let lab = Self {
            router: Command::new("true").spawn().unwrap(),
            folder,
            name,
            ip,
            speaks,
            exabgp,
        };
        if !lab.words(&format!("netns add {}", lab.ns("r"))) {
            sakimori_testkit::skip(test, "this system lets nobody make network namespaces");
            return None;
        }
        Some(lab.laid())
    }

    pub(crate) fn ns(&self, side: &str) -> String {
        format!("{}{side}", self.name)
    }

    fn words(&self, words: &str) -> bool {
        let ran = Command::new(&self.ip).args(words.split(' ')).output();
        ran.is_ok_and(|ran| ran.status.success())
    }

    fn must(&self, words: &str) {
        assert!(self.words(words), "ip {words}");
    }

    /// Wires, addresses, routes, and the router.
    fn laid(mut self) -> Self {
        let r = self.ns("r");
        self.must(&format!("-n {r} link set lo up"));
        for (number, side) in ["a", "c", "s"].into_iter().enumerate() {
            let (ns, far, near) = (
                self.ns(side),
                self.ns(side),
                format!("{}r{side}", self.name),
            );
            self.must(&format!("netns add {ns}"));
            self.must(&format!(
                "link add {far} netns {ns} type veth peer name {near} netns {r}"
            ));
            for (ns, link, last) in [(&r, &near, 1), (&ns, &far, 2)] {
                self.must(&format!(
                    "-n {ns} address add 10.77.{number}.{last}/24 dev {link}"
                ));
                self.must(&format!(
                    "-n {ns} address add fd77:{number}::{last}/64 dev {link} nodad"
                ));
                self.must(&format!("-n {ns} link set {link} up"));
            }
            self.must(&format!("-n {ns} link set lo up"));
            self.must(&format!("-n {ns} route add default via 10.77.{number}.1"));
            self.must(&format!(
                "-n {ns} -6 route add default via fd77:{number}::1"
            ));
        }
        let s = self.ns("s");
        for address in SERVED {
            let bits = if address.contains(':') { "128" } else { "32" };
            let more = if address.contains(':') { " nodad" } else { "" };
            self.must(&format!("-n {s} address add {address}/{bits} dev lo{more}"));
        }
        self.must(&format!("-n {r} route add 198.51.100.0/24 via 10.77.2.2"));
        self.must(&format!("-n {r} -6 route add 2001:db8::/64 via fd77:2::2"));
        self.inside("r", || {
            for switch in ["ipv4/ip_forward", "ipv6/conf/all/forwarding"] {
                std::fs::write(format!("/proc/sys/net/{switch}"), "1").unwrap();
            }
        });
        for address in SERVED {
            self.serve(address);
        }
        self.router = self.router();
        until("the server answers", 20_000, || {
            SERVED.iter().all(|address| self.answers(address))
        });
        self
    }

    /// Does something in a namespace, on a thread of its own.
    pub(crate) fn inside<T: Send + 'static>(
        &self,
        side: &str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> T {
        let path = format!("/run/netns/{}", self.ns(side));
        let thread = std::thread::spawn(move || {
            enter(&path);
            work()
        });
        thread.join().unwrap()
    }

    /// Answers on an address of the server until the process ends.
    fn serve(&self, address: &str) {
        let address: IpAddr = address.parse().unwrap();
        let socket = self.inside("s", move || UdpSocket::bind((address, PORT)).unwrap());
        std::thread::spawn(move || {
            let mut word = [0; 16];
            while let Ok((count, from)) = socket.recv_from(&mut word) {
                socket.send_to(&word[..count], from).ok();
            }
        });
    }

    /// Whether the server answers the client at an address.
    pub(crate) fn answers(&self, target: &str) -> bool {
        let address: IpAddr = target.split('/').next().unwrap().parse().unwrap();
        self.inside("c", move || {
            let any = if address.is_ipv4() {
                "0.0.0.0:0"
            } else {
                "[::]:0"
            };
            let socket = UdpSocket::bind(any).unwrap();
            socket
                .set_read_timeout(Some(Duration::from_millis(300)))
                .unwrap();
            let mut word = [0; 16];
            // A router that says that it leads nowhere makes either of these fail.
            (0..2).any(|_| {
                socket.connect((address, PORT)).is_ok()
                    && socket.send(b"there?").is_ok()
                    && socket.recv(&mut word).is_ok_and(|count| count == 6)
            })
        })
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn text(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name).display().to_string()
    }

    fn router(&self) -> Child {
        let table = |name: &str| {
            format!(
                "{name} {{ import filter {{ if (65535,666) ~ bgp_community then {{ dest = RTD_BLACKHOLE; accept; }} reject; }}; export none; }};"
            )
        };
        let config = format!(
            "router id 10.77.0.1;\nprotocol device {{ }}\nipv4 table master4;\nipv6 table master6;\nflow4 table flowtab4;\nflow6 table flowtab6;\n\
             protocol kernel {{ ipv4 {{ import none; export all; }}; }}\nprotocol kernel {{ ipv6 {{ import none; export all; }}; }}\n\
             protocol bgp announcer {{ local 10.77.0.1 as 64512; neighbor 10.77.0.2 as 64512; hold time 9; graceful restart off;\n\
             connect retry time 1; connect delay time 1; error wait time 1,2;\n{}\n{}\nflow4 {{ import all; export none; }};\nflow6 {{ import all; export none; }};\n}}\n",
            table("ipv4"),
            table("ipv6"),
        );
        let config = self.text("router.conf", &config);
        let log = File::create(self.path("router.log")).unwrap();
        let child = Command::new(&self.ip)
            .args([
                "netns",
                "exec",
                &self.ns("r"),
                "bird",
                "-f",
                "-c",
                &config,
                "-s",
            ])
            .arg(self.path("router.ctl"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        until("the router starts", 10_000, || {
            self.router_says("show status").contains("is up")
        });
        child
    }

    /// What the router says.
    pub(crate) fn router_says(&self, words: &str) -> String {
        let mut birdc = Command::new("/usr/sbin/birdc");
        birdc
            .arg("-s")
            .arg(self.path("router.ctl"))
            .args(words.split(' '));
        said(&mut birdc)
    }

    /// Nets in the router's tables with what matters of their attributes, sorted.
    pub(crate) fn heard(&self) -> Vec<String> {
        const KEPT: [&str; 4] = [
            "next_hop:",
            "BGP.community:",
            "ext_community:",
            "large_community:",
        ];
        let mut nets: Vec<String> = Vec::new();
        for line in self.router_says("show route all").lines() {
            if let Some((net, _)) = line.split_once('[')
                && !line.starts_with('\t')
            {
                nets.push(net.split_whitespace().collect::<Vec<_>>().join(" "));
            } else if let Some(net) = nets.last_mut()
                && KEPT.iter().any(|kept| line.contains(kept))
            {
                net.push_str(" | ");
                net.push_str(line.trim());
            }
        }
        nets.sort();
        nets
    }

    /// Whether the router has something for a net that begins so.
    pub(crate) fn hears(&self, net: &str) -> bool {
        self.heard().iter().any(|heard| heard.starts_with(net))
    }

    /// The black holes in the router's kernel.
    pub(crate) fn kernel_holes(&self) -> Vec<String> {
        let r = self.ns("r");
        let mut holes = Vec::new();
        for family in ["-4", "-6"] {
            let text = said(Command::new(&self.ip).args([
                family,
                "-n",
                &r,
                "route",
                "show",
                "type",
                "blackhole",
            ]));
            holes.extend(text.lines().filter_map(|line| {
                let mut words = line.split_whitespace();
                (words.next() == Some("blackhole")).then(|| words.next().map(str::to_owned))?
            }));
        }
        holes
    }

    /// An announcer that the test runs, as an owner would.
    pub(crate) fn owners(&self) -> Owners {
        let log = File::create(self.path("announcer.log")).unwrap();
        let child = Command::new(&self.ip)
            .args(self.announcer_words())
            .envs(self.surroundings())
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Owners(child)
    }

    /// The configuration as text; `held` is whether the announcer is ours.
    pub(crate) fn config_text(&self, held: bool) -> String {
        let path = |name: &str| self.path(name).display().to_string();
        let daemon = match self.speaks {
            Speaks::Gobgp => serde_json::json!({"gobgp": {"socket": path("gobgp.sock")}}),
            Speaks::Bird => {
                serde_json::json!({"bird": {"socket": path("announcer.ctl"), "include": path("sakimori.conf")}})
            }
            Speaks::Exabgp => {
                serde_json::json!({"exabgp": {"folder": path("run"), "pipe-name": self.name}})
            }
        };
        let mut config = serde_json::json!({
            "state": path("held.json"),
            "daemon": daemon,
            "tag": {"as": 64512, "first": 21315, "second": 1},
            "never": ["10.77.0.0/16", "fd77::/32"],
        });
        if held {
            let surroundings: std::collections::BTreeMap<_, _> =
                self.surroundings().into_iter().collect();
            config["announcer"] = serde_json::json!({
                "program": self.ip,
                "arguments": self.announcer_words(),
                "environment": surroundings,
                "log": path("announcer.log"),
            });
        }
        config.to_string()
    }

    pub(crate) fn config(&self, held: bool) -> Config {
        serde_json::from_str(&self.config_text(held)).unwrap()
    }

    /// The substrate, its sessions up.
    pub(crate) fn open(&self, held: bool) -> Bgp {
        let mut bgp = Bgp::open(self.config(held), bgp::system()).unwrap();
        self.ready(&mut bgp);
        bgp
    }

    /// Waits until a rule for IPv6 and a hole would be taken.
    pub(crate) fn ready(&self, bgp: &mut Bgp) {
        let mut last = String::new();
        let begin = counted_ms();
        while counted_ms() - begin < 40_000 {
            let tried = [(Deed::BlackHole, TARGET), (Deed::FlowRule, TARGET6)]
                .iter()
                .try_for_each(|(deed, target)| bgp.rehearse(*deed, target));
            match tried {
                Ok(())
                    if self
                        .router_says("show protocols announcer")
                        .contains("Established") =>
                {
                    return;
                }
                Ok(()) => "the router has no session".clone_into(&mut last),
                Err(fault) => last = fault.to_string(),
            }
            std::thread::park_timeout(Duration::from_millis(100));
        }
        let log = std::fs::read_to_string(self.path("announcer.log")).unwrap_or_default();
        panic!("no session: {last}\n{log}");
    }

    /// Starts a program in a namespace.
    pub(crate) fn started(&self, side: &str, words: &[String]) -> Owners {
        let child = Command::new(&self.ip)
            .args(["netns", "exec", &self.ns(side)])
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Owners(child)
    }

    /// The program of `GoBGP`, as the owner calls it.
    pub(crate) fn gobgp(&self, words: &str) -> String {
        self.gobgp_at("gobgp", words)
    }

    /// The same of the `GoBGP` whose socket has this name.
    pub(crate) fn gobgp_at(&self, name: &str, words: &str) -> String {
        let target = format!("unix://{}", self.path(&format!("{name}.sock")).display());
        let mut gobgp = Command::new("/usr/bin/gobgp");
        gobgp.arg("--target").arg(target).args(words.split(' '));
        said(&mut gobgp)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        killed(&mut self.router);
        for side in ["a", "c", "s", "r"] {
            self.words(&format!("netns delete {}", self.ns(side)));
        }
    }
}

/// A daemon of the owner.
pub(crate) struct Owners(Child);

impl Owners {
    /// As a power cut would.
    pub(crate) fn kill(&mut self) {
        killed(&mut self.0);
    }
}

impl Drop for Owners {
    fn drop(&mut self) {
        self.kill();
    }
}

fn enter(path: &str) {
    let file = File::open(path).unwrap();
    let network = rustix::thread::LinkNameSpaceType::Network;
    rustix::thread::move_into_link_name_space(std::os::fd::AsFd::as_fd(&file), Some(network))
        .unwrap();
}

pub(crate) fn key(measure: u8, deed: Deed, target: &str) -> Key {
    Key {
        measure: [measure; 32],
        deed,
        target: target.to_owned(),
    }
}

/// An effect that ends in so many seconds.
pub(crate) fn effect(key: Key, seconds: u64) -> Effect {
    let now = (bgp::system())().wall;
    Effect {
        key,
        until: Seconds(now.0 + seconds),
        seconds,
    }
}

/// What a file says, or nothing.
pub(crate) fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}
