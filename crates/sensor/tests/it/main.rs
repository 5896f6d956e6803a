//! What the sensor promises of captures: the findings that are in them and no others, every packet counted, nothing of their content on the pipe, and an end to
//! every input.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests: a fixed input that cannot be read, and a check that fails, may stop the test"
)]

mod corpus;
mod facts;
mod findings;
mod fuzz;
mod identify;
mod mask;
mod ng;
mod run;
mod traffic;
mod tunnels;
mod twins;
