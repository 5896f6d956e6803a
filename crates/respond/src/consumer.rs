//! The consumer of an actuator: what a command of `OpenC2` comes to. In: a body and its media type, who the actuator is, what it has approvals for, the time. Out: an [`Intent`] for the engine, the answer to a query,
//! or a refusal with its status; and the answer's bytes in the form in which was asked. Never: a deed that is guessed; a command without an end; a default of the language that would let an effect last.
//!
//! A message is judged in two steps. First as one of the language ([`crate::openc2`]): what is none is 400. Then by the rules of this consumer, which `docs/reference/openc2.md` states: a command names its
//! measure in the specifier `x-sakimori`, and is 403 without a stored approval; what our profiles do not cover is 501; what leaves open until when, which way, or whether a restart keeps it, is 400.

mod aim;
mod profile;
pub mod receipt;
mod reply;
mod rules;

pub use aim::{Aim, TARGETS, aim};
pub use profile::{NSID, Sakimori, SakimoriArgs, SakimoriSpecifiers};
pub use reply::Reply;

use crate::engine::{Deed, Intent, Key, State};
use crate::openc2::{
    Action, Args, Fault, Form, Language, Profile, ResponseType, Slpf, framed, is_command_id,
};
use sakimori_custody::ids::Name;
use sha2::{Digest, Sha256};

/// The media type of a command in an older text of the transfer specification; its answers carry [`crate::openc2::MEDIA_TYPE`].
const OLDER_MEDIA_TYPE: &str = "application/openc2-cmd+json";
/// Largest step, and largest revision, in a command.
pub const STEP_MAX: u64 = 0xffff_ffff;
/// Largest time in milliseconds that a command names: the last of the year 9999.
const MILLIS_MAX: u64 = sakimori_custody::time::SECONDS_MAX * 1000 + 999;

/// What a consumer knows of its actuator.
#[derive(Clone, Copy)]
pub struct Known<'k> {
    /// Its name.
    pub actuator: &'k Name,
    /// What its substrates can do.
    pub deeds: &'k [Deed],
    /// Commands that it takes in a minute.
    pub commands_a_minute: usize,
    /// Its approvals, and what is wanted.
    pub state: &'k State,
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub now: u64,
}

/// What a command comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// This is to be said; nothing is to be done.
    Say(Box<Reply>),
    /// The engine is to be asked; its answer is put in a [`Reply`] by [`Wanted::reply`].
    Do(Box<Wanted>),
}

/// A command that the engine is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What it wants.
    pub intent: Intent,
    /// In which form it was sent.
    pub form: Form,
    /// Which answer is wanted.
    pub response: ResponseType,
    /// Whether its target is one of packet filtering, whose answers carry a rule's number.
    pub is_filter: bool,
}

/// The number by which `delete slpf:rule_number` names an effect: the first six bytes of its SHA-256, which every reader of JSON can hold.
pub fn rule_number(key: &Key) -> u64 {
    let digest = Sha256::new()
        .chain_update(key.measure)
        .chain_update([key.deed.code()])
        .chain_update(key.target.as_bytes())
        .finalize();
    let first = digest.iter().take(6);
    first.fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Whether a media type is one of commands: the language's version is 1.0, or not said.
pub fn is_media_type(text: &str) -> bool {
    let mut parts = text.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
    let known = crate::openc2::MEDIA_TYPE
        .split(';')
        .next()
        .unwrap_or_default();
    if kind != known && kind != OLDER_MEDIA_TYPE {
        return false;
    }
    parts.all(|part| match part.split_once('=') {
        Some((name, value)) => {
            let value = value.trim_matches('"');
            match name.to_ascii_lowercase().as_str() {
                "version" => value == crate::openc2::VERSION,
                "charset" => value.eq_ignore_ascii_case("utf-8"),
                _ => false,
            }
        }
        None => part.is_empty(),
    })
}

fn say(reply: Reply) -> Heard {
    Heard::Say(Box::new(reply))
}

/// What is said of a body that was not read: what is none of the language is 400 wherever that stands in it, also beside a profile of others, which alone is 501.
fn not_read(form: Form, body: &[u8], fault: &Fault, language: Language<'_>) -> Reply {
    if !fault.is_profile() {
        return Reply::bad(form, fault.to_string());
    }
    let others = Language {
        others: true,
        ..language
    };
    match framed(body, &others) {
        Err(other) if !other.is_profile() => Reply::bad(form, other.to_string()),
        _ => Reply::not_ours(form, fault.to_string()),
    }
}

/// Whether arguments are those that a query of features may have: language, section 4.1.
fn is_plain(args: &Args) -> bool {
    let complete = Args {
        response_requested: Some(ResponseType::Complete),
        ..Args::default()
    };
    *args == Args::default() || *args == complete
}

/// Reads and judges a body.
pub fn hear(body: &[u8], media_type: &str, known: &Known<'_>) -> Heard {
    let form = reply::form_of(body);
    if !is_media_type(media_type) {
        let words = format!("the media type is not {}", crate::openc2::MEDIA_TYPE);
        return say(Reply::bad(form, words));
    }
    let own = Sakimori { deeds: known.deeds };
    let profiles: [&dyn Profile; 2] = [&own, &Slpf];
    let language = Language {
        profiles: &profiles,
        others: false,
    };
    let framed = match framed(body, &language) {
        Ok(framed) => framed,
        Err(fault) => return say(not_read(form, body, &fault, language)),
    };
    let (mut command, form) = (framed.message, framed.form);
    if let (None, Form::Framed { request_id, .. }) = (&command.command_id, &form) {
        // Language, section 3.3.1: a command without a number has that of its message.
        command.command_id = request_id.clone().filter(|id| is_command_id(id));
    }
    let judged = match (command.action, &command.target) {
        (Action::Query, crate::openc2::Target::Features(_)) if !is_plain(&command.args) => Err(
            rules::bad("a query of features has no argument but `response_requested: complete`"),
        ),
        (Action::Query, crate::openc2::Target::Features(asked)) => {
            let response = reply::features(asked, known, &profiles);
            return say(Reply {
                form,
                response: Some(response),
            });
        }
        (Action::Deny, _) => rules::deny(&command, known),
        (Action::Allow, _) => rules::allow(&command, known),
        (Action::Delete, _) => rules::delete(&command, known),
        (action, target) => Err(rules::not_ours(format!(
            "this consumer does not `{action}` a `{}`",
            target.name()
        ))),
    };
    match judged {
        Ok((intent, is_filter)) => Heard::Do(Box::new(Wanted {
            intent,
            form,
            response: command
                .args
                .response_requested
                .unwrap_or(ResponseType::Complete),
            is_filter,
        })),
        Err(answer) => say(Reply::of(form, &answer)),
    }
}
