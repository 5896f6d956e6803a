//! Measures from draft to report. In: plans, events, times. Out: what was kept and what was to be done. Never: the rules of the code under test asked for their own verdict.

mod clocks;
mod collateral;
mod complaint;
mod decision;
mod dossier;
mod drawn;
mod ends;
mod figures;
mod goal;
mod observe;
mod people;
mod playbook;
mod renewal;
mod roll;
mod whole;

use sakimori_authority::measure::{Body, Deed};
use sakimori_custody::class::Class;
use sakimori_custody::ids::{AuthorityId, Name};
use sakimori_custody::record::Country;
use sakimori_custody::time::Seconds;
use sakimori_respond::plan::collateral::{Fact, Facts};
use sakimori_respond::plan::command::Command;
use sakimori_respond::plan::dossier::{
    Alternative, Dossier, Evidence, Milder, Outcome, Sheet, Source, Tried,
};
use sakimori_respond::plan::life::{
    Act, Around, Decision, Event, Life, Load, Record, Refused, Stage, Step,
};
use sakimori_respond::plan::observe::{Observation, Seen};
use sakimori_respond::plan::route::{Chain, Consultation, DefenceOrder, Designation, Instruction};
use sakimori_respond::plan::{Aim, Digest, Judgement, Plan, Problem, Renewal, Terms, Weighed};

/// When the tests begin.
pub(crate) const NOW: u64 = 1_800_000_000;
const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

/// What is changed, and how.
type Change<T> = (&'static str, fn(&mut T));

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn country(text: &str) -> Country {
    Country::new(text.as_bytes().try_into().unwrap()).unwrap()
}

fn at(seconds: u64) -> Seconds {
    Seconds(seconds)
}

fn digest(text: &str) -> Digest {
    Digest::of(text)
}

fn terms() -> Terms {
    Terms::proposed(vec![country("JP")])
}

fn seen(place: &str) -> Seen {
    Seen {
        owner: "EXAMPLE-NET".to_owned(),
        system: Some(64500),
        country: country(place),
        certificate: Some(digest("certificate")),
        ptr: Some("c2.example.net".to_owned()),
    }
}

/// Two independent observations of each target, made at a time.
fn observed(targets: &[&str], place: &str, when: u64) -> Vec<Observation> {
    let mut all = Vec::new();
    for target in targets {
        for (source, observer) in [("registry", "analyst-1"), ("s-01", "analyst-2")] {
            all.push(Observation {
                target: (*target).to_owned(),
                source: name(source),
                observer: name(observer),
                at: at(when),
                provenance: digest(&format!("{target} {source} {when}")),
                seen: seen(place),
            });
        }
    }
    all
}

/// A fact that somebody knows.
#[expect(
    clippy::unnecessary_wraps,
    reason = "it stands where there may be none"
)]
fn fact(low: u64, high: u64, when: u64) -> Option<Fact> {
    Some(Fact {
        low,
        high,
        source: name("s-01"),
        at: at(when),
    })
}

fn facts(target: &str) -> Facts {
    Facts {
        target: target.to_owned(),
        names: fact(1, 2, NOW - HOUR),
        clients: fact(0, 3, NOW - HOUR),
        other_ppm: fact(0, 500, NOW - HOUR),
        is: Vec::new(),
        looked: Some(at(NOW - HOUR)),
        countries: Vec::new(),
    }
}

fn evidence(id: &str, class: Class, taken: u64) -> Evidence {
    Evidence {
        id: name(id),
        what: "the victim speaks to the server each minute".to_owned(),
        class,
        sha256: digest(id),
        taken: at(taken),
        source: Source::Finding {
            sensor: name("s-01"),
            finding: "0102030405060708-42".to_owned(),
        },
        need: Some("it shows which server commands".to_owned()),
        consent: None,
    }
}

fn alternatives() -> Vec<Alternative> {
    let cannot = |kind, words: &str| Alternative {
        kind,
        what: "at the victim".to_owned(),
        tried: None,
        cannot: Some(words.to_owned()),
    };
    vec![
        cannot(Milder::VendorFix, "the maker has given up the product"),
        Alternative {
            kind: Milder::AbuseNotice,
            what: "abuse contact of the registry".to_owned(),
            tried: Some(Tried {
                at: at(NOW - 2 * DAY),
                ticket: Some("AB-1".to_owned()),
                result: Outcome::Up {
                    seen: at(NOW - HOUR),
                },
                words: "no answer in two days".to_owned(),
            }),
            cannot: None,
        },
        cannot(Milder::CarrierBlock, "its terms have no such block"),
    ]
}

