//! What a machine posts into a collection that others read, before the release gate. In: an envelope, its class and marking, who wrote it, who asks for whom on which basis. Out: what waits
//! for its log entry, or a refusal that is an entry too; then the envelope as it may be shown. Never: an envelope that is shown without its entry; a class that comes out of custody alone.
//!
//! An envelope goes the way of what others published or gave: it is taken in as an analysis of open sources and goes the steps of the law to the class of its collection; a report is its writer's.
//! Its one field is the envelope, and the entry's `product_sha256` is SHA-256 of the bytes `{"objects":[…]}` with each object as it was sent.

use crate::error::LiaisonError;
use crate::product::Denied;
use sakimori_custody::Recorded;
use sakimori_custody::class::{
    Class, Integrated, IntegratedControlled, IntegratedProvision, OperatorReport, PublicNotice,
};
use sakimori_custody::ids::Name;
use sakimori_release::gate::Leaves;
use sakimori_release::record::Record;
use sakimori_release::{
    Classed, Field, FieldKind, Marking, Minimise, Pending, PseudonymKey, Recipient, Refused,
    Released, Request, Tagger, Work,
};
use std::sync::Arc;

/// The one field of a batch.
const OBJECTS: &str = "objects";

/// An envelope as a product: it can be taken out as a whole, and nothing of it can be cut down.
#[derive(Clone)]
struct Batch(Option<Arc<str>>);

impl Minimise for Batch {
    fn fields(&self) -> Vec<Field> {
        let field = |_: &Arc<str>| Field {
            name: OBJECTS.to_owned(),
            kind: FieldKind::Plain,
        };
        self.0.iter().map(field).collect()
    }

    fn remove(&mut self, field: &str) {
        if field == OBJECTS {
            self.0 = None;
        }
    }

    fn pseudonymise(&mut self, _: &str, _: &Tagger<'_>) {}

    fn aggregate(&mut self, _: u64) {}

    fn smallest_group(&self) -> Option<u64> {
        None
    }

    fn bytes(&self) -> Vec<u8> {
        self.0
            .as_deref()
            .map_or_else(Vec::new, |text| text.as_bytes().to_vec())
    }
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The class of the collection.
    pub class: Class,
    /// The strictest marking that may be in it.
    pub marking: Marking,
    /// The machine that posted.
    pub writer: Name,
    /// Who asks, for whom, on which basis, with which conditions, when.
    pub request: Request,
}

/// A batch that may be shown once its entry is in the log.
#[derive(Debug)]
#[must_use]
pub struct Waiting(Of);

#[derive(Debug)]
enum Of {
    Integrated(Pending<Integrated, Batch>),
    Controlled(Pending<IntegratedControlled, Batch>),
    Public(Pending<PublicNotice, Batch>),
    Report(Pending<OperatorReport, Batch>),
}

/// A batch that left, on record.
#[derive(Clone, Debug)]
pub struct LetGo {
    /// The index of its entry.
    pub entry: u64,
    /// Who may be shown it.
    pub recipients: Vec<Recipient>,
    /// The envelope.
    pub envelope: Arc<str>,
}

impl Waiting {
    /// Body and counters of the entry that has to be in the log.
    pub const fn record(&self) -> &Record {
        match &self.0 {
            Of::Integrated(pending) => pending.record(),
            Of::Controlled(pending) => pending.record(),
            Of::Public(pending) => pending.record(),
            Of::Report(pending) => pending.record(),
        }
    }

