//! `measure outline`. In: one effect, findings. Out: a plan to be filled in. Never: a reason that nobody gave: what people have to say is empty, and the rules name it.

use crate::arguments::asset::Place;
use crate::arguments::measure::Outline;
use crate::failure::Failure;
use crate::show;
use sakimori_authority::measure::Body;
use sakimori_control::{Host, Node, files, office};
use sakimori_custody::class::Class;
use sakimori_custody::ids::{AuthorityId, Name};
use sakimori_custody::record::Country;
use sakimori_custody::time::DAY_SECONDS;
use sakimori_respond::plan::collateral::Facts;
use sakimori_respond::plan::dossier::{Alternative, Dossier, Evidence, Milder, Source};
use sakimori_respond::plan::observe::Observation;
use sakimori_respond::plan::route::{Chain, Designation, Instruction};
use sakimori_respond::plan::{Aim, Digest, Plan};
use serde_json::json;
use std::process::ExitCode;

const FINDINGS_MAX: usize = 1000;

#[expect(clippy::too_many_lines, reason = "one document with all of its fields")]
pub(super) fn write(outline: &Outline, place: &Place, host: &Host) -> Result<ExitCode, Failure> {
    let now = host.seconds();
    let name = |text: &str| -> Result<Name, Failure> { text.parse().map_err(Failure::usage) };
    let country = <[u8; 2]>::try_from(outline.country.as_bytes()).ok();
    let country = country.and_then(Country::new);
    let country =
        country.ok_or_else(|| Failure::usage("a country is two large letters, or `--`"))?;
    let by = name(&place.by)?;
    let target = outline.target.clone();
    let goal = |text: String| text.parse().map_err(Failure::usage);
    let plan = Plan {
        form: sakimori_respond::plan::FORM.to_owned(),
        id: AuthorityId(host.bytes().map_err(|e| Failure::no(e.to_string()))?),
        dossier: Dossier {
            form: sakimori_respond::plan::dossier::FORM.to_owned(),
            evidence: evidence(outline, place, host)?,
            withheld: Vec::new(),
            harm: String::new(),
            imminence: String::new(),
            necessity: String::new(),
            alternatives: Milder::ASKED
                .iter()
                .map(|kind| Alternative {
                    kind: *kind,
                    what: String::new(),
                    tried: None,
                    cannot: Some(String::new()),
                })
                .collect(),
            proportionality: String::new(),
            scope: format!("{} {target} by {}", outline.deed, outline.actuator),
            success: goal(format!("packets to {target} < 1 per 300 s by sensor s-01")).or_else(
                |_| {
                    goal(format!(
                        "name {target} does not resolve for 60 s at resolver r-1"
                    ))
                },
            )?,
            stop: goal("name example.jp does not resolve for 60 s at resolver r-1".to_owned())?,
            others: None,
            international: None,
        },
        chain: Chain {
            proposed: by,
            reviewed: name("reviewer")?,
            executor: Designation {
                officer: name("executor")?,
                body: Body::National,
                number: String::new(),
                from: now,
                until: now.plus(30 * DAY_SECONDS),
                revoked: None,
            },
            superior: Instruction {
                by: name("superior")?,
                office: String::new(),
                at: now,
                sha256: Digest([0; 32]),
            },
            defence: None,
            consultation: None,
        },
        playbook: None,
        aims: vec![Aim {
            deed: outline.deed,
            actuator: outline.actuator.clone(),
            country,
            controller: outline.controller.clone(),
            target: target.clone(),
        }],
        observations: Vec::<Observation>::new(),
        facts: vec![Facts {
            target,
            names: None,
            clients: None,
            other_ppm: None,
            is: Vec::new(),
            looked: None,
            countries: Vec::new(),
        }],
        not_before: now,
        not_after: outline.not_after.unwrap_or_else(|| now.plus(DAY_SECONDS)),
        soak_seconds: 60,
        effect_seconds: DAY_SECONDS,
        most: 1,
        renewals: 0,
    };
    let text = serde_json::to_string_pretty(&json!(plan));
    let text = text.map_err(|e| Failure::no(e.to_string()))?;
    files::write(&outline.out, format!("{text}\n").as_bytes(), files::PUBLIC)?;
    show::line(&plan.id.to_string());
    show::say(&format!(
        "{} is to be filled in; `sakimori measure check` names every rule that it breaks",
        outline.out.display()
    ));
    Ok(ExitCode::SUCCESS)
}

/// Findings as evidence: by the index of their entries, hashed here.
fn evidence(outline: &Outline, place: &Place, host: &Host) -> Result<Vec<Evidence>, Failure> {
    if outline.finding.is_empty() {
        return Ok(Vec::new());
    }
    let folder = place.node.as_ref();
    let folder =
        folder.ok_or_else(|| Failure::usage("--node names the node's folder, or SAKIMORI_DIR"))?;
    let node = Node::at(folder);
    let now = host.seconds();
    let mut all = Vec::new();
    let mut from = 0;
    loop {
        let (some, more) = office::findings(&node, now, from, FINDINGS_MAX)?;
        let last = some.last().map(|file| file.index);
        all.extend(some);
        match last.filter(|_| more) {
            Some(last) => from = last + 1,
            None => break,
        }
    }
    let mut evidence = Vec::new();
    for wanted in &outline.finding {
        let found = all.iter().find(|file| file.index.to_string() == *wanted);
        let found = found
            .ok_or_else(|| Failure::no(format!("there is no finding with the entry {wanted}")))?;
        let text = |name: &str| {
            let value = found.finding.get(name).and_then(serde_json::Value::as_str);
            value.unwrap_or_default().to_owned()
        };
        let sensor = text("sensor");
        let sensor = if sensor.is_empty() {
            "s-01".to_owned()
        } else {
            sensor
        };
        evidence.push(Evidence {
            id: format!("finding-{wanted}")
                .parse()
                .map_err(Failure::usage)?,
            what: format!(
                "{}: {} to {}",
                text("behaviour"),
                text("source"),
                text("destination")
            ),
            class: Class::Selected,
            sha256: Digest(files::hash(&found.path)?),
            taken: now,
            source: Source::Finding {
                sensor: sensor.parse().map_err(Failure::usage)?,
                finding: wanted.clone(),
            },
            need: Some(String::new()),
            consent: None,
        });
    }
    Ok(evidence)
}
