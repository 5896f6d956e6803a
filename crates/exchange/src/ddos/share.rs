//! The fingerprint that is shared. In: a fingerprint, or a text of somebody else. Out: JSON of version 1, or a fingerprint. Never: a member that is not known, a number
//! beyond its bound.

use super::{Fingerprint, PORTS_MAX, PREFIXES_MAX, VECTORS_MAX, Vector};
use crate::json::{self, JsonError, Limits, Node};
use crate::list::prefix;
use serde_json::{Map, Value, json};

/// Bounds of a text: 16 vectors with 256 prefixes have 200 kB.
const TEXT: Limits = Limits {
    bytes_max: 1 << 20,
    depth_max: 8,
    values_max: 1 << 15,
};

/// Why a text is no fingerprint. Its sender acts on it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShareError {
    /// No JSON.
    #[error("the fingerprint cannot be read")]
    Json(#[from] JsonError),
    /// A member is missing, unknown or beyond its bound.
    #[error("the fingerprint's `{0}` is missing, unknown or beyond its bound")]
    Member(String),
}

/// Writes a fingerprint.
pub fn write(fingerprint: &Fingerprint) -> String {
    let vectors: Vec<Value> = fingerprint.vectors.iter().map(vector).collect();
    json!({
        "version": 1,
        "first": fingerprint.first.to_string(),
        "last": fingerprint.last.to_string(),
        "packets": fingerprint.packets,
        "bytes": fingerprint.bytes,
        "vectors": vectors,
    })
    .to_string()
}

fn vector(vector: &Vector) -> Value {
    let mut out = Map::new();
    let mut put = |name: &str, value: Value| {
        out.insert(name.to_owned(), value);
    };
    put("protocol", json!(vector.protocol));
    put("fragments", json!(vector.fragments));
    if let Some(flags) = vector.tcp_flags {
        put("tcp_flags", json!(flags));
    }
    put("source_ports", json!(vector.source_ports));
    put("destination_ports", json!(vector.destination_ports));
    put("lengths", json!([vector.lengths.0, vector.lengths.1]));
    put("hops", json!([vector.hops.0, vector.hops.1]));
    put("packets", json!(vector.packets));
    put("bytes", json!(vector.bytes));
    let sources = vector.sources.iter().map(|(prefix, packets)| {
        json!({"prefix": super::count::prefix_text(prefix), "packets": packets})
    });
    put("sources", sources.collect());
    Value::Object(out)
}

/// Reads a fingerprint.
///
/// # Errors
/// [`ShareError`] for the first thing that is wrong.
pub fn read(bytes: &[u8]) -> Result<Fingerprint, ShareError> {
    let root = json::read_bytes(bytes, TEXT)?;
    known(
        &root,
        &["version", "first", "last", "packets", "bytes", "vectors"],
    )?;
    if number(&root, "version")? != 1 {
        return Err(member("version"));
    }
    let time = |name: &str| {
        let text = root.text_of(name).ok_or_else(|| member(name))?;
        text.parse().map_err(|_| member(name))
    };
    let items = root
        .get("vectors")
        .ok_or_else(|| member("vectors"))?
        .items();
    if items.len() > VECTORS_MAX {
        return Err(member("vectors"));
    }
    Ok(Fingerprint {
        first: time("first")?,
        last: time("last")?,
        packets: number(&root, "packets")?,
        bytes: number(&root, "bytes")?,
        vectors: items.iter().map(read_vector).collect::<Result<_, _>>()?,
    })
}

fn read_vector(node: &Node<'_>) -> Result<Vector, ShareError> {
    known(
        node,
        &[
            "protocol",
            "fragments",
            "tcp_flags",
            "source_ports",
            "destination_ports",
            "lengths",
            "hops",
            "packets",
            "bytes",
            "sources",
        ],
    )?;
    let byte = |name: &str| u8::try_from(number(node, name)?).map_err(|_| member(name));
    let pair = |name: &str| -> Result<(u16, u16), ShareError> {
        let items = shorts(node, name, 2)?;
        match items.as_slice() {
            [low, high] if low <= high => Ok((*low, *high)),
            _ => Err(member(name)),
        }
    };
    let hops = pair("hops")?;
    let hop = |value: u16| u8::try_from(value).map_err(|_| member("hops"));
    let sources = node
        .get("sources")
        .ok_or_else(|| member("sources"))?
        .items();
    if sources.len() > PREFIXES_MAX {
        return Err(member("sources"));
    }
    let fragments = node.get("fragments").and_then(Node::as_bool);
    Ok(Vector {
        protocol: byte("protocol")?,
        fragments: fragments.ok_or_else(|| member("fragments"))?,
        tcp_flags: node
            .get("tcp_flags")
            .map(|_| byte("tcp_flags"))
            .transpose()?,
        source_ports: shorts(node, "source_ports", PORTS_MAX)?,
        destination_ports: shorts(node, "destination_ports", PORTS_MAX)?,
        lengths: pair("lengths")?,
        hops: (hop(hops.0)?, hop(hops.1)?),
        packets: number(node, "packets")?,
        bytes: number(node, "bytes")?,
        sources: sources
            .iter()
            .map(|item| {
                known(item, &["prefix", "packets"])?;
                let text = item.text_of("prefix").ok_or_else(|| member("prefix"))?;
                let found = prefix(text).map_err(|_| member("prefix"))?;
                // A whole country is no source, and an address is somebody.
                let bits = if found.is_v4() { 104..=120 } else { 24..=48 };
                if !bits.contains(&found.bits) {
                    return Err(member("prefix"));
                }
                Ok((found, number(item, "packets")?))
            })
            .collect::<Result<_, _>>()?,
    })
}

fn member(name: &str) -> ShareError {
    // BOUND: 80 characters of a name are enough to find it.
    ShareError::Member(name.chars().take(80).collect())
}

fn known(node: &Node<'_>, names: &[&str]) -> Result<(), ShareError> {
    if !node.is_object() {
        return Err(member("object"));
    }
    let unknown = node
        .members()
        .iter()
        .find(|m| !names.contains(&m.name.as_ref()));
    unknown.map_or(Ok(()), |found| Err(member(&found.name)))
}

fn number(node: &Node<'_>, name: &str) -> Result<u64, ShareError> {
    let found = node.get(name).and_then(Node::as_number);
    found
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| member(name))
}

fn shorts(node: &Node<'_>, name: &str, most: usize) -> Result<Vec<u16>, ShareError> {
    let items = node.get(name).ok_or_else(|| member(name))?.items();
    if items.len() > most {
        return Err(member(name));
    }
    let each = items.iter().map(|item| {
        let number = item.as_number().and_then(|text| text.parse().ok());
        number.ok_or_else(|| member(name))
    });
    each.collect()
}
