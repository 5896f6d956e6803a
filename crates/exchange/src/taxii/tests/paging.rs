use super::*;
use proptest::prelude::*;
use sakimori_testkit::data;
use std::collections::BTreeSet;
use std::fmt::Write;

/// Medallion's collection of eight rows, in the order of its manifest.
fn medallion(name: &str) -> Option<Memory> {
    let path = data(name, "exchange/taxii/default_data.json")?;
    let all: Json = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let held = all["trustgroup1"]["collections"].as_array().unwrap();
    let held = held.iter().find(|one| one["id"] == C).unwrap();
    let mut store = Memory::new();
    for record in held["manifest"].as_array().unwrap() {
        let version = |object: &&Json| {
            let said = object.get("modified").or(object.get("created"));
            object["id"] == record["id"] && said == record.get("version")
        };
        let mut objects = held["objects"].as_array().unwrap().iter();
        let raw = objects.find(version).unwrap().to_string();
        let object = crate::stix::Object::read(&raw, None).unwrap();
        let date = record["date_added"].as_str().unwrap();
        let date = crate::stix::Timestamp::parse_rfc3339(date)
            .unwrap()
            .micros_floor();
        store
            .add(C, &[New::of(object.index(), object.raw())], date)
            .unwrap();
    }
    Some(store)
}

/// Queries over medallion's collection, and which rows answer: places in the manifest.
const ASKED: &[(&str, &[usize])] = &[
    // The last version of each, of the newest specification of each.
    ("", &[0, 1, 4, 5, 7]),
    ("match[version]=last", &[0, 1, 4, 5, 7]),
    ("match[version]=all", &[0, 1, 2, 3, 4, 5, 7]),
    ("match[version]=first", &[0, 1, 2, 4, 5]),
    ("match[version]=first,last", &[0, 1, 2, 4, 5, 7]),
    ("match[version]=2016-12-25T12:30:59.444Z", &[3]),
    (
        "match[version]=2016-12-25T13:30:59.4440+01:00,first",
        &[0, 1, 2, 3, 4, 5],
    ),
    ("match[version]=2016-12-25T12:30:59.445Z", &[]),
    // The specification first: of those of 2.0, the last.
    ("match[spec_version]=2.0", &[6]),
    ("match[spec_version]=2.1", &[0, 1, 4, 5, 7]),
    ("match[spec_version]=2.0,2.1", &[0, 1, 4, 6, 7]),
    (
        "match[spec_version]=2.0,2.1&match[version]=all",
        &[0, 1, 2, 3, 4, 5, 6, 7],
    ),
    ("match[spec_version]=2.0&match[version]=first", &[6]),
    ("match[spec_version]=3.0", &[]),
    // Types and ids narrow each other.
    ("match[type]=indicator", &[1, 7]),
    ("match[type]=indicator,malware", &[1, 5, 7]),
    (
        "match[id]=malware--c0931cc6-c75e-47e5-9036-78fabc95d4ec",
        &[5],
    ),
    (
        "match[id]=malware--c0931cc6-c75e-47e5-9036-78fabc95d4ec&match[type]=indicator",
        &[],
    ),
    (
        "match[id]=malware--c0931cc6-c75e-47e5-9036-78fabc95d4ec&match[spec_version]=2.0",
        &[6],
    ),
    ("match[type]=indicator&match[version]=all", &[1, 2, 3, 7]),
    // When they were added comes last and does not change which version is meant.
    ("added_after=2016-11-03T12:30:59.001Z", &[4, 5, 7]),
    ("added_after=2017-12-31T13:49:53.935Z", &[]),
    ("added_after=2017-12-31T13:49:53.9349999Z", &[7]),
    ("added_after=1900-01-01T00:00:00Z", &[0, 1, 4, 5, 7]),
    (
        "added_after=2016-11-03T12:30:59.001Z&match[version]=first",
        &[4, 5],
    ),
    (
        "added_after=2016-11-03T12:30:59.0009999Z&match[version]=first",
        &[2, 4, 5],
    ),
    (
        "added_after=2017-01-27T13:49:59.997Z&match[spec_version]=2.0",
        &[6],
    ),
    (
        "added_after=2017-01-27T13:49:59.997Z&match[type]=malware",
        &[],
    ),
];

