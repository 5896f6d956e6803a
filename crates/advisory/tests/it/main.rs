//! Documents, catalogues and tables of others, read as they are, and what this room makes of them.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::too_many_lines,
    reason = "what a test sets up may stop the test, and whole cases are long"
)]

mod catalogues;
mod csaf_others;
mod csaf_suite;
mod hostile;
mod matching;
mod names;
mod publish;
mod room;
mod room_outside;

use std::io::Write;
use std::path::Path;

/// A file of the exchange data.
fn bytes(root: &Path, path: &str) -> Vec<u8> {
    std::fs::read(root.join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// A JSON file of the exchange data.
fn value(root: &Path, path: &str) -> serde_json::Value {
    serde_json::from_slice(&bytes(root, path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Says a count in a line that the runner of the tests does not swallow.
fn say(line: &str) {
    writeln!(std::io::stderr(), "{line}").ok();
}

/// Bytes in small hexadecimal.
fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        write_hex(&mut text, *byte);
    }
    text
}

fn write_hex(text: &mut String, byte: u8) {
    for digit in [byte >> 4, byte & 15] {
        text.extend(char::from_digit(digit.into(), 16));
    }
}
