//! `duties …`: the schedule of duties. In: texts, the office's key, a node's folder. Out: figures with their marks, a text, a signed note in force. Never: a signature under a text that
//! was not shown; a version that goes back.

use super::due::node;
use super::report::options;
use crate::arguments::Format;
use crate::arguments::duties::{Duties, DutiesAct};
use crate::arguments::report::{At, Lang};
use crate::failure::Failure;
use crate::show;
use sakimori_control::error::told;
use sakimori_control::{Host, files, keys};
use sakimori_cooperate::Terms;
use sakimori_custody::time::Seconds;
use sakimori_node::{Options, Role, duties, keep_duties, newest_duties, office_keys};
use sakimori_tlog::key::NoteSigner;
use sakimori_tlog::note::Note;
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;

pub(super) fn run(command: Duties, host: &Host) -> Result<ExitCode, Failure> {
    let at = &command.at;
    match command.act {
        DutiesAct::Show { file } => show(at, file.as_deref(), host),
        DutiesAct::Draft { out, not_before } => draft(at, (&out, not_before), host),
        DutiesAct::Lint { file } => lint(at, &file),
        DutiesAct::Sign { file, out } => sign(at, (&file, out.as_deref()), host),
        DutiesAct::Take { file } => take(at, &file, host),
    }
}

fn office(at: &At) -> Result<(Options, NoteSigner), Failure> {
    let options = options(at, Role::Office)?;
    let signer = keys::read(&options.node.office_key("office"))?;
    Ok((options, signer))
}

/// The schedule that holds where the office signed none.
fn built_in(host: &Host) -> Result<Terms, Failure> {
    Ok(duties(Path::new(""), &[], host.seconds())?)
}

/// The text of a file, which may be a signed note.
fn text(file: &Path) -> Result<String, Failure> {
    let bytes = files::read_present(file)?;
    if let Ok(note) = Note::parse(&bytes) {
        return Ok(note.text().to_owned());
    }
    String::from_utf8(bytes).map_err(|_| Failure::no(format!("{}: it is no text", file.display())))
}

fn parsed(file: &Path) -> Result<Terms, Failure> {
    Terms::parse(&text(file)?).map_err(|e| Failure::no(format!("{}: {}", file.display(), told(&e))))
}

fn show(at: &At, file: Option<&Path>, host: &Host) -> Result<ExitCode, Failure> {
    let terms = match (file, &at.node) {
        (Some(file), _) => parsed(file)?,
        (None, None) => built_in(host)?,
        (None, Some(_)) => {
            let (options, keys) = node(at)?;
            duties(&options.folder(), &keys, host.seconds())?
        }
    };
    let figures = terms.figures();
    if at.format == Format::Json {
        show::json(&json!({
            "version": terms.version,
            "not_before": terms.not_before.to_string(),
            "figures": figures,
        }));
        return Ok(ExitCode::SUCCESS);
    }
    show::pairs(&[
        (at.lang.of("version", "版"), terms.version.to_string()),
        (
            at.lang.of("in force from", "適用開始"),
            terms.not_before.to_string(),
        ),
    ]);
    let head = [
        at.lang.of("figure", "項目"),
        at.lang.of("value", "値"),
        at.lang.of("mark", "印"),
        at.lang.of("source", "出典"),
    ];
    let unverified = at.lang.of("UNVERIFIED", "未確認");
    let rows = figures.into_iter().map(|each| {
        let mark = if each.verified { "" } else { unverified };
        vec![each.key, each.value, mark.to_owned(), each.source]
    });
    show::table(&head, rows);
    Ok(ExitCode::SUCCESS)
}

fn draft(
    at: &At,
    (out, not_before): (&Path, Option<Seconds>),
    host: &Host,
) -> Result<ExitCode, Failure> {
    let mut terms = built_in(host)?;
    if at.node.is_some() {
        let (options, keys) = node(at)?;
        if let Some((newest, _)) = newest_duties(&options.folder(), &keys)? {
            terms = newest;
            terms.version += 1;
        }
    }
    terms.not_before = not_before.unwrap_or(terms.not_before);
    files::write(out, terms.to_string().as_bytes(), files::PUBLIC)?;
    show::line(&terms.version.to_string());
    remarks(at.lang, &terms, None);
    show::say(at.lang.of(
        "edit the text, `sakimori duties lint` it, then `sakimori duties sign` it as the office",
        "文面を編集し、`sakimori duties lint` の後、`sakimori duties sign` で内閣府として署名してください",
    ));
    Ok(ExitCode::SUCCESS)
}

fn remarks(lang: Lang, terms: &Terms, known: Option<&Terms>) {
    for remark in terms.remarks(known) {
        show::say(&format!("{}: {remark}", lang.of("note", "注意")));
    }
}

/// The newest schedule of the node that is named, where one is and has one.
fn known(at: &At) -> Result<Option<Terms>, Failure> {
    if at.node.is_none() {
        return Ok(None);
    }
    let (options, keys) = node(at)?;
    let newest = newest_duties(&options.folder(), &keys)?;
    Ok(newest.map(|(terms, _)| terms))
}

fn lint(at: &At, file: &Path) -> Result<ExitCode, Failure> {
    let terms = parsed(file)?;
    let known = known(at)?;
    remarks(at.lang, &terms, known.as_ref());
    let follows = known.is_none_or(|known| terms.succeeds(&known));
    Ok(ExitCode::from(u8::from(!follows)))
}

fn sign(at: &At, (file, out): (&Path, Option<&Path>), host: &Host) -> Result<ExitCode, Failure> {
    let (options, signer) = office(at)?;
    let terms = parsed(file)?;
    let text = terms.to_string();
    show::say(&text);
    remarks(at.lang, &terms, None);
    let note = Note::sign(&text, &[&signer], host.seconds().0);
    let note = note.ok_or_else(|| Failure::no("the text cannot be signed"))?;
    let note = note.to_bytes();
    let own = [signer.verifier().clone()];
    keep_duties(&options.folder(), &own, &note, host.seconds())?;
    if let Some(out) = out {
        files::write(out, &note, files::PUBLIC)?;
    }
    show::line(&terms.version.to_string());
    Ok(ExitCode::SUCCESS)
}

fn take(at: &At, file: &Path, host: &Host) -> Result<ExitCode, Failure> {
    let options = options(at, Role::Operator)?;
    let keys = office_keys(&options.folder())?;
    let note = files::read_present(file)?;
    keep_duties(&options.folder(), &keys, &note, host.seconds())?;
    let newest = newest_duties(&options.folder(), &keys)?;
    let version = newest.map_or(0, |(terms, _)| terms.version);
    show::line(&version.to_string());
    Ok(ExitCode::SUCCESS)
}
