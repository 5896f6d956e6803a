//! Links between pages. In: all Markdown. Out: links to files or headings that are not there. Never: the network; addresses of others are not asked.

use super::Problem;
use super::markdown::{anchors, links};
use super::repository::{File, Repository};

pub(super) fn check(repository: &Repository) -> Vec<Problem> {
    let pages = repository.files.iter().filter(|file| file.is("md"));
    pages
        .flat_map(|page| {
            links(&page.text)
                .into_iter()
                .filter_map(|(at, target)| judge(repository, page, at, target))
        })
        .collect()
}

fn judge(repository: &Repository, page: &File, at: usize, target: &str) -> Option<Problem> {
    if ["https://", "http://", "mailto:"]
        .iter()
        .any(|scheme| target.starts_with(scheme))
    {
        return None;
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let full = if path.is_empty() {
        page.path.clone()
    } else {
        join(&page.path, path)
    };
    let say = |what: &str| {
        Some(Problem::new(
            format!("{}:{at}", page.path),
            format!("`{target}` {what}"),
        ))
    };
    let folder = format!("{}/", full.trim_end_matches('/'));
    let is_folder = full.is_empty()
        || repository
            .files
            .iter()
            .any(|file| file.path.starts_with(&folder));
    if is_folder {
        return None;
    }
    let Some(file) = repository.files.iter().find(|file| file.path == full) else {
        return say("leads nowhere");
    };
    let known = anchor.is_empty() || anchors(&file.text).iter().any(|heading| heading == anchor);
    if known {
        None
    } else {
        say("leads to no heading")
    }
}

/// A path from the root, by way of the page that names it.
pub(super) fn join(page: &str, path: &str) -> String {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::super::repository::tests::with_files;
    use super::*;

    #[test]
    fn links_to_files_folders_and_headings_are_followed() {
        let page = "# One\n[a](../b.md) [b](../b.md#two-words) [c](#one) [d](https://x.example/y) [e](..) [f](../crates)\n";
        let files = [
            ("docs/a.md", page),
            ("b.md", "## Two words\n"),
            ("crates/x.rs", ""),
        ];
        assert!(check(&with_files(&files)).is_empty());
    }

    #[test]
    fn a_missing_file_and_a_missing_heading_are_told_with_their_line() {
        let files = [
            ("docs/a.md", "# One\n\n[a](b.md)\n[b](#three)\n"),
            ("b.md", ""),
        ];
        let found: Vec<_> = check(&with_files(&files))
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            found,
            [
                "docs/a.md:3: `b.md` leads nowhere",
                "docs/a.md:4: `#three` leads to no heading"
            ]
        );
    }
}
