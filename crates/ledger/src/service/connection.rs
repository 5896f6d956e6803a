//! Connections of authors. In: frames. Out: frames. Never: more connections than the bound; an answer before its promise holds.

use super::{Published, Shared};
use crate::disk::Folder;
use crate::limits::{CONNECTIONS_MAX, FRAME_BYTES_MAX, PAGE_ENTRIES_MAX, PROOF_WAIT_MAX};
use crate::queue::{Append, AskTip, NotTaken};
use crate::reader::{LogReader, ReadError};
use crate::socket::{Answer, Problem, Request, read_frame, write_frame};
use crate::wal::Record;
use crate::writer::AppendError;
use sakimori_custody::ids::StreamId;
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::Duration;

/// Opens the door until all is over.
pub(super) fn accept(shared: &Arc<Shared>, listener: &UnixListener) {
    let mut threads = Vec::new();
    for (id, stream) in (0u64..).zip(listener.incoming()) {
        threads.retain(|thread: &thread::JoinHandle<()>| !thread.is_finished());
        let Ok(stream) = stream else { continue };
        if !enter(shared, id, &stream) {
            if shared.lock().closing {
                break;
            }
            continue;
        }
        let shared = Arc::clone(shared);
        threads.push(thread::spawn(move || {
            converse(&shared, stream);
            shared.lock().connections.retain(|(other, _)| *other != id);
        }));
    }
    for thread in threads {
        // A connection that ended in a panic has nothing more to say.
        let _ = thread.join();
    }
}

/// Whether a connection may stay. One too many is closed, which its client sees as a ledger that does not answer.
fn enter(shared: &Shared, id: u64, stream: &UnixStream) -> bool {
    let mut state = shared.lock();
    if state.closing || state.connections.len() >= CONNECTIONS_MAX {
        return false;
    }
    match stream.try_clone() {
        Ok(copy) => {
            state.connections.push((id, copy));
            true
        }
        Err(_) => false,
    }
}

fn converse(shared: &Shared, mut stream: UnixStream) {
    let Ok(folder) = Folder::new(&shared.config.log) else {
        return;
    };
    let mut reader = LogReader::new(&folder, 0);
    while let Ok(Some(frame)) = read_frame(&mut stream) {
        let answer = match Request::decode(&frame) {
            Some(request) => answer(shared, &mut reader, request),
            None => Err(Problem::Malformed),
        };
        let answer = answer.unwrap_or_else(Answer::Problem);
        if write_frame(&mut stream, &answer.encode()).is_err() {
            return;
        }
    }
}

type Reader<'f> = LogReader<&'f Folder>;

fn answer(shared: &Shared, reader: &mut Reader<'_>, request: Request) -> Result<Answer, Problem> {
    match request {
        Request::Append { entry, body } => {
            let indices = append(shared, vec![Record { entry, body }])?;
            Ok(Answer::Index(indices.first().copied().unwrap_or_default()))
        }
        Request::AppendAll(records) => {
            let records = records.into_iter();
            let records = records.map(|(entry, body)| Record { entry, body });
            append(shared, records.collect()).map(Answer::Indices)
        }
        Request::Proof { index, wait_ms } => {
            let wait = Duration::from_millis(u64::from(wait_ms)).min(PROOF_WAIT_MAX);
            proof(shared, reader, index, wait)
        }
        Request::Checkpoint => {
            let state = shared.lock();
            let note = state.published.as_ref().map(|p| p.note.to_bytes());
            Ok(Answer::Checkpoint(note.unwrap_or_default()))
        }
        Request::Entries { from, count } => entries(shared, reader, from, count),
        Request::Tip(stream) => tip(shared, stream),
        Request::Body(commitment) => {
            let body = reader.body(&commitment);
            body.map(Answer::Body).map_err(|error| unreadable(&error))
        }
    }
}

fn unreadable(error: &ReadError) -> Problem {
    Problem::Unreadable(error.to_string())
}

fn stopped(shared: &Shared) -> Problem {
    let reason = shared.lock().stopped.clone();
    Problem::Stopped(reason.unwrap_or_else(|| "the ledger is closing".to_owned()))
}

