//! The mapping in both directions is one text: a STIX object in which slots stand for values of MISP. In: a template with parts, or with a STIX object. Out: the STIX
//! object, or the parts. Never: code for one type of attribute or object.
//!
//! Slots: `{name}` the first value of that name, `["{name*}"]` all of them, `{name:kind}` in another form, `{.}` the value that the object is made for (`"@for": "name"`),
//! `@name` the identifier of the object that was made for that name, `@main` that of the object that was made for none. What has no value is left out.

mod fill;
mod form;
mod take;

pub(super) use fill::{fill, rest};
pub(super) use form::formed;
pub(super) use take::{Taken, covers, is_of_type, known, take};

/// A value of MISP.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part<'a> {
    /// Which one: the relation to the object, or the place in a joined value.
    pub(super) name: &'a str,
    /// The type of its attribute.
    pub(super) kind: &'a str,
    /// The value.
    pub(super) text: &'a str,
    /// Its file in Base64.
    pub(super) data: Option<&'a str>,
    /// The identifier of its attribute.
    pub(super) uuid: &'a str,
}

/// The form of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As it is.
    Text,
    /// In small letters.
    Lower,
    /// A whole number.
    Int,
    /// A number.
    Num,
    /// A number in kilometres, in metres.
    Metres,
    /// A truth value.
    Bool,
    /// A timestamp.
    Time,
    /// The number of an autonomous system, which MISP writes as `AS174`.
    As,
    /// The same, which MISP writes as `174`.
    Asn,
    /// The type of an address.
    Addr,
    /// The file of the value.
    Data,
    /// What stands before the `|`.
    Left,
    /// What stands behind it.
    Right,
    /// The name that fits the address that the object is made for.
    Near,
    /// A protocol, in small letters.
    Proto(Layer),
    /// `ipv4` or `ipv6`, of an address.
    Family,
    /// `tcp`, of what only TCP has.
    Tcp,
    /// The ending of a file's name.
    Ending,
    /// Whether it is the word `listening`.
    Listening,
    /// Whether it is the word `blocking`.
    Blocking,
}

/// Where a protocol belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layer {
    /// Any.
    Any,
    /// The network layer.
    Three,
    /// The transport layer.
    Four,
    /// What is above.
    Seven,
}

impl Layer {
    /// Whether a protocol, in small letters, belongs here.
    fn has(self, protocol: &str) -> bool {
        let three = ["ip", "ipv4", "ipv6", "icmp", "icmp6", "arp"].contains(&protocol);
        let four = ["tcp", "udp", "sctp"].contains(&protocol);
        match self {
            Self::Any => true,
            Self::Three => three,
            Self::Four => four,
            Self::Seven => !three && !four,
        }
    }
}

/// What a text of a template says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Slot<'t> {
    /// Itself.
    Literal,
    /// The identifier of an object that was made for one of these names.
    Reference { names: &'t str, many: bool },
    /// Contact information of these names, in one text.
    Contact(&'t str),
    /// The name of a person out of its parts.
    Person,
    /// Whether there is a value of one of these names.
    Has(&'t str),
    /// A text for a list that would be empty.
    Else(&'t str),
    /// A value between two texts.
    Value {
        before: &'t str,
        name: &'t str,
        many: bool,
        form: Form,
        after: &'t str,
    },
}

/// Reads a text of a template.
pub(super) fn slot(text: &str) -> Slot<'_> {
    if text == "%person" {
        return Slot::Person;
    }
    if let Some(names) = text.strip_prefix("%contact:") {
        return Slot::Contact(names);
    }
    if let Some(names) = text.strip_prefix("%has:") {
        return Slot::Has(names);
    }
    if let Some(other) = text.strip_prefix("%else:") {
        return Slot::Else(other);
    }
    if let Some(names) = text.strip_prefix('@') {
        let many = names.ends_with('*');
        let names = names.trim_end_matches('*');
        return Slot::Reference { names, many };
    }
    let Some((before, rest)) = text.split_once('{') else {
        return Slot::Literal;
    };
    let Some((inner, after)) = rest.split_once('}') else {
        return Slot::Literal;
    };
    let (name, form) = inner.split_once(':').unwrap_or((inner, ""));
    Slot::Value {
        before,
        name: name.trim_end_matches('*'),
        many: name.ends_with('*'),
        form: form_of(form),
        after,
    }
}

fn form_of(name: &str) -> Form {
    match name {
        "lower" => Form::Lower,
        "int" => Form::Int,
        "num" => Form::Num,
        "metres" => Form::Metres,
        "bool" => Form::Bool,
        "time" => Form::Time,
        "as" => Form::As,
        "asn" => Form::Asn,
        "addr" => Form::Addr,
        "data" => Form::Data,
        "left" => Form::Left,
        "right" => Form::Right,
        "near" => Form::Near,
        "proto" => Form::Proto(Layer::Any),
        "l3" => Form::Proto(Layer::Three),
        "l4" => Form::Proto(Layer::Four),
        "l7" => Form::Proto(Layer::Seven),
        "family" => Form::Family,
        "tcp" => Form::Tcp,
        "ending" => Form::Ending,
        "listening" => Form::Listening,
        "blocking" => Form::Blocking,
        _ => Form::Text,
    }
}

/// The type of an address in STIX.
pub(super) fn address_type(text: &str) -> &'static str {
    if text.contains(':') {
        "ipv6-addr"
    } else {
        "ipv4-addr"
    }
}

/// The parts of a person's name, in the order in which they are written.
pub(super) const PERSON: [&str; 3] = ["first-name", "middle-name", "last-name"];
