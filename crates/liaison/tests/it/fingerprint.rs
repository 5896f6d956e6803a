//! Fingerprints on their way. In: fingerprints as text. Out: verdicts. Never: a network.

use sakimori_custody::time::Seconds;
use sakimori_exchange::list::What;
use sakimori_liaison::LiaisonError;
use sakimori_liaison::asset::Act;
use sakimori_liaison::fingerprint::{self, field, of_product, read, send, sent, shown};
use sakimori_liaison::product::Known;
use sakimori_store::{SqliteStore, View};

/// A fingerprint of so many source prefixes in each of sixteen vectors.
fn text(prefixes: u16) -> String {
    let source = |at: u16| {
        format!(
            r#"{{"prefix": "198.{}.{}.0/24", "packets": 9}}"#,
            18 + at / 256,
            at % 256
        )
    };
    let sources: Vec<String> = (0..prefixes).map(source).collect();
    let vector = format!(
        r#"{{"protocol": 17, "fragments": false, "source_ports": [53], "destination_ports": [], "lengths": [1, 2], "hops": [1, 2], "packets": 9, "bytes": 9, "sources": [{}]}}"#,
        sources.join(",")
    );
    let vectors = vec![vector; 16];
    format!(
        r#"{{"version": 1, "first": "2026-11-28T01:00:00Z", "last": "2026-11-28T01:00:00Z", "packets": 9, "bytes": 9, "vectors": [{}]}}"#,
        vectors.join(",")
    )
}

#[test]
fn the_largest_fingerprint_is_a_field_and_comes_back_as_it_was() {
    let found = read(text(256).as_bytes()).unwrap();
    let extra = field(&found, &Known::default()).unwrap();
    assert!(
        (2..=50).contains(&extra.values.len()),
        "{}",
        extra.values.len()
    );
    assert!(extra.values.iter().all(|part| part.len() <= 16 << 10));
    let fields = [(extra.name, extra.values)].into();
    assert_eq!(of_product(&fields).unwrap(), Some(found));
    assert_eq!(
        of_product(&[("fix".to_owned(), vec!["{".to_owned()])].into()).unwrap(),
        None
    );
    let broken = [(fingerprint::FIELD.to_owned(), vec!["{".to_owned()])].into();
    assert!(of_product(&broken).is_err());
}

#[test]
fn a_prefix_of_an_operator_does_not_leave() {
    let found = read(text(3).as_bytes()).unwrap();
    let mut known = Known::default();
    known.thing("water-1", What::read("203.0.113.0/24").unwrap());
    assert!(field(&found, &known).is_ok());
    known.thing("water-1", What::read("198.18.1.7").unwrap());
    assert!(matches!(
        field(&found, &known),
        Err(LiaisonError::Refused { .. })
    ));
    for (form, protect) in [("json", None), ("nftables", Some("203.0.113.0/24"))] {
        assert!(shown(&found, form, protect).is_ok(), "{form}");
    }
    for (form, protect) in [
        ("bash", Some("203.0.113.0/24")),
        ("exabgp", None),
        ("gobgp", Some("0.0.0.0/0")),
    ] {
        assert!(shown(&found, form, protect).is_err(), "{form}");
    }
}

#[tokio::test]
async fn an_operator_s_fingerprint_is_kept_once_and_is_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("store"))
        .await
        .unwrap();
    let act = |owner| Act {
        owner,
        by: "tester",
        at: Seconds(1_796_083_200),
    };
    let bytes = text(1);
    let id = send(&store, act("water-1"), (bytes.as_bytes(), "now"))
        .await
        .unwrap();
    let again = send(&store, act("water-1"), (bytes.as_bytes(), "again"))
        .await
        .unwrap();
    assert_eq!(id, again);
    assert_eq!(
        sent(&store, View::Of("water-1"), None).await.unwrap().len(),
        1
    );
    assert!(
        sent(&store, View::Of("rail-1"), None)
            .await
            .unwrap()
            .is_empty()
    );
    for wrong in ["{}", "[1", "null"] {
        let no = send(&store, act("water-1"), (wrong.as_bytes(), "")).await;
        assert!(matches!(no, Err(LiaisonError::Refused { .. })), "{wrong}");
    }
    let control = send(&store, act("water-1"), (bytes.as_bytes(), "\u{1b}[2J")).await;
    assert!(matches!(control, Err(LiaisonError::Refused { .. })));
}
