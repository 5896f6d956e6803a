//! Documents there and back.

use super::{document, sample, terms};
use proptest::prelude::*;
use sakimori_cooperate::form::{
    FormError, read_json, read_report, read_workbook, report_schema, write_report, write_workbook,
};
use sakimori_cooperate::report::{CommonForm, FIELDS, Need, ReportDocument, Stage, fields_of};
use std::collections::BTreeMap;

const SCHEMA: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/schema/incident-report-v1.json"
);

#[test]
fn the_kept_schema_is_the_one_that_the_field_list_gives() {
    let mut text = serde_json::to_string_pretty(&report_schema()).unwrap();
    text.push('\n');
    if std::env::var_os("SAKIMORI_BLESS").is_some() {
        std::fs::write(SCHEMA, &text).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(SCHEMA).unwrap_or_default(),
        text,
        "write it anew with SAKIMORI_BLESS=1"
    );
}

#[test]
fn the_schema_names_every_field_of_each_form_and_what_each_stage_needs() {
    let schema = report_schema();
    for form in CommonForm::ALL {
        for stage in [Stage::Prompt, Stage::Full] {
            let place = format!("/$defs/{}-{}", form.id(), stage.id());
            let part = schema.pointer(&place).unwrap();
            assert_eq!(part["additionalProperties"], false);
            let named: Vec<&String> = part["properties"].as_object().unwrap().keys().collect();
            let mut own: Vec<&str> = fields_of(form).map(|field| field.key).collect();
            own.sort_unstable();
            assert_eq!(named, own, "{place}");
            let need = |field: &sakimori_cooperate::report::FieldSpec| match stage {
                Stage::Prompt => field.prompt,
                _ => field.full,
            };
            let needed: Vec<&str> = fields_of(form)
                .filter(|field| need(field) != Need::Free)
                .map(|field| field.key)
                .collect();
            let required: Vec<&str> = part["required"]
                .as_array()
                .unwrap()
                .iter()
                .map(|key| key.as_str().unwrap())
                .collect();
            assert_eq!(required, needed, "{place}");
        }
    }
}

#[test]
fn every_form_and_stage_goes_there_and_back_without_loss() {
    for form in CommonForm::ALL {
        for stage in Stage::ALL {
            let document = document(form, stage);
            assert_eq!(document.errors(stage, &terms()), [], "{form:?} {stage:?}");
            let json = write_report(&document);
            assert_eq!(read_report(&json).as_ref(), Ok(&document));
            let book = write_workbook(&document).unwrap();
            assert_eq!(read_workbook(&book).as_ref(), Ok(&document));
            assert_eq!(write_report(&read_workbook(&book).unwrap()), json);
            assert_eq!(write_workbook(&document).unwrap(), book, "the same bytes");
        }
    }
}

/// A text that a person may write, with what spreadsheets and XML make of texts.
fn any_text() -> impl Strategy<Value = String> {
    let special = prop::sample::select(vec![
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "_x0041_",
        "_x005F_",
        "&lt;&amp;",
        "<t>",
        "]]>",
        "\"'",
        " ",
        "  ",
        "\n",
        "\n\n",
        "　",
        "＝1",
        "TRUE",
        "1e5",
        "007",
        "2026-10-01",
        "日本語",
        "𠮷",
        "\u{a0}",
        "%",
        "'",
    ]);
    let any = prop::collection::vec(
        prop_oneof![special.prop_map(str::to_owned), "[a-zA-Z0-9あ-ん]{1,8}"],
        1..6,
    );
    any.prop_map(|parts| parts.concat())
}

fn any_document() -> impl Strategy<Value = ReportDocument> {
    let values = prop::collection::vec(
        prop::option::weighted(0.7, prop::option::weighted(0.8, any_text())),
        FIELDS.len(),
    );
    let reason = prop_oneof![Just(String::new()), any_text()];
    (0usize..3, 0usize..3, values, reason).prop_map(|(form, stage, values, reason)| {
        let form = CommonForm::ALL[form];
        let fields = fields_of(form)
            .zip(values)
            .filter_map(|(field, value)| value.map(|value| (field.key.to_owned(), value)));
        let fields: BTreeMap<String, Option<String>> = fields.collect();
        ReportDocument {
            stage: Stage::ALL[stage],
            reason,
            fields,
            ..document(form, Stage::Prompt)
        }
    })
}

proptest! {
    #[test]
    fn any_report_goes_from_json_to_a_workbook_and_back_without_loss(document in any_document()) {
        let json = write_report(&document);
        let read = read_report(&json).unwrap();
        prop_assert_eq!(&read, &document);
        let book = write_workbook(&read).unwrap();
        let again = read_workbook(&book).unwrap();
        prop_assert_eq!(&again, &document);
        prop_assert_eq!(write_report(&again), json);
    }
}

