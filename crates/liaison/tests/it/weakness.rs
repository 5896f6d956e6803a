//! The vulnerability room over a store that is a file: a flood of reports, cases as their events, the published folder. In: reports, events, keys of the moment. Out: verdicts. Never: a clock.

use sakimori_advisory::csaf::file_name;
use sakimori_advisory::csaf::products::Versions;
use sakimori_advisory::publish::case::{MakerState, Product, ProductState, Stage, Weakness};
use sakimori_advisory::publish::{Case, Provider, Sign, SignError};
use sakimori_advisory::room::going_out::Assigner;
use sakimori_advisory::room::report::Known;
use sakimori_advisory::room::{Act, Actor, Content, Hour, Report, urgency};
use sakimori_advisory::ssvc::tables::CISA_COORDINATOR;
use sakimori_cooperate::Terms;
use sakimori_custody::Recorded;
use sakimori_custody::time::Seconds;
use sakimori_liaison::matching::{add_alias, matches};
use sakimori_liaison::notice::RegisteredPart;
use sakimori_liaison::paper::{self, Standing};
use sakimori_liaison::weakness::case::{Beside, add, add_recorded, list, load, open};
use sakimori_liaison::weakness::concerned::tell;
use sakimori_liaison::weakness::intake::{
    Arrival, Taken, UNREAD_MAX, Which, of_link, receive, report, set_aside, unread,
};
use sakimori_liaison::weakness::publication::{CURRENT, House, at, check, versions, write};
use sakimori_liaison::weakness::{By, WeaknessError, hash_of};
use sakimori_release::Tlp;
use sakimori_store::{NEWEST, SqliteStore, Store, View};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// 2026-11-01T00:00:00Z
const START: u64 = 1_793_491_200;

async fn store(folder: &Path) -> SqliteStore {
    SqliteStore::open(&folder.join("office.sqlite"))
        .await
        .unwrap()
}

fn said(product: &str, text: &str) -> Report {
    Report {
        maker: None,
        product: product.to_owned(),
        versions: None,
        text: text.to_owned(),
        exploited: Known::Unsure,
        public: Known::Unsure,
        contact: None,
        credit: None,
    }
}

fn arrival<'a>(report: &'a Report, network: &'a str, second: u64) -> Arrival<'a> {
    Arrival {
        report,
        network,
        link: "0".repeat(64).leak(),
        at: Seconds(START + second),
    }
}

fn by(second: u64) -> By<'static> {
    By {
        who: "kudo",
        at: Seconds(START + second),
    }
}

fn office() -> Actor {
    Actor::Office("kudo".to_owned())
}

