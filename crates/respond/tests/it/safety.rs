//! The safety engine over the real lists, and against a plain one that compares everything.

use proptest::prelude::*;
use sakimori_exchange::warning::{Meaning, WarningList};
use sakimori_respond::safety::{Building, Class, How, Name, Protected, Reach, Seen, Target};
use sakimori_select::Prefix;
use std::path::Path;

fn target(text: &str) -> Target {
    Target::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn class(protected: &Protected, text: &str) -> Option<Class> {
    protected.judge(&target(text), &Seen::default()).class()
}

fn small() -> Protected {
    let mut lists = Building::default();
    let net = |text: &str| match target(text) {
        Target::Net(prefix) => prefix,
        Target::Name { .. } => panic!("{text}"),
    };
    lists
        .net("resolvers", Class::Never, net("8.8.8.8"))
        .unwrap();
    lists
        .net("cdn", Class::Level2, net("203.0.112.0/20"))
        .unwrap();
    lists
        .net("root servers", Class::Never, net("2001:503:ba3e::2:30"))
        .unwrap();
    let name = |text: &str| Name::parse(text).unwrap();
    lists
        .name(
            "ministries",
            Class::Never,
            Reach::Below,
            &name("go.example"),
        )
        .unwrap();
    lists
        .name(
            "bücher",
            Class::Never,
            Reach::Below,
            &name("bücher.example"),
        )
        .unwrap();
    lists
        .name(
            "providers of names",
            Class::Level2,
            Reach::Only,
            &name("dyn.example"),
        )
        .unwrap();
    lists.done()
}

#[test]
fn an_address_is_found_in_whatever_it_is_wrapped() {
    let protected = small();
    for text in [
        "8.8.8.8",
        "8.8.8.8/32",
        "::ffff:8.8.8.8",
        "::8.8.8.8",
        "::ffff:0:8.8.8.8",
        "64:ff9b::808:808",
        "64:ff9b:1::808:808",
        "64:ff9b:1:808:8:800::",
        "64:ff9b:1:8:8:808::",
        "64:ff9b:1:0:8:808:800:0",
        "64:ff9b:1:808::/64",
        "2002:808:808::1",
        "2001:0:808:808::1",
        "2001:0:c633:6401:0:0:f7f7:f7f7",
        "2001:db8::5efe:808:808",
        "8.8.8.0/24",
        "2002:808:808::/120",
    ] {
        assert_eq!(class(&protected, text), Some(Class::Never), "{text}");
    }
    assert_eq!(class(&protected, "8.8.8.9"), None);
    assert_eq!(class(&protected, "203.0.113.7"), Some(Class::Level2));
    assert_eq!(class(&protected, "0.0.0.0/0"), Some(Class::Never));
    assert_eq!(class(&protected, "::/0"), Some(Class::Never));
}

#[test]
fn a_name_is_found_however_it_is_written_from_above_and_from_below() {
    let protected = small();
    for text in [
        "go.example",
        "GO.Example.",
        "www.mof.go.example",
        "ｇｏ．ｅｘａｍｐｌｅ",
        "*.example",
        "xn--bcher-kva.example",
        "www.bu\u{308}cher.example",
        "BÜCHER.example",
    ] {
        assert_eq!(class(&protected, text), Some(Class::Never), "{text}");
    }
    assert_eq!(class(&protected, "nogo.example"), None);
    assert_eq!(class(&protected, "dyn.example"), Some(Class::Level2));
    assert_eq!(class(&protected, "evil.dyn.example"), None);
    let judged = protected.judge(&target("*.dyn.example"), &Seen::default());
    assert_eq!(judged.class(), Some(Class::Level2));
    for text in [
        "127.1",
        "0x7f.1",
        "１２７.0.0.1",
        "[::1]",
        "a..b",
        "-a.example",
        "",
        ".",
    ] {
        assert!(
            Target::parse(text).is_err() || matches!(target(text), Target::Net(_)),
            "{text}"
        );
    }
}

#[test]
fn row_no_ip_a_parent_of_everybody_s_names_is_refused_with_what_to_do_instead() {
    let protected = small();
    for (text, class) in [
        ("duckdns.org", Class::Never),
        ("co.jp", Class::Never),
        ("jp", Class::Never),
        ("kobe.jp", Class::Never),
        ("*.kobe.jp", Class::Never),
        ("kawasaki.jp", Class::Never),
        ("compute.amazonaws.com", Class::Never),
    ] {
        let judged = protected.judge(&target(text), &Seen::default());
        assert_eq!(judged.class(), Some(class), "{text}");
        assert!(
            judged
                .instead
                .as_deref()
                .is_some_and(|words| words.contains("bad.")),
            "{text}"
        );
    }
    assert_eq!(class(&protected, "evil.duckdns.org"), None);
    assert_eq!(class(&protected, "city.kobe.jp"), None);
    assert_eq!(class(&protected, "evil.foo.kobe.jp"), None);
}

#[test]
fn a_listed_provider_of_dynamic_names_is_never_touched_itself_and_what_lies_below_it_is_level_2() {
    let mut building = Building::default();
    let name = Name::parse("dyn.example").unwrap();
    building
        .name("dynamic-names", Class::Level2, Reach::Below, &name)
        .unwrap();
    let protected = building.done();
    for text in ["dyn.example", "*.dyn.example", "*.example"] {
        let judged = protected.judge(&target(text), &Seen::default());
        assert_eq!(judged.class(), Some(Class::Never), "{text}");
        assert!(judged.instead.is_some_and(|words| words.contains("bad.")));
    }
    assert_eq!(class(&protected, "evil.dyn.example"), Some(Class::Level2));
    assert_eq!(class(&protected, "dyn2.example"), None);
    // A name that leads to the provider is not the provider.
    let alias = Seen {
        aliases: vec![name],
        ..Seen::default()
    };
    let judged = protected.judge(&target("bad.test-a.com"), &alias);
    assert_eq!(judged.class(), Some(Class::Level2));
}

#[test]
fn targets_meet_in_whatever_form_they_are_carried() {
    use sakimori_respond::safety::meet;
    for (one, two, so) in [
        ("198.51.100.7/32", "64:ff9b::c633:6407/128", true),
        ("64:ff9b:1::c633:6407/128", "198.51.100.0/24", true),
        ("198.51.100.7/32", "64:ff9b::c633:6408/128", false),
        ("*.bad.example", "x.bad.example", true),
        ("bad.example", "x.bad.example", false),
        ("process:1:2:ab", "process:1:2:ab", true),
        ("process:1:2:ab", "process:1:3:ab", false),
    ] {
        assert_eq!((meet(one, two), meet(two, one)), (so, so), "{one} {two}");
    }
}

#[test]
fn a_name_falls_with_its_alias_and_its_addresses() {
    let protected = small();
    let of = |seen: &Seen| protected.judge(&target("bad.example"), seen).class();
    assert_eq!(of(&Seen::default()), None);
    let alias = Seen {
        aliases: vec![Name::parse("portal.go.example").unwrap()],
        ..Seen::default()
    };
    assert_eq!(of(&alias), Some(Class::Never));
    let cdn = Seen {
        addresses: vec!["203.0.113.9".parse().unwrap()],
        ..Seen::default()
    };
    assert_eq!(of(&cdn), Some(Class::Level2));
    // What is not looked at may be what is protected.
    let addresses = |count: u32| Seen {
        addresses: (0..count)
            .map(|at| std::net::Ipv4Addr::from(0xc633_6400 + at).into())
            .collect(),
        ..Seen::default()
    };
    assert_eq!(of(&addresses(256)), None);
    assert_eq!(of(&addresses(257)), Some(Class::Never));
    let aliases = Seen {
        aliases: vec![Name::parse("a.example").unwrap(); 257],
        ..Seen::default()
    };
    assert_eq!(of(&aliases), Some(Class::Never));
}

#[test]
fn a_block_is_small_or_refused() {
    let protected = small();
    for (text, expected) in [
        ("198.51.100.7/32", None),
        ("198.51.100.0/31", Some(Class::Level2)),
        ("198.51.100.0/24", Some(Class::Level2)),
        ("198.51.100.0/23", Some(Class::Never)),
        ("2001:db8::/120", Some(Class::Level2)),
        ("2001:db8::/64", Some(Class::Never)),
    ] {
        assert_eq!(class(&protected, text), expected, "{text}");
    }
    assert!(Target::parse("198.51.100.7/24").is_err());
}

/// All lists of the data that a protected list can be made of, from their folder.
fn real(folder: &Path) -> (Protected, usize) {
    let mut lists = Building::default();
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let list = WarningList::read(&bytes).unwrap();
        files += 1;
        assert!(
            !matches!(list.meaning, Meaning::Part | Meaning::Expression),
            "{}",
            list.name
        );
        let reach = if list.name.contains("TLD") {
            Reach::Only
        } else {
            Reach::Below
        };
        let left = lists.warning_list(&list, Class::Never, reach).unwrap();
        let expected = match list.name.as_str() {
            "List of known hashes for empty files" => 2,
            "Valid covid-19 related domains" => 1,
            _ => 0,
        };
        assert_eq!(left.len(), expected, "{}: {left:?}", list.name);
    }
    (lists.done(), files)
}

