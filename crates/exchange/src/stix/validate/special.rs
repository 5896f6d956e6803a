//! Conditions between properties, and forms that one type has. In: an object and its type. Out: findings. Never: a condition that section 4 to 7 has not.

use super::Judge;
use super::kinds::Kind;
use super::rule::Rule;
use crate::json::Node;
use crate::pattern::Pattern;
use crate::stix::Timestamp;

/// Type, earlier, later, and whether they have to differ.
const TIMES: [(&str, &str, &str, bool); 10] = [
    ("campaign", "first_seen", "last_seen", false),
    ("indicator", "valid_from", "valid_until", true),
    ("infrastructure", "first_seen", "last_seen", false),
    ("intrusion-set", "first_seen", "last_seen", false),
    ("malware", "first_seen", "last_seen", false),
    ("observed-data", "first_observed", "last_observed", false),
    ("relationship", "start_time", "stop_time", true),
    ("sighting", "first_seen", "last_seen", false),
    ("threat-actor", "first_seen", "last_seen", false),
    ("network-traffic", "start", "end", false),
];

impl Judge {
    pub(super) fn order_of_times(&mut self, node: &Node<'_>) {
        self.order(node, "created", "modified", false);
        let kind = node.text_of("type").unwrap_or_default();
        // STIX 2.0 compares no other times.
        for (_, earlier, later, differ) in TIMES.into_iter().filter(|times| times.0 == kind) {
            if !self.is_v20() {
                self.order(node, earlier, later, differ);
            }
        }
    }

    fn order(&mut self, node: &Node<'_>, earlier: &str, later: &str, differ: bool) {
        let time = |name| node.text_of(name).and_then(Timestamp::parse_stix);
        let (Some(first), Some(second)) = (time(earlier), time(later)) else {
            return;
        };
        if second < first || (differ && second == first) {
            self.within(later, |judge| {
                judge.error(Rule::TimeOrder, format!("is not behind `{earlier}`"));
            });
        }
    }

    fn together(&mut self, good: bool, text: &str) {
        if !good {
            self.error(Rule::Together, text);
        }
    }
}

/// What one type asks for beyond the forms of its properties.
pub(super) fn conditions(judge: &mut Judge, kind: &Kind, node: &Node<'_>) {
    let has = |name: &str| node.get(name).is_some();
    let is = |name: &str, value: bool| node.get(name).and_then(Node::as_bool) == Some(value);
    match kind.name {
        "indicator" => pattern(judge, node),
        "software" => languages(judge, node),
        _ if judge.is_v20() => {}
        "malware" => judge.together(
            !is("is_family", true) || has("name"),
            "is a family and has no `name`",
        ),
        "location" => {
            let both = has("latitude") == has("longitude");
            judge.together(both, "has one of `latitude` and `longitude` alone");
            judge.together(
                !has("precision") || (has("latitude") && has("longitude")),
                "has a `precision` and no place",
            );
        }
        "observed-data" => judge.together(
            has("objects") != has("object_refs"),
            "has not exactly one of `objects` and `object_refs`",
        ),
        "relationship" => judge.within("relationship_type", |judge| {
            let text = node.text_of("relationship_type").unwrap_or("related-to");
            let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            let good = !text.is_empty() && text.bytes().all(inner);
            judge.together(good, "is not lower case with hyphens");
        }),
        "language-content" => contents(judge, node),
        "extension-definition" => {
            let types = node.get("extension_types").map_or(&[][..], Node::items);
            let top = types
                .iter()
                .any(|t| t.as_str() == Some("toplevel-property-extension"));
            judge.together(
                top || !has("extension_properties"),
                "has `extension_properties` and is no extension of the top level",
            );
        }
        _ => observable(judge, kind, node),
    }
}

/// Section 6.14, and part 4 section 2.14 of 2.0: codes of ISO 639-2.
fn languages(judge: &mut Judge, node: &Node<'_>) {
    for item in node.get("languages").map_or(&[][..], Node::items) {
        let code = |text: &str| text.len() == 3 && text.bytes().all(|b| b.is_ascii_lowercase());
        if item.as_str().is_some_and(|text| !code(text)) {
            judge.within("languages", |judge| {
                judge.error(
                    Rule::Language,
                    "has an item that is no code of three letters",
                );
            });
        }
    }
}

