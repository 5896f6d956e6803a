//! What is held and what is announced, kept the same. In: keys with ends, what the speaker says. Out: changes by the speaker. Never: a route that was not asked for in this run and is not there already;
//! what a fall left is looked at, not brought back.

use super::announcer::{Announcer, Config};
use super::clock::Clock;
use super::guard::{Guard, Line, Route, Table};
use super::speaker::{Seen, Speaker};
use super::state::{End, load, save};
use sakimori_respond::engine::{Deed, InForce, Key};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

/// How long a change may take until it is read back.
const SETTLE_MS_MAX: u64 = 5_000;
/// How long between two looks for it.
const BETWEEN: Duration = Duration::from_millis(10);

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// No try will help.
    Never(String),
    /// Another try can help.
    Now(String),
}

/// All that is held.
pub(super) struct Held {
    guard: Guard,
    speaker: Box<dyn Speaker>,
    announcer: Option<Announcer>,
    pub(super) clock: Clock,
    /// The file.
    path: PathBuf,
    /// Sessions that must carry a route at least.
    sessions: usize,
    /// Most keys.
    most: usize,
    /// Whom routes are for, and until when.
    keys: BTreeMap<Key, End>,
    /// Routes with our tag that nobody asked for, withdrawn so far.
    pub(super) orphans: u64,
    /// Rules with our tag that are not of our make, at the last look.
    pub(super) strange: usize,
}

/// What [`Held::new`] is made of.
pub(super) struct Parts {
    pub(super) guard: Guard,
    pub(super) speaker: Box<dyn Speaker>,
    pub(super) clock: Clock,
    pub(super) path: PathBuf,
    pub(super) sessions: usize,
    pub(super) most: usize,
}

impl Held {
    /// What the file says. One that cannot be read is an error: who runs this decides, nothing is guessed.
    pub(super) fn new(parts: Parts) -> Result<Self, Why> {
        let keys = load(&parts.path, (parts.clock)()).map_err(|error| {
            Why::Now(format!("`{}` is not read: {error}", parts.path.display()))
        })?;
        Ok(Self {
            guard: parts.guard,
            speaker: parts.speaker,
            announcer: None,
            clock: parts.clock,
            path: parts.path,
            sessions: parts.sessions,
            most: parts.most,
            keys,
            orphans: 0,
            strange: 0,
        })
    }

    pub(super) fn routes(&self, deed: Deed, target: &str) -> Result<Vec<Route>, Why> {
        let routes = self.guard.routes(deed, target);
        routes.map_err(|refused| Why::Never(refused.to_string()))
    }

    /// Tries an effect without any change.
    pub(super) fn rehearse(&mut self, deed: Deed, target: &str) -> Result<(), Why> {
        let routes = self.routes(deed, target)?;
        self.carried(&routes)?;
        let routes = routes.into_iter().collect();
        self.speaker.rehearse(&routes).map_err(Why::Now)
    }

    /// Whether enough sessions carry the tables of routes.
    fn carried(&mut self, routes: &[Route]) -> Result<(), Why> {
        let tables: BTreeSet<Table> = routes.iter().map(|route| route.line().table()).collect();
        let sessions = self.speaker.sessions().map_err(Why::Now)?;
        let carry = sessions
            .iter()
            .filter(|carried| tables.is_subset(carried))
            .count();
        if carry < self.sessions {
            return Err(Why::Now(format!(
                "{carry} sessions are up that carry it, of {} that have to be",
                self.sessions
            )));
        }
        Ok(())
    }

    /// The union of what all keys want. A key that the guard does not let through any more wants nothing.
    fn wanted(&self) -> BTreeSet<Route> {
        let keys = self.keys.keys();
        let routes = keys.filter_map(|key| self.guard.routes(key.deed, &key.target).ok());
        routes.flatten().collect()
    }

    fn save(&self) -> Result<(), Why> {
        let saved = save(&self.path, &self.keys);
        saved.map_err(|error| Why::Now(format!("`{}`: {error}", self.path.display())))
    }

    /// What the speaker announces. Keys whose routes are not all there are not in force, and are forgotten: were they kept, the next change would bring them back unasked.
    fn compared(&mut self) -> Result<Seen, Why> {
        let seen = self.speaker.seen().map_err(Why::Now)?;
        if seen.strange != self.strange && seen.strange > 0 {
            let count = seen.strange;
            tracing::warn!(
                count,
                "rules with our community stand there that are not of our make; they are left to their owner"
            );
        }
        self.strange = seen.strange;
        let guard = &self.guard;
        self.keys.retain(|key, _| {
            let routes = guard.routes(key.deed, &key.target);
            routes.is_ok_and(|routes| {
                let mut lines = routes.iter().map(Route::line);
                lines.all(|line| seen.ours.contains(line) && !seen.idle.contains(line))
            })
        });
        Ok(seen)
    }

