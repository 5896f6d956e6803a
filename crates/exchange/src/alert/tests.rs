use super::*;
use crate::feed::{Grade, Kind, Sighting};
use crate::list::What;
use proptest::prelude::*;
use sakimori_custody::time::Seconds;

const PERIODS: Periods = Periods {
    challenge_seconds: 1000,
    proof_seconds: 10_000,
    renewal_seconds: 2000,
};
const WINDOWS: Windows = Windows {
    quiet_seconds: 100,
    muted_seconds: 1000,
};
const RETRY: Retry = Retry {
    lease_seconds: 60,
    first_delay_seconds: 10,
    delay_seconds_max: 3600,
    age_seconds_max: 100_000,
};

fn what(word: &str) -> What {
    What::read(word).unwrap()
}

fn verified(word: &str, at: u64) -> Proof {
    let asset = what(word);
    let mut proof =
        Proof::ask(asset, Method::RegistryPaper, [7; 20], Seconds(at), PERIODS).unwrap();
    let reference = proof.challenge().unwrap().text;
    let paper = Evidence::Paper {
        officer: "a",
        reference: &reference,
    };
    proof.found(&paper, Seconds(at), PERIODS).unwrap();
    proof
}

fn sighting(word: &str, when: u64) -> Sighting {
    Sighting {
        what: what(word),
        also: Vec::new(),
        when: Seconds(when),
        source: "s".to_owned(),
        grade: "B2".parse::<Grade>().unwrap(),
        kind: Kind::Exposure,
        about: "open-rdp".to_owned(),
        fields: vec![("port".to_owned(), "3389".to_owned())],
    }
}

#[test]
fn every_way_to_show_control_needs_what_was_asked_for() {
    let check = |word: &str, method: Method, good: &dyn Fn(&str) -> bool| {
        let mut proof = Proof::ask(what(word), method, [1; 20], Seconds(0), PERIODS).unwrap();
        let challenge = proof.challenge().unwrap();
        assert!(
            proof
                .found(&Evidence::Nothing, Seconds(1), PERIODS)
                .is_err()
        );
        assert!(!proof.holds(Seconds(1)));
        assert!(good(&challenge.place), "{}", challenge.place);
        let text = challenge.text;
        let records = vec!["v=spf1 -all".to_owned(), text.clone()];
        let file = format!("{text}\n");
        let mail = format!("Yes: {text}");
        let evidence = match method {
            Method::DnsTxt => Evidence::Txt(&records),
            Method::HttpFile => Evidence::File(file.as_bytes()),
            Method::MailToContact => Evidence::Mail {
                text: &mail,
                from_contact: true,
            },
            Method::RegistryPaper => Evidence::Paper {
                officer: "o",
                reference: &text,
            },
        };
        proof.found(&evidence, Seconds(2), PERIODS).unwrap();
        assert!(proof.holds(Seconds(10_001)) && !proof.holds(Seconds(10_002)));
        assert_eq!(proof.challenge(), None);
    };
    check("example.jp", Method::DnsTxt, &|p| {
        p == "_sakimori-challenge.example.jp"
    });
    check("203.0.113.9", Method::HttpFile, &|p| {
        p.starts_with("http://203.0.113.9/.well-known/")
    });
    check("2001:db8::1", Method::HttpFile, &|p| {
        p.starts_with("http://[2001:db8::1]/")
    });
    check("203.0.113.0/24", Method::MailToContact, &|p| {
        p.ends_with("203.0.113.0/24")
    });
    check("AS64496", Method::RegistryPaper, &|p| {
        p.ends_with("AS64496")
    });
}

