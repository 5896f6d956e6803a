//! The office, its commission and the owner's actuator of the lab, all by the command line. In: a lab. Out: a measure in each state. Never: a step that a person would not take.

use super::lab::{BLACK, BLOCKED, Lab, NAME, Owned, TAG, ZONE, free_port, until};
use super::relay::Relay;
use crate::captures;
use crate::node::{Logged, TestNode};
use crate::program::{Ran, Running, run, sakimori};
use sakimori_control::files;
use sakimori_custody::ids::hex;
use sakimori_custody::time::{DAY_SECONDS, Seconds};
use sakimori_testkit::data;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// People with a key of their own: who carries out, and who observes.
const SIGNERS: [&str; 4] = ["e-01", "e-02", "analyst-1", "analyst-2"];

const HOUR: u64 = 3600;

pub(crate) struct Office {
    node: TestNode,
    actuator: Option<Owned>,
    pub(super) id: String,
}

impl Office {
    /// An office with its people, registers and lists, and the owner's actuator of the lab, which know each other.
    pub(crate) fn new(lab: &Lab) -> Self {
        let mut office = Self::begun();
        office.installed(lab);
        office
    }

    /// The same with a rehearsal in the place of the owner's systems, behind a wire that stops where the test wants.
    pub(crate) fn rehearsing() -> (Self, Relay) {
        let mut office = Self::begun();
        let (keys, key) = office.made_keys(&office.path("keys"));
        let port = free_port();
        let relay = Relay::to(port);
        let folder = office.path("actuator");
        std::fs::create_dir_all(&folder).unwrap();
        let mut config = office.own_config(&folder, &keys, port);
        config["drill"] =
            json!({"file": office.drill_file(), "clock": null, "fall": null, "leads": null});
        office.write("actuator.json", &config);
        office.begin_actuator();
        office.joined(&keys, &key, relay.port);
        (office, relay)
    }

    fn begun() -> Self {
        let node = TestNode::running();
        let office = Self {
            node,
            actuator: None,
            id: String::new(),
        };
        office.people();
        office.lists();
        office
    }

    fn now(&self) -> Seconds {
        self.node.host.seconds()
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.node.beside(name)
    }

    fn command(&self, line: &str) -> Command {
        let words = line.split_whitespace().map(|word| word.replace('%', " "));
        let mut command = sakimori(words);
        command
            .current_dir(self.path(""))
            .env("SAKIMORI_DIR", "node");
        command
    }

    pub(super) fn line(&self, line: &str) -> Ran {
        run(&mut self.command(line))
    }

    fn write(&self, name: &str, value: &Value) {
        std::fs::write(self.path(name), value.to_string()).unwrap();
    }

    fn people(&self) {
        let of = "--full-name A.%Sato --organisation office";
        self.line(&format!("person --role office first root-1 {of}"))
            .yes();
        for (id, role) in [
            ("o1", "requester"),
            ("o2", "legal-officer"),
            ("e-01", "responder"),
            ("e-02", "responder"),
        ] {
            self.line(&format!("person --role office --as root-1 add {id} {of}"))
                .yes();
            self.line(&format!(
                "person --role office --as root-1 role {id} {role}"
            ))
            .yes();
        }
    }

    fn lists(&self) {
        let folder = data("response", "response/safety");
        let folder = folder.map(|path| path.display().to_string());
        let more = folder.map_or_else(String::new, |folder| {
            format!("--warning-lists {folder}/warninglists --root-hints {folder}/root.hints")
        });
        self.set_lists(1, "lists", &more);
    }

    /// Builds lists of a version, has them signed and puts them in use.
    fn set_lists(&self, version: u64, out: &str, more: &str) {
        std::fs::write(self.path("own"), "10.78.0.0/16\n# the lab's own wires\n").unwrap();
        let end = self.now().plus(30 * DAY_SECONDS);
        self.line(&format!(
            "measure --as o1 lists build {more} --add own-systems=own --version {version} --not-after {end} --out {out}"
        ))
        .yes();
        self.line(&format!("authority sign {out}/safety-lists.txt --key node/office/keys/office.key --key node/commission/members/m1.key")).yes();
        self.line(&format!(
            "measure --as o1 lists set {out}/safety-lists.txt {out}/safety-lists.jsonl"
        ))
        .yes();
    }

