//! Advisories on weaknesses: read, judged, matched with what is registered, published.
//!
//! In: documents and catalogues of others, our cases, registered assets, the time. Out: verdicts, decisions, matches, documents, the files of a provider. Never: a file, a
//! connection, a clock; and never an advisory before its hour.
//!
//! It is a room of its own because its libraries are heavy and nothing else needs them (record 25). [`csaf`] judges documents, [`version`] compares versions, [`matching`]
//! finds who is affected, [`ssvc`], [`kev`] and [`epss`] say how urgent it is, [`cve`] reads and writes records, [`publish`] makes what goes out,
//! [`room`] is a case at work until it may.

pub mod csaf;
pub mod cve;
pub mod epss;
pub mod json;
pub mod kev;
pub mod limits;
pub mod matching;
pub mod publish;
pub mod room;
pub mod ssvc;
mod text;
pub mod time;
pub mod version;
