//! The decision page of one request: reasons, numbers computed here, the difference to what it replaces, the thread, and the text exactly as it is signed. In: a request, what this
//! node computed. Out: HTML. Never: a signature, a decision, a number that was only claimed without saying so.

use super::inbox::state;
use super::{Reader, page};
use crate::docket::{Asked, Outcome, name};
use crate::words::Word;
use maud::{Markup, html};

/// A number that is asked for, what this node found, and the bound that it is held to.
#[derive(Clone, Debug, Default)]
pub struct Numbered {
    /// What it is.
    pub what: Option<Word>,
    /// As the request has it.
    pub asked: String,
    /// As this node computed it; absent where there is nothing to compute it from.
    pub computed: Option<String>,
    /// Whether both have to be the same.
    pub compared: bool,
    /// The schedule's bound.
    pub bound: Option<String>,
    /// Whether the schedule's value is verified.
    pub verified: bool,
}

/// What a decision page shows beside the request.
#[derive(Clone, Debug, Default)]
pub struct Decision {
    /// Numbers.
    pub numbers: Vec<Numbered>,
    /// Whether the selection conditions were there to be computed from.
    pub pack_known: bool,
    /// The selection conditions, line by line.
    pub selectors: Vec<String>,
    /// What the schedule on record says of the text: nothing against it, or the first value that it passes. Absent where there is no schedule.
    pub within: Option<Result<(), String>>,
    /// Lines that differ from the authority that it replaces: key, before, now. Absent where it replaces none on record.
    pub difference: Option<Vec<(String, String, String)>>,
    /// The text to be signed, once the sitting is known, and its SHA-256.
    pub text: Option<(String, String)>,
    /// The query by which the text is asked for again.
    pub query: String,
    /// What was entered of the sitting: present, presiding, for, against, recused.
    pub sitting: [String; 5],
    /// Conditions that were entered.
    pub conditions: String,
    /// Who of those present has signed the text.
    pub signatures: Vec<(String, bool)>,
    /// What was wrong with the sitting that was entered.
    pub trouble: Option<String>,
    /// Whether the reader may ask, answer, and bring signatures.
    pub may: May,
    /// The schedule's values: key, value, verified.
    pub schedule: Vec<(String, String, bool)>,
}

/// Which forms the reader is shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct May {
    /// To ask the requester.
    pub ask: bool,
    /// To answer the commission.
    pub answer: bool,
    /// To make the text and bring signatures.
    pub sign: bool,
}

/// The page.
pub fn decision(reader: &Reader, asked: &Asked, shown: &Decision) -> Markup {
    let title = format!("{} {}", reader.say(Word::Request), asked.index);
    let content = html! {
        (head(reader, asked))
        (reasons(reader, asked))
        (numbers(reader, shown))
        (difference(reader, asked, shown))
        (thread(reader, asked, shown))
        @if shown.may.sign { (sitting(reader, asked, shown)) }
        @if let Some((text, hash)) = &shown.text { (text_to_sign(reader, asked, shown, text, hash)) }
        @if let Outcome::Decided { index, note } = &asked.outcome {
            section {
                h2 { (reader.say(Word::OnRecord)) " · " (index) }
                pre .wrap { (note) }
            }
        }
        (schedule(reader, shown))
    };
    page(reader, &title, &content)
}

fn head(reader: &Reader, asked: &Asked) -> Markup {
    let say = |word: Word| reader.say(word);
    html! {
        dl {
            dt { (say(Word::State)) } dd { strong { (state(reader, asked)) } }
            dt { (say(Word::Requester)) } dd { (asked.body.requester) }
            dt { (say(Word::When)) } dd { (asked.time) }
            dt { (say(Word::Kind)) } dd { (asked.body.kind) }
            @match &asked.draft {
                Ok(draft) => { dt { (say(Word::Basis)) } dd { (draft.basis) } },
                Err(problem) => { dt { (say(Word::Text)) } dd { strong { (problem) } } },
            }
        }
    }
}

