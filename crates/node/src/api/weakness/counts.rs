//! Numbers for a maker. In: a case with a draft, a maker, a supervisor. Out: the gate's entry in the log, then how many have the maker's products, in classes, in its room. Never: numbers that no supervisor let go; numbers that
//! somebody typed: they are counted of what is registered when they are let go.

use super::house::of;
use super::{acts, problem};
use crate::api::report::{Seat, no};
use crate::app::{Caller, Shared};
use crate::extract::Json;
use crate::problem::{Answer, Code, Document, Problem};
use axum::extract::{Path, State};
use sakimori_access::Act as Leave;
use sakimori_advisory::csaf::Edition;
use sakimori_advisory::matching::Advisory;
use sakimori_liaison::matching::{self, MakerNumbers};
use sakimori_liaison::paper::Written;
use sakimori_liaison::weakness::{case, leaving};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// Which maker.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfMaker {
    /// The maker, as the case names it.
    pub maker: String,
}

/// Lets a maker know how many have its products, in classes of numbers; fewer than three operators are left out. They are counted by the draft of the case.
#[utoipa::path(post, path = "/v1/weaknesses/{case}/counts", tag = "weaknesses", request_body = OfMaker,
    params(("case" = String, Path, description = "The case.")),
    responses(
        (status = 200, description = "What the maker sees in its room from now on.", body = Object),
        (status = 403, description = "The caller is no supervisor.", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "No such case, no such maker in it, or no draft.", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "The draft breaks the standard.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn counts(
    State(app): State<Shared>,
    caller: Caller,
    Path(case): Path<String>,
    Json(of): Json<OfMaker>,
) -> Answer<axum::Json<Value>> {
    let said = let_go(&app, &caller, &case, of.maker).await?;
    Ok(axum::Json(json!(said)))
}

/// Counts and lets go; for the page too.
pub(super) async fn let_go(
    app: &Shared,
    caller: &Caller,
    id: &str,
    maker: String,
) -> Answer<MakerNumbers> {
    let who = acts::may(app, caller, Leave::ReleaseWeakness).await?;
    let kept = case::load(&*app.store, id).await.map_err(|e| problem(&e))?;
    if !kept.room.makers().contains_key(&maker) {
        return Err(Problem::new(Code::NotFound, ""));
    }
    let (room, now) = (of(app)?, app.host.seconds());
    let document = app.blocking(move |_| room.trial(&kept.room, Edition::V20, now));
    let document = document.await?;
    let seat = Seat::of(app, caller).await?;
    let all = app.matching.current(&*app.store, seat.desk().terms).await;
    let all = all.map_err(|e| no(&e))?;
    let advisory = Advisory::of_csaf(&document, &all.aliases);
    let advisory = advisory.map_err(|e| Problem::new(Code::Refused, e))?;
    let mut said = MakerNumbers {
        case: id.to_owned(),
        products: all.for_maker(&maker, &advisory, &all.find(&advisory)),
        maker,
        entry: None,
    };
    let asked = leaving::numbers(&said);
    let asked = asked.ok_or_else(|| Problem::new(Code::Refused, "maker: has no tag"))?;
    let by = who.clone();
    let entry = app.blocking(move |app| acts::let_go(app, &asked, &by));
    said.entry = Some(entry.await?.index());
    let done = matching::let_go(&*app.store, (&who, now), &said).await;
    done.map_err(|e| no(&e))?;
    Ok(said)
}

/// What a maker was let know.
pub(super) async fn known(
    app: &Shared,
    case: &str,
    maker: &str,
) -> Answer<Option<Written<MakerNumbers>>> {
    let known = matching::let_known(&*app.store, case, maker).await;
    known.map_err(|e| no(&e))
}
