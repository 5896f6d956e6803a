//! Conditions: comparisons of variables with values. In: text. Out: whether it holds. Never: a value that is looked for elsewhere.
//!
//! CACAO takes the grammar of STIX patterns with `__variable__:value` in the place of an object's path (section 10.5, and the examples there). Taken is what playbooks use:
//! comparisons (`=`, `==`, `!=`, `<`, `>`, `<=`, `>=`, `IN`), joined by `AND`, `OR`, with brackets, and `NOT` before a comparison.

use std::collections::BTreeMap;

/// Most comparisons of a condition.
const COMPARISONS_MAX: usize = 32;
/// Deepest brackets.
const DEPTH_MAX: usize = 8;

/// A condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// A comparison.
    Is {
        /// The variable, with its underlines.
        variable: String,
        /// How.
        how: How,
        /// With what.
        values: Vec<String>,
        /// Whether the opposite is meant.
        not: bool,
    },
    /// All of them.
    All(Vec<Self>),
    /// One of them.
    Any(Vec<Self>),
}

/// How a variable is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The same.
    Equal,
    /// Another.
    Unequal,
    /// Less; both are numbers.
    Less,
    /// More; both are numbers.
    More,
    /// Not more; both are numbers.
    AtMost,
    /// Not less; both are numbers.
    AtLeast,
    /// One of several.
    In,
}

/// Why a text is no condition, or says nothing now. The playbook's author acts on it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConditionError {
    /// A word that does not stand where it can.
    #[error("`{0}` cannot stand here")]
    Word(String),
    /// The text ends too early.
    #[error("the condition ends in the middle")]
    End,
    /// Too much.
    #[error("the condition has more comparisons or brackets than are read")]
    TooMany,
    /// A variable without a value.
    #[error("{0} has no value")]
    NoValue(String),
    /// Not a number where one is compared.
    #[error("{0} is compared as a number and is none")]
    NoNumber(String),
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Sign(&'static str),
}

fn tokens(text: &str) -> Result<Vec<Token>, ConditionError> {
    const SIGNS: [&str; 12] = [
        "==", "!=", "<=", ">=", "=", "<", ">", "(", ")", ",", "[", "]",
    ];
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if first == '\'' || first == '"' {
            let mut value = String::new();
            let mut chars = rest.char_indices().skip(1);
            let mut end = None;
            while let Some((at, c)) = chars.next() {
                match c {
                    '\\' => value.push(chars.next().ok_or(ConditionError::End)?.1),
                    c if c == first => {
                        end = Some(at + c.len_utf8());
                        break;
                    }
                    c => value.push(c),
                }
            }
            rest = rest
                .get(end.ok_or(ConditionError::End)?..)
                .unwrap_or_default()
                .trim_start();
            out.push(Token::Text(value));
            continue;
        }
        if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            rest = rest.get(sign.len()..).unwrap_or_default().trim_start();
            out.push(Token::Sign(sign));
            continue;
        }
        let inner = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '.' | '-' | '/');
        let end = rest.find(|c: char| !inner(c)).unwrap_or(rest.len());
        if end == 0 {
            return Err(ConditionError::Word(first.to_string()));
        }
        out.push(Token::Word(rest.get(..end).unwrap_or_default().to_owned()));
        rest = rest.get(end..).unwrap_or_default().trim_start();
    }
    Ok(out)
}

struct Reader {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    count: usize,
}

impl Reader {
    fn word(&mut self, word: &str) -> bool {
        let is = |token: &Token| matches!(token, Token::Word(w) if w.eq_ignore_ascii_case(word));
        self.tokens.next_if(is).is_some()
    }

    fn sign(&mut self, sign: &str) -> bool {
        self.tokens
            .next_if(|token| {
                *token == Token::Sign("(") && sign == "("
                    || matches!(token, Token::Sign(s) if *s == sign)
            })
            .is_some()
    }

    fn any(&mut self, depth: usize) -> Result<Condition, ConditionError> {
        let mut parts = vec![self.all(depth)?];
        while self.word("OR") {
            parts.push(self.all(depth)?);
        }
        Ok(match parts.len() {
            1 => parts.remove(0),
            _ => Condition::Any(parts),
        })
    }

    fn all(&mut self, depth: usize) -> Result<Condition, ConditionError> {
        let mut parts = vec![self.one(depth)?];
        while self.word("AND") {
            parts.push(self.one(depth)?);
        }
        Ok(match parts.len() {
            1 => parts.remove(0),
            _ => Condition::All(parts),
        })
    }

    fn one(&mut self, depth: usize) -> Result<Condition, ConditionError> {
        for (open, close) in [("(", ")"), ("[", "]")] {
            if self.sign(open) {
                if depth == DEPTH_MAX {
                    return Err(ConditionError::TooMany);
                }
                let inner = self.any(depth + 1)?;
                return if self.sign(close) {
                    Ok(inner)
                } else {
                    Err(self.wrong())
                };
            }
        }
        self.count += 1;
        if self.count > COMPARISONS_MAX {
            return Err(ConditionError::TooMany);
        }
        let mut not = self.word("NOT");
        let path = match self.tokens.next() {
            Some(Token::Word(path)) => path,
            other => return Err(said(other)),
        };
        let variable = path.strip_suffix(":value").unwrap_or(&path).to_owned();
        if !is_variable(&variable) {
            return Err(ConditionError::Word(path));
        }
        // `^=` of the grammar: NOT stands before the comparison or in it, not in both.
        if self.word("NOT") {
            if not {
                return Err(ConditionError::Word("NOT".to_owned()));
            }
            not = true;
        }
        let how = self.how()?;
        let values = if how == How::In {
            self.set()?
        } else {
            vec![self.value()?]
        };
        Ok(Condition::Is {
            variable,
            how,
            values,
            not,
        })
    }

