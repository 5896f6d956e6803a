//! `OpenC2`, language 1.0 (OASIS Committee Specification 02, 24 November 2019): what a producer asks and what a consumer answers, as messages of the language. In: JSON of strangers,
//! and the profiles that a consumer speaks. Out: commands and responses as types, or the place and the rule that they break. Never: a judgement on what may be done: that is the
//! consumer's, and comes after.
//!
//! Our own types, because what is accepted here reaches the rules of a packet filter: a library that lets through what the language refuses would be believed.
//!
//! What sets of examples dispute is decided by the specification: a status of 201 is none (section 3.3.2.1), `results` without a member are refused (3.3.2.2, `Map{1..*}`), and an
//! actuator is one (3.3.1.3, a Choice; 3.1.5).

mod at;
mod command;
mod frame;
mod net;
mod profile;
mod response;
mod slpf;
mod target;
mod terms;

pub use at::Fault;
pub use command::{Actuator, Args, Command, Span, SpanError};
pub use frame::{Form, Framed, framed, reply};
pub use net::{V4Net, V6Net};
pub use profile::{Extension, Language, Profile};
pub use response::{Pairs, Response, Results};
pub use slpf::{Direction, DropProcess, Slpf, SlpfArgs, SlpfSpecifiers};
pub use target::{
    Artifact, Connection, Device, File, Hashes, Payload, Process, Target, is_command_id,
};
pub use terms::{Action, Feature, L4Protocol, ResponseType, Status};

use sakimori_exchange::json::Limits;

/// Longest message in bytes.
pub const MESSAGE_BYTES_MAX: usize = 64 << 10;
/// Longest text of a member in bytes.
pub const TEXT_BYTES_MAX: usize = 4096;
/// Longest command id in characters, section 3.4.2.16.
pub const COMMAND_ID_CHARACTERS_MAX: usize = 36;
/// Longest namespace identifier in characters, section 3.4.2.12.
pub const NSID_CHARACTERS_MAX: usize = 16;
/// Most processes above each other in a target.
pub const PARENTS_MAX: usize = 8;
/// The version of the language that is spoken.
pub const VERSION: &str = "1.0";
/// The media type of a command and its response over HTTPS (transfer specification 1.0, section 3.3).
pub const MEDIA_TYPE: &str = "application/openc2+json;version=1.0";

const LIMITS: Limits = Limits {
    bytes_max: MESSAGE_BYTES_MAX,
    depth_max: 24,
    values_max: 4096,
};
