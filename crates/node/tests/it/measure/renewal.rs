//! Renewals, the stop of the whole office, what the commission's node shows. In: two nodes with their own keys, an actuator that writes down what it is told. Out: verdicts. Never: a plan or an act that the commission takes from the office's word.

use super::{Desk, ID, SITTING, TARGET, good, plan, until};
use sakimori_control::keys;
use sakimori_control::setup::officer_key;
use sakimori_custody::ids::hex;
use sakimori_custody::time::{DAY_SECONDS, Seconds};
use sakimori_node::Role;
use sakimori_oversight::calendar::japan;
use sakimori_tlog::note::Note;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// What is new, seen now, for two days from now.
fn renewal(desk: &Desk) -> Value {
    let now = desk.nation.host.seconds();
    let plan = plan(now);
    let mut evidence = plan["dossier"]["evidence"][0].clone();
    evidence["id"] = json!("finding-2");
    evidence["what"] = json!("beacons go on");
    evidence["sha256"] = json!(hex(&Sha256::digest("finding 2")));
    evidence["taken"] = json!(now.to_string());
    json!({
        "form": "sakimori/renewal/v1", "evidence": [evidence], "observations": plan["observations"], "facts": plan["facts"],
        "not_before": now.to_string(), "not_after": now.plus(2 * DAY_SECONDS).to_string(),
    })
}

fn state(desk: &Desk) -> Value {
    good(&desk.by("e-01").get(&format!("/v1/measures/{ID}")))["state"].clone()
}

/// The newest request at the commission's node, once it is another than `before`.
fn request(desk: &Desk, before: Option<&str>) -> String {
    let chair = desk.nation.person(Role::Commission, "m1");
    until("the request", || {
        let all = chair.get("/v1/requests").json();
        let name = all["requests"][0]["request"].as_str()?;
        (Some(name) != before).then(|| name.to_owned())
    })
}

/// In force for a plan that may be renewed once, with evidence possible that is newer than the decision.
fn in_force() -> Desk {
    let desk = Desk::open(None);
    let mut plan = plan(desk.nation.host.seconds());
    plan["renewals"] = json!(1);
    desk.approved_as(&plan);
    desk.dispatched();
    desk.comes_to("in-force");
    let decided = desk.nation.host.seconds();
    until("a second", || {
        (desk.nation.host.seconds() > decided).then_some(())
    });
    desk
}

/// The text of the next revision as both officers sign it.
fn signed(desk: &Desk, renewal: &Value) -> String {
    signed_as(desk, renewal, 2)
}

fn signed_as(desk: &Desk, renewal: &Value, revision: u64) -> String {
    signed_by_both(desk, &text_of(desk, renewal, revision))
}

fn text_of(desk: &Desk, renewal: &Value, revision: u64) -> String {
    let path = format!("/v1/measures/{ID}/renewal-text");
    let text = desk.by("o1").post_json(&path, renewal);
    assert_eq!(text.status, 200, "{}", text.text());
    let text = text.text();
    let line = format!("\nrevision: {revision}\n");
    assert!(text.contains(&line), "{text}");
    text
}

fn signed_by_both(desk: &Desk, text: &str) -> String {
    let node = desk.nation.office_node();
    let signers = ["o1", "o2"].map(|id| keys::read(&officer_key(&node, id)).unwrap());
    let note = Note::sign(text, &[&signers[0], &signers[1]], 0).unwrap();
    String::from_utf8(note.to_bytes()).unwrap()
}

fn denies(desk: &Desk) -> usize {
    let heard = desk.actuator.heard();
    heard.iter().filter(|word| *word == "deny").count()
}

/// Asks once with what the rules refuse, and then as they want it; gives what the interface answers.
fn asked(desk: &Desk, renewal: &Value, text: &str) -> Value {
    let first = request(desk, None);
    let officer = desk.by("o1");
    let path = format!("/v1/measures/{ID}/renew");
    // What the rules refuse is not before the commission.
    let mut none = renewal.clone();
    none["evidence"] = json!([]);
    let refused = officer.post_json(&path, &json!({"renewal": none, "text": text}));
    assert_eq!(refused.code(), "refused", "{}", refused.text());
    let mut longer = renewal.clone();
    let late = desk.nation.host.seconds().plus(3 * DAY_SECONDS);
    longer["not_after"] = json!(late.to_string());
    let refused = officer.post_json(&path, &json!({"renewal": longer, "text": text}));
    assert_eq!(refused.code(), "refused", "the text is of another plan");
    assert_eq!(request(desk, None), first);
    let body = json!({"renewal": renewal, "text": text});
    let responder = desk.by("e-01").post_json(&path, &body);
    assert_eq!(responder.code(), "not-allowed");
    good(&officer.post_json(&path, &body))
}

