//! Tags in place of what tells who somebody is. In: the house's key, an audience, a value. Out: a tag of 128 bits that is the same for the same value within one
//! audience. Never: a tag that two audiences could compare, the value, a key in a debug text.
//!
//! A tag has two layers, HMAC-SHA-256 (RFC 2104) each: one of the house, and over it one of the audience. What was tagged in the house already and what is tagged
//! at the gate therefore join.

use crate::recipient::Recipient;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Bytes of a tag; 32 hex digits as text.
const TAG_BYTES: usize = 16;

/// The house's key of tags: 32 random bytes that never leave it.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct PseudonymKey([u8; 32]);

impl PseudonymKey {
    /// Wraps 32 random bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for PseudonymKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PseudonymKey(..)")
    }
}

/// Makes the tags of one audience, or of the house.
pub struct Tagger<'k> {
    house: &'k PseudonymKey,
    audience: Option<Zeroizing<[u8; 32]>>,
    /// Whether the values that come are tags of the house already.
    again: bool,
}

impl fmt::Debug for Tagger<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tagger(..)")
    }
}

impl<'k> Tagger<'k> {
    /// For what stays in the house.
    pub(crate) const fn house(house: &'k PseudonymKey) -> Self {
        Self {
            house,
            audience: None,
            again: false,
        }
    }

    /// For those who are given it, in whatever order they are named.
    pub(crate) fn audience(house: &'k PseudonymKey, recipients: &[Recipient]) -> Self {
        let mut names: Vec<String> = recipients.iter().map(ToString::to_string).collect();
        names.sort();
        let key = mac(
            &house.0,
            b"sakimori/audience/v1\n",
            names.join("\n").as_bytes(),
        );
        Self {
            house,
            audience: Some(Zeroizing::new(key)),
            again: false,
        }
    }

    /// The same for values that are tags of the house.
    pub(crate) fn again(&self) -> Self {
        Self {
            house: self.house,
            audience: self.audience.clone(),
            again: true,
        }
    }

    /// The tag of a value. `domain` is the word for what it is, as `mail` or `address`: values of one domain join, also from different fields.
    pub fn tag(&self, domain: &str, value: &str) -> String {
        let value = if self.again {
            value.to_owned()
        } else {
            layer(&self.house.0, domain, value)
        };
        match &self.audience {
            None => value,
            Some(key) => layer(key, domain, &value),
        }
    }
}

/// One layer, as hex digits.
fn layer(key: &[u8; 32], domain: &str, value: &str) -> String {
    let head = format!("sakimori/pseudonym/v1\n{}\n{domain}\n", domain.len());
    let tag = mac(key, head.as_bytes(), value.as_bytes());
    hex(tag.get(..TAG_BYTES).unwrap_or_default())
}

/// Hex digits of bytes.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // A string takes what is written to it.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// HMAC-SHA-256 over two parts as one message.
fn mac(key: &[u8; 32], head: &[u8], rest: &[u8]) -> [u8; 32] {
    // A key shorter than the block is padded with zeros, RFC 2104 section 2.
    let mut block = Zeroizing::new([0; 64]);
    block[..32].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new(&(*block).into());
    mac.update(head);
    mac.update(rest);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipient::RecipientKind;

    fn to(names: &[&str]) -> Vec<Recipient> {
        let one = |name: &&str| Recipient::new(RecipientKind::Council, name.parse().unwrap());
        names.iter().map(one).collect()
    }

    #[test]
    fn tags_join_within_an_audience_and_not_across() {
        let key = PseudonymKey::new([7; 32]);
        let tag =
            |names: &[&str], value: &str| Tagger::audience(&key, &to(names)).tag("mail", value);
        let first = tag(&["acme", "borea"], "a@example.jp");
        assert_eq!(first.len(), 32);
        assert_eq!(
            first,
            tag(&["borea", "acme"], "a@example.jp"),
            "the order of names"
        );
        assert_ne!(
            first,
            tag(&["acme", "borea"], "b@example.jp"),
            "another value"
        );
        assert_ne!(first, tag(&["acme"], "a@example.jp"), "another audience");
        assert_ne!(
            first,
            Tagger::house(&key).tag("mail", "a@example.jp"),
            "the house"
        );
        let other = PseudonymKey::new([8; 32]);
        let elsewhere = Tagger::audience(&other, &to(&["acme", "borea"]));
        assert_ne!(
            first,
            elsewhere.tag("mail", "a@example.jp"),
            "another house"
        );
        let user = Tagger::audience(&key, &to(&["acme", "borea"])).tag("user", "a@example.jp");
        assert_ne!(first, user, "another domain");
    }

    #[test]
    fn what_the_house_tagged_joins_with_what_the_gate_tags() {
        let key = PseudonymKey::new([7; 32]);
        let house = Tagger::house(&key).tag("mail", "a@example.jp");
        let gate = Tagger::audience(&key, &to(&["acme"]));
        assert_eq!(
            gate.again().tag("mail", &house),
            gate.tag("mail", "a@example.jp")
        );
        assert_ne!(gate.again().tag("mail", &house), house);
    }

    #[test]
    fn domain_and_value_cannot_be_shifted_into_each_other() {
        let key = PseudonymKey::new([7; 32]);
        let house = Tagger::house(&key);
        assert_ne!(house.tag("a\nb", "c"), house.tag("a", "b\nc"));
    }

    #[test]
    fn keys_do_not_show_themselves() {
        let key = PseudonymKey::new([7; 32]);
        let shown = format!("{key:?} {:?}", Tagger::house(&key));
        assert_eq!(shown, "PseudonymKey(..) Tagger(..)");
    }
}
