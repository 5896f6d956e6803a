//! Passkeys, with an authenticator in software. In: good answers and each way to be wrong. Out: sessions, refusals. Never: a browser (that is the node's test).

use crate::authenticator::Authenticator;
use crate::house::{House, NOW, after, refused, who};
use sakimori_access::limits::{CEREMONY_SECONDS, ENROLMENT_SECONDS, RESPONSE_BYTES_MAX};
use sakimori_access::{AccessError, Role, Rule, Side, SignInFault, SignedIn};

/// A way to make an authenticator wrong.
type Change = fn(&mut Authenticator);

/// Registers an authenticator with a fresh code.
async fn register(
    house: &House,
    person: &str,
    key: &mut Authenticator,
) -> Result<String, AccessError> {
    let code = house.access.issue_code(&who("admin"), person, NOW).await?;
    let start = house.access.passkey_registration(&code, NOW).await?;
    let answer = key.create(&start.options);
    house
        .access
        .passkey_registered(&start.ceremony, "my key", &answer, NOW)
        .await
}

async fn sign_in(
    house: &House,
    person: &str,
    key: &mut Authenticator,
) -> Result<SignedIn, AccessError> {
    let start = house.access.passkey_sign_in(person, NOW).await?;
    let answer = key.get(&start.options);
    house
        .access
        .passkey_signed_in(&start.ceremony, &answer, NOW)
        .await
}

/// A house with `a`, an analyst, and an authenticator that is hers.
pub(crate) async fn house(counter: u32) -> (House, Authenticator) {
    let house = House::run_by_admin(Side::Office).await;
    house.enter("a", Role::Analyst).await;
    let mut key = Authenticator::new(7);
    key.counter = counter;
    assert_eq!(register(&house, "a", &mut key).await.unwrap(), "a");
    (house, key)
}

/// A session of `a`.
pub(crate) async fn signed_in(house: &House, key: &mut Authenticator) -> SignedIn {
    sign_in(house, "a", key).await.unwrap()
}

