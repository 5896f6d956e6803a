//! A product of one of the classes that somebody may be given, before and behind its entry. In: what the gate said of each class. Out: one value for all of them, with its record. Never: a
//! way from one class to another.

use sakimori_custody::Recorded;
use sakimori_custody::class::{
    Class, Integrated, IntegratedControlled, OperatorReport, PublicNotice,
};
use sakimori_custody::entry::Act;
use sakimori_release::record::Record;
use sakimori_release::sheet::Sheet;
use sakimori_release::{Marking, Pending, Recipient, Released};

macro_rules! each {
    ($self:ident, $of:ident => $does:expr) => {
        match $self {
            Self::Public($of) => $does,
            Self::Controlled($of) => $does,
            Self::Integrated($of) => $does,
            Self::Report($of) => $does,
        }
    };
}

/// A product that may leave once its entry is in the log.
#[derive(Debug)]
#[must_use]
pub enum Waiting {
    /// For public notice (周知等用).
    Public(Pending<PublicNotice, Sheet>),
    /// With secrets that are to be controlled (要管理提供用).
    Controlled(Pending<IntegratedControlled, Sheet>),
    /// Integrated analysis as it is (総合整理分析情報).
    Integrated(Pending<Integrated, Sheet>),
    /// What an operator reported, as it came (報告等情報).
    Report(Pending<OperatorReport, Sheet>),
}

impl Waiting {
    /// Body and counters of the entry that has to be in the log.
    pub const fn record(&self) -> &Record {
        each!(self, pending => pending.record())
    }

    /// The act that has to be in the log.
    pub fn act(&self) -> Act {
        each!(self, pending => pending.act())
    }

    /// Lets it go: its entry is in the log.
    pub fn recorded(self, entry: Recorded) -> LetGo {
        match self {
            Self::Public(pending) => LetGo::Public(pending.recorded(entry)),
            Self::Controlled(pending) => LetGo::Controlled(pending.recorded(entry)),
            Self::Integrated(pending) => LetGo::Integrated(pending.recorded(entry)),
            Self::Report(pending) => LetGo::Report(pending.recorded(entry)),
        }
    }
}

/// A product that left, on record.
#[derive(Debug)]
pub enum LetGo {
    /// For public notice.
    Public(Released<PublicNotice, Sheet>),
    /// With secrets.
    Controlled(Released<IntegratedControlled, Sheet>),
    /// Integrated analysis.
    Integrated(Released<Integrated, Sheet>),
    /// A report.
    Report(Released<OperatorReport, Sheet>),
}

impl LetGo {
    /// Its class.
    pub const fn class(&self) -> Class {
        each!(self, released => released.class())
    }

    /// Its marking.
    pub const fn marking(&self) -> Marking {
        each!(self, released => released.marking())
    }

    /// Who may be given it.
    pub fn recipients(&self) -> &[Recipient] {
        each!(self, released => released.recipients())
    }

    /// The entry that it left under.
    pub const fn entry(&self) -> Recorded {
        each!(self, released => released.entry())
    }

    /// What it says.
    pub const fn content(&self) -> &Sheet {
        each!(self, released => released.content())
    }

    /// Whether it comes with the handling of controlled information.
    pub fn is_controlled(&self) -> bool {
        each!(self, released => released.is_controlled())
    }

    /// The product, where it is for public notice: that alone has a form in STIX.
    pub const fn public(&self) -> Option<&Released<PublicNotice, Sheet>> {
        match self {
            Self::Public(released) => Some(released),
            _ => None,
        }
    }
}
