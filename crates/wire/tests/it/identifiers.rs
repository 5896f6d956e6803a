//! Identifiers in commands: what is read, what is not, and that no bytes make it panic, run long or depend on how they are cut.

use proptest::prelude::*;
use sakimori_testkit::capture::packets;
use sakimori_testkit::{data, files_below};
use sakimori_wire::identifiers::{Commands, Field};
use sakimori_wire::limits::{COMMAND_LINE_BYTES_MAX, IDENTIFIER_BYTES_MAX};
use sakimori_wire::{Incomplete, LinkType, Packet, packet};
use std::collections::BTreeMap;

type Read = Vec<(Field, Vec<u8>)>;

/// Reads a side in parts of these lengths, over and over; what is not used is brought again with the next part.
fn read_in(bytes: &[u8], lengths: &[usize]) -> Result<Read, Incomplete> {
    let mut commands = Commands::begin(bytes)?;
    let (mut found, mut from, mut to) = (Vec::new(), 0, 0);
    let mut lengths = lengths.iter().cycle();
    while to < bytes.len() {
        to = bytes.len().min(to + lengths.next().unwrap());
        let progress = commands.read(&bytes[from..to], &mut |field, value| {
            found.push((field, value.to_vec()));
        });
        from += progress.used;
        assert!(from <= to);
        if progress.ended {
            break;
        }
        assert!(
            to - from < COMMAND_LINE_BYTES_MAX,
            "a line without end is given up"
        );
    }
    Ok(found)
}

fn read(bytes: &[u8]) -> Result<Read, Incomplete> {
    read_in(bytes, &[bytes.len().max(1)])
}

fn check(bytes: &[u8], wanted: &[(Field, &str)]) {
    let wanted: Read = wanted
        .iter()
        .map(|(field, value)| (*field, value.as_bytes().to_vec()))
        .collect();
    let text = String::from_utf8_lossy(bytes);
    assert_eq!(read(bytes).unwrap(), wanted, "{text}");
    assert_eq!(
        read_in(bytes, &[1]).unwrap(),
        wanted,
        "byte by byte: {text}"
    );
}

use Field::{DestinationMail as To, SourceMail as From, User};

#[test]
fn the_envelope_is_read_and_the_message_is_not() {
    check(
        b"EHLO mx.example\r\nMAIL FROM:<Alice@Example.org> SIZE=100 BODY=8BITMIME\r\nRCPT TO:<bob@example.net>\r\nRCPT TO:<carol@example.net> NOTIFY=NEVER\r\nDATA\r\n\
          From: dave@example.com\r\nTo: erin@example.com\r\n\r\nMAIL FROM:<frank@example.com>\r\n.\r\nMAIL FROM:<grace@example.com>\r\n",
        &[(From, "alice@example.org"), (To, "bob@example.net"), (To, "carol@example.net")],
    );
    check(
        b"EHLO a\r\nMAIL FROM:<a@b>\r\nBDAT 20 LAST\r\nRCPT TO:<c@d.example>\r\n",
        &[(From, "a@b")],
    );
    check(
        b"helo a\r\nmail from: <a@b>\r\nSTARTTLS\r\nRCPT TO:<c@d>\r\n",
        &[(From, "a@b")],
    );
    check(
        b"HELO a\nMAIL FROM:a@b SIZE=1\nRCPT TO:c@d\n",
        &[(From, "a@b"), (To, "c@d")],
    );
    check(
        b"LHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<Postmaster>\r\nRSET\r\nMAIL FROM:<x@y>\r\n",
        &[(To, "postmaster"), (From, "x@y")],
    );
    check(
        b"EHLO a\r\nMAIL FROM:<@relay.example,@other.example:user@Example>\r\nRCPT TO:<\"a\\\"b > c\"@example>\r\nMAIL FROM:<\xc3\xbc@\xc3\xa4.example>\r\n",
        &[(From, "user@example"), (To, "a\"b > c@example"), (From, "\u{fc}@\u{e4}.example")],
    );
    // No address: not closed, a control character, too long, no colon, no path.
    let long = format!(
        "EHLO a\r\nMAIL FROM:<{}@b>\r\n",
        "x".repeat(IDENTIFIER_BYTES_MAX)
    );
    check(long.as_bytes(), &[]);
    check(b"EHLO a\r\nMAIL FROM:<a@b\r\nRCPT TO:<a\0@b>\r\nMAIL FROM <a@b>\r\nRCPT TO:\r\nMAIL\r\nMAIL TO:<a@b>\r\n", &[]);
}

