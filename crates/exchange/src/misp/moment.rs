//! Times as MISP and STIX write them. In: seconds, texts with offsets and fractions. Out: seconds, texts. Never: a clock, a zone that is not in the text.

use sakimori_custody::time::{SECONDS_MAX, Seconds};

/// A STIX timestamp with three digits of fraction, as `created` and `modified` have it.
pub(super) fn stix_millis(time: Seconds) -> String {
    time.millis().to_string()
}

/// A STIX timestamp of MISP's text; the fraction stays as it is written.
pub(super) fn stix_of_misp(text: &str) -> Option<String> {
    let (seconds, fraction) = read(text)?;
    let whole = seconds.to_string();
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() {
        return Some(whole);
    }
    Some(format!("{}.{fraction}Z", whole.trim_end_matches('Z')))
}

/// A STIX timestamp as clusters of misp-stix have it: without a fraction, or with six digits of it.
pub(super) fn stix_micros(text: &str) -> Option<String> {
    let (seconds, fraction) = read(text)?;
    let digits: String = fraction.chars().chain("000000".chars()).take(6).collect();
    if digits == "000000" {
        return Some(seconds.to_string());
    }
    let whole = seconds.to_string();
    Some(format!("{}.{digits}Z", whole.trim_end_matches('Z')))
}

/// MISP's text of a STIX timestamp: an offset in place of the letter.
pub(super) fn misp_of_stix(text: &str) -> Option<String> {
    let (seconds, fraction) = read(text)?;
    let whole = seconds.to_string();
    let whole = whole.trim_end_matches('Z');
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() {
        return Some(format!("{whole}+00:00"));
    }
    Some(format!("{whole}.{fraction}+00:00"))
}

/// Seconds of a timestamp with `Z` or an offset, and the digits of its fraction (RFC 3339 section 5.6; a space in place of the `T` is accepted, MISP writes both).
pub(crate) fn read(text: &str) -> Option<(Seconds, &str)> {
    let (date, rest) = (text.get(..19)?, text.get(19..)?);
    let date = date.replace(' ', "T");
    let base: Seconds = format!("{date}Z").parse().ok()?;
    let (fraction, zone) = rest.strip_prefix('.').map_or(("", rest), |rest| {
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        rest.split_at(end)
    });
    let shifted = match zone {
        "" | "Z" | "z" => i64::try_from(base.0).ok()?,
        _ => i64::try_from(base.0).ok()? - offset(zone)?,
    };
    let seconds = u64::try_from(shifted).ok()?;
    (seconds <= SECONDS_MAX).then_some((Seconds(seconds), fraction))
}

/// Seconds of an offset such as `+09:00` or `+0900`.
fn offset(zone: &str) -> Option<i64> {
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
    if digits.len() != 4 || !matches!(zone.len(), 5 | 6) {
        return None;
    }
    let value: i64 = digits.parse().ok()?;
    let (hours, minutes) = (value / 100, value % 100);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_go_both_ways_and_offsets_are_counted() {
        let check = |misp: &str, stix: &str| {
            assert_eq!(stix_of_misp(misp).as_deref(), Some(stix), "{misp}");
        };
        check("2020-10-25T16:22:00+00:00", "2020-10-25T16:22:00Z");
        check("2020-10-25 16:22:00", "2020-10-25T16:22:00Z");
        check(
            "2020-10-25T16:22:00.120000+09:00",
            "2020-10-25T07:22:00.12Z",
        );
        check("2020-10-25T16:22:00-0130", "2020-10-25T17:52:00Z");
        assert_eq!(
            misp_of_stix("2020-10-25T16:22:00.5Z").as_deref(),
            Some("2020-10-25T16:22:00.5+00:00")
        );
        for bad in [
            "",
            "2020-10-25",
            "2020-10-25T16:22:00+9",
            "1969-01-01T00:00:00Z",
            "2020-13-01T00:00:00Z",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
