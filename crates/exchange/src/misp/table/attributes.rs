//! Attributes. In: a type. Out: what is seen, and the pattern that finds it. Never: a type of two meanings.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What becomes of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::misp) enum Sort {
    /// Something seen, and a pattern if it is meant for detection.
    Seen,
    /// A domain object of its own.
    Domain,
    /// A pattern, and nothing that could be seen.
    Pattern,
    /// A pattern in a language of its own, which STIX names by the type.
    Rule,
}

/// A row.
#[derive(Debug)]
pub(in crate::misp) struct AttributeRow {
    pub(in crate::misp) sort: Sort,
    pub(in crate::misp) templates: Vec<Value>,
    pub(in crate::misp) pattern: String,
    /// Length of the hash in hexadecimal digits, 0 for what is no such hash.
    pub(in crate::misp) hash_digits: usize,
}

/// The row of a type.
pub(in crate::misp) fn attribute(kind: &str) -> Option<&'static AttributeRow> {
    ROWS.get(kind)
}

static ROWS: LazyLock<BTreeMap<String, AttributeRow>> = LazyLock::new(|| {
    let mut rows = BTreeMap::new();
    for (kind, sort, templates, pattern) in PLAIN {
        let row = AttributeRow {
            sort: *sort,
            templates: super::templates(templates),
            pattern: (*pattern).to_owned(),
            hash_digits: 0,
        };
        rows.insert((*kind).to_owned(), row);
    }
    for (kind, name, found, digits) in HASHES {
        let segment = quoted(found);
        let alone = AttributeRow {
            sort: Sort::Seen,
            templates: vec![json!({"type": "file", "hashes": {*name: "{0}"}})],
            pattern: format!("file:hashes.{segment} = '{{0}}'"),
            hash_digits: *digits,
        };
        let named = AttributeRow {
            sort: Sort::Seen,
            templates: vec![json!({"type": "file", "hashes": {*name: "{1}"}, "name": "{0}"})],
            pattern: format!("file:name = '{{0}}' AND file:hashes.{segment} = '{{1}}'"),
            hash_digits: *digits,
        };
        rows.insert((*kind).to_owned(), alone);
        rows.insert(format!("filename|{kind}"), named);
    }
    rows
});

/// A segment of a path, in quotes where the grammar of patterns wants them (STIX 2.1 section 9.2).
fn quoted(segment: &str) -> String {
    if segment.contains('-') {
        format!("'{segment}'")
    } else {
        segment.to_owned()
    }
}

/// Type, name of the hash in what was seen, name in a pattern, digits. misp-stix writes names that STIX does not list in two ways.
const HASHES: &[(&str, &str, &str, usize)] = &[
    ("authentihash", "AUTHENTIHASH", "AUTHENTIHASH", 0),
    ("cdhash", "CDHASH", "CDHASH", 0),
    ("impfuzzy", "IMPFUZZY", "IMPFUZZY", 0),
    ("imphash", "IMPHASH", "IMPHASH", 0),
    ("md5", "MD5", "MD5", 32),
    ("pehash", "PEHASH", "PEHASH", 0),
    ("sha1", "SHA-1", "SHA-1", 40),
    ("sha224", "SHA224", "SHA-224", 56),
    ("sha256", "SHA-256", "SHA-256", 64),
    ("sha3-224", "SHA3224", "SHA3-224", 56),
    ("sha3-256", "SHA3-256", "SHA3-256", 64),
    ("sha3-384", "SHA3384", "SHA3-384", 96),
    ("sha3-512", "SHA3-512", "SHA3-512", 128),
    ("sha384", "SHA384", "SHA-384", 96),
    ("sha512", "SHA-512", "SHA-512", 128),
    ("sha512/224", "SHA224", "SHA-224", 56),
    ("sha512/256", "SHA-256", "SHA-256", 64),
    ("ssdeep", "SSDEEP", "SSDEEP", 0),
    ("telfhash", "TELFHASH", "TELFHASH", 0),
    ("tlsh", "TLSH", "TLSH", 0),
    ("vhash", "VHASH", "VHASH", 0),
];

