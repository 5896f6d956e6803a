//! Looks, verdicts and the register of whom the office asks, on each engine. In: papers. Out: what comes back. Never: a look that is left out because there are many.

use super::*;
use sakimori_liaison::measure::{
    BeforePaper, Register, SeenEffect, SeenPaper, TargetVerdict, VerdictPaper, before, keep_before,
    keep_seen, keep_verdict, last_seen, newest_seen, register, seen, set_register, verdict,
    verdicts, verdicts_between,
};
use sakimori_respond::plan::goal::{Measured, Reading};
use sakimori_tlog::key::{KeyKind, NoteSigner};

const ID: AuthorityId = AuthorityId([9; 16]);

fn reading(at: u64, count: u64) -> Reading {
    Reading {
        source: name("s-01"),
        from: Seconds(at),
        to: Seconds(at),
        of: "203.0.0.0/32".to_owned(),
        value: Measured::Packets(count),
    }
}

fn look(at: u64) -> SeenPaper {
    SeenPaper {
        at,
        effects: vec![SeenEffect {
            target: "203.0.0.0/32".to_owned(),
            actuator: "edge-1".to_owned(),
            in_force: Some(true),
            wanted: true,
            times: at,
            deed: "block".to_owned(),
            run: 3,
        }],
        readings: vec![reading(at, 1)],
    }
}

fn row(verdict: &str) -> TargetVerdict {
    TargetVerdict {
        target: "203.0.0.0/32".to_owned(),
        verdict: verdict.to_owned(),
        by: "packets".to_owned(),
        before: Some(7),
        not_in_force: Vec::new(),
        moved: Vec::new(),
        places: Vec::new(),
        findings: Vec::new(),
        reasons: vec!["why".to_owned()],
        readings: vec![reading(5, 0)],
    }
}

async fn papers(store: &dyn Store) {
    assert_eq!(seen(store, ID, Seconds(0)).await.unwrap(), []);
    assert_eq!(newest_seen(store, ID).await.unwrap(), None);
    assert_eq!(last_seen(store, ID, 3).await.unwrap(), []);
    for at in 0..250 {
        keep_seen(store, ID, &look(1000 + at), "node", Vec::new())
            .await
            .unwrap();
    }
    let times = async |since: u64| {
        let looks = seen(store, ID, Seconds(since)).await.unwrap();
        looks.iter().map(|look| look.at).collect::<Vec<_>>()
    };
    assert_eq!(times(0).await, (1000..1250).collect::<Vec<_>>());
    assert_eq!(times(1050).await, (1050..1250).collect::<Vec<_>>());
    assert_eq!(times(1249).await, [1249]);
    assert_eq!(times(1250).await, Vec::<u64>::new());
    assert_eq!(newest_seen(store, ID).await.unwrap(), Some(look(1249)));
    let last = last_seen(store, ID, 3).await.unwrap();
    assert_eq!(last, [look(1247), look(1248), look(1249)]);
    // A look of before readings were written down.
    let old = "{\"at\":7,\"effects\":[{\"target\":\"t\",\"actuator\":\"a\",\"in_force\":null,\"times\":2}]}";
    let old: SeenPaper = serde_json::from_str(old).unwrap();
    assert_eq!((old.readings.len(), old.effects[0].run), (0, 0));
    assert!(!old.effects[0].wanted);

    let paper = |at: u64, word: &str| VerdictPaper {
        begin: 900,
        at,
        targets: vec![row(word)],
    };
    assert_eq!(verdict(store, ID).await.unwrap(), None);
    for one in [paper(1000, "none"), paper(1100, "effective")] {
        keep_verdict(store, ID, &one, "node").await.unwrap();
    }
    let newest = verdict(store, ID).await.unwrap().unwrap();
    assert_eq!(newest, paper(1100, "effective"));
    assert_eq!(verdicts(store, ID).await.unwrap().len(), 2);
    assert_eq!((newest.count("effective"), newest.count("none")), (1, 0));
    assert!(newest.is_same(&paper(1200, "effective")));
    assert!(!newest.is_same(&paper(1200, "partly")));
    let mut moved = paper(1200, "effective");
    moved.targets[0].findings.push(4);
    assert!(!newest.is_same(&moved));

    assert_eq!(before(store, ID).await.unwrap(), None);
    for (at, count) in [(950, 40), (1150, 0)] {
        let paper = BeforePaper {
            at,
            readings: vec![reading(at, count)],
        };
        keep_before(store, ID, &paper, "e-01").await.unwrap();
    }
    let first = before(store, ID).await.unwrap().unwrap();
    assert_eq!(
        (first.at, &first.readings[..]),
        (950, &[reading(950, 40)][..])
    );
}

