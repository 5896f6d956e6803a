//! Ten thousand drawn products in collections of every class that leaves, asked for by machines of every kind over every endpoint that shows objects: nobody is shown what class, marking or
//! program do not let it see, and everybody what they do. What is expected is computed here.
//! In: seeds. Out: verdicts. Never: a verdict taken from the program's own judge.

use super::house::{House, Machine};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Classes that leave, the loosest marking of each (0 clear … 4 red), and to whom the law gives it with everything that it asks for.
const CLASSES: [(&str, usize, &[&str]); 4] = [
    (
        "selected",
        3,
        &["state-agency", "police-defence", "carrier"],
    ),
    (
        "integrated",
        3,
        &["state-agency", "police-defence", "carrier"],
    ),
    (
        "integrated-controlled",
        3,
        &[
            "state-agency",
            "police-defence",
            "carrier",
            "foreign-government",
            "council",
            "contractor",
        ],
    ),
    (
        "public-notice",
        0,
        &[
            "state-agency",
            "police-defence",
            "carrier",
            "foreign-government",
            "operator",
            "public",
            "supplier",
            "council",
            "contractor",
        ],
    ),
];
const KINDS: [&str; 11] = [
    "state-agency",
    "police-defence",
    "carrier",
    "foreign-government",
    "operator",
    "public",
    "supplier",
    "council",
    "contractor",
    "reporter",
    "party",
];
/// Markings from the loosest to the strictest, and one that nobody knows, which counts as the strictest.
const MARKINGS: [&str; 6] = [
    "94868c89-83c2-464b-929b-a1a8aa3c8487",
    "bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    "55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    "939a9414-2ddd-4d32-a0cd-375ea402b003",
    "e828b379-4e03-4974-9ac4-e53a884c97c1",
    "5f1b3d4e-17d4-4cbf-938f-98ee46b3cd3f",
];
const TLP: [&str; 5] = ["clear", "green", "amber", "amber+strict", "red"];
const CONDITIONS: [&str; 7] = [
    "need",
    "protection-assessment",
    "equivalent-protection",
    "prior-consent",
    "fix-method",
    "controlled-handling",
    "competent-minister",
];
const PRODUCTS: u32 = 10_000;
const PAGE: usize = 1000;

/// A machine: of which kind, up to which marking, whether it knows TLP 1 alone.
struct Who {
    id: String,
    kind: &'static str,
    tlp: usize,
    old: bool,
}

/// Numbers that look drawn, the same in every run (splitmix64).
struct Drawn(u64);

impl Drawn {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) as usize % end
    }
}

fn machines() -> Vec<Who> {
    let kinds = KINDS.iter().enumerate();
    let each = kinds.flat_map(|(at, kind)| {
        [(at % 5, false), (4, false), (4, true)]
            .into_iter()
            .enumerate()
            .map(move |(number, (tlp, old))| Who {
                id: format!("{kind}-{number}"),
                kind,
                tlp,
                old,
            })
    });
    each.collect()
}

fn collection(at: usize) -> String {
    format!("91a7b528-80eb-42ed-a74d-{at:012x}")
}

/// A plan in which the writer alone has to do with the collections, or in which everybody reads who may. What is here does not go through the gate on its way from the one to the other: here it is asked
/// who sees what, once it is there.
fn plan(all: &[Who], read: bool) -> Value {
    let machines = all.iter().map(|who| {
        let mut machine =
            json!({"id": who.id, "kind": who.kind, "tlp": TLP[who.tlp], "tlp1_only": who.old});
        if who.kind == "council" {
            machine["member"] = json!("acme");
        }
        machine
    });
    let machines = machines.chain([json!({"id": "writer", "kind": "state-agency", "tlp": "red"})]);
    let conditions = CONDITIONS
        .map(|kind| json!({"kind": kind, "until": "2099-01-01T00:00:00Z", "record": "a paper"}));
    let collections = CLASSES.iter().enumerate().map(|(at, (class, _, kinds))| {
        let readers = all.iter().filter(|who| kinds.contains(&who.kind)).map(|who| who.id.clone());
        let readers: Vec<String> = if read { readers.collect() } else { Vec::new() };
        let write: &[&str] = if read { &[] } else { &["writer"] };
        json!({
            "id": collection(at), "title": class, "class": class, "tlp": "red", "read": readers, "write": write,
            "conditions": conditions, "minimised": "a paper",
        })
    });
    json!({
        "title": "An office", "requests_a_minute": 1_000_000, "machines": machines.collect::<Vec<_>>(),
        "roots": [{"name": "all", "title": "All", "collections": collections.collect::<Vec<_>>()}],
    })
}

