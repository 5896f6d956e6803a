//! What a log begins with: trust root, schedule, software, people; and their next versions. In: a story. Out: entries. Never: a version that does not follow the one before it.

use super::{BEGIN, DAY, NONE, Story, at, sha256};
use crate::histories::world::{hex, kind, vkey};
use serde_json::json;

impl Story {
    fn root_note(&self, version: u64, not_before: u64, previous: &str) -> String {
        let mut text = format!(
            "sakimori/trust-root/v1\nversion: {version}\nnot-before: {}\ncommission: commission.example\n",
            at(not_before)
        );
        for (id, role) in [
            ("m1", "chair"),
            ("m2", "deputy"),
            ("m3", "member"),
            ("m4", "member"),
            ("m5", "member"),
        ] {
            text += &format!("member: {id} {role} {}\n", vkey(id));
        }
        text += "floor: acquisition 2\nfloor: measure 3\nfloor: reidentification 3\nfloor: disclosure 3\n";
        text += &format!(
            "lease-key: {}\nmirror: {}\nsecretariat: {}\n",
            vkey("lease"),
            vkey(self.mirror),
            vkey("secretariat")
        );
        text += &format!(
            "share-holder: office {}\nshare-holder: commission {}\n",
            vkey("office-share"),
            vkey("commission-share")
        );
        text += &format!("office: {}\n", vkey("office"));
        for (id, role) in [
            ("o1", "requester"),
            ("o2", "legal-officer"),
            ("o3", "supervisor"),
        ] {
            text += &format!("officer: {id} {role} {}\n", vkey(id));
        }
        text += &format!(
            "sensor: s-01 {}\nsensor: s-02 {}\ncounter: s-01 {}\n",
            vkey("s-01"),
            vkey("s-02"),
            vkey("c-01")
        );
        text + &format!(
            "policy: log {}\npolicy: witness mirror {}\npolicy: quorum mirror\nprevious: {previous}\n",
            vkey("log"),
            vkey(self.mirror)
        )
    }

    pub(super) fn trust_root(&mut self) {
        let text = self.root_note(1, BEGIN, "none");
        self.noted(
            kind::TRUST_ROOT,
            NONE,
            &[1],
            &text,
            &["m1", "m2", "m3", "m4", "m5"],
        );
        self.root_text = text;
    }

    /// A second version of trust root, and of the schedule.
    pub(super) fn rotate(&mut self) {
        self.world.wait(5);
        let text = self.root_note(
            2,
            self.world.now / 60 * 60,
            &format!("sha256:{}", hex(&sha256(&self.root_text))),
        );
        self.noted(kind::TRUST_ROOT, NONE, &[2], &text, &["m2", "m3", "m4"]);
        self.root = 2;
        self.root_text = text;
        if self.schedule.is_some() && self.world.rng.of_100(60) {
            self.world.wait(3);
            self.schedule();
        }
    }

    pub(super) fn schedule(&mut self) {
        let version = if self.schedule.is_some() { 2 } else { 1 };
        let (lines, present) = self.sitting();
        let value = |key: &str, value: &str| {
            format!(
                "value: {key} = {value} | {} | a fictional law, art. 3 | as amended\n",
                if value.len() > 3 {
                    "unverified"
                } else {
                    "verified"
                }
            )
        };
        let mut text = format!(
            "sakimori/schedule/v1\nversion: {version}\njurisdiction: XX\nnot-before: {}\n",
            at(self.world.now / 60 * 60)
        );
        let rows = if version == 2 { "600" } else { "500" };
        for (key, text_of) in [
            ("period.out-out", "6 months"),
            ("period.out-in", "3 months"),
            ("period.in-out", "3 months"),
            ("period.agreement", "12 months"),
            ("retention.days", "730"),
            ("cap.match-ppm", "300000"),
            ("cap.day-records", "100000"),
            ("cap.share-ppm", "300000"),
            ("floor.acquisition", "2"),
            ("floor.measure", "3"),
            ("floor.reidentification", "3"),
            ("floor.disclosure", "3"),
            ("agreement.sitting", "yes"),
            ("urgent.acquisition", "24 hours"),
            ("urgent.measure", "2 hours"),
            ("urgent.month", "3"),
            ("urgent.match-ppm", "100000"),
            ("urgent.day-records", "1000"),
            ("deadline.question", "7 days"),
            ("deadline.notice", "30 days"),
            ("deadline.demand", "14 days"),
            ("deadline.recommendation", "30 days"),
            ("carrier.tolerance-ppm", "1000"),
            ("home-countries", "XX"),
            ("mechanical-fields", "first last source"),
            ("identify.fields", "source-mail user"),
            ("identify.epoch", "30 days"),
            ("release.recipients", "npa nco"),
            ("budget.rows", rows),
            ("budget.exports", "2"),
            ("hours", "08-20 +09"),
        ] {
            text += &value(key, text_of);
        }
        let previous = self.schedule.map_or_else(
            || "none".to_owned(),
            |hash| format!("sha256:{}", hex(&hash)),
        );
        text += &format!(
            "consultation: none\nprevious: {previous}\nroot: {}\n{lines}",
            self.root
        );
        let signers = [&["office"], present].concat();
        self.noted(kind::SCHEDULE, NONE, &[version], &text, &signers);
        self.schedule = Some(sha256(&text));
        self.schedule_text = text;
    }

    pub(super) fn release(&mut self) {
        let hash = self.world.rng.bytes::<32>();
        let text = format!(
            "sakimori/software/v1\nname: sakimori\nversion: 0.1.0\nsha256: {}\nnot-before: {}\nroot: {}\n",
            hex(&hash),
            at(BEGIN),
            self.root
        );
        let lead = if self.world.rng.of_100(50) {
            "m1"
        } else {
            "m2"
        };
        self.noted(kind::SOFTWARE, NONE, &[], &text, &["office", lead]);
        self.software = Some(hash);
    }

    pub(super) fn people(&mut self) {
        self.access = true;
        for (person, role) in [
            ("a.sato", "analyst"),
            ("b.ito", "supervisor"),
            ("c.abe", "auditor"),
        ] {
            let body = json!({"person": person, "act": "granted", "roles": [role], "clearance": ["selected"], "until": at(BEGIN + 300 * DAY), "by": ["d.ono", "e.mori"]});
            self.office(kind::ACCESS, NONE, &[], &body);
        }
        self.office(kind::ACCESS, NONE, &[], &json!({"person": "c.abe", "act": "ended", "roles": [], "clearance": [], "until": null, "by": ["d.ono"]}));
    }
}
