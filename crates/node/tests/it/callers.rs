//! Who is told what: every GET route of every role's document, asked by every kind of caller, of a nation whose papers carry marked strings. In: the documents of the interface, callers.
//! Out: verdicts; the table `docs/reference/callers.md`, anew with `SAKIMORI_BLESS`. Never: an expectation that is taken from the code that is asked.

pub(crate) mod house;

use crate::nation::{Caller, options};
use crate::report::Operator;
use house::{House, OPERATORS};
use sakimori_access::Access;
use sakimori_cooperate::trigger::Questions;
use sakimori_liaison::report::Draft;
use sakimori_node::{Role, api, with_access};
use sakimori_store::{Change, Paper};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Who may be told what is marked, by the kind of the paper: written from the tables of `docs/reference/access.md` and `classes.md` (art. 8, 38 to 42, 45), by hand.
const OFFICERS: [(&str, &[&str]); 18] = [
    ("registration", &["legal-officer", "analyst", "supervisor"]),
    ("material", &["legal-officer", "analyst", "supervisor"]),
    ("report", &["legal-officer", "analyst", "supervisor"]),
    ("file", &["legal-officer", "analyst", "supervisor"]),
    ("ticket", &["legal-officer", "analyst", "supervisor"]),
    ("guidance", &["legal-officer", "analyst", "supervisor"]),
    ("order", &["legal-officer", "analyst", "supervisor"]),
    ("notice", &["legal-officer", "analyst", "supervisor"]),
    ("alert", &["legal-officer", "analyst", "supervisor"]),
    ("submission", &["legal-officer", "analyst", "supervisor"]),
    ("council-copy", &["legal-officer", "analyst", "supervisor"]),
    ("product", &["supervisor"]),
    // By name for the competent ministry alone, and no schedule here says whose the sector is.
    ("match", &[]),
    // What a stranger reported stands behind the link that it was given.
    ("weakness", &[]),
    ("draft", &["requester"]),
    (
        "measure",
        &[
            "requester",
            "legal-officer",
            "supervisor",
            "responder",
            "auditor",
            "machine-request",
        ],
    ),
    (
        "complaint",
        &[
            "requester",
            "legal-officer",
            "supervisor",
            "responder",
            "auditor",
            "machine-request",
        ],
    ),
    (
        "request",
        &[
            "requester",
            "legal-officer",
            "supervisor",
            "auditor",
            "machine-request",
        ],
    ),
];

/// What an operator is told of its own: by its node, and by a machine of it that may file.
const OWN: [&str; 13] = [
    "registration",
    "material",
    "report",
    "file",
    "ticket",
    "guidance",
    "order",
    "notice",
    "alert",
    "submission",
    "council-copy",
    "product",
    "match",
];

/// What a machine of an operator that may file is not told: products are for nodes.
const NODES_ALONE: [&str; 1] = ["product"];

type Mark = (String, String);
/// Route and caller to the status and the marks of all answers.
type Told = BTreeMap<(String, &'static str), (BTreeSet<u16>, BTreeSet<Mark>)>;

fn marks(text: &str) -> BTreeSet<Mark> {
    let mut found = BTreeSet::new();
    for part in text.split("qz-").skip(1) {
        let Some((words, _)) = part.split_once("-qz") else {
            continue;
        };
        if let Some((owner, kind)) = words.split_once('-') {
            found.insert((owner.to_owned(), kind.to_owned()));
        }
    }
    found
}

/// Every GET route of a role's document.
fn routes(role: Role) -> Vec<String> {
    let document: Value = serde_json::from_str(&api::document(role)).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let mut all: Vec<String> = paths
        .iter()
        .filter(|(_, acts)| acts.get("get").is_some())
        .map(|(path, _)| path.clone())
        .collect();
    all.sort();
    all
}

/// The route with every value in each of its places; a place of a name that is not known is tried with one of each kind.
fn filled(route: &str, places: &BTreeMap<&'static str, Vec<String>>) -> Vec<String> {
    let mut all = vec![String::new()];
    for part in route.split('/').skip(1) {
        let name = part.strip_prefix('{').and_then(|p| p.strip_suffix('}'));
        let values = match name {
            None => vec![part.to_owned()],
            Some(name) => places.get(name).cloned().unwrap_or_else(|| {
                let every = places.values().filter_map(|values| values.last());
                every.cloned().collect()
            }),
        };
        let longer = |head: &String| {
            values
                .iter()
                .map(move |value| format!("{head}/{value}"))
                .collect::<Vec<_>>()
        };
        all = all.iter().flat_map(longer).collect();
    }
    if route == "/v1/findings" {
        all = vec![format!("{route}?case=case-1")];
    }
    all
}

fn asked(
    role: Role,
    callers: &BTreeMap<&'static str, Caller>,
    places: &BTreeMap<&'static str, Vec<String>>,
) -> Told {
    let mut told = Told::new();
    for route in routes(role) {
        for path in filled(&route, places) {
            for (caller, by) in callers {
                let said = by.get(&path);
                let place = told.entry((route.clone(), *caller)).or_default();
                place.0.insert(said.status);
                place.1.extend(marks(&said.text()));
            }
        }
    }
    told
}

/// What each caller was told at all.
fn by_caller(told: &Told) -> BTreeMap<&'static str, BTreeSet<Mark>> {
    let mut all: BTreeMap<&'static str, BTreeSet<Mark>> = BTreeMap::new();
    for ((_, caller), (_, marks)) in told {
        all.entry(caller).or_default().extend(marks.iter().cloned());
    }
    all
}

