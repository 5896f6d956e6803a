//! Who sees data through the office's node: role, clearance and case, all three, at each call. In: people with sessions, a bucket with records. Out: rows with their entries, and refusals
//! that leave none. Never: an actor who is typed.

use crate::flow::submit;
use crate::nation::{Caller, Nation, options, request};
use sakimori_access::{Access, Class, NewClearance, NewRole, Principal, Role as R};
use sakimori_control::commission::{self, Use};
use sakimori_control::journal::Log;
use sakimori_control::{Node, keys};
use sakimori_custody::entry::EntryType;
use sakimori_custody::ids::{AuthorityId, BucketId, RecordId, StreamId};
use sakimori_custody::keys::BucketKey;
use sakimori_custody::record::{
    Alpn, Application, Country, Direction, End, Hits, HttpMethod, MechanicalRecord, TlsVersion,
};
use sakimori_lake::{Retention, StagedWindow, WindowId};
use sakimori_node::{Role, with_access};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const SITTING: &str = "present=m1+m2+m3&presiding=m1&for=m1+m2&against=m3&recused=none";
/// Records of the bucket.
const RECORDS: u64 = 3;

fn record(host_ms: u64, number: u64) -> MechanicalRecord {
    let mut selectors = Hits::default();
    selectors.insert(1);
    let end = |last: [u8; 4]| {
        let mut address = [0; 16];
        address[10..12].copy_from_slice(&[0xff, 0xff]);
        address[12..].copy_from_slice(&last);
        address
    };
    MechanicalRecord {
        first: host_ms,
        last: host_ms + 500,
        source: end([198, 51, 100, 7]),
        destination: end([203, 0, 113, number as u8]),
        packets_out: 1,
        packets_back: 1,
        bytes_out: 100,
        bytes_back: 100,
        source_port: 40_000,
        destination_port: 443,
        protocol: 6,
        direction: Direction::OutIn,
        tcp_flags_out: 0x1b,
        tcp_flags_back: 0x1b,
        source_country: Country::UNKNOWN,
        destination_country: Country::new(*b"JP").unwrap(),
        end: End::Fin,
        application: Application::Tls,
        dns_type: None,
        dns_rcode: None,
        http_method: HttpMethod::None,
        tls_version: TlsVersion::Tls13,
        alpn: Alpn::H2,
        ja4: None,
        selectors,
    }
}

/// Brings a request through its sitting.
fn decided(nation: &Nation) -> AuthorityId {
    let (name, authority) = submit(nation, &request(&nation.host));
    let path = |rest: &str| format!("/v1/requests/{name}{rest}");
    let reader = nation.person(Role::Commission, "m1");
    let text = reader.get(&path(&format!("/text?{SITTING}"))).text();
    for member in ["m1", "m2", "m3"] {
        let note = nation.signed(&text, &[member]);
        let caller = nation.person(Role::Commission, member);
        let said = caller.post_note(&path("/signatures"), &note);
        assert_eq!(said.status, 200, "{}", said.text());
    }
    authority
}

/// A bucket with records, as a sensor fills it: its key is of both halves.
fn filled(nation: &Nation, authority: AuthorityId) {
    let (node, host) = (nation.office_node(), &nation.host);
    let bucket = BucketId {
        authority,
        sensor: "s-01".parse().unwrap(),
        day: host.seconds().day(),
    };
    let signer = keys::read(&node.sensor(&bucket.sensor).join("sensor.key")).unwrap();
    let caller = commission::Caller::of(&node, host).unwrap();
    let far = caller.share(&bucket, Use::Write, &signer).unwrap();
    let own = node.office_shares();
    let own = own.obtain(&bucket, host.bytes().unwrap()).unwrap();
    let key = BucketKey::combine(&own, &far, &bucket);
    let (keep, now) = (Retention::days(30).unwrap(), host.seconds());
    let random = Box::new(host.source());
    let lake = node.lake();
    let mut writer = lake.writer(&bucket, key, keep, now, random).unwrap();
    let stream = StreamId([3; 8]);
    let id = WindowId { stream, index: 0 };
    let of = |number| (RecordId { stream, number }, record(now.0 * 1000, number));
    let records: Vec<_> = (0..RECORDS).map(of).collect();
    let records = &records;
    writer.stage(&StagedWindow { id, records }).unwrap();
    writer.publish(id, now).unwrap();
    writer.close().unwrap();
}

