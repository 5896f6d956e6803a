//! The gate: what it lets go and on which conditions, what it refuses, what it enters.

use crate::toolbox::{
    NOW, condition, controlled, integrated, key, marked, name, notice, party, report, request,
    selected, to,
};
use sakimori_custody::Recorded;
use sakimori_custody::class::Class;
use sakimori_custody::time::Seconds;
use sakimori_release::RecipientKind as R;
use sakimori_release::condition::ConditionKind as K;
use sakimori_release::gate::{Leaves, Subject};
use sakimori_release::sheet::Sheet;
use sakimori_release::{
    Classed, Code, Condition, Field, FieldKind, Minimise, Recipient, Request, Tagger, Tlp,
    Transform, ask, judge,
};
use serde_json::{Value, json};

/// The code of a refusal, or `None` where it may leave.
fn code<C: Leaves>(product: &Classed<C, Sheet>, request: &Request) -> Option<Code> {
    ask(product, request, &key()).err().map(|refusal| {
        let body: Value = serde_json::from_slice(&refusal.record.body).unwrap();
        assert_eq!(body["outcome"], refusal.refused.code.name());
        assert_eq!(body["product_sha256"], "");
        assert_eq!(
            refusal.record.counters[0],
            u64::from(refusal.refused.code.code())
        );
        refusal.refused.code
    })
}

fn with(recipients: Vec<Recipient>, conditions: Vec<Condition>) -> Request {
    Request {
        conditions,
        ..request(recipients)
    }
}

#[test]
fn selected_information_goes_to_agencies_that_need_it_and_nowhere_else() {
    let product = selected(Tlp::AmberStrict);
    let npa = || vec![to(R::PoliceDefence, "npa")];
    assert_eq!(
        code(&product, &request(npa())),
        Some(Code::ConditionMissing)
    );
    let need = condition(K::Need, "k.sato", "npa");
    assert_eq!(code(&product, &with(npa(), vec![need.clone()])), None);
    let other = condition(K::Need, "k.sato", "mod");
    assert_eq!(
        code(&product, &with(npa(), vec![other])),
        Some(Code::ConditionMissing)
    );
    let mut late = with(npa(), vec![need]);
    late.now = Seconds(NOW.0 + 3601);
    assert_eq!(code(&product, &late), Some(Code::ConditionExpired));
    let carrier = || vec![to(R::Carrier, "carrier-1")];
    assert_eq!(
        code(&product, &request(carrier())),
        Some(Code::ConditionMissing)
    );
    let assessed = condition(K::ProtectionAssessment, "k.sato", "carrier-1");
    assert_eq!(code(&product, &with(carrier(), vec![assessed])), None);
    for kind in [
        R::ForeignGovernment,
        R::Operator,
        R::Public,
        R::Supplier,
        R::Council,
        R::Contractor,
    ] {
        let all = K::ALL
            .iter()
            .map(|kind| condition(*kind, "acme", "x"))
            .collect();
        let asked = with(vec![to(kind, "x")], all);
        assert_eq!(code(&product, &asked), Some(Code::ClassViolation), "{kind}");
    }
}

#[test]
fn the_information_of_a_party_needs_its_own_consent_and_the_party_gets_its_own() {
    let product = party(Tlp::AmberStrict);
    let npa = || vec![to(R::PoliceDefence, "npa")];
    let need = condition(K::Need, "k.sato", "npa");
    let consent = condition(K::PriorConsent, "acme", "npa");
    let asked =
        |conditions: &[&Condition]| with(npa(), conditions.iter().map(|c| (*c).clone()).collect());
    assert_eq!(
        code(&product, &asked(&[&need])),
        Some(Code::ConditionMissing)
    );
    assert_eq!(
        code(&product, &asked(&[&consent])),
        Some(Code::ConditionMissing)
    );
    assert_eq!(code(&product, &asked(&[&need, &consent])), None);
    let not_the_party = condition(K::PriorConsent, "borea", "npa");
    assert_eq!(
        code(&product, &asked(&[&need, &not_the_party])),
        Some(Code::ConditionMissing)
    );
    let mut withdrawn = consent;
    withdrawn.withdraw(NOW);
    assert_eq!(
        code(&product, &asked(&[&need, &withdrawn])),
        Some(Code::ConditionWithdrawn)
    );
    assert_eq!(code(&product, &request(vec![to(R::Party, "acme")])), None);
    assert_eq!(
        code(&product, &request(vec![to(R::Party, "borea")])),
        Some(Code::NotOwn)
    );
    assert_eq!(
        code(&product, &request(vec![to(R::Operator, "acme")])),
        Some(Code::ClassViolation)
    );
}

