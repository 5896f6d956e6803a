//! The signed lists: built of the real data, read back, refused in every way in which they can be wrong, and what they protect. In: warning lists and root hints of the test data. Out: verdicts; the
//! page `docs/reference/safety-lists.md`, anew with `SAKIMORI_BLESS`. Never: an expectation that the code under test gave.

use proptest::prelude::*;
use sakimori_authority::root::TrustRoot;
use sakimori_custody::time::Seconds;
use sakimori_exchange::warning::WarningList;
use sakimori_respond::engine::{Deed, Key};
use sakimori_respond::safety::list::{
    ADDITIONS, BuildError, Built, Bundle, BundleError, Draft, Effective, Filed, Lists, Newest,
    Step, WARNING_LISTS, hits, page,
};
use sakimori_respond::safety::{Class, Name, Protected, Seen, Target};
use sakimori_testkit::folder::{Plan, signer};
use sakimori_tlog::note::Note;
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// 2027-04-01T00:00:00Z
const NOW: Seconds = Seconds(1_806_537_600);
const DAY: u64 = 86_400;

/// What office and owner add in these tests.
const OURS: [(&str, Class, &str); 6] = [
    (
        "registry-servers",
        Class::Never,
        "*.dns.jp # of the registry\n203.119.1.1\n2001:dc4::1\n",
    ),
    (
        "public-resolvers",
        Class::Never,
        "8.8.8.8\n1.1.1.1\n9.9.9.9\n*.dns.google\n",
    ),
    (
        "commission-systems",
        Class::Never,
        "*.commission.example\n*.委員会.example\n",
    ),
    ("emergency", Class::Never, "*.119.example\n"),
    ("exits", Class::Level2, "198.18.7.0/24\n"),
    ("owner-carrier", Class::Never, "45.64.0.0/24\n"),
];

fn trust_root() -> TrustRoot {
    TrustRoot::open(&Plan::default().build().folder.trust_root).unwrap()
}

fn drafted(test: &str) -> Option<Draft> {
    let folder = sakimori_testkit::data(test, "response/safety")?;
    let mut draft = Draft::default();
    for path in sakimori_testkit::files_below(&folder.join("warninglists")) {
        let list = WarningList::read(&std::fs::read(&path).unwrap()).unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap();
        draft.warning_list(name, &list).unwrap();
    }
    let hints = std::fs::read_to_string(folder.join("root.hints")).unwrap();
    draft.root_hints(&hints).unwrap();
    Some(draft)
}

fn built(test: &str) -> Option<Built> {
    let mut draft = drafted(test)?;
    for (name, class, text) in OURS {
        draft.addition(name, class, text).unwrap();
    }
    Some(draft.finish(7, NOW, NOW.plus(30 * DAY), 1).unwrap())
}

fn signed(text: &str, who: &[&str]) -> Vec<u8> {
    let keys: Vec<_> = who.iter().map(|who| signer(who)).collect();
    let keys: Vec<_> = keys.iter().collect();
    Note::sign(text, &keys, NOW.0).unwrap().to_bytes()
}

fn read(built: &Built, now: Seconds) -> Result<Bundle, BundleError> {
    let note = signed(&built.lists.to_string(), &["office", "m1"]);
    Bundle::read(&note, &built.file, &trust_root(), None, now)
}

/// The bundle of the real lists, read once; `None`, with a line that names the test, where there are none.
fn real(test: &str) -> Option<&'static Protected> {
    static REAL: OnceLock<Option<Bundle>> = OnceLock::new();
    sakimori_testkit::data(test, "response/safety")?;
    let bundle = REAL.get_or_init(|| built(test).map(|built| read(&built, NOW).unwrap()));
    bundle.as_ref().map(|bundle| bundle.protected(NOW).unwrap())
}

fn class(protected: &Protected, text: &str) -> Option<Class> {
    protected
        .judge(&Target::parse(text).unwrap(), &Seen::default())
        .class()
}

