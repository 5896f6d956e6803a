//! The grammar that all notes share: ASCII, one `key: value` a line, fixed order, nothing unknown, nothing twice. In: a text. Out: values in order, or the
//! line that breaks it. Never: a second text for one meaning.

use sakimori_custody::ids::{hex, unhex};

/// A text that breaks the grammar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct GrammarError {
    /// Line, from 1.
    pub line: usize,
    /// What was expected there.
    pub problem: String,
}

/// Reads lines in order.
pub(crate) struct Lines<'a> {
    lines: Vec<&'a str>,
    at: usize,
}

impl<'a> Lines<'a> {
    /// Checks characters and length and reads the header line.
    pub(crate) fn new(text: &'a str, header: &str, most: usize) -> Result<Self, GrammarError> {
        let fail = |problem: String| GrammarError { line: 1, problem };
        if text.len() > most {
            return Err(fail(format!("the text is longer than {most} bytes")));
        }
        if !text
            .bytes()
            .all(|b| (0x20..0x7f).contains(&b) || b == b'\n')
        {
            return Err(fail("the text has characters other than ASCII".to_owned()));
        }
        let body = text
            .strip_suffix('\n')
            .ok_or_else(|| fail("no final newline".to_owned()))?;
        let lines: Vec<&str> = body.split('\n').collect();
        if lines.first() != Some(&header) {
            return Err(fail(format!("the first line is not `{header}`")));
        }
        Ok(Self { lines, at: 1 })
    }

    pub(crate) fn fail(&self, problem: impl Into<String>) -> GrammarError {
        GrammarError {
            line: self.at,
            problem: problem.into(),
        }
    }

    /// The value of the next line, whose key must be this one.
    pub(crate) fn value(&mut self, key: &str) -> Result<&'a str, GrammarError> {
        let found = self.next_if(key);
        self.at += usize::from(found.is_none());
        found
            .filter(|v| !v.is_empty())
            .ok_or_else(|| self.fail(format!("expected `{key}: …`")))
    }

    /// The value of the next line if its key is this one.
    pub(crate) fn next_if(&mut self, key: &str) -> Option<&'a str> {
        let line = self.lines.get(self.at)?;
        let value = line.strip_prefix(key)?.strip_prefix(": ")?;
        // A line that is not taken is not passed either: whoever asks next stands before it, and refuses it.
        let value = (value.trim() == value).then_some(value)?;
        self.at += 1;
        Some(value)
    }

    /// All values of a key that may repeat.
    pub(crate) fn all(&mut self, key: &str) -> Vec<&'a str> {
        std::iter::from_fn(|| self.next_if(key)).collect()
    }

    /// The value of the next line as its type.
    pub(crate) fn parse<T: std::str::FromStr>(&mut self, key: &str) -> Result<T, GrammarError> {
        let text = self.value(key)?;
        text.parse()
            .map_err(|_| self.fail(format!("`{text}` is no value of `{key}`")))
    }

    /// A decimal number without leading zeros.
    pub(crate) fn number(&mut self, key: &str) -> Result<u64, GrammarError> {
        let text = self.value(key)?;
        number(text).ok_or_else(|| self.fail(format!("`{text}` is no number")))
    }

    /// `sha256:` and 64 hex digits.
    pub(crate) fn hash(&mut self, key: &str) -> Result<[u8; 32], GrammarError> {
        let text = self.value(key)?;
        hash(text).ok_or_else(|| self.fail(format!("`{key}` is no SHA-256")))
    }

    /// A line of free text with a bound.
    pub(crate) fn text(&mut self, key: &str, most: usize) -> Result<String, GrammarError> {
        let text = self.value(key)?;
        if text.len() > most {
            return Err(self.fail(format!("`{key}` is longer than {most} bytes")));
        }
        Ok(text.to_owned())
    }

    /// A number from 1 on.
    pub(crate) fn count(&mut self, key: &str) -> Result<u64, GrammarError> {
        let count = self.number(key)?;
        if count == 0 {
            return Err(self.fail(format!("`{key}` is counted from 1")));
        }
        Ok(count)
    }

    /// `sha256:` and 64 hex digits, or `none`.
    pub(crate) fn optional_hash(&mut self, key: &str) -> Result<Option<[u8; 32]>, GrammarError> {
        match self.value(key)? {
            "none" => Ok(None),
            text => hash(text)
                .map(Some)
                .ok_or_else(|| self.fail(format!("`{key}` is no SHA-256"))),
        }
    }

    /// 64 hex digits.
    pub(crate) fn digits(&mut self, key: &str) -> Result<[u8; 32], GrammarError> {
        let text = self.value(key)?;
        unhex(text).ok_or_else(|| self.fail(format!("`{key}` is not 64 hex digits")))
    }

    /// Names separated by single spaces, distinct; `none` for no name.
    pub(crate) fn list<T: std::str::FromStr + PartialEq>(
        &mut self,
        key: &str,
    ) -> Result<Vec<T>, GrammarError> {
        let text = self.value(key)?;
        let mut out: Vec<T> = Vec::new();
        if text == "none" {
            return Ok(out);
        }
        for word in text.split(' ') {
            let item = word
                .parse()
                .map_err(|_| self.fail(format!("`{word}` is no {key}")))?;
            if out.contains(&item) {
                return Err(self.fail(format!("`{word}` stands twice")));
            }
            out.push(item);
        }
        Ok(out)
    }

    /// Nothing may follow.
    pub(crate) fn end(&self) -> Result<(), GrammarError> {
        match self.lines.get(self.at) {
            None => Ok(()),
            Some(_) => Err(GrammarError {
                line: self.at + 1,
                problem: "nothing may stand here".to_owned(),
            }),
        }
    }
}

pub(crate) fn number(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// A hash as the grammar writes it, or `none`.
pub(crate) fn optional_hash(hash: Option<&[u8; 32]>) -> String {
    hash.map_or_else(|| "none".to_owned(), |hash| format!("sha256:{}", hex(hash)))
}

pub(crate) fn hash(text: &str) -> Option<[u8; 32]> {
    unhex(text.strip_prefix("sha256:")?)
}

/// A list as the grammar writes it.
pub(crate) fn join<T: ToString>(items: &[T]) -> String {
    if items.is_empty() {
        return "none".to_owned();
    }
    items
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(" ")
}
