//! Signing in to POP3, FTP and IMAP. In: a command's line. Out: the user. Never: a password; a line behind the end of signing in, where file names and messages begin.

use super::sasl::Mechanism;
use super::{Found, Next, text, user, value};
use crate::limits::IDENTIFIER_BYTES_MAX;

/// With what a client of POP3 or FTP may begin.
const BEGINNINGS: &[&[u8]] = &[
    b"USER", b"APOP", b"AUTH", b"CAPA", b"FEAT", b"OPTS", b"SYST", b"HOST", b"CLNT",
];

/// What it may say beside, before it is signed in: POP3 (RFC 1939, 2449, 6856), FTP (RFC 959, 2228, 2389, 7151).
const BESIDE: &[&[u8]] = &[
    b"PASS", b"ACCT", b"CAPA", b"FEAT", b"OPTS", b"SYST", b"HOST", b"CLNT", b"PBSZ", b"PROT",
    b"NOOP", b"REIN", b"LANG", b"UTF8", b"HELP",
];

/// Whether a client of POP3 or FTP begins with this word.
pub(super) fn begins(word: &[u8]) -> bool {
    text::is_one_of(word, BEGINNINGS)
}

/// Whether a client of IMAP begins with this tag and command (RFC 9051 §6.1, §6.2, RFC 2971).
pub(super) fn begins_tagged(tag: &[u8], command: &[u8]) -> bool {
    let special = |b: &u8| matches!(b, b'(' | b')' | b'{' | b'%' | b'*' | b'"' | b'\\' | b'+');
    let commands: &[&[u8]] = &[
        b"LOGIN",
        b"AUTHENTICATE",
        b"CAPABILITY",
        b"NOOP",
        b"ID",
        b"STARTTLS",
    ];
    !tag.is_empty() && !tag.iter().any(special) && text::is_one_of(command, commands)
}

/// Reads a line of POP3 or FTP.
pub(super) fn command(line: &[u8], found: Found<'_>) -> Next {
    let (word, rest) = text::word(line);
    let rest = rest.strip_prefix(b" ").unwrap_or(rest).trim_ascii();
    if word.eq_ignore_ascii_case(b"USER") {
        user(rest, found);
    } else if word.eq_ignore_ascii_case(b"APOP") {
        let end = rest.iter().rposition(|&b| b == b' ').unwrap_or(rest.len());
        user(rest.get(..end).unwrap_or_default().trim_ascii_end(), found);
    } else if word.eq_ignore_ascii_case(b"AUTH") {
        let (mechanism, _) = text::word(rest);
        // FTP's (RFC 4217): encrypted from here on.
        if text::is_one_of(mechanism, &[b"TLS", b"SSL", b"TLS-C", b"TLS-P"]) {
            return Next::End;
        }
        return Mechanism::begin(rest, found);
    } else if !text::is_one_of(word, BESIDE) {
        return Next::End;
    }
    Next::Command
}

/// Reads a line of IMAP.
pub(super) fn tagged(line: &[u8], found: Found<'_>) -> Next {
    let (_, rest) = text::word(line);
    let Some(rest) = rest.strip_prefix(b" ") else {
        return Next::End;
    };
    let (command, rest) = text::word(rest);
    let rest = rest.trim_ascii();
    if command.eq_ignore_ascii_case(b"LOGIN") {
        return login(rest, found);
    }
    if command.eq_ignore_ascii_case(b"AUTHENTICATE") {
        return Mechanism::begin(rest, found);
    }
    if text::is_one_of(command, &[b"CAPABILITY", b"NOOP", b"ID"]) {
        return text::literal(line).map_or(Next::Command, Next::Skipped);
    }
    Next::End
}

/// Reads the user of `LOGIN`, and over a password that is a literal.
fn login(rest: &[u8], found: Found<'_>) -> Next {
    let skipped = text::literal(rest);
    if rest.starts_with(b"\"") {
        let mut name = value();
        if let Some((name, _)) = text::quoted(rest, &mut name) {
            user(name, found);
        }
    } else if rest.starts_with(b"{") {
        return match skipped {
            Some(length) if length <= IDENTIFIER_BYTES_MAX => Next::User(length),
            Some(length) => Next::Skipped(length),
            None => Next::End,
        };
    } else {
        user(text::atom(rest), found);
    }
    skipped.map_or(Next::Command, Next::Skipped)
}
