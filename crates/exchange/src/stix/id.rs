//! Identifiers, STIX 2.1 section 2.9: a type, two hyphens, a UUID. In: text. Out: its two halves. Never: a judgement about what the id names.

/// An identifier that is well formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id<'t> {
    /// The type before the two hyphens.
    pub kind: &'t str,
    /// Version of the UUID, 1–5 (RFC 4122 section 4.1.3): 4 is random, 5 is made of a name.
    pub uuid_version: u8,
}

/// Why a text is no identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// No two hyphens.
    #[error("has no `--` between type and UUID")]
    NoMark,
    /// The first half is no type name.
    #[error("does not begin with a type name")]
    Kind,
    /// The second half is no UUID of the variant of RFC 4122.
    #[error("does not end with a UUID of RFC 4122")]
    Uuid,
}

impl<'t> Id<'t> {
    /// Takes an identifier apart.
    ///
    /// # Errors
    /// [`IdError`], as the end of a sentence about the identifier.
    pub fn parse(text: &'t str) -> Result<Self, IdError> {
        let (kind, uuid) = text.rsplit_once("--").ok_or(IdError::NoMark)?;
        if !is_type_name(kind) {
            return Err(IdError::Kind);
        }
        let uuid_version = uuid_version(uuid.as_bytes()).ok_or(IdError::Uuid)?;
        Ok(Self { kind, uuid_version })
    }
}

/// Whether a text is a type name of an identifier: a lower-case letter first, letters, digits and hyphens, at least three characters (STIX 2.1 section 3.1).
pub(crate) fn is_type_name(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (3..=250).contains(&text.len())
        && text.bytes().all(inner)
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && !text.ends_with('-')
}

/// The version of a UUID in its form of 36 characters, where its variant is that of RFC 4122.
fn uuid_version(bytes: &[u8]) -> Option<u8> {
    let good = |(at, byte): (usize, &u8)| match at {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    if bytes.len() != 36 || !bytes.iter().enumerate().all(good) {
        return None;
    }
    let variant = matches!(bytes.get(19), Some(b'8' | b'9' | b'a' | b'b' | b'A' | b'B'));
    let version = bytes
        .get(14)
        .copied()
        .unwrap_or_default()
        .wrapping_sub(b'0');
    (variant && (1..=5).contains(&version)).then_some(version)
}
