//! Numbers for makers. In: assets of operators, a case with a draft. Out: verdicts. Never: a number that nobody let go, or of fewer than three operators.

use super::publication::draft;
use super::{FORM, House, event, form, good};
use crate::nation::Caller;
use crate::uses::entries;
use sakimori_control::tls::May;
use sakimori_custody::entry::EntryType;
use serde_json::{Value, json};

/// Four operators have a version that is affected, one has a later one.
fn registered(house: &House) {
    let address = house.nation.office.address.to_string();
    for at in 1..=5 {
        let name = format!("water-{at}");
        let version = if at == 5 { "3.2" } else { "3.1" };
        let filing = json!({
            "format": "sakimori/asset-notice/v1", "operator": name, "sector": "water", "number": 1, "kind": "asset", "changed": [], "on": null,
            "notice": {
                "operator": {"name": name, "address": "Tokyo", "representative": "A. Sato", "contact": "assets@example.org"},
                "items": [{"equipment": "water-supply", "class": "type-1", "product": "EX-100", "maker": "Alpha Works"}],
            },
            "lines": [{"number": 1, "item": 0, "count": 20, "version": version}],
        });
        let operator = Caller::peer(&house.office(), &address, &name, &[May::Report]);
        let taken = operator.post_json("/v1/asset-notices", &filing);
        assert_eq!(taken.status, 200, "{}", taken.text());
        if at == 1 {
            let mut bad = filing.clone();
            bad["number"] = json!(2);
            bad["notice"]["operator"]["name"] = json!("two\nlines");
            let refused = operator.post_json("/v1/asset-notices", &bad);
            assert!(
                refused.text().contains("operator.name"),
                "{}",
                refused.text()
            );
        }
    }
}

#[test]
fn a_maker_learns_how_many_when_a_supervisor_lets_it_know_and_another_maker_does_not() {
    let house = House::open();
    registered(&house);
    let case = house.case("Whoever reaches port 502 may write.");
    let (boss, analyst, stranger) = (house.person("o3"), house.person("a1"), house.stranger());
    let links = [(4, "Alpha Works"), (5, "Beta Works")];
    let links = links.map(|(on, maker)| house.link(&case, on, maker));
    let rooms = links
        .clone()
        .map(|link| link.replace("/weaknesses/room/", "/v1/maker-rooms/"));
    let path = format!("/v1/weaknesses/{case}/counts");
    let of = |maker: &str| json!({ "maker": maker });
    assert_eq!(
        boss.post_json(&path, &of("Alpha Works")).code(),
        "not-found",
        "there is no draft"
    );
    good(&event(
        &boss,
        &case,
        6,
        &draft("EX-100 takes commands", "clear"),
    ));
    assert_eq!(
        analyst.post_json(&path, &of("Alpha Works")).code(),
        "not-allowed"
    );
    assert_eq!(
        stranger.post_json(&path, &of("Alpha Works")).code(),
        "not-signed-in"
    );
    assert_eq!(boss.post_json(&path, &of("Gamma")).code(), "not-found");
    assert_eq!(stranger.get(&rooms[0]).json()["counts"], Value::Null);
    assert!(!stranger.get(&links[0]).text().contains("How many"));

    let on_record = || entries(&house.nation, &[EntryType::Release]);
    let before = on_record().len();
    let told = json!({
        "EX-100": {"affected": {"operators": "3-9", "units": "30-299"}, "not_affected": null, "asked": null},
    });
    let said = boss.post_json(&path, &of("Alpha Works"));
    assert_eq!(
        (said.status, &said.json()["products"]),
        (200, &told),
        "{}",
        said.text()
    );
    // They left under an entry of the gate, which names no maker.
    let released = on_record();
    assert_eq!(released.len(), before + 1);
    let (index, body) = released.last().unwrap();
    assert_eq!(said.json()["entry"], *index);
    assert_eq!(
        (&body["outcome"], &body["actor"]),
        (&json!("released"), &json!("o3"))
    );
    let to = body["recipients"][0].as_str().unwrap();
    assert!(to.starts_with("supplier/m-"), "{body}");
    assert!(!body.to_string().contains("Alpha"), "{body}");
    assert_eq!(stranger.get(&rooms[0]).json()["counts"], told);
    let page = stranger.get(&links[0]).text();
    assert!(page.contains("How many have your products"), "{page}");
    assert!(
        page.contains("3-9 (30-299 units)") && page.contains("not told"),
        "{page}"
    );
    assert!(!page.contains("water-"), "{page}");
    // The other maker has no product in the draft, and was not let know anything.
    assert_eq!(stranger.get(&rooms[1]).json()["counts"], Value::Null);
    assert!(!stranger.get(&links[1]).text().contains("How many"));

    // By the form on the case's page, for the other maker: none of its products is in the draft.
    let page = boss.get(&format!("/weaknesses/cases/{case}")).text();
    assert!(page.contains("value=\"counts\""), "{page}");
    assert!(
        !analyst
            .get(&format!("/weaknesses/cases/{case}"))
            .text()
            .contains("value=\"counts\"")
    );
    let token = boss.get("/v1/me").json()["form"]
        .as_str()
        .unwrap()
        .to_owned();
    let pairs = [
        ("form", token.as_str()),
        ("on", "7"),
        ("act", "counts"),
        ("maker", "Beta Works"),
    ];
    let sent = boss.post(&format!("/weaknesses/cases/{case}"), FORM, &form(&pairs));
    assert!([200, 303].contains(&sent.status), "{}", sent.text());
    assert_eq!(stranger.get(&rooms[1]).json()["counts"], json!({}));
    assert_eq!(on_record().len(), before + 2);
    assert_eq!(stranger.get(&rooms[0]).json()["counts"], told);
}
