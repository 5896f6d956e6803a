//! The register, its notices and whose products an advisory means. In: lists, answers, both sides' stores. Out: verdicts. Never: a clock.

use sakimori_advisory::matching::{Advisory, Outcome};
use sakimori_cooperate::asset::{Asset, ComputerClass, Filing as Told, Need};
use sakimori_cooperate::calendar::Date;
use sakimori_cooperate::clock::State;
use sakimori_cooperate::form::{ListError, write_csv};
use sakimori_cooperate::notice::{Changed, OperatorOutline, Since};
use sakimori_cooperate::routing::Sector;
use sakimori_cooperate::scope::{Questions, SubType, SubTypes, Verdict};
use sakimori_cooperate::{Answer, Terms};
use sakimori_custody::time::Seconds;
use sakimori_liaison::LiaisonError;
use sakimori_liaison::asset::{self, Act, How, Profile, Tell, asked, import, load, read_list};
use sakimori_liaison::matching::{self, MakerCells, Matching, add_alias};
use sakimori_liaison::notice::{self, Filing, NoticeKind, make, registered, take};
use sakimori_store::{NEWEST, Papers, SqliteStore, View};

fn at(text: &str) -> Seconds {
    text.parse().unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn terms() -> Terms {
    Terms::japan(at("2026-09-30T15:00:00Z"))
}

fn act<'a>(owner: &'a str, time: &str) -> Act<'a> {
    Act {
        owner,
        by: "tester",
        at: at(time),
    }
}

const HEAD: &str =
    "maker,product,model,version,count,location,equipment,class,part,introduced,bespoke\n";

/// A list in CSV of the rows.
fn list(rows: &[&str]) -> Vec<Asset> {
    let text = format!("{HEAD}{}\n", rows.join("\n"));
    read_list(text.as_bytes()).unwrap()
}

const PLC: &str = "Siemens AG,SIMATIC S7-1500,,2.9.2,4,own-site,water-supply,type-1,appliance-hardware,2026-09-01,no";
const FIREWALL: &str = "Fortinet,FortiGate,,7.4.1,2,own-site,water-supply,adjacent-firewall,appliance-hardware,2026-12-15,no";
const WINDOWS: &str = "Microsoft,Windows Server,,2022,9,own-site,water-supply,staging-host,operating-system,2026-09-01,no";
const OWN: &str =
    "Mizu Systems,Valve Console,,1,1,own-site,water-supply,type-3,application,2026-09-01,yes";

fn profile(name: &str) -> Profile {
    Profile {
        outline: OperatorOutline {
            name: name.to_owned(),
            address: "Tokyo".to_owned(),
            representative: "A. Sato".to_owned(),
            contact: "assets@water.example".to_owned(),
        },
        sector: Sector::Water,
        since: Since {
            designated: day("2026-10-01"),
            scope_changed: None,
        },
        filings: Vec::new(),
    }
}

struct World {
    folder: tempfile::TempDir,
    operator: SqliteStore,
    office: SqliteStore,
    terms: Terms,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let open = async |name: &str| SqliteStore::open(&folder.path().join(name)).await.unwrap();
        Self {
            operator: open("operator").await,
            office: open("office").await,
            terms: terms(),
            folder,
        }
    }

    /// A register of rows, imported on 1 January 2027.
    async fn import(&self, rows: &[&str], on: &str) -> asset::Imported {
        let how = (How::Whole, day(on));
        let act = act("water-1", "2027-01-01T00:00:00Z");
        import(&self.operator, act, list(rows), how, &self.terms)
            .await
            .unwrap()
    }

    async fn outlined(&self, name: &str) {
        let act = act("water-1", "2027-01-02T00:00:00Z");
        asset::profile(&self.operator, act, profile(name), &self.terms)
            .await
            .unwrap();
    }
}

fn tells(asked: &[asset::Asked<'_>]) -> Vec<(u64, Tell, Option<String>)> {
    let row = |each: &asset::Asked<'_>| {
        let last = each.due.as_ref().map(|due| due.last.to_string());
        (each.entry.number, each.tell, last)
    };
    asked.iter().map(row).collect()
}

