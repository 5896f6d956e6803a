//! Two verifiers, one page: histories with every type of entry, and as many that are otherwise in one thing. Both have to say the same: accepted or not, and the same first problem.
//! What the book of mirror and writer does not take, they may not pass over.
//!
//! `SAKIMORI_HISTORIES` sets how many are made, `SAKIMORI_SEED` where the seeds begin: `cargo xtask campaign histories`.

mod releases;
mod story;
mod twists;
mod world;

use crate::maker::{Made, Tree, folder, publish};
use sakimori_custody::time::Seconds;
use sakimori_oversight::{Judged, Taken};
use sakimori_verify::{Code, Options, Report, Severity, render, verify};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use story::{Story, checkpoint_signers};
use world::{Rng, Twist, kind};

/// How many histories a usual run of the tests makes.
const USUAL: u64 = 200;
/// Of how many histories one is left as it is.
const GOOD_OF: u64 = 5;

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name)
        .ok()
        .map_or(usual, |text| text.parse().unwrap())
}

/// The second verifier, as one process that answers line by line.
struct Second {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tools/verify.py")
}

/// Python with what the second verifier needs, or `None` with a line that says what is skipped.
fn python(test: &str) -> Option<PathBuf> {
    let python = sakimori_testkit::program(test, "python3")?;
    let probe = [
        "-c",
        "from cryptography.hazmat.primitives.asymmetric import mldsa",
    ];
    if Command::new(&python)
        .args(probe)
        .output()
        .unwrap()
        .status
        .success()
    {
        return Some(python);
    }
    sakimori_testkit::skip(
        test,
        "python3 has no cryptography of 48 or later; pip install 'cryptography>=48'",
    );
    None
}

impl Second {
    fn start(python: &Path) -> Self {
        let mut child = Command::new(python)
            .arg(script())
            .arg("--serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (to, from) = (
            child.stdin.take().unwrap(),
            BufReader::new(child.stdout.take().unwrap()),
        );
        Self { child, to, from }
    }

    /// The problems of a folder, the first one first.
    fn verify(&mut self, dir: &Path, now: u64) -> Vec<(String, Option<u64>)> {
        writeln!(self.to, "{} {now}", dir.display()).unwrap();
        let mut line = String::new();
        self.from.read_line(&mut line).unwrap();
        let list: serde_json::Value = serde_json::from_str(&line).unwrap();
        let list = list.as_array().unwrap().iter();
        list.map(|bad| {
            (
                bad["code"].as_str().unwrap().to_owned(),
                bad["index"].as_u64(),
            )
        })
        .collect()
    }

    fn end(self) {
        let Self {
            mut child,
            to,
            from,
        } = self;
        drop((to, from));
        assert!(child.wait().unwrap().success());
    }
}

fn first(report: &Report) -> Option<(String, Option<u64>)> {
    report
        .first()
        .map(|problem| (problem.code.name().to_owned(), problem.place.index))
}

/// A history of a seed: what was done to it, its files in `dir`, and the time of its reader.
fn history(seed: u64, dir: &Path) -> (String, u64, Option<Vec<Made>>) {
    let mut rng = Rng(seed.wrapping_mul(0x1_0001) ^ 0x7157);
    let good = Story::tell(seed, None);
    let now = good.world.now + 3600;
    if seed.is_multiple_of(GOOD_OF) {
        write(dir, &good, &good.world.made);
        return ("nothing".to_owned(), now, Some(good.world.made));
    }
    if rng.of_100(20) {
        return (damaged(dir, &good, &mut rng), now, None);
    }
    let ways = twists::ways();
    loop {
        let way = &ways[rng.below(ways.len() as u64) as usize];
        let of = way.kinds[rng.below(way.kinds.len() as u64) as usize];
        let there = good.world.counts.get(&of).copied().unwrap_or(0) as u64;
        if there == 0 {
            continue;
        }
        let twist = Twist {
            kind: of,
            nth: rng.below(there) as usize,
            change: way.change,
        };
        let twisted = Story::tell(seed, Some(twist));
        write(dir, &twisted, &twisted.world.made);
        return (
            format!("{} (type {of}, {})", way.name, twist.nth),
            now,
            Some(twisted.world.made),
        );
    }
}

/// Writes a log's folder; the mirror cosigned when the story ended.
fn write(dir: &Path, story: &Story, made: &[Made]) {
    publish(dir, made, &[], &[]);
    checkpoint(dir, story, made, made.len(), &checkpoint_signers(story));
}

