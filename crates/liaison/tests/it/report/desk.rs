//! The office's desk: what it takes and from whom, cases, suggestions, guidance, files, numbers. In: documents of operators. Out: verdicts. Never: a clock.

use super::{RECOGNISED, World, at, document, name};
use sakimori_cooperate::calendar::Date;
use sakimori_cooperate::clock::State;
use sakimori_cooperate::form::{read_report, write_report};
use sakimori_cooperate::guidance::Tick;
use sakimori_cooperate::report::{CommonForm, Stage};
use sakimori_liaison::LiaisonError;
use sakimori_liaison::desk::{Desk, Way, Working};
use sakimori_liaison::paper::Document;
use sakimori_liaison::product::Known;
use sakimori_liaison::report::{Brought, Clerk, Draft, WAITING_MAX, attach, attached, attachments};
use sakimori_store::{NEWEST, Store, View};

#[tokio::test]
async fn the_office_takes_each_document_once_and_only_its_operator_s_own() {
    let world = World::new().await;
    let desk = world.desk("2026-10-02T00:00:00Z");
    let (water, gas) = (name("water-1"), name("gas-1"));
    let text = write_report(&document("water-1", "c-1", Stage::Prompt));
    let other = desk.take(&gas, &text, Way::Node, None).await.unwrap_err();
    assert!(matches!(other, LiaisonError::Refused { field, .. } if field == "operator"));
    let first = desk
        .take(&water, &text, Way::Machine, Some("k-1"))
        .await
        .unwrap();
    let again = desk
        .take(&water, &text, Way::Machine, Some("k-1"))
        .await
        .unwrap();
    assert_eq!(
        (first.receipt.as_str(), again.repeated),
        (again.receipt.as_str(), true)
    );
    let next = write_report(&document("water-1", "c-2", Stage::Prompt));
    let reused = desk.take(&water, &next, Way::Machine, Some("k-1")).await;
    assert!(matches!(reused, Err(LiaisonError::Conflict { .. })));
    // The same name of a case and of a key at another operator is another thing.
    let same = write_report(&document("gas-1", "c-1", Stage::Prompt));
    let own = desk
        .take(&gas, &same, Way::Machine, Some("k-1"))
        .await
        .unwrap();
    assert_eq!((own.number, own.repeated), (1, false));
    let second = desk
        .take(&water, &text, Way::Machine, Some("k-2"))
        .await
        .unwrap();
    assert!(second.repeated);
    for bytes in [b"".as_slice(), b"{}", b"\xff", b"[[[[[[[[[[[["] {
        let junk = desk.take(&water, bytes, Way::Node, None).await;
        assert!(matches!(junk, Err(LiaisonError::Form(_))));
    }
    let mut moved = document("water-1", "c-1", Stage::Full);
    moved.recognised_at = at("2026-09-30T03:00:00Z");
    let moved = desk
        .take(&water, &write_report(&moved), Way::Node, None)
        .await;
    let moved = moved.unwrap_err().to_string();
    assert!(moved.contains("[report.recognised]"), "{moved}");
    assert_eq!(desk.cases(View::All, None, NEWEST).await.unwrap().len(), 2);
    assert_eq!(
        desk.cases(View::Of("gas-1"), None, NEWEST)
            .await
            .unwrap()
            .len(),
        1
    );
    assert!(matches!(
        desk.case("gas-1", "c-2").await,
        Err(LiaisonError::Missing { .. })
    ));
}

#[tokio::test]
async fn several_at_once_are_taken_one_behind_the_other() {
    let world = World::new().await;
    let desk = world.desk("2026-10-02T00:00:00Z");
    let text = write_report(&document("water-1", "c-1", Stage::Prompt));
    let take = || desk.take(&world.name, &text, Way::Node, Some("k"));
    let (a, b, c) = tokio::join!(take(), take(), take());
    let (a, b, c) = (a.unwrap(), b.unwrap(), c.unwrap());
    assert!(a.receipt == b.receipt && b.receipt == c.receipt);
    assert_eq!([a, b, c].iter().filter(|each| !each.repeated).count(), 1);
    assert_eq!(desk.case("water-1", "c-1").await.unwrap().taken.len(), 1);
}

