//! Documents of strangers. In: bytes. Out: a report, a list of assets, or what is wrong and where; from a report, JSON or a workbook. Never: half of a list, a key twice,
//! a formula, a file that grows beyond its bounds when it is opened.

mod archive;
mod encoding;
mod json;
mod list;
mod schema;
mod sheet;
mod words;
mod workbook;

pub use encoding::Encoding;
pub use json::{read_json, read_report, write_report};
pub use list::{CellError, ListError, read_csv, read_list_workbook, write_csv};
pub use schema::report_schema;
pub use words::heading;
pub use workbook::{read_workbook, write_workbook};

/// Why a document was not read, or could not be written. Who sent it is at fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// Larger than a document may be.
    #[error("the file has {found} bytes, more than {most}")]
    TooLarge {
        /// Its bytes.
        found: usize,
        /// The bound.
        most: usize,
    },
    /// Not JSON of the expected shape.
    #[error("line {line}, column {column}: {what}")]
    Json {
        /// Line, from 1.
        line: usize,
        /// Column, from 1; 0 where it is the whole.
        column: usize,
        /// What is wrong.
        what: String,
    },
    /// No workbook, or one that is not opened.
    #[error("the workbook is not opened: {0}")]
    Workbook(String),
    /// A cell of a workbook.
    #[error("cell {cell}: {what}")]
    Cell {
        /// Its name, such as `E12`.
        cell: String,
        /// What is wrong.
        what: String,
    },
    /// A field that cannot be written.
    #[error("field {field}: {what}")]
    Field {
        /// Its key.
        field: String,
        /// Why not.
        what: String,
    },
}
