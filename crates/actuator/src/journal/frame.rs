//! Frames. In: lines, bytes. Out: bytes, lines. Never: a frame that is whole by chance: its length, its number and its text are each checked.

use sha2::{Digest, Sha256};

/// The first line of a journal.
pub(super) const HEADER: &[u8] = b"sakimori actuator journal 1\n";
/// Bytes before a text: length, its check, number, hash.
const HEAD: usize = 4 + 4 + 8 + 16;
/// Longest text of a line: a permit with as many effects as a measure may have.
const TEXT_MAX: usize = 8 << 20;

/// A frame that was read.
pub(super) struct Cut<'b> {
    /// Its text.
    pub(super) text: &'b [u8],
    /// Its length in bytes.
    pub(super) length: usize,
}

fn check(length: [u8; 4]) -> [u8; 4] {
    let digest = Sha256::new()
        .chain_update(b"length")
        .chain_update(length)
        .finalize();
    [digest[0], digest[1], digest[2], digest[3]]
}

fn hash(number: [u8; 8], text: &[u8]) -> [u8; 16] {
    let digest: [u8; 32] = Sha256::new()
        .chain_update(number)
        .chain_update(text)
        .finalize()
        .into();
    let mut out = [0; 16];
    out.copy_from_slice(digest.split_at(16).0);
    out
}

/// Puts a frame behind others.
pub(super) fn put(out: &mut Vec<u8>, number: u64, text: &[u8]) {
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes();
    let number = number.to_be_bytes();
    out.extend(length);
    out.extend(check(length));
    out.extend(number);
    out.extend(hash(number, text));
    out.extend(text);
}

/// The frame at the beginning of bytes, with the number that it has to have.
pub(super) fn cut(bytes: &[u8], number: u64) -> Result<Cut<'_>, ()> {
    let found = whole(bytes).ok_or(())?;
    if found.0 == number {
        Ok(found.1)
    } else {
        Err(())
    }
}

fn whole(bytes: &[u8]) -> Option<(u64, Cut<'_>)> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (checked, rest) = rest.split_first_chunk::<4>()?;
    if check(*length) != *checked {
        return None;
    }
    let (number, rest) = rest.split_first_chunk::<8>()?;
    let (hashed, rest) = rest.split_first_chunk::<16>()?;
    let length = u32::from_be_bytes(*length) as usize;
    let text = rest.get(..length).filter(|_| length <= TEXT_MAX)?;
    let cut = Cut {
        text,
        length: HEAD + length,
    };
    (hash(*number, text) == *hashed).then(|| (u64::from_be_bytes(*number), cut))
}

/// Whether a whole frame that is not of before stands anywhere in bytes.
pub(super) fn any_whole(bytes: &[u8], number: u64) -> bool {
    let mut rest = bytes;
    while rest.len() >= HEAD {
        if whole(rest).is_some_and(|(found, _)| found >= number) {
            return true;
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    false
}
