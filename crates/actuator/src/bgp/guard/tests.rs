//! Tests of the guard.

use super::*;
use sakimori_respond::flowspec::{Compare, FlagTerm, NumberTerm};

fn guard() -> Guard {
    let never = ["192.0.2.0/28".to_owned(), "2001:db8:ffff::1".to_owned()];
    Guard::new(Sides::Both, 32, 128, &never).unwrap()
}

fn refused(guard: &Guard, target: &str) -> (Option<Refused>, Option<Refused>) {
    (
        guard.routes(Deed::BlackHole, target).err(),
        guard.routes(Deed::FlowRule, target).err(),
    )
}

#[test]
fn one_address_becomes_one_hole_or_two_rules() {
    let guard = guard();
    for (target, shown) in [
        ("198.51.100.7", "198.51.100.7/32"),
        ("198.51.100.7/32", "198.51.100.7/32"),
        ("::ffff:198.51.100.7", "198.51.100.7/32"),
        ("2001:db8::7/128", "2001:db8::7/128"),
    ] {
        let texts = |deed| -> Vec<String> {
            let routes = guard.routes(deed, target).unwrap();
            routes
                .iter()
                .map(|route| route.line().to_string())
                .collect()
        };
        assert_eq!(texts(Deed::BlackHole), [format!("black hole {shown}")]);
        assert_eq!(
            texts(Deed::FlowRule),
            [format!("rule to {shown}"), format!("rule from {shown}")]
        );
    }
    assert_eq!(
        guard.routes(Deed::Block, "198.51.100.7"),
        Err(Refused::Deed("block"))
    );
}

#[test]
fn catalogue_fastnetmon_everything_is_never_announced() {
    let loosest = Guard::new(Sides::Both, 24, 120, &[]).unwrap();
    for guard in [guard(), loosest] {
        for target in [
            "0.0.0.0/0",
            "::/0",
            "::ffff:0:0/96",
            "0.0.0.0/1",
            "128.0.0.0/1",
            "2000::/3",
        ] {
            let (hole, rule) = refused(&guard, target);
            assert!(
                matches!(hole, Some(Refused::Wide { .. })),
                "{target}: {hole:?}"
            );
            assert!(
                matches!(rule, Some(Refused::Wide { .. })),
                "{target}: {rule:?}"
            );
        }
        // What stands for everything where somebody left something out.
        for target in ["0.0.0.0", "0.0.0.0/32", "::", "::/128", "255.255.255.255"] {
            let both = (Some(Refused::Special), Some(Refused::Special));
            assert_eq!(refused(&guard, target), both, "{target}");
        }
        for target in [
            "",
            "*",
            "any",
            "default",
            "all",
            "*.example",
            "bad.example",
            "198.51.100.7/",
            "198.51.100.7/33",
            "/0",
        ] {
            let both = (Some(Refused::NoAddress), Some(Refused::NoAddress));
            assert_eq!(refused(&guard, target), both, "{target}");
        }
    }
}

#[test]
fn no_length_below_the_bound_passes_and_every_hole_is_one_address() {
    for (least_v4, least_v6) in [(32, 128), (28, 124), (24, 120)] {
        let guard = Guard::new(Sides::Both, least_v4, least_v6, &[]).unwrap();
        for bits in 0..=32 {
            // The address of the block: no bit behind its length is set.
            let net = Ipv4Addr::from(0xc633_6400 & (mask(96 + bits) as u32));
            let target = format!("{net}/{bits}");
            assert_eq!(
                guard.routes(Deed::FlowRule, &target).is_ok(),
                bits >= least_v4,
                "{target}"
            );
            assert_eq!(
                guard.routes(Deed::BlackHole, &target).is_ok(),
                bits == 32,
                "{target}"
            );
        }
        for bits in 0..=128 {
            let net = Ipv6Addr::from((0x2001_0db8u128 << 96) & mask(bits));
            let target = format!("{net}/{bits}");
            assert_eq!(
                guard.routes(Deed::FlowRule, &target).is_ok(),
                bits >= least_v6,
                "{target}"
            );
            assert_eq!(
                guard.routes(Deed::BlackHole, &target).is_ok(),
                bits == 128,
                "{target}"
            );
        }
    }
    for (v4, v6) in [(23, 128), (32, 119), (33, 128), (32, 129), (0, 0)] {
        let made = Guard::new(Sides::Both, v4, v6, &[]);
        assert!(
            matches!(made, Err(Refused::Configuration(_))),
            "/{v4} /{v6}"
        );
    }
}