#[test]
fn a_report_goes_to_its_reporter_and_the_competent_minister() {
    let product = report(Tlp::AmberStrict);
    assert_eq!(
        code(&product, &request(vec![to(R::Reporter, "acme")])),
        None
    );
    assert_eq!(
        code(&product, &request(vec![to(R::Reporter, "borea")])),
        Some(Code::NotOwn)
    );
    assert_eq!(
        code(&product, &request(vec![to(R::Public, "site")])),
        Some(Code::ClassViolation)
    );
    let minister = || vec![to(R::StateAgency, "meti")];
    assert_eq!(
        code(&product, &request(minister())),
        Some(Code::ConditionMissing)
    );
    let competent = condition(K::CompetentMinister, "k.sato", "meti");
    assert_eq!(code(&product, &with(minister(), vec![competent])), None);
}

#[test]
fn a_finding_about_a_foreign_partner_ends() {
    let product = controlled(Sheet::plain("x"), Tlp::AmberStrict);
    let partner = || vec![to(R::ForeignGovernment, "partner")];
    assert_eq!(
        code(&product, &request(partner())),
        Some(Code::ConditionMissing)
    );
    let found = condition(K::EquivalentProtection, "k.sato", "partner");
    let mut asked = with(partner(), vec![found]);
    assert_eq!(code(&product, &asked), None);
    asked.now = Seconds(NOW.0 + 3601);
    assert_eq!(code(&product, &asked), Some(Code::ConditionExpired));
    asked.now = Seconds(NOW.0 - 3601);
    assert_eq!(code(&product, &asked), Some(Code::ConditionEarly));
}

#[test]
fn only_the_needed_part_goes_where_only_that_may() {
    let sheet = || Sheet::plain("x").with("how", FieldKind::Secret, "text", ["so"]);
    let product = controlled(sheet(), Tlp::AmberStrict);
    let mut asked = request(vec![to(R::Contractor, "lab")]);
    assert_eq!(code(&product, &asked), Some(Code::NotMinimised));
    // A transform that changes nothing is none.
    asked.transforms = vec![Transform::Aggregate(5)];
    assert_eq!(code(&product, &asked), Some(Code::NotMinimised));
    asked.transforms = vec![Transform::Remove("how".to_owned())];
    assert_eq!(code(&product, &asked), None);
    let pending = ask(&product, &asked, &key()).unwrap();
    let released = pending.recorded(Recorded::at(3));
    assert_eq!(released.into_content(), Sheet::plain("x"));
    let carrier = request(vec![to(R::Carrier, "carrier-1")]);
    let analysis = integrated(sheet(), Tlp::AmberStrict);
    assert_eq!(code(&analysis, &carrier), Some(Code::NotMinimised));
}

#[test]
fn controlled_information_needs_its_handling_and_a_fix_goes_with_a_weakness() {
    let product = controlled(Sheet::plain("x"), Tlp::AmberStrict);
    let agency = || vec![to(R::StateAgency, "nisc")];
    assert_eq!(
        code(&product, &request(agency())),
        Some(Code::ConditionMissing)
    );
    let handling = condition(K::ControlledHandling, "h.abe", "nisc");
    assert_eq!(code(&product, &with(agency(), vec![handling])), None);
    let weakness = notice(Sheet::plain("a weakness"), Tlp::Green);
    let maker = || vec![to(R::Supplier, "maker")];
    assert_eq!(
        code(&weakness, &request(maker())),
        Some(Code::ConditionMissing)
    );
    let times = [NOW, NOW];
    let fix = Condition::new(K::FixMethod, name("k.sato"), None, times, "update to 2.1").unwrap();
    assert_eq!(code(&weakness, &with(maker(), vec![fix])), None);
}

