//! Trust roots: whose keys count, from when on. In: entries of type trust-root, the one that the reader trusts. Out: the root in force. Never: a version that the one before did
//! not sign over to.

use super::{Seen, told};
use crate::code::{Code, Subject};
use crate::notes::{RootError, TrustRoot};
use crate::report::{Place, Sink};

/// The versions that the log has, oldest first.
#[derive(Debug)]
pub(super) struct Roots {
    versions: Vec<TrustRoot>,
    /// What the reader trusts, and whether the log has it.
    pinned: Option<(TrustRoot, bool)>,
}

impl Roots {
    pub(super) fn new(pinned: Option<TrustRoot>) -> Self {
        Self {
            versions: Vec::new(),
            pinned: pinned.map(|root| (root, false)),
        }
    }

    /// Takes a version that the log has.
    pub(super) fn enter(&mut self, seen: &Seen<'_>, sink: &mut Sink) {
        let Some(body) = seen.open() else {
            return;
        };
        match self.accept(body) {
            Ok(root) => {
                if let Some((one, other)) = root.shared_key() {
                    let what = format!("`{one}` and `{other}` are the same key");
                    return sink.bad(Code::TrustRootKeys, seen.place(), what);
                }
                let counted = (seen.counter(0) == root.version).then_some(());
                let counted = counted.ok_or_else(|| {
                    format!(
                        "it is counted as version {}, its text says {}",
                        seen.counter(0),
                        root.version
                    )
                });
                if told(Some(counted), &seen.place(), sink).is_some() {
                    sink.good(Subject::TrustRoots);
                }
                self.versions.push(root);
            }
            Err(error) => {
                let (code, what) = match error {
                    RootError::Malformed(what) => (Code::TrustRootMalformed, what),
                    RootError::Unsigned(what) => (Code::TrustRootUnsigned, what),
                    RootError::Chain(what) => (Code::TrustRootChain, what),
                };
                sink.bad(code, seen.place(), what);
            }
        }
    }

    fn accept(&mut self, body: &[u8]) -> Result<TrustRoot, RootError> {
        let root = TrustRoot::read(body)?;
        match self.versions.last() {
            None => root.is_first()?,
            Some(last) => root.follows(last)?,
        }
        if let Some((pinned, found)) = &mut self.pinned {
            *found |= pinned.hash == root.hash;
        }
        Ok(root)
    }

    /// The version that a note names, if it is the one in force at its entry.
    pub(super) fn named(&self, number: u64, seen: &Seen<'_>) -> Option<&TrustRoot> {
        let at = |time| self.in_force(time).filter(|root| root.version == number);
        at(seen.latest()).or_else(|| at(seen.envelope.time))
    }

    /// The root in force at a second: the newest that has begun, else the first.
    pub(super) fn in_force(&self, time: u64) -> Option<&TrustRoot> {
        let begun = self
            .versions
            .iter()
            .rev()
            .find(|root| root.not_before <= time);
        begun
            .or(self.versions.first())
            .or(self.pinned.as_ref().map(|(root, _)| root))
    }

    /// The newest root of the log if it is, or leads on from, the one that the reader trusts; else that one.
    pub(super) fn newest(&self) -> Option<&TrustRoot> {
        match &self.pinned {
            Some((pinned, false)) => Some(pinned),
            _ => self.versions.last(),
        }
    }

    pub(super) fn finish(&self, sink: &mut Sink) {
        match &self.pinned {
            Some((pinned, false)) => {
                let what = format!("version {} of the trust root that was given is not among the {} of the log", pinned.version, self.versions.len());
                sink.bad(Code::TrustRootOther, Place::default(), what);
            }
            None if self.versions.is_empty() => {
                sink.bad(Code::TrustRootMissing, Place::default(), "the log has no trust root and none was given");
            }
            None => sink.note("the trust root is the log's own: nobody but the log says that it is the commission's"),
            Some(_) => {}
        }
    }
}
