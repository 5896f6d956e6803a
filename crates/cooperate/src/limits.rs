//! Bounds of what strangers send and of what is kept.

/// Largest document, workbook or list as sent, bytes.
pub const FILE_BYTES_MAX: usize = 4 << 20;
/// Largest workbook when its parts are expanded, bytes: a list of [`LIST_ROWS_MAX`] rows has about half of it.
pub const EXPANDED_BYTES_MAX: u64 = 24 << 20;
/// Most parts of a workbook; one of a spreadsheet program has 10 to 30.
pub const PARTS_MAX: usize = 128;
/// Deepest nesting of a JSON document.
pub const DEPTH_MAX: usize = 8;
/// Most values of a JSON document.
pub const VALUES_MAX: usize = 4096;
/// Most rows of an asset list, its header not counted.
pub const LIST_ROWS_MAX: usize = 20_000;
/// Most columns of a sheet or list.
pub const COLUMNS_MAX: usize = 64;
/// Most problems that one refusal tells; the rest are counted.
pub const PROBLEMS_MAX: usize = 100;
/// Longest one-line text, characters.
pub const LINE_CHARS_MAX: usize = 200;
/// Longest text of several lines, characters; a workbook's cell holds 32,767.
pub const TEXT_CHARS_MAX: usize = 8000;
/// Most versions of a report: at one a day for three years.
pub const VERSIONS_MAX: usize = 1100;
/// Most filers to whom an operator delegates at a time.
pub const DELEGATIONS_MAX: usize = 32;
/// Most computers of one asset entry.
pub const COUNT_MAX: u32 = 10_000_000;
/// Most lines of a guidance, and most notes of a ticket.
pub const LINES_MAX: usize = 200;
/// Longest text of the schedule of duties in bytes, its signatures included: what a note may have.
pub const TERMS_BYTES_MAX: usize = 64 << 10;
/// Longest source of a value in bytes.
pub const SOURCE_BYTES_MAX: usize = 512;
/// Longest period that the schedule can name, days; bounds slips of the pen.
pub const DAYS_MAX: u32 = 3660;
/// Longest period that the schedule can name, months; bounds slips of the pen.
pub const MONTHS_MAX: u32 = 120;
/// First year whose holidays are known here.
pub const YEAR_FIRST: u64 = 2024;
/// Last year whose holidays are known here.
pub const YEAR_LAST: u64 = 2040;
/// Smallest cell of statistics that is shown as a number: below it an operator could be recognised.
pub const CELL_MIN: u64 = 3;
