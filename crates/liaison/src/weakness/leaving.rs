//! What of a case leaves the office, and to whom. In: a case, the event that is to happen, who does it. Out: what the release gate says of it: what has to be in the log before it happens.
//! Never: something that leaves past the gate; an operator's report or acquired information: a case is made of what strangers, makers and the office itself said, and what a maker learns of
//! operators are numbers in classes.

use crate::LiaisonError;
use crate::matching::MakerNumbers;
use crate::product::Denied;
use crate::weakness::letter;
use sakimori_advisory::room::{Act, Event, Room};
use sakimori_custody::class::{IntegratedProvision, PublicNotice};
use sakimori_custody::ids::{Name, hex};
use sakimori_custody::time::{DAY_SECONDS, Seconds};
use sakimori_release::{
    Classed, Condition, ConditionKind, Field, FieldKind, Marking, Minimise, Pap, Pending,
    PseudonymKey, Recipient, RecipientKind, Request, Tagger, Tlp, Work, ask,
};
use serde_json::json;
use sha2::{Digest, Sha256};

/// What is said of the rights of communication parties (art. 43) with each release of a case.
const RIGHTS: &str = "no part of a case is acquired information: it comes of reports of strangers, of makers and of the office, and numbers in classes of what operators registered";

/// A text that leaves as it is; the entry names the SHA-256 of its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaving(pub String);

impl Minimise for Leaving {
    fn fields(&self) -> Vec<Field> {
        let field = Field {
            name: "text".to_owned(),
            kind: FieldKind::Plain,
        };
        if self.0.is_empty() {
            Vec::new()
        } else {
            vec![field]
        }
    }

    fn remove(&mut self, _: &str) {
        self.0.clear();
    }

    // It names nobody by a tag and counts nothing: the gate refuses whoever asks for either.
    fn pseudonymise(&mut self, _: &str, _: &Tagger<'_>) {}

    fn aggregate(&mut self, _: u64) {}

    fn smallest_group(&self) -> Option<u64> {
        None
    }

    fn bytes(&self) -> Vec<u8> {
        self.0.clone().into_bytes()
    }
}

/// What is asked of the gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What leaves.
    pub text: String,
    /// To whom.
    pub recipients: Vec<Recipient>,
    /// How far they may pass it on.
    pub tlp: Tlp,
    /// On which basis.
    pub basis: String,
}

/// The name of a party in the log: what the log keeps for ever tells nobody which maker has a weakness. Who knows the maker's name finds it.
pub fn tag(kind: char, name: &str) -> Option<Name> {
    let full = hex(&Sha256::digest(name.as_bytes()));
    format!("{kind}-{}", full.get(..24)?).parse().ok()
}

fn supplier(maker: &str) -> Option<Recipient> {
    Some(Recipient::new(RecipientKind::Supplier, tag('m', maker)?))
}

fn contractor(coordinator: &str) -> Option<Recipient> {
    Some(Recipient::new(
        RecipientKind::Contractor,
        tag('c', coordinator)?,
    ))
}

fn everybody() -> Option<Recipient> {
    Some(Recipient::new(RecipientKind::Public, "web".parse().ok()?))
}

/// What leaves by an event of a case, as it stands before it; none where nothing does. What is for operators alone leaves when it is decided which they are ([`super::audience`]).
pub fn asked(room: &Room, event: &Event) -> Option<Asked> {
    let case = room.id();
    let basis = |what: &str| format!("Act 42/2025 art. 42: {what}; case {case}");
    match &event.act {
        Act::Told {
            maker,
            text,
            answer_by,
        } => Some(Asked {
            text: json!({ "case": case, "maker": maker, "text": text, "answer_by": answer_by.to_string() })
                .to_string(),
            recipients: vec![supplier(maker)?],
            tlp: Tlp::AmberStrict,
            basis: basis("a supplier is told of a weakness and how it is dealt with"),
        }),
        Act::Requested { maker, .. } | Act::Notified { maker, .. } => {
            let (text, kind) = letter::document(room, event)?;
            Some(Asked {
                text,
                recipients: vec![supplier(maker)?],
                tlp: Tlp::AmberStrict,
                basis: basis(match kind {
                    letter::Kind::Request => "a minister requests measures of a supplier",
                    letter::Kind::Notice => "a supplier is notified directly, for there is no time",
                }),
            })
        }
        Act::CoordinatorAdded { coordinator } => Some(Asked {
            text: json!({ "case": case, "coordinator": coordinator }).to_string(),
            recipients: vec![contractor(coordinator)?],
            tlp: Tlp::AmberStrict,
            basis: format!("Act 42/2025 art. 72: a coordinator takes part, and sees where makers stand; case {case}"),
        }),
        Act::CoordinatorTold { coordinator, text } => Some(Asked {
            text: json!({ "case": case, "coordinator": coordinator, "text": text }).to_string(),
            recipients: vec![contractor(coordinator)?],
            tlp: Tlp::AmberStrict,
            basis: format!("Act 42/2025 art. 72: a coordinator is told of a weakness; case {case}"),
        }),
        Act::Approved { .. } => {
            let content = &room.draft()?.content;
            if content.tlp != Tlp::Clear {
                return None;
            }
            Some(Asked {
                text: serde_json::to_string(content).ok()?,
                recipients: vec![everybody()?],
                tlp: Tlp::Clear,
                basis: basis("a weakness and how it is dealt with are made public at their hour"),
            })
        }
        Act::Leaked { why } => leaked(room, event, why),
        _ => None,
    }
}

