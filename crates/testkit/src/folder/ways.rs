//! The ways to be unauthorised, and a few to be authorised. In: nothing. Out: samples with one thing wrong each, or none. Never: a sample with two
//! things wrong, where that can be helped: what follows from the one is hashed, signed and logged anew.

mod acts;
mod notes;

use super::{Part, Plan, Sample};

/// A sample, what it shows, and whose fault it is.
#[derive(Clone, Debug)]
pub struct Way {
    /// Short name, unique. What begins with `pack` is for the reader of packs to refuse, the rest for the gate.
    pub name: &'static str,
    /// Whether a gate has to admit it.
    pub good: bool,
    /// Whether the log is what is missing or wrong: exit code 75 instead of 1.
    pub log_at_fault: bool,
    /// The files, the memory and the start.
    pub sample: Sample,
}

fn bad(name: &'static str, plan: &Plan) -> Way {
    Way {
        name,
        good: false,
        log_at_fault: false,
        sample: plan.build(),
    }
}

fn good(name: &'static str, plan: &Plan) -> Way {
    Way {
        good: true,
        ..bad(name, plan)
    }
}

/// The default sample, changed after it was made.
fn changed(name: &'static str, change: impl FnOnce(&mut Sample)) -> Way {
    let mut way = bad(name, &Plan::default());
    change(&mut way.sample);
    way
}

fn by_log(way: Way) -> Way {
    Way {
        log_at_fault: true,
        ..way
    }
}

fn edit(name: &'static str, part: Part, from: &str, to: &str) -> Way {
    bad(name, &Plan::default().edit(part, from, to))
}

/// All of them, the good ones first.
pub fn ways() -> Vec<Way> {
    [
        notes::authorised(),
        notes::sittings(),
        notes::statements(),
        notes::scopes(),
        notes::agreements(),
        acts::trust_roots(),
        acts::ambiguous_roots(),
        acts::quorums(),
        acts::successions(),
        acts::leases(),
        acts::decisions(),
        acts::proofs(),
        acts::starts(),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::{HOUR, signer};
    use sakimori_custody::entry::{EntryType, Envelope, StoredBody};
    use sakimori_custody::ids::hex;
    use sakimori_tlog::key::VerifierKey;
    use sakimori_tlog::note::Note;
    use sakimori_tlog::policy::Policy;
    use sakimori_tlog::proof::TlogProof;
    use sha2::{Digest, Sha256};
    use std::collections::BTreeSet;

    fn sha256(text: &str) -> [u8; 32] {
        Sha256::digest(text).into()
    }

    /// The note, once all of `who` and nobody else signed it.
    fn signed(bytes: &[u8], who: &[&str]) -> Note {
        let note = Note::parse(bytes).unwrap();
        let keys: Vec<VerifierKey> = who.iter().map(|w| signer(w).verifier().clone()).collect();
        assert_eq!(note.verify(&keys).unwrap().len(), who.len(), "{who:?}");
        assert_eq!(note.signatures().len(), who.len());
        note
    }

    #[test]
    fn the_good_sample_is_bound_together_as_the_formats_say() {
        let Sample {
            folder,
            remembered,
            asked,
        } = Plan::default().build();
        let root = signed(&folder.trust_root, &["m1", "m2", "m3", "m4", "m5"]);
        assert_eq!(remembered.trust_root, folder.trust_root);
        let statement = signed(&folder.statement, &["m1", "m4", "m5"]);
        let pack = signed(&folder.pack, &["office"]);
        let lease = signed(&folder.lease, &["lease"]);
        let hash = sha256(statement.text());
        assert_eq!(asked.pack_sha256, sha256(pack.text()));
        assert!(statement.text().contains(&hex(&asked.pack_sha256)));
        assert!(
            lease
                .text()
                .contains(&format!("statement: sha256:{}\n", hex(&hash)))
        );
        let envelope = Envelope::decode(&folder.decision_entry).unwrap();
        assert_eq!(
            (envelope.kind, envelope.authority),
            (EntryType::Decision, hash)
        );
        let body = StoredBody::decode(&folder.decision_body).unwrap();
        assert_eq!(body.open(&envelope.body, None).unwrap(), folder.statement);
        let proof = TlogProof::parse(&folder.decision_proof).unwrap();
        let checkpoint = proof.check(&folder.decision_entry).unwrap();
        assert_eq!((proof.index, checkpoint.size), (2, 4));
        assert_eq!(remembered.checkpoint_size, 3);
        let lines = root
            .text()
            .lines()
            .filter_map(|l| l.strip_prefix("policy: "));
        let policy = Policy::parse(&lines.collect::<Vec<_>>().join("\n")).unwrap();
        let verified = proof.checkpoint.verify(&policy.keys()).unwrap();
        assert!(policy.met_by(&verified));
        let cosigned = verified.iter().find_map(|v| v.time).unwrap();
        assert!(cosigned <= asked.now && asked.now < cosigned + 24 * HOUR);
    }

    #[test]
    fn every_way_has_its_own_name_and_no_bad_one_is_a_good_one() {
        let all = ways();
        let names: BTreeSet<&str> = all.iter().map(|way| way.name).collect();
        assert_eq!(names.len(), all.len());
        let (good, bad): (Vec<&Way>, Vec<&Way>) = all.iter().partition(|way| way.good);
        assert_eq!((good.len(), bad.len()), (6, 124));
        assert!(good.iter().all(|way| !way.log_at_fault));
        for (at, way) in all.iter().enumerate() {
            let twin = all[..at].iter().find(|other| other.sample == way.sample);
            assert!(
                twin.is_none(),
                "{} is {}",
                way.name,
                twin.map_or("", |t| t.name)
            );
        }
    }

    #[test]
    fn a_sample_is_the_same_each_time() {
        assert_eq!(Plan::agreement().build(), Plan::agreement().build());
        assert_eq!(Plan::second_root().build(), Plan::second_root().build());
    }
}
