//! The benchmark of what is exchanged. In: how much, a folder on the disk to be measured. Out: tables in `docs/performance.md`, each figure beside its target. Never: a figure of
//! another run, or one that was left out because it misses; a smaller run written into the page.
//!
//! `crates/liaison/examples/exchange_load` measures; here it is built, called for each engine and beside medallion, and told.

use super::figures::{self, Bar, Figures, judged, load, measure, number};
use super::report;
use crate::tools::{Stop, cargo, succeed, target};
use anyhow::{Context, Result};
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

const USAGE: &str = "usage: cargo xtask bench exchange [--objects N] [FOLDER]";
const BEGIN: &str = "<!-- bench-exchange:begin -->";
const END: &str = "<!-- bench-exchange:end -->";
const EXAMPLE: &str = "exchange_load";
/// Objects, assets; of attributes a tenth.
const OBJECTS: u64 = 1_000_000;
/// What others wrote and we are compared with.
const MEDALLION: &str = "medallion==3.0.0";
const ENGINES: [&str; 2] = ["sqlite", "postgresql"];

/// Rows of both engines: what is measured, the figure's name, its unit, the target.
const ROWS: &[(&str, &str, &str, Bar)] = &[
    (
        "objects in, one sender, judged and durable",
        "in.rate",
        "/s",
        Bar::AtLeast(2000.0),
    ),
    (
        "the same, the last tenth",
        "in.last",
        "/s",
        Bar::AtLeast(2000.0),
    ),
    (
        "of that, reading and judging alone",
        "in.judging",
        "/s",
        Bar::None,
    ),
    (
        "a page of 1,000 for who sees all, first, p50",
        "page.all.0.p50",
        "ms",
        Bar::None,
    ),
    ("p95", "page.all.0.p95", "ms", Bar::AtMost(150.0)),
    ("in the middle, p50", "page.all.50.p50", "ms", Bar::None),
    ("p95", "page.all.50.p95", "ms", Bar::AtMost(150.0)),
    ("at 99 %, p50", "page.all.99.p50", "ms", Bar::None),
    ("p95", "page.all.99.p95", "ms", Bar::AtMost(150.0)),
    (
        "the same for who sees up to green, first, p50",
        "page.green.0.p50",
        "ms",
        Bar::None,
    ),
    ("p95", "page.green.0.p95", "ms", Bar::AtMost(150.0)),
    ("in the middle, p50", "page.green.50.p50", "ms", Bar::None),
    ("p95", "page.green.50.p95", "ms", Bar::AtMost(150.0)),
    ("at 99 %, p50", "page.green.99.p50", "ms", Bar::None),
    ("p95", "page.green.99.p95", "ms", Bar::AtMost(150.0)),
    (
        "1,000 reports (one object in fifty, with 40 references each), first, p95",
        "page.reports.0.p95",
        "ms",
        Bar::None,
    ),
    ("in the middle, p95", "page.reports.50.p95", "ms", Bar::None),
    (
        "objects of 300 ids, p95",
        "page.ids.p95",
        "ms",
        Bar::AtMost(150.0),
    ),
    (
        "bytes of an object as it is sent",
        "in.bytes",
        "bytes",
        Bar::None,
    ),
];

const OTHERS: [figures::Row; 14] = [
    (
        "index of the registered assets",
        "assets.index",
        "s",
        1.0,
        Bar::None,
    ),
    (
        "an advisory on 150 products against them",
        "assets.advisory.1",
        "ms",
        1.0,
        Bar::None,
    ),
    (
        "assets that it means or asks about",
        "assets.hits.1",
        "",
        1.0,
        Bar::None,
    ),
    (
        "an advisory on 1,500 products",
        "assets.advisory.10",
        "ms",
        1.0,
        Bar::None,
    ),
    (
        "a MISP feed, events of 2,000 attributes: read, turned, judged, stored",
        "misp.feed.seconds",
        "s",
        1.0,
        Bar::AtMost(60.0),
    ),
    ("of that, reading", "misp.feed.reading", "s", 1.0, Bar::None),
    (
        "turning into STIX",
        "misp.feed.turning",
        "s",
        1.0,
        Bar::None,
    ),
    ("judging", "misp.feed.judging", "s", 1.0, Bar::None),
    ("storing", "misp.feed.storing", "s", 1.0, Bar::None),
    ("STIX objects made", "misp.feed.objects", "", 1.0, Bar::None),
    (
        "of them refused",
        "misp.feed.refused",
        "",
        1.0,
        Bar::AtMost(0.0),
    ),
    (
        "the same attributes as one event",
        "misp.one.seconds",
        "s",
        1.0,
        Bar::AtMost(60.0),
    ),
    (
        "of that, turning into STIX",
        "misp.one.turning",
        "s",
        1.0,
        Bar::None,
    ),
    (
        "STIX objects refused: the report, whose references are more than are read of one object",
        "misp.one.refused",
        "",
        1.0,
        Bar::None,
    ),
];

