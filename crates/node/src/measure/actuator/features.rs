//! What an actuator can do. In: its answer to `query features`. Out: versions, profiles, pairs, its rate. Never: an approval: a query needs none.

use super::{WORDS_MAX, Wire};
use sakimori_authority::measure::Deed;
use sakimori_liaison::measure::FeaturesPaper;
use sakimori_respond::consumer::Sakimori;
use sakimori_respond::openc2::{Language, Profile, Response, Results, Slpf, Status};
use serde_json::json;

/// Most words that are kept of each list.
const WORDS_KEPT_MAX: usize = 256;

impl Wire {
    /// Asks it what it can do, over HTTPS alone: nothing in the answer is signed, and on a bus another one could answer.
    ///
    /// # Errors
    /// Words for people: it does not answer, or says no.
    pub fn features(&self, id: &str) -> Result<FeaturesPaper, String> {
        let asked = ["versions", "profiles", "pairs", "rate_limit"];
        let message = json!({
            "action": "query", "target": {"features": asked}, "args": {"response_requested": "complete"}, "command_id": id,
        });
        let bytes = self.post_directly(&message, id)?;
        let own = Sakimori { deeds: Deed::ALL };
        let profiles: [&dyn Profile; 2] = [&own, &Slpf];
        let language = Language {
            profiles: &profiles,
            others: true,
        };
        let read = Response::read(&bytes, &language);
        let response = read.map_err(|e| format!("`{}`: {e}", self.name))?;
        let words: String = response.status_text.unwrap_or_default();
        let words: String = words.chars().take(WORDS_MAX).collect();
        match (response.status, response.results) {
            (Status::Ok, Some(results)) => Ok(paper(results)),
            (status, _) => Err(format!(
                "`{}` answers {}: {words}",
                self.name,
                status.code()
            )),
        }
    }
}

fn paper(results: Results) -> FeaturesPaper {
    let some = |list: Option<Vec<String>>| {
        let list = list.unwrap_or_default().into_iter();
        list.take(WORDS_KEPT_MAX).collect::<Vec<_>>()
    };
    let pairs = results.pairs.unwrap_or_default();
    let pairs = pairs.into_iter().flat_map(|(action, targets)| {
        let targets = targets.into_iter();
        targets.map(move |target| format!("{action} {target}"))
    });
    FeaturesPaper {
        versions: some(results.versions),
        profiles: some(results.profiles),
        pairs: pairs.take(WORDS_KEPT_MAX).collect(),
        rate_limit: results.rate_limit.and_then(|text| text.parse().ok()),
    }
}
