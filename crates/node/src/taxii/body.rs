//! Bodies of requests and answers. In: parts as they come, perhaps compressed. Out: bytes of a bounded length; compressed answers. Never: more than the bound in memory, whatever a
//! few compressed bytes expand to.

use super::fail::{Fail, taxii};
use crate::limits::BODY_WAIT;
use axum::body::Body;
use axum::http::{HeaderMap, header};
use flate2::Compression;
use flate2::write::{GzEncoder, MultiGzDecoder};
use http_body_util::BodyExt;
use sakimori_exchange::taxii::TaxiiError;
use std::io::{self, Write};

/// Answers from this many bytes on are compressed for whoever takes that: shorter ones fit in a packet.
const COMPRESSED_FROM: usize = 1400;

/// Bytes up to a bound.
struct Bounded {
    bytes: Vec<u8>,
    most: usize,
}

impl Write for Bounded {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + part.len() > self.most {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Where the parts of a body go.
enum Sink {
    Plain(Bounded),
    Gzip(Box<MultiGzDecoder<Bounded>>),
}

impl Sink {
    /// # Errors
    /// 413, or 400 where it is not compressed as it says.
    fn take(&mut self, part: &[u8]) -> Result<(), Fail> {
        let most = match self {
            Self::Plain(sink) => sink.most,
            Self::Gzip(sink) => sink.get_ref().most,
        };
        let written = match self {
            Self::Plain(sink) => sink.write_all(part),
            Self::Gzip(sink) => sink.write_all(part),
        };
        written.map_err(|e| unfit(&e, most))
    }

    fn end(self) -> Result<Vec<u8>, Fail> {
        match self {
            Self::Plain(sink) => Ok(sink.bytes),
            Self::Gzip(sink) => {
                let most = sink.get_ref().most;
                let done = sink.finish().map_err(|e| unfit(&e, most))?;
                Ok(done.bytes)
            }
        }
    }
}

fn unfit(error: &io::Error, most: usize) -> Fail {
    if error.kind() == io::ErrorKind::FileTooLarge {
        return TaxiiError::too_long(most as u64).into();
    }
    taxii(
        400,
        "The body cannot be read",
        "It is not compressed as its Content-Encoding says.",
    )
}

/// How a body is compressed: not, or by gzip.
///
/// # Errors
/// 415.
fn is_compressed(headers: &HeaderMap) -> Result<bool, Fail> {
    let mut values = headers.get_all(header::CONTENT_ENCODING).iter();
    let value = values.next().map(|v| v.to_str().unwrap_or("?").trim());
    match value {
        _ if values.next().is_some() => {}
        None => return Ok(false),
        Some(word) if word.eq_ignore_ascii_case("identity") => return Ok(false),
        Some(word) if word.eq_ignore_ascii_case("gzip") || word.eq_ignore_ascii_case("x-gzip") => {
            return Ok(true);
        }
        Some(_) => {}
    }
    let mut fail = taxii(
        415,
        "Unsupported content encoding",
        "A body is sent as it is, or compressed once by gzip.",
    );
    fail.error
        .headers
        .push(("Accept-Encoding", "gzip, identity".to_owned()));
    Err(fail)
}

/// Reads a body of at most `most` bytes, both as it is sent and expanded.
///
/// # Errors
/// 400, 408, 413, 415.
pub(super) async fn read(
    headers: &HeaderMap,
    mut body: Body,
    most: usize,
) -> Result<Vec<u8>, Fail> {
    let bounded = Bounded {
        bytes: Vec::new(),
        most,
    };
    let mut sink = if is_compressed(headers)? {
        Sink::Gzip(Box::new(MultiGzDecoder::new(bounded)))
    } else {
        Sink::Plain(bounded)
    };
    let told = headers.get(header::CONTENT_LENGTH);
    let told = told.and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if told.is_some_and(|length| length > most as u64) {
        return Err(TaxiiError::too_long(most as u64).into());
    }
    let mut came = 0_usize;
    loop {
        let frame = tokio::time::timeout(BODY_WAIT, body.frame()).await;
        let frame = frame
            .map_err(|_| taxii(408, "The request took too long", "The body does not come."))?;
        let Some(frame) = frame else {
            return sink.end();
        };
        let broken = |_| taxii(400, "The body cannot be read", "It breaks off.");
        if let Ok(data) = frame.map_err(broken)?.into_data() {
            came = came.saturating_add(data.len());
            if came > most {
                return Err(TaxiiError::too_long(most as u64).into());
            }
            sink.take(&data)?;
        }
    }
}

/// Whether the caller takes answers that are compressed by gzip (RFC 9110 section 12.5.3).
pub(super) fn takes_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter();
    let words = values
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','));
    let weighed = words.map(|word| {
        let (name, weight) = word.split_once(';').unwrap_or((word, ""));
        let weight = weight.trim().strip_prefix("q=").unwrap_or("1");
        let zero = weight.bytes().all(|b| matches!(b, b'0' | b'.'));
        (name.trim().to_ascii_lowercase(), !zero)
    });
    let mut any = false;
    for (name, wanted) in weighed {
        match name.as_str() {
            "gzip" | "x-gzip" => return wanted,
            "*" => any = wanted,
            _ => {}
        }
    }
    any
}

