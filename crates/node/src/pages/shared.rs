//! Pages about what is shared: posts of machines that wait for a supervisor, what was polled of partners. In: posts, their first objects, polled objects. Out: HTML in which every text of others is a text node, without script. Never: a button
//! that lets several go at once.

use super::{Reader, page};
use crate::api::shared::Shown;
use crate::taxii::inbox::{Outcome, Post};
use crate::taxii::partner::polled::Polled;
use crate::words::shared::SharedWord as W;
use maud::{Markup, html};
use sakimori_custody::time::Seconds;
use sakimori_store::ObjectRow;

/// Longest text of an object on a page in characters; the envelope has all of it.
const TEXT_CHARS_MAX: usize = 4000;

/// Title and class of a collection, and who reads it.
pub(crate) type Audience = Option<(String, String, Vec<String>)>;

fn say(reader: &Reader, word: W) -> &'static str {
    word.text(reader.language)
}

fn state(reader: &Reader, post: &Post) -> Markup {
    let decision = post.decision.as_ref().map(|decision| &decision.outcome);
    html! {
        @match decision {
            None => strong .warn { (say(reader, W::Waits)) },
            Some(Outcome::LetGo { entry, .. }) => { (say(reader, W::LetGo)) " " (say(reader, W::Entry)) " " (entry) },
            Some(Outcome::Kept { .. }) => (say(reader, W::KeptBack)),
        }
    }
}

fn when(post: &Post) -> Seconds {
    Seconds(post.batch.requested_micros / 1_000_000)
}

fn kinds(post: &Post) -> String {
    let each = post.batch.kinds.iter();
    let each: Vec<String> = each
        .map(|(kind, count)| format!("{kind} {count}"))
        .collect();
    each.join(", ")
}

/// Posts, and what was polled.
pub(crate) fn list(reader: &Reader, posts: &[(Audience, Post)], polled: &[Polled]) -> Markup {
    let say = |word| say(reader, word);
    let content = html! {
        h2 { (say(W::Posts)) }
        p .small { (say(W::PostsIntro)) }
        @if posts.is_empty() { p { (say(W::NoPosts)) } }
        @else {
            table {
                thead { tr {
                    th scope="col" { (say(W::When)) " (UTC)" }
                    th scope="col" { (say(W::Machine)) }
                    th scope="col" { (say(W::Collection)) }
                    th scope="col" { (say(W::Objects)) }
                    th scope="col" { (say(W::Readers)) }
                    th scope="col" { (say(W::State)) }
                } }
                tbody { @for (audience, post) in posts { tr {
                    td { a href={ "/shared/posts/" (post.machine) "/" (post.id) } { (when(post)) } }
                    td { (post.machine) }
                    td { @if let Some((title, class, _)) = audience { (title) " (" (class) ")" } @else { (post.batch.collection) } }
                    td { (post.batch.objects) }
                    td { @if let Some((_, _, readers)) = audience { (readers.len()) } }
                    td { (state(reader, post)) }
                } } }
            }
        }
    };
    let content = html! {
        (content)
        h2 { (say(W::Polled)) }
        p .small { (say(W::PolledIntro)) }
        @if polled.is_empty() { p { (say(W::NothingPolled)) } }
        @else { (sources(reader, polled)) }
    };
    page(reader, say(W::Shared), &content)
}

/// How the last run of each source went.
fn sources(reader: &Reader, polled: &[Polled]) -> Markup {
    let say = |word| say(reader, word);
    html! {
        table {
            thead { tr {
                th scope="col" { (say(W::Collection)) }
                th scope="col" { (say(W::Partner)) }
                th scope="col" { (say(W::LastRun)) " (UTC)" }
                th scope="col" { (say(W::Objects)) }
                th scope="col" { (say(W::State)) }
            } }
            tbody { @for one in polled { @for source in &one.sources { tr {
                td { a href={ "/shared/inbox/" (one.into) } { code { (one.into) } } }
                td { (source.partner) " " code { (source.path) } }
                td { (Seconds(source.at)) }
                td { (source.kept) @if !source.refused.is_empty() { " (" (say(W::RefusedObjects)) ": " (source.refused.len()) ")" } }
                td { @match &source.failed { Some(why) => strong .warn { (why) }, None => (say(W::Good)) } }
            } } } }
        }
    }
}

