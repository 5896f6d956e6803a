//! JSON, RFC 8259, read and written. In: bytes of strangers. Out: values; the text of a report. Never: a depth or number that the reader did not bound; of two fields of one name the
//! last counts, as elsewhere.
//!
//! A library for it would be a sixth of what this program is built from (`docs/decisions`).

use std::collections::BTreeMap;
use std::fmt::{self, Write};

/// Deepest value inside values.
const DEPTH_MAX: usize = 100;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number as it is written.
    Number(String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Json>),
    /// Fields by name.
    Object(BTreeMap<String, Json>),
}

impl Json {
    /// Reads a text that is one value.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        let wrong = |at: usize| format!("it is no JSON from byte {at} on");
        let text = std::str::from_utf8(bytes).map_err(|error| wrong(error.valid_up_to()))?;
        let mut reader = Reader {
            rest: text,
            depth: 0,
        };
        let value = reader.value();
        reader.space();
        match value {
            Some(value) if reader.rest.is_empty() => Ok(value),
            _ => Err(wrong(text.len() - reader.rest.len())),
        }
    }

    /// Fields of an object, in the order of their names.
    pub(crate) fn object<const N: usize>(fields: [(&str, Self); N]) -> Self {
        Self::Object(
            fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        )
    }

    pub(crate) const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A whole number of 64 bits, written without a sign, a point or a power.
    pub(crate) fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Number(number) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                number.parse().ok()
            }
            _ => None,
        }
    }

    pub(crate) fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Number(number) => number.parse().ok(),
            _ => None,
        }
    }

    pub(crate) fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// A field.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(fields) => fields.get(name),
            _ => None,
        }
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<u64> for Json {
    fn from(number: u64) -> Self {
        Self::Number(number.to_string())
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl<T: Into<Self>> From<Option<T>> for Json {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl FromIterator<Json> for Json {
    fn from_iter<I: IntoIterator<Item = Self>>(items: I) -> Self {
        Self::List(items.into_iter().collect())
    }
}

struct Reader<'t> {
    rest: &'t str,
    depth: usize,
}

impl<'t> Reader<'t> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn mark(&mut self, mark: char) -> Option<()> {
        self.space();
        self.rest = self.rest.strip_prefix(mark)?;
        Some(())
    }

    fn value(&mut self) -> Option<Json> {
        self.space();
        for (word, value) in [
            ("null", Json::Null),
            ("true", Json::Bool(true)),
            ("false", Json::Bool(false)),
        ] {
            if let Some(rest) = self.rest.strip_prefix(word) {
                self.rest = rest;
                return Some(value);
            }
        }
        match self.rest.bytes().next()? {
            b'"' => self.text().map(Json::Text),
            b'[' => self.inside(Self::list),
            b'{' => self.inside(Self::fields),
            _ => self.number(),
        }
    }

    /// Reads what stands in brackets, at most so deep.
    fn inside(&mut self, read: fn(&mut Self) -> Option<Json>) -> Option<Json> {
        self.depth += 1;
        let value = (self.depth <= DEPTH_MAX).then(|| read(self))?;
        self.depth -= 1;
        value
    }

    fn list(&mut self) -> Option<Json> {
        self.mark('[')?;
        let mut items = Vec::new();
        if self.mark(']').is_some() {
            return Some(Json::List(items));
        }
        loop {
            items.push(self.value()?);
            if self.mark(',').is_none() {
                self.mark(']')?;
                return Some(Json::List(items));
            }
        }
    }

    fn fields(&mut self) -> Option<Json> {
        self.mark('{')?;
        let mut fields = BTreeMap::new();
        if self.mark('}').is_some() {
            return Some(Json::Object(fields));
        }
        loop {
            self.space();
            let name = self.text()?;
            self.mark(':')?;
            fields.insert(name, self.value()?);
            if self.mark(',').is_none() {
                self.mark('}')?;
                return Some(Json::Object(fields));
            }
        }
    }

    fn digits(&mut self) -> Option<&'t str> {
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(self.rest.len());
        let (digits, rest) = self
            .rest
            .split_at_checked(end)
            .filter(|(digits, _)| !digits.is_empty())?;
        self.rest = rest;
        Some(digits)
    }

    fn number(&mut self) -> Option<Json> {
        let whole = self.rest;
        self.rest = self.rest.strip_prefix('-').unwrap_or(self.rest);
        let digits = self.digits()?;
        if digits.len() > 1 && digits.starts_with('0') {
            return None;
        }
        if let Some(rest) = self.rest.strip_prefix('.') {
            self.rest = rest;
            self.digits()?;
        }
        if let Some(rest) = self.rest.strip_prefix(['e', 'E']) {
            self.rest = rest.strip_prefix(['+', '-']).unwrap_or(rest);
            self.digits()?;
        }
        let number = whole.get(..whole.len() - self.rest.len())?;
        Some(Json::Number(number.to_owned()))
    }

    fn text(&mut self) -> Option<String> {
        self.rest = self.rest.strip_prefix('"')?;
        let mut text = String::new();
        loop {
            let mut letters = self.rest.chars();
            let letter = letters.next()?;
            self.rest = letters.as_str();
            match letter {
                '"' => return Some(text),
                '\\' => text.push(self.escape()?),
                control if control < ' ' => return None,
                letter => text.push(letter),
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        let mut letters = self.rest.chars();
        let letter = letters.next()?;
        self.rest = letters.as_str();
        Some(match letter {
            '"' | '\\' | '/' => letter,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let first = self.unit()?;
                if !(0xd800..0xdc00).contains(&first) {
                    return char::from_u32(first);
                }
                self.rest = self.rest.strip_prefix("\\u")?;
                let second = self.unit().filter(|unit| (0xdc00..0xe000).contains(unit))?;
                char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00))?
            }
            _ => return None,
        })
    }

    fn unit(&mut self) -> Option<u32> {
        let (digits, rest) = self.rest.split_at_checked(4)?;
        self.rest = rest;
        let hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        hex.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
    }
}

