//! CPE names: read and compared. In: `cpe:2.3:…` or `cpe:/…`. Out: a name, and how two names stand to each other. Never: an expression over names. Source: NISTIR 7695
//! (naming, 5 and 6), NISTIR 7696 (matching, 6 and 7), and the pattern of CSAF 2.1, 3.1.3.3.2.

use super::Answer;
use crate::limits::TEXT_BYTES_MAX;

/// Attributes of a name, in the order of the formatted string.
const ATTRIBUTES: [&str; 11] = [
    "part",
    "vendor",
    "product",
    "version",
    "update",
    "edition",
    "language",
    "sw_edition",
    "target_sw",
    "target_hw",
    "other",
];

/// Place of the vendor.
const VENDOR: usize = 1;
/// Place of the product.
const PRODUCT: usize = 2;
/// Place of the version.
const VERSION: usize = 3;
/// Place of the language.
const LANGUAGE: usize = 6;

/// The value of one attribute.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// `*`: any.
    Any,
    /// `-`: not applicable.
    Na,
    /// Text.
    Text(Vec<Sign>),
}

/// One sign of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sign {
    /// A character, in lower case, its backslash taken off.
    Char(char),
    /// `?`: one character or none.
    One,
    /// `*`: any characters.
    Many,
}

/// A name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cpe {
    values: [Value; 11],
}

/// How a source stands to a target (NISTIR 7696, table 6-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// The source covers the target and more.
    Superset,
    /// The target covers the source and more.
    Subset,
    /// The same.
    Equal,
    /// Nothing in common.
    Disjoint,
    /// The standard does not say.
    Undefined,
}

/// Why a text is no CPE name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no CPE name: {what}")]
pub struct CpeError {
    text: String,
    what: &'static str,
}

impl Cpe {
    /// Reads a formatted string or a URI.
    ///
    /// # Errors
    /// [`CpeError`] with the text and the rule that it breaks.
    pub fn read(text: &str) -> Result<Self, CpeError> {
        let refuse = |what| CpeError {
            text: text.chars().take(80).collect(),
            what,
        };
        if text.len() > TEXT_BYTES_MAX {
            return Err(refuse("longer than is read"));
        }
        if let Some(rest) = text.strip_prefix("cpe:2.3:") {
            return formatted(rest).map_err(refuse);
        }
        match text.get(..5) {
            Some(head) if head.eq_ignore_ascii_case("cpe:/") => {
                uri(text.get(5..).unwrap_or_default()).map_err(refuse)
            }
            _ => Err(refuse("begins with neither `cpe:2.3:` nor `cpe:/`")),
        }
    }

    /// The value of an attribute by its name (`vendor`, `product`, `version`, …).
    pub fn value(&self, attribute: &str) -> Option<&Value> {
        let place = ATTRIBUTES.iter().position(|name| *name == attribute)?;
        self.values.get(place)
    }

    /// The maker as it is written, without wildcards.
    pub fn vendor(&self) -> Option<String> {
        self.plain(VENDOR)
    }

    /// The product as it is written.
    pub fn product(&self) -> Option<String> {
        self.plain(PRODUCT)
    }

    /// The version as it is written.
    pub fn version(&self) -> Option<String> {
        self.plain(VERSION)
    }

    fn plain(&self, place: usize) -> Option<String> {
        let Value::Text(signs) = self.values.get(place)? else {
            return None;
        };
        let char = |sign: &Sign| match sign {
            Sign::Char(c) => Some(*c),
            _ => None,
        };
        signs.iter().map(char).collect()
    }

    /// How this name, as source, stands to a target in each attribute and in all (NISTIR 7696, 6.3 and 7.2).
    pub fn relation(&self, target: &Self) -> Relation {
        let pairs = self.values.iter().zip(&target.values);
        let each: Vec<Relation> = pairs.map(|(s, t)| attribute(s, t)).collect();
        let all = |allowed: &[Relation]| each.iter().all(|r| allowed.contains(r));
        if each.contains(&Relation::Disjoint) {
            Relation::Disjoint
        } else if all(&[Relation::Equal]) {
            Relation::Equal
        } else if all(&[Relation::Equal, Relation::Superset]) {
            Relation::Superset
        } else if all(&[Relation::Equal, Relation::Subset]) {
            Relation::Subset
        } else {
            Relation::Undefined
        }
    }

