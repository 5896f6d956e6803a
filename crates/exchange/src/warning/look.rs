//! What warning lists say of whole texts. In: lists as files, events, patterns, indicators. Out: the indicators that lists name, each with its place and the reasons. Never: an
//! indicator that is taken away; what a list names is told, and a person decides.

use super::{WarningError, WarningList, Warnings};
use crate::list::What;
use crate::misp::{Attribute, Event};
use crate::pattern::{Literal, Operator, Pattern};

/// Most lists of a folder: MISP has a hundred.
pub const LISTS_MAX: usize = 1000;

/// Why a folder of lists cannot be used. Who keeps the folder acts on it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}")]
pub struct ListFile {
    /// The file.
    pub file: String,
    /// What is wrong with it.
    pub source: WarningError,
}

/// An indicator that lists name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Where it stands: the identifier of an attribute, or nothing.
    pub place: String,
    /// The indicator.
    pub value: String,
    /// Why, a sentence for each entry of a list.
    pub reasons: Vec<String>,
}

impl Warnings {
    /// Makes the lists of files ready.
    ///
    /// # Errors
    /// [`ListFile`] for the first file that is none; lists are never used by halves.
    pub fn of_files(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Result<Self, ListFile> {
        let mut lists = Vec::new();
        for (file, bytes) in files {
            let wrong = |source| ListFile {
                file: file.clone(),
                source,
            };
            if lists.len() == LISTS_MAX {
                return Err(wrong(WarningError::TooMany));
            }
            let list = WarningList::read(&bytes).map_err(wrong)?;
            // Made ready alone once, so that a wrong entry is told with its file.
            Self::new(vec![list.clone()]).map_err(wrong)?;
            lists.push(list);
        }
        Self::new(lists).map_err(|source| ListFile {
            file: "all lists together".to_owned(),
            source,
        })
    }

    /// Whether there is no list.
    pub fn is_empty(&self) -> bool {
        self.lists.is_empty()
    }

    /// Why an indicator should be looked at, a sentence for each entry.
    pub fn reasons(&self, what: &What) -> Vec<String> {
        let hits = self.hits(what);
        let each = hits
            .iter()
            .map(|hit| format!("the list `{}` has {}", hit.list, hit.entry));
        each.collect()
    }

    /// What lists say of a word; a word that is no indicator is none of theirs.
    fn word(&self, place: &str, word: &str, out: &mut Vec<Named>) {
        let Ok(what) = What::read(word) else {
            return;
        };
        let reasons = self.reasons(&what);
        if !reasons.is_empty() {
            out.push(Named {
                place: place.to_owned(),
                value: what.to_string(),
                reasons,
            });
        }
    }

    /// The attributes of an event that are meant for detection and that lists name; of joined values each part is looked at.
    pub fn of_event(&self, event: &Event) -> Vec<Named> {
        let mut out = Vec::new();
        let in_objects = event.objects.iter().flat_map(|object| &object.attributes);
        let all = event.attributes.iter().chain(in_objects);
        for attribute in all.filter(|one| one.is_for_detection() && !one.deleted) {
            let place = attribute.uuid.as_deref().unwrap_or_default();
            for part in parts(attribute) {
                self.word(place, part, &mut out);
            }
        }
        out
    }

    /// What a pattern looks for and lists name. What it excludes is not looked at.
    pub fn of_pattern(&self, place: &str, pattern: &Pattern) -> Vec<Named> {
        let mut out = Vec::new();
        for test in pattern.tests().into_iter().filter(|test| !test.negated) {
            let words: Vec<&str> = match &test.operator {
                Operator::Equal(Literal::Text(text)) | Operator::IsSubset(text) => vec![text],
                Operator::In(all) => all
                    .iter()
                    .filter_map(|one| match one {
                        Literal::Text(text) => Some(text.as_str()),
                        _ => None,
                    })
                    .collect(),
                _ => Vec::new(),
            };
            for word in words {
                self.word(place, word, &mut out);
            }
        }
        out
    }
}

fn parts(attribute: &Attribute) -> Vec<&str> {
    if attribute.kind.contains('|') {
        return attribute.value.split('|').collect();
    }
    vec![&attribute.value]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::misp::read;

    fn warnings() -> Warnings {
        let list = r#"{"name":"Resolvers","type":"cidr","version":1,"description":"d","list":["8.8.8.0/24"],"matching_attributes":["ip-dst","domain|ip"]}"#;
        let names = r#"{"name":"Well known","type":"hostname","version":1,"description":"d","list":["example.com"]}"#;
        let files = [("a.json", list), ("b.json", names)];
        Warnings::of_files(files.map(|(name, text)| (name.to_owned(), text.into()))).unwrap()
    }

    #[test]
    fn what_is_meant_for_detection_is_looked_at_part_by_part() {
        let event = r#"{"info":"i","Attribute":[
            {"uuid":"57c4445b-c548-4654-af0b-4be395000001","type":"domain|ip","value":"www.example.com|8.8.8.8","to_ids":true},
            {"uuid":"57c4445b-c548-4654-af0b-4be395000002","type":"ip-dst","value":"8.8.8.8","to_ids":false},
            {"uuid":"57c4445b-c548-4654-af0b-4be395000003","type":"ip-dst","value":"9.9.9.9","to_ids":true}]}"#;
        let event = read(event.as_bytes()).unwrap().remove(0);
        let found = warnings().of_event(&event);
        let found: Vec<(bool, &str, &str)> = found
            .iter()
            .map(|n| {
                let first = n.place.ends_with('1');
                (first, n.value.as_str(), n.reasons[0].as_str())
            })
            .collect();
        assert_eq!(
            found,
            [
                (
                    true,
                    "www.example.com",
                    "the list `Well known` has example.com"
                ),
                (true, "8.8.8.8", "the list `Resolvers` has 8.8.8.0/24"),
            ]
        );
    }

    #[test]
    fn what_a_pattern_looks_for_is_looked_at_and_what_it_excludes_is_not() {
        let of = |text: &str| {
            let pattern = Pattern::parse(text).unwrap();
            let found = warnings().of_pattern("indicator", &pattern);
            found.into_iter().map(|n| n.value).collect::<Vec<_>>()
        };
        assert_eq!(of("[ipv4-addr:value = '8.8.8.8']"), ["8.8.8.8"]);
        assert_eq!(
            of("[ipv4-addr:value IN ('9.9.9.9','8.8.8.9')]"),
            ["8.8.8.9"]
        );
        assert_eq!(
            of("[ipv4-addr:value ISSUBSET '8.8.8.0/25']"),
            ["8.8.8.0/25"]
        );
        assert!(of("[ipv4-addr:value != '8.8.8.8']").is_empty());
        assert!(of("[ipv4-addr:value NOT = '8.8.8.8']").is_empty());
        assert!(of("[file:name = 'a b c']").is_empty());
    }

    #[test]
    fn a_wrong_file_is_named() {
        let files = [("bad.json".to_owned(), b"{}".to_vec())];
        let error = Warnings::of_files(files).unwrap_err();
        assert_eq!(error.to_string(), "bad.json");
        let bad = r#"{"name":"n","type":"cidr","list":["x"]}"#;
        let error = Warnings::of_files([("c.json".to_owned(), bad.into())]).unwrap_err();
        assert_eq!(
            error.source.to_string(),
            "entry 0 of the warning list `n` is no address or prefix"
        );
    }
}
