//! Orders, demands, opinions and tickets between two operators and the office, on each engine: nothing is lost, nothing is there twice, nothing of one operator reaches the other. In:
//! two stores of operators and the office's, days. Out: verdicts on each engine. Never: a clock, a case that runs on one engine only.

use sakimori_cooperate::Terms;
use sakimori_cooperate::clock::State;
use sakimori_cooperate::order::{Draft, Letter, LetterKind, LetterState};
use sakimori_cooperate::routing::Minister;
use sakimori_cooperate::ticket::Side;
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use sakimori_exchange::list::What;
use sakimori_liaison::LiaisonError;
use sakimori_liaison::desk::{Asked, Desk, End, OpinionSays};
use sakimori_liaison::due;
use sakimori_liaison::product::Known;
use sakimori_liaison::report::Clerk;
use sakimori_store::{Store, View};
use sakimori_testkit::postgres::Postgres;
use sakimori_tlog::key::{KeyKind, NoteSigner};
use std::path::PathBuf;
use std::sync::Arc;

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn at(text: &str) -> Seconds {
    text.parse().unwrap()
}

/// The office and two operators.
struct House {
    runtime: tokio::runtime::Runtime,
    office: Arc<dyn Store>,
    water: Arc<dyn Store>,
    gas: Arc<dyn Store>,
    names: [Name; 2],
    terms: Terms,
    key: NoteSigner,
    _folder: tempfile::TempDir,
    _server: Option<Postgres>,
}

impl House {
    /// `None` where this is for `PostgreSQL` and it is not there.
    fn new(test: &str, postgres: bool) -> Option<Self> {
        let server = if postgres {
            Some(Postgres::start(test)?)
        } else {
            None
        };
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let open = |name: &str| {
            let path: PathBuf = folder.path().join(name);
            let url = server
                .as_ref()
                .map_or_else(|| format!("sqlite:{}", path.display()), Postgres::database);
            runtime.block_on(sakimori_store::open(&url)).unwrap()
        };
        Some(Self {
            office: open("office"),
            water: open("water"),
            gas: open("gas"),
            names: [name("water-1"), name("gas-1")],
            terms: Terms::japan(at("2026-09-30T15:00:00Z")),
            key: NoteSigner::from_seed("office.example", KeyKind::Ed25519, &[1; 32]).unwrap(),
            runtime,
            _folder: folder,
            _server: server,
        })
    }

    fn desk(&self, now: &str) -> Desk<'_> {
        Desk {
            store: &*self.office,
            terms: &self.terms,
            signer: &self.key,
            now: at(now),
            by: "o1",
        }
    }

    fn clerk(&self, operator: usize, now: &str) -> Clerk<'_> {
        Clerk {
            store: if operator == 0 {
                &*self.water
            } else {
                &*self.gas
            },
            operator: &self.names[operator],
            terms: &self.terms,
            now: at(now),
            by: "u1",
        }
    }

    fn draft(&self, operator: usize, id: &str, reply_by: &str) -> Draft<'static> {
        Draft {
            id: name(id),
            kind: LetterKind::Demand,
            to: self.names[operator].clone(),
            subject: "資料の提出",
            text: "構成図を提出してください。",
            issued: "2026-10-02".parse().unwrap(),
            reply_by: reply_by.parse().unwrap(),
        }
    }
}

/// What a node does in a round with letters, the line's end at a place given: after so many calls nothing more comes back.
async fn letters(clerk: &Clerk<'_>, desk: &Desk<'_>, after: u64, mut calls: u32) -> Option<u64> {
    let mut call = || {
        calls = calls.checked_sub(1)?;
        Some(())
    };
    let page = desk.letters_behind(clerk.operator, after).await.unwrap();
    call()?;
    let all: Vec<Letter> = page.rows.iter().map(|row| row.said.clone()).collect();
    clerk.keep_letters(&all).await.unwrap();
    for letter in &all {
        if letter.state() == LetterState::Issued {
            let id = letter.id().as_str();
            desk.received(clerk.operator, id).await.unwrap();
            call()?;
        }
    }
    for held in clerk.replies_waiting().await.unwrap() {
        let text = &held.said.answer.as_ref().unwrap().text;
        let replied = desk.replied(clerk.operator, &held.id, text).await;
        call()?;
        // What the office refuses waits for what the next page says.
        if let Ok(replied) = replied {
            clerk.keep_letters(&[replied.said]).await.unwrap();
        }
    }
    Some(page.place)
}

