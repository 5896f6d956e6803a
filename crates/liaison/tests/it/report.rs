//! Reports from the draft to the receipt and on the office's desk. In: an operator's store, an office's store, both files. Out: verdicts. Never: a clock.

mod desk;
mod due;
mod filers;
mod handed;

use sakimori_cooperate::Terms;
use sakimori_cooperate::calendar::Date;
use sakimori_cooperate::clock::State;
use sakimori_cooperate::report::{CommonForm, Kind, Need, ReportDocument, Stage, fields_of};
use sakimori_cooperate::trigger::{Outcome, Questions};
use sakimori_cooperate::{Answer, trigger};
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use sakimori_liaison::LiaisonError;
use sakimori_liaison::desk::{Desk, Way};
use sakimori_liaison::paper::Written;
use sakimori_liaison::report::{Clerk, Draft};
use sakimori_store::{NEWEST, SqliteStore, Store};
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
    let bound = ["u7".to_owned()];
    let soc = (name("soc-7"), until);
    clerk.delegate(&draft, soc, &bound).await.unwrap();
    let refused = clerk.file(&draft).await.unwrap_err().to_string();
    assert!(refused.contains("not bound"), "{refused}");
    let supplier = Clerk { by: "u7", ..clerk };
    let late = Clerk {
        now: at("2026-10-03T15:00:00Z"),
        ..supplier
    };
    assert!(
        late.file(&draft).await.is_err(),
        "00:00 in Japan on the day behind"
    );
    supplier.file(&draft).await.unwrap();
    let package = clerk.handover().await.unwrap();
    let mut without = package.clone();
    without.filers.clear();
    without.allowed = None;
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
async fn a_file_waits_for_the_receipt_of_its_case_and_is_sent_once() {
    let world = World::new().await;
    let clerk = world.clerk("2026-10-02T00:00:00Z");
    clerk
        .open(&name("c-1"), CommonForm::Other, at(RECOGNISED))
        .await
        .unwrap();
    for _ in 0..2 {
        let kept = clerk.attach("c-1", "a.log", b"line\n".to_vec()).await;
        assert_eq!(kept.unwrap().name, "a.log");
    }
    let draft = write(clerk, "c-1", Stage::Prompt).await;
    clerk.file(&draft).await.unwrap();
    assert_eq!(clerk.waiting_file(0).await.unwrap(), None, "no receipt yet");
    let package = clerk.handover().await.unwrap();
    let desk = world.desk("2026-10-02T01:00:00Z");
    let back = desk.take_handover(&package).await.unwrap();
    clerk.handed_back(&back, &known(&world.key)).await.unwrap();
    let file = clerk.waiting_file(0).await.unwrap().unwrap();
    assert_eq!(
        (file.name.as_str(), file.bytes.as_slice()),
        ("a.log", b"line\n".as_slice())
    );
    clerk.file_sent(&file).await.unwrap();
    clerk.file_sent(&file).await.unwrap();
    assert_eq!(clerk.waiting_file(0).await.unwrap(), None);
    let missing = clerk.attach("c-9", "a.log", b"line\n".to_vec()).await;
    assert!(matches!(missing, Err(LiaisonError::Missing { .. })));
}
