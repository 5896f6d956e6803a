//! Calls to actuators. In: approvals, commands. Out: what an actuator answered; what it says is in force, signed. Never: a second try here; another certificate than the one that is pinned.

use crate::limits::PEER_WAIT;
use sakimori_control::error::told;
use sakimori_control::tls::Agents;
use sakimori_respond::consumer::receipt::{RECEIPT_BYTES_MAX, Receipt};
use sakimori_respond::openc2::MEDIA_TYPE;
use sakimori_respond::producer::{Came, came};
use sakimori_tlog::key::VerifierKey;
use sakimori_tlog::note::Note;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

/// Longest answer to a command or an approval in bytes.
const ANSWER_BYTES_MAX: u64 = 1 << 20;

/// What an actuator answered to a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// What it comes to.
    pub came: Came,
    /// Its words.
    pub words: String,
}

/// A line to one actuator.
pub struct Wire {
    agent: ureq::Agent,
    url: String,
    name: String,
}

impl Wire {
    /// The line to a peer of the office's folder.
    ///
    /// # Errors
    /// Words for people: it is no peer, or has no address.
    pub fn open(folder: &Path, name: &str) -> Result<Self, String> {
        let agents = Agents::open(folder).map_err(|e| told(&e))?;
        let peer = agents.peer(name).map_err(|e| told(&e))?;
        Ok(Self {
            agent: agents.agent(peer, PEER_WAIT).map_err(|e| told(&e))?,
            url: peer.url.trim_end_matches('/').to_owned(),
            name: name.to_owned(),
        })
    }

    fn read(
        &self,
        answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
        most: u64,
    ) -> Result<(u16, Vec<u8>), String> {
        let mut answer = answer.map_err(|e| format!("`{}`: {}", self.name, e.into_io()))?;
        let mut bytes = Vec::new();
        let mut reader = answer.body_mut().as_reader().take(most);
        let read = reader.read_to_end(&mut bytes);
        read.map_err(|e| format!("`{}`: {e}", self.name))?;
        Ok((answer.status().as_u16(), bytes))
    }

    /// Brings the files of an authority folder.
    ///
    /// # Errors
    /// Words for people: it does not answer, or does not take them and why.
    pub fn approve(&self, id: &str, files: &BTreeMap<String, Vec<u8>>) -> Result<(), String> {
        use base64::Engine as _;
        let base64 = base64::engine::general_purpose::STANDARD;
        let files: BTreeMap<&String, String> = files
            .iter()
            .map(|(name, bytes)| (name, base64.encode(bytes)))
            .collect();
        let body = serde_json::json!({"files": files}).to_string();
        let request = self.agent.put(format!("{}/v1/approvals/{id}", self.url));
        let sent = request
            .header("content-type", "application/json")
            .send(body);
        let (status, bytes) = self.read(sent, ANSWER_BYTES_MAX)?;
        if (200..300).contains(&status) {
            return Ok(());
        }
        let words: String = String::from_utf8_lossy(&bytes).chars().take(300).collect();
        Err(format!("`{}` answers {status}: {words}", self.name))
    }

    /// Sends a command.
    ///
    /// # Errors
    /// Words for people: nobody knows whether it is done; the same command is sent again.
    pub fn command(&self, message: &Value, id: &str) -> Result<Answered, String> {
        let url = format!("{}/.well-known/openc2", self.url);
        let request = self.agent.post(url).header("content-type", MEDIA_TYPE);
        let sent = request.header("x-request-id", id).send(message.to_string());
        let (_, bytes) = self.read(sent, ANSWER_BYTES_MAX)?;
        let (came, response) = came(&bytes).map_err(|e| format!("`{}`: {e}", self.name))?;
        let words = response.status_text.unwrap_or_default();
        Ok(Answered {
            came,
            words: words.chars().take(300).collect(),
        })
    }

    /// What it says is in force, signed by its key.
    ///
    /// # Errors
    /// Words for people: it does not answer, or the receipt is not its own.
    pub fn effects(&self, key: &VerifierKey) -> Result<Receipt, String> {
        let answer = self.agent.get(format!("{}/v1/effects", self.url)).call();
        let (status, bytes) = self.read(answer, RECEIPT_BYTES_MAX as u64 + 4096)?;
        if status != 200 {
            return Err(format!("`{}` answers {status}", self.name));
        }
        let note = Note::parse(&bytes).map_err(|e| format!("`{}`: {}", self.name, told(&e)))?;
        let signed = note.verify(std::slice::from_ref(key));
        signed.map_err(|_| format!("`{}`: the receipt is not signed by its key", self.name))?;
        Receipt::parse(note.text()).map_err(|e| format!("`{}`: {e}", self.name))
    }
}
