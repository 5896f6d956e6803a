//! Lines of the journal. In: records of the engine, what was before an effect. Out: JSON. Never: a record in two forms.

use sakimori_custody::ids::{hex, unhex};
use sakimori_custody::time::Seconds;
use sakimori_respond::engine::{Allowed, Answer, Deed, Holder, Key, Permit, Record};
use sakimori_respond::openc2::Status;
use serde::{Deserialize, Serialize};

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// What the engine decided.
    Record(Record),
    /// How it was before an effect.
    Before(Key, String),
}

/// Why a text is no line. Who runs the actuator acts on it: the journal is of another version.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// Not JSON of a line.
    #[error("it is no line")]
    Json(#[from] serde_json::Error),
    /// A word or number that is none.
    #[error("`{0}` is not as it should be")]
    Member(&'static str),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyText {
    measure: String,
    deed: String,
    target: String,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "kebab-case", deny_unknown_fields)]
enum Text {
    Permit {
        measure: String,
        revision: u64,
        not_before: u64,
        not_after: u64,
        most: usize,
        allowed: Vec<(String, String)>,
    },
    PermitOver {
        measure: String,
        revision: u64,
    },
    Revoked {
        measure: String,
        revision: u64,
    },
    Lease {
        measure: String,
        revision: u64,
        until: u64,
    },
    Suspended {
        measure: String,
        by: String,
    },
    Resumed {
        measure: String,
        by: String,
    },
    Revision {
        key: KeyText,
        producer: String,
        revision: u64,
    },
    Undone {
        key: KeyText,
        revision: u64,
        at: u64,
    },
    Waiting {
        id: String,
        digest: String,
        revision: u64,
        key: KeyText,
        until: Option<u64>,
    },
    Answered {
        id: String,
        digest: String,
        status: u16,
        words: String,
    },
    Ended {
        key: KeyText,
    },
    Kept {
        key: KeyText,
        until: u64,
    },
    Stopped,
    Freed,
    Before {
        key: KeyText,
        before: String,
    },
}

fn key_text(key: &Key) -> KeyText {
    KeyText {
        measure: hex(&key.measure),
        deed: key.deed.name().to_owned(),
        target: key.target.clone(),
    }
}

fn hash(text: &str) -> Result<[u8; 32], LineError> {
    unhex(text).ok_or(LineError::Member("hash"))
}

fn deed(text: &str) -> Result<Deed, LineError> {
    Deed::from_name(text).ok_or(LineError::Member("deed"))
}

fn holder(text: &str) -> Result<Holder, LineError> {
    Holder::from_name(text).ok_or(LineError::Member("by"))
}

fn key(text: KeyText) -> Result<Key, LineError> {
    Ok(Key {
        measure: hash(&text.measure)?,
        deed: deed(&text.deed)?,
        target: text.target,
    })
}

impl From<&Line> for Text {
    fn from(line: &Line) -> Self {
        match line {
            Line::Before(key, before) => Self::Before {
                key: key_text(key),
                before: before.clone(),
            },
            Line::Record(record) => of_record(record),
        }
    }
}

#[expect(
    clippy::too_many_lines,
    reason = "one arm for each record, and nothing else"
)]
fn of_record(record: &Record) -> Text {
    match record {
        Record::Permit(permit) => Text::Permit {
            measure: hex(&permit.measure),
            revision: permit.revision,
            not_before: permit.not_before.0,
            not_after: permit.not_after.0,
            most: permit.most,
            allowed: permit
                .allowed
                .iter()
                .map(|one| (one.deed.name().to_owned(), one.target.clone()))
                .collect(),
        },
        Record::PermitOver { measure, revision } => Text::PermitOver {
            measure: hex(measure),
            revision: *revision,
        },
        Record::Revoked { measure, revision } => Text::Revoked {
            measure: hex(measure),
            revision: *revision,
        },
        Record::Lease {
            measure,
            revision,
            until,
        } => Text::Lease {
            measure: hex(measure),
            revision: *revision,
            until: until.0,
        },
        Record::Suspended { measure, by } => Text::Suspended {
            measure: hex(measure),
            by: by.name().to_owned(),
        },
        Record::Resumed { measure, by } => Text::Resumed {
            measure: hex(measure),
            by: by.name().to_owned(),
        },
        Record::Revision {
            key,
            producer,
            revision,
        } => Text::Revision {
            key: key_text(key),
            producer: producer.clone(),
            revision: *revision,
        },
        Record::Undone { key, revision, at } => Text::Undone {
            key: key_text(key),
            revision: *revision,
            at: at.0,
        },
        Record::Waiting {
            id,
            digest,
            revision,
            key,
            until,
        } => Text::Waiting {
            id: id.clone(),
            digest: hex(digest),
            revision: *revision,
            key: key_text(key),
            until: until.map(|until| until.0),
        },
        Record::Answered { id, digest, answer } => Text::Answered {
            id: id.clone(),
            digest: hex(digest),
            status: answer.status.code(),
            words: answer.words.clone(),
        },
        Record::Ended(key) => Text::Ended { key: key_text(key) },
        Record::Kept { key, until } => Text::Kept {
            key: key_text(key),
            until: until.0,
        },
        Record::Stopped => Text::Stopped,
        Record::Freed => Text::Freed,
    }
}

