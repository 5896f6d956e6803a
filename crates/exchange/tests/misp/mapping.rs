//! The documentation of misp-stix: one entry for each type of attribute, object and galaxy, in both directions. What differs is listed with its reason in
//! `docs/reference/misp-mapping.md`, which is written anew with `SAKIMORI_BLESS=1`.

use crate::compare::{attribute_rows, difference, json, object_rows, objects, plain};
use sakimori_custody::time::Seconds;
use sakimori_exchange::misp::{Attribute, Galaxy, from_stix, read, to_stix};
use serde_json::{Value, json as value};
use std::fmt::Write;

const FOLDER: &str = "exchange/misp/misp-stix/mapping";

/// Files of the direction to STIX, with the member of an event that an entry is.
const TO: [(&str, &str); 5] = [
    ("misp_attributes_to_stix21", "Attribute"),
    ("misp_custom_attributes_to_stix21", "Attribute"),
    ("misp_objects_to_stix21", "Object"),
    ("misp_custom_objects_to_stix21", "Object"),
    ("misp_galaxies_to_stix21", "Galaxy"),
];

/// Files of the direction to MISP.
const FROM: [&str; 6] = [
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
const OTHERS: &str = "STIX of others in which a property or a comparison would be lost is left whole, with its identifier; a truth value is written as elsewhere";
const CLUSTER: &str =
    "a cluster keeps the identifier of its STIX object, and its times are those of the object";
const DETECTED: &str = "without an indicator nothing says that it is meant for detection";

/// File, beginning of the entry's name (everything with an empty one), reason.
const REASONS: &[(&str, &str, &str)] = &[
    (
        "misp_custom_attributes_to_stix21",
        "",
        "the entries are older than misp-stix: it writes `x-misp-attribute`, as is done here",
    ),
    (
        "misp_custom_objects_to_stix21",
        "person",
        "misp-stix maps it by now, and so it is mapped here",
    ),
    (
        "misp_custom_objects_to_stix21",
        "",
        "the entries are older than misp-stix: labels are those of all objects",
    ),
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
    ("stix21_to_misp_attributes", "regkey", ESCAPES),
    ("stix21_to_misp_attributes", "", BRACKETS),
    ("stix21_to_misp_objects", "Domain-IP", DETECTED),
    (
        "stix21_to_misp_objects",
        "File object",
        "the parts of a program are not read: the STIX objects are left whole",
    ),
    (
        "stix21_to_misp_objects",
        "email",
        "the type of an attachment is that of the template",
    ),
    (
        "stix21_to_misp_objects",
        "geolocation",
        "a number without a fraction is written without one",
    ),
    (
        "stix21_to_misp_objects",
        "http-request",
        "the types are those of the template, and the brackets of the pattern no part of a value",
    ),
    (
        "stix21_to_misp_objects",
        "network-connection",
        "a protocol of the pattern is meant for detection like the rest of it",
    ),
    (
        "stix21_to_misp_objects",
        "network-socket",
        "what is in the pattern is meant for detection",
    ),
    (
        "stix21_to_misp_objects",
        "news-agency",
        "values that were joined come apart again",
    ),
    (
        "stix21_to_misp_objects",
        "person",
        "the type of a name is that of the template",
    ),
    (
        "stix21_to_misp_objects",
        "registry-key with",
        "the values are attributes of the key, and not objects of their own",
    ),
    ("stix21_to_misp_objects", "registry-key", ESCAPES),
    (
        "stix21_to_misp_objects",
        "vulnerability",
        "the summary goes back to where it came from",
    ),
    (
        "stix21_to_misp_objects",
        "x509",
        "what is in the pattern is meant for detection",
    ),
    (
        "stix21_to_misp_galaxies",
        "intrusion-set",
        "a name that equals the cluster's is no other name: STIX does not hold it",
    ),
    (
        "stix21_to_misp_galaxies",
        "malware",
        "a name that equals the cluster's is no other name, and no family is the default",
    ),
    ("stix21_to_misp_galaxies", "threat-actor", FOLDED),
    ("external_stix21_to_misp_attributes", "", OTHERS),
    ("external_stix21_to_misp_objects", "", OTHERS),
    ("external_stix21_to_misp_galaxies", "", CLUSTER),
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
        let mut found = Vec::new();
        for (name, entry) in all.as_object().unwrap() {
            if entry.get("MISP").is_some() {
                found.push((name.clone(), import(entry)));
                continue;
            }
            for (kind, entry) in entry.as_object().unwrap() {
                found.push((format!("{name}, {kind}"), import(entry)));
            }
        }
        section(&mut page, &mut used, file, found);
    }
    for (used, reason) in used.iter().zip(REASONS) {
        assert!(used, "a reason without a difference: {reason:?}");
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
STIX 1 is neither written nor read; STIX 2.0 is not read into events.

The mapping has no place for some members of MISP (an event's date, threat level and analysis, comments of objects, identifiers of attributes in objects, members that nobody knows). `to_stix` leaves them out, as misp-stix does; `to_stix_whole` puts them on the object that
they belong to, in a property extension (STIX 2.1 section 7.3) whose definition stands behind the objects, and `from_stix` brings them back. Type, value, title and name are never taken from it, identifiers only of attributes within objects, and a tag is only ever added, so that nothing beside STIX contradicts it. A registry key
that MISP writes with the short name of a hive is written so; such an object is no valid STIX (section 6.17) and is refused where it is to be added to a collection.
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

/// The difference of an entry on the way to MISP.
fn import(entry: &Value) -> Option<String> {
    let stix = value!({"objects": list(entry.get("STIX").unwrap())});
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
        "Galaxy" => (galaxy_rows(&back.galaxies), galaxy_rows(&wanted.galaxies)),
        "Object" => (object_rows(&back.objects), object_rows(&wanted.objects)),
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
    (is != should).then(|| format!("{is:?} and not {should:?}, left {left:?}"))
}

fn galaxy_rows(galaxies: &[Galaxy]) -> Vec<String> {
    let clusters = galaxies.iter().flat_map(|galaxy| &galaxy.clusters);
    clusters
        .map(|c| {
            format!(
                "{} {:?} {} {:?} {:?}",
                c.kind,
                c.uuid,
                c.value,
                c.description,
                c.meta.iter().collect::<std::collections::BTreeMap<_, _>>()
            )
        })
        .collect()
}
