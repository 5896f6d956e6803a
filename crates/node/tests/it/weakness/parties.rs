//! Coordinators, decision tables, catalogues. In: a node with a clock that the test sets. Out: verdicts. Never: an address beyond loopback.

use super::{FORM, House, event, form, good};
use serde_json::json;

#[test]
fn a_coordinator_comes_by_its_link_and_sees_where_makers_stand() {
    let house = House::open();
    let case = house.case("Whoever reaches port 502 may write.");
    let (boss, analyst) = (house.person("o3"), house.person("a1"));
    let added = json!({ "coordinator-added": { "coordinator": "JPCERT/CC" } });
    assert_eq!(event(&analyst, &case, 4, &added).code(), "not-allowed");
    good(&event(&boss, &case, 4, &added));
    let told = json!({ "coordinator-told": { "coordinator": "JPCERT/CC", "text": "Please reach Beta abroad." } });
    good(&event(&analyst, &case, 5, &told));
    let recipients: Vec<String> = house
        .releases()
        .iter()
        .map(|(_, body)| body["recipients"][0].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(recipients.len(), 2);
    assert!(recipients.iter().all(|to| to.starts_with("contractor/c-")));
    let forged = json!({ "coordinator-link-made": { "coordinator": "JPCERT/CC", "hash": "a".repeat(64), "until": "2027-01-01T00:00:00Z" } });
    assert_eq!(event(&boss, &case, 6, &forged).code(), "refused");
    let link = json!({ "on": 6, "coordinator": "JPCERT/CC", "days": 30 });
    let made = analyst.post_json(&format!("/v1/weaknesses/{case}/coordinator-links"), &link);
    assert_eq!(made.status, 201, "{}", made.text());
    let page = made.json()["path"].as_str().unwrap().to_owned();
    let v1 = page.replace("/weaknesses/coordinator/", "/v1/coordinator-rooms/");
    let stranger = house.stranger();
    let seen = stranger.get(&v1).json();
    assert_eq!(seen["makers"].as_array().unwrap().len(), 2);
    assert_eq!(seen["letters"][0][2], "Please reach Beta abroad.");
    let answer = form(&[("act", "coordinator-said"), ("text", "We are on it.")]);
    let said = stranger.post(&page, FORM, &answer);
    assert!(said.status == 200 || said.status == 303, "{}", said.text());
    let heard = form(&[
        ("act", "said"),
        ("maker", "Beta Works"),
        ("state", "affected"),
        ("text", "by telephone"),
    ]);
    let said = stranger.post(&page, FORM, &heard);
    assert!(said.status == 200 || said.status == 303, "{}", said.text());
    let room = stranger.get(&page).text();
    assert!(room.contains("We are on it.") && room.contains("Beta Works"));
    assert!(
        !room.contains("by telephone") && !room.contains("port 502") && !room.contains("<script"),
        "{room}"
    );
    // The office sees it apart; the link of a coordinator opens no maker's room.
    let own = boss.get(&format!("/weaknesses/cases/{case}")).text();
    assert!(
        own.contains("(JPCERT/CC)") && own.contains("through JPCERT/CC"),
        "{own}"
    );
    let other = page.replace("/coordinator/", "/room/");
    assert_eq!(stranger.get(&other).code(), "not-found");
    let ended = json!({ "coordinator-links-ended": { "coordinator": "JPCERT/CC", "why": "it went astray" } });
    good(&event(&boss, &case, 9, &ended));
    assert_eq!(stranger.get(&v1).code(), "not-found");
    let silent = json!({ "maker": "Beta Works", "state": "silent" });
    assert_eq!(
        stranger.post_json(&format!("{v1}/words"), &silent).code(),
        "not-found"
    );
}

#[test]
fn a_decision_is_made_by_the_table_that_was_chosen_and_names_it() {
    let house = House::open();
    let case = house.case("Whoever reaches port 502 may write.");
    let boss = house.person("o3");
    let path = format!("/v1/weaknesses/{case}/triage");
    let bod = json!({ "on": 4, "table": "CISA BOD 26-04", "cves": ["CVE-2026-12345"],
        "values": [["In KEV", "Yes"], ["Publicly Exposed", "Yes"], ["Automatable", "Yes"], ["Technical Impact", "Total"]] });
    let decided = boss.post_json(&path, &bod);
    good(&decided);
    let triage = &decided.json()["events"][4]["act"]["triaged"];
    assert_eq!(triage["table"], json!(["CISA BOD 26-04", "1.0.0"]));
    assert_eq!(triage["outcome"], "3 days & forensic investigation");
    let deployer = json!({ "on": 5, "table": "deployer patch application priority",
        "values": [["Exploitation", "Active"], ["System Exposure", "Open"], ["Automatable", "Yes"], ["Human Impact", "Very High"]] });
    let decided = boss.post_json(&path, &deployer).json();
    assert_eq!(
        decided["events"][5]["act"]["triaged"]["outcome"],
        "Immediate"
    );
    let mixed = json!({ "on": 6, "table": "Utility", "values": [["Exploitation", "Active"]] });
    assert_eq!(boss.post_json(&path, &mixed).code(), "refused");
    let none = json!({ "on": 6, "table": "Tarot", "values": [] });
    let said = boss.post_json(&path, &none);
    assert!(said.text().contains("CISA Coordinator"), "{}", said.text());
    // The page has a form for each table, the last one's open.
    let here = format!("/weaknesses/cases/{case}");
    let page = boss.get(&here).text();
    for table in [
        "CISA Coordinator",
        "CISA BOD 26-04",
        "Supplier Patch Development Priority",
        "Coordinator Triage",
    ] {
        assert!(
            page.contains(&format!("name=\"table\" value=\"{table}\"")),
            "{table}"
        );
    }
    assert!(
        page.contains("<details open><summary>Deployer Patch Application Priority"),
        "{page}"
    );
    let token = page
        .split("name=\"form\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let chosen = form(&[
        ("form", token),
        ("on", "6"),
        ("act", "triaged"),
        ("table", "CISA BOD 26-04"),
        ("point0", "No"),
        ("point1", "No"),
        ("point2", "No"),
        ("point3", "Partial"),
        ("cves", ""),
    ]);
    let said = boss.post(&here, FORM, &chosen);
    assert!(said.status == 200 || said.status == 303, "{}", said.text());
    assert!(boss.get(&here).text().contains("Fix on system upgrade"));
}

