//! What a store is held to: objects of collections. In: the URL of an empty database. Out: nothing, or a failed assertion. Never: a case that rests on another's rows.

use crate::make::NOW;
use crate::suite::{Case, fresh};
use sakimori_store::{
    NewObject, ObjectKey, ObjectRow, ObjectRules, ObjectsAsked, Pick, Settled, Store, StoreError,
    ThereAlready, limits,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The cases of this file.
pub(crate) const OBJECTS: &[(&str, Case)] = &[
    ("dates rise whatever the clock does", |url| {
        Box::pin(dates(url))
    }),
    ("a text comes back byte for byte", |url| {
        Box::pin(texts(url))
    }),
    ("what becomes of an object is the rules' word", |url| {
        Box::pin(settled(url))
    }),
    ("a page holds what its pick means at every depth", |url| {
        Box::pin(pages(url))
    }),
    ("a lane that is young is not passed over", |url| {
        Box::pin(young(url))
    }),
    (
        "what goes is noted and its date is not given again",
        |url| Box::pin(removal(url)),
    ),
    ("what cannot be kept is refused with all beside it", |url| {
        Box::pin(hostile(url))
    }),
    ("large texts make a page shorter and never empty", |url| {
        Box::pin(large(url))
    }),
    ("collections that begin at one time are two", |url| {
        Box::pin(beginnings(url))
    }),
    (
        "who follows the dates of four writers misses nothing",
        |url| Box::pin(followed(url)),
    ),
];

/// Versions are compared as texts; what says the same is known.
struct Plain;

impl ObjectRules for Plain {
    fn settle(&self, object: &NewObject, there: &[ThereAlready]) -> Option<Settled> {
        let version = object.version.as_ref();
        let found = there
            .iter()
            .find(|(other, digest)| version.map_or(*digest == object.digest, |own| own == other))?;
        Some(if found.1 == object.digest {
            Settled::Known
        } else {
            Settled::Different
        })
    }

    fn version(&self, object: &NewObject, added: u64) -> String {
        object.version.clone().unwrap_or_else(|| added.to_string())
    }
}

const C: &str = "collection";

fn object(number: u64) -> NewObject {
    NewObject {
        id: format!("tool--{number}"),
        kind: "tool".to_owned(),
        version: Some("1".to_owned()),
        spec: "2.1".to_owned(),
        markings: Vec::new(),
        references: Vec::new(),
        digest: [1; 32],
        raw: format!("{{\"n\":{number}}}"),
    }
}

/// Adds; a store that others hold for longer than it waits is asked again, as its error says.
async fn add(store: &Arc<dyn Store>, objects: &[NewObject], now: u64) -> Vec<Settled> {
    for _ in 0..10 {
        match store.add_objects(C, objects, now, &Plain).await {
            Err(StoreError::Busy(_)) => {}
            settled => return settled.unwrap(),
        }
    }
    panic!("the store is held all the time")
}

const fn asked(after: Option<u64>, at_most: usize) -> ObjectsAsked<'static> {
    ObjectsAsked {
        after,
        pick: Pick::Every,
        texts: true,
        at_most,
    }
}

async fn all(store: &Arc<dyn Store>) -> Vec<ObjectRow> {
    store.objects(C, &asked(None, 2000)).await.unwrap()
}

async fn dates(url: String) {
    let store = fresh(&url).await;
    assert_eq!(all(&store).await, []);
    let first = add(&store, &[object(1), object(2)], 100).await;
    assert_eq!(first, [Settled::Added(100), Settled::Added(101)]);
    for (number, now, date) in [(3, 100, 102), (4, 0, 103), (5, 500, 500), (6, 499, 501)] {
        let added = add(&store, &[object(number)], now).await;
        assert_eq!(added, [Settled::Added(date)]);
    }
    // What adds nothing gives no date.
    assert_eq!(add(&store, &[object(6)], 900).await, [Settled::Known]);
    assert_eq!(add(&store, &[object(7)], 0).await, [Settled::Added(502)]);
    // Another collection has dates of its own.
    let other = store.add_objects("other", &[object(1)], 7, &Plain).await;
    assert_eq!(other.unwrap(), [Settled::Added(7)]);
    let found: Vec<u64> = all(&store).await.iter().map(|row| row.added).collect();
    assert_eq!(found, [100, 101, 102, 103, 500, 501, 502]);
    // A date that no database has.
    let late = store.add_objects(C, &[object(8)], u64::MAX, &Plain).await;
    assert!(matches!(late, Err(StoreError::Bound { .. })), "{late:?}");
    assert_eq!(all(&store).await.len(), 7);
}

