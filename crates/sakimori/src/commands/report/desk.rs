//! The office's side of a stick, and the key that receipts verify with. In: a file that was handed over. Out: cases in the office's store, the receipts' file for the way back. Never:
//! a document that a rule refuses.

use super::{document, failed, options, read};
use crate::arguments::report::At;
use crate::failure::Failure;
use crate::show;
use sakimori_access::Access;
use sakimori_control::{Host, files, keys};
use sakimori_cooperate::form::{read_json, read_report, write_report};
use sakimori_liaison::desk::{Desk, Working};
use sakimori_liaison::paper::Document;
use sakimori_liaison::report::{Brought, HANDOVER, Handover, attach};
use sakimori_node::Role;
use sakimori_node::stick::{is_sealed, opened};
use sakimori_tlog::key::VerifierKey;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Shows the office's key, or makes it known to the operator's node.
pub(super) fn key(at: &At, line: Option<String>) -> Result<ExitCode, Failure> {
    let Some(line) = line else {
        let options = options(at, Role::Office)?;
        let signer = keys::read(&options.node.office_key("office"))?;
        show::line(&signer.verifier().to_string());
        return Ok(ExitCode::SUCCESS);
    };
    let key: VerifierKey = line.trim().parse().map_err(Failure::usage)?;
    let folder = options(at, Role::Operator)?.folder();
    std::fs::create_dir_all(&folder)
        .map_err(|e| Failure::no(format!("{}: {e}", folder.display())))?;
    let mut known = sakimori_node::office_keys(&folder)?;
    if !known.contains(&key) {
        known.push(key);
    }
    let lines: Vec<String> = known.iter().map(|key| format!("{key}\n")).collect();
    files::write(
        &folder.join("office.keys"),
        lines.concat().as_bytes(),
        files::PUBLIC,
    )?;
    Ok(ExitCode::SUCCESS)
}

/// What a stick holds: a package that its operator's node signed; without a signature, where who types says so, a package or one document in either form.
fn package(path: &Path, role_folder: &Path, unsigned: bool) -> Result<Handover, Failure> {
    let bytes = read(path)?;
    if is_sealed(&bytes) {
        return Ok(opened(&bytes, role_folder)?);
    }
    if !unsigned {
        return Err(Failure::no(format!(
            "{}: nobody signed it; `sakimori report send --package` signs, and `--unsigned` takes what another hand vouches for",
            path.display()
        )));
    }
    let no = |e| Failure::no(format!("{}: {e}", path.display()));
    let is_package = !bytes.starts_with(b"PK")
        && read_json::<Value>(&bytes)
            .map_err(no)?
            .get("format")
            .is_some_and(|format| format == HANDOVER);
    if is_package {
        return read_json(&bytes).map_err(no);
    }
    let document = document(path)?;
    // A receipt is for bytes: those of the file, or of a workbook's document as its operator's node writes it.
    let text = if bytes.starts_with(b"PK") {
        write_report(&document)
    } else {
        bytes
    };
    Ok(Handover {
        format: HANDOVER.to_owned(),
        operator: document.operator.to_string(),
        made_at: String::new(),
        allowed: None,
        filers: Vec::new(),
        reports: vec![String::from_utf8_lossy(&text).into_owned()],
        replies: Vec::new(),
        words: Vec::new(),
    })
}

/// The one case of a package.
fn only_case(package: &Handover) -> Result<String, Failure> {
    let cases: BTreeSet<String> = package
        .reports
        .iter()
        .filter_map(|text| read_report(text.as_bytes()).ok())
        .map(|document| document.case.to_string())
        .collect();
    let mut cases = cases.into_iter();
    match (cases.next(), cases.next()) {
        (Some(case), None) => Ok(case),
        _ => Err(Failure::usage("files go with a stick that holds one case")),
    }
}

/// Takes what was handed over, and writes the receipts.
pub(super) fn take(
    at: &At,
    (file, out, unsigned): (&Path, Option<PathBuf>, bool),
    attachments: &[PathBuf],
    host: &Host,
) -> Result<ExitCode, Failure> {
    let options = options(at, Role::Office)?;
    let signer = keys::read(&options.node.office_key("office"))?;
    let own = [signer.verifier().clone()];
    let terms = sakimori_node::duties(&options.folder(), &own, host.seconds())?;
    let package = package(file, &options.folder(), unsigned)?;
    let case = if attachments.is_empty() {
        String::new()
    } else {
        only_case(&package)?
    };
    let files: Result<Vec<(String, Vec<u8>)>, Failure> = attachments
        .iter()
        .map(|path| {
            let name = path.file_name().unwrap_or_default();
            Ok((name.to_string_lossy().into_owned(), read(path)?))
        })
        .collect();
    let files = files?;
    let back = sakimori_node::with_access(&options, host, async |access: &Access| {
        let desk = Desk {
            store: &**access.store(),
            terms: &terms,
            signer: &signer,
            now: host.seconds(),
            by: &at.by,
        };
        let back = desk.take_handover(&package).await?;
        for (name, bytes) in files {
            let to = Brought {
                kind: Working::KIND,
                owner: &package.operator,
                id: &case,
                at: desk.now.0,
                by: desk.by,
            };
            attach(desk.store, to, &name, bytes).await?;
        }
        Ok(back)
    })?;
    let back = back.map_err(|e| failed(&e, at.lang))?;
    let out = out.unwrap_or_else(|| {
        let mut name = file.as_os_str().to_owned();
        name.push(".receipts.json");
        PathBuf::from(name)
    });
    let mut bytes = serde_json::to_vec_pretty(&back).map_err(Failure::no)?;
    bytes.push(b'\n');
    files::write(&out, &bytes, files::PUBLIC)?;
    let (taken, refused) = (back.receipts.len(), back.refused.len());
    for refusal in &back.refused {
        for error in &refusal.errors {
            show::say(&format!("  {}: {error}", refusal.sha256));
        }
    }
    show::pairs(&[
        (at.lang.of("receipts", "受領証"), taken.to_string()),
        (at.lang.of("not taken", "不受領"), refused.to_string()),
        (
            at.lang.of("for the way back", "持ち帰り用"),
            out.display().to_string(),
        ),
    ]);
    Ok(ExitCode::from(u8::from(refused > 0)))
}
