//! Products of the office: what it makes of reports and open sources, let go through the gate to those who are named. In: indicators, words, basis, recipients. Out: a log entry, then a copy
//! for each recipient. Never: a product without its entry; a copy shown to another than its recipient; the operator of a report, in any of it.

use super::office::{caller_id, office};
use super::report::no;
use crate::app::{App, Caller, Shared};
use crate::extract::Json;
use crate::part::{OfficePart, Part};
use crate::problem::{Answer, Code, Document, Problem};
use axum::extract::{Query, State};
use sakimori_access::{Act, Object};
use sakimori_control::journal::Deed;
use sakimori_control::tls::{May, Peers};
use sakimori_custody::Recorded;
use sakimori_custody::class::{Class, PublicNotice};
use sakimori_custody::entry::EntryType;
use sakimori_custody::ids::{Name, hex};
use sakimori_custody::time::Seconds;
use sakimori_liaison::LiaisonError;
use sakimori_liaison::paper::{Document as _, read};
use sakimori_liaison::product::{self, Denied, Given, Known, Maker, Source, Wish};
use sakimori_release::sheet::Sheet;
use sakimori_release::{
    Marking, Pap, Pending, PseudonymKey, Recipient, RecipientKind, Released, Request, Tlp,
    record::Record,
};
use sakimori_store::View;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The case that a product comes from.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FromCase {
    /// The operator that reported.
    operator: String,
    /// Its case.
    case: String,
}

/// What is to be let go.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewProduct {
    /// The case that it comes from; without it, open sources.
    #[serde(default)]
    from: Option<FromCase>,
    /// What to look for: addresses, prefixes, domains, URLs, hashes.
    #[schema(max_items = 1000)]
    indicators: Vec<String>,
    /// What it means and what to do.
    #[schema(max_length = 16_384)]
    words: String,
    /// How far it may go: `clear`, `green`, `amber`, `amber+strict`, `red`.
    tlp: String,
    /// What may be done with it: `clear`, `green`, `amber`, `red`.
    pap: String,
    /// For whom, as `operator/borea`.
    #[schema(max_items = 1000)]
    recipients: Vec<String>,
    /// A collection (TAXII) that its objects go into, by id; each of its readers has to be among the recipients.
    #[serde(default)]
    collection: Option<String>,
    /// On which basis of the law.
    basis: String,
    /// How the rights of communication parties were considered.
    rights: String,
}

/// A product that was let go.
#[derive(Serialize, ToSchema)]
pub(crate) struct LetGo {
    /// Its id.
    pub id: String,
    /// The index of its log entry.
    pub entry: u64,
    /// How many were given a copy.
    pub given: usize,
    /// How many objects are in the collection for it.
    pub objects: usize,
}

/// A copy of a product.
#[derive(Serialize, ToSchema)]
pub(crate) struct Copy {
    /// Its place: ask for what comes `after` it.
    sequence: u64,
    /// The product's id.
    id: String,
    /// Whose copy it is.
    recipient: String,
    /// When it was given, seconds since 1970.
    at: u64,
    /// Its class.
    class: String,
    /// Its marking.
    tlp: String,
    /// What may be done with it.
    pap: String,
    /// What it means and what to do.
    words: String,
    /// What to look for.
    indicators: Vec<String>,
    /// The index of the log entry that it left under.
    entry: u64,
}

/// From which place on.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct After {
    /// The sequence of the last copy that was read.
    #[serde(default)]
    after: u64,
}

fn word<T>(field: &str, text: &str, read: impl FnOnce(&str) -> Option<T>) -> Answer<T> {
    read(text)
        .ok_or_else(|| Problem::new(Code::Refused, format!("{field}: `{text}` is no such word")))
}

fn name(field: &str, text: &str) -> Answer<Name> {
    let bad = |e| Problem::new(Code::Refused, format!("{field}: {e}"));
    text.parse().map_err(bad)
}

fn recipient(text: &str) -> Answer<Recipient> {
    let (kind, of) = text.split_once('/').unwrap_or((text, ""));
    let kind = word("recipients", kind, RecipientKind::from_name)?;
    Ok(Recipient::new(kind, name("recipients", of)?))
}

