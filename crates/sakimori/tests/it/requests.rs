//! Requests from draft to end, at the command line. In: a node. Out: questions, answers, decisions with conditions, renewals, refusals, agreements that their party stops. Never: a request with a blank, on record.

use crate::captures::border;
use crate::node::{TestNode, sensor};
use crate::program::{Ran, run, sakimori};
use sakimori_custody::entry::EntryType;
use sakimori_custody::time::DAY_SECONDS;
use serde_json::Value;

/// A desk: the commands of a node, typed beside it.
struct Desk {
    node: TestNode,
}

impl Desk {
    fn open() -> Self {
        Self {
            node: TestNode::running(),
        }
    }

    /// `%` stands for a space in a word, `AFTER` for a time in eighty days.
    fn line(&self, line: &str) -> Ran {
        let after = self.node.host.seconds().plus(80 * DAY_SECONDS);
        let line = line.replace("AFTER", &after.to_string());
        let words = line.split_whitespace().map(|word| word.replace('%', " "));
        let mut command = sakimori(words);
        let beside = self.node.beside("");
        run(command.current_dir(beside).env("SAKIMORI_DIR", "node"))
    }

    fn listed(&self) -> Value {
        self.line("authority list --format json").yes().json()
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.node.beside(name)).unwrap()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.node.beside(name), text).unwrap();
    }

    fn sign(&self, file: &str, members: &[&str]) {
        let keys = members.iter().fold(String::new(), |keys, member| {
            keys + " --key node/commission/members/" + *member + ".key"
        });
        self.line(&format!("authority sign {file}{keys}")).yes();
    }
}

const WHY: &str = "--facts facts --necessity necessity --alternatives none --rights weighed --expected-share 200 --requester o1";

#[test]
fn a_request_with_a_blank_or_by_a_member_is_not_put_on_record() {
    let desk = Desk::open();
    let draft = format!(
        "authority draft --out text --template out-out --not-after AFTER --sensor s-01 {WHY}"
    );
    for (from, to, told) in [
        ("--facts facts", "--facts %", "without facts"),
        (
            "--necessity necessity",
            "--necessity %",
            "without necessity",
        ),
        (
            "--alternatives none",
            "--alternatives %",
            "without alternatives",
        ),
        (
            "--rights weighed",
            "--rights %",
            "without rights considerations",
        ),
        (
            "--expected-share 200",
            "--expected-share 1000001",
            "per million",
        ),
        (
            "--expected-share 200",
            "--expected-share 300001",
            "request-share): it expects 300001 packets of a million, and `cap.share-ppm` of schedule version 1 is 300000 (UNVERIFIED)",
        ),
        ("--requester o1", "--requester m1", "requester-member"),
        ("--requester o1", "--requester o9", "requester-member"),
    ] {
        let refused = desk.line(&draft.replace(from, to));
        assert!(
            refused.code != Some(0) && refused.err.contains(told),
            "{to}: {refused:?}"
        );
    }
    assert_eq!(desk.node.entries_of(EntryType::Request).len(), 0);
}

