//! Other people's vectors: RFC 6962 proofs, a whole small log, cosigned checkpoints, Wycheproof.

#![expect(
    clippy::unwrap_used,
    clippy::string_slice,
    reason = "what the tests read is other people's fixed vectors; a damaged one may stop the test"
)]

use sakimori_testkit::{data, files_below};
use sakimori_tlog::checkpoint::Checkpoint;
use sakimori_tlog::key::VerifierKey;
use sakimori_tlog::merkle::{self, Frontier, Hash};
use sakimori_tlog::note::Note;
use sakimori_tlog::{MlDsa44, PostQuantumVerifier, tile, unbase64};
use serde_json::Value;
use std::path::Path;

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn hash(value: &Value) -> Option<Hash> {
    unbase64(value.as_str()?)?.try_into().ok()
}

fn hashes(value: &Value) -> Option<Vec<Hash>> {
    value
        .as_array()
        .map_or(Some(Vec::new()), |list| list.iter().map(hash).collect())
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2)
        .map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap())
        .collect()
}

/// `None` where a hash has not 32 bytes, which our types refuse.
fn inclusion(v: &Value) -> Option<bool> {
    let proof = hashes(&v["proof"])?;
    let (leaf, root) = (hash(&v["leafHash"])?, hash(&v["root"])?);
    let (index, size) = (v["leafIdx"].as_u64()?, v["treeSize"].as_u64()?);
    Some(merkle::verify_inclusion(&leaf, index, size, &proof, &root).is_ok())
}

fn consistency(v: &Value) -> Option<bool> {
    let proof = hashes(&v["proof"])?;
    let (old, new) = (hash(&v["root1"])?, hash(&v["root2"])?);
    let (a, b) = (v["size1"].as_u64()?, v["size2"].as_u64()?);
    Some(merkle::verify_consistency(a, b, &proof, &old, &new).is_ok())
}

#[test]
fn every_merkle_vector_has_its_verdict() {
    let test = "every_merkle_vector_has_its_verdict";
    let Some(root) = data(test, "ledger/merkle") else {
        return;
    };
    let mut counts = [[0; 2]; 2];
    for (which, folder) in ["inclusion", "consistency"].into_iter().enumerate() {
        for path in files_below(&root.join(folder)) {
            let vector = json(&path);
            let verdict = if which == 0 {
                inclusion(&vector)
            } else {
                consistency(&vector)
            };
            let wanted = !vector["wantErr"].as_bool().unwrap();
            assert_eq!(verdict.unwrap_or(false), wanted, "{}", path.display());
            counts[which][usize::from(wanted)] += 1;
        }
    }
    assert_eq!(counts, [[51, 3], [44, 3]], "bad and good vectors");
}

#[test]
fn every_subtree_vector_has_its_verdict() {
    let test = "every_subtree_vector_has_its_verdict";
    let Some(root) = data(test, "ledger/merkle/subtreeconsistency") else {
        return;
    };
    let mut counts = [0; 2];
    for path in files_below(&root) {
        let v = json(&path);
        let (start, end) = (v["start"].as_u64().unwrap(), v["end"].as_u64().unwrap());
        // An empty range is refused here, where the vectors have a verdict of their own.
        if start == end {
            continue;
        }
        let verdict = || {
            let (part, whole) = (hash(&v["root1"])?, hash(&v["root2"])?);
            let (proof, size) = (hashes(&v["proof"])?, v["size"].as_u64()?);
            Some(merkle::verify_subtree(&(start..end), size, &proof, &part, &whole).is_ok())
        };
        let wanted = !v["wantErr"].as_bool().unwrap();
        assert_eq!(verdict().unwrap_or(false), wanted, "{}", path.display());
        counts[usize::from(wanted)] += 1;
    }
    assert!(counts[0] > 40 && counts[1] == 3, "{counts:?}");
}

#[test]
fn the_small_log_verifies_at_every_size() {
    let Some(root) = data("the_small_log_verifies_at_every_size", "ledger/tessera-log") else {
        return;
    };
    let key: VerifierKey =
        "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
            .parse()
            .unwrap();
    for size in 1..=15u64 {
        let note = Note::parse(&std::fs::read(root.join(format!("checkpoint.{size}"))).unwrap());
        let note = note.unwrap();
        assert_eq!(note.verify(std::slice::from_ref(&key)).unwrap().len(), 1);
        let checkpoint = Checkpoint::parse(note.text()).unwrap();
        let bundle = tile::entries_at(0, size).unwrap();
        let bytes = std::fs::read(root.join(bundle.path())).unwrap();
        let mut frontier = Frontier::default();
        for entry in tile::entries(&bytes, bundle.width).unwrap() {
            frontier.push_entry(entry);
        }
        assert_eq!(
            (frontier.size(), frontier.root()),
            (checkpoint.size, checkpoint.root)
        );
        let level = tile::tile_at(0, 0, size).unwrap();
        let row = tile::hashes(
            &std::fs::read(root.join(level.path())).unwrap(),
            level.width,
        );
        assert_eq!(tile::root_of(&row.unwrap()), checkpoint.root);
    }
}

