//! What no measure may touch, and what it may touch only with more: the safety engine. In: a target, what is known of it, protected lists. Out: every entry that it runs into, the class of the
//! worst, and what could be done instead. Never: a target that is let through because it is written in another way: prefixes are compared both ways, addresses are taken out of what wraps them,
//! names are folded and compared label by label.
//!
//! It is asked when a measure is proposed, approved and dispatched, by the actuator, and again for everything in force whenever the lists change.

pub mod list;
mod name;
mod net;
mod protected;
mod target;

pub use name::{Name, NameError};
pub use net::{SIZE_MAX, SIZE_PLAIN, size, unwrapped};
pub use protected::{Building, Hit, How, Protected, ProtectedError, Reach};
pub use target::{Judged, Seen, Target, TargetError, meet};

use sakimori_custody::record::coded;

coded! {
    /// How far something is protected. The higher number is the stronger.
    Class: u8 {
        /// A reason to look twice.
        Caution = 1 "caution",
        /// Only with more signatures and a written statement on who else is hit.
        Level2 = 2 "level-2",
        /// Not at all; only a change of the list by those who govern it helps.
        Never = 3 "never",
    }
}
