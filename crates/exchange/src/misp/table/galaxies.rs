//! Galaxies. In: a galaxy's type, a name of its clusters' facts. Out: the STIX type, and the property that holds the fact. Never: a fact that is dropped; what has no
//! property becomes one of its own name.

/// The kinds of STIX object that galaxies named `stix-2.0-…` and `stix-2.1-…` stand for.
const GENERIC: [&str; 8] = [
    "attack-pattern",
    "campaign",
    "course-of-action",
    "intrusion-set",
    "malware",
    "threat-actor",
    "tool",
    "vulnerability",
];

/// Galaxy type, STIX type.
const TYPES: &[(&str, &str)] = &[
    ("360net-threat-actor", "threat-actor"),
    ("android", "malware"),
    ("backdoor", "malware"),
    ("banker", "malware"),
    ("botnet", "tool"),
    ("branded-vulnerability", "vulnerability"),
    ("cmtmf-attack-pattern", "attack-pattern"),
    ("country", "location"),
    ("cryptominers", "malware"),
    ("exploit-kit", "tool"),
    ("malpedia", "malware"),
    ("microsoft-activity-group", "threat-actor"),
    ("mitre-attack-pattern", "attack-pattern"),
    ("mitre-course-of-action", "course-of-action"),
    ("mitre-enterprise-attack-attack-pattern", "attack-pattern"),
    (
        "mitre-enterprise-attack-course-of-action",
        "course-of-action",
    ),
    ("mitre-enterprise-attack-intrusion-set", "intrusion-set"),
    ("mitre-enterprise-attack-malware", "malware"),
    ("mitre-enterprise-attack-tool", "tool"),
    ("mitre-ics-groups", "threat-actor"),
    ("mitre-ics-software", "malware"),
    ("mitre-ics-techniques", "attack-pattern"),
    ("mitre-intrusion-set", "intrusion-set"),
    ("mitre-malware", "malware"),
    ("mitre-mobile-attack-attack-pattern", "attack-pattern"),
    ("mitre-mobile-attack-course-of-action", "course-of-action"),
    ("mitre-mobile-attack-intrusion-set", "intrusion-set"),
    ("mitre-mobile-attack-malware", "malware"),
    ("mitre-mobile-attack-tool", "tool"),
    ("mitre-pre-attack-attack-pattern", "attack-pattern"),
    ("mitre-pre-attack-intrusion-set", "intrusion-set"),
    ("mitre-tool", "tool"),
    ("ransomware", "malware"),
    ("rat", "tool"),
    ("region", "location"),
    ("sector", "identity"),
    ("stealer", "malware"),
    ("tds", "tool"),
    ("threat-actor", "threat-actor"),
    ("tool", "tool"),
];

/// The STIX type of a galaxy's clusters.
pub(in crate::misp) fn construct(kind: &str) -> Option<&'static str> {
    let named = kind
        .strip_prefix("stix-2.0-")
        .or_else(|| kind.strip_prefix("stix-2.1-"));
    if let Some(named) = named {
        let found = GENERIC.iter().find(|generic| **generic == named);
        return found
            .copied()
            .or((named == "location").then_some("location"));
    }
    TYPES
        .iter()
        .find_map(|(galaxy, stix)| (*galaxy == kind).then_some(*stix))
}

