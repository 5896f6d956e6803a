//! A node that others call.
