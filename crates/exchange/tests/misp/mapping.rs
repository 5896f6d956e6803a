//! The documentation of misp-stix: one entry for each type of attribute, object and galaxy, in both directions. What differs is listed with its reason in
//! `docs/reference/misp-mapping.md`, which is written anew with `SAKIMORI_BLESS=1`.

use crate::compare::{attribute_rows, difference, json, object_rows, objects, plain};
use sakimori_custody::time::Seconds;
use sakimori_exchange::misp::{Attribute, Galaxy, Object, from_stix, read, to_stix};
use serde_json::{Value, json as value};
use sha1::{Digest, Sha1};
use std::collections::BTreeMap;
use std::fmt::Write;

pub(crate) const FOLDER: &str = "exchange/misp/misp-stix/mapping";

/// Files of the direction to STIX, with the member of an event that an entry is.
pub(crate) const TO: [(&str, &str); 5] = [
    ("misp_attributes_to_stix21", "Attribute"),
    ("misp_custom_attributes_to_stix21", "Attribute"),
    ("misp_objects_to_stix21", "Object"),
    ("misp_custom_objects_to_stix21", "Object"),
    ("misp_galaxies_to_stix21", "Galaxy"),
];

/// Files of the direction to MISP.
const FROM: [&str; 17] = [
    "misp_custom_attributes_to_stix20",
    "misp_custom_attributes_to_stix21",
    "misp_custom_objects_to_stix20",
    "misp_custom_objects_to_stix21",
    "misp_galaxies_to_stix20",
    "stix20_to_misp_attributes",
    "stix20_to_misp_objects",
    "stix20_to_misp_galaxies",
    "external_stix20_to_misp_attributes",
    "external_stix20_to_misp_objects",
    "external_stix20_to_misp_galaxies",
    "stix21_to_misp_attributes",
    "stix21_to_misp_objects",
    "stix21_to_misp_galaxies",
    "external_stix21_to_misp_attributes",
    "external_stix21_to_misp_objects",
    "external_stix21_to_misp_galaxies",
];

const ESCAPES: &str = "there the escapes of the pattern stay in the value; here they are undone";
const BRACKETS: &str = "there the brackets around a rule stay in the value; here they are taken off, so that the value is the rule that went out";
const JOINED: &str =
    "an object that is one with others is kept whole as a custom object, with its references";
const FOLDED: &str = "names of custom properties are in small letters, as STIX 2.1 section 11.1 wants and as misp-stix writes them since";
const DETECTED: &str = "without an indicator nothing says that it is meant for detection";
const FOUND: &str = "what is in the pattern is meant for detection";
const PROGRAM: &str = "the parts of a program are not read: the STIX objects are left whole";
const TEMPLATE: &str =
    "the types are those of the template, and the brackets of the pattern no part of a value";
const ATTACHED: &str = "the type of an attachment is that of the template";
const APART: &str = "values that were joined come apart again";
const PERSON: &str = "the type of a name is that of the template";
const VALUES: &str = "the values are attributes of the key, and not objects of their own";
const SUMMARY: &str = "the summary goes back to where it came from";
const SAME_NAME: &str = "a name that equals the cluster's is no other name: STIX does not hold it";
const NUMBER: &str = "a number without a fraction is written without one";
const DISPLAYED: &str = "MISP has no place for the comparison of the name that is shown; without it the attribute would find more than the pattern, so the indicator is left whole";
const MAIL_PART: &str = "MISP has no place for the comparison of a part's content type; without it the object would find more than the pattern, so the indicator is left whole";
const SECTORS: &str = "what it says of sectors is kept among the facts; there it is lost";
const NO_WORDS: &str = "it has no description, and none is made of its name";
const SAID_TWICE: &str = "the description is that of the galaxy, which STIX holds once";
const ONE_TYPE: &str = "the entry is older than misp-stix and has a STIX type for each type of attribute; misp-stix writes `x-misp-attribute`, as is done here, and the entry's own way can be read";
const CATEGORY: &str = "the entry is older than misp-stix, which labels the category of an object `misp:meta-category`, as is done here";
const NOT_SAID: &str = "what does not say that it is meant for detection is not";