/// `xtask bench exchange`.
///
/// # Errors
/// Where the example does not build or run, or a figure is missing.
pub(super) fn run(mut args: impl Iterator<Item = String>) -> Result<()> {
    let (mut objects, mut parent) = (OBJECTS, target().join("bench-exchange"));
    while let Some(word) = args.next() {
        if word == "--objects" {
            let count = args.next().and_then(|count| count.parse().ok());
            objects = count
                .filter(|count| *count >= 1000)
                .ok_or_else(|| Stop::usage("`--objects` needs a number from 1000 on"))?;
        } else if word.starts_with('-') {
            return Err(Stop::usage(USAGE));
        } else {
            parent = PathBuf::from(word);
        }
    }
    let words = [
        "build",
        "--release",
        "-p",
        "sakimori-liaison",
        "--example",
        EXAMPLE,
    ];
    succeed(&mut cargo(words))?;
    let folder = parent.join(std::process::id().to_string());
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;
    let done = measure_all(objects, &parent, &folder);
    // What the folder holds is of this run alone; the result is told first.
    std::fs::remove_dir_all(&folder)
        .with_context(|| format!("cannot remove {}", folder.display()))?;
    done
}

fn measure_all(objects: u64, parent: &Path, folder: &Path) -> Result<()> {
    let before = load();
    let mut figures = Figures::new();
    let postgres = [
        "/usr/lib/postgresql",
        "/usr/local/bin/postgres",
        "/usr/bin/postgres",
    ];
    let postgres = postgres.iter().any(|path| Path::new(path).exists());
    let engines: Vec<&str> = ENGINES
        .into_iter()
        .filter(|name| *name == "sqlite" || postgres)
        .collect();
    eprintln!("{objects} assets");
    call(
        &["assets".to_owned(), objects.to_string()],
        None,
        "assets.",
        &mut figures,
    )?;
    eprintln!("{} attributes of MISP", objects / 10);
    let words = ["misp".to_owned(), (objects / 10).to_string()];
    call(&words, Some(&folder.join("misp")), "misp.", &mut figures)?;
    for engine in &engines {
        // As large as medallion's, for comparison, then as many as are asked for.
        for (name, count) in [
            ("small", objects / 100),
            ("middle", objects / 10),
            ("large", objects),
        ] {
            if name != "large" && *engine != "sqlite" {
                continue;
            }
            eprintln!("{count} objects into {engine} and out of it");
            let place = folder.join(format!("{engine}-{name}"));
            let words = ["store", engine, &count.to_string()].map(str::to_owned);
            call(
                &words,
                Some(&place),
                &format!("{engine}.{name}."),
                &mut figures,
            )?;
        }
    }
    match medallion(parent) {
        Ok(program) => {
            for (name, count) in [
                ("tiny", objects / 1000),
                ("small", objects / 100),
                ("middle", objects / 10),
            ] {
                eprintln!("medallion with {count} objects");
                let place = folder.join(format!("medallion-{name}"));
                let words = ["medallion", &program, &count.to_string()].map(str::to_owned);
                call(
                    &words,
                    Some(&place),
                    &format!("medallion.{name}."),
                    &mut figures,
                )?;
            }
        }
        Err(error) => eprintln!("medallion is left out: {error:#}"),
    }
    let text = page(&figures, objects, &engines, &before, parent)?;
    if objects >= OBJECTS {
        report::put(BEGIN, END, &text)?;
    }
    eprintln!("{text}");
    Ok(())
}

fn call(
    words: &[String],
    folder: Option<&Path>,
    prefix: &str,
    figures: &mut Figures,
) -> Result<()> {
    let mut all: Vec<&OsStr> = words.iter().map(OsStr::new).collect();
    all.extend(folder.map(Path::as_os_str));
    measure(EXAMPLE, &all, prefix, figures)
}

/// The program of medallion, in a Python environment that is made at the first call.
fn medallion(parent: &Path) -> Result<String> {
    let home = parent.join("python");
    let program = home.join("bin/medallion");
    if !program.is_file() {
        std::fs::create_dir_all(parent)?;
        succeed(
            Command::new("python3")
                .args(["-m", "venv", "--clear"])
                .arg(&home),
        )?;
        let pip = [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            MEDALLION,
        ];
        succeed(Command::new(home.join("bin/python3")).args(pip))?;
    }
    Ok(program.display().to_string())
}

fn page(
    figures: &Figures,
    objects: u64,
    engines: &[&str],
    before: &str,
    parent: &Path,
) -> Result<String> {
    let mut text = String::new();
    writeln!(text, "Machine: {}.\n", crate::campaign::machine())?;
    writeln!(
        text,
        "`cargo xtask bench exchange --objects {objects}`, files below `{}`, one run; load average before: {before}, after: {}. Versions: {}.\n",
        parent
            .strip_prefix(crate::root())
            .unwrap_or(parent)
            .display(),
        load(),
        versions(engines)
    )?;
    engines_table(&mut text, figures, objects, engines)?;
    beside(&mut text, figures, objects)?;
    writeln!(
        text,
        "{objects} registered assets, and {} attributes of MISP:\n",
        objects / 10
    )?;
    text.push_str(&figures::table(&OTHERS, figures)?);
    Ok(text)
}

