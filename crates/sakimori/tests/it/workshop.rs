//! Authority folders that are wrong in one way, made with the node's own keys and logged in its own log. In: an authority in force. Out: a folder for `sensor run --folder`.
//! Never: a change of the node itself that is not undone.

use crate::node::{TestNode, sensor};
use sakimori_authority::{Statement, text_hash};
use sakimori_control::journal::{Deed, Journal};
use sakimori_custody::entry::EntryType;
use sakimori_custody::ids::hex;
use sakimori_custody::time::{DAY_SECONDS, Seconds};
use sakimori_tlog::note::Note;
use sakimori_tlog::proof::TlogProof;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

/// One wrong folder and the start that is tried with it.
pub(crate) struct Case<'n> {
    pub(crate) node: &'n TestNode,
    pub(crate) folder: PathBuf,
    /// Further arguments of `sensor run`.
    pub(crate) arguments: Vec<String>,
    /// The capture; one without a packet where it is not the capture that is wrong.
    pub(crate) capture: PathBuf,
    /// Files of the node that were changed, as they were.
    before: Vec<(PathBuf, Vec<u8>)>,
}

/// The lines of a text, of which some are others.
pub(crate) fn edited(text: &str, edits: &[(&str, &str)]) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for (key, value) in edits {
        let start = format!("{key}: ");
        let line = lines.iter_mut().find(|line| line.starts_with(&start));
        *line.unwrap_or_else(|| panic!("no line `{key}`")) = format!("{start}{value}");
    }
    lines.join("\n") + "\n"
}

