//! Every row of the table of duties.

use super::{at, document, name, terms};
use sakimori_cooperate::asset::{self, Asset, ComputerClass, Filing, Location, Need};
use sakimori_cooperate::calendar::{Closed, Date, Span, Start, closed, deadline};
use sakimori_cooperate::notice::{self, Since};
use sakimori_cooperate::report::{Case, CommonForm, Stage};
use sakimori_cooperate::scope::{self, SubType, SubTypes};
use sakimori_cooperate::terms::{BureauRow, Source, Sourced};
use sakimori_cooperate::{Answer, Marks, Reason, marks, routing, trigger};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;

const TABLE: &str = include_str!("../duties.md");

struct Row<'a> {
    id: &'a str,
    kind: &'a str,
    given: BTreeMap<&'a str, &'a str>,
    says: &'a str,
    marks: &'a str,
    rules: Vec<&'a str>,
    sentence: &'a str,
}

fn rows() -> Vec<Row<'static>> {
    let lines = TABLE.lines().filter(|line| line.starts_with("| "));
    let cells = lines.map(|line| {
        let inner = line.trim_matches('|');
        inner.split('|').map(str::trim).collect::<Vec<_>>()
    });
    cells
        .filter(|cells| cells[0] != "id")
        .map(|cells| Row {
            id: cells[0],
            kind: cells[1],
            given: cells[2]
                .split("; ")
                .map(|pair| pair.split_once('=').unwrap())
                .collect(),
            says: cells[3],
            marks: cells[4],
            rules: cells[5].split(' ').filter(|rule| *rule != "-").collect(),
            sentence: cells[6],
        })
        .collect()
}

/// A word of a table as the value that JSON has under it.
fn word<T: DeserializeOwned>(text: &str) -> T {
    serde_json::from_value(Value::String(text.to_owned())).unwrap()
}

fn words<T: serde::Serialize>(values: &[T]) -> String {
    let text = |value: &T| {
        serde_json::to_value(value)
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned()
    };
    values.iter().map(text).collect::<Vec<_>>().join(" ")
}

fn date(row: &Row<'_>, key: &str) -> Option<Date> {
    row.given.get(key).map(|text| text.parse().unwrap())
}

fn answer(row: &Row<'_>, key: &str) -> Answer {
    let or = row.given.get("all").copied().unwrap_or("no");
    word(row.given.get(key).copied().unwrap_or(or))
}

/// What the product says in a row, with its reasons.
fn said(row: &Row<'_>) -> (String, Vec<Reason>) {
    match row.kind {
        "asset" => said_of_asset(row),
        "incident" => said_of_incident(row),
        "first-months" => {
            let designated = date(row, "designated").unwrap();
            let on = date(row, "on").unwrap();
            let answer = trigger::first_months(on, designated, date(row, "changed"), &terms());
            (words(&[answer]), Vec::new())
        }
        "count" => {
            let (start, span) = period(row);
            let due = deadline(start, span, terms().counting.verified).unwrap();
            (
                format!("last={}; counted={}", due.last, due.counted),
                due.reasons,
            )
        }
        "holiday" => {
            let why = closed(date(row, "on").unwrap()).unwrap();
            let text = match why {
                None => "open".to_owned(),
                Some(Closed::Holiday(holiday)) => format!("{holiday:?}"),
                Some(other) => format!("{other:?}"),
            };
            (text, Vec::new())
        }
        "notice" => {
            let since = Since {
                designated: date(row, "designated").unwrap(),
                scope_changed: date(row, "changed"),
            };
            let due = notice::due(date(row, "introduced").unwrap(), since, &terms()).unwrap();
            (format!("last={}", due.last), due.reasons)
        }
        "change" => {
            let changed: Vec<notice::Changed> = row.given["changed"].split(' ').map(word).collect();
            let duty = notice::change(&changed, date(row, "on").unwrap(), &terms()).unwrap();
            let text = duty
                .due
                .map_or("none".to_owned(), |due| format!("last={}", due.last));
            (text, duty.reasons)
        }
        "report" => said_of_report(row),
        "route" => said_of_route(row),
        other => panic!("{}: no kind `{other}`", row.id),
    }
}