fn versions(engines: &[&str]) -> String {
    let mut all = vec![MEDALLION.replace("==", " ")];
    if engines.len() > 1 {
        let programs = std::fs::read_dir("/usr/lib/postgresql")
            .into_iter()
            .flatten()
            .flatten();
        let newest = programs
            .filter_map(|entry| entry.file_name().into_string().ok())
            .max();
        all.push(format!("PostgreSQL {}", newest.unwrap_or_default()));
    }
    all.join(", ")
}

fn engines_table(
    text: &mut String,
    figures: &Figures,
    objects: u64,
    engines: &[&str],
) -> Result<()> {
    writeln!(
        text,
        "{objects} objects in one collection, through the logic of TAXII and the store:\n"
    )?;
    writeln!(
        text,
        "| | SQLite | PostgreSQL | target | |\n|---|---|---|---|---|"
    )?;
    for (what, name, unit, bar) in ROWS {
        let mut cells = Vec::new();
        let mut verdicts = Vec::new();
        for engine in ENGINES {
            if !engines.contains(&engine) {
                cells.push("not here".to_owned());
                continue;
            }
            let value = value(figures, &format!("{engine}.large.{name}"))?;
            cells.push(format!("{} {unit}", number(value)));
            verdicts.push(judged(value, *bar).1);
        }
        // One that misses is told, whatever the other does.
        let missed = verdicts.iter().find(|verdict| verdict.contains("missed"));
        let verdict = missed.or(verdicts.first()).copied().unwrap_or_default();
        let target = judged(0.0, *bar).0;
        writeln!(
            text,
            "| {what} | {} | {target} | {verdict} |",
            cells.join(" | ")
        )?;
    }
    let bytes = value(figures, "sqlite.large.disk.bytes")?;
    writeln!(
        text,
        "\nOn the disk an object takes {} bytes in SQLite, with its indices.\n",
        number(bytes)
    )?;
    Ok(())
}

fn value(figures: &Figures, name: &str) -> Result<f64> {
    figures
        .get(name)
        .and_then(|values| figures::median(values))
        .with_context(|| format!("`{name}` is missing"))
}

fn beside(text: &mut String, figures: &Figures, objects: u64) -> Result<()> {
    writeln!(
        text,
        "The same objects in medallion, over HTTP on loopback, and in SQLite through the logic, without HTTP:\n"
    )?;
    writeln!(
        text,
        "| objects | medallion, a page of 1,000 | ours, p50 | medallion, objects in | ours |\n|---|---|---|---|---|"
    )?;
    let cell = |name: String, unit: &str| {
        let found = value(figures, &name).ok();
        found.map_or_else(
            || "–".to_owned(),
            |value| format!("{} {unit}", number(value)),
        )
    };
    for (name, part) in [("tiny", 1000), ("small", 100), ("middle", 10), ("large", 1)] {
        writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            objects / part,
            cell(format!("medallion.{name}.page"), "ms"),
            cell(format!("sqlite.{name}.page.all.0.p50"), "ms"),
            cell(format!("medallion.{name}.in.rate"), "/s"),
            cell(format!("sqlite.{name}.in.rate"), "/s"),
        )?;
    }
    writeln!(text)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Figures {
        let mut figures = Figures::new();
        for engine in ENGINES {
            for (_, name, _, _) in ROWS {
                figures.insert(format!("{engine}.large.{name}"), vec![140.0]);
            }
        }
        figures.insert("sqlite.large.disk.bytes".to_owned(), vec![900.0]);
        figures.extend(OTHERS.iter().map(|row| (row.1.to_owned(), vec![2.0])));
        figures
    }

    #[test]
    fn one_engine_that_misses_is_told_and_a_missing_figure_is_refused() {
        let mut figures = all();
        let name = "postgresql.large.page.all.99.p95".to_owned();
        figures.insert(name.clone(), vec![151.0]);
        let text = page(&figures, 5000, &ENGINES, "0.1", Path::new("x")).unwrap();
        assert!(text.contains("| p95 | 140 ms | 151 ms | ≤ 150 | **missed** |"));
        assert!(text.contains("| p95 | 140 ms | 140 ms | ≤ 150 | met |"));
        assert!(text.contains(
            "| objects in, one sender, judged and durable | 140 /s | 140 /s | ≥ 2000 | **missed** |"
        ));
        assert!(text.contains("| 50 | – | – | – | – |"));
        let text = page(&figures, 5000, &["sqlite"], "0.1", Path::new("x")).unwrap();
        assert!(text.contains("| p95 | 140 ms | not here | ≤ 150 | met |"));
        figures.remove(&name);
        assert!(page(&figures, 5000, &ENGINES, "0.1", Path::new("x")).is_err());
    }

    #[test]
    fn the_page_has_the_marks() {
        let page = std::fs::read_to_string(crate::root().join("docs/performance.md")).unwrap();
        assert!(page.contains(BEGIN) && page.contains(END));
    }
}
