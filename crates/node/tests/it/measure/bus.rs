//! Commands over NATS, where the register says so: a real server with certificates of its own, an actuator that listens there. In: a measure. Out: verdicts. Never: an approval over the bus; a command over HTTPS beside it.

use super::{Desk, Heard, RATE, commanded_by, good, until};
use sakimori_node::Role;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

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
fn program() -> Option<PathBuf> {
    let beside = Path::new("/usr/sbin/nats-server");
    if beside.exists() {
        return Some(beside.to_owned());
    }
    sakimori_testkit::program("measure::bus", "nats-server")
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
    for name in ["server", "office", "actuator"] {
        let (pair, params) = make(name);
        let made = params.signed_by(&pair, &issuer).unwrap();
        std::fs::write(folder.join(format!("{name}.pem")), made.pem()).unwrap();
        std::fs::write(folder.join(format!("{name}-key.pem")), pair.serialize_pem()).unwrap();
    }
}

fn serve(program: &Path, folder: &Path) -> Server {
    let at = |name: &str| folder.join(name);
    std::fs::create_dir_all(at("ports")).unwrap();
    let child = Command::new(program)
        .args(["--addr", "127.0.0.1", "--port", "-1", "--tlsverify"])
        .arg("--ports_file_dir")
        .arg(at("ports"))
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
    let port = until("the server listens", || {
        let files = std::fs::read_dir(at("ports")).ok()?.flatten();
        let mut ports = files.filter_map(|file| {
            let text = std::fs::read(file.path()).ok()?;
            let read: Value = serde_json::from_slice(&text).ok()?;
            let url = read.pointer("/nats/0")?.as_str()?;
            url.rsplit_once(':')?.1.parse().ok()
        });
        ports.next()
    });
    Server { child, port }
}

/// The actuator's end: it answers what comes on its subject as it does over HTTPS, and counts.
fn listen(folder: &Path, url: String, heard: Arc<Heard>) -> std::sync::mpsc::Receiver<()> {
    let (ready, is_ready) = std::sync::mpsc::channel();
    let at = folder.to_owned();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let client = async_nats::ConnectOptions::new()
                .require_tls(true)
                .add_root_certificates(at.join("authority.pem"))
                .add_client_certificate(at.join("actuator.pem"), at.join("actuator-key.pem"))
                .connect(url.as_str())
                .await
                .unwrap();
            let mut messages = client.subscribe("oc2.cmd.device.edge-1").await.unwrap();
            client.flush().await.unwrap();
            ready.send(()).unwrap();
            while let Some(message) = futures_util::StreamExt::next(&mut messages).await {
                let headers = message.headers.unwrap();
                let kind = headers.get("Content-Type").unwrap().as_str();
                assert_eq!(kind, "application/openc2+json;version=1.0");
                let asked: Value = serde_json::from_slice(&message.payload).unwrap();
                if asked["action"] == "query" {
                    heard.words.lock().unwrap().push("bus query".to_owned());
                }
                let said = commanded_by(&heard, &message.payload, "bus");
                let reply = message.reply.unwrap();
                client.publish(reply, said.into()).await.unwrap();
            }
        });
    });
    is_ready
}

#[test]
fn commands_go_over_nats_where_the_register_says_so_and_approvals_do_not() {
    let Some(program) = program() else { return };
    let desk = Desk::open(None);
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    authority(at);
    let server = serve(&program, at);
    let url = format!("tls://localhost:{}", server.port);
    let ready = listen(at, url.clone(), Arc::clone(&desk.actuator.heard));
    ready.recv().unwrap();
    let bus = json!({
        "server": url, "authorities": at.join("authority.pem"), "certificate": at.join("office.pem"), "key": at.join("office-key.pem"),
    });
    let office = desk.nation.role(Role::Office);
    std::fs::write(office.join("bus.json"), bus.to_string()).unwrap();
    let admin = desk.by("admin");
    let mut register = good(&desk.by("e-01").get("/v1/measure-register"));
    register["actuators"][0]["nats"] = json!(true);
    good(&admin.put_json("/v1/measure-register", &register));

    let said = good(
        &desk
            .by("e-01")
            .post_json("/v1/actuators/edge-1/features", &json!({})),
    );
    assert_eq!(said["rate_limit"], RATE, "{said}");
    let none = desk
        .by("o1")
        .post_json("/v1/actuators/edge-1/features", &json!({}));
    assert_eq!(none.code(), "not-allowed");
    let unknown = desk
        .by("e-01")
        .post_json("/v1/actuators/edge-9/features", &json!({}));
    assert_eq!(unknown.code(), "not-found");

    desk.approved();
    desk.dispatched();
    desk.comes_to("in-force");
    let heard = desk.actuator.heard();
    assert!(
        heard.contains(&"approval".to_owned()),
        "over HTTPS: {heard:?}"
    );
    assert!(heard.contains(&"bus deny".to_owned()), "{heard:?}");
    assert!(!heard.contains(&"deny".to_owned()), "{heard:?}");
    assert!(
        !heard.contains(&"bus query".to_owned()),
        "what is not signed is asked over HTTPS: {heard:?}"
    );
    good(&desk.act("e-02", &json!({"act": "release"})));
    desk.comes_to("ended");
    assert!(desk.actuator.heard().contains(&"bus allow".to_owned()));
}

#[test]
fn an_actuator_over_nats_that_nobody_hears_is_told_and_what_stands_is_taken_back_once_it_is() {
    let desk = Desk::open(None);
    let admin = desk.by("admin");
    let mut register = good(&desk.by("e-01").get("/v1/measure-register"));
    desk.approved();
    register["actuators"][0]["nats"] = json!(true);
    good(&admin.put_json("/v1/measure-register", &register));
    // There is no bus.json: nothing can be commanded, and somebody hears why.
    desk.dispatched();
    until("the trouble", || {
        let alarms = good(&desk.by("e-01").get("/v1/measure-alarms")).to_string();
        alarms.contains("bus.json").then_some(())
    });
    assert!(!desk.actuator.heard().contains(&"deny".to_owned()));
    register["actuators"][0]["nats"] = json!(false);
    good(&admin.put_json("/v1/measure-register", &register));
    good(&desk.act("e-02", &json!({"act": "release"})));
    desk.comes_to("ended");
    assert!(desk.actuator.heard().contains(&"allow".to_owned()));
}
