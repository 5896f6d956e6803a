//! A report as people and programs read it. In: a report. Out: text, or one JSON document. Never: a terminal.

use crate::code::Severity;
use crate::hex;
use crate::json::Json;
use crate::report::{Check, Claim, Problem, Report};
use std::fmt::Write;

/// A table of what was checked, then a sentence for each problem, then the verdict.
pub fn text(report: &Report) -> String {
    let mut out = String::new();
    let width = report
        .checks
        .iter()
        .map(|check| check.name.len())
        .max()
        .unwrap_or(0);
    let _ = writeln!(
        out,
        "{}: {} entries, root {}",
        report.kind.name(),
        report.size,
        hex(&report.root)
    );
    for check in &report.checks {
        let verdict = if check.ok { "ok" } else { "WRONG" };
        let _ = writeln!(
            out,
            "  {:width$}  {:>10}  {verdict}",
            check.name, check.count
        );
    }
    for note in &report.notes {
        let _ = writeln!(out, "note: {note}");
    }
    for Problem { place, code, what } in &report.problems {
        let mark = match code.severity() {
            Severity::Refused => "",
            Severity::NotInForce => " (not in force)",
            Severity::Told => " (told)",
        };
        let _ = writeln!(out, "{code}{mark}: {place}: {what}");
    }
    if report.more > 0 {
        let _ = writeln!(out, "and {} problems more", report.more);
    }
    if !report.claims.is_empty() {
        let _ = writeln!(out, "about deletion:");
    }
    for Claim {
        claim,
        strength,
        count,
    } in &report.claims
    {
        let _ = writeln!(out, "  {strength}: {claim} ({count})");
    }
    let problems = report.problems.len() as u64 + report.more;
    let verdict = match problems {
        0 => "verified: everything that was checked is right".to_owned(),
        1 => "NOT verified: 1 problem".to_owned(),
        _ => format!("NOT verified: {problems} problems"),
    };
    let verdict = match report.worst() {
        Some(Severity::NotInForce) => format!(
            "{verdict}; nothing that may not be in a log, but entries that are not in force"
        ),
        Some(Severity::Told) => {
            format!("{verdict}; nothing that may not be in a log, but something was omitted")
        }
        _ => verdict,
    };
    let _ = writeln!(out, "{verdict}");
    out
}

/// One JSON document: `kind`, `size`, `root` (standard base64), `ok`, `severity`, `checks`, `problems`, `more`, `notes`, `deletion`.
pub fn json(report: &Report) -> Json {
    let problem = |p: &Problem| {
        Json::object([
            ("code", p.code.name().into()),
            ("severity", p.code.severity().name().into()),
            ("file", p.place.file.as_deref().into()),
            ("index", p.place.index.into()),
            (
                "stream",
                p.place.stream.map(|id| Json::Text(hex(&id))).into(),
            ),
            ("what", p.what.as_str().into()),
        ])
    };
    let check = |c: &Check| {
        Json::object([
            ("name", c.name.into()),
            ("count", c.count.into()),
            ("ok", c.ok.into()),
        ])
    };
    let claim = |c: &Claim| {
        Json::object([
            ("claim", c.claim.into()),
            ("strength", c.strength.into()),
            ("count", c.count.into()),
        ])
    };
    Json::object([
        ("kind", report.kind.name().into()),
        ("size", report.size.into()),
        ("root", sakimori_tlog::base64(&report.root).as_str().into()),
        ("ok", report.ok().into()),
        ("severity", report.worst().map(Severity::name).into()),
        ("checks", report.checks.iter().map(check).collect()),
        ("problems", report.problems.iter().map(problem).collect()),
        ("more", report.more.into()),
        (
            "notes",
            report
                .notes
                .iter()
                .map(|note| Json::from(note.as_str()))
                .collect(),
        ),
        ("deletion", report.claims.iter().map(claim).collect()),
    ])
}