/// Members see what differs, the plan behind it, and decide with their own keys.
fn decided(desk: &Desk, name: &str, (text, replaced): (&str, &str)) {
    let chair = desk.nation.person(Role::Commission, "m1");
    let page = chair.get(&format!("/requests/{name}")).text();
    assert!(page.contains("Renewal 1 of at most 1"), "{page}");
    let shown = good(&chair.get(&format!("/v1/requests/{name}/plan")));
    let line = format!("dossier: sha256:{}\n", shown["digest"].as_str().unwrap());
    assert!(text.contains(&line), "{line}");
    let new = &shown["plan"]["dossier"]["evidence"][1];
    assert_eq!(new["what"], "beacons go on");
    let statement = chair.get(&format!("/v1/requests/{name}/text?{SITTING}"));
    let statement = statement.text();
    let replaces = format!("replaces: {replaced}");
    assert!(statement.contains(&replaces), "{statement}");
    for member in ["m1", "m2", "m3"] {
        let caller = desk.nation.person(Role::Commission, member);
        let note = desk.nation.signed(&statement, &[member]);
        let said = caller.post_note(&format!("/v1/requests/{name}/signatures"), &note);
        assert_eq!(said.status, 200, "{}", said.text());
    }
}

/// The commission's own copy of the log shows all of it.
fn shown_at_the_commission(desk: &Desk, name: &str) {
    let chair = desk.nation.person(Role::Commission, "m1");
    let life = until("the life at the commission", || {
        let life = chair.get(&format!("/v1/measure-lives/{ID}")).json();
        let acts = life["acts"].as_array()?;
        let sent = acts.iter().filter(|act| act["act"] == "dispatch").count();
        (life["renewals"] == 1 && sent == 2).then_some(life)
    });
    assert_eq!(life["renewals_most"], 1);
    assert_eq!(life["revisions"].as_array().unwrap().len(), 2);
    let renewed_by = &life["revisions"][0]["authority"]["renewed_by"];
    assert_eq!(*renewed_by, state(desk)["authority"]);
    let link = format!("/requests/{name}/plan");
    let page = chair.get(&format!("/measures/{ID}")).text();
    for word in [link.as_str(), "dispatch", "in-force"] {
        assert!(page.contains(word), "{word} is not on {page}");
    }
    let page = chair.get(&link).text();
    let words = "beacons go on|selected|FM-9|analyst-1|EXAMPLE-NET|900";
    for word in words.split('|').chain([TARGET]) {
        assert!(page.contains(word), "{word} is not on {page}");
    }
    let year = japan(desk.nation.host.seconds()).year;
    let of = |year: u64| good(&chair.get(&format!("/v1/measure-figures?year={year}")));
    let figures = of(year);
    let counts = ["proposed", "decided", "renewals", "dispatched", "kills"];
    let counts = counts.map(|name| figures[name].as_u64());
    assert_eq!(counts, [1, 1, 1, 1, 0].map(Some), "{figures}");
    assert_eq!(of(year - 1)["proposed"], 0);
    assert!(chair.get("/measures").text().contains(ID));
}

#[test]
fn a_renewal_is_signed_at_both_nodes_and_the_effects_go_on_without_a_gap() {
    let desk = in_force();
    let first = request(&desk, None);
    let before = state(&desk);
    let renewal = renewal(&desk);
    let text = signed(&desk, &renewal);
    let said = asked(&desk, &renewal, &text);
    assert_eq!(said["state"]["stage"], "in-force");
    assert_eq!(said["state"]["renewing"], said["text"]);
    let name = request(&desk, Some(&first));
    decided(&desk, &name, (&text, before["authority"].as_str().unwrap()));
    until("the renewal", || {
        (state(&desk)["renewals"] == 1).then_some(())
    });
    until("the effect, anew", || (denies(&desk) >= 2).then_some(()));
    desk.comes_to("in-force");
    let after = state(&desk);
    assert_ne!(after["authority"], before["authority"]);
    let last: Seconds = renewal["not_after"].as_str().unwrap().parse().unwrap();
    assert_eq!(after["until"], last.plus(1).to_string());
    let heard = desk.actuator.heard();
    assert!(
        !heard.contains(&"allow".to_owned()),
        "nothing was taken back between: {heard:?}"
    );
    shown_at_the_commission(&desk, &name);
    // There are no more than the plan says.
    let mut more = self::renewal(&desk);
    more["evidence"][0]["id"] = json!("finding-3");
    let text = signed_as(&desk, &more, 3);
    let body = json!({"renewal": more, "text": text});
    let path = format!("/v1/measures/{ID}/renew");
    let refused = desk.by("o1").post_json(&path, &body).text();
    assert!(refused.contains("renewed 1 times"), "{refused}");
}

