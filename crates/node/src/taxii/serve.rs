//! The routes: from a request to its answer. In: requests below `/taxii2/`. Out: answers of TAXII 2.1, each in its media type. Never: a redirect, an address that a request named, an
//! answer in another form, whatever failed.

use super::body::{self, takes_gzip};
use super::fail::{Done, Fail, hidden};
use super::login;
use super::plan::{Collection, Root, Who};
use super::post::{self, Sent};
use super::sight::Seen;
use super::{Taxii, blocking};
use crate::app::Shared;
use crate::gate::{RequestId, Verbatim};
use crate::limits::ANSWER_WAIT;
use axum::body::Body;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method as HttpMethod, StatusCode, header};
use axum::response::Response;
use sakimori_access::Act;
use sakimori_custody::time::Seconds;
use sakimori_exchange::taxii::{
    self, Answer, Asked, Caller, Discovery, MEDIA_TYPE, Method, Rights, Route, TaxiiError,
};
use std::sync::Arc;
use std::time::Duration;

/// What is left of the gate's wait for the answer itself.
const OWN_WAIT: Duration = ANSWER_WAIT.saturating_sub(Duration::from_secs(5));
/// Where everything is.
const PREFIX: &str = "/taxii2";

/// What a path means.
#[derive(Debug, PartialEq, Eq)]
enum Target {
    /// `/taxii2/`
    Discovery,
    /// `/taxii2/{root}/…`
    In(String, Route),
}

/// Undoes percent-encoding (RFC 3986 section 2.1); `None` where it is none, is no UTF-8, or hides a separator.
fn decoded(segment: &str) -> Option<String> {
    let mut out = Vec::with_capacity(segment.len());
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let mut digit = || char::from(bytes.next()?).to_digit(16);
            let (high, low) = (digit()?, digit()?);
            out.push((high << 4 | low) as u8);
        } else {
            out.push(byte);
        }
    }
    let text = String::from_utf8(out).ok()?;
    (!text.contains(['/', '\0'])).then_some(text)
}

impl Target {
    fn of(path: &str) -> Result<Self, TaxiiError> {
        let missing = || TaxiiError::not_found("resource");
        let rest = path.strip_prefix(PREFIX).ok_or_else(missing)?;
        if rest.is_empty() || rest == "/" {
            return Ok(Self::Discovery);
        }
        let rest = rest.strip_prefix('/').ok_or_else(missing)?;
        let parts: Option<Vec<String>> = rest.split('/').map(decoded).collect();
        let parts = parts.ok_or_else(missing)?;
        let (root, tail) = parts.split_first().ok_or_else(missing)?;
        if root.is_empty() {
            return Err(missing());
        }
        let route = Route::parse(&tail.join("/"))?;
        // A slash behind the last part is one empty part, and two are none that is known.
        if tail.len() > 1 && tail.iter().rev().skip(1).any(String::is_empty) {
            return Err(missing());
        }
        Ok(Self::In(root.clone(), route))
    }

    fn allowed(&self) -> &'static str {
        match self {
            Self::Discovery => "GET, HEAD, OPTIONS",
            Self::In(_, route) => route.allowed(),
        }
    }

    fn method(&self, method: &HttpMethod) -> Result<Method, TaxiiError> {
        match self {
            Self::Discovery => Route::Root.method(method.as_str()),
            Self::In(_, route) => route.method(method.as_str()),
        }
    }
}

