//! One value against one test, section 9.6. In: a value as it was observed, an operator. Out: whether it holds. Never: a comparison of values of different kinds but
//! for (in)equality.

use super::ast::{Literal, Operator};
use super::lexer::hex;
use crate::json::{Node, Value};
use crate::stix::Timestamp;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use regex::{Regex, RegexBuilder};
use std::cmp::Ordering;
use std::net::IpAddr;

/// Most bytes that a regular expression of a pattern may take once it is compiled.
const REGEX_BYTES_MAX: usize = 1 << 18;

/// A test made ready to be asked many times.
pub(super) enum Ready<'p> {
    /// The operator does it by itself.
    Plain(&'p Operator),
    /// `LIKE` and `MATCHES`.
    Text(Regex),
}

impl<'p> Ready<'p> {
    /// `None` for a regular expression that cannot be used: it needs looking around or back, or is too large.
    pub(super) fn new(operator: &'p Operator) -> Option<Self> {
        let expression = match operator {
            Operator::Like(text) => like(text),
            Operator::Matches(text) => text.clone(),
            other => return Some(Self::Plain(other)),
        };
        let built = RegexBuilder::new(&expression)
            .size_limit(REGEX_BYTES_MAX)
            .dfa_size_limit(REGEX_BYTES_MAX)
            .dot_matches_new_line(true)
            .build();
        built.ok().map(Self::Text)
    }

    /// Whether a value that stands under `key` fulfils the test.
    pub(super) fn holds(&self, node: &Node<'_>, key: &str) -> bool {
        match self {
            Self::Text(expression) => node.as_str().is_some_and(|text| expression.is_match(text)),
            Self::Plain(operator) => match operator {
                Operator::Equal(literal) => equal(node, key, literal),
                Operator::NotEqual(literal) => !equal(node, key, literal),
                Operator::In(literals) => literals.iter().any(|literal| equal(node, key, literal)),
                Operator::Less(literal) => order(node, key, literal) == Some(Ordering::Less),
                Operator::Greater(literal) => order(node, key, literal) == Some(Ordering::Greater),
                Operator::LessOrEqual(literal) => {
                    order(node, key, literal).is_some_and(Ordering::is_le)
                }
                Operator::GreaterOrEqual(literal) => {
                    order(node, key, literal).is_some_and(Ordering::is_ge)
                }
                Operator::IsSubset(text) => prefixes(node, text).is_some_and(|(a, b)| b.holds(a)),
                Operator::IsSuperset(text) => prefixes(node, text).is_some_and(|(a, b)| a.holds(b)),
                Operator::Exists => true,
                Operator::Like(_) | Operator::Matches(_) => false,
            },
        }
    }
}

/// `%` any characters, `_` one, all else itself; the whole value.
fn like(text: &str) -> String {
    let mut out = String::from(r"\A");
    for character in text.chars() {
        match character {
            '%' => out.push_str(".*"),
            '_' => out.push('.'),
            other => out.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
        }
    }
    out.push_str(r"\z");
    out
}

fn equal(node: &Node<'_>, key: &str, literal: &Literal) -> bool {
    match (&node.value, literal) {
        (Value::Bool(a), Literal::Bool(b)) => a == b,
        _ => order(node, key, literal) == Some(Ordering::Equal),
    }
}

/// How a value stands to a literal; `None` where the two are of different kinds.
fn order(node: &Node<'_>, key: &str, literal: &Literal) -> Option<Ordering> {
    match (&node.value, literal) {
        (Value::Number(a), Literal::Number(b)) => numbers(a, b),
        (Value::Text(a), Literal::Text(b)) => Some(a.as_ref().cmp(b)),
        (Value::Text(a), Literal::Time(b)) => Timestamp::parse_stix(a).map(|a| a.cmp(b)),
        (Value::Text(a), Literal::Hex(b) | Literal::Binary(b)) => {
            bytes(a, key).map(|a| a.as_slice().cmp(b))
        }
        _ => None,
    }
}

fn numbers(a: &str, b: &str) -> Option<Ordering> {
    match (a.parse::<i128>(), b.parse::<i128>()) {
        (Ok(a), Ok(b)) => Some(a.cmp(&b)),
        _ => a.parse::<f64>().ok()?.partial_cmp(&b.parse().ok()?),
    }
}

/// The bytes of a property, by how its name says that it is encoded.
fn bytes(text: &str, key: &str) -> Option<Vec<u8>> {
    if key.ends_with("_hex") {
        hex(text)
    } else if key.ends_with("_bin") {
        STANDARD.decode(text).ok()
    } else {
        Some(text.as_bytes().to_vec())
    }
}

/// Addresses whose leading bits are those of the first.
#[derive(Clone, Copy)]
pub(super) struct Prefix {
    first: u128,
    host_bits: u128,
    is_v4: bool,
}

impl Prefix {
    /// Reads an address or a prefix; bits behind the length are ignored.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let (first, bits, is_v4) = match address.parse::<IpAddr>().ok()? {
            IpAddr::V4(v4) => (u128::from(v4.to_bits()), 32, true),
            IpAddr::V6(v6) => (v6.to_bits(), 128, false),
        };
        let length: u32 = match length {
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok()?,
            Some(_) => return None,
            None => bits,
        };
        let host = bits.checked_sub(length)?;
        let host_bits = u128::MAX.checked_shr(128 - host).unwrap_or(0);
        Some(Self {
            first: first & !host_bits,
            host_bits,
            is_v4,
        })
    }

    const fn holds(self, other: Self) -> bool {
        self.is_v4 == other.is_v4
            && other.host_bits <= self.host_bits
            && other.first & !self.host_bits == self.first
    }
}

fn prefixes(node: &Node<'_>, text: &str) -> Option<(Prefix, Prefix)> {
    Some((Prefix::parse(node.as_str()?)?, Prefix::parse(text)?))
}
