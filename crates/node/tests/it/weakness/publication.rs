//! What of a case becomes public, when, for whom; and the pages from a report to an approval. In: a node with a clock that the test sets. Out: verdicts. Never: a sleep.

use super::{FORM, House, event, form, good, typed};
use crate::nation::Caller;
use sakimori_advisory::publish::openpgp;
use serde_json::{Value, json};

pub(super) fn draft(title: &str, tlp: &str) -> Value {
    json!({ "drafted": {
        "title": title, "summary": "A controller does not ask who sends commands.", "lang": "en", "tlp": tlp, "stage": "final",
        "products": [{ "maker": "Alpha Works", "name": "EX-100", "versions": { "range": "< 3.2" }, "models": [], "cpe": null, "purl": null }],
        "weaknesses": [{ "cve": "CVE-2026-12345", "title": "Missing authentication", "description": "Whoever reaches port 502 may write.", "cwe": null,
            "states": [[0, "affected"]], "scores": [], "remedies": [], "reasons": [] }],
        "references": [],
    } })
}

/// Everything that a stranger can read, as one text.
fn seen(stranger: &Caller, case: &str) -> (String, Vec<(String, u16)>) {
    let name = case.to_lowercase();
    let base = "/.well-known/csaf";
    let paths = [
        "/advisories".to_owned(),
        format!("/advisories/{name}"),
        format!("{base}/white/index.txt"),
        format!("{base}/white/changes.csv"),
        format!("{base}/white/csaf-feed-tlp-white.json"),
        format!("{base}/white/2026/{name}.json"),
        format!("{base}/white/2026/{name}.json.asc"),
        format!("{base}/white/2026/{name}.json.sha512"),
        format!("{base}/v2.1/clear/2026/{name}.json"),
        "/cve/2026/12xxx/CVE-2026-12345.json".to_owned(),
        format!("{base}/category.json"),
    ];
    let mut all = String::new();
    let mut status = Vec::new();
    for path in paths {
        let said = stranger.get(&path);
        if said.status == 200 {
            all.push_str(&said.text());
        }
        status.push((path, said.status));
    }
    (all, status)
}

#[test]
fn a_publication_is_there_at_its_second_and_not_one_before() {
    let house = House::open();
    let case = house.case("Whoever reaches port 502 may write.");
    let boss = house.person("o3");
    let title = "EX-100 takes commands from anybody";
    good(&event(
        &house.person("a1"),
        &case,
        4,
        &draft(title, "clear"),
    ));
    let hour = json!({ "hour-set": { "hour": "2026-12-01T10:00:00+09:00", "why": "as agreed" } });
    assert_eq!(
        event(&house.person("a1"), &case, 5, &hour).code(),
        "not-allowed"
    );
    good(&event(&boss, &case, 5, &hour));
    let approved = json!({ "approved": { "summary": "First version" } });
    assert_eq!(
        event(&house.person("a1"), &case, 6, &approved).code(),
        "not-allowed"
    );
    good(&event(&boss, &case, 6, &approved));
    let stranger = house.stranger();
    for second in [0, 10, 3500, 3599] {
        house.set(second);
        let (all, status) = seen(&stranger, &case);
        assert!(
            !all.contains("EX-100") && !all.to_lowercase().contains(&case.to_lowercase()),
            "{second}"
        );
        assert!(
            status
                .iter()
                .any(|(path, s)| path.ends_with("index.txt") && *s == 200)
        );
        assert!(status.iter().all(|(path, s)| *s == 404
            || !path.contains("12345") && !path.contains(&case.to_lowercase())));
    }
    house.set(3600);
    let (all, status) = seen(&stranger, &case);
    assert!(status.iter().all(|(_, s)| *s == 200), "{status:?}");
    assert!(all.contains(title) && all.contains("Alpha Works"));
    let name = case.to_lowercase();
    let base = "/.well-known/csaf";
    let kind = |path: &str| {
        let said = stranger.get(path);
        assert_eq!(said.status, 200, "{path}");
        let kind = said
            .headers
            .get("content-type")
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        (kind, said.body)
    };
    let document = kind(&format!("{base}/white/2026/{name}.json"));
    assert_eq!(document.0, "application/json");
    let signature = kind(&format!("{base}/white/2026/{name}.json.asc"));
    assert_eq!(signature.0, "application/pgp-signature");
    let metadata = kind(&format!("{base}/provider-metadata.json"));
    let metadata: Value = serde_json::from_slice(&metadata.1).unwrap();
    let key = metadata["public_openpgp_keys"][0]["url"].as_str().unwrap();
    let key = kind(key.strip_prefix("https://office.example").unwrap());
    assert_eq!(key.0, "application/pgp-keys");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    openpgp::verify(&text(key.1), &text(signature.1), &document.1).unwrap();
    assert_eq!(
        kind(&format!("{base}/white/changes.csv")).0,
        "text/csv; charset=utf-8"
    );
    let security = kind("/.well-known/security.txt");
    assert_eq!(security.0, "text/plain; charset=utf-8");
    assert!(
        text(security.1)
            .contains("CSAF: https://office.example/.well-known/csaf/provider-metadata.json")
    );
    // Beside the node's own answers the tree lies in a folder for other servers.
    let current = house
        .office()
        .join("weaknesses/published/current/.well-known/csaf/white/index.txt");
    let index = std::fs::read_to_string(current).unwrap();
    assert_eq!(index, format!("2026/{name}.json\n"));
    let moved = json!({ "hour-set": { "hour": "2026-12-02T10:00:00+09:00", "why": "later" } });
    assert_eq!(event(&boss, &case, 7, &moved).code(), "refused");
    for path in [
        "/.well-known/csaf/../../openpgp.asc",
        "/.well-known/csaf/%2e%2e/%2e%2e/house.json",
        "/cve/../house.json",
    ] {
        assert_ne!(stranger.get(path).status, 200, "{path}");
    }
}