#[test]
fn users_are_read_and_passwords_are_not() {
    check(
        b"USER alice\r\nPASS secret\r\nUSER Bob Smith \r\nPASS USER\r\nSTAT\r\nUSER carol\r\n",
        &[(User, "alice"), (User, "Bob Smith")],
    );
    check(
        b"CAPA\r\nAPOP mrose c4c9334bac560ecc979e58001b3e22fb\r\n",
        &[(User, "mrose")],
    );
    check(b"AUTH TLS\r\nUSER alice\r\n", &[]);
    check(
        b"FEAT\r\nOPTS UTF8 ON\r\nUSER anonymous\r\nPASS a@b\r\nCWD USER\r\nUSER x\r\n",
        &[(User, "anonymous")],
    );
    check(
        b"a1 CAPABILITY\r\na2 LOGIN alice secret\r\na3 SELECT inbox\r\na4 LOGIN bob x\r\n",
        &[(User, "alice")],
    );
    check(b". login \"al\\\"ice\" \"p w\"\r\n. ID (\"name\" {3}\r\nx\r\n)\r\n. LOGIN {3}\r\nbob {10}\r\n. LOGIN x \r\n. LOGOUT\r\n", &[(User, "al\"ice"), (User, "bob")]);
    check(
        b"1 LOGIN carol {6+}\r\nsecret\r\n2 LOGIN {4+}\r\nerin secret\r\n",
        &[(User, "carol"), (User, "erin")],
    );
    check(b"1 LOGIN {9999}\r\n1 LOGIN x y\r\n", &[]);
    check(b"1 STARTTLS\r\n2 LOGIN x y\r\n", &[]);
}

#[test]
fn sasl_responses_give_their_user_alone() {
    // "\0alice\0secret", "adm\0bob\0x", "carol", "secret", "dave 1234abcd"
    check(
        b"EHLO a\r\nAUTH PLAIN AGFsaWNlAHNlY3JldA==\r\nMAIL FROM:<a@b>\r\n",
        &[(User, "alice"), (From, "a@b")],
    );
    check(b"AUTH PLAIN\r\nYWRtAGJvYgB4\r\n", &[(User, "bob")]);
    check(
        b"EHLO a\r\nAUTH LOGIN\r\nY2Fyb2w=\r\nc2VjcmV0\r\nMAIL FROM:<a@b>\r\n",
        &[(User, "carol"), (From, "a@b")],
    );
    check(
        b"EHLO a\r\nAUTH LOGIN Y2Fyb2w=\r\nUSER\r\nRCPT TO:<a@b>\r\n",
        &[(User, "carol"), (To, "a@b")],
    );
    check(
        b"7 AUTHENTICATE PLAIN AGFsaWNlAHNlY3JldA==\r\n",
        &[(User, "alice")],
    );
    check(
        b"7 AUTHENTICATE CRAM-MD5\r\nZGF2ZSAxMjM0YWJjZA==\r\n8 LOGIN e f\r\n",
        &[(User, "dave"), (User, "e")],
    );
    check(b"EHLO a\r\nAUTH PLAIN\r\n*\r\nAUTH PLAIN !!!!\r\nAUTH LOGIN\r\nY2Fy!2w=\r\nx\r\nAUTH SCRAM-SHA-256 biwsbj11c2Vy\r\n", &[]);
}

#[test]
fn other_protocols_begin_otherwise() {
    for bytes in [
        &b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"[..],
        b"POST LOGIN HTTP\xff",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"220 mx.example ESMTP\r\n",
        b"* OK IMAP4rev1 ready\r\n",
        b"+OK POP3 ready\r\n",
        b"\r\n",
        b" USER a\r\n",
        b"(a LOGIN b c\r\n",
    ] {
        let known = Commands::begin(bytes).map(|_| ());
        let text = String::from_utf8_lossy(bytes);
        if bytes.starts_with(b"POST LOGIN") {
            assert!(known.is_ok(), "a tag may be any word: {text}");
        } else {
            assert_eq!(known, Err(Incomplete::Malformed), "{text}");
        }
    }
    for bytes in [
        &b""[..],
        b"US",
        b"USER",
        b"a0001",
        b"a0001 ",
        b"a0001 LOG",
        b"a0001 AUTHENTICATE",
        b"MAIL",
    ] {
        assert_eq!(
            Commands::begin(bytes).map(|_| ()),
            Err(Incomplete::Truncated)
        );
    }
    assert!(Commands::begin(&[b'a'; 60]).is_err_and(|e| e == Incomplete::Malformed));
}

