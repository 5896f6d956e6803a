//! Names are answered by policy, through a response policy zone.
