//! Alerts at a node with warning lists. In: a feed about what a list names. Out: the alert with its mark, also after an answer. Never: an alert that is left out.

use super::*;
use sakimori_liaison::alert::take_warned;
use sakimori_liaison::warned::Warned;

#[tokio::test]
async fn what_a_warning_list_names_is_marked_and_told_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    shown(&store, "water-1", "198.51.100.0/24", 1).await;
    let list = r#"{"name":"Sinkholes","type":"cidr","list":["198.51.100.8/29"]}"#;
    let warned = Warned::of_files([("s.json".to_owned(), list.into())]).unwrap();
    let text = smb(&[
        ("2026-12-02 01:00:00", "198.51.100.9"),
        ("2026-12-02 01:00:00", "198.51.100.77"),
    ]);
    let feed = Feed {
        name: SMB,
        form: FeedForm::Shadowserver,
        grade: grade(),
        bytes: text.as_bytes(),
    };
    let office = act("office", START + 2 * DAY);
    let intake = take_warned(&store, office, feed, &Timing::default(), &warned).await;
    assert_eq!(intake.unwrap().opened, 2);
    let marks = async || {
        let all = latest(&store, View::Of("water-1"), None, None)
            .await
            .unwrap();
        let mut out: Vec<(String, String, Vec<String>)> = all
            .into_iter()
            .map(|one| (one.said.what.clone(), one.id, one.said.warnings))
            .collect();
        out.sort();
        out
    };
    let found = marks().await;
    assert_eq!(found[0].0, "198.51.100.77");
    assert!(found[0].2.is_empty());
    assert_eq!(found[1].2, ["the list `Sinkholes` has 198.51.100.8/29"]);
    let by = act("water-1", START + 3 * DAY);
    answer(&store, by, &found[1].1, Answer::Seen).await.unwrap();
    assert_eq!(marks().await[1].2, found[1].2);
}
