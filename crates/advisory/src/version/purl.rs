//! Package URLs: read and compared. In: `pkg:type/namespace/name@version?qualifiers#subpath`. Out: its parts. Never: the rules of single types beyond upper and lower case.
//! Source: ECMA-427 (Package-URL), 5.

use super::vers::decode;
use super::{Answer, Scheme, Version};
use crate::limits::TEXT_BYTES_MAX;
use std::collections::BTreeMap;

/// Types whose names are compared without regard to case (ECMA-427, types registry).
const FOLDED: [&str; 9] = [
    "alpm",
    "apk",
    "bitbucket",
    "composer",
    "deb",
    "github",
    "gitlab",
    "hex",
    "npm",
];

/// A package URL in its canonical parts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Purl {
    /// Type, lower case.
    pub kind: String,
    /// Namespace, parts joined by `/`.
    pub namespace: Option<String>,
    /// Name.
    pub name: String,
    /// Version.
    pub version: Option<String>,
    /// Qualifiers by key, without empty ones.
    pub qualifiers: BTreeMap<String, String>,
    /// Subpath.
    pub subpath: Option<String>,
}

/// Why a text is no package URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no package URL: {what}")]
pub struct PurlError {
    text: String,
    what: &'static str,
}

impl Purl {
    /// Reads a package URL.
    ///
    /// # Errors
    /// [`PurlError`] with the text and the rule that it breaks.
    pub fn read(text: &str) -> Result<Self, PurlError> {
        parts(text).map_err(|what| PurlError {
            text: text.chars().take(80).collect(),
            what,
        })
    }

    /// Whether a package of the name `other` is meant by this one. Without a version, every version is meant; a version that `other` lacks is a question.
    pub fn means(&self, other: &Self) -> Answer {
        if self.kind != other.kind || self.namespace != other.namespace || self.name != other.name {
            return Answer::No;
        }
        // Qualifiers such as `arch` narrow; one that only one side has leaves it open.
        let asked = self.qualifiers.iter().map(|(key, value)| {
            let theirs = other.qualifiers.get(key);
            theirs.map_or(Answer::Unsure, |v| Answer::from(v == value))
        });
        let version = match (&self.version, &other.version) {
            (None, _) => Answer::Yes,
            (Some(_), None) => Answer::Unsure,
            (Some(a), Some(b)) if a == b => Answer::Yes,
            (Some(a), Some(b)) => {
                let [a, b] = [a, b].map(|v| Version::read(v, Scheme::Cautious));
                let order = a.compare(&b);
                order.map_or(Answer::Unsure, |o| Answer::from(o.is_eq()))
            }
        };
        asked.fold(version, Answer::and)
    }
}

fn parts(text: &str) -> Result<Purl, &'static str> {
    if text.len() > TEXT_BYTES_MAX {
        return Err("longer than is read");
    }
    let (rest, subpath) = match text.split_once('#') {
        Some((rest, subpath)) => (rest, path(subpath)?),
        None => (text, None),
    };
    let (rest, qualifiers) = match rest.split_once('?') {
        Some((rest, list)) => (rest, qualifiers(list)?),
        None => (rest, BTreeMap::new()),
    };
    let (scheme, rest) = rest.split_once(':').ok_or("it has no scheme")?;
    if !scheme.eq_ignore_ascii_case("pkg") {
        return Err("its scheme is not `pkg`");
    }
    let (kind, rest) = rest
        .trim_start_matches('/')
        .split_once('/')
        .ok_or("it has no type")?;
    let kind = kind.to_ascii_lowercase();
    let typed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-');
    if !kind.starts_with(|c: char| c.is_ascii_alphabetic()) || !kind.bytes().all(typed) {
        return Err("its type has other signs than letters, digits, `.` and `-`");
    }
    let rest = rest.trim_matches('/');
    // An `@` before the last slash belongs to a namespace (`pkg:npm/@scope/name`, which should be encoded).
    let (rest, version) = match rest.rsplit_once('@') {
        Some((rest, version)) if !version.contains('/') && !rest.is_empty() => {
            let version = decode(version).ok_or("its version is not encoded well")?;
            (rest, Some(version).filter(|v| !v.is_empty()))
        }
        _ => (rest, None),
    };
    let (namespace, name) = match rest.rsplit_once('/') {
        Some((namespace, name)) => (path(namespace)?, name),
        None => (None, rest),
    };
    let mut name = decode(name).ok_or("its name is not encoded well")?;
    if name.is_empty() {
        return Err("it has no name");
    }
    let mut namespace = namespace;
    if FOLDED.contains(&kind.as_str()) {
        name = name.to_lowercase();
        namespace = namespace.map(|n| n.to_lowercase());
    }
    if kind == "pypi" {
        name = name.to_lowercase().replace('_', "-");
    }
    Ok(Purl {
        kind,
        namespace,
        name,
        version,
        qualifiers,
        subpath,
    })
}

