//! Whose is this? Register, advisories, answers, and who sees what.

use crate::say;
use sakimori_advisory::matching::views::{Count, MakerCount, for_maker, for_minister};
use sakimori_advisory::matching::{
    Advisory, Alias, AliasKind, Aliases, Answered, Asset, AssetId, Claim, Doubt, Given, Index,
    Memory, Outcome,
};
use sakimori_advisory::{cve, json};
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
    for (asset, answered) in assets.iter().zip([
        Answered::NotThisProduct,
        Answered::ThisProduct,
        Answered::NotThisVersion,
        Answered::Affected,
    ]) {
        answer(&mut memory, claim, asset, answered);
    }
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

/// Keeps an answer about the first advisory.
fn answer(memory: &mut Memory, claim: &Claim, asset: &Asset, answered: Answered) {
    let given = Given {
        advisory: ("https://maker.example".to_owned(), "ADV-1".to_owned()),
        by: "operator".to_owned(),
        at: Seconds(7),
    };
    memory.keep(claim, asset, answered, given);
}

#[test]
fn a_false_match_does_not_come_back_with_the_next_advisory_on_the_product() {
    let aliases = aliases();
    let compact = |id| asset(id, "Example Electric", "EX-100 Compact", Some("3.1"));
    let assets = [
        compact(1),
        compact(2),
        compact(3),
        asset(4, "Example Electric", "EX-100", Some("rev. C")),
        compact(5),
    ];
    let first = Advisory::of_csaf(&advisory(1, "<3.2", &[]), &aliases).unwrap();
    let claim = &first.claims[0];
    let mut memory = Memory::new();
    answer(&mut memory, claim, &assets[0], Answered::NotThisProduct);
    answer(&mut memory, claim, &assets[1], Answered::ThisProduct);
    answer(&mut memory, claim, &assets[3], Answered::NotThisVersion);
    // What is said later counts: first another product, then this one in a version that is affected.
    answer(&mut memory, claim, &assets[4], Answered::NotThisProduct);
    answer(&mut memory, claim, &assets[4], Answered::Affected);
    let mut next = advisory(1, "<3.4", &[]);
    next["document"]["tracking"]["id"] = j!("ADV-2");
    assert_eq!(
        outcomes(&assets, &next, &memory),
        [
            (2, Outcome::Affected),
            (3, Outcome::Question(vec![Doubt::Product])),
            // A version is answered for one advisory.
            (4, Outcome::Question(vec![Doubt::Version])),
            (5, Outcome::Question(vec![Doubt::Product])),
        ]
    );
    let of = |asset: &Asset| {
        let known = memory.of_product(claim, asset);
        known.map(|(is_it, given)| (is_it, given.advisory.1.clone(), given.at.0))
    };
    assert_eq!(of(&assets[0]), Some((false, "ADV-1".to_owned(), 7)));
    assert_eq!(of(&assets[1]), Some((true, "ADV-1".to_owned(), 7)));
    assert_eq!((of(&assets[2]), of(&assets[4])), (None, None));
    // An asset that has become another product is asked about anew, by each of its three names.
    let changed = [
        Asset {
            maker: "Example Electric Corp.".to_owned(),
            ..compact(1)
        },
        Asset {
            product: "EX-100 Compact 2".to_owned(),
            ..compact(1)
        },
        Asset {
            model: Some("6EX1".to_owned()),
            ..compact(1)
        },
    ];
    for changed in changed {
        let found = outcomes(std::slice::from_ref(&changed), &next, &memory);
        let asked = [(1, Outcome::Question(vec![Doubt::Product]))];
        assert_eq!(found, asked, "{changed:?}");
    }
    // Another version of the same product is the same product.
    let newer = Asset {
        version: Some("3.3".to_owned()),
        ..compact(1)
    };
    assert!(outcomes(&[newer], &next, &memory).is_empty());
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
    let count = |operators, units| Count { operators, units };
    let expected = MakerCount {
        affected: count(2, 4),
        not_affected: count(1, 2),
        asked: count(1, 2),
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

/// A CVE record on `EX-100`: the assigner says what it mended, somebody else adds a CPE name.
fn record(otherwise: &str) -> Value {
    j!({
        "dataType": "CVE_RECORD", "dataVersion": "5.1",
        "cveMetadata": { "cveId": "CVE-2026-0001", "assignerOrgId": "b7b2c5a5-6b3b-4b5a-9b0a-0c9f6b1f0e5a", "state": "PUBLISHED" },
        "containers": {
            "cna": { "affected": [
                { "vendor": "Example Electric", "product": "EX-100", "defaultStatus": otherwise, "versions": [
                    { "version": "2.0", "lessThan": "3.2", "versionType": "custom", "status": "affected" },
                    { "version": "2.9", "status": "unaffected" },
                ] },
                { "vendor": "n/a", "product": "n/a", "versions": [{ "version": "n/a", "status": "affected" }] },
            ] },
            "adp": [{ "affected": [
                { "vendor": "example_electric", "product": "ex-100", "cpes": ["cpe:2.3:h:example_electric:ex-100:*:*:*:*:*:*:*:*"],
                  "versions": [{ "version": "2.0", "lessThan": "3.2", "versionType": "custom", "status": "affected" }] },
                { "vendor": "example_electric", "product": "ex-900", "defaultStatus": "affected" },
            ] }],
        },
    })
}

#[test]
fn a_record_of_a_weakness_is_matched_by_what_its_entries_decide() {
    use Outcome::{Affected, NotAffected, Question};
    let aliases = aliases();
    let of = |otherwise: &str| {
        let bytes = serde_json::to_vec(&record(otherwise)).unwrap();
        Advisory::of_cve(&cve::read(&bytes).unwrap(), &aliases).unwrap()
    };
    let known = of("unaffected");
    assert_eq!(known.id.1, "CVE-2026-0001");
    // What two say of one product is one claim, and what has no name is none.
    assert_eq!(known.claims.len(), 2);
    assert_eq!(
        known.claims[0].range_written,
        "affected 2.0 < 3.2; unaffected 2.9; otherwise unaffected"
    );
    let by_cpe = Asset {
        cpe: Some("cpe:2.3:h:example_electric:ex-100:3.1:*:*:*:*:*:*:*".to_owned()),
        ..asset(6, "", "what the label says", Some("3.1"))
    };
    let assets = vec![
        asset(1, "Example Electric", "EX-100", Some("3.1")),
        asset(2, "Example Electric", "EX-100", Some("3.2")),
        asset(3, "Example Electric", "EX-100", Some("1.0")),
        asset(4, "Example Electric", "EX-100", None),
        asset(5, "例電機", "コントローラ100", Some("2.9")),
        by_cpe,
        asset(7, "Example Electric", "EX-900", None),
    ];
    let index = Index::new(assets, &aliases);
    let found = |advisory: &Advisory| -> Vec<(u64, Outcome)> {
        let hits = index.find(advisory, &Memory::new());
        let mut all: Vec<_> = hits.into_iter().map(|h| (h.asset.0, h.outcome)).collect();
        all.sort_by_key(|(id, _)| *id);
        all
    };
    let unknown = || Question(vec![Doubt::Version]);
    let expected = |otherwise: &dyn Fn() -> Outcome| {
        vec![
            (1, Affected),
            (2, otherwise()),
            (3, otherwise()),
            (4, Question(vec![Doubt::VersionUnknown])),
            // Two entries hold it and disagree.
            (5, unknown()),
            (6, Affected),
            (7, Affected),
        ]
    };
    assert_eq!(found(&known), expected(&|| NotAffected));
    assert_eq!(found(&of("affected")), expected(&|| Affected));
    // What no entry names and nobody decides is asked, never passed over.
    assert_eq!(found(&of("unknown")), expected(&unknown));
}

#[test]
fn real_records_find_the_products_that_they_are_about() {
    let Some(root) = sakimori_testkit::data("real_records_find", "exchange") else {
        return;
    };
    let aliases = Aliases::new();
    let (mut records, mut rejected, mut claims, mut versions, mut affected) = (0, 0, 0, 0, 0);
    for path in sakimori_testkit::files_below(&root.join("cve/vulnrichment")) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.starts_with("CVE-") {
            continue;
        }
        let record = cve::read(&std::fs::read(&path).unwrap()).unwrap();
        let advisory = Advisory::of_cve(&record, &aliases).unwrap();
        records += 1;
        if record.state == cve::State::Rejected {
            rejected += 1;
            assert!(advisory.claims.is_empty(), "{name}");
        }
        let keys: std::collections::BTreeSet<_> = advisory.claims.iter().map(Claim::key).collect();
        assert_eq!(keys.len(), advisory.claims.len(), "{name}: a product twice");
        // An asset of each version that an entry names alone: affected, or asked where others say otherwise, never passed over.
        let mut assets = Vec::new();
        for (place, claim) in advisory.claims.iter().enumerate() {
            claims += 1;
            let entries = claim.entries.as_ref().unwrap();
            let single = entries.versions.iter().filter(|entry| {
                let alone = entry.below.is_none() && entry.up_to.is_none();
                alone && entry.status == cve::Affectedness::Affected
            });
            for (at, entry) in single.enumerate() {
                let id = (place as u64) << 32 | at as u64;
                let version = Some(entry.version.as_str());
                assets.push(asset(id, &claim.written.0, &claim.written.1, version));
            }
        }
        versions += assets.len();
        let index = Index::new(assets.clone(), &aliases);
        let hits = index.find(&advisory, &Memory::new());
        for asset in &assets {
            let place = (asset.id.0 >> 32) as usize;
            let mut own = hits.iter().filter(|hit| hit.asset == asset.id);
            let hit = own.find(|hit| hit.claim == place);
            let outcome = &hit.unwrap_or_else(|| panic!("{name} {asset:?}")).outcome;
            assert_ne!(*outcome, Outcome::NotAffected, "{name} {asset:?}");
            affected += usize::from(*outcome == Outcome::Affected);
        }
    }
    say(&format!(
        "matching: {records} records, {rejected} of them withdrawn, {claims} products, {versions} single versions, {affected} affected without a question"
    ));
    assert_eq!((records, rejected), (360, 6));
    assert!(claims > 600 && affected > 2_000, "{claims} {affected}");
}