fn a_letter_goes_its_way_once(test: &str, postgres: bool) {
    let Some(house) = House::new(test, postgres) else {
        return;
    };
    house.runtime.block_on(async {
        let desk = house.desk("2026-10-02T00:00:00Z");
        let none = Known::default();
        let issue = |id: &str, by: &str| desk.issue(house.draft(0, id, by), &none);
        issue("l-1", "2026-10-16").await.unwrap();
        issue("l-2", "2026-10-09").await.unwrap();
        let again = desk.issue(house.draft(0, "l-1", "2026-10-16"), &none).await;
        assert!(matches!(again, Err(LiaisonError::Conflict { .. })));
        let urgent = desk.letters(View::All).await.unwrap();
        let order: Vec<&str> = urgent.iter().map(|sheet| sheet.paper.id.as_str()).collect();
        assert_eq!(order, ["l-2", "l-1"], "the nearest day first");
        assert_eq!(urgent[0].consequence.fine_yen, Some(300_000));

        let clerk = house.clerk(0, "2026-10-03T00:00:00Z");
        clerk.reply("l-1", "x").await.unwrap_err();
        // The line breaks behind every call once; what was done stays done and nothing is there twice.
        for calls in 0..6 {
            letters(&clerk, &desk, 0, calls).await;
            if calls == 1 {
                let line = clerk.order("l-1").await.unwrap();
                assert_eq!(line.paper.state, "received");
                clerk.reply("l-1", "提出します").await.unwrap();
                clerk
                    .reply("l-1", "提出します。添付のとおり")
                    .await
                    .unwrap();
                assert_eq!(clerk.replies_waiting().await.unwrap().len(), 1);
            }
        }
        let sheet = desk.letter("water-1", "l-1").await.unwrap();
        assert_eq!(sheet.paper.state, "replied");
        assert_eq!(
            sheet.paper.said.reply().unwrap().text,
            "提出します。添付のとおり"
        );
        assert!(sheet.paper.said.received().is_some());
        assert_eq!(
            sheet.paper.version, 3,
            "issued, received, replied: each once"
        );
        let line = clerk.order("l-1").await.unwrap();
        assert_eq!(
            (line.paper.state.as_str(), line.paper.due),
            ("replied", None)
        );
        assert!(clerk.replies_waiting().await.unwrap().is_empty());
        let second = clerk.reply("l-1", "別の回答").await;
        assert!(
            matches!(second, Err(LiaisonError::Refused { .. })),
            "one reply"
        );

        let end = |id: &'static str, end| desk.end_letter(&house.names[0], id, end);
        assert!(end("l-2", End::Settle).await.is_err(), "not answered yet");
        assert_eq!(end("l-1", End::Settle).await.unwrap().state, "settled");
        assert_eq!(end("l-2", End::Revoke).await.unwrap().state, "revoked");
        letters(&clerk, &desk, 0, 9).await.unwrap();
        let states: Vec<String> = clerk
            .orders()
            .await
            .unwrap()
            .iter()
            .map(|line| line.paper.state.clone())
            .collect();
        assert!(states.contains(&"settled".to_owned()) && states.contains(&"revoked".to_owned()));
        let revoked = clerk.order("l-2").await.unwrap();
        assert_eq!(revoked.due, None, "what was taken back has no clock");
    });
}

/// Two letters that are five days late, in each side's own list and in the list of all that is due.
async fn overdue_on_both_sides(house: &House, late: &Desk<'_>, clerk: &Clerk<'_>) {
    for due in [
        late.letters(View::All).await.unwrap()[0].due.clone(),
        clerk.orders().await.unwrap()[0].due.clone(),
    ] {
        let due = due.unwrap();
        assert_eq!(
            (due.state, due.days_late),
            (State::Overdue, 5),
            "on both sides"
        );
    }
    for (store, view) in [
        (&house.office, View::All),
        (&house.water, View::Of("water-1")),
    ] {
        let asked = due::Asked {
            view,
            kinds: &due::Kind::ALL,
            days: 0,
            now: late.now,
            terms: &house.terms,
        };
        let rows = due::due(&**store, asked).await.unwrap().rows;
        let rows: Vec<_> = rows
            .iter()
            .map(|row| (row.id.as_str(), row.due.days_late))
            .collect();
        assert_eq!(
            rows,
            [("l-1", 5), ("l-2", 5)],
            "in the list of what is due on both sides"
        );
    }
}

