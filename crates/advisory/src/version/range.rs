//! Bounds on versions. In: constraints as they were read. Out: whether a version keeps them; whether two ranges share a version. Never: an order that the scheme does
//! not give.

use super::Answer;
use super::order::{Scheme, Version};
use std::cmp::Ordering;

/// How a bound is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sign {
    /// `<`
    Below,
    /// `<=`
    BelowOr,
    /// "up to", which some mean with and some without the bound.
    UpTo,
    /// `>`
    Above,
    /// `>=`
    AboveOr,
    /// `=`
    Is,
    /// `3.x`: all that begin so.
    Begins,
}

/// One bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// How it is meant.
    pub sign: Sign,
    /// The version.
    pub version: Version,
}

/// A range of versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Range {
    /// Every version, also one that nobody knows.
    All,
    /// One of the clauses, whose bounds all hold, and none of the exceptions.
    Some {
        /// Bounds that hold together.
        clauses: Vec<Vec<Bound>>,
        /// `!=`
        except: Vec<Version>,
        /// How versions are ordered.
        scheme: Scheme,
    },
    /// A text that is not understood: every answer is unsure.
    Unclear,
}

impl Sign {
    fn is_upper(self) -> bool {
        matches!(self, Self::Below | Self::BelowOr | Self::UpTo)
    }

    fn is_lower(self) -> bool {
        matches!(self, Self::Above | Self::AboveOr)
    }

    /// Whether a version that stands so to the bound keeps it.
    fn keeps(self, order: Ordering) -> Answer {
        match (self, order) {
            (Self::UpTo, Ordering::Equal) => Answer::Unsure,
            (Self::Below | Self::BelowOr | Self::UpTo, Ordering::Less)
            | (Self::BelowOr | Self::AboveOr | Self::Is | Self::Begins, Ordering::Equal)
            | (Self::Above | Self::AboveOr, Ordering::Greater) => Answer::Yes,
            _ => Answer::No,
        }
    }
}

impl Bound {
    /// Whether a version keeps this bound.
    pub fn holds(&self, version: &Version) -> Answer {
        if self.sign == Sign::Begins {
            let begins = version.begins_with(&self.version);
            return begins.map_or(Answer::Unsure, Answer::from);
        }
        if version.is_coarser_than(&self.version) {
            return self.holds_coarse(version);
        }
        if self.version.is_coarser_than(version) && !version.is_first_of(&self.version) {
            // `3.2.5` beside "3.2": the bound may mean all of 3.2. Both readings must agree.
            let exact = version.compare(&self.version);
            let loose = self.sign.keeps(Ordering::Equal);
            let strict = exact.map_or(Answer::Unsure, |order| self.sign.keeps(order));
            return if loose == strict {
                strict
            } else {
                Answer::Unsure
            };
        }
        let order = version.compare(&self.version);
        order.map_or(Answer::Unsure, |order| self.sign.keeps(order))
    }

    /// `3.2` as somebody registered it may be 3.2 itself or any 3.2.x.
    fn holds_coarse(&self, version: &Version) -> Answer {
        let own = version
            .compare(&self.version)
            .map_or(Answer::Unsure, |order| self.sign.keeps(order));
        let last = self.sign.keeps(Ordering::Greater);
        let first_is_bound = self.version.is_first_of(version);
        if own == last && (first_is_bound || self.sign != Sign::Is) {
            return own;
        }
        Answer::Unsure
    }
}

impl Range {
    /// A range of the given bounds in the order in which they stand: `>=1|<2|=5|>7` is from 1 to below 2, or 5, or above 7 (VERS, "Check if a version is in a range").
    /// Two bounds of one direction in a row, or bounds that descend, are unclear.
    pub fn of_sequence(bounds: Vec<Bound>, except: Vec<Version>, scheme: Scheme) -> Self {
        let mut clauses: Vec<Vec<Bound>> = Vec::new();
        let mut last: Option<(Sign, Version)> = None;
        for bound in bounds {
            if let Some((_, before)) = &last
                && before.compare(&bound.version) == Some(Ordering::Greater)
            {
                return Self::Unclear;
            }
            let after = last.as_ref().map(|(sign, _)| *sign);
            let same = |f: fn(Sign) -> bool| after.is_some_and(f) && f(bound.sign);
            if same(Sign::is_upper) || same(Sign::is_lower) {
                return Self::Unclear;
            }
            let now = (bound.sign, bound.version.clone());
            match clauses.last_mut() {
                Some(clause) if after.is_some_and(Sign::is_lower) && bound.sign.is_upper() => {
                    clause.push(bound);
                }
                _ => clauses.push(vec![bound]),
            }
            if now.0.is_upper() || now.0.is_lower() {
                last = Some(now);
            }
        }
        if clauses.is_empty() && except.is_empty() {
            return Self::Unclear;
        }
        Self::Some {
            clauses,
            except,
            scheme,
        }
    }

    /// How versions of this range are ordered.
    pub fn scheme(&self) -> Scheme {
        match self {
            Self::Some { scheme, .. } => *scheme,
            _ => Scheme::Cautious,
        }
    }