    /// Whether a product of the name `target` is meant by this one.
    pub fn means(&self, target: &Self) -> Answer {
        match self.relation(target) {
            Relation::Equal | Relation::Superset => Answer::Yes,
            Relation::Disjoint => Answer::No,
            Relation::Subset | Relation::Undefined => Answer::Unsure,
        }
    }
}

/// NISTIR 7696, table 6-2.
fn attribute(source: &Value, target: &Value) -> Relation {
    match (source, target) {
        (_, Value::Text(signs)) if signs.iter().any(|s| !matches!(s, Sign::Char(_))) => {
            // Rows 4, 7, 11, 16: a target with wildcards is left undefined.
            Relation::Undefined
        }
        (Value::Any, Value::Any) | (Value::Na, Value::Na) => Relation::Equal,
        (Value::Any, _) => Relation::Superset,
        (_, Value::Any) => Relation::Subset,
        (Value::Na, Value::Text(_)) | (Value::Text(_), Value::Na) => Relation::Disjoint,
        (Value::Text(s), Value::Text(t)) => {
            if s == t {
                Relation::Equal
            } else if wild(s, t) {
                Relation::Superset
            } else {
                Relation::Disjoint
            }
        }
    }
}

/// Whether a pattern, whose wildcards stand at its ends alone, covers a text without any. `?` at an end is one character or none (NISTIR 7695, 5.3.2).
fn wild(pattern: &[Sign], text: &[Sign]) -> bool {
    let plain = |s: &&Sign| !matches!(s, Sign::Char(_));
    let before = pattern.iter().take_while(plain).count();
    let behind = pattern.iter().rev().take_while(plain).count();
    let Some(core) = pattern.get(before..pattern.len() - behind) else {
        return false;
    };
    if before + behind == 0 || text.len() < core.len() {
        return false;
    }
    let room = |signs: &[Sign]| {
        if signs.contains(&Sign::Many) {
            usize::MAX
        } else {
            signs.len()
        }
    };
    let room_before = room(pattern.get(..before).unwrap_or_default());
    let room_behind = room(pattern.get(pattern.len() - behind..).unwrap_or_default());
    (0..=text.len() - core.len()).any(|at| {
        at <= room_before
            && text.len() - core.len() - at <= room_behind
            && text.get(at..at + core.len()) == Some(core)
    })
}

fn formatted(rest: &str) -> Result<Cpe, &'static str> {
    let fields = split(rest)?;
    let fields: [&str; 11] = fields
        .try_into()
        .map_err(|_| "it has not eleven attributes")?;
    let mut values = [const { Value::Any }; 11];
    for (place, (field, value)) in fields.iter().zip(&mut values).enumerate() {
        *value = match *field {
            "*" => Value::Any,
            "-" => Value::Na,
            _ if place == 0 => part(field)?,
            _ if place == LANGUAGE => language(field)?,
            text => Value::Text(signs(text)?),
        };
    }
    Ok(Cpe { values })
}

/// Parts at colons that no backslash stands before.
fn split(text: &str) -> Result<Vec<&str>, &'static str> {
    let (mut fields, mut from, mut quoted) = (Vec::new(), 0, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if quoted => quoted = false,
            '\\' => quoted = true,
            ':' => {
                fields.push(text.get(from..at).unwrap_or_default());
                from = at + 1;
                if fields.len() > ATTRIBUTES.len() {
                    return Err("it has more than eleven attributes");
                }
            }
            _ => {}
        }
    }
    fields.push(text.get(from..).unwrap_or_default());
    Ok(fields)
}

fn part(field: &str) -> Result<Value, &'static str> {
    match field {
        "a" | "o" | "h" | "A" | "O" | "H" => Ok(text_of(&field.to_ascii_lowercase())),
        _ => Err("its part is none of a, o, h"),
    }
}

