//! The nine headings of Act 42/2025 art. 61(2). In: the sums of a year's months. Out: lists of numbers. Never: a heading left out because it is empty.

use super::Counts;
use crate::book::{Book, LetterKind};
use serde::Serialize;

/// Bases of heading 1: out-out measures and their extension.
const OUT_OUT: [&str; 2] = ["act42-17", "act42-19"];
/// Basis of heading 2: specific out-in measures.
const OUT_IN: [&str; 1] = ["act42-32"];
/// Basis of heading 3: specific in-out measures.
const IN_OUT: [&str; 1] = ["act42-33"];
/// Basis of headings 6 and 7.
const POLICE: &str = "police-6-2";
/// Basis of headings 8 and 9.
const DEFENCE: &str = "sdf-81-3";

/// The numbers of the nine headings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Headings {
    /// 1: requests, decisions.
    pub out_out: [u64; 2],
    /// 2: requests, decisions.
    pub out_in: [u64; 2],
    /// 3: requests, decisions.
    pub in_out: [u64; 2],
    /// 4: inspections opened, findings.
    pub inspections: [u64; 2],
    /// 5: notices, demands, recommendations.
    pub letters: [u64; 3],
    /// 6: requests, urgent acts, decisions.
    pub police: [u64; 3],
    /// 7: recommendations.
    pub police_recommendations: [u64; 1],
    /// 8: requests, urgent acts, decisions.
    pub defence: [u64; 3],
    /// 9: recommendations.
    pub defence_recommendations: [u64; 1],
}

impl Headings {
    /// The lists in the order of the headings.
    pub fn lists(&self) -> Vec<Vec<u64>> {
        vec![
            self.out_out.to_vec(),
            self.out_in.to_vec(),
            self.in_out.to_vec(),
            self.inspections.to_vec(),
            self.letters.to_vec(),
            self.police.to_vec(),
            self.police_recommendations.to_vec(),
            self.defence.to_vec(),
            self.defence_recommendations.to_vec(),
        ]
    }

    /// The sum of each heading, as the counters of entry 60 have them.
    pub fn sums(&self) -> impl Iterator<Item = u64> {
        self.lists().into_iter().map(|list| list.iter().sum())
    }

    fn add(&mut self, counts: &Counts) {
        let asked = |to: &mut [u64; 2], bases: &[&str]| {
            for basis in bases {
                to[0] += counts.requests.get(*basis).copied().unwrap_or_default();
                to[1] += counts.decisions.get(*basis).copied().unwrap_or_default();
            }
        };
        asked(&mut self.out_out, &OUT_OUT);
        asked(&mut self.out_in, &OUT_IN);
        asked(&mut self.in_out, &IN_OUT);
        self.inspections[0] += counts.inspections;
        self.inspections[1] += counts.inspection_findings;
        let kinds = [
            LetterKind::Notice,
            LetterKind::Demand,
            LetterKind::Recommendation,
        ];
        for (to, kind) in self.letters.iter_mut().zip(kinds) {
            *to += counts.letters.get(&kind).copied().unwrap_or_default();
        }
        let measures = [
            (&mut self.police, &mut self.police_recommendations, POLICE),
            (
                &mut self.defence,
                &mut self.defence_recommendations,
                DEFENCE,
            ),
        ];
        for (acts, recommendations, basis) in measures {
            let of = |map: &std::collections::BTreeMap<String, u64>| {
                map.get(basis).copied().unwrap_or_default()
            };
            acts[0] += of(&counts.requests);
            acts[1] += of(&counts.urgents);
            acts[2] += of(&counts.decisions);
            recommendations[0] += of(&counts.recommendations);
        }
    }
}

impl Book {
    /// The nine headings of a year in Japan, by the entries that are in the book.
    pub fn headings(&self, year: u64) -> Headings {
        let mut headings = Headings::default();
        for (_, counts) in self.months_of(year) {
            headings.add(counts);
        }
        headings
    }

    /// The months of a year in Japan that have entries.
    pub(crate) fn months_of(
        &self,
        year: u64,
    ) -> impl Iterator<Item = (&crate::calendar::Month, &Counts)> {
        self.counts
            .iter()
            .filter(move |(month, _)| month.year == year)
    }
}
