//! The classes of information of the law as types, and the steps from one to the next. In: nothing. Out: nine types, the word of each for documents and
//! stores, the steps that the law knows. Never: a way back, a class that the law does not have, a value: what holds one is in the room `release`.
//!
//! Act 42/2025 arts. 22, 23(2), 29, 38 to 42, 45, 72. A *stage* ([`crate::Stage`]) says whether a record was looked at, a *class* who may be given what was
//! made of it. Two words are both, because they are the same thing: [`Acquired`] and [`Selected`] are the types of [`crate::Held`]. What is
//! [`crate::Released`] was looked at on record and is still of its class.

use crate::coded;
use crate::held::{Acquired, Selected};

coded! {
    /// A class of information, for documents and stores that cannot carry a type.
    Class: u8 {
        /// Taken in, not yet selected.
        Acquired = 1 "acquired",
        /// Passed automatic selection.
        Selected = 2 "selected",
        /// Passed automatic selection, and was taken in by agreement with a party.
        SelectedParty = 3 "selected-party",
        /// Processed so that it is acquired information no longer.
        ReleasedSelected = 4 "released-selected",
        /// Put together and analysed.
        Integrated = 5 "integrated",
        /// Made ready for provision, not yet split by whether it holds secrets.
        IntegratedProvision = 6 "integrated-provision",
        /// For provision, with secrets.
        IntegratedControlled = 7 "integrated-controlled",
        /// For notices to everybody: no selected information, no secrets.
        PublicNotice = 8 "public-notice",
        /// What operators report.
        OperatorReport = 9 "operator-report",
    }
}

mod sealed {
    pub trait Sealed {}
}

/// A class as a type; there are no others than the nine.
///
/// A class cannot be made up:
/// ```compile_fail,E0277
/// use sakimori_custody::class::{Class, ClassType};
/// struct Harmless;
/// impl ClassType for Harmless {
///     const CLASS: Class = Class::PublicNotice;
/// }
/// ```
/// What was looked at is no class of its own:
/// ```compile_fail,E0277
/// use sakimori_custody::{Released, class::ClassType};
/// fn class_of<C: ClassType>() {}
/// class_of::<Released>();
/// ```
pub trait ClassType: sealed::Sealed + 'static {
    /// The class.
    const CLASS: Class;
}

/// Makes the types, or takes those that are there.
macro_rules! classes {
    ($($(#[$doc:meta])* $name:ident $law:literal,)+ | $($there:ident $there_law:literal,)+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug)]
            pub enum $name {}
        )+
        $(
            impl sealed::Sealed for $name {}
            impl ClassType for $name {
                const CLASS: Class = Class::$name;
            }
        )+
        $(
            impl sealed::Sealed for $there {}
            impl ClassType for $there {
                const CLASS: Class = Class::$there;
            }
        )+
        impl Class {
            /// Its name in the law.
            pub const fn law(self) -> &'static str {
                match self {
                    $(Self::$name => $law,)+
                    $(Self::$there => $there_law,)+
                }
            }
        }
    };
}

classes! {
    /// Selected information of a party (選別後当事者通信情報).
    SelectedParty "選別後当事者通信情報",
    /// Selected information that was processed for provision (提供用選別後情報).
    ReleasedSelected "提供用選別後情報",
    /// Integrated analysis (総合整理分析情報).
    Integrated "総合整理分析情報",
    /// Integrated analysis for provision (提供用総合整理分析情報).
    IntegratedProvision "提供用総合整理分析情報",
    /// Integrated analysis for provision that needs control (要管理提供用総合整理分析情報).
    IntegratedControlled "要管理提供用総合整理分析情報",
    /// Integrated analysis for notice to everybody (周知等用総合整理分析情報).
    PublicNotice "周知等用総合整理分析情報",
    /// What operators report (報告等情報).
    OperatorReport "報告等情報",
    |
    Acquired "取得通信情報",
    Selected "選別後通信情報",
}

