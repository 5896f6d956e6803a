//! Whose agreements a node is shown: a party its own, the commission and whoever may read the log all. In: two parties. Out: verdicts. Never: an agreement of another party, or a word about it.

use crate::flow::agreement;
use crate::nation::{Caller, Nation};
use sakimori_authority::Statement;
use sakimori_authority::statement::Basis;
use sakimori_control::keys;
use sakimori_control::tls::May;
use sakimori_custody::ids::AuthorityId;
use sakimori_node::Role;
use sakimori_tlog::key::{KeyKind, NoteSigner};
use sakimori_tlog::note::Note;

/// An agreement of a party that is on record, and the suspension of it by the party.
fn agreed(nation: &Nation, name: &str, seed: u8) -> (Statement, [u64; 2]) {
    let signer = |of: &str, seed| {
        let name = format!("{name}.example/{of}");
        NoteSigner::from_seed(&name, KeyKind::Ed25519, &[seed; 32]).unwrap()
    };
    let (party, suspend) = (signer("party", seed), signer("suspend", seed + 1));
    let decided = Basis::Agreement {
        party: name.parse().unwrap(),
        key: Box::new(party.verifier().clone()),
        suspend_key: Box::new(suspend.verifier().clone()),
    };
    let (node, text) = agreement(nation, decided);
    let office = keys::read(&node.office_key("office")).unwrap();
    let supervisor = nation.person(Role::Office, "o3");
    let note = Note::sign(&text.to_string(), &[&office, &party], 0).unwrap();
    let decision = supervisor.post_note("/v1/decisions", &note);
    assert_eq!(decision.status, 200, "{}", decision.text());
    let stop = format!(
        "sakimori/suspension/v1\nauthority: {}\nby: party\nact: suspend\nserial: 1\ntime: {}\nreason: a test\nroot: 1\n",
        text.id,
        nation.host.seconds()
    );
    let stop = Note::sign(&stop, &[&suspend], 0).unwrap();
    let stopped = supervisor.post_note("/v1/suspensions", &stop);
    assert_eq!(stopped.status, 200, "{}", stopped.text());
    let index = |said: &crate::nation::Said| said.json()["index"].as_u64().unwrap();
    (text, [index(&decision), index(&stopped)])
}

fn listed(caller: &Caller) -> Vec<u64> {
    let said = caller.get("/v1/log/agreements");
    assert_eq!(said.status, 200, "{}", said.text());
    let page = said.json();
    let entries = page["entries"].as_array().unwrap().iter();
    entries
        .map(|entry| entry["index"].as_u64().unwrap())
        .collect()
}

#[test]
fn a_party_is_shown_its_own_agreements_and_the_commission_and_readers_of_the_log_all() {
    let nation = Nation::start();
    let (port, of_port) = agreed(&nation, "port", 7);
    let (rail, of_rail) = agreed(&nation, "rail", 21);
    assert_ne!(port.id, rail.id);
    let office = nation.role(Role::Office);
    let address = nation.office.address.to_string();
    let peer = |name: &str| Caller::peer(&office, &address, name, &[May::Read]);
    assert_eq!(listed(&peer("port")), of_port);
    assert_eq!(listed(&peer("rail")), of_rail);
    assert_eq!(listed(&peer("airline")), [0; 0], "a party of no agreement");
    let said = peer("rail-2").get("/v1/log/agreements?from=0").text();
    let strange = |id: AuthorityId| said.contains(&id.to_string());
    assert!(!strange(port.id) && !strange(rail.id), "{said}");
    let all = [of_port, of_rail].concat();
    assert_eq!(listed(&nation.person(Role::Office, "o3")), all);
    assert_eq!(
        nation
            .stranger(Role::Office)
            .get("/v1/log/agreements")
            .code(),
        "not-signed-in"
    );
}
