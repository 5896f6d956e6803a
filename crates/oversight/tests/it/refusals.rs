//! One thing is wrong.
