//! Marks and what they find. In: answers without a lake. Out: files, and the mark that each carries. Never: a log.

use super::trace::Words;
use super::{Form, Leave, Stamp, text};
use crate::query::{Answered, Asked, Question};
use sakimori_custody::class::Class;
use sakimori_lake::{Ask, Span, What};
use sakimori_release::{Marking, Recipient, RecipientKind};
use serde_json::{Value, json};

const MARKS: [&str; 2] = [
    "00112233445566778899aabbccddeeff",
    "ffeeddccbbaa99887766554433221100",
];

fn answered(rows: u64) -> Answered {
    let row = |n: u64| {
        vec![
            json!(format!("0102030405060708-{n}")),
            json!(n * 7),
            Value::Null,
        ]
    };
    Answered {
        columns: ["record", "packets_out", "ja4"].map(str::to_owned).to_vec(),
        rows: (0..rows).map(row).collect(),
        more: false,
        buckets: 1,
        opened: Vec::new(),
        gone: 0,
        entries: [0, 1],
    }
}

fn question() -> Question {
    Question {
        actor: "a.tanaka".parse().unwrap(),
        purpose: "a test".parse().unwrap(),
        case: "case-1".parse().unwrap(),
        authority: "000102030405060708090a0b0c0d0e0f".parse().unwrap(),
        day: None,
        asked: Asked::Rows {
            ask: Ask {
                what: What::All,
                span: Span::ALL,
                limit: 1000,
            },
            text: "all".to_owned(),
        },
    }
}

fn leave() -> Leave {
    Leave {
        recipient: Recipient::new(RecipientKind::PoliceDefence, "police".parse().unwrap()),
        marking: Marking::STRICTEST,
        basis: "Act 42/2025 art. 38(2)".to_owned(),
        rights: "Records of the case alone.".to_owned(),
        conditions: Vec::new(),
    }
}

/// Two recipients' files of one answer, and what each mark finds in `change`d text.
fn finds(form: Form, rows: u64, change: impl Fn(&str) -> String) -> [(bool, usize, usize); 2] {
    let (mine, other) = (
        Stamp::new(b"secret", MARKS[0]),
        Stamp::new(b"secret", MARKS[1]),
    );
    let bytes = mine.file(
        &answered(rows),
        &question(),
        (Class::Selected, &leave()),
        form,
    );
    let bytes = bytes.unwrap();
    let sha256 = super::hex(&<super::Sha256 as super::Digest>::digest(&bytes));
    let changed = change(&String::from_utf8(bytes).unwrap());
    let words = Words::of(changed.into_bytes());
    [words.against(&mine, &sha256), words.against(&other, "")]
}

#[test]
fn a_whole_file_names_its_export_and_no_other() {
    for form in [Form::Csv, Form::Json] {
        let [mine, other] = finds(form, 40, str::to_owned);
        assert_eq!(mine, (true, 40, 40));
        assert_eq!(other, (false, 0, 0));
    }
}

#[test]
fn a_part_of_a_file_names_its_export_by_one_row() {
    let [mine, other] = finds(Form::Csv, 40, |text| {
        text.lines().nth(17).unwrap().to_owned()
    });
    assert_eq!(mine, (false, 1, 0));
    assert_eq!(other, (false, 0, 0));
}

#[test]
fn rows_without_their_cells_name_it_by_their_order_also_with_gaps() {
    let stripped = |every: usize| {
        move |text: &str| {
            let rows = text.lines().skip(1).step_by(every);
            let ids = rows.filter_map(|row| row.split(',').next());
            ids.collect::<Vec<_>>().join("\n")
        }
    };
    let [mine, other] = finds(Form::Csv, 40, stripped(1));
    assert_eq!((mine, other), ((false, 0, 40), (false, 0, 0)));
    let [mine, other] = finds(Form::Csv, 40, stripped(3));
    assert_eq!((mine, other), ((false, 0, 14), (false, 0, 0)));
    let [few, _] = finds(Form::Csv, 40, stripped(5));
    assert_eq!(few, (false, 0, 0), "eight rows in order are no evidence");
}

#[test]
fn sorted_rows_without_cells_name_nobody() {
    let [mine, _] = finds(Form::Csv, 40, |text| {
        let mut ids: Vec<&str> = text
            .lines()
            .skip(1)
            .filter_map(|row| row.split(',').next())
            .collect();
        ids.sort_unstable();
        ids.join(" ")
    });
    assert_eq!(mine, (false, 0, 0));
}

#[test]
fn cells_of_a_table_are_plain() {
    assert_eq!(text(&Value::Null), "");
    assert_eq!(text(&json!([1, 2])), "1 2");
    assert_eq!(text(&json!("a,b")), "a,b");
}

#[test]
fn only_records_are_exported() {
    let mut sums = answered(3);
    sums.columns = ["count", "packets_out", "ja4"].map(str::to_owned).to_vec();
    let refused = Stamp::new(b"secret", MARKS[0]).file(
        &sums,
        &question(),
        (Class::Selected, &leave()),
        Form::Csv,
    );
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .contains("no column `record`")
    );
}
