//! Every library of others has a record that says what it saves and costs. In: manifests, `docs/decisions`. Out: libraries without a record, libraries that nobody
//! uses, records with one number. Never: the libraries below those, which their authors answer for.

use super::Problem;
use super::markdown::names;
use super::repository::Repository;
use std::collections::BTreeSet;

const FOLDER: &str = "docs/decisions/";
const MANIFEST: &str = "Cargo.toml";

pub(super) fn check(repository: &Repository) -> Vec<Problem> {
    let records = || {
        repository
            .files
            .iter()
            .filter(|file| file.path.starts_with(FOLDER))
    };
    let named: BTreeSet<&str> = records().flat_map(|file| names(&file.text)).collect();
    let lines = repository.own().flat_map(|package| &package.dependencies);
    let used: BTreeSet<&str> = lines.filter(|d| !d.own).map(|d| d.name.as_str()).collect();
    let mut problems: Vec<Problem> = used
        .difference(&named)
        .map(|name| {
            Problem::new(
                *name,
                format!("is used, and no record under {FOLDER} names it"),
            )
        })
        .collect();
    let listed = listed(repository.text(MANIFEST));
    let idle = listed.iter().filter(|name| !used.contains(*name));
    problems.extend(
        idle.map(|name| Problem::new(MANIFEST, format!("lists `{name}`, which no crate uses"))),
    );
    let mut numbers = BTreeSet::new();
    for path in records().map(|file| file.path.as_str()) {
        let number = path
            .strip_prefix(FOLDER)
            .and_then(|name| name.get(..4))
            .unwrap_or_default();
        if number.parse::<u16>().is_err() || !numbers.insert(number) {
            problems.push(Problem::new(path, "has no number of its own"));
        }
    }
    problems
}

/// Libraries of others that the workspace's manifest lists.
fn listed(manifest: &str) -> Vec<&str> {
    let section = manifest
        .lines()
        .skip_while(|line| *line != "[workspace.dependencies]")
        .skip(1);
    let lines = section.take_while(|line| !line.starts_with('['));
    let names = lines
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(" = "));
    names
        .map(|(name, _)| name)
        .filter(|name| !name.starts_with("sakimori"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::repository::tests::{own, with_files};
    use super::*;

    #[test]
    fn a_library_without_record_an_idle_one_and_a_number_twice_are_told() {
        let manifest = "[workspace.dependencies]\n# ours\nsakimori-a = 1\nsha2 = 1\nidle = 2\n\n[profile.dev]\nx = 1\n";
        let files = [
            (MANIFEST, manifest),
            ("docs/decisions/0001-a.md", "uses `sha2`"),
            ("docs/decisions/0001-b.md", "serde without backticks"),
            ("docs/decisions/notes.md", ""),
        ];
        let repository = Repository {
            packages: vec![own("sakimori-a", &["sha2", "dev:serde"])],
            ..with_files(&files)
        };
        let found: Vec<_> = check(&repository).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "serde: is used, and no record under docs/decisions/ names it",
                "Cargo.toml: lists `idle`, which no crate uses",
                "docs/decisions/0001-b.md: has no number of its own",
                "docs/decisions/notes.md: has no number of its own",
            ]
        );
    }
}
