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
    let text = desk
        .by("o1")
        .post_json(&format!("/v1/measures/{ID}/renewal-text"), renewal);
    assert_eq!(text.status, 200, "{}", text.text());
    let text = text.text();
    assert!(text.contains("\nrevision: 2\n"), "{text}");
    let node = desk.nation.office_node();
    let signers = ["o1", "o2"].map(|id| keys::read(&officer_key(&node, id)).unwrap());
    let note = Note::sign(&text, &[&signers[0], &signers[1]], 0).unwrap();
    String::from_utf8(note.to_bytes()).unwrap()
}

fn denies(desk: &Desk) -> usize {
    let heard = desk.actuator.heard();
    heard.iter().filter(|word| *word == "deny").count()
}

#[test]
fn a_renewal_is_signed_at_both_nodes_and_the_effects_go_on_without_a_gap() {
    let desk = in_force();
    let first = request(&desk, None);
    let before = state(&desk);
    let renewal = renewal(&desk);
    let text = signed(&desk, &renewal);
    let officer = desk.by("o1");
    let path = format!("/v1/measures/{ID}/renew");
    // What the rules refuse is not before the commission.
    let mut none = renewal.clone();
    none["evidence"] = json!([]);
    let refused = officer.post_json(&path, &json!({"renewal": none, "text": text}));
    assert_eq!(refused.code(), "refused", "{}", refused.text());
    let mut longer = renewal.clone();
    longer["not_after"] = json!(desk.nation.host.seconds().plus(3 * DAY_SECONDS).to_string());
    let refused = officer.post_json(&path, &json!({"renewal": longer, "text": text}));
    assert_eq!(refused.code(), "refused", "the text is of another plan");
    assert_eq!(request(&desk, None), first);
    let responder = desk
        .by("e-01")
        .post_json(&path, &json!({"renewal": renewal, "text": text}));
    assert_eq!(responder.code(), "not-allowed");

    let asked = good(&officer.post_json(&path, &json!({"renewal": renewal, "text": text})));
    assert_eq!(asked["state"]["stage"], "in-force");
    assert_eq!(asked["state"]["renewing"], asked["text"]);

    // Members see what differs, the plan behind it, and decide with their own keys.
    let name = request(&desk, Some(&first));
    let chair = desk.nation.person(Role::Commission, "m1");
    let page = chair.get(&format!("/requests/{name}")).text();
    assert!(page.contains("Renewal 1 of at most 1"), "{page}");
    let shown = good(&chair.get(&format!("/v1/requests/{name}/plan")));
    let line = format!("dossier: sha256:{}\n", shown["digest"].as_str().unwrap());
    assert!(text.contains(&line), "{line}");
    assert_eq!(
        shown["plan"]["dossier"]["evidence"][1]["what"],
        "beacons go on"
    );
    let read = |path: &str| chair.get(&format!("/v1/requests/{name}{path}")).text();
    let statement = read(&format!("/text?{SITTING}"));
    let replaces = format!("replaces: {}", before["authority"].as_str().unwrap());
    assert!(statement.contains(&replaces), "{statement}");
    for member in ["m1", "m2", "m3"] {
        let caller = desk.nation.person(Role::Commission, member);
        let note = desk.nation.signed(&statement, &[member]);
        let said = caller.post_note(&format!("/v1/requests/{name}/signatures"), &note);
        assert_eq!(said.status, 200, "{}", said.text());
    }
    until("the renewal", || {
        (state(&desk)["renewals"] == 1).then_some(())
    });
    until("the effect, anew", || (denies(&desk) >= 2).then_some(()));
    desk.comes_to("in-force");
    let after = state(&desk);
    assert_ne!(after["authority"], before["authority"]);
    let time = |state: &Value| -> Seconds { state["until"].as_str().unwrap().parse().unwrap() };
    assert_eq!(
        time(&after).0,
        time(&json!({"until": renewal["not_after"]})).0 + 1
    );
    assert!(
        !desk.actuator.heard().contains(&"allow".to_owned()),
        "nothing was taken back between: {:?}",
        desk.actuator.heard()
    );
    // There are no more than the plan says.
    let mut renewal = self::renewal(&desk);
    renewal["evidence"][0]["id"] = json!("finding-3");
    let text = desk
        .by("o1")
        .post_json(&format!("/v1/measures/{ID}/renewal-text"), &renewal);
    assert_eq!(text.status, 200, "{}", text.text());
    let node = desk.nation.office_node();
    let signers = ["o1", "o2"].map(|id| keys::read(&officer_key(&node, id)).unwrap());
    let note = Note::sign(&text.text(), &[&signers[0], &signers[1]], 0).unwrap();
    let note = String::from_utf8(note.to_bytes()).unwrap();
    let more = officer.post_json(&path, &json!({"renewal": renewal, "text": note}));
    assert!(more.text().contains("renewed 1 times"), "{}", more.text());

    // The commission's own copy of the log shows all of it.
    let life = until("the life at the commission", || {
        let life = chair.get(&format!("/v1/measure-lives/{ID}")).json();
        let acts = life["acts"].as_array()?;
        let sent = acts.iter().filter(|act| act["act"] == "dispatch").count();
        (life["renewals"] == 1 && sent == 2).then_some(life)
    });
    assert_eq!(life["renewals_most"], 1);
    assert_eq!(life["revisions"].as_array().unwrap().len(), 2);
    assert_eq!(
        life["revisions"][0]["authority"]["renewed_by"],
        after["authority"]
    );
    let page = chair.get(&format!("/measures/{ID}")).text();
    for word in [
        format!("/requests/{name}/plan").as_str(),
        "dispatch",
        "in-force",
    ] {
        assert!(page.contains(word), "{word} is not on {page}");
    }
    let page = chair.get(&format!("/requests/{name}/plan")).text();
    for word in [
        TARGET,
        "beacons go on",
        "selected",
        "FM-9",
        "analyst-1",
        "EXAMPLE-NET",
        "900",
    ] {
        assert!(page.contains(word), "{word} is not on {page}");
    }
    let year = japan(desk.nation.host.seconds()).year;
    let figures = good(&chair.get(&format!("/v1/measure-figures?year={year}")));
    for (name, count) in [
        ("proposed", 1),
        ("decided", 1),
        ("renewals", 1),
        ("dispatched", 1),
        ("kills", 0),
    ] {
        assert_eq!(figures[name], count, "{name} in {figures}");
    }
    assert_eq!(
        good(&chair.get(&format!("/v1/measure-figures?year={}", year - 1)))["proposed"],
        0
    );
    assert!(chair.get("/measures").text().contains(ID));
}

#[test]
fn a_plan_goes_to_the_commission_alone_and_nobody_reads_it_without_leave() {
    let desk = Desk::open(None);
    desk.approved();
    let name = request(&desk, None);
    let path = format!("/v1/requests/{name}/plan");
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
    let dispatch = desk.act("e-01", &json!({"act": "dispatch"}));
    let dispatch = if dispatch.json()["waits"].is_string() {
        desk.act("e-02", &json!({"act": "dispatch"}))
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
    // Both are on record with the commission.
    let chair = desk.nation.person(Role::Commission, "m1");
    until("the entries", || {
        let life = chair.get(&format!("/v1/measure-lives/{ID}")).json();
        let acts = life["acts"].as_array()?;
        let kills: Vec<&str> = acts
            .iter()
            .filter(|act| act["act"] == "kill")
            .filter_map(|act| act["detail"].as_str())
            .collect();
        let stops = kills.iter().any(|words| words.contains("whole office"));
        let goes = kills.iter().any(|words| words.contains("dispatch goes on"));
        (stops && goes).then_some(())
    });
    // The executor lets nothing go that another stopped.
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