fn small(version: u64, text: &str) -> Built {
    let mut draft = Draft::default();
    draft.addition("own-systems", Class::Never, text).unwrap();
    draft.finish(version, NOW, NOW.plus(DAY), 1).unwrap()
}

#[test]
fn the_page_of_the_lists_is_the_one_that_the_code_gives() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/reference/safety-lists.md"
    );
    if std::env::var_os("SAKIMORI_BLESS").is_some() {
        std::fs::write(path, page()).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(path).unwrap_or_default(),
        page(),
        "write it anew with SAKIMORI_BLESS=1"
    );
}

#[test]
fn every_list_of_the_data_is_filed_and_becomes_a_part_of_the_bundle() {
    let test = "every_list_of_the_data_is_filed_and_becomes_a_part_of_the_bundle";
    let Some(folder) = sakimori_testkit::data(test, "response/safety/warninglists") else {
        return;
    };
    let built = built(test).unwrap();
    let there: BTreeSet<String> = sakimori_testkit::files_below(&folder)
        .iter()
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let filed: BTreeSet<String> = WARNING_LISTS
        .iter()
        .map(|(name, _, _)| (*name).to_owned())
        .collect();
    assert_eq!(there, filed);
    let inside: BTreeSet<&str> = built
        .lists
        .lists
        .iter()
        .map(|list| list.name.as_str())
        .collect();
    for (name, what, _) in &WARNING_LISTS {
        let missing = *what == Filed::Left || built.empty.iter().any(|empty| empty == name);
        assert_eq!(inside.contains(name), !missing, "{name}");
    }
    // These two came without an entry: their addition, `certificate-status`, is what protects.
    assert_eq!(built.empty, ["crl-hostname", "crl-ip"]);
    assert!(built.lacking.contains(&"certificate-status"));
    assert_eq!(built.lacking.len(), ADDITIONS.len() - 5);
    let left: Vec<&str> = built.left.iter().map(|left| left.entry.as_str()).collect();
    assert_eq!(left, ["corona helden"]);
    let roots = built
        .lists
        .lists
        .iter()
        .find(|list| list.name == "root-servers")
        .unwrap();
    assert_eq!((roots.count, roots.class), (39, Class::Never));
}

#[test]
fn classes_are_those_of_the_page() {
    let Some(protected) = real("classes_are_those_of_the_page") else {
        return;
    };
    for (text, expected) in [
        ("198.41.0.4", Class::Never),
        ("2001:503:ba3e::2:30", Class::Never),
        ("k.root-servers.net", Class::Never),
        ("8.8.8.8", Class::Never),
        ("2001:148f:fffe::1", Class::Never),
        ("10.1.2.3", Class::Never),
        ("100.64.9.9", Class::Never),
        ("fe80::1", Class::Never),
        ("224.0.0.1", Class::Never),
        ("jp", Class::Never),
        ("api.commission.example", Class::Never),
        ("104.155.11.149", Class::Never),
        ("www.example.com", Class::Never),
        ("104.16.0.1", Class::Level2),
        ("3.5.140.1", Class::Level2),
        ("17.1.1.1", Class::Level2),
        ("209.85.128.9", Class::Level2),
        ("github.com", Class::Level2),
        ("198.18.7.9", Class::Never),
        ("66.240.192.138", Class::Caution),
        ("www.wikipedia.org", Class::Caution),
    ] {
        assert_eq!(class(protected, text), Some(expected), "{text}");
    }
    for text in ["45.64.1.9", "bad.invalid-host.tokyo", "2400:dd01::9"] {
        assert_eq!(class(protected, text), None, "{text}");
    }
}

