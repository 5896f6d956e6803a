//! One new advisory against a million registered assets: how long the index takes, and how long the search. `cargo run --release -p sakimori-advisory --example match_load`.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement reads the clock and says what it saw"
)]

use sakimori_advisory::matching::{Advisory, Aliases, Asset, AssetId, Index, Memory};
use serde_json::{Value, json};
use std::time::Instant;

/// Assets, unless the command line says another number.
const ASSETS: u64 = 1_000_000;

fn asset(id: u64) -> Asset {
    // 200 makers with 150 products each; every tenth asset has no version, every fiftieth no maker.
    let (maker, product) = (id % 200, id / 200 % 150);
    Asset {
        id: AssetId(id),
        operator: format!("operator {}", id % 257),
        minister: format!("minister {}", id % 15),
        maker: if id % 50 == 49 {
            String::new()
        } else {
            format!("Maker {maker} Co., Ltd.")
        },
        product: format!("Controller {product} series {maker}"),
        model: id
            .is_multiple_of(3)
            .then(|| format!("M{maker:03}-{product:03}-{:02}", id % 40)),
        version: (id % 10 != 9).then(|| format!("V{}.{}.{}", id % 7, id % 11, id % 13)),
        count: 1,
        cpe: None,
        purl: None,
    }
}

fn advisory(makers: std::ops::Range<u64>) -> Value {
    let (mut vendors, mut affected) = (Vec::new(), Vec::new());
    for maker in makers {
        let names = (0..150).map(|product| {
            let id = format!("P-{maker}-{product}");
            affected.push(id.clone());
            json!({ "category": "product_name", "name": format!("Controller {product} series {maker}"), "branches": [
                { "category": "product_version_range", "name": "vers:generic/<V3.5.0", "product": { "name": id, "product_id": id } },
            ] })
        });
        vendors.push(json!({ "category": "vendor", "name": format!("Maker {maker}"), "branches": names.collect::<Vec<_>>() }));
    }
    json!({
        "document": { "publisher": { "namespace": "https://maker.example" }, "tracking": { "id": "ADV-1" } },
        "product_tree": { "branches": vendors },
        "vulnerabilities": [{ "product_status": { "known_affected": affected } }],
    })
}

fn main() {
    let count = std::env::args()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(ASSETS);
    let aliases = Aliases::new();
    let begun = Instant::now();
    let index = Index::new((0..count).map(asset).collect(), &aliases);
    println!("index of {} assets: {:?}", index.len(), begun.elapsed());
    for makers in [0..1, 0..10] {
        let document = advisory(makers.clone());
        let begun = Instant::now();
        let Ok(advisory) = Advisory::of_csaf(&document, &aliases) else {
            return;
        };
        let hits = index.find(&advisory, &Memory::new());
        let claims = advisory.claims.len();
        println!(
            "{} claims of {} makers: {} hits in {:?}",
            claims,
            makers.end,
            hits.len(),
            begun.elapsed()
        );
    }
}
