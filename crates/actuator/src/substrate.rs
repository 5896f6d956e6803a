//! What puts effects in force. In: effects that the engine decided, one after the other. Out: what is in force, what it met. Never: a decision of its own; an effect beside those that it was given.
//!
//! A substrate is called from one thread, which may block. Each call is bounded in time by the substrate itself: a peer that does not answer is a [`Fault`], never a wait without end.

use crate::led::Eyes;
use sakimori_respond::engine::{Deed, Effect, InForce, Key};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// How one kind of system is changed.
pub trait Substrate: Send {
    /// Its name in configuration, messages and the journal, such as `nftables`.
    fn name(&self) -> &'static str;

    /// What it can do.
    fn deeds(&self) -> &'static [Deed];

    /// What looks where its targets lead, for substrates whose targets lead somewhere.
    fn eyes(&self) -> Option<Arc<dyn Eyes>> {
        None
    }

    /// Is given the owner's stop before anything else. A call that waits for a peer ends early when it is set meanwhile, so that [`Substrate::release`] does not wait behind it.
    fn heed(&mut self, _halt: Arc<AtomicBool>) {}

    /// Tries an effect without any change: whether the system would take it.
    ///
    /// # Errors
    /// [`Fault`]: it would not.
    fn rehearse(&mut self, deed: Deed, target: &str) -> Result<(), Fault>;

    /// How it is before an effect, as one line of text that [`Substrate::remove`] is given back. It is durable before [`Substrate::apply`] is called. Empty where nothing is to be known.
    ///
    /// # Errors
    /// [`Fault`]: the effect is not put in force.
    fn before(&mut self, effect: &Effect) -> Result<String, Fault>;

    /// Puts an effect in force with the system's own timer, or lets it end at another time. The same again changes nothing. It is in force, read back, when this returns.
    ///
    /// # Errors
    /// [`Fault`]: it can be half in force.
    fn apply(&mut self, effect: &Effect) -> Result<(), Fault>;

    /// Takes an effect back; one that is not in force is no error. `before` is what [`Substrate::before`] gave, where the journal has it. It is gone, read back, when this returns.
    ///
    /// # Errors
    /// [`Fault`]: it can still be in force.
    fn remove(&mut self, key: &Key, before: Option<&str>) -> Result<(), Fault>;

    /// All that is in force below our names, orphans of earlier runs too.
    ///
    /// # Errors
    /// [`Fault`]: what is in force is not known.
    fn look(&mut self) -> Result<Vec<InForce>, Fault>;

    /// What each effect met since it was put in force.
    ///
    /// # Errors
    /// [`Fault`]: the counters cannot be read.
    fn met(&mut self) -> Result<Vec<(Key, Met)>, Fault>;

    /// How often something happened that its owner wants to know, by its name: what it found and took away, lost, refused. Read behind each look.
    fn counts(&self) -> Vec<(&'static str, u64)> {
        Vec::new()
    }

    /// Takes everything of ours back in as few steps as the system has: the owner's stop. It needs no journal and no platform.
    ///
    /// # Errors
    /// [`Fault`]: something can still be in force.
    fn release(&mut self) -> Result<(), Fault>;
}

/// What an effect met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Met {
    /// Packets, questions, or tries, by the substrate's own count.
    pub times: u64,
    /// Bytes, where they are counted.
    pub bytes: u64,
}

/// Why a system was not changed or read. Who runs the actuator acts on it; the engine tries again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// This substrate does not do this, or not with such a target; no try will help.
    #[error("{substrate} does not do this: {why}")]
    Never {
        /// Which substrate.
        substrate: &'static str,
        /// Why.
        why: String,
    },
    /// The system refused it or does not answer; another try can help.
    #[error("{substrate}: {why}")]
    Now {
        /// Which substrate.
        substrate: &'static str,
        /// Why.
        why: String,
    },
}