#[tokio::test]
async fn the_junk_of_one_operator_ends_at_its_bound_and_keeps_nobody_out() {
    let world = World::new().await;
    let desk = world.desk("2026-10-02T00:00:00Z");
    for number in 0..WAITING_MAX {
        let text = write_report(&document("water-1", &format!("j-{number}"), Stage::Prompt));
        desk.take(&world.name, &text, Way::Node, None)
            .await
            .unwrap();
    }
    let text = write_report(&document("water-1", "one-more", Stage::Prompt));
    let full = desk.take(&world.name, &text, Way::Node, None).await;
    assert!(matches!(
        full,
        Err(LiaisonError::Full {
            most: WAITING_MAX,
            ..
        })
    ));
    let full = write_report(&document("water-1", "j-0", Stage::Full));
    desk.take(&world.name, &full, Way::Node, None)
        .await
        .unwrap();
    let gas = write_report(&document("gas-1", "c-1", Stage::Prompt));
    desk.take(&name("gas-1"), &gas, Way::Node, None)
        .await
        .unwrap();
    for number in 2..20 {
        let mut more = document("water-1", "j-0", Stage::Correction);
        more.reason = format!("訂正 {number}");
        desk.take(&world.name, &write_report(&more), Way::Node, None)
            .await
            .unwrap();
    }
    let mut more = document("water-1", "j-0", Stage::Correction);
    "もう一度".clone_into(&mut more.reason);
    let more = write_report(&more);
    let flood = desk.take(&world.name, &more, Way::Node, None).await;
    assert!(matches!(flood, Err(LiaisonError::Full { most: 20, .. })));
    desk.acknowledge("water-1", "j-0").await.unwrap();
    assert!(desk.take(&world.name, &more, Way::Node, None).await.is_ok());
    desk.acknowledge("water-1", "j-7").await.unwrap();
    assert!(desk.take(&world.name, &text, Way::Node, None).await.is_ok());
}

#[tokio::test]
async fn a_case_has_its_clock_its_timeline_and_tasks() {
    let world = World::new().await;
    let desk = world.desk("2026-10-02T00:00:00Z");
    let text = write_report(&document("water-1", "c-1", Stage::Prompt));
    desk.take(&world.name, &text, Way::Node, None)
        .await
        .unwrap();
    let late = world.desk("2026-12-01T00:00:00Z");
    assert_eq!(desk.overdue(View::All).await.unwrap().len(), 0);
    let overdue = late.overdue(View::All).await.unwrap();
    assert_eq!(overdue.len(), 1);
    let states: Vec<State> = overdue[0].1.iter().map(|due| due.state).collect();
    assert_eq!(states, [State::Overdue, State::Done, State::Overdue]);
    let case = ("water-1", "c-1");
    let acknowledged = desk.acknowledge(case.0, case.1).await.unwrap();
    assert_eq!(acknowledged.state, "acknowledged");
    let twice = late.acknowledge(case.0, case.1).await.unwrap();
    assert_eq!(twice.version, acknowledged.version);
    desk.note(case, "電話で確認した").await.unwrap();
    assert!(desk.note(case, " \n").await.is_err());
    desk.task(case, "ログを依頼する", Some("2026-10-05".parse().unwrap()))
        .await
        .unwrap();
    assert_eq!(
        world
            .desk("2026-10-07T00:00:00Z")
            .overdue(View::All)
            .await
            .unwrap()
            .len(),
        1
    );
    desk.task_done(case, 1).await.unwrap();
    assert!(desk.task_done(case, 2).await.is_err());
    assert_eq!(
        world
            .desk("2026-10-07T00:00:00Z")
            .overdue(View::All)
            .await
            .unwrap()
            .len(),
        0
    );
    ended(desk, case).await;
}

/// What was closed is open again once a document comes.
async fn ended(desk: Desk<'_>, case: (&str, &str)) {
    let closed = desk.close(case, "復旧した", true).await.unwrap();
    assert_eq!((closed.state.as_str(), closed.due), ("closed", None));
    let full = write_report(&document("water-1", "c-1", Stage::Full));
    desk.take(&name(case.0), &full, Way::Node, None)
        .await
        .unwrap();
    let file = desk.case(case.0, case.1).await.unwrap();
    assert_eq!(
        file.working.state, "acknowledged",
        "a document opens it again"
    );
    let words: Vec<&str> = file
        .timeline
        .iter()
        .map(|each| each.step.word.as_str())
        .collect();
    let expected = [
        "received",
        "acknowledged",
        "note",
        "task",
        "task-done",
        "closed",
        "received",
    ];
    assert_eq!(words, expected);
    assert!(
        file.timeline
            .iter()
            .any(|each| each.step.text == "電話で確認した")
    );
}

