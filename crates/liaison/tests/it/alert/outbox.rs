//! Messages: workers that die, receivers that fail, signatures, digests. In: transports that fail, stores that are cut off. Out: verdicts. Never: a clock, a network.

use super::{DAY, START, act, fed, shown, smb, store};
use sakimori_custody::time::Seconds;
use sakimori_exchange::alert::{Failure, SignedHeaders, verify};
use sakimori_liaison::LiaisonError;
use sakimori_liaison::alert::{
    Channel, Letter, Mail, SecretKey, Sent, Timing, Transport, digest, latest, set_ways, waiting,
    work,
};
use sakimori_store::{SqliteStore, Store, View};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;

/// A receiver that knows each message by its name, as the page on webhooks asks for.
#[derive(Default)]
struct Receiver {
    /// Every name that arrived, and how often.
    taken: Mutex<BTreeMap<String, u32>>,
    /// What the next attempts meet.
    fate: Mutex<Vec<Fate>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    /// It arrives and its sender learns of it.
    Good,
    /// The sender dies before it sends.
    DiesBefore,
    /// It arrives, and the sender dies before it learns of it.
    DiesBehind,
    /// It does not arrive.
    Fails,
    /// The receiver says that it is gone.
    Gone,
}

/// How a death shows: the worker's future is dropped where it waits, as a process that is killed leaves it.
impl Transport for Receiver {
    async fn send(&self, letter: &Letter) -> Result<(), Failure> {
        let fate = self.fate.lock().unwrap().pop().unwrap_or(Fate::Good);
        if matches!(fate, Fate::Good | Fate::DiesBehind) {
            *self
                .taken
                .lock()
                .unwrap()
                .entry(letter.id.clone())
                .or_default() += 1;
        }
        match fate {
            Fate::Good => Ok(()),
            Fate::DiesBefore | Fate::DiesBehind => std::future::pending().await,
            Fate::Fails => Err(Failure::Later("no answer".to_owned())),
            Fate::Gone => Err(Failure::Never("410".to_owned())),
        }
    }
}

/// A round of a worker that is killed if it waits for ever.
async fn round(store: &SqliteStore, receiver: &Receiver, now: &AtomicU64) -> Option<Sent> {
    let key = SecretKey::new([9; 32]);
    let clock = || Seconds(now.load(Ordering::Relaxed));
    let timing = Timing::default();
    let random = || 7;
    let working = work(
        store,
        ("worker", &key),
        (&clock, &random),
        &timing,
        receiver,
    );
    tokio::select! {
        biased;
        done = working => Some(done.unwrap()),
        // A worker that does not go on within this time waits in the transport: nothing else in it waits longer than for a disk.
        () = tokio::time::sleep(std::time::Duration::from_millis(300)) => None,
    }
}

async fn with_hook(folder: &Path) -> SqliteStore {
    let store = store(folder).await;
    shown(&store, "water-1", "198.51.100.0/24", 1).await;
    let url = Some("https://soc.water.example/hook".to_owned());
    set_ways(&store, act("water-1", START), (url, None), false)
        .await
        .unwrap();
    store
}

