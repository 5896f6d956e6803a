//! The commission's own acts: inspections, notices, demands, recommendations, reports, and cases of misuse. In: entries of types 44, 50 to 55, 60. Out: what is open and due. Never: a
//! report with other numbers than the log's.

use super::{Book, Seen, Taken};
use crate::body::{self, all_said};
use crate::refused::{Code, Refused, hold};
use sakimori_custody::entry::EntryType;
use sakimori_custody::ids::{AuthorityId, Name};
use sakimori_custody::time::Seconds;
use std::collections::BTreeMap;

/// An inspection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// Index of the entry that opened it.
    pub index: u64,
    /// When.
    pub time: Seconds,
    /// Who inspects.
    pub inspector: Name,
    /// What.
    pub subject: String,
    /// Findings: index and text.
    pub findings: Vec<(u64, String)>,
    /// Index and time of the entry that closed it.
    pub closed: Option<(u64, Seconds)>,
}

/// Which letter the commission wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LetterKind {
    /// A notice.
    Notice,
    /// A demand.
    Demand,
    /// A recommendation.
    Recommendation,
}

/// A reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Index of the entry.
    pub index: u64,
    /// When.
    pub time: Seconds,
    /// Who.
    pub from: Name,
    /// What.
    pub text: String,
}

/// A notice, demand or recommendation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Index of the entry.
    pub index: u64,
    /// When.
    pub time: Seconds,
    /// Which.
    pub kind: LetterKind,
    /// Its id.
    pub id: Name,
    /// To whom.
    pub to: String,
    /// About what.
    pub subject: String,
    /// What it says.
    pub text: String,
    /// What it is about: an authority, a finding, an entry.
    pub about: Option<String>,
    /// An authority that a demand stops.
    pub stop: Option<AuthorityId>,
    /// Until when a reply is due.
    pub due: Seconds,
    /// The reply.
    pub reply: Option<Reply>,
}

/// A case of misuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misuse {
    /// Index of the entry.
    pub index: u64,
    /// When.
    pub time: Seconds,
    /// Which rule.
    pub rule: String,
    /// Whose acts.
    pub actor: Name,
    /// The case that was opened.
    pub case: String,
    /// Leaf indices of the acts.
    pub entries: Vec<u64>,
    /// SHA-256 of the sealed pack.
    pub evidence: [u8; 32],
}

/// A report on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportEntry {
    /// Index of the entry.
    pub index: u64,
    /// Its year.
    pub year: u64,
    /// SHA-256 of the text that was published.
    pub sha256: [u8; 32],
}

/// All of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Inspections {
    pub(crate) all: BTreeMap<Name, Inspection>,
    pub(crate) letters: BTreeMap<u64, Letter>,
    pub(crate) misuses: Vec<Misuse>,
    pub(crate) reports: Vec<ReportEntry>,
}

impl Book {
    /// An inspection is opened, finds something, or is closed.
    pub(crate) fn inspection(&mut self, seen: &Seen<'_>) -> Result<Taken, Refused> {
        let body: body::Inspection = body::read(seen.open()?)?;
        let known = self.inspections.all.get_mut(&body.name);
        let order = || Refused::new(Code::InspectionOrder, format!("`{}`", body.name));
        match (body.act.as_str(), known) {
            ("opened", None) => {
                hold(all_said(&[&body.subject]), Code::BodyFields)?;
                let inspection = Inspection {
                    index: seen.index,
                    time: seen.time,
                    inspector: body.inspector,
                    subject: body.subject,
                    findings: Vec::new(),
                    closed: None,
                };
                self.inspections.all.insert(body.name, inspection);
                self.month(seen.time).inspections += 1;
            }
            ("finding", Some(open)) if open.closed.is_none() => {
                hold(all_said(&[&body.text]), Code::BodyFields)?;
                open.findings.push((seen.index, body.text));
                self.month(seen.time).inspection_findings += 1;
            }
            ("closed", Some(open)) if open.closed.is_none() => {
                open.closed = Some((seen.index, seen.time));
            }
            ("opened" | "finding" | "closed", _) => return Err(order()),
            (other, _) => {
                return Err(Refused::new(
                    Code::BodyFields,
                    format!("`{other}` is no act of an inspection"),
                ));
            }
        }
        Ok(Taken::InForce)
    }

