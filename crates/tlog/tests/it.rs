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
use sakimori_tlog::{MlDsa44, PostQuantumCosigner, PostQuantumVerifier, tile, unbase64};
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
        let verdict = || {
            let (part, whole) = (hash(&v["root1"])?, hash(&v["root2"])?);
            let (proof, size) = (hashes(&v["proof"])?, v["size"].as_u64()?);
            Some(merkle::verify_subtree(&(start..end), size, &proof, &part, &whole).is_ok())
        };
        let wanted = !v["wantErr"].as_bool().unwrap();
        assert_eq!(verdict().unwrap_or(false), wanted, "{}", path.display());
        counts[usize::from(wanted)] += 1;
    }
    assert_eq!(counts, [58, 5], "bad and good vectors");
}

#[test]
fn every_inclusion_in_a_subtree_has_its_verdict() {
    let test = "every_inclusion_in_a_subtree_has_its_verdict";
    let Some(root) = data(test, "ledger/merkle/subtreeinclusion") else {
        return;
    };
    let mut counts = [0; 2];
    for path in files_below(&root) {
        let v = json(&path);
        let verdict = || {
            let (leaf, root) = (hash(&v["leafHash"])?, hash(&v["root"])?);
            let range = v["start"].as_u64()?..v["end"].as_u64()?;
            let (proof, index) = (hashes(&v["proof"])?, v["leafIdx"].as_u64()?);
            Some(merkle::verify_subtree_inclusion(&leaf, index, &range, &proof, &root).is_ok())
        };
        let wanted = !v["wantErr"].as_bool().unwrap();
        assert_eq!(verdict().unwrap_or(false), wanted, "{}", path.display());
        counts[usize::from(wanted)] += 1;
    }
    assert_eq!(counts, [95, 8], "bad and good vectors");
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
    let checkpoint = |name: &str| {
        let note = Note::parse(&std::fs::read(root.join(name)).unwrap()).unwrap();
        assert_eq!(note.verify(std::slice::from_ref(&key)).unwrap().len(), 1);
        Checkpoint::parse(note.text()).unwrap()
    };
    let empty = checkpoint("checkpoint.0");
    assert_eq!((empty.size, empty.root), (0, merkle::empty_root()));
    assert_eq!(checkpoint("checkpoint"), checkpoint("checkpoint.15"));
    for size in 1..=15u64 {
        let checkpoint = checkpoint(&format!("checkpoint.{size}"));
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
    let pq = list("keys").swap_remove(3);
    let seed = unhex(pq["seed_hex"].as_str().unwrap()).try_into().unwrap();
    let ours = PostQuantumCosigner::from_seed(pq["name"].as_str().unwrap(), &seed).unwrap();
    assert_eq!(
        ours.verifier(),
        &keys[3],
        "the key that others made of the seed"
    );
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
        for case in group["tests"].as_array().unwrap() {
            let bytes = |name: &str| unhex(case[name].as_str().unwrap_or_default());
            let (context, message, signature) = (bytes("ctx"), bytes("msg"), bytes("sig"));
            let good = MlDsa44.verify(&key, &context, &message, &signature);
            assert_eq!(good, case["result"] == "valid", "{}", case["tcId"]);
            counts[1] += 1;
        }
    }
    assert_eq!(counts, [151, 180]);
}

/// Every case of a Wycheproof file: its group and itself; returns how many there were.
fn cases(root: &Path, name: &str, mut check: impl FnMut(&Value, &Value)) -> usize {
    let mut count = 0;
    for group in json(&root.join(name))["testGroups"].as_array().unwrap() {
        for case in group["tests"].as_array().unwrap() {
            check(group, case);
            count += 1;
        }
    }
    count
}

#[test]
fn wycheproof_agrees_on_what_bodies_and_bucket_keys_are_made_with() {
    use chacha20poly1305::aead::{Aead, Payload};
    use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
    use hmac::{Hmac, Mac};
    use sha2::Sha256;
    let test = "wycheproof_agrees_on_what_bodies_and_bucket_keys_are_made_with";
    let Some(root) = data(test, "ledger/wycheproof") else {
        return;
    };
    let bytes = |case: &Value, name: &str| unhex(case[name].as_str().unwrap());
    let verdict = |case: &Value, good: bool| assert_eq!(good, case["result"] == "valid", "{case}");
    let hmac = cases(&root, "hmac_sha256_test.json", |group, case| {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&bytes(case, "key")).unwrap();
        mac.update(&bytes(case, "msg"));
        let tag = mac.finalize().into_bytes();
        let length = group["tagSize"].as_u64().unwrap() as usize / 8;
        verdict(case, tag[..length] == *bytes(case, "tag"));
    });
    let hkdf = cases(&root, "hkdf_sha256_test.json", |_, case| {
        let key = hkdf::Hkdf::<Sha256>::new(Some(&bytes(case, "salt")), &bytes(case, "ikm"));
        let mut out = vec![0; case["size"].as_u64().unwrap() as usize];
        let expanded = key.expand(&bytes(case, "info"), &mut out);
        verdict(case, expanded.is_ok() && out == bytes(case, "okm"));
    });
    let aead = cases(&root, "xchacha20_poly1305_test.json", |_, case| {
        let key = XChaCha20Poly1305::new_from_slice(&bytes(case, "key")).unwrap();
        // A nonce of another length is refused by its type.
        let nonce = XNonce::try_from(bytes(case, "iv").as_slice());
        let (aad, msg) = (bytes(case, "aad"), bytes(case, "msg"));
        let sealed = [bytes(case, "ct"), bytes(case, "tag")].concat();
        let good = nonce.is_ok_and(|nonce| {
            let opened = key.decrypt(
                &nonce,
                Payload {
                    msg: &sealed,
                    aad: &aad,
                },
            );
            let again = key.encrypt(
                &nonce,
                Payload {
                    msg: &msg,
                    aad: &aad,
                },
            );
            opened.is_ok_and(|opened| opened == msg) && again.is_ok_and(|again| again == sealed)
        });
        verdict(case, good);
    });
    assert_eq!([hmac, hkdf, aead], [174, 86, 315]);
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
    let name = "get-sth-consistency-first-3654490-second-961984011";
    let proof = hashes(&json(&root.join(name))["consistency"]).unwrap();
    // The older root is not among the answers: it is the one that the proof itself leads to, and it leads to the newer one too.
    let old = old_root(3_654_490, &proof);
    let verdict = |old| merkle::verify_consistency(3_654_490, size, &proof, old, &whole);
    assert_eq!(verdict(&old), Ok(()));
    assert!(verdict(&whole).is_err());
}

