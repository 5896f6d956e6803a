//! `measure export`, `measure report`, `measure evidence`. In: a measure's papers, pieces of evidence. Out: files that others verify, the report behind the end. Never: a file in the place of another; a report that the records do not give.

use super::{BYTES_MAX, Office};
use crate::arguments::Format;
use crate::arguments::measure::EvidenceAct;
use crate::failure::Failure;
use crate::show;
use sakimori_access::Act as Leave;
use sakimori_control::error::exit;
use sakimori_control::files;
use sakimori_custody::ids::{AuthorityId, hex};
use sakimori_custody::time::Seconds;
use sakimori_liaison::measure::{self, Held};
use sakimori_node::measure::{Reported, Room, effect_of, report_html, report_markdown};
use sakimori_node::words::Language;
use sakimori_respond::report::case::{self, Measure};
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;

fn folder(path: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(path).map_err(|e| Failure {
        message: format!("{}: {e}", path.display()),
        code: exit::ENVIRONMENT,
    })
}

/// Writes the chain of custody, the bytes of its links by their SHA-256, and the report in CASE. What was erased is a link without its bytes.
pub(super) async fn export(
    room: &Room,
    id: AuthorityId,
    held: &Held,
    out: &Path,
) -> Result<ExitCode, Failure> {
    let custody = room.custody(id).await;
    let (chain, linked) = custody.map_err(|problem| super::no(&problem))?;
    let items = out.join("items");
    folder(&items)?;
    let mut erased = 0;
    for one in &linked {
        match &one.bytes {
            Some(bytes) => files::write(&items.join(&one.sha256), bytes, files::PUBLIC)?,
            None => erased += 1,
        }
    }
    let lines = chain.write();
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
    let effect = effect_of(&*room.store, id).await;
    let effect = effect.map_err(|problem| super::no(&problem))?;
    let graph = case::export(&told, &chain, effect.as_ref());
    let text = format!("{graph:#}\n");
    files::write(&out.join("case.jsonld"), text.as_bytes(), files::PUBLIC)?;
    show::line(&hex(&chain.head()));
    show::say(&format!(
        "{} links in chain.jsonl, checked by `python3 tools/chain.py chain.jsonl --head {} --items items`; the report in case.jsonld",
        chain.links().len(),
        hex(&chain.head())
    ));
    if erased > 0 {
        show::say(&format!(
            "{erased} pieces of evidence are erased; their links stand"
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// Composes the report, writes it where that is asked for, and hands it in where that is.
pub(super) async fn report(
    office: &Office<'_>,
    room: &Room,
    held: &Held,
    (words, out, submit): (Option<&Path>, Option<&Path>, bool),
) -> Result<(), Failure> {
    let words = match words {
        Some(path) => {
            let bytes = super::read(path, BYTES_MAX)?;
            String::from_utf8(bytes).map_err(|_| Failure::no("the words are not UTF-8"))?
        }
        None => String::new(),
    };
    let id = held.state().plan().id;
    if submit {
        office.may(Leave::Respond).await?;
        let stepped = room.hand_in(held, &words, &office.by).await;
        office.said(&stepped.map_err(|problem| super::no(&problem))?)?;
    }
    let held = office.held(id).await?;
    let reported = room.report(&held, &words, &office.by).await;
    let reported = reported.map_err(|problem| super::no(&problem))?;
    if let Some(out) = out {
        write(&reported, out)?;
    }
    if office.desk.format == Format::Json {
        show::json(
            &json!({"sha256": reported.sha256.to_string(), "handed_in": reported.handed_in, "report": reported.paper}),
        );
    } else if submit {
        show::line(&reported.sha256.to_string());
    } else if out.is_none() {
        show::line(report_markdown(&reported.paper, Language::En).trim_end());
    } else {
        show::line(&reported.sha256.to_string());
    }
    Ok(())
}

/// The document as it is hashed, and the same for people in both languages.
fn write(reported: &Reported, out: &Path) -> Result<(), Failure> {
    folder(out)?;
    files::write(&out.join("report.json"), &reported.bytes, files::PUBLIC)?;
    for language in [Language::Ja, Language::En] {
        let tag = language.tag();
        let markdown = report_markdown(&reported.paper, language);
        let html = report_html(&reported.paper, language);
        let names = [format!("report.{tag}.md"), format!("report.{tag}.html")];
        for (name, text) in names.iter().zip([markdown, html]) {
            files::write(&out.join(name), text.as_bytes(), files::PUBLIC)?;
        }
    }
    Ok(())
}

/// Pieces of evidence.
pub(super) async fn evidence(
    office: &Office<'_>,
    room: &Room,
    act: EvidenceAct,
) -> Result<(), Failure> {
    match act {
        EvidenceAct::Keep { id, name, file } => {
            office.may(Leave::DraftRequest).await?;
            let bytes = super::read(&file, BYTES_MAX)?;
            let done = room
                .keep(id, name.as_str(), &bytes, None, office.by.as_str())
                .await;
            let new = done.map_err(|problem| super::no(&problem))?;
            show::line(if new { "kept" } else { "kept before" });
        }
        EvidenceAct::List { id } => {
            let pieces = measure::evidence(&*room.store, id).await;
            let pieces = pieces.map_err(|e| super::failed(&e))?;
            let rows = pieces.iter().map(|(came, last)| {
                let text = |at: Option<u64>| at.map(|at| Seconds(at).to_string());
                vec![
                    last.said.name.clone(),
                    last.said.class.clone(),
                    last.said.sha256.clone(),
                    last.said.bytes.to_string(),
                    Seconds(came.at).to_string(),
                    text(last.said.until).unwrap_or_default(),
                    text(last.said.erased).unwrap_or_default(),
                ]
            });
            if office.desk.format == Format::Json {
                let all: Vec<_> = pieces.iter().map(|(_, last)| json!(last.said)).collect();
                show::json(&json!(all));
            } else {
                let head = [
                    "evidence",
                    "class",
                    "SHA-256",
                    "bytes",
                    "kept since",
                    "until",
                    "erased",
                ];
                show::table(&head, rows);
            }
        }
    }
    Ok(())
}
