//! Organisations apart: each role's part of a new node in a folder of its own. In: a node that was just made. Out: the commission's part elsewhere, with nothing of it left behind.
//! Never: a part over another; a part that leaves a copy.

use crate::error::ControlError;
use crate::layout::Node;
use std::fs;

/// Moves the commission's part of a node to another node's folder on the same file system.
///
/// # Errors
/// [`ControlError::Usage`] where there is one already, or it has run here; [`ControlError::File`], with another file system among its reasons.
pub fn take_commission(from: &Node, to: &Node) -> Result<(), ControlError> {
    let (part, place) = (from.commission(), to.commission());
    if place.exists() {
        let place = place.display();
        return Err(ControlError::Usage(format!("{place} is there already")));
    }
    if from.commission_address().exists() {
        let part = part.display();
        return Err(ControlError::Usage(format!(
            "the commission of {part} has run there; it stays where its mirror is"
        )));
    }
    fs::create_dir_all(to.folder()).map_err(ControlError::file("create", to.folder()))?;
    fs::rename(&part, &place).map_err(ControlError::file("move", &place))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Host;
    use crate::setup::{self, Parties};

    #[test]
    fn the_commission_leaves_nothing_behind_and_stands_alone() {
        let folder = tempfile::tempdir().unwrap();
        let [office, commission] =
            ["office", "commission"].map(|name| Node::at(folder.path().join(name)));
        let sensors = vec!["s-01".parse().unwrap()];
        let host = Host::system();
        setup::create(&office, &Parties::example(sensors), &host).unwrap();
        take_commission(&office, &commission).unwrap();
        assert!(!office.commission().exists());
        crate::commission::Commission::open(&commission.commission(), &host).unwrap();
        assert!(!commission.trust_root().exists(), "it needs no other part");
        fs::create_dir_all(office.commission()).unwrap();
        assert!(take_commission(&office, &commission).is_err());
    }
}
