//! Ten thousand products, recipients, conditions and markings, drawn: nothing leaves that the table refuses, and nothing without its entry. What is expected is computed here,
//! from the words of the table and the drawn parts, and not by the gate's own functions.

use crate::toolbox::{NOW, key, looked_at, name, plainly, request, to};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use sakimori_custody::class::{
    Class, IntegratedControlled, IntegratedProvision, PublicNotice, SelectedParty,
};
use sakimori_custody::time::Seconds;
use sakimori_custody::{Recorded, Selected};
use sakimori_release::gate::Leaves;
use sakimori_release::said::Said;
use sakimori_release::sheet::Sheet;
use sakimori_release::{
    Classed, Condition, ConditionKind, Field, FieldKind, Marking, Minimise, Pap, Recipient,
    RecipientKind, Request, Tlp, Transform, ask, matrix::MATRIX,
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::cell::Cell;

/// Classes that have a way out; the others do not compile.
const CLASSES: [Class; 6] = [
    Class::Selected,
    Class::SelectedParty,
    Class::Integrated,
    Class::IntegratedControlled,
    Class::PublicNotice,
    Class::OperatorReport,
];
const NAMES: [&str; 3] = ["acme", "borea", "npa"];
const FIELDS: [&str; 4] = ["a", "b", "c", "d"];

#[derive(Clone, Debug)]
struct Drawn {
    class: Class,
    sheet: Sheet,
    tlp: Tlp,
    request: Request,
}

fn condition() -> impl Strategy<Value = Condition> {
    let kinds = select(ConditionKind::ALL);
    let times = (0_u64..4, 0_u64..4, prop::option::weighted(0.1, 0_u64..4));
    let who = (select(&NAMES[..]), select(&NAMES[..]));
    (kinds, who, times).prop_map(|(kind, (by, recipient), (given, length, withdrawn))| {
        let given = Seconds(NOW.0 - 2 + given);
        let until = Seconds(given.0 + length);
        let recipient = Some(name(recipient));
        let mut made = Condition::new(kind, name(by), recipient, [given, until], "x").unwrap();
        if let Some(at) = withdrawn {
            made.withdraw(Seconds(NOW.0 - 2 + at));
        }
        made
    })
}

fn transform() -> impl Strategy<Value = Transform> {
    let field = select(&["a", "b", "c", "d", "t", "nothing", "no name"][..]);
    (0..3_u8, field, 0..6_u64).prop_map(|(which, field, least)| match which {
        0 => Transform::Remove(field.to_owned()),
        1 => Transform::Pseudonymise(field.to_owned()),
        _ => Transform::Aggregate(least),
    })
}

fn sheet() -> impl Strategy<Value = Sheet> {
    let kinds = prop::collection::vec(
        prop::option::weighted(0.3, select(FieldKind::ALL)),
        FIELDS.len(),
    );
    let counts = prop::option::of(prop::collection::vec(0..9_u64, 0..4));
    (kinds, counts).prop_map(|(kinds, counts)| {
        let mut sheet = Sheet::default();
        for (field, kind) in FIELDS.iter().zip(kinds) {
            if let Some(kind) = kind {
                sheet = sheet.with(field, kind, "mail", ["a@example.jp"]);
            }
        }
        match counts {
            Some(counts) => sheet.with_counts("t", ["x", "y", "z"].into_iter().zip(counts)),
            None => sheet,
        }
    })
}

/// Kinds that a class may be given to: so that enough of what is drawn leaves.
fn fitting(class: Class) -> &'static [RecipientKind] {
    use RecipientKind as R;
    match class {
        Class::Selected | Class::Integrated => &[R::StateAgency, R::PoliceDefence, R::Carrier],
        Class::SelectedParty => &[R::StateAgency, R::PoliceDefence, R::Carrier, R::Party],
        Class::IntegratedControlled => &[R::StateAgency, R::ForeignGovernment, R::Contractor],
        Class::PublicNotice => &[R::Operator, R::Public, R::Supplier],
        _ => &[R::StateAgency, R::Reporter],
    }
}

