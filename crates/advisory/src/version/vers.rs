//! Ranges as VERS writes them: `vers:<scheme>/<constraint>|<constraint>`. In: the text. Out: a range. Never: a refusal; what breaks the rules is unclear. Source: the draft
//! "VERS: Version Range Specifier" (package-url), which CSAF 2.1 names in 3.1.2.3.2.

use super::order::{Scheme, Version};
use super::range::{Bound, Range, Sign};
use crate::limits::{CONSTRAINTS_MAX, TEXT_BYTES_MAX};

/// Schemes that the specification lists, with `all` and `none`.
pub const KNOWN: [&str; 26] = [
    "all",
    "none",
    "generic",
    "intdot",
    "datetime",
    "lexicographic",
    "semver",
    "alpine",
    "apk",
    "arch",
    "alpm",
    "cargo",
    "composer",
    "conan",
    "deb",
    "ebuild",
    "gem",
    "gentoo",
    "golang",
    "hex",
    "maven",
    "npm",
    "nuget",
    "openssl",
    "pypi",
    "rpm",
];

/// The scheme of a `vers:` text, in lower case.
pub fn scheme_of(written: &str) -> Option<String> {
    let (head, behind) = written.split_once(':')?;
    let (scheme, _) = behind.split_once('/')?;
    head.eq_ignore_ascii_case("vers")
        .then(|| scheme.to_ascii_lowercase())
}

/// Reads a `vers:` text. Publishers also write `vers:all/<V3.3`, which the rules do not know: it is read as a comparison.
pub fn read(written: &str) -> Range {
    let unclear = written.len() > TEXT_BYTES_MAX;
    let Some(scheme) = scheme_of(written).filter(|_| !unclear) else {
        return Range::Unclear;
    };
    let constraints = written.split_once('/').map_or("", |(_, c)| c).trim();
    if constraints == "*" {
        return Range::All;
    }
    let order = match scheme.as_str() {
        "intdot" => Scheme::Dotted,
        "semver" | "npm" | "cargo" | "golang" | "hex" => Scheme::Semantic,
        _ => Scheme::Cautious,
    };
    comparisons(constraints, order).unwrap_or(Range::Unclear)
}

/// Reads `>=1|<2`, also without bars (`>=V5.4<V5.5 SP1`); nothing where a bare version follows a comparison, which is no rule of anybody's.
pub(super) fn comparisons(text: &str, scheme: Scheme) -> Option<Range> {
    let (mut bounds, mut except) = (Vec::new(), Vec::new());
    for piece in text.split('|') {
        for (sign, version) in pieces(piece)? {
            if bounds.len() + except.len() >= CONSTRAINTS_MAX {
                return None;
            }
            let version = Version::read(&decode(version)?, scheme);
            match sign {
                Some(sign) => bounds.push(Bound { sign, version }),
                None => except.push(version),
            }
        }
    }
    Some(Range::of_sequence(bounds, except, scheme))
}

/// Whether a `vers:` text keeps the rules that hold for every scheme: a scheme, and between bars one comparison each, with a version.
pub fn is_well_formed(written: &str) -> bool {
    let Some(scheme) = scheme_of(written) else {
        return false;
    };
    let signs =
        |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '+');
    let constraints = written.split_once('/').map_or("", |(_, c)| c);
    let one = |piece: &str| pieces(piece).is_some_and(|found| found.len() == 1);
    let compared = constraints.split('|').all(one);
    !scheme.is_empty() && scheme.chars().all(signs) && (constraints == "*" || compared)
}

/// A sign, or none for `!=`, and the version behind it.
type Piece<'t> = (Option<Sign>, &'t str);

/// The comparisons of one piece; a version alone is `=`.
fn pieces(piece: &str) -> Option<Vec<Piece<'_>>> {
    let mut found = Vec::new();
    let mut rest = piece.trim();
    if !rest.starts_with(['<', '>', '=', '!']) {
        let end = rest.find(['<', '>', '=', '!']).unwrap_or(rest.len());
        let (version, behind) = rest.split_at_checked(end)?;
        let version = version.trim();
        if version.is_empty() {
            return None;
        }
        // `0 < 9.8.12` says where the range begins.
        let sign = if behind.is_empty() {
            Sign::Is
        } else {
            Sign::AboveOr
        };
        found.push((Some(sign), version));
        rest = behind;
    }
    while !rest.is_empty() {
        let (sign, behind) = sign(rest)?;
        let end = behind.find(['<', '>', '=', '!']).unwrap_or(behind.len());
        let (version, next) = behind.split_at_checked(end)?;
        let version = version.trim().trim_end_matches([',', ';']).trim_end();
        let version = version.strip_suffix(" and").unwrap_or(version).trim();
        if version.is_empty() {
            return None;
        }
        found.push((sign, version));
        rest = next;
    }
    Some(found)
}

