//! Who an operator is, so that what leaves names none. In: what the store holds of operators (registrations, notices, reports, cases), the names that the node knows. Out: whether a
//! thing is an operator's own, whether a text names one. Never: a name that was found, in an error.
//!
//! A name is met in any width and case of its letters, with or without the form of the company (株式会社, ㈱, Inc.) on either side, with or without spaces between signs of Japanese:
//! both sides are brought into the form NFKC (Unicode Standard Annex 15) and small letters first, and signs that nobody sees are left out. Another spelling of a name (romanised, in
//! kana, an old form of a sign, a nickname) is another name: a person has to see it.

use crate::alert::registrations;
use crate::desk;
use crate::error::LiaisonError;
use crate::notice::TakenNotice;
use crate::paper::{Document, read};
use sakimori_advisory::matching::names::maker_key;
use sakimori_cooperate::form::read_report;
use sakimori_exchange::list::What;
use sakimori_store::{Papers, View};
use std::collections::BTreeSet;
use std::net::IpAddr;
use unicode_normalization::UnicodeNormalization as _;

/// Most papers of one kind that names are taken from: more than all operators of the country file in years.
const PAPERS_MAX: usize = 200_000;
/// Fields of a report that name its operator.
const NAME_FIELD: &str = "operator.name";

/// Words that are no name without the form of the company: a text about a sector has to be able to say the sector.
const PLAIN: [&str; 24] = [
    "水道", "電力", "電気", "ガス", "石油", "鉄道", "貨物", "海運", "航空", "空港", "港湾", "通信",
    "放送", "郵便", "金融", "銀行", "証券", "保険", "病院", "医療", "物流", "運送", "water",
    "power",
];
/// Forms of companies and of groups, at either end, as they are after NFKC.
const FORMS: [&str; 17] = [
    "株式会社",
    "(株)",
    "有限会社",
    "(有)",
    "合同会社",
    "合資会社",
    "合名会社",
    "一般社団法人",
    "公益社団法人",
    "一般財団法人",
    "公益財団法人",
    "独立行政法人",
    "地方独立行政法人",
    "国立大学法人",
    "医療法人",
    "社会福祉法人",
    "ホールディングス",
];

/// What is known of operators, so that a text or a thing does not tell of one.
pub trait Operators {
    /// Whether a thing is an operator's own: an address, prefix, domain or number that one registered.
    fn own(&self, what: &What) -> bool;
    /// Words that name an operator, as anybody writes them: ids, names of organisations.
    fn names(&self) -> &[String];
}

/// Whether a text names an operator.
pub fn names_one(text: &str, operators: &(impl Operators + ?Sized)) -> bool {
    if operators.names().is_empty() {
        return false;
    }
    let text = signs(text);
    let found = |name: &String| bare(name).iter().any(|name| holds(&text, name));
    operators.names().iter().any(found)
}

/// What is known of operators: their names, and what they registered, shown or only claimed.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Owner and name, each once.
    whose: BTreeSet<(String, String)>,
    /// Owner and thing.
    things: Vec<(String, What)>,
    /// The names of `whose`.
    names: Vec<String>,
}

impl Operators for Known {
    fn own(&self, what: &What) -> bool {
        self.things.iter().any(|(_, own)| covers(own, what))
    }

    fn names(&self) -> &[String] {
        &self.names
    }
}

impl Known {
    /// Takes a name of an operator; what has no letter or digit is none.
    pub fn name(&mut self, owner: &str, name: &str) {
        if !bare(name).is_empty() && self.whose.insert((owner.to_owned(), name.to_owned())) {
            self.names.push(name.to_owned());
        }
    }

    /// Takes a thing that is an operator's own.
    pub fn thing(&mut self, owner: &str, what: What) {
        self.things.push((owner.to_owned(), what));
    }

    /// What is known of all but one: a letter to an operator may name that operator.
    #[must_use]
    pub fn but(&self, owner: &str) -> Self {
        let mut others = Self::default();
        for (of, name) in self.whose.iter().filter(|(of, _)| of != owner) {
            others.name(of, name);
        }
        let things = self.things.iter().filter(|(of, _)| of != owner);
        others.things = things.cloned().collect();
        others
    }
}

