//! The early warning at an operator's own node: its pages, its interface and its command line show what the office's node has, and set there what is set here. In: two operators' nodes and
//! the office's on loopback. Out: verdicts. Never: a secret that is shown twice; an alert of one operator at the other.

use crate::asset::{Operator, rows};
use crate::nation::Nation;
use sakimori_liaison::alert::Mail;
use sakimori_node::{
    Role, alert_of_us, alert_rates_of_us, alert_ways_of_us, alerts_of_us, answer_alert,
    claim_for_us, look_for_us, tell_us, things_of_us,
};
use serde_json::{Value, json};

const BYTES: &str = "application/octet-stream";

/// The prefix, shown by a paper that an officer saw.
fn shown(nation: &Nation, water: &Operator) {
    let claim = json!({"thing": "198.51.100.0/24", "method": "registry-paper"});
    let said = water.caller.post_json("/v1/registrations", &claim);
    assert_eq!(said.status, 200, "{}", said.text());
    let asked = said.json()["rows"][0].clone();
    let officer = nation.person(Role::Office, "o2");
    let path = format!(
        "/v1/registrations/water-1/{}/looks",
        asked["id"].as_str().unwrap()
    );
    let seen = officer.post_json(&path, &json!({"paper": asked["text"]}));
    assert_eq!(seen.status, 200, "{}", seen.text());
}

/// A report with this many addresses of the prefix.
fn fed(nation: &Nation, addresses: u8) {
    let mut report = String::from("\"timestamp\",\"ip\",\"port\",\"hostname\"\n");
    for last in 1..=addresses {
        let row = format!(
            "\"2026-11-28 01:00:00\",\"198.51.100.{last}\",445,\"<script>alert(1)</script>\"\n"
        );
        report += &row;
    }
    let feed = "/v1/feeds?name=2026-11-28-scan_smb-jp.csv&form=shadowserver&grade=B2";
    let officer = nation.person(Role::Office, "o2");
    let taken = officer.post(feed, BYTES, report.as_bytes());
    assert_eq!(
        taken.json()["opened"],
        u64::from(addresses),
        "{}",
        taken.text()
    );
}

#[test]
fn alerts_are_filtered_paged_and_shown_with_all_that_their_source_said() {
    let nation = Nation::start();
    let water = Operator::new(&nation, "water-1");
    let rail = Operator::new(&nation, "rail-1");
    for operator in [&water, &rail] {
        operator.told_where_the_office_is(&nation);
    }
    shown(&nation, &water);
    fed(&nation, 130);
    let first = rows(&water.caller.get("/v1/alerts"));
    assert_eq!(first.len(), 100);
    let place = first.last().unwrap()["place"].as_u64().unwrap();
    let second = rows(&water.caller.get(&format!("/v1/alerts?before={place}")));
    assert_eq!(second.len(), 30);
    let page = water.page("/alerts");
    let older = format!("/alerts?before={place}");
    assert!(page.contains(&older), "{page}");
    assert!(!water.page(&older).contains("/alerts?before="));
    let id = first[0]["alert"]["id"].as_str().unwrap();
    let one = water.page(&format!("/alerts/{id}"));
    for word in ["hostname", "&lt;script&gt;", "B2", "198.51.100.0/24"] {
        assert!(one.contains(word), "{word} is not in {one}");
    }
    assert!(!one.contains("<script"));
    assert_eq!(rail.caller.get(&format!("/alerts/{id}")).status, 404);
    assert_eq!(rail.caller.get(&format!("/v1/alerts/{id}")).status, 404);
    water.done(&format!("/alerts/{id}"), &[("answer", "false")]);
    let judged = water.page("/alerts?state=false");
    let count = judged.matches("<tr>").count();
    assert_eq!(count, 2, "a head and one alert: {judged}");
    assert!(rows(&water.caller.get("/v1/alerts?state=seen")).is_empty());
    assert_eq!(water.caller.get("/v1/alerts?state=x").status, 400);
    rated(&nation, &water, &rail);
}

/// The rates are the operator's own at its node, and all at the office.
fn rated(nation: &Nation, water: &Operator, rail: &Operator) {
    let rates = rows(&water.caller.get("/v1/alert-rates"));
    let rate = rates.first().unwrap();
    assert_eq!(
        (&rate["alerts"], &rate["false"]),
        (&json!(130), &json!(1)),
        "{rate}"
    );
    assert_eq!(rate["false_per_mille"], 1000);
    assert!(water.page("/alerts/rates").contains("100.0 %"));
    assert!(rows(&rail.caller.get("/v1/alert-rates")).is_empty());
    let officer = nation.person(Role::Office, "o2");
    assert!(officer.get("/alert-rates").text().contains("100.0 %"));
    assert_ne!(
        nation.stranger(Role::Office).get("/alert-rates").status,
        200
    );
}