#[test]
fn the_lists_of_the_data_protect_what_they_name() {
    let test = "the_lists_of_the_data_protect_what_they_name";
    let Some(folder) = sakimori_testkit::data(test, "response/safety/warninglists") else {
        return;
    };
    let (protected, files) = real(&folder);
    assert_eq!(files, 44);
    assert!(protected.len() > 30_000, "{}", protected.len());
    for text in [
        "10.1.2.3",
        "fe80::1",
        "224.0.0.1",
        "2001:148f:fffe::1",
        "com",
        "104.16.0.1",
        "www.wikipedia.org",
    ] {
        let found = protected.judge(&target(text), &Seen::default());
        assert_eq!(found.class(), Some(Class::Never), "{text}");
    }
}

fn prefix(first: u128, bits: u8) -> Prefix {
    let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
    Prefix {
        first: first & mask,
        bits,
    }
}

fn mask(bits: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0)
}

/// An address below the prefix of RFC 8215, and all that it can carry, read of its digits: RFC 6052 section 2.2 has no part in bits 64 to 71. One of them has to be what was written into it.
fn own_of(first: u128, written: u32) -> (Prefix, Vec<Prefix>) {
    let digits = format!("{first:0128b}");
    let (front, behind) = (digits.chars().take(64), digits.chars().skip(72));
    let digits: Vec<char> = front.chain(behind).collect();
    let number = |digits: &[char]| {
        let text: String = digits.iter().collect();
        u32::from_str_radix(&text, 2).unwrap()
    };
    let read = [48, 56, 64, 88].map(|at| number(&digits[at..at + 32]));
    assert!(read.contains(&written), "{first:x} {written:x}");
    let carries = read.map(|address| prefix(0xffff_0000_0000 | u128::from(address), 128));
    (prefix(first, 128), carries.to_vec())
}

