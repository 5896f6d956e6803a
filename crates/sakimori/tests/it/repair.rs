//! A log that a disk damaged, made whole from the commission's mirror with the real program.

use crate::node::TestNode;
use crate::program::{Ran, run, sakimori};
use std::fs;
use std::path::{Path, PathBuf};

/// A node with an authority on record, whose processes have ended.
fn node() -> TestNode {
    let mut node = TestNode::running();
    node.authorised();
    node.entries();
    node.stop();
    node.verify().yes();
    node
}

fn mirror(node: &TestNode) -> PathBuf {
    node.node.commission().join("mirror")
}

fn repair(node: &TestNode, from: &Path, more: &[&str]) -> Ran {
    let mut command = node.command(&["ledger", "repair"]);
    run(command.arg("--from").arg(from).args(more))
}

/// Every file below a folder that holds bytes, by its name there.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let bytes = fs::read(&path).unwrap();
            found.push((path, bytes));
        }
    }
    found.sort();
    found
}

fn flip(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
}

/// Copies a folder.
fn copy(from: &Path, to: &Path) {
    for (path, bytes) in files(from) {
        let path = to.join(path.strip_prefix(from).unwrap());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

#[test]
fn a_bit_that_flips_in_the_log_is_repaired_from_the_mirror_and_the_log_verifies_and_goes_on() {
    let mut node = node();
    let log = node.node.log();
    let size = |node: &TestNode| node.verify().yes();
    size(&node);
    let whole = files(&log);
    let checkpoint = fs::read_to_string(log.join("checkpoint")).unwrap();
    let entries = checkpoint.lines().nth(1).unwrap().to_owned();
    let wanted = |name: &str| {
        let found = whole
            .iter()
            .map(|(path, _)| path.strip_prefix(&log).unwrap().to_str().unwrap());
        let last = |path: &&str| !path.contains(".p/") || path.ends_with(&format!(".p/{entries}"));
        let mut found = found.filter(|path| path.starts_with(name)).filter(last);
        found.next().unwrap().to_owned()
    };
    for name in ["tile/entries/", "tile/0/", "bodies/", "checkpoint"].map(wanted) {
        flip(&log.join(&name));
        assert_ne!(node.verify().code, Some(0), "{name}: the damage is seen");
        let told = repair(&node, &mirror(&node), &["--format", "json"])
            .yes()
            .json();
        assert_eq!(told["restored"], serde_json::json!([name]));
        assert_eq!(told["entries"].to_string(), entries);
        assert_eq!(files(&log), whole, "{name}: as it was");
        node.verify().yes();
    }
    // A file that is missing, in words; and nothing to do.
    let name = wanted("tile/entries/");
    fs::remove_file(log.join(&name)).unwrap();
    let told = repair(&node, &mirror(&node), &[]).yes();
    assert!(
        told.out.contains(&name) && told.out.contains("entries"),
        "{told:?}"
    );
    assert!(
        told.err.contains("1 files were missing or damaged"),
        "{told:?}"
    );
    let told = repair(&node, &mirror(&node), &["--format", "json"])
        .yes()
        .json();
    assert_eq!(told["restored"], serde_json::json!([]));
    node.start();
    node.authorised();
    node.verify().yes();
}

#[test]
fn nothing_is_repaired_while_the_ledger_runs_or_from_a_copy_that_cannot_be_trusted() {
    let mut node = node();
    let log = node.node.log();
    let damaged = files(&log.join("tile/entries")).pop().unwrap().0;
    flip(&damaged);
    let before = files(&log);
    let refused = |ran: Ran, code: i32, why: &str| {
        let ran = ran.ended(code);
        assert!(ran.last_line().contains(why), "{ran:?}");
        assert_eq!(files(&log), before, "{why}: nothing was written");
    };
    refused(
        repair(&node, &node.beside("nothing"), &[]),
        2,
        "is no mirror's copy",
    );
    // Signed by the log alone.
    let other = node.beside("unsigned");
    copy(&mirror(&node), &other);
    let note = fs::read_to_string(other.join("checkpoint")).unwrap();
    let lines = note.lines().filter(|line| !line.contains("/mirror "));
    let cut = lines.flat_map(|line| [line, "\n"]).collect::<String>();
    assert_ne!(cut, note);
    fs::write(other.join("checkpoint"), cut).unwrap();
    refused(
        repair(&node, &other, &[]),
        1,
        "is not signed by this node's log and the commission's mirror",
    );
    // Damaged itself.
    let other = node.beside("damaged");
    copy(&mirror(&node), &other);
    flip(&files(&other.join("tile/entries")).pop().unwrap().0);
    let ran = repair(&node, &other, &[]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(
        files(&log),
        before,
        "from a damaged copy nothing is written"
    );
    // Of another log.
    let stranger = self::node();
    refused(
        repair(&node, &mirror(&stranger), &[]),
        1,
        "is not signed by this node's log",
    );
    // An older copy, as a backup of the mirror would be.
    let older = node.beside("older");
    copy(&mirror(&node), &older);
    repair(&node, &mirror(&node), &[]).yes();
    node.start();
    node.authorised();
    let ran = repair(&node, &mirror(&node), &[]).ended(2);
    assert!(
        ran.last_line()
            .contains("runs; end it before its log is repaired"),
        "{ran:?}"
    );
    node.entries();
    node.stop();
    let ran = repair(&node, &older, &[]).ended(2);
    assert!(
        ran.last_line().contains("bring the mirror's newest copy"),
        "{ran:?}"
    );
    run(sakimori(["verify"]).arg(node.dir())).yes();
}
