//! Times, from the arrival of the approval on: every attempt begins with a fresh actuator, brings the approval, posts the command, and looks from beside.

use crate::lab::{Lab, Speaks, counted_ms};
use crate::net::{CLIENT, Probe, Site, TARGET, echo};
use crate::owner::Owner;
use crate::servers::{Options, Servers, gone, real};
use serde_json::{Value, json};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Attempts of each row.
const ATTEMPTS: usize = 3;

/// What one attempt took.
struct Took {
    /// From the approval's first byte to the answer that the effect was read back.
    read_back: Duration,
    /// From the same to the moment at which somebody beside notices.
    effect: Duration,
    /// From the owner's stop to the release that somebody beside notices.
    release: Duration,
}

/// Makes attempts, prints a row for the table, and holds the best against the bounds: effect, release.
fn row(system: &str, bounds: [u64; 2], mut attempt: impl FnMut() -> Took) {
    let took: Vec<Took> = (0..ATTEMPTS).map(|_| attempt()).collect();
    let span = |of: fn(&Took) -> Duration| {
        let all: Vec<f64> = took
            .iter()
            .map(|took| of(took).as_secs_f64() * 1000.0)
            .collect();
        let least = all.iter().copied().fold(f64::MAX, f64::min);
        (least, all.iter().copied().fold(0.0, f64::max))
    };
    let spans = [
        span(|took| took.read_back),
        span(|took| took.effect),
        span(|took| took.release),
    ];
    let cells: Vec<String> = spans
        .iter()
        .map(|(least, most)| format!("{least:.0}–{most:.0} ms"))
        .collect();
    println!(
        "row | {system} | {} | < {} s, < {} s",
        cells.join(" | "),
        bounds[0] / 1000,
        bounds[1] / 1000
    );
    let [_, effect, release] = spans;
    assert!(effect.0 < bounds[0] as f64, "{system}: {cells:?}");
    assert!(release.0 < bounds[1] as f64, "{system}: {cells:?}");
}

/// One attempt: `there` and `gone` are what somebody beside notices.
fn attempt(
    section: (&str, Value),
    effect: (&str, &str),
    command: (Value, Value),
    mut there: impl FnMut() -> bool + Send,
    mut gone: impl FnMut() -> bool + Send,
) -> Took {
    let (deed, target) = effect;
    let mut owner = Owner::start(section, &[format!("{deed} {target}")]);
    owner.ready();
    assert!(gone(), "{target}: in force before");
    let notice = |seen: &mut dyn FnMut() -> bool, since: Instant| {
        while !seen() {
            assert!(since.elapsed() < Duration::from_mins(1), "not noticed");
            std::thread::park_timeout(Duration::from_millis(2));
        }
        since.elapsed()
    };
    let begin = Instant::now();
    let (read_back, effect) = std::thread::scope(|scope| {
        let beside = scope.spawn(|| notice(&mut there, begin));
        let said = owner.approve();
        assert_eq!(said["faults"], json!([]), "{said}");
        assert_eq!(said["rehearsed"], true, "{said}");
        owner.deny(deed, command.0, &command.1);
        (begin.elapsed(), beside.join().unwrap())
    });
    let begin = Instant::now();
    let release = std::thread::scope(|scope| {
        let beside = scope.spawn(|| notice(&mut gone, begin));
        owner.stop();
        beside.join().unwrap()
    });
    owner.world.end();
    Took {
        read_back,
        effect,
        release,
    }
}

#[test]
fn times_of_nftables() {
    let Some(site) = Site::lay("times_of_nftables") else {
        return;
    };
    let to = echo(&site.far, TARGET);
    let section = json!({
        "table": "sakimori_w",
        "program": ["ip", "netns", "exec", site.router, "nft"],
    });
    row("nftables", [2_000, 1_000], || {
        let mut probe = Probe::new(&site.client, CLIENT, to);
        let mut other = Probe::new(&site.client, CLIENT, to);
        attempt(
            ("packet", section.clone()),
            ("block", "10.77.2.2/32"),
            (json!({"ipv4_net": "10.77.2.2"}), Value::Null),
            move || !probe.passes(),
            move || other.passes(),
        )
    });
}

/// A policy zone with one kind of resolver.
fn resolver(name: &str, system: &str, bounds: [u64; 2]) {
    let options = Options {
        bind: name == "bind",
        unbound: name == "unbound",
        ..Options::default()
    };
    let Some(servers) = Servers::start(system, options) else {
        return;
    };
    let port = if name == "bind" {
        servers.bind
    } else {
        servers.unbound
    };
    let section = servers.config_value();
    row(system, bounds, || {
        attempt(
            ("resolver", section.clone()),
            ("no-answer", "bad.example"),
            (json!({"domain_name": "bad.example"}), Value::Null),
            || gone(port, "bad.example"),
            || real(port, "bad.example"),
        )
    });
}

#[test]
fn times_of_unbound() {
    resolver("unbound", "Unbound, by a policy zone", [2_000, 1_000]);
}

#[test]
fn times_of_bind() {
    // The issue of an update, the interval of the resolver and its own pace: two seconds are not promised for BIND.
    resolver("bind", "BIND, by a policy zone", [6_000, 6_000]);
}