fn checkpoint(dir: &Path, story: &Story, made: &[Made], size: usize, who: &[&str]) {
    let mut note = Tree::of(made).checkpoint(size, &[]);
    for who in who {
        world::cosign(&mut note, who, story.world.now);
    }
    fs::write(dir.join("checkpoint"), note.to_bytes()).unwrap();
}

/// Names of what can be done to a log's files behind its writer's back.
const DAMAGES: [&str; 14] = [
    "a bit of the entries",
    "a bit of the tile",
    "a bit of a body",
    "a body is gone",
    "a body is another's",
    "the entries are cut short",
    "no log signed",
    "no mirror cosigned",
    "a stranger cosigned",
    "the checkpoint is of fewer entries",
    "two entries are swapped",
    "an entry is dropped",
    "an entry stands twice",
    "a bit of the checkpoint",
];

fn damaged(dir: &Path, story: &Story, rng: &mut Rng) -> String {
    let mut made = story.world.made.clone();
    let at = rng.below(made.len() as u64 - 1) as usize;
    let which = rng.below(DAMAGES.len() as u64) as usize;
    match which {
        10 => made.swap(at, at + 1),
        11 => drop(made.remove(at)),
        12 => made.insert(at + 1, made[at].clone()),
        _ => {}
    }
    write(dir, story, &made);
    let width = made.len();
    let (entries, tile) = (
        dir.join(format!("tile/entries/000.p/{width}")),
        dir.join(format!("tile/0/000.p/{width}")),
    );
    let name = world::hex(&made[at].commitment);
    let body = dir.join("bodies").join(&name[..2]).join(&name);
    let [log, mirror] = checkpoint_signers(story);
    match which {
        0 => flip(&entries, rng),
        1 => flip(&tile, rng),
        2 => flip(&body, rng),
        3 => fs::remove_file(&body).unwrap(),
        4 => fs::write(&body, &made[(at + 1) % made.len()].stored).unwrap(),
        5 => {
            let bytes = fs::read(&entries).unwrap();
            fs::write(&entries, &bytes[..rng.below(bytes.len() as u64) as usize]).unwrap();
        }
        6 => checkpoint(dir, story, &made, width, &[mirror]),
        7 => checkpoint(dir, story, &made, width, &[log]),
        8 => checkpoint(dir, story, &made, width, &[log, &format!("!{mirror}")]),
        9 => {
            let size = width - 1 - rng.below(3) as usize;
            publish(dir, &made[..size], &[], &[]);
            checkpoint(dir, story, &made, size, &[log, mirror]);
            fs::remove_file(&entries).unwrap();
            fs::remove_file(&tile).unwrap();
        }
        13 => flip(&dir.join("checkpoint"), rng),
        _ => {}
    }
    DAMAGES[which].to_owned()
}

fn flip(file: &Path, rng: &mut Rng) {
    let mut bytes = fs::read(file).unwrap();
    let at = rng.below(bytes.len() as u64) as usize;
    bytes[at] ^= 1 << rng.below(8);
    fs::write(file, bytes).unwrap();
}

/// What one thread saw.
#[derive(Default)]
struct Tally {
    good: u64,
    refused: u64,
    types: BTreeMap<u64, u64>,
    ways: BTreeMap<String, (u64, u64)>,
    firsts: BTreeMap<String, u64>,
    wrong: Vec<String>,
    /// Histories that the book was asked about.
    booked: u64,
    /// What the verifier tells of and the book takes, or the other way round.
    alone: BTreeMap<String, u64>,
}

impl Tally {
    /// Holds the verifier against the book: both name the same first entry that does not count, or [`by_design`] says why they do not.
    fn book(&mut self, seed: u64, what: &str, report: &Report, made: Option<&[Made]>, now: u64) {
        let Some(Ok(theirs)) = made.map(|made| book(made, now)) else {
            return;
        };
        self.booked += 1;
        let grave = report
            .problems
            .iter()
            .filter(|problem| problem.code.severity() != Severity::Told);
        let ours = grave
            .filter_map(|problem| Some((problem.place.index?, problem.code.name())))
            .min();
        if ours.map(|(index, _)| index) == theirs.map(|(index, _)| index) {
            return;
        }
        let passed = theirs.is_some_and(|(index, _)| ours.is_none_or(|(first, _)| first > index));
        let way = what.split(" (").next().unwrap_or_default();
        let codes = (ours.map(|ours| ours.1), theirs.map(|theirs| theirs.1));
        if passed || !ours.is_some_and(|(_, code)| by_design(way, code)) {
            self.wrong.push(format!(
                "seed {seed}: {what}: the book says {theirs:?}, the verifier {ours:?}"
            ));
        }
        let seen = self.alone.entry(format!("{way}: {codes:?}"));
        *seen.or_default() += 1;
    }
}

