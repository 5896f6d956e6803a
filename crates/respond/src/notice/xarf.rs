//! Reports in X-ARF v4. In: what was found; reports of others. Out: JSON that follows the schemas of X-ARF 4.2; what a report says. Never: evidence without its hash; a report of a kind that the
//! schemas do not know.
//!
//! X-ARF v4: <https://xarf.org>, specification 4.2.0.

mod read;

pub use read::{Piece, Received, XarfError, read};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sakimori_custody::ids::hex;
use sakimori_custody::record::coded;
use sakimori_custody::time::Seconds;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// The version that is written.
pub const VERSION: &str = "4.2.0";
/// Most pieces of evidence.
pub const EVIDENCE_MAX: usize = 50;
/// Most bytes of a piece.
pub const EVIDENCE_BYTES_MAX: usize = 5 << 20;
/// Longest description in characters.
pub const DESCRIPTION_MAX: usize = 1000;
/// Longest line of text in characters.
const LINE_MAX: usize = 500;

coded! {
    /// Protocol of traffic.
    Protocol: u8 {
        /// TCP.
        Tcp = 1 "tcp",
        /// UDP.
        Udp = 2 "udp",
    }
}

/// Who reports, or sends the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// The organisation.
    pub org: String,
    /// Its mail address.
    pub contact: String,
    /// Its domain.
    pub domain: String,
}

/// Traffic that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traffic {
    /// Over which protocol.
    pub protocol: Protocol,
    /// First seen.
    pub first: Seconds,
    /// Last seen.
    pub last: Seconds,
    /// The port of who was attacked, where it is one.
    pub to_port: Option<u16>,
}

/// What is reported. The kinds that a measure of ours tells of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// `connection`/`ddos`
    Ddos(Traffic),
    /// `connection`/`login_attack`
    LoginAttack(Traffic),
    /// `connection`/`port_scan`
    PortScan(Traffic),
    /// `connection`/`infected_host`: it is steered by others.
    InfectedHost(Traffic),
    /// `content`/`phishing`
    Phishing {
        /// The page.
        url: String,
    },
    /// `content`/`malware`
    Malware {
        /// Where it is got from.
        url: String,
        /// SHA-256 of the file.
        sha256: Option<[u8; 32]>,
    },
    /// `infrastructure`/`botnet`
    Botnet {
        /// What shows it, in words.
        evidence: String,
        /// The server that commands, where it is another.
        server: Option<String>,
    },
    /// `infrastructure`/`compromised_server`
    CompromisedServer {
        /// How it was taken over, as far as is known.
        method: String,
    },
    /// `messaging`/`spam` over SMTP.
    Spam {
        /// The sender in the envelope.
        from: String,
    },
    /// `reputation`/`threat_intelligence`
    ThreatIntelligence {
        /// What it is, such as `command_and_control`.
        threat: String,
    },
}

impl What {
    /// Category and type.
    pub const fn names(&self) -> (&'static str, &'static str) {
        match self {
            Self::Ddos(_) => ("connection", "ddos"),
            Self::LoginAttack(_) => ("connection", "login_attack"),
            Self::PortScan(_) => ("connection", "port_scan"),
            Self::InfectedHost(_) => ("connection", "infected_host"),
            Self::Phishing { .. } => ("content", "phishing"),
            Self::Malware { .. } => ("content", "malware"),
            Self::Botnet { .. } => ("infrastructure", "botnet"),
            Self::CompromisedServer { .. } => ("infrastructure", "compromised_server"),
            Self::Spam { .. } => ("messaging", "spam"),
            Self::ThreatIntelligence { .. } => ("reputation", "threat_intelligence"),
        }
    }
}

