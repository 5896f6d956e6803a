//! The command line of Sakimori.
fn main() {}
