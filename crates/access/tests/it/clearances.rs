//! Clearances and cases. In: acts of two, of one, of the subject. Out: who may, who may not. Never: a clearance that one person gave.

use crate::authenticator::Authenticator;
use crate::house::{House, LIFE, NOW, after, refused, who};
use sakimori_access::{Class, NewClearance, NewRole, Role, Side};

fn new(person: &str, classes: &[Class]) -> NewClearance {
    NewClearance {
        person: person.to_owned(),
        classes: classes.iter().copied().collect(),
        until: after(LIFE - 1),
    }
}

async fn house() -> House {
    let house = House::run_by_admin(Side::Office).await;
    house.enter("sup", Role::Supervisor).await;
    house.enter("leg", Role::LegalOfficer).await;
    house.enter("ana", Role::Analyst).await;
    house
}

#[tokio::test]
async fn a_clearance_needs_two_persons_and_neither_is_its_subject() {
    let house = house().await;
    let access = &house.access;
    let (sup, leg) = (who("sup"), who("leg"));
    let wanted = new("ana", &[Class::Selected]);
    refused(
        access.propose_clearance(&who("ana"), &wanted, NOW).await,
        "no-role",
    );
    refused(
        access.propose_clearance(&who("admin"), &wanted, NOW).await,
        "no-role",
    );
    let own = new("sup", &[Class::Selected]);
    refused(access.propose_clearance(&sup, &own, NOW).await, "oneself");
    let grant = access.propose_clearance(&sup, &wanted, NOW).await.unwrap();
    refused(
        access.confirm_clearance(&sup, &grant, NOW).await,
        "two different",
    );
    refused(
        access.confirm_clearance(&who("ana"), &grant, NOW).await,
        "no-role",
    );
    refused(
        access.confirm_clearance(&who("admin"), &grant, NOW).await,
        "no-role",
    );
    access.confirm_clearance(&leg, &grant, NOW).await.unwrap();
    refused(
        access.confirm_clearance(&leg, &grant, NOW).await,
        "two different",
    );
    let entries = house.entries().await;
    assert_eq!(
        entries.last().unwrap(),
        &format!(
            r#"{{"person":"ana","act":"granted","roles":[],"clearance":["selected"],"until":"{}","by":["sup","leg"]}}"#,
            after(LIFE - 1)
        )
    );
    // Who is cleared by another's word cannot be the one who confirms the own.
    let grant = access
        .propose_clearance(&leg, &new("sup", &[Class::Selected]), NOW)
        .await
        .unwrap();
    refused(access.confirm_clearance(&sup, &grant, NOW).await, "oneself");
}

#[tokio::test]
async fn a_proposal_counts_no_more_once_its_first_person_may_not_propose() {
    let house = house().await;
    let access = &house.access;
    let wanted = new("ana", &[Class::Selected]);
    let grant = access
        .propose_clearance(&who("sup"), &wanted, NOW)
        .await
        .unwrap();
    access.end_person(&who("admin"), "sup", NOW).await.unwrap();
    let outcome = access.confirm_clearance(&who("leg"), &grant, NOW).await;
    refused(outcome, "no-account");
}

#[tokio::test]
async fn nobody_is_cleared_for_what_no_person_perceives_or_for_nothing_or_for_ever() {
    let house = house().await;
    let access = &house.access;
    let sup = who("sup");
    let classes = [
        vec![Class::Acquired],
        vec![Class::Selected, Class::Acquired],
        vec![],
    ];
    for classes in classes {
        let outcome = access
            .propose_clearance(&sup, &new("ana", &classes), NOW)
            .await;
        refused(outcome, "nobody can be cleared");
    }
    for until in [NOW, after(10 * 366 * 86_400)] {
        let mut wanted = new("ana", &[Class::Selected]);
        wanted.until = until;
        let outcome = access.propose_clearance(&sup, &wanted, NOW).await;
        refused(outcome, "days away");
    }
    let wanted = new("nobody", &[Class::Selected]);
    let outcome = access.propose_clearance(&sup, &wanted, NOW).await;
    refused(outcome, "no such account");
    // Nor can a proposal be confirmed whose end has come.
    let grant = access
        .propose_clearance(&sup, &new("ana", &[Class::Selected]), NOW)
        .await
        .unwrap();
    let outcome = access
        .confirm_clearance(&who("leg"), &grant, after(LIFE - 1))
        .await;
    refused(outcome, "days away");
}

#[tokio::test]
async fn one_person_is_enough_to_take_a_clearance() {
    let house = house().await;
    let access = &house.access;
    let wanted = new("ana", &[Class::Selected]);
    let grant = access
        .propose_clearance(&who("sup"), &wanted, NOW)
        .await
        .unwrap();
    let before = house.entries().await.len();
    access
        .end_clearance(&who("leg"), &grant, NOW)
        .await
        .unwrap();
    // A proposal that is dropped is nothing that the log knew of.
    assert_eq!(house.entries().await.len(), before);
    let outcome = access.confirm_clearance(&who("leg"), &grant, NOW).await;
    assert!(outcome.is_err());
    refused(
        access.end_clearance(&who("ana"), &grant, NOW).await,
        "no-role",
    );
}

