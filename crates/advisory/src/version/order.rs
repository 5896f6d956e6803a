//! Which of two versions is the later? In: two texts and the scheme that their publisher names. Out: an order, or nothing. Never: an order for parts whose meaning depends
//! on the maker (`R2`, `HW01` against `HW02` is one, `HW01` against `FW01` is none).

use crate::limits::{PARTS_MAX, TEXT_BYTES_MAX};
use std::cmp::Ordering;

/// How versions are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Numbers between dots only (`vers:intdot`).
    Dotted,
    /// Semantic Versioning 2.0.0, section 11; also npm, cargo, go, hex.
    Semantic,
    /// Any other: numbers count, words only where everybody means the same by them.
    Cautious,
}

/// A version taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Its numbers up to the first word.
    numbers: Vec<Number>,
    /// What follows: a word with the numbers behind it.
    rest: Vec<Part>,
    /// Identifiers of a pre-release, in the semantic scheme alone.
    pre: Option<String>,
    scheme: Scheme,
    /// Cut, empty, or with signs that no version has.
    odd: bool,
}

/// Digits without their leading zeros, and how many zeros there were.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Number {
    digits: String,
    zeros: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    word: String,
    numbers: Vec<Number>,
    /// A dot stands before the word: the word has the place of a number.
    dotted: bool,
}

/// Words that everybody puts behind the release itself.
const LATER: [&str; 20] = [
    "sp",
    "servicepack",
    "service",
    "update",
    "upd",
    "up",
    "patch",
    "p",
    "pl",
    "hotfix",
    "hf",
    "fix",
    "fixpack",
    "fp",
    "mp",
    "cu",
    "build",
    "post",
    "ga",
    "final",
];

/// Words that everybody puts before the release itself.
const EARLIER: [&str; 8] = [
    "alpha", "beta", "rc", "pre", "preview", "dev", "snapshot", "cr",
];

/// Steps to a release.
const STEPS: [&str; 3] = ["alpha", "beta", "rc"];

impl Number {
    fn read(digits: &str) -> Self {
        let cut = digits.trim_start_matches('0');
        Self {
            digits: cut.to_owned(),
            zeros: digits.len() - cut.len(),
        }
    }

    fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    /// Numbers are compared as numbers, unless one is written like a decimal fraction (`3.02` beside `3.2`).
    fn compare(&self, other: &Self) -> Option<Ordering> {
        if self.digits == other.digits {
            return Some(Ordering::Equal);
        }
        if self.is_zero() || other.is_zero() {
            return Some(self.digits.len().cmp(&other.digits.len()));
        }
        let width = |n: &Self| n.zeros + n.digits.len();
        if (self.zeros > 0 || other.zeros > 0) && width(self) != width(other) {
            return None;
        }
        let by_length = self.digits.len().cmp(&other.digits.len());
        Some(by_length.then_with(|| self.digits.cmp(&other.digits)))
    }
}

impl Version {
    /// Takes a version apart. Every text is taken; one that is no version compares with nothing.
    pub fn read(written: &str, scheme: Scheme) -> Self {
        let mut version = Self {
            numbers: Vec::new(),
            rest: Vec::new(),
            pre: None,
            scheme,
            odd: false,
        };
        let written = written.trim();
        if written.is_empty() || written.len() > TEXT_BYTES_MAX {
            version.odd = true;
            return version;
        }
        // `7.0\(3\)` is how records write `7.0(3)`.
        let lower = written.to_ascii_lowercase().replace(['\\'], "");
        let bare = ["version", "release", "ver.", "rel.", "ver", "v"]
            .iter()
            .find_map(|p| lower.strip_prefix(p))
            .map_or(lower.as_str(), |rest| {
                rest.trim_start_matches([' ', '.', ':'])
            });
        let bare = if bare.starts_with(|c: char| c.is_ascii_digit()) {
            bare
        } else {
            lower.as_str()
        };
        let mut bare = bare;
        if scheme == Scheme::Semantic {
            // Build metadata have no part in the order (section 10).
            bare = bare.split_once('+').map_or(bare, |(kept, _)| kept);
            if let Some((core, pre)) = bare.split_once('-') {
                bare = core;
                // Identifiers are compared by ASCII, so the case of the text counts.
                version.pre = Some(kept_case(written, pre));
            }
        }
        version.take(bare);
        version
    }

