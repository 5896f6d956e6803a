//! Sessions of browsers. In: sign-ins, cookies, time. Out: visitors or nobody. Never: a session beyond its second.

use crate::house::{House, NOW, after, refused, who};
use crate::passkeys::{house, signed_in};
use sakimori_access::limits::SESSIONS_MAX;
use sakimori_access::{COOKIE, SessionTimes, cookie_in};

#[tokio::test]
async fn a_session_ends_at_its_second_and_when_nothing_happens() {
    let SessionTimes { absolute, idle } = SessionTimes::default();
    let (house, mut key) = house(0).await;
    let idle_one = signed_in(&house, &mut key).await;
    let visit = async |cookie: &str, now| house.access.visitor(cookie, now).await;
    visit(&idle_one.cookie, after(idle - 1)).await.unwrap();
    // That visit began the idle time anew.
    visit(&idle_one.cookie, after(2 * idle - 2)).await.unwrap();
    refused(
        visit(&idle_one.cookie, after(3 * idle - 2)).await,
        "not signed in",
    );
    let busy = signed_in(&house, &mut key).await;
    let mut now = 0;
    while now + idle - 1 < absolute {
        now += idle - 1;
        visit(&busy.cookie, after(now)).await.unwrap();
    }
    visit(&busy.cookie, after(absolute - 1)).await.unwrap();
    refused(visit(&busy.cookie, after(absolute)).await, "not signed in");
}

#[tokio::test]
async fn the_store_knows_no_cookie_and_no_form_token() {
    let (house, mut key) = house(0).await;
    let session = signed_in(&house, &mut key).await;
    let header = session.set_cookie(NOW);
    let value = header.split(';').next().unwrap();
    assert_eq!(cookie_in(value), Some(session.cookie.as_str()));
    assert!(value.starts_with(COOKIE) && session.cookie.len() == 43);
    let visitor = house.access.visitor(&session.cookie, NOW).await.unwrap();
    let kept = format!("{:?}", house.store.sessions("a").await.unwrap());
    assert!(!kept.contains(session.cookie.as_str()));
    assert!(!kept.contains(&visitor.form_token));
    assert!(visitor.form_holds(&visitor.form_token.clone()));
    for wrong in [
        "",
        "x",
        visitor.form_token.split_at(1).1,
        session.cookie.as_str(),
        &"x".repeat(1 << 20),
    ] {
        assert!(!visitor.form_holds(wrong));
    }
    // Another session of the same person has another one.
    let other = signed_in(&house, &mut key).await;
    let other = house.access.visitor(&other.cookie, NOW).await.unwrap();
    assert!(!other.form_holds(&visitor.form_token));
}

#[tokio::test]
async fn who_signs_out_is_out_and_the_others_stay() {
    let (house, mut key) = house(0).await;
    let one = signed_in(&house, &mut key).await;
    let two = signed_in(&house, &mut key).await;
    house.access.sign_out(&one.cookie, NOW).await.unwrap();
    house.access.sign_out(&one.cookie, NOW).await.unwrap();
    refused(
        house.access.visitor(&one.cookie, NOW).await,
        "not signed in",
    );
    assert_eq!(
        house.access.visitor(&two.cookie, NOW).await.unwrap().person,
        "a"
    );
    for wrong in ["", "x", &"x".repeat(1 << 20), "\0"] {
        refused(house.access.visitor(wrong, NOW).await, "not signed in");
    }
}

#[tokio::test]
async fn a_person_has_few_sessions_and_the_oldest_goes() {
    let (house, mut key) = house(0).await;
    let mut all = Vec::new();
    for _ in 0..SESSIONS_MAX + 2 {
        all.push(signed_in(&house, &mut key).await);
    }
    let mut living = 0;
    for session in &all {
        living += usize::from(house.access.visitor(&session.cookie, NOW).await.is_ok());
    }
    assert_eq!(living, SESSIONS_MAX);
    let last = all.last().unwrap();
    assert!(house.access.visitor(&last.cookie, NOW).await.is_ok());
}

async fn role_of(house: &House, person: &str) -> String {
    house.store.roles(person).await.unwrap()[0].id.clone()
}

#[tokio::test]
async fn role_account_and_passkey_take_the_sessions_with_them() {
    let admin = who("admin");
    for what in ["role", "account", "passkey"] {
        let (house, mut key) = house(0).await;
        let session = signed_in(&house, &mut key).await;
        let access = &house.access;
        match what {
            "role" => {
                let grant = role_of(&house, "a").await;
                access.end_role(&admin, &grant, NOW).await
            }
            "account" => access.end_person(&admin, "a", NOW).await,
            _ => access.end_passkey(&who("a"), &key.credential, NOW).await,
        }
        .unwrap();
        refused(access.visitor(&session.cookie, NOW).await, "not signed in");
    }
}

#[tokio::test]
async fn what_is_long_over_is_forgotten() {
    let (house, mut key) = house(0).await;
    let session = signed_in(&house, &mut key).await;
    house.access.sweep(after(86_400)).await.unwrap();
    assert_eq!(house.store.sessions("a").await.unwrap().len(), 1);
    house.access.sweep(after(3 * 86_400)).await.unwrap();
    assert_eq!(house.store.sessions("a").await.unwrap(), []);
    refused(
        house.access.visitor(&session.cookie, NOW).await,
        "not signed in",
    );
}
