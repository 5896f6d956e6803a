//! Forms of values. In: a value and the form that its property has. Out: findings. Never: a look at other properties.

use super::kinds::{Part, Property};
use super::rule::Rule;
use super::{Judge, common, refs};
use crate::json::{Node, Value};
use crate::stix::Timestamp;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// What a property holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    /// Anything.
    Any,
    /// A text.
    Text,
    /// A text that a check of its own judges: rule, and what is wrong where it fails.
    Checked(Rule, fn(&str) -> bool, &'static str),
    /// `true` or `false`.
    Bool,
    /// A whole number within bounds.
    Integer(i64, i64),
    /// A number within bounds.
    Number(f64, f64),
    /// A timestamp.
    Time,
    /// A timestamp with milliseconds at least.
    Milliseconds,
    /// A list of texts.
    Texts,
    /// A text of a closed list.
    Closed(&'static [&'static str]),
    /// A list of texts of a closed list.
    ClosedList(&'static [&'static str]),
    /// A text, or texts, of an open vocabulary.
    Open(&'static [&'static str]),
    /// A list of texts of an open vocabulary.
    OpenList(&'static [&'static str]),
    /// The id of an object of one of the types; of any without a list.
    Id(&'static [&'static str]),
    /// The id of an object of none of the types.
    IdNot(&'static [&'static str]),
    /// A list of ids of objects of one of the types.
    Ids(&'static [&'static str]),
    /// A reference of an observable: an id, or a key within observed data.
    Ref(&'static [&'static str]),
    /// A list of them.
    Refs(&'static [&'static str]),
    /// A dictionary of hashes.
    Hashes,
    /// Any dictionary.
    Dictionary,
    /// A dictionary each of whose keys and values a check of its own judges, and what is wrong where it fails.
    DictionaryOf(fn(&str, &Node<'_>) -> bool, &'static str),
    /// An object with its own properties.
    Part(&'static Part),
    /// A list of objects with their own properties.
    Parts(&'static Part),
    /// External references.
    External,
    /// Markings of parts; judged by the marking's rules.
    Granular,
    /// Extensions.
    Extensions,
    /// The observables within observed data.
    Observables,
}

impl Judge {
    /// Judges the properties of a table: those that have to be there, and the form of those that are.
    pub(super) fn properties(&mut self, node: &Node<'_>, properties: &[Property]) {
        for property in properties {
            match node.get(property.name) {
                Some(value) => self.within(property.name, |judge| judge.form(value, property.form)),
                None if property.required => {
                    self.error(Rule::Required, format!("has no `{}`", property.name));
                }
                None => {}
            }
        }
    }

    pub(super) fn form(&mut self, node: &Node<'_>, form: Form) {
        match form {
            // The markings' own rules look at it.
            Form::Any | Form::Granular => {}
            Form::Bool => self.typed(node.as_bool().is_some(), "true or false"),
            Form::Integer(min, max) => self.integer(node, min, max),
            Form::Number(min, max) => self.number(node, min, max),
            Form::Texts => self.each(node, |judge, item| judge.form(item, Form::Text)),
            Form::ClosedList(list) => {
                self.each(node, |judge, item| judge.form(item, Form::Closed(list)));
            }
            Form::OpenList(list) => {
                self.each(node, |judge, item| judge.form(item, Form::Open(list)));
            }
            Form::Ids(kinds) => self.each(node, |judge, item| judge.form(item, Form::Id(kinds))),
            Form::Refs(kinds) => self.each(node, |judge, item| judge.form(item, Form::Ref(kinds))),
            Form::Parts(part) => self.each(node, |judge, item| judge.form(item, Form::Part(part))),
            Form::Part(part) => self.part(node, part),
            Form::Hashes => self.hashes(node),
            Form::Dictionary => self.dictionary(node),
            Form::DictionaryOf(good, wrong) => {
                self.dictionary(node);
                for member in node.members() {
                    if !good(&member.name, &member.value) {
                        self.within(&member.name, |judge| judge.error(Rule::Dictionary, wrong));
                    }
                }
            }
            Form::External => self.each(node, common::external),
            Form::Extensions => common::extensions(self, node),
            Form::Observables => common::observables(self, node),
            _ => match node.as_str() {
                Some(text) => self.text(text, form),
                None => self.typed(false, "a text"),
            },
        }
    }

    fn typed(&mut self, good: bool, what: &str) {
        if !good {
            self.error(Rule::PropertyType, format!("is not {what}"));
        }
    }

    fn text(&mut self, text: &str, form: Form) {
        match form {
            Form::Checked(rule, good, wrong) if !good(text) => self.error(rule, wrong),
            Form::Time | Form::Milliseconds => self.time(text, matches!(form, Form::Milliseconds)),
            Form::Closed(list) if !list.contains(&text) => {
                self.error(Rule::Enumeration, format!("is none of {}", list.join(", ")));
            }
            Form::Open(list) => self.open(text, list),
            Form::Id(kinds) => refs::id(self, text, kinds),
            Form::IdNot(kinds) => refs::id_of_others(self, text, kinds),
            Form::Ref(kinds) => refs::reference(self, text, kinds),
            _ => {}
        }
    }

    fn open(&mut self, text: &str, list: &[&str]) {
        if !list.contains(&text) {
            self.warn(Rule::Vocabulary, "is not of the suggested vocabulary");
            if text != text.to_lowercase() || text.contains(['_', ' ']) {
                self.warn(Rule::VocabularyForm, "is not lower case with hyphens");
            }
        }
    }

    fn time(&mut self, text: &str, milliseconds: bool) {
        if Timestamp::parse_stix(text).is_none() {
            self.error(
                Rule::Timestamp,
                "is no moment such as 2016-01-20T12:31:12.123Z",
            );
        } else if milliseconds {
            let fraction = text.len().saturating_sub("2016-01-20T12:31:12.Z".len());
            let good = if self.is_v20() {
                fraction == 3
            } else {
                fraction >= 3
            };
            if !good {
                self.error(Rule::Milliseconds, "is not given to the millisecond");
            }
        }
    }

    fn integer(&mut self, node: &Node<'_>, min: i64, max: i64) {
        let Some(text) = node.as_number() else {
            return self.typed(false, "a whole number");
        };
        // A whole number may be written as 1.0 (JSON Schema); one that is larger than 64 bits is out of every range.
        let whole = match text.parse::<i128>() {
            Ok(number) => Some(number),
            Err(_) => text
                .parse::<f64>()
                .ok()
                .filter(|number| number.fract() == 0.0 && number.abs() < 9e15)
                .map(|number| number as i128),
        };
        match whole {
            None => self.typed(false, "a whole number"),
            Some(number) if number < min.into() || number > max.into() => {
                self.error(Rule::Range, format!("is not between {min} and {max}"));
            }
            Some(_) => {}
        }
    }

    fn number(&mut self, node: &Node<'_>, min: f64, max: f64) {
        match node.as_number().and_then(|text| text.parse::<f64>().ok()) {
            None => self.typed(false, "a number"),
            Some(number) if !(min..=max).contains(&number) => {
                self.error(Rule::Range, format!("is not between {min} and {max}"));
            }
            Some(_) => {}
        }
    }

    /// Every item of a list that may not be empty.
    pub(super) fn each(&mut self, node: &Node<'_>, look: impl Fn(&mut Self, &Node<'_>)) {
        let Value::List(items) = &node.value else {
            return self.typed(false, "a list");
        };
        if items.is_empty() {
            self.error(Rule::EmptyList, "is an empty list");
        }
        for (at, item) in items.iter().enumerate() {
            self.within(&at.to_string(), |judge| look(judge, item));
        }
    }

    pub(super) fn part(&mut self, node: &Node<'_>, part: &Part) {
        if !node.is_object() {
            return self.typed(false, "an object");
        }
        self.properties(node, part.own);
        self.any_of(node, part.any);
        if part.closed {
            for member in node.members() {
                if !part.own.iter().any(|known| known.name == member.name) {
                    self.within(&member.name, |judge| {
                        judge.error(Rule::PropertyName, "is a property that this object has not");
                    });
                }
            }
        }
    }

    /// A dictionary: not empty, keys of their form, no null and no empty list right in it.
    pub(super) fn dictionary(&mut self, node: &Node<'_>) {
        if !node.is_object() {
            return self.typed(false, "a dictionary");
        }
        if node.members().is_empty() {
            self.error(Rule::Dictionary, "is empty");
        }
        for member in node.members() {
            let name = member.name.as_ref();
            let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
            let good = name.len() <= 250 && name.bytes().all(good);
            self.within(name, |judge| {
                if !good {
                    judge.error(Rule::Dictionary, "is no key of a dictionary");
                }
                judge.no_null(&member.value);
            });
        }
    }

    pub(super) fn no_null(&mut self, node: &Node<'_>) {
        match &node.value {
            Value::Null => self.error(Rule::Null, "is null"),
            Value::List(items) if items.is_empty() => {
                self.error(Rule::EmptyList, "is an empty list");
            }
            _ => {}
        }
    }

    /// Section 2.7.
    fn hashes(&mut self, node: &Node<'_>) {
        self.dictionary(node);
        for member in node.members() {
            let name = member.name.as_ref();
            self.within(name, |judge| {
                let Some(value) = member.value.as_str() else {
                    return judge.typed(false, "a text");
                };
                match common::hash_fits(name, value) {
                    Some(false) => judge.error(Rule::Hash, "is no value of this algorithm"),
                    Some(true) => {}
                    None if name.len() < 3 => judge.error(Rule::Hash, "is no algorithm's name"),
                    None if name.starts_with("x_") => {}
                    None => judge.warn(Rule::HashName, "is no algorithm of the vocabulary"),
                }
            });
        }
    }

    /// Names of the properties, nulls and empty lists, and what a name's ending says about its value.
    pub(super) fn names_and_values(&mut self, node: &Node<'_>) {
        let v20 = self.is_v20();
        for member in node.members() {
            let name = member.name.as_ref();
            self.within(name, |judge| {
                let inner =
                    |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
                let first = |byte: u8| byte.is_ascii_lowercase() || (v20 && byte != b'-');
                let good = (3..=250).contains(&name.len())
                    && name.bytes().all(inner)
                    && name.bytes().next().is_some_and(first);
                if !good && name != "id" {
                    judge.error(Rule::PropertyName, "is no name of a property");
                }
                if matches!(name, "severity" | "action" | "username" | "phone_numbers") && !v20 {
                    judge.error(Rule::Reserved, "is a name that is kept for later versions");
                }
                judge.no_null(&member.value);
                if name.ends_with("_bin") {
                    judge.encoded(&member.value, Rule::Binary, |text| {
                        !text.is_empty() && STANDARD.decode(text).is_ok()
                    });
                } else if name.ends_with("_hex") {
                    judge.encoded(&member.value, Rule::Hex, common::is_hex);
                }
            });
        }
    }

    fn encoded(&mut self, node: &Node<'_>, rule: Rule, good: fn(&str) -> bool) {
        if !node.as_str().is_some_and(good) {
            self.error(rule, "is not encoded as its name says");
        }
    }
}