    fn take(&mut self, text: &str) {
        let mut before = '.';
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let same = |c: char| {
                if first.is_ascii_digit() {
                    c.is_ascii_digit()
                } else {
                    c.is_alphabetic()
                }
            };
            if first.is_ascii_digit() || first.is_alphabetic() {
                let end = rest.find(|c| !same(c)).unwrap_or(rest.len());
                let (token, behind) = rest.split_at(end);
                self.token(token, first.is_ascii_digit(), before);
                rest = behind;
                before = '\0';
                continue;
            }
            self.odd |= !matches!(
                first,
                '.' | '-' | '_' | ' ' | '+' | '(' | ')' | ':' | '~' | '/'
            );
            before = first;
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        }
        self.odd |= self.numbers.is_empty() || self.parts() > PARTS_MAX;
    }

    fn parts(&self) -> usize {
        let behind: usize = self.rest.iter().map(|p| p.numbers.len() + 1).sum();
        self.numbers.len() + behind
    }

    fn token(&mut self, token: &str, number: bool, before: char) {
        if self.parts() > PARTS_MAX {
            return;
        }
        if number {
            let number = Number::read(token);
            // A number behind a dash or space begins a part of its own: `1.2-4` is not `1.2.4`.
            let joined = matches!(before, '.' | '\0');
            match self.rest.last_mut() {
                None if joined || self.numbers.is_empty() => self.numbers.push(number),
                Some(part) if joined || part.numbers.is_empty() => part.numbers.push(number),
                _ => self.rest.push(Part {
                    word: String::new(),
                    numbers: vec![number],
                    dotted: false,
                }),
            }
            return;
        }
        // "service pack 1" is "sp 1".
        if token == "pack"
            && let Some(part) = self.rest.last_mut()
            && part.word == "service"
            && part.numbers.is_empty()
        {
            part.word = String::from("sp");
            return;
        }
        self.rest.push(Part {
            word: token.to_owned(),
            numbers: Vec::new(),
            dotted: before == '.',
        });
    }

    /// Whether the text is a version at all.
    pub fn is_understood(&self) -> bool {
        !self.odd
    }

    /// The order of two versions, where it is known.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        if self.odd || other.odd {
            return None;
        }
        if self.scheme == Scheme::Dotted && (!self.rest.is_empty() || !other.rest.is_empty()) {
            return None;
        }
        let common = self.numbers.len().min(other.numbers.len());
        for (a, b) in self.numbers.iter().zip(&other.numbers) {
            match a.compare(b) {
                Some(Ordering::Equal) => {}
                known => return known,
            }
        }
        let [more_a, more_b] = [self, other].map(|v| v.numbers.get(common..).unwrap_or_default());
        // `5.5 SP1` beside `5.5.1`: the word stands where the other goes on counting.
        let split = |shorter: &Self, more: &[Number]| !more.is_empty() && !shorter.rest.is_empty();
        if split(self, more_b) || split(other, more_a) {
            return None;
        }
        if more_a.iter().any(|n| !n.is_zero()) {
            return Some(Ordering::Greater);
        }
        if more_b.iter().any(|n| !n.is_zero()) {
            return Some(Ordering::Less);
        }
        if self.scheme == Scheme::Semantic {
            let by_rest = compare_rest(&self.rest, &other.rest)?;
            let by_pre = || semantic(self.pre.as_deref(), other.pre.as_deref());
            return Some(by_rest.then_with(by_pre));
        }
        compare_rest(&self.rest, &other.rest)
    }

    /// Whether this version says less than `bound` does: `3.2` may be any `3.2.x`. Then an order only holds where it holds for all of them.
    pub(super) fn is_coarser_than(&self, bound: &Self) -> bool {
        if self.odd || bound.odd || !self.rest.is_empty() {
            return false;
        }
        let begins = self.numbers.len() < bound.numbers.len()
            && self
                .numbers
                .iter()
                .zip(&bound.numbers)
                .all(|(a, b)| a.compare(b) == Some(Ordering::Equal));
        let same = self.numbers.len() == bound.numbers.len()
            && self.compare_numbers(bound) == Some(Ordering::Equal);
        // A pre-release is before what is written without one, and no part of it.
        let within = bound
            .rest
            .first()
            .is_some_and(|part| beside_nothing(part) != Some(Ordering::Less));
        begins || (same && within)
    }

    /// Whether all numbers of this one that go beyond `coarse` are zero, and no word follows.
    pub(super) fn is_first_of(&self, coarse: &Self) -> bool {
        let beyond = self.numbers.get(coarse.numbers.len()..).unwrap_or_default();
        self.rest.is_empty() && beyond.iter().all(Number::is_zero)
    }

    /// Whether one of its words is `word`.
    pub(super) fn has_word(&self, word: &str) -> bool {
        self.rest.iter().any(|part| part.word == word)
    }

    /// Whether it holds words that no version has: three or more letters that are none of those that are known, without a number behind them.
    pub(super) fn has_prose(&self) -> bool {
        let known = |word: &str| LATER.contains(&word) || EARLIER.contains(&word);
        let prose = |p: &&Part| p.word.len() >= 3 && p.numbers.is_empty() && !known(&p.word);
        self.rest.iter().any(|part| prose(&part))
    }

    fn compare_numbers(&self, other: &Self) -> Option<Ordering> {
        for (a, b) in self.numbers.iter().zip(&other.numbers) {
            match a.compare(b) {
                Some(Ordering::Equal) => {}
                known => return known,
            }
        }
        Some(self.numbers.len().cmp(&other.numbers.len()))
    }

    /// Whether this version begins with the numbers of `prefix`: `3.4.1` begins with `3`.
    pub(crate) fn begins_with(&self, prefix: &Self) -> Option<bool> {
        if self.odd || prefix.odd || !prefix.rest.is_empty() {
            return None;
        }
        for (index, wanted) in prefix.numbers.iter().enumerate() {
            match self.numbers.get(index) {
                // `3` may be any 3.x, which `3.1.x` holds in part.
                None => return None,
                Some(number) => match number.compare(wanted) {
                    Some(Ordering::Equal) => {}
                    Some(_) => return Some(false),
                    None => return None,
                },
            }
        }
        Some(true)
    }
}

