//! Early warning from the claim to the answer. In: claims, feeds, transports that fail. Out: verdicts. Never: a clock, a network.

mod look;
mod outbox;
mod warned;

use sakimori_custody::time::Seconds;
use sakimori_exchange::alert::{Answer, Method};
use sakimori_exchange::feed::Grade;
use sakimori_exchange::list::What;
use sakimori_liaison::LiaisonError;
use sakimori_liaison::alert::{
    self, Feed, FeedForm, Found, Intake, Timing, answer, ask, latest, prove, registrations,
    source_rates, take,
};
use sakimori_liaison::asset::Act;
use sakimori_liaison::product::{Known, Operators as _, known};
use sakimori_store::{SqliteStore, Store, View};
use std::collections::BTreeMap;
use std::path::Path;

const DAY: u64 = 86_400;
/// 2026-12-01T00:00:00Z.
const START: u64 = 1_796_083_200;

const fn act(owner: &str, at: u64) -> Act<'_> {
    Act {
        owner,
        by: "tester",
        at: Seconds(at),
    }
}

fn grade() -> Grade {
    "B2".parse().unwrap()
}

async fn store(folder: &Path) -> SqliteStore {
    SqliteStore::open(&folder.join("store")).await.unwrap()
}

/// A thing whose control an operator showed by its registered contact.
async fn shown(store: &SqliteStore, owner: &str, asset: &str, seed: u8) {
    let timing = Timing::default();
    let (id, look) = ask(
        store,
        act(owner, START),
        (asset, Method::MailToContact),
        [seed; 20],
        &timing,
    )
    .await
    .unwrap();
    let found = Found::Mail {
        text: format!("Re: your challenge\n> {}", look.challenge.text),
        from_contact: true,
    };
    prove(store, act(owner, START), &id, async |_| found)
        .await
        .unwrap();
}

const SMB: &str = "2026-12-02-scan_smb-jp.csv";

/// A report of accessible SMB with rows of time and address.
fn smb(rows: &[(&str, &str)]) -> String {
    let mut text = String::from("\"timestamp\",\"ip\",\"port\",\"hostname\",\"asn\"\n");
    for (time, address) in rows {
        for part in ["\"", time, "\",\"", address, "\",445,\"\",64500\n"] {
            text.push_str(part);
        }
    }
    text
}

async fn fed(store: &impl Store, text: &str, at: u64) -> Result<Intake, LiaisonError> {
    let feed = Feed {
        name: SMB,
        form: FeedForm::Shadowserver,
        grade: grade(),
        bytes: text.as_bytes(),
    };
    take(store, act("office", at), feed, &Timing::default()).await
}

#[tokio::test]
async fn nobody_registers_what_it_does_not_control_and_no_claim_shows_to_another() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    let timing = Timing::default();
    let claim = ("water.example", Method::DnsTxt);
    let (id, look) = ask(&store, act("water-1", START), claim, [1; 20], &timing)
        .await
        .unwrap();
    assert_eq!(look.challenge.place, "_sakimori-challenge.water.example");
    for found in [
        Found::Nothing,
        Found::Txt(vec!["sakimori-verify=other".to_owned()]),
        Found::File(look.challenge.text.clone().into_bytes()),
    ] {
        let no = prove(&store, act("water-1", START + 60), &id, async |_| found).await;
        assert!(matches!(no, Err(LiaisonError::Refused { .. })));
    }
    let stranger = prove(&store, act("rail-1", START), &id, async |_| Found::Nothing).await;
    assert!(matches!(stranger, Err(LiaisonError::Missing { .. })));
    let late = act("water-1", START + 8 * DAY);
    let text = look.challenge.text.clone();
    let over = prove(&store, late, &id, async |_| Found::Txt(vec![text])).await;
    assert!(over.unwrap_err().to_string().contains("ended"));
    // Asked anew, it is another token; what the name shows for the old one is not enough.
    let (again, fresh) = ask(&store, late, claim, [2; 20], &timing).await.unwrap();
    assert_eq!(again, id);
    assert_ne!(fresh.challenge.text, look.challenge.text);
    let until = prove(&store, late, &id, async |look: alert::Look| {
        Found::Txt(vec![look.challenge.text])
    })
    .await
    .unwrap();
    assert_eq!(until, Seconds(START + 373 * DAY));
    let early = ask(
        &store,
        act("water-1", START + 9 * DAY),
        claim,
        [3; 20],
        &timing,
    )
    .await;
    assert!(
        early
            .unwrap_err()
            .to_string()
            .contains("cannot be renewed yet")
    );
    refused_and_ended(&store, until).await;
}

