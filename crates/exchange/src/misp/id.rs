//! Identifiers. In: names. Out: UUIDs of version 5 (RFC 9562 section 5.5) in the namespace that misp-stix uses, so that both make the same. Never: a random one.

use sha1::{Digest, Sha1};
use std::fmt::Write;

/// Namespace of misp-stix, `76beed5f-7251-457e-8c2a-b45f7b589d3d`.
const NAMESPACE: [u8; 16] = [
    0x76, 0xbe, 0xed, 0x5f, 0x72, 0x51, 0x45, 0x7e, 0x8c, 0x2a, 0xb4, 0x5f, 0x7b, 0x58, 0x9d, 0x3d,
];

/// The UUID of a name.
pub(crate) fn uuid_of(name: &str) -> String {
    let mut hash = Sha1::new();
    hash.update(NAMESPACE);
    hash.update(name.as_bytes());
    let mut bytes = [0u8; 16];
    for (to, from) in bytes.iter_mut().zip(hash.finalize()) {
        *to = from;
    }
    bytes[6] = (bytes[6] & 0x0f) | 0x50;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let mut out = String::with_capacity(36);
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        // A write to a String cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// Whether a text is a UUID in its usual form (RFC 9562 section 4), in any case.
pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// The UUID of a STIX identifier `type--uuid`.
pub(super) fn uuid_part(id: &str) -> Option<&str> {
    let (_, uuid) = id.split_once("--")?;
    is_uuid(uuid).then_some(uuid)
}

/// The type of a STIX identifier.
pub(super) fn type_part(id: &str) -> &str {
    id.split_once("--").map_or("", |(kind, _)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_the_identifier_that_misp_stix_gives_it() {
        // The relationship of test_objects of the mapping: misp_objects_to_stix21.json, entry `asn`.
        let name = "indicator--5b23c82b-6508-4bdc-b580-045b0a00020f - based-on - observed-data--5b23c82b-6508-4bdc-b580-045b0a00020f";
        assert_eq!(uuid_of(name), "6b121871-cb57-5fbb-8ff7-9c8b4be5afd3");
        assert!(is_uuid(&uuid_of(name)) && !is_uuid("6b121871"));
    }
}