/// What a step asks for beside its transforms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepNeeds {
    /// The automatic method of art. 22, which no person perceives: the sealed process.
    Seal,
    /// A processing by the method of its version (art. 29): what may not go on is taken out.
    Processing,
    /// The same, and the consent of the party (art. 38(3)).
    ProcessingAndConsent,
    /// Nothing but that what may not go on is not there.
    Content,
}

/// A step of the law from one class to the next. Only these are there, and none leads back.
///
/// The permitted direction compiles:
/// ```
/// use sakimori_custody::{Acquired, Selected, class::*};
/// fn step<From: Derives<To>, To: ClassType>() {}
/// step::<Acquired, Selected>();
/// step::<Selected, ReleasedSelected>();
/// step::<SelectedParty, ReleasedSelected>();
/// step::<ReleasedSelected, Integrated>();
/// step::<OperatorReport, Integrated>();
/// step::<Integrated, IntegratedProvision>();
/// step::<IntegratedProvision, IntegratedControlled>();
/// step::<IntegratedProvision, PublicNotice>();
/// ```
/// What was selected does not become integrated analysis unprocessed:
/// ```compile_fail,E0277
/// use sakimori_custody::{Selected, class::*};
/// fn step<From: Derives<To>, To: ClassType>() {}
/// step::<Selected, Integrated>();
/// ```
/// What was selected does not become a public notice:
/// ```compile_fail,E0277
/// use sakimori_custody::{Selected, class::*};
/// fn step<From: Derives<To>, To: ClassType>() {}
/// step::<Selected, PublicNotice>();
/// ```
/// What was taken in does not go on unselected:
/// ```compile_fail,E0277
/// use sakimori_custody::{Acquired, class::*};
/// fn step<From: Derives<To>, To: ClassType>() {}
/// step::<Acquired, ReleasedSelected>();
/// ```
/// What was processed goes into integrated analysis and nowhere else:
/// ```compile_fail,E0277
/// use sakimori_custody::class::*;
/// fn step<From: Derives<To>, To: ClassType>() {}
/// step::<ReleasedSelected, IntegratedProvision>();
/// ```
/// What an operator reported does not become a public notice:
/// ```compile_fail,E0277
/// use sakimori_custody::class::*;
/// fn step<From: Derives<To>, To: ClassType>() {}
/// step::<OperatorReport, PublicNotice>();
/// ```
/// Integrated analysis does not become a public notice before it is made ready for provision:
/// ```compile_fail,E0277
/// use sakimori_custody::class::*;
/// fn step<From: Derives<To>, To: ClassType>() {}
/// step::<Integrated, PublicNotice>();
/// ```
/// What holds secrets does not become a public notice any more:
/// ```compile_fail,E0277
/// use sakimori_custody::class::*;
/// fn step<From: Derives<To>, To: ClassType>() {}
/// step::<IntegratedControlled, PublicNotice>();
/// ```
/// A public notice does not become a class that others may not see:
/// ```compile_fail,E0277
/// use sakimori_custody::class::*;
/// fn step<From: Derives<To>, To: ClassType>() {}
/// step::<PublicNotice, IntegratedProvision>();
/// ```
/// Nothing becomes selected information but by the seal:
/// ```compile_fail,E0277
/// use sakimori_custody::{Selected, class::*};
/// fn step<From: Derives<To>, To: ClassType>() {}
/// step::<SelectedParty, Selected>();
/// ```
/// A step cannot be made up:
/// ```compile_fail,E0117
/// use sakimori_custody::class::*;
/// impl Derives<PublicNotice> for OperatorReport {
///     const NEEDS: StepNeeds = StepNeeds::Content;
/// }
/// ```
pub trait Derives<To: ClassType>: ClassType {
    /// What it asks for.
    const NEEDS: StepNeeds;
}

