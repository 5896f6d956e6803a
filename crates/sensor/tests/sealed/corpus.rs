//! Captures of the test data through the real sealed process: every thirtieth, in the order of their paths.

use crate::office::{Clock, Journal, Run, admitted, children, config, plan, this_program};
use crate::run::{Told, pipeline, stream};
use crate::runs::NOW;
use sakimori_custody::record::Direction;
use sakimori_sensor::limits::FLOWS_MAX;
use sakimori_testkit::{data, files_below};
use std::cell::Cell;
use std::fs::File;
use std::rc::Rc;

/// One of so many files.
const SAMPLE: usize = 30;
/// Most memory of a sealed process, kB.
const MEMORY_KB_MAX: u64 = 512 << 10;

pub(crate) fn sample() {
    let test = "captures_through_the_sealed_process_give_what_the_pipeline_gives";
    let Some(root) = data(test, "parse") else {
        return;
    };
    let admitted = admitted(&plan());
    let captures = files_below(&root).into_iter().filter(|path| {
        let name = path.extension().and_then(|e| e.to_str());
        matches!(name, Some("pcap" | "pcapng" | "gz"))
    });
    let mut count = 0;
    let peak = Rc::new(Cell::new(0));
    for path in captures.step_by(SAMPLE) {
        let seen = Rc::clone(&peak);
        // At the start and behind each receipt; the process is alive, for the most part.
        let journal = Journal::after(move |_| seen.set(seen.get().max(children_kb())));
        let run = Run {
            admitted: &admitted,
            program: this_program(),
            config: config(false),
            input: File::open(&path).unwrap().into(),
            clock: Clock::real(NOW),
        };
        let outcome = run.supervise(&journal).unwrap();
        journal.check();
        let here = Told::of(&stream(
            File::open(&path).unwrap(),
            pipeline(&config(false).pack, &[], FLOWS_MAX),
        ));
        assert_eq!(
            (outcome.totals.read, outcome.status),
            (here.check(), here.end.unwrap().status),
            "{}",
            path.display()
        );
        // The authority names two directions; flows of the third are discarded.
        let expected: Vec<_> = here
            .records
            .into_iter()
            .filter(|r| r.direction != Direction::OutOut)
            .collect();
        let published: Vec<_> = journal
            .published()
            .into_iter()
            .map(|(_, record)| record)
            .collect();
        assert_eq!(published, expected, "{}", path.display());
        count += 1;
    }
    let peak = peak.get();
    println!("{count} captures through the sealed process, peak {peak} kB");
    assert!(
        count > 50 && (1..MEMORY_KB_MAX).contains(&peak),
        "{count} captures, {peak} kB"
    );
}

/// The largest resident set of the processes that this one has now, kB. (The system's own sum over children would count this process, from which they are made.)
fn children_kb() -> u64 {
    let of = |id: i32| {
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
        line.split_ascii_whitespace().nth(1)?.parse().ok()
    };
    children().into_iter().filter_map(of).max().unwrap_or(0)
}
