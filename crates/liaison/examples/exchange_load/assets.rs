//! An advisory against registered assets. In: how many assets. Out: seconds for the index, milliseconds for an advisory. Never: a database: it is the rules that are measured.

use super::{Outcome, timed, told};
use sakimori_advisory::matching::{Advisory, Aliases, Asset, AssetId, Index, Memory};
use serde_json::{Value, json};

/// 200 makers with 150 products each; every tenth asset has no version, every fiftieth no maker.
fn asset(id: u64) -> Asset {
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

/// An advisory about every product of some makers, below one version.
fn advisory(makers: u64) -> Value {
    let (mut vendors, mut affected) = (Vec::new(), Vec::new());
    for maker in 0..makers {
        let names = (0..150).map(|product| {
            let id = format!("P-{maker}-{product}");
            affected.push(id.clone());
            json!({ "category": "product_name", "name": format!("Controller {product} series {maker}"), "branches": [
                { "category": "product_version_range", "name": "vers:generic/<V3.5.0", "product": { "name": id, "product_id": id } },
            ] })
        });
        let names: Vec<Value> = names.collect();
        vendors.push(
            json!({ "category": "vendor", "name": format!("Maker {maker}"), "branches": names }),
        );
    }
    json!({
        "document": { "publisher": { "namespace": "https://maker.example" }, "tracking": { "id": "ADV-1" } },
        "product_tree": { "branches": vendors },
        "vulnerabilities": [{ "product_status": { "known_affected": affected } }],
    })
}

pub(crate) fn run(count: u64) -> Outcome<()> {
    let aliases = Aliases::new();
    let assets: Vec<Asset> = (0..count).map(asset).collect();
    let (index, took) = timed(|| Ok(Index::new(assets, &aliases)))?;
    told("index", took.as_secs_f64());
    for makers in [1, 10] {
        let document = advisory(makers);
        let (hits, took) = timed(|| {
            let advisory = Advisory::of_csaf(&document, &aliases)?;
            Ok(index.find(&advisory, &Memory::new()).len())
        })?;
        if hits == 0 {
            return Err("the advisory means no asset".into());
        }
        told(&format!("advisory.{makers}"), took.as_secs_f64() * 1000.0);
        told(&format!("hits.{makers}"), hits);
    }
    Ok(())
}
