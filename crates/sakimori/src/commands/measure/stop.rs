//! `measure hold`, `let-go`, `stops`, `release-all`. In: who, why, which. Out: how the office stands; measures that are released. Never: a stop that its own hand lets go.

use super::{Office, failed, no};
use crate::arguments::Format;
use crate::failure::Failure;
use crate::show;
use sakimori_access::Act as Leave;
use sakimori_authority::measure::Route;
use sakimori_custody::time::Seconds;
use sakimori_liaison::measure::stops;
use sakimori_node::measure::Room;
use sakimori_respond::plan::life::Kill;
use sakimori_store::Store;
use serde_json::{Value, json};

/// What is released.
pub(super) fn which(designation: Option<String>, route: Option<&str>) -> Result<Kill, Failure> {
    match (designation, route) {
        (Some(number), None) => Ok(Kill::Designation(number)),
        (None, Some(route)) => Route::from_name(route)
            .map(Kill::Route)
            .ok_or_else(|| Failure::usage("a route is `police` or `defence`")),
        _ => Err(Failure::usage("`--designation` or `--route`")),
    }
}

/// Releases every measure that a kill switch is about.
pub(super) async fn release(office: &Office<'_>, room: &Room, kill: &Kill) -> Result<(), Failure> {
    office.may(Leave::Respond).await?;
    let steps = room
        .release_all(kill, &office.by)
        .await
        .map_err(|p| no(&p))?;
    for stepped in &steps {
        show::say(&stepped.held.state().plan().id.to_string());
        office.said(stepped)?;
    }
    show::say(&format!("{kill}: {} measures", steps.len()));
    Ok(())
}

/// Stops the whole office, or lets it go.
pub(super) async fn set(
    office: &Office<'_>,
    room: &Room,
    stops: bool,
    why: &str,
) -> Result<(), Failure> {
    office.may(Leave::Respond).await?;
    let done = if stops {
        room.stop_all(why, &office.by).await
    } else {
        room.let_go(why, &office.by).await
    };
    let (_, steps) = done.map_err(|p| no(&p))?;
    show::line(if stops { "stopped" } else { "goes on" });
    for stepped in &steps {
        if let Some(refused) = &stepped.refused {
            return Err(Failure::no(refused));
        }
        show::say(&stepped.held.state().plan().id.to_string());
    }
    Ok(())
}

/// Every stop, the newest first.
pub(super) async fn shown(format: Format, store: &dyn Store) -> Result<(), Failure> {
    let all = stops(store).await.map_err(|e| failed(&e))?;
    let all = all.iter().rev().map(|one| &one.said);
    if format == Format::Json {
        let rows: Vec<Value> = all
            .map(|one| json!({"stopped": one.stopped, "by": one.by, "why": one.words, "at": Seconds(one.at).to_string()}))
            .collect();
        show::json(&json!(rows));
        return Ok(());
    }
    let rows = all.map(|one| {
        let what = if one.stopped { "stopped" } else { "goes on" };
        let at = Seconds(one.at).to_string();
        vec![at, what.to_owned(), one.by.clone(), one.words.clone()]
    });
    show::table(&["at", "office", "by", "why"], rows);
    Ok(())
}
