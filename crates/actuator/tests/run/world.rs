//! An owner's machine in a folder: keys, a configuration, approvals, the real program. In: what a test wants of it. Out: a running actuator and its answers. Never: a port that is fixed, a file outside its folder.

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use sakimori_actuator::drill::Drilled;
use sakimori_actuator::local::{self, Word};
use sakimori_respond::consumer::receipt::Receipt;
use sakimori_testkit::folder::{HOUR, Measure, Plan, Sample, signer};
use sakimori_tlog::note::Note;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// The name of the actuator.
pub(crate) const NAME: &str = "a-01";
/// The measure's id.
pub(crate) const MEASURE: [u8; 16] = [0x3e; 16];

/// Seconds since 1970, by the machine.
pub(crate) fn now() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
    u64::try_from(time.tv_sec).unwrap()
}

/// Milliseconds that are counted.
pub(crate) fn counted() -> u64 {
    sakimori_actuator::time::Clock::system().counted_ms()
}

/// Waits until something is so.
pub(crate) fn wait(what: &str, seconds: u64, mut so: impl FnMut() -> bool) {
    let end = counted() + seconds * 1000;
    while !so() {
        assert!(counted() < end, "waited {seconds} s: {what}");
        pause(20);
    }
}

/// Runs the actuator by a configuration, beside what the world starts.
pub(crate) fn run_beside(config: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_sakimori-actuator"))
        .args(["run", "--config"])
        .arg(config)
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// A pause between two looks.
pub(crate) fn pause(ms: u64) {
    let (_send, receive) = std::sync::mpsc::channel::<()>();
    let _ = receive.recv_timeout(Duration::from_millis(ms));
}

/// A measure of one actuator with effects of a deed and a target each.
pub(crate) fn measure_of<'e>(effects: impl Iterator<Item = (&'e str, &'e str)>) -> Measure {
    let lines: Vec<String> = effects
        .map(|(deed, target)| format!("{deed} {NAME} JP carrier.example {target}"))
        .collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    Measure {
        id: MEASURE,
        ..Measure::of(NAME, &signer(NAME).verifier().to_string(), &lines)
    }
}

/// A measure of one actuator that blocks three addresses and answers no name.
pub(crate) fn measure() -> Measure {
    let effects = [
        ("block", "198.51.100.7"),
        ("block", "198.51.100.8"),
        ("block", "2001:db8::7"),
        ("no-answer", "evil.example"),
    ];
    measure_of(effects.into_iter())
}

/// When all approvals of this run begin: two hours before it. The trust root has its time from there, so there is one.
pub(crate) fn begin() -> u64 {
    static BEGIN: OnceLock<u64> = OnceLock::new();
    *BEGIN.get_or_init(|| now() - 2 * HOUR)
}

/// A plan of it that holds now.
pub(crate) fn plan() -> Plan {
    Plan::measure(&measure()).at(begin())
}

/// The files of a sample, as a folder has them.
pub(crate) fn files(sample: &Sample) -> Vec<(&'static str, Vec<u8>)> {
    let folder = &sample.folder;
    let all = [
        ("trust-root.note", &folder.trust_root),
        ("statement.note", &folder.statement),
        ("decision.entry", &folder.decision_entry),
        ("decision.body", &folder.decision_body),
        ("decision.tlog-proof", &folder.decision_proof),
        ("lease.note", &folder.lease),
        ("pack.note", &folder.pack),
        ("schedule.note", &folder.schedule),
        ("ruling.note", &folder.ruling),
        ("suspension-commission.note", &folder.suspensions[0]),
        ("suspension-office.note", &folder.suspensions[1]),
        ("suspension-party.note", &folder.suspensions[2]),
    ];
    let there = all.into_iter().filter(|(_, bytes)| !bytes.is_empty());
    there.map(|(name, bytes)| (name, bytes.clone())).collect()
}

