//! What is for operators alone reaches those whom it is for, on record, and nobody else. In: an office, nodes of three operators, registered assets, a clock that the test sets. Out: verdicts.
//! Never: a title or an id of what is another's.

use super::publication::draft;
use super::{House, event, good};
use crate::nation::Caller;
use crate::uses::{beside, pause};
use sakimori_control::tls::May;
use sakimori_store::{Change, Paper};
use serde_json::{Value, json};

/// How often it is looked whether work beside the request was done: 10 s.
const LOOKS: u32 = 200;

impl House {
    fn operator(&self, name: &str) -> Caller {
        let address = self.nation.office.address.to_string();
        Caller::peer(&self.office(), &address, name, &[May::Report])
    }

    /// Registers assets of operators at the office, as notices that were taken do.
    fn registered(&self, operators: &[(&str, &str)]) {
        let changes = operators.iter().map(|(operator, product)| {
            let part = json!({ "sector": "electricity", "lines": [{ "number": 1, "count": 4, "version": "3.1",
                "item": { "equipment": "control", "class": "type-1", "product": product, "maker": "Alpha Works" } }] });
            Change::AddPaper(Paper {
                kind: "registered".to_owned(),
                owner: (*operator).to_owned(),
                id: "0000".to_owned(),
                version: 1,
                state: "kept".to_owned(),
                due: None,
                at: self.nation.host.seconds().0,
                by: (*operator).to_owned(),
                body: part.to_string(),
            })
        });
        let changes: Vec<Change> = changes.collect();
        beside(&self.nation, async |access| {
            access.store().apply(&changes).await.unwrap();
        });
    }

    /// A case whose draft goes out ten minutes from the start.
    fn approved(&self, title: &str, tlp: &str, product: &str) -> String {
        let case = self.case(&format!("{title} {tlp}"));
        let boss = self.person("o3");
        let mut draft = draft(title, tlp);
        draft["drafted"]["products"][0]["name"] = json!(product);
        let acts = [
            draft,
            json!({ "hour-set": { "hour": "2026-12-01T09:10:00+09:00", "why": "as agreed" } }),
            json!({ "approved": { "summary": "First version" } }),
        ];
        for (act, on) in acts.iter().zip(4..) {
            good(&event(&boss, &case, on, act));
        }
        case
    }
}

/// Waits until an answer is there: it is made beside the request that lets it.
fn there(caller: &Caller, path: &str) -> String {
    for _ in 0..LOOKS {
        let said = caller.get(path);
        if said.status == 200 {
            return said.text();
        }
        pause();
    }
    panic!("{path} is not there");
}

fn copies(operator: &Caller, most: usize) -> Vec<Value> {
    for _ in 0..LOOKS {
        let copies = operator.get("/v1/products").json();
        let copies = copies.as_array().cloned().unwrap_or_default();
        if copies.len() >= most {
            return copies;
        }
        pause();
    }
    panic!("fewer than {most} copies");
}

