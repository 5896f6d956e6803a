//! What many types have: external references, extensions, hashes, forms of texts. In: values. Out: findings. Never: a list that is not in the specification.

use super::form::Form;
use super::rule::Rule;
use super::{Judge, kinds, words};
use crate::json::Node;
use crate::stix::Id;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Section 2.5: a name, and at least one of description, URL and id.
pub(super) fn external(judge: &mut Judge, node: &Node<'_>) {
    if !node.is_object() {
        judge.error(Rule::PropertyType, "is not an object");
        return;
    }
    judge.properties(node, kinds::EXTERNAL);
    let (Some(source), id) = (node.text_of("source_name"), node.text_of("external_id")) else {
        return;
    };
    let cve = id.is_some_and(is_cve);
    let capec = id.is_some_and(|id| numbered(id, "CAPEC-", 1));
    let good = match source {
        "cve" => cve,
        "capec" => capec,
        _ => !cve && !capec,
    };
    if !good {
        judge.error(
            Rule::ExternalReference,
            "has an id of CVE or CAPEC under another name, or the name without such an id",
        );
    }
    judge.any_of(node, &["external_id", "description", "url"]);
    if node.get("url").is_some() && node.get("hashes").is_none() {
        judge.warn(
            Rule::ExternalHashes,
            "has a URL and no hash of what is there",
        );
    }
}

fn numbered(text: &str, prefix: &str, least: usize) -> bool {
    let digits = text.strip_prefix(prefix).unwrap_or_default();
    digits.len() >= least && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// `CVE-2021-44228`: a year, and four digits or more without a zero before the fifth.
fn is_cve(text: &str) -> bool {
    let Some((year, number)) = text
        .strip_prefix("CVE-")
        .and_then(|rest| rest.split_once('-'))
    else {
        return false;
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let number_good = number.len() == 4 || (number.len() > 4 && !number.starts_with('0'));
    year.len() == 4 && digits(year) && number_good && digits(number)
}

/// Whether an object has an extension of one of the types.
pub(super) fn extends(node: &Node<'_>, types: &[&str]) -> bool {
    let extensions = node.get("extensions").map_or(&[][..], Node::members);
    extensions.iter().any(|extension| {
        let said = extension.value.text_of("extension_type");
        said.is_some_and(|said| types.contains(&said))
    })
}

/// Section 7.3: extensions by the id of their definition, or of those that the specification has.
pub(super) fn extensions(judge: &mut Judge, node: &Node<'_>) {
    if !node.is_object() {
        judge.error(Rule::PropertyType, "is not a dictionary");
        return;
    }
    if node.members().is_empty() {
        judge.error(Rule::Dictionary, "is empty");
    }
    for member in node.members() {
        let key = member.name.as_ref();
        judge.within(key, |judge| {
            let value = &member.value;
            let defined = Id::parse(key).is_ok_and(|id| id.kind == "extension-definition");
            let named = key.strip_suffix("-ext").is_some_and(|name| {
                crate::stix::is_type_name(name) || crate::stix::is_type_name(key)
            });
            if !defined && !named {
                judge.error(
                    Rule::Extension,
                    "is neither the id of a definition nor ends with -ext",
                );
            }
            if !value.is_object() || value.members().is_empty() {
                judge.error(Rule::Extension, "is no object, or an empty one");
                return;
            }
            judge.names_and_values(value);
            if defined {
                match value.get("extension_type") {
                    Some(said) => judge.within("extension_type", |judge| {
                        judge.form(said, Form::Closed(words::EXTENSION_TYPE));
                    }),
                    None => judge.error(Rule::Extension, "has no `extension_type`"),
                }
            } else if let Some(part) = kinds::extension(key) {
                judge.part(value, part);
            }
        });
    }
}

/// Section 4.14: the observables within observed data, which refer to each other by key.
pub(super) fn observables(judge: &mut Judge, node: &Node<'_>) {
    if !node.is_object() || node.members().is_empty() {
        judge.error(
            Rule::Dictionary,
            "is no dictionary of observables, or an empty one",
        );
        return;
    }
    let outside = std::mem::replace(&mut judge.within_data, true);
    for member in node.members() {
        judge.within(member.name.as_ref(), |judge| {
            judge.object(&member.value);
            links(judge, &member.value, node);
        });
    }
    judge.within_data = outside;
}

/// References of one observable to those beside it.
fn links(judge: &mut Judge, object: &Node<'_>, all: &Node<'_>) {
    let kind = object.text_of("type").unwrap_or_default();
    let Some(kind) = kinds::find(kind, judge.version) else {
        return;
    };
    for property in kind.own {
        let (Form::Ref(kinds) | Form::Refs(kinds)) = property.form else {
            continue;
        };
        let Some(value) = object.get(property.name) else {
            continue;
        };
        let keys = value.as_str().into_iter();
        let keys = keys.chain(value.items().iter().filter_map(Node::as_str));
        for key in keys {
            let wrong = match all.get(key).map(|other| other.text_of("type")) {
                None => true,
                Some(Some(other)) => !kinds.is_empty() && !kinds.contains(&other),
                Some(None) => false,
            };
            if wrong {
                judge.within(property.name, |judge| {
                    let what = kinds.join(", ");
                    judge.error(Rule::Reference, format!("refers to no {what} beside it"));
                });
            }
        }
    }
}

/// Whether a value is one of an algorithm of the vocabulary; `None` for another algorithm.
pub(super) fn hash_fits(name: &str, value: &str) -> Option<bool> {
    let hex =
        |digits: usize| value.len() == digits && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    let inner = |more: &[u8]| {
        value
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || more.contains(&b))
    };
    Some(match name {
        "MD5" => hex(32),
        "SHA-1" => hex(40),
        "SHA-256" | "SHA3-256" => hex(64),
        "SHA-512" | "SHA3-512" => hex(128),
        "SSDEEP" => (1..=128).contains(&value.len()) && inner(b"/+:."),
        "TLSH" => value.len() == 70 && inner(b""),
        _ => return None,
    })
}

/// Pairs of hexadecimal digits, at least one.
pub(super) fn is_hex(text: &str) -> bool {
    !text.is_empty()
        && text.len().is_multiple_of(2)
        && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// RFC 3986 section 3: a scheme, and characters that may stand in a URI.
pub(super) fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let in_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    let first = scheme
        .bytes()
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic());
    let bytes = rest.as_bytes();
    let fits = |(at, byte): (usize, &u8)| match byte {
        b'%' => {
            let behind = bytes.get(at + 1..at + 3).unwrap_or_default();
            behind.len() == 2 && behind.iter().all(u8::is_ascii_hexdigit)
        }
        other => other.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=".contains(other),
    };
    let fragments = rest.bytes().filter(|byte| *byte == b'#').count();
    // Brackets stand around an address in the authority alone.
    let behind = rest.strip_prefix("//").map_or(rest, |authority| {
        authority
            .find(['/', '?', '#'])
            .and_then(|at| authority.get(at..))
            .unwrap_or_default()
    });
    first
        && scheme.bytes().all(in_scheme)
        && bytes.iter().enumerate().all(fits)
        && fragments < 2
        && !behind.contains(['[', ']'])
}