/// Segments, decoded; empty ones, `.` and `..` are left out.
fn path(text: &str) -> Result<Option<String>, &'static str> {
    let mut kept = Vec::new();
    for segment in text.split('/') {
        let segment = decode(segment).ok_or("a segment is not encoded well")?;
        if segment.contains('/') {
            return Err("a segment holds an encoded slash");
        }
        if !matches!(segment.as_str(), "" | "." | "..") {
            kept.push(segment);
        }
    }
    Ok(Some(kept.join("/")).filter(|path| !path.is_empty()))
}

fn qualifiers(text: &str) -> Result<BTreeMap<String, String>, &'static str> {
    let mut found = BTreeMap::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').ok_or("a qualifier has no value")?;
        let key = key.to_ascii_lowercase();
        let signs = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
        if !key.starts_with(|c: char| c.is_ascii_alphabetic()) || !key.bytes().all(signs) {
            return Err("a qualifier's key has other signs than letters, digits, `.`, `-`, `_`");
        }
        let value = decode(value).ok_or("a qualifier is not encoded well")?;
        if !value.is_empty() && found.insert(key, value).is_some() {
            return Err("a qualifier stands twice");
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Purl {
        Purl::read(text).unwrap_or_else(|e| panic!("{e}"))
    }

    #[test]
    fn parts_are_read_as_the_standard_says() {
        let purl = read("pkg:npm/%40angular/animation@12.3.1?arch=x86&empty=#src//./lib");
        assert_eq!(purl.kind, "npm");
        assert_eq!(purl.namespace.as_deref(), Some("@angular"));
        assert_eq!(purl.name, "animation");
        assert_eq!(purl.version.as_deref(), Some("12.3.1"));
        assert_eq!(purl.qualifiers.len(), 1);
        assert_eq!(purl.subpath.as_deref(), Some("src/lib"));
        assert_eq!(read("PKG:PyPI/Django_X@1.0").name, "django-x");
        assert_eq!(
            read("pkg:///maven/org.a/b").namespace.as_deref(),
            Some("org.a")
        );
        assert_eq!(
            read("pkg:npm/@scope/name").namespace.as_deref(),
            Some("@scope")
        );
        for bad in [
            "npm/a",
            "pkg:npm",
            "pkg:npm/",
            "pkg:1npm/a",
            "pkg:n_pm/a",
            "pkg:npm/a?x",
            "pkg:npm/a?x=1&X=2",
            "pkg:npm/a@%zz",
            "http://npm/a",
        ] {
            assert!(Purl::read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_package_without_version_means_every_version() {
        let check = |a: &str, b: &str, expected| {
            assert_eq!(read(a).means(&read(b)), expected, "{a} {b}");
        };
        check("pkg:npm/a", "pkg:npm/A@1", Answer::Yes);
        check("pkg:npm/a@1", "pkg:npm/a@1.0.0", Answer::Yes);
        check("pkg:npm/a@1", "pkg:npm/a@2", Answer::No);
        check("pkg:npm/a@1", "pkg:npm/a", Answer::Unsure);
        check(
            "pkg:deb/debian/a?arch=amd64",
            "pkg:deb/debian/a@1",
            Answer::Unsure,
        );
        check("pkg:deb/debian/a", "pkg:deb/ubuntu/a", Answer::No);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "pkg:[a-z]{1,5}/.{0,40}") {
            let _ = Purl::read(&text);
        }
    }
}
