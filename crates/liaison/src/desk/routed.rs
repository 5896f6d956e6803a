//! Lists of cases by where they go. In: whose, minister, bureau, state, a place. Out: at most 100 cases and the place where the next page begins. Never: a case that a page leaves out.

use super::{Desk, Listed, Working};
use crate::error::LiaisonError;
use crate::report::refused;
use sakimori_cooperate::routing::Minister;
use sakimori_store::{Kept, NEWEST, View};

/// Most cases of one page.
pub const PAGE_MAX: usize = 100;
/// Most cases that one page looks at: where few fit, the next page goes on behind them.
const LOOKED_MAX: usize = 5000;

/// Which bureau's cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bureau<'a> {
    /// A bureau, by its name in the schedule.
    Named(&'a str),
    /// Those that go to headquarters.
    Headquarters,
}

/// Which cases.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// `new`, `acknowledged`, `closed`; `overdue` for those in which something should have happened; all without it.
    pub state: Option<&'a str>,
    /// The minister that they go to.
    pub minister: Option<Minister>,
    /// The bureau.
    pub bureau: Option<Bureau<'a>>,
    /// Where the page begins, as the one before says; at the beginning without it.
    pub from: Option<&'a str>,
}

/// A page of cases.
#[derive(Clone, Debug, Default)]
pub struct Routed {
    /// Cases with their clocks.
    pub cases: Vec<Listed>,
    /// Where the next page begins; none behind the last.
    pub next: Option<String>,
}

/// Behind which case a list goes on: by sequence, of what is overdue by date and sequence.
#[derive(Clone, Copy)]
enum Place {
    Before(u64),
    Behind(u64, u64),
}

impl Place {
    fn read(wanted: &Wanted<'_>) -> Result<Self, LiaisonError> {
        let bad = || refused("from", "is no place of this list");
        let number = |text: &str| text.parse().map_err(|_| bad());
        match (wanted.state, wanted.from) {
            (Some("overdue"), None) => Ok(Self::Behind(0, 0)),
            (Some("overdue"), Some(from)) => {
                let (due, sequence) = from.split_once('-').ok_or_else(bad)?;
                Ok(Self::Behind(number(due)?, number(sequence)?))
            }
            (_, None) => Ok(Self::Before(NEWEST)),
            (_, Some(from)) => Ok(Self::Before(number(from)?)),
        }
    }

    fn of(self, kept: &Kept) -> Self {
        match self {
            Self::Before(_) => Self::Before(kept.sequence),
            Self::Behind(..) => Self::Behind(kept.paper.due.unwrap_or_default(), kept.sequence),
        }
    }

    fn text(self) -> String {
        match self {
            Self::Before(sequence) => sequence.to_string(),
            Self::Behind(due, sequence) => format!("{due}-{sequence}"),
        }
    }
}

impl Desk<'_> {
    /// A page of cases by where they go: the one in which something happened last first, of those that are overdue the longest first.
    ///
    /// # Errors
    /// [`LiaisonError::Refused`] where the place is none; what the store says.
    pub async fn routed(&self, view: View<'_>, wanted: Wanted<'_>) -> Result<Routed, LiaisonError> {
        let mut place = Place::read(&wanted)?;
        let mut page = Routed::default();
        let mut looked = 0;
        loop {
            let kept = self.page(view, wanted.state, place).await?;
            let Some(_) = kept.last() else {
                return Ok(page);
            };
            for kept in kept {
                if page.cases.len() == PAGE_MAX || looked == LOOKED_MAX {
                    page.next = Some(place.text());
                    return Ok(page);
                }
                place = place.of(&kept);
                looked += 1;
                let mut cases = self.with_clocks(vec![kept])?;
                cases.retain(|(case, _)| self.goes(&case.said, &wanted));
                page.cases.append(&mut cases);
            }
        }
    }

    async fn page(
        &self,
        view: View<'_>,
        state: Option<&str>,
        place: Place,
    ) -> Result<Vec<Kept>, LiaisonError> {
        let kind = <Working as crate::paper::Document>::KIND;
        Ok(match place {
            Place::Before(before) => self.store.latest(view, kind, state, before).await?,
            Place::Behind(due, sequence) => {
                let until = self.now.0.saturating_sub(1);
                let place = (due, sequence);
                self.store.due_after(view, kind, until, place).await?
            }
        })
    }

    fn goes(&self, case: &Working, wanted: &Wanted<'_>) -> bool {
        if wanted.minister.is_none() && wanted.bureau.is_none() {
            return true;
        }
        let route = case.route(self.terms);
        let to_minister = wanted.minister.is_none() || route.minister == wanted.minister;
        let to_bureau = match wanted.bureau {
            None => true,
            Some(Bureau::Named(name)) => route.bureau.as_deref() == Some(name),
            Some(Bureau::Headquarters) => route.bureau.is_none(),
        };
        to_minister && to_bureau
    }

    /// How many cases are overdue.
    ///
    /// # Errors
    /// What the store says.
    pub async fn overdue_count(&self, view: View<'_>) -> Result<u64, LiaisonError> {
        let kind = <Working as crate::paper::Document>::KIND;
        let until = self.now.0.saturating_sub(1);
        Ok(self.store.due_count(view, kind, until).await?)
    }
}
