//! `exchange match`. In: a bundle with indicators, bundles with observed data. Out: which match which. Never: a pattern that cannot be answered and is not told.

use super::{line, objects};
use crate::arguments::Format;
use crate::failure::Failure;
use crate::show;
use sakimori_control::files;
use sakimori_exchange::json::{self, Limits, Node};
use sakimori_exchange::pattern::{Observed, Pattern, QUESTIONS_MAX, Which, which};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn no(path: &Path, what: &str) -> Failure {
    Failure::no(format!("{}: {what}", path.display()))
}

fn text_of(path: &Path) -> Result<String, Failure> {
    let bytes = files::read_present(path)?;
    String::from_utf8(bytes).map_err(|_| no(path, "it is no UTF-8"))
}

fn node<'t>(path: &Path, text: &'t str) -> Result<Node<'t>, Failure> {
    json::read(text, Limits::MANY).map_err(|e| no(path, &line(&e)))
}

/// An indicator and what matches it.
struct Row {
    indicator: String,
    which: &'static str,
    observed: Vec<String>,
    told: String,
}

pub(super) fn run(
    patterns: &Path,
    observed: &[PathBuf],
    format: Format,
) -> Result<ExitCode, Failure> {
    let text = text_of(patterns)?;
    let indicators = node(patterns, &text)?;
    let texts: Vec<String> = observed
        .iter()
        .map(|path| text_of(path))
        .collect::<Result<_, _>>()?;
    let nodes: Vec<Node<'_>> = observed
        .iter()
        .zip(&texts)
        .map(|(path, text)| node(path, text))
        .collect::<Result<_, _>>()?;
    let (names, seen) = observations(&nodes);
    let mut rows = Vec::new();
    let mut asked = 0usize;
    for one in objects(&indicators) {
        let found = one
            .text_of("pattern")
            .filter(|_| one.text_of("type") == Some("indicator"));
        let Some(found) = found else { continue };
        asked += seen.len();
        if asked > QUESTIONS_MAX {
            return Err(no(
                patterns,
                "there are more indicators and observations than are compared at once",
            ));
        }
        let id = one.text_of("id").unwrap_or_default().to_owned();
        if !matches!(one.text_of("pattern_type"), Some("stix") | None) {
            show::say(&format!("{id}: left out: its pattern is none of STIX"));
            continue;
        }
        match Pattern::parse(found) {
            Ok(pattern) => rows.extend(row(id, which(&pattern, &seen), &names)),
            Err(error) => show::say(&format!("{id}: left out: {}", line(&error))),
        }
    }
    told(&rows, (asked, seen.len()), format);
    Ok(ExitCode::SUCCESS)
}

/// The observed data of texts, with their identifiers; references are followed within all of them.
fn observations<'t>(nodes: &'t [Node<'t>]) -> (Vec<String>, Vec<Observed<'t>>) {
    let all = || nodes.iter().flat_map(|node| objects(node));
    let known: BTreeMap<&str, &Node<'_>> = all()
        .filter_map(|one| Some((one.text_of("id")?, one)))
        .collect();
    let (mut names, mut out) = (Vec::new(), Vec::new());
    for one in all().filter(|one| one.text_of("type") == Some("observed-data")) {
        let id = one.text_of("id").unwrap_or("observed data without id");
        match Observed::new(one, &known) {
            Ok(observed) => {
                names.push(id.to_owned());
                out.push(observed);
            }
            Err(error) => show::say(&format!("{id}: left out: {error}")),
        }
    }
    (names, out)
}

fn row(indicator: String, found: Option<Which>, names: &[String]) -> Option<Row> {
    let of = |places: Vec<usize>| {
        let each = places.into_iter().filter_map(|at| names.get(at).cloned());
        each.collect::<Vec<String>>()
    };
    let (which, observed, told) = match found? {
        Which::Each(places) => ("each", of(places), String::new()),
        Which::Together(places) => ("together", of(places), String::new()),
        Which::Unanswered(error) => ("unanswered", Vec::new(), line(&error)),
    };
    Some(Row {
        indicator,
        which,
        observed,
        told,
    })
}

fn told(rows: &[Row], (asked, seen): (usize, usize), format: Format) {
    match format {
        Format::Json => {
            let each = rows.iter().map(|row| {
                json!({"indicator": row.indicator, "which": row.which, "observed": row.observed, "told": row.told})
            });
            show::json(&each.collect::<Vec<Value>>().into());
        }
        Format::Text => {
            let matching = rows.iter().filter(|row| row.which != "unanswered").count();
            let of = asked.checked_div(seen).unwrap_or(0);
            show::line(&format!(
                "{matching} of {of} indicators match, {seen} observed data"
            ));
            if !rows.is_empty() {
                let cells = rows.iter().map(|row| {
                    let observed = if row.told.is_empty() {
                        row.observed.join(" ")
                    } else {
                        row.told.clone()
                    };
                    vec![row.indicator.clone(), row.which.to_owned(), observed]
                });
                show::table(&["indicator", "", "observed"], cells);
            }
        }
    }
}
