//! A complete authority folder with throwaway keys, and the many ways in which it can be wrong.
//!
//! In: a [`Plan`], changed where a test wants it. Out: the files of `docs/reference/formats.md` section 11, what the sensor remembers and
//! what it asks. Never: a real key, a clock, a disk; nor the code that judges the folder: the texts are written from the page of the
//! formats alone, so that a gate that agrees with them agrees with the page.

mod keys;
mod log;
mod measure;
mod text;
mod ways;

pub use keys::signer;
pub use measure::Measure;
pub use ways::{Way, ways};

use sakimori_custody::entry::EntryType;
use sakimori_tlog::note::Note;

/// 2027-04-01T00:00:00Z, when the sample's authority begins.
pub const BEGIN: u64 = 1_806_537_600;
/// An hour.
pub const HOUR: u64 = 3600;

/// The files that a sensor is given, as bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// `trust-root.note`
    pub trust_root: Vec<u8>,
    /// `statement.note`
    pub statement: Vec<u8>,
    /// `decision.entry`
    pub decision_entry: Vec<u8>,
    /// `decision.body`
    pub decision_body: Vec<u8>,
    /// `decision.tlog-proof`
    pub decision_proof: Vec<u8>,
    /// `lease.note`
    pub lease: Vec<u8>,
    /// `pack.note`
    pub pack: Vec<u8>,
    /// `schedule.note`
    pub schedule: Vec<u8>,
    /// `software.note`; empty where there is none
    pub software: Vec<u8>,
    /// `ruling.note`; empty where there is none
    pub ruling: Vec<u8>,
    /// `suspension-commission.note`, `suspension-office.note`, `suspension-party.note`; empty where there is none
    pub suspensions: [Vec<u8>; 3],
}

impl Folder {
    /// Each file that there is, by its name in the folder.
    pub fn files(&self) -> Vec<(&'static str, &[u8])> {
        let [commission, office, party] = &self.suspensions;
        let all: [(&'static str, &[u8]); 13] = [
            ("trust-root.note", &self.trust_root),
            ("statement.note", &self.statement),
            ("decision.entry", &self.decision_entry),
            ("decision.body", &self.decision_body),
            ("decision.tlog-proof", &self.decision_proof),
            ("lease.note", &self.lease),
            ("pack.note", &self.pack),
            ("schedule.note", &self.schedule),
            ("software.note", &self.software),
            ("ruling.note", &self.ruling),
            ("suspension-commission.note", commission),
            ("suspension-office.note", office),
            ("suspension-party.note", party),
        ];
        all.into_iter()
            .filter(|(_, bytes)| !bytes.is_empty())
            .collect()
    }
}

/// What the sensor keeps from its installation and earlier runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// The trust root that was installed or last accepted, as a note.
    pub trust_root: Vec<u8>,
    /// Its version.
    pub trust_root_version: u64,
    /// Entries of the largest checkpoint seen.
    pub checkpoint_size: u64,
    /// Its root.
    pub checkpoint_root: [u8; 32],
    /// Largest time seen, Unix seconds.
    pub time: u64,
    /// The newest schedule seen, as a note; empty where none was.
    pub schedule: Vec<u8>,
    /// Suspensions seen of the sample's authority: place of the one who wrote it in the folder, serial, whether it suspends.
    pub suspensions: Vec<(usize, u64, bool)>,
    /// Whether a ruling was seen that ended the sample's authority.
    pub revoked: bool,
    /// Whether a release of the software was seen.
    pub software: bool,
}

/// What the pack of [`Sample`] covers, as the statement counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Selectors.
    pub count: u64,
    /// IPv4 addresses.
    pub v4: u64,
    /// IPv6 networks of 48 bits.
    pub v6_48: u64,
    /// Names.
    pub domains: u64,
    /// Client fingerprints.
    pub ja4: u64,
    /// Behaviours.
    pub behaviours: u64,
}

/// What a start asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Name of the sensor.
    pub sensor: String,
    /// Hash of the pack that it would run.
    pub pack_sha256: [u8; 32],
    /// Coverage, computed anew from that pack.
    pub coverage: Counts,
    /// Directions as words of the statement.
    pub directions: Vec<&'static str>,
    /// Home country.
    pub home_country: &'static str,
    /// Hash of the program that runs.
    pub software: Option<[u8; 32]>,
    /// Unix seconds.
    pub now: u64,
}

/// A folder, and the start that it is to allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The files.
    pub folder: Folder,
    /// The sensor's memory.
    pub remembered: Remembered,
    /// The start.
    pub asked: Asked,
}

/// A text that [`Plan::edit`] can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The trust root.
    TrustRoot,
    /// The authority statement.
    Statement,
    /// The lease.
    Lease,
    /// The selection pack, or the measure in its place.
    Pack,
    /// The schedule.
    Schedule,
    /// The release of the software, where the plan has one.
    Software,
    /// The ruling, where the plan has one.
    Ruling,
    /// The suspension, where the plan has one.
    Suspension,
    /// The checkpoint in the proof.
    Checkpoint,
}

