//! Measures over a store, on each engine: a life comes back as it was, two turns at a time are one after the other, a refused event is on record, a plan of 2,000 effects fits; complaints of strangers and of people who are known; letters once. In: plans,
//! events, times. Out: verdicts on each engine. Never: a clock, a message, a case that runs on one engine only.

use sakimori_custody::ids::{AuthorityId, Name, hex};
use sakimori_custody::record::Country;
use sakimori_custody::time::{DAY_SECONDS, Seconds};
use sakimori_liaison::LiaisonError;
use sakimori_liaison::measure::{
    Lists, Looked, Measures, complaint, measure, measures, post, public_register,
};
use sakimori_respond::plan::complaint::Complaint;
use sakimori_respond::plan::life::{Event, Stage};
use sakimori_respond::plan::{Plan, Terms, Weighed, document};
use sakimori_respond::safety::{Protected, Seen};
use sakimori_store::Store;
use sakimori_testkit::postgres::Postgres;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

const NOW: Seconds = Seconds(1_795_000_000);

struct House {
    runtime: tokio::runtime::Runtime,
    store: Arc<dyn Store>,
    url: String,
    protected: Protected,
    terms: Terms,
    nothing: BTreeMap<String, Seen>,
    _folder: tempfile::TempDir,
    _server: Option<Postgres>,
}

impl House {
    /// `None` where this is for `PostgreSQL` and it is not there.
    fn new(test: &str, postgres: bool) -> Option<Self> {
        let server = if postgres {
            Some(Postgres::start(test)?)
        } else {
            None
        };
        let folder = tempfile::tempdir().unwrap();
        let file = || format!("sqlite:{}", folder.path().join("office").display());
        let url = server.as_ref().map_or_else(file, Postgres::database);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        Some(Self {
            store: runtime.block_on(sakimori_store::open(&url)).unwrap(),
            url,
            protected: Protected::default(),
            terms: Terms::proposed(vec![Country::new(*b"JP").unwrap()]),
            nothing: BTreeMap::new(),
            runtime,
            _folder: folder,
            _server: server,
        })
    }

    fn at(&self, now: Seconds) -> Measures<'_> {
        Measures {
            store: &*self.store,
            terms: &self.terms,
            lists: Lists {
                protected: &self.protected,
                version: 1,
                sha256: [7; 32],
            },
            seen: &self.nothing,
            now,
            by: "test",
        }
    }
}