#[tokio::test]
async fn a_list_is_imported_whole_or_not_at_all_and_numbers_stay() {
    let world = World::new().await;
    let wrong =
        format!("{HEAD}{PLC}\n=cmd,x,,,0,nowhere,water-supply,type-9,application,2026-13-01,no\n");
    let Err(ListError::Cells { cells, total }) = read_list(wrong.as_bytes()) else {
        panic!("a wrong list was read");
    };
    let columns: Vec<&str> = cells.iter().map(|cell| cell.column.as_str()).collect();
    assert_eq!(
        columns,
        ["maker", "location", "class", "introduced", "count"]
    );
    assert_eq!((total, cells.iter().all(|cell| cell.row == 3)), (5, true));
    let first = world.import(&[PLC, FIREWALL], "2027-01-01").await;
    assert_eq!(first.added.len(), 2);
    // The same list again changes nothing, in whatever order.
    let again = world.import(&[FIREWALL, PLC], "2027-01-01").await;
    assert_eq!(
        (again.same, again.added.len(), again.removed.len()),
        (2, 0, 0)
    );
    let newer = FIREWALL.replace("7.4.1", "7.4.9");
    let third = world.import(&[&newer, WINDOWS], "2027-01-01").await;
    assert_eq!(
        (third.changed.as_slice(), third.removed.as_slice()),
        (&[2][..], &[1][..])
    );
    assert_eq!(third.added.first().map(|added| added.number), Some(3));
    let register = load(&world.operator, "water-1").await.unwrap();
    let numbers: Vec<u64> = register.entries.iter().map(|entry| entry.number).collect();
    // The first was told of nowhere: it is gone, and its number is not given again.
    assert_eq!(numbers, [2, 3]);
    // A workbook is told by its first bytes, and its CSV twin gives the same.
    let csv = write_csv(&list(&[PLC]));
    assert_eq!(read_list(&csv).unwrap(), list(&[PLC]));
    assert!(read_list(b"PK\x03\x04 no workbook").is_err());
    assert!(
        load(&world.operator, "water-2")
            .await
            .unwrap()
            .entries
            .is_empty()
    );
}

#[tokio::test]
async fn clocks_and_exemptions_follow_the_law_and_substitutes_need_the_exact_name() {
    let world = World::new().await;
    world
        .import(&[PLC, FIREWALL, WINDOWS, OWN], "2027-01-01")
        .await;
    let register = load(&world.operator, "water-1").await.unwrap();
    let now = at("2027-01-02T00:00:00Z");
    assert!(matches!(
        asked(&register, &world.terms, now),
        Err(LiaisonError::Missing { .. })
    ));
    world.outlined("Water One").await;
    let register = load(&world.operator, "water-1").await.unwrap();
    let all = asked(&register, &world.terms, now).unwrap();
    assert_eq!(
        tells(&all),
        [
            // In use on 1 October 2026: 31 March 2027. Introduced later than two months after: four months, and 15 April 2027 is a Thursday.
            (1, Tell::New, Some("2027-03-31".to_owned())),
            (2, Tell::New, Some("2027-04-15".to_owned())),
            (3, Tell::Nothing, None),
            (4, Tell::Nothing, None),
        ]
    );
    let free = &all[2];
    assert_eq!(
        (free.duty.need, free.duty.incident_duty),
        (Need::NoNotice, true)
    );
    assert!(free.duty.words().1.contains("incident duty remains"));
    assert!(
        !free.duty.reasons.is_empty() && free.duty.reasons.iter().all(|r| !r.rule.ja().is_empty())
    );
    // Overdue is a state of the clock, and the store lists it.
    let late = asked(&register, &world.terms, at("2027-05-01T00:00:00Z")).unwrap();
    let states: Vec<State> = late
        .iter()
        .filter_map(|each| Some(each.due.as_ref()?.state))
        .collect();
    assert_eq!(states, [State::Overdue, State::Overdue]);
    let due = register.head.as_ref().unwrap().due;
    assert_eq!(due, Some(day("2027-03-31").end().0));
    for (product, need) in [
        ("FortiGate", Need::Substituted),
        ("Fortigate", Need::Notice),
    ] {
        let mut said = profile("Water One");
        said.filings = vec![Told {
            maker: "Fortinet".to_owned(),
            product: product.to_owned(),
        }];
        let act = act("water-1", "2027-01-03T00:00:00Z");
        asset::profile(&world.operator, act, said, &world.terms)
            .await
            .unwrap();
        let register = load(&world.operator, "water-1").await.unwrap();
        let all = asked(&register, &world.terms, now).unwrap();
        assert_eq!(all[1].duty.need, need, "{product}");
    }
}

