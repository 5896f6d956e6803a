//! Robust statistics in whole numbers and thousandths. In: sorted or unsorted samples. Out: medians, dispersions, skews. Never: a mean, which one outlier moves.

/// A share or score in thousandths, 0–1000.
pub(crate) type Milli = u16;

/// Value at a quarter of the sorted samples: 2 is the median. Linear between neighbours.
pub(crate) fn quartile(sorted: &[u64], quarter: usize) -> u64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return 0;
    };
    let (at, part) = (last * quarter / 4, (last * quarter % 4) as u64);
    let low = sorted.get(at).copied().unwrap_or(0);
    let high = sorted.get(at + 1).copied().unwrap_or(low);
    low + (high - low) * part / 4
}

/// Median of the distances from the median.
pub(crate) fn median_deviation(sorted: &[u64], median: u64) -> u64 {
    let mut distances: Vec<u64> = sorted.iter().map(|&value| value.abs_diff(median)).collect();
    distances.sort_unstable();
    quartile(&distances, 2)
}

/// How even the two middle quarters are: 1000 − |Bowley's skewness| (Bowley 1901, as RITA uses it). A narrow middle is even.
pub(crate) fn evenness(sorted: &[u64]) -> Milli {
    let (low, middle, high) = (
        quartile(sorted, 1),
        quartile(sorted, 2),
        quartile(sorted, 3),
    );
    let spread = high - low;
    if spread == 0 || spread * 20 < middle {
        return 1000;
    }
    let skew = (high + low).abs_diff(2 * middle) * 1000 / spread;
    1000 - skew.min(1000) as Milli
}

/// How close the samples lie to their median: 1000 − deviation ÷ median.
pub(crate) fn closeness(sorted: &[u64]) -> Milli {
    let median = quartile(sorted, 2);
    let deviation = median_deviation(sorted, median);
    1000 - (deviation.saturating_mul(1000) / median.max(1)).min(1000) as Milli
}

/// `part` of `whole` in thousandths.
pub(crate) fn share(part: u64, whole: u64) -> Milli {
    (part.saturating_mul(1000) / whole.max(1)).min(1000) as Milli
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_and_scores_of_known_samples() {
        let samples = [1, 2, 3, 4, 5];
        assert_eq!([1, 2, 3].map(|q| quartile(&samples, q)), [2, 3, 4]);
        assert_eq!((evenness(&samples), closeness(&[100; 9])), (1000, 1000));
        assert_eq!(
            closeness(&[200, 237, 275, 312, 350]),
            1000 - 38 * 1000 / 275
        );
        assert_eq!(quartile(&[], 2), 0);
    }
}
