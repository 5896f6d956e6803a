//! What a maker may be told of how many have its products. In: exact numbers. Out: classes of numbers. Never: a number by which an operator could be recognised, or that gives one when what
//! was told before is taken from it.
//!
//! Two things stand in the way of that. A count of fewer than [`CELL_MIN`] operators is left out, none and one alike, however many units they have: that somebody has a product is told of
//! nobody. And what is told is a class with wide bounds, for operators and for units: the next version of an advisory, with one more range, gives most often the same class, and where it
//! gives another, the difference is no number.

use sakimori_advisory::matching::views::{Count, MakerCount};
use sakimori_cooperate::limits::CELL_MIN;
use serde::{Deserialize, Serialize};

/// Lower bounds of the classes of operators.
const OPERATORS: [u64; 4] = [CELL_MIN, 10, 30, 100];
/// Lower bounds of the classes of units.
const UNITS: [u64; 5] = [CELL_MIN, 30, 300, 3_000, 30_000];

/// What a maker sees of one outcome of one of its products.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MakerCell {
    /// Operators, such as `3-9`.
    pub operators: String,
    /// Assets in units, such as `30-299`.
    pub units: String,
}

/// What a maker sees of one of its products; nothing where there are fewer than three operators, none included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MakerCells {
    /// Assets that are affected.
    pub affected: Option<MakerCell>,
    /// Assets that are not.
    pub not_affected: Option<MakerCell>,
    /// Assets whose operator has not answered.
    pub asked: Option<MakerCell>,
}

/// The class of a number, by the lower bounds of all classes, ascending.
fn class(number: u64, bounds: &[u64]) -> String {
    let place = bounds.partition_point(|bound| *bound <= number).max(1) - 1;
    let low = bounds.get(place).copied().unwrap_or_default();
    bounds.get(place + 1).map_or_else(
        || format!("{low} or more"),
        |next| format!("{low}-{}", next - 1),
    )
}

fn cell(count: Count) -> Option<MakerCell> {
    (count.operators >= CELL_MIN).then(|| MakerCell {
        operators: class(count.operators, &OPERATORS),
        units: class(count.units, &UNITS),
    })
}

/// What may be told of exact numbers.
pub(super) fn cells(count: &MakerCount) -> MakerCells {
    MakerCells {
        affected: cell(count.affected),
        not_affected: cell(count.not_affected),
        asked: cell(count.asked),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(operators: u64, units: u64) -> Option<(String, String)> {
        let told = cell(Count { operators, units })?;
        Some((told.operators, told.units))
    }

    #[test]
    fn fewer_than_three_operators_are_left_out_whatever_they_have() {
        for (operators, units) in [(0, 0), (1, 1), (1, 40_000), (2, u64::MAX)] {
            assert_eq!(told(operators, units), None, "{operators} {units}");
        }
        for (operators, units, of, in_units) in [
            (3, 3, "3-9", "3-29"),
            (9, 29, "3-9", "3-29"),
            (10, 30, "10-29", "30-299"),
            (29, 299, "10-29", "30-299"),
            (99, 2_999, "30-99", "300-2999"),
            (100, 30_000, "100 or more", "30000 or more"),
            (u64::MAX, u64::MAX, "100 or more", "30000 or more"),
        ] {
            let expected = (of.to_owned(), in_units.to_owned());
            assert_eq!(told(operators, units), Some(expected));
        }
    }

    #[test]
    fn one_operator_more_changes_what_is_told_at_the_bound_of_a_class_alone() {
        // Whoever is told of 4 to 9 operators, one after another, is told the same each time.
        let all: std::collections::BTreeSet<_> = (3..10).map(|n| told(n, 20)).collect();
        assert_eq!(all.len(), 1);
        // Where the class changes, no number can be taken from the other: there are only bounds.
        let (before, after) = (told(9, 20).unwrap(), told(10, 20).unwrap());
        assert_ne!(before, after);
        assert!(before.0.contains('-') && after.0.contains('-'));
    }
}
