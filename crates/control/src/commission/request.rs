//! Signed requests to the commission, and its attestation. In: fields. Out: texts of one form (`docs/reference/formats.md` section 10.5), and fields again. Never: a text
//! that reads in two ways.

use sakimori_custody::ids::{AuthorityId, BucketId, SensorId, hex, unhex};
use sakimori_custody::keys::Share;
use sakimori_custody::time::Seconds;
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;
use zeroize::Zeroizing;

const LEASE: &str = "sakimori/lease-request/v1";
const SHARE: &str = "sakimori/share-request/v1";
const DESTROY: &str = "sakimori/destroy-request/v1";
const DESTROYED: &str = "sakimori/share-destroyed/v1";

/// What a share is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// A sensor fills the bucket.
    Write,
    /// The office looks at it, as this entry of the log says.
    Query {
        /// Index of the query entry.
        entry: u64,
    },
}

/// The office asks for a lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseRequest {
    /// Under which authority.
    pub authority: AuthorityId,
    /// For which sensor.
    pub sensor: SensorId,
    /// For how long.
    pub seconds: u64,
    /// When it was asked.
    pub time: Seconds,
}

/// A sensor or the office asks for a share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareRequest {
    /// Of which bucket.
    pub bucket: BucketId,
    /// What for.
    pub purpose: Use,
    /// When it was asked.
    pub time: Seconds,
}

/// The office asks that a share be destroyed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DestroyRequest {
    /// Of which bucket.
    pub bucket: BucketId,
    /// When it was asked.
    pub time: Seconds,
}

/// The text by which a holder says that its share is gone.
pub(super) fn attestation(bucket: &BucketId, destroyed: Seconds) -> String {
    format!("{DESTROYED}\nbucket: {bucket}\nholder: commission\ndestroyed: {destroyed}\n")
}

const SHARE_ANSWER: &str = "sakimori/share/v1";

/// The text by which a holder gives its share in answer to one request.
pub(super) fn share_text(request: &[u8], share: &Share) -> Zeroizing<String> {
    let (request, share) = (
        hex(&Sha256::digest(request)),
        Zeroizing::new(hex(share.bytes())),
    );
    Zeroizing::new(format!(
        "{SHARE_ANSWER}\nrequest: sha256:{request}\nshare: {}\n",
        share.as_str()
    ))
}

/// The share in such a text, where it answers this request.
pub(super) fn read_share(text: &str, request: &[u8]) -> Option<Share> {
    let [asked, share] = values(text, SHARE_ANSWER, ["request", "share"])?;
    let same = asked.strip_prefix("sha256:")? == hex(&Sha256::digest(request));
    same.then(|| unhex(share).map(Share::new))?
}

/// The bucket of a text by which a holder says that its share is gone.
pub(super) fn attested(text: &str) -> Option<BucketId> {
    let [bucket, holder, destroyed] = values(text, DESTROYED, ["bucket", "holder", "destroyed"])?;
    let bucket: BucketId = read(bucket)?;
    (holder == "commission" && attestation(&bucket, read(destroyed)?) == text).then_some(bucket)
}

/// The values of a text with these keys in this order, and nothing else.
pub(super) fn values<'t, const N: usize>(
    text: &'t str,
    header: &str,
    keys: [&str; N],
) -> Option<[&'t str; N]> {
    let mut lines = text.strip_suffix('\n')?.split('\n');
    if lines.next()? != header {
        return None;
    }
    let mut values = [""; N];
    for (place, key) in values.iter_mut().zip(keys) {
        *place = lines.next()?.strip_prefix(key)?.strip_prefix(": ")?;
    }
    lines.next().is_none().then_some(values)
}

pub(super) fn read<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

/// Only the text that the fields write back is theirs.
pub(super) fn exactly<T: fmt::Display>(request: T, text: &str) -> Option<T> {
    (request.to_string() == text).then_some(request)
}

impl LeaseRequest {
    /// Reads a request's text.
    pub fn parse(text: &str) -> Option<Self> {
        let [authority, sensor, seconds, time] =
            values(text, LEASE, ["authority", "sensor", "seconds", "time"])?;
        let request = Self {
            authority: read(authority)?,
            sensor: read(sensor)?,
            seconds: read(seconds)?,
            time: read(time)?,
        };
        exactly(request, text)
    }
}

impl fmt::Display for LeaseRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{LEASE}\nauthority: {}\nsensor: {}\nseconds: {}\ntime: {}",
            self.authority, self.sensor, self.seconds, self.time
        )
    }
}

impl ShareRequest {
    /// Reads a request's text.
    pub fn parse(text: &str) -> Option<Self> {
        let [bucket, purpose, time] = values(text, SHARE, ["bucket", "use", "time"])?;
        let purpose = match purpose.strip_prefix("query ") {
            Some(entry) => Use::Query {
                entry: read(entry)?,
            },
            None => (purpose == "write").then_some(Use::Write)?,
        };
        let request = Self {
            bucket: read(bucket)?,
            purpose,
            time: read(time)?,
        };
        exactly(request, text)
    }
}

impl fmt::Display for ShareRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SHARE}\nbucket: {}\nuse: ", self.bucket)?;
        match self.purpose {
            Use::Write => f.write_str("write")?,
            Use::Query { entry } => write!(f, "query {entry}")?,
        }
        writeln!(f, "\ntime: {}", self.time)
    }
}

impl DestroyRequest {
    /// Reads a request's text.
    pub fn parse(text: &str) -> Option<Self> {
        let [bucket, time] = values(text, DESTROY, ["bucket", "time"])?;
        let request = Self {
            bucket: read(bucket)?,
            time: read(time)?,
        };
        exactly(request, text)
    }
}

impl fmt::Display for DestroyRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{DESTROY}\nbucket: {}\ntime: {}", self.bucket, self.time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUCKET: &str = "000102030405060708090a0b0c0d0e0f/s-01/2027-04-01";

    #[test]
    fn a_request_reads_back_and_no_other_text_is_one() {
        let text =
            format!("{SHARE}\nbucket: {BUCKET}\nuse: query 42\ntime: 2027-04-01T00:00:00Z\n");
        let request = ShareRequest::parse(&text).unwrap();
        assert_eq!(request.purpose, Use::Query { entry: 42 });
        assert_eq!(request.to_string(), text);
        for (from, to) in [
            ("query 42", "query 042"),
            ("query 42", "read"),
            ("use", "purpose"),
            ("s-01", "S-01"),
            ("Z\n", "Z\nmore: 1\n"),
            ("Z\n", "Z"),
            ("share-request", "lease-request"),
        ] {
            assert_eq!(
                ShareRequest::parse(&text.replacen(from, to, 1)),
                None,
                "{to}"
            );
        }
    }
}
