//! The journal under falls, damage and full disks: what was kept comes back, what was torn is cut, damage is told with its place.

use sakimori_actuator::journal::{Disk, FileDisk, Journal, JournalError, Line};
use sakimori_custody::time::Seconds;
use sakimori_respond::engine::{Allowed, Answer, Deed, Holder, Key, Permit, Record};
use sakimori_respond::openc2::Status;
use std::io;
use std::sync::{Arc, Mutex};

/// A disk in memory that can be full, and fall in the middle of a write.
#[derive(Clone, Default)]
pub(crate) struct Memory {
    pub(crate) bytes: Arc<Mutex<Vec<u8>>>,
    /// Bytes that still fit; nothing for as many as come.
    pub(crate) room: Arc<Mutex<Option<usize>>>,
    /// Whether half a write that failed cannot be cut off either.
    pub(crate) stuck: Arc<Mutex<bool>>,
}

impl Disk for Memory {
    fn read(&mut self) -> io::Result<Vec<u8>> {
        Ok(self.bytes.lock().unwrap().clone())
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut room = self.room.lock().unwrap();
        let fits = room.map_or(bytes.len(), |room| room.min(bytes.len()));
        self.bytes.lock().unwrap().extend(&bytes[..fits]);
        if let Some(room) = room.as_mut() {
            *room -= fits;
        }
        if fits < bytes.len() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        if *self.stuck.lock().unwrap() {
            return Err(io::Error::other("stuck"));
        }
        let mut all = self.bytes.lock().unwrap();
        let length = usize::try_from(length).unwrap();
        if let Some(room) = self.room.lock().unwrap().as_mut() {
            *room += all.len().saturating_sub(length);
        }
        all.truncate(length);
        Ok(())
    }

    fn replace(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.room.lock().unwrap().is_some() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        *self.bytes.lock().unwrap() = bytes.to_vec();
        Ok(())
    }
}

fn key(at: u8) -> Key {
    Key {
        measure: [at; 32],
        deed: Deed::Block,
        target: format!("198.51.100.{at}/32"),
    }
}

/// One line of each kind.
fn lines() -> Vec<Line> {
    let measure = [7; 32];
    let records = [
        Record::Permit(Permit {
            measure,
            revision: 2,
            not_before: Seconds(1),
            not_after: Seconds(2),
            allowed: vec![Allowed {
                deed: Deed::Quarantine,
                target: "file:00:/tmp/%20".to_owned(),
            }],
            most: 3,
        }),
        Record::Lease {
            measure,
            revision: 2,
            until: Seconds(9),
        },
        Record::Suspended {
            measure,
            by: Holder::Owner,
        },
        Record::Resumed {
            measure,
            by: Holder::Owner,
        },
        Record::Waiting {
            id: "c-\u{2603}\n".to_owned(),
            digest: [1; 32],
            revision: u64::MAX,
            key: key(1),
            until: None,
        },
        Record::Answered {
            id: "c-1".to_owned(),
            digest: [1; 32],
            answer: Answer::new(Status::Ok, "in force"),
        },
        Record::Kept {
            key: key(1),
            until: Seconds(5),
        },
        Record::Revision {
            key: key(1),
            producer: "office".to_owned(),
            revision: 4,
        },
        Record::Undone {
            key: key(2),
            revision: 5,
            at: Seconds(6),
        },
        Record::Ended(key(1)),
        Record::Revoked {
            measure,
            revision: 2,
        },
        Record::PermitOver {
            measure,
            revision: 2,
        },
        Record::Stopped,
        Record::Freed,
    ];
    let mut lines: Vec<Line> = records.into_iter().map(Line::Record).collect();
    lines.push(Line::Before(key(2), "a line".to_owned()));
    lines
}

fn kept(disk: &Memory) -> Vec<Line> {
    Journal::open(Box::new(disk.clone())).unwrap().1
}

