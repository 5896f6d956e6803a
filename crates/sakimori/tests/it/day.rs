//! A day of cooperation, as it is told in `docs/a-day.md`: an operator files without a network, is answered, others are warned without a word of whom it happened to, a maker is asked, an advisory
//! goes out at its hour, operators are told that it is theirs. In: the program, four organisations on loopback. Out: the page, held to what happened. Never: a line of the page that
//! was not printed.

use crate::nation::{Person, agent, fingerprint, people};
use crate::program::{Ran, run, sakimori};
use crate::serve::{Served, join};
use pgp::composed::{ArmorOptions, KeyType, SecretKeyParamsBuilder};
use pgp::types::Timestamp;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use sakimori_access::Role as R;
use sakimori_control::Host;
use sakimori_control::tls::Agents;
use sakimori_node::Role;
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The page, and where it is.
struct Page {
    text: String,
    folder: PathBuf,
}

/// What differs from day to day: folders, ports, times, hashes.
fn plain(text: &str, folder: &Path) -> String {
    let text = text.replace(&format!("{}/", folder.display()), "");
    let mut out = String::new();
    for line in text.lines() {
        let mut word = String::new();
        for c in line.chars().chain(['\n']) {
            if c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '.' | '+' | '=' | '_') {
                word.push(c);
            } else {
                out.push_str(&said(&word));
                word.clear();
                out.push(c);
            }
        }
    }
    out
}

/// Where a date begins in a word, such as `2026-10-01`.
fn date_in(word: &str) -> Option<usize> {
    let form = |at: &usize| {
        let digit = |n: usize| word.as_bytes().get(at + n).is_some_and(u8::is_ascii_digit);
        let dash = |n: usize| word.as_bytes().get(at + n) == Some(&b'-');
        [0, 1, 2, 3, 5, 6, 8, 9].into_iter().all(digit) && dash(4) && dash(7)
    };
    (0..word.len()).find(form)
}

/// A word, or what stands for it.
fn said(word: &str) -> String {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let hex = word.len() >= 16 && word.chars().all(|c| c.is_ascii_hexdigit());
    if word.starts_with("127.0.0.1") || hex || (word.len() > 40 && digits > 3) {
        return "…".to_owned();
    }
    for (begins, stands) in [("WK-20", "WK-…"), ("wk-20", "wk-….json")] {
        if word.starts_with(begins) {
            return stands.to_owned();
        }
    }
    if word.starts_with("m-") && digits > 6 {
        return "m-…".to_owned();
    }
    match date_in(word).and_then(|at| word.split_at_checked(at)) {
        Some((before, date)) if date.contains('T') => format!("{before}(time)"),
        Some((before, _)) => format!("{before}(day)"),
        None => word.to_owned(),
    }
}

impl Page {
    fn tell(&mut self, text: &str) {
        let _ = writeln!(self.text, "{text}\n");
    }

    /// A part of the story.
    fn part(&mut self, title: &str, text: &str) {
        self.tell(&format!("## {title}\n\n{text}"));
    }

    fn block(&mut self, first: &str, rest: &str) {
        let rest = plain(rest, &self.folder);
        let shown: Vec<&str> = rest.lines().map(str::trim_end).collect();
        let _ = writeln!(
            self.text,
            "```text\n{}\n{}\n```\n",
            plain(first, &self.folder).trim_end(),
            shown.join("\n").trim_end()
        );
    }

    /// A command that has to succeed, with what it printed.
    fn command(&mut self, node: &str, words: &[&str]) -> Ran {
        let mut command = sakimori(words);
        command
            .env("LANG", "C")
            .arg("--node")
            .arg(self.folder.join(node));
        let ran = run(&mut command).yes();
        let line: Vec<String> = words
            .iter()
            .map(|word| {
                if word.contains(' ') {
                    format!("'{word}'")
                } else {
                    (*word).to_owned()
                }
            })
            .collect();
        let line = format!("$ sakimori {} --node {node}", line.join(" "));
        let both = format!("{}{}", ran.out, ran.err);
        self.block(&line, &both);
        ran
    }

    /// A call of a person, with the answer.
    fn call(&mut self, person: &Person<'_>, path: &str, body: &Value) -> Value {
        let answer = person.json(path, body);
        let line = format!("{} → POST {path}\n{}", person.id, pretty(body));
        // Of a whole case the page shows where it stands.
        let short = answer
            .get("stage")
            .map(|stage| json!({"stage": stage, "…": "…"}));
        self.block(&line, &pretty(short.as_ref().unwrap_or(&answer)));
        answer
    }
}

