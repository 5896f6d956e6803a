//! Events of `IntelMQ` and n6. In: JSON, one event a line, or n6's list. Out: sightings. Never: an event without a source address, name or URL.
//!
//! `IntelMQ` Data Format (harmonization of `IntelMQ` 3); n6 REST API (CERT Polska), from its documentation alone.

use super::{Credibility, FeedError, Grade, Kind, Sighting, also, text, time, wrong};
use crate::json::{self, Limits, Node, Value};
use crate::list::What;

/// Bounds of one event.
const EVENT: Limits = Limits {
    bytes_max: 1 << 20,
    depth_max: 8,
    values_max: 4096,
};
/// Bounds of a list of events.
const MANY: Limits = Limits {
    bytes_max: super::TEXT_BYTES_MAX,
    depth_max: 10,
    values_max: 1 << 23,
};

/// Reads JSON lines of `IntelMQ`. `grade` is the reader's grade of who sent them; `feed.accuracy` can only make it worse.
///
/// # Errors
/// [`FeedError`] for the first line that is wrong; then nothing is taken.
pub fn read_intelmq(bytes: &[u8], grade: Grade) -> Result<Vec<Sighting>, FeedError> {
    let mut out = Vec::new();
    for (line, words) in (1u64..).zip(text(bytes)?.lines()) {
        if words.trim().is_empty() {
            continue;
        }
        if out.len() == super::SIGHTINGS_MAX {
            return Err(FeedError::TooLong);
        }
        let node = json::read(words, EVENT).map_err(|why| FeedError::Json { line, why })?;
        out.push(intelmq(&node, line, grade)?);
    }
    Ok(out)
}

fn intelmq(node: &Node<'_>, line: u64, grade: Grade) -> Result<Sighting, FeedError> {
    let field = |name: &str| node.get(name).and_then(scalar).filter(|t| !t.is_empty());
    let seen = field("time.source").or_else(|| field("time.observation"));
    let when = seen.as_deref().and_then(time);
    let when = when.ok_or_else(|| wrong(line, "time.source", "is no time"))?;
    let subjects = ["source.ip", "source.network", "source.fqdn", "source.url"];
    let mut all = Vec::new();
    for name in subjects {
        if let Some(word) = field(name) {
            all.push(What::read(&word).map_err(|why| wrong(line, name, why))?);
        }
    }
    if all.is_empty() {
        return Err(wrong(
            line,
            "source.ip",
            "there is no address, network, name or URL",
        ));
    }
    let what = all.remove(0);
    all.extend(also(field("source.reverse_dns").as_deref()));
    let asn = field("source.asn").and_then(|number| number.parse().ok());
    all.extend(asn.map(What::As));
    let about = field("classification.type");
    let about = about.ok_or_else(|| wrong(line, "classification.type", "is missing"))?;
    let accuracy = field("feed.accuracy").and_then(|text| text.parse::<f64>().ok());
    let own = accuracy
        .filter(|percent| (0.0..=100.0).contains(percent))
        .map(|percent| {
            // The filter leaves 0 to 100.
            let whole = format!("{percent:.0}").parse().unwrap_or(0);
            Credibility::of_percent(whole)
        });
    Ok(Sighting {
        what,
        also: all,
        when,
        source: field("feed.name").unwrap_or_else(|| "IntelMQ".to_owned()),
        grade: grade.with_own_word(own),
        kind: kind_of_type(&about),
        about,
        fields: fields(node, line)?,
    })
}

/// What a type of the harmonization means for who owns the source (RSIT, reference security incident taxonomy).
fn kind_of_type(kind: &str) -> Kind {
    match kind {
        "vulnerable-system" | "weak-crypto" | "misconfiguration" => Kind::Vulnerability,
        "ddos-amplifier"
        | "potentially-unwanted-accessible"
        | "information-disclosure"
        | "data-leak"
        | "dropzone"
        | "proxy"
        | "tor" => Kind::Exposure,
        _ => Kind::ActiveCompromise,
    }
}

