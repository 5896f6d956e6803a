//! Queries, sections 3 and 5. In: a query as it came. Out: filters, page length, position. Never: a filter that is passed over: what is not understood is refused.
//!
//! `+` stands for itself, because offsets of times have it; a parameter of `match` that stands twice is as if its values stood in one list; any other may stand once.

use super::error::TaxiiError;
use super::{PAGE_MAX, PAGE_USUAL, QUERY_BYTES_MAX, VALUES_MAX};
use crate::stix::{SpecVersion, Timestamp};

/// What is asked, which decides which filters there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// Objects of a collection.
    Objects,
    /// The manifest of a collection.
    Manifest,
    /// One object.
    Object,
    /// Versions of one object.
    Versions,
    /// The end of one object.
    Remove,
    /// Anything that is not filtered.
    Other,
}

/// A query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// What is wanted.
    pub filter: Filter,
    /// Objects of a page at most, 1 to [`PAGE_MAX`].
    pub limit: usize,
    /// `next` of an earlier answer, unchecked.
    pub next: Option<String>,
}

/// What is wanted. Values within a field are alternatives, fields narrow each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// `added_after`: only objects that were added later.
    pub added_after: Option<Timestamp>,
    /// `match[id]`
    pub ids: Option<Vec<String>>,
    /// `match[type]`
    pub kinds: Option<Vec<String>>,
    /// `match[version]`; without it the last.
    pub versions: Option<Vec<VersionFilter>>,
    /// `match[spec_version]`; without it the newest of each object.
    pub spec_versions: Option<Vec<SpecVersion>>,
}

/// A value of `match[version]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VersionFilter {
    /// The earliest.
    First,
    /// The latest.
    Last,
    /// Every one.
    All,
    /// The one of this moment.
    Exact(Timestamp),
}

impl Resource {
    /// Names of `match[…]` that it has.
    const fn matches(self) -> &'static [&'static str] {
        match self {
            Self::Objects | Self::Manifest => &["id", "type", "version", "spec_version"],
            Self::Object | Self::Remove => &["version", "spec_version"],
            Self::Versions => &["spec_version"],
            Self::Other => &[],
        }
    }

    const fn pages(self) -> bool {
        !matches!(self, Self::Remove | Self::Other)
    }

    /// A word that a position is bound to.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Objects => "objects",
            Self::Manifest => "manifest",
            Self::Object => "object",
            Self::Versions => "versions",
            Self::Remove | Self::Other => "",
        }
    }
}

impl Query {
    /// Reads the part of a request's target behind the question mark.
    ///
    /// # Errors
    /// 400, naming the parameter.
    pub fn parse(raw: &str, resource: Resource) -> Result<Self, TaxiiError> {
        if raw.len() > QUERY_BYTES_MAX {
            return Err(TaxiiError::query(format!(
                "The query is longer than {QUERY_BYTES_MAX} bytes."
            )));
        }
        let mut query = Self {
            filter: Filter::default(),
            limit: PAGE_USUAL,
            next: None,
        };
        let mut seen: Vec<String> = Vec::new();
        for pair in raw.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name)?, decode(value)?);
            if let Some(field) = name
                .strip_prefix("match[")
                .and_then(|n| n.strip_suffix(']'))
            {
                query.field(field, &value, resource)?;
                continue;
            }
            if !matches!(name.as_str(), "added_after" | "limit" | "next") {
                if name.starts_with("match") {
                    return Err(TaxiiError::query(format!("There is no filter `{name}`.")));
                }
                // What TAXII does not name belongs to somebody between us.
                continue;
            }
            if !resource.pages() {
                return Err(TaxiiError::query(format!("`{name}` means nothing here.")));
            }
            if seen.contains(&name) {
                return Err(TaxiiError::query(format!("`{name}` stands twice.")));
            }
            match name.as_str() {
                "added_after" => query.filter.added_after = Some(time("added_after", &value)?),
                "limit" => query.limit = limit(&value)?,
                _ if value.is_empty() => return Err(TaxiiError::query("`next` is empty.")),
                _ => query.next = Some(value),
            }
            seen.push(name);
        }
        Ok(query)
    }

    fn field(&mut self, field: &str, value: &str, resource: Resource) -> Result<(), TaxiiError> {
        if !resource.matches().contains(&field) {
            return Err(TaxiiError::query(format!(
                "There is no filter `match[{field}]` here."
            )));
        }
        let name = format!("match[{field}]");
        let values: Vec<&str> = value.split(',').map(str::trim).collect();
        if values.iter().any(|value| value.is_empty()) {
            return Err(TaxiiError::query(format!("`{name}` has an empty value.")));
        }
        let filter = &mut self.filter;
        let count = match field {
            "id" => extend(&mut filter.ids, values, |value| Ok(value.to_owned()))?,
            "type" => extend(&mut filter.kinds, values, |value| Ok(value.to_owned()))?,
            "version" => extend(&mut filter.versions, values, |value| version(&name, value))?,
            _ => extend(&mut filter.spec_versions, values, |value| {
                let parsed = SpecVersion::parse(value);
                parsed.ok_or_else(|| {
                    TaxiiError::query(format!(
                        "`{name}` has a value that is no version such as 2.1."
                    ))
                })
            })?,
        };
        if count > VALUES_MAX {
            return Err(TaxiiError::query(format!(
                "`{name}` has more than {VALUES_MAX} values."
            )));
        }
        Ok(())
    }
}

