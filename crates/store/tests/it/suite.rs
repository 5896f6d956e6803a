//! What a store is held to: people, roles, clearances, cases, credentials, sessions, machines. In: the URL of an empty database. Out: nothing, or a failed
//! assertion. Never: a case that rests on another's rows.

use crate::make::{
    NOW, add_person, case, clearance, machine, member, passkey, person, role, session,
};
use sakimori_store::{Certificate, Change, Enrolment, Store, StoreError, Subject, Token, open};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// A case: it gets the URL of an empty database.
pub(crate) type Case = fn(String) -> Pin<Box<dyn Future<Output = ()> + Send>>;

/// The cases of this file.
pub(crate) const CASES: &[(&str, Case)] = &[
    (
        "a person is entered once and ends with all that is held",
        |url| Box::pin(people(url)),
    ),
    ("a clearance needs two others", |url| {
        Box::pin(clearances(url))
    }),
    ("who is in an open case is told, and nobody twice", |url| {
        Box::pin(cases(url))
    }),
    ("a credential is of one person for ever", |url| {
        Box::pin(passkeys(url))
    }),
    ("a one-time code is used once and in time", |url| {
        Box::pin(enrolments(url))
    }),
    ("a subject is one person and a person one subject", |url| {
        Box::pin(subjects(url))
    }),
    ("a session that ended stays ended", |url| {
        Box::pin(sessions(url))
    }),
    ("a machine ends with its tokens and certificates", |url| {
        Box::pin(machines(url))
    }),
    (
        "of two who use one thing at one time one is refused",
        |url| Box::pin(races(url)),
    ),
    ("roles that were read are the roles that are", |url| {
        Box::pin(guards(url))
    }),
];

pub(crate) async fn fresh(url: &str) -> Arc<dyn Store> {
    let store = open(url).await.unwrap();
    store.ready().await.unwrap();
    store
}

#[track_caller]
pub(crate) fn exists(outcome: &Result<(), StoreError>) {
    assert!(
        matches!(outcome, Err(StoreError::Exists { .. })),
        "{outcome:?}"
    );
}

#[track_caller]
pub(crate) fn missing(outcome: &Result<(), StoreError>) {
    assert!(
        matches!(outcome, Err(StoreError::Missing { .. })),
        "{outcome:?}"
    );
}

#[track_caller]
pub(crate) fn stale(outcome: Result<(), StoreError>, expected: u64, found: u64) {
    match outcome {
        Err(StoreError::Stale {
            expected: read,
            found: kept,
            ..
        }) => assert_eq!((read, kept), (expected, found)),
        other => panic!("{other:?}"),
    }
}

async fn people(url: String) {
    let store = fresh(&url).await;
    assert_eq!(store.standing("a").await.unwrap(), None);
    store
        .apply(&[add_person("a"), add_person("b")])
        .await
        .unwrap();
    exists(&store.apply(&[add_person("a")]).await);
    assert_eq!(store.person("a").await.unwrap(), Some(person("a")));
    assert_eq!(store.people("").await.unwrap(), [person("a"), person("b")]);
    assert_eq!(store.people("a").await.unwrap(), [person("b")]);
    missing(
        &store
            .apply(&[Change::GrantRole(role("r9", "nobody", "analyst"))])
            .await,
    );
    let grants = [
        role("r1", "a", "analyst"),
        role("r2", "a", "requester"),
        role("r3", "b", "auditor"),
    ];
    let given: Vec<Change> = grants.iter().cloned().map(Change::GrantRole).collect();
    store.apply(&given).await.unwrap();
    assert_eq!(store.roles("a").await.unwrap(), grants[..2]);
    assert_eq!(store.role("r3").await.unwrap(), Some(grants[2].clone()));
    let end = Change::EndRole {
        grant: "r1".to_owned(),
        at: NOW + 5,
    };
    store.apply(std::slice::from_ref(&end)).await.unwrap();
    missing(&store.apply(&[end]).await);
    let standing = store.standing("a").await.unwrap().unwrap();
    assert_eq!(standing.roles, grants[1..2]);
    store
        .apply(&[
            Change::AddClearance(clearance("c1", "a", "b")),
            Change::OpenCase(case("case-1")),
            Change::AddMember(member("case-1", "a", NOW)),
            Change::AddSession(session(1, "a")),
            Change::AddPasskey(passkey(b"key", "a")),
        ])
        .await
        .unwrap();
    let end = Change::EndPerson {
        person: "a".to_owned(),
        at: NOW + 9,
    };
    store.apply(std::slice::from_ref(&end)).await.unwrap();
    missing(&store.apply(&[end]).await);
    let standing = store.standing("a").await.unwrap().unwrap();
    assert_eq!(standing.person.ended, Some(NOW + 9));
    assert!(standing.roles.is_empty() && standing.clearances.is_empty());
    assert!(standing.cases.is_empty());
    assert_eq!(store.sessions("a").await.unwrap(), []);
    let key = store.passkey(b"key").await.unwrap().unwrap();
    assert_eq!(key.ended, Some(NOW + 9));
    // The id is taken for ever.
    exists(&store.apply(&[add_person("a")]).await);
    let ended: Vec<_> = store.roles("a").await.unwrap();
    assert_eq!(ended[0].ended, Some(NOW + 5));
    assert_eq!(ended[1].ended, Some(NOW + 9));
}

