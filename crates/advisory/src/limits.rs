//! Bounds of this room, each with unit and reason. Reaching one is an error that names it, never a cut.

/// Longest document that is read, bytes. The longest advisory of the test data has 705 kB; CSAF 2.0 and 2.1, appendix C, advise 15 MB.
pub const DOCUMENT_BYTES_MAX: usize = 15 * 1024 * 1024;
/// Deepest nesting of a document. Branches of a product tree may be nested 30 deep (CSAF 2.1, 3.2.4.1), two levels of JSON each.
pub const DEPTH_MAX: usize = 100;
/// Most values of a document: 15 MB of `0,` would be 8 million, and each costs 72 bytes and more.
pub const VALUES_MAX: usize = 2_000_000;
/// Longest catalogue or score list, bytes. The list of scores for all CVEs has about 10 MB.
pub const CATALOGUE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Most rows of a catalogue or score list; there are about 300,000 CVEs.
pub const CATALOGUE_ROWS_MAX: usize = 2_000_000;
/// Most rows of a decision table; the largest known one has 729.
pub const TABLE_ROWS_MAX: usize = 100_000;
/// Longest version, range, name or identifier that is looked into, bytes; what is longer is not understood.
pub const TEXT_BYTES_MAX: usize = 1024;
/// Most constraints of a version range.
pub const CONSTRAINTS_MAX: usize = 64;
/// Most numbers and words of one version.
pub const PARTS_MAX: usize = 32;
/// Most products that are taken from one advisory.
pub const PRODUCTS_MAX: usize = 100_000;
/// Most findings kept of one test of one document; the count goes on.
pub const FINDINGS_MAX: usize = 200;
/// Most pairs of version ranges that are compared within one vulnerability; the tests on overlaps are quadratic.
pub const PAIRS_MAX: usize = 250_000;
/// Most documents of a published tree.
pub const PUBLISHED_MAX: usize = 100_000;
/// Most events of a case in the room. The largest case that is known had 121 makers (CERT/CC, VINCE); a dozen events each, and as many of the office.
pub const EVENTS_MAX: usize = 5_000;
/// Most makers of a case.
pub const MAKERS_MAX: usize = 500;
/// Most coordinators of a case: Japan has two.
pub const COORDINATORS_MAX: usize = 20;
/// Longest line that people write in the room, characters.
pub const LINE_CHARS_MAX: usize = 200;
/// Longest text that people write in the room, characters: a report with its steps, an answer.
pub const TEXT_CHARS_MAX: usize = 16_000;
/// Longest draft of a publication, bytes as JSON.
pub const CONTENT_BYTES_MAX: usize = 512 * 1024;
/// Most CVE ids of a triage.
pub const TRIAGE_CVES_MAX: usize = 100;
