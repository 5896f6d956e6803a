//! How an authority stands: suspended, revoked, or neither. In: the folder's suspensions and ruling, what is remembered. Out: what is remembered from now on. Never: an
//! authority that an older note lets go on, or that goes on because a file was taken away.

use super::{Folder, SensorState, Trusted};
use crate::limits::STANDINGS_MAX;
use crate::refusal::Refusal;
use crate::root::TrustRoot;
use crate::ruling::{Matter, Ruling, RulingError};
use crate::schedule::Schedule;
use crate::statement::{Kind, Statement};
use crate::suspension::{By, Suspension, SuspensionAct, SuspensionError};
use sakimori_custody::ids::AuthorityId;
use sakimori_custody::time::Seconds;

/// The newest suspension of one `by` about one authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The authority.
    pub authority: AuthorityId,
    /// Whose note it is.
    pub by: By,
    /// Its serial.
    pub serial: u64,
    /// What it says.
    pub act: SuspensionAct,
}

impl SensorState {
    /// Whether the newest note of anybody says that the authority is suspended.
    pub fn is_suspended(&self, authority: AuthorityId) -> bool {
        self.standings
            .iter()
            .any(|s| s.authority == authority && s.act == SuspensionAct::Suspend)
    }

    /// Takes in a suspension: one that suspends counts by any larger serial, one that lets go on by the next alone; of two with one serial the one that suspends.
    pub fn note_standing(&mut self, new: Standing) {
        let same = |s: &&mut Standing| s.authority == new.authority && s.by == new.by;
        let known = self.standings.iter_mut().find(same);
        let last = known.as_ref().map_or(0, |known| known.serial);
        let counts = match new.act {
            SuspensionAct::Suspend => new.serial >= last,
            SuspensionAct::Resume => new.serial.checked_sub(1) == Some(last),
        };
        match known {
            _ if !counts => {}
            Some(known) => *known = new,
            None => self.standings.push(new),
        }
        let over = self.standings.len().saturating_sub(STANDINGS_MAX);
        self.standings.drain(..over);
    }

    /// Takes in that a ruling has ended an authority.
    pub fn note_revoked(&mut self, authority: AuthorityId) {
        if !self.revoked.contains(&authority) {
            self.revoked.push(authority);
        }
        let over = self.revoked.len().saturating_sub(STANDINGS_MAX);
        self.revoked.drain(..over);
    }
}

/// The check: neither revoked nor suspended, and ruled on where the schedule asks for that. Gives what is remembered from now on.
pub(super) fn of(
    folder: &Folder,
    root: &TrustRoot,
    statement: &Statement,
    schedule: &Schedule,
    state: &SensorState,
) -> Result<SensorState, Refusal> {
    let mut state = state.clone();
    let ruling = ruling(folder, root, statement)?;
    if let Some(ruling) = &ruling {
        if ends(&ruling.matter) {
            state.note_revoked(statement.id);
        } else if ruling.within(schedule).is_err() {
            return Err(Refusal::FloorBelowSchedule);
        }
    }
    if state.revoked.contains(&statement.id) {
        return Err(Refusal::Revoked);
    }
    let approved = ruling.is_some_and(|r| matches!(r.matter, Matter::AgreementApproved(_)));
    if statement.kind == Kind::Agreement && schedule.rules.agreement_sitting && !approved {
        return Err(Refusal::AgreementNeedsSitting);
    }
    for suspension in suspensions(folder, root, statement) {
        state.note_standing(suspension?);
    }
    if state.is_suspended(statement.id) {
        return Err(Refusal::Suspended);
    }
    Ok(state)
}

/// What a sensor keeps of a folder that the gate refused, or that changed while it ran: suspensions and ends that are signed as they should be; a trust root that succeeds the known
/// one, a schedule that succeeds, that there is a release of software: each once it has begun by the time `now`. The rest of the memory stays as it is. To be saved whatever the gate
/// said, so that what was seen once is not forgotten when its file is taken away or an older one is put back.
pub fn remember(
    trusted: &Trusted,
    folder: &Folder,
    state: &SensorState,
    now: Seconds,
) -> SensorState {
    let mut state = state.clone();
    let root = &trusted.root;
    if root.not_before <= now {
        // A memory without a root begins with one that was admitted.
        if state.trust_root.is_some() {
            state.trust_root = Some(trusted.note.clone());
        }
        if super::rules::succeeds(folder, root, &state, now) {
            state.schedule.clone_from(&folder.schedule);
        }
        state.software |= super::rules::is_released(folder, root, now);
    }
    let Some(Ok((statement, _))) = folder
        .statement
        .as_deref()
        .map(|bytes| Statement::check(bytes, root))
    else {
        return state;
    };
    for suspension in suspensions(folder, root, &statement).into_iter().flatten() {
        state.note_standing(suspension);
    }
    if let Ok(Some(ruling)) = ruling(folder, root, &statement)
        && ends(&ruling.matter)
    {
        state.note_revoked(statement.id);
    }
    state
}

