//! What the office found, told to the owners of what it names: through the gate for each of them, then straight into the intake as sightings. In: indicators of an analyst, words, a basis.
//! Out: a log entry and a copy for each owner, alerts. Never: a thing of one owner in what another is told; an alert before its entry.

use super::claims::timing;
use crate::api::office::{caller_id, office};
use crate::api::products::{FromCase, case, enter, name, names, reported, word};
use crate::api::report::no;
use crate::app::{App, Caller, Shared};
use crate::extract::Json;
use crate::problem::{Answer, Code, Document, Problem};
use axum::Json as Said;
use axum::extract::State;
use sakimori_access::{Act as Leave, Object};
use sakimori_custody::Recorded;
use sakimori_custody::class::Class;
use sakimori_custody::ids::hex;
use sakimori_custody::time::Seconds;
use sakimori_exchange::feed::Kind;
use sakimori_exchange::list::What;
use sakimori_liaison::alert::{self, Feed, FeedForm, Finding, Intake, Others, Timing};
use sakimori_liaison::asset::Act;
use sakimori_liaison::product::{self, Denied, Source, Waiting, Wish};
use sakimori_release::{Marking, Pap, PseudonymKey, Recipient, RecipientKind, Request, Tlp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// Most owners that a warning goes to: their copies are given in one transaction.
const OWNERS_MAX: usize = 200;
/// Most indicators of a warning.
const INDICATORS_MAX: usize = 1000;

/// A warning.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewWarning {
    /// The case that it comes from; without it, open sources or what others gave.
    #[serde(default)]
    from: Option<FromCase>,
    /// What was found: addresses, prefixes, domains, URLs. Those that nobody registered are counted and told to nobody.
    #[schema(max_items = 1000)]
    indicators: Vec<String>,
    /// active-compromise, vulnerability or exposure.
    kind: String,
    /// What it is, in a word.
    about: String,
    /// How far it is to be believed, such as B2.
    grade: String,
    /// When it was seen, RFC 3339 in UTC; now without it.
    #[serde(default)]
    seen: Option<String>,
    /// What it means and what to do.
    #[schema(max_length = 16_384)]
    words: String,
    /// How far it may go: `clear`, `green`, `amber`, `amber+strict`, `red`.
    tlp: String,
    /// What may be done with it: `clear`, `green`, `amber`, `red`.
    pap: String,
    /// On which basis of the law.
    basis: String,
    /// How the rights of communication parties were considered.
    rights: String,
}

/// What a warning did, in numbers.
#[derive(Serialize, ToSchema)]
pub(crate) struct Warned {
    /// Owners that were told.
    owners: usize,
    /// Indexes of the log entries, one for each of them.
    entries: Vec<u64>,
    /// Indicators that nobody registered.
    unmatched: usize,
    /// Alerts that were opened.
    opened: u64,
    /// Sightings of what was known.
    again: u64,
    /// Sightings that an answer keeps silent.
    muted: u64,
}

fn kind(text: &str) -> Option<Kind> {
    let all = [Kind::ActiveCompromise, Kind::Vulnerability, Kind::Exposure];
    all.into_iter().find(|kind| kind.name() == text)
}

impl NewWarning {
    fn finding(&self, now: Seconds) -> Answer<Finding<'_>> {
        if self.indicators.len() > INDICATORS_MAX {
            let detail = format!("indicators: {INDICATORS_MAX} at most");
            return Err(Problem::new(Code::Refused, detail));
        }
        let grade = self.grade.parse();
        let seen = self.seen.as_deref().map(str::parse).transpose();
        Ok(Finding {
            kind: word("kind", &self.kind, kind)?,
            about: &self.about,
            grade: grade.map_err(|e| Problem::new(Code::Refused, e))?,
            seen: seen
                .map_err(|_| Problem::new(Code::Refused, "seen: is no time"))?
                .unwrap_or(now),
        })
    }

    fn wish(&self, by: &str, owner: &str, own: &[What], now: Seconds) -> Answer<Wish> {
        let source = match &self.from {
            None => Source::Open,
            Some(from) => reported(from)?,
        };
        let to = Recipient::new(RecipientKind::Operator, name("owner", owner)?);
        Ok(Wish {
            class: Class::PublicNotice,
            source,
            indicators: own.iter().map(ToString::to_string).collect(),
            words: self.words.clone(),
            fields: Vec::new(),
            document: None,
            marking: Marking {
                tlp: word("tlp", &self.tlp, Tlp::from_name)?,
                pap: word("pap", &self.pap, Pap::from_name)?,
            },
            request: Request {
                actor: name("actor", by)?,
                basis: self.basis.clone(),
                rights: self.rights.clone(),
                recipients: vec![to],
                conditions: Vec::new(),
                transforms: Vec::new(),
                now,
            },
        })
    }
}

/// Asks the gate for every owner before anything is entered: what it refuses for one is told to none.
fn judged(app: &App, wishes: &[(Wish, Others)]) -> Answer<Vec<(Waiting, u64)>> {
    let office = office(&app.part)?;
    let fault = |e: std::io::Error| Problem::hidden(Code::Fault, e);
    let mut waiting = Vec::with_capacity(wishes.len());
    for (wish, others) in wishes {
        let key = PseudonymKey::new(app.host.bytes().map_err(fault)?);
        match product::prepare(wish, others, &key) {
            Ok(one) => waiting.push(one),
            Err(Denied::Wrong(error)) => return Err(no(&error)),
            Err(Denied::Refused(refusal)) => {
                enter(app, office, &refusal.record)?;
                return Err(Problem::new(Code::Refused, refusal));
            }
        }
    }
    let entered = waiting.into_iter().map(|one| {
        let entry = enter(app, office, one.record())?;
        Ok((one, entry))
    });
    entered.collect()
}

