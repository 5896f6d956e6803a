//! Products: what the office may let go of a report and what it may not. In: wishes of an analyst, operators with names and things of their own. Out: copies for those who were named, STIX
//! that is valid, refusals. Never: the operator that reported, in anything that leaves.

use sakimori_cooperate::form::write_report;
use sakimori_cooperate::report::{CommonForm, ReportDocument, Stage};
use sakimori_custody::Recorded;
use sakimori_custody::class::Class;
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use sakimori_exchange::list::What;
use sakimori_exchange::{json as objects_json, pattern, stix::validate};
use sakimori_liaison::product::{
    Denied, Extra, Given, LetGo, Maker, Operators, Source, Wish, given, objects, prepare,
};
use sakimori_liaison::{paper, product};
use sakimori_release::condition::{Condition, ConditionKind};
use sakimori_release::{
    FieldKind, Marking, Pap, PseudonymKey, Recipient, RecipientKind, Request, Tlp, Transform,
};
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
        class: Class::PublicNotice,
        fields: Vec::new(),
        document: None,
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

fn extra(name: &str, kind: FieldKind, value: &str) -> Extra {
    Extra {
        name: name.to_owned(),
        kind,
        values: vec![value.to_owned()],
    }
}

fn condition(kind: ConditionKind, about: &str) -> Condition {
    let until = Seconds(NOW.0 + 3600);
    let about = Some(name(about));
    Condition::new(kind, name("analyst-1"), about, [NOW, until], "as it is").unwrap()
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
    let changes = given(&store, &released, "p1", "analyst-1", NOW).await;
    let changes = changes.unwrap();
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
    let all = objects(released.public().unwrap(), &maker, NOW, || {
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
    let before = product::known(&store, vec!["borea".to_owned()], NOW)
        .await
        .unwrap();
    for text in texts {
        assert_eq!(words(text, &before), Ok(()), "{text}");
    }
    store.apply(&kept()).await.unwrap();
    let known = product::known(&store, vec!["borea".to_owned()], NOW)
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
        w.fields = vec![extra("fix", FieldKind::Plain, "Update to 2.1.")];
    };
    assert_eq!(refused(supplier).0, "CONDITION_MISSING");
}

/// A wish of a class for one recipient, with a field of every kind that can be written.
fn of(class: Class, kind: RecipientKind, to: &str) -> Wish {
    let mut wish = wish();
    wish.class = class;
    wish.marking.tlp = Tlp::Red;
    wish.fields = vec![
        extra("plain", FieldKind::Plain, "a plain word"),
        extra("fix", FieldKind::Plain, "Update to 2.1."),
        extra("secret", FieldKind::Secret, "how it was found"),
        extra("whose", FieldKind::Party, "acme"),
        extra("who", FieldKind::Personal, "A. Person"),
        extra("said", FieldKind::Report, "as it was reported"),
    ];
    wish.document = Some("{\"the\":\"report\"}".to_owned());
    wish.request.recipients = vec![Recipient::new(kind, name(to))];
    wish
}

/// What leaves, by the names of its fields; the code or words of what does not.
fn leaves(wish: &Wish) -> Result<LetGo, String> {
    match prepare(wish, &known(), &key()) {
        Ok(waiting) => Ok(waiting.recorded(Recorded::at(7))),
        Err(Denied::Refused(refusal)) => Err(refusal.refused.code.name().to_owned()),
        Err(Denied::Wrong(error)) => Err(error.to_string()),
    }
}

fn holds(let_go: &LetGo) -> Vec<&'static str> {
    let all = [
        "plain", "fix", "secret", "whose", "who", "said", "reporter", "case", "document",
    ];
    let there = |name: &&str| !let_go.content().values(name).is_empty();
    all.into_iter().filter(there).collect()
}

