//! The council over the interface: members by consent, submissions, opinions, overrides, and at a member's own node. In: an office, a commission, nodes of operators. Out: answers, entries.
//! Never: a copy for who is no member; a copy without the opinion or before its entry.

use crate::nation::{Caller, Nation, Said, join, options, people};
use crate::uses::{beside, entries, pause, who};
use sakimori_access::{Act, NewCredential};
use sakimori_control::tls::May;
use sakimori_custody::entry::EntryType;
use sakimori_node::{Role, start};
use serde_json::{Value, json};

/// An office, its officers, and nodes of operators that it knows.
struct House {
    nation: Nation,
    officer: Caller,
    supervisor: Caller,
    operators: [Caller; 3],
}

fn submission() -> Value {
    json!({
        "class": "integrated-controlled",
        "words": "The valve controllers are searched for from abroad.",
        "tlp": "amber+strict", "pap": "amber",
        "opinion": {"text": "For engineers alone.", "tlp": "amber+strict"},
    })
}

fn with(mut body: Value, field: &str, value: Value) -> Value {
    body[field] = value;
    body
}

fn release() -> Value {
    json!({"basis": "Act 42/2025 art. 45", "rights": "No identifier of a party is in it."})
}

fn rows(said: &Said) -> Vec<Value> {
    assert_eq!(said.status, 200, "{}", said.text());
    said.json()["rows"].as_array().unwrap().clone()
}

impl House {
    /// With `acme` and `borea` as members; `cosmo` is none.
    fn open() -> Self {
        let nation = Nation::start();
        let office = nation.role(Role::Office);
        let address = nation.office.address.to_string();
        let operator = |name| Caller::peer(&office, &address, name, &[May::Report]);
        let house = Self {
            officer: nation.person(Role::Office, "o2"),
            supervisor: nation.person(Role::Office, "o3"),
            operators: ["acme", "borea", "cosmo"].map(operator),
            nation,
        };
        for member in ["acme", "borea"] {
            let said = house.entered(member);
            assert_eq!(said.status, 200, "{}", said.text());
        }
        house
    }

    /// The office invites, and a person of the member's own node consents.
    fn entered(&self, member: &str) -> Said {
        let invited = invited(&self.officer, member);
        if invited.status != 204 {
            return invited;
        }
        let operators = ["acme", "borea", "cosmo"];
        let at = operators.iter().position(|name| *name == member).unwrap();
        consented(&self.operators[at], "h.abe")
    }

    fn counts(&self) -> [u64; 3] {
        let said = self.officer.get("/v1/council/counts").json();
        ["members", "given", "overridden"].map(|field| said[field].as_u64().unwrap())
    }

    fn copies(by: &Caller) -> Vec<Value> {
        rows(&by.get("/v1/council/copies"))
    }

    fn on_record(&self) -> Vec<(u64, Value)> {
        entries(&self.nation, &[EntryType::Release])
    }
}

/// A machine of an organisation that files at the office.
fn machine(nation: &Nation, organisation: &str) -> Caller {
    let now = nation.host.seconds();
    let token = beside(nation, async |access| {
        let admin = who("admin");
        let named = ("bot", "A machine", organisation);
        access.add_machine(&admin, named, now).await.unwrap();
        let new = NewCredential {
            machine: "bot".to_owned(),
            scopes: [Act::FileReport].into(),
            until: now.plus(3600),
        };
        let issued = access.issue_token(&admin, &new, now).await.unwrap();
        issued.token.to_string()
    });
    let mut machine = nation.stranger(Role::Office);
    let bearer = format!("Bearer {token}");
    machine.headers.push(("authorization".to_owned(), bearer));
    machine
}

fn invited(officer: &Caller, member: &str) -> Said {
    officer.post_json("/v1/council/members", &json!({"member": member}))
}

fn consented(node: &Caller, by: &str) -> Said {
    node.post_json("/v1/council/consent", &json!({"by": by}))
}

/// Submits by a caller; its path for a release.
fn submitted(by: &Caller, body: &Value) -> String {
    let said = by.post_json("/v1/council/submissions", body);
    assert_eq!(said.status, 200, "{}", said.text());
    let said = said.json();
    let [submitter, id] = ["submitter", "id"].map(|field| said[field].as_str().unwrap());
    format!("/v1/council/submissions/{submitter}/{id}/release")
}

