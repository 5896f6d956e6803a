//! Protected lists at an actuator. In: a signed bundle. Out: which lists it uses, its answer to another. Never: a judgement of what it answers.

use super::Wire;
use crate::limits::LISTS_WAIT;
use sakimori_control::error::told;
use sakimori_control::tls::Agents;
use std::path::Path;

/// Longest answer in bytes.
const ANSWER_BYTES_MAX: u64 = 1 << 20;

impl Wire {
    /// The line to a peer, for long bodies.
    ///
    /// # Errors
    /// As [`Wire::open`].
    pub(crate) fn patient(folder: &Path, name: &str) -> Result<Self, String> {
        let agents = Agents::open(folder).map_err(|e| told(&e))?;
        let peer = agents.peer(name).map_err(|e| told(&e))?;
        Ok(Self {
            agent: agents.agent(peer, LISTS_WAIT).map_err(|e| told(&e))?,
            url: peer.url.trim_end_matches('/').to_owned(),
            name: name.to_owned(),
            bus: None,
        })
    }

    /// Which lists it uses: status and body.
    ///
    /// # Errors
    /// Words for people: it does not answer.
    pub(crate) fn uses(&self) -> Result<(u16, Vec<u8>), String> {
        let answer = self.agent.get(format!("{}/v1/lists", self.url)).call();
        self.read(answer, ANSWER_BYTES_MAX)
    }

    /// Brings it a bundle: status and body.
    ///
    /// # Errors
    /// As [`Wire::uses`].
    pub(crate) fn lists(&self, body: &str) -> Result<(u16, Vec<u8>), String> {
        let request = self.agent.put(format!("{}/v1/lists", self.url));
        let sent = request
            .header("content-type", "application/json")
            .send(body);
        self.read(sent, ANSWER_BYTES_MAX)
    }
}
