//! What an operator's node fetches from the office's and brings there of letters and tickets. In: replies and words that wait, the office's node. Out: letters that are kept and
//! told to be, words and replies that the office has. Never: a letter that is told to be here before it is kept; a word that overtakes an earlier one of its ticket.

use super::report::{Exchanged, beside, is_word, no, post};
use crate::peer::Link;
use crate::problem::{Answer, Code, Problem};
use sakimori_cooperate::order::{Letter, LetterState};
use sakimori_cooperate::ticket::Ticket;
use sakimori_liaison::report::Clerk;
use sakimori_store::{Change, StoreError};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;

/// Settings that keep how far this node has read.
const LETTERS_READ: &str = "letters.read";
const TICKETS_READ: &str = "tickets.read";
/// Most pages of one round: what is more comes in the next.
const PAGES_MAX: usize = 50;
/// Most words of one ticket that a round brings.
const WORDS_MAX: usize = 200;

/// A page of the office's node; what this version does not know of it is not looked at.
#[derive(Deserialize)]
struct Page<T> {
    #[serde(alias = "letters", alias = "tickets")]
    rows: Vec<T>,
    place: u64,
    more: bool,
    newest: u64,
}

async fn page<T: DeserializeOwned>(link: &Arc<Link>, path: String) -> Answer<Page<T>> {
    let bytes = beside(link, move |link| link.get(&path)).await?;
    let bad = |e| Problem::hidden(Code::PeerUnavailable, format!("no page: {e}"));
    serde_json::from_slice(&bytes).map_err(bad)
}

async fn read(clerk: &Clerk<'_>, key: &str) -> Answer<u64> {
    let kept = clerk.store.setting(key).await;
    let kept = kept.map_err(|e| Problem::hidden(Code::StoreUnavailable, e))?;
    Ok(kept.and_then(|place| place.parse().ok()).unwrap_or(0))
}

async fn has_read(clerk: &Clerk<'_>, key: &str, place: u64) -> Answer<()> {
    let set = Change::Set {
        key: key.to_owned(),
        value: place.to_string(),
    };
    match clerk.store.apply(&[set]).await {
        // Another round read at the same moment; what is read twice changes nothing.
        Ok(()) | Err(StoreError::Stale { .. } | StoreError::Exists { .. }) => Ok(()),
        Err(e) => Err(Problem::hidden(Code::StoreUnavailable, e)),
    }
}

/// A member of an answer of the office's node.
fn member<T: DeserializeOwned>(said: &Value, key: &str) -> Answer<T> {
    let value = said.get(key).cloned().unwrap_or_default();
    let bad = |e| Problem::hidden(Code::PeerUnavailable, format!("{key}: {e}"));
    serde_json::from_value(value).map_err(bad)
}

/// Fetches, tells what is here, brings what waits. Whatever breaks off is tried again at the next round; nothing is there twice.
///
/// # Errors
/// [`Code::PeerUnavailable`] where the office's node does not answer, [`Code::StoreUnavailable`].
pub(super) async fn letters_and_tickets(
    clerk: &Clerk<'_>,
    link: &Arc<Link>,
    told: &mut Exchanged,
) -> Answer<()> {
    letters(clerk, link, told).await?;
    replies(clerk, link, told).await?;
    tickets(clerk, link, told).await?;
    words(clerk, link, told).await
}

async fn letters(clerk: &Clerk<'_>, link: &Arc<Link>, told: &mut Exchanged) -> Answer<()> {
    let mut place = read(clerk, LETTERS_READ).await?;
    for _ in 0..PAGES_MAX {
        let page: Page<Letter> = page(link, format!("/v1/orders?after={place}")).await?;
        if page.newest < place {
            // The office's store is another than the one that was read: from the beginning.
            place = 0;
            continue;
        }
        let kept = clerk.keep_letters(&page.rows).await;
        told.orders += kept.map_err(|e| no(&e))?;
        let mut receipts = false;
        for letter in &page.rows {
            if letter.state() != LetterState::Issued {
                continue;
            }
            let path = format!("/v1/orders/{}/receipts", letter.id());
            match post(link, path, b"{}".to_vec()).await {
                Ok(_) => receipts = true,
                Err(problem) if is_word(problem.code) => {
                    let id = letter.id();
                    told.refused.push(format!("{id}: {}", problem.detail));
                }
                Err(problem) => return Err(problem),
            }
        }
        if page.place != place {
            place = page.place;
            has_read(clerk, LETTERS_READ, place).await?;
        }
        // What was just told to be here is a new version there.
        if !page.more && !receipts {
            break;
        }
    }
    Ok(())
}

async fn replies(clerk: &Clerk<'_>, link: &Arc<Link>, told: &mut Exchanged) -> Answer<()> {
    for waiting in clerk.replies_waiting().await.map_err(|e| no(&e))? {
        let Some(reply) = waiting.said.waiting_reply(&waiting.id) else {
            continue;
        };
        let body = json!({"text": reply.text}).to_string().into_bytes();
        let path = format!("/v1/orders/{}/replies", waiting.id);
        match post(link, path, body).await {
            Ok(said) => {
                let letter: Letter = member(&said, "letter")?;
                let kept = clerk.keep_letters(&[letter]).await;
                kept.map_err(|e| no(&e))?;
                told.replied += 1;
            }
            Err(problem) if is_word(problem.code) => {
                told.refused
                    .push(format!("{}: {}", waiting.id, problem.detail));
            }
            Err(problem) => return Err(problem),
        }
    }
    Ok(())
}

async fn tickets(clerk: &Clerk<'_>, link: &Arc<Link>, told: &mut Exchanged) -> Answer<()> {
    let mut place = read(clerk, TICKETS_READ).await?;
    for _ in 0..PAGES_MAX {
        let page: Page<Ticket> = page(link, format!("/v1/tickets?after={place}")).await?;
        if page.newest < place {
            place = 0;
            continue;
        }
        let kept = clerk.keep_tickets(&page.rows).await;
        let (new, taken) = kept.map_err(|e| no(&e))?;
        told.words += new;
        told.asked += taken;
        if page.place != place {
            place = page.place;
            has_read(clerk, TICKETS_READ, place).await?;
        }
        if !page.more {
            break;
        }
    }
    Ok(())
}

async fn words(clerk: &Clerk<'_>, link: &Arc<Link>, told: &mut Exchanged) -> Answer<()> {
    for waiting in clerk.words_waiting().await.map_err(|e| no(&e))? {
        let (id, mut held) = (waiting.id, waiting.said);
        for _ in 0..WORDS_MAX {
            let Some(word) = held.next_word(&id) else {
                break;
            };
            let body = json!({
                "id": word.id, "subject": word.subject, "text": word.text, "number": word.number,
            });
            let sent = post(
                link,
                "/v1/tickets".to_owned(),
                body.to_string().into_bytes(),
            )
            .await;
            match sent {
                Ok(said) => {
                    let ticket: Ticket = member(&said, "ticket")?;
                    let kept = clerk.keep_tickets(&[ticket]).await;
                    let (new, taken) = kept.map_err(|e| no(&e))?;
                    told.words += new;
                    told.asked += taken;
                }
                Err(problem) if is_word(problem.code) => {
                    told.refused.push(format!("{id}: {}", problem.detail));
                    break;
                }
                Err(problem) => return Err(problem),
            }
            held = clerk.ticket(&id).await.map_err(|e| no(&e))?.paper.said;
        }
    }
    Ok(())
}
