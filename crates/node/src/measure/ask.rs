//! A measure before the commission. In: a plan that was reviewed, its text as both officers signed it. Out: text and request on record, the statement that members sign. Never: a text that the plan does not give; a request without its reasons.

use super::{Room, SignedText, kept};
use crate::problem::{Answer, Code, Problem};
use sakimori_authority::statement::{Basis, Caps, Kind, Statement};
use sakimori_control::office::{self, Draft, Reasons};
use sakimori_custody::ids::Name;
use sakimori_custody::record::{Direction, RECORD_BYTES};
use sakimori_liaison::measure::{Held, register};
use sakimori_respond::plan::Plan;

/// What is on record behind it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The text that both officers signed.
    pub signed: SignedText,
    /// The statement that is to be signed.
    pub statement: Statement,
}

/// The reasons of a request, as the dossier has them.
fn reasons(plan: &Plan, requester: &Name) -> Reasons {
    let dossier = &plan.dossier;
    let milder = dossier.alternatives.iter().map(|one| {
        let words = one.cannot.clone();
        let words = words.or_else(|| one.tried.as_ref().map(|tried| tried.words.clone()));
        format!("{}: {}", one.kind.name(), words.unwrap_or_default())
    });
    Reasons {
        requester: requester.clone(),
        facts: format!("{} {}", dossier.harm, dossier.imminence),
        necessity: dossier.necessity.clone(),
        alternatives: milder.collect::<Vec<_>>().join("; "),
        rights: dossier.proportionality.clone(),
        expected_share_ppm: 0,
    }
}

impl Room {
    /// Puts text and request on record and gives the statement. The life of the measure does not know of it yet: its event is the caller's next step.
    ///
    /// # Errors
    /// [`Code::Refused`]: the text is not signed by both, or not the plan's; what the log says.
    pub async fn ask(
        &self,
        held: &Held,
        note: &[u8],
        basis: &Name,
        decided: Option<Basis>,
        by: &Name,
    ) -> Answer<Asked> {
        let register = register(&*self.store).await.map_err(|e| kept(&e))?;
        let signed = SignedText::read(self, held, &register, note)?;
        let plan = held.state().plan();
        let reasons = reasons(plan, by);
        let now = self.now();
        let is_urgent = matches!(decided, Some(Basis::Urgent { .. }));
        let most = self.terms.urgent.map_or(0, |term| term.seconds);
        let last = plan.not_after;
        let draft = Draft {
            kind: Kind::Measure,
            basis: basis.clone(),
            not_before: plan.not_before.max(now),
            not_after: if is_urgent {
                last.min(now.plus(most))
            } else {
                last
            },
            sensors: signed.measure.names(),
            directions: vec![Direction::OutIn, Direction::InOut],
            caps: Caps {
                match_ppm: 1,
                flow_bytes: RECORD_BYTES as u64,
                day_records: 1,
            },
            keep_days: 1,
            conditions: "none".to_owned(),
            replaces: None,
            decided,
        };
        let (node, host, note) = (self.node.clone(), self.host.clone(), note.to_vec());
        let put = move || office::draft_measure(&node, &host, &note, &draft, &reasons);
        let statement = tokio::task::spawn_blocking(put).await;
        let statement = statement.map_err(|e| Problem::hidden(Code::Fault, e))?;
        Ok(Asked {
            signed,
            statement: statement.map_err(|e| crate::part::refused(&e))?,
        })
    }
}
