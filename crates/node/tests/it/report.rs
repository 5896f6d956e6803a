//! Reports between two operators' nodes and the office's, over TLS with pinned certificates, by plain forms as a browser without a script sends them. In: three organisations on
//! loopback. Out: verdicts. Never: a case of one operator at the other.

use crate::nation::{Caller, Nation, Said, join, options, people};
use sakimori_control::keys;
use sakimori_control::tls::May;
use sakimori_node::{Role, Running, start};
use serde_json::{Value, json};
use std::path::PathBuf;

const FORM: &str = "application/x-www-form-urlencoded";

/// An operator's running node.
pub(crate) struct Operator {
    pub(crate) folder: PathBuf,
    pub(crate) running: Option<Running>,
}

impl Operator {
    pub(crate) fn new(nation: &Nation, name: &str) -> Self {
        let folder = nation.folder.path().join(name);
        people(Role::Operator, &folder, &nation.host);
        let own = folder.join("operator");
        let office = keys::read(&nation.office_node().office_key("office")).unwrap();
        std::fs::write(own.join("office.keys"), format!("{}\n", office.verifier())).unwrap();
        join(&nation.role(Role::Office), name, &own, "", &[May::Report]);
        let mut operator = Self {
            folder,
            running: None,
        };
        operator.start(nation);
        operator
    }

    pub(crate) fn start(&mut self, nation: &Nation) {
        self.running = None;
        let options = options(Role::Operator, &self.folder);
        self.running = Some(start(&options, &nation.host).unwrap());
    }

    /// Tells the node where the office's is.
    pub(crate) fn told_where_the_office_is(&self, nation: &Nation) {
        let office = nation.office.address.to_string();
        let own = self.folder.join("operator");
        join(&own, "office", &nation.role(Role::Office), &office, &[]);
    }

    pub(crate) fn person(&self) -> Browser {
        let address = self.running.as_ref().unwrap().address.to_string();
        Browser::of(
            &self.folder.join("operator"),
            &address,
            Role::Operator,
            "party",
        )
    }
}

/// A person's browser, without a script.
pub(crate) struct Browser {
    pub(crate) caller: Caller,
    token: String,
}

impl Browser {
    pub(crate) fn of(folder: &std::path::Path, address: &str, role: Role, id: &str) -> Self {
        let mut caller = Caller::stranger(folder, address);
        caller.sign_in(role, id);
        let token = caller.get("/v1/me").json()["form"]
            .as_str()
            .unwrap()
            .to_owned();
        Self { caller, token }
    }

    pub(crate) fn page(&self, path: &str) -> String {
        let said = self.caller.get(path);
        assert_eq!(said.status, 200, "{path}: {}", said.text());
        said.text()
    }

    pub(crate) fn post(&self, path: &str, pairs: &[(&str, &str)]) -> Said {
        let all = [("form", self.token.as_str())]
            .into_iter()
            .chain(pairs.iter().copied());
        let coded: Vec<String> = all
            .map(|(key, value)| format!("{}={}", coded(key), coded(value)))
            .collect();
        self.caller.post(path, FORM, coded.join("&").as_bytes())
    }

    /// Posts a form with a file, as browsers do.
    pub(crate) fn upload(&self, path: &str, name: &str, bytes: &[u8]) -> Said {
        let part = "\r\n--edge\r\ncontent-disposition: form-data; name=";
        let head = format!(
            "{part}\"form\"\r\n\r\n{}{part}\"file\"; filename=\"{name}\"\r\n\r\n",
            self.token
        );
        let body = [head.trim_start().as_bytes(), bytes, b"\r\n--edge--\r\n"].concat();
        let kind = "multipart/form-data; boundary=edge";
        self.caller.post(path, kind, &body)
    }

    /// Posts a form that must be taken.
    #[track_caller]
    pub(crate) fn done(&self, path: &str, pairs: &[(&str, &str)]) {
        let said = self.post(path, pairs);
        assert!([200, 303].contains(&said.status), "{path}: {}", said.text());
    }
}

fn coded(text: &str) -> String {
    text.bytes()
        .fold(String::new(), |all, byte| format!("{all}%{byte:02X}"))
}

