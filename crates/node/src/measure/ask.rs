//! A measure before the commission. In: a plan that was reviewed, its text as both officers signed it. Out: text and request on record, the statement that members sign. Never: a text that the plan does not give; a request without its reasons.

use super::{Room, SignedText, Stepped, kept};
use crate::problem::{Answer, Code, Problem};
use sakimori_authority::statement::{Basis, Caps, Kind, Statement};
use sakimori_control::office::{self, Draft, Reasons};
use sakimori_custody::ids::{AuthorityId, Name};
use sakimori_custody::record::{Direction, RECORD_BYTES};
use sakimori_custody::time::Seconds;
use sakimori_liaison::measure::{Held, register};
use sakimori_respond::plan::life::{Event, Refused};
use sakimori_respond::plan::{Plan, Renewal};

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

/// The reasons of a renewal: what is new before what was said.
fn renewing(held: &Held, renewal: &Renewal, requester: &Name) -> Reasons {
    let state = held.state();
    let plan = state.plan();
    let new: Vec<&str> = renewal
        .evidence
        .iter()
        .map(|one| one.what.as_str())
        .collect();
    let of = reasons(plan, requester);
    Reasons {
        facts: format!(
            "Renewal {} of at most {} of measure {}. New since it was decided: {}. {}",
            state.renewals().saturating_add(1),
            plan.renewals,
            plan.id,
            new.join("; "),
            of.facts
        ),
        ..of
    }
}

/// What a request is made of, beside the text.
struct Wanted {
    basis: Name,
    window: (Seconds, Seconds),
    replaces: Option<AuthorityId>,
    decided: Option<Basis>,
}

impl Room {
    /// Puts text and request on record and gives the statement. The life of the measure does not know of it yet: its event is the caller's next step.
    ///
    /// # Errors
    /// [`Code::Refused`]: the text is not signed by both, or not the plan's; a notice that the plan names, or an urgent act of the month, is against it; what the log says.
    pub async fn ask(
        &self,
        held: &Held,
        note: &[u8],
        basis: &Name,
        decided: Option<Basis>,
        by: &Name,
    ) -> Answer<Asked> {
        let register = register(&*self.store).await.map_err(|e| kept(&e))?;
        let is_urgent = matches!(decided, Some(Basis::Urgent { .. }));
        let plan = held.state().plan();
        self.unbroken(plan, is_urgent).await?;
        let signed = SignedText::read(self, held, &register, is_urgent, note)?;
        let now = self.now();
        let most = self.terms.urgent.map_or(0, |term| term.seconds);
        let last = plan.not_after;
        let wanted = Wanted {
            basis: basis.clone(),
            window: (
                plan.not_before.max(now),
                if is_urgent {
                    last.min(now.plus(most))
                } else {
                    last
                },
            ),
            replaces: None,
            decided,
        };
        self.put(signed, note, wanted, reasons(plan, by)).await
    }

    /// Asks for a renewal: what is new is held against every rule first, then text and request go on record, then the life knows of it. Gives the statement that a sitting signs, and what came of it.
    ///
    /// # Errors
    /// [`Code::Refused`]: a rule is broken, or the text is not signed by both, or not of the plan with what is new; what the log says.
    pub async fn ask_renewal(
        &self,
        held: &Held,
        note: &[u8],
        renewal: &Renewal,
        basis: &Name,
        by: &Name,
    ) -> Answer<(Asked, Stepped)> {
        let register = register(&*self.store).await.map_err(|e| kept(&e))?;
        let signed = SignedText::read_renewal(self, held, &register, renewal, note)?;
        let id = held.state().plan().id;
        let event = Event::AskRenewal {
            by: by.clone(),
            text: signed.digest,
            weighed: signed.weighed(),
            renewal: Box::new(renewal.clone()),
        };
        let refused = self
            .with(by.as_str(), async |m| m.would_refuse(id, &event).await)
            .await?;
        if let Some(refused) = refused {
            return Err(Problem::new(Code::Refused, words_of(&refused)));
        }
        let wanted = Wanted {
            basis: basis.clone(),
            window: (renewal.not_before.max(self.now()), renewal.not_after),
            replaces: held.state().authority(),
            decided: None,
        };
        let reasons = renewing(held, renewal, by);
        let asked = self.put(signed, note, wanted, reasons).await?;
        let stepped = self.step(id, &event, by.as_str()).await?;
        Ok((asked, stepped))
    }

    async fn put(
        &self,
        signed: SignedText,
        note: &[u8],
        wanted: Wanted,
        reasons: Reasons,
    ) -> Answer<Asked> {
        let (not_before, not_after) = wanted.window;
        let draft = Draft {
            kind: Kind::Measure,
            basis: wanted.basis,
            not_before,
            not_after,
            sensors: signed.measure.names(),
            directions: vec![Direction::OutIn, Direction::InOut],
            caps: Caps {
                match_ppm: 1,
                flow_bytes: RECORD_BYTES as u64,
                day_records: 1,
            },
            keep_days: 1,
            conditions: "none".to_owned(),
            replaces: wanted.replaces,
            decided: wanted.decided,
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

/// A refusal with every rule that is broken.
pub(crate) fn words_of(refused: &Refused) -> String {
    let mut words = vec![refused.to_string()];
    if let Refused::Plan(problems) = refused {
        words.extend(problems.iter().map(ToString::to_string));
    }
    words.join("; ")
}