#[test]
fn what_one_dispatched_goes_on_at_level_2_by_a_dispatch_of_two() {
    let desk = in_force();
    let first = request(&desk, None);
    let before = state(&desk);
    assert_eq!(before["level"], 1);
    let renewal = renewal(&desk);
    let text = text_of(&desk, &renewal, 2).replace("\nlevel: 1\n", "\nlevel: 2\n");
    let text = signed_by_both(&desk, &text);
    let body = json!({"renewal": renewal, "text": text});
    good(
        &desk
            .by("o1")
            .post_json(&format!("/v1/measures/{ID}/renew"), &body),
    );
    let name = request(&desk, Some(&first));
    decided(&desk, &name, (&text, before["authority"].as_str().unwrap()));
    until("the renewal", || {
        (state(&desk)["renewals"] == 1).then_some(())
    });
    // What is in force keeps its end, and it is told what is waited for.
    let waits = state(&desk);
    assert_eq!(waits["level"], 2);
    assert_eq!(waits["waits_for_two"], true);
    assert_eq!(waits["effects"], before["effects"]);
    let page = desk.by("e-01").get(&format!("/measures/{ID}")).text();
    assert!(page.contains("if two people do not dispatch it"), "{page}");
    let dispatch = desk.dispatch();
    let alone = good(&desk.act("e-01", &dispatch));
    assert!(alone["waits"].is_string(), "{alone}");
    assert_eq!(state(&desk)["effects"], before["effects"]);
    assert_eq!(denies(&desk), 1);
    let both = good(&desk.act("e-02", &dispatch));
    assert_eq!(both["waits_for_two"], false, "{both}");
    until("the effect, anew", || (denies(&desk) >= 2).then_some(()));
    desk.comes_to("in-force");
    let until_then = |state: &Value| state["effects"][0]["until"].as_str().unwrap().to_owned();
    assert!(until_then(&state(&desk)) > until_then(&before));
    let heard = desk.actuator.heard();
    assert!(!heard.contains(&"allow".to_owned()), "{heard:?}");
}

#[test]
fn a_plan_goes_to_the_commission_alone_and_nobody_reads_it_without_leave() {
    let desk = Desk::open(None);
    desk.approved();
    let name = request(&desk, None);
    let path = format!("/v1/requests/{name}/plan");
    // It comes by itself, before anybody looks.
    let plans = desk.nation.role(Role::Commission).join("plans");
    until("the plan", || {
        std::fs::read_dir(&plans).ok()?.next().map(|_| ())
    });
    let digest = {
        let chair = desk.nation.person(Role::Commission, "m1");
        let shown = good(&chair.get(&path));
        shown["digest"].as_str().unwrap().to_owned()
    };
    // It is kept at the commission's node, and what is not the plan that the text names is none.
    let kept = desk
        .nation
        .role(Role::Commission)
        .join(format!("plans/{digest}.json"));
    let bytes = std::fs::read_to_string(&kept).unwrap();
    std::fs::write(
        &kept,
        bytes.replace("one target for an hour", "all targets for ever"),
    )
    .unwrap();
    let chair = desk.nation.again(Role::Commission, "m1");
    let shown = good(&chair.get(&path));
    let words = &shown["plan"]["dossier"]["proportionality"];
    assert_eq!(words, "one target for an hour", "it was fetched anew");
    let stranger = desk.nation.stranger(Role::Commission);
    assert_eq!(stranger.get(&path).code(), "not-signed-in");
    assert_eq!(stranger.get("/v1/measure-lives").code(), "not-signed-in");
    let unknown = format!("/v1/requests/{}/plan", "00".repeat(32));
    assert_eq!(chair.get(&unknown).status, 404);
    let office = desk.by("o1").get(&format!("/v1/plans/{digest}"));
    assert_eq!(good(&office)["id"], ID);
    let other = hex(&Sha256::digest("another plan"));
    assert_eq!(desk.by("o1").get(&format!("/v1/plans/{other}")).status, 404);
}

