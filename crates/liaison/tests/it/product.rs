//! Products: what the office may let go of a report and what it may not. In: wishes of an analyst, operators with names and things of their own. Out: copies for those who were named, STIX
//! that is valid, refusals. Never: the operator that reported, in anything that leaves.

use sakimori_cooperate::form::write_report;
use sakimori_cooperate::report::{CommonForm, ReportDocument, Stage};
use sakimori_custody::Recorded;
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use sakimori_exchange::list::What;
use sakimori_exchange::{json as objects_json, pattern, stix::validate};
use sakimori_liaison::product::{
    Denied, Given, Maker, Operators, Source, Wish, given, objects, prepare,
};
use sakimori_liaison::{paper, product};
use sakimori_release::{Marking, Pap, PseudonymKey, Recipient, RecipientKind, Request, Tlp};
use sakimori_store::{Change, Paper, SqliteStore, Store, View};
use serde_json::json;

const NOW: Seconds = Seconds(1_790_000_000);

struct Known(Vec<String>);

impl Operators for Known {
    fn own(&self, what: &What) -> bool {
        matches!(what, What::Domain(name) if name == "acme.example.jp" || name.ends_with(".acme.example.jp"))
            || *what == What::Address("203.0.113.7".parse().unwrap())
    }

    fn names(&self) -> &[String] {
        &self.0
    }
}

