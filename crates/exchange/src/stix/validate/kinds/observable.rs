//! Section 6: observables.

use super::super::common::{is_domain, is_email, is_mac, is_v4, is_v6};
use super::super::rule::Rule;
use super::super::{special, words};
use super::{COUNT, Family, Form, INTEGER, Kind, Part, Property, TEXT_OR_INTEGER, URL, may, must};

const fn observable(
    name: &'static str,
    own: &'static [Property],
    any: &'static [&'static str],
) -> Kind {
    Kind {
        name,
        family: Family::Observable,
        own,
        any,
    }
}

const V4: Form = Form::Checked(Rule::Value, is_v4, "is no IPv4 address or prefix");
const V6: Form = Form::Checked(Rule::Value, is_v6, "is no IPv6 address or prefix");
const MAC: Form = Form::Checked(
    Rule::Value,
    is_mac,
    "is no MAC address in lower case with colons",
);
const DOMAIN: Form = Form::Checked(Rule::Value, is_domain, "is no domain name");
const EMAIL: Form = Form::Checked(Rule::Value, is_email, "is no mail address");
const MIME: Form = Form::Checked(
    Rule::MediaType,
    special::is_media_type,
    "is no media type of a registered tree",
);
const CHARSET: Form = Form::Checked(
    Rule::Value,
    special::is_charset,
    "is no character set of IANA",
);
const CPE: Form = Form::Checked(Rule::Value, special::is_cpe, "is no CPE of version 2.3");
const REGISTRY_KEY: Form = Form::Checked(
    Rule::Value,
    special::is_full_key,
    "begins with the short name of a hive",
);
const HEADER_FIELDS: Form = Form::DictionaryOf(
    |_, value| value.as_str().is_some() || special::are_texts(value),
    "is neither a text nor a list of texts",
);
const PORT: Form = Form::Integer(0, 65_535);

const ENDS: &[&str] = &["ipv4-addr", "ipv6-addr", "mac-addr", "domain-name"];

const MIME_PART: Part = Part {
    own: &[
        may("body", Form::Text),
        may("body_raw_ref", Form::Ref(&["artifact", "file"])),
        may("content_type", Form::Text),
        may("content_disposition", Form::Text),
    ],
    any: &["body", "body_raw_ref"],
    closed: false,
};

const REGISTRY_VALUE: Part = Part {
    own: &[
        may("name", Form::Text),
        may("data", Form::Text),
        may("data_type", Form::Closed(words::REGISTRY_DATA)),
    ],
    any: &["name", "data", "data_type"],
    closed: false,
};

const X509_EXTENSIONS: Part = Part {
    own: &[
        may("basic_constraints", Form::Text),
        may("name_constraints", Form::Text),
        may("policy_constraints", Form::Text),
        may("key_usage", Form::Text),
        may("extended_key_usage", Form::Text),
        may("subject_key_identifier", Form::Text),
        may("authority_key_identifier", Form::Text),
        may("subject_alternative_name", Form::Text),
        may("issuer_alternative_name", Form::Text),
        may("subject_directory_attributes", Form::Text),
        may("crl_distribution_points", Form::Text),
        may("inhibit_any_policy", Form::Text),
        may("private_key_usage_period_not_before", Form::Time),
        may("private_key_usage_period_not_after", Form::Time),
        may("certificate_policies", Form::Text),
        may("policy_mappings", Form::Text),
    ],
    any: &[
        "basic_constraints",
        "name_constraints",
        "policy_constraints",
        "key_usage",
        "extended_key_usage",
        "subject_key_identifier",
        "authority_key_identifier",
        "subject_alternative_name",
        "issuer_alternative_name",
        "subject_directory_attributes",
        "crl_distribution_points",
        "inhibit_any_policy",
        "private_key_usage_period_not_before",
        "private_key_usage_period_not_after",
        "certificate_policies",
        "policy_mappings",
    ],
    closed: false,
};

