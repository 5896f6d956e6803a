//! TLS client hellos. In: the bytes that a client sent, from the start of a record. Out: the fields that JA4 and the record need, and the server name for
//! the matcher. Never: server messages, keys, random or session bytes.
//!
//! RFC 8446 §4.1.2 and §5.1; RFC 8701 for reserved (GREASE) values; RFC 6066 §3 for the server name; RFC 7301 for ALPN.

use crate::limits::{HELLO_BYTES_MAX, RECORD_BYTES_MAX};
use crate::{Cursor, Incomplete};

/// A client hello; lists borrow and keep their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientHello<'a> {
    /// Highest version offered, reserved values passed over.
    pub version: u16,
    /// Server name, as sent.
    pub server_name: Option<&'a [u8]>,
    /// First ALPN protocol.
    pub alpn: Option<&'a [u8]>,
    ciphers: &'a [u8],
    extensions: &'a [u8],
    signature_algorithms: &'a [u8],
}

/// A hello found in a client's stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found<'a> {
    /// The hello.
    pub hello: ClientHello<'a>,
    /// Bytes of the stream up to the end of its last record.
    pub consumed: usize,
}

/// Whether a value is reserved so that servers learn to ignore it (RFC 8701 §2).
pub const fn is_grease(value: u16) -> bool {
    value & 0x0f0f == 0x0a0a && value >> 8 == value & 0xff
}

/// Finds the client hello that begins `stream`, over records of any size; a change-cipher-spec record before it is passed over, as before the
/// second hello of RFC 8446 §4.1.4. `scratch` holds the message where several records carry it.
///
/// # Errors
/// - [`Incomplete::Truncated`]: more bytes may complete it; call again with all of them.
/// - [`Incomplete::Malformed`]: no hello begins here.
pub fn client_hello<'a>(
    stream: &'a [u8],
    scratch: &'a mut Vec<u8>,
) -> Result<Found<'a>, Incomplete> {
    scratch.clear();
    let mut c = Cursor::new(stream);
    let mut needed = None;
    loop {
        if stream.len() - c.rest().len() > HELLO_BYTES_MAX {
            return Err(Incomplete::Malformed);
        }
        let record = match record(&mut c)? {
            (0x14, _) if scratch.is_empty() => continue,
            (0x16, record) => record,
            _ => return Err(Incomplete::Malformed),
        };
        let consumed = stream.len() - c.rest().len();
        if scratch.is_empty() {
            // The common case: one record holds the whole message, nothing is copied.
            let length = message_length(record)?;
            if let Some(body) = length.and_then(|length| record.get(4..4 + length)) {
                return Ok(Found {
                    hello: hello(body)?,
                    consumed,
                });
            }
            needed = length;
        }
        // Room for all that this loop can add, so that no copy stays behind in a smaller buffer.
        scratch.reserve_exact(HELLO_BYTES_MAX + RECORD_BYTES_MAX - scratch.len());
        scratch.extend_from_slice(record);
        if needed.is_none() {
            needed = message_length(scratch)?;
        }
        if needed.is_some_and(|length| scratch.len() >= 4 + length) {
            let body = scratch
                .get(4..4 + needed.unwrap_or_default())
                .unwrap_or_default();
            return Ok(Found {
                hello: hello(body)?,
                consumed,
            });
        }
    }
}

/// The next record: its type and content.
fn record<'a>(c: &mut Cursor<'a>) -> Result<(u8, &'a [u8]), Incomplete> {
    let kind = c.u8().ok_or(Incomplete::Truncated)?;
    if !matches!(kind, 0x14 | 0x16) {
        return Err(Incomplete::Malformed);
    }
    if c.u8().ok_or(Incomplete::Truncated)? != 3 {
        return Err(Incomplete::Malformed);
    }
    c.u8().ok_or(Incomplete::Truncated)?;
    let length = usize::from(c.u16().ok_or(Incomplete::Truncated)?);
    if length == 0 || length > RECORD_BYTES_MAX {
        return Err(Incomplete::Malformed);
    }
    Ok((kind, c.take(length).ok_or(Incomplete::Truncated)?))
}

/// Length of the hello message whose first bytes these are; `None` until they say it.
fn message_length(bytes: &[u8]) -> Result<Option<usize>, Incomplete> {
    if bytes.first().is_some_and(|&kind| kind != 1) {
        return Err(Incomplete::Malformed);
    }
    let Some(&[_, a, b, d]) = bytes.first_chunk::<4>() else {
        return Ok(None);
    };
    let length = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(d);
    if length > HELLO_BYTES_MAX {
        Err(Incomplete::Malformed)
    } else {
        Ok(Some(length))
    }
}

/// Reads the body of a hello message.
///
/// # Errors
/// [`Incomplete::Malformed`]: a length inside points outside.
pub fn hello(body: &[u8]) -> Result<ClientHello<'_>, Incomplete> {
    parse(body).ok_or(Incomplete::Malformed)
}

fn parse(body: &[u8]) -> Option<ClientHello<'_>> {
    let mut c = Cursor::new(body);
    let legacy = c.u16()?;
    c.take(32)?;
    c.vec8()?;
    let ciphers = c.vec16()?;
    c.vec8()?;
    let extensions = if c.rest().is_empty() { &[] } else { c.vec16()? };
    let mut hello = ClientHello {
        version: legacy,
        server_name: None,
        alpn: None,
        ciphers,
        extensions,
        signature_algorithms: &[],
    };
    for (kind, value) in Extensions(Cursor::new(extensions)) {
        let mut v = Cursor::new(value);
        match kind {
            0 => hello.server_name = server_name(value).or(hello.server_name),
            13 => hello.signature_algorithms = v.vec16().unwrap_or_default(),
            16 => hello.alpn = v.vec16().and_then(|list| Cursor::new(list).vec8()),
            43 => {
                let offered = v.vec8().unwrap_or_default();
                let highest = pairs(offered).filter(|&version| !is_grease(version)).max();
                hello.version = highest.unwrap_or(legacy);
            }
            _ => {}
        }
    }
    Some(hello)
}

/// The host name of a server name extension.
fn server_name(value: &[u8]) -> Option<&[u8]> {
    let mut list = Cursor::new(Cursor::new(value).vec16()?);
    loop {
        let kind = list.u8()?;
        let name = list.vec16()?;
        if kind == 0 {
            return Some(name).filter(|name| !name.is_empty());
        }
    }
}

struct Extensions<'a>(Cursor<'a>);

impl<'a> Iterator for Extensions<'a> {
    type Item = (u16, &'a [u8]);
    fn next(&mut self) -> Option<Self::Item> {
        Some((self.0.u16()?, self.0.vec16()?))
    }
}

fn pairs(bytes: &[u8]) -> impl Iterator<Item = u16> {
    bytes
        .as_chunks::<2>()
        .0
        .iter()
        .map(|&pair| u16::from_be_bytes(pair))
}

impl<'a> ClientHello<'a> {
    /// Cipher suites, reserved values left out.
    pub fn ciphers(&self) -> impl Iterator<Item = u16> + use<'a> {
        pairs(self.ciphers).filter(|&value| !is_grease(value))
    }

    /// Extension numbers, reserved values left out.
    pub fn extensions(&self) -> impl Iterator<Item = u16> + use<'a> {
        Extensions(Cursor::new(self.extensions))
            .map(|(kind, _)| kind)
            .filter(|&v| !is_grease(v))
    }

    /// Signature algorithms, reserved values left out.
    pub fn signature_algorithms(&self) -> impl Iterator<Item = u16> + use<'a> {
        pairs(self.signature_algorithms).filter(|&value| !is_grease(value))
    }
}