#[tokio::test]
async fn answers_decide_the_scope_and_unsure_is_never_outside() {
    let world = World::new().await;
    world.import(&[FIREWALL], "2027-01-01").await;
    let mut sub_types = SubTypes::all(Answer::No);
    sub_types.set(SubType::InternetHost, Answer::Yes);
    sub_types.set(SubType::AccessControl, Answer::Yes);
    let two = Questions {
        operator: Answer::Yes,
        equipment: Answer::No,
        connected: Answer::Yes,
        sub_types,
        preparation: Answer::No,
    };
    let act = act("water-1", "2027-01-02T00:00:00Z");
    let scope = asset::answer(&world.operator, act, 1, two, &world.terms)
        .await
        .unwrap();
    assert_eq!(scope.verdict, Verdict::In);
    assert_eq!(
        scope.sub_types,
        [SubType::AccessControl, SubType::InternetHost]
    );
    let class = async || {
        load(&world.operator, "water-1")
            .await
            .unwrap()
            .entry(1)
            .unwrap()
            .asset
            .class
    };
    assert_eq!(
        class().await,
        ComputerClass::TypeTwo(SubType::AccessControl)
    );
    let unsure = Questions {
        equipment: Answer::Unsure,
        connected: Answer::No,
        ..two
    };
    let scope = asset::answer(&world.operator, act, 1, unsure, &world.terms)
        .await
        .unwrap();
    assert_eq!(scope.verdict, Verdict::Ask);
    assert_eq!(scope.ask, ["equipment"]);
    let outside = Questions {
        equipment: Answer::No,
        ..unsure
    };
    let scope = asset::answer(&world.operator, act, 1, outside, &world.terms)
        .await
        .unwrap();
    assert_eq!(scope.verdict, Verdict::Outside);
    let missing = asset::answer(&world.operator, act, 7, two, &world.terms).await;
    assert!(matches!(missing, Err(LiaisonError::Missing { .. })));
}

#[tokio::test]
async fn notices_are_made_taken_once_and_followed_by_change_notices() {
    let world = World::new().await;
    world.import(&[PLC, FIREWALL, WINDOWS], "2027-01-01").await;
    world.outlined("Water One").await;
    let now = act("water-1", "2027-01-10T00:00:00Z");
    let change = make(
        &world.operator,
        now,
        (NoticeKind::Change, true),
        &world.terms,
    )
    .await;
    assert!(
        matches!(change, Err(LiaisonError::Refused { .. })),
        "nothing was told yet"
    );
    let made = make(
        &world.operator,
        now,
        (NoticeKind::Asset, true),
        &world.terms,
    )
    .await
    .unwrap();
    assert_eq!(
        (made.notice.items, made.notice.last),
        (2, Some(day("2027-03-31")))
    );
    let again = make(
        &world.operator,
        now,
        (NoticeKind::Asset, true),
        &world.terms,
    )
    .await;
    assert!(
        matches!(again, Err(LiaisonError::Refused { .. })),
        "all was told"
    );
    // The office takes it once; in another's name, or changed, never.
    let taken = take(&world.office, now, &made.bytes, &world.terms)
        .await
        .unwrap();
    assert_eq!((taken.id.as_str(), taken.registered), ("n-000001", Some(2)));
    let later = act("water-1", "2027-01-11T00:00:00Z");
    let repeated = take(&world.office, later, &made.bytes, &world.terms)
        .await
        .unwrap();
    assert_eq!((repeated.at, repeated.registered), (now.at.0, None));
    let rail = act("rail-1", "2027-01-11T00:00:00Z");
    let stranger = take(&world.office, rail, &made.bytes, &world.terms).await;
    assert!(matches!(stranger, Err(LiaisonError::Refused { .. })));
    let mut filing: Filing = serde_json::from_slice(&made.bytes).unwrap();
    filing.notice.items.first_mut().unwrap().maker.clear();
    let bytes = serde_json::to_vec(&filing).unwrap();
    let bad = take(&world.office, later, &bytes, &world.terms)
        .await
        .unwrap_err();
    assert!(bad.to_string().contains("maker"), "{bad}");
    assert!(
        registered(&world.office, "rail-1")
            .await
            .unwrap()
            .is_empty()
    );
    brought(&world, later).await;
    changes(&world).await;
    renamed(&world).await;
}