fn a_late_answer_is_taken_and_one_to_a_revoked_letter_is_kept(test: &str, postgres: bool) {
    let Some(house) = House::new(test, postgres) else {
        return;
    };
    house.runtime.block_on(async {
        let none = Known::default();
        let desk = house.desk("2026-10-02T00:00:00Z");
        for id in ["l-1", "l-2"] {
            desk.issue(house.draft(0, id, "2026-10-09"), &none)
                .await
                .unwrap();
        }
        letters(&house.clerk(0, "2026-10-03T00:00:00Z"), &desk, 0, 9)
            .await
            .unwrap();
        let late = house.desk("2026-10-14T00:00:00Z");
        let clerk = house.clerk(0, "2026-10-14T00:00:00Z");
        overdue_on_both_sides(&house, &late, &clerk).await;
        clerk.reply("l-1", "遅くなりました").await.unwrap();
        clerk.reply("l-2", "こちらも").await.unwrap();
        late.end_letter(&house.names[0], "l-2", End::Revoke)
            .await
            .unwrap();
        letters(&clerk, &late, 0, 9).await.unwrap();
        letters(&clerk, &late, 0, 9).await.unwrap();
        let sheet = late.letter("water-1", "l-1").await.unwrap();
        assert_eq!(sheet.due.unwrap().state, State::DoneLate);
        assert_eq!(
            clerk.order("l-1").await.unwrap().due.unwrap().state,
            State::DoneLate
        );
        let revoked = clerk.order("l-2").await.unwrap().paper;
        assert_eq!(revoked.state, "revoked");
        assert!(revoked.said.came_too_late());
        assert_eq!(
            revoked.said.answer.unwrap().text,
            "こちらも",
            "what was written stays"
        );
        assert!(
            clerk.replies_waiting().await.unwrap().is_empty(),
            "and is not sent for ever"
        );
    });
}

/// What one operator has, asked for by the other.
async fn the_other_has_none(house: &House, desk: &Desk<'_>) {
    let (water, gas) = (
        house.clerk(0, "2026-10-03T00:00:00Z"),
        house.clerk(1, "2026-10-03T00:00:00Z"),
    );
    let page = desk.letters_behind(&house.names[1], 0).await.unwrap();
    assert_eq!((page.rows.len(), page.newest), (0, 0));
    let page = desk.letters_behind(&house.names[0], 0).await.unwrap();
    let letter = page.rows[0].said.clone();
    assert!(
        gas.keep_letters(std::slice::from_ref(&letter))
            .await
            .is_err(),
        "addressed to another"
    );
    assert_eq!(water.keep_letters(&[letter]).await.unwrap(), 1);
    for asked in [
        desk.replied(&house.names[1], "l-1", "x").await.unwrap_err(),
        desk.received(&house.names[1], "l-1").await.unwrap_err(),
        desk.letter("gas-1", "l-1").await.unwrap_err(),
        desk.ticket("gas-1", "t-1").await.unwrap_err(),
    ] {
        assert!(matches!(asked, LiaisonError::Missing { .. }), "{asked}");
    }
    let other = Asked {
        id: &name("t-1"),
        subject: "s",
        text: "t",
        number: Some(2),
    };
    assert!(
        desk.ask(&house.names[1], other).await.is_err(),
        "no word on another's ticket"
    );
    assert!(desk.tickets(View::Of("gas-1")).await.unwrap().is_empty());
}

fn nothing_of_one_operator_reaches_the_other(test: &str, postgres: bool) {
    let Some(house) = House::new(test, postgres) else {
        return;
    };
    house.runtime.block_on(async {
        let mut known = Known::default();
        known.name("gas-1", "架空ガス株式会社");
        known.name("gas-1", "gas-1");
        known.name("water-1", "water-1");
        known.thing("gas-1", What::read("192.0.2.0/24").unwrap());
        let desk = house.desk("2026-10-02T00:00:00Z");
        for (subject, text, field) in [
            ("架空ガスと同じ件", "ログを提出", "subject"),
            ("資料", "gas-1 でも起きた", "text"),
            ("資料", "192.0.2.77 への通信を調べる", "text"),
        ] {
            let draft = Draft {
                subject,
                text,
                ..house.draft(0, "l-1", "2026-10-09")
            };
            let refused = desk.issue(draft, &known).await.unwrap_err();
            assert!(
                matches!(&refused, LiaisonError::Refused { field: of, .. } if of == field),
                "{refused}"
            );
            assert!(!refused.to_string().contains("gas"), "{refused}");
        }
        let draft = Draft {
            text: "water-1 の構成図",
            ..house.draft(0, "l-1", "2026-10-09")
        };
        desk.issue(draft, &known).await.unwrap();
        let lines = ["更新する".to_owned(), "架空ガスに聞く".to_owned()];
        let by = "2026-10-31".parse().unwrap();
        let to = (name("g-1"), &house.names[0]);
        let refused = desk
            .advise(to, "注意", &lines, by, &known)
            .await
            .unwrap_err();
        assert!(
            matches!(&refused, LiaisonError::Refused { field, .. } if field == "lines[1]"),
            "{refused}"
        );
        let id = name("t-1");
        let asked = Asked {
            id: &id,
            subject: "質問",
            text: "様式は？",
            number: Some(1),
        };
        desk.ask(&house.names[0], asked).await.unwrap();
        let said = desk
            .say(
                (&house.names[0], "t-1"),
                "ガスの「架空ガス(株)」と同じ",
                &known,
            )
            .await;
        assert!(matches!(said, Err(LiaisonError::Refused { field, .. }) if field == "text"));
        the_other_has_none(&house, &desk).await;
    });
}