fn compare_lists(a: &[Number], b: &[Number]) -> Option<Ordering> {
    for (x, y) in a.iter().zip(b) {
        match x.compare(y) {
            Some(Ordering::Equal) => {}
            known => return known,
        }
    }
    let common = a.len().min(b.len());
    let counts = |list: &[Number]| list.iter().skip(common).any(|n| !n.is_zero());
    Some(counts(a).cmp(&counts(b)))
}

fn compare_rest(a: &[Part], b: &[Part]) -> Option<Ordering> {
    match (a.split_first(), b.split_first()) {
        (None, None) => Some(Ordering::Equal),
        (Some((part, _)), None) => beside_nothing(part),
        (None, Some((part, _))) => beside_nothing(part).map(Ordering::reverse),
        (Some((x, more_a)), Some((y, more_b))) => {
            if x.word != y.word || x.dotted != y.dotted {
                let rank = |p: &Part| beside_nothing(p);
                return match (rank(x)?, rank(y)?) {
                    (Ordering::Less, Ordering::Greater) => Some(Ordering::Less),
                    (Ordering::Greater, Ordering::Less) => Some(Ordering::Greater),
                    (Ordering::Less, Ordering::Less) => {
                        // alpha, beta and release candidate follow each other everywhere.
                        let step = |p: &Part| STEPS.iter().position(|word| *word == p.word);
                        Some(step(x)?.cmp(&step(y)?))
                    }
                    _ => None,
                };
            }
            match compare_lists(&x.numbers, &y.numbers)? {
                Ordering::Equal => compare_rest(more_a, more_b),
                known => Some(known),
            }
        }
    }
}