    /// Whether the text was understood. Bounds that are no versions make it unclear as well.
    pub fn is_understood(&self) -> bool {
        match self {
            Self::All => true,
            Self::Unclear => false,
            Self::Some {
                clauses, except, ..
            } => {
                let bounds = clauses.iter().flatten().map(|bound| &bound.version);
                bounds.chain(except).all(Version::is_understood)
            }
        }
    }

    /// Whether a version lies in the range.
    pub fn holds(&self, version: &Version) -> Answer {
        let Self::Some {
            clauses, except, ..
        } = self
        else {
            return if *self == Self::All {
                Answer::Yes
            } else {
                Answer::Unsure
            };
        };
        if !version.is_understood() || !self.is_understood() {
            return Answer::Unsure;
        }
        let clause = |bounds: &Vec<Bound>| {
            let each = bounds.iter().map(|bound| bound.holds(version));
            each.fold(Answer::Yes, Answer::and)
        };
        let inside = if clauses.is_empty() {
            Answer::Yes
        } else {
            clauses.iter().map(clause).fold(Answer::No, Answer::or)
        };
        let excepted = except.iter().map(|one| {
            let order = version.compare(one);
            order.map_or(Answer::Unsure, |o| Answer::from(o == Ordering::Equal))
        });
        inside.and(!excepted.fold(Answer::No, Answer::or))
    }

    /// Whether the range has no upper end: its last bound is `>` or `>=` (CSAF 2.1, test 6.2.49).
    pub fn is_open_above(&self) -> bool {
        let Self::Some { clauses, .. } = self else {
            return false;
        };
        let last = clauses.last().and_then(|clause| clause.last());
        last.is_some_and(|bound| bound.sign.is_lower())
    }

    /// Whether some version lies in both.
    pub fn overlaps(&self, other: &Self) -> Answer {
        let (Self::Some { clauses: a, .. }, Self::Some { clauses: b, .. }) = (self, other) else {
            let known = self.is_understood() && other.is_understood();
            return if known { Answer::Yes } else { Answer::Unsure };
        };
        let mut any = Answer::No;
        for x in a {
            for y in b {
                any = any.or(clauses_overlap(x, y));
            }
        }
        any
    }
}

/// Two intervals share a version unless an upper bound of one lies below a lower bound of the other.
fn clauses_overlap(a: &[Bound], b: &[Bound]) -> Answer {
    let apart = |low: &[Bound], high: &[Bound]| {
        let mut apart = Answer::No;
        for lower in low.iter().filter(|x| !x.sign.is_upper()) {
            for upper in high.iter().filter(|x| !x.sign.is_lower()) {
                let touch = match (lower.sign, upper.sign) {
                    (Sign::Above, _) | (_, Sign::Below) => Answer::Yes,
                    (_, Sign::UpTo) => Answer::Unsure,
                    _ => Answer::No,
                };
                let now = match lower.version.compare(&upper.version) {
                    Some(Ordering::Greater) => Answer::Yes,
                    Some(Ordering::Equal) => touch,
                    Some(Ordering::Less) => Answer::No,
                    None => Answer::Unsure,
                };
                apart = apart.or(now);
            }
        }
        apart
    };
    let begins = a.iter().chain(b).any(|bound| bound.sign == Sign::Begins);
    if begins {
        return Answer::Unsure;
    }
    !(apart(a, b).or(apart(b, a)))
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;

    fn overlap(a: &str, b: &str, expected: Answer) {
        assert_eq!(read(a).overlaps(&read(b)), expected, "{a} and {b}");
        assert_eq!(read(b).overlaps(&read(a)), expected, "{b} and {a}");
    }

    #[test]
    fn ranges_that_share_a_version_overlap() {
        overlap(">2.1.0|<4.2.0", ">1.2.0|<2.4.0", Answer::Yes);
        overlap(">2.4.0|<4.2.0", ">1.2.0|<2.1.0", Answer::No);
        overlap("vers:intdot/>=2|<4", "vers:intdot/>=4", Answer::No);
        overlap("vers:intdot/>=2|<=4", "vers:intdot/>=4", Answer::Yes);
        overlap("<=2.0", "=2.0", Answer::Yes);
        overlap("<2.0 R2", ">2.0 R3", Answer::No);
        overlap("<2.0 HW1", ">2.0 FW1", Answer::Unsure);
        overlap("something", ">1", Answer::Unsure);
        overlap("vers:all/*", ">1", Answer::Yes);
    }

    #[test]
    fn an_open_end_is_seen() {
        for open in [">=4.2.0", "vers:semver/<2.1.0|>4.2.0", "<1.2.0|>=4.2.0"] {
            assert!(read(open).is_open_above(), "{open}");
        }
        for closed in ["<2", "vers:semver/<2.1.0|>4.2.0|<=5.4.18", "vers:all/*"] {
            assert!(!read(closed).is_open_above(), "{closed}");
        }
    }
}