fn asset_of(row: &Row<'_>) -> Asset {
    Asset {
        maker: row.given["maker"].to_owned(),
        product: row.given["product"].to_owned(),
        model: String::new(),
        version: String::new(),
        count: 1,
        location: Location::OwnSite,
        equipment: "control system".to_owned(),
        class: ComputerClass::TypeOne,
        part: word(row.given["part"]),
        introduced: "2026-10-01".parse().unwrap(),
        bespoke: answer(row, "bespoke"),
        cpe: String::new(),
        purl: String::new(),
    }
}

fn said_of_asset(row: &Row<'_>) -> (String, Vec<Reason>) {
    let mut sub_types = SubTypes::all(answer(row, "sub_types"));
    for (key, answer) in [("sub", Answer::Yes), ("unsure", Answer::Unsure)] {
        for sub_type in row.given.get(key).iter().flat_map(|text| text.split(' ')) {
            sub_types.set(sub_type.parse::<SubType>().unwrap(), answer);
        }
    }
    let questions = scope::Questions {
        operator: answer(row, "operator"),
        equipment: answer(row, "equipment"),
        connected: answer(row, "connected"),
        sub_types,
        preparation: answer(row, "preparation"),
    };
    let asset = asset_of(row);
    assert_eq!(asset.errors(), [], "{}", row.id);
    let filings: Vec<Filing> = row
        .given
        .get("filing")
        .iter()
        .map(|text| {
            let (maker, product) = text.split_once('/').unwrap();
            Filing {
                maker: maker.to_owned(),
                product: product.to_owned(),
            }
        })
        .collect();
    let scope = scope::judge(&questions, &terms());
    let duty = asset::judge(&asset, &scope, &filings, &terms());
    let mut text = format!("verdict={}", words(&[scope.verdict]));
    for (key, list) in [
        ("types", words(&scope.types)),
        ("subs", words(&scope.sub_types)),
    ] {
        if !list.is_empty() {
            write!(text, "; {key}={list}").unwrap();
        }
    }
    let yes = |is: bool| if is { "yes" } else { "no" };
    write!(
        text,
        "; core={}; need={}; incident={}",
        yes(scope.core),
        words(&[duty.need]),
        yes(duty.incident_duty)
    )
    .unwrap();
    if !scope.ask.is_empty() {
        write!(text, "; ask={}", scope.ask.join(" ")).unwrap();
    }
    if duty.need == Need::NoNotice && duty.incident_duty {
        assert_eq!(
            duty.words().1,
            "No notice needed; the incident duty remains."
        );
    }
    (text, [scope.reasons, duty.reasons].concat())
}

fn said_of_incident(row: &Row<'_>) -> (String, Vec<Reason>) {
    let or = row.given.get("all").copied().unwrap_or("no");
    let of = |key: &str| row.given.get(key).copied().unwrap_or(or);
    let questions = trigger::Questions {
        machine: word(row.given["machine"]),
        first_months: word(row.given.get("first_months").copied().unwrap_or("no")),
        code: word(of("code")),
        credential: word(of("credential")),
        bypass: word(of("bypass")),
        theft: word(of("theft")),
        trace: word(of("trace")),
        obstruction: word(of("obstruction")),
    };
    let trigger = trigger::judge(&questions, &terms());
    (words(&[trigger.outcome]), trigger.reasons)
}

fn period(row: &Row<'_>) -> (Start, Span) {
    let start = match (row.given.get("at"), date(row, "during"), date(row, "with")) {
        (Some(time), ..) => Start::At(at(time)),
        (_, Some(date), _) => Start::During(date),
        (_, _, Some(date)) => Start::With(date),
        _ => panic!("{}: no start", row.id),
    };
    let number = |key: &str| row.given.get(key).map(|text| text.parse().unwrap());
    let span = match (number("days"), number("months")) {
        (Some(days), None) => Span::Days(days),
        (None, Some(months)) => Span::Months(months),
        _ => panic!("{}: no span", row.id),
    };
    (start, span)
}

