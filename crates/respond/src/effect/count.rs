//! What an observer said of a target over a span of time: the one place where a goal and a verdict are counted. In: observations of a target. Out: what is left, and whether the whole span is covered. Never: a second that nobody observed, taken for
//! a quiet one.

use super::{Answered, Observation, Said, Source, Value};
use sakimori_custody::time::Seconds;

/// Over which seconds is counted.
pub(super) struct Span {
    /// How many.
    pub(super) seconds: u64,
    /// The last of them at the latest.
    pub(super) to: Seconds,
    /// How many seconds before that the newest observation may end; the span ends with it.
    pub(super) fresh_seconds: u64,
    /// Nothing before this second is covered.
    pub(super) begin: Seconds,
}

/// The first and the last second that are counted.
#[derive(Clone, Copy)]
struct Range {
    from: Seconds,
    to: Seconds,
}

impl Span {
    /// The range that ends with the newest observation, where that is fresh; else the one that ends now, which is not covered.
    fn range(&self, newest: Option<Seconds>) -> (Range, bool) {
        let floor = self.to.0.saturating_sub(self.fresh_seconds);
        let newest = newest.filter(|until| until.0 >= floor);
        let to = newest.unwrap_or(self.to);
        let from = Seconds(to.0.saturating_sub(self.seconds.saturating_sub(1)));
        let may = newest.is_some() && from >= self.begin;
        (Range { from, to }, may)
    }
}

/// Who is asked for what.
pub(super) struct Asked<'a> {
    /// Who observes.
    pub(super) by: &'a str,
    /// By what.
    pub(super) source: Source,
    /// What a name or a route has to be: whether it resolves, whether it is in the table.
    pub(super) wants: bool,
}

/// What an observer comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counted {
    /// What is left: flows or hits; of a resolver, a table and a provider 1 where it goes against what is wanted.
    pub(super) left: u64,
    /// Whether it observed all of the span.
    pub(super) covered: bool,
}

impl Asked<'_> {
    /// What one value leaves; none where it tells nothing.
    const fn left(&self, value: Value) -> Option<u64> {
        match value {
            Value::Met(count) | Value::Reached(count) => Some(count),
            Value::Answer(Answered::AsBefore) | Value::Nowhere(false) => Some(1),
            Value::Answer(Answered::AsApproved) | Value::Nowhere(true) => Some(0),
            Value::Resolves(is) | Value::Present(is) => Some((is != self.wants) as u64),
            Value::Word(said) => Some(!matches!(said, Said::Down) as u64),
            Value::Answer(Answered::Nothing) | Value::InForce(_) => None,
        }
    }

    /// Counts what the observer said of one target.
    pub(super) fn counted(&self, own: &[&Observation], span: &Span) -> Counted {
        let counts = matches!(self.source, Source::Sensor | Source::Counter);
        let mut seen: Vec<(&Observation, u64)> = own
            .iter()
            .filter(|one| one.by == self.by && one.value.source() == self.source)
            .filter(|one| one.from <= one.until && one.until <= span.to)
            .filter(|one| !counts || one.from >= span.begin)
            .filter_map(|one| self.left(one.value).map(|left| (*one, left)))
            .collect();
        // The newest first; of two that end together the last that came.
        seen.reverse();
        seen.sort_by_key(|(one, _)| std::cmp::Reverse(one.until));
        let newest = seen.first().map(|(one, _)| one.until);
        let (range, may) = span.range(newest);
        seen.retain(|(one, _)| one.until >= range.from);
        match self.source {
            Source::Provider => word(&seen, span),
            Source::Sensor | Source::Counter => Counted {
                left: sum(&seen, range),
                covered: may && covered(&seen, range),
            },
            _ => Counted {
                left: seen.iter().map(|(_, left)| *left).max().unwrap_or(0),
                covered: may && covered(&seen, range),
            },
        }
    }
}

/// A provider's newest word counts, if it is not too old.
fn word(seen: &[(&Observation, u64)], span: &Span) -> Counted {
    let floor = span.to.0.saturating_sub(span.fresh_seconds);
    let newest = seen.first().filter(|(one, _)| one.until.0 >= floor);
    Counted {
        left: newest.map_or(0, |(_, left)| *left),
        covered: newest.is_some(),
    }
}

/// Each second is told by the newest that has it. What began before the span counts whole: nobody can tell how much of it lies in it.
fn sum(seen: &[(&Observation, u64)], range: Range) -> u64 {
    let (mut total, mut low) = (0u64, Seconds(u64::MAX));
    for (one, left) in seen {
        if low <= range.from {
            break;
        }
        if one.from < low {
            total = total.saturating_add(*left);
            low = one.from;
        }
    }
    total
}

fn covered(seen: &[(&Observation, u64)], range: Range) -> bool {
    let mut order: Vec<&Observation> = seen.iter().map(|(one, _)| *one).collect();
    order.sort_by_key(|one| (one.from, one.until));
    let mut next = range.from.0;
    for one in order {
        if one.from.0 <= next {
            next = next.max(one.until.0.saturating_add(1));
        }
    }
    next > range.to.0
}