/// Reads events of n6: a list, or one a line. The form is written from its documentation and unverified.
///
/// # Errors
/// As [`read_intelmq`].
pub fn read_n6(bytes: &[u8], grade: Grade) -> Result<Vec<Sighting>, FeedError> {
    let words = text(bytes)?;
    let mut out = Vec::new();
    if words.trim_start().starts_with('[') {
        let list = json::read(words, MANY).map_err(|why| FeedError::Json { line: 1, why })?;
        for (at, node) in (1u64..).zip(list.items()) {
            n6(&mut out, node, at, grade)?;
        }
        return Ok(out);
    }
    for (line, words) in (1u64..).zip(words.lines()) {
        if words.trim().is_empty() {
            continue;
        }
        let node = json::read(words, EVENT).map_err(|why| FeedError::Json { line, why })?;
        n6(&mut out, &node, line, grade)?;
    }
    Ok(out)
}

/// Adds the sightings of an event: one for each of its addresses, or one for its name or URL.
fn n6(out: &mut Vec<Sighting>, node: &Node<'_>, line: u64, grade: Grade) -> Result<(), FeedError> {
    let field = |name: &str| node.get(name).and_then(scalar).filter(|t| !t.is_empty());
    let when = field("time").as_deref().and_then(time);
    let when = when.ok_or_else(|| wrong(line, "time", "is no time"))?;
    let category = field("category").ok_or_else(|| wrong(line, "category", "is missing"))?;
    let own = match field("confidence").as_deref() {
        Some("high") => Some(Credibility::Probable),
        Some("medium") => Some(Credibility::Possible),
        Some(_) => Some(Credibility::Doubtful),
        None => None,
    };
    let mut names = Vec::new();
    for name in ["fqdn", "url"] {
        if let Some(word) = field(name) {
            names.push(What::read(&word).map_err(|why| wrong(line, name, why))?);
        }
    }
    let mut subjects = Vec::new();
    for address in node.get("address").map_or(&[][..], Node::items) {
        let ip = address.text_of("ip").unwrap_or_default();
        let ip = ip
            .parse()
            .map_err(|_| wrong(line, "address", "is no address"))?;
        let asn = address.get("asn").and_then(scalar);
        let asn = asn.and_then(|number| number.parse().ok()).map(What::As);
        let others = names.iter().cloned().chain(asn);
        subjects.push((What::Address(ip), others.collect::<Vec<What>>()));
    }
    if subjects.is_empty() {
        let mut names = names.into_iter();
        let first = names.next();
        let first =
            first.ok_or_else(|| wrong(line, "address", "there is no address, name or URL"))?;
        subjects.push((first, names.collect()));
    }
    let fields = fields(node, line)?;
    for (what, also) in subjects {
        if out.len() == super::SIGHTINGS_MAX {
            return Err(FeedError::TooLong);
        }
        out.push(Sighting {
            what,
            also,
            when,
            source: format!("n6 {}", field("source").unwrap_or_default())
                .trim()
                .to_owned(),
            grade: grade.with_own_word(own),
            kind: kind_of_category(&category),
            about: category.clone(),
            fields: fields.clone(),
        });
    }
    Ok(())
}

/// What a category of n6 means for who owns the source.
fn kind_of_category(category: &str) -> Kind {
    match category {
        "vulnerable" | "webinject" => Kind::Vulnerability,
        "amplifier" | "proxy" | "leak" | "exposed" | "tor" => Kind::Exposure,
        _ => Kind::ActiveCompromise,
    }
}

/// Every field: values as they are, lists and objects as their text.
fn fields(node: &Node<'_>, line: u64) -> Result<Vec<(String, String)>, FeedError> {
    if !node.is_object() {
        return Err(wrong(line, "line", "is no object"));
    }
    if node.members().len() > super::FIELDS_MAX {
        return Err(wrong(line, "line", "has more fields than are read"));
    }
    let mut out = Vec::new();
    for member in node.members() {
        let mut words = String::new();
        written(&member.value, &mut words);
        if words.len() > super::FIELD_BYTES_MAX {
            return Err(wrong(line, &member.name, "is too long"));
        }
        out.push((member.name.to_string(), words));
    }
    Ok(out)
}

fn scalar(node: &Node<'_>) -> Option<String> {
    match &node.value {
        Value::Text(text) => Some(text.to_string()),
        Value::Number(number) => Some((*number).to_owned()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

fn written(node: &Node<'_>, out: &mut String) {
    match &node.value {
        Value::List(items) => {
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push_str("; ");
                }
                written(item, out);
            }
        }
        Value::Object(members) => {
            for (at, member) in members.iter().enumerate() {
                if at > 0 {
                    out.push(' ');
                }
                out.push_str(&member.name);
                out.push('=');
                written(&member.value, out);
            }
        }
        _ => out.push_str(&scalar(node).unwrap_or_default()),
    }
}