/// A piece of evidence. Only what the receiver may have: what a measure's approval lets out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Its media type.
    pub content_type: String,
    /// What it is.
    pub description: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A report that is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// 128 random bits, handed in.
    pub id: [u8; 16],
    /// When it happened.
    pub at: Seconds,
    /// Who was hit, or speaks for who was.
    pub reporter: Party,
    /// Who sends it.
    pub sender: Party,
    /// The address or name that it came from.
    pub source: String,
    /// Its port; addresses that many share need it.
    pub source_port: u16,
    /// What.
    pub what: What,
    /// What shows it; none where nothing may leave, and then the report has no such field.
    pub evidence: Vec<Evidence>,
    /// In words.
    pub description: String,
}

/// Why a report is not written. Who makes it acts on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A text that is empty, too long, or has control characters.
    #[error("`{0}` is empty, too long, or has control characters")]
    Text(&'static str),
    /// Too much evidence.
    #[error(
        "more than {EVIDENCE_MAX} pieces of evidence, or one of more than {EVIDENCE_BYTES_MAX} bytes"
    )]
    Evidence,
    /// A port that cannot be.
    #[error("port 0 is none")]
    Port,
    /// A place that is no URL.
    #[error("`url` is no http or https URL")]
    Url,
    /// An address of mail that is none.
    #[error("`{0}` is no mail address")]
    Address(&'static str),
    /// Last seen before it was first.
    #[error("it was last seen before it was first")]
    Times,
}

/// A text of one line.
fn line(name: &'static str, text: &str) -> Result<(), ReportError> {
    let good = !text.trim().is_empty()
        && text.chars().count() <= LINE_MAX
        && !text.chars().any(char::is_control);
    good.then_some(()).ok_or(ReportError::Text(name))
}

/// Whether a text is a mail address that a header can carry.
pub(super) fn is_address(text: &str) -> bool {
    let plain = text
        .bytes()
        .all(|b| b.is_ascii_graphic() && !b"<>,;\"()[]\\:".contains(&b));
    let parts = text.split_once('@');
    let good = parts
        .is_some_and(|(user, host)| !user.is_empty() && host.contains('.') && !host.contains('@'));
    plain && good && text.len() <= 254
}

fn address(name: &'static str, text: &str) -> Result<(), ReportError> {
    is_address(text)
        .then_some(())
        .ok_or(ReportError::Address(name))
}

fn url(text: &str) -> Result<(), ReportError> {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    let good = rest.is_some_and(|rest| {
        !rest.is_empty()
            && rest
                .bytes()
                .all(|b| b.is_ascii_graphic() && !b"<>\"\\^`{}|".contains(&b))
    });
    (good && text.len() <= 2048)
        .then_some(())
        .ok_or(ReportError::Url)
}

impl Party {
    fn check(&self) -> Result<(), ReportError> {
        line("org", &self.org)?;
        if self.org.chars().count() > 200 {
            return Err(ReportError::Text("org"));
        }
        line("domain", &self.domain)?;
        address("contact", &self.contact)
    }

    fn json(&self) -> Value {
        json!({ "org": self.org, "contact": self.contact, "domain": self.domain })
    }
}

impl Report {
    /// The id as it is written: a UUID of version 4 (RFC 9562 section 5.4).
    pub fn uuid(&self) -> String {
        let bits = u128::from_be_bytes(self.id);
        let bits = (bits & !(0xf << 76)) | (4 << 76);
        let bits = (bits & !(0x3 << 62)) | (0x2 << 62);
        let digits = format!("{bits:032x}");
        let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
        [
            part(0, 8),
            part(8, 12),
            part(12, 16),
            part(16, 20),
            part(20, 32),
        ]
        .join("-")
    }

    fn check(&self) -> Result<(), ReportError> {
        self.reporter.check()?;
        self.sender.check()?;
        line("source", &self.source)?;
        if self.source_port == 0 {
            return Err(ReportError::Port);
        }
        let lines = self
            .description
            .lines()
            .all(|line| !line.chars().any(char::is_control));
        if !lines || self.description.chars().count() > DESCRIPTION_MAX {
            return Err(ReportError::Text("description"));
        }
        if self.evidence.len() > EVIDENCE_MAX {
            return Err(ReportError::Evidence);
        }
        for evidence in &self.evidence {
            line("content_type", &evidence.content_type)?;
            line("evidence", &evidence.description)?;
            if evidence.bytes.len() > EVIDENCE_BYTES_MAX {
                return Err(ReportError::Evidence);
            }
        }
        self.check_what()
    }

