//! The node's store.
