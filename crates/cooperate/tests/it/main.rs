//! The duties held against the table of situations, and documents against strangers.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what a test sets up may stop the test"
)]

mod calendar;
mod forms;
mod hostile;
mod letters;
mod lists;
mod page;
mod receipts;
mod reports;
mod table;
mod terms;

use sakimori_cooperate::Terms;
use sakimori_cooperate::report::{
    CommonForm, FORMAT, Kind, Need, ReportDocument, Stage, fields_of,
};
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use std::collections::BTreeMap;

fn at(text: &str) -> Seconds {
    text.parse().unwrap()
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn terms() -> Terms {
    Terms::japan(at("2026-09-30T15:00:00Z"))
}

/// A value that a field takes.
fn sample(kind: Kind) -> String {
    match kind {
        Kind::Line => "回線一".to_owned(),
        Kind::Text => "一行目\n二行目".to_owned(),
        Kind::Time => "2026-10-01T02:00:00Z".to_owned(),
        Kind::Number(_) => "13".to_owned(),
        Kind::Choice(words) => words.first().unwrap().to_string(),
        Kind::Choices(words) => words[..2].join(" "),
    }
}

/// A document that says exactly what a stage needs.
fn document(form: CommonForm, stage: Stage) -> ReportDocument {
    let mut fields = BTreeMap::new();
    for field in fields_of(form) {
        let need = match stage {
            Stage::Prompt => field.prompt,
            Stage::Full | Stage::Correction => field.full,
        };
        match need {
            Need::Known => fields.insert(field.key.to_owned(), Some(sample(field.kind))),
            Need::Told => fields.insert(field.key.to_owned(), None),
            Need::Free => None,
        };
    }
    ReportDocument {
        format: FORMAT.to_owned(),
        fields_version: 1,
        case: name("c-1"),
        operator: name("water-1"),
        filer: name("water-1"),
        form,
        stage,
        recognised_at: at("2026-10-01T03:00:00Z"),
        reason: if stage == Stage::Correction {
            "the count was wrong".to_owned()
        } else {
            String::new()
        },
        fields,
    }
}
