use super::memory::Memory;
use super::*;
use serde_json::Value as Json;

mod asking;
mod paging;
mod seeing;
mod sending;

const KEY: NextKey = NextKey::new([7; 32]);
const BOTH: Rights = Rights {
    read: true,
    write: true,
};
const C: &str = "91a7b528-80eb-42ed-a74d-c6fbd5a26116";

fn caller() -> Caller<'static> {
    Caller {
        name: "a",
        rights: BOTH,
        sight: &SeesAll,
    }
}

const fn asked(query: &str) -> Asked<'_> {
    Asked {
        collection: C,
        query,
        key: &KEY,
    }
}

fn json(answer: &Answer) -> Json {
    serde_json::from_str(&answer.body).unwrap()
}

/// Ids of an envelope's or manifest's objects with their versions, shortened.
fn listed(answer: &Answer) -> Vec<String> {
    let body = json(answer);
    let objects = body["objects"].as_array().cloned().unwrap_or_default();
    let text = |object: &Json, name: &str| object[name].as_str().map(str::to_owned);
    objects
        .iter()
        .map(|object| {
            let version = text(object, "version")
                .or_else(|| text(object, "modified"))
                .or_else(|| text(object, "created"))
                .unwrap_or_default();
            format!("{} {version}", text(object, "id").unwrap())
        })
        .collect()
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    let found = answer.headers.iter().find(|(known, _)| *known == name);
    found.map(|(_, value)| value.as_str())
}

/// A small object: number, version in seconds, version of the specification, more members.
fn thing(number: u32, second: u32, spec: &str, more: &str) -> String {
    let said = if spec == "2.1" {
        r#","spec_version":"2.1""#
    } else {
        ""
    };
    let family = if spec == "2.1" {
        r#","is_family":false"#
    } else {
        r#","labels":["a"]"#
    };
    format!(
        r#"{{"type":"malware","id":"malware--{number:08x}-17d4-4cbf-938f-98ee46b3cd3f"{said},"created":"2016-01-01T00:00:00.000Z","modified":"2016-01-01T00:00:{second:02}.000Z","name":"a"{family}{more}}}"#
    )
}

/// Sends objects and demands that none fails.
fn fill(store: &mut Memory, now: u64, objects: &[String]) {
    let body = format!(r#"{{"objects":[{}]}}"#, objects.join(","));
    let mut post = Post::begin(&caller(), body.as_bytes()).unwrap();
    while !post.step(store, C, now, 1000).unwrap() {}
    assert_eq!(post.status("s", 0).failures, []);
}