#[test]
fn catalogue_cdn_address_is_level_2_with_its_name_as_the_alternative() {
    let test = "catalogue_cdn_address_is_level_2_with_its_name_as_the_alternative";
    let Some(protected) = real(test) else {
        return;
    };
    let judged = protected.judge(&Target::parse("104.16.132.229").unwrap(), &Seen::default());
    assert_eq!(judged.class(), Some(Class::Level2));
    assert!(judged.hits.iter().any(|hit| hit.list == "cloudflare"));
    // A name that stands there is level 2 too, by its address, and its own where it stands elsewhere.
    let name = Target::parse("bad.invalid-host.tokyo").unwrap();
    let seen = Seen {
        addresses: vec!["104.16.132.229".parse().unwrap()],
        ..Seen::default()
    };
    assert_eq!(protected.judge(&name, &seen).class(), Some(Class::Level2));
    assert_eq!(protected.judge(&name, &Seen::default()).class(), None);
    assert_eq!(
        class(protected, "104.16.0.0/13"),
        Some(Class::Never),
        "wide"
    );
}

#[test]
fn catalogue_no_ip_dynamic_dns_parent_is_refused_with_the_name_below_it_as_the_alternative() {
    let test =
        "catalogue_no_ip_dynamic_dns_parent_is_refused_with_the_name_below_it_as_the_alternative";
    let Some(protected) = real(test) else {
        return;
    };
    for parent in [
        "ddns.net",
        "hopto.org",
        "zapto.org",
        "no-ip.org",
        "duckdns.org",
        "sytes.net",
    ] {
        for text in [parent.to_owned(), format!("*.{parent}")] {
            let judged = protected.judge(&Target::parse(&text).unwrap(), &Seen::default());
            assert_eq!(judged.class(), Some(Class::Never), "{text}");
            let own = judged
                .hits
                .iter()
                .any(|hit| hit.list == "second-level-tlds");
            assert!(own, "{text}: the list says it beside the engine's rule");
            let instead = judged.instead.unwrap();
            assert!(instead.contains(&format!("bad.{parent}")), "{instead}");
        }
        let below = class(protected, &format!("evil.{parent}"));
        assert!(below < Some(Class::Level2), "{parent}: {below:?}");
    }
}

#[test]
fn acceptance_10_a_dynamic_dns_parent_is_refused_at_once_and_on_every_list_update() {
    let test = "acceptance_10_a_dynamic_dns_parent_is_refused_at_once_and_on_every_list_update";
    let Some(protected) = real(test) else {
        return;
    };
    let in_force = [effective(Deed::NoAnswer, "*.ddns.net", &[])];
    let found = hits(protected, &in_force);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].step, Step::Suspend);
    assert!(
        found[0].reason.contains("bad.ddns.net"),
        "{}",
        found[0].reason
    );
    let one = [effective(Deed::NoAnswer, "evil-host.ddns.net", &[])];
    assert!(
        hits(protected, &one)
            .iter()
            .all(|found| found.step == Step::Look)
    );
}

#[test]
fn catalogue_wazuh_whitelist_is_asked_in_whatever_form_the_address_comes() {
    let test = "catalogue_wazuh_whitelist_is_asked_in_whatever_form_the_address_comes";
    let Some(protected) = real(test) else {
        return;
    };
    for text in [
        "8.8.8.8",
        "8.8.8.8/32",
        "8.8.8.0/24",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2002:808:808::1",
    ] {
        assert_eq!(class(protected, text), Some(Class::Never), "{text}");
    }
    // An entry that is added is asked from the next judgement on.
    let before = read(&small(1, "*.a.example"), NOW).unwrap();
    let after = read(&small(2, "*.a.example\n45.64.7.7"), NOW).unwrap();
    assert_eq!(class(before.protected(NOW).unwrap(), "45.64.7.7"), None);
    assert_eq!(
        class(after.protected(NOW).unwrap(), "45.64.7.7"),
        Some(Class::Never)
    );
}

fn effective(deed: Deed, target: &str, accepted: &[(&str, &str)]) -> Effective {
    let accepted = accepted
        .iter()
        .map(|(list, entry)| ((*list).to_owned(), (*entry).to_owned()));
    Effective {
        key: Key {
            measure: [7; 32],
            deed,
            target: target.to_owned(),
        },
        seen: Seen::default(),
        accepted: accepted.collect(),
    }
}

