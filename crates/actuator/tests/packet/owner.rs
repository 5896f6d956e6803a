//! The table and whose it is: orphans, others, no flag; what hangs, lies or talks without end.

use crate::catalogue::signal;
use crate::net::{
    CLIENT, OTHERS, Probe, Site, TABLE, TARGET, echo, effect, key, ms, seen, until, words,
};
use crate::times::in_time;
use sakimori_actuator::packet::{Config, ConfigError, Nftables, StartError};
use sakimori_actuator::substrate::Substrate;
use sakimori_respond::engine::Deed;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

fn refusal(config: &Config) -> StartError {
    match Nftables::start(config) {
        Ok(_) => panic!("it began"),
        Err(error) => error,
    }
}

/// A program in the place of `nft`, as lines of a shell; `$NFT` is the real one on the router.
fn program(site: &Site, folder: &tempfile::TempDir, lines: &str) -> Config {
    let file = folder.path().join("nft");
    let text = format!(
        "#!/bin/sh\nNFT='ip netns exec {} nft'\n{lines}\n",
        site.router
    );
    std::fs::write(&file, text).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    Config {
        program: vec![file.to_str().unwrap().to_owned()],
        answer_ms_max: 2000,
        // It may say less than when more can be in force.
        effects_max: 10,
        ..site.config()
    }
}

#[test]
fn a_table_that_would_stay_is_not_worked_with() {
    let name = "a_table_that_would_stay_is_not_worked_with";
    let Some(site) = Site::lay(name) else { return };
    let folder = tempfile::tempdir().unwrap();
    // As a program that takes no notice of the flag.
    let lines = "case \"$1 $2\" in '-j -i') exec sed -u 's/{ flags owner; }//' | exec $NFT -j -i;; esac\nexec $NFT \"$@\"";
    let error = refusal(&program(&site, &folder, lines));
    assert!(matches!(error, StartError::NotOwned(_)), "{error}");
    assert!(!site.is_there());
}

#[test]
fn an_orphan_is_taken_away_and_told_and_a_table_of_others_is_left() {
    let name = "an_orphan_is_taken_away_and_told_and_a_table_of_others_is_left";
    let Some(site) = Site::lay(name) else { return };
    // Left behind by somebody without the flag, with an effect that nothing would end.
    site.load(&format!(
        "table inet {TABLE} {{
	set v4_32 {{ type ipv4_addr; flags timeout; elements = {{ 10.77.2.2 }}; }}
	chain four {{ ip daddr @v4_32 drop; }}
	chain prerouting {{ type filter hook prerouting priority raw; goto four; }}
}}
"
    ));
    let mut probe = Probe::new(&site.client, CLIENT, echo(&site.far, TARGET));
    assert!(probe.is_dead());
    let mut filter = site.start();
    assert!(filter.found_orphan());
    assert!(Substrate::counts(&filter).contains(&("orphans", 1)));
    assert!(probe.is_alive());
    assert_eq!(filter.look().unwrap(), []);

    // While it runs nobody else gets the table.
    let error = refusal(&site.config());
    assert!(matches!(error, StartError::Taken(_)), "{error}");
    filter.apply(&effect(1, "10.77.2.2/32", 60)).unwrap();
    assert!(probe.is_dead());
    drop(filter);
    assert!(until(3, || !site.is_there()));
    assert!(!site.start().found_orphan());

    for others in [
        "set mine { type ipv4_addr; }",
        "chain input { }",
        "map v4_32 { type ipv4_addr : verdict; }",
    ] {
        site.load(&format!("table inet {TABLE} {{ {others}\n}}\n"));
        let before = site.ruleset();
        let error = refusal(&site.config());
        let part = others.split(" {").next().unwrap();
        assert!(error.to_string().contains(part), "{error}");
        assert_eq!(site.ruleset(), before);
        assert!(site.nft(&format!("delete table inet {TABLE}")).0);
    }
}

#[test]
fn a_table_of_others_stays_byte_for_byte() {
    let name = "a_table_of_others_stays_byte_for_byte";
    let Some(site) = Site::lay(name) else { return };
    site.load(OTHERS);
    let before = site.ruleset();
    let own = site.table("others");
    assert!(
        own.contains("elements = { 192.0.2.0/24, 203.0.113.9 }") && own.contains("counter seen")
    );
    let mut filter = site.start();
    for target in [
        "10.77.2.2/32",
        "10.77.2.0/24",
        "203.0.113.9/32",
        "fd77:2::2/128",
    ] {
        filter.rehearse(Deed::Block, target).unwrap();
        filter.apply(&effect(1, target, 600)).unwrap();
        assert_eq!(site.table("others"), own);
    }
    filter.look().unwrap();
    filter.met().unwrap();
    filter.remove(&key(1, "10.77.2.0/24"), None).unwrap();
    assert_eq!(site.table("others"), own);
    filter.release().unwrap();
    assert_eq!(site.table("others"), own);
    drop(filter);
    assert_eq!(site.ruleset(), before);
}

