//! The note of a bundle. In: its text. Out: version, times, each list with its class, count and hash. Never: a line that is unknown, twice, or in another place.

use super::{BundleError, LISTS_MAX, hash_text, is_name, last_end};
use crate::safety::Class;
use sakimori_custody::ids::unhex;
use sakimori_custody::time::Seconds;
use std::fmt;

const HEADER: &str = "sakimori/safety-lists/v1";

/// One list, as the note names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// How far its entries are protected.
    pub class: Class,
    /// How many entries it has.
    pub count: u64,
    /// SHA-256 of its line in the file, with the newline.
    pub sha256: [u8; 32],
}

/// What the note says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lists {
    /// Grows with each bundle, from 1.
    pub version: u64,
    /// When it was put together.
    pub time: Seconds,
    /// Its last second, at most [`super::DAYS_MAX`] days later.
    pub not_after: Seconds,
    /// Version of the trust root.
    pub root: u64,
    /// The lists in the order of their names, each once.
    pub lists: Vec<Listed>,
}

struct Lines<'t> {
    lines: std::iter::Enumerate<std::str::Lines<'t>>,
    at: usize,
}

impl<'t> Lines<'t> {
    fn fail(&self, problem: impl Into<String>) -> BundleError {
        BundleError::Line {
            line: self.at,
            problem: problem.into(),
        }
    }

    fn value(&mut self, key: &str) -> Result<&'t str, BundleError> {
        let next = self.lines.next();
        self.at = next.map_or(self.at + 1, |(at, _)| at + 1);
        next.and_then(|(_, line)| line.strip_prefix(key)?.strip_prefix(": "))
            .filter(|value| !value.is_empty() && value.trim() == *value)
            .ok_or_else(|| self.fail(format!("expected `{key}: …`")))
    }

    fn number(&mut self, key: &str) -> Result<u64, BundleError> {
        let text = self.value(key)?;
        number(text).ok_or_else(|| self.fail(format!("`{text}` is no number from 1 on")))
    }

    fn time(&mut self, key: &str) -> Result<Seconds, BundleError> {
        let text = self.value(key)?;
        text.parse()
            .map_err(|_| self.fail(format!("`{text}` is no time")))
    }
}

fn number(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number > 0 && number.to_string() == text).then_some(number)
}

impl Lists {
    /// Reads the text of a bundle's note.
    ///
    /// # Errors
    /// [`BundleError::Line`] names the line.
    pub fn parse(text: &str) -> Result<Self, BundleError> {
        let mut lines = Lines {
            lines: text.lines().enumerate(),
            at: 1,
        };
        let plain = text.bytes().all(|b| matches!(b, b'\n' | 0x20..=0x7e)) && text.ends_with('\n');
        if !plain || lines.lines.next().map(|(_, line)| line) != Some(HEADER) {
            return Err(lines.fail(format!("the text is not `{HEADER}` in ASCII lines")));
        }
        let version = lines.number("version")?;
        let time = lines.time("time")?;
        let not_after = lines.time("not-after")?;
        if not_after < time || not_after > last_end(time) {
            return Err(lines.fail("the end is not within the longest life of a bundle"));
        }
        let root = lines.number("root")?;
        let count = lines.number("lists")?;
        if count > LISTS_MAX as u64 {
            return Err(lines.fail(format!("more than {LISTS_MAX} lists")));
        }
        let mut lists: Vec<Listed> = Vec::new();
        for _ in 0..count {
            let text = lines.value("list")?;
            let listed =
                listed(text).ok_or_else(|| lines.fail("expected `list: NAME CLASS COUNT HASH`"))?;
            if lists.last().is_some_and(|last| last.name >= listed.name) {
                return Err(lines.fail(format!("`{}` stands twice or too late", listed.name)));
            }
            lists.push(listed);
        }
        if lines.lines.next().is_some() {
            lines.at += 1;
            return Err(lines.fail("nothing may stand here"));
        }
        Ok(Self {
            version,
            time,
            not_after,
            root,
            lists,
        })
    }
}

fn listed(text: &str) -> Option<Listed> {
    let words: Vec<&str> = text.split(' ').collect();
    let [name, class, count, hash] = words[..] else {
        return None;
    };
    Some(Listed {
        name: is_name(name).then(|| name.to_owned())?,
        class: Class::from_name(class)?,
        count: number(count)?,
        sha256: unhex(hash.strip_prefix("sha256:")?)?,
    })
}

impl fmt::Display for Lists {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{HEADER}\nversion: {}\ntime: {}\nnot-after: {}\nroot: {}\nlists: {}",
            self.version,
            self.time,
            self.not_after,
            self.root,
            self.lists.len()
        )?;
        for list in &self.lists {
            let hash = hash_text(&list.sha256);
            writeln!(
                f,
                "list: {} {} {} {hash}",
                list.name, list.class, list.count
            )?;
        }
        Ok(())
    }
}
