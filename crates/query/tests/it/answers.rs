//! What the program answers, against a filter over the records that went in.

use crate::fixture::*;
use sakimori_custody::record::{MechanicalRecord, address};
use sakimori_lake::session::Limits;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How many published records are so.
fn count(wanted: impl Fn(&MechanicalRecord) -> bool) -> usize {
    records()
        .iter()
        .filter(|(_, record)| wanted(record))
        .count()
}

fn check(sql: &str, expected: &Value) {
    assert_eq!(&json!(rows(sql)), expected, "{sql}");
}

fn source_is(text: &str) -> impl Fn(&MechanicalRecord) -> bool {
    move |record| address(record.source).to_string() == text
}

#[test]
fn every_published_record_is_counted_once_and_a_staged_one_is_not() {
    check("SELECT count(*) FROM records", &json!([[FIRST + SECOND]]));
    check(
        "SELECT bucket, count(*) FROM records GROUP BY bucket ORDER BY 1",
        &json!([
            [bucket(1).to_string(), FIRST],
            [bucket(2).to_string(), SECOND]
        ]),
    );
    check(
        "SELECT count(DISTINCT record) FROM records",
        &json!([[FIRST + SECOND]]),
    );
}

#[test]
fn windows_that_wait_in_the_spool_are_found() {
    check(
        "SELECT record, window FROM records WHERE record IN ('0101010101010101-1999', '0202020202020202-0', '0101010101010101-2000') ORDER BY 1",
        &json!([["0101010101010101-1999", 7], ["0202020202020202-0", 0]]),
    );
}

#[test]
fn the_top_talkers_are_named_by_address() {
    let mut bytes: BTreeMap<[u8; 16], u64> = BTreeMap::new();
    for (_, record) in records() {
        *bytes.entry(record.source).or_default() += record.bytes_out;
    }
    let mut top: Vec<_> = bytes.into_iter().collect();
    top.sort_by_key(|(source, sum)| (std::cmp::Reverse(*sum), *source));
    let top = top.iter().take(5);
    let top: Vec<_> = top
        .map(|(source, sum)| json!([address(*source).to_string(), sum]))
        .collect();
    check(
        "SELECT source, sum(bytes_out) AS sent FROM records GROUP BY source ORDER BY sent DESC, source LIMIT 5",
        &json!(top),
    );
}

#[test]
fn an_address_is_found_in_any_spelling_and_place() {
    let seven = count(source_is("198.51.1.7"));
    let both = seven + count(source_is("198.51.2.39"));
    let v6 = count(|r| address(r.destination).to_string() == "2001:db8::5");
    assert!(seven > 0 && v6 > 0);
    let cases = [
        ("source = '198.51.1.7'", seven),
        ("'198.51.1.7' = source", seven),
        ("source = '::ffff:198.51.1.7'", seven),
        ("source = address('198.51.1.7')", seven),
        ("ip(source) = '198.51.1.7'", seven),
        ("ip(source) LIKE '198.51.1.7'", seven),
        ("ip(source) ~ '^198[.]51[.]1[.]7$'", seven),
        ("source IN ('198.51.1.7', '198.51.2.39')", both),
        ("source BETWEEN '198.51.1.7' AND '198.51.1.7'", seven),
        (
            "CASE WHEN source = '198.51.1.7' THEN 1 ELSE 0 END = 1",
            seven,
        ),
        ("destination = '2001:DB8:0::5'", v6),
        ("source <> '198.51.1.7'", (FIRST + SECOND) as usize - seven),
        ("source IS NOT DISTINCT FROM '198.51.1.7'", seven),
        (
            "source IN (SELECT source FROM records WHERE source = '198.51.1.7')",
            seven,
        ),
    ];
    for (condition, expected) in cases {
        check(
            &format!("SELECT count(*) FROM records WHERE {condition}"),
            &json!([[expected]]),
        );
    }
    check(
        "SELECT source = '198.51.1.0', min(destination), max(destination) FROM records WHERE bytes_out < 100 AND sensor = 's-01' GROUP BY source",
        &json!([[true, "203.0.113.0", "203.0.113.0"]]),
    );
}

#[test]
fn a_prefix_is_a_range_of_addresses() {
    let inside = count(|r| address(r.source).to_string().starts_with("198.51.1."));
    let cases = [
        ("in_prefix(source, '198.51.1.0/24')", inside),
        (
            "in_prefix(source, '198.51.0.0/16')",
            (FIRST + SECOND) as usize,
        ),
        ("in_prefix(source, '10.0.0.0/8')", 0),
        (
            "in_prefix(destination, '2001:db8::/32')",
            count(|r| address(r.destination).is_ipv6()),
        ),
        ("in_prefix(source, '198.51.1.' || '0/24')", inside),
        (
            "in_prefix(source, CASE WHEN sensor = 's-01' THEN '198.51.1.0/24' ELSE '10.0.0.0/8' END)",
            inside,
        ),
    ];
    for (condition, expected) in cases {
        check(
            &format!("SELECT count(*) FROM records WHERE {condition}"),
            &json!([[expected]]),
        );
    }
}

