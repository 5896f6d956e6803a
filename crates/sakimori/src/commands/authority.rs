//! `authority draft`, `sign`, `submit`, `lease`, `show`. In: arguments, texts, key files. Out: texts, notes, entries. Never: a signature under a text that was not shown.

use crate::arguments::{Authority, Draft, Format};
use crate::failure::Failure;
use crate::show;
use sakimori_authority::Statement;
use sakimori_authority::statement::{Basis, Caps};
use sakimori_control::error::told;
use sakimori_control::{ControlError, Host, Node, files, keys, ledger, office};
use sakimori_custody::ids::AuthorityId;
use sakimori_tlog::note::Note;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub(super) fn run(command: Authority, host: &Host) -> Result<ExitCode, Failure> {
    match command {
        Authority::Draft(arguments) => draft(&arguments, host),
        Authority::Sign { file, keys, out } => {
            sign(&file, &keys, out.as_deref().unwrap_or(&file), host)
        }
        Authority::Submit { file, dir } => submit(&file, &Node::at(dir.dir), host),
        Authority::Lease { id, sensor, dir } => {
            let until = office::renew(&Node::at(dir.dir), host, id, &sensor)?;
            show::line(&format!("{sensor} may run under {id} until {until}"));
            Ok(ExitCode::SUCCESS)
        }
        Authority::Show { what, dir, format } => {
            describe(what.as_deref(), &Node::at(dir.dir), format)
        }
    }
}

fn draft(arguments: &Draft, host: &Host) -> Result<ExitCode, Failure> {
    let node = Node::at(&arguments.dir.dir);
    let pack = super::pack::read(arguments.pack.as_deref())?;
    let draft = office::Draft {
        basis: arguments.basis.clone(),
        not_before: arguments.not_before.unwrap_or_else(|| host.seconds()),
        not_after: arguments.not_after,
        sensors: arguments.sensors.clone(),
        directions: arguments.directions.clone(),
        caps: Caps {
            match_ppm: arguments.match_ppm,
            flow_bytes: sakimori_custody::record::RECORD_BYTES as u64,
            day_records: arguments.day_records,
        },
        keep_days: arguments.keep,
        conditions: arguments.conditions.clone(),
        decided: decided(arguments)?,
    };
    let reasons = office::Reasons {
        facts: arguments.facts.clone(),
        necessity: arguments.necessity.clone(),
        alternatives: arguments.alternatives.clone(),
    };
    let statement = office::draft(&node, host, &pack, &draft, &reasons)?;
    files::write(
        &arguments.out,
        statement.to_string().as_bytes(),
        files::PUBLIC,
    )?;
    show::line(&statement.id.to_string());
    show::say(&format!(
        "the request is on record; {} is to be signed by everybody who is present",
        arguments.out.display()
    ));
    Ok(ExitCode::SUCCESS)
}

fn decided(arguments: &Draft) -> Result<Basis, Failure> {
    if let Some(party) = &arguments.party {
        let key = |text: &Option<String>, what: &str| {
            let read = text.as_deref().unwrap_or_default().parse();
            read.map(Box::new)
                .map_err(|e| Failure::usage(format!("the {what} is no verifier key: {e}")))
        };
        return Ok(Basis::Agreement {
            party: party.clone(),
            key: key(&arguments.party_key, "party's key")?,
            suspend_key: key(&arguments.suspend_key, "key that suspends")?,
        });
    }
    let list = |names: &[String]| -> Vec<String> {
        names
            .iter()
            .flat_map(|n| n.split(','))
            .map(str::to_owned)
            .collect()
    };
    let lists = [
        &arguments.present,
        &arguments.votes_for,
        &arguments.votes_against,
        &arguments.recused,
    ]
    .map(|l| list(l));
    let [present, votes_for, votes_against, recused] = lists
        .each_ref()
        .map(|l| l.iter().map(String::as_str).collect::<Vec<_>>());
    let presiding = arguments.presiding.as_deref().unwrap_or_default();
    Ok(Basis::Sitting(office::sitting(
        &present,
        presiding,
        &votes_for,
        &votes_against,
        &recused,
    )?))
}

/// A text or a note that is being signed.
fn open(file: &Path) -> Result<Note, Failure> {
    let bytes = files::read_present(file)?;
    let not = |problem: &str| Failure::no(format!("{}: {problem}", file.display()));
    if let Ok(note) = Note::parse(&bytes) {
        return Ok(note);
    }
    let text = String::from_utf8(bytes).map_err(|_| not("it is no text"))?;
    Note::sign(&text, &[], 0).ok_or_else(|| not("it is no text that can be signed"))
}

