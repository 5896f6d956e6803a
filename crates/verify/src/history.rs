//! What the entries of a log say, one after the other, and whether each may stand where it stands. In: envelopes with their bodies, in order. Out: problems. Never: an
//! entry that is judged by what comes later, but for acts that have to be ended.
//!
//! The rules are those of `docs/reference/formats.md` section 18 as a reader of the log can decide them.

mod authority;
mod buckets;
mod carriers;
mod letters;
mod people;
mod queries;
mod receipt;
mod releases;
mod requests;
mod roots;
mod runs;
mod schedules;
mod streams;
mod yearly;

use crate::body::Body;
use crate::code::{Code, Subject};
use crate::envelope::{Act, Envelope};
use crate::fields::Fields;
use crate::notes::{Bucket, TrustRoot, is_name};
use crate::report::{Place, Sink};
use authority::Authorities;
use buckets::Buckets;
use letters::Letters;
use people::People;
use queries::Queries;
use requests::Requests;
use roots::Roots;
use runs::Runs;
use sakimori_tlog::key::VerifierKey;
use sakimori_tlog::merkle::Hash;
use schedules::Schedules;
use streams::Streams;
use yearly::{Counted, Yearly};

/// One entry that the tree has.
pub(crate) struct Seen<'e> {
    pub(crate) index: u64,
    pub(crate) leaf: Hash,
    pub(crate) entry: &'e [u8],
    pub(crate) envelope: &'e Envelope,
    /// The body, if it is there and the one committed to.
    pub(crate) body: Option<&'e Body<'e>>,
    /// How the report calls the file of its bundle.
    pub(crate) file: &'e str,
}

impl Seen<'_> {
    pub(crate) fn place(&self) -> Place {
        Place {
            index: Some(self.index),
            file: Some(self.file.to_owned()),
            stream: Some(self.envelope.stream),
        }
    }

    /// Last second of the minute that the entry names: what happened in it is not before that.
    const fn latest(&self) -> u64 {
        self.envelope.time.saturating_add(59)
    }

    /// The open body, once the entry's type allows it.
    fn open(&self) -> Option<&[u8]> {
        match self.body {
            Some(Body::Open { body, .. }) => Some(body),
            _ => None,
        }
    }

    /// A counter; zero where the entry has too few, which is told elsewhere.
    fn counter(&self, at: usize) -> u64 {
        self.envelope.counters.get(at).copied().unwrap_or(0)
    }
}

/// Everything that the entries so far say.
#[derive(Debug)]
pub(crate) struct History {
    roots: Roots,
    streams: Streams,
    requests: Requests,
    schedules: Schedules,
    authorities: Authorities,
    runs: Runs,
    buckets: Buckets,
    queries: Queries,
    people: People,
    letters: Letters,
    yearly: Yearly,
}

impl History {
    /// The beginning, with the trust root that the reader brought along.
    pub(crate) fn new(pinned: Option<TrustRoot>) -> Self {
        Self {
            roots: Roots::new(pinned),
            streams: Streams::default(),
            requests: Requests::default(),
            schedules: Schedules::default(),
            authorities: Authorities::default(),
            runs: Runs::default(),
            buckets: Buckets::default(),
            queries: Queries::default(),
            people: People::default(),
            letters: Letters::default(),
            yearly: Yearly::default(),
        }
    }

    /// The newest trust root, for checkpoints.
    pub(crate) fn newest_root(&self) -> Option<&TrustRoot> {
        self.roots.newest()
    }

    /// Takes the next entry.
    pub(crate) fn entry(&mut self, seen: &Seen<'_>, sink: &mut Sink) {
        let envelope = seen.envelope;
        if !self.streams.follow(seen, sink) {
            return;
        }
        if !counted(envelope.act, envelope.counters.len()) {
            let what = format!(
                "no {} has {} counters",
                envelope.act.name(),
                envelope.counters.len()
            );
            sink.bad(Code::EntryCounters, seen.place(), what);
        }
        self.form(seen, sink);
        if envelope.act == Act::TrustRoot {
            self.roots.enter(seen, sink);
        }
        let signer = self
            .signed_under(seen)
            .and_then(|root| signer(seen, root, sink));
        self.authority(seen, sink);
        self.act(seen, signer.as_deref(), sink);
    }

