//! What is refused before anything is changed, and the ceiling.

use crate::net::{Site, TABLE, effect, key, ms, seen, words};
use sakimori_actuator::packet::{Config, ConfigError, EXEMPT_MAX, Nftables, StartError};
use sakimori_actuator::substrate::Substrate;
use sakimori_respond::engine::Deed;
use std::time::Instant;

#[test]
fn what_is_too_wide_needed_or_exempt_is_never_put_in_force() {
    let name = "what_is_too_wide_needed_or_exempt_is_never_put_in_force";
    let Some(site) = Site::lay(name) else { return };
    let config = Config {
        exempt: vec![
            "10.9.0.0/16".to_owned(),
            "10.9.8.0/24".to_owned(),
            "fd00:9::/32".to_owned(),
        ],
        ..site.config()
    };
    let mut filter = Nftables::start(&config).unwrap();
    let before = site.ruleset();
    for (target, word) in [
        ("0.0.0.0/0", "at most 256"),
        ("::/0", "at most 256"),
        ("10.0.0.0/8", "at most 256"),
        ("10.77.0.0/23", "at most 256"),
        ("127.0.0.1/32", "every machine needs"),
        ("fe80::1/128", "every machine needs"),
        ("10.9.8.7/32", "the owner exempts"),
        ("fd00:9::1/128", "the owner exempts"),
        ("10.77.2.2", "form"),
        ("bad.example", "no address"),
        ("10.77.2.2/32 }; flush ruleset", "no address"),
        ("10.77.2.2/32\nflush ruleset", "no address"),
    ] {
        for result in [
            filter.rehearse(Deed::Block, target),
            filter.before(&effect(1, target, 60)).map(drop),
            filter.apply(&effect(1, target, 60)),
        ] {
            let (again, why) = words(result);
            assert!(!again && why.contains(word), "{target}: {why}");
        }
    }
    for deed in Deed::ALL.iter().filter(|deed| **deed != Deed::Block) {
        assert!(!words(filter.rehearse(*deed, "10.77.2.2/32")).0);
    }
    let (again, why) = words(filter.apply(&effect(1, "10.77.2.2/32", 2_000_001)));
    assert!(!again && why.contains("2000001 seconds"), "{why}");
    // A timer of 0 would be none.
    let (again, why) = words(filter.apply(&effect(1, "10.77.2.2/32", 0)));
    assert!(again && why.contains("past"), "{why}");
    assert_eq!(filter.look().unwrap(), []);
    assert_eq!(site.ruleset(), before);
    // What cannot be in force is taken back without a question.
    filter.remove(&key(1, "0.0.0.0/0"), None).unwrap();
}

#[test]
fn no_more_than_the_owner_allows_and_no_wider() {
    let name = "no_more_than_the_owner_allows_and_no_wider";
    let Some(site) = Site::lay(name) else { return };
    let config = Config {
        effects_max: 2,
        addresses_max: 1,
        ..site.config()
    };
    let mut filter = Nftables::start(&config).unwrap();
    assert!(!words(filter.apply(&effect(1, "10.77.2.0/31", 60))).0);
    filter.apply(&effect(1, "10.77.2.2/32", 60)).unwrap();
    filter.apply(&effect(2, "10.77.2.2/32", 60)).unwrap();
    let (again, why) = words(filter.apply(&effect(3, "10.77.2.9/32", 60)));
    assert!(again && why.contains("2 effects"), "{why}");
    assert_eq!(filter.counts().ceiling, 1);
    // One that is there already goes on.
    filter.apply(&effect(2, "10.77.2.2/32", 90)).unwrap();
    filter.remove(&key(1, "10.77.2.2/32"), None).unwrap();
    filter.apply(&effect(3, "10.77.2.9/32", 60)).unwrap();
    assert_eq!(filter.counts().ceiling, 1);
}

#[test]
fn a_rehearsal_changes_nothing_and_tells_what_would_be_refused() {
    let name = "a_rehearsal_changes_nothing_and_tells_what_would_be_refused";
    let Some(site) = Site::lay(name) else { return };
    let mut filter = site.start();
    let before = site.ruleset();
    for target in [
        "10.77.2.2/32",
        "10.77.2.0/24",
        "fd77:2::2/128",
        "fd77:2::/120",
    ] {
        filter.rehearse(Deed::Block, target).unwrap();
    }
    assert_eq!(site.ruleset(), before);
    // A table of that name with a set of another kind: it would not go.
    site.load(&format!(
        "table inet {TABLE}_try {{ set v4_32 {{ type ipv6_addr; }}\n}}\n"
    ));
    let (again, why) = words(filter.rehearse(Deed::Block, "10.77.2.2/32"));
    assert!(again && why.contains("would be refused"), "{why}");
}