#[test]
fn every_kind_of_line_comes_back_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let (mut journal, none) = Journal::open(Box::new(FileDisk::at(path.clone()))).unwrap();
    assert!(none.is_empty());
    for line in lines() {
        journal.keep(&[line]).unwrap();
    }
    drop(journal);
    let (mut journal, all) = Journal::open(Box::new(FileDisk::at(path.clone()))).unwrap();
    assert_eq!(all, lines());
    journal.renew(&lines()[..3]).unwrap();
    journal.keep(&lines()[3..4]).unwrap();
    let (_, all) = Journal::open(Box::new(FileDisk::at(path))).unwrap();
    assert_eq!(all, lines()[..4]);
}

#[test]
fn a_fall_at_any_byte_leaves_the_lines_before_it() {
    let disk = Memory::default();
    let (mut journal, _) = Journal::open(Box::new(disk.clone())).unwrap();
    let mut ends = vec![disk.bytes.lock().unwrap().len()];
    for line in lines() {
        journal.keep(&[line]).unwrap();
        ends.push(disk.bytes.lock().unwrap().len());
    }
    let whole = disk.bytes.lock().unwrap().clone();
    for cut in 0..=whole.len() {
        let torn = Memory::default();
        *torn.bytes.lock().unwrap() = whole[..cut].to_vec();
        let (mut again, found) = Journal::open(Box::new(torn.clone())).unwrap();
        let expected = ends
            .iter()
            .filter(|end| **end <= cut)
            .count()
            .saturating_sub(1);
        assert_eq!(found, lines()[..expected], "cut at {cut}");
        // What comes next is read back behind it.
        again.keep(&lines()[..1]).unwrap();
        assert_eq!(kept(&torn).len(), expected + 1, "cut at {cut}");
    }
}

#[test]
fn a_changed_byte_is_told_with_its_place_or_cuts_the_last_line_alone() {
    let disk = Memory::default();
    let (mut journal, _) = Journal::open(Box::new(disk.clone())).unwrap();
    for line in &lines()[..4] {
        journal.keep(std::slice::from_ref(line)).unwrap();
    }
    let before_last = disk.bytes.lock().unwrap().len();
    journal.keep(&lines()[4..5]).unwrap();
    let whole = disk.bytes.lock().unwrap().clone();
    let header = b"sakimori actuator journal 1\n".len();
    for at in 0..whole.len() {
        let damaged = Memory::default();
        let mut bytes = whole.clone();
        bytes[at] ^= 0x20;
        *damaged.bytes.lock().unwrap() = bytes;
        match Journal::open(Box::new(damaged)) {
            Err(JournalError::Header) => assert!(at < header, "byte {at}"),
            Err(JournalError::Damaged { at: place }) => {
                assert!(at >= header && at < before_last, "byte {at}");
                assert!(usize::try_from(place).unwrap() <= at, "byte {at}: {place}");
            }
            Ok((_, found)) => {
                assert!(at >= before_last, "byte {at}");
                assert_eq!(found, lines()[..4]);
            }
            Err(other) => panic!("byte {at}: {other}"),
        }
    }
}

#[test]
fn a_full_disk_keeps_none_of_what_came_together_and_goes_on_when_there_is_room() {
    for stuck in [false, true] {
        let disk = Memory::default();
        let (mut journal, _) = Journal::open(Box::new(disk.clone())).unwrap();
        journal.keep(&lines()[..2]).unwrap();
        *disk.room.lock().unwrap() = Some(150);
        *disk.stuck.lock().unwrap() = stuck;
        assert!(journal.keep(&lines()[2..6]).is_err());
        assert!(journal.keep(&lines()[..1]).is_err() || !stuck);
        *disk.room.lock().unwrap() = None;
        *disk.stuck.lock().unwrap() = false;
        journal.keep(&lines()[6..8]).unwrap();
        let found = kept(&disk);
        assert_eq!(found[..2], lines()[..2]);
        assert_eq!(found[found.len() - 2..], lines()[6..8]);
        // Of what came together and did not fit, nothing is there.
        assert!(
            found.iter().all(|line| !lines()[2..6].contains(line)),
            "{found:?}"
        );
    }
}
