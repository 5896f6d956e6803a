//! `demo`. In: arguments. Out: the story, act by act, or one document. Never: a figure that the play did not give.

use crate::arguments::{Demo, Format};
use crate::failure::Failure;
use crate::show::{self, grouped};
use sakimori_control::Host;
use sakimori_control::error::exit;
use sakimori_demo::play::{Audience, Looked, Options, Tampered, play};
use sakimori_verify::{Report, render};
use serde_json::Value;
use std::path::PathBuf;
use std::process::ExitCode;

/// Cells of a record that are shown.
const CELLS: [&str; 10] = [
    "first",
    "source",
    "destination",
    "destination_port",
    "packets_out",
    "packets_back",
    "bytes_out",
    "bytes_back",
    "end",
    "application",
];

/// Who hears the play.
struct Hall {
    acts: usize,
    /// For programs, the words go to standard error.
    quiet: bool,
}

impl Audience for Hall {
    fn act(&mut self, title: &str) {
        self.acts += 1;
        let text = format!("\n{}. {title}", self.acts);
        if self.quiet {
            show::say(text.trim_start());
        } else {
            show::line(&text);
        }
    }

    fn line(&mut self, text: &str) {
        if !self.quiet {
            show::line(&format!("   {text}"));
        }
    }

    fn sensor(&mut self, document: &Value) {
        if !self.quiet {
            super::sensor::tell(document);
        }
    }

    fn looked(&mut self, looked: &Looked) {
        if self.quiet {
            return;
        }
        let place = |name: &&str| looked.columns.iter().position(|column| column == name);
        let places: Vec<usize> = CELLS.iter().filter_map(place).collect();
        let cells = |row: &Vec<Value>| {
            places
                .iter()
                .filter_map(|at| row.get(*at))
                .map(show::cell)
                .collect()
        };
        show::table(&CELLS, looked.rows.iter().map(cells));
        show::line(&format!(
            " {} of {} records",
            looked.rows.len(),
            looked.count
        ));
    }

    fn log(&mut self, counts: &[(String, u64)]) {
        if !self.quiet {
            show::table(
                &["entries", "of type"],
                counts
                    .iter()
                    .map(|(name, count)| vec![grouped(*count), name.clone()]),
            );
        }
    }

    fn verified(&mut self, report: &Report) {
        if !self.quiet {
            show::out(&render::text(report));
        }
    }

    fn tampered(&mut self, tampered: &Tampered) {
        if self.quiet {
            return;
        }
        show::line(&format!(
            "   byte {} of {}; the verifier says:",
            tampered.offset, tampered.file
        ));
        let mut problems: Vec<_> = tampered.report.problems.iter().collect();
        // The changed file first, then what follows from it.
        problems.sort_by_key(|problem| problem.place.file.as_deref() != Some(&tampered.file));
        for problem in &problems {
            show::line(&format!("   {}: {}", problem.place, problem.what));
        }
        show::line(&match problems.len() {
            1 => "NOT verified: 1 problem".to_owned(),
            many => format!("NOT verified: {many} problems"),
        });
    }
}

pub(super) fn run(arguments: Demo, host: &Host) -> Result<ExitCode, Failure> {
    let dir = match arguments.dir {
        Some(dir) => dir,
        None => a_new_folder(host)?,
    };
    let options = Options {
        dir: dir.clone(),
        capture: arguments.capture,
        pack: arguments.pack,
        home_country: arguments.home.home_country,
        home_prefixes: arguments.home.home,
        program: super::own_program()?,
    };
    let quiet = arguments.format == Format::Json;
    let story = play(&options, host, &mut Hall { acts: 0, quiet })?;
    if quiet {
        show::json(&story.document());
    } else {
        show::say(&format!("everything lies below {}", dir.display()));
    }
    if !story.holds() {
        return Err(Failure {
            message: "the log does not verify as it must; its problems stand above".to_owned(),
            code: exit::BUG,
        });
    }
    if story.whole {
        Ok(ExitCode::SUCCESS)
    } else {
        Err(Failure::no(broken(&story.sensor["inputs"])))
    }
}

/// Which input was not read to its end; the sensor's own words stand above.
fn broken(inputs: &Value) -> String {
    let whole = |input: &&Value| input["status"] != "complete" || !input["fault"].is_null();
    let input = inputs.as_array().and_then(|list| list.iter().find(whole));
    let input = input.unwrap_or(&Value::Null);
    let [name, status, offset] = ["name", "status", "offset"].map(|key| show::cell(&input[key]));
    format!(
        "{name}, byte {offset}: {status}; what came before it was read, and stands in the result"
    )
}

/// A folder for a play without `--dir`.
fn a_new_folder(host: &Host) -> Result<PathBuf, Failure> {
    let number: [u8; 4] = host
        .bytes()
        .map_err(sakimori_control::ControlError::Randomness)?;
    Ok(std::env::temp_dir().join(format!("sakimori-demo-{:08x}", u32::from_be_bytes(number))))
}
