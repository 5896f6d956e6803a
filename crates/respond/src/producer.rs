//! The producer: a command of a measure as a message of `OpenC2`, and what its answer says. In: a command of a life, the measure and its revision; an answer's bytes. Out: JSON in the bare form; whether it was done. Never: a command
//! without its end, or one that leaves a default of the language to whoever reads it.

use crate::consumer::{NSID, Sakimori};
use crate::host::HostTarget;
use crate::openc2::{Fault, Language, Profile, Response, Slpf, Status};
use crate::plan::command::Command;
use crate::safety::Target;
use sakimori_authority::measure::Deed;
use sakimori_custody::ids::{AuthorityId, hex};
use serde_json::{Map, Value, json};

/// Why a command has no form in the language. Whoever drafted the measure acts on it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{deed}` is not commanded to an actuator with the target `{target}`")]
pub struct NoForm {
    /// What is to be done.
    pub deed: Deed,
    /// With what.
    pub target: String,
}

/// What an answer comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// It is done, read back.
    Done,
    /// It is being done; the same command is sent again later.
    Later,
    /// It was refused or went wrong.
    Not,
    /// Nothing of it is in force any more: as good as done for a command that takes something back.
    Gone,
}

/// A command as JSON. `revision` is that of the measure's text that was approved.
///
/// # Errors
/// [`NoForm`].
pub fn message(command: &Command, measure: AuthorityId, revision: u64) -> Result<Value, NoForm> {
    let none = || NoForm {
        deed: command.deed,
        target: command.target.clone(),
    };
    let mut own = Map::new();
    own.insert("deed".to_owned(), json!(command.deed.name()));
    let (name, target, is_filter) = target(command, &mut own).ok_or_else(none)?;
    let mut args = Map::new();
    if let Some(until) = command.until {
        args.insert("stop_time".to_owned(), json!(until.0.saturating_mul(1000)));
    }
    args.insert("response_requested".to_owned(), json!("complete"));
    args.insert(NSID.to_owned(), Value::Object(own));
    if is_filter {
        let slpf = json!({"direction": "both", "persistent": false, "drop_process": "none"});
        args.insert("slpf".to_owned(), slpf);
    }
    let mut targets = Map::new();
    targets.insert(name.to_owned(), target);
    let mut actuator = Map::new();
    actuator.insert(
        NSID.to_owned(),
        json!({
            "actuator": command.actuator.as_str(),
            "measure": measure.to_string(),
            "revision": revision,
            "step": command.revision,
            "created": command.created.0.saturating_mul(1000),
        }),
    );
    Ok(json!({
        "action": if command.begins() { "deny" } else { "allow" },
        "target": targets,
        "args": args,
        "actuator": actuator,
        "command_id": command.id,
    }))
}

/// Name and value of the target, and whether it is one of packet filtering.
fn target(command: &Command, own: &mut Map<String, Value>) -> Option<(&'static str, Value, bool)> {
    let text = command.target.as_str();
    match command.deed {
        Deed::Block | Deed::BlackHole | Deed::FlowRule => {
            let Ok(Target::Net(_)) = Target::parse(text) else {
                return None;
            };
            let name = if text.contains(':') {
                "ipv6_net"
            } else {
                "ipv4_net"
            };
            Some((name, json!(text), true))
        }
        Deed::NoAnswer | Deed::Sinkhole => {
            let Ok(Target::Name { name, below }) = Target::parse(text) else {
                return None;
            };
            if below {
                own.insert("below".to_owned(), json!(true));
            }
            Some(("domain_name", json!(name.as_str()), false))
        }
        Deed::Freeze | Deed::Stop => {
            let Ok(HostTarget::Process { pid, start, hash }) = HostTarget::parse(text) else {
                return None;
            };
            own.insert("start".to_owned(), json!(start));
            let executable = json!({"hashes": {"sha256": hex(&hash)}});
            Some((
                "process",
                json!({"pid": pid, "executable": executable}),
                false,
            ))
        }
        Deed::Quarantine => {
            let Ok(HostTarget::File { hash, path }) = HostTarget::parse(text) else {
                return None;
            };
            // The language has texts alone: a path of other bytes cannot be said in it.
            let path = String::from_utf8(path).ok()?;
            let file = json!({"path": path, "hashes": {"sha256": hex(&hash)}});
            Some(("file", file, false))
        }
        Deed::Isolate => {
            let Ok(HostTarget::Host { name }) = HostTarget::parse(text) else {
                return None;
            };
            Some(("device", json!({"hostname": name}), false))
        }
        Deed::Notify => None,
    }
}

/// Reads the answer to a command.
///
/// # Errors
/// [`Fault`]: it is no response of the language; the command is sent again.
pub fn came(bytes: &[u8]) -> Result<(Came, Response), Fault> {
    let own = Sakimori { deeds: Deed::ALL };
    let profiles: [&dyn Profile; 2] = [&own, &Slpf];
    let language = Language {
        profiles: &profiles,
        others: false,
    };
    let response = Response::read(bytes, &language)?;
    let came = match response.status {
        Status::Ok => Came::Done,
        Status::Processing | Status::ServiceUnavailable => Came::Later,
        Status::NotFound => Came::Gone,
        _ => Came::Not,
    };
    Ok((came, response))
}