#[test]
fn the_leak_switch_publishes_before_whoever_pressed_it_is_answered() {
    let house = House::open();
    let case = house.case("Whoever reaches port 502 may write.");
    let boss = house.person("o3");
    let link = house.link(&case, 4, "Alpha Works");
    good(&event(
        &boss,
        &case,
        5,
        &draft("EX-100 takes commands", "clear"),
    ));
    good(&event(
        &boss,
        &case,
        6,
        &json!({ "hour-set": { "hour": "2027-03-01T10:00:00+09:00", "why": "ninety days" } }),
    ));
    good(&event(
        &boss,
        &case,
        7,
        &json!({ "approved": { "summary": "First version" } }),
    ));
    let stranger = house.stranger();
    let document = format!("/.well-known/csaf/white/2026/{}.json", case.to_lowercase());
    assert_eq!(stranger.get(&document).status, 404);
    house.set(60);
    good(&event(
        &boss,
        &case,
        8,
        &json!({ "leaked": { "why": "It is on a forum." } }),
    ));
    assert_eq!(stranger.get(&document).status, 200);
    let page = stranger.get(&link).text();
    assert!(
        page.contains("2027-03-01T10:00:00+09:00") && page.contains("ninety days"),
        "{page}"
    );
    assert!(page.contains("2026-12-01T09:01:00+09:00") && page.contains("It is on a forum."));
}

#[test]
fn what_is_for_the_community_is_not_there_for_strangers_and_what_breaks_the_standard_is_not_approved()
 {
    let house = House::open();
    let case = house.case("Whoever reaches port 502 may write.");
    let boss = house.person("o3");
    let mut bad = draft("EX-100 takes commands", "green");
    bad["drafted"]["weaknesses"][0]["cve"] = json!("CVE-1");
    good(&event(&boss, &case, 4, &bad));
    good(&event(
        &boss,
        &case,
        5,
        &json!({ "hour-set": { "hour": "2026-12-01T09:10:00+09:00", "why": "as agreed" } }),
    ));
    let refused = event(
        &boss,
        &case,
        6,
        &json!({ "approved": { "summary": "First version" } }),
    );
    assert_eq!(refused.code(), "refused");
    assert!(
        refused.text().contains("/vulnerabilities/0/cve"),
        "{}",
        refused.text()
    );
    good(&event(
        &boss,
        &case,
        6,
        &draft("EX-100 takes commands", "green"),
    ));
    good(&event(
        &boss,
        &case,
        7,
        &json!({ "approved": { "summary": "First version" } }),
    ));
    house.set(600);
    let name = case.to_lowercase();
    let stranger = house.stranger();
    for path in [
        format!("green/2026/{name}.json"),
        "green/index.txt".to_owned(),
        "green/csaf-feed-tlp-green.json".to_owned(),
    ] {
        let path = format!("/.well-known/csaf/{path}");
        assert_eq!(stranger.get(&path).code(), "not-found", "{path}");
        assert_eq!(house.person("o1").get(&path).code(), "not-found", "{path}");
        assert_eq!(boss.get(&path).status, 200, "{path}");
    }
    assert!(!stranger.get("/advisories").text().contains("EX-100"));
}

