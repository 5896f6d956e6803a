//! A reader that we did not write: `tlog-scales` from the Python index reads the log's folder and one of our proofs.

use crate::maker::{Author, log_signer, mirror_signer, post_quantum};
use crate::service::{Commission, WAIT};
use sakimori_ledger::client::Client;
use sakimori_ledger::mirror::ApproveAll;
use sakimori_ledger::service::{Config, Service};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/interop/read_log.py")
}

/// Python with the package, or `None` with a line that says what is skipped.
fn python(test: &str) -> Option<PathBuf> {
    let python = sakimori_testkit::program(test, "python3")?;
    let probe = Command::new(&python)
        .args(["-c", "import tlog_scales"])
        .output()
        .unwrap();
    if probe.status.success() {
        return Some(python);
    }
    let why = "python3 has no tlog_scales; pip install tlog-scales==0.0.3";
    sakimori_testkit::skip(test, why);
    None
}

fn read(python: &Path, dir: &Path) -> Output {
    Command::new(python)
        .arg(script())
        .arg("--log")
        .arg(dir.join("log"))
        .args(["--log-key", &log_signer().verifier().to_string()])
        .args(["--mirror-key", &mirror_signer().verifier().to_string()])
        .args(["--mirror-key", &post_quantum().verifier().to_string()])
        .arg("--proof")
        .arg(dir.join("one.tlog-proof"))
        .arg("--entry")
        .arg(dir.join("one.entry"))
        .output()
        .unwrap()
}

#[test]
fn a_stranger_s_program_reads_the_log_and_finds_what_is_changed() {
    let Some(python) = python("a_stranger_s_program_reads_the_log_and_finds_what_is_changed")
    else {
        return;
    };
    let temporary = tempfile::tempdir().unwrap();
    let dir = temporary.path();
    let commission = Commission::start(dir, Box::new(ApproveAll));
    let config = Config::below(dir);
    let socket = config.socket.clone();
    let both = post_quantum();
    let mut link = commission.link();
    link.keys.push(both.verifier().clone());
    commission.mirror.lock().unwrap().cosign_with(both);
    let service = Service::start(config, log_signer(), Some(link)).unwrap();
    let mut client = Client::connect(&socket).unwrap();
    let records = Author::new(4).batch(300);
    for record in &records {
        client.append_stored(&record.entry, &record.body).unwrap();
    }
    client.proof(299, WAIT).unwrap();
    std::fs::write(dir.join("one.tlog-proof"), client.proof(7, WAIT).unwrap()).unwrap();
    std::fs::write(dir.join("one.entry"), &records[7].entry).unwrap();
    service.stop();
    let good = read(&python, dir);
    assert!(good.status.success(), "{good:?}");
    // One character of a signature of each kind; the last line is the ML-DSA-44 one, a hundred times as long.
    let text = std::fs::read_to_string(dir.join("log/checkpoint")).unwrap();
    for line in text.lines().filter(|line| line.starts_with('—')) {
        let at = line.len() - 9;
        let other = if line.as_bytes()[at] == b'A' {
            "B"
        } else {
            "A"
        };
        let mut changed = line.to_owned();
        changed.replace_range(at..=at, other);
        std::fs::write(dir.join("log/checkpoint"), text.replacen(line, &changed, 1)).unwrap();
        assert!(!read(&python, dir).status.success(), "{line}");
    }
    std::fs::write(dir.join("log/checkpoint"), &text).unwrap();
    for name in [
        "log/checkpoint",
        "log/tile/0/000",
        "log/tile/entries/000",
        "log/tile/entries/001.p/44",
        "one.tlog-proof",
        "one.entry",
    ] {
        let path = dir.join(name);
        let bytes = std::fs::read(&path).unwrap();
        let mut changed = bytes.clone();
        let middle = changed.len() / 2;
        changed[middle] ^= 2;
        std::fs::write(&path, changed).unwrap();
        let bad = read(&python, dir);
        assert!(!bad.status.success(), "{name}: {bad:?}");
        std::fs::write(&path, bytes).unwrap();
    }
    assert!(read(&python, dir).status.success());
}