/// Objects that were polled into a collection.
pub(crate) fn polled(
    reader: &Reader,
    polled: &Polled,
    (rows, more): (&[ObjectRow], bool),
) -> Markup {
    let say = |word| say(reader, word);
    let content = html! {
        (sources(reader, std::slice::from_ref(polled)))
        @for source in &polled.sources { @for refused in &source.refused { p .small .text { (refused) } } }
        h2 { (say(W::Objects)) }
        @if rows.is_empty() { p { (say(W::NothingPolled)) } }
        @for row in rows {
            h3 { code { (row.key.id) } }
            pre { (cut(&row.raw)) }
        }
        @if let (true, Some(last)) = (more, rows.last()) {
            p { a href={ "/shared/inbox/" (polled.into) "?after=" (last.added) } { (say(W::Next)) } }
        }
    };
    page(reader, say(W::Polled), &content)
}

/// A text that is cut where it is long.
fn cut(text: &str) -> String {
    let mut short: String = text.chars().take(TEXT_CHARS_MAX).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

fn field(label: &str, name: &str) -> Markup {
    html! { label { (label) textarea name=(name) rows="3" maxlength="4000" required {} } }
}

/// A post, with what may be done with it.
pub(crate) fn one(reader: &Reader, shown: &Shown) -> Markup {
    let say = |word| say(reader, word);
    let (post, here) = (
        &shown.post,
        format!("/shared/posts/{}/{}", shown.post.machine, shown.post.id),
    );
    let content = html! {
        dl {
            dt { (say(W::State)) } dd { (state(reader, post)) }
            @if let Some(decision) = &post.decision {
                dt { (say(W::By)) } dd { (decision.by) " · " (Seconds(decision.at)) }
                @if let Outcome::Kept { reason } = &decision.outcome { dt { (say(W::Why)) } dd .text { (reason) } }
            }
            dt { (say(W::When)) " (UTC)" } dd { (when(post)) }
            dt { (say(W::Machine)) } dd { (post.machine) }
            @if let Some((title, class, readers)) = &shown.audience {
                dt { (say(W::Collection)) } dd { (title) }
                dt { (say(W::Class)) } dd { (class) }
                dt { (say(W::Readers)) } dd { (readers.join(", ")) }
            } @else { dt { (say(W::Collection)) } dd { (post.batch.collection) " · " (say(W::CollectionGone)) } }
            dt { (say(W::Objects)) } dd { (post.batch.objects) " (" (kinds(post)) ")" }
            @if post.batch.refused > 0 { dt { (say(W::RefusedObjects)) } dd { (post.batch.refused) } }
            dt { "SHA-256" } dd { code { (post.batch.sha256) } }
        }
        @if post.decision.is_none() {
            h2 { (say(W::LetItGo)) }
            p .small { (say(W::LetItGoIntro)) }
            form method="post" action=(here) {
                (reader.form_field())
                input type="hidden" name="act" value="release";
                (field(say(W::Basis), "basis"))
                (field(say(W::Rights), "rights"))
                button { (say(W::LetItGo)) }
            }
            h2 { (say(W::KeepIt)) }
            form method="post" action=(here) {
                (reader.form_field())
                input type="hidden" name="act" value="keep";
                (field(say(W::Why), "reason"))
                button { (say(W::KeepIt)) }
            }
        }
        @if !shown.objects.is_empty() {
            h2 { (say(W::Objects)) }
            p .small { (say(W::FirstObjects)) " " a href={ "/v1" (here) "/envelope" } { (say(W::Envelope)) } }
            @for (id, _, text) in &shown.objects {
                h3 { code { (id) } }
                pre { (cut(text)) }
            }
        }
    };
    page(reader, say(W::Post), &content)
}
