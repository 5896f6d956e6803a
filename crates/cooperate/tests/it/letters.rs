//! Guidance, orders, tickets, statistics.

use super::{at, name, terms};
use sakimori_cooperate::clock::State;
use sakimori_cooperate::guidance::{Guidance, Tick};
use sakimori_cooperate::order::{AnswerError, Draft, Letter, LetterKind, LetterState, StepError};
use sakimori_cooperate::report::CommonForm;
use sakimori_cooperate::routing::Sector;
use sakimori_cooperate::statistics::{Fact, by_sector};
use sakimori_cooperate::ticket::{Side, Ticket, TicketState};

#[test]
fn guidance_is_answered_line_by_line_and_every_answer_is_kept() {
    let lines = [
        "change the passwords".to_owned(),
        "close port 3389".to_owned(),
    ];
    let by = "2026-10-30".parse().unwrap();
    let mut guidance =
        Guidance::issue(name("g-1"), name("water-1"), "after c-1", &lines, by).unwrap();
    let fields = |errors: Vec<sakimori_cooperate::FieldError>| -> Vec<String> {
        errors.into_iter().map(|error| error.field).collect()
    };
    let now = at("2026-10-20T00:00:00Z");
    assert_eq!(
        fields(guidance.answer(&[Tick::Done], now).unwrap_err()),
        ["ticks"]
    );
    let why = String::new();
    let past = "2026-10-19".parse().unwrap();
    let wrong = [Tick::Planned { by: past }, Tick::NotDone { why }];
    assert_eq!(
        fields(guidance.answer(&wrong, now).unwrap_err()),
        ["ticks[0]", "ticks[1]"]
    );
    assert!(guidance.answers().is_empty());
    assert_eq!(
        guidance.clock(at("2026-10-31T00:00:00Z")).state,
        State::TargetPassed
    );
    let why = "no such port".to_owned();
    let ticks = [Tick::Done, Tick::NotApplicable { why }];
    guidance.answer(&ticks, now).unwrap();
    guidance
        .answer(&[Tick::Done, Tick::Done], at("2026-11-20T00:00:00Z"))
        .unwrap();
    assert_eq!(guidance.answers().len(), 2);
    assert_eq!(
        guidance.clock(at("2027-10-31T00:00:00Z")).state,
        State::Done
    );
    let json = serde_json::to_value(&guidance).unwrap();
    assert_eq!(json["answers"][0]["ticks"][1]["tick"], "not-applicable");
    assert_eq!(json["acknowledged"], "2026-10-20T00:00:00Z");
    assert!(Guidance::issue(name("g-2"), name("water-1"), "", &[], by).is_err());
}

fn letter(kind: LetterKind) -> Letter {
    let issued = "2026-11-01".parse().unwrap();
    let reply_by = "2026-11-13".parse().unwrap();
    let to = if kind == LetterKind::Opinion {
        "mlit"
    } else {
        "water-1"
    };
    let (id, to) = (name("l-1"), name(to));
    Letter::issue(Draft {
        id,
        kind,
        to,
        subject: "material",
        text: "send the log",
        issued,
        reply_by,
    })
    .unwrap()
}

#[test]
fn letters_have_their_article_their_clock_and_their_consequence() {
    let late = at("2026-11-13T15:00:00Z");
    for (kind, article, fine, state) in [
        (LetterKind::Order, 6, Some(2_000_000), State::Overdue),
        (LetterKind::Demand, 9, Some(300_000), State::Overdue),
        (LetterKind::Opinion, 7, None, State::TargetPassed),
    ] {
        let consequence = kind.consequence(&terms());
        assert_eq!((kind.article(), consequence.fine_yen), (article, fine));
        assert_eq!(consequence.corporate, fine.is_some());
        let letter = letter(kind);
        assert_eq!(letter.clock(late).unwrap().state, state);
        assert_eq!(
            letter.clock(at("2026-11-13T14:59:59Z")).unwrap().state,
            State::Running
        );
    }
}

#[test]
fn a_letter_takes_its_steps_in_order_and_no_other() {
    let mut one = letter(LetterKind::Demand);
    let now = at("2026-11-10T00:00:00Z");
    let stands = |state| AnswerError::Step(StepError(state));
    assert_eq!(one.settle(now), Err(StepError(LetterState::Issued)));
    assert_eq!(one.receive(now), Ok(()));
    assert_eq!(one.receive(now), Err(StepError(LetterState::Received)));
    assert!(
        matches!(one.answer(" ", now), Err(AnswerError::Field(error)) if error.field == "text"),
        "an empty answer names its field"
    );
    assert_eq!(one.answer("here it is", now), Ok(()));
    assert_eq!(one.answer("again", now), Err(stands(LetterState::Replied)));
    assert_eq!(one.revoke(now), Err(StepError(LetterState::Replied)));
    assert_eq!(one.settle(now), Ok(()));
    assert_eq!((one.received(), one.ended()), (Some(now), Some(now)));
    assert_eq!(
        one.clock(at("2027-01-01T00:00:00Z")).unwrap().state,
        State::Done
    );
    let mut other = letter(LetterKind::Order);
    assert_eq!(other.revoke(now), Ok(()));
    assert_eq!(other.clock(now), None);
    assert_eq!(other.answer("late", now), Err(stands(LetterState::Revoked)));
    let mut late = letter(LetterKind::Order);
    let after = at("2026-11-20T00:00:00Z");
    assert_eq!(late.answer("at last", after), Ok(()));
    let clock = late.clock(at("2026-12-01T00:00:00Z")).unwrap();
    assert_eq!((clock.state, clock.days_late), (State::DoneLate, 7));
    let before = "2026-10-01".parse().unwrap();
    let draft = Draft {
        id: name("l-2"),
        kind: LetterKind::Order,
        to: name("water-1"),
        subject: "x",
        text: "y",
        issued: "2026-11-01".parse().unwrap(),
        reply_by: before,
    };
    assert_eq!(Letter::issue(draft).unwrap_err()[0].field, "reply_by");
}