/// Pieces of sessions, sound and broken.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let known: &[&[u8]] = &[
        b"EHLO a\r\n",
        b"MAIL FROM:<",
        b"RCPT TO:<",
        b"a@b",
        b"\"",
        b"\\",
        b">",
        b"\r\n",
        b"\n",
        b"{3}\r\n",
        b"{9+}\r\n",
        b"{99999}\r\n",
        b"a LOGIN ",
        b"b AUTHENTICATE PLAIN ",
        b"AUTH LOGIN\r\n",
        b"AUTH PLAIN\r\n",
        b"AGFsaWNlAHNlY3JldA==",
        b"USER ",
        b"PASS ",
        b"APOP ",
        b"x ID (",
        b"@a,@b:",
        b" ",
        b"*",
        b"DATA\r\n",
    ];
    prop_oneof![
        8 => prop::sample::select(known.to_vec()).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 0..8),
        1 => (any::<u8>(), 0usize..4000).prop_map(|(byte, count)| vec![byte; count]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6000))]
    #[test]
    fn however_a_session_is_cut_it_gives_the_same_identifiers(
        pieces in prop::collection::vec(piece(), 1..24),
        lengths in prop::collection::vec(1usize..40, 1..6),
        opening in prop::sample::select(vec![&b"EHLO a\r\n"[..], b"USER a\r\n", b"a NOOP\r\n", b""]),
    ) {
        let bytes = [opening, &pieces.concat()].concat();
        if let Ok(whole) = read(&bytes) {
            for (_, value) in &whole {
                prop_assert!(!value.is_empty() && value.len() <= IDENTIFIER_BYTES_MAX);
                prop_assert!(!value.iter().any(u8::is_ascii_control));
            }
            prop_assert_eq!(read_in(&bytes, &lengths).unwrap(), whole);
        }
    }

    #[test]
    fn no_byte_behind_the_end_and_no_password_makes_a_difference(
        message in prop::collection::vec(any::<u8>(), 0..600),
        password in "[!-~]{0,40}",
        end in prop::sample::select(vec!["DATA\r\n", "BDAT 9\r\n", "STARTTLS\r\n"]),
    ) {
        let mail = [b"EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n", end.as_bytes(), &message].concat();
        prop_assert_eq!(read(&mail).unwrap(), vec![(From, b"a@b".to_vec()), (To, b"c@d".to_vec())]);
        let pop = format!("USER u\r\nPASS {password}\r\nUSER v\r\n");
        prop_assert_eq!(read(pop.as_bytes()).unwrap().len(), 2);
        let imap = format!("1 LOGIN u \"{}\"\r\n2 LOGIN v w\r\n", password.replace(['"', '\\'], ""));
        prop_assert_eq!(read(imap.as_bytes()).unwrap().len(), 2);
    }
}

#[test]
fn captures_with_mail_and_file_transfer_are_read() {
    let test = "captures_with_mail_and_file_transfer_are_read";
    let (Some(parse), Some(labelled)) = (data(test, "parse"), data(test, "labelled")) else {
        return;
    };
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for path in files_below(&parse)
        .into_iter()
        .chain(files_below(&labelled))
    {
        let mut sides: BTreeMap<_, Vec<u8>> = BTreeMap::new();
        for captured in packets(&path).unwrap_or_default() {
            if let Ok(Packet::Ip(ip)) = packet(LinkType(captured.link), &captured.bytes)
                && ip.protocol == 6
            {
                let key = (
                    ip.source,
                    ip.destination,
                    ip.source_port,
                    ip.destination_port,
                );
                let side = sides.entry(key).or_default();
                if side.len() < 64 << 10 {
                    side.extend_from_slice(ip.payload);
                }
            }
        }
        for side in sides.values() {
            for (field, _) in read(side).unwrap_or_default() {
                *counts.entry(name(field)).or_default() += 1;
            }
        }
    }
    println!("identifiers in the captures: {counts:?}");
    let enough = |name, least| counts.get(name).is_some_and(|&count| count >= least);
    assert!(
        enough("source-mail", 50) && enough("destination-mail", 50) && enough("user", 80),
        "{counts:?}"
    );
}

fn name(field: Field) -> &'static str {
    match field {
        From => "source-mail",
        To => "destination-mail",
        User => "user",
    }
}