#[test]
fn a_marking_holds_beside_the_class() {
    let product = notice(Sheet::plain("x"), Tlp::Green);
    let site = || vec![to(R::Public, "site")];
    assert_eq!(code(&product, &request(site())), Some(Code::TlpAudience));
    assert_eq!(
        code(&notice(Sheet::plain("x"), Tlp::Clear), &request(site())),
        None
    );
    let old = Recipient {
        tlp1_only: true,
        ..to(R::PoliceDefence, "npa")
    };
    for (tlp, expected) in [
        (Tlp::Clear, None),
        (Tlp::Amber, None),
        (Tlp::AmberStrict, Some(Code::TlpVersion)),
        (Tlp::Red, None),
    ] {
        let product = notice(Sheet::plain("x"), tlp);
        assert_eq!(
            code(&product, &request(vec![old.clone()])),
            expected,
            "{tlp}"
        );
    }
}

#[test]
fn nothing_leaves_for_a_part_of_the_audience() {
    let product = notice(Sheet::plain("x"), Tlp::Green);
    let good = to(R::Operator, "acme");
    assert_eq!(code(&product, &request(vec![good.clone()])), None);
    let both = request(vec![good.clone(), to(R::Public, "site")]);
    assert_eq!(code(&product, &both), Some(Code::TlpAudience));
    assert_eq!(code(&product, &request(vec![])), Some(Code::Audience));
    assert_eq!(
        code(&product, &request(vec![good.clone(), good])),
        Some(Code::Audience)
    );
}

#[test]
fn a_release_says_its_basis_and_what_it_does_to_rights() {
    let product = notice(Sheet::plain("x"), Tlp::Green);
    let good = request(vec![to(R::Operator, "acme")]);
    for wrong in [
        Request {
            basis: " ".to_owned(),
            ..good.clone()
        },
        Request {
            rights: String::new(),
            ..good.clone()
        },
        Request {
            rights: "x".repeat(5000),
            ..good.clone()
        },
    ] {
        assert_eq!(code(&product, &wrong), Some(Code::BasisMissing));
    }
    let many = vec![condition(K::Need, "k.sato", "acme"); 1025];
    let many = Request {
        conditions: many,
        ..good.clone()
    };
    assert_eq!(code(&product, &many), Some(Code::TooLarge));
    let transforms = vec![Transform::Aggregate(2); 65];
    let many = Request { transforms, ..good };
    assert_eq!(code(&product, &many), Some(Code::TransformForm));
}

#[test]
fn the_entry_says_all_that_was_asked_and_nothing_that_was_confided() {
    let product = integrated(
        Sheet::plain("x").with("how", FieldKind::Secret, "text", ["confided"]),
        Tlp::AmberStrict,
    );
    let mut asked = request(vec![
        to(R::StateAgency, "nisc"),
        to(R::PoliceDefence, "npa"),
    ]);
    asked.conditions = vec![condition(K::Need, "k.sato", "npa")];
    asked.transforms = vec![Transform::Remove("how".to_owned())];
    let pending = ask(&product, &asked, &key()).unwrap();
    let body: Value = serde_json::from_slice(&pending.record().body).unwrap();
    let expected = json!({
        "actor": "k.sato",
        "class_from": ["integrated"],
        "class_to": "integrated",
        "recipients": ["state-agency/nisc", "police-defence/npa"],
        "basis": "act42, to prevent damage",
        "rights": "addresses are of the adversary alone",
        "conditions": ["need/npa/k.sato/2027-03-31T23:00:00Z/2027-04-01T01:00:00Z"],
        "transforms": ["remove how"],
        "tlp": "amber+strict",
        "pap": "amber",
        // printf '{"counts":{},"fields":{"text":["x"]}}' | sha256sum
        "product_sha256": "f9f1a3272f77b15d615b1479aeaf2b75228d4c583615ecd9ce4711b03c1a4d4f",
        "outcome": "released",
    });
    assert_eq!(body, expected);
    assert_eq!(pending.record().counters, [0, 2]);
    let shown = format!("{pending:?} {:?}", pending.record());
    assert!(
        !shown.contains("confided") && !shown.contains("a reason"),
        "{shown}"
    );
    let released = pending.recorded(Recorded::at(5));
    assert_eq!(format!("{released:?}"), "Released<integrated>(entry 5)");
    assert_eq!(released.marking(), marked(Tlp::AmberStrict));
    assert!(!released.is_controlled());
    assert_eq!(released.recipients(), asked.recipients);
}

