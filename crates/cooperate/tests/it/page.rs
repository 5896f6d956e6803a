//! The page on the room's documents is the one that its code gives.

use sakimori_cooperate::form::{write_report, write_workbook};
use sakimori_cooperate::report::{CommonForm, FIELDS, Kind, Need, Stage};
use sakimori_cooperate::{Rule, scope::SubType};
use std::fmt::Write;

const PAGE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../docs/reference/duties.md"
);

fn kind(kind: Kind) -> String {
    match kind {
        Kind::Line => "line".to_owned(),
        Kind::Text => "text".to_owned(),
        Kind::Time => "time".to_owned(),
        Kind::Number(most) => format!("number up to {most}"),
        Kind::Choice(words) => format!("one of {}", words.join(", ")),
        Kind::Choices(words) => format!("some of {}", words.join(", ")),
    }
}

const fn need(need: Need) -> &'static str {
    match need {
        Need::Known => "value",
        Need::Told => "value or `null`",
        Need::Free => "–",
    }
}

fn page() -> String {
    let mut page = include_str!("page.txt").to_owned();
    page.push_str(
        "\n## The schedule of duties\n\nVersion 1 for Japan, before anybody signed it:\n\n```\n",
    );
    page.push_str(&super::terms().to_string());
    page.push_str("```\n\n## Fields of a report\n\n| key | item | form | kind | prompt | full | 日本語 | English |\n|---|---|---|---|---|---|---|---|\n");
    for field in FIELDS {
        writeln!(
            page,
            "| `{}` | {} | {} | {} | {} | {} | {} | {} |",
            field.key,
            field.item,
            field.form.map_or("all", CommonForm::id),
            kind(field.kind),
            need(field.prompt),
            need(field.full),
            field.ja,
            field.en
        )
        .unwrap();
    }
    page.push_str("\n## Sub-types of type 2\n\n| id | 日本語 | English |\n|---|---|---|\n");
    for each in SubType::ALL {
        writeln!(page, "| `{each}` | {} | {} |", each.ja(), each.en()).unwrap();
    }
    page.push_str("\n## Rules\n\n| id | part | law | reading | 日本語 | English |\n|---|---|---|---|---|---|\n");
    for rule in Rule::ALL {
        let reading = if rule.is_reading() { "yes" } else { "" };
        writeln!(
            page,
            "| `{}` | {} | {} | {reading} | {} | {} |",
            rule.id(),
            rule.part(),
            rule.law(),
            rule.ja(),
            rule.en()
        )
        .unwrap();
    }
    page
}

#[test]
fn the_page_is_the_one_that_the_code_gives() {
    if std::env::var_os("SAKIMORI_BLESS").is_some() {
        std::fs::write(PAGE, page()).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(PAGE).unwrap_or_default(),
        page(),
        "write it anew with SAKIMORI_BLESS=1"
    );
}

#[test]
fn ids_are_unique_and_every_sentence_is_in_both_languages() {
    let mut ids = std::collections::BTreeSet::new();
    for rule in Rule::ALL {
        assert!(ids.insert(rule.id()), "{}", rule.id());
        assert!(
            rule.ja().ends_with('。') && rule.en().ends_with('.'),
            "{}",
            rule.id()
        );
        assert!(
            rule.part().starts_with('B') && !rule.law().is_empty(),
            "{}",
            rule.id()
        );
        let json = serde_json::to_value(rule).unwrap();
        assert_eq!(json, rule.id());
    }
    // What the page says of the document's bytes.
    let document = super::document(CommonForm::Other, Stage::Prompt);
    let text = String::from_utf8(write_report(&document)).unwrap();
    assert!(
        text.starts_with("{\n  \"format\": \"sakimori/report/v1\",\n") && text.ends_with("}\n")
    );
    assert!(write_workbook(&document).unwrap().starts_with(b"PK"));
}
