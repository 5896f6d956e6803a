//! What the checks need of Markdown: tables, links, headings. In: a text. Out: cells, targets, anchors. Never: anything inside a code block.

/// Lines outside fenced code, with their numbers from 1.
pub(super) fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(at, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        (!fenced && !fence).then_some((at + 1, line))
    })
}

/// Rows of the table whose header begins with these cells; each row with its line number.
pub(super) fn table<'t>(text: &'t str, header: &[&str]) -> Vec<(usize, Vec<&'t str>)> {
    let is_header = |line: &str| cells(line).is_some_and(|row| row.starts_with(header));
    prose(text)
        .skip_while(|(_, line)| !is_header(line))
        .skip(2)
        .map_while(|(at, line)| cells(line).map(|row| (at, row)))
        .collect()
}

/// Last cells of the rows of all tables whose last column has this name, with their lines.
pub(super) fn rows_below<'t>(text: &'t str, column: &str) -> Vec<(usize, &'t str)> {
    let mut rows = Vec::new();
    let mut inside = false;
    for (at, line) in prose(text) {
        let last = cells(line).and_then(|row| row.last().copied());
        match last {
            None => inside = false,
            Some(cell) if cell == column => inside = true,
            Some(cell) if inside && !cell.starts_with("--") => rows.push((at, cell)),
            Some(_) => {}
        }
    }
    rows
}

fn cells(line: &str) -> Option<Vec<&str>> {
    let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    Some(inner.split('|').map(str::trim).collect())
}

/// Names between backticks.
pub(super) fn names(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// Targets of links outside code, with their lines.
pub(super) fn links(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (at, line) in prose(text) {
        // What stands between backticks is no link.
        for part in line.split('`').step_by(2) {
            for (open, _) in part.match_indices("](") {
                let target = part.get(open + 2..).and_then(|rest| rest.split(')').next());
                found.extend(target.map(|target| (at, target)));
            }
        }
    }
    found
}

/// Anchors of headings, as GitHub makes them.
pub(super) fn anchors(text: &str) -> Vec<String> {
    let headings = prose(text).filter(|(_, line)| line.starts_with('#'));
    headings
        .map(|(_, line)| slug(line.trim_start_matches('#').trim()))
        .collect()
}

fn slug(heading: &str) -> String {
    let kept = heading
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase)
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# A `b`: c\n\n| crate | uses |\n|---|---|\n| `x` | `y`, `z` |\n| `v` | – |\n\n[a](b.md#c) `[d](e)`\n```\n[f](g)\n| crate | uses |\n```\n";

    #[test]
    fn tables_links_and_anchors_are_found_outside_of_code() {
        let rows = table(TEXT, &["crate", "uses"]);
        assert_eq!(rows, [(5, vec!["`x`", "`y`, `z`"]), (6, vec!["`v`", "–"])]);
        assert_eq!(names(rows[0].1[1]), ["y", "z"]);
        assert_eq!(links(TEXT), [(8, "b.md#c")]);
        assert_eq!(anchors(TEXT), ["a-b-c"]);
        assert!(table(TEXT, &["room"]).is_empty());
    }
}
