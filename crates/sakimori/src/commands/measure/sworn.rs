//! What people sign for a dispatch. In: observations, names, notes. Out: texts to be signed; the event of a dispatch. Never: a second person whom the first one names: both sign the order.

use super::{BYTES_MAX, Office, no, read};
use crate::failure::Failure;
use crate::show as screen;
use sakimori_access::Act as Leave;
use sakimori_control::files;
use sakimori_custody::ids::{AuthorityId, Name};
use sakimori_liaison::measure::Held;
use sakimori_node::measure::Room;
use sakimori_respond::plan::life::Event;
use sakimori_respond::plan::observe::Observation;
use sakimori_respond::plan::sworn::{Order, observations_text};
use std::path::{Path, PathBuf};

/// Writes the text of observations.
pub(super) fn observed(
    id: AuthorityId,
    observations: &[Observation],
    out: &Path,
) -> Result<(), Failure> {
    let first = observations.first();
    let first = first.ok_or_else(|| Failure::no("there are no observations"))?;
    let observer = first.observer.clone();
    let text = observations_text(id, &observer, observations).map_err(Failure::no)?;
    files::write(out, text.as_bytes(), files::PUBLIC)?;
    screen::say(&format!("{} is to be signed by {observer}", out.display()));
    Ok(())
}

/// Writes the order of two people.
pub(super) fn order(
    office: &Office<'_>,
    id: AuthorityId,
    with: Name,
    out: &Path,
) -> Result<(), Failure> {
    let order = Order {
        measure: id,
        time: office.host.seconds(),
        by: office.by.clone(),
        with,
    };
    files::write(out, order.to_string().as_bytes(), files::PUBLIC)?;
    let (by, with) = (&order.by, &order.with);
    screen::say(&format!(
        "{} is to be signed by {by} and {with}",
        out.display()
    ));
    Ok(())
}

/// The event of a dispatch: observations that were signed, one person or an order of two.
pub(super) async fn dispatch(
    office: &Office<'_>,
    room: &Room,
    held: &Held,
    observed: &[PathBuf],
    order: Option<&Path>,
) -> Result<Event, Failure> {
    let notes: Result<Vec<Vec<u8>>, Failure> =
        observed.iter().map(|path| read(path, BYTES_MAX)).collect();
    let observations = room.sworn(held, &notes?).await.map_err(|p| no(&p))?;
    let mut people = vec![office.by.clone()];
    if let Some(path) = order {
        let order = room.ordered(held, &read(path, BYTES_MAX)?).await;
        let order = order.map_err(|p| no(&p))?;
        if order.by != office.by {
            let words = format!("the order is one of `{}`", order.by);
            return Err(Failure::no(words));
        }
        office.may_as(&order.with, Leave::Respond).await?;
        people.push(order.with);
    }
    room.rehearsed(held).await.map_err(|p| no(&p))?;
    Ok(Event::Dispatch {
        by: people,
        observations,
    })
}
