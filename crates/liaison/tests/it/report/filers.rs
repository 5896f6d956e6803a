//! Who files for an operator, and where cases go. In: both stores, a schedule with bureaus. Out: verdicts. Never: a right that nobody gave.

use super::{RECOGNISED, World, at, filled, name};
use sakimori_cooperate::Terms;
use sakimori_cooperate::form::write_report;
use sakimori_cooperate::report::{CommonForm, ReportDocument, Stage};
use sakimori_liaison::LiaisonError;
use sakimori_liaison::desk::{Bureau, Desk, PAGE_MAX, Wanted, Way};
use sakimori_liaison::filer::{Filers, Word};
use sakimori_liaison::report::Clerk;
use sakimori_store::{Papers as _, View};

fn refusal<T: std::fmt::Debug>(said: Result<T, LiaisonError>) -> String {
    said.unwrap_err().to_string()
}

pub(super) async fn written(clerk: &Clerk<'_>, case: &str) -> ReportDocument {
    let open = clerk
        .open(&name(case), CommonForm::Other, at(RECOGNISED))
        .await;
    let mut document = open.unwrap().said.document;
    filled(&mut document, Stage::Prompt);
    document
}

#[tokio::test]
async fn a_name_is_filed_under_by_whom_it_is_bound_to_until_its_day() {
    let world = World::new().await;
    let clerk = world.clerk("2026-10-02T00:00:00Z");
    let soc = Clerk {
        by: "soc-user",
        ..clerk
    };
    let mut document = written(&clerk, "c-1").await;
    document.filer = name("soc-7");
    let draft = clerk.import(document).await.unwrap();
    let bound = ["soc-user".to_owned()];
    let until = "2026-10-03".parse().unwrap();
    let filers = clerk.filers();
    assert!(refusal(soc.file(&draft).await).contains("[report.filer]"));
    let over = "2026-10-01".parse().unwrap();
    assert!(refusal(filers.allow(&name("soc-7"), &bound, over).await).contains("over"));
    let own = ["u1".to_owned()];
    assert!(refusal(filers.allow(&name("soc-7"), &own, until).await).contains("who says so"));
    let itself = filers.allow(&name("water-1"), &bound, until).await;
    assert!(refusal(itself).contains("the operator itself"));
    filers.allow(&name("soc-7"), &bound, until).await.unwrap();
    let twice = filers.allow(&name("soc-8"), &bound, until).await;
    assert!(refusal(twice).contains("already"));
    // The operator's own people do not file under the name, and who is bound says nothing of others.
    assert!(refusal(clerk.file(&draft).await).contains("not bound"));
    let other = ["x".to_owned()];
    let himself = soc.filers().allow(&name("soc-9"), &other, until).await;
    assert!(refusal(himself).contains("says nothing"));
    assert!(refusal(soc.filers().end(&name("soc-7")).await).contains("says nothing"));
    let late = Clerk {
        now: at("2026-10-03T15:00:00Z"),
        ..soc
    };
    assert!(
        refusal(late.file(&draft).await).contains("delegated"),
        "the day behind"
    );
    assert!(soc.check(&draft).await.unwrap().filing.errors.is_empty());
    soc.file(&draft).await.unwrap();
    // Once it is ended, neither under the name nor under the operator's.
    clerk.filers().end(&name("soc-7")).await.unwrap();
    for filer in ["soc-7", "water-1"] {
        let mut document = written(&clerk, &format!("c-{filer}")).await;
        document.filer = name(filer);
        let draft = clerk.import(document).await.unwrap();
        assert!(refusal(soc.file(&draft).await).contains("filer"), "{filer}");
    }
}

pub(super) fn of(operator: &str, filer: &str, case: &str) -> ReportDocument {
    let mut document = ReportDocument {
        format: "sakimori/report/v1".to_owned(),
        fields_version: 1,
        case: name(case),
        operator: name(operator),
        filer: name(filer),
        form: CommonForm::Other,
        stage: Stage::Prompt,
        recognised_at: at(RECOGNISED),
        reason: String::new(),
        fields: std::collections::BTreeMap::new(),
    };
    filled(&mut document, Stage::Prompt);
    document
}

pub(super) async fn brought(
    desk: &Desk<'_>,
    by: &str,
    document: &ReportDocument,
) -> Result<String, String> {
    let text = write_report(document);
    let taken = desk.take(&name(by), &text, Way::Machine, Some("k")).await;
    taken.map(|taken| taken.receipt).map_err(|e| e.to_string())
}

#[tokio::test]
async fn a_supplier_s_machine_files_for_an_operator_where_its_word_holds_and_learns_nothing_else() {
    let world = World::new().await;
    let desk = world.desk("2026-10-02T00:00:00Z");
    let refused = "operator: is not `soc-7`, who brings it";
    let document = of("water-1", "soc-7", "c-1");
    assert_eq!(
        brought(&desk, "soc-7", &document).await,
        Err(refused.to_owned())
    );
    let word = |filer: &str, until: &str| {
        let said = serde_json::json!({"filers": [{"filer": filer, "until": until}]});
        serde_json::from_value::<Word>(said).unwrap()
    };
    let (water, gas) = (name("water-1"), name("gas-1"));
    desk.take_allowed(&water, &word("soc-7", "2026-10-03"))
        .await
        .unwrap();
    let receipt = brought(&desk, "soc-7", &document).await.unwrap();
    assert!(receipt.contains("operator: water-1\n"), "{receipt}");
    // Its own name alone, this operator alone, until the day alone; all in the same words.
    let late = world.desk("2026-10-03T15:00:00Z");
    for (desk, document) in [
        (&desk, of("water-1", "water-1", "c-2")),
        (&desk, of("water-1", "soc-8", "c-2")),
        (&desk, of("gas-1", "soc-7", "c-2")),
        (&desk, of("nobody-1", "soc-7", "c-2")),
        (&late, of("water-1", "soc-7", "c-2")),
    ] {
        assert_eq!(
            brought(desk, "soc-7", &document).await,
            Err(refused.to_owned())
        );
    }
    // The operator's own use of the same key is its own.
    let own = brought(&desk, "water-1", &of("water-1", "water-1", "c-3")).await;
    assert!(own.is_ok(), "{own:?}");
    // Not named any more, or named by another operator alone.
    let ended = Word {
        filers: Vec::new(),
        ended: vec!["soc-7".to_owned()],
    };
    desk.take_allowed(&water, &ended).await.unwrap();
    desk.take_allowed(&gas, &word("soc-7", "2026-12-31"))
        .await
        .unwrap();
    let next = of("water-1", "soc-7", "c-4");
    assert_eq!(
        brought(&desk, "soc-7", &next).await,
        Err(refused.to_owned())
    );
    let count = world
        .office
        .states(View::Of("water-1"), "report-case")
        .await;
    assert_eq!(
        count.unwrap().iter().map(|(_, count)| count).sum::<u64>(),
        2
    );
}

