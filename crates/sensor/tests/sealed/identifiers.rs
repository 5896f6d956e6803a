//! Identifiers through the sealed process: it has no source of randomness and no key that opens one, and what it writes is bound by the receipts.

use crate::captures::{header, record};
use crate::office::{Call, Clock, Journal, PACK, Run, admitted, config, input, plan, this_program};
use crate::run::{EPOCH, RUN, Told, identifying, secret, stream};
use crate::runs::NOW;
use sakimori_custody::epoch::{EpochId, EpochSecret};
use sakimori_custody::identifier::IdentifierField::{self, DestinationMail, SourceMail, User};
use sakimori_custody::identifier::IdentifiersCommitment;
use sakimori_custody::ids::hex;
use sakimori_custody::keys::{CommitKey, Share};
use sakimori_custody::window::EndStatus;
use sakimori_sensor::child::{ChildConfig, ChildIdentify};
use sakimori_sensor::limits::FLOWS_MAX;
use std::io::{Cursor, Write};

/// What asks for these fields.
pub(crate) fn asking(fields: &[IdentifierField]) -> ChildConfig {
    let epoch = EPOCH.parse().unwrap();
    let identify = ChildIdentify::new(fields, epoch, RUN, &secret().writing(), [3; 32]);
    ChildConfig {
        identify: Some(identify),
        ..config(false)
    }
}

fn segment(source: u16, port: u16, payload: &str) -> Vec<u8> {
    let rest = [0, 0, 0, 1, 0, 0, 0, 0, 0x50, 24, 16, 0, 0, 0, 0, 0];
    [
        &source.to_be_bytes()[..],
        &port.to_be_bytes(),
        &rest,
        payload.as_bytes(),
    ]
    .concat()
}

/// A mail, a sign-in, and the same sender again.
fn capture() -> Vec<u8> {
    let say = |at, source, port, text| record(at, true, 6, &segment(source, port, text));
    [
        header(),
        say(
            0,
            4000,
            25,
            "EHLO a\r\nMAIL FROM:<alice@example.org>\r\nRCPT TO:<bob@example.net>\r\nDATA\r\n",
        ),
        say(1, 4001, 143, "a LOGIN carol secret\r\n"),
        say(
            130,
            4002,
            587,
            "EHLO a\r\nMAIL FROM:<alice@example.org>\r\n",
        ),
    ]
    .concat()
}

pub(crate) fn sealed() {
    let admitted = admitted(&plan());
    let journal = Journal::default();
    let run = Run {
        admitted: &admitted,
        program: this_program(),
        config: asking(&IdentifierField::ALL),
        input: input(&capture()),
        clock: Clock::real(NOW),
    };
    let outcome = run.supervise(&journal).unwrap();
    assert_eq!((outcome.status, outcome.fault), (EndStatus::Complete, None));
    journal.check();
    let reader = secret().reader();
    let mut left = Vec::new();
    let (mut values, mut tags) = (Vec::new(), Vec::new());
    let key = CommitKey::from_bytes([9; 32]);
    for call in journal.calls().iter() {
        let Call::Identifiers(_, window, identifiers) = call else {
            continue;
        };
        let mut commitment = IdentifiersCommitment::new(&key);
        for (id, identifier) in identifiers {
            commitment.add(*id, identifier);
            left.push(*identifier);
            let opened = reader.open(RUN, identifier).unwrap();
            values.push((
                identifier.field,
                String::from_utf8(opened.value.to_vec()).unwrap(),
            ));
            tags.push(identifier.tag);
        }
        let told = hex(&commitment.finish().unwrap());
        let receipts = journal.entries();
        let receipt = receipts
            .iter()
            .find(|(_, _, body)| body["window"]["index"] == *window)
            .unwrap();
        assert_eq!(receipt.2["identifiers_commitment"], told);
        assert_eq!(receipt.2["identifiers"], identifiers.len());
    }
    // The same as from the pipeline in this process: nothing but its configuration decides.
    let machine = identifying(PACK, &IdentifierField::ALL, FLOWS_MAX);
    assert_eq!(
        left,
        Told::of(&stream(Cursor::new(capture()), machine)).identifiers
    );
    let wanted = [
        (SourceMail, "alice@example.org"),
        (DestinationMail, "bob@example.net"),
        (User, "carol"),
        (SourceMail, "alice@example.org"),
    ];
    assert_eq!(
        values,
        wanted.map(|(field, value)| (field, value.to_owned()))
    );
    assert_eq!(tags[0], tags[3], "one sender is one tag");
}

/// An epoch that ended yesterday, and no other: the run stops, and seals nothing with its keys.
pub(crate) fn epoch() {
    let admitted = admitted(&plan());
    let journal = Journal::default();
    let (read, held_open) = std::io::pipe().unwrap();
    let epoch = EPOCH
        .replace("2027-03-03/30", "2027-03-31/1")
        .parse()
        .unwrap();
    let identify = ChildIdentify::new(&[User], epoch, RUN, &secret().writing(), [3; 32]);
    let run = Run {
        admitted: &admitted,
        program: this_program(),
        config: ChildConfig {
            identify: Some(identify),
            ..config(true)
        },
        input: read.into(),
        clock: Clock::real(NOW),
    };
    let outcome = run.supervise(&journal).unwrap();
    drop(held_open);
    assert_eq!(outcome.status, EndStatus::Stopped);
    assert_eq!(journal.stop_reason().as_deref(), Some("epoch-ended"));
}

/// An epoch that ended yesterday, and the one of today behind it: the run goes on, and seals with the keys of today's.
pub(crate) fn turn() {
    let admitted = admitted(&plan());
    let named = |days: &str| EPOCH.replace("2027-03-03/30", days).parse().unwrap();
    let today: EpochId = named("2027-04-01/1");
    let keys = || EpochSecret::combine(&Share::new([4; 32]), &Share::new([5; 32]), today);
    let of =
        |epoch, keys, seed| ChildIdentify::new(&IdentifierField::ALL, epoch, RUN, keys, [seed; 32]);
    let (old, new) = (secret().writing(), keys().writing());
    let journal = Journal::default();
    journal.next.replace(Some(of(today, &new, 8)));
    // Packets come once the supervisor has looked at its clock, and handed over the keys of today.
    let (read, mut write) = std::io::pipe().unwrap();
    let packets = std::thread::spawn(move || {
        pause();
        write.write_all(&capture()).unwrap();
    });
    let run = Run {
        admitted: &admitted,
        program: this_program(),
        config: ChildConfig {
            identify: Some(of(named("2027-03-31/1"), &old, 7)),
            ..config(true)
        },
        input: read.into(),
        clock: Clock::real(NOW),
    };
    let outcome = run.supervise(&journal).unwrap();
    packets.join().unwrap();
    assert_eq!((outcome.status, outcome.fault), (EndStatus::Complete, None));
    journal.check();
    let reader = keys().reader();
    let mut opened = 0;
    for call in journal.calls().iter() {
        if let Call::Identifiers(_, _, identifiers) = call {
            let open = identifiers
                .iter()
                .filter(|(_, i)| reader.open(RUN, i).is_some());
            assert_eq!(open.count(), identifiers.len());
            opened += identifiers.len();
        }
    }
    assert_eq!(opened, 4);
}

#[expect(
    clippy::disallowed_methods,
    reason = "the supervisor looks at its clock five times a second"
)]
fn pause() {
    std::thread::sleep(std::time::Duration::from_secs(2));
}
