//! Reports of others are read. In: JSON of a stranger. Out: what every report has, its evidence decoded. Never: a report with a kind that the schemas do not know, or evidence that is taken for what
//! its hash does not say.

use super::{EVIDENCE_BYTES_MAX, EVIDENCE_MAX, Party, is_address};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sakimori_custody::ids::hex;
use sakimori_exchange::json::{self, JsonError, Limits, Node, Value};
use sakimori_exchange::stix::Timestamp;
use sha2::{Digest, Sha256};

/// Bounds of a report: fifty pieces of evidence are bounded each, and all of them by this.
const REPORT: Limits = Limits {
    bytes_max: 32 << 20,
    depth_max: 16,
    values_max: 1 << 16,
};

/// Categories and their types, of the specification 4.2.
const KINDS: [(&str, &[&str]); 7] = [
    ("messaging", &["spam", "bulk_messaging"]),
    (
        "connection",
        &[
            "login_attack",
            "port_scan",
            "ddos",
            "infected_host",
            "reconnaissance",
            "scraping",
            "sql_injection",
            "vulnerability_scan",
        ],
    ),
    (
        "vulnerability",
        &["cve", "open_service", "misconfiguration"],
    ),
    ("reputation", &["blocklist", "threat_intelligence"]),
    ("infrastructure", &["botnet", "compromised_server"]),
    (
        "content",
        &[
            "phishing",
            "malware",
            "csam",
            "csem",
            "exposed_data",
            "brand_infringement",
            "fraud",
            "remote_compromise",
            "suspicious_registration",
        ],
    ),
    (
        "copyright",
        &[
            "copyright",
            "p2p",
            "cyberlocker",
            "ugc_platform",
            "link_site",
            "usenet",
        ],
    ),
];

/// A piece of evidence of a stranger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its media type, as told.
    pub content_type: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Whether its SHA-256 is the one that was told; nothing where none was.
    pub hash_holds: Option<bool>,
}

/// What a report of a stranger says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Its number.
    pub id: String,
    /// When it happened, as told.
    pub timestamp: String,
    /// Who was hit.
    pub reporter: Party,
    /// Who sent it.
    pub sender: Party,
    /// Where it came from.
    pub source: String,
    /// Its port.
    pub source_port: Option<u16>,
    /// Category and type.
    pub kind: (&'static str, &'static str),
    /// What shows it.
    pub evidence: Vec<Piece>,
}

/// Why a report is not read. Its sender acts on it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum XarfError {
    /// No JSON.
    #[error("the report cannot be read")]
    Json(#[from] JsonError),
    /// A member is missing or wrong.
    #[error("`{0}` is missing or cannot be read")]
    Member(&'static str),
    /// Not version 4.
    #[error("`xarf_version` is not 4")]
    Version,
    /// No kind that is known.
    #[error("`category` and `type` are none that X-ARF 4.2 has")]
    Kind,
    /// Evidence that is too much, or no base64.
    #[error("piece {0} of the evidence is too long or no base64")]
    Evidence(usize),
}

fn text<'n>(node: &'n Node<'_>, name: &'static str) -> Result<&'n str, XarfError> {
    node.text_of(name)
        .filter(|text| {
            !text.is_empty() && text.len() <= 2048 && !text.chars().any(char::is_control)
        })
        .ok_or(XarfError::Member(name))
}

fn party(root: &Node<'_>, name: &'static str) -> Result<Party, XarfError> {
    let node = root.get(name).ok_or(XarfError::Member(name))?;
    let known = ["org", "contact", "domain"];
    let extra = node
        .members()
        .iter()
        .any(|m| !known.contains(&m.name.as_ref()));
    let party = Party {
        org: text(node, "org")?.to_owned(),
        contact: text(node, "contact")?.to_owned(),
        domain: text(node, "domain")?.to_owned(),
    };
    (!extra && is_address(&party.contact))
        .then_some(party)
        .ok_or(XarfError::Member(name))
}

fn is_version(text: &str) -> bool {
    let mut parts = text.split('.');
    let number = |part: Option<&str>| {
        part.is_some_and(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()))
    };
    parts.next() == Some("4")
        && number(parts.next())
        && number(parts.next())
        && parts.next().is_none()
}

fn is_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
}

/// Reads a report.
///
/// # Errors
/// [`XarfError`] names the member.
pub fn read(bytes: &[u8]) -> Result<Received, XarfError> {
    let root = json::read_bytes(bytes, REPORT)?;
    if !is_version(text(&root, "xarf_version")?) {
        return Err(XarfError::Version);
    }
    let id = text(&root, "report_id")?;
    if !is_uuid(id) {
        return Err(XarfError::Member("report_id"));
    }
    let (category, kind) = (text(&root, "category")?, text(&root, "type")?);
    let known = KINDS.iter().find(|(name, _)| *name == category);
    let kind = known.and_then(|(category, kinds)| {
        let kind = kinds.iter().find(|name| **name == kind)?;
        Some((*category, *kind))
    });
    let source_port = match root.get("source_port") {
        None => None,
        Some(node) => {
            let port = node.as_i64().and_then(|port| u16::try_from(port).ok());
            let port = port.filter(|port| *port > 0);
            Some(port.ok_or(XarfError::Member("source_port"))?)
        }
    };
    let timestamp = text(&root, "timestamp")?;
    Timestamp::parse_rfc3339(timestamp).ok_or(XarfError::Member("timestamp"))?;
    let pieces = match root.get("evidence").map(|node| &node.value) {
        None => &[][..],
        Some(Value::List(pieces)) => pieces,
        Some(_) => return Err(XarfError::Member("evidence")),
    };
    if pieces.len() > EVIDENCE_MAX {
        return Err(XarfError::Evidence(EVIDENCE_MAX));
    }
    let evidence = pieces.iter().enumerate().map(|(at, node)| piece(at, node));
    Ok(Received {
        id: id.to_owned(),
        timestamp: timestamp.to_owned(),
        reporter: party(&root, "reporter")?,
        sender: party(&root, "sender")?,
        source: text(&root, "source_identifier")?.to_owned(),
        source_port,
        kind: kind.ok_or(XarfError::Kind)?,
        evidence: evidence.collect::<Result<_, _>>()?,
    })
}

fn piece(at: usize, node: &Node<'_>) -> Result<Piece, XarfError> {
    let payload = node.text_of("payload").ok_or(XarfError::Evidence(at))?;
    let bytes = STANDARD
        .decode(payload)
        .ok()
        .filter(|bytes| bytes.len() <= EVIDENCE_BYTES_MAX)
        .ok_or(XarfError::Evidence(at))?;
    let told = node
        .text_of("hash")
        .and_then(|hash| hash.strip_prefix("sha256:"));
    let hash_holds = told.map(|told| told.eq_ignore_ascii_case(&hex(&Sha256::digest(&bytes))));
    Ok(Piece {
        content_type: text(node, "content_type")?.to_owned(),
        bytes,
        hash_holds,
    })
}
