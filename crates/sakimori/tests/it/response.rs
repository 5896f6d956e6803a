//! A measure on a small network, from a sensor's finding to the last route taken back: real filters, resolvers and routers, an office and its commission at the command line. In: namespaces of the test's own. Out: what a client
//! notices. Never: a packet outside of the namespaces and loopback; a daemon that outlives its test.

mod judged;
mod killed;
mod lab;
mod listed;
mod moved;
mod office;
mod papers;
mod relay;
mod urgent;

use lab::{BLACK, BLOCKED, Lab, NAME, NEIGHBOUR, counted_ms, until};
use office::Office;
use sakimori_custody::time::Seconds;

/// An open connection's next word has to come back in this time.
const WORD_MS: u64 = 1_000;
/// Longest wait for what the client notices. It is no bound of ours: times are printed here and held to their bounds by the benchmark.
const NOTICED_MS: u64 = 30_000;

#[test]
fn a_measure_stops_an_attack_by_three_ways_and_leaves_everything_as_it_was() {
    let test = "a_measure_stops_an_attack_by_three_ways_and_leaves_everything_as_it_was";
    let Some(lab) = Lab::new(test) else { return };
    let bare = lab.ruleset();
    let mut office = Office::new(&lab);
    office.reads(&lab);
    let finding = office.finding();
    office.proposed(&finding, 3600);
    let before = lab.ruleset();
    assert!(before.contains("foreign"), "{before}");
    assert!(lab.answers(BLOCKED) && lab.answers(BLACK) && lab.answers(NEIGHBOUR));
    assert!(lab.resolves(NAME));
    let mut open = lab.talk(BLOCKED);
    assert!(open.says("there?", WORD_MS));

    // Three members sign; from here on it is approved.
    office.approve();
    let approved = counted_ms();
    office.learn();
    let first = office.dispatch();
    println!("dispatch -> the first effect, read back: {first} ms");
    let commanded = counted_ms();
    until("the flow stops", NOTICED_MS, || !lab.answers(BLOCKED));
    until("the name stops", NOTICED_MS, || !lab.resolves(NAME));
    until("the route stops", NOTICED_MS, || !lab.answers(BLACK));
    let stopped = counted_ms();
    assert!(!open.says("still there?", WORD_MS), "an open flow lives on");
    assert!(lab.answers(NEIGHBOUR), "a neighbour is met");
    assert!(lab.hole(BLACK), "the router has no black hole");
    println!(
        "approval -> all commands answered: {} ms; -> noticed by the client: {} ms",
        commanded - approved,
        stopped - approved
    );

    // Rounds ask resolver and router themselves; nobody hands them a number.
    until("what rounds say of resolver and router", 60_000, || {
        office.round();
        let judged = office.judged();
        let well = |target: &str| {
            let row = judged.get(target);
            row.is_some_and(|row| row["verdict"] == "effective")
        };
        well(NAME) && well(&format!("{BLACK}/32"))
    });
    let effects = office.effects();
    for row in effects.as_array().unwrap() {
        assert_eq!(row["says"], "in-force", "{row}");
    }
    for _ in 0..5 {
        lab.answers(BLOCKED);
        lab.resolves(NAME);
    }
    let met = |target: &str| {
        let rows = office.effects();
        let rows = rows.as_array().unwrap().clone();
        let row = rows.into_iter().find(|row| row["target"] == target);
        row.map_or(0, |row| row["times"].as_u64().unwrap())
    };
    assert!(met(&format!("{BLOCKED}/32")) > 0, "the filter met nothing");
    until("the resolver's count", 10_000, || met(NAME) > 0);
    office.features();
    office.keeps_evidence();

    // The kill switch of the office: everything is as it was.
    let killed = counted_ms();
    office.release();
    all_comes_back(&lab);
    println!(
        "kill switch -> noticed by the client: {} ms",
        counted_ms() - killed
    );
    assert!(!lab.hole(BLACK));
    assert_eq!(lab.ruleset(), before, "the filter is not as it was");
    office.stop_actuator();
    assert_eq!(lab.ruleset(), bare, "the actuator left something");

    all_is_on_record(&office);
}

/// What was done is on record, and whoever has the folder verifies it.
fn all_is_on_record(office: &Office) {
    let acts = office.acts();
    let kinds: Vec<&str> = acts.iter().map(String::as_str).collect();
    for act in ["dispatch", "effect", "end", "kill"] {
        assert!(kinds.contains(&act), "{kinds:?}");
    }
    office.reports();
    office.verify();
    office.exported();
}

