//! What a store is held to, the rest: drafts, settings, entries for the log, the record of acts, transactions, hostile text. In: the URL of an empty database. Out:
//! nothing, or a failed assertion. Never: a case that rests on another's rows.

use crate::make::{NOW, add_person, audit, draft, outgo, person};
use crate::suite::{Case, exists, fresh, missing, stale};
use sakimori_store::{Change, OutgoingState, Store, StoreError, limits};
use std::sync::Arc;

/// The cases of this file.
pub(crate) const MORE: &[(&str, Case)] = &[
    ("a draft changes from the version that was read", |url| {
        Box::pin(drafts(url))
    }),
    (
        "of many writers of a draft none loses what another wrote",
        |url| Box::pin(many_writers(url)),
    ),
    ("a setting is what was set last", |url| {
        Box::pin(settings(url))
    }),
    (
        "an entry waits until the log has it and never goes back",
        |url| Box::pin(outgoing(url)),
    ),
    (
        "a list of changes is there as a whole or not at all",
        |url| Box::pin(all_or_nothing(url)),
    ),
    (
        "numbers have no gap whoever writes and whatever fails",
        |url| Box::pin(no_gap(url)),
    ),
    ("hostile text comes back as it was or is refused", |url| {
        Box::pin(hostile(url))
    }),
    ("a list ends and goes on where it ended", |url| {
        Box::pin(lists(url))
    }),
    ("what is written is there for the next program", |url| {
        Box::pin(again(url))
    }),
];

async fn drafts(url: String) {
    let store = fresh(&url).await;
    let put = |version, json: &str| [Change::PutDraft(draft("d", version, json))];
    missing(&store.apply(&put(2, "{}")).await);
    store.apply(&put(1, "{\"n\":1}")).await.unwrap();
    stale(store.apply(&put(1, "{}")).await, 0, 1);
    store.apply(&put(2, "{\"n\":2}")).await.unwrap();
    stale(store.apply(&put(2, "{}")).await, 1, 2);
    stale(store.apply(&put(9, "{}")).await, 8, 2);
    let zero = store.apply(&put(0, "{}")).await;
    assert!(matches!(zero, Err(StoreError::Bound { .. })), "{zero:?}");
    let mut others = draft("d", 3, "{\"n\":3}");
    "thief".clone_into(&mut others.owner);
    "b".clone_into(&mut others.by);
    store.apply(&[Change::PutDraft(others)]).await.unwrap();
    let kept = store.draft("d").await.unwrap().unwrap();
    assert_eq!((kept.owner.as_str(), kept.by.as_str()), ("a", "b"));
    assert_eq!((kept.version, kept.json.as_str()), (3, "{\"n\":3}"));
    store
        .apply(&[Change::PutDraft(draft("e", 1, "{}"))])
        .await
        .unwrap();
    assert_eq!(store.drafts("d").await.unwrap(), [draft("e", 1, "{}")]);
    let drop = |version| {
        [Change::DropDraft {
            draft: "d".to_owned(),
            version,
        }]
    };
    stale(store.apply(&drop(2)).await, 2, 3);
    store.apply(&drop(3)).await.unwrap();
    missing(&store.apply(&drop(3)).await);
    assert_eq!(store.draft("d").await.unwrap(), None);
}

