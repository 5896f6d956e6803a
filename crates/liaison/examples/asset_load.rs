//! Measures the office's side of registers: fifty operators with 20,000 assets each are taken, all are read for matching, an advisory is matched, and again as a node does it that keeps the index. In: nothing. Out: figures on standard
//! output. Never: a file that stays.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a measurement tells figures, stops where its setting fails, and reads the clock"
)]

use sakimori_advisory::matching::Advisory;
use sakimori_cooperate::Terms;
use sakimori_cooperate::asset::ComputerClass;
use sakimori_cooperate::notice::{AssetNotice, NoticeItem, OperatorOutline};
use sakimori_cooperate::routing::Sector;
use sakimori_custody::time::Seconds;
use sakimori_liaison::asset::Act;
use sakimori_liaison::matching::{Keeper, add_alias};
use sakimori_liaison::notice::{FORMAT, Filing, Line, NoticeKind, take};
use sakimori_store::{SqliteStore, Store};
use std::time::Instant;

const OPERATORS: u32 = 50;
const ASSETS: u32 = 20_000;

fn filing(operator: &str) -> Filing {
    let item = |at: u32| NoticeItem {
        equipment: "water-supply".to_owned(),
        class: ComputerClass::TypeOne,
        product: format!("Controller series {}", at % 400),
        maker: format!("Maker {}", at % 97),
    };
    let mut items: Vec<NoticeItem> = Vec::new();
    let lines = (0..ASSETS).map(|at| {
        let own = item(at);
        let place = items.iter().position(|known| *known == own);
        let place = place.unwrap_or_else(|| {
            items.push(own);
            items.len() - 1
        });
        Line {
            number: u64::from(at) + 1,
            item: place as u32,
            count: 1 + at % 9,
            model: format!("MD-{}", at % 1000),
            version: format!("{}.{}.{}", at % 5, at % 11, at % 31),
            cpe: String::new(),
            purl: String::new(),
        }
    });
    let lines = lines.collect();
    Filing {
        format: FORMAT.to_owned(),
        operator: operator.to_owned(),
        sector: Sector::Water,
        number: 1,
        kind: NoticeKind::Asset,
        changed: Vec::new(),
        on: None,
        notice: AssetNotice {
            operator: OperatorOutline {
                name: operator.to_owned(),
                address: "Tokyo".to_owned(),
                representative: "A. Sato".to_owned(),
                contact: "assets@example.org".to_owned(),
            },
            items,
        },
        lines,
    }
}

fn advisory() -> serde_json::Value {
    serde_json::json!({
        "document": { "publisher": { "namespace": "https://psirt.example" }, "tracking": { "id": "EX-1" } },
        "product_tree": { "branches": [{ "category": "vendor", "name": "Maker 7", "branches": [{
            "category": "product_name", "name": "Controller series 104", "branches": [{
                "category": "product_version_range", "name": "vers:generic/<3.0.0",
                "product": { "product_id": "P1", "name": "before 3.0.0" },
            }],
        }] }] },
        "vulnerabilities": [{ "product_status": { "known_affected": ["P1"] } }],
    })
}

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("store"))
        .await
        .unwrap();
    let at = Seconds(1_796_083_200);
    let terms = Terms::japan(at);
    let mut document = filing("operator");
    let begun = Instant::now();
    for number in 0..OPERATORS {
        let operator = format!("operator-{number}");
        document.operator.clone_from(&operator);
        let act = Act {
            owner: &operator,
            by: "bench",
            at,
        };
        let bytes = serde_json::to_vec(&document).unwrap();
        take(&store, act, &bytes, &terms).await.unwrap();
    }
    println!(
        "{OPERATORS} notices of {ASSETS} assets taken in {} ms",
        begun.elapsed().as_millis()
    );
    let keeper = Keeper::default();
    let begun = Instant::now();
    let first = keeper.current(&store, &terms).await.unwrap();
    println!(
        "{} assets read for matching in {} ms",
        first.index.len(),
        begun.elapsed().as_millis()
    );
    let document = advisory();
    let begun = Instant::now();
    let matching = keeper.current(&store, &terms).await.unwrap();
    let asked = begun.elapsed();
    let advisory = Advisory::of_csaf(&document, &matching.aliases).unwrap();
    let hits = matching.find(&advisory);
    println!(
        "an advisory matched in {:.2} ms, of these {:.2} to see that nothing is new; {} hits",
        begun.elapsed().as_secs_f64() * 1e3,
        asked.as_secs_f64() * 1e3,
        hits.len()
    );
    drop((first, matching));
    document_of_another(&store, &terms, at).await;
    let begun = Instant::now();
    let matching = keeper.current(&store, &terms).await.unwrap();
    println!(
        "a notice of {ASSETS} more followed in {} ms; {} assets",
        begun.elapsed().as_millis(),
        matching.index.len()
    );
    drop(matching);
    let act = Act {
        owner: "office",
        by: "bench",
        at,
    };
    let pair = ("Maker 9", "Maker 7", "bench");
    add_alias(&store, act, None, pair).await.unwrap();
    let begun = Instant::now();
    let matching = keeper.current(&store, &terms).await.unwrap();
    println!(
        "a name of a maker followed in {} ms; {} hits now",
        begun.elapsed().as_millis(),
        matching
            .find(&Advisory::of_csaf(&document, &matching.aliases).unwrap())
            .len()
    );
    store.close().await;
}

/// One operator more tells of its assets.
async fn document_of_another(store: &SqliteStore, terms: &Terms, at: Seconds) {
    let act = Act {
        owner: "operator-more",
        by: "bench",
        at,
    };
    let bytes = serde_json::to_vec(&filing("operator-more")).unwrap();
    take(store, act, &bytes, terms).await.unwrap();
}
