//! Bounds of what a node takes from strangers and how long it waits for them.

use std::time::Duration;

/// Most connections at a time; who comes later waits until one is closed.
pub const CONNECTIONS_MAX: usize = 256;
/// Most connections of one address (of one /64 of IPv6) at a time; who opens more is cut off, so that one stranger does not keep the others waiting.
pub const CONNECTIONS_OF_ONE_MAX: usize = 32;
/// Longest wait for a TLS handshake.
pub const HANDSHAKE_WAIT: Duration = Duration::from_secs(3);
/// Longest wait for the head of a request, and for the next request on a connection.
pub const HEADER_WAIT: Duration = Duration::from_secs(15);
/// Longest time from a request's head to its answer, its body included.
pub const ANSWER_WAIT: Duration = Duration::from_mins(1);
/// Longest wait for the next bytes of a body.
pub const BODY_WAIT: Duration = Duration::from_secs(10);
/// Most fields of a request's head.
pub const HEADERS_MAX: usize = 64;
/// Longest head of a request in bytes.
pub const HEADER_BYTES_MAX: usize = 16 << 10;
/// Longest body in bytes where a route names no other: a note of 64 KiB, written as text in JSON.
pub const BODY_BYTES_MAX: usize = 256 << 10;
/// Longest body of an entry that a peer brings: an envelope and a stored body of 1 MiB, in hex.
pub const ENTRY_BYTES_MAX: usize = 3 << 20;
/// Longest wait for requests in flight when the node stops.
pub const STOP_WAIT: Duration = Duration::from_secs(20);
/// Longest wait for another node.
pub const PEER_WAIT: Duration = Duration::from_secs(30);
/// Longest free text of a person in bytes: reasons, questions, answers.
pub const TEXT_BYTES_MAX: usize = 16 << 10;
/// Longest signed note in bytes.
pub const NOTE_BYTES_MAX: usize = 64 << 10;
/// Most starts of sign-ins and registrations of an address within [`STARTS_WINDOW`].
pub const STARTS_MAX: u32 = 30;
/// The time that starts are counted in.
pub const STARTS_WINDOW: Duration = Duration::from_mins(1);
/// How often a node looks whether something is due.
pub const TICK: Duration = Duration::from_millis(500);
/// How often an office's node renews leases and ends buckets, and every node forgets sessions.
pub const ROUND: Duration = Duration::from_secs(20);
/// Longest wait for an actuator: by itself it answers within eight seconds that it is at work.
pub const ACTUATOR_WAIT: Duration = Duration::from_secs(10);
/// How long whoever does something to a measure waits for what comes of it; the rest goes on.
pub const STEP_WAIT: Duration = Duration::from_secs(12);
/// How long a round of measures waits for what comes of its calls; the next one hears the rest.
pub const HEAR_WAIT: Duration = Duration::from_secs(2);
/// Actuators that are asked at a time what is in force.
pub const ACTUATORS_AT_ONCE: usize = 32;
/// Names that one resolver is asked for at a time.
pub const PROBES_AT_ONCE: usize = 16;
/// Longest wait for a resolver's answer, or for a table.
pub const PROBE_WAIT: Duration = Duration::from_secs(2);
/// Longest wait for all answers of a look.
pub const LOOK_WAIT: Duration = Duration::from_secs(20);
/// How often names of measures are looked up anew.
pub const NAMES_ROUND: Duration = Duration::from_secs(30);
/// How often the newest protected lists are brought to actuators that do not have them.
pub const LISTS_ROUND: Duration = Duration::from_secs(10);
/// Longest wait for an actuator that reads a bundle of lists.
pub const LISTS_WAIT: Duration = Duration::from_mins(2);
/// How often what waits for the log is brought there.
pub const OUTBOX_ROUND: Duration = Duration::from_secs(2);
/// How often an office's node looks after its measures: a revocation reaches actuators within this time and a call.
pub const MEASURE_ROUND: Duration = Duration::from_secs(2);
/// Longest plan of a measure in bytes.
pub const PLAN_BYTES_MAX: usize = 8 << 20;
/// Longest bundle of protected lists in bytes, as JSON.
pub const LISTS_BYTES_MAX: usize = 48 << 20;
/// Most complaints of a network within [`COMPLAINTS_WINDOW`].
pub const COMPLAINTS_MAX: u32 = 10;
/// Most complaints of all networks together in the same time.
pub const COMPLAINTS_ALL_MAX: u32 = 1_000;
/// The time that complaints are counted in.
pub const COMPLAINTS_WINDOW: Duration = Duration::from_hours(1);
/// Rows of a question that names no number.
pub const QUERY_ROWS: usize = 1000;
/// Most rows of a question; the schedule bounds what a person draws in a day.
pub const QUERY_ROWS_MAX: usize = 10_000;
/// Most findings of a page.
pub const FINDINGS_MAX: usize = 500;
