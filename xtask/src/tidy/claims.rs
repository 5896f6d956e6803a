//! What the pages say is held by a test is held by that test. In: tables whose last column is `held by`. Out: names of tests that are not in the files beside them, and
//! claims that name no file. Never: a judgement on whether the test is a good one.

use super::Problem;
use super::links::join;
use super::markdown::{links, names, rows_below};
use super::repository::{File, Repository};

const COLUMN: &str = "held by";

pub(super) fn check(repository: &Repository) -> Vec<Problem> {
    let pages = repository.files.iter().filter(|file| file.is("md"));
    pages.flat_map(|page| judge(repository, page)).collect()
}

fn judge(repository: &Repository, page: &File) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (at, cell) in rows_below(&page.text, COLUMN) {
        let place = || format!("{}:{at}", page.path);
        let targets: Vec<String> = links(cell)
            .into_iter()
            .map(|(_, target)| join(&page.path, target))
            .collect();
        if targets.is_empty() {
            problems.push(Problem::new(place(), "claims something that no file holds"));
        }
        for name in names(cell) {
            // A program of tests with a main function of its own has them as texts.
            let forms = [format!("fn {name}("), format!("\"{name}\"")];
            let has = |path: &String| {
                let text = repository.text(path);
                forms.iter().any(|form| text.contains(form))
            };
            let found = targets.iter().any(has);
            if !found {
                problems.push(Problem::new(
                    place(),
                    format!("names `{name}`, which is in none of its files"),
                ));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::super::repository::tests::with_files;
    use super::*;

    #[test]
    fn a_claim_names_files_that_have_its_tests() {
        let page = "\
| claim | held by |
|---|---|
| good | [t](a.rs) `it_holds` |
| gone | [t](a.rs) `it_held` |
| bare | nothing |
| told | [t](a.rs) `it_is_told` |

| other | column |
|---|---|
| x | `y` |
";
        let files = [
            ("A.md", page),
            ("a.rs", "fn it_holds() {}\n(\"it_is_told\", f)"),
        ];
        let found: Vec<_> = check(&with_files(&files))
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            found,
            [
                "A.md:4: names `it_held`, which is in none of its files",
                "A.md:5: claims something that no file holds"
            ]
        );
    }
}