async fn clearances(url: String) {
    let store = fresh(&url).await;
    let people = ["a", "b", "c"].map(add_person);
    store.apply(&people).await.unwrap();
    missing(
        &store
            .apply(&[Change::AddClearance(clearance("c0", "a", "a"))])
            .await,
    );
    for second in ["a", "b"] {
        let mut both = clearance("c0", "a", "b");
        both.second_by = Some(second.to_owned());
        both.second_at = Some(NOW);
        missing(&store.apply(&[Change::AddClearance(both)]).await);
    }
    let proposed = clearance("c1", "a", "b");
    store
        .apply(&[Change::AddClearance(proposed.clone())])
        .await
        .unwrap();
    assert_eq!(store.proposed_clearances().await.unwrap(), [proposed]);
    let confirm = |by: &str| {
        [Change::ConfirmClearance {
            grant: "c1".to_owned(),
            by: by.to_owned(),
            at: NOW + 1,
        }]
    };
    // Not the subject, not who proposed it, and then only once.
    missing(&store.apply(&confirm("a")).await);
    missing(&store.apply(&confirm("b")).await);
    store.apply(&confirm("c")).await.unwrap();
    missing(&store.apply(&confirm("d")).await);
    let kept = store.clearance("c1").await.unwrap().unwrap();
    assert_eq!(kept.second_by.as_deref(), Some("c"));
    assert_eq!(kept.second_at, Some(NOW + 1));
    assert_eq!(kept.classes, ["integrated", "selected"]);
    assert_eq!(store.proposed_clearances().await.unwrap(), []);
    assert_eq!(
        store.clearances("a").await.unwrap(),
        std::slice::from_ref(&kept)
    );
    let standing = store.standing("a").await.unwrap().unwrap();
    assert_eq!(standing.clearances, [kept]);
    let end = [Change::EndClearance {
        grant: "c1".to_owned(),
        at: NOW + 2,
    }];
    store.apply(&end).await.unwrap();
    missing(&store.apply(&end).await);
    let standing = store.standing("a").await.unwrap().unwrap();
    assert_eq!(standing.clearances, []);
}

async fn cases(url: String) {
    let store = fresh(&url).await;
    store
        .apply(&[add_person("a"), add_person("b")])
        .await
        .unwrap();
    for id in ["case-2", "case-1"] {
        store.apply(&[Change::OpenCase(case(id))]).await.unwrap();
        store
            .apply(&[Change::AddMember(member(id, "a", NOW))])
            .await
            .unwrap();
    }
    exists(&store.apply(&[Change::OpenCase(case("case-1"))]).await);
    exists(
        &store
            .apply(&[Change::AddMember(member("case-1", "a", NOW + 1))])
            .await,
    );
    missing(
        &store
            .apply(&[Change::AddMember(member("case-9", "a", NOW))])
            .await,
    );
    let in_cases = async || store.standing("a").await.unwrap().unwrap().cases;
    assert_eq!(in_cases().await, ["case-1", "case-2"]);
    let leave = [Change::RemoveMember {
        case: "case-1".to_owned(),
        person: "a".to_owned(),
        at: NOW + 1,
    }];
    store.apply(&leave).await.unwrap();
    missing(&store.apply(&leave).await);
    assert_eq!(in_cases().await, ["case-2"]);
    store
        .apply(&[Change::AddMember(member("case-1", "a", NOW + 2))])
        .await
        .unwrap();
    assert_eq!(in_cases().await, ["case-1", "case-2"]);
    let members = store.members("case-1").await.unwrap();
    assert_eq!(members.len(), 2);
    assert_eq!(members[0].removed, Some(NOW + 1));
    assert_eq!(members[1], member("case-1", "a", NOW + 2));
    let close = [Change::CloseCase {
        case: "case-1".to_owned(),
        at: NOW + 3,
    }];
    store.apply(&close).await.unwrap();
    missing(&store.apply(&close).await);
    assert_eq!(in_cases().await, ["case-2"]);
    let kept = store.case("case-1").await.unwrap().unwrap();
    assert_eq!(kept.closed, Some(NOW + 3));
    assert_eq!(store.cases("case-1").await.unwrap(), [case("case-2")]);
}

