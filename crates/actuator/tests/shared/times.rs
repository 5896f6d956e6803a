//! Bounds of time that were promised, on a machine that others use too. In: bounds, something to try. Out: nothing where each time was within its bound in one of a few tries, each printed. Never: a bound that is wider than what was promised.

use std::time::Duration;

/// Most tries: what is in time by nature is so once in three, also beside a build.
const TRIES: usize = 3;

/// Tries something until each of its times was within its bound.
pub(crate) fn in_time<const N: usize>(
    of: &str,
    bounds: [(&str, Duration); N],
    mut attempt: impl FnMut() -> [Duration; N],
) {
    let mut best = [Duration::MAX; N];
    for number in 1..=TRIES {
        let took = attempt();
        for (at, (what, bound)) in bounds.iter().enumerate() {
            let ms = took[at].as_secs_f64() * 1000.0;
            println!("{of}, {what}: {ms:.1} ms (try {number}, at most {bound:?})");
            best[at] = best[at].min(took[at]);
        }
        if bounds
            .iter()
            .zip(best)
            .all(|((_, bound), took)| took < *bound)
        {
            return;
        }
    }
    panic!("{of}: not in time: {best:?}");
}
