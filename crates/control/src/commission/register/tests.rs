//! The book held against runs that are right and runs that are not.

use super::*;
use sakimori_custody::entry::{Act, Author, Chain, Entry, Salt};
use sakimori_testkit::folder::{BEGIN, HOUR, Plan, signer};

/// When the sample's lease begins.
const LEASED: u64 = BEGIN + HOUR;

/// A book that knows the sample's decision and lease, and where the next entry goes.
struct Book {
    register: Register,
    authority: [u8; 32],
    next: u64,
}

impl Book {
    fn new() -> Self {
        let sample = Plan::default().build();
        let root = TrustRoot::open(&sample.folder.trust_root).unwrap();
        let mut book = Self {
            register: Register::new(root),
            authority: [0; 32],
            next: 2,
        };
        let folder = sample.folder;
        let decision = Envelope::decode(&folder.decision_entry).unwrap();
        book.authority = decision.authority;
        let taken = book
            .register
            .check(2, &folder.decision_entry, &folder.decision_body);
        assert_eq!(taken, Ok(()));
        book.next = 3;
        let lease = act(EntryType::Activation, book.authority, &[], LEASED);
        let mut stream = Stream::new(1, "");
        let body = folder.lease;
        assert_eq!(book.enter(&stream.entry(Act { body, ..lease })), Ok(()));
        book
    }

    fn enter(&mut self, entry: &Entry) -> Result<(), &'static str> {
        self.next += 1;
        self.register
            .check(self.next - 1, &entry.leaf, &entry.stored)
    }
}

/// An author's stream; nobody signs where there is no name.
struct Stream {
    chain: Chain,
    who: &'static str,
}

impl Stream {
    fn new(id: u8, who: &'static str) -> Self {
        Self {
            chain: Chain::new(StreamId([id; 8])),
            who,
        }
    }

    fn entry(&mut self, act: Act) -> Entry {
        let salt = Salt([7; 32]);
        if self.who.is_empty() {
            return self.chain.entry(act, salt, None);
        }
        let key = signer(self.who);
        let author = Author {
            id: key.verifier().id(),
            key: key.ed25519(),
        };
        self.chain.entry(act, salt, Some(&author))
    }
}

fn act(kind: EntryType, authority: [u8; 32], counters: &[u64], time: u64) -> Act {
    Act {
        kind,
        time: Seconds(time),
        authority,
        counters: counters.to_vec(),
        body: b"{}".to_vec(),
    }
}

/// Counters of a receipt: window, held before, read, selected, discarded, errors, held after.
const fn receipt(
    [window, before, read, selected, discarded, errors, after]: [u64; 7],
) -> [u64; 13] {
    let (start, end) = (window * 60_000, (window + 1) * 60_000);
    [
        window, start, end, before, read, selected, discarded, errors, after, 0, 0, 0, 0,
    ]
}

const UNSIGNED: &str = "an entry is not signed by somebody who may write it";
const UNLEASED: &str = "a sensor ran without a decision and a lease on record";
const UNSOUND: &str = "the windows of a run do not follow each other or do not conserve packets";

#[test]
fn a_run_whose_windows_follow_and_conserve_is_taken() {
    let mut book = Book::new();
    let mut run = Stream::new(2, "s-01");
    let authority = book.authority;
    let mut enter =
        |kind, counters: &[u64], time| book.enter(&run.entry(act(kind, authority, counters, time)));
    assert_eq!(enter(EntryType::Start, &[4, 1, 1, 1], LEASED), Ok(()));
    for window in [
        [0, 0, 10, 2, 3, 1, 4],
        [1, 4, 0, 0, 0, 0, 4],
        [2, 4, 6, 0, 10, 0, 0],
    ] {
        let counters = receipt(window);
        assert_eq!(enter(EntryType::Receipt, &counters, LEASED + 60), Ok(()));
    }
    assert_eq!(enter(EntryType::Stop, &[0; 6], LEASED + 120), Ok(()));
}

