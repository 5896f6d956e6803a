//! What waits to be sent, and the receipts that come back. In: filings, receipts of the office, packages. Out: the same filing until it is receipted, each once and in their
//! order. Never: a filing that is forgotten because a line broke; a receipt that another key signed or that is for other bytes.

use super::attach::keep;
use super::bounds::PACKAGE_BYTES_MAX;
use super::clerk::sent_id;
use super::package::{HANDOVER, Handback, Handover, Named};
use super::{
    Brought, Clerk, Draft, FileSent, Filers, Filing, Sent, attached, found, hash, refused,
};
use crate::error::LiaisonError;
use crate::paper::{Document, Standing, Written, all, first, history, newest, read};
use sakimori_cooperate::Receipt;
use sakimori_cooperate::receipt::ReceiptError;
use sakimori_custody::ids::{Name, hex};
use sakimori_store::{Attachment, StoreError, View};
use sakimori_tlog::key::VerifierKey;

/// Most filings of one round of sending.
const ROUND_MAX: usize = 64;
/// Most words on tickets of one package: it is read with a bound on its values.
const WORDS_MAX: usize = 256;

/// A filing that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The case.
    pub case: String,
    /// Which version of it.
    pub number: u64,
    /// SHA-256 of its text, hex.
    pub sha256: String,
    /// Its text, which is sent byte for byte.
    pub text: String,
}

/// A file that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingFile {
    /// Its paper.
    pub paper: Written<FileSent>,
    /// The name that it came with.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A filing whose receipt is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipted {
    /// Which version of the case.
    pub number: u64,
    /// What the receipt says.
    pub receipt: Receipt,
    /// Whether it was here before.
    pub known: bool,
}

/// Which key of the office signed a receipt.
fn signed(note: &[u8], keys: &[VerifierKey]) -> Result<Receipt, LiaisonError> {
    let mut why = None;
    for key in keys {
        match Receipt::check(note, key) {
            Ok(receipt) => return Ok(receipt),
            Err(e) => why = Some(e),
        }
    }
    let no_key = || refused("office.keys", "this node knows no key of the office");
    Err(why.map_or_else(no_key, LiaisonError::from))
}

