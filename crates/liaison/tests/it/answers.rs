//! What operators answer about products and versions, and who is told what of it. In: notices, advisories, answers. Out: papers, counts, memory. Never: a false match that comes back with the
//! next advisory on the product; an operator's name in a count.

use crate::matching::{House, NOW, act, advisory_of};
use sakimori_cooperate::routing::Sector;
use sakimori_liaison::LiaisonError;
use sakimori_liaison::matching::{
    Asking, MakerCell, MakerCells, MatchPaper, Matching, TAKEN_BACK, answer, ask, matches,
    matches_of_minister,
};
use sakimori_liaison::notice::NoticeKind;
use sakimori_liaison::paper::Written;
use sakimori_store::{NEWEST, Store, View};

const RANGE: &str = "vers:generic/<3.0.0";
const ASSET: NoticeKind = NoticeKind::Asset;

impl House {
    async fn asked(&self, id: (&str, u32), range: &str) -> Asking {
        let matching = self.current().await;
        let to = advisory_of(id, range, &matching);
        let asking = ask(&self.papers.store, ("office", NOW), (&to, id.0), &matching).await;
        asking.unwrap()
    }

    async fn papers_of(&self, operator: &str, state: Option<&str>) -> Vec<Written<MatchPaper>> {
        let store = &self.papers.store;
        let papers = matches(store, View::Of(operator), state, NEWEST).await;
        papers.unwrap()
    }

    /// The paper of an operator about an advisory.
    async fn of(&self, operator: &str, advisory: &str) -> Written<MatchPaper> {
        let all = self.papers_of(operator, None).await;
        let mut all = all.into_iter();
        all.find(|kept| kept.said.advisory.1 == advisory).unwrap()
    }

    /// Outcome, doubts and answer of the one row.
    async fn row(&self, operator: &str, advisory: &str) -> (String, Vec<String>, Option<String>) {
        let paper = self.of(operator, advisory).await;
        let row = paper.said.rows.into_iter().next().unwrap();
        (row.outcome, row.doubts, row.answer.map(|said| said.answer))
    }

    async fn answered(&self, operator: &str, advisory: &str, word: &str) {
        let paper = self.of(operator, advisory).await;
        let done = answer(&self.papers.store, act(operator), (&paper.id, 1), word).await;
        done.unwrap();
    }

    /// What the rules say with their memory, as the office counts it, and what stands in the operator's paper are the same.
    async fn agree(&self, operator: &str, id: (&str, u32), range: &str) {
        let matching = self.current().await;
        let to = advisory_of(id, range, &matching);
        let hits = matching.find(&to).into_iter();
        let mut own = hits.filter(|hit| {
            let asset = matching.index.asset(hit.asset).unwrap();
            asset.operator == operator
        });
        let found = own.next().map(|hit| format!("{:?}", hit.outcome));
        let (outcome, doubts, _) = self.row(operator, id.0).await;
        let expected = match outcome.as_str() {
            "affected" => Some("Affected".to_owned()),
            "not-affected" => Some("NotAffected".to_owned()),
            "question" => {
                let doubts: Vec<String> = doubts
                    .iter()
                    .map(|doubt| {
                        let known = [
                            ("product", "Product"),
                            ("version", "Version"),
                            ("version-unknown", "VersionUnknown"),
                        ];
                        let found = known.iter().find(|(word, _)| word == doubt);
                        found.unwrap().1.to_owned()
                    })
                    .collect();
                Some(format!("Question([{}])", doubts.join(", ")))
            }
            _ => None,
        };
        assert_eq!(found, expected, "{operator} {id:?}");
    }
}

fn row(
    outcome: &str,
    doubts: &[&str],
    answer: Option<&str>,
) -> (String, Vec<String>, Option<String>) {
    (
        outcome.to_owned(),
        doubts.iter().map(|doubt| (*doubt).to_owned()).collect(),
        answer.map(str::to_owned),
    )
}

/// An asset whose name has more words than that of the advisory: the office has to ask whose product it is.
const ALIKE: (&str, &str, &str) = ("Mizu", "Valve Controller Compact", "2.0.0");

