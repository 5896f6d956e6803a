//! The office's routes of claims. In: claims of operators' nodes and machines, looks of officers. Out: challenges, what is claimed and shown, what every look gave. Never: the token of a
//! mail to who claims; an answer to one operator that depends on what another has.

use super::settings::settings;
use crate::api::asset::Rows;
use crate::api::asset::office::view;
use crate::api::office::caller_id;
use crate::api::report::{no, only_operator, operator_calling};
use crate::app::{Caller, Shared};
use crate::extract::Json;
use crate::problem::{Answer, Code, Document, Problem};
use axum::Json as Said;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use sakimori_access::{Act as Leave, Object};
use sakimori_custody::time::Seconds;
use sakimori_exchange::alert::Method;
use sakimori_exchange::list::What;
use sakimori_liaison::alert::{
    self, Found, RegistrationPaper, Timing, method_of, method_word, registrations_in,
};
use sakimori_liaison::asset::Act;
use sakimori_liaison::paper::Written;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

/// Most registrations of an answer.
const REGISTRATIONS_MAX: usize = 10_000;

/// The times of the early warning as they are set here.
pub(super) async fn timing(app: &Shared) -> Answer<Timing> {
    Ok(app.blocking(|app| settings(&app.folder)).await?.timing())
}

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

/// By mail the registered domain itself is claimed: a registry names one contact for it and all the names below it, and whoever claims a thousand of those would have it written to a thousand times.
fn registered(thing: &str) -> Answer<()> {
    // What cannot be read is refused where it is taken.
    let Ok(What::Domain(name)) = What::read(thing) else {
        return Ok(());
    };
    match psl::domain_str(&name) {
        Some(registered) if registered != name => {
            let detail =
                format!("thing: by mail the registered domain itself is claimed, {registered}");
            Err(Problem::new(Code::Refused, detail))
        }
        _ => Ok(()),
    }
}

/// Whether everybody registers below a name. One whose owner lets others register below it (a provider of names) is that owner's.
fn is_suffix(thing: &str) -> bool {
    let Ok(What::Domain(name)) = What::read(thing) else {
        return false;
    };
    let suffix = psl::suffix(name.as_bytes());
    suffix.is_some_and(|suffix| {
        suffix.as_bytes().len() == name.len() && suffix.typ() != Some(psl::Type::Private)
    })
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
    if method == Method::MailToContact {
        registered(&new.thing)?;
    }
    if is_suffix(&new.thing) {
        let why = "asset: is a public suffix: everybody's names end with it";
        return Err(Problem::new(Code::Refused, why));
    }
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
    let timing = timing(&app).await?;
    let asked = alert::ask(&*app.store, act, claim, random, &timing).await;
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

/// Which registrations.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfState {
    /// asked, shown or ended; all without it.
    state: Option<String>,
}

/// A registration as a row. An officer sees what has to be shown too: of a mail the operator must not.
fn row(kept: &Written<RegistrationPaper>, now: Seconds, officer: bool) -> Value {
    let said = &kept.said;
    let look = said.look();
    let told = officer || method_of(&said.method) != Some(Method::MailToContact);
    let time = |at: u64| Seconds(at).to_string();
    let tried = said.tried.iter().map(|tried| {
        json!({ "at": time(tried.at), "by": tried.by, "found": tried.found, "words": tried.words })
    });
    let tried: Vec<Value> = tried.collect();
    let asked = said.asked.as_ref();
    let next = asked.and_then(|claim| claim.next_look);
    json!({
        "operator": kept.owner, "id": kept.id, "thing": said.asset, "method": said.method, "state": kept.state,
        "shown_until": said.holds_until(now).map(|until| until.to_string()),
        "renew_from": said.renewable_from(now).map(|from| from.to_string()),
        "asked_until": look.as_ref().map(|look| look.challenge.until.to_string()),
        "place": look.as_ref().map(|look| look.challenge.place.clone()),
        "text": look.filter(|_| told).map(|look| look.challenge.text),
        "next_look": next.map(time), "written_to": asked.and_then(|claim| claim.written_to.as_ref()),
        "tried": tried,
    })
}

/// Registrations for somebody who may see them: an operator its own, an officer all.
pub(crate) async fn seen(app: &Shared, caller: &Caller, state: Option<&str>) -> Answer<Vec<Value>> {
    if state.is_some_and(|state| !["asked", "shown", "ended"].contains(&state)) {
        return Err(Problem::new(
            Code::Malformed,
            "state: asked, shown or ended",
        ));
    }
    let operator = operator_calling(app, caller).await?;
    let now = app.host.seconds();
    let all = registrations_in(
        &*app.store,
        view(operator.as_ref()),
        state,
        REGISTRATIONS_MAX,
    )
    .await;
    let (all, _) = all.map_err(|e| no(&e))?;
    let officer = operator.is_none();
    Ok(all.iter().map(|kept| row(kept, now, officer)).collect())
}

