//! The index that is kept: what is new changes the next match, and where nothing is new nothing is read again. In: notices, names, answers. Out: verdicts. Never: a clock.

use async_trait::async_trait;
use sakimori_advisory::matching::{Advisory, Outcome};
use sakimori_cooperate::Terms;
use sakimori_cooperate::asset::ComputerClass;
use sakimori_cooperate::notice::{AssetNotice, Changed, NoticeItem, OperatorOutline};
use sakimori_cooperate::routing::Sector;
use sakimori_custody::time::Seconds;
use sakimori_liaison::asset::Act;
use sakimori_liaison::matching::{Keeper, Matching, add_alias, answer, ask, asset_id, matches};
use sakimori_liaison::notice::{FORMAT, Filing, Line, NoticeKind, take};
use sakimori_store::{Attachment, Kept, NEWEST, Papers, SqliteStore, Store, StoreError, View};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

pub(crate) const NOW: Seconds = Seconds(1_806_537_600);

/// A store that counts how many papers it gave.
pub(crate) struct Counting {
    pub(crate) store: SqliteStore,
    given: AtomicUsize,
}

#[async_trait]
impl Papers for Counting {
    async fn paper(&self, owner: &str, kind: &str, id: &str) -> Result<Option<Kept>, StoreError> {
        let found = self.store.paper(owner, kind, id).await?;
        self.given
            .fetch_add(usize::from(found.is_some()), Ordering::Relaxed);
        Ok(found)
    }

    async fn versions(
        &self,
        owner: &str,
        kind: &str,
        id: &str,
        from: u64,
    ) -> Result<Vec<Kept>, StoreError> {
        self.store.versions(owner, kind, id, from).await
    }

    async fn papers(
        &self,
        view: View<'_>,
        kind: &str,
        state: Option<&str>,
        after: u64,
    ) -> Result<Vec<Kept>, StoreError> {
        let found = self.store.papers(view, kind, state, after).await?;
        self.given.fetch_add(found.len(), Ordering::Relaxed);
        Ok(found)
    }

    async fn latest(
        &self,
        view: View<'_>,
        kind: &str,
        state: Option<&str>,
        before: u64,
    ) -> Result<Vec<Kept>, StoreError> {
        self.store.latest(view, kind, state, before).await
    }

    async fn due(&self, view: View<'_>, kind: &str, until: u64) -> Result<Vec<Kept>, StoreError> {
        self.store.due(view, kind, until).await
    }

    async fn due_after(
        &self,
        view: View<'_>,
        kind: &str,
        until: u64,
        place: (u64, u64),
    ) -> Result<Vec<Kept>, StoreError> {
        self.store.due_after(view, kind, until, place).await
    }

    async fn due_count(&self, view: View<'_>, kind: &str, until: u64) -> Result<u64, StoreError> {
        self.store.due_count(view, kind, until).await
    }

    async fn states(&self, view: View<'_>, kind: &str) -> Result<Vec<(String, u64)>, StoreError> {
        self.store.states(view, kind).await
    }

    async fn attachments(
        &self,
        owner: &str,
        kind: &str,
        id: &str,
    ) -> Result<Vec<Attachment>, StoreError> {
        self.store.attachments(owner, kind, id).await
    }

    async fn attached(
        &self,
        owner: &str,
        kind: &str,
        id: &str,
        file: &[u8; 32],
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.attached(owner, kind, id, file).await
    }
}

pub(crate) struct House {
    _folder: tempfile::TempDir,
    pub(crate) papers: Counting,
    pub(crate) keeper: Keeper,
    pub(crate) terms: Terms,
}

pub(crate) fn act(owner: &str) -> Act<'_> {
    Act {
        owner,
        by: "tester",
        at: NOW,
    }
}