fn text_of(plain: &str) -> Value {
    Value::Text(plain.chars().map(Sign::Char).collect())
}

/// RFC 5646 in the small form of NISTIR 7695, 5.3.3.2: two or three letters, and a region.
fn language(field: &str) -> Result<Value, &'static str> {
    let (tongue, region) = field
        .split_once('-')
        .map_or((field, None), |(t, r)| (t, Some(r)));
    let letters = |s: &str| s.bytes().all(|b| b.is_ascii_alphabetic());
    let tongue_good = (2..=3).contains(&tongue.len()) && letters(tongue);
    let region_good = region.is_none_or(|r| {
        (r.len() == 2 && letters(r)) || (r.len() == 3 && r.bytes().all(|b| b.is_ascii_digit()))
    });
    if tongue_good && region_good {
        return Ok(text_of(&field.to_ascii_lowercase()));
    }
    Err("its language is none")
}

/// Signs of a value: wildcards at the ends, and at least one character between them.
fn signs(field: &str) -> Result<Vec<Sign>, &'static str> {
    let mut signs = Vec::with_capacity(field.len());
    let mut chars = field.chars();
    while let Some(c) = chars.next() {
        signs.push(match c {
            '?' => Sign::One,
            '*' => Sign::Many,
            '\\' => match chars.next() {
                Some(c) if c.is_ascii_punctuation() && c != '_' => Sign::Char(c),
                _ => return Err("a backslash stands before what needs none"),
            },
            'a'..='z' | '0'..='9' | '_' | '-' | '.' => Sign::Char(c),
            'A'..='Z' => Sign::Char(c.to_ascii_lowercase()),
            _ => return Err("a sign stands without its backslash"),
        });
    }
    let plain = |s: &&Sign| !matches!(s, Sign::Char(_));
    let before = signs.iter().take_while(plain).count();
    let behind = signs.iter().rev().take_while(plain).count();
    if before == signs.len() {
        return Err("a value has no character");
    }
    let core = signs.get(before..signs.len() - behind).unwrap_or_default();
    if core.iter().any(|s| !matches!(s, Sign::Char(_))) {
        return Err("a wildcard stands inside a value");
    }
    let crowded =
        |end: Option<&[Sign]>| end.is_some_and(|end| end.contains(&Sign::Many) && end.len() > 1);
    if crowded(signs.get(..before)) || crowded(signs.get(signs.len() - behind..)) {
        return Err("`*` stands beside another wildcard");
    }
    Ok(signs)
}

/// The URI form (NISTIR 7695, 6.1): up to seven parts, percent-encoded; a packed edition holds the last five attributes.
fn uri(rest: &str) -> Result<Cpe, &'static str> {
    let fields: Vec<&str> = rest.split(':').collect();
    if fields.len() > 7 {
        return Err("it has more than seven parts");
    }
    let mut values = [const { Value::Any }; 11];
    for (place, field) in fields.iter().enumerate() {
        let value = match *field {
            "" if place == 0 => return Err("its part is none of a, o, h"),
            "" => Value::Any,
            _ if place == 0 => part(field)?,
            _ if place == LANGUAGE => language(field)?,
            packed if place == 5 && packed.starts_with('~') => {
                let inner: Vec<&str> = packed.split('~').skip(1).collect();
                if inner.len() != 5 {
                    return Err("its packed edition has not five parts");
                }
                for (index, text) in inner.iter().enumerate() {
                    let place = if index == 0 { 5 } else { 6 + index };
                    if let (Some(slot), false) = (values.get_mut(place), text.is_empty()) {
                        *slot = uri_value(text)?;
                    }
                }
                continue;
            }
            text => uri_value(text)?,
        };
        if let Some(slot) = values.get_mut(place) {
            *slot = value;
        }
    }
    Ok(Cpe { values })
}

