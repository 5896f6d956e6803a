//! An official letter as it is printed. In: a letter, who reads it. Out: a page on which all of it stands, the office's note too. Never: where its mail went, on a maker's page.

use super::say;
use crate::pages::{Reader, page};
use crate::words::weakness::Weakness as W;
use maud::{Markup, html};
use sakimori_liaison::weakness::letter::{Kept, Kind};

/// The page. `own`: whether the office reads it.
pub(crate) fn letter(reader: &Reader, kept: &Kept, (sender, own): (&str, bool)) -> Markup {
    let say = |word| say(reader, word);
    let text = &kept.text;
    let (title, ground, asked) = match text.kind {
        Kind::Request => (W::LetterRequest, W::Ground, W::Asked),
        Kind::Notice => (W::LetterNotice, W::Urgency, W::TellText),
    };
    let content = html! {
        p { (text.maker) }
        p { (sender) }
        p { (say(W::LetterLaw)) " (" (text.law) ")" }
        dl {
            dt { (say(W::Minister)) } dd { (text.minister) @if let Some(notifier) = &text.notifier { " (" (notifier) ")" } }
            dt { (say(W::Case)) } dd { code { (text.case) } ", " (text.letter) }
            dt { (say(W::When)) } dd { (text.issued_at) }
            @if let Some(by) = &text.reply_by { dt { (say(W::ReplyBy)) } dd { (by) } }
        }
        h2 { (say(ground)) }
        p .text { (text.ground) }
        h2 { (say(asked)) }
        p .text { (text.text) }
        @if text.kind == Kind::Request { p .small { (say(W::RequestNote)) } }
        h2 { (say(W::LetterNote)) }
        p .small { (say(W::LetterCheck)) }
        pre .wrap { (kept.signed.note) }
        @if own {
            h2 { (say(W::LetterMail)) }
            @match &kept.mail {
                None => p { (say(W::LetterNoMail)) },
                Some((to, state, why)) => p { (to) " · " (say(mail_word(state))) @if !why.is_empty() { " · " (why) } },
            }
        }
    };
    page(reader, say(title), &content)
}

/// The word of a mail's state in the outbox.
fn mail_word(state: &str) -> W {
    match state {
        "delivered" => W::MailDelivered,
        "given-up" => W::MailGivenUp,
        _ => W::MailWaits,
    }
}