#[test]
fn a_refusal_is_entered_with_its_code_and_without_a_hash() {
    let product = report(Tlp::Red);
    let refusal = ask(&product, &request(vec![to(R::Public, "site")]), &key()).unwrap_err();
    let body: Value = serde_json::from_slice(&refusal.record.body).unwrap();
    assert_eq!(refusal.record.counters, [1, 1]);
    assert_eq!(body["outcome"], "CLASS_VIOLATION");
    assert_eq!(body["class_to"], "operator-report");
    assert_eq!(body["product_sha256"], "");
    assert_eq!(
        refusal.to_string(),
        "this class of information may not go there [CLASS_VIOLATION]: operator-report to public/site"
    );
}

#[test]
fn the_largest_entry_fits_the_log() {
    let kinds = [K::Need, K::PriorConsent];
    let names: Vec<String> = (0..512).map(|n| format!("{n:0>32}")).collect();
    let long = "0".repeat(32);
    let every = |kind: K| names.iter().map(move |who| (kind, who.as_str()));
    let conditions = kinds.into_iter().flat_map(every);
    let asked = Request {
        basis: "\u{1}".repeat(4096),
        rights: "\u{1}".repeat(4096),
        conditions: conditions
            .map(|(kind, who)| condition(kind, &long, who))
            .collect(),
        transforms: vec![Transform::Remove("f".repeat(64)); 64],
        ..request(
            names
                .iter()
                .map(|who| to(R::ForeignGovernment, who))
                .collect(),
        )
    };
    let refusal = ask(&party(Tlp::Red), &asked, &key()).unwrap_err();
    let length = refusal.record.body.len();
    assert!(
        (100_000..sakimori_custody::entry::BODY_BYTES_MAX).contains(&length),
        "{length}"
    );
}

#[test]
fn tags_join_for_one_audience_and_not_for_another() {
    let mail = |values: &[&'static str]| {
        let sheet = Sheet::plain("x").with("user", FieldKind::Secret, "mail", values.to_vec());
        controlled(sheet, Tlp::AmberStrict)
    };
    let tags = |values: &[&'static str], who: &[&str]| {
        let mut asked = request(who.iter().map(|who| to(R::Council, who)).collect());
        asked.transforms = vec![Transform::Pseudonymise("user".to_owned())];
        let pending = ask(&mail(values), &asked, &key()).unwrap();
        pending
            .recorded(Recorded::at(1))
            .content()
            .values("user")
            .to_vec()
    };
    let first = tags(&["a@example.jp", "b@example.jp"], &["acme", "borea"]);
    let second = tags(&["b@example.jp"], &["borea", "acme"]);
    assert_eq!(first[1], second[0], "one audience, two products");
    assert_ne!(first[0], first[1]);
    let other = tags(&["a@example.jp", "b@example.jp"], &["acme"]);
    assert!(
        other.iter().all(|tag| !first.contains(tag)),
        "another audience"
    );
}

