//! Servers of a test's own on loopback: one that has the zone, BIND and Unbound that follow it, one that knows all other names. In: what differs from test to test. Out: their ports, questions to them. Never: a
//! server that outlives its test; a service of the machine.

use base64::Engine;
use domain::base::iana::Class;
use domain::base::{Message, MessageBuilder, Name, Rtype};
use rustix::process::{Pid, Signal, kill_process};
use sakimori_actuator::dns::{Clock, Config, MachineClock};
use sakimori_custody::time::Seconds;
use sakimori_respond::engine::{Deed, Effect, Key};
use serde_json::json;
use std::collections::BTreeSet;
use std::io::Write;
use std::net::{TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// The zone of all tests.
pub(crate) const ZONE: &str = "rpz.owner.example.jp";
/// Where names lead that are led away.
pub(crate) const SINK: [&str; 2] = ["192.0.2.99", "2001:db8::99"];
/// What every other name answers.
pub(crate) const REAL: &str = "198.51.100.1";
/// Seconds after which a resolver that reaches nobody lets the zone go.
pub(crate) const EXPIRE_SECONDS: u64 = 6;

/// A clock whose wall can be set.
pub(crate) struct TestClock {
    machine: MachineClock,
    pub(crate) ahead: AtomicI64,
}

impl TestClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            machine: MachineClock,
            ahead: AtomicI64::new(0),
        })
    }
}

impl Clock for TestClock {
    fn wall(&self) -> Seconds {
        let ahead = self.ahead.load(Ordering::SeqCst);
        Seconds(self.machine.wall().0.saturating_add_signed(ahead))
    }

    fn counted(&self) -> Duration {
        self.machine.counted()
    }
}

/// Waits for something, some seconds at most.
pub(crate) fn within(seconds: u64, what: &str, mut there: impl FnMut() -> bool) -> Duration {
    let clock = MachineClock;
    let begun = clock.counted();
    while !there() {
        let passed = clock.counted().saturating_sub(begun);
        assert!(passed < Duration::from_secs(seconds), "{what}: not in time");
        std::thread::park_timeout(Duration::from_millis(10));
    }
    clock.counted().saturating_sub(begun)
}

/// A port that nobody has, for TCP and UDP.
pub(crate) fn free_port() -> u16 {
    for _ in 0..100 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        if UdpSocket::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no free port");
}

/// A process that ends with its test.
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn kill(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What differs from test to test.
pub(crate) struct Options {
    /// Words behind the policy of BIND.
    pub(crate) bind_policy: &'static str,
    /// Names that BIND's owner lets pass by an earlier zone of its own.
    pub(crate) bind_passes: Vec<String>,
    pub(crate) exempt: Vec<&'static str>,
    pub(crate) settle_ms_max: u64,
    pub(crate) silence_seconds_max: u64,
    pub(crate) bind: bool,
    pub(crate) unbound: bool,
    pub(crate) rehearsal: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            bind_policy: "min-update-interval 1",
            bind_passes: Vec::new(),
            exempt: Vec::new(),
            settle_ms_max: 20_000,
            silence_seconds_max: 3600,
            bind: true,
            unbound: true,
            rehearsal: false,
        }
    }
}

/// All servers of a test.
pub(crate) struct Servers {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) primary: Running,
    others: Vec<Running>,
    pub(crate) primary_port: u16,
    pub(crate) bind: u16,
    pub(crate) unbound: u16,
    pub(crate) upstream: u16,
    secret: String,
    options: Options,
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
}