fn extend<T>(
    place: &mut Option<Vec<T>>,
    values: Vec<&str>,
    read: impl Fn(&str) -> Result<T, TaxiiError>,
) -> Result<usize, TaxiiError> {
    let list = place.get_or_insert_default();
    for value in values {
        list.push(read(value)?);
    }
    Ok(list.len())
}

fn version(name: &str, value: &str) -> Result<VersionFilter, TaxiiError> {
    Ok(match value {
        "first" => VersionFilter::First,
        "last" => VersionFilter::Last,
        "all" => VersionFilter::All,
        other => VersionFilter::Exact(time(name, other)?),
    })
}

fn time(name: &str, value: &str) -> Result<Timestamp, TaxiiError> {
    Timestamp::parse_rfc3339(value).ok_or_else(|| {
        TaxiiError::query(format!(
            "`{name}` is no time such as 2016-01-20T12:31:12.123Z."
        ))
    })
}

/// A positive whole number; one beyond our maximum is our maximum.
fn limit(value: &str) -> Result<usize, TaxiiError> {
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let zero = value.bytes().all(|byte| byte == b'0');
    if !digits || zero {
        return Err(TaxiiError::query("`limit` is no positive whole number."));
    }
    Ok(value.parse().unwrap_or(usize::MAX).min(PAGE_MAX))
}

/// Undoes percent-encoding, RFC 3986 section 2.1.
fn decode(text: &str) -> Result<String, TaxiiError> {
    let wrong = || TaxiiError::query("There is something that is not percent-encoded UTF-8.");
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let mut digit = || bytes.next().and_then(|byte| char::from(byte).to_digit(16));
            let (high, low) = (digit().ok_or_else(wrong)?, digit().ok_or_else(wrong)?);
            out.push((high << 4 | low) as u8);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).map_err(|_| wrong())
}

impl Filter {
    /// One text for everything that a position is bound to.
    pub(super) fn canonical(&self) -> String {
        // Each field is written with its name and in the order of its values sorted, so that nothing of one can be taken for another.
        format!(
            "{:?}|{:?}|{:?}|{:?}|{:?}",
            self.added_after,
            sorted(self.ids.as_deref()),
            sorted(self.kinds.as_deref()),
            self.versions.as_ref().map(|list| {
                let texts: Vec<String> = list.iter().map(|one| format!("{one:?}")).collect();
                sorted(Some(&texts))
            }),
            sorted(self.spec_versions.as_deref()),
        )
    }
}

fn sorted<T: Ord + Clone>(list: Option<&[T]>) -> Option<Vec<T>> {
    list.map(|list| {
        let mut list = list.to_vec();
        list.sort();
        list.dedup();
        list
    })
}