fn not_taken(shared: &Shared, why: NotTaken) -> Problem {
    match why {
        NotTaken::Busy => Problem::Busy,
        NotTaken::Closed => stopped(shared),
    }
}

/// Hands records to the writer, then waits for all of them: they share writes as the entries of several authors do.
fn append(shared: &Shared, records: Vec<Record>) -> Result<Vec<u64>, Problem> {
    if shared.lock().stopped.is_some() {
        return Err(stopped(shared));
    }
    let mut waiting = Vec::with_capacity(records.len());
    for record in records {
        let (answer, answered) = sync_channel(1);
        let taken = shared.queue.append(Append { record, answer });
        taken.map_err(|why| not_taken(shared, why))?;
        waiting.push(answered);
    }
    let placed = waiting.into_iter().map(|answered| match answered.recv() {
        Ok(Ok(index)) => Ok(index),
        Ok(Err(AppendError::Refused(refusal))) => Err(Problem::Refused(refusal)),
        Ok(Err(AppendError::Denied(reason))) => Err(Problem::Denied(reason)),
        Ok(Err(AppendError::Stopped(reason))) => Err(Problem::Stopped(reason)),
        Err(_) => Err(stopped(shared)),
    });
    placed.collect()
}

fn tip(shared: &Shared, stream: StreamId) -> Result<Answer, Problem> {
    let (answer, answered) = sync_channel(1);
    let taken = shared.queue.tip(AskTip { stream, answer });
    taken.map_err(|why| not_taken(shared, why))?;
    answered
        .recv()
        .map(Answer::Tip)
        .map_err(|_| stopped(shared))
}

fn proof(
    shared: &Shared,
    reader: &mut Reader<'_>,
    index: u64,
    wait: Duration,
) -> Result<Answer, Problem> {
    let published = covering(shared, index, wait)?;
    reader.grow(published.size);
    let proof = reader.proof(index, published.note);
    let proof = proof.map_err(|error| unreadable(&error))?;
    // What is given out was checked: the entry as it is on disk, under the checkpoint as it is published.
    let entry = reader.entry(index).map_err(|error| unreadable(&error))?;
    match proof.check(&entry) {
        Ok(_) => Ok(Answer::Proof(proof.to_text().into_bytes())),
        Err(error) => Err(Problem::Unreadable(error.to_string())),
    }
}

/// The published checkpoint that covers an entry, when it comes in time.
fn covering(shared: &Shared, index: u64, wait: Duration) -> Result<Published, Problem> {
    let open = |state: &mut super::State| {
        let covered = state.published.as_ref().is_some_and(|p| p.size > index);
        !covered && !state.closing && state.stopped.is_none() && index < state.durable
    };
    let waited = shared.changed.wait_timeout_while(shared.lock(), wait, open);
    let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
    match &state.published {
        Some(published) if published.size > index => Ok(published.clone()),
        _ if index >= state.durable => Err(Problem::NoEntry),
        _ => match &state.stopped {
            Some(reason) => Err(Problem::Stopped(reason.clone())),
            None if state.trouble.is_empty() => Err(Problem::Unproven(
                "the mirror was not done in time".to_owned(),
            )),
            None => Err(Problem::Unproven(state.trouble.clone())),
        },
    }
}

fn entries(
    shared: &Shared,
    reader: &mut Reader<'_>,
    from: u64,
    count: u32,
) -> Result<Answer, Problem> {
    let size = shared.lock().published.as_ref().map_or(0, |p| p.size);
    reader.grow(size);
    let count = u64::from(count).min(PAGE_ENTRIES_MAX);
    let end = from.saturating_add(count).min(size);
    if from >= end {
        return Ok(Answer::Entries(Vec::new()));
    }
    let mut entries = reader
        .entries(from..end)
        .map_err(|error| unreadable(&error))?;
    let mut bytes = 1;
    let fitting = entries.iter().take_while(|entry| {
        bytes += entry.len() + 4;
        bytes <= FRAME_BYTES_MAX
    });
    let count = fitting.count();
    entries.truncate(count);
    Ok(Answer::Entries(entries))
}