/// Clears somebody for selected information, by two.
pub(crate) async fn clear(house: &House, person: &str) -> String {
    let wanted = new(person, &[Class::Selected]);
    let access = &house.access;
    let grant = access.propose_clearance(&who("sup"), &wanted, NOW).await;
    let grant = grant.unwrap();
    access
        .confirm_clearance(&who("leg"), &grant, NOW)
        .await
        .unwrap();
    grant
}

#[tokio::test]
async fn what_goes_on_is_entered_anew_behind_what_ended() {
    let house = house().await;
    let admin = who("admin");
    clear(&house, "ana").await;
    let asks = NewRole {
        person: "ana".to_owned(),
        role: Role::Requester,
        until: after(LIFE),
    };
    let grant = house.access.grant_role(&admin, &asks, NOW).await.unwrap();
    let before = house.entries().await.len();
    house
        .access
        .end_role(&admin, &grant, after(7))
        .await
        .unwrap();
    // For the log `ended` ends all of a person's; what goes on is said behind it.
    let entries = house.entries().await.split_off(before);
    let (now, life, end) = (after(7), after(LIFE), after(LIFE - 1));
    assert_eq!(
        entries,
        [
            format!(
                r#"{{"person":"ana","act":"ended","roles":["requester"],"clearance":[],"until":"{now}","by":["admin"]}}"#
            ),
            format!(
                r#"{{"person":"ana","act":"granted","roles":["analyst"],"clearance":[],"until":"{life}","by":["admin"]}}"#
            ),
            format!(
                r#"{{"person":"ana","act":"granted","roles":[],"clearance":["selected"],"until":"{end}","by":["sup","leg"]}}"#
            ),
        ]
    );
    house
        .access
        .end_person(&admin, "ana", after(8))
        .await
        .unwrap();
    let last = house.entries().await.split_off(before + 3);
    assert_eq!(
        last,
        [format!(
            r#"{{"person":"ana","act":"ended","roles":["analyst"],"clearance":["selected"],"until":"{}","by":["admin"]}}"#,
            after(8)
        )]
    );
}

#[tokio::test]
async fn an_administrator_who_renews_a_sign_in_ends_what_the_person_may_see() {
    let house = house().await;
    let (admin, ana, access) = (who("admin"), who("ana"), &house.access);
    let cleared = async || {
        !access
            .powers("ana", NOW)
            .await
            .unwrap()
            .unwrap()
            .cleared
            .is_empty()
    };
    let mut seed = 20;
    let mut register = async |code: &str| {
        seed += 1;
        let start = access.passkey_registration(code, NOW).await.unwrap();
        let answer = Authenticator::new(seed).create(&start.options);
        let done = access.passkey_registered(&start.ceremony, "key", &answer, NOW);
        done.await.unwrap();
    };
    // The first way to sign in takes nothing.
    clear(&house, "ana").await;
    let code = access.issue_code(&admin, "ana", NOW).await.unwrap();
    register(&code).await;
    assert!(cleared().await);
    // Nor does one that the person adds.
    let code = access.issue_code(&ana, "ana", NOW).await.unwrap();
    register(&code).await;
    assert!(cleared().await);
    // What another brings does, once it is used.
    let code = access.issue_code(&admin, "ana", NOW).await.unwrap();
    assert!(cleared().await);
    let before = house.entries().await.len();
    register(&code).await;
    assert!(!cleared().await);
    let entries = house.entries().await.split_off(before);
    assert!(entries[0].contains(r#""act":"ended","roles":[],"clearance":["selected"]"#));
    assert!(entries[1].contains(r#""act":"granted","roles":["analyst"]"#));
    assert_eq!(entries.len(), 2);
    // The same for a subject of a provider.
    clear(&house, "ana").await;
    let subject = ("https://idp.example", "ana");
    access
        .bind_subject(&admin, "ana", subject, NOW)
        .await
        .unwrap();
    assert!(!cleared().await);
    // A stranger to the account has no code for it.
    refused(access.issue_code(&who("sup"), "ana", NOW).await, "no-role");
}

#[tokio::test]
async fn nobody_lets_himself_into_a_case() {
    let house = house().await;
    let access = &house.access;
    let sup = who("sup");
    refused(
        access.open_case(&who("ana"), "c", "t", NOW).await,
        "no-role",
    );
    refused(access.open_case(&sup, "C 1", "t", NOW).await, "name");
    access.open_case(&sup, "c", "t", NOW).await.unwrap();
    assert!(access.open_case(&sup, "c", "t", NOW).await.is_err());
    refused(access.add_member(&sup, "c", "sup", NOW).await, "oneself");
    refused(
        access.add_member(&who("ana"), "c", "ana", NOW).await,
        "no-role",
    );
    refused(
        access.add_member(&sup, "c", "nobody", NOW).await,
        "no such account",
    );
    access.add_member(&sup, "c", "ana", NOW).await.unwrap();
    refused(access.close_case(&who("ana"), "c", NOW).await, "no-role");
    refused(
        access.remove_member(&who("leg"), "c", "ana", NOW).await,
        "no-role",
    );
}
