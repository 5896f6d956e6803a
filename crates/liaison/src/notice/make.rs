//! The operator's side. In: a register, the schedule of duties, who acts. Out: a filing, kept with the register's change in one transaction. Never: an item that the register
//! does not have; a notice where nothing is to be told.

use super::{FORMAT, Filing, Line, Notice, NoticeKind, id};
use crate::asset::{
    Act, Asked, Entry, Register, Tell, asked, due_of, load, outline_changes, parts_changes,
};
use crate::error::LiaisonError;
use crate::paper::{self, Document};
use sakimori_cooperate::Terms;
use sakimori_cooperate::asset::{Asset, ComputerClass};
use sakimori_cooperate::calendar::Date;
use sakimori_cooperate::notice::{AssetNotice, Changed, NoticeItem, OperatorOutline, change};
use sakimori_custody::ids::hex;
use sakimori_store::{Attachment, Change, Papers, Store};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};

/// What a notice would say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Numbers of the entries that it tells.
    pub numbers: Vec<u64>,
    /// What changed.
    pub changed: Vec<Changed>,
    /// Since when.
    pub on: Option<Date>,
    /// The last day in time; none where nothing has to be told.
    pub last: Option<Date>,
}

/// A notice that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Its id.
    pub id: String,
    /// The filing, for the office.
    pub bytes: Vec<u8>,
    /// What it says in short.
    pub notice: Notice,
}

fn nothing(kind: NoticeKind) -> LiaisonError {
    LiaisonError::Refused {
        field: "notice".to_owned(),
        rule: match kind {
            NoticeKind::Asset => "no entry of the register is to be told of".to_owned(),
            NoticeKind::Change => "nothing is different from what was told".to_owned(),
        },
    }
}

/// What a notice would say now.
///
/// # Errors
/// [`LiaisonError::Refused`] where nothing is to be told; [`LiaisonError::Missing`] until the operator's outline was said.
pub fn draft(
    register: &Register,
    kind: NoticeKind,
    terms: &Terms,
    act: &Act<'_>,
) -> Result<Draft, LiaisonError> {
    let all = asked(register, terms, act.at)?;
    let last = |each: &Asked<'_>| each.due.as_ref().map(|due| due.last);
    if kind == NoticeKind::Asset {
        let new: Vec<&Asked<'_>> = all.iter().filter(|e| e.tell == Tell::New).collect();
        if new.is_empty() {
            return Err(nothing(kind));
        }
        return Ok(Draft {
            numbers: new.iter().map(|each| each.entry.number).collect(),
            changed: Vec::new(),
            on: None,
            last: new.into_iter().filter_map(last).min(),
        });
    }
    let head = register.said();
    let mut changed = outline_changes(&head);
    let mut on: Vec<Date> = head.outline_changed_on.into_iter().collect();
    let mut lasts: Vec<Date> = all
        .iter()
        .filter(|e| e.tell != Tell::New)
        .filter_map(last)
        .collect();
    if let Some(since) = head.outline_changed_on {
        let of_outline = change(&changed, since, terms)
            .ok()
            .and_then(|duty| duty.due);
        lasts.extend(of_outline.map(|due| due.last));
    }
    for each in all.iter().filter(|each| !each.changed.is_empty()) {
        on.extend(each.entry.removed_on.or(each.entry.changed_on));
        for what in &each.changed {
            if !changed.contains(what) {
                changed.push(*what);
            }
        }
    }
    if changed.is_empty() {
        return Err(nothing(kind));
    }
    let stands = all
        .iter()
        .filter(|each| each.entry.told.is_some() && each.entry.is_in_use());
    Ok(Draft {
        numbers: stands.map(|each| each.entry.number).collect(),
        changed,
        on: on.into_iter().min(),
        last: lasts.into_iter().min(),
    })
}

/// Makes a notice: its filing, and the register that remembers what was told, in one transaction. With `details` model, version and count of each asset go with it.
///
/// # Errors
/// As [`draft`]; [`LiaisonError::Refused`] names the first field that is missing or wrong; what the store says.
pub async fn make(
    store: &(impl Store + ?Sized),
    act: Act<'_>,
    (kind, details): (NoticeKind, bool),
    terms: &Terms,
) -> Result<Made, LiaisonError> {
    let register = load(store, act.owner).await?;
    let draft = draft(&register, kind, terms, &act)?;
    let profile = register.profile()?;
    let mut head = register.said();
    let number = head.notices;
    let told = |entry: &&Entry| draft.numbers.binary_search(&entry.number).is_ok();
    let entries: Vec<&Entry> = register.entries.iter().filter(told).collect();
    let notice = notice(profile.outline.clone(), &entries)?;
    let filing = Filing {
        format: FORMAT.to_owned(),
        operator: act.owner.to_owned(),
        sector: profile.sector,
        number,
        kind,
        changed: draft.changed.clone(),
        on: draft.on,
        lines: lines(&notice, &entries, details),
        notice,
    };
    // A filing is texts and numbers: it has no value that JSON lacks.
    let mut bytes = serde_json::to_vec(&filing).unwrap_or_default();
    bytes.push(b'\n');
    let made = Notice {
        kind,
        changed: draft.changed.clone(),
        hash: hex(&<[u8; 32]>::from(Sha256::digest(&bytes))),
        items: filing.notice.items.len(),
        lines: filing.lines.len(),
        last: draft.last,
        taken: None,
    };
    head.notices += 1;
    head.told = Some(profile.outline);
    head.outline_changed_on = None;
    let after = told_now(&register, &draft, kind);
    let due = due_of(&head, &after, terms);
    let mut changes = parts_changes(&register, &head, &after, &act, due)?;
    let id = id(number);
    let last = draft.last.map(|day| day.end().0);
    changes.push(paper::first(
        act.owner,
        &id,
        &made,
        act.standing("made", last),
    )?);
    changes.push(attachment(&act, Notice::KIND, &id, &bytes));
    changes.push(act.audit("make-notice", &id, format!("{} items", made.items)));
    store.apply(&changes).await?;
    Ok(Made {
        id,
        bytes,
        notice: made,
    })
}

