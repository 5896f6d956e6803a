//! What strangers write, and what several do at once. In: entries that nobody signed, signatures in the same moment. Out: what is on record, what people are shown. Never: a word that
//! counts for nothing, shown as a fact.

use crate::flow::{SITTING, submit};
use crate::nation::{Caller, Nation, request};
use sakimori_authority::TrustRoot;
use sakimori_control::journal::Log;
use sakimori_custody::entry::{Act, Chain, EntryType, Salt};
use sakimori_custody::ids::StreamId;
use sakimori_node::Role;
use sakimori_node::docket::Docket;
use sakimori_oversight::{Book, Judged, Taken};
use sakimori_testkit::folder::Plan;
use sakimori_testkit::history::{FIRST, Story};
use sakimori_tlog::note::Note;

#[test]
fn whoever_reaches_the_socket_puts_nothing_on_record_that_counts_for_nothing() {
    let nation = Nation::start();
    let mut log = Log::connect(&nation.office_node().ledger().socket).unwrap();
    let kinds = [
        (EntryType::Decision, vec![]),
        (EntryType::Suspension, vec![u64::MAX]),
        (EntryType::Schedule, vec![9]),
        (EntryType::Ruling, vec![]),
    ];
    for (at, (kind, counters)) in kinds.into_iter().enumerate() {
        let act = Act {
            kind,
            time: nation.host.seconds(),
            authority: [7; 32],
            counters,
            body: b"whatever a stranger writes\n".to_vec(),
        };
        let junk = Chain::new(StreamId([at as u8; 8])).entry(act, Salt([1; 32]), None);
        let said = log.ask(|client| client.append(&junk));
        assert!(said.is_err(), "{kind}: {said:?}");
    }
    let mut seen = Vec::new();
    log.each_durable_entry(|_, envelope, _| {
        seen.push(envelope.authority);
        true
    })
    .unwrap();
    assert!(!seen.is_empty() && !seen.contains(&[7; 32]));
}

#[test]
fn people_are_shown_no_decision_schedule_or_suspension_that_the_book_calls_void() {
    let root = TrustRoot::open(&Plan::default().build().folder.trust_root).unwrap();
    let docket_of = |story: &Story, believes_all: bool| {
        let (mut docket, mut book) = (Docket::default(), Book::new(root.clone()));
        for w in story.write() {
            let at = Judged::at(w.entry.envelope.time);
            let taken = book.judge(w.index, &w.entry.leaf, &w.entry.stored, at);
            if matches!(taken, Ok(Taken::Void(_))) && !believes_all {
                docket.pass_by(w.index);
            } else {
                docket.follow(w.index, &w.entry.leaf, Some(&w.entry.stored));
            }
        }
        docket
    };
    let id = FIRST.parse().unwrap();
    let good = Story::good().up_to("suspended");
    let docket = docket_of(&good, false);
    assert!(docket.statement(id).is_some());
    assert_eq!(docket.suspensions(id).len(), 1);
    // A suspension by somebody else's key, and a decision that lacks a signature.
    let forged = good.clone().with("suspended", |s| s.signers = vec!["m4"]);
    assert!(docket_of(&forged, false).suspensions(id).is_empty());
    assert_eq!(docket_of(&forged, true).suspensions(id).len(), 1);
    let short = Story::good()
        .up_to("decision")
        .with("decision", |s| s.signers = vec!["m1", "m4"]);
    assert!(docket_of(&short, false).statement(id).is_none());
    assert_eq!(docket_of(&short, false).next, short.steps.len() as u64);
}

#[test]
fn members_who_sign_in_the_same_moment_lose_no_signature() {
    let nation = Nation::start();
    let (name, _) = submit(&nation, &request(&nation.host));
    let path = |rest: &str| format!("/v1/requests/{name}{rest}");
    let clerk = nation.person(Role::Commission, "clerk");
    let text = clerk.get(&path(&format!("/text?{SITTING}"))).text();
    let callers = ["m1", "m2", "m3"].map(|member| {
        let note = nation.signed(&text, &[member]);
        (nation.person(Role::Commission, member), note)
    });
    let at_once = std::sync::Barrier::new(callers.len());
    let post = &|(caller, note): &(Caller, Note)| {
        at_once.wait();
        caller.post_note(&path("/signatures"), note)
    };
    let said = std::thread::scope(|scope| {
        let threads = callers.each_ref().map(|one| scope.spawn(move || post(one)));
        threads.map(|thread| thread.join().unwrap())
    });
    for one in &said {
        assert_eq!(one.status, 200, "{}", one.text());
    }
    let decided = said
        .iter()
        .filter(|one| !one.json()["decided_by"].is_null());
    assert_eq!(decided.count(), 1);
}
