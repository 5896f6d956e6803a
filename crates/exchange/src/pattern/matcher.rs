//! Whether observations match a pattern, sections 9.5 and 9.6. In: a pattern and observations. Out: which of them match it together, the first found. Never: a search
//! without an end: it takes a bounded number of steps and says where it ran out.

use super::Pattern;
use super::ast::{Comparison, Observation, PropertyTest, Qualifier};
use super::compare::Ready;
use super::observe::Observed;
use super::path::{last_key, values};
use crate::stix::Timestamp;

/// Steps of a search: values looked at and choices made. A million take less than a second.
const STEPS_MAX: usize = 1 << 20;
/// Most repetitions that are looked for: each is a level of the search.
const REPEATS_MAX: u64 = 256;

/// What a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// The places of the observations that match together, in the order of the pattern; one that was made several times may stand there several times.
    Found(Vec<usize>),
    /// None do.
    None,
}

/// Why it cannot be said whether a pattern matches. Who asks acts on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MatchError {
    /// A regular expression that looks around or back, or that is too large.
    #[error("the regular expression at byte {at} of the pattern cannot be used here")]
    Expression {
        /// First byte of the test.
        at: usize,
    },
    /// The search took too many steps.
    #[error(
        "the search needs more than {STEPS_MAX} steps or {REPEATS_MAX} repetitions; ask with fewer observations"
    )]
    TooMuch,
}

/// Steps that are left.
pub(super) struct Budget(usize);

impl Budget {
    /// Takes steps; `false` where there are none left.
    pub(super) fn spend(&mut self, steps: usize) -> bool {
        self.0 = self.0.saturating_sub(steps.max(1));
        self.0 > 0
    }
}

impl Pattern {
    /// Looks for observations that match the pattern together. An observation that was made several times (`number_observed`) may be taken as often.
    ///
    /// Where the moments of an observation are a span, any moment in it may be the one that counts.
    ///
    /// # Errors
    /// [`MatchError`] where it cannot be said.
    pub fn matches(&self, observations: &[Observed<'_>]) -> Result<Match, MatchError> {
        let mut budget = Budget(STEPS_MAX);
        let mut leaves = Vec::new();
        leaf_matches(&self.root, observations, &mut budget, &mut leaves)?;
        let mut search = Search {
            observations,
            leaves,
            left: observations.iter().map(|o| o.times).collect(),
            budget,
            too_often: false,
        };
        let mut found = None;
        let mut taken = Vec::new();
        let any = search.solve(&self.root, &mut taken, &mut |_, taken| {
            found = Some(taken.clone());
            true
        });
        match found {
            _ if search.budget.0 == 0 || (search.too_often && found.is_none()) => {
                Err(MatchError::TooMuch)
            }
            Some(found) if any => Ok(Match::Found(found)),
            _ => Ok(Match::None),
        }
    }
}

/// For each pair of square brackets, the observations that fulfil it.
fn leaf_matches(
    expression: &Observation,
    observations: &[Observed<'_>],
    budget: &mut Budget,
    out: &mut Vec<Vec<usize>>,
) -> Result<(), MatchError> {
    match expression {
        Observation::Test { comparison, .. } => {
            let mut tests = Vec::new();
            comparison.tests(&mut tests);
            let ready: Vec<Ready<'_>> = tests
                .iter()
                .map(|test| {
                    Ready::new(&test.operator).ok_or(MatchError::Expression { at: test.at })
                })
                .collect::<Result<_, _>>()?;
            let fulfils = |observed: &Observed<'_>, budget: &mut Budget| {
                observed.seen.iter().any(|object| {
                    let mut next = ready.iter();
                    holds(comparison, &mut next, &mut |test, ready| {
                        let found = values(&test.path, object, observed, budget);
                        budget.spend(found.len());
                        let key = last_key(&test.path);
                        // What is not there fulfils nothing, but that it is not there.
                        match (&test.operator, found.is_empty()) {
                            (super::Operator::Exists, empty) => empty == test.negated,
                            _ => found.iter().any(|v| ready.holds(v, key) != test.negated),
                        }
                    })
                })
            };
            let mut matching = Vec::new();
            for (at, observed) in observations.iter().enumerate() {
                if fulfils(observed, budget) {
                    matching.push(at);
                }
            }
            out.push(matching);
            Ok(())
        }
        Observation::And(parts) | Observation::Or(parts) | Observation::FollowedBy(parts) => parts
            .iter()
            .try_for_each(|part| leaf_matches(part, observations, budget, out)),
        Observation::Qualified(inner, _) => leaf_matches(inner, observations, budget, out),
    }
}

/// Whether one object fulfils a comparison. Every test takes its own of `ready`, asked or not.
fn holds(
    comparison: &Comparison,
    ready: &mut std::slice::Iter<'_, Ready<'_>>,
    test: &mut dyn FnMut(&PropertyTest, &Ready<'_>) -> bool,
) -> bool {
    match comparison {
        Comparison::Test(one) => ready.next().is_some_and(|ready| test(one, ready)),
        Comparison::And(parts) => {
            let mut every = true;
            for part in parts {
                every &= holds(part, ready, test);
            }
            every
        }
        Comparison::Or(parts) => {
            let mut any = false;
            for part in parts {
                any |= holds(part, ready, test);
            }
            any
        }
    }
}

struct Search<'o, 't> {
    observations: &'o [Observed<'t>],
    /// Observations by number of the square brackets.
    leaves: Vec<Vec<usize>>,
    /// How often each may still be taken.
    left: Vec<u64>,
    budget: Budget,
    too_often: bool,
}

/// What is to be found behind a part that has been; it says whether the search is over.
type Then<'f, 'o, 't> = dyn FnMut(&mut Search<'o, 't>, &mut Vec<usize>) -> bool + 'f;

impl<'o, 't> Search<'o, 't> {
    /// Tries every way to fulfil an expression, adding to `taken`, until `then` says that it is enough.
    fn solve(
        &mut self,
        expression: &Observation,
        taken: &mut Vec<usize>,
        then: &mut Then<'_, 'o, 't>,
    ) -> bool {
        if !self.budget.spend(1) {
            return true;
        }
        match expression {
            Observation::Test { number, .. } => self.take(*number, 0, taken, then),
            Observation::Or(parts) => parts.iter().any(|part| self.solve(part, taken, then)),
            Observation::And(parts) => self.all(parts, None, taken, then),
            Observation::FollowedBy(parts) => self.all(parts, Some(taken.len()), taken, then),
            Observation::Qualified(inner, Qualifier::Repeats(times)) => {
                self.repeat(inner, *times, taken, then)
            }
            Observation::Qualified(inner, qualifier) => {
                let begin = taken.len();
                self.solve(inner, taken, &mut |search, taken| {
                    search.qualifies(taken.get(begin..).unwrap_or_default(), qualifier)
                        && then(search, taken)
                })
            }
        }
    }