/// File, beginning of the entry's name, reason.
const REASONS: &[(&str, &str, &str)] = &[
    ("misp_custom_attributes_to_stix21", "btc", ONE_TYPE),
    ("misp_custom_attributes_to_stix21", "http-method", ONE_TYPE),
    ("misp_custom_attributes_to_stix21", "iban", ONE_TYPE),
    ("misp_custom_attributes_to_stix21", "port", ONE_TYPE),
    (
        "misp_custom_attributes_to_stix21",
        "size-in-bytes",
        ONE_TYPE,
    ),
    ("misp_custom_attributes_to_stix21", "user-agent", ONE_TYPE),
    (
        "misp_custom_objects_to_stix21",
        "person",
        "misp-stix maps it by now, and so it is mapped here",
    ),
    ("misp_custom_objects_to_stix21", "bank-account", CATEGORY),
    ("misp_custom_objects_to_stix21", "btc-wallet", CATEGORY),
    (
        "misp_objects_to_stix21",
        "artifact",
        "the name of the file is kept beside the file; there it is lost",
    ),
    (
        "misp_objects_to_stix21",
        "domain-ip with",
        "the pattern there leaves out half of the values",
    ),
    ("misp_objects_to_stix21", "file with", JOINED),
    ("misp_objects_to_stix21", "pe & pe", JOINED),
    ("misp_objects_to_stix21", "registry-key with", JOINED),
    ("misp_objects_to_stix21", "hashlookup", FOLDED),
    ("misp_galaxies_to_stix21", "Country", FOLDED),
    ("misp_galaxies_to_stix21", "Threat Actor", FOLDED),
    (
        "misp_custom_objects_to_stix20, read back",
        "bank-account",
        NOT_SAID,
    ),
    (
        "misp_custom_objects_to_stix21, read back",
        "bank-account",
        NOT_SAID,
    ),
    (
        "misp_galaxies_to_stix20, read back",
        "Intrusion Set",
        SAME_NAME,
    ),
    ("misp_galaxies_to_stix20, read back", "Malware", SAME_NAME),
    ("misp_galaxies_to_stix20, read back", "Tool", SAME_NAME),
    ("misp_galaxies_to_stix20, read back", "Sector", SAID_TWICE),
    ("stix20_to_misp_attributes", "regkey", ESCAPES),
    ("stix20_to_misp_objects", "Domain-IP", DETECTED),
    ("stix20_to_misp_objects", "File object", PROGRAM),
    ("stix20_to_misp_objects", "email", ATTACHED),
    ("stix20_to_misp_objects", "http-request", TEMPLATE),
    (
        "stix20_to_misp_objects",
        "network-connection",
        "a protocol of the pattern is meant for detection like the rest of it",
    ),
    ("stix20_to_misp_objects", "network-socket", FOUND),
    ("stix20_to_misp_objects", "news-agency", APART),
    ("stix20_to_misp_objects", "person", PERSON),
    ("stix20_to_misp_objects", "registry-key with", VALUES),
    ("stix20_to_misp_objects", "registry-key", ESCAPES),
    ("stix20_to_misp_objects", "vulnerability", SUMMARY),
    ("stix20_to_misp_objects", "x509", FOUND),
    ("stix20_to_misp_galaxies", "intrusion-set", SAME_NAME),
    ("stix20_to_misp_galaxies", "malware", SAME_NAME),
    ("stix20_to_misp_galaxies", "threat-actor", FOLDED),
    ("external_stix20_to_misp_attributes", "email-dst", DISPLAYED),
    (
        "external_stix20_to_misp_objects",
        "email, Indicator",
        MAIL_PART,
    ),
    ("external_stix20_to_misp_galaxies", "identity", SECTORS),
    ("external_stix20_to_misp_galaxies", "threat-actor", NO_WORDS),
    ("stix21_to_misp_attributes", "regkey", ESCAPES),
    ("stix21_to_misp_attributes", "sigma", BRACKETS),
    ("stix21_to_misp_attributes", "snort", BRACKETS),
    ("stix21_to_misp_attributes", "yara", BRACKETS),
    ("stix21_to_misp_objects", "Domain-IP", DETECTED),
    ("stix21_to_misp_objects", "File object", PROGRAM),
    ("stix21_to_misp_objects", "email", ATTACHED),
    ("stix21_to_misp_objects", "geolocation", NUMBER),
    ("stix21_to_misp_objects", "http-request", TEMPLATE),
    (
        "stix21_to_misp_objects",
        "network-connection",
        "a protocol of the pattern is meant for detection like the rest of it",
    ),
    ("stix21_to_misp_objects", "network-socket", FOUND),
    ("stix21_to_misp_objects", "news-agency", APART),
    ("stix21_to_misp_objects", "person", PERSON),
    ("stix21_to_misp_objects", "registry-key with", VALUES),
    ("stix21_to_misp_objects", "registry-key", ESCAPES),
    ("stix21_to_misp_objects", "vulnerability", SUMMARY),
    ("stix21_to_misp_objects", "x509", FOUND),
    ("stix21_to_misp_galaxies", "intrusion-set", SAME_NAME),
    (
        "stix21_to_misp_galaxies",
        "malware",
        "a name that equals the cluster's is no other name, and no family is the default",
    ),
    ("stix21_to_misp_galaxies", "threat-actor", FOLDED),
    ("external_stix21_to_misp_attributes", "email-dst", DISPLAYED),
    (
        "external_stix21_to_misp_objects",
        "email, Indicator",
        MAIL_PART,
    ),
    ("external_stix21_to_misp_objects", "geolocation", NUMBER),
    (
        "external_stix21_to_misp_objects",
        "network-traffic, Observable",
        "the address that it refers to is in no entry of the file",
    ),
    ("external_stix21_to_misp_galaxies", "identity", SECTORS),
    ("external_stix21_to_misp_galaxies", "threat-actor", NO_WORDS),
];

