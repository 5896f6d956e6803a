//! The mechanical record, version 1: all that can leave the seal about a flow.
//!
//! In: the fields that the sealed process derived. Out: 176 bytes, `docs/reference/formats.md` section 2. Never: a name, a
//! payload byte or any text that a sender chose freely, the JA4 fingerprint's two ALPN characters excepted.

use crate::layout::{LayoutError, Reader, Writer};
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// Length of an encoded record in bytes.
pub const RECORD_BYTES: usize = 176;
/// Most selectors that one record names; more are counted by the matcher, not carried.
pub const SELECTORS_MAX: usize = 8;

/// Makes an enum of fixed numbers with a text for people and programs, and its two readers.
#[macro_export]
#[doc(hidden)]
macro_rules! coded {
    ($(#[$doc:meta])* $name:ident: $int:ty { $($(#[$vdoc:meta])* $variant:ident = $code:literal $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant = $code,)+ }
        impl $name {
            /// Every value, in the order of its number.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];
            /// The number in fixed layouts.
            pub const fn code(self) -> $int { self as $int }
            /// The value of a number; `None` for a number that no version defines.
            pub const fn from_code(code: $int) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }
            /// The word in tables, documents and the command line.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
            /// The value of a word.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.name() == name)
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }
    };
}
pub use coded;

coded! {
    /// Which way a flow crosses the border, by its initiator (Act 42/2025; design 6.3). Domestic flows have no value: they never become records.
    Direction: u8 {
        /// From abroad to a domestic address (外内).
        OutIn = 1 "out-in",
        /// From a domestic address abroad (内外).
        InOut = 2 "in-out",
        /// Between two foreign addresses, in transit (外外).
        OutOut = 3 "out-out",
    }
}
coded! {
    /// Why a record was closed.
    End: u8 {
        /// Both sides, or one, closed the TCP connection.
        Fin = 1 "fin",
        /// TCP reset.
        Rst = 2 "rst",
        /// Nothing for the idle time.
        Idle = 3 "idle",
        /// Still open after the active time; a further record follows.
        Active = 4 "active",
        /// The table was full.
        Evicted = 5 "evicted",
        /// The input ended.
        EndOfInput = 6 "end-of-input",
    }
}
coded! {
    /// What the first bytes of a flow speak.
    Application: u8 {
        /// No protocol that is recognised.
        Unknown = 0 "unknown",
        /// DNS.
        Dns = 1 "dns",
        /// TLS.
        Tls = 2 "tls",
        /// HTTP/1.
        Http = 3 "http",
        /// A recognised protocol that has no fields of its own in the record.
        Other = 4 "other",
    }
}
coded! {
    /// Method of the first HTTP/1 request (registry of RFC 9110 §16.1).
    HttpMethod: u8 {
        /// No request seen.
        None = 0 "none",
        /// GET.
        Get = 1 "GET",
        /// HEAD.
        Head = 2 "HEAD",
        /// POST.
        Post = 3 "POST",
        /// PUT.
        Put = 4 "PUT",
        /// DELETE.
        Delete = 5 "DELETE",
        /// CONNECT.
        Connect = 6 "CONNECT",
        /// OPTIONS.
        Options = 7 "OPTIONS",
        /// TRACE.
        Trace = 8 "TRACE",
        /// PATCH (RFC 5789).
        Patch = 9 "PATCH",
        /// Any other token.
        Other = 255 "other",
    }
}
coded! {
    /// Highest version that the first `ClientHello` offers.
    TlsVersion: u8 {
        /// No hello seen.
        None = 0 "none",
        /// SSL 3.0.
        Ssl30 = 1 "ssl3.0",
        /// TLS 1.0.
        Tls10 = 2 "tls1.0",
        /// TLS 1.1.
        Tls11 = 3 "tls1.1",
        /// TLS 1.2.
        Tls12 = 4 "tls1.2",
        /// TLS 1.3.
        Tls13 = 5 "tls1.3",
        /// Any other number.
        Other = 255 "other",
    }
}
coded! {
    /// First protocol of the first `ClientHello`'s ALPN extension (IANA TLS ALPN Protocol IDs).
    Alpn: u8 {
        /// No hello, or none offered.
        None = 0 "none",
        /// `http/1.1`.
        Http11 = 1 "http/1.1",
        /// `h2`.
        H2 = 2 "h2",
        /// `h3`.
        H3 = 3 "h3",
        /// `http/1.0`.
        Http10 = 4 "http/1.0",
        /// `dot`.
        Dot = 5 "dot",
        /// `doq`.
        Doq = 6 "doq",
        /// `imap`.
        Imap = 7 "imap",
        /// `pop3`.
        Pop3 = 8 "pop3",
        /// `ftp`.
        Ftp = 9 "ftp",
        /// `xmpp-client`.
        XmppClient = 10 "xmpp-client",
        /// `mqtt`.
        Mqtt = 11 "mqtt",
        /// `stun.turn`.
        StunTurn = 12 "stun.turn",
        /// `webrtc`.
        Webrtc = 13 "webrtc",
        /// `spdy/3`.
        Spdy3 = 14 "spdy/3",
        /// `acme-tls/1`.
        AcmeTls1 = 15 "acme-tls/1",
        /// Any other id.
        Other = 255 "other",
    }
}

