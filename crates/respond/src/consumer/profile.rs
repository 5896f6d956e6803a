//! Our profile of `OpenC2`, `x-sakimori`. In: what stands in its namespace. Out: arguments and specifiers as types. Never: a measure that is not named; a member that the page does not have.

use crate::engine::Deed;
use crate::openc2::{Action, Profile};
use sakimori_custody::ids::{AuthorityId, Name};
use sakimori_exchange::json::{self, Limits, Node};

/// Its namespace.
pub const NSID: &str = "x-sakimori";

const LIMITS: Limits = Limits {
    bytes_max: 4096,
    depth_max: 3,
    values_max: 32,
};

/// The profile, as far as an actuator's substrates go.
#[derive(Clone, Copy, Debug)]
pub struct Sakimori<'d> {
    /// What the actuator can do.
    pub deeds: &'d [Deed],
}

/// Which measure a command is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SakimoriSpecifiers {
    /// The actuator that is meant.
    pub actuator: Name,
    /// The measure.
    pub measure: AuthorityId,
    /// The measure's revision.
    pub revision: u64,
    /// Which command of the revision on the same effect it is, from 1.
    pub step: u64,
    /// When it was made, in milliseconds since 1970-01-01T00:00:00Z.
    pub created: u64,
}

/// What a command says beside its target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SakimoriArgs {
    /// What is done; where nothing is said, the first of the target's deeds that the actuator can do.
    pub deed: Option<Deed>,
    /// For a process: when it was started, in ticks since the machine was (field 22 of `/proc/PID/stat`).
    pub start: Option<u64>,
    /// For a name: whether all below it is meant.
    pub below: bool,
}

fn known<'n, 't>(node: &'n Node<'t>, names: &[&str]) -> Result<&'n Node<'t>, String> {
    let other = node
        .members()
        .iter()
        .find(|member| !names.contains(&member.name.as_ref()));
    match other {
        Some(member) => Err(format!(
            "the profile has no `{}` here",
            member.name.chars().take(64).collect::<String>()
        )),
        None => Ok(node),
    }
}

fn number(node: &Node<'_>, name: &str) -> Result<Option<u64>, String> {
    let Some(value) = node.get(name) else {
        return Ok(None);
    };
    let number = value.as_number().and_then(|text| text.parse().ok());
    number
        .map(Some)
        .ok_or_else(|| format!("`{name}` is a whole number that is not negative"))
}

fn asked(node: &Node<'_>, name: &str, most: u64) -> Result<u64, String> {
    let number = number(node, name)?.ok_or_else(|| format!("`{name}` is missing"))?;
    if (1..=most).contains(&number) {
        Ok(number)
    } else {
        Err(format!("`{name}` is 1 to {most}"))
    }
}

impl SakimoriSpecifiers {
    /// Reads the specifiers.
    ///
    /// # Errors
    /// Why they are none; their sender acts on it.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::of(&json::read(text, LIMITS).map_err(|e| e.to_string())?)
    }

    fn of(node: &Node<'_>) -> Result<Self, String> {
        let names = ["actuator", "measure", "revision", "step", "created"];
        let node = known(node, &names)?;
        let text = |name: &str| {
            node.text_of(name)
                .ok_or_else(|| format!("`{name}` is missing, or no text"))
        };
        Ok(Self {
            actuator: text("actuator")?
                .parse()
                .map_err(|_| "`actuator` is no name".to_owned())?,
            measure: text("measure")?
                .parse()
                .map_err(|_| "`measure` is no id of 32 hexadecimal digits".to_owned())?,
            revision: asked(node, "revision", super::STEP_MAX)?,
            step: asked(node, "step", super::STEP_MAX)?,
            created: asked(node, "created", super::MILLIS_MAX)?,
        })
    }
}

impl SakimoriArgs {
    /// Reads the arguments.
    ///
    /// # Errors
    /// Why they are none; their sender acts on it.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::of(&json::read(text, LIMITS).map_err(|e| e.to_string())?)
    }

    fn of(node: &Node<'_>) -> Result<Self, String> {
        let node = known(node, &["deed", "start", "below"])?;
        let deed = match node.get("deed") {
            None => None,
            Some(value) => {
                let word = value.as_str().unwrap_or_default();
                let deed = Deed::from_name(word);
                Some(deed.ok_or_else(|| "`deed` is none of the closed list".to_owned())?)
            }
        };
        let below = match node.get("below") {
            None => false,
            Some(value) => value
                .as_bool()
                .ok_or_else(|| "`below` is `true` or `false`".to_owned())?,
        };
        Ok(Self {
            deed,
            start: number(node, "start")?,
            below,
        })
    }
}

impl Profile for Sakimori<'_> {
    fn nsid(&self) -> &'static str {
        NSID
    }

    fn target(&self, _: &str, _: &Node<'_>) -> Result<(), String> {
        Err("the profile has no targets of its own".to_owned())
    }

    fn args(&self, value: &Node<'_>) -> Result<(), String> {
        SakimoriArgs::of(value).map(|_| ())
    }

    fn specifiers(&self, value: &Node<'_>) -> Result<(), String> {
        SakimoriSpecifiers::of(value).map(|_| ())
    }

    fn results(&self, value: &Node<'_>) -> Result<(), String> {
        known(value, &["until", "receipt"]).map(|_| ())
    }

    fn pairs(&self) -> &[(Action, &[&str])] {
        // What is shown depends on the deeds and is made in `reply`.
        &[
            (Action::Deny, &["domain_name", "file", "process", "device"]),
            (Action::Allow, &["domain_name", "file", "process", "device"]),
        ]
    }
}
