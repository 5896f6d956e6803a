//! Stages of custody as types. In: a batch of values with the id of the first. Out: the same values, one gate further. Never: a
//! value that skips its gate; what must not happen does not compile, as the examples of [`Held`] show.
//!
//! The types stop accidents, not malice: the seal and the log stop malice.

use crate::ids::RecordId;
use std::fmt;
use std::marker::PhantomData;

mod sealed {
    pub trait Sealed {}
}

/// A stage of custody; there are no others than the ones here.
pub trait Stage: sealed::Sealed {
    /// The word for it.
    const NAME: &'static str;
}

macro_rules! stage {
    ($(#[$doc:meta])* $name:ident $text:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub enum $name {}
        impl sealed::Sealed for $name {}
        impl Stage for $name {
            const NAME: &'static str = $text;
        }
    };
}
stage!(
    /// Taken in, not yet looked at (取得通信情報).
    Acquired "acquired"
);
stage!(
    /// Passed the selection gate (選別後通信情報).
    Selected "selected"
);
stage!(
    /// Looked at, on record. What was looked at is still of its class ([`crate::class`]); who else may be given it is for the room `release`.
    Released "released"
);

/// Evidence that a record was let through by the approved pack: it names at least one selector.
#[derive(Debug)]
pub struct Covered {
    record: RecordId,
}

impl Covered {
    /// Made from the selectors that the sealed process wrote into the record; `None` where there are none.
    pub fn by(record: RecordId, hits: &crate::record::Hits) -> Option<Self> {
        (!hits.is_empty()).then_some(Self { record })
    }
}

/// Evidence that the act of looking is in the log: the index of its entry.
#[derive(Clone, Copy, Debug)]
pub struct Recorded {
    index: u64,
}

impl Recorded {
    /// Made by whoever holds the log's answer to the entry that names the act.
    pub const fn at(index: u64) -> Self {
        Self { index }
    }

    /// Index of the entry.
    pub const fn index(self) -> u64 {
        self.index
    }
}

/// A value, and how far along the custody chain it has come.
///
/// ```
/// use sakimori_custody::{Covered, Held, Recorded};
/// # use sakimori_custody::{ids::{RecordId, StreamId}, record::Hits};
/// # let id = RecordId { stream: StreamId([7; 8]), number: 1 };
/// # let mut hits = Hits::default();
/// # hits.insert(3);
/// let covered = Covered::by(id, &hits).ok_or("no selector")?;
/// let held = Held::acquire(id, "value").select(&covered).map_err(|_| "another record")?;
/// assert_eq!(held.release(Recorded::at(9)).into_inner(), "value");
/// # Ok::<(), &str>(())
/// ```
/// What was acquired is not looked at:
/// ```compile_fail,E0599
/// use sakimori_custody::{Held, ids::RecordId};
/// fn look(id: RecordId) -> &'static str {
///     Held::acquire(id, "value").into_inner()
/// }
/// ```
/// Neither is what was selected:
/// ```compile_fail,E0599
/// use sakimori_custody::{Held, Selected};
/// fn look(held: Held<Selected, &str>) -> &str {
///     held.into_inner()
/// }
/// ```
/// Only what was selected can be looked at on record:
/// ```compile_fail,E0599
/// use sakimori_custody::{Held, Recorded, ids::RecordId};
/// fn skip(id: RecordId) -> &'static str {
///     Held::acquire(id, "value").release(Recorded::at(9)).into_inner()
/// }
/// ```
/// What was released once is gone:
/// ```compile_fail,E0382
/// use sakimori_custody::{Held, Recorded, Selected};
/// fn twice(held: Held<Selected, u8>) -> [u8; 2] {
///     [held.release(Recorded::at(9)).into_inner(), held.release(Recorded::at(9)).into_inner()]
/// }
/// ```
/// Evidence that a record is covered, and the stages themselves, cannot be made up:
/// ```compile_fail,E0451
/// use sakimori_custody::{Covered, ids::RecordId};
/// fn forge(record: RecordId) -> Covered {
///     Covered { record }
/// }
/// ```
/// ```compile_fail
/// struct Seen;
/// impl sakimori_custody::Stage for Seen {
///     const NAME: &'static str = "seen";
/// }
/// ```
#[must_use]
pub struct Held<S: Stage, T> {
    record: RecordId,
    value: T,
    stage: PhantomData<fn() -> S>,
}

impl<S: Stage, T> Held<S, T> {
    /// Which record this is; the id says nothing about the value.
    pub const fn record(&self) -> RecordId {
        self.record
    }
}

impl<T> Held<Acquired, T> {
    /// Takes a value into custody.
    pub const fn acquire(record: RecordId, value: T) -> Self {
        Self {
            record,
            value,
            stage: PhantomData,
        }
    }

    /// Passes the selection gate. What is not selected is dropped with `self`.
    ///
    /// # Errors
    /// The value itself, still acquired, where the evidence is of another record.
    pub fn select(self, covered: &Covered) -> Result<Held<Selected, T>, Self> {
        if covered.record == self.record {
            Ok(Held {
                record: self.record,
                value: self.value,
                stage: PhantomData,
            })
        } else {
            Err(self)
        }
    }
}

impl<T> Held<Selected, T> {
    /// Computes on the value; the result stays in custody.
    pub fn map<U>(self, compute: impl FnOnce(T) -> U) -> Held<Selected, U> {
        Held {
            record: self.record,
            value: compute(self.value),
            stage: PhantomData,
        }
    }

    /// Lets the value be looked at, once the act that looks is on record. Takes `self`: what was released is released once.
    pub fn release(self, _recorded: Recorded) -> Held<Released, T> {
        Held {
            record: self.record,
            value: self.value,
            stage: PhantomData,
        }
    }
}

impl<T> Held<Released, T> {
    /// The value. There is no such method on an earlier stage.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<S: Stage, T> fmt::Debug for Held<S, T> {
    /// Stage and id only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Held<{}>({})", S::NAME, self.record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::StreamId;
    use crate::record::Hits;

    #[test]
    fn a_value_passes_gate_by_gate_and_never_shows_itself() {
        let id = |number| RecordId {
            stream: StreamId([7; 8]),
            number,
        };
        let mut hits = Hits::default();
        assert!(
            Covered::by(id(1), &hits).is_none(),
            "no selector, no evidence"
        );
        hits.insert(3);
        let covered = Covered::by(id(1), &hits).unwrap();
        let other = Held::acquire(id(2), "secret").select(&covered);
        assert!(other.is_err(), "evidence of another record");
        let held = Held::acquire(id(1), "secret").select(&covered).unwrap();
        assert_eq!(format!("{held:?}"), "Held<selected>(0707070707070707-1)");
        assert_eq!(held.map(str::len).release(Recorded::at(9)).into_inner(), 6);
    }
}