#[test]
fn tags_of_the_house_do_not_leave_as_they_are_and_still_join() {
    use crate::toolbox::plainly;
    use sakimori_custody::class::{IntegratedControlled, IntegratedProvision};
    let key = key();
    let tag = [Transform::Pseudonymise("user".to_owned())];
    let sheet = || Sheet::plain("x").with("user", FieldKind::Secret, "mail", ["a@example.jp"]);
    let early = integrated(sheet(), Tlp::Red).derive::<IntegratedProvision>(&plainly(&key, &tag));
    let mut early: Classed<IntegratedControlled, Sheet> =
        early.unwrap().derive(&plainly(&key, &[])).unwrap();
    early.mark(marked(Tlp::AmberStrict)).unwrap();
    let late = controlled(sheet(), Tlp::AmberStrict);
    let leave = |product: &Classed<IntegratedControlled, Sheet>, who: &str, cut: &[Transform]| {
        let mut asked = request(vec![to(R::Council, who)]);
        asked.transforms = cut.to_vec();
        let released = ask(product, &asked, &key)
            .unwrap()
            .recorded(Recorded::at(1));
        released.content().values("user").to_vec()
    };
    assert_eq!(leave(&early, "acme", &[]), leave(&late, "acme", &tag));
    assert_eq!(
        leave(&early, "acme", &tag),
        leave(&late, "acme", &tag),
        "tagged once"
    );
    assert_ne!(leave(&early, "acme", &[]), leave(&early, "borea", &[]));
}

/// A product that does nothing of what it is asked to do.
#[derive(Clone)]
struct Liar;

impl Minimise for Liar {
    fn fields(&self) -> Vec<Field> {
        let field = |name: &str, kind| Field {
            name: name.to_owned(),
            kind,
        };
        vec![field("a", FieldKind::Plain), field("b", FieldKind::Secret)]
    }
    fn remove(&mut self, _: &str) {}
    fn pseudonymise(&mut self, _: &str, _: &Tagger<'_>) {}
    fn aggregate(&mut self, _: u64) {}
    fn smallest_group(&self) -> Option<u64> {
        Some(1)
    }
    fn bytes(&self) -> Vec<u8> {
        b"a and b".to_vec()
    }
}

#[test]
fn a_product_that_does_not_do_what_a_transform_says_does_not_leave() {
    let product = Classed::from_open_sources(Liar);
    let mut asked = request(vec![to(R::StateAgency, "nisc")]);
    assert!(ask(&product, &asked, &key()).is_ok());
    for transform in [
        Transform::Remove("a".to_owned()),
        Transform::Pseudonymise("b".to_owned()),
        Transform::Aggregate(2),
    ] {
        asked.transforms = vec![transform.clone()];
        let refusal = ask(&product, &asked, &key()).unwrap_err();
        assert_eq!(refusal.refused.code, Code::NotMinimised, "{transform}");
        assert_eq!(refusal.refused.detail, transform.to_string());
    }
}

#[test]
fn what_a_class_may_not_hold_does_not_leave_under_its_name() {
    // The value was put there behind the steps, which `map` lets code of the house do.
    let swapped = notice(Sheet::plain("x"), Tlp::Green)
        .map(|sheet| sheet.with("note", FieldKind::Report, "text", ["they ask for money"]));
    let asked = request(vec![to(R::Operator, "acme")]);
    assert_eq!(code(&swapped, &asked), Some(Code::ClassViolation));
}

#[test]
fn whoever_judges_object_by_object_is_held_to_the_same() {
    let judged = |class, tlp, recipient: &Recipient| {
        let subject = Subject {
            class,
            owner: None,
            marking: marked(tlp),
        };
        judge(subject, recipient, &[], NOW)
            .map(|cell| cell.text)
            .map_err(|r| r.code)
    };
    let npa = to(R::PoliceDefence, "npa");
    let class = Class::Integrated;
    assert_eq!(judged(class, Tlp::AmberStrict, &npa), Ok("yes"));
    assert_eq!(judged(class, Tlp::Amber, &npa), Err(Code::TlpLooser));
    assert_eq!(
        judged(Class::IntegratedProvision, Tlp::Red, &npa),
        Err(Code::ClassViolation)
    );
    let party = to(R::Party, "acme");
    assert_eq!(
        judged(Class::SelectedParty, Tlp::Red, &party),
        Err(Code::NotOwn)
    );
}
