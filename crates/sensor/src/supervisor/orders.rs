//! What reaches a sensor while it runs: a lease that was renewed, a suspension, a revocation, a person's stop. In: the news, as another room has checked it. Out: what the run does now.
//! Never: a run that goes on because nobody could be asked; without news it ends with its lease.

use sakimori_authority::gate::Admitted;

/// News for a running sensor.
#[derive(Debug)]
pub enum Order {
    /// The whole gate let the sensor through once more, under the same statement: the run goes on until this evidence ends.
    Renewed(Box<Admitted>),
    /// The run ends now. What it has read by then is still accounted for.
    End(Ending),
}

/// Why a supervisor ends a process that does what it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The authority or its lease is over.
    Expired,
    /// Commission, office or party have suspended the authority.
    Suspended,
    /// A sitting has revoked the authority.
    Revoked,
    /// The gate lets the sensor through no more, for another reason that is on record.
    Refused,
    /// The epoch of its identifiers is over: the next run has other keys.
    EpochEnded,
    /// Somebody who runs the sensor asked for it.
    Stopped,
}

impl Ending {
    /// The reason in the stop entry.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
            Self::Refused => "refused",
            Self::EpochEnded => "epoch-ended",
            Self::Stopped => "stopped",
        }
    }
}

/// Where news come from. It is asked some five times a second and must not keep its caller waiting.
pub trait Orders {
    /// What is new since the last look.
    fn look(&mut self) -> Option<Order>;
}

/// No news, ever: the run ends with its input or its lease.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoOrders;

impl Orders for NoOrders {
    fn look(&mut self) -> Option<Order> {
        None
    }
}

/// The states of a running sensor, as it acknowledges them in the log (`docs/reference/formats.md` section 7, type 26).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Running = 1,
    Renewed = 2,
    Suspended = 3,
    Ended = 4,
}

impl State {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Renewed => "renewed",
            Self::Suspended => "suspended",
            Self::Ended => "ended",
        }
    }
}
