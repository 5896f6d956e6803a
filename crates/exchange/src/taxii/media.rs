//! Media types, section 1.6. In: `Accept` and `Content-Type` as they came. Out: whether TAXII 2.1 fits. Never: an answer in another type.

use super::error::TaxiiError;

/// A media range with its parameters.
struct Range<'t> {
    kind: String,
    subtype: String,
    /// `version`, in lower case and without quotes.
    version: Option<String>,
    /// `q` in thousandths.
    quality: u16,
    text: &'t str,
}

/// Reads one range; `None` where it is malformed, which is passed over as if it were not there (RFC 9110 section 12.5.1 says nothing about it).
fn range(text: &str) -> Option<Range<'_>> {
    let mut parts = pieces(text, ';').into_iter().map(str::trim);
    let (kind, subtype) = parts.next()?.split_once('/')?;
    let mut range = Range {
        kind: kind.trim().to_ascii_lowercase(),
        subtype: subtype.trim().to_ascii_lowercase(),
        version: None,
        quality: 1000,
        text,
    };
    for part in parts {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let value = value.trim();
        let value = value
            .strip_prefix('"')
            .and_then(|inner| inner.strip_suffix('"'))
            .unwrap_or(value);
        match name.trim().to_ascii_lowercase().as_str() {
            "version" => range.version = Some(value.to_ascii_lowercase()),
            "q" => range.quality = quality(value)?,
            _ => {}
        }
    }
    Some(range)
}

/// `0.25` in thousandths, RFC 9110 section 12.4.2.
fn quality(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = fraction.len() <= 3 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || !matches!(whole, "0" | "1") {
        return None;
    }
    let thousandths: u16 = format!("{fraction:0<3}").parse().ok()?;
    let sum = if whole == "1" {
        1000 + thousandths
    } else {
        thousandths
    };
    (sum <= 1000).then_some(sum)
}

/// Cuts at a mark that does not stand in quotes.
fn pieces(text: &str, mark: char) -> Vec<&str> {
    let mut quoted = false;
    let cut = |character: char| {
        quoted ^= character == '"';
        character == mark && !quoted
    };
    text.split(cut).collect()
}

/// How well a range fits our type: 0 not, then the wider ones first.
fn fit(range: &Range<'_>) -> u8 {
    let version = range.version.as_deref();
    match (range.kind.as_str(), range.subtype.as_str()) {
        ("application", "taxii+json") => match version {
            Some("2.1") => 4,
            None => 3,
            Some(_) => 0,
        },
        ("application", "*") => 2,
        ("*", "*") => 1,
        _ => 0,
    }
}

/// Whether the caller takes our media type; without the header it does.
///
/// # Errors
/// 406 where nothing fits, with a hint where it asks for TAXII 2.0.
pub fn accepts(accept: Option<&str>) -> Result<(), TaxiiError> {
    let Some(accept) = accept.map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(());
    };
    let ranges: Vec<Range<'_>> = pieces(accept, ',').into_iter().filter_map(range).collect();
    // The most precise range counts (RFC 9110 section 12.5.1), the better of two of them.
    let best = ranges
        .iter()
        .map(|range| (fit(range), range.quality))
        .filter(|(fit, _)| *fit > 0)
        .max();
    if best.is_some_and(|(_, quality)| quality > 0) {
        return Ok(());
    }
    let old = |range: &&Range<'_>| {
        range.text.contains("taxii") && range.version.as_deref() == Some("2.0")
    };
    let hint = if ranges.iter().any(|range| old(&range)) {
        " This is a server of TAXII 2.1; versions do not mix."
    } else {
        ""
    };
    Err(TaxiiError::new(
        406,
        "No acceptable media type",
        format!("Answers are of the type {}.{hint}", super::MEDIA_TYPE),
    ))
}

/// Whether a body is of our media type; one without a version is.
///
/// # Errors
/// 415 for another or none.
pub fn posts(content_type: Option<&str>) -> Result<(), TaxiiError> {
    let range = content_type.and_then(range);
    match range {
        Some(range) if fit(&range) >= 3 => Ok(()),
        _ => Err(TaxiiError::new(
            415,
            "Unsupported media type",
            format!("A body has to be of the type {}.", super::MEDIA_TYPE),
        )),
    }
}
