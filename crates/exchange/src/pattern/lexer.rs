//! The words of a pattern. In: its text. Out: tokens with their places. Never: a token that the grammar of OASIS (`STIXPattern.g4` for STIX 2.1) does not have.

use super::ast::Literal;
use super::error::{PatternError, PatternProblem};
use crate::stix::Timestamp;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A word that is no keyword; with a hyphen it can only be a type.
    Word(String),
    /// A keyword.
    Keyword(Keyword),
    /// A literal.
    Literal(Literal),
    /// One of `= != < <= > >= : . , ( ) [ ] *`, in its first spelling.
    Mark(&'static str),
}

/// Keywords; all are upper case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyword {
    And,
    Or,
    Not,
    FollowedBy,
    Like,
    Matches,
    IsSuperset,
    IsSubset,
    Exists,
    Last,
    In,
    Start,
    Stop,
    Seconds,
    Within,
    Repeats,
    Times,
}

const KEYWORDS: [(&str, Keyword); 17] = [
    ("AND", Keyword::And),
    ("OR", Keyword::Or),
    ("NOT", Keyword::Not),
    ("FOLLOWEDBY", Keyword::FollowedBy),
    ("LIKE", Keyword::Like),
    ("MATCHES", Keyword::Matches),
    ("ISSUPERSET", Keyword::IsSuperset),
    ("ISSUBSET", Keyword::IsSubset),
    ("EXISTS", Keyword::Exists),
    ("LAST", Keyword::Last),
    ("IN", Keyword::In),
    ("START", Keyword::Start),
    ("STOP", Keyword::Stop),
    ("SECONDS", Keyword::Seconds),
    ("WITHIN", Keyword::Within),
    ("REPEATS", Keyword::Repeats),
    ("TIMES", Keyword::Times),
];

/// Spellings, longer ones first, and what they mean.
const MARKS: [(&str, &str); 16] = [
    ("==", "="),
    ("!=", "!="),
    ("<>", "!="),
    ("<=", "<="),
    (">=", ">="),
    ("=", "="),
    ("<", "<"),
    (">", ">"),
    (":", ":"),
    (".", "."),
    (",", ","),
    ("(", "("),
    (")", ")"),
    ("[", "["),
    ("]", "]"),
    ("*", "*"),
];

