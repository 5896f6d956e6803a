//! The pages of products and the form that lets one go. In: forms of browsers. Out: pages. Never: an act that the interface has not too; a form that was not made for the session.

use super::read::{self, After};
use super::{FromCase, NewCondition, NewField, NewProduct};
use crate::app::{Caller, Shared};
use crate::extract::{Form, Json};
use crate::pages::html_of;
use crate::pages::product::{products, versions};
use crate::part::Role;
use crate::problem::{Answer, Code, Problem};
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use sakimori_access::{Act, Object};
use serde::Deserialize;
use serde_json::Value;

/// The pages of a role.
pub(crate) fn routes(role: Role) -> Router<Shared> {
    let router = Router::new();
    match role {
        Role::Commission => router,
        Role::Office => router
            .route("/products", get(at_office).post(make))
            .route("/products/{id}", get(one)),
        Role::Operator => router.route("/products", get(at_operator)),
    }
}

fn rows(copies: &impl serde::Serialize) -> Answer<Vec<Value>> {
    let said = serde_json::to_value(copies).map_err(|e| Problem::hidden(Code::Fault, e))?;
    Ok(said.as_array().cloned().unwrap_or_default())
}

async fn at_office(
    State(app): State<Shared>,
    caller: Caller,
    after: Query<After>,
    headers: HeaderMap,
) -> Answer<Response> {
    app.require(&caller, Act::ReleaseProduct, &Object::any())
        .await?;
    let reader = app.reader(&caller, &headers);
    let copies = read::list(State(app), caller, after).await?;
    Ok(html_of(products(&reader, &rows(&copies.0)?, (true, true))))
}

async fn one(
    State(app): State<Shared>,
    caller: Caller,
    id: Path<String>,
    headers: HeaderMap,
) -> Answer<Response> {
    let reader = app.reader(&caller, &headers);
    let copies = read::one(State(app), caller, id).await?;
    Ok(html_of(versions(&reader, &rows(&copies.0)?)))
}

async fn at_operator(
    State(app): State<Shared>,
    caller: Caller,
    after: Query<After>,
    headers: HeaderMap,
) -> Answer<Response> {
    let reader = app.reader(&caller, &headers);
    let copies = read::received(State(app), caller, after).await?;
    Ok(html_of(products(
        &reader,
        &rows(&copies.0)?,
        (false, false),
    )))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Made {
    form: String,
    class: String,
    operator: String,
    case: String,
    replaces: String,
    words: String,
    indicators: String,
    #[serde(default)]
    despite_warnings: String,
    fix: String,
    secret: String,
    tlp: String,
    pap: String,
    recipients: String,
    conditions: String,
    transforms: String,
    basis: String,
    rights: String,
}

fn lines(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim);
    lines.filter(|l| !l.is_empty()).map(str::to_owned).collect()
}

fn some(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// A line `KIND RECIPIENT UNTIL REASON`, or `KIND/BY …` of what another says.
fn condition(line: &str) -> Answer<NewCondition> {
    let mut parts = line.splitn(4, ' ');
    let mut next = || parts.next().unwrap_or_default().to_owned();
    let (said, recipient, until, reason) = (next(), next(), next(), next());
    if reason.trim().is_empty() {
        let detail =
            format!("conditions: `{line}` is not a kind, a recipient, a time and a reason");
        return Err(Problem::new(Code::Refused, detail));
    }
    let (kind, by) = said
        .split_once('/')
        .map_or((said.as_str(), None), |(kind, by)| (kind, Some(by)));
    Ok(NewCondition {
        kind: kind.to_owned(),
        recipient: Some(recipient),
        by: by.map(str::to_owned),
        until,
        reason,
    })
}

async fn make(
    State(app): State<Shared>,
    caller: Caller,
    Form(form): Form<Made>,
) -> Answer<Response> {
    caller.made(&form.form)?;
    let field = |name: &str, kind: &str, text: &str| {
        some(&text.replace("\r\n", "\n")).map(|value| NewField {
            name: name.to_owned(),
            kind: kind.to_owned(),
            values: vec![value],
        })
    };
    let fields = [
        field("fix", "plain", &form.fix),
        field("secret", "secret", &form.secret),
    ];
    let from = some(&form.operator).map(|operator| FromCase {
        operator,
        case: form.case.trim().to_owned(),
    });
    let conditions = lines(&form.conditions);
    let new = NewProduct {
        class: Some(form.class),
        replaces: some(&form.replaces),
        conditions: conditions
            .iter()
            .map(|line| condition(line))
            .collect::<Answer<_>>()?,
        transforms: lines(&form.transforms),
        fields: fields.into_iter().flatten().collect(),
        from,
        indicators: lines(&form.indicators),
        despite_warnings: some(&form.despite_warnings),
        words: form.words.replace("\r\n", "\n"),
        tlp: form.tlp,
        pap: form.pap,
        recipients: lines(&form.recipients),
        collection: None,
        basis: form.basis,
        rights: form.rights,
    };
    drop(super::release(State(app), caller, Json(new)).await?);
    Ok(Redirect::to("/products").into_response())
}
