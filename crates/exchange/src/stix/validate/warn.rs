//! Recommendations that need more than one property. In: an object and its type. Out: warnings. Never: an error; a list of names that others keep and change (IANA's, ISO's).

use super::Judge;
use super::kinds::Kind;
use super::rule::Rule;
use crate::json::Node;
use crate::stix::Id;

pub(super) fn judge(judge: &mut Judge, node: &Node<'_>, kind: Option<&Kind>) {
    for phase in node.get("kill_chain_phases").map_or(&[][..], Node::items) {
        let lower = |name: &str| {
            phase
                .text_of(name)
                .is_none_or(|text| text == text.to_lowercase() && !text.contains(['_', ' ']))
        };
        if !lower("kill_chain_name") || !lower("phase_name") {
            judge.within("kill_chain_phases", |judge| {
                judge.warn(
                    Rule::KillChain,
                    "has names that are not lower case with hyphens",
                );
            });
        }
    }
    if judge.is_v20() {
        return;
    }
    let lacks = |name: &str| node.get(name).is_none();
    match kind.map(|kind| kind.name) {
        Some("indicator") if lacks("name") || lacks("description") => {
            judge.warn(Rule::Recommended, "has not both `name` and `description`");
        }
        Some("network-traffic") if lacks("src_port") || lacks("dst_port") => {
            judge.warn(Rule::Recommended, "has not both `src_port` and `dst_port`");
        }
        Some("observed-data") if !lacks("objects") => judge.within("objects", |judge| {
            judge.warn(
                Rule::Deprecated,
                "is there for older senders; use `object_refs`",
            );
        }),
        Some("extension-definition") => {
            if lacks("description") {
                judge.warn(Rule::Recommended, "has no `description`");
            }
            if lacks("created_by_ref") {
                judge.warn(Rule::Recommended, "has no `created_by_ref`");
            }
        }
        Some("malware-analysis") => {
            let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            let product = node.text_of("product").unwrap_or_default();
            if !product.bytes().all(inner) {
                judge.within("product", |judge| {
                    judge.warn(Rule::Recommended, "is not lower case with hyphens");
                });
            }
        }
        Some("location") => {
            let country = node.text_of("country");
            let two = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_alphabetic());
            if country.is_some_and(|text| !two(text)) {
                judge.within("country", |judge| {
                    judge.warn(Rule::Recommended, "is no code of ISO 3166-1 of two letters");
                });
            }
        }
        Some("relationship") => relationship(judge, node),
        _ => {}
    }
}

