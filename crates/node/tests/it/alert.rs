//! What leaves the office's node for operators: webhooks to receivers that are good, fail, hang or send elsewhere, and mail to a server that we did not write. In: receivers on loopback.
//! Out: verdicts. Never: an address beyond loopback.

use crate::nation::{Caller, Nation};
use sakimori_control::Host;
use sakimori_control::tls::May;
use sakimori_custody::time::Seconds;
use sakimori_node::Role;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Longest wait for a message: the office's node looks every two seconds, and a receiver that hangs holds it for ten.
const WAIT: Duration = Duration::from_secs(50);

/// A request as a receiver got it: its path, its fields in small letters, its body.
pub(crate) struct Got {
    pub(crate) path: String,
    fields: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Got {
    fn field(&self, name: &str) -> &str {
        let found = self.fields.iter().find(|(each, _)| each == name);
        found.map_or("", |(_, value)| value.as_str())
    }
}

pub(crate) fn request(stream: &mut TcpStream) -> Option<Got> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut fields = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(':') else {
            break;
        };
        fields.push((name.to_lowercase(), value.trim().to_owned()));
    }
    let mut got = Got {
        path,
        fields,
        body: Vec::new(),
    };
    let length = got.field("content-length").parse().unwrap_or(0);
    got.body = vec![0; length];
    reader.read_exact(&mut got.body).ok()?;
    Some(got)
}

/// A receiver that answers with these words, or with none at all, until the test ends.
fn receiver(answer: Option<String>) -> (u16, Receiver<Got>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tells, told) = channel();
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let Some(got) = request(&mut stream) else {
                continue;
            };
            if tells.send(got).is_err() {
                return;
            }
            match &answer {
                Some(answer) => {
                    let words =
                        format!("{answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                    // A sender that has gone has gone.
                    let _ = stream.write_all(words.as_bytes());
                }
                None => held.push(stream),
            }
        }
    });
    (port, told)
}

/// An operator with a prefix that it showed, as its node calls the office's.
fn registered(nation: &Nation, name: &str, thing: &str) -> Caller {
    let address = nation.office.address.to_string();
    let peer = Caller::peer(&nation.role(Role::Office), &address, name, &[May::Report]);
    let claim = json!({"thing": thing, "method": "registry-paper"});
    let claimed = peer.post_json("/v1/registrations", &claim);
    assert_eq!(claimed.status, 200, "{}", claimed.text());
    let said = claimed.json();
    let path = format!(
        "/v1/registrations/{name}/{}/looks",
        said["id"].as_str().unwrap()
    );
    let officer = nation.person(Role::Office, "o2");
    let shown = officer.post_json(&path, &json!({"paper": said["text"]}));
    assert_eq!(shown.status, 200, "{}", shown.text());
    peer
}

fn hooked(peer: &Caller, port: u16) -> Value {
    let ways = json!({"webhook": format!("http://127.0.0.1:{port}/hook"), "mail": null});
    let set = peer.post_json("/v1/alert-ways", &ways);
    assert_eq!(set.status, 200, "{}", set.text());
    set.json()
}

fn fed(nation: &Nation, addresses: &[&str]) {
    let mut report = String::from("\"timestamp\",\"ip\",\"port\"\n");
    for address in addresses {
        report += "\"2026-12-02 01:00:00\",\"";
        report += address;
        report += "\",445\n";
    }
    let path = "/v1/feeds?name=2026-12-02-scan_smb-jp.csv&form=shadowserver&grade=B2";
    let officer = nation.person(Role::Office, "o2");
    let taken = officer.post(path, "application/octet-stream", report.as_bytes());
    assert_eq!(taken.status, 200, "{}", taken.text());
}

fn closed(folder: &std::path::Path, mail: Option<u16>) {
    let mail = mail.map(|port| json!({"host": "127.0.0.1", "port": port, "tls": "none", "from": "office@example.org"}));
    let settings = json!({"closed": true, "mail": mail}).to_string();
    std::fs::write(folder.join("office/alerts.json"), settings).unwrap();
}

