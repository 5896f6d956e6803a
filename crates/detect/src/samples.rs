//! Records for the tests of the detectors.

use sakimori_custody::record::{
    Alpn, Application, Country, Direction, End, Hits, HttpMethod, MechanicalRecord, TlsVersion,
};

/// An answered TCP connection from one host to another.
pub(crate) fn call(
    source: u8,
    destination: u32,
    ports: (u16, u16),
    first: u64,
) -> MechanicalRecord {
    let mapped = |v4: u32| (0xffff_0000_0000u128 | u128::from(v4)).to_be_bytes();
    MechanicalRecord {
        first,
        last: first + 50,
        source: mapped(0x8501_0000 | u32::from(source)),
        destination: mapped(destination),
        packets_out: 5,
        packets_back: 4,
        bytes_out: 600,
        bytes_back: 900,
        source_port: ports.0,
        destination_port: ports.1,
        protocol: 6,
        direction: Direction::InOut,
        tcp_flags_out: 0x1b,
        tcp_flags_back: 0x1b,
        source_country: Country::UNKNOWN,
        destination_country: Country::UNKNOWN,
        end: End::Fin,
        application: Application::Unknown,
        dns_type: None,
        dns_rcode: None,
        http_method: HttpMethod::None,
        tls_version: TlsVersion::None,
        alpn: Alpn::None,
        ja4: None,
        selectors: Hits::default(),
    }
}

/// A SYN that nobody answers.
pub(crate) fn probe(source: u8, destination: u32, port: u16, first: u64) -> MechanicalRecord {
    MechanicalRecord {
        packets_out: 1,
        packets_back: 0,
        bytes_back: 0,
        tcp_flags_out: 2,
        tcp_flags_back: 0,
        end: End::Idle,
        ..call(source, destination, (40_000, port), first)
    }
}

/// Numbers from a seed (`SplitMix64`).
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed ^ mixed >> 31) % bound
    }
}
