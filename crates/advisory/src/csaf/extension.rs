//! Extensions of CSAF 2.1. In: their schema and metadata as they are published; a document. Out: what they allow, and what a document does against it. Never: the content
//! of an extension judged by its own schema. Source: CSAF 2.1 draft, 2.5 and 6.1.60; `extension-metadata.json`, `extension-metaschema.json`.

use super::Finding;
use crate::json::{self, JsonError};
use serde_json::Value;

/// Where extensions may stand, as metadata write it.
pub const PLACES: [&str; 7] = [
    "$.document.x_extensions",
    "$.product_tree.branches..product.x_extensions",
    "$.product_tree.full_product_names[*].x_extensions",
    "$.product_tree.relationships[*].full_product_name.x_extensions",
    "$.vulnerabilities[*].metrics[*].content.x_extensions",
    "$.vulnerabilities[*].x_extensions",
    "$.x_extensions",
];

/// What an extension allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// The `$id` of its schema, which documents name.
    pub schema: String,
    /// Extensions that must not stand beside it.
    pub incompatible: Vec<String>,
    /// How often it may stand in each of [`PLACES`].
    pub occurrences_max: [u64; 7],
}

/// What an extension's schema asks of its content, as far as it is looked into here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// Its `$id`, which documents name.
    pub id: String,
    /// Members that the content must have.
    pub required: Vec<String>,
}

/// Why an extension is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExtensionError {
    /// Not JSON within the bounds.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// A member is missing or wrong.
    #[error("{place}: {what}")]
    Member {
        /// JSON Pointer.
        place: String,
        /// What is wrong.
        what: &'static str,
    },
}

fn refuse<T>(place: &str, what: &'static str) -> Result<T, ExtensionError> {
    let place = place.to_owned();
    Err(ExtensionError::Member { place, what })
}

/// Reads the metadata of an extension.
///
/// # Errors
/// [`ExtensionError`] with the member.
pub fn read_metadata(bytes: &[u8]) -> Result<Metadata, ExtensionError> {
    let metadata = json::read(bytes)?;
    let Some(schema) = json::text(&metadata, "extension_schema").filter(|id| is_schema_id(id))
    else {
        return refuse("/extension_schema", "is no `$id` of an extension's schema");
    };
    if json::text(&metadata, "last_updated").is_none() {
        return refuse("/last_updated", "is missing");
    }
    let mut occurrences_max = [0; 7];
    for (place, max) in PLACES.iter().zip(&mut occurrences_max) {
        let allowed = metadata.get("requirement").and_then(|r| r.get(place));
        let allowed = allowed.and_then(|a| a.get("max_occurrence"));
        match allowed.and_then(Value::as_u64) {
            Some(allowed) => *max = allowed,
            None => return refuse(&format!("/requirement/{place}"), "has no number from 0 on"),
        }
    }
    Ok(Metadata {
        schema: schema.to_owned(),
        incompatible: json::texts(&metadata, "incompatible_extensions")
            .map(str::to_owned)
            .collect(),
        occurrences_max,
    })
}

/// Reads the schema of an extension's content, as far as the standard lays it down.
///
/// # Errors
/// [`ExtensionError`] with the member.
pub fn read_schema(bytes: &[u8]) -> Result<Schema, ExtensionError> {
    let schema = json::read(bytes)?;
    let Some(id) = json::text(&schema, "$id").filter(|id| is_schema_id(id)) else {
        return refuse("/$id", "is no `$id` of an extension's schema");
    };
    for member in ["$schema", "category", "critical", "content"] {
        if !json::texts(&schema, "required").any(|name| name == member) {
            return refuse(
                "/required",
                "leaves out one of $schema, category, critical, content",
            );
        }
        if schema.pointer(&format!("/properties/{member}")).is_none() {
            return refuse(
                "/properties",
                "leaves out one of $schema, category, critical, content",
            );
        }
    }
    if schema.get("additionalProperties") != Some(&Value::Bool(false)) {
        return refuse("/additionalProperties", "is not false");
    }
    let named = schema.pointer("/properties/$schema/const");
    if named.and_then(Value::as_str) != Some(id) {
        return refuse("/properties/$schema/const", "is not the `$id`");
    }
    let content = schema.pointer("/properties/content");
    let required = json::texts(content.unwrap_or(&Value::Null), "required");
    Ok(Schema {
        id: id.to_owned(),
        required: required.map(str::to_owned).collect(),
    })
}

