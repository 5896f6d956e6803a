//! `oversight`. In: a copy of the log, words of the secretariat. Out: the report, what is due, an inspector's walk, alerts, entries. Never: a number that the log does not give.

mod measures;

use crate::arguments::Format;
use crate::arguments::oversight::{
    Copy, Inspect, InspectAct, Letter, LetterKind, Oversight, Report,
};
use crate::failure::Failure;
use crate::show;
use sakimori_authority::schedule::Key;
use sakimori_control::oversight::{self, InspectionAct, Word};
use sakimori_control::{Host, Node, files, keys};
use sakimori_custody::ids::RecordId;
use sakimori_custody::time::Seconds;
use sakimori_oversight::misuse::{self, Alert, Bounds};
use sakimori_oversight::report;
use sakimori_oversight::walk::About;
use sakimori_oversight::{Book, Overdue};
use sakimori_tlog::key::NoteSigner;
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;

#[expect(clippy::too_many_lines, reason = "one arm for each command")]
pub(super) fn run(command: Oversight, host: &Host) -> Result<ExitCode, Failure> {
    match command {
        Oversight::Report(Report::Write {
            year,
            copy,
            out,
            key,
        }) => write_report(year, &copy, &out, key.as_deref(), host),
        Oversight::Report(Report::Verify {
            file,
            year,
            copy,
            format,
        }) => verify_report(&file, year, &copy, format),
        Oversight::Due { copy, now, format } => {
            let keys = [
                Key::DeadlineQuestion,
                Key::DeadlineNotice,
                Key::DeadlineDemand,
                Key::DeadlineRecommendation,
                Key::RetentionDays,
            ];
            super::marks::say(&Node::at(&copy.dir), &keys);
            let now = now.unwrap_or_else(|| host.seconds());
            Ok(due(&book(&copy)?, now, format))
        }
        Oversight::Follow {
            what,
            copy,
            now,
            format,
        } => follow(
            &what,
            &book(&copy)?,
            now.unwrap_or_else(|| host.seconds()),
            format,
        ),
        Oversight::Measures {
            measure,
            copy,
            now,
            format,
        } => {
            let now = now.unwrap_or_else(|| host.seconds());
            measures::shown(&book(&copy)?, measure, now, format)
        }
        Oversight::MeasureFigures {
            year,
            copy,
            now,
            format,
        } => {
            let now = now.unwrap_or_else(|| host.seconds());
            measures::figures(&book(&copy)?.measure_figures(year, now), format);
            Ok(ExitCode::SUCCESS)
        }
        Oversight::Plan { measure, copy } => measures::plan(&book(&copy)?, &copy.dir, measure),
        Oversight::Misuse {
            copy,
            now,
            key,
            evidence,
            format,
        } => {
            let now = now.unwrap_or_else(|| host.seconds());
            let alerts = misuse::alerts(&book(&copy)?, &Bounds::default(), now);
            if let (Some(key), Some(evidence)) = (key, evidence) {
                cases(&copy.dir, host, &keys::read(&key)?, &alerts, &evidence)?;
            }
            Ok(show_alerts(&alerts, format))
        }
        Oversight::Evidence { file, key } => {
            show::json(&oversight::read_evidence(&file, &keys::read(&key)?)?);
            Ok(ExitCode::SUCCESS)
        }
        Oversight::Inspect(arguments) => inspect(arguments, host),
        Oversight::Letter(arguments) => letter(*arguments, host),
        Oversight::Reply {
            letter,
            from,
            text,
            dir,
        } => {
            let node = Node::at(dir.dir);
            let office = keys::read(&node.office_key("office"))?;
            let index = oversight::reply(&node, host, &office, letter, (&from, &text))?;
            Ok(entered(index))
        }
    }
}

fn book(copy: &Copy) -> Result<Book, Failure> {
    Ok(oversight::book_of(&copy.dir, copy.trust_root.as_deref())?)
}

fn entered(index: u64) -> ExitCode {
    show::line(&index.to_string());
    ExitCode::SUCCESS
}

fn write_report(
    year: u64,
    copy: &Copy,
    out: &Path,
    key: Option<&Path>,
    host: &Host,
) -> Result<ExitCode, Failure> {
    let texts = match key {
        Some(key) => {
            let secretariat = keys::read(key)?;
            let node = Node::at(&copy.dir);
            let (index, texts) = oversight::publish_report(&node, host, &secretariat, year)?;
            show::say(&format!("the report of {year} is entry {index} of the log"));
            texts
        }
        None => book(copy)?.yearly(year).texts(),
    };
    for (name, text) in [
        (format!("report-{year}.ja.md"), &texts.ja),
        (format!("report-{year}.en.md"), &texts.en),
        (format!("report-{year}.csv"), &texts.csv),
    ] {
        let path = out.join(name);
        files::write(&path, text.as_bytes(), files::PUBLIC)?;
        show::line(&path.display().to_string());
    }
    Ok(ExitCode::SUCCESS)
}