#[test]
fn catalogues_are_shown_with_their_day_and_age_and_an_old_one_is_told() {
    let house = House::open();
    let case = house.case("Whoever reaches port 502 may write.");
    let boss = house.person("o3");
    let home = house.office().join("weaknesses");
    let (list, here) = ("/weaknesses", format!("/weaknesses/cases/{case}"));
    assert!(boss.get(list).text().contains("no catalogue at hand"));
    let kev = json!({ "catalogVersion": "2026.11.28", "dateReleased": "2026-11-28T15:00:00.000Z", "count": 1, "vulnerabilities": [{
        "cveID": "CVE-2026-12345", "vendorProject": "A", "product": "B", "vulnerabilityName": "C", "dateAdded": "2026-11-28",
        "dueDate": "2026-12-19", "requiredAction": "D" }] });
    std::fs::write(home.join("kev.json"), kev.to_string()).unwrap();
    let epss = "#model_version:v1,score_date:2026-11-20T00:00:00+0000\ncve,epss,percentile\nCVE-2026-12345,0.5,0.9\n";
    std::fs::write(home.join("epss.csv"), epss).unwrap();
    for page in [list, &here] {
        let text = boss.get(page).text();
        assert!(
            text.contains("2026-11-28T15:00:00.000Z (2026.11.28)") && text.contains("3 days old"),
            "{text}"
        );
        assert!(text.contains("<span class=\"warn\">11 days old"), "{text}");
    }
    for path in ["/v1/weaknesses", &format!("/v1/weaknesses/{case}")] {
        let sheets = &boss.get(path).json()["catalogues"];
        assert_eq!(
            (&sheets["kev"]["age_days"], &sheets["kev"]["old"]),
            (&json!(3), &json!(false))
        );
        assert_eq!(
            (&sheets["epss"]["age_days"], &sheets["epss"]["old"]),
            (&json!(11), &json!(true))
        );
    }
    // A file that changed is read anew; one that is not whole is none.
    std::fs::write(home.join("kev.json"), "{").unwrap();
    assert_eq!(
        boss.get("/v1/weaknesses").json()["catalogues"]["kev"],
        json!(null)
    );
}
