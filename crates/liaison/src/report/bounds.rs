//! Bounds of reports in a store. In: nothing. Out: numbers with unit and reason. Never: a bound of one owner that another can reach.

/// Most cases of one operator that wait for the office's acknowledgement: a bad week has tens; who sends more is junk or broken, and holds up nobody else.
pub const WAITING_MAX: u64 = 200;
/// Most cases of one operator, ever: ten a day for five years.
pub const CASES_MAX: u64 = 20_000;
/// Most versions of a case that nobody at the office has acknowledged yet; behind the acknowledgement the case's own bound holds.
pub const UNSEEN_MAX: u64 = 20;
/// Most changes of who may file on a case.
pub const FILERS_MAX: u64 = 1000;
/// Most saves of one draft: one a minute for a week.
pub const SAVES_MAX: u64 = 10_000;
/// Most files of one case.
pub const ATTACHMENTS_MAX: u64 = 50;
/// Most bytes of all files of one case, 256 MiB.
pub const ATTACHED_BYTES_MAX: u64 = 256 << 20;
/// Most rows of one list.
pub const LIST_MAX: usize = 1000;
/// Longest text of all documents of a package, bytes: a package is read like a document, which has 4 MiB.
pub(super) const PACKAGE_BYTES_MAX: usize = 3 << 20;
/// Longest name of a file that is kept, characters.
pub(super) const FILE_NAME_CHARS_MAX: usize = 120;
