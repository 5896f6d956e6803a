//! What the runner tells: receipts that its key signs, and how it stands for the owner. In: state. Out: notes, JSON. Never: a receipt of what was not seen.

use super::{Runner, Seen, Told};
use sakimori_authority::clock::Judged;
use sakimori_custody::ids::hex;
use sakimori_custody::time::Seconds;
use sakimori_respond::consumer::receipt::{EFFECTS_MAX, Line, Receipt, Standing};
use sakimori_respond::engine::{self, Intent, Key, Permit};
use sakimori_tlog::note::Note;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

impl Runner {
    /// The time, whether or not it is sure.
    pub(super) fn time_shown(&self) -> Seconds {
        self.time.last().time()
    }

    fn line(&self, key: &Key) -> Line {
        let has = |seen: &Seen| seen.there.as_ref()?.get(key).copied();
        // What was seen elsewhere than its deed is done now is told from there.
        let holds = self.seen.iter().find(|seen| has(seen).is_some());
        let seen = holds.or_else(|| self.seen.get(*self.by.get(&key.deed)?));
        let is_seen = seen.is_some_and(|seen| seen.now().is_some());
        let there = seen.and_then(has);
        let mut wanted = self.engine.state().wanted();
        let wanted = wanted
            .find(|(known, _)| *known == key)
            .map(|(_, until)| until);
        let standing = match (wanted, there) {
            // Neither wanted nor left by a look: whoever took it back has read that.
            (None, None) => Standing::Ended,
            _ if !is_seen => Standing::Unseen,
            (Some(_), Some(_)) => Standing::InForce,
            (Some(_), None) => Standing::Missing,
            (None, Some(_)) => Standing::Left,
        };
        let met = self.met.get(key).copied().unwrap_or_default();
        Line {
            measure: key.measure,
            deed: key.deed,
            standing,
            until: wanted.or(there).unwrap_or_default(),
            times: met.times,
            bytes: met.bytes,
            target: key.target.clone(),
        }
    }

    fn sign(&mut self, command: &str, effects: Vec<Line>) -> String {
        self.serial += 1;
        // A line of the text must not be made by whoever chose the command's number.
        let is_plain = |c: char| c.is_ascii_graphic();
        let command: String = command.chars().filter(|c| is_plain(*c)).collect();
        let receipt = Receipt {
            actuator: self.name.clone(),
            time: self.time_shown(),
            run: self.run,
            serial: self.serial,
            is_stopped: self.engine.state().is_stopped(),
            gaps: self.gaps,
            command,
            effects,
        };
        let time = receipt.time.0;
        let note = Note::sign(&receipt.to_string(), &[&self.signer], time);
        note.map_or_else(String::new, |note| {
            String::from_utf8_lossy(&note.to_bytes()).into_owned()
        })
    }

    /// The receipt for one command.
    pub(super) fn receipt_of(&mut self, intent: &Intent) -> String {
        let line = self.line(&intent.key);
        self.sign(engine::number(&intent.id), vec![line])
    }

    fn keys(&self) -> BTreeSet<Key> {
        let wanted = self.engine.state().wanted().map(|(key, _)| key);
        let there = self.seen.iter().filter_map(|seen| seen.there.as_ref());
        wanted
            .chain(there.flat_map(|there| there.keys()))
            .cloned()
            .collect()
    }

    /// The receipt of all effects.
    pub(super) fn receipt_of_all(&mut self) -> String {
        let lines = self
            .keys()
            .iter()
            .take(EFFECTS_MAX)
            .map(|key| self.line(key))
            .collect();
        self.sign("", lines)
    }

    /// How it stands.
    pub(super) fn shown(&self) -> Told {
        let body = json!({
            "actuator": self.name.as_str(),
            "time": self.time_shown().to_string(),
            "clock": match self.time.last() {
                Judged::Sure(_) => "sure",
                Judged::Behind(_) => "behind",
                Judged::Ahead(_) => "ahead",
            },
            "stopped": self.engine.state().is_stopped(),
            "held_off": self.hold.is_stopped(),
            "released": self.withheld.all().map(ToString::to_string).collect::<Vec<_>>(),
            "owed_to_journal": self.owed.len(),
            "lists": self.lists.in_use().map(|newest| newest.version),
            "gaps": self.gaps,
            "orphans": self.orphans,
            "substrates": self.substrates_shown(),
            "approvals": self.approvals_shown(),
            "effects": self.effects_shown(),
        });
        Told { status: 200, body }
    }

    pub(super) fn id(&self, measure: &[u8; 32]) -> String {
        let id = self.approvals.id_of(measure);
        id.map_or_else(|| hex(measure), |id| id.to_string())
    }

    fn substrates_shown(&self) -> Vec<Value> {
        let all = self.hands.iter().zip(&self.seen);
        all.map(|(hand, seen)| {
            json!({
                "name": hand.name,
                "deeds": hand.deeds.iter().map(|deed| deed.name()).collect::<Vec<_>>(),
                "seen": seen.there.is_some(),
                "fault": seen.fault,
                "counts": seen.counts.iter().copied().collect::<BTreeMap<_, _>>(),
            })
        })
        .collect()
    }

    fn approvals_shown(&self) -> Vec<Value> {
        let state = self.engine.state();
        let shown = |permit: &Permit| {
            let (measure, revision) = (&permit.measure, permit.revision);
            let held: Vec<&str> = state
                .held()
                .filter(|(known, _)| *known == measure)
                .flat_map(|(_, by)| by.iter().map(|by| by.name()))
                .collect();
            json!({
                "measure": self.id(measure),
                "revision": revision,
                "not_before": permit.not_before.to_string(),
                "not_after": permit.not_after.to_string(),
                "lease": state.leased(measure, revision).map(|time| time.to_string()),
                "held_by": held,
                "void": state.void(measure).is_some_and(|void| void >= revision),
                "effects": permit.allowed.len(),
            })
        };
        state.permits().map(shown).collect()
    }

    fn effects_shown(&self) -> Vec<Value> {
        let shown = |key: &Key| {
            let line = self.line(key);
            let mut shown = json!({
                "measure": self.id(&key.measure),
                "deed": key.deed.name(),
                "target": key.target,
                "standing": line.standing.name(),
                "until": line.until.to_string(),
                "times": line.times,
                "bytes": line.bytes,
            });
            // Where it led when it began, for deeds on names.
            let led = self.led_of(key).map(|led| led.to_text());
            if let (Some(shown), Some(led)) = (shown.as_object_mut(), led) {
                let led = serde_json::from_str(&led).unwrap_or(Value::Null);
                shown.insert("led".to_owned(), led);
            }
            shown
        };
        self.keys().iter().map(shown).collect()
    }
}