/// Every condition about a recipient, by the party, for now.
fn granted(recipient: &Recipient) -> impl Iterator<Item = Condition> {
    let about = recipient.name.clone();
    let times = [NOW, NOW];
    ConditionKind::ALL.iter().map(move |kind| {
        let about = Some(about.clone());
        Condition::new(*kind, name("acme"), about, times, "x").unwrap()
    })
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let one = (
        select(RecipientKind::ALL),
        select(&NAMES[..]),
        prop::bool::weighted(0.1),
        prop::option::weighted(0.7, 0..12_usize),
    );
    let recipients = prop::collection::vec(one, 0..3);
    let conditions = prop::collection::vec(condition(), 0..12);
    let transforms = prop::collection::vec(transform(), 0..2);
    let parts = (select(&CLASSES[..]), sheet(), select(Tlp::ALL));
    let given = prop::bool::weighted(0.5);
    (parts, recipients, conditions, transforms, given).prop_map(
        |((class, sheet, tlp), recipients, mut conditions, transforms, given)| {
            let recipient = |(kind, who, tlp1_only, fit): (_, &str, _, Option<usize>)| {
                let kinds = fitting(class);
                let kind = fit.map_or(kind, |at| kinds[at % kinds.len()]);
                Recipient {
                    tlp1_only,
                    ..to(kind, who)
                }
            };
            let recipients: Vec<_> = recipients.into_iter().map(recipient).collect();
            if given {
                conditions.extend(recipients.iter().flat_map(granted));
            }
            let request = Request {
                conditions,
                transforms,
                ..request(recipients)
            };
            Drawn {
                class,
                sheet,
                tlp,
                request,
            }
        },
    )
}

/// Whether a condition of the kind about the recipient holds now; `by` is who has to have said it.
fn holds(request: &Request, kind: ConditionKind, recipient: &str, by: Option<&str>) -> bool {
    request.conditions.iter().any(|condition| {
        // The text has all but the withdrawal: kind, recipient, by, given, until.
        let text = condition.to_string();
        let part: Vec<&str> = text.split('/').collect();
        let time = |at: usize| part[at].parse::<Seconds>().unwrap();
        part[0] == kind.name()
            && part[1] == recipient
            && by.is_none_or(|by| part[2] == by)
            && (time(3)..=time(4)).contains(&NOW)
            && condition.holds(NOW).is_ok()
    })
}

/// What stands against a recipient by the words of the table; `None` where nothing does. Says too whether only the needed part may go.
fn against(drawn: &Drawn, recipient: &Recipient) -> (Option<&'static str>, bool) {
    let Drawn {
        class,
        request,
        tlp,
        ..
    } = drawn;
    let who = recipient.name.as_str();
    let column = RecipientKind::ALL
        .iter()
        .position(|kind| *kind == recipient.kind)
        .unwrap();
    let row = MATRIX.iter().find(|row| row.class == *class).unwrap();
    let owned = matches!(class, Class::SelectedParty | Class::OperatorReport) && who == "acme";
    let text = match column {
        0..9 => row.cells[column].text,
        9 if *class == Class::OperatorReport => "own",
        10 if *class == Class::SelectedParty => "own",
        _ => "–",
    };
    let need = |kind| holds(request, kind, who, None);
    let consent = holds(request, ConditionKind::PriorConsent, who, Some("acme"));
    let (let_go, minimised) = match text {
        "yes" | "yes → duty to endeavour 40(2)" => (true, false),
        "may be published" => (*tlp == Tlp::Clear, false),
        "if needed" => (need(ConditionKind::Need), false),
        "if protection adequate" => (need(ConditionKind::ProtectionAssessment), false),
        "+ consent" if recipient.kind == RecipientKind::Carrier => {
            (need(ConditionKind::ProtectionAssessment) && consent, false)
        }
        "+ prior party consent" | "+ consent" => (need(ConditionKind::Need) && consent, false),
        "needed part" => (true, true),
        "controlled" => (need(ConditionKind::ControlledHandling), false),
        "if equivalent protection" => (need(ConditionKind::EquivalentProtection), false),
        "yes + fix method" => (need(ConditionKind::FixMethod), false),
        "competent minister + PM; secrecy (8)" => (need(ConditionKind::CompetentMinister), false),
        "own" => (owned, false),
        _ => (false, false),
    };
    let readable = !(recipient.tlp1_only && *tlp == Tlp::AmberStrict);
    let loosest = if *class == Class::PublicNotice {
        Tlp::Clear
    } else {
        Tlp::AmberStrict
    };
    let why = match (let_go, readable, *tlp >= loosest) {
        (true, true, true) => None,
        _ => Some("the table, its conditions, or the marking"),
    };
    (why, minimised)
}