    /// The trust root in force; in the minute in which it begins, the one before it where that has the signer's key and this one has not.
    fn signed_under(&self, seen: &Seen<'_>) -> Option<&TrustRoot> {
        let (act, signer) = (seen.envelope.act, seen.envelope.signer);
        let has = |root: &&TrustRoot| {
            let keys = authors(act, root).into_iter().flat_map(|(_, keys)| keys);
            keys.into_iter().any(|(_, key)| key.id() == signer)
        };
        let newest = self.roots.in_force(seen.latest())?;
        let before = self.roots.in_force(seen.envelope.time);
        let before = before.filter(|before| before.version != newest.version && !has(&newest));
        before.filter(has).or(Some(newest))
    }

    /// Queries may be sealed, findings have to be, all else is for everybody to read.
    fn form(&self, seen: &Seen<'_>, sink: &mut Sink) {
        let act = seen.envelope.act;
        match seen.body {
            Some(Body::Open { .. }) if act == Act::Finding => {
                sink.bad(
                    Code::BodyForm,
                    seen.place(),
                    "a finding lies open in the log",
                );
            }
            Some(Body::Sealed { .. }) if !matches!(act, Act::Finding | Act::Query) => {
                sink.bad(
                    Code::BodyForm,
                    seen.place(),
                    format!(
                        "a {} is sealed, which everybody has to be able to read",
                        act.name()
                    ),
                );
            }
            Some(Body::Sealed { bucket, .. }) if !self.authorities.has_sensor(bucket) => {
                sink.bad(
                    Code::BodyForm,
                    seen.place(),
                    format!("it is sealed for the bucket `{bucket}` of no authority in the log"),
                );
            }
            _ => {}
        }
    }

    /// Whether the entry names an authority where it has to, and one that was decided.
    fn authority(&self, seen: &Seen<'_>, sink: &mut Sink) {
        let named = seen.envelope.authority;
        let none = named == [0; 32];
        let what = match seen.envelope.act {
            Act::TrustRoot
            | Act::Schedule
            | Act::Software
            | Act::Access
            | Act::Request
            | Act::Proposal
                if !none =>
            {
                "it stands under no authority and names one"
            }
            Act::Activation | Act::Start | Act::Stop | Act::Receipt | Act::Effective if none => {
                "it names no authority"
            }
            Act::TrustRoot
            | Act::Schedule
            | Act::Software
            | Act::Access
            | Act::Request
            | Act::Proposal
            | Act::Decision
            | Act::Urgent
            | Act::Refusal => return,
            _ if none || self.authorities.statement(&named).is_some() => return,
            _ => "it names an authority that was not decided before it",
        };
        sink.bad(Code::EntryAuthority, seen.place(), what);
    }