fn sign(file: &Path, key_files: &[PathBuf], out: &Path, host: &Host) -> Result<ExitCode, Failure> {
    let mut note = open(file)?;
    Statement::parse(note.text()).map_err(|e| Failure::no(format!("{}: {e}", file.display())))?;
    show::say(note.text());
    for path in key_files {
        let signer = keys::read(path)?;
        let own = std::slice::from_ref(signer.verifier());
        if note.verify(own).is_ok() {
            show::say(&format!("{} has signed already", signer.verifier().name()));
            continue;
        }
        note.add(&signer, host.seconds().0);
        show::say(&format!("signed by {}", signer.verifier().name()));
    }
    files::write(out, &note.to_bytes(), files::PUBLIC)?;
    show::line(&out.display().to_string());
    Ok(ExitCode::SUCCESS)
}

fn submit(file: &Path, node: &Node, host: &Host) -> Result<ExitCode, Failure> {
    let bytes = files::read_present(file)?;
    let force = office::submit(node, host, &bytes).map_err(|error| match error {
        ControlError::Document { problem, .. } => ControlError::document(file.display(), problem),
        other => other,
    })?;
    show::line(&force.statement.id.to_string());
    show::say(&format!(
        "in force from {} to {}; the decision is entry {} of the log",
        force.statement.not_before, force.statement.not_after, force.index
    ));
    for (sensor, until) in force.leases {
        show::say(&format!(
            "{sensor} may run until {until}; `sakimori authority lease` goes on from there"
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn describe(what: Option<&str>, node: &Node, format: Format) -> Result<ExitCode, Failure> {
    let Some(what) = what else {
        return list(node, format);
    };
    let path = match what.parse::<AuthorityId>() {
        Ok(id) => node.statement(id),
        Err(_) => PathBuf::from(what),
    };
    let bytes = files::read_present(&path)?;
    let text = Note::parse(&bytes).map_or_else(
        |_| String::from_utf8_lossy(&bytes).into_owned(),
        |note| note.text().to_owned(),
    );
    let root = ledger::installed_root(node)?;
    let verdict = match Statement::check(&bytes, &root) {
        Ok((statement, _)) => Ok(statement.approvers()),
        Err(e) => Err(told(&e)),
    };
    match format {
        Format::Text => {
            show::out(&text);
            match &verdict {
                Ok(approvers) => show::line(&format!(
                    "\nThis is a decision: {} for it.",
                    approvers.join(", ")
                )),
                Err(reason) => show::line(&format!("\nThis is no decision: {reason}.")),
            }
        }
        Format::Json => show::json(&document(&text, &verdict)),
    }
    Ok(ExitCode::from(u8::from(verdict.is_err())))
}

fn document(text: &str, verdict: &Result<Vec<String>, String>) -> Value {
    let statement = Statement::parse(text).ok();
    json!({
        "id": statement.as_ref().map(|s| s.id.to_string()),
        "kind": statement.as_ref().map(|s| s.kind.to_string()),
        "not_before": statement.as_ref().map(|s| s.not_before.to_string()),
        "not_after": statement.as_ref().map(|s| s.not_after.to_string()),
        "decided": verdict.is_ok(),
        "approvers": verdict.as_ref().ok(),
        "problem": verdict.as_ref().err(),
        "text": text,
    })
}

fn list(node: &Node, format: Format) -> Result<ExitCode, Failure> {
    ledger::installed_root(node)?;
    let ids = office::authorities(node)?;
    let statements: Result<Vec<Statement>, ControlError> = ids
        .into_iter()
        .map(|id| office::statement(node, id))
        .collect();
    let statements = statements?;
    match format {
        Format::Json => show::json(&json!(
            statements
                .iter()
                .map(|s| document(&s.to_string(), &Ok(s.approvers())))
                .collect::<Vec<_>>()
        )),
        Format::Text => show::table(
            &[
                "authority",
                "kind",
                "from",
                "until",
                "sensors",
                "approved by",
            ],
            statements.iter().map(|s| {
                let sensors: Vec<String> = s.sensors.iter().map(ToString::to_string).collect();
                vec![
                    s.id.to_string(),
                    s.kind.to_string(),
                    s.not_before.to_string(),
                    s.not_after.to_string(),
                    sensors.join(" "),
                    s.approvers().join(" "),
                ]
            }),
        ),
    }
    Ok(ExitCode::SUCCESS)
}
