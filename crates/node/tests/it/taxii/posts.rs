//! Posts that go on behind their answer.
//! In: large envelopes, stops of the node. Out: verdicts. Never: an object that a stop may lose.

use super::house::{House, id, open, plan, thing};
use serde_json::json;

#[expect(
    clippy::disallowed_methods,
    reason = "it waits for a process beside it"
)]
fn pause() {
    std::thread::sleep(std::time::Duration::from_millis(50));
}

#[test]
fn a_large_post_is_answered_first_and_survives_a_stop() {
    let mut house = House::start(&plan());
    let count = 100_000;
    let all: Vec<String> = (0..count).map(|n| thing(n, 0, "")).collect();
    let said = house.machine("writer").post(&open("objects/"), &all);
    assert_eq!(said.status, 202);
    let said = said.json();
    assert_eq!(
        (&said["status"], &said["total_count"]),
        (&json!("pending"), &json!(count))
    );
    let path = format!("/taxii2/notices/status/{}/", said["id"].as_str().unwrap());
    // The node stops while it is on its way, and goes on when it is there again.
    house.again();
    let writer = house.machine("writer");
    let done = (0..2400).find_map(|_| {
        let said = writer.get(&path);
        assert_eq!(said.status, 200, "{}", said.text());
        let said = said.json();
        if said["status"] == "complete" {
            return Some(said);
        }
        pause();
        None
    });
    let done = done.unwrap();
    assert_eq!(
        (&done["success_count"], &done["pending_count"]),
        (&json!(count), &json!(0))
    );
    let counts = ["success_count", "failure_count", "pending_count"]
        .map(|name| done[name].as_u64().unwrap());
    assert_eq!(counts.iter().sum::<u64>(), u64::from(count));
    let (mut seen, mut rest) = (Vec::new(), "objects/?limit=1000".to_owned());
    loop {
        let page = writer.get(&open(&rest));
        seen.extend(page.ids());
        let page = page.json();
        let Some(next) = page["next"].as_str() else {
            break;
        };
        rest = format!("objects/?limit=1000&next={next}");
    }
    let sent: Vec<String> = (0..count).map(id).collect();
    assert_eq!(
        seen, sent,
        "in the order in which they were sent, each once"
    );
    // Its status is the sender's own.
    house.machine("other").get(&path).refused(404);
    house.machine("reader").get(&path).refused(404);
    writer.get(&path.replace("/notices/", "/own/")).refused(404);
}

#[test]
fn each_object_is_taken_or_refused_and_a_repeat_does_no_harm() {
    let house = House::start(&plan());
    let writer = house.machine("writer");
    let bad = thing(2, 0, "").replace(
        "2016-01-01T00:00:00.000Z\",\"modified",
        "2017-01-01T00:00:00.000Z\",\"modified",
    );
    let sent = [
        thing(1, 0, ""),
        bad,
        thing(3, 0, "").replace(
            "\"spec_version\":\"2.1\",",
            "\"spec_version\":\"2.1\",\"aliases\":[],",
        ),
    ];
    for _ in 0..2 {
        let said = writer.post(&open("objects/"), &sent);
        assert_eq!(said.status, 202);
        let said = said.json();
        assert_eq!(
            (&said["success_count"], &said["failure_count"]),
            (&json!(1), &json!(2)),
            "{said}"
        );
        for failure in said["failures"].as_array().unwrap() {
            let text = |name: &str| failure[name].as_str().unwrap().to_owned();
            assert!(text("id").starts_with("malware--") && !text("message").is_empty());
            assert!(text("version").starts_with("2016"));
        }
        let path = format!("/taxii2/notices/status/{}", said["id"].as_str().unwrap());
        assert_eq!(
            writer.get(&path).json(),
            said,
            "the status is what was answered"
        );
    }
    let other = thing(1, 0, r#","description":"otherwise""#);
    let said = writer.post(&open("objects/"), &[other]).json();
    assert_eq!(said["failure_count"], 1);
    assert_eq!(
        writer.get(&open("objects/?match[version]=all")).ids(),
        [id(1)]
    );
}

#[test]
fn a_fault_is_told_without_its_cause_and_the_same_post_is_good_again() {
    let house = House::start(&plan());
    let writer = house.machine("writer");
    // Where statuses are kept is no folder.
    let place = house.office().join("taxii/status");
    std::fs::write(&place, "").unwrap();
    let said = writer.post(&open("objects/"), &[thing(1, 0, "")]);
    let text = said.refused(500).text();
    assert!(
        !text.contains("status/") && !text.contains("os error"),
        "{text}"
    );
    std::fs::remove_file(&place).unwrap();
    let said = writer.post(&open("objects/"), &[thing(1, 0, "")]).json();
    assert_eq!(said["success_count"], 1, "{said}");
    assert_eq!(
        writer.get(&open("objects/?match[version]=all")).ids(),
        [id(1)]
    );
}

#[test]
fn who_was_given_what_and_who_changed_what_is_on_record() {
    use crate::nation::options;
    let house = House::start(&plan());
    let (writer, reader) = (house.machine("writer"), house.machine("reader"));
    assert_eq!(
        writer
            .post(&open("objects/"), &[thing(1, 0, ""), thing(2, 0, "")])
            .status,
        202
    );
    let page = reader.get(&open("objects/"));
    reader.get(&open("objects/?match[type]=tool")).ids();
    assert_eq!(
        writer.delete(&open(&format!("objects/{}/", id(1)))).status,
        200
    );
    house
        .machine("green")
        .post(&open("objects/"), &[thing(3, 0, "")])
        .refused(403);
    let options = options(sakimori_node::Role::Office, &house.folder.path().join("a"));
    let lines = sakimori_node::with_access(&options, &house.host, async |access| {
        access.store().audit(0).await.unwrap()
    });
    let lines = lines.unwrap();
    let of = |by: &str| {
        let own = lines
            .iter()
            .filter(|line| line.by == by && line.object.ends_with("-shared"));
        own.map(|line| format!("{} {} {}", line.act, line.object, line.detail))
            .collect::<Vec<_>>()
    };
    let [first, last] = ["first", "last"].map(|name| {
        page.header(&format!("x-taxii-date-added-{name}"))
            .unwrap()
            .to_owned()
    });
    let place = super::house::OPEN;
    assert_eq!(
        of("reader"),
        [format!("read read-shared {place} {first} to {last}")]
    );
    assert_eq!(
        of("writer"),
        [
            format!(
                "brought write-shared 2 there, 0 refused, 0 to come, collection {place}, entry {}",
                house.releases()[0].0
            ),
            format!("brought write-shared {} taken out of {place}", id(1)),
        ]
    );
    assert_eq!(of("green"), [format!("refused write-shared {place}")]);
}

#[test]
fn one_large_post_too_many_waits_and_small_ones_do_not() {
    let house = House::start(&plan());
    let large = |from: u32| {
        (from..from + 20_000)
            .map(|n| thing(n, 0, ""))
            .collect::<Vec<_>>()
    };
    let writer = house.machine("writer");
    for n in 0..2 {
        let said = writer.post(&open("objects/"), &large(n * 20_000));
        assert_eq!(
            (said.status, &said.json()["status"]),
            (202, &json!("pending"))
        );
    }
    let third = writer.post(&open("objects/"), &large(40_000));
    // The first may be done by then, on a fast machine.
    if third.status != 202 {
        assert_eq!(third.refused(429).header("retry-after"), Some("10"));
    }
    let small = writer.post(&open("objects/"), &[thing(90_000, 0, "")]);
    assert_eq!(
        (small.status, &small.json()["status"]),
        (202, &json!("complete"))
    );
}