    fn act(&mut self, seen: &Seen<'_>, signer: Option<&str>, sink: &mut Sink) {
        match seen.envelope.act {
            Act::TrustRoot => {}
            Act::Schedule => self.schedules.enter(seen, &self.roots, sink),
            Act::Software => self.schedules.release(seen, &self.roots, sink),
            Act::Access => self.people.access(seen, sink),
            Act::Request
            | Act::Decision
            | Act::Activation
            | Act::Urgent
            | Act::Lapse
            | Act::Ruling
            | Act::Suspension => self.decide(seen, sink),
            Act::Question | Act::Answer => self.letters.question(seen, &self.requests, sink),
            Act::Start => self.runs.start(
                seen,
                signer,
                (&self.authorities, &self.roots, &self.schedules),
                sink,
            ),
            Act::Receipt => {
                let receipt = self.runs.receipt(seen, &self.authorities, sink);
                if let Some(receipt) = receipt {
                    self.buckets
                        .receipt(seen, &receipt, &self.authorities, sink);
                }
            }
            Act::Stop => self.runs.stop(seen, sink),
            Act::Gap => self.runs.gap(seen, signer, sink),
            Act::Fault => self.runs.fault(seen, signer, sink),
            Act::Refusal => refusal(seen, signer, sink),
            Act::Effective => Runs::effective(seen, signer, &self.authorities, sink),
            Act::Carrier => self.runs.carrier(seen, signer, &mut self.schedules, sink),
            Act::Deletion => self.buckets.delete(seen, &self.authorities, sink),
            Act::Attestation => self
                .buckets
                .attest(seen, &self.roots, &self.authorities, sink),
            Act::Query => self.queries.query(
                seen,
                &mut self.people,
                (&self.authorities, &self.buckets),
                &mut self.schedules,
                sink,
            ),
            Act::Finding => finding(seen, sink),
            Act::Purge => self.people.purge(seen, &self.buckets, sink),
            Act::Export => self
                .people
                .export(seen, &self.buckets, &mut self.schedules, sink),
            Act::Reidentification => self.people.reidentify(seen, &self.authorities, sink),
            Act::Release => releases::release(seen, sink),
            Act::Proposal => self.authorities.propose(seen, &self.roots, sink),
            Act::Measure => self.authorities.act(seen, sink),
            Act::Misuse => misuse(seen, sink),
            Act::Challenge => self.letters.challenge(seen, &self.runs, sink),
            Act::Response => self.letters.response(seen, &self.buckets, &self.runs, sink),
            Act::Inspection
            | Act::Notice
            | Act::Demand
            | Act::Recommendation
            | Act::Reply
            | Act::Report => self.oversee(seen, sink),
        }
    }

    /// What is asked of the commission and decided by it.
    fn decide(&mut self, seen: &Seen<'_>, sink: &mut Sink) {
        let (roots, requests, schedules) = (&self.roots, &mut self.requests, &mut self.schedules);
        let authorities = &mut self.authorities;
        let counted = match seen.envelope.act {
            Act::Request => {
                requests.enter(seen, roots.in_force(seen.latest()), schedules, sink);
                if let Some(asked) = requests.get(&seen.leaf) {
                    self.yearly.basis(seen, Counted::Request, &asked.basis);
                }
                return;
            }
            Act::Activation => return authorities.activate(seen, roots, sink),
            Act::Lapse => return authorities.lapse(seen, &mut self.buckets, sink),
            Act::Ruling => {
                let facts = (roots, &self.buckets, &self.runs);
                return authorities.rule(seen, facts, requests, schedules, sink);
            }
            Act::Suspension => return authorities.suspend(seen, roots, sink),
            Act::Urgent => authorities
                .urge(seen, roots, requests, schedules, sink)
                .then_some(Counted::Urgent),
            _ => authorities
                .decide(seen, roots, requests, schedules, sink)
                .then_some(Counted::Decision),
        };
        let statement = self.authorities.statement(&seen.envelope.authority);
        if let (Some(counted), Some(statement)) = (counted, statement) {
            self.yearly.basis(seen, counted, &statement.basis);
            if counted == Counted::Decision {
                self.requests.close(&statement.request);
            }
        }
    }

    /// What the commission writes about what it saw, and what is replied.
    fn oversee(&mut self, seen: &Seen<'_>, sink: &mut Sink) {
        match seen.envelope.act {
            Act::Reply => self.letters.reply(seen, sink),
            Act::Report => self.yearly.report(seen, sink),
            Act::Inspection => match self.letters.inspection(seen, sink).as_deref() {
                Some("opened") => self.yearly.count(seen, 3, 0),
                Some("finding") => self.yearly.count(seen, 3, 1),
                _ => {}
            },
            act => {
                let Some((about, stop)) = self.letters.notice(seen, sink) else {
                    return;
                };
                if let Some(id) = stop.filter(|id| !self.authorities.demand(id, seen)) {
                    let what = format!(
                        "no authority {} is in force that it could stop",
                        crate::hex(&id)
                    );
                    sink.bad(Code::Reference, seen.place(), what);
                }
                let about = crate::unhex(&about).and_then(|id| self.authorities.by_id(&id));
                let measure = about
                    .map(|decided| &decided.statement)
                    .filter(|statement| statement.kind == "measure");
                match (measure.map(|statement| statement.basis.as_str()), act) {
                    (None, Act::Notice) => self.yearly.count(seen, 4, 0),
                    (None, Act::Demand) => self.yearly.count(seen, 4, 1),
                    (None, _) => self.yearly.count(seen, 4, 2),
                    (Some("police-6-2"), Act::Recommendation) => self.yearly.count(seen, 6, 0),
                    (Some("sdf-81-3"), Act::Recommendation) => self.yearly.count(seen, 8, 0),
                    _ => {}
                }
            }
        }
    }