/// A table of routes and callers: `-` refused, `.` nothing that was marked, `o` marks of one owner, `a` of several.
fn table(page: &mut String, title: &str, told: &Told, columns: &[&str]) {
    let routes: BTreeSet<&String> = told.keys().map(|(route, _)| route).collect();
    let width = routes
        .iter()
        .map(|route| route.len())
        .max()
        .unwrap_or_default();
    let names: Vec<String> = columns
        .iter()
        .enumerate()
        .map(|(at, name)| format!("{} {name}", letter(at)))
        .collect();
    let head = |at| format!(" {}", letter(at));
    let heads = (0..columns.len()).map(head).collect::<Vec<_>>().concat();
    writeln!(
        page,
        "\n## {title}\n\nColumns: {}.\n\n```\n{:width$}{heads}",
        names.join(", "),
        ""
    )
    .unwrap();
    for route in routes {
        let cells = columns
            .iter()
            .map(|caller| {
                let Some((_, (statuses, marks))) = told
                    .iter()
                    .find(|((of, who), _)| of == route && who == caller)
                else {
                    return "  ".to_owned();
                };
                let owners: BTreeSet<&String> = marks.iter().map(|(owner, _)| owner).collect();
                let refused = statuses.iter().all(|status| [401, 403].contains(status));
                format!(
                    " {}",
                    match owners.len() {
                        0 if refused => '-',
                        0 => '.',
                        1 => 'o',
                        _ => 'a',
                    }
                )
            })
            .collect::<Vec<_>>()
            .concat();
        writeln!(page, "{route:width$}{cells}").unwrap();
    }
    page.push_str("```\n");
}

fn letter(at: usize) -> char {
    char::from(b'A' + at as u8)
}

const AT_OFFICE: [&str; 21] = [
    "requester",
    "legal-officer",
    "analyst",
    "supervisor",
    "responder",
    "auditor",
    "administrator",
    "ministry-officer",
    "no-role",
    "node-a",
    "node-b",
    "node-c",
    "other-node",
    "machine-a",
    "machine-b",
    "machine-log",
    "machine-metrics",
    "machine-request",
    "machine-relay",
    "machine-shared",
    "nobody",
];
const AT_COMMISSION: [&str; 7] = [
    "chair",
    "member",
    "secretariat",
    "inspector",
    "administrator",
    "no-role",
    "nobody",
];
const AT_OPERATOR: [&str; 4] = ["operator-user", "administrator", "no-role", "nobody"];

#[test]
fn nobody_is_told_what_is_for_others_over_any_route_of_any_node() {
    let house = House::open();
    assert_eq!(
        house.callers.keys().copied().collect::<BTreeSet<_>>(),
        AT_OFFICE.into(),
        "callers"
    );
    let at_office = asked(Role::Office, &house.callers, &house.places);
    for (caller, got) in by_caller(&at_office) {
        assert_eq!(got, expected(caller), "{caller} at the office");
    }
    let commission = at_commission(&house);
    for (caller, got) in by_caller(&commission) {
        let reads = ["chair", "member", "secretariat", "inspector"].contains(&caller);
        let request = ("office".to_owned(), "request".to_owned());
        let may = reads
            .then_some(request)
            .into_iter()
            .collect::<BTreeSet<_>>();
        assert_eq!(got, may, "{caller} at the commission");
    }
    let operator = at_operator(&house);
    for (caller, got) in by_caller(&operator) {
        let own = [
            "alert",
            "registration",
            "council-copy",
            "guidance",
            "match",
            "material",
            "report",
            "submission",
        ];
        let own = own.map(|kind| ("borea".to_owned(), kind.to_owned()));
        let mut may = BTreeSet::from(own);
        may.insert(("2".to_owned(), "product".to_owned()));
        if caller != "operator-user" {
            may.clear();
        }
        assert_eq!(got, may, "{caller} at the node of an operator");
    }
    let mut page = HEAD.to_owned();
    table(&mut page, "The office's node", &at_office, &AT_OFFICE);
    table(
        &mut page,
        "The commission's node",
        &commission,
        &AT_COMMISSION,
    );
    table(&mut page, "An operator's node", &operator, &AT_OPERATOR);
    crate::documents::check("callers.md", &page);
}

