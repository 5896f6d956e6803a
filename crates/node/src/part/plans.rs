//! Plans at the commission's node: fetched from the office's, held against the digest that a text names, kept. In: a digest. Out: the plan. Never: a plan of another digest; one that anybody but the node's own user can read on the disk.

use super::commission::CommissionPart;
use crate::limits::PLAN_BYTES_MAX;
use crate::peer;
use crate::problem::{Answer, Code};
use sakimori_authority::measure::Measure;
use sakimori_authority::statement::Kind;
use sakimori_control::files;
use sakimori_custody::ids::hex;
use sakimori_respond::plan::{Digest, Plan};
use sakimori_tlog::note::Note;

/// How long behind its request a plan is still fetched by itself, seconds; later whoever looks at it has it fetched.
const FETCH_SECONDS: u64 = 30 * sakimori_custody::time::DAY_SECONDS;
/// Most plans that are fetched in one round.
const ROUND_PLANS_MAX: usize = 16;

/// Reads a plan and holds it against its digest.
fn read(bytes: &[u8], digest: Digest) -> Option<Plan> {
    if bytes.len() > PLAN_BYTES_MAX {
        return None;
    }
    let plan = Plan::read(bytes).ok()?;
    (plan.digest() == digest).then_some(plan)
}

impl CommissionPart {
    fn place(&self, digest: Digest) -> std::path::PathBuf {
        self.folder().join("plans").join(format!("{digest}.json"))
    }

    /// The plan of a digest: kept here, or fetched from the office's node.
    pub(crate) fn plan(&self, digest: Digest) -> Option<Plan> {
        self.kept_plan(digest)
            .or_else(|| self.fetch_plan(digest).ok().flatten())
    }

    /// Asks the office's node for a plan; none where it answers, and not with this one.
    ///
    /// # Errors
    /// [`Code::PeerUnavailable`]: nobody answers.
    fn fetch_plan(&self, digest: Digest) -> Answer<Option<Plan>> {
        let office = peer::Link::open(self.folder(), "office")?;
        let fetched = match office.get(&format!("/v1/plans/{digest}")) {
            Ok(fetched) => fetched,
            Err(problem) if problem.code == Code::PeerUnavailable => return Err(problem),
            Err(_) => return Ok(None),
        };
        let plan = read(&fetched, digest);
        if plan.is_some() {
            // One that cannot be kept is fetched again.
            let _ = files::write(&self.place(digest), &fetched, files::PRIVATE);
        }
        Ok(plan)
    }

    fn kept_plan(&self, digest: Digest) -> Option<Plan> {
        let kept = files::read(&self.place(digest)).ok()??;
        read(&kept, digest)
    }

    /// The digest of the plan that a measure's text names, by the hash of the text; none where the text is not there.
    pub(crate) fn plan_named(&self, text: &[u8; 32]) -> Option<Digest> {
        let note = Note::parse(&self.pack(text)?).ok()?;
        let measure = Measure::parse(note.text()).ok()?;
        (measure.hash() == *text).then_some(Digest(measure.dossier))
    }

    /// Fetches the plans of requests for measures, so that they are here whatever becomes of the office's node: also of what two officers decided, which a sitting looks at behind it. Says what is missing.
    pub(super) fn fetch_plans(&self) -> Vec<String> {
        let now = self.host.seconds();
        let waiting = self.commission.read(|book| {
            let young = book.request_list().values();
            let young = young.filter(|request| request.time.plus(FETCH_SECONDS) >= now);
            let measures = young.filter_map(|request| {
                let draft = request.draft.as_ref()?;
                let text = book.measure_text(&draft.pack)?;
                (draft.kind == Kind::Measure).then_some((request.index, Digest(text.plan)))
            });
            measures.collect::<Vec<_>>()
        });
        let mut missing = Vec::new();
        // The newest first: one that the office does not give keeps none behind it waiting.
        let new = waiting
            .iter()
            .rev()
            .filter(|(_, digest)| self.kept_plan(*digest).is_none());
        for (index, digest) in new.take(ROUND_PLANS_MAX) {
            let fetched = self.fetch_plan(*digest);
            if !matches!(fetched, Ok(Some(_))) {
                missing.push(format!(
                    "the plan {} behind request {index} is not there",
                    hex(&digest.0)
                ));
            }
            // Where the office is away the next is away too.
            if fetched.is_err() {
                break;
            }
        }
        missing
    }
}
