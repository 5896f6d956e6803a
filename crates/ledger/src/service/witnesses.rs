//! Outside witnesses of a running log: each has a thread of its own, so that a slow or dead one holds up nobody. In: the checkpoint that the feed is at. Out: its
//! cosignatures, and the checkpoint once a quorum has cosigned. Never: an entry shown to a witness; a signature that was not verified.

use super::workers::told;
use super::{Published, Shared, State, WitnessLink};
use crate::disk::Folder;
use crate::feed::{Peer, WitnessFeed};
use crate::limits::{FEED_RETRY_WAIT, QUORUM_WAIT};
use crate::reader::LogReader;
use sakimori_tlog::note::Note;
use sakimori_tlog::policy::Policy;
use std::sync::PoisonError;
use std::time::Duration;

/// What the thread of one witness owns.
pub(super) struct WitnessWorker {
    number: usize,
    feed: WitnessFeed,
    peer: Box<dyn Peer>,
    folder: Folder,
}

impl WitnessWorker {
    /// The worker for the witness of this number.
    pub(super) fn new(number: usize, link: WitnessLink, folder: Folder) -> Self {
        Self {
            number,
            feed: WitnessFeed::new(link.keys),
            peer: link.peer,
            folder,
        }
    }

    /// Offers each checkpoint that the feed comes to, as fast as the witness answers.
    pub(super) fn run(mut self, shared: &Shared) {
        while let Some(offered) = self.next(shared) {
            let mut reader = LogReader::new(&self.folder, offered.size);
            let given = self.feed.offer(&mut *self.peer, &mut reader, &offered.note);
            let failed = given.is_err();
            let mut state = shared.lock();
            if let Some(own) = state.witnessed.get_mut(self.number) {
                match given {
                    Ok(note) => {
                        let size = offered.size;
                        own.given = Some(Published { note, size });
                        own.trouble.clear();
                    }
                    Err(error) => own.trouble = told(&error),
                }
            }
            drop(state);
            shared.changed.notify_all();
            if failed {
                Self::rest(shared);
            }
        }
    }

    /// Waits for a checkpoint that this witness has not cosigned; `None` when all is over.
    fn next(&self, shared: &Shared) -> Option<Published> {
        let open = |state: &State| {
            let own = state.witnessed.get(self.number);
            let given = own.and_then(|own| own.given.as_ref()).map_or(0, |g| g.size);
            state.offered.clone().filter(|offered| offered.size > given)
        };
        let waiting =
            |state: &mut State| !state.closing && state.stopped.is_none() && open(state).is_none();
        let waited = shared.changed.wait_while(shared.lock(), waiting);
        let state = waited.unwrap_or_else(PoisonError::into_inner);
        if state.closing || state.stopped.is_some() {
            return None;
        }
        open(&state)
    }

    /// Waits before the next try, or until all is over.
    fn rest(shared: &Shared) {
        let open = |state: &mut State| !state.closing && state.stopped.is_none();
        let waited = shared
            .changed
            .wait_timeout_while(shared.lock(), FEED_RETRY_WAIT, open);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }
}

/// What witnesses gave for a checkpoint and is not in it yet.
fn missing<'s>(state: &'s State, of: &'s Published) -> impl Iterator<Item = &'s Note> {
    let given = state
        .witnessed
        .iter()
        .filter_map(|own| own.given.as_ref())
        .filter(|given| given.size == of.size && given.note.text() == of.note.text());
    let there = |note: &Note| {
        let signed = of.note.signatures();
        let same = |s: &sakimori_tlog::note::NoteSignature| {
            signed.iter().any(|o| o.name == s.name && o.id == s.id)
        };
        note.signatures().iter().all(same)
    };
    given
        .map(|given| &given.note)
        .filter(move |note| !there(note))
}

fn merge(state: &State, of: &Published) -> Note {
    let mut note = of.note.clone();
    for given in missing(state, of) {
        // A note that is full already stays as it is.
        let _ = note.add_lines(&given.signature_lines());
    }
    note
}

/// The published checkpoint, where a witness gave a cosignature that it has not.
pub(super) fn late(state: &State) -> Option<Published> {
    let published = state.published.as_ref()?;
    missing(state, published).next()?;
    Some(published.clone())
}

/// A checkpoint with all that witnesses gave for it.
pub(super) fn merged(shared: &Shared, of: &Published) -> Note {
    merge(&shared.lock(), of)
}

/// Waits until a checkpoint that the mirror cosigned has the quorum of the policy; `None` where all is over, or where the newest checkpoint is to be tried.
pub(super) fn quorum(shared: &Shared, policy: Option<&Policy>, of: &Published) -> Option<Note> {
    let met = |state: &State| {
        let note = merge(state, of);
        let good = policy.is_none_or(|policy| {
            let verified = note.verify(&policy.keys()).unwrap_or_default();
            policy.met_by(&verified)
        });
        good.then_some(note)
    };
    let mut left = QUORUM_WAIT;
    loop {
        let open =
            |state: &mut State| !state.closing && state.stopped.is_none() && met(state).is_none();
        let step = left.min(FEED_RETRY_WAIT);
        let waited = shared.changed.wait_timeout_while(shared.lock(), step, open);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if state.closing || state.stopped.is_some() {
            return None;
        }
        if let Some(note) = met(&state) {
            return Some(note);
        }
        state.trouble = trouble(&state, of);
        left = left.saturating_sub(step);
        if left == Duration::ZERO {
            // What came since is signed for, and offered in its place.
            state.feed_idle = true;
            drop(state);
            shared.queue.sign();
            return None;
        }
    }
}

/// Who is missing, in one line.
fn trouble(state: &State, of: &Published) -> String {
    let absent = state.witnessed.iter().filter(|own| {
        let given = own.given.as_ref();
        given.is_none_or(|given| given.size != of.size)
    });
    let told: Vec<String> = absent
        .map(|own| match own.trouble.as_str() {
            "" => format!("witness {}: it has not answered yet", own.name),
            trouble => format!("witness {}: {trouble}", own.name),
        })
        .collect();
    format!("the quorum is not met; {}", told.join("; "))
}
