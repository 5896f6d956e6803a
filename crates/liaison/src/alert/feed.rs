//! Feeds as sightings. In: bytes in a named form, the reader's grade of who sent them. Out: sightings. Never: a part of a feed; a value whose meaning is guessed.

use crate::error::LiaisonError;
use sakimori_exchange::feed::{
    self, FeedError, Form, Grade, Kind, Sighting, read_intelmq, read_n6, read_shadowserver,
    report_of_file,
};
use sakimori_exchange::list::{self, What};
use sakimori_exchange::misp;

/// The forms of feeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedForm {
    /// CSV of Shadowserver; the file's name says which of the ten types.
    Shadowserver,
    /// JSON lines of `IntelMQ`.
    IntelMq,
    /// JSON of n6.
    N6,
    /// Events of MISP.
    Misp,
    /// A list: indicators one a line, or CSV. What the office lets go of its own findings comes so, as a product for public notice.
    List,
}

const FORMS: [(FeedForm, &str); 5] = [
    (FeedForm::Shadowserver, "shadowserver"),
    (FeedForm::IntelMq, "intelmq"),
    (FeedForm::N6, "n6"),
    (FeedForm::Misp, "misp"),
    (FeedForm::List, "list"),
];

impl FeedForm {
    /// Its word.
    pub fn word(self) -> &'static str {
        let found = FORMS.iter().find(|(form, _)| *form == self);
        found.map_or("", |(_, word)| word)
    }

    /// The form of a word.
    pub fn of(word: &str) -> Option<Self> {
        let found = FORMS.iter().find(|(_, each)| *each == word);
        found.map(|(form, _)| *form)
    }

    /// Whether the form was compared with what its maker's own software writes.
    pub const fn is_verified(self) -> bool {
        match self {
            Self::Shadowserver => Form::Shadowserver.is_verified(),
            Self::IntelMq => Form::IntelMq.is_verified(),
            Self::N6 => Form::N6.is_verified(),
            Self::Misp | Self::List => true,
        }
    }
}

fn refused(name: &str, error: &dyn std::error::Error) -> LiaisonError {
    let cause = error.source().map(|cause| format!(": {cause}"));
    LiaisonError::Refused {
        field: name.chars().take(120).collect(),
        rule: format!("{error}{}", cause.unwrap_or_default()),
    }
}

/// Reads a feed. `name` is the file's; `now` is when a list without times was seen.
///
/// # Errors
/// [`LiaisonError::Refused`] names line and field of the first thing that is wrong; nothing is taken then.
pub fn sightings(
    (name, form): (&str, FeedForm),
    bytes: &[u8],
    grade: Grade,
    now: sakimori_custody::time::Seconds,
) -> Result<Vec<Sighting>, LiaisonError> {
    let of_feed = |e: FeedError| refused(name, &e);
    match form {
        FeedForm::Shadowserver => {
            let report = report_of_file(name).map_err(of_feed)?;
            read_shadowserver(bytes, report, grade).map_err(of_feed)
        }
        FeedForm::IntelMq => read_intelmq(bytes, grade).map_err(of_feed),
        FeedForm::N6 => read_n6(bytes, grade).map_err(of_feed),
        FeedForm::Misp => {
            let events = misp::read(bytes).map_err(|e| refused(name, &e))?;
            Ok(events
                .iter()
                .flat_map(|e| of_event(e, grade, now))
                .collect())
        }
        FeedForm::List => {
            let first = bytes
                .split(|byte| *byte == b'\n')
                .next()
                .unwrap_or_default();
            let items = if first.contains(&b',') {
                list::read_csv(bytes, None)
            } else {
                list::read_plain(bytes)
            };
            let items = items.map_err(|e| refused(name, &e))?;
            Ok(items
                .into_iter()
                .map(|item| of_item(item, name, grade, now))
                .collect())
        }
    }
}

