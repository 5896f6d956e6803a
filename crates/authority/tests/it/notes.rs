//! Every note of this room: what is written reads back, what is changed is refused, what is hostile does no harm.

use crate::run;
use proptest::prelude::*;
use sakimori_authority::schedule::{self, Schedule, fictional, japan};
use sakimori_authority::suspension::Suspension;
use sakimori_authority::{Refusal, Ruling, Software, Statement, TrustRoot};
use sakimori_custody::time::Seconds;
use sakimori_testkit::folder::{Part, Plan, signer};
use sakimori_tlog::note::Note;
use std::sync::LazyLock;

/// Reads a text as each kind of note; what reads is written again as it was.
fn reads(text: &str) -> usize {
    let mut count = 0;
    let mut hold = |written: Option<String>| {
        if let Some(written) = written {
            assert_eq!(written, text);
            count += 1;
        }
    };
    hold(Schedule::parse(text).ok().map(|note| note.to_string()));
    hold(Ruling::parse(text).ok().map(|note| note.to_string()));
    hold(Suspension::parse(text).ok().map(|note| note.to_string()));
    hold(Software::parse(text).ok().map(|note| note.to_string()));
    hold(Statement::parse(text).ok().map(|note| note.to_string()));
    count
}

/// A sample of each kind of note, in every form that it has.
fn made() -> Vec<Vec<u8>> {
    let ruled = Plan::revoked().build().folder.ruling;
    let ruling = |from: &str, to: &str| {
        Plan::revoked()
            .edit(Part::Ruling, from, to)
            .build()
            .folder
            .ruling
    };
    let revoked = format!("authority {}\noutcome: revoked", "5a".repeat(16));
    let bucket = format!("{}/s-01/2027-04-01", "5a".repeat(16));
    let record = format!(
        "kind: reidentification\nabout: record 0102030405060708-42 {bucket}\noutcome: reidentify source-mail"
    );
    let suspensions = Plan::suspended().build().folder.suspensions;
    vec![
        Plan::default().build().folder.schedule,
        Plan::urgent().build().folder.schedule,
        Plan::urgent().build().folder.statement,
        Plan::default().build().folder.statement,
        Plan::agreement().build().folder.statement,
        Plan::released().build().folder.software,
        suspensions[0].clone(),
        ruling(&revoked, &format!("bucket {bucket}\noutcome: keep 400")),
        ruling(
            &revoked,
            &format!("request {}\noutcome: refused", "5a".repeat(32)),
        ),
        ruling(
            &revoked,
            &format!("urgent {}\noutcome: ratified", "5a".repeat(16)),
        ),
        ruling(
            &revoked,
            &format!("urgent {}\noutcome: refused", "5a".repeat(16)),
        ),
        ruling(
            &revoked,
            &format!("authority {}\noutcome: approved", "5a".repeat(16)),
        ),
        Plan::revoked()
            .edit(
                Part::Ruling,
                &format!("kind: acquisition\nabout: {revoked}"),
                &record,
            )
            .edit(
                Part::Ruling,
                "for: m1 m5\nagainst: m4",
                "for: m1 m4 m5\nagainst: none",
            )
            .build()
            .folder
            .ruling,
        ruled,
    ]
}

static SAMPLES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(made);
static ROOT: LazyLock<TrustRoot> =
    LazyLock::new(|| TrustRoot::open(&Plan::default().build().folder.trust_root).unwrap());

fn text(note: &[u8]) -> String {
    Note::parse(note).unwrap().text().to_owned()
}

#[test]
fn each_note_reads_back_as_its_text_and_as_nothing_else() {
    for note in SAMPLES.iter() {
        assert_eq!(reads(&text(note)), 1, "{}", text(note));
    }
}

#[test]
fn an_outcome_that_does_not_fit_what_it_is_about_is_no_ruling() {
    let ruled = text(&Plan::revoked().build().folder.ruling);
    let about = format!("about: authority {}\noutcome: revoked\n", "5a".repeat(16));
    let id = "5a".repeat(16);
    let bucket = format!("{id}/s-01/2027-04-01");
    for matter in [
        format!("about: authority {id}\noutcome: ratified\n"),
        format!("about: authority {id}\noutcome: refused\n"),
        format!("about: urgent {id}\noutcome: revoked\n"),
        format!("about: request {id}\noutcome: refused\n"),
        format!("about: request {}\noutcome: approved\n", "5a".repeat(32)),
        format!("about: bucket {bucket}\noutcome: keep 0\n"),
        format!("about: bucket {bucket}\noutcome: keep 09\n"),
        format!("about: bucket {bucket}\noutcome: keep 99999\n"),
        format!("about: bucket {bucket}\noutcome: revoked\n"),
        // A re-identification has its own floor.
        format!("about: record 0102030405060708-42 {bucket}\noutcome: reidentify user\n"),
        "about: record 0102030405060708-42\noutcome: reidentify user\n".to_owned(),
        format!("about: member {id}\noutcome: revoked\n"),
    ] {
        let changed = ruled.replace(&about, &matter);
        assert_ne!(changed, ruled);
        assert!(Ruling::parse(&changed).is_err(), "{matter}");
    }
    for field in ["ip", "source_mail", "source-mail user", ""] {
        let matter =
            format!("about: record 0102030405060708-42 {bucket}\noutcome: reidentify {field}\n");
        let changed = ruled
            .replace("kind: acquisition", "kind: reidentification")
            .replace(&about, &matter);
        assert!(Ruling::parse(&changed).is_err(), "{field}");
    }
}

