//! The products of a document. In: a document. Out: each product with maker, name, version and the names that helpers give it, and its status in each vulnerability. Never:
//! more than [`PRODUCTS_MAX`]. Source: CSAF 2.0 and 2.1, 3.1.2, 3.1.3, 3.2.2, 3.2.3.

use super::Edition;
use crate::json;
use crate::limits::{DEPTH_MAX, PRODUCTS_MAX};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;
use std::rc::Rc;

/// How a product's versions are given.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Versions {
    /// Not at all.
    Unsaid,
    /// One version (`product_version`).
    One(String),
    /// A range (`product_version_range`).
    Range(String),
}

/// A product of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Its id in the document.
    pub id: String,
    /// JSON Pointer of the branch, name or relationship that defines it.
    pub place: String,
    /// Its full name.
    pub name: String,
    /// Name of the branch `vendor`.
    pub maker: Option<String>,
    /// Name of the branch `product_name`.
    pub product: Option<String>,
    /// Names of all its branches but those of version: products of one family are versions of one thing. Empty outside the tree.
    pub family: Vec<Rc<str>>,
    /// Its versions.
    pub versions: Versions,
    /// Model numbers, with `*` and `?` as wildcards.
    pub models: Vec<String>,
    /// CPE name.
    pub cpe: Option<String>,
    /// Package URLs.
    pub purls: Vec<String>,
}

/// More products than are taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("/product_tree: more than {PRODUCTS_MAX} products")]
pub struct TooMany;

/// A branch on the way to its product.
#[derive(Clone)]
struct Way<'v> {
    branch: &'v Value,
    place: String,
    depth: usize,
    maker: Option<&'v str>,
    product: Option<&'v str>,
    family: Vec<Rc<str>>,
    versions: Versions,
}

/// All products of a document, in its order: branches, names, relationships.
///
/// # Errors
/// [`TooMany`].
pub fn products(document: &Value) -> Result<Vec<Product>, TooMany> {
    let mut found = Vec::new();
    let Some(tree) = document.get("product_tree") else {
        return Ok(found);
    };
    let way = Way {
        branch: tree,
        place: "/product_tree".to_owned(),
        depth: 0,
        maker: None,
        product: None,
        family: Vec::new(),
        versions: Versions::Unsaid,
    };
    branches(way, &mut found)?;
    for (index, name) in json::items(tree, "full_product_names").enumerate() {
        let place = format!("/product_tree/full_product_names/{index}");
        let way = Way {
            branch: name,
            place: String::new(),
            depth: 0,
            maker: None,
            product: None,
            family: Vec::new(),
            versions: Versions::Unsaid,
        };
        push(product(name, place, &way), &mut found)?;
    }
    relationships(
        document.get("product_tree").unwrap_or(&Value::Null),
        &mut found,
    )?;
    Ok(found)
}

fn push(product: Option<Product>, found: &mut Vec<Product>) -> Result<(), TooMany> {
    if let Some(product) = product {
        if found.len() >= PRODUCTS_MAX {
            return Err(TooMany);
        }
        found.push(product);
    }
    Ok(())
}

fn branches(start: Way<'_>, found: &mut Vec<Product>) -> Result<(), TooMany> {
    let mut open = vec![start];
    while let Some(way) = open.pop() {
        if let Some(defined) = way.branch.get("product") {
            push(product(defined, way.place.clone(), &way), found)?;
        }
        if way.depth >= DEPTH_MAX {
            continue;
        }
        let first = open.len();
        for (index, branch) in json::items(way.branch, "branches").enumerate() {
            let mut next = Way {
                branch,
                place: format!("{}/branches/{index}", way.place),
                depth: way.depth + 1,
                ..way.clone()
            };
            let name = json::text(branch, "name").unwrap_or_default();
            match json::text(branch, "category").unwrap_or_default() {
                "product_version" => next.versions = Versions::One(name.to_owned()),
                "product_version_range" => next.versions = Versions::Range(name.to_owned()),
                category => {
                    match category {
                        "vendor" => next.maker = Some(name),
                        "product_name" => next.product = Some(name),
                        _ => {}
                    }
                    next.family.push(Rc::from(name));
                }
            }
            open.push(next);
        }
        // Taken from the end, so that products come in the document's order.
        if let Some(pushed) = open.get_mut(first..) {
            pushed.reverse();
        }
    }
    Ok(())
}