    /// What has to have happened by now.
    pub(crate) fn finish(&self, now: Option<u64>, bundle: &dyn Fn(u64) -> String, sink: &mut Sink) {
        self.roots.finish(sink);
        self.streams.finish(sink);
        self.schedules.finish(sink);
        self.authorities.finish(now, sink);
        self.runs.finish(now, &self.authorities, bundle, sink);
        self.queries.finish(bundle, sink);
        self.buckets.finish(now, &self.authorities, sink);
        self.letters.finish(now, sink);
        self.buckets.claims(
            &self.people.opened,
            self.runs.receipts,
            self.schedules.releases(),
            sink,
        );
    }

    /// Holds the entries' times against the mirror's cosignature over all of them.
    pub(crate) fn covered(&self, cosigned: u64, bundle: &dyn Fn(u64) -> String, sink: &mut Sink) {
        self.streams.covered(cosigned, bundle, sink);
    }
}

/// Whether an entry of a type may have so many counters.
const fn counted(act: Act, counters: usize) -> bool {
    match act {
        Act::Software
        | Act::Access
        | Act::Request
        | Act::Decision
        | Act::Ruling
        | Act::Urgent
        | Act::Attestation
        | Act::Inspection => counters == 0,
        Act::TrustRoot
        | Act::Schedule
        | Act::Activation
        | Act::Question
        | Act::Answer
        | Act::Suspension
        | Act::Lapse
        | Act::Proposal
        | Act::Measure
        | Act::Refusal
        | Act::Purge
        | Act::Challenge
        | Act::Reidentification
        | Act::Misuse
        | Act::Notice
        | Act::Demand
        | Act::Recommendation
        | Act::Reply => counters == 1,
        Act::Gap | Act::Deletion | Act::Response | Act::Finding | Act::Export | Act::Release => {
            counters == 2
        }
        Act::Query => counters == 2 || counters == 3,
        Act::Fault | Act::Effective => counters == 3,
        Act::Start | Act::Carrier => counters == 4,
        Act::Stop => counters == 6,
        Act::Report => counters == 10,
        Act::Receipt => counters == 13,
    }
}

/// Tells what is wrong with a body's fields, or gives what they are.
fn told<T>(read: Option<Result<T, String>>, place: &Place, sink: &mut Sink) -> Option<T> {
    match read? {
        Ok(value) => Some(value),
        Err(what) => {
            sink.bad(Code::BodyFields, place.clone(), what);
            None
        }
    }
}

/// Who may sign the envelope of an entry, and how they are called; `None` where its body is a signed note and nobody may.
fn authors(act: Act, root: &TrustRoot) -> Option<(&'static str, Vec<(String, VerifierKey)>)> {
    let nameless = |key: &VerifierKey| (String::new(), key.clone());
    Some(match act {
        Act::TrustRoot
        | Act::Schedule
        | Act::Software
        | Act::Decision
        | Act::Activation
        | Act::Ruling
        | Act::Suspension
        | Act::Proposal
        | Act::Urgent => return None,
        Act::Question
        | Act::Lapse
        | Act::Challenge
        | Act::Inspection
        | Act::Notice
        | Act::Demand
        | Act::Recommendation
        | Act::Report => (
            "the commission's secretariat",
            vec![nameless(&root.secretariat)],
        ),
        Act::Access | Act::Misuse => (
            "the office or the commission's secretariat",
            vec![nameless(&root.office), nameless(&root.secretariat)],
        ),
        Act::Carrier => ("a carrier's counter", root.counters.clone()),
        Act::Start
        | Act::Stop
        | Act::Receipt
        | Act::Gap
        | Act::Fault
        | Act::Refusal
        | Act::Effective => ("a sensor", root.sensors.clone()),
        Act::Request
        | Act::Answer
        | Act::Query
        | Act::Deletion
        | Act::Attestation
        | Act::Finding
        | Act::Purge
        | Act::Response
        | Act::Export
        | Act::Reidentification
        | Act::Release
        | Act::Measure
        | Act::Reply => ("the office", vec![nameless(&root.office)]),
    })
}

