//! Who an operator is, so that what leaves names none. In: what the store holds of operators (registrations, notices, reports, cases), the names that the node knows. Out: whether a
//! thing is an operator's own, whether a text names one. Never: a name that was found, in an error.
//!
//! A name is met in any width and case of its letters, with or without the form of the company (株式会社, ㈱, Inc.) on either side, with or without spaces between signs of Japanese:
//! both sides are brought into the form NFKC (Unicode Standard Annex 15) and small letters first, and signs that nobody sees are left out. Another spelling of a name (romanised, in
//! kana, an old form of a sign, a nickname) is another name: a person has to see it.

use super::plain::{Weight, everybodys, weight, within_words};
use crate::alert::registrations;
use crate::desk;
use crate::error::LiaisonError;
use crate::notice::TakenNotice;
use crate::paper::{Document, read};
use sakimori_advisory::matching::names::maker_key;
use sakimori_cooperate::form::read_report;
use sakimori_custody::time::Seconds;
use sakimori_exchange::list::What;
use sakimori_store::{Papers, View};
use std::collections::BTreeSet;
use std::net::IpAddr;
use unicode_normalization::UnicodeNormalization as _;

/// Most papers of one kind that names are taken from: more than all operators of the country file in years.
const PAPERS_MAX: usize = 200_000;
/// Fields of a report that name its operator.
const NAME_FIELD: &str = "operator.name";

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
    let found = |name: &String| bare(name).is_some_and(|name| holds(&text, &name));
    operators.names().iter().any(found)
}

/// What is known of operators: their names, and the things whose control they showed.
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
    /// Takes a name of an operator; what has no letter or digit, or says nothing of one, is none.
    pub fn name(&mut self, owner: &str, name: &str) {
        if bare(name).is_some() && self.whose.insert((owner.to_owned(), name.to_owned())) {
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
/// newest document of every case; things are those whose control is shown at `now`, since anybody may claim what is another's.
///
/// # Errors
/// [`LiaisonError::Full`] where there is more than can be looked through, [`LiaisonError::Unreadable`], [`LiaisonError::Form`], what the store says: what could not be looked at
/// does not count as looked at.
pub async fn known(
    store: &(impl Papers + ?Sized),
    nodes: Vec<String>,
    now: Seconds,
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
        let shown = kept.said.holds_until(now).is_some();
        if let Some(what) = What::read(&kept.said.asset).ok().filter(|_| shown) {
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

/// What is looked for of a name.
struct Bare {
    signs: Vec<Sign>,
    /// Whether it counts as a word of its own alone, with nothing but hiragana or a gap around it.
    alone: bool,
}

/// What is looked for of a name: without the form of the company, unless what is left is a word of everybody; then with it, as it is written. Nothing where the name says nothing
/// of an operator.
fn bare(name: &str) -> Option<Bare> {
    let folded = folded(name);
    let mut stem = folded.trim();
    while let Some(less) = without_form(stem) {
        stem = less;
    }
    let key = maker_key(stem);
    let (signs, alone) = match weight(&key, &FORMS, unspaced) {
        Weight::Nothing => return None,
        Weight::Name => (signs(&key), within_words(&key)),
        Weight::WithForm => {
            let whole = signs(&folded);
            if whole.len() == signs(&key).len() || everybodys(&folded) {
                return None;
            }
            (whole, true)
        }
    };
    (!signs.is_empty()).then_some(Bare { signs, alone })
}

/// A name without one of the forms, where something is left.
fn without_form(name: &str) -> Option<&str> {
    FORMS.iter().find_map(|form| {
        let cut = name.strip_prefix(form).or_else(|| name.strip_suffix(form));
        cut.map(str::trim).filter(|less| !less.is_empty())
    })
}

const fn hiragana(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{309f}')
}

/// Whether a sign belongs to a script that leaves no space between words. There a name counts wherever it stands.
fn unspaced(c: char) -> bool {
    matches!(c, '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Whether a text holds a name that is not a part of a longer word, and is not made up of parts of several.
fn holds(text: &[Sign], Bare { signs: name, alone }: &Bare) -> bool {
    let Some((first, last)) = name.first().zip(name.last()) else {
        return false;
    };
    let joined = |one: char, other: &Sign| {
        let word = if *alone {
            // Of two neighbours one is the name's; the other makes it longer, unless it is grammar.
            !hiragana(one) && !hiragana(other.c) && unspaced(one) == unspaced(other.c)
        } else {
            !unspaced(one) && !unspaced(other.c)
        };
        !other.gap && word
    };
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
            ("電力株式会社", "架空電力株式会社で発生"),
            ("株式会社水道", "株式会社水道機工"),
            ("サイ", "サイバー攻撃"),
        ] {
            assert!(!found(name, text), "{name} in {text}");
        }
    }

    #[test]
    fn a_name_that_everybody_says_or_that_is_too_short_keeps_no_text_back() {
        let texts = [
            "架空株式会社の水道事業者は 2026年10月に the office of a water company と電力会社から報告を受けたこと",
            "攻撃を受けた。株式会社の情報を確認してください。(株) A社 No. 1, 443/tcp, as a server in it",
        ];
        for name in [
            "の",
            "を",
            "から",
            "ください",
            "the",
            "The",
            "t h e",
            "THE Inc.",
            "a",
            "A Co., Ltd.",
            "of the",
            "office",
            "water",
            "Water Company",
            "the company",
            "電力",
            "電 力",
            "水道",
            "会社",
            "電力会社",
            "水道事業者",
            "情報",
            "株式会社",
            "(株)",
            "㈱",
            "株式会社の",
            "の株式会社",
            "株式会社株式会社",
            "as",
            "1",
            "443",
            "2026",
            "2026年",
            "10月",
            "A",
            "年",
            "株式",
            "ー",
            "server",
        ] {
            for text in texts {
                assert!(!found(name, text), "{name} in {text}");
            }
        }
        // With its form of company it is a name, where it stands as one.
        for (name, text) in [
            ("株式会社水道", "被害は株式会社水道に及ぶ"),
            ("電力株式会社", "電力 株式会社"),
            ("Water Inc.", "of Water, Inc. alone"),
            ("AB Inc.", "AB Inc. was hit"),
            ("架空", "架空で"),
            ("NTX", "NTXで"),
            ("サイ", "サイの件"),
            ("日本通信株式会社", "日本通信"),
        ] {
            assert!(found(name, text), "{name} in {text}");
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
