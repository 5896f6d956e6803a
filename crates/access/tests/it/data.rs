//! Data need role, clearance and case. In: a person who has all three. Out: what each loss does at the next call. Never: a second chance from memory.

use crate::house::{House, LIFE, NOW, after, who};
use sakimori_access::{
    Access, Act, Class, Decision, NewClearance, Object, Principal, Reason, Role, Side,
};
use sakimori_custody::time::Seconds;
use std::collections::BTreeSet;

const CASE: &str = "case-1";

/// Everybody it takes, and `ana`, an analyst who is cleared for selected information and in a case. Answers the ids of role and clearance.
async fn cleared() -> (House, String, String) {
    let house = House::run_by_admin(Side::Office).await;
    house.enter("sup", Role::Supervisor).await;
    house.enter("leg", Role::LegalOfficer).await;
    let role = house.enter("ana", Role::Analyst).await;
    let access = &house.access;
    access
        .open_case(&who("sup"), CASE, "Beacons to a port", NOW)
        .await
        .unwrap();
    access
        .add_member(&who("sup"), CASE, "ana", NOW)
        .await
        .unwrap();
    let new = NewClearance {
        person: "ana".to_owned(),
        classes: BTreeSet::from([Class::Selected, Class::Integrated]),
        until: after(LIFE),
    };
    let clearance = access
        .propose_clearance(&who("sup"), &new, NOW)
        .await
        .unwrap();
    // One person's word is none.
    assert_eq!(
        asked(access, Class::Selected, NOW).await,
        [Reason::NoClearance]
    );
    access
        .confirm_clearance(&who("leg"), &clearance, NOW)
        .await
        .unwrap();
    assert_eq!(asked(access, Class::Selected, NOW).await, []);
    (house, role, clearance)
}

async fn decided(access: &Access, class: Class, now: Seconds) -> Decision {
    access
        .may(&who("ana"), Act::Query, &Object::data(class, CASE), now)
        .await
        .unwrap()
}

/// Why `ana` may not ask a question; nothing where she may.
async fn asked(access: &Access, class: Class, now: Seconds) -> Vec<Reason> {
    let decision = decided(access, class, now).await;
    assert_eq!(decision.allow, decision.reasons.is_empty());
    decision.reasons
}

#[tokio::test]
async fn a_role_that_is_taken_locks_at_the_next_call() {
    let (house, role, _) = cleared().await;
    house
        .access
        .end_role(&who("admin"), &role, NOW)
        .await
        .unwrap();
    let reasons = asked(&house.access, Class::Selected, NOW).await;
    assert_eq!(reasons, [Reason::NoRole]);
}

#[tokio::test]
async fn a_clearance_that_is_taken_locks_at_the_next_call() {
    let (house, _, clearance) = cleared().await;
    house
        .access
        .end_clearance(&who("sup"), &clearance, NOW)
        .await
        .unwrap();
    let reasons = asked(&house.access, Class::Selected, NOW).await;
    assert_eq!(reasons, [Reason::NoClearance]);
}

#[tokio::test]
async fn a_person_taken_out_of_the_case_is_locked_out_at_the_next_call() {
    let (house, _, _) = cleared().await;
    house
        .access
        .remove_member(&who("sup"), CASE, "ana", NOW)
        .await
        .unwrap();
    let reasons = asked(&house.access, Class::Selected, NOW).await;
    assert_eq!(reasons, [Reason::NotInCase]);
}

#[tokio::test]
async fn a_case_that_is_closed_locks_everybody_at_the_next_call() {
    let (house, _, _) = cleared().await;
    house
        .access
        .close_case(&who("sup"), CASE, NOW)
        .await
        .unwrap();
    let reasons = asked(&house.access, Class::Selected, NOW).await;
    assert_eq!(reasons, [Reason::NotInCase]);
}

#[tokio::test]
async fn an_account_that_ends_locks_at_the_next_call() {
    let (house, _, _) = cleared().await;
    house
        .access
        .end_person(&who("admin"), "ana", NOW)
        .await
        .unwrap();
    let reasons = asked(&house.access, Class::Selected, NOW).await;
    assert_eq!(reasons, [Reason::NoAccount]);
}

#[tokio::test]
async fn role_and_clearance_end_at_their_second() {
    let (house, _, _) = cleared().await;
    assert_eq!(
        asked(&house.access, Class::Selected, after(LIFE - 1)).await,
        []
    );
    assert_eq!(
        asked(&house.access, Class::Selected, after(LIFE)).await,
        [Reason::NoRole, Reason::NoClearance]
    );
    // Nor do they begin before they were given.
    assert_eq!(
        asked(&house.access, Class::Selected, Seconds(NOW.0 - 1)).await,
        [Reason::NoRole, Reason::NoClearance]
    );
}