/// The kinds that a class may hold, by the words of the law: selected information only where it is that, reports only where they are that, and so on.
fn may_hold(class: Class, kind: FieldKind) -> bool {
    use FieldKind::{Party, Personal, Plain, Pseudonym, Report, Secret, Selected};
    match class {
        Class::Selected => matches!(kind, Plain | Pseudonym | Selected),
        Class::SelectedParty => matches!(kind, Plain | Pseudonym | Party | Selected),
        Class::Integrated => matches!(kind, Plain | Pseudonym | Party | Secret),
        Class::IntegratedControlled => matches!(kind, Plain | Pseudonym | Secret),
        Class::PublicNotice => kind == Plain,
        Class::OperatorReport => {
            matches!(kind, Plain | Pseudonym | Party | Personal | Secret | Report)
        }
        _ => false,
    }
}

/// Asks for what was drawn, and holds what came of it against what has to. Gives whether it left.
fn judge<C: Leaves>(product: &Classed<C, Sheet>, drawn: &Drawn) -> Result<bool, TestCaseError> {
    let request = &drawn.request;
    let judged: Vec<_> = request
        .recipients
        .iter()
        .map(|r| against(drawn, r))
        .collect();
    let result = ask(product, request, &key());
    let record = match &result {
        Ok(pending) => pending.record().clone(),
        Err(refusal) => refusal.record.clone(),
    };
    let body: Value = serde_json::from_slice(&record.body).unwrap();
    let said = Said::read(&record.body).unwrap();
    let minute = [NOW, Seconds(NOW.0 + 59)];
    prop_assert_eq!(
        said.judge(record.counters, minute),
        Ok(()),
        "what is entered breaks no rule"
    );
    let names: Vec<String> = request.recipients.iter().map(ToString::to_string).collect();
    prop_assert_eq!(&body["recipients"], &Value::from(names));
    prop_assert_eq!(&body["class_to"], drawn.class.name());
    prop_assert_eq!(record.counters[1], request.recipients.len() as u64);
    let pending = match result {
        Err(refusal) => {
            prop_assert_eq!(&body["outcome"], refusal.refused.code.name());
            prop_assert_eq!(record.counters[0], u64::from(refusal.refused.code.code()));
            return Ok(false);
        }
        Ok(pending) => pending,
    };
    prop_assert!(!judged.is_empty(), "it left for nobody");
    for (recipient, (why, minimised)) in request.recipients.iter().zip(&judged) {
        prop_assert_eq!(*why, None, "it left for {}", recipient);
        prop_assert!(!minimised || !request.transforms.is_empty());
    }
    prop_assert_eq!(&body["outcome"], "released");
    prop_assert_eq!(record.counters[0], 0);
    let content = pending.recorded(Recorded::at(1)).into_content();
    for Field { name, kind } in content.fields() {
        prop_assert!(may_hold(drawn.class, kind), "{} ({}) left", name, kind);
    }
    for transform in &request.transforms {
        let kind = |field: &String| {
            let fields = content.fields();
            fields.iter().find(|f| f.name == *field).map(|f| f.kind)
        };
        match transform {
            Transform::Remove(field) => prop_assert_eq!(kind(field), None),
            Transform::Pseudonymise(field) => {
                let values = content.values(field);
                prop_assert!(values.iter().all(|value| !value.contains('@')));
            }
            Transform::Aggregate(least) => {
                let small = content
                    .groups("t")
                    .into_iter()
                    .flat_map(|groups| groups.values());
                prop_assert!(small.into_iter().all(|cases| cases >= least));
            }
        }
    }
    let said = body["product_sha256"].as_str().unwrap();
    let hash = Sha256::digest(content.bytes());
    let digits = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    let read: Vec<u8> = said.as_bytes().chunks(2).map(digits).collect();
    prop_assert_eq!(read.as_slice(), &hash[..]);
    Ok(true)
}

