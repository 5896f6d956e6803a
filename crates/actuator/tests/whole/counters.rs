//! What effects met, as a signed receipt tells it: real traffic, counted once, and nothing else's.

use crate::net::{CLIENT, NEIGHBOUR, Probe, Site, TARGET, echo};
use crate::owner::Owner;
use crate::servers::{Options, Servers, gone, real, sunk};
use crate::world::wait;
use serde_json::{Value, json};

#[test]
fn packets_and_bytes_of_a_blocked_address_are_in_the_receipt_and_no_neighbour_s() {
    let Some(site) = Site::lay("packets_in_the_receipt") else {
        return;
    };
    let mut at_target = Probe::new(&site.client, CLIENT, echo(&site.far, TARGET));
    let mut at_neighbour = Probe::new(&site.client, CLIENT, echo(&site.far, NEIGHBOUR));
    assert!(at_target.passes() && at_neighbour.passes());
    let section = json!({
        "table": "sakimori_w", "program": ["ip", "netns", "exec", site.router, "nft"],
    });
    let effects = ["block 10.77.2.2/32", "block 10.77.2.9/32"].map(str::to_owned);
    let mut owner = Owner::start(("packet", section), &effects);
    owner.ready();
    owner.approve();
    for target in ["10.77.2.2", "10.77.2.9"] {
        owner.deny("block", json!({"ipv4_net": target}), &Value::Null);
    }
    assert_eq!(owner.met("10.77.2.2/32"), (0, 0));
    for _ in 0..7 {
        assert!(!at_target.passes());
        assert!(at_neighbour.passes());
    }
    // 20 bytes of IPv4, 8 of UDP, 4 of the probe.
    wait("seven packets", 20, || {
        owner.met("10.77.2.2/32") == (7, 7 * 32)
    });
    for _ in 0..3 {
        assert!(!at_target.passes());
    }
    wait("ten packets", 20, || owner.met("10.77.2.2/32") == (10, 320));
    assert_eq!(owner.met("10.77.2.9/32"), (0, 0));
    owner.stop();
    owner.world.end();
}

#[test]
fn questions_for_a_name_are_in_the_receipt_of_both_resolvers_together_and_ours_are_not() {
    let Some(servers) = Servers::start("questions_in_the_receipt", Options::default()) else {
        return;
    };
    let section = servers.config_value();
    let effects = ["no-answer bad.example", "sinkhole *.wide.example"].map(str::to_owned);
    let mut owner = Owner::start(("resolver", section), &effects);
    owner.ready();
    owner.approve();
    owner.deny(
        "no-answer",
        json!({"domain_name": "bad.example"}),
        &Value::Null,
    );
    let below = json!({"below": true});
    owner.deny("sinkhole", json!({"domain_name": "wide.example"}), &below);
    for _ in 0..3 {
        for port in [servers.unbound, servers.bind] {
            assert!(gone(port, "bad.example"));
            assert!(real(port, "good.example"));
        }
    }
    assert!(sunk(servers.unbound, "a.b.wide.example"));
    // Looks of our own went on beside, each of which asks for both names.
    wait("the questions", 30, || {
        owner.met("bad.example").0 == 6 && owner.met("*.wide.example").0 == 1
    });
    let before = owner.world.effects().serial;
    wait("more looks", 30, || {
        owner.world.effects().serial > before + 20
    });
    assert_eq!(owner.met("bad.example"), (6, 0));
    owner.stop();
    owner.world.end();
}
