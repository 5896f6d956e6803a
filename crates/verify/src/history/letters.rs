//! What commission and office write to each other: questions, notices, inspections, challenges, and what answers them. In: their entries. Out: problems, and how many wait for
//! an answer. Never: a judgement on what is said.

use super::buckets::Buckets;
use super::requests::Requests;
use super::runs::Runs;
use super::{Seen, bucket, told};
use crate::code::{Code, Subject};
use crate::envelope::Act;
use crate::fields::Fields;
use crate::limits::LATE_SECONDS_MAX;
use crate::notes::{Bucket, is_record, name};
use crate::report::Sink;
use crate::unhex;
use std::collections::{BTreeMap, BTreeSet};

/// A record's stream and number.
type Record = ([u8; 8], u64);

/// Reads `<stream>-<n>`.
fn read_record(text: &str) -> Option<Record> {
    let (stream, number) = text.split_once('-').filter(|_| is_record(text))?;
    Some((unhex(stream)?, number.parse().ok()?))
}

/// Everything that was written.
#[derive(Debug, Default)]
pub(super) struct Letters {
    /// What waits for an answer, with its time, by index.
    waiting: BTreeMap<u64, (Act, u64)>,
    answered: BTreeSet<u64>,
    /// Bucket and record of each challenge.
    challenges: BTreeMap<u64, (Bucket, Record)>,
    /// Whether each inspection is open.
    inspections: BTreeMap<String, bool>,
}

/// Whether somebody says something.
fn who(fields: &Fields) -> Result<(), String> {
    fields.parsed("from", name)?;
    let said = !fields.text("text")?.trim().is_empty();
    said.then_some(())
        .ok_or_else(|| "it says nothing".to_owned())
}

impl Letters {
    /// The commission asks about a request, or the office answers.
    pub(super) fn question(&mut self, seen: &Seen<'_>, requests: &Requests, sink: &mut Sink) {
        let read = seen.open().map(|body| {
            let fields = Fields::read(body, &["request", "from", "text"])?;
            who(&fields)?;
            fields.parsed("request", unhex::<32>)
        });
        let Some(request) = told(read, &seen.place(), sink) else {
            return;
        };
        if !requests.has(&request) {
            return refer(
                seen,
                format!(
                    "no request {} is in the log before it",
                    crate::hex(&request)
                ),
                sink,
            );
        }
        if seen.envelope.act == Act::Question {
            self.waiting
                .insert(seen.index, (Act::Question, seen.counter(0)));
            sink.good(Subject::Letters);
        } else {
            self.answer(seen, &[Act::Question], sink);
        }
    }

    /// A notice, demand or recommendation; gives what it is about, and which authority it stops.
    pub(super) fn notice(
        &mut self,
        seen: &Seen<'_>,
        sink: &mut Sink,
    ) -> Option<(String, Option<[u8; 16]>)> {
        let read = seen.open().map(|body| {
            let fields = Fields::read(body, &["id", "to", "subject", "text", "about", "stop"])?;
            fields.parsed("id", name)?;
            for key in ["to", "subject", "text"] {
                if fields.text(key)?.trim().is_empty() {
                    return Err(format!("`{key}` is empty"));
                }
            }
            let stop = match fields.get("stop") {
                stop if stop.is_null() => None,
                _ if seen.envelope.act != Act::Demand => {
                    return Err("a demand alone stops".to_owned());
                }
                _ => Some(fields.parsed("stop", unhex::<16>)?),
            };
            let about = match fields.get("about") {
                about if about.is_null() => String::new(),
                _ => fields.text("about")?.to_owned(),
            };
            Ok((about, stop))
        });
        let said = told(read, &seen.place(), sink)?;
        self.waiting
            .insert(seen.index, (seen.envelope.act, seen.counter(0)));
        sink.good(Subject::Letters);
        Some(said)
    }

    /// The office replies.
    pub(super) fn reply(&mut self, seen: &Seen<'_>, sink: &mut Sink) {
        let read = seen.open().map(|body| {
            let fields = Fields::read(body, &["from", "text"])?;
            who(&fields)
        });
        if told(read, &seen.place(), sink).is_some() {
            self.answer(seen, &[Act::Notice, Act::Demand, Act::Recommendation], sink);
        }
    }

    fn answer(&mut self, seen: &Seen<'_>, to: &[Act], sink: &mut Sink) {
        let index = seen.counter(0);
        let waits = self
            .waiting
            .get(&index)
            .is_some_and(|(act, _)| to.contains(act));
        if waits && !self.answered.contains(&index) {
            self.answered.insert(index);
            sink.good(Subject::Letters);
        } else {
            refer(
                seen,
                format!("entry {index} is nothing that it could answer"),
                sink,
            );
        }
    }