impl Clerk<'_> {
    /// Filings that wait for their receipt, in the order in which they were filed, at most 64.
    ///
    /// # Errors
    /// What the store says.
    pub async fn waiting(&self) -> Result<Vec<Waiting>, LiaisonError> {
        let view = View::Of(self.operator.as_str());
        let (sent, _) = all::<Sent>(self.store, view, Some("waiting"), ROUND_MAX).await?;
        let mut waiting = Vec::new();
        for sent in sent {
            let Sent {
                case,
                number,
                sha256,
                ..
            } = sent.said;
            let text = self.text(&case, number).await?;
            waiting.push(Waiting {
                case,
                number,
                sha256,
                text,
            });
        }
        Ok(waiting)
    }

    /// Keeps a file with a case; it waits until the office has it, which is behind the first receipt of the case.
    ///
    /// # Errors
    /// As [`super::attach`].
    pub async fn attach(
        &self,
        case: &str,
        name: &str,
        bytes: Vec<u8>,
    ) -> Result<Attachment, LiaisonError> {
        let owner = self.operator.as_str();
        let to = Brought {
            kind: Draft::KIND,
            owner,
            id: case,
            at: self.now.0,
            by: self.by,
        };
        let waits = |sha256: &str| {
            let said = FileSent {
                case: case.to_owned(),
                sha256: sha256.to_owned(),
            };
            let standing = self.standing_at("waiting");
            first(owner, &format!("{case}.{sha256}"), &said, standing).map(Some)
        };
        keep(self.store, to, (name, bytes), waits).await
    }

    fn standing_at<'s>(&'s self, state: &'s str) -> Standing<'s> {
        Standing {
            state,
            due: None,
            at: self.now.0,
            by: self.by,
        }
    }

    /// The first file that waits and whose case the office has, behind a place among such files; none where there is no more.
    ///
    /// # Errors
    /// What the store says.
    pub async fn waiting_file(&self, behind: u64) -> Result<Option<WaitingFile>, LiaisonError> {
        let (owner, mut behind) = (self.operator.as_str(), behind);
        loop {
            let view = View::Of(owner);
            let page = self
                .store
                .papers(view, FileSent::KIND, Some("waiting"), behind);
            let page = page.await?;
            let Some(last) = page.last() else {
                return Ok(None);
            };
            behind = last.sequence;
            for kept in page {
                let paper: Written<FileSent> = read(kept)?;
                let case = &paper.said.case;
                if self.receipt(case, 1).await?.is_none() {
                    continue;
                }
                let files = self.store.attachments(owner, Draft::KIND, case).await?;
                let of = |file: &&Attachment| hex(&file.hash) == paper.said.sha256;
                let Some(file) = files.iter().find(of) else {
                    continue;
                };
                let bytes = attached(self.store, (Draft::KIND, owner, case), &file.hash).await?;
                return Ok(Some(WaitingFile {
                    name: file.name.clone(),
                    paper,
                    bytes,
                }));
            }
        }
    }

    /// The office has a file.
    ///
    /// # Errors
    /// What the store says.
    pub async fn file_sent(&self, file: &WaitingFile) -> Result<(), LiaisonError> {
        let change = file
            .paper
            .next(&file.paper.said, self.standing_at("sent"))?;
        match self.store.apply(&[change]).await {
            // Another round brought it at the same moment.
            Ok(()) | Err(StoreError::Stale { .. }) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }

    /// The text of a filing.
    ///
    /// # Errors
    /// [`LiaisonError::Missing`], what the store says.
    pub async fn text(&self, case: &str, number: u64) -> Result<String, LiaisonError> {
        let owner = self.operator.as_str();
        let kept = self
            .store
            .versions(owner, Filing::KIND, case, number)
            .await?;
        let kept = kept.into_iter().find(|kept| kept.paper.version == number);
        let missing = || LiaisonError::Missing {
            what: format!("version {number} of case `{case}`"),
        };
        let filing: Written<Filing> = read(kept.ok_or_else(missing)?)?;
        Ok(filing.said.text)
    }

    /// The receipt of a filing, as it came.
    ///
    /// # Errors
    /// What the store says.
    pub async fn receipt(&self, case: &str, number: u64) -> Result<Option<String>, LiaisonError> {
        let owner = self.operator.as_str();
        let sent = newest::<Sent>(self.store, owner, &sent_id(case, number)).await;
        Ok(found(sent)?.and_then(|sent| sent.said.receipt))
    }

    /// Takes a receipt: it is the office's, it is for the bytes of a filing of this operator, and the filing waits no longer. A second time changes nothing.
    ///
    /// # Errors
    /// [`LiaisonError::Receipt`] where it proves nothing, [`LiaisonError::Refused`] where no key of the office is known, [`LiaisonError::Missing`] where nothing like it was
    /// filed.
    pub async fn receipted(
        &self,
        note: &[u8],
        keys: &[VerifierKey],
    ) -> Result<Receipted, LiaisonError> {
        let receipt = signed(note, keys)?;
        let missing = || LiaisonError::Missing {
            what: format!("filing of case `{}` that the receipt is for", receipt.case),
        };
        if receipt.operator != *self.operator {
            return Err(missing());
        }
        let owner = self.operator.as_str();
        let kept: Vec<Written<Filing>> = history(self.store, owner, receipt.case.as_str()).await?;
        let of = |filing: &&Written<Filing>| {
            sakimori_custody::ids::unhex(&hash(filing.said.text.as_bytes())) == Some(receipt.report)
        };
        let number = kept.iter().find(of).ok_or_else(missing)?.version;
        let id = sent_id(receipt.case.as_str(), number);
        let sent: Written<Sent> = newest(self.store, owner, &id).await?;
        let known = sent.said.receipt.is_some();
        if !known {
            let text = String::from_utf8(note.to_vec()).map_err(|_| ReceiptError::Line(1))?;
            let said = Sent {
                receipt: Some(text),
                ..sent.said.clone()
            };
            let standing = Standing {
                state: "receipted",
                due: None,
                at: self.now.0,
                by: self.by,
            };
            let audit = self.audit("report-receipt", &id, &sent.said.sha256);
            match self
                .store
                .apply(&[sent.next(&said, standing)?, audit])
                .await
            {
                // Somebody else brought it at the same moment: it is here.
                Ok(()) | Err(StoreError::Stale { .. }) => {}
                Err(e) => return Err(e.into()),
            }
        }
        Ok(Receipted {
            number,
            receipt,
            known,
        })
    }

    /// Holds the receipt of a filing to the filing's text and the office's keys once more, offline.
    ///
    /// # Errors
    /// As [`Clerk::receipted`].
    pub async fn verified(
        &self,
        case: &Name,
        number: u64,
        keys: &[VerifierKey],
    ) -> Result<Receipt, LiaisonError> {
        let missing = || LiaisonError::Missing {
            what: format!("receipt of version {number} of case `{case}`"),
        };
        let note = self.receipt(case.as_str(), number).await?;
        let note = note.ok_or_else(missing)?;
        let receipt = signed(note.as_bytes(), keys)?;
        let text = self.text(case.as_str(), number).await?;
        if sakimori_custody::ids::unhex(&hash(text.as_bytes())) == Some(receipt.report) {
            Ok(receipt)
        } else {
            Err(ReceiptError::OtherReport.into())
        }
    }

    /// Everything that waits, as one package for a stick; what does not fit goes with the next one. Nothing changes: what is on a stick may be lost with it.
    ///
    /// # Errors
    /// What the store says.
    pub async fn handover(&self) -> Result<Handover, LiaisonError> {
        let mut package = Handover {
            format: HANDOVER.to_owned(),
            operator: self.operator.to_string(),
            made_at: self.now.to_string(),
            allowed: self.filers().word().await?,
            filers: Vec::new(),
            reports: Vec::new(),
            replies: Vec::new(),
            words: Vec::new(),
        };
        let mut bytes = 0_usize;
        for waiting in self.waiting().await? {
            bytes = bytes.saturating_add(waiting.text.len());
            if bytes > PACKAGE_BYTES_MAX {
                break;
            }
            if let Some(filers) = self.filers_of(&waiting.case).await?
                && !package
                    .filers
                    .iter()
                    .any(|named| named.case == waiting.case)
            {
                package.filers.push(Named {
                    case: waiting.case,
                    filers: filers.filers,
                });
            }
            package.reports.push(waiting.text);
        }
        for held in self.replies_waiting().await? {
            let Some(reply) = held.said.waiting_reply(&held.id) else {
                continue;
            };
            bytes = bytes.saturating_add(reply.text.len());
            if bytes > PACKAGE_BYTES_MAX || package.replies.len() >= ROUND_MAX {
                break;
            }
            package.replies.push(reply);
        }
        for held in self.words_waiting().await? {
            for word in held.said.waiting_words(&held.id) {
                bytes = bytes.saturating_add(word.text.len());
                if bytes > PACKAGE_BYTES_MAX || package.words.len() >= WORDS_MAX {
                    return Ok(package);
                }
                package.words.push(word);
            }
        }
        Ok(package)
    }

    /// Who may file on a case beside the operator; none where nobody was named.
    ///
    /// # Errors
    /// What the store says.
    pub async fn filers_of(&self, case: &str) -> Result<Option<Filers>, LiaisonError> {
        let kept = super::filers(self.store, self.operator.as_str(), case).await?;
        Ok(kept.map(|kept| kept.said))
    }

    /// Takes what came back on the stick: every receipt that verifies, in order; the first that does not ends it.
    ///
    /// # Errors
    /// As [`Clerk::receipted`]; those before it are kept.
    pub async fn handed_back(
        &self,
        back: &Handback,
        keys: &[VerifierKey],
    ) -> Result<Vec<Receipted>, LiaisonError> {
        let mut taken = Vec::new();
        for note in &back.receipts {
            taken.push(self.receipted(note.as_bytes(), keys).await?);
        }
        Ok(taken)
    }
}
