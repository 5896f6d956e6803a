//! Objects of collections as the store knows them. In: what a protocol read. Out: plain values. Never: a look into an object.

/// An object that is to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewObject {
    /// Its id.
    pub id: String,
    /// Its type.
    pub kind: String,
    /// Its version as it is written, where it says one.
    pub version: Option<String>,
    /// The version of the specification that it follows, as `2.1`.
    pub spec: String,
    /// Markings of the whole and of parts; kept as a set.
    pub markings: Vec<String>,
    /// Ids of the objects that it refers to, in their order.
    pub references: Vec<String>,
    /// SHA-256 of what it says.
    pub digest: [u8; 32],
    /// Its text, kept byte for byte.
    pub raw: String,
}

/// A version of an object that is there: as it is written, and SHA-256 of what it says.
pub type ThereAlready = (String, [u8; 32]);

/// What became of an object that was to be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It is there now, added at this microsecond.
    Added(u64),
    /// It was there and says the same.
    Known,
    /// Another object with its id and version is there.
    Different,
}

/// What the protocol decides; the store asks it within its transaction.
pub trait ObjectRules: Send + Sync {
    /// What becomes of an object, beside those of its id and specification that are there; `None` adds it.
    fn settle(&self, object: &NewObject, there: &[ThereAlready]) -> Option<Settled>;
    /// The version of an object that is added at a microsecond.
    fn version(&self, object: &NewObject, added: u64) -> String;
}

/// What names a row of a collection.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectKey {
    /// Its id.
    pub id: String,
    /// Its version as it is kept.
    pub version: String,
    /// The version of the specification.
    pub spec: String,
}

/// A version of an object in a collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectRow {
    /// What names it.
    pub key: ObjectKey,
    /// Its type.
    pub kind: String,
    /// When it was added: microseconds since 1970, unique in its collection, ascending in the order in which rows become visible.
    pub added: u64,
    /// Its markings, sorted, each once.
    pub markings: Vec<String>,
    /// Ids of the objects that it refers to.
    pub references: Vec<String>,
    /// Its text; empty where it was not asked for.
    pub raw: String,
}

/// A type with a set of markings that occurs in a collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// Its number; later ones are higher.
    pub number: u64,
    /// The type.
    pub kind: String,
    /// The markings, sorted, each once.
    pub markings: Vec<String>,
}

/// The lanes of a collection, read in one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lanes {
    /// Those that were asked for.
    pub found: Vec<Lane>,
    /// The highest number of the collection: a lane above it did not exist yet.
    pub known: u64,
}

/// Which rows are picked.
#[derive(Clone, Copy, Debug)]
pub enum Pick<'q> {
    /// All of them.
    Every,
    /// Those of these ids.
    Ids(&'q [String]),
    /// Those of these lanes, and of lanes that are younger than who chose them knew, so that none is passed over.
    Lanes {
        /// Numbers of lanes.
        fitting: &'q [u64],
        /// [`Lanes::known`] as it was read.
        known: u64,
    },
}

/// Which rows are asked for.
#[derive(Clone, Copy, Debug)]
pub struct ObjectsAsked<'q> {
    /// Only rows that were added after this microsecond.
    pub after: Option<u64>,
    /// Which of them.
    pub pick: Pick<'q>,
    /// Whether their texts are needed.
    pub texts: bool,
    /// At most so many; [`OBJECT_ROWS_MAX`](crate::limits::OBJECT_ROWS_MAX) is the most, and fewer come where the texts are large, at least one.
    pub at_most: usize,
}

/// A row that was taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemovedObject {
    /// Its place among those of its collection, from 1 and without a gap.
    pub number: u64,
    /// What named it.
    pub key: ObjectKey,
    /// When it had been added, in microseconds.
    pub added: u64,
    /// When it went, in microseconds.
    pub gone: u64,
}