fn reasons(reader: &Reader, asked: &Asked) -> Markup {
    let body = &asked.body;
    let share = format!("{} / 1,000,000", body.expected_share_ppm);
    let parts = [
        (Word::Facts, body.facts.as_str()),
        (Word::Necessity, body.necessity.as_str()),
        (Word::Alternatives, body.alternatives.as_str()),
        (Word::Share, share.as_str()),
        (Word::Rights, body.rights.as_str()),
    ];
    html! {
        section {
            h2 { (reader.say(Word::Reasons)) }
            @for (word, text) in parts {
                h3 { (reader.say(word)) }
                p .text { (text) }
            }
        }
    }
}

fn numbers(reader: &Reader, shown: &Decision) -> Markup {
    let say = |word: Word| reader.say(word);
    html! {
        section {
            h2 { (say(Word::Numbers)) }
            @if !shown.pack_known { p .warn { (say(Word::PackMissing)) } }
            table {
                thead { tr {
                    th scope="col" {}
                    th scope="col" { (say(Word::Asked)) }
                    th scope="col" { (say(Word::Computed)) }
                    th scope="col" { (say(Word::Bound)) }
                } }
                tbody { @for row in &shown.numbers { tr {
                    th scope="row" { @if let Some(what) = row.what { (say(what)) } }
                    td { (row.asked) }
                    td {
                        @if let Some(computed) = &row.computed {
                            (computed) " "
                            @if !row.compared {}
                            @else if *computed == row.asked { span .ok { (say(Word::Agrees)) } }
                            @else { strong .warn { (say(Word::Differs)) } }
                        } @else { "–" }
                    }
                    td {
                        @if let Some(bound) = &row.bound {
                            (bound) " "
                            @if !row.verified { strong .warn { (say(Word::Unverified)) } }
                        } @else { "–" }
                    }
                } } }
            }
            @match &shown.within {
                Some(Ok(())) => { p .ok { (say(Word::Within)) } },
                Some(Err(beyond)) => { p .warn { strong { (say(Word::Beyond)) } " " (beyond) } },
                None => {},
            }
            @if !shown.selectors.is_empty() {
                details {
                    summary { (say(Word::Selectors)) " (" (shown.selectors.len()) ")" }
                    pre { @for line in &shown.selectors { (line) "\n" } }
                }
            }
        }
    }
}

fn difference(reader: &Reader, asked: &Asked, shown: &Decision) -> Markup {
    let say = |word: Word| reader.say(word);
    let replaces = asked.draft.as_ref().ok().and_then(|draft| draft.replaces);
    html! {
        section {
            h2 { (say(Word::Difference)) }
            @match (&shown.difference, replaces) {
                (Some(lines), _) => {
                    table {
                        thead { tr {
                            th scope="col" {}
                            th scope="col" { (say(Word::Before)) }
                            th scope="col" { (say(Word::Now)) }
                        } }
                        tbody { @for (key, before, now) in lines { tr {
                            th scope="row" { (key) }
                            td { del { (before) } }
                            td { ins { (now) } }
                        } } }
                    }
                },
                (None, Some(id)) => { p .warn { (say(Word::ReplacesUnknown)) " " code { (id) } } },
                (None, None) => { p { (say(Word::ReplacesNothing)) } },
            }
        }
    }
}

fn thread(reader: &Reader, asked: &Asked, shown: &Decision) -> Markup {
    let say = |word: Word| reader.say(word);
    let open = asked.open_questions();
    html! {
        section {
            h2 { (say(Word::Thread)) }
            @if asked.thread.is_empty() { p { (say(Word::NoThread)) } }
            ol .thread { @for said in &asked.thread { li {
                p .small {
                    strong { (say(if said.due.is_some() { Word::Question } else { Word::Answer })) }
                    " · " (said.index) " · " (said.from) " · " (said.time)
                    @if let Some(due) = said.due { " · " (say(Word::DueBy)) " " (due) }
                    @if let Some(to) = said.answers { " · " (say(Word::ToQuestion)) " " (to) }
                }
                p .text { (said.text) }
            } } }
            @if shown.may.ask {
                form method="post" action={ "/requests/" (name(asked)) "/questions" } {
                    (reader.form_field())
                    label for="question" { (say(Word::Question)) }
                    textarea #question name="text" rows="4" required {}
                    button { (say(Word::Ask)) }
                }
            }
            @if shown.may.answer && !open.is_empty() {
                form method="post" action={ "/requests/" (name(asked)) "/answers" } {
                    (reader.form_field())
                    label for="to" { (say(Word::ToQuestion)) }
                    select #to name="question" { @for said in &open {
                        option value=(said.index) { (said.index) }
                    } }
                    label for="answer" { (say(Word::Answer)) }
                    textarea #answer name="text" rows="4" required {}
                    button { (say(Word::Reply)) }
                }
            }
        }
    }
}

