//! The list of mechanical fields for people: what each is, where it comes from and in which form it leaves. `docs/mechanical-fields.md` is
//! generated from it, and a test holds the two together. Never: a field that [`crate::record::MechanicalRecord`] or
//! [`crate::identifier::IdentifierField`] lacks.

/// One field of the record.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Name in code, lake and documents.
    pub name: &'static str,
    /// Type and unit.
    pub kind: &'static str,
    /// What it is derived from.
    pub from: &'static str,
    /// In which form it leaves the seal.
    pub leaves: &'static str,
}

const fn field(
    name: &'static str,
    kind: &'static str,
    from: &'static str,
    leaves: &'static str,
) -> Field {
    Field {
        name,
        kind,
        from,
        leaves,
    }
}

/// Every field of version 1, in the order of the layout.
pub const FIELDS: &[Field] = &[
    field(
        "first",
        "u64, ms since 1970 UTC",
        "time of the first packet",
        "as is",
    ),
    field(
        "last",
        "u64, ms since 1970 UTC",
        "time of the last packet",
        "as is",
    ),
    field(
        "source",
        "16 bytes, IPv4 mapped",
        "innermost IP header of the initiator",
        "as is",
    ),
    field(
        "destination",
        "16 bytes, IPv4 mapped",
        "innermost IP header, the other side",
        "as is",
    ),
    field("packets_out", "u64", "counter, from the source", "as is"),
    field("packets_back", "u64", "counter, to the source", "as is"),
    field(
        "bytes_out",
        "u64, IP bytes",
        "counter, from the source",
        "as is",
    ),
    field(
        "bytes_back",
        "u64, IP bytes",
        "counter, to the source",
        "as is",
    ),
    field(
        "source_port",
        "u16",
        "TCP, UDP, SCTP header; ICMP type",
        "as is",
    ),
    field(
        "destination_port",
        "u16",
        "TCP, UDP, SCTP header; ICMP code",
        "as is",
    ),
    field("protocol", "u8", "innermost IP header", "as is"),
    field(
        "direction",
        "out-in, in-out, out-out",
        "country map, by the initiator",
        "class",
    ),
    field(
        "tcp_flags_out",
        "u8",
        "OR of the flags from the source",
        "as is",
    ),
    field(
        "tcp_flags_back",
        "u8",
        "OR of the flags to the source",
        "as is",
    ),
    field(
        "source_country",
        "2 letters",
        "country map",
        "code, `--` where unknown",
    ),
    field(
        "destination_country",
        "2 letters",
        "country map",
        "code, `--` where unknown",
    ),
    field("end", "enum", "flow table", "why the record was closed"),
    field(
        "application",
        "enum",
        "content of the first bytes",
        "dns, tls, http, other, unknown",
    ),
    field("dns_type", "u16 or none", "first question", "number"),
    field(
        "dns_rcode",
        "u16 or none",
        "answer to the first question",
        "number",
    ),
    field(
        "http_method",
        "enum",
        "first request line",
        "one of nine methods, or `other`",
    ),
    field(
        "tls_version",
        "enum",
        "first ClientHello",
        "registered version, or `other`",
    ),
    field(
        "alpn",
        "enum",
        "first ClientHello",
        "registered id, or `other`",
    ),
    field(
        "ja4",
        "36 characters or none",
        "first ClientHello",
        "JA4 of the client only",
    ),
    field(
        "selectors",
        "up to 8 × u32",
        "matcher and behaviours",
        "ids in the approved pack",
    ),
];

/// Identifiers: what leaves beside a selected record where the schedule's `identify.fields` lists it, and nothing where it does not.
pub const IDENTIFIERS: &[Field] = &[
    field(
        "source-mail",
        "mail address",
        "reverse-path of `MAIL FROM` (SMTP, LMTP)",
        "tag and sealed blob",
    ),
    field(
        "destination-mail",
        "mail address",
        "forward-paths of `RCPT TO` (SMTP, LMTP)",
        "tag and sealed blob",
    ),
    field(
        "user",
        "user name",
        "`LOGIN` (IMAP), `USER`, `APOP` (POP3), `USER` (FTP), `AUTH` with PLAIN, LOGIN, CRAM-MD5",
        "tag and sealed blob",
    ),
];

/// The list as a page in Markdown.
pub fn markdown() -> String {
    let mut page = String::from(
        "# Mechanical fields, version 1\n\n\
         Everything about traffic that can leave the sealed process, and nothing else. This page is generated from\n\
         `crates/custody/src/fields.rs`; a test fails where the two differ. Names (DNS, SNI, Host) do not leave: they can only make a\n\
         selector match, and what leaves then is the selector's id.\n\n\
         | field | type | from | what leaves |\n|---|---|---|---|\n",
    );
    let rows = |page: &mut String, fields: &[Field]| {
        for f in fields {
            page.extend([
                "| `", f.name, "` | ", f.kind, " | ", f.from, " | ", f.leaves, " |\n",
            ]);
        }
    };
    rows(&mut page, FIELDS);
    page.push_str(
        "\n## Identifiers\n\n\
         Beside a selected record, at most 16, where the schedule in force lists their field under `identify.fields`; where it lists none, nothing\n\
         of this is looked at. A tag joins equal values within one authority and one epoch and says nothing else; only the commission opens a blob,\n\
         for one ruling of a sitting about one field of one record, once. Passwords, messages, their headers and what follows `DATA`, `BDAT`,\n\
         `STARTTLS` or the end of signing in are never read.\n\n\
         | field | what it is | from | what leaves |\n|---|---|---|---|\n",
    );
    rows(&mut page, IDENTIFIERS);
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_identifiers_are_those_that_can_leave() {
        use crate::identifier::IdentifierField;
        let names: Vec<_> = IDENTIFIERS.iter().map(|f| f.name).collect();
        assert_eq!(names, IdentifierField::ALL.map(IdentifierField::name));
    }

    #[test]
    fn the_page_in_docs_is_the_generated_one() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../docs/mechanical-fields.md"
        );
        let written = std::fs::read_to_string(path).unwrap_or_default();
        if std::env::var_os("SAKIMORI_BLESS").is_some() {
            std::fs::write(path, markdown()).unwrap();
        } else {
            assert_eq!(
                written,
                markdown(),
                "run with SAKIMORI_BLESS=1 to write the page"
            );
        }
    }
}
