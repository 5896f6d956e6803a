//! `measure renewal-text`, `measure renew`. In: what is new, the text of the next revision as both officers signed it. Out: that text; the statement that members sign. Never: a renewal that the rules refuse, on record.

use super::{BYTES_MAX, Office, document, failed, no, read};
use crate::failure::Failure;
use crate::show;
use sakimori_access::Act as Leave;
use sakimori_control::files;
use sakimori_custody::ids::{AuthorityId, Name};
use sakimori_liaison::measure::register;
use sakimori_node::measure::{Room, renewal_text};
use sakimori_respond::plan::{Digest, Renewal};
use std::path::Path;

/// Writes the text that both officers sign.
pub(super) async fn text(
    office: &Office<'_>,
    room: &Room,
    id: AuthorityId,
    renewal: &Path,
    out: &Path,
) -> Result<(), Failure> {
    let held = office.held(id).await?;
    let renewal: Renewal = document(renewal)?;
    let register = register(&*room.store).await.map_err(|e| failed(&e))?;
    let text = renewal_text(room, &held, &register, &renewal).map_err(|p| no(&p))?;
    files::write(out, text.to_string().as_bytes(), files::PUBLIC)?;
    show::line(&Digest(text.hash()).to_string());
    show::say(&format!(
        "{}, revision {}, is to be signed by {} and {}",
        out.display(),
        text.revision,
        text.people.proposed,
        text.people.reviewed
    ));
    Ok(())
}

/// Asks the commission.
pub(super) async fn ask(
    office: &Office<'_>,
    room: &Room,
    id: AuthorityId,
    (renewal, text, out): (&Path, &Path, &Path),
    basis: &Name,
) -> Result<(), Failure> {
    office.may(Leave::SubmitRequest).await?;
    let held = office.held(id).await?;
    let renewal: Renewal = document(renewal)?;
    let bytes = read(text, BYTES_MAX)?;
    let asked = room.ask_renewal(&held, &bytes, &renewal, basis, &office.by);
    let (asked, stepped) = asked.await.map_err(|p| no(&p))?;
    files::write(out, asked.statement.to_string().as_bytes(), files::PUBLIC)?;
    show::line(&asked.statement.id.to_string());
    office.said(&stepped)
}
