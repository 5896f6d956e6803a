//! What is due, and who files, at an office's and an operator's node. In: nodes on loopback whose clock is late in the year. Out: verdicts. Never: a row of another operator.

use crate::nation::{Caller, Nation, options};
use crate::report::{Browser, Operator, document, exchanged, filed};
use crate::uses::who;
use sakimori_access::{Act, NewCredential};
use sakimori_control::tls::May;
use sakimori_liaison::filer::Filers;
use sakimori_node::{Role, with_access};
use serde_json::{Value, json};

fn rows(said: &Value) -> Vec<(String, String, String)> {
    let rows = said["rows"].as_array().unwrap();
    let text = |row: &Value, path: &str| row.pointer(path).unwrap().as_str().unwrap().to_owned();
    rows.iter()
        .map(|row| {
            (
                text(row, "/owner"),
                text(row, "/id"),
                text(row, "/due/what"),
            )
        })
        .collect()
}

#[test]
fn what_is_overdue_is_one_list_as_json_csv_page_and_count_and_to_each_its_own() {
    let nation = Nation::start();
    let office = nation.role(Role::Office);
    let address = nation.office.address.to_string();
    let peer = |name: &str| Caller::peer(&office, &address, name, &[May::Report]);
    let (water, gas) = (peer("water-1"), peer("gas-1"));
    for (caller, operator) in [(&water, "water-1"), (&gas, "gas-1")] {
        let taken = caller.post_json("/v1/reports", &document(operator, "c-1"));
        assert_eq!(taken.status, 200, "{}", taken.text());
    }
    // The event was recognised on 1 October 2026: this machine's clock says whether its last day is over.
    let officer = nation.person(Role::Office, "o3");
    let late = nation.host.seconds() > "2026-11-02T15:00:00Z".parse().unwrap();
    let all = officer.get("/v1/due").json();
    let of = |operator: &str| {
        (
            operator.to_owned(),
            "c-1".to_owned(),
            "full-report".to_owned(),
        )
    };
    let expected = if late {
        vec![of("gas-1"), of("water-1")]
    } else {
        vec![]
    };
    let mut seen = rows(&all);
    seen.sort();
    assert_eq!(seen, expected);
    assert_eq!(all["overdue"], expected.len());
    let ahead = officer.get("/v1/due?days=366").json();
    assert!(rows(&ahead).len() >= 4, "acknowledgements run: {ahead}");
    assert!(ahead["rows"][0]["due"]["reasons"].as_array().unwrap().len() > 1);
    for (own, name) in [(&water, "water-1"), (&gas, "gas-1")] {
        let said = own.get("/v1/due?days=366").json();
        assert!(rows(&said).iter().any(|row| row.2 == "full-report"));
        assert!(rows(&said).iter().all(|row| row.0 == name), "{said}");
    }
    let sheet = officer.get("/v1/due.csv?days=366");
    assert_eq!(sheet.headers["content-type"], "text/csv; charset=utf-8");
    assert!(
        sheet
            .text()
            .starts_with("kind,operator,id,who,what,last_day,state,days_late,marks\r\n")
    );
    assert!(
        sheet
            .text()
            .contains("report-case,water-1,c-1,operator,full-report,2026-11-02,")
    );
    let page = officer.get("/due?days=366").text();
    assert!(page.contains("/operators/water-1/reports/c-1") && !page.contains("<script"));
    assert_eq!(officer.get("/v1/due?days=367").code(), "incomplete");
    assert_eq!(
        nation.stranger(Role::Office).get("/v1/due").code(),
        "not-signed-in"
    );
    assert_eq!(
        nation.person(Role::Office, "o1").get("/v1/due").code(),
        "not-allowed"
    );
    let metrics = Caller::peer(&office, &address, "watch-1", &[May::Metrics]);
    let count = format!("sakimori_overdue_report_case {}\n", expected.len());
    let told = metrics.get("/metrics").text();
    assert!(
        told.contains(&count) && told.contains("sakimori_overdue_papers "),
        "{told}"
    );
}

