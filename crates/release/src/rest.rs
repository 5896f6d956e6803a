//! Classed products at rest. In: a product, the house's key, a nonce. Out: bytes that open as that class and no other, with its marking and its past. Never: a way to read a
//! product under the name of another class.
//!
//! `sakimori/class/v1` ‖ 0x0a ‖ nonce (24) ‖ XChaCha20-Poly1305(key of the class, aad = `sakimori/class/v1` ‖ 0x0a ‖ word of the class): u32 length of what is said
//! about it, little-endian ‖ that, JSON ‖ the product. The key of a class is HKDF-SHA-256(house key, info = aad), RFC 5869: each class has its own.

use crate::classed::{About, Classed};
use crate::limits::{HISTORY_MAX, PRODUCT_BYTES_MAX};
use crate::tlp::{Marking, Pap, Tlp};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sakimori_custody::class::{Class, ClassType};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

const HEAD: &[u8] = b"sakimori/class/v1\n";
/// Bytes of the tag.
const TAG_BYTES: usize = 16;
/// Longest of what is said about a product, bytes: all its steps and some room.
const ABOUT_BYTES_MAX: usize = HISTORY_MAX * 128;

/// A product that can be kept.
pub trait Keep: Sized {
    /// Its bytes, with all that [`Keep::read`] needs.
    fn keep(&self) -> Vec<u8>;
    /// The product of bytes; `None` where they are none.
    fn read(bytes: &[u8]) -> Option<Self>;
}

/// The house's key of what is kept: 32 random bytes. It opens nothing by itself.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct RestKey([u8; 32]);

impl RestKey {
    /// Wraps 32 random bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    fn cipher(&self, aad: &[u8]) -> XChaCha20Poly1305 {
        let mut key = Zeroizing::new([0; 32]);
        // BOUND: the expansion refuses lengths over 8160 bytes; this is 32.
        let _ = Hkdf::<Sha256>::new(None, &self.0).expand(aad, &mut *key);
        XChaCha20Poly1305::new(&Key::from(*key))
    }
}

impl fmt::Debug for RestKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RestKey(..)")
    }
}

/// Why bytes are no product of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestError {
    /// They are not of this form: the store is damaged, or they are something else.
    #[error("the bytes are no kept product")]
    Form,
    /// They were kept as another class or with another key, or they were changed.
    #[error("the bytes do not open as {0}")]
    Closed(Class),
    /// They are longer than a product may be.
    #[error("the kept product is too long")]
    TooLong,
}

#[derive(Serialize, Deserialize)]
struct Said {
    owner: Option<String>,
    from: Vec<String>,
    history: Vec<String>,
    tlp: u8,
    pap: u8,
}

fn aad(class: Class) -> Vec<u8> {
    [HEAD, class.name().as_bytes()].concat()
}

/// Keeps a product. `nonce` is 24 random bytes, used once.
///
/// # Errors
/// [`RestError::TooLong`].
pub fn keep<C: ClassType, T: Keep>(
    product: &Classed<C, T>,
    key: &RestKey,
    nonce: [u8; 24],
) -> Result<Vec<u8>, RestError> {
    let About {
        owner,
        from,
        history,
        marking,
    } = &product.about;
    let said = Said {
        owner: owner.as_ref().map(ToString::to_string),
        from: from.iter().map(|class| class.name().to_owned()).collect(),
        history: history.clone(),
        tlp: marking.tlp.code(),
        pap: marking.pap.code(),
    };
    let said = serde_json::to_vec(&said).map_err(|_| RestError::Form)?;
    let content = Zeroizing::new(product.content.keep());
    if said.len() > ABOUT_BYTES_MAX || content.len() > PRODUCT_BYTES_MAX {
        return Err(RestError::TooLong);
    }
    let length = (said.len() as u32).to_le_bytes();
    let plain = Zeroizing::new([&length[..], &said, &content].concat());
    let aad = aad(C::CLASS);
    let payload = Payload {
        msg: &plain,
        aad: &aad,
    };
    let sealed = key.cipher(&aad).encrypt(&XNonce::from(nonce), payload);
    let sealed = sealed.map_err(|_| RestError::TooLong)?;
    Ok([HEAD, &nonce, &sealed].concat())
}

/// Takes a kept product back into its class, and into no other.
///
/// # Errors
/// [`RestError`].
pub fn open<C: ClassType, T: Keep>(
    bytes: &[u8],
    key: &RestKey,
) -> Result<Classed<C, T>, RestError> {
    let rest = bytes.strip_prefix(HEAD).ok_or(RestError::Form)?;
    let (nonce, sealed) = rest.split_first_chunk::<24>().ok_or(RestError::Form)?;
    if sealed.len() > PRODUCT_BYTES_MAX + ABOUT_BYTES_MAX + 4 + TAG_BYTES {
        return Err(RestError::TooLong);
    }
    let aad = aad(C::CLASS);
    let payload = Payload {
        msg: sealed,
        aad: &aad,
    };
    let plain = key.cipher(&aad).decrypt(&XNonce::from(*nonce), payload);
    let plain = Zeroizing::new(plain.map_err(|_| RestError::Closed(C::CLASS))?);
    read(&plain).ok_or(RestError::Form)
}

fn read<C: ClassType, T: Keep>(plain: &[u8]) -> Option<Classed<C, T>> {
    let (length, rest) = plain.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (said, content) = rest.split_at_checked(length)?;
    let said: Said = serde_json::from_slice(said).ok()?;
    let owner = said.owner.map(|name| name.parse()).transpose().ok()?;
    let from = said.from.iter().map(|word| Class::from_name(word));
    let about = About {
        owner,
        from: from.collect::<Option<_>>()?,
        history: said.history,
        marking: Marking {
            tlp: Tlp::from_code(said.tlp)?,
            pap: Pap::from_code(said.pap)?,
        },
    };
    Some(Classed::new(T::read(content)?, about))
}
