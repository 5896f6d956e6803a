//! Isolation, in namespaces of its own: a host, its management, its resolver and a stranger.

use crate::roles::PORT;
use crate::times::in_time;
use crate::world::{World, effect, never, now, pass, signal, until};
use rustix::process::Signal;
use sakimori_actuator::host::Host;
use sakimori_actuator::substrate::{Fault, Substrate};
use sakimori_respond::engine::Deed;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const TARGET: &str = "host:web-1";
const HOST: &str = "10.77.0.1";
const MANAGEMENT: &str = "10.77.0.2";
const RESOLVER: &str = "10.77.0.53";
const STRANGER: &str = "10.77.0.66";

/// Two namespaces and a line between them: in one the host, in the other all else, each with an address.
struct Net {
    host: String,
    outside: String,
    servers: Vec<Child>,
}

fn run(program: &str, args: &[&str]) {
    let done = Command::new(program).args(args).output().unwrap();
    assert!(
        done.status.success(),
        "{program} {args:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
}

impl Net {
    fn new() -> Self {
        let id = format!("{}-{}", std::process::id(), now().boot_ms % 100_000);
        let mut net = Self {
            host: format!("skh-{id}"),
            outside: format!("sko-{id}"),
            servers: Vec::new(),
        };
        let (host, outside) = (net.host.clone(), net.outside.clone());
        run("ip", &["netns", "add", &host]);
        run("ip", &["netns", "add", &outside]);
        run(
            "ip",
            &[
                "-n", &host, "link", "add", "h0", "type", "veth", "peer", "name", "o0", "netns",
                &outside,
            ],
        );
        run(
            "ip",
            &[
                "-n",
                &host,
                "addr",
                "add",
                &format!("{HOST}/24"),
                "dev",
                "h0",
            ],
        );
        for address in [MANAGEMENT, RESOLVER, STRANGER] {
            run(
                "ip",
                &[
                    "-n",
                    &outside,
                    "addr",
                    "add",
                    &format!("{address}/24"),
                    "dev",
                    "o0",
                ],
            );
        }
        for (name, link) in [
            (&host, "h0"),
            (&outside, "o0"),
            (&host, "lo"),
            (&outside, "lo"),
        ] {
            run("ip", &["-n", name, "link", "set", link, "up"]);
        }
        for name in [&host, &outside] {
            let mut server = role(name, &["role-listen"])
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let mut ready = String::new();
            BufReader::new(server.stdout.take().unwrap())
                .read_line(&mut ready)
                .unwrap();
            assert_eq!(ready, "ready\n");
            net.servers.push(server);
        }
        net
    }

    /// Whether the host gets an answer from an address outside.
    fn reaches(&self, address: &str, port: u16) -> bool {
        role(&self.host, &["role-connect", &format!("{address}:{port}")])
            .status()
            .unwrap()
            .success()
    }

    /// Whether an address outside gets an answer from the host.
    fn is_reached_by(&self, address: &str) -> bool {
        // Which of its addresses the other side speaks with is chosen by a route of its own.
        run(
            "ip",
            &[
                "-n",
                &self.outside,
                "route",
                "replace",
                &format!("{HOST}/32"),
                "dev",
                "o0",
                "src",
                address,
            ],
        );
        role(&self.outside, &["role-connect", &format!("{HOST}:{PORT}")])
            .status()
            .unwrap()
            .success()
    }

    fn rules(&self) -> String {
        let listed = Command::new("ip")
            .args(["netns", "exec", &self.host, "nft", "-s", "list", "ruleset"])
            .output()
            .unwrap();
        String::from_utf8(listed.stdout).unwrap()
    }

    fn load(&self, text: &str) {
        let mut nft = Command::new("ip")
            .args(["netns", "exec", &self.host, "nft", "-f", "-"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        nft.stdin
            .take()
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
        assert!(nft.wait().unwrap().success());
    }
}

fn role(namespace: &str, args: &[&str]) -> Command {
    let mut command = Command::new("ip");
    command
        .args(["netns", "exec", namespace])
        .arg(std::env::current_exe().unwrap())
        .args(args);
    command
}

impl Drop for Net {
    fn drop(&mut self) {
        for server in &mut self.servers {
            server.kill().ok();
            server.wait().ok();
        }
        for name in [&self.host, &self.outside] {
            Command::new("ip")
                .args(["netns", "del", name])
                .status()
                .ok();
        }
    }
}

/// Somebody else's rules, which are there first.
const FOREIGN: &str = "table inet foreign {\n\tcounter seen {\n\t\tpackets 3 bytes 99\n\t}\n\n\tset known {\n\t\ttype ipv4_addr\n\t\telements = { 10.9.9.9 }\n\t}\n\n\tchain input {\n\t\ttype filter hook input priority filter; policy accept;\n\t\tip saddr @known counter name \"seen\" drop\n\t}\n}\n";

fn setting(more: &str) -> (Net, World, Host) {
    let net = Net::new();
    net.load(FOREIGN);
    let world = World::in_namespace(&net.host);
    policy(&world, more);
    let host = world.host();
    (net, world, host)
}

fn policy(world: &World, more: &str) {
    world.policy(&format!(
        "name: web-1\nallow: isolate\nmanagement: {MANAGEMENT}\ndns: {RESOLVER}\n{more}"
    ));
}

pub(crate) fn isolated() {
    let (net, world, mut host) = setting("");
    let before = net.rules();
    let everybody = |is: bool| {
        assert_eq!(net.reaches(STRANGER, PORT), is, "to a stranger");
        assert_eq!(net.is_reached_by(STRANGER), is, "from a stranger");
        assert_eq!(
            net.reaches(RESOLVER, PORT),
            is,
            "to another port of the resolver"
        );
        assert_eq!(net.reaches(STRANGER, 53), is, "to another's port 53");
        assert!(net.reaches(MANAGEMENT, PORT), "to the management");
        assert!(net.is_reached_by(MANAGEMENT), "from the management");
        assert!(net.reaches(RESOLVER, 53), "to the resolver");
        assert!(net.reaches("127.0.0.1", PORT), "to itself");
        assert_eq!(
            role(&net.host, &["role-ask", &format!("{STRANGER}:9")])
                .status()
                .unwrap()
                .success(),
            is,
            "datagrams"
        );
    };
    everybody(true);
    host.rehearse(Deed::Isolate, TARGET).unwrap();
    assert_eq!(net.rules(), before);
    assert!(never(host.rehearse(Deed::Isolate, "host:web-2")).contains("another name"));
    world.policy("name: web-1\nallow: isolate\n");
    assert!(
        never(host.apply(&effect(1, Deed::Isolate, TARGET, 60))).contains("no management address")
    );
    policy(&world, "");
    let isolate = effect(1, Deed::Isolate, TARGET, 600);
    let since = |began: u64| Duration::from_millis(now().boot_ms - began);
    let two = Duration::from_secs(2);
    let bounds = [
        ("command to effect", two),
        ("taken back", two),
        ("the owner's stop", two),
    ];
    in_time("isolation", bounds, || {
        let began = now().boot_ms;
        host.apply(&isolate).unwrap();
        let applied = since(began);
        everybody(false);
        assert!(net.rules().starts_with(&before));
        let seen = host.look().unwrap();
        assert_eq!((seen.len(), &seen[0].key), (1, &isolate.key));
        assert!(host.met().unwrap()[0].1.times >= 4);
        // Another measure holds it too.
        let second = effect(2, Deed::Isolate, TARGET, 600);
        host.apply(&second).unwrap();
        host.remove(&isolate.key, None).unwrap();
        assert!(!net.reaches(STRANGER, PORT));
        let began = now().boot_ms;
        host.remove(&second.key, None).unwrap();
        assert!(net.reaches(STRANGER, PORT));
        let removed = since(began);
        everybody(true);
        assert_eq!(net.rules(), before);
        host.apply(&isolate).unwrap();
        let began = now().boot_ms;
        host.release().unwrap();
        assert!(net.reaches(STRANGER, PORT));
        let released = since(began);
        assert_eq!(net.rules(), before);
        [applied, removed, released]
    });
}

/// A connection over which a byte goes when it is asked for.
struct Flow(Child, BufReader<std::process::ChildStdout>);

impl Flow {
    fn new(net: &Net, address: &str) -> Self {
        let mut child = role(&net.host, &["role-flow", &format!("{address}:{PORT}")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self(child, lines)
    }

    fn is_answered(&mut self) -> bool {
        self.0.stdin.as_mut().unwrap().write_all(b"x").unwrap();
        let mut line = String::new();
        self.1.read_line(&mut line).unwrap();
        line == "answered\n"
    }
}

impl Drop for Flow {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

pub(crate) fn open_flow() {
    let (net, _world, mut host) = setting("");
    // What is often first on a host: what is part of an open connection passes.
    net.load("table inet usual { chain input { type filter hook input priority 0; ct state established,related accept; }; chain output { type filter hook output priority 0; ct state established,related accept; }; }");
    let mut stranger = Flow::new(&net, STRANGER);
    let mut management = Flow::new(&net, MANAGEMENT);
    assert!(stranger.is_answered() && management.is_answered());
    host.apply(&effect(1, Deed::Isolate, TARGET, 600)).unwrap();
    assert!(!stranger.is_answered());
    assert!(management.is_answered());
    host.release().unwrap();
}

pub(crate) fn both_ways() {
    let (net, _world, mut host) = setting(&format!("exception: {STRANGER}\n"));
    host.apply(&effect(1, Deed::Isolate, TARGET, 600)).unwrap();
    assert!(net.reaches(STRANGER, PORT));
    assert!(net.is_reached_by(STRANGER));
    assert!(!net.is_reached_by(RESOLVER));
    host.release().unwrap();
}

pub(crate) fn killed() {
    let (net, world, mut host) = setting("");
    let before = net.rules();
    host.apply(&effect(1, Deed::Isolate, TARGET, 600)).unwrap();
    assert!(!net.reaches(STRANGER, PORT));
    signal(world.helpers()[0], Signal::KILL);
    let ms = until("the table goes with its owner", || net.rules() == before);
    println!("from the end of the helper to the end of its isolation: {ms} ms");
    assert!(net.reaches(STRANGER, PORT));
    // A next helper has it in its records, and in force again.
    assert!(matches!(host.look(), Err(Fault::Now { .. })));
    assert_eq!(host.look().unwrap().len(), 1);
    assert!(!net.reaches(STRANGER, PORT));
    host.release().unwrap();
    assert_eq!(net.rules(), before);
}

pub(crate) fn by_itself() {
    let (net, world, mut host) = setting("");
    let before = net.rules();
    host.apply(&effect(1, Deed::Isolate, TARGET, 3)).unwrap();
    let began = now().boot_ms;
    let helper = world.helpers()[0];
    // The helper hangs: its own timer does nothing.
    signal(helper, Signal::STOP);
    assert!(!net.reaches(STRANGER, PORT));
    until("the kernel lets go", || net.reaches(STRANGER, PORT));
    let lasted = now().boot_ms - began;
    println!("an isolation of 3 s with a helper that hangs lasted {lasted} ms");
    assert!(lasted < 9_000, "{lasted}");
    assert_ne!(net.rules(), before);
    signal(helper, Signal::CONT);
    until("the timer takes the table away", || net.rules() == before);
    assert_eq!(host.look().unwrap(), []);
}

pub(crate) fn policy_changes() {
    let (net, world, mut host) = setting("");
    let before = net.rules();
    host.apply(&effect(1, Deed::Isolate, TARGET, 600)).unwrap();
    assert!(!net.reaches(STRANGER, PORT));
    policy(&world, &format!("exception: {STRANGER}/32\n"));
    until("the new exception is reached", || {
        net.reaches(STRANGER, PORT)
    });
    // As many as a policy can have go into one line.
    let many: Vec<String> = (0..200)
        .map(|n| format!("exception: 2001:db8:{:x}::/48\n", 2 * n))
        .collect();
    policy(&world, &many.concat());
    until("it is not reached any more", || {
        !net.reaches(STRANGER, PORT)
    });
    until("the many are there", || {
        net.rules().contains("2001:db8:18e::/48")
    });
    policy(&world, &format!("veto: {TARGET}\n"));
    until("the veto ends it", || net.rules() == before);
    pass(1);
    assert_eq!(host.look().unwrap(), []);
}
