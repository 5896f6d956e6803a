//! `demo`. In: arguments. Out: the story, act by act, or one document. Never: a figure that the play did not give.

use crate::arguments::{Demo, Format};
use crate::failure::Failure;
use crate::show;
use sakimori_control::Host;
use sakimori_control::error::exit;
use sakimori_demo::play::{Audience, Options, Story, play};
use sakimori_verify::render;
use std::path::PathBuf;
use std::process::ExitCode;

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
            show::say(text.trim_start())
        } else {
            show::line(&text)
        }
    }

    fn line(&mut self, text: &str) {
        if !self.quiet {
            show::line(&format!("   {text}"));
        }
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
        tell(&story);
        show::say(&format!("everything lies below {}", dir.display()));
    }
    Ok(ExitCode::from(if !story.holds() {
        exit::BUG
    } else if story.whole {
        0
    } else {
        exit::NO
    }))
}

/// A folder for a play without `--dir`.
fn a_new_folder(host: &Host) -> Result<PathBuf, Failure> {
    let number: [u8; 4] = host
        .bytes()
        .map_err(sakimori_control::ControlError::Randomness)?;
    Ok(std::env::temp_dir().join(format!("sakimori-demo-{:08x}", u32::from_be_bytes(number))))
}

fn tell(story: &Story) {
    show::line("\nWhat the sensor did");
    super::sensor::tell(&story.sensor);
    if let Some(looked) = &story.looked {
        show::line(&format!(
            "\nWhat the analyst saw: {} of {} records",
            looked.rows.len(),
            looked.count
        ));
        let wanted = [
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
        let places: Vec<usize> = wanted
            .iter()
            .filter_map(|name| looked.columns.iter().position(|column| column == name))
            .collect();
        let cells = |row: &Vec<serde_json::Value>| {
            places
                .iter()
                .filter_map(|at| row.get(*at))
                .map(show::cell)
                .collect()
        };
        show::table(&wanted, looked.rows.iter().map(cells));
    }
    show::line("\nWhat the verifier says, who has only the files");
    show::out(&render::text(&story.verified));
    show::line(&format!(
        "\nWhat it says of a copy with byte {} of {} changed",
        story.tampered.offset, story.tampered.file
    ));
    show::out(&render::text(&story.tampered.report));
}
