//! The pages of the council, at the office and at a member's own node. In: rows as the interface gives them. Out: HTML that works without a script. Never: a copy without the opinion on its
//! handling; a word of somebody that becomes markup.

use super::{Reader, page};
use crate::words::council::CouncilWord as W;
use maud::{Markup, html};
use serde_json::Value;

/// What a page of the council shows.
pub(crate) struct Shown<'s> {
    /// Of a member's own node, where it stands; none at the office.
    pub(crate) standing: Option<&'s Value>,
    /// Members and who is invited; empty at a member's node.
    pub(crate) members: &'s [Value],
    /// Members, given, given against an opinion.
    pub(crate) counts: Option<[u64; 3]>,
    /// Submissions.
    pub(crate) submissions: &'s [Value],
    /// Copies.
    pub(crate) copies: &'s [Value],
    /// Requests for material.
    pub(crate) materials: &'s [Value],
    /// Whether the reader may let a submission go.
    pub(crate) releases: bool,
}

impl Reader {
    /// A word of the pages of council and products in the reader's language.
    pub(super) fn council(&self, word: W) -> &'static str {
        word.text(self.language)
    }
}

fn text<'v>(row: &'v Value, place: &str) -> &'v str {
    row.pointer(place)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn state(word: &str) -> W {
    match word {
        "member" => W::IsMember,
        "invited" => W::IsInvited,
        "declined" => W::HasDeclined,
        "left" => W::HasLeft,
        "waits" => W::Waits,
        "overridden" => W::Overridden,
        "asked" => W::Asked,
        "refused" => W::WasRefused,
        "given" => W::Given,
        _ => W::IsNone,
    }
}

/// The page.
pub(crate) fn council(reader: &Reader, shown: &Shown<'_>) -> Markup {
    let say = |word: W| reader.council(word);
    let office = shown.standing.is_none();
    let content = html! {
        @if let Some(standing) = shown.standing { (own(reader, standing)) }
        @if let Some([members, given, overridden]) = shown.counts {
            p { (say(W::Members)) ": " (members) " · " (say(W::Counts)) ": " (given) ", " (overridden) }
        }
        @if office { (members(reader, shown.members)) }
        h2 { (say(W::Submissions)) }
        @if shown.submissions.is_empty() { p { (say(W::Nothing)) } }
        @for row in shown.submissions { (submission(reader, row, shown.releases)) }
        (submit(reader))
        h2 { (say(W::Copies)) }
        @if shown.copies.is_empty() { p { (say(W::Nothing)) } }
        @for row in shown.copies { (copy(reader, row)) }
        h2 { (say(W::Materials)) }
        @if shown.materials.is_empty() { p { (say(W::Nothing)) } }
        @for row in shown.materials { (material(reader, row, office)) }
        @if office { (ask(reader)) }
    };
    page(reader, say(W::Council), &content)
}

fn own(reader: &Reader, standing: &Value) -> Markup {
    let say = |word: W| reader.council(word);
    let word = text(standing, "/state");
    let button = |to: &str, label: W| {
        html! {
            form method="post" action={ "/council/" (to) } { (reader.form_field()) button { (say(label)) } }
        }
    };
    html! {
        p { (say(W::State)) ": " strong { (say(state(word))) }
            @if !text(standing, "/consented_by").is_empty() { " · " (say(W::ConsentedBy)) ": " (text(standing, "/consented_by")) } }
        @if word == "invited" {
            p { (say(W::InvitedBy)) ": " (text(standing, "/invited_by")) " · " (text(standing, "/since")) }
            p { (say(W::ConsentMeans)) }
            (button("consent", W::Consent))
            (button("refusal", W::Decline))
        }
        @if word == "member" { (button("departure", W::Leave)) }
    }
}

fn members(reader: &Reader, rows: &[Value]) -> Markup {
    let say = |word: W| reader.council(word);
    html! {
        h2 { (say(W::Members)) }
        table {
            thead { tr { @for word in [W::Member, W::State, W::Since, W::ConsentedBy, W::Entry, W::LeftIt] { th scope="col" { (say(word)) } } } }
            tbody { @for row in rows { tr {
                th scope="row" { (text(row, "/member")) }
                td { (say(state(text(row, "/state")))) }
                td { (text(row, "/since")) }
                td { (text(row, "/consented_by")) }
                td { @if let Some(entry) = row.get("consent").and_then(Value::as_u64) { (entry) } }
                td { (text(row, "/left")) }
            } } }
        }
        form method="post" action="/council/members" {
            (reader.form_field())
            label for="member" { (say(W::Member)) }
            input #member name="member" maxlength="24" required;
            p .small { (say(W::InviteHow)) }
            button { (say(W::Invite)) }
        }
    }
}

/// Marking, opinion, and who overrode it why: on everything that is shown of the council.
fn handling(reader: &Reader, of: &Value) -> Markup {
    let say = |word: W| reader.council(word);
    // A copy has the opinion's text, a submission the opinion with its members.
    let opinion = of.pointer("/opinion/text").or_else(|| of.get("opinion"));
    let opinion = opinion.and_then(Value::as_str);
    html! {
        p .small { (text(of, "/class")) " · " (text(of, "/tlp")) " · " (text(of, "/pap")) }
        p { strong { (say(W::Opinion)) } ": " (opinion.unwrap_or_else(|| say(W::NoOpinion))) }
        @if of.get("overridden").and_then(Value::as_bool) == Some(true) {
            p .warn { (say(W::OverriddenBy)) " " (text(of, "/overridden_by")) ". " (say(W::Reason)) ": " (text(of, "/reason")) }
        }
    }
}

