//! `unsafe` is where it is argued for. In: the table of `ARCHITECTURE.md`, all code. Out: files with `unsafe` that it does not name, and names without `unsafe`.

use super::Problem;
use super::markdown::{names, table};
use super::repository::Repository;
use super::source::{code, has_word};

const PAGE: &str = "ARCHITECTURE.md";

pub(super) fn check(repository: &Repository) -> Vec<Problem> {
    let rows = table(repository.text(PAGE), &["file with `unsafe`", "why"]);
    let named: Vec<&str> = rows
        .iter()
        .filter_map(|(_, row)| row.first())
        .flat_map(|cell| names(cell))
        .collect();
    let uses = repository
        .code()
        .filter(|file| has_word(&code(&file.text), "unsafe"));
    let uses: Vec<&str> = uses.map(|file| file.path.as_str()).collect();
    let unnamed = uses.iter().filter(|path| !named.contains(path));
    let unused = named.iter().filter(|path| !uses.contains(path));
    unnamed
        .map(|path| Problem::new(*path, format!("has `unsafe`, and {PAGE} does not say why")))
        .chain(unused.map(|path| {
            Problem::new(
                PAGE,
                format!("says that `{path}` has `unsafe`, and it has none"),
            )
        }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::repository::tests::with_files;
    use super::*;

    const TABLE: &str = "| file with `unsafe` | why |\n|---|---|\n| `a.rs` | speed |\n";

    #[test]
    fn unsafe_code_and_its_table_agree() {
        let check = |a: &str, b: &str| {
            let files = [(PAGE, TABLE), ("a.rs", a), ("b.rs", b)];
            check(&with_files(&files))
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        };
        assert!(
            check(
                "unsafe { x() }",
                "#![forbid(unsafe_code)] // unsafe\nf(\"unsafe\")"
            )
            .is_empty()
        );
        assert_eq!(
            check("unsafe { x() }", "unsafe fn f() {}"),
            ["b.rs: has `unsafe`, and ARCHITECTURE.md does not say why"]
        );
        assert_eq!(
            check("", ""),
            ["ARCHITECTURE.md: says that `a.rs` has `unsafe`, and it has none"]
        );
    }
}
