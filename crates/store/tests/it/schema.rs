//! Schemas of other ages. In: databases that a later program, a half-done step or two programs at once left. Out: refusals, and databases as they were. Never: the
//! store's own way in; the database is looked at beside it.

use sakimori_store::{SCHEMA_VERSION, StoreError, open};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row, SqliteConnection};

/// A look at a database beside the store.
enum Beside {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Beside {
    async fn at(url: &str) -> Self {
        if url.starts_with("sqlite:") {
            let url = format!("{url}?mode=rwc");
            Self::Sqlite(SqliteConnection::connect(&url).await.unwrap())
        } else {
            Self::Postgres(PgConnection::connect(url).await.unwrap())
        }
    }

    async fn run(&mut self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(database) => drop(sqlx::raw_sql(sql).execute(database).await.unwrap()),
            Self::Postgres(database) => drop(sqlx::raw_sql(sql).execute(database).await.unwrap()),
        }
    }

    async fn tables(&mut self) -> Vec<String> {
        match self {
            Self::Sqlite(database) => {
                sqlx::query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
                    .fetch_all(database)
                    .await
                    .unwrap()
                    .iter()
                    .map(|row| row.get(0))
                    .collect()
            }
            Self::Postgres(database) => sqlx::query(
                "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
            )
            .fetch_all(database)
            .await
            .unwrap()
            .iter()
            .map(|row| row.get(0))
            .collect(),
        }
    }
}

async fn newer_is_refused(url: &str) {
    open(url).await.unwrap().close().await;
    let mut beside = Beside::at(url).await;
    let found = SCHEMA_VERSION + 3;
    beside
        .run(&format!("UPDATE schema_version SET version = {found}"))
        .await;
    let error = open(url).await.err().unwrap();
    let StoreError::Newer { found: told, known } = error else {
        panic!("{error:?}");
    };
    assert_eq!((told, known), (found, SCHEMA_VERSION));
    assert_eq!(
        error.to_string(),
        format!(
            "the database has schema version {found}, this program knows versions up to {SCHEMA_VERSION}: use the program that wrote it"
        )
    );
    beside
        .run(&format!(
            "UPDATE schema_version SET version = {SCHEMA_VERSION}"
        ))
        .await;
    open(url).await.unwrap().ready().await.unwrap();
}

async fn half_a_step_does_not_stay(url: &str) {
    // The last table of the first step is there already, so that the step fails at its end.
    let mut beside = Beside::at(url).await;
    beside.run("CREATE TABLE audit (other BIGINT)").await;
    for _ in 0..2 {
        let error = open(url).await.err().unwrap();
        assert!(
            matches!(error, StoreError::Migration { version: 1, .. }),
            "{error:?}"
        );
        assert_eq!(beside.tables().await, ["audit"]);
    }
    beside.run("DROP TABLE audit").await;
    open(url).await.unwrap().ready().await.unwrap();
    assert!(beside.tables().await.contains(&"schema_version".to_owned()));
}

async fn two_begin_at_once(url: &str) {
    let opened: Vec<_> = (0..4)
        .map(|_| {
            let url = url.to_owned();
            tokio::spawn(async move { open(&url).await })
        })
        .collect();
    for one in opened {
        let store = one.await.unwrap().unwrap();
        store.ready().await.unwrap();
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schema_of_another_age_is_refused_or_brought_forward_as_a_whole_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
    newer_is_refused(&url("newer")).await;
    half_a_step_does_not_stay(&url("half")).await;
    for round in 0..20 {
        two_begin_at_once(&url(&format!("two{round}"))).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schema_of_another_age_is_refused_or_brought_forward_as_a_whole_on_postgresql() {
    let test = "a_schema_of_another_age_is_refused_or_brought_forward_as_a_whole_on_postgresql";
    let Some(server) = sakimori_testkit::postgres::Postgres::start(test) else {
        return;
    };
    newer_is_refused(&server.database()).await;
    half_a_step_does_not_stay(&server.database()).await;
    for _ in 0..5 {
        two_begin_at_once(&server.database()).await;
    }
}
