//! What an operator's node brings to the office's and takes from there. In: filings and answers that wait, the office's node. Out: receipts that verified, guidance. Never: a
//! filing that is given up; one that overtakes an earlier one of its case.

use super::no;
use crate::peer::Link;
use crate::problem::{Answer, Code, Problem};
use sakimori_cooperate::guidance::Guidance;
use sakimori_liaison::report::Clerk;
use sakimori_store::StoreError;
use sakimori_tlog::key::VerifierKey;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

const JSON: &str = "application/json";
const BYTES: &str = "application/octet-stream";
/// Most files of one round.
const FILES_MAX: usize = 16;

/// What a round brought.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Exchanged {
    /// Filings whose receipts are here now.
    pub receipted: usize,
    /// Files that the office has now.
    pub files: usize,
    /// Answers to guidance that the office has now.
    pub answered: usize,
    /// Guidance that is new here.
    pub guidance: usize,
    /// Orders and demands that are new here.
    pub orders: usize,
    /// Replies to them that the office has now.
    pub replied: usize,
    /// Words of the office on tickets that are new here.
    pub words: usize,
    /// Words on tickets that the office has now.
    pub asked: usize,
    /// The version of the schedule of duties that is new here.
    pub duties: Option<u64>,
    /// Filings that the office does not take, each with its words; they wait on.
    pub refused: Vec<String>,
}

#[derive(Deserialize)]
struct Given {
    guidance: Vec<Guidance>,
}

/// Runs a call of another node beside the loop that serves others.
pub(in crate::api) async fn beside<T: Send + 'static>(
    link: &Arc<Link>,
    call: impl FnOnce(&Link) -> Answer<T> + Send + 'static,
) -> Answer<T> {
    let link = Arc::clone(link);
    let done = tokio::task::spawn_blocking(move || call(&link)).await;
    done.map_err(|e| Problem::hidden(Code::Fault, e))?
}

pub(in crate::api) async fn post(link: &Arc<Link>, path: String, body: Vec<u8>) -> Answer<Value> {
    beside(link, move |link| link.post(&path, JSON, &body)).await
}

/// Whether it is the other side's word on this document, and no trouble of the line.
pub(in crate::api) const fn is_word(code: Code) -> bool {
    code.status() < 500 && !matches!(code, Code::TooManyRequests | Code::TooSlow)
}

/// Brings files of cases that the office has.
async fn files(clerk: &Clerk<'_>, link: &Arc<Link>, told: &mut Exchanged) -> Answer<()> {
    let mut behind = 0;
    for _ in 0..FILES_MAX {
        let file = clerk.waiting_file(behind).await.map_err(|e| no(&e))?;
        let Some(mut file) = file else { break };
        behind = file.paper.sequence;
        let case = &file.paper.said.case;
        // The name has letters, digits, points, hyphens, underscores and spaces alone; of these only letters beyond ASCII and spaces are coded.
        let name: String = file.name.bytes().fold(String::new(), coded);
        let path = format!("/v1/reports/{case}/attachments?name={name}");
        let bytes = std::mem::take(&mut file.bytes);
        let sent = beside(link, move |link| link.post(&path, BYTES, &bytes)).await;
        match sent {
            Ok(_) => {
                clerk.file_sent(&file).await.map_err(|e| no(&e))?;
                told.files += 1;
            }
            Err(problem) if is_word(problem.code) => {
                told.refused
                    .push(format!("{case} {}: {}", file.name, problem.detail));
            }
            Err(problem) => return Err(problem),
        }
    }
    Ok(())
}

fn coded(mut all: String, byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b".-_".contains(&byte) {
        all.push(char::from(byte));
        return all;
    }
    format!("{all}%{byte:02X}")
}

