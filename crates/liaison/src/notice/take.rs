//! The office's side. In: the bytes of a filing, whose node brought them. Out: the notice, and the operator's registered assets as they stand with it. Never: a filing in
//! another's name; an older notice that undoes a newer one.

use super::make::attachment;
use super::{FILING_BYTES_MAX, FORMAT, Filing, NoticeKind, id};
use crate::asset::{Act, PART_ENTRIES_MAX, REGISTER_MAX};
use crate::error::LiaisonError;
use crate::paper::{self, Document, Written};
use sakimori_cooperate::asset::{Asset, Location, Part};
use sakimori_cooperate::calendar::Date;
use sakimori_cooperate::clock::acknowledgement;
use sakimori_cooperate::notice::{Changed, NoticeItem};
use sakimori_cooperate::routing::Sector;
use sakimori_cooperate::{Answer, Terms};
use sakimori_custody::ids::hex;
use sakimori_store::{Change, NEWEST, Papers, Store, View};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Most parts of one operator at the office.
const PARTS_MAX: usize = REGISTER_MAX.div_ceil(PART_ENTRIES_MAX);

/// A notice as the office keeps it; the filing is its attachment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TakenNotice {
    /// Which notice it is.
    pub kind: NoticeKind,
    /// The operator's sector.
    pub sector: Sector,
    /// What changed.
    pub changed: Vec<Changed>,
    /// SHA-256 of the filing, in hex.
    pub hash: String,
    /// How many items it has.
    pub items: usize,
    /// How many assets stand behind them.
    pub lines: usize,
    /// The operator's name as it says it.
    pub name: String,
}

impl Document for TakenNotice {
    const KIND: &'static str = "taken-notice";
}

/// An asset as it is registered at the office.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registered {
    /// Its number in the operator's register.
    pub number: u64,
    /// What was told of it.
    pub item: NoticeItem,
    /// How many.
    pub count: u32,
    /// Model, where it was told.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub model: String,
    /// Version, where it was told.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// CPE name, where it was told.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cpe: String,
    /// Package URL, where it was told.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub purl: String,
}

/// Some of the registered assets of an operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisteredPart {
    /// The operator's sector.
    pub sector: Sector,
    /// The assets.
    pub lines: Vec<Registered>,
}

impl Document for RegisteredPart {
    const KIND: &'static str = "registered";
}

/// What the office says of a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Its id.
    pub id: String,
    /// SHA-256 of the filing, in hex.
    pub hash: String,
    /// When it was taken first.
    pub at: u64,
    /// Assets of the operator that are registered with it; none where it was taken before.
    pub registered: Option<usize>,
}

fn refused(field: &str, rule: impl Into<String>) -> LiaisonError {
    LiaisonError::Refused {
        field: field.to_owned(),
        rule: rule.into(),
    }
}

/// Reads a filing of an operator.
fn read(operator: &str, bytes: &[u8]) -> Result<Filing, LiaisonError> {
    if bytes.len() > FILING_BYTES_MAX {
        let rule = format!("has more than {FILING_BYTES_MAX} bytes");
        return Err(refused("notice", rule));
    }
    let filing: Filing = serde_json::from_slice(bytes).map_err(|e| {
        // BOUND: a message may quote what was sent.
        let said: String = e.to_string().chars().take(300).collect();
        refused("notice", said)
    })?;
    if filing.format != FORMAT {
        return Err(refused("format", format!("is not {FORMAT}")));
    }
    if filing.operator != operator {
        return Err(refused("operator", "is another than who brings it"));
    }
    if filing.lines.len() > REGISTER_MAX || filing.notice.items.len() > REGISTER_MAX {
        return Err(refused("lines", format!("are more than {REGISTER_MAX}")));
    }
    let empty_asset = filing.kind == NoticeKind::Asset && filing.notice.items.is_empty();
    if empty_asset || (filing.kind == NoticeKind::Change) == filing.changed.is_empty() {
        return Err(refused("changed", "does not fit the kind of notice"));
    }
    let outline = filing.notice.operator.errors();
    if !outline.is_empty() {
        return Err(LiaisonError::Fields(outline));
    }
    lines_fit(&filing)?;
    Ok(filing)
}

/// Every line has an item that holds, every item a line.
fn lines_fit(filing: &Filing) -> Result<(), LiaisonError> {
    let mut seen = BTreeSet::new();
    let mut numbers = BTreeSet::new();
    for (at, line) in filing.lines.iter().enumerate() {
        let field = format!("lines[{at}]");
        let item = filing.notice.items.get(line.item as usize);
        let item = item.ok_or_else(|| refused(&field, "names no item of the notice"))?;
        if !numbers.insert(line.number) {
            return Err(refused(&field, "has the number of another line"));
        }
        seen.insert(line.item);
        let asset = Asset {
            maker: item.maker.clone(),
            product: item.product.clone(),
            model: line.model.clone(),
            version: line.version.clone(),
            count: line.count,
            location: Location::OwnSite,
            equipment: item.equipment.clone(),
            class: item.class,
            part: Part::Application,
            introduced: filing
                .on
                .unwrap_or(Date::of(sakimori_custody::time::Seconds(0))),
            bespoke: Answer::No,
            cpe: line.cpe.clone(),
            purl: line.purl.clone(),
        };
        if let Some(error) = asset.errors().into_iter().next() {
            return Err(refused(&format!("{field}.{}", error.field), error.what));
        }
    }
    if seen.len() != filing.notice.items.len() {
        return Err(refused("lines", "do not name every item of the notice"));
    }
    Ok(())
}