/// What is answered.
enum Reply {
    /// TAXII's.
    Answer(Answer),
    /// The methods that there are.
    Options(&'static str),
}

/// Answers a request.
pub(super) async fn serve(app: Shared, taxii: Arc<Taxii>, request: Request) -> Response {
    let id = request.extensions().get::<RequestId>();
    let id = id.map_or_else(String::new, |id| id.0.to_string());
    let gzip = takes_gzip(request.headers());
    let reads = matches!(request.method(), &HttpMethod::GET | &HttpMethod::HEAD);
    // A task of its own, so that one that falls is an answer of TAXII's form too.
    let mut task = tokio::spawn(async move { answer(&app, &taxii, request).await });
    let done = if let Ok(done) = tokio::time::timeout(OWN_WAIT, &mut task).await {
        done.unwrap_or_else(|e| Err(hidden(format!("a handler fell: {e}"))))
    } else {
        task.abort();
        Err(super::fail::taxii(
            408,
            "The request took too long",
            "Send less at a time, or ask for a smaller page.",
        ))
    };
    match done {
        Ok(Reply::Options(allowed)) => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NO_CONTENT;
            put(response.headers_mut(), "allow", allowed);
            response
        }
        Ok(Reply::Answer(answer)) => told(&answer, gzip),
        Err(fail) => {
            if fail.error.status >= 500 {
                let cause = fail.cause.as_deref().unwrap_or_default();
                tracing::error!(request = id, cause, "a request of TAXII failed");
            }
            let mut response = told(&fail.error.answer(&id), false);
            if !reads {
                // What was not read of its body must not be read as another request.
                put(response.headers_mut(), "connection", "close");
            }
            response
        }
    }
}

fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

fn told(answer: &Answer, gzip: bool) -> Response {
    let packed = gzip.then(|| body::compressed(&answer.body)).flatten();
    let compressed = packed.is_some();
    let bytes = packed.unwrap_or_else(|| answer.body.clone().into_bytes());
    let mut response = Response::new(Body::from(bytes));
    let status = StatusCode::from_u16(answer.status);
    *response.status_mut() = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    put(headers, "content-type", MEDIA_TYPE);
    put(headers, "vary", "accept-encoding");
    if compressed {
        put(headers, "content-encoding", "gzip");
    }
    for (name, value) in &answer.headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    }
    response.extensions_mut().insert(Verbatim);
    response
}

/// A field that may stand in several lines, as one.
fn joined(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let values: Vec<&str> = headers
        .get_all(name)
        .iter()
        .map(|value| value.to_str().unwrap_or("?"))
        .collect();
    (!values.is_empty()).then(|| values.join(","))
}

async fn answer(app: &Shared, taxii: &Arc<Taxii>, request: Request) -> Done<Reply> {
    let (parts, body) = request.into_parts();
    let target = Target::of(parts.uri.path())?;
    let method = target.method(&parts.method)?;
    if method == Method::Options {
        return Ok(Reply::Options(target.allowed()));
    }
    let who = login::who(app, &taxii.plan, &taxii.pace, &parts).await?;
    let who = taxii.seated(app, who).await?;
    taxii::accepts(joined(&parts.headers, header::ACCEPT).as_deref())?;
    taxii.begin(app).await;
    let answer = match target {
        Target::Discovery => discovery(app, taxii, &who),
        Target::In(root, route) => {
            inside(app, taxii, who, (root, route), (method, parts, body)).await?
        }
    };
    Ok(Reply::Answer(answer))
}

fn discovery(app: &Shared, taxii: &Taxii, who: &Who) -> Answer {
    let now = app.host.seconds();
    let url = |root: &Root| format!("{}{PREFIX}/{}/", taxii.origin, root.name);
    let shown = || taxii.plan.roots(who, now);
    let roots: Vec<String> = shown().map(url).collect();
    let default = shown().find(|root| root.default).map(url);
    Discovery {
        title: &taxii.plan.title,
        description: taxii.plan.description.as_deref(),
        contact: taxii.plan.contact.as_deref(),
        default: default.as_deref(),
        api_roots: &roots,
    }
    .answer()
}

fn page(collection: &Collection, rights: Rights) -> taxii::Collection<'_> {
    taxii::Collection {
        id: &collection.id,
        title: &collection.title,
        description: collection.description.as_deref(),
        alias: collection.alias.as_deref(),
        rights,
    }
}

