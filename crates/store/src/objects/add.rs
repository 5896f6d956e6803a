//! Adding and taking away. In: objects or keys, the transaction in which nobody else writes to the collection. Out: what became of each. Never: a date that was given
//! before, also to a row that is gone.

use super::model::{NewObject, ObjectKey, ObjectRules, Settled, ThereAlready};
use super::{Place, pack, place, sql};
use crate::apply::{bounded, int, maybe_int, name};
use crate::engine::{Value, Work};
use crate::error::StoreError;
use crate::limits::{
    NAME_BYTES_MAX, OBJECT_BYTES_MAX, OBJECTS_MAX, REFERENCES_BYTES_MAX, TRIES_MAX,
};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Holds objects against their bounds, before anybody waits for a lock.
pub(super) fn check(objects: &[NewObject]) -> Result<(), StoreError> {
    if objects.len() > OBJECTS_MAX {
        return Err(StoreError::Bound {
            what: "the number of objects",
        });
    }
    for object in objects {
        name("id", &object.id)?;
        name("type", &object.kind)?;
        name("version", object.version.as_deref().unwrap_or_default())?;
        name("spec_version", &object.spec)?;
        bounded("object", &object.raw, OBJECT_BYTES_MAX)?;
        let lists = [&object.references, &object.markings];
        if lists.iter().any(|list| {
            list.iter().map(|text| text.len() + 4).sum::<usize>() > REFERENCES_BYTES_MAX
        }) {
            return Err(StoreError::Bound {
                what: "the list of references or markings",
            });
        }
    }
    Ok(())
}

/// Waits for the turn to write to a collection, and says how it stands; `None` where there was none to lock. One that another made since is not looked at: the turn is
/// not had by looking.
async fn turn(work: &mut impl Work, collection: Value<'_>) -> Result<Option<Place>, StoreError> {
    if work.run(sql::TURN, &[collection]).await? == 0 {
        return Ok(None);
    }
    place(work, collection).await
}

/// As [`turn`], for a collection that may begin now.
async fn first_turn(work: &mut impl Work, collection: Value<'_>) -> Result<Place, StoreError> {
    for _ in 0..=TRIES_MAX {
        if let Some(place) = turn(work, collection).await? {
            return Ok(place);
        }
        work.run(sql::NEW_COLLECTION, &[collection]).await?;
    }
    Err(StoreError::Row {
        what: "no collection that was just made",
    })
}

/// A row that is to be written.
struct Fresh<'o> {
    object: &'o NewObject,
    added: u64,
    version: String,
    lane: [u8; 32],
}

/// What is there of an id and specification.
type There = BTreeMap<(String, String), Vec<ThereAlready>>;

pub(super) async fn objects(
    work: &mut impl Work,
    collection: Value<'_>,
    objects: &[NewObject],
    now_micros: u64,
    rules: &dyn ObjectRules,
) -> Result<Vec<Settled>, StoreError> {
    let mut place = first_turn(work, collection).await?;
    let mut there = there(work, &place, objects).await?;
    let mut out = Vec::with_capacity(objects.len());
    let mut fresh: Vec<Fresh<'_>> = Vec::new();
    let mut lanes: BTreeMap<[u8; 32], Option<u64>> = BTreeMap::new();
    for object in objects {
        let found = there
            .entry((object.id.clone(), object.spec.clone()))
            .or_default();
        if let Some(settled) = rules.settle(object, found) {
            out.push(settled);
            continue;
        }
        let last = place.last_added.map(|last| last.saturating_add(1));
        let added = last.map_or(now_micros, |next| now_micros.max(next));
        place.last_added = Some(added);
        let version = rules.version(object, added);
        name("version", &version)?;
        found.push((version.clone(), object.digest));
        let lane = lane_digest(&place, object);
        lanes.insert(lane, None);
        fresh.push(Fresh {
            object,
            added,
            version,
            lane,
        });
        out.push(Settled::Added(added));
    }
    if fresh.is_empty() {
        return Ok(out);
    }
    number_lanes(work, &mut place, &fresh, &mut lanes).await?;
    write(work, &place, &fresh, &lanes).await?;
    let values = [
        int(place.number)?,
        maybe_int(place.last_added)?,
        int(place.lanes)?,
    ];
    work.run(sql::COLLECTION_NOW, &values).await?;
    Ok(out)
}

/// What is there already of the ids of some objects.
async fn there(
    work: &mut impl Work,
    place: &Place,
    objects: &[NewObject],
) -> Result<There, StoreError> {
    let mut found = There::new();
    let mut ids: Vec<&str> = Vec::with_capacity(objects.len());
    for object in objects {
        ids.push(&object.id);
        found.insert((object.id.clone(), object.spec.clone()), Vec::new());
    }
    ids.sort_unstable();
    ids.dedup();
    let collection = [int(place.number)?];
    for ids in ids.chunks(sql::LIST) {
        let ids: Vec<Value<'_>> = ids.iter().map(|id| Value::Text(Some(id))).collect();
        let values = sql::filled(&collection, &ids, sql::LIST);
        for mut row in work.rows(&sql::THERE, &values).await? {
            let (id, spec) = (row.text()?, row.text()?);
            let said = (row.text()?, row.hash()?);
            // A row of another specification is none of what is asked about.
            if let Some(known) = found.get_mut(&(id, spec)) {
                known.push(said);
            }
        }
    }
    Ok(found)
}

