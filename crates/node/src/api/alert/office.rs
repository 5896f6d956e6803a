//! The office's routes. In: claims and answers of operators' nodes and machines, looks and feeds of officers. Out: challenges, alerts, rates. Never: an answer to one operator that
//! depends on what another has.

use super::send::secret_key;
use crate::api::asset::Rows;
use crate::api::asset::office::{Which, view};
use crate::api::office::caller_id;
use crate::api::report::{no, only_operator, operator_calling};
use crate::app::{Caller, Shared};
use crate::extract::{Json, bytes};
use crate::problem::{Answer, Code, Document, Problem};
use axum::Json as Said;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use sakimori_access::{Act as Leave, Object};
use sakimori_exchange::alert::{Method, Rates};
use sakimori_liaison::alert::{
    self, Feed, FeedForm, Found, Mail, Timing, answer_of, latest, method_of, method_word,
};
use sakimori_liaison::asset::Act;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

/// Longest feed over HTTP in bytes; a larger one is taken at the command line.
const FEED_BYTES_MAX: usize = 64 << 20;
/// Most registrations of an answer.
const REGISTRATIONS_MAX: usize = 10_000;
/// Most alerts that rates are counted of.
const RATED_MAX: usize = 1_000_000;

/// A thing that is claimed.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewClaim {
    /// An address, prefix, domain or AS number.
    pub(crate) thing: String,
    /// dns-txt, http-file, mail-to-contact or registry-paper.
    pub(crate) method: String,
}

/// What has to be shown.
#[derive(Serialize, ToSchema)]
pub(crate) struct Challenged {
    /// The claim's id.
    id: String,
    /// The thing.
    thing: String,
    /// How it is shown.
    method: String,
    /// Where.
    place: String,
    /// What has to stand there, or be sent back. For a mail it is in the mail alone, and empty here.
    text: String,
    /// Until when.
    until: String,
}

/// Claims a thing for the operator that calls.
#[utoipa::path(post, path = "/v1/registrations", tag = "alerts", request_body = NewClaim,
    responses(
        (status = 200, description = "What has to be shown, where, until when.", body = Challenged),
        (status = 422, description = "It cannot be read, or not be shown this way.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn ask(
    State(app): State<Shared>,
    caller: Caller,
    Json(new): Json<NewClaim>,
) -> Answer<Said<Challenged>> {
    let operator = only_operator(&app, &caller).await?;
    let method = method_of(&new.method);
    let method = method.ok_or_else(|| Problem::new(Code::Refused, "the method is not known"))?;
    let mut random = [0u8; 20];
    let mut source = app.host.source();
    source(&mut random).map_err(|e| Problem::hidden(Code::Unavailable, e))?;
    let by = caller_id(&caller);
    let act = Act {
        owner: operator.as_str(),
        by: &by,
        at: app.host.seconds(),
    };
    let claim = (new.thing.as_str(), method);
    let asked = alert::ask(&*app.store, act, claim, random, &Timing::default()).await;
    let (id, look) = asked.map_err(|e| no(&e))?;
    // The token of a mail goes to the contact alone: whoever claims must not read it here. An officer sees it and writes the mail.
    let told = look.method != Method::MailToContact;
    Ok(Said(Challenged {
        id,
        thing: new.thing,
        method: method_word(look.method).to_owned(),
        place: look.challenge.place,
        text: if told {
            look.challenge.text
        } else {
            String::new()
        },
        until: look.challenge.until.to_string(),
    }))
}

/// What is claimed and shown: an operator its own, an officer all, with what an officer needs to look.
#[utoipa::path(get, path = "/v1/registrations", tag = "alerts", responses((status = 200, description = "Rows.", body = Rows)))]
pub(crate) async fn registrations(State(app): State<Shared>, caller: Caller) -> Answer<Said<Rows>> {
    let operator = operator_calling(&app, &caller).await?;
    let now = app.host.seconds();
    let all = alert::registrations(&*app.store, view(operator.as_ref()), REGISTRATIONS_MAX).await;
    let (all, _) = all.map_err(|e| no(&e))?;
    let rows = all.into_iter().map(|kept| {
        let look = kept.said.look();
        let officer = operator.is_none();
        json!({
            "operator": kept.owner, "id": kept.id, "thing": kept.said.asset, "method": kept.said.method,
            "shown_until": kept.said.holds_until(now).map(|until| until.to_string()),
            "asked_until": look.as_ref().map(|look| look.challenge.until.to_string()),
            "place": look.as_ref().map(|look| look.challenge.place.clone()),
            "text": look.filter(|_| officer).map(|look| look.challenge.text),
        })
    });
    Ok(Said(Rows {
        rows: rows.collect(),
    }))
}

/// What an officer found where a claim has to be shown. Of the members one is given; none is a look that found nothing.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewLook {
    /// TXT records of the place.
    #[serde(default)]
    txt: Vec<String>,
    /// The text of the file at the place.
    file: Option<String>,
    /// The text of an answer by mail.
    mail: Option<String>,
    /// The answer came from the contact that the registry names, as the mail's own checks say.
    #[serde(default)]
    from_contact: bool,
    /// The reference on a paper of the registry that the officer saw.
    paper: Option<String>,
}