/// What cannot be shown is refused, and what was shown ends.
async fn refused_and_ended(store: &SqliteStore, until: Seconds) {
    let timing = Timing::default();
    for (asset, method) in [
        ("203.0.113.0/24", Method::DnsTxt),
        ("AS64500", Method::HttpFile),
        ("nonsense", Method::DnsTxt),
    ] {
        let no = ask(
            store,
            act("water-1", START),
            (asset, method),
            [4; 20],
            &timing,
        )
        .await;
        assert!(matches!(no, Err(LiaisonError::Refused { .. })), "{asset}");
    }
    let (own, _) = registrations(store, View::Of("water-1"), 10).await.unwrap();
    let first = own.first().unwrap();
    assert_eq!(
        first.said.holds_until(Seconds(START + 10 * DAY)),
        Some(until)
    );
    assert_eq!(first.said.holds_until(until), None, "a proof ends");
    assert!(
        registrations(store, View::Of("rail-1"), 10)
            .await
            .unwrap()
            .0
            .is_empty()
    );
}

#[tokio::test]
async fn a_feed_alerts_owners_alone_once_and_answers_are_counted_by_source() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    shown(&store, "water-1", "198.51.100.0/24", 1).await;
    shown(&store, "rail-1", "AS64500", 2).await;
    let timing = Timing::default();
    let claim = ("192.0.2.1", Method::HttpFile);
    ask(&store, act("power-1", START), claim, [3; 20], &timing)
        .await
        .unwrap();
    let text = smb(&[
        ("2026-12-02 01:00:00", "198.51.100.7"),
        ("2026-12-02 02:00:00", "198.51.100.7"),
        ("2026-12-02 03:00:00", "203.0.113.9"),
        ("2026-12-02 04:00:00", "192.0.2.1"),
    ]);
    let intake = fed(&store, &text, START + 2 * DAY).await.unwrap();
    // The number of the network matches the rail's for every line; the water's prefix two; what was claimed and not shown gets nothing.
    assert_eq!(
        (
            intake.sightings,
            intake.matched,
            intake.opened,
            intake.again
        ),
        (4, 6, 4, 2)
    );
    let again = fed(&store, &text, START + 3 * DAY).await.unwrap();
    assert!(again.before);
    told_and_answered(&store).await;
    silenced_and_rated(&store).await;
}

/// The owner sees its alert and answers it; another does not.
async fn told_and_answered(store: &SqliteStore) {
    let own = latest(store, View::Of("water-1"), None, None)
        .await
        .unwrap();
    assert_eq!(own.len(), 1);
    let alert = own.first().unwrap();
    assert_eq!(
        (
            alert.said.count,
            alert.said.what.as_str(),
            alert.said.grade.as_str()
        ),
        (2, "198.51.100.7", "B2")
    );
    assert_eq!(
        (alert.said.kind.as_str(), alert.state.as_str()),
        ("exposure", "open")
    );
    assert!(
        latest(store, View::Of("power-1"), None, None)
            .await
            .unwrap()
            .is_empty()
    );
    let other = answer(
        store,
        act("rail-1", START + 3 * DAY),
        &alert.id,
        Answer::Acted,
    )
    .await;
    assert!(
        matches!(other, Err(LiaisonError::Missing { .. })),
        "another's alert is not there"
    );
    let said = answer(
        store,
        act("water-1", START + 3 * DAY),
        &alert.id,
        Answer::False,
    )
    .await
    .unwrap();
    assert_eq!(said.state(), "false");
}

