//! The yearly report: what the log gives for a calendar year in Japan, section 19. In: what the law counts, as it is entered. Out: whether a report has the same sums (invariant I10).
//! Never: a number from anywhere but the log.

use super::{Seen, told};
use crate::code::{Code, Subject};
use crate::fields::Fields;
use crate::json::Json;
use crate::report::Sink;
use crate::time::year_in_japan;
use crate::unhex;

/// How many numbers each heading has.
const SLOTS: [usize; 9] = [2, 2, 2, 2, 3, 3, 1, 3, 1];

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    Request,
    Urgent,
    Decision,
}

/// Everything that counts, with its time.
#[derive(Debug, Default)]
pub(super) struct Yearly(Vec<(u64, usize, usize)>);

impl Yearly {
    /// Something at a heading, both from 0.
    pub(super) fn count(&mut self, seen: &Seen<'_>, heading: usize, slot: usize) {
        self.0.push((seen.envelope.time, heading, slot));
    }

    /// Something of a basis.
    pub(super) fn basis(&mut self, seen: &Seen<'_>, what: Counted, basis: &str) {
        let heading = match basis {
            "act42-17" | "act42-19" => 0,
            "act42-32" => 1,
            "act42-33" => 2,
            "police-6-2" => 5,
            "sdf-81-3" => 7,
            _ => return,
        };
        let slot = match what {
            Counted::Request => 0,
            Counted::Urgent if heading > 2 => 1,
            Counted::Urgent => return,
            Counted::Decision => SLOTS.get(heading).map_or(0, |slots| slots - 1),
        };
        self.count(seen, heading, slot);
    }

    fn of(&self, year: u64) -> Vec<Vec<u64>> {
        let mut headings: Vec<Vec<u64>> = SLOTS.iter().map(|slots| vec![0; *slots]).collect();
        let Some((first, behind)) = year_in_japan(year) else {
            return headings;
        };
        for (time, heading, slot) in &self.0 {
            if (first..behind).contains(time)
                && let Some(number) = headings
                    .get_mut(*heading)
                    .and_then(|slots| slots.get_mut(*slot))
            {
                *number += 1;
            }
        }
        headings
    }

    /// Holds a report against the log before it.
    pub(super) fn report(&self, seen: &Seen<'_>, sink: &mut Sink) {
        let read = seen.open().map(|body| {
            let fields = Fields::read(body, &["year", "sha256", "headings"])?;
            fields.parsed("sha256", unhex::<32>)?;
            let headings = fields
                .get("headings")
                .as_list()
                .ok_or("`headings` is no list")?;
            let numbers = headings.iter().map(|heading| {
                let numbers = heading.as_list().ok_or("a heading is no list")?;
                let number = |value: &Json| value.as_u64().ok_or("a heading has no whole numbers");
                numbers.iter().map(number).collect::<Result<Vec<u64>, _>>()
            });
            let numbers = numbers
                .collect::<Result<Vec<_>, _>>()
                .map_err(str::to_owned)?;
            Ok((fields.number("year")?, numbers))
        });
        let Some((year, told)) = told(read, &seen.place(), sink) else {
            return;
        };
        let found = self.of(year);
        let sums = found.iter().map(|numbers| numbers.iter().sum::<u64>());
        let counters: Vec<u64> = [year].into_iter().chain(sums).collect();
        if told == found && seen.envelope.counters == counters {
            return sink.good(Subject::Reports);
        }
        let what = format!("it tells of {told:?} for {year}, the log gives {found:?}");
        sink.bad(Code::ReportCounters, seen.place(), what);
    }
}
