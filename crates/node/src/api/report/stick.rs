//! Packages and receipts on a stick, on pages: at the operator the package goes down and receipts come up, at the office the package comes up and receipts go down. In: files of people's
//! browsers. Out: files. Never: a package that its operator's node did not sign.

use super::web::Uploaded;
use super::{Bench, no, office::officer};
use crate::app::{Caller, Shared};
use crate::pages::{html_of, report as pages};
use crate::part::Role;
use crate::problem::{Answer, Code, Problem};
use crate::stick::{opened, seal};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use sakimori_access::{Act, Object};
use sakimori_control::error::told;
use sakimori_cooperate::form::read_json;
use sakimori_liaison::report::Handback;

fn saved(name: &str, bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    (headers, bytes).into_response()
}

/// The page of the stick: at the operator with how much waits.
pub(super) async fn page(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
) -> Answer<Response> {
    let reader = app.reader(&caller, &headers);
    if app.role == Role::Office {
        app.require(&caller, Act::HandleReport, &Object::any())
            .await?;
        return Ok(html_of(pages::stick_at_office(&reader)));
    }
    let bench = Bench::of(&app, &caller).await?;
    let waiting = bench.clerk().waiting().await.map_err(|e| no(&e))?;
    Ok(html_of(pages::stick(&reader, waiting.len())))
}

/// The package of what waits, signed by this node.
pub(super) async fn package(State(app): State<Shared>, caller: Caller) -> Answer<Response> {
    let bench = Bench::of(&app, &caller).await?;
    let package = bench.clerk().handover().await.map_err(|e| no(&e))?;
    if package.is_empty() {
        return Err(Problem::new(Code::NotFound, "nothing waits to be sent"));
    }
    let sealed = app.blocking(move |app| {
        let away = |e| Problem::hidden(Code::Unavailable, told(&e));
        seal(&package, &app.folder).map_err(away)
    });
    Ok(saved("stick.package", sealed.await?))
}

/// Takes what came back: a file of receipts, or one receipt.
pub(super) async fn receipts(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Answer<Redirect> {
    let bench = Bench::of(&app, &caller).await?;
    let file = Uploaded::of(&caller, headers, body).await?;
    let clerk = bench.clerk();
    if !file.bytes.starts_with(b"{") {
        let taken = clerk.receipted(&file.bytes, &bench.keys).await;
        taken.map_err(|e| no(&e))?;
        return Ok(Redirect::to("/reports"));
    }
    let back: Handback = read_json(&file.bytes).map_err(|e| Problem::new(Code::Malformed, e))?;
    let taken = clerk.handed_back(&back, &bench.keys).await;
    taken.map_err(|e| no(&e))?;
    if let Some(refusal) = back.refused.first() {
        let words = refusal.errors.join("; ");
        return Err(Problem::new(
            Code::Refused,
            format!("the office did not take {}: {words}", back.refused.len()),
        ));
    }
    Ok(Redirect::to("/reports"))
}

/// At the office: takes a package that its operator's node signed; the receipts for the way back.
pub(super) async fn take(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Answer<Response> {
    let seat = officer(&app, &caller).await?;
    let file = Uploaded::of(&caller, headers, body).await?;
    let read = app.blocking(move |app| {
        let refused = |e| Problem::new(Code::NotInForce, told(&e));
        opened(&file.bytes, &app.folder).map_err(refused)
    });
    let package = read.await?;
    let back = seat.desk().take_handover(&package).await;
    let back = back.map_err(|e| no(&e))?;
    let mut bytes =
        serde_json::to_vec_pretty(&back).map_err(|e| Problem::hidden(Code::Fault, e))?;
    bytes.push(b'\n');
    Ok(saved("stick.receipts.json", bytes))
}
