//! The reader. In: text and bounds. Out: a value with its places. Never: more stack than the bound of depth.

use super::{JsonError, JsonProblem, Limits, Member, Node, Value};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Members up to which names are compared one by one.
const FEW: usize = 12;

pub(super) fn read(text: &str, limits: Limits) -> Result<Node<'_>, JsonError> {
    if text.len() > limits.bytes_max {
        return Err(JsonError::new(JsonProblem::TooLong, limits.bytes_max));
    }
    let mut reader = Reader {
        text,
        at: 0,
        depth: 0,
        values: 0,
        limits,
    };
    reader.space();
    let node = reader.value()?;
    reader.space();
    if reader.at < text.len() {
        return Err(reader.error(JsonProblem::Behind));
    }
    Ok(node)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    values: usize,
    limits: Limits,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    const fn error(&self, problem: JsonProblem) -> JsonError {
        JsonError::new(problem, self.at)
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// The error for a byte that is none of those that may stand here.
    fn unexpected(&self, problem: JsonProblem) -> JsonError {
        self.error(if self.peek().is_none() {
            JsonProblem::End
        } else {
            problem
        })
    }

    fn value(&mut self) -> Result<Node<'t>, JsonError> {
        self.values += 1;
        if self.values > self.limits.values_max {
            return Err(self.error(JsonProblem::TooMany));
        }
        let start = self.at;
        let value = match self.peek() {
            Some(b'"') => Value::Text(self.string()?),
            Some(b'{') => self.nested(Self::object)?,
            Some(b'[') => self.nested(Self::list)?,
            Some(b'-' | b'0'..=b'9') => Value::Number(self.number()?),
            _ => self.word()?,
        };
        Ok(Node {
            value,
            span: start..self.at,
        })
    }

    fn word(&mut self) -> Result<Value<'t>, JsonError> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        for (word, value) in [
            ("null", Value::Null),
            ("true", Value::Bool(true)),
            ("false", Value::Bool(false)),
        ] {
            if rest.starts_with(word.as_bytes()) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.unexpected(JsonProblem::NoValue))
    }

    /// Steps into a list or object, whose first byte is here.
    fn nested(
        &mut self,
        read: fn(&mut Self) -> Result<Value<'t>, JsonError>,
    ) -> Result<Value<'t>, JsonError> {
        if self.depth == self.limits.depth_max {
            return Err(self.error(JsonProblem::TooDeep));
        }
        self.depth += 1;
        self.at += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    /// Whether the list or object ends here; else the comma before the next item is taken, where one has to be.
    fn ends(&mut self, end: u8, first: bool) -> Result<bool, JsonError> {
        self.space();
        match self.peek() {
            Some(byte) if byte == end => {
                self.at += 1;
                Ok(true)
            }
            Some(b',') if !first => {
                self.at += 1;
                self.space();
                Ok(false)
            }
            Some(_) if first => Ok(false),
            _ => Err(self.unexpected(JsonProblem::Mark)),
        }
    }

    fn list(&mut self) -> Result<Value<'t>, JsonError> {
        let mut items = Vec::new();
        while !self.ends(b']', items.is_empty())? {
            let item = self.value();
            items.push(item.map_err(|error| error.within(items.len().to_string()))?);
        }
        Ok(Value::List(items))
    }

    fn object(&mut self) -> Result<Value<'t>, JsonError> {
        let mut members: Vec<Member<'t>> = Vec::new();
        let mut names = BTreeSet::new();
        while !self.ends(b'}', members.is_empty())? {
            let start = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.unexpected(JsonProblem::Mark));
            }
            let name = self.string()?;
            let double = if members.len() < FEW {
                members.iter().any(|member| member.name == name)
            } else {
                if names.is_empty() {
                    names.extend(members.iter().map(|member| member.name.clone()));
                }
                !names.insert(name.clone())
            };
            if double {
                let error = JsonError::new(JsonProblem::Duplicate, start);
                return Err(error.within(name.into_owned()));
            }
            self.space();
            if self.peek() != Some(b':') {
                return Err(self.unexpected(JsonProblem::Mark).within(name.into_owned()));
            }
            self.at += 1;
            self.space();
            match self.value() {
                Ok(value) => members.push(Member { name, value }),
                Err(error) => return Err(error.within(name.into_owned())),
            }
        }
        Ok(Value::Object(members))
    }

    fn digits(&mut self) -> Result<usize, JsonError> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start {
            return Err(self.unexpected(JsonProblem::Number));
        }
        Ok(self.at - start)
    }

    /// RFC 8259 section 6.
    fn number(&mut self) -> Result<&'t str, JsonError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let zero = self.peek() == Some(b'0');
        if self.digits()? > 1 && zero {
            return Err(self.error(JsonProblem::Number));
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(self.text.get(start..self.at).unwrap_or_default())
    }

    /// RFC 8259 section 7. The quotation mark is here.
    fn string(&mut self) -> Result<Cow<'t, str>, JsonError> {
        self.at += 1;
        let start = self.at;
        let mut own: Option<String> = None;
        let mut from = start;
        loop {
            match self.peek() {
                None => return Err(self.error(JsonProblem::End)),
                Some(b'"') => break,
                Some(0..=0x1f) => return Err(self.error(JsonProblem::Text)),
                Some(b'\\') => {
                    let before = self.text.get(from..self.at).unwrap_or_default();
                    let text = own.get_or_insert_default();
                    text.push_str(before);
                    self.at += 1;
                    text.push(self.escape()?);
                    from = self.at;
                }
                Some(_) => self.at += 1,
            }
        }
        let last = self.text.get(from..self.at).unwrap_or_default();
        self.at += 1;
        Ok(match own {
            None => Cow::Borrowed(last),
            Some(mut text) => {
                text.push_str(last);
                Cow::Owned(text)
            }
        })
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let character = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.unicode();
            }
            _ => return Err(self.unexpected(JsonProblem::Text)),
        };
        self.at += 1;
        Ok(character)
    }

    /// The digits behind `\u`, and the second half where a character beyond the first plane is written as two.
    fn unicode(&mut self) -> Result<char, JsonError> {
        let start = self.at;
        let wrong = || JsonError::new(JsonProblem::Text, start);
        let first = self.four()?;
        let code = if (0xd800..0xdc00).contains(&first) {
            let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
            if !rest.starts_with(b"\\u") {
                return Err(wrong());
            }
            self.at += 2;
            let second = self.four()?;
            if !(0xdc00..0xe000).contains(&second) {
                return Err(wrong());
            }
            0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)
        } else {
            first
        };
        char::from_u32(code).ok_or_else(wrong)
    }

    fn four(&mut self) -> Result<u32, JsonError> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            let digit = digit.ok_or_else(|| self.unexpected(JsonProblem::Text))?;
            code = code << 4 | digit;
            self.at += 1;
        }
        Ok(code)
    }
}