#[tokio::test]
async fn what_is_no_such_product_is_not_asked_about_by_the_next_advisory_and_can_be_taken_back() {
    let house = House::open().await;
    let water = ("water-1", Sector::Water, 1);
    house.tells(water, ASSET, ALIKE).await;
    let asked = house.asked(("EX-1", 1), RANGE).await;
    assert_eq!((asked.operators, asked.questions), (1, 1));
    assert_eq!(
        house.row("water-1", "EX-1").await,
        row("question", &["product"], None)
    );
    house.answered("water-1", "EX-1", "not-this-product").await;
    assert!(house.papers_of("water-1", Some("asked")).await.is_empty());

    // Another advisory on the same product: nothing is asked, and the page can say why.
    let asked = house.asked(("EX-2", 1), "vers:generic/<4.0.0").await;
    assert_eq!(
        (asked.operators, asked.affected, asked.questions),
        (0, 0, 0)
    );
    let paper = house.of("water-1", "EX-2").await;
    assert_eq!(paper.state, "told");
    let said = paper.said.rows[0].answer.clone().unwrap();
    assert_eq!(said.of.unwrap().1, "EX-1");
    assert_eq!((said.by.as_str(), said.at), ("tester", NOW.0));
    house
        .agree("water-1", ("EX-2", 1), "vers:generic/<4.0.0")
        .await;

    // It is taken back on the second advisory, and asked again on both.
    house.answered("water-1", "EX-2", TAKEN_BACK).await;
    for advisory in ["EX-1", "EX-2"] {
        let again = house.row("water-1", advisory).await;
        assert_eq!(again, row("question", &["product"], None), "{advisory}");
    }
    assert_eq!(house.papers_of("water-1", Some("asked")).await.len(), 2);
    let nothing = house.of("water-1", "EX-2").await;
    let twice = answer(
        &house.papers.store,
        act("water-1"),
        (&nothing.id, 1),
        TAKEN_BACK,
    );
    assert!(matches!(twice.await, Err(LiaisonError::Refused { .. })));
    let asked = house.asked(("EX-3", 1), RANGE).await;
    assert_eq!(asked.questions, 1, "nothing is remembered any more");

    // It is that product: what is left to ask is the version, where that is not certain.
    house.answered("water-1", "EX-1", "this-product").await;
    assert_eq!(
        house.row("water-1", "EX-1").await,
        row("affected", &[], Some("this-product"))
    );
    let asked = house.asked(("EX-2", 2), "vers:generic/<4.0.0").await;
    assert_eq!((asked.affected, asked.questions), (1, 0));
    let asked = house.asked(("EX-4", 1), "vers:generic/<2.0.0").await;
    assert_eq!(
        (asked.operators, asked.affected, asked.questions),
        (1, 0, 0)
    );
    house.papers.store.close().await;
}

#[tokio::test]
async fn an_asset_that_becomes_another_product_is_asked_about_anew() {
    let house = House::open().await;
    house
        .tells(("water-1", Sector::Water, 1), ASSET, ALIKE)
        .await;
    house.asked(("EX-1", 1), RANGE).await;
    house.answered("water-1", "EX-1", "not-this-product").await;
    let changed = ("Mizu", "Valve Controller Compact 2", "2.0.0");
    let second = ("water-1", Sector::Water, 2);
    house.tells(second, NoticeKind::Change, changed).await;
    for id in [("EX-1", 2), ("EX-2", 1)] {
        let asked = house.asked(id, RANGE).await;
        assert_eq!((asked.operators, asked.questions), (1, 1), "{id:?}");
        let again = house.row("water-1", id.0).await;
        assert_eq!(again, row("question", &["product"], None), "{id:?}");
        house.agree("water-1", id, RANGE).await;
    }
    house.papers.store.close().await;
}

#[tokio::test]
async fn an_answer_on_a_version_holds_for_the_range_and_the_advisory_on_which_it_was_given() {
    let house = House::open().await;
    let unknown = ("Mizu", "Valve Controller", "");
    house
        .tells(("water-1", Sector::Water, 1), ASSET, unknown)
        .await;
    house.asked(("EX-1", 1), RANGE).await;
    house.answered("water-1", "EX-1", "not-this-version").await;
    let same = house.asked(("EX-1", 2), RANGE).await;
    assert_eq!(same.questions, 0);
    assert_eq!(
        house.row("water-1", "EX-1").await,
        row("not-affected", &[], Some("not-this-version"))
    );
    // Another range is another question, however often it is asked.
    for number in [3, 4] {
        let wider = house.asked(("EX-1", number), "vers:generic/<4.0.0").await;
        assert_eq!(wider.questions, 1, "{number}");
        assert_eq!(house.papers_of("water-1", Some("asked")).await.len(), 1);
        house
            .agree("water-1", ("EX-1", number), "vers:generic/<4.0.0")
            .await;
    }
    // The range of before: what was said holds.
    assert_eq!(house.asked(("EX-1", 5), RANGE).await.questions, 0);
    // Another advisory asks for itself.
    assert_eq!(house.asked(("EX-2", 1), RANGE).await.questions, 1);
    // "It is that product" leaves the version to be asked.
    house.answered("water-1", "EX-2", "this-product").await;
    assert_eq!(
        house.row("water-1", "EX-2").await,
        row("question", &["version-unknown"], Some("this-product"))
    );
    house.papers.store.close().await;
}