fn pretty(value: &Value) -> String {
    let mut value = value.clone();
    // The order of members is not the same in all builds.
    value.sort_all_objects();
    passing(&mut value);
    serde_json::to_string_pretty(&value).unwrap()
}

/// Takes out numbers that differ from day to day.
fn passing(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(passing),
        Value::Object(members) => {
            for (name, value) in members {
                if matches!(name.as_str(), "entry" | "sequence" | "at" | "place") && value.is_u64()
                {
                    *value = json!("…");
                }
                passing(value);
            }
        }
        _ => {}
    }
}

/// The office's node and those who know it.
struct Office {
    served: Served,
    _commission: Served,
    sha256: String,
    agent: ureq::Agent,
}

impl Office {
    fn start(folder: &Path) -> Self {
        let host = Host::system();
        let [office, commission] = ["office", "commission"].map(|name| folder.join(name));
        let mut init = sakimori(["init", "--dir"]);
        run(init.arg(&office).arg("--commission-dir").arg(&commission)).yes();
        publisher(&office);
        let staff = [
            ("o1", R::Requester),
            ("o2", R::LegalOfficer),
            ("o3", R::Supervisor),
            ("a.tanaka", R::Analyst),
        ];
        people(Role::Office, &office, &host, &staff);
        people(Role::Commission, &commission, &host, &[("m1", R::Chair)]);
        let of = fingerprint("office", &office);
        join("commission", &commission, "office", &["--sha256", &of]);
        let watching = Served::start("commission", &commission, &[]);
        let at = fingerprint("commission", &commission);
        join(
            "office",
            &office,
            "commission",
            &["--sha256", &at, "--url", &watching.url],
        );
        let served = Served::start("office", &office, &[]);
        let agent = agent(&folder.join("people"), &of, &served.url);
        Self {
            served,
            _commission: watching,
            sha256: of,
            agent,
        }
    }

    fn person<'p>(&'p self, id: &'p str) -> Person<'p> {
        Person {
            agent: &self.agent,
            url: &self.served.url,
            id,
        }
    }
}

#[test]
fn a_day_of_cooperation_is_as_its_page_tells_it() {
    let folder = tempfile::tempdir().unwrap();
    let office = Office::start(folder.path());
    let mut page = Page {
        text: String::new(),
        folder: folder.path().to_owned(),
    };
    page.tell("# A day of cooperation");
    page.tell(
        "Written by the test `a_day_of_cooperation_is_as_its_page_tells_it`, which runs all of it; \
        `SAKIMORI_BLESS=1 cargo test -p sakimori --test it day::` writes it anew. Times, hashes and addresses that differ from day to day are left out. \
        The names are made up.",
    );
    registered(&mut page);
    filed(&mut page);
    answered(&mut page, &office);
    warned(&mut page, &office);
    published(&mut page, &office);
    held(&page.text);
}

/// Without a network: questions, form, filing, a stick to the office and back.
fn filed(page: &mut Page) {
    page.part(
        "03:10, no network",
        "Ransomware at a waterworks. The line is cut, the portal is out of reach. The operator `acme` writes on the machine at hand; everything is in one file.",
    );
    let key = run(sakimori(["report", "key", "--node"]).arg(page.folder.join("office"))).yes();
    // The office's key was made known when the node was set up.
    let known = ["report", "key", key.out.trim(), "--node"];
    run(sakimori(known).arg(page.folder.join("acme"))).yes();
    // So was the certificate of the operator's node at the office's.
    let own = fingerprint("operator", &page.folder.join("acme"));
    join(
        "office",
        &page.folder.join("office"),
        "acme",
        &["--sha256", &own, "--may", "report"],
    );
    let recognised = Host::system().seconds().0 - 7200;
    let recognised = sakimori_custody::time::Seconds(recognised).to_string();
    page.command(
        "acme",
        &[
            "report",
            "new",
            "r-0001",
            "--form",
            "ransomware",
            "--operator",
            "acme",
            "--recognised-at",
            &recognised,
        ],
    );
    page.command(
        "acme",
        &[
            "report",
            "questions",
            "r-0001",
            "--answer",
            "machine=core",
            "--answer",
            "code=run",
            "--answer",
            "obstruction=completed",
        ],
    );
    let fields = [
        "type.acts=malicious-code obstruction",
        "operator.name=架空水道株式会社",
        "operator.sector=water",
        "operator.prefecture=13",
        "operator.contact_name=当直",
        "operator.contact=03-0000-0000",
        "technical.indicators=198.51.100.9 c2.example.net",
    ];
    let mut edit = vec!["report", "edit", "r-0001"];
    edit.extend(fields.iter().flat_map(|field| ["--set", *field]));
    edit.extend(["--unknown", "ransomware.type"]);
    page.command("acme", &edit);
    page.command("acme", &["report", "check", "r-0001"]);
    page.command("acme", &["report", "file", "r-0001"]);
    page.tell("A colleague drives to the office with a stick, and back with the receipt.");
    let (stick, back) = (
        page.folder.join("stick.json"),
        page.folder.join("receipts.json"),
    );
    let (stick, back) = (stick.display().to_string(), back.display().to_string());
    page.command("acme", &["report", "send", "--package", &stick]);
    page.command("office", &["report", "take", &stick, "--out", &back]);
    page.command("acme", &["report", "receipt", &back]);
    page.command("acme", &["report", "receipt", "--case", "r-0001"]);
}