#[test]
fn the_same_again_changes_nothing() {
    let name = "the_same_again_changes_nothing";
    let Some(site) = Site::lay(name) else { return };
    let mut filter = site.start();
    for target in ["10.77.2.2/32", "fd77:2::/120"] {
        filter.apply(&effect(1, target, 600)).unwrap();
    }
    let list = || {
        let text = site.nft(&format!("list table inet {TABLE}")).1;
        // Without what time alone moves.
        text.lines()
            .filter_map(|line| {
                line.split_once(" comment ")
                    .map(|(_, mark)| mark.to_owned())
            })
            .collect::<Vec<_>>()
    };
    let first = list();
    assert_eq!(first.len(), 2, "{first:?}");
    assert!(
        first[0].contains("measure 0101010101010101 of 1 until 1800000600"),
        "{first:?}"
    );
    for target in ["10.77.2.2/32", "fd77:2::/120"] {
        filter.apply(&effect(1, target, 600)).unwrap();
    }
    assert_eq!(list(), first);
    assert_eq!(seen(&mut filter).len(), 2);
}

#[test]
fn many_effects_are_listed_and_taken_back() {
    let name = "many_effects_are_listed_and_taken_back";
    let Some(site) = Site::lay(name) else { return };
    let mut filter = site.start();
    let target = |at: u32| format!("10.{}.{}.{}/32", 80 + at / 65_536, at / 256 % 256, at % 256);
    let begin = Instant::now();
    for at in 0..1500 {
        filter.apply(&effect(1, &target(at), 600)).unwrap();
    }
    let applied = ms(begin) / 1500.0;
    let begin = Instant::now();
    assert_eq!(filter.look().unwrap().len(), 1500);
    println!(
        "nftables: 1500 effects, {applied:.2} ms each, a look {:.1} ms",
        ms(begin)
    );
    for at in 0..100 {
        filter.remove(&key(1, &target(at)), None).unwrap();
    }
    assert_eq!(filter.met().unwrap().len(), 1400);
    let begin = Instant::now();
    filter.release().unwrap();
    println!(
        "nftables: owner's stop with 1400 effects {:.1} ms",
        ms(begin)
    );
    assert_eq!(filter.look().unwrap(), []);
}

#[test]
fn as_many_exemptions_as_may_be_are_laid() {
    let name = "as_many_exemptions_as_may_be_are_laid";
    let Some(site) = Site::lay(name) else { return };
    let prefix = |at| format!("2001:db8:aaaa:bbbb:cccc:dddd:{at:x}:0/112");
    let config = Config {
        exempt: (0..EXEMPT_MAX).map(prefix).collect(),
        ..site.config()
    };
    let mut filter = Nftables::start(&config).unwrap();
    filter.apply(&effect(1, "10.77.2.2/32", 600)).unwrap();
    filter.release().unwrap();
    assert_eq!(filter.look().unwrap(), []);
    let listed = site.nft(&format!("list set inet {TABLE} exempt_v6")).1;
    assert_eq!(listed.matches("/112").count(), EXEMPT_MAX);
}

#[test]
fn a_configuration_is_read_or_its_fault_is_named() {
    let read = |text: &str| serde_json::from_str::<Config>(text);
    assert_eq!(read("{}").unwrap(), Config::default());
    assert!(
        read(r#"{"tables": "x"}"#)
            .unwrap_err()
            .to_string()
            .contains("unknown field `tables`")
    );
    for (text, words) in [
        (
            r#"{"table": "Up"}"#,
            "table `Up`: a small letter, then small letters, digits and `_`, at most 31",
        ),
        (
            r#"{"table": "a b; flush ruleset"}"#,
            "table `a b; flush ruleset`: a small letter, then small letters, digits and `_`, at most 31",
        ),
        (
            r#"{"table": ""}"#,
            "table ``: a small letter, then small letters, digits and `_`, at most 31",
        ),
        (
            r#"{"program": []}"#,
            "program: 1 to 16 words, none of them empty",
        ),
        (
            r#"{"exempt": ["10.0.0.1/8"]}"#,
            "exempt `10.0.0.1/8`: it is no address and no prefix of addresses",
        ),
        (
            r#"{"exempt": ["host.example"]}"#,
            "exempt `host.example`: it is no address and no prefix of addresses",
        ),
        (
            r#"{"addresses_max": 257}"#,
            "addresses_max: 257 is not within 1 and 256",
        ),
        (
            r#"{"addresses_max": 0}"#,
            "addresses_max: 0 is not within 1 and 256",
        ),
        (
            r#"{"effects_max": 65537}"#,
            "effects_max: 65537 is not within 1 and 65536",
        ),
        (
            r#"{"answer_ms_max": 99}"#,
            "answer_ms_max: 99 is not within 100 and 10000",
        ),
    ] {
        let Err(StartError::Config(error)) = Nftables::start(&read(text).unwrap()) else {
            panic!("{text} was not refused");
        };
        assert_eq!(error.to_string(), words, "{text}");
    }
    let many = vec!["10.0.0.1".to_owned(); EXEMPT_MAX + 1];
    let Err(StartError::Config(error)) = Nftables::start(&Config {
        exempt: many,
        ..Config::default()
    }) else {
        panic!("too many were not refused");
    };
    assert_eq!(error, ConfigError::Exempt(EXEMPT_MAX + 1));
}