    /// One observation that fulfils the square brackets, not before `floor` in their list.
    fn take(
        &mut self,
        number: usize,
        floor: usize,
        taken: &mut Vec<usize>,
        then: &mut Then<'_, 'o, 't>,
    ) -> bool {
        let candidates = self.leaves.get(number).cloned().unwrap_or_default();
        for candidate in candidates.into_iter().filter(|at| *at >= floor) {
            if !self.budget.spend(1) {
                return true;
            }
            match self.left.get_mut(candidate) {
                Some(left) if *left > 0 => *left -= 1,
                _ => continue,
            }
            taken.push(candidate);
            let over = then(self, taken);
            taken.pop();
            if let Some(left) = self.left.get_mut(candidate) {
                *left += 1;
            }
            if over {
                return true;
            }
        }
        false
    }

    /// Every part; `ordered` is where the first of them begins in `taken`, if each has to follow those before it.
    fn all(
        &mut self,
        parts: &[Observation],
        ordered: Option<usize>,
        taken: &mut Vec<usize>,
        then: &mut Then<'_, 'o, 't>,
    ) -> bool {
        let Some((first, rest)) = parts.split_first() else {
            return then(self, taken);
        };
        let middle = taken.len();
        self.solve(first, taken, &mut |search, taken| {
            if let Some(begin) = ordered {
                let before = taken.get(begin..middle).unwrap_or_default();
                let behind = taken.get(middle..).unwrap_or_default();
                if !search.follows(before, behind) {
                    return false;
                }
            }
            search.all(rest, ordered, taken, then)
        })
    }

    fn repeat(
        &mut self,
        inner: &Observation,
        times: u64,
        taken: &mut Vec<usize>,
        then: &mut Then<'_, 'o, 't>,
    ) -> bool {
        if times > REPEATS_MAX {
            self.too_often = true;
            return false;
        }
        if times == 0 {
            return then(self, taken);
        }
        // The order of repetitions of one pair of brackets does not count: trying each once is enough.
        if let Observation::Test { number, .. } = inner {
            return self.repeat_test(*number, 0, times, taken, then);
        }
        self.solve(inner, taken, &mut |search, taken| {
            search.repeat(inner, times - 1, taken, then)
        })
    }

    fn repeat_test(
        &mut self,
        number: usize,
        floor: usize,
        times: u64,
        taken: &mut Vec<usize>,
        then: &mut Then<'_, 'o, 't>,
    ) -> bool {
        if times == 0 {
            return then(self, taken);
        }
        self.take(number, floor, taken, &mut |search, taken| {
            let floor = taken.last().copied().unwrap_or_default();
            search.repeat_test(number, floor, times - 1, taken, then)
        })
    }

    fn spans(&self, taken: &[usize]) -> impl Iterator<Item = &'o Observed<'t>> {
        let all = self.observations;
        let places: Vec<usize> = taken.to_vec();
        places.into_iter().filter_map(move |at| all.get(at))
    }

    fn latest_first(&self, taken: &[usize]) -> Option<&'o Timestamp> {
        self.spans(taken).map(|observed| &observed.first).max()
    }

    fn earliest_last(&self, taken: &[usize]) -> Option<&'o Timestamp> {
        self.spans(taken).map(|observed| &observed.last).min()
    }

    /// Whether moments can be chosen so that none of `behind` is before one of `before`.
    fn follows(&self, before: &[usize], behind: &[usize]) -> bool {
        match (self.latest_first(before), self.earliest_last(behind)) {
            (Some(before), Some(behind)) => before <= behind,
            _ => true,
        }
    }

    fn qualifies(&self, taken: &[usize], qualifier: &Qualifier) -> bool {
        match qualifier {
            Qualifier::Within(seconds) => {
                match (self.latest_first(taken), self.earliest_last(taken)) {
                    (Some(latest), Some(earliest)) => latest.seconds_since(earliest) <= *seconds,
                    _ => true,
                }
            }
            Qualifier::StartStop(start, stop) => self
                .spans(taken)
                .all(|observed| observed.last >= *start && observed.first < *stop),
            Qualifier::Repeats(_) => true,
        }
    }
}