fn an_opinion_reaches_a_minister_and_no_operator(test: &str, postgres: bool) {
    let Some(house) = House::new(test, postgres) else {
        return;
    };
    house.runtime.block_on(async {
        let desk = house.desk("2026-10-02T00:00:00Z");
        let known = Known::default();
        let draft = Draft {
            kind: LetterKind::Opinion,
            ..house.draft(0, "o-1", "2026-10-09")
        };
        let refused = desk.issue(draft, &known).await.unwrap_err();
        assert!(
            matches!(&refused, LiaisonError::Refused { field, .. } if field == "kind"),
            "{refused}"
        );
        let says = OpinionSays {
            subject: "水道の件",
            text: "water-1 への命令を検討されたい。",
            reply_by: "2026-10-09".parse().unwrap(),
        };
        let unknown = desk.opine(name("o-1"), "moon", says).await.unwrap_err();
        assert!(
            matches!(&unknown, LiaisonError::Refused { field, .. } if field == "sector"),
            "{unknown}"
        );
        let kept = desk.opine(name("o-1"), "water", says).await.unwrap();
        assert_eq!(
            (kept.owner.as_str(), kept.state.as_str()),
            ("mlit", "issued")
        );
        assert!(desk.letters(View::All).await.unwrap().is_empty());
        for operator in [&house.names[0], &name("mlit")] {
            let page = desk.letters_behind(operator, 0).await.unwrap();
            assert_eq!((page.rows.len(), page.newest), (0, 0), "{operator}");
            assert!(desk.replied(operator, "o-1", "x").await.is_err());
        }
        let clerk = house.clerk(0, "2026-10-03T00:00:00Z");
        assert!(clerk.keep_letters(&[kept.said.0]).await.is_err());
        let late = house.desk("2026-10-20T00:00:00Z");
        let sheet = late.opinions().await.unwrap().remove(0);
        assert_eq!(
            sheet.due.unwrap().state,
            State::TargetPassed,
            "nothing follows"
        );
        assert_eq!(sheet.consequence.fine_yen, None);
        let (to, id) = (Minister::Mlit, "o-1");
        late.opinion_answered(to, id, "検討した").await.unwrap();
        assert_eq!(
            late.end_opinion(to, id, End::Settle).await.unwrap().state,
            "settled"
        );
    });
}

/// What a node does in a round with tickets; each call may be the last that comes back.
async fn tickets(clerk: &Clerk<'_>, desk: &Desk<'_>, mut calls: u32) -> Option<()> {
    let mut call = || {
        calls = calls.checked_sub(1)?;
        Some(())
    };
    let page = desk.tickets_behind(clerk.operator, 0).await.unwrap();
    call()?;
    let all: Vec<_> = page.rows.into_iter().map(|row| row.said).collect();
    clerk.keep_tickets(&all).await.unwrap();
    for waiting in clerk.words_waiting().await.unwrap() {
        let (id, mut held) = (name(&waiting.id), waiting.said);
        while let Some(word) = held.next_word(id.as_str()) {
            let asked = Asked {
                id: &id,
                subject: &word.subject,
                text: &word.text,
                number: Some(word.number),
            };
            let kept = desk.ask(clerk.operator, asked).await.unwrap();
            call()?;
            clerk.keep_tickets(&[kept.said]).await.unwrap();
            held = clerk.ticket(id.as_str()).await.unwrap().paper.said;
        }
    }
    Some(())
}