#[test]
fn times_are_times() {
    let hour = |r: &MechanicalRecord| {
        let second = r.first / 1000 - DAY;
        (600..1200).contains(&second)
    };
    let cases = [
        "first >= '2027-04-01T00:10:00Z' AND first < '2027-04-01T00:20:00Z'",
        "first >= TIMESTAMP '2027-04-01 00:10:00' AND first < TIMESTAMP '2027-04-01 00:20:00'",
        "first >= '2027-04-01T09:10:00+09:00' AND first < '2027-04-01T09:20:00+09:00'",
        "date_bin(INTERVAL '10 minutes', first) = '2027-04-01T00:10:00Z'",
        "last - first = INTERVAL '1.5 seconds' AND extract(minute FROM first) BETWEEN 10 AND 19",
    ];
    for condition in cases {
        check(
            &format!("SELECT count(*) FROM records WHERE {condition}"),
            &json!([[count(hour)]]),
        );
    }
    check(
        "SELECT first, last, last - first FROM records WHERE record = '0101010101010101-1'",
        &json!([["2027-04-01T00:00:01Z", "2027-04-01T00:00:02.500Z", "PT1.5S"]]),
    );
}

#[test]
fn records_are_grouped_by_selector() {
    let mut by: BTreeMap<u32, u64> = BTreeMap::new();
    for (_, record) in records() {
        for id in record.selectors.as_slice() {
            *by.entry(*id).or_default() += 1;
        }
    }
    let by: Vec<_> = by
        .into_iter()
        .map(|(id, count)| json!([id, count]))
        .collect();
    check(
        "SELECT selector, count(*) FROM (SELECT unnest(selectors) AS selector FROM records) GROUP BY selector ORDER BY selector",
        &json!(by),
    );
    check(
        "SELECT count(*) FROM records WHERE array_has(selectors, 9)",
        &json!([[count(|r| r.selectors.as_slice().contains(&9))]]),
    );
}

#[test]
fn every_column_of_a_row_is_shown_as_people_say_it() {
    let answer = HOUSE
        .ask(
            "SELECT * FROM records WHERE record = '0101010101010101-6'",
            Limits::default(),
        )
        .unwrap();
    let names: Vec<_> = answer
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    let schema = sakimori_lake::schema::schema();
    let expected: Vec<_> = schema.fields().iter().map(|field| field.name()).collect();
    assert_eq!(names, expected);
    let expected = json!([[
        "0101010101010101-6",
        0,
        "2027-04-01T00:00:06Z",
        "2027-04-01T00:00:07.500Z",
        "198.51.1.6",
        "2001:db8::6",
        40000,
        443,
        6,
        "out-in",
        "--",
        "JP",
        6,
        7,
        600,
        1200,
        27,
        27,
        "fin",
        "tls",
        null,
        null,
        "none",
        "tls1.3",
        "h2",
        "t13d1516h2_8daaf6152771_02713d6af862",
        [1, 9],
        "000102030405060708090a0b0c0d0e0f",
        "s-01",
        "000102030405060708090a0b0c0d0e0f/s-01/2027-04-01"
    ]]);
    assert_eq!(json!(answer.rows), expected);
    let kinds = ["record", "first", "source", "selectors", "bytes_out"].map(|name| {
        let column = answer.columns.iter().find(|column| column.name == name);
        column.unwrap().kind.clone()
    });
    assert_eq!(kinds[..3], ["Utf8", "time", "address"]);
    assert_eq!(kinds[4], "UInt64");
}

#[test]
fn values_that_json_has_not_are_text() {
    check(
        "SELECT 18446744073709551615, CAST('NaN' AS DOUBLE), CAST(1 AS DECIMAL(10,2)), x'00ff', NULL, true, [source], {'a': source}, DATE '2027-04-01' FROM records LIMIT 1",
        &json!([[
            18_446_744_073_709_551_615_u64, "NaN", "1.00", "00ff", null, true, [rows("SELECT source FROM records LIMIT 1")[0][0]],
            {"a": rows("SELECT source FROM records LIMIT 1")[0][0]}, "2027-04-01"
        ]]),
    );
}

#[test]
fn tables_of_its_own_making_join_with_records() {
    check(
        "WITH watched(host) AS (VALUES (address('198.51.1.7')), (address('192.0.2.1'))) \
         SELECT host, count(record) FROM watched LEFT JOIN records ON source = host GROUP BY host ORDER BY host",
        &json!([
            ["192.0.2.1", 0],
            ["198.51.1.7", count(source_is("198.51.1.7"))]
        ]),
    );
    check("SELECT 1 + 1", &json!([[2]]));
    check(
        "SELECT source, lag(first) OVER (PARTITION BY source ORDER BY first) IS NULL FROM records WHERE source = '198.51.2.3' ORDER BY first LIMIT 2",
        &json!([["198.51.2.3", true], ["198.51.2.3", false]]),
    );
}

#[test]
fn long_answers_come_whole() {
    let answer = rows("SELECT record, bytes_out FROM records ORDER BY sensor, bytes_out");
    let expected: Vec<_> = records()
        .iter()
        .map(|(id, record)| json!([id.to_string(), record.bytes_out]))
        .collect();
    assert_eq!(json!(answer), json!(expected));
}
