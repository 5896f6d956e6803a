//! The node: use cases of office, commission and sensor, wired to disk, clock and network.
//!
//! In: a folder, keys, captures, questions. Out: authorities in force, entries, published records, findings, answers. Never: a decision about what
//! is allowed (that is `authority`'s), a byte format (those are of the rooms above), an act whose entry is not in the log.
//!
//! | module | what it does |
//! |---|---|
//! | [`host`] | clock and randomness, the only place that asks the system for them |
//! | [`layout`], [`files`], [`keys`] | where a node keeps its things, and how they are written |
//! | [`token`] | a key that a PKCS#11 token keeps |
//! | [`journal`] | one author's stream at the ledger |
//! | [`setup`], [`apart`] | a new commission, office, log and sensors with their keys; each organisation in a folder of its own |
//! | [`office`] | requests, decisions, leases, findings |
//! | [`commission`] | mirror, register, leases and shares, as a process of its own |
//! | [`oversight`] | inspections, letters, the yearly report; the book of any copy of the log |
//! | [`sensor`] | a run: gate, refusals, recovery, supervisor, lake |
//! | [`tls`] | certificates of nodes, the peers that a node knows, the agent that calls them |
//! | [`identify`] | keys of identifiers, one value for one ruling, the end of epochs |
//! | [`stop`] | the signals by which a process is asked to end |
//! | [`witness`] | outside witnesses: the process, and how a policy and the log know them |
//! | [`query`], [`export`], [`deletion`], [`challenge`] | looking at records, giving them out, their end, and proof that they are there until then |

pub mod apart;
pub mod challenge;
pub mod commission;
pub mod deletion;
pub mod error;
pub mod export;
pub mod files;
pub mod host;
pub mod identify;
pub mod journal;
pub mod keys;
pub mod layout;
pub mod ledger;
pub mod office;
pub mod oversight;
pub mod query;
pub mod sensor;
pub mod setup;
pub mod stop;
pub mod tls;
pub mod token;
pub mod witness;

pub use error::ControlError;
pub use host::Host;
pub use layout::Node;