async fn texts(url: String) {
    let store = fresh(&url).await;
    let raws = [
        " {\r\n\t\"a\" : \"\\u0000\\ud83d\\ude00 標的型 \u{7f}\u{fffd}\" ,\"b\":1e-0 }".to_owned(),
        "x".repeat(3 << 20),
        String::new(),
    ];
    let mut objects = Vec::new();
    for (number, raw) in (1..).zip(&raws) {
        let mut one = object(number);
        one.raw.clone_from(raw);
        one.references = vec!["b--1".to_owned(), "a--\0\n,".to_owned(), "b--1".to_owned()];
        one.markings = vec!["m--2".to_owned(), "m--1\0".to_owned(), "m--2".to_owned()];
        objects.push(one);
    }
    add(&store, &objects, NOW).await;
    let rows = all(&store).await;
    for ((row, raw), object) in rows.iter().zip(&raws).zip(&objects) {
        assert!(row.raw == *raw);
        assert_eq!(row.references, object.references);
        // A set: sorted, each once.
        assert_eq!(row.markings, ["m--1\0", "m--2"]);
        assert_eq!((&row.key.id, row.kind.as_str()), (&object.id, "tool"));
    }
    let without = ObjectsAsked {
        texts: false,
        ..asked(None, 9)
    };
    let bare = store.objects(C, &without).await.unwrap();
    assert!(bare.len() == 3 && bare.iter().all(|row| row.raw.is_empty()));
}

async fn settled(url: String) {
    let store = fresh(&url).await;
    let two = || {
        let mut other = object(1);
        other.digest = [2; 32];
        other
    };
    let unversioned = |digest| NewObject {
        version: None,
        digest: [digest; 32],
        ..object(9)
    };
    let old = NewObject {
        spec: "2.0".to_owned(),
        ..two()
    };
    // In one call the later are held against the earlier.
    let batch = [
        object(1),
        object(1),
        two(),
        old,
        unversioned(1),
        unversioned(1),
        unversioned(2),
    ];
    let expected = [
        Settled::Added(5),
        Settled::Known,
        Settled::Different,
        Settled::Added(6),
        Settled::Added(7),
        Settled::Known,
        Settled::Added(8),
    ];
    assert_eq!(add(&store, &batch, 5).await, expected);
    let again = add(&store, &batch, 5).await;
    let settled = [
        Settled::Known,
        Settled::Known,
        Settled::Different,
        Settled::Known,
        Settled::Known,
        Settled::Known,
        Settled::Known,
    ];
    assert_eq!(again, settled);
    let versions: Vec<String> = all(&store)
        .await
        .into_iter()
        .map(|row| row.key.version)
        .collect();
    assert_eq!(versions, ["1", "1", "7", "8"]);
}

/// Drawn objects, each in a lane of 9 types and 5 sets of markings.
fn drawn(count: u64) -> Vec<NewObject> {
    let mut state = 7u64;
    let mut draw = |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) % below
    };
    (0..count)
        .map(|number| {
            let (kind, marks) = (draw(9), draw(6));
            NewObject {
                id: format!("kind{kind}--{}", number / 3),
                kind: format!("kind{kind}"),
                version: Some(number.to_string()),
                markings: (0..marks % 3)
                    .map(|mark| format!("m{}", mark + marks / 3))
                    .collect(),
                references: vec![format!("kind0--{}", draw(count))],
                raw: format!("{{\"n\":{number}}}"),
                ..object(number)
            }
        })
        .collect()
}