    fn check_what(&self) -> Result<(), ReportError> {
        match &self.what {
            What::Ddos(t) | What::LoginAttack(t) | What::PortScan(t) | What::InfectedHost(t) => {
                if t.to_port == Some(0) {
                    return Err(ReportError::Port);
                }
                (t.first <= t.last).then_some(()).ok_or(ReportError::Times)
            }
            What::Phishing { url: place } | What::Malware { url: place, .. } => url(place),
            What::Botnet { evidence, server } => {
                line("compromise_evidence", evidence)?;
                server
                    .as_deref()
                    .map_or(Ok(()), |server| line("c2_server", server))
            }
            What::CompromisedServer { method } => line("compromise_method", method),
            What::Spam { from } => address("smtp_from", from),
            What::ThreatIntelligence { threat } => line("threat_type", threat),
        }
    }

    /// The report as JSON.
    ///
    /// # Errors
    /// [`ReportError`]: nothing is written.
    pub fn write(&self) -> Result<String, ReportError> {
        self.check()?;
        let (category, kind) = self.what.names();
        let evidence: Vec<Value> = self
            .evidence
            .iter()
            .map(|piece| {
                json!({
                    "content_type": piece.content_type,
                    "description": piece.description,
                    "payload": STANDARD.encode(&piece.bytes),
                    "hash": format!("sha256:{}", hex(&Sha256::digest(&piece.bytes))),
                    "size": piece.bytes.len(),
                })
            })
            .collect();
        let mut out = json!({
            "xarf_version": VERSION,
            "report_id": self.uuid(),
            "timestamp": self.at.to_string(),
            "reporter": self.reporter.json(),
            "sender": self.sender.json(),
            "source_identifier": self.source,
            "source_port": self.source_port,
            "category": category,
            "type": kind,
        });
        if let Value::Object(members) = &mut out {
            if !self.description.is_empty() {
                members.insert("description".to_owned(), self.description.clone().into());
            }
            // Without a piece the field says nothing.
            if !evidence.is_empty() {
                members.insert("evidence".to_owned(), evidence.into());
            }
            self.more(members);
        }
        Ok(format!("{out}\n"))
    }

    /// What a kind has of its own.
    fn more(&self, members: &mut Map<String, Value>) {
        let mut put = |name: &str, value: Value| {
            members.insert(name.to_owned(), value);
        };
        match &self.what {
            What::Ddos(t) | What::LoginAttack(t) | What::PortScan(t) | What::InfectedHost(t) => {
                put("protocol", t.protocol.name().into());
                put("first_seen", t.first.to_string().into());
                put("last_seen", t.last.to_string().into());
                if let Some(port) = t.to_port {
                    put("destination_port", port.into());
                }
                if matches!(self.what, What::InfectedHost(_)) {
                    put("bot_type", "malicious".into());
                }
            }
            What::Phishing { url } => put("url", url.as_str().into()),
            What::Malware { url, sha256 } => {
                put("url", url.as_str().into());
                if let Some(hash) = sha256 {
                    put("file_hashes", json!({ "sha256": hex(hash) }));
                }
            }
            What::Botnet { evidence, server } => {
                put("compromise_evidence", evidence.as_str().into());
                if let Some(server) = server {
                    put("c2_server", server.as_str().into());
                }
            }
            What::CompromisedServer { method } => put("compromise_method", method.as_str().into()),
            What::Spam { from } => {
                put("protocol", "smtp".into());
                put("smtp_from", from.as_str().into());
            }
            What::ThreatIntelligence { threat } => put("threat_type", threat.as_str().into()),
        }
    }
}
