//! Rust code without what only looks like code. In: a source text. Out: the same text, line by line, with comments or literals blanked. Never: a full parser: it knows
//! comments, strings, raw strings and characters, which is what hides words.

/// What a blanking leaves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Comment,
    Literal,
}

/// The code alone: comments and literals are blank.
pub(super) fn code(text: &str) -> String {
    blank(text, |kind| kind == Kind::Code)
}

/// Code with its literals: comments are blank.
pub(super) fn spoken(text: &str) -> String {
    blank(text, |kind| kind != Kind::Comment)
}

/// The comments alone.
pub(super) fn comments(text: &str) -> String {
    blank(text, |kind| kind == Kind::Comment)
}

/// A text up to its unit tests, which stand at the end of a file.
pub(super) fn product(text: &str) -> &str {
    text.find("#[cfg(test)]\nmod ")
        .and_then(|end| text.get(..end))
        .unwrap_or(text)
}

/// Whether a word stands in a text as a word.
pub(super) fn has_word(text: &str, word: &str) -> bool {
    let inner = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|t| t.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|t| t.chars().next());
        !inner(before) && !inner(after)
    })
}

fn blank(text: &str, keep: impl Fn(Kind) -> bool) -> String {
    let mut rest = text;
    let mut out = String::with_capacity(text.len());
    while !rest.is_empty() {
        let (kind, length) = token(rest, out.chars().next_back());
        let (part, behind) = rest.split_at_checked(length).unwrap_or((rest, ""));
        for c in part.chars() {
            out.push(if keep(kind) || c == '\n' { c } else { ' ' });
        }
        rest = behind;
    }
    out
}

/// Kind and length in bytes of what stands at the beginning.
fn token(text: &str, before: Option<char>) -> (Kind, usize) {
    let first = text.chars().next().map_or(1, char::len_utf8);
    if text.starts_with("//") {
        return (Kind::Comment, text.find('\n').unwrap_or(text.len()));
    }
    if text.starts_with("/*") {
        return (Kind::Comment, comment(text));
    }
    if text.starts_with('"') {
        return (Kind::Literal, string(text));
    }
    let in_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    if !in_word && let Some(length) = raw_string(text) {
        return (Kind::Literal, length);
    }
    if text.starts_with('\'')
        && let Some(length) = character(text)
    {
        return (Kind::Literal, length);
    }
    (Kind::Code, first)
}

/// Block comments nest.
fn comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let step = if rest.starts_with("/*") {
            depth += 1;
            2
        } else if rest.starts_with("*/") {
            depth -= 1;
            2
        } else {
            rest.chars().next().map_or(1, char::len_utf8)
        };
        at += step;
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// `r"…"`, `r#"…"#`, with `b` or `c` before it.
fn raw_string(text: &str) -> Option<usize> {
    let body = text
        .strip_prefix(['b', 'c'])
        .unwrap_or(text)
        .strip_prefix('r')?;
    let content = body.trim_start_matches('#');
    let hashes = body.len() - content.len();
    let content = content.strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let inside = content
        .find(&end)
        .map_or(content.len(), |at| at + end.len());
    Some(text.len() - content.len() + inside)
}

/// A character; a lifetime is none.
fn character(text: &str) -> Option<usize> {
    let mut chars = text.char_indices().skip(1);
    let (_, first) = chars.next()?;
    if first == '\\' {
        // The escaped character itself may be a quote.
        chars.next()?;
        return chars.find(|&(_, c)| c == '\'').map(|(at, _)| at + 1);
    }
    chars
        .next()
        .filter(|&(_, c)| c == '\'')
        .map(|(at, _)| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blank_and_the_rest_stays_in_its_place() {
        let check = |text: &str, expected: &str| assert_eq!(code(text), expected, "{text}");
        check("a // b\nc", "a     \nc");
        check("a /* b /* c */ d */ e", "a                   e");
        check(
            r#"f("un\"safe", 'x', '\'', b)"#,
            "f(          ,    ,     , b)",
        );
        check("r#\"a\"b\"# c", "         c");
        check("for<'a> 'b: loop {}", "for<'a> 'b: loop {}");
        check("br\"x\" + bar\"y\"", "      + bar   ");
        assert_eq!(spoken("\"ssh\" // ssh"), "\"ssh\"       ");
        assert_eq!(comments("\"a\" // b"), "    // b");
    }

    #[test]
    fn words_are_whole_and_tests_are_no_product() {
        assert!(has_word("a-todo b", "todo"));
        assert!(!has_word("mastodon todos", "todo"));
        assert_eq!(product("a\n#[cfg(test)]\nmod tests { b }"), "a\n");
    }
}
