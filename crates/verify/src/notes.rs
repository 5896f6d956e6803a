//! The signed notes of `docs/reference/formats.md` section 10. In: bytes of a log's bodies. Out: their fields, once the right people signed. Never: the code that writes
//! them: these readers are written from the page.

mod attestation;
mod grammar;
mod lease;
mod measure;
mod root;
mod ruling;
mod schedule;
mod sitting;
mod software;
mod statement;
mod suspension;

pub(crate) use attestation::{Attestation, Destroyed};
pub(crate) use lease::Lease;
pub(crate) use measure::{Measure, Spot};
pub(crate) use root::{RootError, TrustRoot};
pub(crate) use ruling::{Ruled, Ruling};
pub(crate) use schedule::Schedule;
pub(crate) use sitting::Sitting;
pub(crate) use software::Software;
pub(crate) use statement::{Statement, StatementError};
pub(crate) use suspension::{By, Suspension};

use crate::time::{DAY_SECONDS, read_day};
use crate::unhex;
use sakimori_tlog::merkle::Hash;
use sha2::{Digest, Sha256};
use std::fmt;

/// SHA-256 of a note's text, by which entries name it.
pub(crate) fn text_hash(text: &str) -> Hash {
    Sha256::digest(text).into()
}

/// Whether a text is a name: `[a-z0-9][a-z0-9.-]{0,31}`.
pub(crate) fn is_name(text: &str) -> bool {
    let inner =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
    let first = text
        .bytes()
        .next()
        .is_some_and(|byte| byte != b'.' && byte != b'-');
    first && text.len() <= 32 && text.bytes().all(inner)
}

/// A text that is a name.
pub(crate) fn name(text: &str) -> Option<String> {
    is_name(text).then(|| text.to_owned())
}

/// Whether a text names a record: `<stream>-<n>`.
pub(crate) fn is_record(text: &str) -> bool {
    text.split_once('-')
        .is_some_and(|(stream, n)| unhex::<8>(stream).is_some() && grammar::number(n).is_some())
}

/// What one key opens: authority, sensor, day.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Bucket {
    pub(crate) authority: [u8; 16],
    pub(crate) sensor: String,
    /// Days since 1970.
    pub(crate) day: u64,
    name: String,
}

impl Bucket {
    /// Reads `<authority>/<sensor>/<YYYY-MM-DD>`.
    pub(crate) fn read(name: &str) -> Option<Self> {
        let (authority, rest) = name.split_once('/')?;
        let (sensor, day) = rest.split_once('/')?;
        Some(Self {
            authority: unhex(authority)?,
            sensor: is_name(sensor).then(|| sensor.to_owned())?,
            day: read_day(day)?,
            name: name.to_owned(),
        })
    }

    /// The first second behind a bucket that is kept for so many days from the beginning of its own.
    pub(crate) const fn expiry(&self, days: u64) -> u64 {
        self.day.saturating_add(days).saturating_mul(DAY_SECONDS)
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sakimori_authority::lease::Lease as WrittenLease;
    use sakimori_authority::root::TrustRoot as WrittenRoot;
    use sakimori_authority::statement::Statement as WrittenStatement;
    use sakimori_testkit::folder::{Folder, Plan, ways};
    use sakimori_tlog::note::Note;

    /// The verdicts of the reader that the sensor uses, and of this one, on the same notes.
    fn verdicts(folder: &Folder) -> [(bool, bool); 3] {
        let roots = (
            WrittenRoot::open(&folder.trust_root),
            TrustRoot::read(&folder.trust_root),
        );
        let trusted = Plan::default().build().folder.trust_root;
        let known = (
            WrittenRoot::open(&trusted).unwrap(),
            TrustRoot::read(&trusted).unwrap(),
        );
        let statement = Statement::read(&folder.statement).ok();
        let decided = statement.filter(|s| {
            s.root == known.1.version && s.decided(&known.1, known.1.floor(&s.kind)).is_ok()
        });
        let lease = Lease::read(&folder.lease)
            .ok()
            .filter(|lease| lease.signed_by(&known.1.lease_key));
        [
            (
                roots.0.is_ok(),
                roots.1.is_ok_and(|root| root.is_first().is_ok()),
            ),
            (
                WrittenStatement::check(&folder.statement, &known.0).is_ok(),
                decided.is_some(),
            ),
            (
                WrittenLease::open(&folder.lease, &known.0.lease_key).is_ok(),
                lease.is_some(),
            ),
        ]
    }

    #[test]
    fn every_way_to_be_unauthorised_is_read_as_the_sensors_gate_reads_it() {
        for way in ways() {
            for (at, (gate, here)) in verdicts(&way.sample.folder).into_iter().enumerate() {
                assert_eq!(gate, here, "{}: note {at}", way.name);
            }
        }
    }

    /// A note's text with bytes changed, its signatures left: the grammar alone decides.
    fn spliced(note: &[u8], at: usize, cut: usize, with: &str) -> Vec<u8> {
        let text = Note::parse(note).unwrap().text().to_owned();
        let at = at % text.len();
        let mut bytes = text.into_bytes();
        let end = (at + cut).min(bytes.len());
        bytes.splice(at..end, with.bytes());
        bytes.extend_from_slice("\n— m1 AAAAAAAA\n".as_bytes());
        bytes
    }

    proptest::proptest! {
        #[test]
        fn this_grammar_is_the_writers_on_any_text(at in 0usize..3000, cut in 0usize..3, with in "[ -~\n]{0,3}") {
            let folder = Plan::default().build().folder;
            let changed = spliced(&folder.statement, at, cut, &with);
            if let Ok(note) = Note::parse(&changed) {
                let here = Statement::read(&changed).is_ok();
                proptest::prop_assert_eq!(WrittenStatement::parse(note.text()).is_ok(), here, "{}", note.text());
            }
            let changed = spliced(&folder.trust_root, at, cut, &with);
            // A root's reader asks for a signature too; its own says whether the text was read.
            let unread = |error: &sakimori_authority::root::TrustRootError| matches!(error, sakimori_authority::root::TrustRootError::Grammar(_));
            if Note::parse(&changed).is_ok() {
                let gate = WrittenRoot::remembered(&changed).as_ref().err().is_none_or(|error| !unread(error));
                proptest::prop_assert_eq!(gate, TrustRoot::read(&changed).is_ok());
            }
        }
    }

    #[test]
    fn a_bucket_has_one_name() {
        let good = "000102030405060708090a0b0c0d0e0f/s-01/2027-04-01";
        let bucket = Bucket::read(good).unwrap();
        assert_eq!(bucket.to_string(), good);
        assert_eq!(bucket.expiry(90), (bucket.day + 90) * 86_400);
        for bad in [
            "",
            "/",
            "//",
            "00/s-01/2027-04-01",
            "000102030405060708090A0b0c0d0e0f/s-01/2027-04-01",
            "000102030405060708090a0b0c0d0e0f//2027-04-01",
            "000102030405060708090a0b0c0d0e0f/S/2027-04-01",
            "000102030405060708090a0b0c0d0e0f/s-01/2027-4-1",
            "000102030405060708090a0b0c0d0e0f/s-01/2027-04-01/",
        ] {
            assert_eq!(Bucket::read(bad), None, "{bad}");
        }
    }
}
