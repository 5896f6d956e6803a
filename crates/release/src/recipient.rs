//! Who is given something. In: a kind of the law and a name. Out: a recipient, its text for the log, the form of an audience. Never: a recipient without a name.

use crate::limits::RECIPIENTS_MAX;
use crate::refused::{Code, Refused, hold};
use sakimori_custody::coded;
use sakimori_custody::ids::Name;
use std::fmt;

coded! {
    /// The columns of the matrix, and the two who may have what is their own.
    RecipientKind: u8 {
        /// Agencies of the State, art. 38(1).
        StateAgency = 1 "state-agency",
        /// Police and Defence, art. 38(2).
        PoliceDefence = 2 "police-defence",
        /// Carriers, through their minister, art. 38(4).
        Carrier = 3 "carrier",
        /// Foreign governments, art. 39.
        ForeignGovernment = 4 "foreign-government",
        /// Special infrastructure operators, art. 40.
        Operator = 5 "operator",
        /// Any user and the public, art. 41; the name is that of the place of publication.
        Public = 6 "public",
        /// Suppliers, art. 42(1).
        Supplier = 7 "supplier",
        /// Members of the council, art. 45(3).
        Council = 8 "council",
        /// Contractors, art. 72.
        Contractor = 9 "contractor",
        /// The operator whose own report it is.
        Reporter = 10 "reporter",
        /// The party whose own result it is, art. 15.
        Party = 11 "party",
    }
}

impl RecipientKind {
    /// The nine columns, in the order of the law.
    pub const COLUMNS: [Self; 9] = [
        Self::StateAgency,
        Self::PoliceDefence,
        Self::Carrier,
        Self::ForeignGovernment,
        Self::Operator,
        Self::Public,
        Self::Supplier,
        Self::Council,
        Self::Contractor,
    ];
}

/// Somebody who is to be given something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Recipient {
    /// As what.
    pub kind: RecipientKind,
    /// Who.
    pub name: Name,
    /// Whether their programs know TLP 1 alone: what that has no word for is withheld.
    pub tlp1_only: bool,
}

impl Recipient {
    /// Somebody who reads TLP 2.0.
    pub const fn new(kind: RecipientKind, name: Name) -> Self {
        Self {
            kind,
            name,
            tlp1_only: false,
        }
    }
}

impl fmt::Display for Recipient {
    /// `kind/name`, as in the log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.name)
    }
}

/// Whether these are an audience: somebody, nobody twice, not too many.
pub(crate) fn audience(recipients: &[Recipient]) -> Result<(), Refused> {
    hold(!recipients.is_empty(), Code::Audience, "nobody is named")?;
    let few = recipients.len() <= RECIPIENTS_MAX;
    let most = || format!("{} recipients, {RECIPIENTS_MAX} at most", recipients.len());
    hold(few, Code::Audience, most())?;
    let mut names: Vec<_> = recipients.iter().map(|r| (r.kind, &r.name)).collect();
    names.sort();
    let twice = names.windows(2).find(|pair| pair.first() == pair.last());
    let named = twice
        .and_then(<[_]>::first)
        .map(|(kind, name)| format!("{kind}/{name} twice"));
    named.map_or(Ok(()), |twice| Err(Refused::new(Code::Audience, twice)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operator(name: &str) -> Recipient {
        Recipient::new(RecipientKind::Operator, name.parse().unwrap())
    }

    #[test]
    fn an_audience_is_somebody_nobody_twice_and_not_everybody() {
        let check = |recipients: &[Recipient]| audience(recipients).map_err(|r| r.detail);
        assert_eq!(check(&[operator("a"), operator("b")]), Ok(()));
        assert_eq!(check(&[]), Err("nobody is named".to_owned()));
        let again = Recipient {
            tlp1_only: true,
            ..operator("a")
        };
        let twice = [operator("a"), operator("b"), again];
        assert_eq!(check(&twice), Err("operator/a twice".to_owned()));
        let many = |count: usize| {
            (0..count)
                .map(|n| operator(&format!("o{n}")))
                .collect::<Vec<_>>()
        };
        assert_eq!(check(&many(RECIPIENTS_MAX)), Ok(()));
        assert!(check(&many(RECIPIENTS_MAX + 1)).is_err());
    }
}
