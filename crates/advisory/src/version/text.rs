//! Ranges in the words of advisories: "All versions prior to V3.2", "<= 1.2.3", "3.x". In: the text. Out: a range. Never: a reading of words that are not on the list;
//! one such word makes the whole unclear.

use super::order::{Scheme, Version};
use super::range::{Bound, Range, Sign};
use super::vers;
use crate::limits::TEXT_BYTES_MAX;

/// Words before a version, longest first, and what they mean.
const BEFORE: [(&str, Sign); 25] = [
    ("up to and including", Sign::BelowOr),
    ("earlier than or equal to", Sign::BelowOr),
    ("less than or equal to", Sign::BelowOr),
    ("lower than or equal to", Sign::BelowOr),
    ("equal to or less than", Sign::BelowOr),
    ("up to, and including", Sign::BelowOr),
    ("up to but not including", Sign::Below),
    ("greater than or equal to", Sign::AboveOr),
    ("starting from", Sign::AboveOr),
    ("starting with", Sign::AboveOr),
    ("earlier than", Sign::Below),
    ("lower than", Sign::Below),
    ("older than", Sign::Below),
    ("less than", Sign::Below),
    ("prior to", Sign::Below),
    ("before", Sign::Below),
    ("below", Sign::Below),
    ("greater than", Sign::Above),
    ("later than", Sign::Above),
    ("newer than", Sign::Above),
    ("after", Sign::Above),
    ("through", Sign::BelowOr),
    ("up to", Sign::UpTo),
    ("until", Sign::UpTo),
    ("from", Sign::AboveOr),
];

/// Words behind a version.
const BEHIND: [(&str, Sign); 16] = [
    ("and all prior versions", Sign::BelowOr),
    ("and all previous versions", Sign::BelowOr),
    ("and prior versions", Sign::BelowOr),
    ("and earlier versions", Sign::BelowOr),
    ("and previous versions", Sign::BelowOr),
    ("and later versions", Sign::AboveOr),
    ("and prior", Sign::BelowOr),
    ("or prior", Sign::BelowOr),
    ("and earlier", Sign::BelowOr),
    ("or earlier", Sign::BelowOr),
    ("and older", Sign::BelowOr),
    ("and below", Sign::BelowOr),
    ("and later", Sign::AboveOr),
    ("or later", Sign::AboveOr),
    ("and newer", Sign::AboveOr),
    ("and above", Sign::AboveOr),
];

/// Words that add nothing.
const FILLING: [&str; 10] = [
    "all firmware versions",
    "all software versions",
    "all versions of",
    "all versions",
    "firmware versions",
    "software versions",
    "firmware version",
    "versions",
    "version",
    "all",
];

/// Reads the words of an advisory.
pub fn read(written: &str) -> Range {
    if written.len() > TEXT_BYTES_MAX {
        return Range::Unclear;
    }
    let lower = written.to_ascii_lowercase();
    let mut text = lower.split_whitespace().collect::<Vec<_>>().join(" ");
    if matches!(
        text.as_str(),
        "*" | "all" | "any" | "all versions" | "all version" | "any version" | "version *"
    ) {
        return Range::All;
    }
    for filling in FILLING {
        if let Some(rest) = text.strip_prefix(filling)
            && rest.starts_with([' ', ':', '<', '>', '='])
        {
            text = rest.trim_start_matches([' ', ':']).to_owned();
            break;
        }
    }
    let read = if text.contains(['<', '>', '=']) {
        signs(&text)
    } else {
        words(&text)
    };
    read.filter(Range::is_understood).unwrap_or(Range::Unclear)
}

/// `<= 1.2`, `>= 1 | <= 2`, `>= 1, < 2`. A version alone beside a comparison (`< 17 | 4`) is nobody's rule.
fn signs(text: &str) -> Option<Range> {
    let mut pieces = text.split('|').map(str::trim);
    let alone = |piece: &str| !piece.contains(['<', '>', '=']);
    if pieces.any(alone) {
        return None;
    }
    let range = vers::comparisons(text, Scheme::Cautious)?;
    plain(&range).then_some(range)
}

/// Whether no bound holds a wildcard, which has no place in an order, or words that no version has.
fn plain(range: &Range) -> bool {
    let Range::Some { clauses, .. } = range else {
        return true;
    };
    let mut bounds = clauses.iter().flatten();
    bounds.all(|bound| !bound.version.has_word("x") && !bound.version.has_prose())
}

fn words(text: &str) -> Option<Range> {
    if let Some((low, high)) = between(text) {
        let bounds = vec![bound(Sign::AboveOr, low)?, bound(high.0, high.1)?];
        return Some(sequence(bounds));
    }
    let text = text.trim_end_matches('.');
    for (behind, sign) in BEHIND {
        if let Some(version) = text.strip_suffix(behind) {
            return Some(sequence(vec![bound(
                sign,
                version.trim_end_matches([' ', ',']),
            )?]));
        }
    }
    for (before, sign) in BEFORE {
        if let Some(version) = text.strip_prefix(before).and_then(|r| r.strip_prefix(' ')) {
            return Some(sequence(vec![bound(sign, version)?]));
        }
    }
    let family = [".x", ".*", ".xx", ".x.x", ".*.*"];
    if let Some(prefix) = family.iter().find_map(|f| text.strip_suffix(f)) {
        let begins = bound(Sign::Begins, prefix)?;
        return Some(sequence(vec![begins]));
    }
    Some(sequence(vec![bound(Sign::Is, text)?]))
}