impl NewProduct {
    fn wish(&self, actor: &str, app: &App) -> Answer<Wish> {
        let source = match &self.from {
            None => Source::Open,
            Some(from) => Source::Report {
                operator: name("from.operator", &from.operator)?,
                case: name("from.case", &from.case)?,
            },
        };
        let recipients: Answer<Vec<Recipient>> =
            self.recipients.iter().map(|r| recipient(r)).collect();
        Ok(Wish {
            source,
            indicators: self.indicators.clone(),
            words: self.words.clone(),
            marking: Marking {
                tlp: word("tlp", &self.tlp, Tlp::from_name)?,
                pap: word("pap", &self.pap, Pap::from_name)?,
            },
            request: Request {
                actor: name("actor", actor)?,
                basis: self.basis.clone(),
                rights: self.rights.clone(),
                recipients: recipients?,
                conditions: Vec::new(),
                transforms: Vec::new(),
                now: app.host.seconds(),
            },
        })
    }
}

/// Brings the gate's record into the log.
fn enter(app: &App, office: &OfficePart, record: &Record) -> Answer<u64> {
    let deed = Deed {
        kind: EntryType::Release,
        authority: [0; 32],
        counters: record.counters.to_vec(),
        body: record.body.clone(),
    };
    let entry = crate::outbox::made(&app.host, &office.signer()?, deed)?;
    office.append_own(&entry.leaf, &entry.stored)
}

/// Names of operators, as the office's node knows them: the nodes of its list.
fn names(app: &App) -> Answer<Vec<String>> {
    let peers = Peers::read(&app.folder).map_err(|e| crate::part::refused(&e))?;
    let own = ["office", "commission"];
    let names = peers.all().iter().map(|peer| peer.name.clone());
    Ok(names.filter(|name| !own.contains(&name.as_str())).collect())
}

/// Lets a product go: the gate judges it for each recipient, its entry is put on record, then each has a copy. A refusal of the gate is on record too.
#[utoipa::path(post, path = "/v1/products", tag = "products", request_body = NewProduct,
    responses(
        (status = 200, description = "It is on record and given.", body = LetGo),
        (status = 404, description = "No such case.", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "A field breaks a rule, or the gate refuses.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn release(
    State(app): State<Shared>,
    caller: Caller,
    Json(asked): Json<NewProduct>,
) -> Answer<axum::Json<LetGo>> {
    app.require(&caller, Act::ReleaseProduct, &Object::any())
        .await?;
    let by = caller_id(&caller);
    if let Some(from) = &asked.from {
        case(&app, from).await?;
    }
    let wish = asked.wish(&by, &app)?;
    if let Some(collection) = &asked.collection {
        let taxii = app.taxii.as_ref().ok_or_else(no_collections)?;
        taxii.suits(collection, Class::PublicNotice, &wish.request.recipients)?;
    }
    let known = product::known(app.store.as_ref(), names(&app)?).await;
    let known: Known = known.map_err(|e| no(&e))?;
    let (pending, entry) = app.blocking(move |app| judge(app, &wish, &known)).await?;
    let released = pending.recorded(Recorded::at(entry));
    let fault = |e: std::io::Error| Problem::hidden(Code::Fault, e);
    let id = hex(&app.host.bytes::<8>().map_err(fault)?);
    let changes = product::given(&released, &id, &by, app.host.seconds());
    let changes = changes.map_err(|e| no(&e))?;
    let stored = app.store.apply(&changes).await;
    stored.map_err(|e| Problem::hidden(Code::StoreUnavailable, e))?;
    let given = released.recipients().len();
    let objects = share(&app, asked.collection, released).await?;
    Ok(axum::Json(LetGo {
        id,
        entry,
        given,
        objects,
    }))
}

fn no_collections() -> Problem {
    Problem::new(Code::NotFound, "this node has no collections")
}

/// Puts the objects of a product into a collection; nothing where none was named.
async fn share(
    app: &Shared,
    collection: Option<String>,
    released: Released<PublicNotice, Sheet>,
) -> Answer<usize> {
    let Some(collection) = collection else {
        return Ok(0);
    };
    let held = Shared::clone(app);
    let added = app.blocking(move |app| {
        let taxii = app.taxii.as_ref().ok_or_else(no_collections)?;
        // The office is known by its key; that there is one is no news.
        let key = office(&app.part)?.trust_root().office.to_string();
        let maker = Maker {
            uuid: product::uuid_of(key.as_bytes()),
            since: Seconds(0),
            name: "office".to_owned(),
        };
        let fault = |e: std::io::Error| Problem::hidden(Code::Fault, e);
        let all = product::objects(&released, &maker, app.host.seconds(), || app.host.bytes());
        taxii.give(&held, &collection, &all.map_err(fault)?)
    });
    added.await
}

/// Whether a case is there.
async fn case(app: &App, from: &FromCase) -> Answer<()> {
    let found = app.store.paper(
        &from.operator,
        sakimori_liaison::desk::Taken::KIND,
        &from.case,
    );
    let found = found
        .await
        .map_err(|e| Problem::hidden(Code::StoreUnavailable, e))?;
    found.map(|_| ()).ok_or_else(|| {
        Problem::new(
            Code::NotFound,
            format!("{} reported no case `{}`", from.operator, from.case),
        )
    })
}

/// Asks the gate and puts its answer on record.
fn judge(app: &App, wish: &Wish, known: &Known) -> Answer<(Pending<PublicNotice, Sheet>, u64)> {
    let office = office(&app.part)?;
    let fault = |e: std::io::Error| Problem::hidden(Code::Fault, e);
    // A public notice holds no tag, so that the key makes none.
    let key = PseudonymKey::new(app.host.bytes().map_err(fault)?);
    match product::prepare(wish, known, &key) {
        Ok(pending) => {
            let entry = enter(app, office, pending.record())?;
            Ok((pending, entry))
        }
        Err(Denied::Wrong(error)) => Err(no(&error)),
        Err(Denied::Refused(refusal)) => {
            enter(app, office, &refusal.record)?;
            Err(Problem::new(Code::Refused, refusal))
        }
    }
}

/// Copies of products, oldest first, at most 100: an operator's node its own, officers all.
#[utoipa::path(get, path = "/v1/products", tag = "products", params(After),
    responses((status = 200, description = "Copies.", body = Vec<Copy>)))]
