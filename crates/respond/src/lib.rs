//! Measures: what is done against an attack under an approval, and undone. In: messages, lists, rules and playbooks of others, targets. Out: types, verdicts that name place and rule. Never: a socket,
//! a clock, a change of anything. Languages of others have words for more than is done here (`OpenC2` can say `scan`): such words are read so that they can be refused. What an actuator does is the closed
//! list of [`engine::Deed`]; nothing in it logs in, scans, exploits or changes a machine of others.

pub mod cacao;
pub mod consumer;
pub mod effect;
pub mod engine;
pub mod flowspec;
pub mod host;
pub mod notice;
pub mod openc2;
pub mod plan;
pub mod producer;
pub mod report;
pub mod safety;
