//! Behaviours as streaming, bounded state machines.
