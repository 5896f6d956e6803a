//! The offline verifier is built from few crates. In: Cargo's tree of it. Out: a problem where there are more than it says. Never: a crate that only a macro or a test needs counted.

use super::Problem;
use super::repository::Repository;
use crate::tools::cargo;
use std::collections::BTreeSet;

/// Most crates that the verifier is built from, itself counted.
const CRATES_MAX: usize = 30;

pub(super) fn check(_: &Repository) -> Vec<Problem> {
    let tree = cargo([
        "tree",
        "--locked",
        "-p",
        "sakimori-verify",
        "-e",
        "normal,no-proc-macro",
        "--prefix",
        "none",
    ])
    .output();
    match tree {
        Ok(tree) if tree.status.success() => {
            judge(&String::from_utf8_lossy(&tree.stdout), CRATES_MAX)
        }
        Ok(tree) => vec![Problem::new(
            "crates/verify",
            String::from_utf8_lossy(&tree.stderr).into_owned(),
        )],
        Err(error) => vec![Problem::new(
            "crates/verify",
            format!("its tree cannot be asked for: {error}"),
        )],
    }
}

/// Counts each crate once, however often the tree shows it.
fn judge(tree: &str, most: usize) -> Vec<Problem> {
    let name = |line: &str| line.split(" (").next().unwrap_or_default().to_owned();
    let crates: BTreeSet<String> = tree
        .lines()
        .map(name)
        .filter(|name| !name.is_empty())
        .collect();
    if crates.is_empty() {
        return vec![Problem::new("crates/verify", "its tree is empty")];
    }
    if crates.len() <= most {
        return Vec::new();
    }
    let what = format!(
        "is built from {} crates, at most {most} are to be read by who uses it",
        crates.len()
    );
    vec![Problem::new("crates/verify", what)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_counts_once_and_too_many_are_told() {
        let tree = "a v1.0.0 (/here)\nb v1.0.0\nc v2.0.0\nb v1.0.0 (*)\n";
        assert_eq!(judge(tree, 3), []);
        assert_eq!(judge(tree, 2).len(), 1);
        assert_eq!(judge("", 2).len(), 1);
    }
}
