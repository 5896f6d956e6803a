//! Calls to another node. In: a peer's name, a body. Out: what it answered. Never: a second try; a peer whose certificate is another than the one that is pinned.

use crate::limits::PEER_WAIT;
use crate::problem::{Answer, Code, Problem, line};
use sakimori_control::error::told;
use sakimori_control::tls::Agents;
use std::io::Read;
use std::path::Path;

/// Longest answer in bytes: a pack.
const ANSWER_BYTES_MAX: u64 = 64 << 20;

/// A peer that can be called.
pub struct Link {
    agent: ureq::Agent,
    url: String,
    name: String,
}

impl Link {
    /// The peer of a name, as the role's folder knows it.
    ///
    /// # Errors
    /// [`Code::PeerUnavailable`] where it is not known.
    pub fn open(role_folder: &Path, name: &str) -> Answer<Self> {
        let unknown = |e| Problem::new(Code::PeerUnavailable, told(&e));
        let agents = Agents::open(role_folder).map_err(unknown)?;
        let peer = agents.peer(name).map_err(unknown)?;
        Ok(Self {
            agent: agents.agent(peer, PEER_WAIT).map_err(unknown)?,
            url: peer.url.trim_end_matches('/').to_owned(),
            name: name.to_owned(),
        })
    }

    fn away(&self, error: ureq::Error) -> Problem {
        let text = format!("`{}` at {}: {}", self.name, self.url, error.into_io());
        Problem::new(
            Code::PeerUnavailable,
            format!("`{}` does not answer", self.name),
        )
        .because(text)
    }

    /// Posts a body; a JSON answer, `null` where the peer did it and has nothing to say.
    ///
    /// # Errors
    /// [`Code::PeerUnavailable`], or the peer's own code.
    pub fn post(&self, path: &str, kind: &str, body: &[u8]) -> Answer<serde_json::Value> {
        let request = self.agent.post(format!("{}{path}", self.url));
        let sent = request.header("content-type", kind).send(body);
        let answer = sent.map_err(|e| self.away(e))?;
        if answer.status().as_u16() == 204 {
            return Ok(serde_json::Value::Null);
        }
        let bytes = self.read(answer)?;
        serde_json::from_slice(&bytes)
            .map_err(|e| Problem::hidden(Code::PeerUnavailable, format!("no JSON: {e}")))
    }

    /// Reads a path.
    ///
    /// # Errors
    /// As [`Link::post`].
    pub fn get(&self, path: &str) -> Answer<Vec<u8>> {
        let answer = self.agent.get(format!("{}{path}", self.url)).call();
        self.read(answer.map_err(|e| self.away(e))?)
    }

    fn read(&self, mut answer: ureq::http::Response<ureq::Body>) -> Answer<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut reader = answer.body_mut().as_reader().take(ANSWER_BYTES_MAX);
        let read = reader.read_to_end(&mut bytes);
        read.map_err(|e| Problem::hidden(Code::PeerUnavailable, e))?;
        let status = answer.status().as_u16();
        if matches!(status, 200 | 201) {
            return Ok(bytes);
        }
        // The other node's word for it is handed on, where it is one of ours.
        let said: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let text = |key: &str| said.get(key).and_then(|v| v.as_str()).unwrap_or_default();
        let known = Code::ALL.iter().find(|code| code.word() == text("code"));
        let code = match known.copied() {
            Some(code) if status < 500 => code,
            _ => Code::PeerUnavailable,
        };
        let detail = format!("`{}` says: {} {}", self.name, text("title"), text("detail"));
        Err(Problem::new(code, line(detail.trim())))
    }
}
