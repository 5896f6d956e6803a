//! Taxonomies of MISP: which machine tags there are and which exclude each other. In: `machinetag.json` files, tags. Out: what is wrong with tags, and the text of a taxonomy. Never: a
//! word on a tag whose taxonomy is not among those that were read.
//!
//! draft-dulaunoy-misp-taxonomy-format.

use super::read::MispError;
use super::tag::{MachineTag, Tag};
use crate::json::{self, Limits, Node};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Bounds of a taxonomy's text: the largest known has 300 kB.
const TEXT: Limits = Limits {
    bytes_max: 8 << 20,
    depth_max: 8,
    values_max: 1 << 18,
};
/// Most taxonomies that are used together: MISP has 150.
pub const TAXONOMIES_MAX: usize = 1000;

/// A taxonomy.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Taxonomy {
    /// What its tags begin with.
    pub namespace: String,
    /// What it is about.
    pub description: String,
    /// Its version.
    pub version: u64,
    /// Whether only one of its predicates may stand on something.
    pub exclusive: bool,
    /// Its predicates, in their order.
    pub predicates: Vec<Predicate>,
}

/// A predicate.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Predicate {
    /// Its word.
    pub word: String,
    /// What it says in full.
    pub expanded: Option<String>,
    /// Whether only one of its values may stand on something.
    pub exclusive: bool,
    /// Its values; a predicate without any stands alone.
    pub values: Vec<Term>,
}

/// A value of a predicate.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Term {
    /// Its word.
    pub word: String,
    /// What it says in full.
    pub expanded: Option<String>,
    /// What it counts for, as written, where values have an order.
    pub number: Option<i64>,
}

fn missing(place: &str, member: &'static str) -> MispError {
    MispError::Missing {
        place: place.to_owned(),
        member,
    }
}

fn flag(node: &Node<'_>) -> bool {
    matches!(
        node.get("exclusive").map(|found| &found.value),
        Some(json::Value::Bool(true))
    )
}

fn owned(node: &Node<'_>, name: &str) -> Option<String> {
    node.text_of(name).map(str::to_owned)
}

impl Taxonomy {
    /// Reads `machinetag.json`.
    ///
    /// # Errors
    /// [`MispError`] for the first thing that is wrong.
    pub fn read(bytes: &[u8]) -> Result<Self, MispError> {
        let root = json::read_bytes(bytes, TEXT)?;
        let mut predicates = Vec::new();
        let list = root.get("predicates").map_or(&[][..], Node::items);
        for (at, node) in list.iter().enumerate() {
            let place = format!("/predicates/{at}");
            predicates.push(Predicate {
                word: owned(node, "value").ok_or_else(|| missing(&place, "value"))?,
                expanded: owned(node, "expanded"),
                exclusive: flag(node),
                values: Vec::new(),
            });
        }
        if predicates.is_empty() {
            return Err(missing("", "predicates"));
        }
        let list = root.get("values").map_or(&[][..], Node::items);
        for (at, node) in list.iter().enumerate() {
            let place = format!("/values/{at}");
            let of = node.text_of("predicate");
            let of = of.ok_or_else(|| missing(&place, "predicate"))?;
            let known = predicates.iter_mut().find(|predicate| predicate.word == of);
            let known = known.ok_or(MispError::Wrong {
                place: place.clone(),
                member: "predicate",
                wanted: "a predicate of the taxonomy",
            })?;
            let entries = node.get("entry").map_or(&[][..], Node::items);
            for (at, entry) in entries.iter().enumerate() {
                let place = format!("{place}/entry/{at}");
                known.values.push(Term {
                    word: owned(entry, "value").ok_or_else(|| missing(&place, "value"))?,
                    expanded: owned(entry, "expanded"),
                    number: entry.get("numerical_value").and_then(Node::as_i64),
                });
            }
        }
        let version = root.get("version").and_then(Node::as_i64);
        Ok(Self {
            namespace: owned(&root, "namespace").ok_or_else(|| missing("", "namespace"))?,
            description: owned(&root, "description").unwrap_or_default(),
            version: version.and_then(|v| u64::try_from(v).ok()).unwrap_or(0),
            exclusive: flag(&root),
            predicates,
        })
    }