pub(crate) async fn list(
    State(app): State<Shared>,
    caller: Caller,
    Query(After { after }): Query<After>,
) -> Answer<axum::Json<Vec<Copy>>> {
    app.require_or_peer(&caller, Act::ReleaseProduct, May::Report)
        .await?;
    let owner = match &caller {
        Caller::Peer(peer) => Some(format!("{}/{}", RecipientKind::Operator, peer.name)),
        _ => None,
    };
    let view = owner.as_deref().map_or(View::All, View::Of);
    let kept = app.store.papers(view, Given::KIND, None, after).await;
    let kept = kept.map_err(|e| Problem::hidden(Code::StoreUnavailable, e))?;
    let copies: Result<Vec<Copy>, LiaisonError> =
        kept.into_iter().map(|kept| read(kept).map(copy)).collect();
    copies.map(axum::Json).map_err(|e| no(&e))
}

fn copy(kept: sakimori_liaison::paper::Written<Given>) -> Copy {
    let said = kept.said;
    Copy {
        sequence: kept.sequence,
        id: kept.id,
        recipient: kept.owner,
        at: kept.at,
        class: said.class,
        tlp: said.tlp,
        pap: said.pap,
        words: said.words,
        indicators: said.indicators,
        entry: said.entry,
    }
}

/// What the office gave this operator, as its node says it now.
#[utoipa::path(get, path = "/v1/products", tag = "products", params(After),
    responses((status = 200, description = "Copies, as `GET /v1/products` of the office answers.")))]
pub(crate) async fn received(
    State(app): State<Shared>,
    caller: Caller,
    Query(After { after }): Query<After>,
) -> Answer<axum::Json<serde_json::Value>> {
    app.require(&caller, Act::ReadProducts, &Object::any())
        .await?;
    let page = app.blocking(move |app| match &app.part {
        Part::Operator(operator) => operator.products(after),
        _ => Err(Problem::new(Code::NotImplemented, "")),
    });
    page.await.map(axum::Json)
}
