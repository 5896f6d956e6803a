//! Machines. In: tokens and certificates, good and bad. Out: what they may do. Never: a machine that decides or sees data.

use crate::house::{House, NOW, after, refused, who};
use sakimori_access::limits::{CERTIFICATE_SECONDS_MAX, TOKEN_SECONDS_MAX};
use sakimori_access::{Act, Class, NewCredential, Object, Principal, Reason, Role, Shown, Side};

fn new(scopes: &[Act], until: u64) -> NewCredential {
    NewCredential {
        machine: "m1".to_owned(),
        scopes: scopes.iter().copied().collect(),
        until: after(until),
    }
}

async fn house() -> House {
    let house = House::run_by_admin(Side::Office).await;
    house
        .access
        .add_machine(&who("admin"), ("m1", "a collector", "a carrier"), NOW)
        .await
        .unwrap();
    house
}

#[tokio::test]
async fn a_token_is_shown_once_kept_as_a_hash_and_ends() {
    let house = house().await;
    let access = &house.access;
    let admin = who("admin");
    let issued = access
        .issue_token(&admin, &new(&[Act::ReadLog], 100), NOW)
        .await
        .unwrap();
    assert!(issued.token.starts_with("sak_") && issued.token.len() == 47);
    let kept = &house.store.tokens("m1").await.unwrap()[0];
    assert!(!format!("{kept:?}").contains(issued.token.trim_start_matches("sak_")));
    let bearer = access.token_bearer(&issued.token, after(99)).await.unwrap();
    assert_eq!(bearer.id(), "m1");
    refused(
        access.token_bearer(&issued.token, after(100)).await,
        "not signed in",
    );
    let may = async |now| {
        let decision = access.may(&bearer, Act::ReadLog, &Object::any(), now).await;
        decision.unwrap().reasons
    };
    assert_eq!(may(after(99)).await, []);
    assert_eq!(may(after(100)).await, [Reason::NoAccount]);
    access.end_token(&admin, &issued.id, NOW).await.unwrap();
    // At the next call, also for who was let in before.
    assert_eq!(may(NOW).await, [Reason::NoAccount]);
    refused(
        access.token_bearer(&issued.token, NOW).await,
        "not signed in",
    );
}

#[tokio::test]
async fn what_looks_like_a_token_is_none() {
    let house = house().await;
    let access = &house.access;
    let issued = access
        .issue_token(&who("admin"), &new(&[Act::ReadLog], 100), NOW)
        .await
        .unwrap();
    let token = issued.token.as_str();
    let long = format!("sak_{}", "a".repeat(1 << 20));
    let others = [
        "",
        "sak_",
        token.trim_start_matches("sak_"),
        token.split_at(46).0,
        &format!("{token} "),
        &format!("sak_{}", token.to_uppercase()),
        &long,
        "sak_\0",
    ];
    for other in others {
        refused(access.token_bearer(other, NOW).await, "not signed in");
    }
    refused(access.certificate_bearer(b"", NOW).await, "not signed in");
}

#[tokio::test]
async fn a_machine_has_the_scopes_it_was_given_of_those_a_machine_can_have() {
    let house = house().await;
    let access = &house.access;
    let admin = who("admin");
    for act in Act::ALL {
        let outcome = access.issue_token(&admin, &new(&[*act], 100), NOW).await;
        if !act.is_for_machines() {
            refused(outcome, "no machine can have that scope");
            continue;
        }
        let issued = outcome.unwrap();
        let bearer = access.token_bearer(&issued.token, NOW).await.unwrap();
        for asked in Act::ALL {
            let object = Object::data(Class::Selected, "case-1");
            let decision = access.may(&bearer, *asked, &object, NOW).await.unwrap();
            assert_eq!(decision.allow, asked == act, "{act}: {asked}");
            if asked != act {
                assert_eq!(decision.reasons, [Reason::NoScope]);
            }
        }
    }
    let outcome = access.issue_token(&admin, &new(&[], 100), NOW).await;
    refused(outcome, "no act is named");
}

#[tokio::test]
async fn a_certificate_is_of_one_machine_and_ends_with_it() {
    let house = house().await;
    let access = &house.access;
    let admin = who("admin");
    access
        .add_machine(&admin, ("m2", "another", "a carrier"), NOW)
        .await
        .unwrap();
    let der = b"the DER bytes of a certificate";
    let relay = new(&[Act::RelayNotes], 100);
    let fingerprint = access
        .add_certificate(&admin, &relay, der, NOW)
        .await
        .unwrap();
    let second = NewCredential {
        machine: "m2".to_owned(),
        ..relay.clone()
    };
    let outcome = access.add_certificate(&admin, &second, der, NOW).await;
    refused(outcome, "belongs to somebody");
    let bearer = access.certificate_bearer(der, NOW).await.unwrap();
    let shown = Shown::Certificate(fingerprint);
    let expected = Principal::Machine {
        id: "m1".to_owned(),
        shown,
    };
    assert_eq!(bearer, expected);
    refused(
        access.certificate_bearer(der, after(100)).await,
        "not signed in",
    );
    // What one machine showed is no other machine's.
    let Principal::Machine { shown, .. } = bearer.clone() else {
        panic!("a machine");
    };
    let other = Principal::Machine {
        id: "m2".to_owned(),
        shown,
    };
    let decision = access
        .may(&other, Act::RelayNotes, &Object::any(), NOW)
        .await;
    assert_eq!(decision.unwrap().reasons, [Reason::NoAccount]);
    access.end_machine(&admin, "m1", NOW).await.unwrap();
    let decision = access
        .may(&bearer, Act::RelayNotes, &Object::any(), NOW)
        .await;
    assert_eq!(decision.unwrap().reasons, [Reason::NoAccount]);
    refused(access.certificate_bearer(der, NOW).await, "not signed in");
    let outcome = access.issue_token(&admin, &relay, NOW).await;
    refused(outcome, "no such account");
    let outcome = access.end_certificate(&admin, &fingerprint, NOW).await;
    assert!(outcome.is_err(), "it ended with its machine");
}

#[tokio::test]
async fn only_an_administrator_manages_machines_and_none_lives_for_ever() {
    let house = house().await;
    house.enter("sup", Role::Supervisor).await;
    let access = &house.access;
    let (sup, admin) = (who("sup"), who("admin"));
    let relay = new(&[Act::RelayNotes], 100);
    refused(
        access.add_machine(&sup, ("m3", "x", "y"), NOW).await,
        "no-role",
    );
    refused(access.issue_token(&sup, &relay, NOW).await, "no-role");
    refused(
        access.add_certificate(&sup, &relay, b"x", NOW).await,
        "no-role",
    );
    refused(access.end_machine(&sup, "m1", NOW).await, "no-role");
    for until in [0, TOKEN_SECONDS_MAX + 1] {
        let outcome = access
            .issue_token(&admin, &new(&[Act::ReadLog], until), NOW)
            .await;
        refused(outcome, "days away");
    }
    let long = new(&[Act::ReadLog], CERTIFICATE_SECONDS_MAX + 1);
    refused(
        access.add_certificate(&admin, &long, b"x", NOW).await,
        "days away",
    );
    // A machine is no person: its token opens nothing of what people do.
    let issued = access.issue_token(&admin, &relay, NOW).await.unwrap();
    let bearer = access.token_bearer(&issued.token, NOW).await.unwrap();
    refused(
        access.add_machine(&bearer, ("m4", "x", "y"), NOW).await,
        "no-scope",
    );
}