fn quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for letter in text.chars() {
        match letter {
            '"' | '\\' => write!(f, "\\{letter}")?,
            '\n' => f.write_str("\\n")?,
            control if control < ' ' => write!(f, "\\u{:04x}", u32::from(control))?,
            letter => f.write_char(letter)?,
        }
    }
    f.write_char('"')
}

impl Json {
    /// Writes with so many steps of indentation; without lines where there is none.
    fn write(&self, f: &mut fmt::Formatter<'_>, depth: Option<usize>) -> fmt::Result {
        let line = |f: &mut fmt::Formatter<'_>, depth: Option<usize>| match depth {
            Some(depth) => write!(f, "\n{:1$}", "", 2 * depth),
            None => Ok(()),
        };
        let deeper = depth.map(|depth| depth + 1);
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(number) => f.write_str(number),
            Self::Text(text) => quoted(f, text),
            Self::List(items) if items.is_empty() => f.write_str("[]"),
            Self::List(items) => {
                for (at, item) in items.iter().enumerate() {
                    f.write_char(if at == 0 { '[' } else { ',' })?;
                    line(f, deeper)?;
                    item.write(f, deeper)?;
                }
                line(f, depth)?;
                f.write_char(']')
            }
            Self::Object(fields) if fields.is_empty() => f.write_str("{}"),
            Self::Object(fields) => {
                for (at, (name, value)) in fields.iter().enumerate() {
                    f.write_char(if at == 0 { '{' } else { ',' })?;
                    line(f, deeper)?;
                    quoted(f, name)?;
                    f.write_str(if depth.is_some() { ": " } else { ":" })?;
                    value.write(f, deeper)?;
                }
                line(f, depth)?;
                f.write_char('}')
            }
        }
    }
}

impl fmt::Display for Json {
    /// In one line, or with `{:#}` in many.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, f.alternate().then_some(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(ours: &Json, theirs: &serde_json::Value) -> bool {
        let again: serde_json::Value = serde_json::from_str(&ours.to_string()).unwrap();
        let lines: serde_json::Value = serde_json::from_str(&format!("{ours:#}")).unwrap();
        again == *theirs
            && lines == *theirs
            && ours.as_u64() == theirs.as_u64()
            && ours.as_str() == theirs.as_str()
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in [
            "",
            "{",
            "[1,]",
            "01",
            "1.",
            "\"\\ud800\"",
            "nulL",
            "1 2",
            "\"\n\"",
            "{\"a\" 1}",
            "{a: 1}",
            "-",
            "+1",
            "1e",
            "'a'",
            "[",
            "\"",
            "NaN",
        ] {
            assert!(Json::read(text.as_bytes()).is_err(), "{text}");
        }
        assert_eq!(
            Json::read(b"[1, ?]"),
            Err("it is no JSON from byte 4 on".to_owned())
        );
        let deep = "[".repeat(5000);
        assert!(Json::read(deep.as_bytes()).is_err());
        let most = ["[".repeat(DEPTH_MAX), "]".repeat(DEPTH_MAX)].concat();
        assert!(Json::read(most.as_bytes()).is_ok());
    }

    #[test]
    fn each_escape_stands_for_its_letter_and_no_other_is_one() {
        let text = r#""\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC\ud83d\udE00""#;
        let ours = Json::read(text.as_bytes()).unwrap();
        let letters = "\"\\/\u{8}\u{c}\n\r\tAé€😀";
        assert_eq!(ours.as_str(), Some(letters));
        assert!(same(&ours, &serde_json::from_str(text).unwrap()));
        for escape in [
            "a",
            "x41",
            "u41",
            "u004g",
            "ud83d",
            "ud83d\\n",
            "ude00",
            "ud83d\\ud83d",
            "0",
            "U0041",
        ] {
            let text = format!("\"\\{escape}\"");
            assert!(Json::read(text.as_bytes()).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        /// A library that is used everywhere else, and this reader.
        #[test]
        fn any_text_is_read_as_the_library_reads_it(text in r#"[ \[\]{},:"\\0-9.eE+\-a-fnrtul\u{1}-\u{20}é]{0,40}"#) {
            let (ours, theirs) = (Json::read(text.as_bytes()), serde_json::from_str::<serde_json::Value>(&text));
            match (ours, theirs) {
                (Ok(ours), Ok(theirs)) => proptest::prop_assert!(same(&ours, &theirs), "{text} {ours}"),
                (Err(_), Err(_)) => {}
                // Numbers beyond all bounds are none to the library.
                (Ok(_), Err(error)) => proptest::prop_assert!(error.to_string().contains("out of range"), "{text} {error}"),
                (ours, theirs) => proptest::prop_assert!(false, "{text}: {ours:?} {theirs:?}"),
            }
        }

        #[test]
        fn what_the_library_writes_is_read_back(number: u64, text: String, list in proptest::collection::vec(proptest::prelude::any::<i32>(), 0..5)) {
            let theirs = serde_json::json!({"number": number, "text": text, "list": list, "none": null, "yes": true, "inside": {"a": [{}, []]}});
            let ours = Json::read(theirs.to_string().as_bytes()).unwrap();
            proptest::prop_assert!(same(&ours, &theirs));
            proptest::prop_assert_eq!(ours.get("number").and_then(Json::as_u64), Some(number));
        }

        #[test]
        fn any_bytes_are_a_value_or_an_error(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..60)) {
            let _ = Json::read(&bytes);
        }
    }
}