/// Fetches the schedule of duties, and tells who may file: neither holds a report back where the other side does not like it, or what it serves is not to be kept.
async fn beforehand(
    clerk: &Clerk<'_>,
    link: &Arc<Link>,
    (folder, keys): (&Path, &[VerifierKey]),
    told: &mut Exchanged,
) -> Answer<()> {
    let (folder, pinned, now) = (folder.to_owned(), keys.to_vec(), clerk.now);
    let fetch = move |link: &Link| {
        let answer = link.get("/v1/duties")?;
        super::duties::fetched(&folder, &pinned, &answer, now)
    };
    match beside(link, fetch).await {
        Ok(version) => told.duties = version,
        Err(problem) if is_word(problem.code) => told.refused.push(problem.detail),
        Err(problem) => return Err(problem),
    }
    let Some(word) = clerk.filers().word().await.map_err(|e| no(&e))? else {
        return Ok(());
    };
    let body = json!(word).to_string().into_bytes();
    match post(link, "/v1/filers".to_owned(), body).await {
        Ok(_) => Ok(()),
        Err(problem) if is_word(problem.code) => {
            told.refused.push(problem.detail);
            Ok(())
        }
        Err(problem) => Err(problem),
    }
}

/// Brings everything that waits to the office's node, fetches its guidance. Whatever breaks off is tried again at the next call; nothing is there twice.
///
/// # Errors
/// [`Code::PeerUnavailable`] where the office's node does not answer, [`Code::StoreUnavailable`]; [`Code::Refused`] where a receipt does not verify.
pub async fn exchange_reports(
    clerk: &Clerk<'_>,
    folder: &Path,
    keys: &[VerifierKey],
) -> Answer<Exchanged> {
    let mut told = Exchanged::default();
    let of_link = folder.to_owned();
    let open = tokio::task::spawn_blocking(move || Link::open(&of_link, "office")).await;
    let link = Arc::new(open.map_err(|e| Problem::hidden(Code::Fault, e))??);
    beforehand(clerk, &link, (folder, keys), &mut told).await?;
    let mut held = BTreeSet::new();
    for waiting in clerk.waiting().await.map_err(|e| no(&e))? {
        if held.contains(&waiting.case) {
            continue;
        }
        let case = &waiting.case;
        if let Some(filers) = clerk.filers_of(case).await.map_err(|e| no(&e))? {
            let body = json!({"filers": filers.filers}).to_string().into_bytes();
            post(&link, format!("/v1/reports/{case}/filers"), body).await?;
        }
        let sent = post(&link, "/v1/reports".to_owned(), waiting.text.into_bytes()).await;
        match sent {
            Ok(said) => {
                let note = said
                    .get("receipt")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                let taken = clerk.receipted(note.as_bytes(), keys).await;
                taken.map_err(|e| no(&e))?;
                told.receipted += 1;
            }
            Err(problem) if is_word(problem.code) => {
                told.refused
                    .push(format!("{case} {}: {}", waiting.number, problem.detail));
                held.insert(waiting.case);
            }
            Err(problem) => return Err(problem),
        }
    }
    files(clerk, &link, &mut told).await?;
    for answer in clerk.answers_waiting().await.map_err(|e| no(&e))? {
        let ticks = answer.said.answers().last().map(|last| last.ticks.clone());
        let body = json!({"ticks": ticks.unwrap_or_default()}).to_string();
        let path = format!("/v1/guidance/{}/answers", answer.id);
        match post(&link, path, body.into_bytes()).await {
            Ok(_) => match clerk.answer_sent(&answer).await {
                Ok(()) => told.answered += 1,
                // Answered anew in between: that answer waits.
                Err(sakimori_liaison::LiaisonError::Store(StoreError::Stale { .. })) => {}
                Err(e) => return Err(no(&e)),
            },
            Err(problem) if is_word(problem.code) => {
                told.refused
                    .push(format!("{}: {}", answer.id, problem.detail));
            }
            Err(problem) => return Err(problem),
        }
    }
    let bytes = beside(&link, |link| link.get("/v1/guidance")).await?;
    let given: Given = serde_json::from_slice(&bytes)
        .map_err(|e| Problem::hidden(Code::PeerUnavailable, format!("no guidance: {e}")))?;
    let kept = clerk.keep_guidance(&given.guidance).await;
    told.guidance = kept.map_err(|e| no(&e))?;
    crate::api::letter_round::letters_and_tickets(clerk, &link, &mut told).await?;
    Ok(told)
}