#[tokio::test]
async fn no_death_of_the_worker_loses_a_message_or_gives_it_two_names() {
    let fates = [Fate::Good, Fate::DiesBefore, Fate::DiesBehind, Fate::Fails];
    for first in fates {
        for second in fates {
            let folder = tempfile::tempdir().unwrap();
            let receiver = Receiver {
                // The last of the list comes first.
                fate: Mutex::new(vec![second, first]),
                ..Receiver::default()
            };
            let opened = with_hook(folder.path()).await;
            let rows = [
                ("2026-12-02 01:00:00", "198.51.100.7"),
                ("2026-12-02 02:00:00", "198.51.100.8"),
            ];
            fed(&opened, &smb(&rows), START + 2 * DAY).await.unwrap();
            opened.close().await;
            let now = AtomicU64::new(START + 2 * DAY);
            // BOUND: four rounds are as many as the worst pair of fates needs.
            for _ in 0..6 {
                // A new process each time: nothing but the store is left of the one before.
                let store = store(folder.path()).await;
                round(&store, &receiver, &now).await;
                store.close().await;
                now.fetch_add(7200, Ordering::Relaxed);
            }
            let taken = receiver.taken.lock().unwrap().clone();
            assert_eq!(
                taken.len(),
                2,
                "{first:?} {second:?}: two messages, each under one name"
            );
            let more = [first, second]
                .iter()
                .filter(|fate| **fate == Fate::DiesBehind)
                .count();
            let times: u32 = taken.values().sum();
            assert_eq!(
                times as usize,
                2 + more,
                "{first:?} {second:?}: only a death behind the arrival repeats"
            );
            let store = store(folder.path()).await;
            let states = waiting(&store, View::Of("water-1")).await.unwrap();
            assert_eq!(
                states,
                [("delivered".to_owned(), 2)],
                "{first:?} {second:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_receiver_that_fails_is_given_up_in_time_and_holds_up_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_hook(folder.path()).await;
    shown(&store, "rail-1", "203.0.113.0/24", 2).await;
    let url = Some("https://soc.rail.example/hook".to_owned());
    set_ways(&store, act("rail-1", START), (url, None), false)
        .await
        .unwrap();
    let rows = [
        ("2026-12-02 01:00:00", "198.51.100.7"),
        ("2026-12-02 01:00:00", "198.51.100.8"),
        ("2026-12-02 02:00:00", "203.0.113.8"),
    ];
    fed(&store, &smb(&rows), START + 2 * DAY).await.unwrap();
    let receiver = Receiver {
        fate: Mutex::new(vec![Fate::Gone, Fate::Fails]),
        ..Receiver::default()
    };
    let now = AtomicU64::new(START + 2 * DAY);
    // Of the first receiver's two messages one is tried; the other waits, the second receiver's is tried too.
    let sent = round(&store, &receiver, &now).await.unwrap();
    assert_eq!((sent.later, sent.given_up, sent.delivered), (1, 1, 0));
    now.fetch_add(4 * DAY, Ordering::Relaxed);
    *receiver.fate.lock().unwrap() = vec![Fate::Fails, Fate::Fails];
    let first = round(&store, &receiver, &now).await.unwrap();
    let second = round(&store, &receiver, &now).await.unwrap();
    assert_eq!(
        first.given_up + second.given_up,
        2,
        "older than three days: given up and told"
    );
    let states = waiting(&store, View::All).await.unwrap();
    assert_eq!(states, [("given-up".to_owned(), 3)]);
    for bad in [
        "http://soc.example/",
        "https://",
        "ftp://x.example/",
        "https://user@x.example/",
    ] {
        let no = set_ways(
            &store,
            act("water-1", START),
            (Some(bad.to_owned()), None),
            false,
        )
        .await;
        assert!(matches!(no, Err(LiaisonError::Refused { .. })), "{bad}");
    }
}

/// Keeps what was sent.
#[derive(Default)]
struct Kept(Mutex<Vec<Letter>>);

impl Transport for Kept {
    async fn send(&self, letter: &Letter) -> Result<(), Failure> {
        self.0.lock().unwrap().push(letter.clone());
        Ok(())
    }
}

#[tokio::test]
async fn letters_are_signed_with_the_secret_that_was_shown_and_digests_tell_each_alert() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_hook(folder.path()).await;
    let mail = Mail {
        to: "soc@water.example".to_owned(),
        language: "ja".to_owned(),
        every_hours: 24,
    };
    let url = Some("https://soc.water.example/hook".to_owned());
    let ways = set_ways(&store, act("water-1", START), (url, Some(mail)), false)
        .await
        .unwrap();
    assert_eq!(
        digest(&store, act("office", START)).await.unwrap(),
        0,
        "no alert, no mail"
    );
    fed(
        &store,
        &smb(&[("2026-12-02 01:00:00", "198.51.100.7")]),
        START + 2 * DAY,
    )
    .await
    .unwrap();
    assert_eq!(
        digest(&store, act("office", START + 2 * DAY))
            .await
            .unwrap(),
        1
    );
    assert_eq!(
        digest(&store, act("office", START + 2 * DAY + 60))
            .await
            .unwrap(),
        0
    );
    let (kept, key, timing) = (Kept::default(), SecretKey::new([9; 32]), Timing::default());
    let now = Seconds(START + 2 * DAY + 60);
    let (clock, random) = (|| now, || 0);
    let sent = work(&store, ("worker", &key), (&clock, &random), &timing, &kept)
        .await
        .unwrap();
    assert_eq!(sent.delivered, 2);
    let letters = kept.0.lock().unwrap().clone();
    let number = ways.webhook.unwrap().secret_number;
    signed(&letters, (&key, number), now);
    let mail = letters
        .iter()
        .find(|letter| letter.channel == Channel::Mail)
        .unwrap();
    assert_eq!(
        (mail.to.as_str(), mail.subject.as_str()),
        ("soc@water.example", "早期警戒：1件の通知")
    );
    assert!(mail.body.contains("198.51.100.7") && mail.body.contains("確度 B2"));
}

/// The webhook of one alert holds under the operator's secret, and under no other.
fn signed(letters: &[Letter], (key, number): (&SecretKey, u64), now: Seconds) {
    let hook = letters
        .iter()
        .find(|letter| letter.channel == Channel::Webhook)
        .unwrap();
    let headers: &SignedHeaders = hook.headers.as_ref().unwrap();
    verify(
        &key.secret("water-1", number),
        headers,
        hook.body.as_bytes(),
        now,
        300,
    )
    .unwrap();
    assert!(
        verify(
            &key.secret("rail-1", number),
            headers,
            hook.body.as_bytes(),
            now,
            300
        )
        .is_err()
    );
    assert!(key.shown("water-1", number).starts_with("whsec_"));
    let body: serde_json::Value = serde_json::from_str(&hook.body).unwrap();
    assert_eq!(
        body.pointer("/alert/what").and_then(|v| v.as_str()),
        Some("198.51.100.7")
    );
    assert_eq!(
        body.pointer("/alert/fields"),
        None,
        "what the source said beside it stays here"
    );
}

/// Polls a future so many times and drops it where it stands, as the end of its process would; nothing where it was not done by then.
async fn cut<T>(work: impl Future<Output = T>, polls: u32) -> Option<T> {
    let mut work = std::pin::pin!(work);
    let mut left = polls;
    std::future::poll_fn(move |context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        work.as_mut().poll(context).map(Some)
    })
    .await
}

#[tokio::test]
async fn a_feed_that_is_cut_off_at_any_moment_counts_each_sighting_once() {
    let rows = [
        ("2026-12-02 01:00:00", "198.51.100.7"),
        ("2026-12-02 02:00:00", "198.51.100.7"),
        ("2026-12-02 03:00:00", "198.51.100.8"),
    ];
    let text = smb(&rows);
    let expected = [
        ("198.51.100.7".to_owned(), 2),
        ("198.51.100.8".to_owned(), 1),
    ];
    let mut polls = 0;
    loop {
        let folder = tempfile::tempdir().unwrap();
        let first = with_hook(folder.path()).await;
        let done = cut(fed(&first, &text, START + 2 * DAY), polls)
            .await
            .is_some();
        first.close().await;
        let store = store(folder.path()).await;
        fed(&store, &text, START + 2 * DAY + 60).await.unwrap();
        let all = latest(&store, View::Of("water-1"), None, None)
            .await
            .unwrap();
        let mut counts: Vec<(String, u64)> = all
            .into_iter()
            .map(|alert| (alert.said.what, alert.said.count))
            .collect();
        counts.sort();
        assert_eq!(counts, expected, "cut off at poll {polls}");
        let messages = waiting(&store, View::All).await.unwrap();
        assert_eq!(
            messages,
            [("waiting".to_owned(), 2)],
            "cut off at poll {polls}"
        );
        if done {
            break;
        }
        polls += 1;
    }
    assert!(
        polls > 10,
        "a feed waits for the store more often than {polls} times"
    );
}

#[tokio::test]
async fn a_worker_that_is_cut_off_at_any_moment_loses_no_message() {
    let mut polls = 0;
    loop {
        let folder = tempfile::tempdir().unwrap();
        let first = with_hook(folder.path()).await;
        fed(
            &first,
            &smb(&[("2026-12-02 01:00:00", "198.51.100.7")]),
            START + 2 * DAY,
        )
        .await
        .unwrap();
        let receiver = Receiver::default();
        let (key, timing) = (SecretKey::new([9; 32]), Timing::default());
        let (clock, random) = (|| Seconds(START + 2 * DAY), || 0);
        let working = work(
            &first,
            ("first", &key),
            (&clock, &random),
            &timing,
            &receiver,
        );
        let done = cut(working, polls).await.is_some();
        first.close().await;
        let store = store(folder.path()).await;
        let now = AtomicU64::new(START + 3 * DAY);
        round(&store, &receiver, &now).await.unwrap();
        let taken = receiver.taken.lock().unwrap().clone();
        assert_eq!(taken.len(), 1, "cut off at poll {polls}");
        assert!(
            taken.values().all(|times| (1..=2).contains(times)),
            "cut off at poll {polls}"
        );
        let states = waiting(&store, View::All).await.unwrap();
        assert_eq!(
            states,
            [("delivered".to_owned(), 1)],
            "cut off at poll {polls}"
        );
        if done {
            break;
        }
        polls += 1;
    }
    assert!(
        polls > 5,
        "a worker waits for the store more often than {polls} times"
    );
}
