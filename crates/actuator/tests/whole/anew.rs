//! A machine that starts anew: what its kernel had is gone, the journal is there. In: namespaces that are laid twice under one name. Out: what passes, what the receipt says. Never: a rule that outlived them.

use crate::net::{CLIENT, NEIGHBOUR, OTHERS, Probe, Site, TARGET, echo};
use crate::owner::Owner;
use crate::world::{command, pause, wait};
use sakimori_respond::consumer::receipt::Standing;
use serde_json::{Value, json};

#[test]
fn acceptance_04_a_packet_filter_that_starts_anew_has_what_the_journal_says_and_no_longer() {
    let test =
        "acceptance_04_a_packet_filter_that_starts_anew_has_what_the_journal_says_and_no_longer";
    let Some(site) = Site::lay(test) else {
        return;
    };
    let section = json!({
        "table": "sakimori_w", "program": ["ip", "netns", "exec", site.router, "nft"],
    });
    let effects = ["block 10.77.2.2/32", "block 10.77.2.3/32"].map(str::to_owned);
    let mut owner = Owner::start(("packet", section), &effects);
    owner.ready();
    owner.approve();
    owner.deny("block", json!({ "ipv4_net": TARGET }), &Value::Null);
    let (status, said) = owner.world.post(&command("c-9", 9, "deny", NEIGHBOUR, 4));
    assert_eq!(status, 200, "{said}");
    let probes = || {
        let at = |address| Probe::new(&site.client, CLIENT, echo(&site.far, address));
        (at(TARGET), at(NEIGHBOUR))
    };
    let (mut target, mut neighbour) = probes();
    assert!(target.is_dead() && neighbour.is_dead());
    // Power is gone, and comes back behind the end of the one.
    owner.world.kill();
    site.clear();
    let id = site.client.strip_prefix("skp-").unwrap();
    assert!(site.laid(id.strip_suffix("-c").unwrap()));
    site.load(OTHERS);
    let before = site.ruleset();
    pause(4_500);
    let (mut target, mut neighbour) = probes();
    assert!(target.is_alive() && neighbour.is_alive());
    owner.world.start();
    wait("it is in force again", 10, || !target.passes());
    assert!(target.is_dead() && neighbour.is_alive());
    wait("it is told", 10, || {
        let told = owner.world.effects().effects;
        told.len() == 1 && told[0].target == "10.77.2.2/32" && told[0].standing == Standing::InForce
    });
    owner.stop();
    assert!(target.is_alive());
    owner.world.end();
    assert_eq!(site.ruleset(), before);
}
