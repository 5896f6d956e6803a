//! Reading. In: what is asked, a transaction of one moment. Out: rows in their order. Never: a row that is passed over; a cost that grows with how deep a page lies.
//!
//! First the positions of a page are found, by the index of what narrows it, and cut where they are enough; then the rows at them are read.

use super::model::{Lane, Lanes, ObjectKey, ObjectRow, ObjectsAsked, Pick, RemovedObject};
use super::{Place, lane, pack, sql};
use crate::apply::int;
use crate::engine::{Row, Value, Work};
use crate::error::StoreError;
use crate::limits::{LANES_MAX, NAME_BYTES_MAX, OBJECT_ROWS_MAX, OBJECT_TEXTS_BYTES_MAX};

/// A number that stands for every position, before the first and behind the last.
const BEFORE: i64 = -1;
const BEHIND: i64 = i64::MAX;
/// No lane has it.
const NO_LANE: Value<'static> = Value::Int(Some(-1));

/// A row's date, and the length of its text.
type Position = (u64, u64);

pub(super) async fn rows(
    work: &mut impl Work,
    collection: u64,
    asked: &ObjectsAsked<'_>,
) -> Result<Vec<ObjectRow>, StoreError> {
    let after = asked
        .after
        .map_or(BEFORE, |after| i64::try_from(after).unwrap_or(BEHIND));
    let mut search = Search {
        after,
        below: BEHIND,
        at_most: asked.at_most.clamp(1, OBJECT_ROWS_MAX),
        found: Vec::new(),
    };
    match asked.pick {
        Pick::Every => search.every(work, collection).await?,
        Pick::Ids(ids) => search.ids(work, collection, ids).await?,
        Pick::Lanes { fitting, known } => search.lanes(work, collection, fitting, known).await?,
    }
    let mut found = search.found;
    if asked.texts {
        cut(&mut found);
    }
    let Some((last, _)) = found.last().copied() else {
        return Ok(Vec::new());
    };
    let texts = usize::from(asked.texts);
    if matches!(asked.pick, Pick::Every) {
        let span = [
            int(collection)?,
            Value::Int(Some(after)),
            int(last.saturating_add(1))?,
        ];
        return read(work.rows(at(&sql::SPANS, texts), &span).await?);
    }
    let mut out = Vec::with_capacity(found.len());
    for positions in found.chunks(sql::LIST) {
        let positions = positions.iter().map(|(added, _)| int(*added));
        let positions = positions.collect::<Result<Vec<_>, _>>()?;
        let values = sql::filled(&[int(collection)?], &positions, sql::LIST);
        out.extend(read(work.rows(at(&sql::AT, texts), &values).await?)?);
    }
    Ok(out)
}

/// The statement without or with texts.
fn at(pair: &'static [String; 2], texts: usize) -> &'static str {
    pair.get(texts).map_or("", String::as_str)
}

/// Cuts a page where its texts are long enough; one row stays.
fn cut(found: &mut Vec<Position>) {
    let mut bytes = 0u64;
    let mut count = 0;
    for (_, size) in found.iter() {
        if bytes >= OBJECT_TEXTS_BYTES_MAX {
            break;
        }
        bytes = bytes.saturating_add(*size);
        count += 1;
    }
    found.truncate(count);
}

/// The first positions of a page, found so far.
struct Search {
    after: i64,
    /// No position from here on can be among them.
    below: i64,
    at_most: usize,
    found: Vec<Position>,
}

impl Search {
    fn bounds(&self) -> [Value<'static>; 3] {
        let at_most = i64::try_from(self.at_most).unwrap_or(i64::MAX);
        [self.after, self.below, at_most].map(|number| Value::Int(Some(number)))
    }

    /// Takes the positions that a statement found among those of the page.
    fn take(&mut self, rows: Vec<Row>) -> Result<(), StoreError> {
        for mut row in rows {
            self.found.push((row.number()?, row.number()?));
        }
        self.found.sort_unstable();
        self.found.dedup();
        self.found.truncate(self.at_most);
        if self.found.len() == self.at_most
            && let Some((last, _)) = self.found.last()
        {
            self.below = i64::try_from(*last).unwrap_or(BEHIND);
        }
        Ok(())
    }

    async fn every(&mut self, work: &mut impl Work, collection: u64) -> Result<(), StoreError> {
        let [after, below, at_most] = self.bounds();
        let values = [int(collection)?, after, below, at_most];
        let rows = work.rows(sql::POSITIONS, &values).await?;
        self.take(rows)
    }

    async fn ids(
        &mut self,
        work: &mut impl Work,
        collection: u64,
        ids: &[String],
    ) -> Result<(), StoreError> {
        for ids in texts(ids).chunks(sql::LIST) {
            let [after, below, at_most] = self.bounds();
            let values = [int(collection)?, after, below, at_most];
            let values = sql::filled(&values, ids, sql::LIST);
            let rows = work.rows(&sql::ID_POSITIONS, &values).await?;
            self.take(rows)?;
        }
        Ok(())
    }

    async fn lanes(
        &mut self,
        work: &mut impl Work,
        collection: u64,
        fitting: &[u64],
        known: u64,
    ) -> Result<(), StoreError> {
        for lanes in fitting.chunks(sql::LANES) {
            let lanes = lanes.iter().map(|number| int(*number));
            let mut lanes = lanes.collect::<Result<Vec<_>, _>>()?;
            lanes.resize(sql::LANES, NO_LANE);
            let values = sql::filled(&self.bounds(), &lanes, sql::LANES);
            let rows = work.rows(&sql::LANE_POSITIONS, &values).await?;
            self.take(rows)?;
        }
        // A collection that had no lanes when they were asked for has its first now.
        let known = known.max(lane(collection, 0)?);
        let [after, below, at_most] = self.bounds();
        let young = [int(known)?, int(lane(collection + 1, 0)?)?];
        let values = [after, below, at_most, young[0], young[1]];
        let rows = work.rows(sql::YOUNG_POSITIONS, &values).await?;
        self.take(rows)
    }
}

/// Texts of a list that can be there at all, each once: what the engines refuse to read is in no row.
fn texts(list: &[String]) -> Vec<Value<'_>> {
    let mut list: Vec<&str> = list
        .iter()
        .map(String::as_str)
        .filter(|text| text.len() <= NAME_BYTES_MAX && !text.contains('\0'))
        .collect();
    list.sort_unstable();
    list.dedup();
    list.into_iter()
        .map(|text| Value::Text(Some(text)))
        .collect()
}

