//! A node of a test: its own folder, its own commission and ledger. In: nothing. Out: a place where commands can be run. Never: a process or a file that outlives the test.

use crate::program::{Ran, Service, run, sakimori};
use sakimori_authority::Statement;
use sakimori_authority::statement::{Basis, Caps};
use sakimori_control::journal::Log;
use sakimori_control::{Host, Node, keys, office};
use sakimori_custody::entry::{EntryType, Envelope};
use sakimori_custody::ids::SensorId;
use sakimori_custody::record::Direction;
use sakimori_custody::time::DAY_SECONDS;
use sakimori_select::Pack;
use sakimori_tlog::key::NoteSigner;
use sakimori_tlog::note::Note;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Who signs the sitting of [`TestNode::decided`].
pub(crate) const SITTING: [&str; 3] = ["m1", "m2", "m4"];

/// An entry of the log, with its body where that is open.
#[derive(Clone, Debug)]
pub(crate) struct Logged {
    pub(crate) index: u64,
    pub(crate) envelope: Envelope,
    pub(crate) body: Value,
}

pub(crate) struct TestNode {
    pub(crate) node: Node,
    pub(crate) host: Host,
    pub(crate) commission: Option<Service>,
    pub(crate) ledger: Option<Service>,
    /// A ledger in this process, in the place of the program's.
    lax: Option<sakimori_ledger::service::Service>,
    /// The last to go.
    folder: tempfile::TempDir,
}