/// What is claimed and shown, and what the last looks gave: an operator its own, an officer all, with what an officer needs to look.
#[utoipa::path(get, path = "/v1/registrations", tag = "alerts", params(("state" = Option<String>, Query, description = "asked, shown or ended.")), responses((status = 200, description = "Rows.", body = Rows)))]
pub(crate) async fn registrations(
    State(app): State<Shared>,
    caller: Caller,
    Query(which): Query<OfState>,
) -> Answer<Said<Rows>> {
    let rows = seen(&app, &caller, which.state.as_deref()).await?;
    Ok(Said(Rows { rows }))
}

/// Which claim is to be looked at.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LookAt {
    /// The claim's id.
    pub(crate) id: String,
}

/// Asks that the node looks at a claim of the operator that calls now, not when it would by itself.
#[utoipa::path(post, path = "/v1/registrations/looks", tag = "alerts", request_body = LookAt,
    responses(
        (status = 204, description = "It looks in the next round."),
        (status = 404, description = "No such claim, or nothing is asked.", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "Somebody looked just now, or the time is over.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn look_now(
    State(app): State<Shared>,
    caller: Caller,
    Json(new): Json<LookAt>,
) -> Answer<StatusCode> {
    let operator = only_operator(&app, &caller).await?;
    let timing = timing(&app).await?;
    let by = caller_id(&caller);
    let act = Act {
        owner: operator.as_str(),
        by: &by,
        at: app.host.seconds(),
    };
    let done = alert::look_now(&*app.store, act, &new.id, &timing).await;
    done.map_err(|e| no(&e))?;
    Ok(StatusCode::NO_CONTENT)
}

/// The times of the early warning: none is in the law, each says where it comes from.
#[utoipa::path(get, path = "/v1/alert-times", tag = "alerts", responses((status = 200, description = "A row for each: name, seconds or count, source, whether somebody verified it.", body = Rows)))]
pub(crate) async fn times(State(app): State<Shared>, caller: Caller) -> Answer<Said<Rows>> {
    operator_calling(&app, &caller).await?;
    let rows = times_rows(&app).await?;
    Ok(Said(Rows { rows }))
}

/// The times that are set, each with its source.
pub(crate) async fn times_rows(app: &Shared) -> Answer<Vec<Value>> {
    let schedule = app.blocking(|app| settings(&app.folder)).await?.schedule();
    let rows = schedule.terms().map(|(name, term)| {
        json!({
            "name": name, "seconds": term.seconds, "count": term.count, "source": term.source,
            "verified": term.verified,
        })
    });
    Ok(rows.collect())
}

/// Claims that wait for a look, for officers.
pub(crate) async fn waiting(app: &Shared, caller: &Caller) -> Answer<Vec<Value>> {
    app.require(caller, Leave::HandleReport, &Object::any())
        .await?;
    let mut rows = seen(app, caller, None).await?;
    // A renewal waits too, while what was shown before still holds.
    let open = |row: &Value| row.get("asked_until").is_some_and(Value::is_string);
    rows.retain(|row| open(row) && row.get("state").is_some_and(|state| state != "ended"));
    Ok(rows)
}

/// What an officer found where a claim has to be shown. Of the members one is given; none is a look that found nothing.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewLook {
    /// TXT records of the place.
    #[serde(default)]
    pub(crate) txt: Vec<String>,
    /// The text of the file at the place.
    pub(crate) file: Option<String>,
    /// The text of an answer by mail.
    pub(crate) mail: Option<String>,
    /// The answer came from the contact that the registry names, as the mail's own checks say.
    #[serde(default)]
    pub(crate) from_contact: bool,
    /// The reference on a paper of the registry that the officer saw.
    pub(crate) paper: Option<String>,
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
    let until = found_by(&app, &caller, (&operator, &id), new).await?;
    Ok(Said(Proved {
        shown_until: until.to_string(),
    }))
}

/// Takes what an officer found.
pub(crate) async fn found_by(
    app: &Shared,
    caller: &Caller,
    (operator, id): (&str, &str),
    new: NewLook,
) -> Answer<Seconds> {
    app.require(caller, Leave::HandleReport, &Object::any())
        .await?;
    let by = caller_id(caller);
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
        owner: operator,
        by: &by,
        at: app.host.seconds(),
    };
    let until = alert::prove(&*app.store, act, id, async |_| found).await;
    until.map_err(|e| no(&e))
}

#[cfg(test)]
mod tests {
    use super::{is_suffix, registered};

    #[test]
    fn what_everybody_registers_below_is_nobody_s_to_claim() {
        for (thing, none) in [
            ("co.jp", true),
            ("City.Kawasaki.jp", false),
            ("ibaraki.jp", true),
            ("water.co.jp", false),
            ("github.io", false),
            ("198.51.100.0/24", false),
        ] {
            assert_eq!(is_suffix(thing), none, "{thing}");
        }
    }

    #[test]
    fn by_mail_the_registered_domain_alone_is_claimed() {
        for good in [
            "victim.example",
            "water.co.jp",
            "198.51.100.0/24",
            "AS64500",
        ] {
            assert!(registered(good).is_ok(), "{good}");
        }
        for (below, of) in [
            ("a1.victim.example", "victim.example"),
            ("WWW.water.co.jp", "water.co.jp"),
        ] {
            let no = registered(below).unwrap_err().detail;
            assert!(no.starts_with("thing: ") && no.ends_with(of), "{no}");
        }
    }
}
