//! Measures what is exchanged: objects taken in and paged out by the node's store under the logic of TAXII, the same by medallion over HTTP, an advisory against registered
//! assets, a feed of MISP.
//!
//! ```text
//! cargo run --release -p sakimori-liaison --example exchange_load -- store sqlite 100000 FOLDER
//! cargo run --release -p sakimori-liaison --example exchange_load -- store postgresql 100000 FOLDER
//! cargo run --release -p sakimori-liaison --example exchange_load -- pages 100000 FOLDER
//! cargo run --release -p sakimori-liaison --example exchange_load -- medallion PROGRAM 10000 FOLDER
//! cargo run --release -p sakimori-liaison --example exchange_load -- assets 1000000
//! cargo run --release -p sakimori-liaison --example exchange_load -- misp 100000 FOLDER
//! ```
//!
//! In: what is measured, how much of it, a folder of its own on the disk to be measured. Out: one line `NAME VALUE` for each figure. Never: part of the product.
//! `cargo xtask bench exchange` runs it and makes the table of `docs/performance.md`.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement reads the clock and tells"
)]

mod assets;
mod drawn;
mod medallion;
mod misp;
mod store;

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["store", engine, count, folder] => store::run(engine, count.parse()?, Path::new(folder)),
        ["pages", count, folder] => store::again(count.parse()?, Path::new(folder)),
        ["medallion", program, count, folder] => {
            medallion::run(program, count.parse()?, Path::new(folder))
        }
        ["assets", count] => assets::run(count.parse()?),
        ["misp", count, folder] => misp::run(count.parse()?, Path::new(folder)),
        _ => Err("store ENGINE COUNT FOLDER | pages COUNT FOLDER | medallion PROGRAM COUNT FOLDER | assets COUNT | misp COUNT FOLDER".into()),
    }
}

fn told(name: &str, value: impl std::fmt::Display) {
    println!("{name} {value}");
}

/// Runs a piece of work and says how long it took.
fn timed<T>(work: impl FnOnce() -> Outcome<T>) -> Outcome<(T, Duration)> {
    let begun = Instant::now();
    let done = work()?;
    Ok((done, begun.elapsed()))
}

/// Tells the median and the 95th percentile of some times, in milliseconds.
fn told_times(name: &str, mut times: Vec<Duration>) {
    times.sort();
    for (part, at) in [("p50", 50), ("p95", 95)] {
        // The smallest time that so many in a hundred do not exceed.
        let rank = (times.len() * at).div_ceil(100).max(1) - 1;
        if let Some(time) = times.get(rank) {
            told(&format!("{name}.{part}"), time.as_secs_f64() * 1000.0);
        }
    }
}
