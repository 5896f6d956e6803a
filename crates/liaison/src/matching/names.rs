//! The table of names, kept. In: pairs with who says so. Out: the table. Never: a pair without a source; one name with two meanings.

use crate::asset::Act;
use crate::error::LiaisonError;
use crate::paper::{self, Document, Written};
use sakimori_advisory::matching::{Alias, AliasKind, Aliases};
use sakimori_custody::time::Seconds;
use sakimori_store::{Papers, Store};
use serde::{Deserialize, Serialize};

/// Most pairs of the table: the makers of infrastructure are some hundred, with a handful of names each.
const PAIRS_MAX: usize = 5000;
/// Longest name or source, characters.
const NAME_CHARS_MAX: usize = 200;
/// Whose paper the table is.
const OFFICE: &str = "office";
const ID: &str = "table";

/// A pair as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AliasRow {
    /// The maker, where the pair is about its products.
    pub maker: Option<String>,
    /// The name that is met.
    pub written: String,
    /// The name that is meant.
    pub means: String,
    /// Who says so.
    pub source: String,
    /// When it was taken.
    pub taken: u64,
}

/// The table of names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AliasTable {
    /// Its pairs, in the order in which they were taken.
    pub pairs: Vec<AliasRow>,
}

impl Document for AliasTable {
    const KIND: &'static str = "alias-table";
}

impl AliasRow {
    fn alias(&self) -> Alias {
        let maker = self.maker.clone();
        Alias {
            kind: maker.map_or(AliasKind::Maker, |maker| AliasKind::Product { maker }),
            written: self.written.clone(),
            means: self.means.clone(),
            source: self.source.clone(),
            taken: Seconds(self.taken),
        }
    }
}

async fn kept(store: &(impl Papers + ?Sized)) -> Result<Option<Written<AliasTable>>, LiaisonError> {
    let kept = store.paper(OFFICE, AliasTable::KIND, ID).await?;
    kept.map(paper::read).transpose()
}

fn table(rows: &[AliasRow]) -> Result<Aliases, LiaisonError> {
    let mut out = Aliases::new();
    for row in rows {
        out.add(row.alias()).map_err(|e| LiaisonError::Refused {
            field: "names".to_owned(),
            rule: e.to_string(),
        })?;
    }
    Ok(out)
}

/// The table.
///
/// # Errors
/// What the store says; [`LiaisonError::Unreadable`].
pub async fn aliases(store: &(impl Papers + ?Sized)) -> Result<Aliases, LiaisonError> {
    Ok(marked(store).await?.0)
}

/// The table with the place of its version; 0 where there is none.
pub(super) async fn marked(store: &(impl Papers + ?Sized)) -> Result<(Aliases, u64), LiaisonError> {
    let Some(kept) = kept(store).await? else {
        return Ok((Aliases::new(), 0));
    };
    Ok((table(&kept.said.pairs)?, kept.sequence))
}

/// Takes a pair: two names of a maker, or of a product of `maker`.
///
/// # Errors
/// [`LiaisonError::Refused`]: no source, an empty name, a name that means something else already; what the store says.
pub async fn add_alias(
    store: &(impl Store + ?Sized),
    act: Act<'_>,
    maker: Option<&str>,
    (written, means, source): (&str, &str, &str),
) -> Result<(), LiaisonError> {
    let long = [written, means, source, maker.unwrap_or_default()]
        .iter()
        .any(|text| text.chars().count() > NAME_CHARS_MAX);
    let known = kept(store).await?;
    let mut said = known
        .as_ref()
        .map(|kept| kept.said.clone())
        .unwrap_or_default();
    if long || said.pairs.len() >= PAIRS_MAX {
        return Err(LiaisonError::Refused {
            field: "names".to_owned(),
            rule: format!(
                "a name has more than {NAME_CHARS_MAX} characters, or there are {PAIRS_MAX} pairs"
            ),
        });
    }
    said.pairs.push(AliasRow {
        maker: maker.map(str::to_owned),
        written: written.to_owned(),
        means: means.to_owned(),
        source: source.to_owned(),
        taken: act.at.0,
    });
    table(&said.pairs)?;
    let standing = act.standing("kept", None);
    let change = match &known {
        Some(kept) => kept.next(&said, standing)?,
        None => paper::first(OFFICE, ID, &said, standing)?,
    };
    let audit = act.audit(
        "add-alias",
        written,
        format!("means {means}, says {source}"),
    );
    Ok(store.apply(&[change, audit]).await?)
}
