//! The page of who files for an operator. In: filers, the person. Out: HTML that works without a script. Never: a filer whose day is not shown.

use crate::pages::{Reader, page};
use crate::words::filer::FilerWord as W;
use maud::{Markup, html};
use sakimori_liaison::filer::Filer;
use sakimori_liaison::paper::Written;

/// Who files for this operator, with the forms to allow one and to end one.
pub fn filers(reader: &Reader, list: &[Written<Filer>]) -> Markup {
    let say = |word: W| word.text(reader.language);
    let content = html! {
        p { (say(W::FilersHow)) }
        @if list.is_empty() { p { (say(W::NoFilers)) } } @else { table {
            caption { (say(W::Filers)) }
            thead { tr {
                th scope="col" { (say(W::Filer)) }
                th scope="col" { (say(W::WhoIs)) }
                th scope="col" { (say(W::Until)) }
                th scope="col" { (say(W::End)) }
            } }
            tbody { @for each in list { tr {
                th scope="row" { (each.id) }
                td { @for who in &each.said.who { code { (who) } " " } }
                td { @if each.state == "ended" { strong .warn { (say(W::Ended)) } }
                    @else if let Some(until) = each.said.until { (until) } @else { (say(W::OnCases)) } }
                td { @if each.state != "ended" { form method="post" action="/filers" {
                    (reader.form_field())
                    input type="hidden" name="act" value="end";
                    input type="hidden" name="filer" value=(each.id);
                    button { (say(W::End)) ": " (each.id) }
                } } }
            } } }
        } }
        form method="post" action="/filers" {
            (reader.form_field())
            h2 { (say(W::Allow)) }
            label for="filer" { (say(W::Filer)) }
            input #filer name="filer" required maxlength="32" pattern="[a-z0-9][a-z0-9.\\-]*";
            label for="who" { (say(W::WhoIs)) }
            textarea #who name="who" rows="3" {}
            label for="until" { (say(W::Until)) }
            input #until name="until" type="date" required;
            button { (say(W::Allow)) }
        }
    };
    page(reader, say(W::Filers), &content)
}