#[test]
fn each_class_goes_to_the_recipients_of_the_law_and_holds_what_it_may() {
    use RecipientKind as R;
    let integrated = leaves(&of(Class::Integrated, R::StateAgency, "nco")).unwrap();
    assert_eq!(integrated.class(), Class::Integrated);
    assert_eq!(
        holds(&integrated),
        ["plain", "fix", "secret", "whose", "reporter"]
    );
    let controlled = leaves(&of(Class::IntegratedControlled, R::PoliceDefence, "npa")).unwrap();
    assert_eq!(holds(&controlled), ["plain", "fix", "secret"]);
    assert!(controlled.is_controlled());
    // A secret is not taken out on the way: it is no public notice, and nobody is asked.
    let mut open = of(Class::PublicNotice, R::Operator, "borea");
    let told = leaves(&open).unwrap_err();
    assert!(told.contains("[CLASS_VIOLATION]"), "{told}");
    open.fields.remove(2);
    assert_eq!(holds(&leaves(&open).unwrap()), ["plain", "fix"]);
    for (class, kind, code) in [
        (Class::Integrated, R::Operator, "CLASS_VIOLATION"),
        (Class::Integrated, R::Contractor, "CLASS_VIOLATION"),
        (Class::IntegratedControlled, R::Operator, "CLASS_VIOLATION"),
        (Class::IntegratedControlled, R::Public, "CLASS_VIOLATION"),
        (
            Class::IntegratedControlled,
            R::StateAgency,
            "CONDITION_MISSING",
        ),
        (
            Class::IntegratedControlled,
            R::ForeignGovernment,
            "CONDITION_MISSING",
        ),
        (Class::IntegratedControlled, R::Contractor, "NOT_MINIMISED"),
        (Class::Integrated, R::Carrier, "NOT_MINIMISED"),
        (Class::OperatorReport, R::StateAgency, "CONDITION_MISSING"),
        (Class::OperatorReport, R::Supplier, "CLASS_VIOLATION"),
        (Class::OperatorReport, R::Reporter, "NOT_OWN"),
    ] {
        assert_eq!(
            leaves(&of(class, kind, "x")).unwrap_err(),
            code,
            "{class} {kind}"
        );
    }
    for class in [
        Class::Selected,
        Class::SelectedParty,
        Class::ReleasedSelected,
        Class::IntegratedProvision,
        Class::Acquired,
    ] {
        let told = leaves(&of(class, R::StateAgency, "nco")).unwrap_err();
        assert!(
            told.starts_with("class: a product of reports"),
            "{class}: {told}"
        );
    }
}

#[test]
fn what_the_law_asks_for_beside_opens_the_way_and_no_more() {
    use RecipientKind as R;
    for (class, kind, wanted) in [
        (
            Class::IntegratedControlled,
            R::StateAgency,
            ConditionKind::ControlledHandling,
        ),
        (
            Class::IntegratedControlled,
            R::ForeignGovernment,
            ConditionKind::EquivalentProtection,
        ),
        (
            Class::OperatorReport,
            R::StateAgency,
            ConditionKind::CompetentMinister,
        ),
    ] {
        let mut wish = of(class, kind, "x");
        wish.request.conditions = vec![condition(wanted, "y")];
        assert_eq!(
            leaves(&wish).unwrap_err(),
            "CONDITION_MISSING",
            "of another"
        );
        wish.request.conditions.push(condition(wanted, "x"));
        assert!(leaves(&wish).is_ok(), "{class} {kind}");
    }
    let report = {
        let mut wish = of(Class::OperatorReport, R::Reporter, "acme");
        wish.request.recipients = vec![Recipient::new(R::Reporter, name("acme"))];
        leaves(&wish).unwrap()
    };
    assert_eq!(
        report.content().values("document"),
        ["{\"the\":\"report\"}"]
    );
    let mut supplier = of(Class::PublicNotice, R::Supplier, "maker");
    supplier.fields = vec![extra("fix", FieldKind::Plain, "Update to 2.1.")];
    supplier.request.conditions = vec![condition(ConditionKind::FixMethod, "maker")];
    assert!(leaves(&supplier).is_ok());
    supplier.fields.clear();
    assert!(
        leaves(&supplier)
            .unwrap_err()
            .starts_with("fields: what a supplier is given")
    );
    let mut carrier = of(Class::Integrated, R::Carrier, "telco");
    carrier.request.transforms = vec![Transform::Remove("secret".to_owned())];
    assert_eq!(
        holds(&leaves(&carrier).unwrap()),
        ["plain", "fix", "whose", "reporter"]
    );
}

