//! A feed of MISP: manifest and events on the disk, read, turned into STIX, judged and stored. In: how many attributes. Out: seconds in all and of each part. Never: a network.

use super::drawn::{Draw, uuid};
use super::store::{BEGIN, C, caller, runtime, shared};
use super::{Outcome, timed, told};
use sakimori_custody::time::Seconds;
use sakimori_exchange::misp::{feed, read, to_stix};
use sakimori_exchange::taxii::{Post, SeesAll};
use sakimori_liaison::share::Shared;
use serde_json::json;
use std::path::Path;
use std::time::Duration;

/// Attributes of an event of the feed.
const EACH: u64 = 2000;
/// Objects of a post.
const POST: usize = 1000;
const NOW: Seconds = Seconds(BEGIN / 1_000_000);

fn attribute(number: u64) -> serde_json::Value {
    let mut draw = Draw::of(number);
    let (kind, category, value) = match number % 5 {
        0 => (
            "ip-dst",
            "Network activity",
            format!("198.18.{}.{}", draw.below(256), draw.below(256)),
        ),
        1 => (
            "domain",
            "Network activity",
            format!("{:x}.example", draw.next()),
        ),
        2 => (
            "url",
            "Network activity",
            format!("https://{:x}.example/{:x}", draw.next(), draw.next()),
        ),
        3 => (
            "sha256",
            "Payload delivery",
            format!(
                "{:064x}",
                u128::from(draw.next()) << 64 | u128::from(draw.next())
            ),
        ),
        _ => (
            "filename",
            "Payload delivery",
            format!("請求書{}.zip", draw.below(100_000)),
        ),
    };
    json!({
        "uuid": uuid(number, 4), "type": kind, "category": category, "value": value,
        "to_ids": number.is_multiple_of(2), "timestamp": "1780000000", "comment": "指令サーバー",
        "Tag": [{ "name": "tlp:green" }],
    })
}

fn event(number: u64, attributes: std::ops::Range<u64>) -> serde_json::Value {
    json!({ "Event": {
        "uuid": uuid(number ^ 1 << 60, 4), "info": format!("週報 {number}"), "date": "2026-05-20",
        "timestamp": "1780000000", "published": true, "publish_timestamp": "1780000001",
        "Orgc": { "name": "CERT", "uuid": uuid(1 << 59, 4) },
        "Tag": [{ "name": "tlp:green" }],
        "Attribute": attributes.map(attribute).collect::<Vec<_>>(),
    } })
}

/// Writes a feed and gives the number of its bytes.
fn write(folder: &Path, count: u64, each: u64) -> Outcome<usize> {
    std::fs::create_dir_all(folder)?;
    let mut manifest = serde_json::Map::new();
    let mut bytes = 0;
    for (number, first) in (0..count).step_by(each as usize).enumerate() {
        let event = event(number as u64, first..(first + each).min(count));
        let uuid = event["Event"]["uuid"].as_str().unwrap_or_default();
        manifest.insert(
            uuid.to_owned(),
            json!({ "info": event["Event"]["info"], "timestamp": "1780000000" }),
        );
        let text = event.to_string();
        bytes += text.len();
        std::fs::write(folder.join(format!("{uuid}.json")), text)?;
    }
    std::fs::write(
        folder.join("manifest.json"),
        serde_json::Value::Object(manifest).to_string(),
    )?;
    Ok(bytes)
}

/// How long each part took.
#[derive(Default)]
struct Parts {
    reading: Duration,
    turning: Duration,
    judging: Duration,
    storing: Duration,
    objects: usize,
    refused: usize,
}

fn take(folder: &Path, shared: &mut Shared, parts: &mut Parts) -> Outcome<()> {
    let manifest = std::fs::read(folder.join("manifest.json"))?;
    let listed = feed::read_manifest(&manifest)?;
    for one in feed::to_fetch(&listed, |_| None) {
        let (events, took) = timed(|| {
            let bytes = std::fs::read(folder.join(format!("{}.json", one.uuid)))?;
            Ok(read(&bytes)?)
        })?;
        parts.reading += took;
        let (turned, took) = timed(|| Ok(to_stix(&events, NOW)?))?;
        parts.turning += took;
        for objects in turned.objects.chunks(POST) {
            let texts: Vec<&str> = objects.iter().map(|object| object.text.as_str()).collect();
            let body = format!(r#"{{"objects":[{}]}}"#, texts.join(","));
            let (mut post, took) = timed(|| Ok(Post::begin(&caller(&SeesAll), body.as_bytes())?))?;
            parts.judging += took;
            let ((), took) = timed(|| {
                while !post.step(shared, C, BEGIN, POST)? {}
                Ok(())
            })?;
            parts.storing += took;
            let status = post.status("s", 0);
            parts.objects += status.successes.len();
            parts.refused += status.failures.len();
        }
    }
    Ok(())
}

pub(crate) fn run(count: u64, folder: &Path) -> Outcome<()> {
    let runtime = runtime()?;
    // As a feed is, in events of some thousand; and as one event, as some communities send it.
    for (name, each) in [("feed", EACH), ("one", count)] {
        let folder = folder.join(name);
        let bytes = write(&folder, count, each)?;
        let mut shared = shared(
            &runtime,
            &format!("sqlite:{}", folder.join("store").display()),
        )?;
        let mut parts = Parts::default();
        let ((), took) = timed(|| take(&folder, &mut shared, &mut parts))?;
        told(&format!("{name}.bytes"), bytes);
        told(&format!("{name}.seconds"), took.as_secs_f64());
        told(&format!("{name}.reading"), parts.reading.as_secs_f64());
        told(&format!("{name}.turning"), parts.turning.as_secs_f64());
        told(&format!("{name}.judging"), parts.judging.as_secs_f64());
        told(&format!("{name}.storing"), parts.storing.as_secs_f64());
        told(&format!("{name}.objects"), parts.objects);
        told(&format!("{name}.refused"), parts.refused);
    }
    Ok(())
}
