//! Numbers of a sector. In: one fact per case. Out: counts by sector and form. Never: a cell so small that it tells who reported, nor one that follows from the others.

use crate::limits::CELL_MIN;
use crate::report::CommonForm;
use crate::routing::Sector;
use serde::Serialize;
use std::collections::BTreeMap;

/// What a case adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fact {
    /// The sector.
    pub sector: Sector,
    /// The form of its last version.
    pub form: CommonForm,
    /// Whether its full report came in time; none where its time runs.
    pub in_time: Option<bool>,
}

/// A cell: a number, or that it is too small to be shown. JSON: a number, or `null`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Count(pub Option<u64>);

/// A sector's row. JSON: `{"sector", "ddos", "ransomware", "other", "in_time", "late", "total"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SectorRow {
    /// The sector.
    pub sector: Sector,
    /// Cases of denial of service.
    pub ddos: Count,
    /// Cases of ransomware.
    pub ransomware: Count,
    /// Other cases.
    pub other: Count,
    /// Full reports in time.
    pub in_time: Count,
    /// Full reports that were late or are.
    pub late: Count,
    /// All cases.
    pub total: Count,
}

/// Rows of the sectors that have a case, in their order. A cell of 1 or 2 is hidden, and beside it the total.
pub fn by_sector(facts: impl IntoIterator<Item = Fact>) -> Vec<SectorRow> {
    let mut sums: BTreeMap<Sector, [u64; 5]> = BTreeMap::new();
    for fact in facts {
        let [ddos, ransomware, other, in_time, late] = sums.entry(fact.sector).or_default();
        let form = match fact.form {
            CommonForm::Ddos => ddos,
            CommonForm::Ransomware => ransomware,
            CommonForm::Other => other,
        };
        *form += 1;
        match fact.in_time {
            Some(true) => *in_time += 1,
            Some(false) => *late += 1,
            None => {}
        }
    }
    sums.into_iter()
        .map(|(sector, sums)| row(sector, sums))
        .collect()
}

fn row(sector: Sector, [ddos, ransomware, other, in_time, late]: [u64; 5]) -> SectorRow {
    let is_small = |count: u64| count > 0 && count < CELL_MIN;
    let shown = |count: u64| Count((!is_small(count)).then_some(count));
    let total = ddos + ransomware + other;
    let cells = [ddos, ransomware, other, in_time, late];
    // Beside a hidden cell the total is hidden too, or the cell would follow from it.
    let total = if cells.into_iter().any(is_small) {
        Count(None)
    } else {
        shown(total)
    };
    SectorRow {
        sector,
        ddos: shown(ddos),
        ransomware: shown(ransomware),
        other: shown(other),
        in_time: shown(in_time),
        late: shown(late),
        total,
    }
}