#[test]
fn a_schedule_has_every_key_once_in_its_order_with_source_and_mark() {
    let good = text(&Plan::default().build().folder.schedule);
    let lines: Vec<&str> = good.lines().collect();
    for at in 0..lines.len() {
        let mut without = lines.clone();
        without.remove(at);
        assert!(
            Schedule::parse(&(without.join("\n") + "\n")).is_err(),
            "{}",
            lines[at]
        );
        let mut twice = lines.clone();
        twice.insert(at, lines[at]);
        assert!(
            Schedule::parse(&(twice.join("\n") + "\n")).is_err(),
            "{}",
            lines[at]
        );
        if at + 1 < lines.len() {
            let mut swapped = lines.clone();
            swapped.swap(at, at + 1);
            assert!(
                Schedule::parse(&(swapped.join("\n") + "\n")).is_err(),
                "{}",
                lines[at]
            );
        }
    }
    for (from, to) in [
        ("| unverified | a sample", "| maybe | a sample"),
        ("| unverified | a sample", "| unverified"),
        ("| unverified | a sample", "| unverified |  a sample"),
        ("| unverified | a sample", "|unverified| a sample"),
        ("= 6 months", "= 06 months"),
        ("= 6 months", "= 0 months"),
        ("= 6 months", "= 121 months"),
        ("= 6 months", "= 6  months"),
        ("= 6 months", "= 6 days"),
        ("= 730", "= 0"),
        ("cap.match-ppm = 1000000", "cap.match-ppm = 1000001"),
        ("agreement.sitting = no", "agreement.sitting = maybe"),
        ("urgent.acquisition = off", "urgent.acquisition = 0 hours"),
        ("urgent.acquisition = off", "urgent.acquisition = 25 hours"),
        ("home-countries = JP", "home-countries = none"),
        ("home-countries = JP", "home-countries = JP JP"),
        ("home-countries = JP", "home-countries = jp"),
        (
            "identify.fields = source-mail destination-mail user",
            "identify.fields = source-mail source-mail",
        ),
        (
            "identify.fields = source-mail destination-mail user",
            "identify.fields = address",
        ),
        ("hours = 08-20 +09", "hours = 20-08 +09"),
        ("hours = 08-20 +09", "hours = 8-20 +9"),
        ("hours = 08-20 +09", "hours = 08-25 +09"),
        ("jurisdiction: JP", "jurisdiction: Japan"),
        ("version: 1", "version: 0"),
        ("version: 1", "version: 2"),
        ("previous: none", "previous: sha256:00"),
        ("consultation: none", "consultation: yes"),
    ] {
        let changed = good.replacen(from, to, 1);
        assert_ne!(changed, good, "{from}");
        assert!(Schedule::parse(&changed).is_err(), "{to}");
    }
}

#[test]
fn working_hours_are_those_of_the_place() {
    let schedule = Schedule::parse(&text(&Plan::default().build().folder.schedule)).unwrap();
    for (time, working) in [
        ("2027-04-01T23:00:00Z", true),
        ("2027-04-01T22:59:59Z", false),
        ("2027-04-01T10:59:59Z", true),
        ("2027-04-01T11:00:00Z", false),
        ("2027-04-01T03:00:00Z", true),
    ] {
        let time: Seconds = time.parse().unwrap();
        assert_eq!(schedule.rules.hours.holds(time), working, "{time}");
    }
    for (text, time, working) in [
        ("09-17 -05", "2027-04-01T14:00:00Z", true),
        ("09-17 -05", "2027-04-01T22:00:00Z", false),
        ("00-24 +00", "2027-04-01T23:59:59Z", true),
    ] {
        let hours: schedule::Hours = text.parse().unwrap();
        assert_eq!(hours.to_string(), text);
        assert_eq!(hours.holds(time.parse().unwrap()), working, "{text} {time}");
    }
}

#[test]
fn the_first_schedules_read_back_and_claim_nothing_verified() {
    let statement = Statement::parse(&text(&Plan::default().build().folder.statement)).unwrap();
    let sakimori_authority::statement::Basis::Sitting(sitting) = statement.decided else {
        panic!("a sitting decides the sample");
    };
    let draft = schedule::Draft {
        not_before: Seconds(1_806_537_600),
        root: 1,
        sitting,
    };
    for schedule in [japan(&draft), fictional(&draft)] {
        assert_eq!(reads(&schedule.to_string()), 1);
        assert_eq!(schedule.unverified().len(), schedule::Key::ALL.len());
        for key in schedule::Key::ALL {
            let shown = schedule.shown(*key);
            assert!(shown.ends_with("(UNVERIFIED)"), "{shown}");
        }
    }
    // Japan has no urgent acquisition; what is made up has.
    assert_eq!(japan(&draft).rules.urgent_acquisition, None);
    assert_eq!(japan(&draft).rules.urgent_measure, Some(2));
    assert_eq!(fictional(&draft).rules.urgent_acquisition, Some(24));
}