/// Until when control is shown.
#[derive(Serialize, ToSchema)]
pub(crate) struct Proved {
    /// Until when.
    shown_until: String,
}

/// Takes what an officer found. The look is counted, whatever it found.
#[utoipa::path(post, path = "/v1/registrations/{operator}/{id}/looks", tag = "alerts", params(("operator" = String, Path), ("id" = String, Path)), request_body = NewLook,
    responses(
        (status = 200, description = "Control is shown.", body = Proved),
        (status = 422, description = "It is not there, or the time is over.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn look(
    State(app): State<Shared>,
    caller: Caller,
    Path((operator, id)): Path<(String, String)>,
    Json(new): Json<NewLook>,
) -> Answer<Said<Proved>> {
    app.require(&caller, Leave::HandleReport, &Object::any())
        .await?;
    let by = caller_id(&caller);
    let found = match new {
        NewLook {
            paper: Some(reference),
            ..
        } => Found::Paper {
            officer: by.clone(),
            reference,
        },
        NewLook {
            mail: Some(text),
            from_contact,
            ..
        } => Found::Mail { text, from_contact },
        NewLook {
            file: Some(text), ..
        } => Found::File(text.into_bytes()),
        NewLook { ref txt, .. } if txt.is_empty() => Found::Nothing,
        NewLook { txt, .. } => Found::Txt(txt),
    };
    let act = Act {
        owner: &operator,
        by: &by,
        at: app.host.seconds(),
    };
    let until = alert::prove(&*app.store, act, &id, async |_| found).await;
    Ok(Said(Proved {
        shown_until: until.map_err(|e| no(&e))?.to_string(),
    }))
}

/// Which feed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfFeed {
    name: String,
    form: String,
    grade: String,
}

/// What a feed gave.
#[derive(Serialize, ToSchema)]
pub(crate) struct Taken {
    /// Sightings in it.
    sightings: u64,
    /// Sightings of registered things, counted for each owner.
    matched: u64,
    /// Alerts that were opened.
    opened: u64,
    /// Sightings of what was known.
    again: u64,
    /// Sightings that an answer keeps silent.
    muted: u64,
    /// Whether the same feed was taken before.
    before: bool,
    /// Whether the form was read from its documentation alone.
    unverified: bool,
}

/// Takes a feed, all of it or nothing.
#[utoipa::path(post, path = "/v1/feeds", tag = "alerts", params(("name" = String, Query, description = "The file's name; of Shadowserver it says the type."), ("form" = String, Query, description = "shadowserver, intelmq, n6, misp or list."), ("grade" = String, Query, description = "How far its sender is to be believed, such as B2.")),
    request_body(content = String, content_type = "application/octet-stream"),
    responses(
        (status = 200, description = "What it gave.", body = Taken),
        (status = 422, description = "A line is wrong; nothing was taken.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn feed(
    State(app): State<Shared>,
    caller: Caller,
    Query(of): Query<OfFeed>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Said<Taken>> {
    app.require(&caller, Leave::HandleReport, &Object::any())
        .await?;
    let bad = |what: &str| Problem::new(Code::Refused, what);
    let form = FeedForm::of(&of.form).ok_or_else(|| bad("the form is not known"))?;
    let grade = of.grade.parse();
    let grade = grade.map_err(|e| Problem::new(Code::Refused, e))?;
    let bytes = bytes(&headers, body, FEED_BYTES_MAX).await?;
    let by = caller_id(&caller);
    let act = Act {
        owner: "office",
        by: &by,
        at: app.host.seconds(),
    };
    let feed = Feed {
        name: &of.name,
        form,
        grade,
        bytes: &bytes,
    };
    let intake = alert::take(&*app.store, act, feed, &Timing::default()).await;
    let intake = intake.map_err(|e| no(&e))?;
    Ok(Said(Taken {
        sightings: intake.sightings,
        matched: intake.matched,
        opened: intake.opened,
        again: intake.again,
        muted: intake.muted,
        before: intake.before,
        unverified: !form.is_verified(),
    }))
}

/// Alerts, those that changed last first: an operator its own, an officer all.
#[utoipa::path(get, path = "/v1/alerts", tag = "alerts", params(("state" = Option<String>, Query, description = "open, seen, acted, false or not-relevant."), ("before" = Option<u64>, Query)),
    responses((status = 200, description = "At most 100.", body = Rows)))]
pub(crate) async fn list(
    State(app): State<Shared>,
    caller: Caller,
    Query(which): Query<Which>,
) -> Answer<Said<Rows>> {
    let operator = operator_calling(&app, &caller).await?;
    let state = which.state.as_deref();
    let all = latest(&*app.store, view(operator.as_ref()), state, which.before).await;
    let all = all.map_err(|e| no(&e))?;
    let rows = all.iter().map(|kept| {
        json!({
            "place": kept.sequence, "operator": kept.owner, "alert": kept.said.shown(&kept.id),
            "fields": kept.said.fields, "answers": kept.said.answers,
        })
    });
    Ok(Said(Rows {
        rows: rows.collect(),
    }))
}

