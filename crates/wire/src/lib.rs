//! Bytes to protocol fields: borrows, bounded, never panics.