/// The same as it is sent.
pub(crate) fn bundle(files: &[(&'static str, Vec<u8>)]) -> String {
    use base64::Engine as _;
    let text = |bytes: &Vec<u8>| base64::engine::general_purpose::STANDARD.encode(bytes);
    let files: serde_json::Map<String, Value> = files
        .iter()
        .map(|(name, bytes)| ((*name).to_owned(), json!(text(bytes))))
        .collect();
    json!({"files": files}).to_string()
}

/// A certificate with its key.
pub(crate) struct Identity {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) sha256: String,
}

/// Makes one in a folder.
pub(crate) fn identity(folder: &Path, name: &str) -> Identity {
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let mut params =
        rcgen::CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()])
            .unwrap();
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, name);
    let made = params.self_signed(&pair).unwrap();
    let certificate = folder.join(format!("{name}.pem"));
    let key = folder.join(format!("{name}-key.pem"));
    std::fs::write(&certificate, made.pem()).unwrap();
    std::fs::write(&key, pair.serialize_pem()).unwrap();
    let hash = sakimori_actuator::tls::fingerprint(&CertificateDer::from(made.der().to_vec()));
    let sha256 = sakimori_custody::ids::hex(&hash);
    Identity {
        certificate,
        key,
        sha256,
    }
}

/// The machine.
pub(crate) struct World {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) office: Identity,
    child: Option<Child>,
    step: u64,
}

