//! The whole actuator as its owner runs it, with a drill in the place of a system. In: the real program, commands, approvals, falls, clocks, the owner's word. Out: what would be in force, what was answered. Never: a
//! change of the machine beside a folder of the test's own.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of the tests may stop the test; the lint knows only the tests themselves"
)]

mod back;
mod door;
mod falls;
mod full;
mod journal;
mod kept;
mod led;
mod life;
mod lists;
mod nats;
mod never;
mod otupy;
mod queue;
mod renewed;
mod world;
