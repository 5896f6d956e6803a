//! Reports from the draft to the receipt and on the office's desk. In: an operator's store, an office's store, both files. Out: verdicts. Never: a clock.

use sakimori_cooperate::Terms;
use sakimori_cooperate::calendar::Date;
use sakimori_cooperate::clock::State;
use sakimori_cooperate::form::{read_report, write_report};
use sakimori_cooperate::guidance::Tick;
use sakimori_cooperate::order::{self, LetterKind};
use sakimori_cooperate::report::{CommonForm, Kind, Need, ReportDocument, Stage, fields_of};
use sakimori_cooperate::ticket::{Side, TicketState};
use sakimori_cooperate::trigger::{Outcome, Questions};
use sakimori_cooperate::{Answer, trigger};
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use sakimori_liaison::LiaisonError;
use sakimori_liaison::desk::{Desk, Way, Working, ticket_id};
use sakimori_liaison::paper::{Document, Written};
use sakimori_liaison::report::{Brought, Clerk, Draft, WAITING_MAX, attach, attached, attachments};
use sakimori_store::{NEWEST, SqliteStore, Store, View};
use sakimori_tlog::key::{KeyKind, NoteSigner, VerifierKey};
use std::path::Path;

const RECOGNISED: &str = "2026-10-01T03:00:00Z";

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn at(text: &str) -> Seconds {
    text.parse().unwrap()
}

fn terms() -> Terms {
    Terms::japan(at("2026-09-30T15:00:00Z"))
}

fn key(seed: u8) -> NoteSigner {
    NoteSigner::from_seed("office.example", KeyKind::Ed25519, &[seed; 32]).unwrap()
}

fn known(office: &NoteSigner) -> Vec<VerifierKey> {
    vec![office.verifier().clone()]
}

async fn store(folder: &Path, name: &str) -> SqliteStore {
    SqliteStore::open(&folder.join(name)).await.unwrap()
}

/// Both sides at one moment.
struct World {
    folder: tempfile::TempDir,
    operator: SqliteStore,
    office: SqliteStore,
    terms: Terms,
    key: NoteSigner,
    name: Name,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            operator: store(folder.path(), "operator.sqlite").await,
            office: store(folder.path(), "office.sqlite").await,
            terms: terms(),
            key: key(1),
            name: name("water-1"),
            folder,
        }
    }

    fn clerk(&self, now: &str) -> Clerk<'_> {
        Clerk {
            store: &self.operator,
            operator: &self.name,
            terms: &self.terms,
            now: at(now),
            by: "u1",
        }
    }

    fn desk(&self, now: &str) -> Desk<'_> {
        Desk {
            store: &self.office,
            terms: &self.terms,
            signer: &self.key,
            now: at(now),
            by: "o1",
        }
    }
}

/// Fills what a stage needs.
fn filled(document: &mut ReportDocument, stage: Stage) {
    document.stage = stage;
    for field in fields_of(document.form) {
        let need = if stage == Stage::Prompt {
            field.prompt
        } else {
            field.full
        };
        let value = match field.kind {
            Kind::Line | Kind::Text => "値 一".to_owned(),
            Kind::Time => "2026-10-01T02:00:00Z".to_owned(),
            Kind::Number(_) => "13".to_owned(),
            Kind::Choice(words) | Kind::Choices(words) => (*words.first().unwrap()).to_owned(),
        };
        let kept = document.fields.entry(field.key.to_owned());
        match need {
            Need::Known => drop(kept.or_insert(Some(value))),
            Need::Told => drop(kept.or_insert(None)),
            Need::Free => {}
        }
    }
    if stage == Stage::Correction {
        "台数を誤った".clone_into(&mut document.reason);
    }
}

fn document(operator: &str, case: &str, stage: Stage) -> ReportDocument {
    let mut document = ReportDocument {
        format: "sakimori/report/v1".to_owned(),
        fields_version: 1,
        case: name(case),
        operator: name(operator),
        filer: name(operator),
        form: CommonForm::Ransomware,
        stage,
        recognised_at: at(RECOGNISED),
        reason: String::new(),
        fields: std::collections::BTreeMap::new(),
    };
    filled(&mut document, stage);
    document
}

async fn write(clerk: Clerk<'_>, case: &str, stage: Stage) -> Written<Draft> {
    let draft = clerk.draft(case).await.unwrap();
    let mut said = draft.said.clone();
    filled(&mut said.document, stage);
    clerk.save(&draft, said).await.unwrap()
}

