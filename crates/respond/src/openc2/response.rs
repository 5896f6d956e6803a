//! Responses, section 3.3.2. In: JSON. Out: a response; and a response as JSON. Never: a status that the language does not have.

use super::at::{At, Fault};
use super::profile::{Extension, Language};
use super::target::Target;
use super::terms::{Action, Status};
use super::{LIMITS, NSID_CHARACTERS_MAX};
use sakimori_exchange::json::{self, Node};
use serde_json::{Map, Value, json};

/// A response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// How it went.
    pub status: Status,
    /// The same for people.
    pub status_text: Option<String>,
    /// What it came to.
    pub results: Option<Results>,
}

/// Targets of each action.
pub type Pairs = Vec<(Action, Vec<String>)>;

/// What a command came to, section 3.3.2.2.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Results {
    /// Versions of the language that are spoken.
    pub versions: Option<Vec<String>>,
    /// Profiles that are spoken.
    pub profiles: Option<Vec<String>>,
    /// Targets of each action.
    pub pairs: Option<Pairs>,
    /// Most commands a minute, as it was written.
    pub rate_limit: Option<String>,
    /// Results of profiles.
    pub extensions: Vec<Extension>,
}

impl Response {
    /// A response without results.
    pub fn of_status(status: Status, text: impl Into<String>) -> Self {
        Self {
            status,
            status_text: Some(text.into()),
            results: None,
        }
    }

    /// Reads a response in its bare form.
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
        let node = at.record(node, &["status", "status_text", "results"])?;
        let status = node
            .get("status")
            .ok_or_else(|| at.fault("a response has `status`"))?;
        let at_status = at.member("status");
        let code = u16::try_from(at_status.number(status)?)
            .ok()
            .and_then(Status::from_code);
        let status = code.ok_or_else(|| at_status.fault("the language has no such status"))?;
        let words = |at: &At<'_>, node: &Node<'_>| at.text(node).map(str::to_owned);
        Ok(Self {
            status,
            status_text: at.optional(node, "status_text", words)?,
            results: at.optional(node, "results", |at, node| {
                Results::read(at, node, language, text)
            })?,
        })
    }

    /// The response as JSON in its bare form.
    pub fn to_json(&self) -> Value {
        let mut out = json!({"status": self.status.code()});
        if let (Some(members), Some(text)) = (out.as_object_mut(), &self.status_text) {
            members.insert("status_text".to_owned(), json!(text));
        }
        if let (Some(members), Some(results)) = (out.as_object_mut(), &self.results) {
            members.insert("results".to_owned(), results.to_json());
        }
        out
    }
}

fn texts(at: &At<'_>, node: &Node<'_>, least: usize, longest: usize) -> Result<Vec<String>, Fault> {
    let items = at.unique(node, least, 256)?;
    let each = items.iter().enumerate().map(|(number, item)| {
        let at = at.item(number);
        let text = at.text(item)?;
        if text.is_empty() || text.chars().count() > longest {
            return Err(at.fault(format!("1 to {longest} characters are asked for")));
        }
        Ok(text.to_owned())
    });
    each.collect()
}

/// A number that is not negative.
fn rate(at: &At<'_>, node: &Node<'_>) -> Result<String, Fault> {
    match node.as_number() {
        Some(number) if !number.starts_with('-') => Ok(number.to_owned()),
        _ => Err(at.fault("a number that is not negative is asked for")),
    }
}

/// Whether an action has a target in one of the profiles that are spoken, or in the language where namespaces of others are taken.
fn has_pair(language: &Language<'_>, action: Action, target: &str) -> bool {
    let slash = target.replace('/', ":");
    let of_profile = language.profiles.iter().any(|profile| {
        let pairs = profile.pairs().iter().filter(|(known, _)| *known == action);
        pairs
            .flat_map(|(_, targets)| targets.iter())
            .any(|known| *known == target || *known == slash)
    });
    of_profile || (language.others && (Target::NAMES.contains(&target) || target.contains(':')))
}

fn pairs(at: &At<'_>, node: &Node<'_>, language: &Language<'_>) -> Result<Pairs, Fault> {
    let mut out = Vec::new();
    for member in at.object(node)?.members() {
        let at = at.member(&member.name);
        let action = Action::from_name(&member.name)
            .ok_or_else(|| at.fault("the language has no such action"))?;
        let targets = at.unique(&member.value, 1, 256)?;
        let mut names = Vec::with_capacity(targets.len());
        for (number, target) in targets.iter().enumerate() {
            let at = at.item(number);
            let target = at.text(target)?;
            if !has_pair(language, action, target) {
                return Err(at.fault(format!(
                    "`{action}` has no such target in the profiles that are spoken"
                )));
            }
            names.push(target.to_owned());
        }
        out.push((action, names));
    }
    Ok(out)
}

impl Results {
    fn read(
        at: &At<'_>,
        node: &Node<'_>,
        language: &Language<'_>,
        text: &str,
    ) -> Result<Self, Fault> {
        let mut results = Self::default();
        for member in at.object(node)?.members() {
            let (name, value) = (member.name.as_ref(), &member.value);
            let at = at.member(name);
            match name {
                "versions" => results.versions = Some(texts(&at, value, 1, 64)?),
                "profiles" => results.profiles = Some(texts(&at, value, 0, NSID_CHARACTERS_MAX)?),
                "pairs" => results.pairs = Some(pairs(&at, value, language)?),
                "rate_limit" => results.rate_limit = Some(rate(&at, value)?),
                _ => {
                    let read = language.extension(&at, name, value, text, |profile, value| {
                        profile.results(value)
                    })?;
                    results.extensions.push(read);
                }
            }
        }
        Ok(results)
    }

    fn to_json(&self) -> Value {
        let mut out = Map::new();
        if let Some(versions) = &self.versions {
            out.insert("versions".to_owned(), json!(versions));
        }
        if let Some(profiles) = &self.profiles {
            out.insert("profiles".to_owned(), json!(profiles));
        }
        if let Some(pairs) = &self.pairs {
            let pairs = pairs
                .iter()
                .map(|(action, targets)| (action.name().to_owned(), json!(targets)));
            out.insert("pairs".to_owned(), Value::Object(pairs.collect()));
        }
        if let Some(rate) = self
            .rate_limit
            .as_deref()
            .and_then(|rate| serde_json::from_str(rate).ok())
        {
            out.insert("rate_limit".to_owned(), rate);
        }
        for extension in &self.extensions {
            if let Ok(value) = serde_json::from_str(&extension.json) {
                out.insert(extension.nsid.clone(), value);
            }
        }
        Value::Object(out)
    }
}