/// An address with or without the length of a prefix.
pub(super) fn is_v4(text: &str) -> bool {
    prefixed(text, 32, |address| address.parse::<Ipv4Addr>().is_ok())
}

/// An address with or without the length of a prefix.
pub(super) fn is_v6(text: &str) -> bool {
    prefixed(text, 128, |address| address.parse::<Ipv6Addr>().is_ok())
}

fn prefixed(text: &str, most: u8, address: fn(&str) -> bool) -> bool {
    match text.split_once('/') {
        None => address(text),
        Some((before, length)) => {
            let plain = length == "0" || !length.starts_with(['0', '+']);
            address(before) && plain && length.parse::<u8>().is_ok_and(|bits| bits <= most)
        }
    }
}

/// Six pairs of lower-case digits with colons.
pub(super) fn is_mac(text: &str) -> bool {
    let pair = |pair: &str| {
        pair.len() == 2
            && pair
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    text.split(':').count() == 6 && text.split(':').all(pair)
}

/// A name of RFC 5890 or one with underscores: labels of 1 to 63 characters, none of ASCII but letters, digits, hyphens and underscores.
pub(super) fn is_domain(text: &str) -> bool {
    let inner = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let space = |c: char| c.is_whitespace() || c.is_control();
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63 * 4
            && label.chars().count() <= 63
            && label.chars().all(inner)
            && !label.chars().any(space)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 * 4 && text.strip_suffix('.').unwrap_or(text).split('.').all(label)
}

/// One `@`, a local part, a domain with a point.
pub(super) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let in_local = |byte: u8| byte.is_ascii_alphanumeric() || b"_.+-".contains(&byte);
    let in_domain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
    let point = domain
        .find('.')
        .is_some_and(|at| at > 0 && at + 1 < domain.len());
    !local.is_empty() && local.bytes().all(in_local) && domain.bytes().all(in_domain) && point
}

/// A well-formed tag of RFC 5646 section 2.1: letters first, parts of 1 to 8 letters and digits.
pub(super) fn is_language(text: &str) -> bool {
    let part = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    let mut parts = text.split('-');
    let first = parts.next().unwrap_or_default();
    (2..=8).contains(&first.len())
        && first.bytes().all(|byte| byte.is_ascii_alphabetic())
        && parts.all(part)
}
