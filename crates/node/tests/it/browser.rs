//! A real browser: Chromium without a window, driven by its own driver's HTTP interface (W3C: `WebDriver`, and the virtual authenticator of `WebAuthn`). In: Debian's chromium and chromium-driver. Out: what
//! a person would see. Never: a page from elsewhere; a profile that stays.

use crate::flow::submit;
use crate::nation::{Nation, options, request};
use sakimori_access::{Access, COOKIE, Principal};
use sakimori_control::Host;
use sakimori_node::{Options, Provider, Role, with_access};
use sakimori_testkit::program;
use sakimori_testkit::provider::Provider as Mock;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Longest wait for the driver, and for what a page has to show.
const WAIT: Duration = Duration::from_mins(1);

struct Browser {
    driver: Child,
    agent: ureq::Agent,
    session: String,
    /// The last to go.
    profile: tempfile::TempDir,
}

impl Browser {
    fn start(test: &str) -> Option<Self> {
        let (driver, chromium) = (program(test, "chromedriver")?, program(test, "chromium")?);
        let profile = tempfile::tempdir().unwrap();
        let mut driver = Command::new(driver)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let mut lines = lines.map_while(Result::ok);
        let port = lines.find_map(|line| {
            let (_, rest) = line.split_once("started successfully on port ")?;
            Some(rest.trim_end_matches('.').to_owned())
        });
        std::thread::spawn(move || lines.for_each(drop));
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(WAIT))
            .http_status_as_error(false)
            .proxy(None)
            .build();
        let mut browser = Self {
            driver,
            agent: config.into(),
            session: format!("http://127.0.0.1:{}", port.unwrap()),
            profile,
        };
        let own = format!("--user-data-dir={}", browser.profile.path().display());
        let flags = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--ignore-certificate-errors",
            &own,
        ];
        let made = browser.post(
            "/session",
            &json!({"capabilities": {"alwaysMatch": {
                "acceptInsecureCerts": true,
                "timeouts": {"implicit": 30_000, "pageLoad": 50_000},
                "goog:chromeOptions": {"binary": chromium, "args": flags},
            }}}),
        );
        let id = made["sessionId"].as_str().unwrap().to_owned();
        browser.session = format!("{}/session/{id}", browser.session);
        Some(browser)
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let request = self.agent.post(format!("{}{path}", self.session));
        let sent = request
            .header("content-type", "application/json")
            .send(body.to_string().as_bytes());
        let value = read(sent);
        assert!(value["error"].is_null(), "{path}: {value}");
        value
    }

    fn get(&self, path: &str) -> Value {
        read(self.agent.get(format!("{}{path}", self.session)).call())
    }

    fn go(&self, url: &str) {
        self.post("/url", &json!({"url": url}));
    }

    /// An element, once it is there.
    fn find(&self, css: &str) -> String {
        let found = self.post("/element", &json!({"using": "css selector", "value": css}));
        let id = found.as_object().unwrap().values().next().unwrap();
        id.as_str().unwrap().to_owned()
    }

    fn write(&self, css: &str, text: &str) {
        let id = self.find(css);
        self.post(&format!("/element/{id}/value"), &json!({"text": text}));
    }

    fn click(&self, css: &str) {
        let id = self.find(css);
        self.post(&format!("/element/{id}/click"), &json!({}));
    }

    fn text(&self, css: &str) -> String {
        let id = self.find(css);
        let text = self.get(&format!("/element/{id}/text"));
        text.as_str().unwrap_or_default().to_owned()
    }

    fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({"script": script, "args": []}))
    }

    /// An authenticator that is in the machine and knows its user.
    fn authenticator(&self) {
        self.post(
            "/webauthn/authenticator",
            &json!({
                "protocol": "ctap2", "transport": "internal", "hasResidentKey": true,
                "hasUserVerification": true, "isUserConsenting": true, "isUserVerified": true,
            }),
        );
    }
}