impl TestNode {
    /// A node with keys and nothing that runs.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("node");
        run(sakimori(["init", "--sensor", "s-01", "--sensor", "s-02", "--dir"]).arg(&dir)).yes();
        Self {
            node: Node::at(&dir),
            host: Host::system(),
            commission: None,
            ledger: None,
            lax: None,
            folder,
        }
    }

    /// A node whose commission and ledger run.
    pub(crate) fn running() -> Self {
        let mut node = Self::new();
        node.start();
        node
    }

    /// A node whose commission runs, and whose ledger takes whatever goes on where its stream ends: an office that puts on record what its own program would refuse.
    pub(crate) fn lax() -> Self {
        let mut node = Self::new();
        node.commission = Some(node.service("commission"));
        let root = sakimori_control::ledger::installed_root(&node.node).unwrap();
        let address = std::fs::read_to_string(node.node.commission_address()).unwrap();
        let mirror = sakimori_ledger::service::MirrorLink {
            peer: Box::new(sakimori_ledger::http::HttpPeer::new(address.trim())),
            keys: vec![root.mirror],
        };
        let links = sakimori_ledger::service::Links {
            mirror: Some(mirror),
            witnesses: Vec::new(),
            policy: Some(root.policy),
            admit: None,
        };
        let signer = keys::read(&node.node.log_key()).unwrap();
        let service = sakimori_ledger::service::Service::start(node.node.ledger(), signer, links);
        node.lax = Some(service.unwrap());
        sakimori_control::setup::enter_trust_root(&node.node, &node.host).unwrap();
        node
    }

    /// Starts what does not run.
    pub(crate) fn start(&mut self) {
        if self.commission.is_none() {
            self.commission = Some(self.service("commission"));
        }
        if self.ledger.is_none() {
            self.ledger = Some(self.service("ledger"));
        }
    }

    fn service(&self, name: &str) -> Service {
        Service::start(
            &[name, "run"],
            self.dir(),
            self.beside(&format!("{name}.err")),
        )
    }

    /// Ends ledger and commission as they should be ended.
    pub(crate) fn stop(&mut self) {
        self.lax = None;
        self.ledger = None;
        self.commission = None;
    }

    pub(crate) fn dir(&self) -> &Path {
        self.node.folder()
    }

    /// A file beside the node's folder.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A command of this node.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = sakimori(words);
        command.arg("--dir").arg(self.dir());
        command
    }

    /// Runs a sensor over a capture under the newest authority, or whatever `more` says.
    pub(crate) fn sensor(&self, more: &[&str], capture: &Path) -> Ran {
        run(self
            .command(&["sensor", "run"])
            .args(more)
            .arg("--")
            .arg(capture))
    }

    /// Verifies the folder, once what is on its way to the mirror has come there.
    pub(crate) fn verify(&self) -> Ran {
        if self.ledger.is_some() || self.lax.is_some() {
            self.entries();
        }
        let mut command = sakimori(["verify", "--format", "json", "--trust-root"]);
        run(command.arg(self.node.trust_root()).arg(self.dir()))
    }

    /// A key of this node by the name of its owner; with `!` before it, a stranger's of the same name.
    pub(crate) fn key(&self, who: &str) -> NoteSigner {
        if let Some(who) = who.strip_prefix('!') {
            let own = self.key(who);
            let verifier = own.verifier();
            return NoteSigner::from_seed(verifier.name(), verifier.kind(), &[7; 32]).unwrap();
        }
        let path = match who {
            "office" => "office/keys/office.key".to_owned(),
            "log" => "ledger/log.key".to_owned(),
            "lease" | "mirror" | "share" => format!("commission/keys/{who}.key"),
            officer if officer.starts_with('o') => format!("office/officers/{officer}.key"),
            sensor if sensor.starts_with("s-") => format!("sensor/{sensor}/sensor.key"),
            member => format!("commission/members/{member}.key"),
        };
        keys::read(&self.dir().join(path)).unwrap()
    }

    /// What is asked for under the default sitting.
    pub(crate) fn draft(&self) -> office::Draft {
        let now = self.host.seconds();
        let sitting = office::sitting(&SITTING, "m1", &["m1", "m2"], &["m4"], &[]).unwrap();
        office::Draft {
            kind: sakimori_authority::statement::Kind::Acquisition,
            basis: "act42-17".parse().unwrap(),
            not_before: now,
            not_after: now.plus(30 * DAY_SECONDS),
            sensors: vec![sensor()],
            directions: Direction::ALL.to_vec(),
            caps: Caps {
                match_ppm: 1_000_000,
                flow_bytes: 176,
                day_records: 10_000_000,
            },
            keep_days: 90,
            conditions: "none".to_owned(),
            replaces: None,
            decided: Some(Basis::Sitting(sitting)),
        }
    }

    /// Puts an authority in force: request, signatures, decision, lease.
    pub(crate) fn decided(&self, pack: &Pack, draft: &office::Draft) -> Statement {
        let reasons = office::Reasons {
            requester: "o1".parse().unwrap(),
            rights: "only mechanical fields leave".to_owned(),
            expected_share_ppm: 1000,
            facts: "a test".to_owned(),
            necessity: "it has to be shown".to_owned(),
            alternatives: "none".to_owned(),
        };
        let statement = office::draft(&self.node, &self.host, pack, draft, &reasons).unwrap();
        let mut note = Note::sign(&statement.to_string(), &[], 0).unwrap();
        for member in SITTING {
            note.add(&self.key(member), 0);
        }
        office::submit(&self.node, &self.host, &note.to_bytes()).unwrap();
        statement
    }

    /// The authority of most tests: the default pack, all directions, the widest caps.
    pub(crate) fn authorised(&self) -> Statement {
        self.decided(&default_pack(), &self.draft())
    }

    pub(crate) fn log(&self) -> Log {
        Log::connect(&self.node.ledger().socket).unwrap()
    }

    /// Every entry that is durable now, once the mirror has cosigned all of them.
    pub(crate) fn entries(&self) -> Vec<Logged> {
        let mut log = self.log();
        let mut all: Vec<(u64, Envelope)> = Vec::new();
        loop {
            all.clear();
            log.each_entry(|index, envelope, _| {
                all.push((index, envelope.clone()));
                true
            })
            .unwrap();
            if !log.has(all.len() as u64).unwrap() {
                break;
            }
            log.proof(all.len() as u64).unwrap();
        }
        let open = |(index, envelope): (u64, Envelope)| {
            let body = log.open_body(&envelope).ok();
            Logged {
                index,
                body: body
                    .and_then(|bytes| serde_json::from_slice(&bytes).ok())
                    .unwrap_or_default(),
                envelope,
            }
        };
        all.into_iter().map(open).collect()
    }

    /// Entries of one kind.
    pub(crate) fn entries_of(&self, kind: EntryType) -> Vec<Logged> {
        let mut all = self.entries();
        all.retain(|entry| entry.envelope.kind == kind);
        all
    }

    /// Files in the lake.
    pub(crate) fn lake_files(&self) -> Vec<PathBuf> {
        sakimori_testkit::files_below(&self.dir().join("lake"))
    }
}

impl Drop for TestNode {
    fn drop(&mut self) {
        // The ledger's last words need the commission.
        self.stop();
    }
}

pub(crate) fn sensor() -> SensorId {
    "s-01".parse().unwrap()
}

pub(crate) fn default_pack() -> Pack {
    Pack::parse_source(Pack::default_source()).unwrap()
}