#[test]
fn i1_nobody_runs_without_a_decision_and_a_lease_on_record() {
    for (what, who, of_the_decision, time) in [
        ("before the lease", "s-01", true, LEASED - 60),
        (
            "long after the lease",
            "s-01",
            true,
            BEGIN + 13 * HOUR + 180,
        ),
        ("a sensor without a lease", "s-02", true, LEASED),
        ("another authority", "s-01", false, LEASED),
    ] {
        for kind in [EntryType::Start, EntryType::Receipt] {
            let mut book = Book::new();
            let authority = if of_the_decision {
                book.authority
            } else {
                [9; 32]
            };
            let counters = receipt([0; 7]);
            let entry = Stream::new(2, who).entry(act(kind, authority, &counters, time));
            assert_eq!(book.enter(&entry), Err(UNLEASED), "{what}, {kind:?}");
        }
    }
}

#[test]
fn a_receipt_may_be_a_moment_later_than_the_lease() {
    let mut book = Book::new();
    let authority = book.authority;
    let mut run = Stream::new(2, "s-01");
    let start = act(EntryType::Start, authority, &[], LEASED);
    assert_eq!(book.enter(&run.entry(start)), Ok(()));
    let late = act(
        EntryType::Receipt,
        authority,
        &receipt([0; 7]),
        BEGIN + 13 * HOUR + 60,
    );
    assert_eq!(book.enter(&run.entry(late)), Ok(()));
}

#[test]
fn i2_and_i3_windows_follow_each_other_and_no_packet_appears_or_vanishes() {
    for (what, windows) in [
        ("begins with the second window", vec![[1, 0, 0, 0, 0, 0, 0]]),
        (
            "leaves out a window",
            vec![[0, 0, 1, 1, 0, 0, 0], [2, 0, 0, 0, 0, 0, 0]],
        ),
        (
            "tells a window twice",
            vec![[0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0]],
        ),
        ("begins with held packets", vec![[0, 5, 0, 5, 0, 0, 0]]),
        (
            "forgets held packets",
            vec![[0, 0, 5, 0, 0, 0, 5], [1, 4, 0, 0, 4, 0, 0]],
        ),
        ("loses a packet", vec![[0, 0, 10, 4, 5, 0, 0]]),
        ("makes a packet", vec![[0, 0, 10, 4, 5, 1, 1]]),
        (
            "adds beyond all numbers",
            vec![[0, 0, u64::MAX, u64::MAX, 1, 0, 0]],
        ),
    ] {
        let mut book = Book::new();
        let authority = book.authority;
        let mut run = Stream::new(2, "s-01");
        let start = act(EntryType::Start, authority, &[], LEASED);
        assert_eq!(book.enter(&run.entry(start)), Ok(()));
        let last = windows.len() - 1;
        for (at, window) in windows.into_iter().enumerate() {
            let entry = act(EntryType::Receipt, authority, &receipt(window), LEASED);
            let wanted = if at == last { Err(UNSOUND) } else { Ok(()) };
            assert_eq!(book.enter(&run.entry(entry)), wanted, "{what}");
        }
    }
}

#[test]
fn what_is_shown_again_after_a_refusal_is_not_taken_in_twice() {
    let mut book = Book::new();
    let authority = book.authority;
    let mut run = Stream::new(2, "s-01");
    let good = [
        (EntryType::Start, vec![4, 1, 1, 1]),
        (EntryType::Receipt, receipt([0, 0, 9, 0, 4, 0, 5]).to_vec()),
        (EntryType::Receipt, receipt([1, 5, 0, 0, 5, 0, 0]).to_vec()),
        (EntryType::Stop, vec![0; 6]),
    ];
    let mut entries = Vec::new();
    for (kind, counters) in good {
        entries.push(run.entry(act(kind, authority, &counters, LEASED)));
    }
    let bad = receipt([0, 0, 2, 1, 0, 0, 0]);
    let mut other = Stream::new(3, "s-01");
    entries.push(other.entry(act(EntryType::Receipt, authority, &bad, LEASED)));
    let first = book.next;
    for _ in 0..3 {
        book.next = first;
        let verdicts: Vec<_> = entries.iter().map(|entry| book.enter(entry)).collect();
        assert_eq!(verdicts, [Ok(()), Ok(()), Ok(()), Ok(()), Err(UNSOUND)]);
    }
}

