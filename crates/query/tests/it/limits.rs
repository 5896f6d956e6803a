//! Queries beyond a limit: which one, by how much, what to do; and the caller goes on.

use crate::fixture::*;
use proptest::prelude::*;
use sakimori_lake::session::{Answer, Kind, Limits, SessionError};

const MIB: u64 = 1 << 20;

fn small(memory_bytes: u64) -> Limits {
    Limits {
        memory_bytes,
        ..Limits::default()
    }
}

#[test]
fn more_rows_than_the_limit_are_an_error_and_not_a_shorter_answer() {
    let limits = |rows_max| Limits {
        rows_max,
        ..Limits::default()
    };
    let all = FIRST + SECOND;
    let (kind, detail) = refused("SELECT record FROM records", limits(all - 1));
    assert_eq!(kind, Kind::Rows);
    assert_eq!(
        detail,
        "the answer has more than its 2249 rows; add a LIMIT, group the rows, or allow more rows"
    );
    let exactly = HOUSE.ask("SELECT record FROM records", limits(all));
    assert_eq!(exactly.unwrap().rows.len() as u64, all);
    assert_eq!(
        HOUSE
            .ask("SELECT 1 WHERE false", limits(0))
            .unwrap()
            .rows
            .len(),
        0
    );
    assert_eq!(refused("SELECT 1", limits(0)).0, Kind::Rows);
}

#[test]
fn a_row_longer_than_a_frame_is_an_error_of_its_own() {
    let (kind, detail) = refused("SELECT repeat('x', 5000000)", Limits::default());
    assert_eq!(kind, Kind::Rows);
    assert!(
        detail.starts_with("a row of the answer has 50000"),
        "{detail}"
    );
}

#[test]
fn long_rows_are_spread_over_frames() {
    let sql = "SELECT repeat('x', 100000) FROM records LIMIT 200";
    let answer = HOUSE.ask(sql, Limits::default()).unwrap();
    assert_eq!(answer.rows.len(), 200);
}

#[test]
fn an_answer_longer_than_a_caller_takes_is_an_error() {
    let sql = "SELECT repeat('x', 150000) FROM records";
    let (kind, detail) = refused(sql, small(1024 * MIB));
    assert_eq!(kind, Kind::Rows);
    assert_eq!(
        detail,
        "the answer has more than 256 MiB; name fewer columns or add a LIMIT"
    );
}

#[test]
fn a_query_that_needs_more_memory_than_its_limit_says_so() {
    let cases = [
        // What the engine counts.
        "SELECT count(*) FROM (SELECT DISTINCT a.record, b.record AS other FROM records a, records b)",
        "SELECT a.record, count(*) FROM records a, records b GROUP BY a.record, b.record ORDER BY 2 LIMIT 1",
        "SELECT a.source, array_agg(b.record || a.record) FROM records a, records b GROUP BY a.source",
        // What it does not count.
        "SELECT length(repeat('x', 2000000000))",
        "SELECT array_length(range(0, 1000000000))",
        "SELECT string_agg(repeat(record, 10000), '') FROM records",
    ];
    for sql in cases {
        let (kind, detail) = refused(sql, small(192 * MIB));
        assert_eq!(kind, Kind::Memory, "{sql}: {detail}");
        assert!(
            detail.starts_with("the query needs more than its 192 MiB of memory"),
            "{detail}"
        );
        assert!(detail.contains("allow more memory"), "{detail}");
    }
}

#[test]
fn the_least_memory_that_may_be_asked_for_is_enough_for_a_small_query() {
    let limits = small(sakimori_lake::limits::SESSION_MEMORY_MIN);
    let answer = HOUSE.ask(
        "SELECT source, count(*) FROM records GROUP BY source",
        limits,
    );
    assert_eq!(answer.unwrap().rows.len(), 80);
}

