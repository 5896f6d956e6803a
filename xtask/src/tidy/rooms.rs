//! The dependency table of `ARCHITECTURE.md`, line by line. In: the table, the manifests. Out: rooms that use more or less than it says. Never: a room used by one
//! that stands above it.

use super::Problem;
use super::markdown::{names, table};
use super::repository::{Package, Repository, short};
use std::collections::BTreeSet;

const PAGE: &str = "ARCHITECTURE.md";
/// The header that the table is known by.
const HEADER: [&str; 5] = ["crate", "job", "I/O", "uses", "its tests use too"];

/// A line of the table.
pub(super) struct Room<'r> {
    pub(super) name: &'r str,
    /// Whether it may do I/O.
    pub(super) pure: bool,
    uses: BTreeSet<&'r str>,
    tests_use: BTreeSet<&'r str>,
}

/// The rooms in their order.
pub(super) fn rooms(repository: &Repository) -> Vec<Room<'_>> {
    let rows = table(repository.text(PAGE), &HEADER);
    rows.into_iter().filter_map(|(_, row)| room(&row)).collect()
}

fn room<'r>(row: &[&'r str]) -> Option<Room<'r>> {
    let &[name, _, io, uses, tests_use] = row else {
        return None;
    };
    Some(Room {
        name: names(name).first()?,
        pure: io == "no",
        uses: names(uses).into_iter().collect(),
        tests_use: names(tests_use).into_iter().collect(),
    })
}

pub(super) fn check(repository: &Repository) -> Vec<Problem> {
    let rooms = rooms(repository);
    if rooms.is_empty() {
        return vec![Problem::new(
            PAGE,
            format!("has no table `{}`", HEADER.join(" | ")),
        )];
    }
    let mut problems = Vec::new();
    for package in repository.own() {
        match rooms
            .iter()
            .position(|room| room.name == short(&package.name))
        {
            None => problems.push(Problem::new(
                PAGE,
                format!("has no line for `{}`", short(&package.name)),
            )),
            Some(at) => problems.extend(judge(package, at, &rooms)),
        }
    }
    let is_built = |room: &&Room<'_>| {
        repository
            .own()
            .any(|package| short(&package.name) == room.name)
    };
    let unbuilt = rooms.iter().filter(|room| !is_built(room));
    problems.extend(
        unbuilt
            .map(|room| Problem::new(PAGE, format!("names `{}`, which is not built", room.name))),
    );
    problems.extend(engine(repository));
    problems
}

fn judge(package: &Package, at: usize, rooms: &[Room<'_>]) -> Vec<Problem> {
    let used = |dev: bool| -> BTreeSet<&str> {
        let wanted = package
            .dependencies
            .iter()
            .filter(|d| d.own && d.dev == dev);
        wanted.map(|d| short(&d.name)).collect()
    };
    let (before, rest) = rooms.split_at(at);
    let Some(room) = rest.first() else {
        return Vec::new();
    };
    let mut problems = Vec::new();
    let mut say = |what: String| problems.push(Problem::new(package.name.as_str(), what));
    let (uses, tests_use) = (used(false), used(true));
    for (found, stated, how) in [
        (&uses, &room.uses, "uses"),
        (&tests_use, &room.tests_use, "uses in its tests"),
    ] {
        found.difference(stated).for_each(|name| {
            say(format!(
                "{how} `{name}`, which its line in {PAGE} does not name"
            ));
        });
        stated.difference(found).for_each(|name| {
            say(format!(
                "does not use `{name}`, which its line in {PAGE} names"
            ));
        });
    }
    for name in uses
        .iter()
        .filter(|name| !before.iter().any(|room| room.name == **name))
    {
        say(format!("uses `{name}`, which does not stand above it"));
    }
    problems
}

/// The query engine is linked by its room alone.
fn engine(repository: &Repository) -> Vec<Problem> {
    let others = repository
        .own()
        .filter(|package| short(&package.name) != "query");
    let linked = others.filter(|package| repository.closure(package).contains(&"datafusion"));
    linked
        .map(|package| {
            Problem::new(
                package.name.as_str(),
                "is linked with DataFusion; only `query` may be",
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::repository::tests::{other, own, with_files};
    use super::*;

    const TABLE: &str = "\
| crate | job | I/O | uses | its tests use too |
|---|---|---|---|---|
| `tlog` | a log | no | – | – |
| `lake` | a store | yes | `tlog` | `kit` |
| `kit` | a kit | yes | – | – |
";

    fn check_packages(packages: Vec<Package>, expected: &[&str]) {
        let repository = Repository {
            packages,
            ..with_files(&[(PAGE, TABLE)])
        };
        let found: Vec<_> = check(&repository).iter().map(ToString::to_string).collect();
        assert_eq!(found, expected);
    }

    fn good() -> Vec<Package> {
        vec![
            own("sakimori-tlog", &["sha2"]),
            own("sakimori-lake", &["sakimori-tlog", "dev:sakimori-kit"]),
            own("sakimori-kit", &[]),
        ]
    }

    #[test]
    fn rooms_use_exactly_what_the_table_says() {
        check_packages(good(), &[]);
        let mut more = good();
        more[0] = own("sakimori-tlog", &["sakimori-kit"]);
        check_packages(
            more,
            &[
                "sakimori-tlog: uses `kit`, which its line in ARCHITECTURE.md does not name",
                "sakimori-tlog: uses `kit`, which does not stand above it",
            ],
        );
        let mut less = good();
        less[1] = own("sakimori-lake", &["sakimori-tlog"]);
        check_packages(
            less,
            &["sakimori-lake: does not use `kit`, which its line in ARCHITECTURE.md names"],
        );
    }

    #[test]
    fn a_room_without_a_line_and_a_line_without_a_room_are_told() {
        let mut packages = good();
        packages[2] = own("sakimori-attic", &[]);
        check_packages(
            packages,
            &[
                "ARCHITECTURE.md: has no line for `attic`",
                "ARCHITECTURE.md: names `kit`, which is not built",
            ],
        );
        assert_eq!(check(&with_files(&[])).len(), 1, "no table");
    }

    #[test]
    fn the_query_engine_is_found_at_any_depth() {
        let mut packages = good();
        packages[0] = own("sakimori-tlog", &["harmless"]);
        packages.push(other("harmless", None, &["datafusion"]));
        packages.push(other("datafusion", None, &[]));
        check_packages(
            packages,
            &[
                "sakimori-tlog: is linked with DataFusion; only `query` may be",
                "sakimori-lake: is linked with DataFusion; only `query` may be",
            ],
        );
    }
}
