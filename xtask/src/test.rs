//! Everything that must hold, step by step. In: the names of steps, or none for all. Out: their output, a table of what took how long, a verdict. Never: a step
//! that counts as done without having run.

use crate::tools::{self, Stop, cargo, succeed, timed, watched};
use anyhow::{Result, bail};
use std::ffi::OsString;
use std::fmt;

/// One step: its name is what one types to run it again.
struct Step {
    name: &'static str,
    run: fn(&mut Session) -> Result<()>,
}

/// The steps in their order: what is quick comes first, and the last lines of a whole run are those of the tests.
const STEPS: [Step; 7] = [
    Step {
        name: "format",
        run: |_| succeed(&mut cargo(["fmt", "--all", "--check"])),
    },
    Step {
        name: "tidy",
        run: |_| crate::tidy::run(),
    },
    Step {
        name: "lints",
        run: lints,
    },
    Step {
        name: "docs",
        run: docs,
    },
    Step {
        name: "demo",
        run: |_| crate::demo::run(),
    },
    Step {
        name: "doctests",
        run: |session| tests(session, &["--doc"]),
    },
    Step {
        name: "tests",
        run: |session| tests(session, &["--lib", "--bins", "--tests"]),
    },
];

/// What the steps share.
struct Session {
    /// Where programs are found.
    path: OsString,
    tally: Tally,
}

/// What the runner of the tests said.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    programs: usize,
    passed: usize,
    failed: usize,
    ignored: usize,
    /// `name: why` of the tests that said that they skip.
    skipped: Vec<String>,
}

/// What became of a step.
enum Outcome {
    Ok(f64),
    Failed(f64),
    NotRun,
}

/// `xtask test [STEP…]`.
///
/// # Errors
/// The first step that fails, after the table; the steps behind it do not run.
pub(crate) fn run(names: impl Iterator<Item = String>) -> Result<()> {
    let steps = chosen(&names.collect::<Vec<_>>())?;
    let path = if steps.iter().any(|step| step.name == "tests") {
        ready()?
    } else {
        std::env::var_os("PATH").unwrap_or_default()
    };
    let mut session = Session {
        path,
        tally: Tally::default(),
    };
    let (failure, outcomes) = perform(&steps, &mut session);
    eprintln!(
        "\n{}",
        Summary {
            steps: &steps,
            outcomes: &outcomes,
            tally: &session.tally
        }
    );
    match failure {
        None => Ok(()),
        Some((name, error)) => Err(error.context(format!(
            "step `{name}` failed; again: cargo xtask test {name}"
        ))),
    }
}

/// Makes the machine ready for the tests, before anything that takes long; returns where their programs are.
fn ready() -> Result<OsString> {
    let data = sakimori_testkit::data_root();
    if !data.is_dir() {
        let place = data.display();
        tools::missing(&format!("no test data at {place}; set SAKIMORI_TESTDATA"))?;
    }
    tools::prepare()
}

fn chosen(names: &[String]) -> Result<Vec<&'static Step>> {
    for name in names {
        if !STEPS.iter().any(|step| step.name == name) {
            return Err(Stop::usage(&format!("there is no step `{name}`")));
        }
    }
    let wanted = |step: &&Step| names.is_empty() || names.iter().any(|name| name == step.name);
    Ok(STEPS.iter().filter(wanted).collect())
}