#[test]
fn an_opinion_goes_to_a_minister_and_to_no_operator() {
    let day = "2026-11-13".parse().unwrap();
    let to = |to| Draft {
        id: name("o-1"),
        kind: LetterKind::Opinion,
        to: name(to),
        subject: "x",
        text: "y",
        issued: day,
        reply_by: day,
    };
    let error = Letter::issue(to("water-1")).unwrap_err().remove(0);
    assert_eq!(
        (error.field.as_str(), error.rule.id()),
        ("to", "route.minister")
    );
    assert_eq!(Letter::issue(to("mlit")).unwrap().to().as_str(), "mlit");
}

#[test]
fn what_follows_is_said_in_both_languages_with_its_mark() {
    let mut terms = terms();
    let said = LetterKind::Demand.consequence(&terms);
    assert_eq!(
        said.en(),
        "a fine of up to ¥300000 (Act 42/2025 art. 84); the body too (art. 86)"
    );
    assert_eq!(
        said.ja(),
        "300000円以下の罰金（法第84条）、法人も同じ（第86条）"
    );
    assert_eq!(said.marks().to_string(), "");
    terms.penalty_answer.source.verified = false;
    let said = LetterKind::Demand.consequence(&terms);
    assert_eq!(said.marks().to_string(), "UNVERIFIED");
    let none = LetterKind::Opinion.consequence(&terms);
    assert_eq!(
        (none.en().as_str(), none.marks().to_string().as_str()),
        ("nothing follows by law", "")
    );
}

#[test]
fn a_ticket_waits_for_one_side_and_tells_how_long_each_took() {
    let opened = at("2026-11-04T00:00:00Z");
    let mut ticket =
        Ticket::open(name("t-1"), name("water-1"), "help", "we see this", opened).unwrap();
    assert_eq!(ticket.state(), TicketState::WaitsForOffice);
    assert!(
        ticket
            .clock(at("2026-11-09T15:00:00Z"), &terms())
            .unwrap()
            .is_overdue()
    );
    ticket
        .write(Side::Office, "try that", at("2026-11-04T01:00:00Z"))
        .unwrap();
    assert_eq!(ticket.state(), TicketState::WaitsForOperator);
    assert!(ticket.write(Side::Operator, "before", opened).is_err());
    ticket.close(at("2026-11-04T02:00:00Z"));
    assert!(
        ticket
            .write(Side::Office, "and that", at("2026-11-04T03:00:00Z"))
            .is_err()
    );
    let metric = ticket.metric();
    assert_eq!(
        (metric.first_answer_s, metric.closed_s, metric.words),
        (Some(3600), Some(7200), 2)
    );
    ticket
        .write(Side::Operator, "it is back", at("2026-11-05T00:00:00Z"))
        .unwrap();
    assert_eq!(ticket.state(), TicketState::WaitsForOffice);
    assert_eq!(ticket.metric().closed_s, None);
    assert_eq!(ticket.said_by(Side::Operator).count(), 2);
    let again = ticket.clock(at("2026-11-06T00:00:00Z"), &terms()).unwrap();
    assert_eq!(
        again.state,
        State::Running,
        "a new word has a clock of its own"
    );
    ticket.close(at("2026-11-06T01:00:00Z"));
    let closed = ticket.clock(at("2027-02-01T00:00:00Z"), &terms()).unwrap();
    assert_eq!(closed.state, State::Done);
    assert!(Ticket::open(name("t-2"), name("water-1"), "", "", opened).is_err());
}

#[test]
fn small_cells_and_the_totals_beside_them_are_hidden() {
    let fact = |sector, form, in_time| Fact {
        sector,
        form,
        in_time,
    };
    let mut facts = vec![fact(Sector::Water, CommonForm::Ddos, Some(true)); 5];
    facts.extend(vec![fact(Sector::Water, CommonForm::Other, None); 3]);
    facts.extend(vec![
        fact(Sector::Gas, CommonForm::Ransomware, Some(true));
        4
    ]);
    facts.push(fact(Sector::Gas, CommonForm::Ddos, Some(false)));
    let rows = serde_json::to_value(by_sector(facts)).unwrap();
    let expected = serde_json::json!([
        {"sector": "gas", "ddos": null, "ransomware": 4, "other": 0, "in_time": 4, "late": null, "total": null},
        {"sector": "water", "ddos": 5, "ransomware": 0, "other": 3, "in_time": 5, "late": 0, "total": 8},
    ]);
    assert_eq!(rows, expected);
}
