//! The repository can be read without anything beside it. In: all texts. Out: paths of one machine, pages that are not here, words on how a text came to be. Never: the
//! folder of the test data, which is named as a default.

use super::Problem;
use super::repository::{File, Repository};
use super::source::{comments, has_word};

/// Folders of somebody's machine, in halves so that this file passes.
const FOLDERS: [(&str, &str); 3] = [("/wo", "rk/"), ("/ho", "me/"), ("/ro", "ot/")];
/// Who does not speak here, in halves.
const SPEAKERS: [(&str, &str); 6] = [
    ("Cla", "ude"),
    ("Chat", "GPT"),
    ("Co", "pilot"),
    ("language mo", "del"),
    ("coding ag", "ent"),
    ("AI assis", "tant"),
];

pub(super) fn check(repository: &Repository) -> Vec<Problem> {
    repository
        .files
        .iter()
        .flat_map(|file| judge(repository, file))
        .collect()
}

fn judge(repository: &Repository, file: &File) -> Vec<Problem> {
    let whole = |halves: &(&str, &str)| format!("{}{}", halves.0, halves.1);
    let mut problems = Vec::new();
    let mut tell = |at: usize, what: String| {
        problems.push(Problem::new(format!("{}:{}", file.path, at + 1), what));
    };
    for (at, line) in file.text.lines().enumerate() {
        let mut say = |what: String| tell(at, what);
        FOLDERS
            .iter()
            .map(whole)
            .filter(|folder| speaks_of_folder(line, folder))
            .for_each(|folder| say(format!("speaks of `{folder}`")));
        SPEAKERS
            .iter()
            .map(whole)
            .filter(|name| has_word(line, name))
            .for_each(|name| say(format!("speaks of `{name}`")));
    }
    // In code, a name in a literal may be one that a test makes up.
    let is_code = file.is("rs");
    let prose = if is_code {
        comments(&file.text)
    } else {
        file.text.clone()
    };
    for (at, line) in prose.lines().enumerate() {
        for page in pages(line).filter(|page| !is_here(repository, page)) {
            tell(at, format!("speaks of `{page}`, which is not here"));
        }
    }
    problems
}

/// Whether a line has an absolute path that begins with a folder.
fn speaks_of_folder(line: &str, folder: &str) -> bool {
    let before = |at| line.get(..at).and_then(|text| text.chars().next_back());
    line.match_indices(folder).any(|(at, _)| {
        !before(at).is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '}'))
    })
}

/// Names of Markdown pages in a line.
fn pages(line: &str) -> impl Iterator<Item = &str> {
    let words = line.split(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '/' | '_' | '-')));
    let names = words.map(|word| word.trim_end_matches('.'));
    names.filter(|name| {
        name.strip_suffix(".md")
            .is_some_and(|stem| stem.ends_with(char::is_alphanumeric))
    })
}

/// Whether a page is in the repository, however it is spoken of.
fn is_here(repository: &Repository, page: &str) -> bool {
    let name = page.trim_start_matches("./").trim_start_matches("../");
    repository
        .files
        .iter()
        .any(|file| file.path == name || file.path.ends_with(&format!("/{name}")))
}

#[cfg(test)]
mod tests {
    use super::super::repository::tests::with_files;
    use super::*;

    fn found(line: &str) -> Vec<String> {
        let files = [("a.rs", line), ("docs/here.md", "")];
        check(&with_files(&files))
            .iter()
            .map(|problem| problem.what.clone())
            .collect()
    }

    #[test]
    fn folders_pages_and_speakers_from_elsewhere_are_told() {
        assert_eq!(
            found(&format!("see {}{}x", "/wo", "rk/")),
            [format!("speaks of `{}{}`", "/wo", "rk/")]
        );
        assert_eq!(found(&format!("as {}{} said", "Cla", "ude")).len(), 1);
        assert_eq!(
            found("// see `there.md` 4"),
            ["speaks of `there.md`, which is not here"]
        );
    }

    #[test]
    fn what_is_here_and_what_only_looks_alike_is_not() {
        for line in [
            "see docs/here.md.",
            "see `here.md`",
            "target/work/x",
            "a framework/",
            "ends with \".md\"",
            "\"there.md\"",
        ] {
            assert_eq!(found(line), Vec::<String>::new(), "{line}");
        }
    }
}
