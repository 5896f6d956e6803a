//! How it stands, for people. In: the JSON of `show`. Out: lines. Never: a value that is not in it.

use serde_json::Value;
use std::fmt::Write as _;

fn text(value: &Value, name: &str) -> String {
    match value.get(name) {
        Some(Value::String(text)) => text.clone(),
        None | Some(Value::Null) => "-".to_owned(),
        Some(other) => other.to_string(),
    }
}

fn rows<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value
        .get(name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn table(out: &mut String, title: &str, columns: &[&str], rows: &[Value]) {
    let mut cells: Vec<Vec<String>> = vec![columns.iter().map(|c| c.replace('_', " ")).collect()];
    for row in rows {
        cells.push(columns.iter().map(|column| text(row, column)).collect());
    }
    let width = |at: usize| {
        let lengths = cells.iter().filter_map(|row| row.get(at)).map(String::len);
        lengths.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    // BOUND: writing to a text does not fail.
    let _ = writeln!(out, "\n{title}");
    for row in &cells {
        let padded = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"));
        let line = padded.collect::<Vec<_>>().join("  ");
        let _ = writeln!(out, "  {}", line.trim_end());
    }
}

/// The lines.
pub(super) fn shown(body: &Value) -> String {
    let mut out = String::new();
    let names = [
        ("actuator", "actuator"),
        ("time", "time"),
        ("clock", "clock"),
        ("stopped by the owner", "stopped"),
        ("nothing new begins, by the owner", "held_off"),
        ("authorities that the owner released", "released"),
        ("version of the protected lists", "lists"),
        ("records owed to the journal", "owed_to_journal"),
        ("effects that had gone", "gaps"),
    ];
    for (title, name) in names {
        let _ = writeln!(out, "{title}: {}", text(body, name));
    }
    let substrates = ["name", "deeds", "seen", "fault"];
    table(
        &mut out,
        "substrates",
        &substrates,
        rows(body, "substrates"),
    );
    let approvals = [
        "measure",
        "revision",
        "not_before",
        "not_after",
        "lease",
        "held_by",
        "void",
        "effects",
    ];
    table(&mut out, "approvals", &approvals, rows(body, "approvals"));
    let effects = [
        "measure", "deed", "target", "standing", "until", "times", "bytes",
    ];
    table(&mut out, "effects", &effects, rows(body, "effects"));
    out
}
