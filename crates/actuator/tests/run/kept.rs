//! Approvals on the disk: what is believed of their files, and when they go.

use crate::world::{MEASURE, NAME, begin, bundle, files, measure, now, plan};
use sakimori_actuator::approvals::{Approvals, Bundle};
use sakimori_custody::time::Seconds;
use sakimori_respond::engine::Deed;
use sakimori_testkit::folder::{Measure, Part, Plan, signer};
use std::path::{Path, PathBuf};

fn open(folder: &Path) -> Approvals {
    let root = plan().build().remembered.trust_root;
    let key = signer(NAME).verifier().clone();
    Approvals::open(folder, &root, NAME.parse().unwrap(), key).unwrap()
}

fn stored(folder: &Path) -> PathBuf {
    folder.join(format!("approvals/{}.json", "5a".repeat(16)))
}

/// A folder with the approval.
fn kept() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let bytes = bundle(&files(&plan().build()));
    let bundle = Bundle::parse(bytes.as_bytes()).unwrap();
    let taken = open(folder.path()).take(None, bundle, Seconds(now()), &|_| None);
    assert!(taken.held.is_ok());
    folder
}

#[test]
fn the_lease_is_the_signed_one_whatever_stands_beside_it() {
    let folder = kept();
    let path = stored(folder.path());
    let text = std::fs::read_to_string(&path).unwrap();
    let (head, rest) = text.split_once('\n').unwrap();
    let signed = {
        let mut approvals = open(folder.path());
        approvals.check_all().unwrap();
        let lease = approvals.held().next().and_then(|held| held.lease);
        lease.unwrap()
    };
    // Older files have a time behind the first one.
    std::fs::write(&path, format!("{head} 4102444800\n{rest}")).unwrap();
    let mut approvals = open(folder.path());
    approvals.check_all().unwrap();
    let lease = approvals.held().next().and_then(|held| held.lease);
    assert_eq!(lease, Some(signed));
    assert!(signed.0 < 4_102_444_800);
}

#[test]
fn a_file_that_holds_no_more_goes_with_those_that_are_over() {
    const DAY: u64 = 86_400;
    for damage in ["damaged", "1\n{}\n", ""] {
        let folder = kept();
        let path = stored(folder.path());
        let whole = std::fs::read_to_string(&path).unwrap();
        let (head, rest) = whole.split_once('\n').unwrap();
        let text = match damage {
            // Whole but for a signature.
            "" => format!(
                "{head}\n{}",
                rest.replacen("\"pack.note\":\"c2", "\"pack.note\":\"c3", 1)
            ),
            damage => damage.to_owned(),
        };
        std::fs::write(&path, text).unwrap();
        let mut approvals = open(folder.path());
        approvals.check_all().unwrap();
        assert_eq!(approvals.held().count(), 0, "{damage}");
        if damage.is_empty() {
            approvals.forget_old(Seconds(now() + 7 * DAY)).unwrap();
            assert!(path.exists(), "who looks into it has a week");
        }
        approvals.forget_old(Seconds(now() + 9 * DAY)).unwrap();
        assert!(!path.exists(), "{damage}");
    }
    // One that holds goes a day behind its end.
    let folder = kept();
    let path = stored(folder.path());
    let mut approvals = open(folder.path());
    approvals.check_all().unwrap();
    approvals.forget_old(Seconds(now() + DAY / 2)).unwrap();
    assert!(path.exists());
    approvals.forget_old(Seconds(now() + 3 * DAY)).unwrap();
    assert!(!path.exists());
}

#[test]
fn a_level_is_that_of_the_approval_that_names_the_very_target() {
    let folder = tempfile::tempdir().unwrap();
    let mut approvals = open(folder.path());
    let mut take = |plan: Plan| {
        let bytes = bundle(&files(&plan.build()));
        let bundle = Bundle::parse(bytes.as_bytes()).unwrap();
        let taken = approvals.take(None, bundle, Seconds(now()), &|_| None);
        taken.held.map(|held| held.permit.measure)
    };
    let second = |level: &str| {
        let wide = Measure {
            id: MEASURE,
            revision: 2,
            authority: [0x5b; 16],
            effects: vec!["block a-01 JP carrier.example 198.51.100.64/26".to_owned()],
            ..measure()
        };
        Plan {
            behind: 1,
            ..Plan::measure(&wide).at(begin())
        }
        .edit(Part::Pack, "level: 1\n", level)
    };
    let family = take(plan()).unwrap();
    assert_eq!(take(second("level: 2\n")).unwrap(), family);
    let revoked = Plan {
        behind: 2,
        ..second("level: 2\n").and_revoked()
    };
    let of = |approvals: &Approvals, target: &str, at: u64| {
        approvals.level(&family, Deed::Block, target, Seconds(at))
    };
    assert_eq!(of(&approvals, "198.51.100.64/26", now()), 2);
    assert_eq!(
        of(&approvals, "198.51.100.7/32", now()),
        1,
        "of another one"
    );
    assert_eq!(
        of(&approvals, "198.51.100.64/26", now() + 200_000),
        1,
        "over"
    );
    let bytes = bundle(&files(&revoked.build()));
    let revoked = Bundle::parse(bytes.as_bytes()).unwrap();
    approvals.take(None, revoked, Seconds(now()), &|_| None);
    assert_eq!(of(&approvals, "198.51.100.64/26", now()), 1, "revoked");
}