impl World {
    /// A machine whose actuator is a drill. `edit` changes the configuration.
    pub(crate) fn new(edit: impl FnOnce(&mut Value)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        let own = identity(at, "own");
        let office = identity(at, "office");
        std::fs::write(at.join("actuator.key"), signer(NAME).to_text().as_str()).unwrap();
        let root = plan().build().remembered.trust_root;
        std::fs::write(at.join("trust-root.note"), root).unwrap();
        std::fs::write(at.join("own-list"), "never 192.0.2.1\nnever good.example\n").unwrap();
        std::fs::write(at.join("clock"), "0").unwrap();
        let mut config = json!({
            "name": NAME, "folder": "state", "key": "actuator.key", "trust_root": "trust-root.note",
            "look_seconds": 1,
            "lists": {"own": "own-list"},
            "https": {
                "listen": "127.0.0.1:0", "certificate": own.certificate, "key": own.key,
                "producers": [{"name": "office", "certificate_sha256": office.sha256, "may": ["command", "approve", "read"]}],
            },
            "drill": {"file": "drill.json", "clock": "clock"},
        });
        edit(&mut config);
        std::fs::write(at.join("config.json"), config.to_string()).unwrap();
        Self {
            folder,
            office,
            child: None,
            step: 0,
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Changes the configuration of the next start.
    pub(crate) fn configure(&self, edit: impl FnOnce(&mut Value)) {
        let path = self.path("config.json");
        let mut config: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        edit(&mut config);
        std::fs::write(path, config.to_string()).unwrap();
    }

    /// Starts the program and waits until it listens.
    pub(crate) fn start(&mut self) {
        let listening = self.path("state/listening");
        let _ = std::fs::remove_file(&listening);
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.path("log"))
            .unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_sakimori-actuator"))
            .args(["run", "--config"])
            .arg(self.path("config.json"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.child = Some(child);
        wait("the actuator listens", 20, || {
            assert!(self.is_up() || listening.exists(), "{}", self.log());
            listening.exists()
        });
    }

    /// Starts it and waits until it is known what is in force: a command that comes before that is told to come again.
    pub(crate) fn start_and_see(&mut self) {
        self.start();
        wait("what is in force is seen", 20, || {
            let shown = self.shown();
            let substrates = shown["substrates"].as_array().unwrap();
            substrates.iter().all(|one| one["seen"] == true)
        });
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// Whether the program runs.
    pub(crate) fn is_up(&mut self) -> bool {
        self.child
            .as_mut()
            .is_some_and(|child| child.try_wait().unwrap().is_none())
    }

    /// kill -9.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Ends it as its owner does.
    pub(crate) fn end(&mut self) {
        if let Some(mut child) = self.child.take() {
            let id = rustix::process::Pid::from_child(&child);
            rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
            assert!(child.wait().unwrap().success(), "{}", self.log());
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        let text = std::fs::read_to_string(self.path("state/listening")).unwrap();
        text.trim().parse().unwrap()
    }

    /// The owner's word.
    pub(crate) fn word(&self, word: &Word) -> (u16, Value) {
        let reply = local::say(&self.path("state/control.sock"), word).unwrap();
        (reply.status, reply.body)
    }

    /// How it stands.
    pub(crate) fn shown(&self) -> Value {
        self.word(&Word::Show).1
    }

    /// Makes a file of the actuator's folder one that cannot be written any more, as on a full disk: what would be put in its place cannot be.
    pub(crate) fn block(&self, name: &str) {
        std::fs::create_dir_all(self.path(&format!("state/{name}.new/full"))).unwrap();
    }

    /// Takes that back.
    pub(crate) fn unblock(&self, name: &str) {
        std::fs::remove_dir_all(self.path(&format!("state/{name}.new"))).unwrap();
    }

    /// What the drill has in force, by its own file: targets.
    pub(crate) fn in_force(&self) -> Vec<String> {
        let now = self.counted();
        let boot = sakimori_actuator::drill::boot(Some(&self.path("clock"))).unwrap();
        let all = self.drilled().into_iter();
        all.filter(|one| one.in_force && one.ends_ms > now && one.boot == boot)
            .map(|one| one.target)
            .collect()
    }

    /// Milliseconds that the drill's machine has counted.
    pub(crate) fn counted(&self) -> u64 {
        sakimori_actuator::time::Clock::drill(self.path("clock")).counted_ms()
    }

    /// The drill's file.
    pub(crate) fn drilled(&self) -> Vec<Drilled> {
        match std::fs::read(self.path("drill.json")) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap(),
            Err(_) => Vec::new(),
        }
    }

    /// Brings files by HTTPS.
    pub(crate) fn put(&self, files: &[(&'static str, Vec<u8>)]) -> (u16, Value) {
        self.put_as(0x5a, files)
    }

    /// The same for a statement whose id has this byte alone.
    pub(crate) fn put_as(&self, id: u8, files: &[(&'static str, Vec<u8>)]) -> (u16, Value) {
        let id = format!("{id:02x}").repeat(16);
        let path = format!("/v1/approvals/{id}");
        let (status, _, body) = self.call("PUT", &path, "application/json", &bundle(files));
        (status, serde_json::from_str(&body).unwrap())
    }

    /// Brings the plan's approval.
    pub(crate) fn approve(&self, plan: &Plan) -> (u16, Value) {
        self.put(&files(&plan.build()))
    }

    /// A started actuator with an approval that holds.
    pub(crate) fn ready(edit: impl FnOnce(&mut Value)) -> Self {
        let mut world = Self::new(edit);
        world.start();
        let (status, body) = world.approve(&plan());
        assert_eq!(status, 200, "{body}");
        world
    }

    /// A command of ours.
    pub(crate) fn command(&mut self, action: &str, target: &str, seconds: u64) -> Value {
        self.step += 1;
        let step = self.step;
        command(&format!("c-{step}"), step, action, target, seconds)
    }

    /// Posts a command.
    pub(crate) fn post(&self, body: &Value) -> (u16, Value) {
        let (status, _, text) = self.call(
            "POST",
            "/.well-known/openc2",
            "application/openc2+json;version=1.0",
            &body.to_string(),
        );
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// Posts a command with the certificate of somebody.
    pub(crate) fn post_as(&self, who: &Identity, body: &Value) -> u16 {
        let kind = "application/openc2+json;version=1.0";
        let path = "/.well-known/openc2";
        let sent = self.try_call(who, "POST", path, kind, &body.to_string());
        sent.unwrap().0
    }

    /// Posts a command; nothing where the actuator fell meanwhile.
    pub(crate) fn try_post(&self, body: &Value) -> Option<u16> {
        let kind = "application/openc2+json;version=1.0";
        let sent = self.try_call(
            &self.office,
            "POST",
            "/.well-known/openc2",
            kind,
            &body.to_string(),
        );
        sent.ok().map(|(status, _, _)| status)
    }

    /// A call over HTTPS with the office's certificate.
    pub(crate) fn call(
        &self,
        method: &str,
        path: &str,
        kind: &str,
        body: &str,
    ) -> (u16, String, String) {
        let called = self.try_call(&self.office, method, path, kind, body);
        called.unwrap_or_else(|error| panic!("{method} {path}: {error}: {}", self.log()))
    }

    /// A call over HTTPS.
    pub(crate) fn try_call(
        &self,
        who: &Identity,
        method: &str,
        path: &str,
        kind: &str,
        body: &str,
    ) -> std::io::Result<(u16, String, String)> {
        let mut stream = self.connect(who)?;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nX-Request-ID: r-1\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(body.as_bytes())?;
        let mut bytes = Vec::new();
        // A peer that falls ends no TLS.
        match stream.read_to_end(&mut bytes) {
            Err(e) if bytes.is_empty() => return Err(e),
            _ => {}
        }
        let text = String::from_utf8(bytes).map_err(std::io::Error::other)?;
        let (head, body) = text
            .split_once("\r\n\r\n")
            .ok_or_else(|| std::io::Error::other("no answer"))?;
        let status = head.split(' ').nth(1).and_then(|text| text.parse().ok());
        let status = status.ok_or_else(|| std::io::Error::other("no status"))?;
        Ok((status, head.to_lowercase(), body.to_owned()))
    }

    pub(crate) fn connect(
        &self,
        who: &Identity,
    ) -> std::io::Result<StreamOwned<ClientConnection, TcpStream>> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let chain: Vec<_> = CertificateDer::pem_file_iter(&who.certificate)
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let key = PrivateKeyDer::from_pem_file(&who.key).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anybody(provider)))
            .with_client_auth_cert(chain, key)
            .unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let stream = TcpStream::connect(self.address())?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let client = ClientConnection::new(Arc::new(config), name).unwrap();
        Ok(StreamOwned::new(client, stream))
    }

    /// The signed receipt of all effects, its signature checked.
    pub(crate) fn effects(&self) -> Receipt {
        let (status, _, text) = self.call("GET", "/v1/effects", "text/plain", "");
        assert_eq!(status, 200);
        receipt(&text)
    }
}

/// Reads a receipt by the key that the measure names.
pub(crate) fn receipt(text: &str) -> Receipt {
    let note = Note::parse(text.as_bytes()).unwrap();
    note.verify(&[signer(NAME).verifier().clone()]).unwrap();
    Receipt::parse(note.text()).unwrap()
}

impl Drop for World {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A command.
pub(crate) fn command(id: &str, step: u64, action: &str, target: &str, seconds: u64) -> Value {
    let is_net = target.parse::<std::net::IpAddr>().is_ok() || target.contains('/');
    let mut args = json!({"stop_time": (now() + seconds) * 1000});
    let target = if is_net {
        args["slpf"] = json!({"direction": "both", "persistent": false});
        let kind = if target.contains(':') {
            "ipv6_net"
        } else {
            "ipv4_net"
        };
        json!({kind: target})
    } else {
        json!({"domain_name": target})
    };
    json!({
        "action": action, "target": target, "args": args, "command_id": id,
        "actuator": {"x-sakimori": {
            "actuator": NAME, "measure": "3e".repeat(16), "revision": 1, "step": step, "created": now() * 1000,
        }},
    })
}

#[derive(Debug)]
struct Anybody(Arc<rustls::crypto::CryptoProvider>);

impl rustls::client::danger::ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
        Ok(rustls::client::danger::ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
