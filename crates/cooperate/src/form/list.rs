//! Lists of assets. In: CSV or a workbook. Out: all entries, or every cell that is wrong by row and column. Never: a part of a list; a cell that a spreadsheet takes for a
//! formula.

use super::{Encoding, FormError, encoding, sheet, words};
use crate::Answer;
use crate::asset::{Asset, ComputerClass, Location, Part};
use crate::calendar::Date;
use crate::limits::{COLUMNS_MAX, FILE_BYTES_MAX, LIST_ROWS_MAX, PROBLEMS_MAX};
use sakimori_custody::time::Seconds;
use std::collections::BTreeMap;
use words::COLUMNS;

/// What begins a formula, in a spreadsheet of Japan too.
const FORMULA: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

/// A cell that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("row {row}, column {column}: {what}")]
pub struct CellError {
    /// Row as the file counts: the line of a CSV file, the row of a sheet; the header is 1.
    pub row: usize,
    /// The column's key, or its number from 1 where it has none.
    pub column: String,
    /// What is wrong.
    pub what: String,
}

/// Why a list was not imported: nothing of it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// Not read as a file.
    #[error("the list is not read")]
    Form(#[source] FormError),
    /// Not text.
    #[error("row {row}: {what}")]
    Encoding {
        /// The line, from 1.
        row: usize,
        /// What it is, or is not.
        what: &'static str,
    },
    /// Wrong cells.
    #[error("{total} cells are wrong, the first: {}", .cells.first().map(ToString::to_string).unwrap_or_default())]
    Cells {
        /// The first of them, at most [`PROBLEMS_MAX`].
        cells: Vec<CellError>,
        /// How many there are.
        total: usize,
    },
}

/// A row with its number in the file.
type Row = (usize, Vec<String>);

/// Reads a CSV list. Its first row names the columns, by key or in Japanese, in any order.
///
/// # Errors
/// [`ListError`] names row and column.
pub fn read_csv(bytes: &[u8], encoding: Option<Encoding>) -> Result<Vec<Asset>, ListError> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(ListError::Form(FormError::TooLarge {
            found: bytes.len(),
            most: FILE_BYTES_MAX,
        }));
    }
    let text = encoding::decode(bytes, encoding)?;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut rows: Vec<Row> = Vec::new();
    for record in reader.records() {
        let Ok(record) = record else {
            return one(rows.len() + 1, "1", "is no CSV");
        };
        let row = record.position().map_or(0, |at| at.line() as usize);
        bounded(rows.len(), record.len(), row)?;
        rows.push((row, record.iter().map(str::to_owned).collect()));
    }
    read(&rows, |text| text.parse().ok())
}

/// Reads the first sheet of a workbook as a list.
///
/// # Errors
/// [`ListError`] names row and column.
pub fn read_list_workbook(bytes: &[u8]) -> Result<Vec<Asset>, ListError> {
    let cells = sheet::read(bytes, LIST_ROWS_MAX + 1).map_err(ListError::Form)?;
    let mut rows: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for ((row, column), text) in cells {
        let cells = rows.entry(row).or_default();
        cells.resize(column as usize, String::new());
        cells.push(text);
    }
    let rows: Vec<Row> = rows
        .into_iter()
        .map(|(row, cells)| (row as usize + 1, cells))
        .collect();
    read(&rows, |text| text.parse().ok().or_else(|| serial(text)))
}

/// A date as a sheet keeps it: days, with 1970-01-01 at 25569; from 1970 to 2099. Workbooks that count from 1904 are not opened.
fn serial(text: &str) -> Option<Date> {
    let days: u32 = text.parse().ok()?;
    let since_1970 = days.checked_sub(25_569)?;
    (since_1970 < 47_482).then(|| Date::of(Seconds(0)).plus_days(since_1970))
}

fn bounded(rows: usize, columns: usize, row: usize) -> Result<(), ListError> {
    if rows > LIST_ROWS_MAX {
        return one(row, "1", "lies behind 20000 rows");
    }
    if columns > COLUMNS_MAX {
        return one(row, "65", "lies behind 64 columns");
    }
    Ok(())
}

fn one<T>(row: usize, column: &str, what: &str) -> Result<T, ListError> {
    let cells = vec![CellError {
        row,
        column: column.to_owned(),
        what: what.to_owned(),
    }];
    Err(ListError::Cells { cells, total: 1 })
}

/// Problems as they are found; beyond a bound they are counted.
#[derive(Default)]
struct Problems {
    cells: Vec<CellError>,
    total: usize,
}

impl Problems {
    fn tell(&mut self, row: usize, column: impl Into<String>, what: impl Into<String>) {
        self.total += 1;
        if self.cells.len() < PROBLEMS_MAX {
            self.cells.push(CellError {
                row,
                column: column.into(),
                what: what.into(),
            });
        }
    }
}

fn read(rows: &[Row], date: impl Fn(&str) -> Option<Date>) -> Result<Vec<Asset>, ListError> {
    let Some(((head_row, head), rest)) = rows.split_first() else {
        return one(1, "1", "the list is empty");
    };
    let mut problems = Problems::default();
    let columns = columns(*head_row, head, &mut problems);
    let mut assets = Vec::new();
    if problems.total == 0 {
        for (row, cells) in rest {
            if cells.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            assets.extend(entry((*row, cells), &columns, &date, &mut problems));
        }
        if assets.is_empty() && problems.total == 0 {
            problems.tell(*head_row, "1", "no row stands under the header");
        }
    }
    if problems.total == 0 {
        return Ok(assets);
    }
    Err(ListError::Cells {
        cells: problems.cells,
        total: problems.total,
    })
}

