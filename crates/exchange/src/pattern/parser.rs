//! The grammar. In: tokens. Out: the tree. Never: more stack than [`DEPTH_MAX`] levels.
//!
//! From the outside in: `FOLLOWEDBY`, `OR`, `AND`, qualifiers, square brackets; in them `OR`, `AND`, tests.

use super::ast::{
    Comparison, Literal, ObjectPath, Observation, Operator, PropertyTest, Qualifier, Step,
};
use super::error::{PatternError, PatternProblem};
use super::lexer::{Keyword, Token, tokens};
use super::{DEPTH_MAX, PATTERN_BYTES_MAX, hash};

pub(super) fn parse(text: &str) -> Result<Observation, PatternError> {
    if text.len() > PATTERN_BYTES_MAX {
        return Err(PatternError::new(
            PatternProblem::TooLong,
            PATTERN_BYTES_MAX,
        ));
    }
    let mut parser = Parser {
        tokens: tokens(text)?,
        next: 0,
        end: text.len(),
        depth: 0,
        brackets: 0,
    };
    let root = parser.followed_by()?;
    if parser.next < parser.tokens.len() {
        return Err(parser.expected("the end, an operator or a qualifier"));
    }
    Ok(root)
}

struct Parser {
    tokens: Vec<(Token, usize)>,
    next: usize,
    end: usize,
    depth: usize,
    brackets: usize,
}

