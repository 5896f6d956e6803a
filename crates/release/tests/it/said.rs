//! What an entry of a release says, and which part of the rule each change of it breaks.

use crate::toolbox::{NOW, condition, controlled, key, request, to};
use sakimori_custody::entry::EntryType;
use sakimori_custody::time::Seconds;
use sakimori_release::RecipientKind as R;
use sakimori_release::condition::ConditionKind as K;
use sakimori_release::said::{Broken, Said};
use sakimori_release::sheet::Sheet;
use sakimori_release::{Tlp, ask};
use serde_json::{Value, json};

const MINUTE: [Seconds; 2] = [NOW, Seconds(NOW.0 + 59)];

/// A good entry: controlled information for a foreign partner and a member of the council.
fn good() -> (Value, [u64; 2]) {
    let mut asked = request(vec![
        to(R::ForeignGovernment, "partner"),
        to(R::Council, "acme"),
    ]);
    asked.conditions = vec![condition(K::EquivalentProtection, "k.sato", "partner")];
    let product = controlled(Sheet::plain("x"), Tlp::AmberStrict);
    let pending = ask(&product, &asked, &key()).unwrap();
    let act = pending.act();
    assert_eq!(
        (act.kind, act.time, act.authority),
        (EntryType::Release, NOW, [0; 32])
    );
    assert_eq!(act.counters, pending.record().counters);
    let body = serde_json::from_slice(&act.body).unwrap();
    (body, pending.record().counters)
}

/// What becomes of the good entry with one field otherwise: `None` it is no body, else what is broken.
fn judge(change: impl Fn(&mut Value, &mut [u64; 2])) -> Option<Result<(), Broken>> {
    let (mut body, mut counters) = good();
    change(&mut body, &mut counters);
    let said = Said::read(&serde_json::to_vec(&body).unwrap()).ok()?;
    Some(said.judge(counters, MINUTE).map_err(|(broken, _)| broken))
}

#[test]
fn each_change_of_an_entry_breaks_its_part_of_the_rule() {
    let set = |field: &'static str, value: Value| judge(move |body, _| body[field] = value.clone());
    assert_eq!(judge(|_, _| {}), Some(Ok(())));
    for (field, value) in [
        ("basis", json!(" ")),
        ("rights", json!("")),
        ("class_from", json!([])),
        ("class_from", json!(["integrated", "integrated"])),
        ("product_sha256", json!("")),
        ("outcome", json!("CLASS_VIOLATION")),
        ("recipients", json!(["council/acme", "council/acme"])),
        ("recipients", json!(["council/acme"])),
    ] {
        assert_eq!(
            set(field, value.clone()),
            Some(Err(Broken::Fields)),
            "{field} {value}"
        );
    }
    assert_eq!(
        judge(|_, counters| counters[0] = 1),
        Some(Err(Broken::Fields))
    );
    for (field, value) in [
        ("recipients", json!(["operator/acme", "council/acme"])),
        ("recipients", json!(["public/site", "council/acme"])),
        ("class_to", json!("integrated")),
        ("class_to", json!("integrated-provision")),
        ("class_from", json!(["public-notice"])),
        (
            "class_from",
            json!(["integrated", "integrated-controlled", "public-notice"]),
        ),
    ] {
        assert_eq!(
            set(field, value.clone()),
            Some(Err(Broken::Class)),
            "{field} {value}"
        );
    }
    let finding = |from: &str, until: &str| {
        json!([format!(
            "equivalent-protection/partner/k.sato/{from}/{until}"
        )])
    };
    let (before, after) = ("2027-03-01T00:00:00Z", "2027-05-01T00:00:00Z");
    for (conditions, expected) in [
        (json!([]), Err(Broken::Condition)),
        (
            json!([format!("need/partner/k.sato/{before}/{after}")]),
            Err(Broken::Condition),
        ),
        (
            json!([format!(
                "equivalent-protection/acme/k.sato/{before}/{after}"
            )]),
            Err(Broken::Condition),
        ),
        (
            json!([format!("equivalent-protection/-/k.sato/{before}/{after}")]),
            Ok(()),
        ),
        (
            finding(before, "2027-03-31T23:59:59Z"),
            Err(Broken::Condition),
        ),
        (finding(before, "2027-04-01T00:00:00Z"), Ok(())),
        (finding("2027-04-01T00:00:59Z", after), Ok(())),
        (
            finding("2027-04-01T00:01:00Z", after),
            Err(Broken::Condition),
        ),
    ] {
        assert_eq!(
            set("conditions", conditions.clone()),
            Some(expected),
            "{conditions}"
        );
    }
    let contractor = |transforms: Value| {
        judge(move |body, _| {
            body["recipients"] = json!(["contractor/lab", "council/acme"]);
            body["transforms"] = transforms.clone();
        })
    };
    assert_eq!(contractor(json!([])), Some(Err(Broken::Condition)));
    assert_eq!(contractor(json!(["remove how"])), Some(Ok(())));
    assert_eq!(set("tlp", json!("amber")), Some(Err(Broken::Tlp)));
    assert_eq!(set("tlp", json!("red")), Some(Ok(())));
}

#[test]
fn a_public_notice_is_for_the_public_only_where_it_is_marked_clear() {
    let notice = |tlp: &str| {
        judge(|body, _| {
            body["class_to"] = json!("public-notice");
            body["recipients"] = json!(["public/site", "council/acme"]);
            body["tlp"] = json!(tlp);
        })
    };
    assert_eq!(notice("clear"), Some(Ok(())));
    assert_eq!(notice("green"), Some(Err(Broken::Tlp)));
}

#[test]
fn what_was_refused_may_have_been_asked_for_anybody() {
    let refused = judge(|body, counters| {
        body["outcome"] = json!("CLASS_VIOLATION");
        body["product_sha256"] = json!("");
        body["recipients"] = json!(["public/site", "council/acme"]);
        body["basis"] = json!("");
        counters[0] = 1;
    });
    assert_eq!(refused, Some(Ok(())));
}

#[test]
fn what_is_no_body_is_none() {
    for (field, value) in [
        ("actor", json!("K Sato")),
        ("class_to", json!("secret")),
        ("class_from", json!(["integrated", "x"])),
        ("class_from", json!("integrated")),
        ("recipients", json!(["council"])),
        ("recipients", json!(["council/"])),
        ("recipients", json!(["minister/acme"])),
        ("conditions", json!(["need/-/k.sato/2027-03-01T00:00:00Z"])),
        (
            "conditions",
            json!(["need/-/-/2027-03-01T00:00:00Z/2027-03-01T00:00:00Z"]),
        ),
        (
            "conditions",
            json!(["need/-/k.sato/2027-03-01T00:00:00Z/2027-03-01T00:00:00Z/x"]),
        ),
        (
            "conditions",
            json!(["need/-/k.sato/2027-03-01/2027-03-01T00:00:00Z"]),
        ),
        ("transforms", json!([""])),
        ("transforms", json!([1])),
        ("tlp", json!("TLP:RED")),
        ("pap", json!("amber+strict")),
        ("product_sha256", json!("ab")),
        ("outcome", json!("Released")),
        ("outcome", json!("")),
        ("basis", json!(null)),
    ] {
        let found = judge(|body, _| body[field] = value.clone());
        assert_eq!(found, None, "{field} {value}");
    }
}
