//! Measures: what is done against an attack under an approval, and undone. In: messages, lists, rules and playbooks of others, targets. Out: types, verdicts that name place and rule. Never: a socket,
//! a clock, a change of anything; what logs in, scans, exploits or changes a machine of others has no type here.

pub mod cacao;
pub mod engine;
pub mod flowspec;
pub mod openc2;
pub mod safety;