/// Reads what the store knows of operators; `nodes` are the names that the node knows them by. Names are those of the owners of registrations, notices and cases, of every notice, and of the
/// newest document of every case.
///
/// # Errors
/// [`LiaisonError::Full`] where there is more than can be looked through, [`LiaisonError::Unreadable`], [`LiaisonError::Form`], what the store says: what could not be looked at
/// does not count as looked at.
pub async fn known(
    store: &(impl Papers + ?Sized),
    nodes: Vec<String>,
) -> Result<Known, LiaisonError> {
    let mut known = Known::default();
    for node in nodes {
        known.name(&node, &node);
    }
    let most = sakimori_exchange::alert::REGISTRATIONS_MAX;
    let (all, more) = registrations(store, View::All, most).await?;
    if more {
        return Err(full("registrations", most));
    }
    for kept in all {
        known.name(&kept.owner, &kept.owner);
        if let Ok(what) = What::read(&kept.said.asset) {
            known.thing(&kept.owner, what);
        }
    }
    each::<TakenNotice>(store, "notices", |owner, said| {
        known.name(owner, owner);
        known.name(owner, &said.name);
        Ok(())
    })
    .await?;
    each::<desk::Taken>(store, "reports", |owner, said| {
        known.name(owner, owner);
        let document = read_report(said.text.as_bytes())?;
        if let Some(name) = document.value(NAME_FIELD) {
            known.name(owner, name);
        }
        Ok(())
    })
    .await?;
    Ok(known)
}

fn full(what: &'static str, most: usize) -> LiaisonError {
    LiaisonError::Full {
        what,
        most: most as u64,
    }
}

/// Looks at the newest version of every paper of a kind, a page at a time.
async fn each<T: Document>(
    store: &(impl Papers + ?Sized),
    what: &'static str,
    mut look: impl FnMut(&str, &T) -> Result<(), LiaisonError>,
) -> Result<(), LiaisonError> {
    let (mut after, mut count) = (0, 0_usize);
    loop {
        let page = store.papers(View::All, T::KIND, None, after).await?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.sequence;
        count += page.len();
        if count > PAPERS_MAX {
            return Err(full(what, PAPERS_MAX));
        }
        for kept in page {
            let kept = read::<T>(kept)?;
            look(&kept.owner, &kept.said)?;
        }
    }
}

/// Whether what is registered is, or holds, another thing; or lies within it, since a prefix around it tells of it too.
fn covers(own: &What, what: &What) -> bool {
    let below = |name: &str, of: &str| {
        let label = name.strip_suffix(of);
        label.is_some_and(|label| label.is_empty() || label.ends_with('.'))
    };
    match (own, what) {
        (What::Domain(own), What::Domain(name)) => below(name, own),
        (What::Address(_) | What::Prefix(_), What::Address(_) | What::Prefix(_)) => {
            let (one, other) = (range(own), range(what));
            let bits = one.1.min(other.1);
            let first = |number: u128| number.checked_shr(128 - u32::from(bits)).unwrap_or(0);
            first(one.0) == first(other.0)
        }
        _ => own == what,
    }
}

/// First address and length of an address or prefix, in the space of mapped addresses.
fn range(of: &What) -> (u128, u8) {
    match of {
        What::Prefix(prefix) => (prefix.first, prefix.bits),
        What::Address(IpAddr::V4(address)) => (u128::from(address.to_ipv6_mapped()), 128),
        What::Address(IpAddr::V6(address)) => (u128::from(*address), 128),
        _ => (0, 128),
    }
}

/// A letter or digit of a text, and whether something else stood before it.
#[derive(Clone, Copy)]
struct Sign {
    c: char,
    gap: bool,
}

/// NFKC, small letters, without signs that nobody sees.
fn folded(text: &str) -> String {
    let small = text.nfkc().flat_map(char::to_lowercase);
    small.nfkc().filter(|c| !unseen(*c)).collect()
}

/// Signs without a width of their own: soft hyphens, joiners, marks of direction, variation selectors.
fn unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{e0000}'..='\u{e0fff}')
}

fn signs(text: &str) -> Vec<Sign> {
    let (mut signs, mut gap) = (Vec::new(), true);
    for c in folded(text).chars() {
        let counts = c.is_alphanumeric() || c == 'ー';
        if counts {
            signs.push(Sign { c, gap });
        }
        gap = !counts;
    }
    signs
}

/// What is looked for of a name: without the form of the company, unless what is left is a word of everybody; then with it, on either side.
fn bare(name: &str) -> Vec<Vec<Sign>> {
    let folded = folded(name);
    let mut stem = folded.trim();
    while let Some(less) = without_form(stem) {
        stem = less;
    }
    let key = maker_key(stem);
    if key.chars().count() < 2 || PLAIN.contains(&key.as_str()) {
        let whole = signs(&folded);
        return if whole.is_empty() {
            Vec::new()
        } else {
            vec![whole]
        };
    }
    vec![signs(&key)]
}