#[tokio::test]
async fn a_report_goes_from_its_draft_over_a_stick_to_a_receipt_that_verifies() {
    let world = World::new().await;
    let clerk = world.clerk("2026-10-02T00:00:00Z");
    let case = name("c-1");
    let opened = clerk
        .open(&case, CommonForm::Ransomware, at(RECOGNISED))
        .await
        .unwrap();
    assert_eq!(opened.version, 1);
    let errors = clerk.check(&opened).await.unwrap();
    assert_eq!(
        errors.trigger.outcome,
        Outcome::UnsureReport,
        "nobody answered: report"
    );
    assert!(
        errors
            .filing
            .errors
            .iter()
            .any(|e| e.field == "fields.operator.name")
    );
    assert!(matches!(
        clerk.file(&opened).await,
        Err(LiaisonError::Fields(_))
    ));
    let draft = write(clerk, "c-1", Stage::Prompt).await;
    let filed = clerk.file(&draft).await.unwrap();
    assert_eq!(filed.number, 1);
    let package = clerk.handover().await.unwrap();
    assert_eq!(package.reports.len(), 1);
    let back = world
        .desk("2026-10-03T00:00:00Z")
        .take_handover(&package)
        .await
        .unwrap();
    assert_eq!((back.receipts.len(), back.refused.len()), (1, 0));
    let again = world
        .desk("2026-10-04T00:00:00Z")
        .take_handover(&package)
        .await
        .unwrap();
    assert_eq!(again.receipts, back.receipts, "the same stick twice");
    let wrong = clerk.handed_back(&back, &known(&key(2))).await;
    assert!(
        matches!(wrong, Err(LiaisonError::Receipt(_))),
        "another key"
    );
    assert_eq!(clerk.waiting().await.unwrap().len(), 1, "it waits still");
    let none = clerk.handed_back(&back, &[]).await.unwrap_err();
    assert!(none.to_string().starts_with("office.keys"), "{none}");
    let keys = known(&world.key);
    let taken = clerk.handed_back(&back, &keys).await.unwrap();
    assert_eq!((taken[0].number, taken[0].known), (1, false));
    assert!(clerk.handed_back(&back, &keys).await.unwrap()[0].known);
    assert!(clerk.waiting().await.unwrap().is_empty());
    let receipt = clerk.verified(&case, 1, &keys).await.unwrap();
    assert_eq!(receipt.time, at("2026-10-03T00:00:00Z"));
    let line = clerk.list(NEWEST).await.unwrap().remove(0);
    assert_eq!((line.filed, line.receipted, line.next), (1, 1, Stage::Full));
}

#[tokio::test]
async fn a_draft_keeps_every_save_and_the_time_of_recognition() {
    let world = World::new().await;
    let clerk = world.clerk("2026-10-02T00:00:00Z");
    let case = name("c-1");
    let ahead = clerk
        .open(&case, CommonForm::Ddos, at("2026-10-02T00:00:01Z"))
        .await;
    assert!(matches!(ahead, Err(LiaisonError::Refused { field, .. }) if field == "recognised_at"));
    let first = clerk
        .open(&case, CommonForm::Ddos, at(RECOGNISED))
        .await
        .unwrap();
    let twice = clerk.open(&case, CommonForm::Ddos, at(RECOGNISED)).await;
    assert!(matches!(twice, Err(LiaisonError::Conflict { .. })));
    let mut said = first.said.clone();
    said.document.recognised_at = at("2026-10-01T04:00:00Z");
    let moved = clerk.save(&first, said).await;
    assert!(matches!(moved, Err(LiaisonError::Refused { field, .. }) if field == "recognised_at"));
    let mut said = first.said.clone();
    said.trigger = Questions {
        machine: trigger::Machine::Outside,
        ..Questions::default()
    };
    said.document
        .fields
        .insert("ddos.vector".to_owned(), Some("UDP".to_owned()));
    said.document
        .fields
        .insert("event.summary".to_owned(), Some(String::new()));
    let second = clerk.save(&first, said.clone()).await.unwrap();
    assert_eq!(second.version, 2);
    assert!(
        !second.said.document.fields.contains_key("event.summary"),
        "empty is missing"
    );
    let stale = clerk.save(&first, said).await;
    assert!(
        matches!(stale, Err(LiaisonError::Store(_))),
        "two people at one draft"
    );
    let judged = clerk.check(&second).await.unwrap().trigger;
    assert_eq!(judged.outcome, Outcome::Not);
    form_back(&world, &second).await;
}