/// Holds pages of a pick against what it means, at every depth and length.
async fn page_by_page(
    store: &Arc<dyn Store>,
    rows: &[ObjectRow],
    pick: Pick<'_>,
    fits: impl Fn(&ObjectRow) -> bool,
) {
    let depths = [0, 1, NOW, rows[350].added, rows[699].added, u64::MAX].map(Some);
    for after in depths.into_iter().chain([None]) {
        let wanted = rows
            .iter()
            .filter(|row| after.is_none_or(|after| row.added > after) && fits(row));
        let wanted: Vec<&ObjectRow> = wanted.collect();
        for at_most in [1, 7, 300, 5000] {
            let asked = ObjectsAsked {
                pick,
                ..asked(after, at_most)
            };
            let found = store.objects(C, &asked).await.unwrap();
            let end = wanted.len().min(at_most);
            assert_eq!(found.iter().collect::<Vec<_>>(), wanted[..end], "{asked:?}");
        }
    }
}

async fn pages(url: String) {
    let store = fresh(&url).await;
    for objects in drawn(700).chunks(90) {
        add(&store, objects, NOW).await;
    }
    // Another collection with the same objects is in no page of this one.
    let mut others = drawn(100);
    others.reverse();
    let other = store.add_objects("other", &others, NOW, &Plain).await;
    assert_eq!(other.unwrap().len(), 100);
    let rows = all(&store).await;
    assert_eq!(rows.len(), 700);
    let ids: Vec<String> = (0..300).map(|n| format!("kind{}--{n}", n % 7)).collect();
    let kinds = ["kind1".to_owned(), "kind4".to_owned(), "none".to_owned()];
    let lanes = store.lanes(C, None).await.unwrap().unwrap();
    let known = lanes.known;
    let is_hidden = |markings: &[String]| markings.iter().any(|marking| marking == "m1");
    let shown = lanes.found.iter().filter(|lane| !is_hidden(&lane.markings));
    let shown: Vec<u64> = shown.map(|lane| lane.number).collect();
    assert!(
        shown.len() > 16 && shown.len() < lanes.found.len(),
        "{shown:?}"
    );
    let of_kinds = store.lanes(C, Some(&kinds)).await.unwrap().unwrap();
    assert_eq!(of_kinds.known, known);
    let of_kinds: Vec<u64> = of_kinds.found.iter().map(|lane| lane.number).collect();
    let lanes = |fitting| Pick::Lanes { fitting, known };
    page_by_page(&store, &rows, Pick::Every, |_| true).await;
    page_by_page(&store, &rows, Pick::Ids(&ids), |row| {
        ids.contains(&row.key.id)
    })
    .await;
    page_by_page(&store, &rows, lanes(&shown), |row| {
        !is_hidden(&row.markings)
    })
    .await;
    page_by_page(&store, &rows, lanes(&of_kinds), |row| {
        kinds.contains(&row.kind)
    })
    .await;
    page_by_page(&store, &rows, lanes(&[]), |_| false).await;
    let mut versions = store.object_versions(C, &ids).await.unwrap();
    versions.sort_by_key(|row| row.added);
    let wanted = rows.iter().filter(|row| ids.contains(&row.key.id));
    let bare = |row: &ObjectRow| ObjectRow {
        raw: String::new(),
        ..row.clone()
    };
    assert_eq!(versions, wanted.map(bare).collect::<Vec<_>>());
}

