//! The network: a client, an edge that filters and routes, a server with an attacker's addresses and a neighbour's, an announcer of routes; resolvers on loopback. In: nothing. Out: what the client notices. Never: a namespace, a process or
//! a file that outlives the value.

use rustix::process::{Pid, Signal, kill_process};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write as _};
use std::net::{TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// The attacker's address whose packets are dropped: the one that the sensor finds.
pub(crate) const BLOCKED: &str = "25.66.135.1";
/// The attacker's address whose route leads nowhere.
pub(crate) const BLACK: &str = "25.66.135.9";
/// Somebody else beside them.
pub(crate) const NEIGHBOUR: &str = "25.66.135.2";
/// The attacker's name.
pub(crate) const NAME: &str = "c2.kurofune-lab.net";
/// What names lead to without a policy.
const REAL: &str = "25.66.135.1";
pub(crate) const TAG: [u32; 3] = [64512, 21315, 1];
pub(crate) const ZONE: &str = "rpz.edge-lab.net";

/// Milliseconds that only count.
pub(crate) fn counted_ms() -> u64 {
    sakimori_control::Host::system().counted_ms()
}

/// Waits until something holds; how long it took in milliseconds.
pub(crate) fn until(what: &str, ms_max: u64, mut holds: impl FnMut() -> bool) -> u64 {
    let begin = counted_ms();
    loop {
        if holds() {
            return counted_ms() - begin;
        }
        assert!(counted_ms() - begin < ms_max, "{what}: not in {ms_max} ms");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

/// A process that ends with the value, and with the test's thread.
pub(crate) struct Owned(Child);

impl Owned {
    pub(crate) fn start(command: &mut Command) -> Self {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null());
        Self(child.spawn().unwrap())
    }

    pub(crate) fn pid(&self) -> u32 {
        self.0.id()
    }

    pub(crate) fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        self.kill();
    }
}

pub(crate) struct Lab {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) name: String,
    pub(crate) resolver: u16,
    pub(crate) primary: u16,
    ip: PathBuf,
    running: Vec<Owned>,
}

/// A port that nobody has, for TCP and UDP.
pub(crate) fn free_port() -> u16 {
    let find = || {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        UdpSocket::bind(("127.0.0.1", port)).is_ok().then_some(port)
    };
    (0..100).find_map(|_| find()).unwrap()
}

/// The server: it gives every line back.
const SERVER: &str = "
import socket, sys, threading
def talk(c):
    with c:
        for line in c.makefile('rb'):
            c.sendall(line)
def serve(address):
    s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((address, 7007)); s.listen(64)
    while True:
        threading.Thread(target=talk, args=(s.accept()[0],), daemon=True).start()
for address in sys.argv[1:]:
    threading.Thread(target=serve, args=(address,), daemon=True).start()
threading.Event().wait(600)
";
/// The client of an open connection: lines of standard input go to the server, its lines come back.
const CLIENT: &str = "
import socket, sys
c = socket.create_connection((sys.argv[1], 7007), 3)
print('open', flush=True)
for line in sys.stdin.buffer:
    try:
        c.settimeout(0.7); c.sendall(line); got = c.recv(100)
    except OSError:
        got = b''
    print('yes' if got == line else 'no', flush=True)
";
/// Writes what passes an interface for some seconds, as a pcap file.
const WATCH: &str = "
import socket, struct, sys, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)); s.bind((sys.argv[1], 0)); s.settimeout(0.1)
end = time.time() + float(sys.argv[3])
with open(sys.argv[2], 'wb') as out:
    out.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
    while time.time() < end:
        try:
            p = s.recv(65535)
        except OSError:
            continue
        t = time.time()
        out.write(struct.pack('<IIII', int(t), int(t % 1 * 1e6), len(p), len(p)) + p)
";
/// One try of a client.
const TRY: &str = "
import socket, sys
try:
    c = socket.create_connection((sys.argv[1], 7007), 0.5); c.settimeout(0.5)
    c.sendall(b'there?\\n')
    sys.exit(0 if c.recv(100) == b'there?\\n' else 1)
except OSError:
    sys.exit(1)
";

