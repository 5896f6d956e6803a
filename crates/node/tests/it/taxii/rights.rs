//! Who may do what, and what each is shown.
//! In: machines with their tokens and certificates. Out: verdicts. Never: an address beyond loopback.

use super::house::{AMBER_STRICT, GREEN, House, OWN, RED, id, marked, open, plan, thing};
use crate::nation::options;
use sakimori_control::error::told;
use sakimori_node::{Role, start};
use serde_json::{Value, json};

#[test]
fn a_machine_signs_in_by_basic_token_or_certificate_and_nobody_else_does() {
    use base64::Engine;
    let house = House::start(&plan());
    let basic = |name: &str, password: &str| {
        let text = base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}"));
        house
            .stranger()
            .with("authorization", &format!("Basic {text}"))
    };
    let token = house.token("reader");
    for caller in [
        basic("reader", token),
        house.machine("reader"),
        house.certified("reader"),
    ] {
        let said = caller.get("/taxii2/");
        assert_eq!(said.status, 200, "{}", said.text());
        assert_eq!(said.json()["api_roots"].as_array().unwrap().len(), 2);
    }
    for caller in [
        house.stranger(),
        basic("reader", "sak_wrong"),
        basic("other", token),
        basic("reader", ""),
        house.stranger().with("authorization", "Digest x"),
        house
            .stranger()
            .with("cookie", "__Host-sakimori=test-session-of-o1-at-the-office"),
    ] {
        for path in ["/taxii2/", "/taxii2/notices/", "/taxii2/nowhere/"] {
            let said = caller.get(path);
            let challenge = said.refused(401).header("www-authenticate").unwrap();
            assert!(challenge.starts_with("Basic realm="), "{challenge}");
        }
    }
    // A machine that is known to the node and to no collection sees an empty house.
    let unknown = house.machine("unknown");
    assert_eq!(unknown.get("/taxii2/").json().get("api_roots"), None);
    unknown.get("/taxii2/notices/").refused(404);
}

#[test]
fn one_right_is_told_by_403_and_none_by_404() {
    let house = House::start(&plan());
    let letters = "/taxii2/notices/collections/64993447-4d7e-4f70-b94d-d7f33742ee63/";
    let objects = format!("{letters}objects/");
    let [writer, reader, other] = ["writer", "reader", "other"].map(|name| house.machine(name));
    let of = |caller: &super::house::Machine| {
        let said = caller.get("/taxii2/notices/collections/").json();
        let all = said["collections"].as_array().cloned().unwrap_or_default();
        let rights = |one: &Value| (one["can_read"] == true, one["can_write"] == true);
        all.iter().map(rights).collect::<Vec<_>>()
    };
    assert_eq!(of(&writer), [(true, true), (true, false)]);
    assert_eq!(of(&reader), [(true, false), (false, true)]);
    assert_eq!(of(&other), [(true, true)]);
    assert_eq!(
        of(&house.machine("other reads")),
        [(true, false)],
        "the token's leave counts too"
    );
    assert_eq!(reader.post(&objects, &[thing(1, 0, "")]).status, 202);
    reader.get(&objects).refused(403);
    reader.get(&format!("{letters}manifest/")).refused(403);
    reader.delete(&format!("{objects}{}/", id(1))).refused(403);
    assert_eq!(writer.get(&objects).ids(), [id(1)]);
    writer.post(&objects, &[thing(2, 0, "")]).refused(403);
    writer.delete(&format!("{objects}{}/", id(1))).refused(403);
    for path in [
        letters.to_owned(),
        objects.clone(),
        format!("{letters}manifest/"),
    ] {
        other.get(&path).refused(404);
    }
    other.post(&objects, &[thing(2, 0, "")]).refused(404);
    other.delete(&format!("{objects}{}/", id(1))).refused(404);
    house
        .machine("other reads")
        .post(&open("objects/"), &[thing(3, 0, "")])
        .refused(403);
    // One operator's own root is nobody else's: neither named nor there.
    let own = format!("/taxii2/own/collections/{OWN}/objects/");
    assert_eq!(writer.post(&own, &[thing(5, 0, "")]).status, 202);
    assert_eq!(reader.get(&own).ids(), [id(5)]);
    for path in ["/taxii2/own/", "/taxii2/own/collections/", own.as_str()] {
        let [hidden, absent] =
            [path.to_owned(), path.replace("/own/", "/none/")].map(|path| other.get(&path));
        let said = |said: &super::house::Said| said.refused(404).json()["description"].clone();
        assert_eq!(
            said(&hidden),
            said(&absent),
            "what is not one's own is not there"
        );
    }
    assert!(!other.get("/taxii2/").text().contains("own"));
}