#[test]
fn a_limit_out_of_its_bounds_is_refused_before_anything_is_started() {
    let with = |memory_bytes, deadline_ms, rows_max| Limits {
        memory_bytes,
        deadline_ms,
        rows_max,
    };
    let cases = [
        (
            with(96 * MIB - 1, 1, 1),
            "more than 100663295 bytes of memory must be allowed to a session",
        ),
        (
            with(16_385 * MIB, 1, 1),
            "more than 17179869184 bytes of memory in a session",
        ),
        (
            with(512 * MIB, 0, 1),
            "more than 0 milliseconds must be allowed to a session",
        ),
        (
            with(512 * MIB, 600_001, 1),
            "more than 600000 milliseconds in a session",
        ),
        (
            with(512 * MIB, 1, 1_000_001),
            "more than 1000000 rows in a session",
        ),
    ];
    for (limits, says) in cases {
        assert_eq!(limits.check().unwrap_err().to_string(), says);
    }
    assert!(Limits::default().check().is_ok());
}

#[test]
fn a_query_that_takes_longer_than_its_deadline_says_so() {
    let limits = Limits {
        deadline_ms: 400,
        ..Limits::default()
    };
    let cases = [
        "SELECT count(*) FROM records a, records b, records c, records d",
        "SELECT sum(a.bytes_out + b.bytes_out + c.bytes_out) FROM records a, records b, records c",
        "SELECT record FROM records WHERE (SELECT count(*) FROM records a, records b, records c) = 1",
    ];
    for sql in cases {
        let (kind, detail) = refused(sql, limits);
        assert_eq!(kind, Kind::Deadline, "{sql}: {detail}");
        assert_eq!(
            detail,
            "the query takes longer than its 400 ms; name less time or fewer buckets, or allow more time"
        );
    }
}

#[test]
fn two_queries_at_once_do_not_know_of_each_other() {
    let (good, bad) = std::thread::scope(|scope| {
        let good = scope.spawn(|| HOUSE.ask("SELECT count(*) FROM records", Limits::default()));
        let bad = scope.spawn(|| HOUSE.ask("SELECT count(*) FROM nowhere", Limits::default()));
        (good.join().unwrap(), bad.join().unwrap())
    });
    assert_eq!(good.unwrap().rows, [[FIRST + SECOND]]);
    assert_eq!(bad.unwrap_err().kind(), Kind::Statement);
}

/// Words that make statements, and some that break them.
fn fragment() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "SELECT",
        "FROM",
        "records",
        "WHERE",
        "source",
        "=",
        "'198.51.1.7'",
        "(",
        ")",
        ",",
        "*",
        "count(*)",
        "GROUP BY",
        "ORDER BY",
        "LIMIT",
        "1",
        "first",
        "INTERVAL '1 hour'",
        "UNION ALL",
        "WITH x AS (",
        "JOIN",
        "ON",
        "unnest(selectors)",
        "in_prefix(source, '10.0.0.0/8')",
        "ip(",
        "OVER (",
        "PARTITION BY",
        "CASE WHEN",
        "THEN",
        "END",
        "NOT",
        "NULL",
        "IN (",
        "AND",
        "OR",
        "-",
        "\"",
        "'",
        ";",
        "--",
        "/*",
        "$1",
        "[1]",
        "::text",
        "AS a",
        "INSERT INTO",
        "COPY",
        "\u{1f980}",
        "18446744073709551616",
        "1e400",
        "x'ff'",
        "EXCEPT",
        "LATERAL",
        "VALUES",
        "DISTINCT",
    ]);
    prop_oneof![9 => words.prop_map(str::to_owned), 1 => "\\PC{0,8}"]
}

/// Any text ends in an answer or in a refusal; never in a fall.
fn ends(sql: &str) -> Result<Answer, SessionError> {
    let limits = Limits {
        deadline_ms: 5_000,
        ..Limits::default()
    };
    let end = HOUSE.ask(sql, limits);
    if let Err(e) = &end {
        let fine = matches!(e, SessionError::Ended { kind, .. } if *kind != Kind::Engine);
        assert!(fine, "{sql}: {e}");
    }
    end
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_text_ends_in_an_answer_or_a_refusal(words in prop::collection::vec(fragment(), 0..24), select: bool) {
        let text = words.join(" ");
        let _ = ends(&if select { format!("SELECT {text}") } else { text });
    }

    #[test]
    fn any_expression_ends_in_an_answer_or_a_refusal(words in prop::collection::vec(fragment(), 1..8)) {
        let _ = ends(&format!("SELECT {} FROM records", words.join(" ")));
    }
}
