//! Signed notes, Merkle tiles, checkpoints, cosignatures and proofs of the C2SP texts, as pure functions.
