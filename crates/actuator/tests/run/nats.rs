//! Commands over NATS: a real server with certificates of its own; the rules and statuses of HTTPS.

use crate::world::{World, wait};
use sakimori_actuator::bus::subject;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A server on a free port, killed with this.
struct Server {
    child: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Debian's package puts it beside the system's programs, where users do not look.
fn program() -> Option<std::path::PathBuf> {
    let beside = Path::new("/usr/sbin/nats-server");
    if beside.exists() {
        return Some(beside.to_owned());
    }
    sakimori_testkit::program("nats", "nats-server")
}

/// An authority that signs the server and its clients.
fn authority(folder: &Path) {
    let make = |name: &str| {
        let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let mut params = rcgen::CertificateParams::new(names).unwrap();
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, name);
        (pair, params)
    };
    let (pair, mut params) = make("authority");
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let root = params.self_signed(&pair).unwrap();
    std::fs::write(folder.join("authority.pem"), root.pem()).unwrap();
    let issuer = rcgen::Issuer::new(params, pair);
    for name in ["server", "client"] {
        let (pair, params) = make(name);
        let made = params.signed_by(&pair, &issuer).unwrap();
        std::fs::write(folder.join(format!("{name}.pem")), made.pem()).unwrap();
        std::fs::write(folder.join(format!("{name}-key.pem")), pair.serialize_pem()).unwrap();
    }
}

fn serve(program: &Path, folder: &Path) -> Server {
    let at = |name: &str| folder.join(name);
    let ports = at("ports");
    std::fs::create_dir_all(&ports).unwrap();
    let child = Command::new(program)
        .args(["--addr", "127.0.0.1", "--port", "-1", "--tlsverify"])
        .arg("--ports_file_dir")
        .arg(&ports)
        .arg("--tlscert")
        .arg(at("server.pem"))
        .arg("--tlskey")
        .arg(at("server-key.pem"))
        .arg("--tlscacert")
        .arg(at("authority.pem"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(at("nats.log")).unwrap())
        .spawn()
        .unwrap();
    let mut server = Server { child, port: 0 };
    let log = || std::fs::read_to_string(at("nats.log")).unwrap_or_default();
    wait("the server listens", 20, || {
        let files = std::fs::read_dir(&ports).unwrap().flatten();
        for file in files {
            let text = std::fs::read(file.path()).unwrap_or_default();
            let read: Value = serde_json::from_slice(&text).unwrap_or_default();
            let url = read.pointer("/nats/0").and_then(Value::as_str);
            if let Some((_, port)) = url.and_then(|url| url.rsplit_once(':')) {
                server.port = port.parse().unwrap();
            }
        }
        assert!(server.child.try_wait().unwrap().is_none(), "{}", log());
        server.port != 0
    });
    server
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table, asked on both ways")]
fn commands_over_nats_have_the_statuses_of_https() {
    let Some(program) = program() else { return };
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    authority(at);
    let server = serve(&program, at);
    let url = format!("tls://localhost:{}", server.port);
    let mut world = World::ready(|config| {
        config["nats"] = json!({
            "server": url, "authorities": at.join("authority.pem"),
            "certificate": at.join("client.pem"), "key": at.join("client-key.pem"),
            // It is the office that publishes there.
            "producer": "office",
        });
    });
    let deny = world.command("deny", "198.51.100.7", 600);
    let beyond = world.command("deny", "203.0.113.9", 600);
    let allow = world.command("allow", "198.51.100.7", 600);
    let mut endless = world.command("deny", "198.51.100.8", 600);
    endless["args"].as_object_mut().unwrap().remove("stop_time");
    let mut strange = world.command("deny", "198.51.100.8", 600);
    strange["target"] = json!({"mac_addr": "00:00:5e:00:53:af"});
    let query = json!({"action": "query", "target": {"features": ["versions"]}});
    let framed = json!({"headers": {"request_id": "r-9"}, "body": {"openc2": {"request": query}}});
    let table = [
        (&query, 200),
        (&framed, 200),
        (&deny, 200),
        (&beyond, 403),
        (&endless, 400),
        (&strange, 501),
        (&allow, 200),
    ];
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let client = async_nats::ConnectOptions::new()
            .require_tls(true)
            .add_root_certificates(at.join("authority.pem"))
            .add_client_certificate(at.join("client.pem"), at.join("client-key.pem"))
            .connect(url.as_str())
            .await
            .unwrap();
        let ask = async |body: &str, kind: &str| {
            let mut headers = async_nats::HeaderMap::new();
            headers.insert("Content-Type", kind);
            headers.insert("X-Request-ID", "r-1");
            let sent = client.request_with_headers(
                subject("a-01"),
                headers,
                body.to_owned().into_bytes().into(),
            );
            sent.await
        };
        // The actuator may not have subscribed yet.
        for _ in 0..100 {
            match ask(&query.to_string(), "application/openc2+json;version=1.0").await {
                Ok(_) => break,
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
        for (body, expected) in table {
            let kind = "application/openc2+json;version=1.0";
            let answer = ask(&body.to_string(), kind).await.unwrap();
            let headers = answer.headers.unwrap();
            let said: Value = serde_json::from_slice(&answer.payload).unwrap();
            let status = headers.get("Status").unwrap().as_str().to_owned();
            assert_eq!(status, expected.to_string(), "{body}: {said}");
            assert_eq!(headers.get("X-Request-ID").unwrap().as_str(), "r-1");
            let response = said.pointer("/body/openc2/response").unwrap_or(&said);
            assert_eq!(response["status"], expected, "{body}: {said}");
            if expected == 200 && body == &deny {
                assert_eq!(world.in_force(), ["198.51.100.7/32"]);
            }
            // The same over HTTPS.
            let (https, _) = world.post(body);
            assert_eq!(https, expected, "{body}");
        }
        assert!(world.in_force().is_empty());
        let answer = ask(&query.to_string(), "text/plain").await.unwrap();
        let said: Value = serde_json::from_slice(&answer.payload).unwrap();
        assert_eq!(said["status"], 400);
    });
    // The bus is gone: what is in force stays, HTTPS goes on.
    let deny = world.command("deny", "198.51.100.7", 600);
    assert_eq!(world.post(&deny).0, 200);
    drop(server);
    crate::world::pause(1_500);
    assert_eq!(world.in_force(), ["198.51.100.7/32"]);
    let allow = world.command("allow", "198.51.100.7", 600);
    assert_eq!(world.post(&allow).0, 200);
}

#[test]
fn a_server_without_tls_or_under_another_authority_is_not_spoken_to() {
    let Some(program) = program() else { return };
    let (own, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    authority(own.path());
    authority(other.path());
    let server = serve(&program, other.path());
    let mut world = World::ready(|config| {
        config["nats"] = json!({
            "server": format!("tls://localhost:{}", server.port), "authorities": own.path().join("authority.pem"),
            "certificate": own.path().join("client.pem"), "key": own.path().join("client-key.pem"),
        });
    });
    wait("the server's log has the failed handshake", 20, || {
        let log = std::fs::read_to_string(other.path().join("nats.log")).unwrap_or_default();
        log.contains("TLS handshake error")
    });
    // HTTPS does not mind.
    let deny = world.command("deny", "198.51.100.7", 600);
    assert_eq!(world.post(&deny).0, 200);
    assert!(world.is_up());
}