fn component(field: Field, asked: Numbers) -> Component {
    Component { field, asked }
}

fn numbers(compare: Compare, value: u64) -> Numbers {
    let and = false;
    Numbers::Numbers(vec![NumberTerm {
        and,
        compare,
        value,
    }])
}

fn net(text: &str, bits: u8, offset: u8) -> Numbers {
    Numbers::Prefix(Prefix::new(text.parse().unwrap(), bits, offset).unwrap())
}

#[test]
fn catalogue_centurylink_a_rule_that_matches_all_is_never_encoded() {
    let guard = guard();
    // A rule of nothing is no rule at all, and no bytes give one.
    assert!(Rule::new(false, Vec::new()).is_err());
    assert!(Rule::decode(&[], false, Dialect::Rfc8956).is_err());
    let always = numbers(Compare::Always, 0);
    let flags = Numbers::Flags(vec![FlagTerm {
        and: false,
        not: true,
        all: false,
        bits: 0,
    }]);
    let wild = [
        vec![component(Field::Protocol, always.clone())],
        vec![component(Field::Protocol, numbers(Compare::AtLeast, 0))],
        vec![component(
            Field::DestinationPort,
            numbers(Compare::AtMost, 0xffff),
        )],
        vec![component(Field::PacketLength, always)],
        vec![component(Field::TcpFlags, flags)],
    ];
    for components in wild {
        let rule = Rule::new(false, components).unwrap();
        assert_eq!(guard.rule(&rule), Err(Refused::NoPrefix), "{rule}");
    }
    let everything = [
        (false, Field::Destination, net("0.0.0.0", 0, 0)),
        (false, Field::Source, net("0.0.0.0", 0, 0)),
        (true, Field::Destination, net("::", 0, 0)),
        (false, Field::Destination, net("198.51.100.0", 31, 0)),
    ];
    for (v6, field, asked) in everything {
        let rule = Rule::new(v6, vec![component(field, asked)]).unwrap();
        let judged = guard.rule(&rule);
        assert!(
            matches!(judged, Err(Refused::Wide { .. })),
            "{rule}: {judged:?}"
        );
    }
    // One narrow prefix does not excuse a wide one beside it.
    let both = vec![
        component(Field::Destination, net("198.51.100.7", 32, 0)),
        component(Field::Source, net("0.0.0.0", 0, 0)),
    ];
    let judged = guard.rule(&Rule::new(false, both).unwrap());
    assert!(matches!(judged, Err(Refused::Wide { .. })), "{judged:?}");
    // 128 bits of which the first 120 do not count match all of IPv6 with one last byte.
    let offset = vec![component(Field::Destination, net("2001:db8::7", 128, 120))];
    assert_eq!(
        guard.rule(&Rule::new(true, offset).unwrap()),
        Err(Refused::NoPrefix)
    );
    let narrow = vec![component(Field::Destination, net("198.51.100.7", 32, 0))];
    assert_eq!(guard.rule(&Rule::new(false, narrow).unwrap()), Ok(()));
}

#[test]
fn what_the_owner_never_lets_go_and_what_is_no_machine_is_refused() {
    let guard = guard();
    for target in ["192.0.2.1", "192.0.2.15", "2001:db8:ffff::1"] {
        let both = (Some(Refused::Never), Some(Refused::Never));
        assert_eq!(refused(&guard, target), both, "{target}");
    }
    assert_eq!(refused(&guard, "192.0.2.16"), (None, None));
    for target in [
        "127.0.0.1",
        "169.254.1.1",
        "224.0.0.251",
        "240.0.0.1",
        "::1",
        "::198.51.100.7",
        "fe80::1",
        "ff02::1",
    ] {
        let both = (Some(Refused::Special), Some(Refused::Special));
        assert_eq!(refused(&guard, target), both, "{target}");
    }
    // A block that an owner's address lies in is refused as well as the address.
    let loose = Guard::new(Sides::To, 24, 120, &["192.0.2.77".to_owned()]).unwrap();
    assert_eq!(
        loose.routes(Deed::FlowRule, "192.0.2.0/24"),
        Err(Refused::Never)
    );
    let wrong = Guard::new(Sides::To, 24, 120, &["router.example".to_owned()]);
    assert!(matches!(wrong, Err(Refused::Configuration(_))));
}
