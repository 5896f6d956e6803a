//! The office's node looks by itself. In: claims, what places show, a clock that is handed in. Out: verdicts. Never: a network.

use super::{DAY, START, act, store};
use sakimori_custody::time::Seconds;
use sakimori_exchange::alert::Method;
use sakimori_liaison::LiaisonError;
use sakimori_liaison::alert::{
    self, Found, RegistrationPaper, Step, Timing, ask, look_now, looked, registrations, set_ways,
    settle, steps, written_to,
};
use sakimori_liaison::paper::Written;
use sakimori_store::{Papers, SqliteStore, View};

async fn due(store: &SqliteStore, at: u64) -> Vec<(Written<RegistrationPaper>, Step)> {
    steps(store, Seconds(at)).await.unwrap()
}

async fn own(store: &SqliteStore) -> Written<RegistrationPaper> {
    let (mut all, _) = registrations(store, View::Of("water-1"), 10).await.unwrap();
    all.remove(0)
}

async fn claimed(store: &SqliteStore, thing: &str, method: Method) -> (String, alert::Look) {
    let claim = (thing, method);
    ask(
        store,
        act("water-1", START),
        claim,
        [1; 20],
        &Timing::default(),
    )
    .await
    .unwrap()
}

#[tokio::test]
async fn a_claim_is_looked_at_later_and_later_until_it_is_shown_and_all_is_on_record() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    let timing = Timing::default();
    let (_, asked) = claimed(&store, "water.example", Method::DnsTxt).await;
    assert!(
        due(&store, START + 59).await.is_empty(),
        "a minute to write it"
    );
    let mut now = START + 60;
    let mut delays = Vec::new();
    for _ in 0..12 {
        let steps = due(&store, now).await;
        let [(kept, Step::Look(look))] = steps.as_slice() else {
            panic!("{steps:?}");
        };
        assert_eq!(look, &asked);
        let nothing = (&Found::Nothing, "NXDomain\u{1b}[2J");
        assert!(
            !looked(&store, act("office", now), kept, nothing, &timing)
                .await
                .unwrap()
        );
        let next = own(&store).await.said.asked.unwrap().next_look.unwrap();
        delays.push(next - now);
        assert!(due(&store, next - 1).await.is_empty());
        now = next;
    }
    assert_eq!(delays.first(), Some(&120));
    assert!(
        delays.windows(2).all(|pair| pair[0] <= pair[1]),
        "{delays:?}"
    );
    assert_eq!(delays.last(), Some(&21_600), "{delays:?}");
    let steps = due(&store, now).await;
    let (kept, _) = steps.first().unwrap();
    let text = vec!["v=spf1".to_owned(), asked.challenge.text.clone()];
    let found = (&Found::Txt(text), "2 TXT records");
    assert!(
        looked(&store, act("office", now), kept, found, &timing)
            .await
            .unwrap()
    );
    let shown = own(&store).await;
    assert_eq!(shown.state, "shown");
    assert_eq!(shown.said.tried.len(), 13);
    let (first, last) = (
        shown.said.tried.first().unwrap(),
        shown.said.tried.last().unwrap(),
    );
    assert_eq!(
        (first.found.as_str(), first.words.as_str()),
        ("nothing", "NXDomain [2J")
    );
    assert_eq!((last.found.as_str(), last.by.as_str()), ("shown", "tester"));
    assert!(
        due(&store, now + 300 * DAY).await.is_empty(),
        "nothing to do for most of a year"
    );
}

#[tokio::test]
async fn looks_have_an_end_and_a_challenge_too() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    let mut timing = Timing::default();
    timing.looks.tries_max = 3;
    claimed(&store, "192.0.2.1", Method::HttpFile).await;
    let (mut now, mut looks) = (START, 0);
    for _ in 0..10 {
        now = match own(&store).await.due {
            Some(due) => due,
            None => break,
        };
        for (kept, step) in due(&store, now).await {
            match step {
                Step::Look(_) => {
                    looks += 1;
                    let other = (&Found::File(b"<html>".to_vec()), "6 other bytes");
                    let no = looked(&store, act("office", now), &kept, other, &timing).await;
                    assert!(!no.unwrap());
                }
                Step::Write(_) => panic!("nobody is written to"),
                Step::Settle => settle(&store, act("office", now), &kept).await.unwrap(),
            }
        }
    }
    let ended = own(&store).await;
    assert_eq!((looks, ended.state.as_str(), ended.due), (3, "ended", None));
    assert_eq!(now, START + 7 * DAY, "the challenge's own end");
    let no = look_now(&store, act("water-1", now), &ended.id, &timing).await;
    assert!(matches!(no, Err(LiaisonError::Refused { .. })));
    // Asked anew it is looked at anew.
    let claim = ("192.0.2.1", Method::HttpFile);
    ask(&store, act("water-1", now), claim, [2; 20], &timing)
        .await
        .unwrap();
    assert_eq!(own(&store).await.state, "asked");
}