/// The office answers, the operator writes on, the ticket is closed and opened again.
async fn answered_and_closed(house: &House, clerk: &Clerk<'_>, id: &str) {
    let answered = house.desk("2026-10-02T05:00:00Z");
    let known = Known::default();
    answered
        .say((&house.names[0], id), "その他です。", &known)
        .await
        .unwrap();
    clerk.write_ticket(id, "もしもし").await.unwrap();
    let later = house.desk("2026-10-02T06:00:00Z");
    for calls in [0, 1, 2, 9] {
        let _ = tickets(clerk, &later, calls).await;
    }
    let sheet = later.tickets(View::All).await.unwrap().remove(0);
    assert_eq!(sheet.paper.said.said_by(Side::Operator).count(), 4);
    assert_eq!(sheet.paper.state, "waits-for-office");
    assert_eq!(sheet.metric.first_answer_s, Some(7200));
    let overdue = house
        .desk("2026-12-02T00:00:00Z")
        .ticket("water-1", id)
        .await
        .unwrap();
    assert!(overdue.due.is_overdue(), "the word that waits has a clock");
    assert!(
        house
            .clerk(0, "2026-12-02T00:00:00Z")
            .ticket(id)
            .await
            .unwrap()
            .due
            .unwrap()
            .is_overdue()
    );
    let closed = house.desk("2026-10-03T00:00:00Z");
    closed.close_ticket("water-1", id).await.unwrap();
    tickets(clerk, &closed, 9).await.unwrap();
    let here = clerk.ticket(id).await.unwrap().paper;
    assert_eq!(here.state, "closed");
    assert_eq!(here.said.words().count(), 5);
    assert!(
        closed
            .say((&house.names[0], id), "まだ", &known)
            .await
            .is_err()
    );
    clerk.write_ticket(id, "もう一度").await.unwrap();
    tickets(clerk, &house.desk("2026-10-04T00:00:00Z"), 9)
        .await
        .unwrap();
    assert_eq!(
        clerk.ticket(id).await.unwrap().paper.state,
        "waits-for-office"
    );
}

fn every_word_of_a_ticket_arrives_once_and_in_its_turn(test: &str, postgres: bool) {
    let Some(house) = House::new(test, postgres) else {
        return;
    };
    house.runtime.block_on(async {
        let desk = house.desk("2026-10-02T03:00:00Z");
        let clerk = house.clerk(0, "2026-10-02T00:00:00Z");
        let opened = clerk.open_ticket("質問", "様式は？").await.unwrap();
        let id = opened.paper.id.clone();
        assert_eq!(
            (opened.paper.state.as_str(), opened.due.is_none()),
            ("word-waits", true)
        );
        assert_eq!(
            clerk
                .open_ticket("質問", "様式は？")
                .await
                .unwrap()
                .paper
                .id,
            id,
            "once"
        );
        assert!(clerk.open_ticket("", "x").await.is_err());
        // The same words twice are two words.
        for _ in 0..2 {
            clerk.write_ticket(&id, "もしもし").await.unwrap();
        }
        for calls in 0..8 {
            let _ = tickets(&clerk, &desk, calls).await;
        }
        let said: Vec<String> = desk
            .ticket("water-1", &id)
            .await
            .unwrap()
            .paper
            .said
            .words()
            .iter()
            .map(|word| word.text.clone())
            .collect();
        assert_eq!(said, ["様式は？", "もしもし", "もしもし"]);
        answered_and_closed(&house, &clerk, &id).await;
    });
}

fn what_the_office_lost_is_sent_again(test: &str, postgres: bool) {
    let Some(house) = House::new(test, postgres) else {
        return;
    };
    house.runtime.block_on(async {
        let desk = house.desk("2026-10-02T03:00:00Z");
        let clerk = house.clerk(0, "2026-10-02T00:00:00Z");
        let id = clerk.open_ticket("質問", "一").await.unwrap().paper.id;
        tickets(&clerk, &desk, 9).await.unwrap();
        let before = desk.ticket("water-1", &id).await.unwrap().paper.said;
        clerk.write_ticket(&id, "二").await.unwrap();
        tickets(&clerk, &desk, 9).await.unwrap();
        // The office's store is put back to what it was before the second word.
        clerk.keep_tickets(&[before]).await.unwrap();
        let held = clerk.ticket(&id).await.unwrap().paper;
        assert_eq!(held.state, "word-waits");
        assert_eq!(
            held.said
                .next_word(&id)
                .map(|word| (word.text, word.number)),
            Some(("二".to_owned(), 2))
        );
        tickets(&clerk, &desk, 9).await.unwrap();
        assert_eq!(
            clerk.ticket(&id).await.unwrap().paper.said.words().count(),
            2
        );
        let gap = Asked {
            id: &name(&id),
            subject: "質問",
            text: "四",
            number: Some(4),
        };
        assert!(desk.ask(&house.names[0], gap).await.is_err());
        let other = Asked {
            id: &name(&id),
            subject: "質問",
            text: "別",
            number: Some(2),
        };
        assert!(matches!(
            desk.ask(&house.names[0], other).await,
            Err(LiaisonError::Conflict { .. })
        ));
    });
}