/// What a verifier names and the book of mirror and writer takes, because of what the book is.
fn by_design(way: &str, code: &str) -> bool {
    match code {
        // The book passes over fields that it does not know, so that a later version may say more, and a field that older logs lack.
        "body-fields" => way == "a body has a field more" || way == "a body has a field less",
        // Whether an entry that rests on no authority names one that was decided is for readers: nothing follows from it.
        "entry-authority" => true,
        // That a record is gone shows once its bucket's deletion is due: the book tells of it then.
        "challenge-answer" => way == "a response says that the record is gone",
        _ => false,
    }
}

/// Codes that only a tool beside a log can give: the second verifier does not look for files that no log has, or at findings and mirrors.
fn alone(code: &str) -> bool {
    code == "stray"
}

/// The first entry that the book of mirror and writer does not take as one in force, with its code. `None` where it takes all; `Err` where its keeper could not have pinned the trust root.
fn book(made: &[Made], now: u64) -> Result<Option<(u64, &'static str)>, ()> {
    let stored = made.first().ok_or(())?.stored.get(33..).ok_or(())?;
    let root = sakimori_authority::root::TrustRoot::open(stored).map_err(|_| ())?;
    let mut book = sakimori_oversight::Book::new(root);
    for (index, made) in made.iter().enumerate() {
        let at = Judged {
            now: Some(Seconds(now)),
            cosigned: false,
        };
        match book.judge(index as u64, &made.leaf, &made.stored, at) {
            Ok(Taken::InForce | Taken::Again) => {}
            Ok(Taken::Void(why)) | Err(why) => return Ok(Some((index as u64, why.code.name()))),
        }
    }
    Ok(None)
}

fn judge(seeds: &mut dyn Iterator<Item = u64>, python: &Path) -> Tally {
    let mut second = Second::start(python);
    let mut tally = Tally::default();
    for seed in seeds {
        let dir = folder();
        let (what, now, made) = history(seed, dir.path());
        let options = Options {
            now: Some(now),
            ..Options::default()
        };
        let mut report = verify(dir.path(), &options, &mut |_, _| {}).unwrap();
        report
            .problems
            .retain(|problem| !alone(problem.code.name()));
        let here = first(&report);
        let there = second.verify(dir.path(), now).first().cloned();
        if here != there || what == "nothing" && here.is_some() {
            let text = render::text(&report);
            tally.wrong.push(format!(
                "seed {seed}: {what}: here {here:?}, there {there:?}\n{text}"
            ));
        }
        tally.book(seed, &what, &report, made.as_deref(), now);
        *(if here.is_none() {
            &mut tally.good
        } else {
            &mut tally.refused
        }) += 1;
        if what == "nothing" {
            for of in Story::tell(seed, None).world.counts.keys() {
                *tally.types.entry(*of).or_default() += 1;
            }
        }
        let way = what.split(" (").next().unwrap().to_owned();
        let seen = tally.ways.entry(way).or_default();
        seen.0 += 1;
        seen.1 += u64::from(here.is_some());
        *tally
            .firsts
            .entry(here.map_or_else(|| "none".to_owned(), |(code, _)| code))
            .or_default() += 1;
    }
    second.end();
    tally
}

#[test]
fn a_query_of_a_bucket_that_has_ended_is_named_alike_by_both_verifiers_and_the_book() {
    let test = "a_query_of_a_bucket_that_has_ended_is_named_alike_by_both_verifiers_and_the_book";
    let Some(python) = python(test) else {
        return;
    };
    let mut second = Second::start(&python);
    let ways = twists::ways();
    let way = ways
        .iter()
        .find(|way| way.name == "a query is of a bucket of last month")
        .unwrap();
    let mut seen = 0;
    for seed in 1..60 {
        // The first entry of a query opens it.
        let twist = Twist {
            kind: kind::QUERY,
            nth: 0,
            change: way.change,
        };
        let story = Story::tell(seed, Some(twist));
        let (good, made) = (Story::tell(seed, None).world.made, &story.world.made);
        let Some(index) = (0..made.len()).find(|at| made[*at].leaf != good[*at].leaf) else {
            continue;
        };
        let dir = folder();
        write(dir.path(), &story, made);
        let now = story.world.now + 3600;
        let options = Options {
            now: Some(now),
            ..Options::default()
        };
        let report = verify(dir.path(), &options, &mut |_, _| {}).unwrap();
        let wanted = ("query-ended".to_owned(), Some(index as u64));
        assert_eq!(first(&report).as_ref(), Some(&wanted), "seed {seed}");
        let there = second.verify(dir.path(), now);
        assert_eq!(there.first(), Some(&wanted), "seed {seed}");
        let theirs = book(made, now).unwrap();
        assert_eq!(theirs, Some((index as u64, "query-ended")), "seed {seed}");
        seen += 1;
    }
    second.end();
    assert!(seen > 5, "{seen} histories");
}

