//! Vectors of the border: what is domestic, unwrapping, special-purpose ranges, home prefixes, classes.

use super::*;
use sakimori_custody::record::address_bytes;

fn border(prefixes: &[&str]) -> Border {
    let mut home = Home::country(Country::new(*b"JP").unwrap());
    home.prefixes = prefixes.iter().map(|text| text.parse().unwrap()).collect();
    Border::new(home)
}

fn place(border: &mut Border, text: &str) -> Place {
    border.place(&address_bytes(text.parse().unwrap()))
}

/// First and last address of every special-purpose range: domestic, whatever the country data say.
const SPECIAL: &[&str] = &[
    "0.0.0.0",
    "0.128.0.0",
    "0.255.255.255",
    "10.0.0.0",
    "10.128.0.0",
    "10.255.255.255",
    "100.64.0.0",
    "100.96.0.0",
    "100.127.255.255",
    "127.0.0.0",
    "127.128.0.0",
    "127.255.255.255",
    "169.254.0.0",
    "169.254.128.0",
    "169.254.255.255",
    "172.16.0.0",
    "172.24.0.0",
    "172.31.255.255",
    "192.0.0.0",
    "192.0.0.128",
    "192.0.0.255",
    "192.0.2.0",
    "192.0.2.128",
    "192.0.2.255",
    "192.31.196.0",
    "192.31.196.128",
    "192.31.196.255",
    "192.52.193.0",
    "192.52.193.128",
    "192.52.193.255",
    "192.88.99.0",
    "192.88.99.128",
    "192.88.99.255",
    "192.168.0.0",
    "192.168.128.0",
    "192.168.255.255",
    "192.175.48.0",
    "192.175.48.128",
    "192.175.48.255",
    "198.18.0.0",
    "198.19.0.0",
    "198.19.255.255",
    "198.51.100.0",
    "198.51.100.128",
    "198.51.100.255",
    "203.0.113.0",
    "203.0.113.128",
    "203.0.113.255",
    "224.0.0.0",
    "232.0.0.0",
    "239.255.255.255",
    "240.0.0.0",
    "248.0.0.0",
    "255.255.255.255",
    "::",
    "::1",
    "64:ff9b:1::",
    "64:ff9b:1:8000::",
    "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
    "100::",
    "100::8000:0:0:0",
    "100::ffff:ffff:ffff:ffff",
    "100:0:0:1::",
    "100:0:0:1:8000::",
    "100::1:ffff:ffff:ffff:ffff",
    "2001:1::1",
    "2001:2::",
    "2001:2:0:8000::",
    "2001:2:0:ffff:ffff:ffff:ffff:ffff",
    "2001:3::",
    "2001:3:8000::",
    "2001:3:ffff:ffff:ffff:ffff:ffff:ffff",
    "2001:4:112::",
    "2001:4:112:8000::",
    "2001:4:112:ffff:ffff:ffff:ffff:ffff",
    "2001:10::",
    "2001:18::",
    "2001:1f:ffff:ffff:ffff:ffff:ffff:ffff",
    "2001:20::",
    "2001:28::",
    "2001:2f:ffff:ffff:ffff:ffff:ffff:ffff",
    "2001:30::",
    "2001:38::",
    "2001:3f:ffff:ffff:ffff:ffff:ffff:ffff",
    "2001:db8::",
    "2001:db8:8000::",
    "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
    "2620:4f:8000::",
    "2620:4f:8000:8000::",
    "2620:4f:8000:ffff:ffff:ffff:ffff:ffff",
    "3fff::",
    "3fff:800::",
    "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
    "5f00::",
    "5f00:8000::",
    "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "fc00::",
    "fd00::",
    "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "fe80::",
    "fea0::",
    "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "fec0::",
    "fee0::",
    "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "ff00::",
    "ff80::",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
];