/// An answer's body, compressed where that pays; `None` where it goes as it is.
pub(super) fn compressed(body: &str) -> Option<Vec<u8>> {
    if body.len() < COMPRESSED_FROM {
        return None;
    }
    // Fast: the line is seldom as slow as the processor is dear.
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body.as_bytes()).ok()?;
    encoder.finish().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(header::HeaderName, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name.clone(), value.parse().unwrap());
        }
        headers
    }

    async fn outcome(encoding: &str, bytes: Vec<u8>, most: usize) -> Result<usize, u16> {
        let headers = headers(&[(header::CONTENT_ENCODING, encoding)]);
        let read = read(&headers, Body::from(bytes), most).await;
        read.map(|bytes| bytes.len())
            .map_err(|fail| fail.error.status)
    }

    #[tokio::test]
    async fn bodies_are_bounded_as_they_are_sent_and_as_they_expand() {
        let zeros = "0".repeat(100_000);
        let packed = compressed(&zeros).unwrap();
        assert!(packed.len() < 1000);
        assert_eq!(outcome("gzip", packed.clone(), 100_000).await, Ok(100_000));
        assert_eq!(outcome("X-GZIP", packed.clone(), 99_999).await, Err(413));
        let twice = [packed.clone(), packed.clone()].concat();
        assert_eq!(outcome("gzip", twice.clone(), 200_000).await, Ok(200_000));
        assert_eq!(outcome("gzip", twice, 199_999).await, Err(413));
        let cut = packed[..packed.len() / 2].to_vec();
        assert_eq!(outcome("gzip", cut, 100_000).await, Err(400));
        assert_eq!(outcome("gzip", b"{}".to_vec(), 100).await, Err(400));
        assert_eq!(outcome("identity", b"{}".to_vec(), 2).await, Ok(2));
        assert_eq!(outcome("identity", b"{}".to_vec(), 1).await, Err(413));
        assert_eq!(outcome("br", b"{}".to_vec(), 2).await, Err(415));
        assert_eq!(outcome("gzip, gzip", b"{}".to_vec(), 2).await, Err(415));
    }

    #[test]
    fn gzip_is_given_to_whoever_takes_it() {
        for (value, expected) in [
            ("gzip", true),
            ("deflate, GZIP;q=0.5", true),
            ("*", true),
            ("gzip;q=0, *", false),
            ("gzip;q=0.000", false),
            ("identity", false),
            ("", false),
        ] {
            let headers = headers(&[(header::ACCEPT_ENCODING, value)]);
            assert_eq!(takes_gzip(&headers), expected, "{value}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
        assert_eq!(compressed("{}"), None);
    }
}