/// Where a release with this word stands beside the one without.
fn beside_nothing(part: &Part) -> Option<Ordering> {
    let word = part.word.as_str();
    if EARLIER.contains(&word) {
        return Some(Ordering::Less);
    }
    let zero = !part.numbers.is_empty() && part.numbers.iter().all(Number::is_zero);
    if zero || matches!(word, "ga" | "final") {
        // `SP0` and `GA` are mostly the release itself, and not for all makers.
        return None;
    }
    LATER.contains(&word).then_some(Ordering::Greater)
}

/// The part of the text as it was written whose lower case is `lower`.
fn kept_case(written: &str, lower: &str) -> String {
    let folded = written.to_ascii_lowercase();
    let range = folded.find(lower).map(|from| from..from + lower.len());
    let kept = range.and_then(|range| written.get(range));
    kept.unwrap_or(lower).to_owned()
}

/// Semantic Versioning 2.0.0, section 11.3 and 11.4.
fn semantic(a: Option<&str>, b: Option<&str>) -> Ordering {
    let (a, b) = match (a, b) {
        (None, None) => return Ordering::Equal,
        (None, Some(_)) => return Ordering::Greater,
        (Some(_), None) => return Ordering::Less,
        (Some(a), Some(b)) => (a, b),
    };
    let (mut left, mut right) = (a.split('.'), b.split('.'));
    loop {
        let (x, y) = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) => (x, y),
        };
        let numeric = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        let order = match (numeric(x), numeric(y)) {
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => x.cmp(y),
            (true, true) => {
                let [x, y] = [x, y].map(|s| s.trim_start_matches('0'));
                x.len().cmp(&y.len()).then_with(|| x.cmp(y))
            }
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(a: &str, sign: char, b: &str, scheme: Scheme) {
        let expected = match sign {
            '<' => Some(Ordering::Less),
            '=' => Some(Ordering::Equal),
            '>' => Some(Ordering::Greater),
            _ => None,
        };
        let [x, y] = [a, b].map(|text| Version::read(text, scheme));
        assert_eq!(x.compare(&y), expected, "{a} {sign} {b}");
        assert_eq!(y.compare(&x), expected.map(Ordering::reverse), "{b} {a}");
    }

    #[test]
    fn what_everybody_means_is_ordered_and_the_rest_is_not() {
        for (a, sign, b) in [
            ("1.2.3", '<', "1.10"),
            ("V2.0", '=', "2.0.0"),
            ("V2.0 SP1", '>', "V2.0"),
            ("V2.0 SP1", '<', "V2.0 SP2"),
            ("V2.0_Upd3", '>', "V2.0"),
            ("2.0 Service Pack 2", '=', "2.0 SP2"),
            ("V16 Update 4", '<', "V16 Update 10"),
            ("1.4.62_build220414", '<', "1.4.62_build230101"),
            ("1.0-rc1", '<', "1.0"),
            ("1.0-beta2", '<', "1.0 SP1"),
            ("1.000.HW01.3.20190820", '<', "1.000.HW01.3.20190821"),
            ("18446744073709551616.1", '>', "18446744073709551615.9"),
            ("3.011", '?', "3.2"),
            ("12.00", '<', "12.1"),
            ("5.5 SP1", '?', "5.5.1"),
            ("2.0 SP1", '?', "2.0 Update 2"),
            ("2020 R2", '?', "2020"),
            ("1.000.HW01.1", '?', "1.000.FW01.1"),
            ("1.2-4", '?', "1.2"),
            (r"7.0\(3\)I4\(9\)", '=', "7.0(3)I4(9)"),
            ("7.0(3)I4(9)", '>', "7.0(3)I4(7)"),
            ("SP1", '?', "SP2"),
            ("1.2; drop", '?', "1.2"),
        ] {
            check(a, sign, b, Scheme::Cautious);
        }
    }

    #[test]
    fn semantic_versions_follow_section_11() {
        let ascending = [
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "2.0.0",
            "2.1.0",
            "2.1.1",
        ];
        for (index, a) in ascending.iter().enumerate() {
            for b in ascending.iter().skip(index + 1) {
                check(a, '<', b, Scheme::Semantic);
            }
        }
        check("1.0.0+build5", '=', "1.0.0+build6", Scheme::Semantic);
    }
}
