//! A measure that is judged and ended by what the office reads itself: a sensor's receipts of real traffic, the owner's resolver, its router's table. In: the small network. Out: a verdict for each target, the end, everything as it was. Never: a
//! number that the test hands to the office.

use super::lab::{BLACK, BLOCKED, Lab, NAME, NEIGHBOUR, counted_ms, until};
use super::office::Office;

/// Seconds of the minute in which the second capture begins: it lies within a minute of its own.
const EARLY: std::ops::Range<u64> = 3..25;

#[test]
fn verdicts_and_the_end_come_of_sensor_resolver_and_router_by_rounds_alone() {
    let test = "verdicts_and_the_end_come_of_sensor_resolver_and_router_by_rounds_alone";
    let Some(lab) = Lab::new(test) else { return };
    let mut office = Office::new(&lab);
    office.reads(&lab);
    let finding = office.finding();
    office.counts();
    // What the sensor counted before is what the verdict is held against.
    let (capture, reached) = lab.watched("before.pcap", 3, || lab.answers(BLOCKED));
    assert!(reached > 2, "the attack reaches its server");
    office.counted(&capture);
    office.proposed(&finding, 3600);
    let before = lab.ruleset();
    office.approve();
    office.learn();
    office.dispatch();
    let minute = office.seconds() / 60;
    until("a minute of its own", 130_000, || {
        office.round();
        let now = office.seconds();
        now / 60 > minute && EARLY.contains(&(now % 60))
    });
    assert_eq!(office.stage(), "in-force", "nothing was measured yet");
    // The client tries on; a neighbour goes on to be reached.
    // Rounds go on as those of a running node do.
    let mut neighbour = 0;
    let (capture, reached) = lab.watched("after.pcap", 10, || {
        office.round();
        neighbour += u64::from(lab.answers(NEIGHBOUR));
        lab.answers(BLOCKED)
    });
    assert!(
        (reached, neighbour > 2) == (0, true),
        "{reached} {neighbour}"
    );
    let begin = counted_ms();
    office.counted(&capture);
    until("the end by what was read", 60_000, || {
        office.round();
        office.stage() == "ended"
    });
    println!("capture -> judged and ended: {} ms", counted_ms() - begin);
    assert_eq!(office.ended(), "success");
    let judged = office.judged();
    for target in [
        format!("{BLOCKED}/32"),
        format!("{BLACK}/32"),
        NAME.to_owned(),
    ] {
        let row = &judged[&target];
        assert_eq!(row["verdict"], "effective", "{row}");
        println!("{target}: {}", row["by"]);
    }
    super::all_comes_back(&lab);
    assert_eq!(lab.ruleset(), before);
    office.verify();
}