fn verify_report(file: &Path, year: u64, copy: &Copy, format: Format) -> Result<ExitCode, Failure> {
    let bytes = files::read_present(file)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure::no(format!("{} is no text", file.display())))?;
    let verdict = report::verify(&book(copy)?, year, &text);
    match (format, &verdict) {
        (Format::Json, verdict) => show::json(&json!({
            "year": year,
            "holds": verdict.is_ok(),
            "difference": verdict.as_ref().err(),
        })),
        (Format::Text, Ok(())) => show::line(&format!(
            "{} is the report that the log gives for {year}",
            file.display()
        )),
        (Format::Text, Err(difference)) => {
            show::line(&format!("{}: {difference}", file.display()));
        }
    }
    Ok(ExitCode::from(u8::from(verdict.is_err())))
}

fn due(book: &Book, now: Seconds, format: Format) -> ExitCode {
    let due: Vec<Overdue> = book.overdue(now);
    match format {
        Format::Json => show::json(&json!(due)),
        Format::Text if due.is_empty() => show::line(&format!("Nothing is due at {now}.")),
        Format::Text => show::table(
            &["what", "entry", "since", "about"],
            due.iter().map(|d| {
                vec![
                    d.code.name().to_owned(),
                    d.index.to_string(),
                    Seconds(d.since).to_string(),
                    d.what.clone(),
                ]
            }),
        ),
    }
    ExitCode::from(u8::from(!due.is_empty()))
}

fn inspect(arguments: Inspect, host: &Host) -> Result<ExitCode, Failure> {
    let word = Word::Inspection {
        inspection: arguments.inspection,
        act: match arguments.act {
            InspectAct::Open => InspectionAct::Opened,
            InspectAct::Finding => InspectionAct::Finding,
            InspectAct::Close => InspectionAct::Closed,
        },
        inspector: arguments.inspector,
        subject: arguments.subject,
        text: arguments.text,
    };
    written(&arguments.dir.dir, &arguments.key, &word, host)
}

fn letter(arguments: Letter, host: &Host) -> Result<ExitCode, Failure> {
    let stop = arguments.stop.as_deref().map(files::read_present);
    let word = Word::Letter(oversight::Letter {
        kind: match arguments.kind {
            LetterKind::Notice => oversight::LetterKind::Notice,
            LetterKind::Demand => oversight::LetterKind::Demand,
            LetterKind::Recommendation => oversight::LetterKind::Recommendation,
        },
        id: arguments.id,
        to: arguments.to,
        subject: arguments.subject,
        text: arguments.text,
        about: arguments.about,
        stop: stop.transpose()?,
    });
    let done = written(&arguments.dir.dir, &arguments.key, &word, host)?;
    let key = match arguments.kind {
        LetterKind::Notice => Key::DeadlineNotice,
        LetterKind::Demand => Key::DeadlineDemand,
        LetterKind::Recommendation => Key::DeadlineRecommendation,
    };
    super::marks::say(&Node::at(&arguments.dir.dir), &[key]);
    Ok(done)
}

fn written(dir: &Path, key: &Path, word: &Word, host: &Host) -> Result<ExitCode, Failure> {
    let secretariat = keys::read(key)?;
    let index = oversight::write(&Node::at(dir), host, &secretariat, word)?;
    Ok(entered(index))
}

fn follow(what: &str, book: &Book, now: Seconds, format: Format) -> Result<ExitCode, Failure> {
    let about = match (what.parse(), what.parse()) {
        (Ok(record), _) => About::Record(record),
        (_, Ok(bucket)) => About::Bucket(bucket),
        _ => About::Finding(records_of(Path::new(what))?),
    };
    let way = book.walk(&about, now).map_err(Failure::no)?;
    match format {
        Format::Json => show::json(&json!(way)),
        Format::Text => show::out(&way.to_string()),
    }
    Ok(ExitCode::SUCCESS)
}

/// Records that a finding's file names.
fn records_of(file: &Path) -> Result<Vec<RecordId>, Failure> {
    let told = || {
        Failure::usage(format!(
            "`{}` is no record, no bucket and no finding's file",
            file.display()
        ))
    };
    let bytes = files::read(file)?.ok_or_else(told)?;
    let finding: serde_json::Value = serde_json::from_slice(&bytes).map_err(|_| told())?;
    let records = finding["records"].as_array().ok_or_else(told)?;
    let ids = records.iter().map(|id| id.as_str()?.parse().ok());
    ids.collect::<Option<Vec<RecordId>>>().ok_or_else(told)
}

/// Opens a case for each alert that is new.
fn cases(
    dir: &Path,
    host: &Host,
    secretariat: &NoteSigner,
    alerts: &[Alert],
    folder: &Path,
) -> Result<(), Failure> {
    let node = Node::at(dir);
    for alert in alerts {
        if let Some(case) = oversight::open_case(&node, host, secretariat, alert, folder)? {
            show::say(&format!(
                "entry {} opens a case; its evidence is {}",
                case.entry,
                case.pack.display()
            ));
        }
    }
    Ok(())
}

fn show_alerts(alerts: &[Alert], format: Format) -> ExitCode {
    match format {
        Format::Json => show::json(&json!(alerts)),
        Format::Text if alerts.is_empty() => show::line("No rule of misuse is met."),
        Format::Text => show::table(
            &["rule", "actor", "entries", "why"],
            alerts.iter().map(|alert| {
                let entries: Vec<String> = alert.entries.iter().map(u64::to_string).collect();
                vec![
                    alert.rule.name().to_owned(),
                    alert.actor.clone(),
                    entries.join(" "),
                    alert.reason.clone(),
                ]
            }),
        ),
    }
    ExitCode::from(u8::from(!alerts.is_empty()))
}
