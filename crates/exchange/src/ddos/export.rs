//! Rules that keep a flood off. In: a fingerprint, the prefix that is to be kept free. Out: text for nftables, and `FlowSpec` as `ExaBGP` and `GoBGP` read it. Never: a rule without
//! the prefix that it is for, a rule that takes everything of a protocol.
//!
//! `FlowSpec`: RFC 8955 section 4 (IPv4), RFC 8956 (IPv6). Whoever loads the text decides; nothing is loaded here.

use super::count::prefix_text;
use super::{Fingerprint, Vector};
use sakimori_select::Prefix;
use std::fmt::Write;

/// Most rules of one text: routers hold some thousand.
pub const RULES_MAX: usize = 1000;

/// Why there is no text. The operator acts on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The prefix is wider than one operator's.
    #[error("the prefix that is to be kept free is wider than a /16 of IPv4 or a /32 of IPv6")]
    Wide,
    /// No vector is narrow enough.
    #[error("no part of the fingerprint says more than its protocol; a rule would take everything")]
    Nothing,
}

/// The vectors that a rule can be made of: each says something beside its protocol and length.
fn usable(fingerprint: &Fingerprint, protect: &Prefix) -> Result<Vec<Vector>, ExportError> {
    let narrow = if protect.is_v4() {
        protect.bits >= 112
    } else {
        protect.bits >= 32
    };
    if !narrow {
        return Err(ExportError::Wide);
    }
    let own = |vector: &Vector| Vector {
        sources: vector
            .sources
            .iter()
            .filter(|(prefix, _)| prefix.is_v4() == protect.is_v4())
            .copied()
            .collect(),
        ..vector.clone()
    };
    let found: Vec<Vector> = fingerprint
        .vectors
        .iter()
        .map(own)
        .filter(|v| v.fragments || !v.source_ports.is_empty() || !v.sources.is_empty())
        .collect();
    if found.is_empty() {
        return Err(ExportError::Nothing);
    }
    Ok(found)
}

fn protocol_name(protocol: u8) -> String {
    match protocol {
        1 => "icmp".to_owned(),
        6 => "tcp".to_owned(),
        17 => "udp".to_owned(),
        47 => "gre".to_owned(),
        50 => "esp".to_owned(),
        58 => "ipv6-icmp".to_owned(),
        other => other.to_string(),
    }
}

fn list(ports: &[u16]) -> String {
    let all: Vec<String> = ports.iter().map(u16::to_string).collect();
    all.join(", ")
}

/// Text for nftables (`nft -f`): a table of its own, so that it can be taken away whole.
///
/// # Errors
/// [`ExportError`].
pub fn nftables(fingerprint: &Fingerprint, protect: &Prefix) -> Result<String, ExportError> {
    let vectors = usable(fingerprint, protect)?;
    let family = if protect.is_v4() { "ip" } else { "ip6" };
    let kind = if protect.is_v4() {
        "ipv4_addr"
    } else {
        "ipv6_addr"
    };
    let mut out = format!("table {family} sakimori_flood {{\n");
    // Writes to a String cannot fail.
    for (at, vector) in vectors.iter().enumerate() {
        if vector.sources.is_empty() {
            continue;
        }
        let elements: Vec<String> = vector.sources.iter().map(|(p, _)| prefix_text(p)).collect();
        let _ = writeln!(
            out,
            "\tset sources{at} {{\n\t\ttype {kind}\n\t\tflags interval\n\t\telements = {{ {} }}\n\t}}",
            elements.join(", ")
        );
    }
    out.push_str("\tchain flood {\n\t\ttype filter hook prerouting priority raw; policy accept;\n");
    for (at, vector) in vectors.iter().enumerate() {
        let _ = write!(out, "\t\t{family} daddr {}", prefix_text(protect));
        if !vector.sources.is_empty() {
            let _ = write!(out, " {family} saddr @sources{at}");
        }
        out.push_str(&nft_matches(vector, protect.is_v4()));
        out.push_str(" counter drop\n");
    }
    out.push_str("\t}\n}\n");
    Ok(out)
}

fn nft_matches(vector: &Vector, v4: bool) -> String {
    let mut out = String::new();
    let name = protocol_name(vector.protocol);
    let _ = if v4 {
        write!(out, " ip protocol {name}")
    } else {
        write!(out, " meta l4proto {name}")
    };
    if vector.fragments {
        out.push_str(if v4 {
            " ip frag-off & 0x1fff != 0"
        } else {
            " exthdr frag exists"
        });
    }
    let ports = matches!(vector.protocol, 6 | 17) && !vector.fragments;
    if ports && !vector.source_ports.is_empty() {
        let _ = write!(out, " {name} sport {{ {} }}", list(&vector.source_ports));
    }
    if ports && !vector.destination_ports.is_empty() {
        let _ = write!(
            out,
            " {name} dport {{ {} }}",
            list(&vector.destination_ports)
        );
    }
    if let Some(flags) = vector.tcp_flags {
        let _ = write!(out, " tcp flags & 0x3f == {:#04x}", flags & 0x3f);
    }
    let (low, high) = vector.lengths;
    let (near, far) = vector.hops;
    let _ = if v4 {
        write!(out, " ip length {low}-{high} ip ttl {near}-{far}")
    } else {
        // The length of an IPv6 header is that of what is behind it.
        let (low, high) = (low.saturating_sub(40), high.saturating_sub(40));
        write!(out, " ip6 length {low}-{high} ip6 hoplimit {near}-{far}")
    };
    out
}