fn product(defined: &Value, place: String, way: &Way<'_>) -> Option<Product> {
    let helper = defined.get("product_identification_helper");
    let helper = helper.unwrap_or(&Value::Null);
    let one = json::text(helper, "purl").into_iter();
    Some(Product {
        id: json::text(defined, "product_id")?.to_owned(),
        place,
        name: json::text(defined, "name").unwrap_or_default().to_owned(),
        maker: way.maker.map(str::to_owned),
        product: way.product.map(str::to_owned),
        family: way.family.clone(),
        versions: way.versions.clone(),
        models: json::texts(helper, "model_numbers")
            .map(str::to_owned)
            .collect(),
        cpe: json::text(helper, "cpe").map(str::to_owned),
        // 2.0 has one, 2.1 a list.
        purls: one
            .chain(json::texts(helper, "purls"))
            .map(str::to_owned)
            .collect(),
    })
}

/// A product that is made of two: a component with maker, name and version, on a thing that may have model numbers.
fn relationships(tree: &Value, found: &mut Vec<Product>) -> Result<(), TooMany> {
    let places: HashMap<String, usize> = found
        .iter()
        .enumerate()
        .map(|(index, product)| (product.id.clone(), index))
        .collect();
    let mut made = Vec::new();
    for (index, relation) in json::items(tree, "relationships").enumerate() {
        let known = |key: &str| {
            let id = json::text(relation, key)?;
            places.get(id).and_then(|index| found.get(*index))
        };
        let Some(name) = relation.get("full_product_name") else {
            continue;
        };
        let Some(id) = json::text(name, "product_id") else {
            continue;
        };
        let part = known("product_reference");
        let whole = known("relates_to_product_reference");
        let models = whole.into_iter().chain(part).flat_map(|p| p.models.clone());
        made.push(Product {
            id: id.to_owned(),
            place: format!("/product_tree/relationships/{index}"),
            name: json::text(name, "name").unwrap_or_default().to_owned(),
            maker: part.or(whole).and_then(|p| p.maker.clone()),
            product: part.or(whole).and_then(|p| p.product.clone()),
            family: Vec::new(),
            versions: part.map_or(Versions::Unsaid, |p| p.versions.clone()),
            models: models.collect(),
            cpe: part.and_then(|p| p.cpe.clone()),
            purls: part.map(|p| p.purls.clone()).unwrap_or_default(),
        });
    }
    for product in made {
        push(Some(product), found)?;
    }
    Ok(())
}

/// Groups of product status (3.2.3.9 in 2.0): who is in two of them contradicts itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// `first_affected`, `known_affected`, `last_affected`.
    Affected,
    /// `known_not_affected`.
    NotAffected,
    /// `first_fixed`, `fixed`.
    Fixed,
    /// `under_investigation`.
    Investigated,
    /// `unknown`, in 2.1.
    Unknown,
    /// `recommended`: says nothing of being affected.
    Recommended,
}

/// Members of `product_status` and their group.
pub const STATUSES: [(&str, Status); 9] = [
    ("first_affected", Status::Affected),
    ("known_affected", Status::Affected),
    ("last_affected", Status::Affected),
    ("known_not_affected", Status::NotAffected),
    ("first_fixed", Status::Fixed),
    ("fixed", Status::Fixed),
    ("under_investigation", Status::Investigated),
    ("unknown", Status::Unknown),
    ("recommended", Status::Recommended),
];

/// The status of each product of a vulnerability: member, its group, product id.
pub fn statuses(vulnerability: &Value) -> impl Iterator<Item = (&'static str, Status, &str)> {
    let groups = vulnerability.get("product_status").unwrap_or(&Value::Null);
    STATUSES.into_iter().flat_map(move |(member, status)| {
        json::texts(groups, member).map(move |id| (member, status, id))
    })
}

/// Contents of metrics with the products that they are about: `scores` in 2.0, `metrics/content` in 2.1. Each with its JSON Pointer below the vulnerability.
pub(super) fn metrics(edition: Edition, vulnerability: &Value) -> Vec<(String, &Value, Vec<&str>)> {
    let member = match edition {
        Edition::V20 => "scores",
        Edition::V21 => "metrics",
    };
    let mut found = Vec::new();
    for (index, item) in json::items(vulnerability, member).enumerate() {
        let products = json::texts(item, "products").collect();
        match edition {
            Edition::V20 => found.push((format!("/{member}/{index}"), item, products)),
            Edition::V21 => {
                if let Some(content) = item.get("content") {
                    found.push((format!("/{member}/{index}/content"), content, products));
                }
            }
        }
    }
    found
}