/// What the notes are checked with.
fn checks(note: &[u8], root: &TrustRoot) -> bool {
    let suspend = signer("suspend");
    Schedule::check(note, root).is_ok()
        || Ruling::check(note, root).is_ok()
        || Suspension::check(note, root, Some(suspend.verifier())).is_ok()
        || Software::check(note, root).is_ok()
        || Statement::check(note, root).is_ok()
}

/// A signature line of somebody who is not known is passed over, so its bytes may change; none of these notes has one.
#[test]
fn no_byte_flipped_in_any_note_is_accepted() {
    for note in SAMPLES.iter() {
        assert!(checks(note, &ROOT), "{}", String::from_utf8_lossy(note));
        // Each byte once, another bit for each: the whole table takes a signature check per place.
        for at in 0..note.len() {
            let mut changed = note.clone();
            changed[at] ^= 1 << (at % 8);
            assert!(
                !checks(&changed, &ROOT),
                "byte {at} of {}",
                String::from_utf8_lossy(note)
            );
        }
    }
}

#[test]
fn a_note_that_is_cut_short_or_goes_on_is_none() {
    for note in SAMPLES.iter() {
        for length in (0..note.len()).step_by(7) {
            assert!(!checks(&note[..length], &ROOT), "{length}");
        }
        let longer = [note.as_slice(), b"\n"].concat();
        assert!(!checks(&longer, &ROOT));
    }
}

proptest! {
    #[test]
    fn hostile_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert!(!checks(&bytes, &ROOT) && TrustRoot::remembered(&bytes).is_err());
        prop_assert!(sakimori_authority::Lease::open(&bytes, &ROOT.lease_key).is_err());
        reads(&String::from_utf8_lossy(&bytes));
    }

    /// Texts that are nearly right: lines of one note in another's place, bytes put in, taken out and changed.
    #[test]
    fn a_text_has_one_form_or_none(
        which in 0usize..14, other in 0usize..14,
        cut in any::<prop::sample::Index>(), paste in any::<prop::sample::Index>(),
        length in 0usize..40, with in "[ -~\n]{0,4}",
    ) {
        let samples = &*SAMPLES;
        let (text, donor) = (text(&samples[which]).into_bytes(), text(&samples[other]).into_bytes());
        let at = cut.index(text.len());
        let end = (at + length).min(text.len());
        let from = paste.index(donor.len());
        for piece in [with.as_bytes(), &donor[from..(from + length).min(donor.len())]] {
            let changed = [&text[..at], piece, &text[end..]].concat();
            reads(&String::from_utf8(changed).unwrap());
        }
    }

    /// The whole gate with any two files of the folder exchanged or replaced by noise.
    #[test]
    fn the_gate_survives_files_in_each_others_place(first in 0usize..11, second in 0usize..11, noise in prop::option::of(prop::collection::vec(any::<u8>(), 0..400))) {
        let mut sample = Plan { software_signers: vec!["office", "m1"], ..Plan::default() }.build();
        let f = &mut sample.folder;
        let [by_commission, by_office, by_party] = &mut f.suspensions;
        let files = [
            &mut f.trust_root, &mut f.statement, &mut f.decision_entry, &mut f.decision_body, &mut f.decision_proof, &mut f.lease, &mut f.schedule,
            &mut f.software, by_commission, by_office, by_party,
        ];
        let whole = files[first] == files[second] && noise.is_none();
        match noise {
            Some(bytes) => *files[first] = bytes,
            None if first != second => {
                let taken = std::mem::take(files[first]);
                *files[first] = std::mem::replace(files[second], taken);
            }
            None => {}
        }
        let verdict = run(&sample).map(|_| ());
        let taken_away = sample.folder.software.is_empty() || sample.folder.suspensions.iter().all(Vec::is_empty);
        prop_assert!(verdict.is_err() || whole || taken_away, "{verdict:?}");
        prop_assert_ne!(verdict, Err(Refusal::Suspended));
    }
}

#[test]
fn a_reason_has_512_bytes_and_no_more() {
    let revoked = Plan::revoked().build().folder.ruling;
    let suspended = Plan::suspended().build().folder.suspensions[0].clone();
    let of = |note: &[u8], bytes: usize| {
        let text = Note::parse(note).unwrap().text().to_owned();
        let mut lines = text.lines();
        let reason = lines.find(|line| line.starts_with("reason: ")).unwrap();
        text.replace(reason, &format!("reason: {}", "x".repeat(bytes)))
    };
    for (bytes, good) in [(1, true), (512, true), (513, false)] {
        assert_eq!(Ruling::parse(&of(&revoked, bytes)).is_ok(), good, "{bytes}");
        let suspension = Suspension::parse(&of(&suspended, bytes));
        assert_eq!(suspension.is_ok(), good, "{bytes}");
    }
}