/// Does something as the node's administrators do it, beside the node that runs.
pub(crate) fn beside<T>(nation: &Nation, work: impl AsyncFnOnce(&Access) -> T) -> T {
    let folder = nation.folder.path().join("a");
    with_access(&options(Role::Office, &folder), &nation.host, work).unwrap()
}

pub(crate) fn who(id: &str) -> Principal {
    Principal::Person { id: id.to_owned() }
}

/// What an analyst needs, each with what takes it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    Role,
    Clearance,
    Case,
}

/// Gives the analyst one of the three; answers the grant's id.
pub(crate) fn give(nation: &Nation, need: Need) -> String {
    let now = nation.host.seconds();
    let until = now.plus(80_000);
    let person = "a1".to_owned();
    let [admin, o2, o3] = ["admin", "o2", "o3"].map(who);
    beside(nation, async |access| match need {
        Need::Role => {
            let role = R::Analyst;
            let new = NewRole {
                person,
                role,
                until,
            };
            access.grant_role(&admin, &new, now).await.unwrap()
        }
        Need::Clearance => {
            let classes = BTreeSet::from([Class::Selected]);
            let new = NewClearance {
                person,
                classes,
                until,
            };
            let grant = access.propose_clearance(&o2, &new, now).await;
            let grant = grant.unwrap();
            let confirmed = access.confirm_clearance(&o3, &grant, now);
            confirmed.await.unwrap();
            grant
        }
        Need::Case => {
            let added = access.add_member(&o3, "case-1", &person, now);
            added.await.unwrap();
            String::new()
        }
    })
}

fn take(nation: &Nation, need: Need, grant: &str) {
    let now = nation.host.seconds();
    let [admin, o2, o3] = ["admin", "o2", "o3"].map(who);
    beside(nation, async |access| match need {
        Need::Role => access.end_role(&admin, grant, now).await.unwrap(),
        Need::Clearance => access.end_clearance(&o2, grant, now).await.unwrap(),
        Need::Case => {
            let taken = access.remove_member(&o3, "case-1", "a1", now);
            taken.await.unwrap();
        }
    });
}

/// Entries of some kinds, each with its open body.
pub(crate) fn entries(nation: &Nation, kinds: &[EntryType]) -> Vec<(u64, Value)> {
    entries_of(&nation.office_node(), kinds)
}

/// The same, of a node's folder.
pub(crate) fn entries_of(node: &Node, kinds: &[EntryType]) -> Vec<(u64, Value)> {
    let mut log = Log::connect(&node.ledger().socket).unwrap();
    let mut found = Vec::new();
    log.each_durable_entry(|index, envelope, _| {
        if kinds.contains(&envelope.kind) {
            found.push((index, envelope.clone()));
        }
        true
    })
    .unwrap();
    let open = |(index, envelope)| {
        let body = log.open_body(&envelope).unwrap_or_default();
        (index, serde_json::from_slice(&body).unwrap_or_default())
    };
    found.into_iter().map(open).collect()
}

#[expect(
    clippy::disallowed_methods,
    reason = "it waits for the round of a process beside it"
)]
pub(crate) fn pause() {
    std::thread::sleep(std::time::Duration::from_millis(50));
}

/// Waits until the log has so many access entries of the analyst: rules of the log count what it has.
fn on_record(nation: &Nation, count: usize) {
    for _ in 0..1200 {
        let all = entries(nation, &[EntryType::Access]);
        if all
            .iter()
            .filter(|(_, body)| body["person"] == "a1")
            .count()
            >= count
        {
            return;
        }
        // The node's round brings them; it is asked for its health meanwhile.
        assert_eq!(nation.stranger(Role::Office).get("/healthz").status, 200);
        pause();
    }
    panic!("{count} access entries did not come");
}

