//! Identifiers inside the seal: what leaves opens to what was said, and nothing else that was said makes a difference.

use crate::ng::pcapng;
use crate::run::{RUN, Told, identifying, pipeline, secret, stream};
use crate::traffic::{Numbers, exchange};
use crate::twins::abroad;
use proptest::prelude::*;
use sakimori_custody::identifier::IdentifierField::{self, DestinationMail, SourceMail, User};
use sakimori_custody::identifier::RECORD_IDENTIFIERS_MAX;
use sakimori_sensor::limits::{HOLDING_MAX, TALKS_MAX};
use sakimori_testkit::capture::{self, Captured};
use sakimori_testkit::{data, files_below};
use sakimori_wire::{LinkType, Packet, packet};
use std::io::Cursor;

const OPEN: &str = "sakimori/pack/v1\nid: identify-1\nissued: 2027-04-01T00:00:00Z\npurpose: every record is written\n\
    selector: 1 prefix ::/0\n";
/// Nobody has this address.
const CLOSED: &str = "sakimori/pack/v1\nid: identify-2\nissued: 2027-04-01T00:00:00Z\npurpose: no record is written\n\
    selector: 1 address 198.51.100.1\n";

fn session(port: u16, segments: &[Vec<u8>]) -> Vec<Captured> {
    let greeting = b"220 mail.example\r\n".to_vec();
    exchange(
        ([133, 11, 0, 7], [8, 8, 4, 4]),
        (4000, port),
        segments,
        &[greeting],
    )
}

fn run(packets: &[Captured], pack: &str, fields: &[IdentifierField]) -> Vec<u8> {
    stream(
        Cursor::new(pcapng(packets)),
        identifying(pack, fields, 4096),
    )
}

/// The identifiers that left, opened with the epoch's secret.
fn opened(pipe: &[u8]) -> Vec<(u64, IdentifierField, Vec<u8>)> {
    let reader = secret().reader();
    let told = Told::of(pipe);
    assert_eq!(told.sum(|w| w.identifiers), told.identifiers.len() as u64);
    let each = told.identifiers.iter().map(|identifier| {
        let opened = reader.open(RUN, identifier).unwrap();
        (identifier.record, identifier.field, opened.value.to_vec())
    });
    each.collect()
}