#[test]
fn a_further_field_says_what_it_tells_and_plain_ones_name_no_operator() {
    for (field, told) in [
        (
            extra("plain", FieldKind::Plain, "Acme was hit"),
            "fields[0]: names an operator",
        ),
        (
            extra("secret", FieldKind::Secret, "東都電力"),
            "fields[0]: names an operator",
        ),
        (
            extra("words", FieldKind::Plain, "x"),
            "fields[0]: has a name of",
        ),
        (
            extra("A B", FieldKind::Plain, "x"),
            "fields[0]: has a name of",
        ),
        (
            extra("x", FieldKind::Selected, "x"),
            "fields[0]: selected information",
        ),
        (
            extra("x", FieldKind::Plain, " "),
            "fields[0]: say what it means",
        ),
        (
            extra("x", FieldKind::Plain, "\u{1b}"),
            "fields[0]: has a control character",
        ),
    ] {
        let mut wish = wish();
        wish.fields = vec![field.clone()];
        let got = leaves(&wish).unwrap_err();
        assert!(got.starts_with(told), "{field:?}: {got}");
        wish.fields = vec![
            extra("x", FieldKind::Plain, "y"),
            extra("x", FieldKind::Plain, "y"),
        ];
        assert_eq!(leaves(&wish).unwrap_err(), "fields[1]: is there twice");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_product_has_versions_and_an_organisation_reads_its_own_in_every_capacity() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("store"))
        .await
        .unwrap();
    let id = "00112233aabbccdd";
    assert!(product::is_there(&store, id).await.is_err());
    for (round, to) in [(0, R_ONE), (1, R_BOTH)] {
        let mut wish = wish();
        wish.words = format!("round {round}");
        let named = to.iter().map(|(kind, to)| Recipient::new(*kind, name(to)));
        wish.request.recipients = named.collect();
        let released = leaves(&wish).unwrap();
        let changes = given(&store, &released, id, "o3", NOW).await.unwrap();
        store.apply(&changes).await.unwrap();
    }
    let versions = product::versions(&store, id).await.unwrap();
    let said: Vec<_> = versions
        .iter()
        .map(|v| (v.owner.as_str(), v.version, v.said.words.as_str()))
        .collect();
    assert_eq!(
        said,
        [
            ("carrier/borea", 1, "round 1"),
            ("operator/borea", 1, "round 0"),
            ("operator/borea", 2, "round 1")
        ]
    );
    let own = product::copies_of(&store, "borea", 0).await.unwrap();
    let said: Vec<_> = own.iter().map(|v| (v.owner.as_str(), v.version)).collect();
    assert_eq!(said.len(), 2);
    assert!(said.contains(&("operator/borea", 2)) && said.contains(&("carrier/borea", 1)));
    let last = own.last().unwrap().sequence;
    assert!(
        product::copies_of(&store, "borea", last)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        product::copies_of(&store, "acme", 0)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(product::published(&store, 0).await.unwrap().is_empty());
    assert!(product::is_there(&store, id).await.is_ok());
    assert!(product::is_there(&store, "../../etc/passwd").await.is_err());
}

const R_ONE: &[(RecipientKind, &str)] = &[(RecipientKind::Operator, "borea")];
const R_BOTH: &[(RecipientKind, &str)] = &[
    (RecipientKind::Operator, "borea"),
    (RecipientKind::Carrier, "borea"),
];