#[test]
fn filters_mean_the_same_in_objects_and_manifest() {
    let Some(store) = medallion("filters_mean_the_same_in_objects_and_manifest") else {
        return;
    };
    let every = asked("match[version]=all&match[spec_version]=2.0,2.1");
    let all = listed(&manifest(&store, &caller(), &every).unwrap());
    assert_eq!(all.len(), 8);
    for (query, wanted) in ASKED {
        let wanted: Vec<String> = wanted.iter().map(|at| all[*at].clone()).collect();
        let by_manifest = manifest(&store, &caller(), &asked(query)).unwrap();
        let by_objects = objects(&store, &caller(), &asked(query)).unwrap();
        assert_eq!(listed(&by_manifest), wanted, "{query}");
        assert_eq!(listed(&by_objects), wanted, "{query}");
        assert_eq!(by_manifest.headers, by_objects.headers);
        assert_eq!(
            by_objects.headers.len(),
            if wanted.is_empty() { 0 } else { 2 }
        );
        if wanted.is_empty() {
            assert_eq!(by_objects.body, "{}");
        }
    }
    // Two rows had one date: the second is a microsecond later.
    let answer = manifest(&store, &caller(), &every).unwrap();
    let dates: Vec<_> = json(&answer)["objects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| o["date_added"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        dates[5..7],
        ["2017-01-27T13:49:59.997000Z", "2017-01-27T13:49:59.997001Z"]
    );
    assert_eq!(
        header(&answer, "X-TAXII-Date-Added-First"),
        Some("2014-05-08T09:00:00.000000Z")
    );
    assert_eq!(
        header(&answer, "X-TAXII-Date-Added-Last"),
        Some("2017-12-31T13:49:53.935000Z")
    );
    let types: BTreeSet<_> = json(&answer)["objects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| o["media_type"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(types.len(), 2);
}

#[test]
fn one_object_and_its_versions_are_given() {
    let Some(mut store) = medallion("one_object_and_its_versions_are_given") else {
        return;
    };
    let id = "indicator--6770298f-0fd8-471a-ab8c-1c658a46574e";
    let of = |store: &Memory, query| listed(&object(store, &caller(), &asked(query), id).unwrap());
    assert_eq!(of(&store, ""), [format!("{id} 2017-01-27T13:49:53.935Z")]);
    assert_eq!(of(&store, "match[version]=all").len(), 3);
    assert_eq!(
        of(&store, "match[version]=all&match[spec_version]=2.0"),
        [""; 0]
    );
    let answer = versions(&store, &caller(), &asked(""), id).unwrap();
    assert_eq!(
        json(&answer)["versions"],
        serde_json::json!([
            "2016-11-03T12:30:59.000Z",
            "2016-12-25T12:30:59.444Z",
            "2017-01-27T13:49:53.935Z"
        ])
    );
    assert_eq!(
        header(&answer, "X-TAXII-Date-Added-First"),
        Some("2016-11-03T12:30:59.001000Z")
    );
    let first = versions(&store, &caller(), &asked("limit=2"), id).unwrap();
    let next = json(&first)["next"].as_str().unwrap().to_owned();
    let query = format!("limit=9&next={next}");
    let second = versions(&store, &caller(), &asked(&query), id).unwrap();
    assert_eq!(
        json(&second),
        serde_json::json!({ "versions": ["2017-01-27T13:49:53.935Z"] })
    );
    let none = object(&store, &caller(), &asked(""), "indicator--0").unwrap_err();
    assert_eq!(none.status, 404);

    let gone =
        |store: &mut Memory, query| remove(store, &caller(), C, query, id, 5).map(|a| a.status);
    assert_eq!(
        gone(&mut store, "match[version]=2016-12-25T12:30:59.444Z"),
        Ok(200)
    );
    assert_eq!(
        gone(&mut store, "match[version]=2016-12-25T12:30:59.444Z")
            .unwrap_err()
            .status,
        404
    );
    assert_eq!(gone(&mut store, "match[version]=first"), Ok(200));
    assert_eq!(
        of(&store, "match[version]=all"),
        [format!("{id} 2017-01-27T13:49:53.935Z")]
    );
    assert_eq!(gone(&mut store, ""), Ok(200));
    assert_eq!(gone(&mut store, "").unwrap_err().status, 404);
    assert_eq!(store.gone(C).len(), 3);
    // All versions are of every specification.
    let both = "malware--c0931cc6-c75e-47e5-9036-78fabc95d4ec";
    assert!(remove(&mut store, &caller(), C, "", both, 5).is_ok());
    assert_eq!(store.gone(C).len(), 5);
}

/// Reads to the end, a page after the other, and gives what was seen.
fn walk(store: &Memory, query: &str, limits: &[usize]) -> Vec<String> {
    let mut out = Vec::new();
    let mut next = String::new();
    for limit in limits.iter().cycle() {
        let full = format!("{query}&limit={limit}{next}");
        let answer = objects(store, &caller(), &asked(&full)).unwrap();
        let page = listed(&answer);
        assert!(page.len() <= *limit);
        out.extend(page);
        let body = json(&answer);
        let Some(token) = body["next"].as_str() else {
            assert!(body.get("more").is_none());
            return out;
        };
        assert_eq!(body["more"], true);
        next = format!("&next={token}");
    }
    out
}

#[test]
fn a_caller_that_pages_by_added_after_alone_sees_every_object() {
    let mut store = Memory::new();
    let all: Vec<String> = (0..100).map(|n| thing(n, 0, "2.1", "")).collect();
    // All at one moment of a clock that stands.
    fill(&mut store, 1_000_000, &all);
    let mut seen = BTreeSet::new();
    let mut query = "limit=20".to_owned();
    loop {
        let answer = objects(&store, &caller(), &asked(&query)).unwrap();
        let page = listed(&answer);
        if page.is_empty() {
            break;
        }
        seen.extend(page);
        let last = header(&answer, "X-TAXII-Date-Added-Last").unwrap();
        query = format!("limit=20&added_after={last}");
    }
    assert_eq!(seen.len(), 100);
}

/// A store to which somebody adds some objects once it was asked for versions.
struct Busy(std::cell::RefCell<(Memory, Vec<String>)>);

impl Store for Busy {
    fn rows(
        &self,
        collection: &str,
        after: Option<u64>,
        wanted: &Wanted<'_>,
        at_most: usize,
    ) -> Result<Vec<Row>, StoreError> {
        self.0.borrow().0.rows(collection, after, wanted, at_most)
    }

    fn versions_of(&self, collection: &str, ids: &[String]) -> Result<Vec<Row>, StoreError> {
        let mut held = self.0.borrow_mut();
        let rows = held.0.versions_of(collection, ids);
        let next = std::mem::take(&mut held.1);
        if !next.is_empty() {
            fill(&mut held.0, 1, &next);
        }
        rows
    }

    fn elsewhere(&self, _: &str, _: &[String]) -> Result<Vec<(String, Row)>, StoreError> {
        Ok(Vec::new())
    }

    fn add(&mut self, _: &str, _: &[New], _: u64) -> Result<Vec<Outcome>, StoreError> {
        Err(StoreError)
    }

    fn remove(&mut self, _: &str, _: &[Key], _: u64) -> Result<(), StoreError> {
        Err(StoreError)
    }
}

#[test]
fn a_version_that_is_added_while_a_page_is_read_is_not_lost() {
    for version in ["all", "last"] {
        let mut memory = Memory::new();
        fill(&mut memory, 1, &[thing(1, 0, "2.1", "")]);
        // A newer version of the object that is on the page already, and then another object.
        let next = vec![thing(1, 5, "2.1", ""), thing(2, 0, "2.1", "")];
        let store = Busy(std::cell::RefCell::new((memory, next)));
        let mut seen = Vec::new();
        let mut query = format!("match[version]={version}");
        loop {
            let answer = objects(&store, &caller(), &asked(&query)).unwrap();
            seen.extend(listed(&answer));
            let Some(last) = header(&answer, "X-TAXII-Date-Added-Last") else {
                break;
            };
            query = format!("match[version]={version}&added_after={last}");
        }
        let ends: Vec<&str> = seen.iter().filter_map(|text| text.get(9..17)).collect();
        assert_eq!(ends, ["00000001", "00000001", "00000002"], "{version}");
    }
}

#[test]
fn deletions_and_additions_between_pages_neither_skip_nor_repeat() {
    let mut store = Memory::new();
    let all: Vec<String> = (0..10).map(|n| thing(n, 0, "2.1", "")).collect();
    fill(&mut store, 1, &all);
    let first = objects(&store, &caller(), &asked("limit=4")).unwrap();
    let next = json(&first)["next"].as_str().unwrap().to_owned();
    // One that was on the first page goes, and one that was its end.
    for number in [0, 3] {
        let id = format!("malware--{number:08x}-17d4-4cbf-938f-98ee46b3cd3f");
        remove(&mut store, &caller(), C, "", &id, 1).unwrap();
    }
    fill(&mut store, 0, &[thing(77, 0, "2.1", "")]);
    let query = format!("limit=1000&next={next}");
    let second = objects(&store, &caller(), &asked(&query)).unwrap();
    let ids: Vec<String> = listed(&second)
        .iter()
        .map(|id| id.chars().skip(9).take(8).collect())
        .collect();
    assert_eq!(
        ids,
        [
            "00000004", "00000005", "00000006", "00000007", "00000008", "00000009", "0000004d"
        ]
    );
}

#[test]
fn a_position_belongs_to_its_caller_and_filters_and_not_to_its_limit() {
    let mut store = Memory::new();
    let all: Vec<String> = (0..10).map(|n| thing(n, 0, "2.1", "")).collect();
    fill(&mut store, 1, &all);
    let first = objects(
        &store,
        &caller(),
        &asked("limit=4&match[type]=malware,tool"),
    )
    .unwrap();
    let next = json(&first)["next"].as_str().unwrap().to_owned();
    let status = |query: &str, caller: &Caller<'_>, collection: &str, key: &NextKey| {
        let query = format!("{query}&next={next}");
        let asked = Asked {
            collection,
            query: &query,
            key,
        };
        objects(&store, caller, &asked).map_or_else(|error| error.status, |answer| answer.status)
    };
    let filters = "match[type]=tool&match[type]=malware";
    assert_eq!(status(filters, &caller(), C, &KEY), 200);
    assert_eq!(
        status(&format!("limit=9&{filters}"), &caller(), C, &KEY),
        200
    );
    assert_eq!(status("match[type]=malware", &caller(), C, &KEY), 400);
    assert_eq!(
        status(
            &format!("{filters}&added_after=2016-01-01T00:00:00Z"),
            &caller(),
            C,
            &KEY
        ),
        400
    );
    assert_eq!(
        status(
            &format!("{filters}&match[version]=last"),
            &caller(),
            C,
            &KEY
        ),
        400
    );
    let other = Caller {
        name: "b",
        ..caller()
    };
    assert_eq!(status(filters, &other, C, &KEY), 400);
    assert_eq!(status(filters, &caller(), "d", &KEY), 400);
    assert_eq!(status(filters, &caller(), C, &NextKey::new([8; 32])), 400);
    let query = format!("{filters}&next={next}");
    assert_eq!(
        manifest(&store, &caller(), &asked(&query))
            .unwrap_err()
            .status,
        400
    );
    for at in 0..next.len() {
        let mut changed = next.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let query = format!("{filters}&next={}", String::from_utf8(changed).unwrap());
        let error = objects(&store, &caller(), &asked(&query)).unwrap_err();
        assert_eq!(error.status, 400);
    }
    for bad in ["AAAA", "%00", &format!("{next}A"), &format!("{next}=")] {
        let query = format!("{filters}&next={bad}");
        assert!(objects(&store, &caller(), &asked(&query)).is_err(), "{bad}");
    }
}

