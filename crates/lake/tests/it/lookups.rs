//! Questions and their answers, against a filter over all rows.

use crate::fixture::*;
use proptest::prelude::*;
use sakimori_custody::record::address_bytes;
use sakimori_custody::time::Millis;
use sakimori_lake::{Access, Ask, LakeError, Prefix, Row, Span, What};
use std::sync::LazyLock;

/// Two files and a window that waits in the spool; 900 rows.
static HOUSE: LazyLock<House> = LazyLock::new(|| {
    let house = House::new();
    let mut writer = house.writer();
    for index in 0..9 {
        put(
            &mut writer,
            window(1, index),
            &records(1, index * 100, 100),
            at(index / 4, 0),
        );
    }
    house
});

fn ip(text: &str) -> [u8; 16] {
    address_bytes(text.parse().unwrap())
}

fn check(what: What, span: Span, wanted: impl Fn(&Row) -> bool) -> usize {
    let found = released(HOUSE.find(what, span).unwrap());
    let mut all = HOUSE.rows();
    all.retain(wanted);
    assert_eq!(found, all);
    found.len()
}

#[test]
fn a_record_is_found_by_its_id() {
    let (id, fields) = records(1, 555, 1)[0];
    let found = released(HOUSE.find(What::Record(id), Span::ALL).unwrap());
    assert_eq!(
        found,
        [Row {
            record: id,
            window: 5,
            fields
        }]
    );
    let (other, _) = records(2, 555, 1)[0];
    assert!(
        HOUSE
            .find(What::Record(other), Span::ALL)
            .unwrap()
            .rows
            .is_empty()
    );
}

#[test]
fn a_pair_is_found_whichever_side_began() {
    let (a, b) = (ip("198.51.100.7"), ip("2001:db8::"));
    let of = |row: &Row| row.fields.source == a;
    assert_eq!(check(What::Pair(a, b), Span::ALL, of), 4);
    assert_eq!(check(What::Pair(b, a), Span::ALL, of), 4);
    assert_eq!(check(What::Pair(a, a), Span::ALL, |_| false), 0);
}

#[test]
fn a_prefix_is_found_on_either_side() {
    let prefix = |text: &str| What::Prefix(text.parse().unwrap());
    let last = |row: &Row| row.fields.source[15];
    assert_eq!(
        check(prefix("198.51.100.0/30"), Span::ALL, |row| last(row) < 4),
        16
    );
    assert_eq!(check(prefix("2001:db8::/32"), Span::ALL, |_| true), 900);
    assert_eq!(check(prefix("203.0.113.0/24"), Span::ALL, |_| false), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_span_finds_what_touches_it(from in 0u64..12_000, length in 0u64..12_000, last in 0u8..=255, bits in 120u8..=128) {
        let start = DAY * 1000;
        let span = Span { from: Millis(start + from), until: Millis(start + from + length) };
        let host = u32::from_be_bytes([198, 51, 100, last]) & (u32::MAX << (128 - bits));
        let prefix: Prefix = format!("{}/{}", std::net::Ipv4Addr::from(host), bits - 96).parse().unwrap();
        check(What::Prefix(prefix), span, |row| {
            prefix.contains(row.fields.source)
                && row.fields.first < start + from + length
                && row.fields.last >= start + from
        });
    }
}

#[test]
fn an_answer_is_bounded_and_says_that_there_is_more() {
    let (key, access) = (HOUSE.key(), access());
    let reader = HOUSE
        .lake
        .reader(&HOUSE.bucket, &key, &access, at(5, 0))
        .unwrap();
    let ask = |limit| Ask {
        what: What::All,
        span: Span::ALL,
        limit,
    };
    for (limit, rows, more) in [
        (0, 0, true),
        (1, 1, true),
        (899, 899, true),
        (900, 900, false),
        (901, 900, false),
    ] {
        let found = reader.find(&ask(limit)).unwrap();
        assert_eq!(
            (found.rows.len(), found.more),
            (rows, more),
            "limit {limit}"
        );
    }
    assert_eq!(reader.access().opened.index(), 42);
}

#[test]
fn another_authority_s_access_is_refused() {
    let access = Access {
        authority: "ff0102030405060708090a0b0c0d0e0f".parse().unwrap(),
        ..access()
    };
    let key = HOUSE.key();
    let refused = HOUSE
        .lake
        .reader(&HOUSE.bucket, &key, &access, at(5, 0))
        .unwrap_err();
    assert!(matches!(refused, LakeError::WrongAuthority { .. }));
}

#[test]
fn a_reader_beside_a_writer_finds_every_row_once() {
    let house = House::new();
    let mut writer = house.writer();
    for index in 0..30 {
        put(
            &mut writer,
            window(1, index),
            &records(1, index * 3, 3),
            at(index / 2, 0),
        );
        assert_eq!(house.rows().len() as u64, (index + 1) * 3);
    }
}
