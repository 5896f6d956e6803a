//! Every bound of the room, with its unit and its reason. In: nothing. Out: numbers. Never: a bound that reaching it does not name.

/// Words and signs of a statement that can nest or chain: names, signs, key words, but no numbers, texts and commas, so that a list may be long.
/// 1,000 are far beyond what a person writes, and what they can nest fits on a stack of [`STACK_BYTES`].
pub const SIGNS_MAX: usize = 1_000;

/// Levels of parentheses and subqueries.
pub const NESTING_MAX: usize = 50;

/// Stack of the engine's threads in bytes.
pub const STACK_BYTES: usize = 8 << 20;

/// Threads that compute; more would share the same disk and memory.
pub const THREADS_MAX: usize = 4;

/// Memory that is kept back from the session's for what the engine does not count, in bytes: its own tables, stacks, decoded pages and the answer's text.
pub const UNCOUNTED_BYTES: u64 = 64 << 20;

/// Address space beyond the session's memory, in bytes: the program's text, and what the allocator reserves without using.
pub const ADDRESS_EXTRA_BYTES: u64 = 2 << 30;

/// Rows that are computed at a time.
pub const BATCH_ROWS: usize = 8_192;

/// Rows of one frame of the answer.
pub const FRAME_ROWS: usize = 256;

/// Bytes of a message of the engine that is handed on.
pub const MESSAGE_BYTES_MAX: usize = 600;
