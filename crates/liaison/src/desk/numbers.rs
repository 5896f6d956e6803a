//! Numbers of the sectors. In: the office's papers on cases. Out: rows with small cells hidden, as `cooperate` has them. Never: a number by which an operator is recognised.

use super::{Desk, Working};
use crate::error::LiaisonError;
use crate::paper::{Document, Written, read};
use sakimori_cooperate::clock::{State, What};
use sakimori_cooperate::statistics::{Fact, SectorRow, by_sector};
use sakimori_store::View;

/// Most cases that are counted; beyond it the numbers would be of a part only.
const COUNTED_MAX: u64 = 200_000;

impl Desk<'_> {
    /// Rows of the sectors that have a case. Cases of a sector that no list names are left out.
    ///
    /// # Errors
    /// [`LiaisonError::Full`] where there are more than are counted, what the store says.
    pub async fn numbers(&self) -> Result<Vec<SectorRow>, LiaisonError> {
        let (mut facts, mut after, mut counted) = (Vec::new(), 0, 0_u64);
        loop {
            let page = self
                .store
                .papers(View::All, Working::KIND, None, after)
                .await?;
            let Some(last) = page.last() else {
                return Ok(by_sector(facts));
            };
            after = last.sequence;
            for kept in page {
                counted += 1;
                if counted > COUNTED_MAX {
                    return Err(LiaisonError::Full {
                        what: "cases to count",
                        most: COUNTED_MAX,
                    });
                }
                let case: Written<Working> = read(kept)?;
                let Ok(sector) = case.said.sector.parse() else {
                    continue;
                };
                let owner = (case.owner.as_str(), case.id.as_str());
                let clocks = case.said.clocks(owner, self.now, self.terms)?;
                let full = clocks.iter().find(|due| due.what == What::FullReport);
                facts.push(Fact {
                    sector,
                    form: case.said.form,
                    in_time: full.and_then(|due| match due.state {
                        State::Done => Some(true),
                        State::DoneLate | State::Overdue => Some(false),
                        State::Running | State::TargetPassed => None,
                    }),
                });
            }
        }
    }
}
