//! Whose is this? In: an advisory, the assets that are registered at the office, the table of names, answers. Out: for each operator what is meant and what is asked; counts for
//! the maker, names for the competent minister. Never: a question that was answered, asked again; a name in what a maker gets, or a number from which one follows.
//!
//! The rules are those of [`sakimori_advisory::matching`]. What an advisory means for an operator's assets is a paper of that operator, in parts; its answers stand in it and
//! are the memory from which the next advisory, or the next version of this one, is judged.

mod answers;
mod cells;
mod document;
mod held;
mod keeper;
mod names;
mod question;
mod released;
mod reply;
mod row;
mod tally;

pub use answers::memory;
pub use cells::{MakerCell, MakerCells};
pub use document::read_advisory;
pub use keeper::Keeper;
pub use names::{AliasTable, add_alias, aliases};
pub use question::{Asking, MatchPaper, ask, matches, matches_of_minister};
pub use released::{MakerNumbers, let_go, let_known};
pub use reply::answer;
pub use row::{Judged, MatchRow, RowAnswer, TAKEN_BACK, answered_of, is_answer};
pub use tally::Told;

use crate::error::LiaisonError;
use crate::notice::RegisteredPart;
use crate::paper::Written;
use sakimori_advisory::matching::views::{self, MinisterRow};
use sakimori_advisory::matching::{Advisory, Aliases, Asset, AssetId, Hit, Index, Memory};
use sakimori_cooperate::Terms;
use sakimori_cooperate::routing::Sector;
use sakimori_store::Papers;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most assets of the office that are matched: four times those of all designated operators as they are estimated.
pub const ASSETS_MAX: usize = 4_000_000;

/// Everything that an advisory is matched with. A clone is of the same assets and answers, not of their copies.
#[derive(Clone, Debug, Default)]
pub struct Matching {
    /// The table of names.
    pub aliases: Arc<Aliases>,
    /// What operators answered.
    pub memory: Arc<Memory>,
    /// The registered assets.
    pub index: Arc<Index>,
    /// Operator and number of each asset.
    numbers: Arc<BTreeMap<AssetId, u64>>,
    /// The competent minister of each operator that ever told of an asset.
    ministers: Arc<BTreeMap<String, String>>,
}

/// The last versions of papers that an index was made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Marks {
    /// Of the registered parts.
    parts: u64,
    /// Of the table of names.
    names: u64,
}

/// The id under which an asset is matched: the first 8 bytes of the SHA-256 of operator and number. Among a million assets two have one id with a probability of 3 in 10^8;
/// then the later counts.
pub fn asset_id(operator: &str, number: u64) -> AssetId {
    let mut hash = Sha256::new();
    hash.update((operator.len() as u64).to_be_bytes());
    hash.update(operator);
    hash.update(number.to_be_bytes());
    let full: [u8; 32] = hash.finalize().into();
    let first = full.iter().take(8);
    AssetId(first.fold(0, |id, byte| (id << 8) | u64::from(*byte)))
}

/// The competent minister of a sector, as the schedule of duties routes it; empty where no row names it.
fn minister(sector: Sector, terms: &Terms) -> String {
    let row = terms.routes.iter().find(|row| row.value.sector == sector);
    row.map_or_else(String::new, |row| row.value.minister.id().to_owned())
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

impl Matching {
    /// Reads everything. A million assets are some 2,500 papers; who asks often has a [`Keeper`].
    ///
    /// # Errors
    /// [`LiaisonError::Full`]; what the store says.
    pub async fn load(store: &(impl Papers + ?Sized), terms: &Terms) -> Result<Self, LiaisonError> {
        let mut held = held::Held::new(terms);
        held.follow(store).await?;
        Ok(held.matching)
    }

    /// The assets that an advisory may mean, with what was answered before.
    pub fn find(&self, advisory: &Advisory) -> Vec<Hit> {
        self.index.find(advisory, &self.memory)
    }

    /// The number of an asset in its operator's register.
    pub fn number(&self, id: AssetId) -> Option<u64> {
        self.numbers.get(&id).copied()
    }

    /// What a maker is told of its own products: classes of numbers, and nothing where fewer than three operators are concerned.
    pub fn for_maker(
        &self,
        maker: &str,
        advisory: &Advisory,
        hits: &[Hit],
    ) -> BTreeMap<String, MakerCells> {
        let counts = views::for_maker(&self.aliases.maker(maker), advisory, hits, &self.index);
        counts
            .into_iter()
            .map(|(name, count)| (name, cells::cells(&count)))
            .collect()
    }

    /// The operators for whom a minister is competent.
    pub fn operators_of<'m>(&'m self, minister: &'m str) -> impl Iterator<Item = &'m str> {
        let all = self.ministers.iter();
        let own = all.filter(move |(_, each)| *each == minister);
        own.map(|(operator, _)| operator.as_str())
    }

    /// What a competent minister is told: the operators by name, those of its own sectors.
    pub fn for_minister(
        &self,
        minister: &str,
        advisory: &Advisory,
        hits: &[Hit],
    ) -> Vec<MinisterRow> {
        views::for_minister(minister, advisory, hits, &self.index)
    }
}

/// The assets of a part, each with its number.
fn taken(part: &Written<RegisteredPart>, terms: &Terms) -> Vec<(u64, Asset)> {
    let minister = minister(part.said.sector, terms);
    let lines = part.said.lines.iter();
    let asset = lines.map(|line| {
        let asset = Asset {
            id: asset_id(&part.owner, line.number),
            operator: part.owner.clone(),
            minister: minister.clone(),
            maker: line.item.maker.clone(),
            product: line.item.product.clone(),
            model: some(&line.model),
            version: some(&line.version),
            count: line.count,
            cpe: some(&line.cpe),
            purl: some(&line.purl),
        };
        (line.number, asset)
    });
    asset.collect()
}