async fn passkeys(url: String) {
    let store = fresh(&url).await;
    store
        .apply(&[add_person("a"), add_person("b")])
        .await
        .unwrap();
    store
        .apply(&[Change::AddPasskey(passkey(&[0, 255, 7], "a"))])
        .await
        .unwrap();
    exists(
        &store
            .apply(&[Change::AddPasskey(passkey(&[0, 255, 7], "b"))])
            .await,
    );
    let used = |version| {
        [Change::UsePasskey {
            credential: vec![0, 255, 7],
            version,
            state: format!("{{\"counter\":{}}}", version + 1),
            at: NOW + version,
        }]
    };
    store.apply(&used(0)).await.unwrap();
    stale(store.apply(&used(0)).await, 0, 1);
    stale(store.apply(&used(2)).await, 2, 1);
    store.apply(&used(1)).await.unwrap();
    let kept = store.passkey(&[0, 255, 7]).await.unwrap().unwrap();
    assert_eq!((kept.version, kept.used), (2, Some(NOW + 1)));
    assert_eq!(kept.state, "{\"counter\":2}");
    let end = [Change::EndPasskey {
        credential: vec![0, 255, 7],
        at: NOW + 5,
    }];
    store.apply(&end).await.unwrap();
    missing(&store.apply(&end).await);
    missing(&store.apply(&used(2)).await);
    // One that ended is nobody else's either.
    exists(
        &store
            .apply(&[Change::AddPasskey(passkey(&[0, 255, 7], "b"))])
            .await,
    );
    assert_eq!(store.passkeys("b").await.unwrap(), []);
    assert_eq!(store.passkeys("a").await.unwrap().len(), 1);
}

async fn enrolments(url: String) {
    let store = fresh(&url).await;
    store.apply(&[add_person("a")]).await.unwrap();
    let code = Enrolment {
        hash: [3; 32],
        person: "a".to_owned(),
        by: "admin".to_owned(),
        created: NOW,
        expires: NOW + 10,
        used: None,
    };
    store
        .apply(&[Change::AddEnrolment(code.clone())])
        .await
        .unwrap();
    exists(&store.apply(&[Change::AddEnrolment(code.clone())]).await);
    assert_eq!(store.enrolment(&[3; 32]).await.unwrap(), Some(code));
    let used = |at| [Change::UseEnrolment { hash: [3; 32], at }];
    missing(&store.apply(&used(NOW + 10)).await);
    store.apply(&used(NOW + 9)).await.unwrap();
    missing(&store.apply(&used(NOW + 9)).await);
    assert_eq!(store.enrolment(&[4; 32]).await.unwrap(), None);
}

async fn subjects(url: String) {
    let store = fresh(&url).await;
    store
        .apply(&[add_person("a"), add_person("b")])
        .await
        .unwrap();
    let subject = |issuer: &str, subject: &str, person: &str| Subject {
        issuer: issuer.to_owned(),
        subject: subject.to_owned(),
        person: person.to_owned(),
        by: "admin".to_owned(),
        bound: NOW,
    };
    let bind = |issuer, name, person| [Change::BindSubject(subject(issuer, name, person))];
    store.apply(&bind("i1", "s1", "a")).await.unwrap();
    exists(&store.apply(&bind("i1", "s1", "b")).await);
    exists(&store.apply(&bind("i1", "s2", "a")).await);
    store.apply(&bind("i2", "s1", "a")).await.unwrap();
    store.apply(&bind("i1", "s2", "b")).await.unwrap();
    let found = store.subject("i1", "s1").await.unwrap();
    assert_eq!(found, Some(subject("i1", "s1", "a")));
    let of_a = store.subjects("a").await.unwrap();
    assert_eq!(of_a, [subject("i1", "s1", "a"), subject("i2", "s1", "a")]);
    let unbind = [Change::UnbindSubject {
        issuer: "i1".to_owned(),
        subject: "s1".to_owned(),
    }];
    store.apply(&unbind).await.unwrap();
    missing(&store.apply(&unbind).await);
    assert_eq!(store.subject("i1", "s1").await.unwrap(), None);
}

