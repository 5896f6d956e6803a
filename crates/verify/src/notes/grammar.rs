//! Lines of a note: `key: value`, in a fixed order. In: a text. Out: values, or the line at which it leaves its grammar. Never: a line that is passed over.

use crate::quote;
use std::fmt;
use std::iter::Peekable;
use std::str::Split;

/// Where a text leaves its grammar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    line: usize,
    what: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

impl Broken {
    /// The text is wrong in a line that was read before.
    pub(crate) fn at(line: usize, what: &str) -> Self {
        let what = what.to_owned();
        Self { line, what }
    }
}

/// The lines that are still to be read.
pub(crate) struct Lines<'t> {
    rest: Peekable<Split<'t, char>>,
    line: usize,
}

impl<'t> Lines<'t> {
    /// The lines behind the header.
    pub(crate) fn of(text: &'t str, header: &str, most: usize) -> Result<Self, Broken> {
        let mut lines = Self {
            rest: "".split('\n').peekable(),
            line: 1,
        };
        if text.len() > most {
            return Err(lines.broken(format!("the text has more than {most} bytes")));
        }
        let plain = |byte: u8| byte == b'\n' || (b' '..=b'~').contains(&byte);
        let body = text.strip_suffix('\n').filter(|_| text.bytes().all(plain));
        let body = body.ok_or_else(|| lines.broken("the text is not lines of ASCII"))?;
        lines.rest = body.split('\n').peekable();
        match lines.rest.next() {
            Some(first) if first == header => Ok(lines),
            _ => Err(lines.broken(format!("it is not `{header}`"))),
        }
    }

    /// The text is wrong in the line that was read last.
    pub(crate) fn broken(&self, what: impl Into<String>) -> Broken {
        let what = what.into();
        let line = self.line;
        Broken { line, what }
    }

    /// The value of the next line, if its key is this one.
    pub(crate) fn optional(&mut self, key: &str) -> Option<&'t str> {
        let (found, value) = self.rest.peek()?.split_once(": ")?;
        let plain = !value.is_empty() && !value.starts_with(' ') && !value.ends_with(' ');
        (found == key && plain).then(|| {
            self.rest.next();
            self.line += 1;
            value
        })
    }

    /// The value of the next line, whose key has to be this one.
    pub(crate) fn value(&mut self, key: &str) -> Result<&'t str, Broken> {
        self.optional(key).ok_or_else(|| {
            self.line += 1;
            self.broken(format!("expected `{key}: …`"))
        })
    }

    /// The value of the next line as `read` makes it.
    pub(crate) fn parsed<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(&'t str) -> Option<T>,
    ) -> Result<T, Broken> {
        let text = self.value(key)?;
        read(text).ok_or_else(|| self.broken(format!("{} is no value of `{key}`", quote(text))))
    }

    /// The values of all lines of this key that follow.
    pub(crate) fn repeated<T>(
        &mut self,
        key: &str,
        mut read: impl FnMut(&'t str) -> Option<T>,
    ) -> Result<Vec<T>, Broken> {
        let mut values = Vec::new();
        while let Some(text) = self.optional(key) {
            let value = read(text);
            let wrong = || self.broken(format!("{} is no value of `{key}`", quote(text)));
            values.push(value.ok_or_else(wrong)?);
        }
        Ok(values)
    }

    /// Words with single spaces between them, none twice; `none` for no word.
    pub(crate) fn words(&mut self, key: &str) -> Result<Vec<&'t str>, Broken> {
        let text = self.value(key)?;
        if text == "none" {
            return Ok(Vec::new());
        }
        let words: Vec<&str> = text.split(' ').collect();
        let twice = words
            .iter()
            .enumerate()
            .any(|(at, word)| words.iter().take(at).any(|w| w == word));
        if twice || words.iter().any(|word| word.is_empty()) {
            return Err(self.broken(format!("`{key}` is no list without repeats")));
        }
        Ok(words)
    }

    /// Nothing may follow.
    pub(crate) fn end(mut self) -> Result<(), Broken> {
        if self.rest.next().is_none() {
            return Ok(());
        }
        self.line += 1;
        Err(self.broken("nothing may stand here"))
    }
}

/// A decimal number without leading zeros.
pub(crate) fn number(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let plain = digits && (text == "0" || !text.starts_with('0'));
    plain.then(|| text.parse().ok()).flatten()
}

/// `sha256:` and 64 hex digits.
pub(crate) fn sha256(text: &str) -> Option<[u8; 32]> {
    crate::unhex(text.strip_prefix("sha256:")?)
}