const HEAD: &str = "# Who is told what\n\nEvery GET route of the three documents of the interface, asked by every kind of caller, of a nation in which each operator's papers carry strings of their own: `-` refused, `.` answered without any of these strings, `o` with those of one owner, `a` with those of several. \
An operator's node and machine never have `a`. Generated by a test that holds every string that came to a list, written by hand, of who may be told it; `SAKIMORI_BLESS=1 cargo test -p sakimori-node --test it callers` writes it anew.\n";

/// What the lists say of a caller at the office's node.
fn expected(caller: &str) -> BTreeSet<Mark> {
    let mut all = BTreeSet::new();
    for (kind, officers) in OFFICERS {
        let owners: &[&str] = match kind {
            "weakness" | "draft" | "request" | "measure" | "complaint" => &["office"],
            "council-copy" => &["borea"],
            "product" => &["2"],
            _ => &OPERATORS,
        };
        let of = |owner: &str| {
            let own = OWN.contains(&kind)
                && match caller {
                    "node-a" => owner == "acme",
                    "node-b" => owner == "borea" || kind == "product",
                    "machine-a" => owner == "acme" && !NODES_ALONE.contains(&kind),
                    "machine-b" => owner == "borea" && !NODES_ALONE.contains(&kind),
                    _ => false,
                };
            own || officers.contains(&caller)
        };
        let may = owners.iter().filter(|owner| of(owner));
        all.extend(may.map(|owner| ((*owner).to_owned(), kind.to_owned())));
    }
    all
}

fn at_commission(house: &House) -> Told {
    let people = [
        ("chair", "m1"),
        ("member", "m2"),
        ("secretariat", "clerk"),
        ("inspector", "i1"),
        ("administrator", "admin"),
        ("no-role", "a1"),
    ];
    let person = |(column, id)| (column, house.nation.person(Role::Commission, id));
    let mut callers: BTreeMap<&'static str, Caller> = people.map(person).into();
    callers.insert("nobody", house.nation.stranger(Role::Commission));
    asked(Role::Commission, &callers, &house.places)
}

/// The second operator's node: a draft and guidance in its own store, all else at the office.
fn at_operator(house: &House) -> Told {
    let nation = &house.nation;
    let guidance = house.by("node-b").get("/v1/guidance").json()["guidance"][0].clone();
    let operator = Operator::new(nation, "borea");
    operator.told_where_the_office_is(nation);
    let draft = Draft {
        trigger: Questions::default(),
        document: house::document("borea", "own-c", nation.host.seconds()),
    };
    let paper = |kind: &str, id: &str, state: &str, body: String| {
        Change::AddPaper(Paper {
            kind: kind.to_owned(),
            owner: "borea".to_owned(),
            id: id.to_owned(),
            version: 1,
            state: state.to_owned(),
            due: None,
            at: nation.host.seconds().0,
            by: "party".to_owned(),
            body,
        })
    };
    let changes = [
        Change::Set {
            key: "report.operator".to_owned(),
            value: "borea".to_owned(),
        },
        paper(
            "report-draft",
            "own-c",
            "draft",
            serde_json::to_string(&draft).unwrap(),
        ),
        paper("guidance", "g-borea", "open", guidance.to_string()),
    ];
    let enter = async |access: &Access| access.store().apply(&changes).await.unwrap();
    let at = options(Role::Operator, &operator.folder);
    with_access(&at, &nation.host, enter).unwrap();
    let (own, address) = (
        operator.folder.join("operator"),
        operator.running.as_ref().unwrap().address.to_string(),
    );
    let mut callers = BTreeMap::from([("nobody", Caller::stranger(&own, &address))]);
    for (column, id) in [
        ("operator-user", "party"),
        ("administrator", "admin"),
        ("no-role", "a1"),
    ] {
        let mut person = Caller::stranger(&own, &address);
        person.sign_in(Role::Operator, id);
        callers.insert(column, person);
    }
    let places = BTreeMap::from([
        (
            "case",
            vec![
                "own-c".to_owned(),
                "acme-c".to_owned(),
                "borea-c".to_owned(),
            ],
        ),
        ("sha256", house.places["sha256"].clone()),
    ]);
    asked(Role::Operator, &callers, &places)
}