#[test]
fn what_begins_like_a_formula_is_text_in_a_workbook_and_stays_what_it_is() {
    let mut report = document(CommonForm::Other, Stage::Prompt);
    let word = "=HYPERLINK(\"http://x.invalid\")".to_owned();
    report
        .fields
        .insert("event.summary".to_owned(), Some(word.clone()));
    let book = write_workbook(&report).unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(&book)).unwrap();
    let mut part = |name: &str| {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut archive.by_name(name).unwrap(), &mut text).unwrap();
        text
    };
    assert!(!part("xl/worksheets/sheet1.xml").contains("<f>"));
    assert!(part("xl/sharedStrings.xml").contains("=HYPERLINK"));
    assert!(part("xl/styles.xml").contains("quotePrefix=\"1\""));
    let read = read_workbook(&book).unwrap();
    assert_eq!(read.value("event.summary"), Some(word.as_str()));
}

#[test]
fn a_key_twice_an_unknown_one_and_other_json_are_refused_with_their_place() {
    let good =
        String::from_utf8(write_report(&document(CommonForm::Other, Stage::Prompt))).unwrap();
    let cases = [
        (
            good.replacen("\"stage\"", "\"form\": \"other\",\n  \"stage\"", 1),
            "stands twice",
        ),
        (
            good.replacen(
                "\"operator.contact\":",
                "\"operator.contact\": \"x\", \"operator.contact\":",
                1,
            ),
            "stands twice",
        ),
        (
            good.replacen("\"stage\"", "\"colour\": \"red\",\n  \"stage\"", 1),
            "unknown field",
        ),
        (
            good.replacen("\"prompt\"", "\"final\"", 1),
            "unknown variant",
        ),
        (
            good.replacen("\"fields_version\": 1", "\"fields_version\": 1.5", 1),
            "not whole",
        ),
        (
            good.replacen("\"fields_version\": 1", "\"fields_version\": -1", 1),
            "",
        ),
        (
            good.replacen("2026-10-01T03:00:00Z", "2026-10-01T12:00:00+09:00", 1),
            "is not a UTC time",
        ),
        (
            good.replacen("\"water-1\"", "\"Water 1\"", 1),
            "is not a name",
        ),
        (format!("{good}x"), ""),
        (format!("{good}{good}"), ""),
        ("[".repeat(4000), "too deeply"),
        (format!("[{}1]", "1,".repeat(5000)), "too many values"),
        ("\u{feff}{}".to_owned(), ""),
        (String::new(), ""),
        ("null".to_owned(), ""),
    ];
    for (text, what) in cases {
        match read_report(text.as_bytes()) {
            Err(FormError::Json {
                what: found, line, ..
            }) => {
                assert!(found.contains(what) && line >= 1, "{found}: {what}");
                assert!(found.chars().count() <= 300);
            }
            other => panic!("{what}: {other:?}"),
        }
    }
    assert!(matches!(
        read_json::<ReportDocument>(&vec![b' '; (4 << 20) + 1]),
        Err(FormError::TooLarge { .. })
    ));
    assert!(read_report(b"\"\xff\"").is_err());
}

#[test]
fn fields_that_break_a_rule_are_named_with_it() {
    let check = |key: &str, value: Option<&str>, rule: &str| {
        let mut report = document(CommonForm::Ransomware, Stage::Full);
        report
            .fields
            .insert(key.to_owned(), value.map(str::to_owned));
        let errors = report.errors(Stage::Full, &terms());
        let found: Vec<_> = errors
            .iter()
            .map(|e| (e.field.as_str(), e.rule.id()))
            .collect();
        assert_eq!(
            found,
            [(format!("fields.{key}").as_str(), rule)],
            "{value:?}"
        );
    };
    check("ddos.vector", Some("x"), "report.form");
    check("no.field", Some("x"), "report.form");
    check("operator.name", None, "report.unknown");
    check("event.summary", None, "report.unknown");
    check("operator.name", Some(""), "field.missing");
    check("operator.name", Some(" x"), "field.bounds");
    check("operator.name", Some("a\nb"), "field.bounds");
    check("operator.name", Some("a\u{202e}b"), "field.bounds");
    check("operator.name", Some(&"あ".repeat(201)), "field.bounds");
    check("event.summary", Some(&"あ".repeat(8001)), "field.bounds");
    check("event.summary", Some("\0"), "field.bounds");
    check("operator.prefecture", Some("48"), "report.value");
    check("operator.prefecture", Some("013"), "report.value");
    check("event.began_at", Some("yesterday"), "report.value");
    check("event.continues", Some("maybe"), "report.value");
    check("type.acts", Some("trace malicious-code"), "report.value");
    check("type.acts", Some("trace trace"), "report.value");
}

#[test]
fn what_is_needed_grows_from_stage_to_stage() {
    let counts = |form| {
        let needed = |full: bool| {
            fields_of(form)
                .filter(|f| if full { f.full } else { f.prompt } != Need::Free)
                .count()
        };
        (needed(false), needed(true))
    };
    assert_eq!(counts(CommonForm::Other), (6, 24));
    assert_eq!(counts(CommonForm::Ransomware), (6, 29));
    assert_eq!(counts(CommonForm::Ddos), (6, 30));
    // Items 1 and 2 alone are a prompt report.
    for field in FIELDS.iter().filter(|field| field.prompt != Need::Free) {
        assert!(
            field.item <= 2 && field.prompt == Need::Known,
            "{}",
            field.key
        );
    }
    for item in 1..=7 {
        assert!(FIELDS.iter().any(|field| field.item == item), "{item}");
    }
    for field in FIELDS {
        assert!(!sample(field.kind).is_empty());
    }
}
