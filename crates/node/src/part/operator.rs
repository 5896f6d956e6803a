//! An operator's part: its agreements, and the note by which it suspends one. In: its own folder, the office's node. Out: agreements as they are on record, a forwarded suspension.
//! Never: a key of the party; a word of the office that is shown as more than that.

use super::refused;
use crate::docket::Docket;
use crate::peer;
use crate::problem::{Answer, Code, Problem};
use sakimori_authority::statement::Statement;
use sakimori_control::{ControlError, Node, files};
use sakimori_custody::ids::unhex;
use sakimori_tlog::key::VerifierKey;
use sakimori_tlog::note::Note;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// An operator's part.
pub struct OperatorPart {
    folder: PathBuf,
}

/// An entry as the office's node lists it.
#[derive(Deserialize)]
struct Listed {
    index: u64,
    envelope: String,
    body: Option<String>,
}

#[derive(Deserialize)]
struct Page {
    entries: Vec<Listed>,
    size: u64,
}

impl OperatorPart {
    /// Opens an operator's folder, which needs nothing in it yet.
    ///
    /// # Errors
    /// None today; kept for what later parts need.
    pub fn open(node: &Node) -> Result<Self, ControlError> {
        Ok(Self {
            folder: node.folder().join("operator"),
        })
    }

    fn office(&self) -> Answer<peer::Link> {
        peer::Link::open(&self.folder, "office")
    }

    /// The verifier keys by which this node knows its party: the lines of `party.keys` in its folder, none without it. Agreements of others are not shown.
    ///
    /// # Errors
    /// [`Code::Unavailable`]: a line is no key.
    pub fn party_keys(&self) -> Answer<Vec<Box<VerifierKey>>> {
        let bytes = files::read(&self.folder.join("party.keys")).map_err(|e| refused(&e))?;
        let text = bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let text = text.unwrap_or_default();
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let key = |line: &str| {
            let bad = |e| Problem::hidden(Code::Unavailable, format!("party.keys: {e}"));
            line.parse().map(Box::new).map_err(bad)
        };
        lines.map(key).collect()
    }

    /// Follows the agreements and suspensions that the office's node lists.
    pub(super) fn follow(&self, docket: &mut Docket) -> Answer<()> {
        let office = self.office()?;
        loop {
            let bytes = office.get(&format!("/v1/log/agreements?from={}", docket.next))?;
            let page: Page = serde_json::from_slice(&bytes)
                .map_err(|e| Problem::hidden(Code::PeerUnavailable, e))?;
            for listed in &page.entries {
                let leaf = unhex_bytes(&listed.envelope);
                let body = listed.body.as_deref().map(unhex_bytes);
                docket.follow(listed.index, &leaf, body.as_deref());
            }
            let next = docket.next.max(page.size);
            let done = page.entries.is_empty() || next >= page.size;
            docket.next = next;
            if done {
                return Ok(());
            }
        }
    }

    pub(super) fn ready(&self) -> Answer<()> {
        self.office().map(|_| ())
    }

    /// Brings a suspension to the office's node, once its signature is that of the agreement's suspend key.
    ///
    /// # Errors
    /// [`Code::NotInForce`] where it is another's; what the office says.
    pub fn suspend(
        &self,
        statement: &Statement,
        note: &Note,
        bytes: &[u8],
    ) -> Answer<serde_json::Value> {
        let no_agreement = || Problem::new(Code::Refused, "this authority is no agreement");
        let suspend_key = statement.suspend_key().ok_or_else(no_agreement)?;
        note.verify(std::slice::from_ref(suspend_key))
            .map_err(|e| Problem::new(Code::NotInForce, e))?;
        let kind = "text/plain; charset=utf-8";
        self.office()?.post("/v1/suspensions", kind, bytes)
    }

    /// Products that the office gave this operator, behind a place.
    ///
    /// # Errors
    /// [`Code::PeerUnavailable`], what the office says.
    pub fn products(&self, after: u64) -> Answer<serde_json::Value> {
        let bytes = self.office()?.get(&format!("/v1/products?after={after}"))?;
        serde_json::from_slice(&bytes).map_err(|e| Problem::hidden(Code::PeerUnavailable, e))
    }

    /// The role's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Bytes of hex digits; none where the text is not of that form.
pub(crate) fn unhex_bytes(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return Vec::new();
    }
    let bytes: Option<Vec<u8>> = pairs
        .map(|pair| {
            let pair = std::str::from_utf8(pair).ok()?;
            unhex::<1>(pair).map(|[byte]| byte)
        })
        .collect();
    bytes.unwrap_or_default()
}