/// What takes an approval back that was admitted under a root before: an approval of a measure outlives the root under which it was made, and what is signed to end it must not be lost between both. In: the statement and
/// the root that it was checked by, the newest root, the folder, what is remembered. Out: what is remembered from now on.
///
/// Suspensions and ends count by either root, for who could decide then can still take back what rests on that decision. What lets an authority go on counts by the newest root alone.
pub fn remember_end(
    statement: &Statement,
    under: &TrustRoot,
    newest: &TrustRoot,
    folder: &Folder,
    state: &SensorState,
) -> SensorState {
    let mut state = state.clone();
    for root in [under, newest] {
        let is_newest = root.hash() == newest.hash();
        let notes = suspensions(folder, root, statement).into_iter().flatten();
        for note in notes.filter(|note| is_newest || note.act == SuspensionAct::Suspend) {
            state.note_standing(note);
        }
        if let Ok(Some(ruling)) = ruling(folder, root, statement)
            && ends(&ruling.matter)
        {
            state.note_revoked(statement.id);
        }
    }
    state
}

const fn ends(matter: &Matter) -> bool {
    matches!(
        matter,
        Matter::AuthorityRevoked(_) | Matter::UrgentRefused(_)
    )
}

/// The folder's ruling, which has to be about this authority.
fn ruling(
    folder: &Folder,
    root: &TrustRoot,
    statement: &Statement,
) -> Result<Option<Ruling>, Refusal> {
    let Some(bytes) = folder.ruling.as_deref() else {
        return Ok(None);
    };
    let (ruling, _) = Ruling::check(bytes, root).map_err(|error| match error {
        RulingError::Note(_) | RulingError::Grammar(_) => Refusal::RulingMalformed,
        RulingError::OtherRoot { .. }
        | RulingError::Undecided(_)
        | RulingError::BelowSchedule { .. } => Refusal::RulingUnsigned,
    })?;
    let (about, urgent) = match &ruling.matter {
        Matter::AgreementApproved(id) | Matter::AuthorityRevoked(id) => (*id, false),
        Matter::UrgentRatified(id) | Matter::UrgentRefused(id) => (*id, true),
        Matter::RequestRefused(_)
        | Matter::BucketKept { .. }
        | Matter::RecordReidentified { .. } => return Err(Refusal::RulingMalformed),
    };
    // The floor that counts is that of what was decided: another kind would be another floor.
    let fits = about == statement.id
        && ruling.kind == statement.kind
        && (!urgent || statement.is_urgent());
    fits.then_some(Some(ruling)).ok_or(Refusal::RulingMalformed)
}

/// The folder's suspensions, each of whom its file names.
fn suspensions(
    folder: &Folder,
    root: &TrustRoot,
    statement: &Statement,
) -> Vec<Result<Standing, Refusal>> {
    let files = By::ALL.iter().zip(&folder.suspensions);
    let read = |(by, bytes): (&By, &Option<Vec<u8>>)| {
        let bytes = bytes.as_deref()?;
        let checked = Suspension::check(bytes, root, statement.suspend_key());
        Some(match checked {
            Ok((s, _)) if s.by == *by && s.authority == statement.id => Ok(Standing {
                authority: s.authority,
                by: s.by,
                serial: s.serial,
                act: s.act,
            }),
            Ok(_) | Err(SuspensionError::Note(_) | SuspensionError::Grammar(_)) => {
                Err(Refusal::SuspensionMalformed)
            }
            Err(SuspensionError::OtherRoot { .. } | SuspensionError::Unsigned(_)) => {
                Err(Refusal::SuspensionUnsigned)
            }
        })
    };
    files.filter_map(read).collect()
}
