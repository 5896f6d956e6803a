//! Every crate is under the lints of the workspace. In: manifests. Out: crates that have none, or own ones that are weaker. Never: a weaker one than `unsafe` denied in
//! the place of forbidden, which [`super::unsafety`] then looks after.

use super::Problem;
use super::repository::Repository;

pub(super) fn check(repository: &Repository) -> Vec<Problem> {
    let house = repository.text("Cargo.toml");
    let manifests = repository
        .files
        .iter()
        .filter(|file| file.path.ends_with("/Cargo.toml"));
    let weak = manifests.filter(|file| !is_under(&file.text, house));
    weak.map(|file| {
        Problem::new(
            file.path.as_str(),
            "is not under the lints of the workspace",
        )
    })
    .collect()
}

fn is_under(manifest: &str, house: &str) -> bool {
    if section(manifest, "[lints]") == ["workspace = true"] {
        return true;
    }
    ["rust", "clippy"].iter().all(|tool| {
        let own = section(manifest, &format!("[lints.{tool}]"));
        let asked = section(house, &format!("[workspace.lints.{tool}]"));
        let asked = asked
            .iter()
            .map(|line| line.replace("\"forbid\"", "\"deny\""));
        !own.is_empty() && asked.eq(own.iter().map(ToString::to_string))
    })
}

/// The lines of a section without blank ones and comments.
fn section<'t>(text: &'t str, header: &str) -> Vec<&'t str> {
    let lines = text.lines().skip_while(|line| *line != header).skip(1);
    let lines = lines.take_while(|line| !line.starts_with('['));
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::repository::tests::with_files;
    use super::*;

    const HOUSE: &str = "[workspace.lints.rust]\nunsafe_code = \"forbid\"\n\n[workspace.lints.clippy]\n# why\ntodo = \"deny\"\n";

    fn weak(manifest: &str) -> usize {
        check(&with_files(&[
            ("Cargo.toml", HOUSE),
            ("crates/a/Cargo.toml", manifest),
        ]))
        .len()
    }

    #[test]
    fn a_crate_has_the_lints_of_the_workspace_or_the_same_with_unsafe_denied() {
        let own = "[lints.rust]\nunsafe_code = \"deny\"\n\n[lints.clippy]\ntodo = \"deny\"\n";
        assert_eq!(weak("[lints]\nworkspace = true\n"), 0);
        assert_eq!(weak(own), 0);
        assert_eq!(weak(""), 1);
        assert_eq!(weak(&own.replace("todo = \"deny\"", "todo = \"warn\"")), 1);
        assert_eq!(
            weak(&own.replace("unsafe_code = \"deny\"", "unsafe_code = \"allow\"")),
            1
        );
    }
}
