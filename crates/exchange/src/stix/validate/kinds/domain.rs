//! Sections 4, 5 and 7: domain objects, relationships, language content, markings, extension definitions.

use super::super::words;
use super::{Family, Form, KILL_CHAIN, Kind, Property, may, must};

/// What neither end of a relationship and nothing that is sighted may be.
const NO_END: &[&str] = &[
    "relationship",
    "sighting",
    "bundle",
    "marking-definition",
    "language-content",
];

const fn domain(name: &'static str, own: &'static [Property]) -> Kind {
    Kind {
        name,
        family: Family::Domain,
        own,
        any: &[],
    }
}

const fn one_of(
    name: &'static str,
    own: &'static [Property],
    any: &'static [&'static str],
) -> Kind {
    Kind {
        name,
        family: Family::Domain,
        own,
        any,
    }
}

pub(super) const KINDS: &[Kind] = &[
    domain(
        "attack-pattern",
        &[
            must("name", Form::Text),
            may("description", Form::Text),
            may("aliases", Form::Texts),
            may("kill_chain_phases", KILL_CHAIN),
        ],
    ),
    domain(
        "campaign",
        &[
            must("name", Form::Text),
            may("description", Form::Text),
            may("aliases", Form::Texts),
            may("first_seen", Form::Time),
            may("last_seen", Form::Time),
            may("objective", Form::Text),
        ],
    ),
    domain(
        "course-of-action",
        &[must("name", Form::Text), may("description", Form::Text)],
    ),
    domain(
        "grouping",
        &[
            may("name", Form::Text),
            may("description", Form::Text),
            must("context", Form::Open(words::GROUPING_CONTEXT)),
            must("object_refs", Form::Ids(&[])),
        ],
    ),
    domain(
        "identity",
        &[
            must("name", Form::Text),
            may("description", Form::Text),
            may("roles", Form::Texts),
            may("identity_class", Form::Open(words::IDENTITY_CLASS)),
            may("sectors", Form::OpenList(words::INDUSTRY_SECTOR)),
            may("contact_information", Form::Text),
        ],
    ),
    domain(
        "incident",
        &[must("name", Form::Text), may("description", Form::Text)],
    ),
    domain(
        "indicator",
        &[
            may("name", Form::Text),
            may("description", Form::Text),
            may("indicator_types", Form::OpenList(words::INDICATOR_TYPE)),
            must("pattern", Form::Text),
            must("pattern_type", Form::Open(words::PATTERN_TYPE)),
            may("pattern_version", Form::Text),
            must("valid_from", Form::Time),
            may("valid_until", Form::Time),
            may("kill_chain_phases", KILL_CHAIN),
        ],
    ),
    domain(
        "infrastructure",
        &[
            must("name", Form::Text),
            may("description", Form::Text),
            may(
                "infrastructure_types",
                Form::OpenList(words::INFRASTRUCTURE_TYPE),
            ),
            may("aliases", Form::Texts),
            may("kill_chain_phases", KILL_CHAIN),
            may("first_seen", Form::Time),
            may("last_seen", Form::Time),
        ],
    ),
    domain(
        "intrusion-set",
        &[
            must("name", Form::Text),
            may("description", Form::Text),
            may("aliases", Form::Texts),
            may("first_seen", Form::Time),
            may("last_seen", Form::Time),
            may("goals", Form::Texts),
            may("resource_level", Form::Open(words::ATTACK_RESOURCE_LEVEL)),
            may("primary_motivation", Form::Open(words::ATTACK_MOTIVATION)),
            may(
                "secondary_motivations",
                Form::OpenList(words::ATTACK_MOTIVATION),
            ),
        ],
    ),
    one_of(
        "location",
        &[
            may("name", Form::Text),
            may("description", Form::Text),
            may("latitude", Form::Number(-90.0, 90.0)),
            may("longitude", Form::Number(-180.0, 180.0)),
            may("precision", Form::Number(f64::MIN, f64::MAX)),
            may("region", Form::Open(words::REGION)),
            may("country", Form::Text),
            may("administrative_area", Form::Text),
            may("city", Form::Text),
            may("street_address", Form::Text),
            may("postal_code", Form::Text),
        ],
        &["region", "country", "latitude"],
    ),
    domain(
        "malware",
        &[
            may("name", Form::Text),
            may("description", Form::Text),
            may("malware_types", Form::OpenList(words::MALWARE_TYPE)),
            must("is_family", Form::Bool),
            may("aliases", Form::Texts),
            may("kill_chain_phases", KILL_CHAIN),
            may("first_seen", Form::Time),
            may("last_seen", Form::Time),
            may("operating_system_refs", Form::Ids(&["software"])),
            may(
                "architecture_execution_envs",
                Form::OpenList(words::PROCESSOR),
            ),
            may(
                "implementation_languages",
                Form::OpenList(words::IMPLEMENTATION_LANGUAGE),
            ),
            may("capabilities", Form::OpenList(words::MALWARE_CAPABILITY)),
            may("sample_refs", Form::Ids(&["artifact", "file"])),
        ],
    ),
    one_of(
        "malware-analysis",
        &[
            must("product", Form::Text),
            may("version", Form::Text),
            may("host_vm_ref", Form::Id(&["software"])),
            may("operating_system_ref", Form::Id(&["software"])),
            may("installed_software_refs", Form::Ids(&["software"])),
            may("configuration_version", Form::Text),
            may("modules", Form::Texts),
            may("analysis_engine_version", Form::Text),
            may("analysis_definition_version", Form::Text),
            may("submitted", Form::Time),
            may("analysis_started", Form::Time),
            may("analysis_ended", Form::Time),
            may("result_name", Form::Text),
            may("result", Form::Open(words::MALWARE_RESULT)),
            may("analysis_sco_refs", Form::Ids(&[])),
            may(
                "sample_ref",
                Form::Id(&["artifact", "file", "network-traffic"]),
            ),
        ],
        &["result", "analysis_sco_refs"],
    ),
    domain(
        "note",
        &[
            may("abstract", Form::Text),
            must("content", Form::Text),
            may("authors", Form::Texts),
            must("object_refs", Form::Ids(&[])),
        ],
    ),
    domain(
        "observed-data",
        &[
            must("first_observed", Form::Time),
            must("last_observed", Form::Time),
            must("number_observed", Form::Integer(1, 999_999_999)),
            may("objects", Form::Observables),
            may("object_refs", Form::Ids(&[])),
        ],
    ),
    domain(
        "opinion",
        &[
            may("explanation", Form::Text),
            may("authors", Form::Texts),
            must("opinion", Form::Closed(words::OPINION)),
            must("object_refs", Form::Ids(&[])),
        ],
    ),
    domain(
        "report",
        &[
            must("name", Form::Text),
            may("description", Form::Text),
            may("report_types", Form::OpenList(words::REPORT_TYPE)),
            must("published", Form::Time),
            must("object_refs", Form::Ids(&[])),
        ],
    ),
    domain(
        "threat-actor",
        &[
            must("name", Form::Text),
            may("description", Form::Text),
            may(
                "threat_actor_types",
                Form::OpenList(words::THREAT_ACTOR_TYPE),
            ),
            may("aliases", Form::Texts),
            may("first_seen", Form::Time),
            may("last_seen", Form::Time),
            may("roles", Form::OpenList(words::THREAT_ACTOR_ROLE)),
            may("goals", Form::Texts),
            may("sophistication", Form::Open(words::SOPHISTICATION)),
            may("resource_level", Form::Open(words::ATTACK_RESOURCE_LEVEL)),
            may("primary_motivation", Form::Open(words::ATTACK_MOTIVATION)),
            may(
                "secondary_motivations",
                Form::OpenList(words::ATTACK_MOTIVATION),
            ),
            may(
                "personal_motivations",
                Form::OpenList(words::ATTACK_MOTIVATION),
            ),
        ],
    ),
    domain(
        "tool",
        &[
            must("name", Form::Text),
            may("description", Form::Text),
            may("tool_types", Form::OpenList(words::TOOL_TYPE)),
            may("aliases", Form::Texts),
            may("kill_chain_phases", KILL_CHAIN),
            may("tool_version", Form::Text),
        ],
    ),
    domain(
        "vulnerability",
        &[must("name", Form::Text), may("description", Form::Text)],
    ),
    domain(
        "relationship",
        &[
            must("relationship_type", Form::Text),
            may("description", Form::Text),
            must("source_ref", Form::IdNot(NO_END)),
            must("target_ref", Form::IdNot(NO_END)),
            may("start_time", Form::Time),
            may("stop_time", Form::Time),
        ],
    ),
    domain(
        "sighting",
        &[
            may("description", Form::Text),
            may("first_seen", Form::Time),
            may("last_seen", Form::Time),
            may("count", Form::Integer(0, 999_999_999)),
            must("sighting_of_ref", Form::IdNot(NO_END)),
            may("observed_data_refs", Form::Ids(&["observed-data"])),
            may("where_sighted_refs", Form::Ids(&["identity", "location"])),
            may("summary", Form::Bool),
        ],
    ),
    domain(
        "language-content",
        &[
            must("object_ref", Form::IdNot(&["bundle", "language-content"])),
            may("object_modified", Form::Time),
            must("contents", Form::Dictionary),
        ],
    ),
    domain(
        "extension-definition",
        &[
            must("name", Form::Text),
            may("description", Form::Text),
            must("schema", Form::Text),
            must("version", Form::Text),
            must("extension_types", Form::ClosedList(words::EXTENSION_TYPE)),
            may("extension_properties", Form::Texts),
        ],
    ),
    Kind {
        name: "marking-definition",
        family: Family::Marking,
        own: &[
            may("name", Form::Text),
            may("definition_type", Form::Text),
            may("definition", Form::Any),
        ],
        any: &[],
    },
];
