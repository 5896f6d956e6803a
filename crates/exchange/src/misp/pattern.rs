//! The patterns of the mapping: comparisons for equality, joined by `AND`. In: comparisons with values, or the text of a pattern. Out: the text, or its comparisons.
//! Never: the whole grammar of STIX 2.1 section 9; a pattern with more in it is kept as it is.

use super::limits;

/// A comparison for equality.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Comparison {
    /// The path with its type, such as `file:hashes.'SHA-256'`.
    pub(super) path: String,
    /// The value with its escapes undone.
    pub(super) value: String,
}

/// A value as it stands between quotes.
pub(super) fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('\'', "\\'")
}

/// The comparisons of a pattern, or `None` where it is more than those. A truth value is written as MISP writes it.
pub(super) fn comparisons(pattern: &str) -> Option<Vec<Comparison>> {
    read(pattern, &[("true", "True"), ("false", "False")])
}

/// As [`comparisons`], and a truth value stays as it is written.
pub(super) fn comparisons_as_written(pattern: &str) -> Option<Vec<Comparison>> {
    read(pattern, &[])
}

fn read(pattern: &str, words: &[(&str, &str)]) -> Option<Vec<Comparison>> {
    let inner = pattern.trim().strip_prefix('[')?.strip_suffix(']')?;
    let mut out = Vec::new();
    let mut rest = inner.trim_start();
    loop {
        rest = rest.trim_start_matches(['(', ' ']);
        let (path, after) = path(rest)?;
        let after = after.trim_start().strip_prefix('=')?;
        let (value, after) = value(after.trim_start(), words)?;
        out.push(Comparison { path, value });
        if out.len() > limits::COMPARISONS_MAX {
            return None;
        }
        rest = after.trim_start_matches([')', ' ']);
        if rest.is_empty() {
            return Some(out);
        }
        rest = rest.strip_prefix("AND ")?;
    }
}

/// A path: everything up to a space or `=` outside of quotes.
fn path(text: &str) -> Option<(String, &str)> {
    let mut quoted = false;
    let end = text.char_indices().find_map(|(at, c)| {
        if c == '\'' {
            quoted = !quoted;
        }
        (!quoted && (c == ' ' || c == '=')).then_some(at)
    })?;
    let (path, rest) = text.split_at_checked(end)?;
    path.contains(':').then(|| (path.to_owned(), rest))
}

/// A value: a text in quotes with its escapes undone, or a word.
fn value<'t>(text: &'t str, words: &[(&str, &str)]) -> Option<(String, &'t str)> {
    let Some(quoted) = text.strip_prefix('\'') else {
        let end = text.find([' ', ')']).unwrap_or(text.len());
        let (word, rest) = text.split_at_checked(end)?;
        let known = words.iter().find(|(written, _)| *written == word);
        let word = known.map_or(word, |(_, ours)| ours);
        return (!word.is_empty()).then(|| (word.to_owned(), rest));
    };
    let mut out = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => out.push(characters.next()?.1),
            '\'' => return Some((out, quoted.get(at + 1..)?)),
            other => out.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparisons_are_read_as_they_were_written() {
        let check = |pattern: &str, expected: Option<&[(&str, &str)]>| {
            let found = comparisons(pattern);
            let found = found.map(|all| {
                let each = all.into_iter().map(|c| (c.path, c.value));
                each.collect::<Vec<_>>()
            });
            let wanted = expected.map(|all| {
                let each = all.iter().map(|(p, v)| ((*p).to_owned(), (*v).to_owned()));
                each.collect::<Vec<_>>()
            });
            assert_eq!(found, wanted, "{pattern}");
        };
        check("[url:value = 'a']", Some(&[("url:value", "a")]));
        check(
            "[(a:b.'c d' = 'it\\'s' AND a:d = '\\\\x') AND e:f = true]",
            Some(&[("a:b.'c d'", "it's"), ("a:d", "\\x"), ("e:f", "True")]),
        );
        check("[a:b = 'x' OR a:b = 'y']", None);
        check("[a:b > 3]", None);
        check("[a:b = 'x'] FOLLOWEDBY [a:b = 'y']", None);
        check("[a:b = 'x", None);
        check("", None);
        let hard = "a' AND b:c = 'd\\";
        let pattern = format!("[a:b = '{}']", escape(hard));
        check(&pattern, Some(&[("a:b", hard)]));
    }
}
