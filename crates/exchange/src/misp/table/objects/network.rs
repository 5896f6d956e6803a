//! Objects on a network: names, addresses, traffic, mail, certificates. In: nothing. Out: rows. Never: a condition that two rows of one name share.

use super::Row;

const fn row(
    name: &'static str,
    templates: &'static str,
    pieces: &'static [(&'static str, &'static str)],
) -> Row {
    Row {
        name,
        when: None,
        only: &[],
        templates,
        fixed: "",
        pieces,
    }
}

const SOURCE: &str =
    "(network-traffic:src_ref.type = '{:addr}' AND network-traffic:src_ref.value = '{}')";
const TARGET: &str =
    "(network-traffic:dst_ref.type = '{:addr}' AND network-traffic:dst_ref.value = '{}')";
const SOURCE_NAME: &str =
    "(network-traffic:src_ref.type = 'domain-name' AND network-traffic:src_ref.value = '{}')";
const TARGET_NAME: &str =
    "(network-traffic:dst_ref.type = 'domain-name' AND network-traffic:dst_ref.value = '{}')";

pub(super) const ROWS: &[Row] = &[
    row(
        "asn",
        r#"[{"type":"autonomous-system","number":"{asn:asn}","name":"{description}"}]"#,
        &[
            ("asn", "autonomous-system:number = '{:as}'"),
            ("description", "name"),
        ],
    ),
    Row {
        name: "domain-ip",
        when: None,
        only: &["domain", "hostname", "ip"],
        templates: r#"[{"@for":"ip","type":"{.:addr}","value":"{.}"},{"@for":"domain","type":"domain-name","value":"{.}","resolves_to_refs":["@ip*"]},{"@for":"hostname","@unless":"domain","type":"domain-name","value":"{.}","resolves_to_refs":["@ip*"]}]"#,
        fixed: "",
        pieces: &[
            ("domain", "value"),
            ("hostname", "value"),
            ("ip", "resolves_to_refs[*].value"),
        ],
    },
    row(
        "domain-ip",
        r#"[{"type":"domain-name","value":"{domain|hostname}","resolves_to_refs":["@ip*"]},{"@for":"ip","type":"{.:addr}","value":"{.}"}]"#,
        &[
            ("domain", "value"),
            ("hostname", "x_misp_hostname"),
            ("ip", "resolves_to_refs[*].value"),
        ],
    ),
    row(
        "email",
        r#"[{"type":"email-message","is_multipart":"%has:attachment","from_ref":"@from","to_refs":["@to*"],"cc_refs":["@cc*"],"bcc_refs":["@bcc*"],"message_id":"{message-id}","subject":"{subject}","date":"{send-date:time}","additional_header_fields":{"Reply-To":"{reply-to}","X-Mailer":"{x-mailer}"},"body_multipart":[{"body_raw_ref":"@attachment*","content_disposition":"attachment; filename='{.}'"}]},{"@for":"from","type":"email-addr","value":"{.}","display_name":"{from-display-name:near}"},{"@for":"to","type":"email-addr","value":"{.}","display_name":"{to-display-name:near}"},{"@for":"cc","type":"email-addr","value":"{.}","display_name":"{cc-display-name:near}"},{"@for":"bcc","type":"email-addr","value":"{.}","display_name":"{bcc-display-name:near}"},{"@for":"attachment","type":"file","name":"{.}"}]"#,
        &[
            ("to", "to_refs[#].value"),
            ("to-display-name", "to_refs[#].display_name"),
            ("cc", "cc_refs[#].value"),
            ("cc-display-name", "cc_refs[#].display_name"),
            ("bcc", "bcc_refs[#].value"),
            ("bcc-display-name", "bcc_refs[#].display_name"),
            ("email-body", "body"),
            ("from", "from_ref.value"),
            ("from-display-name", "from_ref.display_name"),
            ("message-id", "message_id"),
            ("reply-to", "additional_header_fields.reply_to"),
            ("send-date", "date"),
            ("subject", "subject"),
            ("x-mailer", "additional_header_fields.x_mailer"),
            (
                "attachment",
                "email-message:body_multipart[#].body_raw_ref.name = '{}' AND email-message:body_multipart[#].content_disposition = 'attachment'",
            ),
        ],
    ),
    row(
        "http-request",
        r#"[{"type":"network-traffic","src_ref":"@ip-src","dst_ref":"@ip-dst|host","protocols":["tcp","http"],"extensions":{"http-request-ext":{"request_method":"{method}","request_value":"{uri|url}","request_header":{"Content-Type":"{content-type}","Cookie":"{cookie}","Referer":"{referer}","User-Agent":"{user-agent}"}}}},{"@for":"ip-src","type":"{.:addr}","value":"{.}"},{"@for":"ip-dst","type":"{.:addr}","value":"{.}"},{"@for":"host","type":"domain-name","value":"{.}","resolves_to_refs":["@ip-dst*"]}]"#,
        &[
            ("ip-src", SOURCE),
            ("ip-dst", TARGET),
            ("host", TARGET_NAME),
            ("method", "extensions.'http-request-ext'.request_method"),
            ("uri", "extensions.'http-request-ext'.request_value"),
            ("url", "extensions.'http-request-ext'.request_value"),
            (
                "content-type",
                "extensions.'http-request-ext'.request_header.'Content-Type'",
            ),
            (
                "cookie",
                "extensions.'http-request-ext'.request_header.Cookie",
            ),
            (
                "referer",
                "extensions.'http-request-ext'.request_header.Referer",
            ),
            (
                "user-agent",
                "extensions.'http-request-ext'.request_header.'User-Agent'",
            ),
        ],
    ),
    row(
        "ip-port",
        r#"[{"type":"network-traffic","start":"{first-seen:time}","end":"{last-seen:time}","src_ref":"@ip-src","dst_ref":"@ip-dst|ip","src_port":"{src-port:int}","dst_port":"{dst-port:int}","protocols":["{ip*:family}","{ip-src*:family}","{ip-dst*:family}","{protocol}","%else:tcp"]},{"@for":"ip-src","type":"{.:addr}","value":"{.}"},{"@for":"ip-dst","type":"{.:addr}","value":"{.}"},{"@for":"ip","type":"{.:addr}","value":"{.}"}]"#,
        &[
            ("ip-dst", TARGET),
            ("ip", TARGET),
            ("ip-src", SOURCE),
            ("domain", TARGET_NAME),
            ("hostname", TARGET_NAME),
            ("dst-port", "dst_port"),
            ("src-port", "src_port"),
            ("first-seen", "start"),
            ("last-seen", "end"),
        ],
    ),
    row(
        "netflow",
        r#"[{"type":"network-traffic","start":"{first-packet-seen:time}","end":"{last-packet-seen:time}","src_ref":"@ip-src","dst_ref":"@ip-dst","src_port":"{src-port:int}","dst_port":"{dst-port:int}","src_byte_count":"{byte-count:int}","src_packets":"{packet-count:int}","protocols":["{tcp-flags:tcp}","{protocol:proto}","%else:ip"],"extensions":{"tcp-ext":{"src_flags_hex":"{tcp-flags}"}}},{"@for":"ip-src","type":"{.:addr}","value":"{.}","belongs_to_refs":["@src-as*"]},{"@for":"src-as","type":"autonomous-system","number":"{.:as}"},{"@for":"ip-dst","type":"{.:addr}","value":"{.}","belongs_to_refs":["@dst-as*"]},{"@for":"dst-as","type":"autonomous-system","number":"{.:as}"}]"#,
        &[
            ("ip-src", SOURCE),
            (
                "src-as",
                "network-traffic:src_ref.belongs_to_refs[#].number = '{:asn}'",
            ),
            ("ip-dst", TARGET),
            (
                "dst-as",
                "network-traffic:dst_ref.belongs_to_refs[#].number = '{:asn}'",
            ),
            ("protocol", "network-traffic:protocols[#] = '{:proto}'"),
            ("src-port", "src_port"),
            ("dst-port", "dst_port"),
            ("byte-count", "src_byte_count"),
            ("packet-count", "src_packets"),
            ("first-packet-seen", "start"),
            ("last-packet-seen", "end"),
            ("tcp-flags", "extensions.'tcp-ext'.src_flags_hex"),
        ],
    ),
    row(
        "network-connection",
        r#"[{"type":"network-traffic","start":"{first-packet-seen:time}","src_ref":"@ip-src|hostname-src","dst_ref":"@ip-dst|hostname-dst","src_port":"{src-port:int}","dst_port":"{dst-port:int}","protocols":["{layer3-protocol:l3}","{layer4-protocol:l4}","{layer7-protocol:l7}","%else:tcp"]},{"@for":"ip-src","type":"{.:addr}","value":"{.}"},{"@for":"ip-dst","type":"{.:addr}","value":"{.}"},{"@for":"hostname-src","@unless":"ip-src","type":"domain-name","value":"{.}"},{"@for":"hostname-dst","@unless":"ip-dst","type":"domain-name","value":"{.}"}]"#,
        &[
            ("ip-src", SOURCE),
            ("ip-dst", TARGET),
            ("hostname-src", SOURCE_NAME),
            ("hostname-dst", TARGET_NAME),
            ("dst-port", "dst_port"),
            ("first-packet-seen", "start"),
            ("src-port", "src_port"),
            ("layer3-protocol", "network-traffic:protocols[0] = '{:l3}'"),
            ("layer4-protocol", "network-traffic:protocols[1] = '{:l4}'"),
            ("layer7-protocol", "network-traffic:protocols[2] = '{:l7}'"),
        ],
    ),
    row(
        "network-socket",
        r#"[{"type":"network-traffic","src_ref":"@ip-src|hostname-src","dst_ref":"@ip-dst|hostname-dst","src_port":"{src-port:int}","dst_port":"{dst-port:int}","protocols":["{protocol:proto}","%else:tcp"],"extensions":{"socket-ext":{"address_family":"{address-family}","socket_type":"{socket-type}","is_listening":"{state:listening}","is_blocking":"{state:blocking}"}}},{"@for":"ip-src","type":"{.:addr}","value":"{.}"},{"@for":"ip-dst","type":"{.:addr}","value":"{.}"},{"@for":"hostname-src","@unless":"ip-src","type":"domain-name","value":"{.}"},{"@for":"hostname-dst","@unless":"ip-dst","type":"domain-name","value":"{.}"}]"#,
        &[
            ("ip-src", SOURCE),
            ("ip-dst", TARGET),
            ("hostname-src", SOURCE_NAME),
            ("hostname-dst", TARGET_NAME),
            ("dst-port", "dst_port"),
            ("src-port", "src_port"),
            ("protocol", "network-traffic:protocols[#] = '{:proto}'"),
            ("address-family", "extensions.'socket-ext'.address_family"),
            ("socket-type", "extensions.'socket-ext'.socket_type"),
            (
                "state",
                "network-traffic:extensions.'socket-ext'.is_listening = '{:listening}'",
            ),
        ],
    ),
    row(
        "url",
        r#"[{"type":"url","value":"{url}"}]"#,
        &[("url", "value")],
    ),
    row(
        "x509",
        r#"[{"type":"x509-certificate","hashes":{"MD5":"{x509-fingerprint-md5}","SHA-1":"{x509-fingerprint-sha1}","SHA-256":"{x509-fingerprint-sha256}"},"version":"{version}","serial_number":"{serial-number}","signature_algorithm":"{signature_algorithm}","issuer":"{issuer}","validity_not_before":"{validity-not-before:time}","validity_not_after":"{validity-not-after:time}","subject":"{subject}","subject_public_key_algorithm":"{pubkey-info-algorithm}","subject_public_key_modulus":"{pubkey-info-modulus}","subject_public_key_exponent":"{pubkey-info-exponent:int}","is_self_signed":"{self_signed:bool}"}]"#,
        &[
            ("x509-fingerprint-md5", "hashes.MD5"),
            ("x509-fingerprint-sha1", "hashes.'SHA-1'"),
            ("x509-fingerprint-sha256", "hashes.'SHA-256'"),
            ("issuer", "issuer"),
            ("pubkey-info-algorithm", "subject_public_key_algorithm"),
            ("pubkey-info-exponent", "subject_public_key_exponent"),
            ("pubkey-info-modulus", "subject_public_key_modulus"),
            ("serial-number", "serial_number"),
            ("signature_algorithm", "signature_algorithm"),
            ("subject", "subject"),
            ("version", "version"),
            ("validity-not-after", "validity_not_after"),
            ("validity-not-before", "validity_not_before"),
            ("self_signed", "is_self_signed"),
        ],
    ),
];