fn detail(said: &Said) -> String {
    let detail = said.json()["detail"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    format!("{}: {detail}", said.code())
}

#[test]
fn members_come_by_consent_on_record_and_who_is_none_sees_and_submits_nothing() {
    let house = House::open();
    let [acme, _, cosmo] = &house.operators;
    let memberships = |house: &House| -> Vec<(u64, Value)> {
        let all = entries(&house.nation, &[EntryType::Access]).into_iter();
        all.filter(|(_, body)| body["roles"] == json!(["council-member"]))
            .collect()
    };
    let on_record = memberships(&house);
    let persons: Vec<&Value> = on_record.iter().map(|(_, body)| &body["person"]).collect();
    assert_eq!(persons, ["council.acme", "council.borea"]);
    assert_eq!(on_record[0].1["by"], json!(["o2", "acme", "h.abe"]));
    let members = rows(&house.officer.get("/v1/council/members"));
    assert_eq!(members[0]["consent"], on_record[0].0);
    assert_eq!(members[0]["consented_by"], "acme/h.abe");

    let again = house.entered("acme");
    assert_eq!(detail(&again), "refused: member: acme is a member");
    assert_eq!(house.entered("Acme Ltd").code(), "refused");
    assert_eq!(house.entered(&"a".repeat(25)).code(), "refused");
    assert_eq!(memberships(&house).len(), 2, "a refusal is no entry");

    // Who is no member, and who is nobody.
    let path = submitted(acme, &submission());
    let refused = cosmo.post_json("/v1/council/submissions", &submission());
    assert_eq!(detail(&refused), "not-allowed: the caller is no member");
    let said = house.supervisor.post_json(&path, &release());
    assert_eq!(said.status, 200, "{}", said.text());
    assert_eq!(House::copies(cosmo), Vec::<Value>::new());
    assert_eq!(
        rows(&cosmo.get("/v1/council/submissions")),
        Vec::<Value>::new()
    );
    for path in ["/v1/council/members", "/v1/council/counts"] {
        assert_eq!(acme.get(path).code(), "not-signed-in", "{path}");
    }
    let stranger = house.nation.stranger(Role::Office);
    let requester = house.nation.person(Role::Office, "o1");
    for path in ["members", "submissions", "copies", "counts"] {
        let path = format!("/v1/council/{path}");
        assert_eq!(stranger.get(&path).code(), "not-signed-in", "{path}");
        assert_eq!(requester.get(&path).code(), "not-allowed", "{path}");
    }

    // Who left is given nothing and submits nothing.
    let departure = "/v1/council/members/acme/departure";
    assert_eq!(house.officer.post_json(departure, &json!({})).status, 204);
    assert_eq!(
        house.officer.post_json(departure, &json!({})).code(),
        "not-found"
    );
    let ended = (0..1200).any(|_| {
        // The node's round brings it; it is asked for its health meanwhile.
        assert_eq!(stranger.get("/healthz").status, 200);
        pause();
        memberships(&house).len() == 3
    });
    assert!(ended, "the end of a membership did not come into the log");
    assert_eq!(memberships(&house)[2].1["act"], "ended");
    let refused = acme.post_json("/v1/council/submissions", &submission());
    assert_eq!(refused.code(), "not-allowed");
    let path = submitted(&house.officer, &submission());
    let to = with(release(), "members", json!(["acme"]));
    let refused = house.supervisor.post_json(&path, &to);
    assert!(detail(&refused).contains("[NOT_MEMBER]"), "{refused:?}");
    assert_eq!(house.counts(), [1, 1, 0]);
    let back = house.entered("acme");
    assert_eq!(back.status, 200, "{}", back.text());
}

/// A copy of [`submission`] by `acme` says all that it has to.
fn is_whole(copy: &Value) {
    assert_eq!(copy["opinion"], "For engineers alone.");
    assert_eq!(copy["content"], submission()["words"]);
    assert_eq!(copy["submitter"], "acme");
    assert_eq!(copy["class"], "integrated-controlled");
    assert_eq!(
        (&copy["tlp"], &copy["pap"]),
        (&json!("TLP:AMBER+STRICT"), &json!("PAP:AMBER"))
    );
    assert_eq!(
        (&copy["overridden"], &copy["reason"]),
        (&json!(false), &Value::Null)
    );
}

#[test]
fn an_opinion_is_on_every_copy_and_the_entry_is_there_before_it() {
    let house = House::open();
    let [acme, borea, _] = &house.operators;
    let joined = house.entered("cosmo");
    assert_eq!(joined.status, 200, "{}", joined.text());
    let path = submitted(acme, &submission());
    assert_eq!(house.on_record(), []);
    assert_eq!(House::copies(borea), Vec::<Value>::new(), "it waits");
    assert_eq!(
        rows(&borea.get("/v1/council/submissions")),
        Vec::<Value>::new()
    );
    for other in [&house.officer, borea] {
        let refused = other.post_json(&path, &release());
        assert!(
            ["not-allowed", "not-signed-in"].contains(&refused.code().as_str()),
            "{refused:?}"
        );
    }
    let said = house.supervisor.post_json(&path, &release());
    assert_eq!(said.status, 200, "{}", said.text());
    let said = said.json();
    assert_eq!(
        (&said["given"], &said["overridden"]),
        (&json!(2), &json!(false))
    );
    let on_record = house.on_record();
    let [(index, body)] = on_record.as_slice() else {
        panic!("{on_record:?}");
    };
    assert_eq!(said["entry"], *index);
    assert_eq!(body["outcome"], "released");
    assert_eq!(body["class_to"], "integrated-controlled");
    assert_eq!(
        body["recipients"],
        json!(["council/borea", "council/cosmo"])
    );
    let [_, members @ ..] = &house.operators;
    for member in members {
        let copies = House::copies(member);
        assert_eq!(copies.len(), 1);
        let copy = &copies[0]["copy"];
        is_whole(copy);
        assert_eq!(copy["entry"], *index);
        let place = copies[0]["place"].as_u64().unwrap();
        let behind = member.get(&format!("/v1/council/copies?before={place}"));
        assert_eq!(rows(&behind), Vec::<Value>::new());
    }
    assert_eq!(
        House::copies(acme),
        Vec::<Value>::new(),
        "it is the submitter's own"
    );
    let own = rows(&acme.get("/v1/council/submissions"));
    assert_eq!(
        (&own[0]["state"], &own[0]["submission"]["entry"]),
        (&json!("given"), &json!(index))
    );
    let twice = house.supervisor.post_json(&path, &release());
    assert_eq!(detail(&twice), "refused: submission: was given before");
    assert_eq!(house.on_record().len(), 1);
    assert_eq!(House::copies(&house.officer).len(), 2);
    assert_eq!(house.counts(), [3, 1, 0]);
}

#[test]
fn an_override_needs_a_reason_and_is_counted_and_told_on_each_copy() {
    let house = House::open();
    let [acme, borea, _] = &house.operators;
    let joined = house.entered("cosmo");
    assert_eq!(joined.status, 200, "{}", joined.text());
    let opinion = json!({"text": "Not for cosmo.", "members": ["borea"], "tlp": "amber+strict"});
    let path = submitted(acme, &with(submission(), "opinion", opinion.clone()));
    let to = with(release(), "members", json!(["borea", "cosmo"]));
    let refused = house.supervisor.post_json(&path, &to);
    assert!(
        detail(&refused).contains("[OPINION_AGAINST]"),
        "{refused:?}"
    );
    let on_record = house.on_record();
    assert_eq!(on_record.len(), 1, "a refusal of the gate is on record");
    assert_eq!(on_record[0].1["outcome"], "OPINION_AGAINST");
    let empty = with(to.clone(), "override_reason", json!(" "));
    let refused = house.supervisor.post_json(&path, &empty);
    assert!(
        detail(&refused).starts_with("refused: override_reason: "),
        "{refused:?}"
    );
    for operator in &house.operators {
        assert_eq!(House::copies(operator), Vec::<Value>::new());
    }
    assert_eq!(house.counts(), [3, 0, 0]);

    let reason = with(to, "override_reason", json!("Lives are at stake."));
    let said = house.supervisor.post_json(&path, &reason);
    assert_eq!(said.status, 200, "{}", said.text());
    assert_eq!(said.json()["overridden"], true);
    let [_, members @ ..] = &house.operators;
    for member in members {
        let copies = House::copies(member);
        let copy = &copies[0]["copy"];
        assert_eq!(copy["opinion"], "Not for cosmo.");
        assert_eq!(copy["overridden"], true);
        assert_eq!(copy["overridden_by"], "o3");
        assert_eq!(copy["reason"], "Lives are at stake.");
    }
    assert_eq!(house.counts(), [3, 1, 1]);
    let on_record = house.on_record();
    assert_eq!(on_record.len(), 2);
    let conditions = on_record[1].1["conditions"].as_array().unwrap();
    assert!(
        conditions[1]
            .as_str()
            .unwrap()
            .starts_with("opinion-override/cosmo/o3/"),
        "{conditions:?}"
    );
    assert!(
        !on_record[1].1.to_string().contains("Lives"),
        "no reason in the log"
    );

    // Without names it goes to those whom the opinion names.
    let path = submitted(acme, &with(submission(), "opinion", opinion));
    let said = house.supervisor.post_json(&path, &release());
    assert_eq!(said.json()["given"], 1, "{}", said.text());
    assert_eq!(House::copies(borea).len(), 2);
    assert_eq!(house.counts(), [3, 2, 1]);
}

#[test]
fn what_the_council_may_not_be_given_is_refused_by_the_gate_and_that_is_on_record() {
    let house = House::open();
    let [acme, ..] = &house.operators;
    let classes = [
        "selected",
        "selected-party",
        "integrated",
        "operator-report",
    ];
    for (count, class) in classes.into_iter().enumerate() {
        let said = acme.post_json(
            "/v1/council/submissions",
            &with(submission(), "class", json!(class)),
        );
        let told = detail(&said);
        assert!(told.contains("[CLASS_VIOLATION]"), "{class}: {told}");
        let on_record = house.on_record();
        assert_eq!(on_record.len(), count + 1);
        let (_, body) = on_record.last().unwrap();
        assert_eq!(body["outcome"], "CLASS_VIOLATION");
        assert_eq!(body["class_to"], class);
        assert_eq!(body["actor"], "acme");
    }
    // The gate cannot be asked for what goes to nobody at all.
    for class in ["acquired", "released-selected", "integrated-provision"] {
        let body = with(submission(), "class", json!(class));
        let said = house.officer.post_json("/v1/council/submissions", &body);
        assert!(detail(&said).contains("[CLASS_VIOLATION]"), "{class}");
    }
    for (field, value) in [
        ("class", json!("secret")),
        ("tlp", json!("clear")),
        ("tlp", json!("orange")),
        ("pap", json!("")),
        ("words", json!(" ")),
        ("words", json!("x".repeat(65_537))),
        ("opinion", json!({"text": " ", "tlp": "red"})),
        ("opinion", json!({"text": "no", "tlp": "none"})),
        (
            "opinion",
            json!({"text": "no", "tlp": "red", "members": ["A B"]}),
        ),
    ] {
        let said = acme.post_json("/v1/council/submissions", &with(submission(), field, value));
        assert_eq!(said.code(), "refused", "{field}: {}", said.text());
    }
    assert_eq!(house.on_record().len(), classes.len());
    assert_eq!(
        rows(&acme.get("/v1/council/submissions")),
        Vec::<Value>::new()
    );
}

#[test]
fn what_is_without_secrets_may_be_marked_loosely_and_is_given_as_what_it_is() {
    let house = House::open();
    let [_, borea, _] = &house.operators;
    let open = with(submission(), "class", json!("public-notice"));
    let path = submitted(
        &house.officer,
        &with(with(open, "tlp", json!("green")), "opinion", Value::Null),
    );
    let said = house.supervisor.post_json(&path, &release());
    assert_eq!(said.json()["given"], 2, "{}", said.text());
    let copy = &House::copies(borea)[0]["copy"];
    assert_eq!(
        (&copy["class"], &copy["tlp"], &copy["submitter"]),
        (
            &json!("public-notice"),
            &json!("TLP:GREEN"),
            &json!("office")
        )
    );
    assert_eq!(copy["opinion"], Value::Null);
    let unknown = "/v1/council/submissions/acme/s-0/release";
    assert_eq!(
        house.supervisor.post_json(unknown, &release()).code(),
        "not-found"
    );
}

#[test]
fn a_members_people_submit_and_read_through_their_own_node() {
    let nation = Nation::start();
    let folder = nation.folder.path().join("acme");
    people(Role::Operator, &folder, &nation.host);
    let own = folder.join("operator");
    join(&nation.role(Role::Office), "acme", &own, "", &[May::Report]);
    let running = start(&options(Role::Operator, &folder), &nation.host).unwrap();
    let address = running.address.to_string();
    let stranger = Caller::stranger(&own, &address);
    let mut party = Caller::stranger(&own, &address);
    party.sign_in(Role::Operator, "party");
    let away = party.get("/v1/council/copies");
    assert_eq!(away.code(), "peer-unavailable");
    let office = nation.office.address.to_string();
    join(&own, "office", &nation.role(Role::Office), &office, &[]);
    let refused = party.post_json("/v1/council/submissions", &submission());
    assert_eq!(refused.code(), "not-allowed", "it is no member");
    let officer = nation.person(Role::Office, "o2");
    assert_eq!(party.get("/v1/council/standing").json()["state"], "none");
    let nothing = party.post_json("/v1/council/consent", &json!({}));
    assert_eq!(nothing.code(), "not-found", "nobody invited it");
    assert_eq!(invited(&officer, "acme").status, 204);
    assert_eq!(party.get("/v1/council/standing").json()["state"], "invited");
    assert_eq!(
        stranger.post_json("/v1/council/consent", &json!({})).code(),
        "not-signed-in"
    );
    let joined = party.post_json("/v1/council/consent", &json!({}));
    assert_eq!(joined.status, 200, "{}", joined.text());
    let standing = party.get("/v1/council/standing").json();
    assert_eq!(
        (&standing["state"], &standing["consented_by"]),
        (&json!("member"), &json!("acme/party"))
    );
    assert_eq!(standing["consent"], joined.json()["entry"]);
    let said = party.post_json("/v1/council/submissions", &submission());
    assert_eq!(said.status, 200, "{}", said.text());
    assert_eq!(said.json()["submitter"], "acme");
    let waiting = rows(&officer.get("/v1/council/submissions"));
    assert_eq!(waiting[0]["submission"]["words"], submission()["words"]);
    let supervisor = nation.person(Role::Office, "o3");
    let id = waiting[0]["id"].as_str().unwrap();
    let path = format!("/v1/council/submissions/acme/{id}/release");
    let to = with(release(), "members", json!(["acme"]));
    let given = supervisor.post_json(&path, &to);
    assert_eq!(given.status, 200, "{}", given.text());
    let copies = rows(&party.get("/v1/council/copies"));
    assert_eq!(copies[0]["copy"]["opinion"], "For engineers alone.");
    for path in ["/v1/council/copies", "/v1/council/copies?before=1"] {
        assert_eq!(stranger.get(path).code(), "not-signed-in");
    }
    assert_eq!(
        rows(&party.get("/v1/council/copies?before=1")),
        Vec::<Value>::new()
    );
    let refused = stranger.post_json("/v1/council/submissions", &submission());
    assert_eq!(refused.code(), "not-signed-in");
}

#[test]
fn nobody_is_a_member_by_the_office_s_word_and_one_invitation_is_answered_once() {
    let house = House::open();
    let [acme, _, cosmo] = &house.operators;
    let access = || {
        let all = entries(&house.nation, &[EntryType::Access]).into_iter();
        all.filter(|(_, body)| body["person"] == "council.cosmo")
            .count()
    };
    assert_eq!(invited(&house.officer, "cosmo").status, 204);
    let again = invited(&house.officer, "cosmo");
    assert_eq!(detail(&again), "refused: member: cosmo is invited");
    assert_eq!(house.counts(), [2, 0, 0], "an invitation is no membership");
    assert_eq!(access(), 0, "and no entry");
    // Neither the office nor another node answers for it.
    for other in [&house.officer, &house.supervisor] {
        assert_eq!(consented(other, "h.abe").code(), "not-allowed");
    }
    assert_eq!(
        consented(acme, "h.abe").code(),
        "not-found",
        "acme is a member"
    );
    assert_eq!(consented(cosmo, "No Name").code(), "refused");
    let no = cosmo.post_json("/v1/council/refusal", &json!({"by": "c.ito"}));
    assert_eq!(no.status, 204, "{}", no.text());
    assert_eq!(
        cosmo.get("/v1/council/standing").json()["state"],
        "declined"
    );
    assert_eq!(
        consented(cosmo, "c.ito").code(),
        "not-found",
        "it was answered"
    );
    assert_eq!(access(), 0);
    assert_eq!(invited(&house.officer, "cosmo").status, 204);
    let joined = consented(cosmo, "c.ito");
    assert_eq!(joined.status, 200, "{}", joined.text());
    assert_eq!(access(), 1);
    assert_eq!(house.counts(), [3, 0, 0]);
    let left = cosmo.post_json("/v1/council/departure", &json!({"by": "c.ito"}));
    assert_eq!(left.status, 204, "{}", left.text());
    assert_eq!(cosmo.get("/v1/council/standing").json()["state"], "left");
    assert_eq!(house.counts(), [2, 0, 0]);
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one story, told from its beginning to its end"
)]
fn material_is_asked_of_a_member_until_a_day_and_refused_with_a_cause_alone() {
    let house = House::open();
    let [acme, borea, _] = &house.operators;
    let asked = |member: &str, subject: &str, by: &str| {
        let body = json!({"member": member, "subject": subject, "text": "For the next meeting.", "reply_by": by});
        house.officer.post_json("/v1/council/materials", &body)
    };
    let day = house.nation.host.seconds().plus(86_400).to_string();
    assert_eq!(
        detail(&asked("cosmo", "Logs", &day)),
        "refused: member: cosmo is no member"
    );
    assert_eq!(asked("acme", " ", &day).code(), "refused");
    assert_eq!(
        asked("acme", "Logs", "2020-01-01T00:00:00Z").code(),
        "refused"
    );
    assert_eq!(asked("acme", "Logs", "tomorrow").code(), "refused");
    let first = asked("acme", "Logs", &day).json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let second = asked("acme", "Maps", &day).json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = |id: &str| format!("/v1/council/materials/{id}/answer");
    let own = rows(&acme.get("/v1/council/materials"));
    assert_eq!(own.len(), 2);
    assert_eq!(
        rows(&borea.get("/v1/council/materials")),
        Vec::<Value>::new()
    );
    let theirs = borea.post_json(&path(&first), &json!({"by": "b", "given": "x"}));
    assert_eq!(theirs.code(), "not-found", "what is another's is not there");
    let long = "a".repeat(33);
    for bad in [
        json!({"by": "No Name", "given": "x"}),
        json!({"by": long, "given": "x"}),
        json!({"by": "a"}),
        json!({"by": "a", "given": "x", "refused": "y"}),
        json!({"by": "a", "refused": " "}),
    ] {
        assert_eq!(
            acme.post_json(&path(&first), &bad).code(),
            "refused",
            "{bad}"
        );
    }
    // A machine of the member, and an officer, answer for nobody.
    let answer = json!({"by": "o2", "given": "x"});
    let machine = machine(&house.nation, "acme");
    assert_eq!(rows(&machine.get("/v1/council/materials")).len(), 2);
    for other in [&machine, &house.officer] {
        let refused = other.post_json(&path(&first), &answer);
        assert_eq!(refused.code(), "not-allowed", "{refused:?}");
    }
    let given = acme.post_json(
        &path(&first),
        &json!({"by": "a.sato", "given": "They are here."}),
    );
    assert_eq!(given.status, 204, "{}", given.text());
    let cause = json!({"by": "a.sato", "refused": "A court ordered them sealed."});
    assert_eq!(acme.post_json(&path(&second), &cause).status, 204);
    assert_eq!(
        acme.post_json(&path(&second), &cause).code(),
        "refused",
        "once"
    );
    let all = rows(&house.officer.get("/v1/council/materials"));
    let said: Vec<_> = all
        .iter()
        .map(|row| {
            (
                row["state"].as_str().unwrap(),
                row["overdue"].as_bool().unwrap(),
            )
        })
        .collect();
    assert_eq!(said, [("refused", false), ("given", false)]);
    assert_eq!(
        all[0]["material"]["reply"]["refused"],
        "A court ordered them sealed."
    );
    assert_eq!(all[1]["material"]["replied"][0], "acme/a.sato");
    // Nothing that a member brought is recorded as an act of the office's people.
    let lines = beside(&house.nation, async |access| {
        access.store().audit(0).await.unwrap()
    });
    let answers = ["answer-council", "join-council", "answer-material"];
    let brought = lines.iter().filter(|l| answers.contains(&l.act.as_str()));
    let by: Vec<&str> = brought.map(|line| line.by.as_str()).collect();
    assert_eq!(by, ["acme", "acme", "borea", "borea", "acme", "acme"]);
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one story, told from its beginning to its end"
)]
fn the_council_s_pages_invite_consent_submit_release_and_show_the_opinion_on_every_copy() {
    let nation = Nation::start();
    let operator = crate::report::Operator::new(&nation, "acme");
    operator.told_where_the_office_is(&nation);
    let party = operator.person();
    let browser = |id: &str| {
        let address = nation.office.address.to_string();
        crate::report::Browser::of(&nation.role(Role::Office), &address, Role::Office, id)
    };
    let (officer, supervisor) = (browser("o2"), browser("o3"));
    assert!(party.page("/council").contains("no member"));
    officer.done("/council/members", &[("member", "acme")]);
    assert!(
        officer
            .page("/council")
            .contains("invited, has not answered")
    );
    assert!(
        party
            .page("/council")
            .contains("By joining, this organisation consents")
    );
    party.done("/council/consent", &[]);
    assert!(
        party
            .page("/council")
            .contains("Consented for it: acme/party")
    );
    let words = [
        ("class", "integrated-controlled"),
        ("words", "<script>look</script>"),
        ("tlp", "amber+strict"),
        ("pap", "amber"),
        ("opinion", "For engineers <b>alone</b>."),
        ("opinion_members", "borea"),
    ];
    party.done("/council/submissions", &words);
    let waiting = rows(&supervisor.caller.get("/v1/council/submissions"));
    let path = format!(
        "/council/submissions/acme/{}",
        waiting[0]["id"].as_str().unwrap()
    );
    assert!(
        !officer.page("/council").contains(&path),
        "only a supervisor lets it go"
    );
    assert!(supervisor.page("/council").contains(&path));
    let mut release = vec![
        ("members", "acme"),
        ("basis", "art. 45"),
        ("rights", "none"),
        ("override_reason", ""),
    ];
    assert_eq!(
        supervisor.post(&path, &release).status,
        422,
        "against the opinion"
    );
    release[3].1 = "Lives are at stake.";
    supervisor.done(&path, &release);
    for page in [party.page("/council"), supervisor.page("/council")] {
        assert!(
            page.contains("For engineers &lt;b&gt;alone&lt;/b&gt;."),
            "{page}"
        );
        assert!(
            page.contains("Lives are at stake.") && !page.contains("<script"),
            "{page}"
        );
    }
    assert!(officer.page("/council").contains("1, 1"), "counts");
    let ask = [
        ("member", "acme"),
        ("subject", "Logs"),
        ("text", "All of them."),
        ("reply_by", "2027-10-31T00:00:00Z"),
    ];
    let day = nation.host.seconds().plus(86_400).to_string();
    let mut ask = ask.to_vec();
    ask[3].1 = &day;
    officer.done("/council/materials", &ask);
    let id = rows(&party.caller.get("/v1/council/materials"))[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let to = format!("/council/materials/{id}");
    assert_eq!(
        party.post(&to, &[("given", ""), ("refused", "")]).status,
        422
    );
    party.done(&to, &[("given", ""), ("refused", "They are sealed.")]);
    assert!(officer.page("/council").contains("They are sealed."));
    party.done("/council/departure", &[]);
    assert!(party.page("/council").contains("left"));
}