    /// The text of `machinetag.json`.
    pub fn text(&self) -> String {
        let with = |mut map: Map<String, Value>, expanded: &Option<String>| {
            if let Some(expanded) = expanded {
                map.insert("expanded".to_owned(), json!(expanded));
            }
            map
        };
        let member = |name: &str, value: Value| (name.to_owned(), value);
        let predicates = self.predicates.iter().map(|predicate| {
            let mut map = with(
                Map::from_iter([member("value", json!(predicate.word))]),
                &predicate.expanded,
            );
            if predicate.exclusive {
                map.insert("exclusive".to_owned(), json!(true));
            }
            Value::Object(map)
        });
        let valued = self.predicates.iter().filter(|one| !one.values.is_empty());
        let values = valued.map(|predicate| {
            let entries = predicate.values.iter().map(|term| {
                let mut map = with(
                    Map::from_iter([member("value", json!(term.word))]),
                    &term.expanded,
                );
                if let Some(number) = term.number {
                    map.insert("numerical_value".to_owned(), json!(number));
                }
                Value::Object(map)
            });
            json!({"predicate": predicate.word, "entry": entries.collect::<Vec<_>>()})
        });
        let mut root = json!({
            "namespace": self.namespace,
            "description": self.description,
            "version": self.version,
            "predicates": predicates.collect::<Vec<_>>(),
        });
        let values: Vec<Value> = values.collect();
        if self.exclusive {
            root["exclusive"] = json!(true);
        }
        if !values.is_empty() {
            root["values"] = Value::Array(values);
        }
        root.to_string()
    }

    /// What is wrong with a tag of this taxonomy.
    fn judge(&self, tag: &MachineTag<'_>) -> Option<&'static str> {
        let same = |predicate: &&Predicate| predicate.word.eq_ignore_ascii_case(tag.predicate);
        let Some(predicate) = self.predicates.iter().find(same) else {
            return Some("the taxonomy has no such predicate");
        };
        match tag.value {
            Some(_) if predicate.values.is_empty() => Some("the predicate has no values"),
            None if !predicate.values.is_empty() => Some("the predicate wants a value"),
            Some(value) => {
                let known = predicate.values.iter().any(|term| term.word == value);
                (!known).then_some("the predicate has no such value")
            }
            None => None,
        }
    }
}

/// What is wrong with a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The tag.
    pub tag: String,
    /// What is wrong.
    pub what: String,
}

/// Taxonomies by namespace.
#[derive(Clone, Debug, Default)]
pub struct Taxonomies(BTreeMap<String, Taxonomy>);

impl Taxonomies {
    /// Taxonomies of files; of two with one namespace the higher version counts.
    pub fn new(all: Vec<Taxonomy>) -> Self {
        let mut out: BTreeMap<String, Taxonomy> = BTreeMap::new();
        for taxonomy in all {
            let key = taxonomy.namespace.to_ascii_lowercase();
            let older = out
                .get(&key)
                .is_none_or(|known| known.version <= taxonomy.version);
            if older {
                out.insert(key, taxonomy);
            }
        }
        Self(out)
    }