    /// A newer bundle, in use at the office alone.
    pub(crate) fn newer_lists(&self, version: u64) {
        self.set_lists(version, &format!("lists-{version}"), "");
    }

    /// What the owner's actuator says when the bundle in use is brought to it.
    pub(crate) fn brought(&self) -> Value {
        let said = self.line("measure --as root-1 --format json lists bring");
        said.yes().json()["edge-1"].clone()
    }

    /// Keys of an actuator: their folder, and the line that a register has.
    fn made_keys(&self, folder: &Path) -> (String, String) {
        self.line("node show --role office").yes();
        let keys = folder.display().to_string();
        let made = self.line(&format!(
            "actuator keys --dir {keys} --name edge.example/edge-1 --host 127.0.0.1"
        ));
        let made = made.yes().out;
        let key = made
            .lines()
            .find_map(|line| line.strip_prefix("key of receipts, for measures: "));
        let key = key.unwrap().trim().to_owned();
        (keys, key)
    }

    /// The owner installs the actuator: keys of its own, a configuration, the office's certificate.
    fn installed(&mut self, lab: &Lab) {
        let (keys, key) = self.made_keys(&lab.path("keys"));
        let port = free_port();
        std::fs::create_dir_all(lab.path("actuator")).unwrap();
        let nft = ["ip", "netns", "exec", &lab.ns("r"), "nft"].map(str::to_owned);
        let mut nft: Vec<String> = nft.into();
        for word in [0, 4] {
            let path = sakimori_testkit::in_path(&nft[word]).unwrap();
            nft[word] = path.display().to_string();
        }
        let config = self.config(lab, &keys, port, &nft);
        std::fs::create_dir_all(lab.path("resolver")).unwrap();
        self.write("actuator.json", &config);
        self.begin_actuator();
        self.joined(&keys, &key, port);
    }

    /// The office knows the actuator as a peer, and has it in its register.
    fn joined(&self, keys: &str, key: &str, port: u16) {
        self.line(&format!(
            "node join --role office --name edge-1 --certificate {keys}/certificate.pem --url https://127.0.0.1:{port} --may read"
        ))
        .yes();
        let now = self.now();
        let people = SIGNERS.map(|name| {
            let line = format!("key new --name office.example/{name} --out {name}.key");
            let key = self.line(&line).yes().out.trim().to_owned();
            json!({"name": name, "key": key})
        });
        self.write(
            "register.json",
            &json!({
                "designations": [{
                    "officer": "e-01", "body": "national", "number": "D-17", "from": now.to_string(), "until": now.plus(100 * DAY_SECONDS).to_string(), "revoked": null,
                }],
                "actuators": [{"name": "edge-1", "controller": "carrier-a", "key": key, "peer": "edge-1"}],
                "people": people,
            }),
        );
        self.line("measure --as root-1 register set register.json")
            .yes();
    }

    /// What the configuration of every actuator has: its keys, its lists, whom it hears.
    fn own_config(&self, folder: &Path, keys: &str, port: u16) -> Value {
        let shown = self
            .line("node show --role office --format json")
            .yes()
            .json();
        let office = shown["sha256"]
            .as_str()
            .or(shown["certificate_sha256"].as_str());
        let office = office.unwrap_or_else(|| panic!("{shown}"));
        let lists = self.path("lists");
        json!({
            "name": "edge-1", "folder": folder, "key": format!("{keys}/actuator.key"), "trust_root": self.node.node.trust_root(), "look_seconds": 1,
            "lists": {"note": lists.join("safety-lists.txt"), "file": lists.join("safety-lists.jsonl")},
            "https": {
                "listen": format!("127.0.0.1:{port}"), "certificate": format!("{keys}/certificate.pem"), "key": format!("{keys}/tls-key.pem"),
                "producers": [{"name": "office", "certificate_sha256": office, "may": ["command", "approve", "read", "lists"]}],
            },
        })
    }