fn line(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

const MAIL: &str = "EHLO a\r\nMAIL FROM:<alice@example.org>\r\nRCPT TO:<bob@example.net>\r\nRCPT TO:<carol@example.net>\r\nDATA\r\n";

#[test]
fn identifiers_of_a_selected_record_leave_sealed_behind_it_and_those_of_others_do_not() {
    let mut packets = session(25, &[line(MAIL), line("Subject: x\r\n\r\n.\r\n")]);
    packets.extend(exchange(
        ([133, 11, 0, 8], [8, 8, 4, 4]),
        (4001, 143),
        &[line("a LOGIN dave secret\r\n")],
        &[],
    ));
    let pipe = run(&packets, OPEN, &IdentifierField::ALL);
    let values = opened(&pipe);
    let of = |field| {
        let of = values.iter().filter(move |(_, f, _)| *f == field);
        of.map(|(_, _, v)| String::from_utf8(v.clone()).unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(of(SourceMail), ["alice@example.org"]);
    assert_eq!(
        of(DestinationMail),
        ["bob@example.net", "carol@example.net"]
    );
    assert_eq!(of(User), ["dave"]);
    for name in ["alice", "bob", "carol", "dave", "example"] {
        assert!(
            !pipe.windows(name.len()).any(|w| w == name.as_bytes()),
            "{name} is on the pipe"
        );
    }
    assert!(
        opened(&run(&packets, OPEN, &[User]))
            .iter()
            .all(|(_, field, _)| *field == User)
    );
    let closed = run(&packets, CLOSED, &IdentifierField::ALL);
    assert!(opened(&closed).is_empty());
    // Where no field is asked for, nothing is looked at: the pipe is that of a pipeline that knows of none.
    let off = stream(Cursor::new(pcapng(&packets)), pipeline(CLOSED, &[], 4096));
    assert_eq!(off, closed);
}

#[test]
fn however_segments_are_cut_swapped_and_repeated_the_same_identifiers_leave() {
    let whole = opened(&run(
        &session(25, &[line(MAIL)]),
        OPEN,
        &IdentifierField::ALL,
    ));
    assert_eq!(whole.len(), 3);
    let bytes = MAIL.as_bytes();
    for size in [1, 3, 17, 40] {
        let parts: Vec<Vec<u8>> = bytes.chunks(size).map(<[u8]>::to_vec).collect();
        let mut packets = session(25, &parts);
        assert_eq!(
            opened(&run(&packets, OPEN, &IdentifierField::ALL)),
            whole,
            "parts of {size}"
        );
        // The first segment decides what it is; two later ones change places, one comes twice.
        let data: Vec<usize> = (0..packets.len())
            .filter(|&at| packets[at].bytes.len() > 54)
            .collect();
        if size > 1 {
            let (a, b) = (data[data.len() - 2], data[data.len() - 1]);
            let (one, other) = (packets[a].bytes.clone(), packets[b].bytes.clone());
            (packets[a].bytes, packets[b].bytes) = (other, one);
            let again = packets[data[0]].clone();
            packets.insert(b + 1, again);
            assert_eq!(
                opened(&run(&packets, OPEN, &IdentifierField::ALL)),
                whole,
                "swapped parts of {size}"
            );
        }
    }
}

#[test]
fn what_is_beyond_a_bound_is_counted_and_not_written() {
    let recipient = |n| format!("RCPT TO:<r{n}@example.net>\r\nRCPT TO:<r{n}@example.net>\r\n");
    let mut text = String::from("EHLO a\r\nMAIL FROM:<alice@example.org>\r\n");
    text.extend((0..40).map(recipient));
    let pipe = run(
        &session(25, &[text.into_bytes()]),
        OPEN,
        &IdentifierField::ALL,
    );
    let told = Told::of(&pipe);
    assert_eq!(told.identifiers.len(), RECORD_IDENTIFIERS_MAX);
    // Forty of one address each, said twice: 25 found no room, and were told so each time.
    assert_eq!(told.sum(|w| w.identifiers_shed), 2 * 25);
    // A line without end is given up.
    let long = session(
        110,
        &[line("USER "), vec![b'x'; 9000], line("\r\nUSER bob\r\n")],
    );
    assert!(opened(&run(&long, OPEN, &IdentifierField::ALL)).is_empty());
}

/// So many clients at once, of which each says this.
fn crowd(count: u32, says: &str) -> Vec<Captured> {
    let talk = |n: u32| {
        let [_, high, middle, low] = n.to_be_bytes();
        let hosts = ([133, 11 + high, middle, low], [8, 8, 4, 4]);
        exchange(hosts, (4000, 25), &[line(says)], &[])
    };
    (0..count).flat_map(talk).collect()
}

#[test]
fn a_crowd_is_shed_by_its_number_and_leaves_memory_bounded() {
    for (says, most) in [
        ("EHLO a", TALKS_MAX),
        ("USER alice\r\nSTAT\r\n", HOLDING_MAX),
    ] {
        let more = 1000;
        let packets = crowd(most as u32 + more, says);
        let pipeline = identifying(CLOSED, &IdentifierField::ALL, 1 << 16);
        let told = Told::of(&stream(Cursor::new(pcapng(&packets)), pipeline));
        told.check();
        assert_eq!(told.sum(|w| w.identifiers_shed), u64::from(more), "{says}");
    }
}

#[test]
fn a_flow_that_goes_on_writes_its_identifiers_once() {
    let mut packets = session(25, &[line(MAIL), line("x"), line("y")]);
    let late = packets.len() - 3;
    for captured in packets.iter_mut().skip(late) {
        captured.millis += 400_000;
    }
    // Kept alive meanwhile, by acknowledgements.
    let mut alive = Vec::new();
    for n in 1..12 {
        let mut ack = packets[0].clone();
        ack.millis += n * 33_000;
        ack.bytes[14 + 20 + 13] = 16;
        alive.push(ack);
    }
    packets.splice(late..late, alive);
    let pipe = run(&packets, OPEN, &IdentifierField::ALL);
    assert!(Told::of(&pipe).records.len() >= 2);
    let values = opened(&pipe);
    assert_eq!(values.len(), 3);
    assert!(values.iter().all(|(record, _, _)| *record == 0));
}

/// One mail with what is content in it: other headers, subject, text and passwords, of the same lengths.
fn content(numbers: &mut Numbers, who: &str) -> Vec<Captured> {
    let mut text = |length: usize| -> String {
        let mut byte = || (b'!' + numbers.below(90) as u8) as char;
        let plain = |c: char| if "\"\\{}".contains(c) { 'x' } else { c };
        (0..length).map(|_| plain(byte())).collect()
    };
    let mail = format!(
        "EHLO {}\r\nAUTH PLAIN AGFsaWNlAH{}\r\nMAIL FROM:<{who}@example.org> SIZE=100\r\nRCPT TO:<bob@example.net>\r\nDATA\r\n",
        text(9),
        // "\0alice\0" and a password.
        text(20).replace(|c: char| !c.is_ascii_alphanumeric(), "b"),
    );
    let body = format!(
        "From: {}\r\nTo: {}\r\nSubject: {}\r\nX-{}: {}\r\n\r\n{}\r\nMAIL FROM:<{}@example.com>\r\n.\r\nMAIL FROM:<{}@example.com>\r\n",
        text(20),
        text(20),
        text(50),
        text(6),
        text(30),
        text(400),
        text(8),
        text(8)
    );
    let mut packets = session(587, &[mail.into_bytes(), body.into_bytes()]);
    let pop = format!(
        "USER carol\r\nPASS {}\r\nSTAT\r\nUSER {}\r\n",
        text(12),
        text(9)
    );
    packets.extend(exchange(
        ([133, 11, 0, 8], [8, 8, 4, 4]),
        (4001, 110),
        &[pop.into_bytes()],
        &[line("+OK\r\n")],
    ));
    let imap = format!(
        "1 LOGIN dave \"{}\"\r\n2 SELECT {}\r\n3 LOGIN {} x\r\n",
        text(12),
        text(9),
        text(9)
    );
    packets.extend(exchange(
        ([133, 11, 0, 9], [8, 8, 4, 4]),
        (4002, 143),
        &[imap.into_bytes()],
        &[line("* OK\r\n")],
    ));
    let ftp = format!(
        "USER erin\r\nPASS {}\r\nCWD {}\r\nUSER {}\r\n",
        text(12),
        text(9),
        text(9)
    );
    packets.extend(exchange(
        ([133, 11, 0, 10], [8, 8, 4, 4]),
        (4003, 21),
        &[ftp.into_bytes()],
        &[line("220 x\r\n")],
    ));
    packets
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]
    #[test]
    fn messages_headers_and_passwords_of_twins_differ_and_the_pipe_does_not(one in any::<u64>(), other in any::<u64>()) {
        let write = |seed, who| run(&content(&mut Numbers(seed), who), OPEN, &IdentifierField::ALL);
        let pipe = write(one, "alice");
        prop_assert_eq!(opened(&pipe).len(), 6);
        prop_assert!(pipe == write(other, "alice"), "content reached the pipe");
        let changed = write(one, "frank");
        prop_assert!(pipe != changed && pipe.len() == changed.len(), "an identifier decides, and not by its length");
    }
}

/// Names that stand in a capture's commands, found without our parser: what follows the words on a line.
fn names(packets: &[Captured]) -> Vec<Vec<u8>> {
    let mut names = Vec::new();
    for captured in packets {
        let Ok(Packet::Ip(ip)) = packet(LinkType(captured.link), &captured.bytes) else {
            continue;
        };
        if ip.protocol != 6 {
            continue;
        }
        for line in ip.payload.split(|&b| b == b'\n') {
            let upper = line.to_ascii_uppercase();
            for word in [
                &b"MAIL FROM:"[..],
                b"RCPT TO:",
                b"USER ",
                b"APOP ",
                b" LOGIN ",
            ] {
                if let Some(at) = upper.windows(word.len()).position(|w| w == word) {
                    let rest = line[at + word.len()..].trim_ascii();
                    let end = rest
                        .iter()
                        .position(|b| b" >\r".contains(b))
                        .unwrap_or(rest.len());
                    let name = rest[..end].strip_prefix(b"<").unwrap_or(&rest[..end]);
                    names.push(name.to_vec());
                    names.push(name.to_ascii_lowercase());
                }
            }
        }
    }
    // Shorter ones would be found in sealed bytes by chance.
    names.retain(|name| name.len() >= 5);
    names.sort();
    names.dedup();
    names
}

#[test]
fn no_name_of_a_captured_mail_or_file_transfer_is_on_the_pipe() {
    let test = "no_name_of_a_captured_mail_or_file_transfer_is_on_the_pipe";
    let (Some(parse), Some(labelled)) = (data(test, "parse"), data(test, "labelled")) else {
        return;
    };
    let (mut files, mut known, mut left, mut fields) = (0, 0, 0, [0; 4]);
    for path in files_below(&parse)
        .into_iter()
        .chain(files_below(&labelled))
    {
        let Some(mut packets) = capture::packets(&path) else {
            continue;
        };
        let names = names(&packets);
        if names.is_empty() {
            continue;
        }
        packets.iter_mut().for_each(abroad);
        let pipe = run(&packets, OPEN, &IdentifierField::ALL);
        for name in &names {
            let told = String::from_utf8_lossy(name);
            assert!(
                !pipe.windows(name.len()).any(|w| w == name),
                "{}: {told} is on the pipe",
                path.display()
            );
        }
        let values = opened(&pipe);
        files += 1;
        known += names.len();
        left += values.len();
        for (_, field, _) in &values {
            fields[usize::from(field.code())] += 1;
        }
    }
    println!(
        "{files} captures, {known} names in their commands, {left} identifiers sealed: {fields:?} by field"
    );
    assert!(
        files > 60 && known > 80 && left > 100,
        "{files} captures, {known} names, {left} identifiers"
    );
}
