//! TLP 2.0 and PAP beside the class. In: words of a marking, of version 1 too. Out: an order from open to strict, the loosest TLP of each class. Never: a
//! marking that is looser because nobody knew its word.
//!
//! FIRST Traffic Light Protocol 2.0 (August 2022); PAP as the MISP taxonomy has it. The table of the loosest is this house's: the law has classes, not colours.

use crate::refused::{Code, Refused, hold};
use sakimori_custody::class::Class;
use sakimori_custody::coded;

coded! {
    /// How far a recipient may pass it on; a larger value is stricter.
    Tlp: u8 {
        /// Everybody.
        Clear = 1 "clear",
        /// The community.
        Green = 2 "green",
        /// The recipient's organisation and its clients.
        Amber = 3 "amber",
        /// The recipient's organisation alone.
        AmberStrict = 4 "amber+strict",
        /// The named recipients alone.
        Red = 5 "red",
    }
}

coded! {
    /// What a recipient may do with it so that an adversary might notice; a larger value is stricter.
    Pap: u8 {
        /// Anything lawful.
        Clear = 1 "clear",
        /// Active steps, as blocking.
        Green = 2 "green",
        /// Passive look-ups with third parties.
        Amber = 3 "amber",
        /// Only what nobody outside can notice.
        Red = 4 "red",
    }
}

/// What is left of a word without its prefix, in small letters.
fn word(text: &str, prefix: &str) -> String {
    let small = text.trim().to_ascii_lowercase();
    let bare = small.strip_prefix(prefix).map(str::trim_start);
    bare.unwrap_or(&small).to_owned()
}

impl Tlp {
    /// The marking of a word, with or without `TLP:`, of version 1 too; `None` for one that neither version has.
    pub fn known(text: &str) -> Option<Self> {
        match word(text, "tlp:").as_str() {
            "white" => Some(Self::Clear),
            other => Self::from_name(other),
        }
    }

    /// The marking of a word; one that nobody knows is the strictest.
    pub fn read(text: &str) -> Self {
        Self::known(text).unwrap_or(Self::Red)
    }

    /// As people write it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Clear => "TLP:CLEAR",
            Self::Green => "TLP:GREEN",
            Self::Amber => "TLP:AMBER",
            Self::AmberStrict => "TLP:AMBER+STRICT",
            Self::Red => "TLP:RED",
        }
    }

    /// As a client of TLP 1 reads it. `None`: that has no word for it, so such a client is not given it; AMBER would be looser.
    pub const fn version1(self) -> Option<&'static str> {
        match self {
            Self::Clear => Some("TLP:WHITE"),
            Self::AmberStrict => None,
            other => Some(other.label()),
        }
    }

    /// The loosest that a class may carry. What only public notices are may go further than the organisation that is given it: all other classes hold what
    /// somebody must keep secret, and what may reach nobody is for named people alone.
    pub const fn loosest(class: Class) -> Self {
        match class {
            Class::Acquired | Class::ReleasedSelected | Class::IntegratedProvision => Self::Red,
            Class::Selected
            | Class::SelectedParty
            | Class::Integrated
            | Class::IntegratedControlled
            | Class::OperatorReport => Self::AmberStrict,
            Class::PublicNotice => Self::Clear,
        }
    }
}

impl Pap {
    /// The marking of a word, with or without `PAP:`; `WHITE` is the earlier name of CLEAR. `None` for one that is not known.
    pub fn known(text: &str) -> Option<Self> {
        match word(text, "pap:").as_str() {
            "white" => Some(Self::Clear),
            other => Self::from_name(other),
        }
    }

    /// The marking of a word; one that nobody knows is the strictest.
    pub fn read(text: &str) -> Self {
        Self::known(text).unwrap_or(Self::Red)
    }

    /// As people write it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Clear => "PAP:CLEAR",
            Self::Green => "PAP:GREEN",
            Self::Amber => "PAP:AMBER",
            Self::Red => "PAP:RED",
        }
    }
}

/// Both, as every product carries them beside its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marking {
    /// How far it may go.
    pub tlp: Tlp,
    /// What may be done with it.
    pub pap: Pap,
}

impl Marking {
    /// What a product has before somebody marks it.
    pub const STRICTEST: Self = Self {
        tlp: Tlp::Red,
        pap: Pap::Red,
    };