/// What the driver answers.
fn read(sent: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Value {
    let mut answer = sent.unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    value["value"].clone()
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Its windows close with the session.
        let _ = self.agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// The administrator does something with a role's people.
fn administered<T>(
    options: &Options,
    host: &Host,
    work: impl AsyncFnOnce(&Access, &Principal) -> T,
) -> T {
    let by = Principal::Person {
        id: "admin".to_owned(),
    };
    with_access(options, host, async |access: &Access| {
        work(access, &by).await
    })
    .unwrap()
}

#[test]
fn a_person_registers_a_passkey_with_a_code_and_signs_in_with_it() {
    let test = "a_person_registers_a_passkey_with_a_code_and_signs_in_with_it";
    let Some(browser) = Browser::start(test) else {
        return;
    };
    let nation = Nation::start();
    let folder = nation.folder.path().join("b");
    let host = &nation.host;
    let code = administered(
        &options(Role::Commission, &folder),
        host,
        async |access, by| access.issue_code(by, "m1", host.seconds()).await.unwrap(),
    );
    let url = format!("https://localhost:{}", nation.commission.address.port());
    browser.authenticator();
    browser.go(&format!("{url}/"));
    // Nobody is signed in: the sign-in page comes instead.
    browser.write("#code", &code);
    browser.click("#enrol button");
    browser.find("#passkey");
    let registered = format!("{url}/sign-in?registered");
    let there = browser.run(&format!(
        "return new Promise(done => {{ const look = () => location.href === '{registered}' ? done(true) : setTimeout(look, 50); look(); }})"
    ));
    assert_eq!(there, true);
    browser.write("#person", "m1");
    browser.click("#passkey button");
    assert_eq!(browser.text("nav .person"), "m1");
    assert_eq!(browser.text("h1"), "Requests");
    // The cookie is for no script.
    assert_eq!(browser.run("return document.cookie"), "");
    browser.click("nav form button");
    browser.find("#passkey");
    browser.go(&format!("{url}/"));
    browser.find("#passkey");
    // A code is used once, and a stranger's word is refused in words that tell nothing.
    browser.write("#code", &code);
    browser.click("#enrol button");
    let told = browser.run(
        "return new Promise(done => { const look = () => { const text = document.querySelector('#enrol output').textContent; text ? done(text) : setTimeout(look, 50); }; look(); })",
    );
    assert_eq!(told, "The sign-in is not good.");
}

/// Texts that would be markup or script, were they not text.
const CORPUS: [&str; 34] = [
    "<script>window.pwned=1</script>",
    "<img src=x onerror=window.pwned=1>",
    "<svg onload=window.pwned=1>",
    "<svg/onload=window.pwned=1>",
    "\"><script>window.pwned=1</script>",
    "'><script>window.pwned=1</script>",
    "</p><script>window.pwned=1</script>",
    "</textarea><script>window.pwned=1</script>",
    "</pre><script>window.pwned=1</script>",
    "</title><script>window.pwned=1</script>",
    "<iframe src=javascript:parent.pwned=1>",
    "<iframe srcdoc='<script>parent.pwned=1</script>'>",
    "<body onload=window.pwned=1>",
    "<input autofocus onfocus=window.pwned=1>",
    "<details open ontoggle=window.pwned=1>",
    "<video><source onerror=window.pwned=1>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=window.pwned=1>",
    "<a href=javascript:window.pwned=1 id=bait>x</a>",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<object data=javascript:window.pwned=1>",
    "<embed src=javascript:window.pwned=1>",
    "<form action=https://evil.example/><button>x",
    "<style>@import 'https://evil.example/x.css'</style>",
    "<marquee onstart=window.pwned=1>",
    "&lt;script&gt;window.pwned=1&lt;/script&gt;",
    "&#60;script&#62;window.pwned=1&#60;/script&#62;",
    "\u{ff1c}script\u{ff1e}window.pwned=1\u{ff1c}/script\u{ff1e}",
    "<scr<script>ipt>window.pwned=1</scr</script>ipt>",
    "<!--><script>window.pwned=1</script-->",
    "<![CDATA[<script>window.pwned=1</script>]]>",
    "{{constructor.constructor('window.pwned=1')()}}",
    "`${window.pwned=1}`",
];

#[test]
fn row_17_no_text_of_others_becomes_script_or_markup_on_the_decision_page() {
    let test = "row_17_no_text_of_others_becomes_script_or_markup_on_the_decision_page";
    let Some(browser) = Browser::start(test) else {
        return;
    };
    let nation = Nation::start();
    let corpus = CORPUS.join("\n");
    let mut asked = request(&nation.host);
    for field in ["facts", "necessity", "alternatives", "rights"] {
        asked[field] = json!(corpus);
    }
    asked["conditions"] =
        json!("<script>window.pwned=1</script><img src=x onerror=window.pwned=1>");
    let (name, _) = submit(&nation, &asked);
    let clerk = nation.person(Role::Commission, "clerk");
    let question = json!({"text": corpus});
    let said = clerk.post_json(&format!("/v1/requests/{name}/questions"), &question);
    assert_eq!(said.status, 200, "{}", said.text());
    let url = format!("https://localhost:{}", nation.commission.address.port());
    browser.go(&format!("{url}/style.css"));
    let cookie = clerk.cookie.clone().unwrap();
    let value = cookie.split_once('=').unwrap().1;
    browser.post(
        "/cookie",
        &json!({"cookie": {"name": COOKIE, "value": value, "path": "/", "secure": true, "httpOnly": true}}),
    );
    for path in [
        "/",
        &format!("/requests/{name}?present=m1+m2+m3&presiding=m1&for=m1+m2"),
    ] {
        browser.go(&format!("{url}{path}"));
        assert_eq!(browser.text("nav .person"), "clerk");
        assert_eq!(
            browser.run("return window.pwned ?? null"),
            Value::Null,
            "{path}"
        );
        let foreign = "return document.querySelectorAll('script,iframe,img,svg,object,embed,base,style,video,math,marquee,#bait,[onerror],[onload],[onfocus],[ontoggle],[onstart]').length";
        assert_eq!(browser.run(foreign), 0, "{path}");
        let links = "return [...document.querySelectorAll('a,form,link')].filter(e => !(e.href ?? e.action).startsWith(location.origin)).length";
        assert_eq!(browser.run(links), 0, "{path}");
        assert!(browser.get("/alert/text")["error"] == "no such alert");
    }
    // And it is there, as text: each line in five places.
    let text = browser.run("return document.body.textContent");
    let text = text.as_str().unwrap();
    for line in CORPUS {
        assert!(text.matches(line).count() >= 5, "{line}");
    }
}

#[test]
fn a_person_signs_in_with_the_organisation_s_provider() {
    let test = "a_person_signs_in_with_the_organisation_s_provider";
    let Some(browser) = Browser::start(test) else {
        return;
    };
    let Some(mock) = Mock::start(test) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "a secret\n").unwrap();
    let nation = Nation::signing_in_by(Some(Provider {
        issuer: mock.issuer().to_owned(),
        client: "sakimori".to_owned(),
        secret: Some(secret),
    }));
    let url = format!("https://localhost:{}", nation.commission.address.port());
    browser.go(&format!("{url}/sign-in"));
    browser.click("a[href='/sign-in/provider']");
    browser.write("input[name=sub]", "subject-of-m2");
    browser.click("button[type=submit], button, input[type=submit]");
    assert_eq!(browser.text("nav .person"), "m2");
    // Whom the provider knows and this node does not is refused.
    browser.click("nav form button");
    browser.click("a[href='/sign-in/provider']");
    browser.write("input[name=sub]", "somebody-else");
    browser.click("button[type=submit], button, input[type=submit]");
    assert_eq!(browser.text("#content code"), "sign-in-failed");
}