    /// The commission notifies, demands or recommends. A demand that names an authority stops it.
    pub(crate) fn letter(&mut self, seen: &Seen<'_>) -> Result<Taken, Refused> {
        let body: body::Letter = body::read(seen.open()?)?;
        let texts = [body.to.as_str(), &body.subject, &body.text];
        hold(all_said(&texts), Code::BodyFields)?;
        let kind = match seen.envelope.kind {
            EntryType::Demand => LetterKind::Demand,
            EntryType::Recommendation => LetterKind::Recommendation,
            _ => LetterKind::Notice,
        };
        if let Some(stop) = body.stop {
            hold(kind == LetterKind::Demand, Code::BodyFields)?;
            let known = self.authorities.get(stop).is_some();
            if !known {
                return Err(Refused::new(Code::StopUnknown, stop));
            }
            self.authorities.demand(stop, seen.index, seen.time);
        }
        let about = body.about.filter(|about| !about.is_empty());
        let measure = self.measure_basis(about.as_deref());
        let counts = self.month(seen.time);
        match measure {
            None => *counts.letters.entry(kind).or_default() += 1,
            Some(basis) if kind == LetterKind::Recommendation => {
                *counts.recommendations.entry(basis).or_default() += 1;
            }
            Some(_) => {}
        }
        let letter = Letter {
            index: seen.index,
            time: seen.time,
            kind,
            id: body.id,
            to: body.to,
            subject: body.subject,
            text: body.text,
            about,
            stop: body.stop,
            due: Seconds(seen.counter(0)),
            reply: None,
        };
        self.inspections.letters.insert(seen.index, letter);
        Ok(Taken::InForce)
    }

    /// The basis of the measure that a letter is about.
    fn measure_basis(&self, about: Option<&str>) -> Option<String> {
        let authority = self.authorities.get(about?.parse().ok()?)?;
        let measure = authority.statement.kind == sakimori_authority::statement::Kind::Measure;
        measure.then(|| authority.statement.basis.clone())
    }

    /// The office replies.
    pub(crate) fn reply(&mut self, seen: &Seen<'_>) -> Result<Taken, Refused> {
        let body: body::Reply = body::read(seen.open()?)?;
        hold(all_said(&[&body.text]), Code::BodyFields)?;
        let index = seen.counter(0);
        let letter = self.inspections.letters.get_mut(&index);
        let letter = letter
            .filter(|letter| letter.reply.is_none())
            .ok_or_else(|| Refused::new(Code::ReplyUnknown, format!("entry {index}")))?;
        letter.reply = Some(Reply {
            index: seen.index,
            time: seen.time,
            from: body.from,
            text: body.text,
        });
        Ok(Taken::InForce)
    }

    /// A case of misuse is opened.
    pub(crate) fn misuse(&mut self, seen: &Seen<'_>) -> Result<Taken, Refused> {
        let body: body::Misuse = body::read(seen.open()?)?;
        let known = body.entries.iter().all(|entry| *entry < seen.index);
        let said = all_said(&[&body.rule, &body.case]) && !body.entries.is_empty();
        hold(said && known, Code::BodyFields)?;
        self.month(seen.time).misuses += 1;
        self.inspections.misuses.push(Misuse {
            index: seen.index,
            time: seen.time,
            rule: body.rule,
            actor: body.actor,
            case: body.case,
            entries: body.entries,
            evidence: body.evidence,
        });
        Ok(Taken::InForce)
    }

    /// I10: a report says what the log gives for its year.
    pub(crate) fn report(&mut self, seen: &Seen<'_>) -> Result<Taken, Refused> {
        let body: body::Report = body::read(seen.open()?)?;
        let computed = self.headings(body.year);
        let counters: Vec<u64> = std::iter::once(body.year).chain(computed.sums()).collect();
        if body.headings != computed.lists() || seen.envelope.counters != counters {
            return Err(Refused::new(
                Code::ReportDiffers,
                format!("the log gives {:?} for {}", computed.lists(), body.year),
            ));
        }
        self.inspections.reports.push(ReportEntry {
            index: seen.index,
            year: body.year,
            sha256: body.sha256,
        });
        Ok(Taken::InForce)
    }

    /// Inspections by name.
    pub const fn inspections(&self) -> &BTreeMap<Name, Inspection> {
        &self.inspections.all
    }

    /// Notices, demands and recommendations by the index of their entry.
    pub const fn letters(&self) -> &BTreeMap<u64, Letter> {
        &self.inspections.letters
    }

    /// Cases of misuse in order.
    pub fn misuses(&self) -> &[Misuse] {
        &self.inspections.misuses
    }

    /// Reports on record in order.
    pub fn reports(&self) -> &[ReportEntry] {
        &self.inspections.reports
    }
}
