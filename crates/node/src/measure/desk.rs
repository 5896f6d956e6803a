//! What a running office node remembers of measures beside the store: what it brought, whom it paged, how its rounds go. In: what rounds tell. Out: alarms for the page, counters. Never: a list that grows without bound; a state of a measure.

use super::look::Names;
use super::spread::Spread;
use super::{Brought, Calls, Watched};
use crate::problem::{Answer, Code, Problem};
use crate::rate::Starts;
use sakimori_control::error::told;
use sakimori_control::files;
use sakimori_custody::ids::{AuthorityId, Name};
use sakimori_custody::time::Seconds;
use sakimori_respond::plan::complaint::Register as ComplaintRegister;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use utoipa::ToSchema;

/// Settings in the office's folder.
const SETTINGS: &str = "measures.json";
/// Most alarms that are remembered.
const ALARMS_MAX: usize = 200;
/// How long the first person of a dispatch that takes two is waited with, seconds.
const SECOND_SECONDS: u64 = 900;
/// Most characters of an alarm.
const WORDS_MAX: usize = 1000;

/// Whom the node of the office writes to, in `measures.json` of its folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Who is called at once.
    pub pages: Vec<String>,
    /// Superiors, who are told of duties that are late.
    pub superior: Vec<String>,
    /// The head of the office, who is told next.
    pub head: Vec<String>,
    /// The commission, which is told last.
    pub commission: Vec<String>,
    /// Who keeps the node.
    pub trouble: Vec<String>,
    /// Addresses of those who control systems, by their names in measures.
    pub administrators: BTreeMap<String, String>,
    /// Who sends notices, as it stands in them.
    pub organisation: String,
    /// Whether notices that the node drafts by itself are in English; in Japanese without it.
    pub english: bool,
}

/// The settings of now; empty where there is no file.
///
/// # Errors
/// [`Code::Unavailable`]: they cannot be read.
pub fn settings(folder: &Path) -> Answer<Settings> {
    let path = folder.join(SETTINGS);
    let away = |e: String| Problem::hidden(Code::Unavailable, e);
    match files::read(&path).map_err(|e| away(told(&e)))? {
        None => Ok(Settings::default()),
        Some(bytes) => {
            serde_json::from_slice(&bytes).map_err(|e| away(format!("{}: {e}", path.display())))
        }
    }
}

/// Something that a person has to see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Alarm {
    /// When it was last told, RFC 3339.
    pub at: String,
    /// The measure; empty where it is about all.
    pub measure: String,
    /// `page`, `late`, `owed` or `trouble`.
    pub kind: String,
    /// What it is.
    pub words: String,
    /// How often it was told.
    pub times: u64,
}

/// What is remembered.
#[derive(Default)]
pub(crate) struct MeasureDesk {
    pub(crate) brought: Brought,
    /// What names of targets lead to.
    pub(crate) names: Names,
    /// Which actuators have the newest protected lists.
    pub(crate) spread: Spread,
    /// How often everybody together complains.
    pub(crate) pace: Starts,
    /// The public register, and when it was counted.
    register: Mutex<Option<(u64, ComplaintRegister)>>,
    /// Calls to actuators.
    pub(crate) calls: Calls,
    /// What looks remember.
    pub(crate) watched: Arc<Watched>,
    /// The settings that could be read last.
    said: Mutex<Settings>,
    /// How often addresses complain.
    pub(crate) paces: Starts,
    alarms: Mutex<VecDeque<Alarm>>,
    /// Who dispatched a measure of level 2 and waits for another, since when.
    waiting: Mutex<BTreeMap<AuthorityId, (Name, Seconds)>>,
    pub(super) rounds: AtomicU64,
    pub(super) failed: AtomicU64,
    pub(super) given: AtomicU64,
    pub(super) paged: AtomicU64,
}