    /// What is wrong with the tags of one thing: words that a taxonomy does not have, and tags that exclude each other. Free tags and tags of other taxonomies are not judged.
    pub fn judge(&self, tags: &[Tag]) -> Vec<Fault> {
        let mut out = Vec::new();
        let mut first: BTreeMap<(String, String), &str> = BTreeMap::new();
        for tag in tags {
            let Some(parts) = tag.parts() else { continue };
            let namespace = parts.namespace.to_ascii_lowercase();
            let Some(taxonomy) = self.0.get(&namespace) else {
                continue;
            };
            let mut fault = |what: String| {
                out.push(Fault {
                    tag: tag.name.clone(),
                    what,
                });
            };
            if let Some(what) = taxonomy.judge(&parts) {
                fault(what.to_owned());
                continue;
            }
            let predicate = parts.predicate.to_ascii_lowercase();
            let one = taxonomy
                .predicates
                .iter()
                .find(|one| one.word.eq_ignore_ascii_case(&predicate));
            let mut keys = Vec::new();
            if taxonomy.exclusive {
                keys.push((namespace.clone(), String::new()));
            }
            if one.is_some_and(|one| one.exclusive) {
                keys.push((namespace.clone(), predicate));
            }
            for key in keys {
                match first.get(&key) {
                    Some(other) if *other != tag.name => {
                        fault(format!("it excludes `{other}`, which stands there too"));
                    }
                    Some(_) => {}
                    None => {
                        first.insert(key, &tag.name);
                    }
                }
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TLP: &str = r#"{"namespace":"tlp","description":"Traffic Light Protocol","version":10,"exclusive":true,"predicates":[
        {"value":"red","expanded":"(TLP:RED)"},{"value":"amber"},{"value":"clear"}]}"#;
    const LEVEL: &str = r#"{"namespace":"admiralty-scale","description":"d","version":3,"predicates":[
        {"value":"source-reliability","exclusive":true},{"value":"note"}],
        "values":[{"predicate":"source-reliability","entry":[{"value":"a","expanded":"Completely reliable","numerical_value":100},{"value":"b"}]}]}"#;

    fn both() -> Taxonomies {
        let read = |text: &str| Taxonomy::read(text.as_bytes()).unwrap();
        Taxonomies::new(vec![read(TLP), read(LEVEL)])
    }

    #[test]
    fn tags_are_judged_by_their_taxonomy_alone() {
        let check = |names: &[&str], expected: &[&str]| {
            let tags: Vec<Tag> = names
                .iter()
                .map(|name| Tag {
                    name: (*name).to_owned(),
                    colour: None,
                })
                .collect();
            let found = both().judge(&tags);
            let found: Vec<String> = found
                .iter()
                .map(|f| format!("{}: {}", f.tag, f.what))
                .collect();
            assert_eq!(found, expected, "{names:?}");
        };
        check(&["tlp:red", "自由", "other:thing=\"x\""], &[]);
        check(&["TLP:RED"], &[]);
        check(&["tlp:red", "tlp:red"], &[]);
        check(
            &["tlp:purple"],
            &["tlp:purple: the taxonomy has no such predicate"],
        );
        check(
            &["tlp:red", "tlp:amber"],
            &["tlp:amber: it excludes `tlp:red`, which stands there too"],
        );
        check(
            &["tlp:red=\"x\""],
            &["tlp:red=\"x\": the predicate has no values"],
        );
        let of = |value: &str| format!("admiralty-scale:source-reliability=\"{value}\"");
        check(&[&of("a")], &[]);
        check(
            &[&of("z")],
            &[&format!("{}: the predicate has no such value", of("z"))],
        );
        check(
            &["admiralty-scale:source-reliability"],
            &["admiralty-scale:source-reliability: the predicate wants a value"],
        );
        check(
            &[&of("a"), &of("b"), "admiralty-scale:note"],
            &[&format!(
                "{}: it excludes `{}`, which stands there too",
                of("b"),
                of("a")
            )],
        );
    }

    #[test]
    fn a_taxonomy_that_is_written_is_read_back_the_same() {
        for text in [TLP, LEVEL] {
            let read = Taxonomy::read(text.as_bytes()).unwrap();
            assert_eq!(Taxonomy::read(read.text().as_bytes()).unwrap(), read);
        }
    }

    #[test]
    fn what_is_no_taxonomy_is_refused_with_its_place() {
        let bad = |text: &str| Taxonomy::read(text.as_bytes()).unwrap_err().to_string();
        assert_eq!(bad("{}"), ": `predicates` is missing");
        assert_eq!(
            bad(r#"{"predicates":[{"value":"a"}],"values":[{"predicate":"b"}]}"#),
            "/values/0: `predicate` is not a predicate of the taxonomy"
        );
        assert_eq!(
            bad(r#"{"predicates":[{"value":"a"}]}"#),
            ": `namespace` is missing"
        );
    }
}
