//! What is in force is judged again when the lists change. In: the new lists, effects in force with what was accepted when they were approved. Out: each one that runs into something new, and what
//! happens with it. Never: an effect that is passed over because its target cannot be read.

use super::{Class, Hit, Judged, Protected, Seen, Target};
use crate::engine::{Deed, Key};
use sakimori_custody::record::coded;
use std::collections::BTreeSet;

coded! {
    /// What happens with an effect in force that runs into a list. The higher number is the stronger.
    Step: u8 {
        /// A person looks at it; it stays in force.
        Look = 1 "look",
        /// Its measure is suspended, and a person is called.
        Suspend = 2 "suspend",
    }
}

/// An effect in force, with what is known of its target now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effective {
    /// Which.
    pub key: Key,
    /// Aliases and addresses of a name, looked up anew.
    pub seen: Seen,
    /// Entries of level 2 or caution that were written into the approval: list and entry. What is never touched cannot be accepted.
    pub accepted: BTreeSet<(String, String)>,
}

/// An effect in force that runs into something that its approval did not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which.
    pub key: Key,
    /// What happens.
    pub step: Step,
    /// What it runs into, the strongest last.
    pub hits: Vec<Hit>,
    /// Why, for the people who are called.
    pub reason: String,
}

/// Whether a deed touches what stands at an address or below a name. The others touch a host of the owner's own, or tell somebody something.
const fn is_net(deed: Deed) -> bool {
    matches!(
        deed,
        Deed::Block | Deed::NoAnswer | Deed::Sinkhole | Deed::BlackHole | Deed::FlowRule
    )
}

/// Judges everything in force by new lists. Effects that run into nothing new are not told.
pub fn hits(new: &Protected, in_force: &[Effective]) -> Vec<Finding> {
    in_force
        .iter()
        .filter(|effect| is_net(effect.key.deed))
        .filter_map(|effect| judged(new, effect))
        .collect()
}

fn judged(new: &Protected, effect: &Effective) -> Option<Finding> {
    let Ok(target) = Target::parse(&effect.key.target) else {
        return Some(Finding {
            key: effect.key.clone(),
            step: Step::Suspend,
            hits: Vec::new(),
            reason: "its target cannot be read, so it cannot be judged".to_owned(),
        });
    };
    let Judged { hits, instead } = new.judge(&target, &effect.seen);
    let accepted = |hit: &Hit| {
        hit.class < Class::Never
            && effect
                .accepted
                .contains(&(hit.list.clone(), hit.entry.clone()))
    };
    let hits: Vec<Hit> = hits.into_iter().filter(|hit| !accepted(hit)).collect();
    let worst = hits.iter().max_by_key(|hit| hit.class)?;
    let step = if worst.class >= Class::Level2 {
        Step::Suspend
    } else {
        Step::Look
    };
    let mut reason = format!(
        "{} runs into `{}` of `{}` ({})",
        effect.key.target, worst.entry, worst.list, worst.class
    );
    if let Some(instead) = instead {
        reason.push_str("; instead: ");
        reason.push_str(&instead);
    }
    Some(Finding {
        key: effect.key.clone(),
        step,
        hits,
        reason,
    })
}