/// Makes the product of a class. A class that is reached by steps starts from the sheet where the steps let it, and else from one without fields, onto which the
/// drawn fields are put afterwards: as a program would that does not know what it may hold.
fn take(drawn: &Drawn) -> Result<bool, TestCaseError> {
    let marking = Marking {
        tlp: drawn.tlp,
        pap: Pap::Red,
    };
    // The gate looks at the marking as well as `mark` does; where `mark` refuses, the strictest stays and the draw is of that.
    let (key, sheet) = (key(), drawn.sheet.clone());
    macro_rules! judged {
        ($product:expr) => {{
            let mut product = $product;
            let fits = product.mark(marking).is_ok();
            let tlp = if fits { drawn.tlp } else { Tlp::Red };
            let drawn = Drawn {
                tlp,
                ..drawn.clone()
            };
            judge(&product, &drawn)
        }};
    }
    let ready = || {
        let open = Classed::from_open_sources(Sheet::default());
        open.derive::<IntegratedProvision>(&plainly(&key, &[]))
            .unwrap()
    };
    let (records, make) = (looked_at(&["x"]), |_: Vec<&str>| sheet.clone());
    match drawn.class {
        Class::Selected => judged!(Classed::<Selected, Sheet>::looked_at(records, make)),
        Class::SelectedParty => {
            judged!(Classed::<SelectedParty, Sheet>::looked_at(
                name("acme"),
                records,
                make
            ))
        }
        Class::Integrated => judged!(Classed::from_open_sources(sheet)),
        Class::IntegratedControlled => {
            let empty = ready()
                .derive::<IntegratedControlled>(&plainly(&key, &[]))
                .unwrap();
            judged!(empty.map(|_| sheet))
        }
        Class::PublicNotice => {
            let empty = ready().derive::<PublicNotice>(&plainly(&key, &[])).unwrap();
            judged!(empty.map(|_| sheet))
        }
        _ => judged!(Classed::reported(name("acme"), sheet)),
    }
}

#[test]
fn nothing_leaves_that_the_table_refuses_and_nothing_without_its_entry() {
    let cases = 10_000;
    let mut runner = TestRunner::new(Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    });
    let left = Cell::new([0_u32; CLASSES.len()]);
    let tried = runner.run(&drawn(), |drawn| {
        let at = CLASSES
            .iter()
            .position(|class| *class == drawn.class)
            .unwrap();
        if take(&drawn)? {
            let mut counts = left.get();
            counts[at] += 1;
            left.set(counts);
        }
        Ok(())
    });
    tried.unwrap();
    // A gate that lets nothing go would pass all of the above.
    for (class, left) in CLASSES.iter().zip(left.get()) {
        assert!(left > 20, "{left} of {class} left in {cases} draws");
    }
}

#[test]
fn nothing_is_refused_that_the_table_lets_go() {
    // The other side: a plain product without transforms is refused exactly where something stands against it.
    let mut runner = TestRunner::new(Config {
        cases: 2_000,
        failure_persistence: None,
        ..Config::default()
    });
    let run = runner.run(&drawn(), |mut drawn| {
        drawn.sheet = Sheet::plain("x");
        drawn.request.transforms.clear();
        drawn.tlp = match drawn.class {
            Class::PublicNotice => drawn.tlp,
            _ => drawn.tlp.max(Tlp::AmberStrict),
        };
        let recipients = &drawn.request.recipients;
        let twice = recipients.len() == 2
            && (recipients[0].kind, &recipients[0].name)
                == (recipients[1].kind, &recipients[1].name);
        let free = recipients
            .iter()
            .all(|r| against(&drawn, r) == (None, false));
        let expected = !recipients.is_empty() && !twice && free;
        prop_assert_eq!(take(&drawn)?, expected);
        Ok(())
    });
    run.unwrap();
}