/// How a sample is made. What is changed here is hashed, signed, logged and cosigned like the rest, so that exactly one thing is wrong.
#[derive(Clone, Debug)]
pub struct Plan {
    /// When the sample's authority begins; see [`Plan::at`].
    pub begin: u64,
    /// Time of the start, Unix seconds.
    pub now: u64,
    /// When the mirror cosigned.
    pub cosigned: u64,
    /// Who signs each part; see [`signer`] for the names.
    pub root_signers: Vec<&'static str>,
    /// Who signs the statement.
    pub statement_signers: Vec<&'static str>,
    /// Who signs the lease.
    pub lease_signers: Vec<&'static str>,
    /// Who signs the pack.
    pub pack_signers: Vec<&'static str>,
    /// Who signs the checkpoint.
    pub checkpoint_signers: Vec<&'static str>,
    /// Who signs the schedule.
    pub schedule_signers: Vec<&'static str>,
    /// Who signs a release of the software; nobody: there is none.
    pub software_signers: Vec<&'static str>,
    /// Who signs a ruling that revokes the authority; nobody: there is none.
    pub ruling_signers: Vec<&'static str>,
    /// Whose file holds a suspension, by its place in the folder, and who signs it.
    pub suspension: Option<(usize, Vec<&'static str>)>,
    /// Type of the decision's entry.
    pub decision_kind: EntryType,
    /// The authority that the decision's entry names, where it is not the statement's.
    pub decision_authority: Option<[u8; 32]>,
    /// Entries that the log has behind the lease's: of two samples for one memory the later has more.
    pub behind: u64,
    /// What stands in the pack's place, where it is a measure.
    pub measure: Option<Measure>,
    /// What [`Plan::edit`] has collected.
    pub edits: Vec<(Part, String, String)>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            begin: BEGIN,
            now: BEGIN + 2 * HOUR,
            cosigned: BEGIN + HOUR,
            root_signers: vec!["m1", "m2", "m3", "m4", "m5"],
            statement_signers: vec!["m1", "m4", "m5"],
            lease_signers: vec!["lease"],
            pack_signers: vec!["office"],
            checkpoint_signers: vec!["log", "mirror"],
            schedule_signers: vec!["office", "m1", "m4", "m5"],
            software_signers: Vec::new(),
            ruling_signers: Vec::new(),
            suspension: None,
            decision_kind: EntryType::Decision,
            decision_authority: None,
            behind: 0,
            measure: None,
            edits: Vec::new(),
        }
    }
}

impl Plan {
    /// Replaces `from`, which has to stand in the text, before anything is signed.
    #[must_use]
    pub fn edit(mut self, part: Part, from: &str, to: &str) -> Self {
        self.edits.push((part, from.to_owned(), to.to_owned()));
        self
    }

    /// The plan of an agreement between the office and `party.example`.
    #[must_use]
    pub fn agreement() -> Self {
        let plan = Self {
            statement_signers: vec!["office", "party"],
            ..Self::default()
        };
        plan.edit(Part::Statement, "kind: acquisition\n", "kind: agreement\n")
            .edit(Part::Statement, text::SITTING, &text::agreement())
    }

    /// The plan of a second trust root that follows the one which the sensor remembers.
    #[must_use]
    pub fn second_root() -> Self {
        let plan = Self {
            root_signers: vec!["m1", "m3", "m4"],
            ..Self::default()
        };
        let previous = format!("previous: sha256:{}", text::sha256(&text::trust_root()));
        plan.edit(Part::TrustRoot, "version: 1\n", "version: 2\n")
            .edit(Part::TrustRoot, "previous: none", &previous)
            .edit(Part::Statement, "root: 1\n", "root: 2\n")
            .edit(Part::Lease, "root: 1\n", "root: 2\n")
            .edit(Part::Schedule, "root: 1\n", "root: 2\n")
    }

    /// The plan of an urgent act of requester and supervisor for a day, in a fictional country that allows it.
    #[must_use]
    pub fn urgent() -> Self {
        let plan = Self {
            statement_signers: vec!["o1", "o3"],
            decision_kind: EntryType::Urgent,
            ..Self::default()
        };
        plan.edit(
            Part::Schedule,
            "urgent.acquisition = off",
            "urgent.acquisition = 24 hours",
        )
        .edit(Part::Statement, text::SITTING, "urgent: o1 o3\n")
        .edit(
            Part::Statement,
            "2027-06-30T23:59:59Z",
            "2027-04-01T23:59:59Z",
        )
        .edit(Part::Statement, "day-records 2000000", "day-records 100000")
    }

    /// The plan with a ruling that revokes the authority.
    #[must_use]
    pub fn revoked() -> Self {
        Self {
            ruling_signers: vec!["m1", "m4", "m5"],
            ..Self::default()
        }
    }