/// Type, sort, templates, pattern. `{0}` is the value, or what stands before its `|`; `{1}` what stands behind.
const PLAIN: &[(&str, Sort, &str, &str)] = &[
    (
        "AS",
        Sort::Seen,
        r#"[{"type":"autonomous-system","number":"{0:as}"}]"#,
        "autonomous-system:number = '{0:as}'",
    ),
    (
        "attachment",
        Sort::Seen,
        r#"[{"type":"file","name":"{0}","content_ref":"@0"},{"@for":"0","type":"artifact","payload_bin":"{.:data}"}]"#,
        "file:name = '{0}' AND file:content_ref.payload_bin = '{0:data}'",
    ),
    (
        "campaign-name",
        Sort::Domain,
        r#"[{"type":"campaign","name":"{0}"}]"#,
        "",
    ),
    (
        "domain",
        Sort::Seen,
        r#"[{"type":"domain-name","value":"{0}"}]"#,
        "domain-name:value = '{0}'",
    ),
    (
        "domain|ip",
        Sort::Seen,
        r#"[{"type":"domain-name","value":"{0}","resolves_to_refs":["@1"]},{"@for":"1","type":"{.:addr}","value":"{.}"}]"#,
        "domain-name:value = '{0}' AND domain-name:resolves_to_refs[*].value = '{1}'",
    ),
    (
        "email",
        Sort::Seen,
        r#"[{"type":"email-addr","value":"{0}"}]"#,
        "email-addr:value = '{0}'",
    ),
    (
        "email-attachment",
        Sort::Seen,
        r#"[{"type":"email-message","is_multipart":true,"body_multipart":[{"body_raw_ref":"@0","content_disposition":"attachment; filename='{0}'"}]},{"@for":"0","type":"file","name":"{.}"}]"#,
        "email-message:body_multipart[*].body_raw_ref.name = '{0}'",
    ),
    (
        "email-body",
        Sort::Seen,
        r#"[{"type":"email-message","is_multipart":false,"body":"{0}"}]"#,
        "email-message:body = '{0}'",
    ),
    (
        "email-dst",
        Sort::Seen,
        r#"[{"type":"email-message","is_multipart":false,"to_refs":["@0"]},{"@for":"0","type":"email-addr","value":"{.}"}]"#,
        "email-message:to_refs[*].value = '{0}'",
    ),
    (
        "email-header",
        Sort::Seen,
        r#"[{"type":"email-message","is_multipart":false,"received_lines":["{0}"]}]"#,
        "email-message:received_lines = '{0}'",
    ),
    (
        "email-message-id",
        Sort::Seen,
        r#"[{"type":"email-message","is_multipart":false,"message_id":"{0}"}]"#,
        "email-message:message_id = '{0}'",
    ),
    (
        "email-reply-to",
        Sort::Seen,
        r#"[{"type":"email-message","is_multipart":false,"additional_header_fields":{"Reply-To":"{0}"}}]"#,
        "email-message:additional_header_fields.reply_to = '{0}'",
    ),
    (
        "email-src",
        Sort::Seen,
        r#"[{"type":"email-message","is_multipart":false,"from_ref":"@0"},{"@for":"0","type":"email-addr","value":"{.}"}]"#,
        "email-message:from_ref.value = '{0}'",
    ),
    (
        "email-subject",
        Sort::Seen,
        r#"[{"type":"email-message","is_multipart":false,"subject":"{0}"}]"#,
        "email-message:subject = '{0}'",
    ),
    (
        "email-x-mailer",
        Sort::Seen,
        r#"[{"type":"email-message","is_multipart":false,"additional_header_fields":{"X-Mailer":"{0}"}}]"#,
        "email-message:additional_header_fields.x_mailer = '{0}'",
    ),
    (
        "filename",
        Sort::Seen,
        r#"[{"type":"file","name":"{0}"}]"#,
        "file:name = '{0}'",
    ),
    (
        "github-username",
        Sort::Seen,
        r#"[{"type":"user-account","account_login":"{0}","account_type":"github"}]"#,
        "user-account:account_type = 'github' AND user-account:account_login = '{0}'",
    ),
    (
        "hostname",
        Sort::Seen,
        r#"[{"type":"domain-name","value":"{0}"}]"#,
        "domain-name:value = '{0}'",
    ),
    (
        "hostname|port",
        Sort::Seen,
        r#"[{"type":"domain-name","value":"{0}"},{"@for":"1","type":"network-traffic","dst_ref":"@main","dst_port":"{.:int}","protocols":["tcp"]}]"#,
        "domain-name:value = '{0}' AND network-traffic:dst_port = '{1}'",
    ),
    (
        "http-method",
        Sort::Pattern,
        "[]",
        "network-traffic:extensions.'http-request-ext'.request_method = '{0}'",
    ),
    (
        "ip-dst",
        Sort::Seen,
        r#"[{"type":"network-traffic","dst_ref":"@0","protocols":["tcp"]},{"@for":"0","type":"{.:addr}","value":"{.}"}]"#,
        "network-traffic:dst_ref.type = '{0:addr}' AND network-traffic:dst_ref.value = '{0}'",
    ),
    (
        "ip-dst|port",
        Sort::Seen,
        r#"[{"type":"network-traffic","dst_ref":"@0","dst_port":"{1:int}","protocols":["tcp"]},{"@for":"0","type":"{.:addr}","value":"{.}"}]"#,
        "network-traffic:dst_ref.type = '{0:addr}' AND network-traffic:dst_ref.value = '{0}' AND network-traffic:dst_port = '{1}'",
    ),
    (
        "ip-src",
        Sort::Seen,
        r#"[{"type":"network-traffic","src_ref":"@0","protocols":["tcp"]},{"@for":"0","type":"{.:addr}","value":"{.}"}]"#,
        "network-traffic:src_ref.type = '{0:addr}' AND network-traffic:src_ref.value = '{0}'",
    ),
    (
        "ip-src|port",
        Sort::Seen,
        r#"[{"type":"network-traffic","src_ref":"@0","src_port":"{1:int}","protocols":["tcp"]},{"@for":"0","type":"{.:addr}","value":"{.}"}]"#,
        "network-traffic:src_ref.type = '{0:addr}' AND network-traffic:src_ref.value = '{0}' AND network-traffic:src_port = '{1}'",
    ),
    (
        "link",
        Sort::Seen,
        r#"[{"type":"url","value":"{0}"}]"#,
        "url:value = '{0}'",
    ),
    (
        "mac-address",
        Sort::Seen,
        r#"[{"type":"mac-addr","value":"{0:lower}"}]"#,
        "mac-addr:value = '{0}'",
    ),
    (
        "malware-sample",
        Sort::Seen,
        r#"[{"type":"file","hashes":{"MD5":"{1}"},"name":"{0}","content_ref":"@0"},{"@for":"0","type":"artifact","mime_type":"application/zip","payload_bin":"{.:data}","encryption_algorithm":"mime-type-indicated","decryption_key":"infected"}]"#,
        "file:content_ref.payload_bin = '{0:data}' AND file:name = '{0}' AND file:hashes.MD5 = '{1}' AND file:content_ref.mime_type = 'application/zip' AND file:content_ref.encryption_algorithm = 'mime-type-indicated' AND file:content_ref.decryption_key = 'infected'",
    ),
    (
        "mutex",
        Sort::Seen,
        r#"[{"type":"mutex","name":"{0}"}]"#,
        "mutex:name = '{0}'",
    ),
    (
        "port",
        Sort::Pattern,
        "[]",
        "network-traffic:dst_port = '{0}'",
    ),
    (
        "regkey",
        Sort::Seen,
        r#"[{"type":"windows-registry-key","key":"{0}"}]"#,
        "windows-registry-key:key = '{0}'",
    ),
    (
        "regkey|value",
        Sort::Seen,
        r#"[{"type":"windows-registry-key","key":"{0}","values":[{"data":"{1}"}]}]"#,
        "windows-registry-key:key = '{0}' AND windows-registry-key:values.data = '{1}'",
    ),
    ("sigma", Sort::Rule, "[]", "{0}"),
    ("size-in-bytes", Sort::Pattern, "[]", "file:size = '{0}'"),
    ("snort", Sort::Rule, "[]", "{0}"),
    ("suricata", Sort::Rule, "[]", "{0}"),
    (
        "uri",
        Sort::Seen,
        r#"[{"type":"url","value":"{0}"}]"#,
        "url:value = '{0}'",
    ),
    (
        "url",
        Sort::Seen,
        r#"[{"type":"url","value":"{0}"}]"#,
        "url:value = '{0}'",
    ),
    (
        "user-agent",
        Sort::Pattern,
        "[]",
        "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = '{0}'",
    ),
    (
        "vulnerability",
        Sort::Domain,
        r#"[{"type":"vulnerability","name":"{0}","external_references":[{"source_name":"cve","external_id":"{0}"}]}]"#,
        "",
    ),
    (
        "x509-fingerprint-md5",
        Sort::Seen,
        r#"[{"type":"x509-certificate","hashes":{"MD5":"{0}"}}]"#,
        "x509-certificate:hashes.MD5 = '{0}'",
    ),
    (
        "x509-fingerprint-sha1",
        Sort::Seen,
        r#"[{"type":"x509-certificate","hashes":{"SHA-1":"{0}"}}]"#,
        "x509-certificate:hashes.'SHA-1' = '{0}'",
    ),
    (
        "x509-fingerprint-sha256",
        Sort::Seen,
        r#"[{"type":"x509-certificate","hashes":{"SHA-256":"{0}"}}]"#,
        "x509-certificate:hashes.'SHA-256' = '{0}'",
    ),
    ("yara", Sort::Rule, "[]", "{0}"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_what_its_sort_needs_and_a_type_that_misp_knows() {
        for (kind, row) in ROWS.iter() {
            let templates = matches!(row.sort, Sort::Seen | Sort::Domain);
            assert_eq!(!row.templates.is_empty(), templates, "{kind}");
            assert_eq!(row.pattern.is_empty(), row.sort == Sort::Domain, "{kind}");
            let known = super::super::super::types::is_known(kind);
            // These two are named by misp-stix alone.
            let named_there = ["filename|cdhash", "filename|telfhash"].contains(&kind.as_str());
            assert!(known || named_there, "{kind}");
        }
        assert_eq!(ROWS.len(), PLAIN.len() + 2 * HASHES.len());
    }
}
