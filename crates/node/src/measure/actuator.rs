//! Calls to actuators. In: approvals, commands, the key that was approved. Out: what an actuator answered; what it says is in force, signed. Never: a second try here; another certificate than the one that is pinned; an answer that something is in
//! force, or gone, without a receipt of the actuator that was meant.

mod bus;
mod features;
mod lists;

use crate::limits::ACTUATOR_WAIT;
use sakimori_authority::measure::{Deed, family};
use sakimori_control::error::told;
use sakimori_control::tls::Agents;
use sakimori_custody::ids::{AuthorityId, Name};
use sakimori_liaison::measure::ActuatorEntry;
use sakimori_respond::consumer::NSID;
use sakimori_respond::consumer::receipt::{Line, RECEIPT_BYTES_MAX, Receipt, Standing};
use sakimori_respond::host::HostTarget;
use sakimori_respond::openc2::{MEDIA_TYPE, Response};
use sakimori_respond::plan::command::Command;
use sakimori_respond::producer::{Came, came};
use sakimori_respond::safety::Target;
use sakimori_tlog::key::VerifierKey;
use sakimori_tlog::note::Note;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

/// Longest answer to a command or an approval in bytes.
const ANSWER_BYTES_MAX: u64 = 1 << 20;
/// Most characters of an actuator's words.
const WORDS_MAX: usize = 300;
/// Most effects that are told of a dry run.
const FAULTS_MAX: usize = 10_000;

/// What an actuator answered to a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// What it comes to.
    pub came: Came,
    /// Its words.
    pub words: String,
}

/// Why nothing is known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsure {
    /// It does not answer, or not in this language: it is asked again later.
    #[error("{0}")]
    Silent(String),
    /// It answers, and says no or what is not believed.
    #[error("{0}")]
    Answered(String),
}

/// An effect that an actuator's system would refuse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DryFault {
    /// What would be done.
    pub deed: String,
    /// With what.
    pub target: String,
    /// Why it would be refused.
    pub fault: String,
}

/// What came of the dry run behind an approval.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct DryRun {
    /// Whether every effect was tried.
    #[serde(default)]
    pub rehearsed: bool,
    /// Effects that would be refused.
    #[serde(default)]
    pub faults: Vec<DryFault>,
}

impl DryRun {
    /// Why an effect would be refused.
    pub fn refuses(&self, deed: Deed, target: &str) -> Option<&str> {
        let mut faults = self.faults.iter();
        let same = |one: &&DryFault| one.deed == deed.name() && is_same(&one.target, target);
        faults.find(same).map(|one| one.fault.as_str())
    }
}

/// Why a set of files was not taken, as the actuator says it.
#[derive(Default, Deserialize)]
struct Refusal {
    #[serde(default)]
    refused: String,
}

/// Whether two texts are of one target: what is in the plan, and the one form that actuators have.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    match (Target::parse(one), Target::parse(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => match (HostTarget::parse(one), HostTarget::parse(other)) {
            (Ok(one), Ok(other)) => one == other,
            _ => false,
        },
    }
}

/// Reads a receipt that a key signed.
fn receipt_of(note: &[u8], key: &VerifierKey) -> Result<Receipt, String> {
    let note = Note::parse(note).map_err(|e| told(&e))?;
    let signed = note.verify(std::slice::from_ref(key));
    signed.map_err(|_| "the receipt is not signed by its key")?;
    Receipt::parse(note.text()).map_err(|e| e.to_string())
}

/// Whose answer is believed.
#[derive(Clone, Debug)]
pub struct Whose {
    /// The actuator.
    pub actuator: Name,
    /// Its key, as it was approved.
    pub key: VerifierKey,
    /// The measure.
    pub measure: AuthorityId,
}

impl Whose {
    fn receipt(&self, note: &[u8]) -> Result<Receipt, String> {
        let receipt = receipt_of(note, &self.key)?;
        if receipt.actuator == self.actuator {
            Ok(receipt)
        } else {
            Err(format!("the receipt is of `{}`", receipt.actuator))
        }
    }

    fn line<'r>(&self, receipt: &'r Receipt, command: &Command) -> Option<&'r Line> {
        let family = family(self.measure);
        let same = |line: &&Line| {
            line.measure == family
                && line.deed == command.deed
                && is_same(&line.target, &command.target)
        };
        receipt.effects.iter().find(same)
    }

    /// Whether the receipt of an answer shows what the command was for.
    fn shows(&self, response: &Response, command: &Command) -> Result<(), String> {
        let results = response.results.iter();
        let own = results
            .flat_map(|results| &results.extensions)
            .find(|one| one.nsid == NSID);
        let own = own.and_then(|one| serde_json::from_str::<Value>(&one.json).ok());
        let note = own.as_ref().and_then(|own| own.get("receipt")?.as_str());
        let note = note.ok_or("it sent no receipt")?;
        let receipt = self.receipt(note.as_bytes())?;
        if receipt.command != command.id {
            return Err("its receipt is of another command".to_owned());
        }
        let standing = self.line(&receipt, command).map(|line| line.standing);
        let wanted = if command.begins() {
            Standing::InForce
        } else {
            Standing::Ended
        };
        if standing == Some(wanted) {
            return Ok(());
        }
        let standing = standing.map_or("nothing", Standing::name);
        Err(format!("its receipt says `{standing}`"))
    }
}