async fn inside(
    app: &Shared,
    taxii: &Arc<Taxii>,
    who: Who,
    (root, route): (String, Route),
    (method, parts, body): (Method, Parts, Body),
) -> Done<Answer> {
    let now = app.host.seconds();
    let shown = taxii.plan.roots(&who, now).find(|one| one.name == root);
    let shown = shown.ok_or_else(|| TaxiiError::not_found("API root"))?;
    let of = |name: &str| {
        let found = shown.collection(name, &who, now).cloned();
        found.ok_or_else(|| TaxiiError::not_found("collection"))
    };
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let plain = || taxii::Query::parse(&query, taxii::Resource::Other).map(|_| ());
    match route {
        Route::Root => {
            plain()?;
            Ok(taxii::Root {
                title: &shown.title,
                description: shown.description.as_deref(),
                max_content_length: taxii.plan.body_bytes_max,
            }
            .answer())
        }
        Route::Collections => {
            plain()?;
            let all = shown.collections.iter();
            let all: Vec<_> = all.map(|one| page(one, one.rights(&who, now))).collect();
            Ok(taxii::collections(&all))
        }
        Route::Collection(name) => {
            plain()?;
            let found = of(&name)?;
            Ok(page(&found, found.rights(&who, now)).answer()?)
        }
        Route::Status(id) => {
            plain()?;
            let house = Arc::clone(taxii);
            blocking(move || post::status(&house, &root, &who, &id)).await
        }
        Route::Objects(name) if method == Method::Post => {
            let found = of(&name)?;
            write(app, taxii, &who, (root, found), (parts, body)).await
        }
        Route::Object(name, id) if method == Method::Delete => {
            let found = of(&name)?;
            remove(app, taxii, who, found, (query, id)).await
        }
        Route::Manifest(name) => {
            let found = of(&name)?;
            read(app, taxii, who, found, (query, Read::Manifest)).await
        }
        Route::Objects(name) => {
            let found = of(&name)?;
            read(app, taxii, who, found, (query, Read::Objects)).await
        }
        Route::Object(name, id) => {
            let found = of(&name)?;
            read(app, taxii, who, found, (query, Read::Object(id))).await
        }
        Route::Versions(name, id) => {
            let found = of(&name)?;
            read(app, taxii, who, found, (query, Read::Versions(id))).await
        }
    }
}

async fn write(
    app: &Shared,
    taxii: &Arc<Taxii>,
    who: &Who,
    (root, collection): (String, Collection),
    (parts, body): (Parts, Body),
) -> Done<Answer> {
    if !collection.rights(who, app.host.seconds()).write {
        refused(app, who, Act::WriteShared, &collection).await?;
        return Err(TaxiiError::forbidden("write to").into());
    }
    let query = parts.uri.query().unwrap_or_default();
    taxii::Query::parse(query, taxii::Resource::Other)?;
    let mut kinds = parts.headers.get_all(header::CONTENT_TYPE).iter();
    let kind = kinds.next().and_then(|value| value.to_str().ok());
    if kinds.next().is_some() {
        return Err(post::untyped());
    }
    taxii::posts(kind)?;
    let place = post::place(taxii)?;
    let most = usize::try_from(taxii.plan.body_bytes_max).unwrap_or(usize::MAX);
    let body = body::read(&parts.headers, body, most).await?;
    let sent = Sent {
        root,
        collection: collection.id,
        body,
    };
    post::take(app, taxii, who, sent, place).await
}

/// Puts on record that a machine tried what it may not.
async fn refused(app: &Shared, who: &Who, act: Act, collection: &Collection) -> Done<()> {
    let recorded = app.audit(&who.id, "refused", act.word(), &collection.id);
    Ok(recorded.await?)
}

async fn remove(
    app: &Shared,
    taxii: &Arc<Taxii>,
    who: Who,
    collection: Collection,
    (query, object): (String, String),
) -> Done<Answer> {
    let now = app.host.seconds();
    let micros = app.host.millis().0.saturating_mul(1000);
    let (house, machine, id) = (Arc::clone(taxii), who.id.clone(), collection.id.clone());
    let named = object.clone();
    let done = blocking(move || {
        let seen = seen(&house, &who, &collection, now)?;
        let caller = Caller {
            name: &who.id,
            rights: collection.rights(&who, now),
            sight: &seen,
        };
        house.shelf.write(&house.plan.statements, |store| {
            let done = taxii::remove(store, &caller, &collection.id, &query, &object, micros);
            Ok(done?)
        })
    })
    .await;
    let (act, detail) = match &done {
        Ok(_) => ("brought", format!("{named} taken out of {id}")),
        Err(fail) => ("refused", format!("{} {named} in {id}", fail.error.status)),
    };
    app.audit(&machine, act, Act::WriteShared.word(), &detail)
        .await?;
    done
}