/// Checks the author's signature; gives the name of the sensor or counter that signed.
fn signer(seen: &Seen<'_>, root: &TrustRoot, sink: &mut Sink) -> Option<String> {
    let envelope = seen.envelope;
    let unsigned = envelope.signer == [0; 4] && envelope.signature.is_none();
    let authors = authors(envelope.act, root);
    // An attestation is a signed note too, and the office may sign for having entered it.
    if unsigned && (authors.is_none() || envelope.act == Act::Attestation) {
        return None;
    }
    let Some((who, authors)) = authors else {
        let what = "its body is a signed note, the envelope has to be unsigned";
        sink.bad(Code::EntrySignature, seen.place(), what);
        return None;
    };
    if unsigned || envelope.signature.is_none() {
        sink.bad(
            Code::EntrySignature,
            seen.place(),
            format!("it is not signed, and {who} has to sign it"),
        );
        return None;
    }
    let Some((name, key)) = authors.iter().find(|(_, key)| key.id() == envelope.signer) else {
        let what = format!(
            "it is signed by key {}, which is not that of {who} in trust root {}",
            crate::hex(&envelope.signer),
            root.version
        );
        sink.bad(Code::EntrySigner, seen.place(), what);
        return None;
    };
    if envelope.signed_by(key, seen.entry) {
        sink.good(Subject::Signatures);
    } else {
        sink.bad(
            Code::EntrySignature,
            seen.place(),
            format!("the signature of `{}` is bad", key.name()),
        );
    }
    (!name.is_empty()).then(|| name.clone())
}

fn refusal(seen: &Seen<'_>, signer: Option<&str>, sink: &mut Sink) {
    let read = seen.open().map(|body| {
        let fields = Fields::read(body, &["code", "name", "sensor", "authority", "detail"])?;
        Ok((fields.number("code")?, fields.text("sensor")?.to_owned()))
    });
    let Some((code, sensor)) = told(read, &seen.place(), sink) else {
        return;
    };
    if code != seen.counter(0) || signer.is_some_and(|name| name != sensor) {
        sink.bad(
            Code::RefusalFields,
            seen.place(),
            format!("it tells of refusal {code} of {}", crate::quote(&sensor)),
        );
    } else {
        sink.good(Subject::Refusals);
    }
}

/// A rule of misuse opened a case.
fn misuse(seen: &Seen<'_>, sink: &mut Sink) {
    let read = seen.open().map(|body| {
        let fields = Fields::read(body, &["rule", "actor", "case", "entries", "evidence"])?;
        fields.parsed("actor", |actor| is_name(actor).then_some(()))?;
        fields.parsed("evidence", crate::unhex::<32>)?;
        let entries = fields
            .get("entries")
            .as_list()
            .ok_or("`entries` is no list")?;
        let before =
            |entry: &crate::json::Json| entry.as_u64().is_some_and(|index| index < seen.index);
        let said = ["rule", "case"]
            .iter()
            .all(|key| fields.text(key).is_ok_and(|text| !text.trim().is_empty()));
        let whole = said && !entries.is_empty() && entries.iter().all(before);
        whole
            .then_some(())
            .ok_or_else(|| "it names no rule, case, or entries before it".to_owned())
    });
    if told(read, &seen.place(), sink).is_some() {
        sink.good(Subject::People);
    }
}

/// All of a finding that is not sealed is two counters.
fn finding(seen: &Seen<'_>, sink: &mut Sink) {
    if seen.counter(0) > 1000 {
        sink.bad(
            Code::FindingRecords,
            seen.place(),
            format!("a confidence of {} thousandths", seen.counter(0)),
        );
    } else {
        sink.good(Subject::Findings);
    }
}

/// The bucket that a field names.
fn bucket(fields: &Fields) -> Result<Bucket, String> {
    fields.parsed("bucket", Bucket::read)
}
