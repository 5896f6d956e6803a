//! Files that one can read in a sitting. In: all texts. Out: files that are too long. Never: what a program wrote.

use super::Problem;
use super::repository::Repository;

/// Most lines of a file.
const LINES_MAX: usize = 800;

pub(super) fn check(repository: &Repository) -> Vec<Problem> {
    let counted = repository
        .files
        .iter()
        .map(|file| (file, file.text.lines().count()));
    let long = counted.filter(|&(_, lines)| lines > LINES_MAX);
    long.map(|(file, lines)| {
        Problem::new(
            file.path.as_str(),
            format!("has {lines} lines, more than {LINES_MAX}"),
        )
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::super::repository::tests::with_files;
    use super::*;

    #[test]
    fn a_file_of_801_lines_is_told_and_one_of_800_is_not() {
        let (short, long) = ("x\n".repeat(800), "x\n".repeat(801));
        let problems = check(&with_files(&[("a.rs", &short), ("b.rs", &long)]));
        assert_eq!(
            problems,
            [Problem::new("b.rs", "has 801 lines, more than 800")]
        );
    }
}