/// An `https` address that ends with a semantic version and `.json`.
fn is_schema_id(id: &str) -> bool {
    let name = id
        .strip_prefix("https://")
        .and_then(|id| id.rsplit_once('/'));
    let stem = name.and_then(|(_, name)| name.strip_suffix(".json"));
    let version = stem.and_then(|stem| stem.rsplit_once('_'));
    version.is_some_and(|(name, version)| {
        let core = version.split(['-', '+']).next().unwrap_or_default();
        let numbers = core.split('.').filter(|n| n.parse::<u64>().is_ok());
        !name.is_empty() && numbers.count() == 3
    })
}

/// The lists of extensions of a document: index in [`PLACES`], JSON Pointer, list.
pub(super) fn lists(document: &Value) -> Vec<(usize, String, &Value)> {
    let mut found = Vec::new();
    push(&mut found, 0, "/document", document.get("document"));
    push(&mut found, 6, "", Some(document));
    let tree = document.get("product_tree").unwrap_or(&Value::Null);
    let mut open = vec![("/product_tree".to_owned(), tree)];
    while let Some((place, branch)) = open.pop() {
        push(
            &mut found,
            1,
            &format!("{place}/product"),
            branch.get("product"),
        );
        for (index, next) in json::items(branch, "branches").enumerate() {
            open.push((format!("{place}/branches/{index}"), next));
        }
    }
    for (index, name) in json::items(tree, "full_product_names").enumerate() {
        push(
            &mut found,
            2,
            &format!("/product_tree/full_product_names/{index}"),
            Some(name),
        );
    }
    for (index, relation) in json::items(tree, "relationships").enumerate() {
        let place = format!("/product_tree/relationships/{index}/full_product_name");
        push(&mut found, 3, &place, relation.get("full_product_name"));
    }
    for (v, vulnerability) in json::items(document, "vulnerabilities").enumerate() {
        push(
            &mut found,
            5,
            &format!("/vulnerabilities/{v}"),
            Some(vulnerability),
        );
        for (m, metric) in json::items(vulnerability, "metrics").enumerate() {
            let place = format!("/vulnerabilities/{v}/metrics/{m}/content");
            push(&mut found, 4, &place, metric.get("content"));
        }
    }
    found
}

fn push<'v>(
    found: &mut Vec<(usize, String, &'v Value)>,
    index: usize,
    place: &str,
    holder: Option<&'v Value>,
) {
    if let Some(list) = holder.and_then(|holder| holder.get("x_extensions")) {
        found.push((index, format!("{place}/x_extensions"), list));
    }
}

/// Test 6.1.60.2: the content has the members that the schema asks for. Types and further rules of the schema are not looked into; extensions whose schema is not known here
/// are left out.
pub(super) fn check_content(document: &Value, known: &[Schema]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (_, place, list) in lists(document) {
        let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
        for (index, item) in items.iter().enumerate() {
            let named = json::text(item, "$schema");
            let schema = known.iter().find(|schema| named == Some(&schema.id));
            for member in schema.iter().flat_map(|schema| &schema.required) {
                if item.get("content").and_then(|c| c.get(member)).is_none() {
                    let place = format!("{place}/{index}/content");
                    findings.push(Finding::new(place, format!("has no `{member}`")));
                }
            }
        }
    }
    findings
}

/// Test 6.1.60.3: each extension stands as often as its metadata allow, and none beside one that it cannot stand beside. Extensions whose metadata are not known here are
/// left out.
pub(super) fn check(document: &Value, known: &[Metadata]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let lists = lists(document);
    let named = |value: &Value| {
        let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
        let ids = items.iter().filter_map(|item| json::text(item, "$schema"));
        ids.map(str::to_owned).collect::<Vec<_>>()
    };
    let all: Vec<String> = lists.iter().flat_map(|(_, _, list)| named(list)).collect();
    for metadata in known {
        for (index, place, list) in &lists {
            let count = named(list)
                .iter()
                .filter(|id| **id == metadata.schema)
                .count() as u64;
            let max = metadata.occurrences_max.get(*index).copied().unwrap_or(0);
            if count > max {
                let what = format!("`{}` stands {count} times, at most {max}", metadata.schema);
                findings.push(Finding::new(place.as_str(), what));
            }
        }
        let used = all.contains(&metadata.schema);
        let clash = metadata
            .incompatible
            .iter()
            .find(|other| all.contains(*other));
        if let (true, Some(other)) = (used, clash) {
            let what = format!("`{}` cannot stand beside `{other}`", metadata.schema);
            findings.push(Finding::new("", what));
        }
    }
    findings
}
