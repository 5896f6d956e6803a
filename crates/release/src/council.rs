//! The council (協議会, Act 42/2025 art. 45). In: members who joined with their consent, what somebody submits with an opinion on how it is to be handled. Out: copies, each with
//! the opinion; how often it was overridden. Never: selected information, a copy without the opinion, a member without a consent on record.

use crate::classed::Classed;
use crate::condition::{ConditionKind, Wanted, require};
use crate::content::Minimise;
use crate::gate::{Leaves, Pending, Refusal, Released, Request, ask, refusal};
use crate::limits::{RECIPIENTS_MAX, TEXT_BYTES_MAX};
use crate::pseudonym::PseudonymKey;
use crate::recipient::{Recipient, RecipientKind};
use crate::refused::{Code, Refused, hold};
use crate::tlp::{Marking, Tlp};
use sakimori_custody::Recorded;
use sakimori_custody::class::{IntegratedControlled, PublicNotice};
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use std::collections::BTreeMap;
use std::fmt;

/// Most members that a council has; an audience names them one by one.
const MEMBERS_MAX: usize = RECIPIENTS_MAX;

/// A class that may be submitted to the council.
///
/// Selected information is not submitted to the council:
/// ```compile_fail,E0277
/// use sakimori_custody::Selected;
/// use sakimori_release::{Classed, council::{Opinion, Submission}};
/// fn submit(rows: Classed<Selected, String>, by: sakimori_custody::ids::Name, opinion: Opinion) {
///     let _ = Submission::new(rows, by, Some(opinion));
/// }
/// ```
/// Selected information of a party is not submitted to it:
/// ```compile_fail,E0277
/// use sakimori_custody::class::SelectedParty;
/// use sakimori_release::{Classed, council::{Opinion, Submission}};
/// fn submit(rows: Classed<SelectedParty, String>, by: sakimori_custody::ids::Name, opinion: Opinion) {
///     let _ = Submission::new(rows, by, Some(opinion));
/// }
/// ```
/// A report as it came is not submitted to it:
/// ```compile_fail,E0277
/// use sakimori_custody::class::OperatorReport;
/// use sakimori_release::{Classed, council::{Opinion, Submission}};
/// fn submit(report: Classed<OperatorReport, String>, by: sakimori_custody::ids::Name, opinion: Opinion) {
///     let _ = Submission::new(report, by, Some(opinion));
/// }
/// ```
pub trait ForCouncil: Leaves {}
impl ForCouncil for IntegratedControlled {}
impl ForCouncil for PublicNotice {}

/// A member and its consent.
#[derive(Clone, Debug)]
pub struct Member {
    /// Who consented for it.
    pub by: Name,
    /// Since when it is a member.
    pub since: Seconds,
    /// When it left.
    pub left: Option<Seconds>,
    /// The entry that the consent is recorded in.
    pub consent: Recorded,
}

/// The council's members.
#[derive(Clone, Debug, Default)]
pub struct Council {
    members: BTreeMap<Name, Member>,
    overrides: u64,
}

impl Council {
    /// Somebody joins with its consent, which is on record; who left may join again.
    ///
    /// # Errors
    /// `AUDIENCE`: it is a member, or there are too many.
    pub fn join(
        &mut self,
        member: Name,
        by: Name,
        since: Seconds,
        consent: Recorded,
    ) -> Result<(), Refused> {
        let known = self.members.get(&member);
        let new = known.is_none_or(|known| known.left.is_some_and(|left| left <= since));
        hold(new, Code::Audience, format!("{member} is a member"))?;
        let room = known.is_some() || self.members.len() < MEMBERS_MAX;
        hold(
            room,
            Code::Audience,
            format!("{MEMBERS_MAX} members at most"),
        )?;
        let joined = Member {
            by,
            since,
            left: None,
            consent,
        };
        self.members.insert(member, joined);
        Ok(())
    }

    /// A member leaves; from then on it is given nothing.
    ///
    /// # Errors
    /// `NOT_MEMBER`.
    pub fn leave(&mut self, member: &Name, at: Seconds) -> Result<(), Refused> {
        let known = self
            .members
            .get_mut(member)
            .filter(|known| known.left.is_none());
        let known = known.ok_or_else(|| Refused::new(Code::NotMember, member))?;
        known.left = Some(at);
        Ok(())
    }

    /// Whether somebody is a member then.
    pub fn is_member(&self, name: &Name, now: Seconds) -> bool {
        let known = self.members.get(name);
        known.is_some_and(|known| known.since <= now && known.left.is_none_or(|left| now < left))
    }

    /// All who ever joined.
    pub const fn members(&self) -> &BTreeMap<Name, Member> {
        &self.members
    }

    /// How often copies left against their submitter's opinion.
    pub const fn overrides(&self) -> u64 {
        self.overrides
    }
}

/// How the submitter wants it handled. It is to be respected; who does otherwise says why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opinion {
    text: String,
    members: Option<Vec<Name>>,
    tlp: Tlp,
}

impl Opinion {
    /// An opinion in words, for these members alone where some are named, with no looser marking than this.
    ///
    /// # Errors
    /// `BASIS_MISSING`: it says nothing, or more than 4 KiB. `AUDIENCE`: it names too many members.
    pub fn new(text: &str, members: Option<Vec<Name>>, tlp: Tlp) -> Result<Self, Refused> {
        let said = !text.trim().is_empty() && text.len() <= TEXT_BYTES_MAX;
        hold(said, Code::BasisMissing, "opinion")?;
        let few = members
            .as_ref()
            .is_none_or(|members| members.len() <= MEMBERS_MAX);
        hold(
            few,
            Code::Audience,
            format!("{MEMBERS_MAX} members at most"),
        )?;
        Ok(Self {
            text: text.to_owned(),
            members,
            tlp,
        })
    }

