//! Bytes of evidence at the office. In: what a dossier names by its SHA-256, findings of the node. Out: files beside the store, with their papers; what is due, erased. Never: bytes with another SHA-256 than the dossier has; a copy that outlives
//! the finding of which it is one.

use super::{Room, kept};
use crate::problem::{Answer, Code, Problem};
use sakimori_control::error::told;
use sakimori_control::{files, office};
use sakimori_custody::ids::{AuthorityId, hex, unhex};
use sakimori_custody::time::Seconds;
use sakimori_liaison::measure::{
    EvidencePaper, Item, PIECE_BYTES_MAX, custody, erase_evidence, evidence, keep_evidence,
    kept_evidence, limit_evidence, measure, named_evidence,
};
use sakimori_liaison::paper::Written;
use sakimori_respond::plan::Plan;
use sakimori_respond::plan::dossier::Source;
use sakimori_respond::plan::life::{Duty, Stage};
use sakimori_respond::report::chain::Chain;
use sha2::{Digest, Sha256};
use std::path::PathBuf;

/// The folder of pieces in the office's folder, one folder for each measure.
const FOLDER: &str = "measure-evidence";

/// Bytes of a link of a chain of custody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// SHA-256 of them, hex.
    pub sha256: String,
    /// The bytes; none where they were erased.
    pub bytes: Option<Vec<u8>>,
}

fn away(error: &sakimori_control::ControlError) -> Problem {
    Problem::hidden(Code::Unavailable, told(error))
}

impl Room {
    /// Where a piece lies. Its name is its SHA-256: nothing of strangers is in a path.
    fn place(&self, measure: AuthorityId, sha256: &str) -> Answer<PathBuf> {
        let hash = unhex::<32>(sha256);
        let hash = hash.ok_or_else(|| Problem::new(Code::Refused, "no SHA-256"))?;
        let folder = self.folder.join(FOLDER).join(measure.to_string());
        Ok(folder.join(hex(&hash)))
    }

    /// Keeps a piece of evidence that a dossier of the measure names. The same once more changes nothing.
    ///
    /// # Errors
    /// [`Code::Refused`]: no dossier names it, its SHA-256 is another, it is too long; what disk and store say.
    pub async fn keep(
        &self,
        id: AuthorityId,
        name: &str,
        bytes: &[u8],
        finding: Option<u64>,
        by: &str,
    ) -> Answer<bool> {
        let named = named_evidence(&*self.store, id, name).await;
        let named = named.map_err(|e| kept(&e))?;
        let hash: [u8; 32] = Sha256::digest(bytes).into();
        if named.sha256.0 != hash {
            let words = format!(
                "it has the SHA-256 {}, the dossier's has {}",
                hex(&hash),
                named.sha256
            );
            return Err(Problem::new(Code::Refused, words));
        }
        if bytes.len() > PIECE_BYTES_MAX {
            let words = format!("a piece has at most {PIECE_BYTES_MAX} bytes");
            return Err(Problem::new(Code::Refused, words));
        }
        self.may_come(id, name, &hex(&hash)).await?;
        let finding = match (finding, &named.source) {
            // A copy of a finding goes with it, whoever hands it in.
            (None, Source::Finding { finding, .. }) => self.own_finding(finding)?,
            (finding, _) => finding,
        };
        let paper = EvidencePaper {
            measure: id.to_string(),
            name: name.to_owned(),
            class: named.class.to_string(),
            sha256: hex(&hash),
            bytes: bytes.len() as u64,
            finding,
            until: None,
            erased: None,
        };
        let place = self.place(id, &paper.sha256)?;
        if let Some(folder) = place.parent() {
            files::create_private_folder(folder).map_err(|e| away(&e))?;
        }
        // The bytes before the paper that says that they are kept.
        files::write(&place, bytes, files::PRIVATE).map_err(|e| away(&e))?;
        let now = self.now();
        let done = keep_evidence(&*self.store, id, &paper, now, by).await;
        if done.is_err() && !self.is_named(&paper).await? {
            files::remove(&place).map_err(|e| away(&e))?;
        }
        done.map_err(|e| kept(&e))
    }

    /// Whether bytes of a name may come in: what was erased stays erased, and a name has the bytes that it came with.
    async fn may_come(&self, id: AuthorityId, name: &str, sha256: &str) -> Answer<()> {
        let known = evidence(&*self.store, id).await.map_err(|e| kept(&e))?;
        let known = known.iter().find(|(_, last)| last.said.name == name);
        let words = match known {
            Some((_, last)) if last.said.erased.is_some() => "it was kept and is erased",
            Some((_, last)) if last.said.sha256 != sha256 => "other bytes of that name are kept",
            _ => return Ok(()),
        };
        Err(Problem::new(Code::Refused, words))
    }

    /// Whether a paper names bytes that are kept.
    async fn is_named(&self, piece: &EvidencePaper) -> Answer<bool> {
        let all = kept_evidence(&*self.store).await.map_err(|e| kept(&e))?;
        let mut all = all.iter().map(|one| &one.said);
        Ok(all.any(|one| one.measure == piece.measure && one.sha256 == piece.sha256))
    }

    /// The number of a finding that a dossier names, where the node has it.
    fn own_finding(&self, named: &str) -> Answer<Option<u64>> {
        let Ok(index) = named.parse() else {
            return Ok(None);
        };
        Ok(self.finding(index)?.map(|_| index))
    }

