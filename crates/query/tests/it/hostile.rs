//! Statements that would write, read elsewhere, or never end. Each has the end that is documented for it, and nothing on disk has changed.

use crate::fixture::*;
use sakimori_lake::session::{Kind, Limits};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Every file below a folder, with its length.
fn files(folder: &Path) -> BTreeMap<PathBuf, u64> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.insert(path.clone(), path.metadata().unwrap().len());
        }
    }
    files
}

/// Statements of which each names a place in `DIR` that must not come to be, and what the refusal must say.
const REFUSED: &[(&str, &str)] = &[
    ("", "there is no statement"),
    (" -- nothing", "there is no statement"),
    (";", "there is no statement"),
    (
        "COPY records TO 'DIR/out.csv'",
        "`COPY` at line 1, column 1 is not taken: a query is one SELECT over `records`",
    ),
    (
        "COPY (SELECT * FROM records) TO 'DIR/out.parquet' STORED AS PARQUET",
        "`COPY`",
    ),
    (
        "copy (SELECT 1) TO 'DIR/out.json' OPTIONS ('format' 'json')",
        "`COPY`",
    ),
    (
        "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/etc/passwd'",
        "`CREATE`",
    ),
    (
        "CREATE UNBOUNDED EXTERNAL TABLE t (a TEXT) STORED AS CSV LOCATION '/dev/zero'",
        "`CREATE`",
    ),
    ("CREATE TABLE t AS SELECT * FROM records", "`CREATE`"),
    ("CREATE VIEW v AS SELECT * FROM records", "`CREATE`"),
    ("CREATE SCHEMA s", "`CREATE`"),
    ("CREATE DATABASE d", "`CREATE`"),
    ("CREATE FUNCTION f(INT) RETURNS INT RETURN $1", "`CREATE`"),
    ("CREATE INDEX i ON records (source)", "`CREATE`"),
    ("DROP TABLE records", "`DROP`"),
    ("DROP VIEW records", "`DROP`"),
    ("ALTER TABLE records ADD COLUMN x INT", "`ALTER`"),
    ("TRUNCATE TABLE records", "`TRUNCATE`"),
    ("INSERT INTO records SELECT * FROM records", "`INSERT`"),
    ("INSERT INTO records VALUES (1)", "`INSERT`"),
    ("UPDATE records SET bytes_out = 0", "`UPDATE`"),
    ("DELETE FROM records", "`DELETE`"),
    (
        "MERGE INTO records USING records AS o ON true WHEN MATCHED THEN DELETE",
        "`MERGE`",
    ),
    ("SET datafusion.execution.target_partitions = 64", "`SET`"),
    ("SET datafusion.catalog.information_schema = true", "`SET`"),
    ("RESET datafusion.execution.target_partitions", "`RESET`"),
    ("SHOW ALL", "`SHOW`"),
    ("SHOW TABLES", "`SHOW`"),
    ("SHOW COLUMNS FROM records", "`SHOW`"),
    ("DESCRIBE records", "`DESCRIBE`"),
    ("EXPLAIN SELECT * FROM records", "`EXPLAIN`"),
    ("EXPLAIN ANALYZE SELECT * FROM records", "`EXPLAIN`"),
    (
        "EXPLAIN ANALYZE COPY records TO 'DIR/explained.csv'",
        "`EXPLAIN`",
    ),
    ("PREPARE p AS SELECT * FROM records", "`PREPARE`"),
    ("EXECUTE p", "`EXECUTE`"),
    ("DEALLOCATE p", "`DEALLOCATE`"),
    ("BEGIN", "`BEGIN`"),
    ("START TRANSACTION", "`START`"),
    ("COMMIT", "`COMMIT`"),
    ("USE datafusion", "`USE`"),
    ("KILL 1", "`KILL`"),
    ("CALL f()", "`CALL`"),
    ("ATTACH DATABASE 'DIR/d' AS d", "`ATTACH`"),
    (
        "LOAD DATA INPATH '/etc/passwd' INTO TABLE records",
        "INPATH",
    ),
    ("INSTALL httpfs", "`INSTALL`"),
    ("VACUUM records", "`VACUUM`"),
    ("SELECT 1; SELECT 2", "there are 2 statements"),
    ("SELECT 1; DROP TABLE records", "there are 2 statements"),
    (
        "SELECT * INTO t FROM records",
        "INTO is not taken: a query is one SELECT over `records`",
    ),
    (
        "WITH x AS (INSERT INTO records SELECT * FROM records) SELECT * FROM x",
        "INSERT",
    ),
    (
        "WITH x AS (SELECT 1) INSERT INTO records SELECT * FROM x",
        "INSERT is not taken",
    ),
    ("WITH x AS (DELETE FROM records) SELECT 1", "DELETE"),
    (
        "SELECT * FROM '/etc/passwd'",
        "there is no table `/etc/passwd`; the one table is `records`",
    ),
    (
        "SELECT * FROM \"/etc/passwd\"",
        "there is no table `/etc/passwd`",
    ),
    ("SELECT * FROM 'DIR/lake'", "there is no table `DIR/lake`"),
    ("SELECT * FROM read_csv('/etc/passwd')", "read_csv"),
    (
        "SELECT * FROM read_parquet('DIR/x.parquet')",
        "read_parquet",
    ),
    (
        "SELECT * FROM parquet_metadata('DIR/x.parquet')",
        "parquet_metadata",
    ),
    ("SELECT * FROM generate_series(1, 10)", "generate_series"),
    ("SELECT * FROM range(10)", "range"),
    ("SELECT * FROM stored", "there is no table `stored`"),
    (
        "SELECT * FROM information_schema.tables",
        "information_schema",
    ),
    (
        "SELECT * FROM information_schema.df_settings",
        "information_schema",
    ),
    (
        "SELECT * FROM sakimori.information_schema.columns",
        "information_schema",
    ),
    ("SELECT * FROM pg_catalog.pg_class", "pg_class"),
    ("SELECT read_file('/etc/passwd')", "read_file"),
    ("SELECT pg_read_file('/etc/passwd')", "pg_read_file"),
    ("SELECT load_extension('x')", "load_extension"),
    ("SELECT getenv('HOME')", "getenv"),
    ("SELECT current_setting('x')", "current_setting"),
    ("SELECT @@version", "@@version"),
    ("SELECT $1", "'$1' was not provided"),
    (
        "SELECT * FROM records FOR UPDATE",
        "FOR UPDATE is not taken",
    ),
    (
        "WITH RECURSIVE x AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM x) SELECT * FROM x",
        "ecursive",
    ),
    (
        "SELECT sourc FROM records",
        "No field named sourc. Did you mean 'records.source'? (line 1, column 8)",
    ),
    ("SELECT source FROM records WHERE", "an expression"),
    (
        "SELECT source FRM records",
        "records at Line: 1, Column: 19",
    ),
    ("SELECT 'x", "Unterminated"),
    ("SELECT source + 1 FROM records", "address + Int64"),
    ("SELECT count(source, 1, 2) FROM nowhere", "nowhere"),
    (
        "SELECT count(*) FROM records WHERE source = '198.51.1'",
        "`198.51.1` is not an address such as 203.0.113.7 or 2001:db8::1",
    ),
    (
        "SELECT count(*) FROM records WHERE source = '198.51.1.0/24'",
        "in_prefix(source, '198.51.1.0/24')",
    ),
    (
        "SELECT count(*) FROM records WHERE source IN ('nowhere')",
        "`nowhere` is not an address",
    ),
    (
        "SELECT count(*) FROM records WHERE source LIKE '198.%'",
        "LIKE",
    ),
    (
        "SELECT count(*) FROM records WHERE in_prefix(source, '198.51.1.1/24')",
        "`198.51.1.1/24` has bits set behind its length",
    ),
    (
        "SELECT count(*) FROM records WHERE in_prefix(source, ip(destination) || 'x')",
        "is not an address or a prefix",
    ),
    (
        "SELECT count(*) FROM records WHERE first > 'yesterday'",
        "yesterday",
    ),
    ("SELECT 1 / 0", "a division by zero"),
    (
        "SELECT count(*) FROM records WHERE 1 / (window - window) = 1",
        "a division by zero",
    ),
    (
        "SELECT source FROM records WHERE CAST(ip(source) AS INT) > 1",
        "a value does not read as the type it is cast to",
    ),
    ("SELECT CAST('x' AS INT)", "'x'"),
];

