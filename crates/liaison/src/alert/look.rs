//! The office's node looks by itself. In: registrations that are due, what was found where they have to be shown, the registered contact, the time. Out: what every look gave, on
//! record; letters to contacts and reminders, in the same transaction. Never: a look-up: who has a socket hands in what was found; a token to who claims; a look without end.

use super::Timing;
use super::contact::{contacted, written_before};
use super::outbox::{Letter, message};
use super::registration::{Found, Look, REGISTRATIONS_OF_ONE_MAX, RegistrationPaper, judged, open};
use super::stand::{looks_by_itself, next_look, standing, tried};
use super::ways::{Ways, ways};
use crate::asset::Act;
use crate::error::LiaisonError;
use crate::paper::{self, Document, Written};
use sakimori_custody::time::Seconds;
use sakimori_exchange::alert::{LOOKS_MAX, Method};
use sakimori_store::limits::PAPERS_MAX;
use sakimori_store::{Change, Papers, Store, StoreError, View};
use std::collections::BTreeMap;

/// Registrations of one operator that a round takes: the others' come in the same round.
const STEPS_OF_ONE_MAX: usize = 10;
/// Registrations that a round takes.
const STEPS_MAX: usize = 100;

/// What a registration needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Somebody has to look there.
    Look(Look),
    /// The registered contact has to be found, and is written to.
    Write(Look),
    /// Its time has come: a reminder or an end, for which nobody looks.
    Settle,
}

/// Registrations that need something now, the most urgent first, at most 100 and at most 10 of one operator.
///
/// # Errors
/// What the store says; [`LiaisonError::Unreadable`].
pub async fn steps(
    store: &(impl Papers + ?Sized),
    now: Seconds,
) -> Result<Vec<(Written<RegistrationPaper>, Step)>, LiaisonError> {
    let mut all = Vec::new();
    let mut turns: BTreeMap<String, usize> = BTreeMap::new();
    let mut place = (0, 0);
    // As many pages as one operator can fill.
    for _ in 0..=REGISTRATIONS_OF_ONE_MAX.div_ceil(PAPERS_MAX as u64) {
        let kind = RegistrationPaper::KIND;
        let due = store.due_after(View::All, kind, now.0, place).await?;
        let Some(last) = due.last() else {
            break;
        };
        place = (last.paper.due.unwrap_or(now.0), last.sequence);
        for kept in due {
            let turn = turns.entry(kept.paper.owner.clone()).or_default();
            *turn += 1;
            if *turn > STEPS_OF_ONE_MAX {
                continue;
            }
            let kept: Written<RegistrationPaper> = paper::read(kept)?;
            let step = step(&kept.said, now);
            all.push((kept, step));
            if all.len() == STEPS_MAX {
                return Ok(all);
            }
        }
    }
    Ok(all)
}

fn step(said: &RegistrationPaper, now: Seconds) -> Step {
    let claim = said.open_claim(now);
    let due = claim.and_then(|claim| claim.next_look);
    match (due, said.look()) {
        (Some(due), Some(look)) if due <= now.0 => match look.method {
            Method::MailToContact => Step::Write(look),
            _ => Step::Look(look),
        },
        _ => Step::Settle,
    }
}

fn of<'a>(kept: &'a Written<RegistrationPaper>, act: &Act<'a>) -> Act<'a> {
    Act {
        owner: &kept.owner,
        ..*act
    }
}

/// Another was faster: what it wrote holds, and what is due then is seen in the next round.
fn unless_stale(done: Result<(), LiaisonError>) -> Result<(), LiaisonError> {
    match done {
        Err(LiaisonError::Store(StoreError::Stale { .. })) => Ok(()),
        done => done,
    }
}

