//! Steps from class to class: what they take out, what they refuse, what they remember.

use crate::toolbox::{
    NOW, condition, integrated, key, marked, name, party, plainly, report, selected,
};
use sakimori_custody::class::{
    Integrated, IntegratedControlled, IntegratedProvision, PublicNotice, ReleasedSelected,
};
use sakimori_custody::time::Seconds;
use sakimori_release::sheet::Sheet;
use sakimori_release::{Code, Condition, ConditionKind, FieldKind, Tlp, Transform, Work};

fn remove(field: &str) -> Transform {
    Transform::Remove(field.to_owned())
}

#[test]
fn selected_information_goes_on_only_processed() {
    let key = key();
    let stays = selected(Tlp::AmberStrict).derive::<ReleasedSelected>(&plainly(&key, &[]));
    let stays = stays.unwrap_err();
    assert_eq!(stays.why.code, Code::ClassViolation);
    assert_eq!(
        stays.why.detail,
        "field `source` (selected) in released-selected"
    );
    let shown = format!("{stays:?}");
    assert!(!shown.contains("198.51.100.7"), "{shown}");
    let cut = [remove("source"), Transform::Aggregate(5)];
    let next = stays
        .product
        .derive::<ReleasedSelected>(&plainly(&key, &cut));
    let integrated = next
        .unwrap()
        .derive::<Integrated>(&plainly(&key, &[]))
        .unwrap();
    assert_eq!(integrated.class().name(), "integrated");
    // What may reach nobody in between is for named people alone.
    assert_eq!(integrated.marking().tlp, Tlp::Red);
}

#[test]
fn the_information_of_a_party_goes_on_with_its_consent_until_it_withdraws() {
    let (key, cut) = (key(), [remove("source")]);
    let kind = ConditionKind::PartyConsent;
    let times = [Seconds(NOW.0 - 10), Seconds(NOW.0 + 10)];
    let by = |who: &str| Condition::new(kind, name(who), None, times, "the agreement").unwrap();
    let check = |conditions: &[Condition], now: u64, expected: Option<Code>| {
        let work = Work {
            transforms: &cut,
            conditions,
            key: &key,
            now: Seconds(now),
        };
        let next = party(Tlp::AmberStrict).derive::<ReleasedSelected>(&work);
        assert_eq!(next.err().map(|stays| stays.why.code), expected);
    };
    check(&[], NOW.0, Some(Code::ConditionMissing));
    check(&[by("borea")], NOW.0, Some(Code::ConditionMissing));
    check(&[by("acme")], NOW.0, None);
    check(&[by("acme")], NOW.0 + 11, Some(Code::ConditionExpired));
    let mut consent = by("acme");
    consent.withdraw(NOW);
    check(&[consent.clone()], NOW.0 - 1, None);
    check(&[consent], NOW.0, Some(Code::ConditionWithdrawn));
    let other = condition(ConditionKind::PriorConsent, "acme", "npa");
    check(&[other], NOW.0, Some(Code::ConditionMissing));
}

#[test]
fn a_report_s_content_never_gets_into_a_product() {
    let key = key();
    let cut = |fields: &[&str]| fields.iter().map(|field| remove(field)).collect::<Vec<_>>();
    let next = |fields: &[&str]| {
        let cut = cut(fields);
        report(Tlp::Red).derive::<Integrated>(&plainly(&key, &cut))
    };
    assert_eq!(
        next(&["contact"]).unwrap_err().why.code,
        Code::ClassViolation
    );
    assert_eq!(next(&["note"]).unwrap_err().why.code, Code::ClassViolation);
    let product = next(&["note", "contact"]).unwrap();
    assert_eq!(product.owner(), None, "a product is nobody's own");
    // Whom it happened to stays with agencies.
    let ready = product.derive::<IntegratedProvision>(&plainly(&key, &[]));
    assert_eq!(
        ready.unwrap_err().why.detail,
        "field `who` (party) in integrated-provision"
    );
}

#[test]
fn what_holds_secrets_is_controlled_and_no_public_notice() {
    let key = key();
    let sheet = Sheet::plain("a weakness").with("how", FieldKind::Secret, "text", ["so"]);
    let ready = integrated(sheet, Tlp::Red).derive::<IntegratedProvision>(&plainly(&key, &[]));
    let public = ready.unwrap().derive::<PublicNotice>(&plainly(&key, &[]));
    let stays = public.unwrap_err();
    assert_eq!(stays.why.detail, "field `how` (secret) in public-notice");
    let controlled = stays
        .product
        .derive::<IntegratedControlled>(&plainly(&key, &[]));
    assert_eq!(controlled.unwrap().class().name(), "integrated-controlled");
}

#[test]
fn a_step_that_is_refused_leaves_the_product_as_it_was() {
    let key = key();
    let cut = [remove("contact"), remove("nothing")];
    let stays = report(Tlp::Red)
        .derive::<Integrated>(&plainly(&key, &cut))
        .unwrap_err();
    assert_eq!(stays.why.code, Code::TransformForm);
    let cut = [remove("contact"), remove("note")];
    assert!(
        stays
            .product
            .derive::<Integrated>(&plainly(&key, &cut))
            .is_ok()
    );
}

#[test]
fn a_marking_is_never_looser_than_the_class_and_what_is_put_together_has_the_stricter() {
    let mut analysis = integrated(Sheet::plain("x"), Tlp::AmberStrict);
    let looser = analysis.mark(marked(Tlp::Amber));
    assert_eq!(looser.unwrap_err().code, Code::TlpLooser);
    assert_eq!(analysis.marking(), marked(Tlp::AmberStrict));
    let other = integrated(Sheet::plain("y"), Tlp::Red);
    assert_eq!(analysis.and(other).marking(), marked(Tlp::Red));
}

#[test]
fn what_was_the_own_of_two_is_nobody_s() {
    assert_eq!(report(Tlp::Red).owner(), Some(&name("acme")));
    let both = report(Tlp::Red).and(report(Tlp::Red));
    assert_eq!(both.owner(), Some(&name("acme")));
    let other = sakimori_release::Classed::reported(name("borea"), Sheet::plain("x"));
    assert_eq!(both.and(other).owner(), None);
}
