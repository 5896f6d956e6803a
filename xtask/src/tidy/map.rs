//! The address-country map is the one whose making is written down. In: the map's hash, its provenance. Out: a difference.

use super::Problem;
use super::repository::Repository;
use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::path::Path;

const MAP: &str = "crates/sensor/data/country.map";
const PAGE: &str = "crates/sensor/data/PROVENANCE.md";

/// SHA-256 of the map below a root, in hex.
///
/// # Errors
/// Where it cannot be read.
pub(super) fn hash(root: &Path) -> Result<String> {
    let bytes = std::fs::read(root.join(MAP)).with_context(|| format!("cannot read {MAP}"))?;
    let mut hex = String::new();
    for byte in Sha256::digest(&bytes) {
        write!(hex, "{byte:02x}")?;
    }
    Ok(hex)
}

pub(super) fn check(repository: &Repository) -> Vec<Problem> {
    let stated = repository
        .text(PAGE)
        .lines()
        .filter(|line| line.starts_with("| output |"));
    if stated.clone().any(|line| line.contains(&repository.map)) && !repository.map.is_empty() {
        return Vec::new();
    }
    vec![Problem::new(
        MAP,
        format!(
            "has SHA-256 {}, which {PAGE} does not state",
            repository.map
        ),
    )]
}

#[cfg(test)]
mod tests {
    use super::super::repository::tests::with_files;
    use super::*;

    #[test]
    fn another_map_than_the_stated_one_is_told() {
        let stated = |map: &str| {
            let files = [(
                PAGE,
                "| inputs | SHA-256 bb |\n| output | `country.map`, SHA-256 aa |",
            )];
            check(&Repository {
                map: map.to_owned(),
                ..with_files(&files)
            })
            .len()
        };
        assert_eq!([stated("aa"), stated("bb"), stated("")], [0, 1, 1]);
    }
}