impl MeasureDesk {
    /// The public register, where it was counted within so long.
    pub(crate) fn register(&self, now_ms: u64, fresh: Duration) -> Option<ComplaintRegister> {
        let known = self.register.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, register) = known.as_ref()?;
        let age = Duration::from_millis(now_ms.saturating_sub(*at));
        (age < fresh).then_some(*register)
    }

    /// Something in the public register has changed.
    pub(crate) fn forget_register(&self) {
        let mut known = self.register.lock().unwrap_or_else(PoisonError::into_inner);
        *known = None;
    }

    /// Remembers the public register as it was counted.
    pub(crate) fn keep_register(&self, now_ms: u64, register: &ComplaintRegister) {
        let mut known = self.register.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some((now_ms, *register));
    }

    /// The settings of now. Where they cannot be read those that could be last hold, and the trouble is an alarm: a broken file keeps nobody from being told.
    pub(crate) fn settings(&self, folder: &Path, now: Seconds) -> Settings {
        match settings(folder) {
            Ok(new) => {
                let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
                *said = new.clone();
                new
            }
            Err(problem) => {
                let words = problem.cause.unwrap_or(problem.detail);
                let words = format!("the settings of measures cannot be read: {words}");
                if self.alarm(now, "", "trouble", &words) {
                    tracing::warn!(words, "the last settings hold");
                }
                let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
                said.clone()
            }
        }
    }

    /// Notes an alarm; whether it is a new one.
    pub(crate) fn alarm(&self, at: Seconds, measure: &str, kind: &str, words: &str) -> bool {
        let words: String = words.chars().take(WORDS_MAX).collect();
        let mut alarms = self.alarms.lock().unwrap_or_else(PoisonError::into_inner);
        let same =
            |one: &&mut Alarm| one.measure == measure && one.kind == kind && one.words == words;
        if let Some(one) = alarms.iter_mut().find(same) {
            one.at = at.to_string();
            one.times = one.times.saturating_add(1);
            return false;
        }
        if alarms.len() == ALARMS_MAX {
            alarms.pop_front();
        }
        alarms.push_back(Alarm {
            at: at.to_string(),
            measure: measure.to_owned(),
            kind: kind.to_owned(),
            words,
            times: 1,
        });
        true
    }

    /// The other person of a dispatch that takes two, where there was one within `SECOND_SECONDS`. Without one whoever asks is the first.
    pub(crate) fn second(&self, id: AuthorityId, by: &Name, now: Seconds) -> Option<Name> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, (_, since)| now.0.saturating_sub(since.0) <= SECOND_SECONDS);
        match waiting.remove(&id) {
            Some((first, _)) if first != *by => Some(first),
            _ => {
                waiting.insert(id, (by.clone(), now));
                None
            }
        }
    }

    /// Alarms, the newest first.
    pub(crate) fn alarms(&self) -> Vec<Alarm> {
        let alarms = self.alarms.lock().unwrap_or_else(PoisonError::into_inner);
        alarms.iter().rev().cloned().collect()
    }

    /// Rounds, rounds that failed, folders that were brought, pages.
    pub(crate) fn counts(&self) -> [u64; 4] {
        [&self.rounds, &self.failed, &self.given, &self.paged]
            .map(|count| count.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_register_is_told_for_a_while_and_forgotten_where_it_changes() {
        let desk = MeasureDesk::default();
        let fresh = Duration::from_mins(1);
        assert_eq!(desk.register(5, fresh), None);
        let register = ComplaintRegister::default();
        desk.keep_register(5, &register);
        assert_eq!(desk.register(60_004, fresh), Some(register));
        assert_eq!(desk.register(60_005, fresh), None, "it is counted anew");
        desk.keep_register(60_005, &register);
        desk.forget_register();
        assert_eq!(desk.register(60_005, fresh), None);
    }

    #[test]
    fn two_people_dispatch_and_nobody_is_two() {
        let desk = MeasureDesk::default();
        let [a, b] = ["a", "b"].map(|name| name.parse::<Name>().unwrap());
        let id = AuthorityId([1; 16]);
        assert_eq!(desk.second(id, &a, Seconds(1)), None);
        assert_eq!(desk.second(id, &a, Seconds(2)), None, "the same once more");
        assert_eq!(desk.second(AuthorityId([2; 16]), &b, Seconds(3)), None);
        assert_eq!(desk.second(id, &b, Seconds(3)), Some(a.clone()));
        assert_eq!(desk.second(id, &b, Seconds(4)), None, "it is used up");
        assert_eq!(desk.second(id, &a, Seconds(5 + SECOND_SECONDS)), None);
    }

    #[test]
    fn an_alarm_is_new_once_and_many_push_out_the_oldest() {
        let desk = MeasureDesk::default();
        assert!(desk.alarm(Seconds(1), "m", "page", "w"));
        assert!(!desk.alarm(Seconds(2), "m", "page", "w"));
        assert_eq!(desk.alarms()[0].times, 2);
        for at in 0..ALARMS_MAX {
            assert!(desk.alarm(Seconds(3), "m", "trouble", &at.to_string()));
        }
        let alarms = desk.alarms();
        assert_eq!(alarms.len(), ALARMS_MAX);
        assert!(alarms.iter().all(|one| one.kind == "trouble"));
    }
}
