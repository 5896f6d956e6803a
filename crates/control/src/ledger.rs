//! The ledger's process. In: a node's folder, the commission's address. Out: a log that takes entries until it is told to stop. Never: a log of its own; see
//! `sakimori-ledger`.

use crate::commission::{Admission, commission_of};
use crate::error::ControlError;
use crate::host::Host;
use crate::layout::Node;
use crate::{files, keys, witness};
use sakimori_authority::root::TrustRoot;
use sakimori_ledger::http::HttpPeer;
use sakimori_ledger::limits::MIRROR_WAIT_MAX;
use sakimori_ledger::service::{Links, MirrorLink, Service};

/// Starts the ledger of a node and feeds the commission's mirror. An entry that would break a rule of the log is refused to its author: the office's own copy of the book decides, by the clock of `host`.
///
/// # Errors
/// [`ControlError`]: there is no node, the log is damaged, or another process has it.
pub fn start(node: &Node, commission: &str, host: &Host) -> Result<Service, ControlError> {
    begin(node, HttpPeer::new(commission), host)
}

/// As [`start`], with the commission that the node knows: a peer over TLS, or a process on loopback.
///
/// # Errors
/// As [`start`]; [`ControlError::Usage`] where it knows none.
pub fn start_linked(node: &Node, host: &Host) -> Result<Service, ControlError> {
    let (agent, address) = commission_of(node, MIRROR_WAIT_MAX)?;
    begin(node, HttpPeer::with_agent(agent, &address), host)
}

fn begin(node: &Node, peer: HttpPeer, host: &Host) -> Result<Service, ControlError> {
    let signer = keys::read(&node.log_key())?;
    let root = installed_root(node)?;
    let clock = host.clone();
    let admission = Admission::new(root.clone(), Box::new(move || clock.seconds()));
    let mut keys = witness::keys_of(&root.policy, root.mirror.name());
    if !keys.contains(&root.mirror) {
        keys.push(root.mirror);
    }
    let mirror = MirrorLink {
        peer: Box::new(peer),
        keys,
    };
    let links = Links {
        mirror: Some(mirror),
        witnesses: witness::links(&root.policy),
        policy: Some(root.policy),
        admit: Some(Box::new(admission)),
    };
    Service::start(node.ledger(), signer, links).map_err(ControlError::LedgerStart)
}

/// The trust root that was installed with the node.
///
/// # Errors
/// [`ControlError`]: there is none, or it is damaged.
pub fn installed_root(node: &Node) -> Result<TrustRoot, ControlError> {
    let path = node.trust_root();
    let bytes = files::read(&path)?.ok_or_else(|| {
        let folder = node.folder().display();
        ControlError::Usage(format!(
            "{folder} is no node; `sakimori init --dir {folder}` makes one"
        ))
    })?;
    TrustRoot::open(&bytes)
        .map_err(|e| ControlError::document(path.display(), crate::error::told(&e)))
}
