//! Pure rooms stay pure. In: the rooms that the table says do no I/O. Out: libraries in their closure and calls in their code that would. Never: their tests, which
//! may read files.

use super::Problem;
use super::repository::{Repository, short};
use super::rooms::rooms;
use super::source::{code, product};

/// Libraries that reach for disk, network, clock, processes or randomness.
const LIBRARIES: [&str; 22] = [
    "async-std",
    "axum",
    "chrono",
    "fs4",
    "getrandom",
    "hyper",
    "jiff",
    "memmap2",
    "mio",
    "nix",
    "object_store",
    "parquet",
    "rand",
    "reqwest",
    "rustix",
    "smol",
    "socket2",
    "sqlx",
    "tempfile",
    "time",
    "tokio",
    "ureq",
];

/// Packages behind which nothing is looked for: the whole workspace is resolved at once, and another room's libraries ask this one for a way to make keys (its feature
/// `getrandom`) that no pure room calls. What a pure room is linked with by itself has no such edge. `csaf-rs` and `pgp` link a clock and randomness, and nothing of them
/// that is called here asks for either (record 25). `zip` links randomness to encrypt and to unpack into folders, and does neither here (record 23).
const BESIDE: [&str; 4] = ["crypto-common", "csaf-rs", "pgp", "zip"];

/// Parts of the standard library that do.
const CALLS: [&str; 15] = [
    "std::fs",
    "std::process",
    "std::thread",
    "std::env",
    "std::os",
    "std::path::Path",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "UnixStream",
    "io::stdin",
    "io::stdout",
    "io::stderr",
    "Instant",
    "SystemTime",
];

pub(super) fn check(repository: &Repository) -> Vec<Problem> {
    let mut problems = Vec::new();
    for room in rooms(repository).iter().filter(|room| room.pure) {
        if let Some(package) = repository
            .own()
            .find(|package| short(&package.name) == room.name)
        {
            let closure = repository.closure_beside(package, &BESIDE);
            let found = LIBRARIES.iter().filter(|library| closure.contains(library));
            problems.extend(found.map(|library| {
                Problem::new(
                    package.name.as_str(),
                    format!("is pure, but linked with `{library}`"),
                )
            }));
        }
        let folder = format!("crates/{}/src/", room.name);
        for file in repository
            .code()
            .filter(|file| file.path.starts_with(&folder) && !is_of_tests(repository, &file.path))
        {
            let text = code(product(&file.text));
            let found = CALLS
                .iter()
                .filter(|call| super::source::has_word(&text, call));
            problems.extend(found.map(|call| {
                Problem::new(
                    file.path.as_str(),
                    format!("belongs to a pure room, but uses `{call}`"),
                )
            }));
        }
    }
    problems
}

/// Whether a file is one of the tests that a module declares as a file of their own: `x/tests.rs` or `x/tests/…`, where `x.rs` (or the crate's root) declares `tests` for tests alone.
fn is_of_tests(repository: &Repository, path: &str) -> bool {
    let module = path
        .split_once("/tests/")
        .map(|(module, _)| module)
        .or_else(|| path.strip_suffix("/tests.rs"));
    module.is_some_and(|module| {
        ["{}.rs", "{}/lib.rs", "{}/main.rs"].iter().any(|form| {
            let text = repository.text(&form.replace("{}", module));
            text.contains("#[cfg(test)]\nmod tests;")
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::repository::tests::{other, own, with_files};
    use super::*;

    const TABLE: &str = "\
| crate | job | I/O | uses | its tests use too |
|---|---|---|---|---|
| `wire` | parses | no | – | – |
| `lake` | keeps | yes | – | – |
";

    fn found(text: &str, library: &str) -> Vec<String> {
        let files = [
            ("ARCHITECTURE.md", TABLE),
            ("crates/wire/src/lib.rs", text),
            ("crates/lake/src/lib.rs", "use std::fs;"),
        ];
        let packages = vec![
            own("sakimori-wire", &[library]),
            own("sakimori-lake", &["tokio"]),
            other(library, None, &["tokio"]),
            other("tokio", None, &[]),
        ];
        let repository = Repository {
            packages,
            ..with_files(&files)
        };
        check(&repository).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_library_below_a_pure_room_is_found_at_any_depth() {
        assert_eq!(
            found("", "harmless"),
            ["sakimori-wire: is pure, but linked with `tokio`"]
        );
    }

    #[test]
    fn a_call_in_a_pure_room_is_found_and_one_in_its_tests_or_comments_is_not() {
        let mut repository = with_files(&[
            ("ARCHITECTURE.md", TABLE),
            ("crates/wire/src/lib.rs", "fn f() { std::fs::read(x); }"),
        ]);
        assert_eq!(check(&repository).len(), 1);
        repository.files[1].text =
            "// std::fs\n#[cfg(test)]\nmod tests { use std::fs; }".to_owned();
        assert!(check(&repository).is_empty());
    }

    #[test]
    fn tests_in_files_of_their_own_are_tests_where_their_module_says_so() {
        let found = |root: &str| {
            let repository = with_files(&[
                ("ARCHITECTURE.md", TABLE),
                ("crates/wire/src/lib.rs", ""),
                ("crates/wire/src/a.rs", root),
                ("crates/wire/src/a/tests.rs", "use std::fs;"),
                ("crates/wire/src/a/tests/b.rs", "use std::fs;"),
            ]);
            check(&repository).len()
        };
        assert_eq!(found("#[cfg(test)]\nmod tests;\n"), 0);
        assert_eq!(found("mod tests;\n"), 2);
    }
}