/// Makes the steps as types and as a table.
macro_rules! steps {
    ($($from:ident > $to:ident $needs:ident,)+) => {
        $(
            impl Derives<$to> for $from {
                const NEEDS: StepNeeds = StepNeeds::$needs;
            }
        )+
        /// Every step that the law knows.
        pub const STEPS: &[(Class, Class, StepNeeds)] =
            &[$((Class::$from, Class::$to, StepNeeds::$needs),)+];
    };
}

steps! {
    Acquired > Selected Seal,
    Acquired > SelectedParty Seal,
    Selected > ReleasedSelected Processing,
    SelectedParty > ReleasedSelected ProcessingAndConsent,
    ReleasedSelected > Integrated Content,
    OperatorReport > Integrated Processing,
    Integrated > IntegratedProvision Processing,
    IntegratedProvision > IntegratedControlled Content,
    IntegratedProvision > PublicNotice Content,
}

impl Class {
    /// Whether what is of this class may have become, by steps of the law, what is of that one; each class leads to itself.
    pub fn leads_to(self, to: Self) -> bool {
        // The steps have no circle, so that this ends; a test holds that.
        self == to
            || STEPS
                .iter()
                .any(|&(from, next, _)| from == self && next.leads_to(to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_step_leads_back() {
        // Nothing that can be reached from a class reaches it: walked by hand, with a bound, and not by the function that relies on it.
        for start in Class::ALL {
            let mut at = vec![*start];
            for _ in 0..Class::ALL.len() {
                let next = at.iter().flat_map(|class| {
                    let from = STEPS.iter().filter(move |step| step.0 == *class);
                    from.map(|step| step.1)
                });
                at = next.collect();
                assert!(!at.contains(start), "{start} is reached again");
            }
            assert!(at.is_empty(), "steps from {start} do not end");
        }
    }

    #[test]
    fn each_class_leads_where_the_law_lets_it() {
        let products = "integrated integrated-provision integrated-controlled public-notice";
        let check = |from: &str, before: &str, after: &str| {
            let from = Class::from_name(from).unwrap();
            let reached = Class::ALL.iter().filter(|to| from.leads_to(**to));
            let found: Vec<&str> = reached.map(|to| to.name()).collect();
            let words = [before, after].join(" ");
            assert_eq!(
                found,
                words.split_whitespace().collect::<Vec<_>>(),
                "{from}"
            );
        };
        let all = "acquired selected selected-party released-selected";
        check("acquired", all, products);
        check("selected", "selected released-selected", products);
        check(
            "selected-party",
            "selected-party released-selected",
            products,
        );
        check("released-selected", "released-selected", products);
        check("integrated", "", products);
        let split = "integrated-provision integrated-controlled public-notice";
        check("integrated-provision", "", split);
        check("integrated-controlled", "", "integrated-controlled");
        check("public-notice", "", "public-notice");
        check("operator-report", products, "operator-report");
    }

    #[test]
    fn a_class_has_the_word_of_its_type_and_no_other() {
        fn of<C: ClassType>() -> (Class, &'static str) {
            (C::CLASS, C::CLASS.name())
        }
        let types = [
            of::<Acquired>(),
            of::<Selected>(),
            of::<SelectedParty>(),
            of::<ReleasedSelected>(),
            of::<Integrated>(),
            of::<IntegratedProvision>(),
            of::<IntegratedControlled>(),
            of::<PublicNotice>(),
            of::<OperatorReport>(),
        ];
        let words = [
            (Class::Acquired, "acquired"),
            (Class::Selected, "selected"),
            (Class::SelectedParty, "selected-party"),
            (Class::ReleasedSelected, "released-selected"),
            (Class::Integrated, "integrated"),
            (Class::IntegratedProvision, "integrated-provision"),
            (Class::IntegratedControlled, "integrated-controlled"),
            (Class::PublicNotice, "public-notice"),
            (Class::OperatorReport, "operator-report"),
        ];
        assert_eq!(types, words);
        for (class, word) in words {
            assert_eq!(Class::from_name(word), Some(class));
        }
        assert_eq!(Class::from_name("public"), None);
    }
}