#[test]
fn the_whole_office_is_stopped_until_another_lets_go_also_what_is_decided_later() {
    let desk = Desk::open(None);
    let why = |text: &str| json!({"why": text});
    let [one, two] = [desk.by("e-01"), desk.by("e-02")];
    assert_eq!(
        one.post_json("/v1/measures/let-go", &why("go on")).code(),
        "refused"
    );
    assert_eq!(
        one.post_json("/v1/measures/hold", &why(" ")).code(),
        "refused"
    );
    assert_eq!(
        desk.by("o1")
            .post_json("/v1/measures/hold", &why("x"))
            .code(),
        "not-allowed"
    );
    let said = good(&one.post_json("/v1/measures/hold", &why("an actuator behaves oddly")));
    assert_eq!(
        (&said["stopped"], &said["by"]),
        (&json!(true), &json!("e-01"))
    );
    // What is decided behind it is held too.
    desk.approved();
    until("the stop", || {
        (state(&desk)["halted"] == true).then_some(())
    });
    let act = desk.dispatch();
    let dispatch = desk.act("e-01", &act);
    let dispatch = if dispatch.json()["waits"].is_string() {
        desk.act("e-02", &act)
    } else {
        dispatch
    };
    assert_eq!(dispatch.code(), "refused", "{}", dispatch.text());
    let page = one.get("/measures").text();
    assert!(page.contains("an actuator behaves oddly"), "{page}");
    // Neither who stopped it nor a measure alone lets it go.
    assert_eq!(
        one.post_json("/v1/measures/let-go", &why("go on")).code(),
        "refused"
    );
    assert_eq!(desk.act("e-02", &json!({"act": "free"})).code(), "refused");
    assert_eq!(desk.stage(), "approved");
    let said = good(&two.post_json("/v1/measures/let-go", &why("it was a cable")));
    assert_eq!(
        (&said["stopped"], &said["measures"]),
        (&json!(false), &json!(1))
    );
    desk.dispatched();
    desk.comes_to("in-force");
    let all = good(&one.get("/v1/measures/hold"));
    assert_eq!(all["before"].as_array().unwrap().len(), 2);
    stops_on_record(&desk);
    executor_lets_nothing_go(&desk);
}

/// Both are on record with the commission.
fn stops_on_record(desk: &Desk) {
    let chair = desk.nation.person(Role::Commission, "m1");
    until("the entries", || {
        let life = chair.get(&format!("/v1/measure-lives/{ID}")).json();
        let acts = life["acts"].as_array()?;
        let said = |act: &str, words: &str| {
            let own = acts.iter().filter(|one| one["act"] == act);
            let mut details = own.filter_map(|one| one["detail"].as_str());
            details.any(|detail| detail.contains(words))
        };
        let both = said("hold", "whole office") && said("free", "dispatch goes on");
        both.then(|| assert!(!said("kill", ""), "nothing was taken back: {acts:?}"))
    });
}

/// The executor lets nothing go that another stopped; a release takes back all the same.
fn executor_lets_nothing_go(desk: &Desk) {
    let why = |text: &str| json!({"why": text});
    let [one, two] = [desk.by("e-01"), desk.by("e-02")];
    good(&two.post_json("/v1/measures/hold", &why("once more")));
    let own = one.post_json("/v1/measures/let-go", &why("go on"));
    assert!(own.text().contains("carries out"), "{}", own.text());
    // What is in force goes on; a release of the designation takes it back all the same.
    assert_eq!(desk.stage(), "in-force");
    let none = one.post_json("/v1/measures/release", &json!({"designation": "D-99"}));
    assert_eq!(good(&none)["released"], 0);
    for bad in [
        json!({}),
        json!({"route": "road"}),
        json!({"route": "police", "designation": "D-17"}),
    ] {
        assert_eq!(
            one.post_json("/v1/measures/release", &bad).code(),
            "incomplete"
        );
    }
    let released = one.post_json("/v1/measures/release", &json!({"designation": "D-17"}));
    assert_eq!(good(&released)["released"], 1);
    desk.comes_to("ended");
    // What a person ended is no stop of the safety engine.
    let chair = desk.nation.person(Role::Commission, "m1");
    let acts = until("the end is on record at the commission", || {
        let life = good(&chair.get(&format!("/v1/measure-lives/{ID}")));
        let acts: Vec<String> = life["acts"]
            .as_array()?
            .iter()
            .filter_map(|act| act["act"].as_str().map(str::to_owned))
            .collect();
        let there = |word: &str| acts.iter().any(|act| act == word);
        (there("kill") && there("end")).then_some(acts)
    });
    assert!(!acts.iter().any(|act| act == "safety"), "{acts:?}");
}

#[test]
fn the_notice_to_the_commission_is_given_once_its_mirror_has_the_act() {
    let desk = Desk::open(None);
    desk.approved();
    desk.dispatched();
    desk.comes_to("in-force");
    let clock = |state: &Value| {
        let clocks = state["clocks"].as_array()?;
        let one = clocks
            .iter()
            .find(|one| one["duty"] == "notice to the commission")?;
        one["done"].as_str().map(str::to_owned)
    };
    until("the notice", || clock(&state(&desk)));
    // By then the commission's own copy has the act.
    let chair = desk.nation.person(Role::Commission, "m1");
    let life = good(&chair.get(&format!("/v1/measure-lives/{ID}")));
    assert!(life["dispatched"].is_string(), "{life}");
}