async fn young(url: String) {
    let store = fresh(&url).await;
    // Before there is a collection, and after: its lanes are none, then one.
    let before = store.lanes(C, None).await.unwrap().unwrap();
    assert_eq!((before.found.len(), before.known), (0, 0));
    add(&store, &[object(1)], 1).await;
    let lanes = store.lanes(C, None).await.unwrap().unwrap();
    assert_eq!(lanes.found.len(), 1);
    let marked = NewObject {
        markings: vec!["m".to_owned()],
        ..object(2)
    };
    add(&store, &[marked], 2).await;
    let seen = |known| {
        let store = Arc::clone(&store);
        async move {
            let pick = Pick::Lanes {
                fitting: &[],
                known,
            };
            let asked = ObjectsAsked {
                pick,
                ..asked(None, 9)
            };
            let rows = store.objects(C, &asked).await.unwrap();
            rows.into_iter().map(|row| row.key.id).collect::<Vec<_>>()
        }
    };
    assert_eq!(seen(before.known).await, ["tool--1", "tool--2"]);
    assert_eq!(seen(lanes.known).await, ["tool--2"]);
    let now = store.lanes(C, None).await.unwrap().unwrap();
    assert_eq!(seen(now.known).await, [""; 0]);
    // More lanes than are told: the caller reads the collection as it lies.
    let many: Vec<NewObject> = (0..=limits::LANES_MAX as u64)
        .map(|number| NewObject {
            markings: vec![format!("m{number}")],
            ..object(number + 10)
        })
        .collect();
    add(&store, &many, 3).await;
    assert_eq!(store.lanes(C, None).await.unwrap(), None);
    let none = store
        .lanes(C, Some(&["none".to_owned(), "\0".to_owned()]))
        .await
        .unwrap();
    assert_eq!(none.unwrap().found, []);
}

async fn removal(url: String) {
    let store = fresh(&url).await;
    let key = |number: u64| ObjectKey {
        id: format!("tool--{number}"),
        version: "1".to_owned(),
        spec: "2.1".to_owned(),
    };
    assert_eq!(store.remove_objects(C, &[key(1)], 9).await.unwrap(), 0);
    assert_eq!(store.removed_objects(C, 0).await.unwrap(), []);
    let objects: Vec<NewObject> = (1..=5).map(object).collect();
    add(&store, &objects, 10).await;
    store
        .add_objects("other", &objects, 10, &Plain)
        .await
        .unwrap();
    let other_spec = ObjectKey {
        spec: "2.0".to_owned(),
        ..key(1)
    };
    let other_version = ObjectKey {
        version: "2".to_owned(),
        ..key(1)
    };
    let nul = ObjectKey {
        id: "\0".to_owned(),
        ..key(1)
    };
    let keys = [other_spec, key(5), other_version, nul, key(2), key(5)];
    assert_eq!(store.remove_objects(C, &keys, 77).await.unwrap(), 2);
    let left: Vec<String> = all(&store)
        .await
        .into_iter()
        .map(|row| row.key.id)
        .collect();
    assert_eq!(left, ["tool--1", "tool--3", "tool--4"]);
    let gone = store.removed_objects(C, 0).await.unwrap();
    let told: Vec<_> = gone
        .iter()
        .map(|one| (one.number, one.key.clone(), one.added, one.gone))
        .collect();
    assert_eq!(told, [(1, key(5), 14, 77), (2, key(2), 11, 77)]);
    assert_eq!(store.removed_objects(C, 1).await.unwrap().len(), 1);
    // 14 was given once; what comes again is new.
    assert_eq!(add(&store, &[object(5)], 0).await, [Settled::Added(15)]);
    let others = store.objects("other", &asked(None, 9)).await.unwrap();
    assert_eq!(others.len(), 5);
}

async fn hostile(url: String) {
    let store = fresh(&url).await;
    let long = "x".repeat(limits::NAME_BYTES_MAX + 1);
    let bad = |change: fn(&mut NewObject, String), text: &str| {
        let mut one = object(1);
        change(&mut one, text.to_owned());
        one
    };
    let huge = "x".repeat(limits::REFERENCES_BYTES_MAX);
    let bad = [
        bad(|one, text| one.id = text, "a\0"),
        bad(|one, text| one.id = text, &long),
        bad(|one, text| one.kind = text, &long),
        bad(|one, text| one.version = Some(text), "\0"),
        bad(|one, text| one.spec = text, &long),
        bad(|one, text| one.raw = text, "\0"),
        bad(|one, text| one.raw = text, &huge),
        bad(|one, text| one.references = vec![text], &huge),
        bad(|one, text| one.markings = vec![text], &huge),
    ];
    for one in bad {
        let outcome = store.add_objects(C, &[object(2), one], 1, &Plain).await;
        assert!(
            matches!(
                outcome,
                Err(StoreError::Text { .. } | StoreError::Bound { .. })
            ),
            "{outcome:?}"
        );
    }
    let many: Vec<NewObject> = (0..=limits::OBJECTS_MAX as u64).map(object).collect();
    let outcome = store.add_objects(C, &many, 1, &Plain).await;
    assert!(
        matches!(outcome, Err(StoreError::Bound { .. })),
        "{outcome:?}"
    );
    assert_eq!(all(&store).await, []);
    let quoted = "tool--'; DROP TABLE stix_object; --".to_owned();
    let objects = [NewObject {
        id: quoted.clone(),
        ..object(1)
    }];
    add(&store, &objects, 1).await;
    for ids in [vec![], vec!["\0".to_owned(), long], vec!["'".to_owned()]] {
        assert_eq!(store.object_versions(C, &ids).await.unwrap(), []);
        let pick = Pick::Ids(&ids);
        let asked = ObjectsAsked {
            pick,
            ..asked(None, 9)
        };
        assert_eq!(store.objects(C, &asked).await.unwrap(), []);
    }
    let found = store.object_versions(C, &[quoted]).await.unwrap();
    assert_eq!(found.len(), 1);
}