/// The file of the key, which its owner alone may read.
pub(crate) fn write_secret(folder: &Path, secret: &str) {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join("secret");
    write(&path, secret);
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

fn start(program: &Path, arguments: &[&str], log: &Path) -> Running {
    let file = std::fs::File::create(log).unwrap();
    // It also ends where the test's thread is killed.
    let child = Command::new(in_path("setpriv"))
        .args(["--pdeathsig", "KILL"])
        .arg(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(file.try_clone().unwrap())
        .stderr(file)
        .spawn()
        .unwrap();
    Running(child)
}

/// A zone without anything.
fn empty_zone() -> String {
    format!(
        "$TTL 5\n@ SOA localhost. hostmaster.localhost. 1 2 1 {EXPIRE_SECONDS} 5\n@ NS localhost.\n"
    )
}

impl Servers {
    /// Starts them, or nothing where a program is missing.
    pub(crate) fn start(test: &str, options: Options) -> Option<Self> {
        let named = sakimori_testkit::program(test, "named")?;
        let unbound = sakimori_testkit::program(test, "unbound")?;
        sakimori_testkit::program(test, "unbound-control")?;
        sakimori_testkit::program(test, "nsupdate")?;
        sakimori_testkit::program(test, "setpriv")?;
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).unwrap();
        let secret = base64::engine::general_purpose::STANDARD.encode(bytes);
        write_secret(folder.path(), &secret);
        let [primary_port, upstream, bind, unbound_port] = [(); 4].map(|()| free_port());
        let mut servers = Self {
            primary: Self::named(
                &named,
                folder.path(),
                "primary",
                &primary_text(folder.path(), &secret, [primary_port, bind, unbound_port]),
            ),
            others: vec![Self::named(
                &named,
                folder.path(),
                "upstream",
                &upstream_text(folder.path(), upstream),
            )],
            primary_port,
            bind,
            unbound: unbound_port,
            upstream,
            secret,
            options,
            folder,
        };
        within(20, "the server with the zone", || {
            said(primary_port, ZONE, Rtype::SOA).is_some()
        });
        within(20, "the server above", || {
            said(upstream, "up.example", Rtype::A).is_some()
        });
        servers.resolvers(&named, &unbound, upstream);
        Some(servers)
    }

    fn named(named: &Path, folder: &Path, name: &str, text: &str) -> Running {
        let file = folder.join(format!("{name}.conf"));
        write(&file, text);
        let file = file.display().to_string();
        let log = folder.join(format!("{name}.out"));
        start(named, &["-f", "-4", "-n", "1", "-c", &file], &log)
    }

    fn resolvers(&mut self, named: &Path, unbound: &Path, upstream: u16) {
        let folder = self.folder.path();
        if self.options.bind {
            let text = bind_text(folder, &self.secret, self, upstream);
            self.others.push(Self::named(named, folder, "bind", &text));
            within(20, "BIND", || real(self.bind, "up.example"));
        }
        if self.options.unbound {
            let file = folder.join("unbound.conf");
            write(&file, &unbound_text(folder, self, upstream));
            let log = folder.join("unbound.out");
            let file = file.display().to_string();
            self.others.push(start(unbound, &["-d", "-c", &file], &log));
            within(20, "Unbound", || real(self.unbound, "up.example"));
        }
    }

    /// The configuration of an actuator for them.
    pub(crate) fn config(&self) -> Config {
        serde_json::from_value(self.config_value()).unwrap()
    }

    /// The same as text has it.
    pub(crate) fn config_value(&self) -> serde_json::Value {
        let folder = self.folder.path();
        let mut resolvers = Vec::new();
        if self.options.bind {
            resolvers.push(json!({
                "name": "bind", "kind": "bind", "address": format!("127.0.0.1:{}", self.bind),
                "log": folder.join("bind.rpz.log"),
            }));
        }
        if self.options.unbound {
            resolvers.push(json!({
                "name": "unbound", "kind": "unbound", "address": format!("127.0.0.1:{}", self.unbound),
                "log": folder.join("unbound.log"),
                "control": { "program": in_path("unbound-control"), "config": folder.join("unbound.conf") },
            }));
        }
        let mut value = json!({
            "zone": ZONE,
            "primary": format!("127.0.0.1:{}", self.primary_port),
            "key": { "name": "actuator", "file": folder.join("secret") },
            "folder": folder,
            "sinkhole": SINK,
            "exempt": self.options.exempt,
            "complaint": "by order; complaints: https://owner.example/c reference {reference}",
            "settle_ms_max": self.options.settle_ms_max,
            "silence_seconds_max": self.options.silence_seconds_max,
            "resolvers": resolvers,
        });
        if self.options.rehearsal {
            value["rehearsal"] = json!("try.owner.example.jp");
        }
        value
    }

    /// Changes the zone behind the actuator's back.
    pub(crate) fn by_hand(&self, lines: &[String]) {
        let key = format!("hmac-sha256:actuator:{}", self.secret);
        let mut child = Command::new(in_path("nsupdate"))
            .args(["-y", &key])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut text = format!("server 127.0.0.1 {}\nzone {ZONE}\n", self.primary_port);
        for line in lines {
            text.push_str(line);
            text.push('\n');
        }
        text.push_str("send\n");
        let mut input = child.stdin.take().unwrap();
        input.write_all(text.as_bytes()).unwrap();
        drop(input);
        assert!(child.wait().unwrap().success());
    }

    /// The process of the guard that watches, where an actuator started one.
    pub(crate) fn guard(&self) -> Option<Pid> {
        let mark = self.folder.path().join("guard");
        let file = std::fs::File::open(&mark).ok()?;
        // Its lock ends with it: without it the number can be anybody's.
        file.try_lock_shared().err()?;
        let text = std::fs::read_to_string(&mark).ok()?;
        let number = text.split_whitespace().next()?.parse().ok()?;
        Pid::from_raw(number)
    }

    /// Ends the server that knows all other names.
    pub(crate) fn end_upstream(&mut self) {
        self.others[0].kill();
    }

    /// What `unbound-control` says.
    pub(crate) fn unbound_control(&self, words: &[&str]) -> String {
        let output = Command::new(in_path("unbound-control"))
            .arg("-c")
            .arg(self.folder.path().join("unbound.conf"))
            .args(words)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        // A guard outlives its actuator for what is in the zone, and the zone ends here.
        if let Some(guard) = self.guard() {
            kill_process(guard, Signal::KILL).ok();
        }
    }
}

pub(crate) fn in_path(program: &str) -> PathBuf {
    sakimori_testkit::in_path(program).unwrap()
}

fn options(folder: &Path, name: &str, port: u16, more: &str) -> String {
    let folder = folder.display();
    format!(
        "options {{ directory \"{folder}\"; pid-file \"{folder}/{name}.pid\"; listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};\n \
         session-keyfile none; dnssec-validation no; allow-query {{ 127.0.0.1; }}; {more} }};\ncontrols {{}};\n"
    )
}

fn key(secret: &str) -> String {
    format!("key \"actuator\" {{ algorithm hmac-sha256; secret \"{secret}\"; }};\n")
}

fn primary_text(folder: &Path, secret: &str, [port, bind, unbound]: [u16; 3]) -> String {
    for zone in ["zone", "try"] {
        write(&folder.join(format!("{zone}.db")), &empty_zone());
    }
    let folded = folder.display();
    key(secret)
        + &options(folder, "primary", port, "recursion no; notify-delay 0;")
        + &format!(
            "zone \"{ZONE}\" {{ type primary; file \"{folded}/zone.db\"; update-policy {{ grant actuator zonesub ANY; }};\n \
             allow-transfer {{ key actuator; 127.0.0.1; }}; notify explicit; also-notify {{ 127.0.0.1 port {bind}; 127.0.0.1 port {unbound}; }}; }};\n\
             zone \"try.owner.example.jp\" {{ type primary; file \"{folded}/try.db\"; update-policy {{ grant actuator zonesub ANY; }};\n \
             allow-transfer {{ key actuator; }}; notify no; }};\n"
        )
}

fn upstream_text(folder: &Path, port: u16) -> String {
    // Names that lead elsewhere.
    let zone = format!(
        "{}* A {REAL}\nalias.led.net CNAME edge.cdn.net\nedge.cdn.net A 203.0.113.80\nedge.cdn.net AAAA 2001:db8::80\n\
         far.led.net CNAME alias.led.net\nfour.led.net A 203.0.113.81\n",
        empty_zone()
    );
    write(&folder.join("up.db"), &zone);
    let folded = folder.display();
    options(folder, "upstream", port, "recursion no;")
        + &format!("zone \".\" {{ type primary; file \"{folded}/up.db\"; }};\n")
}

fn bind_text(folder: &Path, secret: &str, servers: &Servers, upstream: u16) -> String {
    let mut passes = empty_zone();
    for name in &servers.options.bind_passes {
        passes.push_str(name);
        passes.push_str(" CNAME rpz-passthru.\n");
    }
    write(&folder.join("passes.db"), &passes);
    let policy = servers.options.bind_policy;
    let folded = folder.display();
    let primary = servers.primary_port;
    let more = format!(
        "recursion yes; notify no; forward only; forwarders {{ 127.0.0.1 port {upstream}; }};\n \
         response-policy {{ zone \"passes.owner.example.jp\"; zone \"{ZONE}\"; }} {policy} qname-wait-recurse no;"
    );
    key(secret)
        + &options(folder, "bind", servers.bind, &more)
        + &format!(
            "logging {{ channel hits {{ file \"{folded}/bind.rpz.log\"; buffered no; }}; category rpz {{ hits; }}; }};\n\
             zone \"passes.owner.example.jp\" {{ type primary; file \"{folded}/passes.db\"; }};\n\
             zone \"{ZONE}\" {{ type secondary; file \"{folded}/bind.db\"; primaries {{ 127.0.0.1 port {primary} key actuator; }};\n \
             allow-notify {{ 127.0.0.1; }}; min-refresh-time 1; min-retry-time 1; }};\n"
        )
}

fn unbound_text(folder: &Path, servers: &Servers, upstream: u16) -> String {
    let folded = folder.display();
    let (port, primary) = (servers.unbound, servers.primary_port);
    format!(
        "server:\n interface: 127.0.0.1@{port}\n port: {port}\n do-daemonize: no\n username: \"\"\n chroot: \"\"\n directory: \"{folded}\"\n \
         pidfile: \"\"\n use-syslog: no\n logfile: \"{folded}/unbound.log\"\n module-config: \"respip iterator\"\n do-not-query-localhost: no\n do-ip6: no\n\
         remote-control:\n control-enable: yes\n control-interface: \"{folded}/unbound.ctl\"\n control-use-cert: no\n\
         rpz:\n name: {ZONE}\n primary: 127.0.0.1@{primary}\n allow-notify: 127.0.0.1\n rpz-log: yes\n rpz-log-name: \"{ZONE}\"\n\
         forward-zone:\n name: \".\"\n forward-addr: 127.0.0.1@{upstream}\n"
    )
}

/// What a server says: its code, its records as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) code: String,
    pub(crate) records: BTreeSet<String>,
}