/// What is read of a collection.
enum Read {
    Manifest,
    Objects,
    Object(String),
    Versions(String),
}

fn seen<'s>(
    taxii: &'s Taxii,
    who: &'s Who,
    collection: &Collection,
    now: Seconds,
) -> Done<Seen<'s>> {
    let machine = taxii.plan.machines.get(&who.id);
    // A right without a machine of the plan is none that the plan gives.
    let machine = machine.ok_or_else(|| hidden("a machine that the plan does not have"))?;
    Ok(Seen {
        who,
        now,
        plan: &taxii.plan,
        machine: machine.clone(),
        strictest: collection.tlp,
    })
}

async fn read(
    app: &Shared,
    taxii: &Arc<Taxii>,
    who: Who,
    collection: Collection,
    (query, what): (String, Read),
) -> Done<Answer> {
    let now = app.host.seconds();
    let rights = collection.rights(&who, now);
    if !rights.read {
        refused(app, &who, Act::ReadShared, &collection).await?;
    }
    let (house, machine, id) = (Arc::clone(taxii), who.id.clone(), collection.id.clone());
    let answer = blocking(move || {
        let seen = seen(&house, &who, &collection, now)?;
        let caller = Caller {
            name: &who.id,
            rights,
            sight: &seen,
        };
        let asked = Asked {
            collection: &collection.id,
            query: &query,
            key: &house.key,
        };
        house.shelf.read(&house.plan.statements, |store| {
            let answer = match &what {
                Read::Manifest => taxii::manifest(store, &caller, &asked),
                Read::Objects => taxii::objects(store, &caller, &asked),
                Read::Object(id) => taxii::object(store, &caller, &asked, id),
                Read::Versions(id) => taxii::versions(store, &caller, &asked, id),
            };
            answer.map_err(Fail::from)
        })
    })
    .await?;
    // Who was given what: from the first to the last that was added. An empty page gives nothing.
    let added = |name: &str| answer.headers.iter().find(|(known, _)| *known == name);
    let range = [
        added("X-TAXII-Date-Added-First"),
        added("X-TAXII-Date-Added-Last"),
    ];
    if let [Some((_, first)), Some((_, last))] = range {
        let detail = format!("{id} {first} to {last}");
        app.audit(&machine, "read", Act::ReadShared.word(), &detail)
            .await?;
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_with_and_without_a_slash_at_the_end() {
        let objects = || Target::In("r".to_owned(), Route::Objects("c".to_owned()));
        let object = || {
            let route = Route::Object("c".to_owned(), "a--1".to_owned());
            Target::In("r".to_owned(), route)
        };
        for (path, expected) in [
            ("/taxii2", Target::Discovery),
            ("/taxii2/", Target::Discovery),
            ("/taxii2/r", Target::In("r".to_owned(), Route::Root)),
            ("/taxii2/r/", Target::In("r".to_owned(), Route::Root)),
            ("/taxii2/r/collections/c/objects", objects()),
            ("/taxii2/r/collections/c/objects/", objects()),
            ("/taxii2/%72/collections/%63/objects/a%2d%2d1/", object()),
        ] {
            assert_eq!(Target::of(path), Ok(expected), "{path}");
        }
        for bad in [
            "/taxii2//",
            "/taxii2x",
            "/taxii2/r//",
            "/taxii2/r/x",
            "/taxii2/r/collections//objects/",
            "/taxii2/r/collections/c/objects//",
            "/taxii2/r/collections/c%2Fobjects/",
            "/taxii2/r/collections/%zz/",
            "/taxii2/r/collections/%ff/",
            "/taxii2/r/collections/%",
            "/taxii2/r/collections/c%00/",
        ] {
            let error = Target::of(bad).unwrap_err();
            assert_eq!(error.status, 404, "{bad}");
        }
    }
}
