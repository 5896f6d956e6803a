//! When partners are polled. In: `taxii-polls.json` in the office's folder, the time. Out: one run after the other, each when it is due. Never: two runs at a time; a partner that fails and is asked
//! more often than one that answers.
//!
//! The reference is `docs/reference/taxii.md`.

use super::super::config::is_uuid;
use super::polled::Register;
use super::{Errand, authorization, collect};
use crate::app::Shared;
use sakimori_control::error::told;
use sakimori_control::{ControlError, Host, files};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Most lines of the file.
const POLLS_MAX: usize = 64;
/// Shortest and longest time between two runs of a line, in minutes: a week.
const MINUTES: std::ops::RangeInclusive<u64> = 1..=10_080;
/// Longest wait behind failures, in seconds: a day.
const BACKOFF_SECONDS_MAX: u64 = 86_400;
/// Who has it done, in records.
const BY: &str = "timetable";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    polls: Vec<Line>,
}

/// A collection that is polled every so often.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    partner: String,
    collection: String,
    into: String,
    every_minutes: u64,
    user: Option<String>,
    secret: Option<PathBuf>,
}

/// When a line is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Due {
    /// In seconds since 1970.
    at: u64,
    /// Runs that failed, one after the other.
    failures: u32,
}

impl Due {
    /// When it is due again: after its time, twice that with each run that failed before, up to a day (or its own time, where that is longer); at once where there is more.
    fn next(self, now: u64, every_minutes: u64, outcome: Result<bool, ()>) -> Self {
        let every = every_minutes.saturating_mul(60);
        let (wait, failures) = match outcome {
            Ok(true) => (0, 0),
            Ok(false) => (every, 0),
            Err(()) => {
                let failures = self.failures.saturating_add(1);
                let factor = 1_u64.checked_shl(failures.min(20)).unwrap_or(u64::MAX);
                let most = BACKOFF_SECONDS_MAX.max(every);
                (every.saturating_mul(factor).min(most), failures)
            }
        };
        Self {
            at: now.saturating_add(wait),
            failures,
        }
    }
}

/// The timetable of an office.
#[derive(Debug)]
pub struct Timetable {
    folder: PathBuf,
    lines: Vec<Line>,
    due: Mutex<Vec<Due>>,
    busy: AtomicBool,
}

/// Reads the lines of a file.
///
/// # Errors
/// The place and what is wrong there.
fn lines(text: &str) -> Result<Vec<Line>, String> {
    let file: File = serde_json::from_str(text).map_err(|e| e.to_string())?;
    if file.polls.len() > POLLS_MAX {
        return Err(format!("polls: more than {POLLS_MAX}"));
    }
    for (at, line) in file.polls.iter().enumerate() {
        let wrong = |field: &str, rule: &str| Err(format!("polls[{at}].{field}: {rule}"));
        if line.partner.is_empty() || line.partner.len() > 64 {
            return wrong("partner", "it is the name of a peer of this node");
        }
        let path = &line.collection;
        if !path.starts_with('/') || !path.ends_with('/') || path.contains(['?', '#']) {
            return wrong("collection", "it is a path, /…/collections/ID/");
        }
        if !is_uuid(&line.into) {
            return wrong("into", "it is no UUID in small letters");
        }
        if !MINUTES.contains(&line.every_minutes) {
            return wrong("every_minutes", "it is 1 to 10080");
        }
        if line.user.is_some() && line.secret.is_none() {
            return wrong("secret", "a user has one");
        }
        let twice = |other: &Line| {
            (&other.partner, &other.collection, &other.into)
                == (&line.partner, &line.collection, &line.into)
        };
        if file.polls.iter().take(at).any(twice) {
            return wrong("collection", "it is there twice");
        }
    }
    Ok(file.polls)
}

impl Timetable {
    /// Reads the file of an office's folder; `None` where it has none.
    ///
    /// # Errors
    /// [`ControlError::Document`] names the place in the file; [`ControlError::File`].
    pub fn open(folder: &Path, host: &Host) -> Result<Option<Arc<Self>>, ControlError> {
        let path = folder.join("taxii-polls.json");
        let Some(bytes) = files::read(&path)? else {
            return Ok(None);
        };
        let lines = lines(&String::from_utf8_lossy(&bytes));
        let lines = lines.map_err(|problem| ControlError::Document {
            what: path.display().to_string(),
            problem,
        })?;
        let register = Register::at(folder);
        let mut due = Vec::new();
        for line in &lines {
            let polled = register.one(&line.into)?;
            let sources = polled.map(|polled| polled.sources).unwrap_or_default();
            let same = |one: &&super::polled::Source| {
                one.partner == line.partner && one.path == line.collection
            };
            // A stop of the node does not make a partner be asked more often.
            let last = sources.iter().find(same).map(|one| one.at);
            let every = line.every_minutes.saturating_mul(60);
            // Nor less often, where the clock was set back.
            let latest = host.seconds().0.saturating_add(every);
            due.push(Due {
                at: last.map_or(0, |last| last.saturating_add(every).min(latest)),
                failures: 0,
            });
        }
        Ok(Some(Arc::new(Self {
            folder: folder.to_owned(),
            lines,
            due: Mutex::new(due),
            busy: AtomicBool::new(false),
        })))
    }

