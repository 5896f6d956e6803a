//! What people did with selected records: queries, exports, re-identifications. In: entries of types 40, 42, 43. Out: who looked at what and why, how many rows. Never: a use without
//! its reason.

use super::{Book, Seen, Taken};
use crate::body::{self, all_said};
use crate::refused::{Code, Refused, hold};
use sakimori_custody::ids::{AuthorityId, BucketId, Name, RecordId, StreamId};
use sakimori_custody::time::{Day, Seconds};
use std::collections::BTreeMap;

/// Counters of what closes a query.
const CLOSED_COUNTERS: usize = 3;

/// A query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Index of the entry that opened it.
    pub index: u64,
    /// The stream that it stands in, as what closes it has to.
    pub stream: StreamId,
    /// When.
    pub time: Seconds,
    /// Who.
    pub actor: Name,
    /// For what.
    pub purpose: String,
    /// In which case.
    pub case: String,
    /// Under which authority.
    pub authority: AuthorityId,
    /// SHA-256 of its statement.
    pub commitment: [u8; 32],
    /// Buckets that it says it looks at.
    pub buckets: Vec<BucketId>,
    /// Index and time of the entry that closed it, and rows.
    pub closed: Option<(u64, Seconds, u64)>,
}

/// An export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// Index of the entry.
    pub index: u64,
    /// When.
    pub time: Seconds,
    /// Who.
    pub actor: Name,
    /// For what.
    pub purpose: String,
    /// In which case.
    pub case: String,
    /// Class of information.
    pub class: String,
    /// To whom.
    pub recipient: String,
    /// The mark.
    pub mark: String,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
    /// Where the rows come from.
    pub buckets: Vec<BucketId>,
    /// Rows.
    pub rows: u64,
    /// Bytes.
    pub bytes: u64,
}

/// A showing of one identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Index of the entry.
    pub index: u64,
    /// When.
    pub time: Seconds,
    /// Who.
    pub actor: Name,
    /// Index of the ruling.
    pub ruling: u64,
    /// The record.
    pub record: RecordId,
    /// The field.
    pub field: Name,
}

/// What an actor took in a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spent {
    pub(crate) rows: u64,
    pub(crate) exports: u64,
}

/// All uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Uses {
    pub(crate) queries: BTreeMap<u64, Query>,
    /// Queries that are open.
    pub(crate) open: BTreeMap<u64, Seconds>,
    pub(crate) exports: Vec<Export>,
    pub(crate) shown: Vec<Shown>,
    pub(crate) spent: BTreeMap<(Name, Day), Spent>,
}

impl Uses {
    fn spent(&self, actor: &Name, at: Seconds) -> Spent {
        let key = (actor.clone(), at.day());
        self.spent.get(&key).copied().unwrap_or_default()
    }
}

impl Book {
    /// Whether who acts holds a role and a clearance then; codes for the one and the other.
    fn may_see(
        &self,
        actor: &Name,
        roles: &[&str],
        seen: &Seen<'_>,
        [role, clearance]: [Code; 2],
    ) -> Result<(), Refused> {
        let (holds, cleared) = self.people.may_see(actor, roles, seen);
        for (good, code) in [(holds, role), (cleared, clearance)] {
            if !good {
                return Err(Refused::new(code, format!("`{actor}`")));
            }
        }
        Ok(())
    }

    /// A query is opened or closed.
    pub(crate) fn query(&mut self, seen: &Seen<'_>) -> Result<Taken, Refused> {
        if seen.envelope.counters.len() == CLOSED_COUNTERS {
            self.close_query(seen)
        } else {
            self.open_query(seen)
        }
    }

    fn open_query(&mut self, seen: &Seen<'_>) -> Result<Taken, Refused> {
        let wrong = |e: Refused| Refused::new(Code::QueryFields, e.detail);
        let body: body::Query = body::read(seen.open()?).map_err(wrong)?;
        let counted = body.buckets.len() as u64 == seen.counter(1) && seen.counter(0) == 0;
        let said = all_said(&[&body.purpose, &body.case]);
        hold(said && counted, Code::QueryFields)?;
        let id = self.authorities.id_of(&seen.envelope.authority);
        hold(id == Some(body.authority), Code::QueryAuthority)?;
        if let Some(bucket) = body.buckets.iter().find(|b| b.authority != body.authority) {
            return Err(Refused::new(Code::QueryBucket, bucket));
        }
        if let Some(authority) = self.authorities.get(body.authority) {
            let over = |b: &&BucketId| self.buckets.has_ended(b, &authority.statement, seen.time);
            if let Some(bucket) = body.buckets.iter().find(over) {
                return Err(Refused::new(Code::QueryEnded, bucket));
            }
        }
        let codes = [Code::QueryRole, Code::QueryClearance];
        self.may_see(&body.actor, &["analyst"], seen, codes)?;
        let budget = self.schedules.budgets(seen.latest());
        let rows = self.uses.spent(&body.actor, seen.time).rows;
        if budget.is_some_and(|(most, _)| rows >= most) {
            return Err(Refused::new(
                Code::QueryBudget,
                format!("`{}` drew {rows} rows on this day", body.actor),
            ));
        }
        let query = Query {
            index: seen.index,
            stream: seen.envelope.stream,
            time: seen.time,
            actor: body.actor,
            purpose: body.purpose,
            case: body.case,
            authority: body.authority,
            commitment: seen.envelope.authority,
            buckets: body.buckets,
            closed: None,
        };
        self.uses.open.insert(seen.index, seen.time);
        self.uses.queries.insert(seen.index, query);
        Ok(Taken::InForce)
    }