#[test]
fn a_request_is_asked_about_answered_decided_with_conditions_and_renewed() {
    let desk = Desk::open();
    let draft = format!(
        "authority draft --out text --template out-out --not-after AFTER --sensor s-01 {WHY}"
    );
    let id = desk.line(&draft).yes().out.trim().to_owned();
    let request = desk.listed()["requests"][0].clone();
    assert_eq!(
        (request["state"].as_str(), request["requester"].as_str()),
        (Some("submitted"), Some("o1"))
    );
    let leaf = request["request"].as_str().unwrap().to_owned();
    let question = desk
        .line(&format!("authority ask {leaf} --text which%relays"))
        .yes();
    let question = question.out.trim().to_owned();
    let open = desk.listed()["requests"][0].clone();
    assert_eq!(
        (
            open["state"].as_str(),
            open["questions"][0]["text"].as_str()
        ),
        (Some("questioned"), Some("which relays"))
    );
    desk.line(&format!(
        "authority answer {question} --text those%of%the%pack --from o2"
    ))
    .yes();
    let twice = desk.line(&format!(
        "authority answer {question} --text again --from o2"
    ));
    assert_eq!(twice.ended(2).out, "");
    assert_eq!(desk.listed()["requests"][0]["state"], "submitted");
    // The sitting adds a condition and its votes.
    let text = desk.read("text");
    let (head, _) = text.split_once("present: ").unwrap();
    let (before, rest) = head.split_once("conditions: ").unwrap();
    let (_, behind) = rest.split_once('\n').unwrap();
    let votes = "present: m1 m2 m5\npresiding: m2\nfor: m1 m2\nagainst: m5\nrecused: none\n";
    desk.write(
        "text",
        &format!("{before}conditions: weekly report\n{behind}{votes}"),
    );
    desk.sign("text", &["m1", "m2", "m5"]);
    assert_eq!(desk.line("authority submit text").yes().out.trim(), id);
    let listed = desk.listed();
    assert_eq!(listed["requests"][0]["state"], "approved-with-conditions");
    assert_eq!(listed["authorities"][0]["state"], "active");
    // A renewal is a request and a statement of its own.
    let renewal = draft.replace("--out text", &format!("--out next --replaces {id}"));
    let sitting = " --present m1,m2,m5 --presiding m1 --for m1,m2,m5";
    let next = desk.line(&(renewal + sitting)).yes().out.trim().to_owned();
    desk.sign("next", &["m1", "m2", "m5"]);
    desk.line("authority submit next").yes();
    let listed = desk.listed();
    assert_eq!(listed["authorities"][0]["renewed_by"], next.as_str());
    assert_eq!(listed["authorities"][1]["renews"], id.as_str());
    desk.node.verify().yes();
}

#[test]
fn a_refused_request_is_never_granted_and_a_statement_without_a_request_is_no_decision() {
    let desk = Desk::open();
    let sitting = "--present m1,m2,m5 --presiding m1 --for m1,m2,m5";
    let draft =
        format!("authority draft --out text --not-after AFTER --sensor s-01 {WHY} {sitting}");
    desk.line(&draft).yes();
    let leaf = desk.listed()["requests"][0]["request"]
        .as_str()
        .unwrap()
        .to_owned();
    let refuse =
        format!("authority refuse --request {leaf} --reason too%broad --out ruling {sitting}");
    desk.line(&refuse).yes();
    desk.sign("ruling", &["m1", "m2", "m5"]);
    desk.line("authority submit ruling").yes();
    assert_eq!(desk.listed()["requests"][0]["state"], "refused");
    let again = desk.line("authority submit ruling");
    assert!(
        again.ended(1).err.contains("ruling-"),
        "a ruling counts once"
    );
    desk.line(&format!("authority ask {leaf} --text why"))
        .ended(1);
    // A statement that no request asked for.
    let text = desk.read("text").replace(&leaf, &"0".repeat(64));
    desk.write("text", &text);
    desk.sign("text", &["m1", "m2", "m5"]);
    let refused = desk.line("authority submit text").ended(1);
    assert!(refused.err.contains("request-unknown"), "{refused:?}");
    assert_eq!(desk.listed()["authorities"], serde_json::json!([]));
}

#[test]
fn a_ruling_is_asked_for_as_a_statement_is() {
    let desk = Desk::open();
    let id = desk.node.authorised().id;
    let capture = desk.node.beside("border.pcap");
    border(&capture, 2, 3).unwrap();
    desk.node.sensor(&[], &capture).yes();
    let day = desk.node.host.seconds().day();
    let sitting = "--present m1,m2,m4 --presiding m1 --for m1,m2,m4";
    let keep = format!("authority keep {id}/s-01/{day} --days 120 --out ruling {WHY} {sitting}");
    desk.line(&keep).yes();
    assert!(desk.read("ruling").contains("outcome: keep 120\n"));
    desk.sign("ruling", &["m1", "m2", "m4"]);
    desk.line("authority submit ruling").yes();
    let listed = desk.listed();
    let request = listed["requests"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (request["kind"].as_str(), request["state"].as_str()),
        (Some("acquisition"), Some("ruled"))
    );
    // One showing needs three votes for, and a reason.
    let show = format!(
        "authority reidentify 0000000000000000-1 {id}/s-01/{day} --field user --out show {WHY} {sitting}"
    );
    assert_eq!(
        desk.line(&show.replace("--rights weighed", "--rights %"))
            .ended(2)
            .out,
        ""
    );
    desk.line(&show).yes();
    assert!(desk.read("show").contains("outcome: reidentify user\n"));
    desk.node.verify().yes();
}

