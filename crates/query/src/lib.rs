//! SQL over the lake in a process of its own.
//!
//! In: one request on standard input: a statement, limits, buckets with their keys (`sakimori_lake::session` is the protocol and the caller's side). Out: rows
//! as JSON, or one error of a known kind. Never: a row before the query is in the log (a request cannot be made without that), a statement that writes, another
//! table, file, host or program, a spill to disk, a key after the buckets are open, a second request.
//!
//! # The table
//!
//! There is one, `records`: every published record of the request's buckets, whether it is in a file yet or not. Its columns are those of
//! [`sakimori_lake::schema::schema`], shown as people say them:
//!
//! | columns | type | written |
//! |---|---|---|
//! | `record` | text | `<stream>-<n>` |
//! | `first`, `last` | time in milliseconds, UTC | `first >= '2027-04-01T10:00:00Z'`, `date_bin(INTERVAL '5 minutes', first)`, `last - first` |
//! | `source`, `destination` | address | `source = '203.0.113.7'`, `IN`, `BETWEEN`, `GROUP BY`, `min`; sorted as numbers |
//! | `selectors` | list of numbers | `unnest(selectors)`, `array_has(selectors, 7)` |
//! | enumerations, countries, `ja4` | text | `direction = 'out-in'` |
//! | counters, ports, `protocol`, `window` | number | |
//! | `authority`, `sensor`, `bucket` | text | |
//!
//! An address is 16 bytes inside (IPv4 mapped), and text in a statement and in the answer. A text that is compared with an address is read as one, in whatever
//! spelling; one that is no address is an error, not an empty answer. Functions: `in_prefix(source, '203.0.113.0/24')`, which leaves out files by their statistics;
//! `ip(source)`, the text, for `LIKE` and `||`; `address('203.0.113.7')`, the other way. All scalar, aggregate and window functions of
//! [DataFusion](https://datafusion.apache.org/user-guide/sql/) but those of hashes, encodings and regular expressions are there, and the operator `~`; no function makes tables.
//!
//! # Limits
//!
//! | limit | held by | kind |
//! |---|---|---|
//! | one SELECT of bounded size and depth | [`limits`], before it is parsed and after it is planned | `statement` |
//! | memory | the engine's pool, for what it counts; `RLIMIT_DATA`, for the whole process | `memory` |
//! | time | the thread that writes; the caller, who kills | `deadline` |
//! | rows, and bytes of the answer | the thread that writes | `rows` |
//!
//! # The process
//!
//! Before it reads the request: no core file, no written file, not to be looked into, and it ends when the thread that asked does. Then: memory, and Landlock leaves reading below the buckets' folders. It opens
//! the files that each `bucket.json` names, checks every key, and forgets them; what decrypts pages stays in the opened footers until the process ends, which is when
//! the answer does. Then Landlock and a system call filter close files, network and programs altogether, and only now the statement is looked at.
//! Landlock gives what the system has; the filter is required, and without it nothing is answered.
//! A bucket that is deleted meanwhile stays readable to this one process, for its deadline at most.

mod engine;
mod functions;
pub mod limits;
mod literals;
mod process;
mod refusal;
mod render;
mod serve;
mod statement;
mod stored;

pub use serve::serve;