fn dossier(target: &str) -> Dossier {
    Dossier {
        form: "sakimori/dossier/v1".to_owned(),
        evidence: vec![evidence("e-1", Class::Selected, NOW - HOUR)],
        withheld: Vec::new(),
        harm: "pumps of a water works stand still".to_owned(),
        imminence: "commands come each minute".to_owned(),
        necessity: "nothing milder reaches the server".to_owned(),
        alternatives: alternatives(),
        proportionality: "one address for one day".to_owned(),
        scope: "packets to and from one address".to_owned(),
        success: format!("packets to {target} < 1 per 300 s by sensor s-01")
            .parse()
            .unwrap(),
        stop: "name hospital.example does not resolve for 60 s at resolver r-1"
            .parse()
            .unwrap(),
        others: None,
        international: None,
    }
}

fn designation(officer: &str, body: Body) -> Designation {
    Designation {
        officer: name(officer),
        body,
        number: "D-17".to_owned(),
        from: at(NOW - 100 * DAY),
        until: at(NOW + 100 * DAY),
        revoked: None,
    }
}

fn chain() -> Chain {
    Chain {
        proposed: name("sato"),
        reviewed: name("suzuki"),
        executor: designation("tanaka", Body::National),
        superior: Instruction {
            by: name("ito"),
            office: "Commissioner-General".to_owned(),
            at: at(NOW - HOUR),
            sha256: digest("order"),
        },
        defence: None,
        consultation: None,
    }
}

fn order() -> DefenceOrder {
    DefenceOrder {
        number: "PM-3".to_owned(),
        sha256: digest("prime minister"),
        grave_effect: "power for two prefectures".to_owned(),
        capability: "the police have none for this".to_owned(),
        public_safety: "requested by the commission on public safety".to_owned(),
        jointly: "national police, cyber unit".to_owned(),
        from: at(NOW - DAY),
        until: at(NOW + 10 * DAY),
    }
}

fn consultation() -> Consultation {
    Consultation {
        number: "FM-9".to_owned(),
        sha256: digest("foreign minister"),
        at: at(NOW - HOUR),
    }
}

fn sheet() -> Sheet {
    Sheet {
        sha256: digest("sheet"),
        signed: name("lawyer"),
        at: at(NOW - HOUR),
    }
}

fn target(number: usize) -> String {
    format!("198.51.100.{number}/32")
}

/// A plan of so many addresses at home, in order in every rule.
fn plan(count: usize) -> Plan {
    let targets: Vec<String> = (1..=count).map(target).collect();
    let texts: Vec<&str> = targets.iter().map(String::as_str).collect();
    Plan {
        form: "sakimori/plan/v1".to_owned(),
        id: AuthorityId([7; 16]),
        dossier: dossier(&target(1)),
        chain: chain(),
        playbook: None,
        aims: targets
            .iter()
            .map(|target| Aim {
                deed: Deed::Block,
                actuator: name("edge-1"),
                country: country("JP"),
                controller: name("carrier-a"),
                target: target.clone(),
            })
            .collect(),
        observations: observed(&texts, "JP", NOW - 60),
        facts: targets.iter().map(|target| facts(target)).collect(),
        not_before: at(NOW),
        not_after: at(NOW + DAY),
        soak_seconds: 300,
        effect_seconds: 7 * DAY,
        most: 100,
        renewals: 1,
    }
}

/// What the lists say of a plan that runs into nothing.
fn nothing_protected(plan: &Plan) -> Judgement {
    let targets = plan.aims.iter().map(|aim| (aim.target.clone(), None));
    Judgement {
        version: 4,
        sha256: [4; 32],
        classes: targets.collect(),
        ..Judgement::default()
    }
}

/// What a text says that weighs the most that can be, at level 1.
fn most() -> Weighed {
    Weighed {
        level: 1,
        collateral: (0, u64::MAX),
    }
}

/// A measure with what is around it and the time.
struct Case {
    life: Life,
    records: Vec<Record>,
    terms: Terms,
    judgement: Judgement,
    load: Load,
    designations: Vec<Designation>,
    urgent_before: Vec<(String, Seconds)>,
    now: u64,
}

impl Case {
    fn new(plan: Plan) -> Self {
        let judgement = nothing_protected(&plan);
        let designations = vec![plan.chain.executor.clone()];
        let (life, step) = Life::draft(plan, name("sato"), at(NOW));
        Self {
            life,
            records: step.keep,
            terms: terms(),
            judgement,
            load: Load::default(),
            designations,
            urgent_before: Vec::new(),
            now: NOW,
        }
    }

    fn take(&mut self, event: &Event) -> Step {
        let around = Around {
            terms: &self.terms,
            judgement: &self.judgement,
            load: &self.load,
            designations: &self.designations,
            urgent_before: &self.urgent_before,
        };
        let step = self.life.take(event, &around, at(self.now));
        self.records.extend(step.keep.iter().cloned());
        step
    }

    /// Takes an event that has to go well.
    fn well(&mut self, event: &Event) -> Step {
        let step = self.take(event);
        assert_eq!(step.refused, None, "{}", event.name());
        step
    }