#[test]
fn a_receipt_with_too_few_counters_is_none() {
    let mut book = Book::new();
    let mut run = Stream::new(2, "s-01");
    let entry = act(EntryType::Receipt, book.authority, &[0; 8], LEASED);
    assert_eq!(book.enter(&run.entry(entry)), Err(UNSOUND));
}

#[test]
fn each_kind_of_entry_has_its_author() {
    use EntryType::{
        Activation, Attestation, Decision, Deletion, Fault, Finding, Gap, Query, Receipt, Refusal,
        Request, Start, Stop, TrustRoot,
    };
    let of_sensors = [Start, Stop, Receipt, Gap, Fault, Refusal];
    let of_office = [Request, Deletion, Query, Finding];
    let of_nobody = [TrustRoot, Decision, Activation, Attestation];
    for (kinds, who) in [
        (of_sensors.as_slice(), "s-01"),
        (&of_office, "office"),
        (&of_nobody, ""),
    ] {
        for kind in kinds {
            for signer in ["s-01", "s-02", "office", "", "m1", "!office", "!s-01"] {
                let mut book = Book::new();
                let counters = receipt([0; 7]);
                let deed = act(*kind, book.authority, &counters, LEASED);
                let taken = book.enter(&Stream::new(2, signer).entry(deed));
                let sensor = who == "s-01" && signer.starts_with("s-0");
                let may = who.is_empty() || who == signer || sensor;
                let told = if may {
                    taken.is_ok() || taken == Err(UNLEASED)
                } else {
                    taken == Err(UNSIGNED)
                };
                assert!(told, "{kind:?} by `{signer}`: {taken:?}");
            }
        }
    }
}

#[test]
fn an_entry_that_is_none_is_not_taken() {
    let mut book = Book::new();
    assert_eq!(
        book.register.check(9, b"\xa0", b""),
        Err("an entry is no envelope")
    );
}

#[test]
fn a_decision_that_does_not_hold_is_an_entry_and_not_in_force() {
    let mut short = Plan::default();
    short.statement_signers = vec!["m1", "m4"];
    for (plan, in_force) in [
        (Plan::default(), true),
        (short, false),
        (Plan::agreement(), true),
    ] {
        let sample = plan.build();
        let root = TrustRoot::open(&sample.folder.trust_root).unwrap();
        let mut register = Register::new(root);
        let (entry, body) = (&sample.folder.decision_entry, &sample.folder.decision_body);
        assert_eq!(register.check(2, entry, body), Ok(()));
        let id = AuthorityId([0x5a; 16]);
        assert_eq!(register.decided(id).is_some(), in_force);
        // A second one of the same id changes nothing.
        assert_eq!(register.check(5, entry, body), Ok(()));
        assert_eq!(register.decided(id).map(|d| d.index), in_force.then_some(2));
    }
}

#[test]
fn a_query_is_remembered_from_its_reason_until_its_answer() {
    let mut book = Book::new();
    let authority = book.authority;
    let mut office = Stream::new(2, "office");
    let mut enter = |counters: &[u64], body: &str| {
        let index = book.next;
        let deed = Act {
            body: body.as_bytes().to_vec(),
            ..act(EntryType::Query, authority, counters, LEASED)
        };
        assert_eq!(book.enter(&office.entry(deed)), Ok(()));
        (
            index,
            book.register.queries.keys().copied().collect::<Vec<_>>(),
        )
    };
    let reason = r#"{"actor":"a.tanaka","purpose":"a beacon","case":"case-1","buckets":["b"]}"#;
    let (first, open) = enter(&[0, 1], reason);
    assert_eq!(open, [first]);
    for silent in [
        "{}",
        r#"{"actor":"a.tanaka","purpose":" ","case":"case-1","buckets":["b"]}"#,
        r#"{"actor":"a.tanaka","purpose":"a beacon","case":"case-1"}"#,
    ] {
        assert_eq!(enter(&[0, 1], silent).1, [first], "{silent}");
    }
    assert_eq!(enter(&[7, 1, first + 1], "").1, [first]);
    assert!(enter(&[7, 1, first], "").1.is_empty());
}