    /// An inspection is opened, finds something, or is closed; gives the act.
    pub(super) fn inspection(&mut self, seen: &Seen<'_>, sink: &mut Sink) -> Option<String> {
        let read = seen.open().map(|body| {
            let fields =
                Fields::read(body, &["inspection", "act", "inspector", "subject", "text"])?;
            fields.parsed("inspector", name)?;
            let known = |act: &str| {
                ["opened", "finding", "closed"]
                    .contains(&act)
                    .then(|| act.to_owned())
            };
            let act = fields.parsed("act", known)?;
            let (subject, text) = (fields.text("subject")?, fields.text("text")?);
            let silent = act == "opened" && subject.trim().is_empty()
                || act == "finding" && text.trim().is_empty();
            let inspection = fields.parsed("inspection", name)?;
            (!silent)
                .then_some((inspection, act))
                .ok_or_else(|| "it does not say about what".to_owned())
        });
        let (inspection, act) = told(read, &seen.place(), sink)?;
        let open = self.inspections.get(&inspection).copied();
        if open != (act != "opened").then_some(true) {
            let what = format!(
                "inspection {} is not open, or was opened before",
                crate::quote(&inspection)
            );
            refer(seen, what, sink);
            return None;
        }
        self.inspections.insert(inspection, act != "closed");
        sink.good(Subject::Letters);
        Some(act)
    }

    /// The commission asks to open a record.
    pub(super) fn challenge(&mut self, seen: &Seen<'_>, runs: &Runs, sink: &mut Sink) {
        let read = seen.open().map(|body| {
            let fields = Fields::read(body, &["bucket", "record", "nonce"])?;
            fields.parsed("nonce", unhex::<32>)?;
            let bucket = bucket(&fields)?;
            if !runs.wrote(fields.text("record")?, &bucket) {
                return Err("no receipt covers the record in the bucket".to_owned());
            }
            Ok((bucket, fields.parsed("record", read_record)?))
        });
        if let Some(asked) = told(read, &seen.place(), sink) {
            self.challenges.insert(seen.index, asked);
        }
    }

    /// What was opened, or that it is gone (invariant I4a).
    pub(super) fn response(
        &mut self,
        seen: &Seen<'_>,
        buckets: &Buckets,
        runs: &Runs,
        sink: &mut Sink,
    ) {
        let opened = seen.counter(1) == 1;
        let read = seen.open().map(|body| {
            let fields = Fields::read(
                body,
                &["bucket", "record", "outcome", "leaf", "path", "share"],
            )?;
            if seen.counter(1) > 1
                || fields.text("outcome")? != if opened { "opened" } else { "gone" }
            {
                return Err("the outcome of body and envelope differ".to_owned());
            }
            let path = fields.list("path", unhex::<32>)?;
            let leaf = fields.text("leaf")?;
            let empty = leaf.is_empty() && path.is_empty();
            if !opened && !empty {
                return Err("what is gone has no leaf and no path".to_owned());
            }
            let leaf = if opened {
                Some(fields.parsed("leaf", unhex::<32>)?)
            } else {
                None
            };
            let asked = (bucket(&fields)?, fields.parsed("record", read_record)?);
            Ok((asked, leaf, path, fields.get("share").as_u64()))
        });
        let Some((asked, leaf, path, share)) = told(read, &seen.place(), sink) else {
            return;
        };
        let challenge = seen.counter(0);
        if self.challenges.get(&challenge) != Some(&asked) || self.answered.contains(&challenge) {
            let what = format!("entry {challenge} is no open challenge about this record");
            return sink.bad(Code::ChallengeAnswer, seen.place(), what);
        }
        self.answered.insert(challenge);
        let (bucket, (stream, number)) = asked;
        let wrong = match leaf {
            Some(_) if buckets.is_deleted(&bucket) => {
                Some("the bucket was deleted before and still opens")
            }
            Some(leaf) => {
                let covered = runs.covers(stream, number, &bucket, &leaf, &path);
                (!covered).then_some("its path does not lead to the receipt that covers the record")
            }
            None => {
                let gone = share.is_some_and(|index| buckets.is_attested_at(&bucket, index));
                (!gone).then_some(
                    "the entry that it names does not attest that the share is destroyed",
                )
            }
        };
        match wrong {
            Some(what) => sink.bad(Code::ChallengeAnswer, seen.place(), what),
            None => sink.good(Subject::Letters),
        }
    }

    /// Says how many are past their time without an answer.
    pub(super) fn finish(&self, now: Option<u64>, sink: &mut Sink) {
        let late = |due: u64| now.is_some_and(|now| now > due.saturating_add(LATE_SECONDS_MAX));
        let open = self
            .waiting
            .iter()
            .filter(|(index, _)| !self.answered.contains(index));
        let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
        for (_, (act, _)) in open.filter(|(_, (_, due))| late(*due)) {
            *counts.entry(act.name()).or_default() += 1;
        }
        for (name, count) in counts {
            sink.note(format!(
                "OVERDUE: {count} of type {name} have no answer behind their time"
            ));
        }
    }
}

fn refer(seen: &Seen<'_>, what: String, sink: &mut Sink) {
    sink.bad(Code::Reference, seen.place(), what);
}
