//! Pages: server-rendered, plain, without script but for the passkey's. In: what the node knows. Out: HTML in which every text of others is a text node. Never: a text that becomes
//! markup; a button that decides; a look at more than the person may see.

pub(crate) mod affected;
pub(crate) mod alert;
pub(crate) mod asset;
pub(crate) mod council;
mod decision;
mod deletion;
pub(crate) mod due;
pub(crate) mod fingerprint;
mod inbox;
pub(crate) mod letters;
pub(crate) mod life;
pub(crate) mod matches;
pub(crate) mod measure;
pub mod measured;
pub(crate) mod plan;
pub(crate) mod played;
pub(crate) mod product;
pub(crate) mod registration;
pub(crate) mod renewal;
pub mod report;
pub(crate) mod shared;
mod sign_in;
pub(crate) mod tickets;
pub(crate) mod weakness;

pub use decision::{Decision, May, Numbered, decision};
pub use deletion::deletion;
pub use inbox::{Agreed, agreements, inbox};
pub use sign_in::{SCRIPT, csp, sign_in, signed_in};

use crate::problem::Problem;
use crate::words::{Language, Word};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

/// The style sheet.
pub const STYLE: &str = include_str!("../assets/style.css");

/// Who sees a page.
#[derive(Clone, Debug)]
pub struct Reader {
    /// The words' language.
    pub language: Language,
    /// The name of the person, if somebody is signed in.
    pub name: Option<String>,
    /// The word of the organisation.
    pub role: Word,
    /// What makes a form of this session good.
    pub form_token: String,
}

impl Reader {
    /// A word in the reader's language.
    pub fn say(&self, word: Word) -> &'static str {
        word.text(self.language)
    }

    /// The field that shows that a form was made here.
    fn form_field(&self) -> Markup {
        html! { input type="hidden" name="form" value=(self.form_token); }
    }
}

/// A page around its content.
pub fn page(reader: &Reader, title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(reader.language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · Sakimori" }
                link rel="stylesheet" href="/style.css";
            }
            body {
                a .skip href="#content" { (reader.say(Word::Skip)) }
                header {
                    p .who { strong { "Sakimori" } " · " (reader.say(reader.role)) }
                    nav {
                        a href="/" { (reader.say(Word::Requests)) }
                        a href="/deletion" { (reader.say(Word::Deletion)) }
                        @if reader.role != Word::Commission {
                            a href="/reports" { (reader.tell(crate::words::report::ReportWord::Reports)) }
                            a href="/orders" { (reader.letter(crate::words::letter::LetterWord::Orders)) }
                            a href="/tickets" { (reader.letter(crate::words::letter::LetterWord::Tickets)) }
                            a href="/council" { (reader.council(crate::words::council::CouncilWord::Council)) }
                            a href="/products" { (reader.council(crate::words::council::CouncilWord::Products)) }
                            a href="/due" { (crate::words::due::DueWord::Due.text(reader.language)) }
                        }
                        @if reader.role == Word::Commission {
                            a href="/measures" { (crate::words::measure::MeasureWord::Measures.text(reader.language)) }
                        }
                        @if reader.role == Word::Operator {
                            a href="/assets" { (crate::words::asset::AssetWord::Assets.text(reader.language)) }
                            a href="/matches" { (crate::words::asset::AssetWord::Matches.text(reader.language)) }
                            a href="/alerts" { (crate::words::asset::AssetWord::Alerts.text(reader.language)) }
                            a href="/fingerprints" { (crate::words::fingerprint::FloodWord::Fingerprints.text(reader.language)) }
                        }
                        @if reader.role == Word::Office {
                            a href="/matches" { (crate::words::affected::AffectedWord::Concerned.text(reader.language)) }
                            a href="/registrations" { (crate::words::registration::RegistrationWord::Waiting.text(reader.language)) }
                            a href="/fingerprints" { (crate::words::fingerprint::FloodWord::Fingerprints.text(reader.language)) }
                            a href="/shared" { (crate::words::shared::SharedWord::Shared.text(reader.language)) }
                            a href="/measures" { (crate::words::measure::MeasureWord::Measures.text(reader.language)) }
                            a href="/weaknesses" { (crate::words::weakness::Weakness::Weaknesses.text(reader.language)) }
                        }
                        @if let Some(name) = &reader.name {
                            span .person { (name) }
                            form method="post" action="/sign-out" {
                                (reader.form_field())
                                button { (reader.say(Word::SignOut)) }
                            }
                        }
                    }
                }
                main #content { h1 { (title) } (content) }
            }
        }
    }
}

/// The page of a problem. It knows no reader: what failed may be the sign-in.
pub fn problem(problem: &Problem, id: &str) -> Response {
    let reader = Reader {
        language: Language::En,
        name: None,
        role: Word::Person,
        form_token: String::new(),
    };
    let say = |word: Word| reader.say(word);
    let content = html! {
        p { (problem.code.title()) }
        @if !problem.detail.is_empty() { p { (problem.detail) } }
        p .small { code { (problem.code.word()) } " · " (say(Word::RequestId)) ": " code { (id) } }
        p { a href="/" { (say(Word::Back)) } }
    };
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { (say(Word::Problem)) }
                link rel="stylesheet" href="/style.css";
            }
            body { main #content { h1 { (say(Word::Problem)) } (content) } }
        }
    };
    let status = StatusCode::from_u16(problem.code.status());
    let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, html_of(page)).into_response()
}

/// Markup as an answer.
pub fn html_of(markup: Markup) -> Response {
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], markup.into_string()).into_response()
}
