//! Statements with lists of values. In: nothing. Out: texts that both engines read. Never: a value in a text: a list that is shorter than its statement's is filled up.
//!
//! `+x` is `x` without an index on it. Without statistics `SQLite` takes a collection for ten rows, and would read all of it to save itself a sort or a few hundred
//! look-ups.

use crate::engine::Value;
use std::fmt::Write;
use std::sync::LazyLock;

/// Values of a list in a statement.
pub(super) const LIST: usize = 256;
/// Lengths of lists of ids: a short one is not filled up to the longest, a long one is not asked for part by part.
const LENGTHS: [usize; 4] = [4, 32, LIST, IDS];
/// Ids of the longest list.
pub(super) const IDS: usize = 1024;
/// Lanes of a statement.
pub(super) const LANES: usize = 16;
/// Rows of an insertion, and their columns.
pub(super) const ROWS: usize = 32;
/// Columns of a row of an object.
pub(super) const COLUMNS: usize = 10;

pub(super) const COLLECTION: &str =
    "SELECT number, last_added, lanes FROM stix_collection WHERE id = $1";
/// Two that add the first object of two collections take one number: the later one adds nothing, and looks again.
pub(super) const NEW_COLLECTION: &str = "INSERT INTO stix_collection (id, number, last_added, lanes) \
    SELECT $1, COALESCE(MAX(number), 0) + 1, NULL, 0 FROM stix_collection WHERE TRUE ON CONFLICT DO NOTHING";
/// Locks the row until the end of the transaction.
pub(super) const TURN: &str = "UPDATE stix_collection SET lanes = lanes WHERE id = $1";
pub(super) const COLLECTION_NOW: &str =
    "UPDATE stix_collection SET last_added = $2, lanes = $3 WHERE number = $1";

pub(super) const NEW_LANE: &str = "INSERT INTO stix_lane (number, collection, kind, markings, digest) VALUES ($1, $2, $3, $4, $5)";
pub(super) const ALL_LANES: &str =
    "SELECT number, kind, markings FROM stix_lane WHERE collection = $1 ORDER BY number LIMIT $2";

pub(super) const POSITIONS: &str = "SELECT added, size FROM stix_object WHERE collection = $1 AND added > $2 AND added < $3 ORDER BY added LIMIT $4";
/// Positions in lanes between two: those of a collection that are younger than one of them.
pub(super) const YOUNG_POSITIONS: &str = "SELECT added, size FROM stix_object WHERE lane > $4 AND lane < $5 AND +added > $1 AND +added < $2 ORDER BY +added LIMIT $3";

pub(super) const REMOVE: &str = "DELETE FROM stix_object WHERE collection = $1 AND added = $2";
pub(super) const PLACE: &str = "SELECT added FROM stix_object WHERE id = $2 AND +collection = $1 AND version = $3 AND spec = $4";
pub(super) const GONE_SO_FAR: &str =
    "SELECT COALESCE(MAX(number), 0) FROM stix_gone WHERE collection = $1";
pub(super) const GONE: &str = "INSERT INTO stix_gone (collection, number, id, version, spec, added, gone) VALUES ($1, $2, $3, $4, $5, $6, $7)";
pub(super) const REMOVED: &str = "SELECT number, id, version, spec, added, gone FROM stix_gone WHERE collection = $1 AND number > $2 ORDER BY number LIMIT $3";

/// `$3, $4, …`
fn places(first: usize, count: usize) -> String {
    let all: Vec<String> = (first..first + count).map(|at| format!("${at}")).collect();
    all.join(", ")
}

/// Columns of a row; the last is its text where it is asked for.
fn columns(raw: &str) -> String {
    format!(
        "SELECT o.added, o.id, o.version, o.spec, l.kind, l.markings, o.refs, {raw} \
        FROM stix_object AS o CROSS JOIN stix_lane AS l WHERE l.number = o.lane AND "
    )
}

const SPAN: &str = "o.collection = $1 AND o.added > $2 AND o.added < $3 ORDER BY o.added";

/// Rows between two positions, without and with texts.
pub(super) static SPANS: LazyLock<[String; 2]> =
    LazyLock::new(|| ["''", "o.raw"].map(|raw| columns(raw) + SPAN));

/// Rows at [`LIST`] positions, without and with texts.
pub(super) static AT: LazyLock<[String; 2]> = LazyLock::new(|| {
    let places = places(2, LIST);
    ["''", "o.raw"].map(|raw| {
        columns(raw) + &format!("o.collection = $1 AND o.added IN ({places}) ORDER BY o.added")
    })
});

