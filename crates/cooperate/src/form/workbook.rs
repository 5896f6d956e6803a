//! A report as a workbook. In: a report, or a workbook's bytes. Out: the other. Never: a text that a spreadsheet takes for a formula; the layout of an official form.
//!
//! One sheet, `report`: a row for each property and field with key, item, names, state and value. The state of a field that is not known yet is `not-known`; an empty
//! row is a missing field.

use super::FormError;
use super::sheet::{self, Cells};
use crate::limits::TEXT_CHARS_MAX;
use crate::plain::is_plain;
use crate::report::{CommonForm, FORMAT, ReportDocument, Stage, fields_of};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, XlsxError};
use std::collections::BTreeMap;

const HEADER: [&str; 6] = ["key", "item", "項目", "name", "state", "value"];
const NOT_KNOWN: &str = "not-known";
const STATE: u32 = 4;
const VALUE: u32 = 5;
/// The properties above the fields, in their order.
const PROPERTIES: [(&str, &str, &str); 9] = [
    ("format", "様式", "format"),
    (
        "fields_version",
        "項目一覧の版",
        "version of the field list",
    ),
    ("case", "事案番号", "case"),
    ("operator", "事業者", "operator"),
    ("filer", "提出者", "filer"),
    ("form", "共通様式", "form"),
    ("stage", "段階", "stage"),
    ("recognised_at", "認知日時（UTC）", "recognised at, UTC"),
    ("reason", "訂正の理由", "reason of a correction"),
];

/// The bytes of a workbook with a report in it, the form's empty fields too. The same report gives the same bytes.
///
/// # Errors
/// [`FormError::Field`]: a value that no cell can hold, or a field that the form has not.
pub fn write_workbook(document: &ReportDocument) -> Result<Vec<u8>, FormError> {
    writable(document)?;
    build(document).map_err(|error| FormError::Workbook(error.to_string()))
}

fn writable(document: &ReportDocument) -> Result<(), FormError> {
    let fail = |field: &str, what: &str| {
        Err(FormError::Field {
            field: field.chars().take(80).collect(),
            what: what.to_owned(),
        })
    };
    let fits = |text: &str| text.chars().count() <= TEXT_CHARS_MAX && text.chars().all(is_plain);
    if document.format != FORMAT {
        return fail("format", "is not sakimori/report/v1");
    }
    if !fits(&document.reason) {
        return fail("reason", "fits in no cell");
    }
    for (key, value) in &document.fields {
        if !fields_of(document.form).any(|field| field.key == key) {
            return fail(key, "is no field of this form");
        }
        if value.as_ref().is_some_and(|v| v.is_empty() || !fits(v)) {
            return fail(key, "is empty, or fits in no cell");
        }
    }
    Ok(())
}

