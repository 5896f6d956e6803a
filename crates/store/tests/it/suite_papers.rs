//! What a store is held to: papers and their files. In: the URL of an empty database. Out: nothing, or a failed assertion. Never: a case that rests on another's rows.

use crate::make::{NOW, audit};
use crate::suite::{Case, exists, fresh, missing, stale};
use sakimori_store::{Attachment, Change, Kept, NEWEST, Paper, StoreError, View, limits};

/// The cases of this file.
pub(crate) const PAPERS: &[(&str, Case)] = &[
    ("a paper goes on from the version that was read", |url| {
        Box::pin(versions(url))
    }),
    ("one owner's papers are not another's", |url| {
        Box::pin(owners(url))
    }),
    ("lists go on, in both directions, and miss nothing", |url| {
        Box::pin(lists(url))
    }),
    ("what is due comes first, and no more than that", |url| {
        Box::pin(dates(url))
    }),
    (
        "a file belongs to a paper and comes back as it was",
        |url| Box::pin(files(url)),
    ),
    (
        "a paper is there with its act and its entry, or none is",
        |url| Box::pin(together(url)),
    ),
    ("of many who write a version one is right", |url| {
        Box::pin(many(url))
    }),
];

fn paper(owner: &str, id: &str, version: u64) -> Paper {
    Paper {
        kind: "report".to_owned(),
        owner: owner.to_owned(),
        id: id.to_owned(),
        version,
        state: "filed".to_owned(),
        due: None,
        at: NOW,
        by: "someone".to_owned(),
        body: format!("{{\"version\":{version}}}"),
    }
}

fn add(paper: Paper) -> [Change; 1] {
    [Change::AddPaper(paper)]
}

fn named(kept: &[Kept]) -> Vec<(&str, &str, u64)> {
    let paper = |k: &'_ Kept| k.paper.version;
    kept.iter()
        .map(|k| (k.paper.owner.as_str(), k.paper.id.as_str(), paper(k)))
        .collect()
}

async fn versions(url: String) {
    let store = fresh(&url).await;
    missing(&store.apply(&add(paper("a", "r", 2))).await);
    store.apply(&add(paper("a", "r", 1))).await.unwrap();
    stale(store.apply(&add(paper("a", "r", 1))).await, 0, 1);
    stale(store.apply(&add(paper("a", "r", 3))).await, 2, 1);
    store.apply(&add(paper("a", "r", 2))).await.unwrap();
    let zero = store.apply(&add(paper("a", "r", 0))).await;
    assert!(matches!(zero, Err(StoreError::Bound { .. })), "{zero:?}");
    let newest = store.paper("a", "report", "r").await.unwrap().unwrap();
    assert_eq!((newest.sequence, newest.paper), (2, paper("a", "r", 2)));
    let all = store.versions("a", "report", "r", 0).await.unwrap();
    assert_eq!(named(&all), [("a", "r", 1), ("a", "r", 2)]);
    let later = store.versions("a", "report", "r", 2).await.unwrap();
    assert_eq!(named(&later), [("a", "r", 2)]);
}

async fn owners(url: String) {
    let store = fresh(&url).await;
    store.apply(&add(paper("a", "r", 1))).await.unwrap();
    store.apply(&add(paper("b", "r", 1))).await.unwrap();
    store.apply(&add(paper("b", "s", 1))).await.unwrap();
    assert_eq!(store.paper("a", "report", "s").await.unwrap(), None);
    assert_eq!(store.versions("a", "report", "s", 0).await.unwrap(), []);
    let of = |owner| store.papers(View::Of(owner), "report", None, 0);
    assert_eq!(named(&of("a").await.unwrap()), [("a", "r", 1)]);
    assert_eq!(
        named(&of("b").await.unwrap()),
        [("b", "r", 1), ("b", "s", 1)]
    );
    assert_eq!(of("").await.unwrap(), []);
    let all = store.papers(View::All, "report", None, 0).await.unwrap();
    assert_eq!(all.len(), 3);
    let other = store.papers(View::All, "case", None, 0).await.unwrap();
    assert_eq!(other, []);
    let states = store.states(View::Of("b"), "report").await.unwrap();
    assert_eq!(states, [("filed".to_owned(), 2)]);
}

async fn lists(url: String) {
    let store = fresh(&url).await;
    let most = u64::from(limits::PAPERS_MAX);
    let ids: Vec<String> = (0..=most).map(|n| format!("r{n:03}")).collect();
    for id in &ids {
        store.apply(&add(paper("a", id, 1))).await.unwrap();
    }
    let first = store.papers(View::All, "report", None, 0).await.unwrap();
    assert_eq!(first.len() as u64, most);
    // One that was read changes meanwhile: it comes again, and the one that was not read comes too.
    let mut changed = paper("a", "r000", 2);
    "acknowledged".clone_into(&mut changed.state);
    store.apply(&add(changed)).await.unwrap();
    let place = first.last().unwrap().sequence;
    let rest = store.papers(View::All, "report", None, place).await;
    let last = format!("r{most:03}");
    assert_eq!(
        named(&rest.unwrap()),
        [("a", last.as_str(), 1), ("a", "r000", 2)]
    );
    let back = store.latest(View::Of("a"), "report", None, NEWEST).await;
    let back = back.unwrap();
    assert_eq!(named(&back).first(), Some(&("a", "r000", 2)));
    let before = back.last().unwrap().sequence;
    let older = store.latest(View::All, "report", None, before).await;
    assert_eq!(named(&older.unwrap()), [("a", "r001", 1)]);
    for view in [View::All, View::Of("a")] {
        let some = store.papers(view, "report", Some("acknowledged"), 0).await;
        assert_eq!(named(&some.unwrap()), [("a", "r000", 2)]);
        let some = store.latest(view, "report", Some("closed"), NEWEST).await;
        assert_eq!(some.unwrap(), []);
    }
    let states = store.states(View::All, "report").await.unwrap();
    assert_eq!(
        states,
        [("acknowledged".to_owned(), 1), ("filed".to_owned(), most)]
    );
}

