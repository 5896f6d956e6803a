//! Objects into the node's store and out of it, through the logic of TAXII. In: an engine, how many. Out: objects a second, milliseconds a page. Never: HTTP; what it adds is the same
//! for every depth.

use super::drawn::{AMBER, RED, envelope, object};
use super::{Outcome, timed, told, told_times};
use sakimori_exchange::taxii::{Asked, Caller, NextKey, Post, Rights, SeesAll, Sight, objects};
use sakimori_liaison::share::Shared;
use sakimori_testkit::postgres::Postgres;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;

pub(crate) const C: &str = "91a7b528-80eb-42ed-a74d-c6fbd5a26116";
/// When the first object is added, 2026-06-01, in microseconds; each is a microsecond behind the one before.
pub(crate) const BEGIN: u64 = 1_780_272_000_000_000;
/// Objects of a post, of a step and of a page.
const POST: u64 = 1000;
/// Pages at each depth.
const PAGES: u64 = 30;
/// Pages of reports, which lead to much.
const REPORTS: u64 = 5;
const RIGHTS: Rights = Rights {
    read: true,
    write: true,
};

/// Sees everything but what is amber or red.
struct Green;

impl Sight for Green {
    fn sees(&self, marking: &str) -> bool {
        marking != AMBER && marking != RED
    }
}

pub(crate) fn runtime() -> Outcome<Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    Ok(builder.worker_threads(2).enable_all().build()?)
}

pub(crate) fn shared(runtime: &Runtime, url: &str) -> Outcome<Shared> {
    let store = runtime.block_on(sakimori_store::open(url))?;
    let told = Arc::new(|error: &sakimori_store::StoreError| told("store.error", error));
    Ok(Shared::new(store, runtime.handle().clone(), told))
}

pub(crate) fn caller(sight: &dyn Sight) -> Caller<'_> {
    Caller {
        name: "a",
        rights: RIGHTS,
        sight,
    }
}

pub(crate) fn run(engine: &str, count: u64, folder: &Path) -> Outcome<()> {
    std::fs::create_dir_all(folder)?;
    let runtime = runtime()?;
    let server;
    let url = if engine == "postgresql" {
        server = Postgres::durable("exchange_load").ok_or("PostgreSQL is missing")?;
        server.database()
    } else {
        format!("sqlite:{}", folder.join("store").display())
    };
    let mut shared = shared(&runtime, &url)?;
    take_in(&mut shared, count)?;
    if engine == "sqlite" {
        let bytes: u64 = ["store", "store-wal"]
            .iter()
            .filter_map(|name| std::fs::metadata(folder.join(name)).ok())
            .map(|file| file.len())
            .sum();
        told("disk.bytes", bytes as f64 / count as f64);
    }
    page_out(&shared, count)
}

/// The pages alone, of a folder that [`run`] has filled with `SQLite`'s file.
pub(crate) fn again(count: u64, folder: &Path) -> Outcome<()> {
    let runtime = runtime()?;
    let url = format!("sqlite:{}", folder.join("store").display());
    page_out(&shared(&runtime, &url)?, count)
}

/// Posts envelopes of a thousand, one after the other, as one sender does.
fn take_in(shared: &mut Shared, count: u64) -> Outcome<()> {
    let (mut judged, mut posts, mut bytes) = (Duration::ZERO, Vec::new(), 0);
    for first in (0..count).step_by(POST as usize) {
        let body = envelope(first..(first + POST).min(count));
        bytes += body.len();
        let ((), took) = timed(|| {
            let (mut post, took) = timed(|| Ok(Post::begin(&caller(&SeesAll), body.as_bytes())?))?;
            judged += took;
            while !post.step(shared, C, BEGIN + first, POST as usize)? {}
            let status = post.status("s", 0);
            match status.failures.first() {
                Some(failed) => Err(format!("{failed:?}").into()),
                None => Ok(()),
            }
        })?;
        posts.push(took);
    }
    let all: Duration = posts.iter().sum();
    told("in.rate", count as f64 / all.as_secs_f64());
    told("in.judging", count as f64 / judged.as_secs_f64());
    told("in.bytes", bytes as f64 / count as f64);
    // Whether it slows down: the last tenth of the posts.
    let tenth = posts.len().div_ceil(10);
    let last: Duration = posts.iter().rev().take(tenth).sum();
    let of_last = (tenth as u64 * POST).min(count);
    told("in.last", of_last as f64 / last.as_secs_f64());
    Ok(())
}

/// Asks for pages of a thousand at three depths.
fn page_out(shared: &Shared, count: u64) -> Outcome<()> {
    let green: &dyn Sight = &Green;
    for (name, sight, filter) in [
        ("all", &SeesAll as &dyn Sight, ""),
        ("green", green, ""),
        ("reports", green, "&match[type]=report"),
    ] {
        for depth in [0, 50, 99] {
            let times = pages(shared, count, depth, sight, filter)?;
            told_times(&format!("page.{name}.{depth}"), times);
        }
    }
    // Three hundred ids, as an advisory's reader asks for them.
    let ids: Vec<String> = (0..300)
        .map(|at| object(at * count / 300))
        .filter_map(|text| text.split('"').nth(11).map(str::to_owned))
        .collect();
    let filter = format!("&match[id]={}", ids.join(","));
    told_times("page.ids", pages(shared, count, 0, green, &filter)?);
    Ok(())
}

fn pages(
    shared: &Shared,
    count: u64,
    depth: u64,
    sight: &dyn Sight,
    filter: &str,
) -> Outcome<Vec<Duration>> {
    let key = NextKey::new([7; 32]);
    let mut times = Vec::new();
    let many = if filter.contains("report") {
        REPORTS
    } else {
        PAGES
    };
    for page in 0..many {
        // Another place each time, a little behind the depth: no page is only there because it was asked for before.
        let at = count * depth / 100 + page * count / 100 / many / 2;
        let after = if at == 0 {
            String::new()
        } else {
            format!("&added_after={}", moment(BEGIN + at - 1))
        };
        let query = format!("limit={POST}{after}{filter}");
        let asked = Asked {
            collection: C,
            query: &query,
            key: &key,
        };
        let (answer, took) = timed(|| Ok(objects(shared, &caller(sight), &asked)?))?;
        // A small collection may have nothing there that is a report, or that is shown.
        if answer.body.len() < 3 && filter.is_empty() && sight.sees_every() {
            return Err(format!("nothing at {depth} % for `{filter}`").into());
        }
        times.push(took);
    }
    Ok(times)
}

/// A microsecond of June 2026 as TAXII writes it.
pub(crate) fn moment(micros: u64) -> String {
    let since = micros - BEGIN;
    let (seconds, micros) = (since / 1_000_000, since % 1_000_000);
    format!(
        "2026-06-{:02}T{:02}:{:02}:{:02}.{micros:06}Z",
        seconds / 86_400 + 1,
        seconds / 3600 % 24,
        seconds / 60 % 60,
        seconds % 60
    )
}
