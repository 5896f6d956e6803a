//! The ledger's process. In: a node's folder, the commission's address. Out: a log that takes entries until it is told to stop. Never: a log of its own; see
//! `sakimori-ledger`.

mod repair;

pub use repair::{Repaired, repair};

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
    let admission = Admission::new(pinned_root(node)?, Box::new(move || clock.seconds()));
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

/// The trust root that was installed with the node: version 1, from which every book follows the log.
///
/// # Errors
/// [`ControlError`]: there is none, or it is damaged.
pub fn pinned_root(node: &Node) -> Result<TrustRoot, ControlError> {
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

/// Every version that was entered, the pinned one first; each was signed over to by the one before.
fn roots(node: &Node) -> Result<Vec<TrustRoot>, ControlError> {
    let mut roots = vec![pinned_root(node)?];
    while let Some(newest) = roots.last() {
        let path = node.later_trust_root(newest.version.saturating_add(1));
        let Some(bytes) = files::read(&path)? else {
            break;
        };
        let next = newest.succeed(&bytes);
        roots.push(
            next.map_err(|e| ControlError::document(path.display(), crate::error::told(&e)))?,
        );
    }
    Ok(roots)
}

/// The trust root in force: the newest that was entered.
///
/// # Errors
/// [`ControlError`]: there is none, or a version is damaged.
pub fn installed_root(node: &Node) -> Result<TrustRoot, ControlError> {
    let newest = roots(node)?.pop();
    newest.ok_or_else(|| ControlError::document(node.trust_root().display(), "it is empty"))
}

/// The version of the trust root that a note on record names.
///
/// # Errors
/// As [`installed_root`]; [`ControlError::Document`]: this node has no such version.
pub fn root_of(node: &Node, version: u64) -> Result<TrustRoot, ControlError> {
    let mut roots = roots(node)?;
    roots.retain(|root| root.version == version);
    roots.pop().ok_or_else(|| {
        ControlError::document(
            node.trust_root().display(),
            format!("this node has no version {version} of the trust root"),
        )
    })
}

/// The note of the trust root in force.
///
/// # Errors
/// As [`installed_root`].
pub fn root_note(node: &Node) -> Result<Vec<u8>, ControlError> {
    files::read_present(&node.root_file(installed_root(node)?.version))
}
