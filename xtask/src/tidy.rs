//! What the repository says of itself, held against what it is. In: its files and Cargo's metadata. Out: problems with their places. Never: a change; each check is a
//! function over data, and has a test that shows it fail.

mod claims;
mod decisions;
mod few;
mod forbidden;
mod itself;
mod licences;
mod links;
mod lints;
mod map;
mod markdown;
mod markers;
mod pure;
mod repository;
mod rooms;
mod size;
mod source;
mod unsafety;

use anyhow::{Result, bail};
use repository::Repository;
use std::fmt;

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Problem {
    /// File, crate or file with line.
    place: String,
    what: String,
}

impl Problem {
    fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            what: what.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// A check and what it is for.
struct Check {
    name: &'static str,
    run: fn(&Repository) -> Vec<Problem>,
}

const CHECKS: [Check; 14] = [
    Check {
        name: "rooms use what ARCHITECTURE.md lets them",
        run: rooms::check,
    },
    Check {
        name: "pure rooms do no I/O",
        run: pure::check,
    },
    Check {
        name: "unsafe code is where ARCHITECTURE.md names it",
        run: unsafety::check,
    },
    Check {
        name: "crates are under the lints of the workspace",
        run: lints::check,
    },
    Check {
        name: "licences are on the list",
        run: licences::check,
    },
    Check {
        name: "libraries have their decision record",
        run: decisions::check,
    },
    Check {
        name: "no code that reaches for other machines",
        run: forbidden::check,
    },
    Check {
        name: "no leftover markers",
        run: markers::check,
    },
    Check {
        name: "files are short",
        run: size::check,
    },
    Check {
        name: "claims name tests that are there",
        run: claims::check,
    },
    Check {
        name: "links lead somewhere",
        run: links::check,
    },
    Check {
        name: "the country map is that of its provenance",
        run: map::check,
    },
    Check {
        name: "the verifier is built from few crates",
        run: few::check,
    },
    Check {
        name: "the repository speaks of itself alone",
        run: itself::check,
    },
];

/// `xtask tidy`.
///
/// # Errors
/// Where a check finds something; all checks have run then.
pub(crate) fn run() -> Result<()> {
    let repository = Repository::read(&crate::root())?;
    let mut found = 0;
    for check in &CHECKS {
        let problems = (check.run)(&repository);
        let verdict = if problems.is_empty() { "ok" } else { "NO" };
        eprintln!("{verdict}  {}", check.name);
        for problem in &problems {
            eprintln!("      {problem}");
        }
        found += problems.len();
    }
    match found {
        0 => Ok(()),
        1 => bail!("one thing is not as it should be"),
        many => bail!("{many} things are not as they should be"),
    }
}