const USER_ACCOUNT: &[&str] = &[
    "extensions",
    "user_id",
    "credential",
    "account_login",
    "account_type",
    "display_name",
    "is_service_account",
    "is_privileged",
    "can_escalate_privs",
    "is_disabled",
    "account_created",
    "account_expires",
    "credential_last_changed",
    "account_first_login",
    "account_last_login",
];

pub(super) const KINDS: &[Kind] = &[
    observable(
        "artifact",
        &[
            may("mime_type", MIME),
            may("payload_bin", Form::Text),
            may("url", URL),
            may("hashes", Form::Hashes),
            may(
                "encryption_algorithm",
                Form::Closed(words::ENCRYPTION_ALGORITHM),
            ),
            may("decryption_key", Form::Text),
        ],
        &["payload_bin", "url"],
    ),
    observable(
        "autonomous-system",
        &[
            must("number", INTEGER),
            may("name", Form::Text),
            may("rir", Form::Text),
        ],
        &[],
    ),
    observable(
        "directory",
        &[
            must("path", Form::Text),
            may("path_enc", CHARSET),
            may("ctime", Form::Time),
            may("mtime", Form::Time),
            may("atime", Form::Time),
            may("contains_refs", Form::Refs(&["file", "directory"])),
        ],
        &[],
    ),
    observable(
        "domain-name",
        &[
            must("value", DOMAIN),
            may(
                "resolves_to_refs",
                Form::Refs(&["ipv4-addr", "ipv6-addr", "domain-name"]),
            ),
        ],
        &[],
    ),
    observable(
        "email-addr",
        &[
            must("value", EMAIL),
            may("display_name", Form::Text),
            may("belongs_to_ref", Form::Ref(&["user-account"])),
        ],
        &[],
    ),
    observable(
        "email-message",
        &[
            must("is_multipart", Form::Bool),
            may("date", Form::Time),
            may("content_type", Form::Text),
            may("from_ref", Form::Ref(&["email-addr"])),
            may("sender_ref", Form::Ref(&["email-addr"])),
            may("to_refs", Form::Refs(&["email-addr"])),
            may("cc_refs", Form::Refs(&["email-addr"])),
            may("bcc_refs", Form::Refs(&["email-addr"])),
            may("message_id", Form::Text),
            may("subject", Form::Text),
            may("received_lines", Form::Texts),
            may("additional_header_fields", HEADER_FIELDS),
            may("body", Form::Text),
            may("body_multipart", Form::Parts(&MIME_PART)),
            may("raw_email_ref", Form::Ref(&["artifact"])),
        ],
        &[],
    ),
    observable(
        "file",
        &[
            may("hashes", Form::Hashes),
            may("size", COUNT),
            may("name", Form::Text),
            may("name_enc", CHARSET),
            may("magic_number_hex", Form::Text),
            may("mime_type", Form::Text),
            may("ctime", Form::Time),
            may("mtime", Form::Time),
            may("atime", Form::Time),
            may("parent_directory_ref", Form::Ref(&["directory"])),
            may("contains_refs", Form::Refs(&[])),
            may("content_ref", Form::Ref(&["artifact"])),
        ],
        &["hashes", "name"],
    ),
    observable(
        "ipv4-addr",
        &[
            must("value", V4),
            may("resolves_to_refs", Form::Refs(&["mac-addr"])),
            may("belongs_to_refs", Form::Refs(&["autonomous-system"])),
        ],
        &[],
    ),
    observable(
        "ipv6-addr",
        &[
            must("value", V6),
            may("resolves_to_refs", Form::Refs(&["mac-addr"])),
            may("belongs_to_refs", Form::Refs(&["autonomous-system"])),
        ],
        &[],
    ),
    observable("mac-addr", &[must("value", MAC)], &[]),
    observable("mutex", &[must("name", Form::Text)], &[]),
    observable(
        "network-traffic",
        &[
            may("start", Form::Time),
            may("end", Form::Time),
            may("is_active", Form::Bool),
            may("src_ref", Form::Ref(ENDS)),
            may("dst_ref", Form::Ref(ENDS)),
            may("src_port", PORT),
            may("dst_port", PORT),
            must("protocols", Form::Texts),
            may("src_byte_count", INTEGER),
            may("dst_byte_count", INTEGER),
            may("src_packets", INTEGER),
            may("dst_packets", INTEGER),
            may("ipfix", TEXT_OR_INTEGER),
            may("src_payload_ref", Form::Ref(&["artifact"])),
            may("dst_payload_ref", Form::Ref(&["artifact"])),
            may("encapsulates_refs", Form::Refs(&["network-traffic"])),
            may("encapsulated_by_ref", Form::Ref(&["network-traffic"])),
        ],
        &["src_ref", "dst_ref"],
    ),
    observable(
        "process",
        &[
            may("is_hidden", Form::Bool),
            may("pid", INTEGER),
            may("created_time", Form::Time),
            may("cwd", Form::Text),
            may("command_line", Form::Text),
            may("environment_variables", Form::Dictionary),
            may("opened_connection_refs", Form::Refs(&["network-traffic"])),
            may("creator_user_ref", Form::Ref(&["user-account"])),
            may("image_ref", Form::Ref(&["file"])),
            may("parent_ref", Form::Ref(&["process"])),
            may("child_refs", Form::Refs(&["process"])),
        ],
        &[
            "extensions",
            "is_hidden",
            "pid",
            "created_time",
            "cwd",
            "command_line",
            "environment_variables",
            "opened_connection_refs",
            "creator_user_ref",
            "image_ref",
            "parent_ref",
            "child_refs",
        ],
    ),
    observable(
        "software",
        &[
            must("name", Form::Text),
            may("cpe", CPE),
            may("swid", Form::Text),
            may("languages", Form::Texts),
            may("vendor", Form::Text),
            may("version", Form::Text),
        ],
        &[],
    ),
    observable("url", &[must("value", URL)], &[]),
    observable(
        "user-account",
        &[
            may("user_id", Form::Text),
            may("credential", Form::Text),
            may("account_login", Form::Text),
            may("account_type", Form::Open(words::ACCOUNT_TYPE)),
            may("display_name", Form::Text),
            may("is_service_account", Form::Bool),
            may("is_privileged", Form::Bool),
            may("can_escalate_privs", Form::Bool),
            may("is_disabled", Form::Bool),
            may("account_created", Form::Time),
            may("account_expires", Form::Time),
            may("credential_last_changed", Form::Time),
            may("account_first_login", Form::Time),
            may("account_last_login", Form::Time),
        ],
        USER_ACCOUNT,
    ),
    observable(
        "windows-registry-key",
        &[
            may("key", REGISTRY_KEY),
            may("values", Form::Parts(&REGISTRY_VALUE)),
            may("modified_time", Form::Time),
            may("creator_user_ref", Form::Ref(&["user-account"])),
            may("number_of_subkeys", INTEGER),
        ],
        &[
            "key",
            "values",
            "modified_time",
            "creator_user_ref",
            "number_of_subkeys",
        ],
    ),
    observable(
        "x509-certificate",
        &[
            may("is_self_signed", Form::Bool),
            may("hashes", Form::Hashes),
            may("version", Form::Text),
            may("serial_number", Form::Text),
            may("signature_algorithm", Form::Text),
            may("issuer", Form::Text),
            may("validity_not_before", Form::Time),
            may("validity_not_after", Form::Time),
            may("subject", Form::Text),
            may("subject_public_key_algorithm", Form::Text),
            may("subject_public_key_modulus", Form::Text),
            may("subject_public_key_exponent", INTEGER),
            may("x509_v3_extensions", Form::Part(&X509_EXTENSIONS)),
        ],
        &[
            "is_self_signed",
            "hashes",
            "version",
            "serial_number",
            "signature_algorithm",
            "issuer",
            "validity_not_before",
            "validity_not_after",
            "subject",
            "subject_public_key_algorithm",
            "subject_public_key_modulus",
            "subject_public_key_exponent",
            "x509_v3_extensions",
        ],
    ),
];