#[test]
fn a_filer_is_bound_allowed_and_ended_by_a_page_and_the_office_knows_it() {
    let nation = Nation::start();
    let water = Operator::new(&nation, "water-1");
    water.told_where_the_office_is(&nation);
    let browser = water.person();
    browser.done("/reports/operator", &[("operator", "water-1")]);
    filed(&browser, "water-1", "c-1");
    let until = ("until", "2039-12-31");
    let soc = [("filer", "soc-7"), ("who", "soc-user\r\nsoc-bot"), until];
    browser.done("/filers", &soc);
    let itself = [("filer", "soc-8"), ("who", "party"), until];
    assert_eq!(browser.post("/filers", &itself).status, 422, "who says so");
    let page = browser.page("/filers");
    assert!(page.contains("soc-7") && page.contains("soc-bot") && page.contains("2039-12-31"));
    // Under the supplier's name the operator's own people file nothing.
    let mut kept = browser.caller.get("/v1/reports/c-1").json()["document"].clone();
    kept["case"] = json!("c-2");
    kept["stage"] = json!("prompt");
    kept["filer"] = json!("soc-7");
    let body = kept.to_string();
    let put = browser.upload("/reports/import", "c-2.json", body.as_bytes());
    assert_eq!(put.status, 303, "{}", put.text());
    let version = browser.caller.get("/v1/reports/c-2").json()["version"].clone();
    let filing = json!({"version": version});
    let refused = browser.caller.post_json("/v1/reports/c-2/filings", &filing);
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("not bound"), "{}", refused.text());
    exchanged(&browser);
    // The supplier's own node files at the office for this operator, and for no other.
    let office = nation.role(Role::Office);
    let address = nation.office.address.to_string();
    let supplier = Caller::peer(&office, &address, "soc-7", &[May::Report]);
    let of = |operator: &str, case: &str| {
        let mut said = document(operator, case);
        said["filer"] = json!("soc-7");
        said
    };
    let taken = supplier.post_json("/v1/reports", &of("water-1", "c-3"));
    assert_eq!(taken.status, 200, "{}", taken.text());
    let other = supplier.post_json("/v1/reports", &of("gas-1", "c-3"));
    assert_eq!(other.code(), "refused");
    assert!(!other.text().contains("gas-1"), "{}", other.text());
    assert_eq!(supplier.get("/v1/reports").json()["cases"], json!([]));
    browser.done("/filers", &[("filer", "soc-7"), ("act", "end")]);
    assert!(browser.page("/filers").contains("ended"));
    exchanged(&browser);
    let ended = supplier.post_json("/v1/reports", &of("water-1", "c-4"));
    assert_eq!(ended.code(), "refused", "{}", ended.text());
    let list = browser.caller.get("/v1/filers").json();
    assert_eq!(list["filers"][0]["state"], "ended");
    assert_eq!(
        browser
            .caller
            .post_json("/v1/filers/nobody/end", &json!({}))
            .status,
        404
    );
}

#[test]
fn who_may_file_alone_binds_nobody_and_who_signs_is_never_locked_out() {
    let nation = Nation::start();
    let water = Operator::new(&nation, "water-1");
    let browser = water.person();
    browser.done("/reports/operator", &[("operator", "water-1")]);
    let now = nation.host.seconds();
    let all = options(Role::Operator, &water.folder);
    let token = with_access(&all, &nation.host, async |access| {
        let admin = who("admin");
        let named = ("bot", "A supplier's machine", "soc-7");
        access.add_machine(&admin, named, now).await.unwrap();
        let new = NewCredential {
            machine: "bot".to_owned(),
            scopes: [Act::FileReport].into(),
            until: now.plus(3600),
        };
        // Somebody bound the operator's own person to a filer's name before.
        let bound = Filers {
            store: &**access.store(),
            operator: &"water-1".parse().unwrap(),
            now,
            by: "bot",
            signs: false,
        };
        let (soc, until) = ("soc-7".parse().unwrap(), "2039-12-31".parse().unwrap());
        bound
            .allow(&soc, &["party".to_owned()], until)
            .await
            .unwrap();
        let issued = access.issue_token(&admin, &new, now).await.unwrap();
        issued.token.to_string()
    });
    let address = water.running.as_ref().unwrap().address.to_string();
    let mut machine = Caller::stranger(&water.folder.join("operator"), &address);
    let bearer = format!("Bearer {}", token.unwrap());
    machine.headers.push(("authorization".to_owned(), bearer));
    assert_eq!(machine.get("/v1/filers").status, 200, "it may file");
    let bind = json!({"filer": "soc-8", "who": ["admin"], "until": "2039-12-31"});
    let end = "/v1/filers/soc-7/end";
    let list = || browser.caller.get("/v1/filers").json()["filers"].clone();
    let before = list();
    assert_eq!(machine.post_json("/v1/filers", &bind).code(), "not-allowed");
    assert_eq!(machine.post_json(end, &json!({})).code(), "not-allowed");
    assert_eq!(list(), before);
    // Who signs for the operator takes its own bond away, and ends the right.
    let free = json!({"filer": "soc-7", "who": [], "until": "2039-12-31"});
    let freed = browser.caller.post_json("/v1/filers", &free);
    assert_eq!(freed.status, 200, "{}", freed.text());
    assert_eq!(freed.json()["filers"][0]["who"], json!([]));
    assert_eq!(browser.caller.post_json(end, &json!({})).status, 200);
}