#[tokio::test]
async fn a_flood_costs_the_bound_and_hides_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    // 20,000 reports of a thousand networks; what does not fit is refused with a word, not kept.
    let (mut kept, mut later) = (0, 0);
    let mut size = 0;
    for n in 0..20_000_u32 {
        let network = format!("{:03}", n % 1000);
        let junk = said(
            "BUY NOW",
            &format!("junk number {n} https://spam.example/{n}"),
        );
        match receive(&store, &arrival(&junk, &network, 0)).await {
            Ok(Taken::New(_)) => kept += 1,
            Err(WeaknessError::Full { most }) => {
                assert_eq!(most, UNREAD_MAX);
                if later == 0 {
                    size = on_disk(folder.path());
                }
                later += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((kept, later), (UNREAD_MAX, 20_000 - UNREAD_MAX));
    let after = on_disk(folder.path());
    assert!(
        after <= size + (1 << 20) && after < 16 << 20,
        "{size} {after}"
    );
    // The office sets one network aside and there is room; what comes then and says something stands first.
    let line = unread(&store).await.unwrap();
    assert_eq!(line.len() as u64, UNREAD_MAX);
    let id = line[0].0.id.clone();
    assert_eq!(
        set_aside(&store, Which::NetworkOf(&id), "advertising", by(1))
            .await
            .unwrap(),
        1
    );
    let mut real = said(
        "EX-100",
        "Whoever reaches port 502 may write to the controller.",
    );
    real.maker = Some("Example Electric".to_owned());
    real.versions = Some("before 3.2".to_owned());
    real.contact = Some("finder@example.jp".to_owned());
    let Taken::New(real) = receive(&store, &arrival(&real, "000", 2)).await.unwrap() else {
        panic!("it is known");
    };
    assert_eq!(unread(&store).await.unwrap()[0].0.id, real);
}

fn on_disk(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).unwrap();
    files
        .map(|file| file.unwrap().metadata().unwrap().len())
        .sum()
}

#[tokio::test]
async fn many_of_one_network_stand_behind_the_first_of_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    for n in 0..20 {
        let mut loud = said("Loud", &format!("loud {n}"));
        loud.maker = Some("Loud Works".to_owned());
        loud.contact = Some("loud@example.com".to_owned());
        receive(&store, &arrival(&loud, "flood", n)).await.unwrap();
    }
    for n in 0..3 {
        let quiet = said("Quiet", &format!("quiet {n}"));
        let network = format!("net {n}");
        receive(&store, &arrival(&quiet, &network, 100 + n))
            .await
            .unwrap();
    }
    // What names a maker that the office knows stands before what says as much and names another.
    let table = sakimori_liaison::asset::Act {
        owner: "office",
        by: "kudo",
        at: Seconds(START),
    };
    let pair = ("例電機", "Example Electric", "register of makers");
    add_alias(&store, table, None, pair).await.unwrap();
    for (maker, n) in [("Nobody Works", 200), ("例電機株式会社", 201)] {
        let mut named = said(maker, &format!("weakness {n}"));
        named.maker = Some(maker.to_owned());
        receive(&store, &arrival(&named, "names", n)).await.unwrap();
    }
    let line = unread(&store).await.unwrap();
    let weights: Vec<(&str, u8)> = line
        .iter()
        .filter(|(w, _)| w.said.network == "names")
        .map(|(w, _)| (w.said.report.product.as_str(), w.said.weight))
        .collect();
    assert_eq!(weights, [("例電機株式会社", 2), ("Nobody Works", 1)]);
    let line: Vec<_> = line
        .into_iter()
        .filter(|(w, _)| w.said.network != "names")
        .collect();
    let products: Vec<&str> = line
        .iter()
        .map(|(w, _)| w.said.report.product.as_str())
        .collect();
    assert_eq!(
        products.get(..4),
        Some(["Loud", "Quiet", "Quiet", "Quiet"].as_slice())
    );
    assert_eq!((line[0].1, line[1].1), (20, 1));
}

#[tokio::test]
async fn the_same_text_is_kept_once_and_a_secret_is_not_in_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    let one = said("EX-100", "Whoever reaches port 502 may write.");
    let secret = "a-secret-that-nobody-guesses";
    let hash = hash_of(secret);
    let mut first = arrival(&one, "a", 0);
    first.link = &hash;
    let Taken::New(id) = receive(&store, &first).await.unwrap() else {
        panic!("it is known");
    };
    let again = said(" ex-100", "whoever reaches  port 502 may write");
    let known = receive(&store, &arrival(&again, "b", 1)).await.unwrap();
    assert_eq!(known, Taken::Known(id.clone()));
    assert!(of_link(&store, &id, secret).await.unwrap().is_some());
    assert!(of_link(&store, &id, "another").await.unwrap().is_none());
    assert!(of_link(&store, "0123", secret).await.unwrap().is_none());
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let found = bytes
            .windows(secret.len())
            .any(|part| part == secret.as_bytes());
        assert!(!found);
    }
    let refused = said("", "text");
    let refused = receive(&store, &arrival(&refused, "a", 2))
        .await
        .unwrap_err();
    assert_eq!(refused.to_string(), "product: is missing");
}