impl House {
    pub(crate) async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        Self {
            papers: Counting {
                store: SqliteStore::open(&path).await.unwrap(),
                given: AtomicUsize::new(0),
            },
            keeper: Keeper::default(),
            terms: Terms::japan(NOW),
            _folder: folder,
        }
    }

    /// An operator tells of one asset.
    async fn told(&self, operator: &str, maker: &str, version: &str) {
        let asset = (maker, "Valve Controller", version);
        self.tells((operator, Sector::Water, 1), NoticeKind::Asset, asset)
            .await;
    }

    /// An operator tells of its first asset: maker, product, version.
    pub(crate) async fn tells(
        &self,
        who: (&str, Sector, u64),
        kind: NoticeKind,
        asset: (&str, &str, &str),
    ) {
        self.files(who, kind, &[(1, asset)]).await;
    }

    /// An operator tells of assets, each with its number.
    async fn files(
        &self,
        (operator, sector, number): (&str, Sector, u64),
        kind: NoticeKind,
        assets: &[(u64, (&str, &str, &str))],
    ) {
        let item = |(_, (maker, product, _)): &(u64, (&str, &str, &str))| NoticeItem {
            equipment: "water-supply".to_owned(),
            class: ComputerClass::TypeOne,
            product: (*product).to_owned(),
            maker: (*maker).to_owned(),
        };
        let mut items: Vec<NoticeItem> = Vec::new();
        for asset in assets {
            if !items.contains(&item(asset)) {
                items.push(item(asset));
            }
        }
        let line = |asset: &(u64, (&str, &str, &str))| Line {
            number: asset.0,
            item: items.iter().position(|one| *one == item(asset)).unwrap() as u32,
            count: 2,
            model: String::new(),
            version: asset.1.2.to_owned(),
            cpe: String::new(),
            purl: String::new(),
        };
        let lines = assets.iter().map(line).collect();
        let filing = Filing {
            format: FORMAT.to_owned(),
            operator: operator.to_owned(),
            sector,
            number,
            kind,
            changed: match kind {
                NoticeKind::Asset => Vec::new(),
                NoticeKind::Change => vec![Changed::Product],
            },
            on: None,
            notice: AssetNotice {
                operator: OperatorOutline {
                    name: operator.to_owned(),
                    address: "Tokyo".to_owned(),
                    representative: "A. Sato".to_owned(),
                    contact: "assets@example.org".to_owned(),
                },
                items,
            },
            lines,
        };
        let bytes = serde_json::to_vec(&filing).unwrap();
        let store = &self.papers.store;
        take(store, act(operator), &bytes, &self.terms)
            .await
            .unwrap();
    }

    pub(crate) async fn current(&self) -> Matching {
        let current = self.keeper.current(&self.papers, &self.terms).await;
        current.unwrap()
    }

    /// Operators that an advisory means, with what came of it, as the kept index says and as one that is made anew says.
    async fn found(&self, number: u32) -> Vec<(String, Outcome)> {
        let kept = found(&self.current().await, number);
        let new = Matching::load(&self.papers.store, &self.terms).await;
        assert_eq!(kept, found(&new.unwrap(), number));
        kept
    }

    fn given(&self) -> usize {
        self.papers.given.swap(0, Ordering::Relaxed)
    }
}

fn advisory(number: u32, matching: &Matching) -> Advisory {
    advisory_of(("EX-1", number), "vers:generic/<3.0.0", matching)
}

/// An advisory on one product, by its id, version and range.
pub(crate) fn advisory_of((id, number): (&str, u32), range: &str, matching: &Matching) -> Advisory {
    let document = serde_json::json!({
        "document": { "publisher": { "namespace": "https://psirt.example" }, "tracking": { "id": id, "version": number.to_string() } },
        "product_tree": { "branches": [{ "category": "vendor", "name": "Mizu", "branches": [{
            "category": "product_name", "name": "Valve Controller", "branches": [{
                "category": "product_version_range", "name": range,
                "product": { "product_id": "P1", "name": "before 3.0.0" },
            }],
        }] }] },
        "vulnerabilities": [{ "product_status": { "known_affected": ["P1"] } }],
    });
    Advisory::of_csaf(&document, &matching.aliases).unwrap()
}