impl Lab {
    /// The network; nothing where a program is missing, or nobody may make namespaces.
    pub(crate) fn new(test: &str) -> Option<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let ip = sakimori_testkit::program(test, "ip")?;
        for program in [
            "nft",
            "bird",
            "birdc",
            "gobgpd",
            "gobgp",
            "named",
            "unbound",
            "unbound-control",
            "python3",
        ] {
            sakimori_testkit::program(test, program)?;
        }
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let lab = Self {
            folder: tempfile::tempdir().unwrap(),
            name: format!("m{}x{number}", std::process::id()),
            resolver: free_port(),
            primary: free_port(),
            ip,
            running: Vec::new(),
        };
        if !lab.words(&format!("netns add {}", lab.ns("r"))) {
            sakimori_testkit::skip(test, "this system lets nobody make network namespaces");
            return None;
        }
        let mut lab = lab;
        lab.wired();
        lab.served();
        lab.routed();
        lab.named();
        Some(lab)
    }

    pub(crate) fn ns(&self, side: &str) -> String {
        format!("{}{side}", self.name)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name).display().to_string()
    }

    fn words(&self, words: &str) -> bool {
        let ran = Command::new(&self.ip).args(words.split(' ')).output();
        ran.is_ok_and(|ran| ran.status.success())
    }

    fn must(&self, words: &str) {
        assert!(self.words(words), "ip {words}");
    }

    /// A command in a namespace.
    pub(crate) fn inside(&self, side: &str) -> Command {
        let mut command = Command::new(&self.ip);
        command.args(["netns", "exec", &self.ns(side)]);
        command
    }

    fn said(&self, side: &str, words: &[&str]) -> String {
        let ran = self.inside(side).args(words).output().unwrap();
        let text = String::from_utf8_lossy(&ran.stdout).into_owned();
        assert!(
            ran.status.success(),
            "{words:?}: {text}{}",
            String::from_utf8_lossy(&ran.stderr)
        );
        text
    }

    fn wired(&self) {
        let r = self.ns("r");
        self.must(&format!("-n {r} link set lo up"));
        for (number, side) in ["a", "c", "s"].into_iter().enumerate() {
            let (ns, near) = (self.ns(side), format!("{}r{side}", self.name));
            self.must(&format!("netns add {ns}"));
            self.must(&format!(
                "link add {ns} netns {ns} type veth peer name {near} netns {r}"
            ));
            for (at, link, last) in [(&r, &near, 1), (&ns, &ns, 2)] {
                self.must(&format!(
                    "-n {at} address add 10.78.{number}.{last}/24 dev {link}"
                ));
                self.must(&format!("-n {at} link set {link} up"));
            }
            self.must(&format!("-n {ns} link set lo up"));
            self.must(&format!("-n {ns} route add default via 10.78.{number}.1"));
        }
        let s = self.ns("s");
        for address in [BLOCKED, BLACK, NEIGHBOUR] {
            self.must(&format!("-n {s} address add {address}/32 dev lo"));
        }
        self.must(&format!("-n {r} route add 25.66.135.0/24 via 10.78.2.2"));
        self.said("r", &["sysctl", "-qw", "net.ipv4.ip_forward=1"]);
        // What the owner has beside: a table with rules, a counter and a set, loaded first.
        let foreign = self.text(
            "foreign.nft",
            "table inet foreign {\n set friends { type ipv4_addr; elements = { 25.66.135.2, 192.0.2.8 } }\n counter seen { }\n \
             chain forward { type filter hook forward priority 0; policy accept; ct state established,related accept; ip saddr @friends counter name seen accept; tcp dport 23 drop; }\n}\n",
        );
        self.said("r", &["nft", "-f", &foreign]);
    }

    fn served(&mut self) {
        let mut server = self.inside("s");
        server.args(["python3", "-c", SERVER, BLOCKED, BLACK, NEIGHBOUR]);
        self.running.push(Owned::start(&mut server));
        until("the servers answer", 20_000, || {
            [BLOCKED, BLACK, NEIGHBOUR]
                .iter()
                .all(|at| self.answers(at))
        });
    }

    /// The owner's router. The announcer is the actuator's child.
    fn routed(&mut self) {
        let config = self.text(
            "router.conf",
            "router id 10.78.0.1;\nprotocol device { }\nipv4 table master4;\nflow4 table flowtab4;\nprotocol kernel { ipv4 { import none; export all; }; }\n\
             protocol bgp announcer { local 10.78.0.1 as 64512; neighbor 10.78.0.2 as 64512; hold time 9; graceful restart off;\n\
             connect retry time 1; connect delay time 1; error wait time 1,2;\n\
             ipv4 { import filter { if (65535,666) ~ bgp_community then { dest = RTD_BLACKHOLE; accept; } reject; }; export none; };\nflow4 { import all; export none; };\n}\n",
        );
        let socket = self.path("router.ctl").display().to_string();
        let mut bird = self.inside("r");
        bird.args(["bird", "-f", "-c", &config, "-s", &socket]);
        let log = std::fs::File::create(self.path("router.log")).unwrap();
        self.running.push(Owned::start(bird.stderr(log)));
        let mut config = "[global.config]\nas = 64512\nrouter-id = \"10.78.0.2\"\nport = 179\nlocal-address-list = [\"10.78.0.2\"]\n[[neighbors]]\n[neighbors.config]\nneighbor-address = \"10.78.0.1\"\npeer-as = 64512\n[neighbors.timers.config]\nconnect-retry = 1\nhold-time = 9\n".to_owned();
        for family in ["ipv4-unicast", "ipv4-flowspec"] {
            let table = "[[neighbors.afi-safis]]\n[neighbors.afi-safis.config]\nafi-safi-name";
            writeln!(config, "{table} = \"{family}\"").unwrap();
        }
        self.text("gobgp.toml", &config);
    }

    /// Words of the announcer's command, behind `ip`.
    pub(crate) fn announcer(&self) -> Vec<String> {
        let words = ["netns", "exec", &self.ns("a"), "gobgpd", "-f"].map(str::to_owned);
        let mut words: Vec<String> = words.into();
        words.push(self.path("gobgp.toml").display().to_string());
        words.push("--api-hosts".to_owned());
        words.push(format!("unix://{}", self.path("gobgp.sock").display()));
        words.push("--pprof-disable".to_owned());
        words
    }

    /// The owner's names: a server that has the policy zone and every other name, and Unbound, which follows the zone.
    fn named(&mut self) {
        let folder = self.folder.path().display().to_string();
        let (primary, resolver) = (self.primary, self.resolver);
        let secret = "c2VjcmV0LW9mLXRoaXMtdGVzdC1hbG9uZS0zMi1ieXRlcyE=";
        self.text("secret", secret);
        restricted(&self.path("secret"));
        let head = "$TTL 5\n@ SOA localhost. hostmaster.localhost. 1 2 1 6 5\n@ NS localhost.\n";
        self.text("zone.db", head);
        self.text("up.db", &format!("{head}* A {REAL}\n"));
        let config = self.text(
            "named.conf",
            &format!(
                "key \"actuator\" {{ algorithm hmac-sha256; secret \"{secret}\"; }};\noptions {{ directory \"{folder}\"; pid-file \"{folder}/named.pid\"; listen-on port {primary} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};\n \
                 session-keyfile none; dnssec-validation no; allow-query {{ 127.0.0.1; }}; recursion no; notify-delay 0; }};\ncontrols {{}};\n\
                 zone \"{ZONE}\" {{ type primary; file \"{folder}/zone.db\"; update-policy {{ grant actuator zonesub ANY; }};\n allow-transfer {{ key actuator; 127.0.0.1; }}; notify explicit; also-notify {{ 127.0.0.1 port {resolver}; }}; }};\n\
                 zone \".\" {{ type primary; file \"{folder}/up.db\"; }};\n"
            ),
        );
        let mut named = Command::new("named");
        named.args(["-f", "-4", "-n", "1", "-c", &config]);
        let log = std::fs::File::create(self.path("named.log")).unwrap();
        self.running.push(Owned::start(named.stderr(log)));
        let config = self.text(
            "unbound.conf",
            &format!(
                "server:\n interface: 127.0.0.1@{resolver}\n port: {resolver}\n do-daemonize: no\n username: \"\"\n chroot: \"\"\n directory: \"{folder}\"\n pidfile: \"\"\n use-syslog: no\n \
                 logfile: \"{folder}/unbound.log\"\n module-config: \"respip iterator\"\n do-not-query-localhost: no\n do-ip6: no\nremote-control:\n control-enable: yes\n \
                 control-interface: \"{folder}/unbound.ctl\"\n control-use-cert: no\nrpz:\n name: {ZONE}\n primary: 127.0.0.1@{primary}\n allow-notify: 127.0.0.1\n rpz-log: yes\n \
                 rpz-log-name: \"{ZONE}\"\nforward-zone:\n name: \".\"\n forward-addr: 127.0.0.1@{primary}\n"
            ),
        );
        until("the primary", 20_000, || Self::asked(primary, NAME));
        let mut unbound = Command::new("unbound");
        unbound.args(["-d", "-c", &config]).stderr(Stdio::null());
        self.running.push(Owned::start(&mut unbound));
        until("the resolver", 20_000, || self.resolves(NAME));
    }

    /// What passes between edge and server in so many seconds, in which the client does something again and again; the capture, and how often it went well.
    pub(crate) fn watched(
        &self,
        name: &str,
        seconds: u64,
        mut tries: impl FnMut() -> bool,
    ) -> (PathBuf, u64) {
        let path = self.path(name);
        let mut watch = self.inside("r");
        watch.args(["python3", "-c", WATCH, &format!("{}rs", self.name)]);
        watch.arg(&path).arg(seconds.to_string());
        let mut watch = watch.stdin(Stdio::null()).spawn().unwrap();
        let mut well = 0;
        let ended = until("the capture ends", (seconds + 20) * 1000, || {
            well += u64::from(tries());
            watch.try_wait().unwrap().is_some()
        });
        assert!(
            ended + 500 >= seconds * 1000,
            "it was cut short: {ended} ms"
        );
        (path, well)
    }

    /// Whether the client reaches the server at an address.
    pub(crate) fn answers(&self, address: &str) -> bool {
        let mut once = self.inside("c");
        once.args(["python3", "-c", TRY, address]);
        let once = once.stdin(Stdio::null()).stderr(Stdio::null());
        once.status().is_ok_and(|status| status.success())
    }

    /// Whether the resolver leads a name where it really leads.
    pub(crate) fn resolves(&self, name: &str) -> bool {
        Self::asked(self.resolver, name)
    }

    /// One question for an address, and whether the answer is the real one.
    fn asked(port: u16, name: &str) -> bool {
        let mut question = vec![0x4d, 0x53, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        for label in name.split('.') {
            question.push(label.len() as u8);
            question.extend(label.as_bytes());
        }
        question.extend([0, 0, 1, 0, 1]);
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let wait = Some(Duration::from_millis(500));
        socket.set_read_timeout(wait).unwrap();
        let mut answer = [0; 512];
        let sent = socket.send_to(&question, ("127.0.0.1", port));
        let Ok(length) = sent.and_then(|_| socket.recv(&mut answer)) else {
            return false;
        };
        let real: std::net::Ipv4Addr = REAL.parse().unwrap();
        answer[..length].ends_with(&real.octets())
    }

    /// The edge's whole filter, without counters that move.
    pub(crate) fn ruleset(&self) -> String {
        self.said("r", &["nft", "-s", "list", "ruleset"])
    }

    /// Whether the router's kernel leads an address nowhere.
    pub(crate) fn hole(&self, address: &str) -> bool {
        let routes = self.said("r", &["ip", "route", "show", "type", "blackhole"]);
        routes.split_whitespace().any(|word| word == address)
    }

    /// The process of the guard that the actuator started for names, while it watches.
    pub(crate) fn guard(&self) -> Option<Pid> {
        let mark = self.path("resolver/guard");
        let file = std::fs::File::open(&mark).ok()?;
        // Its lock ends with it: without it the number can be anybody's.
        file.try_lock_shared().err()?;
        let text = std::fs::read_to_string(&mark).ok()?;
        let number = text.split_whitespace().next()?.parse().ok()?;
        Pid::from_raw(number)
    }

    /// A connection that stays open.
    pub(crate) fn talk(&self, address: &str) -> Talk {
        let mut client = self.inside("c");
        client.args(["python3", "-c", CLIENT, address]);
        let client = client.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = client.stderr(Stdio::null()).spawn().unwrap();
        let input = child.stdin.take().unwrap();
        let lines = lines(child.stdout.take().unwrap());
        let opened = lines.recv_timeout(Duration::from_secs(5));
        assert_eq!(opened.as_deref(), Ok("open"));
        Talk {
            _child: Owned(child),
            input,
            lines,
        }
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        // A guard outlives its actuator for what is in the zone, and the zone ends here.
        if let Some(guard) = self.guard() {
            kill_process(guard, Signal::KILL).ok();
        }
        self.running.clear();
        for side in ["a", "c", "s", "r"] {
            self.words(&format!("netns del {}", self.ns(side)));
        }
    }
}

fn restricted(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

fn lines(stream: ChildStdout) -> Receiver<String> {
    let (send, receive) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                break;
            }
        }
    });
    receive
}

/// An open connection.
pub(crate) struct Talk {
    _child: Owned,
    input: ChildStdin,
    lines: Receiver<String>,
}

impl Talk {
    /// Whether a word comes back in time.
    pub(crate) fn says(&mut self, word: &str, ms: u64) -> bool {
        let sent = writeln!(self.input, "{word}").and_then(|()| self.input.flush());
        let back = self.lines.recv_timeout(Duration::from_millis(ms));
        sent.is_ok() && back.as_deref() == Ok("yes")
    }
}