/// Properties that observables have since 2.1 (its appendix on changes); in a pattern of 2.0 they name nothing, and a property of one's own begins with `x_`.
const SINCE_21: &[(&str, &[&str])] = &[
    ("artifact", &["encryption_algorithm", "decryption_key"]),
    ("directory", &["ctime", "mtime", "atime"]),
    ("email-message", &["message_id"]),
    ("file", &["ctime", "mtime", "atime"]),
    ("process", &["created_time", "image_ref"]),
    ("software", &["swid"]),
    ("user-account", &["credential", "credential_last_changed"]),
    ("windows-registry-key", &["modified_time"]),
];

/// Whether a property of a type came with 2.1.
fn is_since_21(kind: &str, key: &str) -> bool {
    let row = SINCE_21.iter().find(|(name, _)| *name == kind);
    row.is_some_and(|(_, keys)| keys.contains(&key))
}

/// What one type of observable asks for.
fn observable(judge: &mut Judge, kind: &Kind, node: &Node<'_>) {
    let has = |name: &str| node.get(name).is_some();
    let is = |name: &str, value: bool| node.get(name).and_then(Node::as_bool) == Some(value);
    match kind.name {
        "artifact" => {
            let one = has("payload_bin") != has("url");
            judge.together(one, "has not exactly one of `payload_bin` and `url`");
            judge.together(!has("url") || has("hashes"), "has a `url` and no `hashes`");
            let key = !has("decryption_key") || has("encryption_algorithm");
            judge.together(key, "has a `decryption_key` and no `encryption_algorithm`");
        }
        "email-message" => {
            let body = !(is("is_multipart", true) && has("body"));
            judge.together(body, "is multipart and has a `body`");
            let parts = !(is("is_multipart", false) && has("body_multipart"));
            judge.together(parts, "is not multipart and has `body_multipart`");
            for part in node.get("body_multipart").map_or(&[][..], Node::items) {
                let both = part.get("body").is_some() && part.get("body_raw_ref").is_some();
                judge.together(!both, "has a part with both `body` and `body_raw_ref`");
            }
        }
        "network-traffic" => judge.together(
            !(is("is_active", true) && has("end")),
            "is active and has an `end`",
        ),
        _ => {}
    }
}

/// Section 9, of a pattern in its language.
fn pattern(judge: &mut Judge, node: &Node<'_>) {
    let language = node.text_of("pattern_type");
    let stix = language == Some("stix") || (judge.is_v20() && language.is_none());
    let Some(text) = node.text_of("pattern").filter(|_| stix) else {
        return;
    };
    judge.within("pattern", |judge| match Pattern::parse(text) {
        Err(error) => judge.error(Rule::Pattern, error.to_string()),
        Ok(pattern) => {
            for test in pattern.tests() {
                let kind = &test.path.kind;
                if kind.len() < 3 || kind.len() > 250 || !pattern_type(kind) {
                    judge.error(
                        Rule::Pattern,
                        format!("names the type `{kind}`, which is none"),
                    );
                }
                let Some(crate::pattern::Step::Key(key)) = test.path.steps.first() else {
                    continue;
                };
                let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
                let length = (3..=250).contains(&key.len()) || key == "id";
                let known = !(judge.is_v20() && is_since_21(kind, key));
                if !known || !length || !key.bytes().all(inner) {
                    judge.error(
                        Rule::Pattern,
                        format!("names the property `{key}`, which is none"),
                    );
                }
            }
        }
    });
}

/// Lower case, digits, single hyphens between them.
fn pattern_type(kind: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    kind.strip_suffix('-').unwrap_or(kind).split('-').all(part)
}