#[test]
fn both_verifiers_say_the_same_of_every_history() {
    let Some(python) = python("both_verifiers_say_the_same_of_every_history") else {
        return;
    };
    let (count, seed) = (
        number("SAKIMORI_HISTORIES", USUAL),
        number("SAKIMORI_SEED", 1),
    );
    let begin = seed.wrapping_sub(1).wrapping_mul(1_000_000);
    let tallies: Vec<Tally> = std::thread::scope(|scope| {
        let python = &python;
        let threads: Vec<_> = (0..2u64)
            .map(|odd| {
                scope.spawn(move || {
                    judge(&mut (begin..begin + count).filter(|n| n % 2 == odd), python)
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let mut all = Tally::default();
    for tally in tallies {
        all.good += tally.good;
        all.refused += tally.refused;
        all.wrong.extend(tally.wrong);
        all.booked += tally.booked;
        tally
            .alone
            .into_iter()
            .for_each(|(what, n)| *all.alone.entry(what).or_default() += n);
        tally
            .types
            .into_iter()
            .for_each(|(of, n)| *all.types.entry(of).or_default() += n);
        tally
            .firsts
            .into_iter()
            .for_each(|(code, n)| *all.firsts.entry(code).or_default() += n);
        for (way, (made, caught)) in tally.ways {
            let seen = all.ways.entry(way).or_default();
            seen.0 += made;
            seen.1 += caught;
        }
    }
    let summary = format!(
        "{} accepted, {} not, {} ways to change one, {} first codes",
        all.good,
        all.refused,
        all.ways.len(),
        all.firsts.len()
    );
    writeln!(std::io::stderr(), "CAMPAIGN {summary}").ok();
    if std::env::var_os("SAKIMORI_HISTORIES_SHOWN").is_some() {
        writeln!(
            std::io::stderr(),
            "{:#?}\n{:#?}\n{:#?}",
            all.ways,
            all.firsts,
            all.alone
        )
        .ok();
    }
    let shown: Vec<&String> = all.wrong.iter().take(10).collect();
    assert!(
        all.wrong.is_empty(),
        "{} differ; {summary}\n{shown:#?}",
        all.wrong.len()
    );
    if count >= USUAL {
        let missing: Vec<u64> = kind::ALL
            .into_iter()
            .filter(|of| !all.types.contains_key(of))
            .collect();
        assert!(
            missing.is_empty() && all.ways.len() >= 40,
            "no good history has entries of {missing:?}; {summary}"
        );
    }
}

#[test]
fn the_second_verifier_knows_the_codes_in_their_order_and_is_short() {
    let tools = script().parent().unwrap().to_owned();
    let text = fs::read_to_string(tools.join("verify.py")).unwrap();
    let (_, list) = text.split_once("CODES = \"\"\"").unwrap();
    let (list, _) = list.split_once("\"\"\"").unwrap();
    let mark = |code: &Code| match code.severity().name() {
        "told" => "?",
        "not-in-force" => "~",
        _ => "",
    };
    let wanted: Vec<String> = Code::ALL
        .iter()
        .map(|code| format!("{}{}", mark(code), code.name()))
        .collect();
    assert_eq!(list.split_whitespace().collect::<Vec<_>>(), wanted);
    let mut files = sakimori_testkit::files_below(&tools.join("verifier"));
    files.push(tools.join("verify.py"));
    let lines = files
        .iter()
        .filter(|file| file.extension().is_some_and(|of| of == "py"))
        .map(|file| fs::read_to_string(file).unwrap().lines().count());
    let lines: usize = lines.sum();
    let history = fs::read_to_string(tools.join("verifier/history.py")).unwrap();
    let bound = "STREAMS = 120, 3600, bytes(32), 1 << 24";
    assert!(history.contains(bound), "the bound of streams");
    assert_eq!(sakimori_verify::limits::STREAMS_MAX, 1 << 24);
    assert_eq!(sakimori_oversight::limits::STREAMS_MAX, 1 << 24);
    assert!(lines < 1100, "{lines} lines");
}
