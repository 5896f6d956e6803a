//! `measure export`, `measure playbook`. In: a measure's papers; a playbook of others. Out: files that others verify; every problem of a playbook. Never: a file in the place of another.

use super::{BYTES_MAX, Office};
use crate::failure::Failure;
use crate::show;
use sakimori_control::error::exit;
use sakimori_control::files;
use sakimori_custody::ids::{AuthorityId, hex};
use sakimori_liaison::measure::{self, Held};
use sakimori_respond::cacao::{Command, Kind, check};
use sakimori_respond::report::case::{self, Measure};
use sakimori_store::Store;
use std::path::Path;
use std::process::ExitCode;

/// Writes the chain of custody, the bytes of its links by their SHA-256, and the report in CASE.
pub(super) async fn export(
    store: &dyn Store,
    id: AuthorityId,
    held: &Held,
    out: &Path,
) -> Result<ExitCode, Failure> {
    let custody = measure::custody(store, id).await;
    let custody = custody.map_err(|e| super::failed(&e))?;
    let items = out.join("items");
    std::fs::create_dir_all(&items).map_err(|e| Failure {
        message: format!("{}: {e}", items.display()),
        code: exit::ENVIRONMENT,
    })?;
    for (link, bytes) in custody.chain.links().iter().zip(&custody.items) {
        files::write(&items.join(hex(&link.sha256)), bytes, files::PUBLIC)?;
    }
    let lines = custody.chain.write();
    files::write(&out.join("chain.jsonl"), lines.as_bytes(), files::PUBLIC)?;
    let state = held.state();
    let name = format!("measure {id}");
    let told = Measure {
        id: state.family().0,
        name: &name,
        purpose: &state.plan().dossier.harm,
        office: "office",
        begin: state.dispatched().unwrap_or_else(|| state.drafted()),
        end: state.ended(),
    };
    let graph = case::export(&told, &custody.chain, None);
    let text = format!("{graph:#}\n");
    files::write(&out.join("case.jsonld"), text.as_bytes(), files::PUBLIC)?;
    show::line(&hex(&custody.chain.head()));
    show::say(&format!(
        "{} links in chain.jsonl, checked by `python3 tools/chain.py chain.jsonl --head {} --items items`; the report in case.jsonld",
        custody.chain.links().len(),
        hex(&custody.chain.head())
    ));
    Ok(ExitCode::SUCCESS)
}

/// Judges a playbook, and tells what of it a plan has to have.
pub(super) fn playbook(office: &Office<'_>, file: &Path) -> Result<ExitCode, Failure> {
    let bytes = super::read(file, BYTES_MAX)?;
    let playbook = match check(&bytes) {
        Ok(playbook) => playbook,
        Err(problems) => {
            for problem in &problems {
                let step = problem.step.as_deref().unwrap_or("the playbook");
                show::line(&format!("{step}: {problem}"));
            }
            let count = problems.len();
            return Err(Failure::no(format!("the playbook breaks {count} rules")));
        }
    };
    show::line(&hex(&playbook.digest));
    let mut rows = Vec::new();
    for (name, step) in &playbook.steps {
        let Kind::Action { commands, .. } = &step.kind else {
            continue;
        };
        for command in commands {
            let (kind, what) = match command {
                Command::Manual(words) => ("a person", words.clone()),
                Command::OpenC2(command) => {
                    let target = command.target.name();
                    ("an actuator", format!("{} {target}", command.action))
                }
            };
            rows.push(vec![name.clone(), kind.to_owned(), what]);
        }
    }
    if office.desk.format == crate::arguments::Format::Text {
        show::table(&["step", "who", "what"], rows);
    } else {
        let rows: Vec<_> = rows
            .iter()
            .map(|row| serde_json::json!({"step": row.first(), "who": row.get(1), "what": row.get(2)}))
            .collect();
        show::json(
            &serde_json::json!({"id": playbook.id, "digest": hex(&playbook.digest), "commands": rows}),
        );
    }
    show::say(
        "the plan names it by the first line, as `playbook`; each command to an actuator is an effect of the plan, or is not approved",
    );
    Ok(ExitCode::SUCCESS)
}
