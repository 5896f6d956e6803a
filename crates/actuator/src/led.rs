//! Where a target leads now: an effect on a name takes away what the name leads to. In: what a substrate's own look-up found. Out: other names and addresses for the safety engine, one line of text for the journal. Never: a look-up that
//! counts as done because no answer came: what was not answered is said.

use sakimori_respond::safety::{Name, Seen};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Where a target leads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Led {
    /// Names and addresses; neither where it leads nowhere.
    pub seen: Seen,
    /// What was not answered, by whom and why; nothing where all was.
    pub unanswered: Option<String>,
}

/// Why nothing could be asked at all. The owner acts on it; until then nothing new of this kind begins.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("where `{target}` leads cannot be asked: {why}")]
pub struct LedError {
    /// The target.
    pub target: String,
    /// Why.
    pub why: String,
}

/// Looks where targets lead. It is asked from threads of its own, several at a time; each question is bounded in time by whoever answers it.
pub trait Eyes: Send + Sync {
    /// Where a target leads now.
    ///
    /// # Errors
    /// [`LedError`]: nobody could be asked.
    fn led(&self, target: &str) -> Result<Led, LedError>;
}

/// The form of the journal and of what is shown.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    aliases: Vec<String>,
    addresses: Vec<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    unanswered: Option<String>,
}

impl Led {
    /// One line of JSON.
    pub fn to_text(&self) -> String {
        let text = Text {
            aliases: self.seen.aliases.iter().map(Name::to_string).collect(),
            addresses: self.seen.addresses.clone(),
            unanswered: self.unanswered.clone(),
        };
        // Names, addresses and words are always JSON.
        serde_json::to_string(&text).unwrap_or_default()
    }

    /// Reads what [`Led::to_text`] wrote; nothing where it is something else.
    pub fn of_text(text: &str) -> Option<Self> {
        let text: Text = serde_json::from_str(text).ok()?;
        let aliases: Option<Vec<Name>> = text
            .aliases
            .iter()
            .map(|name| Name::parse(name).ok())
            .collect();
        Some(Self {
            seen: Seen {
                aliases: aliases?,
                addresses: text.addresses,
            },
            unanswered: text.unanswered,
        })
    }

    /// Whether it leads nowhere, as far as was answered.
    pub fn is_nowhere(&self) -> bool {
        self.seen.aliases.is_empty() && self.seen.addresses.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_journal_has_is_what_was_seen() {
        let name = |text: &str| Name::parse(text).unwrap();
        let led = Led {
            seen: Seen {
                aliases: vec![name("a.cdn.example"), name("edge.example.net")],
                addresses: vec![[192, 0, 2, 1].into()],
            },
            unanswered: Some("AAAA: the name's servers do not answer".to_owned()),
        };
        assert_eq!(Led::of_text(&led.to_text()).as_ref(), Some(&led));
        assert_eq!(
            Led::of_text(&Led::default().to_text()),
            Some(Led::default())
        );
        for other in [
            "",
            "{}",
            "x",
            "{\"aliases\":[\"1.2.3.4\"],\"addresses\":[]}",
        ] {
            assert_eq!(Led::of_text(other), None, "{other}");
        }
    }
}