/// An object's markings as they are kept: a set.
fn markings(object: &NewObject) -> Vec<u8> {
    let mut markings: Vec<&str> = object.markings.iter().map(String::as_str).collect();
    markings.sort_unstable();
    markings.dedup();
    pack::pack(markings)
}

fn lane_digest(place: &Place, object: &NewObject) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(place.number.to_be_bytes());
    hash.update((object.kind.len() as u64).to_be_bytes());
    hash.update(&object.kind);
    hash.update(markings(object));
    hash.finalize().into()
}

/// Finds the numbers of lanes, and makes those that are missing.
async fn number_lanes(
    work: &mut impl Work,
    place: &mut Place,
    fresh: &[Fresh<'_>],
    lanes: &mut BTreeMap<[u8; 32], Option<u64>>,
) -> Result<(), StoreError> {
    let digests: Vec<[u8; 32]> = lanes.keys().copied().collect();
    for digests in digests.chunks(sql::LIST) {
        let digests: Vec<Value<'_>> = digests.iter().map(|d| Value::Blob(Some(d))).collect();
        let values = sql::filled(&[], &digests, sql::LIST);
        for mut row in work.rows(&sql::DIGEST_LANES, &values).await? {
            let number = row.number()?;
            lanes.insert(row.hash()?, Some(number));
        }
    }
    for one in fresh {
        if !matches!(lanes.get(&one.lane), Some(None)) {
            continue;
        }
        place.lanes += 1;
        let number = place.lane(place.lanes)?;
        let markings = markings(one.object);
        let values = [
            int(number)?,
            int(place.number)?,
            Value::Text(Some(&one.object.kind)),
            Value::Blob(Some(&markings)),
            Value::Blob(Some(&one.lane)),
        ];
        work.run(sql::NEW_LANE, &values).await?;
        lanes.insert(one.lane, Some(number));
    }
    Ok(())
}

async fn write(
    work: &mut impl Work,
    place: &Place,
    fresh: &[Fresh<'_>],
    lanes: &BTreeMap<[u8; 32], Option<u64>>,
) -> Result<(), StoreError> {
    let references: Vec<Vec<u8>> = fresh
        .iter()
        .map(|one| pack::pack(one.object.references.iter().map(String::as_str)))
        .collect();
    let collection = int(place.number)?;
    let rows: Vec<(&Fresh<'_>, &Vec<u8>)> = fresh.iter().zip(&references).collect();
    for rows in rows.chunks(sql::ROWS) {
        let mut values = Vec::with_capacity(rows.len() * sql::COLUMNS);
        for (one, references) in rows {
            let lane = lanes.get(&one.lane).copied().flatten();
            values.extend([
                collection,
                int(one.added)?,
                maybe_int(lane)?,
                int(one.object.raw.len() as u64)?,
                Value::Text(Some(&one.object.id)),
                Value::Text(Some(&one.version)),
                Value::Text(Some(&one.object.spec)),
                Value::Blob(Some(&one.object.digest)),
                Value::Blob(Some(references)),
                Value::Text(Some(&one.object.raw)),
            ]);
        }
        if rows.len() == sql::ROWS {
            work.run(&sql::ADD_ROWS, &values).await?;
        } else {
            for values in values.chunks(sql::COLUMNS) {
                work.run(&sql::ADD_ROW, values).await?;
            }
        }
    }
    Ok(())
}

pub(super) async fn remove(
    work: &mut impl Work,
    collection: Value<'_>,
    keys: &[ObjectKey],
    now: Value<'_>,
) -> Result<u64, StoreError> {
    if keys.len() > OBJECTS_MAX {
        return Err(StoreError::Bound {
            what: "the number of objects",
        });
    }
    let Some(place) = turn(work, collection).await? else {
        return Ok(0);
    };
    let collection = int(place.number)?;
    let mut number = match work.rows(sql::GONE_SO_FAR, &[collection]).await?.pop() {
        Some(mut row) => row.number()?,
        None => 0,
    };
    let mut gone = 0;
    for key in keys.iter().filter(|key| can_be_there(key)) {
        let [id, version, spec] = [&key.id, &key.version, &key.spec].map(|t| Value::Text(Some(t)));
        let rows = work
            .rows(sql::PLACE, &[collection, id, version, spec])
            .await?;
        for mut row in rows {
            let added = int(row.number()?)?;
            gone += work.run(sql::REMOVE, &[collection, added]).await?;
            number += 1;
            let values = [collection, int(number)?, id, version, spec, added, now];
            work.run(sql::GONE, &values).await?;
        }
    }
    Ok(gone)
}

/// Whether a key is none that the engines refuse to read.
fn can_be_there(key: &ObjectKey) -> bool {
    [&key.id, &key.version, &key.spec]
        .iter()
        .all(|text| text.len() <= NAME_BYTES_MAX && !text.contains('\0'))
}
