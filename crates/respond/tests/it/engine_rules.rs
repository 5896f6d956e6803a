//! Rules of the engine, one by one: what is refused with which status, what a doubled command gets, what is left after a fall at any act.

use sakimori_authority::clock::Judged;
use sakimori_custody::time::Seconds;
use sakimori_respond::engine::{
    Act, Allowed, Answer, Bounds, Deed, Engine, Event, InForce, Intent, Key, Permit, Record,
    Ticket, command_id,
};
use sakimori_respond::openc2::Status;
use std::collections::BTreeMap;

const NOW: u64 = 1_800_000_000;
const SURE: Judged = Judged::Sure(Seconds(NOW));

fn key(at: u8) -> Key {
    Key {
        measure: [1; 32],
        deed: Deed::Block,
        target: format!("198.51.100.{at}/32"),
    }
}

fn permit() -> Permit {
    let allowed = [1, 2, 3].map(|at| Allowed {
        deed: Deed::Block,
        target: key(at).target,
    });
    Permit {
        measure: [1; 32],
        revision: 1,
        not_before: Seconds(NOW - 10),
        not_after: Seconds(NOW + 100),
        allowed: allowed.to_vec(),
        most: 2,
    }
}

fn intent(id: &str, revision: u64, at: u8, seconds: Option<u64>) -> Intent {
    Intent {
        id: id.to_owned(),
        digest: [revision as u8; 32],
        created: Seconds(NOW),
        revision,
        key: key(at),
        until: seconds.map(|seconds| Seconds(NOW + seconds)),
    }
}

/// A lease of the permit.
fn lease(seconds: u64) -> Event {
    Event::Lease {
        measure: [1; 32],
        revision: 1,
        until: Seconds(NOW + seconds),
    }
}

fn ready() -> Engine {
    let mut engine = Engine::restore(Bounds::default(), 1, []);
    engine.take(Event::Seen(Vec::new()), SURE);
    engine.take(Event::Permit(permit()), SURE);
    engine.take(lease(60), SURE);
    engine
}

fn said(acts: &[Act]) -> Vec<Status> {
    let say = |act: &Act| match act {
        Act::Say(_, Answer { status, .. }) => Some(*status),
        _ => None,
    };
    acts.iter().filter_map(say).collect()
}

fn applies(acts: &[Act]) -> usize {
    acts.iter()
        .filter(|act| matches!(act, Act::Apply(..)))
        .count()
}

/// The number of the last ask among acts.
fn asked(acts: &[Act]) -> Ticket {
    let number = |act: &Act| match act {
        Act::Apply(ticket, _) | Act::Remove(ticket, _) => Some(*ticket),
        _ => None,
    };
    acts.iter().rev().find_map(number).unwrap()
}

fn removes(acts: &[Act], of: &Key) -> bool {
    acts.iter()
        .any(|act| matches!(act, Act::Remove(_, key) if key == of))
}

fn in_force(at: u8, seconds: u64) -> InForce {
    InForce {
        key: key(at),
        until: Seconds(NOW + seconds),
    }
}