/// Section 7.1: languages, and in each the properties that are told in it.
fn contents(judge: &mut Judge, node: &Node<'_>) {
    let Some(contents) = node.get("contents") else {
        return;
    };
    judge.within("contents", |judge| {
        for member in contents.members() {
            judge.within(member.name.as_ref(), |judge| {
                if !super::common::is_language(&member.name) {
                    judge.error(Rule::Language, "is no tag of RFC 5646");
                }
                if !member.value.is_object() {
                    judge.error(Rule::PropertyType, "is not an object");
                }
                for inner in member.value.members() {
                    let name = inner.name.as_ref();
                    let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
                    if !(3..=250).contains(&name.len()) || !name.bytes().all(good) {
                        judge.within(name, |judge| {
                            judge.error(Rule::PropertyName, "is no name of a property");
                        });
                    }
                }
            });
        }
    });
}

/// A media type of a registered tree, RFC 6838.
pub(super) fn is_media_type(text: &str) -> bool {
    const TREES: [&str; 9] = [
        "application",
        "audio",
        "font",
        "image",
        "message",
        "model",
        "multipart",
        "text",
        "video",
    ];
    let Some((tree, name)) = text.split_once('/') else {
        return false;
    };
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b".+_-".contains(&byte);
    TREES.contains(&tree) && name.bytes().next().is_some_and(inner)
}

/// The form of names in IANA's registry of character sets.
pub(super) fn is_charset(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"_()-".contains(&byte);
    (2..=250).contains(&text.len()) && text.bytes().all(inner)
}

/// `cpe:2.3:a:…` with eleven components (NIST IR 7695 section 6.2).
pub(super) fn is_cpe(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("cpe:2.3:") else {
        return false;
    };
    let (mut components, mut filled, mut escaped) = (1, false, false);
    for character in rest.chars() {
        if escaped {
            escaped = false;
            filled = true;
        } else if character == '\\' {
            escaped = true;
        } else if character == ':' {
            if !filled {
                return false;
            }
            components += 1;
            filled = false;
        } else if character.is_ascii_alphanumeric() || "._-*?".contains(character) {
            filled = true;
        } else {
            return false;
        }
    }
    let part = rest.split(':').next().unwrap_or_default();
    components == 11 && filled && !escaped && matches!(part, "a" | "h" | "o" | "*" | "-")
}

/// A registry key whose hive is written out.
pub(super) fn is_full_key(text: &str) -> bool {
    const SHORT: [&str; 5] = ["HKLM", "HKCC", "HKCR", "HKCU", "HKU"];
    let upper = text.to_ascii_uppercase();
    !SHORT.iter().any(|short| upper.starts_with(short))
}

/// A list of texts, not empty.
pub(super) fn are_texts(node: &Node<'_>) -> bool {
    !node.items().is_empty() && node.items().iter().all(|item| item.as_str().is_some())
}

/// A whole number, also where it is written as `1.0`.
pub(super) fn is_integer(node: &Node<'_>) -> bool {
    node.as_number().is_some_and(|text| {
        let whole = |number: f64| number.fract() == 0.0;
        text.parse::<i128>().is_ok() || text.parse().is_ok_and(whole)
    })
}

/// `SO_KEEPALIVE`: a level, then words in upper case (section 6.12.6).
pub(super) fn is_socket_option(name: &str) -> bool {
    const LEVELS: [&str; 8] = ["SO", "ICMP", "ICMP6", "IP", "IPV6", "MCAST", "TCP", "IRLMP"];
    let Some((level, rest)) = name.split_once('_') else {
        return false;
    };
    let word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_uppercase());
    LEVELS.contains(&level) && rest.split('_').all(word)
}

/// Members of the structure of Windows (section 6.13.3).
pub(super) fn is_startup_info(name: &str, value: &Node<'_>) -> bool {
    const TEXTS: [&str; 8] = [
        "lpDesktop",
        "lpTitle",
        "dwFillAttribute",
        "dwFlags",
        "wShowWindow",
        "hStdInput",
        "hStdOutput",
        "hStdError",
    ];
    const NUMBERS: [&str; 7] = [
        "cb",
        "dwX",
        "dwY",
        "dwXSize",
        "dwYSize",
        "dwXCountChars",
        "dwYCountChars",
    ];
    if TEXTS.contains(&name) {
        value.as_str().is_some()
    } else if name == "cbReserved2" {
        value.as_i64() == Some(0)
    } else {
        NUMBERS.contains(&name) && is_integer(value)
    }
}
