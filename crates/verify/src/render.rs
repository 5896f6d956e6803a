//! A report as people and programs read it. In: a report. Out: text, or one JSON document. Never: a terminal.

use crate::hex;
use crate::report::{Problem, Report};
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
        let _ = writeln!(out, "{code}: {place}: {what}");
    }
    if report.more > 0 {
        let _ = writeln!(out, "and {} problems more", report.more);
    }
    let problems = report.problems.len() as u64 + report.more;
    let verdict = match problems {
        0 => "verified: everything that was checked is right".to_owned(),
        1 => "NOT verified: 1 problem".to_owned(),
        _ => format!("NOT verified: {problems} problems"),
    };
    let _ = writeln!(out, "{verdict}");
    out
}

/// One JSON document: `kind`, `size`, `root` (standard base64), `ok`, `checks`, `problems`, `more`, `notes`.
pub fn json(report: &Report) -> Value {
    let problem = |p: &Problem| {
        json!({
            "code": p.code.name(),
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
    })
}