impl<'n> Case<'n> {
    /// A copy of the folder that the node's sensor was given for an authority.
    pub(crate) fn of(node: &'n TestNode, statement: &Statement, number: usize) -> Self {
        let given = node.node.authority(statement.id, &sensor());
        let folder = node.beside(&format!("case-{number}"));
        fs::create_dir(&folder).unwrap();
        for entry in fs::read_dir(given).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
        }
        let capture = node.beside("empty.pcap");
        fs::write(&capture, crate::captures::HEADER).unwrap();
        let mut case = Self {
            node,
            folder,
            arguments: Vec::new(),
            capture,
            before: Vec::new(),
        };
        // A start that passes the gate is remembered; the next case begins where this one did.
        case.memory(|_| {});
        case
    }

    pub(crate) fn now(&self) -> Seconds {
        self.node.host.seconds()
    }

    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.folder.join(name)).unwrap();
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.folder.join(name), bytes).unwrap();
    }

    pub(crate) fn note(&self, name: &str) -> Note {
        Note::parse(&fs::read(self.folder.join(name)).unwrap()).unwrap()
    }

    /// Signs a text.
    pub(crate) fn signed(&self, text: &str, signers: &[&str]) -> Vec<u8> {
        let mut note = Note::sign(text, &[], 0).unwrap();
        for who in signers {
            note.add(&self.node.key(who), self.now().0);
        }
        note.to_bytes()
    }

    /// The same text with other signatures.
    pub(crate) fn sign_anew(&self, name: &str, signers: &[&str]) {
        let text = self.note(name).text().to_owned();
        self.write(name, self.signed(&text, signers));
    }

    /// A byte of a file becomes another; counted from the end.
    pub(crate) fn flip(&self, name: &str, from_end: usize) {
        let mut bytes = fs::read(self.folder.join(name)).unwrap();
        let at = bytes.len() - from_end;
        bytes[at] ^= 1;
        self.write(name, bytes);
    }

    /// A statement with other lines, decided anew: signed, in the log, with a lease of its own.
    pub(crate) fn statement(&self, edits: &[(&str, &str)], signers: &[&str]) {
        let text = edited(self.note("statement.note").text(), edits);
        self.decide(&text, signers);
    }

    /// Logs a statement as decided, whatever it says, and makes the rest of the folder follow from it.
    pub(crate) fn decide(&self, text: &str, signers: &[&str]) {
        self.decide_as(EntryType::Decision, text, signers);
    }

    /// As [`Case::decide`], entered as another kind.
    pub(crate) fn decide_as(&self, kind: EntryType, text: &str, signers: &[&str]) {
        let bytes = self.signed(text, signers);
        let socket = self.node.node.ledger().socket;
        let mut journal = Journal::begin(&socket, None, &self.node.host).unwrap();
        let deed = Deed {
            kind,
            authority: text_hash(text),
            counters: Vec::new(),
            body: bytes.clone(),
        };
        let (index, entry) = journal.record(deed).unwrap();
        let proof = journal.log.proof(index).unwrap();
        self.write("statement.note", bytes);
        self.write("decision.entry", entry.leaf);
        self.write("decision.body", entry.stored);
        self.write("decision.tlog-proof", proof);
        let id = text.lines().find_map(|l| l.strip_prefix("id: ")).unwrap();
        let statement = format!("sha256:{}", hex(&text_hash(text)));
        let size = (index + 1).to_string();
        let edits = [
            ("authority", id),
            ("statement", &statement),
            ("tree-size", &size),
        ];
        self.lease(&edits, "lease");
    }

    /// A lease with other lines.
    pub(crate) fn lease(&self, edits: &[(&str, &str)], signer: &str) {
        let text = edited(self.note("lease.note").text(), edits);
        self.write("lease.note", self.signed(&text, &[signer]));
    }

    /// A second trust root with other lines, which follows the one that the sensor knows.
    pub(crate) fn second_root(&self, edits: &[(&str, &str)], signers: &[&str]) {
        let first = self.note("trust-root.note").text().to_owned();
        let previous = format!("sha256:{}", hex(&text_hash(&first)));
        let second = edited(&first, &[("version", "2"), ("previous", &previous)]);
        self.write(
            "trust-root.note",
            self.signed(&edited(&second, edits), signers),
        );
    }

    /// The checkpoint of the proof, signed by others or at another time.
    pub(crate) fn checkpoint(&self, signers: &[&str], time: Seconds) {
        let bytes = fs::read(self.folder.join("decision.tlog-proof")).unwrap();
        let mut proof = TlogProof::parse(&bytes).unwrap();
        let mut note = Note::sign(proof.checkpoint.text(), &[], 0).unwrap();
        for who in signers {
            note.add(&self.node.key(who), time.0);
        }
        proof.checkpoint = note;
        self.write("decision.tlog-proof", proof.to_text());
    }

    /// Replaces text in the proof, behind every signature.
    pub(crate) fn proof(&self, change: impl FnOnce(&str) -> String) {
        let path = self.folder.join("decision.tlog-proof");
        let text = fs::read_to_string(path).unwrap();
        let changed = change(&text);
        assert_ne!(changed, text);
        self.write("decision.tlog-proof", changed);
    }

    /// Changes a file of the node until the case is over.
    pub(crate) fn change(&mut self, path: &str, bytes: impl AsRef<[u8]>) {
        let path = self.node.dir().join(path);
        self.before.push((path.clone(), fs::read(&path).unwrap()));
        fs::write(path, bytes).unwrap();
    }

    /// Changes what the sensor remembers.
    pub(crate) fn memory(&mut self, change: impl FnOnce(&mut Value)) {
        let name = "sensor/s-01/state.json";
        let bytes = fs::read(self.node.dir().join(name)).unwrap();
        let mut state: Value = serde_json::from_slice(&bytes).unwrap();
        change(&mut state);
        self.change(name, state.to_string());
    }

    pub(crate) fn argue(&mut self, arguments: &[&str]) {
        self.arguments
            .extend(arguments.iter().map(ToString::to_string));
    }

    /// A time so many seconds from now.
    pub(crate) fn at(&self, seconds: i64) -> String {
        Seconds(self.now().0.saturating_add_signed(seconds)).to_string()
    }

    /// A day, in seconds.
    pub(crate) const DAY: i64 = DAY_SECONDS.cast_signed();
}

impl Drop for Case<'_> {
    fn drop(&mut self) {
        while let Some((path, bytes)) = self.before.pop() {
            let _ = fs::write(path, bytes);
        }
    }
}
