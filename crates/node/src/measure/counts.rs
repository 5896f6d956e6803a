//! What a sensor's receipts say of packets to a target. In: the book, packs that the office has, a sensor, a target. Out: a count over a span, at least as large as what was sent. Never: a record; a count of an authority whose pack does not
//! select the target; a second of which a packet may still wait for its record.
//!
//! Receipts are in the log, signed by the sensor, and count packets of selected records window by window (formats, section 6). A packet counts in the window in which its flow's record is decided, so that a span is counted with all
//! windows behind it. They count both ways.

use sakimori_control::{Node, files};
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use sakimori_oversight::Book;
use sakimori_oversight::book::{Run, Window};
use sakimori_respond::plan::goal::{Measured, Reading};
use sakimori_respond::safety::Target;
use sakimori_select::{Pack, Prefix, Rule};
use sakimori_tlog::note::Note;
use std::collections::BTreeMap;

/// How long a packet waits for the record of its flow at most: a flow that lives on has a record each 300 seconds, looked at once a second; some more for windows that are late.
const DECIDED_MS: u64 = 310_000;
/// Most runs of a sensor that are looked at, the newest.
const RUNS_MAX: usize = 64;
/// Most packs that are remembered.
const PACKS_MAX: usize = 256;

/// What a sensor is asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Asked {
    /// Which sensor.
    pub(super) sensor: Name,
    /// Of which target, as a goal writes it.
    pub(super) of: String,
    /// Over how many seconds.
    pub(super) seconds: u64,
}

/// A count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Counted {
    /// The reading.
    pub(super) reading: Reading,
    /// Whether the pack selects nothing else: then it is the count, and else no more than that were sent.
    pub(super) is_exact: bool,
}

/// What packs select by addresses, by their hashes; none for a pack that is not there.
#[derive(Debug, Default)]
pub(super) struct Packs(BTreeMap<[u8; 32], Option<Rules>>);

#[derive(Clone, Debug, Default)]
struct Rules {
    places: Vec<Prefix>,
    /// Whether it selects by anything else.
    others: bool,
    /// Addresses with a port: less than the address.
    ports: Vec<Prefix>,
}

fn prefix(address: [u8; 16]) -> Prefix {
    Prefix {
        first: u128::from_be_bytes(address),
        bits: 128,
    }
}

impl Rules {
    /// The rules of a pack of this hash: what the statement names by it is this text, whoever signed it.
    fn read(bytes: &[u8], hash: &[u8; 32]) -> Option<Self> {
        let note = Note::parse(bytes).ok()?;
        let pack = Pack::parse_source(note.text()).ok()?;
        if pack.hash() != *hash {
            return None;
        }
        let mut rules = Self::default();
        for selector in pack.selectors() {
            match &selector.rule {
                Rule::Address(address) => rules.places.push(prefix(*address)),
                Rule::Prefix(prefix) => rules.places.push(*prefix),
                Rule::Endpoint(address, _, _) => rules.ports.push(prefix(*address)),
                _ => rules.others = true,
            }
        }
        Some(rules)
    }

    /// Whether all packets of a target are selected, and whether nothing else is.
    fn selects(&self, target: &Prefix) -> Option<bool> {
        let holds = |outer: &Prefix, inner: &Prefix| {
            outer.first <= inner.first && inner.last() <= outer.last()
        };
        if !self.places.iter().any(|place| holds(place, target)) {
            return None;
        }
        let mut all = self.places.iter().chain(&self.ports);
        Some(!self.others && all.all(|place| holds(target, place)))
    }
}

impl Packs {
    fn selects(&mut self, node: &Node, hash: &[u8; 32], target: &Prefix) -> Option<bool> {
        if self.0.len() >= PACKS_MAX {
            self.0.clear();
        }
        let rules = self.0.entry(*hash).or_insert_with(|| {
            let bytes = files::read(&node.pack(hash)).ok().flatten()?;
            Rules::read(&bytes, hash)
        });
        rules.as_ref()?.selects(target)
    }
}

/// What the windows of a run come to: the span's first and last second, and the packets.
fn span(
    windows: impl DoubleEndedIterator<Item = Window> + Clone,
    seconds: u64,
    now: Seconds,
) -> Option<(Seconds, Seconds, u64)> {
    let (first, last) = (windows.clone().next()?, windows.clone().next_back()?);
    // Where nothing waits, everything before is decided; else what is old enough.
    let empty = windows.clone().rev().find(|window| window.held == 0);
    let aged = last.end_ms.saturating_sub(DECIDED_MS);
    let settled = empty.map_or(aged, |window| aged.max(window.end_ms));
    let end = settled.min(now.0.saturating_add(1).saturating_mul(1000)) / 1000;
    let begin = first.start_ms.div_ceil(1000);
    let from = begin.max(end.saturating_sub(seconds));
    if end <= from {
        return None;
    }
    let counts = windows.filter(|window| window.end_ms > from * 1000);
    let packets = counts.map(|window| window.selected);
    let packets = packets.fold(0u64, u64::saturating_add);
    Some((Seconds(from), Seconds(end - 1), packets))
}

