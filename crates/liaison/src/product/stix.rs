//! A product as STIX 2.1 objects. In: what was released, who makes it, identifiers. Out: an identity, markings, one indicator for each thing to look for, a note with the words. Never: what is
//! not in the released product.

use super::{INDICATORS, WORDS};
use sakimori_custody::class::PublicNotice;
use sakimori_custody::time::Seconds;
use sakimori_exchange::list::{HashKind, What};
use sakimori_release::sheet::Sheet;
use sakimori_release::{Released, Tlp};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::io;
use std::net::IpAddr;

/// Who makes the objects. That it exists is no secret, so that its identity is TLP:CLEAR whatever it makes: an object whose maker is hidden would be withheld.
#[derive(Clone, Debug)]
pub struct Maker {
    /// The UUID of its identity, the same for all that it makes.
    pub uuid: String,
    /// Since when it makes them; the same for all, so that its identity has one version.
    pub since: Seconds,
    /// Its name.
    pub name: String,
}

/// The extension by which TLP 2.0 is written in STIX 2.1 (OASIS, TLP 2.0 marking extension).
const TLP2: &str = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d";

/// The marking's identifier; each is fixed by the extension.
const fn marking(tlp: Tlp) -> &'static str {
    match tlp {
        Tlp::Clear => "94868c89-83c2-464b-929b-a1a8aa3c8487",
        Tlp::Green => "bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
        Tlp::Amber => "55d920b0-5e8b-4f79-9ee9-91f868d9b421",
        Tlp::AmberStrict => "939a9414-2ddd-4d32-a0cd-375ea402b003",
        Tlp::Red => "e828b379-4e03-4974-9ac4-e53a884c97c1",
    }
}

/// The pattern that finds a thing (STIX 2.1 section 9).
fn pattern(what: &What) -> String {
    let quoted = |text: &str| text.replace('\\', "\\\\").replace('\'', "\\'");
    match what {
        What::Address(IpAddr::V4(address)) => format!("[ipv4-addr:value = '{address}']"),
        What::Address(IpAddr::V6(address)) => format!("[ipv6-addr:value = '{address}']"),
        What::Prefix(prefix) => {
            let text = prefix.to_string();
            let kind = if text.contains(':') {
                "ipv6-addr"
            } else {
                "ipv4-addr"
            };
            format!("[{kind}:value ISSUBSET '{text}']")
        }
        What::As(number) => format!("[autonomous-system:number = {number}]"),
        What::Domain(name) => format!("[domain-name:value = '{}']", quoted(name)),
        What::Url(url) => format!("[url:value = '{}']", quoted(url)),
        What::Hash(kind, digits) => {
            let name = match kind {
                HashKind::Md5 => "MD5",
                HashKind::Sha1 => "'SHA-1'",
                HashKind::Sha256 => "'SHA-256'",
                HashKind::Sha512 => "'SHA-512'",
            };
            format!("[file:hashes.{name} = '{digits}']")
        }
    }
}

/// A UUID of the form of version 4 (RFC 9562 section 5.4), whose other bits are those of the bytes.
pub(crate) fn uuid(mut bytes: [u8; 16]) -> String {
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex: String = sakimori_custody::ids::hex(&bytes);
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!(
        "{}-{}-{}-{}-{}",
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32)
    )
}

/// A second as STIX writes it.
pub(crate) fn millis(at: Seconds) -> String {
    format!("{}.000Z", at.to_string().trim_end_matches('Z'))
}

/// The id of a marking's definition.
pub(crate) fn id_of(tlp: Tlp) -> String {
    format!("marking-definition--{}", marking(tlp))
}

/// The definition of a marking, as the extension has it.
pub(crate) fn definition(tlp: Tlp) -> Value {
    json!({
        "type": "marking-definition", "spec_version": "2.1", "id": id_of(tlp),
        "created": "2022-10-01T00:00:00.000Z", "name": tlp.label(),
        "extensions": {TLP2: {"extension_type": "property-extension", "tlp_2_0": tlp.name()}},
    })
}

/// The UUID of what names something for ever: bits of its SHA-256. The form is that of version 4, because STIX 2.1 section 2.9 knows those of RFC 4122 alone.
pub fn uuid_of(name: &[u8]) -> String {
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(Sha256::digest(name)) {
        *to = from;
    }
    uuid(bytes)
}

/// The objects of a product, each as text: identity, marking, indicators, and a note that holds the words. `random` gives the bytes of identifiers.
///
/// # Errors
/// Its.
pub fn objects(
    released: &Released<PublicNotice, Sheet>,
    maker: &Maker,
    now: Seconds,
    random: impl Fn() -> io::Result<[u8; 16]>,
) -> io::Result<Vec<String>> {
    let at = millis(now);
    let tlp = released.marking().tlp;
    let identity = format!("identity--{}", maker.uuid);
    let mark = id_of(tlp);
    let since = millis(maker.since);
    let mut out = vec![
        definition(Tlp::Clear),
        json!({
            "type": "identity", "spec_version": "2.1", "id": identity,
            "created": since, "modified": since, "name": maker.name, "identity_class": "organization",
            "object_marking_refs": [id_of(Tlp::Clear)],
        }),
    ];
    if tlp != Tlp::Clear {
        out.push(definition(tlp));
    }
    let mut dated = |kind: &str, mut rest: Value| -> io::Result<String> {
        let id = format!("{kind}--{}", uuid(random()?));
        if let Value::Object(members) = &mut rest {
            for (name, value) in [
                ("type", json!(kind)),
                ("spec_version", json!("2.1")),
                ("id", json!(id)),
                ("created_by_ref", json!(identity)),
                ("created", json!(at)),
                ("modified", json!(at)),
                ("object_marking_refs", json!([mark])),
            ] {
                members.insert(name.to_owned(), value);
            }
        }
        out.push(rest);
        Ok(id)
    };
    let sheet = released.content();
    let mut ids = Vec::new();
    for text in sheet.values(INDICATORS) {
        // What was let in was read once already.
        let Ok(what) = What::read(text) else { continue };
        ids.push(dated(
            "indicator",
            json!({
                "name": text, "indicator_types": ["malicious-activity"], "pattern": pattern(&what),
                "pattern_type": "stix", "valid_from": at,
            }),
        )?);
    }
    let words = sheet.values(WORDS).first();
    if ids.is_empty() {
        ids.push(identity.clone());
    }
    dated("note", json!({"content": words, "object_refs": ids}))?;
    Ok(out.iter().map(ToString::to_string).collect())
}
