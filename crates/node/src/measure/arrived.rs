//! Whether the commission has what it is owed. In: a measure, the log's last checkpoint. Out: yes where the commission's mirror signed for a copy that holds the act. Never: a notice that counts because it was sent.

use super::Room;
use sakimori_control::error::told;
use sakimori_control::journal::Log;
use sakimori_control::ledger::installed_root;
use sakimori_control::{ControlError, Node};
use sakimori_custody::ids::AuthorityId;
use sakimori_liaison::measure::Held;
use sakimori_oversight::Book;
use sakimori_oversight::book::MeasureAct;
use sakimori_tlog::key::VerifierKey;
use sakimori_tlog::note::Note;
use std::sync::Arc;

/// The entry that tells the commission: the statement of an urgent act, else the first dispatch.
fn entry(book: &Book, approvals: &[AuthorityId]) -> Option<u64> {
    let urgent = approvals.iter().find_map(|id| {
        let authority = book.authority(*id)?;
        authority.urgent.then_some(authority.index)
    });
    urgent.or_else(|| {
        let mut acts = book.measure_acts().iter();
        let first = acts.find(|acted| {
            acted.act == MeasureAct::Dispatch && approvals.contains(&acted.authority)
        });
        first.map(|acted| acted.index)
    })
}

/// How many entries a checkpoint shows that the mirror has: none without the mirror's own signature, for the log's alone shows that they were written.
fn signed_for(checkpoint: &Note, mirror: &VerifierKey) -> u64 {
    let signed = checkpoint.verify(std::slice::from_ref(mirror));
    if signed.is_ok_and(|by| !by.is_empty()) {
        let size = checkpoint.text().lines().nth(1);
        size.and_then(|line| line.parse().ok()).unwrap_or(0)
    } else {
        0
    }
}

/// How many entries the commission's mirror has.
fn mirrored(node: &Node) -> Result<u64, ControlError> {
    let root = installed_root(node)?;
    let mut log = Log::connect(&node.ledger().socket)?;
    let note = log.ask(sakimori_ledger::client::Client::checkpoint)?;
    let note = note.and_then(|bytes| Note::parse(&bytes).ok());
    Ok(note.map_or(0, |note| signed_for(&note, &root.mirror)))
}

impl Room {
    /// Whether the commission's copy of the log has the act that it is to be told of. Where that cannot be known it has not.
    pub(super) async fn commission_has(&self, held: &Held) -> bool {
        let approvals = held.state().approvals().to_vec();
        if approvals.is_empty() {
            return false;
        }
        let (watched, node) = (Arc::clone(&self.watched), self.node.clone());
        let asked = tokio::task::spawn_blocking(move || {
            let index = watched.with_book(&node, |book, _| entry(book, &approvals))?;
            match index {
                Some(index) => Ok(index < mirrored(&node)?),
                None => Ok(false),
            }
        });
        match asked.await {
            Ok(Ok(has)) => has,
            Ok(Err(e)) => {
                let e: ControlError = e;
                tracing::warn!(
                    cause = told(&e),
                    "whether the commission has it is not known"
                );
                false
            }
            Err(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sakimori_testkit::folder::signer;

    #[test]
    fn a_checkpoint_counts_for_the_mirror_by_the_mirror_s_own_signature_alone() {
        let text = "log.example\n42\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
        let [log, mirror] = [signer("log"), signer("mirror")];
        let key = mirror.verifier();
        let alone = Note::sign(text, &[&log], 0).unwrap();
        assert_eq!(signed_for(&alone, key), 0, "the log's signature alone");
        let both = Note::sign(text, &[&log, &mirror], 0).unwrap();
        assert_eq!(signed_for(&both, key), 42);
        let other = both.to_bytes();
        let other = String::from_utf8(other)
            .unwrap()
            .replace("\n42\n", "\n43\n");
        let other = Note::parse(other.as_bytes()).unwrap();
        assert_eq!(signed_for(&other, key), 0, "a changed text");
    }
}
