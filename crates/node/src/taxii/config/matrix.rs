//! Every class for every kind of recipient, as a collection with one reader or two: the file is taken where the words of the law's table let it be, and nowhere else. What is expected is read
//! from those words here, and not from the rules that the program goes by.
//! In: classes, kinds, conditions. Out: verdicts. Never: a pair that is not asked.

use super::read;
use sakimori_custody::class::Class;
use sakimori_release::matrix::MATRIX;
use sakimori_release::{ConditionKind, RecipientKind};
use serde_json::json;

/// What the words of the table ask for beside; `None` where it does not go there.
fn asks(class: Class, kind: RecipientKind) -> Option<&'static [&'static str]> {
    let column = RecipientKind::COLUMNS.iter().position(|k| *k == kind);
    let row = MATRIX.iter().find(|row| row.class == class);
    let text = match (row, column) {
        (Some(row), Some(column)) => row.cells[column].text,
        (Some(_), None) if (class, kind) == (Class::OperatorReport, RecipientKind::Reporter) => {
            "own"
        }
        (Some(_), None) if (class, kind) == (Class::SelectedParty, RecipientKind::Party) => "own",
        _ => "",
    };
    let carrier = kind == RecipientKind::Carrier;
    Some(match text {
        "yes" | "yes → duty to endeavour 40(2)" | "may be published" => &[],
        "if needed" => &["need"],
        "if protection adequate" => &["protection-assessment"],
        "+ consent" if carrier => &["protection-assessment", "prior-consent"],
        "+ prior party consent" | "+ consent" => &["need", "prior-consent"],
        "needed part" => &["minimised"],
        "controlled" => &["controlled-handling"],
        "if equivalent protection" => &["equivalent-protection"],
        "yes + fix method" => &["fix-method"],
        "competent minister + PM; secrecy (8)" => &["competent-minister"],
        "own" => &["alone"],
        _ => return None,
    })
}

/// Whether a file with one collection is taken; `given` is what stands beside.
fn taken(class: Class, kind: RecipientKind, given: &[&str]) -> bool {
    let has = |what: &str| given.contains(&what);
    let conditions = ConditionKind::ALL
        .iter()
        .map(|kind| kind.name())
        .filter(|name| has(name));
    let conditions: Vec<_> = conditions
        .map(|kind| json!({"kind": kind, "until": "2027-04-01T00:00:00Z", "record": "a paper"}))
        .collect();
    let mut readers = vec!["m-1"];
    if !has("alone") {
        readers.push("m-2");
    }
    let mut collection = json!({
        "id": "91a7b528-80eb-42ed-a74d-c6fbd5a26116", "title": "One", "class": class.name(), "tlp": "red",
        "read": readers, "conditions": conditions,
    });
    if has("minimised") {
        collection["minimised"] = json!("a paper");
    }
    let machine = |id: &str| {
        let mut machine = json!({"id": id, "kind": kind.name(), "tlp": "red"});
        if kind == RecipientKind::Council {
            machine["member"] = json!("acme");
        }
        machine
    };
    let file = json!({
        "title": "The office", "machines": [machine("m-1"), machine("m-2")],
        "roots": [{"name": "one", "title": "One", "collections": [collection]}],
    });
    read(&file.to_string()).is_ok()
}

#[test]
fn a_collection_is_for_those_alone_to_whom_the_law_gives_its_class() {
    let all: Vec<&str> = ConditionKind::ALL
        .iter()
        .map(|kind| kind.name())
        .chain(["minimised", "alone"])
        .collect();
    let (mut cells, mut let_go) = (0, 0);
    for class in Class::ALL {
        for kind in RecipientKind::ALL {
            cells += 1;
            let asked = asks(*class, *kind);
            let pair = format!("{class} to {kind}");
            assert_eq!(taken(*class, *kind, &all), asked.is_some(), "{pair}");
            let Some(asked) = asked else { continue };
            let_go += 1;
            assert!(
                taken(*class, *kind, asked),
                "{pair}: what is asked for is enough"
            );
            for left_out in asked {
                let rest: Vec<&str> = all.iter().copied().filter(|one| one != left_out).collect();
                assert!(!taken(*class, *kind, &rest), "{pair}: without {left_out}");
            }
        }
    }
    assert_eq!((cells, let_go), (99, 27));
}
