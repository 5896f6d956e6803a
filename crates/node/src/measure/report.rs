//! The report behind the end of a measure. In: what is on record, the words of whoever hands it in. Out: the document, kept and hashed into the life and the log. Never: a report that the records do not give; one that is handed in twice.

use super::{Room, Stepped, kept};
use crate::problem::Answer;
use sakimori_custody::ids::{AuthorityId, Name};
use sakimori_custody::time::Seconds;
use sakimori_liaison::measure::{
    Held, TargetVerdict, VerdictPaper, compose_report, report, verdict,
};
use sakimori_respond::effect::{Effect, Judgement, Verdict as Judged};
use sakimori_respond::plan::Digest;
use sakimori_respond::report::paper::{Paper, Verdict};
use sakimori_store::Store;

/// A report with its bytes.
#[derive(Clone, Debug)]
pub struct Reported {
    /// The document.
    pub paper: Paper,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// SHA-256 of them.
    pub sha256: Digest,
    /// Whether it was handed in.
    pub handed_in: bool,
}

impl Room {
    /// The report that was handed in; before that the one that the records of now give.
    ///
    /// # Errors
    /// What the store says.
    pub async fn report(&self, held: &Held, words: &str, by: &Name) -> Answer<Reported> {
        let id = held.state().plan().id;
        let known = report(&*self.store, id).await.map_err(|e| kept(&e))?;
        let (paper, bytes, handed_in) = if let Some((paper, bytes)) = known {
            (paper, bytes, true)
        } else {
            let verdicts = self.verdicts_of(held).await?;
            let made = (self.now(), by);
            let paper = compose_report(&*self.store, id, verdicts, words, made).await;
            let paper = paper.map_err(|e| kept(&e))?;
            let bytes = paper.bytes();
            (paper, bytes, false)
        };
        Ok(Reported {
            sha256: Digest::of(&bytes),
            paper,
            bytes,
            handed_in,
        })
    }

    /// Hands in the report that the records of now give.
    ///
    /// # Errors
    /// What the store says; a refused event is none: it is in what came of it.
    pub async fn hand_in(&self, held: &Held, words: &str, by: &Name) -> Answer<Stepped> {
        let id = held.state().plan().id;
        let verdicts = self.verdicts_of(held).await?;
        let made = (self.now(), by);
        let paper = compose_report(&*self.store, id, verdicts, words, made).await;
        let paper = paper.map_err(|e| kept(&e))?;
        let (turn, event) = self
            .with(by.as_str(), async |measures| {
                measures.hand_in(id, &paper, by).await
            })
            .await?;
        let mut stepped = self.follow(turn, by.as_str()).await?;
        if stepped.refused.is_none() {
            let told = Box::pin(self.record_word(&stepped.held, &event, by.as_str())).await;
            stepped.told.extend(told);
        }
        Ok(stepped)
    }

    /// The verdicts that are kept of a measure, as its report has them.
    async fn verdicts_of(&self, held: &Held) -> Answer<Vec<Verdict>> {
        let found = verdict(&*self.store, held.state().plan().id).await;
        let Some(found) = found.map_err(|e| kept(&e))? else {
            return Ok(Vec::new());
        };
        let at = Seconds(found.at).to_string();
        let rows = found.targets.into_iter().map(|one| Verdict {
            at: at.clone(),
            reasons: reasons(&one),
            target: one.target,
            verdict: one.verdict,
        });
        Ok(rows.collect())
    }
}

/// Reasons of a verdict, with the endpoints that victims moved to, where they do not tell them already.
fn reasons(one: &TargetVerdict) -> Vec<String> {
    let mut reasons = one.reasons.clone();
    let told = |moved: &String| one.reasons.iter().any(|reason| reason.contains(moved));
    if !one.moved.iter().all(told) {
        reasons.push(format!("moved to {}", one.moved.join(", ")));
    }
    reasons
}

/// The newest verdicts on a measure, for its report in CASE; none before the first.
///
/// # Errors
/// What the store says.
pub async fn effect_of(store: &dyn Store, id: AuthorityId) -> Answer<Option<Effect>> {
    let found = verdict(store, id).await.map_err(|e| kept(&e))?;
    Ok(found.as_ref().map(effect))
}

fn effect(found: &VerdictPaper) -> Effect {
    let judged = found.targets.iter().map(|one| Judgement {
        target: one.target.clone(),
        // A word that is none says nothing.
        verdict: Judged::from_name(&one.verdict).unwrap_or(Judged::Unknown),
        not_in_force: one.not_in_force.clone(),
        moved: one.places.clone(),
        reasons: reasons(one),
    });
    Effect {
        at: Seconds(found.at),
        judged: judged.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sakimori_respond::effect::Moved;

    #[test]
    fn where_an_attack_moved_to_goes_into_the_export() {
        let place = Moved {
            endpoint: "198.51.100.99".to_owned(),
            first: Seconds(150),
            of: 3,
            victims: 2,
        };
        let mut paper = VerdictPaper {
            begin: 100,
            at: 200,
            targets: vec![TargetVerdict {
                target: "198.51.100.7/32".to_owned(),
                verdict: Judged::Displaced.name().to_owned(),
                by: String::new(),
                before: None,
                not_in_force: Vec::new(),
                moved: vec![place.to_string()],
                places: vec![place.clone()],
                findings: vec![4],
                reasons: vec![format!("the same victims: {place}")],
                readings: Vec::new(),
            }],
        };
        let said = effect(&paper);
        assert_eq!(said.judged[0].moved, std::slice::from_ref(&place));
        assert_eq!(said.judged[0].reasons.len(), 1, "it is told once");
        let line = format!("moved: 198.51.100.7/32 to {place}");
        assert!(said.to_string().contains(&line), "{said}");
        // It comes back as it was kept.
        let text = serde_json::to_string(&paper).unwrap();
        let read: VerdictPaper = serde_json::from_str(&text).unwrap();
        assert_eq!(read, paper);
        // What came behind the end is in no reason of the verdict, and is told all the same.
        paper.targets[0].reasons.clear();
        let said = effect(&paper);
        assert_eq!(said.judged[0].reasons, [format!("moved to {place}")]);
    }
}
