//! A workbook before it is opened. In: its bytes. Out: an archive of the few parts that are read, each expanded against a bound and looked through; or why it is not
//! opened. Never: trust in a size that the file names; a part that runs, loads or hides something.
//!
//! The reader behind it takes cell references as they come and stops the program on some that no spreadsheet writes (row 0, a range that ends before it begins), so
//! that they are held to their grammar here. It gets the new archive alone: two readers of one file could see two files.

use super::FormError;
use crate::limits::{EXPANDED_BYTES_MAX, FILE_BYTES_MAX, PARTS_MAX};
use std::io::{Cursor, Read, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// Parts that run, load or hide something: macros, links to other files, embedded objects, data connections.
const REFUSED: [&str; 5] = [
    "vbaproject.bin",
    "externallinks/",
    "embeddings/",
    "connections.xml",
    "activex/",
];

fn refuse<T>(what: &str) -> Result<T, FormError> {
    Err(FormError::Workbook(what.to_owned()))
}

/// Whether a part, by its name in lower case, is read: what names the sheets, their texts, and the sheets. Formats, drawings and properties are not.
fn is_read(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or_default();
    let named = [
        "workbook.xml",
        "sharedstrings.xml",
        ".rels",
        "workbook.xml.rels",
    ];
    named.contains(&file) || name.contains("worksheets/") && file.strip_suffix(".xml").is_some()
}

/// The archive of the parts that are read.
pub(super) fn open(bytes: &[u8]) -> Result<Vec<u8>, FormError> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(FormError::TooLarge {
            found: bytes.len(),
            most: FILE_BYTES_MAX,
        });
    }
    let Ok(mut archive) = ZipArchive::new(Cursor::new(bytes)) else {
        return refuse("it is no XLSX file");
    };
    if archive.len() > PARTS_MAX {
        return refuse("it has more than 128 parts");
    }
    let mut clean = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut left = EXPANDED_BYTES_MAX;
    for at in 0..archive.len() {
        let Ok(part) = archive.by_index(at) else {
            return refuse("a part is encrypted or packed in a way that is not read");
        };
        let Ok(name) = part.name().map(std::borrow::Cow::into_owned) else {
            return refuse("the name of a part is no text");
        };
        let lower = name.to_lowercase();
        if REFUSED.iter().any(|refused| lower.contains(refused)) {
            return refuse("it has macros, links, embedded objects or connections");
        }
        // One byte more than is left tells a part that goes on from one that ends there.
        let mut bounded = part.take(left + 1);
        let mut expanded = Vec::new();
        if bounded.read_to_end(&mut expanded).is_err() {
            return refuse("a part is damaged");
        }
        let Some(rest) = left.checked_sub(expanded.len() as u64) else {
            return refuse("it grows beyond 24 MiB when it is opened");
        };
        left = rest;
        if is_read(&lower) {
            look_through(&expanded)?;
            let written = clean.start_file(name, stored).is_ok();
            if !written || clean.write_all(&expanded).is_err() {
                return refuse("two parts have one name");
            }
        }
    }
    match clean.finish() {
        Ok(clean) => Ok(clean.into_inner()),
        Err(_) => refuse("it has too many parts"),
    }
}

/// Whether a part is plain XML in UTF-8 whose cell references are some.
fn look_through(part: &[u8]) -> Result<(), FormError> {
    let Ok(text) = std::str::from_utf8(part) else {
        return refuse("a part is not UTF-8");
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text
        .bytes()
        .any(|b| b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r'))
    {
        return refuse("a part has control characters");
    }
    // Document types define entities; comments and CDATA are written by no spreadsheet, and hide tags from who looks for them.
    if text.contains("<!") {
        return refuse("a part has a document type, a comment or CDATA");
    }
    for tag in Tags(text) {
        for (name, value) in Attributes(tag) {
            if name.starts_with("xmlns") {
                continue;
            }
            let sound = match name.rsplit(':').next().unwrap_or_default() {
                "encoding" => value.eq_ignore_ascii_case("utf-8"),
                // Days are counted from 1900 here.
                "date1904" => matches!(value, "0" | "false"),
                "r" | "ref" => is_reference(value),
                _ => true,
            };
            if !sound {
                return refuse(
                    "a part has a cell reference, an encoding or a way to count days that is not read",
                );
            }
        }
    }
    Ok(())
}

/// What stands inside each `<…>`; a `>` inside quotes ends none.
struct Tags<'a>(&'a str);

impl<'a> Iterator for Tags<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let (_, rest) = self.0.split_once('<')?;
        let mut quote = None;
        let end = rest.bytes().position(|byte| match (quote, byte) {
            (None, b'>') => true,
            (None, b'"' | b'\'') => {
                quote = Some(byte);
                false
            }
            (Some(open), byte) if open == byte => {
                quote = None;
                false
            }
            _ => false,
        });
        let (tag, behind) = rest.split_at_checked(end.unwrap_or(rest.len()))?;
        self.0 = behind;
        Some(tag)
    }
}

/// Names and values of a tag's attributes, as they stand.
struct Attributes<'a>(&'a str);

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<(&'a str, &'a str)> {
        let (before, behind) = self.0.split_once('=')?;
        let name = before.trim_end();
        let name = name.rsplit(|c: char| c.is_whitespace()).next()?;
        let value = behind.trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let quoted = quote.and_then(|quote| value.strip_prefix(quote)?.split_once(quote));
        // A value without quotes is none; it is shown as empty, to be refused where it matters.
        let (value, rest) = quoted.unwrap_or(("", behind));
        self.0 = rest;
        Some((name, value))
    }
}

/// `7`, `B7` or `B7:C9`, within the rows and columns that a sheet has, the end not before the start.
fn is_reference(text: &str) -> bool {
    let (start, end) = text.split_once(':').unwrap_or((text, text));
    match (corner(start), corner(end)) {
        (Some((row, column)), Some((row_end, column_end))) => {
            row <= row_end && column <= column_end
        }
        _ => false,
    }
}

/// Row and column, from 1; column 0 where there is none.
fn corner(text: &str) -> Option<(u32, u32)> {
    let digits = text.find(|c: char| c.is_ascii_digit())?;
    let (letters, row) = text.split_at_checked(digits)?;
    if letters.len() > 3 || row.len() > 7 || row.starts_with('0') {
        return None;
    }
    let column = letters.bytes().try_fold(0u32, |column, byte| {
        byte.is_ascii_uppercase()
            .then(|| column * 26 + u32::from(byte - b'A') + 1)
    })?;
    let plain = row.bytes().all(|byte| byte.is_ascii_digit());
    let row: u32 = plain.then(|| row.parse().ok()).flatten()?;
    (row <= 1_048_576 && column <= 16_384).then_some((row, column))
}