/// The version that a case's form names.
pub(crate) fn version(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"version\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

pub(crate) const PROMPT: [(&str, &str); 12] = [
    ("question.machine", "core"),
    ("question.trace", "unsure"),
    ("common", "ransomware"),
    ("stage", "prompt"),
    ("fields.type.acts", "obstruction"),
    ("fields.type.acts", "malicious-code"),
    ("fields.operator.name", "架空水道 <script>alert(1)</script>"),
    ("fields.operator.sector", "water"),
    ("fields.operator.prefecture", "13"),
    ("fields.operator.contact_name", "当直"),
    ("fields.operator.contact", "03-0000-0000"),
    ("unknown", "ransomware.type"),
];

/// Opens, writes and files a case by forms.
pub(crate) fn filed(browser: &Browser, operator: &str, case: &str) {
    let recognised = ("recognised_at", "2026-10-01T12:00");
    browser.done(
        "/reports",
        &[("case", case), ("common", "ransomware"), recognised],
    );
    let path = format!("/reports/{case}");
    let page = browser.page(&path);
    let mut pairs = PROMPT.to_vec();
    let read = version(&page);
    pairs.extend([("version", read.as_str()), ("filer", operator)]);
    browser.done(&format!("{path}/draft"), &pairs);
    let page = browser.page(&path);
    let read = version(&page);
    browser.done(&format!("{path}/filings"), &[("version", &read)]);
    let again = browser.post(&format!("{path}/filings"), &[("version", &read)]);
    assert_eq!(again.status, 409, "filed once: {}", again.text());
}

pub(crate) fn exchanged(browser: &Browser) -> Value {
    let said = browser.caller.post_json("/v1/report-exchange", &json!({}));
    assert_eq!(said.status, 200, "{}", said.text());
    said.json()["round"].clone()
}

#[test]
fn two_operators_file_by_plain_forms_and_neither_sees_the_other() {
    let nation = Nation::start();
    let (mut water, gas) = (
        Operator::new(&nation, "water-1"),
        Operator::new(&nation, "gas-1"),
    );
    let browser = water.person();
    assert!(
        browser
            .page("/reports")
            .contains("action=\"/reports/operator\"")
    );
    browser.done("/reports/operator", &[("operator", "water-1")]);
    let other = browser.post("/reports/operator", &[("operator", "gas-1")]);
    assert_eq!(other.status, 422, "said once");
    filed(&browser, "water-1", "c-1");
    let log = browser.upload(
        "/reports/c-1/attachments",
        "ログ 1.txt",
        "一行\n".as_bytes(),
    );
    assert_eq!(log.status, 303, "{}", log.text());
    let away = browser.caller.post_json("/v1/report-exchange", &json!({}));
    assert_eq!(away.status, 503, "nobody told it where the office is");
    // What was written is there after the program ended.
    water.start(&nation);
    water.told_where_the_office_is(&nation);
    let browser = water.person();
    let round = exchanged(&browser);
    assert_eq!(round["refused"], json!([]), "{round}");
    let kept = browser.caller.get("/v1/reports/c-1").json();
    let receipt = kept["filings"][0]["receipt"].as_str().unwrap();
    assert!(receipt.starts_with("sakimori/receipt/v1\ncase: c-1\noperator: water-1\n"));
    let round = exchanged(&browser);
    let none = (&round["receipted"], &round["files"]);
    assert_eq!(none, (&json!(0), &json!(0)), "nothing is sent twice");
    let path = "/v1/operators/water-1/reports/c-1";
    let at_office = nation.person(Role::Office, "o3").get(path).json();
    assert_eq!(at_office["files"][0]["name"], "ログ 1.txt", "{at_office}");
    gas.told_where_the_office_is(&nation);
    let other = gas.person();
    other.done("/reports/operator", &[("operator", "gas-1")]);
    filed(&other, "gas-1", "c-1");
    exchanged(&other);
    let own = other.caller.get("/v1/reports").json();
    assert_eq!(own["cases"].as_array().unwrap().len(), 1);
    let officer = nation.person(Role::Office, "o3");
    let cases = officer.get("/v1/reports").json()["cases"].clone();
    let owners: Vec<&str> = cases
        .as_array()
        .unwrap()
        .iter()
        .map(|case| case["operator"].as_str().unwrap())
        .collect();
    assert_eq!(owners, ["gas-1", "water-1"], "one each, the newest first");
    guided(&nation, &browser, &other);
}

/// Guidance to one operator: it fetches, ticks, sends; the other sees nothing of it.
fn guided(nation: &Nation, browser: &Browser, other: &Browser) {
    let office = nation.office.address.to_string();
    let officer = Browser::of(&nation.role(Role::Office), &office, Role::Office, "o3");
    let pairs = [
        ("id", "g-1"),
        ("subject", "注意喚起"),
        ("lines", "更新する\r\n保存する\r\n"),
        ("answer_by", "2039-10-31"),
    ];
    officer.done("/operators/water-1/guidance", &pairs);
    assert_eq!(
        officer.post("/operators/water-1/guidance", &pairs).status,
        409
    );
    // The node's own round may have fetched it already.
    exchanged(browser);
    exchanged(other);
    assert!(other.page("/guidance").contains("No guidance."));
    assert!(browser.page("/guidance").contains("更新する"));
    assert_eq!(
        browser.post("/guidance/g-1", &[("tick.0", "done")]).status,
        422,
        "a line is open"
    );
    assert_eq!(
        other.post("/guidance/g-1", &[("tick.0", "done")]).status,
        404
    );
    browser.done(
        "/guidance/g-1",
        &[
            ("tick.0", "done"),
            ("tick.1", "not-applicable"),
            ("why.1", "なし"),
        ],
    );
    exchanged(browser);
    let answered = officer.caller.get("/v1/guidance").json();
    let ticks = &answered["guidance"][0]["answers"][0]["ticks"];
    assert_eq!(ticks[0]["tick"], "done", "{answered}");
    let page = officer.page("/reports?show=new");
    assert!(page.contains("/operators/water-1/reports/c-1"));
    let path = "/operators/water-1/reports/c-1";
    let page = officer.page(path);
    assert!(
        page.contains("&lt;script&gt;") && !page.contains("<script"),
        "text stays text"
    );
    officer.done(&format!("{path}/steps"), &[("step", "acknowledge")]);
    officer.done(
        &format!("{path}/steps"),
        &[("step", "note"), ("text", "電話した")],
    );
    assert_eq!(
        officer
            .post(&format!("{path}/steps"), &[("step", "note"), ("text", "")])
            .status,
        422
    );
    assert!(officer.page(path).contains("電話した"));
    assert!(
        !officer
            .page("/reports?show=new")
            .contains("/operators/water-1/reports/c-1")
    );
    officer.page("/report-numbers");
    officer.page("/guidance");
}

/// A prompt report.
pub(crate) fn document(operator: &str, case: &str) -> Value {
    json!({
        "format": "sakimori/report/v1", "fields_version": 1, "case": case, "operator": operator, "filer": operator,
        "form": "other", "stage": "prompt", "recognised_at": "2026-10-01T03:00:00Z", "reason": "",
        "fields": {
            "type.acts": "obstruction", "operator.name": "x", "operator.sector": "water", "operator.prefecture": "13",
            "operator.contact_name": "y", "operator.contact": "z",
        },
    })
}

#[test]
fn the_office_takes_documents_of_the_node_that_calls_and_says_nothing_of_others() {
    let nation = Nation::start();
    let office = nation.role(Role::Office);
    let address = nation.office.address.to_string();
    let peer = |name: &str| Caller::peer(&office, &address, name, &[May::Report]);
    let (water, gas) = (peer("water-1"), peer("gas-1"));
    let taken = water.post_json("/v1/reports", &document("water-1", "c-1"));
    assert_eq!(taken.status, 200, "{}", taken.text());
    let again = water.post_json("/v1/reports", &document("water-1", "c-1"));
    assert_eq!(
        (&again.json()["repeated"], &again.json()["receipt"]),
        (&json!(true), &taken.json()["receipt"])
    );
    let foreign = gas.post_json("/v1/reports", &document("water-1", "c-2"));
    assert_eq!(foreign.code(), "refused");
    for path in [
        "/v1/reports/c-1",
        "/v1/reports/c-9",
        "/v1/reports/c-1/attachments/00",
    ] {
        let said = gas.get(path);
        assert_eq!(
            (said.status, said.code().as_str()),
            (404, "not-found"),
            "{path}"
        );
        assert!(!said.text().contains("water"), "{}", said.text());
    }
    assert_eq!(gas.get("/v1/reports").json()["cases"], json!([]));
    assert_eq!(
        gas.get("/v1/operators/water-1/reports/c-1").code(),
        "not-signed-in"
    );
    refusals(&nation, &water);
    file_is_bytes(&nation, &water, &gas);
}

/// What the office does not take, and from whom.
fn refusals(nation: &Nation, water: &Caller) {
    let office = nation.role(Role::Office);
    let address = nation.office.address.to_string();
    let mut wrong = document("water-1", "c-3");
    wrong["fields"]["operator.sector"] = json!("moon");
    let wrong = water.post_json("/v1/reports", &wrong);
    assert_eq!(wrong.status, 422);
    assert!(
        wrong.text().contains("fields.operator.sector") && wrong.text().contains("report.value"),
        "{}",
        wrong.text()
    );
    assert_eq!(
        water
            .post("/v1/reports", "application/json", b"{\"format\":1")
            .code(),
        "malformed"
    );
    let nobody = nation
        .stranger(Role::Office)
        .post_json("/v1/reports", &document("water-1", "c-4"));
    assert_eq!(nobody.code(), "not-signed-in");
    let reader = Caller::peer(&office, &address, "rail-1", &[May::Read]);
    assert_eq!(
        reader
            .post_json("/v1/reports", &document("rail-1", "c-1"))
            .code(),
        "peer-not-allowed"
    );
    let clerk = nation.person(Role::Office, "o1");
    assert_eq!(
        clerk.get("/v1/reports").code(),
        "not-allowed",
        "a requester handles none"
    );
    let mut keyed = Caller::peer(&office, &address, "port-1", &[May::Report]);
    keyed
        .headers
        .push(("idempotency-key".to_owned(), "k-1".to_owned()));
    assert_eq!(
        keyed
            .post_json("/v1/reports", &document("port-1", "c-1"))
            .status,
        200
    );
    assert_eq!(
        keyed
            .post_json("/v1/reports", &document("port-1", "c-2"))
            .code(),
        "conflict"
    );
}

/// A page among the files is a download.
fn file_is_bytes(nation: &Nation, water: &Caller, gas: &Caller) {
    let page = b"<html><script>alert(1)</script></html>";
    let kept = water.post(
        "/v1/reports/c-1/attachments?name=..%2Fa.html",
        "text/html",
        page,
    );
    assert_eq!(kept.status, 200, "{}", kept.text());
    assert_eq!(kept.json()["media"], "text/plain");
    let hash = kept.json()["sha256"].as_str().unwrap().to_owned();
    assert_eq!(
        gas.get(&format!("/v1/reports/c-1/attachments/{hash}"))
            .status,
        404
    );
    let officer = nation.person(Role::Office, "o3");
    let said = officer.get(&format!(
        "/v1/operators/water-1/reports/c-1/attachments/{hash}"
    ));
    assert_eq!((said.status, said.body.as_slice()), (200, page.as_slice()));
    assert_eq!(said.headers["content-type"], "application/octet-stream");
    assert!(
        said.headers["content-disposition"]
            .to_str()
            .unwrap()
            .starts_with("attachment")
    );
    assert_eq!(said.headers["x-content-type-options"], "nosniff");
    let case = water.get("/v1/reports/c-1").json();
    assert_eq!(case["files"][0]["name"], "a.html");
    assert_eq!(
        case["desk"],
        Value::Null,
        "the office's own notes are its own"
    );
    let schema = water.get("/v1/report-schema").json();
    assert!(schema["$schema"].as_str().unwrap().contains("2020-12"));
}

#[test]
fn the_form_works_with_keyboard_and_screen_reader_and_without_a_script() {
    let nation = Nation::start();
    let water = Operator::new(&nation, "water-1");
    let browser = water.person();
    browser.done("/reports/operator", &[("operator", "water-1")]);
    let recognised = ("recognised_at", "2026-10-01T12:00:05");
    browser.done(
        "/reports",
        &[("case", "c-1"), ("common", "ddos"), recognised],
    );
    let list = browser.page("/reports");
    let page = browser.page("/reports/c-1");
    for page in [&list, &page] {
        assert!(!page.contains("<script"), "no script");
        for control in controls(page) {
            let labelled = page.contains(&format!("for=\"{control}\""));
            assert!(labelled, "`{control}` has no label");
        }
    }
    assert!(
        page.contains("2026-10-01T12:00:05"),
        "Japan's time, to the second"
    );
    let links: Vec<&str> = page
        .split("href=\"#")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert!(links.len() > 6, "a summary of errors");
    for link in links {
        assert!(
            page.contains(&format!("id=\"{link}\"")),
            "`#{link}` leads nowhere"
        );
    }
    kept(&browser, &page);
}

/// What is typed stays, what is stale or forged does not come in, and the document goes out and in.
fn kept(browser: &Browser, page: &str) {
    let forged = browser
        .caller
        .post("/reports/c-1/filings", FORM, b"form=x&version=1");
    assert_eq!(forged.code(), "forged-form");
    let read = version(page);
    let stale = [
        ("version", "99"),
        ("common", "ddos"),
        ("stage", "prompt"),
        ("filer", "water-1"),
    ];
    assert_eq!(browser.post("/reports/c-1/draft", &stale).status, 409);
    let typed = [
        ("version", read.as_str()),
        ("common", "ddos"),
        ("stage", "prompt"),
        ("filer", "water-1"),
        ("fields.ddos.volume_bps", "many"),
    ];
    browser.done("/reports/c-1/draft", &typed);
    let page = browser.page("/reports/c-1?saved=true");
    assert!(
        page.contains("value=\"many\"") && page.contains("aria-invalid=\"true\""),
        "what was typed stays"
    );
    assert!(page.contains("role=\"status\""));
    // The same document out and in.
    let out = browser.caller.get("/v1/reports/c-1/document");
    assert_eq!(
        out.headers["content-disposition"],
        "attachment; filename=\"c-1.json\""
    );
    let taken = browser.upload("/reports/import", "c-1.json", &out.body);
    assert_eq!(taken.status, 303, "{}", taken.text());
    assert_eq!(
        browser.caller.get("/v1/reports/c-1/document").body,
        out.body
    );
    assert!(
        browser
            .caller
            .get("/v1/reports/c-1/workbook")
            .body
            .starts_with(b"PK")
    );
    let book = browser.caller.get("/v1/reports/c-1/workbook").body;
    assert_eq!(
        browser.upload("/reports/import", "c-1.xlsx", &book).status,
        303
    );
    assert_eq!(
        browser.caller.get("/v1/reports/c-1/document").body,
        out.body
    );
    assert_eq!(browser.upload("/reports/import", "x", b"{").status, 400);
    let sample = browser.upload("/reports/c-1/attachments", "../a.exe", b"MZ...");
    assert_eq!(sample.status, 303, "{}", sample.text());
    let page = browser.page("/reports/c-1");
    assert!(page.contains(">a.exe</a> application/vnd.microsoft.portable-executable 5"));
    let large = browser.upload("/reports/c-1/attachments", "b", &vec![0; (16 << 20) + 1]);
    assert_eq!(large.status, 422, "{}", large.text());
    let strange = "multipart/form-data; boundary=b";
    let forged = "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\nx\r\n--b--\r\n";
    let forged = browser
        .caller
        .post("/reports/c-1/attachments", strange, forged.as_bytes());
    assert_eq!(forged.code(), "forged-form");
}

/// The ids of controls that have to have a label of their own.
fn controls(page: &str) -> Vec<String> {
    let tags = ["<input ", "<textarea ", "<select "];
    let mut found = Vec::new();
    for tag in tags {
        for rest in page.split(tag).skip(1) {
            let inside = rest.split('>').next().unwrap();
            let within = ["hidden", "radio", "checkbox"];
            if within
                .iter()
                .any(|kind| inside.contains(&format!("type=\"{kind}\"")))
            {
                continue;
            }
            let id = inside
                .split("id=\"")
                .nth(1)
                .and_then(|rest| rest.split('"').next());
            found.push(id.unwrap_or_else(|| panic!("no id: {inside}")).to_owned());
        }
    }
    found
}
