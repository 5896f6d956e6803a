//! An authority with throwaway keys that the real gate admits. In: nothing. Out: the admission, and the canonical text of its pack. Never: a way past the gate.

use crate::Outcome;
use sakimori_authority::gate::{Admitted, Ask, Folder, SensorState, admit, trust};
use sakimori_custody::time::Seconds;
use sakimori_select::Pack;
use sakimori_testkit::folder::{Part, Plan};
use std::fmt::Write;

/// The last selector of the sample's pack, which has one of each kind but the two scans.
const LAST: &str = "selector: 7 behaviour beacon connections-min=20 score-min=800\n";
/// Addresses, and names, that are asked for besides and are in no capture.
const EXTRA: u32 = 1000;
/// Where those names lie: what is above them is above most names of the traffic too.
const ZONES: [&str; 8] = ["com", "net", "org", "jp", "co.jp", "cn", "de", "ru"];

/// The selectors from [`LAST`] on, in canonical form: every behaviour, and [`EXTRA`] addresses and names.
fn selectors() -> Outcome<String> {
    let mut source = format!(
        "sakimori/pack/v1\nid: a\nissued: 2027-04-01T00:00:00Z\npurpose: a\n{LAST}\
         selector: 8 behaviour vertical-scan\nselector: 9 behaviour horizontal-scan\n"
    );
    for (n, zone) in (0..EXTRA).zip(ZONES.iter().cycle()) {
        writeln!(source, "selector: address 198.18.{}.{}", n >> 8, n & 255)?;
        writeln!(source, "selector: subdomains sakimori-bench-{n}.{zone}")?;
    }
    let text = Pack::parse_source(&source)?.canonical_text();
    let lines = text.split_inclusive('\n');
    Ok(lines
        .filter(|line| line.starts_with("selector: "))
        .collect())
}

/// Asks the gate with a folder of the test kit: every direction, selectors of each kind, every behaviour, caps that a capture of nothing but attacks stays under.
pub(crate) fn admitted() -> Outcome<(Admitted, String)> {
    let counted = |before: &str, more: u32, now: u32| {
        let line = |count: u32| format!(" {before} {count} ");
        (line(now), line(now + more))
    };
    let (count, counts) = counted("count", 2 + 2 * EXTRA, 7);
    let (v4, v4s) = counted("v4", EXTRA, 257);
    let (domains, names) = counted("domains", EXTRA, 2);
    let sample = Plan::default()
        .edit(Part::Pack, LAST, &selectors()?)
        .edit(Part::Statement, &count, &counts)
        .edit(Part::Statement, &v4, &v4s)
        .edit(Part::Statement, &domains, &names)
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
        schedule: Some(files.schedule),
        ..Folder::default()
    };
    let state = SensorState {
        trust_root: Some(sample.remembered.trust_root),
        checkpoint: None,
        time: Seconds(sample.remembered.time),
        ..SensorState::default()
    };
    let trusted = trust(&folder, &state)?;
    let pack = Pack::from_note(&files.pack, trusted.office())?;
    let ask = Ask {
        sensor: sample.asked.sensor.parse()?,
        directions: Vec::new(),
        home_country: sample.asked.home_country.to_owned(),
        software: sample.asked.software,
        pack: Ok((pack.hash(), pack.coverage())),
        now: Seconds(sample.asked.now),
    };
    let admitted = admit(&trusted, &folder, &state, &ask)?;
    Ok((admitted, pack.canonical_text()))
}
