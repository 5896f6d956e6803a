//! The cells of one sheet as texts. In: a workbook's bytes. Out: the cells that are not empty, by row and column. Never: a formula; a sheet kept as a full rectangle, whose
//! size a stranger names.

use super::{FormError, archive};
use crate::limits::COLUMNS_MAX;
use crate::plain::is_plain;
use calamine::{DataRef, Reader, Xlsx};
use std::collections::BTreeMap;
use std::io::Cursor;

/// Cells by `(row, column)` from 0.
pub(super) type Cells = BTreeMap<(u32, u32), String>;

/// Name of a cell as spreadsheets show it.
pub(super) fn name(row: u32, column: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = column;
    loop {
        letters.push(char::from(b'A' + (rest % 26) as u8));
        match (rest / 26).checked_sub(1) {
            Some(next) => rest = next,
            None => break,
        }
    }
    let letters: String = letters.iter().rev().collect();
    format!("{letters}{}", u64::from(row) + 1)
}

/// Reads the first sheet.
pub(super) fn read(bytes: &[u8], rows_max: usize) -> Result<Cells, FormError> {
    let clean = archive::open(bytes)?;
    let broken = |_| FormError::Workbook("it is no workbook that can be read".to_owned());
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(clean)).map_err(broken)?;
    let sheets = book.sheet_names();
    let Some(first) = sheets.first() else {
        return Err(FormError::Workbook("it has no sheet".to_owned()));
    };
    let mut reader = book.worksheet_cells_reader(first).map_err(broken)?;
    let mut cells = Cells::new();
    while let Some(cell) = reader.next_cell_with_formula_metadata().map_err(broken)? {
        let (row, column) = cell.pos;
        let fail = |what: &str| FormError::Cell {
            cell: name(row, column),
            what: what.to_owned(),
        };
        if cell.formula.is_some() {
            return Err(fail("holds a formula; paste its value as text"));
        }
        let text = match cell.value {
            DataRef::Empty => continue,
            DataRef::String(text) => text,
            DataRef::SharedString(text) => text.to_owned(),
            DataRef::Int(number) => number.to_string(),
            // Spreadsheets keep every number as one of these; whole ones below 2^53 are exact.
            DataRef::Float(number)
                if number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0 =>
            {
                format!("{number:.0}")
            }
            _ => return Err(fail("is no text; set the cell's format to text")),
        };
        if text.is_empty() {
            continue;
        }
        if row as usize >= rows_max || column as usize >= COLUMNS_MAX {
            return Err(fail("lies outside the rows and columns that are read"));
        }
        if !text.chars().all(is_plain) {
            return Err(fail("has a character that no text may have"));
        }
        if cells.insert((row, column), text).is_some() {
            return Err(fail("stands twice"));
        }
    }
    Ok(cells)
}