fn sign(text: &str) -> Option<(Option<Sign>, &str)> {
    let signs = [
        ("<=", Some(Sign::BelowOr)),
        (">=", Some(Sign::AboveOr)),
        ("!=", None),
        ("==", Some(Sign::Is)),
        ("<", Some(Sign::Below)),
        (">", Some(Sign::Above)),
        ("=", Some(Sign::Is)),
    ];
    signs
        .into_iter()
        .find_map(|(written, sign)| text.strip_prefix(written).map(|rest| (sign, rest)))
}

/// Writes constraints so that only signs stand in them that `vers:` has unencoded.
pub(crate) fn encode(constraints: &str) -> String {
    let mut encoded = String::with_capacity(constraints.len());
    for c in constraints.chars() {
        let plain = c.is_ascii_alphanumeric()
            || matches!(c, '.' | '-' | '_' | '~' | '<' | '>' | '=' | '!' | '|' | '*');
        if plain {
            encoded.push(c);
            continue;
        }
        let mut buffer = [0; 4];
        for byte in c.encode_utf8(&mut buffer).bytes() {
            encoded.push('%');
            for digit in [byte >> 4, byte & 15] {
                encoded.extend(char::from_digit(digit.into(), 16).map(|d| d.to_ascii_uppercase()));
            }
        }
    }
    encoded
}

/// Percent-encoding, as versions in `vers:` have it; nothing where it is broken.
pub(super) fn decode(text: &str) -> Option<String> {
    if !text.contains('%') {
        return Some(text.to_owned());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |b: u8| (b as char).to_digit(16);
        let high = rest.next().and_then(digit)?;
        let low = rest.next().and_then(digit)?;
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::super::Answer::{self, No, Unsure, Yes};
    use super::*;

    fn check(range: &str, version: &str, expected: Answer) {
        let read = read(range);
        let version_read = Version::read(version, read.scheme());
        assert_eq!(read.holds(&version_read), expected, "{version} in {range}");
    }

    #[test]
    fn rules_of_every_scheme_are_kept_or_broken() {
        for good in ["vers:all/*", "vers:x/1|>=2|<3", "vers:deb/<1.2-4"] {
            assert!(is_well_formed(good), "{good}");
        }
        for bad in [
            "vers:/<1",
            "vers:x/",
            "vers:x/||>1",
            "vers:x/<>1",
            "vers:x/>1<2",
            "vers:X Y/<1",
            "<1",
        ] {
            assert!(!is_well_formed(bad), "{bad}");
        }
    }

    #[test]
    fn constraints_are_read_in_pairs() {
        for (range, version, expected) in [
            ("vers:all/*", "anything at all", Yes),
            ("vers:generic/<1.2|>=2", "1.1", Yes),
            ("vers:generic/<1.2|>=2", "1.2", No),
            ("vers:generic/<1.2|>=2", "1.9.9", No),
            ("vers:generic/<1.2|>=2", "2.0", Yes),
            ("vers:intdot/>1.2|!=3.2.0|<3.91.1|>4.2.0", "3.2.0", No),
            ("vers:intdot/>1.2|!=3.2.0|<3.91.1|>4.2.0", "3.2.1", Yes),
            ("vers:intdot/>1.2|!=3.2.0|<3.91.1|>4.2.0", "4.0", No),
            ("vers:semver/>=1.0.0-beta|<1.0.0", "1.0.0-rc.1", Yes),
            ("vers:semver/<1.0.0", "1.0.0-rc.1", Yes),
            ("vers:npm/1.2.3|>=2.0.0|<5.0.0", "1.2.3", Yes),
            ("vers:npm/1.2.3|>=2.0.0|<5.0.0", "5.0.0", No),
            ("vers:maven/>=1.0-alpha|<1.0", "1.0-beta", Yes),
            ("vers:maven/>=1.0|<=1.5-jre", "1.5-android", Unsure),
            ("vers:deb/<1.2-4", "1.2-5", No),
            ("vers:deb/<1.2-4", "1.2", Unsure),
            ("vers:all/<V3.3", "V3.2", Yes),
            ("vers:all/>=V5.4<V5.5 SP1", "V5.4.3", Yes),
            ("vers:all/>=V5.4<V5.5 SP1", "V5.5 SP1", No),
            ("vers:all/>=V5.4<V5.5 SP1", "V5.3", No),
            ("vers:generic/!=1.0", "1.0", No),
            ("vers:generic/!=1.0", "1.1", Yes),
            ("vers:pypi/<1.0%20SP1", "0.9", Yes),
            ("vers:generic/<2|<3", "1", Unsure),
            ("vers:generic/<3|>=2", "5", Unsure),
            ("vers:generic/", "1", Unsure),
            ("vers:generic", "1", Unsure),
            ("vers:generic/<1.0%zz", "1", Unsure),
        ] {
            check(range, version, expected);
        }
    }
}