#[tokio::test]
async fn what_may_be_the_same_event_is_suggested_and_never_merged() {
    let world = World::new().await;
    let desk = world.desk("2026-10-02T00:00:00Z");
    for (operator, case, indicators) in [
        ("water-1", "c-1", "192.0.2[.]7\nhxxp://evil.example/a"),
        ("water-1", "c-2", "192.0.2.7"),
        ("water-1", "c-3", "198.51.100.1"),
        ("gas-1", "c-9", "HTTP://evil.example/a"),
    ] {
        let mut document = document(operator, case, Stage::Prompt);
        let value = Some(indicators.to_owned());
        document
            .fields
            .insert("technical.indicators".to_owned(), value);
        desk.take(&name(operator), &write_report(&document), Way::Node, None)
            .await
            .unwrap();
    }
    let mut past = document("water-1", "c-4", Stage::Prompt);
    past.recognised_at = at("2026-09-01T00:00:00Z");
    for (key, value) in [
        ("technical.indicators", "192.0.2.7"),
        ("event.began_at", "2026-08-01T00:00:00Z"),
        ("response.recovered_at", "2026-08-02T00:00:00Z"),
    ] {
        past.fields.insert(key.to_owned(), Some(value.to_owned()));
    }
    desk.take(&world.name, &write_report(&past), Way::Node, None)
        .await
        .unwrap();
    let file = desk.case("water-1", "c-1").await.unwrap();
    let alike: Vec<&str> = file.alike.iter().map(|each| each.case.as_str()).collect();
    assert_eq!(alike, ["c-2"], "another time is another event");
    assert_eq!(file.alike[0].shared, ["192.0.2.7"]);
    assert_eq!(file.related[0].operator, "gas-1");
    let marked = desk.same(("water-1", "c-1"), "c-2").await.unwrap();
    assert_eq!(marked.said.same_as, ["water-1/c-2"]);
    assert!(
        desk.same(("water-1", "c-1"), "c-9").await.is_err(),
        "another operator's"
    );
    assert_eq!(
        desk.cases(View::Of("water-1"), None, NEWEST)
            .await
            .unwrap()
            .len(),
        4
    );
}

#[tokio::test]
async fn guidance_is_ticked_line_by_line_and_reaches_the_office_once() {
    let world = World::new().await;
    let desk = world.desk("2026-10-02T00:00:00Z");
    let clerk = world.clerk("2026-10-03T00:00:00Z");
    let lines = ["更新を適用する".to_owned(), "ログを一年保存する".to_owned()];
    let by: Date = "2026-10-09".parse().unwrap();
    let others = Known::default();
    let issue = || desk.advise((name("g-1"), &world.name), "注意喚起", &lines, by, &others);
    let issued = issue().await.unwrap();
    assert!(matches!(issue().await, Err(LiaisonError::Conflict { .. })));
    let other = Clerk {
        operator: &name("gas-1"),
        ..clerk
    };
    assert!(
        other
            .keep_guidance(std::slice::from_ref(&issued.said))
            .await
            .is_err(),
        "to another"
    );
    assert_eq!(
        clerk
            .keep_guidance(std::slice::from_ref(&issued.said))
            .await
            .unwrap(),
        1
    );
    assert_eq!(clerk.keep_guidance(&[issued.said]).await.unwrap(), 0);
    let open = clerk.answer("g-1", &[Tick::Done]).await;
    assert!(
        matches!(open, Err(LiaisonError::Fields(_))),
        "a line is left open"
    );
    let why = "対象機器なし".to_owned();
    let ticks = [Tick::Done, Tick::NotApplicable { why }];
    clerk.answer("g-1", &ticks).await.unwrap();
    let waiting = clerk.answers_waiting().await.unwrap();
    assert_eq!(waiting.len(), 1);
    for _ in 0..2 {
        let last = &waiting[0].said.answers().last().unwrap().ticks;
        let answered = desk.answered(&world.name, "g-1", last).await.unwrap();
        assert_eq!(answered.said.answers().len(), 1);
    }
    let strange = desk.answered(&name("gas-1"), "g-1", &ticks).await;
    assert!(matches!(strange, Err(LiaisonError::Missing { .. })));
    clerk.answer_sent(&waiting[0]).await.unwrap();
    assert!(clerk.answers_waiting().await.unwrap().is_empty());
    let (advice, due) = desk.advice(View::Of("water-1")).await.unwrap().remove(0);
    assert_eq!(
        (advice.state.as_str(), due.state),
        ("answered", State::Done)
    );
}

