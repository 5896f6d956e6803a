//! What the office's own commands ask before somebody sees data at its machine. In: a person's id, an act, a case. Out: leave, or the reasons why not, which are in the node's record. Never:
//! another rule than the one that its server asks.

use crate::start::{Options, with_access};
use sakimori_access::{Access, AccessError, Act, Object, Principal};
use sakimori_control::{ControlError, Host};
use sakimori_store::Change;

/// Holds a person of the node's store to role, clearance and case. A node that keeps no people of its own (no store was named, and there is none in the role's folder or nobody in it) has
/// nobody to hold: `false` is told then.
///
/// # Errors
/// [`AccessError::Refused`] with the reasons; [`ControlError::Usage`]: the store cannot be asked, and nothing may be seen then either.
pub fn held(
    options: &Options,
    host: &Host,
    person: &str,
    (act, on): (Act, &Object),
) -> Result<Result<bool, AccessError>, ControlError> {
    let own = options.folder().join("store.sqlite");
    if options.store.is_none() && !own.exists() {
        return Ok(Ok(false));
    }
    with_access(options, host, async |access: &Access| {
        let nobody = options.store.is_none() && access.store().people("").await?.is_empty();
        if nobody {
            return Ok(false);
        }
        let who = Principal::Person {
            id: person.to_owned(),
        };
        let now = host.seconds();
        let decided = access.may(&who, act, on, now).await?;
        if decided.allow {
            return Ok(true);
        }
        let refused = Change::Audit {
            at: now.0,
            by: person.to_owned(),
            act: "refused".to_owned(),
            object: act.word().to_owned(),
            detail: decided.to_string(),
        };
        access.store().apply(&[refused]).await?;
        Err(AccessError::Refused(decided))
    })
}
