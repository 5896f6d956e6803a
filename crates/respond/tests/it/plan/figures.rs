//! The figures of a year. In: lives. Out: counts that a person can count.

use super::*;
use sakimori_respond::plan::complaint::Ruling;
use sakimori_respond::plan::figures::figures;
use sakimori_respond::plan::life::Duty;

#[test]
fn the_figures_are_those_of_the_lives_and_name_nobody() {
    let drafted = Case::new(plan(1));
    let mut refused = Case::new(plan(1));
    refused.review();
    refused.ask();
    refused.well(&Event::Refuse {
        words: "no".to_owned(),
    });
    let mut withdrawn = Case::new(plan(1));
    withdrawn.well(&Event::Withdraw { by: name("sato") });
    let mut defence = plan(3);
    defence.chain.executor.body = Body::Defence;
    defence.chain.defence = Some(order());
    let mut ended = Case::new(defence);
    ended.in_force();
    let dispatch = ended.dispatch_event();
    ended.take(&dispatch);
    ended.well(&Event::Complaint {
        reference: "r-1".to_owned(),
        ruling: Ruling {
            suspend: false,
            words: "by rule".to_owned(),
        },
    });
    let ends = commands(&ended.well(&Event::Complained {
        reference: "r-1".to_owned(),
        upheld: true,
    }));
    ended.answer(&ends);
    ended.now += 2 * DAY;
    ended.well(&Event::Told {
        duty: Duty::Commission,
    });
    let mut urgent = Case::new(plan(1));
    urgent.review();
    urgent.well(&Event::Invoke {
        officers: [name("head"), name("lawyer")],
        text: digest("text"),
        authority: AuthorityId([9; 16]),
    });
    let all = [drafted, refused, withdrawn, ended, urgent];
    let lives = || all.iter().map(|case| &case.life);
    let found = figures(lives(), &terms(), at(NOW), at(NOW), at(NOW));
    let count = (found.drafted, found.decided, found.refused, found.withdrawn);
    assert_eq!(count, (5, 2, 1, 1));
    let ways = (found.police, found.defence, found.urgent, found.ratified);
    assert_eq!(ways, (1, 1, 1, 0));
    assert_eq!(found.dispatched, 1);
    assert_eq!(found.effects.get("block"), Some(&4));
    assert_eq!(found.ends.get("complaint"), Some(&1));
    assert_eq!(found.ends.get("withdrawn"), Some(&1));
    assert_eq!((found.open, found.late, found.out_of_sequence), (2, 1, 1));
    assert_eq!(found.reports_owed, 1);
    let register = found.complaints;
    assert_eq!(
        (register.received, register.upheld, register.ended),
        (1, 1, 1)
    );
    let text = serde_json::to_string(&found).unwrap();
    for word in ["198.51", "tanaka", "carrier-a", "r-1"] {
        assert!(!text.contains(word), "{word} in {text}");
    }
    let before = figures(lives(), &terms(), at(0), at(NOW - 1), at(NOW));
    assert_eq!(before, sakimori_respond::plan::figures::Figures::default());
}
