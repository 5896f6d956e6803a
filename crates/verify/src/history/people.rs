//! What people do: roles, exports, what is purged, re-identification. In: their entries, rulings. Out: problems (invariants I5 to I7). Never: a name that the log
//! does not have.

use super::authority::Authorities;
use super::buckets::Buckets;
use super::schedules::Schedules;
use super::{Seen, bucket, told};
use crate::code::{Code, Subject};
use crate::fields::Fields;
use crate::notes::{Bucket, is_record, name};
use crate::report::Sink;
use crate::time::{DAY_SECONDS, read_time};
use crate::unhex;
use std::collections::{BTreeMap, BTreeSet};

/// Class of information that a clearance names for whoever sees selected records.
const CLEARED: &str = "selected";
/// Who may be shown an identifier.
const EITHER: [&str; 2] = ["analyst", "supervisor"];

/// What somebody was granted.
#[derive(Debug)]
struct Grant {
    roles: Vec<String>,
    clearance: Vec<String>,
    until: u64,
}

/// Who holds what, what is purged, which rulings were used.
#[derive(Debug, Default)]
pub(super) struct People {
    /// By person; an empty map where no access entry is on record.
    grants: BTreeMap<String, Vec<Grant>>,
    purged: BTreeSet<Bucket>,
    shown: BTreeSet<u64>,
    /// Exports, by actor and day.
    exports: BTreeMap<(String, u64), u64>,
    /// Buckets that were opened for analysis, or handed out.
    pub(super) opened: BTreeSet<Bucket>,
}

impl People {
    /// Somebody is granted roles beside what was granted before, or loses them all.
    pub(super) fn access(&mut self, seen: &Seen<'_>, sink: &mut Sink) {
        let known = |body| {
            let access = read_access(body)?;
            let known = access.granted || self.grants.contains_key(&access.person);
            known
                .then_some(access)
                .ok_or_else(|| "nothing was granted before it".to_owned())
        };
        let Some(access) = told(seen.open().map(known), &seen.place(), sink) else {
            return;
        };
        let Access {
            person,
            granted,
            roles,
            clearance,
            until,
            by,
        } = access;
        let others = by
            .iter()
            .filter(|other| **other != person)
            .collect::<BTreeSet<_>>();
        if granted && !clearance.is_empty() && others.len() < 2 {
            let what = format!(
                "{} has a clearance of {} other persons",
                crate::quote(&person),
                others.len()
            );
            sink.bad(Code::AccessClearance, seen.place(), what);
        } else {
            sink.good(Subject::People);
        }
        let grants = self.grants.entry(person).or_default();
        if granted {
            grants.push(Grant {
                roles,
                clearance,
                until,
            });
        } else {
            grants.clear();
        }
    }

    /// Whether who acts holds one of these roles and a clearance of class `selected`, by what stands before the entry: true as long as no access entry is on record. Codes for the one and
    /// the other; the role is told first, and alone.
    pub(super) fn may_see(
        &self,
        person: &str,
        roles: &[&str],
        codes: (Code, Code),
        seen: &Seen<'_>,
        sink: &mut Sink,
    ) {
        if self.grants.is_empty() {
            return;
        }
        let grants = || {
            let of = self.grants.get(person).into_iter().flatten();
            of.filter(|grant| grant.until >= seen.envelope.time)
        };
        let role = |word: &String| roles.contains(&word.as_str());
        let who = crate::quote(person);
        if !grants().any(|grant| grant.roles.iter().any(role)) {
            let what = format!("{who} held no role `{}` then", roles.join("` or `"));
            sink.bad(codes.0, seen.place(), what);
        } else if !grants().any(|grant| grant.clearance.iter().any(|word| word == CLEARED)) {
            let what = format!("{who} had no clearance of class `{CLEARED}` then");
            sink.bad(codes.1, seen.place(), what);
        }
    }

    /// Buckets may not be disseminated any more.
    pub(super) fn purge(&mut self, seen: &Seen<'_>, buckets: &Buckets, sink: &mut Sink) {
        let read = seen.open().map(|body| {
            let fields = Fields::read(body, &["buckets", "reason"])?;
            if fields.text("reason")?.trim().is_empty() {
                return Err("it gives no reason".to_owned());
            }
            let named = fields.list("buckets", Bucket::read)?;
            let counted = named.len() as u64 == seen.counter(0);
            counted
                .then_some(named)
                .ok_or_else(|| "the number of buckets of body and envelope differ".to_owned())
        });
        let named = told(read, &seen.place(), sink).unwrap_or_default();
        if let Some(unknown) = named.iter().find(|bucket| !buckets.is_known(bucket)) {
            sink.bad(
                Code::Reference,
                seen.place(),
                format!("no run wrote the bucket `{unknown}`"),
            );
        }
        self.purged.extend(named);
    }