#[test]
fn what_is_not_one_select_over_records_is_refused_and_nothing_is_written() {
    let folder = HOUSE.folder.path();
    let before = files(folder);
    let mut wrong = Vec::new();
    for (sql, says) in REFUSED {
        let sql = sql.replace("DIR", &folder.display().to_string());
        let says = says.replace("DIR", &folder.display().to_string());
        let (kind, detail) = refused(&sql, Limits::default());
        let noise = [
            "DataFusion",
            "datafusion",
            "bug",
            "Error during",
            "rror: ",
            "\n",
            "FixedSize",
        ];
        let clean = !detail.is_empty() && !noise.iter().any(|noise| detail.contains(noise));
        if kind != Kind::Statement || !detail.contains(&says) || !clean {
            wrong.push(format!("{sql}: {kind}: {detail}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(files(folder), before);
}

const NO_CAST: &str = "a value does not read as the type it is cast to or compared with; TRY_CAST gives NULL in its place";
const NOT_TAKEN: &str = "a function or an operator was given a value that it does not take";

/// Statements that fail by the values of rows, and all that is said of them.
const FAILING: &[(&str, &str)] = &[
    (
        "SELECT CAST(string_agg(record || ' ' || ip(source) || '>' || ip(destination) || ' ' || ja4, ';') AS BIGINT) FROM records",
        NO_CAST,
    ),
    ("SELECT CAST(ja4 AS TIMESTAMP) FROM records", NO_CAST),
    ("SELECT to_timestamp(record) FROM records", NO_CAST),
    ("SELECT CAST(ja4 AS INTERVAL) FROM records", NO_CAST),
    ("SELECT CAST(ja4 AS DECIMAL(9, 2)) FROM records", NO_CAST),
    ("SELECT CAST(source_port AS TINYINT) FROM records", NO_CAST),
    (
        "SELECT [1, 2][CAST(record AS BIGINT)] FROM records",
        NO_CAST,
    ),
    ("SELECT count(*) FROM records WHERE first > ja4", NO_CAST),
    (
        "SELECT count(*) FROM records WHERE bytes_out = (SELECT CAST(max(ja4) AS BIGINT) FROM records)",
        NO_CAST,
    ),
    (
        "SELECT address(ja4) FROM records",
        "address() was given a text that is not an address such as 203.0.113.7 or 2001:db8::1",
    ),
    (
        "SELECT count(*) FROM records WHERE in_prefix(source, record)",
        "in_prefix() was given a text that is not an address or a prefix such as 198.51.100.0/24",
    ),
    (
        "SELECT bytes_out / (bytes_out - bytes_out) FROM records",
        "a division by zero",
    ),
    (
        "SELECT CAST(packets_back AS DECIMAL(38, 0)) * CAST('99999999999999999999999999999999999999' AS DECIMAL(38, 0)) FROM records",
        "a number is beyond what its type holds; cast to DOUBLE or a wider type before computing",
    ),
    (
        "SELECT array_slice([1, 2], 1, 2, CAST(bytes_out - bytes_out AS BIGINT)) FROM records",
        NOT_TAKEN,
    ),
    (
        "SELECT chr(CAST(bytes_out AS BIGINT) + 1114112) FROM records",
        NOT_TAKEN,
    ),
    (
        "SELECT count(*) FROM records WHERE ja4 ~ ('[' || ja4)",
        NOT_TAKEN,
    ),
];

#[test]
fn a_failure_of_values_shows_no_byte_of_a_row() {
    let mut wrong = Vec::new();
    for (sql, says) in FAILING {
        let (kind, detail) = refused(sql, Limits::default());
        if kind != Kind::Statement || detail != *says {
            wrong.push(format!("{sql}: {kind}: {detail}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn an_error_names_its_place() {
    let cases = [
        ("SELECT\n  sourc FROM records", "(line 2, column 3)"),
        ("SELECT source FROM record", "(line 1, column 20)"),
        ("SELECT source FRM records WHERE", "Line: 1, Column: 19"),
    ];
    for (sql, place) in cases {
        let (_, detail) = refused(sql, Limits::default());
        assert!(detail.contains(place), "{sql}: {detail}");
    }
}

/// `SELECT`s that nest or chain, by how often.
fn deep(kind: &str, times: usize) -> String {
    match kind {
        "parentheses" => format!("SELECT {}1{}", "(".repeat(times), ")".repeat(times)),
        "subqueries" => format!(
            "{}SELECT 1{}",
            "SELECT * FROM (".repeat(times),
            ") AS x".repeat(times)
        ),
        "scalar subqueries" => format!("{}1{}", "SELECT (".repeat(times), ")".repeat(times)),
        "sums" => format!("SELECT 1{} FROM records LIMIT 1", " + 1".repeat(times)),
        "ors" => format!(
            "SELECT count(*) FROM records WHERE window = 0{}",
            " OR window = 1".repeat(times)
        ),
        "nots" => format!("SELECT {} true", "NOT ".repeat(times)),
        "minuses" => format!("SELECT {}1", "- ".repeat(times)),
        "casts" => format!("SELECT 1{}", "::INT".repeat(times)),
        "indices" => format!("SELECT [1]{}", "[1]".repeat(times)),
        "calls" => format!("SELECT {}1{}", "abs(".repeat(times), ")".repeat(times)),
        "lists" => format!("SELECT {}1{}", "[".repeat(times), "]".repeat(times)),
        "cases" => format!(
            "SELECT {}1{}",
            "CASE WHEN true THEN ".repeat(times),
            " END".repeat(times)
        ),
        "unions" => format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(times)),
        "joins" => {
            let join = |n: usize| format!(" CROSS JOIN (SELECT 1 AS a{n})");
            let joins: String = (0..times).map(join).collect();
            format!("SELECT count(*) FROM records{joins}")
        }
        "ctes" => {
            let cte = |n: usize| {
                format!(
                    ", c{} AS (SELECT * FROM c{n} UNION ALL SELECT * FROM c{n})",
                    n + 1
                )
            };
            let ctes: String = (0..times).map(cte).collect();
            format!("WITH c0 AS (SELECT 1){ctes} SELECT count(*) FROM c{times}")
        }
        "dots" => format!("SELECT a{} FROM records", ".a".repeat(times)),
        "is nulls" => format!("SELECT 1{}", " IS NULL".repeat(times)),
        "concatenations" => format!("SELECT 'a'{}", " || 'a'".repeat(times)),
        other => panic!("{other}"),
    }
}

#[test]
fn depth_ends_in_an_answer_or_a_refusal_and_never_in_a_fall() {
    let kinds = [
        "parentheses",
        "subqueries",
        "scalar subqueries",
        "sums",
        "ors",
        "nots",
        "minuses",
        "casts",
        "indices",
        "calls",
        "lists",
        "cases",
        "unions",
        "joins",
        "ctes",
        "dots",
        "is nulls",
        "concatenations",
    ];
    let limits = Limits {
        deadline_ms: 2_000,
        ..Limits::default()
    };
    for kind in kinds {
        for times in [20, 45, 160, 480, 3_000] {
            let sql = deep(kind, times);
            if sql.len() > sakimori_lake::limits::SQL_BYTES_MAX {
                continue;
            }
            match HOUSE.ask(&sql, limits) {
                Ok(_) => assert!(times < 1_000, "{kind} {times}"),
                Err(e) => assert!(
                    matches!(e.kind(), Kind::Statement | Kind::Deadline | Kind::Memory),
                    "{kind} {times}: {e}"
                ),
            }
        }
    }
}

#[test]
fn a_long_list_is_taken_and_a_longer_statement_is_not() {
    let list = |count: usize| {
        let addresses = (0..count).map(|n| format!("'198.51.{}.{}'", n / 256, n % 256));
        addresses.collect::<Vec<_>>().join(",")
    };
    let sql = format!(
        "SELECT count(*) FROM records WHERE source IN ({})",
        list(3_000)
    );
    assert_eq!(rows(&sql), [[FIRST + SECOND]]);
    let signs = format!("SELECT 1{}", " + 1".repeat(1_000));
    let (kind, detail) = refused(&signs, Limits::default());
    assert_eq!(kind, Kind::Statement);
    assert!(
        detail.starts_with("the statement has more than 1000 words and signs"),
        "{detail}"
    );
    let (_, detail) = refused(&deep("parentheses", 100), Limits::default());
    assert_eq!(
        detail,
        "the statement is nested more than 50 levels deep; take it apart with WITH"
    );
}