type Parsed<T> = Result<T, PatternError>;

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(token, _)| token)
    }

    /// Byte of the next token.
    fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(self.end, |(_, at)| *at)
    }

    fn error(&self, problem: PatternProblem) -> PatternError {
        PatternError::new(problem, self.at())
    }

    fn expected(&self, what: &'static str) -> PatternError {
        self.error(PatternProblem::Expected(what))
    }

    fn takes_keyword(&mut self, keyword: Keyword) -> bool {
        let there = self.peek() == Some(&Token::Keyword(keyword));
        self.next += usize::from(there);
        there
    }

    fn takes_mark(&mut self, mark: &str) -> bool {
        let there = matches!(self.peek(), Some(Token::Mark(found)) if *found == mark);
        self.next += usize::from(there);
        there
    }

    fn mark(&mut self, mark: &'static str) -> Parsed<()> {
        if self.takes_mark(mark) {
            Ok(())
        } else {
            Err(self.expected(mark))
        }
    }

    fn literal(&mut self, what: &'static str) -> Parsed<Literal> {
        match self.peek() {
            Some(Token::Literal(literal)) => {
                let literal = literal.clone();
                self.next += 1;
                Ok(literal)
            }
            _ => Err(self.expected(what)),
        }
    }

    fn text(&mut self) -> Parsed<String> {
        match self.peek() {
            Some(Token::Literal(Literal::Text(text))) => {
                let text = text.clone();
                self.next += 1;
                Ok(text)
            }
            _ => Err(self.expected("a text in quotes")),
        }
    }

    /// Goes one level deeper, from the token that begins it.
    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == DEPTH_MAX {
            return Err(self.error(PatternProblem::TooDeep));
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    /// Parts with one operator between them; a part alone stays what it is.
    fn chain<T>(
        &mut self,
        keyword: Keyword,
        part: fn(&mut Self) -> Parsed<T>,
        join: fn(Vec<T>) -> T,
    ) -> Parsed<T> {
        let first = part(self)?;
        if self.peek() != Some(&Token::Keyword(keyword)) {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.takes_keyword(keyword) {
            parts.push(part(self)?);
        }
        Ok(join(parts))
    }

    fn followed_by(&mut self) -> Parsed<Observation> {
        self.chain(
            Keyword::FollowedBy,
            Self::observation_or,
            Observation::FollowedBy,
        )
    }

    fn observation_or(&mut self) -> Parsed<Observation> {
        self.chain(Keyword::Or, Self::observation_and, Observation::Or)
    }

    fn observation_and(&mut self) -> Parsed<Observation> {
        self.chain(Keyword::And, Self::qualified, Observation::And)
    }

    fn qualified(&mut self) -> Parsed<Observation> {
        let simple = !matches!(self.peek(), Some(Token::Mark("(")));
        let mut observation = self.observation()?;
        let mut kinds = Vec::new();
        loop {
            let at = self.at();
            let Some(qualifier) = self.qualifier()? else {
                return Ok(observation);
            };
            let kind = std::mem::discriminant(&qualifier);
            if simple && kinds.contains(&kind) {
                return Err(PatternError::new(PatternProblem::Twice, at));
            }
            kinds.push(kind);
            if kinds.len() > DEPTH_MAX {
                return Err(PatternError::new(PatternProblem::TooDeep, at));
            }
            observation = Observation::Qualified(Box::new(observation), qualifier);
        }
    }

    fn observation(&mut self) -> Parsed<Observation> {
        if self.takes_mark("(") {
            let inner = self.deeper(Self::followed_by)?;
            self.mark(")")?;
            return Ok(inner);
        }
        if !self.takes_mark("[") {
            return Err(self.expected("`[` or `(`"));
        }
        let number = self.brackets;
        self.brackets += 1;
        let comparison = self.comparison_or()?;
        self.mark("]")?;
        Ok(Observation::Test { comparison, number })
    }

    fn qualifier(&mut self) -> Parsed<Option<Qualifier>> {
        if self.takes_keyword(Keyword::Within) {
            let at = self.at();
            let seconds = self.positive("a number of seconds")?;
            let seconds: f64 = seconds
                .parse()
                .map_err(|_| PatternError::new(PatternProblem::Number, at))?;
            if seconds <= 0.0 {
                return Err(PatternError::new(PatternProblem::Zero, at));
            }
            self.keyword(Keyword::Seconds, "`SECONDS`")?;
            return Ok(Some(Qualifier::Within(seconds)));
        }
        if self.takes_keyword(Keyword::Repeats) {
            let at = self.at();
            let times = self.positive("a whole number")?;
            if times.contains('.') {
                return Err(PatternError::new(
                    PatternProblem::Expected("a whole number"),
                    at,
                ));
            }
            let times: u64 = times
                .parse()
                .map_err(|_| PatternError::new(PatternProblem::Number, at))?;
            if times == 0 {
                return Err(PatternError::new(PatternProblem::Zero, at));
            }
            self.keyword(Keyword::Times, "`TIMES`")?;
            return Ok(Some(Qualifier::Repeats(times)));
        }
        if self.takes_keyword(Keyword::Start) {
            let start = self.time()?;
            self.keyword(Keyword::Stop, "`STOP`")?;
            let stop = self.time()?;
            return Ok(Some(Qualifier::StartStop(start, stop)));
        }
        Ok(None)
    }

    fn keyword(&mut self, keyword: Keyword, what: &'static str) -> Parsed<()> {
        if self.takes_keyword(keyword) {
            Ok(())
        } else {
            Err(self.expected(what))
        }
    }

    fn positive(&mut self, what: &'static str) -> Parsed<String> {
        match self.peek() {
            Some(Token::Literal(Literal::Number(text))) if !text.starts_with('-') => {
                let text = text.clone();
                self.next += 1;
                Ok(text)
            }
            _ => Err(self.expected(what)),
        }
    }

    fn time(&mut self) -> Parsed<crate::stix::Timestamp> {
        match self.peek() {
            Some(Token::Literal(Literal::Time(time))) => {
                let time = time.clone();
                self.next += 1;
                Ok(time)
            }
            _ => Err(self.expected("a time such as t'2016-01-20T12:31:12Z'")),
        }
    }

    fn comparison_or(&mut self) -> Parsed<Comparison> {
        self.chain(Keyword::Or, Self::comparison_and, Comparison::Or)
    }

    fn comparison_and(&mut self) -> Parsed<Comparison> {
        self.chain(Keyword::And, Self::test, Comparison::And)
    }

    fn test(&mut self) -> Parsed<Comparison> {
        let at = self.at();
        if self.takes_mark("(") {
            let inner = self.deeper(Self::comparison_or)?;
            self.mark(")")?;
            return Ok(inner);
        }
        let not = self.takes_keyword(Keyword::Not);
        if self.takes_keyword(Keyword::Exists) {
            return Ok(Comparison::Test(PropertyTest {
                path: self.path()?,
                negated: not,
                operator: Operator::Exists,
                at,
            }));
        }
        if not {
            return Err(self.expected("`EXISTS` behind `NOT`"));
        }
        let path = self.path()?;
        let negated = self.takes_keyword(Keyword::Not);
        let at_value = self.at();
        let operator = self.operator()?;
        let test = PropertyTest {
            path,
            negated,
            operator,
            at,
        };
        match hash::judge(&test) {
            Some(algorithm) => Err(PatternError::new(PatternProblem::Hash(algorithm), at_value)),
            None => Ok(Comparison::Test(test)),
        }
    }

    fn operator(&mut self) -> Parsed<Operator> {
        let token = self.peek().cloned();
        self.next += 1;
        match token {
            Some(Token::Mark("=")) => self.literal("a value").map(Operator::Equal),
            Some(Token::Mark("!=")) => self.literal("a value").map(Operator::NotEqual),
            Some(Token::Mark("<")) => self.orderable().map(Operator::Less),
            Some(Token::Mark("<=")) => self.orderable().map(Operator::LessOrEqual),
            Some(Token::Mark(">")) => self.orderable().map(Operator::Greater),
            Some(Token::Mark(">=")) => self.orderable().map(Operator::GreaterOrEqual),
            Some(Token::Keyword(Keyword::In)) => self.set().map(Operator::In),
            Some(Token::Keyword(Keyword::Like)) => self.text().map(Operator::Like),
            Some(Token::Keyword(Keyword::Matches)) => self.text().map(Operator::Matches),
            Some(Token::Keyword(Keyword::IsSubset)) => self.text().map(Operator::IsSubset),
            Some(Token::Keyword(Keyword::IsSuperset)) => self.text().map(Operator::IsSuperset),
            _ => {
                self.next -= 1;
                Err(self.expected("a comparison operator"))
            }
        }
    }

    fn orderable(&mut self) -> Parsed<Literal> {
        let what = "a value that has an order";
        if matches!(self.peek(), Some(Token::Literal(Literal::Bool(_)))) {
            return Err(self.expected(what));
        }
        self.literal(what)
    }

    fn set(&mut self) -> Parsed<Vec<Literal>> {
        self.mark("(")?;
        let mut out = Vec::new();
        if self.takes_mark(")") {
            return Ok(out);
        }
        loop {
            out.push(self.literal("a value")?);
            if self.takes_mark(")") {
                return Ok(out);
            }
            self.mark(",")?;
        }
    }

    /// A name without a hyphen, or one in quotes.
    fn name(&mut self) -> Parsed<String> {
        match self.peek() {
            Some(Token::Word(word)) if !word.contains('-') => {
                let word = word.clone();
                self.next += 1;
                Ok(word)
            }
            Some(Token::Literal(Literal::Text(_))) => self.text(),
            _ => Err(self.expected("the name of a property")),
        }
    }

    fn path(&mut self) -> Parsed<ObjectPath> {
        let kind = match self.peek() {
            Some(Token::Word(word)) => word.clone(),
            _ => return Err(self.expected("the type of an object")),
        };
        self.next += 1;
        self.mark(":")?;
        let mut steps = vec![Step::Key(self.name()?)];
        loop {
            if self.takes_mark(".") {
                steps.push(Step::Key(self.name()?));
            } else if self.takes_mark("[") {
                steps.push(self.index()?);
                self.mark("]")?;
            } else {
                return Ok(ObjectPath { kind, steps });
            }
        }
    }

    fn index(&mut self) -> Parsed<Step> {
        if self.takes_mark("*") {
            return Ok(Step::Any);
        }
        let at = self.at();
        let what = "an index from 0 or `*`";
        let text = self.positive(what)?;
        if text.contains('.') {
            return Err(PatternError::new(PatternProblem::Expected(what), at));
        }
        let index = text.parse();
        index
            .map(Step::Index)
            .map_err(|_| PatternError::new(PatternProblem::Number, at))
    }
}