#[tokio::test]
async fn an_operator_asks_for_a_look_now_but_not_without_pause() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    let timing = Timing::default();
    let (id, _) = claimed(&store, "water.example", Method::DnsTxt).await;
    let stranger = look_now(&store, act("rail-1", START), &id, &timing).await;
    assert!(matches!(stranger, Err(LiaisonError::Missing { .. })));
    look_now(&store, act("water-1", START + 5), &id, &timing)
        .await
        .unwrap();
    let steps = due(&store, START + 5).await;
    let (kept, _) = steps.first().unwrap();
    let nothing = (&Found::Nothing, "");
    looked(&store, act("office", START + 5), kept, nothing, &timing)
        .await
        .unwrap();
    // Two workers that took the same step: the second one is late, and nothing is counted twice.
    looked(&store, act("office", START + 5), kept, nothing, &timing)
        .await
        .unwrap();
    assert_eq!(own(&store).await.said.asked.unwrap().looks, 1);
    let soon = look_now(&store, act("water-1", START + 30), &id, &timing).await;
    assert!(matches!(soon, Err(LiaisonError::Refused { .. })));
    look_now(&store, act("water-1", START + 70), &id, &timing)
        .await
        .unwrap();
    let (paper, _) = claimed(&store, "AS64500", Method::RegistryPaper).await;
    let people = look_now(&store, act("water-1", START), &paper, &timing).await;
    assert!(matches!(people, Err(LiaisonError::Refused { .. })));
}

#[tokio::test]
async fn the_contact_gets_the_token_once_and_who_claims_never() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    let timing = Timing::default();
    let (_, asked) = claimed(&store, "198.51.100.0/24", Method::MailToContact).await;
    let steps = due(&store, START + 60).await;
    let [(kept, Step::Write(look))] = steps.as_slice() else {
        panic!("{steps:?}");
    };
    assert_eq!(look.challenge.text, asked.challenge.text);
    let noc = "noc@water.example";
    written_to(&store, act("office", START + 60), kept, noc, &timing)
        .await
        .unwrap();
    written_to(&store, act("office", START + 60), kept, noc, &timing)
        .await
        .unwrap();
    let own_letters = store
        .papers(View::Of("water-1"), "alert-message", None, 0)
        .await
        .unwrap();
    assert!(
        own_letters.is_empty(),
        "the operator has no letter with the token"
    );
    let letters = store
        .papers(View::All, "alert-message", None, 0)
        .await
        .unwrap();
    assert_eq!(letters.len(), 1);
    let letter = &letters.first().unwrap().paper;
    assert!(
        letter.body.contains(&asked.challenge.text) && letter.body.contains("noc@water.example")
    );
    let kept = own(&store).await;
    assert_eq!(
        kept.said.asked.as_ref().unwrap().written_to.as_deref(),
        Some("noc@water.example")
    );
    assert!(
        due(&store, START + DAY).await.is_empty(),
        "who was written to is not written to again"
    );
    let claim = ("198.51.100.0/24", Method::MailToContact);
    let again = ask(
        &store,
        act("water-1", START + 3600),
        claim,
        [2; 20],
        &timing,
    )
    .await;
    assert!(again.unwrap_err().to_string().contains("was written to"));
    let found = Found::Mail {
        text: asked.challenge.text,
        from_contact: true,
    };
    alert::prove(&store, act("water-1", START + DAY), &kept.id, async |_| {
        found
    })
    .await
    .unwrap();
    assert_eq!(own(&store).await.state, "shown");
}

#[tokio::test]
async fn an_operator_is_told_once_before_its_proof_ends_and_then_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    super::shown(&store, "water-1", "198.51.100.0/24", 1).await;
    let mail = alert::Mail {
        to: "soc@water.example".to_owned(),
        language: "en".to_owned(),
        every_hours: 24,
    };
    let hook = Some("https://soc.water.example/hook".to_owned());
    set_ways(&store, act("water-1", START), (hook, Some(mail)), false)
        .await
        .unwrap();
    let end = START + 365 * DAY;
    assert!(due(&store, end - 30 * DAY - 1).await.is_empty());
    for _ in 0..2 {
        let now = end - 30 * DAY;
        for (kept, step) in due(&store, now).await {
            assert_eq!(step, Step::Settle);
            settle(&store, act("office", now), &kept).await.unwrap();
        }
    }
    let letters = store
        .papers(View::Of("water-1"), "alert-message", None, 0)
        .await
        .unwrap();
    let bodies: Vec<&str> = letters
        .iter()
        .map(|kept| kept.paper.body.as_str())
        .collect();
    assert_eq!(bodies.len(), 2, "{bodies:?}");
    assert!(bodies.iter().all(|body| body.contains("198.51.100.0/24")));
    assert_eq!(own(&store).await.due, Some(end));
    for (kept, _) in due(&store, end).await {
        settle(&store, act("office", end), &kept).await.unwrap();
    }
    let ended = own(&store).await;
    assert_eq!((ended.state.as_str(), ended.due), ("ended", None));
}