fn uri_value(field: &str) -> Result<Value, &'static str> {
    if field == "-" {
        return Ok(Value::Na);
    }
    let mut signs = Vec::with_capacity(field.len());
    let mut bytes = field.bytes();
    while let Some(byte) = bytes.next() {
        let sign = match byte {
            b'%' => {
                let digit = |b: u8| (b as char).to_digit(16);
                let high = bytes.next().and_then(digit);
                let low = bytes.next().and_then(digit);
                let (Some(high), Some(low)) = (high, low) else {
                    return Err("a percent sign is not followed by two digits");
                };
                // %01 and %02 are the wildcards (NISTIR 7695, 6.1.2.1.4).
                match high * 16 + low {
                    1 => Sign::One,
                    2 => Sign::Many,
                    code => match char::from_u32(code) {
                        Some(c) if c.is_ascii_graphic() => Sign::Char(c.to_ascii_lowercase()),
                        _ => return Err("an encoded sign that no name has"),
                    },
                }
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                Sign::Char((byte as char).to_ascii_lowercase())
            }
            _ => return Err("a sign stands without its encoding"),
        };
        signs.push(sign);
    }
    if signs.iter().all(|s| !matches!(s, Sign::Char(_))) {
        return Err("a value has no character");
    }
    Ok(Value::Text(signs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Cpe {
        Cpe::read(text).unwrap_or_else(|e| panic!("{e}"))
    }

    fn version(pattern: &str, text: &str) -> Relation {
        let name = |v: &str| read(&format!("cpe:2.3:a:m:p:{v}:*:*:*:*:*:*:*"));
        name(pattern).relation(&name(text))
    }

    #[test]
    fn names_stand_to_each_other_as_table_6_2_says() {
        use Relation::{Disjoint, Equal, Subset, Superset, Undefined};
        for (pattern, text, expected) in [
            ("*", "*", Equal),
            ("*", "-", Superset),
            ("*", "1", Superset),
            ("*", "1*", Undefined),
            ("-", "*", Subset),
            ("-", "-", Equal),
            ("-", "1", Disjoint),
            ("1", "*", Subset),
            ("1", "-", Disjoint),
            ("1", "1", Equal),
            ("1", "2", Disjoint),
            ("1*", "1", Superset),
            ("1*", r"1\.2", Superset),
            ("1*", "2", Disjoint),
            ("?1??", "1", Superset),
            ("?1??", "0123", Superset),
            ("?1??", "01234", Disjoint),
            ("1*", "1*", Undefined),
            (r"1\*", r"1\*", Equal),
        ] {
            assert_eq!(version(pattern, text), expected, "{pattern} {text}");
        }
        let a = read("cpe:2.3:a:m:*:1:*:*:*:*:*:*:*");
        let b = read("cpe:2.3:a:m:p:*:*:*:*:*:*:*:*");
        assert_eq!(a.relation(&b), Undefined);
        assert_eq!(a.means(&b), Answer::Unsure);
    }

    #[test]
    fn both_forms_give_the_same_name() {
        for (uri, formatted) in [
            (
                "cpe:/a:hp:insight_diagnostics:7.4.0.1570::~~online~win2003~x64~",
                r"cpe:2.3:a:hp:insight_diagnostics:7.4.0.1570:*:*:*:online:win2003:x64:*",
            ),
            (
                "cpe:/a:foo%5cbar:big%24money:2010",
                r"cpe:2.3:a:foo\\bar:big\$money:2010:*:*:*:*:*:*:*",
            ),
            (
                "cpe:/a:microsoft:internet_explorer:8.%02:sp%01",
                r"cpe:2.3:a:microsoft:internet_explorer:8.*:sp?:*:*:*:*:*:*",
            ),
        ] {
            assert_eq!(read(uri), read(formatted), "{uri}");
        }
        let name = read(r"cpe:2.3:a:foo\:bar:x\-y:1.0:*:*:*:*:*:*:*");
        assert_eq!(name.vendor().as_deref(), Some("foo:bar"));
        assert_eq!(name.product().as_deref(), Some("x-y"));
        assert_eq!(name.version().as_deref(), Some("1.0"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in r"cpe:(2\.3:|/)[aoh:*?\\a-z%0-9~_.-]{0,60}") {
            let _ = Cpe::read(&text);
        }
    }
}
