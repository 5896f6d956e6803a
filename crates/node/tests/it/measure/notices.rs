//! Notices: drafted of a registry's answer, sent by a mail server that we did not write, replies with their tickets. In: a running office. Out: verdicts. Never: an address beyond loopback.

use super::{Desk, ID, good, until};
use crate::alert::MailServer;
use crate::nation::Caller;
use sakimori_custody::time::Seconds;
use serde_json::{Value, json};
use std::time::Duration;

#[test]
fn notices_leave_by_a_real_mail_server_and_replies_find_their_ticket() {
    let test = "notices_leave_by_a_real_mail_server_and_replies_find_their_ticket";
    let Some(server) = MailServer::start(test) else {
        return;
    };
    let said = json!({
        "administrators": {"carrier-a": "noc@carrier-a.example"}, "organisation": "The office", "english": true, "pages": ["duty@example.org"],
    });
    let desk = Desk::open(Some((&said, server.port)));
    let responder = desk.by("e-01");
    let now = desk.nation.host.seconds();
    let rdap = json!({"objectClassName": "ip network", "entities": [{
        "objectClassName": "entity", "roles": ["abuse"],
        "vcardArray": ["vcard", [["version", {}, "text", "4.0"], ["email", {}, "text", "abuse@host.example"]]],
    }]});
    let mut new = json!({
        "measure": null, "target": "198.51.100.7", "port": 443, "what": "botnet", "detail": "beacons each minute", "first": Seconds(now.0 - 600).to_string(),
        "last": now.to_string(), "words": "", "reporter": "Water works", "contact": "soc@water.example", "english": true, "rdap": rdap, "to": null, "found": null,
    });
    let drafted = good(&responder.post_json("/v1/measure-notices", &new));
    assert_eq!(drafted["to"], json!(["abuse@host.example"]));
    assert_eq!(drafted["state"], "drafted");
    // Traffic: its protocol is said by whoever saw it, and what is not known is not in the report.
    let mut flood = new.clone();
    flood["what"] = json!("ddos");
    let guessed = responder.post_json("/v1/measure-notices", &flood);
    assert_eq!(guessed.code(), "incomplete", "{}", guessed.text());
    flood["protocol"] = json!("udp");
    let report = |flood: &Value| -> Value {
        let drafted = good(&responder.post_json("/v1/measure-notices", flood));
        serde_json::from_str(drafted["report"].as_str().unwrap()).unwrap()
    };
    let without = report(&flood);
    assert_eq!(without["protocol"], "udp");
    assert_eq!(without.get("destination_port"), None);
    assert_eq!(without.get("evidence"), None);
    flood["to_port"] = json!(53);
    assert_eq!(report(&flood)["destination_port"], 53);
    new["rdap"] = json!({"objectClassName": "ip network"});
    assert_eq!(
        responder.post_json("/v1/measure-notices", &new).code(),
        "refused"
    );
    let reference = drafted["reference"].as_str().unwrap().to_owned();
    let path = |rest: &str| format!("/v1/measure-notices/{reference}{rest}");
    good(&responder.post_json(&path("/send"), &json!({"to": null})));
    let message = mail(&server);
    for word in [
        "To: abuse@host.example",
        &reference,
        "xarf.json",
        "Message-ID: <SKM-",
    ] {
        assert!(message.contains(word), "{word} is not in {message}");
    }
    let again = responder.post_json(&path("/send"), &json!({"to": null}));
    assert_eq!(again.code(), "refused", "it was sent");

    answered(responder, &reference);

    // What a measure owes to an administrator whose address is set leaves by itself, and then the duty is done.
    desk.approved();
    desk.dispatched();
    let told = mail(&server);
    assert!(told.contains("To: noc@carrier-a.example"), "{told}");
    until("the duty is done", || {
        let said = good(&desk.by("e-01").get(&format!("/v1/measures/{ID}")));
        let clocks = said["state"]["clocks"].as_array()?.clone();
        let of = |one: &&Value| one["duty"] == "notice to the administrator carrier-a";
        let done = clocks.iter().find(of)?["done"].is_string();
        done.then_some(())
    });
}

/// Replies as files, steps by a person, times.
fn answered(responder: &Caller, reference: &str) {
    let steps = format!("/v1/measure-notices/{reference}/steps");
    // A person's reply sets nothing; one that says it did not arrive would.
    let reply = format!(
        "From: abuse@host.example\r\nSubject: Re: [{reference}]\r\n\r\nwe took it down\r\n"
    );
    let found = good(&responder.post("/v1/measure-replies", "message/rfc822", reply.as_bytes()));
    assert_eq!(found["notices"][0]["state"], "sent");
    let junk = responder.post(
        "/v1/measure-replies",
        "message/rfc822",
        b"Subject: hello\r\n\r\nhello\r\n",
    );
    assert_eq!(junk.code(), "refused");
    let back = responder.post_json(&steps, &json!({"state": "drafted"}));
    assert_eq!(back.code(), "refused");
    good(&responder.post_json(&steps, &json!({"state": "down", "words": "by its reply"})));
    let listed = good(&responder.get("/v1/measure-notices"));
    assert_eq!(listed["times"]["down"], 1, "{listed}");
    let mut notices = listed["notices"].as_array().unwrap().iter();
    let ours = notices.find(|one| one["reference"] == reference).unwrap();
    assert!(ours["time_to_down_seconds"].is_u64(), "{listed}");
}

/// The next mail that the server got.
fn mail(server: &MailServer) -> String {
    let mut got = Vec::new();
    while !got.iter().any(|line: &String| line.contains("END MESSAGE")) {
        let line = server.lines.recv_timeout(Duration::from_mins(1));
        got.push(line.unwrap_or_else(|_| panic!("no mail comes: {got:?}")));
    }
    got.join("\n")
}
