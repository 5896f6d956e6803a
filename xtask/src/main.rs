//! Checks, benchmarks and generators of the repository.
fn main() {}
