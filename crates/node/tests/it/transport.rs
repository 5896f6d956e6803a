//! TLS, pins, limits of connections, the end of a node. In: connections of all kinds. Out: what the node makes of them. Never: a wait without a bound.

use crate::nation::{Caller, Nation, join, options, people};
use sakimori_control::Host;
use sakimori_control::tls::{Identity, May};
use sakimori_node::{Role, start};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// An operator's node, which needs no other.
fn operator() -> (tempfile::TempDir, sakimori_node::Running) {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::system();
    people(Role::Operator, folder.path(), &host);
    let running = start(&options(Role::Operator, folder.path()), &host).unwrap();
    (folder, running)
}

#[test]
fn without_tls_nothing_is_answered() {
    let (_folder, node) = operator();
    let mut plain = TcpStream::connect(node.address).unwrap();
    plain
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    plain
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .unwrap();
    let mut answer = Vec::new();
    // It may be reset before it is read to its end.
    let _ = plain.read_to_end(&mut answer);
    let text = String::from_utf8_lossy(&answer);
    assert!(!text.contains("HTTP/1.1"), "{text}");
}

#[test]
fn a_node_with_another_certificate_is_not_called() {
    let (folder, node) = operator();
    let own = tempfile::tempdir().unwrap();
    Identity::open(own.path(), &["localhost".to_owned()]).unwrap();
    let other = tempfile::tempdir().unwrap();
    join(
        own.path(),
        "node",
        &other.path().join("operator"),
        &node.address.to_string(),
        &[],
    );
    let agents = sakimori_control::tls::Agents::open(own.path()).unwrap();
    let peer = agents.peer("node").unwrap();
    let agent = agents.agent(peer, Duration::from_secs(10)).unwrap();
    let called = agent
        .get(format!("https://{}/healthz", node.address))
        .call();
    assert!(called.is_err());
    let right = Caller::stranger(&folder.path().join("operator"), &node.address.to_string());
    assert_eq!(right.get("/healthz").status, 200);
}

#[test]
fn what_nodes_call_of_the_commission_needs_the_right_certificate_and_leave() {
    let nation = Nation::start();
    let stranger = nation.stranger(Role::Commission);
    for path in [
        "/add-checkpoint",
        "/add-entries",
        "/lease",
        "/share",
        "/destroy",
    ] {
        let said = stranger.post(path, "application/octet-stream", b"x");
        assert_eq!(said.code(), "peer-not-allowed", "{path}");
    }
    let member = nation.person(Role::Commission, "m1");
    let said = member.post("/lease", "text/plain", b"x");
    assert_eq!(said.code(), "peer-not-allowed", "a person is no node");
    let entry = serde_json::json!({"envelope": "00", "body": "00"});
    let said = nation
        .stranger(Role::Office)
        .post_json("/v1/log/entries", &entry);
    assert_eq!(said.code(), "not-signed-in");
    // The office's own certificate, known to the commission for other things than entries.
    let at = nation.role(Role::Office);
    join(
        &at,
        "self",
        &at,
        &nation.office.address.to_string(),
        &[May::Read],
    );
    let agents = sakimori_control::tls::Agents::open(&at).unwrap();
    let agent = agents
        .agent(agents.peer("self").unwrap(), Duration::from_secs(10))
        .unwrap();
    let url = format!("https://{}/v1/log/entries", nation.office.address);
    let sent = agent
        .post(url)
        .header("content-type", "application/json")
        .send(entry.to_string().as_bytes());
    assert_eq!(sent.unwrap().status().as_u16(), 403);
}

#[test]
fn every_answer_has_an_id_and_strict_headers() {
    let (folder, node) = operator();
    let caller = Caller::stranger(&folder.path().join("operator"), &node.address.to_string());
    for path in ["/healthz", "/nowhere", "/sign-in", "/style.css", "/v1/me"] {
        let said = caller.get(path);
        let value = |name: &str| {
            said.headers
                .get(name)
                .map(|v| v.to_str().unwrap().to_owned())
        };
        assert_eq!(value("x-content-type-options").as_deref(), Some("nosniff"));
        assert_eq!(
            value("cache-control").as_deref(),
            Some("no-store"),
            "{path}"
        );
        let csp = value("content-security-policy").unwrap();
        assert!(csp.starts_with("default-src 'none'"), "{csp}");
        assert!(csp.contains("frame-ancestors 'none'") && !csp.contains("unsafe"));
        assert_eq!(value("x-request-id").unwrap().len(), 32, "{path}");
    }
    let mut named = Caller::stranger(&folder.path().join("operator"), &node.address.to_string());
    let id = "0123456789abcdef-mine".to_owned();
    named.headers.push(("x-request-id".to_owned(), id.clone()));
    let said = named.get("/nowhere");
    assert_eq!(said.headers["x-request-id"], id.as_str());
    assert_eq!(
        said.json()["instance"],
        format!("urn:sakimori:request:{id}")
    );
    assert_eq!(said.code(), "not-found");
}