#[test]
fn green_reaches_every_operator_amber_those_whom_it_concerns_and_both_nobody_else() {
    let house = House::open();
    let [acme, borea, cosmo] = ["acme", "borea", "cosmo"].map(|name| house.operator(name));
    house.registered(&[("acme", "EX-100"), ("borea", "EX-200")]);
    let first = house.approved("EX-100 forgets its password", "amber", "EX-100");
    let second = house.approved("EX-200 takes commands", "amber+strict", "EX-200");
    let third = house.approved("EX-300 listens", "green", "EX-300");
    assert_eq!(house.releases(), [], "nothing has left before the hour");
    let base = "/.well-known/csaf";
    let amber = format!("{base}/amber/2026/{}.json", first.to_lowercase());
    let strict = format!(
        "{base}/v2.1/amber-strict/2026/{}.json",
        second.to_lowercase()
    );
    let green = format!("{base}/green/2026/{}.json", third.to_lowercase());
    for operator in [&acme, &borea, &cosmo] {
        for path in [&amber, &strict, &green] {
            assert_eq!(operator.get(path).code(), "not-found", "{path}");
        }
    }
    house.set(600);
    assert_eq!(house.stranger().get("/advisories").status, 200);
    // Each has what is for it, and is told of it.
    assert!(there(&acme, &amber).contains("EX-100 forgets"));
    assert!(there(&borea, &strict).contains("EX-200 takes"));
    for (operator, count) in [(&acme, 2), (&borea, 2), (&cosmo, 1)] {
        assert!(there(operator, &green).contains("EX-300 listens"));
        let copies = copies(operator, count);
        assert_eq!(copies.len(), count);
        assert!(copies.iter().any(|copy| copy["tlp"] == "TLP:GREEN"));
    }
    // On record, each with its audience and no other.
    let mut on_record: Vec<Value> = house
        .releases()
        .into_iter()
        .map(|(_, body)| {
            assert_eq!(body["outcome"], "released");
            json!([body["tlp"], body["recipients"]])
        })
        .collect();
    on_record.sort_by_key(ToString::to_string);
    assert_eq!(
        on_record,
        [
            json!(["amber", ["operator/acme"]]),
            json!(["amber+strict", ["operator/borea"]]),
            json!([
                "green",
                ["operator/acme", "operator/borea", "operator/cosmo"]
            ]),
        ]
    );
    // What is another's is not there, in a list or a feed neither.
    for end in ["", ".asc", ".sha256", ".sha512"] {
        for (other, path) in [
            (&borea, &amber),
            (&cosmo, &amber),
            (&acme, &strict),
            (&cosmo, &strict),
        ] {
            assert_eq!(
                other.get(&format!("{path}{end}")).code(),
                "not-found",
                "{path}{end}"
            );
        }
        assert_eq!(acme.get(&format!("{amber}{end}")).status, 200);
    }
    for list in [
        "index.txt",
        "changes.csv",
        "csaf-feed-tlp-amber.json",
        "service.json",
    ] {
        let path = format!("{base}/amber/{list}");
        assert_eq!(acme.get(&path).status, 200, "{path}");
        for other in [&borea, &cosmo, &house.stranger(), &house.person("o1")] {
            assert_eq!(other.get(&path).code(), "not-found", "{path}");
        }
        // 2.1 has both amber cases of two operators only where they are one's own.
        let said = acme.get(&format!("{base}/v2.1/amber/{list}")).text();
        assert!(!said.contains("EX-200") && !said.to_lowercase().contains(&second.to_lowercase()));
    }
    assert_eq!(house.stranger().get(&green).code(), "not-found");
    let commission = Caller::peer(
        &house.office(),
        &house.nation.office.address.to_string(),
        "mirror",
        &[May::Mirror],
    );
    assert_eq!(commission.get(&green).code(), "not-found");
    // An operator whose node comes later is given what is for all with the next tree, and on record.
    let delta = house.operator("delta");
    assert_eq!(delta.get(&green).code(), "not-found");
    house.set(86_400 + 601);
    assert_eq!(house.stranger().get("/advisories").status, 200);
    assert!(there(&delta, &green).contains("EX-300 listens"));
    let last = house.releases().pop().unwrap().1;
    assert_eq!(last["recipients"], json!(["operator/delta"]));
    assert_eq!(house.releases().len(), 4);
}

#[test]
fn two_operators_with_amber_cases_each_see_their_own_lists() {
    let house = House::open();
    let [acme, borea] = ["acme", "borea"].map(|name| house.operator(name));
    house.registered(&[("acme", "EX-100"), ("borea", "EX-200")]);
    let own = house.approved("EX-100 forgets its password", "amber", "EX-100");
    let other = house.approved("EX-200 takes commands", "amber", "EX-200");
    house.set(600);
    assert_eq!(house.stranger().get("/advisories").status, 200);
    let base = "/.well-known/csaf/amber";
    there(&borea, &format!("{base}/index.txt"));
    there(&acme, &format!("{base}/index.txt"));
    for list in ["index.txt", "changes.csv", "csaf-feed-tlp-amber.json"] {
        let (mine, theirs) = (
            acme.get(&format!("{base}/{list}")),
            borea.get(&format!("{base}/{list}")),
        );
        let (mine, theirs) = (mine.text().to_lowercase(), theirs.text().to_lowercase());
        let (own, other) = (own.to_lowercase(), other.to_lowercase());
        assert!(
            mine.contains(&own) && !mine.contains(&other) && !mine.contains("ex-200"),
            "{mine}"
        );
        assert!(
            theirs.contains(&other) && !theirs.contains(&own) && !theirs.contains("ex-100"),
            "{theirs}"
        );
    }
    // The office sees all of it.
    let all = house.person("o3").get(&format!("{base}/index.txt")).text();
    assert_eq!(all.lines().count(), 2);
}
