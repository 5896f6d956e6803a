//! Drawn scripts: posts, removals and questions, one after the other, to the model in memory and to the store. In: a seed. Out: nothing, or the first answer that differs.
//! Never: an answer that is compared in part.

use super::{BOTH, C, Place, asked, caller, json, thing};
use sakimori_exchange::taxii::memory::Memory;
use sakimori_exchange::taxii::{
    Answer, Asked, Caller, Post, SeesAll, Sight, Store, TaxiiError, manifest, object, objects,
    remove, versions,
};
use sakimori_store::RemovedObject;
use std::fmt::Write;

/// How many scripts are played on each engine.
const SCRIPTS: &str = "SAKIMORI_TAXII_SCRIPTS";
const USUAL: u64 = 25;

/// Another collection.
const OTHER: &str = "52892447-4d7e-4f70-b94d-d7f22742ff63";
const WHITE: &str = "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9";
const GREEN: &str = "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da";
const RED: &str = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed";

/// Sees some markings and no others.
struct Only(&'static [&'static str]);

impl Sight for Only {
    fn sees(&self, marking: &str) -> bool {
        self.0.contains(&marking)
    }
}

const SIGHTS: [&dyn Sight; 4] = [
    &SeesAll,
    &Only(&[WHITE]),
    &Only(&[WHITE, GREEN]),
    &Only(&[WHITE, GREEN, RED]),
];

