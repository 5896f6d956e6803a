//! Whose is this? Register, advisories, answers, and who sees what.

use crate::say;
use sakimori_advisory::json;
use sakimori_advisory::matching::views::{MakerCount, for_maker, for_minister};
use sakimori_advisory::matching::{
    Advisory, Alias, AliasKind, Aliases, Answered, Asset, AssetId, Doubt, Index, Memory, Outcome,
};
use sakimori_custody::time::Seconds;
use serde_json::{Value, json as j};

fn aliases() -> Aliases {
    let mut aliases = Aliases::new();
    let alias = |kind, written: &str, means: &str| Alias {
        kind,
        written: written.to_owned(),
        means: means.to_owned(),
        source: "register of makers, 2026".to_owned(),
        taken: Seconds(1),
    };
    aliases
        .add(alias(AliasKind::Maker, "例電機", "Example Electric"))
        .unwrap();
    let maker = "Example Electric".to_owned();
    aliases
        .add(alias(
            AliasKind::Product { maker },
            "コントローラ100",
            "EX-100",
        ))
        .unwrap();
    aliases
}

fn asset(id: u64, maker: &str, product: &str, version: Option<&str>) -> Asset {
    Asset {
        id: AssetId(id),
        operator: format!("operator {}", id % 3),
        minister: format!("minister {}", id % 2),
        maker: maker.to_owned(),
        product: product.to_owned(),
        model: None,
        version: version.map(str::to_owned),
        count: 2,
        cpe: None,
        purl: None,
    }
}

/// An advisory on `EX-100` of Example Electric, versions in `range`, mended in 3.2.
fn advisory(version: u32, range: &str, models: &[&str]) -> Value {
    let helper = if models.is_empty() {
        j!({})
    } else {
        j!({ "model_numbers": models })
    };
    let product = |id: String, name: &str| {
        let mut product = j!({ "name": name, "product_id": id });
        if !models.is_empty() {
            product["product_identification_helper"] = helper.clone();
        }
        product
    };
    let [old, new] = [format!("P{version}-1"), format!("P{version}-2")];
    j!({
        "document": { "publisher": { "namespace": "https://maker.example" }, "tracking": { "id": "ADV-1", "version": version.to_string() } },
        "product_tree": { "branches": [{ "category": "vendor", "name": "Example Electric Corp.", "branches": [
            { "category": "product_name", "name": "EX-100", "branches": [
                { "category": "product_version_range", "name": range, "product": product(old.clone(), "EX-100 old") },
                { "category": "product_version_range", "name": ">=3.2", "product": product(new.clone(), "EX-100 new") },
            ] },
        ] }] },
        "vulnerabilities": [{ "product_status": { "known_affected": [old], "fixed": [new] } }],
    })
}

fn outcomes(assets: &[Asset], document: &Value, memory: &Memory) -> Vec<(u64, Outcome)> {
    let aliases = aliases();
    let index = Index::new(assets.to_vec(), &aliases);
    let advisory = Advisory::of_csaf(document, &aliases).unwrap();
    let mut worst: std::collections::BTreeMap<u64, Outcome> = std::collections::BTreeMap::new();
    let rank = |o: &Outcome| match o {
        Outcome::NotAffected => 0,
        Outcome::Question(_) => 1,
        Outcome::Affected => 2,
    };
    for hit in index.find(&advisory, memory) {
        let known = worst
            .entry(hit.asset.0)
            .or_insert_with(|| hit.outcome.clone());
        if rank(&hit.outcome) > rank(known) {
            *known = hit.outcome;
        }
    }
    worst.into_iter().collect()
}

#[test]
fn each_asset_is_affected_or_not_or_a_question_with_its_doubt() {
    use Outcome::{Affected, NotAffected, Question};
    let assets = [
        asset(1, "Example Electric", "EX-100", Some("3.1")),
        asset(2, "EXAMPLE ELECTRIC CO., LTD.", "ex 100", Some("V3.2")),
        asset(3, "例電機株式会社", "コントローラ100", Some("2.9")),
        asset(4, "Example Electric", "EX-100", None),
        asset(5, "Example Electric", "EX-100", Some("rev. C")),
        asset(
            6,
            "Example Electric",
            "EX-100 Compact Controller",
            Some("3.1"),
        ),
        asset(
            7,
            "Example Electric",
            "EX-100 Compact Controller",
            Some("3.5"),
        ),
        asset(8, "", "EX-100", Some("1.0")),
        asset(9, "Other Works", "EX-100", Some("1.0")),
        asset(10, "Example Electric", "EX-200", Some("1.0")),
    ];
    let found = outcomes(
        &assets,
        &advisory(1, "vers:generic/<3.2", &[]),
        &Memory::new(),
    );
    assert_eq!(
        found,
        [
            (1, Affected),
            (2, NotAffected),
            (3, Affected),
            (4, Question(vec![Doubt::VersionUnknown])),
            (5, Question(vec![Doubt::Version])),
            (6, Question(vec![Doubt::Product])),
            (7, NotAffected),
            (8, Question(vec![Doubt::Maker])),
        ]
    );
}

#[test]
fn model_numbers_find_an_asset_whatever_its_name() {
    let with_model = |id, product: &str, model: Option<&str>| Asset {
        model: model.map(str::to_owned),
        ..asset(id, "Example Electric", product, Some("3.0"))
    };
    let assets = [
        with_model(1, "EX-100", Some("6EX1 100-1AB00")),
        with_model(2, "whatever the label says", Some("6ex11001ab00")),
        with_model(3, "EX-100", Some("6EX1 100-9ZZ00")),
        with_model(4, "EX-100", None),
        with_model(5, "EX-100", Some("CPU 100")),
        with_model(6, "EX-100", Some("6EX1 200-1AB07")),
    ];
    let document = advisory(1, "<3.2", &["6EX1 100-1AB00", "6EX1 200-*"]);
    let found = outcomes(&assets, &document, &Memory::new());
    assert_eq!(
        found,
        [
            (1, Outcome::Affected),
            (2, Outcome::Affected),
            (4, Outcome::Question(vec![Doubt::Model])),
            (5, Outcome::Question(vec![Doubt::Model])),
            (6, Outcome::Affected),
        ]
    );
}

