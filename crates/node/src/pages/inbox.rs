//! The inbox of requests, and the agreements of an operator. In: the docket. Out: tables. Never: a way to decide several at once.

use super::{Reader, page};
use crate::docket::{Asked, Outcome, name};
use crate::words::Word;
use maud::{Markup, html};
use sakimori_authority::statement::{Basis, Statement};

/// Every request, the newest first.
pub fn inbox(reader: &Reader, requests: &[&Asked]) -> Markup {
    let say = |word: Word| reader.say(word);
    let content = html! {
        p .small { (say(Word::OneAtATime)) }
        @if requests.is_empty() { p { (say(Word::NoRequests)) } }
        @else {
            table {
                thead { tr {
                    th scope="col" { (say(Word::Entry)) }
                    th scope="col" { (say(Word::When)) }
                    th scope="col" { (say(Word::Kind)) }
                    th scope="col" { (say(Word::Basis)) }
                    th scope="col" { (say(Word::Requester)) }
                    th scope="col" { (say(Word::State)) }
                } }
                tbody { @for asked in requests { tr {
                    td { a href={ "/requests/" (name(asked)) } { (asked.index) } }
                    td { (asked.time) }
                    td { (asked.body.kind) }
                    td { @if let Ok(draft) = &asked.draft { (draft.basis) } }
                    td { (asked.body.requester) }
                    td { (state(reader, asked)) }
                } } }
            }
        }
    };
    page(reader, reader.say(Word::Requests), &content)
}

/// How far a request has come.
pub(super) fn state(reader: &Reader, asked: &Asked) -> &'static str {
    match &asked.outcome {
        Outcome::Decided { .. } => reader.say(Word::StateDecided),
        Outcome::Open if asked.open_questions().is_empty() => reader.say(Word::StateOpen),
        Outcome::Open => reader.say(Word::StateQuestions),
    }
}

/// An agreement of the party, as its node knows it.
#[derive(Clone, Debug)]
pub struct Agreed {
    /// Index of its entry.
    pub index: u64,
    /// Its text, read.
    pub statement: Statement,
    /// Whether the party has suspended it.
    pub suspended: bool,
    /// The serial of the party's next note about it.
    pub serial: u64,
}

/// What an operator sees: its agreements, and how each is suspended. Without a key of the party there are none.
pub fn agreements(reader: &Reader, agreements: &[Agreed], (now, knows): (&str, bool)) -> Markup {
    let say = |word: Word| reader.say(word);
    let content = html! {
        @if !knows { p .warn { (say(Word::NoPartyKey)) } }
        @else if agreements.is_empty() { p { (say(Word::NoAgreements)) } }
        @for Agreed { index, statement, suspended, serial } in agreements {
            section {
                h2 { code { (statement.id) } }
                dl {
                    dt { (say(Word::Entry)) } dd { (index) }
                    @if let Basis::Agreement { party, .. } = &statement.decided {
                        dt { (say(Word::Party)) } dd { (party) }
                    }
                    dt { (say(Word::Until)) } dd { (statement.not_after) }
                    dt { (say(Word::State)) }
                    dd { (say(if *suspended { Word::Suspended } else { Word::InForce })) }
                }
                pre { (statement.to_string()) }
                p { (say(Word::SuspendHow)) }
                pre { (suspension_text(statement, *serial, now)) }
                form method="post" action="/suspensions" {
                    (reader.form_field())
                    label for={ "note-" (statement.id) } { (say(Word::SignedNote)) }
                    textarea #{ "note-" (statement.id) } name="note" rows="12" required spellcheck="false" {}
                    button { (say(Word::Suspend)) }
                }
            }
        }
    };
    page(reader, say(Word::Agreements), &content)
}

/// The text that a party signs (`docs/reference/formats.md` 10.7).
fn suspension_text(statement: &Statement, serial: u64, now: &str) -> String {
    let (id, root) = (statement.id, statement.root);
    format!(
        "sakimori/suspension/v1\nauthority: {id}\nby: party\nact: suspend\nserial: {serial}\ntime: {now}\nreason: the party suspends\nroot: {root}\n"
    )
}
