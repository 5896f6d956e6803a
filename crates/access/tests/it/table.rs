//! The role by act table, written out, and the pairs of roles. In: the policy. Out: every cell held against it. Never: a cell that is not asked.

use crate::house::{House, NOW, after, who};
use sakimori_access::{Act, Class, Ministry, Object, Reason, Role, Side};
use sakimori_store::{Case, Change, Clearance, Member};

/// `x`: allowed; `.`: refused for want of a role. For acts that show data the person is cleared and in the case; everybody is of the ministry whose operators are named.
/// Columns: requester, legal-officer, analyst, supervisor, chair, member, inspector, secretariat, operator-user, responder, auditor, administrator, ministry-officer.
const TABLE: &str = "
                   req leg ana sup cha mem ins sec ope res aud adm min
read-request        x   x   .   x   x   x   x   x   .   .   x   .   .
draft-request       x   x   .   .   .   .   .   .   .   .   .   .   .
submit-request      x   .   .   .   .   .   .   .   .   .   .   .   .
ask                 .   .   .   .   x   x   .   x   .   .   .   .   .
answer              x   x   .   .   .   .   .   .   .   .   .   .   .
sign-decision       .   .   .   .   x   x   .   .   .   .   .   .   .
sign-agreement      .   .   .   x   .   .   .   .   x   .   .   .   .
sign-schedule       .   .   .   x   x   x   .   .   .   .   .   .   .
suspend             .   .   .   x   x   x   .   .   x   .   .   .   .
resume              .   .   .   x   x   x   .   .   x   .   .   .   .
invoke-urgent       x   x   .   x   .   .   .   .   .   .   .   .   .
see-selected        .   .   x   .   .   .   x   .   .   .   .   .   .
query               .   .   x   .   .   .   .   .   .   .   .   .   .
read-findings       .   .   x   x   .   .   x   .   .   x   .   .   .
export              .   .   x   .   .   .   .   .   .   .   .   .   .
reidentify          .   .   x   .   .   .   .   .   .   .   .   .   .
respond             .   .   .   .   .   .   .   .   .   x   .   .   .
purge               .   .   .   x   .   .   .   .   .   .   .   .   .
delete              .   .   .   x   .   .   .   .   .   .   .   .   .
inspect             .   .   .   .   .   .   x   .   .   .   .   .   .
challenge           .   .   .   .   .   .   x   x   .   .   .   .   .
notice              .   .   .   .   x   .   .   x   .   .   .   .   .
demand              .   .   .   .   x   .   .   .   .   .   .   .   .
recommend           .   .   .   .   x   .   .   x   .   .   .   .   .
reply               .   x   .   x   .   .   .   .   .   .   .   .   .
report              .   .   .   .   x   .   .   x   .   .   .   .   .
read-misuse         .   .   .   .   .   .   x   .   .   .   x   .   .
manage-cases        .   .   .   x   .   .   x   .   .   .   .   .   .
grant-clearance     .   x   .   x   x   .   .   x   .   .   .   .   .
manage-people       .   .   .   .   .   .   .   .   .   .   .   x   .
manage-machines     .   .   .   .   .   .   .   .   .   .   .   x   .
manage-node         .   .   .   .   .   .   .   .   .   .   .   x   .
read-audit          .   .   .   .   .   .   x   .   .   .   x   x   .
read-log            x   x   .   x   x   x   x   x   .   .   x   .   .
read-metrics        .   .   .   .   .   .   .   .   .   .   x   x   .
relay-notes         .   .   .   .   .   .   .   .   .   .   .   .   .
coordinate-weakness .   .   x   x   .   .   .   .   .   .   .   .   .
release-weakness    .   .   .   x   .   .   .   .   .   .   .   .   .
see-affected        .   .   .   .   .   .   .   .   .   .   .   .   x
release-product     .   .   .   x   .   .   .   .   .   .   .   .   .
file-report         .   .   .   .   .   .   .   .   x   .   .   .   .
handle-report       .   x   x   x   .   .   .   .   .   .   .   .   .
read-products       .   .   .   .   .   .   .   .   x   .   .   .   .
read-shared         .   .   .   .   .   .   .   .   .   .   .   .   .
write-shared        .   .   .   .   .   .   .   .   .   .   .   .   .
";

/// The table as cells; every act and every role stands in it once and in order.
fn cells() -> Vec<(Act, Role, bool)> {
    let mut lines = TABLE.lines().filter(|line| !line.trim().is_empty());
    let heads: Vec<&str> = lines.next().unwrap().split_whitespace().collect();
    for (head, role) in heads.iter().zip(Role::ALL) {
        assert!(role.word().starts_with(head), "{head}");
    }
    assert_eq!(heads.len(), Role::ALL.len());
    let mut acts = Vec::new();
    let mut cells = Vec::new();
    for line in lines {
        let mut words = line.split_whitespace();
        let act: Act = words.next().unwrap().parse().unwrap();
        acts.push(act);
        let row: Vec<&str> = words.collect();
        assert_eq!(row.len(), Role::ALL.len(), "{line}");
        for (cell, role) in row.iter().zip(Role::ALL) {
            assert!(["x", "."].contains(cell), "{line}");
            cells.push((act, *role, *cell == "x"));
        }
    }
    assert_eq!(acts, Act::ALL);
    cells
}

