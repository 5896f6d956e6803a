//! Products of the office: what it makes of reports and open sources, let go through the gate to those who are named. In: indicators, words, basis, recipients. Out: a log entry, then a copy
//! for each recipient. Never: a product without its entry; a copy shown to another than its recipient; the operator of a report, in any of it.

mod read;
pub(crate) mod web;

pub(crate) use read::{
    __path_list, __path_one, __path_published, __path_received, list, one, published, received,
};

use super::office::{caller_id, office};
use super::report::{Seat, no};
use crate::app::{App, Caller, Shared};
use crate::extract::Json;
use crate::part::OfficePart;
use crate::problem::{Answer, Code, Document, Problem};
use axum::extract::State;
use sakimori_access::{Act, Object};
use sakimori_control::journal::Deed;
use sakimori_control::tls::Peers;
use sakimori_custody::Recorded;
use sakimori_custody::class::Class;
use sakimori_custody::entry::EntryType;
use sakimori_custody::ids::{Name, hex};
use sakimori_custody::time::Seconds;
use sakimori_liaison::desk;
use sakimori_liaison::paper::{Document as _, read};
use sakimori_liaison::product::{self, Denied, Extra, Known, Maker, Source, Waiting, Wish};
use sakimori_release::condition::{Condition, ConditionKind};
use sakimori_release::{
    FieldKind, Marking, Pap, PseudonymKey, Recipient, RecipientKind, Request, Tlp, Transform,
    record::Record,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The Prime Minister's office, to which every report goes, as a recipient.
const CABINET_OFFICE: &str = "cabinet-office";

/// The case that a product comes from.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FromCase {
    /// The operator that reported.
    operator: String,
    /// Its case.
    case: String,
}

/// What the law asks for beside the class.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCondition {
    /// `need`, `protection-assessment`, `equivalent-protection`, `party-consent`, `prior-consent`, `fix-method`, `controlled-handling`.
    kind: String,
    /// About which recipient, by name; about all without it.
    #[serde(default)]
    recipient: Option<String>,
    /// Who said it, of consents and undertakings, which are others' to give; all else is said by whoever is signed in.
    #[serde(default)]
    by: Option<String>,
    /// Until when it holds, RFC 3339 in UTC.
    until: String,
    /// Why; it does not stand in the log.
    #[schema(max_length = 4096)]
    reason: String,
}

/// A further field of a product.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewField {
    /// 1 to 64 of `a-z 0-9 . _ -`; `fix` is how a weakness is mended.
    name: String,
    /// What it tells: `plain`, `secret`, `party`, `personal`, `report`. What the product's class may not hold is taken out on the way, but for what is secret.
    kind: String,
    /// What it says.
    #[schema(max_items = 50)]
    values: Vec<String>,
}

/// What is to be let go.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewProduct {
    /// As what: `public-notice` (also without it), `integrated-controlled`, `integrated`; `operator-report` for the ministers whom a case goes to, with its newest document.
    #[serde(default)]
    class: Option<String>,
    /// The product that it takes the place of, by id: it is that one's next version.
    #[serde(default)]
    replaces: Option<String>,
    /// What the law asks for beside.
    #[serde(default)]
    #[schema(max_items = 64)]
    conditions: Vec<NewCondition>,
    /// What is done to it first: `remove FIELD`, `aggregate LEAST`, `pseudonymise FIELD`.
    #[serde(default)]
    #[schema(max_items = 64)]
    transforms: Vec<String>,
    /// What else it says.
    #[serde(default)]
    #[schema(max_items = 50)]
    fields: Vec<NewField>,
    /// The case that it comes from; without it, open sources.
    #[serde(default)]
    from: Option<FromCase>,
    /// What to look for: addresses, prefixes, domains, URLs, hashes.
    #[serde(default)]
    #[schema(max_items = 1000)]
    indicators: Vec<String>,
    /// Why indicators go that a warning list of the office names; without it such a product is refused.
    #[serde(default)]
    #[schema(max_length = 1000)]
    despite_warnings: Option<String>,
    /// What it means and what to do.
    #[schema(max_length = 16_384)]
    words: String,
    /// How far it may go: `clear`, `green`, `amber`, `amber+strict`, `red`.
    tlp: String,
    /// What may be done with it: `clear`, `green`, `amber`, `red`.
    pap: String,
    /// For whom, as `operator/borea`; `public/web` publishes it at this node. Members of the council are given what they are given at the council.
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

pub(super) fn word<T>(field: &str, text: &str, read: impl FnOnce(&str) -> Option<T>) -> Answer<T> {
    read(text)
        .ok_or_else(|| Problem::new(Code::Refused, format!("{field}: `{text}` is no such word")))
}

pub(super) fn name(field: &str, text: &str) -> Answer<Name> {
    let bad = |e| Problem::new(Code::Refused, format!("{field}: {e}"));
    text.parse().map_err(bad)
}

