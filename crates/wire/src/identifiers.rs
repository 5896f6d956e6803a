//! Mail addresses and user names in the commands of SMTP, IMAP, POP3 and FTP. In: a client's bytes of one connection, in order. Out: each identifier with its
//! field, borrowed for the length of a call. Never: a password, a message, a header of one, or a byte behind `DATA`, `BDAT`, `STARTTLS` or the end of signing in.
//!
//! | protocol | what is read | source |
//! |---|---|---|
//! | SMTP, LMTP | reverse-path of `MAIL FROM`, forward-path of `RCPT TO` | RFC 5321 §3.3, §4.1.1.2–3, §4.1.2; pipelined: RFC 2920; UTF-8: RFC 6531 §3.3 |
//! | IMAP | user of `LOGIN` as atom, quoted string or literal | RFC 9051 §6.2.3, §4.3, §9; literals without waiting: RFC 7888 |
//! | POP3 | `USER`, `APOP` | RFC 1939 §7 |
//! | FTP | `USER` | RFC 959 §4.1.1 |
//! | all but FTP | `AUTH`/`AUTHENTICATE` with `PLAIN`, `LOGIN`, `CRAM-MD5`, with and without initial response | RFC 4954 §4, RFC 9051 §6.2.2, RFC 5034 §4, RFC 4616 §2, RFC 2195 §2 |
//!
//! Which bytes decide, beside the identifiers themselves: the commands' words, the line ends, the lengths of IMAP literals, and of a SASL response as much as its user name takes. What
//! follows the words of other commands, every password, and everything behind the end may be any bytes but line ends; behind the end, any bytes.

mod path;
mod sasl;
mod signin;
mod text;

use crate::Incomplete;
use crate::application::PREFIX_BYTES;
use crate::limits::{COMMAND_LINE_BYTES_MAX, COMMAND_LINES_MAX, IDENTIFIER_BYTES_MAX};
use sasl::Mechanism;
use zeroize::Zeroizing;

/// What an identifier is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Who sends mail.
    SourceMail,
    /// Who receives it.
    DestinationMail,
    /// Who signs in.
    User,
}

/// Told of every identifier: its field and its value, which is gone when the call returns.
pub type Found<'f> = &'f mut dyn FnMut(Field, &[u8]);

/// A grammar of commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    /// SMTP and LMTP.
    Mail,
    /// POP3 and FTP, which begin alike.
    User,
    /// IMAP.
    Tagged,
}

/// What the next bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// A command's line.
    Command,
    /// A line that answers a challenge.
    Response(Mechanism),
    /// A line that is of no interest: the password of `AUTH LOGIN`.
    Ignored,
    /// A literal of so many bytes that is a user name.
    User(usize),
    /// A literal of which so many bytes are left that are of no interest.
    Skipped(usize),
    /// The rest of a command behind a literal.
    Rest,
    /// Nothing any more.
    End,
}

/// The client's side of a connection that speaks one of the protocols.
#[derive(Clone, Debug)]
pub struct Commands {
    dialect: Dialect,
    next: Next,
    lines: u16,
}

/// How far the reading came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes that are done with; call again with the rest and what comes behind it.
    pub used: usize,
    /// Nothing more is read of this side.
    pub ended: bool,
}

/// A value that is put together; overwritten when it goes.
type Value = Zeroizing<[u8; IDENTIFIER_BYTES_MAX]>;

fn value() -> Value {
    Zeroizing::new([0; IDENTIFIER_BYTES_MAX])
}

/// Longest first command and its tag: no more bytes than [`application`](crate::application) looks at, so that both call the same bytes content.
const OPENING_BYTES_MAX: usize = PREFIX_BYTES;

impl Commands {
    /// Looks at the first bytes that a side sends.
    ///
    /// # Errors
    /// - [`Incomplete::Truncated`]: the first command's word is not complete.
    /// - [`Incomplete::Malformed`]: none of the protocols begins so.
    pub fn begin(bytes: &[u8]) -> Result<Self, Incomplete> {
        let head = bytes.get(..OPENING_BYTES_MAX).unwrap_or(bytes);
        let more = || {
            if bytes.len() < OPENING_BYTES_MAX {
                Incomplete::Truncated
            } else {
                Incomplete::Malformed
            }
        };
        let (first, behind) = text::word(head);
        if first.is_empty() {
            return Err(if head.is_empty() {
                Incomplete::Truncated
            } else {
                Incomplete::Malformed
            });
        }
        if behind.is_empty() {
            return Err(more());
        }
        let dialect = if text::is_one_of(first, &[b"EHLO", b"HELO", b"LHLO", b"MAIL"]) {
            Dialect::Mail
        } else if signin::begins(first) {
            Dialect::User
        } else {
            let command = behind.strip_prefix(b" ").ok_or(Incomplete::Malformed)?;
            let (command, behind) = text::word(command);
            if behind.is_empty() {
                return Err(more());
            }
            if !signin::begins_tagged(first, command) {
                return Err(Incomplete::Malformed);
            }
            Dialect::Tagged
        };
        Ok(Self {
            dialect,
            next: Next::Command,
            lines: 0,
        })
    }

    /// Reads what is complete at the start of `bytes`, which follow what was used before.
    pub fn read(&mut self, bytes: &[u8], found: Found<'_>) -> Progress {
        let mut used = 0;
        while let Some(rest) = bytes.get(used..).filter(|rest| !rest.is_empty()) {
            let Some(step) = self.step(rest, found) else {
                break;
            };
            used += step;
        }
        let ended = self.next == Next::End;
        Progress { used, ended }
    }

    /// Reads one line or literal; `None` where it is not complete, or where the reading has ended.
    fn step(&mut self, rest: &[u8], found: Found<'_>) -> Option<usize> {
        match self.next {
            Next::End => None,
            Next::User(length) => {
                let name = rest.get(..length)?;
                self.next = Next::Rest;
                user(name, found);
                Some(length)
            }
            Next::Skipped(left) => {
                let here = left.min(rest.len());
                self.next = if here == left {
                    Next::Rest
                } else {
                    Next::Skipped(left - here)
                };
                Some(here)
            }
            _ => self.whole_line(rest, found),
        }
    }

    fn whole_line(&mut self, rest: &[u8], found: Found<'_>) -> Option<usize> {
        let head = rest.get(..COMMAND_LINE_BYTES_MAX).unwrap_or(rest);
        let Some(end) = head.iter().position(|&b| b == b'\n') else {
            if rest.len() >= COMMAND_LINE_BYTES_MAX {
                self.next = Next::End;
            }
            return None;
        };
        self.lines += 1;
        let line = head.get(..end).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        self.next = match self.next {
            Next::Response(mechanism) => mechanism.response(line, found),
            Next::Ignored => Next::Command,
            Next::Rest => text::literal(line).map_or(Next::Command, Next::Skipped),
            _ => match self.dialect {
                Dialect::Mail => path::command(line, found),
                Dialect::User => signin::command(line, found),
                Dialect::Tagged => signin::tagged(line, found),
            },
        };
        if self.lines >= COMMAND_LINES_MAX {
            self.next = Next::End;
        }
        Some(end + 1)
    }
}

/// Tells a user name, unless it is empty, too long or has control characters.
fn user(name: &[u8], found: Found<'_>) {
    let fits = !name.is_empty() && name.len() <= IDENTIFIER_BYTES_MAX;
    if fits && !name.iter().any(u8::is_ascii_control) {
        found(Field::User, name);
    }
}