#[test]
fn a_webhook_is_set_at_the_operator_s_node_and_its_secret_is_shown_once() {
    let nation = Nation::start();
    let water = Operator::new(&nation, "water-1");
    let ways = [
        ("webhook", "https://soc.water.example/hook"),
        ("mail", "soc@water.example"),
        ("language", "en"),
        ("every_hours", "12"),
    ];
    assert_eq!(
        water.post("/alerts/ways", &ways).status,
        503,
        "the office is not known"
    );
    water.told_where_the_office_is(&nation);
    let set = water.post("/alerts/ways", &ways);
    assert!(set.text().contains("whsec_"), "{}", set.text());
    let page = water.page("/alerts/ways");
    assert!(
        page.contains("soc.water.example/hook") && !page.contains("whsec_"),
        "{page}"
    );
    let again = water.post("/alerts/ways", &ways).text();
    assert!(
        !again.contains("whsec_"),
        "the same address keeps its secret: {again}"
    );
    let wrong = [
        ("webhook", "http://soc.water.example/"),
        ways[1],
        ways[2],
        ways[3],
    ];
    let wrong = water.post("/alerts/ways", &wrong).text();
    assert!(wrong.contains("https://"), "{wrong}");
    let office = nation.office.address.to_string();
    assert!(!office.is_empty());
    let kept = water.caller.get("/v1/alert-ways").json();
    assert_eq!(
        (&kept["mail"]["every_hours"], &kept["secret"]),
        (&json!(12), &Value::Null)
    );
    let other = json!({"webhook": "https://other.water.example/", "mail": null});
    let other = water.caller.post_json("/v1/alert-ways", &other).json();
    let secret = other["secret"].as_str().unwrap().to_owned();
    // Taken away and set again it is another secret.
    let none = json!({"webhook": null, "mail": null});
    assert_eq!(
        water.caller.post_json("/v1/alert-ways", &none).json()["secret"],
        Value::Null
    );
    let anew = json!({"webhook": "https://other.water.example/", "mail": null});
    let anew = water.caller.post_json("/v1/alert-ways", &anew).json();
    assert_ne!(anew["secret"].as_str().unwrap(), secret);
}

#[test]
fn the_command_line_of_an_operator_goes_to_the_office() {
    let nation = Nation::start();
    let water = Operator::new(&nation, "water-1");
    let own = water.folder.join("operator");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let away = runtime.block_on(things_of_us(&own)).unwrap_err();
    assert_eq!(away.code.word(), "peer-unavailable");
    water.told_where_the_office_is(&nation);
    runtime.block_on(async {
        let asked = claim_for_us(&own, "192.0.2.7", "http-file").await.unwrap();
        let id = asked["id"].as_str().unwrap();
        look_for_us(&own, id).await.unwrap();
        assert_eq!(things_of_us(&own).await.unwrap().len(), 1);
        let no = claim_for_us(&own, "AS64500", "dns-txt").await.unwrap_err();
        assert_eq!(no.code.word(), "refused");
        for path in ["r-0", "r-../../x", ""] {
            let no = look_for_us(&own, path).await.unwrap_err();
            assert_eq!(no.code.word(), "not-found", "{path}");
        }
    });
    shown(&nation, &water);
    fed(&nation, 120);
    runtime.block_on(async {
        let all = alerts_of_us(&own, Some("open")).await.unwrap();
        assert_eq!(
            (all.rows.len(), all.more),
            (120, false),
            "beyond the first hundred"
        );
        let id = all.rows[0]["alert"]["id"].as_str().unwrap();
        assert_eq!(answer_alert(&own, id, "acted").await.unwrap(), "acted");
        let one = alert_of_us(&own, id).await.unwrap();
        assert_eq!(one["answers"][0]["answer"], "acted");
        let wrong = answer_alert(&own, id, "perhaps").await.unwrap_err();
        assert_eq!(wrong.code.word(), "refused");
        let path = answer_alert(&own, "../../v1/me", "acted")
            .await
            .unwrap_err();
        assert_eq!(path.code.word(), "not-found");
        assert_eq!(alert_rates_of_us(&own).await.unwrap()[0]["acted"], 1);
        let mail = Mail {
            to: "soc@water.example".to_owned(),
            language: "ja".to_owned(),
            every_hours: 24,
        };
        let set = tell_us(&own, Some("https://soc.water.example/"), Some(&mail)).await;
        assert!(set.unwrap()["secret"].is_string());
        let ways = alert_ways_of_us(&own).await.unwrap();
        assert_eq!(
            (&ways["mail"]["to"], &ways["secret"]),
            (&json!("soc@water.example"), &Value::Null)
        );
    });
}
