//! An outside witness as a process of its own: named when a node is made, fed by its ledger, asked for by the policy.

use crate::program::{Service, run, sakimori};
use std::net::TcpListener;
use std::path::Path;

/// Lines of signatures in a checkpoint.
fn signatures(checkpoint: &Path) -> usize {
    let text = std::fs::read_to_string(checkpoint).unwrap();
    text.lines().filter(|line| line.starts_with('—')).count()
}

#[test]
fn what_is_published_has_the_cosignatures_of_mirror_and_outside_witness_of_both_kinds() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let name = [
        "witness",
        "init",
        "--name",
        "court.example/witness",
        "--dir",
    ];
    let made = run(sakimori(name).arg(at("court"))).yes();
    let keys: Vec<&str> = made.out.lines().collect();
    let witness = format!("court=http://{address}={}", keys.join("="));
    let init = [
        "init",
        "--post-quantum",
        "--witness",
        witness.as_str(),
        "--dir",
    ];
    run(sakimori(init).arg(at("node"))).yes();
    let root = std::fs::read_to_string(at("node/trust-root.note")).unwrap();
    let log = root
        .lines()
        .find_map(|line| line.strip_prefix("policy: log "))
        .unwrap();
    std::fs::write(at("court/logs"), format!("# the log\n{log}\n")).unwrap();
    let court = ["witness", "run", "--listen", address.as_str()];
    let court = Service::start(&court, &at("court"), at("court.err"));
    let commission = Service::start(&["commission", "run"], &at("node"), at("commission.err"));
    // It is ready once its first entry is proven, which the policy lets nobody do without the witness.
    let ledger = Service::start(&["ledger", "run"], &at("node"), at("ledger.err"));
    drop((ledger, commission, court));
    for copy in ["node/log/checkpoint", "node/commission/mirror/checkpoint"] {
        assert_eq!(
            signatures(&at(copy)),
            5,
            "{copy}: the log, and two keys each"
        );
    }
    let seen = std::fs::read_dir(at("court/seen")).unwrap().next().unwrap();
    let seen = seen.unwrap().path().join("checkpoint");
    assert_eq!(signatures(&seen), 1, "as the log signed it");
    run(sakimori(["verify"]).arg(at("node"))).yes();
    // With the mirror's cosignatures alone it is no quorum.
    let text = std::fs::read_to_string(at("node/log/checkpoint")).unwrap();
    let cut = text.lines().filter(|line| !line.contains("court.example"));
    let cut = cut.flat_map(|line| [line, "\n"]).collect::<String>();
    std::fs::write(at("node/log/checkpoint"), cut).unwrap();
    let refused = run(sakimori(["verify"]).arg(at("node")));
    assert_eq!(refused.code, Some(1));
    assert!(refused.out.contains("quorum"), "{}", refused.out);
}