#[test]
fn what_is_in_force_is_judged_again_by_new_lists() {
    let mut draft = Draft::default();
    draft
        .addition(
            "own-systems",
            Class::Never,
            "*.office.example\n45.64.0.0/24\n",
        )
        .unwrap();
    draft
        .addition(
            "operators",
            Class::Level2,
            "45.64.1.0/24\n*.water.example\n",
        )
        .unwrap();
    draft
        .addition("universities", Class::Caution, "*.ac.example\n")
        .unwrap();
    let built = draft.finish(1, NOW, NOW.plus(DAY), 1).unwrap();
    let bundle = read(&built, NOW).unwrap();
    let new = bundle.protected(NOW).unwrap();
    let known = ("operators", "45.64.1.0/24");
    let alias = Effective {
        seen: Seen {
            aliases: vec![Name::parse("www.office.example").unwrap()],
            addresses: vec![],
        },
        ..effective(Deed::NoAnswer, "bad.test-host.tokyo", &[])
    };
    for (effect, expected) in [
        (
            effective(Deed::Block, "45.64.0.9/32", &[]),
            Some(Step::Suspend),
        ),
        (
            effective(Deed::FlowRule, "45.64.1.9/32", &[]),
            Some(Step::Suspend),
        ),
        (effective(Deed::Block, "45.64.1.9/32", &[known]), None),
        // What is never touched cannot be accepted.
        (
            effective(
                Deed::Block,
                "45.64.0.9/32",
                &[("own-systems", "45.64.0.0/24")],
            ),
            Some(Step::Suspend),
        ),
        (
            effective(Deed::Sinkhole, "x.ac.example", &[]),
            Some(Step::Look),
        ),
        (effective(Deed::BlackHole, "45.64.2.9/32", &[]), None),
        (
            effective(Deed::Block, "not a target", &[]),
            Some(Step::Suspend),
        ),
        (alias, Some(Step::Suspend)),
        (effective(Deed::Stop, "process:7:8:00", &[]), None),
    ] {
        let found = hits(new, std::slice::from_ref(&effect));
        let step = found.first().map(|found| found.step);
        assert_eq!(step, expected, "{effect:?}");
    }
}

#[test]
fn a_bundle_that_is_wrong_in_any_way_is_refused() {
    let good = small(7, "*.a.example\n45.64.7.7\n");
    let text = good.lists.to_string();
    let root = trust_root();
    let open = |note: &[u8], newest: Option<Newest>, now: Seconds| {
        Bundle::read(note, &good.file, &root, newest, now)
    };
    let both = signed(&text, &["office", "m1"]);
    let bundle = open(&both, None, NOW).unwrap();
    assert_eq!(bundle.lists, Lists::parse(&text).unwrap());
    assert!(
        open(&signed(&text, &["office", "m2"]), None, NOW).is_ok(),
        "the deputy"
    );
    for who in [
        &["office"][..],
        &["m1"],
        &["office", "m3"],
        &["!office", "m1"],
        &["o1", "m1"],
    ] {
        assert!(
            matches!(
                open(&signed(&text, who), None, NOW),
                Err(BundleError::Unsigned(_))
            ),
            "{who:?}"
        );
    }
    let newest = bundle.newest();
    assert!(open(&both, Some(newest), NOW).is_ok(), "the same again");
    let older = Newest {
        version: 8,
        ..newest
    };
    assert_eq!(
        open(&both, Some(older), NOW).unwrap_err(),
        BundleError::Older { known: 8, found: 7 }
    );
    let other = Newest {
        digest: [0; 32],
        ..newest
    };
    assert_eq!(
        open(&both, Some(other), NOW).unwrap_err(),
        BundleError::Forked(7)
    );
    let last = NOW.plus(DAY);
    assert!(open(&both, None, last).is_ok());
    assert!(matches!(
        open(&both, None, last.plus(1)),
        Err(BundleError::Stale { .. })
    ));
    assert!(bundle.protected(last).is_ok() && bundle.protected(last.plus(1)).is_err());
    assert!(open(&both, None, Seconds(NOW.0 - 300)).is_ok());
    assert!(matches!(
        open(&both, None, Seconds(NOW.0 - 301)),
        Err(BundleError::Early(_))
    ));
}