/// Takes what the node found at a claim, with what the place said; gives whether control is shown. What is not there is looked for again, later and later, until it was often enough.
///
/// # Errors
/// What the store says; [`LiaisonError::Unreadable`].
pub async fn looked(
    store: &(impl Store + ?Sized),
    act: Act<'_>,
    kept: &Written<RegistrationPaper>,
    (found, words): (&Found, &str),
    timing: &Timing,
) -> Result<bool, LiaisonError> {
    let act = of(kept, &act);
    let (mut claim, proof, _) = open(kept)?;
    if claim.looks >= LOOKS_MAX {
        // People looked so often that nobody may look any more.
        claim.next_look = None;
        let mut said = kept.said.clone();
        said.asked = Some(claim);
        let (state, due) = standing(&said, act.at);
        let change = kept.next(&said, act.standing(state, due))?;
        let done = store.apply(&[change]).await;
        return unless_stale(done.map_err(LiaisonError::from)).map(|()| false);
    }
    claim.tries += 1;
    claim.next_look = next_look(claim.tries, act.at, timing);
    match judged(store, act, kept, (claim, proof), (found, words)).await {
        Ok(_) => Ok(true),
        // It is not shown, and that is on record.
        Err(LiaisonError::Refused { .. }) => Ok(false),
        Err(e) => unless_stale(Err(e)).map(|()| false),
    }
}

/// Writes to the registered contact of a claim: the letter and what is said of it are kept in one transaction. A contact that this operator's claims had written to within the longest delay
/// is not written to again, whatever is claimed: that is a look that found nothing.
///
/// # Errors
/// As [`looked`].
pub async fn written_to(
    store: &(impl Store + ?Sized),
    act: Act<'_>,
    kept: &Written<RegistrationPaper>,
    contact: &str,
    timing: &Timing,
) -> Result<(), LiaisonError> {
    let before = written_before(store, &kept.owner, contact).await?;
    if let Some(before) = &before {
        let from = Seconds(before.said.at).plus(timing.looks.delay_seconds_max);
        if act.at < from {
            let words = format!("the contact was written to; not again before {from}");
            let nothing = (&Found::Nothing, words.as_str());
            return looked(store, act, kept, nothing, timing).await.map(|_| ());
        }
    }
    let act = of(kept, &act);
    let (mut claim, _, challenge) = open(kept)?;
    let id = format!("challenge-{}-{}-{}", kept.owner, kept.id, claim.asked_at);
    claim.tries += 1;
    claim.next_look = None;
    claim.written_to = Some(contact.to_owned());
    let mut said = kept.said.clone();
    said.asked = Some(claim);
    tried(&mut said, &act, "written", contact);
    let asset = &said.asset;
    let subject = format!("{asset}: 管理の確認 / Do you control it?");
    let owner = &kept.owner;
    let (text, until) = (&challenge.text, challenge.until);
    let body = format!(
        "{owner} が {asset} を早期警戒の対象として登録しようとしています。登録機関の連絡先であるあなたが承認する場合は、{until} までに次の文字列を含めてこのメールに返信してください。心当たりのない場合は何もしないでください。\n\n\
         {owner} wants to register {asset} for early warning. You are the contact that the registry names. If you agree, answer this mail until {until} with this text in it. If you know nothing of it, do nothing.\n\n\
         {text}\n"
    );
    // The letter is the office's paper: the operator that claims must not read the token.
    let office = Act {
        owner: "office",
        ..act
    };
    let letter = Letter::mail(&id, contact, subject, body);
    let (state, due) = standing(&said, act.at);
    let changes = [
        kept.next(&said, act.standing(state, due))?,
        message(&office, letter)?,
        contacted(&act, contact, before.as_ref())?,
        act.audit("write-contact", asset, contact.to_owned()),
    ];
    unless_stale(store.apply(&changes).await.map_err(LiaisonError::from))
}