fn known() -> Known {
    Known(vec!["acme".to_owned(), "東都電力".to_owned()])
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn key() -> PseudonymKey {
    PseudonymKey::new([7; 32])
}

fn wish() -> Wish {
    let to = |operator| Recipient::new(RecipientKind::Operator, name(operator));
    Wish {
        source: Source::Report {
            operator: name("acme"),
            case: name("2026-0001"),
        },
        indicators: ["198.51.100[.]9", "hxxps://c2.example.net/x", "c2.example.net", "c2.example.net"]
            .map(str::to_owned)
            .to_vec(),
        words: "Ransomware spreads over remote maintenance; look for these.\n遠隔保守の経路を確かめること。".to_owned(),
        marking: Marking {
            tlp: Tlp::Amber,
            pap: Pap::Amber,
        },
        request: Request {
            actor: name("analyst-1"),
            basis: "Act 42/2025 art. 40".to_owned(),
            rights: "No identifier of a party is in it.".to_owned(),
            recipients: vec![to("borea"), to("cosmo")],
            conditions: Vec::new(),
            transforms: Vec::new(),
            now: NOW,
        },
    }
}

fn field(wish: &Wish) -> String {
    match prepare(wish, &known(), &key()) {
        Err(Denied::Wrong(error)) => error.to_string(),
        Err(Denied::Refused(refusal)) => refusal.to_string(),
        Ok(_) => "it was let go".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_of_a_report_reaches_those_who_are_named_and_does_not_name_the_reporter() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("store"))
        .await
        .unwrap();
    let pending = prepare(&wish(), &known(), &key()).unwrap();
    let act = pending.act();
    let body = String::from_utf8(act.body.clone()).unwrap();
    assert!(
        body.contains("\"class_from\":[\"operator-report\"]"),
        "{body}"
    );
    assert!(body.contains("\"class_to\":\"public-notice\""), "{body}");
    assert!(!body.contains("acme"), "the log's entry is open: {body}");
    let released = pending.recorded(Recorded::at(41));
    let changes = given(&released, "p1", "analyst-1", NOW).unwrap();
    store.apply(&changes).await.unwrap();
    for operator in ["operator/borea", "operator/cosmo"] {
        let copy = paper::newest::<Given>(&store, operator, "p1")
            .await
            .unwrap();
        assert_eq!(copy.said.entry, 41);
        assert_eq!(copy.said.tlp, "TLP:AMBER");
        assert_eq!(
            copy.said.indicators,
            ["198.51.100.9", "https://c2.example.net/x", "c2.example.net"]
        );
    }
    let (others, _) = paper::all::<Given>(&store, View::Of("operator/acme"), None, 10)
        .await
        .unwrap();
    assert!(others.is_empty());
    let maker = Maker {
        uuid: "0d5a0a7e-4b0f-4d7e-9a55-6a4f4b7c3f10".to_owned(),
        since: Seconds(1_780_000_000),
        name: "Office".to_owned(),
    };
    let counter = std::cell::Cell::new(0_u8);
    let all = objects(&released, &maker, NOW, || {
        counter.set(counter.get() + 1);
        Ok([counter.get(); 16])
    });
    let all = all.unwrap();
    // Its maker, two markings, what to look for, the words.
    assert_eq!(all.len(), 3 + 3 + 1);
    for text in &all {
        assert!(!text.to_lowercase().contains("acme"), "{text}");
        let node = objects_json::read(text, objects_json::Limits::OBJECT).unwrap();
        let findings = validate::judge(&node, None);
        assert!(validate::is_valid(&findings), "{text}: {findings:?}");
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        if let Some(found) = value["pattern"].as_str() {
            pattern::Pattern::parse(found).unwrap();
        }
    }
}

#[test]
fn a_product_that_would_tell_to_whom_it_happened_is_refused_with_its_field() {
    let with = |change: fn(&mut Wish)| {
        let mut wish = wish();
        change(&mut wish);
        field(&wish)
    };
    for own in [
        "mail.acme.example.jp",
        "203.0.113.7",
        "https://203.0.113.7:8443/a",
        "ACME.example.jp",
    ] {
        let mut wish = wish();
        wish.indicators.push(own.to_owned());
        assert_eq!(
            field(&wish),
            "indicators[4]: is an operator's own: it would tell to whom it happened",
            "{own}"
        );
    }
    for words in ["Acme was hit", "see (acme).", "東都電力で発生", "ACME"] {
        let mut wish = wish();
        words.clone_into(&mut wish.words);
        assert_eq!(field(&wish), "words: names an operator", "{words}");
    }
    // A part of another word is no name.
    let mut other = wish();
    "acmeology and macme are words".clone_into(&mut other.words);
    assert!(prepare(&other, &known(), &key()).is_ok());
    assert!(with(|w| w.words.clear()).starts_with("words: say what it means"));
    assert!(with(|w| w.words.push('\u{1b}')).contains("control character"));
    assert!(with(|w| w.indicators.push("x".to_owned())).starts_with("indicators[4]: "));
}

/// Papers as the office keeps them: a notice of one operator, a report of another.
fn kept() -> Vec<Change> {
    let fields = [("operator.name", Some("架空電鉄株式会社"))];
    let document = ReportDocument {
        format: "sakimori/report/v1".to_owned(),
        fields_version: 1,
        case: name("c-1"),
        operator: name("rail-1"),
        filer: name("rail-1"),
        form: CommonForm::Ransomware,
        stage: Stage::Prompt,
        recognised_at: NOW,
        reason: String::new(),
        fields: fields
            .map(|(key, value)| (key.to_owned(), value.map(str::to_owned)))
            .into(),
    };
    let text = String::from_utf8(write_report(&document)).unwrap();
    let notice = json!({
        "kind": "asset", "sector": "water", "changed": [], "hash": "", "items": 1, "lines": 1,
        "name": "架空水道株式会社",
    });
    let report = json!({"text": text, "receipt": "", "way": "node"});
    let paper = |kind: &str, owner: &str, body: &serde_json::Value| {
        Change::AddPaper(Paper {
            kind: kind.to_owned(),
            owner: owner.to_owned(),
            id: "c-1".to_owned(),
            version: 1,
            state: "taken".to_owned(),
            due: None,
            at: NOW.0,
            by: owner.to_owned(),
            body: body.to_string(),
        })
    };
    vec![
        paper("taken-notice", "water-1", &notice),
        paper("report", "rail-1", &report),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_product_names_no_organisation_that_gave_notice_or_reported_under_any_of_its_forms() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("store"))
        .await
        .unwrap();
    let words = |text: &str, known: &product::Known| {
        let mut wish = wish();
        text.clone_into(&mut wish.words);
        prepare(&wish, known, &key())
            .map(|_| ())
            .map_err(|denied| match denied {
                Denied::Wrong(error) => error.to_string(),
                Denied::Refused(refusal) => refusal.to_string(),
            })
    };
    let texts = [
        "架空水道株式会社で発生",
        "(株) 架空水道",
        "㈱架空電鉄",
        "Rail-1",
        "ｗａｔｅｒ－１",
    ];
    let before = product::known(&store, vec!["borea".to_owned()])
        .await
        .unwrap();
    for text in texts {
        assert_eq!(words(text, &before), Ok(()), "{text}");
    }
    store.apply(&kept()).await.unwrap();
    let known = product::known(&store, vec!["borea".to_owned()])
        .await
        .unwrap();
    let refused = Err("words: names an operator".to_owned());
    for text in texts.into_iter().chain(["BOREA"]) {
        assert_eq!(words(text, &known), refused, "{text}");
    }
    assert_eq!(words("水道と鉄道の事業者は確かめること", &known), Ok(()));
    let with = |change: fn(&mut Wish)| {
        let mut wish = wish();
        change(&mut wish);
        match prepare(&wish, &known, &key()) {
            Err(Denied::Wrong(error)) => error.to_string(),
            other => panic!("{other:?}"),
        }
    };
    let url = |w: &mut Wish| {
        w.indicators
            .push("https://evil.example.net/rail-1/login".to_owned());
    };
    assert_eq!(with(url), "indicators[4]: names an operator");
    let basis = |w: &mut Wish| w.request.basis.push_str(", 架空電鉄 asked");
    assert_eq!(with(basis), "basis: names an operator");
    let rights = |w: &mut Wish| w.request.rights.push_str(" 架空水道㈱ agreed");
    assert_eq!(with(rights), "rights: names an operator");
}

#[test]
fn what_the_gate_refuses_is_a_refusal_with_its_entry() {
    let refused = |change: fn(&mut Wish)| {
        let mut wish = wish();
        change(&mut wish);
        match prepare(&wish, &known(), &key()) {
            Err(Denied::Refused(refusal)) => (refusal.refused.code.name(), refusal.act().counters),
            other => panic!("{other:?}"),
        }
    };
    let reporter = |w: &mut Wish| {
        w.request.recipients = vec![Recipient::new(RecipientKind::Reporter, name("acme"))];
    };
    assert_eq!(refused(reporter).0, "CLASS_VIOLATION");
    let public = |w: &mut Wish| {
        w.request.recipients = vec![Recipient::new(RecipientKind::Public, name("web"))];
    };
    assert_eq!(refused(public).0, "TLP_AUDIENCE");
    let nobody = |w: &mut Wish| w.request.recipients.clear();
    assert_eq!(refused(nobody).0, "AUDIENCE");
    let basis = |w: &mut Wish| w.request.basis.clear();
    let (code, counters) = refused(basis);
    assert_eq!((code, counters[1]), ("BASIS_MISSING", 2));
    let supplier = |w: &mut Wish| {
        w.request.recipients = vec![Recipient::new(RecipientKind::Supplier, name("maker"))];
    };
    assert_eq!(refused(supplier).0, "CONDITION_MISSING");
}