type Failure = Option<(&'static str, anyhow::Error)>;

/// Runs steps until one fails.
fn perform(steps: &[&Step], session: &mut Session) -> (Failure, Vec<Outcome>) {
    let mut failure = None;
    let mut outcomes = Vec::new();
    for step in steps {
        if failure.is_some() {
            outcomes.push(Outcome::NotRun);
            continue;
        }
        eprintln!("\n==> {}", step.name);
        let (done, seconds) = timed(|| (step.run)(session));
        outcomes.push(match done {
            Ok(()) => Outcome::Ok(seconds),
            Err(error) => {
                failure = Some((step.name, error));
                Outcome::Failed(seconds)
            }
        });
    }
    (failure, outcomes)
}

fn lints(_: &mut Session) -> Result<()> {
    succeed(&mut cargo([
        "clippy",
        "--locked",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))
}

fn docs(_: &mut Session) -> Result<()> {
    let mut docs = cargo(["doc", "--locked", "--workspace", "--no-deps"]);
    succeed(docs.env("RUSTDOCFLAGS", "-D warnings"))
}

/// Runs tests of all crates; a failing one does not keep the others from running.
fn tests(session: &mut Session, which: &[&str]) -> Result<()> {
    let mut tests = cargo(["test", "--locked", "--workspace", "--no-fail-fast"]);
    tests.args(which).env("PATH", &session.path);
    let tally = &mut session.tally;
    let before = tally.programs;
    let passed = watched(&mut tests, &mut |line| tally.see(line))?;
    if !passed {
        match tally.failed {
            0 => bail!("the tests do not compile, or one of their programs fell"),
            failed => bail!("{failed} tests failed"),
        }
    }
    if tally.ignored > 0 {
        bail!("{} tests are ignored", tally.ignored);
    }
    if tally.programs == before {
        bail!("no test has run");
    }
    Ok(())
}

impl Tally {
    /// Takes a line of the runner's output into account.
    fn see(&mut self, line: &str) {
        if let Some(skipped) = line.strip_prefix("SKIPPED ") {
            self.skipped.push(skipped.to_owned());
        }
        let Some(result) = line.strip_prefix("test result: ") else {
            return;
        };
        self.programs += 1;
        // `ok. 12 passed; 0 failed; …`: a number stands before its word.
        let words: Vec<&str> = result.split([' ', ';']).collect();
        for pair in words.windows(2) {
            let &[number, word] = pair else { continue };
            let count = number.parse().unwrap_or(0);
            match word {
                "passed" => self.passed += count,
                "failed" => self.failed += count,
                "ignored" => self.ignored += count,
                _ => {}
            }
        }
    }
}

/// The table at the end of a run.
struct Summary<'s> {
    steps: &'s [&'s Step],
    outcomes: &'s [Outcome],
    tally: &'s Tally,
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut total = 0.0;
        writeln!(f, "step      seconds  outcome")?;
        for (step, outcome) in self.steps.iter().zip(self.outcomes) {
            let (seconds, word) = match outcome {
                Outcome::Ok(seconds) => (*seconds, "ok"),
                Outcome::Failed(seconds) => (*seconds, "FAILED"),
                Outcome::NotRun => (0.0, "not run"),
            };
            total += seconds;
            writeln!(f, "{:<9} {seconds:>7.1}  {word}", step.name)?;
        }
        writeln!(f, "{:<9} {total:>7.1}", "all")?;
        let Tally {
            programs,
            passed,
            failed,
            ignored,
            skipped,
        } = self.tally;
        if *programs > 0 {
            writeln!(
                f,
                "tests: {passed} passed, {failed} failed, {ignored} ignored, in {programs} programs"
            )?;
        }
        if !skipped.is_empty() {
            writeln!(f, "skipped: {}", skipped.len())?;
        }
        skipped.iter().try_for_each(|skip| writeln!(f, "  {skip}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(lines: &[&str]) -> Tally {
        let mut tally = Tally::default();
        for line in lines {
            tally.see(line);
        }
        tally
    }

    #[test]
    fn the_runner_s_lines_are_added_up_and_other_lines_are_not() {
        let seen = tally(&[
            "running 3 tests",
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.02s",
            "test result: FAILED. 2 passed; 4 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s",
            "test 9 passed; is only a name ... ok",
            "SKIPPED some_test: test data `x` are missing",
        ]);
        let skipped = vec!["some_test: test data `x` are missing".to_owned()];
        assert_eq!(
            seen,
            Tally {
                programs: 2,
                passed: 14,
                failed: 4,
                ignored: 1,
                skipped
            }
        );
    }

    const GOOD: fn(&mut Session) -> Result<()> = |_| Ok(());

    fn bad(_: &mut Session) -> Result<()> {
        bail!("no")
    }

    #[test]
    fn the_first_step_that_fails_is_named_and_later_ones_do_not_run() {
        let steps = [
            Step {
                name: "one",
                run: GOOD,
            },
            Step {
                name: "two",
                run: bad,
            },
            Step {
                name: "three",
                run: GOOD,
            },
        ];
        let steps: Vec<&Step> = steps.iter().collect();
        let mut session = Session {
            path: OsString::new(),
            tally: tally(&["SKIPPED a: b"]),
        };
        let (failure, outcomes) = perform(&steps, &mut session);
        assert_eq!(failure.unwrap().0, "two");
        let text = Summary {
            steps: &steps,
            outcomes: &outcomes,
            tally: &session.tally,
        }
        .to_string();
        assert!(text.contains("one           0.0  ok"), "{text}");
        assert!(text.contains("two           0.0  FAILED"), "{text}");
        assert!(text.contains("three         0.0  not run"), "{text}");
        assert!(text.contains("skipped: 1\n  a: b"), "{text}");
    }

    #[test]
    fn only_known_steps_are_taken_and_they_keep_their_order() {
        let names = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
        let steps = chosen(&names(&["tests", "tidy"])).unwrap();
        assert_eq!(
            steps.iter().map(|step| step.name).collect::<Vec<_>>(),
            ["tidy", "tests"]
        );
        assert_eq!(chosen(&[]).unwrap().len(), STEPS.len());
        assert!(chosen(&names(&["everything"])).is_err());
    }
}