/// What the specification suggests: source, name, targets.
const SUGGESTED: &[(&str, &str, &[&str])] = &[
    ("attack-pattern", "delivers", &["malware"]),
    (
        "attack-pattern",
        "targets",
        &["location", "vulnerability", "identity"],
    ),
    ("attack-pattern", "uses", &["malware", "tool"]),
    (
        "campaign",
        "attributed-to",
        &["intrusion-set", "threat-actor"],
    ),
    ("campaign", "compromises", &["infrastructure"]),
    ("campaign", "originates-from", &["location"]),
    (
        "campaign",
        "targets",
        &["location", "identity", "vulnerability"],
    ),
    (
        "campaign",
        "uses",
        &["attack-pattern", "infrastructure", "malware", "tool"],
    ),
    ("course-of-action", "investigates", &["indicator"]),
    (
        "course-of-action",
        "mitigates",
        &[
            "attack-pattern",
            "indicator",
            "malware",
            "tool",
            "vulnerability",
        ],
    ),
    (
        "course-of-action",
        "remediates",
        &["malware", "vulnerability"],
    ),
    (
        "domain-name",
        "resolves-to",
        &["domain-name", "ipv4-addr", "ipv6-addr"],
    ),
    ("identity", "located-at", &["location"]),
    (
        "indicator",
        "indicates",
        &[
            "attack-pattern",
            "campaign",
            "infrastructure",
            "intrusion-set",
            "malware",
            "threat-actor",
            "tool",
        ],
    ),
    ("indicator", "based-on", &["observed-data"]),
    (
        "infrastructure",
        "communicates-with",
        &[
            "infrastructure",
            "ipv4-addr",
            "ipv6-addr",
            "domain-name",
            "url",
        ],
    ),
    (
        "infrastructure",
        "consists-of",
        &[
            "infrastructure",
            "observed-data",
            "artifact",
            "autonomous-system",
            "directory",
            "domain-name",
            "email-addr",
            "email-message",
            "file",
            "ipv4-addr",
            "ipv6-addr",
            "mac-addr",
            "mutex",
            "network-traffic",
            "process",
            "software",
            "url",
            "user-account",
            "windows-registry-key",
            "x509-certificate",
        ],
    ),
    ("infrastructure", "controls", &["infrastructure", "malware"]),
    ("infrastructure", "delivers", &["malware"]),
    ("infrastructure", "has", &["vulnerability"]),
    ("infrastructure", "hosts", &["tool", "malware"]),
    ("infrastructure", "located-at", &["location"]),
    ("infrastructure", "uses", &["infrastructure"]),
    ("intrusion-set", "attributed-to", &["threat-actor"]),
    ("intrusion-set", "compromises", &["infrastructure"]),
    ("intrusion-set", "hosts", &["infrastructure"]),
    ("intrusion-set", "originates-from", &["location"]),
    ("intrusion-set", "owns", &["infrastructure"]),
    (
        "intrusion-set",
        "targets",
        &["identity", "location", "vulnerability"],
    ),
    (
        "intrusion-set",
        "uses",
        &["attack-pattern", "infrastructure", "malware", "tool"],
    ),
    ("ipv4-addr", "resolves-to", &["mac-addr"]),
    ("ipv4-addr", "belongs-to", &["autonomous-system"]),
    ("ipv6-addr", "resolves-to", &["mac-addr"]),
    ("ipv6-addr", "belongs-to", &["autonomous-system"]),
    ("malware", "authored-by", &["threat-actor", "intrusion-set"]),
    ("malware", "beacons-to", &["infrastructure"]),
    ("malware", "exfiltrates-to", &["infrastructure"]),
    (
        "malware",
        "communicates-with",
        &["ipv4-addr", "ipv6-addr", "domain-name", "url"],
    ),
    ("malware", "controls", &["malware"]),
    ("malware", "downloads", &["malware", "file", "tool"]),
    ("malware", "drops", &["malware", "file", "tool"]),
    ("malware", "exploits", &["vulnerability"]),
    ("malware", "originates-from", &["location"]),
    (
        "malware",
        "targets",
        &["identity", "infrastructure", "location", "vulnerability"],
    ),
    (
        "malware",
        "uses",
        &["attack-pattern", "infrastructure", "malware", "tool"],
    ),
    ("malware", "variant-of", &["malware"]),
    ("malware-analysis", "characterizes", &["malware"]),
    ("malware-analysis", "analysis-of", &["malware"]),
    ("malware-analysis", "static-analysis-of", &["malware"]),
    ("malware-analysis", "dynamic-analysis-of", &["malware"]),
    ("threat-actor", "attributed-to", &["identity"]),
    ("threat-actor", "compromises", &["infrastructure"]),
    ("threat-actor", "hosts", &["infrastructure"]),
    ("threat-actor", "owns", &["infrastructure"]),
    ("threat-actor", "impersonates", &["identity"]),
    ("threat-actor", "located-at", &["location"]),
    (
        "threat-actor",
        "targets",
        &["identity", "location", "vulnerability"],
    ),
    (
        "threat-actor",
        "uses",
        &["attack-pattern", "infrastructure", "malware", "tool"],
    ),
    ("tool", "delivers", &["malware"]),
    ("tool", "drops", &["malware"]),
    ("tool", "has", &["vulnerability"]),
    (
        "tool",
        "targets",
        &["identity", "infrastructure", "location", "vulnerability"],
    ),
    ("tool", "uses", &["infrastructure"]),
    ("vulnerability", "impacts", &["infrastructure", "tool"]),
];

fn relationship(judge: &mut Judge, node: &Node<'_>) {
    let kind_of = |name: &str| node.text_of(name).and_then(|id| Id::parse(id).ok());
    let (Some(name), Some(source), Some(target)) = (
        node.text_of("relationship_type"),
        kind_of("source_ref"),
        kind_of("target_ref"),
    ) else {
        return;
    };
    if matches!(name, "derived-from" | "duplicate-of" | "related-to") {
        return;
    }
    let suggested = SUGGESTED
        .iter()
        .any(|(from, by, to)| *from == source.kind && *by == name && to.contains(&target.kind));
    if !suggested {
        let text = format!(
            "is not suggested between {} and {}",
            source.kind, target.kind
        );
        judge.within("relationship_type", |judge| {
            judge.warn(Rule::Relationship, text);
        });
    }
}