/// Takes a filing that the operator's node brought; `act.owner` is the operator. The same bytes again are answered with what was said first.
///
/// # Errors
/// [`LiaisonError::Refused`]: it is no filing, is in another's name, or stands before one that was taken; what the store says.
pub async fn take(
    store: &(impl Store + ?Sized),
    act: Act<'_>,
    bytes: &[u8],
    terms: &Terms,
) -> Result<Taken, LiaisonError> {
    let filing = read(act.owner, bytes)?;
    let hash = hex(&<[u8; 32]>::from(Sha256::digest(bytes)));
    let id = id(filing.number);
    if let Some(kept) = store.paper(act.owner, TakenNotice::KIND, &id).await? {
        let kept = paper::read::<TakenNotice>(kept)?;
        if kept.said.hash != hash {
            return Err(refused("number", "is that of another notice"));
        }
        let first = paper::history::<TakenNotice>(store, act.owner, &id).await?;
        return Ok(Taken {
            id,
            hash,
            at: first.first().map_or(kept.at, |first| first.at),
            registered: None,
        });
    }
    let newest = store
        .latest(View::Of(act.owner), TakenNotice::KIND, None, NEWEST)
        .await?;
    if newest.iter().any(|kept| kept.paper.id > id) {
        return Err(refused("number", "stands before a notice that was taken"));
    }
    let parts = parts(store, act.owner).await?;
    let lines = merged(&parts, &filing);
    let mut changes = part_changes(&parts, filing.sector, &lines, &act)?;
    let taken = TakenNotice {
        kind: filing.kind,
        sector: filing.sector,
        changed: filing.changed,
        hash: hash.clone(),
        items: filing.notice.items.len(),
        lines: filing.lines.len(),
        name: filing.notice.operator.name,
    };
    let clock = acknowledgement(&id, act.at, None, act.at, terms);
    let due = clock.ok().map(|clock| clock.last.end().0);
    changes.push(paper::first(
        act.owner,
        &id,
        &taken,
        act.standing("taken", due),
    )?);
    changes.push(attachment(&act, TakenNotice::KIND, &id, bytes));
    changes.push(act.audit("take-notice", &id, format!("{} items", taken.items)));
    store.apply(&changes).await?;
    Ok(Taken {
        id,
        hash,
        at: act.at.0,
        registered: Some(lines.len()),
    })
}

/// Says that a notice was looked at: the office's own clock ends.
///
/// # Errors
/// [`LiaisonError::Missing`]; what the store says.
pub async fn acknowledge(
    store: &(impl Store + ?Sized),
    act: Act<'_>,
    id: &str,
) -> Result<(), LiaisonError> {
    let kept = paper::newest::<TakenNotice>(store, act.owner, id).await?;
    if kept.state == "acknowledged" {
        return Ok(());
    }
    let changes = [
        kept.next(&kept.said, act.standing("acknowledged", None))?,
        act.audit("acknowledge-notice", id, String::new()),
    ];
    Ok(store.apply(&changes).await?)
}

/// The registered assets of an operator.
///
/// # Errors
/// What the store says; [`LiaisonError::Unreadable`].
pub async fn registered(
    store: &(impl Papers + ?Sized),
    operator: &str,
) -> Result<Vec<Registered>, LiaisonError> {
    let parts = parts(store, operator).await?;
    Ok(parts.into_iter().flat_map(|part| part.said.lines).collect())
}

async fn parts(
    store: &(impl Papers + ?Sized),
    operator: &str,
) -> Result<Vec<Written<RegisteredPart>>, LiaisonError> {
    let (mut parts, _) =
        paper::all::<RegisteredPart>(store, View::Of(operator), None, PARTS_MAX).await?;
    parts.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(parts)
}

/// The operator's assets as they stand with a filing: a notice of assets adds to them, a change notice says all of them.
fn merged(parts: &[Written<RegisteredPart>], filing: &Filing) -> Vec<Registered> {
    let mut lines: BTreeMap<u64, Registered> = BTreeMap::new();
    if filing.kind == NoticeKind::Asset {
        let known = parts.iter().flat_map(|part| part.said.lines.iter());
        lines.extend(known.map(|line| (line.number, line.clone())));
    }
    for line in &filing.lines {
        let Some(item) = filing.notice.items.get(line.item as usize) else {
            continue;
        };
        let registered = Registered {
            number: line.number,
            item: item.clone(),
            count: line.count,
            model: line.model.clone(),
            version: line.version.clone(),
            cpe: line.cpe.clone(),
            purl: line.purl.clone(),
        };
        lines.insert(line.number, registered);
    }
    lines.into_values().take(REGISTER_MAX).collect()
}

fn part_changes(
    known: &[Written<RegisteredPart>],
    sector: Sector,
    lines: &[Registered],
    act: &Act<'_>,
) -> Result<Vec<Change>, LiaisonError> {
    let mut out = Vec::new();
    let mut chunks = lines.chunks(PART_ENTRIES_MAX);
    for at in 0..PARTS_MAX {
        let lines = chunks.next().unwrap_or_default().to_vec();
        let state = if lines.is_empty() { "empty" } else { "kept" };
        let part = RegisteredPart { sector, lines };
        let standing = act.standing(state, None);
        match known.get(at) {
            Some(kept) if kept.said == part => {}
            Some(kept) => out.push(kept.next(&part, standing)?),
            None if part.lines.is_empty() => break,
            None => out.push(paper::first(
                act.owner,
                &format!("{at:06}"),
                &part,
                standing,
            )?),
        }
    }
    Ok(out)
}