#[test]
fn the_owner_s_word_counts_while_the_office_is_away() {
    let test = "the_owner_s_word_counts_while_the_office_is_away";
    let Some(lab) = Lab::new(test) else { return };
    let bare = lab.ruleset();
    let mut office = Office::new(&lab);
    let finding = office.finding();
    office.proposed(&finding, 3600);
    let before = lab.ruleset();
    in_force_and_away(&lab, &mut office);
    let killed = counted_ms();
    let stopped = office.owner(&["stop"]);
    println!("owner's stop: {stopped}");
    all_comes_back(&lab);
    println!(
        "owner's kill switch, platform away -> noticed by the client: {} ms",
        counted_ms() - killed
    );
    assert_eq!(lab.ruleset(), before);
    office.stop_actuator();
    assert_eq!(lab.ruleset(), bare);
}

#[test]
fn the_office_takes_back_while_its_log_and_the_commission_are_away() {
    let test = "the_office_takes_back_while_its_log_and_the_commission_are_away";
    let Some(lab) = Lab::new(test) else { return };
    let mut office = Office::new(&lab);
    let finding = office.finding();
    office.proposed(&finding, 3600);
    in_force_and_away(&lab, &mut office);
    office.release();
    all_comes_back(&lab);
}

#[test]
fn an_actuator_ends_in_time_without_the_platform() {
    let test = "an_actuator_ends_in_time_without_the_platform";
    let Some(lab) = Lab::new(test) else { return };
    let bare = lab.ruleset();
    let mut office = Office::new(&lab);
    let finding = office.finding();
    office.proposed(&finding, 40);
    let before = lab.ruleset();
    let begin = in_force_and_away(&lab, &mut office);
    // Nothing early, for a platform that is away takes no protection; and nothing late.
    assert!(!lab.resolves(NAME) && !lab.answers(BLACK));
    until("the block ends by itself", 60_000, || lab.answers(BLOCKED));
    let took = counted_ms() - begin;
    assert!((38_000..47_000).contains(&took), "{took} ms for 40 s");
    all_comes_back(&lab);
    assert_eq!(lab.ruleset(), before);
    office.stop_actuator();
    assert_eq!(lab.ruleset(), bare);
}

#[test]
fn an_actuator_that_is_killed_with_all_in_force_leaves_nothing_past_its_end() {
    let test = "an_actuator_that_is_killed_with_all_in_force_leaves_nothing_past_its_end";
    let Some(lab) = Lab::new(test) else { return };
    let bare = lab.ruleset();
    let mut office = Office::new(&lab);
    let finding = office.finding();
    office.proposed(&finding, 40);
    in_force_and_away(&lab, &mut office);
    assert!(!lab.answers(BLOCKED) && !lab.resolves(NAME) && !lab.answers(BLACK));
    let guard = lab.guard().expect("a guard of the names");
    // Each effect has the end that its own command said.
    let shown = office.owner(&["show", "--format", "json"]);
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let effects = shown["effects"].as_array().unwrap();
    let name = effects.iter().find(|one| one["target"] == NAME).unwrap();
    let end: Seconds = name["until"].as_str().unwrap().parse().unwrap();
    office.kill_actuator();
    let killed = counted_ms();
    // What hangs on the process goes with it: the filter's table, and the announcer with its routes.
    until("the flow comes back", NOTICED_MS, || lab.answers(BLOCKED));
    until("the route comes back", NOTICED_MS, || lab.answers(BLACK));
    println!(
        "the actuator is killed -> flow and route: {} ms",
        counted_ms() - killed
    );
    assert!(!lab.hole(BLACK));
    assert_eq!(lab.ruleset(), bare);
    // A name ends at its time by the guard, not before and not later.
    assert!(!lab.resolves(NAME), "the name went with the process");
    until("the name comes back", 60_000, || lab.resolves(NAME));
    let back = office.seconds();
    let late = back.checked_sub(end.0);
    assert!(
        late.is_some_and(|late| late < 7),
        "at {back}, to end at {end}"
    );
    until("the guard ends", NOTICED_MS, || {
        rustix::process::test_kill_process(guard).is_err()
    });
}

/// Approved and in force; then log and commission are gone. When the first command was sent, on the clock that only counts.
fn in_force_and_away(lab: &Lab, office: &mut Office) -> u64 {
    office.approve();
    office.learn();
    let begin = counted_ms();
    office.dispatch();
    until("the flow stops", NOTICED_MS, || !lab.answers(BLOCKED));
    office.away();
    begin
}

/// The client reaches everything again.
fn all_comes_back(lab: &Lab) {
    until("the flow comes back", NOTICED_MS, || lab.answers(BLOCKED));
    until("the name comes back", NOTICED_MS, || lab.resolves(NAME));
    until("the route comes back", NOTICED_MS, || lab.answers(BLACK));
}