#[test]
fn a_program_that_hangs_is_ended_and_replaced() {
    let name = "a_program_that_hangs_is_ended_and_replaced";
    let Some(site) = Site::lay(name) else { return };
    let config = Config {
        answer_ms_max: 1500,
        ..site.config()
    };
    let mut filter = Nftables::start(&config).unwrap();
    let mut probe = Probe::new(&site.client, CLIENT, echo(&site.far, TARGET));
    filter.apply(&effect(1, "10.77.2.2/32", 600)).unwrap();
    let first = filter.holder();
    signal(&filter, rustix::process::Signal::STOP);
    assert!(probe.is_dead(), "the kernel goes on without it");
    let begin = Instant::now();
    let (again, why) = words(filter.apply(&effect(2, "10.77.2.3/32", 600)));
    assert!(again && why.contains("no answer in 1500 ms"), "{why}");
    assert!(ms(begin) < 1500.0 * 3.0);
    assert!(probe.is_alive(), "what nobody knows is not left in force");
    assert_eq!(filter.look().unwrap(), []);
    assert_ne!(filter.holder(), first);
    filter.apply(&effect(1, "10.77.2.2/32", 600)).unwrap();
    assert!(probe.is_dead());

    // The owner's stop does not wait for it.
    let bounds = [("the owner's stop", Duration::from_secs(1))];
    in_time("nftables, nft hangs", bounds, || {
        filter.apply(&effect(1, "10.77.2.2/32", 600)).unwrap();
        assert!(probe.is_dead());
        signal(&filter, rustix::process::Signal::STOP);
        let begin = Instant::now();
        filter.release().unwrap();
        assert!(probe.is_alive());
        let released = begin.elapsed();
        assert_eq!(filter.look().unwrap(), []);
        [released]
    });
}

#[test]
fn programs_that_lie_end_or_talk_without_end_are_refused_in_time() {
    let name = "programs_that_lie_end_or_talk_without_end_are_refused_in_time";
    let Some(site) = Site::lay(name) else { return };
    let none = "case \"$1\" in -t) echo 'Error: No such file or directory'; exit 1;; esac\n";
    for (lines, word) in [
        ("exec sleep 60", "cannot be asked"),
        ("exec yes", "without a reason"),
        (
            "echo 'Error: Operation not permitted'; exit 1",
            "not permitted",
        ),
        ("exit 0", "has ended"),
        ("exec sleep 60", "no answer in 2000 ms"),
        ("exec yes", "more than"),
        // Its input stays open beside, else it would be seen as ended.
        ("exec 3<&0\nexec tr -d '\\n' < /dev/zero", "more than"),
        // Answers to everything, and nothing in them.
        ("exec cat", "would stay"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        // The first asks whether there is a table, the others what it is made with.
        let held = ["has ended", "no answer in", "more than", "would stay"];
        let first = if held.iter().any(|held| word.starts_with(held)) {
            none
        } else {
            ""
        };
        let begin = Instant::now();
        let error = refusal(&program(&site, &folder, &format!("{first}{lines}")));
        let text = std::error::Error::source(&error)
            .map_or_else(|| error.to_string(), |why| format!("{error}: {why}"));
        assert!(text.contains(word), "{lines}: {text}");
        assert!(ms(begin) < 6000.0 * 3.0, "{lines}");
    }
    let error = refusal(&Config {
        program: vec!["/nonexistent/nft".to_owned()],
        ..site.config()
    });
    assert!(matches!(error, StartError::Program { .. }), "{error}");
    let error = refusal(&Config {
        program: Vec::new(),
        ..site.config()
    });
    assert!(
        matches!(error, StartError::Config(ConfigError::Program)),
        "{error}"
    );
    assert!(!site.is_there());
}

#[test]
fn elements_of_nobody_are_taken_away() {
    let name = "elements_of_nobody_are_taken_away";
    let Some(site) = Site::lay(name) else { return };
    let mut filter = site.start();
    filter.apply(&effect(1, "10.77.2.9/32", 600)).unwrap();
    let mut probe = Probe::new(&site.client, CLIENT, echo(&site.far, TARGET));
    let input = format!("/proc/{}/fd/0", filter.holder().unwrap());
    let line = format!(
        "add element inet {TABLE} v4_32 {{ 10.77.2.2 }}\nadd element inet {TABLE} v4_24 {{ 10.77.2.0 timeout 1h }}\n"
    );
    std::fs::write(input, line).unwrap();
    assert!(until(3, || probe.is_dead()));
    assert_eq!(seen(&mut filter), [(1, "10.77.2.9/32".to_owned())]);
    assert!(probe.is_alive());
    assert_eq!(filter.counts().strays, 2);
    assert!(Substrate::counts(&filter).contains(&("strays", 2)));
}
