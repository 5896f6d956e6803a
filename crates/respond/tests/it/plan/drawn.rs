//! Drawn orders of events. In: seeds. Out: what must hold of every order, told by the records and acts alone.

use super::*;
use proptest::prelude::*;
use sakimori_respond::plan::complaint::Ruling;
use sakimori_respond::plan::life::{Duty, Fact, Kill};
use std::collections::BTreeSet;

const PEOPLE: [&str; 8] = [
    "sato", "suzuki", "tanaka", "ito", "mori", "head", "lawyer", "chair",
];

/// A renewal for a day from now, with what is seen now.
fn renewed(case: &Case) -> Renewal {
    let observations = match case.dispatch_event() {
        Event::Dispatch { observations, .. } => observations,
        _ => Vec::new(),
    };
    Renewal {
        observations,
        ..renewal(case, case.now, case.now)
    }
}

/// A small generator, so that a seed is a schedule.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn one_in(&mut self, sides: u64) -> bool {
        self.roll(sides) == 0
    }

    fn person(&mut self) -> Name {
        name(PEOPLE[self.roll(PEOPLE.len() as u64) as usize])
    }

    fn decision(&mut self, now: u64) -> Decision {
        let mut one = decision(if self.one_in(4) { "other" } else { "text" });
        if self.one_in(3) {
            one.votes.push(self.person());
        }
        if self.one_in(4) {
            one.text = digest("text 2");
            one.not_after = at(now + self.roll(DAY));
        }
        one
    }

    /// An event that leads on from where a measure stands.
    fn lead(&mut self, case: &Case, sent: &[Command]) -> Event {
        let by = name("ito");
        let words = "it is in order".to_owned();
        match case.stage() {
            Stage::Drafted => Event::Review { by: name("suzuki") },
            Stage::Reviewed => Event::Ask {
                by,
                text: digest("text"),
                weighed: case.weighed(),
            },
            Stage::Asked => Event::Approve(decision("text")),
            Stage::Approved | Stage::Urgent => self.dispatch(case),
            _ if case.life.state().waits_for_two() && self.one_in(4) => self.dispatch(case),
            Stage::Suspended if self.one_in(4) => Event::Resume { by, words },
            Stage::Ended => Event::Report {
                by,
                sha256: digest("report"),
            },
            _ if self.one_in(3) => Event::Tick,
            _ => self.answer(sent),
        }
    }

    /// Any event.
    fn event(&mut self, case: &Case, sent: &[Command]) -> Event {
        let words = || "words".to_owned();
        let id = || "q-1".to_owned();
        match self.roll(34) {
            0 => Event::Redraft {
                plan: Box::new(case.life.state().plan().clone()),
                by: self.person(),
            },
            1 | 2 => Event::Review { by: self.person() },
            3 => Event::SendBack {
                by: self.person(),
                words: words(),
            },
            4 | 5 => Event::Ask {
                by: self.person(),
                text: digest("text"),
                weighed: case.weighed(),
            },
            6 => Event::Question { id: id() },
            7 => Event::Answer { id: id() },
            8 | 9 => Event::Approve(self.decision(case.now)),
            10 => Event::Refuse { words: words() },
            11 => Event::Withdraw { by: self.person() },
            12 => Event::Invoke {
                officers: [self.person(), self.person()],
                text: digest("text"),
                authority: AuthorityId([9; 16]),
            },
            13 => Event::Ratify(self.decision(case.now)),
            14..=16 => self.dispatch(case),
            17..=22 => self.answer(sent),
            23 => Event::Collateral { words: words() },
            24 => self.stops(),
            25 => Event::Resume {
                by: self.person(),
                words: words(),
            },
            26 => Event::Narrow {
                by: self.person(),
                aims: vec![self.roll(14) as usize],
            },
            27 => Event::AskRenewal {
                by: self.person(),
                text: digest("text 2"),
                weighed: self.weighed(),
                renewal: Box::new(renewed(case)),
            },
            28 => Event::Renew(self.decision(case.now)),
            29 => Event::Complaint {
                reference: format!("r-{}", self.roll(3)),
                ruling: Ruling {
                    suspend: self.one_in(2),
                    words: words(),
                },
            },
            30 => Event::Complained {
                reference: format!("r-{}", self.roll(3)),
                upheld: self.one_in(4),
            },
            31 => Event::Told {
                duty: [Duty::Commission, Duty::Victims, Duty::Report][self.roll(3) as usize]
                    .clone(),
            },
            32 => Event::Report {
                by: self.person(),
                sha256: digest("report"),
            },
            _ => Event::Tick,
        }
    }

    /// What a text says of either level.
    fn weighed(&mut self) -> Weighed {
        let level = 1 + self.roll(2);
        Weighed { level, ..most() }
    }

    /// A dispatch by one alone, or by two.
    fn dispatch(&mut self, case: &Case) -> Event {
        if self.one_in(3) {
            case.dispatch_by(&["tanaka"])
        } else {
            case.dispatch_event()
        }
    }

    /// An answer to one of the last commands, or to an old one.
    fn answer(&mut self, sent: &[Command]) -> Event {
        let of = if self.one_in(4) {
            sent.len()
        } else {
            sent.len().min(2)
        };
        let back = self.roll(of.max(1) as u64) as usize;
        match sent.iter().rev().nth(back) {
            Some(command) => answer(command, !self.one_in(8)),
            None => Event::Tick,
        }
    }

    fn stops(&mut self) -> Event {
        match self.roll(8) {
            0 => Event::SuccessMet,
            1 => Event::StopMet,
            2 => Event::Revoke,
            3 => Event::Kill(Kill::Measure),
            4 => Event::Kill(Kill::Authority(AuthorityId([9; 16]))),
            5 => Event::ListHit {
                target: target(1),
                words: "a list".to_owned(),
            },
            6 => Event::Free { by: self.person() },
            _ => Event::Kill(Kill::Dispatch),
        }
    }
}