/// "from 1.0 to 2.0", "between 1.0 and 2.0", "1.0 through 2.0", "31 - 32": where a range begins, how it ends and where.
fn between(text: &str) -> Option<(&str, (Sign, &str))> {
    let begun = ["from ", "between "]
        .iter()
        .find_map(|b| text.strip_prefix(b));
    let ends = [
        (" up to and including ", Sign::BelowOr),
        (" up to but not including ", Sign::Below),
        (" through ", Sign::BelowOr),
        (" prior to ", Sign::Below),
        (" before ", Sign::Below),
        (" up to ", Sign::UpTo),
        (" to ", Sign::UpTo),
        (" and ", Sign::UpTo),
        (" - ", Sign::BelowOr),
    ];
    // " to " and " and " are ends only where the beginning said so.
    let usable = if begun.is_some() {
        ends.get(..)?
    } else {
        &[ends[2], ends[8]]
    };
    let body = begun.unwrap_or(text);
    usable.iter().find_map(|(word, sign)| {
        let (low, high) = body.split_once(word)?;
        let high = high.strip_prefix("version ").unwrap_or(high);
        starts_with_number(low).then_some((low, (*sign, high)))
    })
}

fn starts_with_number(text: &str) -> bool {
    let bare = text.strip_prefix("version ").unwrap_or(text);
    let bare = bare.strip_prefix('v').unwrap_or(bare);
    bare.starts_with(|c: char| c.is_ascii_digit())
}

fn sequence(bounds: Vec<Bound>) -> Range {
    Range::of_sequence(bounds, Vec::new(), Scheme::Cautious)
}

/// A bound whose text is a version and nothing else: it begins with a number, and its words are those that versions have.
fn bound(sign: Sign, text: &str) -> Option<Bound> {
    let text = text.trim();
    if !starts_with_number(text) {
        return None;
    }
    let version = Version::read(text, Scheme::Cautious);
    (version.is_understood() && !version.has_prose()).then_some(Bound { sign, version })
}

#[cfg(test)]
mod tests {
    use super::super::Answer::{self, No, Unsure, Yes};
    use super::super::read;
    use super::*;

    fn check(range: &str, version: &str, expected: Answer) {
        let read = read(range);
        let version_read = Version::read(version, read.scheme());
        assert_eq!(
            read.holds(&version_read),
            expected,
            "{version} in {range}: {read:?}"
        );
    }

    #[test]
    fn words_of_advisories_are_read() {
        for (range, version, expected) in [
            ("All versions", "7", Yes),
            ("All versions prior to V3.2", "V3.1.9", Yes),
            ("All versions prior to V3.2", "3.2", No),
            ("All Versions < V6.4", "V6.3", Yes),
            ("All Versions >= V2.7", "V2.6", No),
            ("<= 1.2.3", "1.2.3", Yes),
            ("<= 1.2.3", "1.2.4", No),
            (" <1.000.HW01.3.20190820", "1.000.HW01.3.20190819", Yes),
            ("V2.0 SP1", "V2.0 SP1", Yes),
            ("V2.0 SP1", "V2.0 SP2", No),
            ("V2.0 SP1", "V2.0", Unsure),
            ("3.x", "3.4.1", Yes),
            ("3.x", "4.0", No),
            ("3.x", "3", Yes),
            ("3.1.x", "3", Unsure),
            (">= 3.5.11.0 | <= 3.5.15.0", "3.5.12", Yes),
            (">=12.4.1|<=12.4.11", "12.4.12", No),
            (">= v10.96 | < v10.97.2 ", "10.97.1", Yes),
            ("0 < 9.8.12", "9.8.11", Yes),
            ("0 < 9.8.12", "9.8.12", No),
            ("1.2 and earlier", "1.3", No),
            ("1.2.5 and prior", "1.2.4", Yes),
            ("from 1.0 to 2.0", "1.5", Yes),
            ("from 1.0 to 2.0", "2.0", Unsure),
            ("from 1.0 up to and including 2.0", "2.0", Yes),
            ("31  - 32", "31", Yes),
            ("< V2023 MP1", "V2023", Unsure),
            ("< V2023 MP1", "V2022 MP5", Yes),
            ("<=1.4.62_build220414", "1.4.62_build220415", No),
        ] {
            check(range, version, expected);
        }
    }

    #[test]
    fn what_is_not_understood_is_unsure_and_never_no() {
        for range in [
            "5  digits of serial number <= 24031",
            "< 17 | 4",
            "<  numbers ending ...9A ...9B ...9C etc.",
            "ESP32",
            "see section 4",
            "1.2 with option card",
            "",
            "versions shipped in 2019",
            "< 3.x",
        ] {
            check(range, "1.0", Unsure);
            check(range, "99", Unsure);
        }
    }

    #[test]
    fn a_coarse_version_is_answered_only_where_all_it_may_mean_agree() {
        for (range, version, expected) in [
            ("< 3.2.5", "3.2", Unsure),
            ("< 3.2.5", "3.1", Yes),
            ("< 3.2.0", "3.2", No),
            ("<= 3.2.0", "3.2", Unsure),
            ("<= 3.2", "3.2.1", Unsure),
            ("< 3.2", "3.2.1", No),
            ("<= 3.2", "3.2.0", Yes),
            ("> 3.2", "3.2.1", Unsure),
            (">= 3.2", "3.2.1", Yes),
            ("3.2", "3.2.1", Unsure),
            ("3.2.1", "3.2", Unsure),
            ("< 2", "", Unsure),
            ("< 2", "unknown", Unsure),
        ] {
            check(range, version, expected);
        }
    }
}