#[track_caller]
fn fault<T: std::fmt::Debug>(outcome: Result<T, AccessError>, words: &str) {
    match outcome {
        Err(error @ AccessError::SignIn(_)) => {
            // The stranger is told nothing; the reason is for the node's own log.
            assert_eq!(error.to_string(), "sign-in failed");
            let AccessError::SignIn(why) = error else {
                panic!("a sign-in fault");
            };
            assert!(why.to_string().contains(words), "{why}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_registered_passkey_signs_in_as_its_person() {
    for counter in [0, 5] {
        let (house, mut key) = house(counter).await;
        for _ in 0..3 {
            let session = sign_in(&house, "a", &mut key).await.unwrap();
            assert_eq!(session.person, "a");
            let visitor = house.access.visitor(&session.cookie, NOW).await.unwrap();
            assert_eq!(
                (visitor.person.as_str(), visitor.method.as_str()),
                ("a", "passkey")
            );
        }
        let kept = house.store.passkeys("a").await.unwrap();
        assert_eq!(
            (kept.len(), kept[0].version, kept[0].used),
            (1, 3, Some(NOW.0))
        );
    }
}

#[tokio::test]
async fn a_code_is_used_once_and_by_its_person_only() {
    let house = House::run_by_admin(Side::Office).await;
    house.enter("a", Role::Analyst).await;
    let admin = who("admin");
    let code = house.access.issue_code(&admin, "a", NOW).await.unwrap();
    for wrong in ["", "ABCDEF", &"A".repeat(1 << 20)] {
        fault(
            house.access.passkey_registration(wrong, NOW).await,
            "one-time code",
        );
    }
    let late = after(ENROLMENT_SECONDS);
    fault(
        house.access.passkey_registration(&code, late).await,
        "one-time code",
    );
    // Two half-done registrations with the same code: the second to finish is refused.
    let typed = code.to_lowercase().replace('-', " ");
    let one = house
        .access
        .passkey_registration(&typed, NOW)
        .await
        .unwrap();
    let two = house.access.passkey_registration(&code, NOW).await.unwrap();
    let mut keys = [Authenticator::new(1), Authenticator::new(2)];
    let answer = keys[0].create(&one.options);
    let finished = house
        .access
        .passkey_registered(&one.ceremony, "one", &answer, NOW);
    assert_eq!(finished.await.unwrap(), "a");
    let answer = keys[1].create(&two.options);
    let finished = house
        .access
        .passkey_registered(&two.ceremony, "two", &answer, NOW);
    fault(finished.await, "one-time code");
    fault(
        house.access.passkey_registration(&code, NOW).await,
        "one-time code",
    );
    assert_eq!(house.store.passkeys("a").await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_credential_is_never_two_people_s() {
    let (house, mut key) = house(0).await;
    house.enter("b", Role::Requester).await;
    let outcome = register(&house, "b", &mut key).await;
    assert!(
        matches!(outcome, Err(AccessError::Rule(Rule::Shared))),
        "{outcome:?}"
    );
    // Not even after it has ended.
    let admin = who("admin");
    house
        .access
        .end_passkey(&admin, &key.credential, NOW)
        .await
        .unwrap();
    let outcome = register(&house, "b", &mut key).await;
    assert!(
        matches!(outcome, Err(AccessError::Rule(Rule::Shared))),
        "{outcome:?}"
    );
    assert_eq!(house.store.passkeys("b").await.unwrap(), []);
    // The code of the attempt that was refused was not used up: nothing of it happened.
    let mut own = Authenticator::new(9);
    register(&house, "b", &mut own).await.unwrap();
    // And b's passkey is not an answer to a's sign-in.
    let mut third = Authenticator::new(3);
    register(&house, "a", &mut third).await.unwrap();
    fault(sign_in(&house, "a", &mut own).await, "");
}

#[tokio::test]
async fn each_way_to_be_wrong_is_refused() {
    let (house, key) = house(0).await;
    let wrong: [(&str, Change); 6] = [
        ("another site", |key| {
            key.origin = "https://evil.example".to_owned();
        }),
        ("another port", |key| {
            key.origin = "https://office.example".to_owned();
        }),
        ("another host", |key| key.host = "evil.example".to_owned()),
        ("not verified", |key| key.flags = 0x01),
        ("not present", |key| key.flags = 0x04),
        ("another credential", |key| key.credential = vec![1; 24]),
    ];
    for (name, change) in wrong {
        let mut bad = key.clone();
        change(&mut bad);
        let outcome = sign_in(&house, "a", &mut bad).await;
        assert!(
            matches!(outcome, Err(AccessError::SignIn(_))),
            "{name}: {outcome:?}"
        );
        let mut fresh = Authenticator::new(8);
        change(&mut fresh);
        if name != "another credential" {
            let outcome = register(&house, "a", &mut fresh).await;
            assert!(
                matches!(outcome, Err(AccessError::SignIn(_))),
                "{name}: {outcome:?}"
            );
        }
    }
    // Another key that claims the credential.
    let mut thief = Authenticator::new(11);
    thief.credential.clone_from(&key.credential);
    fault(sign_in(&house, "a", &mut thief).await, "");
    for (person, words) in [
        ("nobody", "no account"),
        ("admin", "no passkey"),
        ("A'--", "no account"),
    ] {
        fault(
            house.access.passkey_sign_in(person, NOW).await.map(drop),
            words,
        );
    }
    let mut good = key;
    sign_in(&house, "a", &mut good).await.unwrap();
}

#[tokio::test]
async fn a_ceremony_is_finished_once_in_time_and_with_its_own_challenge() {
    let (house, mut key) = house(0).await;
    let access = &house.access;
    let one = access.passkey_sign_in("a", NOW).await.unwrap();
    let two = access.passkey_sign_in("a", NOW).await.unwrap();
    let answer = key.get(&one.options);
    // The answer to one challenge under the name of the other ceremony.
    fault(
        access.passkey_signed_in(&two.ceremony, &answer, NOW).await,
        "",
    );
    access
        .passkey_signed_in(&one.ceremony, &answer, NOW)
        .await
        .unwrap();
    // Replayed.
    fault(
        access.passkey_signed_in(&one.ceremony, &answer, NOW).await,
        "no such ceremony",
    );
    let late = access.passkey_sign_in("a", NOW).await.unwrap();
    let answer = key.get(&late.options);
    let now = after(CEREMONY_SECONDS + 1);
    fault(
        access.passkey_signed_in(&late.ceremony, &answer, now).await,
        "no such ceremony",
    );
    fault(
        access.passkey_signed_in("", &answer, NOW).await,
        "no such ceremony",
    );
    // A sign-in is no registration.
    let start = access.passkey_sign_in("a", NOW).await.unwrap();
    let answer = key.get(&start.options);
    fault(
        access
            .passkey_registered(&start.ceremony, "x", &answer, NOW)
            .await,
        "",
    );
    let code = access.issue_code(&who("admin"), "a", NOW).await.unwrap();
    let start = access.passkey_registration(&code, NOW).await.unwrap();
    let answer = Authenticator::new(5).create(&start.options);
    fault(
        access
            .passkey_signed_in(&start.ceremony, &answer, NOW)
            .await,
        "",
    );
}

#[tokio::test]
async fn a_counter_that_does_not_grow_ends_credential_and_sessions() {
    let (house, mut key) = house(5).await;
    let session = sign_in(&house, "a", &mut key).await.unwrap();
    // The copy does not know that the original was used.
    let start = house.access.passkey_sign_in("a", NOW).await.unwrap();
    let answer = key.get_again(&start.options);
    let outcome = house
        .access
        .passkey_signed_in(&start.ceremony, &answer, NOW)
        .await;
    let Err(AccessError::SignIn(why)) = outcome else {
        panic!("{outcome:?}");
    };
    assert!(matches!(why, SignInFault::Copied), "{why:?}");
    let kept = house.store.passkeys("a").await.unwrap();
    assert_eq!(kept[0].ended, Some(NOW.0));
    refused(
        house.access.visitor(&session.cookie, NOW).await,
        "not signed in",
    );
    fault(
        house.access.passkey_sign_in("a", NOW).await.map(drop),
        "no passkey",
    );
    let audited = house.store.audit(0).await.unwrap();
    assert_eq!(audited.last().unwrap().act, "end-copied-passkey");
}

#[tokio::test]
async fn what_ends_between_the_two_steps_ends_the_sign_in() {
    let admin = who("admin");
    for what in ["person", "passkey"] {
        let (house, mut key) = house(0).await;
        let start = house.access.passkey_sign_in("a", NOW).await.unwrap();
        if what == "person" {
            house.access.end_person(&admin, "a", NOW).await.unwrap();
        } else {
            house
                .access
                .end_passkey(&admin, &key.credential, NOW)
                .await
                .unwrap();
        }
        let answer = key.get(&start.options);
        let outcome = house
            .access
            .passkey_signed_in(&start.ceremony, &answer, NOW)
            .await;
        fault(outcome, "no account, no passkey");
        assert_eq!(house.store.sessions("a").await.unwrap(), []);
    }
}

#[tokio::test]
async fn hostile_answers_are_refused_without_a_panic() {
    let (house, mut key) = house(0).await;
    let start = house.access.passkey_sign_in("a", NOW).await.unwrap();
    let good = String::from_utf8(key.get(&start.options)).unwrap();
    let long = vec![b' '; RESPONSE_BYTES_MAX + 1];
    fault(
        house
            .access
            .passkey_signed_in(&start.ceremony, &long, NOW)
            .await,
        "too long",
    );
    for bad in [
        "",
        "{}",
        "null",
        "[]",
        "\u{0}",
        "{\"id\":1}",
        good.trim_start_matches('{'),
    ] {
        let outcome = house
            .access
            .passkey_signed_in(&start.ceremony, bad.as_bytes(), NOW)
            .await;
        fault(outcome, "authenticator");
    }
    // Every third byte of a good answer changed: refused, or the same answer to its reader (a letter of the id).
    for place in (0..good.len()).step_by(3) {
        let mut bytes = good.clone().into_bytes();
        bytes[place] ^= 1;
        let start = house.access.passkey_sign_in("a", NOW).await.unwrap();
        let outcome = house
            .access
            .passkey_signed_in(&start.ceremony, &bytes, NOW)
            .await;
        assert!(outcome.is_err(), "{place}: the challenge is another one's");
    }
    fault(
        house.access.passkey_sign_in("", NOW).await.map(drop),
        "no account",
    );
}
