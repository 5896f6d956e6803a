//! How fast the book judges receipts. In: how many. Out: one line with receipts a second, with signatures and where they were checked before. Never: part of the product.
//!
//! ```text
//! cargo run --release -p sakimori-oversight --example receipts -- 200000
//! ```

#![expect(clippy::print_stdout, reason = "a measurement tells what it has read")]

use sakimori_authority::TrustRoot;
use sakimori_custody::entry::{Act, Author, Chain, Entry, EntryType, Salt};
use sakimori_custody::ids::StreamId;
use sakimori_custody::time::Seconds;
use sakimori_oversight::{Book, Judged};
use sakimori_testkit::folder::{Plan, signer};
use sakimori_testkit::history::{FIRST, Story, hour};
use std::error::Error;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let count: u64 = std::env::args()
        .nth(1)
        .as_deref()
        .unwrap_or("50000")
        .parse()?;
    let story = Story::good().up_to("start");
    let before = story.write();
    let receipts = receipts(count, story.place("decision"), &before)?;
    for (how, at) in [
        ("signatures checked", Judged::at(Seconds(hour(5)))),
        ("cosigned before", Judged::before()),
    ] {
        let root = TrustRoot::open(&Plan::default().build().folder.trust_root)?;
        let mut book = Book::new(root);
        for w in &before {
            book.judge(w.index, &w.entry.leaf, &w.entry.stored, at)?;
        }
        #[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
        let begun = Instant::now();
        for (entry, index) in receipts.iter().zip(before.len() as u64..) {
            book.judge(index, &entry.leaf, &entry.stored, at)?;
        }
        let rate = count as f64 / begun.elapsed().as_secs_f64();
        println!("{count} receipts, {how}: {rate:.0} a second");
    }
    Ok(())
}

/// Receipts of one run, each with one packet and no record.
fn receipts(
    count: u64,
    decision: usize,
    before: &[sakimori_testkit::history::Written],
) -> Result<Vec<Entry>, Box<dyn Error>> {
    let key = signer("s-01");
    let author = Author {
        id: key.verifier().id(),
        key: key.ed25519(),
    };
    let start = before.last().ok_or("no start")?;
    let authority = before
        .get(decision)
        .ok_or("no decision")?
        .entry
        .envelope
        .authority;
    let mut chain = Chain {
        stream: StreamId([0x21; 8]),
        next: start.entry.envelope.sequence + 1,
        previous: sakimori_tlog::merkle::leaf_hash(&start.entry.leaf),
    };
    let receipt = |n: u64| {
        let (from, to) = (n * 60_000, (n + 1) * 60_000);
        let body = format!(
            r#"{{"window":{{"index":{n},"start_ms":{from},"end_ms":{to},"held_before":0,"read":1,"selected":0,"domestic":1,"not_ip":0,"direction":0,"not_selected":0,"shed":0,"link":0,"truncated":0,"malformed":0,"record":0,"held_after":0,"bytes_read":0,"flows_opened":0,"flows_closed":0,"flows_selected":0,"records":0,"events":0,"flows_evicted":0,"pairs_evicted":0,"flows_open":0,"identifiers":0,"identifiers_shed":0}},"bucket":"{FIRST}/s-01/2027-04-01","first_record":null,"records":0,"commitment":"","identifiers":0,"identifiers_commitment":""}}"#
        );
        Act {
            kind: EntryType::Receipt,
            time: Seconds(hour(5)),
            authority,
            counters: vec![n, from, to, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0],
            body: body.into_bytes(),
        }
    };
    Ok((0..count)
        .map(|n| chain.entry(receipt(n), Salt([7; 32]), Some(&author)))
        .collect())
}
