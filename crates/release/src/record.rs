//! The entry of a release. In: what was asked and what became of it. Out: the body and counters of an entry of type 45, `docs/reference/formats.md` section 7. Never: a
//! reason that somebody wrote for a condition, content.

use crate::classed::About;
use crate::gate::Request;
use crate::limits::{CONDITIONS_MAX, TEXT_BYTES_MAX, TRANSFORMS_MAX};
use crate::pseudonym::hex;
use crate::refused::Code;
use sakimori_custody::class::Class;
use sakimori_custody::entry::{Act, EntryType};
use sakimori_custody::time::Seconds;
use serde::Serialize;

/// The word for what was let go.
pub const RELEASED: &str = "released";

/// The body, open; its keys in the order of the page.
#[derive(Serialize)]
struct Body<'r> {
    actor: &'r str,
    class_from: Vec<&'r str>,
    class_to: &'r str,
    recipients: Vec<String>,
    basis: &'r str,
    rights: &'r str,
    conditions: Vec<String>,
    transforms: Vec<String>,
    tlp: &'r str,
    pap: &'r str,
    product_sha256: String,
    outcome: &'r str,
}

/// Body and counters of the entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The body, JSON, open.
    pub body: Vec<u8>,
    /// Number of the refusal's code, or 0; number of recipients that the body names.
    pub counters: [u64; 2],
}

impl Record {
    /// The act that is to be entered, in a stream of the office.
    pub fn act(&self, now: Seconds) -> Act {
        Act {
            kind: EntryType::Release,
            time: now,
            authority: [0; 32],
            counters: self.counters.to_vec(),
            body: self.body.clone(),
        }
    }
}

/// A text as the log takes it: what is too long is cut, since it is refused anyway.
fn cut(text: &str) -> &str {
    let end = (0..=TEXT_BYTES_MAX.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at));
    end.and_then(|end| text.get(..end)).unwrap_or_default()
}

/// What is entered. `product` is the SHA-256 of what leaves; there is none of what was refused.
pub(crate) fn record(
    about: &About,
    class: Class,
    request: &Request,
    outcome: Result<[u8; 32], Code>,
) -> Record {
    // BOUND: of what is refused for its number, the first are named.
    let recipients = request
        .recipients
        .iter()
        .take(crate::limits::RECIPIENTS_MAX);
    let conditions = request.conditions.iter().take(CONDITIONS_MAX);
    let transforms = request.transforms.iter().take(TRANSFORMS_MAX);
    let asked = transforms.map(|transform| cut(&transform.to_string()).to_owned());
    let named = recipients.len() as u64;
    let body = Body {
        actor: request.actor.as_str(),
        class_from: about.from.iter().map(|class| class.name()).collect(),
        class_to: class.name(),
        recipients: recipients.map(ToString::to_string).collect(),
        basis: cut(&request.basis),
        rights: cut(&request.rights),
        conditions: conditions.map(ToString::to_string).collect(),
        transforms: about
            .history
            .iter()
            .take(crate::limits::HISTORY_MAX)
            .cloned()
            .chain(asked)
            .collect(),
        tlp: about.marking.tlp.name(),
        pap: about.marking.pap.name(),
        product_sha256: outcome.map(|hash| hex(&hash)).unwrap_or_default(),
        outcome: outcome.map_or_else(Code::name, |_| RELEASED),
    };
    let code = outcome.map_or_else(|code| u64::from(code.code()), |_| 0);
    Record {
        // Texts in lists: there is nothing that JSON has not.
        body: serde_json::to_vec(&body).unwrap_or_default(),
        counters: [code, named],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        let long = "防".repeat(TEXT_BYTES_MAX);
        let short = cut(&long);
        assert!(short.len() <= TEXT_BYTES_MAX && short.len() > TEXT_BYTES_MAX - 3);
        assert_eq!(cut("a note"), "a note");
        assert_eq!(cut(""), "");
    }
}
