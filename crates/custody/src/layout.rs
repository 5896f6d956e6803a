//! A cursor over a fixed layout: little-endian fields in order, checked at the end. In: a byte array. Out: fields.
//! Never: a length taken from the data.

use zeroize::Zeroize;

/// Reads fields in order from a slice whose length the caller has fixed.
#[derive(Debug)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Starts at the first byte of `bytes`.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next `N` bytes; zeros once the slice is used up, which [`Reader::done`] tells.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        if let Some((head, rest)) = self.0.split_first_chunk() {
            self.0 = rest;
            *head
        } else {
            self.0 = &[];
            [0; N]
        }
    }

    /// The next byte.
    pub fn u8(&mut self) -> u8 {
        u8::from_le_bytes(self.bytes())
    }

    /// The next two bytes as a number.
    pub fn u16(&mut self) -> u16 {
        u16::from_le_bytes(self.bytes())
    }

    /// The next four bytes as a number.
    pub fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.bytes())
    }

    /// The next eight bytes as a number.
    pub fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.bytes())
    }

    /// Whether every byte has been read.
    pub const fn done(&self) -> bool {
        self.0.is_empty()
    }
}

/// Writes fields in order into an array of `N` bytes.
#[derive(Debug)]
pub struct Writer<const N: usize> {
    bytes: [u8; N],
    at: usize,
}

impl<const N: usize> Default for Writer<N> {
    fn default() -> Self {
        Self {
            bytes: [0; N],
            at: 0,
        }
    }
}

impl<const N: usize> Writer<N> {
    /// Appends bytes; what does not fit is dropped, which the layout tests would show.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        if let Some(place) = self.bytes.get_mut(self.at..self.at + bytes.len()) {
            place.copy_from_slice(bytes);
        }
        self.at += bytes.len();
        self
    }

    /// Appends one byte.
    pub fn u8(&mut self, value: u8) -> &mut Self {
        self.bytes(&[value])
    }

    /// Appends two bytes.
    pub fn u16(&mut self, value: u16) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    /// Appends four bytes.
    pub fn u32(&mut self, value: u32) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    /// Appends eight bytes.
    pub fn u64(&mut self, value: u64) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    /// Overwrites what was written, once a copy of it was taken.
    pub fn erase(&mut self) {
        self.bytes.zeroize();
    }

    /// The finished array; unwritten bytes are zero.
    pub const fn finish(&self) -> [u8; N] {
        self.bytes
    }
}

/// A payload of a fixed layout that does not follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{object} has a bad `{field}`")]
pub struct LayoutError {
    /// The kind of payload.
    pub object: &'static str,
    /// The field that is out of its range.
    pub field: &'static str,
}
