//! A record as a row of cells. In: a row of the lake that passed the release gate. Out: values in the order of [`COLUMNS`]. Never: a field that the record has not.

use sakimori_custody::record::address;
use sakimori_custody::time::Millis;
use sakimori_lake::Row;
use serde_json::{Value, json};

/// Names of the cells.
pub const COLUMNS: &[&str] = &[
    "record",
    "first",
    "last",
    "source",
    "source_port",
    "destination",
    "destination_port",
    "protocol",
    "direction",
    "source_country",
    "destination_country",
    "packets_out",
    "packets_back",
    "bytes_out",
    "bytes_back",
    "tcp_flags_out",
    "tcp_flags_back",
    "end",
    "application",
    "dns_type",
    "dns_rcode",
    "http_method",
    "tls_version",
    "alpn",
    "ja4",
    "selectors",
];

/// The cells of a row.
pub fn cells(row: &Row) -> Vec<Value> {
    let f = &row.fields;
    let ja4 = f
        .ja4
        .map(|text| String::from_utf8_lossy(&text).into_owned());
    vec![
        json!(row.record.to_string()),
        json!(Millis(f.first).to_string()),
        json!(Millis(f.last).to_string()),
        json!(address(f.source).to_string()),
        json!(f.source_port),
        json!(address(f.destination).to_string()),
        json!(f.destination_port),
        json!(f.protocol),
        json!(f.direction.to_string()),
        json!(f.source_country.to_string()),
        json!(f.destination_country.to_string()),
        json!(f.packets_out),
        json!(f.packets_back),
        json!(f.bytes_out),
        json!(f.bytes_back),
        json!(f.tcp_flags_out),
        json!(f.tcp_flags_back),
        json!(f.end.to_string()),
        json!(f.application.to_string()),
        json!(f.dns_type),
        json!(f.dns_rcode),
        json!(f.http_method.to_string()),
        json!(f.tls_version.to_string()),
        json!(f.alpn.to_string()),
        json!(ja4),
        json!(f.selectors.as_slice()),
    ]
}
