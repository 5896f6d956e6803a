//! Checks, benchmarks and generators of the repository.
#![expect(clippy::print_stderr, reason = "a tool for people at a terminal")]

mod bench;
mod geo;

use std::path::{Path, PathBuf};

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    match args.next().as_deref() {
        Some("geo") => geo::run(Path::new(&args.next().unwrap_or_default())),
        Some("bench") => bench::run(args),
        Some("bench-one") => bench::one(args),
        _ => anyhow::bail!("usage: cargo xtask geo FOLDER | bench [sources | build FOLDER]"),
    }
}
