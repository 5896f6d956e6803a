//! HTTP/1 requests: method and Host. In: the first bytes of a client's segment. Out: the method token, and the host for the matcher. Never: the
//! path, other headers, a body.
//!
//! RFC 9112 §3, RFC 9110 §7.2.

use crate::Incomplete;
use crate::limits::HTTP_HEAD_BYTES_MAX;

/// A request head, as far as it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// The method token.
    pub method: &'a [u8],
    /// Value of the Host header without its port; `None` while it has not come.
    pub host: Option<&'a [u8]>,
    /// Whether the head ended in the bytes given.
    pub complete: bool,
}

/// Longest method token: the registry's longest has 17 characters.
const METHOD_BYTES_MAX: usize = 20;

/// Reads a request line and looks for Host in what follows.
///
/// Which bytes decide: the method token, the spaces and line ends, the version, and header names; not the target, not header values.
///
/// # Errors
/// - [`Incomplete::Truncated`]: the request line is not complete yet.
/// - [`Incomplete::Malformed`]: no HTTP/1 request begins here.
pub fn request(bytes: &[u8]) -> Result<Request<'_>, Incomplete> {
    let head = bytes.get(..HTTP_HEAD_BYTES_MAX).unwrap_or(bytes);
    let token = |b: &u8| b.is_ascii_uppercase() || matches!(b, b'-' | b'_');
    let length = head
        .iter()
        .take(METHOD_BYTES_MAX + 1)
        .take_while(|b| token(b))
        .count();
    let method = head.get(..length).unwrap_or_default();
    match head.get(length) {
        Some(b' ') if (3..=METHOD_BYTES_MAX).contains(&length) => {}
        None if length <= METHOD_BYTES_MAX && bytes.len() < HTTP_HEAD_BYTES_MAX => {
            return Err(Incomplete::Truncated);
        }
        _ => return Err(Incomplete::Malformed),
    }
    let Some(end) = head.iter().position(|&b| b == b'\n') else {
        let full = bytes.len() >= HTTP_HEAD_BYTES_MAX;
        return Err(if full {
            Incomplete::Malformed
        } else {
            Incomplete::Truncated
        });
    };
    let (line, rest) = head.split_at(end);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if !line.ends_with(b" HTTP/1.1") && !line.ends_with(b" HTTP/1.0") {
        return Err(Incomplete::Malformed);
    }
    let (host, complete) = host(rest.get(1..).unwrap_or_default());
    Ok(Request {
        method,
        host,
        complete,
    })
}

/// The Host header among complete lines, and whether the empty line was seen.
fn host(mut rest: &[u8]) -> (Option<&[u8]>, bool) {
    while let Some(end) = rest.iter().position(|&b| b == b'\n') {
        let (line, behind) = rest.split_at(end);
        rest = behind.get(1..).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            return (None, true);
        }
        let named = line
            .get(..5)
            .is_some_and(|name| name.eq_ignore_ascii_case(b"host:"));
        if named {
            let value = line.get(5..).unwrap_or_default().trim_ascii();
            return (Some(without_port(value)), true);
        }
    }
    (None, false)
}

/// Takes `:port` off; an IPv6 literal keeps its brackets.
fn without_port(host: &[u8]) -> &[u8] {
    match host.iter().rposition(|&b| b == b':') {
        Some(at) if !host.ends_with(b"]") => host.get(..at).unwrap_or(host),
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_its_method_and_host() {
        let bytes = b"POST /a?b HTTP/1.1\r\nAccept: */*\r\nhOsT:  Evil.Example:8080\r\n\r\nbody";
        let read = request(bytes).unwrap();
        assert_eq!(
            (read.method, read.host),
            (&b"POST"[..], Some(&b"Evil.Example"[..]))
        );
        assert_eq!(request(&bytes[..10]), Err(Incomplete::Truncated));
        assert_eq!(request(&bytes[..25]).unwrap().host, None);
        assert_eq!(request(b"HELLO there\r\n"), Err(Incomplete::Malformed));
        assert_eq!(request(b"\x16\x03\x01"), Err(Incomplete::Malformed));
    }
}