#[test]
fn entries_agree_or_are_listed_with_their_reason() {
    let test = "entries_agree_or_are_listed_with_their_reason";
    let mut page = String::from(HEAD);
    let mut used = vec![false; REASONS.len()];
    for (file, kind) in TO {
        let Some(all) = json(test, &format!("{FOLDER}/{file}.json")) else {
            return;
        };
        let entries = all.as_object().unwrap().iter();
        let found = entries.map(|(name, entry)| (name.clone(), export(entry, kind)));
        section(&mut page, &mut used, file, found.collect());
    }
    for file in FROM {
        let Some(all) = json(test, &format!("{FOLDER}/{file}.json")) else {
            return;
        };
        let near = by_id(&all);
        let mut found = Vec::new();
        for (name, entry) in all.as_object().unwrap() {
            if entry.get("MISP").is_some() {
                found.push((name.clone(), import(entry, &near)));
                continue;
            }
            for (kind, entry) in entry.as_object().unwrap() {
                found.push((format!("{name}, {kind}"), import(entry, &near)));
            }
        }
        // The other files of this direction say so in their names.
        let title = if file.contains("stix2") && file.starts_with("misp_") {
            format!("{file}, read back")
        } else {
            file.to_owned()
        };
        section(&mut page, &mut used, &title, found);
    }
    for (used, reason) in used.iter().zip(REASONS) {
        assert!(used, "a reason without a difference: {reason:?}");
        assert!(
            !reason.1.is_empty(),
            "a reason for a whole file: {reason:?}"
        );
    }
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/reference/misp-mapping.md"
    );
    if std::env::var_os("SAKIMORI_BLESS").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), page);
}

const HEAD: &str = "\
# MISP and STIX 2.1

This page is generated by the tests of the room `exchange`. The mapping is that of misp-stix (MISP project, commit 713ae7b): for each file of its documentation, how many entries agree object by object, and which do not, with the reason.
Compared are all members of STIX objects, but the random identifiers of relationships and labels that say `misp:to_ids`, which misp-stix does not write any more; and of what comes back name, category and identifier of objects, and relation, type, value, file and purpose of attributes.
What the documentation shortened by three dots is compared up to them. Where an entry of others states one of several objects, that one is compared; names and addresses that it refers to are taken from the other entries. STIX 1 is neither written nor read; STIX 2.0 is read and not written.

STIX 2.0 is brought into the form of 2.1 first: what observed data hold become objects of their own, whose identifiers follow from those of the observed data as in misp-stix, and properties and paths of patterns get the names that 2.1 gave them.

STIX that was not made from MISP is read as far as MISP has a place for it. What of an object has none is told with its identifier; an indicator is read only if all comparisons of its pattern are, because it would else find more than was meant. A cluster keeps the identifier of its STIX object, where
misp-stix makes one (UUID of version 5 of that identifier and of the organisation that reads); entries that differ in this alone agree, and the test makes the one from the other.

