//! Sticks that come late, twice, in the wrong order, or with something that breaks. In: packages of an operator. Out: verdicts. Never: a right that was ended and holds again.

use super::filers::{brought, of, written};
use super::{World, name};
use sakimori_cooperate::report::Delegation;
use sakimori_liaison::filer::Word;
use sakimori_liaison::report::{Handover, Named};

const ENDED: &str = "operator: is not `soc-7`, who brings it";

/// A package of a time that says who may file.
fn saying(world: &World, made_at: &str, word: Word) -> Handover {
    Handover {
        format: "sakimori/handover/v1".to_owned(),
        operator: world.name.to_string(),
        made_at: made_at.to_owned(),
        allowed: Some(word),
        filers: Vec::new(),
        reports: Vec::new(),
        replies: Vec::new(),
        words: Vec::new(),
    }
}

fn soc() -> Delegation {
    Delegation {
        filer: name("soc-7"),
        until: "2026-10-31".parse().unwrap(),
    }
}

fn allowed() -> Word {
    Word {
        filers: vec![soc()],
        ended: Vec::new(),
    }
}

fn ended() -> Word {
    Word {
        filers: Vec::new(),
        ended: vec!["soc-7".to_owned()],
    }
}

#[tokio::test]
async fn an_old_stick_behind_a_new_one_brings_its_reports_and_no_filer_back() {
    let world = World::new().await;
    let clerk = world.clerk("2026-10-02T00:00:00Z");
    let bound = ["soc-user".to_owned()];
    let filers = clerk.filers();
    filers
        .allow(&name("soc-7"), &bound, soc().until)
        .await
        .unwrap();
    let draft = clerk.import(written(&clerk, "c-1").await).await.unwrap();
    clerk.file(&draft).await.unwrap();
    let mut old = clerk.handover().await.unwrap();
    old.filers.push(Named {
        case: "c-5".to_owned(),
        filers: vec![soc()],
    });
    let later = world.clerk("2026-10-03T00:00:00Z");
    later.filers().end(&name("soc-7")).await.unwrap();
    let new = later.handover().await.unwrap();
    let desk = world.desk("2026-10-04T00:00:00Z");
    assert_eq!(desk.take_handover(&new).await.unwrap().refused, []);
    for _ in 0..2 {
        let back = desk.take_handover(&old).await.unwrap();
        assert_eq!((back.receipts.len(), back.refused.len()), (1, 1));
        let why = &back.refused[0].errors[0];
        assert!(
            why.starts_with("made_at: is 2026-10-02T00:00:00Z; who may file was said later, 2026-10-03T00:00:00Z"),
            "{why}"
        );
        for case in ["c-2", "c-5"] {
            let tried = brought(&desk, "soc-7", &of("water-1", "soc-7", case)).await;
            assert_eq!(tried, Err(ENDED.to_owned()), "{case}");
        }
    }
    // The new one once more says nothing new, and is no fault of anybody.
    assert_eq!(desk.take_handover(&new).await.unwrap().refused, []);
}

#[tokio::test]
async fn a_word_over_the_line_ends_the_say_of_every_stick_before_it_and_none_is_of_a_later_day() {
    let world = World::new().await;
    let desk = world.desk("2026-10-05T00:00:00Z");
    desk.take_allowed(&world.name, &ended()).await.unwrap();
    let other = world.desk("2026-10-06T00:00:00Z");
    for (made_at, why) in [
        ("2026-10-04T00:00:00Z", "said later"),
        ("2026-10-07T00:00:01Z", "ahead"),
    ] {
        let back = other
            .take_handover(&saying(&world, made_at, allowed()))
            .await;
        let back = back.unwrap();
        assert!(back.refused[0].errors[0].contains(why), "{back:?}");
        let tried = brought(&other, "soc-7", &of("water-1", "soc-7", "c-1")).await;
        assert_eq!(tried, Err(ENDED.to_owned()), "{made_at}");
    }
    let newer = saying(&world, "2026-10-05T00:00:01Z", allowed());
    assert_eq!(other.take_handover(&newer).await.unwrap().refused, []);
    assert!(
        brought(&other, "soc-7", &of("water-1", "soc-7", "c-1"))
            .await
            .is_ok()
    );
    // What is said of one case over the line counts as well.
    let case = name("c-9");
    other.take_filers(&world.name, &case, &[]).await.unwrap();
    let between = saying(&world, "2026-10-05T12:00:00Z", ended());
    let back = other.take_handover(&between).await.unwrap();
    assert!(back.refused[0].errors[0].contains("said later"), "{back:?}");
}

#[tokio::test]
async fn what_breaks_on_a_stick_loses_no_receipt_and_what_cannot_be_read_takes_nothing() {
    let world = World::new().await;
    let clerk = world.clerk("2026-10-02T00:00:00Z");
    let draft = clerk.import(written(&clerk, "c-1").await).await.unwrap();
    clerk.file(&draft).await.unwrap();
    clerk.open_ticket("質問", "一").await.unwrap();
    let good = clerk.handover().await.unwrap();
    let desk = world.desk("2026-10-03T00:00:00Z");
    let mut unread = good.clone();
    unread.allowed = Some(allowed());
    unread.filers = vec![
        Named {
            case: "c-2".to_owned(),
            filers: vec![soc()],
        },
        Named {
            case: "no case".to_owned(),
            filers: vec![soc()],
        },
    ];
    assert!(desk.take_handover(&unread).await.is_err());
    for case in ["c-2", "c-3"] {
        let tried = brought(&desk, "soc-7", &of("water-1", "soc-7", case)).await;
        assert_eq!(tried, Err(ENDED.to_owned()), "{case}");
    }
    let mut broken = good;
    let mut bad = broken.words[0].clone();
    "no id".clone_into(&mut bad.id);
    broken.words.insert(0, bad);
    let back = desk.take_handover(&broken).await.unwrap();
    assert_eq!((back.receipts.len(), back.refused.len()), (1, 1));
    assert!(back.refused[0].errors[0].contains("words"), "{back:?}");
    let id = &broken.words[1].id;
    assert!(
        desk.ticket("water-1", id).await.is_ok(),
        "the word behind it"
    );
}