async fn sessions(url: String) {
    let store = fresh(&url).await;
    store
        .apply(&[add_person("a"), add_person("b")])
        .await
        .unwrap();
    let begun: Vec<Change> = [(1, "a"), (2, "a"), (3, "b"), (4, "b")]
        .map(|(byte, person)| Change::AddSession(session(byte, person)))
        .into();
    store.apply(&begun).await.unwrap();
    exists(&store.apply(&[Change::AddSession(session(1, "b"))]).await);
    let touch = |byte| Change::TouchSession {
        hash: [byte; 32],
        idle_expires: NOW + 200,
    };
    let end = Change::EndSession {
        hash: [2; 32],
        at: NOW + 1,
    };
    store
        .apply(&[touch(1), end, touch(2), touch(9)])
        .await
        .unwrap();
    let first = store.session(&[1; 32]).await.unwrap().unwrap();
    assert_eq!((first.idle_expires, first.ended), (NOW + 200, None));
    let second = store.session(&[2; 32]).await.unwrap().unwrap();
    assert_eq!(
        (second.idle_expires, second.ended),
        (NOW + 100, Some(NOW + 1))
    );
    assert_eq!(store.sessions("a").await.unwrap(), [first]);
    let end = Change::EndSessions {
        person: "b".to_owned(),
        at: NOW + 3,
    };
    store.apply(&[end]).await.unwrap();
    assert_eq!(store.sessions("b").await.unwrap(), []);
    let sweep = |before| [Change::Sweep { before }];
    store.apply(&sweep(NOW + 2)).await.unwrap();
    let left = async |byte| store.session(&[byte; 32]).await.unwrap().is_some();
    assert_eq!(
        [left(1).await, left(2).await, left(3).await],
        [true, false, true]
    );
    store.apply(&sweep(NOW + 201)).await.unwrap();
    assert!(!left(1).await && !left(3).await);
}

async fn machines(url: String) {
    let store = fresh(&url).await;
    let entered = ["m1", "m2"].map(|id| Change::AddMachine(machine(id)));
    store.apply(&entered).await.unwrap();
    exists(&store.apply(&entered[..1]).await);
    assert_eq!(store.machines("m1").await.unwrap(), [machine("m2")]);
    let token = |id: &str, byte: u8, machine: &str| Token {
        id: id.to_owned(),
        hash: [byte; 32],
        machine: machine.to_owned(),
        scopes: vec!["read-log".to_owned(), "relay-notes".to_owned()],
        by: "admin".to_owned(),
        created: NOW,
        expires: NOW + 50,
        ended: None,
    };
    let certificate = |byte: u8, machine: &str| Certificate {
        fingerprint: [byte; 32],
        machine: machine.to_owned(),
        scopes: Vec::new(),
        by: "admin".to_owned(),
        created: NOW,
        expires: NOW + 50,
        ended: None,
    };
    store
        .apply(&[
            Change::AddToken(token("t1", 1, "m1")),
            Change::AddToken(token("t2", 2, "m1")),
            Change::AddCertificate(certificate(1, "m1")),
        ])
        .await
        .unwrap();
    exists(&store.apply(&[Change::AddToken(token("t3", 1, "m2"))]).await);
    exists(
        &store
            .apply(&[Change::AddCertificate(certificate(1, "m2"))])
            .await,
    );
    missing(&store.apply(&[Change::AddToken(token("t4", 4, "m9"))]).await);
    let found = store.token(&[1; 32]).await.unwrap();
    assert_eq!(found, Some(token("t1", 1, "m1")));
    let found = store.certificate(&[1; 32]).await.unwrap();
    assert_eq!(found, Some(certificate(1, "m1")));
    let end = [Change::EndToken {
        token: "t1".to_owned(),
        at: NOW + 1,
    }];
    store.apply(&end).await.unwrap();
    missing(&store.apply(&end).await);
    let end = Change::EndMachine {
        machine: "m1".to_owned(),
        at: NOW + 2,
    };
    store.apply(&[end]).await.unwrap();
    let ends: Vec<_> = store.tokens("m1").await.unwrap();
    assert_eq!(ends[0].ended, Some(NOW + 1));
    assert_eq!(ends[1].ended, Some(NOW + 2));
    let ends = store.certificates("m1").await.unwrap();
    assert_eq!(ends[0].ended, Some(NOW + 2));
    let found = store.machine("m1").await.unwrap().unwrap();
    assert_eq!(found.ended, Some(NOW + 2));
    let end = [Change::EndCertificate {
        fingerprint: [1; 32],
        at: NOW + 3,
    }];
    missing(&store.apply(&end).await);
}

