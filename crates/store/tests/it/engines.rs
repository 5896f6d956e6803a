//! The suite on each engine: every case has a database of its own. In: the list of cases. Out: one verdict an engine. Never: a case that runs on one engine only.

use crate::objects::OBJECTS;
use crate::suite::{CASES, Case};
use crate::suite_papers::PAPERS;
use crate::suite_rest::MORE;
use sakimori_store::Store;

fn all() -> impl Iterator<Item = &'static (&'static str, Case)> {
    CASES.iter().chain(MORE).chain(PAPERS).chain(OBJECTS)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_suite_holds_on_sqlite() {
    for (name, case) in all() {
        println!("{name}");
        let folder = tempfile::tempdir().unwrap();
        case(format!("sqlite:{}", folder.path().join("store").display())).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_suite_holds_on_postgresql() {
    let Some(server) = sakimori_testkit::postgres::Postgres::start("the_suite_holds_on_postgresql")
    else {
        return;
    };
    for (name, case) in all() {
        println!("{name}");
        case(server.database()).await;
    }
}

#[tokio::test]
async fn another_url_is_no_store() {
    for url in ["", "mysql://localhost/x", "/var/lib/store", "http://x"] {
        let error = sakimori_store::open(url).await.err().unwrap();
        assert!(error.to_string().contains("sqlite:"), "{url}: {error}");
    }
}

#[tokio::test]
async fn the_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = sakimori_store::SqliteStore::open(&path).await.unwrap();
    store.apply(&[crate::make::outgo("one")]).await.unwrap();
    let mut seen = 0;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{:?}", entry.path());
        seen += 1;
    }
    // The file, its write-ahead log and the index of that.
    assert_eq!(seen, 3);
}

#[tokio::test]
async fn a_server_is_reached_over_tls_with_its_own_certificate_and_no_other() {
    let test = "a_server_is_reached_over_tls_with_its_own_certificate_and_no_other";
    let make = || rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let (own, other) = (make(), make());
    let certificate = own.cert.pem();
    let key = own.signing_key.serialize_pem();
    let server = sakimori_testkit::postgres::Postgres::over_tls(test, &certificate, &key);
    let Some(server) = server else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let trusted = |name: &str, pem: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, pem).unwrap();
        path.display().to_string()
    };
    let (right, wrong) = (
        trusted("right", &certificate),
        trusted("wrong", &other.cert.pem()),
    );
    let place = format!("127.0.0.1:{}/postgres", server.port());
    let url = |mode: &str| format!("postgres://postgres@{place}?sslmode={mode}");
    let verified = url("verify-full");
    let store = sakimori_store::open(&format!("{verified}&sslrootcert={right}"))
        .await
        .unwrap();
    store.apply(&[crate::make::outgo("one")]).await.unwrap();
    for bad in [
        url("disable"),
        verified.clone(),
        format!("{verified}&sslrootcert={wrong}"),
        format!("{verified}&sslrootcert=/nowhere"),
    ] {
        assert!(sakimori_store::open(&bad).await.is_err(), "{bad}");
    }
}

#[tokio::test]
async fn who_waits_for_a_writer_that_does_not_end_is_told_and_nothing_is_written() {
    use sqlx::Connection;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = sakimori_store::SqliteStore::open(&path).await.unwrap();
    let url = format!("sqlite:{}", path.display());
    let mut other = sqlx::SqliteConnection::connect(&url).await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE")
        .execute(&mut other)
        .await
        .unwrap();
    let outcome = store.apply(&[crate::make::outgo("one")]).await;
    assert!(
        matches!(outcome, Err(sakimori_store::StoreError::Busy(_))),
        "{outcome:?}"
    );
    // Readers do not wait for it.
    assert_eq!(store.outgoing().await.unwrap(), []);
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    store.apply(&[crate::make::outgo("one")]).await.unwrap();
}
