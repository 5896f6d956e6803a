//! Epochs of identifiers: for how long, and under which authority, tags can be joined. In: an authority, a day, halves of an epoch's secret. Out: the epoch's name, the keys that
//! its secret gives. Never: a key from one half; a key that two epochs or two authorities share.
//!
//! `docs/reference/formats.md` section 9.

use crate::identifier::{Reader, WritingKeys, recipient};
use crate::ids::{AuthorityId, IdError};
use crate::keys::{Share, expand, join};
use crate::time::{DAY_SECONDS, Day, Seconds};
use std::fmt;
use std::str::FromStr;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Longest epoch in days: tags of ten years would join what retention keeps apart.
pub const EPOCH_DAYS_MAX: u32 = 3_660;

/// An epoch of an authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EpochId {
    /// The authority under which identifiers are written.
    pub authority: AuthorityId,
    /// Its first day.
    pub first: Day,
    /// How many days it has.
    pub days: u32,
}

impl EpochId {
    /// The epoch of a day; `None` where an epoch cannot have so many days.
    pub fn of(authority: AuthorityId, day: Day, days: u32) -> Option<Self> {
        (1..=EPOCH_DAYS_MAX).contains(&days).then(|| Self {
            authority,
            first: Day(day.0 - day.0 % days),
            days,
        })
    }

    /// The second at which it is over.
    pub fn end(&self) -> Seconds {
        self.first.start().plus(u64::from(self.days) * DAY_SECONDS)
    }

    /// Whether a time lies in it.
    pub fn holds(&self, time: Seconds) -> bool {
        self.first.start() <= time && time < self.end()
    }
}

impl fmt::Display for EpochId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.authority, self.first, self.days)
    }
}

impl FromStr for EpochId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let parse = || {
            let mut parts = text.split('/');
            let authority = parts.next()?.parse().ok()?;
            let first: Day = parts.next()?.parse().ok()?;
            let days = parts.next()?.parse().ok()?;
            let epoch = Self::of(authority, first, days)?;
            (parts.next().is_none() && epoch.to_string() == text).then_some(epoch)
        };
        parse().ok_or_else(|| IdError::new(text, "an epoch of the form authority/first day/days"))
    }
}

/// The secret of an epoch. Opens nothing by itself: each use has a key derived for it.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct EpochSecret {
    secret: [u8; 32],
    #[zeroize(skip)]
    epoch: EpochId,
}

impl fmt::Debug for EpochSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EpochSecret(..)")
    }
}

impl EpochSecret {
    /// The secret that only both shares together give.
    pub fn combine(office: &Share, commission: &Share, epoch: EpochId) -> Self {
        let both = join(office, commission);
        Self {
            secret: expand(&*both, format!("sakimori/epoch/v1\n{epoch}").as_bytes()),
            epoch,
        }
    }

    fn tag_key(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(expand(&self.secret, b"sakimori/tag/v1"))
    }

    fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(expand(&self.secret, b"sakimori/reidentify/v1"))
    }

    /// What the sealed process of a run is given.
    pub fn writing(&self) -> WritingKeys {
        WritingKeys {
            tag: self.tag_key(),
            recipient: recipient(&self.seed()),
        }
    }

    /// What opens the one identifier that a ruling names.
    pub fn reader(&self) -> Reader {
        Reader::new(&self.seed(), self.tag_key(), &self.epoch.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_reads_back_and_holds_its_days() {
        let authority: AuthorityId = "000102030405060708090a0b0c0d0e0f".parse().unwrap();
        let day: Day = "2027-04-01".parse().unwrap();
        let epoch = EpochId::of(authority, day, 30).unwrap();
        let text = "000102030405060708090a0b0c0d0e0f/2027-03-03/30";
        assert_eq!(epoch.to_string(), text);
        assert_eq!(text.parse(), Ok(epoch));
        assert!(epoch.holds(day.start()) && epoch.holds(epoch.first.start()));
        assert!(!epoch.holds(epoch.end()) && epoch.holds(Seconds(epoch.end().0 - 1)));
        for (from, to) in [
            ("03-03", "03-04"),
            ("/30", "/030"),
            ("/30", "/0"),
            ("/30", "/30/1"),
            ("/30", "/99999"),
        ] {
            assert!(text.replace(from, to).parse::<EpochId>().is_err(), "{to}");
        }
        assert_eq!(EpochId::of(authority, day, 1).unwrap().first, day);
        assert_eq!(EpochId::of(authority, day, 0), None);
    }
}
