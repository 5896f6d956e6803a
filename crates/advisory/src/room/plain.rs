//! Texts of people. In: what was typed. Out: the text, or what is wrong with it. Never: a control character, a sign that turns the direction of writing, a text without end.

use crate::limits::{LINE_CHARS_MAX, TEXT_CHARS_MAX};

/// A field that has to be mended by who wrote it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {what}")]
pub struct FieldError {
    /// The field.
    pub field: &'static str,
    /// What is wrong with it.
    pub what: &'static str,
}

fn is_plain(c: char) -> bool {
    let turning = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    let none = matches!(c, '\u{fffe}' | '\u{ffff}');
    (matches!(c, '\n' | '\t') || !c.is_control()) && !turning && !none
}

/// A line of 1 to 200 characters, without spaces around it.
pub(super) fn line(field: &'static str, text: &str) -> Result<String, FieldError> {
    let text = text.trim();
    let refuse = |what| Err(FieldError { field, what });
    if text.is_empty() {
        return refuse("is missing");
    }
    if text.chars().count() > LINE_CHARS_MAX {
        return refuse("is longer than 200 characters");
    }
    if text.contains(['\n', '\t']) || !text.chars().all(is_plain) {
        return refuse("has a character that no line may have");
    }
    Ok(text.to_owned())
}

/// A line that may be missing.
pub(super) fn line_if(field: &'static str, text: &str) -> Result<Option<String>, FieldError> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    line(field, text).map(Some)
}

/// A mail address: one `@`, signs that a header takes as they are (RFC 5321, 4.5.3.1.3: at most 254 bytes).
pub(super) fn mail(field: &'static str, text: &str) -> Result<String, FieldError> {
    let text = text.trim();
    let parts = text.split_once('@');
    let plain = |b: u8| b.is_ascii_graphic() && !b"<>,;\"()[]\\:".contains(&b);
    let good = parts.is_some_and(|(user, host)| {
        !user.is_empty() && host.len() > 2 && !host.contains('@') && text.len() <= 254
    });
    if good && text.bytes().all(plain) {
        Ok(text.to_owned())
    } else {
        let what = "is no mail address";
        Err(FieldError { field, what })
    }
}

/// A text of 1 to 16000 characters; line ends are those of Unix.
pub(super) fn text(field: &'static str, text: &str) -> Result<String, FieldError> {
    let text = text.replace("\r\n", "\n");
    let text = text.trim();
    let refuse = |what| Err(FieldError { field, what });
    if text.is_empty() {
        return refuse("is missing");
    }
    if text.chars().count() > TEXT_CHARS_MAX {
        return refuse("is longer than 16000 characters");
    }
    if !text.chars().all(is_plain) {
        return refuse("has a character that no text may have");
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_bounded_and_have_no_hidden_signs() {
        assert_eq!(line("product", "  EX-100 ").as_deref(), Ok("EX-100"));
        assert_eq!(text("text", "a\r\nb\t c\n").as_deref(), Ok("a\nb\t c"));
        assert_eq!(line_if("cve", " "), Ok(None));
        for bad in [
            "",
            " ",
            "a\nb",
            "a\u{0}",
            "a\u{202e}b",
            "\u{feff}a",
            "a\u{1b}[2J",
        ] {
            assert!(line("product", bad).is_err(), "{bad:?}");
        }
        assert!(line("product", &"あ".repeat(200)).is_ok());
        assert!(line("product", &"あ".repeat(201)).is_err());
        assert_eq!(
            mail("mail", " psirt@example.jp ").as_deref(),
            Ok("psirt@example.jp")
        );
        for bad in [
            "",
            "psirt",
            "@example.jp",
            "a@b@c.jp",
            "a@b.jp\nBcc: c@d.jp",
            "a<b@c.jp>",
        ] {
            assert!(mail("mail", bad).is_err(), "{bad:?}");
        }
        let long = text("text", &"a".repeat(16_001)).map_err(|e| e.to_string());
        assert_eq!(
            long,
            Err("text: is longer than 16000 characters".to_owned())
        );
    }
}
