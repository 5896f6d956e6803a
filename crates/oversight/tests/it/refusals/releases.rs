//! I13: what leaves by the release gate.

use super::Verdict::{Refused, Taken};
use super::{check, edit, verdict};
use crate::history::good;
use sakimori_custody::class::Class;
use sakimori_oversight::refused::Code;
use sakimori_release::RecipientKind;
use sakimori_testkit::history::{Story, hour};

#[test]
fn i13_a_product_goes_to_whom_its_class_may_go() {
    for (from, to, code) in [
        (
            "foreign-government/partner\",\"",
            "operator/partner\",\"",
            Code::ReleaseClass,
        ),
        ("council/acme", "public/acme", Code::ReleaseClass),
        (
            "\"integrated-controlled\"",
            "\"integrated-provision\"",
            Code::ReleaseClass,
        ),
        (
            "\"selected\",\"operator",
            "\"public-notice\",\"operator",
            Code::ReleaseClass,
        ),
        ("equivalent-protection/", "need/", Code::ReleaseCondition),
        (
            "protection/partner/",
            "protection/acme/",
            Code::ReleaseCondition,
        ),
        ("amber+strict", "amber", Code::ReleaseTlp),
        ("\"act42-39\"", "\" \"", Code::ReleaseFields),
        ("\"no party is named\"", "\"\"", Code::ReleaseFields),
        ("\"released\"", "\"NOT_OWN\"", Code::ReleaseFields),
        (
            "council/acme",
            "foreign-government/partner",
            Code::ReleaseFields,
        ),
        ("council/acme", "council/ACME", Code::BodyFields),
        ("\"amber\",", "\"blue\",", Code::BodyFields),
        ("\"actor\":\"a.tanaka\",", "", Code::BodyFields),
    ] {
        edit("release", from, to, Refused(code));
    }
    edit("release", "amber+strict", "red", Taken);
    check("release", Refused(Code::ReleaseFields), |s| {
        s.count(1, 3);
    });
    check("release", Refused(Code::ReleaseFields), |s| {
        s.count(0, 4);
    });
    check("release", Refused(Code::EntryUnsigned), |s| {
        (s.by, s.stream) = ("secretariat", 0x77);
    });
}

#[test]
fn i13_a_finding_holds_to_its_last_minute() {
    let mut story = Story::good();
    let at = story.steps[story.place("release")].time;
    for (later, wanted) in [(3600, Taken), (3660, Refused(Code::ReleaseCondition))] {
        story = Story::good().with("release", |s| s.time = at + later);
        // What comes behind it is not looked at.
        assert_eq!(
            verdict(&story.up_to("release"), "release"),
            wanted,
            "{later} s"
        );
    }
}

#[test]
fn a_refusal_at_the_gate_is_on_record_and_nothing_left() {
    edit(
        "release refused",
        "\"public/site\"",
        "\"operator/acme\"",
        Taken,
    );
    edit(
        "release refused",
        "\"product_sha256\":\"\"",
        &format!("\"product_sha256\":\"{}\"", "ab".repeat(32)),
        Refused(Code::ReleaseFields),
    );
    check("release refused", Refused(Code::ReleaseFields), |s| {
        s.count(0, 0);
    });
    let book = good(&Story::good());
    let seen: Vec<_> = book
        .releases()
        .iter()
        .map(|one| {
            (
                one.said.class_to,
                one.said.recipients.len(),
                one.said.refusal.as_deref(),
            )
        })
        .collect();
    let class = Class::IntegratedControlled;
    assert_eq!(
        seen,
        [(class, 2, None), (class, 1, Some("CLASS_VIOLATION"))]
    );
    let (kind, name) = &book.releases()[0].said.recipients[0];
    assert_eq!(
        (*kind, name.as_str()),
        (RecipientKind::ForeignGovernment, "partner")
    );
    assert_eq!(book.releases()[0].time.0, hour(24 * 90));
}
