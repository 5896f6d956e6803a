//! Which indicators match which observations. In: patterns and observations with their names. Out: for each pattern the observations that match it, one by one or together. Never: a
//! pattern that cannot be answered and is not told.

use super::{Match, MatchError, Observed, Pattern};

/// Most questions of a pattern to an observation of one call: a thousand indicators and ten thousand observations.
pub const QUESTIONS_MAX: usize = 10_000_000;

/// What matches a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// Each of these observations by itself, by their places.
    Each(Vec<usize>),
    /// These together, the first such set that was found, in the order of the pattern.
    Together(Vec<usize>),
    /// It cannot be said.
    Unanswered(MatchError),
}

/// Looks for the observations that match a pattern: first one by one, then, where none does, together. `None`: nothing matches.
pub fn which(pattern: &Pattern, observations: &[Observed<'_>]) -> Option<Which> {
    let mut each = Vec::new();
    for (at, one) in observations.iter().enumerate() {
        match pattern.matches(std::slice::from_ref(one)) {
            Ok(Match::Found(_)) => each.push(at),
            Ok(Match::None) => {}
            Err(error) => return Some(Which::Unanswered(error)),
        }
    }
    if !each.is_empty() {
        return Some(Which::Each(each));
    }
    match pattern.matches(observations) {
        Ok(Match::Found(mut places)) => {
            places.dedup();
            Some(Which::Together(places))
        }
        Ok(Match::None) => None,
        Err(error) => Some(Which::Unanswered(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{self, Limits};
    use std::collections::BTreeMap;

    fn observed(value: &str, at: &str) -> String {
        format!(
            "{{\"type\":\"observed-data\",\"first_observed\":\"{at}\",\"last_observed\":\"{at}\",\"number_observed\":1,\"objects\":{{\"0\":{{\"type\":\"domain-name\",\"value\":\"{value}\"}}}}}}"
        )
    }

    #[test]
    fn observations_match_one_by_one_or_together() {
        let texts = [
            observed("a.example", "2026-01-01T00:00:00Z"),
            observed("b.example", "2026-01-01T00:01:00Z"),
            observed("a.example", "2026-01-01T00:02:00Z"),
        ];
        let nodes: Vec<_> = texts
            .iter()
            .map(|text| json::read(text, Limits::MANY).unwrap())
            .collect();
        let none = BTreeMap::new();
        let all: Vec<_> = nodes
            .iter()
            .map(|node| Observed::new(node, &none).unwrap())
            .collect();
        let check = |text: &str, expected: Option<Which>| {
            assert_eq!(
                which(&Pattern::parse(text).unwrap(), &all),
                expected,
                "{text}"
            );
        };
        check(
            "[domain-name:value = 'a.example']",
            Some(Which::Each(vec![0, 2])),
        );
        check("[domain-name:value = 'c.example']", None);
        check(
            "[domain-name:value = 'b.example'] FOLLOWEDBY [domain-name:value = 'a.example']",
            Some(Which::Together(vec![1, 2])),
        );
        check(
            "[domain-name:value MATCHES '(?=a)']",
            Some(Which::Unanswered(MatchError::Expression { at: 1 })),
        );
    }
}
