//! Whether a report is the one that the log gives. In: a text, the book. Out: nothing, or the first place that differs. Never: a text that is taken at its word.

use super::messages::Message;
use super::render::{CSV_HEADER, Language};
use crate::book::Book;

/// Where a report differs from what the log gives.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, serde::Serialize)]
#[error("line {line}, under `{heading}`: the log gives `{expected}`, the report says `{found}`")]
pub struct Difference {
    /// The heading that it stands under; the title where it stands before the first.
    pub heading: String,
    /// Line, from 1.
    pub line: usize,
    /// What the log gives; empty where the report goes on too long.
    pub expected: String,
    /// What the report says; empty where it ends too early.
    pub found: String,
}

/// Computes the report of a year anew and compares it with a text of it: Japanese or English Markdown, or CSV.
///
/// # Errors
/// [`Difference`]: the first line that differs, with the heading above it.
pub fn verify(book: &Book, year: u64, text: &str) -> Result<(), Box<Difference>> {
    let texts = book.yearly(year).texts();
    let title = |language: Language| format!("# {} ", language.say(Message::Title));
    let (computed, csv) = if text.starts_with(CSV_HEADER.trim_end()) {
        (texts.csv, true)
    } else if text.starts_with(&title(Language::Japanese)) {
        (texts.ja, false)
    } else {
        (texts.en, false)
    };
    if computed == text {
        return Ok(());
    }
    let (mut ours, mut theirs) = (computed.split('\n'), text.split('\n'));
    let mut heading = computed
        .lines()
        .next()
        .unwrap_or_default()
        .trim_start_matches("# ")
        .to_owned();
    let mut line = 0;
    loop {
        line += 1;
        let (expected, found) = (ours.next(), theirs.next());
        let above = match (expected, csv) {
            (Some(text), true) => text.split(',').next().filter(|_| line > 1),
            (Some(text), false) => text.strip_prefix("## "),
            (None, _) => None,
        };
        if let Some(above) = above.filter(|above| !above.is_empty()) {
            above.clone_into(&mut heading);
        }
        if expected != found || expected.is_none() {
            let short = |text: Option<&str>| -> String {
                text.unwrap_or_default()
                    .trim_end()
                    .chars()
                    .take(200)
                    .collect()
            };
            return Err(Box::new(Difference {
                heading,
                line,
                expected: short(expected),
                found: short(found),
            }));
        }
    }
}
