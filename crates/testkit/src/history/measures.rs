//! A measure from its proposal to its end, and an urgent one against something other. In: nothing. Out: steps. Never: a step that a rule would refuse.

use super::Story;
use super::story::{Teller, begin};
use super::texts::{THREE, hour, lease, statement};
use crate::folder::{Measure, signer};
use sakimori_custody::entry::EntryType;
use sakimori_custody::ids::hex;

/// Id of the statement that approves the measure.
pub const MEASURE: &str = "7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c";
/// Id of the statement of the urgent one.
pub const URGENT_MEASURE: &str = "8d8d8d8d8d8d8d8d8d8d8d8d8d8d8d8d";

/// A measure by the sensors' names and keys.
fn measure(id: u8, effects: &[&str]) -> Measure {
    let actuator = |name: &str| (name.to_owned(), signer(name).verifier().to_string());
    Measure {
        id: [id; 16],
        actuators: vec![actuator("s-01"), actuator("s-02")],
        effects: effects.iter().map(|&line| line.to_owned()).collect(),
        ..Measure::default()
    }
}

impl Story {
    /// The good story of a measure.
    pub fn measured() -> Self {
        let mut teller = Teller::at(hour(0));
        begin(&mut teller);
        decided(&mut teller);
        urgent(&mut teller);
        teller.story()
    }
}

/// The statement of a measure on record.
fn text(id: &str, of: &str, hours: [u64; 2], last: &str) -> String {
    let until = hours.map(hour);
    let text = statement(id, &format!("{{leaf:request of {of}}}"), until, 1000, last);
    let pack = hex(&super::story::pack());
    text.replace("kind: acquisition", "kind: measure")
        .replace("basis: act42-17", "basis: police-6-2")
        .replace(&pack, &format!("{{sha:{of}}}"))
}

fn act(teller: &mut Teller, name: &str, of: &str, act: &str, actuator: &str, step: u64) {
    let body = format!(
        r#"{{"act":"{act}","measure":"{{sha:{of}}}","revision":1,"actuator":{actuator},"step":{step},"detail":"as decided"}}"#
    );
    teller.office(name, EntryType::Measure, &[step], body);
}

fn decided(t: &mut Teller) {
    t.time = hour(1);
    let own = measure(
        0x3e,
        &[
            "block s-01 JP carrier.example 198.51.100.7",
            "no-answer s-02 JP carrier.example evil.example",
        ],
    );
    let officers = ["o1", "o3"];
    t.note("measure", EntryType::Proposal, &[1], own.text(), &officers);
    t.request(
        "request of measure",
        &text(MEASURE, "measure", [1, 100], THREE),
    );
    t.time = hour(2);
    t.under("measure decided");
    let decision = text(MEASURE, "measure", [1, 100], THREE);
    t.note(
        "measure decided",
        EntryType::Decision,
        &[],
        decision,
        &["m1", "m2", "m4", "m5"],
    );
    let given = lease(
        &hex(&[0x1e; 16]),
        MEASURE,
        "measure decided",
        "s-01",
        hour(2),
    );
    let end = hour(14);
    t.note(
        "measure leased",
        EntryType::Activation,
        &[end],
        given,
        &["lease"],
    );
    t.time = hour(3);
    act(t, "dispatch", "measure", "dispatch", r#""s-01""#, 1);
    act(t, "effect", "measure", "effect", r#""s-01""#, 1);
    act(t, "hold", "measure", "hold", "null", 0);
    act(t, "free", "measure", "free", "null", 0);
    t.time = hour(3) + 60;
    act(t, "kill", "measure", "kill", "null", 0);
    act(t, "end", "measure", "end", r#""s-01""#, 1);
    t.under("");
}

fn urgent(t: &mut Teller) {
    t.time = hour(4);
    let own = measure(0x4f, &["block s-02 JP carrier.example 203.0.113.0/24"]);
    let of = "urgent measure";
    t.note(of, EntryType::Proposal, &[1], own.text(), &["o1", "o3"]);
    let statement = text(URGENT_MEASURE, of, [4, 6], "urgent: o1 o3\n");
    t.request("request of urgent measure", &statement);
    let officers = ["o1", "o3"];
    t.under("measure urged");
    t.note(
        "measure urged",
        EntryType::Urgent,
        &[],
        statement,
        &officers,
    );
}
