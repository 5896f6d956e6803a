//! What a target of the language is for an approval. In: a target, our arguments, what the actuator can do. Out: a deed and the target's text. Never: a target that is widened, narrowed or completed to fit.

use super::profile::SakimoriArgs;
use crate::engine::Deed;
use crate::host::HostTarget;
use crate::openc2::{self, Connection};
use crate::safety;
use std::fmt::Display;

/// What is aimed at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aim {
    /// What is done.
    pub deed: Deed,
    /// With what, as the approval has it.
    pub target: String,
}

/// Why a target is not one of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Missed {
    /// Our profiles do not cover it: 501.
    NotOurs(String),
    /// It contradicts itself: 400.
    Bad(String),
}

/// Targets of the language and the deeds that are done to them, the usual one first.
pub const TARGETS: [(&str, &[Deed]); 9] = [
    ("ipv4_net", &NETS),
    ("ipv6_net", &NETS),
    ("ipv4_connection", &[Deed::FlowRule]),
    ("ipv6_connection", &[Deed::FlowRule]),
    ("domain_name", &NAMES),
    ("idn_domain_name", &NAMES),
    ("process", &[Deed::Freeze, Deed::Stop]),
    ("file", &[Deed::Quarantine]),
    ("device", &[Deed::Isolate]),
];
const NETS: [Deed; 3] = [Deed::Block, Deed::BlackHole, Deed::FlowRule];
const NAMES: [Deed; 2] = [Deed::NoAnswer, Deed::Sinkhole];

/// What a target is for an approval.
///
/// # Errors
/// The status is 501 where the first is true, else 400; and why.
pub fn aim(
    target: &openc2::Target,
    args: SakimoriArgs,
    deeds: &[Deed],
) -> Result<Aim, (bool, String)> {
    aimed(target, args, deeds).map_err(|missed| match missed {
        Missed::NotOurs(why) => (true, why),
        Missed::Bad(why) => (false, why),
    })
}

fn aimed(target: &openc2::Target, args: SakimoriArgs, deeds: &[Deed]) -> Result<Aim, Missed> {
    let name = target.name();
    let possible = TARGETS.iter().find(|(known, _)| *known == name);
    let Some((_, possible)) = possible else {
        return Err(Missed::NotOurs(format!(
            "`{name}` is no target of our profiles"
        )));
    };
    let deed = match args.deed {
        Some(deed) if !possible.contains(&deed) => {
            return Err(Missed::Bad(format!("`{deed}` is not done to a `{name}`")));
        }
        Some(deed) => Some(deed).filter(|deed| deeds.contains(deed)),
        None => possible.iter().copied().find(|deed| deeds.contains(deed)),
    };
    let deed = deed
        .ok_or_else(|| Missed::NotOurs(format!("this actuator does not do that to a `{name}`")))?;
    if args.start.is_some() && !matches!(target, openc2::Target::Process(_)) {
        return Err(Missed::Bad("only a process has a `start`".to_owned()));
    }
    let is_name = matches!(
        target,
        openc2::Target::DomainName(_) | openc2::Target::IdnDomainName(_)
    );
    if args.below && !is_name {
        return Err(Missed::Bad("only a name has something below it".to_owned()));
    }
    let target = text(target, args)?;
    Ok(Aim { deed, target })
}

fn text(target: &openc2::Target, args: SakimoriArgs) -> Result<String, Missed> {
    match target {
        openc2::Target::Ipv4Net(net) => net_text(net.is_exact(), net),
        openc2::Target::Ipv6Net(net) => net_text(net.is_exact(), net),
        openc2::Target::Ipv4Connection(connection) => {
            connected(connection, |net| net_text(net.is_exact(), net))
        }
        openc2::Target::Ipv6Connection(connection) => {
            connected(connection, |net| net_text(net.is_exact(), net))
        }
        openc2::Target::DomainName(name) | openc2::Target::IdnDomainName(name) => {
            let name = safety::Name::parse(name).map_err(|why| {
                Missed::NotOurs(format!("the name is none that we answer: {why}"))
            })?;
            let below = args.below;
            Ok(safety::Target::Name { name, below }.to_string())
        }
        openc2::Target::Process(process) => process_text(process, args),
        openc2::Target::File(file) => file_text(file),
        openc2::Target::Device(device) => device_text(device),
        other => Err(Missed::NotOurs(format!(
            "`{}` is no target of our profiles",
            other.name()
        ))),
    }
}

fn net_text(is_exact: bool, net: &impl Display) -> Result<String, Missed> {
    if !is_exact {
        return Err(Missed::NotOurs(
            "bits behind the prefix are set: whether the address or the block is meant is not said, and this consumer does not choose".to_owned(),
        ));
    }
    let target = safety::Target::parse(&net.to_string());
    let target = target.map_err(|why| Missed::Bad(why.to_string()))?;
    Ok(target.to_string())
}

/// Of connections, those to one block, whatever else they are.
fn connected<N>(
    connection: &Connection<N>,
    text: impl Fn(&N) -> Result<String, Missed>,
) -> Result<String, Missed> {
    match connection {
        Connection {
            src_addr: None,
            src_port: None,
            dst_addr: Some(to),
            dst_port: None,
            protocol: None,
        } => text(to),
        _ => Err(Missed::NotOurs(
            "of connections, this consumer knows those to one destination, without ports, source and protocol".to_owned(),
        )),
    }
}

fn process_text(process: &openc2::Process, args: SakimoriArgs) -> Result<String, Missed> {
    let hash = process
        .executable
        .as_ref()
        .and_then(|file| file.hashes.as_ref())
        .and_then(|hashes| hashes.sha256);
    let (Some(pid), Some(start), Some(hash)) = (process.pid, args.start, hash) else {
        return Err(Missed::NotOurs(
            "a process is known by `pid`, the SHA-256 of its executable and our argument `start`; less is not enough".to_owned(),
        ));
    };
    let named = process.name.is_some()
        || process.cwd.is_some()
        || process.parent.is_some()
        || process.command_line.is_some();
    if named {
        return Err(Missed::NotOurs(
            "a process is not known by its name, folder, parent or words".to_owned(),
        ));
    }
    let pid =
        u32::try_from(pid).map_err(|_| Missed::Bad("no process has this number".to_owned()))?;
    known(&HostTarget::Process { pid, start, hash })
}

fn file_text(file: &openc2::File) -> Result<String, Missed> {
    let hash = file.hashes.as_ref().and_then(|hashes| hashes.sha256);
    let (Some(path), Some(hash), None) = (&file.path, hash, &file.name) else {
        return Err(Missed::NotOurs(
            "a file is known by its whole `path` and the SHA-256 of its content; less, or a `name` beside, is not enough".to_owned(),
        ));
    };
    known(&HostTarget::File {
        hash,
        path: path.clone().into_bytes(),
    })
}

fn device_text(device: &openc2::Device) -> Result<String, Missed> {
    let all = (&device.hostname, &device.idn_hostname, &device.device_id);
    let ((Some(name), None, None) | (None, None, Some(name))) = all else {
        return Err(Missed::NotOurs(
            "a host is known by either its `hostname` or its `device_id`".to_owned(),
        ));
    };
    known(&HostTarget::Host { name: name.clone() })
}

/// A target that its own reader takes.
fn known(target: &HostTarget) -> Result<String, Missed> {
    let text = target.to_string();
    match HostTarget::parse(&text) {
        Ok(_) => Ok(text),
        Err(why) => Err(Missed::NotOurs(why.to_string())),
    }
}