proptest! {
    /// A plain comparison of every entry with what was drawn into the target finds the same: the code under test is not asked what an address carries.
    #[test]
    fn no_target_that_covers_or_lies_in_what_is_protected_is_missed(
        entries in proptest::collection::vec((any::<u32>(), 8u8..=32, any::<bool>()), 1..12),
        at in 0usize..12, shift in 0u8..=8, wrap in 0u8..13, low in any::<u64>(),
    ) {
        // Global addresses that carry nothing.
        let global = |address: u32| u128::from(0x2400_0000 | (address & 0x00ff_ffff)) << 96;
        let mapped = |address: u32, bits: u8| prefix(0xffff_0000_0000 | u128::from(address), 96 + bits);
        let mut lists = Building::default();
        let mut plain = Vec::new();
        for (address, bits, six) in &entries {
            let net = if *six { prefix(global(*address) | u128::from(low), bits * 2) } else { mapped(*address, *bits) };
            lists.net("list", Class::Never, net).unwrap();
            plain.push(net);
        }
        let protected = lists.done();
        let (address, bits, _) = entries[at % entries.len()];
        let carried = u128::from(address);
        let own = 0x0064_ff9b_0001u128 << 80;
        let (high, half) = (carried >> 16, carried & 0xffff);
        // The target, and what it carries.
        let (target, carries) = match wrap {
            0 => (prefix(0xffff_0000_0000 | carried, (96 + bits).saturating_sub(shift)), vec![]),
            1 => (prefix((0x0064_ff9b << 96) | carried, 128), vec![mapped(address, 32)]),
            2 => (prefix((0x2002 << 112) | (carried << 80) | u128::from(low >> 1), 128), vec![mapped(address, 32)]),
            3 => (
                prefix((0x2001_0000 << 96) | (u128::from(low >> 32) << 64) | u128::from(!address), 128),
                vec![mapped((low >> 32) as u32, 32), mapped(address, 32)],
            ),
            4 => (prefix(global(address) | u128::from(low), 128u8.saturating_sub(shift * 16)), vec![]),
            5 => (prefix((0xffff_0000u128 << 32) | carried, 128), vec![mapped(address, 32)]),
            6 => (prefix(carried, 128), vec![mapped(address, 32)]),
            7 => (prefix((0x2001_0db8 << 96) | (0x5efe << 32) | carried, 128), vec![mapped(address, 32)]),
            8 => (prefix((0x2002 << 112) | (carried << 80), 16 + bits), vec![mapped(address & mask(bits), bits)]),
            9 => own_of(own | (high << 64) | (half << 40), address),
            10 => own_of(own | ((carried >> 24) << 64) | ((carried & 0x00ff_ffff) << 32), address),
            11 => own_of(own | (carried << 24), address),
            _ => own_of(own | carried, address),
        };
        let inside = |inner: Prefix, outer: Prefix| inner.bits >= outer.bits && prefix(inner.first, outer.bits) == outer;
        let mut forms = carries.iter().chain([&target]);
        let expected = forms.any(|form| plain.iter().any(|net| inside(*form, *net) || inside(*net, *form)));
        let judged = protected.judge(&Target::Net(target), &Seen::default());
        let found = judged.hits.iter().any(|hit| hit.list == "list");
        prop_assert_eq!(found, expected, "{:?} {:?}", target, carries);
    }

    #[test]
    fn names_are_met_as_a_plain_comparison_of_labels_says(
        entries in proptest::collection::vec("[ab]{1,2}(\\.[ab]{1,2}){0,3}", 1..10),
        name in "[ab]{1,2}(\\.[ab]{1,2}){0,3}", below in any::<bool>(), only in any::<bool>(),
    ) {
        let reach = if only { Reach::Only } else { Reach::Below };
        let mut lists = Building::default();
        for entry in &entries {
            lists.name("list", Class::Never, reach, &Name::parse(entry).unwrap()).unwrap();
        }
        let protected = lists.done();
        let under = |lower: &str, upper: &str| lower == upper || lower.ends_with(&format!(".{upper}"));
        let expected = entries.iter().any(|entry| {
            name == *entry || (!only && under(&name, entry)) || (below && under(entry, &name))
        });
        let judged = protected.judge(&Target::Name { name: Name::parse(&name).unwrap(), below }, &Seen::default());
        let found = judged.hits.iter().any(|hit| hit.list == "list");
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn no_text_makes_it_panic(text in ".{0,60}") {
        let protected = small();
        if let Ok(target) = Target::parse(&text) {
            let shown = target.to_string();
            prop_assert_eq!(Target::parse(&shown).unwrap(), target.clone(), "{}", shown);
            let _ = protected.judge(&target, &Seen::default());
        }
    }
}

#[test]
fn what_lies_around_is_told_as_that() {
    let protected = small();
    let judged = protected.judge(&target("8.8.8.0/24"), &Seen::default());
    assert!(
        judged
            .hits
            .iter()
            .any(|hit| hit.how == How::Around && hit.entry == "8.8.8.8/32")
    );
}

#[test]
fn targets_meet_in_whatever_form_they_are_written() {
    let target = |text: &str| Target::parse(text).unwrap();
    for (one, two, meet) in [
        ("198.51.100.7", "198.51.100.7/32", true),
        ("198.51.100.0/28", "198.51.100.7", true),
        ("::ffff:198.51.100.7", "198.51.100.7", true),
        ("198.51.100.0/28", "198.51.100.16", false),
        ("*.bad.example", "a.bad.example", true),
        ("bad.example", "a.bad.example", false),
        ("bad.example", "verybad.example", false),
        ("*.bad.example", "verybad.example", false),
        ("BAD.example", "bad.example", true),
        ("bad.example", "198.51.100.7", false),
    ] {
        assert_eq!(target(one).meets(&target(two)), meet, "{one} {two}");
        assert_eq!(target(two).meets(&target(one)), meet, "{two} {one}");
    }
}