fn said_of_report(row: &Row<'_>) -> (String, Vec<Reason>) {
    let recognised = at(row.given["recognised"]);
    let case = Case::open(name("c-1"), name("water-1"), recognised);
    let clocks = case.clocks(at(row.given["now"]), &terms()).unwrap();
    let [prompt, full] = clocks.as_slice() else {
        panic!("{}: not two clocks", row.id)
    };
    let text = format!(
        "prompt={} {}; full={} {}",
        prompt.last,
        words(&[prompt.state]),
        full.last,
        words(&[full.state])
    );
    (
        text,
        [prompt.reasons.clone(), full.reasons.clone()].concat(),
    )
}

fn said_of_route(row: &Row<'_>) -> (String, Vec<Reason>) {
    let mut terms = terms();
    if let Some(text) = row.given.get("row") {
        let (place, bureau) = text.split_once(" = ").unwrap();
        let (minister, prefecture) = place.split_once(' ').unwrap();
        terms.bureaus.push(Sourced {
            value: BureauRow {
                minister: minister.parse().unwrap(),
                prefecture: prefecture.parse().unwrap(),
                bureau: bureau.to_owned(),
            },
            source: Source {
                verified: false,
                text: "a row of a test".to_owned(),
            },
        });
    }
    let mut report = document(CommonForm::Other, Stage::Prompt);
    for (field, key) in [
        ("operator.sector", "sector"),
        ("operator.prefecture", "prefecture"),
    ] {
        let value = row.given[key].to_owned();
        report.fields.insert(field.to_owned(), Some(value));
    }
    let route: routing::Route = report.route(&terms);
    assert!(route.cabinet_office, "{}", row.id);
    let minister = route.minister.map_or("none", routing::Minister::id);
    let text = match route.bureau {
        Some(bureau) => format!("minister={minister}; bureau={bureau}"),
        None => format!("minister={minister}"),
    };
    (text, route.reasons)
}

#[test]
fn every_row_says_what_the_law_says_with_its_sentence_and_its_marks() {
    let mut wrong = Vec::new();
    for row in rows() {
        let (text, reasons) = said(&row);
        let shown = marks(&reasons);
        let shown = if shown == Marks::default() {
            "-".to_owned()
        } else {
            shown.to_string()
        };
        let has = |rule: &&str| reasons.iter().any(|reason| reason.rule.id() == *rule);
        let missing: Vec<_> = row.rules.iter().filter(|rule| !has(rule)).collect();
        if text != row.says || shown != row.marks || !missing.is_empty() {
            wrong.push(format!(
                "{}: says `{text}` ({shown}), the table `{}` ({}); missing {missing:?}",
                row.id, row.says, row.marks
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_is_as_long_as_it_is_said_to_be_and_every_row_cites_its_sentence() {
    let rows = rows();
    let of = |kind: &str| rows.iter().filter(|row| row.kind == kind).count();
    assert!(of("asset") >= 30, "{}", of("asset"));
    assert!(of("incident") >= 40, "{}", of("incident"));
    let mut ids = std::collections::BTreeSet::new();
    for row in &rows {
        assert!(ids.insert(row.id), "{} stands twice", row.id);
        let part = ["B1", "B5", "B6"]
            .iter()
            .any(|part| row.sentence.starts_with(part));
        assert!(part, "{} cites no sentence", row.id);
        // A reading fills a gap, and the row says which.
        for rule in &row.rules {
            let known = sakimori_cooperate::Rule::ALL
                .iter()
                .any(|each| each.id() == *rule);
            assert!(known, "{}: no rule `{rule}`", row.id);
        }
    }
}