/// Asks once; nothing where no answer comes in a second.
pub(crate) fn said(port: u16, name: &str, qtype: Rtype) -> Option<Said> {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(("127.0.0.1", port)).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(1)))
        .unwrap();
    let mut message = MessageBuilder::new_vec();
    message.header_mut().set_rd(true);
    let mut question = message.question();
    let owner = Name::<Vec<u8>>::from_str(name).unwrap();
    question.push((owner, qtype, Class::IN)).unwrap();
    socket.send(&question.finish()).ok()?;
    let mut bytes = [0; 4096];
    let length = socket.recv(&mut bytes).ok()?;
    let message = Message::from_octets(&bytes[..length]).ok()?;
    let mut records = BTreeSet::new();
    for record in message.answer().ok()? {
        let record = record.ok()?;
        let data = record.to_any_record::<domain::rdata::AllRecordData<_, _>>();
        records.insert(data.ok()?.data().to_string());
    }
    Some(Said {
        code: message.header().rcode().to_string(),
        records,
    })
}

/// Whether a name is answered as if there were no policy.
pub(crate) fn real(port: u16, name: &str) -> bool {
    said(port, name, Rtype::A).is_some_and(|said| said.records.contains(REAL))
}

/// Whether a name is answered as if there were none.
pub(crate) fn gone(port: u16, name: &str) -> bool {
    said(port, name, Rtype::A).is_some_and(|said| said.code == "NXDOMAIN")
}

/// Whether a name leads to the sinkhole.
pub(crate) fn sunk(port: u16, name: &str) -> bool {
    said(port, name, Rtype::A)
        .is_some_and(|said| said.records == BTreeSet::from([SINK[0].to_owned()]))
}

/// An effect of a measure, some seconds long.
pub(crate) fn effect(
    measure: u8,
    deed: Deed,
    target: &str,
    seconds: u64,
    clock: &dyn Clock,
) -> Effect {
    Effect {
        key: key_of(measure, deed, target),
        until: Seconds(clock.wall().0 + seconds),
        seconds,
    }
}

pub(crate) fn key_of(measure: u8, deed: Deed, target: &str) -> Key {
    Key {
        measure: [measure; 32],
        deed,
        target: target.to_owned(),
    }
}
