//! The node's store under the logic of TAXII: what it answers is what the model in memory answers, and who polls misses nothing. In: drawn scripts, writers beside each
//! other. Out: verdicts on each engine. Never: a case that runs on one engine only.

#![expect(
    clippy::panic,
    clippy::print_stdout,
    reason = "a store that fails ends a test; a campaign is told what was done"
)]

mod pollers;
mod scripts;

use sakimori_exchange::stix::Object;
use sakimori_exchange::taxii::{
    Answer, Asked, Caller, New, NextKey, Rights, SeesAll, Sight, Store as _, TaxiiError, objects,
};
use sakimori_liaison::share::Shared;
use sakimori_store::{Store, StoreError};
use sakimori_testkit::postgres::Postgres;
use serde_json::Value;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use tokio::runtime::Runtime;

/// The id of the collection that tests write to.
const C: &str = "91a7b528-80eb-42ed-a74d-c6fbd5a26116";
const KEY: NextKey = NextKey::new([7; 32]);

/// A machine with both engines' databases, each of them new.
struct Place {
    runtime: Runtime,
    folder: tempfile::TempDir,
    server: Option<Postgres>,
    made: AtomicU32,
}

impl Place {
    /// `None` where this is for `PostgreSQL` and it is not there.
    fn new(test: &str, postgres: bool) -> Option<Self> {
        let server = if postgres {
            Some(Postgres::start(test)?)
        } else {
            None
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build();
        Some(Self {
            runtime: runtime.unwrap(),
            folder: tempfile::tempdir().unwrap(),
            server,
            made: AtomicU32::new(0),
        })
    }

    /// The URL of a new database.
    fn url(&self) -> String {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        if let Some(server) = &self.server {
            return server.database();
        }
        let path = self.folder.path().join(format!("store{number}"));
        format!("sqlite:{}", path.display())
    }

    fn open(&self, url: &str) -> Arc<dyn Store> {
        self.runtime.block_on(sakimori_store::open(url)).unwrap()
    }

    fn shared(&self, store: &Arc<dyn Store>) -> Shared {
        self.telling(store, |error| panic!("{error:?}"))
    }

    fn telling(
        &self,
        store: &Arc<dyn Store>,
        told: impl Fn(&StoreError) + Send + Sync + 'static,
    ) -> Shared {
        let runtime = self.runtime.handle().clone();
        Shared::new(Arc::clone(store), runtime, Arc::new(told))
    }
}

const BOTH: Rights = Rights {
    read: true,
    write: true,
};

fn caller(sight: &dyn Sight) -> Caller<'_> {
    Caller {
        name: "a",
        rights: BOTH,
        sight,
    }
}

const fn asked(query: &str) -> Asked<'_> {
    Asked {
        collection: C,
        query,
        key: &KEY,
    }
}

fn json(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap()
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    let found = answer.headers.iter().find(|(known, _)| *known == name);
    found.map(|(_, value)| value.as_str())
}

/// A small object: number, version in seconds, version of the specification, more members.
fn thing(number: u64, second: u64, spec: &str, more: &str) -> String {
    let (said, family) = if spec == "2.1" {
        (r#","spec_version":"2.1""#, r#","is_family":false"#)
    } else {
        ("", r#","labels":["a"]"#)
    };
    format!(
        r#"{{"type":"malware","id":"malware--{number:08x}-17d4-4cbf-938f-98ee46b3cd3f"{said},"created":"2016-01-01T00:00:00.000Z","modified":"2016-01-01T00:{:02}:{:02}.000Z","name":"a"{family}{more}}}"#,
        second / 60,
        second % 60
    )
}

fn new(raw: &str) -> New {
    let object = Object::read(raw, None).unwrap();
    New::of(object.index(), object.raw())
}

fn what_the_store_cannot_do_is_told(test: &str, postgres: bool) {
    let Some(place) = Place::new(test, postgres) else {
        return;
    };
    let store = place.open(&place.url());
    let told = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&told);
    let mut shared = place.telling(&store, move |error| {
        log.lock().unwrap().push(error.to_string());
    });
    let none = objects(&shared, &caller(&SeesAll), &asked("")).unwrap();
    assert_eq!(none.body, "{}");
    let raw = format!("\u{20}{}\n", thing(1, 0, "2.1", ""));
    let kept = new(raw.trim());
    assert!(shared.add(C, std::slice::from_ref(&kept), 5).is_ok());
    let page = objects(&shared, &caller(&SeesAll), &asked("")).unwrap();
    assert_eq!(page.body, format!(r#"{{"objects":[{}]}}"#, raw.trim()));
    // A text that no store keeps: nothing of the call is there, and why is for the log alone.
    let nul = New {
        raw: "\0".to_owned(),
        ..new(&thing(2, 0, "2.1", ""))
    };
    assert!(
        shared
            .add(C, &[new(&thing(3, 0, "2.1", "")), nul], 6)
            .is_err()
    );
    assert!(told.lock().unwrap()[0].contains("NUL"));
    assert_eq!(objects(&shared, &caller(&SeesAll), &asked("")), Ok(page));
    place.runtime.block_on(store.close());
    let error = objects(&shared, &caller(&SeesAll), &asked("")).unwrap_err();
    assert_eq!(error, TaxiiError::internal());
    assert_eq!(told.lock().unwrap().len(), 2);
}

#[test]
fn what_the_store_cannot_do_is_told_on_sqlite() {
    what_the_store_cannot_do_is_told("what_the_store_cannot_do_is_told_on_sqlite", false);
}

#[test]
fn what_the_store_cannot_do_is_told_on_postgresql() {
    what_the_store_cannot_do_is_told("what_the_store_cannot_do_is_told_on_postgresql", true);
}
