//! A report as people and programs read it. In: a report. Out: text, or one JSON document. Never: a terminal.

use crate::code::Severity;
use crate::hex;
use crate::report::{Claim, Problem, Report};
use serde_json::{Value, json};
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
pub fn json(report: &Report) -> Value {
    let problem = |p: &Problem| {
        json!({
            "code": p.code.name(),
            "severity": p.code.severity().name(),
            "file": p.place.file,
            "index": p.place.index,
            "stream": p.place.stream.map(|id| hex(&id)),
            "what": p.what,
        })
    };
    let checks = report.checks.iter();
    let checks: Vec<Value> = checks
        .map(|c| json!({"name": c.name, "count": c.count, "ok": c.ok}))
        .collect();
    json!({
        "kind": report.kind.name(),
        "size": report.size,
        "root": sakimori_tlog::base64(&report.root),
        "ok": report.ok(),
        "checks": checks,
        "problems": report.problems.iter().map(problem).collect::<Vec<_>>(),
        "more": report.more,
        "notes": report.notes,
        "deletion": report.claims.iter().map(|c| json!({"claim": c.claim, "strength": c.strength, "count": c.count})).collect::<Vec<_>>(),
        "severity": report.worst().map(Severity::name),
    })
}
