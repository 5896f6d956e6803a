//! A node's access for one test: an empty store, a clock that is a number, randomness that replays. In: people and roles. Out: an [`Access`]. Never: the machine's clock.

use sakimori_access::{
    Access, AccessConfig, AccessError, NewPerson, NewRole, Principal, Role, SessionTimes, Side,
};
use sakimori_custody::time::Seconds;
use sakimori_store::{Change, Person, RoleGrant, Store};
use sha2::{Digest, Sha256};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;

/// 2027-04-01T00:00:00Z.
pub(crate) const NOW: Seconds = Seconds(1_806_537_600);
pub(crate) const HOST: &str = "office.example";
pub(crate) const ORIGIN: &str = "https://office.example:8443";
/// How long grants of tests last.
pub(crate) const LIFE: u64 = 30 * 86_400;

pub(crate) fn after(seconds: u64) -> Seconds {
    NOW.plus(seconds)
}

pub(crate) struct House {
    pub(crate) access: Access,
    pub(crate) store: Arc<dyn Store>,
    _folder: TempDir,
}

/// The same bytes in each run, none of them twice.
fn replayed() -> impl Fn(&mut [u8]) -> io::Result<()> + Send + Sync {
    let drawn = AtomicU64::new(0);
    move |place: &mut [u8]| {
        for part in place.chunks_mut(32) {
            let number = drawn.fetch_add(1, Ordering::Relaxed);
            let digest = Sha256::digest(number.to_be_bytes());
            part.copy_from_slice(&digest[..part.len()]);
        }
        Ok(())
    }
}

impl House {
    pub(crate) async fn of(side: Side) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("store").display());
        let store = sakimori_store::open(&url).await.unwrap();
        let config = AccessConfig {
            side,
            host: HOST.to_owned(),
            origin: ORIGIN.to_owned(),
            name: "Sakimori".to_owned(),
            sessions: SessionTimes::default(),
        };
        let access = Access::new(Arc::clone(&store), Arc::new(replayed()), &config).unwrap();
        Self {
            access,
            store,
            _folder: folder,
        }
    }

    /// A house with its first administrator, `admin`.
    pub(crate) async fn run_by_admin(side: Side) -> Self {
        let house = Self::of(side).await;
        house
            .access
            .first_administrator(&new_person("admin"), after(LIFE), NOW)
            .await
            .unwrap();
        house
    }

    /// A person of a ministry with roles, past the rules: for what a rule would not let happen too.
    pub(crate) async fn put(&self, id: &str, roles: &[Role]) {
        let person = Change::AddPerson(Person {
            id: id.to_owned(),
            name: id.to_owned(),
            organisation: "meti".to_owned(),
            created: NOW.0,
            ended: None,
        });
        let grants = roles.iter().map(|role| {
            Change::GrantRole(RoleGrant {
                id: format!("{id}-{role}"),
                person: id.to_owned(),
                role: role.word().to_owned(),
                by: "test".to_owned(),
                granted: NOW.0,
                until: after(LIFE).0,
                ended: None,
            })
        });
        let changes: Vec<Change> = std::iter::once(person).chain(grants).collect();
        self.store.apply(&changes).await.unwrap();
    }

    /// A person with a role, as the administrator does it; answers the grant's id.
    pub(crate) async fn enter(&self, id: &str, role: Role) -> String {
        let admin = who("admin");
        self.access
            .add_person(&admin, &new_person(id), NOW)
            .await
            .unwrap();
        self.access
            .grant_role(&admin, &new_role(id, role), NOW)
            .await
            .unwrap()
    }

    /// The bodies of entries that wait for the log.
    pub(crate) async fn entries(&self) -> Vec<String> {
        let waiting = self.store.outgoing().await.unwrap();
        waiting
            .into_iter()
            .inspect(|entry| assert_eq!(entry.kind, 4))
            .map(|entry| String::from_utf8(entry.body).unwrap())
            .collect()
    }
}

pub(crate) fn who(id: &str) -> Principal {
    Principal::Person { id: id.to_owned() }
}

pub(crate) fn new_person(id: &str) -> NewPerson {
    NewPerson {
        id: id.to_owned(),
        name: format!("Name of {id}"),
        organisation: "Cabinet Office".to_owned(),
    }
}

pub(crate) fn new_role(person: &str, role: Role) -> NewRole {
    NewRole {
        person: person.to_owned(),
        role,
        until: after(LIFE),
    }
}

#[track_caller]
pub(crate) fn refused<T: std::fmt::Debug>(outcome: Result<T, AccessError>, words: &str) {
    let text = match outcome {
        Err(error) => error.to_string(),
        Ok(value) => panic!("not refused: {value:?}"),
    };
    assert!(text.contains(words), "{text}");
}
