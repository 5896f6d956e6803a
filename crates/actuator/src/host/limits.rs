//! Bounds of the host agent, each with its unit and reason. In: nothing. Out: numbers. Never: a loop, buffer or table of the agent without one of them.

use std::time::Duration;

/// Longest policy, bytes: some thousand lines.
pub const POLICY_BYTES_MAX: u64 = 256 << 10;
/// Most lines of a policy.
pub const POLICY_LINES_MAX: usize = 4096;
/// Most effects that the agent holds at a time; the engine's own bound is lower in practice, this one keeps an answer bounded.
pub const HOLDS_MAX: usize = 1024;
/// Largest file or program that is read, bytes: two reads of it fit into the time of an act.
pub const FILE_BYTES_MAX: u64 = 1 << 30;
/// Longest record, bytes: a path as text and all extended attributes that Linux lets a file have.
pub const RECORD_BYTES_MAX: u64 = 4 << 20;
/// Most extended attributes of a file that are kept.
pub const ATTRIBUTES_MAX: usize = 256;
/// Most bytes of all extended attributes of a file.
pub const ATTRIBUTE_BYTES_MAX: usize = 1 << 20;
/// Most processes that a census counts (Linux gives no more numbers).
pub const PROCESSES_MAX: usize = 1 << 22;
/// Most generations of parents that are followed; a loop cannot be, but can be read while it changes.
pub const PARENTS_MAX: usize = 4096;
/// Most threads of a process that are looked at when it is read back.
pub const THREADS_MAX: usize = 1 << 16;
/// Longest time until a process is stopped, goes on, or has ended.
pub const SIGNAL_WAIT: Duration = Duration::from_secs(2);
/// Longest time until a change of the packet filter shows.
pub const FILTER_WAIT: Duration = Duration::from_secs(5);
/// How often the timer looks when nothing ends before: the longest time until a veto of the owner takes effects back.
pub const TICK: Duration = Duration::from_millis(500);
/// Longest time until the agent has its turn when an earlier one still runs.
pub const TURN_WAIT: Duration = Duration::from_secs(5);
/// Most bytes of words in an answer.
pub const WORDS_BYTES_MAX: usize = 400;
/// Most addresses of each kind that an isolated host still speaks to.
pub const ADDRESSES_MAX: usize = 256;
