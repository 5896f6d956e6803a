//! `measure effects`. In: what actuators say, signed. Out: a line for each effect: as commanded, missing, or left. Never: a word of an actuator whose key did not sign it.

use super::Office;
use crate::arguments::Format;
use crate::failure::Failure;
use crate::show;
use sakimori_access::Act as Leave;
use sakimori_control::error::exit;
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use sakimori_liaison::measure::Held;
use sakimori_node::measure::{NO_WORD, Room};
use sakimori_respond::consumer::receipt::Standing;
use sakimori_respond::effect::{Answered, Observation, Sighting, Value};
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;

pub(super) async fn effects(
    office: &Office<'_>,
    room: &Room,
    held: &Held,
) -> Result<ExitCode, Failure> {
    let lines = room
        .effects(held)
        .await
        .map_err(|problem| super::no(&problem))?;
    let missing = lines.iter().filter(|line| !line.is_as_commanded()).count();
    if office.desk.format == Format::Json {
        let rows: Vec<_> = lines
            .iter()
            .map(|line| {
                json!({
                    "deed": line.deed.name(), "target": line.target, "actuator": line.actuator, "commanded": line.commanded,
                    "says": line.says.map(Standing::name), "times": line.times, "bytes": line.bytes, "gaps": line.gaps, "words": line.words,
                })
            })
            .collect();
        show::json(&json!(rows));
    } else {
        let rows = lines.iter().map(|line| {
            vec![
                line.deed.to_string(),
                line.target.clone(),
                line.actuator.clone(),
                if line.commanded {
                    "in force"
                } else {
                    "taken back"
                }
                .to_owned(),
                line.says
                    .map_or_else(|| "nothing".to_owned(), |says| says.to_string()),
                line.times.to_string(),
                line.bytes.to_string(),
                line.gaps.to_string(),
                line.words.clone(),
            ]
        });
        let head = [
            "deed",
            "target",
            "actuator",
            "commanded",
            "the actuator says",
            "times",
            "bytes",
            "gaps",
            "words",
        ];
        show::table(&head, rows);
    }
    if missing == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    Err(Failure {
        message: format!("{missing} of {} effects are not as commanded", lines.len()),
        code: exit::NO,
    })
}

/// What others observed, as a file has it.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Observed {
    target: String,
    by: String,
    #[serde(deserialize_with = "time")]
    from: Seconds,
    #[serde(deserialize_with = "time")]
    until: Seconds,
    /// Flows between the target and those who were attacked.
    reached: Option<u64>,
    /// A resolver's answer: `as-before`, `as-approved`, `nothing`.
    answer: Option<String>,
    /// Whether routes to the target lead nowhere.
    nowhere: Option<bool>,
    /// A provider's word, which is refused: no criterion counts it.
    word: Option<String>,
}

/// A sighting, as a file has it.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Sighted {
    kind: String,
    victim: String,
    endpoint: String,
    #[serde(deserialize_with = "time")]
    first: Seconds,
}

fn time<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Seconds, D::Error> {
    let text = <String as serde::Deserialize>::deserialize(from)?;
    text.parse().map_err(serde::de::Error::custom)
}

impl Observed {
    fn value(&self) -> Result<Value, Failure> {
        if self.word.is_some() {
            return Err(Failure::no(format!("{}: {NO_WORD}", self.target)));
        }
        let value = match (self.reached, &self.answer, self.nowhere) {
            (Some(count), None, None) => Some(Value::Reached(count)),
            (None, Some(word), None) => Answered::from_name(word).map(Value::Answer),
            (None, None, Some(so)) => Some(Value::Nowhere(so)),
            _ => None,
        };
        value.ok_or_else(|| {
            Failure::no(format!(
                "{}: an observation has one of `reached`, `answer`, `nowhere`",
                self.target
            ))
        })
    }
}

pub(super) async fn verdict(
    office: &Office<'_>,
    room: &Room,
    held: &Held,
    before: Option<u64>,
    (observed, sighted): (Option<&Path>, Option<&Path>),
) -> Result<ExitCode, Failure> {
    let observed: Vec<Observed> = observed
        .map(super::document)
        .transpose()?
        .unwrap_or_default();
    let mut observations = Vec::new();
    for one in observed {
        let value = one.value()?;
        observations.push(Observation {
            target: one.target,
            by: one.by,
            from: one.from,
            until: one.until,
            value,
        });
    }
    let sighted: Vec<Sighted> = sighted
        .map(super::document)
        .transpose()?
        .unwrap_or_default();
    let sightings: Vec<Sighting> = sighted
        .into_iter()
        .map(|one| Sighting {
            kind: one.kind,
            victim: one.victim,
            endpoint: one.endpoint,
            first: one.first,
        })
        .collect();
    let judged = room.verdict(held, before, &observations, &sightings).await;
    let Some(effect) = judged.map_err(|problem| super::no(&problem))? else {
        return Err(Failure::no("the window of the criterion is not over"));
    };
    if office.desk.format == Format::Json {
        let rows: Vec<_> = effect
            .judged
            .iter()
            .map(|one| {
                let moved: Vec<String> = one.moved.iter().map(ToString::to_string).collect();
                json!({
                    "target": one.target, "verdict": one.verdict.name(), "not_in_force": one.not_in_force, "moved": moved,
                    "reasons": one.reasons,
                })
            })
            .collect();
        show::json(&json!({"at": effect.at.to_string(), "targets": rows}));
    } else {
        let rows = effect.judged.iter().map(|one| {
            vec![
                one.target.clone(),
                one.verdict.to_string(),
                one.reasons.join("; "),
            ]
        });
        show::table(&["target", "verdict", "why"], rows);
        show::say(&effect.to_string());
    }
    Ok(ExitCode::SUCCESS)
}

/// What an actuator says that it can do.
pub(super) async fn features(
    office: &Office<'_>,
    room: &Room,
    actuator: &Name,
) -> Result<ExitCode, Failure> {
    office.may(Leave::Respond).await?;
    let said = room.features(actuator, office.by.as_str()).await;
    let said = said.map_err(|problem| super::no(&problem))?;
    if office.desk.format == Format::Json {
        show::json(&json!(said));
        return Ok(ExitCode::SUCCESS);
    }
    let rate = said.rate_limit.map(|rate| rate.to_string());
    show::pairs(&[
        ("versions", said.versions.join(", ")),
        ("profiles", said.profiles.join(", ")),
        ("pairs", said.pairs.join(", ")),
        (
            "commands a minute",
            rate.unwrap_or_else(|| "not said".to_owned()),
        ),
    ]);
    Ok(ExitCode::SUCCESS)
}
