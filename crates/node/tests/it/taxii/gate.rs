//! What a machine posts for others goes through the release gate: it waits for a supervisor, or one has approved of all of it beforehand.
//! In: posts, decisions of people. Out: verdicts. Never: an address beyond loopback.

use super::house::{House, OPEN, OWN, Said, approved, id, open, plan, thing};
use crate::nation::{Caller, options};
use crate::uses::pause;
use sakimori_control::error::told;
use sakimori_control::journal::{Deed, Journal};
use sakimori_control::tls::May;
use sakimori_control::{Node, keys};
use sakimori_custody::entry::EntryType;
use sakimori_node::taxii::decide::{Desk, NotDecided, Word};
use sakimori_node::taxii::inbox::Outcome;
use sakimori_node::{Role, start};
use sakimori_release::PseudonymKey;
use sakimori_release::record::Record;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A plan whose first collection has an inbox.
fn waiting() -> Value {
    let mut plan = plan();
    let collection = plan["roots"][0]["collections"][0].as_object_mut().unwrap();
    collection.remove("gate");
    collection.insert("inbox".to_owned(), json!(true));
    plan
}

fn words() -> Value {
    json!({"basis": "Act 42/2025 art. 40", "rights": "No identifier of a party is in it."})
}

fn rows(said: &crate::nation::Said) -> Vec<Value> {
    assert_eq!(said.status, 200, "{}", said.text());
    said.json()["rows"].as_array().unwrap().clone()
}

/// Posts things, which wait; the id of the status.
fn posted(house: &House, numbers: std::ops::Range<u32>) -> String {
    let all: Vec<String> = numbers.clone().map(|n| thing(n, 0, "")).collect();
    let said = house.machine("writer").post(&open("objects/"), &all);
    assert_eq!(said.status, 202, "{}", said.text());
    let said = said.json();
    assert_eq!(
        (
            &said["status"],
            &said["pending_count"],
            &said["success_count"]
        ),
        (&json!("pending"), &json!(numbers.len()), &json!(0))
    );
    said["id"].as_str().unwrap().to_owned()
}

fn status(house: &House, id: &str) -> Said {
    house
        .machine("writer")
        .get(&format!("/taxii2/notices/status/{id}/"))
}

fn path(id: &str, rest: &str) -> String {
    format!("/v1/shared/posts/writer/{id}{rest}")
}

fn shown(house: &House) -> Vec<String> {
    house
        .machine("reader")
        .get(&open("objects/?limit=1000"))
        .ids()
}