fn recipient(text: &str) -> Answer<Recipient> {
    let (kind, of) = text.split_once('/').unwrap_or((text, ""));
    let kind = word("recipients", kind, RecipientKind::from_name)?;
    Ok(Recipient::new(kind, name("recipients", of)?))
}

fn transform(text: &str) -> Answer<Transform> {
    let none = || Problem::new(Code::Refused, format!("transforms: `{text}` is none"));
    let (does, what) = text.split_once(' ').ok_or_else(none)?;
    match does {
        "remove" => Ok(Transform::Remove(what.to_owned())),
        "pseudonymise" => Ok(Transform::Pseudonymise(what.to_owned())),
        "aggregate" => what.parse().map(Transform::Aggregate).map_err(|_| none()),
        _ => Err(none()),
    }
}

impl NewCondition {
    /// What it is for who acts.
    pub(super) fn condition(&self, actor: &Name, now: Seconds) -> Answer<Condition> {
        let kind = word("conditions", &self.kind, ConditionKind::from_name)?;
        let others = [
            ConditionKind::PartyConsent,
            ConditionKind::PriorConsent,
            ConditionKind::ControlledHandling,
        ];
        let own = [
            ConditionKind::CompetentMinister,
            ConditionKind::OpinionOverride,
        ];
        if own.contains(&kind) {
            let detail = format!("conditions: `{kind}` is not said here");
            return Err(Problem::new(Code::Refused, detail));
        }
        let by = match &self.by {
            Some(by) if others.contains(&kind) => name("conditions.by", by)?,
            None if !others.contains(&kind) => actor.clone(),
            _ => {
                let detail = format!(
                    "conditions.by: `{kind}` is said by another, and all else by who is signed in"
                );
                return Err(Problem::new(Code::Refused, detail));
            }
        };
        let of = |text: &String| name("conditions.recipient", text);
        let recipient = self.recipient.as_ref().map(of).transpose()?;
        let until: Seconds = self
            .until
            .parse()
            .map_err(|_| Problem::new(Code::Refused, "conditions.until: is no time"))?;
        let made = Condition::new(kind, by, recipient, [now, until], &self.reason);
        made.map_err(|e| Problem::new(Code::Refused, format!("conditions: {e}")))
    }
}

impl NewProduct {
    fn class(&self) -> Answer<Class> {
        let text = self.class.as_deref().unwrap_or("public-notice");
        word("class", text, Class::from_name)
    }

    fn fields(&self) -> Answer<Vec<Extra>> {
        let each = self.fields.iter().map(|field| {
            Ok(Extra {
                name: field.name.clone(),
                kind: word("fields.kind", &field.kind, FieldKind::from_name)?,
                values: field.values.clone(),
            })
        });
        each.collect()
    }

    fn recipients(&self) -> Answer<Vec<Recipient>> {
        let all: Vec<Recipient> = self
            .recipients
            .iter()
            .map(|r| recipient(r))
            .collect::<Answer<_>>()?;
        if all.iter().any(|to| to.kind == RecipientKind::Council) {
            let detail = "recipients: members of the council are given what is submitted to the council, with the opinion on its handling";
            return Err(Problem::new(Code::Refused, detail));
        }
        Ok(all)
    }

    fn wish(&self, actor: &str, app: &App) -> Answer<Wish> {
        let source = match &self.from {
            None => Source::Open,
            Some(from) => reported(from)?,
        };
        let (actor, now) = (name("actor", actor)?, app.host.seconds());
        let conditions = self.conditions.iter().map(|one| one.condition(&actor, now));
        let conditions = conditions.collect::<Answer<_>>()?;
        let transforms = self.transforms.iter().map(|one| transform(one));
        Ok(Wish {
            class: self.class()?,
            source,
            indicators: self.indicators.clone(),
            words: self.words.clone(),
            fields: self.fields()?,
            document: None,
            marking: Marking {
                tlp: word("tlp", &self.tlp, Tlp::from_name)?,
                pap: word("pap", &self.pap, Pap::from_name)?,
            },
            request: Request {
                actor,
                basis: self.basis.clone(),
                rights: self.rights.clone(),
                recipients: self.recipients()?,
                conditions,
                transforms: transforms.collect::<Answer<_>>()?,
                now,
            },
        })
    }
}

/// A case as what a product comes from.
pub(super) fn reported(from: &FromCase) -> Answer<Source> {
    Ok(Source::Report {
        operator: name("from.operator", &from.operator)?,
        case: name("from.case", &from.case)?,
    })
}