The mapping has no place for some members of MISP (an event's date, threat level and analysis, comments of objects, identifiers of attributes in objects, members that nobody knows). `to_stix` leaves them out, as misp-stix does; `to_stix_whole` puts them on the object that
they belong to, in a property extension (STIX 2.1 section 7.3) whose definition stands behind the objects, and `from_stix` brings them back. Type, value, title and name are never taken from it, identifiers only of attributes within objects, and a tag is only ever added, so that nothing beside STIX contradicts it. What MISP may have
and STIX may not (the short name of a registry hive, an address with letters beyond ASCII, a header that is no list, a language that is no code) `to_stix` writes as misp-stix does, which makes an invalid object; `to_stix_whole` writes it as STIX wants it, with what stood there before in the extension, which is taken back only if it is the same thing.
OASIS's `stix2-validator` finds no error in what `to_stix_whole` makes of the events of the tests.
";

fn section(
    page: &mut String,
    used: &mut [bool],
    file: &str,
    mut found: Vec<(String, Option<String>)>,
) {
    found.sort();
    let agree = found.iter().filter(|(_, words)| words.is_none()).count();
    write!(page, "\n## {file}: {agree} of {}\n", found.len()).unwrap();
    let mut rows: Vec<(&str, Vec<String>)> = Vec::new();
    for (name, words) in found {
        let Some(words) = words else {
            continue;
        };
        let reason = REASONS
            .iter()
            .position(|(of, begins, _)| *of == file && name.starts_with(begins));
        let at = reason.unwrap_or_else(|| panic!("{file}: {name}: {words}"));
        used[at] = true;
        let reason = REASONS[at].2;
        match rows.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, names)) => names.push(name),
            None => rows.push((reason, vec![name])),
        }
    }
    if rows.is_empty() {
        return;
    }
    page.push_str("\n| entries that differ | why |\n|---|---|\n");
    for (reason, names) in rows {
        let names: Vec<String> = names.iter().map(|name| name.replace('|', "\\|")).collect();
        writeln!(page, "| {} | {reason} |", names.join(" · ")).unwrap();
    }
}

fn list(found: &Value) -> Vec<Value> {
    found
        .as_array()
        .cloned()
        .unwrap_or_else(|| vec![found.clone()])
}

/// The difference of an entry on the way to STIX.
fn export(entry: &Value, kind: &str) -> Option<String> {
    let mut expected = list(entry.get("STIX").unwrap());
    let detected = expected.iter().any(|object| object["type"] == "indicator");
    let mut misp = list(entry.get("MISP").unwrap());
    if kind == "Attribute" {
        // The entries leave out what their STIX says.
        for attribute in &mut misp {
            let map = attribute.as_object_mut().unwrap();
            map.entry("to_ids").or_insert(value!(detected));
        }
    }
    let event = value!({"Event": {
        "uuid": "a6ef17d6-91cb-4a05-b10b-2f045daf874c",
        "info": "an entry",
        "timestamp": "1603642920",
        "Orgc": {"name": "MISP-Project", "uuid": "a0c22599-9e58-4da4-96ac-7051603fa951"},
        kind: misp,
    }});
    let events = read(event.to_string().as_bytes()).unwrap();
    let written = to_stix(&events, Seconds(1_603_642_920)).unwrap();
    let found: Vec<Value> = objects(&written).iter().skip(2).map(plain).collect();
    for object in &mut expected {
        *object = plain(object);
        if let Some(Value::Array(labels)) = object.get_mut("labels") {
            labels.retain(|label| !label.as_str().unwrap().starts_with("misp:to_ids="));
        }
    }
    difference(&found, &expected)
}

/// All STIX objects of a file, by identifier: an entry may refer to what stands in another.
fn by_id(file: &Value) -> BTreeMap<String, Value> {
    let mut out = BTreeMap::new();
    let mut rest = vec![file];
    while let Some(value) = rest.pop() {
        if let Value::Object(map) = value {
            if let (Some(Value::String(id)), true) = (map.get("id"), map.contains_key("type")) {
                out.insert(id.clone(), value.clone());
            }
            rest.extend(map.values());
        } else if let Value::Array(items) = value {
            rest.extend(items);
        }
    }
    out
}

