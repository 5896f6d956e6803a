//! Hostile entries: nothing panics, and what is refused leaves the book as it was.

use crate::history::{empty, judge};
use proptest::prelude::*;
use sakimori_custody::entry::Envelope;
use sakimori_oversight::{Book, Judged, Taken};
use sakimori_testkit::history::{Story, Written};
use std::sync::OnceLock;

/// The good story, and the book before each of its entries.
fn prefixes() -> &'static (Vec<Written>, Vec<Book>) {
    static MADE: OnceLock<(Vec<Written>, Vec<Book>)> = OnceLock::new();
    MADE.get_or_init(|| {
        let written = Story::good().write();
        let mut book = empty();
        let mut books = Vec::new();
        for w in &written {
            books.push(book.clone());
            judge(&mut book, w).unwrap();
        }
        (written, books)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_bit_that_is_flipped_in_a_signed_entry_or_its_body_is_refused(
        at in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        bit in 0u8..8,
        of_body: bool,
    ) {
        let (written, books) = prefixes();
        let at = at.index(written.len());
        let (w, before) = (&written[at], &books[at]);
        let (mut leaf, mut stored) = (w.entry.leaf.clone(), w.entry.stored.clone());
        let bytes = if of_body { &mut stored } else { &mut leaf };
        let place = place.index(bytes.len());
        bytes[place] ^= 1 << bit;
        let mut book = before.clone();
        let verdict = book.judge(w.index, &leaf, &stored, Judged::default());
        if verdict.is_err() {
            prop_assert!(book == *before);
        }
        // What nobody signed is bound by the tree alone; an open body by its commitment, a sealed one for those who hold its key.
        let envelope = &w.entry.envelope;
        let bound = if of_body { !envelope.may_be_sealed() } else { envelope.signature.is_some() };
        if bound {
            prop_assert!(verdict.is_err(), "{}: {:?}", w.name, verdict);
        }
    }

    #[test]
    fn bytes_of_strangers_are_refused(
        at in any::<prop::sample::Index>(),
        leaf in prop::collection::vec(any::<u8>(), 0..400),
        stored in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let (written, books) = prefixes();
        let before = &books[at.index(written.len())];
        let mut book = before.clone();
        prop_assert!(book.judge(before.size(), &leaf, &stored, Judged::default()).is_err());
        prop_assert!(book == *before);
    }

    #[test]
    fn counters_of_any_size_are_judged_without_a_panic(
        at in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        value in prop_oneof![Just(0), Just(u64::MAX), any::<u64>()],
    ) {
        let (written, books) = prefixes();
        let at = at.index(written.len());
        let (w, before) = (&written[at], &books[at]);
        let mut envelope: Envelope = w.entry.envelope.clone();
        if !envelope.counters.is_empty() {
            let place = place.index(envelope.counters.len());
            envelope.counters[place] = value;
        }
        let mut book = before.clone();
        // As a reader of what was cosigned, so that the counter is looked at and not its signature alone.
        let verdict = book.judge(w.index, &envelope.encode(), &w.entry.stored, Judged::before());
        if verdict.is_err() {
            prop_assert!(book == *before, "{}", w.name);
        }
        let _ = book.overdue(sakimori_custody::time::Seconds(u64::MAX));
        let _ = book.yearly(2027).texts();
    }

    #[test]
    fn a_body_with_a_word_changed_is_judged_without_a_panic(
        at in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        byte in prop_oneof![Just(b'"'), Just(b'0'), Just(b'9'), Just(b'\n'), Just(b'-'), any::<u8>()],
    ) {
        let mut story = Story::good();
        let at = at.index(story.steps.len());
        let (_, books) = prefixes();
        let mut bytes = story.steps[at].body.clone().into_bytes();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        if let Ok(text) = String::from_utf8(bytes)
            && sakimori_tlog::note::Note::sign(&text, &[], 0).is_some() != story.steps[at].signers.is_empty()
        {
            story.steps[at].body = text;
            story.steps.truncate(at + 1);
            let written = story.write();
            let before = &books[at];
            let mut book = before.clone();
            let verdict = judge(&mut book, &written[at]);
            match verdict {
                Err(_) => prop_assert!(book == *before),
                Ok(taken) => prop_assert!(taken != Taken::Again),
            }
        }
    }
}