fn question(authority: AuthorityId) -> Value {
    json!({"purpose": "a look", "case": "case-1", "authority": authority.to_string(), "what": "all"})
}

/// What an export says beside its question.
fn leaves(export: &mut Value, recipient: &str, form: &str) {
    export["recipient"] = json!(recipient);
    export["form"] = json!(form);
    export["as"] = json!("police-defence");
    export["basis"] = json!("Act 42/2025 art. 38(2)");
    export["rights"] = json!("Records of the case alone.");
    export["conditions"] = json!([{"kind": "need", "recipient": recipient, "until": "2100-01-01T00:00:00Z", "reason": "it is theirs to act on"}]);
}

/// The three uses, each refused for these reasons and without an entry.
fn refused(nation: &Nation, caller: &Caller, authority: AuthorityId, reasons: &str) {
    let used = [EntryType::Query, EntryType::Export];
    let before = entries(nation, &used).len();
    let mut export = question(authority);
    leaves(&mut export, "npa", "csv");
    for said in [
        caller.post_json("/v1/queries", &question(authority)),
        caller.post_json("/v1/exports", &export),
        caller.get("/v1/findings?case=case-1"),
    ] {
        assert_eq!((said.status, said.code().as_str()), (403, "not-allowed"));
        let told = said.json()["detail"].as_str().unwrap().to_owned();
        assert_eq!(told, format!("refused: {reasons}"));
    }
    assert_eq!(entries(nation, &used).len(), before, "{reasons}");
}