/// Numbers that follow from a seed (Knuth's constants for a linear congruential generator).
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn of<T: Copy>(&mut self, list: &[T]) -> T {
        let at = self.below(list.len() as u64);
        list[usize::try_from(at).unwrap()]
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    fn id(&mut self) -> String {
        format!(
            "malware--{:08x}-17d4-4cbf-938f-98ee46b3cd3f",
            self.below(12)
        )
    }

    fn object(&mut self) -> String {
        if self.one_in(6) {
            // An observable has no version of its own.
            let number = self.below(4);
            return format!(
                r#"{{"type":"url","id":"url--{number:08x}-17d4-5cbf-938f-98ee46b3cd3f","spec_version":"2.1","value":"http://{}.example/"}}"#,
                self.of(&["a", "b"])
            );
        }
        let mut more = String::new();
        if self.one_in(2) {
            let marking = self.of(&[WHITE, GREEN, RED]);
            write!(more, r#","object_marking_refs":["{marking}"]"#).unwrap();
        }
        if self.one_in(5) {
            write!(
                more,
                r#","granular_markings":[{{"selectors":["name"],"marking_ref":"{GREEN}"}}]"#
            )
            .unwrap();
        }
        if self.one_in(3) {
            write!(more, r#","x_other_ref":"{}""#, self.id()).unwrap();
        }
        if self.one_in(8) {
            // The same version, and another content.
            write!(more, r#","description":"{}""#, self.below(2)).unwrap();
        }
        let (number, second) = (self.below(12), self.below(5));
        let spec = self.of(&["2.0", "2.1", "2.1"]);
        let mut text = thing(number, second, spec, &more);
        if self.one_in(12) {
            text = text
                .replace("malware", "tool")
                .replace(r#","is_family":false"#, "");
        }
        if self.one_in(12) {
            // The same moment in another form.
            text = text.replace(".000Z\",\"name", ".00000Z\",\"name");
        }
        text
    }

    fn query(&mut self, of_objects: bool) -> String {
        let mut query = format!("limit={}", 1 + self.below(9));
        if self.one_in(2) {
            let version = self.of(&[
                "all",
                "first",
                "last",
                "first,last",
                "2016-01-01T00:00:02.0Z",
                "2016-01-01T00:00:01Z,last",
            ]);
            write!(query, "&match[version]={version}").unwrap();
        }
        if self.one_in(2) {
            let spec = self.of(&["2.0", "2.1", "2.0,2.1", "3.0"]);
            write!(query, "&match[spec_version]={spec}").unwrap();
        }
        if self.one_in(3) {
            write!(
                query,
                "&added_after=1970-01-01T00:00:00.{:06}Z",
                self.below(80)
            )
            .unwrap();
        }
        if of_objects && self.one_in(4) {
            let kind = self.of(&["malware", "url", "url,tool", "none", "tool,malware,url"]);
            write!(query, "&match[type]={kind}").unwrap();
        }
        if of_objects && self.one_in(4) {
            let (one, other) = (self.id(), self.id());
            write!(query, "&match[id]={one},{other},%00").unwrap();
        }
        query
    }
}

type Told = Result<Answer, TaxiiError>;

/// Every page of an answer, to its end.
fn walk(query: &str, page: impl Fn(&Asked<'_>) -> Told) -> Vec<Told> {
    let mut out = Vec::new();
    let mut next = String::new();
    loop {
        let full = format!("{query}{next}");
        let answer = page(&asked(&full));
        let token = answer.as_ref().ok().map(json);
        let token = token.and_then(|body| body["next"].as_str().map(str::to_owned));
        out.push(answer);
        match token {
            Some(token) => next = format!("&next={token}"),
            None => return out,
        }
    }
}

/// One question, drawn; all of its pages.
fn ask(store: &dyn Store, draw: &mut Draw) -> (String, Vec<Told>) {
    let sight = draw.of(&SIGHTS);
    let caller = caller(sight);
    match draw.below(4) {
        0 => {
            let query = draw.query(true);
            let pages = walk(&query, |asked| manifest(store, &caller, asked));
            (query, pages)
        }
        1 => {
            let (query, id) = (draw.query(false), draw.id());
            let pages = walk(&query, |asked| object(store, &caller, asked, &id));
            (format!("{id}: {query}"), pages)
        }
        2 => {
            let (limit, id) = (draw.below(3) + 1, draw.id());
            let query = format!("limit={limit}");
            let pages = walk(&query, |asked| versions(store, &caller, asked, &id));
            (format!("{id}: versions"), pages)
        }
        _ => {
            let query = draw.query(true);
            let pages = walk(&query, |asked| objects(store, &caller, asked));
            (query, pages)
        }
    }
}

/// A post, drawn; its status in the end.
fn send(store: &mut dyn Store, draw: &mut Draw) -> String {
    let count = 1 + draw.below(12);
    let all: Vec<String> = (0..count).map(|_| draw.object()).collect();
    let body = format!(r#"{{"objects":[{}]}}"#, all.join(","));
    // A clock that stands, runs and goes back.
    let now = draw.below(100);
    let step = draw.of(&[1, 3, 1000]);
    let mut post = Post::begin(&caller(&SeesAll), body.as_bytes()).unwrap();
    // What lies in another collection decides what is shown of this one.
    let into = draw.of(&[C, C, OTHER]);
    while !post.step(store, into, now, step).unwrap() {}
    post.status("s", 0).body()
}

fn take_away(store: &mut dyn Store, draw: &mut Draw) -> Told {
    let sight = draw.of(&SIGHTS);
    let caller = Caller {
        name: "a",
        rights: BOTH,
        sight,
    };
    let id = draw.id();
    let query = draw.of(&[
        "",
        "match[version]=first",
        "match[version]=last",
        "match[spec_version]=2.0",
        "match[version]=2016-01-01T00:00:03Z",
    ]);
    let now = draw.below(100);
    remove(store, &caller, C, query, &id, now)
}

/// What was noted, as the model notes it; versions that went together have no order.
fn noted(gone: Vec<RemovedObject>) -> Vec<(String, String, String, u64)> {
    let of = |one: RemovedObject| (one.key.id, one.key.version, one.key.spec, one.gone);
    let mut gone: Vec<_> = gone.into_iter().map(of).collect();
    gone.sort();
    gone
}

fn play(place: &Place, seed: u64) {
    let store = place.open(&place.url());
    let mut shared = place.shared(&store);
    let mut memory = Memory::new();
    let mut draw = Draw(seed);
    for step in 0..40 {
        let what = draw.below(8);
        // Both get the same numbers.
        let mut again = Draw(draw.0);
        match what {
            0..3 => assert_eq!(
                send(&mut shared, &mut again),
                send(&mut memory, &mut draw),
                "seed {seed}, step {step}"
            ),
            3 => assert_eq!(
                take_away(&mut shared, &mut again),
                take_away(&mut memory, &mut draw),
                "seed {seed}, step {step}"
            ),
            _ => assert_eq!(
                ask(&shared, &mut again),
                ask(&memory, &mut draw),
                "seed {seed}, step {step}"
            ),
        }
    }
    let gone = place.runtime.block_on(store.removed_objects(C, 0)).unwrap();
    let mut model: Vec<_> = memory
        .gone(C)
        .iter()
        .map(|(key, at)| {
            let spec = key.spec_version.to_string();
            (key.id.clone(), key.version.clone(), spec, *at)
        })
        .collect();
    model.sort();
    assert_eq!(noted(gone), model, "seed {seed}");
    place.runtime.block_on(store.close());
}

fn scripts(test: &str, postgres: bool) {
    let Some(place) = Place::new(test, postgres) else {
        return;
    };
    let count = std::env::var(SCRIPTS).ok();
    let count: u64 = count.map_or(USUAL, |count| count.parse().unwrap());
    for seed in 0..count {
        play(&place, seed);
    }
}

#[test]
fn every_answer_is_the_model_s_on_sqlite() {
    scripts("every_answer_is_the_model_s_on_sqlite", false);
}

#[test]
fn every_answer_is_the_model_s_on_postgresql() {
    scripts("every_answer_is_the_model_s_on_postgresql", true);
}
