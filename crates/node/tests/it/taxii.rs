//! The office's collections over TAXII: rights, markings, bodies, posts that go on; programs of others against it. In: an office's node on loopback with a `taxii.json`. Out: verdicts. Never: an
//! address beyond loopback.

mod attack;
mod gate;
mod house;
mod http;
mod matrix;
mod poll;
mod posts;
mod python;
mod rights;