/// The form is changed and changed back: what was written for the first is there, after the program ended too.
async fn form_back(world: &World, second: &Written<Draft>) {
    let clerk = world.clerk("2026-10-02T00:00:00Z");
    let mut unknown = second.said.clone();
    unknown
        .document
        .fields
        .insert("event.colour".to_owned(), None);
    let unknown = clerk.save(second, unknown).await;
    assert!(
        matches!(unknown, Err(LiaisonError::Refused { field, .. }) if field == "fields.event.colour")
    );
    let mut other = second.said.clone();
    other.document.form = CommonForm::Other;
    let other = clerk.save(second, other).await.unwrap();
    assert!(
        clerk
            .check(&other)
            .await
            .unwrap()
            .filing
            .errors
            .iter()
            .all(|e| !e.field.contains("ddos"))
    );
    assert_eq!(other.said.document.value("ddos.vector"), Some("UDP"));
    world.operator.close().await;
    let opened = store(world.folder.path(), "operator.sqlite").await;
    let clerk = Clerk {
        store: &opened,
        ..clerk
    };
    assert_eq!(
        clerk.draft("c-1").await.unwrap(),
        other,
        "after the program ended"
    );
}

#[tokio::test]
async fn a_second_case_begins_with_the_operator_s_own_outline() {
    let world = World::new().await;
    let clerk = world.clerk("2026-10-02T00:00:00Z");
    clerk
        .open(&name("c-1"), CommonForm::Other, at(RECOGNISED))
        .await
        .unwrap();
    write(clerk, "c-1", Stage::Full).await;
    let second = clerk
        .open(&name("c-2"), CommonForm::Ddos, at(RECOGNISED))
        .await
        .unwrap();
    let fields = &second.said.document.fields;
    assert!(fields.keys().all(|key| key.starts_with("operator.")) && fields.len() > 4);
    assert_eq!(second.said.trigger, Questions::default());
    assert_eq!(second.said.trigger.trace, Answer::Unsure);
}

#[tokio::test]
async fn stages_grow_and_a_correction_is_a_version_and_never_a_deletion() {
    let world = World::new().await;
    let keys = known(&world.key);
    let case = name("c-1");
    let clerk = world.clerk("2026-10-02T00:00:00Z");
    clerk
        .open(&case, CommonForm::Ransomware, at(RECOGNISED))
        .await
        .unwrap();
    for (stage, now) in [
        (Stage::Prompt, "2026-10-02T00:00:00Z"),
        (Stage::Full, "2026-10-20T00:00:00Z"),
        (Stage::Correction, "2026-12-20T00:00:00Z"),
    ] {
        let (clerk, desk) = (world.clerk(now), world.desk(now));
        let draft = clerk.draft("c-1").await.unwrap();
        assert_eq!(draft.said.document.stage, stage, "the next stage is set");
        let draft = write(clerk, "c-1", stage).await;
        clerk.file(&draft).await.unwrap();
        // The line breaks behind the office: it is sent again, and nothing is there twice.
        for _ in 0..2 {
            for waiting in clerk.waiting().await.unwrap() {
                let text = waiting.text.as_bytes();
                let answered = desk.take(&world.name, text, Way::Node, None).await.unwrap();
                assert_eq!(answered.number, waiting.number);
            }
        }
        for waiting in clerk.waiting().await.unwrap() {
            let text = waiting.text.as_bytes();
            let answered = desk.take(&world.name, text, Way::Node, None).await.unwrap();
            assert!(answered.repeated);
            clerk
                .receipted(answered.receipt.as_bytes(), &keys)
                .await
                .unwrap();
        }
    }
    let clerk = world.clerk("2027-01-01T00:00:00Z");
    let filings = clerk.filings(&case).await.unwrap();
    let stages: Vec<Stage> = filings.iter().map(|(_, said)| said.stage).collect();
    assert_eq!(stages, [Stage::Prompt, Stage::Full, Stage::Correction]);
    let file = world
        .desk("2027-01-01T00:00:00Z")
        .case("water-1", "c-1")
        .await
        .unwrap();
    assert_eq!(file.taken.len(), 3);
    assert_eq!(file.working.said.received, 3);
    let words: Vec<&str> = file
        .timeline
        .iter()
        .map(|each| each.step.word.as_str())
        .collect();
    assert_eq!(words, ["received", "received", "received"]);
    assert_eq!(
        file.clocks[0].state,
        State::Overdue,
        "the office has clocks too"
    );
    assert_eq!(file.clocks[2].state, State::Done);
    assert!(file.route.cabinet_office);
    for (number, (kept, _)) in (1..).zip(&file.taken) {
        let own = clerk.text("c-1", number).await.unwrap();
        assert_eq!(own, kept.said.text, "byte for byte");
    }
}

