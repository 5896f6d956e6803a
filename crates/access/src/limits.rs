//! Every bound of the room. In: nothing. Out: numbers with unit and reason. Never: a legal number (those stand in the schedule).

/// How long a one-time code can be used, in seconds: a working day and the night before it.
pub const ENROLMENT_SECONDS: u64 = 86_400;
/// How long a sign-in or registration may take from its first to its second step, in seconds.
pub const CEREMONY_SECONDS: u64 = 300;
/// Most sign-ins of one kind that are half done: about a megabyte of memory. The oldest goes for a new one.
pub const CEREMONIES_MAX: usize = 1024;
/// Most sign-ins of one person that are half done, so that a stranger who begins many takes that person's place only.
pub const CEREMONIES_OF_ONE_MAX: usize = 8;
/// Longest answer of a browser's authenticator, in bytes; the largest known attestations have some 10 KiB.
pub const RESPONSE_BYTES_MAX: usize = 64 << 10;
/// Most passkeys of one person: two devices and some spare ones.
pub const PASSKEYS_MAX: usize = 16;
/// Most sessions of one person; the oldest ends for a new one.
pub const SESSIONS_MAX: usize = 8;
/// How often a session's use is written down, in seconds.
pub const TOUCH_SECONDS: u64 = 60;
/// Longest life of a role or clearance, in seconds: five years, the term of a member of the commission.
pub const GRANT_SECONDS_MAX: u64 = 5 * 366 * 86_400;
/// Longest life of a machine's token, in seconds.
pub const TOKEN_SECONDS_MAX: u64 = 90 * 86_400;
/// Longest life of a machine's certificate here, in seconds.
pub const CERTIFICATE_SECONDS_MAX: u64 = 366 * 86_400;
/// Longest answer of an `OpenID` provider, in bytes.
pub const PROVIDER_BYTES_MAX: u64 = 1 << 20;
/// Longest wait for an `OpenID` provider, in seconds.
pub const PROVIDER_SECONDS_MAX: u64 = 10;
/// How long what a provider says of itself is believed without asking again, in seconds.
pub const PROVIDER_FRESH_SECONDS: u64 = 300;
/// Longest cookie, bearer token, code or state that is looked at, in bytes.
pub const SECRET_BYTES_MAX: usize = 2048;
/// Longest name of a person, organisation or title, in characters.
pub const TITLE_CHARS_MAX: usize = 120;