#[test]
fn a_webhook_arrives_signed_whatever_other_receivers_do_and_no_redirect_is_followed() {
    let nation = Nation::with(None, Host::system(), |folder| closed(folder, None));
    let (elsewhere, stolen) = receiver(Some("HTTP/1.1 200 OK".to_owned()));
    let away =
        format!("HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:{elsewhere}/stolen");
    let receivers = [
        ("hangs-1", "192.0.2.0/24", receiver(None)),
        (
            "fails-1",
            "198.51.100.0/25",
            receiver(Some("HTTP/1.1 500 Oops".to_owned())),
        ),
        ("moved-1", "198.51.100.128/25", receiver(Some(away))),
        (
            "good-1",
            "203.0.113.0/24",
            receiver(Some("HTTP/1.1 204 No Content".to_owned())),
        ),
    ];
    let mut secret = String::new();
    for (name, thing, (port, _)) in &receivers {
        let set = hooked(&registered(&nation, name, thing), *port);
        set["secret"].as_str().unwrap().clone_into(&mut secret);
    }
    fed(
        &nation,
        &["192.0.2.7", "198.51.100.7", "198.51.100.200", "203.0.113.7"],
    );
    for (name, _, (_, told)) in &receivers {
        let got = told.recv_timeout(WAIT);
        let got = got.unwrap_or_else(|e| panic!("{name} got nothing: {e}"));
        assert_eq!(got.path, "/hook");
        if *name != "good-1" {
            continue;
        }
        let body: Value = serde_json::from_slice(&got.body).unwrap();
        assert_eq!(body["alert"]["what"], "203.0.113.7");
        let headers = sakimori_exchange::alert::SignedHeaders {
            id: got.field("webhook-id").to_owned(),
            timestamp: got.field("webhook-timestamp").to_owned(),
            signature: got.field("webhook-signature").to_owned(),
        };
        let now: Seconds = nation.host.seconds();
        let key = base64::Engine::decode(
            &base64::engine::general_purpose::STANDARD,
            secret.trim_start_matches("whsec_"),
        );
        sakimori_exchange::alert::verify(&key.unwrap(), &headers, &got.body, now, 300).unwrap();
    }
    assert!(stolen.try_recv().is_err(), "a redirect was followed");
}

#[test]
fn a_node_in_the_internet_takes_no_address_of_its_own_network() {
    let nation = Nation::start();
    let peer = registered(&nation, "good-1", "203.0.113.0/24");
    for url in [
        "http://203.0.113.9/hook",
        "ftp://203.0.113.9/",
        "https://user@203.0.113.9/",
    ] {
        let ways = json!({"webhook": url, "mail": null});
        assert_eq!(peer.post_json("/v1/alert-ways", &ways).status, 422, "{url}");
    }
    let officer = nation.person(Role::Office, "o2");
    let ways = json!({"webhook": "https://example.org/", "mail": null});
    assert_eq!(
        officer.post_json("/v1/alert-ways", &ways).code(),
        "not-allowed"
    );
}

/// A mail server that tells what it gets on standard output.
pub(crate) struct MailServer {
    child: Child,
    pub(crate) port: u16,
    pub(crate) lines: Receiver<String>,
}

impl MailServer {
    pub(crate) fn start(test: &str) -> Option<Self> {
        let python = sakimori_testkit::program(test, "python3")?;
        let probe = Command::new(&python)
            .args(["-c", "import aiosmtpd"])
            .output();
        if !probe.unwrap().status.success() {
            sakimori_testkit::skip(test, "python3 has no aiosmtpd; pip install aiosmtpd==1.4.6");
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let mut child = Command::new(&python)
            .args([
                "-u",
                "-m",
                "aiosmtpd",
                "-n",
                "-l",
                &format!("127.0.0.1:{port}"),
            ])
            .args(["-c", "aiosmtpd.handlers.Debugging", "stdout"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (tells, lines) = channel();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                if tells.send(line).is_err() {
                    return;
                }
            }
        });
        Some(Self { child, port, lines })
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_digest_arrives_by_mail_at_a_server_that_we_did_not_write() {
    let test = "a_digest_arrives_by_mail_at_a_server_that_we_did_not_write";
    let Some(server) = MailServer::start(test) else {
        return;
    };
    let nation = Nation::with(None, Host::system(), |folder| {
        closed(folder, Some(server.port));
    });
    let peer = registered(&nation, "good-1", "203.0.113.0/24");
    fed(&nation, &["203.0.113.7"]);
    let mail = json!({"to": "soc@example.org", "language": "en", "every_hours": 24});
    let set = peer.post_json("/v1/alert-ways", &json!({"webhook": null, "mail": mail}));
    assert_eq!(set.status, 200, "{}", set.text());
    let mut got = Vec::new();
    while !got.iter().any(|line: &String| line.contains("END MESSAGE")) {
        got.push(server.lines.recv_timeout(WAIT).expect("a mail"));
    }
    let text = got.join("\n");
    for word in [
        "To: soc@example.org",
        "From: office@example.org",
        "Early warning: 1 alerts",
        "203.0.113.7",
        "grade B2",
        "Message-ID: <digest-",
    ] {
        assert!(text.contains(word), "{word} is not in {text}");
    }
}
