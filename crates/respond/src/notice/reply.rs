//! Answers to notices. In: a message of a stranger. Out: the numbers that it names, who says to have sent it, what it says, whether it is a message that something did not arrive. Never: a message
//! that is believed: what it says becomes a state when a person enters it; text without bound or control characters.

use super::ticket::{REFERENCE_BYTES, Reference, State};
use mail_parser::{Message, MessageParser, MimeHeaders};
use sakimori_custody::record::coded;

/// Longest message in bytes.
pub const MESSAGE_BYTES_MAX: usize = 4 << 20;
/// Most characters of a text that are kept.
pub const TEXT_MAX: usize = 16 << 10;
/// Most characters of subject and sender.
const LINE_MAX: usize = 320;
/// Most numbers of one message.
const REFERENCES_MAX: usize = 16;

coded! {
    /// What an answer is.
    Kind: u8 {
        /// Of a person, as far as it says.
        Person = 1 "person",
        /// Of a machine: an acknowledgement, an absence (RFC 3834).
        Automatic = 2 "automatic",
        /// The notice did not arrive and will not (RFC 3464, status 5).
        Bounced = 3 "bounced",
        /// It did not arrive so far (status 4).
        Delayed = 4 "delayed",
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The numbers that stand in it, those of its headers first.
    pub references: Vec<Reference>,
    /// Who says to have sent it; empty where nobody does.
    pub from: String,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// Whether there is more text than was kept.
    pub cut: bool,
    /// What it is.
    pub kind: Kind,
}

/// Why a message is no answer. Nobody is told: it goes to the people of the desk as a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// Too long.
    #[error("the message has more than {MESSAGE_BYTES_MAX} bytes")]
    TooLong,
    /// No message.
    #[error("this is no message")]
    NoMessage,
    /// It names no notice.
    #[error("the message names no notice")]
    NoReference,
}

/// Reads an answer.
///
/// # Errors
/// [`ReplyError`].
pub fn read(bytes: &[u8]) -> Result<Reply, ReplyError> {
    if bytes.len() > MESSAGE_BYTES_MAX {
        return Err(ReplyError::TooLong);
    }
    let message = MessageParser::default()
        .parse(bytes)
        .ok_or(ReplyError::NoMessage)?;
    let subject = line(message.subject().unwrap_or_default());
    let mut places = String::new();
    for header in ["In-Reply-To", "References"] {
        if let Some(raw) = message.header_raw(header) {
            places.push_str(raw);
            places.push('\n');
        }
    }
    places.push_str(&subject);
    places.push('\n');
    let body = message.body_text(0).unwrap_or_default();
    let (text, cut) = kept(&body);
    places.push_str(&text);
    // A message that something did not arrive carries the notice, or its header, behind its words.
    for part in message.attachments() {
        let held = part.message().map_or_else(
            || String::from_utf8_lossy(part.contents()).into_owned(),
            |inner| {
                inner
                    .header_raw("Message-ID")
                    .unwrap_or_default()
                    .to_owned()
            },
        );
        places.push('\n');
        places.extend(held.chars().take(TEXT_MAX));
    }
    let references = Reference::all_in(&places, REFERENCES_MAX);
    if references.is_empty() {
        return Err(ReplyError::NoReference);
    }
    let from = message.from().and_then(|from| from.first());
    let from = from.and_then(|address| address.address().map(line));
    Ok(Reply {
        references,
        from: from.unwrap_or_default(),
        subject,
        text,
        cut,
        kind: kind(&message),
    })
}

impl Reply {
    /// The state that the answer itself brings a ticket to: only that the notice did not arrive. All others a person enters.
    pub const fn state(&self) -> Option<State> {
        match self.kind {
            Kind::Bounced => Some(State::Bounced),
            Kind::Person | Kind::Automatic | Kind::Delayed => None,
        }
    }
}

fn line(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.take(LINE_MAX).collect()
}

/// A text without control characters but ends of lines, and whether it was cut. A number of a notice at the cut is not cut in two: it is not kept at all.
fn kept(text: &str) -> (String, bool) {
    let plain = |c: &char| *c == '\n' || !c.is_control();
    let mut out: String = text.chars().filter(plain).take(TEXT_MAX).collect();
    let cut = text.chars().filter(plain).nth(TEXT_MAX).is_some();
    if cut {
        let near = out.len().saturating_sub(REFERENCE_BYTES);
        if let Some(at) = out.rfind("SKM-").filter(|at| *at > near) {
            out.truncate(at);
        }
    }
    (out, cut)
}

fn kind(message: &Message<'_>) -> Kind {
    let report = message.content_type().is_some_and(|kind| {
        kind.ctype().eq_ignore_ascii_case("multipart")
            && kind
                .subtype()
                .is_some_and(|s| s.eq_ignore_ascii_case("report"))
            && kind
                .attribute("report-type")
                .is_some_and(|t| t.eq_ignore_ascii_case("delivery-status"))
    });
    if report {
        return status(message);
    }
    let by_machine = message
        .header_raw("Auto-Submitted")
        .is_some_and(|value| !value.trim().to_ascii_lowercase().starts_with("no"));
    if by_machine {
        Kind::Automatic
    } else {
        Kind::Person
    }
}

/// What a message on delivery says of the first receiver that it names, RFC 3464 section 2.3.
fn status(message: &Message<'_>) -> Kind {
    for part in &message.parts {
        let is = part.content_type().is_some_and(|kind| {
            kind.subtype()
                .is_some_and(|s| s.eq_ignore_ascii_case("delivery-status"))
        });
        if !is {
            continue;
        }
        let text = String::from_utf8_lossy(part.contents()).to_ascii_lowercase();
        let value = |name: &str| {
            let found = text.lines().find_map(|line| line.strip_prefix(name));
            found.map(str::trim).unwrap_or_default()
        };
        let failed = value("action:").starts_with("failed") && value("status:").starts_with('5');
        return if failed { Kind::Bounced } else { Kind::Delayed };
    }
    Kind::Automatic
}