/// Lets two nodes apply two lists at the same moment and says what came of each.
async fn at_once(
    one: &Arc<dyn Store>,
    other: &Arc<dyn Store>,
    lists: [Vec<Change>; 2],
) -> [Result<(), StoreError>; 2] {
    let [first, second] = lists;
    let (one, other) = (Arc::clone(one), Arc::clone(other));
    let first = tokio::spawn(async move { one.apply(&first).await });
    let second = tokio::spawn(async move { other.apply(&second).await });
    [first.await.unwrap(), second.await.unwrap()]
}

async fn races(url: String) {
    let (one, other) = (fresh(&url).await, fresh(&url).await);
    one.apply(&[add_person("a"), add_person("b")])
        .await
        .unwrap();
    for round in 0..20u8 {
        let code = Enrolment {
            hash: [round; 32],
            person: "a".to_owned(),
            by: "admin".to_owned(),
            created: NOW,
            expires: NOW + 10,
            used: None,
        };
        one.apply(&[Change::AddEnrolment(code)]).await.unwrap();
        // The same code and the same credential, for two people.
        let lists = ["a", "b"].map(|person| {
            vec![
                Change::UseEnrolment {
                    hash: [round; 32],
                    at: NOW,
                },
                Change::AddPasskey(passkey(&[round; 16], person)),
            ]
        });
        let outcomes = at_once(&one, &other, lists).await;
        let good = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!(good, 1, "{round}: {outcomes:?}");
        for outcome in outcomes {
            assert!(
                matches!(
                    outcome,
                    Ok(()) | Err(StoreError::Missing { .. } | StoreError::Exists { .. })
                ),
                "{outcome:?}"
            );
        }
    }
    let kept = one.passkeys("a").await.unwrap().len() + one.passkeys("b").await.unwrap().len();
    assert_eq!(kept, 20);
}

async fn guards(url: String) {
    let (one, other) = (fresh(&url).await, fresh(&url).await);
    one.apply(&[Change::ExpectNobody, add_person("a")])
        .await
        .unwrap();
    stale(
        one.apply(&[Change::ExpectNobody, add_person("b")]).await,
        0,
        1,
    );
    for round in 0..20u64 {
        // Two roles that a rule keeps apart: both administrators read the same grants before.
        let lists = ["requester", "member"].map(|word| {
            vec![
                Change::ExpectGrants {
                    person: "a".to_owned(),
                    events: round,
                },
                Change::GrantRole(role(&format!("{word}-{round}"), "a", word)),
            ]
        });
        let outcomes = at_once(&one, &other, lists).await;
        let good = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!(good, 1, "{round}: {outcomes:?}");
        let refused = outcomes.into_iter().find(Result::is_err).unwrap();
        stale(refused, round, round + 1);
    }
    // Each thing that happens to a role or clearance is counted, whatever it is.
    let mut events = 20;
    let role = one.roles("a").await.unwrap()[0].id.clone();
    let at = NOW;
    let by = "c".to_owned();
    let grant = "clear".to_owned();
    for change in [
        Change::EndRole { grant: role, at },
        Change::AddClearance(clearance("clear", "a", "b")),
        Change::ConfirmClearance {
            grant: grant.clone(),
            by,
            at,
        },
        Change::EndClearance { grant, at },
    ] {
        let expect = |events| Change::ExpectGrants {
            person: "a".to_owned(),
            events,
        };
        stale(one.apply(&[expect(events + 1)]).await, events + 1, events);
        one.apply(&[expect(events), change]).await.unwrap();
        events += 1;
        let standing = one.standing("a").await.unwrap().unwrap();
        assert_eq!(standing.events, events);
    }
}