/// Place of each known column.
fn columns(row: usize, head: &[String], problems: &mut Problems) -> BTreeMap<&'static str, usize> {
    let mut places = BTreeMap::new();
    for (at, title) in head.iter().enumerate() {
        let title = title.trim();
        let known = COLUMNS
            .iter()
            .find(|(key, ja, _)| *key == title || *ja == title);
        match known {
            None if title.is_empty() => {}
            None => {
                let short: String = title.chars().take(40).collect();
                let what = format!("`{short}` is no column of an asset list");
                problems.tell(row, (at + 1).to_string(), what);
            }
            Some((key, _, _)) => {
                if places.insert(*key, at).is_some() {
                    problems.tell(row, *key, "stands twice");
                }
            }
        }
    }
    for (key, ja, needed) in COLUMNS {
        if needed && !places.contains_key(key) {
            problems.tell(row, key, format!("the column ({ja}) is missing"));
        }
    }
    places
}

fn entry(
    (row, cells): (usize, &[String]),
    columns: &BTreeMap<&'static str, usize>,
    date: &impl Fn(&str) -> Option<Date>,
    problems: &mut Problems,
) -> Option<Asset> {
    let before = problems.total;
    let named: Vec<usize> = columns.values().copied().collect();
    for (at, cell) in cells.iter().enumerate() {
        if !cell.is_empty() && !named.contains(&at) {
            problems.tell(row, (at + 1).to_string(), "stands under no heading");
        }
    }
    let cell = |key: &str| -> &str {
        let at = columns.get(key).copied();
        at.and_then(|at| cells.get(at))
            .map_or("", |text| text.trim())
    };
    for key in columns.keys() {
        let raw = columns.get(key).and_then(|at| cells.get(*at));
        if raw.is_some_and(|text| text.starts_with(FORMULA)) {
            problems.tell(row, *key, "begins like a formula");
        }
    }
    let mut take = |key: &str, what: &str, found: bool| {
        if !found {
            problems.tell(row, key, what);
        }
    };
    let count = cell("count").parse().ok();
    take("count", "is no whole number", count.is_some());
    let location = words::location(cell("location"));
    take("location", "is no location class", location.is_some());
    let class = words::class(cell("class"));
    take("class", "is no class of computer", class.is_some());
    let part = words::part(cell("part"));
    take("part", "is no part of a computer", part.is_some());
    let introduced = date(cell("introduced"));
    take(
        "introduced",
        "is no date such as 2026-10-01",
        introduced.is_some(),
    );
    let optional = |key: &str, empty: Answer| match cell(key) {
        "" => Some(empty),
        text => words::answer(text),
    };
    let bespoke = optional("bespoke", Answer::No);
    take("bespoke", "is none of yes, no, unsure", bespoke.is_some());
    let asset = Asset {
        maker: cell("maker").to_owned(),
        product: cell("product").to_owned(),
        model: cell("model").to_owned(),
        version: cell("version").to_owned(),
        count: count.unwrap_or(1),
        // Where a cell is wrong the entry is not used; it stands here so that all wrong cells of a row are told at once.
        location: location.unwrap_or(Location::OwnSite),
        equipment: cell("equipment").to_owned(),
        class: class.unwrap_or(ComputerClass::TypeOne),
        part: part.unwrap_or(Part::Application),
        introduced: introduced.unwrap_or(Date::of(Seconds(0))),
        bespoke: bespoke.unwrap_or_default(),
        cpe: cell("cpe").to_owned(),
        purl: cell("purl").to_owned(),
    };
    for error in asset.errors() {
        problems.tell(row, error.field, error.what);
    }
    (problems.total == before).then_some(asset)
}

/// A list as CSV in UTF-8 with a mark of byte order, which spreadsheets need. A text that begins like a formula gets an apostrophe before it and is refused when the list
/// is read again.
pub fn write_csv(assets: &[Asset]) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().from_writer(vec![0xef, 0xbb, 0xbf]);
    // Writing into memory does not fail, and every row has as many cells as the header.
    let _ = writer.write_record(COLUMNS.map(|(key, _, _)| key));
    for asset in assets {
        let safe = |text: &str| {
            if text.starts_with(FORMULA) {
                format!("'{text}")
            } else {
                text.to_owned()
            }
        };
        let _ = writer.write_record([
            safe(&asset.maker),
            safe(&asset.product),
            safe(&asset.model),
            safe(&asset.version),
            asset.count.to_string(),
            words::location_id(asset.location).to_owned(),
            safe(&asset.equipment),
            words::class_id(asset.class).to_owned(),
            words::part_id(asset.part).to_owned(),
            asset.introduced.to_string(),
            words::answer_id(asset.bespoke).to_owned(),
            safe(&asset.cpe),
            safe(&asset.purl),
        ]);
    }
    writer.into_inner().unwrap_or_default()
}
