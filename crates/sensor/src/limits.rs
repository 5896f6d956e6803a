//! Bounds of the sensor, each with its unit and reason.

/// Packets of a batch: enough that the memory accesses of one packet overlap with those of the next.
pub const BATCH_PACKETS: usize = 64;
/// Bytes asked for at once: one system call per some thousand packets, and it fits the second-level cache.
pub const READ_BYTES: usize = 256 << 10;
/// Longest packet in bytes, as in libpcap and Wireshark.
pub const PACKET_BYTES_MAX: usize = 262_144;
/// Longest pcapng block in bytes, as in Wireshark.
pub const BLOCK_BYTES_MAX: usize = 16 << 20;
/// Most interfaces of a pcapng section; a block of each costs 32 bytes of memory.
pub const INTERFACES_MAX: usize = 65_536;

/// Latest packet time, ms since 1970: the seconds of pcap have 32 bits, so later times are nobody's clock.
pub const TIME_MS_MAX: u64 = u32::MAX as u64 * 1000 + 999;

/// Most flows that are open at once, in flows: 128 bytes each, 64 MB when full.
pub const FLOWS_MAX: usize = 1 << 19;
/// A flow without packets ends, in seconds.
pub const IDLE_SECONDS: u64 = 60;
/// A flow whose first packet was not answered ends, in seconds.
pub const UNANSWERED_SECONDS: u64 = 20;
/// A record is written for a flow that lives on, in milliseconds.
pub const ACTIVE_MS: u64 = 300_000;
/// A TCP connection that was closed or reset ends, in seconds: late packets still belong to it.
pub const CLOSING_SECONDS: u64 = 5;
/// Slots of the timer wheel, in seconds; more than the longest time-out.
pub const WHEEL_SLOTS: usize = 128;

/// Segments with payload, per side of a TCP connection, that are searched for a hello: behind a proxy's handshake it comes as the second or third.
pub const HELLO_SEGMENTS_MAX: u8 = 8;
/// Segments with payload, per side of a TCP connection, that may be part of a hello, whatever is in them; all of them where a selector asks for names.
pub const SEARCH_SEGMENTS_MAX: u8 = 64;
/// A hello that is being put together is given up when so many bytes of segments came since it began, those of all flows: what is held is less, and takes at most
/// twice as much memory, 64 MiB.
pub const ASSEMBLY_BYTES_MAX: u64 = 32 << 20;
/// What a segment counts besides its bytes, for what is kept with them: a flood of short ones is bounded too.
pub const SEGMENT_COST: u64 = 256;
/// Connections whose commands are read for identifiers at once; each holds at most twice [`TALK_BYTES_MAX`].
pub const TALKS_MAX: usize = 16_384;
/// Bytes of a connection that wait for the end of their line or for a segment before them: a line, and a segment or two.
pub const TALK_BYTES_MAX: usize = 4 << 10;
/// Flows beside which identifiers wait for the decision, of [`VALUES_BYTES_MAX`] each: 32 MiB.
pub const HOLDING_MAX: usize = 32_768;
/// Bytes of the identifiers of one record: a sender and the first recipients of a mail have some hundred.
pub const VALUES_BYTES_MAX: usize = 1 << 10;
/// Longest selection pack that the sealed process takes, in bytes.
pub const PACK_BYTES_MAX: usize = 64 << 20;
/// Frames gathered before they are written to the pipe, in bytes: the size of a Linux pipe.
pub const PIPE_BYTES: usize = 64 << 10;