    /// The owner's configuration.
    fn config(&self, lab: &Lab, keys: &str, port: u16, nft: &[String]) -> Value {
        let ip = &nft[0];
        let [first, second, third] = TAG;
        let socket = lab.path("gobgp.sock").display().to_string();
        let mut config = self.own_config(&lab.path("actuator"), keys, port);
        config["packet"] = json!({"program": nft});
        config["resolver"] = json!({
            "zone": ZONE, "primary": format!("127.0.0.1:{}", lab.primary), "key": {"name": "actuator", "file": lab.path("secret")}, "folder": lab.path("resolver"),
            "resolvers": [{
                "name": "unbound", "kind": "unbound", "address": format!("127.0.0.1:{}", lab.resolver), "log": lab.path("unbound.log"),
                "control": {"program": sakimori_testkit::in_path("unbound-control").unwrap(), "config": lab.path("unbound.conf")},
            }],
        });
        config["bgp"] = json!({
            "state": lab.path("routes.json"), "daemon": {"gobgp": {"socket": socket}},
            "announcer": {"program": ip, "arguments": lab.announcer(), "environment": {}, "log": lab.path("announcer.log")},
            "tag": {"as": first, "first": second, "second": third},
        });
        config
    }

    fn begin_actuator(&mut self) {
        let mut command = self.command("actuator run --config actuator.json");
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.path("actuator.log"));
        self.actuator = Some(Owned::start(command.stderr(log.unwrap())));
        until("the actuator answers its owner", 30_000, || {
            self.line("actuator show --config actuator.json").code == Some(0)
        });
    }

    /// A sensor runs under its own authority and finds a beacon; the index of the finding's entry.
    pub(crate) fn finding(&self) -> String {
        self.node.authorised();
        let capture = self.path("border.pcap");
        captures::border(&capture, 90, 2).unwrap();
        self.node.sensor(&[], &capture).yes();
        let (all, _) =
            sakimori_control::office::findings(&self.node.node, self.now(), 0, 100).unwrap();
        let of = |file: &&sakimori_control::office::FindingFile| {
            file.finding["destination"]
                .as_str()
                .is_some_and(|to| to.contains(BLOCKED))
        };
        let found = all.iter().find(of);
        let found = found
            .unwrap_or_else(|| panic!("{:?}", all.iter().map(|f| &f.finding).collect::<Vec<_>>()));
        found.index.to_string()
    }

    /// A plan as the officers write it, proposed, reviewed, its text signed by both and brought before the commission.
    pub(crate) fn proposed(&mut self, finding: &str, seconds: u64) {
        self.drafted(finding, seconds, "", super::papers::with_letter);
        let id = &self.id;
        self.line(&format!("measure --as o1 ask {id} text --out statement --present m1,m2,m4 --presiding m1 --for m1,m2,m4"))
            .yes();
    }

    /// Two officers decide before the commission can sit, for so many seconds; the second of the end.
    pub(crate) fn invoked(&mut self, finding: &str, window: u64) -> u64 {
        let end = self.seconds() + window;
        self.drafted(finding, window, "--urgent", |plan| {
            plan["not_after"] = json!(Seconds(end - 1).to_string());
            // A route that leads nowhere is nothing that may be urgent.
            let aims = plan["aims"].as_array_mut().unwrap();
            aims.retain(|aim| aim["deed"] != "black-hole");
            let targets: Vec<Value> = aims.iter().map(|aim| aim["target"].clone()).collect();
            for list in ["observations", "facts"] {
                let list = plan[list].as_array_mut().unwrap();
                list.retain(|one| targets.contains(&one["target"]));
            }
        });
        let id = &self.id;
        let drafted = self.line(&format!(
            "measure --as o1 urgent {id} text --with o2 --out statement"
        ));
        let authority = drafted.yes().out.trim().to_owned();
        self.line("authority sign statement --measure text --key node/office/officers/o1.key --key node/office/officers/o2.key").yes();
        self.line("authority submit statement").yes();
        self.line(&format!(
            "measure --as o1 invoked {id} --authority {authority} --text text"
        ))
        .yes();
        end
    }

    /// The commission ratifies what was decided before it could sit.
    pub(crate) fn ratified(&self) {
        let shown = self.shown();
        let authority = shown["authority"].as_str().unwrap();
        self.line(&format!("authority ratify {authority} --reason heard --out ruling --present m1,m2,m4 --presiding m1 --for m1,m2,m4")).yes();
        let keys = ["m1", "m2", "m4"].map(|id| format!(" --key node/commission/members/{id}.key"));
        self.line(&format!("authority sign ruling{}", keys.concat()))
            .yes();
        self.line("authority submit ruling").yes();
    }

    fn drafted(&mut self, finding: &str, seconds: u64, urgent: &str, edit: impl Fn(&mut Value)) {
        let outline = format!(
            "measure --as o1 outline --deed block --target {BLOCKED}/32 --actuator edge-1 --controller carrier-a --country GB --finding {finding} --out plan.json"
        );
        self.line(&outline)
            .yes()
            .out
            .trim()
            .clone_into(&mut self.id);
        // What nobody has said yet is told rule by rule.
        let open = self.line("measure --as o1 check plan.json").ended(1);
        assert!(open.out.contains("/dossier/harm"), "{open:#?}");
        let text = std::fs::read_to_string(self.path("plan.json")).unwrap();
        let mut plan: Value = serde_json::from_str(&text).unwrap();
        self.filled(&mut plan, seconds);
        edit(&mut plan);
        self.write("plan.json", &plan);
        self.line(&format!("measure --as o1 check plan.json {urgent}"))
            .yes();
        self.line("measure --as o1 propose plan.json").yes();
        let id = &self.id;
        let own = self.line(&format!("measure --as o1 review {id}")).ended(1);
        assert!(own.err.contains("another"), "{own:#?}");
        self.line(&format!("measure --as o2 review {id}")).yes();
        self.line(&format!("measure --as o1 text {id} --out text {urgent}"))
            .yes();
        self.line("authority sign text --key node/office/officers/o1.key --key node/office/officers/o2.key").yes();
    }

    fn filled(&self, plan: &mut Value, seconds: u64) {
        let now = self.now();
        let at = |before: u64| Seconds(now.0 - before).to_string();
        let hash = sha256;
        let dossier = &mut plan["dossier"];
        for (field, text) in [
            ("harm", "pumps of a water works stand still"),
            ("imminence", "commands come each minute"),
            ("necessity", "nothing milder reaches the server"),
            ("proportionality", "three targets for an hour"),
        ] {
            dossier[field] = json!(text);
        }
        dossier["evidence"][0]["need"] = json!("it shows which server commands");
        dossier["alternatives"] = json!([
            {"kind": "vendor-fix", "what": "the pumps' control", "tried": null, "cannot": "the maker has given up the product"},
            {"kind": "abuse-notice", "what": "abuse contact of the registry", "cannot": null,
             "tried": {"at": at(2 * DAY_SECONDS), "ticket": "SKM-1", "result": {"up": {"seen": at(HOUR)}}, "words": "no answer in two days"}},
            {"kind": "carrier-block", "what": "the carrier's own terms", "tried": null, "cannot": "its terms have no such block"},
        ]);
        dossier["success"] = json!(format!(
            "packets to {BLOCKED}/32 < 1 per 5 s by sensor s-01"
        ));
        dossier["stop"] = json!("name hospital.example does not resolve for 60 s at resolver r-1");
        dossier["international"] =
            json!({"sha256": hash("sheet"), "signed": "lawyer", "at": at(HOUR)});
        dossier["others"] = json!("nobody else is on these addresses");
        let chain = &mut plan["chain"];
        chain["reviewed"] = json!("o2");
        chain["executor"] = json!({
            "officer": "e-01", "body": "national", "number": "D-17", "from": at(HOUR), "until": now.plus(100 * DAY_SECONDS).to_string(), "revoked": null,
        });
        chain["superior"] = json!({"by": "o3", "office": "Commissioner-General", "at": at(HOUR), "sha256": hash("order")});
        chain["consultation"] =
            json!({"number": "FM-9", "sha256": hash("foreign minister"), "at": at(HOUR)});
        let targets = [
            ("block", format!("{BLOCKED}/32")),
            ("no-answer", NAME.to_owned()),
            ("black-hole", format!("{BLACK}/32")),
        ];
        let aim = |(deed, target): &(&str, String)| json!({"deed": deed, "actuator": "edge-1", "country": "GB", "controller": "carrier-a", "target": target});
        plan["aims"] = targets.iter().map(aim).collect();
        let mut observations = Vec::new();
        let mut facts = Vec::new();
        for (_, target) in &targets {
            for (source, observer) in [("registry", "analyst-1"), ("s-01", "analyst-2")] {
                observations.push(json!({
                    "target": target, "source": source, "observer": observer, "at": at(60), "provenance": hash(&format!("{target} {source}")),
                    "seen": {"owner": "EXAMPLE-NET", "system": 64500, "country": "GB", "certificate": null, "ptr": null},
                }));
            }
            let fact = |low: u64, high: u64| json!({"low": low, "high": high, "source": "s-01", "at": at(HOUR)});
            facts.push(json!({
                "target": target, "names": fact(0, 1), "clients": fact(0, 2), "other_ppm": fact(0, 500), "is": [], "looked": at(HOUR), "countries": [],
            }));
        }
        plan["observations"] = json!(observations);
        plan["facts"] = json!(facts);
        plan["soak_seconds"] = json!(0);
        plan["effect_seconds"] = json!(seconds);
        plan["most"] = json!(10);
        plan["not_after"] = json!(now.plus(DAY_SECONDS).to_string());
    }

    /// Three members read text and statement, sign, and it goes on record.
    pub(crate) fn approve(&self) {
        let keys = ["m1", "m2", "m4"].map(|id| format!(" --key node/commission/members/{id}.key"));
        self.line(&format!(
            "authority sign statement --measure text{}",
            keys.concat()
        ))
        .yes();
        self.line("authority submit statement").yes();
    }

    /// The office learns what was decided.
    pub(crate) fn learn(&self) {
        self.line("measure --as e-01 round").yes();
        assert_eq!(self.stage(), "approved");
    }

    pub(crate) fn stage(&self) -> String {
        let shown = self.shown();
        shown["stage"].as_str().unwrap().to_owned()
    }

    /// Dispatches, until all of it is in force; milliseconds until the first effect was read back.
    pub(crate) fn dispatch(&self) -> u64 {
        let line = self.dispatch_line();
        let begin = super::lab::counted_ms();
        let said = self.line(&line).yes();
        assert_eq!(
            said.out.trim(),
            "dispatching",
            "{said:#?}\n{}",
            self.words()
        );
        let first = super::lab::counted_ms() - begin;
        self.comes_in_force();
        first
    }

    /// The command that dispatches, with everything that it needs beside.
    fn dispatch_line(&self) -> String {
        let plan = std::fs::read_to_string(self.path("plan.json")).unwrap();
        let mut plan: Value = serde_json::from_str(&plan).unwrap();
        let now = self.now().to_string();
        let all = plan["observations"].as_array_mut().unwrap();
        for one in all.iter_mut() {
            one["at"] = json!(now);
        }
        for observer in ["analyst-1", "analyst-2"] {
            let own: Vec<&Value> = all
                .iter()
                .filter(|one| one["observer"] == observer)
                .collect();
            self.write(&format!("{observer}.json"), &json!(own));
            self.line(&format!(
                "measure --as e-01 observed {} {observer}.json --out {observer}.note",
                self.id
            ))
            .yes();
            self.line(&format!(
                "authority sign {observer}.note --key {observer}.key"
            ))
            .yes();
        }
        let id = &self.id;
        self.line(&format!(
            "measure --as e-01 order {id} --with e-02 --out order.note"
        ))
        .yes();
        let alone = format!(
            "measure --as e-01 dispatch {id} --observed analyst-1.note --observed analyst-2.note --order order.note"
        );
        self.line("authority sign order.note --key e-01.key").yes();
        // The first one names the second, who has not said so.
        assert!(
            self.line(&alone)
                .ended(1)
                .err
                .contains("`e-02` did not sign")
        );
        self.line("authority sign order.note --key e-02.key").yes();
        alone
    }

    /// A dispatch that runs, and may be killed.
    pub(crate) fn dispatching(&self) -> Running {
        Running::start(&mut self.command(&self.dispatch_line()))
    }

    /// A running node's own rounds go on behind each soak, and behind a fall.
    pub(crate) fn comes_in_force(&self) {
        until("all of it is in force", 60_000, || {
            self.round();
            self.stage() == "in-force"
        });
    }

    pub(crate) fn round(&self) {
        self.line("measure --as e-01 round").yes();
    }

    /// What a round says to the person at the screen.
    pub(crate) fn round_says(&self) -> String {
        self.line("measure --as e-01 round").yes().err
    }

    /// The time of day in seconds.
    pub(crate) fn seconds(&self) -> u64 {
        self.now().0
    }

    /// The file of what a rehearsal has in force.
    pub(crate) fn drill_file(&self) -> PathBuf {
        self.path("drill.json")
    }

    /// What a rehearsal has in force, and how often it came there.
    pub(crate) fn drilled(&self) -> Vec<(String, u64)> {
        let text = std::fs::read_to_string(self.drill_file()).unwrap_or_default();
        let rows: Value = serde_json::from_str(&text).unwrap_or_default();
        let rows = rows.as_array().cloned().unwrap_or_default();
        let there = rows.iter().filter(|row| row["in_force"] == true);
        let row = |row: &Value| {
            let target = row["target"].as_str().unwrap().to_owned();
            (target, row["begun"].as_u64().unwrap())
        };
        there.map(row).collect()
    }

    /// Entries of a type in the log.
    pub(crate) fn entries(&self, kind: sakimori_custody::entry::EntryType) -> Vec<Logged> {
        self.node.entries_of(kind)
    }

    fn shown(&self) -> Value {
        let line = format!("measure --as o1 --format json show {}", self.id);
        self.line(&line).yes().json()
    }

    /// Whether a duty is done.
    pub(crate) fn done(&self, duty: &str) -> bool {
        let shown = self.shown();
        let clocks = shown["clocks"].as_array().cloned().unwrap_or_default();
        let mut of = clocks.iter().filter(|one| one["duty"] == duty);
        of.any(|one| one["done"].is_string())
    }

    /// How it ended.
    pub(crate) fn ended(&self) -> String {
        self.shown()["end"].as_str().unwrap_or_default().to_owned()
    }

    fn words(&self) -> String {
        std::fs::read_to_string(self.path("actuator.log")).unwrap_or_default()
    }

    pub(crate) fn effects(&self) -> Value {
        self.line(&format!(
            "measure --as e-01 --format json effects {}",
            self.id
        ))
        .yes()
        .json()
    }

    /// The register has the owner's resolver and router too: rounds ask them.
    pub(crate) fn reads(&self, lab: &Lab) {
        let text = std::fs::read_to_string(self.path("register.json")).unwrap();
        let mut register: Value = serde_json::from_str(&text).unwrap();
        register["resolvers"] =
            json!([{"name": "r-1", "address": format!("127.0.0.1:{}", lab.resolver)}]);
        register["routers"] = json!([{"name": "bgp-1", "actuator": "edge-1", "bird": null}]);
        self.write("register.json", &register);
        self.line("measure --as root-1 register set register.json")
            .yes();
    }

    /// The sensor has an authority whose pack counts packets of the target.
    pub(crate) fn counts(&self) {
        let source = format!(
            "sakimori/pack/v1\nid: counts\nissued: 2026-01-01T00:00:00Z\npurpose: packets of one address\nselector: 1 address {BLOCKED}\n"
        );
        let pack = sakimori_select::Pack::parse_source(&source).unwrap();
        self.node.decided(&pack, &self.node.draft());
    }

    /// The sensor reads a capture; what it counted is in its receipts.
    pub(crate) fn counted(&self, capture: &Path) {
        self.node.sensor(&[], capture).yes();
    }

    /// The sensor reads scans that begin at a second, by pairs of who scans and who is scanned.
    pub(crate) fn scanned(&self, begin: u64, pairs: &[([u8; 4], [u8; 4])]) {
        let capture = self.path("scans.pcap");
        captures::scans(&capture, u32::try_from(begin).unwrap(), pairs).unwrap();
        self.counted(&capture);
    }

    /// Entries of the findings of scans by an address, in order.
    pub(crate) fn scans_by(&self, source: &str) -> Vec<u64> {
        let (all, _) =
            sakimori_control::office::findings(&self.node.node, self.now(), 0, 1000).unwrap();
        let of = all.iter().filter(|file| {
            file.finding["behaviour"] == "vertical-scan" && file.finding["source"] == source
        });
        of.map(|file| file.index).collect()
    }

    /// What rounds said of each target, the last time.
    pub(crate) fn judged(&self) -> BTreeMap<String, Value> {
        let shown = self.shown();
        let rows = shown["verdict"]["targets"].as_array().cloned();
        let row = |row: Value| Some((row["target"].as_str()?.to_owned(), row));
        rows.unwrap_or_default()
            .into_iter()
            .filter_map(row)
            .collect()
    }

    pub(crate) fn release(&self) {
        let said = self
            .line(&format!("measure --as e-01 release {}", self.id))
            .yes();
        assert_eq!(said.out.trim(), "ended", "{said:#?}");
    }

    /// The owner's own command.
    pub(crate) fn owner(&self, words: &[&str]) -> String {
        let line = format!("actuator {} --config actuator.json", words.join(" "));
        self.line(&line).yes().out
    }

    /// Ledger and commission are gone.
    pub(crate) fn away(&mut self) {
        self.node.stop();
    }

    /// The owner ends the actuator as a system does.
    pub(crate) fn stop_actuator(&self) {
        let actuator = self.actuator.as_ref().unwrap();
        let pid = rustix::process::Pid::from_raw(i32::try_from(actuator.pid()).unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        until("the actuator ends", 10_000, || {
            !Path::new(&format!("/proc/{}/exe", actuator.pid())).exists()
        });
    }

    pub(crate) fn kill_actuator(&mut self) {
        self.actuator.as_mut().unwrap().kill();
    }

    /// Acts of the measure in the log.
    pub(crate) fn acts(&self) -> Vec<String> {
        let entries = self
            .node
            .entries_of(sakimori_custody::entry::EntryType::Measure);
        let act = |entry: &Logged| entry.body["act"].as_str().map(str::to_owned);
        entries.iter().filter_map(act).collect()
    }

    /// Verdicts on a target in the log, in order.
    pub(crate) fn verdicts_on_record(&self, target: &str) -> Vec<String> {
        let entries = self
            .node
            .entries_of(sakimori_custody::entry::EntryType::Measure);
        let details = entries.iter().filter_map(|one| one.body["detail"].as_str());
        let lines = details.flat_map(str::lines);
        let of = |line: &str| {
            let mut words = line.split(' ');
            let (what, verdict, whose) = (words.next()?, words.next()?, words.next()?);
            (what == "verdict" && whose == target).then(|| verdict.to_owned())
        };
        lines.filter_map(of).collect()
    }

    /// The chain of custody and the report: a program that shares no code with ours checks the one. Playbooks of others are judged.
    pub(crate) fn exported(&self) {
        let out = format!("measure --as o1 export {} --out exported", self.id);
        let head = self.line(&out).yes().out.trim().to_owned();
        let folder = self.path("exported");
        let program = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tools/chain.py");
        let check = |head: &str| {
            let mut python = Command::new("python3");
            python.arg(program).arg(folder.join("chain.jsonl"));
            python.args(["--head", head, "--items"]);
            run(python.arg(folder.join("items")))
        };
        check(&head).yes();
        check(&"0".repeat(64)).ended(1);
        let text = std::fs::read_to_string(folder.join("case.jsonld")).unwrap();
        let graph: Value = serde_json::from_str(&text).unwrap();
        assert!(graph["@graph"].as_array().unwrap().len() > 10, "{graph}");
        self.playbooks();
    }

    /// Playbooks of others are judged, each problem with its step.
    fn playbooks(&self) {
        let Some(folder) = data("response", "response/cacao/soarca") else {
            return;
        };
        for (file, problem) in [
            ("missing_step_playbook.json", "dangling-step"),
            ("infinite_playbook.json", "endless-loop"),
            ("openc2-playbook.json", "openc2-http"),
        ] {
            let all = sakimori_testkit::files_below(&folder);
            let file = all.iter().find(|path| path.ends_with(file));
            let file = file.unwrap().display().to_string();
            let judged = self
                .line(&format!("measure --as o1 playbook check {file}"))
                .ended(1);
            assert!(judged.out.contains(problem), "{judged:#?}");
        }
    }

    pub(crate) fn verify(&self) {
        self.node.verify().yes();
    }
}

/// SHA-256 of a text, in hexadecimal digits.
pub(super) fn sha256(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text");
    std::fs::write(&path, text).unwrap();
    hex(&files::hash(&path).unwrap())
}
