//! Bounds of a release. Each is refused when it is reached, with a code; the sum of all keeps the entry's body below the log's mebibyte.

/// Most recipients of one release: a sector has about 260 operators; more are another release.
pub(crate) const RECIPIENTS_MAX: usize = 512;
/// Most conditions of one release: two for each recipient.
pub(crate) const CONDITIONS_MAX: usize = 2 * RECIPIENTS_MAX;
/// Most transforms of one release or step.
pub(crate) const TRANSFORMS_MAX: usize = 64;
/// Most steps and transforms that a product remembers, over all that was put together in it.
pub(crate) const HISTORY_MAX: usize = 1024;
/// Longest name of a field, bytes.
pub(crate) const FIELD_BYTES_MAX: usize = 64;
/// Longest text that somebody wrote, bytes.
pub(crate) const TEXT_BYTES_MAX: usize = 4096;
/// Largest product, bytes as it leaves: a hundred thousand objects of an exchange.
pub(crate) const PRODUCT_BYTES_MAX: usize = 256 << 20;