/// The operator's paper is brought by what is handed in, once.
async fn brought(world: &World, later: Act<'_>) {
    let send = async |_: Vec<u8>| Ok("taken by the office".to_owned());
    let said = notice::deliver(&world.operator, later, "n-000001", send)
        .await
        .unwrap();
    assert_eq!(said.taken.as_deref(), Some("taken by the office"));
    let never = async |_: Vec<u8>| {
        Err(LiaisonError::Missing {
            what: "reason to bring it twice".to_owned(),
        })
    };
    notice::deliver(&world.operator, later, "n-000001", never)
        .await
        .unwrap();
}

/// What follows the first notice: a new class, a farewell, a name of the operator.
async fn changes(world: &World) {
    // A version is not among the five items: no change notice.
    let newer = FIREWALL.replace("7.4.1", "7.6.0");
    world.import(&[PLC, &newer, WINDOWS], "2027-02-01").await;
    let now = act("water-1", "2027-02-02T00:00:00Z");
    let none = make(
        &world.operator,
        now,
        (NoticeKind::Change, true),
        &world.terms,
    )
    .await;
    assert!(matches!(none, Err(LiaisonError::Refused { .. })));
    // Another class and a farewell: four months.
    let moved = newer.replace("adjacent-firewall", "internet-host");
    world.import(&[&moved, WINDOWS], "2027-02-01").await;
    let register = load(&world.operator, "water-1").await.unwrap();
    let all = asked(&register, &world.terms, now.at).unwrap();
    assert_eq!(
        tells(&all),
        [
            (1, Tell::Removed, Some("2027-06-01".to_owned())),
            (2, Tell::Changed, Some("2027-06-01".to_owned())),
            (3, Tell::Nothing, None),
        ]
    );
    let made = make(
        &world.operator,
        now,
        (NoticeKind::Change, true),
        &world.terms,
    )
    .await
    .unwrap();
    assert_eq!(made.notice.changed, [Changed::Removed, Changed::Class]);
    take(&world.office, now, &made.bytes, &world.terms)
        .await
        .unwrap();
    let left = registered(&world.office, "water-1").await.unwrap();
    let left: Vec<(u64, &str)> = left
        .iter()
        .map(|line| (line.number, line.version.as_str()))
        .collect();
    assert_eq!(left, [(2, "7.6.0")]);
}

/// Only the operator's own name: it may be told, and no day runs.
async fn renamed(world: &World) {
    let now = act("water-1", "2027-02-02T00:00:00Z");
    world.outlined("Water One Holdings").await;
    let named = make(
        &world.operator,
        now,
        (NoticeKind::Change, false),
        &world.terms,
    )
    .await
    .unwrap();
    assert_eq!(
        (named.notice.changed.as_slice(), named.notice.last),
        (&[Changed::OperatorName][..], None)
    );
    take(&world.office, now, &named.bytes, &world.terms)
        .await
        .unwrap();
    // Without details neither version nor count is told.
    let left = registered(&world.office, "water-1").await.unwrap();
    assert_eq!(
        left.iter()
            .map(|line| (line.version.as_str(), line.count))
            .collect::<Vec<_>>(),
        [("", 1)]
    );
    // An older notice does not undo a newer one.
    let mut old: Filing = serde_json::from_slice(&named.bytes).unwrap();
    old.number = 1;
    let bytes = serde_json::to_vec(&old).unwrap();
    assert!(
        take(&world.office, now, &bytes, &world.terms)
            .await
            .is_err()
    );
}

fn advisory(version: u64) -> serde_json::Value {
    serde_json::json!({
        "document": {
            "publisher": { "namespace": "https://psirt.example" },
            "tracking": { "id": "EX-2027-1", "version": version.to_string() },
        },
        "product_tree": { "branches": [{
            "category": "vendor", "name": "Siemens", "branches": [{
                "category": "product_name", "name": "SIMATIC S7-1500", "branches": [{
                    "category": "product_version_range", "name": "vers:generic/<3.0.0",
                    "product": { "product_id": "P1", "name": "S7-1500 before 3.0.0" },
                }],
            }],
        }] },
        "vulnerabilities": [{ "product_status": { "known_affected": ["P1"] } }],
    })
}

