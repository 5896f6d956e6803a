//! Tags and what they say about sharing. In: names of tags, distributions. Out: machine tags in parts, a TLP mark that is never looser than what the maker said.
//! Never: a mark that nobody gave.
//!
//! Machine tags: draft-dulaunoy-misp-taxonomy-format; TLP: FIRST, Traffic Light Protocol 2.0.

use super::event::{Attribute, Distribution, Event, Object};
use sakimori_release::Tlp;

/// A tag.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Tag {
    /// Its name, such as `tlp:amber` or `misp-galaxy:threat-actor="APT1"`.
    pub name: String,
    /// Its colour, as written.
    pub colour: Option<String>,
}

impl Tag {
    /// Its parts, if it is a machine tag.
    pub fn parts(&self) -> Option<MachineTag<'_>> {
        MachineTag::read(&self.name)
    }
}

/// A machine tag of a taxonomy: `namespace:predicate="value"`, the value being optional.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MachineTag<'t> {
    /// The taxonomy.
    pub namespace: &'t str,
    /// What of it.
    pub predicate: &'t str,
    /// The value.
    pub value: Option<&'t str>,
}

impl<'t> MachineTag<'t> {
    /// Reads a tag's name; free tags are none.
    pub fn read(name: &'t str) -> Option<Self> {
        let (namespace, rest) = name.split_once(':')?;
        let (predicate, value) = match rest.split_once('=') {
            Some((predicate, quoted)) => {
                let value = quoted.strip_prefix('"')?.strip_suffix('"')?;
                (predicate, Some(value))
            }
            None => (rest, None),
        };
        let plain = |text: &str| !text.is_empty() && !text.contains('"');
        (plain(namespace) && plain(predicate)).then_some(Self {
            namespace,
            predicate,
            value,
        })
    }
}

/// The mark that a tag's name stands for, in TLP 1 or 2 and in any case; one that is not known is the strictest.
fn of_tag(name: &str) -> Option<Tlp> {
    let lower = name.to_ascii_lowercase();
    lower.strip_prefix("tlp:").map(Tlp::read)
}

/// The strictest mark that a distribution asks for: MISP has no word for clients, so a community stands for AMBER+STRICT where it is the maker's own server, and
/// for AMBER where others are connected to it.
const fn of_distribution(distribution: Distribution) -> Option<Tlp> {
    match distribution {
        Distribution::Organisation => Some(Tlp::Red),
        Distribution::Community => Some(Tlp::AmberStrict),
        Distribution::Connected | Distribution::SharingGroup => Some(Tlp::Amber),
        Distribution::All => Some(Tlp::Green),
        Distribution::Inherit => None,
    }
}

/// The mark of something and what asked for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The mark.
    pub tlp: Tlp,
    /// Whether the distribution was stricter than the tags, or there was no tag.
    pub by_distribution: bool,
    /// The sharing group that has to be kept beside the mark.
    pub sharing_group: Option<String>,
}

fn strictest(tags: &[Tag], distribution: Option<Distribution>) -> Option<(Tlp, bool)> {
    let by_tag = tags.iter().filter_map(|tag| of_tag(&tag.name)).max();
    let by_distribution = distribution.and_then(of_distribution);
    match (by_tag, by_distribution) {
        // A distribution to all says nothing that a tag does not say better: it is the widest that MISP has.
        (Some(tag), Some(Tlp::Green) | None) => Some((tag, false)),
        (Some(tag), Some(other)) => Some((tag.max(other), other > tag)),
        (None, Some(other)) => Some((other, true)),
        (None, None) => None,
    }
}

impl Event {
    /// The event's mark: the strictest of its tags and of its distribution. `None`: its maker said nothing, and who received it decides.
    pub fn mark(&self) -> Option<Mark> {
        let (tlp, by_distribution) = strictest(&self.tags, self.distribution)?;
        Some(Mark {
            tlp,
            by_distribution,
            sharing_group: self.sharing_group.clone(),
        })
    }

    /// An attribute's mark: never looser than the event's.
    pub fn mark_of(&self, attribute: &Attribute) -> Option<Tlp> {
        let own = strictest(&attribute.tags, attribute.distribution).map(|(tlp, _)| tlp);
        own.max(self.mark().map(|mark| mark.tlp))
    }

    /// An object's mark: never looser than the event's.
    pub fn mark_of_object(&self, object: &Object) -> Option<Tlp> {
        let own = strictest(&[], object.distribution).map(|(tlp, _)| tlp);
        own.max(self.mark().map(|mark| mark.tlp))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(name: &str) -> Tag {
        Tag {
            name: name.to_owned(),
            colour: None,
        }
    }

    #[test]
    fn machine_tags_have_their_parts_and_free_tags_none() {
        let check = |name: &str, expected: Option<(&str, &str, Option<&str>)>| {
            let read = MachineTag::read(name);
            let parts = read.map(|t| (t.namespace, t.predicate, t.value));
            assert_eq!(parts, expected, "{name}");
        };
        check("tlp:amber", Some(("tlp", "amber", None)));
        check(
            "misp-galaxy:threat-actor=\"APT 1 = A\"",
            Some(("misp-galaxy", "threat-actor", Some("APT 1 = A"))),
        );
        check(
            "日本:分類=\"標的型\"",
            Some(("日本", "分類", Some("標的型"))),
        );
        check("malware", None);
        check("a:b=c", None);
        check(":b", None);
    }

    #[test]
    fn the_mark_is_never_looser_than_tag_or_distribution() {
        let check = |tags: &[&str], distribution: Option<Distribution>, expected: Option<Tlp>| {
            let event = Event {
                tags: tags.iter().map(|name| tag(name)).collect(),
                distribution,
                ..Event::default()
            };
            assert_eq!(event.mark().map(|m| m.tlp), expected, "{tags:?}");
        };
        check(&["tlp:green", "TLP:RED"], None, Some(Tlp::Red));
        check(&["tlp:white"], Some(Distribution::All), Some(Tlp::Clear));
        check(
            &["tlp:green"],
            Some(Distribution::Community),
            Some(Tlp::AmberStrict),
        );
        check(&["tlp:ex:chr"], None, Some(Tlp::Red));
        check(&[], Some(Distribution::SharingGroup), Some(Tlp::Amber));
        check(&["x"], None, None);
    }

    #[test]
    fn an_attribute_is_never_looser_than_its_event() {
        let event = Event {
            tags: vec![tag("tlp:amber")],
            ..Event::default()
        };
        let with = |name: &str| Attribute {
            tags: vec![tag(name)],
            ..Attribute::default()
        };
        assert_eq!(event.mark_of(&with("tlp:clear")), Some(Tlp::Amber));
        assert_eq!(event.mark_of(&with("tlp:red")), Some(Tlp::Red));
    }
}