    /// Keeps copies of the node's own findings that a plan names. Gives the names of those that are not here, or are others by now.
    ///
    /// # Errors
    /// As [`Room::keep`].
    pub async fn keep_findings(&self, plan: &Plan, by: &str) -> Answer<Vec<String>> {
        let mut missing = Vec::new();
        for one in &plan.dossier.evidence {
            let Source::Finding { finding, .. } = &one.source else {
                continue;
            };
            let found = match finding.parse() {
                Ok(index) => self.finding(index)?.map(|bytes| (index, bytes)),
                Err(_) => None,
            };
            let same = |bytes: &[u8]| <[u8; 32]>::from(Sha256::digest(bytes)) == one.sha256.0;
            match found.filter(|(_, bytes)| same(bytes)) {
                Some((index, bytes)) => {
                    self.keep(plan.id, one.id.as_str(), &bytes, Some(index), by)
                        .await?;
                }
                None => missing.push(one.id.to_string()),
            }
        }
        Ok(missing)
    }

    /// The file of a finding; none where it is not shown to anybody any more.
    fn finding(&self, index: u64) -> Answer<Option<Vec<u8>>> {
        let found = office::findings(&self.node, self.now(), index, 1).map_err(|e| away(&e))?;
        let Some(file) = found.0.into_iter().find(|file| file.index == index) else {
            return Ok(None);
        };
        files::read(&file.path).map_err(|e| away(&e))
    }

    /// The bytes of a piece; none where they are erased.
    ///
    /// # Errors
    /// What the disk says; [`Code::Fault`]: other bytes lie there than came in.
    pub fn piece(&self, paper: &EvidencePaper) -> Answer<Option<Vec<u8>>> {
        let id = paper.measure.parse();
        let id = id.map_err(|_| Problem::hidden(Code::Fault, "a piece of no measure"))?;
        let bytes = files::read(&self.place(id, &paper.sha256)?).map_err(|e| away(&e))?;
        match bytes {
            Some(bytes) if hex(&<[u8; 32]>::from(Sha256::digest(&bytes))) != paper.sha256 => {
                let words = format!("evidence {} has other bytes than came in", paper.name);
                Err(Problem::hidden(Code::Fault, words))
            }
            bytes => Ok(bytes),
        }
    }

    /// The chain of custody of a measure, with the bytes of its links.
    ///
    /// # Errors
    /// What the store or the disk says.
    pub async fn custody(&self, id: AuthorityId) -> Answer<(Chain, Vec<Linked>)> {
        let custody = custody(&*self.store, id).await.map_err(|e| kept(&e))?;
        let mut linked = Vec::new();
        for (link, item) in custody.chain.links().iter().zip(custody.items) {
            let bytes = match item {
                Item::Record(bytes) => Some(bytes),
                Item::Evidence(paper) => self.piece(&paper)?,
            };
            let sha256 = hex(&link.sha256);
            linked.push(Linked { sha256, bytes });
        }
        Ok((custody.chain, linked))
    }

    /// Erases what is due: copies of findings that are gone, and all else when its time is over. Gives how many pieces were erased.
    ///
    /// # Errors
    /// What the store or the disk says; what was erased before is.
    pub async fn erase_due(&self, by: &str) -> Answer<usize> {
        let now = self.now();
        let mut erased = 0;
        for one in kept_evidence(&*self.store).await.map_err(|e| kept(&e))? {
            let due = match (one.said.finding, one.said.until) {
                (Some(index), _) => self.finding(index)?.is_none(),
                (None, Some(until)) => until <= now.0,
                (None, None) => {
                    self.limit(&one, by).await?;
                    false
                }
            };
            if due {
                let id = one.said.measure.parse();
                let id = id.map_err(|_| Problem::hidden(Code::Fault, "a piece of no measure"))?;
                let place = self.place(id, &one.said.sha256)?;
                // The bytes first: a paper that says too early that they are gone would be a lie. Another piece can have the same bytes.
                let all = kept_evidence(&*self.store).await.map_err(|e| kept(&e))?;
                let shares = |other: &Written<EvidencePaper>| {
                    other.id != one.id
                        && other.said.measure == one.said.measure
                        && other.said.sha256 == one.said.sha256
                };
                if !all.iter().any(shares) {
                    files::remove(&place).map_err(|e| away(&e))?;
                }
                let done = erase_evidence(&*self.store, &one, now, by).await;
                done.map_err(|e| kept(&e))?;
                erased += 1;
            }
        }
        Ok(erased)
    }

    /// Sets until when a piece is kept, where its measure is over.
    async fn limit(&self, piece: &Written<EvidencePaper>, by: &str) -> Answer<()> {
        let id: AuthorityId = piece
            .said
            .measure
            .parse()
            .map_err(|_| Problem::hidden(Code::Fault, "a piece of no measure"))?;
        let held = measure(&*self.store, id).await.map_err(|e| kept(&e))?;
        let state = held.state();
        // What was never decided has nothing to report, and ends as it is.
        let over = match state.stage() {
            Stage::Reported | Stage::Refused => true,
            Stage::Ended => !state.clocks().contains_key(&Duty::Report),
            _ => false,
        };
        if !over {
            return Ok(());
        }
        let from = state.ended().unwrap_or(Seconds(piece.at));
        let until = from
            .max(Seconds(piece.at))
            .plus(self.terms.evidence.seconds);
        let done = limit_evidence(&*self.store, piece, until, self.now(), by).await;
        done.map_err(|e| kept(&e))
    }
}