fn found(matching: &Matching, number: u32) -> Vec<(String, Outcome)> {
    let hits = matching.find(&advisory(number, matching)).into_iter();
    let mut found: Vec<(String, Outcome)> = hits
        .map(|hit| {
            let asset = matching.index.asset(hit.asset).unwrap();
            (asset.operator.clone(), hit.outcome)
        })
        .collect();
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

fn names(found: &[(String, Outcome)]) -> Vec<&str> {
    found.iter().map(|(name, _)| name.as_str()).collect()
}

#[tokio::test]
async fn a_notice_a_name_and_an_answer_change_the_next_match_and_nothing_else_is_read_again() {
    let house = House::open().await;
    house.told("water-1", "Mizu", "2.0.0").await;
    house.told("water-2", "Mizu", "").await;
    assert_eq!(names(&house.found(1).await), ["water-1", "water-2"]);
    assert_eq!(house.given(), 2);
    let first = house.current().await;
    let same = house.current().await;
    assert!(Arc::ptr_eq(&first.index, &same.index));
    assert_eq!(house.given(), 0, "nothing is new");

    // A notice.
    house.told("water-3", "ミズ", "2.0.0").await;
    house.told("water-4", "Mizu", "1.0.0").await;
    assert_eq!(
        names(&house.found(1).await),
        ["water-1", "water-2", "water-4"]
    );
    assert_eq!(house.given(), 2, "the two that are new");

    // A name.
    let pair = ("ミズ", "Mizu", "registry of makers");
    add_alias(&house.papers.store, act("office"), None, pair)
        .await
        .unwrap();
    let named = house.found(1).await;
    assert_eq!(names(&named), ["water-1", "water-2", "water-3", "water-4"]);
    house.given();

    // What an advisory means is read, and the index stays.
    let before = house.current().await;
    let to = advisory(1, &before);
    let store = &house.papers.store;
    ask(store, ("office", NOW), (&to, "Valves"), &before)
        .await
        .unwrap();
    let after = house.current().await;
    assert!(Arc::ptr_eq(&before.index, &after.index));
    assert!(Arc::ptr_eq(&before.memory, &after.memory));
    assert_eq!(house.given(), 4, "the papers of four operators");

    // An answer.
    let asked = matches(store, View::Of("water-2"), Some("asked"), NEWEST).await;
    let paper = asked.unwrap().remove(0);
    answer(store, act("water-2"), (&paper.id, 1), "not-this-product")
        .await
        .unwrap();
    assert_eq!(
        names(&house.found(2).await),
        ["water-1", "water-3", "water-4"]
    );
    assert_eq!(house.given(), 1, "one paper");
    let id = asset_id("water-2", 1);
    assert!(after.index.asset(id).is_some());
    assert!(Arc::ptr_eq(&after.index, &house.current().await.index));
    house.papers.store.close().await;
}

#[tokio::test]
async fn two_who_ask_at_once_read_it_once() {
    let house = House::open().await;
    for number in 0..5 {
        house
            .told(&format!("water-{number}"), "Mizu", "2.0.0")
            .await;
    }
    let [one, other, third] = [house.current(), house.current(), house.current()];
    let (one, other, third) = tokio::join!(one, other, third);
    assert_eq!(house.given(), 5);
    assert!(Arc::ptr_eq(&one.index, &other.index) && Arc::ptr_eq(&one.index, &third.index));
    house.papers.store.close().await;
}

#[tokio::test]
async fn another_schedule_routes_anew() {
    let mut house = House::open().await;
    house.told("water-1", "Mizu", "2.0.0").await;
    let mut routes = house.terms.routes.iter();
    let minister = routes.find(|row| row.value.sector == Sector::Water);
    let minister = minister.unwrap().value.minister.id().to_owned();
    let rows = async |house: &House| {
        let current = house.current().await;
        let to = advisory(1, &current);
        let hits = current.find(&to);
        current.for_minister(&minister, &to, &hits).len()
    };
    assert_eq!(rows(&house).await, 1);
    house.terms.routes.clear();
    assert_eq!(rows(&house).await, 0);
    house.papers.store.close().await;
}

/// What an index finds of an advisory that is about all makers' valves: operator, number, outcome.
fn all_found(matching: &Matching) -> Vec<(String, u64, String)> {
    let hits = matching.find(&advisory(1, matching)).into_iter();
    let mut found: Vec<_> = hits
        .map(|hit| {
            let asset = matching.index.asset(hit.asset).unwrap();
            let number = matching.number(hit.asset).unwrap();
            (asset.operator.clone(), number, format!("{:?}", hit.outcome))
        })
        .collect();
    found.sort();
    found
}

#[tokio::test]
async fn an_index_that_follows_is_the_one_that_is_made_anew_whatever_comes() {
    let house = House::open().await;
    let makers = ["Mizu", "ミズ", "Aqua", "Mizu KK"];
    let mut pairs = vec![
        (Some("Mizu"), "弁制御器", "Valve Controller"),
        (None, "Aqua", "Mizu"),
        (None, "ミズ", "Mizu"),
    ];
    // A draw that is the same at each run.
    let mut state = 7u64;
    let mut draw = |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut notices = [0u64; 3];
    let mut largest = 0;
    for step in 0..24 {
        let at = draw(3) as usize;
        notices[at] += 1;
        // Up to three papers of 400, whose lines move from one to another when some in front go.
        let numbers: Vec<u64> = (1..=1_000).filter(|_| draw(10) < 7).collect();
        let few = draw(4) == 0;
        let assets: Vec<(u64, (&str, &str, &str))> = numbers
            .iter()
            .take(if few { 3 } else { 1_000 })
            .map(|number| {
                let maker = makers[draw(4) as usize];
                let product = ["Valve Controller", "弁制御器", "Pump"][draw(3) as usize];
                (
                    *number,
                    (maker, product, ["1.0.0", "3.0.0", ""][draw(3) as usize]),
                )
            })
            .collect();
        let operator = format!("water-{at}");
        let sector = [Sector::Water, Sector::Gas][draw(2) as usize];
        let who = (operator.as_str(), sector, notices[at]);
        house.files(who, NoticeKind::Change, &assets).await;
        if step % 7 == 6
            && let Some((maker, written, means)) = pairs.pop()
        {
            let pair = (written, means, "registry of makers");
            let store = &house.papers.store;
            add_alias(store, act("office"), maker, pair).await.unwrap();
        }
        let kept = house.current().await;
        let new = Matching::load(&house.papers.store, &house.terms)
            .await
            .unwrap();
        assert_eq!(kept.index.len(), new.index.len(), "{step}");
        assert_eq!(all_found(&kept), all_found(&new), "{step}");
        for minister in ["meti", "mlit"] {
            let of = |matching: &Matching| -> Vec<String> {
                matching.operators_of(minister).map(str::to_owned).collect()
            };
            assert_eq!(of(&kept), of(&new), "{step} {minister}");
        }
        largest = largest.max(all_found(&kept).len());
    }
    assert!(largest > 400 && pairs.is_empty(), "{largest} {pairs:?}");
    house.papers.store.close().await;
}
