//! What the law asks for beside the class: consents, findings, needs. In: who says it, about whom, from when until when, and why. Out: whether it holds at a time, and
//! its text for the log. Never: a condition without an end, a reason in the log.

use crate::limits::TEXT_BYTES_MAX;
use crate::refused::{Code, Refused};
use sakimori_custody::coded;
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use std::fmt;

coded! {
    /// What a condition is.
    ConditionKind: u8 {
        /// The recipient needs it for the purpose of preventing damage, art. 38(1) and (2). By an officer.
        Need = 1 "need",
        /// The recipient's protection of it was assessed as adequate, art. 38(4). By an officer.
        ProtectionAssessment = 2 "protection-assessment",
        /// A foreign government protects it equivalently, art. 39. By an officer.
        EquivalentProtection = 3 "equivalent-protection",
        /// A party lets what was selected of it be processed for provision, art. 29. By the party, which may withdraw it.
        PartyConsent = 4 "party-consent",
        /// A party lets what was selected of it be given to this recipient, art. 38(3). By the party, beforehand; it may withdraw it.
        PriorConsent = 5 "prior-consent",
        /// How the weakness is fixed or worked around goes with it, art. 42(1). By an officer.
        FixMethod = 6 "fix-method",
        /// The recipient undertook the handling of controlled information. By the recipient's officer.
        ControlledHandling = 7 "controlled-handling",
        /// The recipient is the minister competent for the reporter, or the Prime Minister, art. 8. By an officer.
        CompetentMinister = 8 "competent-minister",
        /// Somebody overrode the submitter's opinion on handling, with a reason, art. 45.
        OpinionOverride = 9 "opinion-override",
    }
}

/// What somebody said, from then until then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    kind: ConditionKind,
    by: Name,
    recipient: Option<Name>,
    given: Seconds,
    until: Seconds,
    withdrawn: Option<Seconds>,
    reason: String,
}

/// Why something is no condition: the caller corrects what was typed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConditionError {
    /// It ends before it begins.
    #[error("a {kind} from {given} ends before it begins, {until}")]
    Ends {
        /// What it is.
        kind: ConditionKind,
        /// From when.
        given: Seconds,
        /// Until when.
        until: Seconds,
    },
    /// There is no reason, or a longer one than 4 KiB.
    #[error("a {0} needs a reason of 1 to {TEXT_BYTES_MAX} bytes")]
    Reason(ConditionKind),
    /// It is about a recipient and names none.
    #[error("a {0} names the recipient that it is about")]
    Recipient(ConditionKind),
}

impl Condition {
    /// What `by` says of a recipient, from `given` until and with `until`. Consent to processing and a method of fixing are about no recipient or about one; all
    /// others name theirs.
    ///
    /// # Errors
    /// [`ConditionError`]: what was typed is to be corrected.
    pub fn new(
        kind: ConditionKind,
        by: Name,
        recipient: Option<Name>,
        [given, until]: [Seconds; 2],
        reason: &str,
    ) -> Result<Self, ConditionError> {
        if until < given {
            return Err(ConditionError::Ends { kind, given, until });
        }
        if reason.trim().is_empty() || reason.len() > TEXT_BYTES_MAX {
            return Err(ConditionError::Reason(kind));
        }
        let any = matches!(kind, ConditionKind::PartyConsent | ConditionKind::FixMethod);
        if recipient.is_none() && !any {
            return Err(ConditionError::Recipient(kind));
        }
        Ok(Self {
            kind,
            by,
            recipient,
            given,
            until,
            withdrawn: None,
            reason: reason.to_owned(),
        })
    }

    /// Withdraws it: from then on it holds no more. An earlier withdrawal stands.
    pub fn withdraw(&mut self, at: Seconds) {
        self.withdrawn = Some(self.withdrawn.map_or(at, |earlier| earlier.min(at)));
    }

    /// What it is.
    pub const fn kind(&self) -> ConditionKind {
        self.kind
    }

    /// Who said it.
    pub const fn by(&self) -> &Name {
        &self.by
    }

    /// Why.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Until when it was given.
    pub const fn until(&self) -> Seconds {
        self.until
    }

    /// Whether it holds at a time.
    ///
    /// # Errors
    /// Early, withdrawn or expired, in this order.
    pub fn holds(&self, now: Seconds) -> Result<(), Refused> {
        let code = if now < self.given {
            Code::ConditionEarly
        } else if self.withdrawn.is_some_and(|at| at <= now) {
            Code::ConditionWithdrawn
        } else if now > self.until {
            Code::ConditionExpired
        } else {
            return Ok(());
        };
        Err(Refused::new(code, self))
    }

    /// Whether it is about this recipient.
    fn about(&self, recipient: &Name) -> bool {
        self.recipient.as_ref().is_none_or(|name| name == recipient)
    }
}

