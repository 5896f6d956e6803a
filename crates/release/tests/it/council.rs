//! The council: members by consent, opinions on every copy, overrides that are counted.

use crate::toolbox::{NOW, condition, controlled, key, name, request, to};
use sakimori_custody::Recorded;
use sakimori_custody::class::IntegratedControlled;
use sakimori_custody::time::Seconds;
use sakimori_release::RecipientKind as R;
use sakimori_release::condition::ConditionKind as K;
use sakimori_release::council::{Council, Opinion, Submission};
use sakimori_release::sheet::Sheet;
use sakimori_release::{Code, Condition, Request, Tlp};

fn council(members: &[&str]) -> Council {
    let mut council = Council::default();
    for member in members {
        let since = Seconds(NOW.0 - 100);
        council
            .join(name(member), name("h.abe"), since, Recorded::at(4))
            .unwrap();
    }
    council
}

fn submission(opinion: Option<Opinion>) -> Submission<IntegratedControlled, Sheet> {
    Submission::new(
        controlled(Sheet::plain("x"), Tlp::AmberStrict),
        name("acme"),
        opinion,
    )
}

fn asked(members: &[&str], conditions: &[Condition]) -> Request {
    Request {
        conditions: conditions.to_vec(),
        ..request(
            members
                .iter()
                .map(|member| to(R::Council, member))
                .collect(),
        )
    }
}

#[test]
fn every_copy_shows_the_opinion_on_its_handling() {
    let mut council = council(&["borea", "corda"]);
    let opinion = Opinion::new("for engineers alone", None, Tlp::AmberStrict).unwrap();
    let pending =
        submission(Some(opinion.clone())).ask(&council, &asked(&["borea", "corda"], &[]), &key());
    let copies = pending.unwrap().recorded(Recorded::at(8), &mut council);
    let seen: Vec<_> = copies
        .each()
        .map(|copy| {
            let text = copy.opinion.map(Opinion::text);
            (
                copy.member.as_str(),
                copy.submitter.as_str(),
                text,
                copy.overridden,
            )
        })
        .collect();
    let text = Some("for engineers alone");
    assert_eq!(
        seen,
        [
            ("borea", "acme", text, false),
            ("corda", "acme", text, false)
        ]
    );
    assert!(copies.each().all(|copy| *copy.content == Sheet::plain("x")));
    assert_eq!((council.overrides(), copies.entry().index()), (0, 8));
}

#[test]
fn against_the_opinion_it_goes_only_with_a_reason_and_that_is_counted() {
    let mut council = council(&["borea", "corda"]);
    let meant = Opinion::new("not to corda", Some(vec![name("borea")]), Tlp::AmberStrict).unwrap();
    let submission = submission(Some(meant));
    let code = |council: &Council, members: &[&str], conditions: &[Condition]| {
        let pending = submission.ask(council, &asked(members, conditions), &key());
        pending.err().map(|refusal| refusal.refused.code)
    };
    assert_eq!(code(&council, &["borea"], &[]), None);
    assert_eq!(
        code(&council, &["borea", "corda"], &[]),
        Some(Code::OpinionAgainst)
    );
    let other = condition(K::OpinionOverride, "k.sato", "borea");
    assert_eq!(
        code(&council, &["borea", "corda"], &[other]),
        Some(Code::OpinionAgainst)
    );
    let mut over = condition(K::OpinionOverride, "k.sato", "corda");
    let pending = submission.ask(
        &council,
        &asked(&["borea", "corda"], &[over.clone()]),
        &key(),
    );
    let pending = pending.unwrap();
    let body = String::from_utf8(pending.pending().record().body.clone()).unwrap();
    assert!(body.contains("opinion-override/corda/k.sato/"), "{body}");
    let copies = pending.recorded(Recorded::at(9), &mut council);
    assert_eq!(council.overrides(), 1);
    assert!(
        copies
            .each()
            .all(|copy| copy.overridden && copy.opinion.is_some())
    );
    over.withdraw(NOW);
    assert_eq!(
        code(&council, &["corda"], &[over]),
        Some(Code::ConditionWithdrawn)
    );
    let strict = Opinion::new("for you alone", None, Tlp::Red).unwrap();
    let product = controlled(Sheet::plain("x"), Tlp::AmberStrict);
    let looser = Submission::new(product, name("acme"), Some(strict));
    let refusal = looser
        .ask(&council, &asked(&["borea"], &[]), &key())
        .unwrap_err();
    assert_eq!(refusal.refused.code, Code::OpinionAgainst);
    assert_eq!(
        refusal.record.counters,
        [u64::from(Code::OpinionAgainst.code()), 1]
    );
}

#[test]
fn only_members_by_consent_on_record_are_given_something_while_they_are() {
    let mut council = council(&["borea"]);
    let code = |council: &Council, kind, member: &str, now: u64| {
        let mut asked = request(vec![to(kind, member)]);
        asked.now = Seconds(now);
        let pending = submission(None).ask(council, &asked, &key());
        pending.err().map(|refusal| refusal.refused.code)
    };
    assert_eq!(code(&council, R::Council, "borea", NOW.0), None);
    assert_eq!(
        code(&council, R::Council, "borea", NOW.0 - 101),
        Some(Code::NotMember)
    );
    assert_eq!(
        code(&council, R::Council, "corda", NOW.0),
        Some(Code::NotMember)
    );
    assert_eq!(
        code(&council, R::PoliceDefence, "borea", NOW.0),
        Some(Code::NotMember)
    );
    let again = council.join(name("borea"), name("h.abe"), NOW, Recorded::at(5));
    assert_eq!(again.unwrap_err().code, Code::Audience);
    council.leave(&name("borea"), NOW).unwrap();
    assert_eq!(code(&council, R::Council, "borea", NOW.0 - 1), None);
    assert_eq!(
        code(&council, R::Council, "borea", NOW.0),
        Some(Code::NotMember)
    );
    assert_eq!(
        council.leave(&name("borea"), NOW).unwrap_err().code,
        Code::NotMember
    );
    let later = Seconds(NOW.0 + 5);
    council
        .join(name("borea"), name("h.abe"), later, Recorded::at(6))
        .unwrap();
    assert_eq!(code(&council, R::Council, "borea", NOW.0 + 5), None);
    assert_eq!(council.members()[&name("borea")].consent.index(), 6);
}

#[test]
fn an_opinion_says_something() {
    for text in ["", " ", &"x".repeat(5000)] {
        let opinion = Opinion::new(text, None, Tlp::Clear);
        assert_eq!(opinion.unwrap_err().code, Code::BasisMissing);
    }
    let many = vec![name("borea"); 513];
    let opinion = Opinion::new("x", Some(many), Tlp::Clear);
    assert_eq!(opinion.unwrap_err().code, Code::Audience);
}
