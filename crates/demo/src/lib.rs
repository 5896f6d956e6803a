//! A small nation in one process tree: its traffic and its play.

pub mod traffic;
