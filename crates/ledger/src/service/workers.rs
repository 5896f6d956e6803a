//! The two threads that move the log, writer and feed; outside witnesses are beside them. In: queued work, signed checkpoints. Out: answers, published checkpoints. Never: a checkpoint
//! published that was not kept before.

use super::{CHECKPOINT, Published, Shared, witnesses};
use crate::disk::{Disk, Folder};
use crate::feed::{Feed, FeedError, Peer};
use crate::limits::FEED_RETRY_WAIT;
use crate::queue::Work;
use crate::reader::LogReader;
use crate::writer::Writer;
use sakimori_tlog::note::Note;
use sakimori_tlog::policy::Policy;
use std::error::Error;
use std::sync::PoisonError;

/// Entries that may be durable without a signed checkpoint while the mirror is away; beyond it one is signed, so that the write-ahead log stays short.
const UNSIGNED_ENTRIES_MAX: u64 = 4096;

/// An error with all its sources in one line.
pub(super) fn told(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text
}

/// The writer's loop: a batch, its answers, and a checkpoint when the feed is ready for one.
pub(super) fn write(shared: &Shared, mut writer: Writer) {
    loop {
        let work = shared.queue.take();
        let (ready, closed) = (work.sign, work.closed);
        serve(shared, &mut writer, work);
        let unsigned = writer.size() - writer.signed_size();
        let idle = ready || shared.lock().feed_idle;
        // A mirror that does not answer must not make the write-ahead log full, which would stop the log.
        let long = unsigned > UNSIGNED_ENTRIES_MAX || writer.is_long();
        let due = (idle && unsigned > 0) || long || ready;
        if due
            && !writer.is_stopped()
            && let Err(error) = writer.checkpoint()
        {
            shared.stop(told(&error));
        }
        offer(shared, &writer);
        if closed {
            return;
        }
    }
}

fn serve(shared: &Shared, writer: &mut Writer, work: Work) {
    for ask in work.tips {
        // Who asked may be gone.
        let _ = ask.answer.send(writer.tip(ask.stream));
    }
    if work.appends.is_empty() {
        return;
    }
    let (records, answers): (Vec<_>, Vec<_>) = work
        .appends
        .into_iter()
        .map(|append| (append.record, append.answer))
        .unzip();
    let placed = writer.append(records);
    if writer.is_stopped() {
        let first = placed.iter().find_map(|place| place.as_ref().err());
        shared.stop(first.map_or_else(|| "the writer stopped".to_owned(), ToString::to_string));
    }
    // Before the answers: an author may ask for a proof as soon as it has its index.
    shared.lock().durable = writer.size();
    for (place, answer) in placed.into_iter().zip(answers) {
        let _ = answer.send(place);
    }
}

/// Shows the feed what is signed.
fn offer(shared: &Shared, writer: &Writer) {
    let mut state = shared.lock();
    let size = writer.signed_size();
    if let Some(note) = writer.signed()
        && state.signed.as_ref().is_none_or(|old| old.size < size)
    {
        state.signed = Some(Published {
            note: note.clone(),
            size,
        });
        // Until the feed has seen it, it is not ready for another. What is published already, as after a start, it does not look at.
        state.feed_idle = state.published.as_ref().is_some_and(|p| p.size >= size);
        drop(state);
        shared.changed.notify_all();
    }
}

/// What the feed's thread owns.
pub(super) struct FeedWorker {
    /// The mirror; without one the log's own signature is published.
    pub(super) link: Option<(Feed, Box<dyn Peer>)>,
    /// Whose cosignatures a checkpoint has before it is published.
    pub(super) policy: Option<Policy>,
    /// The log, to be read.
    pub(super) folder: Folder,
    /// The log, where the checkpoint is put.
    pub(super) publisher: Folder,
}

/// What the feed does next.
enum Step {
    /// A checkpoint is signed and not published.
    Cosign(Published),
    /// A witness gave a cosignature of what is published already.
    Merge(Published),
}