/// Waits until a reader is shown so many objects.
fn comes(house: &House, count: usize) {
    let reader = house.machine("reader");
    let there = (0..2400).any(|_| {
        pause();
        reader.get(&open("manifest/?limit=1000")).ids().len() == count
    });
    assert!(there, "{} and not {count}", shown(house).len());
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one story, told from its beginning to its end"
)]
fn a_post_waits_and_is_seen_once_a_supervisor_let_it_go_with_an_entry_that_names_its_readers() {
    let house = House::start(&waiting());
    let (one, sent) = (
        posted(&house, 0..3),
        [thing(0, 0, ""), thing(1, 0, ""), thing(2, 0, "")],
    );
    let supervisor = house.person("o3");
    // Nobody is shown it, the machine that wrote it neither, and nothing is on record.
    for name in ["reader", "other", "writer"] {
        let machine = house.machine(name);
        assert_eq!(machine.get(&open("objects/")).ids(), Vec::<String>::new());
        assert_eq!(machine.get(&open("manifest/")).ids(), Vec::<String>::new());
        machine
            .get(&open(&format!("objects/{}/", id(0))))
            .refused(404);
    }
    assert_eq!(status(&house, &one).json()["status"], "pending");
    let other = house.machine("other");
    other
        .get(&format!("/taxii2/notices/status/{one}/"))
        .refused(404);
    assert_eq!(house.releases(), []);
    // Supervisors alone look and decide.
    for who in ["o1", "o2", "a1", "admin"] {
        let person = house.person(who);
        for rest in ["", "/envelope"] {
            assert_eq!(person.get(&path(&one, rest)).code(), "not-allowed", "{who}");
        }
        assert_eq!(person.get("/v1/shared/posts").code(), "not-allowed");
        let said = person.post_json(&path(&one, "/release"), &words());
        assert_eq!(said.code(), "not-allowed", "{who}");
        let said = person.post_json(&path(&one, "/refusal"), &json!({"reason": "x"}));
        assert_eq!(said.code(), "not-allowed", "{who}");
    }
    let all = rows(&supervisor.get("/v1/shared/posts"));
    assert_eq!(all.len(), 1);
    assert_eq!(
        (&all[0]["state"], &all[0]["objects"], &all[0]["kinds"]),
        (&json!("waits"), &json!(3), &json!({"malware": 3}))
    );
    assert_eq!(all[0]["class"], "public-notice");
    assert_eq!(all[0]["readers"].as_array().unwrap().len(), 5);
    let look = supervisor.get(&path(&one, "")).json();
    assert_eq!(look["first"][1]["id"], id(1));
    let envelope = supervisor.get(&path(&one, "/envelope"));
    let expected = format!(r#"{{"objects":[{}]}}"#, sent.join(","));
    assert_eq!(envelope.text(), expected, "byte for byte");
    // What the gate refuses is on record, and nothing is decided.
    let refused = supervisor.post_json(
        &path(&one, "/release"),
        &json!({"basis": " ", "rights": "x"}),
    );
    assert_eq!(refused.code(), "refused");
    assert_eq!(house.releases()[0].1["outcome"], "BASIS_MISSING");
    assert_eq!(shown(&house), Vec::<String>::new());
    let gone = supervisor.post_json(&path(&one, "/release"), &words());
    assert_eq!(gone.status, 200, "{}", gone.text());
    let on_record = house.releases();
    let (index, entry) = &on_record[1];
    assert_eq!(gone.json()["entry"], *index);
    assert_eq!(
        (&entry["outcome"], &entry["actor"]),
        (&json!("released"), &json!("o3"))
    );
    assert_eq!(entry["class_to"], "public-notice");
    let digest: [u8; 32] = Sha256::digest(expected.as_bytes()).into();
    assert_eq!(entry["product_sha256"], sakimori_custody::ids::hex(&digest));
    let mut named: Vec<&str> = entry["recipients"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v.as_str().unwrap())
        .collect();
    named.sort_unstable();
    let expected = [
        "contractor/green",
        "contractor/old",
        "operator/other",
        "operator/reader",
        "state-agency/writer",
    ];
    assert_eq!(named, expected);
    assert_eq!(shown(&house), [id(0), id(1), id(2)]);
    let done = status(&house, &one).json();
    assert_eq!(
        (&done["status"], &done["success_count"], &done["id"]),
        (&json!("complete"), &json!(3), &json!(one))
    );
    for rest in ["/release", "/refusal"] {
        let body = if rest == "/release" {
            words()
        } else {
            json!({"reason": "x"})
        };
        assert_eq!(
            supervisor.post_json(&path(&one, rest), &body).code(),
            "conflict"
        );
    }
    assert_eq!(supervisor.get(&path(&one, "/envelope")).code(), "not-found");
    for bad in [
        "/v1/shared/posts/reader/x",
        "/v1/shared/posts/..%2f/x",
        &path("0cee4c1e-33ba-4a4e-9d22-3f1bca3a2d00", ""),
    ] {
        assert_eq!(supervisor.get(bad).code(), "not-found", "{bad}");
    }
}

#[test]
fn what_is_not_let_go_is_nowhere_and_its_sender_is_told_no_more_than_that() {
    let house = House::start(&waiting());
    let one = posted(&house, 0..2);
    let supervisor = house.person("o3");
    let said = supervisor.post_json(
        &path(&one, "/refusal"),
        &json!({"reason": "a plant is named"}),
    );
    assert_eq!(said.status, 200, "{}", said.text());
    assert_eq!(said.json()["entry"], Value::Null);
    let done = status(&house, &one);
    assert!(!done.text().contains("a plant"), "{}", done.text());
    let done = done.json();
    assert_eq!(
        (&done["status"], &done["failure_count"]),
        (&json!("complete"), &json!(2))
    );
    assert_eq!(
        done["failures"][0]["message"],
        "the office did not let it go"
    );
    assert_eq!(shown(&house), Vec::<String>::new());
    assert_eq!(house.releases(), []);
    let all = rows(&supervisor.get("/v1/shared/posts"));
    assert_eq!(
        (&all[0]["state"], &all[0]["reason"]),
        (&json!("kept"), &json!("a plant is named"))
    );
    // The same may be sent again, and waits again.
    posted(&house, 0..2);
}

#[test]
fn pages_show_what_waits_and_decide_one_at_a_time() {
    let house = House::start(&waiting());
    let more = r#","description":"<script>alert(1)</script>""#;
    let said = house
        .machine("writer")
        .post(&open("objects/"), &[thing(1, 0, more)]);
    let one = said.json()["id"].as_str().unwrap().to_owned();
    let supervisor = house.person("o3");
    let list = supervisor.get("/shared").text();
    let here = format!("/shared/posts/writer/{one}");
    assert!(list.contains(&here), "{list}");
    let page = supervisor.get(&here).text();
    assert!(
        page.contains("&lt;script&gt;") && !page.contains("<script>"),
        "{page}"
    );
    assert!(page.contains("operator/reader"), "{page}");
    let made = token(&page);
    let forged = "form=x&act=release&basis=a&rights=b";
    assert_eq!(form(&supervisor, &here, forged).code(), "forged-form");
    assert_eq!(shown(&house), Vec::<String>::new());
    let good = format!("form={made}&act=release&basis=art.+40&rights=none");
    let done = form(&supervisor, &here, &good);
    assert!([200, 303].contains(&done.status), "{}", done.text());
    assert_eq!(shown(&house), [id(1)]);
    assert!(!supervisor.get(&here).text().contains("name=\"basis\""));
    let officer = house.person("o2").get("/shared").text();
    assert!(!officer.contains(&here), "supervisors alone see what waits");
}

fn form(by: &Caller, path: &str, body: &str) -> crate::nation::Said {
    by.post(path, "application/x-www-form-urlencoded", body.as_bytes())
}

fn token(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"form\" value=\"").unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

/// Decides as a program beside the node does.
fn beside(house: &House, id: &str, by: &str) -> Result<Outcome, NotDecided> {
    let node = Node::at(house.folder.path().join("a"));
    let desk = Desk::open(&house.office()).unwrap().unwrap();
    let office = keys::read(&node.office_key("office")).unwrap();
    let enter = |record: &Record| -> Result<u64, NotDecided> {
        let mut journal = Journal::begin(&node.ledger().socket, Some(&office), &house.host)?;
        let deed = Deed {
            kind: EntryType::Release,
            authority: [0; 32],
            counters: record.counters.to_vec(),
            body: record.body.clone(),
        };
        Ok(journal.record(deed)?.0)
    };
    let word = Word::Release {
        basis: "Act 42/2025 art. 40",
        rights: "none",
    };
    let with = (house.host.seconds(), &PseudonymKey::new([1; 32]));
    let post = desk.decide(("writer", id), (&by.parse().unwrap(), word), with, enter)?;
    Ok(post.decision.unwrap().outcome)
}

#[test]
fn a_decision_made_beside_the_node_is_settled_by_it_and_a_stop_loses_none() {
    let mut house = House::start(&waiting());
    let one = posted(&house, 0..2500);
    house.again();
    assert_eq!(status(&house, &one).json()["status"], "pending");
    assert_eq!(shown(&house), Vec::<String>::new());
    assert!(matches!(
        beside(&house, &one, "o3"),
        Ok(Outcome::LetGo { .. })
    ));
    assert!(matches!(
        beside(&house, &one, "o3"),
        Err(NotDecided::Before)
    ));
    house.again();
    comes(&house, 1000);
    let done = (0..2400).any(|_| {
        pause();
        status(&house, &one).json()["status"] == "complete"
    });
    assert!(done);
    assert_eq!(status(&house, &one).json()["success_count"], 2500);
    assert_eq!(house.releases().len(), 1);
}

#[test]
fn an_entry_that_does_not_name_a_reader_of_today_lets_nothing_go() {
    let mut narrow = waiting();
    narrow["roots"][0]["collections"][0]["read"] = json!(["reader"]);
    let mut house = House::start(&narrow);
    let one = posted(&house, 0..2);
    // It is decided, and before it is settled the node stops and somebody else is given the collection.
    house.running.take().unwrap().stop();
    let desk = Desk::open(&house.office()).unwrap().unwrap();
    let word = Word::Release {
        basis: "a",
        rights: "b",
    };
    let with = (house.host.seconds(), &PseudonymKey::new([1; 32]));
    let enter = |_: &Record| -> Result<u64, NotDecided> { Ok(9) };
    desk.decide(
        ("writer", &one),
        (&"o3".parse().unwrap(), word),
        with,
        enter,
    )
    .unwrap();
    house.plan(&waiting());
    house.again();
    let supervisor = house.person("o3");
    let again = (0..1200).any(|_| {
        pause();
        rows(&supervisor.get("/v1/shared/posts"))[0]["state"] == "waits"
    });
    assert!(again, "it waits for a decision on today's readers");
    assert_eq!(shown(&house), Vec::<String>::new());
    let said = supervisor.post_json(&path(&one, "/release"), &words());
    assert_eq!(said.status, 200, "{}", said.text());
    assert_eq!(shown(&house), [id(0), id(1)]);
}

#[test]
fn a_standing_approval_lets_each_post_go_with_an_entry_of_its_own_while_it_holds() {
    let mut house = House::start(&plan());
    let writer = house.machine("writer");
    for number in 0..3 {
        let said = writer
            .post(&open("objects/"), &[thing(number, 0, "")])
            .json();
        assert_eq!(said["status"], "complete", "{said}");
    }
    let on_record = house.releases();
    assert_eq!(on_record.len(), 3);
    for (number, (_, entry)) in (0..).zip(&on_record) {
        assert_eq!(
            (&entry["actor"], &entry["outcome"]),
            (&json!("o3"), &json!("released"))
        );
        let basis = entry["basis"].as_str().unwrap();
        assert_eq!(
            basis,
            "standing approval until 2099-01-01T00:00:00Z: a test"
        );
        let envelope = format!(r#"{{"objects":[{}]}}"#, thing(number, 0, ""));
        let digest: [u8; 32] = Sha256::digest(envelope.as_bytes()).into();
        assert_eq!(entry["product_sha256"], sakimori_custody::ids::hex(&digest));
        assert_eq!(entry["recipients"].as_array().unwrap().len(), 5);
    }
    // A post of which nothing is taken is no release.
    let bad = writer.post(&open("objects/"), &["{}".to_owned()]).json();
    assert_eq!(
        (&bad["failure_count"], house.releases().len()),
        (&json!(1), 3)
    );
    // Of somebody who may not let products go, or that has ended, it lets nothing go: the post waits.
    for (field, value) in [
        ("by", "o2"),
        ("by", "nobody"),
        ("until", "2020-01-01T00:00:00Z"),
    ] {
        let mut other = plan();
        other["roots"][0]["collections"][0]["gate"] = approved();
        other["roots"][0]["collections"][0]["gate"][field] = json!(value);
        house.plan(&other);
        house.again();
        posted(&house, 50..51);
        assert_eq!(shown(&house).len(), 3, "{field} {value}");
    }
    assert_eq!(house.releases().len(), 3);
    assert_eq!(rows(&house.person("o3").get("/v1/shared/posts")).len(), 3);
}

#[test]
fn who_has_too_much_waiting_is_told_to_come_back_and_holds_up_nobody_else() {
    let house = House::start(&waiting());
    for number in 0..64 {
        posted(&house, number..number + 1);
    }
    let said = house
        .machine("writer")
        .post(&open("objects/"), &[thing(70, 0, "")]);
    assert_eq!(said.refused(429).header("retry-after"), Some("3600"));
    let said = house
        .machine("other")
        .post(&open("objects/"), &[thing(71, 0, "")]);
    assert_eq!(said.status, 202, "{}", said.text());
}

#[test]
fn what_one_wrote_for_itself_is_not_given_to_another_by_an_edited_file() {
    let mut alone = plan();
    alone["roots"][1]["collections"][0] = json!({
        "id": OWN, "title": "Own", "class": "public-notice", "tlp": "amber", "read": ["writer"], "write": ["writer"],
    });
    let mut house = House::start(&alone);
    let own = format!("/taxii2/own/collections/{OWN}/objects/");
    let writer = house.machine("writer");
    assert_eq!(
        writer.post(&own, &[thing(1, 0, "")]).json()["status"],
        "complete"
    );
    assert_eq!(house.releases(), [], "nobody else was given anything");
    alone["roots"][1]["collections"][0]["read"] = json!(["writer", "reader"]);
    alone["roots"][1]["collections"][0]["gate"] = approved();
    house.plan(&alone);
    house.running.take().unwrap().stop();
    let options = options(Role::Office, &house.folder.path().join("a"));
    let refused = told(&start(&options, &house.host).err().unwrap());
    assert!(
        refused.contains("roots[1].collections[0].read"),
        "{refused}"
    );
    assert!(refused.contains("no release gate let go"), "{refused}");
    assert!(!OPEN.is_empty());
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one story, told from its beginning to its end"
)]
fn a_machine_of_the_council_reads_while_its_member_is_one_and_nobody_writes_what_it_reads() {
    let club = "7b3c9d5e-1111-4cbf-938f-98ee46b3cd3f";
    let mut council = plan();
    let machines = council["machines"].as_array_mut().unwrap();
    for (id, member) in [("seat-a", "acme"), ("seat-b", "borea")] {
        machines.push(json!({"id": id, "kind": "council", "tlp": "red", "member": member}));
    }
    council["roots"].as_array_mut().unwrap().push(json!({
        "name": "council", "title": "The council",
        "collections": [{
            "id": club, "title": "Submissions", "class": "integrated-controlled", "tlp": "red", "read": ["seat-a", "seat-b"],
        }],
    }));
    let house = House::start(&council);
    let objects = format!("/taxii2/council/collections/{club}/objects/");
    let [a, b] = ["seat-a", "seat-b"].map(|name| house.machine(name));
    for machine in [&a, &b] {
        machine.get(&objects).refused(404);
        machine.get("/taxii2/council/").refused(404);
        assert_eq!(machine.get("/taxii2/").json().get("api_roots"), None);
    }
    let officer = house.person("o2");
    let joins = |member: &str| {
        let invited = officer.post_json("/v1/council/members", &json!({"member": member}));
        assert_eq!(invited.status, 204, "{}", invited.text());
        let (at, may) = (format!("127.0.0.1:{}", house.port()), [May::Report]);
        let node = Caller::peer(&house.office(), &at, member, &may);
        let said = node.post_json("/v1/council/consent", &json!({"by": "h.abe"}));
        assert_eq!(said.status, 200, "{}", said.text());
    };
    joins("acme");
    assert_eq!(a.get(&objects).ids(), Vec::<String>::new());
    b.get(&objects).refused(404);
    // A product of the office is no submission.
    let supervisor = house.person("o3");
    let product = json!({
        "indicators": ["198.51.100.9"], "words": "Look for this.", "tlp": "red", "pap": "amber", "basis": "a", "rights": "b",
        "recipients": ["operator/acme"], "collection": club,
    });
    let refused = supervisor.post_json("/v1/products", &product);
    assert!(
        refused
            .text()
            .contains("submissions with their opinion alone"),
        "{}",
        refused.text()
    );
    let submission = json!({
        "class": "integrated-controlled", "words": "Valve controllers are searched for.", "tlp": "amber+strict", "pap": "amber",
        "opinion": {"text": "For engineers alone.", "tlp": "amber+strict"},
    });
    let submitted = |supervisor: &Caller, more: Value| {
        let said = officer
            .post_json("/v1/council/submissions", &submission)
            .json();
        let path = format!(
            "/v1/council/submissions/{}/{}/release",
            said["submitter"].as_str().unwrap(),
            said["id"].as_str().unwrap()
        );
        let mut body = words();
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        supervisor.post_json(&path, &body)
    };
    let refused = submitted(&supervisor, json!({"collection": club}));
    assert!(
        refused.text().contains("`seat-b` reads it"),
        "{}",
        refused.text()
    );
    joins("borea");
    let given = submitted(&supervisor, json!({"collection": club}));
    assert_eq!(given.status, 200, "{}", given.text());
    let notes = |machine: &super::house::Machine| {
        let page = machine.get(&format!("{objects}?match[type]=note")).json();
        let notes = page["objects"].as_array().unwrap().clone();
        notes
            .iter()
            .map(|note| note["content"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    for machine in [&a, &b] {
        assert_eq!(
            notes(machine),
            [
                "For engineers alone.",
                "Valve controllers are searched for."
            ]
        );
    }
    // Who leaves reads nothing from the next request on.
    let left = officer.post_json("/v1/council/members/borea/departure", &json!({}));
    assert_eq!(left.status, 204);
    b.get(&objects).refused(404);
    assert_eq!(notes(&a).len(), 2);
}