/// Takes a command whose effect the substrate puts in force or takes back at once.
fn done(engine: &mut Engine, intent: Intent) -> Vec<Status> {
    let key = intent.key.clone();
    let mut acts = engine.take(Event::Command(intent), SURE);
    let well = true;
    let ticket = asked(&acts);
    if matches!(acts.last(), Some(Act::Remove(..))) {
        acts.extend(engine.take(Event::Removed { key, ticket, well }, SURE));
    } else {
        acts.extend(engine.take(Event::Applied { key, ticket, well }, SURE));
    }
    said(&acts)
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of refusals")]
fn what_no_approval_covers_moves_nothing() {
    let late = Judged::Sure(Seconds(NOW + 61));
    let over = Judged::Sure(Seconds(NOW + 101));
    let far = |mut intent: Intent| {
        intent.created = Seconds(NOW - 301);
        intent
    };
    let of_other = |mut intent: Intent| {
        intent.key.measure = [2; 32];
        intent
    };
    let other_deed = |mut intent: Intent| {
        intent.key.deed = Deed::Sinkhole;
        intent
    };
    let cases = [
        (
            "another target",
            intent("a", 1, 9, Some(50)),
            SURE,
            Status::Forbidden,
        ),
        (
            "another action",
            other_deed(intent("a", 1, 1, Some(50))),
            SURE,
            Status::Forbidden,
        ),
        (
            "another measure",
            of_other(intent("a", 1, 1, Some(50))),
            SURE,
            Status::Forbidden,
        ),
        (
            "behind the approval's end",
            intent("a", 1, 1, Some(102)),
            SURE,
            Status::Forbidden,
        ),
        (
            "an end that is past",
            intent("a", 1, 1, Some(0)),
            SURE,
            Status::BadRequest,
        ),
        (
            "too old",
            far(intent("a", 1, 1, Some(50))),
            SURE,
            Status::BadRequest,
        ),
        (
            "without a lease",
            intent("a", 1, 1, Some(90)),
            late,
            Status::Forbidden,
        ),
        (
            "the approval is over",
            intent("a", 1, 1, Some(150)),
            over,
            Status::Forbidden,
        ),
        (
            "a clock ahead",
            intent("a", 1, 1, Some(50)),
            Judged::Ahead(Seconds(NOW)),
            Status::ServiceUnavailable,
        ),
        (
            "nothing to take back",
            intent("a", 1, 1, None),
            SURE,
            Status::NotFound,
        ),
    ];
    for (what, intent, now, status) in cases {
        let mut engine = ready();
        let acts = engine.take(Event::Command(intent), now);
        assert_eq!(said(&acts), [status], "{what}");
        assert_eq!(applies(&acts), 0, "{what}");
        assert_eq!(engine.state().wanted().count(), 0, "{what}");
    }
}

#[test]
fn a_doubled_command_gets_the_same_answer_and_another_under_its_number_is_refused() {
    let mut engine = ready();
    assert_eq!(done(&mut engine, intent("a", 1, 1, Some(50))), [Status::Ok]);
    let again = engine.take(Event::Command(intent("a", 1, 1, Some(50))), SURE);
    assert_eq!((said(&again), applies(&again)), (vec![Status::Ok], 0));
    let mut other = intent("a", 1, 2, Some(50));
    other.digest = [9; 32];
    let acts = engine.take(Event::Command(other), SURE);
    assert_eq!((said(&acts), applies(&acts)), (vec![Status::BadRequest], 0));
    // An older command on the same effect revives nothing.
    assert_eq!(done(&mut engine, intent("b", 3, 1, None)), [Status::Ok]);
    let replayed = engine.take(Event::Command(intent("c", 2, 1, Some(50))), SURE);
    assert_eq!(
        (said(&replayed), applies(&replayed)),
        (vec![Status::BadRequest], 0)
    );
}

#[test]
fn no_more_is_in_force_than_the_approval_and_the_owner_allow() {
    let mut engine = ready();
    assert_eq!(done(&mut engine, intent("a", 1, 1, Some(50))), [Status::Ok]);
    assert_eq!(done(&mut engine, intent("b", 2, 2, Some(50))), [Status::Ok]);
    let third = engine.take(Event::Command(intent("c", 3, 3, Some(50))), SURE);
    assert_eq!(
        (said(&third), applies(&third)),
        (vec![Status::Forbidden], 0)
    );
    let bounds = Bounds {
        commands_a_minute: 1,
        ..Bounds::default()
    };
    let mut engine = Engine::restore(bounds, 1, []);
    engine.take(Event::Seen(Vec::new()), SURE);
    engine.take(Event::Permit(permit()), SURE);
    engine.take(lease(60), SURE);
    assert_eq!(done(&mut engine, intent("a", 1, 1, Some(50))), [Status::Ok]);
    let fast = engine.take(Event::Command(intent("b", 2, 2, Some(50))), SURE);
    assert_eq!(said(&fast), [Status::ServiceUnavailable]);
    // It may come again, and is not remembered as refused.
    let later = Judged::Sure(Seconds(NOW + 60));
    let slow = engine.take(Event::Command(intent("b", 2, 2, Some(90))), later);
    assert_eq!(applies(&slow), 1);
}

#[test]
fn a_revocation_and_the_owner_s_stop_take_back_all_and_nothing_new_begins() {
    for event in [
        Event::Revoked {
            measure: [1; 32],
            revision: 1,
        },
        Event::Stopped,
    ] {
        let mut engine = ready();
        done(&mut engine, intent("a", 1, 1, Some(50)));
        let acts = engine.take(event, SURE);
        assert!(removes(&acts, &key(1)), "{acts:?}");
        let acts = engine.take(Event::Command(intent("b", 2, 2, Some(50))), SURE);
        assert_eq!((said(&acts), applies(&acts)), (vec![Status::Forbidden], 0));
    }
    // What was revoked does not come back with the same text.
    let mut engine = ready();
    engine.take(
        Event::Revoked {
            measure: [1; 32],
            revision: 1,
        },
        SURE,
    );
    assert_eq!(engine.take(Event::Permit(permit()), SURE), []);
}

#[test]
fn without_the_platform_nothing_ends_early_and_nothing_goes_on() {
    let mut engine = ready();
    done(&mut engine, intent("a", 1, 1, Some(80)));
    let there = || vec![in_force(1, 80)];
    for second in [61, 79] {
        let now = Judged::Sure(Seconds(NOW + second));
        assert_eq!(engine.take(Event::Tick, now), [Act::Look]);
        assert_eq!(engine.take(Event::Seen(there()), now), []);
    }
    // What vanished meanwhile is put in force again: the lease gates what is new alone.
    let now = Judged::Sure(Seconds(NOW + 70));
    let mut other = engine.clone();
    assert_eq!(applies(&other.take(Event::Seen(Vec::new()), now)), 1);
    let now = Judged::Sure(Seconds(NOW + 80));
    let acts = engine.take(Event::Tick, now);
    assert!(removes(&acts, &key(1)), "{acts:?}");
}

#[test]
fn an_orphan_is_taken_back_and_a_failed_extension_ends_when_it_was_to_end() {
    let mut engine = ready();
    let acts = engine.take(Event::Seen(vec![in_force(3, 9)]), SURE);
    assert_eq!(acts, [Act::Remove(asked(&acts), key(3))]);
    done(&mut engine, intent("a", 1, 1, Some(20)));
    let acts = engine.take(Event::Command(intent("b", 2, 1, Some(90))), SURE);
    let acts = engine.take(
        Event::Applied {
            key: key(1),
            ticket: asked(&acts),
            well: false,
        },
        SURE,
    );
    assert_eq!(said(&acts), [Status::InternalError]);
    assert!(!removes(&acts, &key(1)), "{acts:?}");
    let ends: Vec<Seconds> = engine.state().wanted().map(|(_, until)| until).collect();
    assert_eq!(ends, [Seconds(NOW + 20)]);
}

/// A machine that does acts until it falls.
struct Machine {
    journal: Vec<Record>,
    in_force: BTreeMap<Key, Seconds>,
    /// How often each was put in force until one end since it was taken back.
    times: BTreeMap<(Key, Seconds), usize>,
    left: usize,
}

impl Machine {
    /// Does the acts of an event and of what they bring; false when it fell.
    fn give(&mut self, engine: &mut Engine, event: Event) -> bool {
        for act in engine.take(event, SURE) {
            if self.left == 0 {
                return false;
            }
            self.left -= 1;
            let next = match act {
                Act::Keep(record) => {
                    self.journal.push(record);
                    continue;
                }
                Act::Apply(ticket, effect) => {
                    self.in_force.insert(effect.key.clone(), effect.until);
                    let times = (effect.key.clone(), effect.until);
                    *self.times.entry(times).or_default() += 1;
                    Event::Applied {
                        key: effect.key,
                        ticket,
                        well: true,
                    }
                }
                Act::Remove(ticket, key) => {
                    self.in_force.remove(&key);
                    self.times.retain(|(of, _), _| *of != key);
                    Event::Removed {
                        key,
                        ticket,
                        well: true,
                    }
                }
                Act::Look => Event::Seen(self.seen()),
                Act::Say(..) => continue,
            };
            if !self.give(engine, next) {
                return false;
            }
        }
        true
    }

    fn seen(&self) -> Vec<InForce> {
        let each = self.in_force.iter();
        each.map(|(key, until)| InForce {
            key: key.clone(),
            until: *until,
        })
        .collect()
    }
}

#[test]
fn a_fall_at_any_act_leaves_what_is_wanted_in_force_until_the_end_that_is_wanted() {
    let script = || {
        [
            Event::Seen(Vec::new()),
            Event::Permit(permit()),
            lease(60),
            Event::Command(intent("a", 1, 1, Some(50))),
            Event::Command(intent("b", 2, 2, Some(50))),
            Event::Command(intent("c", 3, 1, None)),
            Event::Command(intent("d", 4, 3, Some(40))),
            Event::Command(intent("e", 5, 2, Some(70))),
        ]
    };
    for fall in 0..48 {
        let mut machine = Machine {
            journal: Vec::new(),
            in_force: BTreeMap::new(),
            times: BTreeMap::new(),
            left: fall,
        };
        let mut engine = Engine::restore(Bounds::default(), 1, []);
        // Who sends and hears nothing sends again.
        let mut events = script().into_iter().peekable();
        while let Some(event) = events.peek().cloned() {
            if machine.give(&mut engine, event) {
                events.next();
                continue;
            }
            machine.left = usize::MAX;
            engine = Engine::restore(Bounds::default(), fall as u64 + 2, machine.journal.clone());
            let seen = machine.seen();
            assert!(machine.give(&mut engine, Event::Seen(seen)));
        }
        let wanted: Vec<Key> = engine
            .state()
            .wanted()
            .map(|(key, _)| key.clone())
            .collect();
        assert_eq!(wanted, [key(2), key(3)], "fall at act {fall}");
        let in_force: Vec<Key> = machine.in_force.keys().cloned().collect();
        assert_eq!(in_force, wanted, "fall at act {fall}");
        let ends: Vec<u64> = machine.in_force.values().map(|until| until.0).collect();
        assert_eq!(ends, [NOW + 70, NOW + 40], "fall at act {fall}");
        assert!(
            machine.times.values().all(|times| *times <= 1),
            "fall at act {fall}: {:?}",
            machine.times
        );
    }
}

#[test]
fn an_ask_whose_answer_is_lost_is_asked_again_at_the_second_look() {
    let mut engine = ready();
    done(&mut engine, intent("a", 1, 1, Some(50)));
    let first = engine.take(Event::Command(intent("b", 2, 1, None)), SURE);
    let there = || Event::Seen(vec![in_force(1, 50)]);
    assert_eq!(engine.take(there(), SURE), []);
    let again = engine.take(there(), SURE);
    assert!(removes(&again, &key(1)), "{again:?}");
    // The answer of the first ask says nothing of the second.
    let (old, new) = (asked(&first), asked(&again));
    assert_ne!(old, new);
    let removed = |ticket| Event::Removed {
        key: key(1),
        ticket,
        well: true,
    };
    assert_eq!(engine.take(removed(old), SURE), []);
    assert_eq!(said(&engine.take(removed(new), SURE)), [Status::Ok]);

    engine.take(Event::Command(intent("c", 3, 2, Some(50))), SURE);
    assert_eq!(engine.take(Event::Seen(Vec::new()), SURE), []);
    let again = engine.take(Event::Seen(Vec::new()), SURE);
    assert_eq!(applies(&again), 1, "{again:?}");
    // A look that shows it done is as good as the answer.
    let seen = engine.take(Event::Seen(vec![in_force(2, 50)]), SURE);
    assert_eq!(said(&seen), [Status::Ok]);
    engine.take(Event::Command(intent("d", 4, 2, None)), SURE);
    let gone = engine.take(Event::Seen(Vec::new()), SURE);
    assert_eq!(said(&gone), [Status::Ok]);
}

#[test]
fn an_extension_that_fell_before_it_was_done_is_done_before_it_is_answered() {
    for seconds in [90, 20] {
        let mut engine = ready();
        let mut journal = Vec::new();
        for event in [
            Event::Permit(permit()),
            lease(60),
            Event::Command(intent("a", 1, 1, Some(50))),
            Event::Command(intent("b", 2, 1, Some(seconds))),
        ] {
            let kept = engine.take(event, SURE).into_iter();
            journal.extend(kept.filter_map(|act| match act {
                Act::Keep(record) => Some(record),
                _ => None,
            }));
        }
        journal.insert(0, Record::Permit(permit()));
        // The substrate has the first; the engine falls before it asks for the second.
        let mut engine = Engine::restore(Bounds::default(), 2, journal);
        let acts = engine.take(Event::Seen(vec![in_force(1, 50)]), SURE);
        assert_eq!((said(&acts), applies(&acts)), (vec![], 1), "{acts:?}");
        let acts = engine.take(Event::Seen(vec![in_force(1, seconds)]), SURE);
        assert_eq!(said(&acts), [Status::Ok]);
    }
}

#[test]
fn a_later_command_answers_the_earlier_and_its_own_ask_alone_answers_it() {
    let mut engine = ready();
    done(&mut engine, intent("a", 1, 1, Some(50)));
    let back = engine.take(Event::Command(intent("b", 2, 1, None)), SURE);
    let anew = engine.take(Event::Command(intent("c", 3, 1, Some(40))), SURE);
    assert!(
        anew.iter().any(|act| matches!(act, Act::Say(id, answer) if id == "b" && answer.status == Status::InternalError)),
        "{anew:?}"
    );
    let removed = Event::Removed {
        key: key(1),
        ticket: asked(&back),
        well: true,
    };
    assert_eq!(engine.take(removed, SURE), []);
    let applied = |ticket| Event::Applied {
        key: key(1),
        ticket,
        well: true,
    };
    // A number of an earlier run is none of this one.
    let mut other = asked(&anew);
    other.run += 1;
    assert_eq!(engine.take(applied(other), SURE), []);
    assert_eq!(
        said(&engine.take(applied(asked(&anew)), SURE)),
        [Status::Ok]
    );
}

#[test]
fn what_is_being_taken_back_counts_until_it_is_gone() {
    let mut engine = ready();
    done(&mut engine, intent("a", 1, 1, Some(50)));
    done(&mut engine, intent("b", 2, 2, Some(50)));
    let back = engine.take(Event::Command(intent("c", 3, 1, None)), SURE);
    let third = engine.take(Event::Command(intent("d", 4, 3, Some(50))), SURE);
    assert_eq!(said(&third), [Status::Forbidden]);
    let removed = |well| Event::Removed {
        key: key(1),
        ticket: asked(&back),
        well,
    };
    // What the substrate refused to take back is in force.
    let mut refused = engine.clone();
    refused.take(removed(false), SURE);
    let third = refused.take(Event::Command(intent("e", 5, 3, Some(50))), SURE);
    assert_eq!(said(&third), [Status::Forbidden]);
    engine.take(removed(true), SURE);
    let third = engine.take(Event::Command(intent("e", 5, 3, Some(50))), SURE);
    assert_eq!(applies(&third), 1, "{third:?}");
    // Before it is known what is in force, nothing begins.
    let mut blind = Engine::restore(Bounds::default(), 3, [Record::Permit(permit())]);
    let acts = blind.take(Event::Command(intent("f", 6, 3, Some(50))), SURE);
    assert_eq!(said(&acts), [Status::ServiceUnavailable]);
}

#[test]
fn an_old_command_revives_nothing_when_its_approval_is_over() {
    let mut engine = ready();
    done(&mut engine, intent("a", 1, 1, Some(50)));
    done(&mut engine, intent("b", 3, 1, None));
    let later = Judged::Sure(Seconds(NOW + 110));
    engine.take(Event::Tick, later);
    let next = Permit {
        revision: 2,
        not_after: Seconds(NOW + 300),
        ..permit()
    };
    engine.take(Event::Permit(next), later);
    engine.take(lease(300), later);
    let old = engine.take(Event::Command(intent("c", 2, 1, Some(200))), later);
    assert_eq!(said(&old), [Status::BadRequest]);
}

#[test]
fn who_holds_a_measure_back_ends_it_at_once_and_alone_lets_it_go_on() {
    use sakimori_respond::engine::Holder;
    let mut engine = ready();
    assert_eq!(done(&mut engine, intent("a", 1, 1, Some(50))), [Status::Ok]);
    let measure = [1; 32];
    let acts = engine.take(
        Event::Suspended {
            measure,
            by: Holder::Note,
        },
        SURE,
    );
    assert!(removes(&acts, &key(1)), "{acts:?}");
    let by = Holder::Owner;
    engine.take(Event::Suspended { measure, by }, SURE);
    engine.take(Event::Resumed { measure, by }, SURE);
    let held = engine.take(Event::Command(intent("b", 2, 2, Some(50))), SURE);
    assert_eq!(said(&held), [Status::Forbidden]);
    engine.take(
        Event::Resumed {
            measure,
            by: Holder::Note,
        },
        SURE,
    );
    assert_eq!(done(&mut engine, intent("c", 3, 2, Some(50))), [Status::Ok]);
}

#[test]
fn a_lease_is_of_one_approval_and_begins_nothing_of_another() {
    let mut engine = Engine::restore(Bounds::default(), 1, []);
    engine.take(Event::Seen(Vec::new()), SURE);
    // Of an approval that is not known it is none.
    assert!(engine.take(lease(60), SURE).is_empty());
    engine.take(Event::Permit(permit()), SURE);
    let without = engine.take(Event::Command(intent("a", 1, 1, Some(50))), SURE);
    assert_eq!(said(&without), [Status::Forbidden]);
    let other = Event::Lease {
        measure: [1; 32],
        revision: 2,
        until: Seconds(NOW + 60),
    };
    assert!(engine.take(other, SURE).is_empty());
    engine.take(lease(60), SURE);
    assert_eq!(done(&mut engine, intent("b", 2, 1, Some(50))), [Status::Ok]);
}

/// A command of a producer; its text is its own.
fn of(producer: &str, number: &str, revision: u64, seconds: Option<u64>) -> Intent {
    let mut intent = intent(number, revision, 1, seconds);
    intent.id = command_id(producer, number);
    intent.digest = [producer.len() as u8; 32];
    intent.digest[1] = number.len() as u8;
    intent.digest[2] = seconds.unwrap_or(0) as u8;
    intent
}

/// As [`done`], for what is refused too.
fn status(engine: &mut Engine, intent: Intent) -> Vec<Status> {
    let key = intent.key.clone();
    let mut acts = engine.take(Event::Command(intent), SURE);
    let well = true;
    match acts.last().cloned() {
        Some(Act::Remove(ticket, _)) => {
            acts.extend(engine.take(Event::Removed { key, ticket, well }, SURE));
        }
        Some(Act::Apply(ticket, _)) => {
            acts.extend(engine.take(Event::Applied { key, ticket, well }, SURE));
        }
        _ => {}
    }
    said(&acts)
}

#[test]
fn what_one_producer_sends_uses_up_neither_numbers_nor_steps_of_another() {
    let mut engine = ready();
    assert_eq!(
        status(&mut engine, of("office", "n-1", 1, Some(50))),
        [Status::Ok]
    );
    // Another one guesses the office's next number, and takes the largest step that there is.
    for number in ["n-2", "n-3"] {
        status(&mut engine, of("carrier", number, u64::MAX, Some(60)));
    }
    assert_eq!(
        status(&mut engine, of("office", "n-2", 2, None)),
        [Status::Ok],
        "what takes back cannot be burnt"
    );
    assert_eq!(engine.state().wanted().count(), 0);
    // What began before it begins nothing, whoever sends it.
    for producer in ["office", "carrier", "third"] {
        assert_eq!(
            status(&mut engine, of(producer, "n-9", 2, Some(50))),
            [Status::BadRequest],
            "{producer}"
        );
    }
    assert_eq!(
        status(&mut engine, of("office", "n-4", 3, Some(50))),
        [Status::Ok]
    );
    // The office's own order holds for what takes back as well: what was sent before comes too late.
    assert_eq!(
        status(&mut engine, of("office", "n-5", 2, None)),
        [Status::BadRequest]
    );
    // All this is known of the records too, also of the shortest ones.
    let mut again = Engine::restore(Bounds::default(), 2, engine.state().records());
    assert_eq!(again.state(), engine.state());
    again.take(Event::Seen(vec![in_force(1, 50)]), SURE);
    assert_eq!(
        status(&mut again, of("third", "n-1", 2, Some(50))),
        [Status::BadRequest]
    );
    assert_eq!(
        status(&mut again, of("third", "n-2", 1, None)),
        [Status::Ok],
        "who has sent nothing takes back by any step"
    );
}

#[test]
fn what_takes_back_is_judged_whatever_had_its_number() {
    let mut engine = ready();
    assert_eq!(done(&mut engine, intent("a", 1, 1, Some(50))), [Status::Ok]);
    let mut back = intent("a", 2, 1, None);
    back.digest = [9; 32];
    assert_eq!(done(&mut engine, back.clone()), [Status::Ok]);
    // Its own answer is now the number's.
    let again = engine.take(Event::Command(back), SURE);
    assert_eq!((said(&again), applies(&again)), (vec![Status::Ok], 0));
    // Where the earlier one waits still, it is told that it was overtaken.
    let acts = engine.take(Event::Command(intent("b", 3, 1, Some(50))), SURE);
    assert_eq!(applies(&acts), 1);
    let mut back = intent("b", 4, 1, None);
    back.digest = [8; 32];
    assert_eq!(
        done(&mut engine, back),
        [Status::InternalError, Status::Ok],
        "both are answered"
    );
    assert_eq!(engine.state().wanted().count(), 0);
    assert_eq!(engine.state().waiting().count(), 0);
}

#[test]
fn the_end_of_what_is_not_in_force_holds_off_what_was_sent_before_it() {
    let mut engine = ready();
    let gone = engine.take(Event::Command(intent("a", 5, 1, None)), SURE);
    assert_eq!(said(&gone), [Status::NotFound]);
    let mut again = Engine::restore(Bounds::default(), 2, engine.state().records());
    again.take(Event::Seen(Vec::new()), SURE);
    for engine in [&mut engine, &mut again] {
        let older = engine.take(Event::Command(intent("b", 4, 1, Some(50))), SURE);
        assert_eq!(said(&older), [Status::BadRequest]);
        assert_eq!(done(engine, intent("c", 6, 1, Some(50))), [Status::Ok]);
    }
    // Of what nobody approved nothing is kept: there is nothing that could begin.
    let acts = engine.take(Event::Command(intent("d", 7, 9, None)), SURE);
    assert_eq!(said(&acts), [Status::NotFound]);
    let keeps = |act: &Act| {
        matches!(
            act,
            Act::Keep(Record::Revision { .. } | Record::Undone { .. })
        )
    };
    assert!(!acts.iter().any(keeps), "{acts:?}");
}

#[test]
fn an_end_by_the_largest_step_holds_off_nothing_that_is_made_after_it() {
    let largest = u64::from(u32::MAX);
    let made = |mut intent: Intent, seconds: u64| {
        intent.created = Seconds(NOW + seconds);
        intent
    };
    // Before the first command of the office, and while its effect is in force.
    for begun in [false, true] {
        let mut engine = ready();
        let first = of("office", "n-1", 1, Some(50));
        if begun {
            assert_eq!(status(&mut engine, first), [Status::Ok]);
        }
        let ended = of("carrier", "n-1", largest, None);
        let expected = if begun { Status::Ok } else { Status::NotFound };
        assert_eq!(status(&mut engine, ended), [expected]);
        // An end says of itself when it was made; that counts for nothing.
        let ended = made(of("third", "number", largest, None), 300);
        assert_eq!(status(&mut engine, ended), [Status::NotFound]);
        let mut again = Engine::restore(Bounds::default(), 2, engine.state().records());
        assert_eq!(again.state(), engine.state());
        again.take(Event::Seen(Vec::new()), SURE);
        for engine in [&mut engine, &mut again] {
            assert_eq!(
                status(engine, of("office", "n-02", 2, Some(50))),
                [Status::BadRequest],
                "made before the end came"
            );
            assert_eq!(
                status(engine, made(of("office", "n-003", 3, Some(50)), 1)),
                [Status::Ok]
            );
            assert_eq!(engine.state().wanted().count(), 1);
        }
    }
}

#[test]
fn a_producer_that_sends_without_end_leaves_others_their_share() {
    let bounds = Bounds {
        commands_a_minute: 8,
        ..Bounds::default()
    };
    let mut engine = Engine::restore(bounds, 1, []);
    engine.take(Event::Seen(Vec::new()), SURE);
    let taken = |engine: &mut Engine, producer: &str, from: u64| {
        let tries = (from..from + 20).map(|step| {
            let acts = engine.take(
                Event::Command(of(producer, &step.to_string(), step, Some(50))),
                SURE,
            );
            usize::from(said(&acts) != [Status::ServiceUnavailable])
        });
        tries.sum::<usize>()
    };
    assert_eq!(taken(&mut engine, "carrier", 1), 8, "alone it has all");
    assert_eq!(taken(&mut engine, "office", 1), 4, "its half");
    assert_eq!(taken(&mut engine, "carrier", 30), 0);
    assert_eq!(taken(&mut engine, "third", 1), 2, "its third");
}