#[test]
fn a_note_has_one_form() {
    let good = small(7, "*.a.example\n45.64.7.7\n");
    let text = good.lists.to_string();
    let root = trust_root();
    let open = |note: &[u8]| Bundle::read(note, &good.file, &root, None, NOW);
    for (from, to) in [
        ("version: 7", "version: 07"),
        ("version: 7", "version: 0"),
        ("root: 1", "root: 2"),
        ("lists: 1", "lists: 2"),
        ("own-systems never", "own-systems Never"),
        ("own-systems never", "own-systems level-2"),
        ("own-systems never 2", "own-systems never 3"),
        ("own-systems", "other"),
        ("list: ", "list:  "),
        ("not-after: 2027-04-02", "not-after: 2027-12-02"),
        ("not-after: 2027-04-02", "not-after: 2027-03-02"),
        ("sakimori/safety-lists/v1", "sakimori/safety-lists/v2"),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        let note = signed(&changed, &["office", "m1"]);
        assert!(open(&note).is_err(), "{from} → {to}");
    }
    let more = signed(&format!("{text}more: 1\n"), &["office", "m1"]);
    assert!(open(&more).is_err());
}

#[test]
fn no_changed_byte_of_the_file_is_taken() {
    let good = small(7, "*.a.example\n45.64.7.7\n");
    let note = signed(&good.lists.to_string(), &["office", "m1"]);
    let root = trust_root();
    for at in 0..good.file.len() {
        for bit in [1, 0x20] {
            let mut file = good.file.clone();
            file[at] ^= bit;
            assert!(
                Bundle::read(&note, &file, &root, None, NOW).is_err(),
                "{at}"
            );
        }
        assert!(
            Bundle::read(&note, &good.file[..at], &root, None, NOW).is_err(),
            "{at}"
        );
    }
    let twice = [good.file.clone(), good.file.clone()].concat();
    assert!(Bundle::read(&note, &twice, &root, None, NOW).is_err());
}

/// A note that binds a file as it is, so that what the reader makes of a signed file is seen.
fn binding(file: &str, class: &str, count: u64) -> Result<Bundle, BundleError> {
    use sha2::Digest;
    let hash = sakimori_custody::ids::hex(&sha2::Sha256::digest(file));
    let text = format!(
        "sakimori/safety-lists/v1\nversion: 1\ntime: {NOW}\nnot-after: {NOW}\nroot: 1\nlists: 1\nlist: a {class} {count} sha256:{hash}\n"
    );
    Bundle::read(
        &signed(&text, &["office", "m1"]),
        file.as_bytes(),
        &trust_root(),
        None,
        NOW,
    )
}

#[test]
fn a_signed_file_has_one_form() {
    let line =
        |entries: &str| format!("{{\"list\":\"a\",\"class\":\"never\",\"entries\":[{entries}]}}\n");
    assert!(
        binding(
            &line("\"*.a.example\",\"45.64.0.0/24\",\"a.example\""),
            "never",
            3
        )
        .is_ok()
    );
    for (entries, count) in [
        ("\"a.example\",\"*.a.example\"", 2),
        ("\"a.example\",\"a.example\"", 2),
        ("\"A.example\"", 1),
        ("\"a.example.\"", 1),
        ("\"45.64.0.1\"", 1),
        ("\"45.64.0.1/24\"", 1),
        ("\"::ffff:45.64.0.1/128\"", 1),
        ("\"\"", 1),
        ("1", 1),
        ("\"a.example\"", 2),
    ] {
        assert!(
            binding(&line(entries), "never", count).is_err(),
            "{entries}"
        );
    }
    let caution = line("\"a.example\"").replace("never", "caution");
    assert_eq!(
        binding(&caution, "caution", 1).unwrap_err(),
        BundleError::Nothing
    );
    for file in [
        "{\"list\":\"b\",\"class\":\"never\",\"entries\":[\"a.example\"]}\n",
        "{\"list\":\"a\",\"class\":\"caution\",\"entries\":[\"a.example\"]}\n",
        "{\"list\":\"a\",\"class\":\"never\",\"entries\":[\"a.example\"],\"more\":1}\n",
        "{\"list\":\"a\",\"class\":\"never\"}\n",
        "[]\n",
        "not json\n",
    ] {
        assert!(binding(file, "never", 1).is_err(), "{file}");
    }
}