    /// The line that is due the longest.
    fn first_due(&self, now: u64) -> Option<(usize, Line)> {
        let due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, _) = due
            .iter()
            .enumerate()
            .filter(|(_, due)| due.at <= now)
            .min_by_key(|(_, due)| due.at)?;
        self.lines.get(at).map(|line| (at, line.clone()))
    }

    fn ran(&self, at: usize, now: u64, outcome: Result<bool, ()>) {
        let mut all = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(due), Some(line)) = (all.get_mut(at), self.lines.get(at)) {
            *due = due.next(now, line.every_minutes, outcome);
        }
    }

    fn errand(&self, line: &Line) -> Result<Errand, ControlError> {
        let secret = line.secret.as_ref();
        let secret = secret.map(|path| files::read_present(&self.folder.join(path)));
        let secret = secret.transpose()?.map(|bytes| {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            authorization(line.user.as_deref(), text.trim())
        });
        Ok(Errand {
            partner: line.partner.clone(),
            path: line.collection.clone(),
            authorization: secret,
            into: line.into.clone(),
            by: BY.to_owned(),
        })
    }
}

/// Begins the run that is due, where none is on its way. For the node's round.
pub(crate) fn tick(app: &Shared) {
    let Some(timetable) = app.polls.clone() else {
        return;
    };
    let Some((at, line)) = timetable.first_due(app.host.seconds().0) else {
        return;
    };
    if timetable.busy.swap(true, Ordering::AcqRel) {
        return;
    }
    let app = Arc::clone(app);
    tokio::spawn(async move {
        let done = match timetable.errand(&line) {
            Ok(errand) => collect(&app.access, &app.folder, &app.host, errand).await,
            Err(e) => Err(e),
        };
        let outcome = match done {
            Ok(done) => {
                tracing::info!(
                    partner = line.partner,
                    kept = done.kept,
                    "a partner is polled"
                );
                Ok(done.ran.more)
            }
            Err(e) => {
                tracing::warn!(
                    partner = line.partner,
                    cause = told(&e),
                    "a partner is not polled"
                );
                Err(())
            }
        };
        timetable.ran(at, app.host.seconds().0, outcome);
        timetable.busy.store(false, Ordering::Release);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"polls": [{"partner": "police", "collection": "/taxii2/a/collections/b/", "into": "0cee4c1e-33ba-4a4e-9d22-3f1bca3a2d00", "every_minutes": 60, "user": "m-1", "secret": "police.secret"}]}"#;

    #[test]
    fn what_is_wrong_in_the_file_is_told_with_its_place() {
        assert_eq!(lines(GOOD).unwrap().len(), 1);
        for (from, to, place) in [
            ("\"polls\"", "\"pols\"", "unknown field `pols`"),
            ("police\"", "\"", "polls[0].partner"),
            ("b/\"", "b\"", "polls[0].collection"),
            ("b/\"", "b/?x\"", "polls[0].collection"),
            ("0cee4c1e", "0CEE4C1E", "polls[0].into"),
            (": 60", ": 0", "polls[0].every_minutes"),
            (": 60", ": 10081", "polls[0].every_minutes"),
            (", \"secret\": \"police.secret\"", "", "polls[0].secret"),
        ] {
            assert!(GOOD.contains(from), "{from}");
            let refused = lines(&GOOD.replacen(from, to, 1)).unwrap_err();
            assert!(refused.starts_with(place), "{to}: {refused}");
        }
        let line = GOOD
            .strip_prefix("{\"polls\": [")
            .and_then(|text| text.strip_suffix("]}"))
            .unwrap();
        let twice = format!("{{\"polls\": [{line}, {line}]}}");
        assert!(
            lines(&twice)
                .unwrap_err()
                .starts_with("polls[1].collection: it is there twice")
        );
    }

    #[test]
    fn who_fails_is_asked_less_and_less_often_and_who_answers_in_time() {
        let mut due = Due { at: 0, failures: 0 };
        due = due.next(1000, 60, Ok(false));
        assert_eq!(
            due,
            Due {
                at: 4600,
                failures: 0
            }
        );
        let waits = |due: &mut Due| {
            *due = due.next(0, 60, Err(()));
            due.at / 60
        };
        let minutes: Vec<u64> = (0..6).map(|_| waits(&mut due)).collect();
        assert_eq!(minutes, [120, 240, 480, 960, 1440, 1440]);
        assert_eq!(due.next(7, 60, Ok(true)), Due { at: 7, failures: 0 });
        let weekly = Due {
            at: 0,
            failures: 60,
        }
        .next(0, 10_080, Err(()));
        assert_eq!(weekly.at, 604_800, "never more often than in its own time");
    }
}