/// With a network again: the office acknowledges and advises, the operator answers.
fn answered(page: &mut Page, office: &Office) {
    page.part("06:30, the line is back", "The office has acknowledged the case and written guidance. The operator's node fetches it with the next `send`.");
    let folder = page.folder.clone();
    join(
        "operator",
        &folder.join("acme"),
        "office",
        &["--sha256", &office.sha256, "--url", &office.served.url],
    );
    let analyst = office.person("a.tanaka");
    page.call(
        &analyst,
        "/v1/operators/acme/reports/r-0001/steps",
        &json!("acknowledge"),
    );
    let day = Host::system().seconds().plus(7 * 86_400).day().to_string();
    let guidance = json!({
        "id": "g-1", "subject": "Ransomware over remote maintenance",
        "lines": ["Cut remote maintenance from the control network.", "Keep the logs of the last 90 days.", "Check that backups restore."],
        "answer_by": day,
    });
    page.call(&analyst, "/v1/operators/acme/guidance", &guidance);
    page.command("acme", &["report", "send"]);
    page.command("acme", &["guidance", "list"]);
    page.command("acme", &["guidance", "show", "g-1"]);
    let tick = format!("2=planned:{day}");
    let ticks = [
        "guidance",
        "answer",
        "g-1",
        "--tick",
        "1=done",
        "--tick",
        &tick,
        "--tick",
        "3=not-done:the restore test is tonight",
    ];
    page.command("acme", &ticks);
    page.command("acme", &["report", "send"]);
    let seen: Value = serde_json::from_str(&analyst.get("/v1/guidance")).unwrap();
    assert!(
        seen.to_string().contains("the restore test is tonight"),
        "{seen}"
    );
}

/// Makes an operator's node and the office's known to each other; gives the fingerprint of the operator's.
fn known(page: &Page, office: &Office, operator: &str) -> String {
    let node = page.folder.join(operator);
    let own = fingerprint("operator", &node);
    join(
        "office",
        &page.folder.join("office"),
        operator,
        &["--sha256", &own, "--may", "report"],
    );
    join(
        "operator",
        &node,
        "office",
        &["--sha256", &office.sha256, "--url", &office.served.url],
    );
    own
}

