//! Texts of people. In: what was typed. Out: nothing, or which field breaks which rule. Never: a control character, a text without end.

use crate::limits::{LINE_CHARS_MAX, TEXT_CHARS_MAX};
use crate::rules::Rule;
use serde::Serialize;

/// A field that breaks a rule. The filer is at fault; `what` says how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{field}: {what} [{}]", .rule.id())]
pub struct FieldError {
    /// The field's name, as the document has it.
    pub field: String,
    /// The rule.
    pub rule: Rule,
    /// What is wrong, in English; the rule has the sentence in both languages.
    pub what: String,
}

impl FieldError {
    pub(crate) fn new(field: impl Into<String>, rule: Rule, what: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            rule,
            what: what.into(),
        }
    }
}

/// Whether a character may stand in a text: no control character but a line's end, nothing that turns the direction of writing, no mark of byte order.
pub(crate) fn is_plain(c: char) -> bool {
    let turning = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    let none = matches!(c, '\u{fffe}' | '\u{ffff}');
    (c == '\n' || !c.is_control()) && !turning && !none
}

/// A line: not empty, no line's end, no space around it.
pub(crate) fn line(field: &str, text: &str) -> Option<FieldError> {
    let fail = |what: &str| Some(FieldError::new(field, Rule::TextBounds, what));
    if text.is_empty() {
        return Some(FieldError::new(field, Rule::FieldMissing, "is missing"));
    }
    if text.chars().count() > LINE_CHARS_MAX {
        return fail("is longer than 200 characters");
    }
    if text.trim() != text {
        return fail("has spaces around it");
    }
    if text.contains('\n') || !text.chars().all(is_plain) {
        return fail("has a character that no line may have");
    }
    None
}

/// A text of one or more lines.
pub(crate) fn text(field: &str, text: &str) -> Option<FieldError> {
    let fail = |what: &str| Some(FieldError::new(field, Rule::TextBounds, what));
    if text.trim().is_empty() {
        return Some(FieldError::new(field, Rule::FieldMissing, "is missing"));
    }
    if text.chars().count() > TEXT_CHARS_MAX {
        return fail("is longer than 8000 characters");
    }
    if !text.chars().all(is_plain) {
        return fail("has a character that no text may have");
    }
    None
}