/// One rule of `FlowSpec`: a vector, and one of its sources if it has any.
fn rules(vectors: &[Vector]) -> Vec<(&Vector, Option<&Prefix>)> {
    let mut out = Vec::new();
    for vector in vectors {
        if vector.sources.is_empty() {
            out.push((vector, None));
        }
        out.extend(
            vector
                .sources
                .iter()
                .map(|(prefix, _)| (vector, Some(prefix))),
        );
    }
    out.truncate(RULES_MAX);
    out
}

fn flag_words(flags: u8) -> Vec<&'static str> {
    let names = ["fin", "syn", "rst", "push", "ack", "urgent"];
    let each = names.iter().enumerate();
    each.filter(|(bit, _)| flags & (1 << bit) != 0)
        .map(|(_, name)| *name)
        .collect()
}

/// `FlowSpec` as `ExaBGP` reads it, one `flow route` a rule, each of which discards.
///
/// # Errors
/// [`ExportError`].
pub fn flowspec_exabgp(fingerprint: &Fingerprint, protect: &Prefix) -> Result<String, ExportError> {
    let vectors = usable(fingerprint, protect)?;
    let mut out = String::from("flow {\n");
    for (at, (vector, source)) in rules(&vectors).into_iter().enumerate() {
        let _ = write!(out, "\troute flood{at} {{\n\t\tmatch {{\n");
        for (name, value) in components(vector, source, protect, ("=", "&")) {
            let _ = writeln!(out, "\t\t\t{name} {value};");
        }
        out.push_str("\t\t}\n\t\tthen {\n\t\t\tdiscard;\n\t\t}\n\t}\n");
    }
    out.push_str("}\n");
    Ok(out)
}

/// `FlowSpec` as the command of `GoBGP` reads it, one line a rule, each of which discards.
///
/// # Errors
/// [`ExportError`].
pub fn flowspec_gobgp(fingerprint: &Fingerprint, protect: &Prefix) -> Result<String, ExportError> {
    let vectors = usable(fingerprint, protect)?;
    let family = if protect.is_v4() { "ipv4" } else { "ipv6" };
    let mut out = String::new();
    for (vector, source) in rules(&vectors) {
        let _ = write!(out, "gobgp global rib add -a {family}-flowspec match");
        for (name, value) in components(vector, source, protect, ("==", "&")) {
            let value = value.trim_matches(['[', ']', ' ']);
            if value.contains(['&', ' ', '>']) {
                let _ = write!(out, " {name} '{value}'");
            } else {
                let _ = write!(out, " {name} {value}");
            }
        }
        out.push_str(" then discard\n");
    }
    Ok(out)
}

/// The components of a rule in the order of their types (RFC 8955 section 4.2).
fn components(
    vector: &Vector,
    source: Option<&Prefix>,
    protect: &Prefix,
    (equal, and): (&str, &str),
) -> Vec<(&'static str, String)> {
    let mut out = vec![("destination", prefix_text(protect))];
    if let Some(source) = source {
        out.push(("source", prefix_text(source)));
    }
    let protocol = match vector.protocol {
        1 | 6 | 17 => protocol_name(vector.protocol),
        other => format!("{equal}{other}"),
    };
    let named = if protect.is_v4() || equal == "==" {
        "protocol"
    } else {
        "next-header"
    };
    out.push((named, protocol));
    let ports = |ports: &[u16]| {
        let all: Vec<String> = ports.iter().map(|port| format!("{equal}{port}")).collect();
        if all.len() == 1 {
            all.concat()
        } else {
            format!("[ {} ]", all.join(" "))
        }
    };
    let has_ports = matches!(vector.protocol, 6 | 17) && !vector.fragments;
    if has_ports && !vector.destination_ports.is_empty() {
        out.push(("destination-port", ports(&vector.destination_ports)));
    }
    if has_ports && !vector.source_ports.is_empty() {
        out.push(("source-port", ports(&vector.source_ports)));
    }
    if let Some(flags) = vector.tcp_flags.map(flag_words).filter(|f| !f.is_empty()) {
        out.push(("tcp-flags", format!("[ ={} ]", flags.join("+"))));
    }
    let (low, high) = vector.lengths;
    out.push(("packet-length", format!(">={low}{and}<={high}")));
    if vector.fragments {
        out.push(("fragment", "[ is-fragment ]".to_owned()));
    }
    out
}