#[test]
fn control_is_not_shown_by_the_wrong_way_the_wrong_sender_or_too_late() {
    let ask = |word: &str, method| Proof::ask(what(word), method, [1; 20], Seconds(0), PERIODS);
    assert!(matches!(
        ask("203.0.113.0/24", Method::DnsTxt),
        Err(ProofError::Method { .. })
    ));
    assert!(matches!(
        ask("https://a.example/x", Method::MailToContact),
        Err(ProofError::Method { .. })
    ));
    let mut proof = ask("203.0.113.0/24", Method::MailToContact).unwrap();
    let text = proof.challenge().unwrap().text;
    let forwarded = Evidence::Mail {
        text: &text,
        from_contact: false,
    };
    assert!(matches!(
        proof.found(&forwarded, Seconds(1), PERIODS),
        Err(ProofError::NotShown { .. })
    ));
    let own = Evidence::Mail {
        text: &text,
        from_contact: true,
    };
    assert!(matches!(
        proof.found(&own, Seconds(1000), PERIODS),
        Err(ProofError::Ended { .. })
    ));
    assert!(matches!(
        proof.state(Seconds(1000)),
        ProofState::Expired {
            since: Seconds(1000)
        }
    ));
    let proof = verified("203.0.113.0/24", 0);
    assert!(matches!(
        proof.renew([2; 20], Seconds(7999), PERIODS),
        Err(ProofError::TooEarly { .. })
    ));
    let again = proof.renew([2; 20], Seconds(8000), PERIODS).unwrap();
    assert!(proof.holds(Seconds(8001)) && !again.holds(Seconds(8001)));
}

#[test]
fn a_sighting_reaches_the_owners_who_showed_control_and_nobody_else() {
    let unproven = Proof::ask(
        what("203.0.113.0/24"),
        Method::RegistryPaper,
        [3; 20],
        Seconds(0),
        PERIODS,
    );
    let row = |id, owner: &str, proof| Registration {
        id,
        owner: owner.to_owned(),
        proof,
    };
    let (register, rest) = Register::new(vec![
        row(1, "wide", verified("203.0.0.0/16", 0)),
        row(2, "narrow", verified("203.0.113.9", 0)),
        row(3, "wide", verified("203.0.113.0/24", 0)),
        row(4, "claims", unproven.unwrap()),
        row(5, "names", verified("example.jp", 0)),
        row(6, "network", verified("AS64496", 0)),
    ]);
    assert_eq!(rest.len(), 0);
    let found = |sighting: &Sighting, now| -> Vec<(u64, String)> {
        let matches = register.matches(sighting, Seconds(now));
        matches
            .iter()
            .map(|m| (m.registration, m.owner.to_owned()))
            .collect()
    };
    let all = [(2, "narrow".to_owned()), (3, "wide".to_owned())];
    assert_eq!(found(&sighting("203.0.113.9", 5), 5), all);
    assert_eq!(found(&sighting("203.0.113.9", 5), 10_000), []);
    assert_eq!(
        found(&sighting("http://www.example.jp/x", 5), 5),
        [(5, "names".to_owned())]
    );
    assert_eq!(found(&sighting("notexample.jp", 5), 5), []);
    let mut other = sighting("198.51.100.1", 5);
    other.also = vec![What::As(64496)];
    assert_eq!(found(&other, 5), [(6, "network".to_owned())]);
}

#[test]
fn one_thing_is_one_alert_until_it_is_quiet_acted_on_or_muted_for_long_enough() {
    let asset = what("203.0.113.0/24");
    let of = Match {
        registration: 1,
        owner: "o",
        asset: &asset,
    };
    let mut alert = Alert::open(&of, &sighting("203.0.113.9", 0));
    let mut better = sighting("203.0.113.9", 50);
    better.grade = "A1".parse().unwrap();
    better.source = "t".to_owned();
    assert_eq!(alert.again(&better, WINDOWS), Again::Same);
    assert_eq!(
        (alert.count, alert.last, alert.grade.to_string().as_str()),
        (2, Seconds(50), "A1")
    );
    assert_eq!(
        alert.again(&sighting("203.0.113.9", 151), WINDOWS),
        Again::New
    );
    assert_eq!(alert.count, 2);
    alert.answer(Answer::False, "p", Seconds(60));
    assert_eq!(
        alert.again(&sighting("203.0.113.9", 1060), WINDOWS),
        Again::Muted
    );
    assert_eq!(
        alert.again(&sighting("203.0.113.9", 1061), WINDOWS),
        Again::New
    );
    alert.answer(Answer::Acted, "p", Seconds(1070));
    assert_eq!(
        alert.again(&sighting("203.0.113.9", 1071), WINDOWS),
        Again::New
    );
    let key = |owner, word| Alert::key(owner, &sighting(word, 0));
    assert_eq!(key("o", "203.0.113.9"), key("o", "203.0.113.9"));
    assert_ne!(key("o", "203.0.113.9"), key("p", "203.0.113.9"));
    let late = Alert::open(&of, &sighting("203.0.113.9", 9));
    assert_ne!(alert.id, late.id);
}

