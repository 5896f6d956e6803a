//! Measures the gate: one whole decision over the sample's authority folder, trust root included.
//!
//! ```text
//! cargo run --release -p sakimori-authority --example gate
//! ```
//!
//! In: a folder with throwaway keys. Out: one line, `gate.us VALUE`. Never: part of the product. `cargo xtask bench log` runs it.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement reads the clock and tells"
)]

use sakimori_authority::gate::{Ask, Folder, SensorState, admit, trust};
use sakimori_custody::coverage::Coverage;
use sakimori_custody::time::Seconds;
use sakimori_testkit::folder::Plan;
use std::error::Error;
use std::time::Instant;

const ROUNDS: u32 = 300;

fn main() -> Result<(), Box<dyn Error>> {
    let sample = Plan::default().build();
    let (f, asked) = (&sample.folder, &sample.asked);
    let present = |bytes: &[u8]| (!bytes.is_empty()).then(|| bytes.to_vec());
    let folder = Folder {
        trust_root: present(&f.trust_root),
        statement: present(&f.statement),
        decision: present(&f.decision_entry),
        decision_body: present(&f.decision_body),
        proof: present(&f.decision_proof),
        lease: present(&f.lease),
        pack: present(&f.pack),
        schedule: present(&f.schedule),
        software: present(&f.software),
        ruling: present(&f.ruling),
        suspensions: f.suspensions.each_ref().map(|file| present(file)),
    };
    let state = SensorState {
        trust_root: Some(sample.remembered.trust_root.clone()),
        ..SensorState::default()
    };
    let coverage = Coverage {
        count: asked.coverage.count,
        v4: asked.coverage.v4,
        v6_48: asked.coverage.v6_48,
        domains: asked.coverage.domains,
        ja4: asked.coverage.ja4,
        behaviours: asked.coverage.behaviours,
    };
    let ask = Ask {
        sensor: asked.sensor.parse()?,
        directions: Vec::new(),
        home_country: asked.home_country.to_owned(),
        software: asked.software,
        pack: Ok((asked.pack_sha256, coverage)),
        now: Seconds(asked.now),
    };
    let begun = Instant::now();
    for _ in 0..ROUNDS {
        let trusted = trust(&folder, &state)?;
        admit(&trusted, &folder, &state, &ask)?;
    }
    let each = begun.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS);
    println!("gate.us {each:.0}");
    Ok(())
}
