//! What left by the release gate, and what was refused there. In: entries of type 45. Out: who was given which class, and which refusals. Never: a class for somebody whom the matrix
//! refuses.

use super::{Book, Seen, Taken};
use crate::refused::{Code, Refused};
use sakimori_custody::time::Seconds;
use sakimori_release::said::{Broken, Said};

/// A product that left, or was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Released {
    /// Index of the entry.
    pub index: u64,
    /// When.
    pub time: Seconds,
    /// What the entry says.
    pub said: Said,
}

impl Book {
    /// A product leaves, or is refused.
    pub(crate) fn release(&mut self, seen: &Seen<'_>) -> Result<Taken, Refused> {
        let said = Said::read(seen.open()?).map_err(|e| Refused::new(Code::BodyFields, e))?;
        let counters = [seen.counter(0), seen.counter(1)];
        let judged = said.judge(counters, [seen.time, seen.latest()]);
        judged.map_err(|(broken, what)| {
            let code = match broken {
                Broken::Fields => Code::ReleaseFields,
                Broken::Class => Code::ReleaseClass,
                Broken::Condition => Code::ReleaseCondition,
                Broken::Tlp => Code::ReleaseTlp,
            };
            Refused::new(code, what)
        })?;
        self.releases.push(Released {
            index: seen.index,
            time: seen.time,
            said,
        });
        Ok(Taken::InForce)
    }

    /// What left, or was refused, in order.
    pub fn releases(&self) -> &[Released] {
        &self.releases
    }
}