/// What leaves when a maker is let know how many have its products; none where its name has no tag.
pub fn numbers(said: &MakerNumbers) -> Option<Asked> {
    let MakerNumbers { case, maker, .. } = said;
    Some(Asked {
        text: json!({ "case": case, "maker": maker, "products": said.products }).to_string(),
        recipients: vec![supplier(maker)?],
        tlp: Tlp::AmberStrict,
        basis: format!(
            "Act 42/2025 art. 42: a supplier learns how many have its products, in classes; case {case}"
        ),
    })
}

/// A leak: every maker reads why, and a version that everybody may read goes out at once.
fn leaked(room: &Room, event: &Event, why: &str) -> Option<Asked> {
    let after = room.take(event).ok()?;
    let now = |version: &sakimori_advisory::publish::Case| {
        version.release == event.at && version.tlp == Tlp::Clear
    };
    let public = after.versions().iter().any(now);
    let mut recipients: Vec<Recipient> = room.makers().keys().filter_map(|m| supplier(m)).collect();
    let tlp = if public {
        recipients.extend(everybody());
        Tlp::Clear
    } else {
        Tlp::AmberStrict
    };
    if recipients.is_empty() {
        return None;
    }
    Some(Asked {
        text: json!({ "case": room.id(), "why": why, "hour": event.at.to_string() }).to_string(),
        recipients,
        tlp,
        basis: format!(
            "Act 42/2025 art. 42: a weakness has become known before its hour; case {}",
            room.id()
        ),
    })
}

fn wrong(field: &str, rule: &dyn std::fmt::Display) -> Denied {
    Denied::Wrong(LiaisonError::Refused {
        field: field.to_owned(),
        rule: rule.to_string(),
    })
}

/// Asks the gate. What it answers is to be in the log before the event happens.
///
/// # Errors
/// [`Denied`].
pub fn prepare(
    asked: &Asked,
    (actor, now): (&str, Seconds),
    key: &PseudonymKey,
) -> Result<Pending<PublicNotice, Leaving>, Denied> {
    let actor: Name = actor.parse().map_err(|e| wrong("actor", &e))?;
    // Whoever issues it says that what can be done is in it; the entry may be of the next minute.
    let when = [now, now.plus(DAY_SECONDS)];
    let said = "what can be done about the weakness is in the text";
    let fix = Condition::new(ConditionKind::FixMethod, actor.clone(), None, when, said);
    let request = Request {
        actor,
        basis: asked.basis.clone(),
        rights: RIGHTS.to_owned(),
        recipients: asked.recipients.clone(),
        conditions: vec![fix.map_err(|e| wrong("conditions", &e))?],
        transforms: Vec::new(),
        now,
    };
    let work = Work {
        transforms: &[],
        conditions: &request.conditions,
        key,
        now,
    };
    let open = Classed::from_open_sources(Leaving(asked.text.clone()));
    let ready = open.derive::<IntegratedProvision>(&work);
    let mut notice: Classed<PublicNotice, Leaving> = ready
        .map_err(|stays| stays.why)?
        .derive(&work)
        .map_err(|stays| stays.why)?;
    let pap = if asked.tlp == Tlp::Clear {
        Pap::Clear
    } else {
        Pap::Amber
    };
    notice.mark(Marking {
        tlp: asked.tlp,
        pap,
    })?;
    ask(&notice, &request, key).map_err(|refusal| Denied::Refused(Box::new(refusal)))
}