impl TryFrom<Text> for Line {
    type Error = LineError;

    #[expect(
        clippy::too_many_lines,
        reason = "one arm for each line, and nothing else"
    )]
    fn try_from(text: Text) -> Result<Self, LineError> {
        Ok(Self::Record(match text {
            Text::Before { key: of, before } => return Ok(Self::Before(key(of)?, before)),
            Text::Permit {
                measure,
                revision,
                not_before,
                not_after,
                most,
                allowed,
            } => Record::Permit(Permit {
                measure: hash(&measure)?,
                revision,
                not_before: Seconds(not_before),
                not_after: Seconds(not_after),
                most,
                allowed: allowed
                    .into_iter()
                    .map(|(word, target)| {
                        Ok(Allowed {
                            deed: deed(&word)?,
                            target,
                        })
                    })
                    .collect::<Result<_, LineError>>()?,
            }),
            Text::PermitOver { measure, revision } => Record::PermitOver {
                measure: hash(&measure)?,
                revision,
            },
            Text::Revoked { measure, revision } => Record::Revoked {
                measure: hash(&measure)?,
                revision,
            },
            Text::Lease {
                measure,
                revision,
                until,
            } => Record::Lease {
                measure: hash(&measure)?,
                revision,
                until: Seconds(until),
            },
            Text::Suspended { measure, by } => Record::Suspended {
                measure: hash(&measure)?,
                by: holder(&by)?,
            },
            Text::Resumed { measure, by } => Record::Resumed {
                measure: hash(&measure)?,
                by: holder(&by)?,
            },
            Text::Revision {
                key: of,
                producer,
                revision,
            } => Record::Revision {
                key: key(of)?,
                producer,
                revision,
            },
            Text::Undone {
                key: of,
                revision,
                at,
            } => Record::Undone {
                key: key(of)?,
                revision,
                at: Seconds(at),
            },
            Text::Waiting {
                id,
                digest,
                revision,
                key: of,
                until,
            } => Record::Waiting {
                id,
                digest: hash(&digest)?,
                revision,
                key: key(of)?,
                until: until.map(Seconds),
            },
            Text::Answered {
                id,
                digest,
                status,
                words,
            } => Record::Answered {
                id,
                digest: hash(&digest)?,
                answer: Answer::new(
                    Status::from_code(status).ok_or(LineError::Member("status"))?,
                    words,
                ),
            },
            Text::Ended { key: of } => Record::Ended(key(of)?),
            Text::Kept { key: of, until } => Record::Kept {
                key: key(of)?,
                until: Seconds(until),
            },
            Text::Stopped => Record::Stopped,
            Text::Freed => Record::Freed,
        }))
    }
}

impl Line {
    /// Reads a line.
    ///
    /// # Errors
    /// [`LineError`].
    pub fn parse(text: &[u8]) -> Result<Self, LineError> {
        serde_json::from_slice::<Text>(text)?.try_into()
    }

    /// The line as JSON.
    pub fn to_text(&self) -> String {
        // BOUND: texts, numbers and lists of them always have a form.
        serde_json::to_string(&Text::from(self)).unwrap_or_default()
    }
}
