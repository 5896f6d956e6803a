//! The checks, campaigns, benchmarks and generators of the repository. In: a verb. Out: words for people, an exit code. Never: a part of the product.
#![expect(clippy::print_stderr, reason = "a tool for people at a terminal")]

mod bench;
mod campaign;
mod demo;
mod geo;
mod mutation;
mod test;
mod tidy;
mod tools;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tools::Stop;

const USAGE: &str = "\
usage: cargo xtask VERB

  test [STEP…]                      everything that must hold; STEP: format tidy lints docs demo doctests tests
  tidy                              what the repository says of itself, held against what it is
  bench [sources | build FOLDER]    the sensor beside its peers; writes docs/performance.md
  bench log [FOLDER]                the log; writes docs/performance.md too
  bench exchange [--objects N] [FOLDER]  what is exchanged: TAXII's store, advisories, MISP; writes docs/performance.md too
  bench measures                    from approval to effect and from kill switch to release, on real systems; writes docs/performance.md too
  campaign [NAME [COUNT]] [--resume]  longer runs of the tests that draw; adds a row to docs/campaigns.md
  geo FOLDER                        compiles the address-country map

exit codes: 0 yes, 1 no, 2 usage, 75 something is missing on this machine";

/// The root of the repository.
fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).to_path_buf()
}

fn main() -> ExitCode {
    let done = run(std::env::args().skip(1));
    let Err(error) = done else {
        return ExitCode::SUCCESS;
    };
    eprintln!("xtask: {error:#}");
    match error.downcast_ref() {
        Some(Stop::Usage(_)) => {
            eprintln!("\n{USAGE}");
            ExitCode::from(2)
        }
        Some(Stop::Missing(_)) => ExitCode::from(75),
        None => ExitCode::FAILURE,
    }
}

fn run(mut args: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let verb = args.next();
    match verb.as_deref() {
        Some("test") => test::run(args),
        Some("tidy") => tidy::run(),
        Some("bench") => bench::run(args),
        Some("bench-one") => bench::one(args),
        Some("campaign") => campaign::run(args),
        Some("geo") => match args.next() {
            Some(folder) => geo::run(Path::new(&folder)),
            None => Err(Stop::usage("`geo` needs the folder of the tables")),
        },
        Some("help" | "--help" | "-h") => {
            eprintln!("{USAGE}");
            Ok(())
        }
        Some(other) => Err(Stop::usage(&format!("there is no verb `{other}`"))),
        None => Err(Stop::usage("a verb is missing")),
    }
}