/// An answer to an alert.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAlertAnswer)]
pub(crate) struct NewAnswer {
    /// seen, acted, false or not-relevant.
    pub(crate) answer: String,
}

/// Where an alert stands.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct Stands {
    /// The last answer.
    pub(crate) state: String,
}

/// Takes the operator's answer to one of its alerts.
#[utoipa::path(post, path = "/v1/alerts/{id}/answers", tag = "alerts", params(("id" = String, Path)), request_body = NewAnswer,
    responses(
        (status = 200, description = "It is kept.", body = Stands),
        (status = 404, description = "No such alert.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn answer(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Json(new): Json<NewAnswer>,
) -> Answer<Said<Stands>> {
    let operator = only_operator(&app, &caller).await?;
    let given = answer_of(&new.answer);
    let given = given.ok_or_else(|| {
        Problem::new(
            Code::Refused,
            "an answer is seen, acted, false or not-relevant",
        )
    })?;
    let by = caller_id(&caller);
    let act = Act {
        owner: operator.as_str(),
        by: &by,
        at: app.host.seconds(),
    };
    let said = alert::answer(&*app.store, act, &id, given).await;
    let said = said.map_err(|e| no(&e))?;
    Ok(Said(Stands {
        state: said.state().to_owned(),
    }))
}

/// A source's rates as a row.
fn rate_row(source: &str, rates: &Rates) -> Value {
    json!({
        "source": source, "alerts": rates.alerts, "silent": rates.silent, "seen": rates.seen, "acted": rates.acted,
        "false": rates.not_so, "not_relevant": rates.not_relevant, "false_per_mille": rates.false_per_mille(),
    })
}

/// What was answered about each source: an operator over its own alerts, an officer over all.
#[utoipa::path(get, path = "/v1/alert-rates", tag = "alerts", responses((status = 200, description = "A row for each source.", body = Rows)))]
pub(crate) async fn rates(State(app): State<Shared>, caller: Caller) -> Answer<Said<Rows>> {
    let operator = operator_calling(&app, &caller).await?;
    let rates = alert::source_rates(&*app.store, view(operator.as_ref()), RATED_MAX).await;
    let (rates, _) = rates.map_err(|e| no(&e))?;
    let rows = rates.iter().map(|(source, rates)| rate_row(source, rates));
    Ok(Said(Rows {
        rows: rows.collect(),
    }))
}

/// How an operator is told.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewWays {
    /// A webhook, https.
    webhook: Option<String>,
    /// A digest by mail: `{"to", "language", "every_hours"}`.
    #[schema(value_type = Option<Object>)]
    mail: Option<Mail>,
}

/// How an operator is told, and the secret of its webhook.
#[derive(Serialize, ToSchema)]
pub(crate) struct SetWays {
    /// The webhook.
    webhook: Option<String>,
    /// The mail digest.
    #[schema(value_type = Option<Object>)]
    mail: Option<Mail>,
    /// The secret by which the webhook is signed, as receivers' libraries take it; shown where it is set, and not again.
    secret: Option<String>,
}

/// How the operator that calls is told.
#[utoipa::path(get, path = "/v1/alert-ways", tag = "alerts", responses((status = 200, description = "Without the secret.", body = SetWays)))]
pub(crate) async fn ways(State(app): State<Shared>, caller: Caller) -> Answer<Said<SetWays>> {
    let operator = only_operator(&app, &caller).await?;
    let own = alert::ways(&*app.store, operator.as_str()).await;
    let own = own.map_err(|e| no(&e))?.map(|own| own.said);
    let own = own.unwrap_or_default();
    Ok(Said(SetWays {
        webhook: own.webhook.map(|hook| hook.url),
        mail: own.mail,
        secret: None,
    }))
}

/// Sets how the operator that calls is told.
#[utoipa::path(post, path = "/v1/alert-ways", tag = "alerts", request_body = NewWays,
    responses(
        (status = 200, description = "It is set; the secret of the webhook is shown here alone.", body = SetWays),
        (status = 422, description = "An address is none.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn set_ways(
    State(app): State<Shared>,
    caller: Caller,
    Json(new): Json<NewWays>,
) -> Answer<Said<SetWays>> {
    let operator = only_operator(&app, &caller).await?;
    let by = caller_id(&caller);
    let (key, closed) = app.blocking(secret_key).await?;
    let act = Act {
        owner: operator.as_str(),
        by: &by,
        at: app.host.seconds(),
    };
    let own = alert::set_ways(&*app.store, act, (new.webhook, new.mail), closed).await;
    let own = own.map_err(|e| no(&e))?;
    let secret = own.webhook.as_ref();
    let secret = secret.map(|hook| key.shown(operator.as_str(), hook.secret_number));
    Ok(Said(SetWays {
        webhook: own.webhook.map(|hook| hook.url),
        mail: own.mail,
        secret,
    }))
}