#[test]
fn answers_become_rates_of_each_source() {
    let asset = what("203.0.113.0/24");
    let of = Match {
        registration: 1,
        owner: "o",
        asset: &asset,
    };
    let alert = |at: u64, answers: &[Answer]| {
        let mut alert = Alert::open(&of, &sighting("203.0.113.9", at));
        for answer in answers {
            alert.answer(*answer, "p", Seconds(at));
        }
        alert
    };
    let all = [
        alert(0, &[]),
        alert(1, &[Answer::Seen]),
        alert(2, &[Answer::Seen, Answer::Acted]),
        alert(3, &[Answer::False]),
        alert(4, &[Answer::NotRelevant]),
    ];
    let found = rates(all.iter());
    let expected = Rates {
        alerts: 5,
        silent: 1,
        seen: 1,
        acted: 1,
        not_so: 1,
        not_relevant: 1,
    };
    assert_eq!(found.get("s"), Some(&expected));
    assert_eq!(
        (
            expected.false_per_mille(),
            Rates::default().false_per_mille()
        ),
        (Some(333), None)
    );
}

#[test]
fn a_digest_says_in_both_languages_what_was_seen_and_no_stranger_writes_a_line_of_it() {
    let asset = what("203.0.113.0/24");
    let of = Match {
        registration: 1,
        owner: "o",
        asset: &asset,
    };
    let mut seen = sighting("203.0.113.9", 1_700_000_000);
    seen.about = "open-rdp\n- 198.51.100.1: forged".to_owned();
    let mut alerts = vec![Alert::open(&of, &seen)];
    let english = digest("Example 株式会社", &alerts, Language::English);
    assert!(english.contains("* exposure (1)\n- 203.0.113.9: open-rdp - 198.51.100.1: forged\n  seen 2023-11-14T22:13:20Z"));
    assert!(english.ends_with("seen, acted, false or not relevant.\n"));
    alerts.extend((0..60u64).map(|at| Alert::open(&of, &sighting("203.0.113.9", at))));
    let japanese = digest("Example 株式会社", &alerts, Language::Japanese);
    assert!(japanese.starts_with("Example 株式会社 御中\n"));
    assert!(japanese.contains("■ 外部への露出（61件）") && japanese.contains("ほか11件"));
}

#[test]
fn the_signature_is_that_of_the_standard() {
    // The example of the Standard Webhooks specification.
    let secret = base64::Engine::decode(
        &base64::engine::general_purpose::STANDARD,
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    )
    .unwrap();
    let body = br#"{"test": 2432232314}"#;
    let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    let now = Seconds(1_614_265_330);
    let headers = sign(&secret, id, now, body).unwrap();
    assert_eq!(
        headers.signature,
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    );
    assert_eq!(
        verify(&secret, &headers, body, Seconds(now.0 + 300), 300),
        Ok(())
    );
    let check = |change: &dyn Fn(&mut SignedHeaders), body: &[u8], at: u64, expected| {
        let mut headers = headers.clone();
        change(&mut headers);
        assert_eq!(
            verify(&secret, &headers, body, Seconds(at), 300),
            Err(expected)
        );
    };
    check(&|_| {}, body, now.0 + 301, WebhookError::Time);
    check(&|_| {}, b"{}", now.0, WebhookError::Signature);
    check(
        &|h| h.id = "msg_x".to_owned(),
        body,
        now.0,
        WebhookError::Signature,
    );
    check(
        &|h| h.timestamp = "1614265331".to_owned(),
        body,
        now.0,
        WebhookError::Signature,
    );
    check(
        &|h| h.signature = "v1,".to_owned(),
        body,
        now.0,
        WebhookError::Signature,
    );
    check(&|h| h.id = "a.b".to_owned(), body, now.0, WebhookError::Id);
    let mut two = headers.clone();
    two.signature = format!("v1,AAAA {}", headers.signature);
    assert_eq!(verify(&secret, &two, body, now, 300), Ok(()));
    assert_eq!(sign(b"short", id, now, body), Err(WebhookError::Secret));
}

