//! `pack lint`, `compile`, `show`. In: a source or a note. Out: findings, the canonical text, a table. Never: a signed pack that the lint refuses.

use crate::arguments::{Format, Pack as Command};
use crate::failure::Failure;
use crate::show;
use sakimori_control::{Node, files, office};
use sakimori_custody::ids::hex;
use sakimori_select::{Pack, Severity, lint};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub(super) fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Lint { file, format } => check(&file, format),
        Command::Compile { file, out, dir } => compile(&file, out.as_deref(), dir),
        Command::Show { file, format } => describe(file.as_deref(), format),
    }
}

/// The pack of a file, or the default one.
pub(super) fn read(file: Option<&Path>) -> Result<Pack, Failure> {
    match file {
        Some(path) => Ok(office::read_pack(path)?),
        None => Pack::parse_source(Pack::default_source())
            .map_err(|e| Failure::no(format!("the default pack: {e}"))),
    }
}

fn check(file: &Path, format: Format) -> Result<ExitCode, Failure> {
    let pack = office::read_pack(file)?;
    let found = lint(pack.selectors());
    let refused = found.iter().any(|l| l.severity == Severity::Error);
    let ids = |selectors: &[u32]| {
        selectors
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(" ")
    };
    match format {
        Format::Json => show::json(&json!({
            "pack": pack.id.to_string(),
            "ok": !refused,
            "findings": found.iter().map(|l| json!({
                "severity": l.severity.to_string(),
                "selectors": l.selectors,
                "reason": l.reason,
            })).collect::<Vec<_>>(),
        })),
        Format::Text if found.is_empty() => {
            show::line(&format!("pack `{}`: nothing to say", pack.id));
        }
        Format::Text => show::table(
            &["severity", "selectors", "reason"],
            found
                .iter()
                .map(|l| vec![l.severity.to_string(), ids(&l.selectors), l.reason.clone()]),
        ),
    }
    Ok(ExitCode::from(u8::from(refused)))
}

fn compile(file: &Path, out: Option<&Path>, dir: Option<PathBuf>) -> Result<ExitCode, Failure> {
    let pack = office::read_pack(file)?;
    for finding in lint(pack.selectors()) {
        show::say(&format!("{}: {}", finding.severity, finding.reason));
    }
    let bytes = if let Some(dir) = dir {
        office::sign_pack(&Node::at(dir), &pack)?
    } else {
        let refused = |finding: &sakimori_select::Lint| finding.severity == Severity::Error;
        if lint(pack.selectors()).iter().any(refused) {
            let file = file.display();
            return Err(Failure::no(format!("{file}: the lint refuses the pack")));
        }
        pack.canonical_text().into_bytes()
    };
    match out {
        Some(path) => files::write(path, &bytes, files::PUBLIC)?,
        None => show::out(&String::from_utf8_lossy(&bytes)),
    }
    show::say(&format!(
        "pack `{}`, sha256:{}, {}",
        pack.id,
        hex(&pack.hash()),
        pack.coverage()
    ));
    Ok(ExitCode::SUCCESS)
}

fn describe(file: Option<&Path>, format: Format) -> Result<ExitCode, Failure> {
    let pack = read(file)?;
    let coverage = pack.coverage();
    if format == Format::Json {
        show::json(&json!({
            "id": pack.id.to_string(),
            "issued": pack.issued.to_string(),
            "purpose": pack.purpose,
            "sha256": hex(&pack.hash()),
            "coverage": {
                "count": coverage.count, "v4": coverage.v4, "v6_48": coverage.v6_48,
                "domains": coverage.domains, "ja4": coverage.ja4, "behaviours": coverage.behaviours,
            },
            "selectors": pack.selectors().iter().map(|s| json!({"id": s.id, "rule": s.rule.to_string()})).collect::<Vec<_>>(),
        }));
        return Ok(ExitCode::SUCCESS);
    }
    show::pairs(&[
        ("pack", pack.id.to_string()),
        ("issued", pack.issued.to_string()),
        ("purpose", pack.purpose.clone()),
        ("hash", format!("sha256:{}", hex(&pack.hash()))),
        ("coverage", coverage.to_string()),
    ]);
    show::table(
        &["id", "selector"],
        pack.selectors()
            .iter()
            .map(|s| vec![s.id.to_string(), s.rule.to_string()]),
    );
    Ok(ExitCode::SUCCESS)
}