#[test]
fn nobody_s_list_is_taken_and_an_addition_has_its_class() {
    let mut draft = Draft::default();
    let list =
        WarningList::read(br#"{"name":"x","type":"cidr","version":1,"list":["45.64.0.0/24"]}"#)
            .unwrap();
    assert_eq!(
        draft.warning_list("unheard-of", &list),
        Err(BuildError::Unfiled("unheard-of".to_owned()))
    );
    draft.warning_list("akamai", &list).unwrap();
    assert_eq!(
        draft.warning_list("akamai", &list),
        Err(BuildError::Twice("akamai".to_owned()))
    );
    assert!(matches!(
        draft.addition("emergency", Class::Caution, ""),
        Err(BuildError::Fixed { .. })
    ));
    assert!(matches!(
        draft.addition("akamai", Class::Never, ""),
        Err(BuildError::Name(_))
    ));
    assert!(matches!(
        draft.addition("owner-a", Class::Never, "a.example\n\nno such thing\n"),
        Err(BuildError::Line { line: 3, .. })
    ));
    assert!(matches!(
        draft.root_hints(". 1 NS a.example\nnonsense"),
        Err(BuildError::Line { line: 2, .. })
    ));
    let parts =
        WarningList::read(br#"{"name":"x","type":"regex","version":1,"list":["a"]}"#).unwrap();
    assert!(matches!(
        draft.warning_list("apple", &parts),
        Err(BuildError::Parts(_))
    ));
    assert!(draft.clone().finish(0, NOW, NOW, 1).is_err());
    assert!(draft.clone().finish(1, NOW, NOW.plus(93 * DAY), 1).is_err());
    assert!(Draft::default().finish(1, NOW, NOW, 1).is_err());
}

/// Prefixes by their first address and bits, in the space of mapped addresses; names as the file writes them.
type Objects = (Vec<(u128, u8)>, Vec<String>);

/// Every never-object of the real bundle as the file has it, without the engine.
fn objects(test: &str) -> Option<&'static Objects> {
    static OBJECTS: OnceLock<Option<Objects>> = OnceLock::new();
    let made = OBJECTS.get_or_init(|| {
        let built = built(test)?;
        let (mut nets, mut names) = (Vec::new(), Vec::new());
        for line in std::str::from_utf8(&built.file).unwrap().lines() {
            let list: serde_json::Value = serde_json::from_str(line).unwrap();
            if list["class"] != "never" {
                continue;
            }
            for entry in list["entries"].as_array().unwrap() {
                let text = entry.as_str().unwrap();
                match text.split_once('/') {
                    Some((address, bits)) => {
                        let address: std::net::IpAddr = address.parse().unwrap();
                        let bits: u8 = bits.parse().unwrap();
                        nets.push(match address {
                            std::net::IpAddr::V4(a) => {
                                (0xffff_0000_0000 | u128::from(u32::from(a)), bits + 96)
                            }
                            std::net::IpAddr::V6(a) => (u128::from(a), bits),
                        });
                    }
                    None => names.push(text.to_owned()),
                }
            }
        }
        Some((nets, names))
    });
    made.as_ref()
}

fn shown(first: u128, bits: u8) -> String {
    let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
    format!("{}/{bits}", std::net::Ipv6Addr::from(first & mask))
}

fn cases() -> ProptestConfig {
    ProptestConfig {
        cases: 4096,
        ..ProptestConfig::default()
    }
}

/// An address in a never-object of the real bundle, or a block around one, is judged never in whatever it is wrapped.
#[test]
fn acceptance_02_no_accepted_target_covers_or_lies_in_a_never_object_by_address() {
    let test = "acceptance_02_no_accepted_target_covers_or_lies_in_a_never_object_by_address";
    let (Some(protected), Some((nets, _))) = (real(test), objects(test)) else {
        return;
    };
    proptest!(cases(), |(at in any::<prop::sample::Index>(), low in any::<u128>(), up in 0u8..24, form in 0u8..8)| {
        let (first, bits) = nets[at.index(nets.len())];
        let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
        let inside = first | (low & !mask);
        let four = inside >> 32 == 0xffff;
        let carried = inside & 0xffff_ffff;
        let text = match form {
            // The object itself, what lies in it, what lies around it.
            0 => shown(first, bits),
            1 => shown(inside, 128),
            2 => shown(inside, bits.saturating_sub(up)),
            _ if !four => shown(inside, 128),
            3 => std::net::Ipv4Addr::from(carried as u32).to_string(),
            4 => shown((0x0064_ff9b << 96) | carried, 128),
            5 => shown((0x2002 << 112) | (carried << 80) | (low & 0xffff), 128),
            6 => shown((0x0064_ff9b_0001 << 80) | carried, 128),
            _ => shown((0xffff_0000 << 32) | carried, 128),
        };
        let target = Target::parse(&text).unwrap();
        let judged = protected.judge(&target, &Seen::default());
        prop_assert_eq!(judged.class(), Some(Class::Never), "{}", text);
    });
}

/// The same for names: other letters, wide letters, what lies below, what lies around, a name that leads there.
#[test]
fn acceptance_02_no_accepted_target_covers_or_lies_in_a_never_object_by_name() {
    let test = "acceptance_02_no_accepted_target_covers_or_lies_in_a_never_object_by_name";
    let (Some(protected), Some((_, names))) = (real(test), objects(test)) else {
        return;
    };
    proptest!(cases(), |(at in any::<prop::sample::Index>(), form in 0u8..7, label in "[a-z]{1,8}")| {
        let entry = &names[at.index(names.len())];
        let (name, below) = entry.strip_prefix("*.").map_or((entry.as_str(), false), |name| (name, true));
        let wide = |name: &str| name.chars().map(|c| match c {
            'a'..='z' => char::from_u32(u32::from(c) - u32::from('a') + 0xff41).unwrap(),
            other => other,
        }).collect::<String>();
        let encoded = name.contains("xn--");
        let text = match form {
            0 => name.to_owned(),
            1 => name.to_uppercase(),
            2 => format!("{name}."),
            3 if !encoded => wide(name),
            4 => format!("*.{name}"),
            // A block of names that holds it.
            5 if name.contains('.') => format!("*.{}", name.split_once('.').unwrap().1),
            6 if below => format!("{label}.{name}"),
            _ => idna::domain_to_unicode(name).0,
        };
        let target = Target::parse(&text).unwrap();
        let judged = protected.judge(&target, &Seen::default());
        prop_assert_eq!(judged.class(), Some(Class::Never), "{} of {}", text, entry);
        let seen = Seen { aliases: vec![Name::parse(name).unwrap()], addresses: vec![] };
        let other = Target::parse("bad.test-host.tokyo").unwrap();
        prop_assert_eq!(protected.judge(&other, &seen).class(), Some(Class::Never), "alias {}", name);
    });
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn no_bytes_make_the_reader_of_bundles_fall(note in proptest::collection::vec(any::<u8>(), 0..300), text in "[ -~\n]{0,300}") {
        let root = trust_root();
        prop_assert!(Bundle::read(&note, &note, &root, None, NOW).is_err());
        let _ = Lists::parse(&text);
        let _ = Lists::parse(&format!("sakimori/safety-lists/v1\nversion: 1\n{text}"));
        let file = format!("{text}\n");
        prop_assert!(binding(&file, "never", 1).is_err());
    }
}