    /// Takes an event that has to be refused; gives the words.
    fn refused(&mut self, event: &Event) -> String {
        let before = self.stage();
        let step = self.take(event);
        assert_eq!(self.stage(), before);
        assert_eq!(step.acts, [], "what is refused does nothing");
        step.refused.expect("it is refused").to_string()
    }

    fn problems(&mut self, event: &Event) -> Vec<Problem> {
        match self.take(event).refused {
            Some(Refused::Plan(problems)) => problems,
            other => panic!("no problems of the plan: {other:?}"),
        }
    }

    fn stage(&self) -> Stage {
        self.life.state().stage()
    }

    fn tick(&mut self, seconds: u64) -> Step {
        self.now += seconds;
        self.take(&Event::Tick)
    }

    /// What a text that is made now says: as much as the plan comes to.
    fn weighed(&self) -> Weighed {
        let plan = self.life.state().plan();
        let found = plan.assess(&self.terms, &self.judgement, false, at(self.now));
        let found = found.map(|found| (found.level, found.collateral));
        let (level, collateral) = found.unwrap_or((1, (0, 0)));
        Weighed { level, collateral }
    }

    fn targets(&self) -> Vec<String> {
        let aims = self.life.state().plan().aims.iter();
        aims.map(|aim| aim.target.clone()).collect()
    }

    fn review(&mut self) -> Step {
        self.well(&Event::Review { by: name("suzuki") })
    }

    fn ask(&mut self) -> Step {
        self.well(&Event::Ask {
            by: name("sato"),
            text: digest("text"),
            weighed: self.weighed(),
        })
    }

    fn approve(&mut self) -> Step {
        self.review();
        self.ask();
        self.well(&Event::Approve(decision("text")))
    }

    fn dispatch_event(&self) -> Event {
        self.dispatch_by(&["tanaka", "mori"])
    }

    fn dispatch_by(&self, names: &[&str]) -> Event {
        let targets = self.targets();
        let texts: Vec<&str> = targets.iter().map(String::as_str).collect();
        let place = self.life.state().plan().aims[0].country.to_string();
        Event::Dispatch {
            by: names.iter().map(|text| name(text)).collect(),
            observations: observed(&texts, &place, self.now),
        }
    }

    fn dispatch(&mut self) -> Vec<Command> {
        let event = self.dispatch_event();
        commands(&self.well(&event))
    }

    /// Answers commands well; gives those that came of it.
    fn answer(&mut self, sent: &[Command]) -> Vec<Command> {
        let mut more = Vec::new();
        for command in sent {
            let event = answer(command, true);
            more.extend(commands(&self.well(&event)));
        }
        more
    }

    /// Goes on until all is in force; gives the commands in their order.
    fn in_force(&mut self) -> Vec<Command> {
        self.in_force_by(&["tanaka", "mori"])
    }

    fn in_force_by(&mut self, names: &[&str]) -> Vec<Command> {
        self.approve();
        let event = self.dispatch_by(names);
        let mut all = commands(&self.well(&event));
        let mut open = all.clone();
        for _ in 0..10 {
            open = self.answer(&open);
            all.extend(open.iter().cloned());
            if open.is_empty() && self.stage() == Stage::Dispatching {
                open = commands(&self.tick(self.life.state().plan().soak_seconds));
                all.extend(open.iter().cloned());
            }
        }
        assert_eq!(self.stage(), Stage::InForce);
        all
    }
}

/// A renewal for a day, with evidence and observations of these times.
fn renewal(case: &Case, taken: u64, looked: u64) -> Renewal {
    Renewal {
        form: sakimori_respond::plan::renewal::FORM.to_owned(),
        evidence: vec![evidence("e-2", Class::Selected, taken)],
        observations: observed(&["198.51.100.1/32"], "JP", looked),
        facts: Vec::new(),
        not_before: at(case.now),
        not_after: at(case.now + DAY),
    }
}

fn decision(text: &str) -> Decision {
    Decision {
        authority: AuthorityId([9; 16]),
        text: digest(text),
        votes: vec![name("chair"), name("member-1"), name("member-2")],
        not_before: at(NOW),
        not_after: at(NOW + DAY - 1),
    }
}

fn commands(step: &Step) -> Vec<Command> {
    let acts = step.acts.iter();
    acts.filter_map(|act| match act {
        Act::Command(command) => Some(command.clone()),
        _ => None,
    })
    .collect()
}

/// The answer of an actuator.
fn answer(command: &Command, well: bool) -> Event {
    let id = command.id.clone();
    if command.begins() {
        Event::ReadBack { command: id, well }
    } else {
        Event::Released { command: id, well }
    }
}

/// Whether a plan has a problem at a place with these words.
fn has(problems: &[Problem], place: &str, words: &str) -> bool {
    let mut found = problems.iter();
    found.any(|one| one.place == place && one.words.contains(words))
}