#[tokio::test]
async fn who_was_let_in_files_until_its_day_and_the_office_knows() {
    let world = World::new().await;
    let clerk = world.clerk("2026-10-02T00:00:00Z");
    let open = clerk
        .open(&name("c-1"), CommonForm::Other, at(RECOGNISED))
        .await
        .unwrap();
    let mut said = open.said.clone();
    filled(&mut said.document, Stage::Prompt);
    said.document.filer = name("soc-7");
    let draft = clerk.save(&open, said).await.unwrap();
    let refused = clerk.file(&draft).await.unwrap_err().to_string();
    assert!(
        refused.contains("filer") && refused.contains("[report.filer]"),
        "{refused}"
    );
    let until: Date = "2026-10-03".parse().unwrap();
    clerk.delegate(&draft, name("soc-7"), until).await.unwrap();
    let late = world.clerk("2026-10-03T15:00:00Z");
    assert!(
        late.file(&draft).await.is_err(),
        "00:00 in Japan on the day behind"
    );
    clerk.file(&draft).await.unwrap();
    let package = clerk.handover().await.unwrap();
    let mut without = package.clone();
    without.filers.clear();
    let desk = world.desk("2026-10-02T01:00:00Z");
    let back = desk.take_handover(&without).await.unwrap();
    assert!(
        back.refused[0].errors[0].contains("[report.filer]"),
        "{:?}",
        back.refused
    );
    assert_eq!(
        desk.take_handover(&package).await.unwrap().receipts.len(),
        1
    );
}

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
    let issue = || desk.advise((name("g-1"), &world.name), "注意喚起", &lines, by);
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
async fn letters_and_tickets_keep_their_steps_and_their_owner() {
    let world = World::new().await;
    let desk = world.desk("2026-10-02T00:00:00Z");
    let draft = || order::Draft {
        id: name("l-1"),
        kind: LetterKind::Demand,
        to: world.name.clone(),
        subject: "資料の提出",
        text: "構成図を提出してください。",
        issued: "2026-10-02".parse().unwrap(),
        reply_by: "2026-10-16".parse().unwrap(),
    };
    desk.issue(draft()).await.unwrap();
    assert!(matches!(
        desk.issue(draft()).await,
        Err(LiaisonError::Conflict { .. })
    ));
    let gas = name("gas-1");
    assert!(matches!(
        desk.replied(&gas, "l-1", "x").await,
        Err(LiaisonError::Missing { .. })
    ));
    assert!(
        desk.end_letter(&world.name, "l-1", true).await.is_err(),
        "not answered yet"
    );
    let late = world.desk("2026-10-20T00:00:00Z");
    let (_, due) = late.letters(View::All).await.unwrap().remove(0);
    assert_eq!(due.unwrap().state, State::Overdue);
    let replied = desk
        .replied(&world.name, "l-1", "提出します")
        .await
        .unwrap();
    let again = desk
        .replied(&world.name, "l-1", "提出します")
        .await
        .unwrap();
    assert_eq!(replied.version, again.version);
    desk.end_letter(&world.name, "l-1", true).await.unwrap();
    let id = ticket_id("質問", "様式はどれですか。", 7).unwrap();
    let ask = || desk.ask(&world.name, &id, ("質問", "様式はどれですか。"));
    let (asked, twice) = (ask().await.unwrap(), ask().await.unwrap());
    assert_eq!((asked.version, twice.version), (1, 1));
    assert!(asked.due.is_some(), "the office has a clock");
    let said = desk
        .word(("water-1", id.as_str()), Side::Office, "その他です。")
        .await
        .unwrap();
    assert_eq!(said.said.state(), TicketState::WaitsForOperator);
    desk.close_ticket("water-1", id.as_str()).await.unwrap();
    assert!(desk.tickets(View::Of("gas-1")).await.unwrap().is_empty());
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
    for number in 1..50_u8 {
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