#[test]
fn a_disclosure_is_on_record_and_gives_no_sensor_a_lease_or_folder() {
    let desk = Desk::open();
    let running = desk.node.authorised();
    let sitting = "--present m1,m2,m4 --presiding m1 --for m1,m2,m4";
    let template = "disclosure";
    let draft = format!(
        "authority draft --out text --template {template} --not-after AFTER --sensor s-01 {WHY} {sitting}"
    );
    let id = desk.line(&draft).yes().out.trim().to_owned();
    desk.sign("text", &["m1", "m2", "m4"]);
    let ran = desk.line("authority submit text").yes();
    assert_eq!(ran.out.trim(), id);
    assert!(!ran.err.contains("may run"), "{ran:?}");
    let folder = desk.node.node.authority(id.parse().unwrap(), &sensor());
    assert!(!folder.exists(), "{template}");
    let stop = format!(
        "authority suspend {id} --by office --reason stop --key node/office/keys/office.key"
    );
    desk.line(&stop).yes();
    let listed = desk.listed();
    assert_eq!(listed["authorities"].as_array().unwrap().len(), 2);
    let leases = desk.node.entries_of(EntryType::Activation);
    assert_eq!(leases.len(), 1);
    // A sensor that is told no authority runs under the newest that lets one run.
    let capture = desk.node.beside("border.pcap");
    border(&capture, 2, 3).unwrap();
    desk.node.sensor(&[], &capture).yes();
    let start = desk.node.entries_of(EntryType::Start).pop().unwrap();
    assert_eq!(start.envelope.authority, running.commitment());
    desk.node.verify().yes();
}

#[test]
fn a_reason_that_a_note_does_not_take_is_in_the_request_or_refused_with_a_way_out() {
    let desk = Desk::open();
    let id = desk.node.authorised().id;
    let capture = desk.node.beside("border.pcap");
    border(&capture, 2, 3).unwrap();
    desk.node.sensor(&[], &capture).yes();
    let day = desk.node.host.seconds().day();
    let sitting = "--present m1,m2,m4 --presiding m1 --for m1,m2,m4";
    let why = WHY.replace("--necessity necessity", "--necessity 調査に必要である");
    let keep = format!("authority keep {id}/s-01/{day} --days 120 --out ruling {why} {sitting}");
    desk.line(&keep).yes();
    assert!(desk.read("ruling").contains("\nreason: see the request\n"));
    let request = desk.node.entries_of(EntryType::Request).pop().unwrap();
    assert_eq!(request.body["necessity"], "調査に必要である");
    desk.sign("ruling", &["m1", "m2", "m4"]);
    desk.line("authority submit ruling").yes();
    // No request stands behind a revocation or a suspension: their reason is theirs.
    for line in [
        format!("authority revoke {id} --reason 理由 --out revoked {sitting}"),
        format!("authority revoke {id} --reason 理由%2 --out revoked {sitting}"),
        format!("authority suspend {id} --by office --reason 理由 --out stop"),
    ] {
        let refused = desk.line(&line).ended(2);
        assert!(
            refused.err.contains("reason is ASCII") && refused.err.contains("UTF-8"),
            "{refused:?}"
        );
    }
    assert!(!desk.node.beside("revoked").exists());
    desk.node.verify().yes();
}