#[test]
fn an_answer_is_not_asked_again_with_the_next_version_of_the_advisory() {
    let aliases = aliases();
    let assets = [
        asset(1, "Example Electric", "EX-100 Compact", Some("3.1")),
        asset(2, "Example Electric", "EX-100 Compact", Some("3.1")),
        asset(3, "Example Electric", "EX-100", Some("rev. C")),
        asset(4, "Example Electric", "EX-100", None),
    ];
    let first = advisory(1, "<3.2", &[]);
    let taken = Advisory::of_csaf(&first, &aliases).unwrap();
    let mut memory = Memory::new();
    let claim = &taken.claims[0];
    memory.keep(&taken.id, claim, &assets[0], Answered::NotThisProduct);
    memory.keep(&taken.id, claim, &assets[1], Answered::ThisProduct);
    memory.keep(&taken.id, claim, &assets[2], Answered::NotThisVersion);
    memory.keep(&taken.id, claim, &assets[3], Answered::Affected);
    assert_eq!(memory.len(), 4);
    let answered = [
        (2, Outcome::Affected),
        (3, Outcome::NotAffected),
        (4, Outcome::Affected),
    ];
    assert_eq!(outcomes(&assets, &first, &memory), answered);
    // The next version has other product ids and says the same.
    assert_eq!(
        outcomes(&assets, &advisory(2, "<3.2", &[]), &memory),
        answered
    );
    // A version with another range asks again what depends on versions, and not whose product it is.
    assert_eq!(
        outcomes(&assets, &advisory(3, "<3.3", &[]), &memory),
        [
            (2, Outcome::Affected),
            (3, Outcome::Question(vec![Doubt::Version])),
            (4, Outcome::Question(vec![Doubt::VersionUnknown])),
        ]
    );
    // An asset with another version is asked again as well.
    let mut changed = assets.to_vec();
    changed[2].version = Some("rev. D".to_owned());
    let found = outcomes(&changed, &first, &memory);
    assert!(found.contains(&(3, Outcome::Question(vec![Doubt::Version]))));
    assert!(!found.iter().any(|(id, _)| *id == 1));
}

#[test]
fn the_maker_gets_counts_and_each_minister_its_own_names() {
    let aliases = aliases();
    let assets = vec![
        asset(1, "Example Electric", "EX-100", Some("3.1")),
        asset(2, "Example Electric", "EX-100", Some("3.0")),
        asset(3, "Example Electric", "EX-100", Some("3.2")),
        asset(4, "Example Electric", "EX-100", None),
    ];
    let index = Index::new(assets, &aliases);
    let advisory = Advisory::of_csaf(&advisory(1, "<3.2", &[]), &aliases).unwrap();
    let hits = index.find(&advisory, &Memory::new());
    let counts = for_maker("example electric", &advisory, &hits, &index);
    let expected = MakerCount {
        affected: 4,
        not_affected: 2,
        asked: 2,
    };
    assert_eq!(
        counts.into_iter().collect::<Vec<_>>(),
        [("EX-100".to_owned(), expected)]
    );
    assert!(for_maker("other works", &advisory, &hits, &index).is_empty());
    let rows = for_minister("minister 0", &advisory, &hits, &index);
    assert!(!rows.is_empty() && rows.iter().all(|row| row.asset.0 % 2 == 0));
    let all = rows.len() + for_minister("minister 1", &advisory, &hits, &index).len();
    assert_eq!(all, hits.len());
}

#[test]
fn real_advisories_find_the_product_that_they_are_about() {
    let Some(root) = sakimori_testkit::data("real_advisories_find", "exchange") else {
        return;
    };
    let aliases = Aliases::new();
    let (mut advisories, mut claims, mut found) = (0, 0, 0);
    for path in sakimori_testkit::files_below(&root.join("csaf/cisa")) {
        if path.extension().is_none_or(|e| e != "json") {
            continue;
        }
        let document = json::read(&std::fs::read(&path).unwrap()).unwrap();
        let advisory = Advisory::of_csaf(&document, &aliases).unwrap();
        if advisory.claims.is_empty() {
            continue;
        }
        advisories += 1;
        // For each claim an asset of its product without a version: affected or asked, or mended everywhere.
        let assets = advisory
            .claims
            .iter()
            .enumerate()
            .map(|(place, claim)| Asset {
                model: None,
                ..asset(place as u64, &claim.written.0, &claim.written.1, None)
            });
        let index = Index::new(assets.collect(), &aliases);
        let hits = index.find(&advisory, &Memory::new());
        for (place, claim) in advisory.claims.iter().enumerate() {
            claims += 1;
            let hit = hits
                .iter()
                .any(|hit| hit.claim == place && hit.asset.0 == place as u64);
            let quiet = matches!(
                claim.status,
                sakimori_advisory::csaf::products::Status::Fixed
                    | sakimori_advisory::csaf::products::Status::NotAffected
            );
            assert!(hit || quiet, "{path:?} {claim:?}");
            found += usize::from(hit);
        }
    }
    say(&format!(
        "matching: {advisories} advisories, {claims} claims, {found} find an asset of their product"
    ));
    assert!(advisories > 60 && found > 400, "{advisories} {found}");
}