/// Others are warned, and not told of whom.
fn warned(page: &mut Page, office: &Office) {
    page.part(
        "07:15, others are warned",
        "The analyst's indicators become a product. The gate takes out whose report it was, looks at each recipient, and puts its entry into the log before anything leaves. An indicator that is an operator's own, or a \
        word that names one, is refused.",
    );
    let supervisor = office.person("o3");
    let product = json!({
        "from": {"operator": "acme", "case": "r-0001"},
        "indicators": ["198.51.100[.]9", "c2.example.net"],
        "words": "Ransomware spreads over remote maintenance. Look for these, and cut what you do not need.",
        "tlp": "amber", "pap": "amber", "recipients": ["operator/borea", "operator/cosmo"],
        "basis": "Act 42/2025 art. 40", "rights": "No identifier of a communication party is in it.",
    });
    let let_go = page.call(&supervisor, "/v1/products", &product);
    assert_eq!(let_go["given"], 2);
    let folder = page.folder.clone();
    for operator in ["borea", "cosmo"] {
        let node = folder.join(operator);
        let own = fingerprint("operator", &node);
        join(
            "office",
            &folder.join("office"),
            operator,
            &["--sha256", &own, "--may", "report"],
        );
        join(
            "operator",
            &node,
            "office",
            &["--sha256", &office.sha256, "--url", &office.served.url],
        );
        let host = Host::system();
        people(Role::Operator, &node, &host, &[("party", R::OperatorUser)]);
        let served = Served::start("operator", &node, &[]);
        let agent = agent(
            &folder.join(format!("people-of-{operator}")),
            &own,
            &served.url,
        );
        let person = Person {
            agent: &agent,
            url: &served.url,
            id: "party",
        };
        let given = person.get("/v1/products");
        assert!(
            !given.contains("acme") && !given.contains("架空"),
            "{given}"
        );
        let copies: Value = serde_json::from_str(&given).unwrap();
        assert_eq!(copies.as_array().map(Vec::len), Some(1));
        if operator == "borea" {
            page.block("party at borea → GET /v1/products", &pretty(&copies));
        }
    }
}

/// Who publishes advisories, and its key.
fn publisher(office: &Path) {
    let home = office.join("office/weaknesses");
    std::fs::create_dir_all(&home).unwrap();
    let house = json!({
        "name": "Office for Weaknesses", "namespace": "https://office.example", "authority": "Article 42 of the law.",
        "contact": "weakness@office.example", "security_contact": "mailto:weakness@office.example", "root": "https://office.example",
        "licence": "CC-BY-4.0", "aggregators": true, "assigner": {"id": "6ba7b810-9dad-41d1-80b4-00c04fd430c8", "name": "office"},
    });
    std::fs::write(home.join("house.json"), house.to_string()).unwrap();
    let key = SecretKeyParamsBuilder::default()
        .key_type(KeyType::Ed25519Legacy)
        .created_at(Timestamp::from_secs(1_700_000_000))
        .can_sign(true)
        .can_certify(true)
        .primary_user_id("Office <weakness@office.example>".to_owned())
        .build()
        .unwrap();
    let key = key.generate(ChaCha20Rng::seed_from_u64(1)).unwrap();
    let text = key.to_armored_string(ArmorOptions::default()).unwrap();
    std::fs::write(home.join("openpgp.asc"), text).unwrap();
}

/// Operators that have the controller: three that say which version, one that does not.
const OWNERS: [(&str, &str); 4] = [
    ("borea", "3.1"),
    ("cosmo", "3.0"),
    ("delta", "2.9"),
    ("echo", ""),
];

/// What operators told of their important computers before.
fn registered(page: &mut Page) {
    page.part(
        "The months before",
        "Operators import their lists of equipment, answer for what each is used, and notify the office. Four of them have the controller EX-100; one does not say in which version.",
    );
    let today = Host::system().seconds().day().to_string();
    for (operator, version) in OWNERS {
        let outline = json!({
            "outline": {"name": format!("{operator} Water"), "address": "Tokyo", "representative": "A. Sato", "contact": "assets@water.example"},
            "sector": "water", "since": {"designated": today},
        });
        let list = format!(
            "maker,product,version,count,location,equipment,class,part,introduced,bespoke\nAlpha Works,EX-100,{version},4,own-site,water-supply,type-1,appliance-hardware,2026-09-01,no\n"
        );
        let path = |name: &str| {
            page.folder
                .join(format!("{operator}-{name}"))
                .display()
                .to_string()
        };
        let [outline_at, list_at, filing] = ["outline.json", "assets.csv", "notice.json"].map(path);
        std::fs::write(&outline_at, outline.to_string()).unwrap();
        std::fs::write(&list_at, list).unwrap();
        let of = ["--operator", operator];
        let commands: [(&str, Vec<&str>); 5] = [
            (operator, vec!["asset", "outline", &outline_at]),
            (operator, vec!["asset", "import", &list_at]),
            (operator, vec!["asset", "list"]),
            (
                operator,
                vec!["asset", "notice", "--details", "--out", &filing],
            ),
            ("office", vec!["asset", "take", &filing, "--role", "office"]),
        ];
        for (node, words) in commands {
            let words = [words, of.to_vec()].concat();
            if operator == "borea" {
                page.command(node, &words);
            } else {
                run(sakimori(&words)
                    .env("LANG", "C")
                    .arg("--node")
                    .arg(page.folder.join(node)))
                .yes();
            }
        }
    }
}

