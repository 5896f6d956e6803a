//! Which names may be asked of the resolvers at all. In: a deed and a target. Out: what it means in the zone, or why not. Never: a root, a public suffix, a name of the zone's own or of the owner's exemptions;
//! a trigger of another kind that looks like a name.

use super::policy::{self, Reach};
use super::{Rpz, never, view};
use crate::substrate::Fault;
use sakimori_respond::engine::Deed;
use sakimori_respond::safety::{Protected, Seen, Target};

/// Longest name in characters, with the zone's behind it.
const NAME_CHARS_MAX: usize = 253;

impl Rpz {
    /// Whether this may ever be asked of us.
    pub(super) fn judge(&self, deed: Deed, target: &str) -> Result<Reach, Fault> {
        match deed {
            Deed::Sinkhole if self.means.sinkhole.is_empty() => {
                return Err(never("the owner has no sinkhole"));
            }
            Deed::NoAnswer | Deed::Sinkhole => {}
            _ => return Err(never(format!("{deed} is not done by names"))),
        }
        let read = Target::parse(target).map_err(|error| never(format!("{target}: {error}")))?;
        let Target::Name { name, below } = &read else {
            return Err(never(format!("{target} is not a name")));
        };
        if read.to_string() != target {
            return Err(never(format!("{target} is not in its one form, {read}")));
        }
        let labels = name.as_str().split('.').count();
        let last = name.as_str().rsplit('.').next().unwrap_or_default();
        // Below `rpz-ip` and its like a zone has other triggers than names.
        if labels < 2 || last.starts_with("rpz-") {
            return Err(never(format!("{target} is no name that anybody owns")));
        }
        let judged = Protected::default().judge(&read, &Seen::default());
        if let Some(hit) = judged.hits.last() {
            let instead = judged.instead.as_deref().unwrap_or_default();
            return Err(never(format!("{target}: {}; {instead}", hit.list)));
        }
        let reach = Reach {
            name: name.as_str().to_owned(),
            below: *below,
        };
        let kept = |text: &str| {
            let other = Reach::of(text);
            policy::above(&reach.name).any(|name| name == text) || reach.holds(&other)
        };
        if kept(view::OWN) || kept(&self.checked.config.zone) {
            return Err(never(format!("{target} is the actuator's own")));
        }
        if let Some(free) = self.checked.exempt.iter().find(|free| free.holds(&reach)) {
            let owner = &free.name;
            return Err(never(format!("{target}: the owner exempts {owner}")));
        }
        let zones = [
            Some(&self.checked.config.zone),
            self.checked.config.rehearsal.as_ref(),
        ];
        let zone = zones.into_iter().flatten().map(String::len).max();
        if reach.name.len() + 3 + zone.unwrap_or_default() > NAME_CHARS_MAX {
            return Err(never(format!("{target} is too long for the zone")));
        }
        Ok(reach)
    }
}