/// A name without one of the forms, where something is left.
fn without_form(name: &str) -> Option<&str> {
    FORMS.iter().find_map(|form| {
        let cut = name.strip_prefix(form).or_else(|| name.strip_suffix(form));
        cut.map(str::trim).filter(|less| !less.is_empty())
    })
}

/// Whether a sign belongs to a script that leaves no space between words. There a name counts wherever it stands.
fn unspaced(c: char) -> bool {
    matches!(c, '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Whether a text holds a name that is not a part of a longer word, and is not made up of parts of several.
fn holds(text: &[Sign], name: &[Sign]) -> bool {
    let Some((first, last)) = name.first().zip(name.last()) else {
        return false;
    };
    let joined = |one: char, other: &Sign| !other.gap && !unspaced(one) && !unspaced(other.c);
    text.windows(name.len()).enumerate().any(|(at, found)| {
        let same = found
            .iter()
            .zip(name)
            .enumerate()
            .all(|(place, (sign, own))| {
                // A gap inside counts where the name has one too, or where spaces mean nothing.
                let before = place.checked_sub(1).and_then(|place| found.get(place));
                let means = before.is_some_and(|b| !unspaced(b.c) && !unspaced(sign.c));
                sign.c == own.c && (!means || !sign.gap || own.gap)
            });
        let before = at.checked_sub(1).and_then(|at| text.get(at));
        let behind = text.get(at + name.len());
        let start = Sign {
            c: first.c,
            gap: found.first().is_some_and(|sign| sign.gap),
        };
        same && !before.is_some_and(|b| joined(b.c, &start))
            && !behind.is_some_and(|behind| joined(last.c, behind))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, text: &str) -> bool {
        let mut known = Known::default();
        known.name("x", name);
        names_one(text, &known)
    }

    #[test]
    fn a_name_is_met_in_every_width_case_and_form_of_company() {
        for (name, text) in [
            ("架空水道株式会社", "架空水道株式会社で発生"),
            ("架空水道株式会社", "被害は架空水道に及ぶ"),
            ("架空水道株式会社", "㈱架空水道"),
            ("架空水道株式会社", "（株）架空水道"),
            ("架空水道株式会社", "架空 水道 ㈱"),
            ("架空水道株式会社", "架空\u{200b}水\u{ad}道"),
            ("株式会社架空水道", "架空水道(株)"),
            ("㈱架空水道", "株式会社 架空水道"),
            ("架空ガスホールディングス株式会社", "架空ガスの件"),
            ("架空ガス株式会社", "架空ｶﾞｽ"),
            ("一般財団法人架空港湾", "架空港湾"),
            ("Kakuu Water Co., Ltd.", "KAKUU WATER was hit"),
            ("Kakuu Water Co., Ltd.", "kakuu-water"),
            ("ＫＡＫＵＵ　ＷＡＴＥＲ", "Kakuuwater"),
            ("ACME", "ａｃｍｅで発生"),
            ("water-1", "of water-1."),
            ("株式会社水道", "株式会社水道で"),
            ("Électricité", "e\u{301}lectricite\u{301}"),
        ] {
            assert!(found(name, text), "{name} in {text}");
        }
    }

    #[test]
    fn a_part_of_a_word_and_the_word_of_a_sector_are_no_name() {
        for (name, text) in [
            ("acme", "acmeology and macme are words"),
            ("ison", "it is on the way"),
            ("株式会社水道", "水道事業者は確かめること"),
            ("Water Inc.", "water works"),
            ("架空水道株式会社", "架空の水道"),
            ("acme", "ac me"),
            ("!!!", "!!!"),
            ("", "x"),
        ] {
            assert!(!found(name, text), "{name} in {text}");
        }
    }

    #[test]
    fn a_letter_may_name_its_own_operator_and_no_other() {
        let mut known = Known::default();
        known.name("water-1", "架空水道株式会社");
        known.name("gas-1", "架空ガス株式会社");
        known.thing("gas-1", What::Domain("gas.example.jp".to_owned()));
        let others = known.but("water-1");
        assert!(!names_one("架空水道 御中", &others));
        assert!(names_one("架空ガス と同じ", &others));
        assert!(others.own(&What::Domain("vpn.gas.example.jp".to_owned())));
        assert!(
            !known
                .but("gas-1")
                .own(&What::Domain("gas.example.jp".to_owned()))
        );
    }
}