#[test]
fn cases_are_chosen_by_minister_and_bureau_and_paged() {
    let nation = Nation::start();
    let office = nation.role(Role::Office);
    let address = nation.office.address.to_string();
    let water = Caller::peer(&office, &address, "water-1", &[May::Report]);
    for number in 0..105 {
        let mut said = document("water-1", &format!("c-{number}"));
        let sector = if number % 5 == 0 { "gas" } else { "water" };
        said["fields"]["operator.sector"] = json!(sector);
        let taken = water.post_json("/v1/reports", &said);
        assert_eq!(taken.status, 200, "{}", taken.text());
    }
    let officer = nation.person(Role::Office, "o3");
    let count = |query: &str| {
        let said = officer.get(&format!("/v1/reports?{query}")).json();
        let cases = said["cases"].as_array().unwrap();
        assert!(cases.iter().all(|case| !case["minister"].is_null()));
        (cases.len(), said["next"].as_str().map(str::to_owned))
    };
    let (first, next) = count("minister=mlit");
    assert_eq!((first, next), (84, None));
    assert_eq!(count("minister=meti&bureau=headquarters").0, 21);
    assert_eq!(count("bureau=nowhere").0, 0);
    let (first, next) = count("");
    let (second, last) = count(&format!("from={}", next.unwrap()));
    assert_eq!((first, second, last), (100, 5, None));
    assert_eq!(officer.get("/v1/reports?minister=x").code(), "incomplete");
    let page = officer.get("/reports?minister=meti").text();
    assert_eq!(page.matches("/operators/water-1/reports/").count(), 21);
    assert!(!page.contains("rel=\"next\""));
    let page = officer.get("/reports").text();
    let link = page.split("rel=\"next\"").next().unwrap();
    let link = link
        .rsplit("href=\"")
        .next()
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let next = officer.get(&link.replace("&amp;", "&")).text();
    assert_eq!(
        next.matches("/operators/water-1/reports/").count(),
        5,
        "{link}"
    );
}

#[test]
fn a_package_goes_down_signed_comes_up_at_the_office_and_its_receipts_come_back() {
    let nation = Nation::start();
    let water = Operator::new(&nation, "water-1");
    let browser = water.person();
    browser.done("/reports/operator", &[("operator", "water-1")]);
    assert_eq!(
        browser.caller.get("/stick/package").status,
        404,
        "nothing waits"
    );
    filed(&browser, "water-1", "c-1");
    assert!(browser.page("/stick").contains("/stick/package"));
    let none = browser.caller.get("/v1/reports/c-1/receipt");
    assert_eq!(none.code(), "not-found");
    let package = browser.caller.get("/stick/package");
    assert_eq!(
        package.headers["content-disposition"],
        "attachment; filename=\"stick.package\""
    );
    let office = nation.office.address.to_string();
    let officer = Browser::of(&nation.role(Role::Office), &office, Role::Office, "o3");
    let mut forged = package.body.clone();
    let last = forged.len() - 4;
    forged[last] ^= 1;
    for bad in [forged.as_slice(), b"{}"] {
        assert_eq!(
            officer.upload("/stick", "stick.package", bad).code(),
            "not-in-force"
        );
    }
    assert!(officer.page("/stick").contains("type=\"file\""));
    let back = officer.upload("/stick", "stick.package", &package.body);
    assert_eq!(back.status, 200, "{}", back.text());
    assert_eq!(
        back.headers["content-disposition"],
        "attachment; filename=\"stick.receipts.json\""
    );
    let taken = browser.upload("/stick/receipts", "stick.receipts.json", &back.body);
    assert_eq!(taken.status, 303, "{}", taken.text());
    let page = browser.page("/reports/c-1");
    assert!(page.contains("/v1/reports/c-1/receipt?version=1"));
    // The trigger's sentences with their marks, and choices by their names.
    for part in ["UNVERIFIED", "malicious code / 不正な指令", "water / 水道"] {
        assert!(page.contains(part), "{part}");
    }
    let receipt = browser.caller.get("/v1/reports/c-1/receipt");
    assert!(
        receipt
            .text()
            .starts_with("sakimori/receipt/v1\ncase: c-1\n")
    );
    assert_eq!(
        receipt.headers["content-disposition"],
        "attachment; filename=\"c-1.1.receipt.note\""
    );
    let again = browser.upload("/stick/receipts", "c-1.note", &receipt.body);
    assert_eq!(again.status, 303, "the same once more: {}", again.text());
    let other = browser.upload("/stick/receipts", "x.note", b"sakimori/receipt/v1\n");
    assert!(
        other.status == 422 || other.status == 400,
        "{}",
        other.text()
    );
    let page = officer.page("/operators/water-1/reports/c-1");
    assert!(page.contains("malicious code / 不正な指令"));
}
