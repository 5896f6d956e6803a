//! A submission to the council as STIX 2.1 objects. In: what was given to members, with its opinion. Out: a marking, a note with the words, a note on it with the opinion. Never: the
//! words without the opinion.

use crate::product::{Maker, definition, id_of, millis, uuid};
use sakimori_custody::time::Seconds;
use sakimori_release::Tlp;
use serde_json::{Value, json};
use std::io;

/// What was given.
#[derive(Clone, Copy, Debug)]
pub struct Copy<'a> {
    /// Who submitted it.
    pub submitter: &'a str,
    /// What it says.
    pub words: &'a str,
    /// Its marking.
    pub tlp: Tlp,
    /// How the submitter wants it handled.
    pub opinion: Option<&'a str>,
    /// Who gave it against the opinion, and why.
    pub overridden: Option<(&'a str, &'a str)>,
    /// Index of the entry that it left under.
    pub entry: u64,
}

/// The objects, each as text. `random` gives the bytes of identifiers.
///
/// # Errors
/// Its.
pub fn objects(
    copy: &Copy<'_>,
    maker: &Maker,
    now: Seconds,
    random: impl Fn() -> io::Result<[u8; 16]>,
) -> io::Result<Vec<String>> {
    let at = millis(now);
    let identity = format!("identity--{}", maker.uuid);
    let note = |of: &str, title: String, content: &str| -> io::Result<(String, Value)> {
        let id = format!("note--{}", uuid(random()?));
        let note = json!({
            "type": "note", "spec_version": "2.1", "id": id, "created_by_ref": identity, "created": at, "modified": at,
            "abstract": title, "content": content, "authors": [copy.submitter], "object_refs": [of],
            "object_marking_refs": [id_of(copy.tlp)],
        });
        Ok((id, note))
    };
    // The maker's identity is for everybody, and a collection of secrets holds nothing that is; it is named and not given.
    let mut out = vec![definition(copy.tlp)];
    let title = format!("Submission to the council, entry {}", copy.entry);
    let (id, words) = note(&identity, title, copy.words)?;
    if let Some(opinion) = copy.opinion {
        let mut text = opinion.to_owned();
        if let Some((by, why)) = copy.overridden {
            text = format!("{opinion}\n\nGiven against this opinion by {by}: {why}");
        }
        let (_, opinion) = note(
            &id,
            "Opinion on handling (Act 42/2025 art. 45)".to_owned(),
            &text,
        )?;
        // Before the words, so that nobody has them without it.
        out.push(opinion);
    }
    out.push(words);
    Ok(out.iter().map(ToString::to_string).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn the_words_come_with_the_opinion_and_with_who_overrode_it() {
        let maker = Maker {
            uuid: crate::product::uuid_of(b"office"),
            since: Seconds(0),
            name: "office".to_owned(),
        };
        let copy = Copy {
            submitter: "acme",
            words: "Valve controllers are searched for.",
            tlp: Tlp::AmberStrict,
            opinion: Some("For engineers alone."),
            overridden: Some(("o3", "a plant is at risk")),
            entry: 7,
        };
        let made = |copy: &Copy<'_>| -> Vec<Value> {
            let count = Cell::new(0);
            let random = || {
                count.set(count.get() + 1);
                Ok([count.get(); 16])
            };
            let all = objects(copy, &maker, Seconds(86_400), random).unwrap();
            all.iter()
                .map(|text| serde_json::from_str(text).unwrap())
                .collect()
        };
        let all = made(&copy);
        assert_eq!(all.len(), 3);
        let [opinion, words] = [&all[1], &all[2]];
        assert_eq!(words["content"], copy.words);
        assert_eq!(opinion["object_refs"], json!([words["id"]]));
        assert_eq!(
            opinion["content"],
            "For engineers alone.\n\nGiven against this opinion by o3: a plant is at risk"
        );
        for note in [opinion, words] {
            assert_eq!(note["object_marking_refs"], json!([all[0]["id"]]));
            assert_eq!(note["authors"], json!(["acme"]));
        }
        let alone = made(&Copy {
            opinion: None,
            overridden: None,
            tlp: Tlp::Clear,
            ..copy
        });
        assert_eq!(alone.len(), 2);
        for text in made(&copy) {
            let node = text.to_string();
            let node =
                sakimori_exchange::json::read(&node, sakimori_exchange::json::Limits::OBJECT)
                    .unwrap();
            let found = sakimori_exchange::stix::validate::judge(&node, None);
            let errors = found
                .iter()
                .filter(|one| one.severity == sakimori_exchange::stix::validate::Severity::Error);
            assert_eq!(errors.count(), 0, "{text}");
        }
    }
}