/// What objects take into themselves and do not hold: names and addresses that another entry has.
fn with_near(objects: &mut Vec<Value>, near: &BTreeMap<String, Value>) {
    let text = Value::from(objects.clone()).to_string();
    let wanted = [
        "ipv4-addr--",
        "ipv6-addr--",
        "domain-name--",
        "email-addr--",
    ];
    for (id, object) in near {
        let here = objects.iter().any(|known| known["id"] == *id);
        if !here && wanted.iter().any(|kind| id.starts_with(kind)) && text.contains(id.as_str()) {
            objects.push(object.clone());
        }
    }
}

/// The difference of an entry on the way to MISP.
fn import(entry: &Value, near: &BTreeMap<String, Value>) -> Option<String> {
    let mut objects = list(entry.get("STIX").unwrap());
    with_near(&mut objects, near);
    let stix = value!({"objects": objects});
    let back = from_stix(stix.to_string().as_bytes()).unwrap();
    let misp = list(entry.get("MISP").unwrap());
    let member = if misp[0].get("GalaxyCluster").is_some() {
        "Galaxy"
    } else if misp[0].get("Attribute").is_some() {
        "Object"
    } else {
        "Attribute"
    };
    let event = value!({"info": "an entry", member: misp});
    let wanted = read(event.to_string().as_bytes()).unwrap().remove(0);
    let (is, should) = match member {
        "Galaxy" => {
            let found = &back.galaxies;
            let rows = galaxy_rows(found, str::to_owned);
            let others = galaxy_rows(found, of_others);
            let wanted = galaxy_rows(&wanted.galaxies, str::to_owned);
            (if others == wanted { others } else { rows }, wanted)
        }
        "Object" => {
            // An entry of others may name one of several objects that come of what was seen.
            let named = |object: &Object| wanted.objects.iter().any(|w| w.uuid == object.uuid);
            let (found, beside): (Vec<Object>, Vec<Object>) = back
                .objects
                .iter()
                .cloned()
                .partition(|object| named(object));
            let ours = list(entry.get("STIX").unwrap()).iter().any(|object| {
                object
                    .get("labels")
                    .is_some_and(|l| l.to_string().contains("misp:"))
            });
            let all = [found.clone(), beside].concat();
            let found = if ours { all } else { found };
            (object_rows(&found), object_rows(&wanted.objects))
        }
        _ => {
            // Alone an attribute is related to nothing.
            let alone = |attributes: &[Attribute]| {
                let mut alone = attributes.to_vec();
                for attribute in &mut alone {
                    attribute.relation = None;
                }
                attribute_rows(&alone)
            };
            (alone(&back.attributes), alone(&wanted.attributes))
        }
    };
    let left = &back.left;
    let same = is.len() == should.len() && is.iter().zip(&should).all(|(a, b)| shortened(a, b));
    (!same).then(|| format!("{is:?} and not {should:?}, left {left:?}"))
}

/// Whether a row is the other, which may have three dots where a long text was taken out of the documentation.
fn shortened(is: &str, should: &str) -> bool {
    match should.split_once("[...]") {
        Some((begin, end)) => is.starts_with(begin) && is.ends_with(end),
        None => is == should,
    }
}

/// The identifier that misp-stix makes for a cluster of somebody else's object: a UUID of version 5 of that object's and of the organisation that reads, in its own namespace.
fn of_others(uuid: &str) -> String {
    let namespace = 0x76be_ed5f_7251_457e_8c2a_b45f_7b58_9d3d_u128.to_be_bytes();
    let mut hash = Sha1::new();
    hash.update(namespace);
    hash.update(format!("{uuid} - 55f6ea65-aa10-4c5a-bf01-4f84950d210f"));
    let mut bytes: Vec<u8> = hash.finalize().iter().copied().take(16).collect();
    bytes[6] = (bytes[6] & 0x0f) | 0x50;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let digits = sakimori_custody::ids::hex(&bytes);
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| &digits[part]);
    parts.join("-")
}

fn galaxy_rows(galaxies: &[Galaxy], uuid: impl Fn(&str) -> String) -> Vec<String> {
    let clusters = galaxies.iter().flat_map(|galaxy| &galaxy.clusters);
    clusters
        .map(|c| {
            format!(
                "{} {:?} {} {:?} {:?}",
                c.kind,
                c.uuid.as_deref().map(&uuid),
                c.value,
                c.description,
                c.meta.iter().collect::<BTreeMap<_, _>>()
            )
        })
        .collect()
}