/// An agent of an operator's node, and the office's address.
fn peer(page: &Page, operator: &str) -> (ureq::Agent, String) {
    let agents = Agents::open(&page.folder.join(operator).join("operator")).unwrap();
    let office = agents.peer("office").unwrap();
    let agent = agents.agent(office, Duration::from_secs(30)).unwrap();
    (agent, office.url.clone())
}

fn asked((agent, url): &(ureq::Agent, String), path: &str) -> (u16, String) {
    let mut said = agent.get(format!("{url}{path}")).call().unwrap();
    (
        said.status().as_u16(),
        said.body_mut().read_to_string().unwrap(),
    )
}

/// A maker is asked, answers, an advisory goes out at its hour, and operators are told.
#[expect(
    clippy::too_many_lines,
    reason = "one story, told from its beginning to its end"
)]
fn published(page: &mut Page, office: &Office) {
    page.part(
        "10:00, a maker is asked",
        "The way in was a weakness of the controller. The operator's maintenance firm reports it without signing in; the office opens a case, decides how urgent it is, and asks the maker officially, with its ground and a day for the \
        answer. The maker has a room of its own, by a link.",
    );
    let (agent, url) = peer(page, "borea");
    let report = json!({"product": "EX-100", "text": "Whoever reaches port 502 may write."});
    let mut taken = agent
        .post(format!("{url}/v1/weakness-reports"))
        .header("content-type", "application/json")
        .send(report.to_string())
        .unwrap();
    let taken: Value = serde_json::from_str(&taken.body_mut().read_to_string().unwrap()).unwrap();
    let supervisor = office.person("o3");
    let opened = page.call(
        &supervisor,
        "/v1/weaknesses",
        &json!({"report": taken["report"]}),
    );
    let case = opened["case"].as_str().unwrap().to_owned();
    let triage = json!({
        "on": 1, "cves": ["CVE-2026-12345"],
        "values": [["Exploitation", "Active"], ["Automatable", "Yes"], ["Technical Impact", "Total"], ["Mission and Well-Being Impact", "High"]],
    });
    page.call(
        &supervisor,
        &format!("/v1/weaknesses/{case}/triage"),
        &triage,
    );
    let mut on = 1;
    let mut act = |page: &mut Page, act: Value| {
        on += 1;
        page.call(
            &supervisor,
            &format!("/v1/weaknesses/{case}/events"),
            &json!({"on": on, "act": act}),
        );
    };
    act(page, json!({"maker-added": {"maker": "Alpha Works"}}));
    let until = |seconds: u64| Host::system().seconds().plus(seconds);
    let asks = json!({"requested": {
        "maker": "Alpha Works", "minister": "経済産業省", "ground": "It is part of important computers.", "text": "Please mend it and say by when.",
        "reply_by": until(7 * 86_400).to_string(),
    }});
    act(page, asks);
    let link = json!({"on": 4, "maker": "Alpha Works", "days": 30});
    let link = page.call(&supervisor, &format!("/v1/weaknesses/{case}/links"), &link);
    let room = link["path"]
        .as_str()
        .unwrap()
        .replace("/weaknesses/room/", "/v1/maker-rooms/");
    let maker = Person {
        agent: &agent,
        url: &url,
        id: "Alpha Works",
    };
    let word = json!({"state": "affected", "words": "Version 3.2 mends it."});
    page.call(&maker, &format!("{room}/words"), &word);
    page.call(
        &maker,
        &format!("{room}/replies"),
        &json!({"request": 1, "text": "Version 3.2 is out today."}),
    );
    page.part(
        "Until the hour",
        "The advisory is drafted and approved for an hour with its zone. Not a byte of it is there a second before.",
    );
    let read: Value =
        serde_json::from_str(&supervisor.get(&format!("/v1/weaknesses/{case}"))).unwrap();
    let mut on = read["on"].as_u64().unwrap();
    let mut act = |page: &mut Page, act: Value| {
        page.call(
            &supervisor,
            &format!("/v1/weaknesses/{case}/events"),
            &json!({"on": on, "act": act}),
        );
        on += 1;
    };
    act(
        page,
        json!({"drafted": {
            "title": "EX-100 takes commands from anybody", "summary": "The controller does not ask who sends commands.", "lang": "en", "tlp": "clear", "stage": "final",
            "products": [{"maker": "Alpha Works", "name": "EX-100", "versions": {"range": "< 3.2"}, "models": [], "cpe": null, "purl": null}],
            "weaknesses": [{"cve": "CVE-2026-12345", "title": "Missing authentication", "description": "Whoever reaches port 502 may write.", "cwe": null,
                "states": [[0, "affected"]], "scores": [], "remedies": [], "reasons": []}],
            "references": [],
        }}),
    );
    let hour = until(10);
    let zoned = hour.plus(9 * 3600).to_string().replace('Z', "+09:00");
    act(
        page,
        json!({"hour-set": {"hour": zoned, "why": "as agreed with the maker"}}),
    );
    act(page, json!({"approved": {"summary": "First version"}}));
    let year: String = hour.to_string().chars().take(4).collect();
    let of_year = |year: &str| {
        let name = case.to_lowercase();
        format!("/.well-known/csaf/white/{year}/{name}.json")
    };
    let document = of_year(&year);
    let borea = peer(page, "borea");
    let (mut before, mut found) = (0, String::new());
    for _ in 0..600 {
        let (status, text) = asked(&borea, &document);
        // The second in which the answer came is not before the one in which it was asked.
        let now = Host::system().seconds();
        if status == 200 {
            assert!(now >= hour, "there at {now}, due at {hour}");
            found = text;
            break;
        }
        assert_eq!(status, 404);
        before += 1;
        pause();
    }
    assert!(
        before > 0 && !found.is_empty(),
        "asked {before} times before it was there"
    );
    let shown = of_year("(year)");
    page.block(
        &format!("GET {shown}, a second before\n404\n\nGET {shown}, at the hour\n200"),
        "",
    );
    page.part(
        "At the hour, whose is it?",
        "With its release the office's node matches the advisory with what operators registered, and tells them; nobody has to ask for it. Three have an affected version; the fourth is asked, because it said none. \
        What others have, nobody is told.",
    );
    for operator in ["delta", "echo"] {
        known(page, office, operator);
    }
    for (operator, version) in OWNERS {
        let text = told(&peer(page, operator));
        let matches: Value = serde_json::from_str(&text).unwrap();
        let state = if version.is_empty() { "asked" } else { "told" };
        assert_eq!(matches["rows"][0]["state"], state, "{text}");
        for (other, _) in OWNERS.iter().filter(|(other, _)| *other != operator) {
            assert!(!text.contains(other), "{text}");
        }
        page.block(&format!("{operator} → GET /v1/matches"), &pretty(&matches));
    }
    page.tell("The supervisor sees how many that are. The maker learns numbers, small ones not at all; names are for the competent minister.");
    let all = supervisor.post("/v1/matches", "application/json", found.as_bytes());
    page.block("o3 → POST /v1/matches, the advisory", &pretty(&all));
    let numbers = ["affected", "questions", "operators"].map(|name| all[name].as_u64());
    assert_eq!(numbers, [Some(3), Some(1), Some(4)]);
    let counts = supervisor.post(
        "/v1/matches/counts?maker=Alpha%20Works",
        "application/json",
        found.as_bytes(),
    );
    page.block(
        "o3 → POST /v1/matches/counts?maker=Alpha Works, the advisory",
        &pretty(&counts),
    );
    assert!(!counts.to_string().contains("borea"), "{counts}");
}

/// What an operator is told, once it is told of something.
fn told(operator: &(ureq::Agent, String)) -> String {
    for _ in 0..600 {
        let (status, text) = asked(operator, "/v1/matches");
        assert_eq!(status, 200, "{text}");
        let matches: Value = serde_json::from_str(&text).unwrap();
        let rows = matches["rows"].as_array().map_or(0, Vec::len);
        assert!(rows < 2, "{text}");
        if rows == 1 {
            return text;
        }
        pause();
    }
    panic!("nobody told it within a minute");
}

#[expect(
    clippy::disallowed_methods,
    reason = "it waits for the clock of a process beside it"
)]
fn pause() {
    std::thread::sleep(Duration::from_millis(100));
}

/// The page is as it is kept, or is written where that is asked for.
fn held(text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/a-day.md");
    let text = format!("{}\n", text.trim_end());
    if std::env::var_os("SAKIMORI_BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    for (at, (kept, now)) in kept.lines().zip(text.lines()).enumerate() {
        assert_eq!(kept, now, "docs/a-day.md, line {}", at + 1);
    }
    assert_eq!(kept, text, "docs/a-day.md");
}
