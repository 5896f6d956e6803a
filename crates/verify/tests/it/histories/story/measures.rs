//! A measure from proposal to report, or two urgent ones in a row against different targets. In: a story. Out: entries of types 19 and 46 with the statements and leases that they rest on. Never: an act that nobody decided.

use super::{DAY, Granted, HOUR, NONE, PACK, Story, granted, headings, sha256};
use crate::histories::world::{hex, kind, vkey};
use serde_json::json;

/// What the measures of a story are against: nothing stands in two of them.
const TARGETS: [&[&str]; 3] = [
    &[
        "block s-01 JP carrier.example 198.51.100.7",
        "block s-02 US carrier.example 203.0.113.0/24",
        "no-answer s-02 -- carrier.example evil.example",
    ],
    &[
        "black-hole s-01 JP carrier.example 203.0.114.0/24",
        "sinkhole s-02 JP carrier.example other.example",
    ],
    &[
        "block s-01 JP carrier.example 2001:db8::7",
        "freeze s-02 JP carrier.example process:77:123:ab",
        "flow-rule s-01 JP carrier.example 2001:db8:1::/48",
    ],
];

impl Story {
    /// A measure, and now and then urgent ones.
    pub(super) fn measures(&mut self) {
        if self.world.rng.of_100(50) {
            self.measure(0);
        }
        if self.schedule.is_some() && self.world.rng.of_100(40) {
            self.urgent_measure(1);
            self.urgent_measure(2);
        }
    }

    fn propose(&mut self, which: usize) -> (String, u64) {
        self.world.wait(3);
        let revision = 1 + self.world.rng.below(3);
        let id = self.world.rng.bytes::<16>();
        let effects: Vec<String> = TARGETS[which]
            .iter()
            .map(|line| format!("effect: {line}\n"))
            .collect();
        let text = format!(
            "sakimori/measure/v1\nid: {}\nrevision: {revision}\ndossier: sha256:{hash}\nplan: none\nroute: police\norder: none\nconsultation: sha256:{hash}\n\
             proposed: o1\nreviewed: o2\nexecutor: e-01 national\nsuperior: e-02\nlevel: 1\ncollateral: 0 3\nlists: 4 sha256:{hash}\nsoak: 600\nmost: 100\n\
             seconds: 86400\nrenewals: 3\nsuccess: fewer packets\nstop: a complaint\nactuator: s-01 {}\nactuator: s-02 {}\n{}root: {}\n",
            hex(&id),
            vkey("s-01"),
            vkey("s-02"),
            effects.concat(),
            self.root,
            hash = hex(&[0xd0; 32]),
        );
        self.noted(kind::PROPOSAL, NONE, &[revision], &text, &["o1", "o2"]);
        (text, revision)
    }

    fn measure(&mut self, which: usize) {
        let (measure, revision) = self.propose(which);
        let basis = ["police-6-2", "sdf-81-3"][self.world.rng.below(2) as usize];
        let (tail, present) = self.sitting();
        let (text, id) = self.statement("measure", basis, 3, 7 * DAY, tail);
        let text = text.replace(&hex(&PACK), &hex(&sha256(&measure)));
        let left = self.noted(kind::DECISION, sha256(&text), &[], &text, present);
        if let Some((heading, _, decided)) = headings(basis) {
            self.count(heading, decided);
        }
        let one = granted(left, &text, id, 3);
        self.world.wait(2);
        self.lease(&one, "s-01", 12);
        self.lease(&one, "s-02", 12);
        let of = (sha256(&measure), revision);
        for step in 1..=1 + self.world.rng.below(3) {
            self.done(&one, of, "dispatch", Some("s-01"), step);
            self.done(&one, of, "effect", Some("s-01"), step);
            if self.world.rng.of_100(40) {
                self.done(&one, of, "dispatch", Some("s-02"), step);
            }
        }
        if self.world.rng.of_100(30) {
            self.done(&one, of, "safety", Some("s-01"), 1);
        }
        if self.world.rng.of_100(50) {
            self.rule("measure", &format!("authority {}", hex(&id)), "revoked");
        }
        self.world.wait(5);
        if self.world.rng.of_100(40) {
            self.done(&one, of, "hold", None, 0);
            self.done(&one, of, "free", None, 0);
        }
        self.done(&one, of, "kill", None, 1);
        self.done(&one, of, "end", Some("s-01"), 1);
        self.done(&one, of, "end", Some("s-02"), 1);
        self.done(&one, of, "report", None, 0);
    }

    fn urgent_measure(&mut self, which: usize) {
        let (measure, revision) = self.propose(which);
        let basis = ["police-6-2", "sdf-81-3"][self.world.rng.below(2) as usize];
        let (text, id) = self.statement("measure", basis, 3, 2 * HOUR - 120, "urgent: o1 o2\n");
        let text = text.replace(&hex(&PACK), &hex(&sha256(&measure)));
        let left = self.noted(kind::URGENT, sha256(&text), &[], &text, &["o1", "o2"]);
        let deadline = self.world.now / 60 * 60 + 2 * HOUR;
        if let Some((heading, ..)) = headings(basis) {
            self.count(heading, 1);
        }
        let one = granted(left, &text, id, 3);
        self.world.wait(2);
        self.lease(&one, "s-01", 1);
        let of = (sha256(&measure), revision);
        self.done(&one, of, "dispatch", Some("s-01"), 1);
        let about = format!("urgent {}", hex(&id));
        match self.world.rng.below(3) {
            0 => {
                self.rule("measure", &about, "ratified");
            }
            1 => {
                self.rule("measure", &about, "refused");
                self.world.wait(3);
                self.lapse(&id, "refused", &[]);
            }
            _ => {
                self.world.now = deadline + 10 * 60;
                self.lapse(&id, "silence", &[]);
            }
        }
        self.done(&one, of, "end", Some("s-01"), 1);
    }

    fn done(
        &mut self,
        one: &Granted,
        (measure, revision): ([u8; 32], u64),
        act: &str,
        actuator: Option<&str>,
        step: u64,
    ) {
        self.world.wait(1);
        let body = json!({
            "act": act, "measure": hex(&measure), "revision": revision, "actuator": actuator, "step": step, "detail": "as decided",
        });
        self.office(kind::MEASURE, one.hash, &[step], &body);
    }
}