impl HttpMethod {
    /// The method of a request line's token; case matters (RFC 9110 §9.1).
    pub fn from_token(token: &[u8]) -> Self {
        registered(Self::ALL, token, Self::name, Self::None, Self::Other)
    }
}

impl TlsVersion {
    /// The version of a protocol number such as `0x0304`.
    pub const fn from_number(number: u16) -> Self {
        match number {
            0x0300 => Self::Ssl30,
            0x0301 => Self::Tls10,
            0x0302 => Self::Tls11,
            0x0303 => Self::Tls12,
            0x0304 => Self::Tls13,
            _ => Self::Other,
        }
    }
}

impl Alpn {
    /// The registered id that these bytes spell, else `Other`.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        registered(Self::ALL, bytes, Self::name, Self::None, Self::Other)
    }
}

/// The value whose name is `token`, of a registry in which `none` and `other` are no names.
fn registered<T: Copy + PartialEq>(
    all: &[T],
    token: &[u8],
    name: fn(T) -> &'static str,
    none: T,
    other: T,
) -> T {
    all.iter()
        .copied()
        .find(|&value| value != none && value != other && name(value).as_bytes() == token)
        .unwrap_or(other)
}

/// Two upper-case letters of ISO 3166, or `--`: unknown or special-purpose.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

impl Country {
    /// No country: an unknown or special-purpose address.
    pub const UNKNOWN: Self = Self(*b"--");

    /// A country of two upper-case letters; `None` for anything else but `--`.
    pub const fn new(code: [u8; 2]) -> Option<Self> {
        let letters = code[0].is_ascii_uppercase() && code[1].is_ascii_uppercase();
        if letters || (code[0] == b'-' && code[1] == b'-') {
            Some(Self(code))
        } else {
            None
        }
    }