#[test]
fn the_pages_take_a_case_from_its_report_to_its_approval_without_script() {
    let house = House::open();
    let stranger = house.stranger();
    let taken = stranger.post(
        "/weaknesses/report",
        FORM,
        &form(&typed("EX-100", "It listens to anybody.")),
    );
    let follow = taken.text();
    let follow = follow
        .split("href=\"")
        .find(|p| p.starts_with("/weaknesses/report/"))
        .unwrap();
    let follow = follow.split('"').next().unwrap().to_owned();
    let report = follow.split('/').nth(3).unwrap().to_owned();
    let boss = house.person("o3");
    let token = boss.get("/weaknesses").text();
    let token = token
        .split("name=\"form\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let post = |path: &str, pairs: &[(&str, &str)]| {
        let mut all = vec![("form", token.as_str())];
        all.extend_from_slice(pairs);
        let said = boss.post(path, FORM, &form(&all));
        assert!(
            said.status == 200 || said.status == 303,
            "{path} {pairs:?}: {}",
            said.text()
        );
        said
    };
    post(&format!("/weaknesses/reports/{report}"), &[("act", "open")]);
    let case = boss.get("/v1/weaknesses").json()["cases"][0]["case"]
        .as_str()
        .unwrap()
        .to_owned();
    let here = format!("/weaknesses/cases/{case}");
    let acts: Vec<Vec<(&str, &str)>> = vec![
        vec![
            ("act", "triaged"),
            ("point0", "Active"),
            ("point1", "Yes"),
            ("point2", "Total"),
            ("point3", "High"),
            ("cves", "CVE-2026-12345\r\n"),
        ],
        vec![("act", "maker-added"), ("maker", "例電機")],
        vec![
            ("act", "told"),
            ("maker", "例電機"),
            ("text", "お知らせ"),
            ("local", "2026-12-20T17:00"),
            ("zone", "+09:00"),
        ],
        vec![
            ("act", "notified"),
            ("maker", "例電機"),
            ("notifier", "prime-minister"),
            ("minister", "内閣府"),
            ("ground", "now"),
            ("text", "stop"),
        ],
        vec![
            ("act", "requested"),
            ("maker", "例電機"),
            ("minister", "経済産業省"),
            ("ground", "g"),
            ("text", "t"),
            ("local", "2026-12-20T17:00"),
            ("zone", "Z"),
        ],
        vec![
            ("act", "said"),
            ("maker", "例電機"),
            ("state", "fixed"),
            ("text", "3.2"),
        ],
        vec![
            ("act", "drafted"),
            ("title", "EX-100 listens"),
            ("summary", "S"),
            ("lang", "ja"),
            ("tlp", "clear"),
            ("stage", "final"),
            (
                "products",
                "例電機 | EX-100 | < 3.2 | affected\r\n例電機 | EX-100 | 3.2 | fixed",
            ),
            ("cve", ""),
            ("weakness", "W"),
            ("description", "D"),
            ("cwe", ""),
            ("cvss", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H 9.8"),
            ("remedies", "vendor-fix | 3.2 | https://example.com/"),
            ("references", ""),
        ],
        vec![
            ("act", "hour-set"),
            ("local", "2026-12-02T09:00"),
            ("zone", "+09:00"),
            ("text", "as agreed"),
        ],
        vec![("act", "approved"), ("summary", "First version")],
        vec![("act", "reporter-told"), ("text", "It goes out tomorrow.")],
    ];
    for (act, on) in acts.into_iter().zip(1..) {
        let on = on.to_string();
        let mut pairs = vec![("on", on.as_str())];
        pairs.extend(act);
        post(&here, &pairs);
    }
    let page = boss.get(&here).text();
    assert!(
        page.contains("EX-100 listens") && page.contains("request") && !page.contains("<script")
    );
    let followed = stranger.get(&follow).text();
    assert!(
        followed.contains("It goes out tomorrow.")
            && followed.contains("2026-12-02T09:00:00+09:00")
    );
    assert!(
        !followed.contains("例電機"),
        "the reporter does not see makers"
    );
    let thanks = stranger.post(&follow, FORM, &form(&[("text", "Thank you.")]));
    assert!(
        thanks.status == 200 || thanks.status == 303,
        "{}",
        thanks.text()
    );
    house.set(86_400);
    let public = stranger.get(&format!("/advisories/{}", case.to_lowercase()));
    assert_eq!(public.status, 200);
    assert!(
        public.text().contains("EX-100 listens") && public.text().contains("修正済み")
            || public.text().contains("fixed")
    );
}
