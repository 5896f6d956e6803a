//! Rules of the engine, one by one: what is refused with which status, what a doubled command gets, what is left after a fall at any act.

use sakimori_authority::clock::Judged;
use sakimori_custody::time::Seconds;
use sakimori_respond::engine::{
    Act, Allowed, Answer, Bounds, Deed, Engine, Event, InForce, Intent, Key, Permit, Record,
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

fn ready() -> Engine {
    let mut engine = Engine::restore(Bounds::default(), []);
    engine.take(Event::Lease(Seconds(NOW + 60)), SURE);
    engine.take(Event::Permit(permit()), SURE);
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
        .filter(|act| matches!(act, Act::Apply(_)))
        .count()
}

/// Takes a command whose effect the substrate puts in force or takes back at once.
fn done(engine: &mut Engine, intent: Intent) -> Vec<Status> {
    let key = intent.key.clone();
    let ends = intent.until.is_none();
    let mut acts = engine.take(Event::Command(intent), SURE);
    let well = true;
    if ends {
        acts.extend(engine.take(Event::Removed { key, well }, SURE));
    } else {
        acts.extend(engine.take(Event::Applied { key, well }, SURE));
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
    let mut engine = Engine::restore(bounds, []);
    engine.take(Event::Lease(Seconds(NOW + 60)), SURE);
    engine.take(Event::Permit(permit()), SURE);
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
        assert!(acts.contains(&Act::Remove(key(1))), "{acts:?}");
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
    let in_force = || vec![InForce { key: key(1) }];
    for second in [61, 79] {
        let now = Judged::Sure(Seconds(NOW + second));
        assert_eq!(engine.take(Event::Tick, now), [Act::Look]);
        assert_eq!(engine.take(Event::Seen(in_force()), now), []);
    }
    // What vanished meanwhile is put in force again: the lease gates what is new alone.
    let now = Judged::Sure(Seconds(NOW + 70));
    let mut other = engine.clone();
    assert_eq!(applies(&other.take(Event::Seen(Vec::new()), now)), 1);
    let now = Judged::Sure(Seconds(NOW + 80));
    let acts = engine.take(Event::Tick, now);
    assert!(acts.contains(&Act::Remove(key(1))), "{acts:?}");
}

#[test]
fn an_orphan_is_taken_back_and_a_failed_extension_ends_when_it_was_to_end() {
    let mut engine = ready();
    let acts = engine.take(Event::Seen(vec![InForce { key: key(3) }]), SURE);
    assert_eq!(acts, [Act::Remove(key(3))]);
    done(&mut engine, intent("a", 1, 1, Some(20)));
    engine.take(Event::Command(intent("b", 2, 1, Some(90))), SURE);
    let acts = engine.take(
        Event::Applied {
            key: key(1),
            well: false,
        },
        SURE,
    );
    assert_eq!(said(&acts), [Status::InternalError]);
    assert!(!acts.contains(&Act::Remove(key(1))), "{acts:?}");
    let ends: Vec<Seconds> = engine.state().wanted().map(|(_, until)| until).collect();
    assert_eq!(ends, [Seconds(NOW + 20)]);
}

/// A machine that does acts until it falls.
struct Machine {
    journal: Vec<Record>,
    in_force: BTreeMap<Key, u64>,
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
                Act::Apply(effect) => {
                    *self.in_force.entry(effect.key.clone()).or_default() += 1;
                    Event::Applied {
                        key: effect.key,
                        well: true,
                    }
                }
                Act::Remove(key) => {
                    self.in_force.remove(&key);
                    Event::Removed { key, well: true }
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
        let each = self.in_force.keys();
        each.map(|key| InForce { key: key.clone() }).collect()
    }
}

#[test]
fn a_fall_at_any_act_leaves_what_is_wanted_in_force_and_each_effect_once() {
    let script = || {
        [
            Event::Lease(Seconds(NOW + 60)),
            Event::Permit(permit()),
            Event::Command(intent("a", 1, 1, Some(50))),
            Event::Command(intent("b", 2, 2, Some(50))),
            Event::Command(intent("c", 3, 1, None)),
            Event::Command(intent("d", 4, 3, Some(40))),
        ]
    };
    for fall in 0..40 {
        let mut machine = Machine {
            journal: Vec::new(),
            in_force: BTreeMap::new(),
            left: fall,
        };
        let mut engine = Engine::restore(Bounds::default(), []);
        // Who sends and hears nothing sends again.
        let mut events = script().into_iter().peekable();
        while let Some(event) = events.peek().cloned() {
            if machine.give(&mut engine, event) {
                events.next();
                continue;
            }
            machine.left = usize::MAX;
            engine = Engine::restore(Bounds::default(), machine.journal.clone());
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
        assert!(
            machine.in_force.values().all(|count| *count <= 1),
            "fall at act {fall}: {:?}",
            machine.in_force
        );
    }
}