    fn close_query(&mut self, seen: &Seen<'_>) -> Result<Taken, Refused> {
        let opener = seen.counter(2);
        let query = self.uses.queries.get_mut(&opener);
        let query = query
            .filter(|q| q.closed.is_none() && q.commitment == seen.envelope.authority)
            .filter(|q| q.stream == seen.envelope.stream)
            .ok_or_else(|| Refused::new(Code::QueryUnopened, format!("entry {opener}")))?;
        let rows = seen.counter(0);
        query.closed = Some((seen.index, seen.time, rows));
        let (actor, id) = (query.actor.clone(), query.authority);
        self.uses.open.remove(&opener);
        let spent = self
            .uses
            .spent
            .entry((actor.clone(), seen.time.day()))
            .or_default();
        spent.rows = spent.rows.saturating_add(rows);
        let counts = self.month(seen.time);
        let of = counts.queries.entry(actor.to_string()).or_default();
        of.0 += 1;
        of.1 = of.1.saturating_add(rows);
        let of = counts.of(id);
        of.queries += 1;
        of.rows = of.rows.saturating_add(rows);
        Ok(Taken::InForce)
    }

    /// Records leave the office.
    pub(crate) fn export(&mut self, seen: &Seen<'_>) -> Result<Taken, Refused> {
        let wrong = |e: Refused| Refused::new(Code::ExportFields, e.detail);
        let body: body::Export = body::read(seen.open()?).map_err(wrong)?;
        let texts = [
            body.purpose.as_str(),
            &body.case,
            &body.class,
            &body.recipient,
            &body.mark,
        ];
        let said = all_said(&texts) && !body.buckets.is_empty();
        hold(said, Code::ExportFields)?;
        let to = self.schedules.may_receive(&body.recipient, seen.latest());
        if !to {
            return Err(Refused::new(Code::ExportRecipient, &body.recipient));
        }
        for bucket in &body.buckets {
            let known = self.buckets.get(bucket);
            let known = known.ok_or_else(|| Refused::new(Code::ExportFields, bucket))?;
            if known.purged.is_some() {
                return Err(Refused::new(Code::ExportPurged, bucket));
            }
        }
        let codes = [Code::ExportRole, Code::ExportClearance];
        self.may_see(&body.actor, &["analyst"], seen, codes)?;
        let budget = self.schedules.budgets(seen.latest());
        let exports = self.uses.spent(&body.actor, seen.time).exports;
        if budget.is_some_and(|(_, most)| exports >= most) {
            return Err(Refused::new(
                Code::ExportBudget,
                format!("`{}` made {exports} exports on this day", body.actor),
            ));
        }
        let key = (body.actor.clone(), seen.time.day());
        self.uses.spent.entry(key).or_default().exports += 1;
        let counts = self.month(seen.time);
        counts.exports += 1;
        counts.export_rows = counts.export_rows.saturating_add(seen.counter(0));
        self.uses.exports.push(Export {
            index: seen.index,
            time: seen.time,
            actor: body.actor,
            purpose: body.purpose,
            case: body.case,
            class: body.class,
            recipient: body.recipient,
            mark: body.mark,
            sha256: body.sha256,
            buckets: body.buckets,
            rows: seen.counter(0),
            bytes: seen.counter(1),
        });
        Ok(Taken::InForce)
    }

    /// One field of one record is about to be shown, once.
    pub(crate) fn reidentification(&mut self, seen: &Seen<'_>) -> Result<Taken, Refused> {
        let body: body::Reidentification = body::read(seen.open()?)?;
        let index = seen.counter(0);
        let allowed = self.rulings.allows(index);
        let allowed = allowed
            .ok_or_else(|| Refused::new(Code::ReidentificationRuling, format!("entry {index}")))?;
        let same = allowed.record == body.record
            && allowed.bucket == body.bucket
            && allowed.field == body.field;
        hold(same, Code::ReidentificationRecord)?;
        hold(allowed.used.is_none(), Code::ReidentificationUsed)?;
        hold(
            !allowed.voters.contains(&body.actor),
            Code::ReidentificationVoter,
        )?;
        let codes = [Code::ReidentificationRole; 2];
        self.may_see(&body.actor, &["analyst", "supervisor"], seen, codes)?;
        self.rulings.use_up(index, seen.index);
        self.month(seen.time).reidentifications += 1;
        self.uses.shown.push(Shown {
            index: seen.index,
            time: seen.time,
            actor: body.actor,
            ruling: index,
            record: body.record,
            field: body.field,
        });
        Ok(Taken::InForce)
    }

    /// Who voted on the ruling of an entry that allows a showing; `None` where it allows none.
    pub fn voters_of_showing(&self, ruling: u64) -> Option<&[Name]> {
        self.rulings
            .allows(ruling)
            .map(|allowed| allowed.voters.as_slice())
    }

    /// Queries by the index of the entry that opened them.
    pub const fn query_list(&self) -> &BTreeMap<u64, Query> {
        &self.uses.queries
    }

    /// A query that is open.
    pub fn open_query_at(&self, index: u64) -> Option<&Query> {
        let query = self.uses.queries.get(&index)?;
        query.closed.is_none().then_some(query)
    }

    /// Exports in order.
    pub fn exports(&self) -> &[Export] {
        &self.uses.exports
    }

    /// Identifiers that were shown, in order.
    pub fn shown(&self) -> &[Shown] {
        &self.uses.shown
    }
}