#[tokio::test]
async fn what_the_operator_says_comes_to_the_office_on_a_stick_too() {
    let world = World::new().await;
    let clerk = world.clerk("2026-10-02T00:00:00Z");
    let bound = ["soc-user".to_owned()];
    let until = "2026-10-31".parse().unwrap();
    clerk
        .filers()
        .allow(&name("soc-7"), &bound, until)
        .await
        .unwrap();
    let document = written(&clerk, "c-1").await;
    let draft = clerk.import(document).await.unwrap();
    clerk.file(&draft).await.unwrap();
    let package = clerk.handover().await.unwrap();
    let desk = world.desk("2026-10-02T01:00:00Z");
    desk.take_handover(&package).await.unwrap();
    let at_office = Filers {
        store: &world.office,
        operator: &world.name,
        now: at("2026-10-02T01:00:00Z"),
        by: "o1",
        signs: false,
    };
    let kept = at_office.list().await.unwrap();
    assert_eq!(
        (kept[0].id.as_str(), kept[0].said.until),
        ("soc-7", Some(until))
    );
    assert!(
        kept[0].said.who.is_empty(),
        "the operator's people are its own"
    );
    assert!(
        brought(&desk, "soc-7", &of("water-1", "soc-7", "c-2"))
            .await
            .is_ok()
    );
}

/// So many cases: in turn of two prefectures of one minister, and of another minister.
async fn many(desk: &Desk<'_>, operator: &sakimori_custody::ids::Name, all: usize) {
    for number in 0..all {
        let mut document = of("water-1", "water-1", &format!("c-{number}"));
        let (sector, prefecture) = match number % 3 {
            0 => ("water", "13"),
            1 => ("water", "27"),
            _ => ("gas", "13"),
        };
        let mut set = |key: &str, value: &str| {
            let value = Some(value.to_owned());
            document.fields.insert(key.to_owned(), value);
        };
        set("operator.sector", sector);
        set("operator.prefecture", prefecture);
        let text = write_report(&document);
        let taken = desk.take(operator, &text, Way::Node, None).await;
        taken.unwrap();
    }
}

#[tokio::test]
async fn cases_are_listed_by_minister_and_bureau_and_no_page_leaves_one_out() {
    let world = World::new().await;
    let row = "bureau: mlit 13 = 関東運輸局 | unverified | a table of the office\n";
    let terms = Terms::parse(&format!("{}{row}", world.terms)).unwrap();
    let desk = Desk {
        terms: &terms,
        ..world.desk("2026-10-02T00:00:00Z")
    };
    let all = PAGE_MAX + 30;
    many(&desk, &world.name, all).await;
    let count = async |wanted: Wanted<'_>, desk: &Desk<'_>| {
        let (mut seen, mut from) = (std::collections::BTreeSet::new(), None);
        loop {
            let wanted = Wanted {
                from: from.as_deref(),
                ..wanted
            };
            let page = desk.routed(View::All, wanted).await.unwrap();
            assert!(page.cases.len() <= PAGE_MAX);
            for (case, _) in page.cases {
                assert!(seen.insert(case.id), "twice");
            }
            from = page.next;
            if from.is_none() {
                return seen.len();
            }
        }
    };
    let mlit = Some("mlit".parse().unwrap());
    let wanted = Wanted::default();
    assert_eq!(count(wanted, &desk).await, all);
    let wanted = Wanted {
        minister: mlit,
        ..wanted
    };
    assert_eq!(count(wanted, &desk).await, 87);
    let bureau = |bureau| Wanted {
        bureau: Some(bureau),
        ..wanted
    };
    assert_eq!(count(bureau(Bureau::Named("関東運輸局")), &desk).await, 44);
    assert_eq!(count(bureau(Bureau::Headquarters), &desk).await, 43);
    assert_eq!(count(bureau(Bureau::Named("nowhere")), &desk).await, 0);
    let built_in = world.desk("2026-10-02T00:00:00Z");
    assert_eq!(count(bureau(Bureau::Headquarters), &built_in).await, 87);
    let late = Desk {
        now: at("2026-12-01T00:00:00Z"),
        ..desk
    };
    let overdue = Wanted {
        state: Some("overdue"),
        ..bureau(Bureau::Headquarters)
    };
    assert_eq!(count(overdue, &late).await, 43);
    assert_eq!(late.overdue_count(View::All).await.unwrap(), all as u64);
    let bad = Wanted {
        from: Some("x"),
        ..overdue
    };
    assert!(late.routed(View::All, bad).await.is_err());
}