fn content(title: &str, cve: &str) -> Content {
    Content {
        title: title.to_owned(),
        summary: "A controller does not ask who sends commands.".to_owned(),
        lang: "en".to_owned(),
        tlp: Tlp::Clear,
        stage: Stage::Final,
        products: vec![Product {
            maker: "Example Electric".to_owned(),
            name: "EX-100".to_owned(),
            versions: Versions::Range("< 3.2".to_owned()),
            models: Vec::new(),
            cpe: None,
            purl: None,
        }],
        weaknesses: vec![Weakness {
            cve: Some(cve.to_owned()),
            title: "Missing authentication".to_owned(),
            description: "Whoever reaches port 502 may write to the controller.".to_owned(),
            cwe: None,
            states: vec![(0, ProductState::Affected)],
            scores: Vec::new(),
            remedies: Vec::new(),
            reasons: Vec::new(),
            disclosed: None,
        }],
        references: Vec::new(),
    }
}

fn house() -> House {
    House {
        provider: Provider {
            name: "Office for Weaknesses".to_owned(),
            namespace: "https://office.example".to_owned(),
            authority: "Article 42 of the law.".to_owned(),
            contact: "weakness@office.example".to_owned(),
            security_contact: "mailto:weakness@office.example".to_owned(),
            root: "https://office.example".to_owned(),
            distribution_text: None,
            licence: None,
            aggregators: true,
        },
        assigner: Some(Assigner {
            id: "6ba7b810-9dad-41d1-80b4-00c04fd430c8".to_owned(),
            name: "office".to_owned(),
        }),
    }
}

/// A signer that costs nothing.
struct Mark;

impl Sign for Mark {
    fn sign(&self, bytes: &[u8], at: Seconds) -> Result<String, SignError> {
        Ok(format!("{} {at}", bytes.len()))
    }

    fn fingerprint(&self) -> String {
        "A".repeat(40)
    }

    fn public_key(&self) -> Result<String, SignError> {
        Ok("key".to_owned())
    }
}

fn judged() -> Act {
    let table = CISA_COORDINATOR.table().unwrap();
    let given = [
        ("Exploitation", "None"),
        ("Automatable", "No"),
        ("Technical Impact", "Partial"),
        ("Mission and Well-Being Impact", "Low"),
    ];
    Act::Triaged(Box::new(
        urgency::decide(&table, &given, &[], (None, None)).unwrap(),
    ))
}

/// What comes with an act by which something leaves.
fn on_record(leaves: bool) -> Beside {
    Beside {
        entry: leaves.then(|| Recorded::at(7)),
        letter: None,
    }
}

