//! How people see things. In: values. Out: tables and lines on standard output, words and progress on standard error. Never: colour where `NO_COLOR` is set, or control characters of
//! a stranger's text.
#![expect(clippy::print_stderr, reason = "this is where the program speaks")]

use comfy_table::{ContentArrangement, LineStyle, Table, TableStyle};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use sakimori_control::Host;
use sakimori_control::sensor::Watch;
use sakimori_sensor::supervisor::{Progress, Totals, WallClock};
use serde_json::Value;
use std::io::{self, IsTerminal, Write};

/// Time between two lines of progress where standard error is no terminal, ms.
const LINE_MS: u64 = 2_000;

/// A result, as it is.
pub(crate) fn out(text: &str) {
    // A reader who has seen enough closes the pipe; that is no fault.
    let _ = io::stdout().lock().write_all(text.as_bytes());
}

/// A result line.
pub(crate) fn line(text: &str) {
    out(&format!("{text}\n"));
}

/// A document for programs.
pub(crate) fn json(value: &Value) {
    line(&serde_json::to_string_pretty(value).unwrap_or_default());
}

/// A text of a person, line by line.
pub(crate) fn text(text: &str) {
    for each in text.lines() {
        line(&plain(each));
    }
}

/// Words beside the results.
pub(crate) fn say(text: &str) {
    eprintln!("{text}");
}

/// What went wrong, in one line.
pub(crate) fn error(text: &str) {
    eprintln!("sakimori: {text}");
}

/// One line below the head, and nothing else between a person and the numbers.
const STYLE: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// A table; columns are as wide as they need.
pub(crate) fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
    let mut table = Table::new();
    table
        .load_style(STYLE)
        .set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(head.iter().map(ToString::to_string));
    for row in rows {
        table.add_row(row.iter().map(|cell| plain(cell)));
    }
    line(&table.to_string());
}

/// Pairs of a name and a value, one a line.
pub(crate) fn pairs(pairs: &[(&str, String)]) {
    let width = pairs
        .iter()
        .map(|(name, _)| name.chars().count())
        .max()
        .unwrap_or(0);
    for (name, value) in pairs {
        line(&format!("  {name:<width$}  {}", plain(value)));
    }
}

/// A cell of a document's value.
pub(crate) fn cell(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(cell).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// A number with its thousands apart.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Progress of a sensor: a bar on a terminal, a line now and then elsewhere.
pub(crate) struct Meter {
    host: Host,
    bar: ProgressBar,
    name: String,
    length: Option<u64>,
    begun_ms: u64,
    told_ms: u64,
}

impl Meter {
    pub(crate) fn new(host: &Host) -> Self {
        Self {
            host: host.clone(),
            bar: ProgressBar::hidden(),
            name: String::new(),
            length: None,
            begun_ms: 0,
            told_ms: 0,
        }
    }

    /// About how far into the file: frames, and the 16 bytes before each.
    fn position(totals: &Totals) -> u64 {
        totals.bytes + 16 * totals.read
    }
}

impl Watch for Meter {
    fn begins(&mut self, name: &str, bytes: Option<u64>) {
        self.begun_ms = self.host.now().0;
        self.told_ms = self.begun_ms;
        name.clone_into(&mut self.name);
        self.length = bytes;
        if io::stderr().is_terminal() {
            let style = "{wide_msg} {bytes}/{total_bytes} {bar:20} {eta} left";
            let open = "{wide_msg} {bytes} read";
            let style = ProgressStyle::with_template(if bytes.is_some() { style } else { open });
            self.bar = ProgressBar::with_draw_target(bytes, ProgressDrawTarget::stderr());
            self.bar
                .set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            self.bar.set_message(self.name.clone());
        }
    }

    fn ends(&mut self) {
        self.bar.finish_and_clear();
        self.bar = ProgressBar::hidden();
    }
}

impl Progress for Meter {
    fn progress(&mut self, totals: &Totals) {
        let position = Self::position(totals);
        self.bar
            .set_position(position.min(self.length.unwrap_or(u64::MAX)));
        let now = self.host.now().0;
        if !self.bar.is_hidden() || now < self.told_ms + LINE_MS {
            return;
        }
        self.told_ms = now;
        let left = self.length.filter(|_| position > 0).map(|length| {
            let spent = now.saturating_sub(self.begun_ms);
            let left_ms = u128::from(spent) * u128::from(length.saturating_sub(position))
                / u128::from(position);
            format!(
                ", {} %, about {} s left",
                (position * 100 / length.max(1)).min(100),
                left_ms / 1000
            )
        });
        say(&format!(
            "{}: {} packets, {} selected{}",
            self.name,
            grouped(totals.read),
            grouped(totals.selected),
            left.unwrap_or_default()
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_apart_and_control_characters_are_gone() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), text);
        }
        assert_eq!(plain("a\u{1b}[31mb\nc"), "a [31mb c");
    }
}
