//! How others failed, each as a test of its own: with what failed loaded first, so that the test is seen to tell it.

use crate::net::{
    CLIENT, NEIGHBOUR, OTHERS, Probe, Site, TABLE, TARGET, echo, effect, flows, key, ms, open,
    seen, until, words,
};
use sakimori_actuator::packet::{Config, Nftables};
use sakimori_actuator::substrate::Substrate;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Instant;

/// Says to this program, started by itself, that it is the actuator that falls, and where.
const FALLS: &str = "SAKIMORI_TEST_PACKET_FALLS";

/// The actuator that is killed: it puts an effect in force and waits for its end.
fn fall(router: &str) {
    let config = Config {
        table: TABLE.to_owned(),
        program: ["ip", "netns", "exec", router, "nft"]
            .map(str::to_owned)
            .to_vec(),
        ..Config::default()
    };
    let mut filter = Nftables::start(&config).unwrap();
    filter.apply(&effect(1, "10.77.2.2/32", 600)).unwrap();
    println!("\nholder {}", filter.holder().unwrap());
    // Until it is killed.
    std::io::stdin().lock().lines().for_each(drop);
}

#[test]
fn catalogue_no_rule_is_left_behind_after_a_crash() {
    let name = "catalogue_no_rule_is_left_behind_after_a_crash";
    if let Ok(router) = std::env::var(FALLS) {
        fall(&router);
        return;
    }
    let Some(site) = Site::lay(name) else { return };
    site.load(OTHERS);
    let before = site.ruleset();
    let mut probe = Probe::new(&site.client, CLIENT, echo(&site.far, TARGET));
    let mut actuator = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("catalogue::{name}"), "--nocapture"])
        .env(FALLS, &site.router)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(actuator.stdout.take().unwrap()).lines();
    let holder = lines.find_map(|line| line.ok()?.strip_prefix("holder ").map(str::to_owned));
    assert!(holder.is_some(), "it did not begin");
    assert!(probe.is_dead() && site.is_there());
    // Signal 9: nothing of ours runs any more.
    let begin = Instant::now();
    actuator.kill().unwrap();
    assert!(probe.is_alive());
    println!("nftables: killed actuator to release {:.1} ms", ms(begin));
    assert!(until(5, || !site.is_there()));
    actuator.wait().unwrap();
    assert_eq!(site.ruleset(), before);
}

#[test]
fn catalogue_an_exemption_of_destinations_alone_kills_the_answers_of_the_exempt() {
    let name = "catalogue_an_exemption_of_destinations_alone_kills_the_answers_of_the_exempt";
    let Some(site) = Site::lay(name) else { return };
    let mut probe = Probe::new(&site.client, CLIENT, echo(&site.far, NEIGHBOUR));
    assert!(probe.is_alive());
    // What others did.
    site.load(
        "table inet naive {
	chain prerouting {
		type filter hook prerouting priority raw;
		ip daddr 10.77.2.3 accept
		ip daddr 10.77.2.0/24 drop
		ip saddr 10.77.2.0/24 drop
	}
}
",
    );
    assert!(probe.is_dead(), "the answers of the exempt die");
    assert!(site.nft("delete table inet naive").0);
    let config = Config {
        exempt: vec![NEIGHBOUR.to_owned()],
        ..site.config()
    };
    let mut filter = Nftables::start(&config).unwrap();
    filter.apply(&effect(1, "10.77.2.0/24", 600)).unwrap();
    assert!(probe.is_alive());
    assert!(Probe::new(&site.client, CLIENT, echo(&site.far, TARGET)).is_dead());
}

#[test]
fn catalogue_an_open_flow_survives_a_block_where_what_is_established_is_accepted_first() {
    let name =
        "catalogue_an_open_flow_survives_a_block_where_what_is_established_is_accepted_first";
    let Some(site) = Site::lay(name) else { return };
    // With it the kernel begins to track connections.
    site.load(OTHERS);
    let to = echo(&site.far, TARGET);
    let mut flow = open(&site.client, to).unwrap();
    assert!(flows(&mut flow));
    // What others did.
    site.load(
        "table inet naive {
	chain forward {
		type filter hook forward priority filter;
		ct state established,related accept
		ip daddr 10.77.2.2 drop
		ip saddr 10.77.2.2 drop
	}
}
",
    );
    assert!(open(&site.client, to).is_none(), "new flows are blocked");
    assert!(flows(&mut flow), "and the open one lives");
    // With those rules still there.
    let mut filter = site.start();
    filter.apply(&effect(1, "10.77.2.2/32", 600)).unwrap();
    assert!(!flows(&mut flow));
}