/// A line to one actuator.
pub struct Wire {
    agent: ureq::Agent,
    url: String,
    name: String,
    /// The way of its commands, where that is another.
    bus: Option<bus::Bus>,
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
            agent: agents.agent(peer, ACTUATOR_WAIT).map_err(|e| told(&e))?,
            url: peer.url.trim_end_matches('/').to_owned(),
            name: name.to_owned(),
            bus: None,
        })
    }

    /// The same line with the way of commands that the register says.
    ///
    /// # Errors
    /// Words for people: the bus cannot be used.
    pub fn over(mut self, folder: &Path, entry: &ActuatorEntry) -> Result<Self, String> {
        if entry.nats {
            self.bus = Some(bus::Bus::open(folder, &entry.name)?);
        }
        Ok(self)
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

    /// Brings the files of an authority folder. A suspension or a ruling is taken as well where the actuator says that nothing is approved with it. Gives what came of the dry run.
    ///
    /// # Errors
    /// [`Unsure`]: it does not answer, or does not take them and why.
    pub fn approve(&self, id: &str, files: &BTreeMap<String, Vec<u8>>) -> Result<DryRun, Unsure> {
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
        let read = self.read(sent, ANSWER_BYTES_MAX);
        let (status, bytes) = read.map_err(Unsure::Silent)?;
        if (200..300).contains(&status) {
            let mut run: DryRun = serde_json::from_slice(&bytes).unwrap_or_default();
            run.faults.truncate(FAULTS_MAX);
            for one in &mut run.faults {
                one.fault = one.fault.chars().take(WORDS_MAX).collect();
            }
            return Ok(run);
        }
        let refusal: Refusal = serde_json::from_slice(&bytes).unwrap_or_default();
        if status == 403 && matches!(refusal.refused.as_str(), "suspended" | "revoked") {
            return Ok(DryRun::default());
        }
        let words: String = String::from_utf8_lossy(&bytes)
            .chars()
            .take(WORDS_MAX)
            .collect();
        let words = format!("`{}` answers {status}: {words}", self.name);
        Err(if status >= 500 {
            Unsure::Silent(words)
        } else {
            Unsure::Answered(words)
        })
    }

    /// Sends a command. That something is in force or gone is believed where a receipt of the actuator shows it.
    ///
    /// # Errors
    /// [`Unsure`]: nobody knows whether it is done; the same command is sent again.
    pub fn command(
        &self,
        message: &Value,
        command: &Command,
        whose: &Whose,
    ) -> Result<Answered, Unsure> {
        let bytes = self.post(message, &command.id).map_err(Unsure::Silent)?;
        let read = came(&bytes).map_err(|e| Unsure::Silent(format!("`{}`: {e}", self.name)));
        let (came, response) = read?;
        let words: String = response.status_text.clone().unwrap_or_default();
        let words: String = words.chars().take(WORDS_MAX).collect();
        let doubt =
            |why: String| Unsure::Answered(format!("`{}` is not believed: {why}", self.name));
        let came = match came {
            Came::Done => {
                whose.shows(&response, command).map_err(doubt)?;
                Came::Done
            }
            // Another actuator, or one that lost its memory, says this too.
            Came::Gone if !command.begins() => {
                let receipt = self.effects(whose).map_err(Unsure::Silent)?;
                let left = whose.line(&receipt, command);
                if let Some(left) = left.filter(|left| left.standing != Standing::Ended) {
                    let why = format!(
                        "it says that nothing is in force, and that {}",
                        left.standing
                    );
                    return Err(doubt(why));
                }
                Came::Gone
            }
            Came::Gone => Came::Not,
            Came::Later | Came::Not => came,
        };
        Ok(Answered { came, words })
    }

    /// The way that a message of the language goes.
    fn post(&self, message: &Value, id: &str) -> Result<Vec<u8>, String> {
        if let Some(bus) = &self.bus {
            let answer = bus.post(message, id);
            return answer.map_err(|e| format!("`{}`: {e}", self.name));
        }
        self.post_directly(message, id)
    }

    /// Sends a message to the actuator itself, whose certificate is pinned, whatever the way of its commands is.
    fn post_directly(&self, message: &Value, id: &str) -> Result<Vec<u8>, String> {
        let url = format!("{}/.well-known/openc2", self.url);
        let request = self.agent.post(url).header("content-type", MEDIA_TYPE);
        let sent = request.header("x-request-id", id).send(message.to_string());
        let (_, bytes) = self.read(sent, ANSWER_BYTES_MAX)?;
        Ok(bytes)
    }

    /// What it says is in force, signed by its key.
    ///
    /// # Errors
    /// Words for people: it does not answer, or the receipt is not its own.
    pub fn effects(&self, whose: &Whose) -> Result<Receipt, String> {
        let answer = self.agent.get(format!("{}/v1/effects", self.url)).call();
        let (status, bytes) = self.read(answer, RECEIPT_BYTES_MAX as u64 + 4096)?;
        if status != 200 {
            return Err(format!("`{}` answers {status}", self.name));
        }
        let receipt = whose.receipt(&bytes);
        receipt.map_err(|why| format!("`{}`: {why}", self.name))
    }
}

#[cfg(test)]
mod tests;
