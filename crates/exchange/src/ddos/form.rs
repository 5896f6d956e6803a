//! What a fingerprint fills in of an incident report: the fields of the form for floods. In: a fingerprint. Out: values by the names of the form's fields. Never: what a capture cannot
//! know: mitigation, impact, the largest volume of a second.

use super::{Fingerprint, Vector};

/// Longest text of vectors in characters: a line of the form.
const VECTORS_CHARS_MAX: usize = 180;

/// Services that answer with more than they are asked, by their port (US-CERT TA14-017A and later).
const SERVICES: [(u16, &str); 12] = [
    (17, "QOTD"),
    (19, "CHARGEN"),
    (53, "DNS"),
    (69, "TFTP"),
    (111, "portmap"),
    (123, "NTP"),
    (161, "SNMP"),
    (389, "CLDAP"),
    (1900, "SSDP"),
    (3702, "WS-Discovery"),
    (5353, "mDNS"),
    (11211, "memcached"),
];

/// Values of the fields of the form for floods, by name: class of the attack (ATT&CK), duration in minutes, mean volume in bits a second, vectors. The mean of what was captured is no more than
/// the largest volume that the form asks for: who files puts that in its place where it is known.
pub fn fields(fingerprint: &Fingerprint) -> Vec<(&'static str, String)> {
    let seconds = fingerprint.last.0.saturating_sub(fingerprint.first.0) + 1;
    let minutes = seconds.div_ceil(60);
    let mean = u128::from(fingerprint.bytes) * 8 / u128::from(seconds);
    let class = if fingerprint.vectors.iter().any(|v| service(v).is_some()) {
        "T1498.002"
    } else {
        "T1498.001"
    };
    let mut out = vec![
        ("ddos.attack_class", class.to_owned()),
        ("ddos.duration_min", minutes.to_string()),
        ("ddos.volume_bps", mean.to_string()),
    ];
    let vectors: Vec<String> = fingerprint.vectors.iter().map(name).collect();
    if !vectors.is_empty() {
        let text: String = vectors.join(", ").chars().take(VECTORS_CHARS_MAX).collect();
        out.push(("ddos.vector", text));
    }
    out
}

/// The service that reflects a vector's packets.
fn service(vector: &Vector) -> Option<&'static str> {
    let port = vector
        .source_ports
        .first()
        .filter(|_| vector.protocol == 17);
    let found = SERVICES.iter().find(|(each, _)| Some(each) == port);
    found.map(|(_, name)| *name)
}

fn name(vector: &Vector) -> String {
    let protocol = match vector.protocol {
        1 => "ICMP".to_owned(),
        6 => "TCP".to_owned(),
        17 => "UDP".to_owned(),
        47 => "GRE".to_owned(),
        58 => "ICMPv6".to_owned(),
        other => format!("IP protocol {other}"),
    };
    let flags = vector.tcp_flags.map(flags).filter(|_| vector.protocol == 6);
    match (service(vector), flags) {
        (Some(service), _) => format!("{service} reflection"),
        (None, Some(flags)) => format!("{protocol} {flags} flood"),
        (None, None) if vector.fragments => format!("{protocol} fragments"),
        (None, None) => format!("{protocol} flood"),
    }
}

/// The names of TCP flags (RFC 9293 section 3.1).
fn flags(bits: u8) -> String {
    let names = [
        (0x02, "SYN"),
        (0x10, "ACK"),
        (0x08, "PSH"),
        (0x04, "RST"),
        (0x01, "FIN"),
        (0x20, "URG"),
    ];
    let set = names.iter().filter(|(bit, _)| bits & bit != 0);
    let set: Vec<&str> = set.map(|(_, name)| *name).collect();
    if set.is_empty() {
        "no flags".to_owned()
    } else {
        set.join("-")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sakimori_custody::time::Seconds;

    fn vector(protocol: u8, port: Option<u16>, tcp_flags: Option<u8>) -> Vector {
        Vector {
            protocol,
            fragments: false,
            tcp_flags,
            source_ports: port.into_iter().collect(),
            destination_ports: Vec::new(),
            lengths: (100, 1400),
            hops: (50, 60),
            packets: 10,
            bytes: 1000,
            sources: Vec::new(),
        }
    }

    fn check(vectors: Vec<Vector>, expected: &[(&str, &str)]) {
        let fingerprint = Fingerprint {
            first: Seconds(1_000),
            last: Seconds(1_119),
            packets: 20,
            bytes: 1_500_000_000,
            vectors,
        };
        let fields = fields(&fingerprint);
        let found: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_fingerprint_fills_in_what_a_capture_knows_and_nothing_else() {
        check(
            vec![vector(17, Some(53), None), vector(6, None, Some(0x02))],
            &[
                ("ddos.attack_class", "T1498.002"),
                ("ddos.duration_min", "2"),
                ("ddos.volume_bps", "100000000"),
                ("ddos.vector", "DNS reflection, TCP SYN flood"),
            ],
        );
        check(
            vec![vector(17, Some(40_000), None), vector(99, None, None)],
            &[
                ("ddos.attack_class", "T1498.001"),
                ("ddos.duration_min", "2"),
                ("ddos.volume_bps", "100000000"),
                ("ddos.vector", "UDP flood, IP protocol 99 flood"),
            ],
        );
    }
}
