//! The collections of the node's store under the logic of TAXII. In: what the logic asks. Out: its rows. Never: a filter of its own; a call on a thread that drives others'
//! tasks, which would stand still while the database works.

pub mod council;
pub mod gate;

use sakimori_exchange::stix::SpecVersion;
use sakimori_exchange::taxii::{Key, New, Outcome, Row, Sight, Store, StoreError, Wanted, settle};
use sakimori_store::{
    Lane, NewObject, ObjectKey, ObjectRow, ObjectRules, ObjectsAsked, Pick, Settled, ThereAlready,
};
use std::future::Future;
use std::sync::Arc;
use tokio::runtime::Handle;

/// Told why the store did not answer, for the log; whoever asked learns only that.
pub type Told = Arc<dyn Fn(&sakimori_store::StoreError) + Send + Sync>;

/// The node's store as the logic of TAXII asks it; each clone is as good as the first. For threads that may wait (`spawn_blocking`): a call waits for the
/// database, and panics on a thread that drives tasks.
#[derive(Clone)]
pub struct Shared {
    store: Arc<dyn sakimori_store::Store>,
    runtime: Handle,
    told: Told,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shared")
    }
}

impl Shared {
    /// Over a store; `runtime` is the one whose tasks drive its connections.
    pub fn new(store: Arc<dyn sakimori_store::Store>, runtime: Handle, told: Told) -> Self {
        Self {
            store,
            runtime,
            told,
        }
    }

    fn wait<T>(
        &self,
        answer: impl Future<Output = Result<T, sakimori_store::StoreError>>,
    ) -> Result<T, StoreError> {
        self.runtime.block_on(answer).map_err(|error| {
            (self.told)(&error);
            StoreError
        })
    }

    /// The lanes that fit a sight and types, and the highest that was there; `None` where every row has to be looked at.
    fn lanes(
        &self,
        collection: &str,
        wanted: &Wanted<'_>,
    ) -> Result<Option<(Vec<u64>, u64)>, StoreError> {
        if wanted.kinds.is_none() && wanted.sight.sees_every() {
            return Ok(None);
        }
        let lanes = self.wait(self.store.lanes(collection, wanted.kinds))?;
        let Some(lanes) = lanes else {
            return Ok(None);
        };
        let all = lanes.found.len();
        let fitting: Vec<u64> = lanes
            .found
            .iter()
            .filter(|lane| sees(wanted.sight, lane))
            .map(|lane| lane.number)
            .collect();
        // Who sees every lane reads the collection as it lies.
        let narrows = wanted.kinds.is_some() || fitting.len() < all;
        Ok(narrows.then_some((fitting, lanes.known)))
    }
}

fn sees(sight: &dyn Sight, lane: &Lane) -> bool {
    sight.sees_every() || lane.markings.iter().all(|marking| sight.sees(marking))
}

impl Store for Shared {
    fn rows(
        &self,
        collection: &str,
        after: Option<u64>,
        wanted: &Wanted<'_>,
        at_most: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let lanes;
        let pick = if let Some(ids) = wanted.ids {
            Pick::Ids(ids)
        } else {
            lanes = self.lanes(collection, wanted)?;
            match &lanes {
                Some((fitting, known)) => Pick::Lanes {
                    fitting,
                    known: *known,
                },
                None => Pick::Every,
            }
        };
        let asked = ObjectsAsked {
            after,
            pick,
            texts: wanted.texts,
            at_most,
        };
        let rows = self.wait(self.store.objects(collection, &asked))?;
        self.read(rows)
    }

    fn versions_of(&self, collection: &str, ids: &[String]) -> Result<Vec<Row>, StoreError> {
        let rows = self.wait(self.store.object_versions(collection, ids))?;
        self.read(rows)
    }

    fn elsewhere(
        &self,
        collection: &str,
        ids: &[String],
    ) -> Result<Vec<(String, Row)>, StoreError> {
        let rows = self.wait(self.store.objects_elsewhere(collection, ids))?;
        let (places, rows): (Vec<String>, Vec<ObjectRow>) = rows.into_iter().unzip();
        Ok(places.into_iter().zip(self.read(rows)?).collect())
    }

    fn add(
        &mut self,
        collection: &str,
        objects: &[New],
        now_micros: u64,
    ) -> Result<Vec<Outcome>, StoreError> {
        let objects: Vec<NewObject> = objects.iter().map(kept).collect();
        let added = self
            .store
            .add_objects(collection, &objects, now_micros, &Rules);
        let added = self.wait(added)?;
        Ok(added.into_iter().map(outcome).collect())
    }

    fn remove(
        &mut self,
        collection: &str,
        keys: &[Key],
        now_micros: u64,
    ) -> Result<(), StoreError> {
        let keys: Vec<ObjectKey> = keys.iter().map(key_kept).collect();
        let gone = self.store.remove_objects(collection, &keys, now_micros);
        self.wait(gone).map(|_| ())
    }
}

impl Shared {
    fn read(&self, rows: Vec<ObjectRow>) -> Result<Vec<Row>, StoreError> {
        let rows: Option<Vec<Row>> = rows.into_iter().map(row).collect();
        rows.ok_or_else(|| {
            (self.told)(&sakimori_store::StoreError::Row {
                what: "a version of the specification that is none",
            });
            StoreError
        })
    }
}

/// What the logic of TAXII decides, for the store to ask.
struct Rules;

impl ObjectRules for Rules {
    fn settle(&self, object: &NewObject, there: &[ThereAlready]) -> Option<Settled> {
        Some(match settle(&judged(object), there)? {
            Outcome::Added(at) => Settled::Added(at),
            Outcome::Known => Settled::Known,
            Outcome::Different => Settled::Different,
        })
    }

    fn version(&self, object: &NewObject, added: u64) -> String {
        judged(object).row(added).key.version
    }
}

/// What of an object decides about its version; the rest is left out.
fn judged(object: &NewObject) -> New {
    New {
        id: String::new(),
        kind: String::new(),
        version: object.version.clone(),
        spec_version: SpecVersion::V21,
        markings: Vec::new(),
        references: Vec::new(),
        digest: object.digest,
        raw: String::new(),
    }
}

fn kept(new: &New) -> NewObject {
    NewObject {
        id: new.id.clone(),
        kind: new.kind.clone(),
        version: new.version.clone(),
        spec: new.spec_version.to_string(),
        markings: new.markings.clone(),
        references: new.references.clone(),
        digest: new.digest,
        raw: new.raw.clone(),
    }
}

fn key_kept(key: &Key) -> ObjectKey {
    ObjectKey {
        id: key.id.clone(),
        version: key.version.clone(),
        spec: key.spec_version.to_string(),
    }
}

fn outcome(settled: Settled) -> Outcome {
    match settled {
        Settled::Added(at) => Outcome::Added(at),
        Settled::Known => Outcome::Known,
        Settled::Different => Outcome::Different,
    }
}

/// A row as the logic knows it; `None` for a version of the specification that is none.
fn row(row: ObjectRow) -> Option<Row> {
    Some(Row {
        key: Key {
            spec_version: SpecVersion::parse(&row.key.spec)?,
            id: row.key.id,
            version: row.key.version,
        },
        kind: row.kind,
        date_added: row.added,
        markings: row.markings,
        references: row.references,
        raw: row.raw,
    })
}
