//! A writer that is killed. In: this program, started again as a writer, and SIGKILL. Out: what the database holds afterwards. Never: a number of kills that is not
//! told.

use crate::make::{NOW, audit, outgo, person};
use sakimori_store::{Change, SqliteStore, Store};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// Where the writer finds its database; without it the writer is an ordinary test that does nothing.
const PLACE: &str = "SAKIMORI_STORE_KILL";
/// How many writers are killed.
const KILLS: u64 = 12;

#[tokio::test]
async fn a_writer_for_the_test_below() {
    let Some(place) = std::env::var_os(PLACE) else {
        return;
    };
    let store = SqliteStore::open(Path::new(&place)).await.unwrap();
    let begin = store.audit(0).await.unwrap().len();
    for number in begin.. {
        let id = format!("p{number:06}");
        let act = [
            Change::AddPerson(person(&id)),
            outgo(&id),
            audit(&id),
            Change::Set {
                key: "last".to_owned(),
                value: format!("{number}{}", "x".repeat(5000)),
            },
        ];
        store.apply(&act).await.unwrap();
        let mut out = std::io::stdout();
        writeln!(out, "\ndone {number}").unwrap();
        out.flush().unwrap();
    }
}

#[tokio::test]
async fn a_writer_that_is_killed_loses_no_act_and_no_entry_of_one() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("store");
    for kill in 0..KILLS {
        let mut writer = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "kill::a_writer_for_the_test_below",
                "--nocapture",
            ])
            .env(PLACE, &place)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(writer.stdout.take().unwrap()).lines();
        // Each time at another act, and in the middle of the next one.
        let last: u64 = lines
            .map_while(Result::ok)
            .filter_map(|line| line.strip_prefix("done ")?.parse().ok())
            .nth(usize::try_from(kill * 7 % 23).unwrap())
            .unwrap();
        writer.kill().unwrap();
        writer.wait().unwrap();
        let store = SqliteStore::open(&place).await.unwrap();
        let audited = store.audit(0).await.unwrap();
        let entries = store.outgoing().await.unwrap();
        let people = store.people("").await.unwrap();
        assert!(audited.len() as u64 > last, "{kill}: an act is lost");
        let ids: Vec<&str> = people.iter().map(|person| person.id.as_str()).collect();
        let told: Vec<&str> = audited.iter().map(|line| line.object.as_str()).collect();
        let waiting: Vec<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
        assert_eq!(ids, told, "{kill}");
        assert_eq!(ids, waiting, "{kill}");
        let set = store.setting("last").await.unwrap().unwrap();
        assert!(set.starts_with(&format!("{}x", ids.len() - 1)), "{kill}");
        assert!(entries.iter().all(|entry| entry.created == NOW));
        store.close().await;
    }
}