#[tokio::test]
async fn a_clearance_is_for_its_classes_and_a_case_for_its_own_data() {
    let (house, _, _) = cleared().await;
    for class in Class::ALL {
        let expected: &[Reason] = match class {
            Class::Selected | Class::Integrated => &[],
            _ => &[Reason::NoClearance],
        };
        assert_eq!(asked(&house.access, *class, NOW).await, expected, "{class}");
    }
    let objects = [
        (
            Object::data(Class::Selected, "case-2"),
            vec![Reason::NotInCase],
        ),
        (Object::any(), vec![Reason::NoClearance, Reason::NotInCase]),
        (
            Object {
                case: Some(CASE.to_owned()),
                ..Object::any()
            },
            vec![Reason::NoClearance],
        ),
        (
            Object {
                class: Some(Class::Selected),
                ..Object::any()
            },
            vec![Reason::NotInCase],
        ),
    ];
    for (object, reasons) in objects {
        for act in Act::ALL.iter().filter(|act| act.shows_data()) {
            let decision = house.access.may(&who("ana"), *act, &object, NOW).await;
            assert_eq!(decision.unwrap().reasons, reasons, "{act} {object:?}");
        }
    }
}

#[tokio::test]
async fn all_that_is_missing_is_told_at_once() {
    let (house, _, _) = cleared().await;
    let object = Object::data(Class::SelectedParty, "case-9");
    let decision = house
        .access
        .may(&who("leg"), Act::Query, &object, NOW)
        .await
        .unwrap();
    assert_eq!(
        decision.to_string(),
        "refused: no-role, no-clearance, not-in-case"
    );
}

#[tokio::test]
async fn who_asked_voted_or_is_the_subject_is_kept_out() {
    let house = House::of(Side::Office).await;
    house.put("cha", &[Role::Chair]).await;
    house.put("mem", &[Role::Member]).await;
    house.put("res", &[Role::Responder]).await;
    house.put("leg", &[Role::LegalOfficer]).await;
    let voted = Object {
        voters: vec!["cha".to_owned(), "res".to_owned()],
        ..Object::any()
    };
    let cases = [
        (
            "mem",
            Act::SignDecision,
            Object::asked_by("mem"),
            Some(Reason::OwnRequest),
        ),
        (
            "mem",
            Act::Ask,
            Object::asked_by("mem"),
            Some(Reason::OwnRequest),
        ),
        ("cha", Act::SignDecision, Object::asked_by("mem"), None),
        ("res", Act::Respond, voted.clone(), Some(Reason::Voter)),
        ("cha", Act::SignDecision, voted, None),
        (
            "leg",
            Act::GrantClearance,
            Object::of("leg"),
            Some(Reason::Oneself),
        ),
        ("leg", Act::GrantClearance, Object::of("ana"), None),
    ];
    for (person, act, object, reason) in cases {
        let decision = house.access.may(&who(person), act, &object, NOW).await;
        let reasons: Vec<Reason> = reason.into_iter().collect();
        assert_eq!(decision.unwrap().reasons, reasons, "{person} {act}");
    }
}

#[tokio::test]
async fn hostile_ids_decide_nothing() {
    let (house, _, _) = cleared().await;
    for id in [
        "",
        "ana\" || true",
        "Person::\"ana\"",
        "ana ",
        "ANA",
        "../ana",
    ] {
        let person = Principal::Person { id: id.to_owned() };
        let object = Object::data(Class::Selected, id);
        let decision = house.access.may(&person, Act::Query, &object, NOW).await;
        assert_eq!(decision.unwrap().reasons, [Reason::NoAccount], "{id}");
        let decision = house
            .access
            .may(&who("ana"), Act::Query, &object, NOW)
            .await;
        assert_eq!(decision.unwrap().reasons, [Reason::NotInCase], "{id}");
    }
    // What the store cannot even look up is an error, not leave.
    let nul = Principal::Person {
        id: "ana\0".to_owned(),
    };
    let object = Object::data(Class::Selected, CASE);
    assert!(
        house
            .access
            .may(&nul, Act::Query, &object, NOW)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn without_the_store_there_is_no_leave() {
    let (house, _, _) = cleared().await;
    house.store.close().await;
    let object = Object::data(Class::Selected, CASE);
    let outcome = house
        .access
        .may(&who("ana"), Act::Query, &object, NOW)
        .await;
    assert_eq!(outcome.unwrap_err().code(), "store");
}