/// What the receipts of a sensor say; none where no authority of it selects the target.
pub(super) fn counted(
    (book, packs, node): (&Book, &mut Packs, &Node),
    asked: &Asked,
    now: Seconds,
) -> Option<Counted> {
    let Ok(Target::Net(net)) = Target::parse(&asked.of) else {
        return None;
    };
    let target = net;
    let of = |run: &&Run| run.sensor.as_str() == asked.sensor.as_str();
    let mut runs: Vec<&Run> = book.run_list().values().filter(of).collect();
    runs.sort_by_key(|run| std::cmp::Reverse((run.last, run.index)));
    let mut best: Option<Counted> = None;
    for run in runs.into_iter().take(RUNS_MAX) {
        let Some(authority) = book.authority(run.authority) else {
            continue;
        };
        let Some(is_exact) = packs.selects(node, &authority.statement.pack, &target) else {
            continue;
        };
        let windows: Vec<Window> = run.windows().collect();
        let Some((from, to, packets)) = span(windows.into_iter(), asked.seconds, now) else {
            continue;
        };
        let newer = |known: &Counted| (known.reading.to, known.is_exact) < (to, is_exact);
        if best.as_ref().is_none_or(newer) {
            best = Some(Counted {
                reading: Reading {
                    source: asked.sensor.clone(),
                    from,
                    to,
                    of: asked.of.clone(),
                    value: Measured::Packets(packets),
                },
                is_exact,
            });
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(start: u64, selected: u64, held: u64) -> Window {
        Window {
            start_ms: start * 1000,
            end_ms: (start + 60) * 1000,
            selected,
            held,
        }
    }

    fn told(windows: &[Window], seconds: u64, now: u64) -> Option<(u64, u64, u64)> {
        let found = span(windows.iter().copied(), seconds, Seconds(now));
        found.map(|(from, to, packets)| (from.0, to.0, packets))
    }

    #[test]
    fn a_span_ends_where_nothing_waits_any_more() {
        let quiet = [window(600, 9, 0), window(660, 4, 0), window(720, 0, 0)];
        assert_eq!(told(&quiet, 60, 800), Some((720, 779, 0)));
        assert_eq!(told(&quiet, 61, 800), Some((719, 779, 4)), "whole windows");
        assert_eq!(
            told(&quiet, 500, 800),
            Some((600, 779, 13)),
            "not before it began"
        );
        assert_eq!(
            told(&quiet, 60, 770),
            Some((711, 770, 4)),
            "nothing of later"
        );
        assert_eq!(told(&[], 60, 800), None);
    }

    #[test]
    fn packets_that_wait_for_their_record_hold_a_span_back_and_count_when_they_come() {
        let waits = [window(600, 0, 0), window(660, 0, 7), window(720, 5, 3)];
        assert_eq!(told(&waits, 30, 800), Some((630, 659, 5)));
        let long: Vec<Window> = (10..30)
            .map(|n| window(n * 60, u64::from(n == 29), 2))
            .collect();
        let end = 30 * 60 - DECIDED_MS / 1000;
        assert_eq!(told(&long, 60, 9999), Some((end - 60, end - 1, 1)));
    }

    #[test]
    fn a_pack_counts_for_a_target_that_it_selects_whole() {
        let rules = |lines: &str| {
            let head = "sakimori/pack/v1\nid: p-1\nissued: 2026-11-24T00:00:00Z\npurpose: a test\n";
            let pack = Pack::parse_source(&format!("{head}{lines}")).unwrap();
            let signer = sakimori_testkit::folder::signer("a");
            let note = Note::sign(&pack.canonical_text(), &[&signer], 0).unwrap();
            assert!(
                Rules::read(&note.to_bytes(), &[0; 32]).is_none(),
                "another hash"
            );
            Rules::read(&note.to_bytes(), &pack.hash()).unwrap()
        };
        let target = |text: &str| {
            let Ok(Target::Net(net)) = Target::parse(text) else {
                panic!("{text}");
            };
            net
        };
        let one = "selector: 1 address 198.51.100.7\n";
        for (lines, of, expected) in [
            (one.to_owned(), "198.51.100.7/32", Some(true)),
            (one.to_owned(), "198.51.100.8/32", None),
            (one.to_owned(), "198.51.100.0/24", None),
            (
                format!("{one}selector: 2 endpoint 198.51.100.7 443 tcp\n"),
                "198.51.100.7/32",
                Some(true),
            ),
            (
                format!("{one}selector: 2 address 198.51.100.9\n"),
                "198.51.100.7/32",
                Some(false),
            ),
            (
                format!("{one}selector: 2 behaviour beacon\n"),
                "198.51.100.7/32",
                Some(false),
            ),
            (
                "selector: 1 prefix 198.51.100.0/24\n".to_owned(),
                "198.51.100.7/32",
                Some(false),
            ),
            (
                "selector: 1 endpoint 198.51.100.7 443 tcp\n".to_owned(),
                "198.51.100.7/32",
                None,
            ),
            (
                "selector: 1 prefix 2001:db8::/64\n".to_owned(),
                "2001:db8::/64",
                Some(true),
            ),
        ] {
            assert_eq!(rules(&lines).selects(&target(of)), expected, "{lines} {of}");
        }
    }
}
