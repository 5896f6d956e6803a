//! Profiles: what extends the language, section 3.1.4. In: what stands in a namespace. Out: whether its profile has that. Never: a namespace of OASIS that is taken without its profile.

use super::NSID_CHARACTERS_MAX;
use super::at::{At, Fault};
use super::terms::Action;
use sakimori_exchange::json::Node;

/// What an extension said, as its JSON text: its profile reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// The namespace identifier.
    pub nsid: String,
    /// The name in the namespace, where a target has one.
    pub name: Option<String>,
    /// The value as it was sent.
    pub json: String,
}

/// A profile: it judges what stands in its namespace. The reasons that it gives are shown to the sender.
pub trait Profile {
    /// Its namespace identifier.
    fn nsid(&self) -> &str;
    /// Whether a target of its own is one.
    ///
    /// # Errors
    /// Why not.
    fn target(&self, name: &str, value: &Node<'_>) -> Result<(), String>;
    /// Whether arguments are its own.
    ///
    /// # Errors
    /// Why not.
    fn args(&self, value: &Node<'_>) -> Result<(), String>;
    /// Whether specifiers of an actuator are its own; they may be empty.
    ///
    /// # Errors
    /// Why not.
    fn specifiers(&self, value: &Node<'_>) -> Result<(), String>;
    /// Whether results are its own.
    ///
    /// # Errors
    /// Why not.
    fn results(&self, value: &Node<'_>) -> Result<(), String>;
    /// Targets that an action has in it, as `query features` names them.
    fn pairs(&self) -> &[(Action, &[&str])];
}

/// The language as somebody speaks it.
#[derive(Clone, Copy)]
pub struct Language<'l> {
    /// The profiles that are known.
    pub profiles: &'l [&'l dyn Profile],
    /// Whether namespaces of others (`x-…`) are taken as they come. A consumer that knows what it speaks with refuses them.
    pub others: bool,
}

/// Whether a namespace of others is well formed: `x-`, then letters, digits and underlines, an underline not first.
fn is_others(nsid: &str) -> bool {
    let Some(rest) = nsid.strip_prefix("x-") else {
        return false;
    };
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !rest.is_empty()
        && !rest.starts_with('_')
        && rest.chars().all(word)
        && nsid.chars().count() <= NSID_CHARACTERS_MAX
}

/// Whether a name behind the colon is well formed.
fn is_name(name: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(word)
        && name.len() <= 64
}

impl<'l> Language<'l> {
    pub(super) fn profile(&self, nsid: &str) -> Option<&'l dyn Profile> {
        self.profiles
            .iter()
            .copied()
            .find(|profile| profile.nsid() == nsid)
    }

    /// A namespace: of a profile, or of others where that is taken.
    fn known(&self, at: &At<'_>, nsid: &str) -> Result<Option<&'l dyn Profile>, Fault> {
        if let Some(profile) = self.profile(nsid) {
            return Ok(Some(profile));
        }
        if self.others && is_others(nsid) {
            return Ok(None);
        }
        // `x-` in another letter, nothing and more than section 3.4.2.12 lets it have are no name of a profile either.
        let start = nsid.get(..2).unwrap_or_default();
        let is_x = start.eq_ignore_ascii_case("x-");
        let length = nsid.chars().count();
        if (is_x && !is_others(nsid)) || length == 0 || length > NSID_CHARACTERS_MAX {
            return Err(at.fault("the name of the namespace is malformed"));
        }
        Err(at.fault(super::at::NO_PROFILE))
    }

    /// A target of a profile: `nsid:name`, or the later form `{nsid: {name: …}}` of a profile that is known.
    pub(super) fn target(
        &self,
        at: &At<'_>,
        key: &str,
        value: &Node<'_>,
        text: &str,
    ) -> Result<Extension, Fault> {
        if let Some((nsid, name)) = key.split_once(':') {
            // A name that is none is told before the profile: the message is none of the language, whoever speaks what.
            if !is_name(name) {
                return Err(at.fault("the name behind the colon is malformed"));
            }
            let profile = self.known(at, nsid)?;
            if let Some(profile) = profile {
                profile.target(name, value).map_err(|rule| at.fault(rule))?;
            }
            return Ok(Extension {
                nsid: nsid.to_owned(),
                name: Some(name.to_owned()),
                json: value.raw(text).to_owned(),
            });
        }
        let Some(profile) = self.profile(key) else {
            return Err(at.fault("the language has no such target"));
        };
        let inner = at.object(value)?;
        let [member] = inner.members() else {
            return Err(at.fault("exactly one target is asked for"));
        };
        let below = at.member(&member.name);
        profile
            .target(&member.name, &member.value)
            .map_err(|rule| below.fault(rule))?;
        Ok(Extension {
            nsid: key.to_owned(),
            name: Some(member.name.to_string()),
            json: member.value.raw(text).to_owned(),
        })
    }

    /// What stands in a namespace of arguments, specifiers or results.
    pub(super) fn extension(
        &self,
        at: &At<'_>,
        nsid: &str,
        value: &Node<'_>,
        text: &str,
        judge: impl FnOnce(&dyn Profile, &Node<'_>) -> Result<(), String>,
    ) -> Result<Extension, Fault> {
        if !value.is_object() {
            return Err(
                at.fault("the language has no such member here, and a namespace is an object")
            );
        }
        if let Some(profile) = self.known(at, nsid)? {
            judge(profile, value).map_err(|rule| at.fault(rule))?;
        }
        Ok(Extension {
            nsid: nsid.to_owned(),
            name: None,
            json: value.raw(text).to_owned(),
        })
    }
}
