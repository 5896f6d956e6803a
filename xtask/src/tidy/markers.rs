//! Nothing is left for later. In: all texts. Out: markers of unfinished work, tests that do not run or expect a fall. Never: a marker that is only spoken of in a literal.

use super::Problem;
use super::repository::{File, Repository};
use super::source::{code, has_word};

/// Words that promise later work, in halves so that this file passes.
const WORDS: [(&str, &str); 4] = [("TO", "DO"), ("FIX", "ME"), ("XX", "X"), ("HA", "CK")];
/// Code that is none, or a test that is none.
const CODE: [&str; 4] = ["todo!", "unimplemented!", "#[ignore", "#[should_panic"];

pub(super) fn check(repository: &Repository) -> Vec<Problem> {
    repository.files.iter().flat_map(judge).collect()
}

fn judge(file: &File) -> Vec<Problem> {
    let words = WORDS.map(|(first, second)| format!("{first}{second}"));
    let mut problems = Vec::new();
    for (at, line) in file.text.lines().enumerate() {
        let found = words.iter().filter(|word| has_word(line, word));
        problems.extend(found.map(|word| {
            Problem::new(
                format!("{}:{}", file.path, at + 1),
                format!("is marked `{word}`"),
            )
        }));
    }
    if file.is("rs") {
        let text = code(&file.text);
        let lines = text.lines().enumerate();
        let found = lines.flat_map(|(at, line)| {
            CODE.iter()
                .filter(|word| line.contains(*word))
                .map(move |word| (at, word))
        });
        problems.extend(found.map(|(at, word)| {
            Problem::new(format!("{}:{}", file.path, at + 1), format!("has `{word}`"))
        }));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::super::repository::tests::with_files;
    use super::*;

    #[test]
    fn markers_in_texts_and_in_code_are_found_with_their_line() {
        let marked = format!(
            "// {}{}: later\nfn f() {{ {}!() }}\n#[{}]\n",
            "TO", "DO", "todo", "ignore"
        );
        let files = [
            ("a.rs", marked.as_str()),
            ("b.rs", "\"todo!\" // #[ignore]"),
            ("c.md", "a mastodon"),
        ];
        let found: Vec<_> = check(&with_files(&files))
            .iter()
            .map(|p| p.place.clone())
            .collect();
        assert_eq!(found, ["a.rs:1", "a.rs:2", "a.rs:3"]);
    }
}