/// The register behind a notice.
fn told_now(register: &Register, draft: &Draft, kind: NoticeKind) -> Vec<Entry> {
    let mut out = Vec::with_capacity(register.entries.len());
    for entry in &register.entries {
        if kind == NoticeKind::Change && !entry.is_in_use() {
            continue;
        }
        let mut entry = entry.clone();
        if draft.numbers.binary_search(&entry.number).is_ok() {
            entry.told = Some(entry.item());
            entry.changed_on = None;
        }
        out.push(entry);
    }
    out
}

fn notice(operator: OperatorOutline, entries: &[&Entry]) -> Result<AssetNotice, LiaisonError> {
    if entries.is_empty() {
        // All that was told of is gone: the change notice says that nothing is left.
        return Ok(AssetNotice {
            operator,
            items: Vec::new(),
        });
    }
    let assets: Vec<Asset> = entries.iter().map(|entry| entry.asset.clone()).collect();
    AssetNotice::draft(operator, &assets).map_err(LiaisonError::Fields)
}

/// What makes two entries one item.
type ItemKey<'a> = (&'a str, ComputerClass, &'a str, &'a str);

fn item_key(item: &NoticeItem) -> ItemKey<'_> {
    (&item.equipment, item.class, &item.product, &item.maker)
}

fn lines(notice: &AssetNotice, entries: &[&Entry], details: bool) -> Vec<Line> {
    let places = notice.items.iter().map(item_key).zip(0u32..);
    let places: HashMap<ItemKey<'_>, u32> = places.collect();
    let mut shown = HashSet::new();
    let mut out = Vec::new();
    for entry in entries {
        let own = entry.item();
        let Some(item) = places.get(&item_key(&own)).copied() else {
            continue;
        };
        // Without details one line stands for an item: how many there are is not told.
        if !details && !shown.insert(item) {
            continue;
        }
        let said = |text: &str| {
            if details {
                text.to_owned()
            } else {
                String::new()
            }
        };
        out.push(Line {
            number: entry.number,
            item,
            count: if details { entry.asset.count } else { 1 },
            model: said(&entry.asset.model),
            version: said(&entry.asset.version),
            cpe: said(&entry.asset.cpe),
            purl: said(&entry.asset.purl),
        });
    }
    out
}

pub(super) fn attachment(act: &Act<'_>, kind: &str, id: &str, bytes: &[u8]) -> Change {
    Change::AddAttachment {
        attachment: Attachment {
            kind: kind.to_owned(),
            owner: act.owner.to_owned(),
            id: id.to_owned(),
            hash: Sha256::digest(bytes).into(),
            name: format!("{id}.json"),
            media: "application/json".to_owned(),
            size: bytes.len() as u64,
            at: act.at.0,
            by: act.by.to_owned(),
        },
        bytes: bytes.to_vec(),
    }
}

/// Brings a notice to the office by what the caller hands in, and keeps what the office said. A notice that was taken is not brought again.
///
/// # Errors
/// [`LiaisonError::Missing`]; what `send` says; what the store says.
pub async fn deliver<F>(
    store: &(impl Store + ?Sized),
    act: Act<'_>,
    id: &str,
    send: impl FnOnce(Vec<u8>) -> F,
) -> Result<Notice, LiaisonError>
where
    F: Future<Output = Result<String, LiaisonError>>,
{
    let kept = paper::newest::<Notice>(store, act.owner, id).await?;
    if kept.said.taken.is_some() {
        return Ok(kept.said);
    }
    let bytes = filing(store, act.owner, id).await?;
    let taken = Some(send(bytes).await?);
    let said = Notice {
        taken,
        ..kept.said.clone()
    };
    let changes = [
        kept.next(&said, act.standing("taken", None))?,
        act.audit("bring-notice", id, String::new()),
    ];
    store.apply(&changes).await?;
    Ok(said)
}

/// The bytes of a notice's filing.
///
/// # Errors
/// [`LiaisonError::Missing`]; what the store says.
pub async fn filing(
    store: &(impl Papers + ?Sized),
    owner: &str,
    id: &str,
) -> Result<Vec<u8>, LiaisonError> {
    let missing = || LiaisonError::Missing {
        what: format!("filing of notice `{id}`"),
    };
    let files = store.attachments(owner, Notice::KIND, id).await?;
    let file = files.first().ok_or_else(missing)?;
    let bytes = store.attached(owner, Notice::KIND, id, &file.hash).await?;
    bytes.ok_or_else(missing)
}