/// Special-purpose IPv4 addresses inside translation and tunnel addresses.
const WRAPPED: &[&str] = &[
    "::ffff:0.0.0.1",
    "2002:0:1::1",
    "64:ff9b::1",
    "2001::41d0:0:0:ffff:fffe",
    "::ffff:10.0.0.1",
    "2002:a00:1::1",
    "64:ff9b::a00:1",
    "2001::41d0:0:0:f5ff:fffe",
    "::ffff:100.64.0.1",
    "2002:6440:1::1",
    "64:ff9b::6440:1",
    "2001::41d0:0:0:9bbf:fffe",
    "::ffff:127.0.0.1",
    "2002:7f00:1::1",
    "64:ff9b::7f00:1",
    "2001::41d0:0:0:80ff:fffe",
    "::ffff:169.254.0.1",
    "2002:a9fe:1::1",
    "64:ff9b::a9fe:1",
    "2001::41d0:0:0:5601:fffe",
    "::ffff:172.16.0.1",
    "2002:ac10:1::1",
    "64:ff9b::ac10:1",
    "2001::41d0:0:0:53ef:fffe",
    "::ffff:192.0.0.1",
    "2002:c000:1::1",
    "64:ff9b::c000:1",
    "2001::41d0:0:0:3fff:fffe",
    "::ffff:192.0.2.1",
    "2002:c000:201::1",
    "64:ff9b::c000:201",
    "2001::41d0:0:0:3fff:fdfe",
    "::ffff:192.31.196.1",
    "2002:c01f:c401::1",
    "64:ff9b::c01f:c401",
    "2001::41d0:0:0:3fe0:3bfe",
    "::ffff:192.52.193.1",
    "2002:c034:c101::1",
    "64:ff9b::c034:c101",
    "2001::41d0:0:0:3fcb:3efe",
    "::ffff:192.88.99.1",
    "2002:c058:6301::1",
    "64:ff9b::c058:6301",
    "2001::41d0:0:0:3fa7:9cfe",
    "::ffff:192.168.0.1",
    "2002:c0a8:1::1",
    "64:ff9b::c0a8:1",
    "2001::41d0:0:0:3f57:fffe",
    "::ffff:192.175.48.1",
    "2002:c0af:3001::1",
    "64:ff9b::c0af:3001",
    "2001::41d0:0:0:3f50:cffe",
    "::ffff:198.18.0.1",
    "2002:c612:1::1",
    "64:ff9b::c612:1",
    "2001::41d0:0:0:39ed:fffe",
    "::ffff:198.51.100.1",
    "2002:c633:6401::1",
    "64:ff9b::c633:6401",
    "2001::41d0:0:0:39cc:9bfe",
    "::ffff:203.0.113.1",
    "2002:cb00:7101::1",
    "64:ff9b::cb00:7101",
    "2001::41d0:0:0:34ff:8efe",
    "::ffff:224.0.0.1",
    "2002:e000:1::1",
    "64:ff9b::e000:1",
    "2001::41d0:0:0:1fff:fffe",
    "::ffff:240.0.0.1",
    "2002:f000:1::1",
    "64:ff9b::f000:1",
    "2001::41d0:0:0:fff:fffe",
];

/// Public addresses with the country that the map gives them, plain and wrapped. Where registries are coarse (`2001:200::/23` is APNIC's), so is the map.
const PUBLIC: &[(&str, &str)] = &[
    ("8.8.8.8", "US"),
    ("1.1.1.1", "AU"),
    ("141.193.213.21", "US"),
    ("147.32.80.37", "CZ"),
    ("210.130.1.1", "JP"),
    ("202.12.27.33", "JP"),
    ("133.11.0.1", "JP"),
    ("193.0.14.129", "NL"),
    ("2001:4860:4860::8888", "US"),
    ("2001:200::8801", "AU"),
    ("2001:dc3::35", "AU"),
    ("2400:1000::1", "JP"),
    ("::ffff:8.8.8.8", "US"),
    ("2002:808:808::1", "US"),
    ("64:ff9b::808:808", "US"),
    ("2001:0:53aa:64c::f7f7:f7f7", "US"),
    ("64:ff9b::d282:101", "JP"),
];

#[test]
fn special_purpose_addresses_are_domestic_also_when_wrapped() {
    let mut border = border(&[]);
    for text in SPECIAL.iter().chain(WRAPPED) {
        let found = place(&mut border, text);
        assert_eq!(
            found,
            Place {
                country: Country::UNKNOWN,
                domestic: true
            },
            "{text}"
        );
    }
    assert!(SPECIAL.len() + WRAPPED.len() + PUBLIC.len() >= 190);
}

#[test]
fn public_addresses_have_the_country_of_the_map() {
    let mut border = border(&[]);
    for (text, country) in PUBLIC {
        let found = place(&mut border, text);
        assert_eq!(found.country.to_string(), *country, "{text}");
        assert_eq!(found.domestic, *country == "JP", "{text}");
        assert_eq!(
            place(&mut border, text),
            found,
            "the same when it is remembered"
        );
    }
    assert_eq!(border.map_version(), 20_260_617);
}

#[test]
fn home_prefixes_are_domestic_to_their_last_address_and_no_further() {
    let mut border = border(&["147.32.0.0/16", "2001:4860::/32"]);
    for (text, domestic) in [
        ("147.31.255.255", false),
        ("147.32.0.0", true),
        ("147.32.255.255", true),
        ("147.33.0.0", false),
        ("2001:4860:ffff::1", true),
        ("2001:4868::1", false),
        ("::ffff:147.32.1.1", true),
        ("2002:9320:101::1", true),
    ] {
        assert_eq!(place(&mut border, text).domestic, domestic, "{text}");
    }
    for text in ["147.32.0.0", "147.32.0.0/33", "x/8", "::/129"] {
        assert!(text.parse::<Prefix>().is_err(), "{text}");
    }
}

#[test]
fn the_class_follows_the_initiator() {
    let at = |domestic| Place {
        country: Country::UNKNOWN,
        domestic,
    };
    assert_eq!(class(at(true), at(true)), None);
    assert_eq!(class(at(true), at(false)), Some(Direction::InOut));
    assert_eq!(class(at(false), at(true)), Some(Direction::OutIn));
    assert_eq!(class(at(false), at(false)), Some(Direction::OutOut));
}