/// A case of one report whose draft goes out at an hour.
async fn ready(store: &SqliteStore, id: &str, title: &str, hour: u64) {
    let one = said(title, &format!("text of {title}"));
    let taken = receive(store, &arrival(&one, id, 0)).await.unwrap();
    let report = match taken {
        Taken::New(report) => Some(report),
        Taken::Known(_) => None,
    };
    let report = report.unwrap();
    open(store, (id, &report), by(1)).await.unwrap();
    let hour = Hour::utc(Seconds(START + hour));
    let acts = [
        judged(),
        Act::Drafted(Box::new(content(title, "CVE-2026-12345"))),
        Act::HourSet {
            hour,
            why: "as agreed".to_owned(),
        },
        Act::Approved {
            summary: "First version".to_owned(),
        },
    ];
    for (act, second) in acts.into_iter().zip(2..) {
        let leaves = matches!(act, Act::Approved { .. });
        let beside = on_record(leaves);
        add_recorded(store, (id, None), (office(), act), by(second), beside)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_case_is_kept_as_its_events_and_two_who_change_it_at_once_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    ready(&store, "WK-2026-0001", "EX-100 listens to anybody", 100).await;
    let kept = load(&store, "WK-2026-0001").await.unwrap();
    assert_eq!((kept.room.events(), kept.events.len()), (5, 5));
    let added = Act::MakerAdded {
        maker: "Example Electric".to_owned(),
    };
    let on = ("WK-2026-0001", Some(4));
    let late = add(&store, on, (office(), added.clone()), by(10))
        .await
        .unwrap_err();
    assert!(matches!(late, WeaknessError::Changed { .. }), "{late}");
    let on = ("WK-2026-0001", Some(5));
    add(&store, on, (office(), added), by(10)).await.unwrap();
    // A maker answers while somebody of the office has the page open; its word needs no number.
    let word = Act::Said {
        maker: "Example Electric".to_owned(),
        state: MakerState::Fixed,
        words: None,
    };
    let maker = Actor::Maker("Example Electric".to_owned());
    let by_maker = By {
        who: "maker",
        at: Seconds(START + 11),
    };
    let kept = add(&store, ("WK-2026-0001", None), (maker, word), by_maker)
        .await
        .unwrap();
    assert_eq!(kept.room.events(), 7);
    let lines = list(&store, None).await.unwrap();
    assert_eq!((lines.len(), lines[0].head.makers), (1, 1));
    assert_eq!(lines[0].stage(Seconds(START + 99)), "fix-available");
    assert_eq!(lines[0].stage(Seconds(START + 100)), "published");
    assert_eq!(lines[0].due, Some(Seconds(START + 100)));
    let taken = report(&store, &kept.room.reports()[0]).await.unwrap();
    assert_eq!(
        (taken.state.as_str(), taken.said.case.as_deref()),
        ("taken", Some("WK-2026-0001"))
    );
    let twice = open(&store, ("WK-2026-0002", &kept.room.reports()[0]), by(20)).await;
    assert!(
        twice
            .unwrap_err()
            .to_string()
            .contains("is in case WK-2026-0001 already")
    );
}

#[tokio::test]
async fn what_is_published_is_there_at_its_second_and_not_one_before() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    ready(&store, "WK-2026-0001", "EX-100 listens to anybody", 100).await;
    ready(&store, "WK-2026-0002", "EX-200 forgets its password", 200).await;
    let room = load(&store, "WK-2026-0001").await.unwrap().room;
    check(&house(), &room, Seconds(START + 50)).unwrap();
    let mut bad = house();
    bad.provider.namespace = "no address".to_owned();
    assert!(check(&bad, &room, Seconds(START + 50)).is_err());
    let versions = versions(&store).await.unwrap();
    let seen = |second: u64| at(&house(), &versions, Seconds(START + second), &Mark).unwrap();
    let has = |second: u64, what: &str| {
        let files = seen(second).files;
        let named = |(path, bytes): (&String, &Vec<u8>)| {
            path.contains(what) || String::from_utf8_lossy(bytes).contains(what)
        };
        files.iter().any(named)
    };
    assert!(!has(99, "EX-100") && !has(99, "CVE-2026-12345") && has(100, "EX-100"));
    assert!(has(100, "CVE-2026-12345") && !has(199, "EX-200") && has(200, "EX-200"));
    let next = |second: u64| seen(second).next.map(|next| next.0 - START);
    assert_eq!(
        (next(0), next(100), next(200)),
        (Some(100), Some(200), None)
    );
    assert_eq!((seen(99).open.len(), seen(150).open.len()), (0, 1));
}