    /// The stricter of each, for what is put together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            tlp: self.tlp.max(other.tlp),
            pap: self.pap.max(other.pap),
        }
    }

    /// Whether a class may carry it.
    ///
    /// # Errors
    /// `TLP_LOOSER`.
    pub fn fits(self, class: Class) -> Result<(), Refused> {
        let (tlp, loosest) = (self.tlp, Tlp::loosest(class));
        let what = || {
            format!(
                "{} on {class}, {} at the loosest",
                tlp.label(),
                loosest.label()
            )
        };
        hold(tlp >= loosest, Code::TlpLooser, what())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_both_versions_are_read_and_what_nobody_knows_is_the_strictest() {
        for (text, tlp) in [
            ("TLP:CLEAR", Tlp::Clear),
            ("tlp:white", Tlp::Clear),
            ("WHITE", Tlp::Clear),
            (" TLP: GREEN ", Tlp::Green),
            ("amber", Tlp::Amber),
            ("TLP:AMBER", Tlp::Amber),
            ("TLP:AMBER+STRICT", Tlp::AmberStrict),
            ("Amber+Strict", Tlp::AmberStrict),
            ("TLP:RED", Tlp::Red),
            ("TLP:AMBER STRICT", Tlp::Red),
            ("TLP:EX:CHR", Tlp::Red),
            ("TLP:", Tlp::Red),
            ("", Tlp::Red),
            ("PAP:CLEAR", Tlp::Red),
            ("clear\u{0}", Tlp::Red),
        ] {
            assert_eq!(Tlp::read(text), tlp, "{text:?}");
        }
        for (text, pap) in [
            ("PAP:CLEAR", Pap::Clear),
            ("pap:white", Pap::Clear),
            ("GREEN", Pap::Green),
            ("PAP:AMBER", Pap::Amber),
            ("PAP:RED", Pap::Red),
            ("PAP:AMBER+STRICT", Pap::Red),
            ("TLP:CLEAR", Pap::Red),
        ] {
            assert_eq!(Pap::read(text), pap, "{text:?}");
        }
        assert_eq!(Tlp::known("TLP:BLUE"), None);
        assert_eq!(Pap::known("blue"), None);
    }

    #[test]
    fn the_order_goes_from_open_to_strict_and_every_label_is_read_back() {
        use Tlp::{Amber, AmberStrict, Clear, Green, Red};
        assert!(Clear < Green && Green < Amber && Amber < AmberStrict && AmberStrict < Red);
        assert!(Pap::Clear < Pap::Green && Pap::Green < Pap::Amber && Pap::Amber < Pap::Red);
        for tlp in Tlp::ALL {
            assert_eq!(Tlp::known(tlp.label()), Some(*tlp));
        }
        for pap in Pap::ALL {
            assert_eq!(Pap::known(pap.label()), Some(*pap));
        }
    }

    #[test]
    fn amber_strict_is_withheld_from_version_1_and_never_amber() {
        let told: Vec<_> = Tlp::ALL.iter().map(|tlp| tlp.version1()).collect();
        let words = [
            Some("TLP:WHITE"),
            Some("TLP:GREEN"),
            Some("TLP:AMBER"),
            None,
            Some("TLP:RED"),
        ];
        assert_eq!(told, words);
    }

    #[test]
    fn no_marking_is_looser_than_the_class() {
        use Class as C;
        let loosest = [
            (C::Acquired, Tlp::Red),
            (C::Selected, Tlp::AmberStrict),
            (C::SelectedParty, Tlp::AmberStrict),
            (C::ReleasedSelected, Tlp::Red),
            (C::Integrated, Tlp::AmberStrict),
            (C::IntegratedProvision, Tlp::Red),
            (C::IntegratedControlled, Tlp::AmberStrict),
            (C::PublicNotice, Tlp::Clear),
            (C::OperatorReport, Tlp::AmberStrict),
        ];
        assert_eq!(loosest.len(), Class::ALL.len());
        for (class, bound) in loosest {
            for tlp in Tlp::ALL {
                let marking = Marking {
                    tlp: *tlp,
                    pap: Pap::Clear,
                };
                let fits = marking.fits(class).map_err(|r| r.code);
                let expected = if tlp.code() >= bound.code() {
                    Ok(())
                } else {
                    Err(Code::TlpLooser)
                };
                assert_eq!(fits, expected, "{class} {tlp}");
            }
        }
    }

    #[test]
    fn what_is_put_together_has_the_stricter_of_each() {
        let one = Marking {
            tlp: Tlp::Green,
            pap: Pap::Red,
        };
        let other = Marking {
            tlp: Tlp::AmberStrict,
            pap: Pap::Clear,
        };
        let both = Marking {
            tlp: Tlp::AmberStrict,
            pap: Pap::Red,
        };
        assert_eq!((one.and(other), other.and(one)), (both, both));
    }
}