/// A text that says the most.
fn weighed() -> Weighed {
    Weighed {
        level: 2,
        collateral: (0, u64::MAX),
    }
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

/// A plan that keeps every rule, against so many addresses.
fn plan(id: u8, aims: usize) -> Plan {
    let at = |before: u64| Seconds(NOW.0 - before).to_string();
    let hash = |text: &str| hex(&Sha256::digest(text));
    let targets: Vec<String> = (0..aims)
        .map(|at| format!("203.0.{}.{}/32", at / 256, at % 256))
        .collect();
    let first = &targets[0];
    let fact = |high: u64| json!({"low": 0, "high": high, "source": "s-01", "at": at(3600)});
    let aim = |target: &String| json!({"deed": "block", "actuator": "edge-1", "country": "JP", "controller": "carrier-a", "target": target});
    let seen = |target: &String, source: &str, observer: &str| {
        json!({
            "target": target, "source": source, "observer": observer, "at": at(60), "provenance": hash(&format!("{target} {source}")),
            "seen": {"owner": "EXAMPLE-NET", "system": 64500, "country": "JP", "certificate": null, "ptr": null},
        })
    };
    let observations: Vec<_> = targets
        .iter()
        .flat_map(|target| {
            [
                seen(target, "registry", "analyst-1"),
                seen(target, "s-01", "analyst-2"),
            ]
        })
        .collect();
    let facts: Vec<_> = targets
        .iter()
        .map(|target| json!({"target": target, "names": fact(0), "clients": fact(0), "other_ppm": fact(0), "is": [], "looked": at(3600), "countries": []}))
        .collect();
    let plan = json!({
        "form": "sakimori/plan/v1", "id": AuthorityId([id; 16]).to_string(),
        "dossier": {
            "form": "sakimori/dossier/v1",
            "evidence": [{
                "id": "finding-1", "what": "beacons", "class": "selected", "sha256": hash("finding"), "taken": at(3600),
                "source": {"finding": {"sensor": "s-01", "finding": "1"}}, "need": "it shows which server commands", "consent": null,
            }],
            "withheld": [], "harm": "pumps of a water works stand still", "imminence": "commands come each minute",
            "necessity": "nothing milder reaches the server",
            "alternatives": [
                {"kind": "vendor-fix", "what": "the pumps' control", "tried": null, "cannot": "the maker has given up the product"},
                {"kind": "abuse-notice", "what": "abuse contact", "tried": null, "cannot": "the registry names nobody"},
                {"kind": "carrier-block", "what": "the carrier's own terms", "tried": null, "cannot": "its terms have no such block"},
            ],
            "proportionality": "an hour", "scope": "these addresses",
            "success": format!("packets to {first} < 1 per 300 s by sensor s-01"),
            "stop": "name hospital.example does not resolve for 60 s at resolver r-1",
            "others": "nobody else is on them", "international": null,
        },
        "chain": {
            "proposed": "o1", "reviewed": "o2",
            "executor": {"officer": "e-01", "body": "national", "number": "D-17", "from": at(3600), "until": NOW.plus(100 * DAY_SECONDS).to_string(), "revoked": null},
            "superior": {"by": "o3", "office": "Commissioner-General", "at": at(3600), "sha256": hash("order")},
            "defence": null, "consultation": null,
        },
        "playbook": null, "aims": targets.iter().map(aim).collect::<Vec<_>>(), "observations": observations, "facts": facts,
        "not_before": NOW.to_string(), "not_after": NOW.plus(DAY_SECONDS).to_string(),
        "soak_seconds": 0, "effect_seconds": 3600, "most": aims, "renewals": 0,
    });
    document(plan.to_string().as_bytes()).unwrap()
}

fn review(by: &str) -> Event {
    Event::Review { by: name(by) }
}

fn a_life_comes_back_and_refused_events_are_on_record(test: &str, postgres: bool) {
    let Some(house) = House::new(test, postgres) else {
        return;
    };
    house.runtime.block_on(async {
        let (plan, officer) = (plan(1, 2), name("o1"));
        let id = plan.id;
        let turn = house.at(NOW).draft(plan.clone(), &officer).await.unwrap();
        assert_eq!(turn.held.state().stage(), Stage::Drafted);
        let again = house.at(NOW).draft(plan, &officer).await.unwrap_err();
        assert!(matches!(again, LiaisonError::Conflict { .. }), "{again}");
        let own = house.at(NOW).take(id, &review("o1")).await.unwrap();
        assert!(own.refused.is_some());
        let early = Event::Dispatch {
            by: vec![name("e-01")],
            observations: Vec::new(),
        };
        let early = house.at(NOW).take(id, &early).await.unwrap();
        assert!(early.refused.is_some() && early.acts.is_empty());
        let good = house.at(NOW.plus(5)).take(id, &review("o2")).await.unwrap();
        assert!(good.refused.is_none(), "{:?}", good.refused);
        let before = good.held.state().clone();
        assert_eq!(before.flags(), (2, 1), "both refusals, one out of sequence");
        house.store.close().await;
        let store = sakimori_store::open(&house.url).await.unwrap();
        let held = measure(&*store, id).await.unwrap();
        assert_eq!(held.state(), &before, "a start changes nothing");
        let missing = measure(&*store, AuthorityId([9; 16])).await.unwrap_err();
        assert!(matches!(missing, LiaisonError::Missing { .. }));
        store.close().await;
    });
}

fn two_turns_at_a_time_are_one_after_the_other(test: &str, postgres: bool) {
    let Some(house) = House::new(test, postgres) else {
        return;
    };
    house.runtime.block_on(async {
        let plan = plan(1, 1);
        let id = plan.id;
        let measures = house.at(NOW);
        measures.draft(plan, &name("o1")).await.unwrap();
        let (good, back) = (
            review("o2"),
            Event::SendBack {
                by: name("o2"),
                words: "look again".to_owned(),
            },
        );
        for _ in 0..5 {
            let (one, two) = tokio::join!(measures.take(id, &good), measures.take(id, &good));
            let (one, two) = (one.unwrap(), two.unwrap());
            let refused = [&one, &two].map(|turn| turn.refused.is_some());
            assert_eq!(refused.iter().filter(|no| **no).count(), 1, "{refused:?}");
            let sent = measures.take(id, &back).await.unwrap();
            assert!(sent.refused.is_none(), "{:?}", sent.refused);
        }
        let held = measure(&*house.store, id).await.unwrap();
        assert_eq!(held.state().flags().0, 5, "each second one is on record");
        assert_eq!(held.state().stage(), Stage::Drafted);
        house.store.close().await;
    });
}

fn a_plan_of_two_thousand_effects_fits(test: &str, postgres: bool) {
    let Some(house) = House::new(test, postgres) else {
        return;
    };
    house.runtime.block_on(async {
        let plan = plan(1, 2000);
        let id = plan.id;
        house
            .at(NOW)
            .draft(plan.clone(), &name("o1"))
            .await
            .unwrap();
        let held = measure(&*house.store, id).await.unwrap();
        assert_eq!(held.state().plan(), &plan);
        assert_eq!(held.state().effects().len(), 2000);
        let (all, more) = measures(&*house.store).await.unwrap();
        assert_eq!((all.len(), more), (1, false));
        let ticked = house.at(NOW.plus(60)).take(id, &Event::Tick).await.unwrap();
        assert!(ticked.acts.is_empty() && ticked.records.is_empty());
        house.store.close().await;
    });
}

fn a_complaint_about_nothing_is_kept_and_decided_once(test: &str, postgres: bool) {
    let Some(house) = House::new(test, postgres) else {
        return;
    };
    house.runtime.block_on(async {
        let measures = house.at(NOW);
        let of = |random: u8| Complaint::take("203.0.0.9", "a bakery", [random; 16], NOW).unwrap();
        let stranger = Looked { stranger: true };
        let (paper, turn) = measures.complain(of(1), &stranger).await.unwrap();
        assert!(turn.is_none() && !paper.ruling.suspend && paper.measure.is_none());
        let reference = paper.complaint.reference;
        assert!(measures.decide(&reference, false, " ").await.is_err());
        measures
            .decide(&reference, false, "nothing acts on it")
            .await
            .unwrap();
        let twice = measures.decide(&reference, true, "again").await;
        assert!(matches!(twice, Err(LiaisonError::Refused { .. })));
        let kept = complaint(&*house.store, &reference).await.unwrap();
        assert_eq!(kept.state, "dismissed");
        measures.complain(of(2), &stranger).await.unwrap();
        let register = public_register(&*house.store).await.unwrap();
        let counts = (
            register.received,
            register.open,
            register.dismissed,
            register.upheld,
        );
        assert_eq!(counts, (2, 1, 1, 0));
        let text = ("subject", "body");
        let put = async || {
            post(&*house.store, "measure-1", "a@office.example", text, NOW)
                .await
                .unwrap()
        };
        assert!(put().await);
        assert!(!put().await, "a letter is put in once");
        house.store.close().await;
    });
}

/// Each case on both engines.
macro_rules! on_each {
    ($($case:ident $sqlite:ident $postgresql:ident;)*) => { $(
        #[test]
        fn $sqlite() {
            $case(stringify!($sqlite), false);
        }

        #[test]
        fn $postgresql() {
            $case(stringify!($postgresql), true);
        }
    )* };
}

mod complaints;
mod facts;
mod led;
mod readings;
mod stops;

on_each! {
    a_life_comes_back_and_refused_events_are_on_record a_life_comes_back_on_sqlite a_life_comes_back_on_postgresql;
    two_turns_at_a_time_are_one_after_the_other two_turns_at_a_time_on_sqlite two_turns_at_a_time_on_postgresql;
    a_plan_of_two_thousand_effects_fits a_plan_of_two_thousand_effects_on_sqlite a_plan_of_two_thousand_effects_on_postgresql;
    a_complaint_about_nothing_is_kept_and_decided_once a_complaint_about_nothing_on_sqlite a_complaint_about_nothing_on_postgresql;
}
