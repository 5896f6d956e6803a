//! SQL over the lake in a process of its own.
