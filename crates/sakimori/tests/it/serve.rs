//! Two organisations as processes: folders that share nothing, certificates that two administrators exchange, nodes that stop when they are told. In: the program. Out: verdicts. Never: an
//! address beyond loopback.

use crate::program::{run, sakimori};
use sakimori_control::tls::{Agents, Identity};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// A word that is in a request's body, and must be in no line of a log.
const SECRET: &str = "ZZZZZZ-YYYYYY-XXXXXX-WWWWWW";

/// A node that runs.
pub(crate) struct Served {
    child: Child,
    pub(crate) url: String,
    words: PathBuf,
}

impl Served {
    pub(crate) fn start(role: &str, dir: &Path, more: &[&str]) -> Self {
        let words = dir.join(format!("{role}.log"));
        let mut command = sakimori(["serve", "--listen", "127.0.0.1:0", "--role", role]);
        command.arg("--node").arg(dir).args(more);
        let file = std::fs::File::create(&words).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(file).spawn().unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let url = line.trim().to_owned();
        let told = std::fs::read_to_string(&words).unwrap();
        assert!(url.starts_with("https://127.0.0.1:"), "{url}\n{told}");
        Self { child, url, words }
    }

    pub(crate) fn terminate(mut self) -> (ExitStatus, String) {
        let pid = self.child.id().to_string();
        let killed = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(killed.unwrap().success());
        let status = self.child.wait().unwrap();
        (status, std::fs::read_to_string(&self.words).unwrap())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A node's certificate as `node show` gives it.
pub(crate) fn certificate(role: &str, dir: &Path) -> (String, String) {
    let mut show = sakimori(["node", "show", "--format", "json", "--role", role]);
    let shown = run(show.arg("--node").arg(dir)).yes().json();
    let text = |key: &str| shown[key].as_str().unwrap().to_owned();
    (text("certificate"), text("sha256"))
}

pub(crate) fn join(role: &str, dir: &Path, name: &str, more: &[&str]) {
    let mut join = sakimori(["node", "join", "--role", role, "--name", name]);
    run(join.arg("--node").arg(dir).args(more)).yes();
}

/// An agent of somebody who knows the node's certificate and whom the node does not know.
fn stranger(folder: &Path, sha256: &str, url: &str) -> impl Fn(&str, &str) -> (u16, Value) + use<> {
    let mut join = sakimori(["node", "join", "--role", "operator", "--name", "node"]);
    join.args(["--sha256", sha256, "--url", url, "--node"])
        .arg(folder.join("far"));
    run(&mut join).yes();
    let far = folder.join("far/operator");
    Identity::open(&far, &["localhost".to_owned()]).unwrap();
    let agents = Agents::open(&far).unwrap();
    let wait = Duration::from_secs(30);
    let agent = agents.agent(agents.peer("node").unwrap(), wait).unwrap();
    let url = url.to_owned();
    move |path, body| {
        let path = format!("{url}{path}");
        let sent = if body.is_empty() {
            agent.get(path).call()
        } else {
            let request = agent.post(path).header("content-type", "application/json");
            request.send(body)
        };
        let mut answer = sent.unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        let value = serde_json::from_str(&text).unwrap_or(Value::String(text));
        (answer.status().as_u16(), value)
    }
}

#[test]
fn two_nodes_that_share_nothing_come_together_and_stop_when_they_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let [office, commission] = ["o", "c"].map(|name| folder.path().join(name));
    let mut init = sakimori(["init", "--dir"]);
    run(init.arg(&office).arg("--commission-dir").arg(&commission)).yes();
    assert!(!office.join("commission").exists());
    let mut names: Vec<_> = std::fs::read_dir(&commission)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(
        names,
        ["commission"],
        "a role's folder holds its part alone"
    );
    let (file, _) = certificate("office", &office);
    join(
        "commission",
        &commission,
        "office",
        &["--certificate", &file],
    );
    let watching = Served::start("commission", &commission, &[]);
    let (_, sha256) = certificate("commission", &commission);
    let known = ["--sha256", &sha256, "--url", &watching.url];
    join("office", &office, "commission", &known);
    let asking = Served::start("office", &office, &[]);
    let (_, own) = certificate("office", &office);
    let call = stranger(folder.path(), &own, &asking.url);
    assert_eq!(call("/healthz", "").1["state"], "alive");
    let (status, ready) = call("/readyz", "");
    assert_eq!(status, 200, "{ready}");
    let (status, refused) = call("/v1/enrol/start", &format!("{{\"code\":\"{SECRET}\"}}"));
    assert_eq!(
        (status, refused["code"].as_str()),
        (401, Some("sign-in-failed"))
    );
    let (status, _) = call("/v1/requests", "");
    assert_eq!(status, 401);
    // The log has begun, and the commission has cosigned it.
    let mut verify = sakimori(["verify"]);
    run(verify.arg(office.join("log"))).yes();
    for node in [asking, watching] {
        let (status, log) = node.terminate();
        assert_eq!(status.code(), Some(0), "{log}");
        let lines: Vec<Value> = log
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
            .collect();
        assert!(
            lines
                .iter()
                .any(|line| line["message"] == "the node has stopped")
        );
        assert!(!log.contains(SECRET) && !log.contains("panicked"), "{log}");
        let requests = lines.iter().filter(|line| line["route"].is_string());
        assert!(requests.clone().count() > 1, "{log}");
        for line in requests {
            assert_eq!(line["request"].as_str().unwrap().len(), 32, "{line}");
        }
    }
}

#[test]
fn people_are_entered_by_an_administrator_and_by_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let person = |arguments: &[&str]| {
        let mut command = sakimori(["person", "--role", "office", "--node"]);
        command.arg(folder.path()).args(arguments);
        run(&mut command)
    };
    let named = ["--full-name", "A. Tanaka", "--organisation", "office"];
    let first: Vec<&str> = ["first", "root-1"].into_iter().chain(named).collect();
    let code = person(&first).yes().out;
    assert_eq!(code.trim().split('-').count(), 4, "{code}");
    person(&first).ended(1);
    let add: Vec<&str> = ["add", "o1"].into_iter().chain(named).collect();
    person(&add).ended(1);
    let as_first = |rest: &[&str]| {
        let whole: Vec<&str> = ["--as", "root-1"].iter().chain(rest).copied().collect();
        person(&whole)
    };
    as_first(&add).yes();
    as_first(&["role", "o1", "requester"]).yes();
    as_first(&["role", "o1", "legal-officer"]).ended(1);
    as_first(&["role", "o1", "chair"]).ended(1);
    as_first(&["role", "root-1", "requester"]).ended(1);
    as_first(&["enrol", "o1"]).yes();
    let list = person(&["list"]).yes().out;
    assert!(
        list.contains("requester") && list.contains("administrator"),
        "{list}"
    );
    as_first(&["end", "o1"]).yes();
    as_first(&["enrol", "o1"]).ended(1);
}
