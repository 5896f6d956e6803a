//! What is on record, for whoever writes a text of it: the office over its ledger, a commission without the office's socket over its own copy. In: a node's folder. Out: the book, the trust root in
//! force. Never: a text for the commission from anything but its own verified copy; a copy in place of a ledger that does not answer.

use super::desk;
use crate::error::ControlError;
use crate::journal::Log;
use crate::layout::Node;
use crate::ledger::installed_root;
use crate::oversight::book_of;
use sakimori_authority::root::TrustRoot;
use sakimori_custody::time::Seconds;
use sakimori_oversight::book::Book;

/// Whether a folder is a commission's alone: it has its mirror, and neither a ledger's socket nor an office's part.
pub fn is_apart(node: &Node) -> bool {
    let copy = node.commission().join("mirror/checkpoint");
    copy.exists() && !node.trust_root().exists() && !node.ledger().socket.exists()
}

/// The book of everything that is on record.
///
/// # Errors
/// [`ControlError::Ledger`]; [`ControlError::Document`]: a body or the copy cannot be read.
pub(super) fn book(node: &Node) -> Result<Book, ControlError> {
    if is_apart(node) {
        let root = node.commission().join("trust-root.note");
        return book_of(node.folder(), Some(&root));
    }
    desk::book(node, &mut Log::connect(&node.ledger().socket)?)
}

/// The trust root in force.
///
/// # Errors
/// As [`book`]; there is none, or it is damaged.
pub(super) fn root(node: &Node, now: Seconds) -> Result<TrustRoot, ControlError> {
    if is_apart(node) {
        let book = book(node)?;
        return Ok(book.root(now.max(book.newest())).clone());
    }
    installed_root(node)
}
