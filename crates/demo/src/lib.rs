//! A small nation: its traffic, and the play of commission, office, carrier and attacker on it. In: a seed or a capture, a folder, the program that plays the parts. Out: a story with
//! its figures. Never: part of what an organisation runs; an address or name of a real party to an attack.

pub mod play;
pub mod traffic;
