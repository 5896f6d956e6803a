//! What is well known, before it goes out or tells somebody: warning lists over products and alerts. In: lists as files, indicators, an analyst's reason. Out: leave to go on with what the lists
//! say, or a refusal that names list and entry; marks for alerts. Never: an indicator that is dropped without a word; a list that decides alone.

use crate::error::LiaisonError;
use sakimori_exchange::list::What;
use sakimori_exchange::warning::{ListFile, Warnings};

/// Folder of the office's lists, below the role's folder: `*.json`, one list a file.
pub const FOLDER: &str = "warninglists";
/// Longest reason for going on, in bytes.
pub const REASON_BYTES_MAX: usize = 1000;
/// Most sentences that stand in an alert: who handles it reads no more.
pub const MARKS_MAX: usize = 8;

/// The lists of a node, ready.
#[derive(Debug, Default)]
pub struct Warned(Warnings);

impl Warned {
    /// Makes the lists of files ready; without files nothing is ever named.
    ///
    /// # Errors
    /// [`ListFile`] for the first file that is none: a node does not start with half of its lists.
    pub fn of_files(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Result<Self, ListFile> {
        Warnings::of_files(files).map(Self)
    }

    /// Why something should be looked at, a sentence for each entry, at most [`MARKS_MAX`].
    pub fn marks(&self, what: &What) -> Vec<String> {
        let mut out = self.0.reasons(what);
        out.truncate(MARKS_MAX);
        out
    }

    /// What lists say of indicators as people write them, each with its indicator. A word that is none is not judged here.
    pub fn said(&self, indicators: &[String]) -> Vec<String> {
        let each = indicators.iter().filter_map(|word| What::read(word).ok());
        each.flat_map(|what| {
            let told = self.0.reasons(&what).into_iter();
            told.map(|reason| format!("{what}: {reason}"))
                .collect::<Vec<_>>()
        })
        .collect()
    }

    /// Whether indicators may go out: if no list names them, or an analyst says why they are to go all the same. What was said comes back, for the record.
    ///
    /// # Errors
    /// [`LiaisonError::Refused`] with list and entry where there is no reason, or one that is longer than [`REASON_BYTES_MAX`].
    pub fn pass(
        &self,
        indicators: &[String],
        despite: Option<&str>,
    ) -> Result<Vec<String>, LiaisonError> {
        let reason = despite.map(str::trim).filter(|reason| !reason.is_empty());
        if reason.is_some_and(|reason| reason.len() > REASON_BYTES_MAX) {
            return Err(LiaisonError::Refused {
                field: "despite_warnings".to_owned(),
                rule: format!("is longer than {REASON_BYTES_MAX} bytes"),
            });
        }
        let said = self.said(indicators);
        match (said.first(), reason) {
            (Some(first), None) => {
                let more = match said.len() - 1 {
                    0 => String::new(),
                    more => format!(", and {more} more"),
                };
                Err(LiaisonError::Refused {
                    field: "indicators".to_owned(),
                    rule: format!(
                        "are on warning lists ({first}{more}); `despite_warnings` says why they go all the same"
                    ),
                })
            }
            _ => Ok(said),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warned() -> Warned {
        let list = r#"{"name":"Resolvers","type":"cidr","version":1,"description":"d","list":["8.8.8.0/24"],"matching_attributes":[]}"#;
        Warned::of_files([("a.json".to_owned(), list.into())]).unwrap()
    }

    fn words(all: &[&str]) -> Vec<String> {
        all.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn what_a_list_names_goes_only_with_a_reason() {
        let lists = warned();
        let named = words(&["evil.example", "8.8.8[.]8", "8.8.8.9"]);
        let refused = lists.pass(&named, None).unwrap_err().to_string();
        assert!(
            refused.contains("8.8.8.8: the list `Resolvers` has 8.8.8.0/24, and 1 more"),
            "{refused}"
        );
        assert!(lists.pass(&named, Some("  ")).is_err());
        assert!(lists.pass(&named, Some(&"a".repeat(1001))).is_err());
        let said = lists.pass(&named, Some("解決器が踏み台にされた")).unwrap();
        assert_eq!(said.len(), 2);
        assert_eq!(
            lists.pass(&words(&["evil.example"]), None).unwrap(),
            Vec::<String>::new()
        );
        assert_eq!(
            Warned::default().pass(&named, None).unwrap(),
            Vec::<String>::new()
        );
    }

    #[test]
    fn an_alert_is_marked() {
        let what = What::read("8.8.8.8").unwrap();
        assert_eq!(
            warned().marks(&what),
            ["the list `Resolvers` has 8.8.8.0/24"]
        );
        assert!(Warned::default().marks(&what).is_empty());
    }
}
