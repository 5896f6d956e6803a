//! Administrators and what they may not do. In: acts. Out: refusals, entries, audit lines. Never: an administrator who gets at data.

use crate::house::{House, LIFE, NOW, after, new_person, new_role, refused, who};
use sakimori_access::limits::GRANT_SECONDS_MAX;
use sakimori_access::{
    AccessError, Act, Ministry, NewPerson, NewRole, Object, Reason, Role, Rule, Side,
};
use std::sync::Arc;

#[tokio::test]
async fn the_first_administrator_is_entered_once() {
    let house = House::of(Side::Office).await;
    let (admin, other) = (new_person("admin"), new_person("other"));
    let first = house.access.first_administrator(&admin, after(LIFE), NOW);
    let code = first.await.unwrap();
    assert_eq!(code.len(), 27);
    let second = house.access.first_administrator(&other, after(LIFE), NOW);
    assert!(matches!(
        second.await,
        Err(AccessError::Rule(Rule::NotEmpty))
    ));
    assert_eq!(house.store.people("").await.unwrap().len(), 1);
}

#[tokio::test]
async fn of_two_first_administrators_at_once_one_is_refused() {
    let house = Arc::new(House::of(Side::Office).await);
    let both = ["one", "two"].map(|id| {
        let house = Arc::clone(&house);
        tokio::spawn(async move {
            let person = new_person(id);
            let entered = house.access.first_administrator(&person, after(LIFE), NOW);
            entered.await.is_ok()
        })
    });
    let mut good = 0;
    for one in both {
        good += u32::from(one.await.unwrap());
    }
    assert_eq!(good, 1);
    assert_eq!(house.store.people("").await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_role_that_another_excludes_is_refused_and_one_that_fits_is_not() {
    let house = House::run_by_admin(Side::Office).await;
    house.enter("a", Role::Requester).await;
    let grant = async |role| {
        let new = new_role("a", role);
        house.access.grant_role(&who("admin"), &new, NOW).await
    };
    for role in [
        Role::LegalOfficer,
        Role::Supervisor,
        Role::Responder,
        Role::Auditor,
    ] {
        refused(grant(role).await, "exclude each other");
    }
    refused(grant(Role::Administrator).await, "exclude each other");
    refused(grant(Role::Requester).await, "already");
    for role in [
        Role::Chair,
        Role::Member,
        Role::Inspector,
        Role::OperatorUser,
    ] {
        refused(grant(role).await, "a node of the office knows no");
    }
    grant(Role::Analyst).await.unwrap();
    // The two together leave room for what fits to both only.
    refused(grant(Role::Responder).await, "exclude each other");
    // One that has run out excludes nothing.
    let later = after(LIFE);
    let new = NewRole {
        until: later.plus(9),
        ..new_role("a", Role::LegalOfficer)
    };
    let admin = house.access.powers("admin", later).await.unwrap().unwrap();
    assert!(admin.roles.is_empty());
    house.put("admin2", &[]).await;
    let outcome = house.access.grant_role(&who("admin2"), &new, later).await;
    refused(outcome, "no-role");
}

#[tokio::test]
async fn of_two_roles_at_once_that_exclude_each_other_one_is_refused() {
    let house = Arc::new(House::run_by_admin(Side::Office).await);
    house.put("admin2", &[Role::Administrator]).await;
    for round in 0..10 {
        let id = format!("p{round}");
        house
            .access
            .add_person(&who("admin"), &new_person(&id), NOW)
            .await
            .unwrap();
        let both = [("admin", Role::Requester), ("admin2", Role::Supervisor)].map(|(by, role)| {
            let (house, id) = (Arc::clone(&house), id.clone());
            tokio::spawn(async move {
                let new = new_role(&id, role);
                house.access.grant_role(&who(by), &new, NOW).await.is_ok()
            })
        });
        let mut good = 0;
        for one in both {
            good += u32::from(one.await.unwrap());
        }
        assert_eq!(good, 1, "{round}");
        let powers = house.access.powers(&id, NOW).await.unwrap().unwrap();
        assert_eq!(powers.roles.len(), 1);
    }
}

#[tokio::test]
async fn only_an_administrator_manages_people_and_never_the_own_account() {
    let house = House::run_by_admin(Side::Office).await;
    house.enter("sup", Role::Supervisor).await;
    let access = &house.access;
    let sup = who("sup");
    refused(
        access.add_person(&sup, &new_person("x"), NOW).await,
        "no-role",
    );
    refused(access.end_person(&sup, "admin", NOW).await, "no-role");
    refused(access.issue_code(&sup, "admin", NOW).await, "no-role");
    let new = new_role("x", Role::Analyst);
    refused(access.grant_role(&sup, &new, NOW).await, "no-role");
    let subject = ("https://idp.example", "s1");
    refused(
        access.bind_subject(&sup, "sup", subject, NOW).await,
        "no-role",
    );
    let admin = who("admin");
    let own = new_role("admin", Role::Auditor);
    refused(access.grant_role(&admin, &own, NOW).await, "oneself");
    refused(access.end_person(&admin, "admin", NOW).await, "oneself");
    refused(access.issue_code(&admin, "admin", NOW).await, "oneself");
    refused(
        access.bind_subject(&admin, "admin", subject, NOW).await,
        "oneself",
    );
    let grants = house.store.roles("admin").await.unwrap();
    refused(access.end_role(&admin, &grants[0].id, NOW).await, "oneself");
}

#[tokio::test]
async fn names_ends_and_accounts_are_held_to_their_form() {
    let house = House::run_by_admin(Side::Office).await;
    let admin = who("admin");
    for id in ["", "A", "a b", "a\0", "é", "-a", &"a".repeat(33)] {
        let outcome = house.access.add_person(&admin, &new_person(id), NOW).await;
        assert!(outcome.is_err(), "{id:?}");
    }
    for name in ["", "  ", "a\nb", "a\0", &"n".repeat(121)] {
        let mut person = new_person("a");
        name.clone_into(&mut person.name);
        let outcome = house.access.add_person(&admin, &person, NOW).await;
        refused(outcome, "name or title");
    }
    house.enter("a", Role::Requester).await;
    let until = |until| NewRole {
        until,
        ..new_role("a", Role::Analyst)
    };
    for end in [NOW, after(GRANT_SECONDS_MAX + 1)] {
        let outcome = house.access.grant_role(&admin, &until(end), NOW).await;
        refused(outcome, "days away");
    }
    let nobody = new_role("nobody", Role::Analyst);
    let outcome = house.access.grant_role(&admin, &nobody, NOW).await;
    refused(outcome, "no such account");
    house.access.end_person(&admin, "a", NOW).await.unwrap();
    let outcome = house.access.grant_role(&admin, &until(after(9)), NOW).await;
    refused(outcome, "no such account");
    // Nobody gets an id that was somebody's.
    let outcome = house.access.add_person(&admin, &new_person("a"), NOW).await;
    assert!(matches!(outcome, Err(AccessError::Store(_))), "{outcome:?}");
}

#[tokio::test]
async fn each_act_has_its_audit_line_and_its_entry_for_the_log() {
    let house = House::run_by_admin(Side::Office).await;
    let grant = house.enter("a", Role::Requester).await;
    house
        .access
        .end_role(&who("admin"), &grant, after(5))
        .await
        .unwrap();
    house
        .access
        .end_person(&who("admin"), "a", after(6))
        .await
        .unwrap();
    // Nothing was left that the log knew of when the account ended.
    let entries = house.entries().await;
    let until = after(LIFE);
    assert_eq!(
        entries,
        [
            format!(
                r#"{{"person":"admin","act":"granted","roles":["administrator"],"clearance":[],"until":"{until}","by":["node"]}}"#
            ),
            format!(
                r#"{{"person":"a","act":"granted","roles":["requester"],"clearance":[],"until":"{until}","by":["admin"]}}"#
            ),
            format!(
                r#"{{"person":"a","act":"ended","roles":["requester"],"clearance":[],"until":"{}","by":["admin"]}}"#,
                after(5)
            ),
        ]
    );
    let audited = house.store.audit(0).await.unwrap();
    let lines: Vec<String> = audited
        .iter()
        .map(|line| format!("{} {} {} {}", line.sequence, line.by, line.act, line.object))
        .collect();
    assert_eq!(
        lines,
        [
            "1 node add-person admin",
            "2 node grant-role admin",
            "3 admin add-person a",
            "4 admin grant-role a",
            "5 admin end-role a",
            "6 admin end-person a",
        ]
    );
}

#[tokio::test]
async fn an_officer_of_a_ministry_sees_the_names_of_its_own_operators_alone() {
    let house = House::run_by_admin(Side::Office).await;
    let role = |id: &str| new_role(id, Role::MinistryOfficer);
    let admin = who("admin");
    for (id, organisation) in [("a", "meti"), ("b", "mlit"), ("c", "METI"), ("d", "")] {
        let person = NewPerson {
            organisation: organisation.to_owned(),
            ..new_person(id)
        };
        let entered = house.access.add_person(&admin, &person, NOW).await;
        assert_eq!(entered.is_ok(), !organisation.is_empty());
    }
    for id in ["a", "b"] {
        let given = house.access.grant_role(&admin, &role(id), NOW).await;
        given.unwrap();
    }
    // A ministry is no free text: what is only alike is none.
    let alike = house.access.grant_role(&admin, &role("c"), NOW).await;
    refused(
        alike,
        "`METI` is no competent ministry: meti, mlit, mic, fsa",
    );
    let may = async |id: &str, object: &Object| {
        let person = who(id);
        let decision = house.access.may(&person, Act::SeeAffected, object, NOW);
        decision.await.unwrap()
    };
    for (id, ministry, allowed) in [
        ("a", Ministry::Meti, true),
        ("a", Ministry::Mlit, false),
        ("b", Ministry::Mlit, true),
        ("b", Ministry::Meti, false),
    ] {
        let decision = may(id, &Object::names_of(ministry)).await;
        assert_eq!(decision.allow, allowed, "{id} {ministry}: {decision}");
        let reasons: &[Reason] = if allowed {
            &[]
        } else {
            &[Reason::OtherMinistry]
        };
        assert_eq!(decision.reasons, reasons);
    }
    assert!(!may("a", &Object::any()).await.allow);
    // Without the role the organisation gives nothing.
    let put = house.put("e", &[Role::Supervisor]);
    put.await;
    let decision = may("e", &Object::names_of(Ministry::Meti)).await;
    assert_eq!(decision.reasons, [Reason::NoRole]);
}