async fn large(url: String) {
    let store = fresh(&url).await;
    // A quarter of the bound each: four reach it.
    let size = usize::try_from(limits::OBJECT_TEXTS_BYTES_MAX).unwrap() / 4;
    for number in 1..=6 {
        let raw = "x".repeat(size);
        add(
            &store,
            &[NewObject {
                raw,
                ..object(number)
            }],
            number,
        )
        .await;
    }
    let page = store.objects(C, &asked(None, 100)).await.unwrap();
    assert_eq!(page.len(), 4);
    let page = store.objects(C, &asked(Some(4), 100)).await.unwrap();
    assert_eq!(page.len(), 2);
    let bare = ObjectsAsked {
        texts: false,
        ..asked(None, 100)
    };
    assert_eq!(store.objects(C, &bare).await.unwrap().len(), 6);
}

async fn beginnings(url: String) {
    let store = fresh(&url).await;
    // Each round has its own collections: who begins one has no row to lock yet.
    for round in 0..20_u64 {
        begun(&store, round).await;
    }
}

/// Twelve begin three collections at one time, four each: one that finds none, and is overtaken, has not the turn by that.
async fn begun(store: &Arc<dyn Store>, round: u64) {
    let of = |number: u64| format!("r{round}-c{}", number % 3);
    let begun: Vec<_> = (0..12)
        .map(|number: u64| {
            let (store, collection) = (Arc::clone(store), of(number));
            tokio::spawn(async move {
                store
                    .add_objects(&collection, &[object(number)], 5, &Plain)
                    .await
            })
        })
        .collect();
    for one in begun {
        one.await.unwrap().unwrap();
    }
    for number in 0..3 {
        let rows = store.objects(&of(number), &asked(None, 9)).await.unwrap();
        let ids: BTreeSet<String> = rows.iter().map(|row| row.key.id.clone()).collect();
        let own = (0..4).map(|turn| format!("tool--{}", number + 3 * turn));
        assert_eq!(ids, own.collect());
        let dates: Vec<u64> = rows.iter().map(|row| row.added).collect();
        assert_eq!(dates, [5, 6, 7, 8]);
    }
}

async fn followed(url: String) {
    const EACH: u64 = 120;
    let store = fresh(&url).await;
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for number in 0..EACH / 4 {
                    let first = writer * EACH + number * 4;
                    let objects: Vec<NewObject> = (first..first + 4).map(object).collect();
                    // Clocks that do not agree.
                    add(&store, &objects, NOW + writer * 50).await;
                }
            })
        })
        .collect();
    let mut seen = BTreeSet::new();
    let mut after = None;
    loop {
        let over = writers.iter().all(tokio::task::JoinHandle::is_finished);
        let page = store.objects(C, &asked(after, 10)).await.unwrap();
        for row in &page {
            assert!(after.is_none_or(|after| row.added > after));
            assert!(seen.insert(row.key.id.clone()), "{}: twice", row.key.id);
            after = Some(row.added);
        }
        if over && page.is_empty() {
            break;
        }
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(seen.len() as u64, 4 * EACH);
}
