use super::*;

const WHITE: &str = "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9";
const RED: &str = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed";

/// Sees what is marked white, and nothing that it does not know.
struct White;

impl Sight for White {
    fn sees(&self, marking: &str) -> bool {
        marking == WHITE
    }
}

fn outsider() -> Caller<'static> {
    Caller {
        name: "o",
        rights: BOTH,
        sight: &White,
    }
}

fn marked(marking: &str) -> String {
    format!(r#","object_marking_refs":["{marking}"]"#)
}

fn refers(number: u32) -> String {
    format!(r#","x_other_ref":"malware--{number:08x}-17d4-4cbf-938f-98ee46b3cd3f""#)
}

/// Numbers of the objects that the outsider sees.
fn seen(store: &Memory, query: &str) -> Vec<u32> {
    let answer = objects(store, &outsider(), &asked(query)).unwrap();
    let numbers = listed(&answer);
    let number = |text: &String| u32::from_str_radix(text.get(9..17).unwrap(), 16).unwrap();
    numbers.iter().map(number).collect()
}

#[test]
fn what_a_caller_may_not_see_is_in_no_page_count_or_header() {
    let mut store = Memory::new();
    let granular =
        format!(r#","granular_markings":[{{"selectors":["name"],"marking_ref":"{RED}"}}]"#);
    let unknown = marked("marking-definition--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f");
    fill(
        &mut store,
        1,
        &[thing(1, 0, "2.1", &marked(WHITE)), thing(2, 0, "2.1", "")],
    );
    fill(
        &mut store,
        5,
        &[
            thing(3, 0, "2.1", &marked(RED)),
            thing(4, 0, "2.1", &granular),
            thing(5, 0, "2.1", &unknown),
        ],
    );
    assert_eq!(seen(&store, ""), [1, 2]);
    let page = objects(&store, &outsider(), &asked("limit=2")).unwrap();
    assert!(json(&page).get("more").is_none());
    assert_eq!(
        header(&page, "X-TAXII-Date-Added-Last"),
        Some("1970-01-01T00:00:00.000002Z")
    );
    let hidden = "malware--00000003-17d4-4cbf-938f-98ee46b3cd3f";
    for answer in [
        object(&store, &outsider(), &asked(""), hidden),
        versions(&store, &outsider(), &asked(""), hidden),
        remove(&mut store.clone(), &outsider(), C, "", hidden, 9),
    ] {
        assert_eq!(answer.unwrap_err().status, 404);
    }
    assert!(object(&store, &caller(), &asked(""), hidden).is_ok());
    // A newer version that is hidden leaves the older one the last for this caller, as it was.
    fill(&mut store, 9, &[thing(1, 5, "2.1", &marked(RED))]);
    let listed = listed(&objects(&store, &outsider(), &asked("match[version]=last")).unwrap());
    assert!(listed[0].ends_with("00:00:00.000Z"));
}

#[test]
fn what_leads_to_something_hidden_is_withheld() {
    let mut store = Memory::new();
    fill(
        &mut store,
        1,
        &[
            thing(1, 0, "2.1", &refers(2)),
            thing(2, 0, "2.1", &refers(3)),
            thing(3, 0, "2.1", &marked(RED)),
            // Two that refer to each other, and one that refers to what is not here.
            thing(4, 0, "2.1", &refers(5)),
            thing(5, 0, "2.1", &refers(4)),
            thing(6, 0, "2.1", &refers(99)),
            // A circle with a way out to what is hidden.
            thing(7, 0, "2.1", &refers(8)),
            thing(
                8,
                0,
                "2.1",
                &format!(
                    r#"{},"x_refs":["malware--00000003-17d4-4cbf-938f-98ee46b3cd3f"]"#,
                    refers(7)
                ),
            ),
        ],
    );
    assert_eq!(seen(&store, ""), [4, 5, 6]);
    assert_eq!(seen(&store, "limit=3"), [4, 5, 6]);
    let page = objects(&store, &outsider(), &asked("limit=3")).unwrap();
    assert!(json(&page).get("more").is_none());
}

/// Puts objects into another collection.
fn beside(store: &mut Memory, collection: &str, objects: &[String]) {
    let body = format!(r#"{{"objects":[{}]}}"#, objects.join(","));
    let mut post = Post::begin(&caller(), body.as_bytes()).unwrap();
    while !post.step(store, collection, 1, 1000).unwrap() {}
    assert_eq!(post.status("s", 0).failures, []);
}

#[test]
fn what_leads_to_something_hidden_in_another_collection_is_withheld() {
    let [second, third] = [
        "52892447-4d7e-4f70-b94d-d7f22742ff63",
        "64993447-4d7e-4f70-b94d-d7f33742ee63",
    ];
    let mut store = Memory::new();
    fill(
        &mut store,
        1,
        &[
            // To what is hidden there, over what is seen there, to what is seen, to what is nowhere.
            thing(1, 0, "2.1", &refers(10)),
            thing(2, 0, "2.1", &refers(11)),
            thing(3, 0, "2.1", &refers(12)),
            thing(4, 0, "2.1", &refers(99)),
            // What is seen here may be hidden elsewhere: its id is no news.
            thing(5, 0, "2.1", &refers(6)),
            thing(6, 0, "2.1", ""),
            // Hidden in one other collection, and shown in another.
            thing(7, 0, "2.1", &refers(13)),
            thing(8, 0, "2.1", &refers(14)),
        ],
    );
    let hides = [
        thing(10, 0, "2.1", &marked(RED)),
        thing(11, 0, "2.1", &refers(10)),
        thing(12, 0, "2.1", &marked(WHITE)),
        thing(6, 0, "2.1", &marked(RED)),
        thing(13, 0, "2.1", &marked(RED)),
        // One version is seen there and the other is not.
        thing(14, 0, "2.1", ""),
        thing(14, 5, "2.1", &marked(RED)),
    ];
    beside(&mut store, second, &hides);
    beside(&mut store, third, &[thing(13, 0, "2.1", "")]);
    assert_eq!(seen(&store, ""), [3, 4, 5, 6, 7]);
    for number in [1, 2, 8] {
        let id = format!("malware--{number:08x}-17d4-4cbf-938f-98ee46b3cd3f");
        let refused = object(&store, &outsider(), &asked(""), &id).unwrap_err();
        assert_eq!(refused.status, 404, "{number}");
    }
}

#[test]
fn a_page_behind_many_hidden_objects_is_found() {
    let mut store = Memory::new();
    let hidden: Vec<String> = (10..800)
        .map(|n| thing(n, 0, "2.1", &marked(RED)))
        .collect();
    fill(&mut store, 1, &[thing(1, 0, "2.1", "")]);
    fill(&mut store, 1, &hidden);
    fill(&mut store, 1, &[thing(2, 0, "2.1", "")]);
    assert_eq!(seen(&store, "limit=2"), [1, 2]);
    let first = objects(&store, &outsider(), &asked("limit=1")).unwrap();
    assert_eq!(json(&first)["more"], true);
}