    /// The plan with a release of the program that runs.
    #[must_use]
    pub fn released() -> Self {
        Self {
            software_signers: vec!["office", "m2"],
            ..Self::default()
        }
    }

    /// The plan with a suspension by the commission.
    #[must_use]
    pub fn suspended() -> Self {
        Self {
            suspension: Some((0, vec!["m1"])),
            ..Self::default()
        }
    }

    /// Makes the sample.
    ///
    /// # Panics
    /// Where an edit finds nothing to replace: the test is then wrong.
    pub fn build(&self) -> Sample {
        let trust_root = self.note(Part::TrustRoot, text::trust_root(), &self.root_signers);
        let pack = match &self.measure {
            Some(measure) => measure.text(),
            None => text::pack(),
        };
        let pack = self.note(Part::Pack, pack, &self.pack_signers);
        let coverage = self.measure.as_ref().map(Measure::counts);
        let coverage = coverage.unwrap_or(text::COUNTS);
        let mut log = log::Log::new(&trust_root.to_bytes(), self.begin);
        let hash = text::sha256(pack.text());
        let statement = text::statement(&log.request_hash(), &hash, &coverage);
        let statement = self.note(Part::Statement, statement, &self.statement_signers);
        let own = text::sha256_bytes(statement.text());
        let decision = log.decision(
            self.decision_kind,
            self.decision_authority.unwrap_or(own),
            &statement.to_bytes(),
        );
        let before = log.checkpoint();
        let lease = text::lease(&text::sha256(statement.text()));
        let lease = self.note(Part::Lease, lease, &self.lease_signers);
        for _ in 0..=self.behind {
            log.activation(own, &lease.to_bytes());
        }
        let checkpoint = log.checkpoint().to_string();
        let checkpoint = self.note(Part::Checkpoint, checkpoint, &self.checkpoint_signers);
        let sensor = self.measure.as_ref().and_then(|m| m.actuators.first());
        let sensor = sensor.map_or("s-01", |(name, _)| name).to_owned();
        let installed = Note::sign(&self.moved(text::trust_root()), &[], 0);
        let installed = installed.map(|note| self.signed(note, &Self::default().root_signers));
        Sample {
            remembered: Remembered {
                trust_root: installed.map_or_else(Vec::new, |note| note.to_bytes()),
                trust_root_version: 1,
                checkpoint_size: before.size,
                checkpoint_root: before.root,
                time: self.begin + HOUR,
                schedule: Vec::new(),
                suspensions: Vec::new(),
                revoked: false,
                software: false,
            },
            asked: Asked {
                sensor,
                pack_sha256: text::sha256_bytes(pack.text()),
                coverage,
                directions: vec!["out-in", "in-out"],
                home_country: "JP",
                software: Some(text::PROGRAM),
                now: self.now,
            },
            folder: Folder {
                trust_root: trust_root.to_bytes(),
                statement: statement.to_bytes(),
                decision_entry: decision.leaf,
                decision_body: decision.stored,
                decision_proof: log.proof(checkpoint).to_text().into_bytes(),
                lease: lease.to_bytes(),
                pack: pack.to_bytes(),
                schedule: self
                    .note(Part::Schedule, text::schedule(), &self.schedule_signers)
                    .to_bytes(),
                software: self.optional(Part::Software, text::software(), &self.software_signers),
                ruling: self.optional(Part::Ruling, text::ruling(), &self.ruling_signers),
                suspensions: self.suspensions(),
            },
        }
    }

    /// The files of suspensions: one at most is there.
    fn suspensions(&self) -> [Vec<u8>; 3] {
        let mut files: [Vec<u8>; 3] = Default::default();
        if let Some((at, signers)) = &self.suspension
            && let Some(file) = files.get_mut(*at)
        {
            *file = self.optional(Part::Suspension, text::suspension(*at), signers);
        }
        files
    }

    /// A note that is not there where nobody signs it.
    fn optional(&self, part: Part, text: String, signers: &[&str]) -> Vec<u8> {
        if signers.is_empty() {
            return Vec::new();
        }
        self.note(part, text, signers).to_bytes()
    }

    #[expect(
        clippy::expect_used,
        reason = "a text that no note can carry is a broken test"
    )]
    fn note(&self, part: Part, mut text: String, signers: &[&str]) -> Note {
        for (_, from, to) in self.edits.iter().filter(|edit| edit.0 == part) {
            assert!(text.contains(from), "`{from}` is not in the {part:?}");
            text = text.replacen(from, to, 1);
        }
        let note = Note::sign(&self.moved(text), &[], 0).expect("the text is one of a note");
        self.signed(note, signers)
    }

    /// The text with its times moved as the plan is.
    fn moved(&self, text: String) -> String {
        if self.begin == BEGIN {
            return text;
        }
        text::moved(&text, |time| (time + self.begin).saturating_sub(BEGIN))
    }

    fn signed(&self, mut note: Note, signers: &[&str]) -> Note {
        for who in signers {
            note.add(&signer(who), self.cosigned);
        }
        note
    }
}