/// An answer of "false" silences for a while, and is in the rates of its source.
async fn silenced_and_rated(store: &SqliteStore) {
    // Silenced for 30 days; then it is a new alert.
    let muted = fed(
        store,
        &smb(&[("2026-12-05 01:00:00", "198.51.100.7")]),
        START + 5 * DAY,
    )
    .await
    .unwrap();
    assert_eq!((muted.opened, muted.muted), (0, 1));
    let later = fed(
        store,
        &smb(&[("2027-01-20 01:00:00", "198.51.100.7")]),
        START + 50 * DAY,
    )
    .await
    .unwrap();
    // For the rail the thing was quiet for more than a week.
    assert_eq!(later.opened, 2);
    assert_eq!(
        latest(store, View::Of("water-1"), Some("open"), None)
            .await
            .unwrap()
            .len(),
        1
    );
    let (rates, more) = source_rates(store, View::Of("water-1"), 100).await.unwrap();
    let rate = &rates["Shadowserver Accessible-SMB"];
    assert_eq!(
        (rate.alerts, rate.not_so, rate.silent, more),
        (2, 1, 1, false)
    );
    assert_eq!(rate.false_per_mille(), Some(1000));
    let broken = fed(
        store,
        &smb(&[
            ("2027-01-21 01:00:00", "198.51.100.8"),
            ("never", "198.51.100.9"),
        ]),
        START + 51 * DAY,
    )
    .await;
    assert!(
        broken
            .unwrap_err()
            .to_string()
            .contains("line 3, `timestamp`")
    );
    assert_eq!(
        latest(store, View::Of("water-1"), None, None)
            .await
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn the_other_forms_are_read_with_their_marks() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    shown(&store, "water-1", "water.example", 1).await;
    let n6 = r#"[{"time":"2026-12-02T00:00:00Z","category":"bots","source":"s.c","fqdn":"host.water.example","id":"1","confidence":"medium"}]"#;
    let intelmq = r#"{"time.source":"2026-12-02T00:00:00+00:00","source.fqdn":"www.water.example","classification.type":"vulnerable-system","feed.name":"F","feed.accuracy":40.0}"#;
    let misp = r#"{"Event":{"uuid":"11111111-2222-4333-8444-555555555555","info":"campaign","date":"2026-12-02","timestamp":"1796169600","Orgc":{"name":"CERT"},"Attribute":[{"type":"domain","category":"Network activity","value":"c2.water.example","timestamp":"1796169600"},{"type":"md5","category":"Payload delivery","value":"d41d8cd98f00b204e9800998ecf8427e"}]}}"#;
    let list = "indicator,kind,about\nmail.water.example,vulnerability,old server\n";
    for (name, form, text, unverified, grade_after) in [
        ("n6.json", FeedForm::N6, n6, true, "B3"),
        ("events.json", FeedForm::IntelMq, intelmq, false, "B4"),
        ("event.json", FeedForm::Misp, misp, false, "B2"),
        ("notice.csv", FeedForm::List, list, false, "B2"),
    ] {
        let feed = Feed {
            name,
            form,
            grade: grade(),
            bytes: text.as_bytes(),
        };
        let intake = take(
            &store,
            act("office", START + 2 * DAY),
            feed,
            &Timing::default(),
        )
        .await
        .unwrap();
        assert_eq!((intake.sightings, intake.opened), (1, 1), "{name}");
        let newest = latest(&store, View::Of("water-1"), None, None)
            .await
            .unwrap();
        let newest = newest.first().unwrap();
        assert_eq!(
            (newest.said.unverified, newest.said.grade.as_str()),
            (unverified, grade_after),
            "{name}"
        );
    }
    for (form, text) in [
        (FeedForm::N6, "{"),
        (FeedForm::Misp, "[1]"),
        (FeedForm::List, "not a thing at all"),
        (FeedForm::IntelMq, "{}"),
    ] {
        let feed = Feed {
            name: "bad",
            form,
            grade: grade(),
            bytes: text.as_bytes(),
        };
        let no = take(&store, act("office", START), feed, &Timing::default()).await;
        assert!(matches!(no, Err(LiaisonError::Refused { .. })), "{text}");
    }
}

/// Python with `IntelMQ` 3.1, or `None` with a line that says what is skipped.
fn intelmq(test: &str) -> Option<std::path::PathBuf> {
    let python = sakimori_testkit::program(test, "python3")?;
    let probe = std::process::Command::new(&python)
        .args(["-c", "import intelmq.bots.parsers.shadowserver._config"])
        .output()
        .unwrap();
    if probe.status.success() {
        return Some(python);
    }
    sakimori_testkit::skip(test, "python3 has no intelmq; pip install intelmq==3.1.0");
    None
}

/// Prints, for each report whose name is given, its columns as `IntelMQ` documents them: those that it requires, and the others.
const COLUMNS: &str = r#"
import json, sys
from intelmq.bots.parsers.shadowserver._config import mapping
reports = {}
for feed, name, table in mapping:
    if name in sys.argv[1:]:
        both = [sorted({row[1] for row in table.get(kind, [])}) for kind in ("required_fields", "optional_fields")]
        reports[name] = {"feed": feed, "required": both[0], "optional": both[1]}
print(json.dumps(reports))
"#;

#[tokio::test]
async fn the_ten_reports_are_read_with_the_columns_that_intelmq_documents() {
    let test = "the_ten_reports_are_read_with_the_columns_that_intelmq_documents";
    let Some(python) = intelmq(test) else { return };
    let names: Vec<&str> = sakimori_exchange::feed::REPORTS
        .iter()
        .map(|r| r.file)
        .collect();
    let output = std::process::Command::new(python)
        .args(["-c", COLUMNS])
        .args(&names)
        .output()
        .unwrap();
    let reports: BTreeMap<String, serde_json::Value> =
        serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(reports.len(), 10, "all ten are documented: {names:?}");
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    shown(&store, "water-1", "198.51.100.0/24", 1).await;
    for (name, columns) in reports {
        let of = |kind: &str| -> Vec<String> {
            let list = columns[kind].as_array().unwrap().iter();
            list.map(|c| c.as_str().unwrap().to_owned()).collect()
        };
        let mut all = of("required");
        all.extend(of("optional"));
        all.sort();
        all.dedup();
        let cell = |column: &String| match column.as_str() {
            "timestamp" => "2026-12-02 01:00:00",
            "ip" | "src_ip" => "198.51.100.7",
            text if text.ends_with("port") => "445",
            text if text.ends_with("asn") => "64500",
            _ => "",
        };
        let row: Vec<&str> = all.iter().map(cell).collect();
        let text = format!("{}\n{}\n", all.join(","), row.join(","));
        let file = format!("2026-12-02-{name}-jp.csv");
        let feed = Feed {
            name: &file,
            form: FeedForm::Shadowserver,
            grade: grade(),
            bytes: text.as_bytes(),
        };
        let taken = take(
            &store,
            act("office", START + 2 * DAY),
            feed,
            &Timing::default(),
        )
        .await;
        let intake = taken.unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!((intake.sightings, intake.opened), (1, 1), "{name}");
        let newest = latest(&store, View::Of("water-1"), None, None)
            .await
            .unwrap();
        let source = newest
            .first()
            .unwrap()
            .said
            .sources
            .first()
            .unwrap()
            .clone();
        let feed_name = columns["feed"].as_str().unwrap();
        // One report has two rows there, of which one adds the version of IP.
        let expected = format!("Shadowserver {feed_name}");
        assert!(source.starts_with(&expected), "{name}: {source}");
    }
}

#[tokio::test]
async fn a_claim_blocks_nobody_before_it_is_shown_nor_behind_its_end_and_none_is_of_the_whole_net()
{
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    let timing = Timing::default();
    for (asset, taken) in [
        ("0.0.0.0/0", false),
        ("::/0", false),
        ("::/80", false),
        ("::fffe:0:0/95", false),
        ("10.0.0.0/7", false),
        ("203.0.0.0/8", true),
        ("2001::/18", false),
        ("2001:2000::/19", true),
    ] {
        let claim = (asset, Method::MailToContact);
        let asked = ask(&store, act("gas-1", START), claim, [7; 20], &timing).await;
        assert_eq!(asked.is_ok(), taken, "{asset}: {asked:?}");
    }
    let own = |known: &Known, text: &str| known.own(&What::read(text).unwrap());
    let before = known(&store, Vec::new(), Seconds(START)).await.unwrap();
    assert!(!own(&before, "203.0.113.9"), "claimed alone");
    shown(&store, "gas-1", "198.51.100.0/24", 8).await;
    for (at, holds) in [(START, true), (START + 400 * DAY, false)] {
        let now = known(&store, Vec::new(), Seconds(at)).await.unwrap();
        assert_eq!(own(&now, "198.51.100.7"), holds, "{at}");
    }
}
