//! What leaves by the release gate, and what is refused there. In: a story. Out: entries of type 45. Never: a class for somebody who may not have it, unless it says that it was refused.

use super::{DAY, NONE, Story, at};
use crate::histories::world::kind;
use serde_json::json;

type Words = &'static [&'static str];
/// Classes that a product may have been, its class, its recipients, what they ask for.
type Line = (Words, &'static str, Words, Words);

const GOOD: [Line; 12] = [
    (
        &["selected"],
        "selected",
        &["state-agency/nisc", "police-defence/npa"],
        &["need/nisc", "need/npa"],
    ),
    (
        &["selected"],
        "selected",
        &["carrier/carrier-1"],
        &["protection-assessment/carrier-1"],
    ),
    (
        &["selected-party"],
        "selected-party",
        &["police-defence/npa"],
        &["need/npa", "prior-consent/npa"],
    ),
    (
        &["selected-party"],
        "selected-party",
        &["carrier/carrier-1"],
        &["protection-assessment/-", "prior-consent/-"],
    ),
    (&["selected-party"], "selected-party", &["party/acme"], &[]),
    (
        &["selected", "operator-report"],
        "integrated",
        &["state-agency/nisc", "carrier/carrier-1"],
        &[],
    ),
    (
        &["integrated"],
        "integrated-controlled",
        &["council/acme", "contractor/lab", "carrier/carrier-1"],
        &[],
    ),
    (
        &["acquired"],
        "integrated-controlled",
        &["foreign-government/partner", "state-agency/nisc"],
        &["equivalent-protection/partner", "controlled-handling/nisc"],
    ),
    (
        &["selected", "integrated"],
        "public-notice",
        &[
            "operator/acme",
            "council/acme",
            "foreign-government/partner",
        ],
        &[],
    ),
    (
        &["public-notice"],
        "public-notice",
        &["supplier/maker", "public/site"],
        &["fix-method/-"],
    ),
    (
        &["operator-report"],
        "operator-report",
        &["reporter/acme"],
        &[],
    ),
    (
        &["operator-report"],
        "operator-report",
        &["state-agency/meti"],
        &["competent-minister/meti"],
    ),
];

impl Story {
    /// Products that leave, and one that was refused now and then.
    pub(super) fn lets_go(&mut self) {
        for _ in 0..self.world.rng.below(4) {
            self.world.wait(3);
            let (from, class, recipients, asked) = GOOD[self.world.rng.below(12) as usize];
            let refused = self.world.rng.of_100(15);
            let now = self.world.now / 60 * 60;
            let said = |what: &&str| format!("{what}/k.abe/{}/{}", at(now - DAY), at(now + DAY));
            let public = recipients.iter().any(|one| one.starts_with("public/"));
            let body = json!({
                "actor": "a.sato",
                "class_from": from,
                "class_to": class,
                "recipients": if refused { json!(["public/site"]) } else { json!(recipients) },
                "basis": "act42-38",
                "rights": "addresses are of the adversary alone",
                "conditions": asked.iter().map(said).collect::<Vec<_>>(),
                "transforms": ["remove source", "aggregate 5"],
                "tlp": if public { "clear" } else { "amber+strict" },
                "pap": "amber",
                "product_sha256": if refused { String::new() } else { "ab".repeat(32) },
                "outcome": if refused { "CLASS_VIOLATION" } else { "released" },
            });
            let counters = if refused {
                [1, 1]
            } else {
                [0, recipients.len() as u64]
            };
            self.office(kind::RELEASE, NONE, &counters, &body);
        }
    }
}