#[test]
fn catalogue_crowdsec_enforcement_that_falls_is_seen_and_put_back() {
    let name = "catalogue_crowdsec_enforcement_that_falls_is_seen_and_put_back";
    let Some(site) = Site::lay(name) else { return };
    let mut filter = site.start();
    let mut probe = Probe::new(&site.client, CLIENT, echo(&site.far, TARGET));
    let wanted = [
        effect(1, "10.77.2.2/32", 600),
        effect(2, "10.77.2.8/29", 600),
    ];
    for effect in &wanted {
        filter.apply(effect).unwrap();
    }
    assert_eq!(seen(&mut filter).len(), 2);
    assert!(probe.is_dead());

    // Others cannot take it away: the kernel refuses them, and passes over it when they flush.
    assert!(
        !site
            .nft(&format!(
                "delete element inet {TABLE} v4_32 {{ 10.77.2.2 }}"
            ))
            .0
    );
    assert!(!site.nft(&format!("delete table inet {TABLE}")).0);
    assert!(site.nft("flush ruleset").0);
    assert!(probe.is_dead());

    // Whoever speaks in our place can: an element goes.
    speak(
        &filter,
        &format!("delete element inet {TABLE} v4_32 {{ 10.77.2.2 }}"),
    );
    assert!(probe.is_alive());
    assert_eq!(seen(&mut filter), [(2, "10.77.2.8/29".to_owned())]);
    assert_eq!(filter.counts().lost, 1);
    put_back(&mut filter, &wanted);
    assert!(probe.is_dead());

    // A rule goes, and all elements stand: it is seen as well.
    speak(&filter, &format!("flush chain inet {TABLE} four"));
    assert!(probe.is_alive());
    let (again, why) = words(filter.look());
    assert!(again && why.contains("not as it was made"), "{why}");
    put_back(&mut filter, &wanted);
    assert!(probe.is_dead());

    // The program that holds the table ends, and the table with it.
    end(&filter);
    assert!(probe.is_alive());
    let (again, why) = words(filter.look());
    assert!(again && why.contains("nft has ended"), "{why}");
    assert_eq!(filter.holder(), None);
    assert!(
        words(filter.apply(&wanted[0])).0,
        "nothing is put in force before a look"
    );
    put_back(&mut filter, &wanted);
    assert!(probe.is_dead());
    assert_eq!(filter.counts().falls, 2);
    assert_eq!(filter.counts().lost, 5);
}

/// As the engine does it at each look.
fn put_back(filter: &mut Nftables, wanted: &[sakimori_respond::engine::Effect]) {
    let there = filter.look().unwrap();
    for effect in wanted {
        if !there.iter().any(|one| one.key == effect.key) {
            filter.apply(effect).unwrap();
        }
    }
    assert_eq!(filter.look().unwrap().len(), wanted.len());
}

/// Gives the process that holds the table a line of another.
fn speak(filter: &Nftables, line: &str) {
    let input = format!("/proc/{}/fd/0", filter.holder().unwrap());
    let mut input = std::fs::OpenOptions::new().write(true).open(input).unwrap();
    writeln!(input, "{line}").unwrap();
}

fn end(filter: &Nftables) {
    signal(filter, rustix::process::Signal::KILL);
}

pub(crate) fn signal(filter: &Nftables, signal: rustix::process::Signal) {
    let id = i32::try_from(filter.holder().unwrap()).unwrap();
    let id = rustix::process::Pid::from_raw(id).unwrap();
    rustix::process::kill_process(id, signal).unwrap();
}

#[test]
fn catalogue_crowdsec_bans_are_not_flushed_when_the_control_plane_fails() {
    let name = "catalogue_crowdsec_bans_are_not_flushed_when_the_control_plane_fails";
    let Some(site) = Site::lay(name) else { return };
    let mut filter = site.start();
    let mut probe = Probe::new(&site.client, CLIENT, echo(&site.far, TARGET));
    let begin = Instant::now();
    filter.apply(&effect(1, "10.77.2.2/32", 3)).unwrap();
    // From here on nobody says anything: neither early nor late.
    assert!(until(9, || probe.passes()));
    let ended = ms(begin);
    println!("nftables: an effect of 3 s, left alone, ended after {ended:.0} ms");
    assert!(ended >= 2900.0, "it ended early: {ended} ms");
    assert!(ended < 3000.0 + 3000.0, "it ended late: {ended} ms");
    assert_eq!(filter.look().unwrap(), []);
    filter.remove(&key(1, "10.77.2.2/32"), None).unwrap();
}
