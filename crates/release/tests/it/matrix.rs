//! The table in code is the table of the law, cell by cell.

use sakimori_custody::class::Class;
use sakimori_release::RecipientKind as R;
use sakimori_release::condition::ConditionKind as K;
use sakimori_release::gate::LEAVING;
use sakimori_release::matrix::{MATRIX, Rule, look_up};

const REFUSE: Rule = Rule::Refuse;
const YES: Rule = Rule::Allow;

/// Class, then for each column of the law what it says and in which words.
type Line = (Class, [(Rule, &'static str); 9]);

/// Written from the table of arts. 38 to 42, 45 and 72, by hand.
fn law() -> [Line; 9] {
    let none = [(REFUSE, "✗"); 9];
    [
        (Class::Acquired, none),
        (
            Class::Selected,
            [
                (Rule::AllowWith(&[K::Need]), "if needed"),
                (Rule::AllowWith(&[K::Need]), "if needed"),
                (
                    Rule::AllowWith(&[K::ProtectionAssessment]),
                    "if protection adequate",
                ),
                (REFUSE, "✗"),
                (REFUSE, "✗"),
                (REFUSE, "✗"),
                (REFUSE, "✗"),
                (REFUSE, "✗"),
                (REFUSE, "✗"),
            ],
        ),
        (
            Class::SelectedParty,
            [
                (
                    Rule::AllowWith(&[K::Need, K::PriorConsent]),
                    "+ prior party consent",
                ),
                (Rule::AllowWith(&[K::Need, K::PriorConsent]), "+ consent"),
                (
                    Rule::AllowWith(&[K::ProtectionAssessment, K::PriorConsent]),
                    "+ consent",
                ),
                (REFUSE, "✗"),
                (REFUSE, "✗ (party gets its own result, 15 K)"),
                (REFUSE, "✗"),
                (REFUSE, "✗"),
                (REFUSE, "✗"),
                (REFUSE, "✗"),
            ],
        ),
        (
            Class::ReleasedSelected,
            [(REFUSE, "goes only into integrated"); 9],
        ),
        (
            Class::Integrated,
            [
                (YES, "yes"),
                (YES, "yes"),
                (Rule::Minimised, "needed part"),
                (REFUSE, "–"),
                (REFUSE, "–"),
                (REFUSE, "–"),
                (REFUSE, "–"),
                (REFUSE, "–"),
                (REFUSE, "–"),
            ],
        ),
        (
            Class::IntegratedProvision,
            [(REFUSE, "to nobody until split into controlled or public"); 9],
        ),
        (
            Class::IntegratedControlled,
            [
                (Rule::Controlled, "controlled"),
                (YES, "yes"),
                (YES, "yes"),
                (
                    Rule::AllowWith(&[K::EquivalentProtection]),
                    "if equivalent protection",
                ),
                (REFUSE, "✗"),
                (REFUSE, "✗"),
                (REFUSE, "✗ if secret"),
                (YES, "yes"),
                (Rule::Minimised, "needed part"),
            ],
        ),
        (
            Class::PublicNotice,
            [
                (YES, "yes"),
                (YES, "yes"),
                (YES, "yes"),
                (YES, "yes"),
                (YES, "yes → duty to endeavour 40(2)"),
                (YES, "may be published"),
                (Rule::AllowWith(&[K::FixMethod]), "yes + fix method"),
                (YES, "yes"),
                (YES, "yes"),
            ],
        ),
        (
            Class::OperatorReport,
            [
                (
                    Rule::AllowWith(&[K::CompetentMinister]),
                    "competent minister + PM; secrecy (8)",
                ),
                (REFUSE, "via products"),
                (REFUSE, "via products"),
                (REFUSE, "via products"),
                (REFUSE, "–"),
                (REFUSE, "–"),
                (REFUSE, "via products"),
                (REFUSE, "via products"),
                (REFUSE, "–"),
            ],
        ),
    ]
}

const COLUMNS: [(R, &str); 9] = [
    (R::StateAgency, "38(1)"),
    (R::PoliceDefence, "38(2)"),
    (R::Carrier, "38(4)"),
    (R::ForeignGovernment, "39"),
    (R::Operator, "40"),
    (R::Public, "41"),
    (R::Supplier, "42(1)"),
    (R::Council, "45(3)"),
    (R::Contractor, "72"),
];

#[test]
fn every_cell_is_what_the_law_says() {
    let law = law();
    assert_eq!(MATRIX.len(), law.len());
    for ((class, expected), row) in law.iter().zip(MATRIX) {
        assert_eq!(row.class, *class);
        for (((rule, text), (kind, article)), cell) in expected.iter().zip(COLUMNS).zip(row.cells) {
            let found = look_up(*class, kind);
            assert_eq!(*found, cell, "{class} {kind}: the look-up and the table");
            assert_eq!((found.rule, found.text), (*rule, *text), "{class} {kind}");
            let first = found.article.split(", ").next().unwrap();
            let reports = *class == Class::OperatorReport && kind == R::StateAgency;
            assert_eq!(first, if reports { "8" } else { article }, "{class} {kind}");
        }
    }
}

#[test]
fn a_report_is_its_reporter_s_own_and_a_result_its_party_s() {
    for class in Class::ALL {
        let own = |kind| look_up(*class, kind).rule == Rule::Own;
        assert_eq!(own(R::Reporter), *class == Class::OperatorReport, "{class}");
        assert_eq!(own(R::Party), *class == Class::SelectedParty, "{class}");
        for kind in [R::Reporter, R::Party] {
            let rule = look_up(*class, kind).rule;
            assert!(matches!(rule, Rule::Own | Rule::Refuse), "{class} {kind}");
        }
    }
}

#[test]
fn a_class_leaves_exactly_where_the_table_lets_it_go_somewhere() {
    for class in Class::ALL {
        let goes = R::ALL
            .iter()
            .any(|kind| look_up(*class, *kind).rule != Rule::Refuse);
        assert_eq!(LEAVING.contains(class), goes, "{class}");
    }
}

#[test]
fn only_products_without_selected_information_reach_the_council() {
    let let_in: Vec<Class> = Class::ALL
        .iter()
        .copied()
        .filter(|class| look_up(*class, R::Council).rule != Rule::Refuse)
        .collect();
    assert_eq!(let_in, [Class::IntegratedControlled, Class::PublicNotice]);
}
