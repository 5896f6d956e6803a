//! STIX 2.0: what its types have to have, and the form of what is needed to handle them.

use super::super::words;
use super::{Family, Form, KILL_CHAIN, Kind, Property, may, must};

const fn domain(name: &'static str, own: &'static [Property]) -> Kind {
    Kind {
        name,
        family: Family::Domain,
        own,
        any: &[],
    }
}

/// Observables of STIX 2.0 have no properties in common; what is looked at is that they are objects with a type.
const fn observable(name: &'static str, own: &'static [Property]) -> Kind {
    Kind {
        name,
        family: Family::Observable,
        own,
        any: &[],
    }
}

pub(super) const KINDS: &[Kind] = &[
    domain(
        "attack-pattern",
        &[
            must("name", Form::Text),
            may("description", Form::Text),
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
        "identity",
        &[
            must("name", Form::Text),
            may("description", Form::Text),
            must("identity_class", Form::Open(words::IDENTITY_CLASS)),
            may("sectors", Form::Texts),
            may("contact_information", Form::Text),
        ],
    ),
    domain(
        "indicator",
        &[
            must("labels", Form::Texts),
            may("name", Form::Text),
            may("description", Form::Text),
            must("pattern", Form::Text),
            must("valid_from", Form::Time),
            may("valid_until", Form::Time),
            may("kill_chain_phases", KILL_CHAIN),
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
            may("resource_level", Form::Text),
            may("primary_motivation", Form::Text),
            may("secondary_motivations", Form::Texts),
        ],
    ),
    domain(
        "malware",
        &[
            must("labels", Form::Texts),
            must("name", Form::Text),
            may("description", Form::Text),
            may("kill_chain_phases", KILL_CHAIN),
        ],
    ),
    domain(
        "observed-data",
        &[
            must("first_observed", Form::Time),
            must("last_observed", Form::Time),
            must("number_observed", Form::Integer(1, 999_999_999)),
            must("objects", Form::Observables),
        ],
    ),
    domain(
        "report",
        &[
            must("labels", Form::Texts),
            must("name", Form::Text),
            may("description", Form::Text),
            must("published", Form::Time),
            must("object_refs", Form::Ids(&[])),
        ],
    ),
    domain(
        "threat-actor",
        &[
            must("labels", Form::Texts),
            must("name", Form::Text),
            may("description", Form::Text),
            may("aliases", Form::Texts),
            may("roles", Form::Texts),
            may("goals", Form::Texts),
            may("sophistication", Form::Text),
            may("resource_level", Form::Text),
            may("primary_motivation", Form::Text),
            may("secondary_motivations", Form::Texts),
            may("personal_motivations", Form::Texts),
        ],
    ),
    domain(
        "tool",
        &[
            must("labels", Form::Texts),
            must("name", Form::Text),
            may("description", Form::Text),
            may("tool_version", Form::Text),
            may("kill_chain_phases", KILL_CHAIN),
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
            must(
                "source_ref",
                Form::IdNot(&["relationship", "sighting", "bundle", "marking-definition"]),
            ),
            must(
                "target_ref",
                Form::IdNot(&["relationship", "sighting", "bundle", "marking-definition"]),
            ),
        ],
    ),
    domain(
        "sighting",
        &[
            may("first_seen", Form::Time),
            may("last_seen", Form::Time),
            may("count", Form::Integer(0, 999_999_999)),
            must(
                "sighting_of_ref",
                Form::IdNot(&["relationship", "sighting", "bundle", "marking-definition"]),
            ),
            may("observed_data_refs", Form::Ids(&["observed-data"])),
            may("where_sighted_refs", Form::Ids(&["identity"])),
            may("summary", Form::Bool),
        ],
    ),
    Kind {
        name: "marking-definition",
        family: Family::Marking,
        own: &[
            must("definition_type", Form::Text),
            must("definition", Form::Any),
        ],
        any: &[],
    },
];

pub(super) const OBSERVABLES: &[Kind] = &[
    observable(
        "ipv4-addr",
        &[
            must("value", Form::Text),
            may("resolves_to_refs", Form::Refs(&["mac-addr"])),
            may("belongs_to_refs", Form::Refs(&["autonomous-system"])),
        ],
    ),
    observable(
        "ipv6-addr",
        &[
            must("value", Form::Text),
            may("resolves_to_refs", Form::Refs(&["mac-addr"])),
            may("belongs_to_refs", Form::Refs(&["autonomous-system"])),
        ],
    ),
    observable(
        "domain-name",
        &[
            must("value", Form::Text),
            may(
                "resolves_to_refs",
                Form::Refs(&["ipv4-addr", "ipv6-addr", "domain-name"]),
            ),
        ],
    ),
    observable(
        "software",
        &[
            must("name", Form::Text),
            may("cpe", Form::Text),
            may("languages", Form::Texts),
            may("vendor", Form::Text),
            may("version", Form::Text),
        ],
    ),
    observable("url", &[must("value", Form::Text)]),
    observable("mac-addr", &[must("value", Form::Text)]),
    observable(
        "email-addr",
        &[
            must("value", Form::Text),
            may("belongs_to_ref", Form::Ref(&["user-account"])),
        ],
    ),
    observable(
        "network-traffic",
        &[
            must("protocols", Form::Texts),
            may(
                "src_ref",
                Form::Ref(&["ipv4-addr", "ipv6-addr", "mac-addr", "domain-name"]),
            ),
            may(
                "dst_ref",
                Form::Ref(&["ipv4-addr", "ipv6-addr", "mac-addr", "domain-name"]),
            ),
            may("src_port", Form::Integer(0, 65_535)),
            may("dst_port", Form::Integer(0, 65_535)),
        ],
    ),
];