/// What holds a fact of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::misp) enum Fact {
    /// A property with one value.
    One(&'static str),
    /// A property with a list.
    Many(&'static str),
    /// A property with a timestamp.
    Time(&'static str),
    /// A property with a truth value.
    Flag(&'static str),
    /// Names other than the object's own.
    Aliases,
    /// Phases, as `chain:phase`.
    KillChain,
    /// An identifier elsewhere.
    ExternalId,
    /// A link.
    Link,
    /// A property of its own name.
    Own,
}

/// What holds a fact, by STIX type and name.
pub(in crate::misp) fn fact(stix: &str, galaxy: &str, name: &str) -> Fact {
    match name {
        "external_id" | "Technique ID" => return Fact::ExternalId,
        "refs" => return Fact::Link,
        _ => {}
    }
    let chained = ["attack-pattern", "malware", "tool"].contains(&stix);
    let aliased = !["course-of-action", "vulnerability", "location", "identity"].contains(&stix);
    match (stix, name) {
        ("course-of-action" | "identity", _) => Fact::Own,
        ("vulnerability", "aliases") => Fact::ExternalId,
        (_, "first_seen") if stix != "location" => Fact::Time("first_seen"),
        (_, "last_seen") if stix != "location" => Fact::Time("last_seen"),
        (_, "synonyms") if aliased => Fact::Aliases,
        (_, "kill_chain") if chained => Fact::KillChain,
        ("campaign", "objective") => Fact::One("objective"),
        ("intrusion-set" | "threat-actor", "goals") => Fact::Many("goals"),
        ("intrusion-set" | "threat-actor", "primary_motivation") => Fact::One("primary_motivation"),
        ("intrusion-set" | "threat-actor", "resource_level") => Fact::One("resource_level"),
        ("intrusion-set" | "threat-actor", "secondary_motivations") => {
            Fact::Many("secondary_motivations")
        }
        ("threat-actor", "personal_motivations") => Fact::Many("personal_motivations"),
        ("threat-actor", "roles") => Fact::Many("roles"),
        ("threat-actor", "sophistication") => Fact::One("sophistication"),
        ("threat-actor", "labels" | "threat_actor_types" | "type") => {
            Fact::Many("threat_actor_types")
        }
        ("tool", "tool_version") => Fact::One("tool_version"),
        ("tool", "labels" | "tool_types" | "type") => Fact::Many("tool_types"),
        ("malware", "architecture_execution_envs") => Fact::Many("architecture_execution_envs"),
        ("malware", "capabilities") => Fact::Many("capabilities"),
        ("malware", "implementation_languages") => Fact::Many("implementation_languages"),
        ("malware", "is_family") => Fact::Flag("is_family"),
        ("malware", "labels" | "malware_types" | "type") => Fact::Many("malware_types"),
        ("location", "administrative_area") => Fact::One("administrative_area"),
        ("location", "region") => Fact::One("region"),
        ("location", "country") if galaxy != "country" => Fact::One("country"),
        _ => Fact::Own,
    }
}

/// Facts that STIX types hold in properties, for the way back.
pub(in crate::misp) const HELD: [&str; 17] = [
    "administrative_area",
    "architecture_execution_envs",
    "capabilities",
    "country",
    "first_seen",
    "goals",
    "implementation_languages",
    "is_family",
    "last_seen",
    "malware_types",
    "objective",
    "personal_motivations",
    "primary_motivation",
    "region",
    "resource_level",
    "roles",
    "secondary_motivations",
];

/// More of them, of which a galaxy's type says whether they are its own.
pub(in crate::misp) const HELD_TOO: [&str; 4] = [
    "sophistication",
    "threat_actor_types",
    "tool_types",
    "tool_version",
];

/// The source of an identifier elsewhere.
pub(in crate::misp) fn source_of(id: &str) -> &'static str {
    let prefix = id.split('-').next().unwrap_or_default();
    match prefix {
        "CAPEC" if id.contains('-') => "capec",
        "CVE" if id.contains('-') => "cve",
        "CWE" if id.contains('-') => "cwe",
        "MOB" if id.contains('-') => "mitre-mobile-attack",
        "PRE" if id.contains('-') => "mitre-pre-attack",
        "REF" if id.contains('-') => "reference_from_CAPEC",
        _ if id.contains('-') => "NIST Mobile Threat Catalogue",
        _ if !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()) => "WASC",
        _ => "mitre-attack",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn galaxies_have_one_type_and_facts_their_properties() {
        assert!(TYPES.is_sorted_by(|a, b| a.0 < b.0));
        assert_eq!(construct("stix-2.1-location"), Some("location"));
        assert_eq!(construct("stix-2.0-malware"), Some("malware"));
        assert_eq!(construct("stix-2.1-nothing"), None);
        assert_eq!(construct("naics"), None);
        assert_eq!(fact("tool", "tool", "synonyms"), Fact::Aliases);
        assert_eq!(fact("threat-actor", "threat-actor", "country"), Fact::Own);
        assert_eq!(
            (source_of("CVE-2015-0235"), source_of("T1134")),
            ("cve", "mitre-attack")
        );
    }
}