fn submission(reader: &Reader, row: &Value, releases: bool) -> Markup {
    let say = |word: W| reader.council(word);
    let (submitter, id) = (text(row, "/submitter"), text(row, "/id"));
    let said = row.get("submission").unwrap_or(&Value::Null);
    html! {
        section id=(id) aria-labelledby={ "of-" (id) } {
            h3 id={ "of-" (id) } { (say(W::Submitter)) " " (submitter) " · " (text(row, "/at")) " · " (say(state(text(row, "/state")))) }
            (handling(reader, said))
            pre { (text(said, "/words")) }
            @if releases && text(row, "/state") == "waits" {
                form method="post" action={ "/council/submissions/" (submitter) "/" (id) } {
                    (reader.form_field())
                    label for={ "to-" (id) } { (say(W::ToMembers)) }
                    input id={ "to-" (id) } name="members";
                    label for={ "basis-" (id) } { (say(W::Basis)) }
                    input id={ "basis-" (id) } name="basis" required;
                    label for={ "rights-" (id) } { (say(W::Rights)) }
                    input id={ "rights-" (id) } name="rights" required;
                    label for={ "why-" (id) } { (say(W::OverrideReason)) }
                    input id={ "why-" (id) } name="override_reason";
                    button { (say(W::Release)) }
                }
            }
        }
    }
}

fn submit(reader: &Reader) -> Markup {
    let say = |word: W| reader.council(word);
    html! {
        form method="post" action="/council/submissions" {
            h3 { (say(W::Submit)) }
            (reader.form_field())
            label for="class" { (say(W::Class)) }
            select #class name="class" {
                option value="integrated-controlled" { (say(W::Secret)) }
                option value="public-notice" { (say(W::Open)) }
            }
            label for="words" { (say(W::What)) }
            textarea #words name="words" rows="6" required {}
            label for="tlp" { (say(W::Tlp)) }
            select #tlp name="tlp" { @for word in ["amber+strict", "red", "amber", "green", "clear"] { option { (word) } } }
            label for="pap" { (say(W::Pap)) }
            select #pap name="pap" { @for word in ["amber", "red", "green", "clear"] { option { (word) } } }
            label for="opinion" { (say(W::OpinionText)) }
            textarea #opinion name="opinion" rows="2" {}
            label for="opinion-members" { (say(W::OpinionMembers)) }
            input #opinion-members name="opinion_members";
            button { (say(W::Submit)) }
        }
    }
}

fn copy(reader: &Reader, row: &Value) -> Markup {
    let say = |word: W| reader.council(word);
    let said = row.get("copy").unwrap_or(&Value::Null);
    html! {
        section {
            h3 { (say(W::Submitter)) " " (text(said, "/submitter")) " · " (say(W::Recipient)) " " (text(row, "/member")) " · " (text(row, "/at")) }
            (handling(reader, said))
            pre { (text(said, "/content")) }
        }
    }
}

fn material(reader: &Reader, row: &Value, office: bool) -> Markup {
    let say = |word: W| reader.council(word);
    let (id, word) = (text(row, "/id"), text(row, "/state"));
    let said = row.get("material").unwrap_or(&Value::Null);
    let overdue = row.get("overdue").and_then(Value::as_bool) == Some(true);
    html! {
        section id=(id) aria-labelledby={ "of-" (id) } {
            h3 id={ "of-" (id) } { (text(said, "/subject")) " · " (text(row, "/member")) }
            p { (say(W::ReplyBy)) ": " (text(row, "/reply_by")) " · " (say(state(word)))
                @if overdue { " " strong .warn { (say(W::Overdue)) } } }
            pre { (text(said, "/text")) }
            @for place in ["/reply/given", "/reply/refused"] {
                @if !text(said, place).is_empty() {
                    p { (say(W::Answered)) " " (text(said, "/replied/0")) }
                    pre { (text(said, place)) }
                }
            }
            @if !office && word == "asked" {
                form method="post" action={ "/council/materials/" (id) } {
                    (reader.form_field())
                    label for={ "given-" (id) } { (say(W::GiveMaterial)) }
                    textarea id={ "given-" (id) } name="given" rows="4" {}
                    label for={ "refused-" (id) } { (say(W::RefuseMaterial)) }
                    textarea id={ "refused-" (id) } name="refused" rows="2" {}
                    button { (say(W::Answer)) }
                }
            }
        }
    }
}

fn ask(reader: &Reader) -> Markup {
    let say = |word: W| reader.council(word);
    html! {
        form method="post" action="/council/materials" {
            h3 { (say(W::AskMaterial)) }
            (reader.form_field())
            label for="ask-member" { (say(W::Member)) }
            input #ask-member name="member" required;
            label for="ask-subject" { (say(W::Subject)) }
            input #ask-subject name="subject" required;
            label for="ask-text" { (say(W::MaterialText)) }
            textarea #ask-text name="text" rows="4" required {}
            label for="ask-by" { (say(W::ReplyBy)) }
            input #ask-by name="reply_by" placeholder="2027-10-31T00:00:00Z" required;
            button { (say(W::AskMaterial)) }
        }
    }
}