/// Makes a person cleared for selected information and a member of a case.
async fn clear(house: &House, person: &str) {
    house
        .store
        .apply(&[
            Change::AddClearance(Clearance {
                id: format!("clear-{person}"),
                person: person.to_owned(),
                classes: vec![Class::Selected.word().to_owned()],
                first_by: "x".to_owned(),
                first_at: NOW.0,
                second_by: Some("y".to_owned()),
                second_at: Some(NOW.0),
                until: after(1000).0,
                ended: None,
            }),
            Change::AddMember(Member {
                case: "case-1".to_owned(),
                person: person.to_owned(),
                by: "x".to_owned(),
                added: NOW.0,
                removed: None,
            }),
        ])
        .await
        .unwrap();
}

async fn open_case(house: &House) {
    let case = Change::OpenCase(Case {
        id: "case-1".to_owned(),
        title: "a case".to_owned(),
        opened: NOW.0,
        opened_by: "x".to_owned(),
        closed: None,
    });
    house.store.apply(&[case]).await.unwrap();
}

#[tokio::test]
async fn every_cell_of_role_by_act_is_as_the_table_says() {
    let house = House::of(Side::Office).await;
    open_case(&house).await;
    for role in Role::ALL {
        house.put(role.word(), &[*role]).await;
        clear(&house, role.word()).await;
    }
    let data = Object {
        ministry: Some(Ministry::Meti),
        ..Object::data(Class::Selected, "case-1")
    };
    let mut allowed = 0;
    for (act, role, expected) in cells() {
        let decision = house
            .access
            .may(&who(role.word()), act, &data, NOW)
            .await
            .unwrap();
        assert_eq!(decision.allow, expected, "{role} {act}: {decision}");
        let reasons = if expected {
            vec![]
        } else {
            vec![Reason::NoRole]
        };
        assert_eq!(decision.reasons, reasons, "{role} {act}");
        allowed += u32::from(expected);
    }
    assert_eq!(cells().len(), 45 * 13);
    assert_eq!(allowed, 92);
}

#[test]
fn the_page_shows_this_table() {
    let page = include_str!("../../../../docs/reference/access.md");
    assert!(
        page.contains(TABLE),
        "docs/reference/access.md has another table"
    );
}

#[tokio::test]
async fn who_has_no_role_or_is_nobody_may_nothing() {
    let house = House::of(Side::Office).await;
    open_case(&house).await;
    house.put("nothing", &[]).await;
    clear(&house, "nothing").await;
    let data = Object {
        ministry: Some(Ministry::Meti),
        ..Object::data(Class::Selected, "case-1")
    };
    for act in Act::ALL {
        for (person, reason) in [("nothing", Reason::NoRole), ("nobody", Reason::NoAccount)] {
            let decision = house.access.may(&who(person), *act, &data, NOW).await;
            let decision = decision.unwrap();
            assert!(!decision.allow);
            assert_eq!(decision.reasons, [reason], "{person} {act}");
        }
    }
}

/// Every pair that one person may hold.
const TOGETHER: [[&str; 2]; 3] = [
    ["requester", "analyst"],
    ["analyst", "responder"],
    ["inspector", "secretariat"],
];

#[test]
fn roles_exclude_each_other_but_for_three_pairs() {
    for one in Role::ALL {
        for other in Role::ALL {
            let pair = [one.word(), other.word()];
            let reversed = [other.word(), one.word()];
            let together = one == other || TOGETHER.contains(&pair) || TOGETHER.contains(&reversed);
            assert_eq!(one.excludes(*other), !together, "{one} {other}");
        }
    }
    // What separation is about, said once more in the words of the law.
    assert!(Role::Requester.excludes(Role::Member) && Role::Requester.excludes(Role::Chair));
    for role in Role::ALL
        .iter()
        .filter(|role| **role != Role::Administrator)
    {
        assert!(role.excludes(Role::Administrator), "{role}");
    }
    for office in Role::ALL.iter().filter(|role| role.is_of(Side::Office)) {
        for commission in Role::ALL.iter().filter(|role| role.is_of(Side::Commission)) {
            let both = [Role::Auditor, Role::Administrator];
            let same = office == commission && both.contains(office);
            assert!(
                same || office.excludes(*commission),
                "{office} {commission}"
            );
        }
    }
}

#[test]
fn words_read_back_and_others_are_refused() {
    for role in Role::ALL {
        assert_eq!(role.word().parse(), Ok(*role));
    }
    for act in Act::ALL {
        assert_eq!(act.word().parse(), Ok(*act));
    }
    for class in Class::ALL {
        assert_eq!(class.word().parse(), Ok(*class));
    }
    for ministry in Ministry::ALL {
        assert_eq!(ministry.word().parse(), Ok(*ministry));
    }
    assert_eq!(Class::ALL.len(), 9);
    for word in ["", "Chair", "chair ", "root", "querý"] {
        assert!(word.parse::<Role>().is_err() && word.parse::<Act>().is_err());
        assert!(word.parse::<Ministry>().is_err());
    }
    let long = "a".repeat(1 << 20).parse::<Role>().unwrap_err();
    assert!(long.to_string().len() < 200);
}