/// Does what needs no look: tells the operator once that its proof ends soon, ends what has ended.
///
/// # Errors
/// As [`looked`].
pub async fn settle(
    store: &(impl Store + ?Sized),
    act: Act<'_>,
    kept: &Written<RegistrationPaper>,
) -> Result<(), LiaisonError> {
    let act = of(kept, &act);
    let mut said = kept.said.clone();
    let mut letters = Vec::new();
    if said.remind_from(act.at).is_some_and(|from| from <= act.at) {
        said.reminded = said.shown.as_ref().and_then(|claim| claim.verified_at);
        let own = ways(store, &kept.owner).await?;
        let own = own.map(|own| own.said).unwrap_or_default();
        letters = reminders(&act, &kept.id, &said, &own)?;
    }
    let (state, due) = standing(&said, act.at);
    // What is due now and was not done here would be due for ever.
    let due = due.filter(|due| *due > act.at.0);
    let mut changes = vec![kept.next(&said, act.standing(state, due))?];
    changes.extend(letters);
    unless_stale(store.apply(&changes).await.map_err(LiaisonError::from))
}

/// The messages that a proof ends soon, by the ways of its operator.
fn reminders(
    act: &Act<'_>,
    id: &str,
    said: &RegistrationPaper,
    own: &Ways,
) -> Result<Vec<Change>, LiaisonError> {
    let Some(until) = said.holds_until(act.at) else {
        return Ok(Vec::new());
    };
    let name = format!("renewal-{id}-{}", said.reminded.unwrap_or_default());
    let asset = &said.asset;
    let mut all = Vec::new();
    if let Some(hook) = &own.webhook {
        let registration = serde_json::json!({
            "id": id, "thing": asset, "method": said.method, "shown_until": until.to_string(),
        });
        let body = serde_json::json!({ "type": "renewal", "registration": registration });
        let name = format!("{name}-webhook");
        let letter = Letter::webhook(&name, &hook.url, body.to_string());
        all.push(message(act, letter)?);
    }
    if let Some(mail) = &own.mail {
        let (subject, body) = if mail.language == "ja" {
            (
                format!("早期警戒：{asset} の証明の更新"),
                format!(
                    "{asset} の管理の証明は {until} に終わります。それまでに更新しないと、通知は届かなくなります。\n"
                ),
            )
        } else {
            (
                format!("Early warning: renew the proof for {asset}"),
                format!(
                    "The proof that you control {asset} ends at {until}. If it is not renewed until then, no alert about it comes any more.\n"
                ),
            )
        };
        let letter = Letter::mail(&format!("{name}-mail"), &mail.to, subject, body);
        all.push(message(act, letter)?);
    }
    Ok(all)
}

/// The operator asks for a look now.
///
/// # Errors
/// [`LiaisonError::Missing`], also where the claim is another's; [`LiaisonError::Refused`] where nobody but a person can look, or somebody looked just now or often enough; what the
/// store says.
pub async fn look_now(
    store: &(impl Store + ?Sized),
    act: Act<'_>,
    id: &str,
    timing: &Timing,
) -> Result<(), LiaisonError> {
    let kept = paper::newest::<RegistrationPaper>(store, act.owner, id).await?;
    let (mut claim, proof, _) = open(&kept)?;
    let refused = |rule: String| LiaisonError::Refused {
        field: "look".to_owned(),
        rule,
    };
    if !looks_by_itself(proof.method()) || claim.written_to.is_some() {
        return Err(refused("an officer looks at what was sent".to_owned()));
    }
    if act.at >= claim.until() || claim.tries >= timing.looks.tries_max {
        return Err(refused(
            "the challenge has ended; ask for a new one".to_owned(),
        ));
    }
    let last = kept.said.tried.last().map(|tried| tried.at);
    let wait = last.map(|last| Seconds(last).plus(timing.looks.first_delay_seconds));
    if let Some(wait) = wait.filter(|wait| act.at < *wait) {
        return Err(refused(format!("somebody looked just now; from {wait}")));
    }
    claim.next_look = Some(act.at.0);
    let mut said = kept.said.clone();
    said.asked = Some(claim);
    let (state, due) = standing(&said, act.at);
    let changes = [
        kept.next(&said, act.standing(state, due))?,
        act.audit("ask-look", &said.asset, String::new()),
    ];
    Ok(store.apply(&changes).await?)
}
