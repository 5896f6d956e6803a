//! Forms of IPv6 that carry an IPv4 address at a fixed place. In: nothing. Out: the table by which the log's rules and the safety engine undo them. Never: a form in which several places can be meant, which the safety engine alone undoes.

/// A form of IPv6 that carries an IPv4 address at a fixed place.
#[derive(Clone, Copy, Debug)]
pub struct Carrier {
    /// The bits that name the form.
    pub first: u128,
    /// How many there are.
    pub bits: u8,
    /// The bit where the address begins.
    pub at: u8,
    /// Whether its bits are turned over.
    pub turned: bool,
}

const fn carrier(first: u128, bits: u8, at: u8) -> Carrier {
    Carrier {
        first,
        bits,
        at,
        turned: false,
    }
}

/// The forms, each with where it is told.
pub const CARRIERS: [Carrier; 7] = [
    // IPv4-mapped, RFC 4291 section 2.5.5.2.
    carrier(0xffff << 32, 96, 96),
    // IPv4-compatible, RFC 4291 section 2.5.5.1.
    carrier(0, 96, 96),
    // IPv4-translated, RFC 2765 section 2.1.
    carrier(0xffff_0000u128 << 32, 96, 96),
    // NAT64, RFC 6052 section 2.1.
    carrier(0x0064_ff9b << 96, 96, 96),
    // 6to4, RFC 3056 section 2.
    carrier(0x2002 << 112, 16, 16),
    // Teredo, RFC 4380 section 4: the server, and the client with its bits turned over.
    carrier(0x2001_0000 << 96, 32, 32),
    Carrier {
        first: 0x2001_0000 << 96,
        bits: 32,
        at: 96,
        turned: true,
    },
];