#[test]
fn a_message_is_put_in_once_and_given_up_with_its_reason() {
    let mut outbox = Outbox::default();
    outbox.put("a", "x", b"1", Seconds(0)).unwrap();
    outbox.put("a", "x", b"1", Seconds(5)).unwrap();
    assert!(matches!(
        outbox.put("a", "x", b"2", Seconds(5)),
        Err(OutboxError::Other { .. })
    ));
    let due = outbox.take(Seconds(0), RETRY).unwrap();
    assert_eq!((due.attempt, outbox.take(Seconds(0), RETRY)), (1, None));
    let later = |why: &str| Failure::Later(why.to_owned());
    outbox
        .failed(("a", 1), later("503"), Seconds(1), RETRY, 0)
        .unwrap();
    assert_eq!(outbox.take(Seconds(5), RETRY), None);
    assert_eq!(outbox.take(Seconds(6), RETRY).unwrap().attempt, 2);
    // The first attempt's late word changes nothing; a process that died does not either.
    outbox
        .failed(
            ("a", 1),
            Failure::Never("gone".to_owned()),
            Seconds(7),
            RETRY,
            0,
        )
        .unwrap();
    assert_eq!(outbox.take(Seconds(66), RETRY).unwrap().attempt, 3);
    outbox
        .failed(("a", 3), later("503"), Seconds(100_000), RETRY, 0)
        .unwrap();
    let state = outbox.messages().next().unwrap().state.clone();
    assert_eq!(
        state,
        OutboxState::GivenUp {
            at: Seconds(100_000),
            why: "503".to_owned()
        }
    );
    assert_eq!(
        (
            outbox.forget(Seconds(100_000)),
            outbox.forget(Seconds(100_001))
        ),
        (0, 1)
    );
}

/// What happens to an outbox.
#[derive(Clone, Debug)]
enum Step {
    Put(u8),
    Take,
    Deliver,
    Fail,
    Crash,
    Wait(u16),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0u8..8).prop_map(Step::Put),
        Just(Step::Take),
        Just(Step::Deliver),
        Just(Step::Fail),
        Just(Step::Crash),
        (0u16..500).prop_map(Step::Wait),
    ];
    proptest::collection::vec(step, 0..200)
}

proptest! {
    #[test]
    fn no_order_of_deaths_and_failures_loses_a_message_or_sends_one_that_arrived(steps in steps()) {
        let mut outbox = Outbox::default();
        let mut now = Seconds(0);
        let mut written = Outbox::default();
        let (mut put, mut arrived) = (std::collections::BTreeSet::new(), std::collections::BTreeSet::new());
        let mut trying: Vec<Due> = Vec::new();
        for step in steps {
            match step {
                Step::Put(n) => {
                    outbox.put(&n.to_string(), "x", &[n], now).unwrap();
                    put.insert(n.to_string());
                }
                Step::Take => {
                    if let Some(due) = outbox.take(now, RETRY) {
                        prop_assert!(!arrived.contains(&due.id), "sent after it arrived");
                        trying.push(due);
                    }
                }
                Step::Deliver => if let Some(due) = trying.pop() {
                    outbox.delivered(&due.id, now).unwrap();
                    arrived.insert(due.id);
                },
                Step::Fail => if let Some(due) = trying.pop() {
                    outbox.failed((&due.id, due.attempt), Failure::Later(String::new()), now, RETRY, 9).unwrap();
                },
                Step::Crash => {
                    trying.clear();
                    outbox = Outbox::restored(written.messages().cloned());
                }
                Step::Wait(seconds) => now = now.plus(u64::from(seconds)),
            }
            written = outbox.clone();
        }
        // From here everything works: every message arrives, each under its one identifier.
        for _ in 0..2000 {
            now = now.plus(100);
            while let Some(due) = outbox.take(now, RETRY) {
                outbox.delivered(&due.id, now).unwrap();
                arrived.insert(due.id);
            }
        }
        prop_assert_eq!(put, arrived);
    }
}
