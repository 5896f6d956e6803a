//! The whole actuator as its owner runs it, with a drill in the place of a system: commands, approvals, falls, clocks, the owner's word.

mod falls;
mod full;
mod journal;
mod life;
mod nats;
mod otupy;
mod world;