impl FeedWorker {
    /// The feed's loop: waits for a signed checkpoint, has it cosigned, publishes it.
    pub(super) fn run(mut self, shared: &Shared) {
        let last = shared.lock().published.clone();
        if let Some(last) = last {
            self.hand_on(shared, &last.note);
        }
        while let Some(step) = next(shared) {
            match step {
                Step::Merge(published) => {
                    let note = witnesses::merged(shared, &published);
                    self.hand_on(shared, &note);
                    self.publish(shared, note, published.size);
                }
                Step::Cosign(signed) => match self.cosign(&signed) {
                    Ok(note) => {
                        let size = signed.size;
                        let cosigned = Published { note, size };
                        let whole = witnesses::quorum(shared, self.policy.as_ref(), &cosigned);
                        if let Some(note) = whole {
                            self.publish(shared, note.clone(), size);
                            self.hand_on(shared, &note);
                        }
                    }
                    Err(error) => rest(shared, &format!("the mirror: {}", told(&error))),
                },
            }
        }
    }

    fn cosign(&mut self, signed: &Published) -> Result<Note, FeedError> {
        let mut reader = LogReader::new(&self.folder, signed.size);
        match &mut self.link {
            Some((feed, peer)) => feed.offer(&mut **peer, &mut reader, &signed.note),
            None => Ok(signed.note.clone()),
        }
    }

    /// Where there are outside witnesses, the mirror is shown what they gave. It misses nothing that it needs: a failure passes.
    fn hand_on(&mut self, shared: &Shared, whole: &Note) {
        let none = shared.lock().witnessed.is_empty();
        if let Some((feed, peer)) = &mut self.link
            && !none
        {
            let _ = feed.hand_on(&mut **peer, whole);
        }
    }

    fn publish(&mut self, shared: &Shared, note: Note, size: u64) {
        if let Err(error) = self.publisher.commit(CHECKPOINT, &note.to_bytes()) {
            shared.stop(format!("the checkpoint cannot be published: {error}"));
            return;
        }
        let mut state = shared.lock();
        let first = state.published.as_ref().is_none_or(|p| p.size < size);
        state.published = Some(Published { note, size });
        if first {
            state.trouble.clear();
            state.feed_idle = true;
        }
        drop(state);
        shared.changed.notify_all();
        if first {
            shared.queue.sign();
        }
    }
}

/// Waits for a signed checkpoint that is not published, or a late cosignature of the one that is; `None` when all is over.
fn next(shared: &Shared) -> Option<Step> {
    let newer = |state: &super::State| {
        let published = state.published.as_ref().map_or(0, |p| p.size);
        let signed = state.signed.as_ref();
        signed.filter(|signed| signed.size > published).cloned()
    };
    let waiting = |state: &mut super::State| {
        let nothing = newer(state).is_none() && witnesses::late(state).is_none();
        !state.closing && state.stopped.is_none() && nothing
    };
    let waited = shared.changed.wait_while(shared.lock(), waiting);
    let mut state = waited.unwrap_or_else(PoisonError::into_inner);
    if state.closing || state.stopped.is_some() {
        return None;
    }
    let Some(signed) = newer(&state) else {
        return witnesses::late(&state).map(Step::Merge);
    };
    state.offered = Some(signed.clone());
    drop(state);
    // The witnesses work beside the mirror.
    shared.changed.notify_all();
    Some(Step::Cosign(signed))
}

/// Remembers the trouble and waits before the next try, or until all is over.
fn rest(shared: &Shared, trouble: &str) {
    let mut state = shared.lock();
    trouble.clone_into(&mut state.trouble);
    state.feed_idle = true;
    drop(state);
    shared.queue.sign();
    let open = |state: &mut super::State| !state.closing && state.stopped.is_none();
    let waited = shared
        .changed
        .wait_timeout_while(shared.lock(), FEED_RETRY_WAIT, open);
    drop(waited.unwrap_or_else(PoisonError::into_inner));
}