/// Tokens with the byte that each begins at.
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, usize)>, PatternError> {
    let mut lexer = Lexer { text, at: 0 };
    let mut out = Vec::new();
    loop {
        lexer.space()?;
        let at = lexer.at;
        if at == text.len() {
            return Ok(out);
        }
        out.push((lexer.token()?, at));
    }
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    const fn error(&self, problem: PatternProblem) -> PatternError {
        PatternError::new(problem, self.at)
    }

    /// Space of any kind and comments.
    fn space(&mut self) -> Result<(), PatternError> {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with("//") {
                let end = trimmed.find(['\r', '\n']).unwrap_or(trimmed.len());
                self.at += end;
            } else if let Some(inner) = trimmed.strip_prefix("/*") {
                let end = inner.find("*/");
                self.at += end.ok_or_else(|| self.error(PatternProblem::Character))? + 4;
            } else {
                return Ok(());
            }
        }
    }

    fn token(&mut self) -> Result<Token, PatternError> {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        match bytes {
            [b'\'', ..] => Ok(Token::Literal(Literal::Text(self.text_literal()?))),
            [prefix @ (b'h' | b'b' | b't'), b'\'', inner @ ..] => {
                Ok(match self.prefixed(*prefix, inner)? {
                    Some(literal) => Token::Literal(literal),
                    // Then it is a word, and the text literal behind it is a token of its own.
                    None => self.word(1),
                })
            }
            [b'0'..=b'9' | b'+' | b'-', ..] | [b'.', b'0'..=b'9', ..] => self.number(),
            [first, ..] if first.is_ascii_alphabetic() || *first == b'_' => {
                let inner = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
                let length = bytes.iter().take_while(|byte| inner(byte)).count();
                Ok(self.word(length))
            }
            _ => {
                let found = MARKS
                    .iter()
                    .find(|(spelling, _)| rest.starts_with(spelling));
                let (spelling, mark) =
                    found.ok_or_else(|| self.error(PatternProblem::Character))?;
                self.at += spelling.len();
                Ok(Token::Mark(mark))
            }
        }
    }

    fn word(&mut self, length: usize) -> Token {
        let word = self.rest().get(..length).unwrap_or_default();
        self.at += length;
        let keyword = KEYWORDS.iter().find(|(spelling, _)| *spelling == word);
        match (word, keyword) {
            ("true", _) => Token::Literal(Literal::Bool(true)),
            ("false", _) => Token::Literal(Literal::Bool(false)),
            (_, Some((_, keyword))) => Token::Keyword(*keyword),
            _ => Token::Word(word.to_owned()),
        }
    }

    /// `'…'` with the escapes `\'` and `\\`.
    fn text_literal(&mut self) -> Result<String, PatternError> {
        let start = self.at;
        let mut out = String::new();
        let mut characters = self.rest().char_indices().skip(1);
        while let Some((at, character)) = characters.next() {
            match character {
                '\'' => {
                    self.at = start + at + 1;
                    return Ok(out);
                }
                '\\' => match characters.next() {
                    Some((_, escaped @ ('\'' | '\\'))) => out.push(escaped),
                    _ => return Err(PatternError::new(PatternProblem::Literal, start + at)),
                },
                other => out.push(other),
            }
        }
        Err(PatternError::new(PatternProblem::Literal, start))
    }

    /// `h'…'`, `b'…'`, `t'…'`; `None` where the inside is not of that kind.
    fn prefixed(&mut self, prefix: u8, inner: &[u8]) -> Result<Option<Literal>, PatternError> {
        let end = inner.iter().position(|byte| *byte == b'\'');
        let inside = end.and_then(|end| self.rest().get(2..2 + end));
        let Some(inside) = inside else {
            return Err(self.error(PatternProblem::Literal));
        };
        let literal = match prefix {
            b'h' => hex(inside).map(Literal::Hex),
            b'b' if inside.is_empty() => None,
            b'b' => STANDARD.decode(inside).ok().map(Literal::Binary),
            _ if looks_like_time(inside.as_bytes()) => {
                let time = Timestamp::parse_rfc3339(inside);
                let time = time.ok_or_else(|| self.error(PatternProblem::Time))?;
                Some(Literal::Time(time))
            }
            _ => None,
        };
        if literal.is_some() {
            self.at += inside.len() + 3;
        }
        Ok(literal)
    }

    /// `[+-]? digits`, `[+-]? digits? . digits`; an integer has no zero before other digits.
    fn number(&mut self) -> Result<Token, PatternError> {
        let rest = self.rest();
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let sign = usize::from(rest.starts_with(['+', '-']));
        let whole = digits(rest.get(sign..).unwrap_or_default());
        let mut length = sign + whole;
        let behind = rest.get(length..).unwrap_or_default();
        let fraction = behind.strip_prefix('.').map_or(0, digits);
        if fraction > 0 {
            length += 1 + fraction;
        } else if whole == 0 {
            return Err(self.error(PatternProblem::Character));
        } else if whole > 1 && rest.get(sign..).is_some_and(|rest| rest.starts_with('0')) {
            return Err(self.error(PatternProblem::Literal));
        }
        let text = rest.get(..length).unwrap_or_default();
        self.at += length;
        let text = text.strip_prefix('+').unwrap_or(text).to_owned();
        Ok(Token::Literal(Literal::Number(text)))
    }
}

/// Pairs of hexadecimal digits.
pub(super) fn hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| match *pair {
            [high, low] => u8::try_from(digit(high)? << 4 | digit(low)?).ok(),
            _ => None,
        })
        .collect()
}

/// Whether a text has the form of a timestamp, so that what is wrong with it is the day or time.
fn looks_like_time(text: &[u8]) -> bool {
    let (head, tail) = text.split_at(text.len().min(19));
    let good = |(at, byte): (usize, &u8)| match at {
        4 | 7 => *byte == b'-',
        10 => *byte == b'T',
        13 | 16 => *byte == b':',
        _ => byte.is_ascii_digit(),
    };
    let fraction = match tail {
        [b'Z'] => true,
        [b'.', digits @ .., b'Z'] => !digits.is_empty() && digits.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    head.len() == 19 && head.iter().enumerate().all(good) && fraction
}