/// Rows of ids, without texts, for each of the [`LENGTHS`].
pub(super) static OF_IDS: LazyLock<[String; 4]> = LazyLock::new(|| {
    LENGTHS.map(|length| {
        let places = places(2, length);
        columns("''") + &format!("o.id IN ({places}) AND +o.collection = $1")
    })
});

/// Rows of ids in all collections but one, each behind its collection's id, without texts, for each of the [`LENGTHS`].
pub(super) static ELSEWHERE: LazyLock<[String; 4]> = LazyLock::new(|| {
    LENGTHS.map(|length| {
        let places = places(2, length);
        format!(
            "SELECT c.id, o.added, o.id, o.version, o.spec, l.kind, l.markings, o.refs, '' \
            FROM stix_object AS o CROSS JOIN stix_lane AS l CROSS JOIN stix_collection AS c \
            WHERE l.number = o.lane AND c.number = o.collection AND o.id IN ({places}) AND +o.collection <> $1"
        )
    })
});

/// What is there of [`LIST`] ids.
pub(super) static THERE: LazyLock<String> = LazyLock::new(|| {
    let places = places(2, LIST);
    format!(
        "SELECT id, spec, version, digest FROM stix_object WHERE id IN ({places}) AND +collection = $1"
    )
});

/// Positions of [`LIST`] ids.
pub(super) static ID_POSITIONS: LazyLock<String> = LazyLock::new(|| {
    let places = places(5, LIST);
    format!(
        "SELECT added, size FROM stix_object WHERE id IN ({places}) AND +collection = $1 AND +added > $2 AND +added < $3 ORDER BY +added LIMIT $4"
    )
});

/// Positions in [`LANES`] lanes, which name their collection: the first of each, merged.
pub(super) static LANE_POSITIONS: LazyLock<String> = LazyLock::new(|| {
    let lanes: Vec<String> = (4..4 + LANES)
        .map(|at| {
            format!(
                "SELECT added, size FROM (SELECT added, size FROM stix_object WHERE lane = ${at} AND added > $1 AND added < $2 ORDER BY added LIMIT $3) AS l{at}"
            )
        })
        .collect();
    let lanes = lanes.join(" UNION ALL ");
    format!("SELECT added, size FROM ({lanes}) AS found ORDER BY added LIMIT $3")
});

/// Lanes of [`LIST`] types, one more than a bound.
pub(super) static KIND_LANES: LazyLock<String> = LazyLock::new(|| {
    let places = places(3, LIST);
    format!(
        "SELECT number, kind, markings FROM stix_lane WHERE kind IN ({places}) AND +collection = $1 ORDER BY number LIMIT $2"
    )
});

/// Lanes of [`LIST`] digests.
pub(super) static DIGEST_LANES: LazyLock<String> = LazyLock::new(|| {
    let places = places(1, LIST);
    format!("SELECT number, digest FROM stix_lane WHERE digest IN ({places})")
});

fn insert(rows: usize) -> String {
    let mut text = "INSERT INTO stix_object (collection, added, lane, size, id, version, spec, digest, refs, raw) VALUES ".to_owned();
    for row in 0..rows {
        let comma = if row == 0 { "" } else { ", " };
        let _ = write!(text, "{comma}({})", places(row * COLUMNS + 1, COLUMNS));
    }
    text
}

/// Adds [`ROWS`] rows.
pub(super) static ADD_ROWS: LazyLock<String> = LazyLock::new(|| insert(ROWS));
/// Adds one row.
pub(super) static ADD_ROW: LazyLock<String> = LazyLock::new(|| insert(1));

/// The statement whose list is long enough for so many values and not much longer, and how long it is.
pub(super) fn fitting(of_lengths: &'static [String; 4], count: usize) -> (&'static str, usize) {
    let mut all = LENGTHS.into_iter().zip(of_lengths);
    let found = all.find(|(length, _)| *length >= count);
    found.map_or(("", 0), |(length, text)| (text.as_str(), length))
}

/// Values of a statement with a list: `before`, then the list, filled up with its last value.
pub(super) fn filled<'v>(
    before: &[Value<'v>],
    list: &[Value<'v>],
    length: usize,
) -> Vec<Value<'v>> {
    let mut values = before.to_vec();
    values.extend_from_slice(list);
    if let Some(last) = list.last() {
        values.resize(before.len() + length, *last);
    }
    values
}
