//! Where an attack goes behind an end by success. In: measures that ended so, findings that are there now. Out: places that are new, kept beside the verdict of the end, and a call of a person for them. Never: a verdict that is changed by what came
//! behind its end; an effect.
//!
//! It is looked at the end of each window of the goal, as while the measure was in force, [`WINDOWS`] times.

use super::verdict::Moment;
use super::{BY, Room, Stepped, kept, troubled};
use crate::problem::Answer;
use sakimori_liaison::measure::{
    Held, Owed, TargetVerdict, VerdictPaper, keep_verdict_with, lives, verdict,
};
use sakimori_respond::effect::Verdict;
use sakimori_respond::plan::life::Ended;
use sakimori_store::Change;

/// How many windows of its goal a measure is watched behind its end: a day, where it counts over five minutes.
const WINDOWS: u64 = 96;

/// The verdict of the end with the places that a judgement of later adds, and the words of a call for each target that has some; none where nothing is new.
fn added(known: Option<VerdictPaper>, later: &VerdictPaper) -> Option<(VerdictPaper, Vec<String>)> {
    let unjudged = |row: &TargetVerdict| TargetVerdict {
        verdict: Verdict::Unknown.name().to_owned(),
        not_in_force: Vec::new(),
        moved: Vec::new(),
        places: Vec::new(),
        findings: Vec::new(),
        reasons: Vec::new(),
        readings: Vec::new(),
        ..row.clone()
    };
    let mut paper = known.unwrap_or_else(|| VerdictPaper {
        targets: later.targets.iter().map(unjudged).collect(),
        ..later.clone()
    });
    let mut words = Vec::new();
    for row in &mut paper.targets {
        let mut rows = later.targets.iter();
        let Some(now) = rows.find(|now| now.target == row.target) else {
            continue;
        };
        if now.findings.iter().all(|one| row.findings.contains(one)) {
            continue;
        }
        let to = now.moved.join("; ");
        words.push(format!(
            "the attack by {} moved behind the end of the measure: {to}",
            row.target
        ));
        row.moved.clone_from(&now.moved);
        row.places.clone_from(&now.places);
        row.findings.clone_from(&now.findings);
    }
    (!words.is_empty()).then_some((paper, words))
}

impl Room {
    /// Looks where attacks went whose measures ended by success, and owes a call for each place that is new. What cannot be judged keeps no other from it.
    ///
    /// # Errors
    /// What the store says.
    pub(super) async fn watch_on(&self) -> Answer<Vec<Stepped>> {
        let (all, _) = lives(&*self.store).await.map_err(|e| kept(&e))?;
        let mut stepped = Vec::new();
        for held in all {
            let Some(moment) = self.moment_after(&held) else {
                continue;
            };
            if self.is_new(&held, moment)
                && let Err(problem) = self.keep_added(&held, moment).await
            {
                stepped.push(troubled(held, &problem));
            }
        }
        Ok(stepped)
    }

    /// The end of the last window behind an end by success.
    fn moment_after(&self, held: &Held) -> Option<Moment> {
        let state = held.state();
        let ended = state
            .ended()
            .filter(|_| state.end() == Some(Ended::Success))?;
        let window = state.plan().dossier.success.window_seconds().max(1);
        let windows = self.now().0.saturating_sub(ended.0) / window;
        (1..=WINDOWS).contains(&windows).then_some(Moment {
            begin: state.in_force_since()?,
            at: ended.plus(windows * window),
        })
    }

    async fn keep_added(&self, held: &Held, moment: Moment) -> Answer<()> {
        let id = held.state().plan().id;
        let known = verdict(&*self.store, id).await.map_err(|e| kept(&e))?;
        let later = self.judged(held, moment, None, (&[], &[])).await?.paper;
        let Some((paper, pages)) = added(known, &later) else {
            return Ok(());
        };
        let pages = pages.into_iter().map(|words| Owed::Page { words });
        let with: Answer<Vec<Change>> = pages.map(|owed| self.owing(id, owed)).collect();
        let done = keep_verdict_with(&*self.store, id, &paper, BY, with?).await;
        done.map_err(|e| kept(&e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sakimori_custody::time::Seconds;
    use sakimori_respond::effect::Moved;

    fn paper(verdict: Verdict, findings: &[u64]) -> VerdictPaper {
        let place = Moved {
            endpoint: "198.51.100.99".to_owned(),
            first: Seconds(500),
            of: 3,
            victims: 2,
        };
        let places: Vec<Moved> = findings.iter().map(|_| place.clone()).collect();
        VerdictPaper {
            begin: 100,
            at: 200,
            targets: vec![TargetVerdict {
                target: "198.51.100.7/32".to_owned(),
                verdict: verdict.name().to_owned(),
                by: "packets".to_owned(),
                before: None,
                not_in_force: Vec::new(),
                moved: places.iter().map(ToString::to_string).collect(),
                places,
                findings: findings.to_vec(),
                reasons: vec!["why".to_owned()],
                readings: Vec::new(),
            }],
        }
    }

    #[test]
    fn what_moves_behind_the_end_calls_once_and_changes_no_verdict() {
        let end = paper(Verdict::Effective, &[]);
        assert_eq!(
            added(Some(end.clone()), &paper(Verdict::Unknown, &[])),
            None
        );
        let later = paper(Verdict::Displaced, &[4]);
        let (kept, words) = added(Some(end.clone()), &later).unwrap();
        assert_eq!(words.len(), 1);
        assert!(words[0].contains("behind the end"), "{words:?}");
        assert!(words[0].contains("198.51.100.99 has 2 of 3"), "{words:?}");
        let row = &kept.targets[0];
        assert_eq!((row.verdict.as_str(), kept.at), ("effective", end.at));
        assert_eq!((row.places.len(), row.findings.as_slice()), (1, &[4][..]));
        assert_eq!(added(Some(kept.clone()), &later), None, "once");
        // A finding that is destroyed later is nothing new, another is.
        let gone = paper(Verdict::Unknown, &[]);
        assert_eq!(added(Some(kept.clone()), &gone), None);
        assert!(added(Some(kept), &paper(Verdict::Displaced, &[4, 9])).is_some());
        // Without a verdict of the end there is none.
        let (kept, words) = added(None, &later).unwrap();
        assert_eq!(
            (kept.targets[0].verdict.as_str(), words.len()),
            ("unknown", 1)
        );
    }
}