    /// Changes what is announced and waits until it is so: nothing beyond what is wanted, and all of `must`.
    fn settle(&mut self, there: &BTreeSet<Line>, must: &[Route]) -> Result<(), Why> {
        let wanted = self.wanted();
        let lines: BTreeSet<Line> = wanted.iter().map(|route| *route.line()).collect();
        if lines != *there {
            self.speaker.change(&wanted, there).map_err(Why::Now)?;
        }
        let until = super::clock::counted_ms() + SETTLE_MS_MAX;
        loop {
            let seen = self.speaker.seen().map_err(Why::Now)?;
            let gone = seen.ours.is_subset(&lines);
            let mut must = must.iter().map(Route::line);
            let missing = must.find(|line| !seen.ours.contains(line) || seen.idle.contains(line));
            if gone && missing.is_none() {
                return Ok(());
            }
            if super::clock::counted_ms() > until {
                return Err(Why::Now(match missing {
                    Some(line) => {
                        format!("{line} does not show in its table, or another route is preferred")
                    }
                    None => "routes that were withdrawn still show in its table".to_owned(),
                }));
            }
            std::thread::park_timeout(BETWEEN);
        }
    }

    /// Puts a key in force, or moves its end.
    pub(super) fn apply(&mut self, key: &Key, end: End) -> Result<(), Why> {
        let routes = self.routes(key.deed, &key.target)?;
        if !self.keys.contains_key(key) && self.keys.len() >= self.most {
            return Err(Why::Now(format!(
                "{} routes are announced already",
                self.most
            )));
        }
        self.alive()?;
        self.carried(&routes)?;
        let seen = self.compared()?;
        let taken = routes
            .iter()
            .find(|route| seen.theirs.contains(route.line()));
        if let Some(route) = taken {
            return Err(Why::Now(format!(
                "the owner announces {} already",
                route.line()
            )));
        }
        let before = self.keys.insert(key.clone(), end);
        // On disk before a peer hears it: a fall between the two leaves a key without a route, never a route without a key.
        if let Err(error) = self.save() {
            match before {
                Some(before) => self.keys.insert(key.clone(), before),
                None => self.keys.remove(key),
            };
            return Err(error);
        }
        self.settle(&seen.ours, &routes)
    }

    /// Takes keys back. What another key wants too stays.
    pub(super) fn remove(&mut self, keys: &[Key]) -> Result<(), Why> {
        self.alive()?;
        let seen = self.compared()?;
        let removed: Vec<(Key, End)> = keys
            .iter()
            .filter_map(|key| self.keys.remove_entry(key))
            .collect();
        if let Err(error) = self.settle(&seen.ours, &[]) {
            // It is tried again by the timer, which knows what is held.
            self.keys.extend(removed);
            return Err(error);
        }
        // The routes are gone; a disk that is full only makes a later start forget the key by itself.
        self.save().ok();
        Ok(())
    }

    /// What is in force; what nobody asked for is withdrawn.
    pub(super) fn look(&mut self) -> Result<Vec<InForce>, Why> {
        self.alive()?;
        let seen = self.compared()?;
        let wanted = self.wanted();
        let known: BTreeSet<&Line> = wanted.iter().map(Route::line).collect();
        let orphans: Vec<&Line> = seen
            .ours
            .iter()
            .filter(|line| !known.contains(line))
            .collect();
        if !orphans.is_empty() {
            self.settle(&seen.ours, &[])?;
            self.orphans += orphans.len() as u64;
            for line in orphans {
                tracing::warn!(%line, "a route with our community that nobody asked for was withdrawn");
            }
        }
        self.save().ok();
        let all = self.keys.iter().map(|(key, end)| InForce {
            key: key.clone(),
            until: end.until,
        });
        Ok(all.collect())
    }

    /// Takes all back. Where the speaker does not do it and it is ours, it is ended, and all is gone with it.
    pub(super) fn release(&mut self) -> Result<(), Why> {
        let keys = std::mem::take(&mut self.keys);
        let ours = self.announcer.is_some();
        let done = match self.speaker.seen() {
            Ok(seen) if !ours || seen.ours.len() <= self.speaker.few() => {
                let asked = self.settle(&seen.ours, &[]);
                if asked.is_err() && ours {
                    self.anew()
                } else {
                    asked
                }
            }
            Err(why) if !ours => Err(Why::Now(why)),
            _ => self.anew(),
        };
        if done.is_err() {
            self.keys = keys;
        }
        self.save().ok();
        done
    }

    /// Takes back what is over. When the next is.
    pub(super) fn over(&mut self) -> (Option<u64>, Result<(), Why>) {
        let now = (self.clock)().counted_ms;
        let ended = self.keys.iter().filter(|(_, end)| end.counted_ms <= now);
        let ended: Vec<Key> = ended.map(|(key, _)| key.clone()).collect();
        let done = if ended.is_empty() {
            Ok(())
        } else {
            self.remove(&ended)
        };
        let next = self.keys.values().map(|end| end.counted_ms).min();
        (next.map(|next| next.saturating_sub(now)), done)
    }

    /// Ends an announcer of ours and all that it announced, and starts it with nothing of ours.
    fn anew(&mut self) -> Result<(), Why> {
        let Some(announcer) = &self.announcer else {
            return Ok(());
        };
        self.speaker.clear().map_err(Why::Now)?;
        announcer.again().map_err(Why::Now)
    }

    /// Holds an announcer that starts with nothing of ours.
    pub(super) fn hold(&mut self, config: Config) -> Result<(), Why> {
        self.speaker.clear().map_err(Why::Now)?;
        self.announcer = Some(Announcer::start(config).map_err(Why::Now)?);
        Ok(())
    }

    /// Starts an announcer of ours anew that ended.
    fn alive(&mut self) -> Result<(), Why> {
        let Some(announcer) = &self.announcer else {
            return Ok(());
        };
        if announcer.runs().map_err(Why::Now)? {
            return Ok(());
        }
        self.anew()
    }
}