/// A product: its number, where it is, how it is marked, to what it refers.
#[derive(Clone, Debug)]
struct Product {
    number: u32,
    marking: usize,
    refers: Option<u32>,
}

fn id(number: u32) -> String {
    format!("malware--{number:08x}-17d4-4cbf-938f-98ee46b3cd3f")
}

impl Product {
    fn text(&self) -> String {
        let marked = format!(
            r#","object_marking_refs":["marking-definition--{}"]"#,
            MARKINGS[self.marking]
        );
        let refers = self
            .refers
            .map(|to| format!(r#","x_other_ref":"{}""#, id(to)));
        super::house::thing(
            self.number,
            0,
            &format!("{marked}{}", refers.unwrap_or_default()),
        )
    }
}

/// Ids of all objects that an endpoint gives, page by page.
fn all(machine: &Machine, path: &str) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut next = String::new();
    loop {
        let said = machine.get(&format!("{path}?limit={PAGE}{next}"));
        let ids = said.ids();
        for id in ids {
            assert!(seen.insert(id.clone()), "{id} twice");
        }
        let body = said.json();
        if body["more"] != true {
            return seen;
        }
        next = format!("&next={}", body["next"].as_str().unwrap());
    }
}

/// Products of a class: each refers to one before it at times.
fn products(drawn: &mut Drawn, class: usize) -> Vec<Product> {
    let mut all: Vec<Product> = Vec::new();
    let loosest = CLASSES[class].1;
    for at in 0..PRODUCTS / CLASSES.len() as u32 {
        let number = at * CLASSES.len() as u32 + class as u32;
        let kept = all.iter().rev().filter(|one| one.marking >= loosest);
        let others: Vec<u32> = kept.take(50).map(|one| one.number).collect();
        let refers = !others.is_empty() && drawn.below(5) == 0;
        let refers = refers.then(|| others[drawn.below(others.len())]);
        let marking = drawn.below(MARKINGS.len());
        all.push(Product {
            number,
            marking,
            refers,
        });
    }
    all
}

/// Sends the products of a class; those that are marked looser than it may be are refused, and no other. Gives those that are there.
fn sent(house: &House, products: Vec<Product>, class: usize) -> Vec<Product> {
    let (name, loosest, _) = CLASSES[class];
    let path = format!("/taxii2/all/collections/{}/objects/", collection(class));
    let writer = house.machine("writer");
    for some in products.chunks(500) {
        let texts: Vec<String> = some.iter().map(Product::text).collect();
        let said = writer.post(&path, &texts).json();
        assert_eq!(said["status"], "complete", "{said}");
        let failures = said["failures"].as_array().cloned().unwrap_or_default();
        let id_of = |one: &Value| one["id"].as_str().unwrap().to_owned();
        let failed: BTreeSet<String> = failures.iter().map(id_of).collect();
        for one in some {
            let loose = one.marking < loosest;
            assert_eq!(failed.contains(&id(one.number)), loose, "{name}: {one:?}");
        }
    }
    let fits = products.into_iter().filter(|one| one.marking >= loosest);
    fits.collect()
}

/// Which of the products of a class a caller sees, and which not: by its own marking and those of all that it leads to.
fn judged<'p>(caller: &Who, kept: &'p [Product]) -> (Vec<&'p Product>, Vec<&'p Product>) {
    let known: BTreeMap<u32, &Product> = kept.iter().map(|one| (one.number, one)).collect();
    // The strictest is both what red is and what nobody knows.
    let own = |one: &Product| one.marking.min(4) <= caller.tlp && !(caller.old && one.marking == 3);
    kept.iter().partition(|one| {
        let mut at = Some(*one);
        while let Some(one) = at {
            if !own(one) {
                return false;
            }
            at = one.refers.and_then(|to| known.get(&to).copied());
        }
        true
    })
}

/// Holds every endpoint that shows objects to what the caller may see of a class; gives how much that is.
fn held(caller: &Who, machine: &Machine, class: usize, kept: &[Product]) -> usize {
    let (name, _, kinds) = CLASSES[class];
    let base = format!("/taxii2/all/collections/{}", collection(class));
    if !kinds.contains(&caller.kind) {
        for path in ["/", "/objects/", "/manifest/"] {
            machine.get(&format!("{base}{path}")).refused(404);
        }
        return 0;
    }
    let (may, may_not) = judged(caller, kept);
    let expected: BTreeSet<String> = may.iter().map(|one| id(one.number)).collect();
    for path in ["objects/", "manifest/"] {
        let found = all(machine, &format!("{base}/{path}"));
        assert_eq!(found.len(), expected.len(), "{}: {name} {path}", caller.id);
        assert!(found == expected, "{}: {name} {path}", caller.id);
    }
    // One by one, some of them: what is hidden is not there, in no list of versions neither.
    for (some, there) in [(may, true), (may_not, false)] {
        for one in some.iter().take(3) {
            for path in ["", "versions/"] {
                let said = machine.get(&format!("{base}/objects/{}/{path}", id(one.number)));
                let body = said.json();
                let lists = ["objects", "versions"].map(|name| body.get(name).is_some());
                let found = said.status == 200 && lists.contains(&true);
                assert_eq!(
                    found,
                    there,
                    "{}: {name} {one:?} {}",
                    caller.id,
                    said.text()
                );
            }
        }
    }
    expected.len()
}