    /// Lets the batch go: its entry is in the log.
    pub fn recorded(self, entry: Recorded) -> LetGo {
        match self.0 {
            Of::Integrated(pending) => let_go(pending.recorded(entry)),
            Of::Controlled(pending) => let_go(pending.recorded(entry)),
            Of::Public(pending) => let_go(pending.recorded(entry)),
            Of::Report(pending) => let_go(pending.recorded(entry)),
        }
    }
}

fn let_go<C: Leaves>(released: Released<C, Batch>) -> LetGo {
    LetGo {
        entry: released.entry().index(),
        recipients: released.recipients().to_vec(),
        envelope: released.into_content().0.unwrap_or_default(),
    }
}

/// Asks the gate for an envelope.
///
/// # Errors
/// [`Denied::Refused`]: the gate refuses, and its entry is to be logged. [`Denied::Wrong`]: the class is none that a machine's post can be of.
pub fn ask(wish: &Wish, envelope: Arc<str>, key: &PseudonymKey) -> Result<Waiting, Denied> {
    let batch = Batch(Some(envelope));
    let work = Work {
        transforms: &[],
        conditions: &wish.request.conditions,
        key,
        now: wish.request.now,
    };
    let provision = |batch| -> Result<Classed<IntegratedProvision, Batch>, Refused> {
        let given: Classed<Integrated, Batch> = Classed::from_open_sources(batch);
        given.derive(&work).map_err(|stays| stays.why)
    };
    Ok(Waiting(match wish.class {
        Class::PublicNotice => {
            let made = provision(batch)?.derive(&work);
            Of::Public(pending(made.map_err(|stays| stays.why)?, wish, key)?)
        }
        Class::IntegratedControlled => {
            let made = provision(batch)?.derive(&work);
            Of::Controlled(pending(made.map_err(|stays| stays.why)?, wish, key)?)
        }
        Class::Integrated => Of::Integrated(pending(Classed::from_open_sources(batch), wish, key)?),
        Class::OperatorReport => {
            let report = Classed::<OperatorReport, Batch>::reported(wish.writer.clone(), batch);
            Of::Report(pending(report, wish, key)?)
        }
        Class::Acquired
        | Class::Selected
        | Class::SelectedParty
        | Class::ReleasedSelected
        | Class::IntegratedProvision => {
            let error = LiaisonError::Refused {
                field: "class".to_owned(),
                rule: format!("nothing that a machine posts is {}", wish.class),
            };
            return Err(error.into());
        }
    }))
}

fn pending<C: Leaves>(
    mut product: Classed<C, Batch>,
    wish: &Wish,
    key: &PseudonymKey,
) -> Result<Pending<C, Batch>, Denied> {
    product.mark(wish.marking)?;
    sakimori_release::ask(&product, &wish.request, key)
        .map_err(|refusal| Denied::Refused(Box::new(refusal)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sakimori_custody::time::Seconds;
    use sakimori_release::{Pap, RecipientKind, Tlp};
    use serde_json::{Value, json};
    use sha2::{Digest, Sha256};

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    fn wish(class: Class, to: &[(RecipientKind, &str)]) -> Wish {
        Wish {
            class,
            marking: Marking {
                tlp: Tlp::Red,
                pap: Pap::Clear,
            },
            writer: name("writer"),
            request: Request {
                actor: name("s.ito"),
                basis: "Act 42/2025 art. 40".to_owned(),
                rights: "No identifier of a party is in it.".to_owned(),
                recipients: to
                    .iter()
                    .map(|(kind, who)| Recipient::new(*kind, name(who)))
                    .collect(),
                conditions: Vec::new(),
                transforms: Vec::new(),
                now: Seconds(100),
            },
        }
    }

    fn asked(wish: &Wish) -> Result<Waiting, Denied> {
        ask(
            wish,
            r#"{"objects":[{"type":"x"}]}"#.into(),
            &PseudonymKey::new([7; 32]),
        )
    }

    fn body(record: &Record) -> Value {
        serde_json::from_slice(&record.body).unwrap()
    }

    #[test]
    fn the_entry_names_class_readers_and_the_digest_of_what_leaves_byte_for_byte() {
        use RecipientKind::{Operator, StateAgency};
        for class in [
            Class::PublicNotice,
            Class::Integrated,
            Class::IntegratedControlled,
        ] {
            let to: &[_] = match class {
                Class::PublicNotice => &[(Operator, "acme"), (StateAgency, "npa")],
                _ => &[(RecipientKind::PoliceDefence, "npa")],
            };
            let waiting = asked(&wish(class, to)).unwrap();
            let entry = body(waiting.record());
            assert_eq!(entry["class_to"], class.name());
            assert_eq!(entry["outcome"], "released");
            assert_eq!(waiting.record().counters, [0, to.len() as u64]);
            let text = r#"{"objects":[{"type":"x"}]}"#;
            let digest: [u8; 32] = Sha256::digest(text).into();
            let hex = digest.iter().fold(String::new(), |mut all, byte| {
                use std::fmt::Write;
                write!(all, "{byte:02x}").unwrap();
                all
            });
            assert_eq!(entry["product_sha256"], hex);
            let gone = waiting.recorded(Recorded::at(9));
            assert_eq!((gone.entry, &*gone.envelope), (9, text));
            assert_eq!(gone.recipients.len(), to.len());
        }
    }

    #[test]
    fn what_comes_out_of_custody_alone_and_what_the_matrix_refuses_stays() {
        let operator = [(RecipientKind::Operator, "acme")];
        for class in [
            Class::Acquired,
            Class::Selected,
            Class::SelectedParty,
            Class::ReleasedSelected,
            Class::IntegratedProvision,
        ] {
            let denied = asked(&wish(class, &operator));
            assert!(matches!(denied, Err(Denied::Wrong(_))), "{class}");
        }
        let refused = |wish: &Wish| match asked(wish) {
            Err(Denied::Refused(refusal)) => body(&refusal.record)["outcome"].clone(),
            other => panic!("{other:?}"),
        };
        let controlled = wish(Class::IntegratedControlled, &operator);
        assert_eq!(refused(&controlled), json!("CLASS_VIOLATION"));
        // The needed part alone may go, and nothing was taken out of a post.
        let part = wish(Class::Integrated, &[(RecipientKind::Carrier, "c-1")]);
        assert_eq!(refused(&part), json!("NOT_MINIMISED"));
        // A report is its writer's, and nobody else has it as its own.
        let own = wish(
            Class::OperatorReport,
            &[(RecipientKind::Reporter, "another")],
        );
        assert_eq!(refused(&own), json!("NOT_OWN"));
        let nobody = wish(Class::PublicNotice, &[]);
        assert_eq!(refused(&nobody), json!("AUDIENCE"));
        let mut basis = wish(Class::PublicNotice, &operator);
        basis.request.basis = " ".to_owned();
        assert_eq!(refused(&basis), json!("BASIS_MISSING"));
    }
}