/// What a reader of the records knows, without the code under test.
#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is what one record says"
)]
pub(super) struct Reader {
    proposed: BTreeSet<String>,
    reviewed: Option<String>,
    decided: bool,
    until: u64,
    /// The level that was found, that of a renewal that is asked for, and whether two people dispatched.
    level: u64,
    asked: u64,
    two: bool,
    held: bool,
    suspended: bool,
    ended: bool,
}

impl Reader {
    pub(super) fn read(&mut self, record: &Record) {
        match &record.fact {
            Fact::Drafted { plan, by } => {
                *self = Self::default();
                self.proposed = [by.to_string(), plan.chain.proposed.to_string()].into();
            }
            Fact::Reviewed { by, found } => {
                self.level = found.level;
                assert!(
                    !self.proposed.contains(&by.to_string()),
                    "reviewed by who proposed"
                );
                self.reviewed = Some(by.to_string());
            }
            Fact::SentBack { .. } => self.reviewed = None,
            Fact::Asked { found, .. } => self.level = found.level,
            Fact::RenewalAsked { found, .. } => self.asked = found.level,
            Fact::Approved(one) | Fact::Ratified(one) | Fact::Renewed(one) => {
                let reviewed = self.reviewed.as_ref().expect("approved behind a review");
                for vote in &one.votes {
                    let vote = vote.to_string();
                    assert!(vote != *reviewed && !self.proposed.contains(&vote));
                }
                self.decided = true;
                self.until = one.not_after.0 + 1;
                if matches!(record.fact, Fact::Renewed(_)) {
                    self.level = self.asked;
                }
            }
            Fact::Invoked { until, found, .. } => {
                self.level = found.level;
                assert!(self.reviewed.is_some(), "urgent behind a review");
                assert!(until.0 <= record.at.0 + 2 * HOUR, "two hours at most");
                self.decided = true;
                self.until = until.0;
            }
            Fact::Dispatched { by, .. } => {
                self.two = by.iter().collect::<BTreeSet<_>>().len() > 1;
                assert!(
                    self.reviewed.is_some() && self.decided,
                    "dispatched without approval"
                );
                assert!(!self.held && !self.suspended && !self.ended);
            }
            Fact::Commanded(command) => self.commanded(command, record.at.0),
            Fact::InForce => assert!(!self.ended && !self.suspended, "in force behind an end"),
            Fact::Suspended { .. } => self.suspended = true,
            Fact::Resumed { .. } => self.suspended = false,
            Fact::Held { held } => self.held = *held,
            Fact::Ending { .. } | Fact::Refused { .. } => self.ended = true,
            Fact::Ended => assert!(self.ended),
            _ => {}
        }
    }