#[tokio::test]
async fn a_reader_of_the_folder_sees_one_tree_or_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    ready(&store, "WK-2026-0001", "EX-100 listens to anybody", 100).await;
    ready(&store, "WK-2026-0002", "EX-200 forgets its password", 200).await;
    let versions = versions(&store).await.unwrap();
    let home = folder.path().join("published");
    let trees: Vec<_> = [100, 200, 300]
        .into_iter()
        .map(|second| {
            let house = at(&house(), &versions, Seconds(START + second), &Mark);
            house.unwrap().files
        })
        .collect();
    write(&home, &trees[0], Seconds(START + 100)).unwrap();
    let done = AtomicBool::new(false);
    let looks = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut looks = 0_u32;
            while !done.load(Ordering::Acquire) {
                // Whoever follows the link once has a whole tree, whatever is written meanwhile.
                let tree = home.join(std::fs::read_link(home.join(CURRENT)).unwrap());
                let base = tree.join(".well-known/csaf/white");
                let Ok(index) = std::fs::read_to_string(base.join("index.txt")) else {
                    // It was led elsewhere twice since: the folder is gone as a whole.
                    assert!(!tree.exists());
                    continue;
                };
                for line in index.lines() {
                    let there = base.join(line).exists();
                    assert!(there || !tree.exists(), "{line}");
                }
                looks += 1;
            }
            looks
        });
        for round in 0..30 {
            // No tree has the name of one that is gone.
            let files = &trees[round % 3];
            write(&home, files, Seconds(START + 1000 + round as u64)).unwrap();
        }
        done.store(true, Ordering::Release);
        reader.join().unwrap()
    });
    assert!(looks > 0);
    let entries = std::fs::read_dir(&home).unwrap().count();
    assert!(entries <= 3, "the link and two trees");
    // A tree that was broken off half-way is made anew, and the one in force stays until then.
    let before = std::fs::read_link(home.join(CURRENT)).unwrap();
    let part = home.join("tree-1-0.part");
    std::fs::create_dir_all(part.join("x")).unwrap();
    std::fs::write(home.join(format!("{CURRENT}.part")), b"left over").unwrap();
    assert_eq!(std::fs::read_link(home.join(CURRENT)).unwrap(), before);
    write(&home, &trees[0], Seconds(START + 100)).unwrap();
    assert!(!part.exists());
    assert!(home.join(CURRENT).join(".well-known/security.txt").exists());
}

/// Registers an asset of an operator at the office, as a notice that was taken does.
async fn registered(store: &SqliteStore, operator: &str, version: &str) {
    let part = serde_json::json!({
        "sector": "electricity",
        "lines": [{
            "number": 1,
            "item": { "equipment": "control", "class": "type-1", "product": "EX-100", "maker": "Example Electric" },
            "count": 4,
            "version": version,
        }],
    });
    let part: RegisteredPart = serde_json::from_value(part).unwrap();
    let standing = Standing {
        state: "kept",
        due: None,
        at: START,
        by: operator,
    };
    let change = paper::first(operator, "0000", &part, standing).unwrap();
    store.apply(&[change]).await.unwrap();
}

#[tokio::test]
async fn operators_are_told_once_of_each_version_whom_it_concerns() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    registered(&store, "power-1", "3.1").await;
    registered(&store, "power-2", "").await;
    registered(&store, "power-3", "3.2").await;
    ready(&store, "WK-2026-0001", "EX-100 listens to anybody", 100).await;
    let terms = Terms::japan(Seconds(1_790_780_400));
    let told = async |second: u64| {
        let versions = versions(&store).await.unwrap();
        let published = at(&house(), &versions, Seconds(START + second), &Mark).unwrap();
        let document = |case: &Case| {
            let path = format!(".well-known/csaf/white/2026/{}", file_name::of(&case.id));
            serde_json::from_slice(&published.files[&path]).unwrap()
        };
        let documents: Vec<(&Case, serde_json::Value)> = published
            .open
            .iter()
            .map(|case| (case, document(case)))
            .collect();
        let index = sakimori_liaison::matching::Keeper::default();
        tell(&store, (&index, &terms), &documents, by(second))
            .await
            .unwrap()
    };
    let of = async |operator: &str| {
        let view = View::Of(operator);
        let rows = matches(&store, view, None, NEWEST).await.unwrap();
        let rows = rows.into_iter().flat_map(|paper| paper.said.rows);
        rows.map(|row| row.outcome).collect::<Vec<String>>()
    };
    assert_eq!(told(99).await, 0, "nothing is public");
    assert!(of("power-1").await.is_empty());
    assert_eq!((told(100).await, told(101).await), (1, 0));
    assert_eq!(of("power-1").await, ["affected"]);
    assert_eq!(of("power-2").await, ["question"]);
    assert!(!of("power-3").await.contains(&"affected".to_owned()));
    let again = Act::Approved {
        summary: "A second version".to_owned(),
    };
    let case = ("WK-2026-0001", None);
    add_recorded(&store, case, (office(), again), by(200), on_record(true))
        .await
        .unwrap();
    assert_eq!((told(200).await, told(201).await), (1, 0));
}
