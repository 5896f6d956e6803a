//! What the office writes to one operator, held against what it knows of all others: the check that products have. In: a field, its text, names and things of operators. Out:
//! nothing, or which field breaks which rule. Never: a word about another operator; the name that was found, in an error.

use crate::error::LiaisonError;
use crate::product::{Known, Operators, names_one};
use crate::report::refused;
use sakimori_custody::ids::Name;
use sakimori_exchange::list::What;
use unicode_normalization::UnicodeNormalization as _;

/// What is known of every operator but the one that is written to.
pub(super) struct Others(Known);

impl Others {
    pub(super) fn than(addressee: &Name, known: &Known) -> Self {
        Self(known.but(addressee.as_str()))
    }

    /// Whether a text names another operator, or has a thing that is another's own.
    ///
    /// # Errors
    /// [`LiaisonError::Refused`].
    pub(super) fn check(&self, field: &str, text: &str) -> Result<(), LiaisonError> {
        if names_one(text, &self.0) {
            return Err(refused(field, "names another operator"));
        }
        if things(text).iter().any(|what| self.0.own(what)) {
            let rule = "has what is another operator's own: it would tell to whom it happened";
            return Err(refused(field, rule));
        }
        Ok(())
    }
}

/// Addresses, prefixes, domains and numbers that stand in a text, in any width of their signs, with or without what keeps a mail program from making a link of them.
fn things(text: &str) -> Vec<What> {
    let mut plain: String = text.nfkc().collect();
    for (written, meant) in [
        ("[.]", "."),
        ("(.)", "."),
        ("[dot]", "."),
        ("[:]", ":"),
        ("[at]", "@"),
        ("[@]", "@"),
        ("hxxp", "http"),
        ("hXXp", "http"),
    ] {
        plain = plain.replace(written, meant);
    }
    let inside = |c: char| c.is_alphanumeric() || "._-:/@%".contains(c);
    let words: Vec<&str> = plain.split(|c| !inside(c)).collect();
    let mut found = Vec::new();
    for (word, next) in words.iter().zip(words.iter().skip(1).chain([&""])) {
        // Signs of other scripts stand beside a thing without a space, and in domain names.
        let runs = word.split(|c: char| !c.is_ascii());
        for run in runs.chain([*word]) {
            found.extend(readings(run));
        }
        if word.eq_ignore_ascii_case("as") || word.eq_ignore_ascii_case("asn") {
            found.extend(What::read(&format!("AS{next}")));
        }
    }
    found
}

/// What a word may be: as it stands, without a port, a path or a mailbox.
fn readings(word: &str) -> Vec<What> {
    let word = word.trim_matches(|c: char| "._-:/@%".contains(c));
    let host = word.rsplit('@').next().unwrap_or(word);
    let host = host.split('/').next().unwrap_or(host);
    let bare = host.rsplit_once(':').map_or(host, |(bare, _)| bare);
    let mut found = Vec::new();
    for each in [word, host, bare] {
        if let Ok(what) = What::read(each) {
            found.extend(what.host());
            found.push(what);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_of_another_is_met_however_it_is_written() {
        let mut known = Known::default();
        let own = |text: &str| What::read(text).ok();
        for thing in [
            "gas.example.jp",
            "192.0.2.0/24",
            "2001:db8:7::/48",
            "AS64500",
        ] {
            known.thing("gas-1", own(thing).expect("a thing"));
        }
        known.thing("water-1", own("water.example.jp").expect("a thing"));
        let others = Others::than(&"water-1".parse().expect("a name"), &known);
        for text in [
            "look at vpn.gas.example.jp.",
            "ログに https://vpn.gas.example.jp/a?b がある",
            "宛先vpn.gas.example.jpを確認",
            "hxxps://vpn[.]gas[.]example[.]jp:8443/",
            "mail from noc@gas.example.jp,",
            "（192.0.2.7）を遮断",
            "192.0.2.7:22 or 192.0.2[.]8",
            "１９２．０．２．７",
            "192.0.0.0/16 is affected",
            "[2001:db8:7::1]:443",
            "AS64500, AS 64500",
            "vpn.GAS.example.jp",
        ] {
            assert!(others.check("text", text).is_err(), "{text}");
        }
        for text in [
            "vpn.water.example.jp is yours",
            "198.51.100.7 and evil.example",
            "version 1.2.3, see 4.5",
            "gas.example.jp.evil.example",
            "AS64501",
        ] {
            assert!(others.check("text", text).is_ok(), "{text}");
        }
    }
}