    /// The two letters.
    pub const fn code(self) -> [u8; 2] {
        self.0
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(std::str::from_utf8(&self.0).unwrap_or("--"))
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Up to [`SELECTORS_MAX`] selector ids, ascending and distinct.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Hits {
    ids: [u32; SELECTORS_MAX],
    len: u8,
}

impl Hits {
    /// Adds an id in its place. Returns `false` where there is no room for it (it is then not carried); an id that is there already is fine.
    pub fn insert(&mut self, id: u32) -> bool {
        let len = usize::from(self.len);
        let held = self.ids.get(..len).unwrap_or_default();
        let Err(at) = held.binary_search(&id) else {
            return true;
        };
        if len == SELECTORS_MAX || id == 0 {
            return false;
        }
        self.ids.copy_within(at..len, at + 1);
        if let Some(place) = self.ids.get_mut(at) {
            *place = id;
        }
        self.len += 1;
        true
    }

    /// Adds every id of `other` for which there is room.
    pub fn merge(&mut self, other: &Self) {
        for &id in other.as_slice() {
            self.insert(id);
        }
    }

    /// The ids, ascending.
    pub fn as_slice(&self) -> &[u32] {
        self.ids.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// Whether nothing matched.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// One flow, or the part of a long one up to the active time-out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MechanicalRecord {
    /// Time of the first packet, ms since 1970 UTC.
    pub first: u64,
    /// Time of the last packet, ms since 1970 UTC.
    pub last: u64,
    /// Initiator's address, IPv4 mapped.
    pub source: [u8; 16],
    /// The other address, IPv4 mapped.
    pub destination: [u8; 16],
    /// Packets from the source.
    pub packets_out: u64,
    /// Packets to the source.
    pub packets_back: u64,
    /// IP bytes from the source.
    pub bytes_out: u64,
    /// IP bytes to the source.
    pub bytes_back: u64,
    /// Port of the source; ICMP type.
    pub source_port: u16,
    /// Port of the destination; ICMP code.
    pub destination_port: u16,
    /// IP protocol number.
    pub protocol: u8,
    /// Which way the flow crosses the border.
    pub direction: Direction,
    /// OR of the TCP flags from the source.
    pub tcp_flags_out: u8,
    /// OR of the TCP flags to the source.
    pub tcp_flags_back: u8,
    /// Country of the source.
    pub source_country: Country,
    /// Country of the destination.
    pub destination_country: Country,
    /// Why the record was closed.
    pub end: End,
    /// What the first bytes speak.
    pub application: Application,
    /// Type of the first DNS question.
    pub dns_type: Option<u16>,
    /// Response code of its answer.
    pub dns_rcode: Option<u16>,
    /// Method of the first HTTP/1 request.
    pub http_method: HttpMethod,
    /// Highest version of the first `ClientHello`.
    pub tls_version: TlsVersion,
    /// First ALPN protocol of the first `ClientHello`.
    pub alpn: Alpn,
    /// JA4 of the first `ClientHello`.
    pub ja4: Option<[u8; 36]>,
    /// Selectors that matched.
    pub selectors: Hits,
}

/// The number that stands for "none" in the 16-bit DNS fields.
const NONE: u16 = 0xffff;

impl MechanicalRecord {
    /// The fixed layout, `docs/reference/formats.md` section 2.
    pub fn encode(&self) -> [u8; RECORD_BYTES] {
        let mut w = Writer::default();
        w.u64(self.first)
            .u64(self.last)
            .bytes(&self.source)
            .bytes(&self.destination);
        w.u64(self.packets_out)
            .u64(self.packets_back)
            .u64(self.bytes_out)
            .u64(self.bytes_back);
        w.u16(self.source_port)
            .u16(self.destination_port)
            .u8(self.protocol);
        w.u8(self.direction.code())
            .u8(self.tcp_flags_out)
            .u8(self.tcp_flags_back);
        w.bytes(&self.source_country.0)
            .bytes(&self.destination_country.0);
        w.u8(self.end.code()).u8(self.application.code());
        w.u16(self.dns_type.unwrap_or(NONE))
            .u16(self.dns_rcode.unwrap_or(NONE));
        w.u8(self.http_method.code())
            .u8(self.tls_version.code())
            .u8(self.alpn.code());
        w.u8(self.selectors.len)
            .bytes(&self.ja4.unwrap_or([0; 36]))
            .u16(0);
        for id in self.selectors.ids {
            w.u32(id);
        }
        w.finish()
    }

    /// Reads and checks a fixed layout.
    ///
    /// # Errors
    /// [`LayoutError`] names the field that no writer of version 1 can have written: the sender is at fault, stop trusting it.
    pub fn decode(bytes: &[u8; RECORD_BYTES]) -> Result<Self, LayoutError> {
        let bad = |field| LayoutError {
            object: "mechanical record",
            field,
        };
        let mut r = Reader::new(bytes);
        let (first, last, source, destination) = (r.u64(), r.u64(), r.bytes(), r.bytes());
        let (packets_out, packets_back) = (r.u64(), r.u64());
        let (bytes_out, bytes_back) = (r.u64(), r.u64());
        let (source_port, destination_port, protocol) = (r.u16(), r.u16(), r.u8());
        let direction = Direction::from_code(r.u8()).ok_or(bad("direction"))?;
        let (tcp_flags_out, tcp_flags_back) = (r.u8(), r.u8());
        let source_country = Country::new(r.bytes()).ok_or(bad("source_country"))?;
        let destination_country = Country::new(r.bytes()).ok_or(bad("destination_country"))?;
        let end = End::from_code(r.u8()).ok_or(bad("end"))?;
        let application = Application::from_code(r.u8()).ok_or(bad("application"))?;
        let (dns_type, dns_rcode) = (r.u16(), r.u16());
        let http_method = HttpMethod::from_code(r.u8()).ok_or(bad("http_method"))?;
        let tls_version = TlsVersion::from_code(r.u8()).ok_or(bad("tls_version"))?;
        let alpn = Alpn::from_code(r.u8()).ok_or(bad("alpn"))?;
        let (count, ja4, gap) = (r.u8(), r.bytes::<36>(), r.u16());
        let selectors = read_hits(&mut r, count).ok_or(bad("selectors"))?;
        if gap != 0 || r.u32() != 0 || !r.done() {
            return Err(bad("reserved"));
        }
        if first > last {
            return Err(bad("last"));
        }
        if !is_ja4(&ja4) {
            return Err(bad("ja4"));
        }
        Ok(Self {
            first,
            last,
            source,
            destination,
            packets_out,
            packets_back,
            bytes_out,
            bytes_back,
            source_port,
            destination_port,
            protocol,
            direction,
            tcp_flags_out,
            tcp_flags_back,
            source_country,
            destination_country,
            end,
            application,
            dns_type: (dns_type != NONE).then_some(dns_type),
            dns_rcode: (dns_rcode != NONE).then_some(dns_rcode),
            http_method,
            tls_version,
            alpn,
            ja4: (ja4 != [0; 36]).then_some(ja4),
            selectors,
        })
    }

    /// Packets in both directions.
    pub const fn packets(&self) -> u64 {
        self.packets_out.saturating_add(self.packets_back)
    }
}

/// The eight ids of a record: `count` ascending non-zero ones, zeros behind.
fn read_hits(r: &mut Reader<'_>, count: u8) -> Option<Hits> {
    let mut hits = Hits::default();
    for place in 0..SELECTORS_MAX {
        let id = r.u32();
        let wanted = place < usize::from(count);
        let ascending = hits.as_slice().last().is_none_or(|&last| last < id);
        if wanted && (!ascending || !hits.insert(id)) || !wanted && id != 0 {
            return None;
        }
    }
    (hits.len == count).then_some(hits)
}

/// Whether these are 36 printable characters, or zeros for none.
fn is_ja4(bytes: &[u8; 36]) -> bool {
    *bytes == [0; 36] || bytes.iter().all(u8::is_ascii_graphic)
}

/// An address for people: dotted IPv4 where it is mapped, else RFC 5952.
pub fn address(bytes: [u8; 16]) -> IpAddr {
    Ipv6Addr::from(bytes).to_canonical()
}

/// The 16 bytes of an address, IPv4 mapped.
pub fn address_bytes(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
        IpAddr::V6(v6) => v6.octets(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_record() -> impl Strategy<Value = MechanicalRecord> {
        let numbers = (any::<[u64; 5]>(), any::<[u16; 4]>(), any::<[u8; 3]>());
        let places = (
            any::<[u8; 16]>(),
            any::<[u8; 16]>(),
            proptest::collection::vec(1u32.., 0..8),
        );
        let codes = (
            1u8..=3,
            1u8..=6,
            0u8..=4,
            0u8..=9,
            0u8..=5,
            0u8..=15,
            any::<bool>(),
        );
        (numbers, places, codes).prop_map(|((n, p, f), (source, destination, ids), c)| {
            let mut selectors = Hits::default();
            for id in ids {
                selectors.insert(id);
            }
            MechanicalRecord {
                first: n[0] / 2,
                last: n[0],
                source,
                destination,
                packets_out: n[1],
                packets_back: n[2],
                bytes_out: n[3],
                bytes_back: n[4],
                source_port: p[0],
                destination_port: p[1],
                protocol: f[0],
                direction: Direction::from_code(c.0).unwrap(),
                tcp_flags_out: f[1],
                tcp_flags_back: f[2],
                source_country: Country::new(*b"JP").unwrap(),
                destination_country: Country::UNKNOWN,
                end: End::from_code(c.1).unwrap(),
                application: Application::from_code(c.2).unwrap(),
                dns_type: (p[2] != NONE).then_some(p[2]),
                dns_rcode: (p[3] != NONE).then_some(p[3]),
                http_method: HttpMethod::from_code(c.3).unwrap(),
                tls_version: TlsVersion::from_code(c.4).unwrap(),
                alpn: Alpn::from_code(c.5).unwrap(),
                ja4: c.6.then_some(*b"t13d1516h2_8daaf6152771_02713d6af862"),
                selectors,
            }
        })
    }

    proptest! {
        #[test]
        fn a_record_reads_back(record in any_record()) {
            prop_assert_eq!(MechanicalRecord::decode(&record.encode()), Ok(record));
        }

        #[test]
        fn any_bytes_are_a_record_that_writes_the_same_bytes_or_an_error(
            record in any_record(), at in 0..RECORD_BYTES, byte in any::<u8>()
        ) {
            let mut bytes = record.encode();
            bytes[at] = byte;
            if let Ok(read) = MechanicalRecord::decode(&bytes) {
                prop_assert_eq!(read.encode(), bytes);
            }
        }
    }

    #[test]
    fn hits_stay_ascending_distinct_and_bounded() {
        let mut hits = Hits::default();
        for id in [5, 3, 5, 9, 1, 2, 4, 6, 7] {
            assert!(hits.insert(id));
        }
        assert!(!hits.insert(8), "there is no ninth place");
        assert_eq!(hits.as_slice(), [1, 2, 3, 4, 5, 6, 7, 9]);
    }

    #[test]
    fn registries_know_their_ids_and_nothing_else() {
        assert_eq!(HttpMethod::from_token(b"POST"), HttpMethod::Post);
        assert_eq!(HttpMethod::from_token(b"post"), HttpMethod::Other);
        assert_eq!(Alpn::from_bytes(b"h2"), Alpn::H2);
        assert_eq!(Alpn::from_bytes(b"none"), Alpn::Other);
        assert_eq!(TlsVersion::from_number(0x0304), TlsVersion::Tls13);
    }
}
