//! Bounds of what MISP sends.

use crate::json::Limits;

/// Bounds of a text with events: an event of 150,000 attributes with tags has about 120 MB and 4 million values.
pub const TEXT: Limits = Limits {
    bytes_max: 256 << 20,
    depth_max: 24,
    values_max: 1 << 23,
};
/// Most attributes of one event, those in its objects counted. Events above 150,000 exist.
pub const ATTRIBUTES_MAX: usize = 400_000;
/// Most objects of one event.
pub const OBJECTS_MAX: usize = 100_000;
/// Most tags of an event, an attribute or an object: a screen shows no more.
pub const TAGS_MAX: usize = 1000;
/// Longest value of an attribute in bytes: a rule or a mail may be an attribute, a sample is in its data.
pub const VALUE_BYTES_MAX: usize = 1 << 20;
/// Most events of one text.
pub const EVENTS_MAX: usize = 20_000;
/// Most events that a manifest of a feed lists.
pub const MANIFEST_MAX: usize = 500_000;
/// Most lines of a list of hashes.
pub const HASHES_MAX: usize = 10_000_000;
/// Most STIX objects that are read into events at once.
pub const STIX_OBJECTS_MAX: usize = 1_000_000;
/// Most attributes of an object that the mapping turns into STIX of its own types, and most values that it takes back out of one: what has more is kept whole.
pub const PARTS_MAX: usize = 1024;
/// Most references from names to addresses of one object: each name refers to each address.
pub const RESOLUTIONS_MAX: usize = 2500;
/// Most clusters of the galaxies of an event, an attribute or an object.
pub const CLUSTERS_MAX: usize = 1000;
/// Most comparisons of a pattern that are read back into attributes.
pub const COMPARISONS_MAX: usize = 4096;