/// Adds one to the number in a draft, as often as another comes between.
async fn add_one(store: &Arc<dyn Store>) {
    loop {
        let kept = store.draft("d").await.unwrap().unwrap();
        let number: u64 = kept.json.parse().unwrap();
        let next = draft("d", kept.version + 1, &(number + 1).to_string());
        match store.apply(&[Change::PutDraft(next)]).await {
            Ok(()) => return,
            Err(StoreError::Stale { .. } | StoreError::Busy(_)) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
}

async fn many_writers(url: String) {
    let (one, other) = (fresh(&url).await, fresh(&url).await);
    one.apply(&[Change::PutDraft(draft("d", 1, "0"))])
        .await
        .unwrap();
    let writers: Vec<_> = [&one, &other, &one, &other]
        .into_iter()
        .map(|store| {
            let store = Arc::clone(store);
            tokio::spawn(async move {
                for _ in 0..15 {
                    add_one(&store).await;
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let kept = one.draft("d").await.unwrap().unwrap();
    assert_eq!((kept.version, kept.json.as_str()), (61, "60"));
}

async fn settings(url: String) {
    let store = fresh(&url).await;
    assert_eq!(store.setting("k").await.unwrap(), None);
    for value in ["1", "2"] {
        let set = Change::Set {
            key: "k".to_owned(),
            value: value.to_owned(),
        };
        store.apply(&[set]).await.unwrap();
        assert_eq!(store.setting("k").await.unwrap().as_deref(), Some(value));
    }
}

async fn outgoing(url: String) {
    let store = fresh(&url).await;
    store
        .apply(&[outgo("z"), outgo("a"), outgo("m")])
        .await
        .unwrap();
    exists(&store.apply(&[outgo("a")]).await);
    let waiting = async || -> Vec<String> {
        let all = store.outgoing().await.unwrap();
        all.into_iter().map(|one| one.id).collect()
    };
    assert_eq!(waiting().await, ["z", "a", "m"]);
    let made = |id: &str| {
        [Change::OutgoMade {
            id: id.to_owned(),
            envelope: vec![0, 1, 2],
            stored: vec![255, 0],
        }]
    };
    let entered = |id: &str, index| {
        [Change::OutgoEntered {
            id: id.to_owned(),
            index,
            at: NOW + 1,
        }]
    };
    let again = [Change::OutgoAgain { id: "z".to_owned() }];
    missing(&store.apply(&entered("z", 7)).await);
    store.apply(&made("z")).await.unwrap();
    missing(&store.apply(&made("z")).await);
    store.apply(&again).await.unwrap();
    store.apply(&made("z")).await.unwrap();
    let first = store.outgoing().await.unwrap().remove(0);
    assert_eq!((first.id.as_str(), first.kind, first.sequence), ("z", 4, 1));
    assert_eq!(first.body, b"body of z");
    let state = OutgoingState::Made {
        envelope: vec![0, 1, 2],
        stored: vec![255, 0],
    };
    assert_eq!(first.state, state);
    store.apply(&entered("z", 7)).await.unwrap();
    assert_eq!(waiting().await, ["a", "m"]);
    let entry = store.outgoing_entry("z").await.unwrap().unwrap();
    let at = NOW + 1;
    assert_eq!(entry.state, OutgoingState::Entered { index: 7, at });
    // It is in the log: nothing brings it back.
    missing(&store.apply(&entered("z", 8)).await);
    missing(&store.apply(&again).await);
    missing(&store.apply(&made("z")).await);
    assert_eq!(store.outgoing_entry("y").await.unwrap(), None);
}

async fn all_or_nothing(url: String) {
    let store = fresh(&url).await;
    store.apply(&[add_person("a")]).await.unwrap();
    let failing = [
        add_person("b"),
        audit("b"),
        outgo("entry"),
        Change::Set {
            key: "k".to_owned(),
            value: "v".to_owned(),
        },
        add_person("a"),
    ];
    exists(&store.apply(&failing).await);
    assert_eq!(store.person("b").await.unwrap(), None);
    assert_eq!(store.audit(0).await.unwrap(), []);
    assert_eq!(store.outgoing().await.unwrap(), []);
    assert_eq!(store.setting("k").await.unwrap(), None);
    let many = vec![audit("x"); limits::CHANGES_MAX + 1];
    let refused = store.apply(&many).await;
    assert!(matches!(refused, Err(StoreError::Bound { .. })));
    store.apply(&[]).await.unwrap();
}

async fn no_gap(url: String) {
    let stores = [fresh(&url).await, fresh(&url).await];
    stores[0].apply(&[add_person("a")]).await.unwrap();
    let writers: Vec<_> = (0..4)
        .map(|writer: usize| {
            let store = Arc::clone(&stores[writer % 2]);
            tokio::spawn(async move {
                for number in 0..10 {
                    let id = format!("{writer}-{number}");
                    let good = [audit(&id), outgo(&id)];
                    while let Err(error) = store.apply(&good).await {
                        assert!(matches!(error, StoreError::Busy(_)), "{error:?}");
                    }
                    let failing = [audit("never"), outgo(&format!("no-{id}")), add_person("a")];
                    assert!(store.apply(&failing).await.is_err());
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let numbers: Vec<u64> = (1..=40).collect();
    let audited = stores[0].audit(0).await.unwrap();
    let found: Vec<u64> = audited.iter().map(|line| line.sequence).collect();
    assert_eq!(found, numbers);
    let entries = stores[1].outgoing().await.unwrap();
    let found: Vec<u64> = entries.iter().map(|entry| entry.sequence).collect();
    assert_eq!(found, numbers);
    // What is entered first goes first: each writer's own entries are in its order.
    for writer in 0..4 {
        let own: Vec<&str> = entries
            .iter()
            .map(|entry| entry.id.as_str())
            .filter(|id| id.starts_with(&format!("{writer}-")))
            .collect();
        let expected: Vec<String> = (0..10).map(|number| format!("{writer}-{number}")).collect();
        assert_eq!(own, expected);
    }
    assert_eq!(stores[0].audit(38).await.unwrap().len(), 2);
}

async fn hostile(url: String) {
    let store = fresh(&url).await;
    let texts = [
        "'; DROP TABLE person; --",
        "\" OR \"\"=\"",
        "$1 ?1 :a @a {} %s %n \\ \\0 \\x00",
        "/* comment */ -- \n\r\t",
        "\u{202e}\u{feff}\u{1f4a9}監理委員会e\u{301}",
        "",
    ];
    for (number, text) in texts.into_iter().enumerate() {
        let mut one = person(&format!("{number}{text}"));
        one.name = text.to_owned();
        store
            .apply(&[Change::AddPerson(one.clone())])
            .await
            .unwrap();
        let kept = store.person(&one.id).await.unwrap();
        assert_eq!(kept, Some(one), "{text:?}");
    }
    assert_eq!(store.people("").await.unwrap().len(), texts.len());
    let mut one = person("nul");
    "a\0b".clone_into(&mut one.name);
    let refused = store.apply(&[Change::AddPerson(one)]).await;
    assert!(matches!(refused, Err(StoreError::Text { .. })));
    assert!(store.person("a\0").await.is_err());
    let mut one = person("long");
    one.name = "n".repeat(limits::NAME_BYTES_MAX + 1);
    let refused = store.apply(&[Change::AddPerson(one)]).await;
    assert!(matches!(refused, Err(StoreError::Text { .. })));
    let mut one = person("late");
    one.created = u64::MAX;
    let refused = store.apply(&[Change::AddPerson(one)]).await;
    assert!(matches!(refused, Err(StoreError::Bound { .. })));
    // A megabyte of what has to be escaped somewhere.
    let large = "\"'\\\u{7f}監".repeat((1 << 20) / 7);
    store
        .apply(&[Change::PutDraft(draft("large", 1, &large))])
        .await
        .unwrap();
    let kept = store.draft("large").await.unwrap().unwrap();
    assert!(kept.json == large, "{} bytes", kept.json.len());
    let larger = "x".repeat(limits::TEXT_BYTES_MAX + 1);
    let refused = store
        .apply(&[Change::PutDraft(draft("larger", 1, &larger))])
        .await;
    assert!(matches!(refused, Err(StoreError::Text { .. })));
    let body: Vec<u8> = (0..limits::ENTRY_BYTES_MAX).map(|n| n as u8).collect();
    let mut entry = Change::Outgo {
        id: "bytes".to_owned(),
        kind: u16::MAX,
        body: body.clone(),
        created: 0,
    };
    store.apply(std::slice::from_ref(&entry)).await.unwrap();
    let kept = store.outgoing_entry("bytes").await.unwrap().unwrap();
    assert!(kept.body == body && kept.kind == u16::MAX);
    if let Change::Outgo { id, body, .. } = &mut entry {
        "more".clone_into(id);
        body.push(0);
    }
    let refused = store.apply(&[entry]).await;
    assert!(matches!(refused, Err(StoreError::Bound { .. })));
}

async fn lists(url: String) {
    let store = fresh(&url).await;
    let all = limits::ROWS_MAX as usize + 7;
    let ids: Vec<String> = (0..all).map(|number| format!("p{number:05}")).collect();
    let people: Vec<Change> = ids.iter().map(|id| add_person(id)).collect();
    for part in people.chunks(limits::CHANGES_MAX) {
        store.apply(part).await.unwrap();
    }
    // By bytes, not by a language: capitals first, letters with marks last.
    store
        .apply(&["Z", "é", "a-b", "a.b", "ab"].map(add_person))
        .await
        .unwrap();
    let mut found: Vec<String> = Vec::new();
    loop {
        let after = found.last().cloned().unwrap_or_default();
        let part = store.people(&after).await.unwrap();
        assert!(part.len() <= limits::ROWS_MAX as usize);
        if part.is_empty() {
            break;
        }
        found.extend(part.into_iter().map(|person| person.id));
    }
    let mut expected = ids;
    expected.extend(["Z", "é", "a-b", "a.b", "ab"].map(str::to_owned));
    expected.sort();
    assert_eq!(found, expected);
}

async fn again(url: String) {
    let store = fresh(&url).await;
    store
        .apply(&[add_person("a"), outgo("entry"), audit("a")])
        .await
        .unwrap();
    store.close().await;
    assert!(store.ready().await.is_err());
    let store = fresh(&url).await;
    assert_eq!(store.person("a").await.unwrap(), Some(person("a")));
    assert_eq!(store.outgoing().await.unwrap().len(), 1);
    assert_eq!(store.audit(0).await.unwrap()[0].object, "a");
}
