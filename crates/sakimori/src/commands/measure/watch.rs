//! `measure effects`. In: what actuators say, signed. Out: a line for each effect: as commanded, missing, or left. Never: a word of an actuator whose key did not sign it.

use super::Office;
use crate::arguments::Format;
use crate::failure::Failure;
use crate::show;
use sakimori_control::error::exit;
use sakimori_liaison::measure::Held;
use sakimori_node::measure::Room;
use serde_json::json;
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
                    "says": line.says.map(|says| says.name()), "times": line.times, "bytes": line.bytes, "words": line.words,
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