/// The root of the smaller tree that a consistency proof gives (RFC 9162 2.1.4.2, its `fr`); `size` is no power of two.
fn old_root(size: u64, proof: &[Hash]) -> Hash {
    let (mut place, mut hashes) = (size - 1, proof.iter());
    place >>= place.trailing_ones();
    let mut root = *hashes.next().unwrap();
    while place > 0 {
        // Right siblings beyond the smaller tree belong to the larger one alone.
        let sibling = hashes.next().unwrap();
        if place & 1 == 1 {
            root = merkle::node_hash(sibling, &root);
        }
        place >>= 1;
    }
    root
}

/// A tree of any size whose leaves are all the same but one.
struct Vast {
    marked: u64,
    plain: Vec<Hash>,
}

impl Vast {
    fn new(marked: u64) -> Self {
        let mut plain = vec![merkle::leaf_hash(b"plain")];
        for level in 0..63 {
            plain.push(merkle::node_hash(&plain[level], &plain[level]));
        }
        Self { marked, plain }
    }
}

impl merkle::HashReader for Vast {
    type Error = std::convert::Infallible;

    fn hash(&mut self, level: u8, place: u64) -> Result<Hash, Self::Error> {
        if self.marked >> level != place {
            return Ok(self.plain[usize::from(level)]);
        }
        let mut hash = merkle::leaf_hash(b"marked");
        for below in 0..level {
            let sibling = &self.plain[usize::from(below)];
            hash = match self.marked >> below & 1 {
                0 => merkle::node_hash(&hash, sibling),
                _ => merkle::node_hash(sibling, &hash),
            };
        }
        Ok(hash)
    }
}

#[test]
fn tiles_and_proofs_of_logs_of_2_to_the_32_and_2_to_the_40_entries_are_right() {
    let leaf = merkle::leaf_hash(b"marked");
    for size in [32u32, 40, 62].map(|bits| 1u64 << bits) {
        for (end, index) in [
            (size - 1, size - 2),
            (size, size - 1),
            (size + 1, size),
            (size + 257, size / 3),
        ] {
            let mut tree = Vast::new(index);
            let Ok(root) = merkle::root(&mut tree, end);
            let Ok(proof) = merkle::inclusion_proof(&mut tree, index, end);
            assert_eq!(
                merkle::verify_inclusion(&leaf, index, end, &proof, &root),
                Ok(())
            );
            for other in [index - 1, index ^ 1 << 31, end] {
                assert!(merkle::verify_inclusion(&leaf, other, end, &proof, &root).is_err());
            }
            for old in [1, size / 2, size / 2 + 1, end - 1, end] {
                let Ok(before) = merkle::root(&mut tree, old);
                let Ok(proof) = merkle::consistency_proof(&mut tree, old, end);
                assert_eq!(
                    merkle::verify_consistency(old, end, &proof, &before, &root),
                    Ok(()),
                    "{old} of {end}"
                );
            }
            let bundle = index / 256 * 256..end.min(index / 256 * 256 + 256);
            let Ok(part) = merkle::subtree_root(&mut tree, bundle.clone());
            let Ok(proof) = merkle::subtree_proof(&mut tree, bundle.clone(), end);
            assert_eq!(
                merkle::verify_subtree(&bundle, end, &proof, &part, &root),
                Ok(())
            );
        }
        let path = |level, place, size| tile::tile_at(level, place, size).unwrap().path();
        let names: Vec<String> = tile::new_tiles(size, size + 1)
            .iter()
            .map(tile::Tile::path)
            .collect();
        assert_eq!(
            names,
            [
                path(0, size, size + 1),
                tile::entries_at(size, size + 1).unwrap().path()
            ]
        );
        assert!(tile::tile_at(0, size, size).is_none());
    }
    let last = tile::tile_at(0, (1 << 32) - 1, 1 << 32).unwrap();
    assert_eq!(
        (last.path().as_str(), last.is_full()),
        ("tile/0/x016/x777/215", true)
    );
    let top = tile::tile_at(4, 0, 1 << 40).unwrap();
    assert_eq!((top.path().as_str(), top.width), ("tile/4/000", 256));
    assert_eq!(
        tile::tile_at(5, 0, 1 << 40).unwrap().path(),
        "tile/5/000.p/1"
    );
    assert!(tile::tile_at(6, 0, 1 << 40).is_none());
    assert_eq!(
        tile::entries_at(1 << 40, (1 << 40) + 9).unwrap().path(),
        "tile/entries/x004/x294/x967/296.p/9"
    );
}