#[test]
fn an_agreement_is_signed_by_office_and_party_and_its_party_stops_it() {
    let desk = Desk::open();
    let key = |name: &str, file: &str| {
        let made = desk
            .line(&format!("key new --name {name} --out {file}"))
            .yes();
        assert_eq!(
            desk.line(&format!("key show --key {file}")).yes().out,
            made.out
        );
        assert_eq!(
            desk.line(&format!("key new --name {name} --out {file}"))
                .ended(2)
                .out,
            ""
        );
        made.out.trim().to_owned()
    };
    let (party, stop) = (
        key("carrier.example/party", "party.key"),
        key("carrier.example/stop", "stop.key"),
    );
    let id = desk.line(&format!(
        "authority draft --out text --template agreement --not-after AFTER --sensor s-01 {WHY} --party carrier.example --party-key {party} --suspend-key {stop} --match-ppm 1000000"
    ));
    let id = id.yes().out.trim().to_owned();
    assert!(
        desk.read("text")
            .contains("suspends at once with its own key")
    );
    desk.line("authority sign text --key node/office/keys/office.key --key party.key")
        .yes();
    desk.line("authority submit text").yes();
    let capture = desk.node.beside("border.pcap");
    border(&capture, 2, 3).unwrap();
    desk.node.sensor(&[], &capture).yes();
    // The key that signed the agreement does not suspend it; the other one does.
    let suspend = format!("authority suspend {id} --by party --reason enough --key");
    desk.line(&format!("{suspend} party.key")).ended(1);
    desk.line(&format!("{suspend} stop.key")).yes();
    let refused = desk.node.sensor(&[], &capture).ended(1);
    assert!(refused.err.contains("(suspended, code 82)"), "{refused:?}");
    assert_eq!(desk.listed()["authorities"][0]["state"], "suspended");
    desk.line(&format!(
        "authority resume {id} --by party --reason again --key stop.key"
    ))
    .yes();
    desk.node.sensor(&[], &capture).yes();
    desk.node.verify().yes();
}

#[test]
fn a_release_lets_no_other_program_run_and_a_schedule_is_followed_by_the_next() {
    let desk = Desk::open();
    desk.node.authorised();
    desk.line("authority software --out release").yes();
    let sign = "authority sign release --key node/office/keys/office.key";
    desk.line(sign).yes();
    let half = desk.line("authority submit release").ended(1);
    assert!(half.err.contains("chair or the deputy"), "{half:?}");
    desk.line(&format!("{sign} --key node/commission/members/m2.key"))
        .yes();
    desk.line("authority submit release").yes();
    let capture = desk.node.beside("border.pcap");
    border(&capture, 2, 3).unwrap();
    desk.node.sensor(&[], &capture).yes();
    let start = desk.node.entries_of(EntryType::Start);
    assert_eq!(start[0].body["software_sha256"].as_str().unwrap().len(), 64);
    assert_eq!(start[0].body["schedule_sha256"].as_str().unwrap().len(), 64);
    // The next schedule, with fewer days to answer.
    desk.line("authority schedule --out next --present m1,m2,m4 --presiding m1 --for m1,m2,m4")
        .yes();
    let text = desk.read("next");
    assert!(
        text.starts_with("sakimori/schedule/v1\nversion: 2\n"),
        "{text}"
    );
    desk.write(
        "next",
        &text.replace("deadline.question = 7 days", "deadline.question = 5 days"),
    );
    desk.sign("next", &["m1", "m2", "m4"]);
    assert!(
        desk.line("authority submit next")
            .ended(1)
            .err
            .contains("office has not signed")
    );
    desk.line("authority sign next --key node/office/keys/office.key")
        .yes();
    desk.line("authority submit next").yes();
    desk.node.sensor(&[], &capture).yes();
    // Another program than the released one.
    desk.line("authority software --out other --program /bin/sh")
        .yes();
    desk.line("authority sign other --key node/office/keys/office.key --key node/commission/members/m1.key").yes();
    desk.line("authority submit other").yes();
    let refused = desk.node.sensor(&[], &capture).ended(1);
    assert!(
        refused.err.contains("(software-unlogged, code 87)"),
        "{refused:?}"
    );
    desk.node.verify().yes();
}
