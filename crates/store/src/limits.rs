//! Every bound of the room. In: nothing. Out: numbers with unit and reason. Never: a bound that is only in a database.

/// Longest name, id, title, label or word, in bytes: a page shows it in a line.
pub const NAME_BYTES_MAX: usize = 512;
/// Longest text of a draft, of a credential's state or of an audit line, in bytes: twice what the log takes as a body.
pub const TEXT_BYTES_MAX: usize = 2 << 20;
/// Longest entry or body that waits for the log, in bytes: what the ledger takes.
pub const ENTRY_BYTES_MAX: usize = 1 << 20;
/// Longest list of words (classes, scopes) of one row: there are nine classes and some forty acts.
pub const WORDS_MAX: usize = 64;
/// Most changes of one transaction: the largest act has about ten.
pub const CHANGES_MAX: usize = 256;
/// Most rows of one answer; more come with the next call.
pub const ROWS_MAX: u32 = 1000;
/// Connections to one database: a node has tens of callers at once, and `SQLite` one writer.
pub const CONNECTIONS_MAX: u32 = 8;
/// What a connection to `SQLite` keeps of the file in memory, in KiB: the upper levels of the indices over a million objects; all connections have 256 MiB at most.
pub const SQLITE_CACHE_KIB: u32 = 32 << 10;
/// Longest wait for a lock or a connection, in seconds; after it the caller gets an error and nothing has happened.
pub const WAIT_SECONDS_MAX: u64 = 10;
/// How often a transaction is tried anew that the database ended because another came between.
pub const TRIES_MAX: u32 = 24;
/// Most papers of one answer: a paper can be as long as [`TEXT_BYTES_MAX`].
pub const PAPERS_MAX: u32 = 100;
/// Longest attachment, in bytes: what a mail server takes; a sample that is larger goes another way.
pub const ATTACHMENT_BYTES_MAX: usize = 16 << 20;
/// Longest object of a collection, in bytes: what is read of one. An artifact may carry a file.
pub const OBJECT_BYTES_MAX: usize = 16 << 20;
/// Longest list of references or of markings of an object, in bytes together: what fits into its text.
pub const REFERENCES_BYTES_MAX: usize = 32 << 20;
/// Most objects that are added or taken away at once: a transaction of some seconds, while others wait for their turn.
pub const OBJECTS_MAX: usize = 10_000;
/// Most rows of objects of one answer: a page of a thousand, and those between them that are not shown.
pub const OBJECT_ROWS_MAX: usize = 2000;
/// Texts of objects in one answer, in bytes: no further row is taken once they are as long; an answer has one at least.
pub const OBJECT_TEXTS_BYTES_MAX: u64 = 64 << 20;
/// Most lanes of one answer: some forty types with some ten sets of markings are usual.
pub const LANES_MAX: usize = 1024;
