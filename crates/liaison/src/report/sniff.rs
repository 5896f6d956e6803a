//! What a file is by its first bytes. In: bytes of a stranger. Out: a media type. Never: a name's ending, a look beyond the head and the plain text test; a file that is rendered
//! because of it.

/// How many bytes of a text are looked at.
const TEXT_BYTES: usize = 4096;

/// Magic numbers: where, which bytes, what it is. The first that fits counts.
const MAGIC: &[(usize, &[u8], &str)] = &[
    (0, b"%PDF-", "application/pdf"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF8", "image/gif"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"PK\x05\x06", "application/zip"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"BZh", "application/x-bzip2"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"\xfd7zXZ\0", "application/x-xz"),
    (0, b"\x28\xb5\x2f\xfd", "application/zstd"),
    (257, b"ustar", "application/x-tar"),
    (0, b"\x7fELF", "application/x-elf"),
    (0, b"MZ", "application/vnd.microsoft.portable-executable"),
    (0, b"\xcf\xfa\xed\xfe", "application/x-mach-binary"),
    (
        0,
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "application/x-ole-storage",
    ),
    (0, b"{\\rtf", "application/rtf"),
    (0, b"\xd4\xc3\xb2\xa1", "application/vnd.tcpdump.pcap"),
    (0, b"\xa1\xb2\xc3\xd4", "application/vnd.tcpdump.pcap"),
    (0, b"\x0a\x0d\x0d\x0a", "application/x-pcapng"),
    (0, b"ElfFile\0", "application/x-ms-evtx"),
    (0, b"SQLite format 3\0", "application/vnd.sqlite3"),
];

/// The media type that the first bytes say; `text/plain` where they are plain UTF-8, `application/octet-stream` where nothing fits.
pub fn media(bytes: &[u8]) -> &'static str {
    let fits = |(at, magic, _): &&(usize, &[u8], &str)| {
        bytes.get(*at..).is_some_and(|from| from.starts_with(magic))
    };
    if let Some((_, _, media)) = MAGIC.iter().find(fits) {
        return media;
    }
    let head = bytes.get(..TEXT_BYTES.min(bytes.len())).unwrap_or_default();
    let plain = match std::str::from_utf8(head) {
        Ok(text) => Some(text),
        // A letter that the end of the head cuts through is none that is wrong.
        Err(e) if e.error_len().is_none() && bytes.len() > TEXT_BYTES => head
            .get(..e.valid_up_to())
            .and_then(|head| std::str::from_utf8(head).ok()),
        Err(_) => None,
    };
    let is_text = |text: &str| !text.is_empty() && !text.chars().any(is_binary);
    if plain.is_some_and(is_text) {
        "text/plain"
    } else {
        "application/octet-stream"
    }
}

fn is_binary(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_first_bytes_say_and_never_what_it_is_called() {
        let mut tar = vec![0; 300];
        tar[257..262].copy_from_slice(b"ustar");
        let long = "あ".repeat(5000);
        for (bytes, expected) in [
            (b"%PDF-1.7 ...".as_slice(), "application/pdf"),
            (b"PK\x03\x04rest", "application/zip"),
            (b"MZ\x90", "application/vnd.microsoft.portable-executable"),
            (&tar, "application/x-tar"),
            ("ログ 1行目\n".as_bytes(), "text/plain"),
            (long.as_bytes(), "text/plain"),
            (b"<script>alert(1)</script>", "text/plain"),
            (b"", "application/octet-stream"),
            (b"a\0b", "application/octet-stream"),
            (b"\xff\xfe", "application/octet-stream"),
        ] {
            assert_eq!(media(bytes), expected);
        }
    }
}