#[test]
fn rights_decide_between_forbidden_and_not_found() {
    let store = Memory::new();
    let with = |read, write| Caller {
        rights: Rights { read, write },
        ..caller()
    };
    let read = |caller: &Caller<'_>| {
        objects(&store, caller, &asked("")).map_or_else(|e| e.status, |a| a.status)
    };
    assert_eq!(read(&with(true, false)), 200);
    assert_eq!(read(&with(false, true)), 403);
    assert_eq!(read(&with(false, false)), 404);
    let mut store = Memory::new();
    let mut delete = |caller: &Caller<'_>| {
        remove(&mut store, caller, C, "", "a--1", 1)
            .unwrap_err()
            .status
    };
    assert_eq!(delete(&with(true, false)), 403);
    assert_eq!(delete(&with(false, true)), 403);
    assert_eq!(delete(&with(false, false)), 404);
    assert_eq!(delete(&with(true, true)), 404);
    let write = |caller: &Caller<'_>| Post::begin(caller, b"{").unwrap_err().status;
    assert_eq!(write(&with(true, false)), 403);
    assert_eq!(write(&with(false, false)), 404);
    assert_eq!(write(&with(false, true)), 422);
}

/// What the filters mean, said once more and slowly: of all versions those that are meant, in the order in which they were added.
fn slowly(
    rows: &[(u32, u32, &'static str)],
    specs: Option<&[&str]>,
    version: Option<&str>,
    after: usize,
) -> Vec<usize> {
    let mut out = Vec::new();
    for (at, (number, second, spec)) in rows.iter().enumerate() {
        let own = rows.iter().filter(|row| row.0 == *number);
        let newest = own.clone().map(|row| row.2).max().unwrap();
        let specified = |spec: &str| specs.map_or(spec == newest, |specs| specs.contains(&spec));
        let seconds: Vec<u32> = own
            .filter(|row| specified(row.2))
            .map(|row| row.1)
            .collect();
        let meant = match version {
            Some("all") => true,
            Some("first") => Some(second) == seconds.iter().min(),
            _ => Some(second) == seconds.iter().max(),
        };
        if specified(spec) && meant && at >= after {
            out.push(at);
        }
    }
    out
}

proptest! {
    #[test]
    fn any_walk_over_any_collection_gives_what_the_filters_mean(
        rows in prop::collection::btree_set((0u32..6, 0u32..5, prop::sample::select(vec!["2.0", "2.1"])), 0..30).prop_map(|set| set.into_iter().collect::<Vec<_>>()).prop_shuffle(),
        clocks in prop::collection::vec(0u64..50, 30),
        limits in prop::collection::vec(1usize..7, 1..4),
        specs in prop::sample::select(vec![None, Some(&["2.0"][..]), Some(&["2.1"][..]), Some(&["2.0", "2.1"][..])]),
        version in prop::sample::select(vec![None, Some("all"), Some("first"), Some("last")]),
        after in 0usize..30,
    ) {
        let mut store = Memory::new();
        let mut dates = Vec::new();
        for ((number, second, spec), now) in rows.iter().zip(&clocks) {
            let raw = thing(*number, *second, spec, "");
            let object = crate::stix::Object::read(&raw, None).unwrap();
            match store.add(C, &[New::of(object.index(), object.raw())], *now).unwrap()[0] {
                Outcome::Added(date) => dates.push(date),
                other => prop_assert!(false, "{other:?}"),
            }
        }
        prop_assert!(dates.windows(2).all(|pair| pair[0] < pair[1]));
        let after = after.min(rows.len());
        let mut query = String::new();
        if let Some(specs) = specs {
            write!(query, "&match[spec_version]={}", specs.join(",")).unwrap();
        }
        if let Some(version) = version {
            write!(query, "&match[version]={version}").unwrap();
        }
        if after > 0 {
            write!(query, "&added_after={}", crate::stix::MicrosText(dates[after - 1])).unwrap();
        }
        let wanted: Vec<String> = slowly(&rows, specs, version, after)
            .into_iter()
            .map(|at| format!("malware--{:08x}-17d4-4cbf-938f-98ee46b3cd3f 2016-01-01T00:00:{:02}.000Z", rows[at].0, rows[at].1))
            .collect();
        prop_assert_eq!(walk(&store, &query, &limits), wanted, "{}", query);
    }

    #[test]
    fn dates_rise_whatever_the_clock_does(clocks in prop::collection::vec(any::<u64>(), 1..50)) {
        let mut last = None;
        for now in clocks {
            let date = date_added(last, now);
            prop_assert!(last.is_none_or(|last| date > last || last == u64::MAX));
            prop_assert!(date >= now || last.is_some());
            last = Some(date);
        }
    }

    #[test]
    fn no_query_makes_it_panic(raw in "[a-z\\[\\]_=&%,+0-9:.TZ-]{0,60}|\\PC{0,30}") {
        for resource in [Resource::Objects, Resource::Object, Resource::Versions, Resource::Remove] {
            let _ = Query::parse(&raw, resource);
        }
        let _ = (accepts(Some(&raw)), posts(Some(&raw)), Route::parse(&raw));
    }
}
