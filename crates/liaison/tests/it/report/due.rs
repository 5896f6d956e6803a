//! What is due, over all kinds. In: both stores, a time. Out: rows and counts. Never: a row of another owner.

use super::{RECOGNISED, World, at, filled, name};
use sakimori_cooperate::clock::{State, What, Who};
use sakimori_cooperate::guidance::Guidance;
use sakimori_cooperate::report::{CommonForm, Stage};
use sakimori_cooperate::{Answer, trigger};
use sakimori_liaison::desk::Way;
use sakimori_liaison::due::{Asked, Kind, List, due, overdue_counts};
use sakimori_liaison::paper::{Standing, first};
use sakimori_liaison::report::Draft;
use sakimori_store::{Change, Paper, Store, View};

async fn asked(world: &World, store: &dyn Store, (owner, days): (&str, u64), now: &str) -> List {
    let view = if owner.is_empty() {
        View::All
    } else {
        View::Of(owner)
    };
    let asked = Asked {
        view,
        kinds: &Kind::ALL,
        days,
        now: at(now),
        terms: &world.terms,
    };
    due(store, asked).await.unwrap()
}

fn named(list: &List) -> Vec<(&str, What, u32)> {
    let rows = list.rows.iter();
    rows.map(|row| (row.id.as_str(), row.due.what, row.due.days_late))
        .collect()
}

#[tokio::test]
async fn an_operator_s_report_is_due_until_it_is_filed_in_full_or_none_is_owed() {
    let world = World::new().await;
    let clerk = world.clerk("2026-10-02T00:00:00Z");
    let mut drafts = Vec::new();
    for case in ["c-1", "c-2", "c-3"] {
        let open = clerk
            .open(&name(case), CommonForm::Other, at(RECOGNISED))
            .await;
        drafts.push(open.unwrap());
    }
    // The second is filed in full, the third is none to be reported.
    let mut said = drafts[1].said.clone();
    filled(&mut said.document, Stage::Full);
    let draft = clerk.save(&drafts[1], said).await.unwrap();
    clerk.file(&draft).await.unwrap();
    let mut said: Draft = drafts[2].said.clone();
    said.trigger = trigger::Questions {
        machine: trigger::Machine::Outside,
        first_months: Answer::No,
        code: trigger::Code::No,
        credential: Answer::No,
        bypass: Answer::No,
        theft: Answer::No,
        trace: Answer::No,
        obstruction: trigger::Obstruction::No,
    };
    clerk.save(&drafts[2], said).await.unwrap();
    let own = ("water-1", 0);
    let early = asked(&world, &world.operator, own, "2026-11-02T14:59:59Z").await;
    assert_eq!(named(&early), [], "the last second of the last day");
    let soon = asked(
        &world,
        &world.operator,
        ("water-1", 3),
        "2026-11-01T00:00:00Z",
    )
    .await;
    assert_eq!(named(&soon), [("c-1", What::FullReport, 0)]);
    assert_eq!(soon.rows[0].due.state, State::Running);
    let late = asked(&world, &world.operator, own, "2026-11-04T15:00:00Z").await;
    assert_eq!(named(&late), [("c-1", What::FullReport, 3)]);
    assert!(!late.rows[0].due.reasons.is_empty());
    let other = asked(
        &world,
        &world.operator,
        ("gas-1", 366),
        "2026-11-04T15:00:00Z",
    )
    .await;
    assert_eq!(other, List::default());
}

#[tokio::test]
async fn the_office_sees_every_kind_in_one_order_and_an_operator_its_own() {
    let world = World::new().await;
    let desk = world.desk("2026-10-02T00:00:00Z");
    for (operator, case) in [("water-1", "c-1"), ("gas-1", "c-9")] {
        let clerk = world.clerk("2026-10-02T00:00:00Z");
        let open = clerk
            .open(&name(case), CommonForm::Other, at(RECOGNISED))
            .await;
        let mut document = open.unwrap().said.document;
        filled(&mut document, Stage::Prompt);
        document.operator = name(operator);
        document.filer = name(operator);
        let text = sakimori_cooperate::form::write_report(&document);
        let taken = desk.take(&name(operator), &text, Way::Node, None).await;
        taken.unwrap();
    }
    desk.acknowledge("gas-1", "c-9").await.unwrap();
    let by = Some("2026-10-05".parse().unwrap());
    desk.task(("gas-1", "c-9"), "電話", by).await.unwrap();
    let day = "2026-10-03".parse().unwrap();
    let lines = ["更新".to_owned()];
    let guidance = Guidance::issue(name("g-1"), name("gas-1"), "件名", &lines, day).unwrap();
    let standing = Standing {
        state: "issued",
        due: Some(guidance.answer_by().end().0),
        at: 1,
        by: "o1",
    };
    let weakness = Change::AddPaper(Paper {
        kind: "weakness-case".to_owned(),
        owner: "office".to_owned(),
        id: "w-1".to_owned(),
        version: 1,
        state: "open".to_owned(),
        due: Some(at("2026-10-04T00:00:00Z").0),
        at: 1,
        by: "o1".to_owned(),
        body: "{}".to_owned(),
    });
    let advice = first("gas-1", "g-1", &guidance, standing).unwrap();
    world.office.apply(&[advice, weakness]).await.unwrap();
    let now = "2026-10-07T00:00:00Z";
    let all = asked(&world, &world.office, ("", 0), now).await;
    // Three days behind the second of October is the fifth.
    let rows = [
        ("g-1", What::Guidance, 4),
        ("w-1", What::Weakness, 3),
        ("c-1", What::Acknowledgement, 2),
        ("c-9", What::Task, 2),
    ];
    assert_eq!(named(&all), rows);
    assert_eq!(all.rows[2].due.who, Who::Office);
    let gas = asked(&world, &world.office, ("gas-1", 0), now).await;
    assert_eq!(named(&gas), [rows[0], rows[3]], "its own alone");
    let month = asked(&world, &world.office, ("gas-1", 60), now).await;
    let ahead = [rows[0], rows[3], ("c-9", What::FullReport, 0)];
    assert_eq!(named(&month), ahead, "what is late comes first");
    let counts = overdue_counts(&world.office, at(now)).await.unwrap();
    let count = |kind: Kind| counts.iter().find(|(each, _)| *each == kind).unwrap().1;
    assert_eq!(
        [Kind::ReportCase, Kind::Guidance, Kind::WeaknessCase].map(count),
        [2, 1, 1]
    );
    assert_eq!(count(Kind::Letter), 0);
}