    fn how(&mut self) -> Result<How, ConditionError> {
        match self.tokens.next() {
            Some(Token::Sign("=" | "==")) => Ok(How::Equal),
            Some(Token::Sign("!=")) => Ok(How::Unequal),
            Some(Token::Sign("<")) => Ok(How::Less),
            Some(Token::Sign(">")) => Ok(How::More),
            Some(Token::Sign("<=")) => Ok(How::AtMost),
            Some(Token::Sign(">=")) => Ok(How::AtLeast),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("IN") => Ok(How::In),
            other => Err(said(other)),
        }
    }

    fn value(&mut self) -> Result<String, ConditionError> {
        match self.tokens.next() {
            Some(Token::Text(text) | Token::Word(text)) => Ok(text),
            other => Err(said(other)),
        }
    }

    fn set(&mut self) -> Result<Vec<String>, ConditionError> {
        if !self.sign("(") {
            return Err(self.wrong());
        }
        let mut values = vec![self.value()?];
        while self.sign(",") {
            values.push(self.value()?);
            if values.len() > COMPARISONS_MAX {
                return Err(ConditionError::TooMany);
            }
        }
        if self.sign(")") {
            Ok(values)
        } else {
            Err(self.wrong())
        }
    }

    fn wrong(&mut self) -> ConditionError {
        said(self.tokens.next())
    }
}

fn said(token: Option<Token>) -> ConditionError {
    match token {
        None => ConditionError::End,
        Some(Token::Word(word) | Token::Text(word)) => ConditionError::Word(word),
        Some(Token::Sign(sign)) => ConditionError::Word(sign.to_owned()),
    }
}

/// The variable that a value stands for: `__name__:value`, which section 10.18 lets stand wherever a value does.
fn stands_for(value: &str) -> Option<&str> {
    let name = value.strip_suffix(":value")?;
    is_variable(name).then_some(name)
}

/// Whether a text is a variable's name: section 10.18.
pub(super) fn is_variable(text: &str) -> bool {
    let inner = text
        .strip_prefix("__")
        .and_then(|rest| rest.strip_suffix("__"));
    inner.is_some_and(|inner| {
        let begins = inner.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        begins
            && inner.len() <= 200
            && inner
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
    })
}

impl Condition {
    /// Reads a condition.
    ///
    /// # Errors
    /// [`ConditionError`].
    pub fn parse(text: &str) -> Result<Self, ConditionError> {
        let tokens = tokens(text)?;
        let mut reader = Reader {
            tokens: tokens.into_iter().peekable(),
            count: 0,
        };
        let read = reader.any(0)?;
        match reader.tokens.next() {
            None => Ok(read),
            token => Err(said(token)),
        }
    }

    /// Whether it holds.
    ///
    /// # Errors
    /// [`ConditionError::NoValue`], [`ConditionError::NoNumber`].
    pub fn holds(&self, values: &BTreeMap<String, Option<String>>) -> Result<bool, ConditionError> {
        match self {
            Self::All(parts) => {
                for part in parts {
                    if !part.holds(values)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Any(parts) => {
                for part in parts {
                    if part.holds(values)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::Is {
                variable,
                how,
                values: with,
                not,
            } => {
                let value_of = |variable: &str| {
                    let value = values.get(variable).and_then(Option::as_deref);
                    value.ok_or_else(|| ConditionError::NoValue(variable.to_owned()))
                };
                let value = value_of(variable)?;
                let with = with.iter().map(|one| match stands_for(one) {
                    Some(variable) => value_of(variable),
                    None => Ok(one.as_str()),
                });
                let with: Vec<&str> = with.collect::<Result<_, _>>()?;
                let first = with.first().copied().unwrap_or_default();
                let number = |text: &str| {
                    let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
                    number.ok_or_else(|| ConditionError::NoNumber(text.to_owned()))
                };
                let held = match how {
                    How::Equal => value == first,
                    How::Unequal => value != first,
                    How::In => with.contains(&value),
                    How::Less => number(value)? < number(first)?,
                    How::More => number(value)? > number(first)?,
                    How::AtMost => number(value)? <= number(first)?,
                    How::AtLeast => number(value)? >= number(first)?,
                };
                Ok(held != *not)
            }
        }
    }

    /// The variables that it names.
    pub fn variables(&self) -> Vec<&str> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::variables).collect(),
            Self::Is {
                variable, values, ..
            } => {
                let others = values.iter().filter_map(|value| stands_for(value));
                std::iter::once(variable.as_str()).chain(others).collect()
            }
        }
    }
}