fn text_of<'f>(fields: &'f [(String, String)], names: &[&str]) -> Option<&'f str> {
    let found = fields
        .iter()
        .find(|(name, _)| names.contains(&name.as_str()));
    found.map(|(_, text)| text.as_str())
}

/// An item of a list: a column may say what kind it is and what it is about.
fn of_item(
    item: list::Item,
    name: &str,
    grade: Grade,
    now: sakimori_custody::time::Seconds,
) -> Sighting {
    let kind = match text_of(&item.fields, &["kind", "種別"]) {
        Some("vulnerability" | "脆弱性") => Kind::Vulnerability,
        Some("exposure" | "外部への露出") => Kind::Exposure,
        _ => Kind::ActiveCompromise,
    };
    let when = text_of(&item.fields, &["seen", "time", "timestamp", "観測日時"]);
    let when = when.and_then(|text| text.parse().ok()).unwrap_or(now);
    let about = text_of(&item.fields, &["about", "comment", "内容"]).unwrap_or("listed");
    let source = text_of(&item.fields, &["source", "情報源"]).unwrap_or(name);
    Sighting {
        what: item.what,
        also: Vec::new(),
        when,
        source: source.to_owned(),
        grade,
        kind,
        about: about.to_owned(),
        fields: item.fields,
    }
}

/// The attributes of an event that name something which somebody owns.
fn of_event(
    event: &misp::Event,
    grade: Grade,
    now: sakimori_custody::time::Seconds,
) -> Vec<Sighting> {
    let maker = event.made_by.as_ref().map_or("", |by| by.name.as_str());
    let in_objects = event.objects.iter().filter(|object| !object.deleted);
    let attributes = event
        .attributes
        .iter()
        .chain(in_objects.flat_map(|object| object.attributes.iter()));
    let live = attributes.filter(|attribute| !attribute.deleted);
    live.filter_map(|attribute| {
        let (what, also) = things(attribute)?;
        let seen = attribute
            .last_seen
            .as_deref()
            .and_then(|text| text.parse().ok());
        let when = seen.or(attribute.timestamp).or(event.timestamp);
        let mut fields = vec![
            ("event".to_owned(), event.info.clone()),
            ("type".to_owned(), attribute.kind.clone()),
            ("category".to_owned(), attribute.category().to_owned()),
        ];
        fields.extend(event.uuid.iter().map(|id| ("uuid".to_owned(), id.clone())));
        let comment = attribute.comment.iter().filter(|text| !text.is_empty());
        fields.extend(comment.map(|text| ("comment".to_owned(), text.clone())));
        Some(Sighting {
            what,
            also,
            when: when.unwrap_or(now),
            source: format!("MISP {maker}").trim().to_owned(),
            grade,
            kind: Kind::ActiveCompromise,
            about: attribute.category().to_owned(),
            fields,
        })
    })
    .take(feed::SIGHTINGS_MAX)
    .collect()
}

/// What an attribute names: an address, a name, a URL, a network; of two values joined by a bar both.
fn things(attribute: &misp::Attribute) -> Option<(What, Vec<What>)> {
    const TYPES: [&str; 11] = [
        "ip-src",
        "ip-dst",
        "ip-src|port",
        "ip-dst|port",
        "domain",
        "domain|ip",
        "hostname",
        "hostname|port",
        "url",
        "uri",
        "AS",
    ];
    if !TYPES.contains(&attribute.kind.as_str()) {
        return None;
    }
    let mut parts = attribute.value.split('|').map(str::trim);
    let first = parts.next()?;
    let what = if attribute.kind == "AS" && !first.to_ascii_uppercase().starts_with("AS") {
        What::read(&format!("AS{first}"))
    } else {
        What::read(first)
    };
    let what = what.ok()?;
    let also = if attribute.kind == "domain|ip" {
        parts.filter_map(|part| What::read(part).ok()).collect()
    } else {
        Vec::new()
    };
    Some((what, also))
}
