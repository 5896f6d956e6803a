//! Commands, section 3.3.1. In: JSON. Out: a command. Never: a member that the language does not have.

use super::LIMITS;
use super::at::{At, Fault};
use super::profile::{Extension, Language};
use super::target::{Target, command_id};
use super::terms::{Action, ResponseType};
use sakimori_exchange::json::{self, Node};

/// A command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// What is to be done.
    pub action: Action,
    /// With what.
    pub target: Target,
    /// How and when.
    pub args: Args,
    /// By whom.
    pub actuator: Option<Actuator>,
    /// Its number.
    pub command_id: Option<String>,
}

/// How and when, section 3.3.1.4. Times are milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Args {
    /// From when on.
    pub start_time: Option<u64>,
    /// Until when.
    pub stop_time: Option<u64>,
    /// How long, in milliseconds.
    pub duration: Option<u64>,
    /// Which answer is wanted; where nothing is said, [`ResponseType::Complete`].
    pub response_requested: Option<ResponseType>,
    /// Arguments of profiles.
    pub extensions: Vec<Extension>,
}

/// By whom: one actuator of one profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actuator {
    /// Its profile and specifiers.
    pub specifiers: Extension,
}

/// From when until when, in milliseconds; without an end it is for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first millisecond.
    pub start: u64,
    /// The first millisecond behind it.
    pub stop: Option<u64>,
}

/// Why a command's times give no span. Its sender acts on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpanError {
    /// It ends before it begins, or as it begins.
    #[error("it ends before it begins")]
    Backwards,
    /// It ends later than a number can say.
    #[error("its end is later than is counted")]
    Late,
}

impl Args {
    fn read(
        at: &At<'_>,
        node: &Node<'_>,
        language: &Language<'_>,
        text: &str,
    ) -> Result<Self, Fault> {
        let mut args = Self::default();
        for member in at.object(node)?.members() {
            let (name, value) = (member.name.as_ref(), &member.value);
            let at = at.member(name);
            match name {
                "start_time" => args.start_time = Some(at.number(value)?),
                "stop_time" => args.stop_time = Some(at.number(value)?),
                "duration" => args.duration = Some(at.number(value)?),
                "response_requested" => {
                    let word = ResponseType::from_name(at.text(value)?);
                    let word = word.ok_or_else(|| {
                        at.fault("one of `none`, `ack`, `status`, `complete` is asked for")
                    })?;
                    args.response_requested = Some(word);
                }
                _ => {
                    let read = language
                        .extension(&at, name, value, text, |profile, value| profile.args(value))?;
                    args.extensions.push(read);
                }
            }
        }
        if args.start_time.is_some() && args.stop_time.is_some() && args.duration.is_some() {
            return Err(
                at.fault("at most two of `start_time`, `stop_time` and `duration` are allowed")
            );
        }
        Ok(args)
    }

    /// What the times come to, where nothing else is said from `now` on.
    ///
    /// # Errors
    /// [`SpanError`].
    pub fn span(&self, now: u64) -> Result<Span, SpanError> {
        let (start, stop) = match (self.start_time, self.stop_time, self.duration) {
            (start, Some(stop), None) => (start.unwrap_or(now), Some(stop)),
            (None, Some(stop), Some(duration)) => (
                stop.checked_sub(duration).ok_or(SpanError::Backwards)?,
                Some(stop),
            ),
            (start, _, Some(duration)) => {
                let start = start.unwrap_or(now);
                (
                    start,
                    Some(start.checked_add(duration).ok_or(SpanError::Late)?),
                )
            }
            (start, None, None) => (start.unwrap_or(now), None),
        };
        if stop.is_some_and(|stop| stop <= start) {
            return Err(SpanError::Backwards);
        }
        Ok(Span { start, stop })
    }
}

impl Command {
    /// Reads a command in its bare form.
    ///
    /// # Errors
    /// [`Fault`] with the place; its sender acts on it.
    pub fn read(bytes: &[u8], language: &Language<'_>) -> Result<Self, Fault> {
        let text =
            std::str::from_utf8(bytes).map_err(|_| At::ROOT.fault("the text is not UTF-8"))?;
        let node = json::read(text, LIMITS)?;
        Self::of(&At::ROOT, &node, language, text)
    }

    pub(super) fn of(
        at: &At<'_>,
        node: &Node<'_>,
        language: &Language<'_>,
        text: &str,
    ) -> Result<Self, Fault> {
        let node = at.record(
            node,
            &["action", "target", "args", "actuator", "command_id"],
        )?;
        let missing = |name: &str| at.fault(format!("a command has `{name}`"));
        let action = node.get("action").ok_or_else(|| missing("action"))?;
        let at_action = at.member("action");
        let action = Action::from_name(at_action.text(action)?)
            .ok_or_else(|| at_action.fault("the language has no such action"))?;
        let target = node.get("target").ok_or_else(|| missing("target"))?;
        let target = Target::read(&at.member("target"), target, language, text)?;
        let args = at.optional(node, "args", |at, node| {
            Args::read(at, node, language, text)
        })?;
        let actuator = at.optional(node, "actuator", |at, node| {
            Actuator::read(at, node, language, text)
        })?;
        Ok(Self {
            action,
            target,
            args: args.unwrap_or_default(),
            actuator,
            command_id: at.optional(node, "command_id", command_id)?,
        })
    }
}

impl Actuator {
    fn read(
        at: &At<'_>,
        node: &Node<'_>,
        language: &Language<'_>,
        text: &str,
    ) -> Result<Self, Fault> {
        let [member] = at.object(node)?.members() else {
            return Err(at.fault("exactly one actuator is asked for"));
        };
        let name = member.name.as_ref();
        let at = at.member(name);
        let read = language.extension(&at, name, &member.value, text, |profile, value| {
            profile.specifiers(value)
        });
        Ok(Self { specifiers: read? })
    }
}
