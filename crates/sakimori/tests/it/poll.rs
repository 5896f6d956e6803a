//! `exchange poll`: an office's node gives a collection, another office takes it. In: two folders, one node that runs. Out: objects in the other's store. Never: an address beyond loopback.

use crate::program::{run, sakimori};
use crate::serve::{Served, certificate, join};
use sakimori_control::tls::{Agents, Identity};
use serde_json::json;
use std::path::Path;
use std::time::Duration;

const COLLECTION: &str = "/taxii2/notices/collections/91a7b528-80eb-42ed-a74d-c6fbd5a26116/";
const INBOX: &str = "0cee4c1e-33ba-4a4e-9d22-3f1bca3a2d00";
const TYPE: &str = "application/taxii+json;version=2.1";

fn of<'a>(words: &[&'a str], dir: &'a Path) -> Vec<&'a str> {
    let mut all = words.to_vec();
    all.extend(["--role", "office", "--node", dir.to_str().unwrap()]);
    all
}

/// An administrator of an office's folder, whose commission is in another one.
fn administrated(dir: &Path, commission: &Path) {
    let mut init = sakimori(["init", "--dir"]);
    run(init.arg(dir).arg("--commission-dir").arg(commission)).yes();
    let words = [
        "person",
        "first",
        "admin",
        "--full-name",
        "An administrator",
        "--organisation",
        "office",
    ];
    run(&mut sakimori(administered(dir, &words))).yes();
}

/// The words of a command with the options of its first word behind that.
fn administered<'a>(dir: &'a Path, words: &[&'a str]) -> Vec<&'a str> {
    let (first, rest) = words.split_first().unwrap();
    let mut all = of(&[first], dir);
    if *first == "machine" {
        all.extend(["--as", "admin"]);
    }
    all.extend(rest);
    all
}

#[test]
#[expect(clippy::too_many_lines, reason = "two offices come together")]
fn an_office_polls_a_partner_into_a_collection_that_is_given_to_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let [a, b, c, d] = ["a", "b", "c", "d"].map(|name| folder.path().join(name));
    administrated(&a, &c);
    administrated(&b, &d);
    let (office, _) = certificate("office", &a);
    join("commission", &c, "office", &["--certificate", &office]);
    let watching = Served::start("commission", &c, &[]);
    let (_, sha256) = certificate("commission", &c);
    let known = ["--sha256", &sha256, "--url", &watching.url];
    join("office", &a, "commission", &known);
    let words = [
        "machine",
        "add",
        "m-1",
        "--full-name",
        "A machine",
        "--organisation",
        "b",
    ];
    run(&mut sakimori(administered(&a, &words))).yes();
    let words = [
        "machine",
        "token",
        "m-1",
        "--scope",
        "read-shared",
        "--scope",
        "write-shared",
    ];
    let token = run(&mut sakimori(administered(&a, &words)))
        .yes()
        .out
        .trim()
        .to_owned();
    let plan = json!({
        "title": "A",
        "machines": [{"id": "m-1", "kind": "state-agency", "tlp": "red"}],
        "roots": [{"name": "notices", "title": "Notices", "collections": [{
            "id": "91a7b528-80eb-42ed-a74d-c6fbd5a26116", "title": "Open", "class": "public-notice", "tlp": "red", "read": ["m-1"], "write": ["m-1"],
        }]}],
    });
    std::fs::write(a.join("office/taxii.json"), plan.to_string()).unwrap();
    let served = Served::start("office", &a, &[]);
    // The other office makes an identity and joins the partner.
    Identity::open(&b.join("office"), &["localhost".to_owned()]).unwrap();
    let known = ["--certificate", &office, "--url", &served.url];
    join("office", &b, "partner", &known);
    let agents = Agents::open(&b.join("office")).unwrap();
    let wait = Duration::from_secs(30);
    let agent = agents.agent(agents.peer("partner").unwrap(), wait).unwrap();
    let thing = |number: u32| {
        json!({
            "type": "malware", "spec_version": "2.1", "id": format!("malware--{number:08x}-17d4-4cbf-938f-98ee46b3cd3f"), "name": "a", "is_family": false,
            "created": "2016-01-01T00:00:00.000Z", "modified": "2016-01-01T00:00:00.000Z",
        })
    };
    let body = json!({"objects": (0..20).map(thing).collect::<Vec<_>>()}).to_string();
    let sent = agent
        .post(format!("{}{COLLECTION}objects/", served.url))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", TYPE)
        .send(body.as_bytes())
        .unwrap();
    assert_eq!(sent.status().as_u16(), 202);
    let secret = folder.path().join("secret");
    std::fs::write(&secret, format!("{token}\n")).unwrap();
    let poll = |by: &str, more: &[&str]| {
        let mut words = vec![
            "exchange",
            "poll",
            "--as",
            by,
            "--partner",
            "partner",
            "--collection",
            COLLECTION,
        ];
        words.extend(["--into", INBOX]);
        words.extend(more);
        run(&mut sakimori(of(&words, &b)))
    };
    let shows = ["--user", "m-1", "--secret", secret.to_str().unwrap()];
    let done = poll("admin", &shows).yes();
    assert_eq!(done.out, "20 objects on 1 pages, 20 kept\n");
    let again = poll("admin", &[&shows[..], &["--format", "json"]].concat())
        .yes()
        .json();
    assert_eq!(
        (&again["objects"], &again["more"]),
        (&json!(20), &json!(false))
    );
    let stranger = poll("admin", &[]).ended(2);
    assert!(stranger.last_line().contains("status 401"), "{stranger:?}");
    // Who handles reports sees what came; an administrator does not.
    for words in [
        vec![
            "add",
            "o2",
            "--full-name",
            "An officer",
            "--organisation",
            "office",
        ],
        vec!["role", "o2", "legal-officer"],
    ] {
        let mut all = of(&["person"], &b);
        all.extend(["--as", "admin"]);
        all.extend(words);
        run(&mut sakimori(all)).yes();
    }
    let looks = |by: &str, words: &[&str]| {
        let mut all = of(&[&["exchange", words[0]], &words[1..]].concat(), &b);
        all.extend(["--as", by]);
        run(&mut sakimori(all))
    };
    let listed = looks("o2", &["list", "--format", "json"]).yes().json();
    assert_eq!(listed[0]["into"], INBOX);
    let shown = looks(
        "o2",
        &[
            "show",
            "--collection",
            INBOX,
            "--type",
            "malware",
            "--bundle",
        ],
    );
    let bundle = shown.yes().json();
    assert_eq!(bundle["objects"].as_array().unwrap().len(), 20);
    let none = looks(
        "o2",
        &[
            "show",
            "--collection",
            "0cee4c1e-33ba-4a4e-9d22-3f1bca3a2d01",
        ],
    );
    assert!(none.ended(1).last_line().contains("nothing was polled"));
    looks("admin", &["list"]).ended(1);
    let nobody = poll("nobody", &shows).ended(1);
    assert!(nobody.last_line().contains("no-account"), "{nobody:?}");
}