#[test]
fn what_a_machine_may_not_see_is_in_no_list_count_or_header() {
    let house = House::start(&plan());
    let writer = house.machine("writer");
    let refers = |number: u32| format!(r#","x_other_ref":"{}""#, id(number));
    let more = |parts: &[String]| parts.concat();
    let sent = [
        thing(1, 0, &marked(GREEN)),
        thing(2, 0, &marked(AMBER_STRICT)),
        thing(3, 0, &marked(RED)),
        thing(4, 0, ""),
        thing(5, 0, &marked("8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f")),
        thing(6, 0, &more(&[marked(GREEN), refers(3)])),
        thing(7, 0, &marked("613f2e26-407d-48c7-9eca-b8e91df99dc9")),
    ];
    let said = writer.post(&open("objects/"), &sent).json();
    assert_eq!(said["success_count"], 7, "{said}");
    let numbers = |name: &str| house.machine(name).get(&open("objects/")).ids();
    let all: Vec<String> = (1..=7).map(id).collect();
    assert_eq!(numbers("writer"), all);
    // What is not marked counts as the strictest of its collection; an unknown marking too.
    assert_eq!(numbers("green"), [id(1), id(7)]);
    // Programs of TLP 1 have no word for AMBER+STRICT, and are not told AMBER.
    let old: Vec<String> = [1, 3, 4, 5, 6, 7].map(id).into();
    assert_eq!(numbers("old"), old);
    let green = house.machine("green");
    let last =
        |said: &super::house::Said| said.header("x-taxii-date-added-last").unwrap().to_owned();
    let page = green.get(&open("objects/?limit=2"));
    assert!(page.json().get("more").is_none());
    let manifest = writer.get(&open("manifest/")).json();
    assert_eq!(
        last(&page),
        manifest["objects"][6]["date_added"].as_str().unwrap()
    );
    assert_eq!(green.get(&open("manifest/")).ids(), [id(1), id(7)]);
    for number in [2, 3, 4, 5, 6] {
        for rest in ["", "versions/"] {
            green
                .get(&open(&format!("objects/{}/{rest}", id(number))))
                .refused(404);
        }
    }
    // A stricter marking than the collection's is refused with its reason, and the rest is taken.
    let own = format!("/taxii2/own/collections/{OWN}/objects/");
    let said = writer
        .post(&own, &[thing(1, 0, &marked(RED)), thing(2, 0, "")])
        .json();
    assert_eq!(
        (&said["success_count"], &said["failure_count"]),
        (&json!(1), &json!(1))
    );
    let message = said["failures"][0]["message"].as_str().unwrap();
    assert!(message.contains("stricter than TLP:AMBER"), "{message}");
}

#[test]
fn an_object_is_taken_away_with_all_its_versions_or_the_one_that_is_named() {
    let house = House::start(&plan());
    let writer = house.machine("writer");
    let versions = [
        thing(1, 0, ""),
        thing(1, 5, ""),
        thing(1, 9, ""),
        thing(2, 0, ""),
        thing(2, 5, ""),
    ];
    assert_eq!(
        writer.post(&open("objects/"), &versions).json()["success_count"],
        5
    );
    let path = |number: u32, rest: &str| open(&format!("objects/{}/{rest}", id(number)));
    let listed = |number| {
        writer.get(&path(number, "versions/")).json()["versions"]
            .as_array()
            .map(Vec::len)
    };
    assert_eq!(listed(1), Some(3));
    assert_eq!(writer.delete(&path(2, "?match[version]=first")).status, 200);
    assert_eq!(listed(2), Some(1));
    writer
        .delete(&path(2, "?match[version]=2016-01-01T00:00:00Z"))
        .refused(404);
    writer.delete(&path(2, "?limit=1")).refused(400);
    assert_eq!(writer.delete(&path(1, "")).status, 200);
    writer.get(&path(1, "")).refused(404);
    writer.delete(&path(1, "")).refused(404);
    assert_eq!(
        writer.get(&open("objects/?match[version]=all")).ids(),
        [id(2)]
    );
    let stranger = house.machine("green");
    stranger.delete(&path(2, "")).refused(403);
}

#[test]
fn a_position_is_its_caller_s_and_outlives_the_node() {
    let mut house = House::start(&plan());
    let all: Vec<String> = (0..5).map(|n| thing(n, 0, "")).collect();
    assert_eq!(
        house.machine("writer").post(&open("objects/"), &all).status,
        202
    );
    let page = house
        .machine("reader")
        .get(&open("objects/?limit=2"))
        .json();
    let next = page["next"].as_str().unwrap().to_owned();
    let with = |rest: &str| open(&format!("objects/?next={next}{rest}"));
    house.machine("other").get(&with("")).refused(400);
    house
        .machine("reader")
        .get(&with("&match[type]=tool"))
        .refused(400);
    house.again();
    let said = house.machine("reader").get(&with("&limit=1"));
    assert_eq!(said.status, 200, "{}", said.text());
}

#[test]
fn without_a_file_there_is_no_taxii_and_a_wrong_one_stops_the_start() {
    let mut house = House::start(&plan());
    let file = house.office().join("taxii.json");
    house.running = None;
    let mut wrong = plan();
    wrong["roots"][0]["collections"][0]["class"] = json!("integrated-controlled");
    house.plan(&wrong);
    let options = options(Role::Office, &house.folder.path().join("a"));
    let refused = start(&options, &house.host).err().unwrap();
    let words = told(&refused);
    assert!(
        words.contains("taxii.json") && words.contains("roots[0].collections[0].read[0]"),
        "{words}"
    );
    std::fs::remove_file(file).unwrap();
    house.again();
    let said = house.machine("reader").get("/taxii2/");
    assert_eq!(said.status, 404);
    assert_eq!(said.json()["code"], "not-found");
}
