//! What a stranger reports. In: fields as they were typed, by anybody. Out: a report of bounded size, a digest by which the same text is known again, how much it says. Never: markup, a
//! file that is opened, a judgement whether it is true.

use super::plain::{self, FieldError};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// Whether something is so, as far as the reporter knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Known {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// The reporter does not know.
    #[default]
    Unsure,
}

/// A report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// Maker, if the reporter knows it.
    #[serde(default)]
    pub maker: Option<String>,
    /// Product.
    pub product: String,
    /// Versions.
    #[serde(default)]
    pub versions: Option<String>,
    /// What is wrong, and how it is seen.
    pub text: String,
    /// Whether somebody makes use of it.
    #[serde(default)]
    pub exploited: Known,
    /// Whether it is public.
    #[serde(default)]
    pub public: Known,
    /// How to reach the reporter, who may stay unknown.
    #[serde(default)]
    pub contact: Option<String>,
    /// How the reporter wants to be thanked in the publication.
    #[serde(default)]
    pub credit: Option<String>,
}

impl Report {
    /// The report with every field trimmed and held to its bounds.
    ///
    /// # Errors
    /// The first field that breaks one.
    pub fn checked(&self) -> Result<Self, FieldError> {
        let may = |field, text: &Option<String>| {
            plain::line_if(field, text.as_deref().unwrap_or_default())
        };
        Ok(Self {
            maker: may("maker", &self.maker)?,
            product: plain::line("product", &self.product)?,
            versions: may("versions", &self.versions)?,
            text: plain::text("text", &self.text)?,
            exploited: self.exploited,
            public: self.public,
            contact: may("contact", &self.contact)?,
            credit: may("credit", &self.credit)?,
        })
    }

    /// SHA-256 over letters and digits of product and text, in small letters: whoever sends the same again, with other spaces or another name, sends nothing new.
    pub fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for part in [
            self.maker.as_deref().unwrap_or_default(),
            &self.product,
            &self.text,
        ] {
            let plain = part.chars().filter(|c| c.is_alphanumeric());
            let plain: String = plain.flat_map(char::to_lowercase).collect();
            hash.update((plain.len() as u64).to_be_bytes());
            hash.update(plain);
        }
        hash.finalize().into()
    }

    /// How much it says, 0 to 6: what says more is shown first. `known`: the office knows the maker by name. It is for the order of a list; nothing is refused for it.
    pub fn weight(&self, known: bool) -> u8 {
        let words: BTreeSet<&str> = self.text.split_whitespace().collect();
        // Japanese has no spaces: different letters count too.
        let letters: BTreeSet<char> = self.text.chars().collect();
        let signs = [
            known,
            self.maker.is_some(),
            self.versions.is_some(),
            self.contact.is_some(),
            words.len() >= 20 || letters.len() >= 60,
            self.exploited == Known::Yes,
        ];
        signs.into_iter().map(u8::from).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(product: &str, text: &str) -> Report {
        Report {
            maker: Some("Example Electric".to_owned()),
            product: product.to_owned(),
            versions: None,
            text: text.to_owned(),
            exploited: Known::Unsure,
            public: Known::No,
            contact: None,
            credit: None,
        }
    }

    #[test]
    fn the_same_text_is_known_again_whatever_its_spaces() {
        let one = report("EX-100", "Whoever reaches port 502 may write.");
        let again = report(" ex 100 ", "whoever reaches  port 502\nmay write");
        assert_eq!(one.digest(), again.digest());
        let moved = report("EX-1", "00 Whoever reaches port 502 may write.");
        assert_ne!(one.digest(), moved.digest());
        assert_ne!(one.digest(), report("EX-100", "It is not so.").digest());
    }

    #[test]
    fn what_says_more_weighs_more_and_a_field_that_breaks_a_bound_is_named() {
        let mut one = report("EX-100", "x");
        assert_eq!((one.weight(false), one.weight(true)), (1, 2));
        one.contact = Some("a@example.jp".to_owned());
        one.exploited = Known::Yes;
        one.text = "a b c d e f g h i j k l m n o p q r s t u v".to_owned();
        assert_eq!(one.weight(true), 5);
        let bad = report("a\u{202e}b", "x").checked().unwrap_err().to_string();
        assert_eq!(bad, "product: has a character that no line may have");
        assert!(
            report("<script>alert(1)</script>", "<b>&amp;")
                .checked()
                .is_ok()
        );
        let json = r#"{"product":"P","text":"T","unknown":1}"#;
        assert!(serde_json::from_str::<Report>(json).is_err());
    }
}