#[test]
fn cosigned_checkpoints_verify_and_the_bad_notes_are_refused() {
    let test = "cosigned_checkpoints_verify_and_the_bad_notes_are_refused";
    let Some(path) = data(test, "ledger/cosigned/cosigned.json") else {
        return;
    };
    let all = json(&path);
    let list = |name: &str| all[name].as_array().unwrap().clone();
    let keys: Vec<VerifierKey> = list("keys")
        .iter()
        .map(|k| k["vkey"].as_str().unwrap().parse().unwrap())
        .collect();
    for checkpoint in list("checkpoints") {
        let note = Note::parse(checkpoint["note"].as_str().unwrap().as_bytes()).unwrap();
        assert_eq!(
            note.verify(&keys).unwrap().len(),
            4,
            "log, two witnesses, ML-DSA-44"
        );
        assert_eq!(
            Checkpoint::parse(note.text()).unwrap().root.to_vec(),
            unhex(checkpoint["root_hex"].as_str().unwrap())
        );
    }
    let mut refused = 0;
    for bad in list("must_reject") {
        // A note is good for us where it parses, verifies, is signed by the log and carries a checkpoint.
        let good = Note::parse(bad["note"].as_str().unwrap().as_bytes()).is_ok_and(|note| {
            let verified = note.verify(&keys).unwrap_or_default();
            verified.iter().any(|v| v.key == keys[0]) && Checkpoint::parse(note.text()).is_ok()
        });
        assert!(!good, "{}", bad["why"]);
        refused += 1;
    }
    assert_eq!(refused, 13);
}

#[test]
fn wycheproof_agrees_on_ed25519_and_ml_dsa_44() {
    let test = "wycheproof_agrees_on_ed25519_and_ml_dsa_44";
    let Some(root) = data(test, "ledger/wycheproof") else {
        return;
    };
    let mut counts = [0; 2];
    for group in json(&root.join("ed25519_test.json"))["testGroups"]
        .as_array()
        .unwrap()
    {
        let key = unhex(group["publicKey"]["pk"].as_str().unwrap());
        let key = ed25519_dalek::VerifyingKey::from_bytes(&key.try_into().unwrap()).unwrap();
        for case in group["tests"].as_array().unwrap() {
            let signature =
                ed25519_dalek::Signature::from_slice(&unhex(case["sig"].as_str().unwrap()));
            let message = unhex(case["msg"].as_str().unwrap());
            let good = signature.is_ok_and(|s| key.verify_strict(&message, &s).is_ok());
            assert_eq!(good, case["result"] == "valid", "{}", case["tcId"]);
            counts[0] += 1;
        }
    }
    for group in json(&root.join("mldsa_44_verify_test.json"))["testGroups"]
        .as_array()
        .unwrap()
    {
        let key = unhex(group["publicKey"].as_str().unwrap());
        for case in group["tests"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|c| c.get("ctx").is_none())
        {
            let (message, signature) = (
                unhex(case["msg"].as_str().unwrap()),
                unhex(case["sig"].as_str().unwrap()),
            );
            let good = MlDsa44.verify(&key, &message, &signature);
            assert_eq!(good, case["result"] == "valid", "{}", case["tcId"]);
            counts[1] += 1;
        }
    }
    assert_eq!(counts[0], 151);
    assert!(counts[1] > 100, "{counts:?}");
}

#[test]
fn a_real_log_s_answers_verify() {
    let Some(root) = data("a_real_log_s_answers_verify", "ledger/rfc6962-http") else {
        return;
    };
    let sth = json(&root.join("get-sth"));
    let whole = hash(&sth["sha256_root_hash"]).unwrap();
    let size = sth["tree_size"].as_u64().unwrap();
    let entry = unbase64(
        json(&root.join("get-entries-start-10000-end-10000"))["entries"][0]["leaf_input"]
            .as_str()
            .unwrap(),
    );
    let name = "get-proof-by-hash-tree-size-961984011-hash-nCs3mfIydh9x4CKyQ-2Bu2xtmpxmFggA5MLymHwNQSlLg-3D";
    let proof = json(&root.join(name));
    let leaf = merkle::leaf_hash(&entry.unwrap());
    let path = hashes(&proof["audit_path"]).unwrap();
    assert_eq!(
        merkle::verify_inclusion(&leaf, 10_000, size, &path, &whole),
        Ok(())
    );
}
