//! The pages of the stick. In: how much waits, the person. Out: HTML that works without a script. Never: a file that is shown.

use crate::pages::{Reader, page};
use crate::words::filer::FilerWord as W;
use crate::words::report::ReportWord;
use maud::{Markup, html};

fn upload(reader: &Reader, action: &str, word: W, accept: &str) -> Markup {
    html! {
        form method="post" action=(action) enctype="multipart/form-data" {
            (reader.form_field())
            label for="file" { (word.text(reader.language)) }
            input #file type="file" name="file" required accept=(accept);
            button { (word.text(reader.language)) }
        }
    }
}

/// At the operator: the package down, the receipts up.
pub fn stick(reader: &Reader, waiting: usize) -> Markup {
    let say = |word: W| word.text(reader.language);
    let content = html! {
        p { (say(W::StickHow)) }
        p role="status" { (reader.tell(ReportWord::Waits)) ": " (waiting) }
        @if waiting > 0 { p { a href="/stick/package" download { (say(W::PackageDown)) } } }
        (upload(reader, "/stick/receipts", W::ReceiptsUp, ".json,.note"))
    };
    page(reader, say(W::Stick), &content)
}

/// At the office: the package up, the receipts down.
pub fn stick_at_office(reader: &Reader) -> Markup {
    let say = |word: W| word.text(reader.language);
    let content = html! {
        p { (say(W::PackageUpHow)) }
        (upload(reader, "/stick", W::PackageUp, ".package"))
    };
    page(reader, say(W::Stick), &content)
}
