//! Where in a message something stands. In: names and numbers on the way down. Out: faults with a JSON Pointer (RFC 6901). Never: a pointer that is made where nothing is wrong.

use sakimori_exchange::json::{JsonError, Node, Value};
use std::fmt;

/// Why a message is none of the language, and where. Its sender acts on it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {rule}", Shown(place))]
pub struct Fault {
    /// JSON Pointer; empty for the whole message.
    pub place: String,
    /// The rule that is broken.
    pub rule: String,
}

/// What is said where a namespace is of nobody who is known.
pub(super) const NO_PROFILE: &str = "no profile that is spoken here has this name";

impl Fault {
    /// Whether the message may be one of the language and only speaks a profile that is not spoken here.
    pub fn is_profile(&self) -> bool {
        self.rule == NO_PROFILE
    }
}

struct Shown<'p>(&'p str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("the message");
        }
        // BOUND: names in it are the sender's; 200 characters are enough to find the place.
        let place: String = self.0.chars().take(200).collect();
        f.write_str(&place)
    }
}

impl From<JsonError> for Fault {
    fn from(error: JsonError) -> Self {
        Self {
            place: error.pointer(),
            rule: error.problem.to_string(),
        }
    }
}

/// A place on the way down.
#[derive(Clone, Copy, Debug)]
pub(super) struct At<'p> {
    above: Option<&'p At<'p>>,
    step: Step<'p>,
}

#[derive(Clone, Copy, Debug)]
enum Step<'p> {
    Root,
    Name(&'p str),
    Number(usize),
}

impl<'p> At<'p> {
    /// The whole message.
    pub(super) const ROOT: At<'static> = At {
        above: None,
        step: Step::Root,
    };

    pub(super) const fn member(&'p self, name: &'p str) -> Self {
        Self {
            above: Some(self),
            step: Step::Name(name),
        }
    }

    pub(super) const fn item(&'p self, number: usize) -> Self {
        Self {
            above: Some(self),
            step: Step::Number(number),
        }
    }

    pub(super) fn fault(&self, rule: impl Into<String>) -> Fault {
        let mut steps = Vec::new();
        let mut here = Some(self);
        while let Some(at) = here {
            match at.step {
                Step::Root => {}
                Step::Name(name) => steps.push(name.replace('~', "~0").replace('/', "~1")),
                Step::Number(number) => steps.push(number.to_string()),
            }
            here = at.above;
        }
        let mut place = String::new();
        for step in steps.iter().rev() {
            place.push('/');
            place.push_str(step);
        }
        Fault {
            place,
            rule: rule.into(),
        }
    }

    /// An object that has no member but those that are known, and at least one.
    pub(super) fn record<'n, 't>(
        &self,
        node: &'n Node<'t>,
        known: &[&str],
    ) -> Result<&'n Node<'t>, Fault> {
        let object = self.object(node)?;
        for member in object.members() {
            if !known.contains(&member.name.as_ref()) {
                return Err(self
                    .member(&member.name)
                    .fault("the language has no such member here"));
            }
        }
        Ok(object)
    }

    /// An object with at least one member.
    pub(super) fn object<'n, 't>(&self, node: &'n Node<'t>) -> Result<&'n Node<'t>, Fault> {
        if !node.is_object() {
            return Err(self.fault("an object is asked for"));
        }
        if node.members().is_empty() {
            return Err(self.fault("at least one member is asked for"));
        }
        Ok(node)
    }

    /// The items of a list, each once.
    pub(super) fn unique<'n, 't>(
        &self,
        node: &'n Node<'t>,
        least: usize,
        most: usize,
    ) -> Result<&'n [Node<'t>], Fault> {
        if !matches!(node.value, Value::List(_)) {
            return Err(self.fault("a list is asked for"));
        }
        let items = node.items();
        if items.len() < least || items.len() > most {
            return Err(self.fault(format!("a list of {least} to {most} items is asked for")));
        }
        for (number, item) in items.iter().enumerate() {
            let before = items.get(..number).unwrap_or_default();
            if before.iter().any(|other| other.digest() == item.digest()) {
                return Err(self.item(number).fault("it stands in the list already"));
            }
        }
        Ok(items)
    }

    /// A text that is not longer than is read.
    pub(super) fn text<'n>(&self, node: &'n Node<'_>) -> Result<&'n str, Fault> {
        let Some(text) = node.as_str() else {
            return Err(self.fault("a text is asked for"));
        };
        if text.len() > super::TEXT_BYTES_MAX {
            return Err(self.fault(format!(
                "a text of at most {} bytes is read",
                super::TEXT_BYTES_MAX
            )));
        }
        Ok(text)
    }

    /// A whole number that is not negative.
    pub(super) fn number(&self, node: &Node<'_>) -> Result<u64, Fault> {
        let number = node.as_number().and_then(|text| text.parse().ok());
        number.ok_or_else(|| self.fault("a whole number that is not negative is asked for"))
    }

    /// A member, read by a function.
    pub(super) fn optional<'n, 't, T>(
        &self,
        node: &'n Node<'t>,
        name: &str,
        read: impl FnOnce(&At<'_>, &'n Node<'t>) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        node.get(name)
            .map(|value| read(&self.member(name), value))
            .transpose()
    }
}
