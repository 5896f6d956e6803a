//! What is taken as a query. In: text. Out: one parsed SELECT of bounded size. Never: a second statement, one that writes, a text that is deeper than a stack.

use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::ast;
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};
use sakimori_lake::session::Limits;

use crate::limits::{NESTING_MAX, SIGNS_MAX};
use crate::refusal::Refusal;

/// Reads a statement.
///
/// # Errors
/// A refusal of kind `statement` that says what is not taken, with its line and column where it is one word.
pub(crate) fn parse(sql: &str, limits: Limits) -> Result<Statement, Refusal> {
    let dialect = GenericDialect {};
    let tokens = Tokenizer::new(&dialect, sql)
        .tokenize_with_location()
        .map_err(|e| Refusal::statement(e.to_string()))?;
    bounded(&tokens)?;
    let beginning = beginning(&tokens);
    let mut statements = DFParserBuilder::new(tokens)
        .with_dialect(&dialect)
        .with_recursion_limit(NESTING_MAX)
        .build()
        .and_then(|mut parser| parser.parse_statements())
        .map_err(|e| Refusal::planning(&e, limits))?;
    let only = "a query is one SELECT over `records`";
    let statement = match (statements.pop_front(), statements.len()) {
        (None, _) => return Err(Refusal::statement("there is no statement")),
        (Some(statement), 0) => statement,
        (Some(_), more) => {
            let what = format!("there are {} statements: {only}", more + 1);
            return Err(Refusal::statement(what));
        }
    };
    let refused = match &statement {
        Statement::Statement(inner) => match inner.as_ref() {
            ast::Statement::Query(query) => writes(query).map(str::to_owned),
            _ => Some(beginning),
        },
        _ => Some(beginning),
    };
    match refused {
        None => Ok(statement),
        Some(what) => Err(Refusal::statement(format!("{what} is not taken: {only}"))),
    }
}

/// The part of a query that would do more than read. One that is deeper inside is refused when it is planned.
fn writes(query: &ast::Query) -> Option<&'static str> {
    if !query.locks.is_empty() {
        return Some("FOR UPDATE");
    }
    match query.body.as_ref() {
        ast::SetExpr::Select(select) if select.into.is_some() => Some("INTO"),
        ast::SetExpr::Insert(_) => Some("INSERT"),
        ast::SetExpr::Update(_) => Some("UPDATE"),
        ast::SetExpr::Delete(_) => Some("DELETE"),
        ast::SetExpr::Merge(_) => Some("MERGE"),
        _ => None,
    }
}

/// Refuses a text that could nest or chain beyond what a stack holds.
fn bounded(tokens: &[TokenWithSpan]) -> Result<(), Refusal> {
    let mut signs = tokens.iter().filter(|token| chains(&token.token));
    match signs.nth(SIGNS_MAX) {
        None => Ok(()),
        Some(token) => Err(Refusal::statement(format!(
            "the statement has more than {SIGNS_MAX} words and signs, values and commas not counted, at line {}, column {}; use IN for a long list",
            token.span.start.line, token.span.start.column
        ))),
    }
}

/// Whether a token can be part of a nesting or a chain.
const fn chains(token: &Token) -> bool {
    let value = matches!(
        token,
        Token::Number(..) | Token::SingleQuotedString(_) | Token::Comma | Token::Whitespace(_)
    );
    !value && !matches!(token, Token::EOF)
}

/// The word with which a statement begins, with its place.
fn beginning(tokens: &[TokenWithSpan]) -> String {
    let word = tokens.iter().find_map(|token| match &token.token {
        Token::Word(word) if word.keyword != Keyword::NoKeyword => Some((
            word.value.to_ascii_uppercase(),
            token.span.start.line,
            token.span.start.column,
        )),
        _ => None,
    });
    word.map_or_else(
        || "this".to_owned(),
        |(word, line, column)| format!("`{word}` at line {line}, column {column}"),
    )
}