fn cell(operators: &str, units: &str) -> MakerCell {
    MakerCell {
        operators: operators.to_owned(),
        units: units.to_owned(),
    }
}

fn told(matching: &Matching, number: u32, range: &str) -> MakerCells {
    let to = advisory_of(("EX-1", number), range, matching);
    let mut cells = matching.for_maker("Mizu", &to, &matching.find(&to));
    cells.remove("Valve Controller").unwrap()
}

#[tokio::test]
async fn a_maker_cannot_count_operators_one_by_one_nor_take_one_version_from_another() {
    let house = House::open().await;
    let mut seen = Vec::new();
    for number in 0..12 {
        let operator = format!("water-{number}");
        // Each has two units, and a version of its own.
        let version = format!("{}.0.0", number + 1);
        let asset = ("Mizu", "Valve Controller", version.as_str());
        house
            .tells((&operator, Sector::Water, 1), ASSET, asset)
            .await;
        seen.push(told(&house.current().await, 1, "vers:generic/<100.0.0").affected);
    }
    assert_eq!(seen[..2], [None, None]);
    assert!(
        seen[2..9]
            .iter()
            .all(|told| *told == Some(cell("3-9", "3-29"))),
        "{seen:?}"
    );
    assert!(
        seen[9..]
            .iter()
            .all(|told| told.as_ref().unwrap().operators == "10-29")
    );
    // A version with one operator more or fewer in its range gives the same.
    let all = house.current().await;
    let of = |below: u32| told(&all, below, &format!("vers:generic/<{below}.0.0"));
    assert_eq!(of(5).affected, Some(cell("3-9", "3-29")));
    assert_eq!(
        (of(5).affected, of(6).affected),
        (of(6).affected, of(7).affected)
    );
    assert_eq!(of(2).affected, None, "one operator");
    assert_eq!(of(2).not_affected, Some(cell("10-29", "3-29")));
    house.papers.store.close().await;
}

#[tokio::test]
async fn a_minister_gets_the_papers_of_its_own_operators_and_everybody_else_numbers() {
    let house = House::open().await;
    for (operator, sector) in [
        ("gas-1", Sector::Gas),
        ("rail-1", Sector::Railways),
        ("water-1", Sector::Water),
    ] {
        house.tells((operator, sector, 1), ASSET, ALIKE).await;
    }
    house.asked(("EX-1", 1), RANGE).await;
    house.asked(("EX-2", 1), RANGE).await;
    house.answered("rail-1", "EX-1", "not-this-product").await;
    house.answered("water-1", "EX-1", "affected").await;
    let current = house.current().await;
    let store = &house.papers.store;
    let of = async |minister: &str, before: u64| {
        let papers = matches_of_minister(store, (&current, minister), None, before).await;
        papers.unwrap()
    };
    let names = |papers: &[Written<MatchPaper>]| -> Vec<(String, String, usize)> {
        let mut all: Vec<_> = papers
            .iter()
            .map(|kept| {
                (
                    kept.owner.clone(),
                    kept.said.advisory.1.clone(),
                    kept.said.rows.len(),
                )
            })
            .collect();
        all.sort();
        all
    };
    let line = |owner: &str, advisory: &str, rows| (owner.to_owned(), advisory.to_owned(), rows);
    assert_eq!(
        names(&of("meti", NEWEST).await),
        [line("gas-1", "EX-1", 1), line("gas-1", "EX-2", 1)]
    );
    let mlit = of("mlit", NEWEST).await;
    assert_eq!(
        names(&mlit),
        [
            // What is none of its products is not shown.
            line("rail-1", "EX-1", 0),
            line("rail-1", "EX-2", 0),
            line("water-1", "EX-1", 1),
            line("water-1", "EX-2", 1),
        ]
    );
    assert!(mlit.is_sorted_by(|a, b| a.sequence > b.sequence));
    let older = of("mlit", mlit[1].sequence).await;
    assert_eq!(older.len(), 2);
    assert!(of("", NEWEST).await.is_empty() && of("mic", NEWEST).await.is_empty());

    numbers(&house).await;
    house.papers.store.close().await;
}

/// The office is told how many, and nobody by name.
async fn numbers(house: &House) {
    let told = house
        .keeper
        .told(&house.papers, &house.terms)
        .await
        .unwrap();
    let numbers: Vec<_> = told
        .iter()
        .map(|told| {
            (
                told.advisory.1.as_str(),
                told.operators,
                told.affected,
                told.questions,
            )
        })
        .collect();
    assert_eq!(numbers, [("EX-1", 2, 1, 1), ("EX-2", 2, 0, 2)]);
    let said = serde_json::to_string(&told).unwrap();
    for operator in ["gas-1", "rail-1", "water-1"] {
        assert!(!said.contains(operator), "{said}");
    }
}