async fn asked(store: &dyn Store) {
    let key = sakimori_testkit::folder::signer("edge-1")
        .verifier()
        .to_string();
    let good = json!({
        "designations": [], "actuators": [{"name": "edge-1", "controller": "carrier-a", "key": key, "peer": "edge-1"}],
        "resolvers": [{"name": "r-1", "address": "127.0.0.1:53", "sinkholes": ["192.0.2.53"]}, {"name": "r-2", "address": "[::1]:5353"}],
        "routers": [{"name": "bgp-1", "actuator": "edge-1"}, {"name": "bgp-2", "bird": "/run/bird/bird.ctl"}],
    });
    let said: Register = serde_json::from_value(good.clone()).unwrap();
    set_register(store, &said, NOW, "o1").await.unwrap();
    assert_eq!(register(store).await.unwrap(), said);
    for (pointer, value) in [
        ("/resolvers/1/name", json!("r-1")),
        ("/resolvers/0/name", json!("r 1")),
        ("/resolvers/0/sinkholes", json!(vec!["192.0.2.1"; 65])),
        ("/routers/1/name", json!("bgp-1")),
        ("/routers/0/actuator", json!("edge-2")),
        ("/routers/1/bird", json!("bird.ctl")),
        ("/routers/1/bird", json!(null)),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = value;
        let bad: Register = serde_json::from_value(bad).unwrap();
        let set = set_register(store, &bad, NOW, "o1").await;
        assert!(
            matches!(set, Err(LiaisonError::Refused { .. })),
            "{pointer}"
        );
    }
    // One key under two names is one person, whatever the key calls itself.
    let person = |name: &str, called: &str, kind| {
        let key = NoteSigner::from_seed(called, kind, &[5; 32]).unwrap();
        json!({"name": name, "key": key.verifier().to_string()})
    };
    let own = person("a-1", "a-1", KeyKind::Ed25519);
    for other in [
        person("a-2", "a-2", KeyKind::Ed25519),
        person("a-2", "a-1", KeyKind::Cosigner),
    ] {
        let mut two = good.clone();
        two["people"] = json!([own]);
        let one: Register = serde_json::from_value(two.clone()).unwrap();
        set_register(store, &one, NOW, "o1").await.unwrap();
        two["people"] = json!([own, other]);
        let two: Register = serde_json::from_value(two).unwrap();
        let set = set_register(store, &two, NOW, "o1").await;
        assert!(matches!(set, Err(LiaisonError::Refused { .. })));
    }
    let none = serde_json::from_str::<Register>("{\"designations\":[],\"actuators\":[]}");
    assert!(none.unwrap().resolvers.is_empty(), "a register of before");
}

fn check(test: &str, postgres: bool) {
    let Some(house) = House::new(test, postgres) else {
        return;
    };
    house.runtime.block_on(async {
        papers(&*house.store).await;
        asked(&*house.store).await;
        let none = verdicts_between(&*house.store, &[], (Seconds(0), NOW)).await;
        assert_eq!(none.unwrap(), []);
    });
}

#[test]
fn looks_verdicts_and_whom_the_office_asks_come_back_from_a_file() {
    check(
        "looks_verdicts_and_whom_the_office_asks_come_back_from_a_file",
        false,
    );
}

#[test]
fn looks_verdicts_and_whom_the_office_asks_come_back_from_a_server() {
    check(
        "looks_verdicts_and_whom_the_office_asks_come_back_from_a_server",
        true,
    );
}