/// A black hole by one kind of speaker, at the router's kernel.
fn speaker(speaks: Speaks, system: &str) {
    let Some(lab) = Lab::new(system, speaks) else {
        return;
    };
    row(system, [2_000, 1_000], || {
        let section = serde_json::from_str(&lab.config_text(true)).unwrap();
        // The session's own time belongs to the start.
        let mut owner = Owner::start(("bgp", section), &["black-hole 198.51.100.7/32".to_owned()]);
        crate::world::wait("the session", 60, || {
            let up = lab.router_says("show protocols announcer");
            up.contains("Established") && owner.approve()["faults"] == json!([])
        });
        owner.ready();
        let holes = || lab.kernel_holes() == ["198.51.100.7"];
        assert!(lab.kernel_holes().is_empty());
        let notice = |is: bool, begin: u64| {
            while holes() != is {
                assert!(counted_ms() - begin < 60_000, "not noticed");
            }
            Duration::from_millis(counted_ms() - begin)
        };
        let begin = counted_ms();
        let (read_back, effect) = std::thread::scope(|scope| {
            let beside = scope.spawn(|| notice(true, begin));
            owner.approve();
            owner.deny(
                "black-hole",
                json!({"ipv4_net": "198.51.100.7"}),
                &Value::Null,
            );
            let read_back = Duration::from_millis(counted_ms() - begin);
            (read_back, beside.join().unwrap())
        });
        assert!(!lab.answers("198.51.100.7"));
        let begin = counted_ms();
        let release = std::thread::scope(|scope| {
            let beside = scope.spawn(|| notice(false, begin));
            owner.stop();
            beside.join().unwrap()
        });
        owner.world.end();
        Took {
            read_back,
            effect,
            release,
        }
    });
}

#[test]
fn times_of_gobgp() {
    speaker(Speaks::Gobgp, "BGP by GoBGP, in the router's kernel");
}

#[test]
fn times_of_bird() {
    speaker(Speaks::Bird, "BGP by BIRD, in the router's kernel");
}

#[test]
fn times_of_exabgp() {
    speaker(Speaks::Exabgp, "BGP by ExaBGP, in the router's kernel");
}

/// Folders of a host agent below one that is root's alone, and its section.
fn host(folder: &std::path::Path, policy: &str, nft: &[&str]) -> Value {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = folder.join("policy");
    std::fs::write(&path, format!("sakimori/host-policy/v1\n{policy}")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    json!({
        "policy": path, "state": folder.join("state"), "stores": [folder.join("store")],
        "nft": nft, "user": 61_734, "group": 61_734,
    })
}

fn is_root(test: &str) -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        sakimori_testkit::skip(test, "only root freezes and isolates");
    }
    root
}

#[test]
fn times_of_a_frozen_process() {
    if !is_root("times_of_a_frozen_process") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("miner");
    std::fs::copy(sakimori_testkit::in_path("sleep").unwrap(), &program).unwrap();
    let policy = format!(
        "allow: freeze\npath: {}\nuser: 0\n",
        folder.path().display()
    );
    row("host: a process frozen", [2_000, 1_000], || {
        let section = host(folder.path(), &policy, &["nft"]);
        let mut child = Command::new(&program)
            .arg("600")
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let pid = child.id();
        let bytes = std::fs::read(&program).unwrap();
        let hash = {
            use sha2::Digest;
            sakimori_custody::ids::hex(&sha2::Sha256::digest(bytes))
        };
        let stat = || sakimori_actuator::host::guard::Stat::read(pid).unwrap();
        crate::world::wait("the planted program runs", 10, || {
            std::fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|link| link == program)
        });
        let start = stat().start;
        let target = format!("process:{pid}:{start}:{hash}");
        let said = json!({"process": {
            "pid": pid, "executable": {"hashes": {"sha256": hash}},
        }});
        let took = attempt(
            ("host", section),
            ("freeze", &target),
            (said, json!({"start": start})),
            || stat().state == b'T',
            || stat().state != b'T',
        );
        child.kill().unwrap();
        child.wait().unwrap();
        took
    });
}

#[test]
fn times_of_an_isolated_host() {
    if !is_root("times_of_an_isolated_host") {
        return;
    }
    let Some(site) = Site::lay("times_of_an_isolated_host") else {
        return;
    };
    let to = echo(&site.far, TARGET);
    let policy = "name: web-1\nallow: isolate\nmanagement: 10.77.2.99\n";
    row("host: isolated", [2_000, 1_000], || {
        let folder = tempfile::tempdir().unwrap();
        let section = host(
            folder.path(),
            policy,
            &["ip", "netns", "exec", &site.far, "nft"],
        );
        let mut probe = Probe::new(&site.client, CLIENT, to);
        let mut other = Probe::new(&site.client, CLIENT, to);
        attempt(
            ("host", section),
            ("isolate", "host:web-1"),
            (json!({"device": {"hostname": "web-1"}}), Value::Null),
            move || !probe.passes(),
            move || other.passes(),
        )
    });
}