fn build(document: &ReportDocument) -> Result<Vec<u8>, XlsxError> {
    // A cell that is text stays text when somebody edits it: `=…` does not become a formula.
    let text = Format::new()
        .set_num_format("@")
        .set_quote_prefix()
        .set_text_wrap()
        .set_align(FormatAlign::Top);
    let head = Format::new().set_bold().set_num_format("@");
    let mut book = Workbook::new();
    // The time of making is no part of a report.
    let properties =
        DocProperties::new().set_creation_datetime(&ExcelDateTime::from_ymd(2026, 10, 1)?);
    book.set_properties(&properties);
    let sheet = book.add_worksheet();
    sheet.set_name("report")?;
    for (column, width) in [26.0, 6.0, 26.0, 30.0, 11.0, 80.0].into_iter().enumerate() {
        sheet.set_column_width(column as u16, width)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    for (column, title) in HEADER.iter().enumerate() {
        sheet.write_string_with_format(0, column as u16, *title, &head)?;
    }
    for (row, [key, item, ja, en, state, value]) in (1u32..).zip(rows(document)) {
        for (column, cell) in [key, item, ja, en].iter().enumerate() {
            sheet.write_string(row, column as u16, cell)?;
        }
        sheet.write_string_with_format(row, STATE as u16, state, &text)?;
        sheet.write_string_with_format(row, VALUE as u16, value, &text)?;
    }
    book.save_to_buffer()
}

/// The rows under the header.
fn rows(document: &ReportDocument) -> Vec<[String; 6]> {
    let property = |(key, ja, en): (&str, &str, &str)| {
        let value = match key {
            "format" => document.format.clone(),
            "fields_version" => document.fields_version.to_string(),
            "case" => document.case.to_string(),
            "operator" => document.operator.to_string(),
            "filer" => document.filer.to_string(),
            "form" => document.form.id().to_owned(),
            "stage" => document.stage.id().to_owned(),
            "recognised_at" => document.recognised_at.to_string(),
            _ => document.reason.clone(),
        };
        [key, "", ja, en, "", &value].map(str::to_owned)
    };
    let mut rows: Vec<_> = PROPERTIES.into_iter().map(property).collect();
    for field in fields_of(document.form) {
        let (state, value) = match document.fields.get(field.key) {
            None => ("", ""),
            Some(None) => (NOT_KNOWN, ""),
            Some(Some(value)) => ("", value.as_str()),
        };
        let item = field.item.to_string();
        rows.push([field.key, &item, field.ja, field.en, state, value].map(str::to_owned));
    }
    rows
}

/// Reads a report from a workbook of [`write_workbook`]'s layout.
///
/// # Errors
/// [`FormError`] names the cell; the fields' values are for [`ReportDocument::errors`].
pub fn read_workbook(bytes: &[u8]) -> Result<ReportDocument, FormError> {
    let cells = sheet::read(bytes, 512)?;
    for (column, title) in (0u32..).zip(HEADER) {
        if at(&cells, 0, column) != title {
            return fail(0, column, &format!("is not `{title}`"));
        }
    }
    for &(row, column) in cells.keys() {
        if column > VALUE || at(&cells, row, 0).is_empty() {
            return fail(row, column, "belongs to no row or column of a report");
        }
    }
    let mut places: BTreeMap<&str, u32> = BTreeMap::new();
    for (&(row, _), key) in cells
        .iter()
        .filter(|((row, column), _)| *row > 0 && *column == 0)
    {
        if places.insert(key, row).is_some() {
            return fail(row, 0, "stands twice");
        }
    }
    document(&cells, places)
}

fn document(cells: &Cells, mut places: BTreeMap<&str, u32>) -> Result<ReportDocument, FormError> {
    let mut texts = BTreeMap::new();
    for (key, _, _) in PROPERTIES {
        let Some(row) = places.remove(key) else {
            let what = format!("the row `{key}` is missing");
            return Err(FormError::Workbook(what));
        };
        texts.insert(key, (row, at(cells, row, VALUE)));
    }
    let form: CommonForm = word(&texts, "form", |text| {
        CommonForm::ALL.into_iter().find(|each| each.id() == text)
    })?;
    let mut fields = BTreeMap::new();
    // What is wrong is told from the top.
    let mut rows: Vec<(u32, &str)> = places.into_iter().map(|(key, row)| (row, key)).collect();
    rows.sort_unstable();
    for (row, key) in rows {
        if !fields_of(form).any(|field| field.key == key) {
            return fail(row, 0, "is no field of this form");
        }
        let value = at(cells, row, VALUE);
        match (at(cells, row, STATE), value) {
            ("", "") => {}
            ("", value) => {
                fields.insert(key.to_owned(), Some(value.to_owned()));
            }
            (NOT_KNOWN, "") => {
                fields.insert(key.to_owned(), None);
            }
            (NOT_KNOWN, _) => return fail(row, VALUE, "has a value and is not known"),
            _ => return fail(row, STATE, "is neither empty nor `not-known`"),
        }
    }
    Ok(ReportDocument {
        format: word(&texts, "format", |text| Some(text.to_owned()))?,
        fields_version: word(&texts, "fields_version", |text| text.parse().ok())?,
        case: word(&texts, "case", |text| text.parse().ok())?,
        operator: word(&texts, "operator", |text| text.parse().ok())?,
        filer: word(&texts, "filer", |text| text.parse().ok())?,
        form,
        stage: word(&texts, "stage", |text| {
            Stage::ALL.into_iter().find(|each| each.id() == text)
        })?,
        recognised_at: word(&texts, "recognised_at", |text| text.parse().ok())?,
        reason: word(&texts, "reason", |text| Some(text.to_owned()))?,
        fields,
    })
}

/// The value of a property.
fn word<T>(
    texts: &BTreeMap<&str, (u32, &str)>,
    key: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<T, FormError> {
    let (row, text) = texts.get(key).copied().unwrap_or_default();
    match read(text) {
        Some(value) => Ok(value),
        None => fail(row, VALUE, &format!("is no value of `{key}`")),
    }
}

fn at(cells: &Cells, row: u32, column: u32) -> &str {
    cells.get(&(row, column)).map_or("", String::as_str)
}

fn fail<T>(row: u32, column: u32, what: &str) -> Result<T, FormError> {
    Err(FormError::Cell {
        cell: sheet::name(row, column),
        what: what.to_owned(),
    })
}