fn sitting(reader: &Reader, asked: &Asked, shown: &Decision) -> Markup {
    let fields = [
        ("present", Word::Present),
        ("presiding", Word::Presiding),
        ("for", Word::VotesFor),
        ("against", Word::VotesAgainst),
        ("recused", Word::Recused),
    ];
    html! {
        section {
            h2 { (reader.say(Word::Text)) }
            @if shown.text.is_none() { p { (reader.say(Word::TextNeedsSitting)) } }
            @if let Some(trouble) = &shown.trouble { p .warn { (trouble) } }
            form method="get" action={ "/requests/" (name(asked)) } {
                @for ((field, word), entered) in fields.into_iter().zip(&shown.sitting) {
                    label for=(field) { (reader.say(word)) }
                    input #(field) name=(field) value=(entered) placeholder="m1 m2 m3" autocomplete="off" spellcheck="false";
                }
                label for="conditions" { (reader.say(Word::Conditions)) }
                input #conditions name="conditions" value=(shown.conditions) autocomplete="off";
                button { (reader.say(Word::ShowText)) }
            }
            h3 { (reader.say(Word::Ruling)) }
            p { (reader.say(Word::RulingHow)) }
            form method="post" action={ "/requests/" (name(asked)) "/rulings" } {
                (reader.form_field())
                label for="ruling" { (reader.say(Word::SignedNote)) }
                textarea #ruling name="note" rows="6" required spellcheck="false" {}
                button { (reader.say(Word::Upload)) }
            }
        }
    }
}

fn text_to_sign(
    reader: &Reader,
    asked: &Asked,
    shown: &Decision,
    text: &str,
    hash: &str,
) -> Markup {
    let say = |word: Word| reader.say(word);
    let id = asked.draft.as_ref().map(|draft| draft.id.to_string());
    let file = format!("{}.txt", id.unwrap_or_default());
    html! {
        section {
            pre #text { (text) }
            p .small { "SHA-256 " code { (hash) } }
            p { a href={ "/requests/" (name(asked)) "/text?" (shown.query) } download=(file) { (say(Word::SavedAs)) } }
            p { (say(Word::HowToSign)) }
            pre { "sakimori authority sign " (file) " --key YOUR.key" }
            h3 { (say(Word::Signatures)) }
            ul { @for (member, signed) in &shown.signatures {
                li { (member) ": " (say(if *signed { Word::SignedBy } else { Word::Missing })) }
            } }
            form method="post" action={ "/requests/" (name(asked)) "/signatures" } {
                (reader.form_field())
                p { (say(Word::HowToUpload)) }
                label for="note" { (say(Word::SignedNote)) }
                textarea #note name="note" rows="12" required spellcheck="false" {}
                button { (say(Word::Upload)) }
            }
        }
    }
}

fn schedule(reader: &Reader, shown: &Decision) -> Markup {
    html! {
        section {
            h2 { (reader.say(Word::Bound)) }
            @if shown.schedule.is_empty() { p { (reader.say(Word::NoSchedule)) } }
            @else {
                table { tbody { @for (key, value, verified) in &shown.schedule { tr {
                    th scope="row" { code { (key) } }
                    td { (value) }
                    td { @if !verified { strong .warn { (reader.say(Word::Unverified)) } } }
                } } } }
            }
        }
    }
}