fn what_waits_goes_on_a_stick_and_over_the_line_once(test: &str, postgres: bool) {
    let Some(house) = House::new(test, postgres) else {
        return;
    };
    house.runtime.block_on(async {
        let desk = house.desk("2026-10-02T00:00:00Z");
        let none = Known::default();
        desk.issue(house.draft(0, "l-1", "2026-10-16"), &none)
            .await
            .unwrap();
        let clerk = house.clerk(0, "2026-10-03T00:00:00Z");
        letters(&clerk, &desk, 0, 9).await.unwrap();
        clerk.reply("l-1", "提出します").await.unwrap();
        let id = clerk.open_ticket("質問", "一").await.unwrap().paper.id;
        clerk.write_ticket(&id, "一").await.unwrap();
        let package = clerk.handover().await.unwrap();
        assert!(!package.is_empty() && package.reports.is_empty());
        let text = serde_json::to_string(&package).unwrap();
        let later = house.desk("2026-10-04T00:00:00Z");
        for _ in 0..2 {
            let back = later
                .take_handover(&serde_json::from_str(&text).unwrap())
                .await
                .unwrap();
            assert_eq!(back.refused, []);
        }
        // It waits here until a line says that it arrived, and is there once.
        assert_eq!(clerk.replies_waiting().await.unwrap().len(), 1);
        letters(&clerk, &later, 0, 9).await.unwrap();
        tickets(&clerk, &later, 9).await.unwrap();
        assert!(clerk.handover().await.unwrap().is_empty());
        let letter = later.letter("water-1", "l-1").await.unwrap().paper;
        assert_eq!((letter.state.as_str(), letter.version), ("replied", 3));
        let ticket = later.ticket("water-1", &id).await.unwrap().paper.said;
        assert_eq!(ticket.words().len(), 2);
        later
            .end_letter(&house.names[0], "l-1", End::Settle)
            .await
            .unwrap();
        let mut other = package;
        "別の回答".clone_into(&mut other.replies[0].text);
        "別".clone_into(&mut other.words[0].text);
        let back = later.take_handover(&other).await.unwrap();
        let errors: Vec<&str> = back
            .refused
            .iter()
            .map(|refused| refused.errors[0].as_str())
            .collect();
        assert!(
            errors[0].contains("settled") && errors[1].contains("kept already"),
            "{errors:?}"
        );
    });
}

macro_rules! on_both {
    ($($test:ident $sqlite:ident $postgresql:ident,)*) => { $(
        #[test]
        fn $sqlite() {
            $test(stringify!($sqlite), false);
        }

        #[test]
        fn $postgresql() {
            $test(stringify!($postgresql), true);
        }
    )* };
}

on_both! {
    a_letter_goes_its_way_once a_letter_goes_its_way_once_on_sqlite a_letter_goes_its_way_once_on_postgresql,
    a_late_answer_is_taken_and_one_to_a_revoked_letter_is_kept late_and_revoked_on_sqlite late_and_revoked_on_postgresql,
    nothing_of_one_operator_reaches_the_other nothing_of_one_operator_reaches_the_other_on_sqlite nothing_of_one_operator_reaches_the_other_on_postgresql,
    an_opinion_reaches_a_minister_and_no_operator an_opinion_reaches_a_minister_and_no_operator_on_sqlite an_opinion_reaches_a_minister_and_no_operator_on_postgresql,
    every_word_of_a_ticket_arrives_once_and_in_its_turn every_word_of_a_ticket_arrives_once_on_sqlite every_word_of_a_ticket_arrives_once_on_postgresql,
    what_waits_goes_on_a_stick_and_over_the_line_once a_stick_and_the_line_on_sqlite a_stick_and_the_line_on_postgresql,
    what_the_office_lost_is_sent_again what_the_office_lost_is_sent_again_on_sqlite what_the_office_lost_is_sent_again_on_postgresql,
}