impl fmt::Display for Condition {
    /// `kind/recipient/by/given/until`, as in the log; `-` where it is about no recipient.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let recipient = self.recipient.as_ref().map_or("-", Name::as_str);
        let Self {
            kind,
            by,
            given,
            until,
            ..
        } = self;
        write!(f, "{kind}/{recipient}/{by}/{given}/{until}")
    }
}

/// Whose word counts.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wanted<'a> {
    /// The recipient that it has to be about; any where there is none.
    pub(crate) recipient: Option<&'a Name>,
    /// Who has to have said it; anybody where there is none.
    pub(crate) by: Option<&'a Name>,
}

/// Looks for a condition that holds; where none does, the refusal is that of the one that came closest, which is the last.
pub(crate) fn require(
    conditions: &[Condition],
    kind: ConditionKind,
    wanted: Wanted<'_>,
    now: Seconds,
) -> Result<(), Refused> {
    let who = wanted.recipient.map_or("-", Name::as_str);
    let mut best = Err(Refused::new(
        Code::ConditionMissing,
        format!("{kind}/{who}"),
    ));
    let fits = |condition: &&Condition| {
        condition.kind == kind
            && wanted.recipient.is_none_or(|name| condition.about(name))
            && wanted.by.is_none_or(|name| condition.by == *name)
    };
    for condition in conditions.iter().filter(fits) {
        best = condition.holds(now);
        if best.is_ok() {
            break;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    fn finding(recipient: &str, given: u64, until: u64) -> Condition {
        let kind = ConditionKind::EquivalentProtection;
        let times = [Seconds(given), Seconds(until)];
        Condition::new(
            kind,
            name("k.sato"),
            Some(name(recipient)),
            times,
            "a treaty",
        )
        .unwrap()
    }

    #[test]
    fn a_condition_holds_from_its_first_to_its_last_second_unless_it_is_withdrawn() {
        let mut condition = finding("partner", 100, 200);
        let code = |condition: &Condition, now| condition.holds(Seconds(now)).map_err(|r| r.code);
        assert_eq!(code(&condition, 99), Err(Code::ConditionEarly));
        assert_eq!(code(&condition, 100), Ok(()));
        assert_eq!(code(&condition, 200), Ok(()));
        assert_eq!(code(&condition, 201), Err(Code::ConditionExpired));
        condition.withdraw(Seconds(150));
        condition.withdraw(Seconds(180));
        assert_eq!(code(&condition, 149), Ok(()));
        assert_eq!(code(&condition, 150), Err(Code::ConditionWithdrawn));
        assert_eq!(code(&condition, 201), Err(Code::ConditionWithdrawn));
        assert_eq!(
            condition.to_string(),
            "equivalent-protection/partner/k.sato/1970-01-01T00:01:40Z/1970-01-01T00:03:20Z"
        );
    }

    #[test]
    fn the_word_of_another_about_another_is_none() {
        let (partner, other, sato) = (name("partner"), name("other"), name("k.sato"));
        let conditions = [finding("partner", 0, 50), finding("partner", 100, 200)];
        let ask = |kind, recipient, by, now| {
            let wanted = Wanted { recipient, by };
            require(&conditions, kind, wanted, Seconds(now)).map_err(|r| r.code)
        };
        let kind = ConditionKind::EquivalentProtection;
        assert_eq!(ask(kind, Some(&partner), Some(&sato), 20), Ok(()));
        assert_eq!(ask(kind, Some(&partner), None, 150), Ok(()));
        assert_eq!(
            ask(kind, Some(&partner), None, 300),
            Err(Code::ConditionExpired)
        );
        assert_eq!(
            ask(kind, Some(&other), None, 150),
            Err(Code::ConditionMissing)
        );
        assert_eq!(
            ask(kind, None, Some(&other), 150),
            Err(Code::ConditionMissing)
        );
        let need = ConditionKind::Need;
        assert_eq!(
            ask(need, Some(&partner), None, 150),
            Err(Code::ConditionMissing)
        );
    }

    #[test]
    fn what_has_no_end_no_reason_or_no_recipient_is_no_condition() {
        let make = |kind, recipient, until, reason: &str| {
            Condition::new(
                kind,
                name("k.sato"),
                recipient,
                [Seconds(9), Seconds(until)],
                reason,
            )
        };
        let need = ConditionKind::Need;
        assert!(make(need, Some(name("npa")), 9, "a case").is_ok());
        let wrong = make(need, Some(name("npa")), 8, "a case");
        assert!(matches!(wrong, Err(ConditionError::Ends { .. })));
        for reason in [" \n", "", &"x".repeat(TEXT_BYTES_MAX + 1)] {
            assert_eq!(
                make(need, Some(name("npa")), 9, reason),
                Err(ConditionError::Reason(need))
            );
        }
        assert_eq!(
            make(need, None, 9, "a case"),
            Err(ConditionError::Recipient(need))
        );
        let free = [ConditionKind::PartyConsent, ConditionKind::FixMethod];
        for kind in ConditionKind::ALL {
            assert_eq!(
                make(*kind, None, 9, "x").is_ok(),
                free.contains(kind),
                "{kind}"
            );
        }
    }
}
