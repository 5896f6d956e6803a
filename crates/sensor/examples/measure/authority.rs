//! An authority with throwaway keys that the real gate admits. In: nothing. Out: the admission, and the canonical text of its pack. Never: a way past the gate.

use crate::Outcome;
use sakimori_authority::gate::{Admitted, Ask, Folder, SensorState, admit, trust};
use sakimori_custody::time::Seconds;
use sakimori_select::Pack;
use sakimori_testkit::folder::{Part, Plan};

/// The sample's pack has a selector of each kind but the two scans.
const BEACON: &str = "selector: 7 behaviour beacon connections-min=20 score-min=800\n";
const SCANS: &str = "selector: 8 behaviour vertical-scan\nselector: 9 behaviour horizontal-scan\n";

/// Asks the gate with a folder of the test kit: every direction, a selector of each kind and every behaviour, caps that a capture of nothing but attacks stays under.
pub(crate) fn admitted() -> Outcome<(Admitted, String)> {
    let behaviours = Pack::parse_source(&format!(
        "sakimori/pack/v1\nid: a\nissued: 2027-04-01T00:00:00Z\npurpose: a\n{BEACON}{SCANS}"
    ))?
    .canonical_text();
    let selectors = behaviours
        .split_inclusive('\n')
        .filter(|line| line.starts_with("selector: "));
    let selectors: String = selectors.collect();
    let sample = Plan::default()
        .edit(Part::Pack, BEACON, &selectors)
        .edit(Part::Statement, " count 7 ", " count 9 ")
        .edit(Part::Statement, " behaviours 1\n", " behaviours 3\n")
        .edit(
            Part::Statement,
            "directions: out-in in-out\n",
            "directions: out-in in-out out-out\n",
        )
        .edit(Part::Statement, "match-ppm 200 ", "match-ppm 1000000 ")
        .build();
    let files = sample.folder;
    let folder = Folder {
        trust_root: Some(files.trust_root),
        statement: Some(files.statement),
        decision: Some(files.decision_entry),
        decision_body: Some(files.decision_body),
        proof: Some(files.decision_proof),
        lease: Some(files.lease),
        pack: Some(files.pack.clone()),
    };
    let state = SensorState {
        trust_root: Some(sample.remembered.trust_root),
        checkpoint: None,
        time: Seconds(sample.remembered.time),
    };
    let trusted = trust(&folder, &state)?;
    let pack = Pack::from_note(&files.pack, trusted.office())?;
    let ask = Ask {
        sensor: sample.asked.sensor.parse()?,
        directions: Vec::new(),
        pack: Ok((pack.hash(), pack.coverage())),
        now: Seconds(sample.asked.now),
    };
    let admitted = admit(&trusted, &folder, &state, &ask)?;
    Ok((admitted, pack.canonical_text()))
}
