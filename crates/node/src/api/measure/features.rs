//! What an actuator can do, asked now. In: its name in the register. Out: its answer, kept. Never: a command.

use super::{acts_as, room};
use crate::app::{Caller, Shared};
use crate::problem::{Answer, Code, Document, Problem};
use axum::extract::{Path, State};
use sakimori_access::Act as Leave;
use sakimori_custody::ids::Name;
use serde_json::{Value, json};

/// Asks an actuator what it can do and how many commands it takes a minute; the roll-out keeps below that.
#[utoipa::path(post, path = "/v1/actuators/{actuator}/features", tag = "measures",
    params(("actuator" = String, Path, description = "Its name in the register.")),
    responses(
        (status = 200, description = "`versions`, `profiles`, `pairs`, `rate_limit`.", body = Object),
        (status = 503, description = "It does not answer.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn ask(
    State(app): State<Shared>,
    caller: Caller,
    Path(actuator): Path<String>,
) -> Answer<axum::Json<Value>> {
    let by = acts_as(&app, &caller, Leave::Respond).await?;
    let actuator: Name = actuator
        .parse()
        .map_err(|_| Problem::new(Code::NotFound, ""))?;
    let room = room(&app).await?;
    let done = room.features(&actuator, by.as_str()).await;
    let said = app.tried(&caller, Leave::Respond, done).await?;
    Ok(axum::Json(json!(said)))
}