    fn commanded(&self, command: &Command, now: u64) {
        let Some(until) = command.until else { return };
        assert!(self.level < 2 || self.two, "begun at level 2 by one alone");
        assert!(
            self.decided && !self.ended && !self.suspended,
            "begun without approval"
        );
        assert!(
            now < until.0 && until.0 <= self.until,
            "longer than approved"
        );
    }
}

/// One drawn life; gives how many commands there were and whether the draw brought it in force.
fn run(seed: u64) -> (usize, bool) {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut case = Case::new(plan(1 + dice.roll(13) as usize));
    let mut reader = Reader::default();
    let (mut read, mut commanded, mut in_force) = (0, 0, false);
    let mut sent: Vec<Command> = Vec::new();
    // Some begin further on: a draft alone seldom gets far by chance.
    match dice.roll(4) {
        0 => {}
        1 => drop(case.review()),
        2 => drop(case.approve()),
        _ => sent = case.in_force(),
    }
    for _ in 0..150 {
        case.now += [0, 0, 0, 1, 5, 60, 300][dice.roll(7) as usize];
        // A clock that goes back moves nothing back.
        let back = dice.one_in(20);
        if back {
            case.now -= 100;
        }
        let event = if dice.one_in(4) {
            dice.event(&case, &sent)
        } else {
            dice.lead(&case, &sent)
        };
        let step = case.take(&event);
        for command in commands(&step) {
            let kept = case
                .records
                .iter()
                .any(|record| matches!(&record.fact, Fact::Commanded(one) if *one == command));
            assert!(kept, "a command without its record");
            commanded += 1;
            sent.push(command);
        }
        for record in &case.records[read..] {
            reader.read(record);
        }
        read = case.records.len();
        in_force |= step
            .keep
            .iter()
            .any(|record| matches!(record.fact, Fact::InForce));
        if dice.one_in(25) {
            // A fall: what is durable is all that there is.
            case.life = Life::restore(&case.records).unwrap();
        }
    }
    let replayed = Life::restore(&case.records).unwrap();
    assert_eq!(replayed.state(), case.life.state());
    settle(&mut case);
    (commanded, in_force)
}

/// Long behind every window nothing of a measure stands, whatever was answered.
fn settle(case: &mut Case) {
    case.now += 30 * DAY;
    case.take(&Event::Tick);
    case.tick(1);
    let standing = case
        .life
        .state()
        .effects()
        .iter()
        .filter(|effect| effect.stands());
    assert_eq!(standing.count(), 0);
    let decided = case.life.state().decided_at().is_some();
    let over = matches!(case.stage(), Stage::Ended | Stage::Reported);
    assert!(!decided || over, "{:?}", case.stage());
}

#[test]
fn no_drawn_order_leads_to_an_effect_without_review_and_approval_or_behind_an_end() {
    let (mut commanded, mut in_force) = (0, 0);
    for seed in 0..600 {
        let (commands, reached) = run(seed);
        commanded += commands;
        in_force += usize::from(reached);
    }
    // The schedules reach what they are to test.
    assert!(commanded > 2_000, "{commanded}");
    assert!(in_force > 50, "{in_force}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_seed_holds(seed in any::<u64>()) {
        run(seed);
    }

    #[test]
    fn bytes_of_anybody_never_stop_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(Plan::read(&bytes).is_err());
    }

    #[test]
    fn a_changed_byte_of_a_plan_is_read_as_another_plan_or_refused(place in 0usize..4000, byte in any::<u8>()) {
        let plan = plan(1);
        let mut bytes = serde_json::to_vec(&plan).unwrap();
        let place = place % bytes.len();
        prop_assume!(bytes[place] != byte);
        bytes[place] = byte;
        if let Ok(other) = Plan::read(&bytes) {
            prop_assert_ne!(&other, &plan);
            prop_assert_ne!(other.digest(), plan.digest());
        }
    }

    #[test]
    fn a_goal_of_any_text_reads_back_or_is_none(text in "[a-z0-9 <./:-]{0,80}") {
        if let Ok(goal) = text.parse::<sakimori_respond::plan::goal::Goal>() {
            prop_assert_eq!(goal.to_string(), text);
        }
    }
}