/// Brings the gate's record into the log.
pub(super) fn enter(app: &App, office: &OfficePart, record: &Record) -> Answer<u64> {
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
pub(super) fn names(app: &App) -> Answer<Vec<String>> {
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
    let newest = match &asked.from {
        Some(from) => Some(case(&app, from).await?),
        None => None,
    };
    released(app, caller, (asked, newest)).await
}

/// The same, of what is not a case and is here as an operator sent it: its place is that of a case, and is taken out on the way too.
///
/// # Errors
/// As [`release`].
pub(super) async fn release_sent(
    app: Shared,
    caller: Caller,
    asked: NewProduct,
) -> Answer<axum::Json<LetGo>> {
    app.require(&caller, Act::ReleaseProduct, &Object::any())
        .await?;
    released(app, caller, (asked, None)).await
}

async fn released(
    app: Shared,
    caller: Caller,
    (asked, newest): (NewProduct, Option<desk::Taken>),
) -> Answer<axum::Json<LetGo>> {
    let by = caller_id(&caller);
    if let Some(id) = &asked.replaces {
        let there = product::is_there(app.store.as_ref(), id).await;
        there.map_err(|e| no(&e))?;
    }
    let mut wish = asked.wish(&by, &app)?;
    if let (Class::OperatorReport, Some(newest)) = (wish.class, newest) {
        ministers(&app, &caller, &mut wish).await?;
        wish.document = Some(newest.text);
    }
    if let Some(collection) = &asked.collection {
        let taxii = app.taxii.as_ref().ok_or_else(no_collections)?;
        taxii.suits(collection, wish.class, &wish.request.recipients)?;
    }
    let despite = asked.despite_warnings.as_deref();
    let said = app.warned.pass(&wish.indicators, despite);
    let said = said.map_err(|e| no(&e))?;
    if !said.is_empty() {
        let why = format!("{}: {}", despite.unwrap_or_default(), said.join("; "));
        app.audit(&by, "despite-warnings", "product", &why).await?;
    }
    let known = product::known(app.store.as_ref(), names(&app)?, app.host.seconds()).await;
    let known: Known = known.map_err(|e| no(&e))?;
    let (pending, entry) = app.blocking(move |app| judge(app, &wish, &known)).await?;
    let released = pending.recorded(Recorded::at(entry));
    let fault = |e: std::io::Error| Problem::hidden(Code::Fault, e);
    let id = match asked.replaces {
        Some(id) => id,
        None => hex(&app.host.bytes::<8>().map_err(fault)?),
    };
    let store = app.store.as_ref();
    let changes = product::given(store, &released, &id, &by, app.host.seconds()).await;
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

/// Holds that a report goes to the minister whom its case goes to and to the Cabinet Office (art. 8), and says so as the condition that the law asks for.
async fn ministers(app: &Shared, caller: &Caller, wish: &mut Wish) -> Answer<()> {
    let Source::Report { operator, case } = &wish.source else {
        return Ok(());
    };
    let seat = Seat::of(app, caller).await?;
    let file = seat.desk().own_case(operator.as_str(), case.as_str()).await;
    let route = file.map_err(|e| no(&e))?.route;
    let now = wish.request.now;
    for to in &wish.request.recipients {
        let minister = route.minister.map(|minister| minister.to_string());
        let named =
            minister.as_deref() == Some(to.name.as_str()) || to.name.as_str() == CABINET_OFFICE;
        if to.kind != RecipientKind::StateAgency || !named {
            continue;
        }
        let made = Condition::new(
            ConditionKind::CompetentMinister,
            wish.request.actor.clone(),
            Some(to.name.clone()),
            [now, now.plus(60)],
            "where the case goes by its sector",
        );
        let made = made.map_err(|e| Problem::new(Code::Refused, e))?;
        wish.request.conditions.push(made);
    }
    Ok(())
}

fn no_collections() -> Problem {
    Problem::new(Code::NotFound, "this node has no collections")
}

/// Puts the objects of a product into a collection; nothing where none was named.
async fn share(
    app: &Shared,
    collection: Option<String>,
    released: product::LetGo,
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
        let only = || {
            Problem::new(
                Code::Refused,
                "collection: a public notice alone has a form in STIX here",
            )
        };
        let released = released.public().ok_or_else(only)?;
        let all = product::objects(released, &maker, app.host.seconds(), || app.host.bytes());
        taxii.give(&held, &collection, &all.map_err(fault)?)
    });
    added.await
}

/// The newest document of a case.
pub(super) async fn case(app: &App, from: &FromCase) -> Answer<desk::Taken> {
    let found = app
        .store
        .paper(&from.operator, desk::Taken::KIND, &from.case);
    let found = found
        .await
        .map_err(|e| Problem::hidden(Code::StoreUnavailable, e))?;
    let found = found.map(read::<desk::Taken>).transpose();
    let found = found.map_err(|e| no(&e))?.map(|kept| kept.said);
    found.ok_or_else(|| {
        Problem::new(
            Code::NotFound,
            format!("{} reported no case `{}`", from.operator, from.case),
        )
    })
}

/// Asks the gate and puts its answer on record.
fn judge(app: &App, wish: &Wish, known: &Known) -> Answer<(Waiting, u64)> {
    let office = office(&app.part)?;
    let fault = |e: std::io::Error| Problem::hidden(Code::Fault, e);
    // Tags of one product join nothing outside of it: each has a key of its own.
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