#[tokio::test]
async fn a_contact_is_written_to_once_in_a_while_whatever_is_claimed() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    let timing = Timing::default();
    for thing in ["198.51.100.1", "198.51.100.2", "198.51.100.3"] {
        claimed(&store, thing, Method::MailToContact).await;
    }
    let letters = async || {
        let letters = store.papers(View::All, "alert-message", None, 0).await;
        letters.unwrap().len()
    };
    let wait = timing.looks.delay_seconds_max;
    let mut now = START + 60;
    for (kept, _) in due(&store, now).await {
        // The same person, however the registry writes its address.
        for noc in ["noc@isp.example", "NOC@isp.example"] {
            written_to(&store, act("office", now), &kept, noc, &timing)
                .await
                .unwrap();
        }
    }
    assert_eq!(letters().await, 1);
    let (all, _) = registrations(&store, View::Of("water-1"), 10)
        .await
        .unwrap();
    let told = all
        .iter()
        .flat_map(|kept| &kept.said.tried)
        .filter(|tried| tried.found == "nothing" && tried.words.contains("was written to"));
    assert_eq!(told.count(), 2);
    // Another operator's claim of its own goes to the same contact.
    let claim = ("198.51.100.4", Method::MailToContact);
    ask(&store, act("rail-1", START), claim, [3; 20], &timing)
        .await
        .unwrap();
    let steps = due(&store, now).await;
    let (kept, _) = steps
        .iter()
        .find(|(kept, _)| kept.owner == "rail-1")
        .unwrap();
    written_to(&store, act("office", now), kept, "noc@isp.example", &timing)
        .await
        .unwrap();
    assert_eq!(letters().await, 2);
    now += wait - 1;
    for (kept, _) in due(&store, now).await {
        written_to(
            &store,
            act("office", now),
            &kept,
            "noc@isp.example",
            &timing,
        )
        .await
        .unwrap();
    }
    assert_eq!(letters().await, 2, "a second before its time");
    now += 2 * wait;
    for (kept, _) in due(&store, now).await {
        written_to(
            &store,
            act("office", now),
            &kept,
            "noc@isp.example",
            &timing,
        )
        .await
        .unwrap();
    }
    assert_eq!(letters().await, 3, "one of two that wait");
}

#[tokio::test]
async fn asking_again_gives_no_further_looks_while_a_challenge_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    let timing = Timing::default();
    claimed(&store, "water.example", Method::DnsTxt).await;
    let mut now = START + 60;
    for _ in 0..3 {
        let steps = due(&store, now).await;
        let (kept, _) = steps.first().unwrap();
        let nothing = (&Found::Nothing, "");
        looked(&store, act("office", now), kept, nothing, &timing)
            .await
            .unwrap();
        now = own(&store).await.said.asked.unwrap().next_look.unwrap();
    }
    let before = own(&store).await.said.asked.unwrap();
    let claim = ("water.example", Method::DnsTxt);
    ask(&store, act("water-1", now - 1), claim, [2; 20], &timing)
        .await
        .unwrap();
    let again = own(&store).await.said.asked.unwrap();
    assert_ne!(again.token, before.token);
    assert_eq!((again.tries, again.next_look), (3, before.next_look));
    // Once it has ended it begins anew.
    let later = now + 30 * DAY;
    ask(&store, act("water-1", later), claim, [3; 20], &timing)
        .await
        .unwrap();
    let anew = own(&store).await.said.asked.unwrap();
    assert_eq!((anew.tries, anew.next_look), (0, Some(later + 60)));
}

#[tokio::test]
async fn who_claims_much_has_a_bound_and_holds_up_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    let timing = Timing::default();
    let claim = async |owner: &str, thing: &str| {
        let claim = (thing, Method::DnsTxt);
        ask(&store, act(owner, START), claim, [1; 20], &timing).await
    };
    for number in 0..alert::OPEN_OF_ONE_MAX {
        let thing = format!("a{number}.victim.example");
        claim("water-1", &thing).await.unwrap();
    }
    let more = claim("water-1", "more.victim.example").await;
    let Err(LiaisonError::Refused { field, rule }) = more else {
        panic!("{more:?}");
    };
    assert!(field == "asset" && rule.contains("100"), "{field}: {rule}");
    claim("water-1", "a0.victim.example")
        .await
        .expect("one that is open is no further one");
    // It came last, and has its turn in the first round.
    claim("rail-1", "rail.example").await.unwrap();
    let steps = due(&store, START + 60).await;
    let of = |owner: &str| steps.iter().filter(|(kept, _)| kept.owner == owner).count();
    assert_eq!((of("water-1"), of("rail-1")), (10, 1));
}