/// Tells the owners of registered things what was found of them: each through the gate with its own log entry and copy, then as sightings into the intake. What the gate refuses for one is told
/// to none; the refusal is on record.
#[utoipa::path(post, path = "/v1/warnings", tag = "alerts", request_body = NewWarning,
    responses(
        (status = 200, description = "Numbers alone.", body = Warned),
        (status = 404, description = "No such case.", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "A field breaks a rule, or the gate refuses.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn warn(
    State(app): State<Shared>,
    caller: Caller,
    Json(new): Json<NewWarning>,
) -> Answer<Said<Warned>> {
    app.require(&caller, Leave::ReleaseProduct, &Object::any())
        .await?;
    let by = caller_id(&caller);
    if let Some(from) = &new.from {
        case(&app, from).await?;
    }
    let now = app.host.seconds();
    let finding = new.finding(now)?;
    // What the list for the intake refuses is refused before anything is asked of the gate.
    alert::list("", &[], finding).map_err(|e| no(&e))?;
    let store = app.store.as_ref();
    let owners = alert::owners(store, &new.indicators, finding, now).await;
    let owners = owners.map_err(|e| no(&e))?;
    bounded(owners.len())?;
    // What the settings refuse is refused before anything is given.
    let timing = timing(&app).await?;
    let known = product::known(store, names(&app)?, now).await;
    let known = known.map_err(|e| no(&e))?;
    let mut wishes = Vec::new();
    for (owner, own) in &owners {
        let others = Others::than(&known, owner, own);
        wishes.push((new.wish(&by, owner, own, now)?, others));
    }
    let judged = app.blocking(move |app| judged(app, &wishes)).await?;
    let (id, entries) = given(&app, &by, judged).await?;
    let intake = taken(&app, (&by, &id), (&owners, &timing), finding).await?;
    let found: BTreeSet<String> = owners.values().flatten().map(ToString::to_string).collect();
    Ok(Said(Warned {
        owners: owners.len(),
        entries,
        unmatched: new.indicators.len().saturating_sub(found.len()),
        opened: intake.opened,
        again: intake.again,
        muted: intake.muted,
    }))
}

/// A warning to more owners than one transaction has room for is sent as some.
fn bounded(owners: usize) -> Answer<()> {
    if owners > OWNERS_MAX {
        let detail = format!(
            "indicators: are of {owners} owners, {OWNERS_MAX} at most; send them as some warnings"
        );
        return Err(Problem::new(Code::Refused, detail));
    }
    Ok(())
}

/// Gives each owner its copy: all of them, or where it fails none.
async fn given(app: &Shared, by: &str, judged: Vec<(Waiting, u64)>) -> Answer<(String, Vec<u64>)> {
    let fault = |e: std::io::Error| Problem::hidden(Code::Fault, e);
    let id = hex(&app.host.bytes::<8>().map_err(fault)?);
    let mut entries = Vec::with_capacity(judged.len());
    let store = app.store.as_ref();
    let mut all = Vec::new();
    for (waiting, entry) in judged {
        let released = waiting.recorded(Recorded::at(entry));
        let changes = product::given(store, &released, &id, by, app.host.seconds()).await;
        all.extend(changes.map_err(|e| no(&e))?);
        entries.push(entry);
    }
    if !all.is_empty() {
        let stored = store.apply(&all).await;
        stored.map_err(|e| Problem::hidden(Code::StoreUnavailable, e))?;
    }
    Ok((id, entries))
}

/// Takes what was let go as sightings, for those owners alone.
async fn taken(
    app: &Shared,
    (by, id): (&str, &str),
    (owners, timing): (&BTreeMap<String, Vec<What>>, &Timing),
    finding: Finding<'_>,
) -> Answer<Intake> {
    if owners.is_empty() {
        return Ok(Intake::default());
    }
    let mut all: Vec<What> = Vec::new();
    for what in owners.values().flatten() {
        if !all.contains(what) {
            all.push(what.clone());
        }
    }
    let list = alert::list(id, &all, finding).map_err(|e| no(&e))?;
    let feed = Feed {
        name: &format!("warning {id}"),
        form: FeedForm::List,
        grade: finding.grade,
        bytes: list.as_bytes(),
    };
    let act = Act {
        owner: "office",
        by,
        at: app.host.seconds(),
    };
    let names: BTreeSet<String> = owners.keys().cloned().collect();
    let intake = alert::take_for(app.store.as_ref(), act, feed, timing, &names).await;
    intake.map_err(|e| no(&e))
}

#[cfg(test)]
mod tests {
    use super::{OWNERS_MAX, bounded};

    #[test]
    fn more_owners_than_one_transaction_holds_are_refused_before_the_gate_is_asked() {
        bounded(OWNERS_MAX).unwrap();
        let no = bounded(OWNERS_MAX + 1).unwrap_err().detail;
        assert!(no.contains("201 owners, 200 at most"), "{no}");
    }
}
