//! Captures of the test data through the real sealed process: every thirtieth, in the order of their paths.

use crate::office::{Clock, Journal, Run, admitted, config, plan, this_program};
use crate::run::{Told, pipeline, stream};
use crate::runs::NOW;
use nix::sys::resource::{UsageWho, getrusage};
use sakimori_custody::record::Direction;
use sakimori_sensor::limits::FLOWS_MAX;
use sakimori_testkit::{data, files_below};
use std::fs::File;

/// One of so many files.
const SAMPLE: usize = 30;
/// Most memory of a sealed process, kB.
const MEMORY_KB_MAX: i64 = 512 << 10;

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
    for path in captures.step_by(SAMPLE) {
        let journal = Journal::default();
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
    let peak = peak_of_children_kb();
    println!("{count} captures through the sealed process, peak {peak} kB");
    assert!(
        count > 50 && peak < MEMORY_KB_MAX,
        "{count} captures, {peak} kB"
    );
}

/// The largest resident set that a process started here ever had, whichever test started it.
fn peak_of_children_kb() -> i64 {
    getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss()
}
