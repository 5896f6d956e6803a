//! Lists of texts as one value. In: texts. Out: bytes, each text behind its length. Never: a separator that a stranger's text may hold.

use crate::error::StoreError;

/// Puts texts into bytes.
pub(super) fn pack<'t>(texts: impl IntoIterator<Item = &'t str>) -> Vec<u8> {
    let mut out = Vec::new();
    for text in texts {
        out.extend((text.len() as u64).to_be_bytes().iter().skip(4));
        out.extend(text.as_bytes());
    }
    out
}

/// Takes texts out of bytes.
///
/// # Errors
/// [`StoreError::Row`] where they are not what [`pack`] makes.
pub(super) fn unpack(mut bytes: &[u8]) -> Result<Vec<String>, StoreError> {
    let wrong = StoreError::Row {
        what: "a list that is cut off",
    };
    let mut out = Vec::new();
    while !bytes.is_empty() {
        let text = bytes.split_first_chunk::<4>().and_then(|(length, rest)| {
            let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
            let (text, rest) = rest.split_at_checked(length)?;
            Some((std::str::from_utf8(text).ok()?, rest))
        });
        let Some((text, rest)) = text else {
            return Err(wrong);
        };
        out.push(text.to_owned());
        bytes = rest;
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_come_back_as_they_were_and_what_is_cut_off_is_refused() {
        for texts in [vec![], vec![""], vec!["a\0b\n", "標的", "", "c"]] {
            let bytes = pack(texts.iter().copied());
            assert_eq!(unpack(&bytes).unwrap(), texts);
            for end in 1..bytes.len() {
                let cut = unpack(&bytes[..end]);
                // A cut between two texts is a shorter list.
                assert!(cut.is_err() || cut.unwrap().len() < texts.len(), "{end}");
            }
        }
        assert!(unpack(&[0, 0, 0, 1, 0xff]).is_err());
    }
}
