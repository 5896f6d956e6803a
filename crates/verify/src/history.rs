//! What the entries of a log say, one after the other, and whether each may stand where it stands. In: envelopes with their bodies, in order. Out: problems. Never: an
//! entry that is judged by what comes later, but for acts that have to be ended.
//!
//! The invariants are those of `ARCHITECTURE.md` 6.9 as far as a reader of the log can decide them.

mod authority;
mod buckets;
mod queries;
mod receipt;
mod roots;
mod runs;
mod streams;

use crate::body::Body;
use crate::code::{Code, Subject};
use crate::envelope::{Act, Envelope};
use crate::fields::Fields;
use crate::notes::{Bucket, TrustRoot};
use crate::report::{Place, Sink};
use authority::Authorities;
use buckets::Buckets;
use queries::Queries;
use roots::Roots;
use runs::Runs;
use sakimori_tlog::merkle::Hash;
use std::collections::BTreeSet;
use streams::Streams;

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
    requests: BTreeSet<Hash>,
    authorities: Authorities,
    runs: Runs,
    buckets: Buckets,
    queries: Queries,
}

impl History {
    /// The beginning, with the trust root that the reader brought along.
    pub(crate) fn new(pinned: Option<TrustRoot>) -> Self {
        Self {
            roots: Roots::new(pinned),
            streams: Streams::default(),
            requests: BTreeSet::new(),
            authorities: Authorities::default(),
            runs: Runs::default(),
            buckets: Buckets::default(),
            queries: Queries::default(),
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
            .roots
            .in_force(seen.latest())
            .and_then(|root| signer(seen, root, sink));
        self.authority(seen, sink);
        self.act(seen, signer.as_deref(), sink);
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
            Act::TrustRoot | Act::Request if !none => "it stands under no authority and names one",
            Act::Activation | Act::Start | Act::Stop | Act::Receipt if none => {
                "it names no authority"
            }
            Act::TrustRoot | Act::Request | Act::Decision | Act::Refusal => return,
            _ if none || self.authorities.statement(&named).is_some() => return,
            _ => "it names an authority that was not decided before it",
        };
        sink.bad(Code::EntryAuthority, seen.place(), what);
    }

    fn act(&mut self, seen: &Seen<'_>, signer: Option<&str>, sink: &mut Sink) {
        let at = seen.place();
        match seen.envelope.act {
            Act::TrustRoot => {}
            Act::Request => {
                self.requests.insert(seen.leaf);
                let keys = ["facts", "necessity", "alternatives", "draft"];
                told(
                    seen.open()
                        .map(|body| Fields::read(body, &keys).map(|_| ())),
                    &at,
                    sink,
                );
            }
            Act::Decision => self
                .authorities
                .decide(seen, &self.roots, &self.requests, sink),
            Act::Activation => self.authorities.activate(seen, &self.roots, sink),
            Act::Start => self
                .runs
                .start(seen, signer, &self.authorities, &self.roots, sink),
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
            Act::Deletion => self.buckets.delete(seen, &self.authorities, sink),
            Act::Attestation => self
                .buckets
                .attest(seen, &self.roots, &self.authorities, sink),
            Act::Query => self.queries.query(seen, sink),
            Act::Finding => finding(seen, sink),
        }
    }

    /// What has to have happened by now.
    pub(crate) fn finish(&self, now: Option<u64>, bundle: &dyn Fn(u64) -> String, sink: &mut Sink) {
        self.roots.finish(sink);
        self.streams.finish(sink);
        self.runs.finish(now, bundle, sink);
        self.queries.finish(bundle, sink);
        self.buckets.finish(now, &self.authorities, sink);
    }
}

/// Whether an entry of a type may have so many counters.
const fn counted(act: Act, counters: usize) -> bool {
    match act {
        Act::Request | Act::Decision | Act::Attestation => counters == 0,
        Act::TrustRoot | Act::Activation | Act::Refusal => counters == 1,
        Act::Gap | Act::Deletion | Act::Finding => counters == 2,
        Act::Query => counters == 2 || counters == 3,
        Act::Fault => counters == 3,
        Act::Start => counters == 4,
        Act::Stop => counters == 6,
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

/// Checks the author's signature; gives the sensor's name where one signed.
fn signer(seen: &Seen<'_>, root: &TrustRoot, sink: &mut Sink) -> Option<String> {
    let envelope = seen.envelope;
    let by_note = matches!(
        envelope.act,
        Act::TrustRoot | Act::Decision | Act::Activation | Act::Attestation
    );
    let unsigned = envelope.signer == [0; 4] && envelope.signature.is_none();
    if by_note && unsigned {
        return None;
    }
    let office = [(String::new(), root.office.clone())];
    let authors: &[(String, _)] = match envelope.act {
        Act::TrustRoot | Act::Decision | Act::Activation => {
            sink.bad(
                Code::EntrySignature,
                seen.place(),
                "its body is a signed note, the envelope has to be unsigned",
            );
            return None;
        }
        Act::Request | Act::Query | Act::Deletion | Act::Finding | Act::Attestation => &office,
        _ => &root.sensors,
    };
    let who = if authors == office {
        "the office"
    } else {
        "a sensor"
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