pub(super) async fn of_ids(
    work: &mut impl Work,
    collection: u64,
    ids: &[String],
) -> Result<Vec<ObjectRow>, StoreError> {
    let collection = [int(collection)?];
    let mut out = Vec::with_capacity(ids.len());
    for ids in texts(ids).chunks(sql::IDS) {
        let (text, length) = sql::fitting(&sql::OF_IDS, ids.len());
        let values = sql::filled(&collection, ids, length);
        out.extend(read(work.rows(text, &values).await?)?);
    }
    Ok(out)
}

/// Rows of ids in all collections but one, each with the collection's id.
pub(super) async fn elsewhere(
    work: &mut impl Work,
    collection: u64,
    ids: &[String],
) -> Result<Vec<(String, ObjectRow)>, StoreError> {
    let collection = [int(collection)?];
    let mut out = Vec::new();
    for ids in texts(ids).chunks(sql::IDS) {
        let (text, length) = sql::fitting(&sql::ELSEWHERE, ids.len());
        let values = sql::filled(&collection, ids, length);
        for mut row in work.rows(text, &values).await? {
            let collection = row.text()?;
            out.push((collection, one(row)?));
        }
    }
    Ok(out)
}

pub(super) async fn lanes(
    work: &mut impl Work,
    place: &Place,
    kinds: Option<&[String]>,
) -> Result<Option<Lanes>, StoreError> {
    let known = place.lane(place.lanes)?;
    let collection = int(place.number)?;
    let end = Value::Int(i64::try_from(LANES_MAX + 1).ok());
    let mut found = Vec::new();
    match kinds {
        None => found = work.rows(sql::ALL_LANES, &[collection, end]).await?,
        Some(kinds) => {
            for kinds in texts(kinds).chunks(sql::LIST) {
                let values = sql::filled(&[collection, end], kinds, sql::LIST);
                found.extend(work.rows(&sql::KIND_LANES, &values).await?);
            }
        }
    }
    if found.len() > LANES_MAX {
        return Ok(None);
    }
    let found = found.into_iter().map(|mut row| {
        Ok(Lane {
            number: row.number()?,
            kind: row.text()?,
            markings: pack::unpack(&row.blob()?)?,
        })
    });
    let found = found.collect::<Result<_, StoreError>>()?;
    Ok(Some(Lanes { found, known }))
}

fn read(rows: Vec<Row>) -> Result<Vec<ObjectRow>, StoreError> {
    rows.into_iter().map(one).collect()
}

fn one(mut row: Row) -> Result<ObjectRow, StoreError> {
    let added = row.number()?;
    let key = key(&mut row)?;
    Ok(ObjectRow {
        key,
        added,
        kind: row.text()?,
        markings: pack::unpack(&row.blob()?)?,
        references: pack::unpack(&row.blob()?)?,
        raw: row.text()?,
    })
}

fn key(row: &mut Row) -> Result<ObjectKey, StoreError> {
    Ok(ObjectKey {
        id: row.text()?,
        version: row.text()?,
        spec: row.text()?,
    })
}

pub(super) fn removed(row: &mut Row) -> Result<RemovedObject, StoreError> {
    Ok(RemovedObject {
        number: row.number()?,
        key: key(row)?,
        added: row.number()?,
        gone: row.number()?,
    })
}
