//! Numbers that were let go to a maker. In: classes of numbers, the case, who lets them go. Out: what the maker sees in its room. Never: numbers that nobody let go; an exact one, for none is kept.

use super::cells::MakerCells;
use crate::error::LiaisonError;
use crate::paper::{self, Document, Standing, Written};
use sakimori_custody::ids::hex;
use sakimori_custody::time::Seconds;
use sakimori_store::{Change, Papers, Store};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Whose papers they are.
const OWNER: &str = "office";

/// What a maker was let know of how many have its products.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MakerNumbers {
    /// The case.
    pub case: String,
    /// The maker.
    pub maker: String,
    /// By product as the publication names it.
    pub products: BTreeMap<String, MakerCells>,
    /// Index of the log entry that they left under; none in what was let go before it was entered.
    #[serde(default)]
    pub entry: Option<u64>,
}

impl Document for MakerNumbers {
    const KIND: &'static str = "maker-numbers";
}

/// Of one maker in one case, whatever its name is written with.
fn id(case: &str, maker: &str) -> String {
    let hash: [u8; 32] = Sha256::digest(maker).into();
    let short: String = hex(&hash).chars().take(24).collect();
    format!("{case}-{short}")
}

/// Lets numbers go whose entry is in the log: from now on the maker sees them in its room, in the place of those before.
///
/// # Errors
/// What the store says.
pub async fn let_go(
    store: &(impl Store + ?Sized),
    (by, at): (&str, Seconds),
    said: &MakerNumbers,
) -> Result<(), LiaisonError> {
    let id = id(&said.case, &said.maker);
    let known = store.paper(OWNER, MakerNumbers::KIND, &id).await?;
    let known = known.map(paper::read::<MakerNumbers>).transpose()?;
    let standing = Standing {
        state: "let-go",
        due: None,
        at: at.0,
        by,
    };
    let change = match known {
        Some(kept) => kept.next(said, standing)?,
        None => paper::first(OWNER, &id, said, standing)?,
    };
    let audit = Change::Audit {
        at: at.0,
        by: by.to_owned(),
        act: "let-counts-go".to_owned(),
        object: said.case.clone(),
        detail: said.maker.clone(),
    };
    Ok(store.apply(&[change, audit]).await?)
}

/// What a maker was let know in a case; nothing until somebody let numbers go.
///
/// # Errors
/// What the store says; [`LiaisonError::Unreadable`].
pub async fn let_known(
    store: &(impl Papers + ?Sized),
    case: &str,
    maker: &str,
) -> Result<Option<Written<MakerNumbers>>, LiaisonError> {
    let id = id(case, maker);
    let kept = store.paper(OWNER, MakerNumbers::KIND, &id).await?;
    kept.map(paper::read).transpose()
}
