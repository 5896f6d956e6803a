//! `POST …/objects/`, section 5.5. In: a body, then a store, step by step. Out: what became of each object. Never: one bad object that takes the others with it; a repeated post
//! that does something twice.

use super::body::{Failed, Handled, Status};
use super::error::TaxiiError;
use super::read::{Caller, Rights};
use super::store::{New, Outcome, Store, StoreError};
use crate::json::{Limits, Value, read};
use crate::stix::validate::{Severity, judge};
use crate::stix::{Envelope, Object, Refused};

/// A post on its way: judged, and added step by step, so that a large one is answered before it is done.
#[derive(Clone, Debug)]
pub struct Post {
    /// Objects that are still to be added, in their order.
    left: std::collections::VecDeque<New>,
    successes: Vec<Handled>,
    failures: Vec<Failed>,
}

impl Post {
    /// Reads and judges a body. Nothing is added yet.
    ///
    /// # Errors
    /// 403, 404; 422 where the whole is no envelope with objects: malformed JSON, double names, too deep, a bundle.
    pub fn begin(caller: &Caller<'_>, body: &[u8]) -> Result<Self, TaxiiError> {
        match caller.rights {
            Rights { write: true, .. } => {}
            Rights { read: true, .. } => return Err(TaxiiError::forbidden("write to")),
            _ => return Err(TaxiiError::not_found("collection")),
        }
        let unprocessable = |text: String| TaxiiError::new(422, "The body is no envelope", text);
        let text = std::str::from_utf8(body).map_err(|error| {
            unprocessable(format!("It is not UTF-8 at byte {}.", error.valid_up_to()))
        })?;
        let envelope = Envelope::read(text).map_err(|error| {
            let source = std::error::Error::source(&error).map(ToString::to_string);
            let behind = source
                .map(|source| format!(": {source}"))
                .unwrap_or_default();
            unprocessable(format!("{error}{behind}."))
        })?;
        if envelope.objects.is_empty() {
            return Err(unprocessable("It has no objects.".to_owned()));
        }
        let mut post = Self {
            left: std::collections::VecDeque::new(),
            successes: Vec::new(),
            failures: Vec::new(),
        };
        for object in envelope.objects {
            post.take(object);
        }
        Ok(post)
    }

    fn take(&mut self, object: Result<Object, Refused>) {
        match object {
            Err(refused) => {
                let place = format!("object {} of the envelope", refused.at);
                self.fail(
                    Handled {
                        id: refused.id.unwrap_or(place),
                        version: refused.version.unwrap_or_default(),
                    },
                    refused.error.to_string(),
                );
            }
            Ok(object) => {
                let new = New::of(object.index(), object.raw());
                match wrong(&object) {
                    Some(message) => self.fail(handled(&new), message),
                    None => self.left.push_back(new),
                }
            }
        }
    }

    /// Refuses those of the objects that are left for which there is a reason, such as a marking that the collection does not hold.
    pub fn refuse(&mut self, reason: impl Fn(&New) -> Option<String>) {
        for new in std::mem::take(&mut self.left) {
            match reason(&new) {
                Some(message) => self.fail(handled(&new), message),
                None => self.left.push_back(new),
            }
        }
    }

    /// The objects that are still to be added, in their order.
    pub fn waiting(&self) -> impl ExactSizeIterator<Item = &New> {
        self.left.iter()
    }

    /// The envelope of the objects that are still to be added, each byte for byte as it was sent.
    pub fn envelope(&self) -> String {
        let texts: Vec<&str> = self.left.iter().map(|new| new.raw.as_str()).collect();
        format!("{{\"objects\":[{}]}}", texts.join(","))
    }

    /// How many objects are still to be added.
    pub fn left(&self) -> usize {
        self.left.len()
    }

    fn fail(&mut self, object: Handled, message: String) {
        self.failures.push(Failed { object, message });
    }

    /// Adds at most so many objects; `true` once nothing is left.
    ///
    /// # Errors
    /// [`StoreError`]; the step was not done and can be tried again.
    pub fn step<S: Store + ?Sized>(
        &mut self,
        store: &mut S,
        collection: &str,
        now_micros: u64,
        at_most: usize,
    ) -> Result<bool, StoreError> {
        let count = self.left.len().min(at_most.max(1));
        let batch: Vec<New> = self.left.iter().take(count).cloned().collect();
        let outcomes = store.add(collection, &batch, now_micros)?;
        if outcomes.len() != batch.len() {
            return Err(StoreError);
        }
        self.left.drain(..count);
        for (new, outcome) in batch.iter().zip(outcomes) {
            match outcome {
                Outcome::Added(_) | Outcome::Known => self.successes.push(handled(new)),
                Outcome::Different => self.fail(
                    handled(new),
                    "another object with this id and version is there".to_owned(),
                ),
            }
        }
        Ok(self.left.is_empty())
    }

    /// How far it is.
    pub fn status(&self, id: &str, requested_micros: u64) -> Status {
        Status {
            id: id.to_owned(),
            requested_micros,
            successes: self.successes.clone(),
            failures: self.failures.clone(),
            pendings: self.left.iter().map(handled).collect(),
        }
    }
}

fn handled(new: &New) -> Handled {
    Handled {
        id: new.id.clone(),
        version: new.version.clone().unwrap_or_default(),
    }
}

/// The first thing that makes an object invalid, with its rule.
fn wrong(object: &Object) -> Option<String> {
    let node = match read(object.raw(), Limits::OBJECT) {
        Ok(node) => node,
        Err(error) => return Some(error.to_string()),
    };
    if matches!(node.value, Value::Object(_)) && node.text_of("type") == Some("bundle") {
        return Some("it is a bundle; send its objects".to_owned());
    }
    let version = object.index().spec_version;
    let findings = judge(&node, Some(version));
    let mut errors = findings
        .iter()
        .filter(|one| one.severity == Severity::Error);
    errors.next().map(ToString::to_string)
}