#[test]
#[expect(clippy::too_many_lines, reason = "one person's day")]
fn data_are_seen_with_role_clearance_and_case_and_losing_one_locks_at_the_next_call() {
    let nation = Nation::start();
    let authority = decided(&nation);
    filled(&nation, authority);
    let (now, o3) = (nation.host.seconds(), who("o3"));
    beside(&nation, async |access| {
        let opened = access.open_case(&o3, "case-1", "The relay abroad", now);
        opened.await.unwrap();
    });
    let analyst = nation.person(Role::Office, "a1");
    refused(
        &nation,
        &analyst,
        authority,
        "no-role, no-clearance, not-in-case",
    );
    let mut role = give(&nation, Need::Role);
    refused(&nation, &analyst, authority, "no-clearance, not-in-case");
    let mut clearance = give(&nation, Need::Clearance);
    refused(&nation, &analyst, authority, "not-in-case");
    give(&nation, Need::Case);
    on_record(&nation, 2);

    let seen = analyst.post_json("/v1/queries", &question(authority));
    assert_eq!(seen.status, 200, "{}", seen.text());
    let seen = seen.json();
    let rows = seen["rows"].as_array().unwrap();
    assert_eq!(rows.len() as u64, RECORDS, "{seen}");
    assert_eq!(
        seen["columns"].as_array().unwrap().len(),
        rows[0].as_array().unwrap().len()
    );
    let [opened, closed] = [0, 1].map(|at| seen["entries"][at].as_u64().unwrap());
    let logged = entries(&nation, &[EntryType::Query]);
    let places: Vec<u64> = logged.iter().map(|(index, _)| *index).collect();
    assert_eq!(places, [opened, closed]);
    assert_eq!(logged[0].1["actor"], "a1");
    assert_eq!(logged[0].1["case"], "case-1");
    assert_eq!(logged[0].1["purpose"], "a look");

    // Who asks is not typed; what is asked is read strictly.
    for (field, value, code) in [
        ("actor", json!("o1"), "unknown-field"),
        ("what", json!({"pair": ["198.51.100.7"]}), "malformed"),
        ("what", json!({"tag": "00"}), "incomplete"),
        ("limit", json!(0), "incomplete"),
        ("limit", json!(10_001), "incomplete"),
        ("purpose", json!(""), "incomplete"),
        ("day", json!("yesterday"), "incomplete"),
        ("authority", json!("f".repeat(32)), "not-found"),
    ] {
        let mut other = question(authority);
        other[field] = value;
        let said = analyst.post_json("/v1/queries", &other);
        assert_eq!(said.code(), code, "{field}: {}", said.text());
    }
    let mut other = question(authority);
    other["case"] = json!("case-2");
    assert_eq!(
        analyst.post_json("/v1/queries", &other).code(),
        "not-allowed"
    );
    let mut one = question(authority);
    let pair = ["198.51.100.7", "203.0.113.2"];
    one["what"] = json!({"pair": pair});
    let found = analyst.post_json("/v1/queries", &one).json();
    assert_eq!(found["rows"].as_array().unwrap().len(), 1, "{found}");

    // The log has its own rules: nobody receives where the schedule names nobody of that name.
    let mut export = question(authority);
    leaves(&mut export, "nobody", "json");
    let said = analyst.post_json("/v1/exports", &export);
    assert_eq!((said.status, said.code().as_str()), (422, "entry-refused"));
    assert!(said.text().contains("export-recipient"), "{}", said.text());
    let findings = analyst.get("/v1/findings?case=case-1");
    assert_eq!(findings.json(), json!({"findings": [], "more": false}));

    // Each of the three, taken and given again.
    let mut signed_in = analyst;
    for (need, reason) in [
        (Need::Case, "not-in-case"),
        (Need::Clearance, "no-clearance"),
        (Need::Role, "no-role"),
    ] {
        let grant = match need {
            Need::Role => &mut role,
            _ => &mut clearance,
        };
        take(&nation, need, grant);
        if need == Need::Role {
            // A role that is taken ends the person's sessions as well.
            let said = signed_in.post_json("/v1/queries", &question(authority));
            assert_eq!(said.code(), "not-signed-in");
            signed_in = nation.again(Role::Office, "a1");
        }
        refused(&nation, &signed_in, authority, reason);
        let given = give(&nation, need);
        if need == Need::Clearance {
            clearance = given;
        }
    }
    // A case that is closed is closed for everybody in it.
    beside(&nation, async |access| {
        let closed = access.close_case(&o3, "case-1", nation.host.seconds());
        closed.await.unwrap();
    });
    refused(&nation, &signed_in, authority, "not-in-case");
}

#[test]
fn no_machine_peer_or_stranger_sees_data() {
    let nation = Nation::start();
    let now = nation.host.seconds();
    let token = beside(&nation, async |access| {
        let admin = who("admin");
        let named = ("m-1", "Monitor", "office");
        access.add_machine(&admin, named, now).await.unwrap();
        let new = sakimori_access::NewCredential {
            machine: "m-1".to_owned(),
            scopes: BTreeSet::from([sakimori_access::Act::ReadRequest]),
            until: now.plus(3600),
        };
        access.issue_token(&admin, &new, now).await.unwrap().token
    });
    let mut machine = nation.stranger(Role::Office);
    let bearer = format!("Bearer {}", token.as_str());
    machine.headers.push(("authorization".to_owned(), bearer));
    assert_eq!(machine.get("/v1/requests").status, 200);
    let authority = AuthorityId([1; 16]);
    refused(&nation, &machine, authority, "no-scope");
    let stranger = nation.stranger(Role::Office);
    let said = stranger.post_json("/v1/queries", &question(authority));
    assert_eq!(said.code(), "not-signed-in");
    let supervisor = nation.person(Role::Office, "o3");
    let said = supervisor.post_json("/v1/queries", &question(authority));
    assert!(said.text().contains("no-role"), "{}", said.text());
    // The commission's node has no such route: what is no page of its own is for nodes.
    let member = nation.person(Role::Commission, "m1");
    assert_eq!(
        member.post_json("/v1/queries", &question(authority)).code(),
        "peer-not-allowed"
    );
}