#[test]
fn readiness_tells_what_is_missing_and_health_does_not() {
    let (folder, node) = operator();
    let caller = Caller::stranger(&folder.path().join("operator"), &node.address.to_string());
    assert_eq!(caller.get("/healthz").json()["state"], "alive");
    // It knows no office.
    assert_eq!(caller.get("/readyz").code(), "peer-unavailable");
    let nation = Nation::start();
    for role in [Role::Office, Role::Commission] {
        let said = nation.stranger(role).get("/readyz");
        assert_eq!(said.json()["state"], "ready", "{role}: {}", said.text());
    }
}

#[test]
fn numbers_are_for_those_who_may_read_them() {
    let nation = Nation::start();
    let refused = nation.stranger(Role::Office).get("/metrics");
    assert_eq!(refused.code(), "not-signed-in");
    let member = nation.person(Role::Commission, "m1").get("/metrics");
    assert_eq!(member.code(), "not-allowed");
    let text = nation.person(Role::Office, "admin").get("/metrics").text();
    for name in [
        "sakimori_requests_total{method=\"GET\",route=\"/metrics\",status=\"401\"} 1",
        "sakimori_refusals_total{code=\"not-signed-in\"} 1",
        "sakimori_leases_in_force 0",
    ] {
        assert!(text.lines().any(|line| line == name), "{name}\n{text}");
    }
    let of = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.trim().parse::<u64>().ok())
    };
    assert!(of("sakimori_log_entries").unwrap() >= 1);
}

/// A connection from another address of this machine, 127.0.0.2.
fn from_beside(node: std::net::SocketAddr) -> TcpStream {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
        let stream = socket.connect(node).await.unwrap().into_std().unwrap();
        stream.set_nonblocking(false).unwrap();
        stream
    })
}

/// A body of which the rest comes once a condition holds.
struct Late<W> {
    parts: Vec<Vec<u8>>,
    before_the_last: W,
}

impl<W: FnMut()> Read for Late<W> {
    fn read(&mut self, place: &mut [u8]) -> std::io::Result<usize> {
        if self.parts.len() == 1 {
            (self.before_the_last)();
        }
        let Some(part) = (!self.parts.is_empty()).then(|| self.parts.remove(0)) else {
            return Ok(0);
        };
        place[..part.len()].copy_from_slice(&part);
        Ok(part.len())
    }
}

#[test]
fn who_sends_nothing_or_too_slowly_is_let_go_and_keeps_nobody_waiting() {
    let (folder, node) = operator();
    let address = node.address.to_string();
    let role = folder.path().join("operator");
    // More than a node has places for, all of one stranger.
    let silent: Vec<TcpStream> = (0..300).map(|_| from_beside(node.address)).collect();
    let caller = Caller::stranger(&role, &address);
    let (never, waits) = std::sync::mpsc::channel::<()>();
    let slow = Late {
        parts: vec![b"{\"person\":".to_vec(), b"\"nobody\"}".to_vec()],
        before_the_last: move || {
            // Longer than a node waits for a body.
            let _ = waits.recv_timeout(Duration::from_secs(13));
        },
    };
    let slow = std::thread::spawn({
        let caller = Caller::stranger(&role, &address);
        move || caller.try_post_late("/v1/sign-in/passkey/start", slow)
    });
    let (told, hears) = std::sync::mpsc::channel();
    let other = Caller::stranger(&role, &address);
    let asked = std::thread::spawn(move || told.send(other.get("/healthz").status));
    // Less than a silent one is borne with.
    let heard = hears.recv_timeout(Duration::from_millis(2500));
    assert_eq!(heard, Ok(200), "others are answered at once");
    asked.join().unwrap().unwrap();
    for mut stream in silent {
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        // Closed without a word, or reset; a wait that runs out is another error.
        match stream.read(&mut [0]) {
            Ok(read) => assert_eq!(read, 0),
            Err(e) => assert_eq!(e.kind(), std::io::ErrorKind::ConnectionReset),
        }
    }
    // It is told that it was too slow, or its connection is gone before it can hear it.
    if let Some(said) = slow.join().unwrap() {
        assert_eq!(said.code(), "too-slow");
    }
    drop(never);
    assert_eq!(caller.get("/healthz").status, 200);
}