/// Registers rows of an operator at the office.
async fn registered_at_office(world: &World, operator: &str, rows: &[&str]) {
    let store = SqliteStore::open(&world.folder.path().join(operator))
        .await
        .unwrap();
    let now = act(operator, "2027-01-10T00:00:00Z");
    import(
        &store,
        now,
        list(rows),
        (How::Whole, day("2027-01-10")),
        &world.terms,
    )
    .await
    .unwrap();
    let mut said = profile(operator);
    said.sector = if operator.starts_with("rail") {
        Sector::Railways
    } else {
        Sector::Electricity
    };
    asset::profile(&store, now, said, &world.terms)
        .await
        .unwrap();
    let made = make(&store, now, (NoticeKind::Asset, true), &world.terms)
        .await
        .unwrap();
    take(&world.office, now, &made.bytes, &world.terms)
        .await
        .unwrap();
}

#[tokio::test]
async fn an_advisory_asks_operators_once_and_tells_the_maker_counts_and_the_minister_names() {
    let world = World::new().await;
    let unknown = PLC.replace("2.9.2", "");
    registered_at_office(&world, "power-1", &[PLC]).await;
    registered_at_office(&world, "rail-1", &[&unknown]).await;
    let office = act("office", "2027-02-01T00:00:00Z");
    add_alias(
        &world.office,
        office,
        None,
        ("シーメンス", "Siemens", "registry of makers"),
    )
    .await
    .unwrap();
    let unsourced = add_alias(&world.office, office, None, ("SAG", "Siemens", " ")).await;
    assert!(matches!(unsourced, Err(LiaisonError::Refused { .. })));
    let japanese = PLC
        .replace("Siemens AG", "シーメンス")
        .replace("2.9.2", "3.1");
    registered_at_office(&world, "power-2", &[&japanese]).await;
    let matching = Matching::load(&world.office, &world.terms).await.unwrap();
    assert_eq!(matching.index.len(), 3);
    let first = Advisory::of_csaf(&advisory(1), &matching.aliases).unwrap();
    let by = ("office", office.at);
    let asking = matching::ask(&world.office, by, (&first, "S7"), &matching)
        .await
        .unwrap();
    assert_eq!(
        (asking.operators, asking.affected, asking.questions),
        (3, 1, 1)
    );
    let hits = matching.find(&first);
    let maker = matching.for_maker("Siemens", &first, &hits);
    let cells = &maker["SIMATIC S7-1500"];
    // Of each there are four units, and one operator: nothing is told.
    assert_eq!(*cells, MakerCells::default());
    assert!(matching.for_maker("Fortinet", &first, &hits).is_empty());
    let names = |minister: &str| -> Vec<String> {
        let rows = matching.for_minister(minister, &first, &hits);
        rows.into_iter().map(|row| row.operator).collect()
    };
    assert_eq!(names("meti"), ["power-1", "power-2"]);
    assert_eq!(names("mlit"), ["rail-1"]);
    remembered(&world, by).await;
}

/// The question is the operator's alone, and its answer is remembered.
async fn remembered(world: &World, by: (&str, Seconds)) {
    let own = matching::matches(&world.office, View::Of("rail-1"), Some("asked"), NEWEST)
        .await
        .unwrap();
    let paper = own.first().unwrap();
    let row = paper.said.rows.first().unwrap();
    assert_eq!(row.doubts, ["version-unknown"]);
    let other = matching::answer(
        &world.office,
        act("power-1", "2027-02-02T00:00:00Z"),
        (&format!("{}x", paper.id), 1),
        "affected",
    )
    .await;
    assert!(matches!(other, Err(LiaisonError::Missing { .. })));
    let rail = act("rail-1", "2027-02-02T00:00:00Z");
    matching::answer(
        &world.office,
        rail,
        (&paper.id, row.number),
        "not-this-version",
    )
    .await
    .unwrap();
    let matching = Matching::load(&world.office, &world.terms).await.unwrap();
    let second = Advisory::of_csaf(&advisory(2), &matching.aliases).unwrap();
    let asking = matching::ask(&world.office, by, (&second, "S7"), &matching)
        .await
        .unwrap();
    assert_eq!((asking.affected, asking.questions), (1, 0));
    let outcome = |operator: &str| {
        let id = matching::asset_id(operator, 1);
        let hits = matching.find(&second);
        hits.into_iter()
            .find(|hit| hit.asset == id)
            .map(|hit| hit.outcome)
    };
    assert_eq!(outcome("rail-1"), Some(Outcome::NotAffected));
    assert_eq!(outcome("power-1"), Some(Outcome::Affected));
    assert!(
        world
            .office
            .papers(View::All, "match", Some("asked"), 0)
            .await
            .unwrap()
            .is_empty()
    );
}