    /// Records are handed out.
    pub(super) fn export(
        &mut self,
        seen: &Seen<'_>,
        buckets: &Buckets,
        schedules: &mut Schedules,
        sink: &mut Sink,
    ) {
        let Some(export) = told(seen.open().map(read_export), &seen.place(), sink) else {
            return;
        };
        let before = sink.count();
        let bad = |sink: &mut Sink, code, what| sink.bad(code, seen.place(), what);
        if let Some(key) = export.empty {
            bad(sink, Code::ExportFields, format!("its `{key}` is empty"));
        }
        if schedules.lists("release.recipients", &export.recipient, seen) != Some(true) {
            let what = format!(
                "{} is no recipient of a schedule in force",
                crate::quote(&export.recipient)
            );
            bad(sink, Code::ExportRecipient, what);
        }
        if export.buckets.is_empty()
            || export
                .buckets
                .iter()
                .any(|bucket| !buckets.is_known(bucket))
        {
            let what = "it names no bucket, or one that no run wrote".to_owned();
            bad(sink, Code::ExportFields, what);
        }
        if let Some(purged) = export
            .buckets
            .iter()
            .find(|bucket| self.purged.contains(bucket))
        {
            bad(
                sink,
                Code::ExportPurged,
                format!("bucket `{purged}` is on a purge list before it"),
            );
        }
        let codes = (Code::ExportActor, Code::ExportClearance);
        self.may_see(&export.actor, &["analyst"], codes, seen, sink);
        let day = (export.actor, seen.envelope.time / DAY_SECONDS);
        let exports = self.exports.entry(day).or_default();
        if schedules
            .number("budget.exports", seen)
            .is_some_and(|most| *exports >= most)
        {
            let what = format!("its actor had exported {exports} times that day");
            bad(sink, Code::ExportBudget, what);
        }
        *exports += 1;
        if sink.count() == before {
            sink.good(Subject::People);
        }
        self.opened.extend(export.buckets);
    }

    /// A sealed identifier is about to be shown.
    pub(super) fn reidentify(
        &mut self,
        seen: &Seen<'_>,
        authorities: &Authorities,
        sink: &mut Sink,
    ) {
        let read = seen.open().map(|body| {
            let fields = Fields::read(body, &["actor", "bucket", "record", "field"])?;
            let record =
                fields.parsed("record", |text| is_record(text).then(|| text.to_owned()))?;
            let texts = (
                fields.parsed("actor", name)?,
                record,
                fields.parsed("field", name)?,
            );
            Ok((texts, bucket(&fields)?))
        });
        let Some(((actor, record, field), bucket)) = told(read, &seen.place(), sink) else {
            return;
        };
        let before = sink.count();
        let named = seen.counter(0);
        let shows = authorities.show(named);
        let allowed = shows
            .filter(|show| show.record == record && show.bucket == bucket && show.field == field);
        match allowed {
            None => {
                let what = format!(
                    "entry {named} is no ruling that allows to show this field of this record"
                );
                sink.bad(Code::ReidentificationRuling, seen.place(), what);
            }
            Some(show) => {
                if !self.shown.insert(named) {
                    let what = format!("ruling {named} was used before");
                    sink.bad(Code::ReidentificationTwice, seen.place(), what);
                }
                if show.sitting.has_voter(&actor) {
                    let what = format!("{} voted on ruling {named}", crate::quote(&actor));
                    sink.bad(Code::ReidentificationActor, seen.place(), what);
                }
                let codes = (Code::ReidentificationRole, Code::ReidentificationRole);
                self.may_see(&actor, &EITHER, codes, seen, sink);
            }
        }
        if sink.count() == before {
            sink.good(Subject::People);
        }
        self.opened.insert(bucket);
    }
}

struct Access {
    person: String,
    granted: bool,
    roles: Vec<String>,
    clearance: Vec<String>,
    until: u64,
    by: Vec<String>,
}

fn read_access(body: &[u8]) -> Result<Access, String> {
    let fields = Fields::read(
        body,
        &["person", "act", "roles", "clearance", "until", "by"],
    )?;
    let granted = fields.parsed("act", |act| match act {
        "granted" => Some(true),
        "ended" => Some(false),
        _ => None,
    })?;
    let until = if fields.get("until").is_null() && !granted {
        0
    } else {
        fields.parsed("until", read_time)?
    };
    let access = Access {
        person: fields.parsed("person", name)?,
        granted,
        roles: fields.list("roles", name)?,
        clearance: fields.list("clearance", name)?,
        until,
        by: fields.list("by", name)?,
    };
    if granted && access.roles.is_empty() && access.clearance.is_empty() {
        return Err("it grants nothing".to_owned());
    }
    Ok(access)
}

struct Export {
    actor: String,
    recipient: String,
    buckets: Vec<Bucket>,
    /// A field that says nothing.
    empty: Option<&'static str>,
}

fn read_export(body: &[u8]) -> Result<Export, String> {
    let said = ["actor", "purpose", "case", "class", "recipient", "mark"];
    let fields = Fields::read(body, &[said.as_slice(), &["sha256", "buckets"]].concat())?;
    fields.parsed("sha256", unhex::<32>)?;
    let mut empty = None;
    for key in said {
        if fields.text(key)?.trim().is_empty() {
            empty = empty.or(Some(key));
        }
    }
    Ok(Export {
        actor: fields.parsed("actor", name)?,
        recipient: fields.text("recipient")?.to_owned(),
        buckets: fields.list("buckets", Bucket::read)?,
        empty,
    })
}