#[tokio::test]
async fn files_are_typed_by_content_bounded_and_the_owner_s() {
    let world = World::new().await;
    let clerk = world.clerk("2026-10-02T00:00:00Z");
    clerk
        .open(&name("c-1"), CommonForm::Other, at(RECOGNISED))
        .await
        .unwrap();
    let to = |owner| Brought {
        kind: Draft::KIND,
        owner,
        id: "c-1",
        at: clerk.now.0,
        by: "u1",
    };
    let store: &dyn Store = &world.operator;
    let page = b"<script>alert(1)</script>".to_vec();
    let kept = attach(store, to("water-1"), "../a.html", page.clone())
        .await
        .unwrap();
    assert_eq!(
        (kept.name.as_str(), kept.media.as_str()),
        ("a.html", "text/plain")
    );
    attach(store, to("water-1"), "b.html", page.clone())
        .await
        .unwrap();
    let paper = (Draft::KIND, "water-1", "c-1");
    assert_eq!(
        attachments(store, paper).await.unwrap().len(),
        1,
        "the same bytes once"
    );
    assert_eq!(attached(store, paper, &kept.hash).await.unwrap(), page);
    let log = || attach(store, to("water-1"), "c.log", b"line".to_vec());
    let (one, two) = tokio::join!(log(), log());
    assert_eq!(
        one.unwrap().hash,
        two.unwrap().hash,
        "brought twice at once"
    );
    let other = (Draft::KIND, "gas-1", "c-1");
    assert!(matches!(
        attached(store, other, &kept.hash).await,
        Err(LiaisonError::Missing { .. })
    ));
    assert!(matches!(
        attach(store, to("gas-1"), "x", page).await,
        Err(LiaisonError::Missing { .. })
    ));
    assert!(attach(store, to("water-1"), "x", Vec::new()).await.is_err());
    let large = vec![0; (16 << 20) + 1];
    assert!(attach(store, to("water-1"), "x", large).await.is_err());
    for number in 1..49_u8 {
        attach(store, to("water-1"), "x", vec![number; 3])
            .await
            .unwrap();
    }
    let full = attach(store, to("water-1"), "x", vec![200; 3]).await;
    assert!(matches!(full, Err(LiaisonError::Full { most: 50, .. })));
}

#[tokio::test]
async fn numbers_hide_small_cells_and_what_is_kept_reads_back() {
    let world = World::new().await;
    let desk = world.desk("2026-10-02T00:00:00Z");
    for number in 0..4 {
        let mut said = document("water-1", &format!("c-{number}"), Stage::Prompt);
        said.fields
            .insert("operator.sector".to_owned(), Some("water".to_owned()));
        let text = write_report(&said);
        desk.take(&world.name, &text, Way::Node, None)
            .await
            .unwrap();
        assert_eq!(read_report(&text).unwrap(), said);
    }
    let mut one = document("gas-1", "c-1", Stage::Prompt);
    one.fields
        .insert("operator.sector".to_owned(), Some("gas".to_owned()));
    desk.take(&name("gas-1"), &write_report(&one), Way::Node, None)
        .await
        .unwrap();
    let rows = desk.numbers().await.unwrap();
    assert_eq!(rows.len(), 2);
    let small = rows.iter().find(|row| row.sector.id() == "gas").unwrap();
    assert_eq!((small.ransomware.0, small.total.0), (None, None));
    let water = rows.iter().find(|row| row.sector.id() == "water").unwrap();
    assert_eq!(water.ransomware.0, Some(4));
    assert_eq!(<Working as Document>::KIND, "report-case");
}
