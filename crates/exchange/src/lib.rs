//! What organisations tell each other about attacks, in the formats that others speak. In: text of strangers, and what a store answers. Out: objects kept byte for
//! byte with an index beside them, verdicts that name rule and section, answers of a protocol, proposals for a selection pack. Never: a socket, a clock, a
//! database, and never anything straight to a sensor.

pub mod alert;
pub mod ddos;
pub mod feed;
pub mod json;
pub mod list;
pub mod misp;
pub mod pattern;
pub mod stix;
pub mod taxii;
pub mod warning;
