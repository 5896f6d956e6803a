//! The bytes between caller and query process. In: a request or a frame. Out: the same on the other side. Never: a length that is believed
//! before it is checked, a key in the JSON.

use sakimori_custody::keys::BucketKey;
use sakimori_custody::time::Seconds;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};
use zeroize::Zeroizing;

use super::{Frame, Limits, Request, SessionBucket};
use crate::limits::{FRAME_BYTES_MAX, REQUEST_BYTES_MAX, SESSION_BUCKETS_MAX, SQL_BYTES_MAX};

/// The first bytes of a request.
const MAGIC: &[u8; 16] = b"sakimori/query/1";

/// Bytes that are not a request or a frame.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// The stream ended or failed.
    #[error("the pipe to the other process failed")]
    Pipe(#[from] io::Error),
    /// A part is longer than its bound.
    #[error("a message of {0} bytes is longer than its bound")]
    Long(u64),
    /// The bytes are something else.
    #[error("a message does not read: {0}")]
    Form(String),
}

/// The readable part of a request.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    sql: String,
    limits: Limits,
    now: String,
    buckets: Vec<BucketText>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BucketText {
    bucket: String,
    folder: String,
}

/// Writes a request: magic, length, JSON, then 32 bytes of key per bucket in their order.
///
/// # Errors
/// [`WireError::Pipe`]: the query process is gone. [`WireError::Form`]: a folder whose name is not text.
pub fn write_request(out: &mut impl Write, request: &Request) -> Result<(), WireError> {
    let bucket = |bucket: &SessionBucket| {
        Some(BucketText {
            bucket: bucket.id.to_string(),
            folder: bucket.folder.to_str()?.to_owned(),
        })
    };
    let buckets = request.buckets().iter().map(bucket).collect::<Option<_>>();
    let text = Text {
        sql: request.sql().to_owned(),
        limits: request.limits(),
        now: request.now().to_string(),
        buckets: buckets.ok_or_else(|| form("a folder's name is not text"))?,
    };
    out.write_all(MAGIC)?;
    write_json(out, &text, REQUEST_BYTES_MAX)?;
    for bucket in request.buckets() {
        out.write_all(bucket.key.bytes())?;
    }
    out.flush()?;
    Ok(())
}

/// Reads a request.
///
/// # Errors
/// As [`WireError`] says; the caller's fault, except for [`WireError::Pipe`].
pub fn read_request(input: &mut impl Read) -> Result<Request, WireError> {
    let mut magic = [0; 16];
    input.read_exact(&mut magic)?;
    if &magic != MAGIC {
        return Err(form("it is not a request of this version"));
    }
    let text: Text = read_json(input, REQUEST_BYTES_MAX)?;
    if text.buckets.len() > SESSION_BUCKETS_MAX || text.sql.len() > SQL_BYTES_MAX {
        return Err(form("a number is out of its bounds"));
    }
    text.limits.check().map_err(form)?;
    let now: Seconds = text.now.parse().map_err(form)?;
    let mut buckets = Vec::with_capacity(text.buckets.len());
    for bucket in text.buckets {
        let mut key = Zeroizing::new([0; 32]);
        input.read_exact(key.as_mut_slice())?;
        buckets.push(SessionBucket {
            id: bucket.bucket.parse().map_err(form)?,
            folder: bucket.folder.into(),
            key: BucketKey::from_bytes(*key),
        });
    }
    Ok(Request {
        sql: text.sql,
        limits: text.limits,
        now,
        buckets,
    })
}

/// Writes one frame of an answer.
///
/// # Errors
/// [`WireError::Pipe`]: the caller is gone. [`WireError::Long`]: write fewer rows at a time.
pub fn write_frame(out: &mut impl Write, frame: &Frame) -> Result<(), WireError> {
    write_json(out, frame, FRAME_BYTES_MAX)?;
    out.flush()?;
    Ok(())
}

/// Reads one frame, with its length in bytes.
///
/// # Errors
/// As [`WireError`] says; after any of them the stream is of no more use.
pub fn read_frame(input: &mut impl Read) -> Result<Frame, WireError> {
    read_json(input, FRAME_BYTES_MAX)
}

fn write_json(
    out: &mut impl Write,
    value: &impl Serialize,
    bytes_max: usize,
) -> Result<(), WireError> {
    let json = serde_json::to_vec(value).map_err(form)?;
    if json.len() > bytes_max {
        return Err(WireError::Long(json.len() as u64));
    }
    // BOUND: `bytes_max` is far below 2^32.
    out.write_all(&(json.len() as u32).to_le_bytes())?;
    out.write_all(&json)?;
    Ok(())
}

fn read_json<T: for<'de> Deserialize<'de>>(
    input: &mut impl Read,
    bytes_max: usize,
) -> Result<T, WireError> {
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length);
    if length as usize > bytes_max {
        return Err(WireError::Long(u64::from(length)));
    }
    let mut json = Vec::new();
    input.take(u64::from(length)).read_to_end(&mut json)?;
    if json.len() < length as usize {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    serde_json::from_slice(&json).map_err(form)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is what `map_err` hands over"
)]
fn form(what: impl ToString) -> WireError {
    WireError::Form(what.to_string())
}