#[test]
fn nobody_is_shown_what_class_marking_or_program_do_not_let_it_see_over_any_endpoint() {
    let who = machines();
    let mut house = House::start(&plan(&who, false));
    let mut drawn = Drawn(7);
    let classes = 0..CLASSES.len();
    let kept: Vec<Vec<Product>> = classes
        .map(|class| sent(&house, products(&mut drawn, class), class))
        .collect();
    let there: usize = kept.iter().map(Vec::len).sum();
    assert!(there < PRODUCTS as usize - 3000, "{there} of {PRODUCTS}");
    house.plan(&plan(&who, true));
    let options =
        crate::nation::options(sakimori_node::Role::Office, &house.folder.path().join("a"));
    let given = sakimori_node::start(&options, &house.host);
    let given = sakimori_control::error::told(&given.err().unwrap());
    assert!(given.contains("no release gate let go"), "{given}");
    std::fs::remove_dir_all(house.office().join("taxii/ungated")).unwrap();
    house.seated("acme");
    house.again();
    let mut shown = 0;
    for caller in &who {
        let machine = house.machine(&caller.id);
        for (class, kept) in kept.iter().enumerate() {
            shown += held(caller, &machine, class, kept);
        }
    }
    assert!(shown > 10_000, "{shown}");
}

/// A product for a collection.
fn of_the_office(collection: &str, recipients: &Value) -> Value {
    json!({
        "indicators": ["198.51.100.9", "c2.example.net"], "words": "Look for these.", "tlp": "green", "pap": "amber",
        "recipients": recipients, "collection": collection, "basis": "Act 42/2025 art. 40", "rights": "None is touched.",
    })
}

#[test]
fn a_product_of_the_office_is_in_the_collection_of_those_who_are_named() {
    let mut plan = super::house::plan();
    // The readers of the one collection are two operators; of the other somebody else too.
    plan["roots"][0]["collections"][0]["read"] = json!(["reader", "other"]);
    let house = House::start(&plan);
    let address = house.running.as_ref().unwrap().address.to_string();
    let mut supervisor = crate::nation::Caller::stranger(&house.office(), &address);
    supervisor.sign_in(sakimori_node::Role::Office, "o3");
    let both = || json!(["operator/reader", "operator/other"]);
    let open = super::house::OPEN;
    let refused = |collection: &str, recipients: Value| {
        let said = supervisor.post_json("/v1/products", &of_the_office(collection, &recipients));
        (
            said.code(),
            said.json()["detail"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        )
    };
    let one = refused(open, json!(["operator/reader"]));
    assert_eq!(
        one,
        (
            "refused".to_owned(),
            "collection: `other` reads it and is not among the recipients".to_owned()
        )
    );
    assert_eq!(
        refused("64993447-4d7e-4f70-b94d-d7f33742ee63", both()).0,
        "refused",
        "an agency reads it"
    );
    assert_eq!(
        refused("00000000-0000-4000-8000-000000000000", both()).0,
        "not-found"
    );
    assert_eq!(
        house
            .machine("reader")
            .get(&super::house::open("objects/"))
            .ids(),
        Vec::<String>::new()
    );
    for round in 1..3 {
        let said = supervisor.post_json("/v1/products", &of_the_office(open, &both()));
        assert_eq!(said.status, 200, "{}", said.text());
        assert_eq!(
            said.json()["objects"],
            6,
            "maker, two markings, two indicators, a note"
        );
        for name in ["reader", "other"] {
            let objects = house
                .machine(name)
                .get(&super::house::open("objects/?match[type]=indicator"))
                .json();
            let patterns: Vec<&Value> = objects["objects"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| &one["pattern"])
                .collect();
            assert_eq!(patterns.len(), 2 * round, "{objects}");
            assert_eq!(patterns[0], "[ipv4-addr:value = '198.51.100.9']");
        }
    }
}