    /// Its words, to be shown on every copy.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What a release would do against it, for the first recipient that it is against.
    fn against(&self, tlp: Tlp, recipient: &Name) -> Option<String> {
        if tlp < self.tlp {
            let (marked, wanted) = (tlp.label(), self.tlp.label());
            return Some(format!(
                "{recipient}: marked {marked}, the opinion is {wanted}"
            ));
        }
        let meant = self
            .members
            .as_ref()
            .is_none_or(|members| members.contains(recipient));
        (!meant).then(|| format!("{recipient}: the opinion is for others"))
    }
}

/// What somebody submitted to the council.
pub struct Submission<C: ForCouncil, T> {
    product: Classed<C, T>,
    submitter: Name,
    opinion: Option<Opinion>,
}

impl<C: ForCouncil, T> fmt::Debug for Submission<C, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Submission<{}>({})", C::CLASS, self.submitter)
    }
}

impl<C: ForCouncil, T> Submission<C, T> {
    /// What `submitter` submits, with an opinion or without.
    pub const fn new(product: Classed<C, T>, submitter: Name, opinion: Option<Opinion>) -> Self {
        Self {
            product,
            submitter,
            opinion,
        }
    }

    /// The opinion.
    pub const fn opinion(&self) -> Option<&Opinion> {
        self.opinion.as_ref()
    }
}

impl<C: ForCouncil, T: Minimise> Submission<C, T> {
    /// Asks the gate for copies. All recipients are members of the council. Against the opinion it goes only with a condition [`ConditionKind::OpinionOverride`] about
    /// each member that it is against.
    ///
    /// # Errors
    /// As [`ask`]; `NOT_MEMBER`; `OPINION_AGAINST`, or a `CONDITION_` where the override does not hold.
    pub fn ask(
        &self,
        council: &Council,
        request: &Request,
        key: &PseudonymKey,
    ) -> Result<PendingCopies<C, T>, Refusal> {
        let against = self.judge(council, request);
        let overridden = against.map_err(|why| refusal(&self.product, request, why))?;
        Ok(PendingCopies {
            pending: ask(&self.product, request, key)?,
            submitter: self.submitter.clone(),
            opinion: self.opinion.clone(),
            overridden,
        })
    }

    /// Whether the opinion is overridden.
    fn judge(&self, council: &Council, request: &Request) -> Result<bool, Refused> {
        let now = request.now;
        let mut overridden = false;
        for recipient in &request.recipients {
            let Recipient { kind, name, .. } = recipient;
            let member = *kind == RecipientKind::Council && council.is_member(name, now);
            hold(member, Code::NotMember, recipient)?;
            let opinion = self.opinion.as_ref();
            let Some(against) = opinion.and_then(|o| o.against(self.product.marking().tlp, name))
            else {
                continue;
            };
            let wanted = Wanted {
                recipient: Some(name),
                by: None,
            };
            let kind = ConditionKind::OpinionOverride;
            require(&request.conditions, kind, wanted, now).map_err(|why| match why.code {
                Code::ConditionMissing => Refused::new(Code::OpinionAgainst, against),
                _ => why,
            })?;
            overridden = true;
        }
        Ok(overridden)
    }
}

/// Copies that may leave once their entry is in the log.
#[must_use]
pub struct PendingCopies<C: ForCouncil, T> {
    pending: Pending<C, T>,
    submitter: Name,
    opinion: Option<Opinion>,
    overridden: bool,
}

impl<C: ForCouncil, T> fmt::Debug for PendingCopies<C, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PendingCopies({:?})", self.pending)
    }
}

impl<C: ForCouncil, T> PendingCopies<C, T> {
    /// The product that waits, with the entry that it needs.
    pub const fn pending(&self) -> &Pending<C, T> {
        &self.pending
    }

    /// Lets the copies go, and counts an override.
    pub fn recorded(self, entry: Recorded, council: &mut Council) -> Copies<C, T> {
        council.overrides += u64::from(self.overridden);
        Copies {
            released: self.pending.recorded(entry),
            submitter: self.submitter,
            opinion: self.opinion,
            overridden: self.overridden,
        }
    }
}

/// What members are given: one copy each.
pub struct Copies<C: ForCouncil, T> {
    released: Released<C, T>,
    submitter: Name,
    opinion: Option<Opinion>,
    overridden: bool,
}

impl<C: ForCouncil, T> fmt::Debug for Copies<C, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Copies({:?})", self.released)
    }
}

/// A member's copy. Content and opinion are shown together: there is no copy without the opinion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberCopy<'c, T> {
    /// Whose it is.
    pub member: &'c Name,
    /// Who submitted it.
    pub submitter: &'c Name,
    /// The opinion on handling.
    pub opinion: Option<&'c Opinion>,
    /// Whether it was given against the opinion.
    pub overridden: bool,
    /// The product.
    pub content: &'c T,
}

impl<C: ForCouncil, T> Copies<C, T> {
    /// A copy for each member of the audience.
    pub fn each(&self) -> impl Iterator<Item = MemberCopy<'_, T>> {
        self.released
            .recipients()
            .iter()
            .map(|recipient| MemberCopy {
                member: &recipient.name,
                submitter: &self.submitter,
                opinion: self.opinion.as_ref(),
                overridden: self.overridden,
                content: self.released.content(),
            })
    }

    /// The marking, to be shown on each.
    pub const fn marking(&self) -> Marking {
        self.released.marking()
    }

    /// The entry that they left under.
    pub const fn entry(&self) -> Recorded {
        self.released.entry()
    }
}