async fn dates(url: String) {
    let store = fresh(&url).await;
    for (owner, id, due) in [("a", "late", 5), ("a", "now", 9), ("b", "late", 7)] {
        let due = Some(NOW + due);
        let paper = Paper {
            due,
            ..paper(owner, id, 1)
        };
        store.apply(&add(paper)).await.unwrap();
    }
    store.apply(&add(paper("a", "never", 1))).await.unwrap();
    let due = store.due(View::All, "report", NOW + 7).await.unwrap();
    assert_eq!(named(&due), [("a", "late", 1), ("b", "late", 1)]);
    let due = store.due(View::Of("a"), "report", NOW + 9).await.unwrap();
    assert_eq!(named(&due), [("a", "late", 1), ("a", "now", 1)]);
    let last = due.first().map(|kept| (NOW + 5, kept.sequence)).unwrap();
    let behind = store.due_after(View::All, "report", NOW + 9, last).await;
    assert_eq!(named(&behind.unwrap()), [("b", "late", 1), ("a", "now", 1)]);
    for (view, until, count) in [
        (View::All, 9, 3),
        (View::All, 8, 2),
        (View::Of("a"), 8, 1),
        (View::Of("c"), 9, 0),
    ] {
        let found = store.due_count(view, "report", NOW + until).await;
        assert_eq!(found.unwrap(), count, "{view:?} {until}");
    }
    // What was done is due no more.
    store.apply(&add(paper("a", "late", 2))).await.unwrap();
    let due = store.due(View::Of("a"), "report", NOW + 9).await.unwrap();
    assert_eq!(named(&due), [("a", "now", 1)]);
}

async fn files(url: String) {
    let store = fresh(&url).await;
    let bytes: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    let attachment = Attachment {
        kind: "report".to_owned(),
        owner: "a".to_owned(),
        id: "r".to_owned(),
        hash: [7; 32],
        name: "監視ログ.zip".to_owned(),
        media: "application/zip".to_owned(),
        size: bytes.len() as u64,
        at: NOW,
        by: "someone".to_owned(),
    };
    let change = [Change::AddAttachment {
        attachment: attachment.clone(),
        bytes: bytes.clone(),
    }];
    missing(&store.apply(&change).await);
    store.apply(&add(paper("a", "r", 1))).await.unwrap();
    store.apply(&change).await.unwrap();
    exists(&store.apply(&change).await);
    let listed = store.attachments("a", "report", "r").await.unwrap();
    assert_eq!(listed, std::slice::from_ref(&attachment));
    let got = store.attached("a", "report", "r", &[7; 32]).await.unwrap();
    assert_eq!(got, Some(bytes));
    let others = store.attached("b", "report", "r", &[7; 32]).await.unwrap();
    assert_eq!(others, None);
    assert_eq!(store.attachments("b", "report", "r").await.unwrap(), []);
    let huge = [Change::AddAttachment {
        attachment: Attachment {
            hash: [8; 32],
            ..attachment
        },
        bytes: vec![0; limits::ATTACHMENT_BYTES_MAX + 1],
    }];
    let huge = store.apply(&huge).await;
    assert!(matches!(huge, Err(StoreError::Bound { .. })), "{huge:?}");
}

async fn together(url: String) {
    let store = fresh(&url).await;
    let entry = crate::make::outgo("e");
    let changes = [
        Change::AddPaper(paper("a", "r", 1)),
        audit("filed"),
        entry,
        Change::AddPaper(paper("a", "r", 3)),
    ];
    stale(store.apply(&changes).await, 2, 1);
    assert_eq!(store.paper("a", "report", "r").await.unwrap(), None);
    assert_eq!(store.outgoing().await.unwrap(), []);
    assert_eq!(store.audit(0).await.unwrap(), []);
    store.apply(changes.get(..3).unwrap()).await.unwrap();
    let kept = store.paper("a", "report", "r").await.unwrap().unwrap();
    assert_eq!(kept.sequence, 1, "what failed has left no gap");
    assert_eq!(store.outgoing().await.unwrap().len(), 1);
}

async fn many(url: String) {
    let store = fresh(&url).await;
    store.apply(&add(paper("a", "r", 1))).await.unwrap();
    let writers: Vec<_> = (0..8)
        .map(|_| {
            let store = std::sync::Arc::clone(&store);
            tokio::spawn(async move { store.apply(&add(paper("a", "r", 2))).await.is_ok() })
        })
        .collect();
    let mut right = 0;
    for writer in writers {
        right += usize::from(writer.await.unwrap());
    }
    assert_eq!(right, 1);
    let all = store.versions("a", "report", "r", 1).await.unwrap();
    assert_eq!(named(&all), [("a", "r", 1), ("a", "r", 2)]);
}
